//! What a validation run measures beside the ordinary record: the wait of each request, the moments of the number in
//! service, and that number at given instants.
//!
//! Reports do not need these, but theory speaks of them. They come from the same facts as everything else that is
//! reported; the model does not know that it is watched.

use sim_core::engine::Time;
use sim_core::metrics::{Histogram, Record, Window};
use sim_core::observe::{Finished, Gauge, Outcome, Owner, Part, Probe, ServiceId};

/// One replication, watched.
#[derive(Clone, Debug)]
pub struct Watched {
    /// What every run records.
    pub record: Record,
    /// The waits in the queue, in nanoseconds, of successes born in the measured window.
    pub waits: Histogram,
    /// How many of them waited at all.
    pub waited: u64,
    /// Time-weighted first and second moment of the number in service.
    pub in_service: [f64; 2],
    /// The number in service at each instant asked for.
    pub at: Vec<f64>,
}

impl Watched {
    /// The share of successes that waited.
    pub fn waiting_share(&self) -> f64 {
        self.waited as f64 / self.waits.count() as f64
    }

    /// The share of successes that waited at most `seconds`.
    pub fn waited_at_most(&self, seconds: f64) -> f64 {
        self.waits.count_at_most((seconds * 1e9) as u64) / self.waits.count() as f64
    }

    /// The mean squared distance of the number in service from `mean`: its variance, if that is its mean. About the run's
    /// own mean it would come out too small.
    pub fn variance_about(&self, mean: f64) -> f64 {
        let [first, second] = self.in_service;
        second - 2.0 * mean * first + mean * mean
    }
}

/// Watches the first service of a run.
#[derive(Clone, Debug)]
pub(super) struct Watch {
    measured: Window,
    waits: Histogram,
    waited: u64,
    level: (Time, u64),
    moments: [f64; 2],
    instants: Vec<Time>,
    at: Vec<f64>,
}

impl Watch {
    /// Watches what is born in `measured`, and the number in service at `instants`, which are in order.
    pub(super) fn new(measured: Window, instants: Vec<Time>) -> Self {
        Watch {
            measured,
            waits: Histogram::new(),
            waited: 0,
            level: (Time::ZERO, 0),
            moments: [0.0; 2],
            instants,
            at: Vec::new(),
        }
    }

    /// What was seen, beside the ordinary record of the same run.
    pub(super) fn finish(mut self, record: Record) -> Watched {
        self.hold(Time::NEVER);
        let seconds = self.measured.length().seconds();
        Watched {
            record,
            waits: self.waits,
            waited: self.waited,
            in_service: self.moments.map(|moment| moment / seconds),
            at: self.at,
        }
    }

    /// The level held until `now`.
    fn hold(&mut self, now: Time) {
        let (since, level) = self.level;
        let (seconds, level) = (self.measured.overlap(since, now).seconds(), level as f64);
        self.moments[0] += level * seconds;
        self.moments[1] += level * level * seconds;
        while self.instants.get(self.at.len()).is_some_and(|instant| *instant < now) {
            self.at.push(level);
        }
    }
}

impl Probe for Watch {
    fn finished(&mut self, finished: &Finished) {
        if finished.outcome == Outcome::Ok && self.measured.contains(finished.born) {
            let wait = finished.parts.get(Part::Queue) + finished.parts.get(Part::ColdStart);
            self.waits.record(wait.nanos());
            self.waited += u64::from(!wait.is_zero());
        }
    }

    fn level(&mut self, at: Time, owner: Owner, gauge: Gauge, value: u64) {
        if (owner, gauge) == (Owner::Service(ServiceId(0)), Gauge::Concurrency) {
            self.hold(at);
            self.level = (at, value);
        }
    }
}
