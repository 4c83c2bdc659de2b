//! Placing tasks on instances: the model's side of the question that placement policies answer.
//!
//! Tasks that find no place wait in the order of their launch and are tried again whenever capacity appears: an instance
//! registers, a task goes. The scheduler's candidates are kept up to date by additions and subtractions; only the
//! counts of one service's own tasks are per service, and are counted anew when another service asks.

use std::borrow::Cow;

use super::cluster::{ClusterId, Instance, InstanceId, InstanceState, luck_word};
use super::container::Substrate;
use super::fleet::{Agenda, Fleet};
use super::service::Platform;
use super::task::{Task, TaskId};
use crate::engine::{Span, Time};
use crate::observe::{DecisionKind, FunctionId, GroupId, Probe, ReplicaFact, ServiceId};
use crate::policy::view::{Candidate, PlacementDecision, PlacementView, StopView, TaskDemand, WaitingTasks};
use crate::random::Purpose;

/// What a pull costs before any byte comes: asking the registry, which happens even for a cached image.
const REGISTRY_ROUND_TRIP: Span = Span::from_secs(1);

/// What is stated of a task that has got its place.
pub(super) fn placed_as(service: ServiceId, instance: Option<InstanceId>) -> ReplicaFact {
    ReplicaFact::Placed { service, function: FunctionId(0), instance: instance.map(|id| id.0) }
}

impl<P: Probe> Fleet<P> {
    /// Tries to place every waiting task of the cluster's services.
    pub(super) fn place_waiting(&mut self, cluster: ClusterId, now: Time, agenda: &mut Agenda) {
        for index in 0..self.clusters[cluster].services.len() {
            let service = self.clusters[cluster].services[index];
            for provider in 0..self.services[service].containers().providers.len() {
                self.place_provided(cluster, service, provider, now, agenda);
            }
        }
    }

    /// Tries to place the waiting tasks of one of a service's providers.
    fn place_provided(
        &mut self,
        cluster: ClusterId,
        service: ServiceId,
        provider: usize,
        now: Time,
        agenda: &mut Agenda,
    ) {
        let first = |fleet: &mut Self| {
            let providers = &fleet.services[service].containers().providers;
            providers[provider].waiting.front().copied()
        };
        while let Some(task) = first(self) {
            if !self.place(cluster, service, task, now, agenda) {
                break;
            }
            self.services[service].containers().providers[provider].waiting.pop_front();
        }
    }

    /// Tries to place one task. Tasks of one provider are alike: if one does not fit, the next does not either.
    fn place(
        &mut self,
        cluster: ClusterId,
        service: ServiceId,
        id: TaskId,
        now: Time,
        agenda: &mut Agenda,
    ) -> bool {
        self.count_for(cluster, service);
        let (key, ordinal) = (self.services[service].key, self.tasks[id].ordinal);
        let luck = luck_word(self.luck.counted(Purpose::Placement, key, ordinal));
        let Platform::Containers(containers) = &mut self.services[service].platform else { return false };
        let group = containers.providers[self.tasks[id].provider].group;
        let candidates = self.clusters[cluster].candidates_of(group);
        let Substrate::Cluster { placement, demand, .. } = &mut containers.substrate else { return false };
        let view = PlacementView { task: Cow::Borrowed(demand), candidates: candidates.into(), luck };
        let decision = placement.place(&view);
        let demand = demand.clone();
        match decision.instance {
            Some(instance) => {
                self.take_place(cluster, service, id, InstanceId(instance), &demand, now);
                let owner = self.services[service].name.clone();
                let zone = self.tasks[id].zone;
                let place =
                    format!("task {ordinal} on instance {instance} in {}", crate::observe::zone_name(zone));
                self.note(
                    now,
                    DecisionKind::Placement,
                    &owner,
                    (None, None),
                    format!("{place}: {}", decision.reason),
                );
                self.pull(id, now, agenda);
                true
            }
            None => {
                self.note_refusal(service, id, &decision, now);
                false
            }
        }
    }

    /// Says once per task why it has to wait.
    fn note_refusal(&mut self, service: ServiceId, id: TaskId, decision: &PlacementDecision, now: Time) {
        if self.tasks[id].due != Time::NEVER {
            return;
        }
        // A waiting task is never due; the mark that its refusal has been told is a due instant in the past.
        self.tasks[id].due = Time::ZERO;
        let refused: Vec<String> = decision
            .refused
            .iter()
            .map(|refusal| format!("{} on {}", refusal.constraint, refusal.instances))
            .collect();
        let owner = self.services[service].name.clone();
        let detail = if refused.is_empty() { String::new() } else { format!(" ({})", refused.join(", ")) };
        let ordinal = self.tasks[id].ordinal;
        self.note(
            now,
            DecisionKind::Placement,
            &owner,
            (None, None),
            format!("task {ordinal} waits: {}{detail}", decision.reason),
        );
    }

    /// Books a task's resources on an instance.
    fn take_place(
        &mut self,
        cluster: ClusterId,
        service: ServiceId,
        id: TaskId,
        instance_id: InstanceId,
        demand: &TaskDemand,
        now: Time,
    ) {
        let candidate = self.clusters[cluster]
            .candidates
            .iter_mut()
            .find(|candidate| candidate.instance == instance_id.0)
            .expect("a placement chooses one of its candidates");
        assert!(candidate.active, "a placement chooses an active instance");
        let take = |free: &mut u32, wanted: u32| {
            *free = free.checked_sub(wanted).expect("a placement chooses an instance with room");
        };
        take(&mut candidate.free_cpu_units, demand.cpu_units);
        take(&mut candidate.free_memory_mib, demand.memory_mib);
        take(&mut candidate.free_network_interfaces, demand.network_interfaces);
        for port in &demand.static_ports {
            assert!(
                !candidate.used_ports.contains(port),
                "a placement chooses an instance with its ports free"
            );
            candidate.used_ports.push(*port);
        }
        candidate.tasks += 1;
        candidate.service_tasks += 1;
        candidate.groups.push(demand.group.clone());
        let instance = &mut self.instances[instance_id];
        instance.tasks.push(id);
        let (cores, zone, group) = (instance.cores, instance.zone, &self.groups[instance.group]);
        let parallelism = self.services[service].work.parallelism;
        let containers = self.services[service].containers();
        let limit = if containers.hard_cpu_limit { containers.cpu.vcpus() } else { f64::INFINITY };
        let whole = f64::from(group.instance_type.vcpu).min(limit);
        let task = &mut self.tasks[id];
        task.instance = Some(instance_id);
        task.zone = zone;
        task.cpu = super::cpu::SharedCpu::new(whole, group.speed * task.slowness, parallelism);
        task.cpu.set_cores(now, cores.min(limit));
        self.placed_changed(service, Some(instance_id), 1, now);
        self.task_fact(now, id, placed_as(service, Some(instance_id)));
    }

    /// Takes a task's resources off the books of the instance it was on.
    pub(super) fn give_back(&mut self, cluster: ClusterId, id: InstanceId, task: &Task) {
        let Platform::Containers(containers) = &self.services[task.service].platform else { return };
        let Substrate::Cluster { demand, .. } = &containers.substrate else { return };
        let cluster = &mut self.clusters[cluster];
        let Some(candidate) = cluster.candidates.iter_mut().find(|candidate| candidate.instance == id.0)
        else {
            return;
        };
        candidate.free_cpu_units += demand.cpu_units;
        candidate.free_memory_mib += demand.memory_mib;
        candidate.free_network_interfaces += demand.network_interfaces;
        candidate.used_ports.retain(|port| !demand.static_ports.contains(port));
        candidate.tasks -= 1;
        if cluster.counted_for == Some(task.service) {
            candidate.service_tasks -= 1;
        }
        if let Some(position) = candidate.groups.iter().position(|group| *group == demand.group) {
            candidate.groups.swap_remove(position);
        }
    }

    /// Counts each candidate's tasks of `service`, unless they are counted already.
    fn count_for(&mut self, cluster: ClusterId, service: ServiceId) {
        let cluster = &mut self.clusters[cluster];
        if cluster.counted_for == Some(service) {
            return;
        }
        cluster.counted_for = Some(service);
        for candidate in &mut cluster.candidates {
            let tasks = &self.instances[InstanceId(candidate.instance)].tasks;
            candidate.service_tasks =
                tasks.iter().filter(|task| self.tasks[**task].service == service).count() as u32;
        }
    }

    /// Counts each candidate's tasks of `service` that can still be told to stop: those that were told already would
    /// be chosen again and again.
    pub(super) fn count_stoppable(&mut self, service: ServiceId) {
        let Substrate::Cluster { cluster, .. } = self.services[service].containers().substrate else {
            return;
        };
        let cluster = &mut self.clusters[cluster];
        cluster.counted_for = None;
        for candidate in &mut cluster.candidates {
            let tasks = self.instances[InstanceId(candidate.instance)].tasks.iter();
            let stoppable =
                tasks.map(|id| &self.tasks[*id]).filter(|it| it.service == service && it.counts());
            candidate.service_tasks = stoppable.count() as u32;
        }
    }

    /// A task of `service` on `instance` can not be told to stop any more. The counts are one less there, unless a place that
    /// became free was taken meanwhile, which needed other counts.
    pub(super) fn stopped_one(&mut self, service: ServiceId, instance: Option<InstanceId>) {
        let Substrate::Cluster { cluster, .. } = self.services[service].containers().substrate else {
            return;
        };
        let cluster = &mut self.clusters[cluster];
        if cluster.counted_for.is_some() {
            self.count_stoppable(service);
            return;
        }
        let on_it = |candidate: &&mut Candidate| Some(InstanceId(candidate.instance)) == instance;
        if let Some(candidate) = cluster.candidates.iter_mut().find(on_it) {
            candidate.service_tasks -= 1;
        }
    }

    /// The task that placement would stop first, by the counts of those that can be stopped.
    pub(super) fn placement_victim(&mut self, service: ServiceId, now: Time) -> Option<TaskId> {
        let Substrate::Cluster { cluster, .. } = self.services[service].containers().substrate else {
            return None;
        };
        let luck = luck_word(self.luck.counted(Purpose::Policy, self.services[service].key, now.nanos()));
        let candidates = &self.clusters[cluster].candidates;
        let Platform::Containers(containers) = &mut self.services[service].platform else { return None };
        let Substrate::Cluster { placement, demand, .. } = &mut containers.substrate else { return None };
        let view = StopView { task: Cow::Borrowed(demand), candidates: candidates.as_slice().into(), luck };
        let instance = InstanceId(placement.stop(&view).instance?);
        let on_it = self.instances.get(instance)?.tasks.iter().copied();
        on_it
            .filter(|id| self.tasks[*id].service == service && self.tasks[*id].counts())
            .max_by_key(|id| self.tasks[*id].ordinal)
    }

    /// How long an image pull takes on an instance: a question to the registry, and the image unless it is cached.
    /// A task that comes while another pulls the same image waits for that one.
    pub(super) fn pull_on_instance(
        &mut self,
        id: TaskId,
        service: ServiceId,
        image_bytes: f64,
        now: Time,
    ) -> Span {
        let Some(instance_id) = self.tasks[id].instance else { return Span::ZERO };
        let instance = &mut self.instances[instance_id];
        if let Some((_, there)) = instance.images.iter().find(|(whose, _)| *whose == service) {
            return REGISTRY_ROUND_TRIP.max(there.since(now));
        }
        let bytes_per_second = self.groups[instance.group].pull_bytes_per_second;
        let wait = REGISTRY_ROUND_TRIP + Span::from_seconds(image_bytes / bytes_per_second);
        instance.images.push((service, now + wait));
        wait
    }

    /// Tasks that wait for capacity of a group, by demand.
    pub(super) fn waiting_tasks(&mut self, group: GroupId) -> Vec<WaitingTasks> {
        let cluster = self.groups[group].cluster;
        let mut waiting = Vec::new();
        for service in &self.clusters[cluster].services {
            let containers = self.services[*service].containers();
            let its = containers.providers.iter().filter(|provider| provider.group == Some(group));
            let count = its.map(|provider| provider.waiting.len() as u32).sum();
            let Substrate::Cluster { demand, distinct, .. } = &containers.substrate else { continue };
            if count > 0 {
                waiting.push(WaitingTasks {
                    cpu_units: demand.cpu_units,
                    memory_mib: demand.memory_mib,
                    network_interfaces: demand.network_interfaces,
                    one_per_instance: *distinct || !demand.static_ports.is_empty(),
                    count,
                });
            }
        }
        waiting
    }

    /// How many of a group's instances run and stay, and how many of those have a task. What drains is on its way out: what
    /// is on it needs a place elsewhere.
    pub(super) fn running_instances(&self, group: GroupId) -> (u32, u32) {
        let stays = |it: &&Instance| matches!(it.state, InstanceState::Booting | InstanceState::Active);
        let running = || self.groups[group].instances.iter().map(|id| &self.instances[*id]).filter(stays);
        let busy = running().filter(|instance| !instance.tasks.is_empty()).count();
        (running().count() as u32, busy as u32)
    }

    /// How many of a group's instances have not passed their warm-up.
    pub(super) fn warming_instances(&self, group: GroupId, now: Time) -> u32 {
        let warming = |id: &&InstanceId| {
            let instance = &self.instances[**id];
            let late = instance.state == InstanceState::Active && now < instance.warm_at;
            late || instance.state <= InstanceState::Booting
        };
        self.groups[group].instances.iter().filter(warming).count() as u32
    }
}
