//! Bills against what was there, decisions against what was done.

use super::*;

#[test]
fn bills_cover_what_was_busy() {
    check(Invariant::Integrals, "task-nanoseconds billed", |story, wrong| {
        story.ready_task();
        story.born(9, 1);
        story.ends(Outcome::Rejected, 9, 9000, 1, 0);
        if !wrong {
            story.bill_task(None);
        }
    });
    check(Invariant::Bills, "running time", |story, wrong| {
        story.ready_task();
        if wrong {
            story.level(5, API, Gauge::CpuCapacity, 0);
            story.bill_task(Some(5));
        }
        story.level(9, API, Gauge::Queue, 0);
        if !wrong {
            story.bill_task(None);
        }
    });
    check(Invariant::Integrals, "instance-nanoseconds billed", |story, wrong| {
        story.ready_instance();
        story.born(9, 1);
        story.ends(Outcome::Rejected, 9, 9000, 1, 0);
        story.bill_instance(u64::from(wrong));
    });
    check(Invariant::Bills, "a period that is over", |story, wrong| {
        story.ready_task();
        story.level(9, API, Gauge::Queue, 0);
        if wrong {
            story.0.billed(&Billable::FargateTask {
                service: API,
                from: at(12),
                to: None,
                cpu: Cpu(1024),
                memory: MemorySize(2048),
                arch: Arch::X86,
                purchase: Purchase::OnDemand,
            });
        }
        story.bill_task(None);
    });
    check(Invariant::Bills, "busy vCPU-nanoseconds", |story, wrong| {
        story.invocation(1, 2, true);
        if wrong {
            story.level(3, FUNCTION, Gauge::CpuBusy, 2000);
            story.level(900, FUNCTION, Gauge::CpuBusy, 0);
            story.level(901, FUNCTION, Gauge::CpuBusy, 1_000_000);
            story.level(903, FUNCTION, Gauge::CpuBusy, 0);
        }
    });
    check(Invariant::Bills, "a handler's billed time to be at most", |story, wrong| {
        story.invocation(1, if wrong { 5 } else { 4 }, true);
    });
    check(Invariant::Bills, "surplus credits of unlimited instances only", |story, wrong| {
        let vcpu_nanos = u64::from(!wrong);
        story.0.billed(&Billable::SurplusCredits { group: GROUP, at: None, vcpu_nanos });
    });
    check(Invariant::Bills, "a balancer's beginning", |story, wrong| {
        story.level(if wrong { 1 } else { 0 }, API, Gauge::Queue, 0);
        story.0.billed(&Billable::Balancer { service: API });
    });
}

#[test]
fn decisions_are_applied_as_stated() {
    let scaled = |said: (u64, u64), did: u64| {
        move |story: &mut Story, wrong: bool| {
            story.ready_task();
            let change = if wrong { said } else { (1, 2) };
            story.decided(70, DecisionKind::ServiceScaling, "api", Some(change), "CPU above target");
            story.level(70, API, Gauge::ReplicasDesired, if wrong { did } else { 2 });
            story.level(71, API, Gauge::Queue, 0);
            story.bill_task(None);
        }
    };
    check(Invariant::Decisions, "to go as decided: 1 to 2, found 1 to 3", scaled((1, 2), 3));
    check(Invariant::Decisions, "to go as decided: 1 to 2, found no change", scaled((1, 2), 1));
    check(Invariant::Decisions, "to go as decided: 4 to 2, found 1 to 2", scaled((4, 2), 2));
    check(Invariant::Decisions, "a decision that changes something", scaled((1, 1), 1));
    check(Invariant::Decisions, "found 0 to 1", |story, wrong| {
        story.group(if wrong { 60 } else { 0 }, Gauge::InstancesDesired, 1);
        story.level(61, API, Gauge::Queue, 0);
    });
    check(Invariant::Decisions, "a reason and whose it is", |story, wrong| {
        story.decided(1, DecisionKind::KeepAlive, "function", None, if wrong { "" } else { "quiet hours" });
    });
    check(Invariant::Decisions, "a known service or group", |story, wrong| {
        let (owner, change) = if wrong { ("nobody", (0, 1)) } else { ("fleet", (0, 1)) };
        story.decided(1, DecisionKind::ClusterScaling, owner, Some(change), "tasks wait");
        story.group(1, Gauge::InstancesDesired, 1);
    });
    check(Invariant::Decisions, "a decision that says why something is placed there", |story, wrong| {
        story.ready_instance();
        let reason = if wrong { "instance 55 has room" } else { "task 1 on instance 5 in zone-a" };
        story.place(0, Replica::Task(1), BOX, Some(5));
        story.decided(0, DecisionKind::Placement, "box", None, reason);
        let levels = [(Gauge::CpuReserved, 1_000_000), (Gauge::MemoryReserved, 2048 << 10)];
        for (gauge, value) in levels {
            story.level(0, BOX, gauge, value);
            story.group(0, gauge, value);
        }
        story.bill_instance(0);
    });
    check(Invariant::Decisions, "targets to turn one by one", |story, wrong| {
        story.ready_task();
        let change = if wrong { (3, 1) } else { (2, 1) };
        story.decided(0, DecisionKind::Health, "api", Some(change), "task 3 failed");
        story.bill_task(None);
    });
    check(Invariant::Decisions, "as decided long ago", |story, wrong| {
        story.level(0, API, Gauge::ReplicasDesired, 1);
        story.level(0, API, Gauge::ReplicasPending, u64::from(!wrong));
        story.level(9000, API, Gauge::Queue, 0);
    });
    check(Invariant::Decisions, "as decided long ago", |story, wrong| {
        // Found by the swarm: there is no place to launch a task in while all of its zones are out.
        let outage = |zone: &str| json!({ "zone-outage": { "zone": zone, "at": "1s", "lasts": "3h" } });
        for zone in ["zone-a", "zone-b", if wrong { "zone-b" } else { "zone-c" }] {
            let fault = serde_json::from_value(outage(zone)).expect("a fault");
            story
                .0
                .ground
                .fleet
                .faults
                .insert(format!("{zone} of {}", story.0.ground.fleet.faults.len()), fault);
        }
        story.level(0, API, Gauge::ReplicasDesired, 1);
        story.level(9000, API, Gauge::Queue, 0);
    });
}
