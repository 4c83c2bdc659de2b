//! One value put at a path: `--set path=value` and sweep axes.
//!
//! A setting can be put where the schema has one and the thing it belongs to exists: settings are added, things are
//! not. `services.wbe.timeout` does not make a service `wbe`, and a setting of another policy than the one that is
//! in force does not change the policy.

use std::sync::Arc;

use super::path::{Path, Step};
use super::schema::{Schema, Shape, ShapeId};
use super::{Node, Origin, Value, parse, suggest};

/// Why a value cannot be put at a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// What is wrong.
    pub message: String,
    /// What to do about it.
    pub hint: Option<String>,
}

impl Refusal {
    /// A refusal with a hint.
    pub fn new(message: impl Into<String>, hint: impl Into<String>) -> Self {
        Refusal { message: message.into(), hint: Some(hint.into()) }
    }

    /// There is no such key among those that are known.
    pub fn unknown_key<'n>(key: &str, known: impl IntoIterator<Item = &'n str>) -> Self {
        let known: Vec<&str> = known.into_iter().collect();
        Refusal::new(format!("unknown key `{key}`"), suggest::hint(key, "the keys here are", known))
    }

    /// There is no `kind` of this name among those that there are.
    pub fn no_such<'n>(kind: &str, name: &str, existing: impl IntoIterator<Item = &'n str>) -> Self {
        let existing: Vec<&str> = existing.into_iter().collect();
        let hint = match existing.is_empty() {
            true => "there is nothing of this kind in the scenario".to_owned(),
            false => suggest::hint(name, "there is", existing),
        };
        Refusal::new(format!("there is no {kind} `{name}`"), hint)
    }
}

/// One `--set`: where, and the text of the value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Override {
    /// Where.
    pub path: Path,
    /// The value as typed.
    pub value: String,
    /// The whole as a message shows it: `--set path=value`, `--seed 7`.
    pub text: Arc<str>,
}

impl Override {
    /// Reads `path=value`. The error is a sentence about it.
    pub fn parse(text: &str) -> Result<Self, String> {
        let (path, value) =
            text.split_once('=').ok_or_else(|| format!("`{text}` is not of the form path=value"))?;
        let path = Path::parse(path).map_err(|problem| format!("`{text}`: {problem}"))?;
        let shown = format!("--set {text}").into();
        Ok(Override { path, value: value.trim().to_owned(), text: shown })
    }

    /// What an option of its own stands for: `--seed 7` is `run.seed=7`.
    pub fn option(path: &str, value: &str, shown: &str) -> Result<Self, String> {
        Ok(Override { path: Path::parse(path)?, value: value.to_owned(), text: shown.into() })
    }
}

/// Puts the value of `given` into the tree, reading its text as what the schema wants there. A tree in which it has
/// no place is left as it was.
pub fn set(schema: &Schema, root: &mut Node, given: &Override) -> Result<(), Refusal> {
    let origin = Origin::Set(given.text.clone());
    let shape = target(schema, root, &given.path)?;
    if let Some(node) = make(root, &given.path, &origin) {
        *node = read(schema, shape, &given.value, &origin);
    }
    Ok(())
}

/// Puts `value` into the tree; a tree in which it has no place is left as it was.
pub fn put(schema: &Schema, root: &mut Node, path: &Path, value: &Node) -> Result<(), Refusal> {
    target(schema, root, path)?;
    if let Some(node) = make(root, path, &value.origin) {
        *node = value.clone();
    }
    Ok(())
}

/// The value that `text` stands for where the shape `id` is wanted: a TOML value if such a one is wanted there, else
/// text. What does not fit is read as text and refused by the check.
fn read(schema: &Schema, id: ShapeId, text: &str, origin: &Origin) -> Node {
    let plain = Value::Text(text.to_owned());
    match parse::parse_value(text, origin) {
        Some(node) if schema.takes(id, &node.value) || !schema.takes(id, &plain) => node,
        _ => Node::new(plain, origin.clone()),
    }
}

/// The shape of what stands at `path` or may be put there.
fn target(schema: &Schema, root: &Node, path: &Path) -> Result<ShapeId, Refusal> {
    let nothing = Node::table(Origin::BuiltIn);
    let mut node = root;
    let mut id = schema.root();
    let last = path.steps().len().saturating_sub(1);
    for (position, step) in path.steps().iter().enumerate() {
        id = schema.narrow(id, &node.value);
        (node, id) = match step {
            Step::Index(index) => item(schema, node, id, *index)?,
            Step::Key(key) => {
                let child = child_shape(schema, node, id, key)?;
                allow(schema, node, id, key, child, position == last)?;
                (node.get(key).unwrap_or(&nothing), child)
            }
        };
    }
    Ok(id)
}

/// The node at a path that [`target`] has found, made where it is not yet there.
fn make<'n>(root: &'n mut Node, path: &Path, origin: &Origin) -> Option<&'n mut Node> {
    path.steps().iter().try_fold(root, |node, step| match (step, &mut node.value) {
        (Step::Index(index), Value::Array(items)) => items.get_mut(*index),
        (Step::Key(key), Value::Table(entries)) => {
            Some(entries.entry(key.clone()).or_insert_with(|| Node::table(origin.clone())))
        }
        _ => None,
    })
}

fn item<'n>(
    schema: &Schema,
    node: &'n Node,
    id: ShapeId,
    index: usize,
) -> Result<(&'n Node, ShapeId), Refusal> {
    let (Value::Array(items), Shape::Array(rule)) = (&node.value, schema.shape(id)) else {
        return Err(Refusal::new(format!("[{index}] picks from a list, and this is none"), "leave it out"));
    };
    let shape = rule.first.get(index).copied().or(rule.items);
    items.get(index).zip(shape).ok_or_else(|| {
        let hint = format!("it has {}, counted from 0", items.len());
        Refusal::new(format!("the list has no item [{index}]"), hint)
    })
}

/// The shape of `key` in `node`, or why it cannot be there.
fn child_shape(schema: &Schema, node: &Node, id: ShapeId, key: &str) -> Result<ShapeId, Refusal> {
    let unknown = |noun: &str, hint: String| Refusal::new(format!("unknown {noun} `{key}`"), hint);
    match schema.shape(id) {
        Shape::Table(rule) => rule
            .child(key)
            .ok_or_else(|| unknown("key", suggest::hint(key, "the keys here are", rule.names()))),
        Shape::Tagged(rule) => {
            let names = rule.branch(&node.value).map(|(_, branch)| branch.names().collect::<Vec<_>>());
            let owners = rule.branches.iter().filter(|(_, branch)| branch.fields.contains_key(key));
            let owners: Vec<&str> = owners.map(|(name, _)| name.as_str()).collect();
            rule.child(&node.value, key).ok_or_else(|| match owners.is_empty() {
                true => unknown("key", suggest::hint(key, "the keys here are", names.unwrap_or_default())),
                false => Refusal::new(
                    format!("`{key}` belongs to {} {}", rule.tag, suggest::list(owners)),
                    suggest::hint(key, "the keys here are", names.unwrap_or_default()),
                ),
            })
        }
        Shape::Choice(rule) => match rule.options.get(key).and_then(|choice| choice.settings) {
            Some(settings) => Ok(settings),
            None => Err(unknown(&rule.noun, suggest::hint(key, "one of", rule.names()))),
        },
        Shape::Any => Ok(id),
        _ => Err(Refusal::new(
            format!("there is no `{key}` in {}", schema.describe(id)),
            "the path ends before it",
        )),
    }
}

/// Whether `key` exists in `node` or may be added to it.
fn allow(
    schema: &Schema,
    node: &Node,
    id: ShapeId,
    key: &str,
    child: ShapeId,
    last: bool,
) -> Result<(), Refusal> {
    if node.get(key).is_some() {
        return Ok(());
    }
    let existing: Vec<&str> =
        node.as_table().into_iter().flat_map(|table| table.keys()).map(String::as_str).collect();
    match schema.shape(id) {
        Shape::Choice(rule) if let Some(other) = existing.first().copied().or(node.as_text()) => {
            Err(Refusal::new(
                format!("the {} here is `{other}`, not `{key}`", rule.noun),
                "to change it, set the whole choice",
            ))
        }
        _ if node.as_table().is_none() => Err(Refusal::new(
            format!("there is no `{key}` in {}", node.value.kind()),
            "the path ends before it",
        )),
        Shape::Table(rule) if !rule.fields.contains_key(key) => match schema.shape(child) {
            Shape::Table(_) | Shape::Tagged(_) | Shape::Any => Err(Refusal::no_such("entry", key, existing)),
            _ if last => Ok(()),
            _ => Err(Refusal::no_such("entry", key, existing)),
        },
        _ => Ok(()),
    }
}
