//! What every family of invariants stands on: the fleet as it was declared, the clock, and the levels as they were stated.

use indexmap::IndexMap;

use crate::cost::InstanceType;
use crate::engine::{Time, Window};
use crate::observe::{Gauge, GroupId, Owner, ServiceId};
use crate::quantity::Cpu;
use crate::spec::{FleetSpec, GroupSpec, NetworkMode, ServiceSpec, TaskSpec};

/// Rounding of millionths of a vCPU: one for each task or environment at most.
pub(super) const SLACK: u64 = 2000;

/// A group of instances, and what one of them has for tasks.
pub(super) struct GroupGround {
    pub name: String,
    pub cluster: String,
    pub spec: GroupSpec,
    pub instance_type: InstanceType,
    pub cpu_units: u64,
    pub memory_mib: u64,
    pub interfaces: u64,
}

/// What every family stands on.
pub(super) struct Ground {
    pub fleet: FleetSpec,
    pub groups: Vec<GroupGround>,
    pub measured: Window,
    pub now: Time,
    services_levels: Vec<[u64; Gauge::ALL.len()]>,
    groups_levels: Vec<[u64; Gauge::ALL.len()]>,
}

impl Ground {
    pub(super) fn new(
        fleet: &FleetSpec,
        instance_types: &IndexMap<String, InstanceType>,
        measured: Window,
    ) -> Self {
        let groups: Vec<GroupGround> = fleet
            .clusters
            .iter()
            .flat_map(|(cluster, spec)| spec.groups().map(move |(name, group)| (cluster, name, group)))
            .map(|(cluster, name, group)| group_ground(fleet, instance_types, cluster, name, group))
            .collect();
        Ground {
            measured,
            now: Time::ZERO,
            services_levels: vec![[0; Gauge::ALL.len()]; fleet.services.len()],
            groups_levels: vec![[0; Gauge::ALL.len()]; groups.len()],
            groups,
            fleet: fleet.clone(),
        }
    }

    pub(super) fn service(&self, id: ServiceId) -> &ServiceSpec {
        &self.fleet.services[id.0 as usize]
    }

    pub(super) fn group(&self, id: GroupId) -> &GroupGround {
        &self.groups[id.0 as usize]
    }

    /// The services with their ids.
    pub(super) fn services(&self) -> impl Iterator<Item = (ServiceId, &ServiceSpec)> {
        self.fleet.services.values().enumerate().map(|(index, spec)| (ServiceId(index as u32), spec))
    }

    pub(super) fn service_named(&self, name: &str) -> Option<ServiceId> {
        self.fleet.services.get_index_of(name).map(|index| ServiceId(index as u32))
    }

    pub(super) fn group_named(&self, name: &str) -> Option<GroupId> {
        self.groups.iter().position(|group| group.name == name).map(|index| GroupId(index as u32))
    }

    pub(super) fn level(&self, owner: Owner, gauge: Gauge) -> u64 {
        match owner {
            Owner::Service(id) => self.services_levels[id.0 as usize][gauge as usize],
            Owner::Group(id) => self.groups_levels[id.0 as usize][gauge as usize],
        }
    }

    pub(super) fn set_level(&mut self, owner: Owner, gauge: Gauge, value: u64) {
        match owner {
            Owner::Service(id) => self.services_levels[id.0 as usize][gauge as usize] = value,
            Owner::Group(id) => self.groups_levels[id.0 as usize][gauge as usize] = value,
        }
    }

    /// A level of a service.
    pub(super) fn of_service(&self, id: ServiceId, gauge: Gauge) -> u64 {
        self.level(Owner::Service(id), gauge)
    }

    /// Whose something is, for messages.
    pub(super) fn name(&self, owner: Owner) -> String {
        match owner {
            Owner::Service(id) => self.fleet.services.get_index(id.0 as usize).map_or_else(
                || format!("service {}, which there is not", id.0),
                |(name, _)| format!("service {name}"),
            ),
            Owner::Group(id) => format!("group {}", self.group(id).name),
        }
    }

    /// A service's name for messages.
    pub(super) fn service_name(&self, id: ServiceId) -> String {
        self.name(Owner::Service(id))
    }
}

fn group_ground(
    fleet: &FleetSpec,
    instance_types: &IndexMap<String, InstanceType>,
    cluster: &str,
    name: &str,
    spec: &GroupSpec,
) -> GroupGround {
    let instance_type = instance_types.get(&spec.instance_type).expect("a checked instance type").clone();
    // Trunking is a setting of the account: one service that asks for it has it for its cluster.
    let trunking = fleet.services.values().any(|service| {
        matches!(service, ServiceSpec::Ecs(ecs)
            if ecs.cluster == cluster && ecs.task.network == NetworkMode::AwsvpcTrunking)
    });
    let only = name == "instances" && fleet.clusters[cluster].instances.is_some();
    GroupGround {
        name: if only { cluster.to_owned() } else { format!("{cluster}/{name}") },
        cluster: cluster.to_owned(),
        cpu_units: u64::from(instance_type.vcpu) * u64::from(Cpu::UNITS_PER_VCPU),
        memory_mib: u64::from(spec.task_memory(&instance_type).0),
        interfaces: u64::from(instance_type.awsvpc_tasks(trunking)),
        spec: spec.clone(),
        instance_type,
    }
}

/// The task of a service of containers, and whether it runs on Fargate.
pub(super) fn task_of(service: &ServiceSpec) -> Option<(&TaskSpec, bool)> {
    match service {
        ServiceSpec::Ecs(ecs) => Some((&ecs.task, false)),
        ServiceSpec::Fargate(fargate) => Some((&fargate.task, true)),
        ServiceSpec::Lambda(_) => None,
    }
}

/// CPU in millionths of a vCPU.
pub(super) fn micro_vcpus(cpu: Cpu) -> u64 {
    u64::from(cpu.0) * 1_000_000 / u64::from(Cpu::UNITS_PER_VCPU)
}
