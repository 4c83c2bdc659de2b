//! Which instance should go when a group shrinks? Asked once per instance.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::instant;
use crate::engine::{Span, Time};

/// Picks the instance that a shrinking group terminates.
pub trait TerminationPolicy: Send {
    /// The victim, or none where every instance is protected, with the reason.
    fn decide(&mut self, view: &TerminationView) -> TerminationDecision;
}

/// One instance of the group as the Auto Scaling service knows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct GroupInstance {
    /// A number that names the instance within the run.
    pub instance: u32,
    /// Its availability zone.
    pub zone: String,
    /// When it was launched.
    #[serde(with = "instant")]
    #[schemars(with = "Span")]
    pub launched: Time,
    /// Whether it is protected from scale-in.
    #[serde(default)]
    pub protected: bool,
    /// Tasks on it that are not a daemon's. The platform's own policies do not look at this.
    #[serde(default)]
    pub tasks: u32,
}

/// What a termination policy sees.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TerminationView {
    /// The time of asking, from the start of the run.
    #[serde(with = "instant")]
    #[schemars(with = "Span")]
    pub now: Time,
    /// The group's instances in service.
    pub instances: Vec<GroupInstance>,
    /// The seed of all draws of this decision.
    #[serde(default)]
    pub luck: u64,
}

/// What a termination policy answers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TerminationDecision {
    /// The victim's number; none where nothing may go.
    pub instance: Option<u32>,
    /// Why, in a sentence fragment for the decision timeline.
    pub reason: String,
}
