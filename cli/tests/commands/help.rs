//! `list`, `explain`, `schema`, `--help`, and what reads their output.

use std::process::Stdio;

use insta::assert_snapshot;
use sim_core::policy::Catalogue;

use crate::support::Shell;

#[test]
fn lists() {
    let shell = Shell::new();
    for what in ["scenarios", "policies", "prices"] {
        assert_snapshot!(format!("list_{what}"), shell.run(&format!("list {what}")).shown());
    }
    let instances = shell.run("list instances").quiet();
    let lines: Vec<&str> = instances.lines().collect();
    assert!(lines.len() > 80, "{} instance types", lines.len() - 1);
    let shown = [lines[0]].into_iter().chain(lines.iter().copied().filter(|line| line.contains(".large ")));
    assert_snapshot!("list_instances_large", shown.collect::<Vec<_>>().join("\n"));
}

#[test]
fn explanations() {
    let shell = Shell::new();
    let check = |name: &str, what: &str| {
        assert_snapshot!(name, shell.run(&format!("explain {what}")).shown());
    };
    check("explain_policy", "service-scaling/target-tracking");
    check("explain_policies_of_one_name", "fixed");
    check("explain_kind", "placement");
    check("explain_setting", "services.task.cpu");
    check("explain_setting_with_the_scenarios_names", "variants.ec2.clusters.fleet.instances.warm_up");
    check("explain_option", "sources.arrivals.poisson");
    check("explain_parameter_of_a_policy", "services.scaling.target-tracking.target");
    check("explain_end_of_a_path", "deregistration_delay");
    check("explain_many_places", "percentiles");
    check("explain_tagged", "services");
    check("explain_unknown", "services.web.scalng");
    check("explain_quite_unknown", "quantum");
}

/// Every policy has help, and an example that a scenario could have.
#[test]
fn every_policy_is_explained() {
    let shell = Shell::new();
    for known in Catalogue::builtin().list() {
        let text = shell.run(&format!("explain {}", known.address())).quiet();
        assert!(text.starts_with(&format!("{}: {}\n", known.address(), known.summary)), "{text}");
        assert!(text.contains(&known.example_toml()), "{text}");
        let example = known.example_toml();
        let mut prose =
            text.lines().filter(|line| !line.contains(&example) && !line.contains(&known.address()));
        assert!(prose.all(|line| line.chars().count() <= 100), "{text}");
    }
}

/// Every built-in scenario is right.
#[test]
fn built_in_scenarios_check() {
    let shell = Shell::new();
    for known in scenarios::builtin::all() {
        let text = shell.run(&format!("check {}", known.name)).quiet();
        assert!(text.starts_with("ok: "), "{text}");
    }
}

/// A built-in scenario that is explained is its file: it can be saved, changed and run.
#[test]
fn built_in_scenarios_are_a_place_to_start_from() {
    let shell = Shell::new();
    let text = shell.run("explain hello").quiet();
    let shell = shell.file("mine.toml", text);
    assert!(shell.run("check mine.toml").quiet().starts_with("ok: 3 variants"));
}

#[test]
fn help() {
    let shell = Shell::new();
    assert_snapshot!("no_command", shell.run("").shown());
    assert_snapshot!("unknown_command", shell.run("rnu hello").shown());
    assert_snapshot!("help", shell.run("--help").shown());
    for command in ["run", "check", "list", "explain", "decide", "report", "price", "schema"] {
        let text = shell.run(&format!("{command} --help")).quiet();
        assert!(text.contains("Usage: fleetsim"), "{text}");
    }
}

/// A reader that has seen enough ends the command quietly. The schema is longer than what a pipe holds, so that the
/// command is still writing when its reader goes.
#[test]
fn a_reader_that_goes_away() {
    let shell = Shell::new();
    let mut command = shell.command("schema");
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert_eq!((output.status.code(), output.stderr.as_slice()), (Some(0), &b""[..]));
}
