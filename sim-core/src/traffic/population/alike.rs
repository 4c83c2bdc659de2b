//! Functions that are alike but for how often they are invoked: what one asks of a platform when only their number and
//! the skew of their popularity matter.
//!
//! The scenario declares them one population, one owner of luck, so their arrivals are one merged stream: exponential
//! intervals from the source's own stream, and each request's function from a draw that the request's seed names.
//! Independent Poisson streams of all functions would have the same law. A function costs the eight bytes of its place
//! in the [table](AliasTable), the source one event in the agenda, and a request the same whatever their number.

use super::alias::AliasTable;
use super::spec::{AlikeSpec, PopularitySpec};
use crate::quantity::MemorySize;
use crate::random::{Distribution, Purpose, draw};
use crate::traffic::{Arrival, ArrivalSpec, Arrivals, NoTraces, Origin};
use rand::Rng as _;

/// Functions that differ in how often they are invoked only.
#[derive(Clone, Debug)]
pub(super) struct Alike {
    pub count: u32,
    /// The arrivals of all together.
    pub law: ArrivalSpec,
    /// Invocations a second of all together, before the shape's factor.
    rate: f64,
    popularity: PopularitySpec,
    /// The sum of all weights.
    total: f64,
    functions: AliasTable,
    pub duration: Distribution,
    pub memory: MemorySize,
}

impl Alike {
    /// The functions of a validated `spec`.
    pub(super) fn new(spec: &AlikeSpec) -> Self {
        let weights: Vec<f64> = (0..spec.count).map(|function| spec.popularity.weight(function)).collect();
        Alike {
            count: spec.count,
            law: ArrivalSpec::Poisson(spec.law()),
            rate: spec.rate.0,
            popularity: spec.popularity,
            total: weights.iter().sum(),
            functions: AliasTable::new(&weights),
            duration: spec.duration.build(),
            memory: spec.memory,
        }
    }

    /// A function's invocations per second, before the shape's factor.
    pub(super) fn rate(&self, function: usize) -> f64 {
        self.rate * self.popularity.weight(function as u32) / self.total
    }

    /// The function that the request with this seed invokes.
    fn invoked(&self, seed: u64) -> u32 {
        self.functions.pick(draw(seed, Purpose::Member, 0).next_u64())
    }
}

impl PopularitySpec {
    /// How often the function with this number is invoked, relative to the first.
    fn weight(self, function: u32) -> f64 {
        match self {
            PopularitySpec::Equal => 1.0,
            PopularitySpec::Zipf(exponent) => libm::pow(f64::from(function) + 1.0, -exponent),
        }
    }
}

/// The arrivals of all functions in order of time, and the next of them with its function.
#[derive(Debug)]
pub(super) struct Merged {
    arrivals: Arrivals,
    pub next: Option<(u32, Arrival)>,
}

impl Merged {
    /// The stream at its first arrival.
    pub(super) fn new(alike: &Alike, origin: &Origin<'_>) -> Self {
        let arrivals = Arrivals::build(&alike.law, origin, &NoTraces).expect("a law reads no file");
        let mut merged = Merged { arrivals, next: None };
        merged.advance(alike);
        merged
    }

    /// The next arrival, at the function that was announced with it. The one after it becomes the next.
    pub(super) fn arrive(&mut self, alike: &Alike) -> Option<Arrival> {
        let (_, arrival) = self.next?;
        self.advance(alike);
        Some(arrival)
    }

    fn advance(&mut self, alike: &Alike) {
        self.next = self.arrivals.next().map(|arrival| (alike.invoked(arrival.seed), arrival));
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::calendar::Calendar;
    use crate::engine::{Span, Time};
    use crate::random::Luck;
    use crate::traffic::{Members, Population, PopulationOfFunctionsSpec};

    fn alike(options: &str) -> Arc<Population> {
        let json = format!(
            r#"{{"functions": {{"alike": {{"duration": {{"exponential": {{"mean": "500ms"}}}}, "memory": "512MB",
                 {options}}}}}, "cpu_share": "25%"}}"#
        );
        let spec: PopulationOfFunctionsSpec = serde_json::from_str(&json).unwrap();
        let mut problems = Vec::new();
        spec.problems("", &mut problems);
        assert_eq!(problems, []);
        Arc::new(Population::build(&spec, "fleet", &NoTraces).unwrap())
    }

    fn origin(name: &str) -> Origin<'_> {
        Origin { name, luck: Luck { root: 3, replication: 0 }, calendar: Calendar::default() }
    }

    /// The requests of the first `seconds` with their functions.
    fn play(population: &Arc<Population>, seconds: u64) -> Vec<(u32, Arrival)> {
        let mut members = Members::new(population.clone(), &origin("events"));
        let end = Time::ZERO + Span::from_secs(seconds);
        let mut pending: Vec<(u32, Time)> = members.pending().collect();
        assert_eq!(pending.len(), 1, "one arrival of all functions is pending");
        let mut came = Vec::new();
        while let Some((member, at)) = pending.pop().filter(|(_, at)| *at < end) {
            let arrival = members.arrive(member);
            assert_eq!(arrival.at, at);
            came.push((member, arrival));
            pending.extend(members.following(member));
        }
        came
    }

    /// The obvious way: the first function at which the running sum of weights passes the draw.
    fn searched(weights: &[f64], seed: u64) -> u32 {
        let total: f64 = weights.iter().sum();
        let draw = draw(seed, Purpose::Member, 0).next_u64() as f64 / u64::MAX as f64 * total;
        let mut sum = 0.0;
        let passed = weights.iter().position(|weight| {
            sum += weight;
            draw < sum
        });
        passed.unwrap_or(weights.len() - 1) as u32
    }

    /// Requests fall on functions as their weights say, by the table as by searching. 49 degrees of freedom: 99.99 % of
    /// chi-squares are below 95.
    #[test]
    fn functions_are_picked_by_their_popularity() {
        let check = |popularity: &str, weight: &dyn Fn(f64) -> f64| {
            let population = alike(&format!(r#""count": 50, "rate": "50/s", "popularity": {popularity}"#));
            let weights: Vec<f64> = (1..=50).map(|rank| weight(f64::from(rank))).collect();
            let total: f64 = weights.iter().sum();
            let came = play(&population, 1000);
            let chi_square = |picked: &dyn Fn(&(u32, Arrival)) -> u32| {
                let mut counts = [0.0; 50];
                came.iter().for_each(|one| counts[picked(one) as usize] += 1.0);
                let off = |(count, weight): (&f64, &f64)| {
                    let expected = came.len() as f64 * weight / total;
                    (count - expected) * (count - expected) / expected
                };
                counts.iter().zip(&weights).map(off).sum::<f64>()
            };
            for found in [chi_square(&|one| one.0), chi_square(&|one| searched(&weights, one.1.seed))] {
                assert!((18.0..95.0).contains(&found), "{popularity}: chi-square {found}");
            }
            for (function, weight) in weights.iter().enumerate() {
                assert!((population.rate(function) - 50.0 * weight / total).abs() < 1e-9);
            }
        };
        check(r#""equal""#, &|_| 1.0);
        check(r#"{"zipf": 1.0}"#, &|rank| 1.0 / rank);
        check(r#"{"zipf": 0.5}"#, &|rank| 1.0 / rank.sqrt());
    }

    /// The requests are those that a source of the same name and law would send, but for what the functions add.
    #[test]
    fn all_together_are_a_poisson_stream() {
        let shape = r#""shape": {"steps": [{"at": "0s", "factor": 1}, {"at": "5m", "factor": 3}]}"#;
        let population =
            alike(&format!(r#""count": 1000, "rate": "20/s", "popularity": {{"zipf": 1}}, {shape}"#));
        let law: ArrivalSpec =
            serde_json::from_str(&format!(r#"{{"poisson": {{"rate": "20/s", {shape}}}}}"#)).unwrap();
        let mut plain = Arrivals::build(&law, &origin("events"), &NoTraces).unwrap();
        let came = play(&population, 600);
        assert!((20.0 * 1200.0 - came.len() as f64).abs() < 600.0, "{}", came.len());
        let (mut cpu, mut wait) = (0.0, 0.0);
        for (_, arrival) in &came {
            let same = plain.next().unwrap();
            assert_eq!((arrival.at, arrival.seed), (same.at, same.seed));
            cpu += arrival.work.cpu().unwrap().seconds() / came.len() as f64;
            wait += arrival.work.wait().unwrap().seconds() / came.len() as f64;
        }
        // The standard error of a mean of 24,000 is 0.65 %.
        assert!((cpu / 0.125 - 1.0).abs() < 0.03 && (wait / 0.375 - 1.0).abs() < 0.03, "{cpu} {wait}");
        assert_eq!((population.len(), population.memory(7)), (1000, Some(MemorySize(512))));
        assert_eq!((population.mean_duration(7), population.unknown()), (Some(0.5), (0, 0)));
        assert_eq!(population.name(7), "f7");
    }
}
