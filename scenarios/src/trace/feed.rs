//! Rows of requests or of counts, read from a file one by one.

use std::path::Path;

use sim_core::engine::Span;
use sim_core::quantity::{Bytes, Quantity};
use sim_core::traffic::{
    CountsSpec, FeedError, QuantityColumn, RequestsSpec, RowsSpec, TimestampFormat, TraceFeed, TraceOrigin,
    TraceRow, WorkGiven,
};

use super::cell;
use super::table::{Column, Row, Table};

/// A file being read.
#[derive(Debug)]
pub(super) struct CsvFeed {
    table: Table,
    layout: Layout,
}

#[derive(Debug)]
enum Layout {
    Requests(Requests),
    Counts(Counts),
}

/// One request a row.
#[derive(Debug)]
struct Requests {
    timestamp: Column,
    format: TimestampFormat,
    origin: TraceOrigin,
    cpu: Option<(Column, Span)>,
    wait: Option<(Column, Span)>,
    request_bytes: Option<(Column, Bytes)>,
    response_bytes: Option<(Column, Bytes)>,
    /// The first row's timestamp and the last row's, in nanoseconds.
    first: Option<i128>,
    last: i128,
}

/// One interval a row.
#[derive(Debug)]
struct Counts {
    interval: Span,
    requests: Column,
    index: Option<Column>,
    /// The first row's number and the number that the next row has at least.
    first: Option<u64>,
    next: u64,
}

impl CsvFeed {
    /// Opens a file of requests or counts.
    pub(super) fn open(path: &Path, rows: &RowsSpec) -> Result<Self, FeedError> {
        CsvFeed::open_all(path, rows).map_err(|mut errors| errors.swap_remove(0))
    }

    /// The same, with every missing column reported.
    pub(super) fn open_all(path: &Path, rows: &RowsSpec) -> Result<Self, Vec<FeedError>> {
        let table = Table::open(path).map_err(|error| vec![error])?;
        let layout = match rows {
            RowsSpec::Requests(spec) => Layout::Requests(Requests::new(spec, &table)?),
            RowsSpec::Counts(spec) => Layout::Counts(Counts::new(spec, &table)?),
            RowsSpec::AzureFunctions2019 { .. } => {
                return Err(vec![table.error("a function's row is read whole, not as a feed of rows")]);
            }
        };
        Ok(CsvFeed { table, layout })
    }

    /// The next row, or everything that is wrong with it.
    pub(super) fn next_all(&mut self) -> Result<Option<TraceRow>, Vec<FeedError>> {
        let Some(row) = self.table.next().map_err(|error| vec![error])? else { return Ok(None) };
        match &mut self.layout {
            Layout::Requests(requests) => requests.read(row).map(Some),
            Layout::Counts(counts) => counts.read(row).map(Some),
        }
    }
}

impl TraceFeed for CsvFeed {
    fn next(&mut self) -> Result<Option<TraceRow>, FeedError> {
        self.next_all().map_err(|mut errors| errors.swap_remove(0))
    }

    fn rewind(&mut self) -> Result<(), FeedError> {
        match &mut self.layout {
            Layout::Requests(requests) => (requests.first, requests.last) = (None, 0),
            Layout::Counts(counts) => (counts.first, counts.next) = (None, 0),
        }
        self.table.rewind()
    }
}

/// Collects the errors of several results.
struct Errors(Vec<FeedError>);

impl Errors {
    fn keep<T>(&mut self, result: Result<T, FeedError>) -> Option<T> {
        result.map_err(|error| self.0.push(error)).ok()
    }
}

impl Requests {
    fn new(spec: &RequestsSpec, table: &Table) -> Result<Self, Vec<FeedError>> {
        let mut errors = Errors(Vec::new());
        let timestamp = errors.keep(table.column(&spec.timestamp));
        let cpu = quantity_column(spec.cpu.as_ref(), table, &mut errors);
        let wait = quantity_column(spec.wait.as_ref(), table, &mut errors);
        let request_bytes = quantity_column(spec.request_bytes.as_ref(), table, &mut errors);
        let response_bytes = quantity_column(spec.response_bytes.as_ref(), table, &mut errors);
        match timestamp {
            Some(timestamp) if errors.0.is_empty() => Ok(Requests {
                timestamp,
                format: spec.format,
                origin: spec.origin,
                cpu,
                wait,
                request_bytes,
                response_bytes,
                first: None,
                last: 0,
            }),
            _ => Err(errors.0),
        }
    }

    fn read(&mut self, row: Row<'_>) -> Result<TraceRow, Vec<FeedError>> {
        let mut errors = Errors(Vec::new());
        let at = errors.keep(self.instant(row));
        let work = WorkGiven::new(
            quantity(self.cpu.as_ref(), row, &mut errors),
            quantity(self.wait.as_ref(), row, &mut errors),
            quantity(self.request_bytes.as_ref(), row, &mut errors),
            quantity(self.response_bytes.as_ref(), row, &mut errors),
        );
        match at {
            Some(at) if errors.0.is_empty() => Ok(TraceRow::Request { at, work }),
            _ => Err(errors.0),
        }
    }

    fn instant(&mut self, row: Row<'_>) -> Result<Span, FeedError> {
        let stamp = row.read(&self.timestamp, |text| cell::timestamp(text, self.format))?;
        let first = *self.first.get_or_insert(match self.origin {
            TraceOrigin::FirstRow => stamp,
            TraceOrigin::Zero => 0,
        });
        let refuse = |message: &str| {
            let text = row.text(self.timestamp.index);
            Err(row.error(format!("`{text}` {message}")).column(&self.timestamp.name))
        };
        if stamp < first.max(self.last) {
            return refuse("is earlier than the row above");
        }
        let Some(nanos) = u64::try_from(stamp - first).ok().filter(|nanos| *nanos < LONGEST.nanos()) else {
            return refuse("lies more than a hundred years after the start");
        };
        self.last = stamp;
        Ok(Span::from_nanos(nanos))
    }
}

/// A longer trace is a wrong unit, or a Unix time counted from zero.
const LONGEST: Span = Span::from_secs(100 * 366 * 86_400);

type GivenColumn<Q> = Option<(Column, Q)>;

fn quantity_column<Q: Copy>(
    spec: Option<&QuantityColumn<Q>>,
    table: &Table,
    errors: &mut Errors,
) -> GivenColumn<Q> {
    let spec = spec?;
    Some((errors.keep(table.column(&spec.column))?, spec.each))
}

fn quantity<Q: Quantity>(column: Option<&(Column, Q)>, row: Row<'_>, errors: &mut Errors) -> Option<Q> {
    let (column, each) = column?;
    let given = row.read(column, |text| {
        let given = Q::from_number(cell::number(text)? * each.number());
        match given.is_too_much_to_draw() {
            true => Err(format!("`{text}` times {each} is absurdly much: at most {}", Q::MOST_DRAWN)),
            false => Ok(given),
        }
    });
    errors.keep(given)
}

impl Counts {
    fn new(spec: &CountsSpec, table: &Table) -> Result<Self, Vec<FeedError>> {
        let mut errors = Errors(Vec::new());
        let requests = errors.keep(table.column(&spec.column));
        let index = spec.index.as_ref().and_then(|index| errors.keep(table.column(index)));
        match requests {
            Some(requests) if errors.0.is_empty() => {
                Ok(Counts { interval: spec.interval, requests, index, first: None, next: 0 })
            }
            _ => Err(errors.0),
        }
    }

    fn read(&mut self, row: Row<'_>) -> Result<TraceRow, Vec<FeedError>> {
        let mut errors = Errors(Vec::new());
        let index = errors.keep(self.interval_number(row));
        let requests = errors.keep(row.read(&self.requests, cell::count));
        match (index, requests) {
            (Some(index), Some(requests)) if errors.0.is_empty() => {
                Ok(TraceRow::Count { start: self.interval * index, length: self.interval, requests })
            }
            _ => Err(errors.0),
        }
    }

    /// The number of this row's interval, counted from the first row's.
    fn interval_number(&mut self, row: Row<'_>) -> Result<u64, FeedError> {
        let number = match &self.index {
            None => {
                row.follows_at_once()?;
                self.next
            }
            Some(column) => row.read(column, |text| match cell::count(text)? {
                number if self.first.is_some() && number < self.next => {
                    Err(format!("`{text}` does not follow the row above"))
                }
                number => Ok(number),
            })?,
        };
        let first = *self.first.get_or_insert(number);
        self.next = number + 1;
        if (number - first).saturating_mul(self.interval.nanos().max(1)) > LONGEST.nanos() {
            return Err(row.error("the interval lies more than a hundred years after the start"));
        }
        Ok(number - first)
    }
}
