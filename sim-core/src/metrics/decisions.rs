//! The decision timeline: what every policy decided, when and why.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::Window;
use crate::engine::Time;
use crate::observe::{DecisionFact, DecisionKind};
use crate::stored;

/// One decision of one policy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Decision {
    /// When it was taken.
    pub at: Time,
    /// The service, function or cluster that it is about.
    pub owner: String,
    /// What it is about.
    pub kind: DecisionKind,
    /// What was wanted before, where that is a number.
    pub from: Option<u64>,
    /// What is wanted from now on, where that is a number.
    pub to: Option<u64>,
    /// The policy's reason.
    pub reason: String,
}

impl From<&DecisionFact> for Decision {
    fn from(fact: &DecisionFact) -> Self {
        Decision {
            at: fact.at,
            owner: fact.owner.clone(),
            kind: fact.kind,
            from: fact.before,
            to: fact.after,
            reason: fact.reason.clone(),
        }
    }
}

/// The timeline of a run: every decision counted, the first [`Decisions::KEPT`] kept.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Decisions {
    kept: Vec<Decision>,
    #[serde(deserialize_with = "stored::count")]
    total: u64,
    actions: BTreeMap<String, BTreeMap<DecisionKind, u64>>,
}

impl Decisions {
    /// How many decisions are kept in full. Some megabytes, and more than anyone reads; a run with more of
    /// them counts the rest.
    pub const KEPT: usize = 20_000;

    /// Adds a decision. It counts as an action if it lies in the measured window and changed a number.
    pub fn push(&mut self, measured: Window, decision: Decision) {
        self.total += 1;
        let changed = decision.to.is_some() && decision.to != decision.from;
        if changed && measured.contains(decision.at) {
            let owner = self.actions.entry(decision.owner.clone()).or_default();
            *owner.entry(decision.kind).or_default() += 1;
        }
        if self.kept.len() < Self::KEPT {
            self.kept.push(decision);
        }
    }

    /// The decisions that were kept, in order of time.
    pub fn kept(&self) -> &[Decision] {
        &self.kept
    }

    /// How many decisions there were, kept or not.
    pub fn total(&self) -> u64 {
        self.total
    }

    /// How many decisions of this kind about `owner` changed a number inside the measured window.
    pub fn actions(&self, owner: &str, kind: DecisionKind) -> u64 {
        self.actions.get(owner).and_then(|kinds| kinds.get(&kind)).copied().unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::Span;

    #[test]
    fn changes_in_the_window_are_actions_and_the_list_is_bounded() {
        let at = |seconds: u64| Time::ZERO + Span::from_secs(seconds);
        let measured = Window::new(at(10), at(100_000));
        let mut decisions = Decisions::default();
        let mut push = |seconds: u64, from: Option<u64>, to: Option<u64>| {
            let (owner, reason) = ("web".into(), "cpu 83 %".into());
            let kind = DecisionKind::ServiceScaling;
            decisions.push(measured, Decision { at: at(seconds), owner, kind, from, to, reason });
        };
        push(5, Some(1), Some(2));
        push(10, Some(2), Some(4));
        push(11, Some(4), Some(4));
        push(12, None, None);
        push(13, None, Some(3));
        (0..30_000).for_each(|second| push(second + 20, Some(3), Some(3)));
        assert_eq!(decisions.actions("web", DecisionKind::ServiceScaling), 2);
        assert_eq!(decisions.actions("web", DecisionKind::ClusterScaling), 0);
        assert_eq!((decisions.total(), decisions.kept().len()), (30_005, Decisions::KEPT));
    }
}
