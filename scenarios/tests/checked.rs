//! `fleetsim run --check`: every job under the checkers, with the same bytes in the folder.

mod support;

use std::sync::atomic::AtomicBool;

use scenarios::runner::Options;
use sim_core::engine::Time;
use sim_core::policy::view::{Bounds, ServiceScalingDecision, ServiceScalingPolicy, ServiceScalingView};
use sim_core::policy::{Catalogue, Declaration};
use support::{THREE, assert_same, contents, run, run_with, threads};

#[test]
fn results_are_the_same_with_checkers_and_without() {
    let folder = tempfile::tempdir().unwrap();
    let out = |name: &str| folder.path().join(name);
    run(THREE, &out("plain"), threads(2)).unwrap();
    let checked = Options { check: true, ..threads(2) };
    let outcome = run(THREE, &out("checked"), checked.clone()).unwrap();
    assert_eq!((outcome.simulated, outcome.failures.len()), (9, 0));
    assert_same(&contents(&out("plain")), &contents(&out("checked")));
    // What the folder holds already is looked at, too.
    drop(outcome);
    let again = run(THREE, &out("plain"), checked).unwrap();
    assert_eq!((again.simulated, again.resumed), (9, 0));
    assert_same(&contents(&out("plain")), &contents(&out("checked")));
}

/// Scales out once and does not say why.
struct Silent;

impl ServiceScalingPolicy for Silent {
    fn decide(&mut self, view: &ServiceScalingView) -> ServiceScalingDecision {
        let desired = (view.now > Time::ZERO && view.desired == 1).then_some(2);
        ServiceScalingDecision { desired, ..ServiceScalingDecision::abstain("") }
    }

    fn bounds(&self) -> Bounds {
        Bounds { min: Some(1), max: Some(2) }
    }
}

#[test]
fn what_a_checker_finds_fails_the_job_with_the_command_that_repeats_it() {
    let folder = tempfile::tempdir().unwrap();
    let text = THREE.replace(
        "scaling = { target-tracking = { metric = \"cpu\", target = \"50%\", min = 1, max = 8 } }\n\n[variants.lambda",
        "scaling = \"silent\"\n\n[variants.lambda",
    );
    assert!(text.contains("silent"));
    let policies =
        Catalogue::builtin()
            .with_service_scaling(Declaration::new("silent", "says nothing", |()| Ok(Silent)));
    let go = |name: &str, options: Options| {
        run_with(&text, &folder.path().join(name), options, &policies, &AtomicBool::new(false))
    };
    let unchecked = go("unchecked", threads(2)).unwrap();
    assert_eq!(unchecked.failures, []);
    let failures = match go("checked", Options { check: true, ..threads(2) }) {
        Ok(outcome) => outcome.failures,
        Err(error) => panic!("{error}"),
    };
    assert_eq!(failures.len(), 3, "every replication of the one variant");
    let said = failures[0].to_string();
    for part in [
        "fargate, replication 1 (seed 7): the checkers found what must not be",
        "decisions at 00:0",
        "expected a reason and whose it is",
        "again: fleetsim run three.toml --seed 7 --replications 3 --only fargate:1 --check",
    ] {
        assert!(said.contains(part), "no `{part}` in {said}");
    }
}
