//! Tables: their keys, those that are missing, those of another platform.

use indexmap::IndexMap;

use super::{Checker, name_problem};
use crate::document::diagnostic::Code;
use crate::document::schema::{Field, Shape, TableRule, TaggedRule};
use crate::document::{Node, Origin, Value, suggest};

/// How many unknown keys are compared with one that is missing.
const LOOKED_AT: usize = 20;

impl Checker<'_> {
    /// A struct or a map.
    pub(super) fn table(&mut self, node: &Node, entries: &IndexMap<String, Node>, rule: &TableRule) {
        self.missing(&node.key, entries, rule, None);
        for (key, child) in entries {
            self.name(key, child, rule);
            match rule.child(key) {
                Some(shape) => self.child(key, child, shape),
                None => self.unknown_key(key, child, rule),
            }
        }
    }

    /// A struct whose keys depend on its tag.
    pub(super) fn tagged(&mut self, node: &Node, entries: &IndexMap<String, Node>, rule: &TaggedRule) {
        let Some((selected, branch)) = rule.branch(&node.value) else {
            return self.untagged(node, entries, rule);
        };
        let tag_origin = entries.get(&rule.tag).map_or(&node.key, |tag| &tag.origin);
        self.missing(tag_origin, entries, branch, Some((&rule.tag, selected)));
        for (key, child) in entries {
            if *key == rule.tag {
                continue;
            }
            match branch.child(key) {
                Some(shape) => self.child(key, child, shape),
                None => self.key_of_another_branch(key, child, rule, selected, branch),
            }
        }
    }

    /// The tag is missing or unknown: what can be said of the rest without it is said.
    fn untagged(&mut self, node: &Node, entries: &IndexMap<String, Node>, rule: &TaggedRule) {
        let names = rule.branches.keys().map(String::as_str);
        let tag = &rule.tag;
        match entries.get(tag) {
            None => {
                let hint = format!("one of {}", suggest::list(names));
                self.report(Code::MissingKey, &node.key, format!("`{tag}` is missing"), hint);
            }
            Some(Node { value: Value::Text(name), origin, .. }) => {
                let hint = suggest::hint(name, "one of", names);
                self.at(tag, |checker| {
                    checker.report(Code::UnknownChoice, origin, format!("unknown {tag} `{name}`"), hint);
                });
            }
            Some(other) => {
                let message = format!("{} where the name of a {tag} is wanted", other.value.kind());
                let hint = format!("one of {}", suggest::list(names));
                self.at(tag, |checker| checker.report(Code::WrongType, &other.origin, message, hint));
            }
        }
        for (key, child) in entries.iter().filter(|(key, _)| *key != tag) {
            let mut shapes = rule.branches.values().map(|branch| branch.child(key));
            let first = shapes.next().flatten();
            match first {
                Some(shape) if shapes.all(|other| other == first) => self.child(key, child, shape),
                _ if rule.branches.values().any(|branch| branch.child(key).is_some()) => {}
                _ => self.unknown_key(key, child, &all_keys(rule)),
            }
        }
    }

    fn at(&mut self, key: &str, report: impl FnOnce(&mut Self)) {
        self.path.push_key(key);
        report(self);
        self.path.pop();
    }

    fn missing(
        &mut self,
        origin: &Origin,
        entries: &IndexMap<String, Node>,
        rule: &TableRule,
        selected: Option<(&str, &str)>,
    ) {
        let absent = rule.fields.iter().filter(|(key, field)| field.required && !entries.contains_key(*key));
        let absent: Vec<_> = absent.filter(|(key, _)| !misspelt(key, entries, rule)).collect();
        for (key, field) in absent {
            let of = selected.map_or_else(String::new, |(tag, name)| format!(", which {tag} `{name}` needs"));
            let hint = self.describe_field(field);
            self.report(Code::MissingKey, origin, format!("`{key}` is missing{of}"), hint);
        }
    }

    fn describe_field(&self, field: &Field) -> String {
        let wanted = match self.schema.shape(field.shape) {
            Shape::Text(rule) => {
                rule.format.as_deref().and_then(|format| self.schema.help(format)).map(str::to_owned)
            }
            Shape::Table(_) => Some(format!("a table, as in {}", self.schema.sketch(field.shape))),
            _ => None,
        };
        let wanted = wanted.unwrap_or_else(|| self.schema.describe(field.shape));
        match &field.help {
            Some(help) => format!("{help}; {wanted}"),
            None => format!("it holds {wanted}"),
        }
    }

    fn unknown_key(&mut self, key: &str, child: &Node, rule: &TableRule) {
        let hint = match rule.fields.is_empty() {
            true => "there are no keys here".to_owned(),
            false => suggest::hint(key, "the keys here are", rule.names()),
        };
        self.report(Code::UnknownKey, &child.key, format!("unknown key `{key}`"), hint);
    }

    fn key_of_another_branch(
        &mut self,
        key: &str,
        child: &Node,
        rule: &TaggedRule,
        selected: &str,
        branch: &TableRule,
    ) {
        let owners = rule.branches.iter().filter(|(_, other)| other.fields.contains_key(key));
        let owners: Vec<&str> = owners.map(|(name, _)| name.as_str()).collect();
        if owners.is_empty() {
            return self.unknown_key(key, child, branch);
        }
        let tag = &rule.tag;
        let message = format!("`{key}` belongs to {tag} {}, and this is `{selected}`", suggest::list(owners));
        let hint = suggest::hint(key, &format!("the keys of `{selected}` are"), branch.names());
        self.report(Code::OtherBranch, &child.key, message, hint);
    }

    /// The names that users give (to services, variants, sources): the keys of a map of tables.
    fn name(&mut self, key: &str, child: &Node, rule: &TableRule) {
        let is_structure =
            |shape: &Shape| matches!(shape, Shape::Table(_) | Shape::Tagged(_) | Shape::Choice(_));
        let names =
            rule.fields.is_empty() && rule.rest.is_some_and(|rest| is_structure(self.schema.shape(rest)));
        if let Some(problem) = names.then(|| name_problem(key)).flatten() {
            let message = format!("`{key}` is not accepted as a name");
            self.report(Code::BadName, &child.key, message, problem);
        }
    }
}

/// Whether `key` is there, misspelt: then the unknown key says it all.
fn misspelt(key: &str, entries: &IndexMap<String, Node>, rule: &TableRule) -> bool {
    let unknown = entries.keys().filter(|other| rule.child(other).is_none());
    unknown.take(LOOKED_AT).any(|other| suggest::closest(other, rule.names()) == Some(key))
}

/// A table with the keys of all branches.
fn all_keys(rule: &TaggedRule) -> TableRule {
    let fields = rule.branches.values().flat_map(|branch| branch.fields.clone());
    TableRule { fields: fields.collect(), rest: None }
}
