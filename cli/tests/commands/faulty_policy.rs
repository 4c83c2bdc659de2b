//! A policy that panics: exit code 6, the other runs kept, the command that repeats each failed one.

use std::fs;

use crate::support::{Shell, example};

const SCENARIO: &str = r#"name = "faulty"

[run]
duration = "10min"
warm_up = "1min"
replications = 6

[sources.visitors]
to = "web"
arrivals = { poisson = { rate = "5/s" } }

[work.page]
cpu = { exponential = { mean = "20ms" } }

[services.web]
work = "page"
platform = "fargate"
task = { cpu = "1vCPU", memory = "2GB" }

[variants.sound.services.web]
scaling = { fixed = { count = 2 } }

[variants.faulty.services.web]
scaling = "faulty"
"#;

/// A warm-up that is found in a part of the pilot would stand for good.
#[test]
fn a_warm_up_is_not_found_in_a_part_of_the_pilot() {
    let text = SCENARIO.replace("warm_up = \"1min\"", "kind = \"steady\"\nwarm_up = \"auto\"");
    let shell = Shell::of(&example("faulty_policy")).file("faulty.toml", text);
    let done = shell.run("run faulty.toml --out results");
    assert_eq!(done.code, Some(6), "{}", done.shown());
    assert!(done.talk.contains("the warm-up is not found while runs of the pilot fail"), "{}", done.shown());
    assert!(!shell.path("results/summary.csv").exists());
}

#[test]
fn a_policy_that_panics_costs_its_runs_and_no_other() {
    let shell = Shell::of(&example("faulty_policy")).file("faulty.toml", SCENARIO);
    let done = shell.run("run faulty.toml --out results");
    assert_eq!(done.code, Some(6), "{}", done.shown());
    assert!(done.out.ends_with("report: results/report.html\n"), "{}", done.shown());
    let failed: Vec<&str> =
        done.talk.lines().filter(|line| line.contains("panicked: an odd moment")).collect();
    assert!((1..6).contains(&failed.len()), "some fail and some do not: {}", done.shown());
    for line in &failed {
        assert!(line.starts_with("error: faulty, replication "), "{line}");
    }
    assert!(!done.talk.contains("mistake in the program"), "{}", done.talk);
    let records = fs::read_dir(shell.path("results/records")).unwrap().count();
    assert_eq!(records, 12 - failed.len());
    // The command that it names repeats the failure alone.
    let again = done.talk.lines().find_map(|line| line.trim().strip_prefix("again: fleetsim ")).unwrap();
    let alone = shell.run(&format!("{again} --out alone"));
    assert_eq!((alone.code, alone.out.as_str()), (Some(6), ""), "{}", alone.shown());
    assert!(alone.talk.contains("panicked: an odd moment"), "{}", alone.talk);
    // Another attempt simulates only what is missing, and fails as before.
    let resumed = shell.run("run faulty.toml --out results");
    assert_eq!((resumed.code, &resumed.out), (Some(6), &done.out), "{}", resumed.shown());
    assert!(
        resumed.talk.contains(&format!("{records} runs were there already, 0 are new")),
        "{}",
        resumed.talk
    );
}
