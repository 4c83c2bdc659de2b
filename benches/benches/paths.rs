//! The request path by criterion: every case of fleetsim, with all metrics, meters and decisions on.

mod support;

use criterion::{Criterion, criterion_group, criterion_main};

fn paths(criterion: &mut Criterion) {
    support::time(criterion, "paths", |case| case.limit.is_some());
}

criterion_group!(benches, paths);
criterion_main!(benches);
