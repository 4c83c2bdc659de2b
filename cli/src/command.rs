//! The commands, one file each.

mod check;
mod decide;
mod docs;
mod explain;
mod lessons;
mod list;
mod report;
mod run;
mod swarm;
mod validate;

use std::io::Write;

use sim_core::policy::Catalogue;

use crate::arguments::Command;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::text::columns;

/// Carries out `command`, writing data to `out`.
pub(crate) fn execute(command: Command, catalogue: &Catalogue, out: &mut dyn Write) -> Result<Exit, Failure> {
    match command {
        Command::Check(scenario) => check::check(&scenario, catalogue, out),
        Command::List(list) => list::list(list.what, catalogue, out),
        Command::Explain(explain) => explain::explain(&explain.name, catalogue, out),
        Command::Decide(decide) => decide::decide(&decide, catalogue, out),
        Command::Schema => docs::schema(catalogue, out),
        Command::Docs(docs) => docs::write(&docs.folder, catalogue),
        Command::Lessons(lessons) => lessons::write(&lessons.folder, catalogue),
        Command::Report(asked) => report::report(&asked.folder, out),
        Command::Price(asked) => report::price(&asked, out),
        Command::Swarm(asked) => return swarm::swarm(&asked, out),
        Command::Validate(asked) => return validate::validate(&asked, out),
        Command::Run(asked) => return run::run(&asked, catalogue, columns(), out),
    }?;
    Ok(Exit::Done)
}
