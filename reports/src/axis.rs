//! Axes: which stretch of numbers to show, and where to put ticks that people read at a glance.
//!
//! A [`Scale`] is a plotters coordinate, linear or logarithmic; both kinds share one type so that one panel draws
//! either. Whatever the input (nothing, one value, all zero, a value that a logarithm cannot take) a scale has a
//! positive length, so that drawing never divides by zero.

use std::ops::Range;

use plotters::coord::ranged1d::{KeyPointHint, NoDefaultFormatting, Ranged};

use crate::data::Clock;
use crate::format::{clock_day, clock_time};

/// A stretch of an axis.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Scale {
    low: f64,
    high: f64,
    logarithmic: bool,
}

impl Scale {
    /// From zero (or below, where values are negative) to a round number above the largest.
    pub(crate) fn from_zero(values: impl IntoIterator<Item = f64>) -> Scale {
        let (low, high) = extent(values).unwrap_or((0.0, 1.0));
        let (low, high) = (low.min(0.0), high.max(0.0));
        let high = if high == low { low + 1.0 } else { high };
        let step = nice_step((high - low) / 4.0);
        Scale { low: (low / step).floor() * step, high: (high / step).ceil() * step, logarithmic: false }
    }

    /// Exactly from `low` to `high`.
    pub(crate) fn exact(low: f64, high: f64) -> Scale {
        Scale { low, high: if high > low { high } else { low + 1.0 }, logarithmic: false }
    }

    /// Logarithmic over the positive ones of `values`, widened to a 1, 2 or 5.
    pub(crate) fn logarithmic(values: impl IntoIterator<Item = f64>) -> Scale {
        let positive = values.into_iter().filter(|value| *value > 0.0);
        let (low, high) = extent(positive).unwrap_or((0.1, 1.0));
        let (low, mut high) = (one_two_five_below(low), one_two_five_above(high));
        if high <= low * 1.5 {
            high = one_two_five_above(low * 4.0);
        }
        Scale { low, high, logarithmic: true }
    }

    /// Logarithmic where the values span more than a factor of 30 and none is zero or less; from zero otherwise.
    pub(crate) fn fitting(values: &[f64]) -> Scale {
        match extent(values.iter().copied()) {
            Some((low, high)) if low > 0.0 && high / low > 30.0 => Scale::logarithmic(values.iter().copied()),
            _ => Scale::from_zero(values.iter().copied()),
        }
    }

    /// Logarithmic?
    pub(crate) fn is_logarithmic(&self) -> bool {
        self.logarithmic
    }

    /// The ends.
    pub(crate) fn ends(&self) -> (f64, f64) {
        (self.low, self.high)
    }

    /// The value nearest to `value` inside.
    pub(crate) fn clamp(&self, value: f64) -> f64 {
        value.clamp(self.low, self.high)
    }

    /// Where `value` lies, 0 at the low end and 1 at the high end.
    pub(crate) fn position(&self, value: f64) -> f64 {
        let value = self.clamp(value);
        if self.logarithmic {
            libm::log(value / self.low) / libm::log(self.high / self.low)
        } else {
            (value - self.low) / (self.high - self.low)
        }
    }

    /// Round values inside, at most about `most`.
    pub(crate) fn ticks(&self, most: usize) -> Vec<f64> {
        if self.logarithmic { self.log_ticks(most.max(2)) } else { self.linear_ticks(most.max(1)) }
    }

    fn linear_ticks(&self, most: usize) -> Vec<f64> {
        let step = nice_step((self.high - self.low) / most as f64);
        let slack = step * 1e-6;
        let first = ((self.low - slack) / step).ceil() as i64;
        let last = ((self.high + slack) / step).floor() as i64;
        (first..=last).map(|index| index as f64 * step).collect()
    }

    fn log_ticks(&self, most: usize) -> Vec<f64> {
        let (first, last) = (libm::log10(self.low).floor() as i32, libm::log10(self.high).ceil() as i32);
        let within = |value: &f64| *value >= self.low * 0.999 && *value <= self.high * 1.001;
        let fine: Vec<f64> = (first..=last)
            .flat_map(|power| [1.0, 2.0, 5.0].map(|digit| digit * 10f64.powi(power)))
            .filter(within)
            .collect();
        if fine.len() <= most {
            return fine;
        }
        let every = |stride: i32| -> Vec<f64> {
            (first..=last)
                .filter(|p| p.rem_euclid(stride) == 0)
                .map(|p| 10f64.powi(p))
                .filter(within)
                .collect()
        };
        (1..=24).map(every).find(|ticks| ticks.len() <= most).unwrap_or_default()
    }
}

impl Ranged for Scale {
    type FormatOption = NoDefaultFormatting;
    type ValueType = f64;

    fn map(&self, value: &f64, limit: (i32, i32)) -> i32 {
        limit.0 + (self.position(*value) * f64::from(limit.1 - limit.0)).round() as i32
    }

    fn key_points<Hint: KeyPointHint>(&self, hint: Hint) -> Vec<f64> {
        self.ticks(hint.max_num_points())
    }

    fn range(&self) -> Range<f64> {
        self.low..self.high
    }
}

/// Moments to mark on a time axis and their labels: whole hours at whole hours of the clock.
pub(crate) fn time_ticks(clock: Clock, from: f64, to: f64, most: usize) -> Vec<(f64, String)> {
    const STEPS: [f64; 25] = [
        1.0,
        2.0,
        5.0,
        10.0,
        15.0,
        30.0,
        60.0,
        120.0,
        300.0,
        600.0,
        900.0,
        1800.0,
        3600.0,
        7200.0,
        10_800.0,
        14_400.0,
        21_600.0,
        43_200.0,
        86_400.0,
        172_800.0,
        432_000.0,
        604_800.0,
        1_209_600.0,
        2_592_000.0,
        7_776_000.0,
    ];
    let span = (to - from).max(1e-9);
    let wanted = span / most.max(1) as f64;
    let step = STEPS.into_iter().find(|step| *step >= wanted).unwrap_or_else(|| nice_step(wanted));
    let offset = match clock {
        Clock::Elapsed => 0.0,
        Clock::TimeOfDay(start) | Clock::Date(start) => start,
    };
    let first = ((from + offset) / step - 1e-9).ceil() as i64;
    let last = ((to + offset) / step + 1e-9).floor() as i64;
    let moment = |index: i64| index as f64 * step - offset;
    (first..=last).map(|index| (moment(index), time_label(clock, moment(index), step, to))).collect()
}

fn time_label(clock: Clock, seconds: f64, step: f64, end: f64) -> String {
    const DAY: f64 = 86_400.0;
    let (Clock::TimeOfDay(start) | Clock::Date(start)) = clock else {
        return clock_time(clock, seconds);
    };
    let midnight = ((start + seconds) / DAY).fract().abs() < 1e-9;
    if step >= DAY || (midnight && matches!(clock, Clock::Date(_))) {
        return clock_day(clock, seconds);
    }
    if midnight && start + seconds >= DAY {
        let closes_the_day = seconds >= end && start + end <= DAY;
        return if closes_the_day { "24:00".into() } else { clock_day(clock, seconds) };
    }
    clock_time(Clock::TimeOfDay((start + seconds).rem_euclid(DAY)), 0.0)
}

/// The smallest and the largest finite value.
pub(crate) fn extent(values: impl IntoIterator<Item = f64>) -> Option<(f64, f64)> {
    let finite = values.into_iter().filter(|value| value.is_finite());
    finite.fold(None, |extent, value| {
        Some(extent.map_or((value, value), |(low, high): (f64, f64)| (low.min(value), high.max(value))))
    })
}

/// The power of ten at or below `value`. As everywhere here by `libm`, whose bits do not depend on the machine's own
/// functions: a report is the same bytes wherever it is drawn.
fn power_of_ten(value: f64) -> f64 {
    libm::pow(10.0, libm::log10(value).floor())
}

/// The 1, 2, 2.5 or 5 times a power of ten at or above `least`.
fn nice_step(least: f64) -> f64 {
    if !(least.is_finite() && least > 0.0) {
        return 1.0;
    }
    let power = power_of_ten(least);
    let digit = [1.0, 2.0, 2.5, 5.0, 10.0].into_iter().find(|digit| digit * power >= least * 0.999_999);
    digit.unwrap_or(10.0) * power
}

fn one_two_five_below(value: f64) -> f64 {
    let power = power_of_ten(value);
    [5.0, 2.0, 1.0]
        .into_iter()
        .map(|digit| digit * power)
        .find(|bound| *bound <= value * 1.000_001)
        .unwrap_or(power)
}

fn one_two_five_above(value: f64) -> f64 {
    let power = power_of_ten(value);
    let candidates = [1.0, 2.0, 5.0, 10.0].map(|digit| digit * power);
    candidates.into_iter().find(|bound| *bound >= value * 0.999_999).unwrap_or(power * 10.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(clock: Clock, from: f64, to: f64, most: usize) -> String {
        time_ticks(clock, from, to, most).into_iter().map(|tick| tick.1).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn time_is_marked_where_the_clock_is_round() {
        let july = Clock::Date(804_556_800.0); // 1 July 1995, 00:00 UTC.
        let rows = [
            (Clock::Elapsed, 0.0, 3600.0, 6, "0 10 min 20 min 30 min 40 min 50 min 1 h"),
            (Clock::TimeOfDay(0.0), 0.0, 86_400.0, 4, "00:00 06:00 12:00 18:00 24:00"),
            (Clock::TimeOfDay(28_800.0), 0.0, 86_400.0, 4, "12:00 18:00 day 2 06:00"),
            (Clock::TimeOfDay(0.0), 0.0, 345_600.0, 4, "day 1 day 2 day 3 day 4 day 5"),
            (july, 0.0, 2_381_520.0, 4, "6 Jul 13 Jul 20 Jul 27 Jul"),
            (july, 43_200.0, 129_600.0, 4, "12:00 18:00 2 Jul 06:00 12:00"),
        ];
        for (clock, from, to, most, expected) in rows {
            assert_eq!(labels(clock, from, to, most), expected);
        }
    }

    #[test]
    fn scales_cover_what_they_are_given() {
        let rows: [(Scale, (f64, f64), &[f64]); 7] = [
            (Scale::from_zero([3.0, 88.0]), (0.0, 100.0), &[0.0, 20.0, 40.0, 60.0, 80.0, 100.0]),
            (Scale::from_zero([]), (0.0, 1.0), &[0.0, 0.2, 0.4, 0.6, 0.8, 1.0]),
            (Scale::from_zero([0.0, 0.0]), (0.0, 1.0), &[0.0, 0.2, 0.4, 0.6, 0.8, 1.0]),
            (Scale::from_zero([-30.0, 40.0]), (-40.0, 40.0), &[-40.0, -20.0, 0.0, 20.0, 40.0]),
            (Scale::logarithmic([0.06, 0.9]), (0.05, 1.0), &[0.05, 0.1, 0.2, 0.5, 1.0]),
            (Scale::logarithmic([1.0, 2e6]), (1.0, 2e6), &[1.0, 100.0, 1e4, 1e6]),
            (Scale::logarithmic([f64::NAN, 0.0, -1.0]), (0.1, 1.0), &[0.1, 0.2, 0.5, 1.0]),
        ];
        for (scale, ends, ticks) in rows {
            let near = |a: f64, b: f64| (a - b).abs() <= 1e-9 * a.abs().max(1.0);
            assert!(near(scale.ends().0, ends.0) && near(scale.ends().1, ends.1), "{scale:?}");
            let found = scale.ticks(5);
            assert!(
                found.len() == ticks.len() && found.iter().zip(ticks).all(|(a, b)| near(*a, *b)),
                "{found:?}"
            );
        }
    }
}
