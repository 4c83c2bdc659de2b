//! What is used lies between nothing and what is there: for services, groups and clusters, by the levels that are stated.

use super::ground::{SLACK, task_of};
use super::{Fact, Family, Findings, Ground, Invariant};
use crate::observe::{Gauge, GroupId, Owner, ServiceId};
use crate::spec::{FunctionSpec, ServiceSpec, TaskSpec, lambda_vcpus};

/// Keeps no books: levels are the ground's.
pub(super) struct Utilization;

impl Family for Utilization {
    fn hear(&mut self, _: &Fact<'_>, _: &Ground, _: &mut Findings) {}

    fn instant_over(&mut self, ground: &Ground, findings: &mut Findings) {
        for (id, spec) in ground.services() {
            idle_uses_nothing(id, ground, findings);
            match spec {
                ServiceSpec::Lambda(function) => check_function(id, function, ground, findings),
                _ => check_containers(id, spec, ground, findings),
            }
        }
        check_groups(ground, findings);
        check_clusters(ground, findings);
    }
}

/// `most` bounds `what` of a service.
fn bounded(id: ServiceId, what: &str, found: u64, most: u64, ground: &Ground, findings: &mut Findings) {
    findings.at_most(Invariant::Utilization, || ground.service_name(id), what, &found, &most);
}

fn idle_uses_nothing(id: ServiceId, ground: &Ground, findings: &mut Findings) {
    if ground.of_service(id, Gauge::Concurrency) == 0 {
        bounded(
            id,
            "CPU in use with nothing in work",
            ground.of_service(id, Gauge::CpuBusy),
            0,
            ground,
            findings,
        );
    }
}

fn check_containers(id: ServiceId, spec: &ServiceSpec, ground: &Ground, findings: &mut Findings) {
    let Some((task, fargate)) = task_of(spec) else { return };
    let level = |gauge| ground.of_service(id, gauge);
    let mut at_most = |what: &str, found, most| bounded(id, what, found, most, ground, findings);
    let running = level(Gauge::ReplicasRunning);
    at_most("ready replicas", level(Gauge::ReplicasReady), running);
    let placed = level(Gauge::MemoryReserved) / (u64::from(task.reserved_memory().0) << 10);
    at_most("running replicas", running, placed);
    let used = level(Gauge::MemoryUsed);
    at_most("KiB in use", used, placed * own_memory(task));
    at_most("KiB of idle tasks", running * (u64::from(task.idle_memory.0) << 10), used);
    if fargate {
        let paid = level(Gauge::MemoryCapacity) / own_memory(task);
        at_most("running replicas", running, paid);
        at_most("replicas paid for", paid, placed);
    }
    if fargate || task.hard_cpu_limit {
        at_most("CPU in use", level(Gauge::CpuBusy), level(Gauge::CpuReserved) + SLACK);
    }
}

fn own_memory(task: &TaskSpec) -> u64 {
    u64::from(task.memory.0) << 10
}

fn check_function(id: ServiceId, function: &FunctionSpec, ground: &Ground, findings: &mut Findings) {
    let level = |gauge| ground.of_service(id, gauge);
    let mut at_most = |what: &str, found, most| bounded(id, what, found, most, ground, findings);
    let (busy, paid) = (level(Gauge::Concurrency), level(Gauge::MemoryCapacity));
    at_most("environments busy", busy, level(Gauge::Environments));
    at_most("KiB in use", level(Gauge::MemoryUsed), paid);
    at_most("CPU in use", level(Gauge::CpuBusy), level(Gauge::CpuCapacity) + SLACK);
    // The functions of a fleet have memory of their own.
    if let (None, Some(memory)) = (&function.functions, function.memory) {
        let all_of_it = busy * (u64::from(memory.0) << 10);
        at_most("KiB in use", level(Gauge::MemoryUsed), all_of_it);
        at_most("KiB of busy environments", all_of_it, paid);
        let vcpus = (busy as f64 * lambda_vcpus(memory) * 1e6) as u64;
        at_most("CPU in use", level(Gauge::CpuBusy), vcpus + SLACK);
    }
}

fn check_groups(ground: &Ground, findings: &mut Findings) {
    let limits = [
        (Gauge::InstancesReady, Gauge::Instances, 0),
        (Gauge::CpuReserved, Gauge::CpuCapacity, 0),
        (Gauge::MemoryReserved, Gauge::MemoryCapacity, 0),
        (Gauge::CpuBusy, Gauge::CpuCapacity, SLACK),
        (Gauge::MemoryUsed, Gauge::MemoryCapacity, 0),
    ];
    for index in 0..ground.groups.len() {
        let owner = Owner::Group(GroupId(index as u32));
        for (gauge, of, slack) in limits {
            findings.at_most(
                Invariant::Utilization,
                || ground.name(owner),
                &format!("{gauge:?}"),
                &ground.level(owner, gauge),
                &(ground.level(owner, of) + slack),
            );
        }
    }
}

/// What services reserve and use on a cluster is what its groups say.
fn check_clusters(ground: &Ground, findings: &mut Findings) {
    for name in ground.fleet.clusters.keys() {
        for gauge in [Gauge::CpuReserved, Gauge::CpuBusy, Gauge::MemoryReserved, Gauge::MemoryUsed] {
            let groups = ground.groups.iter().enumerate().filter(|(_, group)| group.cluster == *name);
            let of_groups: u64 =
                groups.map(|(index, _)| ground.level(Owner::Group(GroupId(index as u32)), gauge)).sum();
            let here = ground
                .services()
                .filter(|(_, spec)| matches!(spec, ServiceSpec::Ecs(ecs) if ecs.cluster == *name));
            let of_services: u64 = here.map(|(id, _)| ground.of_service(id, gauge)).sum();
            let owner = || format!("cluster {name}");
            let what = format!("{gauge:?} of its groups");
            findings.equal(Invariant::Utilization, owner, &what, &of_groups, &of_services);
        }
    }
}
