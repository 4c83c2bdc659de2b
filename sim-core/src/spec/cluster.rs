//! Clusters: groups of EC2 instances that tasks are placed on.

mod provider;

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Problem, lognormal};
use crate::cost::{CreditMode, InstanceType, Purchase};
use crate::engine::Span;
use crate::policy::cluster_scaling::ManagedParameters;
use crate::policy::{ClusterScalingSpec, TerminationSpec};
use crate::quantity::{MemorySize, Percent};
use crate::random::DistributionSpec;

/// A cluster of EC2 instances: one group, or several of different types.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(remote = "Self", deny_unknown_fields)]
pub struct ClusterSpec {
    /// The cluster's only group.
    #[serde(default)]
    pub instances: Option<GroupSpec>,
    /// The capacity provider of `instances`, with ECS managed scaling: `{ target_capacity = "100%" }` is short for
    /// `instances.scaling = { managed = { target_capacity = "100%" } }`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub capacity_provider: Option<ManagedParameters>,
    /// Several groups by name, instead of `instances`.
    #[serde(default)]
    pub groups: IndexMap<String, GroupSpec>,
}

/// An Auto Scaling group of instances of one type, spread over zones.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct GroupSpec {
    /// The instance type, `m7g.large` say; `fleetsim list instances` shows all.
    #[serde(rename = "type")]
    pub instance_type: String,
    /// How many availability zones the group spans: `zone-a`, `zone-b` and so on, in constraints and timelines.
    #[serde(default = "three")]
    pub zones: u32,
    /// The fewest instances.
    pub min: u32,
    /// The most instances.
    pub max: u32,
    /// Instances at the start; `min` if left out.
    #[serde(default)]
    pub desired: Option<u32>,
    /// What changes its size: `{ managed = { target_capacity = "100%" } }` is ECS managed scaling by what is
    /// reserved. Without it, the group keeps its size.
    #[serde(default)]
    pub scaling: Option<ClusterScalingSpec>,
    /// Whether only instances without tasks are terminated when the group shrinks.
    #[serde(default = "yes")]
    pub managed_termination_protection: bool,
    /// Whether an instance that is terminated with tasks on it is drained first.
    #[serde(default = "yes")]
    pub managed_draining: bool,
    /// How long a new instance counts as on its way; the next scale-out waits for it.
    #[serde(default = "five_minutes")]
    pub warm_up: Span,
    /// How the instances are paid for.
    #[serde(default)]
    pub purchase: Purchase,
    /// From the decision to launch to the instance running (and billed).
    #[serde(default = "launch")]
    pub launch: DistributionSpec<Span>,
    /// From running to registered in the cluster and ready for tasks: boot and the agent's start.
    #[serde(default = "boot")]
    pub boot: DistributionSpec<Span>,
    /// Share of the installed memory that the instance registers (the kernel keeps the rest).
    #[serde(default = "registered")]
    pub registered_memory: Percent,
    /// Memory set aside for the agent and the system (ECS_RESERVED_MEMORY).
    #[serde(default)]
    pub reserved_memory: MemorySize,
    /// How fast images are pulled and unpacked, in megabytes of compressed image a second.
    #[serde(default = "pull_speed")]
    pub pull_megabytes_per_second: f64,
    /// Custom attributes, for placement constraints.
    #[serde(default)]
    pub attributes: IndexMap<String, String>,
    /// CPU credits of burstable (T) types.
    #[serde(default)]
    pub credits: CreditMode,
    /// Which instance leaves when the group shrinks and instances are not protected; `fleetsim list policies`.
    #[serde(default)]
    pub termination: Option<TerminationSpec>,
}

fn three() -> u32 {
    3
}

fn launch() -> DistributionSpec<Span> {
    lognormal(Span::from_secs(15), Span::from_secs(35))
}

fn boot() -> DistributionSpec<Span> {
    lognormal(Span::from_secs(30), Span::from_secs(80))
}

fn registered() -> Percent {
    Percent(0.975)
}

fn pull_speed() -> f64 {
    50.0
}

fn five_minutes() -> Span {
    Span::from_secs(300)
}

fn yes() -> bool {
    true
}

impl ClusterSpec {
    /// The groups with their names; the only group of a cluster is called `instances`.
    pub fn groups(&self) -> impl Iterator<Item = (&str, &GroupSpec)> {
        self.instances
            .iter()
            .map(|group| ("instances", group))
            .chain(self.groups.iter().map(|(name, group)| (name.as_str(), group)))
    }

    /// The path of a group below the cluster's.
    pub fn group_path(&self, path: &str, group: &str) -> String {
        if group == "instances" && self.instances.is_some() {
            format!("{path}.instances")
        } else {
            format!("{path}.groups.{group}")
        }
    }

    /// Reports what makes no sense, under `path`. Instance types are checked by the fleet.
    pub fn problems(&self, path: &str, out: &mut Vec<Problem>) {
        match (&self.instances, self.groups.is_empty()) {
            (None, true) => out.push(
                Problem::new(path, "a cluster needs instances")
                    .hint("instances = { type = \"m7g.large\", min = 2, max = 20 }"),
            ),
            (Some(_), false) => out.push(Problem::new(
                format!("{path}.instances"),
                "a cluster has either `instances` or `groups`",
            )),
            _ => {}
        }
        self.provider_problems(path, out);
        for (name, group) in self.groups() {
            group.problems(&self.group_path(path, name), out);
        }
    }
}

impl GroupSpec {
    /// The memory of one `instance` that is there for tasks: what it registers, less what is set aside.
    pub fn task_memory(&self, instance: &InstanceType) -> MemorySize {
        let registered = f64::from(instance.memory.0) * self.registered_memory.0;
        MemorySize((registered as u32).saturating_sub(self.reserved_memory.0))
    }

    /// Instances at the start.
    pub fn initial(&self) -> u32 {
        self.desired.unwrap_or(self.min)
    }

    fn problems(&self, path: &str, out: &mut Vec<Problem>) {
        self.launch.problems(&format!("{path}.launch"), out);
        self.boot.problems(&format!("{path}.boot"), out);
        if self.min > self.max {
            out.push(Problem::new(
                format!("{path}.min"),
                format!("min = {} is above max = {}", self.min, self.max),
            ));
        }
        if self.max > 100_000 {
            out.push(Problem::new(
                format!("{path}.max"),
                format!("{} instances; a group holds at most 100000 here", self.max),
            ));
        }
        if self.min <= self.max && !(self.min..=self.max).contains(&self.initial()) {
            out.push(Problem::new(
                format!("{path}.desired"),
                format!("{} is not between min = {} and max = {}", self.initial(), self.min, self.max),
            ));
        }
        if self.warm_up > Span::from_secs(10_000) {
            out.push(Problem::new(format!("{path}.warm_up"), "the platform allows at most 10000s"));
        }
        if !(1..=8).contains(&self.zones) {
            out.push(Problem::new(
                format!("{path}.zones"),
                format!("{} zones; a region has 1 to 8", self.zones),
            ));
        }
        if !(self.registered_memory.0 > 0.0 && self.registered_memory.0 <= 1.0) {
            out.push(Problem::new(
                format!("{path}.registered_memory"),
                format!("{} of the installed memory; write above 0% and up to 100%", self.registered_memory),
            ));
        }
        if !(0.1..=100_000.0).contains(&self.pull_megabytes_per_second) {
            out.push(Problem::new(format!("{path}.pull_megabytes_per_second"), "not between 0.1 and 100000"));
        }
    }
}
