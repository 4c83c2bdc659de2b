//! The scheduler of a container service: launches tasks that are missing, stops those that are too many.
//!
//! The desired count is written by scaling; [`Fleet::reconcile`], a moment later, acts on it. Tasks whose instance goes
//! away, and those that failed their health checks, do not count any more: their replacements are launched first, as far as
//! the service's maximum allows, and they stop when those are healthy (ECS Developer Guide, services; container instance
//! draining).

use std::collections::{BTreeMap, VecDeque};

use super::cluster::luck_word;
use super::container::Substrate;
use super::cpu::SharedCpu;
use super::event::{FleetEvent, Kind};
use super::faults::Fate;
use super::fleet::{Agenda, Fleet};
use super::health::Health;
use super::placing::placed_as;
use super::task::{Leaving, Task, TaskId, TaskState};
use crate::engine::{Span, Time};
use crate::observe::{Probe, ServiceId};
use crate::random::{Purpose, open01};

/// How soon a launch that a quota held up is tried again, at the least.
const RETRY: Span = Span::from_millis(50);

impl<P: Probe> Fleet<P> {
    /// Asks the service's scheduler to look soon.
    pub(super) fn reconcile_soon(&mut self, service: ServiceId, now: Time, agenda: &mut Agenda) {
        let reaction = self.telemetry.scheduler_reaction;
        let key = self.services[service].key;
        let luck = self.luck;
        let containers = self.services[service].containers();
        let mut draw = luck.counted(Purpose::Phase, key, now.nanos());
        let at = now + reaction.scaled(open01(&mut draw));
        if containers.reconcile_at.is_some_and(|already| already <= at) {
            return;
        }
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
        let (desired, counted) = (containers.desired, containers.counted);
        if counted > desired {
            self.stop_some(service, (counted - desired) as usize, now, agenda);
        }
        // What may go goes first: as long as it is there, it takes the room of what is launched.
        self.retire_leaving(service, now, agenda);
        if counted < desired {
            self.launch_missing(service, desired - counted, now, agenda);
        }
    }

    /// Launches up to `missing` tasks, as fast as the platform's quotas allow, and no more than there may be.
    fn launch_missing(&mut self, service: ServiceId, missing: u32, now: Time, agenda: &mut Agenda) {
        for _ in 0..missing {
            if !self.make_room(service, now, agenda) {
                return;
            }
            let on_fargate =
                matches!(self.services[service].containers().substrate, Substrate::Fargate { .. });
            if on_fargate && self.poorest_zone(service).is_none() {
                // The scheduler looks again when a zone is back.
                return;
            }
            let wait = self.services[service].containers().launch_rate.wait(now);
            let wait = if on_fargate { wait.max(self.account.fargate_launches.wait(now)) } else { wait };
            if !wait.is_zero() {
                // Who tries at the very instant of the next token, and is first in the file, would get every one.
                let key = self.services[service].key;
                let mut draw = self.luck.counted(Purpose::Phase, key, now.nanos());
                let at = now + wait.max(RETRY) + RETRY.scaled(open01(&mut draw));
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
        let zone = self.poorest_zone(service).unwrap_or(0);
        let containers = self.services[service].containers();
        let provider = containers.next_provider();
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
            provider,
            ordinal,
            due: Time::NEVER,
            billed_from: None,
            cpu: SharedCpu::new(cores, speed, containers.parallelism),
            weight: f64::from(containers.cpu.0.max(2)),
            core_limit: if containers.hard_cpu_limit { containers.cpu.vcpus() } else { f64::INFINITY },
            cpu_due: Time::NEVER,
            cpu_busy: 0,
            work: Vec::new(),
            inside: 0,
            queue: VecDeque::new(),
            memory_kib: 0,
            reserved_kib: u64::from(containers.reserved_memory.0) << 10,
            leaving: None,
            health: Health::unknown(),
            registered: false,
            released: 0,
            killed: None,
            fate: Fate::NONE,
            comebacks: 0,
            taken_back: None,
            slowness: 1.0,
            lost: false,
            connecting: Vec::new(),
            held: Vec::new(),
            step_held: false,
        });
        containers.tasks.insert(ordinal, id);
        containers.count(provider, 1);
        containers.pending += 1;
        if let Some(tasks) = containers.in_zone.get_mut(zone as usize) {
            *tasks += 1;
        }
        self.slow_from_birth(id, now);
        let containers = self.services[service].containers();
        match &containers.substrate {
            Substrate::Cluster { cluster, .. } => {
                let cluster = *cluster;
                containers.providers[provider].waiting.push_back(id);
                self.place_waiting(cluster, now, agenda);
            }
            Substrate::Fargate { provisioning, .. } => {
                let wait = provisioning.sample(&mut luck.counted(Purpose::Placement, key, ordinal));
                self.step_after(id, TaskState::Provisioning, Span::from_seconds(wait), now, agenda);
                self.placed_changed(service, None, 1, now);
                self.task_fact(now, id, placed_as(service, None));
            }
        }
        self.pending_level(service, now);
        id
    }

    /// Of the zones that can be used, the one with the fewest of a service's Fargate tasks (Fargate spreads by itself).
    fn poorest_zone(&mut self, service: ServiceId) -> Option<u32> {
        let in_zone = &self.services[service].containers().in_zone;
        let usable = (0..in_zone.len()).filter(|zone| self.faults.is_up(*zone as u32));
        usable.min_by_key(|zone| in_zone[*zone]).map(|zone| zone as u32)
    }

    /// Stops so many tasks of the service, those that are missed least: not running ones first, then as placement says.
    fn stop_some(&mut self, service: ServiceId, count: usize, now: Time, agenda: &mut Agenda) {
        let unborn = self.newest_unborn(service, count);
        let mut left = count - unborn.len();
        for id in unborn {
            self.stop_task(id, now, agenda);
        }
        while left > 0
            && let Some(victim) = self.placement_victim(service, now)
        {
            self.stop_task(victim, now, agenda);
            left -= 1;
        }
        for id in self.victims(service, left) {
            self.stop_task(id, now, agenda);
        }
    }

    /// Of the tasks that do not run yet, at most so many of those that have come least far, the newest of them first.
    fn newest_unborn(&mut self, service: ServiceId, count: usize) -> Vec<TaskId> {
        let containers = self.services[service].containers();
        if containers.pending == 0 {
            return Vec::new();
        }
        let newest_first = containers.tasks.values().rev().copied();
        let mut unborn: Vec<TaskId> = newest_first
            .filter(|id| self.tasks[*id].counts() && self.tasks[*id].state < TaskState::Registering)
            .collect();
        unborn.sort_by_key(|id| self.tasks[*id].state);
        unborn.truncate(count);
        unborn
    }

    /// Running tasks to stop where no placement chooses, as on Fargate: each the newest of the zone that then has the most.
    fn victims(&mut self, service: ServiceId, count: usize) -> Vec<TaskId> {
        if count == 0 {
            return Vec::new();
        }
        let mut in_zone: BTreeMap<u32, Vec<TaskId>> = BTreeMap::new();
        for id in self.services[service].containers().tasks.values() {
            let task = &self.tasks[*id];
            if task.counts() {
                in_zone.entry(task.zone).or_default().push(*id);
            }
        }
        let newest = |tasks: &Vec<TaskId>| tasks.last().map(|id| self.tasks[*id].ordinal);
        let next = |_| in_zone.values_mut().max_by_key(|tasks| (tasks.len(), newest(tasks)))?.pop();
        (0..count).map_while(next).collect()
    }

    /// Whether one more task may be launched. Where the maximum forbids it, unhealthy tasks are stopped one by one, each when
    /// the replacement of the one before is in service; more than one at a time only where there are more tasks than the
    /// maximum. Healthy tasks on a leaving instance stay: at 100 % nothing moves.
    fn make_room(&mut self, service: ServiceId, now: Time, agenda: &mut Agenda) -> bool {
        while !self.services[service].containers().has_room() {
            if !self.stop_unhealthy(service, now, agenda) {
                return false;
            }
        }
        true
    }

    /// Stops an unhealthy task before it is replaced, if none of the service's tasks is on its way.
    fn stop_unhealthy(&mut self, service: ServiceId, now: Time, agenda: &mut Agenda) -> bool {
        let containers = self.services[service].containers();
        let in_service = |id: &&TaskId| self.tasks[**id].state == TaskState::InService;
        let leaving = containers.leaving.iter().filter(in_service).count() as u32;
        let on_their_way = containers.counted - (containers.in_service - leaving);
        let unhealthy = |id: &&TaskId| self.tasks[**id].leaving == Some(Leaving::Unhealthy);
        let mut stoppable: Vec<TaskId> = containers.leaving.iter().filter(unhealthy).copied().collect();
        if on_their_way > 0 || stoppable.is_empty() {
            return false;
        }
        let luck = luck_word(self.luck.counted(Purpose::Policy, self.services[service].key, now.nanos()));
        let victim = stoppable.swap_remove((luck % stoppable.len() as u64) as usize);
        self.note_unhealthy(
            victim,
            "is stopped before its replacement starts: there may be no more tasks",
            now,
        );
        self.stop_task(victim, now, agenda);
        true
    }

    /// A task's replacement is due: it does not count any more, and stops when it is replaced.
    pub(super) fn replace(&mut self, id: TaskId, why: Leaving) {
        let task = &mut self.tasks[id];
        if task.state == TaskState::Draining {
            return;
        }
        if task.leaving.replace(why).is_none() {
            let containers = self.services[task.service].containers();
            containers.count(task.provider, -1);
            containers.leaving.push(id);
            self.stoppable_changed(id, false);
        }
    }

    /// A task that was to be replaced stays: it counts again.
    pub(super) fn keep(&mut self, id: TaskId) {
        self.off_the_books(id);
        let task = &mut self.tasks[id];
        task.leaving = None;
        self.services[task.service].containers().count(task.provider, 1);
        self.stoppable_changed(id, true);
    }

    /// A task stops or goes: it neither counts nor waits for its replacement any more.
    pub(super) fn off_the_books(&mut self, id: TaskId) {
        let task = &self.tasks[id];
        if task.state == TaskState::Draining {
            return;
        }
        let containers = self.services[task.service].containers();
        if task.leaving.is_some() {
            containers.leaving.retain(|other| *other != id);
        } else {
            containers.count(task.provider, -1);
            self.stoppable_changed(id, false);
        }
    }

    /// Once its replacement is healthy, a leaving task stops.
    pub(super) fn retire_leaving(&mut self, service: ServiceId, now: Time, agenda: &mut Agenda) {
        while !self.services[service].containers().leaving.is_empty() {
            let doubtful = self.doubtful(service, now);
            let Some(id) = self.next_to_retire(service, doubtful.len()) else {
                self.retire_later(service, &doubtful, now, agenda);
                return;
            };
            if self.tasks[id].leaving == Some(Leaving::Unhealthy) {
                self.note_unhealthy(
                    id,
                    "is stopped: it failed ELB health checks, its replacement is healthy",
                    now,
                );
            }
            self.stop_task(id, now, agenda);
        }
    }

    /// Tasks in service that count, but not as healthy: unhealthy ones that have grace, and without a balancer those that
    /// have not run for long.
    fn doubtful(&mut self, service: ServiceId, now: Time) -> Vec<TaskId> {
        let containers = self.services[service].containers();
        let young = |task: &Task| task.state == TaskState::InService && now < task.health.grace_until;
        let checked = containers.balancer.is_some();
        let suspect = |id: &TaskId| {
            let task = &self.tasks[*id];
            task.counts() && (checked || young(task))
        };
        if checked {
            containers.unhealthy.iter().copied().filter(suspect).collect()
        } else {
            containers.tasks.values().copied().filter(suspect).collect()
        }
    }

    /// The leaving task that may stop next: at once if it takes no requests yet, else when there are enough healthy ones
    /// besides; unhealthy ones first, then the oldest.
    fn next_to_retire(&mut self, service: ServiceId, doubtful: usize) -> Option<TaskId> {
        let containers = self.services[service].containers();
        let enough = containers.in_service as usize > containers.floor() as usize + doubtful;
        let leaving = containers.leaving.iter().copied();
        let serves = |id: TaskId| self.tasks[id].state == TaskState::InService;
        leaving
            .filter(|id| enough || !serves(*id))
            .min_by_key(|id| (serves(*id), self.tasks[*id].health.healthy, self.tasks[*id].ordinal))
    }

    /// Looks again when the first of the tasks that have not run for long has.
    fn retire_later(&mut self, service: ServiceId, young: &[TaskId], now: Time, agenda: &mut Agenda) {
        let healthy_at = young.iter().map(|id| self.tasks[*id].health.grace_until).filter(|at| *at > now);
        let containers = self.services[service].containers();
        if let (Some(at), None, None) = (healthy_at.min(), &containers.balancer, containers.reconcile_at) {
            containers.reconcile_at = Some(at);
            agenda.schedule(FleetEvent::new(at, Kind::Reconcile, service.0, 0));
        }
    }
}
