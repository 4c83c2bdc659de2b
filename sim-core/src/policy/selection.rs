//! How scenario files choose a policy: its name, and its parameters where it has any.
//!
//! The set of names is open, because a user's crate registers policies of its own. So the choice deserialises into a
//! name and a JSON value, in the forms of an externally tagged enum: `"random"` without parameters and
//! `{ target-tracking = { metric = "cpu" } }` with them. Where the parameter is a single text, `"spread:zone"` is
//! short for `{ spread = "zone" }`. In a JSON Schema a choice only refers to a definition; the catalogue fills that in
//! with the schema of every registered policy, so that a loader checks parameters before anything is built.

use std::borrow::Cow;
use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{Error as _, MapAccess, Visitor};
use serde::ser::SerializeMap;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Value;

/// The kinds of policy: one per question.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// How many tasks should a service have?
    ServiceScaling,
    /// How many instances should a group have?
    ClusterScaling,
    /// Which instance goes when a group shrinks?
    Termination,
    /// Which instances will do for a task?
    Constraint,
    /// Which of the instances that will do is best?
    Placement,
    /// Which target serves a request?
    Routing,
    /// How long is an idle execution environment kept?
    KeepAlive,
    /// How much provisioned concurrency should a function have?
    Provisioning,
}

impl Kind {
    /// All kinds, in the order of the documentation.
    pub const ALL: [Kind; 8] = [
        Kind::ServiceScaling,
        Kind::ClusterScaling,
        Kind::Termination,
        Kind::Constraint,
        Kind::Placement,
        Kind::Routing,
        Kind::KeepAlive,
        Kind::Provisioning,
    ];

    /// Its name: `service-scaling` say.
    pub const fn name(self) -> &'static str {
        match self {
            Kind::ServiceScaling => "service-scaling",
            Kind::ClusterScaling => "cluster-scaling",
            Kind::Termination => "termination",
            Kind::Constraint => "constraint",
            Kind::Placement => "placement",
            Kind::Routing => "routing",
            Kind::KeepAlive => "keep-alive",
            Kind::Provisioning => "provisioning",
        }
    }

    /// What it decides, as a question.
    pub const fn question(self) -> &'static str {
        match self {
            Kind::ServiceScaling => "How many tasks should a service have?",
            Kind::ClusterScaling => "How many instances should a group have?",
            Kind::Termination => "Which instance goes when a group shrinks?",
            Kind::Constraint => "Which instances will do for a task?",
            Kind::Placement => "Which of the instances that will do is best?",
            Kind::Routing => "Which target serves a request?",
            Kind::KeepAlive => "How long is an idle execution environment kept?",
            Kind::Provisioning => "How much provisioned concurrency should a function have?",
        }
    }

    /// The name of the definition in a JSON Schema that stands for a choice of this kind.
    pub fn definition(self) -> String {
        format!("policy-{}", self.name())
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A policy's name and parameters as a scenario file gives them.
#[derive(Clone, Debug, PartialEq)]
pub struct PolicySpec {
    /// The name in the catalogue.
    pub name: String,
    /// Its parameters; [`Value::Null`] for none.
    pub parameters: Value,
}

impl PolicySpec {
    /// A policy without parameters, or with one text after a colon: `random`, `spread:zone`.
    pub fn named(text: &str) -> Self {
        match text.split_once(':') {
            Some((name, argument)) => PolicySpec {
                name: name.trim().to_owned(),
                parameters: Value::String(argument.trim().to_owned()),
            },
            None => PolicySpec { name: text.trim().to_owned(), parameters: Value::Null },
        }
    }

    /// A policy with parameters.
    pub fn new(name: impl Into<String>, parameters: Value) -> Self {
        PolicySpec { name: name.into(), parameters }
    }
}

impl fmt::Display for PolicySpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.parameters {
            Value::Null => f.write_str(&self.name),
            Value::String(argument) => write!(f, "{}:{argument}", self.name),
            _ => f.write_str(&self.name),
        }
    }
}

impl Serialize for PolicySpec {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match &self.parameters {
            Value::Null | Value::String(_) => serializer.collect_str(self),
            parameters => {
                let mut map = serializer.serialize_map(Some(1))?;
                map.serialize_entry(&self.name, parameters)?;
                map.end()
            }
        }
    }
}

impl<'de> Deserialize<'de> for PolicySpec {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(SpecVisitor)
    }
}

struct SpecVisitor;

impl<'de> Visitor<'de> for SpecVisitor {
    type Value = PolicySpec;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a policy's name, or one key with its parameters")
    }

    fn visit_str<E>(self, text: &str) -> Result<PolicySpec, E> {
        Ok(PolicySpec::named(text))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<PolicySpec, A::Error> {
        let Some((name, parameters)) = map.next_entry()? else {
            return Err(A::Error::custom("no policy is named"));
        };
        if let Some(another) = map.next_key::<String>()? {
            return Err(A::Error::custom(format!("a second policy, `{another}`: one key names one policy")));
        }
        Ok(PolicySpec { name, parameters })
    }
}

macro_rules! specs {
    ($($(#[$doc:meta])* $spec:ident = $kind:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $spec(pub PolicySpec);

        impl JsonSchema for $spec {
            fn inline_schema() -> bool {
                true
            }
            fn schema_name() -> Cow<'static, str> {
                Kind::$kind.definition().into()
            }
            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                json_schema!({ "$ref": format!("#/$defs/{}", Kind::$kind.definition()) })
            }
        }

        impl From<&str> for $spec {
            fn from(text: &str) -> Self {
                $spec(PolicySpec::named(text))
            }
        }
    )*};
}

specs! {
    /// A service scaling policy: `{ target-tracking = { metric = "cpu", target = "60%", min = 2, max = 40 } }`.
    ServiceScalingSpec = ServiceScaling;
    /// A cluster scaling policy: `{ managed = { target_capacity = "90%" } }`.
    ClusterScalingSpec = ClusterScaling;
    /// A termination policy: `"oldest-instance"`.
    TerminationSpec = Termination;
    /// A placement constraint: `"distinct-instance"`.
    ConstraintSpec = Constraint;
    /// A link of the placement chain: `"spread:zone"`.
    PlacementSpec = Placement;
    /// A routing algorithm: `"least-outstanding-requests"`.
    RoutingSpec = Routing;
    /// A keep-alive policy: `{ fixed = { after = "10min" } }`.
    KeepAliveSpec = KeepAlive;
    /// A provisioning policy: `{ fixed = { count = 50 } }`.
    ProvisioningSpec = Provisioning;
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn forms() {
        let check = |written: Value, name: &str, parameters: Value| {
            let spec: PolicySpec = serde_json::from_value(written.clone()).unwrap();
            assert_eq!(spec, PolicySpec::new(name, parameters));
            assert_eq!(
                serde_json::from_value::<PolicySpec>(serde_json::to_value(&spec).unwrap()).unwrap(),
                spec
            );
        };
        check(json!("random"), "random", Value::Null);
        check(json!("spread:zone"), "spread", json!("zone"));
        check(json!("spread:attribute:rack"), "spread", json!("attribute:rack"));
        check(json!({ "spread": "zone" }), "spread", json!("zone"));
        check(json!({ "fixed": { "count": 4 } }), "fixed", json!({ "count": 4 }));
    }

    #[test]
    fn refused() {
        let check = |written: Value, part: &str| {
            let message = serde_json::from_value::<PolicySpec>(written).unwrap_err().to_string();
            assert!(message.contains(part), "{message}");
        };
        check(json!({}), "no policy is named");
        check(json!({ "fixed": {}, "step": {} }), "a second policy, `step`");
        check(json!(4), "a policy's name");
    }
}
