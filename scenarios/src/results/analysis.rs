//! What the records say: metrics per variant, differences between variants, the verdict.

use std::collections::BTreeMap;

use sim_core::engine::Span;
use sim_core::metrics::{Comparison, MonthlyCost, Row, Variant, summarize};

use super::pairs::compare_pairs;
use super::verdict::{self, Standing, Verdict};
use super::{Results, ResultsError};

/// Everything that is computed from results.
#[derive(Clone, Debug)]
pub struct Analysis {
    /// One entry per variant of the manifest, in its order.
    pub variants: Vec<VariantAnalysis>,
    /// Differences from the baseline, in the order of variants.
    pub pairs: Vec<Pair>,
    /// The answer.
    pub verdict: Verdict,
    /// What the month is made of, in words.
    pub basis: String,
}

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
    /// The differences in every metric that both have.
    pub rows: Vec<Comparison>,
}

impl Analysis {
    /// The variants that the verdict compares: the one that stands for each family, at every workload.
    pub fn options(&self, results: &Results) -> Vec<usize> {
        let points = verdict::points(results, &self.variants);
        points.into_iter().flat_map(|point| point.options).collect()
    }
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

/// Computes everything from what is stored.
///
/// # Errors
/// If the price book lacks a price.
pub fn analyse(results: &Results) -> Result<Analysis, ResultsError> {
    let variants = (0..results.variants.len()).map(|index| variant(results, index));
    let variants: Vec<VariantAnalysis> = variants.collect::<Result<_, _>>()?;
    let best = verdict::baselines(results, &variants);
    let pairs = compare_pairs(results, &variants, &best);
    let first = variants.iter().flat_map(|variant| &variant.months).next();
    let basis = first.map_or_else(String::new, |month| month.bill.basis.clone());
    let verdict = verdict::judge(results, &variants, &pairs, &basis);
    Ok(Analysis { variants, pairs, verdict, basis })
}

fn variant(results: &Results, index: usize) -> Result<VariantAnalysis, ResultsError> {
    let (manifest, of) = (&results.manifest.variants[index], &results.variants[index]);
    let (months, limits) = (results.months(index)?, manifest.limits());
    let rows = summarize(&Variant { records: &of.records, costs: &months, objectives: &limits });
    let standing = verdict::standing(manifest, &rows);
    Ok(VariantAnalysis { rows, months, standing, limits })
}
