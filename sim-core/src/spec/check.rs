//! What makes no sense about a fleet as a whole: names that lead nowhere, tasks that fit nowhere, quotas that do not add
//! up, policies with impossible settings.

mod unmeant;

use unmeant::{too_many, unmeasured, unsatisfiable};

use super::providers::check_strategy;
use super::{
    ClusterSpec, EcsSpec, FleetSpec, FunctionSpec, GroupSpec, Problem, ServiceSpec, SourceSpec,
    UNRESERVED_FLOOR, did_you_mean,
};
use crate::cost::InstanceType;
use crate::model::Platform;
use crate::policy::ServiceScalingSpec;
use crate::traffic::ArrivalSpec;

impl FleetSpec {
    /// Everything that makes no sense, each with its path below the variant. Empty means the fleet can be built.
    pub fn problems(&self, platform: &Platform<'_>) -> Vec<Problem> {
        let mut out = Vec::new();
        self.account.problems("account", &mut out);
        self.hardware.problems("hardware", &mut out);
        self.work.iter().for_each(|(name, work)| work.problems(&path("work", name), &mut out));
        for (name, population) in &self.populations {
            population.problems(&path("populations", name), &mut out);
        }
        self.check_sources(&mut out);
        self.check_clusters(platform, &mut out);
        self.check_services(platform, &mut out);
        self.check_concurrency(platform, &mut out);
        self.faults.iter().for_each(|(name, fault)| fault.problems(&path("faults", name), self, &mut out));
        out
    }

    fn check_sources(&self, out: &mut Vec<Problem>) {
        if self.sources.is_empty() {
            out.push(
                Problem::new("sources", "without a source nothing happens")
                    .hint("[sources.visitors] with `to` and `arrivals`"),
            );
        }
        for (name, source) in &self.sources {
            let path = path("sources", name);
            source.problems(&path, out);
            unknown_name(&format!("{path}.to"), "service", &source.to, self.services.keys(), out);
            self.check_population(&path, source, out);
        }
    }

    /// That a population exists, and that a fleet of functions is invoked by its own population and nothing else.
    fn check_population(&self, path: &str, source: &SourceSpec, out: &mut Vec<Problem>) {
        let from = if let ArrivalSpec::Population(name) = &source.arrivals { Some(name) } else { None };
        if let Some(name) = from {
            let path = format!("{path}.arrivals.population");
            unknown_name(&path, "population", name, self.populations.keys(), out);
        }
        let Some(fleet) = self.services.get(&source.to).and_then(ServiceSpec::functions) else { return };
        if from.is_none_or(|name| name != fleet) {
            let sent =
                from.map_or("its requests are".into(), |name| format!("the invocations of `{name}` are"));
            out.push(
                Problem::new(
                    format!("{path}.to"),
                    format!("`{}` is a fleet of functions, and {sent} not for any of them", source.to),
                )
                .hint(format!("arrivals = {{ population = \"{fleet}\" }}")),
            );
        }
    }

    /// What the functions of a population of which (durations, memory) are not known lack in services that run them.
    pub fn unknown_of_functions(&self, population: &str, unknown: (usize, usize)) -> Vec<Problem> {
        let mut found = Vec::new();
        for (name, service) in &self.services {
            let ServiceSpec::Lambda(function) = service else { continue };
            if function.functions.as_deref() != Some(population) {
                continue;
            }
            let lacks = [
                ("work", function.work.is_none(), unknown.0, "durations"),
                ("memory", function.memory.is_none(), unknown.1, "memory"),
            ];
            for (key, _, count, what) in lacks.into_iter().filter(|(_, none, count, _)| *none && *count > 0) {
                let message = format!("{count} functions of `{population}` have no {what} in its files");
                found.push(
                    Problem::new(format!("{}.{key}", path("services", name)), message)
                        .hint(format!("say with `{key}` what they need")),
                );
            }
        }
        found
    }

    fn check_clusters(&self, platform: &Platform<'_>, out: &mut Vec<Problem>) {
        for (name, cluster) in &self.clusters {
            let path = path("clusters", name);
            cluster.problems(&path, out);
            for (group_name, group) in cluster.groups() {
                check_group(&cluster.group_path(&path, group_name), group, platform, out);
            }
        }
    }

    fn check_services(&self, platform: &Platform<'_>, out: &mut Vec<Problem>) {
        if self.services.is_empty() {
            out.push(
                Problem::new("services", "without a service nothing is served")
                    .hint("[services.web] with `work` and `platform`"),
            );
        }
        for (name, service) in &self.services {
            let path = path("services", name);
            service.problems(&path, out);
            if let Some(work) = service.work() {
                unknown_name(&format!("{path}.work"), "work", work, self.work.keys(), out);
            }
            if let Some(functions) = service.functions() {
                let path = format!("{path}.functions");
                unknown_name(&path, "population", functions, self.populations.keys(), out);
            }
            match service {
                ServiceSpec::Ecs(ecs) => self.check_ecs(&path, ecs, platform, out),
                ServiceSpec::Fargate(fargate) => {
                    check_scaling(&path, &fargate.scaling, fargate.desired, platform, out);
                    unmeasured(&path, &fargate.scaling, &fargate.balancer, out);
                    check_balancer(&path, &fargate.balancer, platform, out);
                }
                ServiceSpec::Lambda(function) => check_function(&path, function, platform, out),
            }
        }
    }

    fn check_ecs(&self, path: &str, ecs: &EcsSpec, platform: &Platform<'_>, out: &mut Vec<Problem>) {
        check_scaling(path, &ecs.scaling, ecs.desired, platform, out);
        unmeasured(path, &ecs.scaling, &ecs.balancer, out);
        check_balancer(path, &ecs.balancer, platform, out);
        if let Err(problems) = platform.policies.placement(&ecs.constraints, &ecs.placement) {
            out.extend(below(path, problems));
        }
        unknown_name(&format!("{path}.cluster"), "cluster", &ecs.cluster, self.clusters.keys(), out);
        if let Some(cluster) = self.clusters.get(&ecs.cluster) {
            check_fit(path, ecs, cluster, platform, out);
            check_strategy(path, ecs, cluster, out);
            unsatisfiable(path, ecs, cluster, platform, out);
        }
    }

    /// That what functions set aside for themselves leaves the account its floor: reservations, and the provisioned
    /// concurrency that a function without one always has. (What a policy would add later is kept within it then.)
    fn check_concurrency(&self, platform: &Platform<'_>, out: &mut Vec<Problem>) {
        let aside = |function: &FunctionSpec| match (
            function.reserved_concurrency,
            &function.provisioned_concurrency,
        ) {
            (Some(reserved), _) => Some(("reserved_concurrency", reserved)),
            (None, Some(policy)) => {
                let bounds = platform.policies.provisioning(policy).ok()?.bounds();
                Some(("provisioned_concurrency", bounds.min?))
            }
            (None, None) => None,
        };
        let functions = self.services.iter().filter_map(|(name, service)| match service {
            ServiceSpec::Lambda(function) => Some((name, aside(function)?)),
            _ => None,
        });
        let functions: Vec<_> = functions.collect();
        let all: u64 = functions.iter().map(|(_, (_, units))| u64::from(*units)).sum();
        let quota = self.account.lambda_concurrency;
        let most = quota.saturating_sub(UNRESERVED_FLOOR);
        if all <= u64::from(most) {
            return;
        }
        for (name, (key, units)) in functions {
            let message = format!("{units} of {all} set aside in all, but the account leaves {most}");
            let hint = format!(
                "account.lambda_concurrency is {quota} and {UNRESERVED_FLOOR} of it must stay for functions with neither \
                 reserved nor provisioned concurrency"
            );
            out.push(Problem::new(format!("{}.{key}", path("services", name)), message).hint(hint));
        }
    }
}

fn path(table: &str, name: &str) -> String {
    if name.contains('.') { format!("{table}.\"{name}\"") } else { format!("{table}.{name}") }
}

/// The same problems at paths below `path`.
fn below(path: &str, problems: Vec<Problem>) -> impl Iterator<Item = Problem> {
    problems.into_iter().map(move |problem| {
        let path = if problem.path.is_empty() { path.to_owned() } else { format!("{path}.{}", problem.path) };
        Problem { path, ..problem }
    })
}

pub(super) fn unknown_name<'a>(
    path: &str,
    what: &str,
    name: &str,
    known: impl Iterator<Item = &'a String>,
    out: &mut Vec<Problem>,
) {
    let known: Vec<&str> = known.map(String::as_str).collect();
    if !known.contains(&name) {
        out.push(
            Problem::new(path, format!("there is no {what} called `{name}`")).hint(did_you_mean(name, known)),
        );
    }
}

fn check_scaling(
    service: &str,
    scaling: &ServiceScalingSpec,
    desired: Option<u32>,
    platform: &Platform<'_>,
    out: &mut Vec<Problem>,
) {
    let path = format!("{service}.scaling");
    too_many(&format!("{service}.desired"), "tasks", desired.unwrap_or(0), out);
    match platform.policies.service_scaling(scaling) {
        Ok(scaler) => {
            too_many(&path, "tasks", scaler.max(), out);
            let bounds = scaler.min()..=scaler.max();
            if let Some(desired) = desired.filter(|desired| !bounds.contains(desired) && !bounds.is_empty()) {
                let message = format!(
                    "{desired} is not between what scaling allows, {} and {}",
                    bounds.start(),
                    bounds.end()
                );
                out.push(Problem::new(format!("{service}.desired"), message));
            }
        }
        Err(problems) => out.extend(below(&path, problems)),
    }
}

fn check_balancer(
    path: &str,
    balancer: &super::BalancerSpec,
    platform: &Platform<'_>,
    out: &mut Vec<Problem>,
) {
    if let super::BalancerSpec::Alb(alb) = balancer
        && let Err(problems) = platform.policies.routing(&alb.algorithm)
    {
        out.extend(below(&format!("{path}.balancer.alb.algorithm"), problems));
    }
}

fn check_group(path: &str, group: &GroupSpec, platform: &Platform<'_>, out: &mut Vec<Problem>) {
    let types = platform.instance_types;
    if !types.contains_key(&group.instance_type) {
        let hint = did_you_mean(&group.instance_type, types.keys().map(String::as_str));
        out.push(
            Problem::new(
                format!("{path}.type"),
                format!("no instance type `{}` in the catalogue", group.instance_type),
            )
            .hint(format!("{hint}; `fleetsim list instances` shows all")),
        );
    }
    if let Some(Err(problems)) =
        group.scaling.as_ref().map(|scaling| platform.policies.cluster_scaling(scaling))
    {
        out.extend(below(&format!("{path}.scaling"), problems));
    }
    if let Some(Err(problems)) =
        group.termination.as_ref().map(|policy| platform.policies.termination(policy))
    {
        out.extend(below(&format!("{path}.termination"), problems));
    }
}

fn check_function(path: &str, function: &FunctionSpec, platform: &Platform<'_>, out: &mut Vec<Problem>) {
    if let Some(Err(problems)) =
        function.keep_alive.as_ref().map(|policy| platform.policies.keep_alive(policy))
    {
        out.extend(below(&format!("{path}.keep_alive"), problems));
    }
    match function.provisioned_concurrency.as_ref().map(|policy| platform.policies.provisioning(policy)) {
        Some(Err(problems)) => out.extend(below(&format!("{path}.provisioned_concurrency"), problems)),
        Some(Ok(policy)) => {
            let most = policy.bounds().max.or(policy.bounds().min).unwrap_or(0);
            too_many(&format!("{path}.provisioned_concurrency"), "environments", most, out);
            if let Some(reserved) = function.reserved_concurrency.filter(|reserved| most > *reserved) {
                out.push(Problem::new(
                    format!("{path}.provisioned_concurrency"),
                    format!(
                        "up to {most} provisioned, but only {reserved} concurrent executions are reserved"
                    ),
                ));
            }
        }
        None => {}
    }
}

/// Whether a task of the service fits an empty instance of any group, or of all that its strategy names.
fn check_fit(
    path: &str,
    ecs: &EcsSpec,
    cluster: &ClusterSpec,
    platform: &Platform<'_>,
    out: &mut Vec<Problem>,
) {
    let groups: Vec<(&GroupSpec, &InstanceType)> = cluster
        .groups()
        .filter(|(name, _)| ecs.may_run_in(name))
        .filter_map(|(_, group)| Some((group, platform.instance_types.get(&group.instance_type)?)))
        .collect();
    let offers: Vec<String> =
        groups.iter().filter_map(|(group, instance)| misfit(ecs, group, instance)).collect();
    if !ecs.capacity_providers.is_empty() && !offers.is_empty() {
        out.push(
            Problem::new(
                format!("{path}.capacity_providers"),
                "a task does not fit every group that its tasks are for",
            )
            .hint(offers.join("; ")),
        );
    } else if !groups.is_empty() && offers.len() == groups.len() {
        out.push(
            Problem::new(
                format!("{path}.task"),
                format!("a task fits no instance type of cluster `{}`", ecs.cluster),
            )
            .hint(offers.join("; ")),
        );
    }
}

/// Why a task does not fit an empty instance, if it does not.
fn misfit(ecs: &EcsSpec, group: &GroupSpec, instance: &InstanceType) -> Option<String> {
    let memory = group.task_memory(instance).0;
    let (cpu, reserved) = (ecs.task.cpu, ecs.task.reserved_memory());
    if cpu > instance.cpu() {
        Some(format!("{} offers {}, the task reserves {cpu}", instance.name, instance.cpu()))
    } else if reserved.0 > memory {
        Some(format!("{} registers {memory}MiB of memory, the task reserves {reserved}", instance.name))
    } else if ecs.task.network.most_on(instance) == Some(0) {
        Some(format!("{} has no network interface left for a task", instance.name))
    } else {
        None
    }
}
