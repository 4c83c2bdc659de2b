//! The smaller parts of the page: key numbers, figures, decisions, where the numbers come from.

use indexmap::IndexMap;
use serde::Serialize;

use crate::chart::{Chart, Table, drawn};
use crate::data::{
    COST_PER_MONTH, Crossing, Decision, LATENCY_P99, Meets, ReportData, Sweep, Unit, VariantSummary,
};
use crate::format::{clock_time, difference, estimate, value, whole};

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

/// The key numbers: those of the recommended option, where options overtake each other along the workload, or the two
/// ends of the trade-off where there is neither.
pub(super) fn tiles(data: &ReportData) -> Vec<Tile> {
    match data.recommended() {
        Some(variant) => recommended_tiles(data, variant),
        None if data.workloads().len() > 1 => break_evens(data),
        None => [("Cheapest", COST_PER_MONTH), ("Fastest", data.tail().key.as_str())]
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
    let bounded = data.objective.as_ref().filter(|objective| variant.value(&objective.metric).is_some());
    let (key, note) = bounded.map_or((LATENCY_P99, String::new()), |objective| {
        (objective.metric.as_str(), format!("objective {}", objective.text))
    });
    let label = data.metric(key).label;
    let label = if label.contains(' ') { label } else { format!("{label} latency") };
    let latency = number(key, Unit::Seconds).map(|value| Tile { label, value, note });
    [Some(name), cost, latency, runner_up(data, variant)].into_iter().flatten().collect()
}

/// What the cheapest option of another group that holds the objective too costs beside the recommended one.
fn runner_up(data: &ReportData, best: &VariantSummary) -> Option<Tile> {
    let rival = |variant: &&VariantSummary| {
        variant.meets != Meets::No
            && variant.name != best.name
            && variant.colour_group() != best.colour_group()
    };
    let pair = |variant: &VariantSummary| {
        let pair = data.comparisons.iter().find(|pair| {
            pair.metric == COST_PER_MONTH && pair.variant == variant.name && pair.baseline == best.name
        })?;
        Some((variant.meets, variant.value(COST_PER_MONTH)?, variant.name.clone(), pair.relative.clone()?))
    };
    let holds = |meets: Meets| meets != Meets::Yes;
    let (_, _, name, relative) = data
        .variants
        .iter()
        .filter(rival)
        .filter_map(pair)
        .min_by(|a, b| holds(a.0).cmp(&holds(b.0)).then(a.1.total_cmp(&b.1)))?;
    let label = format!("{name} costs");
    let value = match relative.finite() {
        Some(0.0) => "the same".into(),
        _ => difference(Unit::Share, &relative),
    };
    Some(Tile { label, value, note: "paired difference".into() })
}

/// Where one option becomes cheaper than another.
fn break_evens(data: &ReportData) -> Vec<Tile> {
    let of = |sweep: &Sweep| -> Vec<Tile> {
        let crossings = sweep.crossings.iter().filter(|crossing| crossing.metric == COST_PER_MONTH);
        let tile = |crossing: &Crossing| Tile {
            label: format!("{} is cheaper than {} from", crossing.above, crossing.below),
            value: value(sweep.unit, crossing.at),
            note: "break-even of cost".into(),
        };
        crossings.map(tile).collect()
    };
    data.sweeps.iter().flat_map(of).take(4).collect()
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

/// Decisions by variant, in the scenario's order of variants; of many variants those that are drawn.
pub(super) fn decisions(data: &ReportData) -> Vec<Decisions> {
    let mut groups: IndexMap<&str, Vec<&Decision>> = IndexMap::new();
    let drawn = drawn(data);
    let position =
        |decision: &&Decision| data.variants.iter().position(|variant| variant.name == decision.variant);
    let mut ordered: Vec<&Decision> =
        data.decisions.iter().filter(|it| drawn.contains(&it.variant.as_str())).collect();
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
    let merged = merged(data, group);
    // What changed a number is what a reader looks for; placements follow from it.
    let mut kept: Vec<usize> = (0..merged.len()).collect();
    kept.sort_by_key(|index| merged[*index].1.after.is_empty());
    kept.truncate(listed);
    kept.sort_unstable();
    let row = |index: usize| {
        let (alike, decision) = &merged[index];
        let Decision { owner, kind, before, after, reason, .. } = (*decision).clone();
        let reason = match alike {
            1 => reason,
            more => format!("{reason} (and {} more like it)", whole(*more - 1)),
        };
        [clock_time(data.clock, decision.time), owner, kind, before, after, reason]
    };
    let shown: u64 = kept.iter().map(|index| merged[*index].0).sum();
    let more = group.len() as u64 - shown;
    Decisions {
        variant: variant.into(),
        total: whole(group.len() as u64),
        kinds: kinds.join(", "),
        omitted: if more == 0 { String::new() } else { whole(more) },
        rows: kept.into_iter().map(row).collect(),
    }
}

/// Placements of one owner at one moment as one row with their number: a service that grows by thirty tasks is one
/// event to a reader. What waits for room is kept apart from what found some.
fn merged<'d>(data: &ReportData, group: &[&'d Decision]) -> Vec<(u64, &'d Decision)> {
    let moment = |it: &Decision| clock_time(data.clock, it.time);
    let waits = |it: &Decision| it.reason.contains(" waits: ");
    let mut rows: Vec<(u64, &Decision)> = Vec::new();
    for decision in group {
        let same = |row: &&mut (u64, &'d Decision)| {
            let last = row.1;
            decision.after.is_empty()
                && last.after.is_empty()
                && (&last.owner, &last.kind) == (&decision.owner, &decision.kind)
                && waits(last) == waits(decision)
                && moment(last) == moment(decision)
        };
        match rows.last_mut().filter(same) {
            Some(row) => row.0 += 1,
            None => rows.push((1, decision)),
        }
    }
    rows
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
