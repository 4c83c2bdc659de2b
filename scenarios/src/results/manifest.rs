//! `manifest.json`: what an experiment is. Everything that its numbers follow from, and nothing that they do not, so
//! that two folders with the same manifest hold the same results.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value as Json;
use sim_core::cost::{BillOptions, PriceBook};
use sim_core::engine::Span;
use sim_core::metrics::percentile;
use sim_core::spec::{FleetSpec, Objective};

use super::digest::Digest;
use super::warm_up::FoundWarmUp;
use crate::file::{Assertion, MetricName, RunSettings, WarmUp};
use crate::sensitivity::Plan;

/// The version of the folder's layout. A change that an older program cannot read raises it.
pub const FORMAT: u32 = 2;

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
    /// How it was run, seed and replications included: those that there are, where they went on until a metric was known
    /// exactly enough.
    pub run: RunSettings,
    /// How the warm-up was found, where it was to be.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub found_warm_up: Option<FoundWarmUp>,
    /// What has to hold of the results.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub assertions: Vec<Assertion>,
    /// Which assumptions were moved, where results are asked how much they depend on them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sensitivity: Option<Plan>,
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
    /// What decides its records and what they are called: how the scenario file words its fleet does not.
    fn simulated(&self) -> (&str, &str, &[(String, String)], &FleetSpec) {
        (&self.name, &self.family, &self.axes, &self.fleet)
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

impl Manifest {
    /// What the objectives of all variants bound, each percentile once.
    pub fn bounded(&self) -> Vec<Objective> {
        let mut list: Vec<Objective> = Vec::new();
        for (_, objective) in self.variants.iter().flat_map(VariantManifest::objectives) {
            if !list.iter().any(|known| known.share == objective.share) {
                list.push(objective);
            }
        }
        list
    }

    /// The percentiles that are reported because someone asks for them: objectives, assertions, the wanted precision.
    pub(crate) fn asked(&self) -> Vec<Objective> {
        let mut list = self.bounded();
        let claimed = self.assertions.iter().map(|assertion| &assertion.that.metric);
        let precise = self.run.precision.iter().map(|precision| &precision.metric);
        for share in claimed.chain(precise).map(MetricName::as_str).filter_map(percentile) {
            if !list.iter().any(|known| known.share == share) {
                list.push(Objective { share, limit: Span::from_secs(1) });
            }
        }
        list
    }

    /// What is not measured at the start: as given, or as found; nothing as long as it is not found.
    pub fn warm_up(&self) -> Span {
        let found = || self.found_warm_up.as_ref().map_or(Span::ZERO, |found| found.length);
        self.run.warm_up.given().unwrap_or_else(found)
    }

    /// The same with what an earlier run of the experiment has found: the warm-up, which stands for good, how many
    /// replications it took to know a metric exactly enough, and which assumptions were moved, which stand until this run
    /// finds them again. So the folder says at any moment what is in it.
    pub(crate) fn going_on_from(mut self, earlier: &Manifest) -> Self {
        self.found_warm_up.clone_from(&earlier.found_warm_up);
        self.sensitivity.clone_from(&earlier.sensitivity);
        if let (Some(precision), Some(_)) = (&self.run.precision, &earlier.run.precision) {
            let known = earlier.run.replications.min(precision.max_replications);
            self.run.replications = self.run.replications.max(known);
        }
        self
    }

    /// In which ways another experiment is another one, in words; nothing where what one has simulated serves the other.
    /// So prices do not count, nor how command and scenario are worded, nor
    /// what is claimed of the results. Nor does the number of replications: each is
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
        let one = |run: &RunSettings| RunSettings { replications: 1, precision: None, ..run.clone() };
        if list.is_empty() && one(&self.run) != one(&other.run) {
            list.push("other run settings".into());
        }
        if !self
            .variants
            .iter()
            .map(VariantManifest::simulated)
            .eq(other.variants.iter().map(VariantManifest::simulated))
        {
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
        let warm_up = WarmUp::For(self.warm_up());
        let run = RunSettings { replications: 1, precision: None, warm_up, ..self.run.clone() };
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
    fn slugs_are_plain_and_unlike_each_other() {
        let names = ["fargate", "fargate rate=100/s", "fargate rate=100-s", "../../etc", "été", "?", "!"];
        let expected =
            ["fargate", "fargate-rate-100-s", "fargate-rate-100-s-3", "etc", "t", "variant", "variant-7"];
        assert_eq!(slugs(names.into_iter()), expected);
    }
}
