//! Container services: ECS on instances and on Fargate.

use super::Builder;
use crate::cost::Arch;
use crate::engine::Span;
use crate::model::bucket::Bucket;
use crate::model::cluster::ClusterId;
use crate::model::container::{Balancer, Containers, Provider, Server, Substrate};
use crate::model::fleet::Fleet;
use crate::model::health::Checks;
use crate::model::scaling::ServiceScaling;
use crate::model::telemetry::ContainerTelemetry;
use crate::observe::GroupId;
use crate::policy::routing::Router;
use crate::policy::service_scaling::ServiceScaler;
use crate::policy::view::TaskDemand;
use crate::random::DistributionSpec;
use crate::spec::{
    AlbSpec, BalancerSpec, EcsSpec, FargateSpec, NetworkMode, ProviderSpec, ServerSpec, TaskSpec, WorkSpec,
};

impl Builder<'_> {
    pub(super) fn cluster_id(&self, name: &str) -> ClusterId {
        ClusterId(self.spec.clusters.get_index_of(name).expect("a checked cluster") as u32)
    }

    pub(super) fn ecs<P>(
        &self,
        name: &str,
        spec: &EcsSpec,
        work: &WorkSpec,
        fleet: &mut Fleet<P>,
    ) -> Containers {
        let policies = self.platform.policies;
        let awsvpc = matches!(spec.task.network, NetworkMode::Awsvpc | NetworkMode::AwsvpcTrunking);
        let demand = TaskDemand {
            group: format!("service:{name}"),
            cpu_units: spec.task.cpu.0,
            memory_mib: spec.task.reserved_memory().0,
            network_interfaces: u32::from(awsvpc),
            static_ports: spec.task.host_port.into_iter().collect(),
            architecture: None,
        };
        let cluster = self.cluster_id(&spec.cluster);
        let substrate = Substrate::Cluster {
            cluster,
            tenant: fleet.clusters[cluster].roster.add_tenant(demand.clone()),
            placement: Box::new(
                policies.placement(&spec.constraints, &spec.placement).expect("a checked placement"),
            ),
            demand,
            distinct: spec.constraints.iter().any(|constraint| constraint.0.name == "distinct-instance"),
        };
        let hard = spec.task.hard_cpu_limit;
        let scaling = policies.service_scaling(&spec.scaling).expect("a checked policy");
        let containers =
            self.containers(&spec.task, work, &spec.balancer, substrate, hard, scaling, spec.desired);
        let (minimum, maximum) = (spec.minimum_healthy_percent.0, spec.maximum_percent.0);
        let providers = self.providers(spec, &fleet.clusters[cluster].groups);
        let grace = spec.health_check_grace_period;
        Containers { grace, minimum, maximum, providers, ..containers }
    }

    /// The service's capacity provider strategy. Without one its tasks are for the cluster's only group, or for any.
    fn providers(&self, spec: &EcsSpec, groups: &[GroupId]) -> Vec<Provider> {
        let strategy = &spec.capacity_providers;
        if strategy.is_empty() {
            let only = if let [only] = groups { Some(*only) } else { None };
            return vec![Provider::of_all(only)];
        }
        let named = self.spec.clusters[&spec.cluster].groups().zip(groups);
        let provider = |((name, _), group): ((&str, _), &GroupId)| {
            let ProviderSpec { base, weight } = *strategy.get(name)?;
            Some(Provider { base, weight, ..Provider::of_all(Some(*group)) })
        };
        named.filter_map(provider).collect()
    }

    pub(super) fn fargate(&self, spec: &FargateSpec, work: &WorkSpec) -> Containers {
        let hardware = &self.spec.hardware;
        let substrate = Substrate::Fargate {
            arch: spec.architecture,
            purchase: spec.purchase,
            zones: spec.zones,
            speed: if spec.architecture == Arch::Arm { hardware.fargate_arm } else { hardware.fargate_x86 },
            provisioning: spec.provisioning.build(),
            pull_bytes_per_second: spec.pull_megabytes_per_second * 1e6,
        };
        let scaling = self.platform.policies.service_scaling(&spec.scaling).expect("a checked policy");
        let containers =
            self.containers(&spec.task, work, &spec.balancer, substrate, true, scaling, spec.desired);
        let (minimum, maximum) = (spec.minimum_healthy_percent.0, spec.maximum_percent.0);
        let grace = spec.health_check_grace_period;
        Containers { grace, minimum, maximum, ..containers }
    }

    #[expect(clippy::too_many_arguments, reason = "what two platforms' specs have in common, taken apart")]
    fn containers(
        &self,
        task: &TaskSpec,
        work: &WorkSpec,
        balancer: &BalancerSpec,
        substrate: Substrate,
        hard_cpu_limit: bool,
        scaler: ServiceScaler,
        desired: Option<u32>,
    ) -> Containers {
        let telemetry = &self.spec.telemetry;
        let (min, max) = (scaler.min(), scaler.max());
        let zones = if let Substrate::Fargate { zones, .. } = substrate { zones } else { 0 };
        Containers {
            cpu: task.cpu,
            memory: task.memory,
            reserved_memory: task.reserved_memory(),
            idle_memory_kib: u64::from(task.idle_memory.0) << 10,
            image: task.image,
            start: task.start.build(),
            stop_timeout: task.stop_timeout,
            server: match task.server {
                ServerSpec::Workers { count, backlog, .. } => Server::Workers { count, backlog },
                ServerSpec::Shared { limit } => Server::Shared { limit },
            },
            worker_start: match &task.server {
                ServerSpec::Workers { start, .. } => start.as_ref().map(DistributionSpec::build),
                ServerSpec::Shared { .. } => None,
            },
            hard_cpu_limit,
            parallelism: work.parallelism,
            substrate,
            balancer: match balancer {
                BalancerSpec::Alb(alb) => Some(Balancer {
                    deregistration_delay: alb.deregistration_delay,
                    registration: alb.health_check.registration,
                    checks: Checks::new(&alb.health_check),
                }),
                BalancerSpec::None => None,
            },
            router: self.router(balancer),
            tasks: std::collections::BTreeMap::new(),
            in_zone: vec![0; zones as usize],
            launched: 0,
            counted: 0,
            pending: 0,
            leaving: Vec::new(),
            desired: desired.unwrap_or(min).clamp(min, max),
            in_service: 0,
            registered: 0,
            unhealthy: Vec::new(),
            grace: Span::ZERO,
            minimum: 1.0,
            maximum: 1.0,
            working: 0,
            queued: 0,
            cpu_busy: 0,
            memory_used_kib: 0,
            running: 0,
            placed: 0,
            paid: 0,
            providers: vec![Provider::of_all(None)],
            reconcile_at: None,
            launch_rate: launch_rate(self.spec.account.service_launch_rate.0),
            scaling: ServiceScaling { scaler, min, max, last_out: None, last_out_from: None, last_in: None },
            telemetry: ContainerTelemetry::new(telemetry.container_lag, telemetry.balancer_lag),
        }
    }

    fn router(&self, balancer: &BalancerSpec) -> Router {
        let algorithm = match balancer {
            BalancerSpec::Alb(AlbSpec { algorithm, .. }) => algorithm.clone(),
            BalancerSpec::None => "round-robin".into(),
        };
        Router::new(self.platform.policies.routing(&algorithm).expect("a checked policy"))
    }
}

/// A token bucket for launches at a rate stated per minute: a second's worth at once, so that no minute sees notably
/// more than the quota.
fn launch_rate(per_second: f64) -> Bucket {
    Bucket::new(per_second.max(1.0) as u32, per_second)
}
