//! Mishaps to the files of a results folder: a byte changed, lost or doubled, a file cut short, emptied, swapped with
//! another. Whatever happens to whichever file, no number of a damaged one gets into a table, and nobody is told of less
//! than all without a word.

mod support;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use proptest::prelude::*;
use scenarios::results::{self, ErrorKind};
use scenarios::runner::RunError;
use support::{assert_same, contents, run, threads};
use tempfile::TempDir;

/// Two variants that differ in nothing but their names, so that a record of one could pass for the other's, and a pilot.
const TWINS: &str = r#"
name = "twins"
[run]
kind = "steady"
duration = "2min"
warm_up = "auto"
replications = 2
[sources.visitors]
to = "web"
arrivals = { poisson = { rate = "20/s" } }
[work.page]
cpu = { exponential = { mean = "20ms" } }
[services.web]
work = "page"
platform = "lambda"
memory = "1769MB"
runtime = "nodejs22"
[variants.one.services.web]
[variants.two.services.web]
"#;

/// The folder as the run left it.
static WHOLE: LazyLock<(TempDir, BTreeMap<PathBuf, Vec<u8>>)> = LazyLock::new(|| {
    let folder = TempDir::new().unwrap();
    run(TWINS, folder.path(), threads(1)).unwrap();
    let files = contents(folder.path());
    (folder, files)
});

/// The files that numbers come from.
fn sources() -> Vec<&'static Path> {
    let is_source = |path: &&PathBuf| {
        path.starts_with("records") || path.ends_with("manifest.json") || path.ends_with("prices.json")
    };
    WHOLE.1.keys().filter(is_source).map(PathBuf::as_path).collect()
}

fn copy() -> TempDir {
    let folder = TempDir::new().unwrap();
    for (name, bytes) in &WHOLE.1 {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }
    let build = ".fleetsim-build";
    fs::copy(WHOLE.0.path().join(build), folder.path().join(build)).unwrap();
    folder
}

/// Bytes with a mishap.
fn damaged(bytes: &[u8], kind: u8, at: usize, by: u8) -> Vec<u8> {
    let (before, after) = bytes.split_at(at);
    let rest = &after[1..];
    match kind {
        0 => [before, &[after[0] ^ by], rest].concat(),
        1 => before.to_vec(),
        2 => [before, rest].concat(),
        3 => [before, &after[..1], after].concat(),
        4 => [before, &[by][..], after].concat(),
        // A page of zeros, as file systems leave it after a power cut.
        _ => [before, &vec![0; rest.len().min(4096)], &rest[rest.len().min(4096)..]].concat(),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 600, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn damage_is_named(
        file in any::<prop::sample::Index>(),
        at in any::<prop::sample::Index>(),
        (kind, by) in (0..6_u8, 1..=255_u8),
    ) {
        let (folder, files) = &*WHOLE;
        let sources = sources();
        let name = sources[file.index(sources.len())];
        let whole = &files[name];
        let bytes = damaged(whole, kind, at.index(whole.len()), by);
        prop_assume!(bytes != *whole);
        // Only one case runs at a time, and it puts back what it takes.
        fs::write(folder.path().join(name), &bytes).unwrap();
        let loaded = results::load(folder.path());
        let finished = results::load_finished(folder.path());
        fs::write(folder.path().join(name), whole).unwrap();
        for outcome in [loaded, finished] {
            let error = outcome.expect_err("it is damaged");
            let is_named = error.path.ends_with(name) || error.kind == ErrorKind::OtherVersion;
            prop_assert!(is_named && matches!(error.kind, ErrorKind::Damaged | ErrorKind::OtherVersion), "{error}");
        }
    }
}

/// What the same command makes of it: a damaged record is simulated again, anything else is refused and left alone.
#[test]
fn the_same_command_mends_records_and_nothing_else() {
    for (name, whole) in &WHOLE.1 {
        for bytes in [&b""[..], &whole[..whole.len() / 2], b"{}\n", b"\0\0\0\0", b"[[[[[[[[[["] {
            let folder = copy();
            fs::write(folder.path().join(name), bytes).unwrap();
            let before = contents(folder.path());
            let ran = run(TWINS, folder.path(), threads(1));
            match name.to_str().unwrap() {
                "manifest.json" | "prices.json" => {
                    let Err(RunError::Results(error)) = ran else { panic!("{name:?}: {ran:?}") };
                    assert!(matches!(error.kind, ErrorKind::Damaged | ErrorKind::OtherVersion), "{error}");
                    assert_same(&before, &contents(folder.path()));
                }
                // Where the warm-up stands in the manifest, nobody reads the pilot again.
                of if of.starts_with("pilot") => drop(ran.unwrap()),
                _ => {
                    drop(ran.unwrap());
                    assert_same(&WHOLE.1, &contents(folder.path()));
                }
            }
        }
    }
}

/// Damaged records of a pilot are not built on: a run that has not yet written what it found simulates them again.
#[test]
fn a_damaged_pilot_is_simulated_again() {
    let pilots: Vec<&PathBuf> = WHOLE.1.keys().filter(|name| name.starts_with("pilot")).collect();
    assert!(!pilots.is_empty(), "there is a pilot");
    let folder = TempDir::new().unwrap();
    fs::create_dir(folder.path().join("pilot")).unwrap();
    for name in pilots {
        fs::write(folder.path().join(name), &WHOLE.1[name][..100]).unwrap();
    }
    let build = ".fleetsim-build";
    fs::copy(WHOLE.0.path().join(build), folder.path().join(build)).unwrap();
    run(TWINS, folder.path(), threads(1)).unwrap();
    assert_same(&WHOLE.1, &contents(folder.path()));
}

/// A whole record under another's name is that of another job, even where the two fleets are the same.
#[test]
fn records_are_what_their_names_say() {
    let records: Vec<&PathBuf> = WHOLE.1.keys().filter(|name| name.starts_with("records")).collect();
    assert_eq!(records.len(), 4);
    for (under, of) in records.iter().flat_map(|one| records.iter().map(move |other| (*one, *other))) {
        if under != of {
            let folder = copy();
            fs::write(folder.path().join(under), &WHOLE.1[of]).unwrap();
            let error = results::load(folder.path()).unwrap_err();
            assert!(error.kind == ErrorKind::Damaged && error.path.ends_with(under), "{error}");
        }
    }
}
