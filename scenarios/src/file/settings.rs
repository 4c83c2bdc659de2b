//! `[run]`: how long, how often, with what luck; what is measured, and how exactly.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sim_core::calendar::Calendar;
use sim_core::engine::{Span, Time};
use sim_core::metrics::{Grid, Window, warm_up};
use sim_core::model::{Initial, Run};
use sim_core::random::Luck;
use sim_core::spec::Problem;

use super::precision::PrecisionSettings;
use super::warm_up::WarmUp;

/// How the experiment is run; the same for all variants, which are compared under the same luck.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RunSettings {
    /// Simulated time, warm-up included.
    pub duration: Span,
    /// Simulated time at the start that is not measured, the same for all variants. In a `steady` run it may be found:
    /// `auto` runs each variant five times from time zero, cuts each of their series where the mean of the rest is known
    /// best (MSER-5), and takes the longest cut.
    #[serde(default)]
    pub warm_up: WarmUp,
    /// How often each variant is run with other luck. Intervals need two; ten is a good beginning. With `precision`, the
    /// number to begin with.
    #[serde(default = "ten")]
    #[schemars(range(min = 1, max = 100_000))]
    pub replications: u32,
    /// How exactly a metric is to be known: replications go on until it is. A number of replications on the command line
    /// is meant to be that number, whatever stands here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub precision: Option<PrecisionSettings>,
    /// The root of all luck: the same number gives the same results, bit by bit.
    #[serde(default = "first_seed")]
    pub seed: u64,
    /// The date and time of day at which it starts, for daily and weekly shapes and for schedules: `2026-03-02`,
    /// `2026-03-02 08:30`.
    #[serde(default)]
    pub start: Calendar,
    /// How much longer it may go on, when no more requests are born, to finish those that have been. What is not
    /// finished then counts as failed.
    #[serde(default = "one_hour")]
    pub drain: Span,
    /// What is measured: a whole story with a beginning, or a state that lasts.
    #[serde(default)]
    pub kind: RunKind,
    /// What there is at the first instant: a fleet that has been running, or one that is switched on.
    #[serde(default)]
    pub initial: Initial,
    /// Kinds of day within the run and how often each occurs in a month, for the monthly bill of a run in which not
    /// every day is like the others. Without it, every hour of the month is taken to be like the measured window.
    #[serde(default)]
    pub days: Vec<DayWeight>,
}

/// What an experiment measures.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[schemars(extend("x-noun" = "kind of run"))]
pub enum RunKind {
    /// The whole run from its declared initial state: a day, a flash crowd.
    #[default]
    Terminating,
    /// A state that lasts, once the warm-up is over: constant traffic, fixed settings.
    Steady,
}

/// One kind of day: a stretch of the run that stands for so many days of the month.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DayWeight {
    /// What the bill calls it: `ordinary`, `launch`.
    pub name: String,
    /// Where in the run it begins.
    #[serde(default)]
    pub from: Span,
    /// Where in the run it ends.
    pub to: Span,
    /// How many days of the month are like it. Only the proportions count: 29 and 1 are taken as 29/30 and 1/30 of
    /// 730 hours.
    #[schemars(extend("exclusiveMinimum" = 0))]
    pub weight: f64,
}

fn ten() -> u32 {
    10
}

fn one_hour() -> Span {
    Span::from_secs(3600)
}

fn first_seed() -> u64 {
    1
}

/// Longest run and longest drain: with what is drawn near the end, simulated time stays within the range of its clock.
const LONGEST: Span = Span::from_secs(10 * 366 * 86_400);

impl RunSettings {
    /// What the model is told of a run with this luck.
    pub(crate) fn with_luck(&self, luck: Luck) -> Run {
        Run { luck, duration: self.duration, drain: self.drain, calendar: self.start, initial: self.initial }
    }

    /// The instant at which draining ends.
    pub(crate) fn end(&self) -> Time {
        Time::ZERO + self.duration + self.drain
    }

    /// The warm-up that is given; none where it is to be found.
    pub(crate) fn given_warm_up(&self) -> Span {
        self.warm_up.given().unwrap_or_default()
    }

    /// The part of a run that is measured after this warm-up.
    pub(crate) fn measured(&self, warm_up: Span) -> Window {
        Window::new(Time::ZERO + warm_up, Time::ZERO + self.duration)
    }

    /// The kinds of days that are metered apart.
    pub(crate) fn day_windows(&self) -> Vec<Window> {
        self.days.iter().map(|day| Window::new(Time::ZERO + day.from, Time::ZERO + day.to)).collect()
    }

    /// The most replications that there may be of each variant.
    pub fn most_replications(&self) -> u32 {
        self.precision.as_ref().map_or(self.replications, |precision| precision.max_replications)
    }

    /// Reports what makes no sense, under `path`.
    pub fn problems(&self, path: &str, out: &mut Vec<Problem>) {
        let duration = self.duration;
        if duration.is_zero() {
            out.push(Problem::new(format!("{path}.duration"), "a run that takes no time shows nothing"));
        }
        for (key, length) in [("duration", duration), ("drain", self.drain)] {
            if length > LONGEST {
                out.push(Problem::new(format!("{path}.{key}"), format!("{length} is more than 10 years")));
            }
        }
        self.warm_up_problems(path, out);
        if let Some(precision) = &self.precision {
            precision.problems(&format!("{path}.precision"), self.replications, out);
        }
        for (index, day) in self.days.iter().enumerate() {
            self.day_problems(day, &self.days[..index], &format!("{path}.days[{index}]"), out);
        }
    }

    fn warm_up_problems(&self, path: &str, out: &mut Vec<Problem>) {
        let (at, duration) = (format!("{path}.warm_up"), self.duration);
        let Some(warm_up) = self.warm_up.given() else { return self.found_problems(&at, out) };
        if warm_up >= duration && !duration.is_zero() {
            let message = format!("a warm-up of {warm_up} leaves nothing of a run of {duration} to measure");
            out.push(Problem::new(at, message).hint("`duration` includes the warm-up"));
        }
        if self.kind == RunKind::Steady && warm_up.is_zero() {
            let hint = "give the time that the fleet needs to settle, `warm_up = \"10min\"` say, or have it \
                        found: `warm_up = \"auto\"`";
            out.push(Problem::new(format!("{path}.kind"), "a steady state needs a warm-up").hint(hint));
        }
    }

    /// What stands against having the warm-up found.
    fn found_problems(&self, at: &str, out: &mut Vec<Problem>) {
        if self.kind != RunKind::Steady {
            let message =
                "only a steady run has a warm-up that can be found: this one is measured from its beginning";
            out.push(Problem::new(at, message).hint("run.kind = \"steady\" measures a state that lasts"));
        }
        if !self.duration.is_zero() && Grid::over(self.duration).count() < warm_up::FEWEST {
            let message = format!("a run of {} is too short to find its warm-up in", self.duration);
            out.push(Problem::new(at, message).hint(format!("let it last {}s or longer", warm_up::FEWEST)));
        }
        if !self.days.is_empty() {
            let message = "with kinds of day the warm-up has to be given";
            out.push(Problem::new(at, message).hint("they must not lie in it, wherever it ends"));
        }
    }

    fn day_problems(&self, day: &DayWeight, earlier: &[DayWeight], path: &str, out: &mut Vec<Problem>) {
        if day.from >= day.to {
            out.push(Problem::new(format!("{path}.to"), format!("{} is not after {}", day.to, day.from)));
        }
        if day.to > self.duration {
            let message = format!("{} is after the end of the run, {}", day.to, self.duration);
            out.push(Problem::new(format!("{path}.to"), message));
        }
        if self.warm_up.given().is_some_and(|warm_up| day.from < warm_up) {
            let message = format!("{} lies in the warm-up, which is not measured", day.from);
            out.push(Problem::new(format!("{path}.from"), message));
        }
        if let Some(other) = earlier.iter().find(|other| day.from < other.to && other.from < day.to) {
            out.push(Problem::new(path, format!("it overlaps `{}`", other.name)));
        }
        if earlier.iter().any(|other| other.name == day.name) {
            let hint = "a kind of day is one stretch of the run; its weight says how often it occurs";
            out.push(
                Problem::new(format!("{path}.name"), format!("`{}` is there twice", day.name)).hint(hint),
            );
        }
    }
}
