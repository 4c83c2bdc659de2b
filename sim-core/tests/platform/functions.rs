//! Lambda: scaling and throttles, provisioned concurrency, the life of an environment, billing, front doors.

use serde_json::{Value, json};
use sim_core::engine::Span;
use sim_core::observe::{Billable, DecisionKind, Finished, Gauge, Outcome, Part};

use crate::common::problems;
use crate::facts::{Facts, SERVICE, facts};
use crate::{every, one_service, patched, together, within};

/// A function without overheads whose environments take about 16 ms to start.
fn function(more: &Value) -> Value {
    let zero = json!({ "constant": "0s" });
    let plain = json!({
        "platform": "lambda", "memory": "1769MB", "runtime": "rust", "timeout": "900s", "front_door": "invoke",
        "app_init": zero, "placement_overhead": zero, "warm_overhead": zero, "max_lifetime": { "constant": "900h" },
        "keep_alive": { "fixed": { "after": "10h" } },
    });
    patched(&plain, more)
}

#[test]
fn a_step_of_5000_is_served_after_40_s() {
    let mut spec = one_service(&together(5000), "800s", &function(&json!({})));
    spec["account"] = json!({ "lambda_concurrency": 10_000 });
    spec["sources"]["all"]["client"] =
        json!({ "retries": { "attempts": 100, "backoff": "1s", "max_backoff": "1s" } });
    let facts = facts(&spec, "1min", 0);
    let after = |seconds: f64| facts.level_at(SERVICE, Gauge::Environments, 10.0 + seconds) as f64;
    within("at once", after(0.0), 1000.0, 1000.0);
    within("after 1 s", after(1.0), 1050.0, 1100.0);
    within("after 20 s", after(20.0), 2950.0, 3000.0);
    within("after 39 s", after(39.0), 4800.0, 4900.0);
    within("all", facts.reaches(SERVICE, Gauge::Environments, 5000).unwrap() - 10.0, 40.0, 41.0);
    let other = facts.refusals().find(|(.., reason)| *reason != "scaling rate of the function");
    assert_eq!(other, None);
}

#[test]
fn throttles_and_their_reasons() {
    // Reasons after the first three seconds, by which time bursts are used up.
    let check = |account: u32, more: Value, arrivals: Value, wait: &str, expected: &[&str]| {
        let mut spec = one_service(&arrivals, wait, &function(&more));
        spec["account"] = json!({ "lambda_concurrency": account });
        let facts = facts(&spec, "20s", 0);
        let mut reasons: Vec<&str> =
            facts.refusals().filter(|(at, ..)| at.seconds() > 3.0).map(|(_, _, reason)| reason).collect();
        assert!(facts.refusals().all(|(_, outcome, _)| outcome == Outcome::Throttled));
        reasons.sort_unstable();
        reasons.dedup();
        assert_eq!(reasons, expected, "account {account}, {more}, {wait}");
    };
    let reserved = |units: u32| json!({ "reserved_concurrency": units });
    let (account_full, own_full) =
        ("ConcurrentInvocationLimitExceeded", "ReservedFunctionConcurrentInvocationLimitExceeded");
    let (account_rate, own_rate) =
        ("FunctionInvocationRateLimitExceeded", "ReservedFunctionInvocationRateLimitExceeded");
    check(20, json!({}), together(20), "100s", &[]);
    check(20, json!({}), together(21), "100s", &[account_full]);
    check(1000, reserved(900), together(900), "100s", &[]);
    check(1000, reserved(5), together(6), "100s", &[own_full]);
    // 10 requests a second per unit of concurrency: below 100 ms a request that quota binds first, above it concurrency.
    check(20, json!({}), every("190/s"), "90ms", &[]);
    check(20, json!({}), every("400/s"), "90ms", &[account_rate]);
    check(20, json!({}), every("190/s"), "120ms", &[account_full]);
    check(1000, reserved(20), every("400/s"), "90ms", &[own_rate]);
    check(1000, reserved(20), every("190/s"), "120ms", &[own_full]);
    // Provisioned concurrency comes out of the reservation, or out of the account.
    let provisioned =
        json!({ "reserved_concurrency": 5, "provisioned_concurrency": { "fixed": { "count": 3 } } });
    check(1000, provisioned.clone(), together(5), "100s", &[]);
    check(1000, provisioned, together(6), "100s", &[own_full]);
    let provisioned = json!({ "provisioned_concurrency": { "fixed": { "count": 15 } } });
    check(120, provisioned.clone(), together(120), "100s", &[]);
    check(120, provisioned, together(121), "100s", &[account_full]);
    // A reservation of nothing switches the function off, whoever asks and however seldom.
    check(1000, reserved(0), together(1), "1s", &[own_full]);
    check(1000, reserved(0), every("400/s"), "1s", &[own_full]);
}

#[test]
fn what_is_set_aside_leaves_the_account_its_floor() {
    let check = |account: u32, functions: &[Value], expected: &[&str]| {
        let mut spec = one_service(&every("1/s"), "1s", &function(&functions[0]));
        spec["account"] = json!({ "lambda_concurrency": account });
        for (index, more) in functions.iter().enumerate().skip(1) {
            let other = patched(&function(more), &json!({ "work": "work" }));
            spec["services"][format!("other{index}")] = other;
        }
        let problems = problems(&serde_json::from_value(spec).unwrap());
        let paths: Vec<&str> = problems.iter().map(|problem| problem.path.as_str()).collect();
        assert_eq!(paths, expected, "{problems:?}");
    };
    let reserved = |units: u32| json!({ "reserved_concurrency": units });
    let fixed = |count: u32| json!({ "provisioned_concurrency": { "fixed": { "count": count } } });
    let tracking = |min: u32, max: u32| json!({ "provisioned_concurrency": { "target-tracking": { "min": min, "max": max } } });
    check(1000, &[reserved(900)], &[]);
    check(1000, &[reserved(901)], &["services.service.reserved_concurrency"]);
    check(1000, &[fixed(900)], &[]);
    check(1000, &[fixed(901)], &["services.service.provisioned_concurrency"]);
    check(
        1000,
        &[fixed(500), reserved(401)],
        &["services.service.provisioned_concurrency", "services.other1.reserved_concurrency"],
    );
    check(1000, &[tracking(500, 900), fixed(400)], &[]); // what it adds is kept within the account when it asks
    // It comes out of the function's reservation.
    let both = |count: u32| patched(&json!({ "reserved_concurrency": 500, "timeout": "9s" }), &fixed(count));
    check(1000, &[both(500), fixed(400)], &[]);
    check(
        1000,
        &[both(500), fixed(401)],
        &["services.service.reserved_concurrency", "services.other1.provisioned_concurrency"],
    );
    check(1000, &[both(501)], &["services.service.provisioned_concurrency"]);
}

#[test]
fn a_wish_beyond_what_the_account_can_spare_is_cut() {
    // 130 in all, 100 of which nobody may set aside, 12 of them already provisioned by another function.
    let growing = json!({ "provisioned_concurrency": { "scheduled": {
        "min": 5, "max": 50, "actions": [{ "at": "5min", "min": 40 }],
    } } });
    let mut spec = one_service(&every("1/h"), "1s", &function(&growing));
    spec["account"] = json!({ "lambda_concurrency": 130 });
    let other = function(&json!({ "provisioned_concurrency": { "fixed": { "count": 12 } } }));
    spec["services"]["other"] = patched(&other, &json!({ "work": "work" }));
    let facts = facts(&spec, "20min", 0);
    let levels: Vec<u64> =
        facts.levels(SERVICE, Gauge::Provisioned).iter().map(|(_, count)| *count).collect();
    assert_eq!(levels, [5, 18]);
    let decisions: Vec<_> = facts.decisions(DecisionKind::ServiceScaling).collect();
    assert_eq!(decisions.len(), 1);
    let reason = &decisions[0].reason;
    assert!(reason.ends_with("40 wanted, 18 is all that the account can spare"), "{reason}");
}

#[test]
fn a_reservation_is_kept_from_others() {
    // 150 in all, 50 reserved by an idle function: the other one gets 100.
    let mut spec = one_service(&together(150), "100s", &function(&json!({})));
    spec["account"] = json!({ "lambda_concurrency": 150 });
    spec["services"]["idle"] =
        patched(&function(&json!({ "reserved_concurrency": 50 })), &json!({ "work": "work" }));
    let facts = facts(&spec, "20s", 0);
    assert_eq!(facts.level_at(SERVICE, Gauge::Concurrency, 15.0), 100);
}

#[test]
fn demand_above_provisioned_concurrency_spills_over() {
    let more = json!({ "provisioned_concurrency": { "fixed": { "count": 2 } } });
    let facts = facts(&one_service(&together(5), "100s", &function(&more)), "20s", 0);
    assert_eq!(facts.begun().iter().filter(|(_, cold)| *cold).count(), 3);
    let provisioned =
        |billable: &&Billable| matches!(billable, Billable::Invocation { provisioned: true, .. });
    assert_eq!(facts.bills().filter(provisioned).count(), 2);
}

#[test]
fn provisioned_environments_come_all_at_once_after_a_minute_or_two() {
    let more = json!({ "provisioned_concurrency": { "scheduled": {
        "min": 0, "max": 600, "actions": [{ "at": "5min", "min": 600 }],
    } } });
    let facts = facts(&one_service(&every("1/h"), "1s", &function(&more)), "20min", 0);
    let asked = facts.reaches(SERVICE, Gauge::Provisioned, 600).unwrap();
    within("asked for", asked, 300.0, 360.0);
    let steps: Vec<u64> =
        facts.levels(SERVICE, Gauge::Environments).iter().map(|(_, value)| *value).collect();
    let ready = facts.reaches(SERVICE, Gauge::Environments, 600).unwrap();
    assert!(ready == facts.reaches(SERVICE, Gauge::Environments, 1).unwrap(), "none before all: {steps:?}");
    // A minute or two to prepare, then 6,000 a minute.
    within("ready", ready - asked, 60.0 + 6.0, 120.0 + 6.0);
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
fn provisioned_concurrency_follows_its_utilization() {
    let more = json!({ "provisioned_concurrency": { "target-tracking": {
        "target": "70%", "min": 2, "max": 50,
    } } });
    // Ten at once from the tenth minute on, for half an hour.
    let steps = json!({ "steps": [{ "at": "10min", "users": 10 }, { "at": "40min", "users": 0 }] });
    let arrivals = json!({ "users": { "population": steps, "think": { "constant": "1ms" } } });
    let facts = facts(&one_service(&arrivals, "10s", &function(&more)), "80min", 0);
    let levels = facts.levels(SERVICE, Gauge::Provisioned);
    let (out, _) = levels[1];
    // Three minutes above, a minute's lag, a look a minute.
    within("first out", out - 600.0, 180.0, 360.0);
    let most = levels.iter().map(|(_, value)| *value).max().unwrap();
    within("ten busy at 70 %", most as f64, 14.0, 15.0);
    let inwards = levels.iter().find(|(at, value)| *at > 2400.0 && *value < most).unwrap().0;
    within("first in", inwards - 2400.0, 900.0, 1200.0);
}
