//! What the records of one variant say.

use sim_core::metrics::{Variant, summarize};

use super::findings::VariantAnalysis;
use super::standing::standing;
use super::{Results, ResultsError};

/// What the records of one variant say.
pub(super) fn variant(results: &Results, index: usize) -> Result<VariantAnalysis, ResultsError> {
    let (manifest, of) = (&results.manifest.variants[index], &results.variants[index]);
    let (months, limits) = (results.months(index)?, manifest.limits());
    let bounded = results.manifest.asked();
    let rows =
        summarize(&Variant { records: &of.records, costs: &months, objectives: &limits, bounded: &bounded });
    let standing = standing(manifest, &rows);
    Ok(VariantAnalysis { rows, months, standing, limits })
}
