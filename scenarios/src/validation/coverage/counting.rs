//! From the replications of a block to counts: every kind of interval, every size of experiment.

use std::collections::BTreeMap;
use std::ops::Range;

use super::scenario::Experiments;
use super::{
    BLOCK, Block, Comparison, Coverage, CoverageRow, MonthlyCost, PairRow, Record, Row, SIZES, Share, USUAL,
    Variant, compare, summarize,
};

/// Which of the two systems.
#[derive(Clone, Copy, PartialEq, Eq)]
enum System {
    Queue,
    Function,
}

/// What an interval is an interval of.
#[derive(Clone, Copy)]
enum Of {
    /// A metric of the first variant.
    Value,
    /// The difference of the variants, paired.
    Difference,
    /// Their ratio, paired.
    Ratio,
}

/// One kind of interval, and the closed form that it should cover.
struct Kind {
    name: &'static str,
    system: System,
    metric: &'static str,
    of: Of,
    theory: f64,
}

/// What is counted of each kind: for each size, experiments with an interval and those that cover.
type Shares = [Share; SIZES.len()];

/// The metrics of the A/A test.
const PAIRED: [(System, &str); 7] = [
    (System::Queue, "latency.ok.mean"),
    (System::Queue, "latency.ok.p50"),
    (System::Queue, "latency.ok.p99"),
    (System::Queue, "errors.rejected"),
    (System::Queue, "queue.mean"),
    (System::Queue, "cpu.utilization.capacity"),
    (System::Function, "cost.month"),
];

/// What was counted in some blocks.
pub(super) struct Counts {
    kinds: Vec<(Kind, Shares)>,
    pairs: [Share; PAIRED.len()],
    requests: u64,
}

/// Everything that is printed and has a closed form.
fn kinds(experiments: &Experiments) -> Vec<Kind> {
    let [slow, fast] = &experiments.queues;
    let [long, short] = experiments.months;
    let queue = |name, metric, of, theory| Kind { name, system: System::Queue, metric, of, theory };
    let function = |name, metric, of, theory| Kind { name, system: System::Function, metric, of, theory };
    let p = |p: f64| (slow.sojourn_quantile(p), fast.sojourn_quantile(p));
    let ((p50, _), (p99, fast_p99)) = (p(0.5), p(0.99));
    let mean = "latency.ok.mean";
    vec![
        queue("mean over replications", mean, Of::Value, slow.sojourn()),
        queue("quantile, replications pooled", "latency.ok.p50", Of::Value, p50),
        queue("quantile, replications pooled", "latency.ok.p99", Of::Value, p99),
        queue("share of requests", "errors.rejected", Of::Value, slow.loss()),
        queue("rate", "throughput.ok", Of::Value, slow.busy() / slow.service()),
        queue("level, weighted with time", "queue.mean", Of::Value, slow.queue()),
        queue("utilization, weighted with time", "cpu.utilization.capacity", Of::Value, slow.busy()),
        function("cost of a month", "cost.month", Of::Value, long),
        queue("paired difference of means", mean, Of::Difference, slow.sojourn() - fast.sojourn()),
        queue("paired difference of quantiles", "latency.ok.p99", Of::Difference, p99 - fast_p99),
        queue("paired difference of shares", "errors.rejected", Of::Difference, slow.loss() - fast.loss()),
        function("paired difference of costs", "cost.month", Of::Difference, long - short),
        queue("paired ratio of means", mean, Of::Ratio, slow.sojourn() / fast.sojourn()),
        queue("paired ratio of quantiles", "latency.ok.p99", Of::Ratio, p99 / fast_p99),
        function("paired ratio of costs", "cost.month", Of::Ratio, long / short),
    ]
}

/// Some replications of a system's variants, with what is printed of them.
struct Printed {
    rows: Vec<Row>,
    comparisons: Vec<Comparison>,
}

impl Block {
    fn printed(&self, system: System, range: Range<usize>) -> Printed {
        let none = BTreeMap::new();
        let variant = |records, costs| Variant { records, costs, objectives: &none, bounded: &[] };
        let [first, second] = [0, 1].map(|index| {
            let (records, months) = self.of(system, index);
            variant(&records[range.clone()], months.get(range.clone()).unwrap_or(&[]))
        });
        Printed { rows: summarize(&first), comparisons: compare(&first, &second) }
    }

    /// A variant's replications and what they cost, where that is looked at.
    fn of(&self, system: System, variant: usize) -> (&[Record], &[MonthlyCost]) {
        match system {
            System::Queue => (&self.queue[variant], &[]),
            System::Function => (&self.function[variant], &self.months[variant]),
        }
    }

    /// The first variant under the luck of some replications less the same under that of others.
    fn against_itself(&self, system: System, one: Range<usize>, other: Range<usize>) -> Vec<Comparison> {
        let none = BTreeMap::new();
        let (records, months) = self.of(system, 0);
        let [one, other] = [one, other].map(|range| Variant {
            records: &records[range.clone()],
            costs: months.get(range).unwrap_or(&[]),
            objectives: &none,
            bounded: &[],
        });
        compare(&one, &other)
    }
}

impl Kind {
    /// Whether the interval that is printed covers theory; none where no interval is printed.
    fn covers(&self, printed: &Printed) -> Option<bool> {
        let compared = || printed.comparisons.iter().find(|row| row.metric == self.metric);
        let (low, high) = match self.of {
            Of::Value => printed.rows.iter().find(|row| row.metric == self.metric)?.estimate.interval(),
            Of::Difference => compared()?.difference.interval(),
            Of::Ratio => compared()?.ratio.interval,
        }?;
        Some(low <= self.theory && self.theory <= high)
    }
}

impl Counts {
    /// Counts one block.
    pub(super) fn of(experiments: &Experiments, block: &Block) -> Counts {
        let mut kinds: Vec<(Kind, Shares)> =
            kinds(experiments).into_iter().map(|kind| (kind, Shares::default())).collect();
        for (place, size) in SIZES.into_iter().enumerate() {
            for from in (0..BLOCK as usize / size).map(|number| number * size) {
                let [queue, function] =
                    [System::Queue, System::Function].map(|system| block.printed(system, from..from + size));
                for (kind, shares) in &mut kinds {
                    let printed = if kind.system == System::Queue { &queue } else { &function };
                    if let Some(covers) = kind.covers(printed) {
                        shares[place].count(covers);
                    }
                }
            }
        }
        Counts { kinds, pairs: pairs(block), requests: requests(block) }
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
            |((_, metric), share): (&(System, &str), Share)| PairRow { metric: (*metric).to_owned(), share };
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

/// A/A: experiments of the usual size, two by two.
fn pairs(block: &Block) -> [Share; PAIRED.len()] {
    let mut shares = [Share::default(); PAIRED.len()];
    for from in (0..BLOCK as usize / (2 * USUAL)).map(|number| number * 2 * USUAL) {
        let (one, other) = (from..from + USUAL, from + USUAL..from + 2 * USUAL);
        let [queue, function] = [System::Queue, System::Function]
            .map(|system| block.against_itself(system, one.clone(), other.clone()));
        for ((system, metric), share) in PAIRED.iter().zip(&mut shares) {
            let rows = if *system == System::Queue { &queue } else { &function };
            let row = rows.iter().find(|row| row.metric == *metric);
            if let Some(interval) = row.and_then(|row| row.difference.interval()) {
                share.count(interval.0 <= 0.0 && 0.0 <= interval.1);
            }
        }
    }
    shares
}

fn requests(block: &Block) -> u64 {
    let records = block.queue.iter().chain(&block.function).flatten();
    records.flat_map(|record| record.services.values()).map(|service| service.born).sum()
}
