//! Tasks: balancers, health checks, draining, what Fargate bills, how fast tasks launch, limits of a task.

use serde_json::{Value, json};
use sim_core::engine::Span;
use sim_core::observe::{Billable, DecisionKind, Gauge, Outcome, Owner, Part, ServiceId};

use crate::common::problems;
use crate::facts::{SERVICE, facts};
use crate::functions::function;
use crate::{every, one_service, patched, together, within};

/// A Fargate service that takes 12 s to get a place, 10 s to pull and 5 s to start.
fn fargate(more: &Value) -> Value {
    let plain = json!({
        "platform": "fargate",
        "task": { "cpu": "1vCPU", "memory": "2GB", "image": "100MB", "start": { "constant": "5s" } },
        "provisioning": { "constant": "12s" }, "scaling": { "fixed": { "count": 1 } },
    });
    patched(&plain, more)
}

/// `count` tasks from the fifth minute on, `before` until then.
fn steps(before: u32, count: u32) -> Value {
    let action = json!({ "at": "5min", "min": count, "max": count });
    json!({ "scaling": { "scheduled": { "min": before, "max": before, "actions": [action] } } })
}

/// `steps`, scaling replaced rather than merged.
fn scheduled(before: u32, count: u32, more: &Value) -> Value {
    let mut service = fargate(more);
    service["scaling"] = steps(before, count)["scaling"].clone();
    service
}

#[test]
fn without_a_target_the_balancer_says_503() {
    let check = |count: u32, outcome: Outcome| {
        let mut service = fargate(&json!({}));
        service["scaling"] = json!({ "fixed": { "count": count } });
        let facts = facts(&one_service(&every("1/s"), "1ms", &service), "10s", 0);
        assert_eq!(facts.count(outcome), facts.finished().count(), "{count} tasks");
    };
    check(0, Outcome::Unavailable);
    check(1, Outcome::Ok);
}

#[test]
fn a_balancer_gives_up_after_its_idle_timeout_and_the_work_goes_on() {
    let spec = one_service(&every("1/h"), "90s", &fargate(&json!({})));
    let facts = facts(&spec, "61min", 0);
    let finished = facts.finished().next().unwrap();
    assert_eq!(
        (finished.outcome, finished.at - finished.born),
        (Outcome::GatewayTimeout, Span::from_secs(60))
    );
    assert_eq!(facts.level_at(SERVICE, Gauge::Concurrency, 3600.0 + 89.0), 1);
    assert_eq!(facts.level_at(SERVICE, Gauge::Concurrency, 3600.0 + 91.0), 0);
}

#[test]
fn a_new_task_is_placed_pulled_started_and_checked() {
    let mut delays = Vec::new();
    for replication in 0..20 {
        let facts =
            facts(&one_service(&every("1/h"), "1ms", &scheduled(0, 1, &json!({}))), "10min", replication);
        let at = |gauge, value| facts.reaches(SERVICE, gauge, value).unwrap();
        let asked = at(Gauge::ReplicasDesired, 1);
        let running = at(Gauge::ReplicasRunning, 1);
        within("the scheduler's reaction, 12 s, 10 s, 5 s", running - asked, 27.0, 32.0);
        delays.push(at(Gauge::ReplicasReady, 1) - running);
    }
    // Registration, and one passed check at a random moment of the interval: not five.
    let (least, most) =
        delays.iter().fold((f64::MAX, 0_f64), |(low, high), it| (low.min(*it), high.max(*it)));
    within("least", least, 3.0, 8.0);
    within("most", most, 28.0, 33.0);
}

#[test]
fn a_draining_task_finishes_what_its_delay_allows() {
    let check = |wait: &str, delay: &str, some_fail: bool| {
        let alb = json!({ "alb": { "deregistration_delay": delay, "idle_timeout": "1h" } });
        let service = scheduled(1, 0, &json!({ "balancer": alb }));
        let facts = facts(&one_service(&every("1/s"), wait, &service), "15min", 0);
        let (wait, delay): (Span, Span) = (wait.parse().unwrap(), delay.parse().unwrap());
        let stopped = facts.levels(SERVICE, Gauge::ReplicasReady)[1].0;
        let gone = facts.bills().find_map(|bill| match bill {
            Billable::FargateTask { to, .. } => *to,
            _ => None,
        });
        let gone = gone.expect("the task goes").seconds();
        within("held for the whole delay", gone - stopped, delay.seconds() - 1e-6, delay.seconds() + 1e-6);
        // Requests of the task: what is not done when the delay is over gets a 502 at that moment.
        let mut failed = 0;
        for finished in facts.finished().filter(|it| it.born.seconds() < stopped) {
            let late = (finished.born + wait).seconds() > gone;
            assert_eq!(finished.outcome, if late { Outcome::Failed } else { Outcome::Ok }, "{wait}, {delay}");
            assert!(!late || finished.at.seconds() == gone);
            failed += u32::from(late);
        }
        assert_eq!(failed > 0, some_fail, "{wait}, {delay}: {failed} failed");
        let mut reasons = facts.refusals().filter(|(_, outcome, _)| *outcome == Outcome::Failed);
        assert!(reasons.all(|(_, _, reason)| reason == "the deregistration delay is over"));
    };
    check("20s", "30s", false);
    check("20s", "300s", false);
    check("60s", "30s", true);
    check("5s", "0s", true);
}

#[test]
fn a_task_without_a_balancer_is_killed_when_its_stop_timeout_is_over() {
    let check = |wait: &str, more: Value, expected: u64| {
        let service = scheduled(1, 0, &json!({ "balancer": "none", "task": more }));
        let facts = facts(&one_service(&every("1/s"), wait, &service), "15min", 0);
        let stopped = facts.levels(SERVICE, Gauge::ReplicasReady)[1].0;
        let killed = facts.refusals().filter(|(.., reason)| *reason == "the stop timeout is over");
        let after: Vec<f64> = killed.map(|(at, ..)| at.seconds() - stopped).collect();
        let (wait, limit): (Span, f64) = (wait.parse().unwrap(), expected as f64);
        // One request a second: those that have more than `limit` to go when the task is told to stop.
        let lost = (wait.seconds() - limit).max(0.0);
        within(&format!("{wait}, {more}: lost"), after.len() as f64, lost - 1.0, lost + 1.0);
        assert!(after.iter().all(|it| (it - limit).abs() < 1e-6), "{wait}, {more}: {after:?}");
    };
    check("20s", json!({}), 30);
    check("60s", json!({}), 30);
    check("60s", json!({ "stop_timeout": "0s" }), 0);
    check("60s", json!({ "stop_timeout": "90s" }), 90);
    check("100s", json!({ "stop_timeout": "90s" }), 90);
    let service = fargate(&json!({ "task": { "stop_timeout": "121s" } }));
    let problems = problems(&serde_json::from_value(one_service(&every("1/s"), "1ms", &service)).unwrap());
    assert_eq!(problems[0].path, "services.service.task.stop_timeout");
    assert_eq!(problems.len(), 1);
}

#[test]
fn fargate_bills_from_the_start_of_the_pull() {
    let facts = facts(&one_service(&every("1/h"), "1ms", &scheduled(0, 1, &json!({}))), "10min", 0);
    let running = facts.reaches(SERVICE, Gauge::ReplicasRunning, 1).unwrap();
    let from: Vec<_> = facts
        .bills()
        .filter_map(|bill| match bill {
            Billable::FargateTask { from, to: None, .. } => Some(from.seconds()),
            _ => None,
        })
        .collect();
    assert_eq!(from.len(), 1);
    within("pull and start are billed, getting a place is not", running - from[0], 15.0, 15.0);
    // What is paid for is the task's size, while it is paid for.
    let sizes = [(Gauge::CpuCapacity, 1_000_000), (Gauge::MemoryCapacity, 2048 << 10)];
    for (gauge, size) in sizes {
        assert_eq!(facts.levels(SERVICE, gauge), [(from[0], size)], "{gauge:?}");
    }
}

#[test]
fn a_balancer_is_billed_while_it_stands() {
    // Whether or not a request ever comes.
    let check = |service: Value, expected: usize| {
        let facts = facts(&one_service(&every("0/s"), "1ms", &service), "10min", 0);
        let balancers = facts.bills().filter(|bill| matches!(bill, Billable::Balancer { .. })).count();
        assert_eq!((balancers, facts.finished().count()), (expected, 0), "{service}");
    };
    check(fargate(&json!({})), 1);
    check(fargate(&json!({ "balancer": "none" })), 0);
    check(function(&json!({ "front_door": { "alb": {} } })), 1);
    check(function(&json!({ "front_door": "http-api" })), 0);
}

#[test]
fn tasks_launch_as_fast_as_the_quotas_allow() {
    // Tasks asked for after so many seconds; they stay on their way for an hour.
    let check = |account: Value, after: f64, low: f64, high: f64| {
        let service = scheduled(0, 2000, &json!({ "provisioning": { "constant": "1h" } }));
        let mut spec = one_service(&every("1/h"), "1ms", &service);
        spec["account"] = account;
        spec["telemetry"] = json!({ "scheduler_reaction": "0s" });
        let facts = facts(&spec, "10min", 0);
        let asked = facts.reaches(SERVICE, Gauge::ReplicasDesired, 2000).unwrap();
        let launched = facts.level_at(SERVICE, Gauge::ReplicasPending, asked + after) as f64;
        within(&format!("launched after {after} s"), launched, low, high);
    };
    let account_only = || json!({ "service_launch_rate": "100000/min" });
    // Fargate: 100 at once, then 20 a second.
    check(account_only(), 0.01, 100.0, 100.0);
    check(account_only(), 10.0, 295.0, 300.0);
    check(account_only(), 60.0, 1290.0, 1300.0);
    // A service: 500 a minute.
    check(json!({}), 60.0, 490.0, 510.0);
    check(json!({}), 120.0, 990.0, 1010.0);
}

#[test]
fn a_task_that_exceeds_its_memory_is_killed_and_replaced() {
    let check = |each: &str, killed: bool| {
        let mut spec = one_service(&together(10), "60s", &fargate(&json!({})));
        spec["work"]["work"]["memory"] = json!({ "constant": each });
        let facts = facts(&spec, "5min", 0);
        // 2 GiB with 100 MiB of it in use from the start: ten times 194 MiB fit, ten times 196 MiB do not.
        let failed = facts.refusals().filter(|(at, _, reason)| {
            at.seconds() == 10.0 && *reason == "the task exceeded its memory limit"
        });
        let failed = failed.count();
        assert_eq!(failed, if killed { 10 } else { 0 }, "{each}");
        let removals = facts.decisions(DecisionKind::Removal).count();
        assert_eq!(removals > 0, killed);
        let back =
            facts.levels(SERVICE, Gauge::ReplicasReady).iter().filter(|(_, ready)| *ready == 1).count();
        assert_eq!(back > 1, killed, "a replacement comes");
    };
    check("194MiB", false);
    check("196MiB", true);
}

#[test]
fn workers_queue_and_refuse_and_share_their_cores() {
    let check = |server: Value, cpu: &str, at_once: u32, expected_ms: &[u64], rejected: usize| {
        let service = fargate(&json!({ "balancer": "none", "task": { "cpu": cpu, "memory": "8GB" } }));
        let mut spec = one_service(&together(at_once), "0s", &service);
        spec["services"]["service"]["task"]["server"] = server.clone();
        spec["work"]["work"]["cpu"] = json!({ "constant": "20ms" });
        let facts = facts(&spec, "11s", 0);
        let mut latencies: Vec<u64> = facts.latencies().iter().map(|it| (it * 1e3).round() as u64).collect();
        latencies.sort_unstable();
        assert_eq!(latencies, expected_ms, "{server}");
        assert_eq!(facts.count(Outcome::Rejected), rejected, "{server}");
    };
    let workers = |count: u32, backlog: u32| json!({ "workers": { "count": count, "backlog": backlog } });
    let shared = |limit: u32| json!({ "shared": { "limit": limit } });
    // All done at one instant, too.
    check(shared(1024), "4vCPU", 4, &[20, 20, 20, 20], 0);
    check(shared(1024), "2vCPU", 4, &[40, 40, 40, 40], 0);
    check(shared(3), "4vCPU", 4, &[20, 20, 20], 1);
    check(workers(2, 511), "4vCPU", 4, &[20, 20, 40, 40], 0);
    check(workers(1, 511), "4vCPU", 3, &[20, 40, 60], 0);
    check(workers(2, 1), "4vCPU", 5, &[20, 20, 40], 2);
    check(workers(4, 0), "1vCPU", 4, &[80, 80, 80, 80], 0);
}

#[test]
fn time_lost_to_others_is_contention() {
    let service =
        fargate(&json!({ "balancer": "none", "task": { "server": { "shared": { "limit": 10 } } } }));
    let mut spec = one_service(&together(4), "0s", &service);
    spec["work"]["work"]["cpu"] = json!({ "constant": "20ms" });
    let facts = facts(&spec, "11s", 0);
    for finished in facts.finished() {
        let part = |part| finished.parts.get(part).seconds() * 1e3;
        within("alone", part(Part::Cpu), 20.0, 20.0);
        within("with others", part(Part::Contention), 59.9, 60.1);
    }
}

#[test]
fn a_worker_that_is_started_on_demand_is_started_once_for_those_that_queue() {
    let server = json!({ "workers": { "count": 1, "start": { "constant": "500ms" } } });
    let spec = one_service(
        &together(3),
        "1s",
        &fargate(&json!({ "balancer": "none", "task": { "server": server } })),
    );
    let facts = facts(&spec, "12s", 0);
    let parts =
        |part: Part| -> Vec<f64> { facts.finished().map(|it| it.parts.get(part).seconds()).collect() };
    assert_eq!(facts.latencies(), [1.5, 2.5, 3.5]);
    assert_eq!(parts(Part::ColdStart), [0.5, 0.0, 0.0]);
    assert_eq!(parts(Part::Queue), [0.0, 1.5, 2.5]);
    let cold: Vec<bool> = facts.begun().into_iter().map(|(_, cold)| cold).collect();
    assert_eq!(cold, [true, false, false]);
}

#[test]
fn services_share_what_the_launch_quota_leaves() {
    // Two services that want a thousand tasks each from their first minute on, and a token a second between them.
    let growing = json!({
        "platform": "fargate", "task": { "cpu": "0.25vCPU", "memory": "512MB" }, "balancer": "none",
        "scaling": { "scheduled": { "min": 0, "max": 1000, "actions": [{ "at": "1s", "min": 1000 }] } },
    });
    let mut spec = one_service(&every("1/h"), "1ms", &growing);
    spec["services"]["other"] = spec["services"]["service"].clone();
    spec["sources"]["others"] = json!({ "to": "other", "arrivals": every("1/h") });
    spec["account"] = json!({ "fargate_launch_burst": 1, "fargate_launch_rate": "1/s" });
    let facts = facts(&spec, "10min", 0);
    for service in 0..2 {
        let level = |gauge| facts.level_at(Owner::Service(ServiceId(service)), gauge, 599.0);
        let launched = level(Gauge::ReplicasRunning) + level(Gauge::ReplicasPending);
        // Half of 600 tokens; one of them begins up to a minute later, and five standard errors.
        within("tasks of one service", launched as f64, 300.0 - 90.0, 300.0 + 90.0);
    }
}
