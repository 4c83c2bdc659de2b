//! How much the verdict depends on assumptions, for a report.

use scenarios::results::{Analysis, AtEnd, Moved, Results, Sensitivity as Found};
use sim_core::metrics::Estimate as Simulated;

use super::metrics::estimate;
use crate::data::{Estimate, MovedEnd, MovedSetting, Sensitivity, UnmovedSetting};

/// The sensitivity of an analysis, if it has any.
pub(super) fn sensitivity(results: &Results, analysis: &Analysis, labels: &[String]) -> Option<Sensitivity> {
    let found = analysis.sensitivity.as_ref()?;
    let unmoved = found.unmoved.iter().cloned().map(|it| UnmovedSetting {
        setting: it.setting,
        value: it.value,
        why: it.why,
    });
    Some(Sensitivity {
        option: results.manifest.label_of(labels, &found.option),
        workload: found.workload.clone(),
        cost: estimate(&found.cost),
        percentile: percentile(results, found),
        latency: estimate(&found.latency),
        moves: found.moves.iter().map(|of| moved(results, found, of)).collect(),
        unmoved: unmoved.collect(),
    })
}

fn percentile(results: &Results, found: &Found) -> String {
    let name = found.percentile.trim_start_matches("latency.");
    let option = results.manifest.variants.iter().find(|variant| variant.name == found.option);
    match option.is_some_and(|variant| variant.fleet.services.len() > 1) {
        true => format!("{name} of {}", found.service),
        false => name.to_owned(),
    }
}

fn moved(results: &Results, found: &Found, of: &Moved) -> MovedSetting {
    let variants = results.manifest.variants.iter().zip(results.manifest.family_labels());
    let (mut families, mut all): (Vec<String>, Vec<String>) = (Vec::new(), Vec::new());
    for (variant, family) in variants {
        if of.variants.contains(&variant.name) && !families.contains(&family) {
            families.push(family.clone());
        }
        if !all.contains(&family) {
            all.push(family);
        }
    }
    if families.len() == all.len() {
        families.clear();
    }
    let (setting, value) = (of.setting.clone(), of.value.clone());
    MovedSetting { setting, options: families, value, low: end(found, &of.low), high: end(found, &of.high) }
}

fn end(found: &Found, of: &AtEnd) -> MovedEnd {
    let among_failures = |it: &Simulated| found.latency.value.is_finite() && !it.value.is_finite();
    let difference = |difference: &Option<Simulated>| match difference {
        Some(difference) => estimate(difference),
        None => Estimate::blank("not known"),
    };
    MovedEnd {
        value: of.value.clone(),
        note: of.note.clone().unwrap_or_default(),
        cost: difference(&of.cost),
        latency: difference(&of.latency),
        fails: of.latency.as_ref().is_some_and(among_failures),
        unfinished: of.unfinished,
        instead: of.instead.clone(),
        sentence: of.sentence.clone().unwrap_or_default(),
    }
}
