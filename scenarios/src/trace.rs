//! Trace readers: streams of rows from files, never held in memory whole.
//!
//! [`TraceFiles`] opens what a scenario's `arrivals = { trace = ... }` names and feeds it to the simulation row by row.
//! [`check`] reads a whole file before anything is simulated and reports what is malformed, with file, row and column,
//! so that a run of an hour does not end at row 39,000. [`AzureDataset`] reads the three files of the Azure Functions
//! data set of 2019, one function at a time; a population of functions is made of all of them.

mod azure;
mod cell;
mod check;
mod errors;
mod feed;
mod lines;
mod population;
mod table;

use std::path::{Path, PathBuf};

use sim_core::traffic::{
    AzureFilesSpec, CountsFeed, FeedError, OpenTrace, RowsSpec, TraceFeed, TraceSpec, TracedFunction,
};

pub use azure::{AzureDataset, AzureDurations, AzureFunction, AzureMemory, check_azure};
pub use check::{TraceSummary, check};
pub use errors::MOST_REPORTED;

use azure::MINUTE;
use feed::CsvFeed;

/// Opens traces relative to a folder: that of the scenario file.
#[derive(Clone, Debug)]
pub struct TraceFiles {
    folder: PathBuf,
}

impl TraceFiles {
    /// Traces relative to `folder`.
    pub fn new(folder: impl Into<PathBuf>) -> Self {
        TraceFiles { folder: folder.into() }
    }

    /// Where the file of `spec` is.
    pub fn path(&self, spec: &TraceSpec) -> PathBuf {
        self.folder.join(&spec.file)
    }
}

impl OpenTrace for TraceFiles {
    fn open(&self, spec: &TraceSpec) -> Result<Box<dyn TraceFeed>, FeedError> {
        let path = self.path(spec);
        if let RowsSpec::AzureFunctions2019 { function, .. } = &spec.rows {
            let counts = azure::counts_of(&path, function)?;
            return Ok(Box::new(CountsFeed::new(MINUTE, counts)));
        }
        Ok(Box::new(CsvFeed::open(&path, &spec.rows)?))
    }

    fn functions(&self, spec: &AzureFilesSpec) -> Result<Vec<TracedFunction>, Vec<FeedError>> {
        population::functions(&self.folder, spec)
    }
}

/// A file's name as messages show it.
fn shown(path: &Path) -> String {
    path.display().to_string()
}

#[cfg(test)]
mod tests;
