//! What can be run and is probably not as meant: said as warnings, with whatever came of it still to be had.

use sim_core::cost::{Arch, InstanceType};
use sim_core::engine::Span;
use sim_core::model::Platform;
use sim_core::quantity::MemorySize;
use sim_core::spec::{ClusterSpec, EcsSpec, FleetSpec, GroupSpec, Problem, ServiceSpec};
use sim_core::traffic::{ArrivalSpec, FunctionsSpec, RepeatSpec, TraceSpec, TraceTotal};

use super::settings::{RunKind, RunSettings};
use crate::document::Node;

/// A run that lasts this share of what is played of a trace, or a trace that lasts this share of a run, is as long.
const AS_LONG: f64 = 0.98;

/// Everything that is doubtful about a sound fleet. `node` is what the file says of it, and `total` gives what is known of
/// the trace of a source.
pub(super) fn find<'t>(
    fleet: &'t FleetSpec,
    node: &Node,
    run: &RunSettings,
    platform: &Platform<'_>,
    total: impl Fn(&'t ArrivalSpec) -> Option<(TraceTotal, &'t TraceSpec)>,
) -> Vec<Problem> {
    let mut out = Vec::new();
    unused(fleet, &mut out);
    for (name, source) in &fleet.sources {
        let path = format!("sources.{name}.arrivals");
        let total = total(&source.arrivals);
        if let Some((total, spec)) = total {
            let key = if source.arrivals.trace().is_some() { "trace" } else { "population" };
            length(&format!("{path}.{key}"), total, spec, run.duration, &mut out);
        }
        if run.kind == RunKind::Steady
            && source.arrivals.varies(total.is_some() || shaped(&source.arrivals, fleet))
        {
            let message = "traffic that changes over time has no steady state";
            let hint =
                "run.kind = \"terminating\" measures a whole story; a steady run needs a constant rate";
            out.push(Problem::new(path, message).hint(hint));
        }
    }
    for (name, cluster) in &fleet.clusters {
        let path = format!("clusters.{name}");
        architectures(&path, cluster, platform, &mut out);
        credits(&path, cluster, node, platform, &mut out);
    }
    days(run, &mut out);
    for (name, service) in &fleet.services {
        memory(&format!("services.{name}"), service, fleet, &mut out);
        let ServiceSpec::Ecs(ecs) = service else { continue };
        if let Some(cluster) = fleet.clusters.get(&ecs.cluster) {
            room(&format!("services.{name}.scaling"), ecs, cluster, platform, &mut out);
        }
    }
    out
}

/// Whether a population's invocations follow a shape.
fn shaped(arrivals: &ArrivalSpec, fleet: &FleetSpec) -> bool {
    let ArrivalSpec::Population(name) = arrivals else { return false };
    fleet.populations.get(name).is_some_and(|population| match &population.functions {
        FunctionsSpec::Alike(alike) => alike.varies(),
        FunctionsSpec::AzureFunctions2019(_) | FunctionsSpec::Synthetic(_) => false,
    })
}

/// Parts of the run that belong to no day: they are simulated, and count for nothing.
fn days(run: &RunSettings, out: &mut Vec<Problem>) {
    let mut covered: Vec<(Span, Span)> = run.days.iter().map(|day| (day.from, day.to)).collect();
    covered.sort_unstable();
    let ends = covered.iter().map(|(_, to)| *to);
    let begins = covered.iter().skip(1).map(|(from, _)| *from).chain([run.duration]);
    for (end, begin) in ends.zip(begins).filter(|(end, begin)| end < begin) {
        let message =
            format!("no day has the time from {end} to {begin}: it is simulated and counts for nothing");
        out.push(Problem::new("run.days", message).hint("stretch a day, or shorten the run"));
    }
}

/// Requests that mostly need more memory than a replica has: each kills it.
fn memory(path: &str, service: &ServiceSpec, fleet: &FleetSpec, out: &mut Vec<Problem>) {
    let Some(work) = service.work().and_then(|work| fleet.work.get(work)) else { return };
    let (own, has) = match service {
        ServiceSpec::Ecs(ecs) => (ecs.task.idle_memory, Some((ecs.task.memory, "task.memory"))),
        ServiceSpec::Fargate(fargate) => {
            (fargate.task.idle_memory, Some((fargate.task.memory, "task.memory")))
        }
        ServiceSpec::Lambda(function) => (MemorySize(0), function.memory.map(|memory| (memory, "memory"))),
    };
    let Some((has, key)) = has else { return };
    let needed = f64::from(own.0) + work.memory.build().mean() / f64::from(1 << 20);
    if needed > f64::from(has.0) {
        let message =
            format!("{has}, and with one request in it needs {needed:.0} MiB on average: it will be killed");
        out.push(
            Problem::new(format!("{path}.{key}"), message).hint("give it more memory, or requests less"),
        );
    }
}

/// What nothing refers to.
fn unused(fleet: &FleetSpec, out: &mut Vec<Problem>) {
    let mut look = |kind: &str, name: &str, used: bool, message: &str| {
        if !used {
            out.push(Problem::new(format!("{kind}.{name}"), message));
        }
    };
    let services = || fleet.services.values();
    for name in fleet.services.keys() {
        let used = fleet.sources.values().any(|source| source.to == *name);
        look("services", name, used, "no source sends requests to it");
    }
    for name in fleet.work.keys() {
        let used = services().any(|service| service.work() == Some(name));
        look("work", name, used, "no service does this work");
    }
    for name in fleet.clusters.keys() {
        let used = services().any(|service| matches!(service, ServiceSpec::Ecs(ecs) if ecs.cluster == *name));
        look("clusters", name, used, "no service runs on it, and its instances are billed");
    }
    for name in fleet.populations.keys() {
        let invoked = fleet.sources.values().any(
            |source| matches!(&source.arrivals, ArrivalSpec::Population(population) if population == name),
        );
        look("populations", name, invoked, "no source plays it");
    }
}

/// A trace that is shorter or longer than the run.
fn length(path: &str, total: TraceTotal, spec: &TraceSpec, run: Span, out: &mut Vec<Problem>) {
    let once = total.once(spec);
    let times = match spec.repeat {
        RepeatSpec::Once => 1.0,
        RepeatSpec::Times(times) => f64::from(times),
        RepeatSpec::Forever => f64::INFINITY,
    };
    let played = once.seconds() * times;
    if played < AS_LONG * run.seconds() {
        let message = format!("the trace lasts {}, the run {run}: after that nothing comes", rounded(played));
        out.push(Problem::new(path, message).hint("shorten the run, or say `repeat = \"forever\"`"));
    } else if run.seconds() < AS_LONG * once.seconds() {
        let message = format!(
            "the trace lasts {}, of which a run of {run} plays the beginning",
            rounded(once.seconds())
        );
        out.push(Problem::new(path, message).hint("`window` says which part of the trace is meant"));
    }
}

/// To the second, for a message.
fn rounded(seconds: f64) -> Span {
    Span::from_seconds(if seconds < 10.0 { seconds } else { seconds.round() })
}

/// Groups of both architectures: an image for one does not run on the other.
fn architectures(path: &str, cluster: &ClusterSpec, platform: &Platform<'_>, out: &mut Vec<Problem>) {
    let has = |arch: Arch| types(cluster, platform).any(|(_, _, instance)| instance.arch == arch);
    if has(Arch::X86) && has(Arch::Arm) {
        let message = "it has x86 and ARM instances, and every task is taken to run on both";
        let hint =
            "constraints = [\"member-of:attribute:ecs.cpu-architecture == arm64\"] keeps a service to one";
        out.push(Problem::new(path, message).hint(hint));
    }
}

/// CPU credits of types that have none.
fn credits(path: &str, cluster: &ClusterSpec, node: &Node, platform: &Platform<'_>, out: &mut Vec<Problem>) {
    for (name, _, instance) in types(cluster, platform).filter(|(_, _, instance)| instance.burst.is_none()) {
        let group = cluster.group_path(path, name);
        let written = group.split('.').try_fold(node, |node, key| node.get(key));
        if written.is_some_and(|group| group.get("credits").is_some()) {
            let message = format!("{} is not burstable and has no CPU credits", instance.name);
            out.push(Problem::new(format!("{group}.credits"), message).hint("leave `credits` out"));
        }
    }
}

/// Whether the tasks that a service always has fit its cluster at its largest, had it the cluster to itself.
fn room(path: &str, ecs: &EcsSpec, cluster: &ClusterSpec, platform: &Platform<'_>, out: &mut Vec<Problem>) {
    let Ok(scaler) = platform.policies.service_scaling(&ecs.scaling) else { return };
    let wanted = u64::from(scaler.min().max(ecs.desired.unwrap_or(0)));
    let strategy = &ecs.capacity_providers;
    let fit: u64 = types(cluster, platform)
        .filter(|(name, ..)| ecs.may_run_in(name))
        .map(|(_, group, instance)| u64::from(group.max) * u64::from(on_one(ecs, group, instance)))
        .sum();
    if wanted <= fit {
        return;
    }
    let tasks = if wanted == 1 { "1 task is" } else { &format!("{wanted} tasks are") };
    let names: Vec<String> = strategy.keys().map(|name| format!("`{name}`")).collect();
    let whose = match names.as_slice() {
        [] => format!("cluster `{}`", ecs.cluster),
        [name] => format!("group {name} of cluster `{}`", ecs.cluster),
        names => format!("groups {} of cluster `{}`", names.join(", "), ecs.cluster),
    };
    let message =
        match cluster.groups().filter(|(name, _)| ecs.may_run_in(name)).all(|(_, group)| group.max == 0) {
            true => format!("{tasks} wanted, and {whose} never has an instance"),
            false => format!("{tasks} wanted, and at most {fit} fit {whose} at its largest"),
        };
    out.push(Problem::new(path, message).hint("raise `max` of its instances, or want fewer tasks"));
}

/// How many of a service's tasks fit one instance.
fn on_one(ecs: &EcsSpec, group: &GroupSpec, instance: &InstanceType) -> u32 {
    let by_cpu = instance.cpu().0 / ecs.task.cpu.0.max(1);
    let by_memory = group.task_memory(instance).0 / ecs.task.reserved_memory().0.max(1);
    let by_network = ecs.task.network.most_on(instance).unwrap_or(u32::MAX);
    let alone = ecs.task.host_port.is_some()
        || ecs.constraints.iter().any(|constraint| constraint.0.name == "distinct-instance");
    by_cpu.min(by_memory).min(by_network).min(if alone { 1 } else { u32::MAX })
}

/// The groups of a cluster whose types are known.
fn types<'a>(
    cluster: &'a ClusterSpec,
    platform: &'a Platform<'_>,
) -> impl Iterator<Item = (&'a str, &'a GroupSpec, &'a InstanceType)> {
    cluster
        .groups()
        .filter_map(|(name, group)| Some((name, group, platform.instance_types.get(&group.instance_type)?)))
}
