//! A tree against its schema: every problem, in the words of the person who wrote the file.

mod table;

use sim_core::quantity::shown;

use super::diagnostic::{Code, Diagnostic, Diagnostics};
use super::path::Path;
use super::schema::{ArrayRule, ChoiceRule, NumberRule, Schema, Shape, ShapeId, TextRule};
use super::{Node, Origin, Value, suggest};

/// Longest name of a service, a variant or another thing that the user names.
pub const NAME_LIMIT: usize = 100;

/// Checks the whole tree against the schema.
pub fn check(schema: &Schema, root: &Node, problems: &mut Diagnostics) {
    check_part(schema, schema.root(), root, Path::default(), problems);
}

/// Checks a part of a document that stands at `path` and should have the shape `id`.
pub fn check_part(schema: &Schema, id: ShapeId, node: &Node, path: Path, problems: &mut Diagnostics) {
    Checker { schema, path, problems }.value(node, id);
}

/// What is wrong with the name of a service, a variant, a source: names become file names and parts of HTML, so only
/// harmless characters are accepted.
pub fn name_problem(name: &str) -> Option<String> {
    let harmless = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    if name.len() > NAME_LIMIT {
        Some(format!("a name is at most {NAME_LIMIT} characters long"))
    } else if !name.starts_with(|c: char| c.is_ascii_alphanumeric()) || !name.chars().all(harmless) {
        Some("a name begins with a letter or digit and has only letters, digits, `-`, `_` and `.`".into())
    } else {
        None
    }
}

struct Checker<'c> {
    schema: &'c Schema,
    path: Path,
    problems: &'c mut Diagnostics,
}

impl<'c> Checker<'c> {
    fn report(&mut self, code: Code, origin: &Origin, message: impl Into<String>, hint: impl Into<String>) {
        let diagnostic = Diagnostic::new(code, origin.clone(), self.path.to_string(), message).hint(hint);
        self.problems.push(diagnostic);
    }

    fn value(&mut self, node: &Node, id: ShapeId) {
        let schema = self.schema;
        match (schema.shape(id), &node.value) {
            (Shape::Any, _) | (Shape::Boolean, Value::Boolean(_)) => {}
            (Shape::Text(rule), Value::Text(text)) => self.text(node, text, rule),
            (Shape::Number(rule), Value::Integer(number)) => self.number(node, *number as f64, *rule),
            (Shape::Number(rule), Value::Float(number)) if !rule.whole => self.number(node, *number, *rule),
            (Shape::Array(rule), Value::Array(items)) => self.array(node, items, rule),
            (Shape::Table(rule), Value::Table(entries)) => self.table(node, entries, rule),
            (Shape::Tagged(rule), Value::Table(entries)) => self.tagged(node, entries, rule),
            (Shape::Choice(rule), Value::Text(text)) => self.plain_choice(node, text, rule),
            (Shape::Choice(rule), Value::Table(_)) => self.choice(node, rule),
            (Shape::Either(shapes), value) => match schema.pick(shapes, value) {
                Some(shape) if !self.neither(node, id, shape) => self.value(node, shape),
                Some(_) => {}
                None => self.wrong_type(node, id),
            },
            _ => self.wrong_type(node, id),
        }
    }

    /// Reports a word that is none of the options of `picked` nor anything like one, where `id` takes other texts too: a
    /// quantity with its unit instead of a distribution, say.
    fn neither(&mut self, node: &Node, id: ShapeId, picked: ShapeId) -> bool {
        let (Shape::Choice(rule), Value::Text(text)) = (self.schema.shape(picked), &node.value) else {
            return false;
        };
        let known = rule.options.contains_key(text) || rule.with_argument(text).is_some();
        let Some(help) = self.schema.example(id, &node.value) else { return false };
        if known || suggest::closest(text, rule.names()).is_some() {
            return false;
        }
        let message = format!("\"{text}\" is not {}", self.schema.describe(id));
        let hint = format!("{help}; or one of {}", suggest::list(rule.names()));
        self.report(Code::UnknownChoice, &node.origin, message, hint);
        true
    }

    fn child(&mut self, key: &str, node: &Node, id: ShapeId) {
        self.path.push_key(key);
        self.value(node, id);
        self.path.pop();
    }

    fn wrong_type(&mut self, node: &Node, id: ShapeId) {
        let wanted = self.schema.describe(id);
        let found = match &node.value {
            Value::Integer(number) => format!("the number {number}"),
            Value::Float(number) => format!("the number {}", shown(*number)),
            Value::Boolean(value) => format!("`{value}`"),
            Value::Text(text) => format!("the text \"{text}\""),
            other => other.kind().to_owned(),
        };
        let hint = self.schema.example(id, &node.value);
        let message = format!("expected {wanted}, found {found}");
        let diagnostic =
            Diagnostic::new(Code::WrongType, node.origin.clone(), self.path.to_string(), message);
        self.problems.push(match hint {
            Some(hint) => diagnostic.hint(hint),
            None => diagnostic,
        });
    }

    fn text(&mut self, node: &Node, text: &str, rule: &TextRule) {
        let length = text.chars().count();
        if length < rule.shortest || length > rule.longest {
            let wanted = range(rule.shortest, rule.longest);
            self.report(
                Code::OutOfRange,
                &node.origin,
                format!("{length} characters"),
                format!("write {wanted} characters"),
            );
        }
        if let Some(Err((message, help))) =
            rule.format.as_deref().and_then(|format| self.schema.reads(format, text))
        {
            self.report(Code::BadQuantity, &node.origin, message, help);
        }
    }

    fn number(&mut self, node: &Node, number: f64, rule: NumberRule) {
        let low = rule.minimum.is_some_and(|least| number < least || (rule.above_minimum && number == least));
        let high = rule.maximum.is_some_and(|most| number > most || (rule.below_maximum && number == most));
        if low || high || !number.is_finite() {
            self.report(
                Code::OutOfRange,
                &node.origin,
                format!("{} is out of range", shown(number)),
                rule.wanted(),
            );
        }
    }

    fn array(&mut self, node: &Node, items: &[Node], rule: &ArrayRule) {
        if items.len() < rule.shortest || items.len() > rule.longest {
            let noun = if items.len() == 1 { "item" } else { "items" };
            let message = format!("the list has {} {noun}", items.len());
            let hint = format!("give {}", range(rule.shortest, rule.longest));
            self.report(Code::OutOfRange, &node.origin, message, hint);
        }
        for (index, item) in items.iter().enumerate() {
            if let Some(shape) = rule.first.get(index).copied().or(rule.items) {
                self.path.push_index(index);
                self.value(item, shape);
                self.path.pop();
            }
        }
    }

    fn plain_choice(&mut self, node: &Node, text: &str, rule: &ChoiceRule) {
        match rule.options.get(text) {
            Some(choice) if choice.plain => {}
            Some(choice) => {
                let inside = choice.settings.map_or_else(String::new, |id| self.schema.sketch(id));
                let message = format!("{} `{text}` needs settings", rule.noun);
                let takes_text = |id| self.schema.takes(id, &Value::Text(String::new()));
                let short = match rule.argument && choice.settings.is_some_and(takes_text) {
                    true => format!("\"{text}:...\" or "),
                    false => String::new(),
                };
                self.report(
                    Code::WrongType,
                    &node.origin,
                    message,
                    format!("write {short}{{ {text} = {inside} }}"),
                );
            }
            None => match rule.with_argument(text) {
                Some((name, argument, settings)) => {
                    let argument = Node::new(Value::Text(argument.to_owned()), node.origin.clone());
                    self.child(name, &argument, settings);
                }
                None => self.unknown_choice(&node.origin, text, rule),
            },
        }
    }

    fn unknown_choice(&mut self, origin: &Origin, name: &str, rule: &ChoiceRule) {
        let before_colon = name.split(':').next().filter(|_| rule.argument);
        let hint = suggest::hint(before_colon.unwrap_or(name), "one of", rule.names());
        self.report(Code::UnknownChoice, origin, format!("unknown {} `{name}`", rule.noun), hint);
    }

    /// A choice with settings: a table with one key. With several, each is checked too, so that none of their
    /// problems waits for the next attempt.
    fn choice(&mut self, node: &Node, rule: &ChoiceRule) {
        let Value::Table(entries) = &node.value else { return };
        if entries.is_empty() {
            let hint = format!("one of {}", suggest::list(rule.names()));
            self.report(Code::ChoiceCount, &node.origin, format!("no {} is given", rule.noun), hint);
        }
        if entries.len() > 1 {
            let known = entries.iter().filter(|(name, _)| rule.options.contains_key(*name));
            let names: Vec<&str> = known.clone().map(|(name, _)| name.as_str()).collect();
            let second = known.clone().nth(1).or_else(|| known.clone().next());
            if let (Some((_, second)), true) = (second, names.len() > 1) {
                let message =
                    format!("{} are given where one {} is wanted", suggest::list_all(&names), rule.noun);
                self.report(Code::ChoiceCount, &second.key, message, "keep one of them");
            }
        }
        for (name, settings) in entries {
            match rule.options.get(name) {
                Some(choice) => match choice.settings {
                    Some(id) => self.child(name, settings, id),
                    None => {
                        let message = format!("{} `{name}` has no settings", rule.noun);
                        self.report(Code::WrongType, &settings.key, message, format!("write \"{name}\""));
                    }
                },
                None => self.unknown_choice(&settings.key, name, rule),
            }
        }
    }
}

/// "2 to 5", "at least 2", "at most 5" or "2".
fn range(least: usize, most: usize) -> String {
    match (least, most) {
        (least, usize::MAX) => format!("at least {least}"),
        (0, most) => format!("at most {most}"),
        (least, most) if least == most => format!("{least}"),
        (least, most) => format!("{least} to {most}"),
    }
}

impl NumberRule {
    /// What fits, for a hint.
    fn wanted(self) -> String {
        let kind = if self.whole { "a whole number" } else { "a number" };
        let low = self
            .minimum
            .map(|least| format!("{} {least}", if self.above_minimum { "above" } else { "from" }));
        let high =
            self.maximum.map(|most| format!("{} {most}", if self.below_maximum { "below" } else { "to" }));
        match (low, high) {
            (Some(low), Some(high)) if self.below_maximum => format!("{kind} {low} and {high}"),
            (Some(low), Some(high)) => format!("{kind} {low} {high}"),
            (Some(low), None) if self.above_minimum => format!("{kind} {low}"),
            (Some(low), None) => format!("{kind} {low} up"),
            (None, Some(high)) if self.below_maximum => format!("{kind} {high}"),
            (None, Some(high)) => format!("{kind} up {high}"),
            (None, None) => kind.into(),
        }
    }
}

impl Schema {
    /// What to write in place of `value`, where there is something definite to say.
    fn example(&self, id: ShapeId, value: &Value) -> Option<String> {
        let text = match self.shape(id) {
            Shape::Text(rule) => rule,
            Shape::Either(shapes) => return shapes.iter().find_map(|shape| self.example(*shape, value)),
            Shape::Number(_) => match value {
                Value::Text(text) if text.trim().parse::<u128>().is_ok_and(|number| number > LARGEST) => {
                    return Some(format!("whole numbers go up to {LARGEST}"));
                }
                Value::Text(text) if text.trim().parse::<f64>().is_ok() => {
                    return Some(format!("write {} without quotes", text.trim()));
                }
                _ => return None,
            },
            Shape::Boolean => return Some("write true or false, without quotes".into()),
            Shape::Array(_) if matches!(value, Value::Text(_)) => return Some("write it in [ ]".into()),
            Shape::Table(_) | Shape::Tagged(_) => return Some(format!("as in {}", self.sketch(id))),
            _ => return None,
        };
        let Some(format) = text.format.as_deref() else {
            return matches!(value, Value::Integer(_) | Value::Float(_) | Value::Boolean(_))
                .then(|| "write it in quotes".to_owned());
        };
        let help = self.help(format)?;
        match value {
            Value::Integer(number) => {
                Some(format!("write \"{}\"; {help}", with_unit(format, &number.to_string())))
            }
            Value::Float(number) => Some(format!("write \"{}\"; {help}", with_unit(format, &shown(*number)))),
            _ => Some(help.to_owned()),
        }
    }

    /// The keys that a table of this shape must have, in braces.
    fn sketch(&self, id: ShapeId) -> String {
        let keys: Vec<String> = match self.shape(id) {
            Shape::Table(rule) => {
                let required = rule.fields.iter().filter(|(_, field)| field.required);
                required.map(|(key, _)| format!("{key} = ...")).collect()
            }
            Shape::Tagged(rule) => vec![format!("{} = \"...\"", rule.tag)],
            _ => return "...".into(),
        };
        if keys.is_empty() { "{}".into() } else { format!("{{ {} }}", keys.join(", ")) }
    }
}

/// The largest whole number that a TOML file can have.
const LARGEST: u128 = i64::MAX as u128;

/// A bare number with the unit that is usual for the quantity.
fn with_unit(format: &str, number: &str) -> String {
    match format {
        "duration" => format!("{number}s"),
        "rate" => format!("{number}/s"),
        "bytes" => format!("{number}MB"),
        "memory-size" => format!("{number}MiB"),
        "cpu" => format!("{number}vCPU"),
        "percent" => format!("{number}%"),
        "dollars" => format!("${number}"),
        _ => number.to_owned(),
    }
}
