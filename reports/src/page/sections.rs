//! The smaller parts of the page: key numbers, figures, decisions, where the numbers come from.

use indexmap::IndexMap;
use serde::Serialize;

use crate::chart::{Chart, Table};
use crate::data::{COST_PER_MONTH, Comparison, Decision, LATENCY_P99, ReportData, Unit, VariantSummary};
use crate::format::{clock_time, difference, estimate, whole};

/// Decisions listed per variant; the file has them all.
const LISTED: usize = 100;

/// A chart in the page.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Figure {
    pub(super) name: String,
    title: String,
    takeaway: String,
    description: String,
    wide: String,
    narrow: String,
    head: Vec<String>,
    rows: Vec<Vec<String>>,
}

impl Figure {
    /// From a chart.
    pub(super) fn of(chart: &Chart) -> Figure {
        let Table { head, rows } = chart.table.clone();
        Figure {
            name: chart.name.clone(),
            title: chart.title.clone(),
            takeaway: chart.takeaway.clone(),
            description: chart.description.clone(),
            wide: chart.wide.clone(),
            narrow: chart.narrow.clone(),
            head,
            rows,
        }
    }
}

/// One key number at the top.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Tile {
    label: String,
    value: String,
    note: String,
}

/// The key numbers: those of the recommended option, or the two ends of the trade-off where there is none.
pub(super) fn tiles(data: &ReportData) -> Vec<Tile> {
    match data.recommended() {
        Some(variant) => recommended_tiles(data, variant),
        None => [("Cheapest", COST_PER_MONTH), ("Fastest", LATENCY_P99)]
            .into_iter()
            .filter_map(|(label, key)| extreme(data, label, key))
            .collect(),
    }
}

fn recommended_tiles(data: &ReportData, variant: &VariantSummary) -> Vec<Tile> {
    let number = |key: &str, unit: Unit| {
        let number = variant.metrics.get(key)?;
        number.finite().map(|_| estimate(unit, number))
    };
    let name =
        Tile { label: "Recommended".into(), value: variant.name.clone(), note: variant.platform.clone() };
    let cost = number(COST_PER_MONTH, Unit::Dollars);
    let cost = cost.map(|value| Tile { label: "Cost per month".into(), value, note: data.month.clone() });
    let objective = data.objective.as_ref().map(|objective| format!("objective {}", objective.text));
    let note = objective.unwrap_or_default();
    let latency = number(LATENCY_P99, Unit::Seconds);
    let latency = latency.map(|value| Tile { label: "p99 latency".into(), value, note });
    [Some(name), cost, latency, saving(data, variant)].into_iter().flatten().collect()
}

/// Against the first other option of which the paired difference in cost is known.
fn saving(data: &ReportData, variant: &VariantSummary) -> Option<Tile> {
    let about_cost = |pair: &&Comparison| pair.metric == COST_PER_MONTH && pair.variant == variant.name;
    let pair = data.comparisons.iter().find(about_cost)?;
    let value = difference(Unit::Share, pair.relative.as_ref()?);
    Some(Tile { label: format!("Cost against {}", pair.baseline), value, note: "paired difference".into() })
}

fn extreme(data: &ReportData, label: &str, key: &str) -> Option<Tile> {
    let known = data.variants.iter().filter_map(|variant| Some((variant.value(key)?, variant)));
    let (_, variant) = known.min_by(|a, b| a.0.total_cmp(&b.0))?;
    let metric = data.metric(key);
    let value = estimate(metric.unit, variant.metrics.get(key)?);
    Some(Tile { label: format!("{label}: {}", variant.name), value, note: metric.label })
}

/// The decisions of one variant.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Decisions {
    variant: String,
    total: String,
    kinds: String,
    omitted: String,
    rows: Vec<[String; 6]>,
}

/// Decisions by variant, in the scenario's order of variants.
pub(super) fn decisions(data: &ReportData) -> Vec<Decisions> {
    let mut groups: IndexMap<&str, Vec<&Decision>> = IndexMap::new();
    let position =
        |decision: &&Decision| data.variants.iter().position(|variant| variant.name == decision.variant);
    let mut ordered: Vec<&Decision> = data.decisions.iter().collect();
    ordered.sort_by_key(position);
    for decision in ordered {
        groups.entry(&decision.variant).or_default().push(decision);
    }
    let listed = LISTED.min(1500 / groups.len().max(1)).max(10);
    groups.into_iter().map(|(variant, group)| listing(data, variant, &group, listed)).collect()
}

fn listing(data: &ReportData, variant: &str, group: &[&Decision], listed: usize) -> Decisions {
    let mut kinds: IndexMap<&str, u64> = IndexMap::new();
    for decision in group {
        *kinds.entry(decision.kind.as_str()).or_default() += 1;
    }
    let kinds: Vec<String> = kinds.iter().map(|(kind, count)| format!("{} {kind}", whole(*count))).collect();
    let row = |decision: &&Decision| {
        let Decision { owner, kind, before, after, reason, .. } = (*decision).clone();
        [clock_time(data.clock, decision.time), owner, kind, before, after, reason]
    };
    let more = group.len().saturating_sub(listed) as u64;
    Decisions {
        variant: variant.into(),
        total: whole(group.len() as u64),
        kinds: kinds.join(", "),
        omitted: if more == 0 { String::new() } else { whole(more) },
        rows: group.iter().take(listed).map(row).collect(),
    }
}

/// Where the numbers come from, in a line: version, replications, seed, catalogues.
pub(super) fn provenance(data: &ReportData) -> Vec<String> {
    let source = &data.provenance;
    let version = (!source.version.is_empty()).then(|| format!("fleetsim {}", source.version));
    let simulated = (!source.simulated.is_empty()).then(|| source.simulated.clone());
    let plural = if source.replications == 1 { "" } else { "s" };
    let runs = format!("{} replication{plural} of each variant", source.replications);
    let seed = format!("seed {}", source.seed);
    let catalogues = source.catalogues.iter().map(|(name, date)| format!("{name} of {date}"));
    [version, simulated, Some(runs), Some(seed)].into_iter().flatten().chain(catalogues).collect()
}
