//! Every setting of a scenario file by its path, from the JSON Schema of the configuration types.
//!
//! The doc comments of those types are the user's help; the schema carries them here, with kinds of value, ranges and
//! defaults. `explain` looks settings up, and the reference page prints them all.

mod shape;

use std::fmt;

use scenarios::file::{file_schema, fleet_schema};
use serde_json::{Map, Value as Json, json};
use sim_core::policy::Catalogue;
use sim_core::policy::catalogue::Information;

pub(crate) use shape::{Field, Shape, inline_toml};

/// The schema that settings are looked up in.
pub(crate) struct Settings {
    root: Json,
}

/// A step of a setting's path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Step<'s> {
    /// A key that the program knows.
    Key(&'s str),
    /// A name that the scenario gives: of a service, a cluster.
    Name,
    /// An item of a list.
    Item,
}

/// A setting.
#[derive(Clone, Debug)]
pub(crate) struct Setting<'s> {
    /// Where it is.
    pub(crate) steps: Vec<Step<'s>>,
    /// Of which variants of tagged tables on the way: `platform ecs`.
    pub(crate) branches: Vec<String>,
    /// Its schema.
    pub(crate) node: &'s Json,
    /// What it does.
    pub(crate) help: &'s str,
    /// Whether it has to be there.
    pub(crate) presence: Presence,
}

/// Whether a setting has to be there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Presence {
    /// It must be given wherever the table that it is in is.
    Needed,
    /// It may be left out.
    Optional,
    /// It is one of several; one of them is there.
    Choice,
}

impl Settings {
    /// The settings of a scenario file with these policies.
    pub(crate) fn new(policies: &Catalogue) -> Self {
        // The schema for editors asks for less than is needed, as variants complete the base; the fleet's says what is.
        let (mut root, fleet) = (file_schema(policies), fleet_schema(policies));
        let part = |name: &str| fleet[name].as_object().cloned().unwrap_or_default();
        root["properties"].as_object_mut().into_iter().for_each(|known| known.extend(part("properties")));
        root["$defs"].as_object_mut().into_iter().for_each(|known| known.extend(part("$defs")));
        // A variant has the settings of the base: they are explained once.
        for key in ["variants", "sweep"] {
            root["properties"][key] = json!({ "type": "object", "properties": {}, "description": root["properties"][key]["description"] });
        }
        Settings { root }
    }

    /// The parameters of one policy.
    pub(crate) fn of_policy(known: &Information) -> Self {
        Settings { root: known.parameters.clone().to_value() }
    }

    /// The whole file, or all parameters.
    pub(crate) fn root(&self) -> &Json {
        &self.root
    }

    /// The definitions by name.
    pub(crate) fn definitions(&self) -> impl Iterator<Item = (&str, &Json)> {
        self.root["$defs"].as_object().into_iter().flatten().map(|(name, node)| (name.as_str(), node))
    }

    /// `node` and what it refers to, the nearest first.
    pub(crate) fn layers<'s>(&'s self, node: &'s Json) -> Vec<&'s Map<String, Json>> {
        let mut layers: Vec<&Map<String, Json>> = node.as_object().into_iter().collect();
        while let Some(next) = layers.last().and_then(|layer| self.definition(reference(layer)?)) {
            layers.push(next);
        }
        layers
    }

    fn definition(&self, name: &str) -> Option<&Map<String, Json>> {
        self.root["$defs"][name].as_object()
    }

    /// The value of a keyword of `node` or of what it refers to.
    pub(crate) fn keyword<'s>(&'s self, node: &'s Json, word: &str) -> Option<&'s Json> {
        self.layers(node).into_iter().find_map(|layer| layer.get(word))
    }

    /// Its help.
    pub(crate) fn help<'s>(&'s self, node: &'s Json) -> &'s str {
        self.keyword(node, "description").and_then(Json::as_str).unwrap_or("")
    }

    /// All settings, in the order of the schema; what refers to itself is followed once.
    pub(crate) fn all(&self) -> Vec<Setting<'_>> {
        let mut walk = Walk { settings: self, found: Vec::new(), open: Vec::new() };
        walk.inside(&self.root, &[], &[]);
        walk.found
    }

    /// The settings that `path` names: from the root, or else those whose paths end so.
    pub(crate) fn find(&self, path: &str) -> Vec<Setting<'_>> {
        let mut wanted: Vec<&str> =
            path.split('.').map(|part| part.split('[').next().unwrap_or(part)).collect();
        if wanted.len() > 2 && wanted[0] == "variants" {
            wanted.drain(..2);
        }
        let ranked =
            self.all().into_iter().filter_map(|setting| Some((rank(&setting.steps, &wanted)?, setting)));
        let ranked: Vec<(u8, Setting<'_>)> = ranked.collect();
        let best = ranked.iter().map(|(rank, _)| *rank).min();
        ranked.into_iter().filter(|(rank, _)| Some(*rank) == best).map(|(_, setting)| setting).collect()
    }
}

/// How well a setting's path fits what is wanted, 0 the best. `services.platform` is the key, not a service of that
/// name, unless there is no such key; and what stands at the end of a path counts only where nothing fits whole.
fn rank(steps: &[Step<'_>], wanted: &[&str]) -> Option<u8> {
    let mut keys = (1..steps.len()).filter(|at| matches!(steps[*at], Step::Key(_)));
    match () {
        () if matches(steps, wanted, false) => Some(0),
        () if matches(steps, wanted, true) => Some(1),
        () => keys.any(|start| matches(&steps[start..], wanted, true)).then_some(2),
    }
}

/// The name of the definition that a layer refers to.
pub(crate) fn reference(layer: &Map<String, Json>) -> Option<&str> {
    layer.get("$ref")?.as_str()?.strip_prefix("#/$defs/")
}

/// Whether a setting's path is the one that is wanted; names and items may be left out, and names be given where
/// `named`.
fn matches(steps: &[Step<'_>], wanted: &[&str], named: bool) -> bool {
    match (steps, wanted) {
        ([], []) => true,
        ([Step::Name | Step::Item, rest @ ..], wanted) if matches(rest, wanted, named) => true,
        ([Step::Name, rest @ ..], [_, others @ ..]) => named && matches(rest, others, named),
        ([Step::Key(key), rest @ ..], [first, others @ ..]) => key == first && matches(rest, others, named),
        _ => false,
    }
}

/// A walk over the schema.
struct Walk<'s> {
    settings: &'s Settings,
    found: Vec<Setting<'s>>,
    /// The definitions that the walk is inside of.
    open: Vec<&'s str>,
}

impl<'s> Walk<'s> {
    /// Records the setting `node` and what is inside it.
    fn setting(&mut self, setting: Setting<'s>) {
        let (mut steps, mut inner) = (setting.steps.clone(), setting.node);
        // `services` and a service are explained together, and so are a list and its items.
        loop {
            let (step, next) = match self.settings.shape(inner) {
                Shape::Map(value) => (Step::Name, value),
                Shape::List(item) => (Step::Item, item),
                _ => break,
            };
            steps.push(step);
            inner = next;
        }
        let branches = setting.branches.clone();
        self.found.push(Setting { steps: steps.clone(), ..setting });
        self.inside(inner, &steps, &branches);
    }

    /// Records what is inside `node`.
    fn inside(&mut self, node: &'s Json, steps: &[Step<'s>], branches: &[String]) {
        let names: Vec<&str> = self.settings.layers(node).into_iter().filter_map(reference).collect();
        if names.iter().any(|name| self.open.contains(name)) {
            return;
        }
        let before = self.open.len();
        self.open.extend(names);
        self.children(node, steps, branches);
        self.open.truncate(before);
    }

    fn children(&mut self, node: &'s Json, steps: &[Step<'s>], branches: &[String]) {
        let settings = self.settings;
        let below = |key: &'s str, node: &'s Json, presence: Presence| {
            let steps = [steps, &[Step::Key(key)]].concat();
            Setting { steps, branches: branches.to_vec(), node, help: settings.help(node), presence }
        };
        match self.settings.shape(node) {
            Shape::Table(fields) => {
                // What says which kind of table this is, is explained with the kinds.
                for field in fields.into_iter().filter(|field| field.node.get("const").is_none()) {
                    let presence = if field.required { Presence::Needed } else { Presence::Optional };
                    self.setting(below(field.name, field.node, presence));
                }
            }
            Shape::Choice(options) | Shape::ShortChoice(_, options) => {
                // A mere list of names, as of the runtimes, is told whole: its names have no help of their own.
                for option in options.into_iter().filter(|option| !std::ptr::eq(option.node, node)) {
                    let node = option.settings.unwrap_or(option.node);
                    let help = settings.help(option.node);
                    let setting = below(option.name, node, Presence::Choice);
                    self.setting(Setting {
                        help: if help.is_empty() { setting.help } else { help },
                        ..setting
                    });
                }
            }
            Shape::Tagged(tag, kinds) => {
                self.found.push(below(tag, node, Presence::Needed));
                for (name, kind) in kinds {
                    let branches = [branches, &[format!("{tag} {name}")]].concat();
                    self.children(kind, steps, &branches);
                }
            }
            Shape::Either(nodes) => {
                nodes.into_iter().for_each(|node| self.inside(node, steps, branches));
            }
            Shape::Map(value) => self.inside(value, &[steps, &[Step::Name]].concat(), branches),
            Shape::List(item) => self.inside(item, &[steps, &[Step::Item]].concat(), branches),
            Shape::Leaf => {}
        }
    }
}

impl fmt::Display for Setting<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, step) in self.steps.iter().enumerate() {
            let dot = if index == 0 { "" } else { "." };
            match step {
                Step::Key(key) => write!(f, "{dot}{key}")?,
                Step::Name => write!(f, "{dot}NAME")?,
                Step::Item => f.write_str("[]")?,
            }
        }
        match self.branches.as_slice() {
            [] => Ok(()),
            branches => write!(f, " ({})", branches.join(", ")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every setting has help and is found by its path, with the scenario's names in it or without.
    #[test]
    fn every_setting_can_be_explained() {
        let settings = Settings::new(&Catalogue::builtin());
        let all = settings.all();
        assert!(all.len() > 500, "{} settings", all.len());
        for setting in &all {
            assert!(!setting.help.is_empty(), "{setting} has no help");
            let keys = |names: bool| -> Vec<&str> {
                let steps = setting.steps.iter().filter_map(|step| match step {
                    Step::Key(key) => Some(*key),
                    Step::Name => names.then_some("mine"),
                    Step::Item => None,
                });
                steps.collect()
            };
            let found = |names: bool| matches(&setting.steps, &keys(names), names);
            assert!(found(false) && found(true), "{setting}");
        }
    }

    #[test]
    fn paths() {
        let settings = Settings::new(&Catalogue::builtin());
        let check = |path: &str, expected: &[&str]| {
            let found: Vec<String> = settings.find(path).iter().map(ToString::to_string).collect();
            assert_eq!(found, expected, "{path}");
        };
        check("run.seed", &["run.seed"]);
        check("warm_overhead", &["services.NAME.warm_overhead (platform lambda)"]);
        check("services.web.runtime", &["services.NAME.runtime (platform lambda)"]);
        check("variants.lambda.services.web.runtime", &["services.NAME.runtime (platform lambda)"]);
        check("run.days[0].weight", &["run.days[].weight"]);
        check("services.platform", &["services.NAME.platform"]);
        check("run.sed", &[]);
        check("web", &[]);
        check("", &[]);
    }
}
