//! The levels that are watched over a run, by name.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::level::{Level, Stretch};
use super::{Grid, LevelRecord, Window};
use crate::engine::Time;
use crate::observe::Gauge;
use crate::stored;

/// The levels of one service or cluster while the run goes. One that is never set does not appear in the record.
#[derive(Clone, Debug)]
pub struct Gauges {
    /// The stretch of time that now lies in, of all levels.
    stretch: Stretch,
    levels: [Option<Level>; Gauge::ALL.len()],
}

impl Gauges {
    /// No level yet; what is set is integrated over `measured`, and over the windows of `grid`.
    pub fn new(measured: Window, grid: Grid) -> Self {
        Gauges { stretch: Stretch::first(measured, grid), levels: Default::default() }
    }

    /// From `now` on, `gauge` stands at `level`.
    #[inline(always)]
    pub fn set(&mut self, now: Time, gauge: Gauge, level: u64) {
        self.set_all(now, &[(gauge, level)]);
    }

    /// From `now` on, gauges stand at these levels.
    #[inline(always)]
    pub fn set_all(&mut self, now: Time, levels: &[(Gauge, u64)]) {
        if self.stretch.is_before(now) {
            self.advance(now);
        }
        for (gauge, level) in levels {
            match &mut self.levels[*gauge as usize] {
                Some(known) => known.set(now, *level),
                None => self.begin(now, *gauge, *level),
            }
        }
    }

    /// Closes the stretches that end before `now`.
    #[cold]
    #[inline(never)]
    fn advance(&mut self, now: Time) {
        while self.stretch.is_before(now) {
            self.levels.iter_mut().flatten().for_each(|level| level.close(&self.stretch));
            self.stretch = self.stretch.next();
        }
    }

    /// A gauge is set for the first time.
    #[cold]
    #[inline(never)]
    fn begin(&mut self, now: Time, gauge: Gauge, level: u64) {
        let mut first = Level::zero_until(&self.stretch);
        first.set(now, level);
        self.levels[gauge as usize] = Some(first);
    }

    /// The histories of all levels that were ever set.
    pub fn finish(mut self, end: Time) -> GaugeRecords {
        self.advance(end);
        let set = Gauge::ALL.into_iter().zip(self.levels);
        let levels = set.filter_map(|(gauge, level)| Some((gauge, level?.finish(end, &self.stretch))));
        GaugeRecords { runs: 1, levels: levels.collect() }
    }
}

/// The levels of one service or cluster after the run.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GaugeRecords {
    #[serde(deserialize_with = "stored::runs")]
    runs: u32,
    levels: BTreeMap<Gauge, LevelRecord>,
}

impl GaugeRecords {
    /// The history of `gauge`, if it was ever set.
    pub fn get(&self, gauge: Gauge) -> Option<&LevelRecord> {
        self.levels.get(&gauge)
    }

    /// All histories.
    pub fn iter(&self) -> impl Iterator<Item = (Gauge, &LevelRecord)> {
        self.levels.iter().map(|(gauge, level)| (*gauge, level))
    }

    /// The integral of one level over that of another in the measured window: a utilization. None without
    /// both, or where the denominator is zero.
    pub fn ratio(&self, numerator: Gauge, denominator: Gauge) -> Option<f64> {
        let (numerator, denominator) = (self.get(numerator)?.area(), self.get(denominator)?.area());
        (denominator > 0).then(|| numerator as f64 / denominator as f64)
    }

    /// Adds another run's levels. A level that was never set in one of them was zero there.
    pub fn merge(&mut self, other: &GaugeRecords) {
        for (gauge, level) in other.iter() {
            let mine = self.levels.entry(gauge).or_insert_with(|| LevelRecord::zero(level, self.runs));
            mine.merge(level);
        }
        for (gauge, level) in &mut self.levels {
            if !other.levels.contains_key(gauge) {
                level.merge(&LevelRecord::zero(level, other.runs));
            }
        }
        self.runs += other.runs;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::Span;

    #[test]
    fn every_gauge_has_its_own_slot() {
        Gauge::ALL.iter().enumerate().for_each(|(slot, gauge)| assert_eq!(*gauge as usize, slot));
    }

    #[test]
    fn a_utilization_is_a_ratio_of_integrals() {
        let at = |seconds: u64| Time::ZERO + Span::from_secs(seconds);
        let mut gauges = Gauges::new(Window::new(at(0), at(100)), Grid::over(Span::from_secs(100)));
        gauges.set(at(0), Gauge::CpuReserved, 1_000_000);
        gauges.set(at(50), Gauge::CpuReserved, 3_000_000);
        gauges.set(at(50), Gauge::CpuBusy, 1_500_000);
        gauges.set(at(0), Gauge::CpuCapacity, 0);
        let record = gauges.finish(at(100));
        assert_eq!(record.ratio(Gauge::CpuBusy, Gauge::CpuReserved), Some(75.0 / 200.0));
        assert_eq!(record.ratio(Gauge::CpuBusy, Gauge::CpuCapacity), None);
        assert_eq!(record.ratio(Gauge::MemoryUsed, Gauge::CpuReserved), None);
        let mut twice = record.clone();
        twice.merge(&record);
        assert_eq!(twice.get(Gauge::CpuReserved).and_then(LevelRecord::mean), Some(2_000_000.0));
    }

    #[test]
    fn a_level_that_was_never_set_was_zero() {
        let at = |seconds: u64| Time::ZERO + Span::from_secs(seconds);
        let run = |gauge: Gauge| {
            let mut gauges = Gauges::new(Window::new(at(0), at(10)), Grid::over(Span::from_secs(10)));
            gauges.set(at(0), gauge, 6);
            gauges.finish(at(10))
        };
        let mut merged = run(Gauge::Queue);
        merged.merge(&run(Gauge::Queue));
        merged.merge(&run(Gauge::Concurrency));
        let check = |gauge: Gauge, mean: f64| {
            let level = merged.get(gauge).unwrap();
            assert_eq!((level.mean(), level.min(), level.max()), (Some(mean), 0, 6));
            assert_eq!(level.means().collect::<Vec<_>>(), [mean; 10]);
        };
        check(Gauge::Queue, 4.0);
        check(Gauge::Concurrency, 2.0);
    }
}
