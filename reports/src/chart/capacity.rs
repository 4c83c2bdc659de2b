//! Capacity against demand over time: what there was, what was wanted, and what the traffic asked for.
//!
//! The vertical axis counts things, and differs from strip to strip: forty tasks and eighty environments are not
//! the same amount of anything. Within a strip, shape and delay against the demand behind it are what to read.

use super::over_time::{Line, Strip, Strips, drawn_series, finite, omitted, peak, platform, timed};
use super::table_over_time::{Pick, table};
use super::{Chart, Source, Words, sentence};
use crate::axis::Scale;
use crate::canvas::Stroke;
use crate::data::{Column, ReportData, Unit, VariantSeries};
use crate::format::{clock_time, count};
use crate::palette::{DEMAND, MUTED};

type Counted = (&'static str, fn(&VariantSeries) -> &Column, f64, &'static [f64]);

/// What is counted, with the width and the dash of its line. Running replicas are left to the table: between wanted
/// and ready they would be a third line almost on the other two.
const COUNTED: [Counted; 5] = [
    ("ready", |series| &series.ready, 1.9, &[]),
    ("desired", |series| &series.desired, 1.2, &[4.0, 3.0]),
    ("instances", |series| &series.instances, 1.9, &[1.5, 2.5]),
    ("environments", |series| &series.environments, 1.9, &[]),
    ("serving", |series| &series.concurrency, 1.2, &[4.0, 3.0]),
];

/// The chart.
pub(super) fn chart(source: &Source<'_>) -> Chart {
    let data = source.data;
    let mut strips = Strips::new(source, Unit::Count);
    strips.strips = drawn_series(data).into_iter().map(|series| strip(source, series)).collect();
    let words = Words {
        name: "capacity-over-time".into(),
        title: "Capacity against demand over time".into(),
        takeaway: takeaway(data),
        description: format!(
            "Replicas, instances and execution environments as lines, demand as the grey area behind them; each \
             strip has its own vertical scale.{}",
            omitted(data)
        ),
        table: table(
            data,
            &[
                ("demand", Unit::Count, Pick::Largest, |series| &series.demand),
                ("desired", Unit::Count, Pick::Largest, |series| &series.desired),
                ("running", Unit::Count, Pick::Largest, |series| &series.running),
                ("ready", Unit::Count, Pick::Mean, |series| &series.ready),
                ("instances", Unit::Count, Pick::Mean, |series| &series.instances),
                ("environments", Unit::Count, Pick::Mean, |series| &series.environments),
            ],
        ),
    };
    Chart::drawn(words, |form| strips.height(form), |page| strips.draw(page))
}

fn strip(source: &Source<'_>, series: &VariantSeries) -> Strip {
    let look = source.looks.variant(source.data, &series.variant);
    let present = |counted: &&Counted| (counted.1)(series).iter().any(|value| finite(*value).is_some());
    let lines: Vec<Line> = COUNTED
        .iter()
        .filter(present)
        .map(|(label, column, width, dash)| Line {
            label: (*label).into(),
            points: timed(series, column(series)),
            stroke: Stroke::new(look.ink, *width).dashed(dash),
            ink: look.label,
            stepped: true,
        })
        .collect();
    let demand = series.demand.iter().any(|value| finite(*value).is_some()).then(|| Line {
        label: if series.demand_unit.is_empty() { "demand".into() } else { series.demand_unit.clone() },
        points: timed(series, &series.demand),
        stroke: Stroke::new(DEMAND, 1.0),
        ink: MUTED,
        stepped: false,
    });
    let values = lines.iter().chain(&demand).flat_map(|line| line.points.iter().filter_map(|p| finite(p.1)));
    let y = Scale::from_zero(values.collect::<Vec<_>>());
    let (name, note) = (series.variant.clone(), platform(source.data, &series.variant));
    Strip { name, note, look, lines, area: demand, y }
}

fn takeaway(data: &ReportData) -> String {
    let clauses: Vec<String> =
        drawn_series(data).into_iter().take(4).filter_map(|s| clause(data, s)).collect();
    if clauses.is_empty() { "No capacity was recorded.".into() } else { sentence(&clauses.join("; ")) }
}

/// When demand peaked and when capacity did, per variant.
fn clause(data: &ReportData, series: &VariantSeries) -> Option<String> {
    let counted = COUNTED.iter().find(|counted| peak(series, (counted.1)(series)).is_some())?;
    let (time, most) = peak(series, (counted.1)(series))?;
    let what = if counted.0 == "ready" { "ready replicas" } else { counted.0 };
    // Means over replications have fractions that nobody can use.
    let count = |number: f64| count(if number >= 10.0 { number.round() } else { number });
    let instances = peak(series, &series.instances).filter(|_| counted.0 != "instances");
    let on = instances.map(|(_, most)| format!(" on up to {} instances", count(most))).unwrap_or_default();
    let capacity = format!("{} {what}{on} at {}", count(most), clock_time(data.clock, time));
    let asked = peak(series, &series.demand).map(|(when, demand)| {
        format!(
            "demand peaks at {} {} at {}, ",
            count(demand),
            series.demand_unit,
            clock_time(data.clock, when)
        )
    });
    Some(format!("{}: {}capacity at {capacity}", series.variant, asked.unwrap_or_default()))
}
