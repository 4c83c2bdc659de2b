//! Latency percentiles over time, one strip per variant, one logarithmic axis for all.

use super::over_time::{Strips, drawn_series, omitted, peak};
use super::ranked::{Ranked, strip, values};
use super::table_over_time::{Pick, table};
use super::{Chart, Source, Words, listed, sentence};
use crate::axis::Scale;
use crate::data::{Clock, ReportData, Unit, VariantSeries};
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

fn takeaway(data: &ReportData) -> String {
    let clauses: Vec<String> =
        drawn_series(data).into_iter().take(5).filter_map(|s| clause(data, s)).collect();
    match clauses.as_slice() {
        [] => "No request was served in any window.".into(),
        clauses => sentence(&format!("The worst p99 of any window is {}", listed(clauses))),
    }
}

fn clause(data: &ReportData, series: &VariantSeries) -> Option<String> {
    let (time, worst) = peak(series, &series.latency_p99)?;
    let late = latency_bound(data).map(|(limit, _)| over(series, limit));
    // The bound, not the objective: that may be on another percentile than this one.
    let bound = latency_bound(data).map(|(limit, _)| tick(Unit::Seconds, limit)).unwrap_or_default();
    let late = match late {
        Some(0.0) => format!(", never over {bound}"),
        Some(seconds) => format!(", over {bound} for {}", clock_time(Clock::Elapsed, seconds)),
        None => String::new(),
    };
    let clock = clock_time(data.clock, time);
    Some(format!("{} on {} (at {clock}{late})", duration(worst), series.variant))
}

/// For how long the p99 of windows was above a bound, in seconds.
fn over(series: &VariantSeries, limit: f64) -> f64 {
    let late = series.latency_p99.iter().filter(|value| value.is_some_and(|value| value > limit));
    late.count() as f64 * series.window
}
