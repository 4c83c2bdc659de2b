//! The spanned document: parsing, merging, origins, schema checks, diagnostics.
//!
//! A scenario is checked as a tree of values that know where they came from, before anything is deserialised. A
//! deserialiser stops at its first error and has forgotten the line; a tree with origins lets the loader report
//! every problem at once, each at the line of the file, the `--set` or the sweep axis that caused it.
//!
//! The steps, each a module:
//!
//! 1. [`parse()`](parse::parse) reads TOML text into a [`Node`] tree and keeps going after a syntax error.
//! 2. [`Schema`] is the JSON Schema of the configuration types, compiled into the few shapes that occur.
//! 3. [`merge()`](merge::merge) lays a variant's patch over the base, knowing from the schema what is a choice.
//! 4. [`set()`](set::set) puts one value at a [`Path`]: `--set` and sweep axes.
//! 5. [`check()`](check::check) walks the tree against the schema and collects every problem.
//! 6. [`mend()`](mend::mend) puts stand-ins in the place of what is wrong, so that the rest can be read.
//! 7. [`Report`] sorts, merges and renders [`Diagnostic`]s as text.
//!
//! Text from a file is not trusted: sizes and depths are limited, names are restricted to what is safe in a file
//! name and in HTML, and control characters are escaped before anything is shown.

pub mod check;
pub mod diagnostic;
pub mod mend;
pub mod merge;
pub mod parse;
pub mod path;
pub mod schema;
pub mod set;
mod suggest;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use indexmap::IndexMap;
use serde_json::Value as Json;

pub use diagnostic::{Code, Diagnostic, Diagnostics, Report, Severity};
pub use path::{Path, Step};
pub use schema::Schema;

/// A place in the scenario file: a range of bytes. Lines and columns are counted only where one is shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// First byte.
    pub start: usize,
    /// One past the last byte.
    pub end: usize,
}

/// Where a value came from, to be named in a diagnostic about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// Written in the file, outside any variant.
    Base(Place),
    /// Written in the file, in the patch of the variant of this name.
    Variant(Arc<str>, Place),
    /// Given on the command line; the text behind `--set`.
    Set(Arc<str>),
    /// A value of the sweep axis of this path, written in the file.
    Sweep(Arc<str>, Place),
    /// Not written by the user.
    BuiltIn,
}

impl Origin {
    /// The place in the file, if the value stands there.
    pub fn place(&self) -> Option<Place> {
        match self {
            Origin::Base(place) | Origin::Variant(_, place) | Origin::Sweep(_, place) => Some(*place),
            Origin::Set(_) | Origin::BuiltIn => None,
        }
    }
}

/// A value with its origin and the origin of the key that names it.
#[derive(Clone, Debug)]
pub struct Node {
    /// The value.
    pub value: Value,
    /// Where the value came from. A table merged from base and variant keeps the origin of the base.
    pub origin: Origin,
    /// Where its key came from; the same as `origin` for what has no key (an array's item, the root).
    pub key: Origin,
}

/// A value of a document; what TOML knows.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// Named values in the order of the file.
    Table(IndexMap<String, Node>),
    /// A list.
    Array(Vec<Node>),
    /// A string.
    Text(String),
    /// A whole number.
    Integer(i64),
    /// A number with a fraction or an exponent.
    Float(f64),
    /// `true` or `false`.
    Boolean(bool),
    /// A date or a time of day; no setting uses one, so its text is enough for a message.
    Datetime(String),
}

impl PartialEq for Node {
    /// Equal in value, wherever from.
    fn eq(&self, other: &Node) -> bool {
        self.value == other.value
    }
}

impl Value {
    /// What a message calls a value of this kind.
    pub fn kind(&self) -> &'static str {
        match self {
            Value::Table(_) => "a table",
            Value::Array(_) => "a list",
            Value::Text(_) => "text",
            Value::Integer(_) => "a whole number",
            Value::Float(_) => "a number",
            Value::Boolean(_) => "true or false",
            Value::Datetime(_) => "a date or time",
        }
    }
}

impl Node {
    /// A node whose key and value have one origin.
    pub fn new(value: Value, origin: Origin) -> Self {
        Node { value, key: origin.clone(), origin }
    }

    /// An empty table.
    pub fn table(origin: Origin) -> Self {
        Node::new(Value::Table(IndexMap::new()), origin)
    }

    /// The entries, if this is a table.
    pub fn as_table(&self) -> Option<&IndexMap<String, Node>> {
        match &self.value {
            Value::Table(entries) => Some(entries),
            _ => None,
        }
    }

    /// The text, if this is text.
    pub fn as_text(&self) -> Option<&str> {
        match &self.value {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The entry of this name, if this is a table that has one.
    pub fn get(&self, key: &str) -> Option<&Node> {
        self.as_table()?.get(key)
    }

    /// The node at `path`, if there is one.
    pub fn at(&self, path: &Path) -> Option<&Node> {
        path.steps().iter().try_fold(self, |node, step| match (step, &node.value) {
            (Step::Key(key), Value::Table(entries)) => entries.get(key),
            (Step::Index(index), Value::Array(items)) => items.get(*index),
            _ => None,
        })
    }

    /// The value as JSON, keys in order, for deserialising once [`check::check`] has found nothing. (A number that
    /// is not finite has no JSON form and becomes null; the check refuses it.)
    pub fn to_json(&self) -> Json {
        match &self.value {
            Value::Table(entries) => {
                entries.iter().map(|(key, node)| (key.clone(), node.to_json())).collect()
            }
            Value::Array(items) => items.iter().map(Node::to_json).collect(),
            Value::Text(text) | Value::Datetime(text) => Json::from(text.as_str()),
            Value::Integer(number) => Json::from(*number),
            Value::Float(number) => Json::from(*number),
            Value::Boolean(value) => Json::from(*value),
        }
    }

    /// Where the setting at `path` came from: the key of the node there, or of its nearest ancestor that exists.
    /// The path is one that the specification's checks wrote (`services.web.scaling`), where a name with dots in it
    /// stands without quotes; the longest name that fits is taken.
    pub fn origin_of(&self, path: &str) -> &Origin {
        let mut node = self;
        let mut rest = path;
        while let Some((child, behind)) = path::descend(node, rest) {
            node = child;
            rest = behind;
        }
        if matches!(node.value, Value::Table(_)) { &node.key } else { &node.origin }
    }

    /// Gives every node of the tree the origin that `change` makes of its own.
    pub fn relabel(&mut self, change: &impl Fn(&Origin) -> Origin) {
        self.origin = change(&self.origin);
        self.key = change(&self.key);
        match &mut self.value {
            Value::Table(entries) => entries.values_mut().for_each(|node| node.relabel(change)),
            Value::Array(items) => items.iter_mut().for_each(|node| node.relabel(change)),
            _ => {}
        }
    }

    /// How many values the tree holds, itself included.
    pub fn size(&self) -> usize {
        1 + match &self.value {
            Value::Table(entries) => entries.values().map(Node::size).sum::<usize>(),
            Value::Array(items) => items.iter().map(Node::size).sum::<usize>(),
            _ => 0,
        }
    }
}
