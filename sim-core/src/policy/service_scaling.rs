//! Scaling the desired count of a service: target tracking, steps, schedules, a fixed count, or several at once.
//!
//! The model asks through a [`ServiceScaler`], which holds the policy with the bounds that its settings give and keeps
//! every decision within the bounds in force.

mod fixed;
mod metric;
mod scheduled;
mod several;
mod step;
mod target_tracking;
#[cfg(test)]
mod tests;

pub use fixed::{Fixed, FixedParameters};
pub use metric::{Level, Metric};
pub use scheduled::{Schedule, Scheduled, ScheduledAction, ScheduledParameters};
pub use several::Several;
pub use step::{Adjustment, Step, StepAlarm, StepParameters, StepScaling};
pub use target_tracking::{CountFrom, TargetTracking, TargetTrackingParameters};

use super::view::{Bounds, ServiceScalingDecision, ServiceScalingPolicy, ServiceScalingView};
use crate::engine::{Span, Time};
use crate::problem::Problem;

/// The waiting time after a scaling action that Application Auto Scaling applies to ECS services unless told
/// otherwise (API reference of `TargetTrackingScalingPolicyConfiguration`): 300 s in both directions.
pub(crate) fn default_cooldown() -> Span {
    Span::from_secs(300)
}

/// Whether `last` was less than `cooldown` before `now`.
pub(crate) fn within(cooldown: Span, last: Option<Time>, now: Time) -> bool {
    last.is_some_and(|last| now.since(last) < cooldown)
}

/// A service's scaling policy with its bounds.
pub struct ServiceScaler {
    policy: Box<dyn ServiceScalingPolicy>,
    min: u32,
    max: u32,
}

impl ServiceScaler {
    /// The scaler for `policy`, if its settings give bounds that make sense: an upper one at least, and not below the
    /// lower one (by default 1).
    pub fn new(policy: Box<dyn ServiceScalingPolicy>) -> Result<Self, Vec<Problem>> {
        let Bounds { min, max } = policy.bounds();
        let Some(max) = max else {
            return Err(vec![
                Problem::new("max", "no upper bound").hint("say how far the service may grow: max = 40"),
            ]);
        };
        let min = min.unwrap_or(max.min(1));
        if min > max {
            return Err(vec![Problem::new("min", format!("min {min} is above max {max}"))]);
        }
        Ok(ServiceScaler { policy, min, max })
    }

    /// The lower bound at the start of the run.
    pub fn min(&self) -> u32 {
        self.min
    }

    /// The upper bound at the start of the run.
    pub fn max(&self) -> u32 {
        self.max
    }

    /// The policy's decision, kept within the bounds. `desired` is given only where it is not what it was.
    pub fn decide(&mut self, view: &ServiceScalingView) -> ServiceScalingDecision {
        settle(view, self.policy.decide(view))
    }
}

/// Keeps a decision within the bounds in force after it. A change that the bounds make and the policy did not ask for begins
/// no cooldown.
pub fn settle(view: &ServiceScalingView, mut decision: ServiceScalingDecision) -> ServiceScalingDecision {
    let min = decision.min.unwrap_or(view.min);
    let max = decision.max.unwrap_or(view.max);
    let wanted = decision.desired.unwrap_or(view.desired);
    let settled = wanted.min(max).max(min);
    if settled != wanted {
        let bound = if settled < wanted { "max" } else { "min" };
        decision.reason = format!("{}; {wanted} is limited to {bound} {settled}", decision.reason);
    }
    decision.begins_no_cooldown |= wanted.cmp(&view.desired) != settled.cmp(&view.desired);
    decision.desired = (settled != view.desired).then_some(settled);
    decision
}
