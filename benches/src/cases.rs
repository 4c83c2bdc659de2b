//! Everything that is measured, by name, and the ratios that are to be held.

use std::hint::black_box;

use sim_core::engine::Span;

use crate::experiment::launch_day;
use crate::limit::{self, Fleet};
use crate::paths::{self, Bench};

/// Something to measure: it returns how many requests it took.
pub struct Case {
    /// Its name: `queue/100`.
    pub name: &'static str,
    /// What it is, as a reader says it.
    pub about: &'static str,
    /// Does it.
    pub run: fn() -> u64,
    /// The bare loop that does the same work.
    pub limit: Option<&'static str>,
    /// How many times as long as that it may take, where that is held: at least, and the aim.
    pub held: Option<(f64, f64)>,
}

/// The fleet of ten thousand functions.
const MANY: Fleet = Fleet { functions: 10_000, zipf: 1.0, rate: 116.0, mean: 0.5, keep: 600 };

/// So long does it take to have ten million invocations of it.
const MANY_SECONDS: u64 = 86_400;

fn fleet(spec: &serde_json::Value, duration: Span) -> u64 {
    Bench::default().run(spec, duration).services["web"].born
}

fn served(spec: &serde_json::Value, duration: Span) -> u64 {
    Bench::default().run(spec, duration).services["web"].ok()
}

fn queue(workers: u32, millis: u64) -> u64 {
    fleet(&paths::queue(workers), Span::from_millis(millis))
}

fn bare_queue(workers: usize, millis: u64) -> u64 {
    black_box(limit::queue(workers, workers as f64 * 90.0, 0.01, Span::from_millis(millis))).requests
}

macro_rules! case {
    ($name:literal, $about:literal, $run:expr) => {
        Case { name: $name, about: $about, run: || $run, limit: None, held: None }
    };
    ($name:literal, $about:literal, $run:expr, $limit:literal, $least:literal, $aim:literal) => {
        Case { name: $name, about: $about, run: || $run, limit: Some($limit), held: Some(($least, $aim)) }
    };
    ($name:literal, $about:literal, $run:expr, $limit:literal) => {
        Case { name: $name, about: $about, run: || $run, limit: Some($limit), held: None }
    };
}

/// All cases, each behind its bare loop.
pub const ALL: &[Case] = &[
    case!("limit/queue/1", "bare loop: M/M/1", bare_queue(1, 30_000_000)),
    case!("queue/1", "one task of 1 worker, FIFO", queue(1, 30_000_000), "limit/queue/1"),
    case!("limit/queue/100", "bare loop: M/M/100", bare_queue(100, 300_000)),
    case!("queue/100", "one task of 100 workers, FIFO", queue(100, 300_000), "limit/queue/100", 2.2, 1.6),
    case!("limit/queue/10000", "bare loop: M/M/10,000", bare_queue(10_000, 3_000)),
    case!(
        "queue/10000",
        "one task of 10,000 workers, FIFO",
        queue(10_000, 3_000),
        "limit/queue/10000",
        2.2,
        1.6
    ),
    case!("limit/queue/1000000", "bare loop: M/M/1,000,000", bare_queue(1_000_000, 80)),
    case!(
        "queue/1000000",
        "one task of 1,000,000 workers, FIFO",
        queue(1_000_000, 80),
        "limit/queue/1000000"
    ),
    case!("limit/queue/10", "bare loop: M/M/10", bare_queue(10, 3_000_000)),
    case!(
        "shared/10",
        "one task, CPU shared by 10 requests",
        served(&paths::shared(10), Span::from_secs(20_000)),
        "limit/queue/10",
        4.0,
        2.5
    ),
    case!("limit/queue/1000", "bare loop: M/M/1,000", bare_queue(1000, 30_000)),
    case!(
        "shared/1000",
        "one task, CPU shared by 1,000 requests",
        served(&paths::shared(1000), Span::from_secs(20_000)),
        "limit/queue/1000",
        4.0,
        2.5
    ),
    case!(
        "balanced/least-outstanding-requests",
        "100 tasks, least outstanding requests",
        fleet(&paths::balanced("least-outstanding-requests"), Span::from_secs(300)),
        "limit/queue/100",
        3.0,
        2.0
    ),
    case!(
        "balanced/round-robin",
        "100 tasks, round robin",
        fleet(&paths::balanced("round-robin"), Span::from_secs(300)),
        "limit/queue/100"
    ),
    case!(
        "balanced/random",
        "100 tasks, random",
        fleet(&paths::balanced("random"), Span::from_secs(300)),
        "limit/queue/100"
    ),
    case!(
        "balanced/power-of-two-choices",
        "100 tasks, power of two choices",
        fleet(&paths::balanced("power-of-two-choices"), Span::from_secs(300)),
        "limit/queue/100"
    ),
    case!(
        "tracked",
        "Fargate service with target tracking",
        fleet(&paths::tracked(), Span::from_secs(600)),
        "limit/queue/100"
    ),
    case!(
        "launch-day/ec2",
        "a launch-day request on EC2",
        launch_day(1, Some("ec2 target=60%")),
        "limit/queue/100",
        8.0,
        4.5
    ),
    case!(
        "launch-day/fargate",
        "a launch-day request on Fargate",
        launch_day(1, Some("fargate target=60%")),
        "limit/queue/100",
        8.0,
        4.5
    ),
    case!(
        "launch-day/lambda",
        "a launch-day request on Lambda",
        launch_day(1, Some("lambda memory=1769MB")),
        "limit/queue/100",
        8.0,
        4.5
    ),
    case!(
        "limit/function/0.9",
        "bare loop: one function, 0.9/s",
        black_box(limit::function(0.9, 3_000_000)).requests
    ),
    case!(
        "function/0.9",
        "one function, 0.9/s",
        fleet(&paths::function(0.9), Span::from_secs(3_000_000)),
        "limit/function/0.9",
        3.0,
        2.0
    ),
    case!(
        "limit/function/90",
        "bare loop: one function, 90/s",
        black_box(limit::function(90.0, 30_000)).requests
    ),
    case!(
        "function/90",
        "one function, 90/s",
        fleet(&paths::function(90.0), Span::from_secs(30_000)),
        "limit/function/90",
        2.0,
        1.5
    ),
    case!(
        "limit/functions/10000",
        "bare loop: 10,000 functions",
        black_box(limit::fleet(MANY, MANY_SECONDS)).requests
    ),
    case!(
        "functions/10000",
        "10,000 functions, 10 million invocations",
        fleet(&paths::functions(10_000, 116.0), Span::from_secs(MANY_SECONDS)),
        "limit/functions/10000",
        2.0,
        1.5
    ),
];

/// Two cases that differ in how many of something there are, for how much memory one of it takes.
pub struct Memory {
    /// What there are many of.
    pub about: &'static str,
    /// Few of it, and many; how many more.
    pub cases: (&'static str, &'static str),
    /// By how many they differ.
    pub more: f64,
}

/// What takes memory.
pub const MEMORY: &[Memory] = &[
    Memory {
        about: "a replica (Fargate task behind a balancer)",
        cases: ("replicas/1000", "replicas/100000"),
        more: 99_000.0,
    },
    Memory {
        about: "a function that is never invoked",
        cases: ("idle-functions/1000", "idle-functions/1000000"),
        more: 999_000.0,
    },
    Memory {
        about: "an idle function with its environment",
        cases: ("warm-functions/1000", "warm-functions/1000000"),
        more: 999_000.0,
    },
    // Loaded to 90 %, so nine tenths of the workers have a request.
    Memory { about: "a request in flight", cases: ("queue/10000", "queue/1000000"), more: 0.9 * 990_000.0 },
];

/// What takes minutes: the same work once and a hundred times as long, and a million functions.
pub const LONG: [&str; 3] = ["day/1", "day/100", "functions/1000000"];

/// Cases that are not compared with a bare loop.
pub const ALONE: &[Case] = &[
    case!("replicas/1000", "1,000 tasks", fleet(&paths::replicas(1_000), Span::from_secs(60))),
    case!("replicas/100000", "100,000 tasks", fleet(&paths::replicas(100_000), Span::from_secs(60))),
    case!(
        "idle-functions/1000",
        "1,000 idle functions",
        fleet(&paths::functions(1_000, 1.0), Span::from_secs(60))
    ),
    case!(
        "idle-functions/1000000",
        "1,000,000 idle functions",
        fleet(&paths::functions(1_000_000, 1.0), Span::from_secs(60))
    ),
    // So many invocations that one function in four hundred has had none, none of them longer ago than the keep-alive.
    case!(
        "warm-functions/1000",
        "1,000 functions with an environment",
        fleet(&paths::equal_functions(1_000, 20.0), Span::from_secs(300))
    ),
    case!(
        "warm-functions/1000000",
        "1,000,000 functions with an environment",
        fleet(&paths::equal_functions(1_000_000, 20_000.0), Span::from_secs(300))
    ),
    case!(
        "functions/1000000",
        "1,000,000 functions, 100 million invocations",
        fleet(&paths::functions(1_000_000, 1_160.0), Span::from_secs(86_400))
    ),
    case!("day/1", "one service, a million requests", queue(100, 111_111)),
    case!("day/100", "one service, a hundred million requests", queue(100, 11_111_111)),
    case!("day/1000", "one service, a billion requests", queue(100, 111_111_111)),
    case!("launch-day/1", "launch-day on one thread", launch_day(1, None)),
    case!("launch-day/2", "launch-day on two threads", launch_day(2, None)),
];

/// The case of this name.
pub fn find(name: &str) -> Option<&'static Case> {
    ALL.iter().chain(ALONE).find(|case| case.name == name)
}
