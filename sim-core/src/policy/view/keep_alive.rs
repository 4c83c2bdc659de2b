//! How long should an idle execution environment be kept? A set-point: the policy writes it now and then, the
//! request path reads a number.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::instant;
use crate::engine::{Span, Time};

/// Decides how long a function's idle environments are kept.
pub trait KeepAlivePolicy: Send {
    /// The set-point for what the view shows, with the reason.
    fn decide(&mut self, view: &KeepAliveView) -> KeepAliveDecision;

    /// How often the policy wants to be asked; `None` for once, at the start of the run.
    fn period(&self) -> Option<Span> {
        None
    }
}

/// What a keep-alive policy sees.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct KeepAliveView {
    /// The time of asking, from the start of the run.
    #[serde(with = "instant")]
    #[schemars(with = "Span")]
    pub now: Time,
    /// The function's name.
    pub function: String,
    /// Its idle times so far, or those of all functions of a fleet: for a policy that is asked again and again.
    #[serde(default)]
    pub idle_times: IdleTimes,
    /// The seed of all draws of this decision.
    #[serde(default)]
    pub luck: u64,
}

/// How long a function had nothing in work before its next invocation, counted in 240 bins of one minute.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct IdleTimes {
    /// How many idle times fell into each minute, from the first on.
    pub minutes: Vec<u32>,
    /// How many were longer than the bins reach.
    pub beyond: u32,
}

/// What a keep-alive policy answers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct KeepAliveDecision {
    /// How long an idle environment is kept.
    pub keep: Span,
    /// Why, in a sentence fragment for the decision timeline.
    pub reason: String,
}

/// Which idle environment a request thaws. The platform does not document its own choice; most recently used is the
/// usual assumption of models, and lets the least used ones expire.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ReuseOrder {
    /// The one that became idle last.
    #[default]
    MostRecentlyUsed,
    /// The one that was created last.
    NewestCreated,
    /// The one that became idle first: spreads use, and keeps more environments alive.
    LeastRecentlyUsed,
    /// Any, drawn from the request's luck.
    Random,
}
