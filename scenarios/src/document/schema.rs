//! The JSON Schema of the configuration types, compiled into the few shapes that occur in them.
//!
//! Not a validator of any JSON Schema there is: it knows what `schemars` writes for structs, maps, lists, optional
//! fields, quantities, enums tagged from outside (`{ poisson = { ... } }`, plain strings for unit variants), enums
//! tagged by a field (`platform = "ecs"`) and untagged unions. Knowing them by name is what makes messages good: an
//! unknown policy is reported as one, not as "no alternative of oneOf matches".
//!
//! Two deliberate departures: a table that lists its keys accepts no others unless it says so
//! (`additionalProperties`), since a misspelt setting must never be ignored; and two annotations are read: `x-noun`
//! says what the options of a choice are called in messages ("unknown policy", "unknown arrival law"), `x-argument`
//! that an option with one textual setting may be written `"spread:zone"`.

mod compile;

use indexmap::IndexMap;
use serde_json::Value as Json;

use super::Value;

/// A compiled schema.
#[derive(Clone, Debug)]
pub struct Schema {
    shapes: Vec<Shape>,
    root: ShapeId,
    formats: Vec<Format>,
}

/// A textual form that the schema names in `format`, beside the [quantities](sim_core::quantity).
#[derive(Clone, Copy, Debug)]
pub struct Format {
    /// Its name in the schema.
    pub name: &'static str,
    /// What it is, with an example: `a latency objective: "p99 < 300ms"`.
    pub help: &'static str,
    /// Whether a text has this form, or why not.
    pub check: fn(&str) -> Result<(), String>,
}

/// A shape of a [`Schema`]; shapes refer to each other by this and may be recursive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ShapeId(usize);

/// What a value has to look like.
#[derive(Clone, Debug)]
pub enum Shape {
    /// Anything.
    Any,
    /// A string.
    Text(TextRule),
    /// A number.
    Number(NumberRule),
    /// `true` or `false`.
    Boolean,
    /// A list.
    Array(ArrayRule),
    /// A struct or a map.
    Table(TableRule),
    /// One of several options: a plain string, or a table with one key, which is the option's name.
    Choice(ChoiceRule),
    /// A struct whose keys depend on the value of one of them.
    Tagged(TaggedRule),
    /// One of several unlike shapes.
    Either(Vec<ShapeId>),
}

/// See [`Shape::Text`].
#[derive(Clone, Debug)]
pub struct TextRule {
    /// The quantity it holds, by its [`FORMAT`](sim_core::quantity::Quantity::FORMAT).
    pub format: Option<String>,
    /// Fewest characters.
    pub shortest: usize,
    /// Most characters.
    pub longest: usize,
}

/// See [`Shape::Number`].
#[derive(Clone, Copy, Debug)]
pub struct NumberRule {
    /// Whether only whole numbers fit.
    pub whole: bool,
    /// Smallest value.
    pub minimum: Option<f64>,
    /// Whether the smallest value itself does not fit.
    pub above_minimum: bool,
    /// Largest value.
    pub maximum: Option<f64>,
    /// Whether the largest value itself does not fit.
    pub below_maximum: bool,
}

/// See [`Shape::Array`].
#[derive(Clone, Debug)]
pub struct ArrayRule {
    /// Shapes of the first items, where they differ by position.
    pub first: Vec<ShapeId>,
    /// Shape of the others.
    pub items: Option<ShapeId>,
    /// Fewest items.
    pub shortest: usize,
    /// Most items.
    pub longest: usize,
}

/// See [`Shape::Table`].
#[derive(Clone, Debug)]
pub struct TableRule {
    /// The keys that are known.
    pub fields: IndexMap<String, Field>,
    /// What other keys may hold; `None` where there may be none.
    pub rest: Option<ShapeId>,
}

/// A known key of a table.
#[derive(Clone, Debug)]
pub struct Field {
    /// What it holds.
    pub shape: ShapeId,
    /// Whether it must be given.
    pub required: bool,
    /// The first sentence of its documentation.
    pub help: Option<String>,
}

/// See [`Shape::Choice`].
#[derive(Clone, Debug)]
pub struct ChoiceRule {
    /// What an option is called in messages.
    pub noun: String,
    /// The options by name.
    pub options: IndexMap<String, Choice>,
    /// Whether `"spread:zone"` is short for `{ spread = "zone" }` (annotation `x-argument`).
    pub argument: bool,
}

/// One option.
#[derive(Clone, Copy, Debug, Default)]
pub struct Choice {
    /// Whether its name alone will do.
    pub plain: bool,
    /// What its table holds, if it may have one.
    pub settings: Option<ShapeId>,
}

/// See [`Shape::Tagged`].
#[derive(Clone, Debug)]
pub struct TaggedRule {
    /// The key whose value selects.
    pub tag: String,
    /// The tables by that value.
    pub branches: IndexMap<String, TableRule>,
}

impl Schema {
    /// Compiles a JSON Schema.
    pub fn new(schema: &Json) -> Self {
        compile::compile(schema)
    }

    /// With further textual forms to check.
    #[must_use]
    pub fn with_formats(mut self, formats: &[Format]) -> Self {
        self.formats.extend(formats);
        self
    }

    /// Whether `text` has the form called `format`, or why not and what it should look like; `None` if the form is
    /// not known (`format` also says how large an integer is).
    pub(super) fn reads(&self, format: &str, text: &str) -> Option<Result<(), (String, &'static str)>> {
        match self.formats.iter().find(|known| known.name == format) {
            Some(known) => Some((known.check)(text).map_err(|message| (message, known.help))),
            None => sim_core::quantity::check(format, text),
        }
    }

    /// What a form means, with examples.
    pub(super) fn help(&self, format: &str) -> Option<&'static str> {
        self.reads(format, "?")?.err().map(|(_, help)| help)
    }

    /// The shape of the whole document.
    pub fn root(&self) -> ShapeId {
        self.root
    }

    /// The shape of this id.
    pub fn shape(&self, id: ShapeId) -> &Shape {
        &self.shapes[id.0]
    }

    /// Whether a value of this kind could fit, looking no deeper than its outside.
    pub(super) fn takes(&self, id: ShapeId, value: &Value) -> bool {
        match (self.shape(id), value) {
            (Shape::Any, _)
            | (Shape::Text(_) | Shape::Choice(_), Value::Text(_))
            | (Shape::Number(_), Value::Integer(_))
            | (Shape::Boolean, Value::Boolean(_))
            | (Shape::Array(_), Value::Array(_))
            | (Shape::Table(_) | Shape::Tagged(_), Value::Table(_)) => true,
            (Shape::Number(rule), Value::Float(_)) => !rule.whole,
            (Shape::Choice(rule), Value::Table(_)) => {
                rule.options.values().any(|choice| choice.settings.is_some())
            }
            (Shape::Either(shapes), _) => shapes.iter().any(|shape| self.takes(*shape, value)),
            _ => false,
        }
    }

    /// Of several shapes the one that `value` was most likely meant to have: one, decided by the value's outside, so
    /// that checking never multiplies with depth. `None` if it cannot have any.
    pub(super) fn pick(&self, shapes: &[ShapeId], value: &Value) -> Option<ShapeId> {
        let fit = |id: &ShapeId| match (self.shape(*id), value) {
            (Shape::Choice(rule), Value::Text(text))
                if rule.options.contains_key(text) || rule.with_argument(text).is_some() =>
            {
                3
            }
            (Shape::Text(rule), Value::Text(text)) => match &rule.format {
                None => 1,
                Some(format) if self.reads(format, text).is_none_or(|read| read.is_ok()) => 3,
                Some(_) if text.starts_with(|c: char| c.is_ascii_digit() || "$.-+".contains(c)) => 2,
                Some(_) => 0,
            },
            (Shape::Choice(rule), Value::Table(entries)) => {
                2 * entries.keys().filter(|key| rule.options.contains_key(*key)).count()
            }
            (Shape::Table(rule), Value::Table(entries)) => {
                2 * entries.keys().filter(|key| rule.fields.contains_key(*key)).count()
            }
            (Shape::Tagged(rule), Value::Table(entries)) => 2 * usize::from(entries.contains_key(&rule.tag)),
            _ => 1,
        };
        // The first of the best: `max_by_key` alone would take the last.
        shapes.iter().rev().filter(|shape| self.takes(**shape, value)).max_by_key(|shape| fit(shape)).copied()
    }

    /// `id`, or where that is one of several shapes, the one for `value`.
    pub(super) fn narrow(&self, id: ShapeId, value: &Value) -> ShapeId {
        match self.shape(id) {
            Shape::Either(shapes) => self.pick(shapes, value).unwrap_or(id),
            _ => id,
        }
    }

    /// What a message says is wanted.
    pub(super) fn describe(&self, id: ShapeId) -> String {
        match self.shape(id) {
            Shape::Any => "anything".into(),
            Shape::Text(rule) => match rule.format.as_deref().and_then(|format| self.help(format)) {
                Some(help) => help.split(':').next().unwrap_or(help).to_owned(),
                None => "text".into(),
            },
            Shape::Number(rule) if rule.whole => "a whole number".into(),
            Shape::Number(_) => "a number".into(),
            Shape::Boolean => "true or false".into(),
            Shape::Array(_) => "a list".into(),
            Shape::Table(_) | Shape::Tagged(_) => "a table".into(),
            Shape::Choice(rule) => format!("a choice ({})", super::suggest::list(rule.names())),
            Shape::Either(shapes) => {
                let member = |id: &ShapeId| match self.shape(*id) {
                    // Beside something else, what the options are called says more than their list.
                    Shape::Choice(rule) if rule.noun != compile::UNNAMED => format!("a {}", rule.noun),
                    _ => self.describe(*id),
                };
                shapes.iter().map(member).collect::<Vec<_>>().join(" or ")
            }
        }
    }
}

impl ChoiceRule {
    /// The names of the options.
    pub(super) fn names(&self) -> impl Iterator<Item = &str> + Clone {
        self.options.keys().map(String::as_str)
    }

    /// Splits `spread:zone` into an option, its argument and the argument's shape, where that is a way to write it.
    pub(super) fn with_argument<'t>(&self, text: &'t str) -> Option<(&'t str, &'t str, ShapeId)> {
        let (name, argument) = text.split_once(':').filter(|_| self.argument)?;
        Some((name.trim(), argument.trim(), self.options.get(name.trim())?.settings?))
    }
}

impl TableRule {
    /// The names of the known keys.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> + Clone {
        self.fields.keys().map(String::as_str)
    }

    /// The shape of what this key holds, if the key may be here.
    pub(crate) fn child(&self, key: &str) -> Option<ShapeId> {
        self.fields.get(key).map(|field| field.shape).or(self.rest)
    }
}

impl TaggedRule {
    /// The branch that a table's tag selects.
    pub(super) fn branch<'r>(&'r self, value: &Value) -> Option<(&'r str, &'r TableRule)> {
        let Value::Table(entries) = value else { return None };
        let name = entries.get(&self.tag)?.as_text()?;
        self.branches.get_key_value(name).map(|(name, branch)| (name.as_str(), branch))
    }

    /// The shape of what this key holds: by the selected branch, or by any where none is selected.
    pub(super) fn child(&self, value: &Value, key: &str) -> Option<ShapeId> {
        match self.branch(value) {
            Some((_, branch)) => branch.child(key),
            None => self.branches.values().find_map(|branch| branch.child(key)),
        }
    }
}
