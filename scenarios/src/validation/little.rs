//! Little's law on the path that was simulated (Little 1961; Stidham 1974).
//!
//! Over a run that begins and ends empty, the area under the number inside equals the sum of the times spent inside, without
//! any assumption and to the last nanosecond: the mean number L is the rate lambda times the mean time W. The two sides come
//! from different facts of the model. The number inside is the level that it states (queue and service, which utilization
//! and capacity follow from); the times are those at which attempts are let through the front door and are over. A request
//! that is dropped, counted twice, or whose level is stated late would part them.

use std::collections::BTreeMap;

use rayon::prelude::*;
use sim_core::engine::Time;
use sim_core::observe::{FRONT_DOOR_LIMIT, Gauge, Names, Outcome, Owner, Passed, Probe, ServiceId};
use sim_core::random::Luck;

use super::surroundings::Builtin;
use crate::builtin;
use crate::file::Variant;

/// One queue of one variant of a scenario.
#[derive(Clone, Debug)]
pub struct LittleRow {
    /// The scenario.
    pub scenario: String,
    /// Its variant.
    pub variant: String,
    /// The service.
    pub service: String,
    /// How many attempts came.
    pub attempts: u64,
    /// How many of them were over when the run was.
    pub ended: u64,
    /// The run's length in seconds, up to the end of the last attempt.
    pub seconds: f64,
    /// The area under the number inside, in request nanoseconds.
    pub area: i128,
    /// The sum of all times inside, in nanoseconds.
    pub times: i128,
}

impl LittleRow {
    /// Whether the two sides are the same.
    pub fn holds(&self) -> bool {
        self.area == self.times && self.attempts == self.ended
    }

    /// Attempts per second.
    pub fn rate(&self) -> f64 {
        self.attempts as f64 / self.seconds
    }

    /// Mean time inside, in seconds.
    pub fn time(&self) -> f64 {
        self.times as f64 / 1e9 / self.attempts as f64
    }

    /// Mean number inside.
    pub fn inside(&self) -> f64 {
        self.area as f64 / 1e9 / self.seconds
    }
}

/// One replication of every variant of every built-in scenario.
pub(super) fn every_builtin(surroundings: &Builtin) -> Vec<LittleRow> {
    let of = |known: &builtin::Builtin| of_builtin(surroundings, known.name);
    builtin::all().flat_map(of).collect()
}

/// One replication of every variant of one of them.
pub(super) fn of_builtin(surroundings: &Builtin, name: &str) -> Vec<LittleRow> {
    let known = builtin::find(name).expect("a built-in scenario");
    let scenario = surroundings.load(known.name, known.text);
    let rows = scenario.variants.par_iter().with_max_len(1).map(|variant| {
        let luck = Luck { root: scenario.run.seed, replication: 0 };
        let watch = |names: &Names| Little::new(names);
        let (_, little) = surroundings.simulate(&variant.fleet, &scenario.run, luck, watch);
        little.rows(&scenario.name, variant)
    });
    rows.collect::<Vec<_>>().into_iter().flatten().collect()
}

/// Watches every service of a run.
struct Little {
    names: Vec<String>,
    services: Vec<Service>,
}

#[derive(Clone, Default)]
struct Service {
    levels: BTreeMap<Gauge, (Time, u64)>,
    area: i128,
    times: i128,
    attempts: u64,
    ended: u64,
    last: Time,
}

impl Little {
    fn new(names: &Names) -> Self {
        Little { names: names.services.clone(), services: vec![Service::default(); names.services.len()] }
    }

    fn rows(self, scenario: &str, variant: &Variant) -> Vec<LittleRow> {
        let row = |(name, service): (String, Service)| LittleRow {
            scenario: scenario.to_owned(),
            variant: variant.name.clone(),
            service: name,
            attempts: service.attempts,
            ended: service.ended,
            seconds: service.last.seconds(),
            area: service.area,
            times: service.times,
        };
        self.names.into_iter().zip(self.services).map(row).collect()
    }
}

impl Service {
    fn ends(&mut self, at: Time) {
        self.times += i128::from(at.nanos());
        self.ended += 1;
        self.last = self.last.max(at);
    }
}

impl Probe for Little {
    fn passed(&mut self, passed: &Passed) {
        let service = &mut self.services[passed.service.0 as usize];
        service.times -= i128::from(passed.at.nanos());
        service.attempts += 1;
    }

    fn refused(&mut self, at: Time, service: ServiceId, _: Outcome, reason: &'static str) {
        // A front door that stops waiting leaves the request inside; it is served, or lost, later.
        if reason != FRONT_DOOR_LIMIT {
            self.services[service.0 as usize].ends(at);
        }
    }

    fn served(&mut self, at: Time, service: ServiceId) {
        self.services[service.0 as usize].ends(at);
    }

    fn level(&mut self, at: Time, owner: Owner, gauge: Gauge, value: u64) {
        let (Owner::Service(id), Gauge::Queue | Gauge::Concurrency) = (owner, gauge) else { return };
        let service = &mut self.services[id.0 as usize];
        let (since, level) = service.levels.insert(gauge, (at, value)).unwrap_or_default();
        service.area += i128::from(level) * i128::from(at.since(since).nanos());
    }
}
