//! Summaries of records made by hand, and the list of metrics against the page that defines them.

use std::collections::BTreeSet;

use super::super::{Decision, DecisionKind, Gauge, Outcome, Part, Parts, Recorder};
use super::*;
use crate::engine::Time;
use crate::observe::{Finished, ServiceId, SourceId};

/// A run of 100 s with a request every 10 ms: every `slow`-th takes 1 s instead of 100 ms, every `failing`-th
/// is throttled.
fn run(slow: u64, failing: u64, instances: u64) -> Record {
    let mut recorder = Recorder::new(Span::ZERO, Span::from_secs(100));
    let (web, fleet) = (recorder.add_service("web"), recorder.add_cluster("fleet"));
    recorder.cluster(fleet).set(Time::ZERO, Gauge::Instances, instances);
    recorder.service(web).gauge(Time::ZERO, Gauge::CpuReserved, 4_000_000);
    recorder.service(web).gauge(Time::ZERO, Gauge::CpuBusy, 1_000_000);
    let (owner, reason) = ("fleet".to_owned(), "why".to_owned());
    let (at, kind, from, to) = (Time::ZERO, DecisionKind::ClusterScaling, Some(1), Some(2));
    recorder.decided(Decision { at, owner, kind, from, to, reason });
    for number in 1..=10_000_u64 {
        let born = Time::ZERO + Span::from_millis(number * 10 - 10);
        let latency = Span::from_millis(if number % slow == 0 { 1000 } else { 100 });
        let outcome = if number % failing == 0 { Outcome::Throttled } else { Outcome::Ok };
        let mut parts = Parts::default();
        parts.add(Part::Wait, latency);
        recorder.service(web).born(born);
        recorder.service(web).served(born, number % 50 == 0);
        recorder.service(web).finished(&Finished {
            service: ServiceId(0),
            source: SourceId(0),
            seed: 1,
            born,
            at: born + latency,
            outcome,
            throttle: None,
            cold: false,
            parts,
            attempts: 1,
        });
    }
    recorder.finish(Time::ZERO + Span::from_secs(110), 0, Default::default(), Vec::new())
}

fn cost(record: &Record, month: f64) -> MonthlyCost {
    let line = crate::cost::BillLine {
        owner: "web".into(),
        item: "fargate-cpu".into(),
        detail: String::new(),
        quantity: month,
        unit: "vCPU-hours".into(),
        unit_price: 1.0,
        amount: month,
        assumed: false,
    };
    let (book, date, currency, basis) = (String::new(), String::new(), String::new(), String::new());
    MonthlyCost::of(record, Bill { book, date, currency, basis, lines: vec![line], unbilled: Vec::new() })
}

#[track_caller]
fn check(rows: &[Row], owner: &str, metric: &str, value: f64) {
    let row = rows.iter().find(|row| row.owner == owner && row.metric == metric);
    let found = row.unwrap_or_else(|| panic!("no {metric} of {owner}")).estimate.value;
    let close = found == value || (found - value).abs() <= 0.003 * value.abs();
    assert!(close, "{metric} of {owner} is {found}, not {value}");
}

#[test]
fn a_summary_holds_every_metric() {
    let records = [run(20, 100, 3), run(20, 100, 5)];
    let costs: Vec<MonthlyCost> =
        records.iter().zip([72.0, 74.0]).map(|(record, month)| cost(record, month)).collect();
    let objectives = BTreeMap::from([("web".to_owned(), Span::from_millis(500))]);
    let rows =
        summarize(&Variant { records: &records, costs: &costs, objectives: &objectives, bounded: &[] });
    let of_web = |metric: &str, value: f64| check(&rows, "web", metric, value);
    of_web("latency.p50", 0.1);
    of_web("latency.p95", 0.1);
    of_web("latency.p99", 1.0);
    of_web("latency.p99.9", f64::INFINITY);
    of_web("latency.ok.p99", 1.0);
    of_web("latency.ok.mean", (9500.0 * 0.1 + 400.0) / 9900.0);
    of_web("latency.ok.max", 1.0);
    of_web("latency.parts.wait", (9500.0 * 0.1 + 400.0) / 9900.0);
    of_web("throughput.offered", 100.0);
    of_web("errors.total", 0.01);
    of_web("errors.throttled", 0.01);
    of_web("errors.failed", 0.0);
    of_web("objective.attainment", 0.95);
    of_web("cold_start.share", 0.02);
    of_web("cpu.utilization.reserved", 0.25);
    of_web("scaling.actions.service", 0.0);
    check(&rows, "fleet", "instances.mean", 4.0);
    check(&rows, "fleet", "instances.max", 5.0);
    check(&rows, "fleet", "scaling.actions.cluster", 1.0);
    check(&rows, "", "cost.month", 73.0);
    check(&rows, "", "cost.hour", 0.1);
    check(&rows, "", "cost.line.fargate-cpu", 73.0);
    let requests = 100.0 * 3600.0 * 730.0;
    check(&rows, "", "cost.per_million", 73.0 / requests * 1e6);
    check(&rows, "", "cost.per_million_ok", 73.0 / (requests * 0.99) * 1e6);
    assert!(!rows.iter().any(|row| row.metric == "environments.mean"), "there is no such level");
}

#[test]
fn variants_are_compared_in_pairs() {
    let (few, many) = ([run(20, 200, 3), run(20, 200, 5)], [run(5, 200, 6), run(5, 200, 9)]);
    let objectives = BTreeMap::new();
    let variant = |records| Variant { records, costs: &[], objectives: &objectives, bounded: &[] };
    let rows = compare(&variant(&many), &variant(&few), Confidence::USUAL);
    let of = |metric: &str| rows.iter().find(|row| row.metric == metric).unwrap();
    let instances = of("instances.mean");
    assert_eq!(instances.difference.value, 3.5);
    assert!((instances.ratio.value - (2.0_f64 * 1.8).sqrt()).abs() < 1e-12);
    let p90 = of("latency.p90");
    assert!((p90.difference.value - 0.9).abs() < 0.003 && p90.difference.half_width.is_some());
    assert!((p90.ratio.value / 10.0 - 1.0).abs() < 0.004 && p90.ratio.is_significant());
    assert!(rows.iter().all(|row| !row.metric.ends_with(".max")));
}

#[test]
fn a_launch_day_is_one_day_of_thirty() {
    let (ordinary, launch) = (run(20, 100, 3), run(20, 2, 3));
    let bill = cost(&ordinary, 50.0).bill;
    let month = MonthlyCost::weighed(&[(29.0, &ordinary), (1.0, &launch)], bill);
    let requests = 100.0 * 3600.0 * 730.0;
    assert!((month.requests / requests - 1.0).abs() < 1e-12);
    assert!((month.ok / (requests * (29.0 * 0.99 + 0.5) / 30.0) - 1.0).abs() < 1e-12);
}

#[test]
fn an_empty_variant_has_no_rows() {
    let objectives = BTreeMap::new();
    assert!(
        summarize(&Variant { records: &[], costs: &[], objectives: &objectives, bounded: &[] }).is_empty()
    );
}

/// Names in backticks in the first column of a table whose names have a dot: the metrics that the page
/// defines.
fn defined() -> BTreeSet<String> {
    let page = include_str!("../../../../docs/metrics.md");
    let page = page.split("## Series").next().unwrap_or(page);
    let rows = page.lines().filter_map(|line| line.strip_prefix("| `")?.split('|').next());
    let names = rows.flat_map(|cell| cell.split('`').map(str::trim).filter(|name| name.contains('.')));
    names.map(str::to_owned).collect()
}

#[test]
fn the_page_defines_exactly_what_is_reported() {
    let subjects = [Subjects::Services, Subjects::Clusters, Subjects::Variant];
    let names = subjects.into_iter().flat_map(metrics).map(|metric| metric.name);
    let reported: BTreeSet<String> = names.chain(["cost.line.NAME".to_owned()]).collect();
    assert_eq!(reported, defined());
}
