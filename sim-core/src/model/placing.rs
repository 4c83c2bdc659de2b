//! Placing tasks on instances: the model's side of the question that placement policies answer.
//!
//! Tasks that find no place wait in the order of their launch and are tried again whenever capacity appears: an instance
//! registers, a task goes. What there is on which instance stands on the cluster's roster, which is told of every task
//! that comes, goes, or is told to go, and which policies are asked about.

use super::cluster::{ClusterId, Instance, InstanceId, InstanceState, luck_word};
use super::container::Substrate;
use super::fleet::{Agenda, Fleet};
use super::service::Platform;
use super::task::{Task, TaskId};
use crate::engine::{Span, Time};
use crate::observe::{DecisionKind, FunctionId, GroupId, Probe, ReplicaFact, ServiceId};
use crate::policy::view::{PlacementDecision, Question, WaitingTasks};
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
        let (key, ordinal) = (self.services[service].key, self.tasks[id].ordinal);
        let luck = luck_word(self.luck.counted(Purpose::Placement, key, ordinal));
        let Platform::Containers(containers) = &mut self.services[service].platform else { return false };
        let group = containers.providers[self.tasks[id].provider].group;
        let Substrate::Cluster { placement, tenant, .. } = &mut containers.substrate else { return false };
        let tenant = *tenant;
        let cluster = &mut self.clusters[cluster];
        let question = Question { tenant, group: group.map(|group| cluster.position(group)), luck };
        let decision = placement.place_on(&mut cluster.roster, &question);
        let Some(instance) = decision.instance else {
            self.note_refusal(service, id, &decision, now);
            return false;
        };
        cluster.roster.take(tenant, instance);
        if !self.tasks[id].counts() {
            cluster.roster.leaves(tenant, instance);
        }
        self.take_place(service, id, InstanceId(instance), now);
        self.note_place(service, id, &decision, now);
        self.pull(id, now, agenda);
        true
    }

    /// Says where a task goes, and why.
    fn note_place(&mut self, service: ServiceId, id: TaskId, decision: &PlacementDecision, now: Time) {
        let task = &self.tasks[id];
        let place = (task.ordinal, decision.instance.unwrap_or_default(), task.zone);
        let noted = &mut self.placement_noted;
        noted.tell_place(now, &self.services[service].name, place, &decision.reason);
        self.probe.decided(noted);
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

    /// A task has its place, and its share of the instance's cores.
    fn take_place(&mut self, service: ServiceId, id: TaskId, instance_id: InstanceId, now: Time) {
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
        let Substrate::Cluster { tenant, .. } = containers.substrate else { return };
        self.clusters[cluster].roster.give_back(tenant, id.0);
    }

    /// Whether a task can be told to stop has changed: one that was told already, or is to be replaced, must not be chosen
    /// again and again.
    pub(super) fn stoppable_changed(&mut self, id: TaskId, can_stop: bool) {
        let task = &self.tasks[id];
        let Some(instance) = task.instance else { return };
        let Substrate::Cluster { cluster, tenant, .. } = self.services[task.service].containers().substrate
        else {
            return;
        };
        let roster = &mut self.clusters[cluster].roster;
        if can_stop { roster.stays(tenant, instance.0) } else { roster.leaves(tenant, instance.0) }
    }

    /// The task that placement would stop first, of those that can be stopped.
    pub(super) fn placement_victim(&mut self, service: ServiceId, now: Time) -> Option<TaskId> {
        let luck = luck_word(self.luck.counted(Purpose::Policy, self.services[service].key, now.nanos()));
        let Platform::Containers(containers) = &mut self.services[service].platform else { return None };
        let Substrate::Cluster { cluster, tenant, placement, .. } = &mut containers.substrate else {
            return None;
        };
        let question = Question { tenant: *tenant, group: None, luck };
        let decision = placement.stop_on(&mut self.clusters[*cluster].roster, &question);
        let on_it = self.instances.get(InstanceId(decision.instance?))?.tasks.iter().copied();
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
