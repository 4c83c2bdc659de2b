//! The tables of a report: distributions, bills, sweeps, assumptions.

use serde::{Deserialize, Serialize};

use super::{Estimate, Unit};

/// A variant's latency distribution as the share of requests that were slower.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Distribution {
    /// The variant's name.
    pub variant: String,
    /// Latency in seconds and the share of requests above it, latency ascending.
    pub points: Vec<(f64, f64)>,
}

/// How cold starts are spread over the functions of a fleet.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ColdStarts {
    /// The variant's name.
    pub variant: String,
    /// The fleet's, that is its service's.
    pub fleet: String,
    /// How many functions were invoked at least once, the mean of replications.
    pub functions: usize,
    /// A share of cold starts and the share of those functions that have at most that, both rising; at each percent of
    /// functions the mean of replications.
    pub points: Vec<(f64, f64)>,
}

/// What a variant's mean request spends its time on.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct LatencyParts {
    /// The variant's name.
    pub variant: String,
    /// The parts in the order of a request's life.
    pub parts: Vec<PartMean>,
}

/// One part of latency.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct PartMean {
    /// `queue`, `cold start`, `CPU`, ...
    pub part: String,
    /// Its mean over all requests, in seconds.
    pub seconds: f64,
}

/// A variant's bill for a month.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Bill {
    /// The variant's name.
    pub variant: String,
    /// Its lines.
    pub lines: Vec<BillLine>,
}

/// One line of a bill.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct BillLine {
    /// What is billed: `EC2 m7g.large on demand`.
    pub line: String,
    /// Dollars per month; negative for a credit.
    pub per_month: f64,
}

/// Results along one swept setting.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Sweep {
    /// What is varied, in words: `Requests per second`.
    pub label: String,
    /// What its values are written in.
    pub unit: Unit,
    /// One line per group and metric.
    pub lines: Vec<SweepLine>,
    /// Where two lines of a metric cross.
    pub crossings: Vec<Crossing>,
}

/// One metric of one group along the axis.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct SweepLine {
    /// The group (declared variant).
    pub group: String,
    /// The metric's key.
    pub metric: String,
    /// Its points, axis value ascending.
    pub points: Vec<SweepPoint>,
}

/// One point of a sweep.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct SweepPoint {
    /// The axis value.
    pub at: f64,
    /// The metric there.
    pub estimate: Estimate,
}

/// Where one option overtakes another.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Crossing {
    /// The metric's key.
    pub metric: String,
    /// Where on the axis.
    pub at: f64,
    /// The metric's value there.
    pub value: f64,
    /// The group that is better below.
    pub below: String,
    /// The group that is better above.
    pub above: String,
}

/// A setting that is an assumption and not a measured fact.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Assumption {
    /// Its path or name.
    pub setting: String,
    /// The options that it holds for; empty if for all of them.
    pub options: Vec<String>,
    /// What was in force, with its unit.
    pub value: String,
    /// Where the value comes from.
    pub source: String,
    /// The lowest plausible value.
    pub low: Option<String>,
    /// The highest plausible value.
    pub high: Option<String>,
}

/// Something a real invoice would have and this bill has not.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct NotBilled {
    /// What: `EBS volumes`.
    pub what: String,
    /// Why, or how much it may be.
    pub note: String,
}
