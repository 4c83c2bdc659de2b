//! The answer: which option is the cheapest that holds the objective, and how sure that is.
//!
//! Hand-picked sizes decide nothing: within each variant of the scenario file the cheapest size that holds the objective
//! stands for it, and only those are compared. Sweeps over the workload itself (`sources`, `work`) are no sizes: there the
//! question is asked at every point.

mod answer;
mod cautions;
mod gaps;
mod points;
mod sentence;

use serde::{Deserialize, Serialize};

use super::Results;
use super::findings::{Pair, VariantAnalysis};
use super::precision::PrecisionFound;
use super::standing::Holds;

pub(super) use answer::Answer;
pub(super) use points::{Point, baselines, points};

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

/// The answer's sentence alone.
pub(super) fn sentence(results: &Results, variants: &[VariantAnalysis], pairs: &[Pair]) -> String {
    sentence::Sentence::new(results, variants, pairs).of(&points(results, variants))
}

/// The answer.
pub(super) fn judge(
    results: &Results,
    variants: &[VariantAnalysis],
    pairs: &[Pair],
    precision: Option<&PrecisionFound>,
    basis: &str,
) -> Verdict {
    let points = points(results, variants);
    let sentence = sentence::Sentence::new(results, variants, pairs);
    let recommended = match points.as_slice() {
        [Point { best: Some(best), .. }] if variants[*best].standing.holds == Some(Holds::Yes) => {
            Some(results.manifest.variants[*best].name.clone())
        }
        _ => None,
    };
    Verdict {
        sentence: sentence.of(&points),
        recommended,
        cautions: cautions::cautions(results, variants, &points, precision, basis),
    }
}
