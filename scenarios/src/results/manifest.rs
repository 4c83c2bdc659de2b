//! `manifest.json`: what an experiment is. Everything that its numbers follow from, and nothing that they do not, so
//! that two folders with the same manifest hold the same results.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value as Json;
use sim_core::cost::{BillOptions, PriceBook};
use sim_core::engine::Span;
use sim_core::spec::{FleetSpec, Objective};

use super::digest::Digest;
use crate::file::RunSettings;

/// The version of the folder's layout. A change that an older program cannot read raises it.
pub const FORMAT: u32 = 1;

/// What an experiment is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// The version of the folder's layout, [`FORMAT`].
    pub format: u32,
    /// The version of the program that simulated.
    pub program: String,
    /// The scenario's name.
    pub name: String,
    /// What it shows.
    pub about: String,
    /// How it was run, seed and replications included.
    pub run: RunSettings,
    /// The command that makes the same results again.
    pub command: String,
    /// The scenario as it was given.
    pub scenario: ScenarioText,
    /// The date of the list of instance types.
    pub instance_types: String,
    /// The prices in `bill.csv` and `summary.csv`.
    pub prices: PricesUsed,
    /// Traces that were read: file and digest of what was in it.
    pub traces: BTreeMap<String, String>,
    /// What is compared, in order.
    pub variants: Vec<VariantManifest>,
}

/// The scenario file and what the command line added to it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ScenarioText {
    /// The file's name, or the built-in's.
    pub file: String,
    /// Its text.
    pub text: String,
    /// Settings given on the command line, `path=value`.
    pub overrides: Vec<String>,
}

/// Which prices bills were made with.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PricesUsed {
    /// The price book's name.
    pub book: String,
    /// Its date.
    pub date: String,
    /// What was a matter of choice.
    pub options: BillOptions,
}

/// A price book with the choices that bills are made with; `prices.json`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Prices {
    /// The book.
    pub book: PriceBook,
    /// What is a matter of choice.
    pub options: BillOptions,
}

impl Prices {
    /// What the manifest says of them.
    pub fn used(&self) -> PricesUsed {
        PricesUsed { book: self.book.name.clone(), date: self.book.date.clone(), options: self.options }
    }
}

/// One variant as it was run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct VariantManifest {
    /// Its name.
    pub name: String,
    /// Its name in the names of files.
    pub slug: String,
    /// The variant of the scenario file that it comes from.
    pub family: String,
    /// Where it stands on each sweep axis.
    pub axes: Vec<(String, String)>,
    /// The fleet as the scenario file says it.
    pub resolved: Json,
    /// The fleet with every setting that was in force, defaults included.
    pub fleet: FleetSpec,
}

impl VariantManifest {
    /// Its name as a person would say it: `Fargate (target 15%)`, `Lambda (memory 885MB)`. What the scenario's author
    /// named stays as named, platforms have their own spelling.
    pub fn label(&self) -> String {
        let family = self.family_label();
        if self.axes.is_empty() {
            return if self.name == self.family { family } else { self.name.clone() };
        }
        let said = self.axes.iter().map(|(path, value)| {
            let alike = self.axes.iter().filter(|(other, _)| axis_name(other) == axis_name(path)).count();
            let owner = path.split('.').nth(1).filter(|_| alike > 1).map(|owner| format!("{owner} "));
            format!("{}{} {value}", owner.unwrap_or_default(), axis_name(path))
        });
        format!("{family} ({})", said.collect::<Vec<_>>().join(", "))
    }

    /// Where it stands on the axes that are part of the workload rather than of the fleet: only options under one
    /// workload can be compared.
    pub fn workload(&self) -> Vec<&(String, String)> {
        self.axes.iter().filter(|(path, _)| is_workload(path)).collect()
    }

    /// The family's name, platforms spelled as they spell themselves.
    pub fn family_label(&self) -> String {
        let known = [("ec2", "EC2"), ("ecs", "ECS"), ("fargate", "Fargate"), ("lambda", "Lambda")];
        let spelled = known.iter().find(|(name, _)| *name == self.family);
        spelled.map_or_else(|| self.family.clone(), |(_, spelling)| (*spelling).to_owned())
    }

    /// The objectives of its services.
    pub fn objectives(&self) -> impl Iterator<Item = (&str, Objective)> {
        let services = self.fleet.services.iter();
        services.filter_map(|(name, service)| Some((name.as_str(), service.objective()?)))
    }

    /// The latency limit of each service that has an objective.
    pub fn limits(&self) -> BTreeMap<String, Span> {
        self.objectives().map(|(name, objective)| (name.to_owned(), objective.limit)).collect()
    }
}

/// What an axis is called in a sentence: the last step of its path, `memory` of `services.web.memory`. Where that step
/// says nothing by itself, as in `services.web.keep_alive.fixed.after`, the setting that it belongs to.
pub fn axis_name(path: &str) -> String {
    const VAGUE: [&str; 5] = ["after", "count", "fixed", "of", "value"];
    let steps: Vec<&str> = path.split('.').collect();
    let last = steps.last().copied().unwrap_or(path);
    let name = if VAGUE.contains(&last) && steps.len() > 3 { steps[2] } else { last };
    name.replace('_', " ")
}

/// Whether an axis is part of the workload rather than of the fleet.
fn is_workload(path: &str) -> bool {
    let table = path.split(['.', '"']).find(|step| !step.is_empty()).unwrap_or_default();
    matches!(table, "sources" | "work" | "account" | "telemetry" | "hardware")
}

impl Manifest {
    /// The variants as a person would say them, in order; their plain names where two would read the same.
    pub fn labels(&self) -> Vec<String> {
        let labels: Vec<String> = self.variants.iter().map(VariantManifest::label).collect();
        let distinct: std::collections::BTreeSet<&String> = labels.iter().collect();
        match distinct.len() == labels.len() {
            true => labels,
            false => self.variants.iter().map(|variant| variant.name.clone()).collect(),
        }
    }

    /// In which ways another experiment is another one, in words; nothing where what one has simulated serves the other.
    /// So prices do not count, nor how command and scenario are worded. Nor does the number of replications: each is
    /// determined by itself, more of them go on where fewer ended, and fewer are the first of more.
    pub fn differences(&self, other: &Manifest) -> Vec<String> {
        let mut list = Vec::new();
        let mut say = |what: &str, mine: &dyn std::fmt::Display, theirs: &dyn std::fmt::Display| {
            let (mine, theirs) = (mine.to_string(), theirs.to_string());
            if mine != theirs {
                list.push(format!("{what} {theirs}, not {mine}"));
            }
        };
        say("scenario", &self.name, &other.name);
        say("seed", &self.run.seed, &other.run.seed);
        say("program version", &self.program, &other.program);
        say("instance types of", &self.instance_types, &other.instance_types);
        let one = |run: &RunSettings| RunSettings { replications: 1, ..run.clone() };
        if list.is_empty() && one(&self.run) != one(&other.run) {
            list.push("other run settings".into());
        }
        if self.variants != other.variants {
            list.push("other variants or other settings".into());
        }
        if self.traces != other.traces {
            list.push("other traces".into());
        }
        list
    }

    /// The file name of a job's record, which tells what determines it.
    pub fn record_name(&self, variant: usize, replication: u32) -> String {
        let slug = &self.variants[variant].slug;
        format!("{slug}-r{}-{}.json", replication + 1, self.job_digest(variant, replication))
    }

    /// The file name of a job's requests.
    pub fn requests_name(&self, variant: usize, replication: u32) -> String {
        format!("requests-{}-r{}.csv", self.variants[variant].slug, replication + 1)
    }

    /// A digest of everything that decides what a job's record says.
    pub fn job_digest(&self, variant: usize, replication: u32) -> String {
        let run = RunSettings { replications: 1, ..self.run.clone() };
        let fleet = &self.variants[variant].fleet;
        let parts = (self.format, &self.program, &self.instance_types, &self.traces, run, fleet, replication);
        Digest::of(&serde_json::to_vec(&parts).expect("settings are plain data"))
    }
}

/// File names for variants: letters, digits and dashes of the name, unlike each other.
pub(crate) fn slugs<'n>(names: impl Iterator<Item = &'n str>) -> Vec<String> {
    let mut slugs: Vec<String> = Vec::new();
    for name in names {
        let mut plain = slug(name);
        if slugs.contains(&plain) {
            plain = format!("{plain}-{}", slugs.len() + 1);
        }
        slugs.push(plain);
    }
    slugs
}

/// The longest slug: file names have room for 255 bytes.
const SLUG: usize = 80;

fn slug(name: &str) -> String {
    let mut slug = String::new();
    for letter in name.chars() {
        match letter.to_ascii_lowercase() {
            letter @ ('a'..='z' | '0'..='9' | '.') if slug.len() < SLUG => slug.push(letter),
            _ if slug.is_empty() || slug.ends_with('-') || slug.len() >= SLUG => {}
            _ => slug.push('-'),
        }
    }
    let slug = slug.trim_matches(['-', '.']);
    if slug.is_empty() { "variant".into() } else { slug.into() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn axes_of_the_workload_are_no_sizes() {
        assert!(is_workload("sources.visitors.arrivals.poisson.rate") && is_workload("work.page.cpu"));
        assert!(!is_workload("services.web.memory") && !is_workload("clusters.fleet.instances.type"));
    }

    #[test]
    fn axes_have_names_that_say_something() {
        let check = |path: &str, expected: &str| assert_eq!(axis_name(path), expected);
        check("services.web.memory", "memory");
        check("services.web.scaling.target-tracking.target", "target");
        check("services.web.keep_alive.fixed.after", "keep alive");
        check("sources.all.arrivals.poisson.rate", "rate");
    }

    #[test]
    fn slugs_are_plain_and_unlike_each_other() {
        let names = ["fargate", "fargate rate=100/s", "fargate rate=100-s", "../../etc", "été", "?", "!"];
        let expected =
            ["fargate", "fargate-rate-100-s", "fargate-rate-100-s-3", "etc", "t", "variant", "variant-7"];
        assert_eq!(slugs(names.into_iter()), expected);
    }
}
