//! `run`, `report` and `price`: folders, what is printed, and what is refused before anything is simulated.

use std::collections::BTreeMap;
use std::fs;

use insta::assert_snapshot;

use crate::files::{files, same};
use crate::support::Shell;

/// Two ways to run a service, small enough to be run many times.
const SHOP: &str = r#"# A shop.
name = "A shop: small/large"

[run]
duration = "10min"
warm_up = "2min"
replications = 2

[sources.visitors]
to = "web"
arrivals = { poisson = { rate = "20/s" } }

[work.page]
cpu = { exponential = { mean = "20ms" } }

[services.web]
work = "page"
objective = "p99 < 1s"

[variants.fargate.services.web]
platform = "fargate"
task = { cpu = "1vCPU", memory = "2GB" }
scaling = { fixed = { count = 2 } }

[variants.lambda.services.web]
platform = "lambda"
memory = "1769MB"
runtime = "nodejs22"
"#;

const OUT: &str = "fleetsim-out/A-shop--small-large";

fn shop() -> Shell {
    Shell::new().file("shop.toml", SHOP)
}

/// A run prints the comparison and ends by saying where the report is; where nobody watches, nothing else is said.
#[test]
fn a_run_prints_a_table_and_leaves_a_folder() {
    let (one, two) = (shop(), shop());
    let out = one.run("run shop.toml --threads 1").quiet();
    let row = |name: &str| out.lines().any(|line| line.starts_with(name) && line.contains('±'));
    assert!(row("Fargate") && row("Lambda"), "{out}");
    assert_eq!(out.lines().last(), Some(format!("report: {OUT}/report.html").as_str()));
    let files_of = |shell: &Shell| files(&shell.path(OUT));
    let left = files_of(&one);
    let tables = ["summary.json", "summary.csv", "series.csv", "decisions.csv", "bill.csv", "manifest.json"];
    for name in tables.iter().chain(&["report.html", "charts/latency-over-time.svg", "charts/cost.png"]) {
        assert!(left.contains_key(*name), "{name}");
    }
    assert_eq!(two.run("run shop.toml --threads 2").quiet(), out);
    same(&left, &files_of(&two));
}

/// The same command goes on with what is there; `report` and `price` work from it.
#[test]
fn results_are_kept_redrawn_and_priced_again() {
    let shell = shop();
    shell.run("run shop.toml --out results --traces").quiet();
    let path = shell.path("results");
    let first = files(&path);
    assert_eq!(first.keys().filter(|name| name.starts_with("requests-")).count(), 4);
    let again = shell.run("run shop.toml --out results --traces");
    assert_eq!((again.code, again.talk.as_str()), (Some(0), "4 runs were there already, 0 are new\n"));
    same(&first, &files(&path));
    fs::remove_file(path.join("report.html")).unwrap();
    let drawn = shell.run("report results").quiet();
    assert_eq!(drawn, again.out);
    same(&first, &files(&path));
    let priced = shell.run("price results --free-tier").quiet();
    assert!(priced.lines().last().is_some_and(|line| line.starts_with("report: results")), "{priced}");
    let with_free_tier = files(&path);
    assert!(with_free_tier["bill.csv"] != first["bill.csv"], "the function's bill is smaller");
    shell.run("price results").quiet();
    same(&first, &files(&path));
}

/// What another build of the program simulated, with other policies perhaps, is not taken for what this one does; and
/// where both do the same, nothing in the results tells them apart.
#[test]
#[cfg(target_os = "linux")]
fn another_build_simulates_again() {
    let shell = shop();
    shell.run("run shop.toml --out results").quiet();
    let first = files(&shell.path("results"));
    // A program with a byte behind its end does the same and is another file.
    let other = shell.path("other-fleetsim");
    let program = env!("CARGO_BIN_EXE_fleetsim");
    fs::copy(program, &other).expect("a copy");
    std::io::Write::write_all(&mut fs::File::options().append(true).open(&other).expect("it is ours"), b"\n")
        .expect("a byte more");
    let done = std::process::Command::new(&other)
        .args(["run", "shop.toml", "--out", "results"])
        .current_dir(shell.path("."))
        .output()
        .expect("it runs");
    let talk = String::from_utf8(done.stderr).expect("text");
    assert!(talk.contains("note: 4 finished runs were of another build of this program"), "{talk}");
    let mut second = files(&shell.path("results"));
    let build = second.insert(".fleetsim-build".into(), first[".fleetsim-build"].clone());
    assert_ne!(build.as_ref(), first.get(".fleetsim-build"));
    same(&first, &second);
}

/// More replications into the same folder simulate only what is missing; fewer simulate nothing.
#[test]
fn replications_are_added_to_a_folder() {
    let shell = shop();
    shell.run("run shop.toml --out results --replications 1").quiet();
    let more = shell.run("run shop.toml --out results --replications 3");
    assert_eq!((more.code, more.talk.as_str()), (Some(0), "2 runs were there already, 4 are new\n"));
    let whole = shell.run("run shop.toml --out whole --replications 3").quiet();
    assert_eq!(more.out.replace("results/", "whole/"), whole);
    let fewer = shell.run("run shop.toml --out results --replications 2");
    assert_eq!((fewer.code, fewer.talk.as_str()), (Some(0), "4 runs were there already, 0 are new\n"));
}

/// A scenario that says the same in other words goes on with what is there.
#[test]
fn an_equal_scenario_is_the_same_experiment() {
    let shell = Shell::new();
    let explained = shell.run("explain hello").quiet();
    fs::write(shell.path("mine.toml"), explained).unwrap();
    shell.run("run hello --replications 1").quiet();
    let again = shell.run("run mine.toml --replications 1");
    assert_eq!((again.code, again.talk.as_str()), (Some(0), "3 runs were there already, 0 are new\n"));
}

/// What limits the answer stands below it; a report of nothing does not replace one of something.
#[test]
fn what_is_missing_is_said_and_nothing_is_not_reported() {
    let shell = shop();
    let whole = shell.run("run shop.toml --out results").quiet();
    assert!(whole.contains("\n- Only 2 replications: "), "{whole}");
    assert!(!whole.contains("have no results") && !whole.contains("\n- 95 % intervals"), "{whole}");
    let path = shell.path("results");
    let records: Vec<_> =
        fs::read_dir(path.join("records")).unwrap().map(|entry| entry.unwrap().path()).collect();
    let second = records.iter().find(|path| path.display().to_string().contains("lambda-r2")).unwrap();
    fs::remove_file(second).unwrap();
    let partial = shell.run("report results").quiet();
    for said in ["- 1 of 4 runs have no results", "- Runs without results: Lambda, replication 2."] {
        assert!(partial.contains(said), "{partial}");
    }
    fs::remove_dir_all(path.join("records")).unwrap();
    let before = files(&path);
    let refused = shell.run("report results");
    assert_eq!(refused.code, Some(4), "{}", refused.talk);
    assert!(refused.talk.contains("no finished run") && refused.talk.contains("fleetsim run shop.toml"));
    same(&before, &files(&path));
}

/// One job of an experiment alone, as the message about a failed one says.
#[test]
fn one_job_alone() {
    let shell = shop();
    let done = shell.run("run shop.toml --out results --only fargate:2");
    assert_eq!((done.code, done.out.as_str()), (Some(0), ""), "{}", done.talk);
    assert_eq!(files(&shell.path("results/records")).len(), 1);
    // Where nothing is compared, the one is still not all: it does not replace the report of all, nor tables.
    let alone = SHOP.find("[variants.lambda").expect("it is there");
    let shell = shell.file("alone.toml", &SHOP[..alone]);
    shell.run("run alone.toml --out whole").quiet();
    let whole = files(&shell.path("whole"));
    let again = shell.run("run alone.toml --out whole --only fargate:2");
    assert!(again.out.ends_with("report: whole/report.html\n"), "{}", again.out);
    let but_commands = |mut files: BTreeMap<String, Vec<u8>>| {
        files.remove("manifest.json");
        files
    };
    same(&but_commands(whole), &but_commands(files(&shell.path("whole"))));
    let first = fs::read_dir(shell.path("whole/records")).unwrap().map(|entry| entry.unwrap().path());
    let first = first.into_iter().find(|path| path.display().to_string().contains("-r1-")).unwrap();
    fs::remove_file(first).unwrap();
    let before = files(&shell.path("whole"));
    let partial = shell.run("run alone.toml --out whole --only fargate:2");
    assert_eq!(
        (partial.code, partial.out.as_str(), partial.talk.as_str()),
        (Some(0), "", "no report: 1 of 2 runs are finished\n")
    );
    same(&before, &files(&shell.path("whole")));
    let check = |name: &str, job: &str| {
        assert_snapshot!(name, shell.run(&format!("run shop.toml --only {job}")).shown());
    };
    check("run_only_an_unknown_variant", "ec2:1");
    check("run_only_an_unknown_replication", "fargate:3");
    check("run_only_half_a_job", "fargate");
}

#[test]
fn folders_that_are_refused() {
    let shell = shop().file("notes.txt", "mine");
    fs::create_dir(shell.path("mine")).unwrap();
    fs::write(shell.path("mine/thesis.txt"), "years of work").unwrap();
    shell.run("run shop.toml --replications 1").quiet();
    let before = files(&shell.path(OUT));
    let check = |name: &str, line: &str| assert_snapshot!(name, shell.run(line).shown());
    check("run_folder_holds_other_results", "run shop.toml --replications 1 --seed 2");
    check("run_folder_holds_other_settings", "run shop.toml --replications 1 --set services.web.memory=2GB");
    check("run_folder_holds_something_else", "run shop.toml --out mine");
    check("run_folder_is_a_file", "run shop.toml --out notes.txt");
    check("run_folder_cannot_be_made", "run shop.toml --out notes.txt/results");
    check("report_of_no_results", "report mine");
    check("price_of_no_results", "price nowhere");
    check("price_with_an_unknown_book", "price mine --book us-east-1-2026-08");
    check("price_with_a_book_that_is_none", "price mine --book notes.txt");
    same(&before, &files(&shell.path(OUT)));
    assert_eq!(files(&shell.path("mine")).len(), 1);
}

/// Ctrl-C: what is finished is kept, and it is said how to go on.
#[cfg(unix)]
#[test]
fn an_interrupted_run_keeps_what_is_finished() {
    use std::process::{Command, Stdio};
    use std::time::Duration;

    let shell = shop();
    let line = "run shop.toml --out results --replications 40000 --max-jobs 100000";
    let mut command = shell.command(line);
    let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let records = shell.path("results/records");
    // The handler is in place before the first record is.
    while fs::read_dir(&records).map_or(0, Iterator::count) == 0 {
        std::thread::sleep(Duration::from_millis(5));
    }
    let killed = Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
    assert!(killed.success());
    let output = child.wait_with_output().unwrap();
    let talk = String::from_utf8(output.stderr).unwrap();
    assert_eq!((output.status.code(), output.stdout.as_slice()), (Some(5), &b""[..]), "{talk}");
    assert!(talk.contains("of 80000 runs are finished and kept in results"), "{talk}");
    let again = "go on with: fleetsim run shop.toml --replications 40000 --max-jobs 100000 --out results\n";
    assert!(talk.ends_with(again), "{talk}");
    let kept = files(&records).len();
    let told = format!("stopped: {kept} of");
    assert!(talk.contains(&told), "{told}: {talk}");
}
