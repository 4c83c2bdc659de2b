//! Replicas one by one: which are ready, and what is inside them. No request is served by a replica that is not ready,
//! and what services state of all their replicas is what these add up to.

use std::collections::BTreeMap;

use super::{Fact, Family, Findings, Ground, Invariant};
use crate::engine::Time;
use crate::observe::{Gauge, Replica, ReplicaFact, ServiceId};
use crate::spec::{FleetSpec, ServiceSpec};

/// What is known of a replica.
#[derive(Clone, Copy)]
struct State {
    service: ServiceId,
    life: Life,
    healthy: bool,
    reachable: bool,
    connecting: u64,
    /// Requests whose connection has just come about, and when.
    connected: (Time, u64),
    begun: u64,
    queued: u64,
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Life {
    Placed,
    Running,
    Ready,
    /// It was ready, and takes no more.
    Leaving,
}

/// What the replicas of a service add up to.
#[derive(Clone, Copy, Default)]
struct Sums {
    replicas: u64,
    running: u64,
    ready: u64,
    healthy: u64,
    begun: u64,
    queued: u64,
}

pub(super) struct Readiness {
    replicas: BTreeMap<Replica, State>,
    services: Vec<Sums>,
}

impl Readiness {
    pub(super) fn new(fleet: &FleetSpec) -> Self {
        Readiness { replicas: BTreeMap::new(), services: vec![Sums::default(); fleet.services.len()] }
    }

    fn placed(&mut self, replica: Replica, service: ServiceId, findings: &mut Findings) {
        let life = if matches!(replica, Replica::Task(_)) { Life::Placed } else { Life::Ready };
        let state = State {
            service,
            life,
            healthy: true,
            reachable: true,
            connecting: 0,
            connected: (Time::ZERO, 0),
            begun: 0,
            queued: 0,
        };
        let earlier = self.replicas.insert(replica, state);
        findings.unless(earlier.is_none(), Invariant::Readiness, || {
            [format!("{replica:?}"), "one place".into(), "a second one".into()]
        });
        self.add(&state, 1);
    }

    /// Adds a replica to its service's sums, or takes it out of them.
    fn add(&mut self, state: &State, sign: i64) {
        let sums = &mut self.services[state.service.0 as usize];
        let mut count = |sum: fn(&mut Sums) -> &mut u64, what: u64| {
            let sum = sum(sums);
            *sum = sum.wrapping_add_signed(sign * what as i64);
        };
        let ready = state.life == Life::Ready;
        count(|sums| &mut sums.replicas, 1);
        count(|sums| &mut sums.running, u64::from(ready || state.life == Life::Running));
        count(|sums| &mut sums.ready, u64::from(ready));
        count(|sums| &mut sums.healthy, u64::from(ready && state.healthy));
        count(|sums| &mut sums.begun, state.begun);
        count(|sums| &mut sums.queued, state.queued + state.connecting);
    }

    /// A fact about a replica that is there already.
    fn changed(&mut self, replica: Replica, fact: ReplicaFact, now: Time, findings: &mut Findings) {
        let Some(before) = self.replicas.get(&replica).copied() else {
            findings.unless(false, Invariant::Readiness, || {
                [format!("{replica:?}"), "a place before anything else".into(), format!("{fact:?}")]
            });
            return;
        };
        let knocks = matches!(fact, ReplicaFact::Connecting(now) if u64::from(now) > before.connecting);
        // What was sent when the replica was healthy comes in when its connection comes about, whatever it is then.
        let waited = before.connected.0 == now && before.connected.1 > 0;
        if (fact == ReplicaFact::Entered && !waited) || knocks {
            self.check_target(replica, &before, findings);
        }
        findings.unless(allowed(&before, fact), Invariant::Readiness, || {
            let inside = before.begun + before.queued;
            let state = format!("{} with {inside} requests inside", before.life.name());
            [format!("{replica:?}"), format!("what a replica can do that is {state}"), format!("{fact:?}")]
        });
        self.add(&before, -1);
        let after = next(before, fact, now);
        match after {
            Some(after) => drop(self.replicas.insert(replica, after)),
            None => drop(self.replicas.remove(&replica)),
        }
        if let Some(after) = after {
            self.add(&after, 1);
        }
    }

    /// Requests go to ready replicas, and of those to healthy ones unless there is none.
    fn check_target(&self, replica: Replica, target: &State, findings: &mut Findings) {
        let open = self.services[target.service.0 as usize].healthy == 0;
        let takes = target.life == Life::Ready && (target.healthy || open);
        findings.unless(takes, Invariant::Readiness, || {
            let health = if target.healthy { "healthy" } else { "unhealthy" };
            let found = format!("one that is {} and {health}", target.life.name());
            [format!("{replica:?}"), "requests to go to ready, healthy replicas".into(), found]
        });
    }
}

impl Life {
    fn name(self) -> &'static str {
        match self {
            Life::Placed => "placed",
            Life::Running => "running",
            Life::Ready => "ready",
            Life::Leaving => "leaving",
        }
    }
}

/// Whether a replica in a state can do this.
fn allowed(state: &State, fact: ReplicaFact) -> bool {
    match fact {
        ReplicaFact::Placed { .. } => false,
        ReplicaFact::Reachable(reachable) => state.reachable != reachable,
        // What is unreachable stands still.
        ReplicaFact::Runs => state.life == Life::Placed && state.reachable,
        ReplicaFact::Ready(true) => state.life == Life::Running && state.reachable,
        ReplicaFact::Ready(false) => state.life == Life::Ready,
        ReplicaFact::Healthy(healthy) => state.life == Life::Ready && state.healthy != healthy,
        // What it may be entered in has been looked at.
        ReplicaFact::Entered => state.reachable,
        ReplicaFact::Connecting(now) => !state.reachable || u64::from(now) < state.connecting,
        ReplicaFact::Began => state.queued > 0 && state.reachable,
        ReplicaFact::Left { begun } => {
            if begun {
                state.begun > 0
            } else {
                state.queued > 0
            }
        }
        ReplicaFact::Cpu(busy) => state.reachable || busy == 0,
        ReplicaFact::Memory(_) => true,
        ReplicaFact::Gone => state.begun + state.queued + state.connecting == 0,
    }
}

/// The state after a fact; none if it is gone.
fn next(mut state: State, fact: ReplicaFact, at: Time) -> Option<State> {
    match fact {
        ReplicaFact::Placed { .. } | ReplicaFact::Cpu(_) | ReplicaFact::Memory(_) => {}
        ReplicaFact::Reachable(reachable) => state.reachable = reachable,
        ReplicaFact::Runs => state.life = Life::Running,
        ReplicaFact::Ready(ready) => state.life = if ready { Life::Ready } else { Life::Leaving },
        ReplicaFact::Healthy(healthy) => state.healthy = healthy,
        ReplicaFact::Connecting(now) => {
            let now = u64::from(now);
            state.connected = (at, state.connecting.saturating_sub(now));
            state.connecting = now;
        }
        ReplicaFact::Entered => {
            state.connected.1 = state.connected.1.saturating_sub(1);
            state.queued += 1;
        }
        ReplicaFact::Began => {
            state.queued = state.queued.saturating_sub(1);
            state.begun += 1;
        }
        ReplicaFact::Left { begun: true } => state.begun = state.begun.saturating_sub(1),
        ReplicaFact::Left { begun: false } => state.queued = state.queued.saturating_sub(1),
        ReplicaFact::Gone => return None,
    }
    Some(state)
}

impl Family for Readiness {
    fn hear(&mut self, fact: &Fact<'_>, ground: &Ground, findings: &mut Findings) {
        match *fact {
            Fact::Replica(replica, ReplicaFact::Placed { service, .. }) => {
                self.placed(replica, service, findings);
            }
            Fact::Replica(replica, fact) => self.changed(replica, fact, ground.now, findings),
            _ => {}
        }
    }

    /// What is stated of a service against the sums over its replicas.
    fn instant_over(&mut self, ground: &Ground, findings: &mut Findings) {
        for (id, spec) in ground.services() {
            let sums = &self.services[id.0 as usize];
            let owner = || ground.service_name(id);
            let mut same = |invariant, gauge, what: &str, expected: u64| {
                findings.equal(invariant, owner, what, &ground.of_service(id, gauge), &expected);
            };
            same(Invariant::Flow, Gauge::Concurrency, "what its replicas have in work", sums.begun);
            same(Invariant::Flow, Gauge::Queue, "what its replicas have in their queues", sums.queued);
            if matches!(spec, ServiceSpec::Lambda(_)) {
                same(Invariant::Readiness, Gauge::Environments, "environments", sums.replicas);
            } else {
                let targets = if sums.healthy > 0 { sums.healthy } else { sums.ready };
                same(Invariant::Readiness, Gauge::ReplicasReady, "ready replicas", targets);
                same(Invariant::Readiness, Gauge::ReplicasRunning, "running replicas", sums.running);
            }
        }
    }
}
