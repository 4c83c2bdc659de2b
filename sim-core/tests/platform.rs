//! The platforms' worked numbers, one row each: limits, delays, billing, placement, scaling. Sources: the developer
//! guides of Lambda, ECS and EC2 and the quotas, as the facts of the project collect them.
//!
//! A spec is the base of its platform with a patch; a check runs it and asks for one figure. `determinism` asks of the same
//! specs that luck falls the same whatever else differs.

#[path = "platform/begin.rs"]
mod begin;
#[path = "platform/clusters.rs"]
mod clusters;
mod common;
#[path = "platform/concurrency.rs"]
mod concurrency;
#[path = "platform/credits.rs"]
mod credits;
#[path = "platform/determinism.rs"]
mod determinism;
#[path = "common/facts.rs"]
mod facts;
#[path = "platform/faults.rs"]
mod faults;
#[path = "platform/functions.rs"]
mod functions;
#[path = "platform/health.rs"]
mod health;
#[path = "platform/outages.rs"]
mod outages;
#[path = "platform/prewarm.rs"]
mod prewarm;
#[path = "platform/providers.rs"]
mod providers;
#[path = "platform/scaling.rs"]
mod scaling;
#[path = "platform/tasks.rs"]
mod tasks;

use serde_json::{Map, Value, json};

/// `base` with everything that `patch` says: tables are merged; a choice of something else, and anything that is no
/// table, replaces what was there.
pub(crate) fn patched(base: &Value, patch: &Value) -> Value {
    let other_choice = |one: &Map<String, Value>, other: &Map<String, Value>| {
        one.len() == 1 && other.len() == 1 && one.keys().ne(other.keys())
    };
    match (base, patch) {
        (Value::Object(base), Value::Object(new)) if other_choice(base, new) => patch.clone(),
        (Value::Object(base), Value::Object(patch)) => {
            let mut merged = base.clone();
            for (key, value) in patch {
                let below = merged.get(key).map_or_else(|| value.clone(), |old| patched(old, value));
                merged.insert(key.clone(), below);
            }
            Value::Object(merged)
        }
        _ => patch.clone(),
    }
}

/// One service that takes `wait` for a request, under `arrivals`; everything random about it is switched off.
pub(crate) fn one_service(arrivals: &Value, wait: &str, service: &Value) -> Value {
    json!({
        "work": { "work": { "cpu": { "constant": "0s" }, "wait": { "constant": wait } } },
        "sources": { "all": { "to": "service", "arrivals": arrivals } },
        "services": { "service": patched(&json!({ "work": "work" }), service) },
    })
}

/// Requests at equal intervals, the first after one of them.
pub(crate) fn every(rate: &str) -> Value {
    json!({ "deterministic": { "rate": rate } })
}

/// `count` requests at one instant, about once in a run of `minutes`, but surely: the batch's users ask once and wait.
pub(crate) fn together(count: u32) -> Value {
    json!({ "users": { "population": { "constant": count }, "think": { "constant": "10s" } } })
}

/// A figure between two bounds.
#[track_caller]
pub(crate) fn within(what: &str, value: f64, low: f64, high: f64) {
    assert!((low..=high).contains(&value), "{what}: {value} is not between {low} and {high}");
}
