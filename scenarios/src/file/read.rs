//! From a resolved variant to its fleet, and what only its meaning shows to be wrong.

use std::collections::BTreeMap;
use std::sync::Arc;

use indexmap::IndexMap;
use serde::de::DeserializeOwned;
use serde_json::Value as Json;
use sim_core::spec::{ClusterSpec, FleetSpec, Problem, ServiceSpec, SourceSpec, WorkSpec};
use sim_core::traffic::{ArrivalSpec, FeedError, OpenTrace, TraceSpec};

use super::Surroundings;
use super::expand::Point;
use super::open::located;
use super::settings::RunSettings;
use crate::document::{Node, Origin, Value};

/// Of how many points of a variant's sweep the sound parts are looked at where there are structural mistakes; the
/// others will say the same.
const BROKEN_LOOKED_AT: usize = 20;

/// Reads fleets, and remembers which traces it has seen: variants mostly share them.
pub(super) struct Reader<'r> {
    surroundings: &'r Surroundings<'r>,
    traces: BTreeMap<String, Option<FeedError>>,
    /// Points with structural mistakes seen so far, by variant of the file.
    broken: BTreeMap<Arc<str>, usize>,
}

impl<'r> Reader<'r> {
    pub(super) fn new(surroundings: &'r Surroundings<'r>) -> Self {
        Reader { surroundings, traces: BTreeMap::new(), broken: BTreeMap::new() }
    }

    /// The fleet of a variant. What is wrong with its meaning is added to the variant's problems; where something is
    /// wrong with its structure already, there is no fleet, and what can be said of the sound parts is added.
    pub(super) fn read(&mut self, point: &mut Point, run: Option<&RunSettings>) -> Option<FleetSpec> {
        let mut found = Vec::new();
        let fleet = if point.problems.any_error() {
            self.read_parts(point, &mut found);
            None
        } else {
            self.read_whole(&point.node.to_json(), run, &mut found)
        };
        found.into_iter().for_each(|problem| point.problems.push(located(&point.node, problem)));
        fleet
    }

    fn read_whole(
        &mut self,
        json: &Json,
        run: Option<&RunSettings>,
        found: &mut Vec<Problem>,
    ) -> Option<FleetSpec> {
        match serde_json::from_value::<FleetSpec>(json.clone()) {
            Ok(fleet) => {
                found.extend(fleet.problems());
                found.extend((self.surroundings.problems)(&fleet, run));
                self.trace_problems(&fleet.sources, found);
                Some(fleet)
            }
            Err(error) => {
                found.extend(unreadable(json, &error.to_string()));
                None
            }
        }
    }

    /// What makes no sense by itself in those works, sources, services and clusters that can be read once the mistaken
    /// values are left out. How they refer to each other is not looked at: what they refer to may be what is missing.
    fn read_parts(&mut self, point: &Point, found: &mut Vec<Problem>) {
        let seen = self.broken.entry(point.variant.clone()).or_default();
        *seen += 1;
        if *seen > BROKEN_LOOKED_AT {
            return;
        }
        let mistakes: Vec<&Origin> = point.problems.list().iter().map(|problem| &problem.origin).collect();
        let mut node = point.node.clone();
        prune(&mut node, &mistakes);
        let json = node.to_json();
        sound::<WorkSpec>(&json, "work").iter().for_each(|(path, work)| work.problems(path, found));
        sound::<ServiceSpec>(&json, "services")
            .iter()
            .for_each(|(path, service)| service.problems(path, found));
        let sources = sound::<SourceSpec>(&json, "sources");
        sources.iter().for_each(|(path, source)| source.problems(path, found));
        let named = |(path, source): (String, SourceSpec)| (path.replacen("sources.", "", 1), source);
        self.trace_problems(&sources.into_iter().map(named).collect(), found);
    }

    fn trace_problems(&mut self, sources: &IndexMap<String, SourceSpec>, found: &mut Vec<Problem>) {
        for (name, source) in sources {
            let ArrivalSpec::Trace(trace) = &source.arrivals else { continue };
            // The spec is what the reader is given, so its text is what decides the outcome.
            let key = serde_json::to_string(trace).unwrap_or_default();
            let traces = self.surroundings.traces;
            let outcome = self.traces.entry(key).or_insert_with(|| read_through(traces, trace).err());
            if let Some(error) = outcome {
                let problem = Problem::new(format!("sources.{name}.arrivals.trace.file"), error.to_string());
                found.push(match &error.hint {
                    Some(hint) => problem.hint(hint.clone()),
                    None => problem,
                });
            }
        }
    }
}

/// Reads a trace to its end, for a malformed row anywhere in it: a simulation that has begun must not fail over one.
fn read_through(traces: &dyn OpenTrace, trace: &TraceSpec) -> Result<(), FeedError> {
    let mut feed = traces.open(trace)?;
    while feed.next()?.is_some() {}
    Ok(())
}

/// What cannot be deserialised although its structure is right, by name: a text with a form of its own, say.
fn unreadable(json: &Json, error: &str) -> Vec<Problem> {
    let mut found = Vec::new();
    entries::<WorkSpec>(json, "work", &mut found);
    entries::<SourceSpec>(json, "sources", &mut found);
    entries::<ServiceSpec>(json, "services", &mut found);
    entries::<ClusterSpec>(json, "clusters", &mut found);
    if found.is_empty() {
        found.push(Problem::new("", error));
    }
    found
}

/// Leaves out what a mistake was found in: a value where the value is wrong, a key where the key is.
fn prune(node: &mut Node, mistakes: &[&Origin]) {
    let sound = |node: &Node| !mistakes.contains(&&node.origin) && !mistakes.contains(&&node.key);
    match &mut node.value {
        Value::Table(entries) => {
            entries.retain(|_, child| sound(child));
            entries.values_mut().for_each(|child| prune(child, mistakes));
        }
        Value::Array(items) => {
            items.retain(sound);
            items.iter_mut().for_each(|item| prune(item, mistakes));
        }
        _ => {}
    }
}

/// The entries of one kind that can be read, by path.
fn sound<T: DeserializeOwned>(json: &Json, kind: &str) -> Vec<(String, T)> {
    let entries = json[kind].as_object().into_iter().flatten();
    let read = |(name, entry): (&String, &Json)| {
        Some((format!("{kind}.{name}"), serde_json::from_value(entry.clone()).ok()?))
    };
    entries.filter_map(read).collect()
}

fn entries<T: DeserializeOwned>(json: &Json, kind: &str, found: &mut Vec<Problem>) {
    for (name, entry) in json[kind].as_object().into_iter().flatten() {
        if let Err(error) = serde_json::from_value::<T>(entry.clone()) {
            found.push(Problem::new(format!("{kind}.{name}"), error.to_string()));
        }
    }
}
