//! The reference pages, generated from the declarations that the program itself works with: doc comments of the
//! configuration types, policies, command-line arguments, exit codes. A test holds the committed pages to them.

mod policies;
mod settings;

use clap::CommandFactory as _;
use serde_json::Value as Json;
use sim_core::policy::Catalogue;

use crate::arguments::Arguments;
use crate::exit::Exit;

/// What the first line of every page says.
const GENERATED: &str =
    "<!-- Generated from the program: `cargo run --package cli -- docs docs/reference`. Do not edit. -->";

/// Every page: file name and text.
pub fn pages(policies: &Catalogue) -> Vec<(&'static str, String)> {
    vec![
        ("command-line.md", command_line()),
        ("exit-codes.md", exit_codes()),
        ("policies.md", policies::page(policies)),
        ("scenario.md", settings::page(policies)),
        ("scenario.schema.json", schema(policies)),
    ]
}

/// The JSON Schema of a scenario file with these policies, as text.
pub fn schema(policies: &Catalogue) -> String {
    let mut schema = scenarios::file::file_schema(policies);
    // The dialect is the first thing that a reader wants to know.
    if let Json::Object(keywords) = &mut schema
        && let Some(dialect) = keywords.shift_remove("$schema")
    {
        keywords.shift_insert(0, "$schema".into(), dialect);
    }
    format!("{schema:#}\n")
}

fn command_line() -> String {
    let mut command = Arguments::command();
    // Without this, subcommands call themselves by their own names alone.
    command.build();
    let block = |command: &mut clap::Command| {
        let help = command.render_long_help().to_string();
        let lines: Vec<&str> = help.lines().map(str::trim_end).collect();
        format!("```text\n{}\n```\n", lines.join("\n").trim())
    };
    let mut page = format!("{GENERATED}\n# Command line\n\n{}", block(&mut command));
    for sub in command.get_subcommands_mut().filter(|sub| !sub.is_hide_set() && sub.get_name() != "help") {
        let name = sub.get_name().to_owned();
        page += &format!("\n## fleetsim {name}\n\n{}", block(sub));
    }
    page
}

fn exit_codes() -> String {
    let rows = Exit::ALL.map(|exit| format!("| {} | {} |\n", exit.code(), exit.meaning()));
    let intro = "Data goes to standard output, talk and progress to standard error. Whatever reads standard output may \
                 stop reading (`| head`); that is no error.";
    format!("{GENERATED}\n# Exit codes\n\n{intro}\n\n| Code | Meaning |\n|---|---|\n{}", rows.concat())
}

/// Text in a cell of a table.
fn cell(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ").replace('|', "\\|")
}
