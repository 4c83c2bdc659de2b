//! What is made of a run's facts: distributions, time-weighted levels, windows over time, one mergeable
//! [`Record`] per replication, and estimates with intervals over replications.
//!
//! `docs/metrics.md` defines every reported metric: population, window, denominator and unit. The code here
//! computes what is written there. Everything that grows with the run is bounded: a histogram by its range of
//! values, a series by its number of windows, the list of decisions by a cap.

mod confidence;
mod decisions;
mod estimate;
mod functions;
mod gauge;
mod grid;
mod histogram;
mod intervals;
mod level;
mod measure;
mod names;
mod record;
mod recorder;
mod series;
mod service;
mod student;
mod summary;
pub mod warm_up;
mod watch;

pub use confidence::Confidence;
pub use decisions::{Decision, Decisions};
pub use estimate::{Estimate, Ratio};
pub use functions::FunctionsRecord;
pub use gauge::{GaugeRecords, Gauges};
pub use grid::Grid;
pub use histogram::Histogram;
pub use intervals::{
    INTERVAL_LABEL, Sample, difference, maximum, mean, quantile, quantile_difference, quantile_ratio, ratio,
};
pub use level::LevelRecord;
pub use measure::Measure;
pub use names::{find, names, percentile};
pub use record::{ArrivalDigest, ClusterRecord, Record};
pub use recorder::Recorder;
pub use series::{Counts, LatencySeries};
pub use service::{Outcomes, ServiceRecord, ServiceRecorder, Throttles};
pub use summary::{
    Comparison, Metric, MonthlyCost, Row, Subjects, Variant, compare, compare_one, metrics, summarize,
    summarize_one,
};
pub use watch::Watcher;

pub use crate::engine::Window;
pub use crate::observe::{DecisionKind, Gauge, Outcome, Part, Parts, Throttle};
