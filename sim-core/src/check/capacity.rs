//! Instances and replicas one by one: what is reserved and used on each against what it has.
//!
//! Reservations follow from the task definition in the spec, not from what the scheduler says that it took. They are
//! looked at as each task is placed; use is looked at when the instant is over, since cores and memory change hands within
//! one.

use std::collections::{BTreeMap, BTreeSet};

use super::ground::{GroupGround, SLACK, micro_vcpus, task_of};
use super::{Fact, Family, Findings, Ground, Invariant};
use crate::observe::{Gauge, GroupId, InstanceFact, Owner, Replica, ReplicaFact, ServiceId};
use crate::spec::{NetworkMode, ServerSpec, ServiceSpec, TaskSpec};

/// What is known of a replica.
#[derive(Clone, Copy)]
struct Holder {
    service: ServiceId,
    instance: Option<u32>,
    running: bool,
    cpu: u64,
    memory_kib: u64,
    begun: u64,
    queued: u64,
}

/// What is known of an instance.
struct Host {
    group: GroupId,
    active: bool,
    cores: u64,
    tasks: BTreeSet<Replica>,
    cpu_units: u64,
    memory_mib: u64,
    interfaces: u64,
    cpu: u64,
    memory_kib: u64,
}

#[derive(Default)]
pub(super) struct Capacity {
    replicas: BTreeMap<Replica, Holder>,
    instances: BTreeMap<u32, Host>,
    /// What has to be looked at when the instant is over.
    touched: BTreeSet<Replica>,
    touched_instances: BTreeSet<u32>,
    groups_changed: bool,
}

impl Capacity {
    fn placed(
        &mut self,
        replica: Replica,
        service: ServiceId,
        instance: Option<u32>,
        ground: &Ground,
        findings: &mut Findings,
    ) {
        let holder = Holder { service, instance, running: false, cpu: 0, memory_kib: 0, begun: 0, queued: 0 };
        self.replicas.insert(replica, holder);
        let (Some(instance), ServiceSpec::Ecs(ecs)) = (instance, ground.service(service)) else { return };
        let name = || format!("instance {instance}");
        let Some(host) = self.instances.get_mut(&instance) else {
            findings.unless(false, Invariant::Capacity, || {
                [name(), "an instance for a task".into(), "none of this number".into()]
            });
            return;
        };
        findings.unless(host.active, Invariant::Capacity, || {
            [name(), "tasks only where instances take them".into(), "a task on one that does not".into()]
        });
        let group = ground.group(host.group);
        let provided = group.cluster == ecs.cluster && ecs.may_run_in(&group_key(group));
        findings.unless(provided, Invariant::Capacity, || {
            [
                ground.service_name(service),
                "a place in its own groups".into(),
                format!("one in {}", group.name),
            ]
        });
        host.tasks.insert(replica);
        host.reserve(&ecs.task, 1);
        host.check_reservations(instance, group, findings);
        self.check_sharing(instance, service, ground, findings);
    }

    /// What only one task of an instance may have: a port; the instance itself, where the service says so.
    fn check_sharing(&self, instance: u32, newest: ServiceId, ground: &Ground, findings: &mut Findings) {
        let ServiceSpec::Ecs(ecs) = ground.service(newest) else { return };
        let neighbours = self.instances[&instance].tasks.iter().map(|task| self.replicas[task].service);
        let on_port = |service: &ServiceId| match ground.service(*service) {
            ServiceSpec::Ecs(other) => other.task.host_port == ecs.task.host_port,
            _ => false,
        };
        let name = || format!("instance {instance}");
        if let Some(port) = ecs.task.host_port {
            let tasks = neighbours.clone().filter(on_port).count() as u64;
            findings.at_most(Invariant::Capacity, name, &format!("tasks on port {port}"), &tasks, &1);
        }
        if ecs.constraints.iter().any(|constraint| constraint.0.name == "distinct-instance") {
            let own = neighbours.filter(|service| *service == newest).count() as u64;
            findings.at_most(Invariant::Capacity, name, "tasks of a service that has it alone", &own, &1);
        }
    }

    fn gone(&mut self, replica: Replica, ground: &Ground) {
        self.touched.remove(&replica);
        let Some(holder) = self.replicas.remove(&replica) else { return };
        let host = holder.instance.and_then(|instance| self.instances.get_mut(&instance));
        let (Some(host), Some((task, _))) = (host, task_of(ground.service(holder.service))) else { return };
        host.tasks.remove(&replica);
        host.reserve(task, -1);
        host.cpu -= holder.cpu;
        host.memory_kib -= holder.memory_kib;
    }

    /// A fact about a replica that has its place.
    fn changed(&mut self, replica: Replica, fact: ReplicaFact, ground: &Ground, findings: &mut Findings) {
        let Some(holder) = self.replicas.get_mut(&replica) else { return };
        let host = holder.instance.and_then(|instance| self.instances.get_mut(&instance));
        match fact {
            ReplicaFact::Runs => holder.running = true,
            ReplicaFact::Cpu(cpu) => {
                if let Some(host) = host {
                    host.cpu = host.cpu + cpu - holder.cpu;
                }
                holder.cpu = cpu;
            }
            ReplicaFact::Memory(memory_kib) => {
                if let Some(host) = host {
                    host.memory_kib = host.memory_kib + memory_kib - holder.memory_kib;
                }
                holder.memory_kib = memory_kib;
            }
            ReplicaFact::Entered => {
                holder.queued += 1;
                check_room(replica, holder, ground, findings);
            }
            ReplicaFact::Began => {
                holder.queued = holder.queued.saturating_sub(1);
                holder.begun += 1;
                check_workers(replica, holder, ground, findings);
            }
            ReplicaFact::Left { begun: true } => holder.begun = holder.begun.saturating_sub(1),
            ReplicaFact::Left { begun: false } => holder.queued = holder.queued.saturating_sub(1),
            _ => return,
        }
        self.touched_instances.extend(holder.instance);
        self.touched.insert(replica);
    }

    fn instance(&mut self, instance: u32, fact: InstanceFact, ground: &Ground, findings: &mut Findings) {
        if let InstanceFact::Launched { group, zone } = fact {
            self.launched(instance, group, zone, ground, findings);
            return;
        }
        let name = || format!("instance {instance}");
        let Some(host) = self.instances.get_mut(&instance) else {
            findings.unless(false, Invariant::Capacity, || {
                [name(), "a launch before anything else".into(), format!("{fact:?}")]
            });
            return;
        };
        match fact {
            InstanceFact::Active => host.active = true,
            InstanceFact::Draining => host.active = false,
            InstanceFact::Cores(cores) => host.cores = cores,
            InstanceFact::Gone => {
                let left = host.tasks.len() as u64;
                findings.equal(Invariant::Capacity, name, "tasks left on it as it goes", &left, &0);
                self.instances.remove(&instance);
            }
            InstanceFact::Launched { .. } | InstanceFact::Runs => {}
        }
        self.touched_instances.insert(instance);
    }

    fn launched(
        &mut self,
        instance: u32,
        group: GroupId,
        zone: u32,
        ground: &Ground,
        findings: &mut Findings,
    ) {
        let of = ground.group(group);
        let host = Host {
            group,
            active: false,
            cores: u64::from(of.instance_type.vcpu) * 1_000_000,
            tasks: BTreeSet::new(),
            cpu_units: 0,
            memory_mib: 0,
            interfaces: 0,
            cpu: 0,
            memory_kib: 0,
        };
        let earlier = self.instances.insert(instance, host);
        findings.unless(earlier.is_none() && zone < of.spec.zones, Invariant::Capacity, || {
            let found = format!("one in zone {zone} of {}", of.spec.zones);
            [format!("instance {instance}"), "a new number and a zone of the group".into(), found]
        });
    }

    /// What the instances of a group add up to against what is stated of it.
    fn check_groups(&self, ground: &Ground, findings: &mut Findings) {
        let mut sums = vec![[0_u64; 4]; ground.groups.len()];
        for host in self.instances.values() {
            let more = [
                host.cpu,
                host.memory_kib,
                host.cpu_units * 1_000_000 / u64::from(crate::quantity::Cpu::UNITS_PER_VCPU),
                host.memory_mib << 10,
            ];
            sums[host.group.0 as usize].iter_mut().zip(more).for_each(|(sum, more)| *sum += more);
        }
        let gauges = [Gauge::CpuBusy, Gauge::MemoryUsed, Gauge::CpuReserved, Gauge::MemoryReserved];
        for (index, sums) in sums.iter().enumerate() {
            let owner = Owner::Group(GroupId(index as u32));
            for (gauge, sum) in gauges.into_iter().zip(sums) {
                let stated = ground.level(owner, gauge);
                // Units of a 1,024th of a vCPU round to millionths task by task.
                let holds = stated.abs_diff(*sum) <= if gauge == Gauge::CpuReserved { SLACK } else { 0 };
                findings.unless(holds, Invariant::Capacity, || {
                    let expected = format!("{gauge:?} to be what its instances add up to, {sum}");
                    [ground.name(owner), expected, stated.to_string()]
                });
            }
        }
    }
}

/// The group's name within its cluster, as a capacity provider strategy has it.
fn group_key(group: &GroupGround) -> String {
    group.name.strip_prefix(&format!("{}/", group.cluster)).unwrap_or("instances").to_owned()
}

impl Host {
    /// Reserves what a task holds, or frees it.
    fn reserve(&mut self, task: &TaskSpec, sign: i64) {
        let own_interface = matches!(task.network, NetworkMode::Awsvpc | NetworkMode::AwsvpcTrunking);
        let parts = [
            (&mut self.cpu_units, u64::from(task.cpu.0)),
            (&mut self.memory_mib, u64::from(task.reserved_memory().0)),
            (&mut self.interfaces, u64::from(own_interface)),
        ];
        for (sum, part) in parts {
            *sum = sum.wrapping_add_signed(sign * part as i64);
        }
    }

    fn check_reservations(&self, instance: u32, group: &GroupGround, findings: &mut Findings) {
        let limits = [
            ("CPU units reserved", self.cpu_units, group.cpu_units),
            ("MiB reserved", self.memory_mib, group.memory_mib),
            ("network interfaces of tasks", self.interfaces, group.interfaces),
        ];
        for (what, reserved, most) in limits {
            findings.at_most(Invariant::Capacity, || format!("instance {instance}"), what, &reserved, &most);
        }
    }

    fn check_use(&self, instance: u32, group: &GroupGround, findings: &mut Findings) {
        let limits = [
            ("millionths of a vCPU in use", self.cpu, self.cores + SLACK),
            ("KiB in use", self.memory_kib, group.memory_mib << 10),
        ];
        for (what, used, most) in limits {
            findings.at_most(Invariant::Capacity, || format!("instance {instance}"), what, &used, &most);
        }
    }
}

/// How many requests a replica works on at once, and how many may wait in it.
fn places(service: &ServiceSpec) -> (u64, u64) {
    match task_of(service).map(|(task, _)| &task.server) {
        Some(ServerSpec::Workers { count, backlog, .. }) => (u64::from(*count), u64::from(*backlog)),
        Some(ServerSpec::Shared { limit }) => (u64::from(*limit), 0),
        // An execution environment handles one event at a time.
        None => (1, 0),
    }
}

/// A request has come in: it found a worker free, or a place in the queue.
fn check_room(replica: Replica, holder: &Holder, ground: &Ground, findings: &mut Findings) {
    let (workers, backlog) = places(ground.service(holder.service));
    let inside = holder.begun + holder.queued;
    findings.at_most(
        Invariant::Capacity,
        || format!("{replica:?}"),
        "requests inside",
        &inside,
        &(workers + backlog),
    );
}

fn check_workers(replica: Replica, holder: &Holder, ground: &Ground, findings: &mut Findings) {
    let (workers, _) = places(ground.service(holder.service));
    findings.at_most(
        Invariant::Capacity,
        || format!("{replica:?}"),
        "requests in work",
        &holder.begun,
        &workers,
    );
}

/// What one replica uses, and how it queues, when an instant is over.
fn check_replica(replica: Replica, holder: &Holder, ground: &Ground, findings: &mut Findings) {
    let service = ground.service(holder.service);
    let name = || format!("{replica:?}");
    let (_, backlog) = places(service);
    findings.at_most(Invariant::Capacity, name, "requests queued", &holder.queued, &backlog);
    let Some((task, fargate)) = task_of(service) else { return };
    if fargate || task.hard_cpu_limit {
        let most = micro_vcpus(task.cpu) + SLACK;
        findings.at_most(Invariant::Capacity, name, "millionths of a vCPU in use", &holder.cpu, &most);
    }
    let most = u64::from(task.memory.0) << 10;
    findings.at_most(Invariant::Capacity, name, "KiB in use", &holder.memory_kib, &most);
    let least = if holder.running { u64::from(task.idle_memory.0) << 10 } else { 0 };
    findings.unless(holder.memory_kib >= least, Invariant::Capacity, || {
        [name(), format!("at least the {least} KiB of an idle task"), holder.memory_kib.to_string()]
    });
}

impl Family for Capacity {
    fn hear(&mut self, fact: &Fact<'_>, ground: &Ground, findings: &mut Findings) {
        match *fact {
            Fact::Replica(replica, ReplicaFact::Placed { service, instance, .. }) => {
                self.placed(replica, service, instance, ground, findings);
            }
            Fact::Replica(replica, ReplicaFact::Gone) => self.gone(replica, ground),
            Fact::Replica(replica, fact) => self.changed(replica, fact, ground, findings),
            Fact::Instance(instance, fact) => self.instance(instance, fact, ground, findings),
            Fact::Level { owner: Owner::Group(_), before, value, .. } => {
                self.groups_changed |= before != value;
            }
            _ => {}
        }
    }

    fn instant_over(&mut self, ground: &Ground, findings: &mut Findings) {
        for replica in std::mem::take(&mut self.touched) {
            if let Some(holder) = self.replicas.get(&replica) {
                check_replica(replica, holder, ground, findings);
            }
        }
        for instance in std::mem::take(&mut self.touched_instances) {
            if let Some(host) = self.instances.get(&instance) {
                host.check_use(instance, ground.group(host.group), findings);
            }
        }
        if std::mem::take(&mut self.groups_changed) {
            self.check_groups(ground, findings);
        }
    }
}
