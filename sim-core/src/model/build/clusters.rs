//! Clusters: groups of instances as a spec describes them.

use super::Builder;
use crate::cost::InstanceType;
use crate::model::cluster::{Cluster, ClusterId, Group};
use crate::model::fleet::Fleet;
use crate::model::telemetry::Published;
use crate::observe::Probe;
use crate::policy::view::Roster;
use crate::random::owner_key;
use crate::spec::{GroupSpec, NetworkMode, ServiceSpec};

impl Builder<'_> {
    pub(super) fn clusters<P: Probe>(&self, fleet: &mut Fleet<P>) {
        for (name, cluster) in &self.spec.clusters {
            let id = fleet.clusters.push(Cluster {
                groups: Vec::new(),
                roster: Roster::new(cluster.groups().count()),
                services: Vec::new(),
            });
            for (group_name, group) in cluster.groups() {
                let owner =
                    if group_name == "instances" { name.clone() } else { format!("{name}/{group_name}") };
                let group = self.group(id, owner, group);
                let group = fleet.groups.push(group);
                fleet.clusters[id].groups.push(group);
            }
        }
    }

    fn group(&self, cluster: ClusterId, name: String, spec: &GroupSpec) -> Group {
        let instance_type = self.platform.instance_types[&spec.instance_type].clone();
        let policies = self.platform.policies;
        let scaling = spec.scaling.as_ref().map(|it| policies.cluster_scaling(it).expect("a checked policy"));
        let termination = spec.termination.clone().unwrap_or_else(|| "default".into());
        let desired = scaling.as_ref().and_then(|policy| policy.initial()).unwrap_or(spec.initial());
        Group {
            key: owner_key(&name),
            name,
            cluster,
            zones: spec.zones,
            min: spec.min,
            max: spec.max,
            desired: desired.clamp(spec.min, spec.max),
            purchase: spec.purchase,
            launch: spec.launch.build(),
            boot: spec.boot.build(),
            speed: self.spec.hardware.instance(&spec.instance_type),
            memory_mib: spec.task_memory(&instance_type).0,
            interfaces: self.interfaces(cluster, &instance_type),
            pull_bytes_per_second: spec.pull_megabytes_per_second * 1e6,
            attributes: spec.attributes.iter().map(|(name, value)| (name.clone(), value.clone())).collect(),
            termination: policies.termination(&termination).expect("a checked policy"),
            protected: spec.managed_termination_protection,
            draining: spec.managed_draining,
            credits: spec.credits,
            instances: Vec::new(),
            launched: 0,
            running: 0,
            active: 0,
            cpu_busy: 0,
            cpu_reserved: 0,
            memory_used_kib: 0,
            memory_reserved_kib: 0,
            reservation: Published::new(self.spec.telemetry.reservation_lag),
            running_points: Published::new(self.spec.telemetry.reservation_lag),
            last_scale_out: None,
            last_scale_in: None,
            warm_up: spec.warm_up,
            scaling,
            instance_type,
        }
    }

    /// Interfaces for tasks: with trunking if any service of the cluster asks for it (an account setting).
    fn interfaces(&self, cluster: ClusterId, instance_type: &InstanceType) -> u32 {
        let name = self.spec.clusters.get_index(cluster.0 as usize).map(|(name, _)| name.as_str());
        let trunking = self.spec.services.values().any(|service| {
            matches!(service, ServiceSpec::Ecs(ecs)
                if Some(ecs.cluster.as_str()) == name && ecs.task.network == NetworkMode::AwsvpcTrunking)
        });
        instance_type.awsvpc_tasks(trunking)
    }
}
