//! What happens to single replicas and instances: for whoever keeps books of each of them, as invariant checkers do.
//!
//! Metrics go by levels of whole services and groups. These facts say which replica a request is in and which instance a
//! task is on, so that an outsider can add up for itself what the levels claim.

use super::{FunctionId, GroupId, ServiceId};

/// A replica by its number. When it is gone, another may get the number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Replica {
    /// A task of a container service.
    Task(u32),
    /// An execution environment of a function.
    Environment(u32),
}

/// What happened to a replica.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReplicaFact {
    /// It holds from now on what it reserves.
    Placed {
        /// Its service.
        service: ServiceId,
        /// Which of the service's functions; 0 where there is one, and for tasks.
        function: FunctionId,
        /// The instance that it is on; none on Fargate and for environments.
        instance: Option<u32>,
    },
    /// Its application runs. Of tasks only: an environment runs when it is placed.
    Runs,
    /// It takes requests from now on (`true`), or no more. Of tasks only.
    Ready(bool),
    /// The balancer thinks otherwise of its health. A task is taken for healthy when it becomes ready.
    Healthy(bool),
    /// It answers again (`true`), or is unreachable from now on and stands still: a fault. Of tasks only.
    Reachable(bool),
    /// So many requests try to connect to it, in vain as long as it is unreachable. Of tasks only.
    Connecting(u32),
    /// A request came in: to be worked on at once, or into the queue.
    Entered,
    /// Work on a request that is inside began.
    Began,
    /// A request left, served or lost.
    Left {
        /// Whether work on it had begun.
        begun: bool,
    },
    /// It uses so much CPU from now on, in millionths of a vCPU. Of tasks only.
    Cpu(u64),
    /// It uses so much memory from now on, in KiB. Of tasks only.
    Memory(u64),
    /// It is gone, and what it reserved is free.
    Gone,
}

/// What happened to an instance.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InstanceFact {
    /// It was asked for.
    Launched {
        /// By which group.
        group: GroupId,
        /// In which zone, counted from 0.
        zone: u32,
    },
    /// It runs, and is billed from now on.
    Runs,
    /// Tasks can be placed on it from now on.
    Active,
    /// It takes no new tasks.
    Draining,
    /// Its tasks may use so much CPU from now on, in millionths of a vCPU: all of it, or less while it is throttled.
    Cores(u64),
    /// It is gone.
    Gone,
}
