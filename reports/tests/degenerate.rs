//! Data that no good run makes and some run will: each still makes a report that parses, without a NaN or a panic.

use reports::data::*;
use reports::{render, text_table};

#[path = "support/sample_data.rs"]
mod sample_data;

fn each_column(data: &mut ReportData, change: impl Fn(&mut Column)) {
    for series in &mut data.series {
        let columns = [
            &mut series.latency_p50,
            &mut series.latency_p95,
            &mut series.latency_p99,
            &mut series.throughput,
            &mut series.errors,
            &mut series.cpu_of_reserved,
            &mut series.cpu_of_capacity,
            &mut series.memory,
            &mut series.desired,
            &mut series.running,
            &mut series.ready,
            &mut series.instances,
            &mut series.environments,
            &mut series.concurrency,
            &mut series.demand,
        ];
        columns.into_iter().for_each(&change);
    }
}

/// Every number of the data becomes `number`.
fn all(number: f64) -> ReportData {
    let mut data = ReportData {
        cold_starts: sample_data::fleets_of_functions().cold_starts,
        ..sample_data::break_even()
    };
    each_column(&mut data, |column| column.iter_mut().for_each(|value| *value = Some(number)));
    data.cold_starts.iter_mut().flat_map(|c| &mut c.points).for_each(|point| *point = (number, number));
    for variant in &mut data.variants {
        variant.metrics.values_mut().for_each(|estimate| *estimate = Estimate::new(number, number, 3));
    }
    data.distributions.iter_mut().flat_map(|d| &mut d.points).for_each(|point| *point = (number, number));
    data.latency_parts.iter_mut().flat_map(|l| &mut l.parts).for_each(|part| part.seconds = number);
    data.bills.iter_mut().flat_map(|bill| &mut bill.lines).for_each(|line| line.per_month = number);
    data.decisions.iter_mut().for_each(|decision| decision.time = number);
    for sweep in &mut data.sweeps {
        sweep.crossings.iter_mut().for_each(|crossing| (crossing.at, crossing.value) = (number, number));
        for point in sweep.lines.iter_mut().flat_map(|line| &mut line.points) {
            *point = SweepPoint { at: number, estimate: Estimate::new(number, number, 3) };
        }
    }
    if let Some(objective) = &mut data.objective {
        objective.limit = number;
    }
    data
}

/// The sample with `count` windows.
fn windows(count: usize) -> ReportData {
    let mut data = sample_data::launch_day();
    data.series.iter_mut().for_each(|series| series.start.truncate(count));
    each_column(&mut data, |column| column.truncate(count));
    data
}

/// The sample's first variant under `count` names.
fn variants(count: usize) -> ReportData {
    let sample = sample_data::launch_day();
    let name = |index: usize| format!("variant-with-a-rather-long-name-{index}");
    let mut data = ReportData { verdict: Verdict::default(), comparisons: Vec::new(), ..sample.clone() };
    data.variants = (0..count)
        .map(|i| VariantSummary { name: name(i), group: name(i), ..sample.variants[0].clone() })
        .collect();
    data.series =
        (0..count).map(|i| VariantSeries { variant: name(i), ..sample.series[i % 3].clone() }).collect();
    data.bills = (0..count).map(|i| Bill { variant: name(i), ..sample.bills[i % 3].clone() }).collect();
    data.distributions = (0..count)
        .map(|i| Distribution { variant: name(i), ..sample.distributions[i % 3].clone() })
        .collect();
    data.latency_parts = (0..count)
        .map(|i| LatencyParts { variant: name(i), ..sample.latency_parts[i % 3].clone() })
        .collect();
    data
}

fn many_decisions() -> ReportData {
    let mut data = sample_data::launch_day();
    let first = data.decisions[0].clone();
    data.decisions = (0..20_000u32).map(|i| Decision { time: f64::from(i) * 4.0, ..first.clone() }).collect();
    data
}

fn many_parts() -> ReportData {
    let mut data = sample_data::launch_day();
    data.bills[0].lines =
        (0..40u32).map(|i| BillLine { line: format!("line {i}"), per_month: f64::from(i) - 5.0 }).collect();
    data
}

fn blanks() -> ReportData {
    let mut data = sample_data::launch_day();
    each_column(&mut data, |column| column.iter_mut().for_each(|value| *value = None));
    for variant in &mut data.variants {
        variant
            .metrics
            .values_mut()
            .for_each(|estimate| *estimate = Estimate::blank("too few samples in the tail"));
    }
    data
}

fn uneven_columns() -> ReportData {
    let mut data = sample_data::launch_day();
    data.series[0].latency_p99.truncate(3);
    data.series[1].start.truncate(2);
    data.series[2].demand.clear();
    data
}

fn check(name: &str, data: &ReportData) {
    let rendered = render(data);
    assert!(!rendered.html.contains("could not be laid out"), "{name}: {}", rendered.html);
    assert!(rendered.charts.len() >= 9, "{name}: charts are missing");
    for chart in &rendered.charts {
        let document =
            roxmltree::Document::parse(&chart.svg).unwrap_or_else(|error| panic!("{name}: {error}"));
        for attribute in document.descendants().flat_map(|node| node.attributes()) {
            let value = attribute.value();
            assert!(!value.contains("NaN") && !value.contains("inf"), "{name}: {} {value}", chart.name);
        }
        assert!(chart.png.len() > 100, "{name}: {} has no PNG", chart.name);
        assert!(chart.svg.len() < 2_000_000, "{name}: {} has {} bytes", chart.name, chart.svg.len());
    }
    for shown in [&rendered.html, &text_table(data)] {
        assert!(!shown.contains("NaN"), "{name}: a NaN is shown");
    }
    assert!(text_table(data).lines().all(|line| line.chars().count() <= 100), "{name}: {}", text_table(data));
}

#[test]
fn degenerate_data_still_makes_a_report() {
    let cases = [
        ("nothing", ReportData::default()),
        ("no series", ReportData { series: Vec::new(), ..sample_data::launch_day() }),
        ("no window", windows(0)),
        ("one window", windows(1)),
        ("two windows", windows(2)),
        ("one variant", variants(1)),
        ("twelve variants", variants(12)),
        ("thirty variants", variants(30)),
        ("all zero", all(0.0)),
        ("all one", all(1.0)),
        ("all negative", all(-3.0)),
        ("all NaN", all(f64::NAN)),
        ("all infinite", all(f64::INFINITY)),
        ("all huge", all(1e300)),
        ("all tiny", all(1e-300)),
        ("blank", blanks()),
        ("uneven columns", uneven_columns()),
        ("thousands of decisions", many_decisions()),
        ("forty bill lines, some negative", many_parts()),
    ];
    for (name, data) in &cases {
        check(name, data);
    }
}
