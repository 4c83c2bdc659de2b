//! One worker with general service times, general arrivals, batches, or a set-up.

use crate::number::Unit;
use crate::validation::case::{Case, Comparison, Family};
use crate::validation::formulas::{
    batch_sojourn, gamma_arrivals_wait, hyperexponential_branches, hyperexponential_wait_tail, md1_wait_cdf,
    pollaczek_khinchine, setup_cold_share, setup_wait, where_tail_is,
};
use crate::validation::text::{Parts, Runs, cpu, exponential_cpu, poisson, worker_with_start, workers};

/// Mean service time of every case here, in seconds and in milliseconds.
const SERVICE: f64 = 0.010;
const SERVICE_MS: f64 = 10.0;

pub(super) fn families() -> Vec<Family> {
    vec![
        Family {
            title: "M/G/1",
            text: "One worker and services of any law with coefficient of variation cv: the mean wait is rho s (1 + cv^2) / (2 \
                   (1 - rho)) (Pollaczek 1930, Khinchine 1932), and P(wait) = rho. For constant services (M/D/1) the \
                   distribution of the wait is a finite sum (Erlang 1909); for hyperexponential ones (M/H2/1) it has two \
                   exponential terms, from the poles of the transform (Kleinrock 1975, section 5.7).",
            cases: general_services(),
        },
        Family {
            title: "GI/M/1 and batches",
            text: "Other arrivals at one exponential worker. With independent gaps of transform A the mean wait is sigma s / (1 \
                   - sigma), sigma = A((1 - sigma) / s) (Kendall 1953). With Poisson batches of always b requests the mean \
                   sojourn is (1 + b) / 2 times that of single ones, s / (1 - rho) (Gaver 1959).",
            cases: general_arrivals(),
        },
        Family {
            title: "M/M/1 with set-up",
            text: "The worker is ended whenever it is idle and has to be started for the next request (`start` of a task's \
                   workers). Mean wait: that of M/M/1 and (2 E[D] + lambda E[D^2]) / (2 (1 + lambda E[D])) for a set-up D; the \
                   share of requests that begin one is (1 - rho) / (1 + lambda E[D]) (Welch 1964).",
            cases: vec![
                setup("exponential", "{ exponential = { mean = \"30ms\" } }", (0.03, 2.0 * 0.03 * 0.03))
                    .quick(),
                setup("constant", "\"50ms\"", (0.05, 0.05 * 0.05)),
            ],
        },
    ]
}

/// A queue of one worker.
fn one_worker(name: &str, what: &str, duration: &'static str, arrivals: String, work: String) -> Parts {
    let runs = Runs { duration, warm_up: "5m", replications: 32 };
    Parts { name: name.into(), what: what.into(), runs, arrivals, work, service: workers(1, 1_000_000) }
}

fn general_services() -> Vec<Case> {
    let rate = 70.0;
    let case = |name: &str, what: &str, law: &str, cv: f64, width: f64, more: Vec<Comparison>| {
        let mut comparisons = vec![
            Comparison::waits(rate * SERVICE, 0.01),
            Comparison::wait(pollaczek_khinchine(rate, SERVICE, cv), width),
            Comparison::sojourn(pollaczek_khinchine(rate, SERVICE, cv) + SERVICE, width),
        ];
        comparisons.extend(more);
        one_worker(name, what, "65m", poisson(rate), cpu(law)).case(comparisons)
    };
    let branches = hyperexponential_branches(SERVICE, 2.0);
    let p99 = where_tail_is(0.01, |t| hyperexponential_wait_tail(rate, branches, t));
    let at_most = |services: f64| {
        let limit = services * SERVICE;
        let share = md1_wait_cdf(rate, SERVICE, limit);
        let figure = move |run: &super::super::watch::Watched| run.waited_at_most(limit);
        Comparison::figure(format!("P(wait <= {services} services)"), Unit::Share, share, 0.01, figure)
    };
    vec![
        case(
            "md1",
            "M/D/1, load 0.7",
            "\"10ms\"",
            0.0,
            0.015,
            vec![at_most(0.5), at_most(1.5), at_most(3.0)],
        )
        .quick(),
        case(
            "mg1-gamma-low",
            "M/G/1, gamma, cv 0.5, load 0.7",
            "{ gamma = { mean = \"10ms\", cv = 0.5 } }",
            0.5,
            0.015,
            vec![],
        ),
        case(
            "mg1-lognormal",
            "M/G/1, lognormal, cv 2, load 0.7",
            "{ lognormal = { mean = \"10ms\", cv = 2.0 } }",
            2.0,
            0.06,
            vec![],
        ),
        case(
            "mg1-hyperexponential",
            "M/H2/1, cv 2, load 0.7",
            "{ hyperexponential = { mean = \"10ms\", cv = 2.0 } }",
            2.0,
            0.04,
            vec![Comparison::wait_quantile(0.99, p99, 0.06)],
        ),
    ]
}

fn general_arrivals() -> Vec<Case> {
    let rate = 80.0;
    let gamma = |name: &str, what: &str, cv: f64, width: f64| {
        let arrivals = match cv {
            0.0 => format!("{{ deterministic = {{ rate = \"{rate}/s\" }} }}"),
            _ => format!("{{ renewal = {{ rate = \"{rate}/s\", law = \"gamma\", cv = {cv:?} }} }}"),
        };
        let wait = gamma_arrivals_wait(rate, SERVICE, cv);
        one_worker(name, what, "65m", arrivals, exponential_cpu(SERVICE_MS))
            .case(vec![Comparison::wait(wait, width)])
    };
    let batches = "{ batch = { rate = \"14/s\", size = 5 } }".to_owned();
    vec![
        gamma("dm1", "D/M/1, load 0.8", 0.0, 0.02),
        gamma("e4m1", "E4/M/1 (gamma gaps, cv 0.5), load 0.8", 0.5, 0.025),
        gamma("gm1-bursty", "G/M/1 (gamma gaps, cv 2), load 0.8", 2.0, 0.05),
        one_worker("batches", "M^5/M/1, load 0.7", "65m", batches, exponential_cpu(SERVICE_MS))
            .case(vec![Comparison::sojourn(batch_sojourn(14.0, 5.0, SERVICE), 0.03)]),
    ]
}

fn setup(name: &str, law: &str, moments: (f64, f64)) -> Case {
    let (rate, runs) = (60.0, Runs { duration: "65m", warm_up: "5m", replications: 32 });
    let wait = setup_wait(rate, SERVICE, moments);
    let parts = Parts {
        name: format!("setup-{name}"),
        what: format!("M/M/1, load 0.6, {name} set-up of {} ms", moments.0 * 1e3),
        runs,
        arrivals: poisson(rate),
        work: exponential_cpu(SERVICE_MS),
        service: worker_with_start(law),
    };
    let mean_wait = |run: &super::super::watch::Watched| run.waits.mean().unwrap_or(f64::NAN) / 1e9;
    let cold = setup_cold_share(rate, SERVICE, moments.0);
    parts.case(vec![
        Comparison::figure("mean wait, set-up included", Unit::Seconds, wait, 0.015, mean_wait),
        Comparison::sojourn(wait + SERVICE, 0.015),
        Comparison::metric("share that begins a set-up", Unit::Share, "cold_start.share", cold, 0.01),
    ])
}
