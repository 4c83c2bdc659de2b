//! Sources as a whole: rates, dispersion, exact totals, and what two variants have in common.

use super::*;

pub(crate) fn origin(name: &str) -> Origin<'_> {
    Origin { name, luck: Luck { root: 2026, replication: 0 }, calendar: Calendar::default() }
}

fn spec(json: &str) -> ArrivalSpec {
    let spec: ArrivalSpec = serde_json::from_str(json).unwrap_or_else(|error| panic!("{json}: {error}"));
    let mut problems = Vec::new();
    spec.problems("", &mut problems);
    assert_eq!(problems, [], "{json}");
    spec
}

fn arrivals(json: &str, name: &str) -> Arrivals {
    Arrivals::build(&spec(json), &origin(name), &NoTraces).unwrap()
}

fn seconds(seconds: f64) -> Time {
    Time::ZERO + Span::from_seconds(seconds)
}

/// Arrival instants in seconds, up to `until`; asserts their order.
fn instants(json: &str, until: f64) -> Vec<f64> {
    let mut source = arrivals(json, "source");
    let mut found: Vec<f64> = Vec::new();
    while let Some(arrival) = source.next().filter(|arrival| arrival.at < seconds(until)) {
        assert!(found.last().is_none_or(|last| *last <= arrival.at.seconds()), "{json}: out of order");
        found.push(arrival.at.seconds());
    }
    found
}

/// Mean and variance of the counts in windows of `window` seconds.
fn counts(instants: &[f64], window: f64, until: f64) -> (f64, f64) {
    let windows = (until / window) as usize;
    let mut counts = vec![0.0; windows];
    instants.iter().for_each(|at| counts[((at / window) as usize).min(windows - 1)] += 1.0);
    let mean = counts.iter().sum::<f64>() / windows as f64;
    (mean, counts.iter().map(|n| (n - mean) * (n - mean)).sum::<f64>() / (windows - 1) as f64)
}

/// Kolmogorov and Smirnov's distance of the gaps from unit exponentials, times the root of their number: above 2.23
/// in one of 10,000 samples.
fn exponential_distance(cumulative: &[f64]) -> f64 {
    let mut gaps: Vec<f64> = cumulative.windows(2).map(|pair| pair[1] - pair[0]).collect();
    gaps.sort_by(f64::total_cmp);
    let n = gaps.len() as f64;
    let distance = |(index, gap): (usize, &f64)| (1.0 - libm::exp(-gap) - (index as f64 + 0.5) / n).abs();
    gaps.iter().enumerate().map(distance).fold(0.0, f64::max) * n.sqrt()
}

#[test]
fn poisson_counts_are_poisson() {
    let found = instants(r#"{"poisson": {"rate": "20/s"}}"#, 5000.0);
    let (mean, variance) = counts(&found, 1.0, 5000.0);
    // Standard errors: sqrt(20 / 5000) = 0.063 and, of the dispersion, sqrt(2 / 5000) = 0.02.
    assert!((mean - 20.0).abs() < 0.25, "mean {mean}");
    assert!((variance / mean - 1.0).abs() < 0.08, "dispersion {}", variance / mean);
    assert!(exponential_distance(&found.iter().map(|at| at * 20.0).collect::<Vec<_>>()) < 2.23);
}

const SHAPED: &str = r#"{"poisson": {"rate": "2/s", "shape": {"product": [
    {"daily": {"amplitude": 0.8, "peak": "2h"}},
    {"spike": {"at": "3h", "rise": "5m", "hold": "10m", "decay": "15m", "factor": 5}},
    {"steps": [{"at": "0s", "factor": 1}, {"at": "1h", "factor": 0}, {"at": "90m", "factor": 2}]}]}}}"#;

/// Measured on its own cumulative rate, shaped traffic is a unit-rate Poisson process, without exception.
#[test]
fn shaped_arrivals_are_exact() {
    let ArrivalSpec::Poisson(poisson) = spec(SHAPED) else { panic!("Poisson") };
    let shape = Shape::new(&poisson.shape.unwrap(), Calendar::default());
    let found = instants(SHAPED, 30_000.0);
    assert!(!found.iter().any(|at| (3600.0..5400.0).contains(at)), "arrivals while the rate is zero");
    let (mut total, mut last) = (0.0, Time::ZERO);
    let cumulative: Vec<f64> = found
        .iter()
        .map(|at| {
            total += 2.0 * shape.integral(last, seconds(*at));
            last = seconds(*at);
            total
        })
        .collect();
    assert!(exponential_distance(&cumulative) < 2.23);
    let expected = spec(SHAPED).expected_requests(&origin("source"), seconds(30_000.0)).unwrap();
    let error = (found.len() as f64 - expected).abs() / expected.sqrt();
    assert!(error < 4.5, "{} arrivals for {expected} expected", found.len());
}

/// Deterministic arrivals on a shape fall where the cumulative rate is whole, to the nanosecond.
#[test]
fn deterministic_arrivals_invert_the_shape() {
    let json = SHAPED.replace("poisson", "deterministic");
    let ArrivalSpec::Deterministic(law) = spec(&json) else { panic!("deterministic") };
    let shape = Shape::new(&law.shape.unwrap(), Calendar::default());
    for (index, at) in instants(&json, 30_000.0).iter().enumerate().step_by(97) {
        let cumulative = 2.0 * shape.integral(Time::ZERO, seconds(*at));
        assert!((cumulative - (index + 1) as f64).abs() < 1e-6, "arrival {index}: {cumulative}");
    }
    let plain = instants(r#"{"deterministic": {"rate": "4/s"}}"#, 3.0);
    assert_eq!(plain, [0.25, 0.5, 0.75, 1.0, 1.25, 1.5, 1.75, 2.0, 2.25, 2.5, 2.75]);
}

#[test]
fn renewal_intervals_have_their_cv() {
    for (law, cv) in
        [("gamma", 2.0), ("gamma", 0.3), ("weibull", 2.0), ("lognormal", 0.5), ("lognormal", 2.0)]
    {
        let found =
            instants(&format!(r#"{{"renewal": {{"rate": "10/s", "law": "{law}", "cv": {cv}}}}}"#), 20_000.0);
        let gaps: Vec<f64> = found.windows(2).map(|pair| pair[1] - pair[0]).collect();
        let n = gaps.len() as f64;
        let mean = gaps.iter().sum::<f64>() / n;
        let variance = gaps.iter().map(|gap| (gap - mean) * (gap - mean)).sum::<f64>() / n;
        assert!((mean * 10.0 - 1.0).abs() < 4.5 * cv / n.sqrt(), "{law} {cv}: mean {mean}");
        assert!(
            (variance.sqrt() / mean / cv - 1.0).abs() < 0.05,
            "{law} {cv}: cv {}",
            variance.sqrt() / mean
        );
    }
}

/// The index of dispersion of a two-state process in windows of t tends to the closed form (Fischer and
/// Meier-Hellstern, "The Markov-modulated Poisson process cookbook", 1993): with r the rates and q the rates of
/// leaving a state, 1 + 2 (r1 - r2)^2 q1 q2 / ((q1 + q2)^2 (r1 q2 + r2 q1)) (1 - (1 - e^(-qt)) / (q t)), q = q1 + q2.
#[test]
fn modulated_traffic_is_as_bursty_as_stated() {
    let json = r#"{"mmpp": {"rates": ["10/s", "100/s"], "sojourns": ["6s", "1.5s"]}}"#;
    let until = 60_000.0;
    let found = instants(json, until);
    let (r1, r2, q1, q2): (f64, f64, f64, f64) = (10.0, 100.0, 1.0 / 6.0, 1.0 / 1.5);
    let (q, t) = (q1 + q2, 5.0);
    let rate = (r1 * q2 + r2 * q1) / q;
    let burst = 2.0 * (r1 - r2) * (r1 - r2) * q1 * q2 / (q * q * (r1 * q2 + r2 * q1));
    let dispersion = 1.0 + burst * (1.0 - (1.0 - libm::exp(-q * t)) / (q * t));
    let (mean, variance) = counts(&found, t, until);
    // The mean's standard error is sqrt(rate * limit of the dispersion / until) = 0.18.
    assert!((mean / t - rate).abs() < 0.8, "rate {} is not {rate}", mean / t);
    assert!(
        (variance / mean / dispersion - 1.0).abs() < 0.06,
        "dispersion {} is not {dispersion}",
        variance / mean
    );
}

#[test]
fn an_interrupted_source_has_silences() {
    let found = instants(r#"{"mmpp": {"rates": ["0/s", "50/s"], "sojourns": ["10s", "1s"]}}"#, 2000.0);
    let rate = found.len() as f64 / 2000.0;
    assert!((rate - 50.0 / 11.0).abs() < 1.6, "rate {rate}");
    assert!(found.windows(2).any(|pair| pair[1] - pair[0] > 10.0));
}

#[test]
fn batches_have_their_size() {
    let json = r#"{"batch": {"rate": "5/s", "size": {"uniform": {"low": "1", "high": "6.5"}}}}"#;
    let found = instants(json, 4000.0);
    let mut instants = found.clone();
    instants.dedup();
    let size = found.len() as f64 / instants.len() as f64;
    assert!((instants.len() as f64 / 20_000.0 - 1.0).abs() < 0.035, "{} batches", instants.len());
    assert!((size - 3.75).abs() < 0.06, "mean size {size}");
}

#[test]
fn a_source_that_falls_silent_ends() {
    let check = |json, expected| assert_eq!(arrivals(json, "a").next().is_some(), expected, "{json}");
    check(r#"{"poisson": {"rate": "0/s"}}"#, false);
    check(r#"{"poisson": {"rate": "1/s", "shape": {"constant": 0}}}"#, false);
    check(r#"{"mmpp": {"rates": ["0/s", "0/s"], "sojourns": ["1s", "1s"]}}"#, false);
    check(
        r#"{"poisson": {"rate": "1/s", "shape": {"steps": [{"at": "0s", "factor": 0}, {"at": "400d", "factor": 1}]}}}"#,
        true,
    );
    let mut brief = arrivals(
        r#"{"deterministic": {"rate": "1/s", "shape": {"product": [{"daily": {"amplitude": 0, "peak": "1h"}},
            {"steps": [{"at": "0s", "factor": 1}, {"at": "3.5s", "factor": 0}]}]}}}"#,
        "a",
    );
    assert_eq!(std::iter::from_fn(|| brief.next()).count(), 3);
}

/// Twice the rate gives the same sequence at half the times: common random numbers.
#[test]
fn a_changed_rate_keeps_the_luck() {
    for law in
        [r#"{"poisson": {"rate": "RATE"}}"#, r#"{"renewal": {"rate": "RATE", "law": "weibull", "cv": 2}}"#]
    {
        let slow = instants(&law.replace("RATE", "3/s"), 1000.0);
        let fast = instants(&law.replace("RATE", "6/s"), 500.0);
        assert!(slow.len() > 2000 && slow.len().abs_diff(fast.len()) <= 1);
        assert!(slow.iter().zip(&fast).all(|(slow, fast)| (slow / 2.0 - fast).abs() < 3e-9), "{law}");
    }
}

/// The n-th request has the same seed whatever the rate; another source or replication has others.
#[test]
fn seeds_belong_to_source_and_ordinal() {
    let seeds = |json: &str, origin: &Origin<'_>| -> Vec<u64> {
        let mut source = Arrivals::build(&spec(json), origin, &NoTraces).unwrap();
        std::iter::from_fn(|| source.next()).take(100).map(|arrival| arrival.seed).collect()
    };
    let poisson = r#"{"poisson": {"rate": "3/s"}}"#;
    let base = seeds(poisson, &origin("a"));
    assert_eq!(base, seeds(&poisson.replace('3', "9"), &origin("a")));
    let mut all = [
        base,
        seeds(poisson, &origin("b")),
        seeds(poisson, &Origin { luck: Luck { root: 2026, replication: 1 }, ..origin("a") }),
    ]
    .concat();
    all.sort_unstable();
    all.dedup();
    assert_eq!(all.len(), 300);
}

/// Days differ by a factor that belongs to the day, replications by one that belongs to the replication.
#[test]
fn days_and_replications_vary() {
    let json = r#"{"deterministic": {"rate": "1000/h", "variation": {"day": 0.3, "replication": 0.1}}}"#;
    let totals: Vec<f64> = (0..40)
        .flat_map(|replication| {
            let luck = Luck { root: 5, replication };
            let mut source =
                Arrivals::build(&spec(json), &Origin { luck, ..origin("a") }, &NoTraces).unwrap();
            let mut days = vec![0.0; 20];
            while let Some(day) = source.next().map(|arrival| (arrival.at.seconds() / 86_400.0) as usize) {
                if day >= days.len() {
                    break;
                }
                days[day] += 1.0;
            }
            days
        })
        .collect();
    let mean = totals.iter().sum::<f64>() / totals.len() as f64;
    let cv =
        (totals.iter().map(|n| (n - mean) * (n - mean)).sum::<f64>() / totals.len() as f64).sqrt() / mean;
    // 1.09 * 1.01 - 1 = 0.317^2; the standard error of the mean over 40 replications of 20 days is 1.9 %.
    assert!((mean / 24_000.0 - 1.0).abs() < 0.08, "mean {mean}");
    assert!((cv - 0.317).abs() < 0.05, "cv {cv}");
}

#[test]
fn schedules_fire_on_their_minutes() {
    let check = |json: &str, expected: &[f64]| {
        let mut source = arrivals(json, "nightly");
        let found: Vec<f64> = expected.iter().map(|_| source.next().unwrap().at.seconds()).collect();
        assert_eq!(found, expected, "{json}");
    };
    check(r#"{"schedule": {"rate": "5m", "within": "0s"}}"#, &[300.0, 600.0, 900.0]);
    check(r#"{"schedule": {"cron": "cron(0/30 1 * * ? *)", "within": "0s"}}"#, &[3600.0, 5400.0, 90_000.0]);
    let mut late = arrivals(r#"{"schedule": {"rate": "1m"}}"#, "late");
    let (first, second) = (late.next().unwrap().at, late.next().unwrap().at);
    assert!(first > seconds(60.0) && first < seconds(120.0));
    assert_eq!(second - first, Span::from_secs(60));
    // A run that starts within a minute does not fire for that minute.
    let calendar = "2024-01-01 01:00:01".parse().unwrap();
    let json = r#"{"schedule": {"cron": "0/30 1 * * ? *", "within": "0s"}}"#;
    let mut source = Arrivals::build(&spec(json), &Origin { calendar, ..origin("a") }, &NoTraces).unwrap();
    assert_eq!(source.next().unwrap().at, seconds(1799.0));
}

#[test]
fn what_makes_no_sense_is_refused() {
    let check = |json: &str, expected: &[&str]| {
        let spec: ArrivalSpec = serde_json::from_str(json).unwrap_or_else(|error| panic!("{json}: {error}"));
        let mut found = Vec::new();
        spec.problems("arrivals", &mut found);
        let found: Vec<_> = found.iter().map(|p| format!("{}: {}", p.path, p.message)).collect();
        assert_eq!(found, expected, "{json}");
    };
    check(
        r#"{"renewal": {"rate": "5e8/s", "law": "gamma", "cv": 0, "variation": {"day": 15}}}"#,
        &[
            "arrivals.renewal.rate: 500000000/s is absurdly high: above 100000000/s",
            "arrivals.renewal.cv: a coefficient of variation lies above 0 and up to 100, not 0",
            "arrivals.renewal.variation.day: a coefficient of variation between 0 and 5, not 15",
        ],
    );
    check(
        r#"{"mmpp": {"rates": ["1/s", "2/s"], "sojourns": ["1s", "0s"]}}"#,
        &["arrivals.mmpp.sojourns[1]: a state lasts at least 1ms on average, not 0s"],
    );
    check(
        r#"{"batch": {"rate": "1/s", "size": {"constant": "0.5"}}}"#,
        &["arrivals.batch.size: the mean size of a batch is below one"],
    );
    check(
        r#"{"schedule": {"rate": "30s", "within": "2m"}}"#,
        &[
            "arrivals.schedule.rate: a rate lies between 1 minute and 366 days, not 30s",
            "arrivals.schedule.within: a schedule fires within its minute, not within 2min",
        ],
    );
    check(r#"{"schedule": {}}"#, &["arrivals.schedule: a schedule is either a rate or a cron expression"]);
    check(
        r#"{"schedule": {"cron": "0 8 30 2 ? *"}}"#,
        &["arrivals.schedule.cron: `0 8 30 2 ? *` names a day that never comes"],
    );
    check(
        r#"{"batch": {"rate": "1/s", "size": "1e12"}}"#,
        &["arrivals.batch.size: a batch of 1000000000000 requests on average is above 1000000"],
    );
    check(
        r#"{"schedule": {"cron": "* *"}}"#,
        &["arrivals.schedule.cron: a cron expression has 6 fields, not 2"],
    );
    check(
        r#"{"trace": {"file": "", "rows": {"counts": {"interval": "1m", "column": "n"}}, "scale": 0, "stretch": -1,
            "window": {"from": "90s", "to": "1m"}, "repeat": {"times": 0}}}"#,
        &[
            "arrivals.trace.file: no file is named",
            "arrivals.trace.scale: a scale lies above 0 and up to 1000000, not 0",
            "arrivals.trace.stretch: a stretch lies between 0.0001 and 10000, not -1",
            "arrivals.trace.repeat: a trace that is played 0 times is no source",
            "arrivals.trace.window.to: the window ends (1min) before it begins (1.5min)",
            "arrivals.trace.window.from: 1.5min would cut an interval of 1min",
        ],
    );
    check(
        r#"{"users": {"population": {"steps": [{"at": "1m", "users": 0}, {"at": "1m", "users": 0}]}, "think": {"constant": "0s"}}}"#,
        &[
            "arrivals.users.think: users who never think would ask without end at one instant",
            "arrivals.users.population: there is never any user",
            "arrivals.users.population.steps[1].at: 1min does not follow 1min",
        ],
    );
}

/// What is read is what is written: a scenario as resolved must load again.
#[test]
fn specs_survive_a_round_trip() {
    for json in [
        SHAPED,
        r#"{"trace": {"file": "a.csv", "rows": {"counts": {"interval": "1m", "column": "n"}}, "repeat": "forever"}}"#,
        r#"{"trace": {"file": "a.csv", "rows": {"requests": {"timestamp": "t", "format": "date-time",
            "cpu": {"column": "tokens", "each": "40us"}}}, "window": {"from": "0s", "to": "1h"}}}"#,
        r#"{"trace": {"file": "a.csv", "rows": {"azure-functions-2019": {"function": "7"}}, "repeat": {"times": 2}}}"#,
        r#"{"users": {"population": {"constant": 5}, "think": {"exponential": {"mean": "1s"}}}}"#,
    ] {
        let read = spec(json);
        let written = serde_json::to_string(&read).unwrap();
        assert_eq!(read, serde_json::from_str(&written).unwrap(), "{written}");
    }
}

/// An arrival that falls on the end of a segment, where the next one begins with no rate at all.
#[test]
fn a_segment_may_begin_without_rate() {
    let json = r#"{"deterministic": {"rate": "1/s", "shape": {"piecewise-linear": [{"at": "0s", "factor": 1},
        {"at": "3s", "factor": 1}, {"at": "3s", "factor": 0}, {"at": "13s", "factor": 1}]}}}"#;
    let found = instants(json, 13.0);
    let expected = [
        1.0,
        2.0,
        3.0,
        3.0 + 20.0_f64.sqrt(),
        3.0 + 40.0_f64.sqrt(),
        3.0 + 60.0_f64.sqrt(),
        3.0 + 80.0_f64.sqrt(),
    ];
    assert_eq!(found.len(), expected.len(), "{found:?}");
    assert!(found.iter().zip(expected).all(|(found, expected)| (found - expected).abs() < 2e-9), "{found:?}");
}

/// Arrival instants held to the nanosecond, through sinusoids, spikes and steps.
#[test]
fn golden_arrivals() {
    let check = |json: &str, expected: [u64; 3]| {
        let mut source = arrivals(json, "golden");
        let mut far = std::iter::from_fn(|| source.next()).map(|arrival| arrival.at.nanos()).step_by(20_000);
        assert_eq!(std::array::from_fn(|_| far.next().unwrap()), expected, "{json}");
    };
    check(SHAPED, [154_319_375, 6_447_432_661_101, 9_247_545_840_975]);
    check(
        r#"{"mmpp": {"rates": ["1/s", "20/s"], "sojourns": ["1m", "5s"], "variation": {"day": 0.2}}}"#,
        [573_408_958, 8_986_610_615_418, 17_159_806_660_836],
    );
    check(
        r#"{"renewal": {"rate": "5/s", "law": "gamma", "cv": 3}}"#,
        [0, 3_886_220_827_833, 7_894_983_522_831],
    );
}

/// Sources may be handed to a worker thread.
#[test]
fn sources_can_be_sent() {
    fn check<T: Send>() {}
    check::<Source>();
}
