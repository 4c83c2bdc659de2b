//! Numbers as people read them, row by row.

use reports::data::{Clock, Estimate, Unit};
use reports::format::{
    clock_span, clock_time, count, difference, duration, estimate, money, share, tick, value, whole,
};

fn check<T: Copy + std::fmt::Debug>(write: impl Fn(T) -> String, rows: &[(T, &str)]) {
    for (input, expected) in rows {
        assert_eq!(write(*input), *expected, "for {input:?}");
    }
}

#[test]
fn durations() {
    check(
        duration,
        &[
            (0.0, "0 s"),
            (0.000_012_34, "12.3 µs"),
            (0.083, "83.0 ms"),
            (0.412_3, "412 ms"),
            (0.9996, "1.00 s"),
            (1.2, "1.20 s"),
            (119.0, "119 s"),
            (450.0, "7.50 min"),
            (9000.0, "2.50 h"),
            (259_200.0, "3.00 d"),
            (-0.25, "−250 ms"),
            (f64::NAN, "–"),
            (f64::INFINITY, "∞"),
        ],
    );
}

/// Confidences keep the digits that tell them from certainty.
#[test]
fn confidences() {
    let rows = [
        (0.9, "90 %"),
        (0.95, "95 %"),
        (0.975, "97.5 %"),
        (0.99, "99 %"),
        (0.9833, "98.3 %"),
        (0.999_17, "99.917 %"),
    ];
    check(scenarios::number::percent, &rows);
}

#[test]
fn dollars() {
    check(
        money,
        &[
            (0.0, "$0"),
            (0.000_000_2, "$0.000000200"),
            (0.0123, "$0.0123"),
            (12.3, "$12.30"),
            (123.4, "$123"),
            (1234.5, "$1,234"),
            (999_999.6, "$1,000,000"),
            (12_345_678.0, "$12.3M"),
            (-45.0, "−$45.00"),
            (f64::NEG_INFINITY, "–"),
        ],
    );
}

#[test]
fn counts_and_shares() {
    check(
        count,
        &[
            (0.0, "0"),
            (7.0, "7"),
            (3.25, "3.25"),
            (1234.0, "1,234"),
            (98_765.0, "98,765"),
            (99_999.0, "100 k"),
            (123_456.0, "123 k"),
            (4.2e6, "4.20 M"),
            (7e9, "7 G"),
        ],
    );
    check(share, &[(0.0, "0 %"), (0.642, "64.2 %"), (1.0, "100 %"), (0.000_31, "0.0310 %")]);
    check(
        |rate| value(Unit::PerSecond, rate),
        &[(2.5, "2.50/s"), (1000.0, "1,000/s"), (250_000.0, "250 k/s")],
    );
    check(whole, &[(0, "0"), (999, "999"), (1000, "1,000"), (39_692_000, "39,692,000")]);
}

#[test]
fn intervals_show_the_digit_they_know() {
    let rows = [
        (Unit::Seconds, 0.3124, 0.0062, "312 ± 6 ms"),
        (Unit::Seconds, 0.3124, 0.0148, "312 ± 15 ms"),
        (Unit::Seconds, 0.062, 0.000_3, "62.0 ± 0.3 ms"),
        (Unit::Seconds, 1.2, 0.04, "1.20 ± 0.04 s"),
        (Unit::Seconds, 0.0, 0.002, "0 ± 2 ms"),
        (Unit::Seconds, 0.031, 0.06, "31 ± 60 ms"),
        (Unit::Seconds, 0.3124, 0.000_000_1, "312.4 ± <0.1 ms"),
        (Unit::Dollars, 1234.0, 12.0, "$1,234 ± 12"),
        (Unit::Dollars, 12.345, 0.4, "$12.35 ± 0.40"),
        (Unit::Share, 0.0042, 0.0007, "0.42 ± 0.07 %"),
        (Unit::Share, 0.0, 0.0, "0 %"),
        // What every replication gave alike is exact, and not `$138`.
        (Unit::Dollars, 137.87, 0.0, "$137.87 ± 0"),
        (Unit::Dollars, 137.87, 1e-13, "$137.87 ± 0"),
        (Unit::Dollars, 1200.0, 0.0, "$1,200 ± 0"),
        (Unit::Share, 0.9996, 0.0, "99.96 ± 0 %"),
        (Unit::Seconds, 0.25, 0.0, "250 ± 0 ms"),
        (Unit::Count, 12_345.0, 678.0, "12,345 ± 678"),
    ];
    for (unit, number, half, expected) in rows {
        assert_eq!(estimate(unit, &Estimate::new(number, half, 10)), expected, "for {number} ± {half}");
    }
    assert_eq!(estimate(Unit::Seconds, &Estimate::exact(0.4, 1)), "400 ms");
    assert_eq!(estimate(Unit::Seconds, &Estimate::blank("too few samples")), "–");
    assert_eq!(estimate(Unit::Seconds, &Estimate::new(f64::INFINITY, 1.0, 3)), "∞");
    assert_eq!(estimate(Unit::Seconds, &Estimate::new(0.4, f64::NAN, 3)), "400 ms");
}

#[test]
fn differences_have_a_sign() {
    let rows = [
        (Unit::Seconds, 0.031, 0.006, "+31 ± 6 ms"),
        (Unit::Seconds, -0.694, 0.094, "−694 ± 94 ms"),
        (Unit::Dollars, -612.0, 14.0, "−$612 ± 14"),
        (Unit::Share, -0.12, 0.01, "−12.0 ± 1.0 %"),
        (Unit::Share, 0.0, 0.0, "0 %"),
    ];
    for (unit, number, half, expected) in rows {
        assert_eq!(difference(unit, &Estimate::new(number, half, 10)), expected);
    }
}

#[test]
fn ticks_are_short() {
    let rows = [
        (Unit::Seconds, 0.05, "50 ms"),
        (Unit::Seconds, 1.5, "1.5 s"),
        (Unit::Dollars, 1500.0, "$1,500"),
        (Unit::Dollars, 20_000.0, "$20k"),
        (Unit::Share, 0.25, "25 %"),
        (Unit::Count, 0.0, "0"),
    ];
    for (unit, number, expected) in rows {
        assert_eq!(tick(unit, number), expected);
    }
}

#[test]
fn clocks() {
    let july = Clock::Date(804_556_800.0); // 1 July 1995, 00:00 UTC.
    let rows = [
        (Clock::Elapsed, 0.0, "0"),
        (Clock::Elapsed, 5400.0, "1 h 30 min"),
        (Clock::Elapsed, 90_061.0, "1 d 1 h"),
        (Clock::TimeOfDay(21_600.0), 300.0, "06:05"),
        (Clock::TimeOfDay(0.0), 86_400.0 + 21_910.0, "day 2 06:05:10"),
        (july, 3.0 * 86_400.0 + 60.0, "4 Jul 00:01"),
        (Clock::Date(951_782_400.0), 0.0, "29 Feb 00:00"),
        (Clock::Elapsed, f64::NAN, "–"),
    ];
    for (clock, seconds, expected) in rows {
        assert_eq!(clock_time(clock, seconds), expected);
    }
    assert_eq!(clock_span(Clock::TimeOfDay(0.0), 43_500.0, 45_600.0), "12:05 to 12:40");
}
