//! The answer: which option is the cheapest that holds the objective, and how sure that is.
//!
//! Hand-picked sizes decide nothing: within each variant of the scenario file the cheapest size that holds the objective
//! stands for it, and only those are compared. Sweeps over the workload itself (`sources`, `work`) are no sizes: there the
//! question is asked at every point. Whether an objective is held is decided by the interval of the attainment, the share
//! of all requests that ended well in time, so failures count, and so does simulation noise.

mod cautions;
mod sentence;

use serde::{Deserialize, Serialize};
use sim_core::metrics::{Estimate, Row};
use sim_core::spec::Objective;

use super::Results;
use super::analysis::{Pair, VariantAnalysis};
use super::manifest::{VariantManifest, axis_name};

/// The answer in words.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Verdict {
    /// One sentence.
    pub sentence: String,
    /// The variant that it recommends, if any.
    pub recommended: Option<String>,
    /// What limits the answer, a sentence each.
    pub cautions: Vec<String>,
}

/// Whether an objective is held.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Holds {
    /// The whole interval lies on the good side.
    Yes,
    /// The interval contains the limit, or there is none.
    Unclear,
    /// The whole interval lies on the bad side.
    No,
}

/// How one variant stands to its objectives.
#[derive(Clone, Debug, Default)]
pub struct Standing {
    /// Whether it holds all of them; none where it has none, or was never run.
    pub holds: Option<Holds>,
    /// Service by service.
    pub services: Vec<ServiceStanding>,
}

/// How one service stands to its objective.
#[derive(Clone, Debug)]
pub struct ServiceStanding {
    /// The service.
    pub service: String,
    /// What it has to hold.
    pub objective: Objective,
    /// Whether it does.
    pub holds: Holds,
    /// The share of requests that ended well in time.
    pub attainment: Estimate,
    /// The quantile that the objective bounds, where it is one of those that are reported.
    pub quantile: Option<Estimate>,
}

impl Standing {
    /// The service that is furthest from its objective.
    pub(super) fn worst(&self) -> Option<&ServiceStanding> {
        let slack = |it: &ServiceStanding| it.attainment.value - it.objective.share;
        self.services.iter().max_by(|a, b| a.holds.cmp(&b.holds).then(slack(b).total_cmp(&slack(a))))
    }
}

/// Decides whether a variant holds its objectives.
pub(super) fn standing(manifest: &VariantManifest, rows: &[Row]) -> Standing {
    let find = |owner: &str, metric: &str| {
        rows.iter().find(|row| row.owner == owner && row.metric == metric).map(|row| row.estimate.clone())
    };
    let services: Vec<ServiceStanding> = manifest
        .objectives()
        .filter_map(|(service, objective)| {
            let attainment = find(service, "objective.attainment")?;
            let quantile = find(service, &quantile_name(objective));
            let holds = holds(&attainment, objective.share);
            Some(ServiceStanding { service: service.to_owned(), objective, holds, attainment, quantile })
        })
        .collect();
    Standing { holds: services.iter().map(|service| service.holds).max(), services }
}

/// The metric that an objective bounds.
fn quantile_name(objective: Objective) -> String {
    format!("latency.{}", percentile(objective))
}

/// `p99`, `p99.9`.
pub(super) fn percentile(objective: Objective) -> String {
    let text = objective.to_string();
    text.split(' ').next().unwrap_or_default().to_owned()
}

fn holds(attainment: &Estimate, share: f64) -> Holds {
    match attainment.interval() {
        Some((low, _)) if low >= share => Holds::Yes,
        Some((_, high)) if high < share => Holds::No,
        _ => Holds::Unclear,
    }
}

/// One workload and the variants that were run under it.
pub(super) struct Point {
    /// Where it lies on the axes of the workload: `rate 100/s`; empty where there is only one.
    pub(super) label: String,
    /// The variant that stands for each family, in the order of families.
    pub(super) options: Vec<usize>,
    /// The cheapest of those that hold the objective; without any, of those that may; without any, of all.
    pub(super) best: Option<usize>,
}

/// The last step of an axis's path, with its value: `rate 100/s`.
fn axis_label((path, value): &(String, String)) -> String {
    format!("{} {value}", axis_name(path))
}

fn month(variants: &[VariantAnalysis], index: usize) -> f64 {
    variants[index].row("", "cost.month").map_or(f64::INFINITY, |row| row.estimate.value)
}

/// The cheapest of those that hold the objective, else of those that may, else the one that misses by least; without an
/// objective the cheapest.
fn choose(variants: &[VariantAnalysis], of: impl Iterator<Item = usize>) -> Option<usize> {
    let rank = |index: usize| {
        let standing = &variants[index].standing;
        let holds = standing.holds.unwrap_or(Holds::Unclear);
        let missed = match (holds, standing.worst()) {
            (Holds::No, Some(worst)) => worst.objective.share - worst.attainment.value,
            _ => 0.0,
        };
        (holds, missed, month(variants, index))
    };
    let less = |a: &usize, b: &usize| {
        let ((a, a_missed, a_month), (b, b_missed, b_month)) = (rank(*a), rank(*b));
        a.cmp(&b).then(a_missed.total_cmp(&b_missed)).then(a_month.total_cmp(&b_month))
    };
    of.filter(|index| !variants[*index].is_empty()).min_by(less)
}

/// The workloads of an experiment, in order.
pub(super) fn points(results: &Results, variants: &[VariantAnalysis]) -> Vec<Point> {
    let manifests = &results.manifest.variants;
    let label = |manifest: &VariantManifest| {
        manifest.workload().into_iter().map(axis_label).collect::<Vec<_>>().join(", ")
    };
    let labels: Vec<String> = manifests.iter().map(label).collect();
    let mut distinct: Vec<&String> = Vec::new();
    labels.iter().for_each(|label| {
        if !distinct.contains(&label) {
            distinct.push(label);
        }
    });
    let mut families: Vec<&str> = Vec::new();
    manifests.iter().for_each(|manifest| {
        if !families.contains(&manifest.family.as_str()) {
            families.push(&manifest.family);
        }
    });
    let point = |label: &String| {
        let members = |family: &str| {
            let of = |index: &usize| manifests[*index].family == family && labels[*index] == *label;
            choose(variants, (0..manifests.len()).filter(of))
        };
        let options: Vec<usize> = families.iter().filter_map(|family| members(family)).collect();
        let best = choose(variants, options.iter().copied());
        Point { label: label.clone(), options, best }
    };
    distinct.into_iter().map(point).collect()
}

/// What every variant is compared with: the best option of its workload.
pub(super) fn baselines(results: &Results, variants: &[VariantAnalysis]) -> Vec<Option<usize>> {
    let manifests = &results.manifest.variants;
    let workload = |index: usize| manifests[index].workload();
    let points = points(results, variants);
    let baseline = |index: usize| {
        let same = |best: &usize| workload(*best) == workload(index);
        points.iter().filter_map(|point| point.best).find(same).filter(|_| !variants[index].is_empty())
    };
    (0..variants.len()).map(baseline).collect()
}

/// The answer.
pub(super) fn judge(results: &Results, variants: &[VariantAnalysis], pairs: &[Pair], basis: &str) -> Verdict {
    let points = points(results, variants);
    let sentence = sentence::Sentence { results, variants, pairs };
    let recommended = match points.as_slice() {
        [Point { best: Some(best), .. }] if variants[*best].standing.holds == Some(Holds::Yes) => {
            Some(results.manifest.variants[*best].name.clone())
        }
        _ => None,
    };
    Verdict {
        sentence: sentence.of(&points),
        recommended,
        cautions: cautions::cautions(results, variants, &points, basis),
    }
}

#[cfg(test)]
mod tests;
