//! The reference pages under `docs/reference/` say what the program says.

use std::path::Path;

use serde_json::Value;
use sim_core::policy::Catalogue;

use crate::support::Shell;

#[test]
fn pages_are_fresh() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/reference");
    for (name, text) in cli::reference::pages(&Catalogue::builtin()) {
        let committed = std::fs::read_to_string(folder.join(name)).unwrap_or_default();
        assert!(committed == text, "{name} is stale: cargo run --package cli -- docs docs/reference");
    }
}

#[test]
fn the_hidden_command_writes_them() {
    let shell = Shell::new();
    shell.run("docs reference/pages").quiet();
    for (name, text) in cli::reference::pages(&Catalogue::builtin()) {
        assert_eq!(std::fs::read_to_string(shell.path("reference/pages").join(name)).unwrap(), text);
    }
}

/// The schema is JSON, every reference in it leads somewhere, and every pattern of keywords is one that validators know.
#[test]
fn the_schema_is_sound() {
    let schema: Value = serde_json::from_str(&Shell::new().run("schema").quiet()).expect("it is JSON");
    assert_eq!(schema["$schema"], "https://json-schema.org/draft/2020-12/schema");
    let mut references = 0;
    visit(&schema, &mut |node| {
        if let Some(reference) = node.get("$ref") {
            let pointer = reference.as_str().and_then(|text| text.strip_prefix('#')).expect("local");
            assert!(schema.pointer(pointer).is_some(), "{pointer} leads nowhere");
            references += 1;
        }
        let types = ["object", "array", "string", "integer", "number", "boolean", "null"];
        if let Some(kind) = node.get("type").and_then(Value::as_str) {
            assert!(types.contains(&kind), "{kind}");
        }
    });
    assert!(references > 50, "{references}");
}

/// Calls `look` with every object that is a schema; what is an instance (a default, an example) is not.
fn visit<'v>(node: &'v Value, look: &mut impl FnMut(&'v Value)) {
    match node {
        Value::Object(fields) => {
            // A setting may be called `type`; only a schema's own `type` is a word.
            if !fields.values().all(Value::is_object) {
                look(node);
            }
            let inner = fields.iter().filter(|(key, _)| *key != "default" && *key != "examples");
            inner.for_each(|(_, value)| visit(value, look));
        }
        Value::Array(items) => items.iter().for_each(|item| visit(item, look)),
        _ => {}
    }
}
