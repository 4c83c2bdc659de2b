//! Clusters: what fits on an instance, where tasks go, capacity providers, termination, billing.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use sim_core::observe::{Billable, DecisionKind, Gauge, Outcome, Part};

use crate::common::{problems, read};
use crate::facts::{Facts, GROUP, SERVICE, facts};
use crate::{every, one_service, patched, together, within};

/// `tasks` small tasks on `instances` instances of m5.large in one zone.
pub(crate) fn ecs(tasks: u32, instances: u32, service: &Value, group: &Value) -> Value {
    let plain = json!({
        "platform": "ecs", "cluster": "fleet", "scaling": { "fixed": { "count": tasks } },
        "task": { "cpu": "0.125vCPU", "memory": "128MiB", "image": "100MB", "start": { "constant": "5s" } },
    });
    let mut spec = one_service(&every("1/h"), "1ms", &patched(&plain, service));
    let plain = json!({
        "type": "m5.large", "zones": 1, "min": instances, "max": 50,
        "launch": { "constant": "10s" }, "boot": { "constant": "40s" },
    });
    spec["clusters"] = json!({ "fleet": { "instances": patched(&plain, group) } });
    spec
}

/// How many tasks run where, from what the placement decisions say.
fn places(facts: &Facts) -> Vec<usize> {
    let mut places: BTreeMap<&str, usize> = BTreeMap::new();
    for decision in facts.decisions(DecisionKind::Placement) {
        if let Some((_, place)) = decision.reason.split_once(" on instance ") {
            *places.entry(place.split(' ').next().unwrap()).or_default() += 1;
        }
    }
    let mut counts: Vec<usize> = places.into_values().collect();
    counts.sort_unstable();
    counts
}

#[test]
fn what_fits_on_an_instance() {
    let check = |what: &str, service: Value, instance: &str, instances: u32, expected: u64| {
        let spec = ecs(100, instances, &service, &json!({ "type": instance }));
        let facts = facts(&spec, "1min", 0);
        assert_eq!(facts.level_at(SERVICE, Gauge::ReplicasReady, 0.0), expected, "{what}");
        assert_eq!(facts.level_at(SERVICE, Gauge::ReplicasPending, 50.0), 100 - expected, "{what}");
        let waits = facts.decisions(DecisionKind::Placement).filter(|it| it.reason.contains("waits"));
        assert!(waits.count() > 0, "{what}: the timeline says why a task waits");
    };
    let memory = |mib: u32| json!({ "task": { "memory": format!("{mib}MiB") } });
    check("CPU", json!({}), "m5.large", 1, 16);
    check("CPU of two", json!({}), "m5.large", 2, 32);
    check("CPU of an xlarge", json!({}), "m5.xlarge", 1, 32);
    // 97.5 % of 8 GiB is registered: 7,987 MiB.
    check("memory", memory(1000), "m5.large", 1, 7);
    check("exactly a third of the memory", memory(2662), "m5.large", 1, 3);
    check("a bit more", memory(2663), "m5.large", 1, 2);
    let soft = json!({ "task": { "memory": "4000MiB", "memory_reservation": "1000MiB" } });
    check("soft memory limit", soft, "m5.large", 1, 7);
    let network = |mode: &str| json!({ "task": { "network": mode } });
    check("an interface each", network("awsvpc"), "m5.large", 1, 2);
    check("trunking", network("awsvpc-trunking"), "m5.large", 1, 10);
    check("an interface each", network("awsvpc"), "m5.xlarge", 1, 3);
    check("T3 does not trunk", network("awsvpc-trunking"), "t3.medium", 1, 2);
    check("a static port each", json!({ "task": { "host_port": 8080 } }), "m5.large", 3, 3);
    check("host mode", json!({ "task": { "network": "host", "host_port": 8080 } }), "m5.large", 3, 3);
    check("distinct instances", json!({ "constraints": ["distinct-instance"] }), "m5.large", 3, 3);
    let nowhere = json!({ "constraints": [{ "member-of": "attribute:ecs.instance-type == m7g.large" }] });
    let refused = problems(&read(&ecs(1, 1, &nowhere, &json!({}))));
    assert_eq!(refused.len(), 1);
    assert!(refused[0].message.contains("no instance of cluster `fleet` will ever be"), "{refused:?}");
}

#[test]
fn where_tasks_go() {
    let check = |placement: Value, zones: u32, tasks: u32, expected: &[usize]| {
        let spec = ecs(tasks, 4, &json!({ "placement": placement }), &json!({ "zones": zones }));
        assert_eq!(places(&facts(&spec, "1min", 0)), expected, "{placement}, {zones} zones, {tasks} tasks");
    };
    check(json!(["binpack:cpu"]), 1, 8, &[8]);
    check(json!(["binpack:cpu"]), 1, 20, &[4, 16]);
    check(json!(["binpack:memory"]), 2, 20, &[4, 16]);
    check(json!(["spread:instance"]), 1, 8, &[2, 2, 2, 2]);
    check(json!(["spread:zone", "binpack:cpu"]), 2, 8, &[4, 4]);
    check(json!(["spread:zone", "binpack:cpu"]), 4, 8, &[2, 2, 2, 2]);
    // The default: over zones, then over instances.
    check(json!([]), 2, 8, &[2, 2, 2, 2]);
}

#[test]
fn a_pull_takes_as_long_as_the_image_unless_it_is_there() {
    // Four tasks at once on an instance that has never seen the image: 100 MB at 50 MB/s and a second of asking. Two
    // more later find it there.
    let schedule = json!({ "scheduled": { "min": 0, "max": 6, "actions": [
        { "at": "5min", "min": 4 }, { "at": "10min", "min": 6 },
    ] } });
    let mut spec = ecs(0, 1, &json!({ "balancer": "none" }), &json!({}));
    spec["services"]["service"]["scaling"] = schedule;
    spec["telemetry"] = json!({ "scheduler_reaction": "0s" });
    let facts = facts(&spec, "20min", 0);
    let after = |wanted: u64, running: u64| {
        facts.reaches(SERVICE, Gauge::ReplicasRunning, running).unwrap()
            - facts.reaches(SERVICE, Gauge::ReplicasDesired, wanted).unwrap()
    };
    within("the first", after(4, 1), 8.0, 8.001);
    within("the fourth", after(4, 4), 8.0, 8.001);
    within("the sixth", after(6, 6), 6.0, 6.001);
}

fn managed(more: &Value) -> Value {
    patched(&json!({ "min": 0, "scaling": { "managed": {} } }), more)
}

#[test]
fn a_capacity_provider_starts_from_zero_with_two_instances() {
    let facts = facts(&ecs(1, 0, &json!({}), &managed(&json!({}))), "40min", 0);
    let desired = facts.levels(GROUP, Gauge::InstancesDesired);
    let counts: Vec<u64> = desired.iter().map(|(_, count)| *count).collect();
    assert_eq!(counts, [0, 2, 1]);
    // One metric minute at most, and the alarm's; the second one goes after a quarter of an hour without use.
    within("first two", desired[1].0, 60.0, 120.0);
    within("back to one", desired[2].0 - desired[1].0, 900.0, 1080.0);
    let running = facts.reaches(GROUP, Gauge::Instances, 2).unwrap();
    within("launched", running - desired[1].0, 10.0, 10.001);
    within("registered", facts.reaches(GROUP, Gauge::InstancesReady, 2).unwrap() - running, 40.0, 40.001);
    // Billed from running on, boot included, to the end: both of them.
    let bills: Vec<(f64, bool)> = facts
        .bills()
        .filter_map(|bill| match bill {
            Billable::Instance { from, to, .. } => Some((from.seconds(), to.is_some())),
            _ => None,
        })
        .collect();
    assert_eq!(bills, [(running, true), (running, false)]);
}

#[test]
fn the_next_scale_out_waits_for_the_warm_up() {
    let check = |warm_up: &str, before: u32, low: f64, high: f64| {
        // An instance's worth of tasks, a second one after a minute.
        let schedule = json!({ "scheduled": { "min": 16, "max": 48, "actions": [
            { "at": "1s", "min": 32 }, { "at": "150s", "min": 48 },
        ] } });
        let mut spec = ecs(0, 0, &json!({}), &managed(&json!({ "warm_up": warm_up, "desired": before })));
        spec["services"]["service"]["scaling"] = schedule;
        let facts = facts(&spec, "20min", 0);
        let first = facts.reaches(GROUP, Gauge::InstancesDesired, 2).unwrap();
        // Instances of the first moment are warm: they hold nothing up.
        within("first", first, 61.0, 185.0);
        let second = facts.reaches(GROUP, Gauge::InstancesDesired, 3).unwrap();
        within(&format!("warm-up {warm_up}"), second - first, low, high);
    };
    check("300s", 1, 310.0, 375.0);
    check("500s", 1, 510.0, 575.0);
    // Without a warm-up, the tasks of the second wave decide.
    check("0s", 1, 30.0, 220.0);
}

/// Four instances with a task each, spread; half an hour later one task fewer.
fn shrinking(group: &Value) -> Value {
    let schedule =
        json!({ "scheduled": { "min": 4, "max": 4, "actions": [{ "at": "5min", "min": 3, "max": 3 }] } });
    let service = json!({
        "placement": ["spread:instance"], "balancer": { "alb": { "deregistration_delay": "10s", "idle_timeout": "1h" } },
    });
    let mut spec = ecs(0, 0, &service, &managed(&patched(&json!({ "desired": 4 }), group)));
    spec["services"]["service"]["scaling"] = schedule;
    patched(
        &spec,
        &json!({
            "sources": { "all": { "arrivals": every("1/s") } },
            "work": { "work": { "wait": { "constant": "5s" } } },
        }),
    )
}

#[test]
fn which_instances_a_shrinking_group_gives_up() {
    let check = |protected: bool, draining: bool| {
        let (mut busy, mut failed) = (0, 0);
        for replication in 0..12 {
            let group = json!({ "managed_termination_protection": protected, "managed_draining": draining });
            let facts = facts(&shrinking(&group), "40min", replication);
            let service_in = facts.levels(SERVICE, Gauge::ReplicasDesired)[1].0;
            let desired = facts.levels(GROUP, Gauge::InstancesDesired);
            assert_eq!(desired.iter().map(|(_, count)| *count).collect::<Vec<_>>(), [4, 3]);
            within("fifteen minutes after the task", desired[1].0 - service_in, 850.0, 1000.0);
            let removals: Vec<_> = facts.decisions(DecisionKind::Removal).collect();
            assert_eq!(removals.len(), 1);
            busy += u32::from(!removals[0].reason.contains(", 0 tasks on it"));
            failed += facts.count(Outcome::Failed);
            assert_eq!(facts.level_at(SERVICE, Gauge::ReplicasReady, 2390.0), 3, "lost tasks are replaced");
        }
        (busy, failed)
    };
    assert_eq!(check(true, true), (0, 0), "only empty ones");
    assert_eq!(check(true, false), (0, 0), "only empty ones");
    assert_eq!(check(false, true), (0, 0), "busy ones are drained first, and lose nothing");
    let (busy, failed) = check(false, false);
    assert!(
        busy >= 5 && failed as u32 >= busy,
        "three of four are busy: {busy} of 12 hit, {failed} requests lost"
    );
}

#[test]
fn a_task_that_nobody_checks_counts_as_healthy_after_forty_seconds() {
    // A busy instance is drained: its task goes when the replacement has run for 40 s.
    let group = json!({ "managed_termination_protection": false, "managed_draining": true });
    let mut drained = 0;
    for replication in 0..12 {
        let mut spec = shrinking(&group);
        spec["services"]["service"]["balancer"] = json!("none");
        let facts = facts(&spec, "40min", replication);
        let levels = facts.levels(SERVICE, Gauge::ReplicasRunning);
        let later = levels.iter().skip_while(|(at, _)| *at < 600.0);
        let later: Vec<(f64, u64)> = later.copied().collect();
        if let [(starts, 4), (stops, 3)] = later[..] {
            within("replaced", stops - starts, 40.0, 40.0);
            drained += 1;
        } else {
            assert_eq!(later, [], "an empty instance went");
        }
    }
    assert!(drained >= 5, "{drained} of 12");
}

#[test]
fn draining_keeps_to_the_maximum() {
    let check = |maximum: &str, moves: bool| {
        let group = json!({ "managed_termination_protection": false, "managed_draining": true });
        let (mut replaced, mut stuck) = (0, 0);
        for replication in 0..12 {
            let mut spec = shrinking(&group);
            spec["services"]["service"]["maximum_percent"] = json!(maximum);
            let facts = facts(&spec, "40min", replication);
            let levels = facts.levels(SERVICE, Gauge::ReplicasRunning);
            let most = levels.iter().skip_while(|(at, _)| *at < 600.0).map(|(_, level)| *level).max();
            replaced += u32::from(most == Some(4));
            let ready = facts.level_at(GROUP, Gauge::InstancesReady, 2399.0);
            stuck += u32::from(ready < facts.level_at(GROUP, Gauge::Instances, 2399.0));
        }
        assert_eq!(
            (replaced > 0, stuck > 0),
            (moves, !moves),
            "{maximum}: {replaced} moved, {stuck} drain for ever"
        );
    };
    // Three tasks: at 100 % none may start before one stops, and none may stop.
    check("100%", false);
    check("132%", false);
    check("134%", true);
    check("200%", true);
}

#[test]
fn tasks_that_do_not_run_yet_make_room_for_their_replacements() {
    // Three tasks that take an hour to start, each on an instance of its own; one of the four instances is drained
    // meanwhile. At 100 % its task goes before another is launched.
    let group = json!({ "managed_termination_protection": false, "managed_draining": true });
    let mut lost = 0;
    for replication in 0..12 {
        let mut spec = shrinking(&group);
        let service = &mut spec["services"]["service"];
        service["maximum_percent"] = json!("100%");
        service["task"]["start"] = json!({ "constant": "1h" });
        service["scaling"]["scheduled"]["actions"] =
            json!([{ "at": "5min", "min": 0, "max": 0 }, { "at": "7min", "min": 3, "max": 3 }]);
        let facts = facts(&spec, "50min", replication);
        assert_eq!(facts.level_at(GROUP, Gauge::Instances, 2990.0), 3, "one of four goes");
        assert_eq!(facts.level_at(SERVICE, Gauge::ReplicasPending, 2990.0), 3, "replication {replication}");
        let removal = facts.decisions(DecisionKind::Removal).next().unwrap();
        let pending = facts.levels(SERVICE, Gauge::ReplicasPending);
        lost += u32::from(pending.iter().any(|(at, level)| *at >= removal.at.seconds() - 5.0 && *level == 2));
    }
    assert!(lost >= 3, "{lost} of 12");
}

#[test]
fn what_drains_is_no_capacity() {
    // Three tasks, one to an instance, on four instances; one of them is drained for half an hour. A fourth task
    // meanwhile needs one instance more, and not two.
    let group = json!({ "managed_termination_protection": false, "managed_draining": true, "warm_up": "0s" });
    let mut drained = 0;
    for replication in 0..8 {
        let mut spec = shrinking(&group);
        let service = &mut spec["services"]["service"];
        service["constraints"] = json!(["distinct-instance"]);
        service["balancer"] = json!({ "alb": { "deregistration_delay": "30min" } });
        service["scaling"]["scheduled"]["actions"] =
            json!([{ "at": "5min", "min": 3, "max": 3 }, { "at": "60min", "min": 4, "max": 4 }]);
        let facts = facts(&spec, "75min", replication);
        let counts = facts.levels(GROUP, Gauge::InstancesDesired);
        let drains = facts.level_at(GROUP, Gauge::Instances, 3599.0) == 4;
        drained += u32::from(drains);
        assert_eq!(counts.iter().map(|(_, count)| *count).collect::<Vec<_>>(), [4, 3, 4], "{drains}");
    }
    assert!(drained >= 3, "{drained} of 8 drain");
}

#[test]
fn scaling_in_by_several_tasks_keeps_the_zones_even() {
    // Two instances in two zones, two tasks each; two tasks fewer. If both went from one zone, its instance would be
    // empty and leave a quarter of an hour later.
    let schedule =
        json!({ "scheduled": { "min": 4, "max": 4, "actions": [{ "at": "5min", "min": 2, "max": 2 }] } });
    let mut spec =
        ecs(0, 0, &json!({ "placement": ["spread:zone"] }), &managed(&json!({ "desired": 2, "zones": 2 })));
    spec["services"]["service"]["scaling"] = schedule;
    for replication in 0..8 {
        let facts = facts(&spec, "35min", replication);
        assert_eq!(facts.level_at(SERVICE, Gauge::ReplicasRunning, 2000.0), 2);
        assert_eq!(facts.level_at(GROUP, Gauge::Instances, 2000.0), 2);
    }
}

#[test]
fn cores_of_an_instance_are_shared_by_weight() {
    // Two services on one instance of two cores: alone each uses what it wants, together they get their weights' share.
    let check = |other_users: u32, hard: bool, expected_ms: f64| {
        let task = json!({ "task": { "cpu": "0.25vCPU", "hard_cpu_limit": hard }, "balancer": "none" });
        let mut spec = ecs(1, 1, &task, &json!({}));
        spec["services"]["other"] = spec["services"]["service"].clone();
        spec["services"]["other"]["task"]["cpu"] = json!("0.75vCPU");
        spec["services"]["other"]["task"]["hard_cpu_limit"] = json!(false);
        spec["work"]["work"] = json!({ "cpu": { "constant": "100ms" }, "parallelism": 2.0 });
        spec["sources"]["all"]["arrivals"] = every("6/min");
        if other_users > 0 {
            // Batches at the same instants as the requests of the first service, each of ten seconds.
            spec["work"]["long"] = json!({ "cpu": { "constant": "10s" }, "parallelism": 2.0 });
            spec["services"]["other"]["work"] = json!("long");
            spec["sources"]["others"] = json!({ "to": "other", "arrivals": every("6/min") });
        }
        let facts = facts(&spec, "11s", 0);
        let first = *facts.finished().find(|it| it.service.0 == 0).unwrap();
        let milliseconds = (first.at - first.born).seconds() * 1e3;
        within(
            &format!("{other_users} others, hard {hard}"),
            milliseconds,
            expected_ms - 0.01,
            expected_ms + 0.01,
        );
        let alone = first.parts.get(Part::Cpu).seconds() * 1e3;
        within(
            "alone",
            alone,
            if hard { 400.0 } else { 50.0 } - 0.01,
            if hard { 400.0 } else { 50.0 } + 0.01,
        );
    };
    check(0, false, 50.0);
    check(0, true, 400.0);
    // A quarter of two cores.
    check(1, false, 200.0);
    // The hard limit of a quarter of a core is below the share.
    check(1, true, 400.0);
}

#[test]
fn an_idle_cluster_keeps_what_it_has() {
    let facts = facts(&ecs(16, 2, &json!({}), &json!({})), "30min", 0);
    assert_eq!(facts.levels(GROUP, Gauge::Instances), [(0.0, 1), (0.0, 2)]);
    let spec = ecs(1, 1, &json!({}), &managed(&json!({ "min": 1 })));
    let steady = crate::facts::facts(
        &patched(&spec, &json!({ "sources": { "all": { "arrivals": together(3) } } })),
        "30min",
        0,
    );
    assert_eq!(steady.levels(GROUP, Gauge::InstancesDesired), [(0.0, 1)]);
}

#[test]
fn a_cluster_says_what_its_tasks_reserve_and_use() {
    // Four tasks of 1/8 vCPU, 128 MiB reserved and 100 in use, three of them until the fifth minute only.
    let action = json!({ "at": "5min", "min": 1, "max": 1 });
    let scaling = json!({ "scheduled": { "min": 4, "max": 4, "actions": [action] } });
    let mut spec = ecs(4, 1, &json!({ "balancer": "none" }), &json!({}));
    spec["services"]["service"]["scaling"] = scaling;
    spec["work"]["work"] = json!({ "cpu": { "constant": "500ms" }, "wait": { "constant": "1s" } });
    spec["sources"]["all"]["arrivals"] = every("1/s");
    let facts = facts(&spec, "10min", 0);
    let check = |gauge: Gauge, before: u64, after: u64| {
        let levels = [299.0, 500.0].map(|second| facts.level_at(GROUP, gauge, second));
        assert_eq!(levels, [before, after], "{gauge:?}");
        let of_service = facts.levels(SERVICE, gauge);
        let capacity = matches!(gauge, Gauge::CpuCapacity | Gauge::MemoryCapacity);
        assert_eq!(
            of_service.is_empty(),
            capacity,
            "{gauge:?}: the service's, but for capacity, which is shared"
        );
    };
    check(Gauge::CpuReserved, 500_000, 125_000);
    check(Gauge::MemoryReserved, 512 << 10, 128 << 10);
    check(Gauge::MemoryUsed, 400 << 10, 100 << 10);
    check(Gauge::CpuCapacity, 2_000_000, 2_000_000);
    check(Gauge::MemoryCapacity, 8192 << 10, 8192 << 10);
    let busy = |owner| facts.mean(owner, Gauge::CpuBusy, 60.0, 600.0);
    within("half a vCPU in use", busy(GROUP), 499_000.0, 501_000.0);
    within("all of it by the one service", busy(SERVICE), busy(GROUP), busy(GROUP));
}

#[test]
fn an_instance_without_memory_kills_what_is_furthest_above_its_reservation() {
    // Two services share 7,987 MiB. The one's request needs 4,000 MiB beside the 100 of its task; the other's task holds
    // `idle`. Which of them is killed, if one is, when so much is reserved for each.
    let check = |idle: u32, reserved: [u32; 2], victim: Option<&str>| {
        let task = |reserved: u32| json!({ "task": { "memory": "6000MiB", "memory_reservation": format!("{reserved}MiB") }, "balancer": "none" });
        let mut spec = ecs(1, 1, &task(reserved[0]), &json!({}));
        let mut other = patched(&spec["services"]["service"], &task(reserved[1]));
        other["task"]["idle_memory"] = json!(format!("{idle}MiB"));
        spec["services"]["other"] = other;
        spec["work"]["work"]["memory"] = json!({ "constant": "4000MiB" });
        spec["work"]["work"]["wait"] = json!({ "constant": "5s" });
        let facts = facts(&spec, "70min", 0);
        let mut killed = facts.decisions(DecisionKind::Removal);
        let killed = killed.find(|it| it.reason.starts_with("out of memory on the instance"));
        assert_eq!(killed.map(|it| it.owner.as_str()), victim, "{idle}, {reserved:?}");
        let outcome = facts.finished().next().unwrap().outcome;
        let expected = if victim == Some("service") { Outcome::Failed } else { Outcome::Ok };
        assert_eq!(outcome, expected, "{idle}, {reserved:?}");
        let reason = facts.refusals().next().map(|(.., reason)| reason);
        let lost = "out of memory on the instance";
        assert_eq!(reason, (expected == Outcome::Failed).then_some(lost), "{idle}, {reserved:?}");
        // It is replaced, and nothing is left over.
        assert_eq!(facts.level_at(SERVICE, Gauge::ReplicasRunning, 4100.0), 1);
        assert_eq!(facts.level_at(GROUP, Gauge::MemoryUsed, 4100.0), u64::from(100 + idle) << 10);
        let used = facts.levels(GROUP, Gauge::MemoryUsed);
        let held = used.windows(2).filter(|pair| pair[0].0 < pair[1].0).map(|pair| pair[0].1);
        assert!(held.max().unwrap() <= 7987 << 10, "nothing beyond the memory holds");
    };
    check(3887, [1000, 3000], None);
    check(3888, [1000, 3000], Some("service"));
    check(5000, [3000, 1000], Some("other"));
    check(5000, [1000, 3000], Some("service"));
}

#[test]
fn an_old_metric_removes_nothing_twice() {
    // Four instances, two of them empty for good from the fifth minute on: 50 % of four is two, and not half of two.
    let mut spec = shrinking(&json!({ "warm_up": "0s", "managed_termination_protection": false }));
    spec["services"]["service"]["scaling"]["scheduled"]["actions"] =
        json!([{ "at": "5min", "min": 2, "max": 2 }]);
    for replication in 0..4 {
        let desired = facts(&spec, "60min", replication).levels(GROUP, Gauge::InstancesDesired);
        assert_eq!(desired.iter().map(|(_, count)| *count).collect::<Vec<_>>(), [4, 2], "{desired:?}");
    }
}

#[test]
fn instances_are_ordered_for_what_was_short_a_minute_ago() {
    let ordered = |lag: &str| {
        let mut spec = ecs(1, 0, &json!({}), &managed(&json!({})));
        spec["telemetry"] = json!({ "reservation_lag": lag });
        facts(&spec, "10min", 0).reaches(GROUP, Gauge::InstancesDesired, 2).unwrap()
    };
    let at_once = ordered("0s");
    within("at once", at_once, 0.0, 60.0);
    // The alarm looks once a minute, so a lag is rounded up to its next look.
    for (lag, later) in [("60s", 60.0), ("61s", 120.0), ("1s", 60.0)] {
        within(lag, ordered(lag) - at_once, later - 0.001, later + 0.001);
    }
}
