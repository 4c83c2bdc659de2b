//! Shared cores and infinitely many servers.

use sim_core::engine::Span;

use crate::number::Unit;
use crate::validation::case::{Case, Comparison, Family, Place};
use crate::validation::formulas::{Mmc, MobileMean, sharing_sojourn, sharing_variance};
use crate::validation::text::{Parts, Runs, cpu, poisson, shared, wait};
use crate::validation::watch::Watched;

/// Laws of one mean, from no variation to a lot.
const LAWS: [(&str, &str); 4] = [
    ("constant", "\"MEAN\""),
    ("exponential", "{ exponential = { mean = \"MEAN\" } }"),
    ("lognormal", "{ lognormal = { mean = \"MEAN\", cv = 2.0 } }"),
    ("hyperexponential", "{ hyperexponential = { mean = \"MEAN\", cv = 3.0 } }"),
];

/// One of the laws, with its mean.
pub(super) fn laws(mean: &str) -> [(&'static str, String); 4] {
    LAWS.map(|(name, law)| (name, law.replace("MEAN", mean)))
}

pub(super) fn families() -> Vec<Family> {
    vec![
        Family {
            title: "Processor sharing",
            text: "All requests inside share the cores (`shared`). With one core the mean sojourn is s / (1 - rho), and the \
                   number inside is geometric with mean rho / (1 - rho) and variance rho / (1 - rho)^2, whatever the law of \
                   the work (Kleinrock 1967; Sakata, Noguchi and Oizumi 1971). With c cores, of which a request uses one at \
                   most, the number inside is that of M/M/c, again whatever the law (Cohen 1979). Time off the CPU is a \
                   station of its own without queues (Baskett, Chandy, Muntz and Palacios 1975): it adds its mean.",
            cases: sharing_cases(),
        },
        Family {
            title: "M/G/infinity",
            text: "Requests that only wait, off the CPU: the number inside is Poisson with mean lambda E[S], whatever the law \
                   (Takács 1962), so its variance equals its mean. With a rate that swings over the day it is Poisson still, \
                   with a mean that swings less and later: lambda E[S] (1 + A (cos p + x sin p) / (1 + x^2)) for exponential \
                   services, where p is the phase after the rate's peak and x = 2 pi E[S] / period, and the integral of the \
                   rate over the last S for constant ones (Eick, Massey and Whitt 1993).",
            cases: infinite_cases(),
        },
    ]
}

fn sharing_cases() -> Vec<Case> {
    let (rate, service) = (80.0, 0.010);
    let one_core = |(name, law): (&'static str, String)| {
        let parts = Parts {
            name: format!("ps-{name}"),
            what: format!("M/G/1-PS, {name}, load 0.8"),
            runs: Runs { duration: "65m", warm_up: "5m", replications: 32 },
            arrivals: poisson(rate),
            work: cpu(&law),
            service: shared(1),
        };
        let inside = rate * service / (1.0 - rate * service);
        let case = parts.case(vec![
            Comparison::sojourn(sharing_sojourn(rate, service), 0.04),
            Comparison::in_service("mean inside", inside, 0.04),
            Comparison::variance(inside, sharing_variance(rate, service), 0.12),
            Comparison::metric("utilization", Unit::Share, "cpu.utilization.capacity", rate * service, 0.015),
        ]);
        let case = case.at(Place::Law(name));
        if name == "hyperexponential" { case.quick() } else { case }
    };
    let mut cases: Vec<Case> = laws("10ms").map(one_core).into();
    cases.push(several_cores());
    cases.push(off_the_cpu());
    cases
}

fn several_cores() -> Case {
    let queue = Mmc { servers: 4, rate: 320.0, service: 0.010 };
    let parts = Parts {
        name: "ps-4-cores".into(),
        what: "M/G/4-PS, lognormal, load 0.8".into(),
        runs: Runs { duration: "20m", warm_up: "1m", replications: 32 },
        arrivals: poisson(queue.rate),
        work: cpu("{ lognormal = { mean = \"10ms\", cv = 2.0 } }"),
        service: shared(4),
    };
    parts.case(vec![
        Comparison::sojourn(queue.sojourn(), 0.02),
        Comparison::in_service("mean inside", queue.rate * queue.sojourn(), 0.02),
    ])
}

fn off_the_cpu() -> Case {
    let (rate, service, off) = (70.0, 0.010, 0.100);
    let parts = Parts {
        name: "ps-and-delay".into(),
        what: "M/G/1-PS with load 0.7, then 100 ms off the CPU".into(),
        runs: Runs { duration: "65m", warm_up: "5m", replications: 32 },
        arrivals: poisson(rate),
        work: format!(
            "{}\nwait = {{ lognormal = {{ mean = \"100ms\", cv = 1.0 }} }}",
            cpu("{ gamma = { mean = \"10ms\", cv = 2.0 } }")
        ),
        service: shared(1),
    };
    parts.case(vec![Comparison::sojourn(sharing_sojourn(rate, service) + off, 0.01)])
}

fn infinite_cases() -> Vec<Case> {
    let (rate, mean) = (50.0, 2.0);
    let steady = |(name, law): (&'static str, String)| {
        let parts = Parts {
            name: format!("infinite-{name}"),
            what: format!("M/G/infinity, {name}"),
            runs: Runs { duration: "65m", warm_up: "5m", replications: 32 },
            arrivals: poisson(rate),
            work: wait(&law),
            service: shared(1),
        };
        let case = parts.case(vec![
            Comparison::in_service("mean inside", rate * mean, 0.01),
            Comparison::variance(rate * mean, rate * mean, 0.05),
            Comparison::sojourn(mean, 0.01),
        ]);
        let case = case.at(Place::Law(name));
        if name == "lognormal" { case.quick() } else { case }
    };
    let mut cases: Vec<Case> = laws("2s").map(steady).into();
    let mobile =
        MobileMean { rate: 0.14, amplitude: 0.8, peak: 14.0 * 3600.0, period: 86_400.0, service: 7200.0 };
    cases
        .push(swinging("exponential", "{ exponential = { mean = \"2h\" } }", move |t| mobile.exponential(t)));
    cases.push(swinging("constant", "\"2h\"", move |t| mobile.constant(t)));
    cases
}

/// A day after two others, read at four times.
fn swinging(name: &str, law: &str, mean: impl Fn(f64) -> f64) -> Case {
    const HOURS: [f64; 4] = [6.0, 12.0, 18.0, 23.0];
    let parts = Parts {
        name: format!("swinging-{name}"),
        what: format!("M_t/G/infinity, {name} services of 2 h, rate peaks at 14 h"),
        runs: Runs { duration: "3d", warm_up: "2d", replications: 200 },
        arrivals:
            "{ poisson = { rate = \"0.14/s\", shape = { daily = { amplitude = 0.8, peak = \"14h\" } } } }"
                .into(),
        work: wait(law),
        service: shared(1),
    };
    let means = HOURS.map(|hour| mean(hour * 3600.0));
    let mut comparisons: Vec<Comparison> = (0..HOURS.len())
        .map(|index| {
            let quantity = format!("mean inside at {} h", HOURS[index]);
            Comparison::figure(quantity, Unit::Count, means[index], 0.03, move |run: &Watched| run.at[index])
        })
        .collect();
    let dispersion = move |run: &Watched| {
        let of = |(at, mean): (&f64, f64)| (at - mean) * (at - mean) / mean;
        run.at.iter().zip(means).map(of).sum::<f64>() / means.len() as f64
    };
    comparisons.push(Comparison::figure("variance by mean", Unit::Count, 1.0, 0.3, dispersion));
    let case = parts.case(comparisons);
    Case { instants: HOURS.map(|hour| Span::from_seconds(hour * 3600.0 + 2.0 * 86_400.0)).into(), ..case }
}
