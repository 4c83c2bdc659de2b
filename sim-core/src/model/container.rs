//! Container services: what is behind their front door, and what they say about themselves.
//!
//! What a service wants is in `scheduler`, the lives of its tasks in `lives`, the requests inside them in `task`.

use std::collections::{BTreeMap, VecDeque};

use super::bucket::Bucket;
use super::cluster::{ClusterId, InstanceId};
use super::fleet::{Agenda, Fleet};
use super::health::Checks;
use super::request::{Call, RequestId};
use super::scaling::ServiceScaling;
use super::task::{Task, TaskId, TaskState};
use super::telemetry::ContainerTelemetry;
use crate::cost::{Arch, Purchase};
use crate::engine::{Span, Time};
use crate::observe::{Billable, Gauge, GroupId, Outcome, Owner, Probe, ServiceId};
use crate::policy::routing::Router;
use crate::policy::view::{Placement, TaskDemand, Tenant};
use crate::quantity::{Bytes, Cpu, MemorySize};
use crate::random::{self, Distribution, Purpose};
use rand::Rng as _;

/// A service of containers.
pub(super) struct Containers {
    pub cpu: Cpu,
    pub memory: MemorySize,
    /// Memory that placement and the utilization metric go by: the soft limit where there is one.
    pub reserved_memory: MemorySize,
    pub idle_memory_kib: u64,
    pub image: Bytes,
    pub start: Distribution,
    /// From the stop signal to the kill.
    pub stop_timeout: Span,
    pub server: Server,
    /// What it takes to start an idle worker, where they do not keep running.
    pub worker_start: Option<Distribution>,
    pub hard_cpu_limit: bool,
    pub parallelism: f64,
    pub substrate: Substrate,
    pub balancer: Option<Balancer>,
    pub router: Router,
    /// Tasks that are not gone, by their ordinals and so in the order of their launch.
    pub tasks: BTreeMap<u64, TaskId>,
    /// On Fargate, how many of them are in each zone.
    pub in_zone: Vec<u32>,
    pub launched: u64,
    pub desired: u32,
    /// How many tasks count towards the desired count, and how many are on their way to running.
    pub counted: u32,
    pub pending: u32,
    /// Tasks that stop as soon as they are replaced.
    pub leaving: Vec<TaskId>,
    /// How many tasks are in service, and which of those the balancer takes for unhealthy. The router has the others, or
    /// all if there are no others.
    pub in_service: u32,
    pub unhealthy: Vec<TaskId>,
    /// How many tasks are registered with the balancer, whether they have passed a check or not.
    pub registered: u32,
    /// For how long after its start a task's failed checks are overlooked.
    pub grace: Span,
    /// How many healthy tasks there are at least, and how many tasks there may be, for one that is desired.
    pub minimum: f64,
    pub maximum: f64,
    /// Requests in work, and requests in the tasks' queues.
    pub working: u32,
    pub queued: u32,
    pub cpu_busy: u64,
    pub memory_used_kib: u64,
    pub running: u32,
    pub placed: u32,
    /// Fargate tasks that are paid for.
    pub paid: u32,
    /// What its tasks are for; Fargate is one provider.
    pub providers: Vec<Provider>,
    /// When the service's scheduler is going to look, if it is.
    pub reconcile_at: Option<Time>,
    pub launch_rate: Bucket,
    pub scaling: ServiceScaling,
    pub telemetry: ContainerTelemetry,
}

/// How a task takes requests in.
#[derive(Clone, Copy, Debug)]
pub(super) enum Server {
    Workers { count: u32, backlog: u32 },
    Shared { limit: u32 },
}

/// What stands in front of the tasks.
pub(super) struct Balancer {
    pub deregistration_delay: Span,
    pub registration: Span,
    pub checks: Checks,
}

/// A capacity provider: a group of instances, or none in particular, and its share of a service's tasks.
pub(super) struct Provider {
    /// The only group that its tasks are placed on.
    pub group: Option<GroupId>,
    pub base: u32,
    pub weight: u32,
    /// How many tasks that count are its own, and which of its tasks wait for a place.
    pub tasks: u32,
    pub waiting: VecDeque<TaskId>,
}

impl Provider {
    /// The one that gets every task.
    pub(super) fn of_all(group: Option<GroupId>) -> Self {
        Provider { group, base: 0, weight: 1, tasks: 0, waiting: VecDeque::new() }
    }
}

/// What the tasks run on.
pub(super) enum Substrate {
    /// Instances of a cluster.
    Cluster {
        cluster: ClusterId,
        /// Who it is on the cluster's roster.
        tenant: Tenant,
        placement: Box<dyn Placement>,
        demand: TaskDemand,
        distinct: bool,
    },
    /// Fargate.
    Fargate {
        arch: Arch,
        purchase: Purchase,
        zones: u32,
        speed: f64,
        provisioning: Distribution,
        pull_bytes_per_second: f64,
    },
}

impl Containers {
    /// What a Fargate task costs; tasks on instances cost nothing by themselves.
    pub(super) fn fargate_bill(&self, service: ServiceId, from: Time, to: Option<Time>) -> Option<Billable> {
        let Substrate::Fargate { arch, purchase, .. } = self.substrate else { return None };
        Some(Billable::FargateTask { service, from, to, cpu: self.cpu, memory: self.memory, arch, purchase })
    }

    /// How long the start of an idle worker takes that a request finds, where workers do not keep running.
    #[inline]
    pub(super) fn worker_start(&self, call: &Call) -> Option<Span> {
        let law = self.worker_start.as_ref()?;
        let mut luck = random::draw(call.seed, Purpose::WorkerStart, call.attempts);
        Some(Span::from_seconds(law.sample(&mut luck)))
    }

    /// One task more or less of a provider counts towards the desired count.
    pub(super) fn count(&mut self, provider: usize, by: i32) {
        let counted = |count: u32| count.checked_add_signed(by).expect("tasks that count are not negative");
        self.counted = counted(self.counted);
        self.providers[provider].tasks = counted(self.providers[provider].tasks);
    }

    /// The provider of the next task: the one whose base is not full; else the one with the fewest tasks beyond its base for
    /// its weight.
    pub(super) fn next_provider(&self) -> usize {
        if let Some(base) = self.providers.iter().position(|provider| provider.tasks < provider.base) {
            return base;
        }
        let weighted = self.providers.iter().enumerate().filter(|(_, provider)| provider.weight > 0);
        let load = |provider: &Provider| u64::from(provider.tasks - provider.base);
        let least = weighted.min_by(|(_, one), (_, other)| {
            (load(one) * u64::from(other.weight)).cmp(&(load(other) * u64::from(one.weight)))
        });
        least.expect("a checked strategy has a weight").0
    }

    /// How many tasks there may be while some are replaced: running and on their way, without those that drain.
    pub(super) fn ceiling(&self) -> u32 {
        (f64::from(self.desired) * self.maximum * (1.0 + 1e-9)) as u32
    }

    /// How many healthy tasks there are at least while some are replaced.
    pub(super) fn floor(&self) -> u32 {
        (f64::from(self.desired) * self.minimum * (1.0 - 1e-9)).ceil() as u32
    }

    /// Whether there may be one task more.
    pub(super) fn has_room(&self) -> bool {
        self.counted + (self.leaving.len() as u32) < self.ceiling()
    }

    /// A task is gone that was in state `last`.
    pub(super) fn forget(&mut self, id: TaskId, task: &Task, last: TaskState) {
        self.tasks.remove(&task.ordinal);
        self.pending -= u32::from(last < TaskState::Registering);
        if last == TaskState::Waiting {
            self.providers[task.provider].waiting.retain(|other| *other != id);
        }
        if let Some(tasks) = self.in_zone.get_mut(task.zone as usize) {
            *tasks -= 1;
        }
    }
}

/// CPU in millionths of a vCPU.
fn micro_vcpus(cpu: Cpu) -> u64 {
    u64::from(cpu.0) * 1_000_000 / u64::from(Cpu::UNITS_PER_VCPU)
}

impl<P: Probe> Fleet<P> {
    /// The balancer picks a target for a request.
    #[inline(always)]
    pub(super) fn route(&mut self, service: ServiceId, id: RequestId, now: Time, agenda: &mut Agenda) {
        let seed = self.requests[id].call.seed;
        let attempt = self.requests[id].call.attempts;
        let containers = self.services[service].containers();
        containers.telemetry.requests += 1;
        let luck = || random::draw(seed, Purpose::Route, attempt).next_u64();
        let Some(target) = containers.router.pick(luck) else {
            self.refuse(id, Outcome::Unavailable, "no target in service", now, agenda);
            return;
        };
        let task = TaskId(target);
        self.admit(task, id, now, agenda);
    }

    pub(super) fn running_changed(&mut self, service: ServiceId, by: i32, now: Time) {
        let containers = self.services[service].containers();
        containers.running =
            containers.running.checked_add_signed(by).expect("running tasks are not negative");
        let running = u64::from(containers.running);
        let (cpu, memory) = (containers.cpu, containers.reserved_memory);
        containers.telemetry.running(now, running, cpu, memory);
        self.level(service, Gauge::ReplicasRunning, running, now);
        self.pending_level(service, now);
    }

    /// A task is a target of the balancer from now on, or is none any more; requests per target are shared by all of them.
    pub(super) fn register(&mut self, id: TaskId, registered: bool, now: Time) {
        let task = &mut self.tasks[id];
        if std::mem::replace(&mut task.registered, registered) == registered {
            return;
        }
        let containers = self.services[task.service].containers();
        let targets = if registered { containers.registered + 1 } else { containers.registered - 1 };
        containers.registered = targets;
        containers.telemetry.targets(now, u64::from(targets));
    }

    /// Counts tasks that hold a place, and what they reserve of the service and of the group that the instance is in.
    pub(super) fn placed_changed(
        &mut self,
        service: ServiceId,
        instance: Option<InstanceId>,
        by: i32,
        now: Time,
    ) {
        let containers = self.services[service].containers();
        containers.placed = containers.placed.checked_add_signed(by).expect("placed tasks are not negative");
        let placed = u64::from(containers.placed);
        let (cpu, memory) = (micro_vcpus(containers.cpu), u64::from(containers.reserved_memory.0) << 10);
        self.level(service, Gauge::CpuReserved, placed * cpu, now);
        self.level(service, Gauge::MemoryReserved, placed * memory, now);
        if let Some(instance) = instance {
            let group = self.instances[instance].group;
            self.reserved_changed(group, i64::from(by) * cpu as i64, i64::from(by) * memory as i64, now);
        }
    }

    /// The tasks on a group's instances reserve more or less.
    fn reserved_changed(&mut self, id: GroupId, cpu: i64, memory_kib: i64, now: Time) {
        let group = &mut self.groups[id];
        let changed = |level: u64, by: i64| level.checked_add_signed(by).expect("nothing is less than free");
        group.cpu_reserved = changed(group.cpu_reserved, cpu);
        group.memory_reserved_kib = changed(group.memory_reserved_kib, memory_kib);
        self.probe.level(now, Owner::Group(id), Gauge::CpuReserved, group.cpu_reserved);
        self.probe.level(now, Owner::Group(id), Gauge::MemoryReserved, group.memory_reserved_kib);
    }

    /// A Fargate task is paid for from now on.
    pub(super) fn pay_for(&mut self, id: TaskId, now: Time) {
        self.tasks[id].billed_from = Some(now);
        self.paid_changed(self.tasks[id].service, 1, now);
    }

    /// Counts Fargate tasks that are paid for, and their size.
    pub(super) fn paid_changed(&mut self, service: ServiceId, by: i32, now: Time) {
        let containers = self.services[service].containers();
        containers.paid = containers.paid.checked_add_signed(by).expect("tasks paid for are not negative");
        let paid = u64::from(containers.paid);
        let (cpu, memory) = (micro_vcpus(containers.cpu), u64::from(containers.memory.0) << 10);
        self.level(service, Gauge::CpuCapacity, paid * cpu, now);
        self.level(service, Gauge::MemoryCapacity, paid * memory, now);
    }

    /// States how many tasks are on their way: waiting for a place, provisioned, pulling, starting.
    pub(super) fn pending_level(&mut self, service: ServiceId, now: Time) {
        let pending = u64::from(self.services[service].containers().pending);
        self.level(service, Gauge::ReplicasPending, pending, now);
    }
}
