//! What the picture of the decision says, in a sentence.

use std::cmp::Ordering;

use indexmap::IndexMap;

use super::super::{listed, named, sentence};
use super::lane::{all_fail, without_latency};
use super::rivals::Stand;
use super::{Point, no_points, short_name};
use crate::data::{COST_PER_MONTH, Meets, ReportData, Unit};
use crate::format::tick;

pub(super) fn takeaway(data: &ReportData, points: &[Point<'_>]) -> String {
    if points.is_empty() {
        let nothing = || "There is no variant to compare.".to_owned();
        return if data.variants.is_empty() { nothing() } else { no_points(data) };
    }
    if data.workloads().len() > 1 {
        return along_workloads(data);
    }
    let (beaten, unbeaten): (Vec<&Point<'_>>, Vec<&Point<'_>>) =
        points.iter().partition(|p| p.beaten_by.is_some());
    let main = match unbeaten.as_slice() {
        [only] if points.len() == 1 => format!("{} is the only option with both numbers", only.variant.name),
        [only] => winner(data, only, &beaten),
        several => trade(data, several),
    };
    let behind = if unbeaten.len() > 1 { behind(data, &beaten) } else { String::new() };
    let failing = without(data);
    sentence(&format!("{main}{}{behind}{failing}", missing_objective(points, &unbeaten)))
}

/// One option beats all others: on both, or on one, and noise does not tell them apart on the other.
fn winner(data: &ReportData, only: &Point<'_>, beaten: &[&Point<'_>]) -> String {
    let name = &only.variant.name;
    let stands: Vec<(String, Stand)> = beaten
        .iter()
        .map(|point| (point.variant.name.clone(), Stand::of(data, point.variant, only.variant)))
        .collect();
    let alike = |of: fn(&Stand) -> Ordering| -> Vec<String> {
        let same = stands.iter().filter(|(_, stand)| of(stand) == Ordering::Equal);
        same.map(|(name, _)| name.clone()).collect()
    };
    let (as_fast, as_cheap) = (alike(|stand| stand.latency), alike(|stand| stand.cost));
    let is = |names: &[String]| if names.len() == 1 { "is" } else { "are" };
    match (as_fast.as_slice(), as_cheap.as_slice()) {
        ([], []) => format!("{name} is the fastest and the cheapest: it beats every other option on both"),
        (fast, []) => format!(
            "{name} is the cheapest, and no option is clearly faster: {} {} about as fast",
            named(fast),
            is(fast)
        ),
        ([], cheap) => format!(
            "{name} is the fastest, and no option is clearly cheaper: {} {} about as cheap",
            named(cheap),
            is(cheap)
        ),
        (fast, cheap) => format!(
            "No option is clearly faster or cheaper than {name}: {} {} about as fast, {} about as cheap",
            named(fast),
            is(fast),
            named(cheap)
        ),
    }
}

/// Several that no other beats.
fn trade(data: &ReportData, several: &[&Point<'_>]) -> String {
    let names: Vec<String> = several.iter().map(|point| point.variant.name.clone()).collect();
    let alike = |a: &Point<'_>, b: &Point<'_>| Stand::of(data, a.variant, b.variant).is_alike();
    match several.iter().all(|a| several.iter().all(|b| alike(a, b))) {
        true => format!("Noise does not tell {} apart, neither in cost nor in latency", named(&names)),
        false => format!("No option wins on both: {} trade cost for latency", named(&names)),
    }
}

/// The options that others beat, where several are not beaten.
fn behind(data: &ReportData, beaten: &[&Point<'_>]) -> String {
    let stand = |point: &Point<'_>| {
        let better = data.variant(point.beaten_by?)?;
        Some((better, Stand::of(data, point.variant, better)))
    };
    let on_both = |point: &&&Point<'_>| stand(point).is_some_and(|(_, stand)| stand.is_worse_on_both());
    match beaten {
        [] => String::new(),
        [point] => {
            let Some((better, stand)) = stand(point) else { return String::new() };
            let what = match (stand.latency, stand.cost) {
                (Ordering::Greater, Ordering::Greater) => "both slower and dearer than",
                (Ordering::Greater, _) => "slower and no cheaper than",
                _ => "dearer and no faster than",
            };
            format!("; {} is {what} {}", point.variant.name, better.name)
        }
        several if several.iter().filter(on_both).count() == several.len() => {
            format!("; the other {} are beaten on both", several.len())
        }
        several => format!("; the other {} are worse on one and no better on the other", several.len()),
    }
}

/// How many options have no such latency, and why, as a clause.
fn without(data: &ReportData) -> String {
    let (failing, tail) = (without_latency(data), data.tail());
    let (of, verb) = if failing.len() == 1 { ("its", "has") } else { ("their", "have") };
    let why = match all_fail(data, &failing) {
        true => format!(", as over {} of {of} requests fail", tick(Unit::Share, tail.share)),
        false => String::new(),
    };
    let many = if failing.len() == 1 { "one".to_owned() } else { failing.len().to_string() };
    match failing.len() {
        0 => String::new(),
        _ => format!("; {many} more {verb} no {}{why}", short_name(data, &tail)),
    }
}

/// Which group is cheapest under how many of several workloads.
fn along_workloads(data: &ReportData) -> String {
    let mut wins: IndexMap<&str, usize> = IndexMap::new();
    let under = |workload: &&str| data.variants.iter().filter(|it| it.workload == *workload).count();
    let workloads: Vec<&str> = data.workloads().into_iter().filter(|it| under(it) > 1).collect();
    if workloads.is_empty() {
        return "Every option met another workload: none can be compared with another.".into();
    }
    for workload in &workloads {
        let under = data.variants.iter().filter(|it| it.workload == *workload && it.meets != Meets::No);
        let priced = under.filter_map(|it| Some((it.value(COST_PER_MONTH)?, it)));
        if let Some((_, best)) = priced.min_by(|a, b| a.0.total_cmp(&b.0)) {
            *wins.entry(best.colour_group()).or_default() += 1;
        }
    }
    let of = workloads.len();
    let clauses: Vec<String> = wins.iter().map(|(group, count)| format!("{group} under {count}")).collect();
    let objective = if data.has_objective() { " that do not miss the objective" } else { "" };
    if clauses.is_empty() {
        return "No option holds the objective under any workload.".into();
    }
    sentence(&format!("Of {of} workloads, the cheapest of the options{objective} is {}", listed(&clauses)))
}

/// Which of the unbeaten options miss the objective, as a clause.
fn missing_objective(points: &[Point<'_>], unbeaten: &[&Point<'_>]) -> String {
    if points.iter().all(|point| point.variant.meets == Meets::No) {
        return if points.len() == 1 {
            ", and misses the objective".into()
        } else {
            ", and none holds the objective".into()
        };
    }
    let missing = unbeaten.iter().filter(|point| point.variant.meets == Meets::No);
    let missing: Vec<String> = missing.map(|point| point.variant.name.clone()).collect();
    let verb = if missing.len() == 1 { "misses" } else { "miss" };
    if missing.is_empty() { String::new() } else { format!(", but {} {verb} the objective", named(&missing)) }
}
