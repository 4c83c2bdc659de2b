//! Settings in words: what a variant runs on, and the scenario as it was run.

use scenarios::results::{Results, VariantManifest};
use sim_core::cost::Purchase;
use sim_core::spec::{ClusterSpec, ServiceSpec};

/// `Fargate, 0.5vCPU tasks`, `ECS on m7g.large, 1vCPU tasks`, `Lambda, 1769 MB, nodejs22`.
pub(super) fn platform(manifest: &VariantManifest) -> String {
    let fleet = &manifest.fleet;
    let services: Vec<String> = fleet
        .services
        .values()
        .map(|service| match service {
            ServiceSpec::Ecs(ecs) => {
                let groups = fleet.clusters.get(&ecs.cluster).into_iter().flat_map(ClusterSpec::groups);
                let types: Vec<String> = groups
                    .map(|(_, group)| {
                        let spot = if group.purchase == Purchase::Spot { " Spot" } else { "" };
                        format!("{}{spot}", group.instance_type)
                    })
                    .collect();
                format!("ECS on {}, {} tasks", types.join(" and "), ecs.task.cpu)
            }
            ServiceSpec::Fargate(fargate) => {
                let spot = if fargate.purchase == Purchase::Spot { " Spot" } else { "" };
                format!("Fargate{spot}, {} tasks", fargate.task.cpu)
            }
            ServiceSpec::Lambda(function) => match function.memory {
                // The platform says MB and means MiB.
                Some(memory) => format!("Lambda, {} MB, {}", memory.0, function.runtime),
                None => format!("Lambda, {}", function.runtime),
            },
        })
        .collect();
    let mut distinct = services.clone();
    distinct.dedup();
    match distinct.as_slice() {
        [one] if services.len() > 1 => format!("{one} ({} services)", services.len()),
        several if several.len() <= 3 => several.join("; "),
        [first, rest @ ..] => format!("{first} and {} other services", rest.len()),
        [] => String::new(),
    }
}

/// The scenario file, with what the command line changed.
pub(super) fn scenario(results: &Results) -> String {
    let scenario = &results.manifest.scenario;
    let run = &results.manifest.run;
    let mut text = scenario.text.trim_end().to_owned();
    text.push('\n');
    if !scenario.overrides.is_empty() {
        text.push_str("\n# Set on the command line:\n");
        scenario.overrides.iter().for_each(|set| text.push_str(&format!("#   {set}\n")));
    }
    text.push_str(&format!("\n# Run with seed {} and {} replications.\n", run.seed, run.replications));
    text
}
