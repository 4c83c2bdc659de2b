//! `swarm`: random scenarios, what is said of them, and that they are ordinary files.

use crate::support::Shell;

#[test]
fn a_range_of_seeds_runs_and_is_summed_up() {
    let shell = Shell::new();
    let said = shell.run("swarm --seeds 3..9 --threads 2").quiet();
    assert!(said.starts_with("6 scenarios, ") && said.ends_with(": 0 failed\n"), "{said}");
    assert_eq!(said, shell.run("swarm --seeds 3..9 --threads 1").quiet());
    assert!(!shell.path("fleetsim-out").exists(), "nothing failed, nothing is written");
}

#[test]
fn a_printed_scenario_is_an_ordinary_file() {
    let printed = Shell::new().run("swarm --seeds 4..5 --print").quiet();
    assert!(printed.starts_with("name = \"swarm-4\""), "{printed}");
    let shell = Shell::new().file("four.toml", &printed);
    let ran = shell.run("run four.toml --check --out out");
    assert_eq!(ran.code, Some(0), "{}", ran.shown());
}

#[test]
fn a_range_without_seeds_is_refused() {
    for seeds in ["5..5", "7..3", "5", "a..b"] {
        assert_eq!(Shell::new().run(&format!("swarm --seeds {seeds}")).code, Some(2), "{seeds}");
    }
}
