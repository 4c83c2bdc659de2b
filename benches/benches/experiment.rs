//! The launch-day experiment by criterion, on one thread and on two.

use benches::experiment::launch_day;
use criterion::{Criterion, SamplingMode, criterion_group, criterion_main};

fn experiment(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("launch-day");
    group.sample_size(10).sampling_mode(SamplingMode::Flat);
    for threads in [1, 2] {
        group.bench_function(format!("{threads} threads"), |timer| timer.iter(|| launch_day(threads, None)));
    }
    group.finish();
}

criterion_group!(benches, experiment);
criterion_main!(benches);
