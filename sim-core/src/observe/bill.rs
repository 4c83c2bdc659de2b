//! What is paid for: usage that is over, and requests that passed a front door.

use super::{GroupId, ServiceId};
use crate::cost::{Arch, Purchase};
use crate::engine::{Span, Time};
use crate::quantity::{Cpu, MemorySize};

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
        /// Whether it costs nothing: Spot capacity that was taken back within its first hour.
        waived: bool,
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
    /// A load balancer stands in front of a service, from the beginning to the end of the run.
    Balancer {
        /// Of which service.
        service: ServiceId,
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

/// A response went back through a front door.
#[derive(Clone, Copy, Debug)]
pub struct Answered {
    /// Of which service.
    pub service: ServiceId,
    /// What the door is.
    pub door: Door,
    /// When the service was done with it.
    pub at: Time,
    /// Size of the response in bytes.
    pub response: u64,
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
    /// How many requests its client sends over one connection.
    pub requests_per_connection: u32,
}
