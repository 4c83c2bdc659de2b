//! Levels: quantities that hold until they change, and whose they are.

use serde::{Deserialize, Serialize};

use super::{GroupId, ServiceId};

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
    /// Environments altogether: serving, initialising, idle.
    Environments,
    /// Requests being served; of a function as many environments, each having one, those that initialise included.
    Concurrency,
    /// Requests waiting for a replica.
    Queue,
    /// CPU in use, in millionths of a vCPU.
    CpuBusy,
    /// CPU reserved by running replicas, in millionths of a vCPU.
    CpuReserved,
    /// CPU paid for, in millionths of a vCPU. Tasks on instances have none of their own: it is the group's.
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
    pub const ALL: [Gauge; 17] = [
        Gauge::ReplicasDesired,
        Gauge::ReplicasRunning,
        Gauge::ReplicasReady,
        Gauge::ReplicasPending,
        Gauge::Provisioned,
        Gauge::InstancesDesired,
        Gauge::Instances,
        Gauge::InstancesReady,
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
    let mut name = String::new();
    push_zone_name(&mut name, zone);
    name
}

/// Writes a zone's name at the end of `text`.
pub(super) fn push_zone_name(text: &mut String, zone: u32) {
    text.push_str("zone-");
    text.push(char::from(b'a' + (zone % 26) as u8));
}
