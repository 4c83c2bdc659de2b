//! Sweeps: each metric along an axis, and where two options cross.

use scenarios::naming::axis_name;
use scenarios::number;
use scenarios::results::Results;

use crate::data::{COST_PER_MONTH, Crossing, Sweep, SweepLine, SweepPoint, VariantSummary};

/// One sweep for each axis whose values are numbers, with the `tail` of latency beside cost and errors. Along it, all
/// other axes stand at their first value.
pub(super) fn sweeps(results: &Results, variants: &[VariantSummary], tail: &str) -> Vec<Sweep> {
    let metrics = [COST_PER_MONTH, "cost_per_million", tail, "errors_total"];
    let mut paths: Vec<&str> = Vec::new();
    for (path, _) in results.manifest.variants.iter().flat_map(|variant| &variant.axes) {
        if !paths.contains(&path.as_str()) {
            paths.push(path);
        }
    }
    let alone = |path: &str| paths.iter().filter(|other| axis_name(other) == axis_name(path)).count() == 1;
    paths.iter().filter_map(|path| sweep(path, alone(path), variants, metrics)).collect()
}

fn sweep(path: &str, alone: bool, variants: &[VariantSummary], metrics: [&str; 4]) -> Option<Sweep> {
    let mut unit = None;
    let mut groups: Vec<(&str, Vec<(f64, &VariantSummary)>)> = Vec::new();
    for variant in variants.iter().filter(|variant| is_on(path, variant, variants)) {
        let Some((_, value)) = variant.axes.iter().find(|(axis, _)| axis == path) else { continue };
        let (at, of) = number::parsed(value)?;
        unit.get_or_insert(of);
        match groups.iter_mut().find(|(group, _)| *group == variant.colour_group()) {
            Some((_, points)) => points.push((at, variant)),
            None => groups.push((variant.colour_group(), vec![(at, variant)])),
        }
    }
    groups.iter_mut().for_each(|(_, points)| points.sort_by(|a, b| a.0.total_cmp(&b.0)));
    if groups.iter().all(|(_, points)| points.len() < 2) {
        return None;
    }
    let shares_traffic = groups.iter().all(|(_, points)| proportional(points));
    // Where the traffic is the same all along, cost per million is cost per month on another scale.
    let told_twice = |metric: &str| metric == "cost_per_million" && shares_traffic;
    let shown = metrics.iter().filter(|metric| !told_twice(metric)).filter(|metric| {
        groups
            .iter()
            .any(|(_, points)| points.iter().any(|(_, variant)| variant.metrics.contains_key(**metric)))
    });
    let lines: Vec<SweepLine> = shown
        .flat_map(|metric| groups.iter().map(move |(group, points)| line(group, metric, points)))
        .collect();
    let crossings = metrics.iter().take(3).flat_map(|metric| crossings(metric, &lines)).collect();
    Some(Sweep { label: label(path, alone), unit: unit.unwrap_or_default(), lines, crossings })
}

/// Whether cost per month and per million requests are in one ratio at all points.
fn proportional(points: &[(f64, &VariantSummary)]) -> bool {
    let ratios: Vec<f64> = points
        .iter()
        .filter_map(|(_, it)| Some(it.value(COST_PER_MONTH)? / it.value("cost_per_million")?))
        .filter(|ratio| ratio.is_finite())
        .collect();
    ratios.iter().all(|ratio| (ratio / ratios[0] - 1.0).abs() < 0.02)
}

/// Whether a variant lies where every other axis has the first value that its group has there.
fn is_on(path: &str, variant: &VariantSummary, variants: &[VariantSummary]) -> bool {
    let first = variants.iter().find(|other| other.group == variant.group);
    let others = variant.axes.iter().filter(|(axis, _)| axis != path);
    others.clone().all(|axis| first.is_some_and(|first| first.axes.contains(axis)))
}

fn line(group: &str, metric: &str, points: &[(f64, &VariantSummary)]) -> SweepLine {
    let point = |(at, variant): &(f64, &VariantSummary)| {
        let estimate = variant.metrics.get(metric).cloned().unwrap_or_default();
        SweepPoint { at: *at, estimate }
    };
    SweepLine {
        group: group.to_owned(),
        metric: metric.to_owned(),
        points: points.iter().map(point).collect(),
    }
}

/// Where two lines of a metric cross: both are taken as straight on logarithmic axes between the points that they share.
fn crossings(metric: &str, lines: &[SweepLine]) -> Vec<Crossing> {
    let lines: Vec<&SweepLine> = lines.iter().filter(|line| line.metric == metric).collect();
    let mut list = Vec::new();
    for (index, a) in lines.iter().enumerate() {
        for b in &lines[index + 1..] {
            list.extend(between(a, b));
        }
    }
    list
}

/// Places where one of two lines overtakes the other.
fn between(a: &SweepLine, b: &SweepLine) -> Vec<Crossing> {
    let shared: Vec<(f64, f64, f64)> = a
        .points
        .iter()
        .filter_map(|point| {
            let other = b.points.iter().find(|other| other.at == point.at)?;
            let positive = |value: Option<f64>| value.filter(|value| *value > 0.0);
            let (mine, theirs) = (positive(point.estimate.finite())?, positive(other.estimate.finite())?);
            (point.at > 0.0).then_some((point.at, mine, theirs))
        })
        .collect();
    let crossing = |pair: &[(f64, f64, f64)]| {
        let [(x0, a0, b0), (x1, a1, b1)] = *pair else { return None };
        let (before, after) = (libm::log(a0 / b0), libm::log(a1 / b1));
        if before == 0.0 || before.signum() == after.signum() {
            return None;
        }
        let share = before / (before - after);
        let along = |from: f64, to: f64| from * libm::exp(share * libm::log(to / from));
        let (below, above) = if before < 0.0 { (a, b) } else { (b, a) };
        Some(Crossing {
            metric: a.metric.clone(),
            at: along(x0, x1),
            value: along(a0, a1),
            below: below.group.clone(),
            above: above.group.clone(),
        })
    };
    // Two lines that noise does not tell apart cross by chance: on both sides of a crossing they must be apart.
    let apart = |at: f64| {
        let interval = |line: &SweepLine| {
            let point = line.points.iter().find(|point| point.at == at)?;
            // One without an interval may be anywhere.
            point.estimate.finite_half_width().and(point.estimate.interval())
        };
        let ((a_low, a_high), (b_low, b_high)) = interval(a).zip(interval(b))?;
        (a_high < b_low || b_high < a_low).then_some(a_low < b_low)
    };
    let told_apart = |crossing: &Crossing| {
        let a_is_less_below = crossing.below == a.group;
        let (below, above): (Vec<f64>, Vec<f64>) =
            shared.iter().map(|point| point.0).partition(|at| *at < crossing.at);
        below.iter().any(|at| apart(*at) == Some(a_is_less_below))
            && above.iter().any(|at| apart(*at) == Some(!a_is_less_below))
    };
    shared.windows(2).filter_map(crossing).filter(told_apart).collect()
}

/// `services.web.memory` as `memory of web`, or `memory` where nothing else has it; a setting deep inside a policy with
/// the policy's name.
fn label(path: &str, alone: bool) -> String {
    let steps: Vec<String> = path.split('.').map(|step| step.replace('_', " ")).collect();
    let deep = steps.len() > 4 && steps[0] != "sources";
    let name = axis_name(path);
    let last = match steps.last() == Some(&name) && deep {
        true => steps[steps.len() - 2..].join(" "),
        false => name,
    };
    match steps.as_slice() {
        [_, owner, .., _] if !alone => format!("{last} of {owner}"),
        _ => last,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::Estimate;

    #[test]
    fn power_laws_cross_where_they_do() {
        let line = |group: &str, of: fn(f64) -> f64| SweepLine {
            group: group.into(),
            metric: COST_PER_MONTH.into(),
            points: [1.0, 10.0, 100.0, 1000.0]
                .map(|at| SweepPoint { at, estimate: Estimate::new(of(at), 0.01, 3) })
                .to_vec(),
        };
        let lines = [line("flat", |_| 60.0), line("steep", |x| 2.0 * x)];
        let found = crossings(COST_PER_MONTH, &lines);
        assert_eq!(found.len(), 1);
        assert!((found[0].at - 30.0).abs() < 1e-9 && (found[0].value - 60.0).abs() < 1e-9, "{found:?}");
        assert_eq!((found[0].below.as_str(), found[0].above.as_str()), ("steep", "flat"));
        assert_eq!(label("services.web.memory", false), "memory of web");
        assert_eq!(label("services.web.scaling.target-tracking.target", true), "target-tracking target");
        assert_eq!(label("sources.all.arrivals.poisson.rate", true), "rate");
    }
}
