//! Levels: whole numbers that hold until they change, integrated over time without rounding.
//!
//! A [`Level`] is set whenever it changes and keeps two integrals: over the measured window, and over every
//! window of the series. A level that held for no time at all leaves no trace, in the mean or in the maximum.
//!
//! What is added up at every change is one stretch of time: a window of the series, or the part of one that is measured.
//! A stretch that is over goes into the sums of all that it belongs to. The levels of one owner have their
//! stretches in common, so whoever keeps them looks once at where time is, not once for each level.

use serde::{Deserialize, Serialize};

use super::{Grid, Window};
use crate::engine::Time;
use crate::stored;

/// A level over a run: its integral over the measured window and its course over the windows of a grid.
#[derive(Clone, Debug)]
pub(super) struct Level {
    level: u64,
    since: Time,
    /// In the stretch that is not over.
    held: Held,
    whole: Held,
    windows: Vec<Held>,
}

/// For how long which levels held: their integral in units times nanoseconds, the least and the greatest of them.
#[derive(Clone, Copy, Debug)]
struct Held {
    area: u128,
    min: u64,
    max: u64,
}

/// A stretch of time in which nothing but levels change: up to where a window of the grid ends, or where what is
/// measured begins or ends.
#[derive(Clone, Copy, Debug)]
pub(super) struct Stretch {
    end: Time,
    /// The window of the grid that it lies in, none after the end of the run, and whether it is measured.
    window: Option<usize>,
    is_measured: bool,
    measured: Window,
    grid: Grid,
}

impl Held {
    const NOTHING: Held = Held { area: 0, min: u64::MAX, max: 0 };

    fn add(&mut self, other: Held) {
        self.area += other.area;
        self.min = self.min.min(other.min);
        self.max = self.max.max(other.max);
    }
}

impl Level {
    /// A level that was zero from the start of the run to where `stretch` begins.
    pub(super) fn zero_until(stretch: &Stretch) -> Self {
        let mut past = Stretch::first(stretch.measured, stretch.grid);
        let windows = vec![Held::NOTHING; past.grid.count()];
        let mut level =
            Level { level: 0, since: Time::ZERO, held: Held::NOTHING, whole: Held::NOTHING, windows };
        while past.end < stretch.end {
            level.close(&past);
            past = past.next();
        }
        level
    }

    /// From `now` on the level is `level`. Time must not run backwards, and `now` lies in the stretch that is not over.
    #[inline(always)]
    pub(super) fn set(&mut self, now: Time, level: u64) {
        // What goes on as it was is added up when it changes.
        if level != self.level {
            self.hold(now);
            self.level = level;
        }
    }

    /// The level held until `to`, within the current stretch.
    #[inline(always)]
    fn hold(&mut self, to: Time) {
        let nanos = to.since(self.since).nanos();
        if nanos > 0 {
            let held = &mut self.held;
            held.area += u128::from(self.level) * u128::from(nanos);
            held.min = held.min.min(self.level);
            held.max = held.max.max(self.level);
            self.since = to;
        }
    }

    /// The stretch is over: it is added to all that it belongs to.
    pub(super) fn close(&mut self, stretch: &Stretch) {
        self.hold(stretch.end);
        let held = std::mem::replace(&mut self.held, Held::NOTHING);
        if let Some(window) = stretch.window {
            self.windows[window].add(held);
        }
        if stretch.is_measured {
            self.whole.add(held);
        }
    }

    /// The level's history, it having held to the end of the run, which lies in `stretch`.
    pub(super) fn finish(mut self, end: Time, stretch: &Stretch) -> LevelRecord {
        self.close(&Stretch { end, ..*stretch });
        let length = |index: usize| stretch.grid.window(index).length().nanos() as f64;
        let means = self.windows.iter().enumerate().map(|(i, held)| held.area as f64 / length(i));
        let Held { area, min, max } = self.whole;
        LevelRecord {
            runs: 1,
            area,
            span: u128::from(stretch.measured.length().nanos()),
            min: min.min(max),
            max,
            means: means.collect(),
            maxima: self.windows.iter().map(|held| held.max).collect(),
        }
    }
}

impl Stretch {
    /// The one at the start of the run.
    pub(super) fn first(measured: Window, grid: Grid) -> Self {
        Stretch::from(Time::ZERO, measured, grid)
    }

    /// The one that follows.
    pub(super) fn next(&self) -> Self {
        Stretch::from(self.end, self.measured, self.grid)
    }

    /// Whether `now` lies after it.
    #[inline(always)]
    pub(super) fn is_before(&self, now: Time) -> bool {
        now > self.end
    }

    /// The one that begins at `start`: to the end of the window, or to where what is measured begins or ends.
    fn from(start: Time, measured: Window, grid: Grid) -> Self {
        let window = grid.index(start);
        let ends = [window.map(|index| grid.window(index).to), Some(measured.from), Some(measured.to)];
        let end = ends.into_iter().flatten().filter(|end| *end > start).min().unwrap_or(Time::NEVER);
        Stretch { end, window, is_measured: measured.contains(start), measured, grid }
    }
}

/// What is kept of a level after a run, and the sum of that over several runs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LevelRecord {
    #[serde(deserialize_with = "stored::runs")]
    runs: u32,
    #[serde(with = "stored::sum")]
    area: u128,
    #[serde(with = "stored::sum")]
    span: u128,
    min: u64,
    max: u64,
    means: Vec<f64>,
    maxima: Vec<u64>,
}

impl LevelRecord {
    /// The history of a level that was zero throughout `runs` runs of the scenario that `like` is of.
    pub(super) fn zero(like: &LevelRecord, runs: u32) -> Self {
        let span = like.span / u128::from(like.runs.max(1)) * u128::from(runs);
        let (means, maxima) = (vec![0.0; like.means.len()], vec![0; like.maxima.len()]);
        LevelRecord { runs, area: 0, span, min: 0, max: 0, means, maxima }
    }

    /// The time-weighted mean over the measured window; none of an empty window.
    pub fn mean(&self) -> Option<f64> {
        (self.span > 0).then(|| self.area as f64 / self.span as f64)
    }

    /// The integral over the measured window in units times nanoseconds, exact.
    pub fn area(&self) -> u128 {
        self.area
    }

    /// The least level that held in the measured window.
    pub fn min(&self) -> u64 {
        self.min
    }

    /// The greatest level that held in the measured window.
    pub fn max(&self) -> u64 {
        self.max
    }

    /// The mean in each window of the series, averaged over runs.
    pub fn means(&self) -> impl Iterator<Item = f64> {
        self.means.iter().map(|sum| sum / f64::from(self.runs))
    }

    /// The greatest level in each window of the series, of all runs.
    pub fn maxima(&self) -> &[u64] {
        &self.maxima
    }

    /// Adds another run of the same scenario.
    pub fn merge(&mut self, other: &LevelRecord) {
        self.runs += other.runs;
        self.area += other.area;
        self.span += other.span;
        self.min = self.min.min(other.min);
        self.max = self.max.max(other.max);
        self.means.iter_mut().zip(&other.means).for_each(|(mine, theirs)| *mine += theirs);
        self.maxima.iter_mut().zip(&other.maxima).for_each(|(mine, theirs)| *mine = (*mine).max(*theirs));
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::engine::Span;
    use crate::metrics::Gauges;
    use crate::observe::Gauge;

    /// Two levels of one owner, both zero from the start of the run.
    fn two(measured: Window, grid: Grid) -> Gauges {
        let mut levels = Gauges::new(measured, grid);
        levels.set_all(Time::ZERO, &[(Gauge::Queue, 0), (Gauge::Concurrency, 0)]);
        levels
    }

    fn finish(levels: Gauges, gauge: Gauge, end: Time) -> LevelRecord {
        levels.finish(end).get(gauge).cloned().unwrap()
    }

    fn at(seconds: u64) -> Time {
        Time::ZERO + Span::from_secs(seconds)
    }

    #[test]
    fn a_level_is_weighted_with_the_time_it_held() {
        let mut levels = two(Window::new(at(10), at(30)), Grid::over(Span::from_secs(30)));
        for (seconds, value) in [(5, 4), (20, 9), (20, 2), (25, 0), (40, 77)] {
            levels.set(at(seconds), Gauge::Queue, value);
        }
        let record = finish(levels, Gauge::Queue, at(50));
        assert_eq!(record.mean(), Some((4.0 * 10.0 + 2.0 * 5.0) / 20.0));
        assert_eq!((record.min(), record.max()), (0, 4), "nine held for no time");
        let means: Vec<f64> = record.means().collect();
        assert_eq!(means.len(), 30);
        assert_eq!((means[4], means[5], means[19], means[20], means[29]), (0.0, 4.0, 4.0, 2.0, 0.0));
    }

    #[test]
    fn runs_average() {
        let run = |value: u64| {
            let mut levels = two(Window::new(at(0), at(4)), Grid::over(Span::from_secs(4)));
            levels.set(at(0), Gauge::Queue, value);
            finish(levels, Gauge::Queue, at(4))
        };
        let mut merged = run(2);
        merged.merge(&run(6));
        assert_eq!(merged.mean(), Some(4.0));
        assert_eq!(merged.means().collect::<Vec<_>>(), [4.0; 4]);
        assert_eq!((merged.min(), merged.max(), merged.maxima()), (2, 6, &[6; 4][..]));
    }

    /// The obvious version: keeps every change, and for each window looks at all of them.
    struct Obvious(Vec<(Time, u64)>);

    impl Obvious {
        /// The stretches of one level: from when, to when, which.
        fn held(&self, end: Time) -> Vec<(Time, Time, u64)> {
            let ends = self.0.iter().skip(1).map(|(at, _)| *at).chain([end]);
            self.0.iter().zip(ends).map(|((from, level), to)| (*from, to, *level)).collect()
        }

        /// The integral over a window, and the least and the greatest that held in it for any time.
        fn over(&self, window: Window, end: Time) -> (u128, u64, u64) {
            let (mut area, mut min, mut max) = (0, u64::MAX, 0);
            for (from, to, level) in self.held(end) {
                let (from, to) = (from.max(window.from), to.min(window.to));
                if from < to {
                    area += u128::from(level) * u128::from(to.since(from).nanos());
                    (min, max) = (min.min(level), max.max(level));
                }
            }
            (area, min, max)
        }
    }

    proptest! {
        /// Of each of two levels, whose changes close each other's stretches.
        #[test]
        fn agrees_with_the_obvious_version(
            steps in prop::collection::vec((0_u64..40_000_000_000, 0_u64..5, any::<bool>()), 0..60),
            (from, to) in (0_u64..600, 0_u64..1200),
        ) {
            let measured = Window::new(at(from), at(to));
            let grid = Grid::over(Span::from_secs(1000));
            let mut levels = two(measured, grid);
            let mut obvious = [Obvious(vec![(Time::ZERO, 0)]), Obvious(vec![(Time::ZERO, 0)])];
            let mut now = Time::ZERO;
            for (later, value, second) in steps {
                now += Span::from_nanos(if value == 4 { 0 } else { later });
                levels.set(now, if second { Gauge::Concurrency } else { Gauge::Queue }, value);
                obvious[usize::from(second)].0.push((now, value));
            }
            let end = now.max(at(1000));
            let records = levels.finish(end);
            for (gauge, obvious) in [Gauge::Queue, Gauge::Concurrency].into_iter().zip(obvious) {
                let record = records.get(gauge).unwrap();
                let (area, min, max) = obvious.over(measured, end);
                prop_assert_eq!(record.area(), area);
                prop_assert_eq!((record.min(), record.max()), (min.min(max), max));
                for ((window, mean), maximum) in grid.windows().zip(record.means()).zip(record.maxima()) {
                    let (area, _, max) = obvious.over(window, end);
                    prop_assert_eq!((mean, *maximum), (area as f64 / window.length().nanos() as f64, max));
                }
            }
        }

        #[test]
        fn the_series_integrates_to_the_whole(
            steps in prop::collection::vec((0_u64..40_000_000_000, 0_u64..1000), 0..40),
        ) {
            let run = Span::from_secs(1000);
            let grid = Grid::over(run);
            let mut levels = two(Window::new(Time::ZERO, Time::ZERO + run), grid);
            let mut now = Time::ZERO;
            for (later, value) in steps {
                now += Span::from_nanos(later);
                levels.set(now, Gauge::Queue, value);
            }
            let record = finish(levels, Gauge::Queue, now.max(Time::ZERO + run));
            let means = record.means().zip(grid.windows());
            let total: f64 = means.map(|(mean, window)| mean * window.length().nanos() as f64).sum();
            prop_assert!((total - record.area() as f64).abs() <= 1e-9 * total.max(1.0));
        }

        /// One that is set for the first time late was zero until then.
        #[test]
        fn a_level_that_begins_late_was_zero(
            others in prop::collection::vec(0_u64..1200, 0..20), begins in 0_u64..1200, value in 0_u64..9,
        ) {
            let measured = Window::new(at(100), at(900));
            let grid = Grid::over(Span::from_secs(1000));
            let run = |mut levels: Gauges| {
                let mut instants: Vec<(u64, bool)> = others.iter().map(|other| (*other, false)).collect();
                instants.push((begins, true));
                instants.sort_unstable();
                for (second, is_it) in instants {
                    let (gauge, value) = if is_it { (Gauge::Queue, value) } else { (Gauge::Instances, second) };
                    levels.set(at(second), gauge, value);
                }
                finish(levels, Gauge::Queue, at(1200))
            };
            prop_assert_eq!(run(Gauges::new(measured, grid)), run(two(measured, grid)));
        }
    }
}
