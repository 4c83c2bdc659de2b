//! Clusters: instances in groups, from launch to termination, and the places on them. The substrate of ECS today; the
//! same instances, resources and image caches are what Kubernetes nodes need.

mod sizing;

use super::event::{FleetEvent, Kind};
use super::faults::Fate;
use super::fleet::{Agenda, Fleet};
use super::task::{Task, TaskId};
use super::telemetry::Published;
use crate::cost::{CreditAccount, CreditMode, InstanceType, Purchase};
use crate::engine::{Span, Time};
use crate::observe::{Billable, Gauge, GroupId, InstanceFact, Owner, Probe, ServiceId, zone_name};
use crate::policy::view::{Candidate, ClusterScalingPolicy, Roster, TerminationPolicy};
use crate::random::{Distribution, Purpose};

crate::ids! {
    /// A cluster.
    pub(super) ClusterId,
    /// An instance.
    pub(super) InstanceId
}

/// A cluster: which groups it has, and its instances as the scheduler sees them.
pub(super) struct Cluster {
    pub groups: Vec<GroupId>,
    /// Instances that tasks can be placed on.
    pub roster: Roster,
    /// Services that place tasks here.
    pub services: Vec<ServiceId>,
}

impl Cluster {
    /// The number of a group on the roster.
    pub(super) fn position(&self, group: GroupId) -> usize {
        self.groups.iter().position(|other| *other == group).expect("a group of the cluster")
    }
}

/// A group of instances of one type.
pub(super) struct Group {
    pub name: String,
    pub key: u64,
    pub cluster: ClusterId,
    pub instance_type: InstanceType,
    pub zones: u32,
    pub min: u32,
    pub max: u32,
    pub desired: u32,
    pub purchase: Purchase,
    pub launch: Distribution,
    pub boot: Distribution,
    pub speed: f64,
    pub memory_mib: u32,
    pub interfaces: u32,
    pub pull_bytes_per_second: f64,
    pub attributes: std::collections::BTreeMap<String, String>,
    pub scaling: Option<Box<dyn ClusterScalingPolicy>>,
    pub termination: Box<dyn TerminationPolicy>,
    pub protected: bool,
    pub draining: bool,
    pub credits: CreditMode,
    pub instances: Vec<InstanceId>,
    pub launched: u64,
    pub running: u32,
    /// Instances that take tasks.
    pub active: u32,
    /// What its instances' tasks use and reserve: CPU in millionths of a vCPU, memory in KiB.
    pub cpu_busy: u64,
    pub cpu_reserved: u64,
    pub memory_used_kib: u64,
    pub memory_reserved_kib: u64,
    pub reservation: Published,
    /// How many ran at each of its datapoints.
    pub running_points: Published,
    pub last_scale_out: Option<Time>,
    pub last_scale_in: Option<Time>,
    pub warm_up: Span,
}

/// Where an instance is in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum InstanceState {
    /// Asked for; not billed yet.
    Launching,
    /// Running and billed; its agent has not registered yet.
    Booting,
    /// Takes tasks.
    Active,
    /// Takes no new tasks; terminates when it is empty.
    Draining,
}

/// One instance.
pub(super) struct Instance {
    pub group: GroupId,
    pub state: InstanceState,
    pub zone: u32,
    pub ordinal: u64,
    pub launched_at: Time,
    pub running_from: Option<Time>,
    /// Until when it counts as on its way; instances of the first moment are warm.
    pub warm_at: Time,
    pub due: Time,
    pub tasks: Vec<TaskId>,
    /// Services whose image it has pulled or is pulling, and when that is done.
    pub images: Vec<(ServiceId, Time)>,
    /// CPU that its tasks may use: all of it, or the baseline while it is throttled.
    pub cores: f64,
    /// More is wanted than there is.
    pub contended: bool,
    /// CPU in use, in millionths of a vCPU.
    pub busy: u64,
    /// Memory in use by its tasks, and since when.
    pub memory_kib: u64,
    pub memory_since: Time,
    /// Its CPU credits while it runs, if its type has any; and the instant of the next look at them.
    pub credit: Option<CreditAccount>,
    pub credit_due: Time,
    /// What befalls it next.
    pub fate: Fate,
    /// How often it came back from an outage; each time its luck is drawn anew.
    pub comebacks: u64,
    /// When it is taken back, if it has had the notice.
    pub taken_back: Option<Time>,
    /// It has failed for good; else what is lost comes back with its zone.
    pub failed: bool,
    /// It is unreachable, and does nothing.
    pub lost: bool,
    /// It was taken back so early that it costs nothing.
    pub waived: bool,
}

impl<P: Probe> Fleet<P> {
    /// Launches an instance.
    pub(super) fn launch_instance(
        &mut self,
        group_id: GroupId,
        zone: u32,
        now: Time,
        agenda: &mut Agenda,
    ) -> InstanceId {
        let group = &mut self.groups[group_id];
        let ordinal = group.launched;
        group.launched += 1;
        let wait = group.launch.sample(&mut self.luck.counted(Purpose::Boot, group.key, ordinal));
        let due = now + Span::from_seconds(wait);
        let id = self.instances.insert(Instance {
            group: group_id,
            state: InstanceState::Launching,
            zone,
            ordinal,
            launched_at: now,
            running_from: None,
            warm_at: Time::NEVER,
            due,
            tasks: Vec::new(),
            images: Vec::new(),
            cores: f64::from(group.instance_type.vcpu),
            contended: false,
            busy: 0,
            memory_kib: 0,
            memory_since: now,
            credit: None,
            credit_due: Time::NEVER,
            fate: Fate::NONE,
            comebacks: 0,
            taken_back: None,
            failed: false,
            lost: false,
            waived: false,
        });
        group.instances.push(id);
        self.instance_fact(now, id, InstanceFact::Launched { group: group_id, zone });
        agenda.schedule(FleetEvent::new(due, Kind::InstanceStep, 0, id.0));
        id
    }

    /// How many of a group's instances stay, by zone: what drains is on its way out of the group, and what is lost is no
    /// capacity.
    pub(super) fn staying_in_zones(&self, group: GroupId) -> Vec<u32> {
        let group = &self.groups[group];
        let mut in_zone = vec![0_u32; group.zones as usize];
        let staying = group.instances.iter().map(|id| &self.instances[*id]);
        staying
            .filter(|it| it.state != InstanceState::Draining && !it.lost)
            .for_each(|it| in_zone[it.zone as usize] += 1);
        in_zone
    }

    /// Of the zones that can be used, the one with the fewest instances, which has one more from now on.
    pub(super) fn poorest_group_zone(&self, in_zone: &mut [u32]) -> Option<u32> {
        let usable = (0..in_zone.len()).filter(|zone| self.faults.is_up(*zone as u32));
        let poorest = usable.min_by_key(|zone| in_zone[*zone])?;
        in_zone[poorest] += 1;
        Some(poorest as u32)
    }

    /// An instance goes on to its next state of life.
    pub(super) fn instance_step(&mut self, id: InstanceId, now: Time, agenda: &mut Agenda) {
        if self.instances[id].lost && self.instances[id].state != InstanceState::Draining {
            // It goes on when it is back, if it is not given up before.
            self.instances[id].due = Time::ZERO;
            return;
        }
        match self.instances[id].state {
            InstanceState::Launching => {
                self.instance_runs(id, now);
                self.draw_instance_fate(id, now, agenda);
                self.instances[id].warm_at = now + self.groups[self.instances[id].group].warm_up;
                let (group, ordinal) = (self.instances[id].group, self.instances[id].ordinal);
                let group = &self.groups[group];
                let wait =
                    group.boot.sample(&mut self.luck.counted(Purpose::Registration, group.key, ordinal));
                let due = now + Span::from_seconds(wait);
                self.instances[id].due = due;
                agenda.schedule(FleetEvent::new(due, Kind::InstanceStep, 0, id.0));
            }
            InstanceState::Booting => self.instance_active(id, now, agenda),
            InstanceState::Active => {}
            InstanceState::Draining => self.terminate(id, "drained", now, agenda),
        }
    }

    /// The instance runs and is billed from now on.
    pub(super) fn instance_runs(&mut self, id: InstanceId, now: Time) {
        let instance = &mut self.instances[id];
        instance.state = InstanceState::Booting;
        instance.running_from = Some(now);
        let group = instance.group;
        instance.credit = self.groups[group].credit_account(now);
        self.groups[group].running += 1;
        self.instance_fact(now, id, InstanceFact::Runs);
        self.capacity_level(group, now);
    }

    /// The instance takes tasks from now on.
    pub(super) fn instance_active(&mut self, id: InstanceId, now: Time, agenda: &mut Agenda) {
        let instance = &mut self.instances[id];
        instance.state = InstanceState::Active;
        instance.due = Time::NEVER;
        let group = &mut self.groups[instance.group];
        group.active += 1;
        let candidate = Candidate {
            instance: id.0,
            zone: zone_name(instance.zone).into(),
            instance_type: group.instance_type.name.as_str().into(),
            architecture: group.instance_type.arch,
            active: true,
            registered_cpu_units: group.instance_type.cpu().0,
            registered_memory_mib: group.memory_mib,
            free_cpu_units: group.instance_type.cpu().0,
            free_memory_mib: group.memory_mib,
            free_network_interfaces: group.interfaces,
            used_ports: Vec::new(),
            tasks: 0,
            service_tasks: 0,
            protected_tasks: 0,
            groups: Vec::new(),
            attributes: group.attributes.clone(),
        };
        let (cluster, group) = (group.cluster, instance.group);
        let number = self.clusters[cluster].position(group);
        self.clusters[cluster].roster.add(number, candidate);
        self.instance_fact(now, id, InstanceFact::Active);
        self.active_level(group, now);
        self.place_waiting(cluster, now, agenda);
    }

    fn capacity_level(&mut self, group_id: GroupId, now: Time) {
        let group = &self.groups[group_id];
        let running = u64::from(group.running);
        let cpu = running * u64::from(group.instance_type.vcpu) * 1_000_000;
        let memory = running * (u64::from(group.instance_type.memory.0) << 10);
        let owner = Owner::Group(group_id);
        self.probe.level(now, owner, Gauge::Instances, running);
        self.probe.level(now, owner, Gauge::CpuCapacity, cpu);
        self.probe.level(now, owner, Gauge::MemoryCapacity, memory);
    }

    /// States how many instances the group is meant to have.
    pub(super) fn desired_level(&mut self, group_id: GroupId, now: Time) {
        let desired = u64::from(self.groups[group_id].desired);
        self.probe.level(now, Owner::Group(group_id), Gauge::InstancesDesired, desired);
    }

    fn active_level(&mut self, group_id: GroupId, now: Time) {
        let active = u64::from(self.groups[group_id].active);
        self.probe.level(now, Owner::Group(group_id), Gauge::InstancesReady, active);
    }

    /// States what an instance has used: up to `to`, or still using it at the end of the run.
    pub(super) fn bill_instance(&mut self, id: InstanceId, to: Option<Time>) {
        self.close_credits(id, to.unwrap_or(self.end), to.is_some());
        let instance = &mut self.instances[id];
        let Some(from) = instance.running_from.take() else { return };
        let (group, zone, waived) = (instance.group, instance.zone, instance.waived);
        let purchase = self.groups[group].purchase;
        self.probe.billed(&Billable::Instance { group, zone, purchase, from, to, waived });
    }

    /// A task's place on an instance becomes free.
    pub(super) fn free_place(
        &mut self,
        id: InstanceId,
        task: &Task,
        task_id: TaskId,
        now: Time,
        agenda: &mut Agenda,
    ) {
        let cluster = self.groups[self.instances[id].group].cluster;
        self.instances[id].tasks.retain(|other| *other != task_id);
        self.give_back(cluster, id, task);
        let instance = &self.instances[id];
        let taken_back = instance.taken_back.is_some();
        if instance.state == InstanceState::Draining && instance.tasks.is_empty() && !taken_back {
            self.instances[id].due = now;
            agenda.schedule(FleetEvent::new(now, Kind::InstanceStep, 0, id.0));
        } else {
            self.place_waiting(cluster, now, agenda);
        }
    }
}

/// The word that a view hands a policy as its luck.
pub(super) fn luck_word(mut draw: crate::random::Draw) -> u64 {
    use rand::Rng as _;
    draw.next_u64()
}
