//! What cannot be met whatever happens: constraints that no instance of a cluster will ever fulfil, metrics that nothing
//! measures, numbers of tasks that no run would ever end with.

use std::sync::Arc;

use serde_json::Value;

use super::super::{BalancerSpec, ClusterSpec, EcsSpec, Problem, did_you_mean};
use crate::model::Platform;
use crate::observe::zone_name;
use crate::policy::placement::MemberOf;
use crate::policy::service_scaling::Metric;
use crate::policy::view::{Candidate, Constraint, TaskDemand};
use crate::policy::{ConstraintSpec, ServiceScalingSpec};

/// Most tasks of a service, and most environments that are provisioned for a function: more would take a machine's memory
/// before they took its time.
const MOST_TASKS: u32 = 1_000_000;

/// That nothing asks for more tasks than fit a run.
pub(super) fn too_many(path: &str, what: &str, count: u32, out: &mut Vec<Problem>) {
    if count > MOST_TASKS {
        let message = format!("{count} {what} are more than a run can hold, {MOST_TASKS}");
        out.push(Problem::new(path, message).hint("simulate a share of the fleet and of its traffic"));
    }
}

/// That scaling does not follow a metric of a balancer that is not there.
pub(super) fn unmeasured(
    path: &str,
    scaling: &ServiceScalingSpec,
    balancer: &BalancerSpec,
    out: &mut Vec<Problem>,
) {
    let name = Metric::RequestsPerTarget.name();
    if *balancer == BalancerSpec::None && follows(&scaling.0.parameters, name) {
        out.push(
            Problem::new(
                format!("{path}.scaling"),
                format!("{name} is a metric of the balancer, and `balancer` is none"),
            )
            .hint("follow cpu, or leave `balancer` out"),
        );
    }
}

/// Whether a `metric` anywhere in a policy's parameters is called `name`.
fn follows(parameters: &Value, name: &str) -> bool {
    match parameters {
        Value::Object(entries) => {
            entries.iter().any(|(key, value)| (key == "metric" && value == name) || follows(value, name))
        }
        Value::Array(items) => items.iter().any(|item| follows(item, name)),
        _ => false,
    }
}

/// That for each `member-of` there is an instance, of some group in some zone, for which it holds. What depends on the
/// tasks that run may come to hold, and is left alone.
pub(super) fn unsatisfiable(
    path: &str,
    ecs: &EcsSpec,
    cluster: &ClusterSpec,
    platform: &Platform<'_>,
    out: &mut Vec<Problem>,
) {
    let candidates = candidates(cluster, platform);
    if candidates.is_empty() {
        return;
    }
    let task = demand(ecs);
    for (index, constraint) in ecs.constraints.iter().enumerate() {
        let Some(text) = expression(constraint) else { continue };
        let Ok(member_of) = MemberOf::new(text) else { continue };
        if candidates.iter().any(|candidate| member_of.admits(&task, candidate)) {
            continue;
        }
        let message = format!("no instance of cluster `{}` will ever be a member of `{text}`", ecs.cluster);
        out.push(
            Problem::new(format!("{path}.constraints[{index}]"), message).hint(offered(&candidates, text)),
        );
    }
}

/// The expression of a `member-of` that depends on nothing but the instance.
fn expression(constraint: &ConstraintSpec) -> Option<&str> {
    let text = constraint.0.parameters.as_str().filter(|_| constraint.0.name == "member-of")?;
    let moves = ["task:", "runningTasksCount"].iter().any(|subject| text.contains(subject));
    (!moves).then_some(text)
}

/// An empty instance of each group in each zone.
fn candidates(cluster: &ClusterSpec, platform: &Platform<'_>) -> Vec<Candidate> {
    let mut found = Vec::new();
    for (_, group) in cluster.groups() {
        let Some(instance) = platform.instance_types.get(&group.instance_type) else { continue };
        found.extend((0..group.zones.min(26)).map(|zone| Candidate {
            instance: 0,
            zone: zone_name(zone).into(),
            instance_type: Arc::from(group.instance_type.as_str()),
            architecture: instance.arch,
            active: true,
            registered_cpu_units: instance.cpu().0,
            registered_memory_mib: instance.memory.0,
            free_cpu_units: instance.cpu().0,
            free_memory_mib: instance.memory.0,
            free_network_interfaces: u32::MAX,
            used_ports: Vec::new(),
            tasks: 0,
            service_tasks: 0,
            protected_tasks: 0,
            groups: Vec::new(),
            attributes: group.attributes.iter().map(|(key, value)| (key.clone(), value.clone())).collect(),
        }));
    }
    found
}

fn demand(ecs: &EcsSpec) -> TaskDemand {
    TaskDemand {
        group: String::new(),
        cpu_units: ecs.task.cpu.0,
        memory_mib: ecs.task.reserved_memory().0,
        network_interfaces: 0,
        static_ports: Vec::new(),
        architecture: None,
    }
}

/// What the instances of a cluster are, of what an expression asks for.
fn offered(candidates: &[Candidate], text: &str) -> String {
    let mut hints = Vec::new();
    for name in ["ecs.instance-type", "ecs.availability-zone", "ecs.cpu-architecture"] {
        let mut values: Vec<&str> = candidates.iter().filter_map(|one| one.attribute(name)).collect();
        values.sort_unstable();
        values.dedup();
        if text.contains(name) {
            hints.push(format!("{name} is {}", values.join(" or ")));
        }
    }
    if !hints.is_empty() {
        return hints.join("; ");
    }
    let known: Vec<&str> =
        candidates.iter().flat_map(|one| one.attributes.keys()).map(String::as_str).collect();
    match text.strip_prefix("attribute:").and_then(|rest| rest.split_whitespace().next()) {
        Some(asked) if !known.is_empty() && !known.contains(&asked) => did_you_mean(asked, known),
        _ => "custom attributes are those of the group's `attributes`".into(),
    }
}
