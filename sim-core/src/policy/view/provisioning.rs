//! How much provisioned concurrency should a function have? Asked once a minute.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{AlarmReading, Bounds, Datapoint, instant};
use crate::calendar::Calendar;
use crate::engine::{Span, Time};

/// Decides a function's provisioned concurrency.
pub trait ProvisioningPolicy: Send {
    /// The provisioned concurrency for what the view shows, with the reason.
    fn decide(&mut self, view: &ProvisioningView) -> ProvisioningDecision;

    /// The bounds that the policy's own settings give. They are in force from the start of the run.
    fn bounds(&self) -> Bounds;
}

/// What a provisioning policy sees.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ProvisioningView {
    /// The time of asking, from the start of the run.
    #[serde(with = "instant")]
    #[schemars(with = "Span")]
    pub now: Time,
    /// The day and hour at which the run started, for calendars: the scenario's `run.start`.
    #[serde(default)]
    pub run_start: Calendar,
    /// The function's name.
    pub function: String,
    /// Provisioned environments that are ready.
    pub ready: u32,
    /// Since when there are exactly so many: the last time that some became ready or went.
    #[serde(default, with = "instant::optional")]
    #[schemars(with = "Option<Span>")]
    pub ready_since: Option<Time>,
    /// Provisioned environments that were asked for.
    pub desired: u32,
    /// The lower bound in force.
    pub min: u32,
    /// The upper bound in force.
    pub max: u32,
    /// Published utilization of the provisioned environments, oldest first in one-minute periods: 0.7 is 70 %.
    #[serde(default)]
    pub utilization: Vec<Datapoint>,
    /// When it was last raised by scaling.
    #[serde(default, with = "instant::optional")]
    #[schemars(with = "Option<Span>")]
    pub last_scale_out: Option<Time>,
    /// When it was last lowered by scaling.
    #[serde(default, with = "instant::optional")]
    #[schemars(with = "Option<Span>")]
    pub last_scale_in: Option<Time>,
    /// The seed of all draws of this decision.
    #[serde(default)]
    pub luck: u64,
}

/// What a provisioning policy answers.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ProvisioningDecision {
    /// The new provisioned concurrency, or nothing to leave it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub desired: Option<u32>,
    /// A new lower bound, in force from now on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub min: Option<u32>,
    /// A new upper bound, in force from now on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max: Option<u32>,
    /// Why, in a sentence fragment for the decision timeline.
    pub reason: String,
    /// The alarms that were read.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub alarms: Vec<AlarmReading>,
}

impl ProvisioningDecision {
    /// Leave it.
    pub fn hold(reason: impl Into<String>) -> Self {
        Self { reason: reason.into(), ..Self::default() }
    }

    /// Make it `desired`.
    pub fn to(desired: u32, reason: impl Into<String>) -> Self {
        Self { desired: Some(desired), reason: reason.into(), ..Self::default() }
    }
}
