//! Levels: whole numbers that hold until they change, integrated over time without rounding.
//!
//! A [`Level`] is set whenever it changes and keeps two integrals: over the measured window, and over every
//! window of the series. A level that held for no time at all leaves no trace, in the mean or in the maximum.

use serde::{Deserialize, Serialize};

use super::{Grid, Window};
use crate::engine::Time;
use crate::stored;

/// A level over a run: its integral over the measured window and its course over the windows of a grid.
///
/// What is added up at every change is one stretch of time: a window of the grid, or the part of one that is measured. A
/// stretch that is over goes into the sums of all that it belongs to.
#[derive(Clone, Debug)]
pub struct Level {
    level: u64,
    since: Time,
    stretch: Stretch,
    measured: Window,
    grid: Grid,
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

/// A stretch of time in which nothing but the level changes.
#[derive(Clone, Copy, Debug)]
struct Stretch {
    end: Time,
    /// The window of the grid that it lies in, none after the end of the run, and whether it is measured.
    window: Option<usize>,
    is_measured: bool,
    held: Held,
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
    /// A level of zero from the start of the run.
    pub fn new(measured: Window, grid: Grid) -> Self {
        let windows = vec![Held::NOTHING; grid.count()];
        let stretch = Stretch::from(Time::ZERO, measured, grid);
        Level { level: 0, since: Time::ZERO, stretch, measured, grid, whole: Held::NOTHING, windows }
    }

    /// From `now` on the level is `level`. Time must not run backwards.
    #[inline(always)]
    pub fn set(&mut self, now: Time, level: u64) {
        // What goes on as it was is added up when it changes.
        if level != self.level {
            self.advance(now);
            self.level = level;
        }
    }

    /// Adds up what held until `now`.
    #[inline(always)]
    fn advance(&mut self, now: Time) {
        if now > self.stretch.end {
            self.advance_far(now);
        }
        self.hold(now);
    }

    /// Adds up what held until `now`, up to the beginning of the stretch that it lies in.
    #[cold]
    #[inline(never)]
    fn advance_far(&mut self, now: Time) {
        while now > self.stretch.end {
            self.hold(self.stretch.end);
            self.close();
        }
    }

    /// The level held until `to`, within the current stretch.
    #[inline(always)]
    fn hold(&mut self, to: Time) {
        let nanos = to.since(self.since).nanos();
        if nanos > 0 {
            let held = &mut self.stretch.held;
            held.area += u128::from(self.level) * u128::from(nanos);
            held.min = held.min.min(self.level);
            held.max = held.max.max(self.level);
            self.since = to;
        }
    }

    /// Adds the stretch to all that it belongs to, and begins the next one.
    fn close(&mut self) {
        let Stretch { end, window, is_measured, held } = self.stretch;
        if let Some(window) = window {
            self.windows[window].add(held);
        }
        if is_measured {
            self.whole.add(held);
        }
        self.stretch = Stretch::from(end, self.measured, self.grid);
    }

    /// The level's history, it having held to the end of the run.
    pub fn finish(mut self, end: Time) -> LevelRecord {
        self.advance(end);
        self.close();
        let length = |index: usize| self.grid.window(index).length().nanos() as f64;
        let means = self.windows.iter().enumerate().map(|(i, held)| held.area as f64 / length(i));
        let Held { area, min, max } = self.whole;
        LevelRecord {
            runs: 1,
            area,
            span: u128::from(self.measured.length().nanos()),
            min: min.min(max),
            max,
            means: means.collect(),
            maxima: self.windows.iter().map(|held| held.max).collect(),
        }
    }
}

impl Stretch {
    /// The one that begins at `start`: to the end of the window, or to where what is measured begins or ends.
    fn from(start: Time, measured: Window, grid: Grid) -> Self {
        let window = grid.index(start);
        let ends = [window.map(|index| grid.window(index).to), Some(measured.from), Some(measured.to)];
        let end = ends.into_iter().flatten().filter(|end| *end > start).min().unwrap_or(Time::NEVER);
        Stretch { end, window, is_measured: measured.contains(start), held: Held::NOTHING }
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

    fn at(seconds: u64) -> Time {
        Time::ZERO + Span::from_secs(seconds)
    }

    #[test]
    fn a_level_is_weighted_with_the_time_it_held() {
        let mut level = Level::new(Window::new(at(10), at(30)), Grid::over(Span::from_secs(30)));
        for (seconds, value) in [(5, 4), (20, 9), (20, 2), (25, 0), (40, 77)] {
            level.set(at(seconds), value);
        }
        let record = level.finish(at(50));
        assert_eq!(record.mean(), Some((4.0 * 10.0 + 2.0 * 5.0) / 20.0));
        assert_eq!((record.min(), record.max()), (0, 4), "nine held for no time");
        let means: Vec<f64> = record.means().collect();
        assert_eq!(means.len(), 30);
        assert_eq!((means[4], means[5], means[19], means[20], means[29]), (0.0, 4.0, 4.0, 2.0, 0.0));
    }

    #[test]
    fn runs_average() {
        let run = |value: u64| {
            let mut level = Level::new(Window::new(at(0), at(4)), Grid::over(Span::from_secs(4)));
            level.set(at(0), value);
            level.finish(at(4))
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
        #[test]
        fn agrees_with_the_obvious_version(
            steps in prop::collection::vec((0_u64..40_000_000_000, 0_u64..5), 0..60),
            (from, to) in (0_u64..600, 0_u64..1200),
        ) {
            let measured = Window::new(at(from), at(to));
            let mut level = Level::new(measured, Grid::over(Span::from_secs(1000)));
            let mut obvious = Obvious(vec![(Time::ZERO, 0)]);
            let mut now = Time::ZERO;
            for (later, value) in steps {
                now += Span::from_nanos(if value == 4 { 0 } else { later });
                level.set(now, value);
                obvious.0.push((now, value));
            }
            let end = now.max(at(1000));
            let windows: Vec<Window> = level.grid.windows().collect();
            let record = level.finish(end);
            let (area, min, max) = obvious.over(measured, end);
            prop_assert_eq!(record.area(), area);
            prop_assert_eq!((record.min(), record.max()), (min.min(max), max));
            for ((window, mean), maximum) in windows.into_iter().zip(record.means()).zip(record.maxima()) {
                let (area, _, max) = obvious.over(window, end);
                prop_assert_eq!((mean, *maximum), (area as f64 / window.length().nanos() as f64, max));
            }
        }

        #[test]
        fn the_series_integrates_to_the_whole(
            steps in prop::collection::vec((0_u64..40_000_000_000, 0_u64..1000), 0..40),
        ) {
            let run = Span::from_secs(1000);
            let mut level = Level::new(Window::new(Time::ZERO, Time::ZERO + run), Grid::over(run));
            let mut now = Time::ZERO;
            for (later, value) in steps {
                now += Span::from_nanos(later);
                level.set(now, value);
            }
            let windows: Vec<Window> = level.grid.windows().collect();
            let record = level.finish(now.max(Time::ZERO + run));
            let total: f64 = record.means().zip(windows).map(|(m, w)| m * w.length().nanos() as f64).sum();
            prop_assert!((total - record.area() as f64).abs() <= 1e-9 * total.max(1.0));
        }
    }
}
