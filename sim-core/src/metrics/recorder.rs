//! What fills a [`Record`] while a run goes.

use std::collections::BTreeMap;

use super::functions::FunctionsRecorder;
use super::gauge::Gauges;
use super::record::{ArrivalDigest, ClusterRecord, Record};
use super::service::ServiceRecorder;
use super::{Decision, Decisions, Grid, Window};
use crate::cost::Usage;
use crate::engine::{Span, Time};
use crate::observe::{FunctionId, Invoked};

/// Fills a [`Record`] while a run goes. Services, clusters and sources are added first and addressed by the
/// number that adding them returned.
#[derive(Clone, Debug)]
pub struct Recorder {
    measured: Window,
    grid: Grid,
    services: Vec<(String, ServiceRecorder)>,
    /// By service; none for one that is no fleet of functions.
    functions: Vec<Option<FunctionsRecorder>>,
    clusters: Vec<(String, Gauges)>,
    sources: Vec<(String, ArrivalDigest)>,
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
            functions: Vec::new(),
            clusters: Vec::new(),
            sources: Vec::new(),
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
        self.functions.push(None);
        self.services.len() - 1
    }

    /// Watches the functions of the service of this number one by one.
    pub fn add_functions(&mut self, service: usize, functions: usize) {
        self.functions[service] = Some(FunctionsRecorder::new(self.measured, functions));
    }

    /// An attempt to invoke a function of the service of this number.
    #[inline]
    pub fn invoked(&mut self, service: usize, now: Time, function: FunctionId, invoked: Invoked) {
        if let Some(functions) = &mut self.functions[service] {
            functions.invoked(now, function, invoked);
        }
    }

    /// Adds a cluster and returns its number.
    pub fn add_cluster(&mut self, name: &str) -> usize {
        self.clusters.push((name.to_owned(), Gauges::new(self.measured, self.grid)));
        self.clusters.len() - 1
    }

    /// Adds a source and returns its number.
    pub fn add_source(&mut self, name: &str) -> usize {
        self.sources.push((name.to_owned(), ArrivalDigest::default()));
        self.sources.len() - 1
    }

    /// The service of this number.
    #[inline(always)]
    pub fn service(&mut self, number: usize) -> &mut ServiceRecorder {
        &mut self.services[number].1
    }

    /// The levels of the cluster of this number.
    #[inline(always)]
    pub fn cluster(&mut self, number: usize) -> &mut Gauges {
        &mut self.clusters[number].1
    }

    /// A request with this seed arrived from a source, for the first time.
    #[inline(always)]
    pub fn arrived(&mut self, source: usize, now: Time, seed: u64) {
        self.sources[source].1.add(now, seed);
    }

    /// A policy decided something.
    pub fn decided(&mut self, decision: Decision) {
        self.decisions.push(self.measured, decision);
    }

    /// The record of a run that drained until `end` and in which `events` happened. `usage` is what was used in the
    /// measured window, `days` what was used on each kind of day that is metered apart.
    pub fn finish(
        self,
        end: Time,
        events: u64,
        usage: BTreeMap<String, Usage>,
        days: Vec<BTreeMap<String, Usage>>,
    ) -> Record {
        let end = end.max(self.measured.to);
        let cluster = |gauges: Gauges| ClusterRecord { gauges: gauges.finish(end) };
        let services = &self.services;
        let watched = |(recorder, (name, _)): (Option<FunctionsRecorder>, &(String, ServiceRecorder))| {
            Some((name.clone(), recorder?.finish()))
        };
        let functions = self.functions.into_iter().zip(services).filter_map(watched);
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
            clusters: self.clusters.into_iter().map(|(name, gauges)| (name, cluster(gauges))).collect(),
            usage,
            days,
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
    use crate::observe::Gauge;

    fn run(requests: u64) -> Record {
        let mut recorder = Recorder::new(Span::from_secs(10), Span::from_secs(100));
        let (web, fleet) = (recorder.add_service("web"), recorder.add_cluster("fleet"));
        let visitors = recorder.add_source("visitors");
        recorder.cluster(fleet).set(Time::ZERO, Gauge::Instances, requests);
        for second in 0..requests {
            let now = Time::ZERO + Span::from_secs(second);
            recorder.arrived(visitors, now, second * 31);
            recorder.service(web).born(now);
        }
        let mut usage = Usage::default();
        usage.add(Meter::LambdaRequests, u128::from(requests));
        let usage = BTreeMap::from([("web".to_owned(), usage)]);
        recorder.finish(Time::ZERO + Span::from_secs(120), 7, usage, Vec::new())
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
    fn a_record_survives_storage() {
        let record = run(30);
        let again: Record = serde_json::from_str(&serde_json::to_string(&record).unwrap()).unwrap();
        assert_eq!(again, record);
    }
}
