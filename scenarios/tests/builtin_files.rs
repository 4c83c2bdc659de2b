//! Every built-in scenario file loads without a problem and without a warning.

use std::path::Path;

use indexmap::IndexMap;
use scenarios::catalogue;
use scenarios::file::{Options, Scenario};
use sim_core::policy::catalogue::Catalogue;

#[test]
fn every_built_in_loads() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("builtin");
    let types: IndexMap<_, _> = catalogue::instance_types().map(|it| (it.name.clone(), it.clone())).collect();
    let mut files: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    assert!(files.len() >= 5, "{files:?}");
    for file in files {
        match Scenario::load_file(&file, &Options::default(), &types, &Catalogue::builtin()) {
            Ok(scenario) => assert!(scenario.warnings.list().is_empty(), "{}", scenario.warnings),
            Err(report) => panic!("{report}"),
        }
    }
}
