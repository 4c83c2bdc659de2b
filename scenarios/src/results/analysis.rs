//! What the records say: metrics per variant, differences between variants, the verdict.

use sim_core::metrics::{Variant, summarize};

use super::findings::{Pair, VariantAnalysis};
use super::pairs::compare_pairs;
use super::standing::standing;
use super::verdict::{self, Verdict, baselines, points};
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

impl Analysis {
    /// The variants that the verdict compares: the one that stands for each family, at every workload.
    pub fn options(&self, results: &Results) -> Vec<usize> {
        let points = points(results, &self.variants);
        points.into_iter().flat_map(|point| point.options).collect()
    }
}

/// Computes everything from what is stored.
///
/// # Errors
/// If the price book lacks a price.
pub fn analyse(results: &Results) -> Result<Analysis, ResultsError> {
    let variants = (0..results.variants.len()).map(|index| variant(results, index));
    let variants: Vec<VariantAnalysis> = variants.collect::<Result<_, _>>()?;
    let best = baselines(results, &variants);
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
    let standing = standing(manifest, &rows);
    Ok(VariantAnalysis { rows, months, standing, limits })
}
