//! How many requests a source will bring, before anything is simulated: for "about 2.3 million requests a job", and so
//! that an experiment that would never end is refused while it is only a file.

use super::population::Population;
use super::schedule::ScheduleSpec;
use super::shape::{Shape, ShapeSpec};
use super::spec::ArrivalSpec;
use super::trace::{RepeatSpec, TraceSpec};
use super::users::{PopulationPoint, PopulationSpec};
use crate::calendar::{Calendar, Cron, DAY};
use crate::engine::{Span, Time};

/// Of longer runs, this much of a cron expression is looked at (four years, a leap day among them).
const CRON_LOOKED_AT: u64 = 4 * 366;

/// What a trace holds, as far as its requests can be counted in advance.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct TraceTotal {
    /// Requests, before any scale.
    pub requests: f64,
    /// From its start to its end, before any stretch.
    pub length: Span,
}

impl TraceTotal {
    /// How many requests a run of `duration` plays of it. The trace is taken to be equally dense throughout, which
    /// matters where a part of it is played.
    pub fn played(self, spec: &TraceSpec, duration: Span) -> f64 {
        let whole = self.length.seconds();
        let window = spec
            .window
            .map_or(whole, |window| (window.to.min(self.length) - window.from.min(self.length)).seconds());
        let in_window = if whole > 0.0 { self.requests * window / whole } else { self.requests };
        let plays = match spec.repeat {
            RepeatSpec::Once => 1.0,
            RepeatSpec::Times(times) => f64::from(times),
            RepeatSpec::Forever => f64::INFINITY,
        };
        let fit = duration.seconds() / (window * spec.stretch);
        in_window * spec.scale * if fit.is_nan() { plays } else { plays.min(fit) }
    }

    /// How long it takes to play it once.
    pub fn once(self, spec: &TraceSpec) -> Span {
        let window = spec
            .window
            .map_or(self.length, |window| window.to.min(self.length) - window.from.min(self.length));
        window.scaled(spec.stretch)
    }
}

impl ArrivalSpec {
    /// How many requests come in a run of `duration` from `calendar` on, on average; of users, who wait for their
    /// answers, at most. `trace` is what the trace holds that is played, `population` the invocations of the population.
    pub fn expected(
        &self,
        duration: Span,
        calendar: Calendar,
        trace: Option<TraceTotal>,
        population: Option<f64>,
    ) -> f64 {
        let shaped = |rate: f64, shape: Option<&ShapeSpec>| rate * area(shape, duration, calendar);
        match self {
            Self::Poisson(spec) | Self::Deterministic(spec) => shaped(spec.rate.0, spec.shape.as_ref()),
            Self::Renewal(spec) => shaped(spec.rate.0, spec.shape.as_ref()),
            Self::Mmpp(spec) => shaped(spec.mean_rate().0, spec.shape.as_ref()),
            Self::Batch(spec) => shaped(spec.rate.0, spec.shape.as_ref()) * spec.size.build().mean().max(1.0),
            Self::Trace(spec) => trace.map_or(0.0, |total| total.played(spec, duration)),
            Self::Schedule(spec) => fired(spec, duration, calendar),
            Self::Users(spec) => spec.population.user_seconds(duration) / spec.think.build().mean(),
            Self::Population(_) => population.unwrap_or(0.0),
        }
    }

    /// Whether how many requests it brings depends on the time. A population of functions does so if it is `shaped` by
    /// a trace or otherwise: others invoke theirs at rates that last, and so do schedules at a rate.
    pub fn varies(&self, shaped: bool) -> bool {
        let changes = |shape: &Option<ShapeSpec>| shape.as_ref().is_some_and(|shape| !shape.is_constant());
        match self {
            Self::Poisson(spec) | Self::Deterministic(spec) => changes(&spec.shape),
            Self::Renewal(spec) => changes(&spec.shape),
            Self::Mmpp(spec) => changes(&spec.shape),
            Self::Batch(spec) => changes(&spec.shape),
            Self::Users(spec) => !matches!(spec.population, PopulationSpec::Constant(_)),
            Self::Trace(_) => true,
            Self::Schedule(spec) => spec.cron.is_some(),
            Self::Population(_) => shaped,
        }
    }
}

impl ShapeSpec {
    /// Whether it says the same factor throughout.
    fn is_constant(&self) -> bool {
        match self {
            Self::Constant(_) => true,
            Self::Ramp { from, to, .. } => from == to,
            Self::Steps(points) | Self::PiecewiseLinear(points) => {
                points.windows(2).all(|pair| pair[0].factor == pair[1].factor)
            }
            Self::Daily { amplitude, .. } | Self::Weekly { amplitude, .. } => *amplitude == 0.0,
            Self::Spike { factor, .. } => *factor == 1.0,
            Self::Product(parts) | Self::Sum(parts) => parts.iter().all(ShapeSpec::is_constant),
        }
    }
}

/// The integral of a shape over the run, in seconds.
fn area(shape: Option<&ShapeSpec>, duration: Span, calendar: Calendar) -> f64 {
    let end = Time::ZERO + duration;
    shape.map_or(duration.seconds(), |shape| Shape::new(shape, calendar).integral(Time::ZERO, end))
}

fn fired(spec: &ScheduleSpec, duration: Span, calendar: Calendar) -> f64 {
    if let Some(interval) = spec.rate {
        return (duration.seconds() / interval.seconds()).floor();
    }
    let Some(Ok(cron)) = spec.cron.as_deref().map(Cron::parse) else { return 0.0 };
    let looked_at = duration.min(DAY * CRON_LOOKED_AT);
    let end = calendar.start() + (looked_at.seconds() as i64);
    let first = calendar.start().div_euclid(60);
    let mut fired = 0.0;
    let mut next = cron.next_from(first);
    while let Some(minute) = next.filter(|minute| minute * 60 < end) {
        fired += 1.0;
        next = cron.next_from(minute + 1);
    }
    fired * duration.seconds() / looked_at.seconds()
}

impl PopulationSpec {
    /// The integral of the number of users over the run, in seconds.
    fn user_seconds(&self, duration: Span) -> f64 {
        let (points, linear): (&[PopulationPoint], bool) = match self {
            PopulationSpec::Constant(users) => return f64::from(*users) * duration.seconds(),
            PopulationSpec::Steps(points) => (points, false),
            PopulationSpec::PiecewiseLinear(points) => (points, true),
        };
        let end = duration.seconds();
        let at = |point: &PopulationPoint| point.at.seconds().min(end);
        let before =
            points.first().filter(|_| linear).map_or(0.0, |first| f64::from(first.users) * at(first));
        let piece = |(index, point): (usize, &PopulationPoint)| {
            let users = f64::from(point.users);
            match points.get(index + 1) {
                // A line that the end of the run cuts is taken whole: it is the most that matters here.
                Some(next) if linear => (at(next) - at(point)) * users.midpoint(f64::from(next.users)),
                Some(next) => (at(next) - at(point)) * users,
                None => (end - at(point)) * users,
            }
        };
        before + points.iter().enumerate().map(piece).sum::<f64>()
    }
}

impl Population {
    /// How many invocations of all functions together a run of `duration` sees, on average.
    pub fn expected(&self, duration: Span, calendar: Calendar) -> f64 {
        if let Some(law) = self.law() {
            return law.expected(duration, calendar, None, None);
        }
        let Some(play) = self.play() else {
            return (0..self.len()).map(|function| self.rate(function)).sum::<f64>() * duration.seconds();
        };
        self.traced().map_or(0.0, |total| total.played(play, duration))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Luck;
    use crate::traffic::{Arrivals, NoTraces, Origin};

    #[test]
    fn what_varies() {
        let check = |json: &str, traced: bool, expected: bool| {
            let spec: ArrivalSpec =
                serde_json::from_str(json).unwrap_or_else(|error| panic!("{json}: {error}"));
            assert_eq!(spec.varies(traced), expected, "{json}");
        };
        check(r#"{"poisson": {"rate": "2/s"}}"#, false, false);
        check(
            r#"{"poisson": {"rate": "2/s", "shape": {"spike": {"factor": 3, "at": "1m", "rise": "1s", "hold": "1m", "decay": "1s"}}}}"#,
            false,
            true,
        );
        check(r#"{"schedule": {"rate": "7m"}}"#, false, false);
        check(r#"{"schedule": {"cron": "0/30 1 * * ? *"}}"#, false, true);
        check(r#"{"users": {"population": {"constant": 10}, "think": "9s"}}"#, false, false);
        check(r#"{"population": "fleet"}"#, false, false);
        check(r#"{"population": "fleet"}"#, true, true);
    }

    /// What is expected of a source is what comes from it, to a few standard deviations.
    #[test]
    fn expected_requests() {
        let check = |json: &str, hours: u64, expected: f64| {
            let spec: ArrivalSpec =
                serde_json::from_str(json).unwrap_or_else(|error| panic!("{json}: {error}"));
            let duration = Span::from_secs(3600 * hours);
            let trace = Some(TraceTotal { requests: 1000.0, length: Span::from_secs(7200) });
            let found = spec.expected(duration, Calendar::default(), trace, Some(7.0));
            assert!((found - expected).abs() <= 1e-9 * expected, "{json}: {found}, not {expected}");
            if spec.trace().is_none() && !matches!(spec, ArrivalSpec::Population(_) | ArrivalSpec::Users(_)) {
                let origin = Origin {
                    name: "s",
                    luck: Luck { root: 1, replication: 0 },
                    calendar: Calendar::default(),
                };
                let mut source = Arrivals::build(&spec, &origin, &NoTraces).unwrap();
                let end = Time::ZERO + duration;
                let came = std::iter::from_fn(|| source.next()).take_while(|arrival| arrival.at < end).count()
                    as f64;
                assert!(
                    (came - expected).abs() < 15.0 * expected.sqrt() + 1.0,
                    "{json}: {came} came of {expected}"
                );
            }
        };
        check(r#"{"poisson": {"rate": "2/s"}}"#, 1, 7200.0);
        check(
            r#"{"poisson": {"rate": "1/s", "shape": {"steps": [{"at": "0s", "factor": 1}, {"at": "30m", "factor": 3}]}}}"#,
            1,
            7200.0,
        );
        check(
            r#"{"deterministic": {"rate": "1/s", "shape": {"daily": {"amplitude": 1, "peak": "14h"}}}}"#,
            48,
            172_800.0,
        );
        check(r#"{"renewal": {"rate": "2/s", "law": "gamma", "cv": 0.5}}"#, 1, 7200.0);
        check(r#"{"mmpp": {"rates": ["1/s", "3/s"], "sojourns": ["1s", "1s"]}}"#, 1, 7200.0);
        check(r#"{"batch": {"rate": "1/s", "size": "2"}}"#, 1, 7200.0);
        check(r#"{"schedule": {"rate": "7m"}}"#, 1, 8.0);
        check(r#"{"schedule": {"cron": "0/30 1 * * ? *"}}"#, 48, 4.0);
        check(r#"{"schedule": {"cron": "* * * * ? *"}}"#, 1, 60.0);
        check(r#"{"users": {"population": {"constant": 10}, "think": "9s"}}"#, 1, 4000.0);
        check(
            r#"{"users": {"population": {"steps": [{"at": "30m", "users": 10}]}, "think": "9s"}}"#,
            1,
            2000.0,
        );
        check(
            r#"{"users": {"population": {"piecewise-linear": [{"at": "0s", "users": 0}, {"at": "30m", "users": 10}]}, "think": "9s"}}"#,
            1,
            3000.0,
        );
        check(r#"{"population": "fleet"}"#, 1, 7.0);
        let trace = |options: &str| {
            format!(r#"{{"trace": {{"file": "x", "rows": {{"requests": {{"timestamp": "t"}}}}{options}}}}}"#)
        };
        check(&trace(""), 1, 500.0);
        check(&trace(""), 5, 1000.0);
        check(&trace(r#", "repeat": "forever", "scale": 2"#), 4, 4000.0);
        check(&trace(r#", "repeat": {"times": 3}, "stretch": 0.5"#), 9, 3000.0);
        check(&trace(r#", "window": {"from": "1h", "to": "9h"}"#), 9, 500.0);
    }
}
