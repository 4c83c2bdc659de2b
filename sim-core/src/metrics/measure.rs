//! What each metric measures in one replication.

use super::{
    DecisionKind, FunctionsRecord, Gauge, GaugeRecords, MonthlyCost, Outcome, Part, Record, ServiceRecord,
    Throttle,
};
use crate::cost::MONTH_HOURS;
use crate::engine::Span;

/// What a metric measures. Where it needs something that the owner does not have, it has no value.
#[derive(Clone, Debug, PartialEq)]
pub enum Measure {
    /// A quantile of latency, of all requests (failures being infinitely late) or of successes only.
    Quantile {
        /// Which quantile, 0.99 say.
        p: f64,
        /// Whether failures are in the population.
        of_all: bool,
    },
    /// Mean latency of successes.
    MeanLatency,
    /// Greatest latency of a success.
    MaxLatency,
    /// Mean time of a success in one part.
    LatencyPart(Part),
    /// Requests born, per second.
    Offered,
    /// Successes, per second.
    Throughput,
    /// Attempts per request.
    Attempts,
    /// The share of requests that failed, in whatever way.
    Failures,
    /// The share of requests with this final outcome.
    FinalOutcome(Outcome),
    /// The share of requests that were throttled at this limit; only of functions.
    ThrottledBy(Throttle),
    /// The share of requests that met the objective.
    Attainment,
    /// The share of served attempts that waited for an environment.
    ColdStarts,
    /// The share of cold starts that this share of the functions of a fleet does not exceed.
    ColdStartsOfFunctions(f64),
    /// The share of the functions of a fleet of which every invocation started cold.
    AlwaysCold,
    /// How many functions of a fleet were invoked.
    InvokedFunctions,
    /// The mean memory of the environments of a fleet that have no invocation, in GiB.
    IdleMemory,
    /// A level's time-weighted mean.
    LevelMean(Gauge),
    /// A level's maximum.
    LevelMax(Gauge),
    /// The integral of one level over that of another.
    LevelRatio(Gauge, Gauge),
    /// Decisions that changed a number.
    Actions(DecisionKind),
    /// Dollars per month.
    CostMonth,
    /// Dollars per hour.
    CostHour,
    /// Dollars per million requests.
    CostPerMillion,
    /// Dollars per million successes.
    CostPerMillionOk,
    /// Dollars per month on one line of the bill.
    CostLine(String),
}

/// A metric's name, unit and measure.
type Named = (String, &'static str, Measure);

const QUANTILES: [(&str, f64); 5] =
    [("p50", 0.5), ("p90", 0.9), ("p95", 0.95), ("p99", 0.99), ("p99.9", 0.999)];

/// What a measure is taken of in one replication.
pub(super) struct Subject<'a> {
    record: &'a Record,
    owner: &'a str,
    service: Option<&'a ServiceRecord>,
    gauges: Option<&'a GaugeRecords>,
    cost: Option<&'a MonthlyCost>,
    objective: Option<Span>,
}

impl<'a> Subject<'a> {
    pub(super) fn new(
        record: &'a Record,
        owner: &'a str,
        cost: Option<&'a MonthlyCost>,
        objective: Option<Span>,
    ) -> Self {
        let service = record.services.get(owner);
        let of_cluster = || record.clusters.get(owner).map(|cluster| &cluster.gauges);
        let gauges = service.map(|service| &service.gauges).or_else(of_cluster);
        Subject { record, owner, service, gauges, cost, objective }
    }
}

impl Subject<'_> {
    fn functions(&self) -> Option<&FunctionsRecord> {
        self.record.functions.get(self.owner)
    }

    /// What the environments of a fleet hold, less what those with an invocation do: that is what is paid for.
    fn idle_memory(&self) -> Option<f64> {
        self.functions()?;
        let kib = |gauge| self.gauges?.get(gauge)?.mean();
        Some((kib(Gauge::MemoryReserved)? - kib(Gauge::MemoryCapacity)?).max(0.0) / KIB_PER_GIB)
    }
}

const KIB_PER_GIB: f64 = (1_u64 << 20) as f64;

/// `part / whole`, none of nothing.
fn share(part: u64, whole: u64) -> Option<f64> {
    (whole > 0).then(|| part as f64 / whole as f64)
}

impl Measure {
    /// Its value in one replication. Quantiles have none: they are taken of all replications pooled.
    pub(super) fn value(&self, subject: &Subject<'_>) -> Option<f64> {
        match self {
            Measure::Quantile { .. } => None,
            Measure::LevelMean(gauge) => subject.gauges?.get(*gauge)?.mean(),
            Measure::LevelMax(gauge) => Some(subject.gauges?.get(*gauge)?.max() as f64),
            Measure::LevelRatio(above, below) => subject.gauges?.ratio(*above, *below),
            Measure::ColdStartsOfFunctions(p) => subject.functions()?.cold_share_quantile(*p),
            Measure::AlwaysCold => subject.functions()?.always_cold(),
            Measure::IdleMemory => subject.idle_memory(),
            Measure::InvokedFunctions => Some(subject.functions()?.invoked_functions() as f64),
            Measure::Actions(kind) => Some(subject.record.decisions.actions(subject.owner, *kind) as f64),
            Measure::CostMonth
            | Measure::CostHour
            | Measure::CostPerMillion
            | Measure::CostPerMillionOk
            | Measure::CostLine(_) => self.cost(subject.cost?),
            _ => self.of_requests(subject, subject.service?),
        }
    }

    fn of_requests(&self, subject: &Subject<'_>, service: &ServiceRecord) -> Option<f64> {
        let seconds = subject.record.measured.length().seconds();
        let rate = |count: u64| (seconds > 0.0).then(|| count as f64 / seconds);
        match self {
            Measure::MeanLatency => service.latency.mean().map(|nanos| nanos / 1e9),
            Measure::MaxLatency => service.latency.max().map(|nanos| nanos as f64 / 1e9),
            Measure::LatencyPart(part) => service.mean_part(*part),
            Measure::Offered => rate(service.born),
            Measure::Throughput => rate(service.ok_in_window),
            Measure::Attempts => share(service.attempts, service.born),
            Measure::Failures => share(service.outcomes.total() - service.ok(), service.born),
            Measure::FinalOutcome(outcome) => share(service.outcomes.get(*outcome), service.born),
            Measure::ThrottledBy(throttle) => {
                service.gauges.get(Gauge::Environments)?;
                share(service.throttles.get(*throttle), service.born)
            }
            Measure::Attainment => service.attainment(subject.objective?),
            Measure::ColdStarts => share(service.cold, service.served),
            _ => None,
        }
    }

    fn cost(&self, cost: &MonthlyCost) -> Option<f64> {
        let month = cost.bill.month();
        let per_million = |requests: f64| (requests > 0.0).then(|| month / requests * 1e6);
        match self {
            Measure::CostMonth => Some(month),
            Measure::CostHour => Some(month / MONTH_HOURS),
            Measure::CostPerMillion => per_million(cost.requests),
            Measure::CostPerMillionOk => per_million(cost.ok),
            Measure::CostLine(item) => Some(cost.bill.by_item().get(item.as_str()).copied().unwrap_or(0.0)),
            _ => None,
        }
    }

    /// Whether it has no interval because it is a maximum.
    pub(super) fn is_maximum(&self) -> bool {
        matches!(self, Measure::MaxLatency | Measure::LevelMax(_))
    }

    /// Whether it is a lower percentile of all requests than that which `share` of them do not exceed.
    pub(super) fn is_less_than(&self, share: f64) -> bool {
        matches!(self, Measure::Quantile { p, of_all: true } if *p < share)
    }

    /// Whether it is of a level, which is zero until it is set.
    pub(super) fn is_level(&self) -> bool {
        matches!(self, Measure::LevelMean(_) | Measure::LevelMax(_))
    }

    /// Whether an owner without it has no row for it, rather than a blank one.
    pub(super) fn is_optional(&self) -> bool {
        matches!(
            self,
            Measure::LevelMean(_)
                | Measure::LevelMax(_)
                | Measure::LevelRatio(..)
                | Measure::ThrottledBy(_)
                | Measure::Attainment
                | Measure::ColdStartsOfFunctions(_)
                | Measure::AlwaysCold
                | Measure::InvokedFunctions
                | Measure::IdleMemory
        )
    }

    pub(super) fn of_services() -> Vec<Named> {
        let mut list = Self::latency();
        list.extend(Self::requests());
        list.extend(levels(&[
            ("replicas", "replicas", Gauge::ReplicasRunning),
            ("environments", "environments", Gauge::Environments),
            ("concurrency", "requests", Gauge::Concurrency),
            ("queue", "requests", Gauge::Queue),
        ]));
        list.extend(utilizations());
        list.push(named("memory.idle", "GiB", Measure::IdleMemory));
        list.push(named(
            "scaling.actions.service",
            "actions",
            Measure::Actions(DecisionKind::ServiceScaling),
        ));
        list
    }

    pub(super) fn of_clusters() -> Vec<Named> {
        let mut list = levels(&[("instances", "instances", Gauge::Instances)]);
        list.extend(utilizations());
        let packed = Measure::LevelRatio(Gauge::CpuReserved, Gauge::CpuCapacity);
        list.push(named("cpu.reservation", "share", packed));
        let packed = Measure::LevelRatio(Gauge::MemoryReserved, Gauge::MemoryCapacity);
        list.push(named("memory.reservation", "share", packed));
        list.push(named(
            "scaling.actions.cluster",
            "actions",
            Measure::Actions(DecisionKind::ClusterScaling),
        ));
        list
    }

    pub(super) fn of_variants() -> Vec<Named> {
        vec![
            named("cost.month", "USD/month", Measure::CostMonth),
            named("cost.hour", "USD/h", Measure::CostHour),
            named("cost.per_million", "USD", Measure::CostPerMillion),
            named("cost.per_million_ok", "USD", Measure::CostPerMillionOk),
        ]
    }

    fn latency() -> Vec<Named> {
        let quantiles = |prefix: &'static str, of_all: bool| {
            let name = move |(name, p)| (format!("{prefix}{name}"), "s", Measure::Quantile { p, of_all });
            QUANTILES.into_iter().map(name)
        };
        let mut list: Vec<Named> = quantiles("latency.", true).collect();
        list.push(named("latency.ok.mean", "s", Measure::MeanLatency));
        list.extend(quantiles("latency.ok.", false));
        list.push(named("latency.ok.max", "s", Measure::MaxLatency));
        let part = |part: Part| (format!("latency.parts.{}", part.name()), "s", Measure::LatencyPart(part));
        list.extend(Part::ALL.into_iter().map(part));
        list
    }

    fn requests() -> Vec<Named> {
        let mut list = vec![
            named("throughput.offered", "1/s", Measure::Offered),
            named("throughput.ok", "1/s", Measure::Throughput),
            named("attempts.mean", "attempts", Measure::Attempts),
            named("errors.total", "share", Measure::Failures),
        ];
        let failures = Outcome::ALL.into_iter().filter(|outcome| *outcome != Outcome::Ok);
        list.extend(
            failures.map(|outcome| {
                (format!("errors.{}", outcome.name()), "share", Measure::FinalOutcome(outcome))
            }),
        );
        list.extend(Throttle::ALL.into_iter().map(|throttle| {
            (format!("errors.throttled.{}", throttle.name()), "share", Measure::ThrottledBy(throttle))
        }));
        list.push(named("objective.attainment", "share", Measure::Attainment));
        list.push(named("cold_start.share", "share", Measure::ColdStarts));
        list.push(named("functions.invoked", "functions", Measure::InvokedFunctions));
        list.push(named("cold_start.functions.p50", "share", Measure::ColdStartsOfFunctions(0.5)));
        list.push(named("cold_start.functions.p75", "share", Measure::ColdStartsOfFunctions(0.75)));
        list.push(named("cold_start.functions.always", "share", Measure::AlwaysCold));
        list
    }
}

fn named(name: &str, unit: &'static str, measure: Measure) -> Named {
    (name.to_owned(), unit, measure)
}

fn levels(gauges: &[(&str, &'static str, Gauge)]) -> Vec<Named> {
    let both = |(name, unit, gauge): &(&str, &'static str, Gauge)| {
        let mean = (format!("{name}.mean"), *unit, Measure::LevelMean(*gauge));
        [mean, (format!("{name}.max"), *unit, Measure::LevelMax(*gauge))]
    };
    gauges.iter().flat_map(both).collect()
}

fn utilizations() -> Vec<Named> {
    [
        ("cpu.utilization.reserved", Gauge::CpuBusy, Gauge::CpuReserved),
        ("cpu.utilization.capacity", Gauge::CpuBusy, Gauge::CpuCapacity),
        ("memory.utilization.reserved", Gauge::MemoryUsed, Gauge::MemoryReserved),
        ("memory.utilization.capacity", Gauge::MemoryUsed, Gauge::MemoryCapacity),
    ]
    .into_iter()
    .map(|(name, above, below)| named(name, "share", Measure::LevelRatio(above, below)))
    .collect()
}
