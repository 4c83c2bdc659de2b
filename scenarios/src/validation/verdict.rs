//! From replications to verdicts: an interval for every comparison, all of them holding at once.

use std::collections::BTreeMap;

use sim_core::metrics::{self, Estimate, Record, Sample, summarize};
use statrs::distribution::{ContinuousCDF, StudentsT};

use super::Effort;
use super::case::{Case, Comparison, Family, Measured, Place};
use super::watch::Watched;
use crate::number::Unit;

/// With what probability all intervals of the suite hold theory at once, if the simulator is right.
pub const LEVEL: f64 = 0.99;

/// The service that every case has.
const SERVICE: &str = "queue";

/// All families, and what their intervals have in common.
#[derive(Clone, Debug)]
pub struct Suite {
    /// The families.
    pub families: Vec<FamilyResult>,
    /// How many comparisons share the risk.
    pub comparisons: usize,
}

/// What became of a family.
#[derive(Clone, Debug)]
pub struct FamilyResult {
    /// Its title.
    pub title: &'static str,
    /// What it is about.
    pub text: &'static str,
    /// Its cases.
    pub cases: Vec<CaseResult>,
}

/// What became of a case.
#[derive(Clone, Debug)]
pub struct CaseResult {
    /// Its name.
    pub name: String,
    /// What it is.
    pub what: String,
    /// Its scenario file.
    pub scenario: String,
    /// How often it was run.
    pub replications: u32,
    /// Requests born in measured windows, of all replications.
    pub requests: u64,
    /// Events simulated.
    pub events: u64,
    /// Its comparisons.
    pub compared: Vec<Compared>,
    /// Where it stands in a picture of several cases.
    pub place: Option<Place>,
    /// Where it is drawn: the simulated and the theoretical share of requests that stay longer than so many seconds.
    pub tails: Option<Tails>,
}

/// A distribution of sojourns, simulated and from theory: `(seconds, share above)`.
#[derive(Clone, Debug)]
pub struct Tails {
    /// What was simulated, all replications together.
    pub simulated: Vec<(f64, f64)>,
    /// What theory says.
    pub theory: Vec<(f64, f64)>,
}

/// One comparison's outcome.
#[derive(Clone, Debug)]
pub struct Compared {
    /// What was compared.
    pub quantity: String,
    /// Its unit.
    pub unit: Unit,
    /// What theory says.
    pub theory: f64,
    /// What was simulated.
    pub simulated: f64,
    /// The standard error of that.
    pub standard_error: f64,
    /// Half the width of its simultaneous interval.
    pub half_width: f64,
    /// The greatest half-width that was stated, in the unit of the quantity.
    pub widest: f64,
    /// How far off a limit may be, in the unit of the quantity.
    pub allowance: f64,
}

impl Compared {
    /// Whether theory lies in the interval, or as near to it as a limit is allowed to be.
    pub fn holds(&self) -> bool {
        (self.simulated - self.theory).abs() <= self.half_width + self.allowance
    }

    /// Whether the interval is as narrow as stated.
    pub fn is_narrow(&self) -> bool {
        self.half_width <= self.widest
    }

    /// Whether it passes.
    pub fn passes(&self) -> bool {
        self.holds() && self.is_narrow()
    }

    /// In words, for a column.
    pub fn verdict(&self) -> &'static str {
        match (self.holds(), self.is_narrow()) {
            (true, true) => "pass",
            (false, _) => "FAIL: theory outside",
            (true, false) => "FAIL: too wide",
        }
    }
}

impl CaseResult {
    /// Whether all its comparisons pass.
    pub fn passes(&self) -> bool {
        self.compared.iter().all(Compared::passes)
    }
}

impl FamilyResult {
    /// Whether all its cases pass.
    pub fn passes(&self) -> bool {
        self.cases.iter().all(CaseResult::passes)
    }
}

/// Judges every case by its replications, which `simulate` makes; so many comparisons share the risk.
pub(super) fn judge(
    families: Vec<Family>,
    comparisons: usize,
    effort: Effort,
    simulate: impl Fn(&Case) -> Vec<Watched>,
) -> Vec<FamilyResult> {
    let risk = (1.0 - LEVEL) / comparisons as f64;
    let judged = |case: Case| {
        let runs = simulate(&case);
        of_case(case, &runs, risk, effort)
    };
    let family = |family: Family| FamilyResult {
        title: family.title,
        text: family.text,
        cases: family.cases.into_iter().map(judged).collect(),
    };
    families.into_iter().map(family).collect()
}

fn of_case(case: Case, runs: &[Watched], risk: f64, effort: Effort) -> CaseResult {
    let records: Vec<Record> = runs.iter().map(|run| run.record.clone()).collect();
    let variant =
        metrics::Variant { records: &records, costs: &[], objectives: &BTreeMap::new(), bounded: &[] };
    let rows = summarize(&variant);
    let reported = |name: &str| {
        let row = rows.iter().find(|row| row.owner == SERVICE && row.metric == name);
        row.map_or_else(|| panic!("{}: no metric {name}", case.name), |row| row.estimate.clone())
    };
    let compared = |comparison: &Comparison| {
        let estimate = match &comparison.measured {
            Measured::Metric(name) => reported(name),
            Measured::WaitQuantile(p) => wait_quantile(runs, *p),
            Measured::Figure(figure) => metrics::mean(&runs.iter().map(figure).collect::<Vec<f64>>()),
        };
        Compared::of(comparison, &estimate, risk, effort)
    };
    CaseResult {
        compared: case.comparisons.iter().map(compared).collect(),
        tails: case.tail.as_ref().map(|tail| tails(&records, tail)),
        replications: runs.len() as u32,
        requests: records.iter().map(|record| record.services[SERVICE].born).sum(),
        events: records.iter().map(|record| record.events).sum(),
        place: case.place,
        name: case.name,
        what: case.what,
        scenario: case.scenario,
    }
}

/// The quantile of the wait by the estimator of reports, which is made for nanoseconds of latency.
fn wait_quantile(runs: &[Watched], p: f64) -> Estimate {
    let samples: Vec<Sample<'_>> =
        runs.iter().map(|run| Sample { histogram: &run.waits, population: run.waits.count() }).collect();
    let Estimate { value, half_width, n, note } = metrics::quantile(&samples, p);
    Estimate { value: value / 1e9, half_width: half_width.map(|half| half / 1e9), n, note }
}

impl Compared {
    /// An estimate with a 95 % interval, seen as one of many that hold at once: the same standard error, times the quantile
    /// of Student's t at the share of the risk that each has.
    fn of(comparison: &Comparison, estimate: &Estimate, risk: f64, effort: Effort) -> Compared {
        let Comparison { quantity, unit, theory, width, allowance, .. } = comparison;
        let freedom = f64::from(estimate.n - 1);
        let standard_error = estimate.half_width.unwrap_or(f64::INFINITY) / critical(freedom, 0.05);
        Compared {
            quantity: quantity.clone(),
            unit: *unit,
            theory: *theory,
            simulated: estimate.value,
            standard_error,
            half_width: standard_error * critical(freedom, risk),
            widest: effort.width(*width) * theory,
            allowance: allowance * theory,
        }
    }
}

/// What Student's t exceeds in either direction with probability `risk`.
fn critical(freedom: f64, risk: f64) -> f64 {
    let student = StudentsT::new(0.0, 1.0, freedom).expect("there are several replications");
    student.inverse_cdf(1.0 - risk / 2.0)
}

/// The least share that is drawn.
const RAREST: f64 = 1e-5;

fn tails(records: &[Record], theory: &dyn Fn(f64) -> f64) -> Tails {
    let mut all = records[0].services[SERVICE].latency.clone();
    records[1..].iter().for_each(|record| all.merge(&record.services[SERVICE].latency));
    let points = all.ccdf().into_iter().map(|(nanos, share)| (nanos as f64 / 1e9, share));
    let simulated: Vec<(f64, f64)> = points.filter(|(_, share)| *share >= RAREST).collect();
    let theory = simulated.iter().map(|(seconds, _)| (*seconds, theory(*seconds))).collect();
    Tails { simulated, theory }
}
