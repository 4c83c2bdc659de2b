//! How the program ends: one list from which the exit codes, `--help` and the reference page come.

/// How a command ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// As asked.
    Done,
    /// A mistake in the program.
    Internal,
    /// The command line makes no sense.
    Usage,
    /// What was given to read is wrong: a scenario, a view, parameters.
    Input,
    /// A file or folder could not be read or written, or holds something else.
    Files,
    /// Stopped by Ctrl-C.
    Interrupted,
    /// Some runs of an experiment failed.
    Jobs,
    /// What the scenario asserts does not hold.
    AssertionFails,
    /// Whether what the scenario asserts holds is not known.
    AssertionUndecided,
    /// The simulator does not agree with theory.
    Theory,
}

impl Exit {
    /// All of them, by code.
    pub const ALL: [Exit; 10] = [
        Exit::Done,
        Exit::Internal,
        Exit::Usage,
        Exit::Input,
        Exit::Files,
        Exit::Interrupted,
        Exit::Jobs,
        Exit::AssertionFails,
        Exit::AssertionUndecided,
        Exit::Theory,
    ];

    /// The process's exit code.
    pub const fn code(self) -> u8 {
        match self {
            Exit::Done => 0,
            Exit::Internal => 1,
            Exit::Usage => 2,
            Exit::Input => 3,
            Exit::Files => 4,
            Exit::Interrupted => 5,
            Exit::Jobs => 6,
            Exit::AssertionFails => 7,
            Exit::AssertionUndecided => 8,
            Exit::Theory => 9,
        }
    }

    /// What it means, in a line.
    pub const fn meaning(self) -> &'static str {
        match self {
            Exit::Done => "done as asked",
            Exit::Internal => "a mistake in the program; please report it",
            Exit::Usage => "the command line makes no sense: unknown option, command or name",
            Exit::Input => "what was given to read is wrong: a scenario, a view, a policy's parameters",
            Exit::Files => "a file or folder cannot be read or written, or holds other results",
            Exit::Interrupted => "stopped by Ctrl-C; finished replications are kept",
            Exit::Jobs => {
                "some runs failed (a policy panicked, a checker found something); the results are those of the others"
            }
            Exit::AssertionFails => "something that the scenario asserts does not hold",
            Exit::AssertionUndecided => {
                "noise leaves open whether all that the scenario asserts holds: replicate more or run longer"
            }
            Exit::Theory => "`fleetsim validate` found a number that does not agree with theory",
        }
    }
}

/// The list as text for `--help`.
pub(crate) fn help() -> String {
    let lines = Exit::ALL.map(|exit| format!("  {}  {}", exit.code(), exit.meaning()));
    format!("Exit codes:\n{}", lines.join("\n"))
}
