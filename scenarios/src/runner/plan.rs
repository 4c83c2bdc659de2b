//! From a scenario to a manifest and jobs, and what is refused before anything is simulated.

use std::collections::BTreeMap;
use std::fs::File;
use std::path::Path;

use sim_core::cost::Purchase;
use sim_core::model::Platform;
use sim_core::spec::FleetSpec;
use sim_core::traffic::{ArrivalSpec, FunctionsSpec};

use super::{Experiment, Input, JobId, Options, RunError, Surroundings, session};
use crate::file::{RunSettings, Scenario, Variant, amount};
use crate::results::{Digest, FORMAT, Manifest, Prices, ScenarioText, VariantManifest, slugs};
use crate::sensitivity::Plan;
use crate::trace::TraceFiles;

pub(super) fn manifest(
    scenario: &Scenario,
    input: Input,
    surroundings: &Surroundings<'_>,
    prices: &Prices,
    options: &Options,
) -> Result<Manifest, RunError> {
    let run = RunSettings {
        seed: options.seed.unwrap_or(scenario.run.seed),
        replications: options.replications.unwrap_or(scenario.run.replications),
        precision: scenario.run.precision.clone().filter(|_| options.replications.is_none()),
        ..scenario.run.clone()
    };
    let slugs = slugs(scenario.variants.iter().map(|variant| variant.name.as_str()));
    Ok(Manifest {
        format: FORMAT,
        program: env!("CARGO_PKG_VERSION").to_owned(),
        name: scenario.name.clone(),
        about: scenario.about.clone(),
        run,
        found_warm_up: None,
        assertions: scenario.assertions.clone(),
        sensitivity: None,
        command: input.command,
        scenario: ScenarioText { file: input.file, text: input.text, overrides: input.overrides },
        instance_types: surroundings.instance_types_date.to_owned(),
        prices: prices.used(),
        traces: digests(scenario, &input.folder)?,
        variants: scenario.variants.iter().zip(slugs).map(variant).collect(),
    })
}

fn variant((variant, slug): (&Variant, String)) -> VariantManifest {
    VariantManifest {
        name: variant.name.clone(),
        slug,
        family: variant.family.clone(),
        axes: variant.axes.clone(),
        resolved: variant.resolved.clone(),
        fleet: variant.fleet.clone(),
    }
}

/// What is in the files that sources read, since that too decides what a job's record says.
fn digests(scenario: &Scenario, folder: &Path) -> Result<BTreeMap<String, String>, RunError> {
    let mut digests = BTreeMap::new();
    for file in scenario.variants.iter().flat_map(|variant| files(&variant.fleet)) {
        if !digests.contains_key(file) {
            digests.insert(file.to_owned(), digest(&folder.join(file))?);
        }
    }
    Ok(digests)
}

/// The files that a fleet's sources and populations read, relative to the scenario's folder.
fn files(fleet: &FleetSpec) -> Vec<&str> {
    let traces = fleet.sources.values().filter_map(|source| match &source.arrivals {
        ArrivalSpec::Trace(spec) => Some(spec.file.as_str()),
        _ => None,
    });
    let populations = fleet.populations.values().flat_map(|population| match &population.functions {
        FunctionsSpec::AzureFunctions2019(spec) => {
            let optional = [&spec.durations, &spec.memory].into_iter().flatten();
            std::iter::once(&spec.invocations).chain(optional).map(String::as_str).collect()
        }
        FunctionsSpec::Synthetic(_) | FunctionsSpec::Alike(_) => Vec::new(),
    });
    traces.chain(populations).collect()
}

fn digest(path: &Path) -> Result<String, RunError> {
    let mut digest = Digest::new();
    let read = File::open(path).and_then(|file| digest.add_all(file));
    read.map_err(|error| RunError::Refused(format!("{}: cannot be read: {error}", path.display())))?;
    Ok(digest.text())
}

/// Which assumptions are moved, if that is asked for.
pub(super) fn sensitivity(
    manifest: &Manifest,
    surroundings: &Surroundings<'_>,
    traces: &TraceFiles,
    options: &Options,
) -> Option<Plan> {
    let Surroundings { instance_types, policies, .. } = *surroundings;
    let platform = Platform { instance_types, policies, traces };
    let variants = manifest.variants.iter().map(|variant| (variant.name.as_str(), &variant.fleet));
    options
        .sensitivity
        .then(|| Plan::outline(variants.clone()).checked(&variants, &|fleet| fleet.problems(&platform)))
}

/// The jobs to begin with.
pub(super) fn jobs(manifest: &Manifest, options: &Options) -> Result<Vec<JobId>, RunError> {
    let replications = manifest.run.most_replications();
    let Some((name, number)) = &options.only else {
        return Ok(session::jobs(manifest, 0..manifest.run.replications));
    };
    let variant = manifest.variants.iter().position(|variant| variant.name == *name).ok_or_else(|| {
        let known: Vec<&str> = manifest.variants.iter().map(|variant| variant.name.as_str()).collect();
        RunError::Refused(format!("no variant `{name}`; there is {}", known.join(", ")))
    })?;
    if !(1..=replications).contains(number) {
        let message = format!("no replication {number}; there are 1 to {replications}");
        return Err(RunError::Refused(message));
    }
    Ok(vec![JobId { variant, replication: number - 1 }])
}

/// What would only show after hours of simulation.
pub(super) fn check(manifest: &Manifest, prices: &Prices) -> Result<(), RunError> {
    if manifest.run.replications == 0 {
        return Err(RunError::Refused("no replications: there is nothing to run".into()));
    }
    for variant in &manifest.variants {
        for (name, cluster) in &variant.fleet.clusters {
            for (_, group) in cluster.groups() {
                let priced = prices.book.instance_hour(&group.instance_type, Purchase::OnDemand).is_some();
                if !priced {
                    return Err(RunError::Refused(format!(
                        "price book {} has no price for {} (cluster {name} of {})",
                        prices.book.name, group.instance_type, variant.name
                    )));
                }
            }
        }
    }
    Ok(())
}

/// Refuses to write every request where it is known that there will be too many. How many users send is not.
pub(super) fn check_requests(scenario: &Scenario, limit: u64) -> Result<(), RunError> {
    match scenario.variants.iter().find(|variant| variant.requests > limit as f64) {
        None => Ok(()),
        Some(variant) => Err(RunError::Refused(format!(
            "writing every request of {} would make files of about {} rows, above the limit of {}: shorten the run",
            variant.name,
            amount(variant.requests),
            amount(limit as f64),
        ))),
    }
}

impl Experiment<'_> {
    /// The command that runs one job alone.
    pub(super) fn command(&self, job: JobId) -> String {
        let scenario = &self.manifest.scenario;
        let set = |setting: &String| format!(" --set {}", quoted(setting));
        let overrides: String = scenario.overrides.iter().map(set).collect();
        let only = format!("{}:{}", self.manifest.variants[job.variant].name, job.replication + 1);
        let run = &self.manifest.run;
        // A number given would end the search for another.
        let replications = match run.precision {
            None => format!(" --replications {}", run.replications),
            Some(_) => String::new(),
        };
        let check = if self.options.check { " --check" } else { "" };
        let (file, only) = (quoted(&scenario.file), quoted(&only));
        format!("fleetsim run {file}{overrides} --seed {}{replications} --only {only}{check}", run.seed)
    }
}

/// As a shell takes it for one word.
pub fn quoted(text: &str) -> String {
    let plain = |letter: char| letter.is_ascii_alphanumeric() || "-_./:,%+=@".contains(letter);
    if !text.is_empty() && text.chars().all(plain) {
        return text.to_owned();
    }
    format!("'{}'", text.replace('\'', "'\\''"))
}
