//! How many instances should a group have? Asked once a minute, as ECS capacity providers are evaluated.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{AlarmReading, Datapoint, instant};
use crate::engine::{Span, Time};
use crate::policy::cluster_scaling::{Reservation, ReservationSettings, reservation};

/// Decides the desired size of a group of instances.
///
/// Each minute the model first asks for [`reservation`](Self::reservation), publishes what it says as the group's
/// reservation metric (late, as every metric), and then asks for a decision.
pub trait ClusterScalingPolicy: Send {
    /// The desired size for what the view shows, with the reason.
    fn decide(&mut self, view: &ClusterScalingView) -> ClusterScalingDecision;

    /// The reservation metric's value this minute, by the capacity provider's rule unless the policy has another.
    fn reservation(&self, view: &ClusterScalingView) -> Reservation {
        reservation(view, &ReservationSettings::default())
    }

    /// The size that the policy's own settings ask for at the start of the run.
    fn initial(&self) -> Option<u32> {
        None
    }
}

/// What one instance type offers to tasks after what the agent reserves.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Allocatable {
    /// CPU units (1,024 a vCPU).
    pub cpu_units: u32,
    /// Memory in MiB.
    pub memory_mib: u32,
    /// Network interfaces left for tasks in awsvpc mode.
    pub network_interfaces: u32,
}

/// Waiting tasks of one and the same demand.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WaitingTasks {
    /// CPU units of one task.
    pub cpu_units: u32,
    /// Memory of one task in MiB.
    pub memory_mib: u32,
    /// Network interfaces of one task: one in awsvpc mode, else none.
    #[serde(default)]
    pub network_interfaces: u32,
    /// Whether a task holds a static host port or must be alone of its service, so that an instance takes only one.
    #[serde(default)]
    pub one_per_instance: bool,
    /// How many wait.
    pub count: u32,
}

/// What a cluster scaling policy sees.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ClusterScalingView {
    /// The time of asking, from the start of the run.
    #[serde(with = "instant")]
    #[schemars(with = "Span")]
    pub now: Time,
    /// The group's name.
    pub group: String,
    /// Instances up and running.
    pub running: u32,
    /// Instances that the group is meant to have.
    pub desired: u32,
    /// The group's lower bound.
    pub min: u32,
    /// The group's upper bound.
    pub max: u32,
    /// Running instances with at least one task that is not a daemon's.
    pub non_empty: u32,
    /// Launched instances that have not passed their warm-up.
    #[serde(default)]
    pub warming: u32,
    /// Tasks that wait for capacity of this group, by demand.
    #[serde(default)]
    pub waiting: Vec<WaitingTasks>,
    /// The smallest instance type of the group.
    pub smallest: Allocatable,
    /// The largest instance type of the group.
    pub largest: Allocatable,
    /// The published reservation metric, oldest first in one-minute periods: 1.0 is 100 %.
    #[serde(default)]
    pub reservation: Vec<Datapoint>,
    /// Instances that ran when its newest datapoint was taken, which is a part of so many: an old metric orders nothing
    /// twice. As many as run now if left out.
    #[serde(default)]
    pub running_then: Option<u32>,
    /// When the desired size was last raised by scaling.
    #[serde(default, with = "instant::optional")]
    #[schemars(with = "Option<Span>")]
    pub last_scale_out: Option<Time>,
    /// When the desired size was last lowered by scaling.
    #[serde(default, with = "instant::optional")]
    #[schemars(with = "Option<Span>")]
    pub last_scale_in: Option<Time>,
    /// The seed of all draws of this decision.
    #[serde(default)]
    pub luck: u64,
}

/// What a cluster scaling policy answers.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ClusterScalingDecision {
    /// The new desired size, or nothing to leave it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub desired: Option<u32>,
    /// Why, in a sentence fragment for the decision timeline.
    pub reason: String,
    /// The alarms that were read.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub alarms: Vec<AlarmReading>,
}

impl ClusterScalingDecision {
    /// Leave the size.
    pub fn hold(reason: impl Into<String>) -> Self {
        Self { reason: reason.into(), ..Self::default() }
    }

    /// Make it `desired`.
    pub fn to(desired: u32, reason: impl Into<String>) -> Self {
        Self { desired: Some(desired), reason: reason.into(), ..Self::default() }
    }
}
