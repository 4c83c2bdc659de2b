//! Checkers that stand outside the model, believe nothing, and keep books of their own.
//!
//! A [`Checker`] is a [`Probe`]: it hears the facts that any watcher hears, knows the fleet's spec, and looks whether the
//! facts agree with the spec and with each other. It shares no code with the model and looks into none of its state, so a
//! mistake there has to be made twice to go unseen. What it finds wrong it collects as [`Violation`]s instead of
//! panicking: a run goes on to its end and says everything that is wrong with it.
//!
//! One family of invariants a file:
//!
//! | Family | What holds |
//! |---|---|
//! | `requests` | every request ends exactly once, as its client's settings say; in = out + in flight |
//! | `readiness` | no request is served by a replica that is not ready; levels are what single replicas add up to |
//! | `capacity` | no instance's CPU, memory, ports or network interfaces are exceeded, no replica's places |
//! | `environments` | environments are started for requests, or ahead of them where a policy says so |
//! | `idling` | no environment is used, or stays, beyond its keep-alive |
//! | `limits` | no concurrency, request rate, launch rate or scaling rate is exceeded |
//! | `utilization` | what is used lies between nothing and what is there |
//! | `bills` | billed time is at least busy time; bills and meters are the integral of state |
//! | `decisions` | a decision is applied as stated, or refused with a reason |
//!
//! That time never goes back is checked here. What must hold at every fact is looked at there and then; what must hold
//! *between* instants is looked at whenever time moves on, since one instant may state its facts in any order.
//!
//! ```
//! # use sim_core::{check::Checker, engine::{Time, Window}, spec::FleetSpec};
//! # use indexmap::IndexMap;
//! let checker = Checker::new(&FleetSpec::default(), &IndexMap::new(), Window::new(Time::ZERO, Time::ZERO));
//! let findings = checker.close(None); // after the run that it watched
//! assert!(findings.is_clean());
//! ```

mod bills;
mod capacity;
mod decisions;
mod environments;
mod findings;
mod ground;
mod idling;
mod limits;
mod meters;
mod readiness;
mod requests;
#[cfg(test)]
mod tests;
mod utilization;

use indexmap::IndexMap;

use crate::cost::InstanceType;
use crate::engine::{Time, Window};
use crate::metrics::Record;
use crate::observe::{
    Billable, DecisionFact, Finished, FunctionId, Gauge, InstanceFact, Invoked, Outcome, Owner, Passed,
    Probe, Replica, ReplicaFact, ServiceId, SourceId,
};
use crate::spec::FleetSpec;

pub use findings::{Findings, Invariant, Violation};
use ground::Ground;

/// One fact as families hear it.
enum Fact<'a> {
    Born {
        source: SourceId,
        seed: u64,
    },
    Passed(&'a Passed),
    Refused {
        service: ServiceId,
        outcome: Outcome,
        reason: &'static str,
    },
    Began {
        service: ServiceId,
        cold: bool,
    },
    Invoked {
        service: ServiceId,
        function: FunctionId,
        invoked: Invoked,
    },
    Served {
        service: ServiceId,
    },
    Finished(&'a Finished),
    /// A level, and what it was before.
    Level {
        owner: Owner,
        gauge: Gauge,
        before: u64,
        value: u64,
    },
    Billed(&'a Billable),
    Decided(&'a DecisionFact),
    Replica(Replica, ReplicaFact),
    Instance(u32, InstanceFact),
}

/// One family of invariants and the books that it keeps for them.
trait Family {
    /// A fact is stated, at the instant that the ground is at.
    fn hear(&mut self, fact: &Fact<'_>, ground: &Ground, findings: &mut Findings);

    /// Nothing more happens at this instant.
    fn instant_over(&mut self, _ground: &Ground, _findings: &mut Findings) {}

    /// The run is over.
    fn close(&mut self, _ground: &Ground, _findings: &mut Findings) {}
}

/// Watches a run and collects what is wrong with it.
pub struct Checker {
    ground: Ground,
    findings: Findings,
    families: Families,
}

/// The families of invariants, each with its books.
struct Families {
    requests: requests::Requests,
    readiness: readiness::Readiness,
    capacity: capacity::Capacity,
    environments: environments::Environments,
    idling: idling::Idling,
    limits: limits::Limits,
    utilization: utilization::Utilization,
    bills: bills::Bills,
    decisions: decisions::Decisions,
}

impl Families {
    fn each(&mut self) -> [&mut dyn Family; 9] {
        [
            &mut self.requests,
            &mut self.readiness,
            &mut self.capacity,
            &mut self.environments,
            &mut self.idling,
            &mut self.limits,
            &mut self.utilization,
            &mut self.bills,
            &mut self.decisions,
        ]
    }
}

impl Checker {
    /// A checker of a run of `fleet`, which has been checked to make sense; `measured` is the window that is metered.
    ///
    /// # Panics
    /// If a group's instance type is not among `instance_types`: the spec was not checked.
    pub fn new(fleet: &FleetSpec, instance_types: &IndexMap<String, InstanceType>, measured: Window) -> Self {
        let ground = Ground::new(fleet, instance_types, measured);
        let families = Families {
            requests: requests::Requests::new(fleet),
            readiness: readiness::Readiness::new(fleet),
            capacity: capacity::Capacity::default(),
            environments: environments::Environments::default(),
            idling: idling::Idling::new(fleet),
            limits: limits::Limits::new(fleet),
            utilization: utilization::Utilization,
            bills: bills::Bills::new(&ground),
            decisions: decisions::Decisions::new(&ground),
        };
        Checker { ground, findings: Findings::default(), families }
    }

    /// Makes the final accounts and returns what was found; `record` is what the metrics made of the same run, if there
    /// is one.
    pub fn close(mut self, record: Option<&Record>) -> Findings {
        self.instant_over();
        let Checker { ground, mut findings, mut families } = self;
        if let Some(record) = record {
            meters::check(record, &families.bills, &ground, &mut findings);
        }
        families.each().into_iter().for_each(|family| family.close(&ground, &mut findings));
        findings
    }

    /// What has been found so far.
    pub fn findings(&self) -> &Findings {
        &self.findings
    }

    /// Moves the clock to `at`. What held until then is judged first.
    fn clock(&mut self, at: Time) {
        self.findings.unless(at >= self.ground.now, Invariant::Time, || {
            let now = self.ground.now;
            ["the clock".into(), format!("nothing before {now}"), format!("a fact at {at}")]
        });
        if at > self.ground.now {
            self.instant_over();
            self.ground.now = at;
            self.findings.now = at;
        }
    }

    fn instant_over(&mut self) {
        let Checker { ground, findings, families } = self;
        families.each().into_iter().for_each(|family| family.instant_over(ground, findings));
    }

    fn hear(&mut self, fact: &Fact<'_>) {
        let Checker { ground, findings, families } = self;
        findings.facts += 1;
        families.each().into_iter().for_each(|family| family.hear(fact, ground, findings));
    }

    fn hear_at(&mut self, at: Time, fact: &Fact<'_>) {
        self.clock(at);
        self.hear(fact);
    }
}

impl Probe for Checker {
    fn born(&mut self, at: Time, source: SourceId, _: ServiceId, seed: u64) {
        self.hear_at(at, &Fact::Born { source, seed });
    }

    fn passed(&mut self, passed: &Passed) {
        self.hear_at(passed.at, &Fact::Passed(passed));
    }

    fn refused(&mut self, at: Time, service: ServiceId, outcome: Outcome, reason: &'static str) {
        self.hear_at(at, &Fact::Refused { service, outcome, reason });
    }

    fn began(&mut self, at: Time, service: ServiceId, cold: bool) {
        self.hear_at(at, &Fact::Began { service, cold });
    }

    fn invoked(&mut self, at: Time, service: ServiceId, function: FunctionId, invoked: Invoked) {
        self.hear_at(at, &Fact::Invoked { service, function, invoked });
    }

    fn served(&mut self, at: Time, service: ServiceId) {
        self.hear_at(at, &Fact::Served { service });
    }

    /// A response that nothing can come between is concluded before it arrives, so this may lie ahead of the clock.
    fn finished(&mut self, finished: &Finished) {
        self.hear(&Fact::Finished(finished));
    }

    fn level(&mut self, at: Time, owner: Owner, gauge: Gauge, value: u64) {
        self.clock(at);
        let before = self.ground.level(owner, gauge);
        self.hear(&Fact::Level { owner, gauge, before, value });
        self.ground.set_level(owner, gauge, value);
    }

    fn billed(&mut self, billable: &Billable) {
        match *billable {
            // It is billed to its very end, the instant at which it is stated.
            Billable::Invocation { from, init, handler, .. } => self.clock(from + init + handler),
            Billable::Provisioned { at, .. } => self.clock(at),
            // What is over is stated when it is.
            Billable::Instance { to: Some(to), .. } | Billable::FargateTask { to: Some(to), .. } => {
                self.clock(to);
            }
            _ => {}
        }
        self.hear(&Fact::Billed(billable));
    }

    fn decided(&mut self, decision: &DecisionFact) {
        self.hear_at(decision.at, &Fact::Decided(decision));
    }

    fn replica(&mut self, at: Time, replica: Replica, fact: ReplicaFact) {
        self.hear_at(at, &Fact::Replica(replica, fact));
    }

    fn instance(&mut self, at: Time, instance: u32, fact: InstanceFact) {
        self.hear_at(at, &Fact::Instance(instance, fact));
    }
}
