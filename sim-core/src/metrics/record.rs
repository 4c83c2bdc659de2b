//! One replication of one variant: what is stored of it, and what fills that while the run goes.
//!
//! A [`Record`] holds no request and no price. It is small, mergeable, and the unit in which an experiment is
//! stored, resumed and distributed.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::gauge::{GaugeRecords, Gauges};
use super::service::{ServiceRecord, ServiceRecorder};
use super::{Decision, Decisions, FunctionsRecord, Grid, Window};
use crate::cost::Usage;
use crate::engine::{Span, Time};
use crate::observe::{FunctionId, Gauge, Invoked};

/// A fingerprint of a source's arrivals: equal digests mean the same requests at the same instants with the
/// same luck.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ArrivalDigest {
    /// How many requests arrived (first attempts).
    pub count: u64,
    /// A hash of when, and with which seed, in order.
    pub hash: u64,
}

impl ArrivalDigest {
    /// Adds an arrival at `at` of a request with this seed.
    #[inline]
    pub fn add(&mut self, at: Time, seed: u64) {
        self.count += 1;
        self.hash = mix(mix(self.hash ^ at.nanos()) ^ seed);
    }
}

/// The finaliser of the SplitMix64 generator (Steele, Lea and Flood 2014): every input bit reaches every
/// output bit.
#[inline]
fn mix(value: u64) -> u64 {
    let value = value.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let value = (value ^ (value >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let value = (value ^ (value >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    value ^ (value >> 31)
}

/// What is known of a cluster after a run.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClusterRecord {
    /// Levels over time.
    pub gauges: GaugeRecords,
}

/// One replication of one variant.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Record {
    /// The measured window.
    pub measured: Window,
    /// The windows of every series.
    pub grid: Grid,
    /// How many replications are in it: one, unless merged.
    pub runs: u32,
    /// Services by name.
    pub services: BTreeMap<String, ServiceRecord>,
    /// The functions one by one, of each service that is a fleet of them.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub functions: BTreeMap<String, FunctionsRecord>,
    /// Clusters by name.
    pub clusters: BTreeMap<String, ClusterRecord>,
    /// What was used in the measured window, by who is billed for it: a service, a cluster, a balancer.
    pub usage: BTreeMap<String, Usage>,
    /// The same for each kind of day that the run meters apart, in their order.
    #[serde(default)]
    pub days: Vec<BTreeMap<String, Usage>>,
    /// What policies decided. Of a merged record, the first replication's.
    pub decisions: Decisions,
    /// Arrivals by source. Of a merged record, the first replication's.
    pub arrivals: BTreeMap<String, ArrivalDigest>,
    /// How many events happened.
    pub events: u64,
}

impl Record {
    /// Adds another replication of the same variant. Usage adds up to that of all replications; timelines and
    /// arrival digests stay those of the first.
    pub fn merge(&mut self, other: &Record) {
        self.runs += other.runs;
        self.events += other.events;
        for (name, service) in &other.services {
            match self.services.get_mut(name) {
                Some(mine) => mine.merge(service),
                None => drop(self.services.insert(name.clone(), service.clone())),
            }
        }
        for (name, functions) in &other.functions {
            match self.functions.get_mut(name) {
                Some(mine) => mine.merge(functions),
                None => drop(self.functions.insert(name.clone(), functions.clone())),
            }
        }
        for (name, cluster) in &other.clusters {
            match self.clusters.get_mut(name) {
                Some(mine) => mine.gauges.merge(&cluster.gauges),
                None => drop(self.clusters.insert(name.clone(), cluster.clone())),
            }
        }
        for (owner, usage) in &other.usage {
            self.usage.entry(owner.clone()).or_default().merge(usage);
        }
        for (mine, theirs) in self.days.iter_mut().zip(&other.days) {
            for (owner, usage) in theirs {
                mine.entry(owner.clone()).or_default().merge(usage);
            }
        }
    }
}

/// Watches one cluster while a run goes.
#[derive(Clone, Debug)]
pub struct ClusterRecorder {
    gauges: Gauges,
}

impl ClusterRecorder {
    /// From `now` on, `gauge` stands at `level`.
    pub fn gauge(&mut self, now: Time, gauge: Gauge, level: u64) {
        self.gauges.set(now, gauge, level);
    }

    /// From `now` on, `gauge` stands higher (or lower) by `change`.
    pub fn gauge_change(&mut self, now: Time, gauge: Gauge, change: i64) {
        self.gauges.change(now, gauge, change);
    }
}

/// Fills a [`Record`] while a run goes. Services, clusters and sources are added first and addressed by the
/// number that adding them returned.
#[derive(Clone, Debug)]
pub struct Recorder {
    measured: Window,
    grid: Grid,
    services: Vec<(String, ServiceRecorder)>,
    functions: BTreeMap<usize, FunctionsRecord>,
    clusters: Vec<(String, ClusterRecorder)>,
    sources: Vec<(String, ArrivalDigest)>,
    usage: BTreeMap<String, Usage>,
    decisions: Decisions,
}

impl Recorder {
    /// Nothing seen yet of a run whose sources stop after `duration` and whose measured window begins after
    /// `warm_up`.
    pub fn new(warm_up: Span, duration: Span) -> Self {
        Recorder {
            measured: Window::new(Time::ZERO + warm_up, Time::ZERO + duration),
            grid: Grid::over(duration),
            services: Vec::new(),
            functions: BTreeMap::new(),
            clusters: Vec::new(),
            sources: Vec::new(),
            usage: BTreeMap::new(),
            decisions: Decisions::default(),
        }
    }

    /// The measured window.
    pub fn measured(&self) -> Window {
        self.measured
    }

    /// Adds a service and returns its number.
    pub fn add_service(&mut self, name: &str) -> usize {
        self.services.push((name.to_owned(), ServiceRecorder::new(self.measured, self.grid)));
        self.services.len() - 1
    }

    /// Watches the functions of the service of this number one by one.
    pub fn add_functions(&mut self, service: usize, functions: usize) {
        self.functions.insert(service, FunctionsRecord::new(functions));
    }

    /// An attempt to invoke a function of the service of this number.
    #[inline]
    pub fn invoked(&mut self, service: usize, now: Time, function: FunctionId, invoked: Invoked) {
        if let Some(functions) = self.functions.get_mut(&service) {
            functions.invoked(self.measured, now, function, invoked);
        }
    }

    /// Adds a cluster and returns its number.
    pub fn add_cluster(&mut self, name: &str) -> usize {
        let gauges = Gauges::new(self.measured, self.grid);
        self.clusters.push((name.to_owned(), ClusterRecorder { gauges }));
        self.clusters.len() - 1
    }

    /// Adds a source and returns its number.
    pub fn add_source(&mut self, name: &str) -> usize {
        self.sources.push((name.to_owned(), ArrivalDigest::default()));
        self.sources.len() - 1
    }

    /// The service of this number.
    #[inline]
    pub fn service(&mut self, number: usize) -> &mut ServiceRecorder {
        &mut self.services[number].1
    }

    /// The cluster of this number.
    #[inline]
    pub fn cluster(&mut self, number: usize) -> &mut ClusterRecorder {
        &mut self.clusters[number].1
    }

    /// A request with this seed arrived from a source, for the first time.
    #[inline]
    pub fn arrived(&mut self, source: usize, now: Time, seed: u64) {
        self.sources[source].1.add(now, seed);
    }

    /// The usage of `owner`, to be booked into.
    pub fn usage(&mut self, owner: &str) -> &mut Usage {
        self.usage.entry(owner.to_owned()).or_default()
    }

    /// A policy decided something.
    pub fn decided(&mut self, decision: Decision) {
        self.decisions.push(self.measured, decision);
    }

    /// The record of a run that drained until `end` and in which `events` happened.
    pub fn finish(self, end: Time, events: u64) -> Record {
        let end = end.max(self.measured.to);
        let cluster = |recorder: ClusterRecorder| ClusterRecord { gauges: recorder.gauges.finish(end) };
        let services = &self.services;
        let functions =
            self.functions.into_iter().map(|(service, record)| (services[service].0.clone(), record));
        Record {
            measured: self.measured,
            grid: self.grid,
            runs: 1,
            functions: functions.collect(),
            services: self
                .services
                .into_iter()
                .map(|(name, recorder)| (name, recorder.finish(end)))
                .collect(),
            clusters: self.clusters.into_iter().map(|(name, recorder)| (name, cluster(recorder))).collect(),
            usage: self.usage,
            days: Vec::new(),
            decisions: self.decisions,
            arrivals: self.sources.into_iter().collect(),
            events,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cost::Meter;

    fn run(requests: u64) -> Record {
        let mut recorder = Recorder::new(Span::from_secs(10), Span::from_secs(100));
        let (web, fleet) = (recorder.add_service("web"), recorder.add_cluster("fleet"));
        let visitors = recorder.add_source("visitors");
        recorder.cluster(fleet).gauge(Time::ZERO, Gauge::Instances, requests);
        for second in 0..requests {
            let now = Time::ZERO + Span::from_secs(second);
            recorder.arrived(visitors, now, second * 31);
            recorder.service(web).born(now);
        }
        recorder.usage("web").add(Meter::LambdaRequests, u128::from(requests));
        recorder.finish(Time::ZERO + Span::from_secs(120), 7)
    }

    #[test]
    fn replications_merge() {
        let mut merged = run(20);
        merged.merge(&run(40));
        assert_eq!((merged.runs, merged.events), (2, 14));
        assert_eq!(merged.services["web"].born, 10 + 30);
        assert_eq!(merged.usage["web"].get(&Meter::LambdaRequests), 60);
        assert_eq!(merged.clusters["fleet"].gauges.get(Gauge::Instances).unwrap().mean(), Some(30.0));
        assert_eq!(merged.arrivals["visitors"], run(20).arrivals["visitors"]);
    }

    #[test]
    fn a_digest_sees_order_time_and_luck() {
        let digest = |arrivals: &[(u64, u64)]| {
            let mut digest = ArrivalDigest::default();
            arrivals.iter().for_each(|(at, seed)| digest.add(Time::from_nanos(*at), *seed));
            digest
        };
        let base = digest(&[(1, 10), (2, 20)]);
        assert_eq!(base, digest(&[(1, 10), (2, 20)]));
        for other in [&[(2, 20), (1, 10)][..], &[(1, 10), (3, 20)], &[(1, 10), (2, 21)], &[(1, 10)]] {
            assert_ne!(base, digest(other));
        }
    }

    #[test]
    fn a_record_survives_storage() {
        let record = run(30);
        let again: Record = serde_json::from_str(&serde_json::to_string(&record).unwrap()).unwrap();
        assert_eq!(again, record);
    }
}
