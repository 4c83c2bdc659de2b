//! What the tests of whole experiments share: a small scenario on three platforms, loaded and run.

#![allow(dead_code, reason = "every test binary uses a part of it")]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;

use indexmap::IndexMap;
use scenarios::catalogue;
use scenarios::file::{self, Scenario};
use scenarios::results::Prices;
use scenarios::runner::{Experiment, Input, Options, Outcome, RunError, Surroundings};
use sim_core::cost::{BillOptions, InstanceType};
use sim_core::policy::catalogue::Catalogue;

/// Ten simulated minutes on EC2, Fargate and Lambda, with scaling.
pub(crate) const THREE: &str = r#"
name = "three"
about = "One service on three platforms."

[run]
duration = "10min"
warm_up = "1min"
replications = 3
seed = 7

[sources.visitors]
to = "web"
arrivals = { poisson = { rate = "8/s" } }
client = { timeout = "10s", retries = { attempts = 2, backoff = "100ms" } }

[work.page]
cpu = { lognormal = { p50 = "20ms", p99 = "120ms" } }
wait = { exponential = { mean = "30ms" } }
memory = "6MB"

[services.web]
work = "page"
objective = "p99 < 800ms"

[variants.ec2.services.web]
platform = "ecs"
cluster = "fleet"
task = { cpu = "0.5vCPU", memory = "512MiB" }
scaling = { target-tracking = { metric = "cpu", target = "50%", min = 1, max = 8 } }

[variants.ec2.clusters.fleet]
instances = { type = "m7g.large", min = 1, max = 4, scaling = { managed = { target_capacity = "100%" } } }

[variants.fargate.services.web]
platform = "fargate"
task = { cpu = "0.5vCPU", memory = "1GB" }
scaling = { target-tracking = { metric = "cpu", target = "50%", min = 1, max = 8 } }

[variants.lambda.services.web]
platform = "lambda"
memory = "1769MB"
runtime = "nodejs22"
"#;

pub(crate) fn instance_types() -> IndexMap<String, InstanceType> {
    catalogue::instance_types().map(|it| (it.name.clone(), it.clone())).collect()
}

pub(crate) fn prices() -> Prices {
    let book = catalogue::price_book(catalogue::DEFAULT_PRICE_BOOK).expect("it is built in").clone();
    Prices { book, options: BillOptions::default() }
}

/// Loads a scenario file from a folder of its own.
pub(crate) fn load(text: &str, policies: &Catalogue) -> Scenario {
    let folder = tempfile::tempdir().expect("a temporary folder");
    load_in(folder.path(), text, policies)
}

pub(crate) fn load_in(folder: &Path, text: &str, policies: &Catalogue) -> Scenario {
    let path = folder.join("scenario.toml");
    std::fs::write(&path, text).expect("a file can be written");
    match Scenario::load_file(&path, &file::Options::default(), &instance_types(), policies) {
        Ok(scenario) => scenario,
        Err(report) => panic!("{report}"),
    }
}

pub(crate) fn input(folder: &Path, text: &str) -> Input {
    Input {
        file: "three.toml".into(),
        text: text.into(),
        overrides: Vec::new(),
        folder: folder.to_owned(),
        command: "fleetsim run three.toml".into(),
    }
}

pub(crate) fn run(text: &str, out: &Path, options: Options) -> Result<Outcome, RunError> {
    run_with(text, out, options, &Catalogue::builtin(), &AtomicBool::new(false))
}

pub(crate) fn run_with(
    text: &str,
    out: &Path,
    options: Options,
    policies: &Catalogue,
    cancel: &AtomicBool,
) -> Result<Outcome, RunError> {
    let types = instance_types();
    let scenario = load(text, policies);
    let surroundings = Surroundings {
        instance_types: &types,
        instance_types_date: catalogue::INSTANCE_TYPES_DATE,
        policies,
    };
    let experiment = Experiment::new(&scenario, input(Path::new(""), text), surroundings, prices(), options)?;
    let outcome = experiment.run(out, cancel, &|_| {})?;
    outcome.results.write_tables()?;
    Ok(outcome)
}

/// Every file of results below a folder with its bytes: not the hidden ones, who runs and what was built.
pub(crate) fn contents(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut files = BTreeMap::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        for entry in std::fs::read_dir(&next).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                folders.push(path);
            } else if !path.file_name().is_some_and(|name| name.to_string_lossy().starts_with('.')) {
                let name = path.strip_prefix(folder).expect("it is below").to_owned();
                files.insert(name, std::fs::read(&path).expect("a file"));
            }
        }
    }
    files
}

pub(crate) fn threads(threads: usize) -> Options {
    Options { threads: Some(threads), ..Options::default() }
}

/// A folder's files, compared name by name so that a failure says which.
#[track_caller]
pub(crate) fn assert_same(expected: &BTreeMap<PathBuf, Vec<u8>>, found: &BTreeMap<PathBuf, Vec<u8>>) {
    assert_eq!(expected.keys().collect::<Vec<_>>(), found.keys().collect::<Vec<_>>());
    for (name, bytes) in expected {
        assert!(found[name] == *bytes, "{} differs", name.display());
    }
}
