//! What control loops decided, and why: the timeline.

use serde::{Deserialize, Serialize};

use crate::engine::Time;

/// What a decision is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DecisionKind {
    /// How many replicas a service wants, or how much provisioned concurrency a function.
    ServiceScaling,
    /// How many instances a cluster wants.
    ClusterScaling,
    /// Where a task goes, or why nowhere.
    Placement,
    /// Which replica or instance goes.
    Removal,
    /// How long idle environments are kept.
    KeepAlive,
    /// Which targets a balancer takes for healthy; the numbers are how many of them are.
    Health,
    /// What goes wrong, or is deployed: not a decision of anybody in the fleet.
    Fault,
    /// Whether clients go on to send requests (circuit breakers).
    Client,
}

impl DecisionKind {
    /// Its name in `decisions.csv`.
    pub fn name(self) -> &'static str {
        match self {
            DecisionKind::ServiceScaling => "service-scaling",
            DecisionKind::ClusterScaling => "cluster-scaling",
            DecisionKind::Placement => "placement",
            DecisionKind::Removal => "removal",
            DecisionKind::KeepAlive => "keep-alive",
            DecisionKind::Health => "health",
            DecisionKind::Fault => "fault",
            DecisionKind::Client => "client",
        }
    }
}

/// A decision of a control loop that changed something or failed to.
#[derive(Clone, Debug, PartialEq)]
pub struct DecisionFact {
    /// When.
    pub at: Time,
    /// What it is about.
    pub kind: DecisionKind,
    /// Whose: the service, group or function by name.
    pub owner: String,
    /// The number before, desired count say.
    pub before: Option<u64>,
    /// The number after.
    pub after: Option<u64>,
    /// Why.
    pub reason: String,
}
