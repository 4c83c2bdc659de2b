//! A watcher that keeps every fact in its order, and questions to what it kept.

use serde_json::Value;
use sim_core::check::Checker;
use sim_core::engine::{Time, Window};
use sim_core::observe::{
    Answered, Billable, DecisionFact, DecisionKind, Finished, Gauge, GroupId, Outcome, Owner, Passed, Probe,
    ServiceId, SourceId,
};
use sim_core::random::Luck;

use crate::common::{checked, instance_types, run, run_of};

/// One fact, as the probe was told it.
#[derive(Clone, Debug)]
pub(crate) enum Fact {
    Born(Time, SourceId, ServiceId, u64),
    Passed(Passed),
    Answered(Answered),
    Refused(Time, ServiceId, Outcome, &'static str),
    Began(Time, ServiceId, bool),
    Served(Time, ServiceId),
    Finished(Finished),
    Level(Time, Owner, Gauge, u64),
    Billed(Billable),
    Decided(DecisionFact),
}

/// All facts of a run.
#[derive(Default)]
pub(crate) struct Facts(pub(crate) Vec<Fact>);

impl Probe for Facts {
    fn born(&mut self, at: Time, source: SourceId, service: ServiceId, seed: u64) {
        self.0.push(Fact::Born(at, source, service, seed));
    }
    fn passed(&mut self, passed: &Passed) {
        self.0.push(Fact::Passed(*passed));
    }
    fn answered(&mut self, answered: &Answered) {
        self.0.push(Fact::Answered(*answered));
    }
    fn refused(&mut self, at: Time, service: ServiceId, outcome: Outcome, reason: &'static str) {
        self.0.push(Fact::Refused(at, service, outcome, reason));
    }
    fn began(&mut self, at: Time, service: ServiceId, cold: bool) {
        self.0.push(Fact::Began(at, service, cold));
    }
    fn served(&mut self, at: Time, service: ServiceId) {
        self.0.push(Fact::Served(at, service));
    }
    fn finished(&mut self, finished: &Finished) {
        self.0.push(Fact::Finished(*finished));
    }
    fn level(&mut self, at: Time, owner: Owner, gauge: Gauge, value: u64) {
        self.0.push(Fact::Level(at, owner, gauge, value));
    }
    fn billed(&mut self, billable: &Billable) {
        self.0.push(Fact::Billed(*billable));
    }
    fn decided(&mut self, decision: &DecisionFact) {
        self.0.push(Fact::Decided(decision.clone()));
    }
}

/// What one run of `spec` states.
#[track_caller]
pub(crate) fn facts(spec: &Value, duration: &str, replication: u32) -> Facts {
    let run_of = run_of(duration.parse().unwrap(), Luck { root: 1, replication });
    let fleet = checked(spec);
    let measured = Window::new(Time::ZERO, Time::ZERO + run_of.duration);
    let checker = Checker::new(&fleet, &instance_types(), measured);
    let (facts, checker) = run(&fleet, run_of, (Facts::default(), checker)).probe;
    let findings = checker.close(None);
    assert!(findings.is_clean(), "{findings}");
    facts
}

/// The first service.
pub(crate) const SERVICE: Owner = Owner::Service(ServiceId(0));
/// The first group of instances.
pub(crate) const GROUP: Owner = Owner::Group(GroupId(0));

impl Facts {
    /// Requests in the order of their ends.
    pub(crate) fn finished(&self) -> impl Iterator<Item = &Finished> {
        self.0
            .iter()
            .filter_map(|fact| if let Fact::Finished(finished) = fact { Some(finished) } else { None })
    }

    /// Latencies of successful requests, in seconds.
    pub(crate) fn latencies(&self) -> Vec<f64> {
        let ok = self.finished().filter(|it| it.outcome == Outcome::Ok);
        ok.map(|it| (it.at - it.born).seconds()).collect()
    }

    /// How many requests had this outcome.
    pub(crate) fn count(&self, outcome: Outcome) -> usize {
        self.finished().filter(|it| it.outcome == outcome).count()
    }

    /// When attempts were refused, each with its reason.
    pub(crate) fn refusals(&self) -> impl Iterator<Item = (Time, Outcome, &'static str)> {
        self.0.iter().filter_map(|fact| match fact {
            Fact::Refused(at, _, outcome, reason) => Some((*at, *outcome, *reason)),
            _ => None,
        })
    }

    /// When attempts began to be served, in seconds, each with whether it was cold.
    pub(crate) fn begun(&self) -> Vec<(f64, bool)> {
        let begun = self.0.iter().filter_map(|fact| match fact {
            Fact::Began(at, _, cold) => Some((at.seconds(), *cold)),
            _ => None,
        });
        begun.collect()
    }

    /// When attempts were served to their end, in seconds.
    pub(crate) fn served(&self) -> Vec<f64> {
        let served = self.0.iter().filter_map(|fact| match fact {
            Fact::Served(at, _) => Some(at.seconds()),
            _ => None,
        });
        served.collect()
    }

    /// What was billed.
    pub(crate) fn bills(&self) -> impl Iterator<Item = &Billable> {
        self.0.iter().filter_map(|fact| if let Fact::Billed(billable) = fact { Some(billable) } else { None })
    }

    /// Changes of a level: each second from which, and to what.
    pub(crate) fn levels(&self, owner: Owner, gauge: Gauge) -> Vec<(f64, u64)> {
        let mut changes: Vec<(f64, u64)> = Vec::new();
        for fact in &self.0 {
            if let Fact::Level(at, whose, which, value) = fact
                && (*whose, *which) == (owner, gauge)
                && changes.last().is_none_or(|(_, last)| last != value)
            {
                changes.push((at.seconds(), *value));
            }
        }
        changes
    }

    /// A level at an instant.
    pub(crate) fn level_at(&self, owner: Owner, gauge: Gauge, seconds: f64) -> u64 {
        let changes = self.levels(owner, gauge);
        changes.iter().take_while(|(at, _)| *at <= seconds).last().map_or(0, |(_, value)| *value)
    }

    /// The first second from which a level is at least `value`.
    pub(crate) fn reaches(&self, owner: Owner, gauge: Gauge, value: u64) -> Option<f64> {
        self.levels(owner, gauge).iter().find(|(_, level)| *level >= value).map(|(at, _)| *at)
    }

    /// A level's mean between two seconds.
    pub(crate) fn mean(&self, owner: Owner, gauge: Gauge, from: f64, to: f64) -> f64 {
        let changes = self.levels(owner, gauge);
        let ends = changes.iter().skip(1).map(|(at, _)| *at).chain([f64::INFINITY]);
        let area = changes.iter().zip(ends).map(|((at, value), end)| {
            let span = end.min(to) - at.max(from);
            if span > 0.0 { span * *value as f64 } else { 0.0 }
        });
        area.sum::<f64>() / (to - from)
    }

    /// Decisions of one kind.
    pub(crate) fn decisions(&self, kind: DecisionKind) -> impl Iterator<Item = &DecisionFact> {
        let decisions = self.0.iter().filter_map(|fact| match fact {
            Fact::Decided(decision) => Some(decision),
            _ => None,
        });
        decisions.filter(move |decision| decision.kind == kind)
    }
}
