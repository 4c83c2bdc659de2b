//! From a run to a report: what is drawn is what was stored, and drawing again gives the same bytes.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;

use reports::data::{COST_PER_MONTH, LATENCY_P99, Meets, ReportData};
use reports::from_results;
use scenarios::catalogue;
use scenarios::file::{self, Scenario};
use scenarios::results::{Prices, Results};
use scenarios::runner::{Experiment, Input, Options, Surroundings};
use sim_core::cost::BillOptions;
use sim_core::policy::Catalogue;

const SCENARIO: &str = r#"
name = "crossing"
about = "Tasks that are always there, or a function that comes when called?"

[run]
duration = "10min"
replications = 3

[sources.visitors]
to = "web"
arrivals = { poisson = { rate = "1/s" } }

[work.page]
cpu = { exponential = { mean = "30ms" } }

[services.web]
work = "page"
objective = "p95 < 2s"

[variants.tasks.services.web]
platform = "fargate"
task = { cpu = "1vCPU", memory = "2GB" }
scaling = { target-tracking = { metric = "cpu", target = "80%", min = 4, max = 8 } }

[variants.function.services.web]
platform = "lambda"
memory = "1769MB"
runtime = "python3.13"

[sweep]
"sources.visitors.arrivals.poisson.rate" = ["1/s", "20/s", "80/s"]
"#;

fn run(out: &Path) -> Results {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("crossing.toml");
    std::fs::write(&path, SCENARIO).unwrap();
    let types = catalogue::instance_types().map(|it| (it.name.clone(), it.clone())).collect();
    let policies = Catalogue::builtin();
    let scenario = Scenario::load_file(&path, &file::Options::default(), &types, &policies)
        .unwrap_or_else(|report| panic!("{report}"));
    let date = catalogue::INSTANCE_TYPES_DATE;
    let surroundings =
        Surroundings { instance_types: &types, instance_types_date: date, policies: &policies };
    let book = catalogue::price_book(catalogue::DEFAULT_PRICE_BOOK).unwrap().clone();
    let prices = Prices { book, options: BillOptions::default() };
    let input = Input { file: "crossing.toml".into(), text: SCENARIO.into(), ..Input::default() };
    let experiment = Experiment::new(&scenario, input, surroundings, prices, Options::default()).unwrap();
    experiment.run(out, &AtomicBool::new(false), &|_| {}).unwrap().results
}

fn contents(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut files = BTreeMap::new();
    for path in entries {
        if path.is_dir() {
            files.extend(contents(&path));
        } else {
            files.insert(path.clone(), std::fs::read(&path).unwrap());
        }
    }
    files
}

#[test]
fn a_report_shows_what_was_stored() {
    let folder = tempfile::tempdir().unwrap();
    let results = run(folder.path());
    let analysis = results.write_tables().unwrap();
    let data = from_results::write(&results, &analysis).unwrap();
    let first = contents(folder.path());
    assert_eq!(from_results::redraw(folder.path()).unwrap(), data);
    for (path, bytes) in contents(folder.path()) {
        assert!(first[&path] == bytes, "{} is another when drawn again", path.display());
    }
    let names: Vec<&str> = data.variants.iter().map(|variant| variant.name.as_str()).collect();
    assert_eq!(names[..2], ["tasks (rate 1/s)", "tasks (rate 20/s)"]);
    for variant in &data.variants {
        assert_eq!(variant.meets, Meets::Yes, "{}", variant.name);
        assert!(variant.value(LATENCY_P99).unwrap() > 0.05 && variant.value(COST_PER_MONTH).unwrap() > 0.5);
    }
    let shown = [data.series.len(), data.distributions.len(), data.latency_parts.len(), data.bills.len()];
    assert_eq!(shown, [6; 4]);
    bills_and_parts(&data);
    sweep(&data);
    what_it_rests_on(&data);
    let html = String::from_utf8(first[&folder.path().join("report.html")].clone()).unwrap();
    assert!(html.contains("Cheapest that holds p95"), "the verdict is in the report");
}

/// Lines of a bill add up to the month; parts of latency to its mean.
fn bills_and_parts(data: &ReportData) {
    for (variant, bill) in data.variants.iter().zip(&data.bills) {
        let sum: f64 = bill.lines.iter().map(|line| line.per_month).sum();
        assert!((sum / variant.value(COST_PER_MONTH).unwrap() - 1.0).abs() < 1e-9, "{}", variant.name);
    }
    for (variant, latency) in data.variants.iter().zip(&data.latency_parts) {
        let sum: f64 = latency.parts.iter().map(|part| part.seconds).sum();
        let mean = variant.value("latency_ok_mean").unwrap();
        // The mean of replications' means, and the mean of all requests.
        assert!((sum / mean - 1.0).abs() < 0.01, "{}: {sum} and {mean}", variant.name);
    }
    let label = |variant: usize| data.bills[variant].lines[0].line.as_str();
    assert_eq!((label(0), label(3)), ("Load balancer hours", "Lambda duration, x86_64"));
}

/// A function costs by the request, tasks by the hour: they cross once.
fn sweep(data: &ReportData) {
    assert_eq!(data.sweeps.len(), 1);
    let sweep = &data.sweeps[0];
    let groups: Vec<&str> = sweep
        .lines
        .iter()
        .filter(|line| line.metric == COST_PER_MONTH)
        .map(|line| line.group.as_str())
        .collect();
    assert_eq!((sweep.label.as_str(), groups.as_slice()), ("rate", &["tasks", "function"][..]));
    let costs: Vec<_> = sweep.crossings.iter().filter(|it| it.metric == COST_PER_MONTH).collect();
    assert_eq!(costs.len(), 1, "{:?}", sweep.crossings);
    assert_eq!((costs[0].below.as_str(), costs[0].above.as_str()), ("function", "tasks"));
    assert!((20.0..80.0).contains(&costs[0].at), "{:?}", costs[0]);
}

fn what_it_rests_on(data: &ReportData) {
    let has =
        |setting: &str| data.assumptions.iter().any(|it| it.setting == setting && !it.source.is_empty());
    for setting in ["services.web.keep_alive", "telemetry.container_lag", "hardware.fargate_x86"] {
        assert!(has(setting), "{setting} in {:?}", data.assumptions);
    }
    assert!(!data.not_billed.is_empty() && data.warnings.is_empty());
    assert!(data.scenario_toml.starts_with("\nname = \"crossing\"") && data.scenario_toml.contains("seed 1"));
    assert_eq!(data.objective.as_ref().map(|it| it.metric.as_str()), Some("latency_p95"));
}
