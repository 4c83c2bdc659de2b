//! The page of a scenario file's settings: one section per type of value, linked.

use serde_json::Value as Json;
use sim_core::policy::Catalogue;

use super::{GENERATED, cell};
use crate::settings::{Settings, Shape, inline_toml, reference};
use crate::text::blocks;

const INTRO: &str = "A scenario is one TOML file. Quantities are text with their units; a choice is its name, or one key \
                     with its settings; a quantity in place of a distribution is a constant. A variant, `[variants.NAME]`, has the tables of the base (`work` to `hardware`) \
                     and says only what differs; an axis of `[sweep]` is the path of a setting and a list of values. \
                     [The smallest useful scenario](../../scenarios/builtin/hello.toml) is commented line by line; \
                     `fleetsim explain PATH` shows what is here in a terminal, and \
                     [the schema](scenario.schema.json) is for editors.";

/// The quantities that generic definitions come in.
const QUANTITIES: [&str; 3] = ["-duration", "-bytes", "-number"];

/// The page.
pub(super) fn page(policies: &Catalogue) -> String {
    let settings = Settings::new(policies);
    let page = Page { settings: &settings, quantity: None };
    let mut text = format!("{GENERATED}\n# Scenario file\n\n{INTRO}\n\n{}", page.body(settings.root()));
    let mut told: Vec<String> = Vec::new();
    for (name, node) in settings.definitions().filter(|(name, _)| !name.starts_with("policy-")) {
        let title = title(name);
        if !told.contains(&title) {
            let quantity = QUANTITIES.into_iter().find(|suffix| name.ends_with(suffix));
            let page = Page { settings: &settings, quantity: quantity.map(|suffix| &suffix[1..]) };
            text += &format!("\n## {title}\n\n{}", page.section(node));
            told.push(title);
        }
    }
    text
}

/// What is being written: in the section of a generic definition, values of its quantity are "the quantity".
struct Page<'s> {
    settings: &'s Settings,
    quantity: Option<&'static str>,
}

impl Page<'_> {
    /// A definition: its help and what is in it.
    fn section(&self, node: &Json) -> String {
        let help = blocks(self.settings.help(node)).join("\n");
        format!("{}\n\n{}", help.trim(), self.body(node))
    }

    fn body(&self, node: &Json) -> String {
        match self.settings.shape(node) {
            Shape::Table(fields) => {
                let mut text = String::from("| Key | Value | Default | Meaning |\n|---|---|---|---|\n");
                for field in fields {
                    let default = self.default(field.node, field.required);
                    let (value, help) = (self.value(field.node), cell(self.settings.help(field.node)));
                    text += &format!("| `{}` | {value} | {default} | {help} |\n", field.name);
                }
                text
            }
            Shape::Choice(options) | Shape::ShortChoice(_, options) => {
                let mut text = String::from("| Option | Settings | Meaning |\n|---|---|---|\n");
                for option in options {
                    let inside = option.settings.map_or(String::new(), |node| self.value(node));
                    let help = cell(self.settings.help(option.node));
                    text += &format!("| `{}` | {inside} | {help} |\n", option.name);
                }
                text
            }
            Shape::Tagged(tag, kinds) => {
                let kind = |(name, node): &(&str, &Json)| {
                    format!("### {tag} = \"{name}\"\n\n{}", self.section(node))
                };
                kinds.iter().map(kind).collect::<Vec<_>>().join("\n")
            }
            Shape::Map(value) => format!("Each name has {}.\n", self.value(value)),
            Shape::List(item) => format!("Each item is {}.\n", self.value(item)),
            Shape::Either(nodes) => nodes.into_iter().map(|node| self.body(node)).collect(),
            Shape::Leaf => format!("{}.\n", self.settings.kind(node)),
        }
    }

    fn default(&self, node: &Json, required: bool) -> String {
        match self.settings.keyword(node, "default").filter(|default| !default.is_null()) {
            Some(default) => cell(&format!("`{}`", inline_toml(default))),
            None if required => "needed".into(),
            None => String::new(),
        }
    }

    /// A link to the section of a definition, saying of what quantity it is.
    fn link(&self, name: &str) -> String {
        if let Some(kind) = name.strip_prefix("policy-") {
            return format!("a [{kind} policy](policies.md#{kind})");
        }
        let title = title(name).to_lowercase();
        let suffix = QUANTITIES.into_iter().find(|suffix| name.ends_with(suffix) && self.quantity.is_none());
        let of = match suffix {
            Some("-duration") => " of times",
            Some("-bytes") => " of bytes",
            Some(_) => " of numbers",
            None => "",
        };
        format!("[{title}](#{}){of}", title.replace(' ', "-"))
    }

    /// What stands at a key: a link where that has a section, else the whole of it.
    fn value(&self, node: &Json) -> String {
        if let Some(name) = target(node) {
            return self.link(name);
        }
        if self.quantity.is_some_and(|quantity| node["format"] == quantity) {
            return "the quantity".into();
        }
        match self.settings.shape(node) {
            Shape::Map(value) => format!("names, each with {}", self.value(value)),
            Shape::List(item) => format!("a list of: {}", self.value(item)),
            Shape::Table(fields) => {
                let field = |field: &crate::settings::Field<'_>| {
                    let needed = if field.required { "needed" } else { "optional" };
                    let help = cell(self.settings.help(field.node));
                    format!("`{}` ({}, {needed}): {help}", field.name, self.value(field.node))
                };
                fields.iter().map(field).collect::<Vec<_>>().join("<br>")
            }
            _ => cell(&self.settings.kind(node)),
        }
    }
}

/// The definition that a node refers to, alone or as an option that may be left out.
fn target(node: &Json) -> Option<&str> {
    let direct = node.as_object().and_then(reference);
    let members = node["anyOf"].as_array();
    direct.or_else(|| {
        let members = members?.iter().filter(|member| member["type"] != "null");
        let [only] = members.collect::<Vec<_>>()[..] else { return None };
        only.as_object().and_then(reference)
    })
}

/// What a definition is called: `RetrySpec` is "Retry".
fn title(name: &str) -> String {
    let plain = QUANTITIES.into_iter().find_map(|suffix| name.strip_suffix(suffix)).unwrap_or(name);
    let mut title = String::new();
    for letter in plain.trim_end_matches("Spec").chars() {
        if letter.is_uppercase() && !title.is_empty() {
            title.push(' ');
            title.extend(letter.to_lowercase());
        } else {
            title.push(letter);
        }
    }
    title
}
