//! Poisson arrivals and exponential services: M/M/1, M/M/c, M/M/c/K.

use crate::number::Unit;
use crate::validation::case::{Case, Comparison, Family, Place};
use crate::validation::formulas::{BirthDeath, Mmc, erlang_b};
use crate::validation::text::{Parts, Runs, exponential_cpu, poisson, workers};

/// Mean service time of every case here, in seconds and in milliseconds.
const SERVICE: f64 = 0.010;
const SERVICE_MS: f64 = 10.0;

pub(super) fn families() -> Vec<Family> {
    vec![
        Family {
            title: "M/M/1",
            text: "One worker, a queue without bound, served in order of arrival. With the load rho = lambda s: P(wait) = \
                   rho, mean wait rho s / (1 - rho), and the sojourn is exponential with mean s / (1 - rho) (Erlang 1909; \
                   Kleinrock 1975, section 3.2). The utilization is rho for any queue that loses nothing.",
            cases: [(50.0, "45m"), (80.0, "65m"), (90.0, "2h")].map(mm1).into(),
        },
        Family {
            title: "M/M/c",
            text: "c workers with a core each and one queue. P(wait) is Erlang's C(c, a) with the offered load a = lambda s \
                   (Erlang 1917); waits above zero are exponential with rate c / s - lambda, and the sojourn is such a wait, if \
                   there is one, and an exponential service (Gross and Harris 1974, section 3.3). Percentiles of the sojourn \
                   solve its distribution function by bisection.",
            cases: mmc_cases(),
        },
        Family {
            title: "M/M/c/K and Erlang B",
            text: "At most K requests inside; one more is refused. The number inside is a birth-and-death process (Feller \
                   1950, chapter 17) that Poisson arrivals see as it is on average (Wolff 1982); with K = c the loss is Erlang's \
                   B(c, a) (Erlang 1917). The wait is that of requests that are let in.",
            cases: vec![
                bounded(1, 2, 90.0, "45m", (0.01, 0.012)),
                bounded(4, 0, 350.0, "15m", (0.01, 0.01)),
                bounded(4, 6, 420.0, "15m", (0.015, 0.015)),
                bounded(16, 0, 1400.0, "5m", (0.02, 0.01)),
            ],
        },
    ]
}

/// An exponential queue with its name.
fn parts(name: String, what: String, queue: Mmc, runs: Runs, backlog: u32) -> Parts {
    Parts {
        name,
        what,
        runs,
        arrivals: poisson(queue.rate),
        work: exponential_cpu(SERVICE_MS),
        service: workers(queue.servers, backlog),
    }
}

fn mm1((rate, duration): (f64, &'static str)) -> Case {
    let queue = Mmc { servers: 1, rate, service: SERVICE };
    let runs = Runs { duration, warm_up: "5m", replications: 32 };
    // The fuller the queue, the longer what happens in it is felt, and the wider the interval.
    let width = if rate > 85.0 { 0.05 } else { 0.025 };
    let (name, what) = (format!("mm1-{rate}"), format!("M/M/1, load {}", queue.rho()));
    let case = parts(name, what, queue, runs, 1_000_000).case(vec![
        Comparison::waits(queue.rho(), 0.01),
        Comparison::wait(queue.wait(), width),
        Comparison::metric("mean queue", Unit::Count, "queue.mean", queue.queue(), width),
        Comparison::sojourn(queue.sojourn(), width),
        Comparison::metric(
            "p50 of the sojourn",
            Unit::Seconds,
            "latency.ok.p50",
            queue.sojourn_quantile(0.5),
            width,
        ),
        Comparison::metric(
            "p99 of the sojourn",
            Unit::Seconds,
            "latency.ok.p99",
            queue.sojourn_quantile(0.99),
            1.5 * width,
        ),
        Comparison::metric("utilization", Unit::Share, "cpu.utilization.capacity", queue.rho(), 0.01),
    ]);
    let case = case.at(Place::Load(1, queue.rho()));
    if rate == 80.0 { case.quick().with_tail(move |t| queue.sojourn_tail(t)) } else { case }
}

/// Two cases in full, and the mean wait over the load.
fn mmc_cases() -> Vec<Case> {
    let mut cases = vec![mmc(4, 320.0, "20m").quick(), mmc(16, 1400.0, "8m")];
    let loads = [
        (4, 0.5, "10m"),
        (4, 0.7, "10m"),
        (4, 0.9, "20m"),
        (16, 0.6, "5m"),
        (16, 0.7, "4m"),
        (16, 0.8, "4m"),
        (16, 0.95, "15m"),
    ];
    cases.extend(loads.map(waits_at));
    cases
}

fn mmc(servers: u32, rate: f64, duration: &'static str) -> Case {
    let queue = Mmc { servers, rate, service: SERVICE };
    let runs = Runs { duration, warm_up: "1m", replications: 32 };
    let (name, what) = (format!("mmc-{servers}-{rate}"), format!("M/M/{servers}, load {}", queue.rho()));
    let percentile = |quantity: &'static str, metric: &'static str, p: f64, width: f64| {
        Comparison::metric(quantity, Unit::Seconds, metric, queue.sojourn_quantile(p), width)
    };
    let case = parts(name, what, queue, runs, 1_000_000).case(vec![
        Comparison::waits(queue.waiting_share(), 0.02),
        Comparison::wait(queue.wait(), 0.03),
        Comparison::metric("mean queue", Unit::Count, "queue.mean", queue.queue(), 0.03),
        Comparison::wait_quantile(0.9, queue.wait_quantile(0.9), 0.04),
        Comparison::wait_quantile(0.99, queue.wait_quantile(0.99), 0.04),
        Comparison::sojourn(queue.sojourn(), 0.015),
        percentile("p50 of the sojourn", "latency.ok.p50", 0.5, 0.01),
        percentile("p95 of the sojourn", "latency.ok.p95", 0.95, 0.02),
        percentile("p99 of the sojourn", "latency.ok.p99", 0.99, 0.03),
        Comparison::in_service("busy workers", queue.load(), 0.005),
        Comparison::metric("throughput", Unit::PerSecond, "throughput.ok", rate, 0.005),
    ]);
    case.at(Place::Load(servers, queue.rho())).with_tail(move |t| queue.sojourn_tail(t))
}

/// The mean wait alone at a load, for the curve.
fn waits_at((servers, load, duration): (u32, f64, &'static str)) -> Case {
    let rate = (load * f64::from(servers) / SERVICE).round();
    let queue = Mmc { servers, rate, service: SERVICE };
    let runs = Runs { duration, warm_up: "1m", replications: 32 };
    let (name, what) = (format!("mmc-{servers}-{rate}"), format!("M/M/{servers}, load {load}"));
    // Rare waits are noisy, and so are long ones.
    let width = if load == 0.95 || load < 0.65 { 0.1 } else { 0.05 };
    parts(name, what, queue, runs, 1_000_000)
        .case(vec![Comparison::wait(queue.wait(), width), Comparison::waits(queue.waiting_share(), width)])
        .at(Place::Load(servers, load))
}

fn bounded(servers: u32, backlog: u32, rate: f64, duration: &'static str, widths: (f64, f64)) -> Case {
    let queue = BirthDeath::new(servers, servers + backlog, rate, SERVICE);
    let runs = Runs { duration, warm_up: "1m", replications: 32 };
    let mmc = Mmc { servers, rate, service: SERVICE };
    let places = servers + backlog;
    let (name, what) =
        (format!("mmck-{servers}-{places}"), format!("M/M/{servers}/{places}, load {}", mmc.rho()));
    let loss = if backlog == 0 { erlang_b(servers, mmc.load()) } else { queue.loss() };
    let mut comparisons = vec![
        Comparison::metric("loss", Unit::Share, "errors.rejected", loss, widths.0),
        Comparison::in_service("busy workers", queue.busy(), 0.005),
    ];
    if backlog > 0 {
        comparisons.push(Comparison::wait(queue.wait(), widths.1));
        comparisons.push(Comparison::metric(
            "mean queue",
            Unit::Count,
            "queue.mean",
            queue.queue(),
            widths.1,
        ));
    }
    if servers == 1 {
        let p95 = queue.sojourn_quantile(0.95);
        comparisons.push(Comparison::metric(
            "p95 of the sojourn",
            Unit::Seconds,
            "latency.ok.p95",
            p95,
            0.01,
        ));
    }
    let case = parts(name, what, mmc, runs, backlog).case(comparisons);
    if servers == 1 { case.quick() } else { case }
}
