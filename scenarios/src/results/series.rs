//! What happened over time, window by window, over all replications of a variant: counts are averaged, quantiles
//! pooled, means of levels averaged; the maximum of a level is the greatest of any replication.

use sim_core::metrics::{Gauge, GaugeRecords, Record, ServiceRecord};

/// All replications of a variant in one record; none where none is finished.
pub fn merged(records: &[Record]) -> Option<Record> {
    let mut merged = records.first()?.clone();
    records[1..].iter().for_each(|record| merged.merge(record));
    Some(merged)
}

/// One service or cluster in one window of the series.
#[derive(Clone, Debug)]
pub struct SeriesRow<'r> {
    /// The service or cluster.
    pub subject: &'r str,
    /// When the window begins, in seconds of the run.
    pub start: f64,
    /// When it ends.
    pub end: f64,
    /// Requests born in it; none of a cluster.
    pub born: Option<f64>,
    /// Requests that ended well in it.
    pub ok: Option<f64>,
    /// Requests that ended in failure in it.
    pub failed: Option<f64>,
    /// Attempts that began to wait for an environment in it.
    pub cold_starts: Option<f64>,
    /// The 50th, 95th and 99th percentile of the latency of `ok`, in seconds; none where there is none.
    pub latency: [Option<f64>; 3],
    /// Each level of [`Gauge::ALL`]: mean and maximum; none where it was never set.
    pub levels: [Option<(f64, u64)>; Gauge::ALL.len()],
}

/// The rows of a merged record: service by service, then cluster by cluster, window by window.
pub fn rows(record: &Record) -> Vec<SeriesRow<'_>> {
    let services = record.services.iter();
    let services = services.map(|(name, service)| (name, Some(service), &service.gauges));
    let clusters = record.clusters.iter().map(|(name, cluster)| (name, None, &cluster.gauges));
    services
        .chain(clusters)
        .flat_map(|(name, service, gauges)| subject(record, name, service, gauges))
        .collect()
}

fn subject<'r>(
    record: &'r Record,
    name: &'r str,
    service: Option<&'r ServiceRecord>,
    gauges: &'r GaugeRecords,
) -> impl Iterator<Item = SeriesRow<'r>> {
    let runs = f64::from(record.runs);
    let levels: Vec<Option<(Vec<f64>, &[u64])>> = Gauge::ALL
        .iter()
        .map(|gauge| gauges.get(*gauge).map(|level| (level.means().collect(), level.maxima())))
        .collect();
    record.grid.windows().enumerate().map(move |(index, window)| {
        let count =
            |of: fn(&ServiceRecord) -> &[u64]| service.map(|service| of(service)[index] as f64 / runs);
        SeriesRow {
            subject: name,
            start: window.from.seconds(),
            end: window.to.seconds(),
            born: count(|service| service.born_series.values()),
            ok: count(|service| service.ok_series.values()),
            failed: count(|service| service.failed_series.values()),
            cold_starts: count(|service| service.cold_series.values()),
            latency: service.map_or([None; 3], |service| {
                let histogram = service.latency_series.window(index);
                [0.5, 0.95, 0.99].map(|p| histogram.quantile(p).map(|nanos| nanos / 1e9))
            }),
            levels: std::array::from_fn(|gauge| {
                levels[gauge].as_ref().map(|(means, maxima)| (means[index], maxima[index]))
            }),
        }
    })
}
