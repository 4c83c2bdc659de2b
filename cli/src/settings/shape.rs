//! What a schema's node says a value looks like, and how that is told.

use serde_json::Value as Json;
use sim_core::engine::Span;
use sim_core::quantity::{Bytes, Cpu, Dollars, MemorySize, Number, Percent, Quantity, Rate};

use super::Settings;

/// A key of a table.
pub(crate) struct Field<'s> {
    /// Its name.
    pub(crate) name: &'s str,
    /// Its schema.
    pub(crate) node: &'s Json,
    /// Whether it must be given.
    pub(crate) required: bool,
}

/// One of the options of a choice.
pub(crate) struct ChoiceOption<'s> {
    /// Its name.
    pub(crate) name: &'s str,
    /// Its own schema, with its help.
    pub(crate) node: &'s Json,
    /// The schema of its settings, if it has any.
    pub(crate) settings: Option<&'s Json>,
}

/// What a value looks like.
pub(crate) enum Shape<'s> {
    /// Text, a number, true or false.
    Leaf,
    /// Keys that the program knows.
    Table(Vec<Field<'s>>),
    /// Names that the scenario gives, each with a value like this.
    Map(&'s Json),
    /// A list of values like this.
    List(&'s Json),
    /// An option by name, with settings of its own or without.
    Choice(Vec<ChoiceOption<'s>>),
    /// A choice, or for short a plain value that stands for one of its options.
    ShortChoice(&'s Json, Vec<ChoiceOption<'s>>),
    /// A table whose keys depend on the value of one of them.
    Tagged(&'s str, Vec<(&'s str, &'s Json)>),
    /// One of several unlike shapes.
    Either(Vec<&'s Json>),
}

impl Settings {
    /// The shape of what `node` describes.
    pub(crate) fn shape<'s>(&'s self, node: &'s Json) -> Shape<'s> {
        let members = ["oneOf", "anyOf"].iter().find_map(|word| self.keyword(node, word)?.as_array());
        if let Some(members) = members {
            let members: Vec<&Json> = members.iter().filter(|member| member["type"] != "null").collect();
            return self.alternatives(members);
        }
        if let Some(names) = self.keyword(node, "enum").and_then(Json::as_array) {
            let option =
                |name: &'s Json| name.as_str().map(|name| ChoiceOption { name, node, settings: None });
            return Shape::Choice(names.iter().filter_map(option).collect());
        }
        if let Some(fields) = self.keyword(node, "properties").and_then(Json::as_object) {
            let required = self.keyword(node, "required").and_then(Json::as_array);
            let field = |(name, node): (&'s String, &'s Json)| {
                let required = required.is_some_and(|names| names.iter().any(|other| other == name));
                Field { name, node, required }
            };
            return Shape::Table(fields.iter().map(field).collect());
        }
        let inner = |word: &str| self.keyword(node, word).filter(|inner| inner.is_object());
        match (inner("additionalProperties"), inner("items")) {
            (Some(value), _) => Shape::Map(value),
            (_, Some(item)) => Shape::List(item),
            _ => Shape::Leaf,
        }
    }

    fn alternatives<'s>(&'s self, members: Vec<&'s Json>) -> Shape<'s> {
        if let [only] = members.as_slice() {
            return self.shape(only);
        }
        let tagged: Option<Vec<_>> = members.iter().map(|member| self.tag(member)).collect();
        if let Some(tagged) = tagged.filter(|tagged| tagged.windows(2).all(|pair| pair[0].0 == pair[1].0)) {
            return Shape::Tagged(tagged[0].0, tagged.iter().map(|(_, name, kind)| (*name, *kind)).collect());
        }
        let (known, other): (Vec<_>, Vec<_>) =
            members.iter().map(|member| (*member, options(member))).partition(|(_, known)| known.is_some());
        let known = distinct(known.into_iter().filter_map(|(_, options)| options).flatten());
        match other.as_slice() {
            [] => Shape::Choice(known),
            [(short, _)] if !known.is_empty() && matches!(self.shape(short), Shape::Leaf) => {
                Shape::ShortChoice(short, known)
            }
            _ => Shape::Either(members),
        }
    }

    /// The key that says which kind of table this is, and its value.
    fn tag<'s>(&'s self, member: &'s Json) -> Option<(&'s str, &'s str, &'s Json)> {
        let fields = self.keyword(member, "properties")?.as_object()?;
        fields.iter().find_map(|(key, field)| Some((key.as_str(), field["const"].as_str()?, member)))
    }

    /// What kind of value is wanted, in a few words.
    pub(crate) fn kind(&self, node: &Json) -> String {
        match self.shape(node) {
            Shape::Leaf => self.leaf(node),
            Shape::Table(_) => "a table".into(),
            Shape::Tagged(tag, _) => format!("a table; its `{tag}` says what else is in it"),
            Shape::Map(value) => match self.shape(value) {
                Shape::Leaf => format!("a table of names, each with {}", self.kind(value)),
                _ => "a table of names".into(),
            },
            Shape::List(item) => format!("a list; each item is {}", self.kind(item)),
            Shape::ShortChoice(short, _) => format!("{}, or one of the options below", self.kind(short)),
            Shape::Choice(options) => match options.iter().any(|option| option.settings.is_some()) {
                true => "one of the options below".into(),
                false => {
                    let names: Vec<String> =
                        options.iter().map(|option| format!("\"{}\"", option.name)).collect();
                    names.join(" or ")
                }
            },
            Shape::Either(nodes) => {
                nodes.into_iter().map(|node| self.kind(node)).collect::<Vec<_>>().join(", or ")
            }
        }
    }

    fn leaf(&self, node: &Json) -> String {
        let word = |word: &str| self.keyword(node, word);
        let says = |name: &str| match word("type") {
            Some(Json::Array(names)) => names.iter().any(|other| other == name),
            kind => kind.is_some_and(|kind| kind == name),
        };
        let format = word("format").and_then(Json::as_str).and_then(format_help);
        if let Some(help) = format {
            return help.to_owned();
        }
        let range = range(word("minimum"), word("exclusiveMinimum"), word("maximum"));
        match () {
            () if says("boolean") => "true or false".into(),
            () if says("integer") => format!("a whole number{range}"),
            () if says("number") => format!("a number{range}"),
            () if says("string") => "text".into(),
            () => "a value".into(),
        }
    }
}

/// What a member of a choice stands for: plain options, or one with settings.
fn options(member: &Json) -> Option<Vec<ChoiceOption<'_>>> {
    let plain = |name| ChoiceOption { name, node: member, settings: None };
    if let Some(name) = member["const"].as_str() {
        return Some(vec![plain(name)]);
    }
    if let Some(names) = member["enum"].as_array() {
        return names.iter().map(|name| name.as_str().map(plain)).collect();
    }
    let fields = member["properties"].as_object().filter(|fields| fields.len() == 1)?;
    let (name, settings) = fields.iter().next()?;
    Some(vec![ChoiceOption { name, node: member, settings: Some(settings) }])
}

/// Each option once: what may be named alone as well as with settings is listed with its settings.
fn distinct<'s>(options: impl Iterator<Item = ChoiceOption<'s>>) -> Vec<ChoiceOption<'s>> {
    let mut kept: Vec<ChoiceOption<'s>> = Vec::new();
    for option in options {
        match kept.iter_mut().find(|other| other.name == option.name) {
            Some(other) if other.settings.is_none() => *other = option,
            Some(_) => {}
            None => kept.push(option),
        }
    }
    kept
}

fn range(least: Option<&Json>, above: Option<&Json>, most: Option<&Json>) -> String {
    let least = least.filter(|number| number.as_f64() != Some(0.0));
    match (least, above, most) {
        (Some(least), _, Some(most)) => format!(" from {least} to {most}"),
        (Some(least), _, None) => format!(" from {least} up"),
        (None, Some(above), Some(most)) => format!(" above {above} and up to {most}"),
        (None, Some(above), None) => format!(" above {above}"),
        (None, None, Some(most)) => format!(" up to {most}"),
        (None, None, None) => String::new(),
    }
}

/// What a text of this format is, with examples.
fn format_help(format: &str) -> Option<&'static str> {
    let quantities = [
        (Span::FORMAT, Span::HELP),
        (Rate::FORMAT, Rate::HELP),
        (Bytes::FORMAT, Bytes::HELP),
        (MemorySize::FORMAT, MemorySize::HELP),
        (Cpu::FORMAT, Cpu::HELP),
        (Percent::FORMAT, Percent::HELP),
        (Dollars::FORMAT, Dollars::HELP),
        (Number::FORMAT, Number::HELP),
    ];
    let texts = scenarios::file::FORMATS.iter().map(|format| (format.name, format.help));
    quantities.into_iter().chain(texts).find(|(name, _)| *name == format).map(|(_, help)| help)
}

/// A value as inline TOML; nothing for what has no value.
pub(crate) fn inline_toml(value: &Json) -> String {
    match value {
        Json::Array(items) => format!("[{}]", items.iter().map(inline_toml).collect::<Vec<_>>().join(", ")),
        Json::Object(fields) if fields.is_empty() => "{}".into(),
        Json::Object(fields) => {
            let given = fields.iter().filter(|(_, value)| !value.is_null());
            let fields: Vec<String> =
                given.map(|(key, value)| format!("{key} = {}", inline_toml(value))).collect();
            format!("{{ {} }}", fields.join(", "))
        }
        plain => plain.to_string(),
    }
}
