//! From JSON Schema to shapes.
//!
//! A schema node is read as its *layers*: its own keywords, those behind its `$ref` and those of its `allOf`
//! members; a keyword is taken from the first layer that has it, properties and requirements from all.

use std::collections::BTreeMap;

use indexmap::IndexMap;
use serde_json::{Map, Value as Json};

use super::{
    ArrayRule, Choice, ChoiceRule, Field, NumberRule, Schema, Shape, ShapeId, TableRule, TaggedRule, TextRule,
};

/// How far references and nested alternatives are followed; beyond it a schema refers to itself and says nothing.
const FOLLOW_LIMIT: usize = 16;
/// Keywords that say something about the value. A `$ref` beside others (a description) is only a reference.
const STRUCTURE: &[&str] =
    &["properties", "type", "oneOf", "anyOf", "allOf", "items", "enum", "const", "x-noun"];

/// What the options of a choice are called where the schema does not say.
pub(super) const UNNAMED: &str = "choice";

type Keywords = Map<String, Json>;

pub(super) fn compile(schema: &Json) -> Schema {
    let mut compiler = Compiler { document: schema, shapes: Vec::new(), seen: BTreeMap::new() };
    let root = compiler.shape(schema);
    Schema { shapes: compiler.shapes, root, formats: Vec::new() }
}

struct Compiler<'s> {
    document: &'s Json,
    shapes: Vec<Shape>,
    /// Shapes by the address of their schema node: what is referred to twice is compiled once, and a type that
    /// contains itself ends.
    seen: BTreeMap<usize, ShapeId>,
}

/// What one alternative of a `oneOf` is.
enum Alternative<'s> {
    Plain(Vec<&'s str>),
    Settings(&'s str, &'s Json),
    Branch(&'s str, &'s str),
    Other,
}

impl<'s> Compiler<'s> {
    fn shape(&mut self, node: &'s Json) -> ShapeId {
        let node = self.follow(node);
        let address = std::ptr::from_ref(node) as usize;
        if let Some(id) = self.seen.get(&address) {
            return *id;
        }
        let id = self.add(Shape::Any);
        self.seen.insert(address, id);
        let shape = self.classify(&self.layers(node), 0);
        self.shapes[id.0] = shape;
        id
    }

    fn add(&mut self, shape: Shape) -> ShapeId {
        self.shapes.push(shape);
        ShapeId(self.shapes.len() - 1)
    }

    fn target(&self, keywords: &'s Keywords) -> Option<&'s Json> {
        self.document.pointer(keywords.get("$ref")?.as_str()?.strip_prefix('#')?)
    }

    /// Behind references that stand alone.
    fn follow(&self, mut node: &'s Json) -> &'s Json {
        for _ in 0..FOLLOW_LIMIT {
            let Some(keywords) = node.as_object() else { break };
            match self.target(keywords) {
                Some(target) if !STRUCTURE.iter().any(|word| keywords.contains_key(*word)) => node = target,
                _ => break,
            }
        }
        node
    }

    fn layers(&self, node: &'s Json) -> Vec<&'s Keywords> {
        let mut layers = Vec::new();
        let mut open: Vec<&Json> = vec![node];
        while let Some(keywords) = open.pop().and_then(Json::as_object) {
            layers.push(keywords);
            if layers.len() >= FOLLOW_LIMIT {
                break;
            }
            open.extend(items(keywords.get("allOf")).iter().rev());
            open.extend(self.target(keywords));
        }
        layers
    }

    fn classify(&mut self, layers: &[&'s Keywords], depth: usize) -> Shape {
        let mut noun = keyword(layers, "x-noun").and_then(Json::as_str);
        if let Some(names) = plain_names(layers) {
            let options =
                names.into_iter().map(|name| (name.to_owned(), Choice { plain: true, settings: None }));
            return Shape::Choice(ChoiceRule {
                noun: named(noun),
                options: options.collect(),
                argument: false,
            });
        }
        let mut members = Vec::new();
        self.expand(layers, &mut members, &mut noun, 0);
        let lone_choice = keyword(layers, "oneOf").is_some() || keyword(layers, "properties").is_some();
        match members.as_slice() {
            [] => self.by_type(layers),
            [_] if depth >= FOLLOW_LIMIT => Shape::Any,
            [only] if !lone_choice => {
                let inner = self.layers(only);
                rename(self.classify(&inner, depth + 1), noun)
            }
            several => self.union(layers, several, noun),
        }
    }

    /// The alternatives that `layers` offer, those of alternatives in place of these, without "null"; and what they
    /// are called, where only an inner type says so.
    fn expand(
        &self,
        layers: &[&'s Keywords],
        found: &mut Vec<&'s Json>,
        noun: &mut Option<&'s str>,
        depth: usize,
    ) {
        let members = keyword(layers, "oneOf").or_else(|| keyword(layers, "anyOf"));
        for member in items(members) {
            let inner = self.layers(member);
            let nested = keyword(&inner, "oneOf").or_else(|| keyword(&inner, "anyOf")).is_some();
            if nested && depth < FOLLOW_LIMIT && keyword(&inner, "properties").is_none() {
                *noun = noun.or_else(|| keyword(&inner, "x-noun").and_then(Json::as_str));
                self.expand(&inner, found, noun, depth + 1);
            } else if keyword(&inner, "type").and_then(Json::as_str) != Some("null") {
                found.push(member);
            }
        }
    }

    /// One of several: a choice, a tagged table, or unlike shapes.
    fn union(&mut self, layers: &[&'s Keywords], members: &[&'s Json], noun: Option<&str>) -> Shape {
        let mut choice =
            ChoiceRule { noun: named(noun), options: IndexMap::new(), argument: self.argument(layers) };
        let mut tagged: IndexMap<&str, TaggedRule> = IndexMap::new();
        let mut others = Vec::new();
        let common = self.table(layers);
        for member in members {
            let inner = self.layers(member);
            match alternative(&inner) {
                Alternative::Plain(names) => {
                    for name in names {
                        choice.options.entry(name.to_owned()).or_default().plain = true;
                    }
                }
                Alternative::Settings(name, settings) => {
                    let settings = Some(self.shape(settings));
                    choice.options.entry(name.to_owned()).or_default().settings = settings;
                }
                Alternative::Branch(tag, name) => {
                    let mut branch = self.table(&inner);
                    for (key, field) in &common.fields {
                        branch.fields.entry(key.clone()).or_insert_with(|| field.clone());
                    }
                    let rule = TaggedRule { tag: tag.to_owned(), branches: IndexMap::new() };
                    tagged.entry(tag).or_insert(rule).branches.insert(name.to_owned(), branch);
                }
                Alternative::Other => others.push(self.shape(member)),
            }
        }
        let mut shapes: Vec<Shape> = tagged.into_values().map(Shape::Tagged).collect();
        if !choice.options.is_empty() {
            shapes.push(Shape::Choice(choice));
        }
        match (shapes.pop(), shapes.is_empty() && others.is_empty()) {
            (Some(only), true) => only,
            (last, _) => {
                shapes.extend(last);
                others.extend(shapes.into_iter().map(|shape| self.add(shape)).collect::<Vec<_>>());
                Shape::Either(others)
            }
        }
    }

    /// Whether any of the types whose options are united here lets them be written `"spread:zone"`.
    fn argument(&self, layers: &[&'s Keywords]) -> bool {
        let says = |layers: &[&Keywords]| keyword(layers, "x-argument").is_some_and(|value| value == true);
        let members = keyword(layers, "oneOf").or_else(|| keyword(layers, "anyOf"));
        says(layers) || items(members).iter().any(|member| says(&self.layers(member)))
    }

    fn by_type(&mut self, layers: &[&'s Keywords]) -> Shape {
        let types: Vec<&str> = match keyword(layers, "type") {
            Some(Json::String(one)) => vec![one],
            Some(Json::Array(several)) => {
                several.iter().filter_map(Json::as_str).filter(|t| *t != "null").collect()
            }
            _ if keyword(layers, "properties").is_some() => vec!["object"],
            _ => return Shape::Any,
        };
        match types.as_slice() {
            [one] => self.leaf(one, layers),
            several => {
                let shapes = several.iter().map(|one| self.leaf(one, layers)).collect::<Vec<_>>();
                Shape::Either(shapes.into_iter().map(|shape| self.add(shape)).collect())
            }
        }
    }

    fn leaf(&mut self, kind: &str, layers: &[&'s Keywords]) -> Shape {
        match kind {
            "string" => Shape::Text(TextRule {
                format: keyword(layers, "format").and_then(Json::as_str).map(str::to_owned),
                shortest: count(layers, "minLength").unwrap_or(0),
                longest: count(layers, "maxLength").unwrap_or(usize::MAX),
            }),
            "integer" => Shape::Number(number(layers, true)),
            "number" => Shape::Number(number(layers, false)),
            "boolean" => Shape::Boolean,
            "array" => Shape::Array(ArrayRule {
                first: items(keyword(layers, "prefixItems")).iter().map(|item| self.shape(item)).collect(),
                items: keyword(layers, "items").filter(|item| item.is_object()).map(|item| self.shape(item)),
                shortest: count(layers, "minItems").unwrap_or(0),
                longest: count(layers, "maxItems").unwrap_or(usize::MAX),
            }),
            "object" => Shape::Table(self.table(layers)),
            _ => Shape::Any,
        }
    }

    fn table(&mut self, layers: &[&'s Keywords]) -> TableRule {
        let required = |name: &str| {
            layers
                .iter()
                .any(|layer| items(layer.get("required")).iter().any(|key| key.as_str() == Some(name)))
        };
        let mut fields = IndexMap::new();
        for (name, node) in layers.iter().filter_map(|layer| layer.get("properties")?.as_object()).flatten() {
            let field = Field { shape: self.shape(node), required: required(name), help: self.help(node) };
            fields.entry(name.clone()).or_insert(field);
        }
        let rest = match keyword(layers, "additionalProperties") {
            Some(Json::Bool(true)) => Some(self.add(Shape::Any)),
            Some(node @ Json::Object(_)) => Some(self.shape(node)),
            // A table of which nothing at all is said.
            None if fields.is_empty() && keyword(layers, "properties").is_none() => {
                Some(self.add(Shape::Any))
            }
            _ => None,
        };
        TableRule { fields, rest }
    }

    /// The first sentence of a setting's documentation.
    fn help(&self, node: &'s Json) -> Option<String> {
        let layers = self.layers(node);
        let text = keyword(&layers, "description")?.as_str()?;
        let paragraph = text.split("\n\n").next()?.replace('\n', " ");
        let end = paragraph.find(". ").unwrap_or(paragraph.len());
        Some(paragraph[..end].trim_end_matches('.').to_owned())
    }
}

fn named(noun: Option<&str>) -> String {
    noun.unwrap_or(UNNAMED).to_owned()
}

fn rename(shape: Shape, noun: Option<&str>) -> Shape {
    match (shape, noun) {
        (Shape::Choice(rule), Some(noun)) => Shape::Choice(ChoiceRule { noun: noun.to_owned(), ..rule }),
        (other, _) => other,
    }
}

fn keyword<'s>(layers: &[&'s Keywords], word: &str) -> Option<&'s Json> {
    layers.iter().find_map(|layer| layer.get(word))
}

fn items(node: Option<&Json>) -> &[Json] {
    node.and_then(Json::as_array).map_or(&[], Vec::as_slice)
}

fn count(layers: &[&Keywords], word: &str) -> Option<usize> {
    keyword(layers, word)?.as_u64().and_then(|count| usize::try_from(count).ok())
}

/// The names that a string may be, if the schema lists them.
fn plain_names<'s>(layers: &[&'s Keywords]) -> Option<Vec<&'s str>> {
    if let Some(only) = keyword(layers, "const") {
        return only.as_str().map(|name| vec![name]);
    }
    let names: Vec<&str> = items(keyword(layers, "enum")).iter().filter_map(Json::as_str).collect();
    (!names.is_empty()).then_some(names)
}

fn alternative<'s>(layers: &[&'s Keywords]) -> Alternative<'s> {
    if let Some(names) = plain_names(layers) {
        return Alternative::Plain(names);
    }
    let required = items(keyword(layers, "required"));
    let is_required = |name: &str| required.iter().any(|key| key.as_str() == Some(name));
    let Some(properties) = keyword(layers, "properties").and_then(Json::as_object) else {
        return Alternative::Other;
    };
    let constant = |node: &'s Json| node.get("const").and_then(Json::as_str);
    if let Some((tag, name)) = properties.iter().find_map(|(key, node)| Some((key, constant(node)?))) {
        return Alternative::Branch(tag, name);
    }
    match properties.iter().next() {
        Some((name, node)) if properties.len() == 1 && is_required(name) => Alternative::Settings(name, node),
        _ => Alternative::Other,
    }
}

/// The range of a number: what the schema says, and what the integer type of its `format` holds.
fn number(layers: &[&Keywords], whole: bool) -> NumberRule {
    let bound = |word: &str| keyword(layers, word).and_then(Json::as_f64);
    let (low, high) = match keyword(layers, "format").and_then(Json::as_str) {
        Some("uint8") => (Some(0.0), Some(f64::from(u8::MAX))),
        Some("uint16") => (Some(0.0), Some(f64::from(u16::MAX))),
        Some("uint32") => (Some(0.0), Some(f64::from(u32::MAX))),
        Some("uint" | "uint64") => (Some(0.0), None),
        Some("int8") => (Some(f64::from(i8::MIN)), Some(f64::from(i8::MAX))),
        Some("int16") => (Some(f64::from(i16::MIN)), Some(f64::from(i16::MAX))),
        Some("int32") => (Some(f64::from(i32::MIN)), Some(f64::from(i32::MAX))),
        _ => (None, None),
    };
    let (above, below) = (bound("exclusiveMinimum"), bound("exclusiveMaximum"));
    NumberRule {
        whole,
        minimum: above.or_else(|| bound("minimum")).or(low),
        above_minimum: above.is_some(),
        maximum: below.or_else(|| bound("maximum")).or(high),
        below_maximum: below.is_some(),
    }
}
