//! The same bytes for any number of threads, for debug and release builds, and for every commit unless it says why.
//!
//! `digests.txt` holds a line for each built-in scenario at a small size and for some scenarios of the swarm: a digest of
//! the records (what was simulated), and for built-in scenarios one of the whole folder (what was made of it). A change of
//! results changes lines here; whoever makes it renews the file with the command below and says in the commit what changed
//! and why the new results are right. `.ci/run` checks the same file with a release build.

mod support;

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;

use rayon::prelude::*;
use scenarios::builtin;
use scenarios::catalogue::INSTANCE_TYPES_DATE;
use scenarios::document::set::Override;
use scenarios::file::{self, Scenario};
use scenarios::runner::{Experiment, Input, Surroundings};
use scenarios::swarm::Swarm;
use scenarios::trace::{self, TraceFiles};
use sim_core::model::Platform;
use sim_core::policy::Catalogue;
use sim_core::traffic::TraceSpec;
use support::{assert_same, contents, instance_types, prices, threads};

/// How the committed digests are renewed.
const RENEW: &str = "RENEW_DIGESTS=1 cargo test -p scenarios --test digests";

/// What makes each built-in scenario small. Those that are not named get the first line's.
const SMALL: &[(&str, &[&str])] = &[
    ("", &["run.duration=\"12min\"", "run.warm_up=\"2min\"", "run.replications=2"]),
    ("launch-day", &["run.duration=\"20min\"", "run.days=[]", "run.replications=2"]),
    (
        "many-functions",
        &[
            "run.duration=\"2h\"",
            "run.warm_up=\"10min\"",
            "run.replications=2",
            "populations.fleet.functions.synthetic.count=150",
        ],
    ),
    (
        "azure-day",
        &[
            "run.duration=\"4h\"",
            "run.warm_up=\"10min\"",
            "run.replications=2",
            "populations.fleet.functions.synthetic.count=150",
        ],
    ),
];

/// Scenarios of the swarm that have a line.
const SEEDS: std::ops::Range<u64> = 0..60;

fn small(name: &str) -> Vec<Override> {
    let settings = SMALL.iter().find(|(of, _)| *of == name).unwrap_or(&SMALL[0]).1;
    settings.iter().map(|setting| Override::parse(setting).expect("a setting")).collect()
}

/// The finalizer of MurmurHash3 (Austin Appleby, public domain).
fn mix(word: u64) -> u64 {
    let word = (word ^ (word >> 33)).wrapping_mul(0xff51_afd7_ed55_8ccd);
    let word = (word ^ (word >> 33)).wrapping_mul(0xc4ce_b9fe_1a85_ec53);
    word ^ (word >> 33)
}

/// Goes on with a digest over more bytes. Their number begins it, so that joints do not shift.
fn digest(start: u64, bytes: &[u8]) -> u64 {
    let word = |chunk: &[u8]| {
        let mut word = [0; 8];
        word[..chunk.len()].copy_from_slice(chunk);
        u64::from_le_bytes(word)
    };
    bytes.chunks(8).fold(mix(start.wrapping_add(1) ^ bytes.len() as u64), |hash, chunk| {
        mix(hash.wrapping_add(1) ^ word(chunk))
    })
}

/// Runs a built-in scenario into a folder and returns the digest of its records.
fn run(known: &builtin::Builtin, out: &Path, count: usize) -> u64 {
    let (types, policies) = (instance_types(), Catalogue::builtin());
    let traces = TraceFiles::new(Path::new(""));
    let platform = Platform { instance_types: &types, policies: &policies, traces: &traces };
    let check_trace = |spec: &TraceSpec| trace::check(&traces, spec);
    let around = file::Surroundings { platform: &platform, check_trace: &check_trace };
    let options = file::Options { overrides: small(known.name), ..file::Options::default() };
    let scenario = match Scenario::load(known.text, known.name, &options, &around) {
        Ok(scenario) => scenario,
        Err(report) => panic!("{report}"),
    };
    let input = Input {
        file: known.name.into(),
        text: known.text.into(),
        overrides: Vec::new(),
        folder: PathBuf::new(),
        command: format!("fleetsim run {}", known.name),
    };
    let surroundings = Surroundings {
        instance_types: &types,
        instance_types_date: INSTANCE_TYPES_DATE,
        policies: &policies,
    };
    let experiment = Experiment::new(&scenario, input, surroundings, prices(), threads(count)).unwrap();
    let outcome = experiment.run(out, &AtomicBool::new(false), &|_| {}).unwrap();
    assert_eq!(outcome.failures, [], "{}", known.name);
    outcome.results.write_tables().unwrap();
    let records = outcome.results.variants.iter().flat_map(|variant| &variant.records);
    records.fold(0, |hash, record| digest(hash, &serde_json::to_vec(record).expect("plain data")))
}

/// The line of a built-in scenario, which is the same for 1, 2 and 8 threads.
fn line_of(known: &builtin::Builtin) -> String {
    let folder = tempfile::tempdir().unwrap();
    let out = |count: usize| folder.path().join(count.to_string());
    let records = run(known, &out(1), 1);
    let expected = contents(&out(1));
    for count in [2, 8] {
        assert_eq!(run(known, &out(count), count), records, "{} on {count} threads", known.name);
        assert_same(&expected, &contents(&out(count)));
    }
    let folder = expected
        .iter()
        .fold(0, |hash, (path, bytes)| digest(digest(hash, path.to_string_lossy().as_bytes()), bytes));
    format!("built-in {} records {records:016x} folder {folder:016x}", known.name)
}

#[test]
fn results_are_those_that_were_committed() {
    let builtins: Vec<&builtin::Builtin> = builtin::all().collect();
    let mut lines: Vec<String> = builtins.into_iter().map(line_of).collect();
    let swarm = Swarm::default();
    let of_seed = |seed: u64| match swarm.run(&swarm.generate(seed)) {
        Ok(ran) => format!("swarm {seed} records {}", ran.digest),
        Err(failure) => panic!("seed {seed}: {failure}"),
    };
    lines.extend(SEEDS.into_par_iter().map(of_seed).collect::<Vec<_>>());
    let found = lines.join("\n") + "\n";
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/digests.txt");
    if std::env::var_os("RENEW_DIGESTS").is_some() {
        std::fs::write(&path, found).unwrap();
        return;
    }
    let committed = std::fs::read_to_string(&path).unwrap_or_default();
    let mut changed = String::new();
    for line in found.lines().filter(|line| !committed.lines().any(|known| known == *line)) {
        let _ = writeln!(changed, "  {line}");
    }
    assert!(
        found == committed,
        "results are not those that were committed. Changed:\n{changed}If that is meant, renew tests/digests.txt with\n  \
         {RENEW}\nand say in the commit what changed and why the new results are right."
    );
}
