//! The workloads of an experiment, and at each the options that are compared.

use crate::results::Results;
use crate::results::findings::VariantAnalysis;
use crate::results::manifest::VariantManifest;
use crate::results::standing::Holds;

/// One workload and the variants that were run under it.
pub(in crate::results) struct Point {
    /// Where it lies on the axes of the workload: `rate 100/s`; empty where there is only one.
    pub(in crate::results) label: String,
    /// The variant that stands for each family, in the order of families.
    pub(in crate::results) options: Vec<usize>,
    /// The cheapest of those that hold the objective; without any, of those that may; without any, the nearest of all.
    pub(in crate::results) best: Option<usize>,
    /// Variants that stand for families whose patch changes the workload itself, and what theirs has unlike that of
    /// `options`: no comparison with them would mean anything.
    pub(in crate::results) apart: Vec<(usize, Vec<&'static str>)>,
}

impl Point {
    /// The variant that stands for each family, compared or not.
    pub(in crate::results) fn all(&self) -> impl Iterator<Item = usize> {
        self.options.iter().copied().chain(self.apart.iter().map(|(index, _)| *index))
    }
}

/// What a variant costs a month; infinitely much where that is not known.
pub(super) fn month(variants: &[VariantAnalysis], index: usize) -> f64 {
    variants[index].row("", "cost.month").map_or(f64::INFINITY, |row| row.estimate.value)
}

/// How far a variant that misses its objective is from it: what is less is nearer. First how many requests are late,
/// then the bounded percentile in units of the limit (one among the failures is infinite), then how many fail.
fn distance(variant: &VariantAnalysis) -> [f64; 3] {
    let standing = &variant.standing;
    let Some(worst) = standing.worst().filter(|_| standing.holds == Some(Holds::No)) else { return [0.0; 3] };
    let known = |value: Option<f64>| value.filter(|value| !value.is_nan()).unwrap_or(f64::INFINITY);
    let quantile = worst.quantile.as_ref().map(|it| it.value / worst.objective.limit.seconds());
    let errors = variant.row(&worst.service, "errors.total").map(|row| row.estimate.value);
    [worst.objective.share - worst.attainment.value, known(quantile), known(errors)]
}

/// The cheapest of those that hold the objective, else of those that may, else the one that is nearest to it; without an
/// objective the cheapest.
fn choose(variants: &[VariantAnalysis], of: impl Iterator<Item = usize>) -> Option<usize> {
    let less = |a: &usize, b: &usize| {
        let holds = |index: usize| variants[index].standing.holds.unwrap_or(Holds::Unclear);
        let size = |index: usize| {
            let [late, quantile, errors] = distance(&variants[index]);
            [late, quantile, errors, month(variants, index)]
        };
        let sizes = size(*a).into_iter().zip(size(*b)).map(|(a, b)| a.total_cmp(&b));
        sizes.fold(holds(*a).cmp(&holds(*b)), std::cmp::Ordering::then)
    };
    of.filter(|index| !variants[*index].is_empty()).min_by(less)
}

/// Items, each once, in the order of their first appearance.
fn distinct<T: PartialEq>(items: impl Iterator<Item = T>) -> Vec<T> {
    let mut list = Vec::new();
    for item in items {
        if !list.contains(&item) {
            list.push(item);
        }
    }
    list
}

/// The workloads of an experiment, in order.
pub(in crate::results) fn points(results: &Results, variants: &[VariantAnalysis]) -> Vec<Point> {
    let manifests = &results.manifest.variants;
    let labels: Vec<String> = manifests.iter().map(VariantManifest::workload_label).collect();
    let families = distinct(manifests.iter().map(|manifest| manifest.family.as_str()));
    let point = |label: &String| {
        let members = |family: &&str| {
            let of = |index: &usize| manifests[*index].family == *family && labels[*index] == *label;
            choose(variants, (0..manifests.len()).filter(of))
        };
        let (options, apart) = comparable(manifests, families.iter().filter_map(members).collect());
        let best = choose(variants, options.iter().copied());
        Point { label: label.clone(), options, best, apart }
    };
    distinct(labels.iter()).into_iter().map(point).collect()
}

/// The options with the workload that most of them have (the first's, where as many have another), and the others.
fn comparable(
    manifests: &[VariantManifest],
    options: Vec<usize>,
) -> (Vec<usize>, Vec<(usize, Vec<&'static str>)>) {
    let alike =
        |index: usize| options.iter().filter(|other| unlike(manifests, index, **other).is_empty()).count();
    // The last of equals is the greatest.
    let reference = options.iter().copied().rev().max_by_key(|index| alike(*index));
    let Some(reference) = reference else { return (options, Vec::new()) };
    let (same, other): (Vec<usize>, Vec<usize>) =
        options.into_iter().partition(|index| unlike(manifests, *index, reference).is_empty());
    (same, other.into_iter().map(|index| (index, unlike(manifests, index, reference))).collect())
}

fn unlike(manifests: &[VariantManifest], a: usize, b: usize) -> Vec<&'static str> {
    manifests[a].unlike(&manifests[b])
}

/// What every variant is compared with: the best option of its workload.
pub(in crate::results) fn baselines(results: &Results, variants: &[VariantAnalysis]) -> Vec<Option<usize>> {
    let manifests = &results.manifest.variants;
    let points = points(results, variants);
    let baseline = |index: usize| {
        let here = points.iter().find(|point| point.label == manifests[index].workload_label())?;
        let rivals = here.all().filter(|other| unlike(manifests, index, *other).is_empty());
        choose(variants, rivals).filter(|_| !variants[index].is_empty())
    };
    (0..variants.len()).map(baseline).collect()
}
