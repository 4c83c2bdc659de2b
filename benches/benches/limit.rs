//! The bare loops by criterion: what the work costs without a simulator.

mod support;

use criterion::{Criterion, criterion_group, criterion_main};

fn limit(criterion: &mut Criterion) {
    support::time(criterion, "limit", |case| case.limit.is_none());
}

criterion_group!(benches, limit);
criterion_main!(benches);
