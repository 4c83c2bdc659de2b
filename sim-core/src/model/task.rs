//! Tasks: running copies of a container service, and what their CPU does. The requests inside them are in `serving`.

use std::collections::VecDeque;

use super::cluster::InstanceId;
use super::cpu::SharedCpu;
use super::event::{FleetEvent, Kind};
use super::faults::Fate;
use super::fleet::{Agenda, Fleet};
use super::health::Health;
use super::request::{RequestId, Stage};
use crate::engine::{Span, Time};
use crate::observe::{Gauge, Outcome, Probe, ReplicaFact, ServiceId};

crate::ids! {
    /// A task.
    pub(super) TaskId
}

/// Where a task is in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum TaskState {
    /// No instance has room for it, or no launch token is left.
    Waiting,
    /// Fargate prepares a place for it. Not billed.
    Provisioning,
    /// Its image is pulled.
    Pulling,
    /// Its container starts.
    Starting,
    /// It runs; the balancer has not found it healthy yet.
    Registering,
    /// It takes requests.
    InService,
    /// It takes no more requests and finishes those it has.
    Draining,
}

/// One task.
pub(super) struct Task {
    pub service: ServiceId,
    pub state: TaskState,
    /// The instance it is on (EC2).
    pub instance: Option<InstanceId>,
    pub zone: u32,
    /// Which of its service's capacity providers it is for.
    pub provider: usize,
    /// The k-th task of its service: the key of its draws.
    pub ordinal: u64,
    /// The instant of its next step of life.
    pub due: Time,
    /// When it began to be billed (Fargate: the start of the pull).
    pub billed_from: Option<Time>,
    pub cpu: SharedCpu,
    /// Its share of an instance's cores under contention, and the most it may use: its hard limit.
    pub weight: f64,
    pub core_limit: f64,
    /// The instant of the next completion in its CPU.
    pub cpu_due: Time,
    /// CPU in use, in millionths of a vCPU, as last stated.
    pub cpu_busy: u64,
    /// Requests in work, each holding a worker, in no meaningful order; and how many are inside altogether.
    pub work: Vec<RequestId>,
    pub inside: u32,
    pub queue: VecDeque<RequestId>,
    pub memory_kib: u64,
    /// What placement reserves for it.
    pub reserved_kib: u64,
    /// Why a replacement is due, if one is.
    pub leaving: Option<Leaving>,
    pub health: Health,
    /// Whether the balancer has it as a target.
    pub registered: bool,
    /// How many times a worker has come free.
    pub released: u64,
    /// The kernel has killed it, and this instant is its last.
    pub killed: Option<Killed>,
    /// What befalls it next.
    pub fate: Fate,
    /// How often it came back from an outage; each time its luck is drawn anew.
    pub comebacks: u64,
    /// When it is taken back, if it has had the notice.
    pub taken_back: Option<Time>,
    /// Its speed, as a share of what it should be.
    pub slowness: f64,
    /// It is unreachable, and stands still: requests that try to connect to it, those whose wait is over, and whether its
    /// next step of life is due.
    pub lost: bool,
    pub connecting: Vec<RequestId>,
    pub held: Vec<RequestId>,
    pub step_held: bool,
}

/// Why the kernel kills a task.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Killed {
    /// It has exceeded its own memory limit.
    OverLimit,
    /// Its instance has run out of memory.
    InstanceFull,
}

/// Why a task is replaced.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Leaving {
    /// Its instance is going away.
    Instance,
    /// It failed its health checks.
    Unhealthy,
    /// There is a new version.
    Deployment,
}

impl Task {
    /// Whether it counts towards the desired count.
    pub(super) fn counts(&self) -> bool {
        self.state != TaskState::Draining && self.leaving.is_none()
    }
}

impl<P: Probe> Fleet<P> {
    /// After anything entered or left a task's CPU: shares the instance's cores anew if that matters, states what is
    /// busy, and puts the next completion into the agenda.
    #[inline]
    pub(super) fn cpu_changed(&mut self, task_id: TaskId, now: Time, agenda: &mut Agenda) {
        let Some(task) = self.tasks.get(task_id) else { return };
        match task.instance {
            Some(instance) => self.share_instance(instance, task_id, now, agenda),
            None => self.cpu_settled(task_id, now, agenda),
        }
    }

    /// States a task's busy CPU and schedules its next completion.
    #[inline]
    pub(super) fn cpu_settled(&mut self, task_id: TaskId, now: Time, agenda: &mut Agenda) {
        let task = &mut self.tasks[task_id];
        let busy = (task.cpu.busy() * 1e6) as i64 as u64;
        let (service, instance, before) = (task.service, task.instance, task.cpu_busy);
        task.cpu_busy = busy;
        let due = task.cpu.next_done();
        if due != task.cpu_due {
            task.cpu_due = due;
            if due != Time::NEVER {
                agenda.schedule(FleetEvent::new(due, Kind::CpuDone, 0, task_id.0));
            }
        }
        if busy != before {
            self.task_fact(now, task_id, ReplicaFact::Cpu(busy));
            self.busy_changed(service, instance, (before, busy), now, agenda);
        }
    }

    #[inline]
    fn busy_changed(
        &mut self,
        service: ServiceId,
        instance: Option<InstanceId>,
        (before, busy): (u64, u64),
        now: Time,
        agenda: &mut Agenda,
    ) {
        let containers = self.services[service].containers();
        containers.cpu_busy = containers.cpu_busy + busy - before;
        let total = containers.cpu_busy;
        containers.telemetry.cpu.set(now, total);
        self.level(service, Gauge::CpuBusy, total, now);
        if let Some(instance) = instance {
            self.instance_busy_changed(instance, before, busy, now, agenda);
        }
    }

    /// Everything inside a task that is lost fails.
    pub(super) fn fail_requests(
        &mut self,
        task_id: TaskId,
        reason: &'static str,
        now: Time,
        agenda: &mut Agenda,
    ) {
        for id in self.take_connecting(task_id, now) {
            self.refuse(id, Outcome::Failed, reason, now, agenda);
        }
        if self.tasks[task_id].inside == 0 {
            return;
        }
        let task = &self.tasks[task_id];
        let mut lost: Vec<RequestId> = task.queue.iter().chain(&task.work).copied().collect();
        // In an order that does not depend on who worked at what.
        lost.sort_unstable();
        for id in lost {
            match self.requests[id].stage {
                Stage::Queued => self.forget_queued(task_id, now),
                Stage::Computing => {
                    self.tasks[task_id].cpu.abort(now, id.0);
                    self.leave(task_id, id, now);
                }
                _ => {
                    self.leave(task_id, id, now);
                }
            }
            self.refuse(id, Outcome::Failed, reason, now, agenda);
        }
        self.tasks[task_id].queue.clear();
        assert_eq!(self.tasks[task_id].inside, 0, "every request inside a lost task has failed");
        self.cpu_changed(task_id, now, agenda);
    }

    fn forget_queued(&mut self, task_id: TaskId, now: Time) {
        let task = &mut self.tasks[task_id];
        task.inside -= 1;
        let service = task.service;
        self.services[service].containers().router.ended(task_id.0);
        self.task_fact(now, task_id, ReplicaFact::Left { begun: false });
        self.queued_changed(service, -1, now);
    }

    /// A draining task without a balancer's delay stops as soon as it is empty.
    #[inline]
    pub(super) fn stop_if_drained(&mut self, task_id: TaskId, now: Time, agenda: &mut Agenda) {
        let task = &self.tasks[task_id];
        if task.state != TaskState::Draining || task.inside > 0 {
            return;
        }
        if self.services[task.service].containers().balancer.is_none() {
            self.tasks[task_id].due = now;
            agenda.schedule(FleetEvent::new(now, Kind::TaskStep, 0, task_id.0));
        }
    }

    /// States what a Fargate task has used: up to `to`, or still using it at the end of the run.
    pub(super) fn bill_task(&mut self, id: TaskId, to: Option<Time>) {
        let task = &mut self.tasks[id];
        let Some(from) = task.billed_from.take() else { return };
        let service = task.service;
        if let Some(billable) = self.services[service].containers().fargate_bill(service, from, to) {
            self.probe.billed(&billable);
        }
    }

    /// Puts a task into `state`, which it leaves after `wait`.
    pub(super) fn step_after(
        &mut self,
        id: TaskId,
        state: TaskState,
        wait: Span,
        now: Time,
        agenda: &mut Agenda,
    ) {
        let task = &mut self.tasks[id];
        task.state = state;
        task.due = now + wait;
        agenda.schedule(FleetEvent::new(task.due, Kind::TaskStep, 0, id.0));
    }
}
