//! What goes wrong in a run, and what is changed in it on purpose.
//!
//! A fault is declared under a name of its own, so that a variant can leave it out or change it, and so that its luck is
//! named after it: the same replicas crash in every variant. Times are from the start of the run.

mod check;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::engine::Span;
use crate::quantity::{Percent, Rate};

pub(crate) use check::{FUNCTION_ZONES, zone_number};

/// Something that goes wrong, or a deployment.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum FaultSpec {
    /// Replicas end without warning: the process exits, and what is in it fails at once.
    ReplicaCrash(ReplicaCrashSpec),
    /// Instances fail: what runs on them is unreachable until they are replaced.
    InstanceFailure(InstanceFailureSpec),
    /// A zone is unreachable for a time, with all instances, tasks and environments in it.
    ZoneOutage(ZoneOutageSpec),
    /// Spot capacity is taken back, two minutes after a notice.
    SpotInterruption(SpotInterruptionSpec),
    /// Replicas compute slower than they should.
    SlowReplica(SlowReplicaSpec),
    /// What requests wait for (a database, another service) takes longer for a time.
    DependencySlowdown(DependencySlowdownSpec),
    /// What requests wait for gives no answer, or only errors, for a time.
    DependencyOutage(DependencyOutageSpec),
    /// A new version of a service replaces the old one.
    Deploy(DeploySpec),
}

impl FaultSpec {
    /// When it begins and how long it lasts, where it has times. What comes at a rate has none.
    pub fn times(&self) -> Option<(Span, Option<Span>)> {
        match self {
            FaultSpec::ReplicaCrash(it) => it.at.map(|at| (at, None)),
            FaultSpec::InstanceFailure(it) => it.at.map(|at| (at, None)),
            FaultSpec::ZoneOutage(it) => Some((it.at, Some(it.lasts))),
            FaultSpec::SpotInterruption(_) => None,
            FaultSpec::SlowReplica(it) => it.at.map(|at| (at, it.lasts)),
            FaultSpec::DependencySlowdown(it) => Some((it.at, Some(it.lasts))),
            FaultSpec::DependencyOutage(it) => Some((it.at, Some(it.lasts))),
            FaultSpec::Deploy(it) => Some((it.at, None)),
        }
    }
}

/// Replicas end without warning: the process exits, and what is in it fails at once. A service replaces its task as soon as
/// its scheduler looks. An environment of a function is initialised again by its next event; it can crash only while an
/// event is in it, since it is frozen in between (Lambda Developer Guide, execution environment lifecycle).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ReplicaCrashSpec {
    /// The service.
    pub service: String,
    /// How often one replica crashes on average while it runs: `1/day` is once a day for each. Either this or `at`.
    #[serde(default)]
    pub rate: Option<Rate>,
    /// When replicas crash. Either this or `rate`.
    #[serde(default)]
    pub at: Option<Span>,
    /// How many crash at that time, of those that run; a number above what there is means all. One if left out.
    #[serde(default)]
    pub count: Option<u32>,
}

/// Instances fail, with all tasks on them: they do nothing more and answer nobody. Clients find out by their timeouts, a
/// balancer by its health checks; the group replaces an instance when it knows of the failure.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct InstanceFailureSpec {
    /// The cluster.
    pub cluster: String,
    /// Only instances of this group; of all if left out.
    #[serde(default)]
    pub group: Option<String>,
    /// How often one instance fails on average while it runs: `1/day` is once a day for each. Either this or `at`.
    #[serde(default)]
    pub rate: Option<Rate>,
    /// When instances fail. Either this or `rate`.
    #[serde(default)]
    pub at: Option<Span>,
    /// How many fail at that time, of those that run; a number above what there is means all. One if left out.
    #[serde(default)]
    pub count: Option<u32>,
    /// From the failure to the replacement of the instance by its group.
    #[serde(default = "detection")]
    pub detected_after: Span,
}

/// A zone is unreachable for a time: what is in it does nothing and answers nobody, as if it stood still. Nothing new starts
/// in it meanwhile. What its group or service has not given up when the zone is back goes on. Functions run in three zones
/// (Lambda Developer Guide, resilience): a third of their environments is lost.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ZoneOutageSpec {
    /// The zone: `zone-a`, `zone-b` and so on.
    pub zone: String,
    /// When it begins.
    pub at: Span,
    /// How long it lasts.
    pub lasts: Span,
    /// From its beginning to the replacement of instances by their groups, and of Fargate tasks by their services.
    #[serde(default = "detection")]
    pub detected_after: Span,
}

pub(super) fn detection() -> Span {
    Span::from_secs(180)
}

/// Spot capacity is taken back: instances of a group that is bought as Spot, or the tasks of a service on Fargate Spot.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SpotInterruptionSpec {
    /// The cluster whose Spot instances are interrupted. Either this or `service`.
    #[serde(default)]
    pub cluster: Option<String>,
    /// Only instances of this group; of all Spot groups if left out.
    #[serde(default)]
    pub group: Option<String>,
    /// The service whose Fargate Spot tasks are interrupted. Either this or `cluster`.
    #[serde(default)]
    pub service: Option<String>,
    /// How often one instance or task is interrupted on average: a rate, or 24 of them, one for each hour of the day
    /// (midnight first).
    pub rate: HourlyRate,
    /// From the notice to the end.
    #[serde(default = "two_minutes")]
    pub notice: Span,
    /// Whether the notice is heeded: the instance is drained (ECS_ENABLE_SPOT_INSTANCE_DRAINING, or managed draining), the
    /// task leaves its balancer and ends what it has begun. Else everything goes on until the end, and is lost.
    #[serde(default = "yes")]
    pub drained: bool,
}

fn two_minutes() -> Span {
    Span::from_secs(120)
}

fn yes() -> bool {
    true
}

/// A rate, or one for each hour of the day.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum HourlyRate {
    /// The same at all hours.
    Steady(Rate),
    /// One for each hour of the day, midnight first.
    ByHour(Vec<Rate>),
}

/// Replicas compute slower than they should: a bad neighbour, a failing disk, a cold cache.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SlowReplicaSpec {
    /// The service.
    pub service: String,
    /// Their speed, as a share of what it should be: `25%` is four times as slow.
    pub speed: Percent,
    /// The share of replicas that are slow for all their life. Either this or `at`.
    #[serde(default)]
    pub share: Option<Percent>,
    /// When replicas become slow. Either this or `share`.
    #[serde(default)]
    pub at: Option<Span>,
    /// How long they are slow; to the end of the run if left out.
    #[serde(default)]
    pub lasts: Option<Span>,
    /// How many become slow at that time, of those that run; a number above what there is means all. One if left out.
    #[serde(default)]
    pub count: Option<u32>,
}

/// What requests wait for takes longer for a time. What is in progress feels it from then on, and no longer than it lasts.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DependencySlowdownSpec {
    /// The work whose `wait` it is about.
    pub work: String,
    /// When it begins.
    pub at: Span,
    /// How long it lasts.
    pub lasts: Span,
    /// How many times as long the waits take: at least 1.
    pub factor: f64,
}

/// What requests wait for fails for a time.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DependencyOutageSpec {
    /// The work whose `wait` it is about.
    pub work: String,
    /// When it begins.
    pub at: Span,
    /// How long it lasts.
    pub lasts: Span,
    /// What requests get that wait.
    #[serde(default)]
    pub answer: OutageAnswer,
}

/// What a dependency that is out answers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum OutageAnswer {
    /// Nothing: requests hold their worker and wait until it is back.
    #[default]
    Nothing,
    /// An error, at once; the request fails with it.
    Errors,
}

/// A new version of a service replaces the old one: a rolling update of its tasks within `minimum_healthy_percent` and
/// `maximum_percent`, each with a new image to pull (ECS Developer Guide, rolling updates). Of a function, all environments
/// are new at once, but provisioned ones are ready beforehand (Lambda Developer Guide, versions and aliases).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DeploySpec {
    /// The service.
    pub service: String,
    /// When it begins.
    pub at: Span,
}
