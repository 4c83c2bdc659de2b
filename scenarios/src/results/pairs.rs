//! Paired comparisons: both variants met the same luck, replication by replication.

use sim_core::metrics::{Comparison, MonthlyCost, Record, Variant, compare};
use sim_core::spec::Objective;

use super::findings::{Pair, VariantAnalysis};
use super::{Results, VariantResults};

/// Compares every variant with the baseline of its workload: `baselines[variant]`, none where there is none.
pub(super) fn compare_pairs(
    results: &Results,
    variants: &[VariantAnalysis],
    baselines: &[Option<usize>],
) -> Vec<Pair> {
    let of = |(variant, baseline): (usize, &Option<usize>)| {
        let baseline = (*baseline).filter(|baseline| *baseline != variant)?;
        Some(Pair { variant, baseline, rows: pair(results, variants, variant, baseline) })
    };
    baselines.iter().enumerate().filter_map(of).collect()
}

fn pair(results: &Results, variants: &[VariantAnalysis], a: usize, b: usize) -> Vec<Comparison> {
    let (left, right) = (&results.variants[a], &results.variants[b]);
    let both = |number: &u32| left.replications.contains(number) && right.replications.contains(number);
    let common: Vec<u32> = left.replications.iter().copied().filter(both).collect();
    let left = Selection::of(left, &variants[a].months, &common);
    let right = Selection::of(right, &variants[b].months, &common);
    let bounded = results.manifest.bounded();
    compare(&left.variant(&variants[a], &bounded), &right.variant(&variants[b], &bounded))
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
