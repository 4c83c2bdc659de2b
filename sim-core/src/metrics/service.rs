//! One service, as the experimenter sees it: exact and free. A [`ServiceRecorder`] is fed while the run goes;
//! the [`ServiceRecord`] it leaves can be stored and merged with those of other replications.

use serde::{Deserialize, Serialize};

use super::gauge::{GaugeRecords, Gauges};
use super::grid::Cursor;
use super::{Counts, Grid, Histogram, LatencySeries, Window};
use crate::engine::{Span, Time};
use crate::observe::{Finished, Gauge, Outcome, Part, Parts, Throttle};
use crate::stored;

/// Counts by outcome.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Outcomes(#[serde(deserialize_with = "stored::counts")] [u64; Outcome::ALL.len()]);

impl Outcomes {
    /// Counts `outcome` once.
    #[inline]
    pub fn count(&mut self, outcome: Outcome) {
        self.0[outcome as usize] += 1;
    }

    /// How often it was `outcome`.
    pub fn get(&self, outcome: Outcome) -> u64 {
        self.0[outcome as usize]
    }

    /// All outcomes together.
    pub fn total(&self) -> u64 {
        self.0.iter().sum()
    }

    fn merge(&mut self, other: &Outcomes) {
        self.0.iter_mut().zip(other.0).for_each(|(mine, theirs)| *mine += theirs);
    }
}

/// Counts of throttled requests by the limit that they met.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Throttles(#[serde(deserialize_with = "stored::counts")] [u64; Throttle::ALL.len()]);

impl Throttles {
    /// How many met this limit.
    pub fn get(&self, throttle: Throttle) -> u64 {
        self.0[throttle as usize]
    }

    /// All of them.
    pub fn total(&self) -> u64 {
        self.0.iter().sum()
    }

    fn merge(&mut self, other: &Throttles) {
        self.0.iter_mut().zip(other.0).for_each(|(mine, theirs)| *mine += theirs);
    }
}

/// The sum of one latency part over many requests, in nanoseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
struct PartSum(#[serde(with = "stored::sum")] u128);

/// What is known of a service after a run: counts, distributions, series and levels. See `docs/metrics.md`
/// for the populations.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ServiceRecord {
    /// Requests born in the measured window.
    #[serde(deserialize_with = "stored::count")]
    pub born: u64,
    /// Their final outcomes.
    pub outcomes: Outcomes,
    /// Which limits those that were throttled met, at their last attempt.
    pub throttles: Throttles,
    /// How often they were tried, altogether.
    #[serde(deserialize_with = "stored::count")]
    pub attempts: u64,
    /// How attempts ended, of whatever request, at instants in the measured window.
    pub attempt_outcomes: Outcomes,
    /// Requests that ended well at an instant in the measured window, whenever they were born.
    #[serde(deserialize_with = "stored::count")]
    pub ok_in_window: u64,
    /// Attempts that began to be served in the measured window.
    #[serde(deserialize_with = "stored::count")]
    pub served: u64,
    /// How many of those had to wait for an environment to start.
    #[serde(deserialize_with = "stored::count")]
    pub cold: u64,
    /// Latency in nanoseconds of those that were born in the measured window and ended well.
    pub latency: Histogram,
    parts: [PartSum; Part::ALL.len()],
    /// Requests born in each window of the series.
    pub born_series: Counts,
    /// Requests that ended well in each window of the series.
    pub ok_series: Counts,
    /// Requests that ended in failure in each window of the series.
    pub failed_series: Counts,
    /// Attempts that began to wait for an environment in each window of the series.
    pub cold_series: Counts,
    /// Latency of the requests that ended well in each window of the series.
    pub latency_series: LatencySeries,
    /// Levels over time.
    pub gauges: GaugeRecords,
}

impl ServiceRecord {
    fn new(grid: Grid) -> Self {
        ServiceRecord {
            born: 0,
            outcomes: Outcomes::default(),
            throttles: Throttles::default(),
            attempts: 0,
            attempt_outcomes: Outcomes::default(),
            ok_in_window: 0,
            served: 0,
            cold: 0,
            latency: Histogram::new(),
            parts: Default::default(),
            born_series: Counts::new(grid),
            ok_series: Counts::new(grid),
            failed_series: Counts::new(grid),
            cold_series: Counts::new(grid),
            latency_series: LatencySeries::new(grid),
            gauges: GaugeRecords::default(),
        }
    }

    /// Of those born in the measured window, the ones that ended well.
    pub fn ok(&self) -> u64 {
        self.outcomes.get(Outcome::Ok)
    }

    /// The share of requests born in the measured window that ended well within `limit`; none if none was
    /// born.
    pub fn attainment(&self, limit: Span) -> Option<f64> {
        (self.born > 0).then(|| self.latency.count_at_most(limit.nanos()) / self.born as f64)
    }

    /// Mean time in `part` of a request that ended well.
    pub fn mean_part(&self, part: Part) -> Option<f64> {
        let ok = self.latency.count();
        (ok > 0).then(|| self.parts[part as usize].0 as f64 / 1e9 / ok as f64)
    }

    /// Adds another run of the same service.
    pub fn merge(&mut self, other: &ServiceRecord) {
        self.born += other.born;
        self.outcomes.merge(&other.outcomes);
        self.throttles.merge(&other.throttles);
        self.attempts += other.attempts;
        self.attempt_outcomes.merge(&other.attempt_outcomes);
        self.ok_in_window += other.ok_in_window;
        self.served += other.served;
        self.cold += other.cold;
        self.latency.merge(&other.latency);
        self.parts.iter_mut().zip(other.parts).for_each(|(mine, theirs)| mine.0 += theirs.0);
        self.born_series.merge(&other.born_series);
        self.ok_series.merge(&other.ok_series);
        self.failed_series.merge(&other.failed_series);
        self.cold_series.merge(&other.cold_series);
        self.latency_series.merge(&other.latency_series);
        self.gauges.merge(&other.gauges);
    }
}

/// Watches one service while a run goes. Calls come in order of time.
#[derive(Clone, Debug)]
pub struct ServiceRecorder {
    measured: Window,
    /// Where in the grid requests are born, and where they end: a response may be concluded ahead of its time.
    births: Cursor,
    ends: Cursor,
    record: ServiceRecord,
    gauges: Gauges,
}

impl ServiceRecorder {
    /// Nothing seen yet.
    pub fn new(measured: Window, grid: Grid) -> Self {
        let (record, gauges) = (ServiceRecord::new(grid), Gauges::new(measured, grid));
        ServiceRecorder { measured, births: Cursor::new(grid), ends: Cursor::new(grid), record, gauges }
    }

    /// A request was born.
    #[inline(always)]
    pub fn born(&mut self, now: Time) {
        self.record.born += u64::from(self.measured.contains(now));
        if let Some(index) = self.births.index(now) {
            self.record.born_series.count(index);
        }
    }

    /// An attempt began to be served at `now`; `cold` if an environment had to be started for it.
    #[inline(always)]
    pub fn served(&mut self, now: Time, cold: bool) {
        if self.measured.contains(now) {
            self.record.served += 1;
            self.record.cold += u64::from(cold);
        }
        if let Some(index) = self.births.index(now).filter(|_| cold) {
            self.record.cold_series.count(index);
        }
    }

    /// An attempt ended; the request may be tried again.
    #[inline(always)]
    pub fn attempt_ended(&mut self, now: Time, outcome: Outcome) {
        if self.measured.contains(now) {
            self.record.attempt_outcomes.count(outcome);
        }
    }

    /// A request has its final outcome.
    #[inline(always)]
    pub fn finished(&mut self, finished: &Finished) {
        let latency = finished.at.since(finished.born).nanos();
        let record = &mut self.record;
        let ok = finished.outcome == Outcome::Ok;
        record.ok_in_window += u64::from(ok && self.measured.contains(finished.at));
        if let Some(index) = self.ends.index(finished.at) {
            if ok {
                record.ok_series.count(index);
                record.latency_series.record(index, latency);
            } else {
                record.failed_series.count(index);
            }
        }
        if self.measured.contains(finished.born) {
            record.outcomes.count(finished.outcome);
            if let (Outcome::Throttled, Some(throttle)) = (finished.outcome, finished.throttle) {
                record.throttles.0[throttle as usize] += 1;
            }
            record.attempts += u64::from(finished.attempts);
            if ok {
                record.latency.record(latency);
                self.add_parts(&finished.parts);
            }
        }
    }

    #[inline]
    fn add_parts(&mut self, parts: &Parts) {
        for part in Part::ALL {
            self.record.parts[part as usize].0 += u128::from(parts.get(part).nanos());
        }
    }

    /// From `now` on, `gauge` stands at `level`.
    #[inline(always)]
    pub fn gauge(&mut self, now: Time, gauge: Gauge, level: u64) {
        self.gauges.set(now, gauge, level);
    }

    /// Its levels.
    #[inline(always)]
    pub fn gauges(&mut self) -> &mut Gauges {
        &mut self.gauges
    }

    /// The record, the run having ended at `end`. Requests born in the measured window that have no outcome
    /// by then count as unfinished.
    pub fn finish(mut self, end: Time) -> ServiceRecord {
        let missing = self.record.born.saturating_sub(self.record.outcomes.total());
        self.record.outcomes.0[Outcome::Unfinished as usize] += missing;
        self.record.gauges = self.gauges.finish(end);
        self.record
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::observe::{ServiceId, SourceId};

    fn at(millis: u64) -> Time {
        Time::ZERO + Span::from_millis(millis)
    }

    fn recorder() -> ServiceRecorder {
        ServiceRecorder::new(Window::new(at(10_000), at(20_000)), Grid::over(Span::from_secs(20)))
    }

    fn finish(recorder: &mut ServiceRecorder, born: u64, done: u64, outcome: Outcome) {
        let mut parts = Parts::default();
        parts.add(Part::Cpu, Span::from_millis(10));
        parts.add(Part::Queue, Span::from_millis(done - born - 10));
        let (born, done) = (at(born), at(done));
        assert_eq!(parts.total(), done - born);
        recorder.finished(&Finished {
            service: ServiceId(0),
            source: SourceId(0),
            seed: 1,
            born,
            at: done,
            outcome,
            throttle: Some(Throttle::ScalingRate),
            cold: false,
            parts,
            attempts: 2,
        });
    }

    #[test]
    fn the_population_is_what_was_born_in_the_window() {
        let mut recorder = recorder();
        for born in [5_000, 10_000, 12_000, 19_999, 20_000] {
            recorder.born(at(born));
        }
        finish(&mut recorder, 5_000, 11_000, Outcome::Ok);
        finish(&mut recorder, 12_000, 12_500, Outcome::Throttled);
        finish(&mut recorder, 10_000, 14_000, Outcome::Ok);
        finish(&mut recorder, 20_000, 21_000, Outcome::Ok);
        let record = recorder.finish(at(30_000));
        assert_eq!((record.born, record.ok(), record.ok_in_window), (3, 1, 2));
        assert_eq!(record.outcomes.get(Outcome::Throttled), 1);
        assert_eq!((record.throttles.get(Throttle::ScalingRate), record.throttles.total()), (1, 1));
        assert_eq!(record.outcomes.get(Outcome::Unfinished), 1, "one never ended");
        assert_eq!((record.outcomes.total(), record.attempts), (record.born, 4));
        assert_eq!(record.latency.max(), Some(4_000_000_000));
        assert_eq!(record.mean_part(Part::Queue), Some(3.99));
        assert_eq!(record.attainment(Span::from_secs(5)), Some(1.0 / 3.0));
        assert_eq!(record.attainment(Span::from_secs(3)), Some(0.0));
        assert_eq!(record.ok_series.values().iter().sum::<u64>(), 2, "draining is not in the series");
        assert_eq!(record.failed_series.values()[12], 1);
    }

    #[test]
    fn cold_starts_count_where_serving_began() {
        let mut recorder = recorder();
        for (millis, cold) in [(9_999, true), (10_000, true), (15_000, false), (20_000, true)] {
            recorder.served(at(millis), cold);
        }
        let record = recorder.finish(at(20_000));
        assert_eq!((record.served, record.cold), (2, 1));
        assert_eq!(record.cold_series.values().iter().sum::<u64>(), 2);
    }

    #[test]
    fn records_merge_and_survive_storage() {
        let mut recorder = recorder();
        recorder.born(at(11_000));
        finish(&mut recorder, 11_000, 11_100, Outcome::Ok);
        recorder.gauge(at(0), Gauge::Queue, 4);
        let record = recorder.finish(at(20_000));
        let text = serde_json::to_string(&record).unwrap();
        let mut merged: ServiceRecord = serde_json::from_str(&text).unwrap();
        merged.merge(&record);
        assert_eq!((merged.born, merged.ok(), merged.latency.count()), (2, 2, 2));
        assert_eq!(merged.latency_series.window(11).count(), 2);
        assert_eq!(merged.gauges.get(Gauge::Queue).unwrap().mean(), Some(4.0));
        assert_eq!(serde_json::to_string(&record).unwrap(), text);
    }
}
