//! Which target should serve a request? Asked for every request, so the built-in answers are an enum
//! (`policy::routing::Router`), and only a user's own comes through this trait.

use std::borrow::Cow;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Picks the target of a request.
pub trait RoutingPolicy: Send {
    /// The chosen target, one of `view.targets`. Called only while there is one.
    fn pick(&mut self, view: &RoutingView<'_>) -> u32;
}

/// What a routing policy sees.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RoutingView<'a> {
    /// The numbers of the targets that may be chosen. The order means nothing, but is the same in every run.
    pub targets: Cow<'a, [u32]>,
    /// Requests in progress, by target number.
    pub outstanding: Cow<'a, [u32]>,
    /// Requests that the balancer has routed before.
    #[serde(default)]
    pub turn: u64,
    /// The seed of the request's draws for its route.
    #[serde(default)]
    pub luck: u64,
}

impl RoutingView<'_> {
    /// Requests in progress at `target`.
    pub fn outstanding(&self, target: u32) -> u32 {
        self.outstanding.get(target as usize).copied().unwrap_or(0)
    }
}

/// What a routing policy answers when it is asked outside a run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RoutingDecision {
    /// The chosen target; none without targets.
    pub target: Option<u32>,
    /// Why.
    pub reason: String,
}
