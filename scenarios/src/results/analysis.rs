//! What the records say: metrics per variant, differences between variants, the verdict.

use super::assertions::{self, Decided};
use super::findings::{Pair, VariantAnalysis};
use super::pairs::compare_pairs;
use super::precision::PrecisionFound;
use super::sensitivity::Sensitivity;
use super::variant::variant;
use super::verdict::{self, Point, Verdict, baselines, points};
use super::{Results, ResultsError, VariantManifest};

/// Everything that is computed from results.
#[derive(Clone, Debug)]
pub struct Analysis {
    /// One entry per variant of the manifest, in its order.
    pub variants: Vec<VariantAnalysis>,
    /// Differences from the baseline, in the order of variants.
    pub pairs: Vec<Pair>,
    /// The answer.
    pub verdict: Verdict,
    /// What was claimed of the results, decided.
    pub assertions: Vec<Decided>,
    /// Whether a metric is known as exactly as was asked for; none where nothing was.
    pub precision: Option<PrecisionFound>,
    /// How much all of it depends on assumptions; none where that was not asked.
    pub sensitivity: Option<Sensitivity>,
    /// What the month is made of, in words.
    pub basis: String,
}

impl Analysis {
    /// The variants that the verdict is about: the one that stands for each family, at every workload.
    pub fn options(&self, results: &Results) -> Vec<usize> {
        let points = points(results, &self.variants);
        points.iter().flat_map(Point::all).collect()
    }

    /// What the workload of each variant has unlike that of the options that are compared beside it: `other traffic`.
    /// Mostly nothing; what sweeps the workload is no such difference but another point.
    pub fn unlike(&self, results: &Results) -> Vec<Vec<&'static str>> {
        let manifests = &results.manifest.variants;
        let points = points(results, &self.variants);
        let of = |manifest: &VariantManifest| {
            let here = points.iter().find(|point| point.label == manifest.workload_label());
            let reference = here.and_then(|point| point.options.first());
            reference.map_or_else(Vec::new, |reference| manifest.unlike(&manifests[*reference]))
        };
        manifests.iter().map(of).collect()
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
    let asked = results.manifest.run.precision.as_ref();
    let precision = asked.map(|asked| PrecisionFound::of(results, asked)).transpose()?;
    let verdict = verdict::judge(results, &variants, &pairs, precision.as_ref(), &basis);
    let assertions = assertions::decide(results)?;
    let mut analysis = Analysis { variants, pairs, verdict, assertions, precision, sensitivity: None, basis };
    analysis.sensitivity = Sensitivity::of(results, &analysis.variants)?;
    Ok(analysis)
}
