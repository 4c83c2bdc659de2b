//! The two systems of the experiments, with everything that theory says about them.
//!
//! A queue with a bound, M/M/1/9, has in closed form what is reported of container services; a function with one execution
//! at a time, M/M/1/1, has a bill. Each has two variants that differ in their services, for differences and ratios. Runs are
//! short, some 1,300 requests, and begin empty; the warm-up is fifty times as long as the queue remembers.

use std::collections::BTreeMap;

use sim_core::cost::{Arch, BillOptions, Days, Meter, Usage, bill};
use sim_core::engine::Span;
use sim_core::metrics::{Confidence, MonthlyCost, Record, Variant, compare};
use sim_core::random::Luck;

use super::super::case::seed_of;
use super::super::formulas::{BirthDeath, erlang_busy};
use super::super::surroundings::Builtin;
use super::super::text;
use super::{BLOCK, Block};
use crate::catalogue;
use crate::file::Scenario;

/// Requests per second to the queue, and its mean services in milliseconds.
const RATE: f64 = 65.0;
const SERVICES_MS: [f64; 2] = [12.0, 10.0];
/// Workers' backlog: with the one in service nine places.
const BACKLOG: u32 = 8;
/// Requests per second to the function, and its mean durations in milliseconds.
const CALLS: f64 = 2.0;
const DURATIONS_MS: [f64; 2] = [200.0, 150.0];
/// The function's memory in MiB.
const MEMORY: f64 = 1769.0;

/// Both systems, loaded.
pub(super) struct Experiments {
    queue: Scenario,
    function: Scenario,
    /// Theory of the queue's variants.
    pub(super) queues: [BirthDeath; 2],
    /// The function's monthly cost in dollars, in theory.
    pub(super) months: [f64; 2],
}

impl Experiments {
    pub(super) fn new(builtin: &Builtin) -> Self {
        Experiments {
            queue: builtin.load("coverage-queue", &queue_text()),
            function: builtin.load("coverage-function", &function_text()),
            queues: SERVICES_MS.map(|ms| BirthDeath::new(1, BACKLOG + 1, RATE, ms / 1e3)),
            months: DURATIONS_MS.map(month),
        }
    }

    /// The replications of a block.
    pub(super) fn run(&self, builtin: &Builtin, block: u32) -> Block {
        let replications = block * BLOCK..(block + 1) * BLOCK;
        let runs = |scenario: &Scenario, variant: usize| -> Vec<Record> {
            replications
                .clone()
                .map(|replication| simulate(builtin, scenario, variant, replication))
                .collect()
        };
        let queue = [0, 1].map(|variant| runs(&self.queue, variant));
        let function = [0, 1].map(|variant| runs(&self.function, variant));
        let months = [0, 1].map(|variant: usize| function[variant].iter().map(priced).collect());
        Block { queue, function, months }
    }

    /// Simulates the first replications of the first variant twice, as two variants: in how many numbers they are compared,
    /// and in how many they differ by anything at all.
    pub(super) fn identical(&self, builtin: &Builtin) -> (usize, usize) {
        let (mut compared, mut different) = (0, 0);
        for scenario in [&self.queue, &self.function] {
            let records = || -> Vec<Record> {
                (0..10).map(|replication| simulate(builtin, scenario, 0, replication)).collect()
            };
            let (one, other) = (records(), records());
            let (of_one, of_other): (Vec<_>, Vec<_>) =
                (one.iter().map(priced).collect(), other.iter().map(priced).collect());
            let none = BTreeMap::new();
            let variant = |records, costs| Variant { records, costs, objectives: &none, bounded: &[] };
            for row in compare(&variant(&one, &of_one), &variant(&other, &of_other), Confidence::USUAL) {
                compared += usize::from(!row.difference.is_blank());
                different += usize::from(row.difference.value.abs() > 0.0);
            }
        }
        (compared, different)
    }
}

fn simulate(builtin: &Builtin, scenario: &Scenario, variant: usize, replication: u32) -> Record {
    let luck = Luck { root: scenario.run.seed, replication };
    builtin.simulate(&scenario.variants[variant].fleet, &scenario.run, luck, |_| sim_core::observe::Blind).0
}

/// A replication's month at the prices that reports use.
fn priced(record: &Record) -> MonthlyCost {
    let book = catalogue::price_book(catalogue::DEFAULT_PRICE_BOOK).expect("it comes with the program");
    let days = Days::every(record.measured.length(), &record.usage);
    MonthlyCost::of(record, bill(&days, book, BillOptions::default()).expect("the book has every price"))
}

/// The month of a function that runs for `mean` milliseconds on average, exponentially distributed: requests that are let
/// in, each billed by the started millisecond, of which an exponential duration has 1 / (1 - exp(-1 / mean)) on average.
fn month(mean: f64) -> f64 {
    let hours = 100_000.0;
    let admitted = CALLS * (1.0 - erlang_busy(CALLS, mean / 1e3)) * hours * 3600.0;
    let billed_ms = 1.0 / -libm::expm1(-1.0 / mean);
    let mut usage = Usage::new();
    usage.add(Meter::LambdaRequests, admitted as u128);
    usage.add(Meter::LambdaDuration { arch: Arch::X86 }, (admitted * billed_ms * 1e6 * MEMORY) as u128);
    let usage = BTreeMap::from([("queue".to_owned(), usage)]);
    let book = catalogue::price_book(catalogue::DEFAULT_PRICE_BOOK).expect("it comes with the program");
    let days = Days::every(Span::from_seconds(hours * 3600.0), &usage);
    bill(&days, book, BillOptions::default()).expect("the book has every price").month()
}

fn queue_text() -> String {
    let variant =
        |(name, ms): (&str, f64)| format!("[variants.{name}.work.unit]\n{}\n", text::exponential_cpu(ms));
    with_variants("coverage-queue", RATE, &text::workers(1, BACKLOG), ["slow", "fast"], SERVICES_MS, &variant)
}

fn function_text() -> String {
    let variant = |(name, ms): (&str, f64)| {
        let law = text::wait(&format!("{{ exponential = {{ mean = \"{ms}ms\" }} }}"));
        format!("[variants.{name}.work.unit]\n{law}\n")
    };
    let service = text::function(1, "2h", "0s");
    with_variants("coverage-function", CALLS, &service, ["long", "short"], DURATIONS_MS, &variant)
}

fn with_variants(
    name: &str,
    rate: f64,
    service: &str,
    variants: [&str; 2],
    means: [f64; 2],
    variant: &dyn Fn((&str, f64)) -> String,
) -> String {
    let variants: Vec<String> = variants.into_iter().zip(means).map(variant).collect();
    format!(
        "name = \"{name}\"\n\n[run]\nkind = \"steady\"\nduration = \"25s\"\nwarm_up = \"5s\"\nreplications = 40\nseed = {}\n\n\
         [sources.all]\nto = \"queue\"\narrivals = {}\n\n[work.unit]\nresponse = \"0B\"\n\n[services.queue]\n{service}\n\n{}",
        seed_of(name),
        text::poisson(rate),
        variants.join("\n")
    )
}
