//! Services: what serves requests, and on which platform.

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{BalancerSpec, FunctionSpec, Objective, Problem, TaskSpec, lognormal};
use crate::cost::{Arch, Purchase};
use crate::engine::Span;
use crate::policy::{ConstraintSpec, PlacementSpec, ServiceScalingSpec};
use crate::quantity::Percent;
use crate::random::DistributionSpec;

/// What serves requests.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "platform", rename_all = "kebab-case")]
pub enum ServiceSpec {
    /// An ECS service whose tasks run on EC2 instances of a cluster.
    Ecs(EcsSpec),
    /// An ECS service whose tasks run on Fargate.
    Fargate(FargateSpec),
    /// A Lambda function, or a fleet of them.
    Lambda(FunctionSpec),
}

/// An ECS service whose tasks run on EC2 instances of a cluster.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct EcsSpec {
    /// What a request to it needs.
    pub work: String,
    /// What its clients were promised, `p99 < 300ms` say.
    #[serde(default)]
    pub objective: Option<Objective>,
    /// What one task reserves and may use.
    pub task: TaskSpec,
    /// Where its tasks run.
    pub cluster: String,
    /// Its capacity provider strategy: the groups of the cluster that its tasks are for, each with its share of them. Left
    /// out: the only group; in a cluster of several, any instance, and no group grows for its tasks.
    #[serde(default)]
    pub capacity_providers: IndexMap<String, ProviderSpec>,
    /// Placement strategies, most important first: `spread:zone`, `spread:instance`, `binpack:cpu`, `binpack:memory`,
    /// `random`, or one of your own. Left out: spread over zones, then over instances.
    #[serde(default)]
    pub placement: Vec<PlacementSpec>,
    /// Placement constraints: `distinct-instance`, or `member-of(expression)` in the cluster query language.
    #[serde(default)]
    pub constraints: Vec<ConstraintSpec>,
    /// What stands in front of it.
    #[serde(default)]
    pub balancer: BalancerSpec,
    /// For how long after a task's start the service takes no notice of its failed health checks. The balancer does.
    #[serde(default)]
    pub health_check_grace_period: Span,
    /// How many healthy tasks there are at least while some are replaced (in a deployment, or because their instance goes),
    /// as a share of the desired count, rounded up; at most 100%.
    #[serde(default = "whole")]
    pub minimum_healthy_percent: Percent,
    /// How many tasks there may be while some are replaced, as a share of the desired count, rounded down; at least 100%.
    /// Where it allows, the replacement comes first; else an unhealthy task is stopped first.
    #[serde(default = "double")]
    pub maximum_percent: Percent,
    /// How many tasks there are and what changes it.
    pub scaling: ServiceScalingSpec,
    /// Tasks at the start, ready and warm. Left out: the least that scaling allows.
    #[serde(default)]
    pub desired: Option<u32>,
}

impl EcsSpec {
    /// Whether its tasks may run in a group of the cluster: in those that its strategy names, without one in all.
    pub fn may_run_in(&self, group: &str) -> bool {
        self.capacity_providers.is_empty() || self.capacity_providers.contains_key(group)
    }
}

/// A group's share of a service's tasks.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ProviderSpec {
    /// How many tasks it gets before anything else is shared; only one group of a strategy may have a base.
    #[serde(default)]
    pub base: u32,
    /// Its part of the other tasks, relative to the weights of the other groups.
    #[serde(default = "one")]
    pub weight: u32,
}

fn one() -> u32 {
    1
}

/// An ECS service whose tasks run on Fargate.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FargateSpec {
    /// What a request to it needs.
    pub work: String,
    /// What its clients were promised, `p99 < 300ms` say.
    #[serde(default)]
    pub objective: Option<Objective>,
    /// The task's size, one that Fargate sells, and what runs in it.
    pub task: TaskSpec,
    /// Processor architecture.
    #[serde(default)]
    pub architecture: Arch,
    /// How the tasks are paid for.
    #[serde(default)]
    pub purchase: Purchase,
    /// How many availability zones its tasks are spread over.
    #[serde(default = "three")]
    pub zones: u32,
    /// From launch to the start of the image pull: scheduling, network interface, micro-VM. Not billed.
    #[serde(default = "provisioning")]
    pub provisioning: DistributionSpec<Span>,
    /// How fast images are pulled and unpacked, in megabytes of compressed image a second. Fargate caches none.
    #[serde(default = "pull_speed")]
    pub pull_megabytes_per_second: f64,
    /// What stands in front of it.
    #[serde(default)]
    pub balancer: BalancerSpec,
    /// For how long after a task's start the service takes no notice of its failed health checks. The balancer does.
    #[serde(default)]
    pub health_check_grace_period: Span,
    /// How many healthy tasks there are at least while some are replaced (in a deployment, or because their instance goes),
    /// as a share of the desired count, rounded up; at most 100%.
    #[serde(default = "whole")]
    pub minimum_healthy_percent: Percent,
    /// How many tasks there may be while some are replaced, as a share of the desired count, rounded down; at least 100%.
    /// Where it allows, the replacement comes first; else an unhealthy task is stopped first.
    #[serde(default = "double")]
    pub maximum_percent: Percent,
    /// How many tasks there are and what changes it.
    pub scaling: ServiceScalingSpec,
    /// Tasks at the start, ready and warm. Left out: the least that scaling allows.
    #[serde(default)]
    pub desired: Option<u32>,
}

fn whole() -> Percent {
    Percent(1.0)
}

fn double() -> Percent {
    Percent(2.0)
}

fn three() -> u32 {
    3
}

fn provisioning() -> DistributionSpec<Span> {
    lognormal(Span::from_secs(12), Span::from_secs(24))
}

fn pull_speed() -> f64 {
    10.0
}

impl ServiceSpec {
    /// The name of the work; `None` for a fleet of functions whose population says all of it.
    pub fn work(&self) -> Option<&str> {
        match self {
            ServiceSpec::Ecs(service) => Some(&service.work),
            ServiceSpec::Fargate(service) => Some(&service.work),
            ServiceSpec::Lambda(function) => function.work.as_deref(),
        }
    }

    /// The name of the population whose functions it consists of, if it is a fleet of functions.
    pub fn functions(&self) -> Option<&str> {
        match self {
            ServiceSpec::Lambda(function) => function.functions.as_deref(),
            ServiceSpec::Ecs(_) | ServiceSpec::Fargate(_) => None,
        }
    }

    /// What its clients were promised.
    pub fn objective(&self) -> Option<Objective> {
        match self {
            ServiceSpec::Ecs(service) => service.objective,
            ServiceSpec::Fargate(service) => service.objective,
            ServiceSpec::Lambda(function) => function.objective,
        }
    }

    /// What it is called in tables: `ECS on EC2`, `Fargate`, `Lambda`.
    pub fn platform(&self) -> &'static str {
        match self {
            ServiceSpec::Ecs(_) => "ECS on EC2",
            ServiceSpec::Fargate(_) => "Fargate",
            ServiceSpec::Lambda(_) => "Lambda",
        }
    }

    /// Reports what makes no sense in the service by itself, under `path`.
    pub fn problems(&self, path: &str, out: &mut Vec<Problem>) {
        match self {
            ServiceSpec::Ecs(service) => {
                service.task.problems(&format!("{path}.task"), out);
                service.balancer.problems(&format!("{path}.balancer"), out);
                limit_problems(service.minimum_healthy_percent, service.maximum_percent, path, out);
            }
            ServiceSpec::Fargate(service) => service.problems(path, out),
            ServiceSpec::Lambda(function) => function.problems(path, out),
        }
    }
}

fn limit_problems(minimum: Percent, maximum: Percent, path: &str, out: &mut Vec<Problem>) {
    if !(0.0..=1.0).contains(&minimum.0) {
        out.push(Problem::new(
            format!("{path}.minimum_healthy_percent"),
            format!("{minimum} of the desired count is not between 0% and 100%"),
        ));
    }
    if !(1.0..=100.0).contains(&maximum.0) {
        out.push(
            Problem::new(
                format!("{path}.maximum_percent"),
                format!("{maximum} of the desired count is not between 100% and 10000%"),
            )
            .hint(
                "200% starts every replacement first; 100% stops unhealthy tasks first, and moves no others",
            ),
        );
    }
}

/// The longest that Fargate waits from the stop signal to the kill (ECS API, container definitions).
const FARGATE_STOP: Span = Span::from_secs(120);

/// Memory sizes in GB that Fargate sells for each CPU size in units (ECS Developer Guide, task sizes; Linux).
pub const FARGATE_SIZES: &[(u32, &[f64])] = &[
    (256, &[0.5, 1.0, 2.0]),
    (512, &[1.0, 2.0, 3.0, 4.0]),
    (1024, &[2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0]),
    (2048, &[4.0, 5.0, 6.0, 7.0, 8.0, 9.0, 10.0, 11.0, 12.0, 13.0, 14.0, 15.0, 16.0]),
    (
        4096,
        &[
            8.0, 9.0, 10.0, 11.0, 12.0, 13.0, 14.0, 15.0, 16.0, 17.0, 18.0, 19.0, 20.0, 21.0, 22.0, 23.0,
            24.0, 25.0, 26.0, 27.0, 28.0, 29.0, 30.0,
        ],
    ),
    (8192, &[16.0, 20.0, 24.0, 28.0, 32.0, 36.0, 40.0, 44.0, 48.0, 52.0, 56.0, 60.0]),
    (16_384, &[32.0, 40.0, 48.0, 56.0, 64.0, 72.0, 80.0, 88.0, 96.0, 104.0, 112.0, 120.0]),
    (32_768, &[60.0, 120.0, 244.0]),
];

impl FargateSpec {
    fn problems(&self, path: &str, out: &mut Vec<Problem>) {
        self.task.problems(&format!("{path}.task"), out);
        if self.task.stop_timeout > FARGATE_STOP {
            out.push(Problem::new(
                format!("{path}.task.stop_timeout"),
                format!("{} is more than the {FARGATE_STOP} that Fargate allows", self.task.stop_timeout),
            ));
        }
        self.balancer.problems(&format!("{path}.balancer"), out);
        limit_problems(self.minimum_healthy_percent, self.maximum_percent, path, out);
        self.provisioning.problems(&format!("{path}.provisioning"), out);
        self.size_problems(path, out);
        if !(1..=8).contains(&self.zones) {
            out.push(Problem::new(
                format!("{path}.zones"),
                format!("{} zones; a region has 1 to 8", self.zones),
            ));
        }
        if !(0.1..=100_000.0).contains(&self.pull_megabytes_per_second) {
            out.push(Problem::new(format!("{path}.pull_megabytes_per_second"), "not between 0.1 and 100000"));
        }
        let only_ec2 = [
            ("memory_reservation", self.task.memory_reservation.is_some()),
            ("host_port", self.task.host_port.is_some()),
        ];
        for (key, _) in only_ec2.into_iter().filter(|(_, set)| *set) {
            out.push(Problem::new(
                format!("{path}.task.{key}"),
                format!("`{key}` has no meaning on Fargate"),
            ));
        }
    }

    fn size_problems(&self, path: &str, out: &mut Vec<Problem>) {
        let list = |values: Vec<String>| values.join(", ");
        let Some((_, memories)) = FARGATE_SIZES.iter().find(|(units, _)| *units == self.task.cpu.0) else {
            let sizes = list(
                FARGATE_SIZES
                    .iter()
                    .map(|(units, _)| format!("{}vCPU", f64::from(*units) / 1024.0))
                    .collect(),
            );
            out.push(
                Problem::new(
                    format!("{path}.task.cpu"),
                    format!("Fargate has no task with {}", self.task.cpu),
                )
                .hint(format!("it has {sizes}")),
            );
            return;
        };
        if !memories.contains(&(f64::from(self.task.memory.0) / 1024.0)) {
            let sizes = list(memories.iter().map(|gb| format!("{gb}GB")).collect());
            out.push(
                Problem::new(
                    format!("{path}.task.memory"),
                    format!("Fargate has no task with {} and {}", self.task.cpu, self.task.memory),
                )
                .hint(format!("with {} it has {sizes}", self.task.cpu)),
            );
        }
    }
}
