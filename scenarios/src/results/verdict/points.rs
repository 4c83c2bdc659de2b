//! The workloads of an experiment, and at each the options that are compared.

use crate::results::Results;
use crate::results::findings::VariantAnalysis;
use crate::results::manifest::{VariantManifest, axis_name};
use crate::results::standing::Holds;

/// One workload and the variants that were run under it.
pub(in crate::results) struct Point {
    /// Where it lies on the axes of the workload: `rate 100/s`; empty where there is only one.
    pub(in crate::results) label: String,
    /// The variant that stands for each family, in the order of families.
    pub(in crate::results) options: Vec<usize>,
    /// The cheapest of those that hold the objective; without any, of those that may; without any, of all.
    pub(in crate::results) best: Option<usize>,
}

/// The last step of an axis's path, with its value: `rate 100/s`.
fn axis_label((path, value): &(String, String)) -> String {
    format!("{} {value}", axis_name(path))
}

/// What a variant costs a month; infinitely much where that is not known.
pub(super) fn month(variants: &[VariantAnalysis], index: usize) -> f64 {
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
pub(in crate::results) fn points(results: &Results, variants: &[VariantAnalysis]) -> Vec<Point> {
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
pub(in crate::results) fn baselines(results: &Results, variants: &[VariantAnalysis]) -> Vec<Option<usize>> {
    let manifests = &results.manifest.variants;
    let workload = |index: usize| manifests[index].workload();
    let points = points(results, variants);
    let baseline = |index: usize| {
        let same = |best: &usize| workload(*best) == workload(index);
        points.iter().filter_map(|point| point.best).find(same).filter(|_| !variants[index].is_empty())
    };
    (0..variants.len()).map(baseline).collect()
}
