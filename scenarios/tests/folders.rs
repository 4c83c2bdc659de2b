//! The results folder of whole experiments: who may use it, what is refused, what is said of damage, and money made anew.

mod support;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use scenarios::results::{self, ErrorKind, Prices};
use scenarios::runner::{Options, RunError};
use support::{THREE, assert_same, contents, prices, run, threads};

#[test]
fn folders_of_others_are_refused_before_anything_is_simulated() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    run(THREE, &at("results"), threads(2)).unwrap();
    fs::create_dir(at("mine")).unwrap();
    fs::write(at("mine/thesis.txt"), "chapter one").unwrap();
    fs::write(at("file"), "").unwrap();
    fs::create_dir(at("strange")).unwrap();
    fs::write(at("strange/manifest.json"), "{}").unwrap();
    let before = contents(folder.path());
    let other_rate = THREE.replace("8/s", "9/s");
    let check = |text: &str, out: &str, options: Options, kind: ErrorKind, message: &str| {
        match run(text, &at(out), options) {
            Err(RunError::Results(error)) => {
                assert_eq!(error.kind, kind, "{error}");
                assert!(error.to_string().contains(message), "{error}");
            }
            other => panic!("{out}: {other:?}"),
        }
        assert_same(&before, &contents(folder.path()));
    };
    let seed = |seed| Options { seed: Some(seed), ..Options::default() };
    check(THREE, "results", seed(8), ErrorKind::Occupied, "seed 8, not 7");
    check(&other_rate, "results", threads(1), ErrorKind::Occupied, "already holds other results");
    check(THREE, "mine", threads(1), ErrorKind::Occupied, "it holds thesis.txt");
    check(THREE, "file", threads(1), ErrorKind::Unusable, "is a file");
    check(THREE, "file/below", threads(1), ErrorKind::Unusable, "cannot be written");
    check(THREE, "strange", threads(1), ErrorKind::OtherVersion, "another program");
}

/// One run at a time in a folder; the lock of a process that is gone locks nothing.
#[test]
fn a_folder_that_another_run_uses_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let lock = folder.path().join(".fleetsim-lock");
    fs::write(&lock, "process 17\n").unwrap();
    let other = fs::File::options().write(true).open(&lock).unwrap();
    other.lock().unwrap();
    let refused = |by: &str| match run(THREE, folder.path(), threads(2)) {
        Err(RunError::Results(error)) => {
            assert_eq!(error.kind, ErrorKind::Busy);
            assert!(error.to_string().contains(by), "{error}");
        }
        other => panic!("{other:?}"),
    };
    refused("(process 17)");
    drop(other);
    // Tables and report are still to be written when all is simulated, and when all is priced.
    let this = format!("(process {})", std::process::id());
    let outcome = run(THREE, folder.path(), threads(2)).unwrap();
    assert_eq!(outcome.simulated, 9);
    refused(&this);
    assert_eq!(results::price(folder.path(), prices()).unwrap_err().kind, ErrorKind::Busy);
    drop(outcome);
    let priced = results::price(folder.path(), prices()).unwrap();
    refused(&this);
    drop(priced);
    assert_eq!(fs::read_to_string(&lock).unwrap(), "", "nobody holds it");
    assert_eq!(run(THREE, folder.path(), threads(2)).unwrap().resumed, 9);
}

/// Prices that were chosen for a folder stay chosen when its run goes on.
#[test]
fn chosen_prices_stay() {
    let folder = tempfile::tempdir().unwrap();
    let fewer = Options { replications: Some(1), ..threads(2) };
    run(THREE, folder.path(), fewer).unwrap();
    let mut mine = prices();
    mine.options.free_tier = true;
    results::price(folder.path(), mine.clone()).unwrap();
    let more = run(THREE, folder.path(), threads(2)).unwrap();
    assert_eq!((more.simulated, more.resumed), (6, 3));
    let [note] = more.notes.as_slice() else { panic!("one note, not {:?}", more.notes) };
    assert!(note.contains(&mine.book.name) && note.contains("free tier"), "{note}");
    let kept = results::load(folder.path()).unwrap();
    assert_eq!((kept.manifest.prices, kept.prices), (mine.used(), mine));
}

/// A report of nothing would replace a good one.
#[test]
fn a_folder_without_records_has_no_report() {
    let folder = tempfile::tempdir().unwrap();
    run(THREE, folder.path(), threads(2)).unwrap();
    fs::remove_dir_all(folder.path().join("records")).unwrap();
    let before = contents(folder.path());
    for error in [
        results::load_finished(folder.path()).unwrap_err(),
        results::price(folder.path(), prices()).unwrap_err(),
    ] {
        assert_eq!(error.kind, ErrorKind::Incomplete);
        assert!(error.to_string().contains("no finished run"), "{error}");
    }
    assert_same(&before, &contents(folder.path()));
}

#[test]
fn damaged_results_are_named() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("out");
    run(THREE, &out, threads(2)).unwrap();
    let record = fs::read_dir(out.join("records")).unwrap().next().unwrap().unwrap().path();
    let (whole, manifest) =
        (fs::read_to_string(&record).unwrap(), fs::read_to_string(out.join("manifest.json")).unwrap());
    let check = |path: &Path, text: &str, kind: ErrorKind, message: &str| {
        let before = fs::read(path).unwrap();
        fs::write(path, text).unwrap();
        let error = results::load(&out).unwrap_err();
        assert_eq!(error.kind, kind, "{error}");
        assert!(error.to_string().contains(message), "{error}");
        fs::write(path, before).unwrap();
    };
    let name = record.file_name().unwrap().to_str().unwrap();
    check(&record, &whole[..whole.len() / 3], ErrorKind::Damaged, name);
    let at = whole.find("\"born\":").unwrap() + 7;
    let changed = format!("{}9{}", &whole[..at], &whole[at + 1..]);
    check(&record, &changed, ErrorKind::Damaged, "has been changed");
    check(&record, "", ErrorKind::Damaged, name);
    let manifest_path = out.join("manifest.json");
    check(
        &manifest_path,
        &manifest.replace("\"format\": 2", "\"format\": 1"),
        ErrorKind::OtherVersion,
        "version 0.1.0",
    );
    check(&manifest_path, &manifest[..200], ErrorKind::Damaged, "manifest.json");
    let elsewhere = results::load(folder.path()).unwrap_err();
    assert_eq!(elsewhere.kind, ErrorKind::NotResults);
    fs::remove_file(&record).unwrap();
    let error = results::load(&out).unwrap_err();
    assert!(error.kind == ErrorKind::Incomplete && error.to_string().contains(name), "{error}");
}

#[test]
fn pricing_again_changes_only_money() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("out");
    run(THREE, &out, threads(2)).unwrap();
    let before = contents(&out);
    assert_same(&before, &{
        results::price(&out, prices()).unwrap();
        contents(&out)
    });
    let mut book = prices().book;
    book.name = "half".into();
    book.ec2.on_demand.values_mut().for_each(|price| *price /= 2.0);
    let options = prices().options;
    results::price(&out, Prices { book, options }).unwrap();
    let after = contents(&out);
    let changed: Vec<&str> = before
        .iter()
        .filter(|(name, bytes)| after[*name] != **bytes)
        .map(|(name, _)| name.to_str().unwrap())
        .collect();
    assert_eq!(changed, ["bill.csv", "manifest.json", "prices.json", "summary.csv", "summary.json"]);
    let lines = |files: &BTreeMap<PathBuf, Vec<u8>>| -> Vec<String> {
        let text = String::from_utf8(files[Path::new("summary.csv")].clone()).unwrap();
        text.lines().filter(|line| !line.contains(",cost.")).map(str::to_owned).collect()
    };
    assert_eq!(lines(&before), lines(&after));
    // The same experiment may go on in it: prices are no part of what it is.
    assert_eq!(run(THREE, &out, threads(1)).unwrap().resumed, 9);
}
