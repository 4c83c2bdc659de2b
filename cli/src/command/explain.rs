//! `fleetsim explain`: help from the declarations themselves, so that there is no second text to go stale.

use std::io::Write;

use scenarios::builtin;
use sim_core::policy::catalogue::Information;
use sim_core::policy::{Catalogue, Kind};

use crate::exit::Exit;
use crate::failure::Failure;
use crate::settings::{Presence, Setting, Settings, Shape, Step, inline_toml};
use crate::text::{definitions, paragraphs, summary};

/// Most places that are explained at once; of more, only the paths are listed.
const MOST: usize = 6;
/// Most paths that are listed.
const MOST_LISTED: usize = 20;

/// Explains whatever is called `name`: policies first, then kinds of policy, built-in scenarios, settings.
pub(crate) fn explain(name: &str, policies: &Catalogue, out: &mut dyn Write) -> Result<(), Failure> {
    let found = policies.find(name);
    let kind = Kind::ALL.into_iter().find(|kind| kind.name() == name);
    let mut parts: Vec<String> = kind.map(|kind| of_kind(kind, policies)).into_iter().collect();
    parts.extend(found.iter().map(|known| policy(known)));
    if let Some(known) = builtin::find(name).filter(|_| parts.is_empty()) {
        write!(out, "{}", known.text)?;
        return Ok(());
    }
    let settings = Settings::new(policies);
    if parts.is_empty() {
        parts = of_settings(&settings, name);
    }
    if parts.is_empty() {
        return Err(unknown(name, policies, &settings));
    }
    write!(out, "{}", parts.join("\n----\n\n"))?;
    Ok(())
}

fn of_kind(kind: Kind, policies: &Catalogue) -> String {
    let of_kind = policies.list().into_iter().filter(|known| known.kind == kind);
    let items: Vec<(String, String)> =
        of_kind.map(|known| (known.name.to_owned(), known.summary.to_owned())).collect();
    format!("{kind}: a kind of policy\n\n{}\n\n{}", kind.question(), definitions(&items, "  "))
}

fn policy(known: &Information) -> String {
    let mut text = format!("{}: {}\n", known.address(), known.summary);
    if known.help != known.summary {
        text += &format!("\n{}", paragraphs(&known.help, ""));
    }
    text += &format!("\nIn a scenario:\n\n  {}\n", known.example_toml());
    let settings = Settings::of_policy(known);
    let fields = fields(&settings, settings.root());
    if !fields.is_empty() {
        text += &format!("\nParameters:\n\n{}", definitions(&fields, "  "));
    }
    text += &format!("\nTry it:\n\n  fleetsim decide {0} --example | fleetsim decide {0}\n", known.address());
    text
}

/// The settings that `path` names. Places that are told alike are told once.
fn of_settings(settings: &Settings, path: &str) -> Vec<String> {
    let mut told: Vec<(Vec<String>, String)> = Vec::new();
    for setting in settings.find(path) {
        let text = setting_text(settings, &setting);
        match told.iter_mut().find(|(_, other)| *other == text) {
            Some((places, _)) => places.push(setting.to_string()),
            None => told.push((vec![setting.to_string()], text)),
        }
    }
    if told.len() > MOST {
        let places: Vec<String> = told.into_iter().flat_map(|(places, _)| places).collect();
        let list = shortened(&places, MOST_LISTED);
        return vec![format!("`{path}` is a setting in {} places:\n\n{list}\n", places.len())];
    }
    told.into_iter().map(|(places, text)| format!("{}\n\n{text}", shortened(&places, MOST))).collect()
}

/// The places, of many the first few.
fn shortened(places: &[String], most: usize) -> String {
    match places.len() {
        count if count > most => format!("{}\nand {} more", places[..most].join("\n"), count - most),
        _ => places.join("\n"),
    }
}

fn setting_text(settings: &Settings, setting: &Setting<'_>) -> String {
    let node = setting.node;
    let mut text = paragraphs(setting.help, "");
    let mut facts = vec![("value".to_owned(), settings.kind(node))];
    let mut fact = |name: &str, text: String| facts.push((name.to_owned(), text));
    match (default(settings, node), setting.presence) {
        (Some(default), _) => fact("default", default),
        (None, Presence::Needed) => fact("default", "none: it must be given".into()),
        (None, Presence::Optional) => fact("default", "none: it may be left out".into()),
        (None, Presence::Choice) => {}
    }
    text += &format!("\n{}", definitions(&facts, "  "));
    let inner = fields(settings, node);
    if !inner.is_empty() {
        text += &format!("\n{}", definitions(&inner, "  "));
    }
    text
}

/// The default of a value as TOML, if it has one.
fn default(settings: &Settings, node: &serde_json::Value) -> Option<String> {
    settings.keyword(node, "default").filter(|default| !default.is_null()).map(inline_toml)
}

/// What is inside a value: keys or options, with the first sentence of their help.
fn fields(settings: &Settings, node: &serde_json::Value) -> Vec<(String, String)> {
    let line = |name: &str, node, required: bool| {
        let short = |text: &String| text.len() <= 40;
        let note = match default(settings, node).filter(short) {
            Some(default) => format!(" (default {default})"),
            None if required => " (needed)".into(),
            None => String::new(),
        };
        (name.to_owned(), format!("{}{note}", summary(settings.help(node))))
    };
    match settings.shape(node) {
        Shape::Table(fields) => {
            fields.iter().map(|field| line(field.name, field.node, field.required)).collect()
        }
        Shape::Choice(options) | Shape::ShortChoice(_, options) => {
            // A mere list of names has been told as the value.
            let told = options.iter().filter(|option| !std::ptr::eq(option.node, node));
            told.map(|option| line(option.name, option.node, false)).collect()
        }
        Shape::Tagged(tag, kinds) => {
            let kind = |(name, node): (&str, &serde_json::Value)| {
                let inner = fields(settings, node);
                let keys: Vec<&str> =
                    inner.iter().map(|(key, _)| key.as_str()).filter(|key| *key != tag).collect();
                (
                    format!("{tag} = \"{name}\""),
                    format!("{}: {}", summary(settings.help(node)), keys.join(", ")),
                )
            };
            kinds.into_iter().map(kind).collect()
        }
        Shape::Map(inner) | Shape::List(inner) => fields(settings, inner),
        Shape::Either(nodes) => nodes.into_iter().flat_map(|node| fields(settings, node)).collect(),
        Shape::Leaf => Vec::new(),
    }
}

fn unknown(name: &str, policies: &Catalogue, settings: &Settings) -> Failure {
    let last = name.rsplit('.').next().unwrap_or(name);
    let all = settings.all();
    let keys = all.iter().filter_map(|setting| match setting.steps.last() {
        Some(Step::Key(key)) => Some(*key),
        _ => None,
    });
    let mut known: Vec<&str> = policies.list().into_iter().map(|known| known.name).chain(keys).collect();
    known.extend(builtin::all().map(|known| known.name));
    let hint = sim_core::spec::did_you_mean(last, known);
    let hint = match hint.starts_with("did you mean") {
        true => hint,
        false => "`fleetsim list policies`, or a setting's path as in `fleetsim explain run.warm_up`".into(),
    };
    Failure::new(Exit::Usage, format!("there is no policy, setting or scenario `{name}`")).hint(hint)
}
