//! `summary.json`: every number with its interval, the differences, the verdict.

use serde::{Deserialize, Serialize};
use sim_core::metrics::{Comparison, INTERVAL_LABEL, Row};

use super::analysis::Analysis;
use super::assertions::Decided;
use super::precision::PrecisionFound;
use super::sensitivity::Sensitivity;
use super::standing::Holds;
use super::verdict::Verdict;
use super::{FORMAT, Results};

/// What `summary.json` holds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Summary {
    /// The version of the folder's layout.
    pub format: u32,
    /// The scenario's name.
    pub scenario: String,
    /// What the intervals are intervals of.
    pub intervals: String,
    /// What the month of the bill is made of.
    pub month: String,
    /// The answer.
    pub verdict: Verdict,
    /// What was claimed of the results, decided; nothing where nothing was.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub assertions: Vec<Decided>,
    /// How exactly a metric is known, where replications went on until it was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub precision: Option<PrecisionFound>,
    /// How much the verdict depends on assumptions, where that was asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sensitivity: Option<Sensitivity>,
    /// The variants in order.
    pub variants: Vec<VariantSummary>,
    /// Paired differences from the best of each workload.
    pub comparisons: Vec<PairSummary>,
    /// Jobs without a record: variant, and replication from 1.
    pub missing: Vec<(String, u32)>,
}

/// One variant's numbers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct VariantSummary {
    /// Its name.
    pub name: String,
    /// The variant of the scenario file that it comes from.
    pub family: String,
    /// Where it stands on each sweep axis.
    pub axes: Vec<(String, String)>,
    /// Whether it holds its objectives; none where there is none.
    pub holds: Option<Holds>,
    /// Every metric.
    pub metrics: Vec<Row>,
}

/// One pair's differences.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PairSummary {
    /// The variant.
    pub variant: String,
    /// What it is compared with.
    pub baseline: String,
    /// Of how many comparisons with this baseline it is one: in each metric, the intervals of all of them hold at once
    /// with 95 %.
    pub simultaneous: usize,
    /// Every metric that both have.
    pub metrics: Vec<Comparison>,
}

impl Summary {
    /// The summary of an analysis.
    pub fn of(results: &Results, analysis: &Analysis) -> Self {
        let manifest = &results.manifest;
        let name = |index: usize| manifest.variants[index].name.clone();
        let variants = manifest.variants.iter().zip(&analysis.variants).map(|(variant, analysis)| {
            let (family, axes) = (variant.family.clone(), variant.axes.clone());
            let (holds, metrics) = (analysis.standing.holds, analysis.rows.clone());
            VariantSummary { name: variant.name.clone(), family, axes, holds, metrics }
        });
        let pair = |pair: &super::Pair| PairSummary {
            variant: name(pair.variant),
            baseline: name(pair.baseline),
            simultaneous: pair.family,
            metrics: pair.rows.clone(),
        };
        Summary {
            format: FORMAT,
            scenario: manifest.name.clone(),
            intervals: INTERVAL_LABEL.to_owned(),
            month: analysis.basis.clone(),
            verdict: analysis.verdict.clone(),
            assertions: analysis.assertions.clone(),
            precision: analysis.precision.clone(),
            sensitivity: analysis.sensitivity.clone(),
            variants: variants.collect(),
            comparisons: analysis.pairs.iter().map(pair).collect(),
            missing: results.missing().into_iter().map(|(index, run)| (name(index), run + 1)).collect(),
        }
    }
}
