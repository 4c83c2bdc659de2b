//! The request path: how long one simulated request takes, with all metrics, meters and decisions on.

use benches::{Bench, fargate, full_ec2, full_fargate, function, queue};
use criterion::{Criterion, SamplingMode, Throughput, criterion_group, criterion_main};
use serde_json::Value;

fn paths(criterion: &mut Criterion) {
    let bench = Bench::default();
    let cases: [(&str, Value, u64); 8] = [
        ("queue of 1", queue(1), 1000),
        ("queue of 100", queue(100), 10),
        ("queue of 10000", queue(10_000), 1),
        ("100 tasks, round robin", fargate("round-robin"), 20),
        ("100 tasks, least outstanding", fargate("least-outstanding-requests"), 20),
        ("launch-day request, Fargate", full_fargate(), 60),
        ("launch-day request, EC2", full_ec2(), 60),
        ("one function, 90/s", function(90.0), 1200),
    ];
    let mut group = criterion.benchmark_group("paths");
    group.sample_size(10).sampling_mode(SamplingMode::Flat);
    for (name, spec, seconds) in cases {
        let requests = bench.run(&spec, seconds).services["web"].born;
        group.throughput(Throughput::Elements(requests));
        group.bench_function(name, |timer| timer.iter(|| bench.run(&spec, seconds)));
    }
    group.finish();
}

criterion_group!(benches, paths);
criterion_main!(benches);
