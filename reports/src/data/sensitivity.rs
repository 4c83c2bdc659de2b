//! How much the verdict depends on assumptions.

use serde::{Deserialize, Serialize};

use super::Estimate;

/// What each assumption, moved to either end of what is plausible, does to one option and to the verdict.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Sensitivity {
    /// The option that the numbers are of: the recommended one, or the best.
    pub option: String,
    /// The workload that it is best at, where there are several; empty otherwise.
    pub workload: String,
    /// What it costs a month with everything as assumed.
    pub cost: Estimate,
    /// Which percentile of latency is shown: `p99`, or `p99 of web` where there are several services.
    pub percentile: String,
    /// That percentile with everything as assumed, in seconds.
    pub latency: Estimate,
    /// Assumptions that were moved, those with the widest swing first.
    pub moves: Vec<MovedSetting>,
    /// Assumptions that were not, and why.
    pub unmoved: Vec<UnmovedSetting>,
}

/// An assumption that was moved.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct MovedSetting {
    /// The setting's path.
    pub setting: String,
    /// The options that it holds for; empty if for all of them.
    pub options: Vec<String>,
    /// What is in force.
    pub value: String,
    /// At the least that is plausible.
    pub low: MovedEnd,
    /// At the most.
    pub high: MovedEnd,
}

/// One end of what is plausible, and what it does.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct MovedEnd {
    /// The setting's value there.
    pub value: String,
    /// Why nothing was run there; empty where something was.
    pub note: String,
    /// Cost a month, less that with what is in force; paired, in dollars.
    pub cost: Estimate,
    /// Likewise the percentile, in seconds.
    pub latency: Estimate,
    /// Whether the percentile falls among failures there, and not with what is in force.
    pub fails: bool,
    /// How many of its runs are not finished: nothing is said of it until they are.
    pub unfinished: usize,
    /// The answer there, in short, where it is another one.
    pub instead: Option<String>,
    /// The verdict there, where the answer is another one.
    pub sentence: String,
}

/// An assumption that was not moved.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct UnmovedSetting {
    /// The setting's path, or what it is about.
    pub setting: String,
    /// What is in force.
    pub value: String,
    /// Why it was not moved.
    pub why: String,
}

impl Sensitivity {
    /// How many assumptions have runs that are missing.
    pub fn unfinished(&self) -> usize {
        self.moves.iter().filter(|it| it.is_unfinished()).count()
    }
}

impl MovedEnd {
    /// Whether it was run.
    pub fn was_run(&self) -> bool {
        self.note.is_empty()
    }

    /// Whether it does anything to the option that is looked at that is clear of chance.
    pub fn has_effect(&self) -> bool {
        self.was_run() && (self.fails || is_clear(&self.cost) || is_clear(&self.latency))
    }
}

/// Whether a difference is one: it has an interval, which is clear of zero.
pub(crate) fn is_clear(difference: &Estimate) -> bool {
    let interval = difference.interval().filter(|_| difference.finite_half_width().is_some());
    interval.is_some_and(|(low, high)| low > 0.0 || high < 0.0)
}

impl MovedSetting {
    /// Both ends, the low one first.
    pub fn ends(&self) -> [&MovedEnd; 2] {
        [&self.low, &self.high]
    }

    /// Whether some of its runs are missing.
    pub fn is_unfinished(&self) -> bool {
        self.ends().iter().any(|end| end.unfinished > 0)
    }

    /// Whether it is in force in this option, or in any.
    pub fn is_of(&self, option: &str) -> bool {
        self.options.is_empty() || self.options.iter().any(|it| it == option)
    }

    /// Whether the verdict is another one at either end.
    pub fn changes_verdict(&self) -> bool {
        self.ends().iter().any(|end| end.instead.is_some())
    }

    /// Whether it clearly does something to the option that is looked at, or to the verdict.
    pub fn has_effect(&self) -> bool {
        self.changes_verdict() || self.ends().iter().any(|end| end.has_effect())
    }
}
