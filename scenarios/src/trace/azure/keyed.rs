//! The files of durations and of memory: a few numbers a row, kept by function or application.

use std::path::Path;

use indexmap::IndexMap;
use sim_core::engine::Span;
use sim_core::traffic::FeedError;

use super::{APP, AzureDurations, AzureMemory, FUNCTION, OWNER};
use crate::trace::cell;
use crate::trace::errors::Bounded;
use crate::trace::table::{Column, Row, Table};

/// What a file says, by function or application.
#[derive(Debug)]
pub(in crate::trace) struct Keyed<T> {
    rows: IndexMap<String, T>,
    /// Whether functions are named together with their applications, within which their ids are unique.
    within_app: bool,
}

impl<T> Default for Keyed<T> {
    fn default() -> Self {
        Keyed { rows: IndexMap::new(), within_app: false }
    }
}

impl<T: Clone> Keyed<T> {
    /// What is said of the function `id` of an application, where that is known.
    pub(super) fn get(&self, app: Option<&str>, id: &str) -> Option<&T> {
        match app.filter(|_| self.within_app) {
            Some(app) => self.rows.get(&within(app, id)),
            None => self.rows.get(id),
        }
    }

    /// What is said of an application as a whole.
    pub(super) fn of_app(&self, app: &str) -> Option<&T> {
        self.rows.get(app).filter(|_| !self.within_app)
    }

    fn insert(&mut self, app: Option<&str>, id: &str, value: T) {
        if let Some(app) = app {
            self.rows.insert(within(app, id), value.clone());
        }
        self.rows.entry(id.to_owned()).or_insert(value);
    }
}

fn within(app: &str, id: &str) -> String {
    format!("{app}\n{id}")
}

/// The file of durations.
pub(super) fn read_durations(path: &Path, errors: &mut Bounded) -> Keyed<AzureDurations> {
    let layout = Layout {
        keys: &[FUNCTION],
        numbers: &["Average", "Count"],
        percentiles: "percentile_Average_",
        most: LONGEST_MS,
        unit: "ms (a week)",
    };
    let span = |ms: f64| Span::from_seconds(ms / 1000.0);
    layout.read(path, errors, |numbers, percentiles| AzureDurations {
        average: span(numbers[0]),
        measured: numbers[1] as u64,
        percentiles: percentiles.into_iter().map(|(percentile, ms)| (percentile, span(ms))).collect(),
    })
}

/// The file of memory.
pub(super) fn read_memory(path: &Path, errors: &mut Bounded) -> Keyed<AzureMemory> {
    let layout = Layout {
        keys: &[FUNCTION, APP],
        numbers: &["AverageAllocatedMb"],
        percentiles: "AverageAllocatedMb_pct",
        most: LARGEST_MB,
        unit: "MB, which is what a Lambda function can have",
    };
    layout.read(path, errors, |numbers, percentiles| AzureMemory { average_mb: numbers[0], percentiles })
}

/// A longer duration is a wrong unit: the data set's are milliseconds.
const LONGEST_MS: f64 = 7.0 * 86_400e3;

/// The most memory that a Lambda function can have (Lambda Developer Guide).
const LARGEST_MB: f64 = 10_240.0;

/// By how much a percentile may lie below the one before it: what is rounded to whole numbers is off by that much.
const ROUNDING: f64 = 1.0;

/// What is where in a file.
struct Layout {
    /// The columns that a row may be found by; the first that there is.
    keys: &'static [&'static str],
    /// Columns of numbers, the average first.
    numbers: &'static [&'static str],
    /// What the names of the columns of percentiles begin with; the percentile follows.
    percentiles: &'static str,
    /// The most that the average and a percentile may be, and of what.
    most: f64,
    unit: &'static str,
}

/// A file that is open, and where its columns are.
struct Open {
    table: Table,
    key: usize,
    app: Option<usize>,
    /// The columns that together name a row.
    ids: Vec<usize>,
    numbers: Vec<Column>,
    percentiles: Vec<(u32, Column)>,
}

impl Layout {
    fn read<T: Clone>(
        &self,
        path: &Path,
        errors: &mut Bounded,
        build: impl Fn(Vec<f64>, Vec<(u32, f64)>) -> T,
    ) -> Keyed<T> {
        let mut open = match self.open(path) {
            Ok(open) => open,
            Err(error) => {
                errors.push(error);
                return Keyed::default();
            }
        };
        let mut found = Keyed { within_app: open.app.is_some(), ..Keyed::default() };
        let mut seen = IndexMap::new();
        loop {
            match open.next(&mut seen, self) {
                Ok(None) => return found,
                Ok(Some(OfRow { app, id, numbers, percentiles })) => {
                    found.insert(app.as_deref(), &id, build(numbers, percentiles));
                }
                Err(error) => errors.push(error),
            }
        }
    }

    fn open(&self, path: &Path) -> Result<Open, FeedError> {
        let table = Table::open(path)?;
        let key = self.keys.iter().find(|key| table.find(key).is_some()).unwrap_or(&self.keys[0]);
        let app = table.find(APP).filter(|_| *key == FUNCTION);
        let key = table.column(key)?.index;
        let ids = [table.find(OWNER), app, Some(key)].into_iter().flatten().collect();
        let numbers: Result<Vec<Column>, _> = self.numbers.iter().map(|name| table.column(name)).collect();
        let percentiles = percentile_columns(&table, self.percentiles)?;
        Ok(Open { key, app, ids, numbers: numbers?, percentiles, table })
    }

    /// A number of which too much is a slip.
    fn bounded(&self, text: &str) -> Result<f64, String> {
        let number = cell::number(text)?;
        match number <= self.most {
            true => Ok(number),
            false => Err(format!("`{text}` is more than {} {}", self.most, self.unit)),
        }
    }
}

fn percentile_columns(table: &Table, prefix: &str) -> Result<Vec<(u32, Column)>, FeedError> {
    let parse = |name: &str| Some((name.strip_prefix(prefix)?.parse().ok()?, table.column(name)));
    let columns = table.columns().filter_map(parse);
    let columns: Result<Vec<_>, _> = columns.map(|(percentile, column)| Ok((percentile, column?))).collect();
    let mut columns = columns?;
    columns.sort_by_key(|(percentile, _)| *percentile);
    Ok(columns)
}

/// What a row says.
struct OfRow {
    app: Option<String>,
    id: String,
    numbers: Vec<f64>,
    percentiles: Vec<(u32, f64)>,
}

impl Open {
    /// The next row; `seen` are the rows before it, and their lines.
    fn next(
        &mut self,
        seen: &mut IndexMap<String, u64>,
        layout: &Layout,
    ) -> Result<Option<OfRow>, FeedError> {
        let Some(row) = self.table.next()? else { return Ok(None) };
        let text = |index: &usize| row.text(*index).to_owned();
        let name = self.ids.iter().map(text).collect::<Vec<_>>().join("\n");
        if let Some(line) = seen.insert(name, row.line()) {
            return Err(row.error(format!("`{}` is there twice, first on line {line}", text(&self.key))));
        }
        let number = |(place, column): (usize, &Column)| match place {
            0 => row.read(column, |text| layout.bounded(text)),
            _ => row.read(column, cell::number),
        };
        let numbers: Result<_, FeedError> = self.numbers.iter().enumerate().map(number).collect();
        let percentiles = rising(row, &self.percentiles, layout)?;
        Ok(Some(OfRow {
            app: self.app.as_ref().map(text),
            id: text(&self.key),
            numbers: numbers?,
            percentiles,
        }))
    }
}

/// The percentiles of a row, which do not fall.
fn rising(row: Row<'_>, columns: &[(u32, Column)], layout: &Layout) -> Result<Vec<(u32, f64)>, FeedError> {
    let mut found: Vec<(u32, f64)> = Vec::with_capacity(columns.len());
    for (percentile, column) in columns {
        let value = row.read(column, |text| layout.bounded(text))?;
        if let Some((lower, most)) = found.last().filter(|(_, last)| value < last - ROUNDING) {
            let message = format!("`{value}` is below the percentile {lower} before it, `{most}`");
            return Err(row.error(message).column(&column.name));
        }
        found.push((*percentile, value));
    }
    Ok(found)
}
