//! What was claimed of the results, and whether it holds.
//!
//! A claim holds where the one-sided confidence bound of the metric lies on the right side of the limit, and fails where
//! the bound of the other side lies beyond it. Between the two it is undecided: more replications or a longer run may
//! tell. All claims have to hold together, and each is shown with its confidence; so that all are taken to hold although
//! one of them does not is at most as likely as the least sure of them allows, however many there are (Berger,
//! Multiparameter hypothesis testing and acceptance sampling, Technometrics 24, 1982). They need no correction for their
//! number.

use serde::{Deserialize, Serialize};
use sim_core::metrics::{Confidence, Estimate, Variant, summarize_one};

use super::manifest::VariantManifest;
use super::{Results, ResultsError};
use crate::file::{Assertion, Claim};

/// Whether a claim holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// It does, with the confidence that was asked for.
    Holds,
    /// Noise leaves it open, or there is nothing to decide it by.
    Undecided,
    /// It does not, with the same confidence.
    Fails,
}

/// A claim about one variant's service, cluster or cost, decided.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Decided {
    /// The claim, `latency.p99 < 300ms`.
    pub that: String,
    /// The metric.
    pub metric: String,
    /// The metric's unit.
    pub unit: String,
    /// The variant.
    pub variant: String,
    /// The service or cluster; empty for the variant as a whole.
    pub owner: String,
    /// How sure it has to be, one-sided.
    pub confidence: f64,
    /// Whether it holds.
    pub outcome: Outcome,
    /// The metric, with an interval each of whose ends is a bound with this confidence.
    pub estimate: Estimate,
    /// The bound that decides; none where there is none.
    pub bound: Option<f64>,
}

/// Decides every claim for every variant, service and cluster that it is about.
pub(super) fn decide(results: &Results) -> Result<Vec<Decided>, ResultsError> {
    let mut list = Vec::new();
    for assertion in &results.manifest.assertions {
        let variants = results.manifest.variants.iter().enumerate();
        for (index, manifest) in variants.filter(|(_, manifest)| is_about(assertion, manifest)) {
            list.extend(of_variant(results, assertion, index, manifest)?);
        }
    }
    Ok(list)
}

fn is_about(assertion: &Assertion, manifest: &VariantManifest) -> bool {
    assertion.variant.as_ref().is_none_or(|name| *name == manifest.name || *name == manifest.family)
}

fn of_variant(
    results: &Results,
    assertion: &Assertion,
    index: usize,
    manifest: &VariantManifest,
) -> Result<Vec<Decided>, ResultsError> {
    let (of, claim) = (&results.variants[index], &assertion.that);
    let metric = claim.metric.metric();
    let costs = if metric.is_cost() { results.months(index)? } else { Vec::new() };
    let (limits, bounded) = (manifest.limits(), results.manifest.asked());
    let variant = Variant { records: &of.records, costs: &costs, objectives: &limits, bounded: &bounded };
    let confidence = Confidence::one_sided(assertion.confidence.0);
    let rows = summarize_one(&variant, &metric.name, confidence).into_iter();
    let wanted = |owner: &str| assertion.service.as_deref().is_none_or(|service| service == owner);
    let mut found: Vec<(String, Estimate)> =
        rows.filter(|row| wanted(&row.owner)).map(|row| (row.owner, row.estimate)).collect();
    if found.is_empty() {
        let owner = assertion.service.clone().unwrap_or_default();
        found.push((owner, Estimate::blank("it has no such metric")));
    }
    let decided = |(owner, estimate): (String, Estimate)| {
        let (outcome, bound) = outcome(claim, metric.has_interval(), &estimate);
        Decided {
            that: claim.to_string(),
            metric: metric.name.clone(),
            unit: metric.unit.to_owned(),
            variant: manifest.name.clone(),
            owner,
            confidence: assertion.confidence.0,
            outcome,
            estimate,
            bound,
        }
    };
    Ok(found.into_iter().map(decided).collect())
}

/// Whether a claim holds of an estimate, and the bound that says so.
fn outcome(claim: &Claim, has_interval: bool, estimate: &Estimate) -> (Outcome, Option<f64>) {
    let holds = |value: f64| claim.relation.holds(value, claim.limit);
    // A quantile among the failures is beyond every limit, and a maximum is about the replications that there are.
    if !estimate.is_blank() && (estimate.value.is_infinite() || !has_interval) {
        let outcome = if holds(estimate.value) { Outcome::Holds } else { Outcome::Fails };
        return (outcome, Some(estimate.value));
    }
    let Some((low, high)) = estimate.interval() else { return (Outcome::Undecided, None) };
    let (worst, best) = if claim.relation.is_upper() { (high, low) } else { (low, high) };
    match (holds(worst), holds(best)) {
        (true, _) => (Outcome::Holds, Some(worst)),
        (false, false) => (Outcome::Fails, Some(best)),
        (false, true) => (Outcome::Undecided, Some(worst)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bound_decides() {
        let check = |claim: &str, value: f64, half: Option<f64>, expected: Outcome, bound: Option<f64>| {
            let claim: Claim = claim.parse().unwrap();
            let estimate = Estimate { value, half_width: half, n: 10, note: None };
            let decided = outcome(&claim, claim.metric.metric().has_interval(), &estimate);
            assert_eq!(decided, (expected, bound), "{claim} of {value} ± {half:?}");
        };
        let upper = "latency.p99 < 2s";
        check(upper, 1.5, Some(0.25), Outcome::Holds, Some(1.75));
        check(upper, 1.5, Some(0.5), Outcome::Undecided, Some(2.0));
        check(upper, 2.5, Some(0.75), Outcome::Undecided, Some(3.25));
        check(upper, 2.5, Some(0.5), Outcome::Fails, Some(2.0));
        check(upper, 1.0, None, Outcome::Undecided, None);
        check(upper, f64::NAN, None, Outcome::Undecided, None);
        check(upper, f64::INFINITY, None, Outcome::Fails, Some(f64::INFINITY));
        check("latency.p99 <= 2s", 1.5, Some(0.5), Outcome::Holds, Some(2.0));
        let lower = "objective.attainment >= 99%";
        check(lower, 1.0, Some(0.0), Outcome::Holds, Some(1.0));
        check(lower, 0.995, Some(0.25), Outcome::Undecided, Some(0.745));
        check(lower, 0.5, Some(0.25), Outcome::Fails, Some(0.75));
        check("cost.month < $20", 20.0, Some(0.0), Outcome::Fails, Some(20.0));
        check("replicas.max <= 8", 8.0, None, Outcome::Holds, Some(8.0));
        check("replicas.max <= 8", 9.0, None, Outcome::Fails, Some(9.0));
    }
}
