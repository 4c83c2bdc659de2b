//! How many tasks should a service have? Asked once a minute, as Application Auto Scaling's alarms are evaluated.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{AlarmReading, Bounds, Metrics, instant};
use crate::calendar::Calendar;
use crate::engine::{Span, Time};

/// Decides a service's desired count.
///
/// Called every evaluation period. Must not keep what it cannot rebuild: cooldowns and history stand in the view.
/// A decision outside the bounds in force is clamped to them by whoever asked.
pub trait ServiceScalingPolicy: Send {
    /// The desired count for what the view shows, with the reason.
    fn decide(&mut self, view: &ServiceScalingView) -> ServiceScalingDecision;

    /// The bounds that the policy's own settings give. They are in force from the start of the run.
    fn bounds(&self) -> Bounds {
        Bounds::default()
    }
}

/// What a service scaling policy sees.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ServiceScalingView {
    /// The time of asking, from the start of the run.
    #[serde(with = "instant")]
    #[schemars(with = "Span")]
    pub now: Time,
    /// The day and hour at which the run started, for calendars: the scenario's `run.start`.
    #[serde(default)]
    pub run_start: Calendar,
    /// The service's name.
    pub service: String,
    /// Tasks that run.
    pub running: u32,
    /// Tasks that the service is meant to have: running, starting and waiting ones.
    pub desired: u32,
    /// The lower bound in force.
    pub min: u32,
    /// The upper bound in force.
    pub max: u32,
    /// What has been published by now: `cpu`, `memory` (fractions of what is reserved), `requests-per-target` (a minute)
    /// and `running` (the mean number of running tasks), each oldest first in one-minute periods.
    #[serde(default)]
    pub metrics: Metrics,
    /// When the desired count was last raised by scaling; what a schedule or a bound does is not meant.
    #[serde(default, with = "instant::optional")]
    #[schemars(with = "Option<Span>")]
    pub last_scale_out: Option<Time>,
    /// The desired count before that action.
    #[serde(default)]
    pub last_scale_out_from: Option<u32>,
    /// When the desired count was last lowered by scaling; what a schedule or a bound does is not meant.
    #[serde(default, with = "instant::optional")]
    #[schemars(with = "Option<Span>")]
    pub last_scale_in: Option<Time>,
    /// Whether a deployment is in progress: the platform does not scale in then.
    #[serde(default)]
    pub deployment_in_progress: bool,
    /// The seed of all draws of this decision.
    #[serde(default)]
    pub luck: u64,
}

/// What a service scaling policy answers.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ServiceScalingDecision {
    /// The new desired count, or nothing to leave it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub desired: Option<u32>,
    /// A new lower bound, in force from now on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub min: Option<u32>,
    /// A new upper bound, in force from now on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max: Option<u32>,
    /// Whether the policy has a say in scaling in and does not want it now. With several policies, one such keeps
    /// the service at its size; a policy that never scales in does not block the others.
    #[serde(default)]
    pub blocks_scale_in: bool,
    /// Whether a change of the count is a schedule's or a bound's: it begins no cooldown.
    #[serde(default, skip_serializing_if = "is_false")]
    pub begins_no_cooldown: bool,
    /// Why, in a sentence fragment for the decision timeline.
    pub reason: String,
    /// The alarms that were read.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub alarms: Vec<AlarmReading>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks with a reference")]
fn is_false(flag: &bool) -> bool {
    !flag
}

impl ServiceScalingDecision {
    /// Leave the count, and let nobody else lower it.
    pub fn hold(reason: impl Into<String>) -> Self {
        Self { blocks_scale_in: true, reason: reason.into(), ..Self::default() }
    }

    /// No opinion.
    pub fn abstain(reason: impl Into<String>) -> Self {
        Self { reason: reason.into(), ..Self::default() }
    }

    /// Make it `desired`.
    pub fn to(desired: u32, reason: impl Into<String>) -> Self {
        Self { desired: Some(desired), reason: reason.into(), ..Self::default() }
    }

    /// The same decision with the alarms that led to it.
    pub fn with_alarms(mut self, alarms: Vec<AlarmReading>) -> Self {
        self.alarms = alarms;
        self
    }
}
