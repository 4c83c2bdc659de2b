//! What can be wrong with a results folder.

use std::fmt;
use std::path::{Path, PathBuf};

/// Why a results folder cannot be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResultsError {
    /// What kind of trouble it is.
    pub kind: ErrorKind,
    /// The folder or file that it is about.
    pub path: PathBuf,
    /// What is wrong, as a sentence without a full stop.
    pub message: String,
    /// What to do about it.
    pub hint: Option<String>,
}

/// Kinds of trouble with a results folder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorKind {
    /// It holds something else: other results, or files that are no results.
    Occupied,
    /// Another process is running into it.
    Busy,
    /// It cannot be read or written.
    Unusable,
    /// It is not a results folder.
    NotResults,
    /// Another version of the program wrote it.
    OtherVersion,
    /// A file in it is cut short or changed.
    Damaged,
    /// Records are missing.
    Incomplete,
    /// The price book lacks a price.
    NoPrice,
}

impl ResultsError {
    pub(crate) fn new(kind: ErrorKind, path: &Path, message: impl Into<String>) -> Self {
        ResultsError { kind, path: path.to_owned(), message: message.into(), hint: None }
    }

    pub(crate) fn hint(self, hint: impl Into<String>) -> Self {
        ResultsError { hint: Some(hint.into()), ..self }
    }
}

impl fmt::Display for ResultsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.path.display(), self.message)?;
        match &self.hint {
            Some(hint) => write!(f, "\n  hint: {hint}"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for ResultsError {}
