//! Control loops end to end: from a step of load to tasks that serve it, with every period and lag in between.
//! The bands are those of the facts, section 12: sanity, not oracles.

use serde_json::{Value, json};
use sim_core::observe::Gauge;

use crate::facts::{Facts, GROUP, SERVICE, facts};
use crate::{one_service, patched, within};

/// When the load rises, and when it falls.
const RISE: f64 = 1800.0;
const FALL: f64 = 3600.0;

/// Requests of 100 ms of CPU for a service that tracks 50 % CPU: 40 % of two tasks, then four times as much, then a
/// tenth of it.
fn step_of_load(service: &Value) -> Value {
    let shape = json!({ "steps": [
        { "at": "0s", "factor": 1 }, { "at": "30min", "factor": 4 }, { "at": "60min", "factor": 0.1 },
    ] });
    let arrivals = json!({ "poisson": { "rate": "8/s", "shape": shape } });
    let tracking = json!({ "target-tracking": { "metric": "cpu", "target": "50%", "min": 2, "max": 20 } });
    // Checks that never fail: unhealthy tasks would be replaced besides, and what is watched here is scaling.
    let balancer = json!({ "alb": { "health_check": { "served_by": "apart" } } });
    let plain = json!({ "scaling": tracking, "balancer": balancer });
    let mut spec = one_service(&arrivals, "0s", &patched(&plain, service));
    spec["work"]["work"]["cpu"] = json!({ "constant": "100ms" });
    spec
}

fn fargate() -> Value {
    let task = json!({ "cpu": "1vCPU", "memory": "2GB", "image": "250MB" });
    step_of_load(&json!({ "platform": "fargate", "task": task }))
}

fn ecs(instances: u32, managed: bool) -> Value {
    let task = json!({ "cpu": "1vCPU", "memory": "2GiB", "hard_cpu_limit": true });
    let mut spec = step_of_load(&json!({ "platform": "ecs", "cluster": "fleet", "task": task }));
    let mut group = json!({ "type": "m5.large", "min": instances, "max": 20, "warm_up": "120s" });
    if managed {
        group["scaling"] = json!({ "managed": {} });
    }
    spec["clusters"] = json!({ "fleet": { "instances": group } });
    spec
}

/// Over ten replications: how long after the step a figure comes, least and most.
#[track_caller]
fn check(what: &str, spec: &Value, figure: impl Fn(&Facts) -> f64, minutes: (f64, f64)) {
    for replication in 0..10 {
        let figure = figure(&facts(spec, "90min", replication));
        within(&format!("{what}, replication {replication}"), figure / 60.0, minutes.0, minutes.1);
    }
}

fn third_task_serves(facts: &Facts) -> f64 {
    facts.reaches(SERVICE, Gauge::ReplicasReady, 3).unwrap() - RISE
}

#[test]
fn a_service_on_fargate_scales_out_in_about_five_minutes() {
    check(
        "decided",
        &fargate(),
        |facts| facts.reaches(SERVICE, Gauge::ReplicasDesired, 3).unwrap() - RISE,
        (3.0, 6.0),
    );
    check("serving", &fargate(), third_task_serves, (3.9, 7.0));
}

#[test]
fn what_a_schedule_does_holds_no_policy_up() {
    // Twenty tasks are ordered a minute before a crowd comes that needs 32 at 50 % CPU; a cooldown that began with the
    // order would hold them until the 46th minute.
    let action = json!({ "at": "31min", "min": 20 });
    let tracking = json!({ "target-tracking": {
        "metric": "cpu", "target": "50%", "min": 4, "max": 60, "scale_out_cooldown": "15min",
    } });
    let mut spec = fargate();
    let schedule = json!({ "scheduled": { "actions": [action] } });
    spec["services"]["service"]["scaling"] = json!({ "several": [tracking, schedule] });
    let shape = json!({ "steps": [{ "at": "0s", "factor": 1 }, { "at": "32min", "factor": 10 }] });
    spec["sources"]["all"]["arrivals"] = json!({ "poisson": { "rate": "16/s", "shape": shape } });
    for replication in 0..3 {
        let facts = facts(&spec, "41min", replication);
        let first = facts.reaches(SERVICE, Gauge::ReplicasDesired, 30);
        within("minutes", first.expect("it scales out") / 60.0, 35.0, 39.5);
    }
}

#[test]
fn requests_are_shared_by_registered_targets() {
    // One task is a target, three more run from the seventh minute on and are registered so much later; ten requests a second
    // from the eighth minute on are 600 a minute for one target, 150 each for four.
    let check = |registration: &str, interval: &str, expected: u64| {
        let tracking = json!({ "target-tracking": {
            "metric": "requests-per-target", "target": "400/min", "min": 1, "max": 6, "disable_scale_in": true,
        } });
        let schedule = json!({ "scheduled": { "actions": [{ "at": "5min", "min": 4 }] } });
        let checks = json!({ "registration": registration, "interval": interval, "timeout": "2s", "served_by": "apart" });
        let mut spec = fargate();
        let service = &mut spec["services"]["service"];
        service["balancer"]["alb"]["health_check"] = checks;
        service["scaling"] = json!({ "several": [tracking, schedule] });
        let shape = json!({ "steps": [{ "at": "0s", "factor": 0.1 }, { "at": "8min", "factor": 1 }] });
        spec["sources"]["all"]["arrivals"] = json!({ "deterministic": { "rate": "10/s", "shape": shape } });
        spec["work"]["work"]["cpu"] = json!({ "constant": "1ms" });
        let desired = facts(&spec, "15min", 0).level_at(SERVICE, Gauge::ReplicasDesired, 899.0);
        assert_eq!(desired, expected, "registered after {registration}, checked every {interval}");
    };
    check("3s", "5s", 4);
    check("3s", "300s", 4);
    check("20min", "5s", 6);
}

#[test]
fn a_service_on_free_instances_scales_out_a_little_sooner() {
    check("serving", &ecs(8, false), third_task_serves, (3.2, 6.0));
}

#[test]
fn a_full_cluster_has_to_grow_first() {
    check("serving", &ecs(1, true), third_task_serves, (5.0, 11.0));
}

#[test]
fn scaling_in_takes_a_quarter_of_an_hour() {
    let first_in = |facts: &Facts| {
        let levels = facts.levels(SERVICE, Gauge::ReplicasDesired);
        let inwards = levels.windows(2).find(|pair| pair[1].0 > FALL && pair[1].1 < pair[0].1);
        inwards.expect("it scales in")[1].0 - FALL
    };
    check("in", &fargate(), first_in, (15.0, 18.0));
}

#[test]
fn a_cluster_shrinks_after_its_services() {
    let last = |facts: &Facts, owner, gauge| facts.levels(owner, gauge).last().unwrap().0;
    let mut spec = ecs(1, true);
    spec["services"]["service"]["placement"] = json!(["binpack:cpu"]);
    for replication in 0..5 {
        let facts = facts(&spec, "150min", replication);
        let fewer_tasks = last(&facts, SERVICE, Gauge::ReplicasDesired);
        assert!(fewer_tasks > FALL, "{fewer_tasks}");
        // Five minutes of draining, fifteen datapoints and a minute until they are read; an instance a minute after that.
        let shrunk = last(&facts, GROUP, Gauge::InstancesDesired) - fewer_tasks;
        within("shrunk", shrunk / 60.0, 20.0, 25.0);
    }
}

#[test]
fn it_settles_where_the_target_says() {
    // 3.2 cores at 50 %: about seven tasks, whatever the way there.
    for replication in 0..5 {
        let facts = facts(&fargate(), "60min", replication);
        let tasks = facts.level_at(SERVICE, Gauge::ReplicasReady, FALL - 1.0) as f64;
        within("tasks", tasks, 6.0, 10.0);
        let busy = facts.mean(SERVICE, Gauge::CpuBusy, FALL - 300.0, FALL) / 1e6;
        within("cores", busy, 3.0, 3.4);
    }
}
