//! Placement: how long one task takes to find its instance, with the decision and its reason recorded.
//!
//! It should be nearly flat in the number of instances. The smallest part of what is measured is the choice itself; most of
//! it is the memory of instances and the writing of reasons.

use benches::placement::{Prepared, STRATEGIES};
use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};

/// So many placements are timed at once, so that a cluster that is full and made anew in between does not show.
const AT_ONCE: u64 = 1000;

fn placement(criterion: &mut Criterion) {
    for (name, churn) in [("placement, filling", false), ("placement, churn", true)] {
        let mut group = criterion.benchmark_group(name);
        group.sample_size(20).throughput(Throughput::Elements(AT_ONCE));
        for strategy in STRATEGIES {
            for instances in [100, 1_000, 10_000, 100_000] {
                let mut cluster = Prepared::new(strategy, instances, churn);
                group.bench_function(BenchmarkId::new(strategy, instances), |timer| {
                    timer.iter(|| cluster.place(AT_ONCE));
                });
            }
        }
        group.finish();
    }
    let mut group = criterion.benchmark_group("placement, stopping and starting");
    group.sample_size(20).throughput(Throughput::Elements(AT_ONCE));
    for strategy in STRATEGIES {
        let mut cluster = Prepared::new(strategy, 10_000, true);
        group.bench_function(BenchmarkId::new(strategy, 10_000), |timer| {
            timer.iter(|| cluster.exchange(AT_ONCE));
        });
    }
    group.finish();
}

criterion_group!(benches, placement);
criterion_main!(benches);
