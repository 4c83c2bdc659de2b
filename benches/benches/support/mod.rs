//! What the criterion benchmarks of cases share.

use benches::cases::{ALL, Case};
use criterion::{Criterion, SamplingMode};

/// Times the cases that belong to a group. A case takes a good part of a second, so few samples say enough.
pub(crate) fn time(criterion: &mut Criterion, name: &str, belongs: impl Fn(&Case) -> bool) {
    let mut group = criterion.benchmark_group(name);
    group.sample_size(10).sampling_mode(SamplingMode::Flat);
    for case in ALL.iter().filter(|case| belongs(case)) {
        group.bench_function(case.name, |timer| timer.iter(case.run));
    }
    group.finish();
}
