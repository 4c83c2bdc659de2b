//! A stretch of simulated time, for everything that is measured or metered within one.

use serde::{Deserialize, Serialize};

use super::{Span, Time};

/// A half-open stretch of simulated time, `[from, to)`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Window {
    /// Its first instant.
    pub from: Time,
    /// The first instant after it.
    pub to: Time,
}

impl Window {
    /// The window from `from` to just before `to`; empty if `to` is not later.
    pub fn new(from: Time, to: Time) -> Self {
        Window { from, to: to.max(from) }
    }

    /// Whether `at` lies in it.
    #[inline]
    pub fn contains(self, at: Time) -> bool {
        self.from <= at && at < self.to
    }

    /// Its length.
    pub fn length(self) -> Span {
        self.to.since(self.from)
    }

    /// How much of `[from, to)` lies in it.
    #[inline]
    pub fn overlap(self, from: Time, to: Time) -> Span {
        self.to.min(to).since(self.from.max(from))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn overlaps_are_clipped() {
        let at = |seconds: u64| Time::ZERO + Span::from_secs(seconds);
        let window = Window::new(at(10), at(20));
        let check = |from: u64, to: u64, expected: u64| {
            assert_eq!(window.overlap(at(from), at(to)), Span::from_secs(expected));
        };
        check(0, 5, 0);
        check(5, 15, 5);
        check(12, 15, 3);
        check(0, 99, 10);
        check(20, 30, 0);
        assert!(window.contains(at(10)) && !window.contains(at(20)));
    }
}
