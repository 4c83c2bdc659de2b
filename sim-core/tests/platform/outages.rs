//! Outages of zones: what is lost, what goes on when the zone is back, and what else befalls it.

use serde_json::{Value, json};
use sim_core::observe::{DecisionFact, DecisionKind, Gauge, Outcome};

use crate::facts::{GROUP, SERVICE, facts};
use crate::faults::{alb, fargate, faulty, interrupted, lines, on_an_instance};
use crate::functions::function;
use crate::{every, patched, within};

pub(crate) fn outage(lasts: &str, more: &Value) -> Value {
    let plain = json!({ "zone": "zone-a", "at": "100.5s", "lasts": lasts, "detected_after": "3min" });
    json!({ "zone-outage": patched(&plain, more) })
}

#[test]
fn a_zone_takes_its_tasks_with_it() {
    let check = |what: &str, zones: u32, lasts: &str, expected: &[(f64, u64)]| {
        let service = patched(&fargate(3, &json!({ "zones": zones })), &alb(&json!({})));
        let spec = faulty(&every("10/s"), "100ms", &service, &outage(lasts, &json!({})));
        let facts = facts(&spec, "15min", 0);
        let ready: Vec<u64> =
            expected.iter().map(|(at, _)| facts.level_at(SERVICE, Gauge::ReplicasReady, *at)).collect();
        assert_eq!(ready, expected.iter().map(|(_, count)| *count).collect::<Vec<_>>(), "{what}");
    };
    // Unhealthy after 25 s at most; a new task in another zone needs 27 s and a check of at most ten.
    check("one of three zones", 3, "5min", &[(99.0, 3), (112.0, 3), (126.0, 2), (175.0, 3), (800.0, 3)]);
    // Only the first zone: all are unhealthy, so that requests go to all; nothing can be launched until it is back.
    check("the only zone", 1, "5min", &[(99.0, 3), (175.0, 3), (281.0, 0), (399.0, 0), (440.0, 3)]);
    // Back before anybody has given them up.
    check("a short outage of the only zone", 1, "1min", &[(99.0, 3), (150.0, 3), (170.0, 3), (800.0, 3)]);
}

#[test]
fn what_a_short_outage_interrupts_goes_on_after_it() {
    let check = |work: Value, expected: f64| {
        let service = fargate(1, &json!({ "zones": 1 }));
        let mut spec = faulty(&every("1/min"), "0s", &service, &outage("30s", &json!({ "at": "70s" })));
        spec["work"]["work"] = work;
        let facts = facts(&spec, "75s", 0);
        within("latency", facts.latencies()[0], expected, expected + 1e-6);
    };
    // Begun after a minute, and ten seconds on when the outage begins: a computation stands still, a wait is over meanwhile.
    check(json!({ "cpu": { "constant": "20s" } }), 50.0);
    check(json!({ "cpu": { "constant": "0s" }, "wait": { "constant": "20s" } }), 40.0);
    check(json!({ "cpu": { "constant": "0s" }, "wait": { "constant": "60s" } }), 60.0);
    check(json!({ "cpu": { "constant": "0s" }, "wait": { "constant": "5s" } }), 5.0);
}

#[test]
fn a_zone_takes_its_instances_with_it() {
    let group = json!({ "zones": 3, "min": 3 });
    let mut spec = on_an_instance(&outage("10min", &json!({})), &alb(&json!({})), &group);
    spec["services"]["service"]["scaling"] = json!({ "fixed": { "count": 3 } });
    let facts = facts(&spec, "20min", 0);
    assert_eq!(lines(&facts, DecisionKind::Fault, "zone-a is out, with 1 instances"), 1);
    assert_eq!(lines(&facts, DecisionKind::Fault, "zone-a is back"), 1);
    assert_eq!(facts.level_at(GROUP, Gauge::Instances, 280.0), 3);
    assert_eq!(facts.level_at(GROUP, Gauge::Instances, 281.0), 2);
    assert_eq!(facts.level_at(GROUP, Gauge::Instances, 291.0), 3, "launched at once in another zone");
    let in_a = |it: &&DecisionFact| it.reason.contains(" in zone-a: ") && it.at.seconds() > 0.0;
    assert_eq!(facts.decisions(DecisionKind::Placement).filter(in_a).count(), 0);
}

#[test]
fn a_third_of_the_environments_is_lost_with_a_zone() {
    // Nine environments busy all the time, one after the other.
    let spec = faulty(&every("9/s"), "1s", &function(&json!({})), &outage("10min", &json!({})));
    let facts = facts(&spec, "5min", 0);
    assert_eq!(facts.count(Outcome::Failed), 3);
    let cold = facts.begun().iter().filter(|(at, cold)| *cold && *at > 50.0).count();
    // One more because those that start take a moment longer.
    assert!((3..=4).contains(&cold), "{cold} started again elsewhere");
}

#[test]
fn what_has_failed_does_not_come_back_with_its_zone() {
    // It stands in the zone that goes away and returns while the group does not yet know of the failure.
    let fault =
        json!({ "instance-failure": { "cluster": "fleet", "at": "100.5s", "detected_after": "5min" } });
    let mut spec = on_an_instance(&fault, &alb(&json!({})), &json!({ "zones": 1 }));
    spec["faults"]["out"] = json!({ "zone-outage": { "zone": "zone-a", "at": "110s", "lasts": "1min", "detected_after": "20min" } });
    let facts = facts(&spec, "10min", 0);
    let instances = facts.levels(GROUP, Gauge::Instances);
    assert_eq!(instances.iter().map(|(_, count)| *count).collect::<Vec<_>>(), [1, 0, 1], "{instances:?}");
    within("given up", instances[1].0, 400.5, 400.5);
    let served: Vec<f64> =
        facts.served().into_iter().filter(|at| (102.0..instances[2].0).contains(at)).collect();
    assert!(served.is_empty(), "{served:?}");
}

#[test]
fn what_comes_back_crashes_as_often_as_before() {
    // A process without memory: a second of outage every quarter of an hour makes no difference to twenty tasks that crash
    // once an hour each, and are then gone for 27 s.
    let fault = json!({ "replica-crash": { "service": "service", "rate": "1/h" } });
    let mut spec = faulty(&every("1/h"), "1ms", &fargate(20, &json!({ "zones": 1 })), &fault);
    for number in 1..80_u32 {
        let at = format!("{}s", number * 900);
        spec["faults"][format!("out-{number}")] = outage("1s", &json!({ "at": at, "detected_after": "1h" }));
    }
    let expected: f64 = 20.0 * 20.0 / (1.0 + 27.0 / 3600.0);
    for replication in 0..3 {
        let crashes = lines(&facts(&spec, "20h", replication), DecisionKind::Removal, "crashed") as f64;
        within("crashes", crashes, expected - 4.0 * expected.sqrt(), expected + 4.0 * expected.sqrt());
    }
}

#[test]
fn a_task_that_was_starting_is_not_given_up_afterwards() {
    // It pulls from 112.5 to 312.5 s; its zone is out for ten of them, and would be given up at 330 s.
    let fault = json!({ "replica-crash": { "service": "service", "at": "100.5s" } });
    let service = fargate(1, &json!({ "zones": 1, "task": { "image": "2GB" } }));
    let mut spec = faulty(&every("1/s"), "1ms", &service, &fault);
    spec["faults"]["out"] = outage("10s", &json!({ "at": "150s" }));
    let facts = facts(&spec, "15min", 0);
    assert_eq!(lines(&facts, DecisionKind::Removal, "given up"), 0);
    assert_eq!(facts.level_at(SERVICE, Gauge::ReplicasReady, 400.0), 1);
}

#[test]
fn a_notice_holds_through_an_outage() {
    let check = |spec: &Value, what: &str| {
        let first_notice = |spec: &Value| {
            let facts = facts(spec, "10h", 0);
            let notice = facts.decisions(DecisionKind::Fault).find(|it| it.reason.contains("taken back"));
            let removed = facts.decisions(DecisionKind::Removal).find(|it| it.reason.contains("Spot"));
            (notice.expect("a notice").at.seconds(), removed.expect("an end").at.seconds())
        };
        let (notice, end) = first_notice(spec);
        within(what, end - notice, 119.999, 120.001);
        let mut spec = spec.clone();
        let at = format!("{}s", notice.round() + 30.0);
        spec["faults"]["out"] = outage("30s", &json!({ "at": at, "detected_after": "1h" }));
        assert_eq!(first_notice(&spec), (notice, end), "{what}, with an outage in between");
    };
    let fault = interrupted(&json!({ "cluster": "fleet", "rate": "1/h", "drained": false }));
    check(&on_an_instance(&fault, &json!({}), &json!({ "purchase": "spot", "zones": 1 })), "an instance");
    let fault = interrupted(&json!({ "service": "service", "rate": "1/h", "drained": false }));
    let service = fargate(1, &json!({ "purchase": "spot", "zones": 1 }));
    check(&faulty(&every("1/s"), "1ms", &service, &fault), "a task");
}
