//! Paired differences from the recommended option: the headlines of the options that stand for their groups, and
//! everything else folded away. A table of all metrics of all options would bury what it is there to say.

use indexmap::IndexMap;
use serde::Serialize;

use super::comparison::{headlines, occurs};
use crate::data::{Better, COST_PER_MONTH, Comparison as Pair, Estimate, Metric, ReportData, Unit};
use crate::format::difference;

/// Paired differences.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Differences {
    /// What all are compared with; empty where that is not one option.
    baseline: String,
    /// The heads of the table of headlines.
    heads: Vec<String>,
    /// The headlines of the options that stand for their groups.
    headlines: Vec<Headlines>,
    /// Everything, pair by pair.
    all: Vec<PairRows>,
}

/// A pair's differences in the headline metrics.
#[derive(Clone, Debug, Serialize)]
struct Headlines {
    variant: String,
    baseline: String,
    cells: Vec<Option<Difference>>,
}

#[derive(Clone, Debug, Serialize)]
struct PairRows {
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

/// The most pairs in the table of headlines; all are in the other.
const MOST_PAIRS: usize = 12;

/// Paired differences: the headlines of the options that matter, and everything.
pub(super) fn differences(data: &ReportData) -> Differences {
    let mut pairs: IndexMap<(&str, &str), Vec<&Pair>> = IndexMap::new();
    for pair in &data.comparisons {
        pairs.entry((&pair.variant, &pair.baseline)).or_default().push(pair);
    }
    let known = |key: &str| data.comparisons.iter().any(|pair| pair.metric == key);
    let metrics: Vec<Metric> = headlines(data).into_iter().filter(|metric| known(&metric.key)).collect();
    // Cost per million moves as cost per month does: the traffic is the same.
    // Of several services the percentiles that no objective is about would make the table too wide to read.
    let several = metrics.iter().any(|metric| !metric.subject.is_empty());
    let is_extra = |metric: &Metric| several && ["p50", "p95"].contains(&metric.label.as_str());
    let by_month = known(COST_PER_MONTH);
    let metrics: Vec<Metric> = metrics
        .into_iter()
        .filter(|metric| metric.unit != Unit::Dollars || metric.key == COST_PER_MONTH || !by_month)
        .filter(|metric| !is_extra(metric))
        .collect();
    let any_featured = data.variants.iter().any(|variant| variant.featured);
    let stands = |name: &str| !any_featured || data.variant(name).is_some_and(|variant| variant.featured);
    let chosen = pairs.iter().filter(|((variant, _), _)| stands(variant)).take(MOST_PAIRS);
    let headlines = chosen.map(|((variant, baseline), rows)| Headlines {
        variant: (*variant).into(),
        baseline: (*baseline).into(),
        cells: metrics
            .iter()
            .map(|metric| rows.iter().find(|pair| pair.metric == metric.key).map(|pair| row(data, pair)))
            .collect(),
    });
    let headlines: Vec<Headlines> = headlines.collect();
    let first = headlines.first().map(|pair| pair.baseline.clone()).unwrap_or_default();
    let common = headlines.iter().all(|pair| pair.baseline == first);
    let baseline = if common { first } else { String::new() };
    let all = pairs.iter().map(|((variant, baseline), rows)| PairRows {
        variant: (*variant).into(),
        baseline: (*baseline).into(),
        rows: rows.iter().filter(|pair| says_something(data, pair)).map(|pair| row(data, pair)).collect(),
    });
    let all = all.filter(|pair| !pair.rows.is_empty()).collect();
    Differences { baseline, heads: metrics.iter().map(Metric::full_label).collect(), headlines, all }
}

/// Whether a difference is about something that happened to either of the two.
fn says_something(data: &ReportData, pair: &Pair) -> bool {
    let metric = data.metric(&pair.metric);
    let happened = |name: &str| data.variant(name).is_none_or(|variant| occurs(variant, &metric));
    pair.difference.finite() != Some(0.0) && (happened(&pair.variant) || happened(&pair.baseline))
}

fn row(data: &ReportData, pair: &Pair) -> Difference {
    let metric = data.metric(&pair.metric);
    let share = |relative: &Estimate| difference(Unit::Share, relative);
    let points = metric.unit == Unit::Share;
    let absolute = difference(metric.unit, &pair.difference);
    Difference {
        // A difference of shares is in points, not in percent of a share.
        absolute: if points { absolute.replace(" %", " points") } else { absolute },
        relative: pair.relative.as_ref().filter(|_| !points).map(share).unwrap_or_default(),
        reading: reading(&metric, &pair.difference),
        note: pair.difference.note.clone().unwrap_or_default(),
        metric: metric.full_label(),
    }
}

/// What a difference says, where its interval leaves zero out.
fn reading(metric: &Metric, difference: &Estimate) -> &'static str {
    let Some((low, high)) = difference.interval() else { return "" };
    if difference.finite_half_width().is_none() && low != 0.0 {
        return "no interval";
    }
    let lower = high < 0.0;
    match metric.better {
        _ if low == 0.0 && high == 0.0 => "the same",
        _ if low <= 0.0 && high >= 0.0 => "no clear difference",
        Better::Neither if lower => "lower",
        Better::Neither => "higher",
        Better::Lower if lower => "better",
        Better::Higher if !lower => "better",
        _ => "worse",
    }
}
