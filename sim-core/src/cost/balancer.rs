//! Load balancer capacity units (LCU) of an Application Load Balancer.
//!
//! An hour's units are the *greatest* of its four dimensions, each averaged over the hour: new connections
//! (25 a second make a unit), active connections (3,000), processed bytes (1 GB an hour, 0.4 GB towards
//! Lambda), rule evaluations (1,000 a second, the first ten rules free). The dimensions are not added up
//! (Elastic Load Balancing pricing page).

use super::booking::HOUR;
use super::{Meter, Usage};
use crate::engine::{Span, Time, Window};

const CONNECTIONS_PER_SECOND: f64 = 25.0;
const ACTIVE_CONNECTIONS: f64 = 3000.0;
const BYTES_PER_HOUR: f64 = 1e9;
const LAMBDA_BYTES_PER_HOUR: f64 = 0.4e9;
const RULES_PER_SECOND: f64 = 1000.0;
const FREE_RULES: u64 = 10;
const NANO_UNITS: f64 = 1e9;

/// What a balancer did in one hour, the sums behind the four dimensions.
#[derive(Clone, Copy, Debug, Default)]
struct Hour {
    new_connections: u64,
    connection_nanos: u128,
    bytes: u64,
    lambda_bytes: u64,
    rule_evaluations: u64,
}

impl Hour {
    /// Its capacity units, `measured` being how much of the hour was watched: averages are over that much.
    fn units(&self, measured: Span) -> f64 {
        let seconds = measured.seconds();
        let hours = seconds / HOUR.seconds();
        let bytes = self.bytes as f64 / BYTES_PER_HOUR + self.lambda_bytes as f64 / LAMBDA_BYTES_PER_HOUR;
        let dimensions = [
            self.new_connections as f64 / seconds / CONNECTIONS_PER_SECOND,
            self.connection_nanos as f64 / measured.nanos() as f64 / ACTIVE_CONNECTIONS,
            bytes / hours,
            self.rule_evaluations as f64 / seconds / RULES_PER_SECOND,
        ];
        dimensions.into_iter().fold(0.0, f64::max)
    }
}

/// Meters one balancer over the measured window. Hours count from the window's start.
///
/// A last hour that the window cuts short has its averages taken over what was watched of it, and counts as
/// that part of an hour: a window of twenty minutes extrapolates to a month like one of an hour.
#[derive(Clone, Debug)]
pub struct LoadBalancerMeter {
    window: Window,
    rules: u64,
    hours: Vec<Hour>,
}

impl LoadBalancerMeter {
    /// A balancer with `rules` listener rules, the default one not counted.
    pub fn new(window: Window, rules: u64) -> Self {
        let hours = window.length().div_ceil(HOUR) as usize;
        LoadBalancerMeter { window, rules, hours: vec![Hour::default(); hours] }
    }

    fn hour(&mut self, at: Time) -> Option<&mut Hour> {
        let index = at.since(self.window.from).nanos() / HOUR.nanos();
        self.window.contains(at).then(|| &mut self.hours[index as usize])
    }

    /// A request of this many bytes at `at`; `to_lambda` if its target is a function.
    #[inline]
    pub fn request(&mut self, at: Time, bytes: u64, to_lambda: bool) {
        let evaluations = self.rules.saturating_sub(FREE_RULES);
        if let Some(hour) = self.hour(at) {
            hour.rule_evaluations += evaluations;
        }
        self.response(at, bytes, to_lambda);
    }

    /// A response of this many bytes at `at`; `to_lambda` if it comes from a function.
    #[inline]
    pub fn response(&mut self, at: Time, bytes: u64, to_lambda: bool) {
        if let Some(hour) = self.hour(at) {
            *(if to_lambda { &mut hour.lambda_bytes } else { &mut hour.bytes }) += bytes;
        }
    }

    /// A client connection that was open from `from` to `to`.
    pub fn connection(&mut self, from: Time, to: Time) {
        if let Some(hour) = self.hour(from) {
            hour.new_connections += 1;
        }
        let mut at = from.max(self.window.from);
        while at < to.min(self.window.to) {
            let into_hour = at.since(self.window.from).nanos() % HOUR.nanos();
            let end = (at + Span::from_nanos(HOUR.nanos() - into_hour)).min(to).min(self.window.to);
            if let Some(hour) = self.hour(at) {
                hour.connection_nanos += u128::from(end.since(at).nanos());
            }
            at = end;
        }
    }

    /// Adds the capacity units to `usage`.
    pub fn book_into(&self, usage: &mut Usage) {
        let mut left = self.window.length();
        let mut nano_units = 0.0;
        for hour in &self.hours {
            let measured = left.min(HOUR);
            nano_units += hour.units(measured) * (measured.seconds() / HOUR.seconds()) * NANO_UNITS;
            left = left.saturating_sub(HOUR);
        }
        usage.add(Meter::BalancerUnits, (nano_units + 0.5) as u128);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: f64) -> Time {
        Time::ZERO + Span::from_seconds(seconds)
    }

    fn nano_units(meter: &LoadBalancerMeter) -> u128 {
        let mut usage = Usage::new();
        meter.book_into(&mut usage);
        usage.get(&Meter::BalancerUnits)
    }

    /// The worked example of the pricing page: one connection a second, open for two minutes, five requests a
    /// second, 300 kB a second, 60 rules. Units 0.04, 0.04, 1.08 and 0.25: the hour counts 1.08.
    #[test]
    fn the_greatest_dimension_counts() {
        let mut meter = LoadBalancerMeter::new(Window::new(at(0.0), at(3600.0)), 60);
        for second in 0..3600 {
            let now = at(f64::from(second));
            meter.connection(now, now + Span::from_secs(120));
            (0..5).for_each(|_| meter.request(now, 60_000, false));
        }
        assert_eq!(nano_units(&meter), 1_080_000_000);
        let hour = meter.hours[0];
        assert_eq!(hour.rule_evaluations, 5 * 50 * 3600);
        assert_eq!(hour.new_connections, 3600);
        // In steady state 120 are open; this hour begins with none, which costs 120 x 119.5
        // connection-seconds at its end.
        let open = hour.connection_nanos as f64 / 3600e9;
        assert!((open - 118.0).abs() < 0.1, "{open} connections open on average");
    }

    #[test]
    fn each_dimension_can_be_the_greatest() {
        let window = Window::new(at(600.0), at(600.0 + 1800.0));
        let check = |fill: &dyn Fn(&mut LoadBalancerMeter), expected: f64| {
            let mut meter = LoadBalancerMeter::new(window, 110);
            fill(&mut meter);
            assert_eq!(nano_units(&meter), (expected * 1e9).round() as u128);
        };
        // Half an hour, so each of these rates counts as half a unit-hour.
        check(&|m| (0..25 * 1800).for_each(|_| m.connection(at(700.0), at(700.0))), 0.5);
        check(&|m| (0..3000).for_each(|_| m.connection(at(0.0), at(9e3))), 0.5);
        check(&|m| m.request(at(700.0), 500_000_000, false), 0.5);
        check(&|m| m.request(at(700.0), 200_000_000, true), 0.5);
        check(&|m| (0..18_000).for_each(|_| m.request(at(700.0), 0, false)), 0.5);
        check(&|m| m.request(at(0.0), 500_000_000, false), 0.0);
        check(&|m| m.request(at(2400.0), 500_000_000, false), 0.0);
    }

    #[test]
    fn hours_are_judged_one_by_one() {
        let mut meter = LoadBalancerMeter::new(Window::new(at(0.0), at(7200.0)), 0);
        meter.request(at(10.0), 2_000_000_000, false);
        (0..25 * 3600).for_each(|_| meter.connection(at(4000.0), at(4000.0)));
        assert_eq!(nano_units(&meter), 3_000_000_000, "two units in the first hour, one in the second");
    }
}
