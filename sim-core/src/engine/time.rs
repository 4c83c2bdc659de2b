//! Simulated time: whole nanoseconds, an instant and a length of time being different types.
//!
//! Integers, so that adding a million service times leaves no rounding behind and equal instants are equal. A
//! `u64` of nanoseconds holds 584 years; arithmetic that leaves that range is a bug and panics.

use std::fmt;
use std::ops::{Add, AddAssign, Div, Mul, Sub, SubAssign};

use serde::{Deserialize, Serialize};

const NANOS_PER_SECOND: f64 = 1e9;

/// An instant, counted in nanoseconds from the start of the run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Time(u64);

/// A length of time in nanoseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Span(u64);

impl Time {
    /// The start of the run.
    pub const ZERO: Time = Time(0);
    /// Later than anything that happens: "not due".
    pub const NEVER: Time = Time(u64::MAX);

    /// The instant `nanos` nanoseconds after the start.
    pub const fn from_nanos(nanos: u64) -> Self {
        Time(nanos)
    }

    /// Nanoseconds since the start.
    pub const fn nanos(self) -> u64 {
        self.0
    }

    /// Seconds since the start, for output and for arithmetic that is not about order.
    pub fn seconds(self) -> f64 {
        self.0 as f64 / NANOS_PER_SECOND
    }

    /// The time since `earlier`, or zero if `earlier` is in fact later.
    pub const fn since(self, earlier: Time) -> Span {
        Span(self.0.saturating_sub(earlier.0))
    }

    /// The instant `span` before this one, not before the start.
    pub const fn before(self, span: Span) -> Time {
        Time(self.0.saturating_sub(span.0))
    }
}

impl Span {
    /// No time at all.
    pub const ZERO: Span = Span(0);
    /// The longest span: "for ever".
    pub const MAX: Span = Span(u64::MAX);

    /// The longest span that is made of a number of seconds (50 years): longer than any run, and short enough that an
    /// instant of a run and a handful of these stay within the range of the clock.
    pub const LONGEST_DRAWN: Span = Span::from_secs(50 * 366 * 86_400);

    /// A span of `nanos` nanoseconds.
    pub const fn from_nanos(nanos: u64) -> Self {
        Span(nanos)
    }

    /// A span of `millis` milliseconds.
    pub const fn from_millis(millis: u64) -> Self {
        Span(millis * 1_000_000)
    }

    /// A span of whole seconds.
    pub const fn from_secs(seconds: u64) -> Self {
        Span(seconds * 1_000_000_000)
    }

    /// The span nearest to `seconds`, at most [`LONGEST_DRAWN`](Self::LONGEST_DRAWN). Negative and not-a-number give
    /// zero: callers draw from validated distributions, whose tails may nevertheless reach beyond every run, and a
    /// clamp is the only sane meaning of such a draw.
    #[inline]
    pub const fn from_seconds(seconds: f64) -> Self {
        let nanos = seconds * NANOS_PER_SECOND + 0.5;
        if nanos >= Self::LONGEST_DRAWN.0 as f64 {
            return Self::LONGEST_DRAWN;
        }
        // By way of a signed number: the processor has no instruction for the other.
        let nanos = nanos as i64;
        if nanos > 0 { Span(nanos as u64) } else { Span::ZERO }
    }

    /// Nanoseconds.
    pub const fn nanos(self) -> u64 {
        self.0
    }

    /// Seconds.
    pub fn seconds(self) -> f64 {
        self.0 as f64 / NANOS_PER_SECOND
    }

    /// This span times `factor`, rounded to the nearest nanosecond.
    pub fn scaled(self, factor: f64) -> Self {
        Span((self.0 as f64 * factor + 0.5) as u64)
    }

    /// The nearest whole number of `unit`s, for what is read and not computed with.
    pub const fn rounded(self, unit: Span) -> Self {
        Span((self.0 + unit.0 / 2) / unit.0 * unit.0)
    }

    /// How many whole `unit`s begin within this span: the rounding of every bill.
    pub const fn div_ceil(self, unit: Span) -> u64 {
        self.0.div_ceil(unit.0)
    }

    /// Whether this is no time at all.
    pub const fn is_zero(self) -> bool {
        self.0 == 0
    }

    /// The sum, or the longest span if it exceeds the range.
    pub const fn saturating_add(self, other: Span) -> Self {
        Span(self.0.saturating_add(other.0))
    }

    /// The difference, or zero.
    pub const fn saturating_sub(self, other: Span) -> Self {
        Span(self.0.saturating_sub(other.0))
    }
}

impl Add<Span> for Time {
    type Output = Time;
    fn add(self, span: Span) -> Time {
        Time(self.0.checked_add(span.0).expect("simulated time stays below 584 years"))
    }
}

impl AddAssign<Span> for Time {
    fn add_assign(&mut self, span: Span) {
        *self = *self + span;
    }
}

impl Sub<Time> for Time {
    type Output = Span;
    fn sub(self, earlier: Time) -> Span {
        Span(self.0.checked_sub(earlier.0).expect("an instant is subtracted from a later one"))
    }
}

impl Add for Span {
    type Output = Span;
    fn add(self, other: Span) -> Span {
        Span(self.0.checked_add(other.0).expect("a span stays below 584 years"))
    }
}

impl AddAssign for Span {
    fn add_assign(&mut self, other: Span) {
        *self = *self + other;
    }
}

impl Sub for Span {
    type Output = Span;
    fn sub(self, other: Span) -> Span {
        Span(self.0.checked_sub(other.0).expect("a span is subtracted from a longer one"))
    }
}

impl SubAssign for Span {
    fn sub_assign(&mut self, other: Span) {
        *self = *self - other;
    }
}

impl Mul<u64> for Span {
    type Output = Span;
    fn mul(self, times: u64) -> Span {
        Span(self.0.checked_mul(times).expect("a span stays below 584 years"))
    }
}

impl Div<u64> for Span {
    type Output = Span;
    fn div(self, parts: u64) -> Span {
        Span(self.0 / parts)
    }
}

impl std::iter::Sum for Span {
    fn sum<I: Iterator<Item = Span>>(spans: I) -> Span {
        spans.fold(Span::ZERO, |total, span| total + span)
    }
}

impl fmt::Display for Time {
    /// As a clock reading, `1d 02:03:04.500`; the day only where there is one, fractions to the millisecond.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let millis = self.0 / 1_000_000;
        let (days, rest) = (millis / 86_400_000, millis % 86_400_000);
        if days > 0 {
            write!(f, "{days}d ")?;
        }
        write!(f, "{:02}:{:02}:{:02}", rest / 3_600_000, rest / 60_000 % 60, rest / 1000 % 60)?;
        if rest % 1000 > 0 { write!(f, ".{:03}", rest % 1000) } else { Ok(()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clock_readings() {
        let check = |seconds: f64, expected: &str| {
            assert_eq!((Time::ZERO + Span::from_seconds(seconds)).to_string(), expected);
        };
        check(0.0, "00:00:00");
        check(3_661.25, "01:01:01.250");
        check(86_400.0 * 3.0 + 59.0, "3d 00:00:59");
    }

    #[test]
    fn a_draw_outside_the_range_is_clamped() {
        let check = |seconds: f64, expected: Span| assert_eq!(Span::from_seconds(seconds), expected);
        check(-1.0, Span::ZERO);
        check(f64::NAN, Span::ZERO);
        check(1e300, Span::LONGEST_DRAWN);
        check(1e11, Span::LONGEST_DRAWN);
        check(1e-9, Span::from_nanos(1));
    }

    #[test]
    fn reads_in_whole_units() {
        let second = Span::from_secs(1);
        let check = |millis: u64, seconds: u64| {
            assert_eq!(Span::from_millis(millis).rounded(second), Span::from_secs(seconds));
        };
        check(1_499, 1);
        check(1_500, 2);
        check(0, 0);
    }

    #[test]
    fn bills_round_up() {
        let check =
            |nanos: u64, ms: u64| assert_eq!(Span::from_nanos(nanos).div_ceil(Span::from_millis(1)), ms);
        check(0, 0);
        check(1, 1);
        check(1_000_000, 1);
        check(1_000_001, 2);
    }
}
