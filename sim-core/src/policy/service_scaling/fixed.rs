//! A fixed count: the baseline that every other policy must beat.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::policy::view::{Bounds, ServiceScalingDecision, ServiceScalingPolicy, ServiceScalingView};

/// Keeps the service at one size. Lost tasks are replaced; nothing else changes. The baseline: what does a service
/// cost, and how does it fare, if it is simply sized for its peak?
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FixedParameters {
    /// How many tasks.
    pub count: u32,
}

/// The policy `fixed`.
pub struct Fixed(pub FixedParameters);

impl ServiceScalingPolicy for Fixed {
    fn decide(&mut self, view: &ServiceScalingView) -> ServiceScalingDecision {
        let count = self.0.count;
        if view.desired == count {
            ServiceScalingDecision::hold(format!("fixed at {count}"))
        } else {
            ServiceScalingDecision::to(count, format!("fixed at {count}"))
        }
    }

    fn bounds(&self) -> Bounds {
        Bounds { min: Some(self.0.count), max: Some(self.0.count) }
    }
}
