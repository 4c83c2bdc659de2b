//! What instances, replicas, functions and the account have.

use super::*;

#[test]
fn replicas_have_so_many_places() {
    let full = |story: &mut Story, queued: u64, working: u64| {
        story.ready_task();
        for _ in 0..queued + working {
            story.passed(0, API);
            story.replica(0, TASK, ReplicaFact::Entered);
        }
        (0..working).for_each(|_| story.replica(0, TASK, ReplicaFact::Began));
        story.level(0, API, Gauge::Queue, queued);
        story.level(0, API, Gauge::Concurrency, working);
        story.bill_task(None);
    };
    check(Invariant::Capacity, "requests inside to be at most 2", |story, wrong| {
        full(story, if wrong { 2 } else { 1 }, 1);
    });
    check(Invariant::Capacity, "requests in work to be at most 1", |story, wrong| {
        full(story, if wrong { 0 } else { 1 }, if wrong { 2 } else { 1 });
    });
    check(Invariant::Capacity, "requests queued to be at most 1", |story, wrong| {
        full(story, if wrong { 2 } else { 1 }, 0);
    });
    check(Invariant::Capacity, "millionths of a vCPU in use", |story, wrong| {
        full(story, 0, 1);
        story.replica(0, TASK, ReplicaFact::Cpu(if wrong { 1_100_000 } else { 1_000_000 }));
    });
    check(Invariant::Capacity, "KiB in use to be at most", |story, wrong| {
        full(story, 0, 1);
        story.replica(0, TASK, ReplicaFact::Memory(if wrong { 2049 << 10 } else { 2048 << 10 }));
    });
    check(Invariant::Capacity, "KiB of an idle task", |story, wrong| {
        full(story, 0, 1);
        story.replica(0, TASK, ReplicaFact::Memory(if wrong { 99 << 10 } else { 100 << 10 }));
    });
}

#[test]
fn instances_hold_what_they_have() {
    check(Invariant::Capacity, "network interfaces of tasks to be at most 1", |story, wrong| {
        story.ready_instance();
        (1..=1 + u64::from(wrong)).for_each(|tasks| story.task_on_instance(tasks as u32, 5, tasks));
        story.bill_instance(0);
    });
    check(Invariant::Capacity, "CPU units reserved to be at most 2048", |story, wrong| {
        story.ready_instance();
        (1..=if wrong { 3 } else { 1 }).for_each(|tasks| story.task_on_instance(tasks as u32, 5, tasks));
        story.bill_instance(0);
    });
    check(Invariant::Capacity, "MiB reserved to be at most", |story, wrong| {
        story.ready_instance();
        (1..=if wrong { 4 } else { 1 }).for_each(|tasks| story.task_on_instance(tasks as u32, 5, tasks));
        story.bill_instance(0);
    });
    check(Invariant::Capacity, "an instance for a task", |story, wrong| {
        story.ready_instance();
        story.task_on_instance(1, if wrong { 6 } else { 5 }, 1);
        story.bill_instance(0);
    });
    check(Invariant::Capacity, "tasks only where instances take them", |story, wrong| {
        story.ready_instance();
        if wrong {
            story.0.instance(at(0), 5, InstanceFact::Draining);
        }
        story.task_on_instance(1, 5, 1);
        story.bill_instance(0);
    });
    check(Invariant::Capacity, "tasks left on it as it goes", |story, wrong| {
        story.ready_instance();
        story.task_on_instance(1, 5, 1);
        if wrong {
            story.0.instance(at(0), 5, InstanceFact::Gone);
        }
        story.bill_instance(0);
    });
    check(Invariant::Capacity, "CpuBusy to be what its instances add up to", |story, wrong| {
        story.ready_instance();
        story.group(0, Gauge::CpuBusy, u64::from(wrong));
        story.bill_instance(0);
    });
    check(Invariant::Capacity, "a zone of the group", |story, wrong| {
        let zone = if wrong { 3 } else { 2 };
        story.0.instance(at(0), 9, InstanceFact::Launched { group: GROUP, zone });
    });
    check(Invariant::Capacity, "a launch before anything else", |story, wrong| {
        if wrong {
            story.0.instance(at(0), 9, InstanceFact::Active);
        }
    });
}

#[test]
fn an_instance_has_so_many_cores_and_so_much_memory() {
    let used = |what: fn(u64) -> ReplicaFact, gauge, amount| {
        move |story: &mut Story, wrong: bool| {
            story.ready_instance();
            story.task_on_instance(1, 5, 1);
            let amount = amount + u64::from(wrong) * amount;
            story.replica(0, Replica::Task(1), what(amount));
            story.level(0, BOX, gauge, amount);
            story.group(0, gauge, amount);
            story.level(0, BOX, Gauge::Concurrency, 1);
            story.passed(0, BOX);
            let facts =
                [ReplicaFact::Runs, ReplicaFact::Ready(true), ReplicaFact::Entered, ReplicaFact::Began];
            facts.into_iter().for_each(|fact| story.replica(0, Replica::Task(1), fact));
            story.level(0, BOX, Gauge::ReplicasRunning, 1);
            story.level(0, BOX, Gauge::ReplicasReady, 1);
            let idle = 100 << 10;
            if gauge != Gauge::MemoryUsed {
                story.replica(0, Replica::Task(1), ReplicaFact::Memory(idle));
                story.level(0, BOX, Gauge::MemoryUsed, idle);
                story.group(0, Gauge::MemoryUsed, idle);
            }
            story.bill_instance(0);
        }
    };
    let cpu = used(ReplicaFact::Cpu, Gauge::CpuBusy, 2_000_000);
    check(Invariant::Capacity, "millionths of a vCPU in use to be at most 2002000", cpu);
    let memory = used(ReplicaFact::Memory, Gauge::MemoryUsed, 2048 << 10);
    check(Invariant::Capacity, "KiB in use to be at most 2097152", memory);
}

#[test]
fn limits_of_functions_and_of_the_account() {
    check(Invariant::Limits, "environments to start no faster than 1 at once", |story, wrong| {
        story.invocation(1, 2, true);
        story.replica(2, PLACE, ReplicaFact::Gone);
        story.level(2, FUNCTION, Gauge::Environments, 0);
        story.invocation(2, 3, true);
        if wrong {
            story.replica(3, PLACE, ReplicaFact::Gone);
            (0..2).for_each(|_| story.0.began(at(3), FUNCTION, true));
        }
    });
    check(Invariant::Limits, "at most ten requests a second", |story, wrong| {
        if wrong {
            (0..11).for_each(|_| story.0.began(at(1), FUNCTION, false));
        }
    });
    check(Invariant::Limits, "concurrency in use or provisioned to be at most 1", |story, wrong| {
        story.place(1, PLACE, FUNCTION, None);
        story.level(1, FUNCTION, Gauge::Environments, 1);
        story.busy_function(1, u64::from(wrong) * 2);
        story.busy_function(2, 0);
    });
    check(Invariant::Limits, "the account: expected concurrency", |story, wrong| {
        story.0.ground.fleet.account.lambda_concurrency = u32::from(!wrong);
        story.born(1, 1);
        story.ends(Outcome::Rejected, 1, 1000, 1, 0);
    });
    check_levels(Invariant::Limits, "reserved or in use to be at most 2", |story, wrong| {
        // Provisioned when both units are busy, so that there are three; the next one may begin when there is one again.
        let other = story.two_functions_without_reservation();
        story.busy_function(1, 2);
        story.level(2, other, Gauge::Provisioned, 1);
        story.busy_function(3, 1);
        story.busy_function(if wrong { 4 } else { 5 }, if wrong { 2 } else { 0 });
        story.busy_function(6, 0);
    });
    check_levels(Invariant::Limits, "provisioned without a reservation to be at most 2", |story, wrong| {
        let other = story.two_functions_without_reservation();
        story.level(2, other, Gauge::Provisioned, if wrong { 3 } else { 2 });
    });
    check_levels(
        Invariant::Limits,
        "concurrency in use without a reservation to be at most 2",
        |story, wrong| {
            let other = story.two_functions_without_reservation();
            story.busy_function(1, 1);
            story.level(2, other, Gauge::Provisioned, 2);
            story.level(3, other, Gauge::Concurrency, if wrong { 2 } else { 1 });
            story.level(4, other, Gauge::Concurrency, 0);
            story.busy_function(4, 0);
        },
    );
    check(Invariant::Limits, "launches no faster than 1 at once", |story, wrong| {
        story.place(1, Replica::Task(1), BOX, None);
        story.place(if wrong { 1 } else { 2 }, Replica::Task(2), BOX, None);
    });
    check(Invariant::Limits, "0 to 2 instances desired", |story, wrong| {
        story.group(0, Gauge::InstancesDesired, if wrong { 3 } else { 2 });
    });
}

#[test]
fn use_lies_between_nothing_and_what_is_there() {
    let task = |gauge: Gauge, wrong_value: u64| {
        move |story: &mut Story, wrong: bool| {
            story.ready_task();
            if wrong {
                story.level(0, API, gauge, wrong_value);
            }
            story.bill_task(None);
        }
    };
    check(Invariant::Utilization, "CPU in use with nothing in work", task(Gauge::CpuBusy, 1));
    check(Invariant::Utilization, "CPU in use to be at most 1002000", task(Gauge::CpuBusy, 1_002_001));
    check(Invariant::Utilization, "ready replicas to be at most 1", task(Gauge::ReplicasReady, 2));
    check(Invariant::Utilization, "running replicas to be at most 1", task(Gauge::ReplicasRunning, 2));
    check(Invariant::Utilization, "KiB in use to be at most", task(Gauge::MemoryUsed, 2049 << 10));
    check(Invariant::Utilization, "KiB of idle tasks to be at most", task(Gauge::MemoryUsed, 99 << 10));
    check(
        Invariant::Utilization,
        "replicas paid for to be at most 1",
        task(Gauge::MemoryCapacity, 4096 << 10),
    );
    let function = |gauge: Gauge, wrong_value: u64| {
        move |story: &mut Story, wrong: bool| {
            story.invocation(1, 2, true);
            if wrong {
                story.level(3, FUNCTION, gauge, wrong_value);
            }
        }
    };
    check(Invariant::Utilization, "environments busy to be at most 1", function(Gauge::Concurrency, 2));
    check(Invariant::Utilization, "KiB in use to be at most 0", function(Gauge::MemoryUsed, 1));
    check(Invariant::Utilization, "CPU in use to be at most", function(Gauge::CpuBusy, 5000));
    let group = |gauge: Gauge, wrong_value: u64| {
        move |story: &mut Story, wrong: bool| {
            story.ready_instance();
            story.bill_instance(0);
            if wrong {
                story.group(0, gauge, wrong_value);
            }
        }
    };
    check(Invariant::Utilization, "InstancesReady to be at most 1", group(Gauge::InstancesReady, 2));
    check(Invariant::Utilization, "CpuReserved to be at most", group(Gauge::CpuReserved, 2_000_001));
    check(
        Invariant::Utilization,
        "MemoryReserved to be at most",
        group(Gauge::MemoryReserved, (8192 << 10) + 1),
    );
    check(Invariant::Utilization, "CpuBusy to be at most", group(Gauge::CpuBusy, 2_100_000));
    check(Invariant::Utilization, "MemoryUsed to be at most", group(Gauge::MemoryUsed, (8192 << 10) + 1));
    check(Invariant::Utilization, "CpuReserved of its groups to be 0", group(Gauge::CpuReserved, 1000));
}
