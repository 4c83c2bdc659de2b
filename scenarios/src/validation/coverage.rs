//! How often intervals hold what they are intervals of.
//!
//! Many small experiments of a system whose every number has a closed form; each yields the intervals that `fleetsim run`
//! would print, and it is counted how often a 95 % interval covers the closed form. Replications are grouped into experiments
//! of several sizes, since the number of replications is what decides how far Student's t can be trusted on numbers that are
//! not normal. The same experiments, in pairs that differ only in luck, are the A/A test: the interval of a difference that is
//! none must cover zero.

mod counting;
mod scenario;

use rayon::prelude::*;
use sim_core::metrics::{MonthlyCost, Record};
use statrs::distribution::{Beta, ContinuousCDF};

use counting::Counts;
use scenario::Experiments;

use super::surroundings::Builtin;

/// Blocks of replications; each is cut into experiments of every size.
pub const EXPERIMENTS: u32 = 500;
/// Replications of a block.
const BLOCK: u32 = 40;
/// Sizes of experiments.
const SIZES: [usize; 4] = [3, 5, 10, 20];
/// Most experiments of one size that a block is cut into.
const EACH: usize = 4;
/// The size that is the default of a scenario, and that A/A tests have.
const USUAL: usize = 10;

/// Everything that was counted.
#[derive(Clone, Debug)]
pub struct Coverage {
    /// Sizes of experiments in replications: the columns.
    pub sizes: Vec<usize>,
    /// One row per kind of interval.
    pub rows: Vec<CoverageRow>,
    /// A/A: pairs of experiments that differ only in luck.
    pub pairs: Vec<PairRow>,
    /// How many numbers two identical variants were compared in, and in how many they differed.
    pub identical: (usize, usize),
    /// Replications simulated, and requests in them.
    pub replications: u32,
    /// Requests born in their measured windows.
    pub requests: u64,
}

/// How often an interval covered the closed form.
#[derive(Clone, Debug)]
pub struct CoverageRow {
    /// The kind of interval: `mean over replications`.
    pub kind: &'static str,
    /// The metric: `latency.ok.mean`.
    pub metric: String,
    /// The closed form.
    pub theory: f64,
    /// For each size: how many experiments had an interval, and how many of those covered.
    pub counts: Vec<Share>,
}

/// How often the interval of a difference that is none covered zero.
#[derive(Clone, Debug)]
pub struct PairRow {
    /// The metric.
    pub metric: String,
    /// Pairs, and those whose interval covers zero.
    pub share: Share,
}

/// So many of so many.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Share {
    /// How many.
    pub part: u32,
    /// Of how many.
    pub whole: u32,
}

impl Share {
    fn count(&mut self, is: bool) {
        self.whole += 1;
        self.part += u32::from(is);
    }

    fn add(&mut self, other: Share) {
        self.whole += other.whole;
        self.part += other.part;
    }

    /// The share.
    pub fn value(self) -> f64 {
        f64::from(self.part) / f64::from(self.whole)
    }

    /// Whether it may be the coverage of an interval of about 95 %: between 92 and 98 % is not excluded.
    pub fn is_about_right(self) -> bool {
        let (low, high) = self.interval();
        low <= 0.98 && high >= 0.92
    }

    /// Its exact 95 % interval (Clopper and Pearson 1934).
    pub fn interval(self) -> (f64, f64) {
        let (part, rest) = (f64::from(self.part), f64::from(self.whole - self.part));
        let quantile = |a: f64, b: f64, p: f64| Beta::new(a, b).map_or(f64::NAN, |beta| beta.inverse_cdf(p));
        let low = if self.part == 0 { 0.0 } else { quantile(part, rest + 1.0, 0.025) };
        let high = if self.part == self.whole { 1.0 } else { quantile(part + 1.0, rest, 0.975) };
        (low, high)
    }
}

impl PairRow {
    /// Whether the share is what 95 % intervals must have.
    pub fn passes(&self) -> bool {
        (0.93..=0.97).contains(&self.share.value())
    }
}

impl Coverage {
    /// Whether identical variants are identical, different luck is told from a difference as often as it should be, and
    /// every kind of interval covers about as often as it says.
    pub fn passes(&self) -> bool {
        self.identical.1 == 0
            && self.pairs.iter().all(PairRow::passes)
            && self.rows.iter().all(|row| row.counts.iter().all(|share| share.is_about_right()))
    }
}

/// Simulates `blocks` blocks and counts; `step` hears of each that is done.
pub(super) fn measure(builtin: &Builtin, blocks: u32, step: &(dyn Fn() + Sync)) -> Coverage {
    let experiments = Experiments::new(builtin);
    let block = |block: u32| {
        let counts = Counts::of(&experiments, &experiments.run(builtin, block));
        step();
        counts
    };
    let counts: Vec<Counts> = (0..blocks).into_par_iter().with_max_len(1).map(block).collect();
    let mut counts = counts.into_iter();
    let mut all = counts.next().expect("at least one block");
    counts.for_each(|other| all.add(&other));
    all.into_coverage(experiments.identical(builtin), blocks * BLOCK)
}

/// One replication after the other: the records of both systems' both variants, and the function's bills.
struct Block {
    queue: [Vec<Record>; 2],
    function: [Vec<Record>; 2],
    months: [Vec<MonthlyCost>; 2],
}
