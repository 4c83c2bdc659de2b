//! Whose code made a record: finished runs of another build of the program are not taken for those of this one.

mod support;

use std::fs;

use scenarios::runner::Options;
use support::{THREE, contents, run};

fn build(name: &str, requests: Option<u64>) -> Options {
    Options { build: Some(name.into()), replications: Some(1), requests, ..Options::default() }
}

/// A policy's body is no setting: only the build tells that it has changed.
#[test]
fn runs_of_another_build_are_simulated_again() {
    let folder = tempfile::tempdir().unwrap();
    let check = |name: &str, requests: Option<u64>, simulated: usize, resumed: usize, noted: bool| {
        let outcome = run(THREE, folder.path(), build(name, requests)).unwrap();
        assert_eq!((outcome.simulated, outcome.resumed), (simulated, resumed), "{name}");
        let said = outcome.notes.iter().any(|note| note.starts_with("3 finished runs were of another build"));
        assert_eq!(said, noted, "{name}: {:?}", outcome.notes);
    };
    let every = Some(100_000);
    check("one", every, 3, 0, false);
    check("one", every, 0, 3, false);
    check("two", None, 3, 0, true);
    // The requests that the first build wrote are not there to be taken for the second's.
    check("two", every, 3, 0, false);
    fs::remove_file(folder.path().join(".fleetsim-build")).unwrap();
    check("two", None, 3, 0, true);
}

#[test]
fn results_do_not_tell_the_build() {
    let folder = tempfile::tempdir().unwrap();
    let files = |name: &str| {
        let out = folder.path().join(name);
        run(THREE, &out, build(name, None)).unwrap();
        assert_eq!(fs::read_to_string(out.join(".fleetsim-build")).unwrap(), format!("{name}\n"));
        contents(&out)
    };
    let (one, two) = (files("one"), files("two"));
    assert!(one.len() > 8, "{:?}", one.keys());
    assert!(one == two);
}
