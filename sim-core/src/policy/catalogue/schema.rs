//! The JSON Schema of choosing a policy, from the declarations.

use schemars::Schema;
use serde_json::{Map, Value, json};

use super::{Catalogue, Information, kinds};
use crate::policy::selection::Kind;

impl Catalogue {
    /// Puts the definition of every kind of choice into `root`, the schema of something that holds policy choices: their
    /// types refer to `#/$defs/policy-...`, which only a catalogue can fill in.
    pub fn complete_schema(&self, root: &mut Schema) {
        let definitions = root.ensure_object().entry("$defs").or_insert_with(|| Value::Object(Map::new()));
        let Some(definitions) = definitions.as_object_mut() else { return };
        for kind in Kind::ALL {
            definitions.insert(kind.definition(), self.choice_schema(kind));
        }
    }

    /// The schema of choosing a policy of `kind`: one of the registered ones, in the form of an externally tagged enum.
    pub fn choice_schema(&self, kind: Kind) -> Value {
        let options: Vec<Value> = kinds::information(self, kind).into_iter().flat_map(options).collect();
        json!({
            "description": kind.question(),
            "oneOf": options,
            "x-noun": format!("{kind} policy"),
            "x-argument": true,
        })
    }
}

/// The ways to write one policy: by its name, where it needs no parameters, and with parameters, where it has any.
fn options(known: &Information) -> Vec<Value> {
    let mut options = Vec::new();
    if known.plain() {
        options.push(json!({ "type": "string", "const": known.name, "description": known.summary }));
    }
    if known.has_parameters() {
        options.push(json!({
            "type": "object",
            "description": known.summary,
            "properties": { known.name: known.parameters },
            "required": [known.name],
            "additionalProperties": false,
        }));
    }
    options
}
