//! A group of one size.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::policy::view::{ClusterScalingDecision, ClusterScalingPolicy, ClusterScalingView};

/// Keeps the group at one size: the baseline that is simply sized for the peak.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FixedGroupParameters {
    /// How many instances; the group's size at the start of the run if not given.
    #[serde(default)]
    pub count: Option<u32>,
}

/// The policy `fixed`.
pub struct FixedGroup(pub FixedGroupParameters);

impl ClusterScalingPolicy for FixedGroup {
    fn decide(&mut self, view: &ClusterScalingView) -> ClusterScalingDecision {
        let count = self.0.count.unwrap_or(view.desired).min(view.max).max(view.min);
        let reason = format!("fixed at {count}");
        if count == view.desired {
            ClusterScalingDecision::hold(reason)
        } else {
            ClusterScalingDecision::to(count, reason)
        }
    }

    fn initial(&self) -> Option<u32> {
        self.0.count
    }
}
