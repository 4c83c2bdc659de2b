//! From the replications of a block to counts: every kind of interval, every size of experiment.
//!
//! The intervals are made by the estimators that reports use ([`metrics`](sim_core::metrics)), each only for what has a
//! closed form: a whole summary of every one of some 14,000 experiments would take longer than simulating them.

use std::ops::Range;

use sim_core::metrics::{
    Gauge, LevelRecord, Outcome, Record, Sample, difference, mean, quantile, quantile_difference,
    quantile_ratio, ratio,
};

use super::scenario::Experiments;
use super::{BLOCK, Block, Coverage, CoverageRow, EACH, PairRow, SIZES, Share, USUAL};

/// The service of both systems.
const SERVICE: &str = "queue";

/// What is measured, of which of the two systems.
#[derive(Clone, Copy)]
enum Figure {
    /// One value of each replication of the queue.
    Queue(fn(&Record) -> f64),
    /// A quantile of the queue's latency, all replications pooled.
    Quantile(f64),
    /// What a month of the function costs.
    Month,
}

/// What an interval is an interval of.
#[derive(Clone, Copy)]
enum Of {
    /// The figure of the first variant.
    Value,
    /// The difference of the variants, paired.
    Difference,
    /// Their ratio, paired.
    Ratio,
}

/// One kind of interval, and the closed form that it should cover.
struct Kind {
    name: &'static str,
    metric: &'static str,
    figure: Figure,
    of: Of,
    theory: f64,
}

/// What is counted of each kind: for each size, experiments with an interval and those that cover.
type Shares = [Share; SIZES.len()];

/// An interval's ends, if there is one.
type Interval = Option<(f64, f64)>;

fn mean_latency(record: &Record) -> f64 {
    record.services[SERVICE].latency.mean().unwrap_or(f64::NAN) / 1e9
}

fn rejected(record: &Record) -> f64 {
    let service = &record.services[SERVICE];
    service.outcomes.get(Outcome::Rejected) as f64 / service.born as f64
}

fn throughput(record: &Record) -> f64 {
    record.services[SERVICE].ok_in_window as f64 / record.measured.length().seconds()
}

fn queue_level(record: &Record) -> f64 {
    record.services[SERVICE].gauges.get(Gauge::Queue).and_then(LevelRecord::mean).unwrap_or(0.0)
}

fn utilization(record: &Record) -> f64 {
    record.services[SERVICE].gauges.ratio(Gauge::CpuBusy, Gauge::CpuCapacity).unwrap_or(f64::NAN)
}

/// The metrics of the A/A test.
const PAIRED: [(&str, Figure); 7] = [
    ("latency.ok.mean", Figure::Queue(mean_latency)),
    ("latency.ok.p50", Figure::Quantile(0.5)),
    ("latency.ok.p99", Figure::Quantile(0.99)),
    ("errors.rejected", Figure::Queue(rejected)),
    ("queue.mean", Figure::Queue(queue_level)),
    ("cpu.utilization.capacity", Figure::Queue(utilization)),
    ("cost.month", Figure::Month),
];

/// What was counted in some blocks.
pub(super) struct Counts {
    kinds: Vec<(Kind, Shares)>,
    pairs: [Share; PAIRED.len()],
    requests: u64,
}

/// Everything that is printed and has a closed form.
fn kinds(experiments: &Experiments) -> Vec<Kind> {
    use Of::{Difference, Ratio, Value};
    let [slow, fast] = &experiments.queues;
    let [long, short] = experiments.months;
    let kind = |name, metric, figure, of, theory| Kind { name, metric, figure, of, theory };
    let (mean, lost) = (Figure::Queue(mean_latency), Figure::Queue(rejected));
    let p99 = Figure::Quantile(0.99);
    let [slow_p99, fast_p99] = [slow, fast].map(|queue| queue.sojourn_quantile(0.99));
    let rate = slow.busy() / slow.service();
    vec![
        kind("mean", "latency.ok.mean", mean, Value, slow.sojourn()),
        kind("quantile", "latency.ok.p50", Figure::Quantile(0.5), Value, slow.sojourn_quantile(0.5)),
        kind("quantile", "latency.ok.p99", p99, Value, slow_p99),
        kind("share of requests", "errors.rejected", lost, Value, slow.loss()),
        kind("rate", "throughput.ok", Figure::Queue(throughput), Value, rate),
        kind("level over time", "queue.mean", Figure::Queue(queue_level), Value, slow.queue()),
        kind(
            "utilization over time",
            "cpu.utilization.capacity",
            Figure::Queue(utilization),
            Value,
            slow.busy(),
        ),
        kind("cost of a month", "cost.month", Figure::Month, Value, long),
        kind("difference of means", "latency.ok.mean", mean, Difference, slow.sojourn() - fast.sojourn()),
        kind("difference of quantiles", "latency.ok.p99", p99, Difference, slow_p99 - fast_p99),
        kind("difference of shares", "errors.rejected", lost, Difference, slow.loss() - fast.loss()),
        kind("difference of costs", "cost.month", Figure::Month, Difference, long - short),
        kind("ratio of means", "latency.ok.mean", mean, Ratio, slow.sojourn() / fast.sojourn()),
        kind("ratio of quantiles", "latency.ok.p99", p99, Ratio, slow_p99 / fast_p99),
        kind("ratio of costs", "cost.month", Figure::Month, Ratio, long / short),
    ]
}

impl Block {
    /// One value per replication of a variant.
    fn values(&self, figure: Figure, variant: usize, range: Range<usize>) -> Vec<f64> {
        match figure {
            Figure::Queue(value) => self.queue[variant][range].iter().map(value).collect(),
            Figure::Month => self.months[variant][range].iter().map(|month| month.bill.month()).collect(),
            Figure::Quantile(_) => panic!("a quantile is taken of all replications pooled"),
        }
    }

    fn samples(&self, variant: usize, range: Range<usize>) -> Vec<Sample<'_>> {
        let latency = |record| {
            let Record { services, .. }: &Record = record;
            &services[SERVICE].latency
        };
        let sample = |record| Sample { histogram: latency(record), population: latency(record).count() };
        self.queue[variant][range].iter().map(sample).collect()
    }

    /// The interval of one experiment, in the metric's unit.
    fn interval(&self, kind: &Kind, range: Range<usize>) -> Interval {
        let seconds = |(low, high): (f64, f64)| (low / 1e9, high / 1e9);
        if let Figure::Quantile(p) = kind.figure {
            let [first, second] = [0, 1].map(|variant| self.samples(variant, range.clone()));
            return match kind.of {
                Of::Value => quantile(&first, p).interval().map(seconds),
                Of::Difference => quantile_difference(&first, &second, p).interval().map(seconds),
                Of::Ratio => quantile_ratio(&first, &second, p).interval,
            };
        }
        let [first, second] = [0, 1].map(|variant| self.values(kind.figure, variant, range.clone()));
        match kind.of {
            Of::Value => mean(&first).interval(),
            Of::Difference => difference(&first, &second).interval(),
            Of::Ratio => ratio(&first, &second).interval,
        }
    }

    /// The interval of the first variant under the luck of some replications less the same under that of others.
    fn against_itself(&self, figure: Figure, one: Range<usize>, other: Range<usize>) -> Interval {
        if let Figure::Quantile(p) = figure {
            return quantile_difference(&self.samples(0, one), &self.samples(0, other), p).interval();
        }
        difference(&self.values(figure, 0, one), &self.values(figure, 0, other)).interval()
    }

    /// A/A: experiments of the usual size, two by two.
    fn pairs(&self) -> [Share; PAIRED.len()] {
        let mut shares = [Share::default(); PAIRED.len()];
        for from in (0..BLOCK as usize / (2 * USUAL)).map(|number| number * 2 * USUAL) {
            let middle = from + USUAL;
            for ((_, figure), share) in PAIRED.iter().zip(&mut shares) {
                if let Some((low, high)) = self.against_itself(*figure, from..middle, middle..middle + USUAL)
                {
                    share.count(low <= 0.0 && 0.0 <= high);
                }
            }
        }
        shares
    }

    fn requests(&self) -> u64 {
        self.queue.iter().chain(&self.function).flatten().map(|record| record.services[SERVICE].born).sum()
    }
}

impl Counts {
    /// Counts one block.
    pub(super) fn of(experiments: &Experiments, block: &Block) -> Counts {
        let shares = |kind: &Kind| {
            SIZES.map(|size| {
                let mut share = Share::default();
                for from in (0..(BLOCK as usize / size).min(EACH)).map(|number| number * size) {
                    if let Some((low, high)) = block.interval(kind, from..from + size) {
                        share.count(low <= kind.theory && kind.theory <= high);
                    }
                }
                share
            })
        };
        let counted = |kind: Kind| {
            let shares = shares(&kind);
            (kind, shares)
        };
        let kinds = kinds(experiments).into_iter().map(counted).collect();
        Counts { kinds, pairs: block.pairs(), requests: block.requests() }
    }

    pub(super) fn add(&mut self, other: &Counts) {
        for ((_, mine), (_, theirs)) in self.kinds.iter_mut().zip(&other.kinds) {
            mine.iter_mut().zip(theirs).for_each(|(mine, theirs)| mine.add(*theirs));
        }
        self.pairs.iter_mut().zip(other.pairs).for_each(|(mine, theirs)| mine.add(theirs));
        self.requests += other.requests;
    }

    pub(super) fn into_coverage(self, identical: (usize, usize), replications: u32) -> Coverage {
        let row = |(kind, counts): (Kind, Shares)| CoverageRow {
            kind: kind.name,
            metric: kind.metric.to_owned(),
            theory: kind.theory,
            counts: counts.into(),
        };
        let pair =
            |((metric, _), share): (&(&str, Figure), Share)| PairRow { metric: (*metric).to_owned(), share };
        Coverage {
            sizes: SIZES.into(),
            rows: self.kinds.into_iter().map(row).collect(),
            pairs: PAIRED.iter().zip(self.pairs).map(pair).collect(),
            identical,
            replications,
            requests: self.requests,
        }
    }
}
