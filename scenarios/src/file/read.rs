//! From a resolved variant to its fleet, and what only its meaning shows to be wrong.

use std::collections::BTreeMap;
use std::sync::Arc;

use indexmap::IndexMap;
use serde::de::DeserializeOwned;
use serde_json::Value as Json;
use sim_core::spec::{ClusterSpec, FleetSpec, Problem, ServiceSpec, SourceSpec, WorkSpec};
use sim_core::traffic::{ArrivalSpec, FeedError, FunctionsSpec, Population, PopulationOfFunctionsSpec};

use super::Surroundings;
use super::expand::Point;
use super::late;
use super::open::located;
use super::settings::RunSettings;
use crate::document::{Node, Origin, Value};

/// Of how many points of a variant's sweep the sound parts are looked at where there are structural mistakes; the
/// others will say the same.
const BROKEN_LOOKED_AT: usize = 20;

/// Reads fleets, and remembers which traces it has seen: variants mostly share them.
pub(super) struct Reader<'r> {
    surroundings: &'r Surroundings<'r>,
    traces: BTreeMap<String, Vec<FeedError>>,
    /// Populations of files: how many functions lack durations, and how many memory.
    populations: BTreeMap<String, Result<(usize, usize), Vec<FeedError>>>,
    /// Points with structural mistakes seen so far, by variant of the file.
    broken: BTreeMap<Arc<str>, usize>,
}

impl<'r> Reader<'r> {
    pub(super) fn new(surroundings: &'r Surroundings<'r>) -> Self {
        Reader {
            surroundings,
            traces: BTreeMap::new(),
            populations: BTreeMap::new(),
            broken: BTreeMap::new(),
        }
    }

    /// The fleet of a variant. What is wrong with its meaning is added to the variant's problems; where something is
    /// wrong with its structure already, there is no fleet, and what can be said of the sound parts is added.
    pub(super) fn read(&mut self, point: &mut Point, run: Option<&RunSettings>) -> Option<FleetSpec> {
        let mut found = Vec::new();
        let fleet = if point.problems.any_error() {
            self.read_parts(point, &mut found);
            None
        } else {
            self.read_whole(&point.node.to_json(), &mut found)
        };
        found.into_iter().for_each(|problem| point.problems.push(located(&point.node, problem)));
        if let Some(run) = run {
            late::warn(&point.node, run.duration, &mut point.problems);
        }
        fleet
    }

    fn read_whole(&mut self, json: &Json, found: &mut Vec<Problem>) -> Option<FleetSpec> {
        match serde_json::from_value::<FleetSpec>(json.clone()) {
            Ok(fleet) => {
                found.extend(fleet.problems(self.surroundings.platform));
                self.trace_problems(&fleet, found);
                Some(fleet)
            }
            Err(error) => {
                found.extend(unreadable(json, &error.to_string()));
                None
            }
        }
    }

    /// What makes no sense in those parts that can be read once the mistaken values are left out.
    fn read_parts(&mut self, point: &Point, found: &mut Vec<Problem>) {
        let seen = self.broken.entry(point.variant.clone()).or_default();
        *seen += 1;
        if *seen > BROKEN_LOOKED_AT {
            return;
        }
        let mistakes: Vec<&Origin> = point.problems.list().iter().map(|problem| &problem.origin).collect();
        let mut node = point.node.clone();
        prune(&mut node, &mistakes);
        let (fleet, lost) = sound_parts(&node.to_json(), &point.node);
        let mut problems = fleet.problems(self.surroundings.platform);
        self.trace_problems(&fleet, &mut problems);
        problems.retain(|problem| !lost.iter().any(|kind| is_about_absence(&problem.path, kind)));
        found.extend(problems);
    }

    fn trace_problems(&mut self, fleet: &FleetSpec, found: &mut Vec<Problem>) {
        self.population_problems(fleet, found);
        for (name, source) in &fleet.sources {
            let ArrivalSpec::Trace(trace) = &source.arrivals else { continue };
            // The spec is what the reader is given, so its text is what decides the outcome.
            let key = serde_json::to_string(trace).unwrap_or_default();
            let check = self.surroundings.check_trace;
            for error in self.traces.entry(key).or_insert_with(|| check(trace)) {
                found.push(error.problem(&format!("sources.{name}.arrivals.trace.file")));
            }
        }
    }

    /// Populations are built, which reads their files, to see what is wrong with them and what they leave open. One
    /// whose settings make no sense is not: that has been said.
    fn population_problems(&mut self, fleet: &FleetSpec, found: &mut Vec<Problem>) {
        for (name, spec) in &fleet.populations {
            let mut senseless = Vec::new();
            spec.problems("", &mut senseless);
            let FunctionsSpec::AzureFunctions2019(files) = &spec.functions else { continue };
            if !senseless.is_empty() {
                continue;
            }
            let key = serde_json::to_string(files).unwrap_or_default();
            let traces = self.surroundings.platform.traces;
            let unknown = self.populations.entry(key).or_insert_with(|| {
                Population::build(spec, name, traces).map(|population| population.unknown())
            });
            match unknown {
                Ok(unknown) => found.extend(fleet.unknown_of_functions(name, *unknown)),
                Err(errors) => {
                    let path = format!("populations.{name}.functions.azure-functions-2019");
                    found.extend(errors.iter().map(|error| error.problem(&path)));
                }
            }
        }
    }
}

/// What cannot be deserialised although its structure is right, by name: a text with a form of its own, say.
fn unreadable(json: &Json, error: &str) -> Vec<Problem> {
    let mut found = Vec::new();
    entries::<WorkSpec>(json, "work", &mut found);
    entries::<SourceSpec>(json, "sources", &mut found);
    entries::<PopulationOfFunctionsSpec>(json, "populations", &mut found);
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

/// The fleet of what can be read, and the kinds of thing of which something is missing from it.
fn sound_parts(json: &Json, whole: &Node) -> (FleetSpec, Vec<&'static str>) {
    let fleet = FleetSpec {
        work: sound(json, "work"),
        sources: sound(json, "sources"),
        populations: sound(json, "populations"),
        services: sound(json, "services"),
        clusters: sound(json, "clusters"),
        account: setting(json, "account"),
        telemetry: setting(json, "telemetry"),
        hardware: setting(json, "hardware"),
    };
    let read = [
        ("work", fleet.work.len()),
        ("sources", fleet.sources.len()),
        ("populations", fleet.populations.len()),
        ("services", fleet.services.len()),
        ("clusters", fleet.clusters.len()),
    ];
    let written = |kind: &str| whole.get(kind).and_then(Node::as_table).map_or(0, IndexMap::len);
    let lost =
        read.into_iter().filter(|(kind, count)| *count < written(kind)).map(|(kind, _)| kind).collect();
    (fleet, lost)
}

fn sound<T: DeserializeOwned>(json: &Json, kind: &str) -> IndexMap<String, T> {
    let entries = json[kind].as_object().into_iter().flatten();
    entries
        .filter_map(|(name, entry)| Some((name.clone(), serde_json::from_value(entry.clone()).ok()?)))
        .collect()
}

fn setting<T: DeserializeOwned + Default>(json: &Json, key: &str) -> T {
    json.get(key).and_then(|value| serde_json::from_value(value.clone()).ok()).unwrap_or_default()
}

/// Whether a problem at `path` may only be that something of this kind was left out.
fn is_about_absence(path: &str, kind: &str) -> bool {
    path == kind
        || match kind {
            "work" => path.starts_with("services.") && path.ends_with(".work"),
            "services" => path.starts_with("sources.") && path.ends_with(".to"),
            "populations" => path.ends_with(".population") || path.ends_with(".functions"),
            "clusters" => path.starts_with("services.") && path.ends_with(".cluster"),
            _ => false,
        }
}

fn entries<T: DeserializeOwned>(json: &Json, kind: &str, found: &mut Vec<Problem>) {
    for (name, entry) in json[kind].as_object().into_iter().flatten() {
        if let Err(error) = serde_json::from_value::<T>(entry.clone()) {
            found.push(Problem::new(format!("{kind}.{name}"), error.to_string()));
        }
    }
}
