//! The guides' examples, run as they stand there: a block whose fence names a file is that file.

mod support;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::sync::atomic::AtomicBool;

use scenarios::catalogue;
use scenarios::file::{self, Scenario};
use scenarios::results::{Held, analyse};
use scenarios::runner::{Experiment, Options, Surroundings};
use sim_core::policy::Catalogue;
use support::{input, instance_types, prices};

/// The files of a guide by name.
fn files(guide: &str) -> BTreeMap<String, String> {
    let mut found: BTreeMap<String, String> = BTreeMap::new();
    let mut open: Option<String> = None;
    for line in guide.lines() {
        match (line.strip_prefix("```"), &open) {
            (Some(fence), None) => {
                open = Some(fence.split_once(' ').map_or("", |(_, name)| name).to_owned());
            }
            (Some(_), Some(_)) => open = None,
            (None, Some(name)) if !name.is_empty() => {
                *found.entry(name.clone()).or_default() += &format!("{line}\n");
            }
            _ => {}
        }
    }
    found
}

/// Loads and runs every scenario of a guide, and compares its variants and how many requests came in all.
#[track_caller]
fn check(guide: &str, expected: &[(&str, usize, std::ops::RangeInclusive<u64>)]) {
    let files = files(guide);
    let folder = tempfile::tempdir().unwrap();
    files.iter().for_each(|(name, text)| fs::write(folder.path().join(name), text).unwrap());
    let scenarios: Vec<&str> =
        files.keys().filter(|name| name.ends_with(".toml")).map(String::as_str).collect();
    assert_eq!(scenarios, expected.iter().map(|(name, ..)| *name).collect::<Vec<_>>());
    for (name, variants, requests) in expected {
        let scenario = load(&folder.path().join(name));
        assert!(scenario.warnings.list().is_empty(), "{}", scenario.warnings);
        assert_eq!(scenario.variants.len(), *variants, "{name}");
        let came = requests_of_a_job(&scenario, folder.path(), &files[*name]);
        assert!(requests.contains(&came), "{name}: {came} requests");
        assert!((scenario.variants[0].requests - came as f64).abs() < 0.1 * came as f64 + 3.0, "{name}");
    }
}

#[track_caller]
fn load(path: &Path) -> Scenario {
    let loaded =
        Scenario::load_file(path, &file::Options::default(), &instance_types(), &Catalogue::builtin());
    loaded.unwrap_or_else(|report| panic!("{report}"))
}

/// Runs everything, and counts the arrivals of the first job.
#[track_caller]
fn requests_of_a_job(scenario: &Scenario, folder: &Path, text: &str) -> u64 {
    let (types, policies) = (instance_types(), Catalogue::builtin());
    let surroundings = Surroundings {
        instance_types: &types,
        instance_types_date: catalogue::INSTANCE_TYPES_DATE,
        policies: &policies,
    };
    let experiment =
        Experiment::new(scenario, input(folder, text), surroundings, prices(), Options::default()).unwrap();
    let out = folder.join(format!("out-{}", scenario.name));
    let outcome = experiment.run(&out, &AtomicBool::new(false), &|_| {}).unwrap();
    assert_eq!(outcome.failures, [], "{}", scenario.name);
    let analysis = analyse(&outcome.results).unwrap();
    let open = analysis.assertions.iter().find(|decided| decided.outcome != Held::Holds);
    assert_eq!(
        (open, analysis.assertions.len()),
        (None, scenario.assertions.len()),
        "what a guide claims holds"
    );
    assert!(analysis.precision.is_none_or(|found| found.reached), "{}", scenario.name);
    let record = &outcome.results.variants[0].records[0];
    record.arrivals.values().map(|arrivals| arrivals.count).sum()
}

#[test]
fn the_guide_to_traces() {
    check(
        include_str!("../../docs/guides/traces.md"),
        &[
            ("counts.toml", 1, 610..=610),
            ("one-function.toml", 1, 16..=16),
            ("population.toml", 1, 18..=18),
            ("requests.toml", 1, 4..=5),
        ],
    );
}

#[test]
fn the_guide_to_continuous_integration() {
    check(include_str!("../../docs/guides/continuous-integration.md"), &[("gate.toml", 1, 29_000..=31_000)]);
}

#[test]
fn the_guide_to_scenarios() {
    check(include_str!("../../docs/guides/scenarios.md"), &[("shop.toml", 6, 55_000..=60_000)]);
}

#[test]
fn the_guide_to_faults() {
    check(include_str!("../../docs/guides/faults.md"), &[("bad-week.toml", 2, 70_000..=74_000)]);
}
