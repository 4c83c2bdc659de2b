//! Values that stand in for what is wrong: of the right shape, and either as small or as large as is plausible.

use indexmap::IndexMap;

use crate::document::schema::{Choice, ChoiceRule, NumberRule, Schema, Shape, ShapeId, TableRule, TextRule};
use crate::document::{Node, Origin, Value};

/// Which of the possible stand-ins is taken. Whatever depends on a stand-in differs between the two.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StandIn {
    /// Small quantities, the first option of a choice.
    First,
    /// Large quantities, the last option of a choice.
    Last,
}

/// Quantities by their [`FORMAT`](sim_core::quantity::Quantity::FORMAT): a small one and a large one.
const QUANTITIES: &[(&str, &str, &str)] = &[
    ("duration", "1us", "3000d"),
    ("rate", "0.001/s", "100000/s"),
    ("bytes", "1B", "1TB"),
    ("memory-size", "1MiB", "1TiB"),
    ("cpu", "1units", "1000vCPU"),
    ("percent", "0.001%", "100%"),
    ("dollars", "$0.001", "$1000000"),
    ("number", "0.001", "1000000"),
];
/// Texts that name nothing, for a name that is missing.
const NAMES: (&str, &str) = ("?1", "?2");
/// Numbers where the schema sets no bounds.
const NUMBERS: (f64, f64) = (1.0, 1e6);
/// How deep stand-ins go; shapes may contain themselves.
const DEPTH_LIMIT: usize = 12;

impl StandIn {
    /// A value of the shape `id`.
    pub(super) fn of(self, schema: &Schema, id: ShapeId) -> Value {
        self.at(schema, id, 0)
    }

    fn either<T>(self, first: T, last: T) -> T {
        match self {
            StandIn::First => first,
            StandIn::Last => last,
        }
    }

    fn at(self, schema: &Schema, id: ShapeId, depth: usize) -> Value {
        let node = |id: ShapeId| Node::new(self.at(schema, id, depth + 1), Origin::BuiltIn);
        match schema.shape(id) {
            _ if depth > DEPTH_LIMIT => Value::Table(IndexMap::new()),
            Shape::Any => Value::Table(IndexMap::new()),
            Shape::Text(rule) => Value::Text(self.text(schema, rule)),
            Shape::Number(rule) => self.number(*rule),
            Shape::Boolean => Value::Boolean(self.either(false, true)),
            Shape::Array(rule) => {
                let shapes = (0..rule.shortest.max(rule.first.len()))
                    .filter_map(|index| rule.first.get(index).copied().or(rule.items));
                Value::Array(shapes.map(node).collect())
            }
            Shape::Table(rule) => table(rule, node),
            Shape::Choice(rule) => self.choice(schema, rule, depth),
            Shape::Tagged(rule) => {
                let branch = self.either(rule.branches.first(), rule.branches.last());
                let Some((name, branch)) = branch else { return Value::Table(IndexMap::new()) };
                let mut value = table(branch, node);
                if let Value::Table(entries) = &mut value {
                    entries.insert(rule.tag.clone(), Node::new(Value::Text(name.clone()), Origin::BuiltIn));
                }
                value
            }
            Shape::Either(shapes) => match self.either(shapes.first(), shapes.last()) {
                Some(shape) => self.at(schema, *shape, depth + 1),
                None => Value::Table(IndexMap::new()),
            },
        }
    }

    fn text(self, schema: &Schema, rule: &TextRule) -> String {
        let format = rule.format.as_deref().unwrap_or_default();
        if let Some((_, first, last)) = QUANTITIES.iter().find(|(name, ..)| *name == format) {
            return self.either(*first, *last).to_owned();
        }
        // Other forms give examples in their help, in quotes.
        let help = schema.help(format).unwrap_or_default();
        let mut examples = help.split('"').skip(1).step_by(2);
        let first = examples.next();
        let example = self.either(first, examples.last().or(first));
        example.unwrap_or(self.either(NAMES.0, NAMES.1)).to_owned()
    }

    fn number(self, rule: NumberRule) -> Value {
        let (least, most) = (rule.minimum, rule.maximum);
        let number = match self {
            StandIn::First => least.map_or(most.map_or(NUMBERS.0, |most| most.min(NUMBERS.0)), |least| {
                if rule.above_minimum { most.map_or(least + 1.0, |most| (least + most) / 2.0) } else { least }
            }),
            StandIn::Last => most.map_or(least.map_or(NUMBERS.1, |least| least + NUMBERS.1), |most| {
                if rule.below_maximum { least.map_or(most - 1.0, |least| (least + most) / 2.0) } else { most }
            }),
        };
        if rule.whole { Value::Integer(number as i64) } else { Value::Float(number) }
    }

    fn choice(self, schema: &Schema, rule: &ChoiceRule, depth: usize) -> Value {
        // Deep inside, an option without settings, lest choices in choices go on for ever.
        let simple = rule.options.iter().find(|(_, choice)| choice.plain).filter(|_| depth > DEPTH_LIMIT / 2);
        let option = simple.or_else(|| self.either(rule.options.first(), rule.options.last()));
        match option {
            Some((name, Choice { settings: Some(settings), plain: false })) => {
                let inner = Node::new(self.at(schema, *settings, depth + 1), Origin::BuiltIn);
                Value::Table([(name.clone(), inner)].into_iter().collect())
            }
            Some((name, _)) => Value::Text(name.clone()),
            None => Value::Table(IndexMap::new()),
        }
    }
}

/// A table with the keys that it must have.
fn table(rule: &TableRule, node: impl Fn(ShapeId) -> Node) -> Value {
    let required = rule.fields.iter().filter(|(_, field)| field.required);
    Value::Table(required.map(|(key, field)| (key.clone(), node(field.shape))).collect())
}
