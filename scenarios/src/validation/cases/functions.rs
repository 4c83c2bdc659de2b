//! Functions: a concurrency limit without a queue, and environments that are kept for a while.

use sim_core::cost::Arch;
use sim_core::spec::{Package, Runtime};

use super::sharing::laws;
use crate::number::Unit;
use crate::validation::case::{Case, Comparison, Family, Place};
use crate::validation::formulas::{cold_after, erlang_b, erlang_busy};
use crate::validation::text::{Parts, Runs, function, poisson, wait};

pub(super) fn families() -> Vec<Family> {
    vec![
        Family {
            title: "M/G/c/c: concurrency limit",
            text: "A function with c reserved executions and no queue: one more request is throttled. The loss is Erlang's B(c, \
                   a), whatever the law of the duration (Erlang 1917; Sevastyanov 1957), and a (1 - B) executions run on \
                   average.",
            cases: laws("500ms").map(limited).into(),
        },
        Family {
            title: "Keep-alive at a limit of one",
            text: "An environment is kept for T after each request. With one execution at a time, a request that is let in is \
                   cold exactly if none came for longer than T, and Poisson arrivals have no memory: P(cold | let in) = \
                   exp(-lambda T), whatever the service. The environment is busy for the handler and, if cold, for its start, \
                   B on average; so a share lambda B / (1 + lambda B) is throttled (Erlang B with one server, insensitive by \
                   Sevastyanov 1957).",
            cases: [3.0, 10.0, 20.0, 30.0].map(kept).into(),
        },
    ]
}

fn limited((name, law): (&'static str, String)) -> Case {
    let (concurrency, rate, load) = (20, 36.0, 18.0);
    let parts = Parts {
        name: format!("limit-{name}"),
        what: format!("M/G/20/20, {name}, load 0.9"),
        runs: Runs { duration: "2h", warm_up: "5m", replications: 32 },
        arrivals: poisson(rate),
        work: wait(&law),
        service: function(concurrency, "2h", "0s"),
    };
    let loss = erlang_b(concurrency, load);
    let case = parts.case(vec![
        Comparison::metric("loss", Unit::Share, "errors.throttled", loss, 0.02),
        Comparison::in_service("executions", load * (1.0 - loss), 0.005),
    ]);
    let case = case.at(Place::Law(name));
    if name == "lognormal" { case.quick() } else { case }
}

fn kept(keep: f64) -> Case {
    let (rate, handler, start) = (0.1, 1.0, 2.0);
    let parts = Parts {
        name: format!("keep-alive-{keep}"),
        what: format!("lambda T = {:.1}", rate * keep),
        runs: Runs { duration: "16d", warm_up: "1d", replications: 32 },
        arrivals: poisson(rate),
        work: wait(&format!("\"{handler}s\"")),
        service: function(1, &format!("{keep}s"), &format!("{start}s")),
    };
    let cold = cold_after(rate, keep);
    let busy = handler + cold * (start + runtime_start());
    let case = parts.case(vec![
        Comparison::metric("P(cold | let in)", Unit::Share, "cold_start.share", cold, 0.02),
        Comparison::metric("loss", Unit::Share, "errors.throttled", erlang_busy(rate, busy), 0.02),
    ]);
    let case = case.at(Place::Keep(rate * keep));
    if keep == 10.0 { case.quick() } else { case }
}

/// What the runtime of these functions takes on average to start, and its first request on top: the mean of a lognormal of
/// which some take a multiple.
fn runtime_start() -> f64 {
    let runtime = Runtime::named("go").expect("a runtime of the catalogue");
    let law = runtime.init(Arch::X86, Package::Zip);
    let body = law.median_ms / 1e3 * libm::exp(law.sigma * law.sigma / 2.0);
    body * (1.0 + law.slow_share * (law.slow_factor - 1.0)) + runtime.first_request_ms / 1e3
}
