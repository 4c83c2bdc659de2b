//! A broken document mended, so that what is right in it can be judged.
//!
//! Checks of meaning (a median above its p99, a service that does not exist) need whole, deserialised settings. So that
//! one wrong unit does not hide them all, every part that is structurally wrong is replaced by a stand-in of the right
//! shape: a value that is wrong, a key that is missing. Each document is mended twice, with stand-ins at either
//! [end](StandIn) of what is possible. What is wrong with both, in the same words, does not depend on the stand-ins,
//! and so is wrong with what the author wrote; and nothing is ever said of a stand-in itself.

mod stand_in;

use indexmap::IndexMap;

use super::check::check_part;
use super::diagnostic::Diagnostics;
use super::path::Path;
use super::schema::{ArrayRule, ChoiceRule, Schema, Shape, ShapeId, TableRule};
use super::{Node, Value, suggest};

pub use stand_in::StandIn;

/// A document with stand-ins.
#[derive(Clone, Debug)]
pub struct Mended {
    /// The document, structurally right.
    pub node: Node,
    /// Where stand-ins are.
    doubtful: Vec<String>,
    /// Tables that lost a key that nobody knows, which may have been meant for any that is not written.
    robbed: Vec<Robbed>,
}

/// A table that lost a key.
#[derive(Clone, Debug)]
struct Robbed {
    path: String,
    /// The keys that it has and that were written.
    written: Vec<String>,
}

impl Robbed {
    /// Whether `path` is the table, or something of it that nobody wrote.
    fn doubts(&self, path: &str) -> bool {
        let Some(rest) = below(path, &self.path) else { return false };
        rest.is_empty() || !self.written.iter().any(|key| below(rest, key).is_some())
    }
}

impl Mended {
    /// Whether what stands at `path`, or that it stands there, is not the author's.
    pub fn doubts(&self, path: &str) -> bool {
        let path = plain(path);
        self.doubtful.iter().any(|outer| below(&path, outer).is_some())
            || self.robbed.iter().any(|table| table.doubts(&path))
    }

    /// Replaces what stands at two keys (`services`, `web`) and nobody could read.
    pub fn replace_entry(&mut self, schema: &Schema, table: &str, name: &str, with: StandIn) {
        let shape = match schema.shape(schema.root()) {
            Shape::Table(rule) => rule.child(table).map(|id| schema.shape(id)),
            _ => None,
        };
        let Some(Shape::Table(rule)) = shape else { return };
        let Value::Table(tables) = &mut self.node.value else { return };
        let entry = tables.get_mut(table).and_then(|entries| match &mut entries.value {
            Value::Table(entries) => entries.get_mut(name),
            _ => None,
        });
        if let (Some(entry), Some(id)) = (entry, rule.child(name)) {
            entry.value = with.of(schema, id);
            self.doubtful.push(format!("{table}.{name}"));
        }
    }
}

/// Mends a document of the schema's root shape.
pub fn mend(schema: &Schema, root: &Node, with: StandIn) -> Mended {
    let mended = Mended { node: root.clone(), doubtful: Vec::new(), robbed: Vec::new() };
    let mut mender = Mender { schema, with, path: Path::default(), mended };
    let mut node = root.clone();
    mender.value(&mut node, schema.root());
    Mended { node, ..mender.mended }
}

/// A path as checks of meaning may have written it: names with dots without quotes.
fn plain(path: &str) -> String {
    path.replace(['"', '\''], "")
}

/// What is left of a path below `outer`: nothing where it is `outer`; none where it is elsewhere.
fn below<'p>(path: &'p str, outer: &str) -> Option<&'p str> {
    if outer.is_empty() {
        return Some(path);
    }
    let rest = path.strip_prefix(outer)?;
    if rest.is_empty() || rest.starts_with('[') { Some(rest) } else { rest.strip_prefix('.') }
}

struct Mender<'s> {
    schema: &'s Schema,
    with: StandIn,
    path: Path,
    mended: Mended,
}

impl Mender<'_> {
    fn value(&mut self, node: &mut Node, id: ShapeId) {
        let schema = self.schema;
        match (schema.shape(id), &mut node.value) {
            (Shape::Table(rule), Value::Table(entries)) => self.table(entries, rule, None),
            (Shape::Tagged(rule), Value::Table(_)) => match rule.branch(&node.value) {
                Some((_, branch)) => {
                    let branch = branch.clone();
                    if let Value::Table(entries) = &mut node.value {
                        self.table(entries, &branch, Some(&rule.tag));
                    }
                }
                None => self.replace(node, id),
            },
            (Shape::Choice(rule), Value::Table(entries)) => match chosen(rule, entries) {
                Some((name, inner, settings)) => self.child(&name, inner, settings),
                None => self.replace(node, id),
            },
            (Shape::Array(rule), Value::Array(items))
                if (rule.shortest..=rule.longest).contains(&items.len()) =>
            {
                self.array(items, rule);
            }
            (Shape::Either(shapes), value) => match schema.pick(shapes, value) {
                Some(shape) => self.value(node, shape),
                None => self.replace(node, id),
            },
            _ => self.leaf(node, id),
        }
    }

    /// What has no parts that could be right by themselves.
    fn leaf(&mut self, node: &mut Node, id: ShapeId) {
        let mut found = Diagnostics::default();
        check_part(self.schema, id, node, self.path.clone(), &mut found);
        if found.any_error() {
            self.replace(node, id);
        }
    }

    fn replace(&mut self, node: &mut Node, id: ShapeId) {
        node.value = self.with.of(self.schema, id);
        self.doubt();
    }

    fn doubt(&mut self) {
        self.mended.doubtful.push(plain(&self.path.to_string()));
    }

    fn child(&mut self, key: &str, node: &mut Node, id: ShapeId) {
        self.path.push_key(key);
        self.value(node, id);
        self.path.pop();
    }

    fn array(&mut self, items: &mut [Node], rule: &ArrayRule) {
        for (index, item) in items.iter_mut().enumerate() {
            if let Some(shape) = rule.first.get(index).copied().or(rule.items) {
                self.path.push_index(index);
                self.value(item, shape);
                self.path.pop();
            }
        }
    }

    /// A struct or a map, its `tag` (if it has one) known to be right.
    fn table(&mut self, entries: &mut IndexMap<String, Node>, rule: &TableRule, tag: Option<&str>) {
        let unknown = |key: &String| rule.child(key).is_none() && tag != Some(key);
        let strange: Vec<String> = entries.keys().filter(|key| unknown(key)).cloned().collect();
        let written: Vec<String> = entries.keys().map(|key| plain(key)).collect();
        for key in strange {
            let Some(node) = entries.shift_remove(&key) else { continue };
            match suggest::closest(&key, rule.names()).filter(|meant| !entries.contains_key(*meant)) {
                Some(meant) => {
                    self.path.push_key(meant);
                    self.doubt();
                    self.path.pop();
                    entries.insert(meant.to_owned(), node);
                }
                None => {
                    let path = plain(&self.path.to_string());
                    self.mended.robbed.push(Robbed { path, written: written.clone() });
                }
            }
        }
        for (key, field) in rule.fields.iter().filter(|(_, field)| field.required) {
            if !entries.contains_key(key) && tag != Some(key) {
                let mut node = Node::table(super::Origin::BuiltIn);
                self.path.push_key(key);
                self.replace(&mut node, field.shape);
                self.path.pop();
                entries.insert(key.clone(), node);
            }
        }
        for (key, node) in entries.iter_mut().filter(|(key, _)| tag != Some(key.as_str())) {
            if let Some(shape) = rule.child(key) {
                self.child(key, node, shape);
            }
        }
    }
}

/// The one option that a table chooses, with its settings; none where it chooses no option or several.
fn chosen<'e>(
    rule: &ChoiceRule,
    entries: &'e mut IndexMap<String, Node>,
) -> Option<(String, &'e mut Node, ShapeId)> {
    if entries.len() != 1 {
        return None;
    }
    let (name, settings) = entries.iter_mut().next()?;
    Some((name.clone(), settings, rule.options.get(name)?.settings?))
}
