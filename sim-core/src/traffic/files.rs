//! What reads the files of sources and populations. The simulation reads none itself: who runs it hands this in.

use super::trace::{FeedError, TraceFeed, TraceSpec};
use super::traced::{AzureFilesSpec, TracedFunction};

/// What opens traces: implemented where files may be read.
pub trait OpenTrace {
    /// Opens the trace that `spec` names.
    ///
    /// # Errors
    /// If there is no such file or it lacks the columns that `spec` names.
    fn open(&self, spec: &TraceSpec) -> Result<Box<dyn TraceFeed>, FeedError>;

    /// Reads the functions of the files that `spec` names, in the order of the invocations' rows.
    ///
    /// # Errors
    /// Everything that is wrong with the files, up to a bound.
    fn functions(&self, spec: &AzureFilesSpec) -> Result<Vec<TracedFunction>, Vec<FeedError>> {
        Err(vec![FeedError::new(&spec.invocations, "traces cannot be opened here")])
    }
}

/// Opens no trace: for scenarios that have none.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoTraces;

impl OpenTrace for NoTraces {
    fn open(&self, spec: &TraceSpec) -> Result<Box<dyn TraceFeed>, FeedError> {
        Err(FeedError::new(&spec.file, "traces cannot be opened here"))
    }
}
