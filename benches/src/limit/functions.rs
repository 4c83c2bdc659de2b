//! Functions with keep-alive: one request in an environment, the environment used last is used again.
//!
//! Environments that have been idle for too long are found when their function is next invoked: no event is ever
//! scheduled for an expiry. Many functions are one merged Poisson stream, of which each request belongs to a function
//! drawn by popularity with Walker's alias method.

use rand::Rng as _;
use sim_core::engine::Span;
use sim_core::random::{self, Distribution, Luck, Purpose, open01, request_seed};

use super::heap::{Heap, entry, time};
use super::{Histogram, Outcome};

/// Functions and their load.
#[derive(Clone, Copy, Debug)]
pub struct Fleet {
    /// How many functions.
    pub functions: u32,
    /// Exponent of their popularity: the r-th is invoked in proportion to `r^-zipf`.
    pub zipf: f64,
    /// Invocations a second of all together.
    pub rate: f64,
    /// Mean time of an invocation in seconds, exponential.
    pub mean: f64,
    /// How long an idle environment is kept, in seconds.
    pub keep: u64,
}

/// No environment.
const NONE: u32 = u32::MAX;

/// An environment: of which function, since when busy or idle, and the one below it among the idle ones.
#[derive(Clone, Copy)]
struct Environment {
    function: u32,
    since: u64,
    below: u32,
}

/// Walker's alias method: the share of a column that is its own, in 2^32 parts, and whose the rest is.
struct Alias(Vec<(u32, u32)>);

impl Alias {
    fn new(weights: &[f64]) -> Self {
        let mean = weights.iter().sum::<f64>() / weights.len() as f64;
        let mut shares: Vec<f64> = weights.iter().map(|weight| weight / mean).collect();
        let mut columns: Vec<(u32, u32)> = (0..weights.len() as u32).map(|own| (0, own)).collect();
        let (mut small, mut large): (Vec<u32>, Vec<u32>) =
            (0..weights.len() as u32).partition(|column| shares[*column as usize] < 1.0);
        while let (Some(low), Some(high)) = (small.pop(), large.last().copied()) {
            let share = shares[low as usize];
            columns[low as usize] = ((share * 4_294_967_296.0) as u32, high);
            shares[high as usize] -= 1.0 - share;
            if shares[high as usize] < 1.0 {
                large.pop();
                small.push(high);
            }
        }
        Alias(columns)
    }

    fn pick(&self, word: u64) -> u32 {
        let product = u128::from(word) * self.0.len() as u128;
        let column = (product >> 64) as u32;
        let (share, other) = self.0[column as usize];
        if ((product as u64 >> 32) as u32) < share { column } else { other }
    }
}

/// One function that is invoked `rate` times a second.
pub fn function(rate: f64, seconds: u64) -> Outcome {
    fleet(Fleet { functions: 1, zipf: 0.0, rate, mean: 0.5, keep: 600 }, seconds)
}

/// A fleet of functions for `seconds`, none of which shares a limit with another.
pub fn fleet(fleet: Fleet, seconds: u64) -> Outcome {
    let luck = Luck { root: 1, replication: 0 };
    let mut stream = luck.stream(Purpose::Arrivals, "all");
    let seeds = random::seed_key(luck, "all");
    let law = Distribution::exponential(fleet.mean);
    // A single function's time is drawn as the wait of its work, that of a fleet's functions as the population's duration.
    let duration = if fleet.functions == 1 { Purpose::Wait } else { Purpose::Demand };
    let init = Distribution::lognormal_percentiles(0.2, 0.4);
    let (end, keep) = (seconds * 1_000_000_000, fleet.keep * 1_000_000_000);
    let weights: Vec<f64> =
        (1..=fleet.functions).map(|rank| libm::pow(f64::from(rank), -fleet.zipf)).collect();
    let alias = Alias::new(&weights);
    let mut idle = vec![NONE; fleet.functions as usize];
    let (mut heap, mut latency) = (Heap::default(), Histogram::default());
    let (mut environments, mut free): (Vec<Environment>, Vec<u32>) = (Vec::new(), Vec::new());
    let (mut requests, mut cold, mut elapsed) = (0, 0, 0.0);
    loop {
        elapsed += -libm::log(open01(&mut stream)) / fleet.rate;
        let now = Span::from_seconds(elapsed).nanos();
        while heap.first() < now {
            let done = heap.take();
            let environment = &mut environments[done as u32 as usize];
            latency.record(time(done) - environment.since);
            environment.since = time(done);
            environment.below = idle[environment.function as usize];
            idle[environment.function as usize] = done as u32;
        }
        if now >= end {
            break;
        }
        let seed = request_seed(seeds, requests);
        requests += 1;
        let word = if fleet.functions > 1 { random::draw(seed, Purpose::Member, 0).next_u64() } else { 0 };
        let function = alias.pick(word);
        let mut takes = Span::from_seconds(law.sample(&mut random::draw(seed, duration, 0)));
        // The stack's top has been idle for the shortest time: if it has expired, so have all.
        let top = idle[function as usize];
        let slot = if top != NONE && environments[top as usize].since + keep > now {
            idle[function as usize] = environments[top as usize].below;
            top
        } else {
            let mut expired = std::mem::replace(&mut idle[function as usize], NONE);
            while expired != NONE {
                free.push(expired);
                expired = environments[expired as usize].below;
            }
            cold += 1;
            takes += Span::from_seconds(init.sample(&mut random::draw(seed, Purpose::ColdStart, 0)));
            free.pop().unwrap_or_else(|| {
                environments.push(Environment { function, since: now, below: NONE });
                environments.len() as u32 - 1
            })
        };
        environments[slot as usize] = Environment { function, since: now, below: NONE };
        heap.push(entry(now + takes.nanos(), slot));
    }
    while heap.first() < u64::MAX {
        let done = heap.take();
        latency.record(time(done) - environments[done as u32 as usize].since);
    }
    Outcome { requests, cold, latency }
}
