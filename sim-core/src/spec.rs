//! One variant of a scenario as plain data: what a fleet is built from.
//!
//! These types are what a scenario file says, value for value: the loader checks the file against their JSON Schema
//! (structure), deserialises them, and asks [`FleetSpec::problems`] for what makes no sense (meaning). Parts refer to
//! each other by name here; building the fleet turns names into ids. Doc comments of fields are the user's help.

mod account;
mod assumptions;
mod balancer;
mod check;
mod cluster;
mod faults;
mod function;
mod objective;
mod providers;
mod runtime;
mod service;
mod source;
mod task;

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::engine::Span;
use crate::random::{DistributionSpec, LognormalSpec};
use crate::traffic::PopulationOfFunctionsSpec;

pub use crate::problem::{Problem, did_you_mean};
pub(crate) use account::UNRESERVED_FLOOR;
pub use account::{AccountSpec, HardwareSpec, TelemetrySpec};
pub use assumptions::{Assumption, assumptions};
pub use balancer::{AlbSpec, BalancerSpec, HealthCheckSpec, ServedBy};
pub use cluster::{ClusterSpec, GroupSpec};
pub use faults::{
    DependencyOutageSpec, DependencySlowdownSpec, DeploySpec, FaultSpec, HourlyRate, InstanceFailureSpec,
    OutageAnswer, ReplicaCrashSpec, SlowReplicaSpec, SpotInterruptionSpec, ZoneOutageSpec,
};
pub(crate) use faults::{FUNCTION_ZONES, zone_number};
pub use function::{FrontDoorSpec, FunctionSpec, LAMBDA_VCPUS_PER_MIB, Package, lambda_vcpus};
pub use objective::Objective;
pub use runtime::{InitLaw, RUNTIMES, Runtime};
pub use service::{EcsSpec, FARGATE_SIZES, FargateSpec, ProviderSpec, ServiceSpec};
pub use source::{BreakerSpec, ClientSpec, RetrySpec, SourceSpec, WorkSpec};
pub use task::{NetworkMode, ServerSpec, TaskSpec};

/// Everything that one variant simulates.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FleetSpec {
    /// What one request needs, wherever it runs.
    #[serde(default)]
    pub work: IndexMap<String, WorkSpec>,
    /// Where requests come from.
    #[serde(default)]
    pub sources: IndexMap<String, SourceSpec>,
    /// Many like functions, declared as one.
    #[serde(default)]
    pub populations: IndexMap<String, PopulationOfFunctionsSpec>,
    /// What serves them.
    #[serde(default)]
    pub services: IndexMap<String, ServiceSpec>,
    /// The instances that container services on EC2 run on.
    #[serde(default)]
    pub clusters: IndexMap<String, ClusterSpec>,
    /// What goes wrong, and what is deployed.
    #[serde(default)]
    pub faults: IndexMap<String, FaultSpec>,
    /// Quotas of the account, shared by everything in it.
    #[serde(default)]
    pub account: AccountSpec,
    /// How late and how coarse the metrics are that scaling sees.
    #[serde(default)]
    pub telemetry: TelemetrySpec,
    /// How fast each kind of compute is, relative to the reference core.
    #[serde(default)]
    pub hardware: HardwareSpec,
}

/// A lognormal duration by its median and 99th percentile, for defaults.
fn lognormal(p50: Span, p99: Span) -> DistributionSpec<Span> {
    DistributionSpec::Lognormal(LognormalSpec { p50: Some(p50), p99: Some(p99), mean: None, cv: None })
}
