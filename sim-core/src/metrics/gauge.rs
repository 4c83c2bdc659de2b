//! The levels that are watched over a run, by name.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Grid, Level, LevelRecord, Window};
use crate::engine::Time;
use crate::observe::Gauge;
use crate::stored;

/// The levels of one service or cluster while the run goes. One that is never set takes no memory and does
/// not appear in the record.
#[derive(Clone, Debug)]
pub struct Gauges {
    measured: Window,
    grid: Grid,
    levels: [Option<Box<Level>>; Gauge::ALL.len()],
}

impl Gauges {
    /// No level yet; what is set is integrated over `measured`, and over the windows of `grid`.
    pub fn new(measured: Window, grid: Grid) -> Self {
        Gauges { measured, grid, levels: Default::default() }
    }

    /// From `now` on, `gauge` stands at `level`.
    #[inline(always)]
    pub fn set(&mut self, now: Time, gauge: Gauge, level: u64) {
        match &mut self.levels[gauge as usize] {
            Some(known) => known.set(now, level),
            None => self.begin(now, gauge, level),
        }
    }

    /// A gauge is set for the first time.
    #[cold]
    #[inline(never)]
    fn begin(&mut self, now: Time, gauge: Gauge, level: u64) {
        let mut first = Box::new(Level::new(self.measured, self.grid));
        first.set(now, level);
        self.levels[gauge as usize] = Some(first);
    }

    /// The histories of all levels that were ever set.
    pub fn finish(self, end: Time) -> GaugeRecords {
        let set = Gauge::ALL.into_iter().zip(self.levels);
        let levels = set.filter_map(|(gauge, level)| Some((gauge, level?.finish(end)))).collect();
        GaugeRecords { runs: 1, levels }
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
