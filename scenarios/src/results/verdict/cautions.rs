//! What limits the answer.

use sim_core::cost::Purchase;
use sim_core::metrics::{Estimate, INTERVAL_LABEL};
use sim_core::spec::{ClusterSpec, FaultSpec, ServiceSpec};

use super::gaps::gaps;
use super::points::Point;
use crate::results::findings::VariantAnalysis;
use crate::results::manifest::VariantManifest;
use crate::results::precision::{Known, PrecisionFound};
use crate::results::standing::Holds;
use crate::results::{Results, wording};
use crate::{file, number};

/// Below this many replications an interval rests on too little.
const FEW: u32 = 5;
/// Names that one caution lists.
const NAMES: usize = 4;

pub(super) fn cautions(
    results: &Results,
    variants: &[VariantAnalysis],
    points: &[Point],
    precision: Option<&PrecisionFound>,
    basis: &str,
) -> Vec<String> {
    let mut list = Vec::new();
    let labels = results.manifest.labels();
    list.extend(missing(results));
    list.extend(few(results));
    list.extend(too_short(results, &labels));
    list.extend(
        precision.into_iter().flat_map(|it| imprecise(it, |name| results.manifest.label_of(&labels, name))),
    );
    list.extend(unclear(variants, points, &labels));
    list.extend(gaps(results, variants, points));
    list.extend(thin_tails(variants, &labels));
    list.extend(spot(results, &labels));
    list.extend(results.prices.options.free_tier.then(|| FREE_TIER.to_owned()));
    match results.manifest.run.days.as_slice() {
        _ if basis.is_empty() => {}
        [] => {
            let faults = once(results);
            let also = if faults.is_empty() { "" } else { ", with " };
            list.push(format!("The month's bill is what it would be {basis}{also}{faults}."));
        }
        _ => list.push(format!("The month's bill is that of {basis}.")),
    }
    list.push(format!("{INTERVAL_LABEL}; they do not say how well traffic and settings describe the world."));
    list
}

/// Faults that come at a time, which a month has as often as runs fit into it.
fn once(results: &Results) -> String {
    let faults = results.manifest.variants.iter().flat_map(|variant| &variant.fleet.faults);
    let mut timed: Vec<&str> =
        faults.filter(|(_, fault)| fault.times().is_some()).map(|(name, _)| name.as_str()).collect();
    timed.sort_unstable();
    timed.dedup();
    names(timed.into_iter())
}

/// Said wherever a bill takes the free tier.
const FREE_TIER: &str =
    "The bill takes the free tier, which is one for the whole account and may be used up elsewhere.";

/// `a, b, c and 7 more`.
fn names<'n>(names: impl Iterator<Item = &'n str>) -> String {
    let mut list: Vec<String> = names.map(str::to_owned).collect();
    let more = list.len().saturating_sub(NAMES);
    list.truncate(NAMES);
    if more > 0 {
        list.push(format!("{more} more"));
    }
    wording::listed(&list)
}

fn missing(results: &Results) -> Option<String> {
    let missing = results.missing().len();
    let all = results.manifest.variants.len() * results.manifest.run.replications as usize;
    (missing > 0)
        .then(|| format!("{missing} of {all} runs have no results; the numbers are from those that have."))
}

fn few(results: &Results) -> Option<String> {
    match results.manifest.run.replications {
        1 => Some("One replication has no interval: nothing here is certain.".into()),
        n if n < FEW => Some(format!("Only {n} replications: intervals are wide and rest on little.")),
        _ => None,
    }
}

/// A warm-up that was looked for and not seen to end.
fn too_short(results: &Results, labels: &[String]) -> Option<String> {
    let found = results.manifest.found_warm_up.as_ref()?;
    let late = found.longest().filter(|cut| cut.is_late)?;
    Some(format!(
        "No state that lasts was seen: {} of {} still changes in the second half of the run. The first half ({}) is not \
         measured, which may not be enough: run longer.",
        late.series,
        results.manifest.label_of(labels, &late.variant),
        found.length
    ))
}

/// A metric that is not known as exactly as was asked for.
fn imprecise(precision: &PrecisionFound, label: impl Fn(&str) -> String) -> Vec<String> {
    let place = |known: &Known| match known.owner.as_str() {
        "" => label(&known.variant),
        owner => format!("{owner} of {}", label(&known.variant)),
    };
    let PrecisionFound { metric, half_width, replications, .. } = precision;
    let unit = sim_core::metrics::find(metric).map_or("", |metric| metric.unit);
    let widest = precision.widest.as_ref().filter(|_| !precision.reached);
    let missed = widest.map(|known| {
        let Estimate { value, half_width: half, .. } = known.estimate;
        let figure = number::estimate(file::metric::unit(unit), value, half);
        format!(
            "{metric} is not known within {half_width} after {replications} replications: it is {figure} for {}.",
            place(known)
        )
    });
    let unknown = precision.unknown.first().map(|known| {
        let why = known.estimate.note.as_deref().unwrap_or("it has no interval");
        let more = match precision.unknown.len() - 1 {
            0 => String::new(),
            more => format!(", and likewise for {more} more"),
        };
        format!("How exactly {metric} is known for {} cannot be said ({why}){more}.", place(known))
    });
    missed.into_iter().chain(unknown).collect()
}

fn unclear(variants: &[VariantAnalysis], points: &[Point], labels: &[String]) -> Vec<String> {
    let options = points.iter().flat_map(|point| &point.options);
    let unclear = options.filter(|index| variants[**index].standing.holds == Some(Holds::Unclear));
    let said = unclear.take(NAMES).filter_map(|index| {
        let worst = variants[*index].standing.worst().filter(|it| it.attainment.n > 1)?;
        Some(format!(
            "Whether {} holds {} is unclear: {} of requests end well in time, {} must.",
            labels[*index],
            worst.objective,
            wording::share(&worst.attainment),
            worst.objective.percentile().replacen('p', "", 1) + " %",
        ))
    });
    said.collect()
}

/// Objectives about a tail that too few requests lie in.
fn thin_tails(variants: &[VariantAnalysis], labels: &[String]) -> Option<String> {
    let is_thin = |variant: &VariantAnalysis| {
        variant.standing.services.iter().any(|it| {
            let quantile = it.quantile.as_ref();
            quantile.is_some_and(|it| it.n > 1 && it.half_width.is_none() && it.value.is_finite())
        })
    };
    let list: Vec<&String> =
        variants.iter().zip(labels).filter(|(of, _)| is_thin(of)).map(|(_, label)| label).collect();
    (!list.is_empty()).then(|| {
        format!(
            "Too few requests lie beyond the percentile of the objective to say how sure it is: {}. Run longer.",
            names(list.into_iter().map(String::as_str))
        )
    })
}

/// Whether any of its capacity is Spot's.
pub(super) fn runs_on_spot(manifest: &VariantManifest) -> bool {
    let fargate = manifest
        .fleet
        .services
        .values()
        .any(|service| matches!(service, ServiceSpec::Fargate(it) if it.purchase == Purchase::Spot));
    let mut groups = manifest.fleet.clusters.values().flat_map(ClusterSpec::groups);
    fargate || groups.any(|(_, group)| group.purchase == Purchase::Spot)
}

/// Whether Spot capacity is taken back, in the scenario.
pub(super) fn is_interrupted(manifest: &VariantManifest) -> bool {
    manifest.fleet.faults.values().any(|fault| matches!(fault, FaultSpec::SpotInterruption(_)))
}

fn spot(results: &Results, labels: &[String]) -> Option<String> {
    let variants = results.manifest.variants.iter().zip(labels);
    let on_spot: Vec<&String> = variants
        .filter(|(manifest, _)| runs_on_spot(manifest) && !is_interrupted(manifest))
        .map(|(_, label)| label)
        .collect();
    (!on_spot.is_empty()).then(|| {
        format!(
            "Spot capacity is never interrupted here, and its discount is an assumption: {} would do worse.",
            names(on_spot.into_iter().map(String::as_str))
        )
    })
}
