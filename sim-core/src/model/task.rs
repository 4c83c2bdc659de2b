//! Tasks: running copies of a container service, and the requests inside them.

use std::collections::VecDeque;

use super::cluster::InstanceId;
use super::container::Server;
use super::cpu::SharedCpu;
use super::event::{FleetEvent, Kind};
use super::faults::Fate;
use super::fleet::{Agenda, Fleet};
use super::health::Health;
use super::request::{Lost, RequestId, Stage};
use crate::engine::{Span, Time};
use crate::observe::{Gauge, Outcome, Part, Probe, ReplicaFact, ServiceId};
use crate::random::{self, Purpose};

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
    /// A request comes to a task: it starts, queues, or is rejected.
    pub(super) fn admit(&mut self, task_id: TaskId, id: RequestId, now: Time, agenda: &mut Agenda) {
        let task = &mut self.tasks[task_id];
        if task.lost {
            self.connect_in_vain(task_id, id, now, agenda);
            return;
        }
        let containers = self.services[task.service].containers();
        let (starts, queues) = match containers.server {
            Server::Workers { count, backlog } => {
                (task.work.len() < count as usize, task.queue.len() < backlog as usize)
            }
            Server::Shared { limit } => (task.inside < limit, false),
        };
        if !starts && !queues {
            self.refuse(id, Outcome::Rejected, "every place of the task is taken", now, agenda);
            return;
        }
        task.inside += 1;
        containers.router.began(task_id.0);
        let service = task.service;
        let request = &mut self.requests[id];
        request.place = task_id.0;
        self.task_fact(now, task_id, ReplicaFact::Entered);
        if starts {
            let wait = self.worker_start(service, id);
            self.start(task_id, id, wait, now, agenda);
            self.cpu_changed(task_id, now, agenda);
        } else {
            self.requests[id].stage = Stage::Queued;
            self.tasks[task_id].queue.push_back(id);
            self.queued_changed(service, 1, now);
        }
    }

    /// A service has more or fewer requests in the queues of its tasks.
    pub(super) fn queued_changed(&mut self, service: ServiceId, by: i32, now: Time) {
        let containers = self.services[service].containers();
        containers.queued = containers.queued.checked_add_signed(by).expect("a queue is not negative");
        let queued = u64::from(containers.queued);
        self.level(service, Gauge::Queue, queued, now);
    }

    /// A service has more or fewer requests in work.
    fn working_changed(&mut self, service: ServiceId, by: i32, now: Time) {
        let containers = self.services[service].containers();
        containers.working = containers.working.checked_add_signed(by).expect("work is not negative");
        let working = u64::from(containers.working);
        self.level(service, Gauge::Concurrency, working, now);
    }

    /// How long the start of an idle worker takes that a request found, where workers do not keep running.
    fn worker_start(&mut self, service: ServiceId, id: RequestId) -> Option<Span> {
        let law = self.services[service].containers().worker_start.as_ref()?;
        let call = &self.requests[id].call;
        let mut luck = random::draw(call.seed, Purpose::WorkerStart, call.attempts);
        Some(Span::from_seconds(law.sample(&mut luck)))
    }

    /// The worker that a request waited for is there: its CPU phase begins.
    pub(super) fn worker_started(&mut self, id: RequestId, now: Time, agenda: &mut Agenda) {
        let request = &mut self.requests[id];
        let task_id = TaskId(request.place);
        if self.tasks[task_id].lost {
            self.tasks[task_id].held.push(id);
            return;
        }
        // Longer than planned where the task stood still meanwhile.
        request.parts.set(Part::ColdStart, now - request.started);
        request.started = now;
        request.stage = Stage::Computing;
        self.tasks[task_id].cpu.begin(now, id.0, request.cpu);
        self.cpu_changed(task_id, now, agenda);
    }

    /// A request gets a worker and begins its CPU phase, once the worker has been started if it has to be.
    fn start(&mut self, task_id: TaskId, id: RequestId, wait: Option<Span>, now: Time, agenda: &mut Agenda) {
        let task = &mut self.tasks[task_id];
        let request = &mut self.requests[id];
        request.seat = task.work.len() as u32;
        task.work.push(id);
        request.started = now;
        request.parts.set(Part::Queue, now - request.reached);
        let (service, memory) = (task.service, i64::from(request.memory_kib));
        if let Some(wait) = wait {
            request.stage = Stage::Starting;
            request.cold = true;
            request.parts.set(Part::ColdStart, wait);
            request.due = now + wait;
            agenda.schedule(FleetEvent::new(request.due, Kind::WaitDone, 0, id.0));
        } else {
            request.stage = Stage::Computing;
            task.cpu.begin(now, id.0, request.cpu);
        }
        self.probe.began(now, service, wait.is_some());
        self.task_fact(now, task_id, ReplicaFact::Began);
        self.working_changed(service, 1, now);
        if memory > 0 {
            self.memory_changed(task_id, memory, now);
            self.check_memory(task_id, now, agenda);
        }
    }

    /// The first request in a task's CPU phase has had its time.
    pub(super) fn cpu_done(&mut self, task_id: TaskId, now: Time, agenda: &mut Agenda) {
        let task = &mut self.tasks[task_id];
        // The announced completion is used up: another request may be done at this very instant.
        task.cpu_due = Time::NEVER;
        let id = RequestId(task.cpu.finish_next(now));
        let request = &mut self.requests[id];
        request.computed = now;
        let alone = task.cpu.alone(request.cpu).min(now - request.started);
        request.parts.set(Part::Cpu, alone);
        request.parts.set(Part::Contention, now - request.started - alone);
        let answer = self.services[request.call.service].work.dependency.answer(now, request.wait);
        if answer.fails {
            (request.ends, request.lost) = (Outcome::Failed, Some(Lost::Dependency));
        }
        if answer.after.is_zero() {
            self.complete(task_id, id, now, agenda);
        } else {
            request.stage = Stage::Waiting;
            request.due = now + answer.after;
            agenda.schedule(FleetEvent::new(request.due, Kind::WaitDone, 0, id.0));
        }
        self.cpu_changed(task_id, now, agenda);
    }

    /// A request has waited out its time off the CPU.
    pub(super) fn wait_done(&mut self, id: RequestId, now: Time, agenda: &mut Agenda) {
        let request = &mut self.requests[id];
        let task_id = TaskId(request.place);
        if self.tasks[task_id].lost {
            self.tasks[task_id].held.push(id);
            return;
        }
        request.parts.set(Part::Wait, now - request.computed);
        self.complete(task_id, id, now, agenda);
        self.cpu_changed(task_id, now, agenda);
    }

    /// A request is served, or what it waited for failed: it leaves, and the next of the queue takes its worker.
    fn complete(&mut self, task_id: TaskId, id: RequestId, now: Time, agenda: &mut Agenda) {
        let service = self.leave(task_id, id, now);
        let overhead = self.services[service].door.overhead;
        self.requests[id].parts.set(Part::Balancer, overhead);
        match self.requests[id].lost {
            None => {
                self.probe.served(now, service);
                self.respond(id, Outcome::Ok, overhead, now, agenda);
            }
            Some(lost) => self.refuse(id, Outcome::Failed, lost.reason(), now, agenda),
        }
        if let Some(next) = self.tasks[task_id].queue.pop_front() {
            self.queued_changed(service, -1, now);
            self.start(task_id, next, None, now, agenda);
        }
        self.stop_if_drained(task_id, now, agenda);
    }

    /// Takes a request that held a worker out of its task's books.
    fn leave(&mut self, task_id: TaskId, id: RequestId, now: Time) -> ServiceId {
        let (memory_kib, seat) = (self.requests[id].memory_kib, self.requests[id].seat);
        let task = &mut self.tasks[task_id];
        task.work.swap_remove(seat as usize);
        if let Some(moved) = task.work.get(seat as usize) {
            self.requests[*moved].seat = seat;
        }
        task.inside -= 1;
        task.released += 1;
        let service = task.service;
        let containers = self.services[service].containers();
        containers.router.ended(task_id.0);
        self.task_fact(now, task_id, ReplicaFact::Left { begun: true });
        self.working_changed(service, -1, now);
        if memory_kib > 0 {
            self.memory_changed(task_id, -i64::from(memory_kib), now);
        }
        service
    }

    /// After anything entered or left a task's CPU: shares the instance's cores anew if that matters, states what is
    /// busy, and puts the next completion into the agenda.
    pub(super) fn cpu_changed(&mut self, task_id: TaskId, now: Time, agenda: &mut Agenda) {
        let Some(task) = self.tasks.get(task_id) else { return };
        match task.instance {
            Some(instance) => self.share_instance(instance, task_id, now, agenda),
            None => self.cpu_settled(task_id, now, agenda),
        }
    }

    /// States a task's busy CPU and schedules its next completion.
    pub(super) fn cpu_settled(&mut self, task_id: TaskId, now: Time, agenda: &mut Agenda) {
        let task = &mut self.tasks[task_id];
        let busy = (task.cpu.busy() * 1e6) as u64;
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
    fn stop_if_drained(&mut self, task_id: TaskId, now: Time, agenda: &mut Agenda) {
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
