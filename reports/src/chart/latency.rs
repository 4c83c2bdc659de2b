//! Latency percentiles over time, one strip per variant, one logarithmic axis for all.

use super::over_time::{Strips, drawn_series, measured, omitted, peak};
use super::ranked::{Ranked, strip, values};
use super::table_over_time::{Pick, table};
use super::{Chart, Source, Words, listed, sentence};
use crate::axis::Scale;
use crate::data::{Clock, Column, ReportData, Unit, VariantSeries};
use crate::format::{clock_time, duration, tick};

/// Slowest first, with the width of its line: the tail is what an objective is about.
const PERCENTILES: [Ranked; 3] = [
    ("p99", |series| &series.latency_p99, 1.8),
    ("p95", |series| &series.latency_p95, 1.3),
    ("p50", |series| &series.latency_p50, 1.3),
];

/// The chart.
pub(super) fn chart(source: &Source<'_>) -> Chart {
    let data = source.data;
    let mut strips = Strips::new(source, Unit::Seconds);
    strips.bound = latency_bound(data).map(|(limit, text)| (limit, format!("objective {text}")));
    let y = scale(data, strips.bound.as_ref().map(|bound| bound.0));
    strips.strips =
        drawn_series(data).into_iter().map(|series| strip(source, series, y, &PERCENTILES)).collect();
    // Percentiles of several services do not add up; each window shows the one that served most.
    let several = data.metrics.iter().any(|metric| metric.headline && !metric.subject.is_empty());
    let words = Words {
        name: "latency-over-time".into(),
        title: format!("Latency over time{}", if several { " of the busiest service" } else { "" }),
        takeaway: takeaway(data),
        description: format!(
            "Median, 95th and 99th percentile of the requests born in each window, one strip per variant on one \
             logarithmic axis.{}",
            omitted(data)
        ),
        table: table(data, &[("largest p99", Unit::Seconds, Pick::Largest, |series| &series.latency_p99)]),
    };
    Chart::drawn(words, |form| strips.height(form), |page| strips.draw(page))
}

/// The objective's bound where it is one on latency.
pub(super) fn latency_bound(data: &ReportData) -> Option<(f64, String)> {
    let objective = data.objective.as_ref()?;
    let timed =
        objective.metric.starts_with("latency") && objective.limit.is_finite() && objective.limit > 0.0;
    timed.then(|| (objective.limit, objective.text.clone()))
}

fn scale(data: &ReportData, bound: Option<f64>) -> Scale {
    Scale::logarithmic(values(data, &PERCENTILES).chain(bound))
}

/// The percentile over time that the objective bounds; the 99th where it bounds none of those drawn.
fn followed(data: &ReportData) -> (Ranked, bool) {
    let bounded = data.objective.as_ref().and_then(|objective| objective.metric.strip_prefix("latency_"));
    let drawn = PERCENTILES.iter().find(|percentile| Some(percentile.0) == bounded);
    (*drawn.unwrap_or(&PERCENTILES[0]), drawn.is_some())
}

fn takeaway(data: &ReportData) -> String {
    let clauses: Vec<String> =
        drawn_series(data).into_iter().take(5).filter_map(|s| clause(data, s)).collect();
    match clauses.as_slice() {
        [] => "No request was served in any window.".into(),
        clauses => {
            let percentile = followed(data).0.0;
            let window = if data.warm_up > 0.0 { "measured window" } else { "window" };
            sentence(&format!("The worst {percentile} of any {window} is {}", listed(clauses)))
        }
    }
}

fn clause(data: &ReportData, series: &VariantSeries) -> Option<String> {
    let ((_, column, _), is_bounded) = followed(data);
    let column = measured(data, series, column(series));
    let (time, worst) = peak(series, &column)?;
    // A bound on another percentile says nothing about this one.
    let bound = latency_bound(data).filter(|_| is_bounded).map(|(limit, _)| limit);
    let limit = || bound.map(|limit| tick(Unit::Seconds, limit)).unwrap_or_default();
    let late = match bound.map(|bound| over(series, &column, bound)) {
        Some(0.0) => format!(", never over {}", limit()),
        Some(seconds) => format!(", over {} for {}", limit(), clock_time(Clock::Elapsed, seconds)),
        None => String::new(),
    };
    let clock = clock_time(data.clock, time);
    Some(format!("{} on {} (at {clock}{late})", duration(worst), series.variant))
}

/// For how long a percentile of windows was above a bound, in seconds.
fn over(series: &VariantSeries, column: &Column, limit: f64) -> f64 {
    column.iter().filter(|value| value.is_some_and(|value| value > limit)).count() as f64 * series.window
}
