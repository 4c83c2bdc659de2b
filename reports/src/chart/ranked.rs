//! Strips of a few lines over time that share a scale and are told apart by rank: percentiles, kinds of utilization.

use super::Source;
use super::over_time::{Line, Strip, drawn_series, finite, platform, timed};
use crate::axis::Scale;
use crate::canvas::Stroke;
use crate::data::{Column, ReportData, VariantSeries};
use crate::palette::rank_dash;

/// What a line is called, what it shows and how wide it is; the most important first.
pub(super) type Ranked = (&'static str, fn(&VariantSeries) -> &Column, f64);

/// Every value that the strips will show.
pub(super) fn values<'d>(data: &'d ReportData, lines: &'d [Ranked]) -> impl Iterator<Item = f64> + 'd {
    let columns = drawn_series(data).into_iter().flat_map(|series| lines.iter().map(|line| (line.1)(series)));
    columns.flatten().filter_map(|value| finite(*value))
}

/// One variant's strip. A line without a value is left out, its rank is not given to another.
pub(super) fn strip(source: &Source<'_>, series: &VariantSeries, y: Scale, lines: &[Ranked]) -> Strip {
    let look = source.looks.variant(source.data, &series.variant);
    let present =
        |(_, line): &(usize, &Ranked)| (line.1)(series).iter().any(|value| finite(*value).is_some());
    let line = |(rank, (label, column, width)): (usize, &Ranked)| Line {
        label: (*label).into(),
        points: timed(series, column(series)),
        stroke: Stroke::new(look.ink, *width).dashed(rank_dash(rank)),
        ink: look.label,
        stepped: false,
    };
    Strip {
        name: series.variant.clone(),
        note: platform(source.data, &series.variant),
        look,
        lines: lines.iter().enumerate().filter(present).map(line).collect(),
        area: None,
        y,
    }
}
