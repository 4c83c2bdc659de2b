//! Whether a metric is known as exactly as was asked for.

use serde::{Deserialize, Serialize};
use sim_core::metrics::{Confidence, Estimate, Variant, summarize_one};

use super::{Results, ResultsError};
use crate::file::PrecisionSettings;

/// How exactly a metric is known, beside how exactly it was to be.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PrecisionFound {
    /// The metric.
    pub metric: String,
    /// The half-width that was asked for, as it was written.
    pub half_width: String,
    /// How many replications each variant has.
    pub replications: u32,
    /// Whether it was reached, wherever the metric has an interval at all.
    pub reached: bool,
    /// Where it is known least exactly, by what was asked for; none where it has no interval anywhere.
    pub widest: Option<Known>,
    /// Where it has no interval, so that more replications would not help.
    pub unknown: Vec<Known>,
}

/// The metric of one variant's service or cluster.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Known {
    /// The variant.
    pub variant: String,
    /// The service or cluster; empty for the variant as a whole.
    pub owner: String,
    /// How exactly it is known.
    pub estimate: Estimate,
}

impl PrecisionFound {
    /// How exactly what was asked for is known from the replications of `results`.
    pub(crate) fn of(results: &Results, asked: &PrecisionSettings) -> Result<Self, ResultsError> {
        let (mut widest, mut unknown): (Option<(f64, Known)>, Vec<Known>) = (None, Vec::new());
        for index in 0..results.variants.len() {
            for known in known(results, index, asked)? {
                let half = known.estimate.half_width.filter(|half| half.is_finite());
                let Some(half) = half else {
                    unknown.push(known);
                    continue;
                };
                let allowed = asked.allowed(known.estimate.value);
                let times = if half == 0.0 { 0.0 } else { half / allowed };
                if widest.as_ref().is_none_or(|(most, _)| times > *most) {
                    widest = Some((times, known));
                }
            }
        }
        Ok(PrecisionFound {
            metric: asked.metric.to_string(),
            half_width: asked.half_width.to_string(),
            replications: results.manifest.run.replications,
            reached: widest.as_ref().is_none_or(|(times, _)| *times <= 1.0),
            widest: widest.map(|(_, known)| known),
            unknown,
        })
    }
}

fn known(results: &Results, index: usize, asked: &PrecisionSettings) -> Result<Vec<Known>, ResultsError> {
    let (manifest, of) = (&results.manifest.variants[index], &results.variants[index]);
    let is_cost = asked.metric.metric().is_cost();
    let costs = if is_cost { results.months(index)? } else { Vec::new() };
    let (limits, bounded) = (manifest.limits(), results.manifest.asked());
    let variant = Variant { records: &of.records, costs: &costs, objectives: &limits, bounded: &bounded };
    let rows = summarize_one(&variant, asked.metric.as_str(), Confidence::USUAL).into_iter();
    let wanted = rows.filter(|row| asked.service.as_ref().is_none_or(|service| row.owner == *service));
    let known = |row: sim_core::metrics::Row| Known {
        variant: manifest.name.clone(),
        owner: row.owner,
        estimate: row.estimate,
    };
    Ok(wanted.map(known).collect())
}
