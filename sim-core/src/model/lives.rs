//! The lives of tasks: pulled, started, checked, in service, stopped.
//!
//! A new task is placed (EC2) or provisioned (Fargate), pulls its image, starts, registers with the balancer and takes
//! requests after its first passed health check. A task that is told to stop is deregistered first and finishes what it
//! has begun.

use super::container::{Containers, Substrate};
use super::fleet::{Agenda, Fleet};
use super::task::{TaskId, TaskState};
use crate::engine::{Span, Time};
use crate::observe::{Probe, ReplicaFact};
use crate::random::{Distribution, Purpose, open01};

/// A task that nobody checks counts as healthy when it has run this long (ECS Developer Guide, service definition
/// parameters). Requests reach it before.
const UNCHECKED: Span = Span::from_secs(40);

impl<P: Probe> Fleet<P> {
    /// A task goes on to its next state of life.
    pub(super) fn task_step(&mut self, id: TaskId, now: Time, agenda: &mut Agenda) {
        let task = &self.tasks[id];
        if let Some(killed) = task.killed {
            self.kill(id, killed, now, agenda);
            return;
        }
        if task.lost && task.state < TaskState::InService {
            self.tasks[id].step_held = true;
            return;
        }
        match task.state {
            TaskState::Waiting => {}
            TaskState::Provisioning => self.pull(id, now, agenda),
            TaskState::Pulling => {
                let wait = self.task_draw(id, Purpose::ContainerStart, |containers| &containers.start);
                self.step_after(id, TaskState::Starting, wait, now, agenda);
            }
            TaskState::Starting => self.started(id, now, agenda),
            TaskState::Registering if task.registered => self.in_service(id, now, agenda),
            TaskState::Registering => self.await_check(id, now, agenda),
            TaskState::InService => unreachable!("a task in service ends when it is told to"),
            TaskState::Draining => {
                let service = task.service;
                let checked = self.services[service].containers().balancer.is_some();
                let over =
                    if checked { "the deregistration delay is over" } else { "the stop timeout is over" };
                self.remove_task(id, over, now, agenda);
            }
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
                self.pay_for(id, now);
                Span::from_seconds(image / pull_bytes_per_second)
            }
            Substrate::Cluster { .. } => self.pull_on_instance(id, service, image, now),
        };
        self.step_after(id, TaskState::Pulling, wait, now, agenda);
    }

    /// The container runs; the balancer has yet to find it healthy.
    fn started(&mut self, id: TaskId, now: Time, agenda: &mut Agenda) {
        let service = self.tasks[id].service;
        let containers = self.services[service].containers();
        let registration = containers.balancer.as_ref().map(|balancer| balancer.registration);
        let grace = if containers.balancer.is_some() { containers.grace } else { UNCHECKED };
        self.tasks[id].health.grace_until = now + grace;
        self.begin_running(id, now, agenda);
        match registration {
            None => self.in_service(id, now, agenda),
            Some(wait) if wait.is_zero() => self.await_check(id, now, agenda),
            Some(wait) => self.step_after(id, TaskState::Registering, wait, now, agenda),
        }
        self.check_memory(id, now, agenda);
    }

    /// The task is registered; the balancer's first check of it comes at any moment of the interval.
    fn await_check(&mut self, id: TaskId, now: Time, agenda: &mut Agenda) {
        let (service, ordinal) = (self.tasks[id].service, self.tasks[id].ordinal);
        self.register(id, true, now);
        let service = &mut self.services[service];
        let mut draw = self.luck.counted(Purpose::HealthCheck, service.key, ordinal);
        let interval = service.containers().balancer.as_ref().map(|balancer| balancer.checks.interval);
        let wait = interval.unwrap_or_default().scaled(open01(&mut draw));
        self.step_after(id, TaskState::Registering, wait, now, agenda);
    }

    /// Counts a task as running from now on.
    pub(super) fn begin_running(&mut self, id: TaskId, now: Time, agenda: &mut Agenda) {
        let task = &mut self.tasks[id];
        task.state = TaskState::Registering;
        let service = task.service;
        let containers = self.services[service].containers();
        let idle = containers.idle_memory_kib;
        containers.pending -= 1;
        self.running_changed(service, 1, now);
        self.task_fact(now, id, ReplicaFact::Runs);
        self.memory_changed(id, idle as i64, now);
        self.draw_task_fate(id, now, agenda);
    }

    /// The task takes requests from now on; it has passed a check at this very moment, if it is checked.
    pub(super) fn in_service(&mut self, id: TaskId, now: Time, agenda: &mut Agenda) {
        let service = self.tasks[id].service;
        let containers = self.services[service].containers();
        containers.router.add(id.0);
        containers.in_service += 1;
        self.register(id, true, now);
        let containers = self.services[service].containers();
        let (interval, missing) = (
            containers.balancer.as_ref().map(|balancer| balancer.checks.interval),
            containers.counted < containers.desired,
        );
        let task = &mut self.tasks[id];
        task.state = TaskState::InService;
        task.due = Time::NEVER;
        self.task_fact(now, id, ReplicaFact::Ready(true));
        self.aim(service, now);
        self.watch_health(id, interval.unwrap_or_default(), now, agenda);
        self.retire_leaving(service, now, agenda);
        if missing {
            self.reconcile_soon(service, now, agenda);
        }
    }

    /// Tells a task to stop.
    pub(super) fn stop_task(&mut self, id: TaskId, now: Time, agenda: &mut Agenda) {
        if let Some(killed) = self.tasks[id].killed {
            self.kill(id, killed, now, agenda);
            return;
        }
        if self.tasks[id].state != TaskState::InService {
            self.remove_task(id, "the task was stopped", now, agenda);
            return;
        }
        self.out_of_service(id, now);
        self.off_the_books(id);
        self.tasks[id].state = TaskState::Draining;
        self.tasks[id].health.due = Time::NEVER;
        let service = self.tasks[id].service;
        self.running_changed(service, -1, now);
        match &self.services[service].containers().balancer {
            Some(balancer) => {
                let delay = balancer.deregistration_delay;
                self.step_after(id, TaskState::Draining, delay, now, agenda);
            }
            None => {
                let longest = self.services[service].containers().stop_timeout;
                let wait = if self.tasks[id].inside == 0 { Span::ZERO } else { longest };
                self.step_after(id, TaskState::Draining, wait, now, agenda);
            }
        }
    }

    fn out_of_service(&mut self, id: TaskId, now: Time) {
        let service = self.tasks[id].service;
        let containers = self.services[service].containers();
        if containers.router.has(id.0) {
            containers.router.remove(id.0);
        }
        containers.in_service -= 1;
        containers.unhealthy.retain(|other| *other != id);
        self.register(id, false, now);
        self.task_fact(now, id, ReplicaFact::Ready(false));
        self.aim(service, now);
    }

    /// Takes a task away for good; what is inside it fails.
    pub(super) fn remove_task(&mut self, id: TaskId, reason: &'static str, now: Time, agenda: &mut Agenda) {
        let service = self.tasks[id].service;
        match self.tasks[id].state {
            TaskState::InService => {
                self.out_of_service(id, now);
                self.running_changed(service, -1, now);
            }
            TaskState::Registering => {
                self.register(id, false, now);
                self.running_changed(service, -1, now);
            }
            _ => {}
        }
        let before = self.tasks[id].state;
        self.off_the_books(id);
        self.tasks[id].state = TaskState::Draining;
        self.fail_requests(id, reason, now, agenda);
        if self.tasks[id].billed_from.is_some() {
            self.bill_task(id, Some(now));
            self.paid_changed(service, -1, now);
        }
        if before >= TaskState::Registering {
            let memory = self.tasks[id].memory_kib as i64;
            self.memory_changed(id, -memory, now);
        }
        let on_fargate = matches!(self.services[service].containers().substrate, Substrate::Fargate { .. });
        let instance = self.tasks[id].instance;
        if instance.is_some() || (on_fargate && before != TaskState::Waiting) {
            self.placed_changed(service, instance, -1, now);
            self.task_fact(now, id, ReplicaFact::Gone);
        }
        let task = self.tasks.remove(id);
        let containers = self.services[service].containers();
        containers.forget(id, &task, before);
        self.pending_level(service, now);
        if let Some(instance) = instance {
            self.free_place(instance, &task, id, now, agenda);
        }
    }
}
