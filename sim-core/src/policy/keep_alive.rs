//! How long idle execution environments are kept.
//!
//! The fixed period is what Lambda is observed to do. A histogram of each function's idle times ([`hybrid`]; Shahrad et
//! al., ATC 2020) finds its data in the view.

pub mod hybrid;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::view::{KeepAliveDecision, KeepAlivePolicy, KeepAliveView};
use crate::engine::Span;

/// Keeps every idle environment for the same time. AWS publishes none; ten minutes is what studies measured and models
/// of AWS and OpenWhisk use (Shahrad et al., ATC 2020).
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FixedKeepAliveParameters {
    /// How long after its last request an environment goes.
    #[serde(default = "ten_minutes")]
    pub after: Span,
}

fn ten_minutes() -> Span {
    Span::from_secs(600)
}

impl Default for FixedKeepAliveParameters {
    fn default() -> Self {
        FixedKeepAliveParameters { after: ten_minutes() }
    }
}

/// The policy `fixed`.
pub struct FixedKeepAlive(pub FixedKeepAliveParameters);

impl KeepAlivePolicy for FixedKeepAlive {
    fn decide(&mut self, _: &KeepAliveView) -> KeepAliveDecision {
        KeepAliveDecision::keep(self.0.after, format!("fixed at {}", self.0.after))
    }
}
