//! What a replication of a timeline is told by: levels that few things change, and the lives of tasks, instances and requests.

use std::collections::BTreeMap;

use sim_core::engine::{Span, Time};
use sim_core::observe::{
    Finished, Gauge, GroupId, InstanceFact, Outcome, Owner, Probe, Replica, ReplicaFact, ServiceId,
};

/// The scenario's only service.
pub(super) const SERVICE: Owner = Owner::Service(ServiceId(0));
/// Its only group of instances.
pub(super) const GROUP: Owner = Owner::Group(GroupId(0));

/// A level's changes, in the order of time.
type Changes = Vec<(Time, u64)>;

/// One replication, as far as timelines need it.
#[derive(Clone, Debug, Default)]
pub(super) struct Story {
    levels: BTreeMap<(Owner, Gauge), Changes>,
    /// Every task that there was, in the order in which they were placed.
    pub(super) tasks: Vec<Task>,
    present: BTreeMap<u32, usize>,
    instances: BTreeMap<u32, Instance>,
    /// Instances that were told to drain, and then gone: when, and when.
    pub(super) drained: Vec<(Time, Time)>,
    /// When balancers found targets unhealthy.
    pub(super) unhealthy: Vec<Time>,
    /// Every request: when it was sent, how long its client waited, and what became of it.
    pub(super) requests: Vec<Request>,
}

/// A task's life.
#[derive(Clone, Copy, Debug)]
pub(super) struct Task {
    /// When it was placed.
    pub(super) placed: Time,
    /// When it was gone.
    pub(super) gone: Option<Time>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Instance {
    draining: Option<Time>,
}

/// A request's life.
#[derive(Clone, Copy, Debug)]
pub(super) struct Request {
    /// When it was sent.
    pub(super) born: Time,
    /// How long its client waited.
    pub(super) latency: Span,
    /// What became of it.
    pub(super) outcome: Outcome,
}

impl Story {
    /// The level at an instant; changes of that very instant included.
    pub(super) fn level(&self, owner: Owner, gauge: Gauge, at: Time) -> u64 {
        self.changes(owner, gauge).take_while(|(since, _)| *since <= at).last().map_or(0, |(_, level)| level)
    }

    fn changes(&self, owner: Owner, gauge: Gauge) -> impl Iterator<Item = (Time, u64)> {
        self.levels.get(&(owner, gauge)).into_iter().flatten().copied()
    }

    /// The first instant after `since` at which the level is as asked for, in seconds from then.
    pub(super) fn until(
        &self,
        (owner, gauge): (Owner, Gauge),
        since: Span,
        is: impl Fn(u64) -> bool,
    ) -> Option<f64> {
        let since = Time::ZERO + since;
        let mut later = self.changes(owner, gauge).filter(|(at, _)| *at > since);
        later.find(|(_, level)| is(*level)).map(|(at, _)| at.since(since).seconds())
    }

    /// How long after `since` the level first exceeds what it was then, in seconds.
    pub(super) fn until_more(&self, of: (Owner, Gauge), since: Span) -> Option<f64> {
        let before = self.level(of.0, of.1, Time::ZERO + since);
        self.until(of, since, |level| level > before)
    }

    /// How long after `since` the level first falls below what it was then, in seconds.
    pub(super) fn until_less(&self, of: (Owner, Gauge), since: Span) -> Option<f64> {
        let before = self.level(of.0, of.1, Time::ZERO + since);
        self.until(of, since, |level| level < before)
    }

    /// Requests sent from `since` on and before `end`.
    pub(super) fn sent(&self, since: Span, end: Span) -> impl Iterator<Item = &Request> {
        let during = Time::ZERO + since..Time::ZERO + end;
        self.requests.iter().filter(move |request| during.contains(&request.born))
    }
}

impl Probe for Story {
    fn finished(&mut self, finished: &Finished) {
        let Finished { at, born, outcome, .. } = *finished;
        self.requests.push(Request { born, latency: at.since(born), outcome });
    }

    fn level(&mut self, at: Time, owner: Owner, gauge: Gauge, value: u64) {
        // What every request changes is of no use here, and much.
        let rare = matches!(
            gauge,
            Gauge::ReplicasDesired
                | Gauge::ReplicasRunning
                | Gauge::ReplicasReady
                | Gauge::InstancesDesired
                | Gauge::Instances
                | Gauge::InstancesReady
                | Gauge::Environments
                | Gauge::Provisioned
        );
        if rare {
            self.levels.entry((owner, gauge)).or_default().push((at, value));
        }
    }

    fn replica(&mut self, at: Time, replica: Replica, fact: ReplicaFact) {
        let Replica::Task(number) = replica else { return };
        match fact {
            ReplicaFact::Placed { .. } => {
                self.present.insert(number, self.tasks.len());
                self.tasks.push(Task { placed: at, gone: None });
            }
            ReplicaFact::Healthy(false) => self.unhealthy.push(at),
            ReplicaFact::Gone => {
                if let Some(index) = self.present.remove(&number) {
                    self.tasks[index].gone = Some(at);
                }
            }
            _ => {}
        }
    }

    fn instance(&mut self, at: Time, instance: u32, fact: InstanceFact) {
        match fact {
            InstanceFact::Launched { .. } => {
                self.instances.insert(instance, Instance::default());
            }
            InstanceFact::Draining => self.instances.entry(instance).or_default().draining = Some(at),
            InstanceFact::Gone => {
                let told = self.instances.remove(&instance).and_then(|it| it.draining);
                self.drained.extend(told.map(|since| (since, at)));
            }
            InstanceFact::Runs | InstanceFact::Active | InstanceFact::Cores(_) => {}
        }
    }
}
