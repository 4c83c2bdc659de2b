//! Sweep axes: a path and the values it takes.

use std::sync::Arc;

use indexmap::IndexMap;

use crate::document::{Code, Diagnostic, Diagnostics, Node, Origin, Path, Value};
use crate::naming::axis_keys;

/// One axis.
#[derive(Clone, Debug)]
pub(super) struct Axis {
    /// The setting that is swept.
    pub path: Path,
    /// Where the axis is written.
    pub key: Origin,
    /// The values, with their texts.
    pub values: Vec<(String, Node)>,
}

/// Reads a `sweep` table. A path may be one quoted key (`"services.web.memory" = [...]`) or dotted as TOML has it
/// (`services.web.memory = [...]`), which makes tables in tables.
pub(super) fn read(table: &Node, path: &str, problems: &mut Diagnostics) -> Vec<Axis> {
    let mut axes = Vec::new();
    match &table.value {
        Value::Table(entries) => {
            for (key, node) in entries {
                match Path::parse(key) {
                    Ok(steps) => collect(steps, node, path, &mut axes, problems),
                    Err(problem) => {
                        let message = format!("`{key}` is not a path: {problem}");
                        problems.push(Diagnostic::new(Code::BadPath, node.key.clone(), path, message));
                    }
                }
            }
        }
        other => {
            let message = format!("expected a table of axes, found {}", other.kind());
            let hint = "as in \"services.web.memory\" = [\"512MB\", \"1769MB\"]";
            problems.push(Diagnostic::new(Code::WrongType, table.origin.clone(), path, message).hint(hint));
        }
    }
    axes
}

fn collect(at: Path, node: &Node, path: &str, axes: &mut Vec<Axis>, problems: &mut Diagnostics) {
    match &node.value {
        Value::Table(entries) => {
            for (key, child) in entries {
                let mut deeper = at.clone();
                deeper.push_key(key);
                collect(deeper, child, path, axes, problems);
            }
        }
        Value::Array(items) => axes.push(axis(at, node, items, path, problems)),
        other => {
            let message = format!("expected a list of values for `{at}`, found {}", other.kind());
            let hint = "write the values in [ ]";
            problems.push(Diagnostic::new(Code::WrongType, node.origin.clone(), path, message).hint(hint));
        }
    }
}

fn axis(at: Path, node: &Node, items: &[Node], path: &str, problems: &mut Diagnostics) -> Axis {
    let name: Arc<str> = at.to_string().into();
    let mut values: Vec<(String, Node)> = Vec::with_capacity(items.len());
    let mut seen = Seen::default();
    for item in items {
        let mut item = item.clone();
        let name = name.clone();
        item.relabel(&|origin| match origin.place() {
            Some(place) => Origin::Sweep(name.clone(), place),
            None => origin.clone(),
        });
        let text = text(&item);
        if seen.has(&item, &values) {
            let message = format!("the axis has the value {text} twice");
            problems.push(Diagnostic::new(Code::Meaning, item.origin.clone(), path, message));
        }
        values.push((seen.name(text), item));
    }
    if items.is_empty() {
        let message = format!("the axis `{at}` has no values");
        problems.push(Diagnostic::new(Code::OutOfRange, node.origin.clone(), path, message));
    }
    Axis { path: at, key: node.key.clone(), values }
}

/// The values of an axis so far: there may be many, and each is compared with all before it.
#[derive(Default)]
struct Seen {
    /// Places of values by their JSON.
    places: IndexMap<String, Vec<usize>>,
    /// How many names are this text, or begin with it and a `#`.
    names: IndexMap<String, usize>,
}

impl Seen {
    /// Whether `item` is among `values`; it is from now on.
    fn has(&mut self, item: &Node, values: &[(String, Node)]) -> bool {
        let places = self.places.entry(item.to_json().to_string()).or_default();
        let has = places.iter().any(|place| values[*place].1 == *item);
        if !has {
            places.push(values.len());
        }
        has
    }

    /// A name for a value of this text: the text, with a number where others are alike.
    fn name(&mut self, text: String) -> String {
        let alike = self.names.get(&text).copied().unwrap_or(0);
        let name = if alike == 0 { text } else { format!("{text}#{}", alike + 1) };
        let stems = name.match_indices('#').map(|(at, _)| &name[..at]);
        for stem in stems.chain([name.as_str()]) {
            *self.names.entry(stem.to_owned()).or_default() += 1;
        }
        name
    }
}

/// Reports axes of one setting: among `axes`, and between these and `others`.
pub(super) fn apart(others: &[Axis], axes: &[Axis], path: &str, problems: &mut Diagnostics) {
    for (index, axis) in axes.iter().enumerate() {
        if others.iter().chain(&axes[..index]).any(|other| other.path == axis.path) {
            let message = format!("`{}` is swept by two axes", axis.path);
            problems.push(
                Diagnostic::new(Code::Meaning, axis.key.clone(), path, message).hint("keep one of them"),
            );
        }
    }
}

/// Longest text of a value in the name of its variant, in characters.
const TEXT_LIMIT: usize = 40;

/// A value as the name of its variant shows it: itself if that is short, of a choice with settings the option.
fn text(node: &Node) -> String {
    let whole = match &node.value {
        Value::Text(text) => text.clone(),
        Value::Table(entries) if entries.len() == 1 => entries.keys().next().cloned().unwrap_or_default(),
        _ => node.to_json().to_string().replace('"', ""),
    };
    match whole.char_indices().nth(TEXT_LIMIT) {
        Some((cut, _)) => format!("{}...", &whole[..cut]),
        None => whole,
    }
}

/// What the axes are called in the names of variants: as everywhere, in one word each.
pub(super) fn labels(axes: &[Axis]) -> Vec<String> {
    let paths: Vec<String> = axes.iter().map(|axis| axis.path.to_string()).collect();
    let paths: Vec<&str> = paths.iter().map(String::as_str).collect();
    axis_keys(&paths)
}

/// The positions along each axis of the `index`-th point of their product, the last axis running fastest.
pub(super) fn positions(axes: &[Axis], mut index: usize) -> Vec<usize> {
    let mut positions: Vec<usize> = axes
        .iter()
        .rev()
        .map(|axis| {
            let length = axis.values.len().max(1);
            let position = index % length;
            index /= length;
            position
        })
        .collect();
    positions.reverse();
    positions
}
