//! Saved results whose checksum is right and whose contents are not: what somebody has written by hand, or another
//! program. What a mishap does to a file, its checksum tells; `tests/damage.rs` sees to that.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;

use indexmap::IndexMap;
use scenarios::catalogue;
use scenarios::file::{Options, Scenario};
use scenarios::results::{self, Prices};
use scenarios::runner::{self, Experiment, Input};
use serde_json::Value;
use sim_core::cost::{BillOptions, InstanceType};
use sim_core::policy::Catalogue;
use tempfile::TempDir;

use super::harness::Target;
use super::targets::brief;

/// A little of everything that records hold.
const SCENARIO: &str = r#"
name = "saved"
[run]
duration = "4s"
warm_up = "1s"
replications = 2
[sources.visitors]
to = "web"
arrivals = { poisson = { rate = "20/s" } }
[work.page]
cpu = "20ms"
[services.web]
work = "page"
objective = "p99 < 300ms"
[variants.ec2.services.web]
platform = "ecs"
task = { cpu = "1vCPU", memory = "1GiB" }
cluster = "fleet"
scaling = { fixed = { count = 2 } }
[variants.ec2.clusters.fleet.instances]
type = "m7g.large"
min = 1
max = 2
scaling = { fixed = { count = 2 } }
[variants.lambda.services.web]
platform = "lambda"
memory = "1769MB"
runtime = "nodejs22"
"#;

/// One file of a results folder.
pub(crate) struct Saved {
    kind: &'static str,
    folder: TempDir,
    file: PathBuf,
    good: Vec<u8>,
}

impl Saved {
    pub(crate) fn new(kind: &'static str) -> Self {
        let folder = TempDir::new().expect("a temporary folder");
        make(folder.path());
        let records =
            || fs::read_dir(folder.path().join("records")).expect("a folder").flatten().map(|it| it.path());
        let file = match kind {
            "record" => records().min().expect("a record"),
            kind => folder.path().join(format!("{kind}.json")),
        };
        let good = unsealed(&fs::read(&file).expect("a file"));
        Saved { kind, folder, file, good }
    }
}

fn make(folder: &Path) {
    let types: IndexMap<String, InstanceType> =
        catalogue::instance_types().map(|known| (known.name.clone(), known.clone())).collect();
    let policies = Catalogue::builtin();
    let path = folder.join("saved.toml");
    fs::write(&path, SCENARIO).expect("the folder can be written");
    let scenario = Scenario::load_file(&path, &Options::default(), &types, &policies);
    fs::remove_file(&path).expect("it is there");
    let scenario = scenario.unwrap_or_else(|report| panic!("{report}"));
    let around = runner::Surroundings {
        instance_types: &types,
        instance_types_date: catalogue::INSTANCE_TYPES_DATE,
        policies: &policies,
    };
    let book = catalogue::price_book(catalogue::DEFAULT_PRICE_BOOK).expect("it is built in").clone();
    let prices = Prices { book, options: BillOptions::default() };
    let options = runner::Options { threads: Some(1), ..runner::Options::default() };
    let experiment =
        Experiment::new(&scenario, Input::default(), around, prices, options).expect("it can be run");
    experiment.run(folder, &AtomicBool::new(false), &|_| {}).expect("it runs");
}

/// The object without its checksum.
fn unsealed(file: &[u8]) -> Vec<u8> {
    let mut value: Value = serde_json::from_slice(file).expect("JSON");
    value.as_object_mut().expect("an object").shift_remove("checksum").expect("a checksum");
    serde_json::to_vec(&value).expect("JSON")
}

/// With the checksum that it should have: FNV-1a of what comes after it.
fn sealed(json: &[u8]) -> Vec<u8> {
    let rest = json.strip_prefix(b"{").unwrap_or(json);
    let step = |hash: u64, byte: &u8| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
    let digest = rest.iter().fold(0xcbf2_9ce4_8422_2325, step);
    [format!("{{\"checksum\":\"{digest:016x}\",").as_bytes(), rest].concat()
}

impl Target for Saved {
    fn name(&self) -> &'static str {
        self.kind
    }

    fn is_json(&self) -> bool {
        true
    }

    fn seeds(&self) -> Vec<Vec<u8>> {
        vec![self.good.clone()]
    }

    fn words(&self) -> Vec<String> {
        let text = String::from_utf8_lossy(&self.good).into_owned();
        let mut words: Vec<String> = text.split('"').skip(1).step_by(2).map(str::to_owned).collect();
        words.sort();
        words.dedup();
        words
    }

    fn read(&mut self, input: &[u8]) -> String {
        fs::write(&self.file, sealed(input)).expect("the folder can be written");
        let read = results::load_finished(self.folder.path()).and_then(|results| {
            let missing = results.missing().len();
            results::analyse(&results).map(|analysis| (missing, analysis.verdict.sentence))
        });
        match read {
            Ok((missing, sentence)) => format!("{} {}", missing.min(3), brief(&sentence)),
            Err(error) => brief(&format!("{:?} {}", error.kind, error.message)),
        }
    }
}
