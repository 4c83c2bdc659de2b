//! What is unreachable: instances that failed, and everything in a zone that is out.
//!
//! It stands still and answers nobody, and nobody is told. So its tasks go on as targets until a balancer's checks fail; a
//! request that is sent to one of them finds no connection, and who has sent it gives up in time: a balancer after ten
//! seconds, with a 504 (Application Load Balancers user guide, HTTP errors); a client without one when the kernel has sent
//! its last SYN, after 127 s (Linux, tcp_syn_retries = 6), unless its own timeout comes first. The scheduler places nothing on
//! an instance whose agent is not connected (ECS API, agentConnected). Whoever it belongs to gives it up after a time; what is
//! back before goes on where it stood.

use super::FaultKind;
use super::fates::{Blow, Fate};
use crate::engine::{Span, Time};
use crate::model::cluster::{Instance, InstanceId, InstanceState};
use crate::model::event::{FleetEvent, Kind};
use crate::model::fleet::{Agenda, Fleet};
use crate::model::function::EnvironmentId;
use crate::model::request::{Lost, RequestId, Stage};
use crate::model::service::Platform;
use crate::model::task::{Task, TaskId, TaskState};
use crate::observe::{GroupId, Outcome, Probe, ReplicaFact, ServiceId, zone_name};

/// How long a balancer tries to connect.
const BALANCER_CONNECTS: Span = Span::from_secs(10);
/// How long a client tries to connect.
const CLIENT_CONNECTS: Span = Span::from_secs(127);

impl<P: Probe> Fleet<P> {
    /// An instance is unreachable from now on, and given up at `found`.
    pub(super) fn lose_instance(&mut self, id: InstanceId, found: Time, now: Time, agenda: &mut Agenda) {
        if self.instances[id].lost {
            return;
        }
        self.instances[id].lost = true;
        let given_up = given_up(found, self.instances[id].taken_back);
        self.set_instance_fate(id, given_up, agenda);
        self.connect_agent(id, false);
        for task in self.instances[id].tasks.clone() {
            self.lose_task(task, now, agenda);
        }
        self.set_instance_cores(id, 0.0, now, agenda);
    }

    /// The scheduler may place tasks on an instance, or not.
    fn connect_agent(&mut self, id: InstanceId, connected: bool) {
        let instance = &self.instances[id];
        let active = connected && instance.state == InstanceState::Active;
        let cluster = self.groups[instance.group].cluster;
        self.clusters[cluster].roster.set_active(id.0, active);
    }

    /// A task is unreachable from now on.
    fn lose_task(&mut self, id: TaskId, now: Time, agenda: &mut Agenda) {
        let task = &mut self.tasks[id];
        task.lost = true;
        task.cpu.set_cores(now, 0.0);
        // Its own luck has no more hold on it.
        task.fate = Fate::NONE;
        if task.instance.is_none() {
            self.cpu_settled(id, now, agenda);
        }
        self.task_fact(now, id, ReplicaFact::Reachable(false));
        if self.tasks[id].state == TaskState::InService {
            self.doubt_health(id, now, agenda);
        }
    }

    /// A request is sent to a task that does not answer.
    pub(in crate::model) fn connect_in_vain(
        &mut self,
        task_id: TaskId,
        id: RequestId,
        now: Time,
        agenda: &mut Agenda,
    ) {
        let service = self.tasks[task_id].service;
        let containers = self.services[service].containers();
        containers.router.began(task_id.0);
        let patience = if containers.balancer.is_some() { BALANCER_CONNECTS } else { CLIENT_CONNECTS };
        self.tasks[task_id].connecting.push(id);
        self.connecting_changed(task_id, 1, now);
        let request = &mut self.requests[id];
        request.place = task_id.0;
        request.stage = Stage::Connecting;
        request.due = now + patience;
        agenda.schedule(FleetEvent::new(request.due, Kind::Unanswered, 0, id.0));
    }

    /// A request has found no connection.
    pub(in crate::model) fn unanswered(&mut self, id: RequestId, now: Time, agenda: &mut Agenda) {
        let task = TaskId(self.requests[id].place);
        self.tasks[task].connecting.retain(|other| *other != id);
        self.stop_connecting(task, 1, now);
        let containers = self.services[self.tasks[task].service].containers();
        let outcome = if containers.balancer.is_some() { Outcome::GatewayTimeout } else { Outcome::Failed };
        self.refuse(id, outcome, "the task does not answer", now, agenda);
    }

    /// Requests that try to connect to a task, which is gone, or answers.
    pub(in crate::model) fn take_connecting(&mut self, task: TaskId, now: Time) -> Vec<RequestId> {
        let connecting = std::mem::take(&mut self.tasks[task].connecting);
        if !connecting.is_empty() {
            self.stop_connecting(task, connecting.len(), now);
        }
        connecting
    }

    /// So many requests do not try to connect to a task any more.
    fn stop_connecting(&mut self, task: TaskId, count: usize, now: Time) {
        let containers = self.services[self.tasks[task].service].containers();
        (0..count).for_each(|_| containers.router.ended(task.0));
        self.connecting_changed(task, -(count as i32), now);
    }

    /// Who tries to connect waits for a replica: it counts as queued.
    fn connecting_changed(&mut self, id: TaskId, by: i32, now: Time) {
        let task = &self.tasks[id];
        let (service, connecting) = (task.service, task.connecting.len() as u32);
        self.task_fact(now, id, ReplicaFact::Connecting(connecting));
        self.queued_changed(service, by, now);
    }

    /// A zone is out from now on.
    pub(super) fn zone_goes(&mut self, number: u32, zone: u32, now: Time, agenda: &mut Agenda) {
        let FaultKind::Outage { detected_after, .. } = self.faults.list[number as usize].kind else { return };
        self.faults.zones[zone as usize] += 1;
        let found = now + detected_after;
        let instances: Vec<InstanceId> =
            self.instances.iter().filter(|(_, it)| it.zone == zone).map(|(id, _)| id).collect();
        let tasks = self.fargate_tasks(zone, |task| !task.lost);
        let line = format!(
            "{} is out, with {} instances and {} Fargate tasks",
            zone_name(zone),
            instances.len(),
            tasks.len()
        );
        self.note_fault(number, line, now);
        instances.into_iter().for_each(|id| self.lose_instance(id, found, now, agenda));
        for id in tasks {
            self.lose_task(id, now, agenda);
            self.set_task_fate(id, given_up(found, self.tasks[id].taken_back), agenda);
        }
        for service in self.services.ids().collect::<Vec<_>>() {
            self.lose_environments(service, zone, now, agenda);
        }
    }

    /// Tasks on Fargate that have a place in a zone.
    fn fargate_tasks(&self, zone: u32, which: impl Fn(&Task) -> bool) -> Vec<TaskId> {
        let placed =
            |task: &Task| task.zone == zone && task.instance.is_none() && task.state != TaskState::Waiting;
        self.tasks.iter().filter(|(_, task)| placed(task) && which(task)).map(|(id, _)| id).collect()
    }

    /// A zone is back: what was not given up and has not failed by itself goes on, and what waits for a place may have one there.
    pub(super) fn zone_returns(&mut self, number: u32, zone: u32, now: Time, agenda: &mut Agenda) {
        self.faults.zones[zone as usize] -= 1;
        if !self.faults.is_up(zone) {
            return;
        }
        self.note_fault(number, format!("{} is back", zone_name(zone)), now);
        let back = |it: &Instance| it.zone == zone && it.lost && !it.failed;
        let instances: Vec<InstanceId> =
            self.instances.iter().filter(|(_, it)| back(it)).map(|(id, _)| id).collect();
        instances.into_iter().for_each(|id| self.regain_instance(id, now, agenda));
        for id in self.fargate_tasks(zone, |task| task.lost) {
            self.answers_again(id, now);
            self.regain_task(id, now, agenda);
        }
        for group in self.groups.ids().collect::<Vec<GroupId>>() {
            self.resize_group(group, now, agenda);
        }
        for service in self.services.ids().collect::<Vec<ServiceId>>() {
            if matches!(self.services[service].platform, Platform::Containers(_)) {
                self.reconcile_soon(service, now, agenda);
            }
        }
    }

    fn regain_instance(&mut self, id: InstanceId, now: Time, agenda: &mut Agenda) {
        let instance = &mut self.instances[id];
        instance.lost = false;
        let held = instance.due == Time::ZERO;
        let group = &self.groups[instance.group];
        let (cluster, cores) = (group.cluster, f64::from(group.instance_type.vcpu));
        self.connect_agent(id, true);
        self.instances[id].comebacks += 1;
        match self.instances[id].taken_back {
            None => self.draw_instance_fate(id, now, agenda),
            due => self.set_instance_fate(id, Fate::reclaimed(due), agenda),
        }
        let tasks = self.instances[id].tasks.clone();
        tasks.iter().for_each(|task| self.answers_again(*task, now));
        self.set_instance_cores(id, cores, now, agenda);
        tasks.into_iter().for_each(|task| self.regain_task(task, now, agenda));
        if held {
            self.instances[id].due = now;
            agenda.schedule(FleetEvent::new(now, Kind::InstanceStep, 0, id.0));
        }
        self.place_waiting(cluster, now, agenda);
    }

    fn answers_again(&mut self, id: TaskId, now: Time) {
        self.tasks[id].lost = false;
        self.task_fact(now, id, ReplicaFact::Reachable(true));
    }

    /// A task goes on that answers again. What has waited to its end while it stood still is answered now.
    fn regain_task(&mut self, id: TaskId, now: Time, agenda: &mut Agenda) {
        self.tasks[id].comebacks += 1;
        match self.tasks[id].taken_back {
            // One that does not run yet draws when it does.
            None if self.tasks[id].state < TaskState::Registering => self.tasks[id].fate = Fate::NONE,
            None => self.draw_task_fate(id, now, agenda),
            due => self.set_task_fate(id, Fate::reclaimed(due), agenda),
        }
        let task = &mut self.tasks[id];
        let held = std::mem::take(&mut task.held);
        // An instance has shared out its cores anew; on Fargate a task has its own.
        if task.instance.is_none() {
            let cores = self.services[task.service].containers().cpu.vcpus();
            task.cpu.set_cores(now, cores);
        }
        if std::mem::take(&mut task.step_held) {
            task.due = now;
            agenda.schedule(FleetEvent::new(now, Kind::TaskStep, 0, id.0));
        }
        for request in held {
            match self.requests[request].stage {
                Stage::Starting => self.worker_started(request, now, agenda),
                _ => self.wait_done(request, now, agenda),
            }
        }
        for request in self.take_connecting(id, now) {
            self.admit(id, request, now, agenda);
        }
        self.cpu_changed(id, now, agenda);
    }

    /// Environments of functions in a zone are lost, busy or idle.
    fn lose_environments(&mut self, service: ServiceId, zone: u32, now: Time, agenda: &mut Agenda) {
        if matches!(self.services[service].platform, Platform::Containers(_)) {
            return;
        }
        let here = |place: u32| u32::from(self.environments[EnvironmentId(place)].zone) == zone;
        let cut: Vec<RequestId> = self.invocations(service, here).into_iter().map(|(_, id)| id).collect();
        for id in cut {
            let environment = EnvironmentId(self.requests[id].place);
            self.environments[environment].dies = now;
            self.cut_invocation(id, Lost::Zone, now, agenda);
        }
        self.end_idle(service, |environment| u32::from(environment.zone) == zone, now);
        self.lose_provisioned(service, zone, now, agenda);
    }
}

/// What is lost is given up when that is found out, or is taken back before as its notice said.
fn given_up(found: Time, taken_back: Option<Time>) -> Fate {
    Fate { due: found, blow: Blow::Found }.or_sooner(Fate::reclaimed(taken_back))
}
