//! What a run states about itself to whoever watches: exact facts, free of charge, and without effect on the run.
//!
//! The model calls a [`Probe`] at every fact. Metrics, meters, the decision timeline, request traces and invariant
//! checkers are probes; the model never knows which one it has. (Policies see none of this: they get telemetry, which
//! is late and aggregated.) A probe is a type parameter, so facts that nobody wants cost nothing.

mod bill;
mod decision;
mod level;
mod replica;
mod request;

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::engine::Time;
use crate::traffic::Population;

pub use bill::{Answered, Billable, Door, Passed};
pub use decision::{DecisionFact, DecisionKind};
pub use level::{Gauge, Owner, zone_name};
pub use replica::{InstanceFact, Replica, ReplicaFact};
pub use request::{CUT_SHORT, FRONT_DOOR_LIMIT, Finished, Invoked, Outcome, Part, Parts, Throttle};

crate::ids! {
    /// A source of requests.
    pub SourceId,
    /// A service.
    pub ServiceId,
    /// A group of instances.
    pub GroupId,
    /// A function of a fleet of functions, among those of its service. A service with a single function has number 0.
    pub FunctionId,
}

/// The names of everything that facts refer to by id, in the order of the ids.
#[derive(Clone, Debug, Default)]
pub struct Names {
    /// Sources.
    pub sources: Vec<String>,
    /// Services.
    pub services: Vec<String>,
    /// Groups of instances: the cluster's name, and the group's behind a slash where there are several.
    pub groups: Vec<String>,
    /// The instance type of each group.
    pub group_types: Vec<String>,
    /// The functions of each service that is a fleet of them.
    pub functions: BTreeMap<ServiceId, Arc<Population>>,
}

/// Watches a run. Every method has a default that does nothing.
#[expect(unused_variables, reason = "the defaults do nothing with what they are told")]
pub trait Probe {
    /// A client sent a new request.
    fn born(&mut self, at: Time, source: SourceId, service: ServiceId, seed: u64) {}
    /// An attempt reached its service's front door.
    fn passed(&mut self, passed: &Passed) {}
    /// A response to a client that still waits left its service. Refusals send nothing worth counting.
    fn answered(&mut self, answered: &Answered) {}
    /// An attempt ended for the server without success.
    fn refused(&mut self, at: Time, service: ServiceId, outcome: Outcome, reason: &'static str) {}
    /// An attempt began to be served; `cold` if an environment had to start for it.
    fn began(&mut self, at: Time, service: ServiceId, cold: bool) {}
    /// A function of a fleet of functions was invoked; a service with a single function does not state this.
    fn invoked(&mut self, at: Time, service: ServiceId, function: FunctionId, invoked: Invoked) {}
    /// An attempt was served to its end, whether or not its client still waited.
    fn served(&mut self, at: Time, service: ServiceId) {}
    /// A request is over for its client.
    fn finished(&mut self, finished: &Finished) {}
    /// A level changed to `value`.
    fn level(&mut self, at: Time, owner: Owner, gauge: Gauge, value: u64) {}
    /// Several levels of one owner changed: as [`level`](Self::level) of each, in order.
    #[inline]
    fn levels(&mut self, at: Time, owner: Owner, levels: &[(Gauge, u64)]) {
        levels.iter().for_each(|(gauge, value)| self.level(at, owner, *gauge, *value));
    }
    /// Something billable is over.
    fn billed(&mut self, billable: &Billable) {}
    /// A control loop decided.
    fn decided(&mut self, decision: &DecisionFact) {}
    /// Something happened to a replica.
    fn replica(&mut self, at: Time, replica: Replica, fact: ReplicaFact) {}
    /// Something happened to an instance, which goes by the number that views and decisions know it by.
    fn instance(&mut self, at: Time, instance: u32, fact: InstanceFact) {}
}

/// Watches nothing.
#[derive(Clone, Copy, Debug, Default)]
pub struct Blind;

impl Probe for Blind {}

/// Two watchers at once.
impl<A: Probe, B: Probe> Probe for (A, B) {
    #[inline(always)]
    fn born(&mut self, at: Time, source: SourceId, service: ServiceId, seed: u64) {
        self.0.born(at, source, service, seed);
        self.1.born(at, source, service, seed);
    }
    #[inline(always)]
    fn passed(&mut self, passed: &Passed) {
        self.0.passed(passed);
        self.1.passed(passed);
    }
    #[inline(always)]
    fn answered(&mut self, answered: &Answered) {
        self.0.answered(answered);
        self.1.answered(answered);
    }
    #[inline(always)]
    fn refused(&mut self, at: Time, service: ServiceId, outcome: Outcome, reason: &'static str) {
        self.0.refused(at, service, outcome, reason);
        self.1.refused(at, service, outcome, reason);
    }
    #[inline(always)]
    fn served(&mut self, at: Time, service: ServiceId) {
        self.0.served(at, service);
        self.1.served(at, service);
    }
    #[inline(always)]
    fn finished(&mut self, finished: &Finished) {
        self.0.finished(finished);
        self.1.finished(finished);
    }
    #[inline(always)]
    fn began(&mut self, at: Time, service: ServiceId, cold: bool) {
        self.0.began(at, service, cold);
        self.1.began(at, service, cold);
    }
    #[inline(always)]
    fn invoked(&mut self, at: Time, service: ServiceId, function: FunctionId, invoked: Invoked) {
        self.0.invoked(at, service, function, invoked);
        self.1.invoked(at, service, function, invoked);
    }
    #[inline(always)]
    fn level(&mut self, at: Time, owner: Owner, gauge: Gauge, value: u64) {
        self.0.level(at, owner, gauge, value);
        self.1.level(at, owner, gauge, value);
    }
    #[inline(always)]
    fn levels(&mut self, at: Time, owner: Owner, levels: &[(Gauge, u64)]) {
        self.0.levels(at, owner, levels);
        self.1.levels(at, owner, levels);
    }
    #[inline(always)]
    fn billed(&mut self, billable: &Billable) {
        self.0.billed(billable);
        self.1.billed(billable);
    }
    #[inline(always)]
    fn decided(&mut self, decision: &DecisionFact) {
        self.0.decided(decision);
        self.1.decided(decision);
    }
    #[inline(always)]
    fn replica(&mut self, at: Time, replica: Replica, fact: ReplicaFact) {
        self.0.replica(at, replica, fact);
        self.1.replica(at, replica, fact);
    }
    #[inline(always)]
    fn instance(&mut self, at: Time, instance: u32, fact: InstanceFact) {
        self.0.instance(at, instance, fact);
        self.1.instance(at, instance, fact);
    }
}
