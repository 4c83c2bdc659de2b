//! Scheduled actions: new bounds at given times.
//!
//! Application Auto Scaling User Guide, "Scheduled scaling". The schedule needs no memory: the bounds in force are
//! those of the action that was due last, so asking again changes nothing.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::engine::{Span, Time};
use crate::policy::view::{Bounds, ServiceScalingDecision, ServiceScalingPolicy, ServiceScalingView};
use crate::spec::Problem;

/// Sets the bounds at given times. A service below the new lower bound grows to it at once and one above the new upper
/// bound shrinks to it, whatever the cooldowns. Between the bounds nothing moves, unless another policy stands beside
/// this one (see `several`).
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ScheduledParameters {
    /// What happens when. Of two actions due at the same time, the later in the list wins.
    pub actions: Vec<ScheduledAction>,
    /// The lower bound until an action sets one. 1 if not given.
    #[serde(default)]
    pub min: Option<u32>,
    /// The upper bound until an action sets one.
    #[serde(default)]
    pub max: Option<u32>,
}

/// One action: when, and which bounds it sets.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ScheduledAction {
    /// When it is first due, from the start of the run.
    pub at: Span,
    /// After how long it is due again; never if not given.
    #[serde(default)]
    pub every: Option<Span>,
    /// The new lower bound.
    #[serde(default)]
    pub min: Option<u32>,
    /// The new upper bound.
    #[serde(default)]
    pub max: Option<u32>,
}

impl ScheduledAction {
    /// When it was due last, up to `now`.
    fn last_due(&self, now: Time) -> Option<Time> {
        let first = Time::ZERO + self.at;
        if now < first {
            return None;
        }
        Some(match self.every {
            Some(every) => first + every * (now.since(first).nanos() / every.nanos()),
            None => first,
        })
    }

    fn problems(&self, path: &str) -> Vec<Problem> {
        let mut problems = Vec::new();
        if self.every.is_some_and(Span::is_zero) {
            problems.push(Problem::new(format!("{path}.every"), "is zero"));
        }
        match (self.min, self.max) {
            (None, None) => problems.push(Problem::new(path, "sets neither min nor max")),
            (Some(min), Some(max)) if min > max => {
                problems.push(Problem::new(format!("{path}.min"), format!("min {min} is above max {max}")));
            }
            _ => {}
        }
        problems
    }
}

/// Actions in time, for every policy that has a schedule.
pub struct Schedule(Vec<ScheduledAction>);

impl Schedule {
    /// The schedule, if its actions make sense.
    pub fn new(actions: Vec<ScheduledAction>) -> Result<Self, Vec<Problem>> {
        let mut problems: Vec<Problem> = actions
            .iter()
            .enumerate()
            .flat_map(|(index, action)| action.problems(&format!("actions[{index}]")))
            .collect();
        if actions.is_empty() {
            problems.push(Problem::new("actions", "no actions"));
        }
        if problems.is_empty() { Ok(Schedule(actions)) } else { Err(problems) }
    }

    /// The bounds that the actions have set by `now`.
    pub fn bounds(&self, now: Time) -> Bounds {
        Bounds { min: self.latest(now, |action| action.min), max: self.latest(now, |action| action.max) }
    }

    /// The bound of the action that was due last among those that set it.
    fn latest(&self, now: Time, bound: impl Fn(&ScheduledAction) -> Option<u32>) -> Option<u32> {
        let due = self.0.iter().filter_map(|action| Some((action.last_due(now)?, bound(action)?)));
        due.max_by_key(|(at, _)| *at).map(|(_, bound)| bound)
    }
}

/// The policy `scheduled`.
pub struct Scheduled {
    schedule: Schedule,
    initial: Bounds,
}

impl Scheduled {
    /// The policy, if its parameters make sense together.
    pub fn new(parameters: ScheduledParameters) -> Result<Self, Vec<Problem>> {
        let initial = Bounds { min: parameters.min, max: parameters.max };
        Schedule::new(parameters.actions).map(|schedule| Scheduled { schedule, initial })
    }
}

impl ServiceScalingPolicy for Scheduled {
    fn decide(&mut self, view: &ServiceScalingView) -> ServiceScalingDecision {
        let due = self.schedule.bounds(view.now);
        let min = due.min.filter(|min| *min != view.min);
        let max = due.max.filter(|max| *max != view.max);
        let (lower, upper) = (min.unwrap_or(view.min), max.unwrap_or(view.max));
        let reason = format!("schedule: between {lower} and {upper}");
        let settled = view.desired.min(upper).max(lower);
        let desired = (settled != view.desired).then_some(settled);
        ServiceScalingDecision { desired, min, max, ..ServiceScalingDecision::abstain(reason) }
    }

    /// What is in force at the start of the run: what actions due then set, else the schedule's own bounds.
    fn bounds(&self) -> Bounds {
        let at_start = self.schedule.bounds(Time::ZERO);
        Bounds { min: at_start.min.or(self.initial.min), max: at_start.max.or(self.initial.max) }
    }
}
