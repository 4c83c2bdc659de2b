//! The request path by criterion: every case of fleetsim, with all metrics, meters and decisions on.

use benches::cases;
use criterion::{Criterion, SamplingMode, criterion_group, criterion_main};

fn paths(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("paths");
    group.sample_size(10).sampling_mode(SamplingMode::Flat);
    for case in cases::ALL.iter().filter(|case| case.limit.is_some()) {
        group.bench_function(case.name, |timer| timer.iter(case.run));
    }
    group.finish();
}

criterion_group!(benches, paths);
criterion_main!(benches);
