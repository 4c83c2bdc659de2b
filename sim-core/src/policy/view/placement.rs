//! On which instance should a task run, and which task should go? Asked once per task.
//!
//! A placement is a chain: [`Constraint`]s say which instances will do at all and why the others will not, then
//! [`Ranker`]s narrow the rest one after the other, each only among the instances that its predecessors hold equal.
//! The model keeps its candidates between decisions on a [`Roster`] and lends them to the view, so that asking costs no
//! allocation per instance. A placement that knows a shorter way than looking at all of them takes it on the roster.

pub mod roster;

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use roster::{Question, Roster, Tenant};

/// Says whether an instance will do. A constraint is binding: where none is left, the task waits.
pub trait Constraint: Send {
    /// Whether `candidate` may take `task`.
    fn admits(&self, task: &TaskDemand, candidate: &Candidate) -> bool;

    /// Why it may not, for the timeline. Called only where [`admits`](Self::admits) says no.
    fn why_not(&self, task: &TaskDemand, candidate: &Candidate) -> String;

    /// Whether the answer is the same as long as task and candidate are. If so, an instance is asked about again only
    /// when it has changed, which is what makes placement on many instances fast.
    fn is_pure(&self) -> bool {
        false
    }
}

/// What a ranker goes by, where that is little enough to be kept in order between decisions.
#[derive(Clone, Copy, Debug)]
pub enum Criterion<'a> {
    /// The view as a whole: it has to be asked each time.
    View,
    /// Nothing: it leaves what it is given.
    Nothing,
    /// A number of the instance's own: the least is best for starting a task, the greatest for stopping one.
    Own(fn(&Candidate) -> u32),
    /// The service's tasks on all instances that have the same value of this attribute, or none: the fewest are best for
    /// starting, the most for stopping.
    Shared(&'a str),
}

/// Narrows the instances that will do to the best ones. A ranker is best effort: it never leaves none.
pub trait Ranker: Send {
    /// Leaves in `standing` (positions in the view's candidates) those that are best for starting the task.
    fn narrow(&mut self, view: &PlacementView<'_>, standing: &mut Vec<usize>);

    /// Leaves in `standing` those from which a task is best stopped. Leaves all where the ranker has no opinion.
    fn narrow_stop(&mut self, view: &StopView<'_>, standing: &mut Vec<usize>) {
        let _ = (view, standing);
    }

    /// What it goes by, if it says so. Both ways of narrowing must do just this then, and may not be asked.
    fn criterion(&self) -> Criterion<'_> {
        Criterion::View
    }
}

/// Decides where tasks start and stop. Built from a chain (`placement::Chain`); a trait so
/// that the model need not know.
pub trait Placement: Send {
    /// The instance to start the task on, or none and what each constraint refused.
    fn place(&mut self, view: &PlacementView<'_>) -> PlacementDecision;

    /// The instance to stop a task on, or none where all tasks are protected.
    fn stop(&mut self, view: &StopView<'_>) -> StopDecision;

    /// The same as [`place`](Self::place) with the roster's view, perhaps without looking at all of it.
    fn place_on(&mut self, roster: &mut Roster, question: &Question) -> PlacementDecision {
        self.place(&roster.place_view(question))
    }

    /// The same as [`stop`](Self::stop) with the roster's view, perhaps without looking at all of it.
    fn stop_on(&mut self, roster: &mut Roster, question: &Question) -> StopDecision {
        self.stop(&roster.stop_view(question))
    }
}

pub use crate::cost::Arch as Architecture;

/// What one task needs of an instance. Reservations count, never measured use.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TaskDemand {
    /// The task's group: `service:web` for the tasks of service `web`.
    pub group: String,
    /// CPU units (1,024 a vCPU).
    pub cpu_units: u32,
    /// Memory in MiB: the reservation if there is one, else the limit.
    pub memory_mib: u32,
    /// Network interfaces: one in awsvpc mode, else none.
    #[serde(default)]
    pub network_interfaces: u32,
    /// Host ports that must be free.
    #[serde(default)]
    pub static_ports: Vec<u16>,
    /// The architecture that the image is built for; none where it is built for all.
    #[serde(default)]
    pub architecture: Option<Architecture>,
}

/// One instance of the cluster as the scheduler knows it.
///
/// What a decision looks at and changes comes first and fills one line of the processor's cache: of a hundred thousand
/// instances none is in the cache when its turn comes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[repr(C, align(64))]
pub struct Candidate {
    /// A number that names the instance within the run.
    pub instance: u32,
    /// CPU units that it registered.
    pub registered_cpu_units: u32,
    /// Memory in MiB that it registered.
    pub registered_memory_mib: u32,
    /// CPU units that no task has reserved.
    pub free_cpu_units: u32,
    /// Memory in MiB that no task has reserved.
    pub free_memory_mib: u32,
    /// Network interfaces left for tasks.
    #[serde(default)]
    pub free_network_interfaces: u32,
    /// Tasks on it, of every service.
    #[serde(default)]
    pub tasks: u32,
    /// Tasks on it of the service that is asked about.
    #[serde(default)]
    pub service_tasks: u32,
    /// How many of those are protected from scale-in.
    #[serde(default)]
    pub protected_tasks: u32,
    /// Whether it is ACTIVE with its agent connected; a draining instance takes no task.
    #[serde(default = "yes")]
    pub active: bool,
    /// Its architecture.
    pub architecture: Architecture,
    /// Host ports that tasks hold.
    #[serde(default)]
    pub used_ports: Vec<u16>,
    /// Its availability zone.
    #[serde(with = "text")]
    #[schemars(with = "String")]
    pub zone: Arc<str>,
    /// Its type, `m7g.large` say.
    #[serde(with = "text")]
    #[schemars(with = "String")]
    pub instance_type: Arc<str>,
    /// Groups with a task on it, each once, for `task:group` in expressions.
    #[serde(default, with = "texts")]
    #[schemars(with = "Vec<String>")]
    pub groups: Vec<Arc<str>>,
    /// Custom attributes.
    #[serde(default)]
    pub attributes: BTreeMap<String, String>,
}

impl Candidate {
    /// The value of an attribute: the built-in `ecs.availability-zone`, `ecs.instance-type`, `ecs.cpu-architecture`
    /// and `ecs.os-type` (always linux), or a custom one.
    pub fn attribute(&self, name: &str) -> Option<&str> {
        match name {
            "ecs.availability-zone" => Some(&self.zone),
            "ecs.instance-type" => Some(&self.instance_type),
            "ecs.cpu-architecture" => Some(self.architecture.name()),
            "ecs.os-type" => Some("linux"),
            _ => self.attributes.get(name).map(String::as_str),
        }
    }
}

/// What a placement sees when a task is to start.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PlacementView<'a> {
    /// The task.
    pub task: Cow<'a, TaskDemand>,
    /// The cluster's instances.
    pub candidates: Cow<'a, [Candidate]>,
    /// The seed of all draws of this decision.
    #[serde(default)]
    pub luck: u64,
}

/// What a placement sees when a task of a service is to stop.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct StopView<'a> {
    /// What one task of the service holds.
    pub task: Cow<'a, TaskDemand>,
    /// The cluster's instances. Those without an unprotected task of the service are never chosen, but count in the
    /// balance of zones.
    pub candidates: Cow<'a, [Candidate]>,
    /// The seed of all draws of this decision.
    #[serde(default)]
    pub luck: u64,
}

/// What a placement answers when a task is to start.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PlacementDecision {
    /// The chosen instance's number.
    pub instance: Option<u32>,
    /// Why, in a sentence fragment for the decision timeline.
    pub reason: String,
    /// Where nothing fits: how many instances each constraint refused first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub refused: Vec<Refusal>,
    /// Where nothing fits: the instance that passed the most constraints.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub closest: Option<u32>,
}

/// How many instances a constraint refused.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Refusal {
    /// The constraint's name, `memory` say.
    pub constraint: String,
    /// The number of instances whose first failing constraint it was.
    pub instances: u32,
}

/// What a placement answers when a task is to stop.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct StopDecision {
    /// The number of the instance that loses a task.
    pub instance: Option<u32>,
    /// Why, in a sentence fragment for the decision timeline.
    pub reason: String,
}

fn yes() -> bool {
    true
}

/// Shared text: many candidates have the same zone and type.
mod text {
    use std::sync::Arc;

    use serde::{Deserialize, Deserializer, Serializer};

    pub(super) fn serialize<S: Serializer>(text: &Arc<str>, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(text)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Arc<str>, D::Error> {
        String::deserialize(deserializer).map(Arc::from)
    }
}

/// The same for a list.
mod texts {
    use std::sync::Arc;

    use serde::{Deserialize, Deserializer, Serializer};

    pub(super) fn serialize<S: Serializer>(texts: &[Arc<str>], serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(texts.iter().map(|text| &**text))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Arc<str>>, D::Error> {
        Ok(Vec::<String>::deserialize(deserializer)?.into_iter().map(Arc::from).collect())
    }
}
