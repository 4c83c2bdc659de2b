//! TOML text to a tree of nodes, with every syntax error at its line.
//!
//! The parser recovers after an error. Where that is dependable (a value without quotes, a key given twice) the
//! caller goes on with the recovered tree and reports what else is wrong; elsewhere the tree is not to be trusted.

use indexmap::IndexMap;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::diagnostic::{Code, Diagnostic, Diagnostics};
use super::path::Path;
use super::{Node, Origin, Place, Value};

/// Largest file that is read, in bytes. A scenario is written by hand; a large one is generated and counts names. A value
/// takes two bytes at least and about 600 in memory while it is checked, so no file takes more than a gibibyte.
pub const SIZE_LIMIT: usize = 2 << 20;
/// Deepest nesting of tables and lists.
pub const DEPTH_LIMIT: usize = 40;

/// What became of a text.
#[derive(Debug)]
pub struct Parsed {
    /// The tree; what could be recovered of it after errors.
    pub root: Node,
    /// Whether the tree means what its author wrote, so that further checks say something sensible.
    pub sound: bool,
    /// Whether everything that was written is in the tree, so that what is missing was not written.
    pub complete: bool,
}

/// Parses a whole document.
pub fn parse(text: &str, problems: &mut Diagnostics) -> Parsed {
    if text.len() > SIZE_LIMIT {
        let message = format!("the file has {} bytes; at most {} MiB are read", text.len(), SIZE_LIMIT >> 20);
        problems.push(Diagnostic::new(Code::Limit, Origin::Base(Place::default()), "", message));
        return Parsed { root: Node::table(Origin::BuiltIn), sound: false, complete: false };
    }
    let (table, errors) = DeTable::parse_recoverable(text);
    let mut parsed = Parsed {
        root: Node::table(Origin::Base(Place::default())),
        sound: true,
        complete: errors.is_empty(),
    };
    let mut found = Diagnostics::default();
    for error in &errors {
        let place =
            error.span().map_or_else(Place::default, |span| Place { start: span.start, end: span.end });
        let (diagnostic, dependable) = syntax(text, place, error.message());
        parsed.sound &= dependable;
        found.push(diagnostic);
    }
    let mut reader = Reader { problems: &mut found, too_deep: false };
    parsed.root.value = reader.table(table.get_ref(), 0);
    parsed.sound &= !reader.too_deep;
    found.name_paths(|place| setting_at(&parsed.root, place, &mut Path::default()));
    problems.append(found);
    parsed
}

/// The path of the single value that stands at `place`.
fn setting_at(node: &Node, place: Place, path: &mut Path) -> Option<String> {
    let mut inside = |child: &Node, step: &dyn Fn(&mut Path)| {
        step(path);
        let found = setting_at(child, place, path);
        path.pop();
        found
    };
    match &node.value {
        Value::Table(entries) => {
            entries.iter().find_map(|(key, child)| inside(child, &|path: &mut Path| path.push_key(key)))
        }
        Value::Array(items) => items
            .iter()
            .enumerate()
            .find_map(|(index, child)| inside(child, &|path: &mut Path| path.push_index(index))),
        _ => (node.origin.place() == Some(place)).then(|| path.to_string()),
    }
}

/// Parses one value as TOML writes it, for `--set`; `None` where it is not one.
pub(super) fn parse_value(text: &str, origin: &Origin) -> Option<Node> {
    if text.len() > SIZE_LIMIT {
        return None;
    }
    let value = DeValue::parse(text).ok()?;
    let mut ignored = Diagnostics::default();
    let mut reader = Reader { problems: &mut ignored, too_deep: false };
    let mut node = reader.node(&value, Place::default(), 0);
    node.relabel(&|_| origin.clone());
    ignored.is_empty().then_some(node)
}

/// A syntax error in our words where the parser's say less, and whether the parser recovers from it dependably.
fn syntax(text: &str, place: Place, message: &str) -> (Diagnostic, bool) {
    let found = text.get(place.start..place.end).unwrap_or_default();
    let at = |code: Code, message: String| Diagnostic::new(code, Origin::Base(place), "", message);
    if message.starts_with("string values must be quoted") && !found.trim().is_empty() {
        let problem = at(Code::Syntax, "text and quantities are written in quotes".into());
        return (problem.hint(format!("write \"{found}\"")), true);
    }
    if message.starts_with("duplicate key") {
        let problem = at(Code::Syntax, format!("`{found}` is given twice"));
        return (
            problem.hint("keep one; a table of one name has one `[header]`, with all its keys below"),
            true,
        );
    }
    (at(Code::Syntax, format!("this is not TOML: {message}")), false)
}

struct Reader<'d> {
    problems: &'d mut Diagnostics,
    too_deep: bool,
}

impl Reader<'_> {
    fn node(&mut self, value: &Spanned<DeValue<'_>>, key: Place, depth: usize) -> Node {
        let span = value.span();
        let place = Place { start: span.start, end: span.end };
        let value = self.value(value.get_ref(), place, depth);
        Node { value, origin: Origin::Base(place), key: Origin::Base(key) }
    }

    fn value(&mut self, value: &DeValue<'_>, place: Place, depth: usize) -> Value {
        match value {
            DeValue::String(text) => Value::Text(text.to_string()),
            DeValue::Boolean(value) => Value::Boolean(*value),
            DeValue::Datetime(value) => Value::Datetime(value.to_string()),
            DeValue::Integer(number) => match i64::from_str_radix(number.as_str(), number.radix()) {
                Ok(number) => Value::Integer(number),
                Err(_) => Value::Integer(self.too_large(place).unwrap_or(0)),
            },
            DeValue::Float(number) => match number.as_str().parse::<f64>() {
                Ok(number) => Value::Float(number),
                Err(_) => Value::Float(self.too_large(place).unwrap_or(0.0)),
            },
            DeValue::Array(_) | DeValue::Table(_) if depth >= DEPTH_LIMIT => {
                self.nested(place);
                Value::Array(Vec::new())
            }
            DeValue::Array(items) => Value::Array(
                items
                    .iter()
                    .map(|item| {
                        let span = item.span();
                        self.node(item, Place { start: span.start, end: span.end }, depth + 1)
                    })
                    .collect(),
            ),
            DeValue::Table(table) => self.table(table, depth + 1),
        }
    }

    /// The entries in the order of the text. (The parser moves a table to the end when its header follows those of
    /// tables inside it.)
    fn table(&mut self, table: &DeTable<'_>, depth: usize) -> Value {
        let mut entries: Vec<(String, Node, usize)> = table
            .iter()
            .map(|(key, value)| {
                let place = Place { start: key.span().start, end: key.span().end };
                (key.get_ref().to_string(), self.node(value, place, depth), place.start)
            })
            .collect();
        entries.sort_by_key(|entry| entry.2);
        Value::Table(entries.into_iter().map(|(key, node, _)| (key, node)).collect::<IndexMap<_, _>>())
    }

    fn too_large<T>(&mut self, place: Place) -> Option<T> {
        let message = "this number is outside the range of 64 bits";
        self.problems.push(Diagnostic::new(Code::OutOfRange, Origin::Base(place), "", message));
        None
    }

    fn nested(&mut self, place: Place) {
        self.too_deep = true;
        let message = format!("tables and lists are nested more than {DEPTH_LIMIT} deep");
        self.problems.push(Diagnostic::new(Code::Limit, Origin::Base(place), "", message));
    }
}
