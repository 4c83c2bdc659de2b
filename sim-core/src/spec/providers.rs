//! What makes no sense about a service's capacity provider strategy (ECS Developer Guide, capacity providers).

use super::check::unknown_name;
use super::{ClusterSpec, EcsSpec, Problem, ProviderSpec};

/// How many providers a strategy may name.
const MOST: usize = 20;

/// Reports what makes no sense about the strategy of the service at `path`.
pub(super) fn check_strategy(path: &str, ecs: &EcsSpec, cluster: &ClusterSpec, out: &mut Vec<Problem>) {
    let (strategy, path) = (&ecs.capacity_providers, format!("{path}.capacity_providers"));
    if strategy.is_empty() {
        check_none(&path, ecs, cluster, out);
        return;
    }
    let groups: Vec<String> = cluster.groups().map(|(name, _)| name.to_owned()).collect();
    for (name, provider) in strategy {
        let what = format!("group of cluster `{}`", ecs.cluster);
        unknown_name(&format!("{path}.{name}"), &what, name, groups.iter(), out);
        check_ranges(&format!("{path}.{name}"), provider, out);
    }
    if strategy.len() > MOST {
        out.push(Problem::new(&path, format!("{} groups; a strategy names at most {MOST}", strategy.len())));
    }
    if strategy.values().all(|provider| provider.weight == 0) {
        out.push(Problem::new(&path, "every weight is 0; nothing would get the tasks").hint("weight = 1"));
    }
    let bases: Vec<&str> =
        strategy.iter().filter(|(_, provider)| provider.base > 0).map(|(name, _)| name.as_str()).collect();
    if bases.len() > 1 {
        let message = format!("{} have a base; only one group of a strategy may", bases.join(" and "));
        out.push(Problem::new(&path, message));
    }
}

fn check_ranges(path: &str, provider: &ProviderSpec, out: &mut Vec<Problem>) {
    for (key, value, most) in [("base", provider.base, 100_000), ("weight", provider.weight, 1000)] {
        if value > most {
            out.push(Problem::new(format!("{path}.{key}"), format!("{value} is above {most}")));
        }
    }
}

/// Without a strategy, which of several groups should grow for a waiting task?
fn check_none(path: &str, ecs: &EcsSpec, cluster: &ClusterSpec, out: &mut Vec<Problem>) {
    let scaled: Vec<&str> =
        cluster.groups().filter(|(_, group)| group.scaling.is_some()).map(|(name, _)| name).collect();
    if cluster.groups().count() > 1
        && let Some(first) = scaled.first()
    {
        let message = format!(
            "cluster `{}` has several groups and some of them scale: say which its tasks are for",
            ecs.cluster
        );
        out.push(
            Problem::new(path, message)
                .hint(format!("capacity_providers = {{ {first} = {{ weight = 1 }} }}")),
        );
    }
}
