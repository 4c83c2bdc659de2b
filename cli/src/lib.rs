//! The fleetsim command line, as a library so that a user's own binary can offer it with policies added.
//!
//! A binary of one's own is one call, with the same commands, messages and exit codes as `fleetsim`:
//!
//! ```no_run
//! fn main() -> std::process::ExitCode {
//!     let catalogue = sim_core::policy::Catalogue::builtin(); // .with_placement(...) and so on
//!     cli::main_with(catalogue)
//! }
//! ```
//!
//! This crate is a thin shell: it reads arguments, calls the libraries and prints. Data goes to standard output, talk
//! and progress to standard error; what went wrong is a `failure::Failure` with an exit code of its own, never a
//! backtrace.

mod arguments;
mod command;
mod exit;
mod failure;
mod plain;
mod progress;
pub mod reference;
mod scenario;
mod settings;
mod talk;
mod text;

use std::io::Write as _;
use std::panic::AssertUnwindSafe;
use std::process::ExitCode;

use clap::Parser;
use sim_core::policy::Catalogue;

pub use exit::Exit;

/// Runs the command line of this process with the policies of `catalogue`, and says how it ended.
///
/// Wrong arguments end the process here, with [`Exit::Usage`].
#[expect(
    clippy::needless_pass_by_value,
    reason = "a program builds its catalogue for this call and hands it over"
)]
pub fn main_with(catalogue: Catalogue) -> ExitCode {
    let arguments = arguments::Arguments::try_parse().unwrap_or_else(|error| refuse(&error));
    if std::env::var_os("RUST_BACKTRACE").is_none() {
        std::panic::set_hook(Box::new(|panic| crate::talk::talk!("{}", last_words(panic))));
    }
    let run = AssertUnwindSafe(|| execute(arguments.command, &catalogue));
    // A panic has printed its message; what is left to do is to end with a code of its own.
    let exit = std::panic::catch_unwind(run).unwrap_or_else(|_| {
        crate::talk::talk!(
            "error: this is a mistake in the program, not in what you asked for; please report it"
        );
        Exit::Internal
    });
    ExitCode::from(exit.code())
}

/// What a panic says, in a line: a user's policy may panic, and one line says where.
fn last_words(panic: &std::panic::PanicHookInfo<'_>) -> String {
    let place =
        panic.location().map_or(String::new(), |place| format!(" at {}:{}", place.file(), place.line()));
    format!("panicked{place}: {}", panic.payload_as_str().unwrap_or("without a message"))
}

/// Carries out one command; what fails is said on standard error.
fn execute(command: arguments::Command, catalogue: &Catalogue) -> Exit {
    let mut out = plain::Plain(std::io::BufWriter::new(std::io::stdout().lock()));
    let done = command::execute(command, catalogue, &mut out).and_then(|exit| {
        out.flush()?;
        Ok(exit)
    });
    done.unwrap_or_else(|failure| {
        // What came out before the failure belongs before the message.
        let _ = out.flush();
        let text = failure.to_string();
        if !text.is_empty() {
            crate::talk::talk!("{text}");
        }
        failure.exit()
    })
}

/// Says what is wrong with the command line, in the words of the library that reads it, and ends. What was typed may come from
/// elsewhere, so a terminal is shown it and obeys none of it.
fn refuse(error: &clap::Error) -> ! {
    let said = error.render().to_string();
    match plain::plain(&said) {
        std::borrow::Cow::Borrowed(_) => error.exit(),
        std::borrow::Cow::Owned(shown) => {
            eprint!("{shown}");
            std::process::exit(error.exit_code())
        }
    }
}
