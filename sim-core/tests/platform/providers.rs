//! Capacity providers: which group a service's tasks are for, and which group grows for them.

use serde_json::{Value, json};
use sim_core::observe::{DecisionKind, Gauge, GroupId, Owner};

use crate::clusters::ecs;
use crate::common::{problems, read};
use crate::facts::{Facts, facts};
use crate::patched;

/// A service of small tasks, 26 to an instance, in a cluster of two groups of at most five instances with one each.
fn two_groups(tasks: u32, strategy: &Value, group: &Value) -> Value {
    let service =
        json!({ "capacity_providers": strategy, "task": { "memory": "300MiB", "cpu": "0.0625vCPU" } });
    let mut spec = ecs(tasks, 1, &service, &json!({}));
    let plain =
        patched(&spec["clusters"]["fleet"]["instances"], &json!({ "min": 0, "max": 5, "desired": 1 }));
    let group = patched(&plain, group);
    spec["clusters"]["fleet"] = json!({ "groups": { "first": group, "second": group } });
    spec
}

/// How many tasks run on each group's instances: the first group's is the first instance to be launched.
fn tasks_of_groups(facts: &Facts) -> [usize; 2] {
    let on = |instance: &str| {
        let place = format!(" on instance {instance} ");
        facts.decisions(DecisionKind::Placement).filter(|it| it.reason.contains(&place)).count()
    };
    [on("0"), on("1")]
}

#[test]
fn a_strategy_shares_tasks_by_base_and_weight() {
    let check = |tasks: u32, strategy: Value, expected: [usize; 2]| {
        let facts = facts(&two_groups(tasks, &strategy, &json!({})), "1min", 0);
        assert_eq!(tasks_of_groups(&facts), expected, "{tasks} tasks, {strategy}");
    };
    check(12, json!({ "first": { "base": 2, "weight": 1 }, "second": { "weight": 4 } }), [4, 8]);
    check(2, json!({ "first": { "base": 2, "weight": 0 }, "second": {} }), [2, 0]);
    check(12, json!({ "first": { "base": 2, "weight": 0 }, "second": {} }), [2, 10]);
    check(9, json!({ "second": {}, "first": {} }), [5, 4]);
    check(9, json!({ "second": {} }), [0, 9]);
    // Without a strategy, any instance will do: placement spreads.
    check(8, json!({}), [4, 4]);
}

#[test]
fn a_group_grows_for_its_own_tasks() {
    let check = |strategy: Value, expected: [u64; 2]| {
        // An instance of each group takes 26 tasks, for lack of memory.
        let spec = two_groups(100, &strategy, &json!({ "scaling": { "managed": {} } }));
        let facts = facts(&spec, "20min", 0);
        let size = |group| facts.level_at(Owner::Group(GroupId(group)), Gauge::InstancesDesired, 1199.0);
        assert_eq!([size(0), size(1)], expected, "{strategy}");
    };
    check(json!({ "first": {} }), [4, 0]);
    check(json!({ "second": {} }), [0, 4]);
    check(json!({ "first": {}, "second": {} }), [2, 2]);
    check(json!({ "first": { "weight": 1 }, "second": { "weight": 3 } }), [1, 3]);
}

#[test]
fn strategies_that_make_no_sense() {
    let check = |strategy: Value, group: Value, expected: &[&str]| {
        let found = problems(&read(&two_groups(1, &strategy, &group)));
        let paths: Vec<&str> = found.iter().map(|problem| problem.path.as_str()).collect();
        assert_eq!(paths, expected, "{strategy}: {found:?}");
    };
    let below = "services.service.capacity_providers";
    let managed = || json!({ "scaling": { "managed": {} } });
    check(json!({ "first": {} }), managed(), &[]);
    check(json!({}), json!({}), &[]);
    check(json!({}), managed(), &[below]);
    check(json!({ "third": {} }), json!({}), &[&format!("{below}.third")]);
    check(json!({ "first": { "weight": 0 } }), json!({}), &[below]);
    check(json!({ "first": { "base": 1 }, "second": { "base": 1 } }), json!({}), &[below]);
    let ranges = [format!("{below}.first.base"), format!("{below}.first.weight")];
    check(json!({ "first": { "base": 100_001, "weight": 1001 } }), json!({}), &[&ranges[0], &ranges[1]]);
}
