//! The fleet against queueing theory, through the same specs that a scenario file becomes.
//!
//! Each case runs a number of replications and asks that the closed form lies inside the 99.9 % interval of the
//! replications' means (Student's t; so a right program fails one run in a thousand seeds, and the seeds are fixed), and
//! that the interval is narrower than a stated share of the value: a check that can fail in both directions.

mod common;
#[path = "common/tally.rs"]
mod tally;

use serde_json::json;
use tally::{Measured, run_replications};

/// Erlang B: the share of requests lost at `servers` servers with an offered load of `load`.
fn erlang_b(servers: u32, load: f64) -> f64 {
    (1..=servers).fold(1.0, |b, n| load * b / (f64::from(n) + load * b))
}

/// Erlang C: the probability of waiting.
fn erlang_c(servers: u32, load: f64) -> f64 {
    let b = erlang_b(servers, load);
    let rho = load / f64::from(servers);
    b / (1.0 - rho * (1.0 - b))
}

/// A single task of `workers` workers and as many cores, without a balancer.
fn workers(rate: f64, mean_ms: f64, workers: u32, backlog: u32) -> serde_json::Value {
    json!({
        "work": { "unit": { "cpu": { "exponential": { "mean": format!("{mean_ms}ms") } }, "response": { "constant": "0B" } } },
        "sources": { "all": { "to": "queue", "arrivals": { "poisson": { "rate": format!("{rate}/s") } } } },
        "services": { "queue": {
            "platform": "fargate", "work": "unit", "balancer": "none",
            "task": {
                "cpu": cores(workers).0, "memory": cores(workers).1,
                "server": { "workers": { "count": workers, "backlog": backlog } }
            },
            "scaling": { "fixed": { "count": 1 } }
        } }
    })
}

/// A Fargate size with at least as many cores as workers, so that no worker waits for the CPU.
fn cores(workers: u32) -> (&'static str, &'static str) {
    match workers {
        1 => ("1vCPU", "2GB"),
        2..=4 => ("4vCPU", "8GB"),
        5..=16 => ("16vCPU", "32GB"),
        _ => ("32vCPU", "60GB"),
    }
}

#[track_caller]
fn check(name: &str, measured: &Measured, expected: f64, widest: f64) {
    let (mean, half) = measured.interval();
    let text = format!("{name}: simulated {mean:.6} ± {half:.6}, exact {expected:.6}");
    assert!((mean - expected).abs() <= half, "{text}");
    assert!(half <= widest * expected.abs(), "{text}: the interval is too wide to say anything");
    println!("{text}");
}

#[test]
fn mm1() {
    let rho = 0.8;
    let runs = run_replications(&workers(80.0, 10.0, 1, 1_000_000), "2h", "5m", 12, 11);
    check("M/M/1 mean sojourn", &runs.mean_latency(), 0.010 / (1.0 - rho), 0.05);
    let p99 = libm::log(100.0) * 0.010 / (1.0 - rho);
    check("M/M/1 p99 sojourn", &runs.quantile(0.99), p99, 0.06);
    check("M/M/1 mean wait", &runs.mean_queue(), rho * 0.010 / (1.0 - rho), 0.06);
}

#[test]
fn mmc() {
    let (servers, load) = (16_u32, 14.0);
    let runs = run_replications(&workers(1400.0, 10.0, servers, 1_000_000), "15m", "1m", 12, 12);
    let wait = erlang_c(servers, load) * 0.010 / (f64::from(servers) - load);
    check("M/M/16 mean sojourn", &runs.mean_latency(), wait + 0.010, 0.02);
    check("M/M/16 mean wait", &runs.mean_queue(), wait, 0.06);
    check("M/M/16 share that waits", &runs.waiting_share(), erlang_c(servers, load), 0.03);
}

#[test]
fn processor_sharing() {
    let mut spec = workers(80.0, 10.0, 1, 0);
    spec["services"]["queue"]["task"]["server"] = json!({ "shared": { "limit": 1_000_000 } });
    let exact = 0.010 / (1.0 - 0.8);
    let runs = run_replications(&spec, "75m", "5m", 12, 13);
    check("M/M/1-PS mean sojourn", &runs.mean_latency(), exact, 0.05);
    // Insensitive to the distribution of the work.
    spec["work"]["unit"]["cpu"] = json!({ "hyperexponential": { "mean": "10ms", "cv": 2.0 } });
    let runs = run_replications(&spec, "75m", "5m", 12, 14);
    check("M/G/1-PS mean sojourn", &runs.mean_latency(), exact, 0.06);
}

#[test]
fn general_service_times() {
    // Pollaczek and Khinchine: the mean wait of M/G/1 is rho x (1 + cv^2) / 2 of a service over 1 - rho.
    let rho = 0.7;
    for (name, law, cv, seed) in [
        ("M/D/1 mean wait", json!({ "constant": "10ms" }), 0.0, 21),
        ("M/G/1 mean wait", json!({ "gamma": { "mean": "10ms", "cv": 1.5 } }), 1.5, 22),
    ] {
        let mut spec = workers(70.0, 10.0, 1, 1_000_000);
        spec["work"]["unit"]["cpu"] = law;
        let runs = run_replications(&spec, "75m", "5m", 12, seed);
        check(name, &runs.mean_queue(), rho * 0.010 * (1.0 + cv * cv) / 2.0 / (1.0 - rho), 0.06);
    }
}

/// Probabilities of 0 to `places` requests in M/M/`servers`/`places` with an offered load of `load`.
fn birth_and_death(servers: u32, places: u32, load: f64) -> Vec<f64> {
    let mut weights = vec![1.0];
    for n in 1..=places {
        let last = weights[n as usize - 1];
        weights.push(last * load / f64::from(n.min(servers)));
    }
    let sum: f64 = weights.iter().sum();
    weights.into_iter().map(|weight| weight / sum).collect()
}

#[test]
fn full_queues_refuse() {
    for (name, servers, backlog, rate, seed) in
        [("M/M/4/4", 4, 0, 350.0, 23), ("M/M/4/10", 4, 6, 420.0, 24), ("M/M/1/3", 1, 2, 90.0, 25)]
    {
        let runs = run_replications(&workers(rate, 10.0, servers, backlog), "20m", "1m", 12, seed);
        let places = birth_and_death(servers, servers + backlog, rate * 0.010);
        let lost = *places.last().unwrap();
        check(&format!("{name} loss"), &runs.share_of("rejected"), lost, 0.03);
        let queue: f64 = (1..=backlog).map(|n| f64::from(n) * places[(servers + n) as usize]).sum();
        if backlog > 0 {
            let wait = queue / (rate * (1.0 - lost));
            check(&format!("{name} mean wait"), &runs.mean_queue(), wait, 0.04);
        }
        // Little's law of the servers.
        let busy = rate * (1.0 - lost) * 0.010;
        check(&format!("{name} mean in service"), &runs.mean_concurrency(), busy, 0.02);
    }
}

#[test]
fn users_who_wait_for_answers() {
    // The machine repairman: N users think for Z on average, one server takes S on average. Response times follow from
    // the throughput by the interactive response time law, R = N / X - Z.
    let (users, think, service) = (20_u32, 0.200, 0.010);
    let mut weights = vec![1.0];
    for n in 0..users {
        weights.push(weights[n as usize] * f64::from(users - n) * service / think);
    }
    let idle = 1.0 / weights.iter().sum::<f64>();
    let throughput = (1.0 - idle) / service;
    let mut spec = workers(1.0, 10.0, 1, 1000);
    spec["sources"]["all"]["arrivals"] = json!({ "users": { "population": { "constant": users }, "think": { "exponential": { "mean": "200ms" } } } });
    let runs = run_replications(&spec, "30m", "1m", 12, 26);
    check("closed loop: mean response", &runs.mean_latency(), f64::from(users) / throughput - think, 0.03);
    check("closed loop: busy", &runs.mean_concurrency(), 1.0 - idle, 0.01);
}

#[test]
fn two_tasks_behind_a_balancer() {
    // Split at random, each task is an M/M/1 with half the rate. Sent in turn, each has Erlang arrivals and waits less;
    // sent to the less loaded, less still, but never less than one queue for both (M/M/2).
    let wait_of = |algorithm: &str, seed: u64| {
        let mut spec = workers(160.0, 10.0, 1, 1_000_000);
        spec["services"]["queue"]["scaling"] = json!({ "fixed": { "count": 2 } });
        spec["services"]["queue"]["balancer"] =
            json!({ "alb": { "algorithm": algorithm, "overhead": "0s", "idle_timeout": "1h" } });
        run_replications(&spec, "25m", "2m", 12, seed).mean_queue()
    };
    let split = wait_of("random", 27);
    check("two M/M/1", &split, 0.8 * 0.010 / 0.2, 0.08);
    let (turns, _) = wait_of("round-robin", 28).interval();
    let (two, _) = wait_of("power-of-two-choices", 29).interval();
    let (least, _) = wait_of("least-outstanding-requests", 30).interval();
    let pooled = erlang_c(2, 1.6) * 0.010 / (2.0 - 1.6);
    assert!(pooled < least && least < turns && turns < 0.040, "{pooled} {least} {turns}");
    assert!((two - least).abs() < 0.1 * least, "of two tasks, two choices are all: {two} {least}");
}

#[test]
fn loss_at_a_concurrency_limit() {
    // M/G/c/c: a function with 20 reserved executions, offered 18; insensitive to the duration's distribution.
    for (law, seed) in [
        (json!({ "exponential": { "mean": "100ms" } }), 15),
        (json!({ "lognormal": { "mean": "100ms", "cv": 2.0 } }), 16),
        (json!({ "constant": "100ms" }), 17),
    ] {
        let spec = json!({
            "work": { "unit": { "cpu": { "constant": "0s" }, "wait": law } },
            "sources": { "all": { "to": "f", "arrivals": { "poisson": { "rate": "180/s" } } } },
            "services": { "f": {
                "platform": "lambda", "work": "unit", "memory": "1769MB", "runtime": "go", "timeout": "900s",
                "reserved_concurrency": 20, "front_door": "invoke",
                "app_init": { "constant": "0s" }, "placement_overhead": { "constant": "0s" }, "warm_overhead": { "constant": "0s" },
                "max_lifetime": { "constant": "366d" }, "keep_alive": { "fixed": { "after": "1h" } }
            } }
        });
        let runs = run_replications(&spec, "40m", "2m", 10, seed);
        check("M/G/20/20 loss", &runs.share_of("throttled"), erlang_b(20, 18.0), 0.04);
    }
}

#[test]
fn infinite_servers() {
    // M/G/infinity: concurrency is Poisson with mean rate x duration, whatever the distribution.
    let spec = json!({
        "work": { "unit": { "cpu": { "constant": "0s" }, "wait": { "lognormal": { "mean": "2s", "cv": 1.5 } } } },
        "sources": { "all": { "to": "f", "arrivals": { "poisson": { "rate": "50/s" } } } },
        "services": { "f": {
            "platform": "fargate", "work": "unit", "balancer": "none",
            "task": { "cpu": "1vCPU", "memory": "2GB", "server": { "shared": { "limit": 1_000_000 } } },
            "scaling": { "fixed": { "count": 1 } }
        } }
    });
    let runs = run_replications(&spec, "1h", "5m", 12, 18);
    check("M/G/inf mean occupancy", &runs.mean_concurrency(), 100.0, 0.02);
    check("M/G/inf occupancy variance", &runs.variance_concurrency(), 100.0, 0.08);
    check("Little's law: rate x sojourn", &runs.throughput_times_sojourn(), 100.0, 0.02);
}

#[test]
fn keep_alive_at_one_environment() {
    // With one execution at a time, an admitted request is cold exactly if the function was idle for the keep-alive:
    // exp(-rate x T) by the memoryless gap.
    let spec = json!({
        "work": { "unit": { "cpu": { "constant": "0s" }, "wait": { "constant": "100ms" } } },
        "sources": { "all": { "to": "f", "arrivals": { "poisson": { "rate": "0.005/s" } } } },
        "services": { "f": {
            "platform": "lambda", "work": "unit", "memory": "1769MB", "runtime": "go", "timeout": "30s",
            "reserved_concurrency": 1, "front_door": "invoke", "app_init": { "constant": "0s" },
            "max_lifetime": { "constant": "366d" }, "keep_alive": { "fixed": { "after": "300s" } }
        } }
    });
    let runs = run_replications(&spec, "60d", "1d", 10, 19);
    check("cold share at one environment", &runs.cold_share(), libm::exp(-0.005 * 300.0), 0.03);
}
