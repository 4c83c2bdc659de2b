//! The bare loops by criterion: what the work costs without a simulator.

use benches::cases;
use criterion::{Criterion, SamplingMode, criterion_group, criterion_main};

fn limit(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("limit");
    group.sample_size(10).sampling_mode(SamplingMode::Flat);
    for case in cases::ALL.iter().filter(|case| case.name.starts_with("limit/")) {
        group.bench_function(case.name, |timer| timer.iter(case.run));
    }
    group.finish();
}

criterion_group!(benches, limit);
criterion_main!(benches);
