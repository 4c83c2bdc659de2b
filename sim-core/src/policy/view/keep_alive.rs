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

    /// Whether it is asked for each function apart, by the function's own idle times: once without any, at the start of
    /// the run, and then whenever a function has an eighth more of them. Only such a policy can pre-warm.
    fn per_function(&self) -> bool {
        false
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
    /// Its idle times so far; those of all functions of a fleet, unless the policy is asked for each apart. Only for a
    /// policy that is asked again and again.
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
    /// An average of recent idle times, each newer one weighing a quarter: what the bins do not tell of long ones. Only
    /// where a policy is asked for each function apart.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recent: Option<Span>,
}

impl IdleTimes {
    /// How many bins there are: four hours of minutes (Shahrad et al., "Serverless in the Wild", ATC 2020).
    pub const BINS: usize = 240;
    /// How wide a bin is.
    pub const BIN: Span = Span::from_secs(60);

    /// The bin of an idle time; none if it is longer than they reach.
    pub fn bin(idle: Span) -> Option<usize> {
        let bin = idle.nanos() / Self::BIN.nanos();
        (bin < Self::BINS as u64).then_some(bin as usize)
    }
}

/// What a keep-alive policy answers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct KeepAliveDecision {
    /// How long an idle environment is kept, or one that was loaded ahead.
    pub keep: Span,
    /// If not zero: environments are unloaded when the function becomes idle, and one is loaded again after so long, to be
    /// kept from then on. Of a policy that is asked for each function apart.
    #[serde(default, skip_serializing_if = "nothing")]
    pub pre_warm: Span,
    /// Why, in a sentence fragment for the decision timeline.
    pub reason: String,
}

fn nothing(pre_warm: &Span) -> bool {
    pre_warm.is_zero()
}

impl KeepAliveDecision {
    /// An idle environment is kept for so long, and nothing is loaded ahead.
    pub fn keep(keep: Span, reason: impl Into<String>) -> Self {
        KeepAliveDecision { keep, pre_warm: Span::ZERO, reason: reason.into() }
    }
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
