//! The simulator against queueing theory: cases as scenario files, what theory says of each, and the verdict.
//!
//! Every case is the text of an ordinary scenario, read by the ordinary loader and simulated as `fleetsim run` simulates
//! it; what is compared is what reports show, by the estimators that reports use, wherever reports have it. A comparison
//! passes if theory lies inside the interval *and* the interval is narrower than stated beforehand, so that it can fail in
//! both directions. Intervals are simultaneous: all of the suite together hold theory with 99 % (Bonferroni: Dunn,
//! Multiple comparisons among means, 1961). Nobody can choose luck that passes: a case's seed follows from its name.
//!
//! Beside the cases stand [Little's law](little), which must hold to the nanosecond on every path that is simulated, and
//! the [coverage] of the intervals themselves: how often a 95 % interval of each kind holds what it is an
//! interval of. What theory says nothing of, the time that platforms take from a spike to a new task say, is held against
//! bands of documented and measured figures: [timelines].
//!
//! `fleetsim validate` runs everything, the tests of this crate the quick set.

pub mod case;
pub mod cases;
pub mod coverage;
pub mod formulas;
pub mod little;
mod run;
mod surroundings;
mod text;
pub mod timelines;
mod verdict;
mod watch;

pub use coverage::{Coverage, CoverageRow};
pub use little::LittleRow;
pub use run::{Asked, Validation, validate};
pub use timelines::{MeasureResult, TimelineResult};
pub use verdict::{CaseResult, Compared, FamilyResult, LEVEL, Suite, Tails};
pub use watch::Watched;

/// How much of the suite is run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effort {
    /// Some cases, with a quarter of their replications and four times their widths.
    Quick,
    /// Everything.
    Full,
}

impl Effort {
    /// Replications of a case that needs so many.
    pub fn replications(self, needed: u32) -> u32 {
        if self == Effort::Quick { needed / 4 } else { needed }
    }

    /// The stated width of an interval.
    pub fn width(self, stated: f64) -> f64 {
        if self == Effort::Quick { 4.0 * stated } else { stated }
    }
}

#[cfg(test)]
mod tests;
