//! `fleetsim check`: is this scenario right, and what would be run?

use std::io::Write;

use indexmap::IndexMap;
use scenarios::file::{Scenario, Variant, WarmUp, amount};
use scenarios::number::whole;
use scenarios::results::PILOT;
use scenarios::sensitivity::Plan;
use sim_core::policy::Catalogue;
use sim_core::spec::ServiceSpec;

use crate::arguments;
use crate::failure::Failure;
use crate::scenario;
use crate::text::{Align, table};

/// Most services of a variant that are named one by one.
const NAMED: usize = 3;

/// Loads the scenario and says what is doubtful about it and what it consists of: one line, and one per variant.
pub(crate) fn check(
    asked: &arguments::Scenario,
    catalogue: &Catalogue,
    out: &mut dyn Write,
) -> Result<(), Failure> {
    let scenario = scenario::load(asked, catalogue)?.scenario;
    let count = |number: u64, noun: &str| format!("{number} {noun}{}", if number == 1 { "" } else { "s" });
    let variants = count(scenario.variants.len() as u64, "variant");
    if !scenario.warnings.list().is_empty() {
        writeln!(out, "{}\n", scenario.warnings)?;
    }
    let jobs = match (scenario.jobs(), scenario.most_jobs()) {
        (least, most) if least == most => count(least, "job"),
        (least, most) => format!("{least} to {}", count(most, "job")),
    };
    let pilot = match scenario.run.warm_up {
        WarmUp::Auto => format!(" after {} of a pilot", scenario.variants.len() * PILOT as usize),
        WarmUp::For(_) => String::new(),
    };
    writeln!(out, "ok: {variants}, {jobs}{pilot}, {}", requests(&scenario.variants))?;
    writeln!(out, "{}", sensitivity(&scenario))?;
    let rows: Vec<Vec<String>> = scenario
        .variants
        .iter()
        .map(|variant| vec![format!("  {}", variant.name), services(variant)])
        .collect();
    let lines = table(&[("", Align::Left), ("", Align::Left)], &rows);
    // The heads of the columns are empty: each line says what it is.
    write!(out, "{}", lines.trim_start_matches('\n'))?;
    Ok(())
}

/// How much more work a sensitivity analysis would be.
fn sensitivity(scenario: &Scenario) -> String {
    let variants = scenario.variants.iter().map(|variant| (variant.name.as_str(), &variant.fleet));
    let plan = Plan::outline(variants);
    let jobs = whole(plan.runs(scenario.run.replications));
    match plan.moves.len() {
        0 => "no assumption is in force that --sensitivity could move".into(),
        1 => format!("with --sensitivity, at most {jobs} jobs more: 1 assumption is in force"),
        many => format!("with --sensitivity, at most {jobs} jobs more: {many} assumptions are in force"),
    }
}

/// About how many requests a job takes; where some are of users, at most.
fn requests(variants: &[Variant]) -> String {
    let all = || variants.iter().map(|variant| variant.requests + variant.users_requests);
    let (least, most) = (all().fold(f64::INFINITY, f64::min), all().fold(0.0, f64::max));
    match (amount(least), amount(most)) {
        (_, most) if variants.iter().any(|variant| variant.users_requests > 0.0) => {
            format!("at most {most} requests a job")
        }
        (least, most) if least == most => format!("about {most} requests a job"),
        (least, most) => format!("about {least} to {most} requests a job"),
    }
}

/// What a variant runs on: its services by name, or where there are many, how many of each platform.
fn services(variant: &Variant) -> String {
    let services = &variant.fleet.services;
    if services.len() <= NAMED {
        let named = services.iter().map(|(name, service)| format!("{name} on {}", described(service)));
        return named.collect::<Vec<_>>().join("; ");
    }
    let mut counts: IndexMap<&str, usize> = IndexMap::new();
    services.values().for_each(|service| *counts.entry(service.platform()).or_default() += 1);
    let counted = counts.iter().map(|(platform, count)| format!("{count} services on {platform}"));
    counted.collect::<Vec<_>>().join("; ")
}

/// A service's platform and size.
fn described(service: &ServiceSpec) -> String {
    let platform = service.platform();
    match service {
        ServiceSpec::Ecs(ecs) => {
            format!("{platform} ({}, {}, cluster {})", ecs.task.cpu, ecs.task.memory, ecs.cluster)
        }
        ServiceSpec::Fargate(fargate) => {
            format!("{platform} ({}, {})", fargate.task.cpu, fargate.task.memory)
        }
        ServiceSpec::Lambda(function) => {
            let what = match (&function.functions, function.memory) {
                (Some(functions), _) => format!("the functions {functions}"),
                (None, Some(memory)) => memory.to_string(),
                (None, None) => "no memory".into(),
            };
            format!("{platform} ({what}, {})", function.runtime)
        }
    }
}
