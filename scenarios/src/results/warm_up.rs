//! A warm-up that was found: MSER-5 on the series of a pilot.
//!
//! What fades from the start of a run shows in how many requests are in each service (with the rate of arrivals, that
//! gives the mean latency: Little 1961) and in the capacity that is there for them (which costs, and decides on cold
//! starts). So each service and cluster has one or two series; each is averaged over the replications of the pilot and
//! cut by itself, and the longest cut of all variants holds for all of them, as they are compared over the same window.

use serde::{Deserialize, Serialize};
use sim_core::engine::Span;
use sim_core::metrics::warm_up::{ROUNDING, averaged, mser_5};
use sim_core::metrics::{Gauge, GaugeRecords, Record};

/// Replications of the pilot: always as many, so that the warm-up does not depend on how often variants are run later.
/// Hoad, Robinson and Davies (2010) find five enough.
pub const PILOT: u32 = 5;

/// How the warm-up was found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FoundWarmUp {
    /// What is not measured, of any variant.
    pub length: Span,
    /// Replications of the pilot.
    pub replications: u32,
    /// Each variant's own cut.
    pub cuts: Vec<VariantCut>,
}

/// Where the series of a variant settle.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct VariantCut {
    /// The variant.
    pub variant: String,
    /// Its longest cut.
    pub length: Span,
    /// The series with it: `web: requests in it`.
    pub series: String,
    /// Whether the run is too short for it: no state that lasts was seen in its first half.
    pub is_late: bool,
}

impl FoundWarmUp {
    /// The longest of the variants' cuts.
    pub(crate) fn of(cuts: Vec<VariantCut>) -> Self {
        let length = cuts.iter().map(|cut| cut.length).max().unwrap_or(Span::ZERO);
        FoundWarmUp { length, replications: PILOT, cuts }
    }

    /// The variant that decides.
    pub fn longest(&self) -> Option<&VariantCut> {
        // The last of equals is the greatest: of those the first is wanted.
        self.cuts.iter().rev().max_by_key(|cut| (cut.is_late, cut.length))
    }
}

impl VariantCut {
    /// Where the replications of a variant, measured from time zero, settle; none without any.
    pub(crate) fn of(variant: &str, pilot: &[Record]) -> Option<VariantCut> {
        let grid = pilot.first()?.grid;
        let cuts = looked_at(pilot).into_iter().filter_map(|looked| {
            let all: Vec<Vec<f64>> = pilot.iter().map(|record| looked.of(record)).collect();
            let cut = mser_5(&averaged(&all), looked.least_variance)?;
            let series = format!("{}: {}", looked.owner, looked.what);
            Some((cut.is_late, grid.window(cut.observations).from, series))
        });
        // Of equal cuts the first series is named.
        let longest = cuts.reduce(|a, b| if (b.0, b.1) > (a.0, a.1) { b } else { a })?;
        let (is_late, until, series) = longest;
        let length = until.since(sim_core::engine::Time::ZERO);
        Some(VariantCut { variant: variant.to_owned(), length, series, is_late })
    }
}

/// A series that is looked at: a sum of levels of one owner.
struct Looked<'s> {
    owner: &'s str,
    what: &'static str,
    levels_of: for<'r> fn(&'r Record, &str) -> Option<&'r GaugeRecords>,
    levels: &'static [Gauge],
    /// The variance that an observation of the average has anyway.
    least_variance: f64,
}

impl Looked<'_> {
    /// The sum of the levels in each window of a replication; what was never set was zero.
    fn of(&self, record: &Record) -> Vec<f64> {
        let mut sum = vec![0.0; record.grid.count()];
        let gauges = (self.levels_of)(record, self.owner);
        for level in self.levels.iter().filter_map(|gauge| gauges?.get(*gauge)) {
            sum.iter_mut().zip(level.means()).for_each(|(sum, mean)| *sum += mean);
        }
        sum
    }
}

fn of_service<'r>(record: &'r Record, name: &str) -> Option<&'r GaugeRecords> {
    record.services.get(name).map(|service| &service.gauges)
}

fn of_cluster<'r>(record: &'r Record, name: &str) -> Option<&'r GaugeRecords> {
    record.clusters.get(name).map(|cluster| &cluster.gauges)
}

/// Requests that a service has to have in a window, in all replications of the pilot together, for the number that are in
/// it to be looked at: with fewer, windows without any say nothing.
const REQUESTS: f64 = 5.0;

fn looked_at(pilot: &[Record]) -> Vec<Looked<'_>> {
    let Some(first) = pilot.first() else { return Vec::new() };
    let units = ROUNDING / pilot.len() as f64;
    let requests = first.services.keys().filter(|service| is_busy(pilot, service)).map(|owner| Looked {
        owner,
        what: "requests in it",
        levels_of: of_service,
        levels: &[Gauge::Concurrency, Gauge::Queue],
        least_variance: 0.0,
    });
    let capacities = first.services.keys().map(|owner| Looked {
        owner,
        what: "capacity",
        levels_of: of_service,
        levels: &[Gauge::ReplicasRunning, Gauge::Environments],
        least_variance: units,
    });
    let instances = first.clusters.keys().map(|owner| Looked {
        owner,
        what: "instances",
        levels_of: of_cluster,
        levels: &[Gauge::Instances],
        least_variance: units,
    });
    requests.chain(capacities).chain(instances).collect()
}

fn is_busy(pilot: &[Record], service: &str) -> bool {
    let born = pilot.iter().filter_map(|record| record.services.get(service)).map(|it| it.born).sum::<u64>();
    let windows = pilot.first().map_or(0, |record| record.grid.count());
    born as f64 >= REQUESTS * windows as f64
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use sim_core::engine::Time;
    use sim_core::metrics::Recorder;

    use super::*;

    fn at(seconds: u64) -> Time {
        Time::ZERO + Span::from_secs(seconds)
    }

    /// A run of 100 s in which requests in the service fall to two after `settled`, and capacity to three after `scaled`.
    fn run(settled: u64, scaled: u64) -> Record {
        let mut recorder = Recorder::new(Span::ZERO, Span::from_secs(100));
        let web = recorder.add_service("web");
        let service = recorder.service(web);
        (0..100).for_each(|second| (0..3).for_each(|_| service.born(at(second))));
        service.gauge(at(0), Gauge::Concurrency, 20);
        service.gauge(at(0), Gauge::ReplicasRunning, 9);
        let mut changes = [(settled, Gauge::Concurrency, 2), (scaled, Gauge::ReplicasRunning, 3)];
        changes.sort_by_key(|change| change.0);
        for (second, gauge, level) in changes {
            service.gauge(at(second), gauge, level);
        }
        recorder.finish(at(100), 0, BTreeMap::new(), Vec::new())
    }

    #[test]
    fn the_series_that_settles_last_decides() {
        let check = |settled: u64, scaled: u64, cut: u64, series: &str, late: bool| {
            let found = VariantCut::of("a", &[run(settled, scaled), run(settled, scaled)]).unwrap();
            assert_eq!((found.length, found.is_late), (Span::from_secs(cut), late), "{settled}, {scaled}");
            assert_eq!(found.series, series);
        };
        check(10, 20, 20, "web: capacity", false);
        check(30, 20, 30, "web: requests in it", false);
        check(12, 12, 15, "web: requests in it", false);
        check(10, 70, 50, "web: capacity", true);
        assert_eq!(VariantCut::of("a", &[]), None);
    }

    #[test]
    fn the_longest_cut_holds_for_all() {
        let cut = |variant: &str, seconds: u64, is_late: bool| VariantCut {
            variant: variant.into(),
            length: Span::from_secs(seconds),
            series: String::new(),
            is_late,
        };
        let found = FoundWarmUp::of(vec![cut("a", 10, false), cut("b", 30, false), cut("c", 30, false)]);
        assert_eq!(found.length, Span::from_secs(30));
        assert_eq!(found.longest().map(|it| it.variant.as_str()), Some("b"));
        assert_eq!(FoundWarmUp::of(Vec::new()).length, Span::ZERO);
    }
}
