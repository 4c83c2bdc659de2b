//! The comparison of variants, as rows and cells that the page and the terminal both print.

use indexmap::IndexMap;
use serde::Serialize;

use crate::data::{
    Better, COST_PER_MONTH, Comparison as Pair, Estimate, Meets, Metric, ReportData, VariantSummary,
};
use crate::format::{difference, estimate};

/// How a cell stands against the others of its metric.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Mark {
    /// The best among the options that do not miss the objective.
    Best,
    /// Its interval overlaps the best one's.
    Tied,
    /// Neither.
    #[default]
    None,
}

/// A number as text.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub(crate) struct Cell {
    pub(crate) text: String,
    /// The text in three pieces, so that the page can set the noise in a lighter tone: `312`, `± 6`, `ms`.
    pieces: [String; 3],
    pub(crate) mark: Mark,
    /// Which footnote explains it, from 1; 0 for none.
    pub(crate) footnote: usize,
}

/// One variant's line.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Row {
    pub(crate) name: String,
    pub(crate) platform: String,
    pub(crate) axes: String,
    pub(crate) meets: Meets,
    pub(crate) recommended: bool,
    pub(crate) cells: Vec<Cell>,
}

/// The whole table.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Comparison {
    pub(crate) heads: Vec<String>,
    pub(crate) rows: Vec<Row>,
    pub(crate) footnotes: Vec<String>,
    pub(crate) has_objective: bool,
    pub(crate) has_best: bool,
    pub(crate) has_ties: bool,
}

impl Comparison {
    /// The headline metrics of every variant, what holds the objective first, then by cost.
    pub(crate) fn of(data: &ReportData) -> Comparison {
        Self::with_metrics(data, &headlines(data))
    }

    fn with_metrics(data: &ReportData, metrics: &[Metric]) -> Comparison {
        let ranked = ranked(data);
        let recommended = data.recommended().map(|variant| variant.name.as_str());
        let mut footnotes = Vec::new();
        let row = |variant: &&VariantSummary| Row {
            name: variant.name.clone(),
            platform: variant.platform.clone(),
            axes: axes(variant),
            meets: variant.meets,
            recommended: recommended == Some(&variant.name),
            cells: metrics.iter().map(|metric| cell(&ranked, variant, metric, &mut footnotes)).collect(),
        };
        let rows: Vec<Row> = ranked.iter().map(row).collect();
        let has_best = rows.iter().flat_map(|row| &row.cells).any(|cell| cell.mark == Mark::Best);
        let has_ties = rows.iter().flat_map(|row| &row.cells).any(|cell| cell.mark == Mark::Tied);
        let heads = metrics.iter().map(|metric| metric.label.clone()).collect();
        Comparison { heads, rows, footnotes, has_objective: data.objective.is_some(), has_best, has_ties }
    }
}

/// Every metric that any variant has: those declared, in their order, then the others.
fn all_metrics(data: &ReportData) -> Vec<Metric> {
    let mut keys: IndexMap<&str, ()> = data.metrics.iter().map(|metric| (metric.key.as_str(), ())).collect();
    keys.extend(
        data.variants.iter().flat_map(|variant| variant.metrics.keys().map(|key| (key.as_str(), ()))),
    );
    let used = |key: &&str| data.variants.iter().any(|variant| variant.metrics.contains_key(*key));
    keys.into_keys().filter(used).map(|key| data.metric(key)).collect()
}

fn headlines(data: &ReportData) -> Vec<Metric> {
    let all = all_metrics(data);
    let chosen: Vec<Metric> = all.iter().filter(|metric| metric.headline).cloned().collect();
    if chosen.is_empty() { all.into_iter().take(6).collect() } else { chosen }
}

/// Variants that hold the objective first, then by cost; without costs, as the scenario has them.
fn ranked(data: &ReportData) -> Vec<&VariantSummary> {
    let mut ranked: Vec<&VariantSummary> = data.variants.iter().collect();
    let standing = |variant: &VariantSummary| match variant.meets {
        Meets::Yes => 0,
        Meets::Unclear => 1,
        Meets::No => 2,
    };
    let cost = |variant: &VariantSummary| variant.value(COST_PER_MONTH).unwrap_or(f64::INFINITY);
    ranked.sort_by(|a, b| standing(a).cmp(&standing(b)).then(cost(a).total_cmp(&cost(b))));
    ranked
}

fn axes(variant: &VariantSummary) -> String {
    let axes: Vec<String> =
        variant.axes.iter().map(|(setting, value)| format!("{setting} = {value}")).collect();
    axes.join(", ")
}

fn cell(
    ranked: &[&VariantSummary],
    variant: &VariantSummary,
    metric: &Metric,
    footnotes: &mut Vec<String>,
) -> Cell {
    let Some(number) = variant.metrics.get(&metric.key) else {
        let text = crate::format::MISSING;
        return Cell { text: text.into(), pieces: pieces(text), ..Cell::default() };
    };
    let footnote = number.note.as_ref().map_or(0, |note| {
        footnotes.iter().position(|known| known == note).unwrap_or_else(|| {
            footnotes.push(note.clone());
            footnotes.len() - 1
        }) + 1
    });
    let text = estimate(metric.unit, number);
    Cell { pieces: pieces(&text), text, mark: mark(ranked, variant, metric), footnote }
}

/// `312 ± 6 ms` as number, noise and unit; without noise all of it is the number.
fn pieces(text: &str) -> [String; 3] {
    let Some((number, rest)) = text.split_once(" ± ") else {
        return [text.to_owned(), String::new(), String::new()];
    };
    let (half, unit) = rest.split_once(' ').unwrap_or((rest, ""));
    [number.to_owned(), format!("± {half}"), unit.to_owned()]
}

/// Where a variant stands on a metric among those that do not miss the objective. A star for the cheapest option that
/// nobody could use would mislead.
fn mark(ranked: &[&VariantSummary], variant: &VariantSummary, metric: &Metric) -> Mark {
    let usable = |other: &VariantSummary| other.meets != Meets::No;
    let field = || ranked.iter().filter(|other| usable(other));
    let number = |other: &VariantSummary| other.metrics.get(&metric.key).and_then(Estimate::interval);
    let size = |other: &VariantSummary| match metric.better {
        Better::Higher => other.value(&metric.key).map(|value| -value),
        _ => other.value(&metric.key),
    };
    let rivals = field().filter(|other| size(other).is_some()).count();
    let best = field().filter_map(|other| Some((size(other)?, *other))).min_by(|a, b| a.0.total_cmp(&b.0));
    let (Some((least, best)), Some(own)) = (best, size(variant)) else { return Mark::None };
    if metric.better == Better::Neither || rivals < 2 || !usable(variant) {
        return Mark::None;
    }
    let overlap = match (number(best), number(variant)) {
        (Some(a), Some(b)) => a.0 <= b.1 && b.0 <= a.1,
        _ => false,
    };
    let all_equal = field().filter_map(|other| size(other)).all(|value| value == least);
    match () {
        () if all_equal => Mark::None,
        () if own == least => Mark::Best,
        () if overlap => Mark::Tied,
        () => Mark::None,
    }
}

/// Every metric of every variant, a row per metric.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Full {
    variants: Vec<String>,
    rows: Vec<(String, Vec<Cell>)>,
    footnotes: Vec<String>,
}

/// The full table.
pub(super) fn full(data: &ReportData) -> Full {
    let metrics = all_metrics(data);
    let table = Comparison::with_metrics(data, &metrics);
    let column = |index: usize| table.rows.iter().map(|row| row.cells[index].clone()).collect();
    let rows =
        metrics.iter().enumerate().map(|(index, metric)| (metric.label.clone(), column(index))).collect();
    Full {
        variants: table.rows.iter().map(|row| row.name.clone()).collect(),
        rows,
        footnotes: table.footnotes,
    }
}

/// The differences of one pair of variants.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Differences {
    variant: String,
    baseline: String,
    rows: Vec<Difference>,
}

#[derive(Clone, Debug, Serialize)]
struct Difference {
    metric: String,
    absolute: String,
    relative: String,
    reading: &'static str,
    note: String,
}

/// Paired differences, grouped by pair.
pub(super) fn differences(data: &ReportData) -> Vec<Differences> {
    let mut pairs: IndexMap<(&str, &str), Vec<Difference>> = IndexMap::new();
    for pair in &data.comparisons {
        pairs.entry((&pair.variant, &pair.baseline)).or_default().push(row(data, pair));
    }
    let grouped = pairs.into_iter();
    grouped
        .map(|((variant, baseline), rows)| Differences {
            variant: variant.into(),
            baseline: baseline.into(),
            rows,
        })
        .collect()
}

fn row(data: &ReportData, pair: &Pair) -> Difference {
    let metric = data.metric(&pair.metric);
    let share = |relative: &Estimate| difference(crate::data::Unit::Share, relative);
    Difference {
        absolute: difference(metric.unit, &pair.difference),
        relative: pair.relative.as_ref().map(share).unwrap_or_default(),
        reading: reading(&metric, &pair.difference),
        note: pair.difference.note.clone().unwrap_or_default(),
        metric: metric.label,
    }
}

/// What a difference says, where its interval leaves zero out.
fn reading(metric: &Metric, difference: &Estimate) -> &'static str {
    let Some((low, high)) = difference.interval() else { return "" };
    if difference.finite_half_width().is_none() {
        return "no interval";
    }
    let lower = high < 0.0;
    match metric.better {
        _ if low <= 0.0 && high >= 0.0 => "no clear difference",
        Better::Neither if lower => "lower",
        Better::Neither => "higher",
        Better::Lower if lower => "better",
        Better::Higher if !lower => "better",
        _ => "worse",
    }
}
