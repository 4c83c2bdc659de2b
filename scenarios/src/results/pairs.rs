//! Paired comparisons: both variants met the same luck, replication by replication.
//!
//! Each variant is compared with the best of its workload, and which one that is, the same numbers say. So the intervals
//! of all these differences hold at once: multiple comparisons with the best (Hsu, Constrained simultaneous confidence
//! intervals for multiple comparisons with the best, Annals of Statistics 12, 1984; unconstrained, as here: Edwards and
//! Hsu, Multiple comparisons with the best treatment, Journal of the American Statistical Association 78, 1983). Of `k`
//! variants, the `k - 1` differences from the one that truly is best are covered together with 95 %, whichever it is;
//! each has its share of the risk (Bonferroni), which needs no independence and so allows for common luck (Nelson and
//! Matejcik, Using common random numbers for indifference-zone selection and multiple comparisons in simulation,
//! Management Science 41, 1995). A variant whose difference in cost from the cheapest may be zero is indistinguishable
//! from it; that the true best is neither the one that is found nor among those is less likely than 5 %.

use sim_core::metrics::{Comparison, Confidence, MonthlyCost, Record, Variant, compare, compare_one};
use sim_core::spec::Objective;

use super::findings::{Pair, VariantAnalysis};
use super::{Results, VariantResults};

/// Compares every variant with the baseline of its workload: `baselines[variant]`, none where there is none.
pub(super) fn compare_pairs(
    results: &Results,
    variants: &[VariantAnalysis],
    baselines: &[Option<usize>],
) -> Vec<Pair> {
    pairs(results, variants, baselines, compare)
}

/// The same of the month's cost alone, which is all that a verdict takes of differences.
pub(super) fn cost_pairs(
    results: &Results,
    variants: &[VariantAnalysis],
    baselines: &[Option<usize>],
) -> Vec<Pair> {
    let of_cost = |a: &Variant<'_>, b: &Variant<'_>, confidence| compare_one(a, b, "cost.month", confidence);
    pairs(results, variants, baselines, of_cost)
}

fn pairs(
    results: &Results,
    variants: &[VariantAnalysis],
    baselines: &[Option<usize>],
    compared: impl Fn(&Variant<'_>, &Variant<'_>, Confidence) -> Vec<Comparison>,
) -> Vec<Pair> {
    let of = |(variant, baseline): (usize, &Option<usize>)| {
        let baseline = (*baseline).filter(|baseline| *baseline != variant)?;
        let family = baselines.iter().filter(|other| **other == Some(baseline)).count().saturating_sub(1);
        let confidence = Confidence::USUAL.shared_by(family);
        let rows = pair(results, variants, (variant, baseline), |a, b| compared(a, b, confidence));
        Some(Pair { variant, baseline, family, rows })
    };
    baselines.iter().enumerate().filter_map(of).collect()
}

fn pair(
    results: &Results,
    variants: &[VariantAnalysis],
    (a, b): (usize, usize),
    compared: impl Fn(&Variant<'_>, &Variant<'_>) -> Vec<Comparison>,
) -> Vec<Comparison> {
    let (left, right) = (&results.variants[a], &results.variants[b]);
    let both = |number: &u32| left.replications.contains(number) && right.replications.contains(number);
    let common: Vec<u32> = left.replications.iter().copied().filter(both).collect();
    let left = Selection::of(left, &variants[a].months, &common);
    let right = Selection::of(right, &variants[b].months, &common);
    let bounded = results.manifest.asked();
    compared(&left.variant(&variants[a], &bounded), &right.variant(&variants[b], &bounded))
}

/// The replications of a variant that the other has too: borrowed where those are all.
enum Selection<'r> {
    All(&'r [Record], &'r [MonthlyCost]),
    Some(Vec<Record>, Vec<MonthlyCost>),
}

impl<'r> Selection<'r> {
    fn of(results: &'r VariantResults, months: &'r [MonthlyCost], common: &[u32]) -> Self {
        if results.replications == common {
            return Selection::All(&results.records, months);
        }
        let chosen = results.replications.iter().zip(results.records.iter().zip(months));
        let chosen = chosen.filter(|(number, _)| common.contains(number));
        let (records, months) = chosen.map(|(_, (record, month))| (record.clone(), month.clone())).unzip();
        Selection::Some(records, months)
    }

    fn variant<'s>(&'s self, analysis: &'s VariantAnalysis, bounded: &'s [Objective]) -> Variant<'s> {
        let (records, costs) = match self {
            Selection::All(records, months) => (*records, *months),
            Selection::Some(records, months) => (records.as_slice(), months.as_slice()),
        };
        Variant { records, costs, objectives: &analysis.limits, bounded }
    }
}
