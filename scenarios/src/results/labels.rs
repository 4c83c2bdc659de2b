//! Variants as a person would say them: `Fargate (target 15%)`, `EC2 planned`.
//!
//! What the scenario's author named stays as named, but for platforms, which have their own spelling: a name that is a
//! platform's or begins with one is spelled as that platform where the variant runs on it, and only there.

use std::collections::BTreeSet;

use sim_core::spec::ServiceSpec;

use super::manifest::{Manifest, VariantManifest};
use crate::naming::axis_names;

/// Whether a service runs on a platform.
type IsOn = fn(&ServiceSpec) -> bool;

/// How names of platforms are spelled, and on which services they may stand.
const PLATFORMS: [(&str, &str, IsOn); 4] = [
    ("ec2", "EC2", |service| matches!(service, ServiceSpec::Ecs(_))),
    ("ecs", "ECS", |service| matches!(service, ServiceSpec::Ecs(_))),
    ("fargate", "Fargate", |service| matches!(service, ServiceSpec::Fargate(_))),
    ("lambda", "Lambda", |service| matches!(service, ServiceSpec::Lambda(_))),
];

impl Manifest {
    /// The variants, in order; their plain names where two would read the same.
    pub fn labels(&self) -> Vec<String> {
        let families = self.family_labels();
        let labels = self.variants.iter().zip(families).map(|(variant, family)| label(variant, &family));
        let plain = self.variants.iter().map(|variant| &variant.name);
        distinct_or(labels.collect(), plain)
    }

    /// What the variant of this name is called, of these labels.
    pub fn label_of(&self, labels: &[String], name: &str) -> String {
        let place = self.variants.iter().position(|variant| variant.name == name);
        place.and_then(|place| labels.get(place)).map_or_else(|| name.to_owned(), String::clone)
    }

    /// The name of each variant's family, in the order of variants; plain names where two families would read the same.
    pub fn family_labels(&self) -> Vec<String> {
        let spelled: Vec<String> = self.variants.iter().map(family_label).collect();
        let pairs: BTreeSet<(&String, &String)> =
            self.variants.iter().map(|variant| &variant.family).zip(&spelled).collect();
        let apart = |of: BTreeSet<&String>| of.len() == pairs.len();
        let (families, labels) = pairs.iter().copied().unzip();
        match apart(families) && apart(labels) {
            true => spelled,
            false => self.variants.iter().map(|variant| variant.family.clone()).collect(),
        }
    }
}

impl VariantManifest {
    /// Where it stands on the axes of the workload, `rate 100/s`; empty where it has none.
    pub fn workload_label(&self) -> String {
        said(self.workload().into_iter())
    }
}

/// `memory 512MB, target 30%`.
fn said<'a>(axes: impl Iterator<Item = &'a (String, String)>) -> String {
    let (paths, values): (Vec<&str>, Vec<&str>) =
        axes.map(|(path, value)| (path.as_str(), value.as_str())).unzip();
    let named = axis_names(&paths).into_iter().zip(values);
    named.map(|(name, value)| format!("{name} {value}")).collect::<Vec<_>>().join(", ")
}

/// `labels` where all are unlike each other, else `plain`.
fn distinct_or<'n>(labels: Vec<String>, plain: impl Iterator<Item = &'n String>) -> Vec<String> {
    let distinct: BTreeSet<&String> = labels.iter().collect();
    if distinct.len() == labels.len() { labels } else { plain.cloned().collect() }
}

fn label(variant: &VariantManifest, family: &str) -> String {
    if variant.axes.is_empty() {
        return if variant.name == variant.family { family.to_owned() } else { variant.name.clone() };
    }
    format!("{family} ({})", said(variant.axes.iter()))
}

/// A family's name with its platform spelled as that spells itself: `ec2-planned` as `EC2 planned`.
fn family_label(variant: &VariantManifest) -> String {
    let services = &variant.fleet.services;
    for (name, spelling, is_on) in PLATFORMS {
        let Some(rest) = variant.family.strip_prefix(name) else { continue };
        let ends = rest.is_empty() || rest.starts_with(['-', '_', ' ']);
        if ends && !services.is_empty() && services.values().all(is_on) {
            return format!("{spelling}{}", rest.replace(['-', '_'], " "));
        }
    }
    variant.family.clone()
}
