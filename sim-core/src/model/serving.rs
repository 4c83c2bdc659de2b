//! Requests inside tasks: queue, worker, CPU, wait, response.

use super::container::Server;
use super::cpu::SharedCpu;
use super::dependency::Dependency;
use super::event::{FleetEvent, Kind};
use super::fleet::{Agenda, Fleet};
use super::request::{Request, RequestId, Stage};
use super::task::TaskId;
use crate::engine::{Span, Time};
use crate::observe::{Gauge, Outcome, Part, Probe, ReplicaFact, ServiceId};

impl<P: Probe> Fleet<P> {
    /// A request comes to a task: it starts, queues, or is rejected.
    #[inline(always)]
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
        // A worker that goes on with the queue is running.
        let wait = if starts { containers.worker_start(&request.call) } else { None };
        if !starts {
            request.stage = Stage::Queued;
            task.queue.push_back(id);
        }
        self.task_fact(now, task_id, ReplicaFact::Entered);
        if starts {
            if self.start(task_id, id, wait, now, agenda) {
                self.cpu_changed(task_id, now, agenda);
            }
        } else {
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

    /// The task that a request is in. While that stands still there is none: the request is held until it goes on.
    #[inline(always)]
    fn task_or_hold(&mut self, id: RequestId) -> Option<TaskId> {
        let task_id = TaskId(self.requests[id].place);
        let task = &mut self.tasks[task_id];
        if task.lost {
            task.held.push(id);
            return None;
        }
        Some(task_id)
    }

    /// The worker that a request waited for is there: its CPU phase begins.
    pub(super) fn worker_started(&mut self, id: RequestId, now: Time, agenda: &mut Agenda) {
        let Some(task_id) = self.task_or_hold(id) else { return };
        let request = &mut self.requests[id];
        // Longer than planned where the task stood still meanwhile.
        request.parts.set(Part::ColdStart, now - request.started);
        request.started = now;
        let task = &mut self.tasks[task_id];
        let dependency = &self.services[task.service].work.dependency;
        if request.compute(id, &mut task.cpu, dependency, now, agenda) {
            self.cpu_changed(task_id, now, agenda);
        }
    }

    /// A request gets a worker and begins its CPU phase, once the worker has been started if it has to be. Says whether
    /// there is another in the CPU now.
    #[inline(always)]
    fn start(
        &mut self,
        task_id: TaskId,
        id: RequestId,
        wait: Option<Span>,
        now: Time,
        agenda: &mut Agenda,
    ) -> bool {
        let (task, request) = (&mut self.tasks[task_id], &mut self.requests[id]);
        let service_id = task.service;
        let service = &mut self.services[service_id];
        request.seat = task.work.len() as u32;
        task.work.push(id);
        request.started = now;
        request.parts.set(Part::Queue, now - request.reached);
        let computes = match wait {
            Some(wait) => {
                request.await_worker(id, wait, now, agenda);
                false
            }
            None => request.compute(id, &mut task.cpu, &service.work.dependency, now, agenda),
        };
        let memory = i64::from(request.memory_kib);
        let containers = service.containers();
        containers.working += 1;
        let working = u64::from(containers.working);
        self.probe.began(now, service_id, wait.is_some());
        self.task_fact(now, task_id, ReplicaFact::Began);
        self.level(service_id, Gauge::Concurrency, working, now);
        if memory > 0 {
            self.memory_changed(task_id, memory, now);
            self.check_memory(task_id, now, agenda);
        }
        computes
    }

    /// The first request in a task's CPU phase has had its time.
    #[inline]
    pub(super) fn cpu_done(&mut self, task_id: TaskId, now: Time, agenda: &mut Agenda) {
        let task = &mut self.tasks[task_id];
        // The announced completion is used up: another request may be done at this very instant.
        task.cpu_due = Time::NEVER;
        let id = RequestId(task.cpu.finish_next(now));
        self.computed(task_id, id, now, agenda);
        self.cpu_changed(task_id, now, agenda);
    }

    /// A request has had its CPU time, and begins its wait or is served.
    #[inline(always)]
    fn computed(&mut self, task_id: TaskId, id: RequestId, now: Time, agenda: &mut Agenda) {
        let (task, request) = (&self.tasks[task_id], &mut self.requests[id]);
        let alone = task.cpu.alone(request.cpu).min(now - request.started);
        request.parts.set(Part::Cpu, alone);
        request.parts.set(Part::Contention, now - request.started - alone);
        let answer = self.services[task.service].work.dependency.answer(now, request.wait);
        request.heed(answer);
        if answer.after.is_zero() {
            self.complete(task_id, id, now, agenda);
        } else {
            request.wait(id, answer.after, now, agenda);
        }
    }

    /// A request has waited out its time off the CPU.
    #[inline]
    pub(super) fn wait_done(&mut self, id: RequestId, now: Time, agenda: &mut Agenda) {
        let Some(task_id) = self.task_or_hold(id) else { return };
        let request = &mut self.requests[id];
        request.parts.set(Part::Wait, now - request.computed);
        if self.complete(task_id, id, now, agenda) {
            self.cpu_changed(task_id, now, agenda);
        }
    }

    /// A request is served, or what it waited for failed: it leaves, and the next of the queue takes its worker. Says
    /// whether that is in the CPU now.
    #[inline(always)]
    fn complete(&mut self, task_id: TaskId, id: RequestId, now: Time, agenda: &mut Agenda) -> bool {
        let service = self.leave(task_id, id, now);
        let overhead = self.services[service].door.overhead;
        let request = &mut self.requests[id];
        request.parts.set(Part::Balancer, overhead);
        match request.lost {
            None => {
                self.probe.served(now, service);
                self.respond(id, Outcome::Ok, overhead, now, agenda);
            }
            Some(lost) => self.refuse(id, Outcome::Failed, lost.reason(), now, agenda),
        }
        let mut computes = false;
        if let Some(next) = self.tasks[task_id].queue.pop_front() {
            self.queued_changed(service, -1, now);
            computes = self.start(task_id, next, None, now, agenda);
        }
        self.stop_if_drained(task_id, now, agenda);
        computes
    }

    /// Takes a request that held a worker out of its task's books.
    #[inline(always)]
    pub(super) fn leave(&mut self, task_id: TaskId, id: RequestId, now: Time) -> ServiceId {
        let Request { memory_kib, seat, .. } = self.requests[id];
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
        containers.working = containers.working.checked_sub(1).expect("what leaves was in work");
        let working = u64::from(containers.working);
        self.task_fact(now, task_id, ReplicaFact::Left { begun: true });
        self.level(service, Gauge::Concurrency, working, now);
        if memory_kib > 0 {
            self.memory_changed(task_id, -i64::from(memory_kib), now);
        }
        service
    }
}

impl Request {
    /// Begins the CPU phase, and says so; a request that needs no CPU goes straight on to its wait.
    #[inline(always)]
    fn compute(
        &mut self,
        id: RequestId,
        cpu: &mut SharedCpu,
        dependency: &Dependency,
        now: Time,
        agenda: &mut Agenda,
    ) -> bool {
        if self.cpu.is_zero() {
            let answer = dependency.answer(now, self.wait);
            // What ends at once takes the long way: a queue of such would come to its end inside itself.
            if !answer.after.is_zero() {
                self.heed(answer);
                self.wait(id, answer.after, now, agenda);
                return false;
            }
        }
        self.stage = Stage::Computing;
        cpu.begin(now, id.0, self.cpu);
        true
    }

    /// Begins the time off the CPU.
    #[inline(always)]
    fn wait(&mut self, id: RequestId, after: Span, now: Time, agenda: &mut Agenda) {
        self.computed = now;
        self.stage = Stage::Waiting;
        self.due = now + after;
        agenda.schedule(FleetEvent::new(self.due, Kind::WaitDone, 0, id.0));
    }

    /// Waits for its worker to be started.
    fn await_worker(&mut self, id: RequestId, wait: Span, now: Time, agenda: &mut Agenda) {
        self.stage = Stage::Starting;
        self.cold = true;
        self.parts.set(Part::ColdStart, wait);
        self.due = now + wait;
        agenda.schedule(FleetEvent::new(self.due, Kind::WaitDone, 0, id.0));
    }
}
