//! Scheduled actions: new bounds at given times.
//!
//! Application Auto Scaling User Guide, "Scheduled scaling": its `at()` and `rate()` are `at` and `every` here, its
//! `cron()` is `cron`. The schedule needs no memory: the bounds in force are those of the action that was due last, so
//! asking again changes nothing.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::calendar::{Calendar, Cron};
use crate::engine::{Span, Time};
use crate::policy::view::{Bounds, ServiceScalingDecision, ServiceScalingPolicy, ServiceScalingView};
use crate::problem::Problem;

/// Sets the bounds at given times. A service below the new lower bound grows to it at once and one above the new upper
/// bound shrinks to it, whatever the cooldowns. Between the bounds nothing moves, unless another policy stands beside
/// this one (see `several`).
///
/// Times count from the start of the run, or with `cron` by its calendar: the day and hour at which the run starts are
/// `run.start`, a Monday's midnight unless it is given, and all of its hours are in one time zone without a summer
/// time. What would have been due before the run starts has no effect.
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

/// One action: when (`at`, `at` and `every`, or `cron`), and which bounds it sets.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ScheduledAction {
    /// When it is first due, from the start of the run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<Span>,
    /// After how long it is due again; never if not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub every: Option<Span>,
    /// When it is due by the calendar of the run, in six fields, minute, hour, day of month, month, day of week and
    /// year: `"cron(0 9 ? * MON-FRI *)"` is every working day at nine. One of the two day fields is `?`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cron: Option<String>,
    /// The new lower bound.
    #[serde(default)]
    pub min: Option<u32>,
    /// The new upper bound.
    #[serde(default)]
    pub max: Option<u32>,
}

/// When an action is due.
enum Due {
    /// Once, or again and again.
    Clock { first: Time, every: Option<Span> },
    /// By the calendar.
    Cron(Cron),
}

impl Due {
    /// When `action` is due. Pushes what is wrong with that to `out`.
    fn new(action: &ScheduledAction, path: &str, out: &mut Vec<Problem>) -> Option<Self> {
        if action.every.is_some_and(Span::is_zero) {
            out.push(Problem::new(format!("{path}.every"), "is zero"));
        }
        match (action.at, action.every, &action.cron) {
            (Some(at), every, None) => Some(Due::Clock { first: Time::ZERO + at, every }),
            (None, None, Some(text)) => match Cron::parse(text) {
                Ok(cron) => Some(Due::Cron(cron)),
                Err(message) => {
                    out.push(Problem::new(format!("{path}.cron"), message).hint(Cron::HINT));
                    None
                }
            },
            (None, Some(_), None) => {
                let hint = "`at` says when it is due for the first time, \"0s\" say";
                out.push(Problem::new(format!("{path}.every"), "comes without `at`").hint(hint));
                None
            }
            (None, None, None) => {
                let hint =
                    "`at = \"8h\"`, with `every = \"24h\"` if need be, or `cron = \"0 8 ? * MON-FRI *\"`";
                out.push(Problem::new(path, "says nowhere when").hint(hint));
                None
            }
            (_, _, Some(_)) => {
                let hint = "`cron` says both when it is due and when again";
                let message = "an action has `cron`, or `at` with or without `every`, not both";
                out.push(Problem::new(format!("{path}.cron"), message).hint(hint));
                None
            }
        }
    }

    /// When it was due last, from the start of the run up to `now`.
    fn last(&self, now: Time, run_start: Calendar) -> Option<Time> {
        match self {
            Due::Clock { first, .. } if now < *first => None,
            Due::Clock { first, every: Some(every) } => {
                Some(*first + *every * (now.since(*first).nanos() / every.nanos()))
            }
            Due::Clock { first, every: None } => Some(*first),
            Due::Cron(cron) => {
                let minute = cron.last_within(run_start.first_minute(), run_start.minute(now))?;
                run_start.instant(minute * 60)
            }
        }
    }
}

/// Actions in time and the bounds before the first of them, for every policy that has a schedule.
pub struct Schedule {
    actions: Vec<(Due, Bounds)>,
    initial: Bounds,
}

impl Schedule {
    /// The schedule, if its actions make sense.
    pub fn new(parameters: &ScheduledParameters) -> Result<Self, Vec<Problem>> {
        let mut problems = Vec::new();
        let mut actions = Vec::new();
        for (index, action) in parameters.actions.iter().enumerate() {
            let path = format!("actions[{index}]");
            let bounds = Bounds { min: action.min, max: action.max };
            actions.extend(Due::new(action, &path, &mut problems).map(|due| (due, bounds)));
            match (action.min, action.max) {
                (None, None) => problems.push(Problem::new(path, "sets neither min nor max")),
                (Some(min), Some(max)) if min > max => {
                    problems
                        .push(Problem::new(format!("{path}.min"), format!("min {min} is above max {max}")));
                }
                _ => {}
            }
        }
        if parameters.actions.is_empty() {
            problems.push(Problem::new("actions", "no actions"));
        }
        let initial = Bounds { min: parameters.min, max: parameters.max };
        if problems.is_empty() { Ok(Schedule { actions, initial }) } else { Err(problems) }
    }

    /// The bounds that the actions have set by `now`, in a run that started at `run_start`.
    pub fn bounds(&self, now: Time, run_start: Calendar) -> Bounds {
        let latest = |bound: fn(&Bounds) -> Option<u32>| {
            let due = |(due, bounds): &(Due, Bounds)| Some((due.last(now, run_start)?, bound(bounds)?));
            self.actions.iter().filter_map(due).max_by_key(|(at, _)| *at).map(|(_, bound)| bound)
        };
        Bounds { min: latest(|bounds| bounds.min), max: latest(|bounds| bounds.max) }
    }

    /// What is in force when the run starts: the bounds of actions due at zero, else the schedule's own. Which day that
    /// is, is not known before a policy is first asked: an action whose cron expression means this very minute acts
    /// then, within a minute.
    pub fn at_start(&self) -> Bounds {
        let due = |(due, bounds): &(Due, Bounds)| {
            matches!(due, Due::Clock { first: Time::ZERO, .. }).then_some(*bounds)
        };
        let set = |bound: fn(&Bounds) -> Option<u32>| {
            self.actions.iter().filter_map(due).filter_map(|bounds| bound(&bounds)).next_back()
        };
        Bounds {
            min: set(|bounds| bounds.min).or(self.initial.min),
            max: set(|bounds| bounds.max).or(self.initial.max),
        }
    }
}

/// The policy `scheduled`.
pub struct Scheduled(Schedule);

impl Scheduled {
    /// The policy, if its parameters make sense together.
    pub fn new(parameters: &ScheduledParameters) -> Result<Self, Vec<Problem>> {
        Schedule::new(parameters).map(Scheduled)
    }
}

impl ServiceScalingPolicy for Scheduled {
    fn decide(&mut self, view: &ServiceScalingView) -> ServiceScalingDecision {
        let due = self.0.bounds(view.now, view.run_start);
        let min = due.min.filter(|min| *min != view.min);
        let max = due.max.filter(|max| *max != view.max);
        let (lower, upper) = (min.unwrap_or(view.min), max.unwrap_or(view.max));
        let reason = format!("schedule: between {lower} and {upper}");
        let settled = view.desired.min(upper).max(lower);
        let desired = (settled != view.desired).then_some(settled);
        // Application Auto Scaling User Guide, scheduled actions: they know no cooldown.
        let abstained = ServiceScalingDecision::abstain(reason);
        ServiceScalingDecision { desired, min, max, begins_no_cooldown: true, ..abstained }
    }

    fn bounds(&self) -> Bounds {
        self.0.at_start()
    }
}
