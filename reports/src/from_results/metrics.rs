//! Which metrics a report's table shows, and under which names.
//!
//! With one service its metrics stand by themselves; with several each has its own, named after the service.

use indexmap::IndexMap;
use scenarios::results::{Analysis, Results};
use sim_core::metrics::{self as simulated, Comparison, Row};

use crate::data::{self, AMONG_FAILURES, Better, COST_PER_MONTH, Estimate, LATENCY_P99, Metric, Unit};

/// One column of the table: where its number comes from.
struct Key {
    /// The key in the report.
    key: String,
    label: String,
    /// The service or cluster, where there are several.
    subject: String,
    /// Service or cluster; empty for the variant as a whole, none for whichever the variant has.
    owner: Option<String>,
    metric: String,
    unit: Unit,
    better: Better,
    headline: bool,
}

/// All columns.
pub(super) struct Keys {
    keys: Vec<Key>,
    /// More than one service: what one number per variant is drawn from is the worst of them.
    several: bool,
}

/// What charts draw one number of per variant, and what it is called where it is the worst of several services'.
const WORST: [(&str, &str, &str, Unit); 2] = [
    ("latency.p99", LATENCY_P99, "p99 of the slowest service", Unit::Seconds),
    ("errors.total", "errors_total", "Errors of the worst service", Unit::Share),
];

type Template = (&'static str, &'static str, Unit, Better, bool);

/// The names by which charts find the numbers they draw.
const NAMES: [(&str, &str); 2] = [("latency.p99", LATENCY_P99), ("cost.month", COST_PER_MONTH)];

const OF_SERVICES: &[Template] = &[
    ("latency.p50", "p50", Unit::Seconds, Better::Lower, true),
    ("latency.p95", "p95", Unit::Seconds, Better::Lower, true),
    ("latency.p99", "p99", Unit::Seconds, Better::Lower, true),
    ("errors.total", "Errors", Unit::Share, Better::Lower, true),
    ("objective.attainment", "In time", Unit::Share, Better::Higher, false),
    ("latency.p90", "p90", Unit::Seconds, Better::Lower, false),
    ("latency.p99.9", "p99.9", Unit::Seconds, Better::Lower, false),
    ("latency.ok.mean", "Mean latency of successes", Unit::Seconds, Better::Lower, false),
    ("latency.ok.max", "Largest latency of a success", Unit::Seconds, Better::Lower, false),
    ("throughput.offered", "Requests per second", Unit::PerSecond, Better::Neither, false),
    ("throughput.ok", "Successes per second", Unit::PerSecond, Better::Higher, false),
    ("attempts.mean", "Attempts per request", Unit::Count, Better::Lower, false),
    ("errors.timed_out", "Timed out", Unit::Share, Better::Lower, false),
    ("errors.rejected", "Rejected (queue full)", Unit::Share, Better::Lower, false),
    ("errors.unavailable", "Unavailable (no target)", Unit::Share, Better::Lower, false),
    ("errors.throttled", "Throttled", Unit::Share, Better::Lower, false),
    (
        "errors.throttled.account_concurrency",
        "Throttled: account's concurrency",
        Unit::Share,
        Better::Lower,
        false,
    ),
    (
        "errors.throttled.reserved_concurrency",
        "Throttled: reserved concurrency",
        Unit::Share,
        Better::Lower,
        false,
    ),
    ("errors.throttled.scaling_rate", "Throttled: scaling rate", Unit::Share, Better::Lower, false),
    ("errors.throttled.request_rate", "Throttled: request rate", Unit::Share, Better::Lower, false),
    ("errors.failed", "Replica lost", Unit::Share, Better::Lower, false),
    ("errors.function_timeout", "Function timeout", Unit::Share, Better::Lower, false),
    ("errors.gateway_timeout", "Gateway timeout", Unit::Share, Better::Lower, false),
    ("errors.unfinished", "Unfinished", Unit::Share, Better::Lower, false),
    ("cold_start.share", "Cold starts", Unit::Share, Better::Lower, false),
    ("replicas.mean", "Replicas", Unit::Count, Better::Neither, false),
    ("replicas.max", "Most replicas", Unit::Count, Better::Neither, false),
    ("environments.mean", "Environments", Unit::Count, Better::Neither, false),
    ("environments.max", "Most environments", Unit::Count, Better::Neither, false),
    ("concurrency.mean", "Requests being served", Unit::Count, Better::Neither, false),
    ("queue.mean", "Requests waiting", Unit::Count, Better::Lower, false),
    ("cpu.utilization.reserved", "CPU of reserved", Unit::Share, Better::Neither, false),
    ("cpu.utilization.capacity", "CPU of paid", Unit::Share, Better::Neither, false),
    ("memory.utilization.reserved", "Memory of reserved", Unit::Share, Better::Neither, false),
    ("memory.utilization.capacity", "Memory of paid", Unit::Share, Better::Neither, false),
    (
        "cold_start.functions.p75",
        "Cold starts of the 75th percentile function",
        Unit::Share,
        Better::Lower,
        false,
    ),
    ("memory.idle", "Idle memory, GiB", Unit::Count, Better::Lower, false),
    ("scaling.actions.service", "Service scaling actions", Unit::Count, Better::Neither, false),
];

const OF_CLUSTERS: &[Template] = &[
    ("instances.mean", "Instances", Unit::Count, Better::Neither, false),
    ("instances.max", "Most instances", Unit::Count, Better::Neither, false),
    ("cpu.utilization.capacity", "CPU of instances", Unit::Share, Better::Neither, false),
    ("cpu.reservation", "CPU reserved of instances", Unit::Share, Better::Neither, false),
    ("memory.reservation", "Memory reserved of instances", Unit::Share, Better::Neither, false),
    ("scaling.actions.cluster", "Cluster scaling actions", Unit::Count, Better::Neither, false),
];

const OF_VARIANT: &[Template] = &[
    ("cost.month", "Cost per month", Unit::Dollars, Better::Lower, true),
    ("cost.per_million_ok", "Cost per million successes", Unit::Dollars, Better::Lower, true),
    ("cost.per_million", "Cost per million requests", Unit::Dollars, Better::Lower, false),
    ("cost.hour", "Cost per hour", Unit::Dollars, Better::Lower, false),
];

/// Services or clusters with these names are shown apart; beyond it a table would have hundreds of columns.
const SUBJECTS: usize = 4;

impl Keys {
    /// The columns for results with such services and clusters.
    pub(super) fn of(results: &Results) -> Keys {
        let fleets = || results.manifest.variants.iter().map(|variant| &variant.fleet);
        let services = distinct(fleets().flat_map(|fleet| fleet.services.keys()));
        let objective = fleets().any(|fleet| fleet.services.values().any(|it| it.objective().is_some()));
        let groups =
            results.variants.iter().flat_map(|variant| &variant.records).flat_map(|it| it.clusters.keys());
        let clusters = distinct(groups);
        let bounded = bounded(results);
        let several = services.len() > 1;
        let mut keys: Vec<Key> = Vec::new();
        let unlisted = bounded.iter().filter(|metric| !OF_SERVICES.iter().any(|it| it.0 == metric.as_str()));
        for metric in unlisted {
            keys.extend(services.iter().take(SUBJECTS).map(|owner| of_percentile(metric, owner, several)));
        }
        for (owners, templates) in [(services, OF_SERVICES), (clusters, OF_CLUSTERS)] {
            let several = owners.len() > 1;
            for owner in owners.into_iter().take(SUBJECTS) {
                let shown = templates.iter().filter(|it| objective || it.0 != "objective.attainment");
                keys.extend(shown.map(|template| key(template, Some(owner.clone()), several)));
            }
        }
        lead_with(&mut keys, &bounded);
        let mut of_variant = OF_VARIANT.iter().map(|template| key(template, Some(String::new()), false));
        // What it costs stands first: on a phone one sees no more than the first columns.
        keys.splice(0..0, of_variant.next());
        keys.extend(of_variant);
        Keys { keys, several }
    }

    pub(super) fn metrics(&self) -> Vec<Metric> {
        let metric = |key: &Key| Metric {
            key: key.key.clone(),
            label: key.label.clone(),
            subject: key.subject.clone(),
            unit: key.unit,
            better: key.better,
            headline: key.headline,
        };
        let worst = WORST.iter().filter(|_| self.several).map(|(_, key, label, unit)| Metric {
            key: (*key).into(),
            label: (*label).into(),
            unit: *unit,
            better: Better::Lower,
            ..Metric::default()
        });
        self.keys.iter().map(metric).chain(worst).collect()
    }

    /// The numbers of one variant.
    pub(super) fn values(&self, rows: &[Row]) -> IndexMap<String, Estimate> {
        let value = |key: &Key| {
            let row = rows.iter().find(|row| key.is(&row.owner, &row.metric))?;
            Some((key.key.clone(), estimate(&row.estimate)))
        };
        let worst = WORST.iter().filter(|_| self.several).filter_map(|(metric, key, ..)| {
            let of_services = rows.iter().filter(|row| row.metric == *metric).map(|row| &row.estimate);
            // One without a number, because it lies among the failures, is worse than any with one.
            let size = |it: &simulated::Estimate| if it.value.is_nan() { f64::INFINITY } else { it.value };
            let worst = of_services.max_by(|a, b| size(a).total_cmp(&size(b)))?;
            Some(((*key).to_owned(), estimate(worst)))
        });
        self.keys.iter().filter_map(value).chain(worst).collect()
    }

    /// The objective, where all services have one and the same.
    pub(super) fn objective(&self, results: &Results) -> Option<data::Objective> {
        let variants = &results.manifest.variants;
        let mut objectives = variants.iter().flat_map(scenarios::results::VariantManifest::objectives);
        let (service, objective) = objectives.next()?;
        if objectives.any(|(_, other)| other != objective) {
            return None;
        }
        let text = objective.to_string();
        let metric = format!("latency.{}", objective.percentile());
        let key = self.keys.iter().find(|key| key.is(service, &metric));
        let metric = key.map_or(metric.replace('.', "_"), |key| key.key.clone());
        Some(data::Objective { text, metric, limit: objective.limit.seconds() })
    }

    /// The paired differences in the columns.
    pub(super) fn comparisons(&self, analysis: &Analysis, labels: &[String]) -> Vec<data::Comparison> {
        let name = |index: usize| labels[index].clone();
        let of = |pair: &scenarios::results::Pair, row: &Comparison| {
            let key = self.keys.iter().find(|key| key.is(&row.owner, &row.metric))?;
            Some(data::Comparison {
                variant: name(pair.variant),
                baseline: name(pair.baseline),
                metric: key.key.clone(),
                difference: estimate(&row.difference),
                relative: relative(&row.ratio),
            })
        };
        let pairs = analysis.pairs.iter();
        pairs.flat_map(|pair| pair.rows.iter().filter_map(move |row| of(pair, row))).collect()
    }
}

impl Key {
    fn is(&self, owner: &str, metric: &str) -> bool {
        self.metric == metric && self.owner.as_deref().is_none_or(|mine| mine == owner)
    }
}

fn key(template: &Template, owner: Option<String>, several: bool) -> Key {
    let (metric, label, unit, better, headline) = *template;
    let known = NAMES.iter().find(|(of, _)| *of == metric).map(|(_, name)| (*name).to_owned());
    let plain = known.unwrap_or_else(|| metric.replace('.', "_"));
    let named = owner.clone().filter(|owner| !owner.is_empty());
    let (key, subject) = match named {
        Some(owner) if several => (format!("{plain}:{owner}"), owner),
        // Clusters and services have metrics of the same name.
        Some(owner) if metric.starts_with("cpu.utilization") && label.ends_with("instances") => {
            (format!("{plain}:{owner}"), String::new())
        }
        _ => (plain, String::new()),
    };
    let (label, metric) = (label.to_owned(), metric.to_owned());
    Key { key, label, subject, owner, metric, unit, better, headline }
}

/// The quantiles that objectives bound: `latency.p99.9`.
fn bounded(results: &Results) -> Vec<String> {
    let bounded = results.manifest.bounded();
    bounded.iter().map(|objective| format!("latency.{}", objective.percentile())).collect()
}

/// The column of a percentile that no column is there for unless an objective bounds it: `latency.p98`.
fn of_percentile(metric: &str, owner: &str, several: bool) -> Key {
    let template = ("latency.", "", Unit::Seconds, Better::Lower, true);
    let place = key(&template, Some(owner.to_owned()), several);
    let label = metric.trim_start_matches("latency.").to_owned();
    let plain = metric.replace('.', "_");
    let key = if several { format!("{plain}:{owner}") } else { plain };
    Key { key, label, metric: metric.to_owned(), ..place }
}

/// Puts the quantiles that objectives bound first among the headlines, in place of the p95 that nobody asked for.
fn lead_with(keys: &mut [Key], bounded: &[String]) {
    let is_bounded = |key: &Key| bounded.contains(&key.metric);
    let other = bounded.iter().any(|metric| !["latency.p50", "latency.p99"].contains(&metric.as_str()));
    for key in keys.iter_mut() {
        key.headline |= is_bounded(key);
        key.headline &= key.metric != "latency.p95" || !other || is_bounded(key);
    }
    keys.sort_by_key(|key| !is_bounded(key));
}

/// What each service has to hold, where there are several.
pub(super) fn objectives(results: &Results) -> IndexMap<String, String> {
    let variants = &results.manifest.variants;
    let objectives = variants.iter().flat_map(scenarios::results::VariantManifest::objectives);
    let all: IndexMap<String, String> =
        objectives.map(|(service, objective)| (service.to_owned(), objective.to_string())).collect();
    if all.len() > 1 { all } else { IndexMap::new() }
}

fn distinct<'n>(names: impl Iterator<Item = &'n String>) -> Vec<String> {
    let mut list: Vec<String> = Vec::new();
    for name in names {
        if !list.contains(name) {
            list.push(name.clone());
        }
    }
    list
}

/// A number as reports have it: infinite and unknown ones are blank, with the reason.
pub(super) fn estimate(of: &simulated::Estimate) -> Estimate {
    let value = of.value.is_finite().then_some(of.value);
    let half_width = of.half_width.filter(|_| value.is_some());
    let note = match of.value.is_infinite() {
        // How many failed stands in the column of errors: one footnote serves all.
        true => Some(AMONG_FAILURES.to_owned()),
        false => of.note.clone(),
    };
    Estimate { value, half_width, n: of.n, note }
}

fn relative(ratio: &simulated::Ratio) -> Option<Estimate> {
    let half = ratio.percent().1.map(|half| half / 100.0);
    ratio.value.is_finite().then(|| Estimate {
        value: Some(ratio.value - 1.0),
        half_width: half,
        n: ratio.n,
        note: ratio.note.clone(),
    })
}
