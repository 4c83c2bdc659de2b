//! A whole trace read before the run: what it holds, or everything that is wrong with it.

use sim_core::engine::Span;
use sim_core::traffic::{FeedError, RepeatSpec, RowsSpec, TraceRow, TraceSpec};

use super::azure::{self, MINUTE};
use super::errors::Bounded;
use super::feed::CsvFeed;
use super::{TraceFiles, shown};

/// What a trace holds, before its options.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TraceSummary {
    /// Rows, without the header.
    pub rows: u64,
    /// Requests.
    pub requests: u64,
    /// From the start of the trace to its last request or the end of its last interval.
    pub length: Span,
}

/// Reads the trace of `spec` from end to end.
///
/// # Errors
/// Returns what is malformed: the first [`MOST_REPORTED`](super::MOST_REPORTED) errors, each with file, row and column, and how many more
/// there are.
pub fn check(files: &TraceFiles, spec: &TraceSpec) -> Result<TraceSummary, Vec<FeedError>> {
    let path = files.path(spec);
    let summary = match &spec.rows {
        RowsSpec::AzureFunctions2019 { function, .. } => {
            let counts = azure::counts_of(&path, function).map_err(|error| vec![error])?;
            TraceSummary { rows: 1, requests: counts.iter().sum(), length: MINUTE * counts.len() as u64 }
        }
        rows => read_all(CsvFeed::open_all(&path, rows)?)?,
    };
    let complain = |message: String| Err(vec![FeedError::new(shown(&path), message)]);
    match spec.window {
        _ if summary.rows == 0 => complain("the file has a header and no rows".into()),
        Some(window) if window.from >= summary.length => {
            complain(format!("the window begins at {}, the trace ends at {}", window.from, summary.length))
        }
        None if summary.length.is_zero() && spec.repeat != RepeatSpec::Once => {
            complain("all of the trace is at one instant, which cannot be repeated".into())
        }
        _ => Ok(summary),
    }
}

fn read_all(mut feed: CsvFeed) -> Result<TraceSummary, Vec<FeedError>> {
    let mut summary = TraceSummary::default();
    let mut errors = Bounded::default();
    loop {
        match feed.next_all() {
            Ok(None) => break,
            Ok(Some(row)) => summary.add(row),
            Err(more) => more.into_iter().for_each(|error| errors.push(error)),
        }
    }
    errors.finish().map(|()| summary)
}

impl TraceSummary {
    fn add(&mut self, row: TraceRow) {
        let (requests, end) = match row {
            TraceRow::Request { at, .. } => (1, at),
            TraceRow::Count { start, length, requests } => (requests, start + length),
        };
        self.rows += 1;
        self.requests += requests;
        self.length = end;
    }
}
