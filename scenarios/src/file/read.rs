//! From a resolved variant to its fleet, and what only its meaning shows to be wrong.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::de::DeserializeOwned;
use serde_json::Value as Json;
use sim_core::engine::Span;
use sim_core::spec::{ClusterSpec, FleetSpec, Problem, ServiceSpec, SourceSpec, WorkSpec};
use sim_core::traffic::{ArrivalSpec, FeedError, FunctionsSpec, Population, PopulationOfFunctionsSpec};

use super::Surroundings;
use super::expand::Point;
use super::late;
use super::open::located;
use crate::document::Schema;
use crate::document::mend::{Mended, StandIn, mend};

/// The tables of things that others refer to by name.
const NAMED: &[&str] = &["work", "populations", "services", "clusters"];

/// Of how many points of a variant's sweep the sound parts are looked at where there are structural mistakes; the
/// others will say the same.
const BROKEN_LOOKED_AT: usize = 20;

/// Reads fleets, and remembers which traces it has seen: variants mostly share them.
pub(super) struct Reader<'r> {
    surroundings: &'r Surroundings<'r>,
    /// The shape of a fleet.
    schema: &'r Schema,
    traces: BTreeMap<String, Vec<FeedError>>,
    /// Populations of files: how many functions lack durations, and how many memory.
    populations: BTreeMap<String, Result<(usize, usize), Vec<FeedError>>>,
    /// Points with structural mistakes seen so far, by variant of the file.
    broken: BTreeMap<Arc<str>, usize>,
}

impl<'r> Reader<'r> {
    pub(super) fn new(surroundings: &'r Surroundings<'r>, schema: &'r Schema) -> Self {
        Reader {
            surroundings,
            schema,
            traces: BTreeMap::new(),
            populations: BTreeMap::new(),
            broken: BTreeMap::new(),
        }
    }

    /// The fleet of a variant. What is wrong with its meaning is added to the variant's problems; where something is
    /// wrong with its structure already, there is no fleet, and what can be said of the sound parts is added.
    /// `duration` is that of the run, if it could be read.
    pub(super) fn read(&mut self, point: &mut Point, duration: Option<Span>) -> Option<FleetSpec> {
        let mut found = Vec::new();
        let fleet = if point.problems.any_error() {
            self.read_parts(point, &mut found);
            None
        } else {
            self.read_whole(point, &mut found)
        };
        found.into_iter().for_each(|problem| point.problems.push(located(&point.node, problem)));
        if let Some(duration) = duration {
            late::warn(&point.node, duration, &mut point.problems);
        }
        fleet
    }

    fn read_whole(&mut self, point: &Point, found: &mut Vec<Problem>) -> Option<FleetSpec> {
        let json = point.node.to_json();
        match serde_json::from_value::<FleetSpec>(json.clone()) {
            Ok(fleet) => {
                found.extend(self.fleet_problems(&fleet));
                Some(fleet)
            }
            Err(error) => {
                found.extend(unreadable(&json, &error.to_string()));
                self.read_parts(point, found);
                None
            }
        }
    }

    fn fleet_problems(&mut self, fleet: &FleetSpec) -> Vec<Problem> {
        let mut found = fleet.problems(self.surroundings.platform);
        self.trace_problems(fleet, &mut found);
        found
    }

    /// What makes no sense in a fleet with structural mistakes, whatever might stand in their place.
    fn read_parts(&mut self, point: &Point, found: &mut Vec<Problem>) {
        let seen = self.broken.entry(point.variant.clone()).or_default();
        *seen += 1;
        if *seen > BROKEN_LOOKED_AT {
            return;
        }
        let [first, last] = [StandIn::First, StandIn::Last].map(|with| self.problems_with(point, with));
        found.extend(first.into_iter().filter(|problem| last.contains(problem)));
    }

    fn problems_with(&mut self, point: &Point, with: StandIn) -> Vec<Problem> {
        let mut mended = mend(self.schema, &point.node, with);
        let Some(fleet) = self.readable(&mut mended, with) else { return Vec::new() };
        let mut problems = self.fleet_problems(&fleet);
        let lost: Vec<&str> = NAMED.iter().copied().filter(|kind| mended.doubts(kind)).collect();
        problems.retain(|problem| {
            let absent = lost.iter().any(|kind| is_about_absence(&problem.path, kind));
            !absent && !mended.doubts(&problem.path)
        });
        problems
    }

    /// A mended fleet, entries that nevertheless cannot be read replaced too.
    fn readable(&self, mended: &mut Mended, with: StandIn) -> Option<FleetSpec> {
        let json = mended.node.to_json();
        let Ok(fleet) = serde_json::from_value(json.clone()) else {
            for problem in unreadable(&json, "") {
                if let Some((table, name)) = problem.path.split_once('.') {
                    mended.replace_entry(self.schema, table, name, with);
                }
            }
            return serde_json::from_value(mended.node.to_json()).ok();
        };
        Some(fleet)
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

/// Whether a problem at `path` may only be that all things of this kind were lost with the table that names them.
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

fn entries<T: DeserializeOwned>(json: &Json, kind: &str, found: &mut Vec<Problem>) {
    for (name, entry) in json[kind].as_object().into_iter().flatten() {
        if let Err(error) = serde_json::from_value::<T>(entry.clone()) {
            found.push(Problem::new(format!("{kind}.{name}"), error.to_string()));
        }
    }
}
