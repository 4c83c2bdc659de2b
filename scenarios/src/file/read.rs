//! From a resolved variant to its fleet, and what only its meaning shows to be wrong.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::de::DeserializeOwned;
use serde_json::Value as Json;
use sim_core::engine::Span;
use sim_core::spec::{ClusterSpec, FaultSpec, FleetSpec, Problem, ServiceSpec, SourceSpec, WorkSpec};
use sim_core::traffic::{
    ArrivalSpec, FeedError, FunctionsSpec, Population, PopulationOfFunctionsSpec, TraceSpec, TraceTotal,
};

use super::expand::Point;
use super::open::located;
use super::settings::RunSettings;
use super::{MOST_REQUESTS, Surroundings, amount, doubts, late};
use crate::document::Schema;
use crate::document::mend::{Mended, StandIn, mend};
use crate::trace::TraceSummary;

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
    traces: BTreeMap<String, Result<TraceSummary, Vec<FeedError>>>,
    /// Populations, or what is wrong with their files.
    populations: BTreeMap<String, Result<Known, Vec<FeedError>>>,
    /// Points with structural mistakes seen so far, by variant of the file.
    broken: BTreeMap<Arc<str>, usize>,
}

/// What is known of a population before the run.
struct Known {
    /// How many functions lack durations, and how many memory.
    unknown: (usize, usize),
    /// What its traces hold and how they are played, where it has some.
    traced: Option<(TraceTotal, TraceSpec)>,
    /// Invocations a second, where they are not counted.
    rate: f64,
    /// The law of all functions' invocations, where they follow one.
    law: Option<ArrivalSpec>,
}

impl Known {
    fn new(population: &Population) -> Self {
        let traced = population.traced().zip(population.play().cloned());
        let rate = match traced {
            Some(_) => 0.0,
            None => (0..population.len()).map(|function| population.rate(function)).sum(),
        };
        Known { unknown: population.unknown(), traced, rate, law: population.law().cloned() }
    }

    /// How many invocations a run sees on average, where they are not counted.
    fn invocations(&self, run: &RunSettings) -> f64 {
        match &self.law {
            Some(law) => law.expected(run.duration, run.start, None, None),
            None => self.rate * run.duration.seconds(),
        }
    }
}

/// What a trace is remembered by: its spec is what the reader is given, so its text is what decides the outcome.
fn key(spec: &TraceSpec) -> String {
    serde_json::to_string(spec).unwrap_or_default()
}

/// What a population is remembered by; of synthetic ones the name is part of the luck.
fn population_key(name: &str, spec: &PopulationOfFunctionsSpec) -> String {
    let name = if matches!(spec.functions, FunctionsSpec::Synthetic(_)) { name } else { "" };
    format!("{name} {}", serde_json::to_string(&spec.functions).unwrap_or_default())
}

/// A fleet that is right, and about how many requests one run of it takes.
pub(super) struct Read {
    pub(super) fleet: FleetSpec,
    pub(super) requests: Expected,
}

/// How many requests one run takes.
#[derive(Clone, Copy, Default)]
pub(super) struct Expected {
    /// Those that come whatever is answered, on average.
    pub(super) open: f64,
    /// Those of users, who wait for their answers: had they not to, so at most.
    pub(super) of_users: f64,
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
    /// `run` are the settings of the run and `duration` its length, each if it could be read.
    pub(super) fn read(
        &mut self,
        point: &mut Point,
        run: Option<&RunSettings>,
        duration: Option<Span>,
    ) -> Option<Read> {
        let mut found = Vec::new();
        let fleet = if point.problems.any_error() {
            self.read_parts(point, &mut found);
            None
        } else {
            self.read_whole(point, &mut found)
        };
        let sound = found.is_empty();
        let mut requests = Expected::default();
        if let (Some(fleet), Some(run), true) = (&fleet, run, sound) {
            requests = self.expected(fleet, run, &mut found);
            for doubt in
                doubts::find(fleet, &point.node, run, self.surroundings.platform, |it| self.total(fleet, it))
            {
                point.problems.push(located(&point.node, doubt).warning());
            }
        }
        found.into_iter().for_each(|problem| point.problems.push(located(&point.node, problem)));
        if let Some(duration) = duration {
            late::warn(&point.node, duration, run.map(|run| run.start), &mut point.problems);
        }
        fleet.map(|fleet| Read { fleet, requests })
    }

    /// About how many requests a run takes, and whether it would end at all. Users do not count for that: how long they
    /// wait is only known when it is simulated.
    fn expected(&self, fleet: &FleetSpec, run: &RunSettings, found: &mut Vec<Problem>) -> Expected {
        let of_source = |arrivals: &ArrivalSpec| {
            let total = self.total(fleet, arrivals);
            let population = match (arrivals, total) {
                (ArrivalSpec::Population(_), Some((total, play))) => Some(total.played(play, run.duration)),
                (ArrivalSpec::Population(name), None) => {
                    self.population(fleet, name).map(|known| known.invocations(run))
                }
                _ => None,
            };
            arrivals.expected(run.duration, run.start, total.map(|(total, _)| total), population)
        };
        let waits = |arrivals: &ArrivalSpec| matches!(arrivals, ArrivalSpec::Users(_));
        let (users, each): (Vec<_>, Vec<_>) = fleet
            .sources
            .iter()
            .map(|(name, source)| (name, waits(&source.arrivals), of_source(&source.arrivals)))
            .partition(|(_, waits, _)| *waits);
        let sum = |of: &[(&String, bool, f64)]| of.iter().map(|(_, _, requests)| requests).sum();
        let (open, of_users): (f64, f64) = (sum(&each), sum(&users));
        let busiest = each.iter().max_by(|a, b| a.2.total_cmp(&b.2));
        if let Some((name, ..)) = busiest.filter(|_| open > MOST_REQUESTS) {
            let message = format!(
                "about {} requests in one run, which would take weeks; at most {} are accepted",
                amount(open),
                amount(MOST_REQUESTS)
            );
            let hint = "shorten the run, or scale traffic and fleet down";
            found.push(Problem::new(format!("sources.{name}.arrivals"), message).hint(hint));
        }
        Expected { open, of_users }
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
            let check = self.surroundings.check_trace;
            let checked = self.traces.entry(key(trace)).or_insert_with(|| check(trace));
            for error in checked.as_ref().err().into_iter().flatten() {
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
            if !senseless.is_empty() {
                continue;
            }
            let traces = self.surroundings.platform.traces;
            let known = self
                .populations
                .entry(population_key(name, spec))
                .or_insert_with(|| Population::build(spec, name, traces).map(|built| Known::new(&built)));
            match known {
                Ok(known) if known.traced.is_some() => {
                    found.extend(fleet.unknown_of_functions(name, known.unknown));
                }
                Ok(_) => {}
                Err(errors) => {
                    let path = format!("populations.{name}.functions.azure-functions-2019");
                    found.extend(errors.iter().map(|error| error.problem(&path)));
                }
            }
        }
    }

    /// What is known of the trace, or of the traces of the population, that a source plays, and how it plays them.
    fn total<'a>(
        &'a self,
        fleet: &'a FleetSpec,
        arrivals: &'a ArrivalSpec,
    ) -> Option<(TraceTotal, &'a TraceSpec)> {
        match arrivals {
            ArrivalSpec::Trace(spec) => {
                let summary = self.traces.get(&key(spec))?.as_ref().ok()?;
                let requests = summary.requests as f64;
                Some((TraceTotal { requests, length: summary.length }, spec))
            }
            ArrivalSpec::Population(name) => {
                let (total, spec) = self.population(fleet, name)?.traced.as_ref()?;
                Some((*total, spec))
            }
            _ => None,
        }
    }

    fn population(&self, fleet: &FleetSpec, name: &str) -> Option<&Known> {
        self.populations.get(&population_key(name, fleet.populations.get(name)?))?.as_ref().ok()
    }
}

/// Whether a problem at `path` may only be that all things of this kind were lost with the table that names them.
fn is_about_absence(path: &str, kind: &str) -> bool {
    path == kind
        || match kind {
            "work" => {
                ["services.", "faults."].iter().any(|of| path.starts_with(of)) && path.ends_with(".work")
            }
            "services" => {
                (path.starts_with("sources.") && path.ends_with(".to"))
                    || (path.starts_with("faults.") && path.ends_with(".service"))
            }
            "populations" => path.ends_with(".population") || path.ends_with(".functions"),
            "clusters" => {
                ["services.", "faults."].iter().any(|of| path.starts_with(of)) && path.ends_with(".cluster")
            }
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
    entries::<FaultSpec>(json, "faults", &mut found);
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
