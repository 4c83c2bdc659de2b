//! Replications of a fleet, and a watcher that keeps what queueing theory speaks of.

use indexmap::IndexMap;
use serde_json::Value;
use sim_core::engine::{Span, Time};
use sim_core::observe::{Finished, Gauge, Outcome, Owner, Part, Probe, ServiceId, SourceId};
use sim_core::random::Luck;
use statrs::distribution::{ContinuousCDF, StudentsT};

use crate::common::{checked, run, run_of};

/// What one replication measured of requests born in its window.
#[derive(Default)]
pub(crate) struct Tally {
    from: f64,
    to: f64,
    latencies: Vec<f64>,
    queue: f64,
    waited: u64,
    cold: u64,
    outcomes: IndexMap<Outcome, u64>,
    level: (f64, u64),
    occupancy: (f64, f64),
}

impl Tally {
    fn inside(&self, at: f64) -> bool {
        (self.from..self.to).contains(&at)
    }
}

impl Probe for Tally {
    fn finished(&mut self, finished: &Finished) {
        if !self.inside(finished.born.seconds()) {
            return;
        }
        *self.outcomes.entry(finished.outcome).or_default() += 1;
        if finished.outcome == Outcome::Ok {
            self.latencies.push((finished.at - finished.born).seconds());
            self.queue += finished.parts.get(Part::Queue).seconds();
            self.waited += u64::from(!finished.parts.get(Part::Queue).is_zero());
            self.cold += u64::from(finished.cold);
        }
    }

    fn level(&mut self, at: Time, owner: Owner, gauge: Gauge, value: u64) {
        if (owner, gauge) != (Owner::Service(ServiceId(0)), Gauge::Concurrency) {
            return;
        }
        let (since, level) = self.level;
        let span = at.seconds().min(self.to) - since.max(self.from);
        if span > 0.0 {
            let level = level as f64;
            self.occupancy.0 += level * span;
            self.occupancy.1 += level * level * span;
        }
        self.level = (at.seconds(), value);
    }

    fn born(&mut self, _: Time, _: SourceId, _: ServiceId, _: u64) {}
}

/// A figure of each replication.
pub(crate) struct Measured(Vec<f64>);

impl Measured {
    /// Mean and half-width of the 99.9 % interval.
    pub(crate) fn interval(&self) -> (f64, f64) {
        let n = self.0.len() as f64;
        let mean = self.0.iter().sum::<f64>() / n;
        let variance = self.0.iter().map(|x| (x - mean) * (x - mean)).sum::<f64>() / (n - 1.0);
        let t = StudentsT::new(0.0, 1.0, n - 1.0).unwrap().inverse_cdf(0.9995);
        (mean, t * (variance / n).sqrt())
    }
}

/// All replications of one case.
pub(crate) struct Runs(Vec<Tally>);

impl Runs {
    fn each(&self, figure: impl Fn(&Tally) -> f64) -> Measured {
        Measured(self.0.iter().map(figure).collect())
    }

    pub(crate) fn mean_latency(&self) -> Measured {
        self.each(|tally| tally.latencies.iter().sum::<f64>() / tally.latencies.len() as f64)
    }

    pub(crate) fn quantile(&self, share: f64) -> Measured {
        self.each(|tally| {
            let mut sorted = tally.latencies.clone();
            sorted.sort_by(f64::total_cmp);
            sorted[(sorted.len() as f64 * share) as usize]
        })
    }

    pub(crate) fn mean_queue(&self) -> Measured {
        self.each(|tally| tally.queue / tally.latencies.len() as f64)
    }

    pub(crate) fn waiting_share(&self) -> Measured {
        self.each(|tally| tally.waited as f64 / tally.latencies.len() as f64)
    }

    pub(crate) fn cold_share(&self) -> Measured {
        self.each(|tally| tally.cold as f64 / tally.latencies.len() as f64)
    }

    pub(crate) fn share_of(&self, outcome: &str) -> Measured {
        self.each(|tally| {
            let all: u64 = tally.outcomes.values().sum();
            let of: u64 = tally.outcomes.iter().filter(|(it, _)| it.name() == outcome).map(|(_, n)| n).sum();
            of as f64 / all as f64
        })
    }

    pub(crate) fn mean_concurrency(&self) -> Measured {
        self.each(|tally| tally.occupancy.0 / (tally.to - tally.from))
    }

    pub(crate) fn variance_concurrency(&self) -> Measured {
        self.each(|tally| {
            let span = tally.to - tally.from;
            let mean = tally.occupancy.0 / span;
            tally.occupancy.1 / span - mean * mean
        })
    }

    pub(crate) fn throughput_times_sojourn(&self) -> Measured {
        self.each(|tally| tally.latencies.iter().sum::<f64>() / (tally.to - tally.from))
    }
}

/// Runs `replications` of `spec` and keeps what was born between `warm_up` and the end of `duration`.
pub(crate) fn run_replications(
    spec: &Value,
    duration: &str,
    warm_up: &str,
    replications: u32,
    root: u64,
) -> Runs {
    let spec = checked(spec);
    let duration: Span = duration.parse().unwrap();
    let warm_up: Span = warm_up.parse().unwrap();
    let tallies = (0..replications).map(|replication| {
        let tally = Tally { from: warm_up.seconds(), to: duration.seconds(), ..Tally::default() };
        run(&spec, run_of(duration, Luck { root, replication }), tally).probe
    });
    Runs(tallies.collect())
}
