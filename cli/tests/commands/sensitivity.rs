//! `run --sensitivity`: which assumptions matter, in the terminal, in files and in the report.

use std::collections::BTreeMap;
use std::path::Path;

use crate::support::Shell;

/// A fixed number of tasks that hold the objective by a factor: a slower core breaks it, and nothing that happens before a
/// task is in service does anything, as all are from the start.
const FIXED: &str = r#"name = "fixed"

[run]
duration     = "5min"
warm_up      = "1min"
replications = 3

[sources.visitors]
to = "web"
arrivals = { poisson = { rate = "20/s" } }
network  = "1ms"

[work.page]
cpu      = { exponential = { mean = "32ms" } }
request  = "2kB"
response = "9kB"

[services.web]
work = "page"
objective = "p90 < 350ms"
platform = "fargate"
scaling = { fixed = { count = 1 } }
task = { cpu = "1vCPU", memory = "2GB", image = "90MB", idle_memory = "60MB" }
balancer = { alb = { overhead = "1.5ms", requests_per_connection = 9 } }
provisioning = "9s"
pull_megabytes_per_second = 9.0

[variants.small.services.web]
task = { cpu = "1vCPU" }

[variants.large.services.web]
task = { cpu = "4vCPU", memory = "8GB" }

[telemetry]
container_lag = "50s"
balancer_lag = "61s"
scheduler_reaction = "9s"
"#;

fn shell() -> Shell {
    Shell::new().file("fixed.toml", FIXED)
}

/// Every file of a folder but the hidden ones.
fn files(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut files = BTreeMap::new();
    for entry in std::fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path()) {
        let name = entry.file_name().expect("a name").to_string_lossy().into_owned();
        match entry.is_dir() {
            true => files.extend(
                self::files(&entry).into_iter().map(|(file, bytes)| (format!("{name}/{file}"), bytes)),
            ),
            false if name.starts_with('.') => {}
            false => drop(files.insert(name, std::fs::read(&entry).expect("a file"))),
        }
    }
    files
}

#[test]
fn one_assumption_changes_the_verdict_and_another_does_nothing() {
    let shell = shell();
    let done = shell.run("run fixed.toml --sensitivity --out results");
    assert_eq!(done.code, Some(0), "{}{}", done.out, done.talk);
    // Three settings of two variants, three times each; of `served_by`, one of the ends is in force.
    assert!(
        done.talk.contains("4 assumptions at their low and high values are 42 runs more than the 6"),
        "{}",
        done.talk
    );
    assert!(
        done.out.contains("\n1 of 4 assumptions changes the verdict: hardware.fargate_x86 (large at 0.6).\n"),
        "{}",
        done.out
    );
    assert!(done.out.contains("\n  no clear effect: services.web.task.start, "), "{}", done.out);
    let first =
        done.out.lines().position(|line| line.starts_with("what assumptions do to small ($")).unwrap();
    assert!(done.out.lines().nth(first + 1).unwrap().contains("hardware.fargate_x86 = 1"), "{}", done.out);

    let summary: serde_json::Value =
        serde_json::from_slice(&std::fs::read(shell.path("results/summary.json")).unwrap()).unwrap();
    let moves = summary["sensitivity"]["moves"].as_array().unwrap();
    let of = |setting: &str| moves.iter().find(|it| it["setting"] == setting).unwrap();
    let speed = of("hardware.fargate_x86");
    assert_eq!(speed["low"]["instead"], "large");
    assert!(speed["low"]["latency"]["value"].as_f64().unwrap() > 0.0);
    assert!(speed["high"]["latency"]["value"].as_f64().unwrap() < 0.0 && speed["high"]["instead"].is_null());
    let start = of("services.web.task.start");
    for end in ["low", "high"] {
        assert_eq!(
            (&start[end]["cost"]["value"], &start[end]["latency"]["value"]),
            (&0.0.into(), &0.0.into())
        );
    }
    assert_eq!(of("services.web.balancer.alb.health_check.served_by")["low"]["note"], "in force");

    let table = std::fs::read_to_string(shell.path("results/sensitivity.csv")).unwrap();
    assert_eq!(table.lines().count(), 1 + 2 * 4, "{table}");
    assert!(
        table.lines().nth(1).unwrap().starts_with("hardware.fargate_x86,1,small; large,low,0.6,small,"),
        "{table}"
    );
    let page = std::fs::read_to_string(shell.path("results/report.html")).unwrap();
    for part in [
        "Sensitivity to assumptions",
        "id=\"sensitivity\"",
        "The verdict would be",
        "What assumptions do to small",
    ] {
        assert!(page.contains(part), "{part}");
    }
    assert!(
        shell.path("results/charts/sensitivity.svg").exists()
            && shell.path("results/charts/sensitivity.png").exists()
    );

    // Drawn again, the same; asked for without it, nothing of it is left but what was simulated.
    let before = files(&shell.path("results"));
    shell.run("report results").quiet();
    assert!(before == files(&shell.path("results")), "a report drawn again is the same");
    shell.run("run fixed.toml --out results");
    let plain = files(&shell.path("results"));
    assert!(plain.keys().any(|name| name.starts_with("sensitivity/")));
    for gone in ["sensitivity.csv", "charts/sensitivity.svg", "charts/sensitivity.png"] {
        assert!(!plain.contains_key(gone), "{gone}");
    }
    assert!(!String::from_utf8_lossy(&plain["report.html"]).contains("Sensitivity to assumptions"));
}

#[test]
fn the_same_bytes_with_any_threads_and_after_losing_some() {
    let shell = shell();
    shell.run("run fixed.toml --sensitivity --out one --threads 1");
    let whole = files(&shell.path("one"));
    let moved: Vec<&String> = whole.keys().filter(|name| name.starts_with("sensitivity/")).collect();
    assert_eq!(moved.len(), 42, "{moved:?}");
    shell.run("run fixed.toml --sensitivity --out two --threads 2");
    // The command stands in the manifest and on the page.
    let results = |name: &&String| {
        name.ends_with(".csv") || name.starts_with("sensitivity/") || name.as_str() == "summary.json"
    };
    let two = files(&shell.path("two"));
    for name in whole.keys().filter(results) {
        assert!(whole[name] == two[name], "{name}");
    }
    // Some records lost, one damaged: the same command makes them again, and no others.
    for name in &moved[3..10] {
        std::fs::remove_file(shell.path("one").join(name)).unwrap();
    }
    // What is not finished is no finding.
    let early = shell.run("report one").quiet();
    assert!(early.contains("not all runs are finished") && early.contains("\n  not finished: "), "{early}");
    let table = std::fs::read_to_string(shell.path("one/sensitivity.csv")).unwrap();
    let unfinished = |line: &&str| line.ends_with("of its runs are not finished");
    assert!(table.lines().filter(unfinished).all(|line| !line.contains(",no,")), "{table}");
    assert!(table.lines().any(|line| unfinished(&line)), "{table}");
    std::fs::write(shell.path("one").join(moved[20]), "{").unwrap();
    let again = shell.run("run fixed.toml --sensitivity --out one --threads 1");
    assert!(again.talk.contains("40 runs were there already, 8 are new"), "{}", again.talk);
    assert!(whole == files(&shell.path("one")), "the same bytes");
}

#[test]
fn work_is_announced_and_limited() {
    let shell = shell();
    let check = shell.run("check fixed.toml").quiet();
    assert!(
        check.contains("with --sensitivity, at most 42 jobs more: 4 assumptions are in force"),
        "{check}"
    );
    let refused = shell.run("run fixed.toml --sensitivity --max-jobs 40");
    assert_eq!(refused.code, Some(3), "{}", refused.talk);
    assert!(refused.talk.contains("above the limit of 40 in all"), "{}", refused.talk);
    assert!(!shell.path("fleetsim-out").exists());
    let both = shell.run("run fixed.toml --sensitivity --only small:1");
    assert!(both.code != Some(0) && both.talk.contains("cannot be used with"), "{}", both.talk);
}
