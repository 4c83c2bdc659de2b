//! What was claimed of the results, and whether it holds.
//!
//! A claim holds where the one-sided confidence bound of the metric lies on the right side of the limit, and fails where
//! the bound of the other side lies beyond it. Between the two it is undecided: more replications or a longer run may
//! tell. All claims have to hold together, and each is shown with its confidence; so that all are taken to hold although
//! one of them does not is at most as likely as the least sure of them allows, however many there are (Berger,
//! Multiparameter hypothesis testing and acceptance sampling, Technometrics 24, 1982). They need no correction for their
//! number.

use serde::{Deserialize, Serialize};
use sim_core::engine::Span;
use sim_core::metrics::{
    Confidence, Estimate, Measure, Metric, Record, ServiceRecord, Variant, summarize_one,
};

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
    /// Of a claim about a percentile, the share of requests within the limit, which decides: as for an objective. The
    /// interval of a percentile itself is too narrow where the distribution has a gap, as faults and timeouts make one.
    pub share: Option<Estimate>,
    /// The bound that decides, of that share if there is one; none where there is none.
    pub bound: Option<f64>,
}

/// What is said of a metric that something has not.
const NONE: &str = "it has no such metric";

/// Decides every claim for every variant, service and cluster that it is about.
pub(super) fn decide(results: &Results) -> Result<Vec<Decided>, ResultsError> {
    let mut list = Vec::new();
    for assertion in &results.manifest.assertions {
        let variants = results.manifest.variants.iter().enumerate();
        let mut decided = Vec::new();
        for (index, manifest) in variants.filter(|(_, manifest)| is_about(assertion, manifest)) {
            decided.extend(of_variant(results, assertion, index, manifest)?);
        }
        // A claim about all is one about those that have the metric; what none of them has is a mistake and holds of nothing.
        let is_there = |it: &Decided| it.estimate.note.as_deref() != Some(NONE);
        if assertion.variant.is_none() && decided.iter().any(is_there) {
            decided.retain(is_there);
        }
        list.extend(decided);
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
        found.push((owner, Estimate::blank(NONE)));
    }
    let decided = |(owner, estimate): (String, Estimate)| {
        let estimate = exact_at_the_ends(estimate, &metric, &owner, &of.records, confidence);
        let share = share_within(claim, &owner, &of.records, confidence);
        let (outcome, bound) = match &share {
            _ if estimate.note.as_deref() == Some(NONE) => (Outcome::Fails, None),
            Some((share, asked)) => by_share(claim, share, *asked),
            None => outcome(claim, metric.has_interval(), &estimate),
        };
        let share = share.map(|(share, _)| share);
        Decided {
            that: claim.to_string(),
            metric: metric.name.clone(),
            unit: metric.unit.to_owned(),
            variant: manifest.name.clone(),
            owner,
            confidence: assertion.confidence.0,
            outcome,
            estimate,
            share,
            bound,
        }
    };
    Ok(found.into_iter().map(decided).collect())
}

/// The share of a service's requests within the limit of a claim about a percentile, and the share that it speaks of.
fn share_within(
    claim: &Claim,
    owner: &str,
    records: &[Record],
    confidence: Confidence,
) -> Option<(Estimate, f64)> {
    let Measure::Quantile { p, of_all } = claim.metric.metric().measure else { return None };
    let limit = Span::from_seconds(claim.limit).nanos();
    let services = || records.iter().filter_map(|record| record.services.get(owner));
    let population = |it: &ServiceRecord| if of_all { it.born } else { it.latency.count() };
    let known = services().filter(|it| population(it) > 0);
    let shares: Vec<f64> = known.map(|it| it.latency.count_at_most(limit) / population(it) as f64).collect();
    let whole = services().map(population).sum();
    (!shares.is_empty()).then(|| (exact(confidence.mean(&shares), whole, confidence), p))
}

/// Whether a claim about a percentile holds, and the bound of the share within its limit that says so.
fn by_share(claim: &Claim, share: &Estimate, asked: f64) -> (Outcome, Option<f64>) {
    let Some((low, high)) = share.interval() else { return (Outcome::Undecided, None) };
    let (within, beyond) = match claim.relation.is_upper() {
        true => (Outcome::Holds, Outcome::Fails),
        false => (Outcome::Fails, Outcome::Holds),
    };
    if low >= asked {
        (within, Some(low))
    } else if high < asked {
        (beyond, Some(high))
    } else {
        (Outcome::Undecided, Some(if share.value >= asked { low } else { high }))
    }
}

/// The estimate of a share of requests, if it is one, with what is known where not one of them is in it, or all are.
fn exact_at_the_ends(
    estimate: Estimate,
    metric: &Metric,
    owner: &str,
    records: &[Record],
    confidence: Confidence,
) -> Estimate {
    let population: fn(&ServiceRecord) -> u64 = match metric.measure {
        Measure::Failures | Measure::FinalOutcome(_) | Measure::Attainment => |it| it.born,
        Measure::ColdStarts => |it| it.served,
        _ => return estimate,
    };
    let whole = records.iter().filter_map(|record| record.services.get(owner)).map(population).sum();
    exact(estimate, whole, confidence)
}

/// Of no event in n trials, or nothing else, replications cannot tell how rare the other is; that their number makes it so
/// rare at most is what binomial trials say (Clopper and Pearson, Biometrika 26, 1934; at 95 % the rule of three).
fn exact(share: Estimate, whole: u64, confidence: Confidence) -> Estimate {
    let at_an_end = share.half_width == Some(0.0) && (share.value == 0.0 || share.value == 1.0);
    if !at_an_end || whole == 0 {
        return share;
    }
    let one_side = (1.0 - confidence.level()) / 2.0;
    let rare = -libm::expm1(libm::log(one_side) / whole as f64);
    Estimate { half_width: Some(rare), ..share }
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
    fn the_share_within_its_limit_decides_of_a_percentile() {
        let check = |claim: &str, share: f64, half: Option<f64>, expected: Outcome, bound: Option<f64>| {
            let claim: Claim = claim.parse().unwrap();
            let estimate = Estimate { value: share, half_width: half, n: 10, note: None };
            assert_eq!(by_share(&claim, &estimate, 0.5), (expected, bound), "{claim} of {share} ± {half:?}");
        };
        check("latency.p50 < 2s", 0.75, Some(0.125), Outcome::Holds, Some(0.625));
        check("latency.p50 < 2s", 0.75, Some(0.5), Outcome::Undecided, Some(0.25));
        check("latency.p50 < 2s", 0.25, Some(0.5), Outcome::Undecided, Some(0.75));
        check("latency.p50 < 2s", 0.25, Some(0.125), Outcome::Fails, Some(0.375));
        check("latency.p50 > 2s", 0.25, Some(0.125), Outcome::Holds, Some(0.375));
        check("latency.p50 > 2s", 0.75, Some(0.125), Outcome::Fails, Some(0.625));
        check("latency.p50 < 2s", 0.75, None, Outcome::Undecided, None);
    }

    #[test]
    fn no_event_in_many_trials_is_not_certainty() {
        let confidence = Confidence::one_sided(0.95);
        let check = |value: f64, half: f64, whole: u64, expected: f64| {
            let share = Estimate { value, half_width: Some(half), n: 3, note: None };
            let found = exact(share, whole, confidence).half_width.unwrap();
            assert!((found - expected).abs() < 1e-6, "{value} ± {half} of {whole}: {found}");
        };
        // The rule of three: 3 / n.
        check(0.0, 0.0, 1000, 0.002_991_248);
        check(1.0, 0.0, 1000, 0.002_991_248);
        check(0.0, 0.0, 1, 0.95);
        check(0.5, 0.0, 1000, 0.0);
        check(0.0, 0.25, 1000, 0.25);
        check(0.0, 0.0, 0, 0.0);
    }

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
