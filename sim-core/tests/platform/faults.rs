//! Faults and deployments: what they do, when it is noticed, and what it costs.

use serde_json::{Value, json};
use sim_core::observe::{Billable, DecisionFact, DecisionKind, Gauge, Outcome, Part};

use crate::clusters::ecs;
use crate::common::{problems, read};
use crate::facts::{Facts, GROUP, SERVICE, facts};
use crate::functions::function;
use crate::outages::outage;
use crate::{every, one_service, patched, within};

/// A Fargate service that has a new task 27 s after it is asked for one: 12 s of provisioning, 10 s of pull, 5 s of start.
pub(crate) fn fargate(tasks: u32, more: &Value) -> Value {
    let plain = json!({
        "platform": "fargate", "balancer": "none", "scaling": { "fixed": { "count": tasks } },
        "task": {
            "cpu": "1vCPU", "memory": "2GB", "image": "100MB", "start": { "constant": "5s" },
            "server": { "workers": { "count": 50, "backlog": 1000 } },
        },
        "provisioning": { "constant": "12s" },
    });
    patched(&plain, more)
}

pub(crate) fn alb(more: &Value) -> Value {
    let plain = json!({
        "health_check": { "interval": "10s", "timeout": "5s" }, "deregistration_delay": "20s", "idle_timeout": "1h",
    });
    json!({ "balancer": { "alb": patched(&plain, more) } })
}

/// One service under a fault; the scheduler reacts at once.
pub(crate) fn faulty(arrivals: &Value, wait: &str, service: &Value, fault: &Value) -> Value {
    let mut spec = one_service(arrivals, wait, service);
    spec["faults"] = json!({ "fault": fault });
    spec["telemetry"] = json!({ "scheduler_reaction": "0s" });
    spec
}

/// Levels of tasks in service over time.
fn running(facts: &Facts) -> Vec<u64> {
    facts.levels(SERVICE, Gauge::ReplicasReady).iter().map(|(_, count)| *count).collect()
}

pub(crate) fn lines(facts: &Facts, kind: DecisionKind, what: &str) -> usize {
    facts.decisions(kind).filter(|it: &&DecisionFact| it.reason.contains(what)).count()
}

#[test]
fn a_crashed_task_is_replaced_and_what_was_in_it_fails() {
    let check = |count: Value, crashed: u64| {
        let fault = json!({ "replica-crash": { "service": "service", "at": "100.5s", "count": count } });
        let facts = facts(&faulty(&every("3/s"), "800ms", &fargate(3, &json!({})), &fault), "5min", 0);
        assert_eq!(
            running(&facts),
            [1, 2, 3]
                .into_iter()
                .chain((3 - crashed..3).rev())
                .chain(3 - crashed + 1..=3)
                .collect::<Vec<_>>()
        );
        let back = facts.reaches(SERVICE, Gauge::ReplicasReady, 3).unwrap();
        assert!(back < 1.0, "three from the beginning");
        let last = facts.levels(SERVICE, Gauge::ReplicasReady).last().unwrap().0;
        within("a new one", last, 127.5, 127.51);
        // Each task has one request in work at any time but its first fifth of a second.
        let lost = facts.count(Outcome::Failed) as u64;
        assert!(lost <= crashed && lost + 1 >= crashed, "{lost} lost of {crashed} tasks");
        assert!(
            facts
                .refusals()
                .filter(|it| it.1 == Outcome::Failed)
                .all(|(at, _, reason)| { reason == "the task crashed" && at.seconds() == 100.5 })
        );
        assert_eq!(lines(&facts, DecisionKind::Fault, "crash"), 1);
    };
    check(json!(null), 1);
    check(json!(2), 2);
    check(json!(3), 3);
    check(json!(9), 3);
}

#[test]
fn tasks_crash_at_their_rate() {
    // Twenty tasks for twenty hours, each once an hour and then gone for 27 s.
    let fault = json!({ "replica-crash": { "service": "service", "rate": "1/h" } });
    let spec = faulty(&every("1/h"), "1ms", &fargate(20, &json!({})), &fault);
    let expected: f64 = 20.0 * 20.0 / (1.0 + 27.0 / 3600.0);
    for replication in 0..3 {
        let crashes = lines(&facts(&spec, "20h", replication), DecisionKind::Removal, "crashed") as f64;
        within("crashes", crashes, expected - 4.0 * expected.sqrt(), expected + 4.0 * expected.sqrt());
    }
}

#[test]
fn an_environment_crashes_with_its_event_and_starts_again() {
    // Ten seconds of work; of once in ten seconds, a share of 1 - 1/e does not get through.
    let fault = json!({ "replica-crash": { "service": "service", "rate": "6/min" } });
    let spec = faulty(&every("6/min"), "10s", &function(&json!({})), &fault);
    let facts = facts(&spec, "10h", 0);
    let (failed, ok) = (facts.count(Outcome::Failed) as f64, facts.count(Outcome::Ok) as f64);
    let share = failed / (failed + ok);
    let expected = 1.0 - libm::exp(-1.0);
    // Four standard errors of 3,600 requests.
    within("share that fails", share, expected - 0.033, expected + 0.033);
    let billed = |bill: &Billable| match bill {
        Billable::Invocation { handler, .. } => Some(handler.seconds()),
        _ => None,
    };
    let mean = facts.bills().filter_map(billed).sum::<f64>() / (failed + ok);
    // The mean of the lesser of ten seconds and an exponential of ten, and a start again after each crash.
    within("billed", mean, 6.3 - 0.3, 6.35 + 0.3);
}

#[test]
fn events_in_work_when_environments_crash_fail() {
    let check = |count: Value, lost: usize| {
        let fault = json!({ "replica-crash": { "service": "service", "at": "100.05s", "count": count } });
        let facts = facts(&faulty(&every("1/s"), "4s", &function(&json!({})), &fault), "3min", 0);
        assert_eq!(facts.count(Outcome::Failed), lost);
        assert!(
            facts
                .refusals()
                .all(|(at, _, reason)| { at.seconds() == 100.05 && reason == "its environment crashed" })
        );
    };
    check(json!(null), 1);
    check(json!(3), 3);
    check(json!(100), 4);
}

/// One instance with one task on it, and one request a second of 100 ms.
pub(crate) fn on_an_instance(fault: &Value, service: &Value, group: &Value) -> Value {
    let mut spec = ecs(1, 1, service, group);
    spec["work"]["work"]["wait"] = json!({ "constant": "100ms" });
    spec["sources"]["all"]["arrivals"] = every("1/s");
    spec["faults"] = json!({ "fault": fault });
    spec["telemetry"] = json!({ "scheduler_reaction": "0s" });
    spec
}

#[test]
fn a_failed_instance_is_noticed_late() {
    let fault =
        json!({ "instance-failure": { "cluster": "fleet", "at": "100.5s", "detected_after": "3min" } });
    let facts = facts(&on_an_instance(&fault, &alb(&json!({})), &json!({})), "10min", 0);
    // Nobody answers from 100.5 s on: each request finds no connection for ten seconds.
    let silent: Vec<f64> = facts
        .finished()
        .filter(|it| it.outcome == Outcome::GatewayTimeout)
        .map(|it| (it.at - it.born).seconds())
        .collect();
    assert!(silent.len() > 100 && silent.iter().all(|latency| (*latency - 10.0).abs() < 1e-6), "{silent:?}");
    // Two checks of ten seconds fail, each after five.
    let unhealthy = facts.decisions(DecisionKind::Health).next().unwrap().at.seconds() - 100.5;
    within("unhealthy", unhealthy, 15.0, 25.0);
    // The group learns of it after three minutes, and needs 50 s for an instance; the task then pulls and starts.
    let instances = facts.levels(GROUP, Gauge::Instances);
    assert_eq!(instances.iter().map(|(_, count)| *count).collect::<Vec<_>>(), [1, 0, 1], "{instances:?}");
    within("given up", instances[1].0, 280.5, 280.5);
    within("replaced", instances[2].0, 290.5, 290.5);
    let ready = facts.levels(SERVICE, Gauge::ReplicasReady).last().unwrap().0;
    within("served again", ready, 290.5 + 40.0 + 8.0, 290.5 + 40.0 + 18.01);
    let again = facts.served().into_iter().find(|at| *at > 101.0).unwrap();
    assert!((ready..ready + 1.2).contains(&again), "{ready} {again}");
}

#[test]
fn a_task_on_another_instance_takes_over_when_the_balancer_has_noticed() {
    let fault =
        json!({ "instance-failure": { "cluster": "fleet", "at": "100.5s", "detected_after": "5min" } });
    let mut spec = on_an_instance(&fault, &alb(&json!({})), &json!({ "min": 2, "desired": 2 }));
    spec["services"]["service"]["scaling"] = json!({ "fixed": { "count": 2 } });
    let facts = facts(&spec, "6min", 0);
    let unhealthy = facts.decisions(DecisionKind::Health).next().unwrap().at.seconds();
    let last = facts.finished().filter(|it| it.outcome == Outcome::GatewayTimeout).last().unwrap();
    assert!(last.born.seconds() <= unhealthy, "{} {unhealthy}", last.born);
    assert_eq!(lines(&facts, DecisionKind::Removal, "failed ELB health checks"), 2, "replaced, and stopped");
    assert_eq!(facts.level_at(SERVICE, Gauge::ReplicasReady, 180.0), 2, "the image was there, and room too");
    assert_eq!(facts.level_at(GROUP, Gauge::Instances, 180.0), 2, "the lost one still counts");
}

#[test]
fn instances_fail_at_their_rate() {
    let fault =
        json!({ "instance-failure": { "cluster": "fleet", "rate": "1/h", "detected_after": "180s" } });
    let mut spec = on_an_instance(&fault, &json!({ "balancer": "none" }), &json!({ "min": 20 }));
    spec["sources"]["all"]["arrivals"] = every("1/h");
    // Each is gone for 180 s till it is noticed, and for 10 s of launch.
    let expected: f64 = 20.0 * 20.0 / (1.0 + 190.0 / 3600.0);
    let failures = lines(&facts(&spec, "20h", 0), DecisionKind::Fault, "fails") as f64;
    within("failures", failures, expected - 4.0 * expected.sqrt(), expected + 4.0 * expected.sqrt());
}

pub(crate) fn interrupted(more: &Value) -> Value {
    json!({ "spot-interruption": patched(&json!({ "rate": "60/h", "notice": "2min" }), more) })
}

#[test]
fn a_spot_instance_goes_two_minutes_after_its_notice() {
    let check = |what: &str, more: Value, lost: bool| {
        let fault = interrupted(&patched(&json!({ "cluster": "fleet", "rate": "1/h" }), &more));
        let group = json!({ "purchase": "spot", "min": 4 });
        let mut spec = on_an_instance(&fault, &alb(&json!({ "deregistration_delay": "5s" })), &group);
        spec["sources"]["all"]["arrivals"] = every("5/s");
        let facts = facts(&spec, "10h", 0);
        let notices: Vec<f64> = facts.decisions(DecisionKind::Fault).map(|it| it.at.seconds()).collect();
        let reclaimed: Vec<f64> = facts
            .decisions(DecisionKind::Removal)
            .filter(|it| it.reason.contains("Spot interruption"))
            .map(|it| it.at.seconds())
            .collect();
        assert!(notices.len() > 5, "{what}: {notices:?}");
        for (notice, end) in notices.iter().zip(&reclaimed) {
            within(what, end - notice, 119.999, 120.001);
        }
        assert_eq!(facts.count(Outcome::Failed) > 0, lost, "{what}: {}", facts.count(Outcome::Failed));
        for bill in facts.bills() {
            let Billable::Instance { from, to, waived, .. } = bill else { continue };
            let life = to.map(|to| (to.seconds() - from.seconds(), reclaimed.contains(&to.seconds())));
            let free = matches!(life, Some((life, true)) if life < 3600.0);
            assert_eq!(*waived, free, "{what}: an interruption within the first hour is free");
        }
    };
    check("heeded", json!({}), false);
    check("not heeded", json!({ "drained": false }), true);
}

#[test]
fn interruptions_come_at_their_hours() {
    let mut rates = vec!["0/h"; 24];
    rates[1] = "60/h";
    let fault = json!({ "spot-interruption": { "service": "service", "rate": rates } });
    let service = fargate(10, &json!({ "purchase": "spot", "task": { "stop_timeout": "30s" } }));
    let facts = facts(&faulty(&every("1/min"), "1s", &service, &fault), "4h", 0);
    let hours: Vec<u64> =
        facts.decisions(DecisionKind::Fault).map(|it| (it.at.seconds() / 3600.0) as u64).collect();
    assert!(hours.len() > 100 && hours.iter().all(|hour| *hour == 1), "{hours:?}");
    assert_eq!(facts.count(Outcome::Failed), 0, "heeded");
    assert_eq!(facts.level_at(SERVICE, Gauge::ReplicasReady, 8000.0), 10);
}

#[test]
fn a_slow_replica_takes_longer() {
    let check = |what: &str, fault: Value, expected: &[f64]| {
        let fault =
            json!({ "slow-replica": patched(&json!({ "service": "service", "speed": "25%" }), &fault) });
        let mut spec = faulty(&every("1/min"), "0s", &fargate(1, &json!({})), &fault);
        spec["work"]["work"]["cpu"] = json!({ "constant": "8s" });
        let latencies = facts(&spec, "200s", 0).latencies();
        assert_eq!(latencies.len(), expected.len(), "{what}");
        for (latency, expected) in latencies.iter().zip(expected) {
            within(what, *latency, expected - 1e-6, expected + 1e-6);
        }
    };
    check("always", json!({ "share": "100%" }), &[32.0, 32.0, 32.0]);
    check("for a minute", json!({ "at": "100s", "lasts": "1min" }), &[8.0, 32.0, 8.0]);
    check("in the midst of it", json!({ "at": "64s" }), &[4.0 + 16.0, 32.0, 32.0]);
    check("and back", json!({ "at": "60s", "lasts": "16s" }), &[16.0 + 4.0, 8.0, 8.0]);
}

#[test]
fn a_share_of_replicas_is_slow_on_every_platform() {
    let fault = json!({ "slow-replica": { "service": "service", "speed": "50%", "share": "30%" } });
    let check = |service: Value| {
        let mut spec = faulty(&every("10/s"), "0s", &service, &fault);
        spec["work"]["work"]["cpu"] = json!({ "constant": "1ms" });
        let facts = facts(&spec, "3min", 0);
        let took: Vec<f64> = facts.finished().map(|it| it.parts.get(Part::Cpu).seconds()).collect();
        let least = took.iter().copied().fold(f64::INFINITY, f64::min);
        let slow = took.iter().filter(|took| **took > 1.4 * least).count() as f64;
        // A request each of a hundred replicas or so; four standard errors.
        within("slow", slow / took.len() as f64, 0.3 - 0.19, 0.3 + 0.19);
    };
    check(fargate(100, &json!({})));
    check(function(&json!({ "keep_alive": { "fixed": { "after": "0s" } } })));
}

#[test]
fn a_dependency_slows_down_or_fails() {
    let check = |what: &str, fault: Value, latency: f64, failed: usize| {
        for service in [fargate(1, &json!({})), function(&json!({}))] {
            let spec = faulty(&every("1/min"), "2s", &service, &fault);
            let facts = facts(&spec, "190s", 0);
            assert_eq!(facts.count(Outcome::Failed), failed, "{what}");
            if failed == 0 {
                within(what, facts.latencies()[1], latency, latency + 0.001);
            } else {
                assert!(facts.refusals().all(|it| it.2 == "what it waited for failed"), "{what}");
            }
            // An error is no crash: the environment stays.
            assert!(facts.begun().iter().filter(|(_, cold)| *cold).count() <= 1);
        }
    };
    let slow = |more: Value| {
        let plain = json!({ "work": "work", "at": "100s", "lasts": "60s", "factor": 5.0 });
        json!({ "dependency-slowdown": patched(&plain, &more) })
    };
    check("slow", slow(json!({})), 10.0, 0);
    check("slow from the midst", slow(json!({ "at": "121s" })), 6.0, 0);
    check("over", slow(json!({ "lasts": "10s" })), 2.0, 0);
    let out = |more: Value| {
        let plain = json!({ "work": "work", "at": "100s", "lasts": "60s" });
        json!({ "dependency-outage": patched(&plain, &more) })
    };
    check("silent", out(json!({})), 42.0, 0);
    check("errors", out(json!({ "answer": "errors" })), 0.0, 1);
}

#[test]
fn a_rolling_update_keeps_within_its_limits() {
    // Tasks in service, as a deployment changes them (ECS Developer Guide, minimum and maximum percent).
    let check = |tasks: u32, minimum: &str, maximum: &str, least: u64, most: u64, rounds: u32| {
        let limits = json!({ "minimum_healthy_percent": minimum, "maximum_percent": maximum });
        let fault = json!({ "deploy": { "service": "service", "at": "100s" } });
        let spec = faulty(&every("1/h"), "1ms", &fargate(tasks, &limits), &fault);
        let facts = facts(&spec, "30min", 0);
        let what = format!("{tasks} tasks at {minimum}/{maximum}");
        let levels = facts.levels(SERVICE, Gauge::ReplicasRunning);
        let after: Vec<u64> = levels.iter().filter(|(at, _)| *at >= 100.0).map(|it| it.1).collect();
        let placed = |(at, _): &&(f64, u64)| *at >= 100.0;
        assert_eq!(after.iter().min(), Some(&least), "{what}: {levels:?}");
        let pending = facts.levels(SERVICE, Gauge::ReplicasPending);
        // A moment later, since one instant states its levels one by one.
        let there = |(at, _): &(f64, u64)| {
            let later = |gauge| facts.level_at(SERVICE, gauge, at + 1e-4);
            later(Gauge::ReplicasPending) + later(Gauge::ReplicasRunning)
        };
        assert_eq!(pending.iter().filter(placed).map(there).max(), Some(most), "{what}");
        assert_eq!(after.last(), Some(&u64::from(tasks)), "{what}: back to what is desired");
        let end = levels.last().unwrap().0;
        // Each round takes 27 s of start, and 40 s until a task that nobody checks counts as healthy.
        within(&what, end - 100.0, 27.0 * f64::from(rounds), 67.1 * f64::from(rounds));
        assert_eq!(lines(&facts, DecisionKind::Fault, "new version"), 1);
    };
    check(4, "100%", "200%", 4, 8, 1);
    check(4, "50%", "100%", 2, 4, 2);
    check(4, "100%", "150%", 4, 6, 2);
    check(5, "100%", "120%", 5, 6, 5);
    check(1, "100%", "200%", 1, 2, 1);
    check(1, "0%", "100%", 0, 1, 1);
}

#[test]
fn a_deployment_of_a_function_starts_everything_anew() {
    let fault = json!({ "deploy": { "service": "service", "at": "100.05s" } });
    let facts = facts(&faulty(&every("4/s"), "500ms", &function(&json!({})), &fault), "3min", 0);
    assert_eq!(facts.count(Outcome::Failed), 0);
    let cold = |from: f64, to: f64| {
        facts.begun().iter().filter(|(at, cold)| *cold && (from..to).contains(at)).count()
    };
    let before = cold(0.0, 100.0);
    assert_eq!(cold(100.05, 102.0), before, "as many as there were");
    assert_eq!(cold(102.0, 180.0), 0);
}

#[test]
fn a_breaker_spares_a_service_that_fails() {
    let fault =
        json!({ "dependency-outage": { "work": "work", "at": "60s", "lasts": "60s", "answer": "errors" } });
    let mut spec = faulty(&every("20/s"), "10ms", &fargate(1, &json!({})), &fault);
    let run = |spec: &Value| {
        let facts = facts(spec, "4min", 0);
        (facts.count(Outcome::Failed), facts.count(Outcome::CircuitOpen), facts)
    };
    let (failed, open, _) = run(&spec);
    assert_eq!((failed, open), (1200, 0));
    spec["sources"]["all"]["client"] =
        json!({ "breaker": { "minimum_attempts": 50, "window": "10s", "open_for": "5s", "trials": 2 } });
    let (failed, open, facts) = run(&spec);
    // Half of the last ten seconds: a hundred failures, then two trials every five seconds.
    within("failed", failed as f64, 100.0, 101.0 + 2.0 * 11.0);
    within("not sent", open as f64, 1200.0 - 123.0, 1200.0 + 100.0);
    let said: Vec<&str> =
        facts.decisions(DecisionKind::Client).map(|it| it.reason.split(':').next().unwrap()).collect();
    assert_eq!(said[..3], ["the breaker opens", "the breaker is half open", "the breaker opens"]);
    assert_eq!(*said.last().unwrap(), "the breaker closes");
}

#[test]
fn the_same_fate_whatever_else_differs() {
    let fault = json!({ "replica-crash": { "service": "service", "rate": "1/h" } });
    let crashes = |tasks: u32, rate: &str| {
        let facts = facts(&faulty(&every(rate), "1s", &fargate(tasks, &json!({})), &fault), "90min", 0);
        let lines = facts.decisions(DecisionKind::Removal).map(|it| (it.at, it.reason.clone()));
        lines
            .filter(|(_, line)| (0..4).any(|task| line.contains(&format!("(task {task})"))))
            .collect::<Vec<_>>()
    };
    let four = crashes(4, "1/min");
    assert!(four.len() > 1, "{four:?}");
    assert_eq!(four, crashes(4, "10/s"));
    assert_eq!(four, crashes(9, "1/min"));
}

#[test]
fn faults_that_make_no_sense_are_refused() {
    let check = |fault: Value, expected: &[&str]| {
        let spec = faulty(&every("1/s"), "1s", &fargate(2, &json!({})), &fault);
        let found: Vec<String> =
            problems(&read(&spec)).into_iter().map(|it| it.path + ": " + &it.message).collect();
        assert_eq!(found.len(), expected.len(), "{found:?}");
        for (found, expected) in found.iter().zip(expected) {
            assert!(found.contains(expected), "{found}: expected {expected}");
        }
    };
    check(
        json!({ "replica-crash": { "service": "servce" } }),
        &["there is no service called", "neither `rate` nor `at`"],
    );
    check(
        json!({ "replica-crash": { "service": "service", "at": "1s", "rate": "1/h" } }),
        &["both `rate` and `at`"],
    );
    check(
        json!({ "replica-crash": { "service": "service", "rate": "2/s", "count": 1 } }),
        &["at most once a second", "count: only"],
    );
    check(
        json!({ "instance-failure": { "cluster": "fleet", "at": "1s", "count": 0 } }),
        &["there is no cluster", "none is no fault"],
    );
    check(outage("0s", &json!({ "zone": "a" })), &["no time at all", "there is no zone called `a`"]);
    check(outage("1s", &json!({ "zone": "zone-d" })), &["nothing is in zone-d: there are 3 zones"]);
    let mut everywhere = faulty(&every("1/s"), "1s", &function(&json!({})), &outage("1min", &json!({})));
    for (name, zone, at) in [("b", "zone-b", "90s"), ("c", "zone-c", "150s")] {
        everywhere["faults"][name] = outage("1min", &json!({ "zone": zone, "at": at }));
    }
    assert_eq!(problems(&read(&everywhere)), [], "one after the other");
    everywhere["faults"]["c"]["zone-outage"]["at"] = json!("110s");
    let found = problems(&read(&everywhere));
    assert!(found.len() == 1 && found[0].message.contains("at 110s all 3 zones"), "{found:?}");
    check(interrupted(&json!({})), &["either a `cluster` or a `service`"]);
    check(interrupted(&json!({ "service": "service" })), &["does not run on Fargate Spot"]);
    check(
        interrupted(&json!({ "service": "service", "rate": ["1/h"] })),
        &["does not run", "1 rates; a day has 24 hours"],
    );
    check(
        json!({ "slow-replica": { "service": "service", "speed": "100%" } }),
        &["a speed of 100%", "neither `share` nor `at`"],
    );
    check(
        json!({ "dependency-slowdown": { "work": "wrk", "at": "1s", "lasts": "1s", "factor": 0.5 } }),
        &["there is no work called", "0.5 times as long"],
    );
    let mut spec = faulty(
        &every("1/s"),
        "1s",
        &fargate(2, &json!({ "maximum_percent": "100%" })),
        &json!({ "deploy": { "service": "service", "at": "1s" } }),
    );
    assert!(problems(&read(&spec))[0].message.contains("nothing is ever replaced"));
    spec["services"]["service"]["minimum_healthy_percent"] = json!("50%");
    assert_eq!(problems(&read(&spec)), []);
}
