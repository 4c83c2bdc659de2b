//! JSON Schemas: of a fleet, with the policies that are registered, and of the whole file for editors.

use serde_json::{Value as Json, json};
use sim_core::policy::catalogue::Catalogue;
use sim_core::spec::FleetSpec;

use super::open::Frame;

/// The JSON Schema of a fleet with these policies.
pub fn fleet_schema(policies: &Catalogue) -> Json {
    let mut schema = schemars::schema_for!(FleetSpec);
    policies.complete_schema(&mut schema);
    schema.to_value()
}

/// The JSON Schema of a scenario file, for editors: what may stand where, with its help.
///
/// It asks for less than the loader: a base that its variants complete, and a patch that says only what differs, lack
/// keys that the whole must have. Only the loader sees the whole.
pub fn file_schema(policies: &Catalogue) -> Json {
    let mut fleet = fleet_schema(policies);
    let mut schema = schemars::schema_for!(Frame).to_value();
    relax(&mut fleet);
    let parts = fleet["properties"].as_object().cloned().unwrap_or_default();
    let sweep = json!({
        "description": "Settings that are varied: a path, as in \"services.web.memory\", and its values. Variants are \
                        made of all combinations.",
        "type": "object",
        "additionalProperties": { "type": ["array", "object"] },
    });
    let mut patch = parts.clone();
    patch.insert("sweep".into(), sweep.clone());
    let variants = json!({
        "description": "The ways to run it that are compared, by name: each says only what differs from the base.",
        "type": "object",
        "additionalProperties": { "type": "object", "properties": patch, "additionalProperties": false },
    });
    if let Some(properties) = schema["properties"].as_object_mut() {
        properties.extend(parts);
        properties.insert("variants".into(), variants);
        properties.insert("sweep".into(), sweep);
    }
    let mut definitions = fleet["$defs"].as_object().cloned().unwrap_or_default();
    definitions.extend(schema["$defs"].as_object().cloned().unwrap_or_default());
    schema["$defs"] = Json::Object(definitions);
    schema["title"] = json!("fleetsim scenario");
    schema["description"] =
        json!("One experiment: traffic, work, services, the ways to run them, and what is varied.");
    schema
}

/// Takes out what a part of a whole cannot satisfy: required keys, except the key that makes an option of a choice what
/// it is; and with the tag of a tagged table optional, several of its branches fit.
fn relax(node: &mut Json) {
    match node {
        Json::Object(keywords) => {
            keywords.shift_remove("required");
            if let Some(Json::Array(members)) = keywords.shift_remove("oneOf") {
                let word = if members.iter().any(is_tagged) { "anyOf" } else { "oneOf" };
                let members = members.into_iter().map(relaxed_member).collect();
                keywords.insert(word.into(), Json::Array(members));
            }
            keywords.iter_mut().filter(|(word, _)| *word != "oneOf").for_each(|(_, inner)| relax(inner));
        }
        Json::Array(items) => items.iter_mut().for_each(relax),
        _ => {}
    }
}

/// A member of a `oneOf`, relaxed inside.
fn relaxed_member(mut member: Json) -> Json {
    let is_option = member["properties"].as_object().is_some_and(|keys| keys.len() == 1);
    let required = member.get("required").cloned().filter(|_| is_option && !is_tagged(&member));
    relax(&mut member);
    if let Some(required) = required {
        member["required"] = required;
    }
    member
}

fn is_tagged(member: &Json) -> bool {
    let properties = member["properties"].as_object();
    properties.is_some_and(|keys| keys.values().any(|key| key.get("const").is_some()))
}
