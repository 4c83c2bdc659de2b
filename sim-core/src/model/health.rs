//! Health checks of a balancer's targets (Elastic Load Balancing, Application Load Balancers user guide), and what the
//! service's scheduler makes of them (ECS Developer Guide, services).
//!
//! A check is a request too small to take a worker's time, but it has to wait for a worker like any other: it stands
//! behind the requests that are queued when it comes, so it gets the worker that comes free after as many others as there
//! are requests before it. It fails when the queue is full, or when that has not happened before the timeout. So one
//! number per task, how many times a worker came free, says how every check ends; a check costs one event, and a second one
//! if it has to wait. A server without workers answers unless every place is taken.
//!
//! What has to wait is judged when its time is up, also if it was answered before. Requests go to healthy targets; with
//! none, to all (the balancer fails open). The scheduler takes no notice before the grace period is over; then it looks at
//! every check.

use super::container::Server;
use super::event::{FleetEvent, Kind};
use super::fleet::{Agenda, Fleet};
use super::task::{Leaving, Task, TaskId, TaskState};
use crate::engine::{Span, Time};
use crate::observe::{DecisionKind, Gauge, Probe, ReplicaFact, ServiceId};
use crate::random::{Purpose, open01};
use crate::spec::{HealthCheckSpec, ServedBy};

/// How a balancer checks its targets.
#[derive(Clone, Copy, Debug)]
pub(super) struct Checks {
    pub interval: Span,
    timeout: Span,
    /// Checks in a row that make a target healthy, and unhealthy.
    healthy: u32,
    unhealthy: u32,
    /// Whether a check can fail at all.
    by_workers: bool,
}

impl Checks {
    pub(super) fn new(spec: &HealthCheckSpec) -> Self {
        Checks {
            interval: spec.interval,
            timeout: spec.timeout,
            healthy: spec.healthy_threshold,
            unhealthy: spec.unhealthy_threshold,
            by_workers: spec.served_by == ServedBy::Workers,
        }
    }
}

/// What is known of a task's health.
#[derive(Clone, Copy, Debug)]
pub(super) struct Health {
    /// When its next check comes, or when the time of the one that waits is up.
    pub due: Time,
    /// Whether the balancer takes it for healthy.
    pub healthy: bool,
    /// The latest checks, all in a row, that speak against that.
    contrary: u32,
    waiting: Option<Waiting>,
    /// Behind a balancer: until when failed checks are overlooked. Without one: from when on it counts as healthy.
    pub grace_until: Time,
}

/// A check that waits for a worker.
#[derive(Clone, Copy, Debug)]
struct Waiting {
    sent: Time,
    /// How many times a worker has come free when the check has got one.
    served_at: u64,
}

impl Health {
    /// A task that nobody has checked yet.
    pub(super) fn unknown() -> Self {
        Health { due: Time::NEVER, healthy: true, contrary: 0, waiting: None, grace_until: Time::ZERO }
    }

    /// Takes the result of a check, and says whether the balancer thinks otherwise of the target now.
    fn hear(&mut self, passed: bool, checks: &Checks) -> bool {
        if passed == self.healthy {
            self.contrary = 0;
            return false;
        }
        self.contrary += 1;
        let turns = self.contrary >= if passed { checks.healthy } else { checks.unhealthy };
        if turns {
            (self.healthy, self.contrary) = (passed, 0);
        }
        turns
    }
}

impl Task {
    /// How a check that comes now ends: at once, or after how many times a worker has come free.
    fn answer(&self, server: Server, by_workers: bool) -> Result<bool, u64> {
        if self.lost {
            // Nobody answers before the time of the check is up.
            return Err(u64::MAX);
        }
        if !by_workers {
            return Ok(true);
        }
        let (taken, places) = (self.work.len(), self.queue.len());
        match server {
            Server::Shared { limit } => Ok(self.inside < limit),
            Server::Workers { count, .. } if taken < count as usize => Ok(true),
            Server::Workers { backlog, .. } if places >= backlog as usize => Ok(false),
            Server::Workers { .. } => Err(self.released + places as u64 + 1),
        }
    }
}

impl<P: Probe> Fleet<P> {
    /// The balancer goes on to check a task, `after` from now for the first time.
    pub(super) fn watch_health(&mut self, id: TaskId, after: Span, now: Time, agenda: &mut Agenda) {
        let service = self.tasks[id].service;
        let balancer = &self.services[service].containers().balancer;
        if balancer.as_ref().is_some_and(|balancer| balancer.checks.by_workers) {
            self.look_again(id, now + after, agenda);
        }
    }

    /// A task has become unreachable. Checks that never fail otherwise are made from now on, at any moment of the interval.
    pub(super) fn doubt_health(&mut self, id: TaskId, now: Time, agenda: &mut Agenda) {
        let (service, ordinal) = (self.tasks[id].service, self.tasks[id].ordinal);
        let key = self.services[service].key;
        let Some(balancer) = &self.services[service].containers().balancer else { return };
        if !balancer.checks.by_workers && self.tasks[id].health.due == Time::NEVER {
            let mut draw = self.luck.counted(Purpose::HealthCheck, key, ordinal);
            let wait = balancer.checks.interval.scaled(open01(&mut draw));
            self.look_again(id, now + wait, agenda);
        }
    }

    fn look_again(&mut self, id: TaskId, at: Time, agenda: &mut Agenda) {
        self.tasks[id].health.due = at;
        agenda.schedule(FleetEvent::new(at, Kind::HealthCheck, 0, id.0));
    }

    /// A check of a target, or the end of one that had to wait.
    pub(super) fn health_check(&mut self, id: TaskId, now: Time, agenda: &mut Agenda) {
        let task = &mut self.tasks[id];
        let containers = self.services[task.service].containers();
        let Some(balancer) = &containers.balancer else { return };
        let checks = balancer.checks;
        let (sent, answer) = match task.health.waiting.take() {
            Some(check) => (check.sent, Ok(task.released >= check.served_at)),
            None => (now, task.answer(containers.server, checks.by_workers)),
        };
        match answer {
            Ok(passed) => {
                self.look_again(id, sent + checks.interval, agenda);
                self.checked(id, passed, &checks, now, agenda);
            }
            Err(served_at) => {
                task.health.waiting = Some(Waiting { sent, served_at });
                self.look_again(id, sent + checks.timeout, agenda);
            }
        }
    }

    /// A check has ended.
    fn checked(&mut self, id: TaskId, passed: bool, checks: &Checks, now: Time, agenda: &mut Agenda) {
        if self.tasks[id].health.hear(passed, checks) {
            let row = if passed { checks.healthy } else { checks.unhealthy };
            self.turn(id, passed, row, now);
        }
        let task = &self.tasks[id];
        let (service, health) = (task.service, task.health);
        if !health.healthy && task.counts() && now >= health.grace_until {
            self.note_unhealthy(id, "failed ELB health checks and is replaced", now);
            self.replace(id, Leaving::Unhealthy);
            self.reconcile_soon(service, now, agenda);
        } else if health.healthy && task.leaving == Some(Leaving::Unhealthy) {
            self.keep(id);
            self.reconcile_soon(service, now, agenda);
        }
    }

    /// The balancer thinks otherwise of a target.
    fn turn(&mut self, id: TaskId, healthy: bool, row: u32, now: Time) {
        let task = &self.tasks[id];
        let (service, ordinal) = (task.service, task.ordinal);
        self.task_fact(now, id, ReplicaFact::Healthy(healthy));
        let containers = self.services[service].containers();
        let before = containers.in_service as usize - containers.unhealthy.len();
        if healthy {
            containers.unhealthy.retain(|other| *other != id);
            if !containers.router.has(id.0) {
                containers.router.add(id.0);
            }
        } else {
            containers.unhealthy.push(id);
        }
        let after = containers.in_service as usize - containers.unhealthy.len();
        self.aim(service, now);
        let what = if healthy { "passed" } else { "failed" };
        let then = match (before, after) {
            (_, 0) => ": no target is healthy, requests go to all of them",
            (0, _) => ": requests go to healthy targets only",
            _ => "",
        };
        let owner = self.services[service].name.clone();
        let change = (Some(before as u64), Some(after as u64));
        let reason = format!("task {ordinal} {what} {row} health checks in a row{then}");
        self.note(now, DecisionKind::Health, &owner, change, reason);
    }

    /// Gives the balancer its targets: those that are healthy; if none is, all.
    pub(super) fn aim(&mut self, service: ServiceId, now: Time) {
        let containers = self.services[service].containers();
        let open = containers.unhealthy.len() == containers.in_service as usize;
        for id in &containers.unhealthy {
            match (containers.router.has(id.0), open) {
                (false, true) => containers.router.add(id.0),
                (true, false) => containers.router.remove(id.0),
                _ => {}
            }
        }
        let targets = containers.router.targets().len();
        let healthy = containers.in_service as usize - containers.unhealthy.len();
        assert_eq!(
            targets,
            if open { containers.unhealthy.len() } else { healthy },
            "the balancer's targets"
        );
        self.level(service, Gauge::ReplicasReady, targets as u64, now);
    }

    /// Says what becomes of an unhealthy task.
    pub(super) fn note_unhealthy(&mut self, id: TaskId, what: &str, now: Time) {
        let task = &self.tasks[id];
        debug_assert!(task.state == TaskState::InService, "only targets are checked");
        let owner = self.services[task.service].name.clone();
        let reason = format!("task {} {what}", task.ordinal);
        self.note(now, DecisionKind::Removal, &owner, (None, None), reason);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Checks as letters, `p` for one that is passed; the state after each, `H` for healthy.
    #[test]
    fn what_checks_in_a_row_make_of_a_target() {
        let check = |(healthy, unhealthy): (u32, u32), results: &str, expected: &str| {
            let spec = HealthCheckSpec {
                healthy_threshold: healthy,
                unhealthy_threshold: unhealthy,
                ..HealthCheckSpec::default()
            };
            let (checks, mut health) = (Checks::new(&spec), Health::unknown());
            let states = results.chars().map(|result| {
                health.hear(result == 'p', &checks);
                if health.healthy { 'H' } else { 'U' }
            });
            assert_eq!(states.collect::<String>(), expected, "{results}");
        };
        check((5, 2), "pfpfpffp", "HHHHHHUU");
        check((5, 2), "ffppppp", "HUUUUUH");
        check((5, 2), "ffppppfppppp", "HUUUUUUUUUUH");
        check((2, 3), "fffppfff", "HHUUHHHU");
    }
}
