//! Throughput and errors over time: what was asked and what was refused.

use super::over_time::{Line, Strip, Strips, drawn_series, finite, omitted, peak, platform, timed};
use super::table_over_time::{Pick, table};
use super::{Chart, Source, Words, named, sentence};
use crate::axis::Scale;
use crate::canvas::Stroke;
use crate::data::{ReportData, Unit, VariantSeries};
use crate::format::{clock_time, value};
use crate::palette::{ERROR, MUTED};

/// The chart.
pub(super) fn chart(source: &Source<'_>) -> Chart {
    let data = source.data;
    let mut strips = Strips::new(source, Unit::PerSecond);
    strips.low = true;
    let y = scale(data);
    strips.strips = drawn_series(data).into_iter().map(|series| strip(source, series, y)).collect();
    let words = Words {
        name: "throughput-over-time".into(),
        title: "Throughput and errors over time".into(),
        takeaway: takeaway(data),
        description: format!(
            "Requests served per second as the grey area, requests that failed in any way as the line, one strip \
             per variant on one scale.{}",
            omitted(data)
        ),
        table: table(
            data,
            &[
                ("served", Unit::PerSecond, Pick::Mean, |series| &series.throughput),
                ("failed", Unit::PerSecond, Pick::Mean, |series| &series.errors),
            ],
        ),
    };
    Chart::drawn(words, |form| strips.height(form), |page| strips.draw(page))
}

fn scale(data: &ReportData) -> Scale {
    let columns = drawn_series(data).into_iter().flat_map(|series| [&series.throughput, &series.errors]);
    Scale::from_zero(columns.flatten().filter_map(|value| finite(*value)).collect::<Vec<_>>())
}

fn strip(source: &Source<'_>, series: &VariantSeries, y: Scale) -> Strip {
    let look = source.looks.variant(source.data, &series.variant);
    let any_errors = series.errors.iter().any(|value| value.is_some_and(|value| value > 0.0));
    let failed = any_errors.then(|| Line {
        label: "failed".into(),
        // No line where nothing failed: a red base line would look like news.
        points: timed(series, &series.errors)
            .into_iter()
            .map(|(time, rate)| (time, rate.filter(|r| *r > 0.0)))
            .collect(),
        stroke: Stroke::new(ERROR, 1.8),
        ink: ERROR,
        stepped: true,
    });
    let served = Line {
        label: "served".into(),
        points: timed(series, &series.throughput),
        stroke: Stroke::new(MUTED, 1.0),
        ink: MUTED,
        stepped: true,
    };
    let (name, note) = (series.variant.clone(), platform(source.data, &series.variant));
    Strip { name, note, look, lines: failed.into_iter().collect(), area: Some(served), y }
}

fn takeaway(data: &ReportData) -> String {
    let (failing, clean): (Vec<&VariantSeries>, Vec<&VariantSeries>) = drawn_series(data)
        .into_iter()
        .partition(|series| peak(series, &series.errors).is_some_and(|(_, most)| most > 0.0));
    let clause = |series: &&VariantSeries| {
        let (time, most) = peak(series, &series.errors)?;
        let when = clock_time(data.clock, time);
        Some(format!("{} fails up to {} (at {when})", series.variant, value(Unit::PerSecond, most)))
    };
    let mut clauses: Vec<String> = failing.iter().take(4).filter_map(clause).collect();
    let clean: Vec<String> = clean.iter().map(|series| series.variant.clone()).collect();
    if !clean.is_empty() {
        let verb = if clean.len() == 1 { "serves" } else { "serve" };
        clauses.push(format!("{} {verb} every request", named(&clean)));
    }
    if clauses.is_empty() { "No traffic was recorded.".into() } else { sentence(&clauses.join("; ")) }
}
