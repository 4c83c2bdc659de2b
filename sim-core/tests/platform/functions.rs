//! Lambda: the life of an environment, billing, memory, front doors.

use std::sync::{Arc, Mutex};

use indexmap::IndexMap;
use serde_json::{Value, json};
use sim_core::engine::{Span, Time};
use sim_core::model::{Platform, simulate};
use sim_core::observe::{Billable, Finished, Gauge, Outcome, Part};

use sim_core::policy::catalogue::{Catalogue, Declaration};
use sim_core::policy::view::{KeepAliveDecision, KeepAlivePolicy, KeepAliveView};
use sim_core::random::Luck;
use sim_core::spec::FleetSpec;
use sim_core::traffic::NoTraces;

use crate::common::run_of;
use crate::facts::{Facts, SERVICE, facts};
use crate::{every, one_service, patched, together, within};

/// A function without overheads whose environments take about 16 ms to start.
pub(crate) fn function(more: &Value) -> Value {
    let zero = json!({ "constant": "0s" });
    let plain = json!({
        "platform": "lambda", "memory": "1769MB", "runtime": "rust", "timeout": "900s", "front_door": "invoke",
        "app_init": zero, "placement_overhead": zero, "warm_overhead": zero, "max_lifetime": { "constant": "900h" },
        "keep_alive": { "fixed": { "after": "10h" } },
    });
    patched(&plain, more)
}

/// Cold starts of a single environment under requests of a second, one a minute.
fn cold_starts(keep: &str, lifetime: &str, minutes: u32) -> usize {
    let more =
        json!({ "keep_alive": { "fixed": { "after": keep } }, "max_lifetime": { "constant": lifetime } });
    let spec = one_service(&every("1/min"), "1s", &function(&more));
    let facts = facts(&spec, &format!("{minutes}min"), 0);
    facts.begun().iter().filter(|(_, cold)| *cold).count()
}

#[test]
fn an_idle_environment_goes_exactly_at_its_keep_alive() {
    let check = |keep: &str, lifetime: &str, expected: usize| {
        assert_eq!(cold_starts(keep, lifetime, 11), expected, "kept {keep}, lives {lifetime}");
    };
    // Ten requests, idle for 59 s in between (less after a cold start). At 59 s sharp it is gone.
    check("59.000000001s", "9h", 1);
    check("59s", "9h", 5);
    check("58s", "9h", 10);
    check("0s", "9h", 10);
    // Past its life it is replaced at the next request: every third.
    check("1h", "150s", 4);
    check("1h", "9h", 1);
}

/// A policy that remembers what it was shown last, and keeps environments for so long before and from the fortieth minute.
struct Onlooker(Arc<Mutex<Option<KeepAliveView>>>, [Span; 2]);

impl KeepAlivePolicy for Onlooker {
    fn decide(&mut self, view: &KeepAliveView) -> KeepAliveDecision {
        *self.0.lock().unwrap() = Some(view.clone());
        let later = view.now >= Time::ZERO + Span::from_secs(2400);
        KeepAliveDecision::keep(self.1[usize::from(later)], "looks on")
    }

    fn period(&self) -> Option<Span> {
        Some(Span::from_secs(600))
    }
}

/// What happens under the onlooker, and what it saw last.
fn looked_on(rate: &str, wait: &str, keep: [Span; 2], seconds: u64) -> (Facts, KeepAliveView) {
    let seen = Arc::new(Mutex::new(None));
    let shared = seen.clone();
    let declaration =
        Declaration::new("onlooker", "remembers what it sees", move |()| Ok(Onlooker(shared.clone(), keep)));
    let policies = Catalogue::builtin().with_keep_alive(declaration);
    let platform = Platform { instance_types: &IndexMap::new(), policies: &policies, traces: &NoTraces };
    let mut function = function(&json!({}));
    function["keep_alive"] = json!("onlooker");
    let fleet: FleetSpec = serde_json::from_value(one_service(&every(rate), wait, &function)).unwrap();
    assert_eq!(fleet.problems(&platform), []);
    let run = run_of(Span::from_secs(seconds), Luck { root: 1, replication: 0 });
    let facts = simulate(&fleet, &platform, run, |_| Facts::default()).unwrap().probe;
    let view = seen.lock().unwrap().take().unwrap();
    (facts, view)
}

#[test]
fn a_shorter_keep_alive_reaches_what_is_idle() {
    // A request in the 30th minute, the next one in the 60th. From the 40th on the environment is kept for so many minutes;
    // it is found until it goes.
    let check = |minutes: u64, there: &[(f64, u64)], cold: &[bool]| {
        let (facts, _) = looked_on("2/h", "0s", [600, minutes].map(|it| Span::from_secs(60 * it)), 3601);
        let levels = facts.levels(SERVICE, Gauge::Environments);
        let levels: Vec<(f64, u64)> = levels.iter().map(|(at, count)| (at.round() / 60.0, *count)).collect();
        assert_eq!(levels, there, "{minutes} minutes");
        let begun: Vec<bool> = facts.begun().iter().map(|(_, cold)| *cold).collect();
        assert_eq!(begun, cold, "{minutes} minutes");
    };
    check(600, &[(0.0, 0), (30.0, 1)], &[true, false]);
    check(20, &[(0.0, 0), (30.0, 1), (50.0, 0), (60.0, 1)], &[true, true]);
    check(10, &[(0.0, 0), (30.0, 1), (40.0, 0), (60.0, 1)], &[true, true]);
    check(1, &[(0.0, 0), (30.0, 1), (40.0, 0), (60.0, 1)], &[true, true]);
}

#[test]
fn a_keep_alive_policy_sees_how_long_its_function_was_idle() {
    let check = |rate: &str, wait: &str, hours: u64, minutes: &[(usize, u32)], beyond: u32| {
        let (_, view) = looked_on(rate, wait, [Span::ZERO; 2], hours * 3600 + 60);
        let idle = view.idle_times;
        let bins = idle.minutes.iter().copied().enumerate().filter(|(_, count)| *count > 0);
        assert_eq!((bins.collect::<Vec<_>>().as_slice(), idle.beyond), (minutes, beyond), "{rate}, {wait}");
    };
    // Every 12 minutes, the first after 12: at four hours the twentieth has just come.
    check("5/h", "90s", 4, &[(10, 19)], 0);
    check("5/h", "10min", 4, &[(1, 19)], 0);
    check("5/h", "14min", 4, &[], 0); // never idle
    check("0.2/h", "90s", 24, &[], 3);
}

#[test]
fn an_environment_past_its_life_finishes_what_it_does() {
    let more = json!({ "max_lifetime": { "constant": "30s" } });
    let facts = facts(&one_service(&every("1/min"), "50s", &function(&more)), "6min", 0);
    assert_eq!((facts.count(Outcome::Ok), facts.begun().iter().filter(|(_, cold)| *cold).count()), (5, 5));
}

#[test]
fn which_idle_environment_is_used_again() {
    // Two at once in the beginning, then one after the other: who keeps the second environment alive?
    let check = |reuse: &str, low: u64, high: u64| {
        let more = json!({ "reuse": reuse, "keep_alive": { "fixed": { "after": "60s" } } });
        let mut spec = one_service(&every("6/min"), "1s", &function(&more));
        let steps = json!({ "steps": [{ "at": "0s", "factor": 1 }, { "at": "15s", "factor": 0 }] });
        spec["sources"]["once"] =
            json!({ "to": "service", "arrivals": { "deterministic": { "rate": "6/min", "shape": steps } } });
        let facts = facts(&spec, "5min", 0);
        within(reuse, facts.level_at(SERVICE, Gauge::Environments, 290.0) as f64, low as f64, high as f64);
        assert_eq!(facts.level_at(SERVICE, Gauge::Environments, 20.0), 2);
    };
    check("most-recently-used", 1, 1);
    check("newest-created", 1, 1);
    check("least-recently-used", 2, 2);
    check("random", 2, 2);
}

#[test]
fn after_a_time_limit_the_next_event_initialises_again() {
    let more = json!({ "timeout": "3s", "app_init": { "constant": "500ms" } });
    let mut spec = one_service(&every("3/min"), "1s", &function(&more));
    spec["work"]["work"]["wait"] = json!({ "mixture": [
        { "weight": 1, "of": { "constant": "100ms" } }, { "weight": 1, "of": { "constant": "1h" } },
    ] });
    let facts = facts(&spec, "20min", 0);
    let requests: Vec<&Finished> = facts.finished().collect();
    for pair in requests.windows(2) {
        let (before, this) = (pair[0], pair[1]);
        assert!(!this.cold, "the environment stays");
        let suppressed = this.parts.get(Part::ColdStart);
        match (before.outcome, this.outcome) {
            (Outcome::FunctionTimeout, Outcome::Ok) => within("init", suppressed.seconds(), 0.505, 0.6),
            (_, Outcome::Ok) => assert_eq!(suppressed, Span::ZERO),
            (Outcome::Ok, _) => assert_eq!(this.at - this.born, Span::from_secs(3)),
            _ => {}
        }
    }
    assert!(facts.count(Outcome::Ok) > 15 && facts.count(Outcome::FunctionTimeout) > 15);
    // The time up to the limit is billed, no more.
    assert_eq!(facts.bills().filter_map(handler).max(), Some(Span::from_secs(3)));
}

#[test]
fn an_initialisation_beyond_10_s_is_run_again_in_the_invocation() {
    let first = |timeout: &str| {
        let more = json!({ "timeout": timeout, "app_init": { "constant": "12s" } });
        let facts = facts(&one_service(&every("1/min"), "1s", &function(&more)), "3min", 0);
        let finished = *facts.finished().next().unwrap();
        (finished.outcome, (finished.at - finished.born).seconds())
    };
    let (outcome, latency) = first("30s");
    assert_eq!(outcome, Outcome::Ok);
    within("10 s, 12 s again, 1 s of work", latency, 23.005, 23.1);
    assert_eq!(first("9s"), (Outcome::FunctionTimeout, 19.0));
}

#[test]
fn what_of_an_invocation_is_billed() {
    let more = json!({
        "app_init": { "constant": "126ms" }, "placement_overhead": { "constant": "70ms" },
        "warm_overhead": { "constant": "6ms" },
    });
    let facts = facts(&one_service(&every("1/min"), "3.4ms", &function(&more)), "3min", 0);
    let bills: Vec<(Span, Span)> = facts
        .bills()
        .filter_map(|billable| match billable {
            Billable::Invocation { init, handler, .. } => Some((*init, *handler)),
            _ => None,
        })
        .collect();
    let requests: Vec<&Finished> = facts.finished().collect();
    let (cold, warm) = (requests[0], requests[1]);
    // Cold: initialisation is billed, the platform's 70 ms and the 6 ms of the front end are not.
    assert_eq!(bills[0].0, cold.parts.get(Part::ColdStart) - Span::from_millis(70));
    within("init", bills[0].0.seconds(), 0.137, 0.2);
    assert_eq!(
        bills[0].1 - Span::from_nanos(3_400_000),
        cold.parts.get(Part::Cpu),
        "the first request's extra"
    );
    assert_eq!(bills[1], (Span::ZERO, Span::from_nanos(3_400_000)));
    assert_eq!(warm.at - warm.born, Span::from_nanos(9_400_000));
}

#[test]
fn memory_in_use_and_out_of_memory() {
    // Ten requests of 10 s in 20 s. Used: what the request needs, while it is in its environment.
    let check = |memory: &str, used_mib: f64, outcome: Outcome| {
        let more = json!({ "memory": "128MB", "app_init": { "constant": "500ms" } });
        let mut spec = one_service(&every("3/min"), "10s", &function(&more));
        spec["work"]["work"]["memory"] = json!({ "constant": memory });
        let facts = facts(&spec, "201s", 0);
        assert_eq!(facts.count(outcome), facts.finished().count(), "{memory}");
        let ratio =
            |above, below| facts.mean(SERVICE, above, 40.0, 200.0) / facts.mean(SERVICE, below, 40.0, 200.0);
        let of_reserved = ratio(Gauge::MemoryUsed, Gauge::MemoryReserved);
        let of_paid = ratio(Gauge::MemoryUsed, Gauge::MemoryCapacity);
        if outcome == Outcome::Ok {
            within("of reserved", of_reserved, used_mib / 128.0 * 0.5, used_mib / 128.0 * 0.5);
        }
        within("of paid", of_paid, used_mib / 128.0 - 1e-9, used_mib / 128.0 + 1e-9);
        facts
    };
    check("32MiB", 32.0, Outcome::Ok);
    check("128MiB", 128.0, Outcome::Ok);
    // It ends at once, and the environment starts again inside the next invocation.
    let facts = check("129MiB", 128.0, Outcome::Failed);
    let bills: Vec<Span> = facts.bills().filter_map(handler).collect();
    assert_eq!(bills[0], Span::ZERO);
    within("initialised again", bills[1].seconds(), 0.505, 0.6);
    assert_eq!(facts.begun().iter().filter(|(_, cold)| *cold).count(), 1);
    assert_eq!(facts.refusals().next().unwrap().2, "the function exceeded its memory");
}

/// The billed handler of an invocation.
fn handler(billable: &Billable) -> Option<Span> {
    if let Billable::Invocation { handler, .. } = billable { Some(*handler) } else { None }
}

#[test]
fn memory_brings_cpu() {
    let check = |memory: &str, expected_ms: f64| {
        let mut spec = one_service(&every("1/s"), "0s", &function(&json!({ "memory": memory })));
        spec["work"]["work"] = json!({ "cpu": { "constant": "100ms" }, "parallelism": 6.0 });
        let latencies = facts(&spec, "10s", 0).latencies();
        within(memory, latencies[5] * 1e3, expected_ms - 0.001, expected_ms + 0.001);
    };
    check("1769MB", 100.0);
    check("3538MB", 50.0);
    check("128MB", 100.0 * 1769.0 / 128.0);
    check("10240MB", 100.0 * 1769.0 / 10240.0);
}

#[test]
fn front_doors_give_up_and_the_work_goes_on() {
    let check = |door: Value, wait: &str, outcome: Outcome, seconds: f64| {
        let spec = one_service(&every("1/h"), wait, &function(&json!({ "front_door": door })));
        let facts = facts(&spec, "90min", 0);
        let finished = facts.finished().next().unwrap();
        assert_eq!(finished.outcome, outcome, "{door}");
        within(&format!("{door}"), (finished.at - finished.born).seconds(), seconds, seconds + 0.05);
        let wait: Span = wait.parse().unwrap();
        let served = facts.served()[0] - finished.born.seconds();
        within(&format!("{door}: served"), served, wait.seconds(), wait.seconds() + 0.05);
        let billed = facts.bills().any(
            |bill| matches!(bill, Billable::Invocation { handler, .. } if (*handler - wait).seconds() < 0.01),
        );
        assert!(billed, "{door}: the whole invocation is billed");
    };
    check(json!("http-api"), "29.5s", Outcome::Ok, 29.5);
    check(json!("http-api"), "40s", Outcome::GatewayTimeout, 30.0);
    check(json!({ "rest-api": {} }), "40s", Outcome::GatewayTimeout, 29.0);
    check(json!({ "rest-api": { "timeout": "300s" } }), "40s", Outcome::Ok, 40.0);
    check(json!({ "alb": {} }), "59s", Outcome::Ok, 59.0);
    check(json!({ "alb": {} }), "70s", Outcome::GatewayTimeout, 60.0);
    check(json!("function-url"), "800s", Outcome::Ok, 800.0);
    check(json!("invoke"), "800s", Outcome::Ok, 800.0);
}

#[test]
fn a_response_on_its_way_back_is_not_late_for_the_front_door() {
    // The function answers after 29.9 s, the response reaches a user after 30.4 s.
    let mut spec = one_service(&together(1), "29.8s", &function(&json!({ "front_door": "http-api" })));
    spec["sources"]["all"]["network"] = json!({ "constant": "1s" });
    let facts: Facts = facts(&spec, "30s", 0);
    assert_eq!(facts.count(Outcome::Ok), 1);
}

#[test]
fn a_payload_above_the_limit_fails() {
    // What becomes of a request of such a size with a response of such a size, and whether it is invoked and billed.
    let check = |door: Value, request: &str, response: &str, expected: Outcome, invoked: usize| {
        let mut spec = one_service(&every("1/h"), "1s", &function(&json!({ "front_door": door })));
        spec["work"]["work"]["request"] = json!({ "constant": request });
        spec["work"]["work"]["response"] = json!({ "constant": response });
        let facts = facts(&spec, "61min", 0);
        let ends: Vec<Outcome> = facts.finished().map(|it| it.outcome).collect();
        let billed = facts.bills().filter(|bill| matches!(bill, Billable::Invocation { .. })).count();
        assert_eq!((ends, billed), (vec![expected], invoked), "{door}, {request}, {response}");
        let reason = facts.refusals().next().map(|(.., reason)| reason);
        let said = match (expected, door.is_string()) {
            (Outcome::Ok, _) => None,
            (Outcome::Rejected, false) => Some("a request larger than 1 MB (413)"),
            (_, false) => Some("a response larger than 1 MB (502)"),
            (Outcome::Rejected, true) => Some("a request larger than 6 MB (413)"),
            (_, true) => Some("a response larger than 6 MB (413)"),
        };
        assert_eq!(reason, said, "{door}, {request}, {response}");
    };
    for door in ["invoke", "http-api", "function-url"] {
        check(json!(door), "6MiB", "6MiB", Outcome::Ok, 1);
        check(json!(door), "6291457B", "1kB", Outcome::Rejected, 0);
        check(json!(door), "1kB", "6291457B", Outcome::Failed, 1);
    }
    let balancer = || json!({ "alb": {} });
    check(balancer(), "1MiB", "1MiB", Outcome::Ok, 1);
    check(balancer(), "1048577B", "1kB", Outcome::Rejected, 0);
    check(balancer(), "1kB", "1048577B", Outcome::Failed, 1);
}
