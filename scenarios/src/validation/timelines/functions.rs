//! Functions: many at once, provisioned ahead, from zero and back.

use sim_core::engine::Span;
use sim_core::observe::{Gauge, Outcome};

use super::story::{SERVICE, Story};
use super::{Measure, Timeline, minutes};
use crate::number::Unit;

/// Requests that come from the first minute on only, so that the function is cold and its account's allowance full.
fn arrivals(kind: &str, rate: &str, end: &str, wait: &str) -> String {
    format!(
        r#"
[sources.callers]
to = "api"
arrivals = {{ {kind} = {{ rate = "{rate}", shape = {{ steps = [{{ at = "0s", factor = 0 }}, {{ at = "1min", factor = 1 }}, {{ at = "{end}", factor = 0 }}] }} }} }}

[work.call]
cpu = "5ms"
wait = "{wait}"
"#
    )
}

fn function(settings: &str) -> String {
    format!(
        r#"
[services.api]
platform = "lambda"
work = "call"
memory = "1769MB"
runtime = "python3.13"
{settings}
"#
    )
}

const FIRST: Span = Span::from_secs(60);

pub(super) fn timelines() -> Vec<Timeline> {
    vec![
        five_thousand(),
        default_quota(),
        five_functions(),
        provisioned(),
        provisioned_tracking(),
        zero_and_back(),
    ]
}

fn five_thousand() -> Timeline {
    let settings = arrivals("poisson", "2700/s", "110s", "2s")
        + &function("timeout = \"10s\"")
        + "\n[account]\nlambda_concurrency = 10000\n";
    let environments = |count: u64| {
        move |story: &Story| story.until((SERVICE, Gauge::Environments), FIRST, |there| there >= count)
    };
    Timeline::new(
        "five-thousand-at-once",
        "A cold function, quota 10,000, is suddenly called so often that it needs more than 5,000 environments",
        "2min",
        &settings,
    )
    .measuring(Measure::seconds(
        "first call to 1,000 environments",
        (0.0, 1.0),
        ("an allowance of 1,000 at once", "Lambda Developer Guide, scaling behaviour"),
        environments(1000),
    ))
    .measuring(
        Measure::seconds(
            "first call to 5,000 environments",
            (39.0, 42.0),
            ("1,000, and 100 a second for 4,000 more", "Lambda Developer Guide: 1,000 per 10 s and function"),
            environments(5000),
        )
        .always(),
    )
}

fn default_quota() -> Timeline {
    let settings = arrivals("deterministic", "500000/s", "60.01s", "2s") + &function("timeout = \"10s\"");
    Timeline::new(
        "default-quota",
        "5,000 calls within ten milliseconds in an account with the default quota of 1,000",
        "2min",
        &settings,
    )
    .measuring(
        Measure::number(
            "calls that are let in",
            Unit::Count,
            (1000.0, 1000.0),
            ("the quota; the others are throttled (429)", "Lambda Developer Guide, quotas"),
            |story| Some(with(story, Outcome::Ok)),
        )
        .always(),
    )
}

fn five_functions() -> Timeline {
    let settings: String = (1..=5).map(one_of_five).collect::<String>()
        + "\n[work.call]\ncpu = \"5ms\"\nwait = \"100ms\"\n\n[account]\nlambda_concurrency = 10000\n";
    Timeline::new(
        "five-functions-at-once",
        "Five cold functions are called 1,000 times each within ten milliseconds; quota 10,000",
        "2min",
        &settings,
    )
    .measuring(
        Measure::number(
            "calls that are throttled",
            Unit::Count,
            (0.0, 0.0),
            (
                "each function has an allowance of its own of 1,000 at once",
                "Lambda Developer Guide, scaling behaviour",
            ),
            |story| Some(with(story, Outcome::Throttled)),
        )
        .always(),
    )
    .measuring(Measure::seconds(
        "call to answer, 50 of 100",
        (0.3, 0.5),
        (
            "a cold start 0.2–0.4 s, and 105 ms of work",
            "Node.js and Python cold starts in production: p50 200–400 ms (2026)",
        ),
        |story| nearest_rank(story, 0.5),
    ))
    .measuring(Measure::seconds(
        "call to answer, 99 of 100",
        (0.7, 1.3),
        (
            "a cold start 0.6–1.2 s, and 105 ms of work",
            "Node.js and Python cold starts in production: p99 600–1,200 ms (2026)",
        ),
        |story| nearest_rank(story, 0.99),
    ))
}

/// How many requests ended like this.
fn with(story: &Story, outcome: Outcome) -> f64 {
    story.requests.iter().filter(|request| request.outcome == outcome).count() as f64
}

/// The latency that this share of requests does not exceed, by nearest rank.
fn nearest_rank(story: &Story, share: f64) -> Option<f64> {
    let mut latencies: Vec<Span> = story.requests.iter().map(|request| request.latency).collect();
    latencies.sort_unstable();
    let rank = (share * latencies.len() as f64).ceil() as usize;
    latencies.get(rank.max(1) - 1).map(|latency| latency.seconds())
}

/// A function and its callers, who send a thousand requests.
fn one_of_five(number: u32) -> String {
    format!(
        r#"
[sources.callers-{number}]
to = "api-{number}"
arrivals = {{ deterministic = {{ rate = "100000/s", shape = {{ steps = [{{ at = "0s", factor = 0 }}, {{ at = "1min", factor = 1 }}, {{ at = "60.01s", factor = 0 }}] }} }} }}

[services.api-{number}]
platform = "lambda"
work = "call"
memory = "1769MB"
runtime = "nodejs22"
timeout = "10s"
"#
    )
}

fn provisioned() -> Timeline {
    let settings = arrivals("poisson", "1/s", "10min", "100ms")
        + &function(
            "provisioned_concurrency = { scheduled = { min = 0, max = 500, actions = [{ at = \"5min\", min = 500 }] } }",
        );
    Timeline::new(
        "provisioned-concurrency-ready",
        "500 provisioned environments are asked for by schedule",
        "15min",
        &settings,
    )
    .measuring(Measure::minutes(
        "order to all of them ready",
        (1.08, 3.08),
        (
            "the schedule is acted on (0–60 s), a minute or two of preparation, 6,000 a minute",
            "an article restating the Lambda Developer Guide",
        ),
        |story| story.until((SERVICE, Gauge::Environments), minutes(5), |ready| ready >= 500),
    ))
}

fn provisioned_tracking() -> Timeline {
    let settings = r#"
[sources.callers]
to = "api"
arrivals = { poisson = { rate = "50/s", shape = { steps = [{ at = "0s", factor = 1 }, { at = "20min", factor = 2 }] } } }

[work.call]
cpu = "5ms"
wait = "1s"
"#
    .to_owned()
        + &function(
            "provisioned_concurrency = { target-tracking = { target = \"70%\", min = 80, max = 500 } }",
        );
    Timeline::new(
        "provisioned-concurrency-tracking",
        "Provisioned concurrency follows a function whose traffic doubles",
        "35min",
        &settings,
    )
    .measuring(Measure::minutes(
        "spike to more provisioned environments ordered",
        (3.0, 5.0),
        (
            "the minute of the spike fills (0–60 s), two more above the target, metrics 60 s late, the alarm is read (0–60 s)",
            "three one-minute datapoints: Lambda Developer Guide 2023",
        ),
        |story| story.until_more((SERVICE, Gauge::Provisioned), minutes(20)),
    ))
}

fn zero_and_back() -> Timeline {
    let settings = r#"
[sources.callers]
to = "api"
arrivals = { deterministic = { rate = "1/h" } }

[work.call]
cpu = "5ms"
wait = "100ms"
"#
    .to_owned()
        + &function("");
    let hour = minutes(60);
    let gone = move |story: &Story| story.until((SERVICE, Gauge::Environments), hour, |there| there == 0);
    let again = move |story: &Story| {
        let second = story.sent(minutes(119), minutes(121)).find(|request| request.outcome == Outcome::Ok)?;
        Some(second.latency.seconds())
    };
    Timeline::new(
        "function-to-zero-and-back",
        "A Python function that is called once an hour",
        "150min",
        &settings,
    )
    .measuring(Measure::minutes(
        "call to no environment left",
        (5.0, 15.0),
        ("kept for a time that is not documented", "10 min measured (2019), 5–15 min reported since"),
        gone,
    ))
    .measuring(Measure::seconds(
        "the next call to its answer",
        (0.2, 1.2),
        (
            "a cold start: place and fetch about 70 ms, the runtime about 90 ms, the application's own initialisation; 105 ms of work",
            "Python cold starts in production: p50 200–400 ms, p99 800–1,200 ms (2026)",
        ),
        again,
    ))
}
