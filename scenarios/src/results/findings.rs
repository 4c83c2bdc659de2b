//! What is computed from records: one variant's numbers, and how two variants differ.

use std::collections::BTreeMap;

use sim_core::engine::Span;
use sim_core::metrics::{Comparison, MonthlyCost, Row};

use super::standing::Standing;

/// One variant's numbers.
#[derive(Clone, Debug)]
pub struct VariantAnalysis {
    /// Every metric of every service and cluster, and of the variant as a whole.
    pub rows: Vec<Row>,
    /// The month of each finished replication.
    pub months: Vec<MonthlyCost>,
    /// Whether it holds its objectives.
    pub standing: Standing,
    /// The latency limits of its services.
    pub limits: BTreeMap<String, Span>,
}

/// How one variant differs from another.
#[derive(Clone, Debug)]
pub struct Pair {
    /// The variant, by its index.
    pub variant: usize,
    /// What it is compared with, by its index.
    pub baseline: usize,
    /// How many comparisons with this baseline there are: in each metric, their intervals hold at once.
    pub family: usize,
    /// The differences in every metric that both have, with simultaneous intervals.
    pub rows: Vec<Comparison>,
}

impl VariantAnalysis {
    /// The row of a metric; `owner` is empty for the variant as a whole.
    pub fn row(&self, owner: &str, metric: &str) -> Option<&Row> {
        self.rows.iter().find(|row| row.owner == owner && row.metric == metric)
    }

    /// Whether any replication was finished.
    pub fn is_empty(&self) -> bool {
        self.months.is_empty()
    }
}

impl Pair {
    /// The row of a metric.
    pub fn row(&self, owner: &str, metric: &str) -> Option<&Comparison> {
        self.rows.iter().find(|row| row.owner == owner && row.metric == metric)
    }
}
