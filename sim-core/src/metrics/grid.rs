//! The grid of windows that series are drawn over.

use std::num::NonZeroU64;

use serde::{Deserialize, Serialize};

use crate::engine::{Span, Time, Window};

/// Windows of one round length that cover a run from its start; the last may be cut short by the end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Grid {
    width: NonZeroU64,
    end: Time,
}

/// Lengths that read well on an axis, in seconds; longer ones are whole days.
const ROUND_SECONDS: [u64; 17] =
    [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14_400, 21_600, 43_200];

impl Grid {
    /// How many windows a grid has at most, unless asked otherwise.
    pub const WINDOWS: u64 = 300;

    /// The finest grid of round windows over a run of length `run` that has at most [`Self::WINDOWS`].
    pub fn over(run: Span) -> Self {
        let needed = run.nanos().div_ceil(Self::WINDOWS).max(1);
        let day = Span::from_secs(86_400).nanos();
        let width = ROUND_SECONDS
            .iter()
            .map(|seconds| Span::from_secs(*seconds).nanos())
            .find(|width| *width >= needed)
            .unwrap_or_else(|| needed.div_ceil(day) * day);
        let width = NonZeroU64::new(width).expect("round lengths and whole days are not nothing");
        Grid { width, end: Time::ZERO + run }
    }

    /// The length of a window.
    pub fn width(self) -> Span {
        Span::from_nanos(self.width.get())
    }

    /// How many windows there are.
    pub fn count(self) -> usize {
        self.end.nanos().div_ceil(self.width.get()) as usize
    }

    /// The window that `at` lies in, none after the end of the run.
    #[inline]
    pub fn index(self, at: Time) -> Option<usize> {
        (at < self.end).then(|| (at.nanos() / self.width) as usize)
    }

    /// Window number `index`.
    pub fn window(self, index: usize) -> Window {
        let from = Time::from_nanos(index as u64 * self.width.get()).min(self.end);
        Window::new(from, Time::from_nanos(from.nanos().saturating_add(self.width.get())).min(self.end))
    }

    /// All windows in order.
    pub fn windows(self) -> impl Iterator<Item = Window> {
        (0..self.count()).map(move |index| self.window(index))
    }
}

/// Finds the windows of instants that mostly lie in the same one: a comparison instead of a division.
#[derive(Clone, Copy, Debug)]
pub(super) struct Cursor {
    grid: Grid,
    index: usize,
    window: Window,
}

impl Cursor {
    /// A cursor over `grid`.
    pub(super) fn new(grid: Grid) -> Self {
        Cursor { grid, index: 0, window: Window::new(Time::ZERO, Time::ZERO) }
    }

    /// The window that `at` lies in, none after the end of the run: as [`Grid::index`].
    #[inline]
    pub(super) fn index(&mut self, at: Time) -> Option<usize> {
        if !self.window.contains(at) {
            self.index = self.grid.index(at)?;
            self.window = self.grid.window(self.index);
        }
        Some(self.index)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_cursor_agrees_with_the_grid(run in 1u64..5_000, at in prop::collection::vec(0u64..6_000_000_000_000, 1..60)) {
            let grid = Grid::over(Span::from_secs(run));
            let mut cursor = Cursor::new(grid);
            for at in at.into_iter().map(Time::from_nanos) {
                prop_assert_eq!(cursor.index(at), grid.index(at));
            }
        }
    }

    #[test]
    fn windows_are_round_and_few() {
        let check = |run: Span, width: u64, count: usize| {
            let grid = Grid::over(run);
            assert_eq!((grid.width(), grid.count()), (Span::from_secs(width), count), "{run}");
            let covered: Span = grid.windows().map(Window::length).sum();
            assert_eq!(covered, run);
        };
        check(Span::from_secs(300), 1, 300);
        check(Span::from_secs(301), 2, 151);
        check(Span::from_secs(3600), 15, 240);
        check(Span::from_secs(86_400), 300, 288);
        check(Span::from_secs(28 * 86_400), 14_400, 168);
        check(Span::from_secs(365 * 86_400), 172_800, 183);
        check(Span::from_millis(1), 1, 1);
        check(Span::ZERO, 1, 0);
    }
}
