//! What a run states about itself to whoever watches: exact facts, free of charge, and without effect on the run.
//!
//! The model calls a [`Probe`] at every fact. Metrics, meters, the decision timeline, request traces and invariant
//! checkers are probes; the model never knows which one it has. (Policies see none of this: they get telemetry, which
//! is late and aggregated.) A probe is a type parameter, so facts that nobody wants cost nothing.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::cost::{Arch, Purchase};
use crate::engine::{Span, Time};
use crate::quantity::{Cpu, MemorySize};
use crate::traffic::Population;

use serde::{Deserialize, Serialize};

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

/// How a request, or one attempt of it, ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// It was served.
    Ok,
    /// The client's time limit passed.
    TimedOut,
    /// The replica's queue was full.
    Rejected,
    /// The load balancer had no target.
    Unavailable,
    /// The platform refused it: a limit of concurrency, request rate or scaling rate.
    Throttled,
    /// The replica that served it was lost.
    Failed,
    /// The function's own time limit ended it.
    FunctionTimeout,
    /// The front door's time limit passed.
    GatewayTimeout,
    /// It had no outcome when draining ended.
    Unfinished,
}

impl Outcome {
    /// All outcomes, in the order of their counters.
    pub const ALL: [Outcome; 9] = [
        Outcome::Ok,
        Outcome::TimedOut,
        Outcome::Rejected,
        Outcome::Unavailable,
        Outcome::Throttled,
        Outcome::Failed,
        Outcome::FunctionTimeout,
        Outcome::GatewayTimeout,
        Outcome::Unfinished,
    ];

    /// Its name in metrics: `errors.timed_out`.
    pub fn name(self) -> &'static str {
        match self {
            Outcome::Ok => "ok",
            Outcome::TimedOut => "timed_out",
            Outcome::Rejected => "rejected",
            Outcome::Unavailable => "unavailable",
            Outcome::Throttled => "throttled",
            Outcome::Failed => "failed",
            Outcome::FunctionTimeout => "function_timeout",
            Outcome::GatewayTimeout => "gateway_timeout",
            Outcome::Unfinished => "unfinished",
        }
    }
}

/// What a request spent its time on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Part {
    /// On the wire.
    Network,
    /// Inside a load balancer or gateway.
    Balancer,
    /// Waiting for a replica to admit it.
    Queue,
    /// Waiting for an environment to start and initialise.
    ColdStart,
    /// Computing, at the speed it would have alone.
    Cpu,
    /// Computing slower than that.
    Contention,
    /// Off the CPU by nature of the work.
    Wait,
    /// In calls to other services.
    Downstream,
    /// In earlier attempts and in backing off.
    Retries,
}

impl Part {
    /// All parts, in the order of their sums.
    pub const ALL: [Part; 9] = [
        Part::Network,
        Part::Balancer,
        Part::Queue,
        Part::ColdStart,
        Part::Cpu,
        Part::Contention,
        Part::Wait,
        Part::Downstream,
        Part::Retries,
    ];

    /// Its name in metrics: `latency.parts.cold_start`.
    pub fn name(self) -> &'static str {
        match self {
            Part::Network => "network",
            Part::Balancer => "balancer",
            Part::Queue => "queue",
            Part::ColdStart => "cold_start",
            Part::Cpu => "cpu",
            Part::Contention => "contention",
            Part::Wait => "wait",
            Part::Downstream => "downstream",
            Part::Retries => "retries",
        }
    }
}

/// A request's latency in parts, in nanoseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Parts([u64; Part::ALL.len()]);

impl Parts {
    /// Adds `span` to `part`.
    #[inline]
    pub fn add(&mut self, part: Part, span: Span) {
        self.0[part as usize] += span.nanos();
    }

    /// Makes the time spent in `part` be `span`.
    #[inline]
    pub fn set(&mut self, part: Part, span: Span) {
        self.0[part as usize] = span.nanos();
    }

    /// The time spent in `part`.
    pub fn get(&self, part: Part) -> Span {
        Span::from_nanos(self.0[part as usize])
    }

    /// All parts together.
    pub fn total(&self) -> Span {
        Span::from_nanos(self.0.iter().sum())
    }
}

/// The end of a request for its client.
#[derive(Clone, Copy, Debug)]
pub struct Finished {
    /// The service that it was for.
    pub service: ServiceId,
    /// Where it came from.
    pub source: SourceId,
    /// The request's seed, its identity across variants.
    pub seed: u64,
    /// When the client first sent it.
    pub born: Time,
    /// When the client had the final outcome.
    pub at: Time,
    /// The final outcome.
    pub outcome: Outcome,
    /// Attempts made, the first included.
    pub attempts: u32,
    /// Whether the last attempt waited for an environment to start.
    pub cold: bool,
    /// What its latency is made of; for anything but [`Outcome::Ok`], what is known.
    pub parts: Parts,
}

/// A level that is watched over a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Gauge {
    /// Replicas wanted.
    ReplicasDesired,
    /// Replicas running, ready or not.
    ReplicasRunning,
    /// Replicas that take traffic.
    ReplicasReady,
    /// Replicas wanted that do not run yet: waiting for room, pulling, starting.
    ReplicasPending,
    /// Execution environments kept initialised for provisioned concurrency.
    Provisioned,
    /// Instances wanted.
    InstancesDesired,
    /// Instances that are billed: from `running` on.
    Instances,
    /// Instances registered: tasks can be placed on them.
    InstancesReady,
    /// Environments serving or initialising.
    EnvironmentsBusy,
    /// Environments altogether: serving, initialising, idle.
    Environments,
    /// Requests being served.
    Concurrency,
    /// Requests waiting for a replica.
    Queue,
    /// CPU in use, in millionths of a vCPU.
    CpuBusy,
    /// CPU reserved by running replicas, in millionths of a vCPU.
    CpuReserved,
    /// CPU paid for, in millionths of a vCPU.
    CpuCapacity,
    /// Memory in use, in KiB.
    MemoryUsed,
    /// Memory reserved by running replicas, in KiB.
    MemoryReserved,
    /// Memory paid for, in KiB.
    MemoryCapacity,
}

impl Gauge {
    /// All gauges, in the order of their slots.
    pub const ALL: [Gauge; 18] = [
        Gauge::ReplicasDesired,
        Gauge::ReplicasRunning,
        Gauge::ReplicasReady,
        Gauge::ReplicasPending,
        Gauge::Provisioned,
        Gauge::InstancesDesired,
        Gauge::Instances,
        Gauge::InstancesReady,
        Gauge::EnvironmentsBusy,
        Gauge::Environments,
        Gauge::Concurrency,
        Gauge::Queue,
        Gauge::CpuBusy,
        Gauge::CpuReserved,
        Gauge::CpuCapacity,
        Gauge::MemoryUsed,
        Gauge::MemoryReserved,
        Gauge::MemoryCapacity,
    ];
}

/// Whose gauge.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Owner {
    /// A service's.
    Service(ServiceId),
    /// A group's.
    Group(GroupId),
}

/// A zone's name by its number.
pub fn zone_name(zone: u32) -> String {
    format!("zone-{}", char::from(b'a' + (zone % 26) as u8))
}

/// Something billable that is over (or cut off by the end of the run).
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Billable {
    /// An instance ran.
    Instance {
        /// Of which group, and so of which type.
        group: GroupId,
        /// In which zone, counted from 0.
        zone: u32,
        /// How it is paid for.
        purchase: Purchase,
        /// From its state `running`.
        from: Time,
        /// To its termination; none if it still runs at the end of the run.
        to: Option<Time>,
    },
    /// A burstable instance spent CPU credits that it had not earned, in vCPU-nanoseconds.
    SurplusCredits {
        /// Of which group.
        group: GroupId,
        /// When they fell due; none if they are owed at the end of the run.
        at: Option<Time>,
        /// How much.
        vcpu_nanos: u64,
    },
    /// A Fargate task ran.
    FargateTask {
        /// Of which service.
        service: ServiceId,
        /// From the start of the image pull.
        from: Time,
        /// To its stop; none if it still runs at the end of the run.
        to: Option<Time>,
        /// Its CPU size.
        cpu: Cpu,
        /// Its memory size.
        memory: MemorySize,
        /// Its architecture.
        arch: Arch,
        /// How it is paid for.
        purchase: Purchase,
    },
    /// A function ran.
    Invocation {
        /// Of which service.
        service: ServiceId,
        /// When its billed time began.
        from: Time,
        /// Billed initialisation, before rounding.
        init: Span,
        /// The handler's time, before rounding.
        handler: Span,
        /// The function's memory.
        memory: MemorySize,
        /// Its architecture.
        arch: Arch,
        /// Whether on a provisioned environment.
        provisioned: bool,
    },
    /// Provisioned concurrency is configured from now on.
    Provisioned {
        /// Of which service.
        service: ServiceId,
        /// From when.
        at: Time,
        /// How many environments.
        count: u32,
        /// The function's memory.
        memory: MemorySize,
        /// Its architecture.
        arch: Arch,
    },
}

/// What became of an attempt to invoke a function of a fleet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Invoked {
    /// An idle environment took it.
    Warm,
    /// An environment was started for it.
    Cold,
    /// It was throttled.
    Throttled,
}

/// What a front door is, for its price.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Door {
    /// An Application Load Balancer with targets that are tasks.
    Alb,
    /// An Application Load Balancer with a function as its target.
    AlbToFunction,
    /// API Gateway HTTP API.
    HttpApi,
    /// API Gateway REST API.
    RestApi,
    /// A function URL.
    FunctionUrl,
    /// Nothing that is billed.
    Free,
}

/// A request passed a front door.
#[derive(Clone, Copy, Debug)]
pub struct Passed {
    /// Of which service.
    pub service: ServiceId,
    /// What the door is.
    pub door: Door,
    /// When the request came in.
    pub at: Time,
    /// Size of the request in bytes.
    pub request: u64,
    /// Size of the response in bytes, expected at this point.
    pub response: u64,
    /// How many requests its client sends over one connection.
    pub requests_per_connection: u32,
}

/// What a decision is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DecisionKind {
    /// How many replicas a service wants, or how much provisioned concurrency a function.
    ServiceScaling,
    /// How many instances a cluster wants.
    ClusterScaling,
    /// Where a task goes, or why nowhere.
    Placement,
    /// Which replica or instance goes.
    Removal,
    /// How long idle environments are kept.
    KeepAlive,
}

impl DecisionKind {
    /// Its name in `decisions.csv`.
    pub fn name(self) -> &'static str {
        match self {
            DecisionKind::ServiceScaling => "service-scaling",
            DecisionKind::ClusterScaling => "cluster-scaling",
            DecisionKind::Placement => "placement",
            DecisionKind::Removal => "removal",
            DecisionKind::KeepAlive => "keep-alive",
        }
    }
}

/// A decision of a control loop that changed something or failed to.
#[derive(Clone, Debug, PartialEq)]
pub struct DecisionFact {
    /// When.
    pub at: Time,
    /// What it is about.
    pub kind: DecisionKind,
    /// Whose: the service, group or function by name.
    pub owner: String,
    /// The number before, desired count say.
    pub before: Option<u64>,
    /// The number after.
    pub after: Option<u64>,
    /// Why.
    pub reason: String,
}

/// Watches a run. Every method has a default that does nothing.
#[expect(unused_variables, reason = "the defaults do nothing with what they are told")]
pub trait Probe {
    /// A client sent a new request.
    fn born(&mut self, at: Time, source: SourceId, service: ServiceId, seed: u64) {}
    /// An attempt reached its service's front door.
    fn passed(&mut self, passed: &Passed) {}
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
    /// Something billable is over.
    fn billed(&mut self, billable: &Billable) {}
    /// A control loop decided.
    fn decided(&mut self, decision: &DecisionFact) {}
}

/// Watches nothing.
#[derive(Clone, Copy, Debug, Default)]
pub struct Blind;

impl Probe for Blind {}

/// Two watchers at once.
impl<A: Probe, B: Probe> Probe for (A, B) {
    fn born(&mut self, at: Time, source: SourceId, service: ServiceId, seed: u64) {
        self.0.born(at, source, service, seed);
        self.1.born(at, source, service, seed);
    }
    fn passed(&mut self, passed: &Passed) {
        self.0.passed(passed);
        self.1.passed(passed);
    }
    fn refused(&mut self, at: Time, service: ServiceId, outcome: Outcome, reason: &'static str) {
        self.0.refused(at, service, outcome, reason);
        self.1.refused(at, service, outcome, reason);
    }
    fn served(&mut self, at: Time, service: ServiceId) {
        self.0.served(at, service);
        self.1.served(at, service);
    }
    fn finished(&mut self, finished: &Finished) {
        self.0.finished(finished);
        self.1.finished(finished);
    }
    fn began(&mut self, at: Time, service: ServiceId, cold: bool) {
        self.0.began(at, service, cold);
        self.1.began(at, service, cold);
    }
    fn invoked(&mut self, at: Time, service: ServiceId, function: FunctionId, invoked: Invoked) {
        self.0.invoked(at, service, function, invoked);
        self.1.invoked(at, service, function, invoked);
    }
    fn level(&mut self, at: Time, owner: Owner, gauge: Gauge, value: u64) {
        self.0.level(at, owner, gauge, value);
        self.1.level(at, owner, gauge, value);
    }
    fn billed(&mut self, billable: &Billable) {
        self.0.billed(billable);
        self.1.billed(billable);
    }
    fn decided(&mut self, decision: &DecisionFact) {
        self.0.decided(decision);
        self.1.decided(decision);
    }
}
