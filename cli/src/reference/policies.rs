//! The page of policies, from their declarations.

use sim_core::policy::catalogue::Information;
use sim_core::policy::{Catalogue, Kind};

use super::{GENERATED, cell};
use crate::settings::{Presence, Settings, inline_toml};
use crate::text::blocks;

const INTRO: &str = "A policy is a question that the simulator asks; this page lists the answers that are built in. \
                     `fleetsim explain NAME` shows the same in a terminal, `fleetsim decide NAME` asks one outside a \
                     run, and [a guide](../guides/write-a-policy.md) shows how to add one of your own.";

/// The page.
pub(super) fn page(policies: &Catalogue) -> String {
    let mut page = format!("{GENERATED}\n# Policies\n\n{INTRO}\n");
    for kind in Kind::ALL {
        page += &format!("\n## {kind}\n\n{}\n", kind.question());
        for known in policies.list().into_iter().filter(|known| known.kind == kind) {
            page += &section(known);
        }
    }
    page
}

fn section(known: &Information) -> String {
    let mut text = format!("\n### {}\n\nIn short: {}.\n", known.address(), known.summary);
    if known.help != known.summary {
        text += &format!("\n{}\n", blocks(&known.help).join("\n"));
    }
    text += &format!("\n```toml\n{}\n```\n", known.example_toml());
    let settings = Settings::of_policy(known);
    let all = settings.all();
    if !all.is_empty() {
        text += "\n| Parameter | Value | Default | Meaning |\n|---|---|---|---|\n";
    }
    for setting in &all {
        let default = match settings.keyword(setting.node, "default").filter(|default| !default.is_null()) {
            Some(default) => format!("`{}`", inline_toml(default)),
            None if setting.presence == Presence::Needed => "needed".into(),
            None => String::new(),
        };
        let kind = cell(&settings.kind(setting.node));
        text += &format!("| `{setting}` | {kind} | {default} | {} |\n", cell(setting.help));
    }
    text
}
