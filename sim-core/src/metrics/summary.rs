//! The metrics of `docs/metrics.md` by name: what each is taken of, how it is estimated, and how two variants
//! compare in it.
//!
//! A [`Metric`] is data. [`metrics`] lists them all; [`summarize`] gives a row per owner and metric of one
//! variant, [`compare`] a row per owner and metric of two.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::estimate::{Estimate, Ratio};
use super::measure::{Measure, Subject};
use super::{Confidence, Record, Sample, ServiceRecord, intervals};
use crate::cost::{Bill, month_factor};
use crate::engine::Span;
use crate::spec::Objective;

/// A metric: its name, its unit, and what it measures.
#[derive(Clone, Debug, PartialEq)]
pub struct Metric {
    /// Its name, `latency.p99`.
    pub name: String,
    /// Its unit, `s`.
    pub unit: &'static str,
    /// What it measures.
    pub measure: Measure,
}

impl Metric {
    /// Whether it has an interval over replications: a maximum has none.
    pub fn has_interval(&self) -> bool {
        !self.measure.is_maximum()
    }

    /// Whether it is taken of a variant's bill.
    pub fn is_cost(&self) -> bool {
        self.name.starts_with("cost.")
    }
}

/// Which owners a metric is taken of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Subjects {
    /// Services and functions.
    Services,
    /// Clusters.
    Clusters,
    /// The variant as a whole.
    Variant,
}

/// One number of a summary.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Row {
    /// The service or cluster; empty for the variant as a whole.
    pub owner: String,
    /// The metric's name.
    pub metric: String,
    /// Its unit.
    pub unit: String,
    /// The number.
    pub estimate: Estimate,
}

/// How two variants differ in one metric.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Comparison {
    /// The service or cluster; empty for the variant as a whole.
    pub owner: String,
    /// The metric's name.
    pub metric: String,
    /// Its unit.
    pub unit: String,
    /// The first variant less the second.
    pub difference: Estimate,
    /// The first variant by the second.
    pub ratio: Ratio,
}

/// One replication's month: its bill, and how many requests a month would have.
#[derive(Clone, Debug, PartialEq)]
pub struct MonthlyCost {
    /// The bill.
    pub bill: Bill,
    /// Requests born in a month.
    pub requests: f64,
    /// Those of them that succeed.
    pub ok: f64,
}

impl MonthlyCost {
    /// The month of a replication in which every day is like its measured window.
    pub fn of(record: &Record, bill: Bill) -> Self {
        Self::weighed(&[(1.0, record)], bill)
    }

    /// The month of a mix of days: each kind's number of days and its record, as they are in `bill`.
    pub fn weighed(days: &[(f64, &Record)], bill: Bill) -> Self {
        let all: f64 = days.iter().map(|(days, _)| days).sum();
        let month = |count: fn(&ServiceRecord) -> u64| {
            let of_day = |(days, record): &(f64, &Record)| {
                let counted = record.services.values().map(count).sum::<u64>() as f64;
                counted * month_factor(record.measured.length()) * days / all
            };
            days.iter().map(of_day).sum()
        };
        MonthlyCost { bill, requests: month(|service| service.born), ok: month(ServiceRecord::ok) }
    }
}

/// A variant: its replications in order, what each costs, and the objectives of its services.
#[derive(Clone, Copy, Debug)]
pub struct Variant<'a> {
    /// One record per replication.
    pub records: &'a [Record],
    /// One month per replication; empty where nothing was priced.
    pub costs: &'a [MonthlyCost],
    /// The latency limit of each service that has an objective.
    pub objectives: &'a BTreeMap<String, Span>,
    /// What the objectives of an experiment bound, each variant's: their percentiles are reported whichever they are.
    pub bounded: &'a [Objective],
}

/// Every metric that is taken of such subjects, in the order of `docs/metrics.md`. The lines of a bill
/// (`cost.line.NAME`) are not among them: which there are depends on the bill.
pub fn metrics(subjects: Subjects) -> Vec<Metric> {
    let list = match subjects {
        Subjects::Services => Measure::of_services(),
        Subjects::Clusters => Measure::of_clusters(),
        Subjects::Variant => Measure::of_variants(),
    };
    list.into_iter().map(|(name, unit, measure)| Metric { name, unit, measure }).collect()
}

impl<'a> Variant<'a> {
    /// Everything that metrics are taken of, as `(owner, metrics)`.
    fn subjects(&self) -> Vec<(String, Vec<Metric>)> {
        let Some(first) = self.records.first() else { return Vec::new() };
        let services = first.services.keys().map(|name| (name.clone(), self.of_services()));
        let clusters = first.clusters.keys().map(|name| (name.clone(), metrics(Subjects::Clusters)));
        let mut subjects: Vec<_> = services.chain(clusters).collect();
        if !self.costs.is_empty() {
            let mut costs = metrics(Subjects::Variant);
            costs.extend(self.items().into_iter().map(|item| Metric {
                name: format!("cost.line.{item}"),
                unit: "USD/month",
                measure: Measure::CostLine(item),
            }));
            subjects.push((String::new(), costs));
        }
        subjects
    }

    /// The metrics of a service, with the percentiles that objectives bound and that are not among them anyway.
    fn of_services(&self) -> Vec<Metric> {
        let mut list = metrics(Subjects::Services);
        for objective in self.bounded {
            let name = format!("latency.{}", objective.percentile());
            if !list.iter().any(|metric| metric.name == name) {
                let measure = Measure::Quantile { p: objective.share, of_all: true };
                let place =
                    list.iter().take_while(|metric| metric.measure.is_less_than(objective.share)).count();
                list.insert(place, Metric { name, unit: "s", measure });
            }
        }
        list
    }

    /// The items on any replication's bill.
    fn items(&self) -> Vec<String> {
        let mut items: Vec<String> = Vec::new();
        for line in self.costs.iter().flat_map(|cost| &cost.bill.lines) {
            if !items.contains(&line.item) {
                items.push(line.item.clone());
            }
        }
        items
    }

    /// One value of `metric` per replication; none where one has nothing to take it of.
    fn values(&self, owner: &str, metric: &Metric) -> Vec<Option<f64>> {
        let subject = |(index, record): (usize, &'a Record)| {
            let (cost, objective) = (self.costs.get(index), self.objectives.get(owner).copied());
            metric.measure.value(&Subject::new(record, owner, cost, objective))
        };
        let mut values: Vec<Option<f64>> = self.records.iter().enumerate().map(subject).collect();
        // A level that some replication never set was zero there; that none set is no level at all.
        if metric.measure.is_level() && values.iter().any(Option::is_some) {
            values.iter_mut().for_each(|value| *value = value.or(Some(0.0)));
        }
        values
    }

    /// The populations of a quantile.
    fn samples(&self, owner: &str, of_all: bool) -> Vec<Sample<'a>> {
        let services = self.records.iter().filter_map(|record| record.services.get(owner));
        services
            .map(|service| {
                let histogram = &service.latency;
                Sample { histogram, population: if of_all { service.born } else { histogram.count() } }
            })
            .collect()
    }

    /// The estimate of `metric`, with an interval as sure as `confidence`; none where it does not apply to `owner`.
    fn estimate(&self, owner: &str, metric: &Metric, confidence: Confidence) -> Option<Estimate> {
        if let Measure::Quantile { p, of_all } = metric.measure {
            return Some(in_seconds(confidence.quantile(&self.samples(owner, of_all), p)));
        }
        let values = self.values(owner, metric);
        let known: Vec<f64> = values.iter().flatten().copied().collect();
        if known.is_empty() && metric.measure.is_optional() {
            return None;
        }
        Some(match metric.measure.is_maximum() {
            true => intervals::maximum(&known),
            false => confidence.mean(&known),
        })
    }
}

/// Histograms hold nanoseconds.
fn in_seconds(estimate: Estimate) -> Estimate {
    let Estimate { value, half_width, n, note } = estimate;
    Estimate { value: value / 1e9, half_width: half_width.map(|half| half / 1e9), n, note }
}

/// Every metric of every service and cluster of a variant, and of the variant itself, with 95 % intervals.
pub fn summarize(variant: &Variant<'_>) -> Vec<Row> {
    rows(variant, Confidence::USUAL, |_| true)
}

/// The metric of this name, of every service, cluster or variant that has it, with intervals as sure as `confidence`.
pub fn summarize_one(variant: &Variant<'_>, metric: &str, confidence: Confidence) -> Vec<Row> {
    rows(variant, confidence, |name| name == metric)
}

fn rows(variant: &Variant<'_>, confidence: Confidence, wanted: impl Fn(&str) -> bool) -> Vec<Row> {
    let mut rows = Vec::new();
    for (owner, metrics) in variant.subjects() {
        for metric in metrics.into_iter().filter(|metric| wanted(&metric.name)) {
            if let Some(estimate) = variant.estimate(&owner, &metric, confidence) {
                let (owner, unit) = (owner.clone(), metric.unit.to_owned());
                rows.push(Row { owner, metric: metric.name, unit, estimate });
            }
        }
    }
    rows
}

/// How `a` differs from `b` in every metric that both have, paired by replication, with intervals as sure as
/// `confidence`.
pub fn compare(a: &Variant<'_>, b: &Variant<'_>, confidence: Confidence) -> Vec<Comparison> {
    differences(a, b, confidence, |_| true)
}

/// How `a` differs from `b` in the metric of this name, of every service, cluster or variant that both have it of: as
/// [`compare`], without the work of all others.
pub fn compare_one(
    a: &Variant<'_>,
    b: &Variant<'_>,
    metric: &str,
    confidence: Confidence,
) -> Vec<Comparison> {
    differences(a, b, confidence, |name| name == metric)
}

fn differences(
    a: &Variant<'_>,
    b: &Variant<'_>,
    confidence: Confidence,
    wanted: impl Fn(&str) -> bool,
) -> Vec<Comparison> {
    let mut rows = Vec::new();
    for (owner, metrics) in a.subjects() {
        let metrics = metrics.into_iter().filter(|metric| wanted(&metric.name));
        for metric in metrics.filter(|metric| !metric.measure.is_maximum()) {
            if let Some((difference, ratio)) = pair(a, b, &owner, &metric, confidence) {
                let (owner, unit) = (owner.clone(), metric.unit.to_owned());
                rows.push(Comparison { owner, metric: metric.name, unit, difference, ratio });
            }
        }
    }
    rows
}

fn pair(
    a: &Variant<'_>,
    b: &Variant<'_>,
    owner: &str,
    metric: &Metric,
    confidence: Confidence,
) -> Option<(Estimate, Ratio)> {
    if let Measure::Quantile { p, of_all } = metric.measure {
        let (a, b) = (a.samples(owner, of_all), b.samples(owner, of_all));
        let pairs = !a.is_empty() && !b.is_empty();
        return pairs.then(|| {
            let difference = in_seconds(confidence.quantile_difference(&a, &b, p));
            (difference, confidence.quantile_ratio(&a, &b, p))
        });
    }
    let pairs = a.values(owner, metric).into_iter().zip(b.values(owner, metric));
    let (a, b): (Vec<f64>, Vec<f64>) = pairs.filter_map(|(a, b)| Some((a?, b?))).unzip();
    (!a.is_empty()).then(|| (confidence.difference(&a, &b), confidence.ratio(&a, &b)))
}

#[cfg(test)]
mod tests;
