//! A user's own binary: `examples/own_policies.rs` offers the whole command line with two policies added.

use serde_json::Value;

use crate::support::{Shell, example};

#[test]
fn its_policies_stand_beside_the_others() {
    let shell = Shell::of(&example("own_policies"));
    let list = shell.run("list policies").quiet();
    for name in ["trend", "balanced", "target-tracking", "binpack"] {
        assert!(list.contains(&format!("  {name}  ")), "{name} in {list}");
    }
    insta::assert_snapshot!("own_explain_trend", shell.run("explain trend").shown());
    let decide = |policy: &str| -> Value {
        let view = shell.run(&format!("decide {policy} --example")).quiet();
        let done = shell.run_with(&format!("decide {policy}"), &view);
        assert_eq!(done.code, Some(0), "{}", done.talk);
        serde_json::from_str(&done.out).expect("a decision is JSON")
    };
    assert_eq!(decide("trend")["desired"], 15);
    assert_eq!(decide("balanced")["instance"], 0);
}

/// A scenario names them like any other policy; their decisions stand in the timeline with their reasons.
#[test]
fn a_scenario_runs_with_them() {
    let shell = Shell::of(&example("own_policies")).file("mine.toml", SCENARIO);
    let out = shell.run("run mine.toml --out results").quiet();
    assert!(out.ends_with("report: results/report.html\n"), "{out}");
    let decisions = std::fs::read_to_string(shell.path("results/decisions.csv")).unwrap();
    assert!(decisions.contains("tasks' worth of CPU is coming"), "{decisions}");
    assert!(decisions.contains("balanced"), "{decisions}");
    let plain = Shell::new().file("mine.toml", SCENARIO);
    insta::assert_snapshot!("own_policies_are_unknown_elsewhere", plain.run("check mine.toml").shown());
}

const SCENARIO: &str = r#"# A service under rising traffic, with policies of one's own.
name = "mine"

[run]
duration = "30min"
warm_up = "5min"
replications = 2

[sources.visitors]
to = "web"
arrivals = { poisson = { rate = "20/s", shape = { ramp = { from = 1, to = 5, start = "0s", end = "30min" } } } }

[work.page]
cpu = { exponential = { mean = "30ms" } }

[services.web]
work = "page"
platform = "ecs"
task = { cpu = "1vCPU", memory = "1GiB" }
cluster = "fleet"
placement = ["spread:zone", "balanced"]
scaling = { trend = { target = "60%", ahead = 3, max = 20 } }

[clusters.fleet.instances]
type = "m7g.large"
min = 2
max = 20
scaling = { managed = { target_capacity = "100%" } }
"#;

/// The guide and the example are the same code, whatever their lines: the guide's policies are in the example.
#[test]
fn the_guide_shows_the_same_policies() {
    let guide = include_str!("../../../docs/guides/write-a-policy.md");
    let squeezed = |text: &str| text.split_whitespace().collect::<String>();
    let example = squeezed(include_str!("../../examples/own_policies.rs"));
    let blocks = guide.split("```rust\n").skip(1).filter_map(|rest| rest.split("```").next());
    let policies = blocks.filter_map(|block| block.split_once("\n\n")?.1.split_once("let catalogue"));
    let missing: Vec<&str> = policies
        .clone()
        .map(|(policy, _)| policy)
        .filter(|text| !example.contains(&squeezed(text)))
        .collect();
    assert_eq!((policies.count(), missing), (2, vec![]));
}
