//! What happened: series, distributions, latency parts, decisions.

use scenarios::results::{Results, SeriesRow, VariantResults, merged};
use sim_core::metrics::{FunctionsRecord, Gauge, Part, Record, ServiceRecord};

use crate::data::{self, ColdStarts, Column, LatencyParts, PartMean, VariantSeries};

/// The most decisions that one report lists.
const DECISIONS: usize = 5000;

/// The variants that are drawn, each with all replications in one record.
pub(super) struct Shown(Vec<(usize, Record)>);

impl Shown {
    pub(super) fn of(results: &Results) -> Shown {
        let variants = results.variants.iter().enumerate();
        Shown(variants.filter_map(|(index, variant)| Some((index, merged(&variant.records)?))).collect())
    }

    fn each<'s, T: 's>(
        &'s self,
        labels: &'s [String],
        of: impl Fn(&str, &Record) -> T + 's,
    ) -> impl Iterator<Item = T> + 's {
        self.0.iter().map(move |(index, record)| of(&labels[*index], record))
    }

    pub(super) fn series(&self, labels: &[String]) -> Vec<VariantSeries> {
        self.each(labels, series).collect()
    }

    pub(super) fn distributions(&self, labels: &[String]) -> Vec<data::Distribution> {
        self.each(labels, distribution).collect()
    }

    pub(super) fn latency_parts(&self, labels: &[String]) -> Vec<LatencyParts> {
        self.each(labels, parts).collect()
    }
}

/// Everything that a variant has in one window, services and clusters together.
struct Window<'w> {
    services: Vec<&'w SeriesRow<'w>>,
    clusters: Vec<&'w SeriesRow<'w>>,
    length: f64,
}

impl Window<'_> {
    fn sum(rows: &[&SeriesRow<'_>], gauge: Gauge) -> Option<f64> {
        let means = rows.iter().filter_map(|row| row.levels[gauge as usize].map(|(mean, _)| mean));
        means.reduce(|a, b| a + b)
    }

    fn of_services(&self, gauge: Gauge) -> Option<f64> {
        Self::sum(&self.services, gauge)
    }

    fn of_clusters(&self, gauge: Gauge) -> Option<f64> {
        Self::sum(&self.clusters, gauge)
    }

    fn rate(&self, count: fn(&SeriesRow<'_>) -> Option<f64>) -> Option<f64> {
        let counted = self.services.iter().filter_map(|row| count(row)).reduce(|a, b| a + b);
        counted.filter(|_| self.length > 0.0).map(|count| count / self.length)
    }

    /// Latencies of the service that had most to do; percentiles of several services do not add up.
    fn latency(&self, index: usize) -> Option<f64> {
        let busiest = self.services.iter().max_by(|a, b| {
            let count = |row: &SeriesRow<'_>| row.ok.unwrap_or(0.0);
            count(a).total_cmp(&count(b))
        });
        busiest.and_then(|row| row.latency[index])
    }
}

fn share(part: Option<f64>, whole: Option<f64>) -> Option<f64> {
    part.zip(whole.filter(|whole| *whole > 0.0)).map(|(part, whole)| part / whole)
}

/// A column without a single value does not apply.
fn column(values: impl Iterator<Item = Option<f64>>) -> Column {
    let column: Column = values.collect();
    if column.iter().all(Option::is_none) { Vec::new() } else { column }
}

fn series(name: &str, record: &Record) -> VariantSeries {
    let rows = scenarios::results::series_rows(record);
    let services = record.services.len();
    let count = record.grid.count();
    let of = |subject: usize, window: usize| &rows[subject * count + window];
    let subjects = services + record.clusters.len();
    let windows: Vec<Window<'_>> = (0..count)
        .map(|window| Window {
            services: (0..services).map(|subject| of(subject, window)).collect(),
            clusters: (services..subjects).map(|subject| of(subject, window)).collect(),
            length: record.grid.window(window).length().seconds(),
        })
        .collect();
    let each = |of: &dyn Fn(&Window<'_>) -> Option<f64>| column(windows.iter().map(of));
    let level = |gauge: Gauge| each(&|window| window.of_services(gauge));
    let is_function =
        record.services.values().any(|service| service.gauges.get(Gauge::Environments).is_some());
    let demand = if is_function { Gauge::Concurrency } else { Gauge::CpuBusy };
    let unit = if is_function { 1.0 } else { 1e6 };
    VariantSeries {
        variant: name.to_owned(),
        start: record.grid.windows().map(|window| window.from.seconds()).collect(),
        window: record.grid.width().seconds(),
        latency_p50: each(&|window| window.latency(0)),
        latency_p95: each(&|window| window.latency(1)),
        latency_p99: each(&|window| window.latency(2)),
        throughput: each(&|window| window.rate(|row| row.ok)),
        errors: each(&|window| window.rate(|row| row.failed)),
        cpu_of_reserved: each(&|it| {
            share(it.of_services(Gauge::CpuBusy), it.of_services(Gauge::CpuReserved))
        }),
        cpu_of_capacity: each(&|it| {
            let of_clusters = share(it.of_clusters(Gauge::CpuBusy), it.of_clusters(Gauge::CpuCapacity));
            of_clusters.or_else(|| share(it.of_services(Gauge::CpuBusy), it.of_services(Gauge::CpuCapacity)))
        }),
        memory: each(&|it| share(it.of_services(Gauge::MemoryUsed), it.of_services(Gauge::MemoryReserved))),
        desired: level(Gauge::ReplicasDesired),
        running: level(Gauge::ReplicasRunning),
        ready: level(Gauge::ReplicasReady),
        instances: each(&|window| window.of_clusters(Gauge::Instances)),
        environments: level(Gauge::Environments),
        concurrency: if is_function { level(Gauge::Concurrency) } else { Vec::new() },
        demand: each(&|window| window.of_services(demand).map(|level| level / unit)),
        demand_unit: if is_function { "concurrent requests" } else { "busy vCPU" }.into(),
    }
}

/// All services of the variant together; failures are infinitely late.
fn distribution(name: &str, record: &Record) -> data::Distribution {
    let mut services = record.services.values();
    let Some(first) = services.next() else {
        return data::Distribution { variant: name.to_owned(), points: Vec::new() };
    };
    let (mut all, mut born) = (first.latency.clone(), first.born);
    for service in services {
        all.merge(&service.latency);
        born += service.born;
    }
    let points = all.ccdf_of(born).into_iter().map(|(nanos, above)| (nanos as f64 / 1e9, above));
    data::Distribution { variant: name.to_owned(), points: points.collect() }
}

/// How cold starts are spread over the functions of each fleet.
pub(super) fn cold_starts(results: &Results, labels: &[String]) -> Vec<ColdStarts> {
    let variants = labels.iter().zip(&results.variants);
    let fleets = |(label, variant): (&String, &VariantResults)| {
        let names = variant.records.first().into_iter().flat_map(|record| record.functions.keys().cloned());
        let of = |fleet: String| {
            let records = variant.records.iter().filter_map(|record| record.functions.get(&fleet));
            spread(label, &fleet, &records.collect::<Vec<_>>())
        };
        names.filter_map(of).collect::<Vec<_>>()
    };
    variants.flat_map(fleets).collect()
}

/// The distribution of cold starts over the functions of a fleet, at each percent of them: the mean of what
/// replications have there, as in the summary. All of them together would be a longer run, in which fewer functions are
/// called seldom. None if no function was called.
fn spread(variant: &str, fleet: &str, replications: &[&FunctionsRecord]) -> Option<ColdStarts> {
    let shares: Vec<Vec<f64>> = replications.iter().map(|functions| functions.cold_shares()).collect();
    let shares: Vec<Vec<f64>> = shares.into_iter().filter(|shares| !shares.is_empty()).collect();
    let mean = |of: &dyn Fn(&[f64]) -> f64| shares.iter().map(|it| of(it)).sum::<f64>() / shares.len() as f64;
    let point = |percent: usize| {
        let at = |shares: &[f64]| shares[(percent * shares.len()).div_ceil(100).max(1) - 1];
        (mean(&at), percent as f64 / 100.0)
    };
    (!shares.is_empty()).then(|| ColdStarts {
        variant: variant.into(),
        fleet: fleet.into(),
        functions: mean(&|shares| shares.len() as f64).round() as usize,
        points: (0..=100).map(point).collect(),
    })
}

fn parts(name: &str, record: &Record) -> LatencyParts {
    let ok: u64 = record.services.values().map(ServiceRecord::ok).sum();
    let mean = |part: Part| {
        let weighed = |service: &ServiceRecord| service.mean_part(part).unwrap_or(0.0) * service.ok() as f64;
        record.services.values().map(weighed).sum::<f64>() / ok.max(1) as f64
    };
    let label = |part: Part| match part {
        Part::Cpu => "CPU".to_owned(),
        part => part.name().replace('_', " "),
    };
    let parts = Part::ALL.into_iter().map(|part| PartMean { part: label(part), seconds: mean(part) });
    LatencyParts { variant: name.to_owned(), parts: parts.collect() }
}

/// The decisions of each variant's first finished replication. Where there are too many, those that changed a number
/// come before placements.
pub(super) fn decisions(results: &Results, labels: &[String]) -> (Vec<data::Decision>, String) {
    let number = |value: Option<u64>| value.map(|value| value.to_string()).unwrap_or_default();
    let mut list = Vec::new();
    let mut cut = false;
    let room = DECISIONS / results.variants.len().max(1);
    for (label, variant) in labels.iter().zip(&results.variants) {
        let Some(record) = variant.records.first() else { continue };
        let mut kept: Vec<_> = record.decisions.kept().iter().collect();
        cut |= kept.len() > room;
        kept.sort_by_key(|decision| decision.to.is_none());
        list.extend(kept.into_iter().take(room).map(|decision| data::Decision {
            time: decision.at.seconds(),
            variant: label.clone(),
            owner: decision.owner.clone(),
            kind: decision.kind.name().replace('-', " "),
            before: number(decision.from),
            after: number(decision.to),
            reason: decision.reason.clone(),
        }));
    }
    list.sort_by(|a, b| a.time.total_cmp(&b.time));
    let of = results.manifest.run.replications;
    let cut = if cut { ", shortened: all are in decisions.csv" } else { "" };
    (list, format!("replication 1 of {of}{cut}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What the chart says is what the summary says: the mean of replications.
    #[test]
    fn cold_starts_over_functions() {
        let record = |invocations: [u64; 5], cold: [u64; 5]| FunctionsRecord {
            invocations: invocations.into(),
            cold: cold.into(),
            throttled: vec![0, 0, 0, 0, 7],
        };
        let one = record([1, 4, 100, 10, 0], [1, 1, 1, 0, 0]);
        let other = record([0, 4, 100, 10, 0], [0, 2, 50, 5, 0]);
        let spread = spread("lambda", "fleet", &[&one, &other]).unwrap();
        assert_eq!(spread.functions, 4, "four and three; one was only throttled");
        let expected = |percent: usize| {
            let at = |record: &FunctionsRecord| record.cold_share_quantile(percent as f64 / 100.0).unwrap();
            (f64::midpoint(at(&one), at(&other)), percent as f64 / 100.0)
        };
        for percent in [0, 10, 25, 26, 50, 51, 75, 76, 100] {
            assert_eq!(spread.points[percent], expected(percent));
        }
        assert_eq!([25, 50, 75, 100].map(|percent| spread.points[percent].0), [0.25, 0.255, 0.375, 0.75]);
        assert_eq!(super::spread("lambda", "fleet", &[&record([0; 5], [0; 5])]), None);
    }
}
