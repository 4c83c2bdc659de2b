//! What a report shows, as plain data.
//!
//! The report knows nothing of the simulator: whoever holds results fills a [`ReportData`] and calls
//! [`crate::render`]. That keeps drawing a pure function of saved numbers, so a report can be redrawn, re-priced and
//! tested without simulating. Seconds, dollars, vCPU and plain counts everywhere; a share is 0 to 1; what is unknown
//! or does not apply is `None` with a note that says why, never a NaN and never a zero.

mod over_time;
mod sensitivity;
mod tables;

pub(crate) use over_time::Direction;
pub use over_time::{Clock, Column, Decision, FaultSpan, VariantSeries};
pub(crate) use sensitivity::is_clear;
pub use sensitivity::{MovedEnd, MovedSetting, Sensitivity, UnmovedSetting};
pub use tables::{
    Assumption, Bill, BillLine, ColdStarts, Crossing, Distribution, LatencyParts, NotBilled, PartMean, Sweep,
    SweepLine, SweepPoint,
};

use indexmap::IndexMap;
pub use scenarios::number::Unit;
use serde::{Deserialize, Serialize};

/// Everything one report shows.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ReportData {
    /// The scenario's name.
    pub title: String,
    /// What the scenario is about, a sentence or two.
    pub about: String,
    /// The command that produced the results and would again.
    pub command: String,
    /// What the numbers were made from.
    pub provenance: Provenance,
    /// What the service has to hold, if the scenario declares it; with several services, if all have the same.
    pub objective: Option<Objective>,
    /// What each service has to hold, in words, where there are several services.
    pub objectives: IndexMap<String, String>,
    /// The answer.
    pub verdict: Verdict,
    /// The metrics in the order to show them; the key is the one used in [`VariantSummary::metrics`].
    pub metrics: Vec<Metric>,
    /// The options compared, in the scenario's order.
    pub variants: Vec<VariantSummary>,
    /// What the scenario asserts, decided.
    pub assertions: Vec<Assertion>,
    /// How the numbers came about where that was found and not given: the warm-up, the number of replications. A
    /// sentence each.
    pub measured: Vec<String>,
    /// What is not measured at the start, in seconds.
    pub warm_up: f64,
    /// What goes wrong at a time that the scenario says, or is deployed then.
    pub faults: Vec<FaultSpan>,
    /// Paired differences between variants.
    pub comparisons: Vec<Comparison>,
    /// How sure the intervals of the differences are, all together. May be empty.
    pub simultaneous: String,
    /// How a time axis reads.
    pub clock: Clock,
    /// What happened over time, one entry per variant.
    pub series: Vec<VariantSeries>,
    /// The share of requests slower than a latency, one entry per variant.
    pub distributions: Vec<Distribution>,
    /// How cold starts are spread over functions, one entry per fleet of functions and variant. Often none.
    pub cold_starts: Vec<ColdStarts>,
    /// What a mean request spends its time on, one entry per variant.
    pub latency_parts: Vec<LatencyParts>,
    /// What the platforms would invoice, one entry per variant.
    pub bills: Vec<Bill>,
    /// How cost is extrapolated to a month: `if every day were like this`, say.
    pub month: String,
    /// Swept axes, if any.
    pub sweeps: Vec<Sweep>,
    /// What the control loops decided, in time order.
    pub decisions: Vec<Decision>,
    /// Which runs the decisions are from: `replication 1 of 10`, say. May be empty.
    pub decisions_from: String,
    /// How much the verdict depends on assumptions, where that was asked.
    pub sensitivity: Option<Sensitivity>,
    /// The assumptions that were in force.
    pub assumptions: Vec<Assumption>,
    /// What the bill leaves out.
    pub not_billed: Vec<NotBilled>,
    /// The scenario as resolved, in TOML.
    pub scenario_toml: String,
    /// Anything the reader must know before trusting the numbers: failed jobs, a run too short.
    pub warnings: Vec<String>,
}

/// What the numbers were made from: enough to make them again.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Provenance {
    /// The version of fleetsim.
    pub version: String,
    /// The root seed.
    pub seed: u64,
    /// Runs per variant, each with its own luck and the same luck for every variant.
    pub replications: u32,
    /// Catalogue and date, `EC2 instances` and `2026-07-20` say.
    pub catalogues: Vec<(String, String)>,
    /// What was simulated, `24 h, 5 min of it warm-up` say. May be empty.
    pub simulated: String,
}

/// A condition on one metric.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Objective {
    /// As the scenario writes it, `p99 < 300ms`.
    pub text: String,
    /// The key of the metric it bounds.
    pub metric: String,
    /// The bound, in the metric's unit.
    pub limit: f64,
}

/// The answer in words, computed where the statistics are.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Verdict {
    /// One sentence.
    pub sentence: String,
    /// The variant it recommends, by name, if any.
    pub recommended: Option<String>,
    /// What limits the answer, a sentence each.
    pub cautions: Vec<String>,
}

/// Something that the scenario asserts of its results.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Assertion {
    /// The claim, `latency.p99 < 300ms`.
    pub that: String,
    /// Of what: `web of Fargate`.
    pub of: String,
    /// Whether it holds.
    pub outcome: Meets,
    /// What it is about, `312 ms`; why there is no number where there is none.
    pub value: String,
    /// The bound that decides, with its confidence: `at most 318 ms (95 %)`. May be empty.
    pub bound: String,
}

/// Which way a metric improves.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Better {
    /// Less is better: latency, cost, errors.
    Lower,
    /// More is better: throughput, attainment.
    Higher,
    /// Neither: a number of replicas is not good or bad.
    #[default]
    Neither,
}

/// A metric's name and meaning.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Metric {
    /// The key in [`VariantSummary::metrics`].
    pub key: String,
    /// What a table's column is headed with; short.
    pub label: String,
    /// The service or cluster that it is a metric of, where there are several; empty otherwise.
    pub subject: String,
    /// What it is written in.
    pub unit: Unit,
    /// Which way it improves.
    pub better: Better,
    /// In the first table, rather than only in the full one.
    pub headline: bool,
}

/// The key of the 99th percentile of latency, which the trade-off chart draws.
pub const LATENCY_P99: &str = "latency_p99";
/// The key of the cost of a month, which the trade-off chart draws.
pub const COST_PER_MONTH: &str = "cost_per_month";

/// The note of a percentile of latency that falls among the failures, which are infinitely late.
pub const AMONG_FAILURES: &str = "more requests failed than this percentile leaves room for";

/// A number and how sure it is.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Estimate {
    /// The estimate, `None` where there is none: the note says why.
    pub value: Option<f64>,
    /// Half the width of its 95 % interval over replications, in the same unit.
    pub half_width: Option<f64>,
    /// How many replications it rests on.
    pub n: u32,
    /// Why the value or the interval is missing, or what qualifies it.
    pub note: Option<String>,
}

/// Does a variant hold the objective?
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Meets {
    /// The whole interval is on the good side.
    Yes,
    /// The whole interval is on the bad side.
    No,
    /// The interval contains the bound, or there is none.
    #[default]
    Unclear,
}

/// One option and its numbers.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct VariantSummary {
    /// Its unique name, `fargate-0.5` say.
    pub name: String,
    /// The declared variant that a sweep made it from; its own name where there is no sweep. Variants of one group
    /// share a colour.
    pub group: String,
    /// What it runs on, `Fargate, 0.5 vCPU tasks` say.
    pub platform: String,
    /// Where it lies on the sweep axes: setting and value.
    pub axes: Vec<(String, String)>,
    /// Where it lies on those axes that are part of the workload, `rate 100/s` say: only variants under one workload
    /// compete. Empty where there is one workload.
    pub workload: String,
    /// Its numbers by metric key.
    pub metrics: IndexMap<String, Estimate>,
    /// Does it hold the objective, or all objectives of its services?
    pub meets: Meets,
    /// Does each service hold its own, where there are several?
    pub services: IndexMap<String, Meets>,
    /// Among the few to draw over time where there are too many to draw them all.
    pub featured: bool,
}

/// A paired difference: both variants met the same luck, replication by replication.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Comparison {
    /// The variant that is compared.
    pub variant: String,
    /// The one it is compared with.
    pub baseline: String,
    /// The metric's key.
    pub metric: String,
    /// `variant - baseline`, in the metric's unit.
    pub difference: Estimate,
    /// `variant / baseline - 1`, a share, with its interval from the log scale.
    pub relative: Option<Estimate>,
}

impl Estimate {
    /// A number with an interval from `n` replications.
    pub fn new(value: f64, half_width: f64, n: u32) -> Self {
        Estimate { value: Some(value), half_width: Some(half_width), n, note: None }
    }

    /// A number without an interval.
    pub fn exact(value: f64, n: u32) -> Self {
        Estimate { value: Some(value), half_width: None, n, note: None }
    }

    /// No number, and why.
    pub fn blank(note: impl Into<String>) -> Self {
        Estimate { value: None, half_width: None, n: 0, note: Some(note.into()) }
    }

    /// The value where it is a finite number. Input may come from a file, so infinities and NaN are met here, once.
    pub fn finite(&self) -> Option<f64> {
        self.value.filter(|value| value.is_finite())
    }

    /// The half-width where it is a finite number of zero or more.
    pub fn finite_half_width(&self) -> Option<f64> {
        self.half_width.filter(|width| width.is_finite() && *width >= 0.0)
    }

    /// The interval's ends; both the value itself where there is no interval.
    pub fn interval(&self) -> Option<(f64, f64)> {
        let value = self.finite()?;
        let half = self.finite_half_width().unwrap_or(0.0);
        Some((value - half, value + half))
    }
}

impl VariantSummary {
    /// The finite value of a metric.
    pub fn value(&self, key: &str) -> Option<f64> {
        self.metrics.get(key).and_then(Estimate::finite)
    }

    /// What its colour goes by.
    pub fn colour_group(&self) -> &str {
        if self.group.is_empty() { &self.name } else { &self.group }
    }
}

impl Metric {
    /// The label with the service or cluster that it is about.
    pub fn full_label(&self) -> String {
        if self.subject.is_empty() { self.label.clone() } else { format!("{}, {}", self.label, self.subject) }
    }
}

/// A percentile of latency, and the share of requests that it leaves room for.
#[derive(Clone, Debug, PartialEq)]
pub struct Tail {
    /// The metric's key, `latency_p99` say.
    pub key: String,
    /// The share of requests beyond it, 0.01 say.
    pub share: f64,
    /// Whether it is the percentile that the objective bounds.
    pub is_bounded: bool,
}

/// The share of requests beyond the percentile that a key names: `latency_p99_9` leaves 0.001.
fn exceeded(key: &str) -> Option<f64> {
    let percent: f64 = key.strip_prefix("latency_p")?.replace('_', ".").parse().ok()?;
    let share = (100.0 - percent) / 100.0;
    // 100 - 99.9 is not quite 0.1 in binary.
    (share > 0.0 && share < 1.0).then(|| (share * 1e9).round() / 1e9)
}

impl ReportData {
    /// The workloads in order of appearance; one, without a name, where none is swept.
    pub fn workloads(&self) -> Vec<&str> {
        let mut list: Vec<&str> = Vec::new();
        for variant in &self.variants {
            if !list.contains(&variant.workload.as_str()) {
                list.push(&variant.workload);
            }
        }
        list
    }

    /// Whether variants have objectives at all.
    pub fn has_objective(&self) -> bool {
        self.objective.is_some() || !self.objectives.is_empty()
    }

    /// The latency that the decision is about: the percentile that the objective bounds, or else the 99th.
    pub fn tail(&self) -> Tail {
        let bounded = self.objective.as_ref().map(|objective| objective.metric.as_str());
        let known = |key: &&str| self.variants.iter().any(|variant| variant.metrics.contains_key(*key));
        let of = |key: &str| Some((key.to_owned(), exceeded(key)?));
        let (key, share) = bounded.filter(known).and_then(of).unwrap_or((LATENCY_P99.to_owned(), 0.01));
        Tail { is_bounded: bounded == Some(key.as_str()), key, share }
    }

    /// The metric of a key, with the key itself as its label where nothing is declared.
    pub fn metric(&self, key: &str) -> Metric {
        let undeclared = || Metric { key: key.into(), label: key.replace('_', " "), ..Metric::default() };
        self.metrics.iter().find(|metric| metric.key == key).cloned().unwrap_or_else(undeclared)
    }

    /// The variant of a name.
    pub fn variant(&self, name: &str) -> Option<&VariantSummary> {
        self.variants.iter().find(|variant| variant.name == name)
    }

    /// The variant the verdict recommends, or the cheapest that surely holds the objective. None under several
    /// workloads: the cheapest of all would be the one with least to do.
    pub fn recommended(&self) -> Option<&VariantSummary> {
        if let Some(name) = &self.verdict.recommended {
            return self.variant(name);
        }
        if self.workloads().len() > 1 {
            return None;
        }
        let holds = self.variants.iter().filter(|variant| variant.meets == Meets::Yes);
        let priced = holds.filter_map(|variant| Some((variant.value(COST_PER_MONTH)?, variant)));
        priced.min_by(|a, b| a.0.total_cmp(&b.0)).map(|(_, variant)| variant)
    }
}
