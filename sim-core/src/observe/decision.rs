//! What control loops decided, and why: the timeline.

use serde::{Deserialize, Serialize};

use super::level::push_zone_name;
use crate::engine::Time;
use crate::text::push_number;

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

impl DecisionFact {
    /// A fact of this kind, to be filled in.
    pub fn of(kind: DecisionKind) -> Self {
        let (owner, reason) = (String::new(), String::new());
        DecisionFact { at: Time::ZERO, kind, owner, before: None, after: None, reason }
    }

    /// Says of the `task`-th task of `owner` on which instance it goes, and why. One fact can say so again and again: that
    /// costs no memory.
    pub fn tell_place(&mut self, at: Time, owner: &str, (task, instance, zone): (u64, u32, u32), why: &str) {
        self.at = at;
        self.owner.clear();
        self.owner.push_str(owner);
        let text = &mut self.reason;
        text.clear();
        text.push_str("task ");
        push_number(text, task);
        text.push_str(" on instance ");
        push_number(text, u64::from(instance));
        text.push_str(" in ");
        push_zone_name(text, zone);
        text.push_str(": ");
        text.push_str(why);
    }
}
