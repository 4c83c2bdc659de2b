//! The comparison of variants, as rows and cells that the page and the terminal both print.

use indexmap::IndexMap;
use serde::Serialize;

use crate::data::{
    Better, COST_PER_MONTH, Comparison as Pair, Estimate, Meets, Metric, ReportData, VariantSummary,
};
use crate::format::estimate;

/// How a cell stands against the others of its metric.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Mark {
    /// The best among the options that do not miss the objective.
    Best,
    /// Noise does not tell it from the best one: the interval of their difference holds zero, or where they are no pair,
    /// their intervals overlap.
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

/// One variant's rows.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Row {
    pub(crate) name: String,
    /// The group's part of the name, and the rest of it.
    head: String,
    detail: String,
    pub(crate) platform: String,
    /// The settings in full, for who wants to know.
    title: String,
    pub(crate) recommended: bool,
    /// A line for each service; one where there is one service.
    pub(crate) lines: Vec<Line>,
    /// What is not about one service, where there are several.
    pub(crate) shared: Vec<Cell>,
}

/// One service of one variant.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Line {
    /// Empty where there is one service.
    pub(crate) service: String,
    objective: String,
    pub(crate) meets: Meets,
    pub(crate) cells: Vec<Cell>,
}

/// The variants under one workload.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Group {
    /// Empty where there is one workload.
    pub(crate) workload: String,
    pub(crate) rows: Vec<Row>,
    /// How many more there are, further down the ranking.
    pub(crate) omitted: usize,
}

/// The whole table.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Comparison {
    pub(crate) heads: Vec<String>,
    /// The heads of what is not about one service, where there are several.
    pub(crate) shared_heads: Vec<String>,
    pub(crate) groups: Vec<Group>,
    /// What runs under each name, where that is the same for all of the name: said once below the table.
    platforms: Vec<(String, String)>,
    columns: usize,
    pub(crate) footnotes: Vec<String>,
    pub(crate) has_services: bool,
    pub(crate) has_objective: bool,
    pub(crate) has_best: bool,
    pub(crate) has_ties: bool,
}

impl Comparison {
    /// The headline metrics of every variant: the recommended one, then what holds the objective, by cost.
    pub(crate) fn of(data: &ReportData) -> Comparison {
        let metrics = headlines(data);
        let mut subjects: Vec<&str> = metrics.iter().map(|metric| metric.subject.as_str()).collect();
        subjects.retain(|subject| !subject.is_empty());
        let mut distinct: Vec<&str> = Vec::new();
        subjects.into_iter().for_each(|it| {
            if !distinct.contains(&it) {
                distinct.push(it);
            }
        });
        let table = Table { data, metrics: &metrics, subjects: &distinct };
        let mut footnotes = Vec::new();
        let workloads = data.workloads().into_iter();
        let groups: Vec<Group> = workloads.map(|workload| table.group(workload, &mut footnotes)).collect();
        let cells = || groups.iter().flat_map(|group| &group.rows).flat_map(Row::cells);
        let (has_best, has_ties) =
            (cells().any(|cell| cell.mark == Mark::Best), cells().any(|cell| cell.mark == Mark::Tied));
        let heads = |of: Vec<&Metric>| -> Vec<String> { of.iter().map(|it| it.label.clone()).collect() };
        let (heads, shared_heads) =
            (heads(table.of_line(distinct.first().copied().unwrap_or(""))), heads(table.of_row()));
        let (has_services, has_objective) = (!distinct.is_empty(), data.has_objective());
        let columns =
            1 + usize::from(has_services) + usize::from(has_objective) + heads.len() + shared_heads.len();
        let platforms = platforms(data);
        Comparison {
            heads,
            shared_heads,
            groups,
            platforms,
            columns,
            footnotes,
            has_services,
            has_objective,
            has_best,
            has_ties,
        }
    }

    /// All rows, whatever their workload.
    pub(crate) fn rows(&self) -> impl Iterator<Item = &Row> {
        self.groups.iter().flat_map(|group| &group.rows)
    }
}

impl Row {
    fn cells(&self) -> impl Iterator<Item = &Cell> {
        self.lines.iter().flat_map(|line| &line.cells).chain(&self.shared)
    }
}

/// Beyond this many options under one workload the last of the ranking are only in the full table.
const MOST_ROWS: usize = 16;

/// What a table is made of.
struct Table<'a> {
    data: &'a ReportData,
    metrics: &'a [Metric],
    /// The services that have lines of their own; none where there is one service.
    subjects: &'a [&'a str],
}

impl Table<'_> {
    /// The metrics in the line of a service.
    fn of_line(&self, subject: &str) -> Vec<&Metric> {
        self.metrics.iter().filter(|metric| metric.subject == subject).collect()
    }

    /// The metrics that stand once for all services.
    fn of_row(&self) -> Vec<&Metric> {
        if self.subjects.is_empty() { Vec::new() } else { self.of_line("") }
    }

    fn group(&self, workload: &str, footnotes: &mut Vec<String>) -> Group {
        let ranked = ranked(self.data, workload);
        let place = |variant: &VariantSummary| ranked.iter().position(|other| other.name == variant.name);
        let shown = |variant: &&&VariantSummary| {
            ranked.len() <= MOST_ROWS || variant.featured || place(variant).is_some_and(|at| at < MOST_ROWS)
        };
        let rows: Vec<Row> =
            ranked.iter().filter(shown).map(|variant| self.row(&ranked, variant, footnotes)).collect();
        Group { workload: workload.to_owned(), omitted: ranked.len() - rows.len(), rows }
    }

    fn row(&self, ranked: &[&VariantSummary], variant: &VariantSummary, footnotes: &mut Vec<String>) -> Row {
        let mut cells = |metrics: Vec<&Metric>| -> Vec<Cell> {
            metrics.into_iter().map(|metric| cell(self.data, ranked, variant, metric, footnotes)).collect()
        };
        let one = [""];
        let subjects = if self.subjects.is_empty() { &one[..] } else { self.subjects };
        let line = |subject: &&str| Line {
            service: (*subject).to_owned(),
            objective: self.data.objectives.get(*subject).cloned().unwrap_or_default(),
            meets: variant.services.get(*subject).copied().unwrap_or(variant.meets),
            cells: cells(self.of_line(subject)),
        };
        let lines = subjects.iter().map(line).collect();
        let rest = variant.name.strip_prefix(variant.group.as_str()).filter(|rest| rest.starts_with(" ("));
        let detail = rest.map(|rest| rest.trim_start_matches(" (").trim_end_matches(')')).unwrap_or_default();
        Row {
            name: variant.name.clone(),
            head: if detail.is_empty() { variant.name.clone() } else { variant.group.clone() },
            // Breaks only between settings.
            detail: detail.split(", ").map(|part| part.replace(' ', "\u{A0}")).collect::<Vec<_>>().join(", "),
            platform: variant.platform.clone(),
            title: [axes(variant), variant.platform.clone()].join("\n").trim().to_owned(),
            recommended: self.data.recommended().is_some_and(|best| best.name == variant.name),
            lines,
            shared: cells(self.of_row()),
        }
    }
}

/// What runs under each group's name: what all its variants have in common.
fn platforms(data: &ReportData) -> Vec<(String, String)> {
    let mut groups: IndexMap<&str, Vec<&str>> = IndexMap::new();
    for variant in &data.variants {
        let common = groups.entry(variant.colour_group());
        let parts: Vec<&str> = variant.platform.split(", ").collect();
        common.and_modify(|known| known.retain(|part| parts.contains(part))).or_insert(parts);
    }
    let mut all = groups.values();
    if let (Some(first), true) = (all.next(), groups.len() > 1)
        && all.all(|parts| parts == first)
    {
        return vec![("All options".into(), first.join(", "))];
    }
    let said = groups.into_iter().map(|(group, parts)| (group.to_owned(), parts.join(", ")));
    said.filter(|(group, parts)| !parts.is_empty() && parts != group).collect()
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

pub(super) fn headlines(data: &ReportData) -> Vec<Metric> {
    let all = all_metrics(data);
    let chosen: Vec<Metric> = all.iter().filter(|metric| metric.headline).cloned().collect();
    if chosen.is_empty() { all.into_iter().take(6).collect() } else { chosen }
}

/// The variants under one workload: the recommended one, then those that hold the objective, by cost; without costs,
/// as the scenario has them.
fn ranked<'d>(data: &'d ReportData, workload: &str) -> Vec<&'d VariantSummary> {
    let mut ranked: Vec<&VariantSummary> =
        data.variants.iter().filter(|variant| variant.workload == workload).collect();
    let recommended = data.recommended().map(|variant| variant.name.as_str());
    let standing = |variant: &VariantSummary| match variant.meets {
        _ if recommended == Some(&variant.name) => 0,
        Meets::Yes => 1,
        Meets::Unclear => 2,
        Meets::No => 3,
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
    data: &ReportData,
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
    Cell { pieces: pieces(&text), text, mark: mark(data, ranked, variant, metric), footnote }
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
fn mark(data: &ReportData, ranked: &[&VariantSummary], variant: &VariantSummary, metric: &Metric) -> Mark {
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
    let overlap =
        paired(data, best, variant, metric).map_or(overlap, |(low, high)| low <= 0.0 && high >= 0.0);
    let all_equal = field().filter_map(|other| size(other)).all(|value| value == least);
    match () {
        () if all_equal => Mark::None,
        () if own == least => Mark::Best,
        () if overlap => Mark::Tied,
        () => Mark::None,
    }
}

/// The interval of the paired difference of two variants, where they are a pair: common luck cancels in it, so it tells
/// more than whether their intervals overlap.
fn paired(data: &ReportData, a: &VariantSummary, b: &VariantSummary, metric: &Metric) -> Option<(f64, f64)> {
    let are = |pair: &Pair, one: &VariantSummary, other: &VariantSummary| {
        pair.variant == one.name && pair.baseline == other.name
    };
    let pair =
        data.comparisons.iter().find(|it| it.metric == metric.key && (are(it, a, b) || are(it, b, a)))?;
    pair.difference.finite_half_width()?;
    pair.difference.interval()
}

/// Every metric of every variant, a row per metric.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Full {
    variants: Vec<String>,
    rows: Vec<(String, Vec<Cell>)>,
    footnotes: Vec<String>,
}

/// The full table, without what never happened to anybody.
pub(super) fn full(data: &ReportData) -> Full {
    let groups: Vec<Vec<&VariantSummary>> =
        data.workloads().into_iter().map(|workload| ranked(data, workload)).collect();
    let mut footnotes = Vec::new();
    let mut row = |metric: &Metric| -> (String, Vec<Cell>) {
        let mut cells = Vec::new();
        for group in &groups {
            cells.extend(group.iter().map(|variant| cell(data, group, variant, metric, &mut footnotes)));
        }
        (metric.full_label(), cells)
    };
    let happened = |metric: &Metric| data.variants.iter().any(|variant| occurs(variant, metric));
    let rows = all_metrics(data).iter().filter(|metric| happened(metric)).map(&mut row).collect();
    let variants = groups.iter().flatten().map(|variant| variant.name.clone()).collect();
    Full { variants, rows, footnotes }
}

/// Whether a variant's metric is anything but zero or unknown.
pub(super) fn occurs(variant: &VariantSummary, metric: &Metric) -> bool {
    variant.metrics.get(&metric.key).is_some_and(|it| it.finite().is_none_or(|value| value != 0.0))
}
