//! The table behind a picture over time: at most 24 stretches, the worst or the mean window of each.

use super::Table;
use super::over_time::{drawn_series, finite};
use crate::data::{Column, ReportData, Unit, VariantSeries};
use crate::format::{MISSING, clock_time, value};

/// The rows a table has at most.
const MOST_ROWS: usize = 24;

/// How the windows of a stretch become one number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Pick {
    /// The largest.
    Largest,
    /// The mean.
    Mean,
}

/// A column of the table: its name, its unit, how to sum a stretch up, and where it is.
type Shown<'a> = (&'a str, Unit, Pick, fn(&VariantSeries) -> &Column);

/// One column per variant and `columns`, one row per stretch of time.
pub(super) fn table(data: &ReportData, columns: &[Shown<'_>]) -> Table {
    let series = drawn_series(data);
    let Some(longest) = series.iter().max_by_key(|series| series.start.len()) else {
        return Table::default();
    };
    let stride = longest.start.len().div_ceil(MOST_ROWS).max(1);
    let shown: Vec<_> = series
        .iter()
        .flat_map(|series| columns.iter().map(move |column| (*series, column)))
        .filter(|(series, column)| (column.3)(series).iter().any(|value| finite(*value).is_some()))
        .collect();
    let heads = shown.iter().map(|(series, column)| format!("{}: {}", series.variant, column.0));
    let row = |(index, start): (usize, &f64)| {
        let cells = shown.iter().map(|(series, (_, unit, pick, column))| {
            cell(column(series), index * stride, stride, *unit, *pick)
        });
        std::iter::once(clock_time(data.clock, *start)).chain(cells).collect()
    };
    let rows = longest.start.iter().step_by(stride).enumerate().map(row).collect();
    Table { head: std::iter::once("From".to_owned()).chain(heads).collect(), rows }
}

fn cell(column: &Column, from: usize, count: usize, unit: Unit, pick: Pick) -> String {
    let stretch = column.iter().skip(from).take(count).filter_map(|value| finite(*value));
    let number = match pick {
        Pick::Largest => stretch.reduce(f64::max),
        Pick::Mean => {
            let known: Vec<f64> = stretch.collect();
            (!known.is_empty()).then(|| known.iter().sum::<f64>() / known.len() as f64)
        }
    };
    number.map_or_else(|| MISSING.into(), |number| value(unit, number))
}
