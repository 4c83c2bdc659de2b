//! The first instant: a fleet that has been running, or one that is switched on.

use serde_json::{Value, json};
use sim_core::model::{Initial, Run};
use sim_core::observe::{Billable, Gauge};
use sim_core::random::Luck;

use crate::clusters::ecs;
use crate::common::{checked, run, run_of};
use crate::every;
use crate::facts::{Facts, GROUP, SERVICE};
use crate::{one_service, patched};

fn facts(spec: &Value, initial: Initial) -> Facts {
    let minutes = run_of("5min".parse().unwrap(), Luck { root: 1, replication: 0 });
    run(&checked(spec), Run { initial, ..minutes }, Facts::default()).probe
}

/// The level of a gauge at instants of a run, in seconds.
#[track_caller]
fn levels(facts: &Facts, owner: sim_core::observe::Owner, gauge: Gauge, expected: &[(f64, u64)]) {
    let found: Vec<(f64, u64)> =
        expected.iter().map(|(at, _)| (*at, facts.level_at(owner, gauge, *at))).collect();
    assert_eq!(found, expected, "{gauge:?}");
}

/// Instances launch (10 s, billed from then on) and boot (40 s); then the image is pulled and tasks start.
#[test]
fn instances_and_their_tasks_start() {
    let spec = ecs(3, 2, &json!({}), &json!({}));
    let warm = facts(&spec, Initial::Warm);
    levels(&warm, GROUP, Gauge::Instances, &[(0.0, 2)]);
    levels(&warm, SERVICE, Gauge::ReplicasReady, &[(0.0, 3)]);
    let empty = facts(&spec, Initial::Empty);
    levels(&empty, GROUP, Gauge::Instances, &[(0.0, 0), (9.9, 0), (10.0, 2)]);
    levels(&empty, GROUP, Gauge::InstancesReady, &[(49.9, 0), (50.0, 2)]);
    levels(&empty, SERVICE, Gauge::ReplicasDesired, &[(0.0, 3)]);
    levels(&empty, SERVICE, Gauge::ReplicasPending, &[(0.0, 3), (49.9, 3)]);
    levels(&empty, SERVICE, Gauge::ReplicasReady, &[(0.0, 0), (54.9, 0), (200.0, 3)]);
    let billed = |facts: &Facts| {
        let from = facts.bills().filter_map(|bill| match bill {
            Billable::Instance { from, .. } => Some(from.seconds()),
            _ => None,
        });
        from.collect::<Vec<f64>>()
    };
    assert_eq!((billed(&warm), billed(&empty)), (vec![0.0; 2], vec![10.0; 2]));
}

/// A Fargate task is provisioned, pulls its image and starts; one that was there is billed from the start.
#[test]
fn fargate_tasks_start() {
    let service = json!({
        "platform": "fargate", "scaling": { "fixed": { "count": 2 } },
        "task": { "cpu": "1vCPU", "memory": "2GB", "image": "0MB", "start": { "constant": "5s" } },
        "provisioning": { "constant": "20s" }, "balancer": "none",
    });
    let spec = one_service(&every("1/h"), "1ms", &service);
    levels(&facts(&spec, Initial::Warm), SERVICE, Gauge::ReplicasReady, &[(0.0, 2)]);
    let empty = facts(&spec, Initial::Empty);
    levels(&empty, SERVICE, Gauge::ReplicasReady, &[(0.0, 0), (24.9, 0), (25.1, 2)]);
}

/// Provisioned environments are billed from the moment they are asked for, and ready a minute and a half later.
#[test]
fn provisioned_environments_are_prepared() {
    let service = json!({ "platform": "lambda", "memory": "128MB", "runtime": "nodejs22" });
    let provisioned = json!({ "provisioned_concurrency": { "fixed": { "count": 4 } } });
    let spec = one_service(&every("1/h"), "1ms", &patched(&service, &provisioned));
    levels(&facts(&spec, Initial::Warm), SERVICE, Gauge::Environments, &[(0.0, 4)]);
    let empty = facts(&spec, Initial::Empty);
    levels(&empty, SERVICE, Gauge::Provisioned, &[(0.0, 4)]);
    levels(&empty, SERVICE, Gauge::Environments, &[(0.0, 0), (90.0, 0), (90.04, 4)]);
}
