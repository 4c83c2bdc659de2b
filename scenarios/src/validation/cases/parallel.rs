//! Queues side by side behind a balancer, and users who wait for their answers.

use crate::number::Unit;
use crate::validation::case::{Case, Comparison, Family};
use crate::validation::formulas::{Repairman, ShorterOfTwo, gamma_arrivals_wait, power_of_two_sojourn};
use crate::validation::text::{Parts, Runs, balanced, exponential_cpu, poisson, workers};
use crate::validation::watch::Watched;

/// Mean service time of every case here, in seconds and in milliseconds.
const SERVICE: f64 = 0.010;
const SERVICE_MS: f64 = 10.0;

pub(super) fn families() -> Vec<Family> {
    vec![
        Family {
            title: "Queues side by side",
            text: "Tasks with one worker each behind a balancer. Sent at random, each is an M/M/1; sent in turn to n tasks, \
                   each is an E_n/M/1 (Kendall 1953). Sent to the shorter of two queues, the sojourn comes from the \
                   stationary distribution of the chain, solved numerically (posed by Haight 1958). For many tasks the \
                   theory is a limit: the shorter of two queues drawn at random leads to a mean sojourn of s x sum \
                   rho^(2^i - 2) (Vvedenskaya, Dobrushin and Karpelevich 1996; Mitzenmacher 1996) and P(wait) = rho^2, the \
                   shortest of all to no waiting (Mukherjee, Borst, van Leeuwaarden and Whiting 2018). At n tasks the limit \
                   is missed by something of the order of 1/n; the allowance is stated beside each.",
            cases: balanced_cases(),
        },
        Family {
            title: "Closed-loop users",
            text: "N users think, ask, wait for the answer and think again: the machine repairman (Palm 1947), insensitive to \
                   the law of the think time (Baskett, Chandy, Muntz and Palacios 1975). Throughput X and response time R obey \
                   the interactive response-time law R = N / X - Z (Denning and Buzen 1978): N / X - R, both simulated, must \
                   come back to the mean think time Z.",
            cases: vec![
                users(20, 1, ("exponential", "{ exponential = { mean = \"200ms\" } }"), "35m").quick(),
                users(60, 3, ("lognormal", "{ lognormal = { mean = \"200ms\", cv = 2.0 } }"), "20m"),
            ],
        },
    ]
}

fn balanced_cases() -> Vec<Case> {
    let shorter = ShorterOfTwo::new(160.0, SERVICE);
    let wait = |rate: f64, cv: f64| gamma_arrivals_wait(rate, SERVICE, cv);
    let limit = |rho: f64| SERVICE * power_of_two_sojourn(rho);
    let two = "power-of-two-choices";
    let shortest = "least-outstanding-requests";
    vec![
        tasks(2, "random", 0.8, "35m", vec![Comparison::wait(wait(80.0, 1.0), 0.025)]),
        tasks(4, "round-robin", 0.8, "20m", vec![Comparison::wait(wait(80.0, 0.5), 0.02)]),
        tasks(
            2,
            shortest,
            0.8,
            "35m",
            vec![
                Comparison::sojourn(shorter.sojourn(), 0.015),
                Comparison::waits(shorter.waiting_share(), 0.015),
            ],
        ),
        tasks(64, shortest, 0.7, "35s", vec![Comparison::sojourn(SERVICE, 0.005).allowing(2.0 / 64.0)]),
        tasks(
            128,
            two,
            0.7,
            "25s",
            vec![
                Comparison::sojourn(limit(0.7), 0.01).allowing(2.0 / 128.0),
                Comparison::waits(0.49, 0.01).allowing(2.0 / 128.0),
            ],
        ),
        tasks(
            128,
            two,
            0.9,
            "25s",
            vec![
                Comparison::sojourn(limit(0.9), 0.02).allowing(2.0 / 128.0),
                Comparison::waits(0.81, 0.01).allowing(2.0 / 128.0),
            ],
        ),
    ]
}

/// `count` tasks with a load of `rho` each.
fn tasks(
    count: u32,
    algorithm: &str,
    rho: f64,
    duration: &'static str,
    comparisons: Vec<Comparison>,
) -> Case {
    let rate = (f64::from(count) * rho / SERVICE).round();
    let many = count > 10;
    let runs = Runs { duration, warm_up: if many { "5s" } else { "5m" }, replications: 32 };
    let parts = Parts {
        name: format!("tasks-{count}-{algorithm}-{rho}"),
        what: format!("{count} tasks, {algorithm}, load {rho}"),
        runs,
        arrivals: poisson(rate),
        work: exponential_cpu(SERVICE_MS),
        service: balanced(count, algorithm),
    };
    let case = parts.case(comparisons);
    if count == 128 && rho == 0.7 { case.quick() } else { case }
}

fn users(population: u32, servers: u32, (law, think): (&str, &str), duration: &'static str) -> Case {
    let (thinks, service) = (0.200, SERVICE);
    let model = Repairman::new(population, thinks, servers, service);
    let parts = Parts {
        name: format!("users-{population}-{servers}"),
        what: format!("{population} users, {law} think time, {servers} workers")
            .replace(", 1 workers", ", 1 worker"),
        runs: Runs { duration, warm_up: "1m", replications: 32 },
        arrivals: format!("{{ users = {{ population = {{ constant = {population} }}, think = {think} }} }}"),
        work: exponential_cpu(SERVICE_MS),
        service: workers(servers, 1000),
    };
    let law = move |run: &Watched| {
        let service = &run.record.services["queue"];
        let throughput = service.ok_in_window as f64 / run.record.measured.length().seconds();
        f64::from(population) / throughput - service.latency.mean().unwrap_or(f64::NAN) / 1e9
    };
    parts.case(vec![
        Comparison::metric("mean response", Unit::Seconds, "latency.ok.mean", model.response(), 0.01),
        Comparison::metric("throughput", Unit::PerSecond, "throughput.ok", model.throughput(), 0.005),
        Comparison::in_service("busy workers", model.busy(), 0.005),
        Comparison::figure("N / X - R", Unit::Seconds, thinks, 0.005, law),
    ])
}
