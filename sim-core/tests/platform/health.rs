//! Health checks: what a balancer makes of busy targets, and what the service does about it.
//!
//! A check of a first task comes at a random moment of the interval and then every ten seconds; the requests come after
//! exactly an hour, from which time is counted here. So the n-th failed check is sent between 10 n - 10 and 10 n seconds.

use serde_json::{Value, json};
use sim_core::observe::{DecisionFact, DecisionKind, Gauge, Outcome};

use crate::common::{problems, read};
use crate::facts::{Facts, SERVICE, facts};
use crate::{one_service, patched, together, within};

/// When the requests come.
const START: f64 = 3600.0;

/// `count` requests together, after an hour and not again for another.
fn at_once(count: u32) -> Value {
    json!({ "users": { "population": { "constant": count }, "think": { "constant": "1h" } } })
}

/// A Fargate service of `tasks` with one worker each, checked every ten seconds; a new task needs 27 s to run.
fn service(tasks: u32, more: &Value) -> Value {
    let plain = json!({
        "platform": "fargate",
        "task": {
            "cpu": "1vCPU", "memory": "2GB", "image": "100MB", "start": { "constant": "5s" },
            "server": { "workers": { "count": 1, "backlog": 500 } },
        },
        "provisioning": { "constant": "12s" }, "scaling": { "fixed": { "count": tasks } },
        "balancer": { "alb": {
            "health_check": { "interval": "10s", "timeout": "5s" }, "deregistration_delay": "20s", "idle_timeout": "1h",
        } },
    });
    patched(&plain, more)
}

/// The same, never replaced.
fn alone(tasks: u32, more: &Value) -> Value {
    patched(&service(tasks, more), &json!({ "provisioning": { "constant": "10h" } }))
}

fn checks(more: &Value) -> Value {
    json!({ "balancer": { "alb": { "health_check": more } } })
}

/// When the first target turned unhealthy or healthy again.
fn turned(facts: &Facts, how: &str) -> Option<f64> {
    let turns = |it: &&DecisionFact| it.reason.contains(how);
    facts.decisions(DecisionKind::Health).find(turns).map(|it| it.at.seconds() - START)
}

#[test]
fn a_target_fails_when_no_worker_gets_to_its_checks() {
    // One request that holds the only worker for an hour.
    let check = |what: &str, more: Value, unhealthy: Option<(f64, f64)>| {
        for replication in 0..8 {
            let spec = one_service(&at_once(1), "1h", &alone(1, &more));
            let at = turned(&facts(&spec, "63min", replication), "failed");
            match (at, unhealthy) {
                (Some(at), Some((low, high))) => within(what, at, low, high),
                (at, expected) => assert_eq!(at.is_some(), expected.is_some(), "{what}"),
            }
        }
    };
    check("two checks", json!({}), Some((15.0, 25.0)));
    check("four checks", checks(&json!({ "unhealthy_threshold": 4 })), Some((35.0, 45.0)));
    check("a timeout of 8 s", checks(&json!({ "timeout": "8s" })), Some((18.0, 28.0)));
    check("a thread of its own", checks(&json!({ "served_by": "apart" })), None);
    let server = |server: Value| json!({ "task": { "server": server } });
    check("a second worker", server(json!({ "workers": { "count": 2 } })), None);
    check("no room to wait", server(json!({ "workers": { "count": 1, "backlog": 0 } })), Some((10.0, 20.0)));
    check("no place", server(json!({ "shared": { "limit": 1 } })), Some((10.0, 20.0)));
    check("a place", server(json!({ "shared": { "limit": 2 } })), None);
    check("no balancer", json!({ "balancer": "none" }), None);
}

#[test]
fn a_check_waits_behind_the_queue() {
    // Requests of a second each, asked again a millisecond after the answer: `users` less one wait when a check comes.
    let check = |users: u32, timeout: &str, passes: bool| {
        let sources = json!({ "users": {
            "population": { "constant": users }, "think": { "constant": "1ms" },
        } });
        for replication in 0..4 {
            let spec = one_service(&sources, "1s", &alone(1, &checks(&json!({ "timeout": timeout }))));
            let failed = turned(&facts(&spec, "3min", replication), "failed");
            assert_eq!(failed.is_none(), passes, "{users} users, {timeout}, replication {replication}");
        }
    };
    check(5, "5s", true);
    check(7, "5s", false);
    check(7, "7s", true);
    check(9, "7s", false);
}

#[test]
fn recovery_takes_its_own_number_of_checks() {
    // Ten requests of six seconds, one after the other: checks from the 55th second on get their worker in time.
    let check = |threshold: u32, low: f64, high: f64| {
        for replication in 0..8 {
            let more = checks(&json!({ "healthy_threshold": threshold }));
            let facts = facts(&one_service(&at_once(10), "6s", &alone(1, &more)), "63min", replication);
            within("failed", turned(&facts, "failed").unwrap(), 15.0, 25.0);
            within(&format!("passed {threshold}"), turned(&facts, "passed").unwrap(), low, high);
        }
    };
    // The first of them is sent before the 65th second and judged at once, or when its five seconds are over.
    check(2, 65.0, 75.0);
    check(5, 95.0, 105.0);
    check(10, 145.0, 155.0);
}

#[test]
fn requests_go_to_healthy_targets_and_to_all_if_there_are_none() {
    // `busy` of two targets have their worker taken for an hour.
    let check = |busy: u32, ready: &[u64], failing_open: bool| {
        for replication in 0..4 {
            let facts =
                facts(&one_service(&at_once(busy), "1h", &alone(2, &json!({}))), "63min", replication);
            let levels: Vec<u64> =
                facts.levels(SERVICE, Gauge::ReplicasReady).iter().map(|(_, level)| *level).collect();
            assert_eq!(levels, ready, "{busy} busy");
            let opens = facts.decisions(DecisionKind::Health).any(|it| it.reason.contains("go to all"));
            assert_eq!(opens, failing_open);
            assert_eq!(facts.count(Outcome::Unavailable), 0);
        }
    };
    check(1, &[1, 2, 1], false);
    check(2, &[1, 2, 1, 2], true);
}

/// Levels of running tasks from the first minute's start on.
fn running(facts: &Facts) -> Vec<u64> {
    facts.levels(SERVICE, Gauge::ReplicasRunning).iter().map(|(_, level)| *level).collect()
}

#[test]
fn an_unhealthy_task_is_replaced() {
    let check = |maximum: &str, expected: &[u64]| {
        for replication in 0..4 {
            let more = json!({ "maximum_percent": maximum });
            let facts = facts(&one_service(&at_once(1), "1h", &service(2, &more)), "63min", replication);
            assert_eq!(running(&facts), expected, "{maximum}");
            let removals: Vec<&DecisionFact> = facts.decisions(DecisionKind::Removal).collect();
            assert_eq!(removals.len(), 2, "{removals:?}");
            assert!(removals[0].reason.contains("failed ELB health checks"));
            let stopped = removals[1].at.seconds();
            // Drained for its whole delay; what it holds is lost then.
            let lost: Vec<f64> =
                facts.refusals().filter(|it| it.1 == Outcome::Failed).map(|it| it.0.seconds()).collect();
            assert_eq!(lost.len(), 1, "{lost:?}");
            within("lost", lost[0] - stopped, 19.999, 20.001);
            let back = facts.levels(SERVICE, Gauge::ReplicasReady).last().unwrap().1;
            assert_eq!(back, 2);
        }
    };
    check("200%", &[1, 2, 3, 2]);
    check("150%", &[1, 2, 3, 2]);
    // Three quarters of a task more is none.
    check("137%", &[1, 2, 1, 2]);
    check("100%", &[1, 2, 1, 2]);
}

#[test]
fn replacing_keeps_to_a_maximum_that_has_fallen() {
    // All of six tasks fail their checks; before the scheduler looks, which takes minutes, three are enough.
    let mut more = alone(6, &json!({ "maximum_percent": "100%" }));
    let action = json!({ "at": "1h", "min": 3, "max": 3 });
    more["scaling"] = json!({ "scheduled": { "min": 6, "max": 6, "actions": [action] } });
    for replication in 0..4 {
        let mut spec = one_service(&at_once(6), "1h", &more);
        spec["telemetry"] = json!({ "scheduler_reaction": "3h" });
        let facts = facts(&spec, "90min", replication);
        let running = facts.levels(SERVICE, Gauge::ReplicasRunning);
        let fell = facts.levels(SERVICE, Gauge::ReplicasDesired)[1].0;
        let looked = running.last().unwrap().0;
        assert!(looked > fell, "replication {replication}: the scheduler looked too early");
        let levels = [Gauge::ReplicasRunning, Gauge::ReplicasPending];
        assert_eq!(levels.map(|gauge| facts.level_at(SERVICE, gauge, looked)), [2, 1], "{replication}");
    }
}

#[test]
fn a_task_that_recovers_stays() {
    // Its replacement takes longer than it needs to recover.
    let service = service(1, &checks(&json!({ "healthy_threshold": 2 })));
    let service = patched(&service, &json!({ "provisioning": { "constant": "2min" } }));
    for replication in 0..4 {
        let facts = facts(&one_service(&at_once(5), "6s", &service), "63min", replication);
        within("failed", turned(&facts, "failed").unwrap(), 15.0, 25.0);
        within("passed", turned(&facts, "passed").unwrap(), 35.0, 45.0);
        let pending = facts.levels(SERVICE, Gauge::ReplicasPending);
        let pending: Vec<u64> = pending.iter().map(|(_, level)| *level).collect();
        assert_eq!((running(&facts), pending), (vec![1], vec![1, 0, 1, 0]), "the replacement is called off");
    }
}

#[test]
fn grace_suppresses_the_service_and_not_the_balancer() {
    // A task that starts after five minutes and gets a request of an hour at once.
    let check = |grace: &str, low: f64, high: f64| {
        for replication in 0..4 {
            let mut more = service(1, &json!({ "health_check_grace_period": grace }));
            let action = json!({ "at": "5min", "min": 1, "max": 1 });
            more["scaling"] = json!({ "scheduled": { "min": 0, "max": 0, "actions": [action] } });
            let facts = facts(&one_service(&together(1), "1h", &more), "20min", replication);
            let started = facts.reaches(SERVICE, Gauge::ReplicasRunning, 1).unwrap();
            within("unhealthy", turned(&facts, "failed").unwrap() + START - started, 28.0, 58.0);
            let removal = facts.decisions(DecisionKind::Removal).next().unwrap();
            within(&format!("replaced, {grace}"), removal.at.seconds() - started, low, high);
        }
    };
    check("0s", 28.0, 58.0);
    check("5min", 300.0, 315.0);
    check("10min", 600.0, 615.0);
}

#[test]
fn settings_that_make_no_sense() {
    let check = |more: Value, expected: &[&str]| {
        let found = problems(&read(&one_service(&at_once(1), "1s", &service(1, &more))));
        let paths: Vec<&str> = found.iter().map(|problem| problem.path.as_str()).collect();
        let expected: Vec<String> = expected.iter().map(|path| format!("services.service.{path}")).collect();
        assert_eq!(paths, expected, "{found:?}");
    };
    let path = |key: &str| format!("balancer.alb.health_check.{key}");
    check(checks(&json!({ "interval": "6s", "timeout": "5s" })), &[]);
    check(checks(&json!({ "interval": "5s", "timeout": "5s" })), &[&path("timeout")]);
    check(checks(&json!({ "interval": "4s", "timeout": "1s" })), &[&path("interval"), &path("timeout")]);
    let thresholds = json!({ "healthy_threshold": 1, "unhealthy_threshold": 11 });
    check(checks(&thresholds), &[&path("healthy_threshold"), &path("unhealthy_threshold")]);
    check(json!({ "maximum_percent": "99%" }), &["maximum_percent"]);
    check(json!({ "maximum_percent": "100%", "health_check_grace_period": "1h" }), &[]);
}
