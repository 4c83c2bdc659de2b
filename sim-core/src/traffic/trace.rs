//! Traces as a source: rows from a feed, windowed, scaled, stretched, repeated, and laid out in time.
//!
//! The feed reads the file (see the `scenarios` crate) and the cursor here never holds more than two rows of it. Totals
//! per interval come out exactly: a count of n gives n requests inside its interval, a whole `scale` multiplies it
//! exactly, and only a fractional scale rounds, up or down at random by a draw that belongs to the row.

mod cursor;
mod spec;

use std::fmt;

pub(super) use cursor::Cursor;
pub use spec::{
    CountsSpec, Placement, QuantityColumn, RepeatSpec, RequestsSpec, RowsSpec, TimestampFormat, TraceOrigin,
    TraceSpec, WindowSpec,
};

use super::WorkGiven;
use crate::engine::Span;
use crate::problem::Problem;

/// One row of a trace, its times counted from the trace's own start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TraceRow {
    /// One request.
    Request {
        /// When.
        at: Span,
        /// What the row says about its work.
        work: WorkGiven,
    },
    /// Requests in an interval.
    Count {
        /// The interval's start.
        start: Span,
        /// Its length.
        length: Span,
        /// How many.
        requests: u64,
    },
}

/// Where the rows of a trace come from, in order of time.
pub trait TraceFeed: Send + fmt::Debug {
    /// The next row; `None` at the end.
    ///
    /// # Errors
    /// If the row cannot be read or makes no sense.
    fn next(&mut self) -> Result<Option<TraceRow>, FeedError>;

    /// Starts again from the first row.
    ///
    /// # Errors
    /// If the trace cannot be opened again.
    fn rewind(&mut self) -> Result<(), FeedError>;
}

/// What is wrong with a trace, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FeedError {
    /// The file.
    pub file: String,
    /// The line in the file, counted from 1 with the header; `None` if it is about the file as a whole.
    pub row: Option<u64>,
    /// The column's name, where one is to blame.
    pub column: Option<String>,
    /// What is wrong.
    pub message: String,
    /// What to do about it, where that can be said.
    pub hint: Option<String>,
}

impl FeedError {
    /// An error about `file` as a whole.
    pub fn new(file: impl Into<String>, message: impl Into<String>) -> Self {
        FeedError { file: file.into(), row: None, column: None, message: message.into(), hint: None }
    }

    /// The same error at a line of the file.
    pub fn row(self, row: u64) -> Self {
        FeedError { row: Some(row), ..self }
    }

    /// The same error in a column.
    pub fn column(self, column: impl Into<String>) -> Self {
        FeedError { column: Some(column.into()), ..self }
    }

    /// The same error with a hint.
    pub fn hint(self, hint: impl Into<String>) -> Self {
        FeedError { hint: Some(hint.into()), ..self }
    }

    /// As a problem of the scenario whose trace stands at `path`.
    pub fn problem(&self, path: &str) -> Problem {
        Problem { path: path.to_owned(), message: self.to_string(), hint: self.hint.clone() }
    }
}

impl fmt::Display for FeedError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.file)?;
        if let Some(row) = self.row {
            write!(f, ":{row}")?;
        }
        if let Some(column) = &self.column {
            write!(f, ": column `{column}`")?;
        }
        write!(f, ": {}", self.message)
    }
}

impl std::error::Error for FeedError {}

/// Counts that are already in memory, as a feed: a function's row of an Azure file, or a test.
#[derive(Clone, Debug)]
pub struct CountsFeed {
    interval: Span,
    given: Vec<u64>,
    index: usize,
}

impl CountsFeed {
    /// Counts of consecutive intervals of equal length.
    pub fn new(interval: Span, counts: impl IntoIterator<Item = u64>) -> Self {
        CountsFeed { interval, given: counts.into_iter().collect(), index: 0 }
    }
}

impl TraceFeed for CountsFeed {
    fn next(&mut self) -> Result<Option<TraceRow>, FeedError> {
        let Some(requests) = self.given.get(self.index).copied() else { return Ok(None) };
        let start = self.interval * self.index as u64;
        self.index += 1;
        Ok(Some(TraceRow::Count { start, length: self.interval, requests }))
    }

    fn rewind(&mut self) -> Result<(), FeedError> {
        self.index = 0;
        Ok(())
    }
}

#[cfg(test)]
mod tests;
