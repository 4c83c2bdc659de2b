//! Container services: their tasks' lives, from launch to stop, on EC2 instances or on Fargate.
//!
//! The desired count is written by scaling; [`Fleet::reconcile`], a moment later, launches what is missing and stops what
//! is too much. A new task is placed (EC2) or provisioned (Fargate), pulls its image, starts, registers with the
//! balancer and takes requests after its first passed health check. A task that is told to stop is deregistered first
//! and finishes what it has begun.

use std::collections::VecDeque;

use super::bucket::Bucket;
use super::cluster::ClusterId;
use super::cpu::SharedCpu;
use super::event::{FleetEvent, Kind};
use super::fleet::{Agenda, Fleet};
use super::request::RequestId;
use super::scaling::ServiceScaling;
use super::task::{Task, TaskId, TaskState};
use super::telemetry::ContainerTelemetry;
use crate::cost::{Arch, Purchase};
use crate::engine::{Span, Time};
use crate::observe::{Billable, DecisionKind, Gauge, Outcome, Probe, ServiceId};
use crate::policy::routing::Router;
use crate::policy::view::{Placement, TaskDemand};
use crate::quantity::{Bytes, Cpu, MemorySize};
use crate::random::{self, Distribution, Purpose, open01};
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
    pub server: Server,
    pub hard_cpu_limit: bool,
    pub parallelism: f64,
    pub substrate: Substrate,
    pub balancer: Option<Balancer>,
    pub router: Router,
    /// Tasks that are not gone, in the order of their launch.
    pub tasks: Vec<TaskId>,
    pub launched: u64,
    pub desired: u32,
    /// How many tasks are in service; the router knows which.
    pub in_service: u32,
    /// Requests in work, and requests in the tasks' queues.
    pub working: u32,
    pub queued: u32,
    pub cpu_busy: u64,
    pub memory_used_kib: u64,
    pub running: u32,
    pub placed: u32,
    pub waiting: VecDeque<TaskId>,
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
    pub check_interval: Span,
    pub registration: Span,
}

/// What the tasks run on.
pub(super) enum Substrate {
    /// Instances of a cluster.
    Cluster { cluster: ClusterId, placement: Box<dyn Placement>, demand: TaskDemand, distinct: bool },
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

    fn counted(&self, tasks: &crate::arena::Slab<TaskId, Task>) -> u32 {
        self.tasks.iter().filter(|id| tasks[**id].counts()).count() as u32
    }
}

impl<P: Probe> Fleet<P> {
    /// The balancer picks a target for a request.
    pub(super) fn route(&mut self, service: ServiceId, id: RequestId, now: Time, agenda: &mut Agenda) {
        let seed = self.requests[id].call.seed;
        let attempt = self.requests[id].call.attempts;
        let containers = self.services[service].containers();
        containers.telemetry.requests += 1;
        let mut luck = random::draw(seed, Purpose::Route, attempt);
        let Some(target) = containers.router.pick(luck.next_u64()) else {
            self.refuse(id, Outcome::Unavailable, "no target in service", now, agenda);
            return;
        };
        let task = TaskId(target);
        self.admit(task, id, now, agenda);
    }

    /// Asks the service's scheduler to look soon.
    pub(super) fn reconcile_soon(&mut self, service: ServiceId, now: Time, agenda: &mut Agenda) {
        let reaction = self.telemetry.scheduler_reaction;
        let key = self.services[service].key;
        let luck = self.luck;
        let containers = self.services[service].containers();
        if containers.reconcile_at.is_some() {
            return;
        }
        let mut draw = luck.counted(Purpose::Phase, key, now.nanos());
        let at = now + reaction.scaled(open01(&mut draw));
        containers.reconcile_at = Some(at);
        agenda.schedule(FleetEvent::new(at, Kind::Reconcile, service.0, 0));
    }

    /// The service's scheduler launches what is missing and stops what is too much.
    pub(super) fn reconcile(&mut self, service: ServiceId, now: Time, agenda: &mut Agenda) {
        let containers = self.services[service].containers();
        if containers.reconcile_at != Some(now) {
            return;
        }
        containers.reconcile_at = None;
        let desired = containers.desired;
        let counted = match &self.services[service].platform {
            super::service::Platform::Containers(containers) => containers.counted(&self.tasks),
            super::service::Platform::Functions(_) => unreachable!("functions have no scheduler"),
        };
        if counted < desired {
            self.launch_missing(service, desired - counted, now, agenda);
        }
        for _ in desired..counted {
            self.stop_one(service, now, agenda);
        }
        self.retire_leaving(service, now, agenda);
    }

    /// Launches up to `missing` tasks, as fast as the platform's quotas allow.
    fn launch_missing(&mut self, service: ServiceId, missing: u32, now: Time, agenda: &mut Agenda) {
        for _ in 0..missing {
            let on_fargate =
                matches!(self.services[service].containers().substrate, Substrate::Fargate { .. });
            let wait = self.services[service].containers().launch_rate.wait(now);
            let wait = if on_fargate { wait.max(self.account.fargate_launches.wait(now)) } else { wait };
            if !wait.is_zero() {
                let at = now + wait.max(Span::from_millis(50));
                self.services[service].containers().reconcile_at = Some(at);
                agenda.schedule(FleetEvent::new(at, Kind::Reconcile, service.0, 0));
                return;
            }
            self.services[service].containers().launch_rate.take(now);
            if on_fargate {
                self.account.fargate_launches.take(now);
            }
            self.launch(service, now, agenda);
        }
    }

    /// Creates a task; on EC2 it waits for a place, on Fargate it is provisioned at once.
    pub(super) fn launch(&mut self, service: ServiceId, now: Time, agenda: &mut Agenda) -> TaskId {
        let key = self.services[service].key;
        let luck = self.luck;
        let zone = self.poorest_zone(service);
        let containers = self.services[service].containers();
        let ordinal = containers.launched;
        containers.launched += 1;
        let (cores, speed) = match containers.substrate {
            Substrate::Fargate { speed, .. } => (containers.cpu.vcpus(), speed),
            Substrate::Cluster { .. } => (0.0, 1.0),
        };
        let id = self.tasks.insert(Task {
            service,
            state: TaskState::Waiting,
            instance: None,
            zone,
            ordinal,
            due: Time::NEVER,
            billed_from: None,
            cpu: SharedCpu::new(cores, speed, containers.parallelism),
            weight: f64::from(containers.cpu.0.max(2)),
            core_limit: if containers.hard_cpu_limit { containers.cpu.vcpus() } else { f64::INFINITY },
            cpu_due: Time::NEVER,
            cpu_busy: 0,
            working: 0,
            inside: 0,
            queue: VecDeque::new(),
            memory_kib: 0,
            leaving: false,
        });
        containers.tasks.push(id);
        match &containers.substrate {
            Substrate::Cluster { cluster, .. } => {
                let cluster = *cluster;
                containers.waiting.push_back(id);
                self.place_waiting(cluster, now, agenda);
            }
            Substrate::Fargate { provisioning, .. } => {
                let wait = provisioning.sample(&mut luck.counted(Purpose::Placement, key, ordinal));
                self.step_after(id, TaskState::Provisioning, Span::from_seconds(wait), now, agenda);
                self.placed_changed(service, 1, now);
            }
        }
        self.pending_level(service, now);
        id
    }

    /// The zone with the fewest of the service's tasks (Fargate spreads by itself).
    fn poorest_zone(&mut self, service: ServiceId) -> u32 {
        let containers = match &self.services[service].platform {
            super::service::Platform::Containers(containers) => containers,
            super::service::Platform::Functions(_) => unreachable!("functions launch no tasks"),
        };
        let Substrate::Fargate { zones, .. } = containers.substrate else { return 0 };
        let mut counts = vec![0_u32; zones as usize];
        containers.tasks.iter().for_each(|id| counts[self.tasks[*id].zone as usize] += 1);
        (0..zones).min_by_key(|zone| counts[*zone as usize]).unwrap_or(0)
    }

    /// A task goes on to its next state of life.
    pub(super) fn task_step(&mut self, id: TaskId, now: Time, agenda: &mut Agenda) {
        let task = &self.tasks[id];
        let service = task.service;
        match task.state {
            TaskState::Waiting => {}
            TaskState::Provisioning => self.pull(id, now, agenda),
            TaskState::Pulling => {
                let wait = self.task_draw(id, Purpose::ContainerStart, |containers| &containers.start);
                self.step_after(id, TaskState::Starting, wait, now, agenda);
            }
            TaskState::Starting => self.started(id, now, agenda),
            TaskState::Registering => self.in_service(id, now, agenda),
            TaskState::InService => {
                let owner = self.services[service].name.clone();
                self.note(
                    now,
                    DecisionKind::Removal,
                    &owner,
                    (None, None),
                    "a task exceeded its memory limit and was killed",
                );
                self.remove_task(id, "the task exceeded its memory limit", now, agenda);
                self.reconcile_soon(service, now, agenda);
            }
            TaskState::Draining => self.remove_task(id, "the deregistration delay is over", now, agenda),
        }
    }

    fn task_draw(
        &mut self,
        id: TaskId,
        purpose: Purpose,
        which: impl Fn(&Containers) -> &Distribution,
    ) -> Span {
        let task = &self.tasks[id];
        let service = &mut self.services[task.service];
        let mut draw = self.luck.counted(purpose, service.key, task.ordinal);
        Span::from_seconds(which(service.containers()).sample(&mut draw))
    }

    /// The image pull begins, and on Fargate the bill with it.
    pub(super) fn pull(&mut self, id: TaskId, now: Time, agenda: &mut Agenda) {
        let service = self.tasks[id].service;
        let containers = self.services[service].containers();
        let image = containers.image.0 as f64;
        let wait = match containers.substrate {
            Substrate::Fargate { pull_bytes_per_second, .. } => {
                self.tasks[id].billed_from = Some(now);
                Span::from_seconds(image / pull_bytes_per_second)
            }
            Substrate::Cluster { .. } => self.pull_on_instance(id, service, image, now),
        };
        self.step_after(id, TaskState::Pulling, wait, now, agenda);
    }

    /// The container runs; the balancer has yet to find it healthy.
    fn started(&mut self, id: TaskId, now: Time, agenda: &mut Agenda) {
        let task = &mut self.tasks[id];
        let (service, ordinal) = (task.service, task.ordinal);
        let key = self.services[service].key;
        let mut draw = self.luck.counted(Purpose::HealthCheck, key, ordinal);
        let containers = self.services[service].containers();
        let wait = match &containers.balancer {
            Some(balancer) => balancer.registration + balancer.check_interval.scaled(open01(&mut draw)),
            None => Span::ZERO,
        };
        self.begin_running(id, now);
        if wait.is_zero() {
            self.in_service(id, now, agenda);
        } else {
            self.step_after(id, TaskState::Registering, wait, now, agenda);
        }
    }

    /// Counts a task as running from now on.
    pub(super) fn begin_running(&mut self, id: TaskId, now: Time) {
        let task = &mut self.tasks[id];
        task.state = TaskState::Registering;
        let service = task.service;
        let containers = self.services[service].containers();
        let idle = containers.idle_memory_kib;
        self.tasks[id].memory_kib += idle;
        self.running_changed(service, 1, now);
        self.memory_changed(service, idle as i64, now);
    }

    /// The task takes requests from now on.
    pub(super) fn in_service(&mut self, id: TaskId, now: Time, agenda: &mut Agenda) {
        let service = self.tasks[id].service;
        let containers = self.services[service].containers();
        containers.router.add(id.0);
        containers.in_service += 1;
        let in_service = u64::from(containers.in_service);
        let task = &mut self.tasks[id];
        task.state = TaskState::InService;
        task.due = Time::NEVER;
        self.level(service, Gauge::ReplicasReady, in_service, now);
        self.retire_leaving(service, now, agenda);
    }

    /// Stops one task of the service, the one that is missed least: not running ones first, then as placement says.
    fn stop_one(&mut self, service: ServiceId, now: Time, agenda: &mut Agenda) {
        let containers = self.services[service].containers();
        let tasks = containers.tasks.clone();
        let counted = tasks.iter().copied().filter(|id| self.tasks[*id].counts());
        let unborn = counted.clone().rev().min_by_key(|id| self.tasks[*id].state.min(TaskState::Registering));
        let Some(unborn) = unborn else { return };
        let victim = if self.tasks[unborn].state < TaskState::Registering {
            unborn
        } else {
            self.victim(service, unborn, now)
        };
        self.stop_task(victim, now, agenda);
    }

    /// A running task to stop: on EC2 the placement's choice, on Fargate the newest of the zone with the most.
    fn victim(&mut self, service: ServiceId, otherwise: TaskId, now: Time) -> TaskId {
        if let Some(victim) = self.placement_victim(service, now) {
            return victim;
        }
        let containers = self.services[service].containers();
        let tasks = containers.tasks.clone();
        let running = || tasks.iter().copied().filter(|id| self.tasks[*id].counts());
        let in_zone = |zone: u32| running().filter(|id| self.tasks[*id].zone == zone).count();
        running()
            .max_by_key(|id| (in_zone(self.tasks[*id].zone), self.tasks[*id].ordinal))
            .unwrap_or(otherwise)
    }

    /// Tells a task to stop.
    pub(super) fn stop_task(&mut self, id: TaskId, now: Time, agenda: &mut Agenda) {
        if self.tasks[id].state != TaskState::InService {
            self.remove_task(id, "the task was stopped", now, agenda);
            return;
        }
        self.out_of_service(id, now);
        self.tasks[id].state = TaskState::Draining;
        let service = self.tasks[id].service;
        self.running_changed(service, -1, now);
        match &self.services[service].containers().balancer {
            Some(balancer) => {
                let delay = balancer.deregistration_delay;
                self.step_after(id, TaskState::Draining, delay, now, agenda);
            }
            None if self.tasks[id].inside == 0 => {
                self.step_after(id, TaskState::Draining, Span::ZERO, now, agenda);
            }
            None => self.tasks[id].due = Time::NEVER,
        }
    }

    fn out_of_service(&mut self, id: TaskId, now: Time) {
        let service = self.tasks[id].service;
        let containers = self.services[service].containers();
        containers.router.remove(id.0);
        containers.in_service -= 1;
        let left = u64::from(containers.in_service);
        self.level(service, Gauge::ReplicasReady, left, now);
    }

    /// Takes a task away for good; what is inside it fails.
    pub(super) fn remove_task(&mut self, id: TaskId, reason: &'static str, now: Time, agenda: &mut Agenda) {
        let service = self.tasks[id].service;
        match self.tasks[id].state {
            TaskState::InService => {
                self.out_of_service(id, now);
                self.running_changed(service, -1, now);
            }
            TaskState::Registering => self.running_changed(service, -1, now),
            _ => {}
        }
        let before = self.tasks[id].state;
        self.tasks[id].state = TaskState::Draining;
        self.fail_requests(id, reason, now, agenda);
        self.bill_task(id, Some(now));
        if before >= TaskState::Registering {
            let memory = self.tasks[id].memory_kib as i64;
            self.memory_changed(service, -memory, now);
        }
        let on_fargate = matches!(self.services[service].containers().substrate, Substrate::Fargate { .. });
        if self.tasks[id].instance.is_some() || (on_fargate && before != TaskState::Waiting) {
            self.placed_changed(service, -1, now);
        }
        let instance = self.tasks[id].instance;
        let task = self.tasks.remove(id);
        let containers = self.services[service].containers();
        containers.tasks.retain(|other| *other != id);
        containers.waiting.retain(|other| *other != id);
        self.pending_level(service, now);
        if let Some(instance) = instance {
            self.free_place(instance, &task, id, now, agenda);
        }
    }

    /// Once its replacement is in service, a task on a leaving instance stops.
    pub(super) fn retire_leaving(&mut self, service: ServiceId, now: Time, agenda: &mut Agenda) {
        loop {
            let containers = self.services[service].containers();
            let (desired, tasks) = (containers.desired as usize, containers.tasks.clone());
            let healthy = containers.in_service as usize;
            let leaving =
                |id: &&TaskId| self.tasks[**id].leaving && self.tasks[**id].state != TaskState::Draining;
            let early =
                tasks.iter().filter(leaving).find(|id| self.tasks[**id].state != TaskState::InService);
            let ready = tasks.iter().find(leaving).filter(|_| healthy > desired);
            let Some(&id) = early.or(ready) else { return };
            self.stop_task(id, now, agenda);
        }
    }

    fn running_changed(&mut self, service: ServiceId, by: i32, now: Time) {
        let containers = self.services[service].containers();
        containers.running =
            containers.running.checked_add_signed(by).expect("running tasks are not negative");
        let running = u64::from(containers.running);
        let (cpu, memory) = (containers.cpu, containers.reserved_memory);
        containers.telemetry.running(now, running, cpu, memory);
        self.level(service, Gauge::ReplicasRunning, running, now);
        self.pending_level(service, now);
    }

    /// Counts tasks that hold a place, and what they reserve.
    pub(super) fn placed_changed(&mut self, service: ServiceId, by: i32, now: Time) {
        let containers = self.services[service].containers();
        containers.placed = containers.placed.checked_add_signed(by).expect("placed tasks are not negative");
        let placed = u64::from(containers.placed);
        let cpu = placed * u64::from(containers.cpu.0) * 1_000_000 / u64::from(Cpu::UNITS_PER_VCPU);
        let memory = (placed * u64::from(containers.reserved_memory.0)) << 10;
        self.level(service, Gauge::CpuReserved, cpu, now);
        self.level(service, Gauge::MemoryReserved, memory, now);
    }

    /// States how many tasks are on their way: waiting for a place, provisioned, pulling, starting.
    pub(super) fn pending_level(&mut self, service: ServiceId, now: Time) {
        let containers = match &self.services[service].platform {
            super::service::Platform::Containers(containers) => containers,
            super::service::Platform::Functions(_) => return,
        };
        let on_its_way = |id: &&TaskId| self.tasks[**id].state < TaskState::Registering;
        let pending = containers.tasks.iter().filter(on_its_way).count() as u64;
        self.level(service, Gauge::ReplicasPending, pending, now);
    }
}
