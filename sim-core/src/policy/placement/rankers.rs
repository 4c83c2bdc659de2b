//! The placement strategies of ECS: spread, binpack, random.

use std::collections::BTreeMap;
use std::str::FromStr;

use crate::policy::view::{Candidate, Criterion, PlacementView, Ranker, StopView};

/// Leaves in `standing` those with the smallest key.
pub fn keep_least<K: PartialOrd>(standing: &mut Vec<usize>, key: impl Fn(usize) -> K) {
    keep_best(standing, key, |one, other| one < other);
}

/// Leaves in `standing` those with the largest key.
pub fn keep_most<K: PartialOrd>(standing: &mut Vec<usize>, key: impl Fn(usize) -> K) {
    keep_best(standing, key, |one, other| one > other);
}

fn keep_best<K: PartialOrd>(standing: &mut Vec<usize>, key: impl Fn(usize) -> K, better: fn(&K, &K) -> bool) {
    let keys = standing.iter().map(|position| key(*position));
    let Some(best) = keys.reduce(|best, next| if better(&next, &best) { next } else { best }) else {
        return;
    };
    standing.retain(|position| !better(&best, &key(*position)));
}

/// Evens out a service's tasks over the values of a field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Spread {
    /// Over availability zones.
    Zone,
    /// Over instances.
    Instance,
    /// Over the values of an attribute; instances without it count as one group.
    Attribute(String),
}

impl FromStr for Spread {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "zone" | "attribute:ecs.availability-zone" => Ok(Spread::Zone),
            "instance" | "instanceId" => Ok(Spread::Instance),
            _ => match text.strip_prefix("attribute:") {
                Some(name) if !name.is_empty() => Ok(Spread::Attribute(name.to_owned())),
                _ => Err(format!("`{text}` is none of zone, instance, attribute:NAME")),
            },
        }
    }
}

impl Spread {
    /// The attribute whose values make the groups, unless each instance is its own.
    fn attribute(&self) -> Option<&str> {
        match self {
            Spread::Instance => None,
            Spread::Zone => Some("ecs.availability-zone"),
            Spread::Attribute(name) => Some(name),
        }
    }

    /// For every candidate, the tasks of the service in its group, full instances and draining ones included.
    fn loads(&self, candidates: &[Candidate]) -> Vec<u64> {
        let Some(attribute) = self.attribute() else {
            return candidates.iter().map(|it| u64::from(it.service_tasks)).collect();
        };
        let mut totals: BTreeMap<Option<&str>, u64> = BTreeMap::new();
        for candidate in candidates {
            *totals.entry(candidate.attribute(attribute)).or_default() += u64::from(candidate.service_tasks);
        }
        candidates.iter().map(|candidate| totals[&candidate.attribute(attribute)]).collect()
    }
}

impl Ranker for Spread {
    fn narrow(&mut self, view: &PlacementView<'_>, standing: &mut Vec<usize>) {
        let loads = self.loads(&view.candidates);
        keep_least(standing, |position| loads[position]);
    }

    fn narrow_stop(&mut self, view: &StopView<'_>, standing: &mut Vec<usize>) {
        let loads = self.loads(&view.candidates);
        keep_most(standing, |position| loads[position]);
    }

    fn criterion(&self) -> Criterion<'_> {
        self.attribute().map_or(Criterion::Own(|candidate| candidate.service_tasks), Criterion::Shared)
    }
}

/// Fills instances one after the other, so that the fewest are needed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Binpack {
    /// By CPU units.
    Cpu,
    /// By memory.
    Memory,
}

impl FromStr for Binpack {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "cpu" => Ok(Binpack::Cpu),
            "memory" => Ok(Binpack::Memory),
            _ => Err(format!("`{text}` is neither cpu nor memory")),
        }
    }
}

impl Binpack {
    fn free(self, candidate: &Candidate) -> u32 {
        match self {
            Binpack::Cpu => candidate.free_cpu_units,
            Binpack::Memory => candidate.free_memory_mib,
        }
    }
}

impl Ranker for Binpack {
    fn narrow(&mut self, view: &PlacementView<'_>, standing: &mut Vec<usize>) {
        keep_least(standing, |position| self.free(&view.candidates[position]));
    }

    /// The task whose stop leaves the most free: all tasks of a service free the same, so the order is that of what is
    /// free now.
    fn narrow_stop(&mut self, view: &StopView<'_>, standing: &mut Vec<usize>) {
        keep_most(standing, |position| self.free(&view.candidates[position]));
    }

    fn criterion(&self) -> Criterion<'_> {
        match self {
            Binpack::Cpu => Criterion::Own(|candidate| candidate.free_cpu_units),
            Binpack::Memory => Criterion::Own(|candidate| candidate.free_memory_mib),
        }
    }
}

/// Leaves everything to the draw.
#[derive(Clone, Copy, Debug)]
pub struct Random;

impl Ranker for Random {
    fn narrow(&mut self, _: &PlacementView<'_>, _: &mut Vec<usize>) {}

    fn criterion(&self) -> Criterion<'_> {
        Criterion::Nothing
    }
}
