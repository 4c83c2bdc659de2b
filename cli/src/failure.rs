//! What can go wrong on the command line, and how it is said.
//!
//! Every message has one form, that of scenario problems: `error: what`, then ` = hint: what to do`.

use std::fmt;
use std::io;
use std::path::Path;

use scenarios::document::Report;
use sim_core::spec::Problem;

use crate::exit::Exit;

/// Why a command could not be carried out.
#[derive(Debug)]
pub(crate) enum Failure {
    /// The scenario has problems: all of them, with file and line.
    Scenario(Report),
    /// Something else that was given to read has problems.
    Problems {
        /// What that is: `parameters of spread`.
        of: String,
        /// All that is wrong with it.
        problems: Vec<Problem>,
    },
    /// One thing went wrong.
    Said {
        /// How the program ends.
        exit: Exit,
        /// What went wrong.
        message: String,
        /// What to do about it.
        hint: Option<String>,
    },
    /// Whoever was reading standard output has seen enough (`| head`). Nothing to talk about.
    NobodyReads,
}

impl Failure {
    /// One thing that went wrong.
    pub(crate) fn new(exit: Exit, message: impl Into<String>) -> Self {
        Failure::Said { exit, message: message.into(), hint: None }
    }

    /// The same with what to do about it.
    pub(crate) fn hint(mut self, text: impl Into<String>) -> Self {
        if let Failure::Said { hint, .. } = &mut self {
            *hint = Some(text.into());
        }
        self
    }

    /// A file or folder that could not be used.
    pub(crate) fn file(path: &Path, doing: &str, error: &io::Error) -> Self {
        Failure::new(Exit::Files, format!("cannot {doing} {}: {error}", path.display()))
    }

    /// How the program ends.
    pub(crate) fn exit(&self) -> Exit {
        match self {
            Failure::Scenario(_) | Failure::Problems { .. } => Exit::Input,
            Failure::Said { exit, .. } => *exit,
            Failure::NobodyReads => Exit::Done,
        }
    }
}

/// Writing to standard output failed.
impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::BrokenPipe => Failure::NobodyReads,
            _ => Failure::new(Exit::Files, format!("cannot write to standard output: {error}")),
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Failure::Scenario(report) => write!(f, "{report}"),
            Failure::Problems { of, problems } => {
                for problem in problems {
                    let at = if problem.path.is_empty() { "" } else { ": " };
                    say(f, &format!("{}{at}{}", problem.path, problem.message), problem.hint.as_deref())?;
                    write!(f, "\n\n")?;
                }
                let noun = if problems.len() == 1 { "problem" } else { "problems" };
                write!(f, "{} {noun} in {of}", problems.len())
            }
            Failure::Said { message, hint, .. } => say(f, message, hint.as_deref()),
            Failure::NobodyReads => Ok(()),
        }
    }
}

fn say(f: &mut fmt::Formatter<'_>, message: &str, hint: Option<&str>) -> fmt::Result {
    write!(f, "error: {message}")?;
    match hint {
        Some(hint) => write!(f, "\n   = hint: {hint}"),
        None => Ok(()),
    }
}
