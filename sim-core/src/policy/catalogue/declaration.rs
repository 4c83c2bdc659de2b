//! One policy's declaration: everything that the program knows about it.

use std::fmt::Write;
use std::marker::PhantomData;
use std::sync::Arc;

use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, Schema};
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::Catalogue;
use super::kinds::{IntoPolicy, PolicyKind};
use crate::policy::selection::{Kind, PolicySpec};
use crate::problem::Problem;

/// What there is to know about a policy without building it.
#[derive(Clone, Debug)]
pub struct Information {
    /// Its kind.
    pub kind: Kind,
    /// Its name, unique within the kind.
    pub name: &'static str,
    /// What it does, in a line.
    pub summary: &'static str,
    /// How it does it.
    pub help: String,
    /// The JSON Schema of its parameters; of type `null` where it has none.
    pub parameters: Schema,
    /// Parameters to start from.
    pub example: Value,
    /// A view on which it can be tried.
    pub example_view: Value,
}

impl Information {
    /// Its name among all kinds, `service-scaling/fixed`.
    pub fn address(&self) -> String {
        format!("{}/{}", self.kind, self.name)
    }

    /// The example as a choice.
    pub fn example_spec(&self) -> PolicySpec {
        PolicySpec::new(self.name, self.example.clone())
    }

    /// The example as a scenario file has it, `{ fixed = { count = 4 } }` say.
    pub fn example_toml(&self) -> String {
        match &self.example {
            Value::Null => toml(&Value::String(self.name.to_owned())),
            Value::String(argument) => toml(&Value::String(format!("{}:{argument}", self.name))),
            parameters => format!("{{ {} = {} }}", self.name, toml(parameters)),
        }
    }

    /// Whether the policy may be named without parameters: it has none, or all have defaults.
    pub fn plain(&self) -> bool {
        let required = self.parameters.get("required").and_then(Value::as_array);
        match self.parameters.get("type").and_then(Value::as_str) {
            Some("null") => true,
            Some("object") => required.is_none_or(Vec::is_empty),
            _ => false,
        }
    }

    /// Whether the policy has parameters.
    pub fn has_parameters(&self) -> bool {
        self.parameters.get("type").and_then(Value::as_str) != Some("null")
    }
}

/// A value as inline TOML.
fn toml(value: &Value) -> String {
    match value {
        Value::Array(items) => format!("[{}]", items.iter().map(toml).collect::<Vec<_>>().join(", ")),
        Value::Object(fields) => {
            let mut text = String::from("{");
            for (index, (key, value)) in fields.iter().enumerate() {
                let comma = if index == 0 { "" } else { "," };
                let _ = write!(text, "{comma} {key} = {}", toml(value));
            }
            text + " }"
        }
        plain => plain.to_string(),
    }
}

type Build<K> = dyn Fn(&Catalogue, &Value) -> Result<<K as PolicyKind>::Policy, Vec<Problem>> + Send + Sync;

/// A policy of kind `K`: its information and its constructor.
pub struct Declaration<K: PolicyKind> {
    pub(crate) information: Information,
    build: Arc<Build<K>>,
    kind: PhantomData<K>,
}

impl<K: PolicyKind> Declaration<K> {
    /// A policy that is made of parameters `P`: their documentation comment is the policy's help, their JSON Schema what
    /// a scenario file is checked against. `build` reports what is wrong with them beyond that. For a policy without
    /// parameters, `P` is `()`.
    pub fn new<P: DeserializeOwned + JsonSchema, T: IntoPolicy<K>>(
        name: &'static str,
        summary: &'static str,
        build: impl Fn(P) -> Result<T, Vec<Problem>> + Send + Sync + 'static,
    ) -> Self {
        Self::with_catalogue(name, summary, move |_, parameters| build(parameters))
    }

    /// The same for a policy that is made of other policies.
    pub(crate) fn with_catalogue<P: DeserializeOwned + JsonSchema, T: IntoPolicy<K>>(
        name: &'static str,
        summary: &'static str,
        build: impl Fn(&Catalogue, P) -> Result<T, Vec<Problem>> + Send + Sync + 'static,
    ) -> Self {
        let parameters = parameter_schema::<P>();
        let help = parameters.get("description").and_then(Value::as_str).unwrap_or(summary).to_owned();
        let object = parameters.get("type").and_then(Value::as_str) == Some("object");
        let information = Information {
            kind: K::KIND,
            name,
            summary,
            help,
            parameters,
            example: Value::Null,
            example_view: K::example_view(),
        };
        let read = move |catalogue: &Catalogue, value: &Value| {
            // A policy all of whose parameters have defaults may be named without them.
            let value =
                if value.is_null() && object { Value::Object(Default::default()) } else { value.clone() };
            let parameters: P =
                serde_json::from_value(value).map_err(|error| vec![Problem::new("", error.to_string())])?;
            build(catalogue, parameters).map(IntoPolicy::into_policy)
        };
        Declaration { information, build: Arc::new(read), kind: PhantomData }
    }

    /// Help in place of the parameters' documentation.
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.information.help = help.into();
        self
    }

    /// Parameters to start from; they must build.
    pub fn example(mut self, parameters: Value) -> Self {
        self.information.example = parameters;
        self
    }

    /// A view on which to try it, in place of the kind's usual one.
    pub fn example_view(mut self, view: Value) -> Self {
        self.information.example_view = view;
        self
    }

    pub(crate) fn build(&self, catalogue: &Catalogue, parameters: &Value) -> Result<K::Policy, Vec<Problem>> {
        (self.build)(catalogue, parameters)
    }
}

/// The schema of `P` in one piece, so that it can stand anywhere in a larger one.
fn parameter_schema<P: JsonSchema>() -> Schema {
    let settings = SchemaSettings::draft2020_12().with(|settings| {
        settings.inline_subschemas = true;
        settings.meta_schema = None;
    });
    let mut schema = settings.into_generator().into_root_schema_for::<P>();
    schema.remove("title");
    schema
}
