//! How numbers came about where that was found and not given.

use scenarios::file::metric::unit;
use scenarios::number;
use scenarios::results::{Analysis, Results};
use sim_core::metrics::Confidence;

/// The warm-up that was found, and how many replications a metric took to be known exactly enough.
pub(super) fn measured(results: &Results, analysis: &Analysis, labels: &[String]) -> Vec<String> {
    let label = |name: &str| results.manifest.label_of(labels, name);
    [warm_up(results, label), precision(analysis, label)].into_iter().flatten().collect()
}

fn warm_up(results: &Results, label: impl Fn(&str) -> String) -> Option<String> {
    let found = results.manifest.found_warm_up.as_ref()?;
    let settled = match found.longest() {
        // What stands among the cautions.
        Some(cut) if cut.is_late => String::new(),
        Some(cut) if !cut.length.is_zero() => {
            format!(": {} of {} settles last", cut.series, label(&cut.variant))
        }
        _ => ": every series is settled from the start".into(),
    };
    let (length, replications) = (found.length, found.replications);
    Some(format!(
        "Warm-up of {length}, found by MSER-5 on the averages of {replications} replications{settled}. It is cut from \
         every variant."
    ))
}

fn precision(analysis: &Analysis, label: impl Fn(&str) -> String) -> Option<String> {
    let found = analysis.precision.as_ref()?;
    let (metric, replications) = (&found.metric, found.replications);
    let Some(widest) = &found.widest else {
        return Some(format!(
            "{replications} replications: {metric} has no interval that could be narrowed."
        ));
    };
    let of = sim_core::metrics::find(metric).map_or("", |metric| metric.unit);
    let figure = number::estimate(unit(of), widest.estimate.value, widest.estimate.half_width);
    let place = match widest.owner.as_str() {
        "" => label(&widest.variant),
        owner => format!("{owner} of {}", label(&widest.variant)),
    };
    let verb = if found.reached { "until" } else { "which was the most allowed, and not" };
    Some(format!(
        "{replications} replications of each variant, {verb} enough to know {metric} within {} everywhere: least \
         exactly it is {figure} for {place}.",
        found.half_width
    ))
}

/// How sure the intervals of differences are, all together.
pub(super) fn simultaneous(analysis: &Analysis) -> String {
    let most = analysis.pairs.iter().map(|pair| pair.family).max().unwrap_or(0);
    let level = number::percent(Confidence::USUAL.shared_by(most).level());
    match most {
        0 | 1 => String::new(),
        _ => format!(
            "The intervals of a column hold at once with 95 %, whichever option truly is the cheapest: with {most} \
             differences each is one of {level} (multiple comparisons with the best, Bonferroni)."
        ),
    }
}
