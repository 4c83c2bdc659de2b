//! `decide`: every policy of the catalogue on its example, and what can be wrong with a question.

use insta::assert_snapshot;
use serde_json::Value;
use sim_core::policy::Catalogue;

use crate::support::Shell;

/// Every policy answers its own example view with its example's parameters, with a reason.
#[test]
fn every_policy_answers() {
    let shell = Shell::new();
    let mut answers = String::new();
    for known in Catalogue::builtin().list() {
        let address = known.address();
        let view = shell.run(&format!("decide {address} --example")).quiet();
        let done = shell.run_with(&format!("decide {address} --params '{}'", known.example), &view);
        let line = done.quiet();
        let decision: Value = serde_json::from_str(&line).expect("a decision is JSON");
        assert!(decision["reason"].as_str().is_some_and(|reason| !reason.is_empty()), "{address}: {line}");
        assert_eq!(line.lines().count(), 1, "{address}");
        answers += &format!("{address}: {line}");
    }
    assert_snapshot!("decisions", answers);
}

/// Views may stand a line each or over several lines; each is answered on its own line, in their order.
#[test]
fn views_stream() {
    let shell = Shell::new();
    let one = r#"{"now":"2h","function":"f","idle_times":{"minutes":[1],"beyond":0}}"#;
    let several = format!("{one}\n\n{:#}{one}", serde_json::from_str::<Value>(one).unwrap());
    let out = shell.run_with("decide keep-alive/fixed --params '{\"after\":\"3min\"}'", &several).quiet();
    assert_eq!(out.lines().count(), 3);
    assert!(out.lines().all(|line| line.contains(r#""keep":"3min""#)), "{out}");
}

#[test]
fn mistakes() {
    let shell = Shell::new();
    let check = |name: &str, line: &str, input: &str| {
        assert_snapshot!(name, shell.run_with(line, input).shown());
    };
    check("decide_parameters_of_the_example", "decide step-scaling", STEADY);
    check("decide_argument_after_the_name", "decide spread:rack", "{}");
    check("decide_several_kinds", "decide fixed", "");
    check("decide_unknown_policy", "decide binpak", "");
    check("decide_no_view", "decide binpack", "");
    check("decide_parameters_are_not_json", "decide binpack --params cpu", "");
    check("decide_view_is_not_json", "decide random", "");
    check("decide_second_view_is_cut_short", "decide placement/random", &format!("{PLACEMENT}\n{{\"task\""));
    check(
        "decide_parameters_and_view_are_wrong",
        "decide step-scaling --params '{\"metric\": \"cpu\"}'",
        r#"{"now": "1h", "load": 3}"#,
    );
}

const STEADY: &str = r#"{"now":"480min","service":"web","running":10,"desired":10,"min":2,"max":40,
    "metrics":{"cpu":[{"end":"478min","value":0.5},{"end":"479min","value":0.5}]}}"#;

const PLACEMENT: &str =
    r#"{"task":{"group":"service:web","cpu_units":512,"memory_mib":1024},"candidates":[],"luck":7}"#;
