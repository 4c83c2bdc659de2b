//! What a scenario asserts, as a job in continuous integration sees it; and how many replications it took.

use crate::support::Shell;

/// A service whose bill is exact and whose latencies are noisy.
const GATE: &str = r#"name = "gate"

[run]
duration     = "5min"
replications = 3

[[assert]]
that = "latency.p90 < LIMIT"

[[assert]]
that       = "cost.month < $80"
confidence = "99%"

[sources.visitors]
to = "web"
arrivals = { poisson = { rate = "20/s" } }

[work.page]
cpu = { exponential = { mean = "20ms" } }

[services.web]
work = "page"
platform = "fargate"
task = { cpu = "1vCPU", memory = "2GB" }
scaling = { fixed = { count = 1 } }
"#;

fn gate(limit: &str) -> Shell {
    Shell::new().file("gate.toml", GATE.replace("LIMIT", limit))
}

#[test]
fn a_run_ends_as_its_assertions_do() {
    let check = |limit: &str, code: i32, line: &str| {
        let shell = gate(limit);
        let done = shell.run("run gate.toml --out results");
        assert_eq!(done.code, Some(code), "{}{}", done.out, done.talk);
        let said: Vec<&str> = done.out.lines().filter(|line| line.starts_with("assert ")).collect();
        assert_eq!(said.len(), 2, "{}", done.out);
        assert!(said[0].starts_with(line), "{}", done.out);
        assert!(
            said.iter().any(|it| it.starts_with("assert cost.month < $80: holds for base: $")),
            "{}",
            done.out
        );
        // What a report is drawn of says the same, and is no gate.
        let again = shell.run("report results").quiet();
        assert!(again.contains(said[0]), "{again}");
        let page = std::fs::read_to_string(shell.path("results/report.html")).expect("a report");
        assert!(
            page.contains("<h3>Assertions</h3>") && page.contains("latency.p90"),
            "it stands in the report"
        );
        done
    };
    check("2s", 0, "assert latency.p90 < 2s: holds for web of base: ");
    check("1ms", 7, "assert latency.p90 < 1ms: fails for web of base: ");
    // The limit is what was found: noise leaves it open.
    let found = check("2s", 0, "assert");
    let value = found
        .out
        .lines()
        .find_map(|line| line.strip_prefix("assert latency.p90 < 2s: holds for web of base: "));
    let value = value.and_then(|rest| rest.split(',').next()).expect("a number").replace(' ', "");
    check(&value, 8, &format!("assert latency.p90 < {value}: undecided for web of base: "));
}

#[test]
fn a_claim_that_holds_of_nothing_fails() {
    let line = "that = \"latency.p90 < LIMIT\"";
    let check = |claim: &str, code: i32, said: &str| {
        let shell = Shell::new().file("gate.toml", GATE.replace(line, claim));
        let done = shell.run("run gate.toml --out results");
        assert!(done.out.contains(said), "{claim}: {}{}", done.out, done.talk);
        assert_eq!(done.code, Some(code), "{claim}: {}", done.out);
    };
    check(
        "that = \"cost.line.nope < $3\"",
        7,
        "assert cost.line.nope < $3: fails for base: it has no such metric",
    );
    check(
        "that = \"instances.max < 3\"\nservice = \"web\"",
        7,
        "fails for web of base: it has no such metric",
    );
    check("that = \"errors.total < 5%\"", 0, "at most 0.0");
}

#[test]
fn names_are_checked_before_anything_runs() {
    let text = GATE.replace("latency.p90 < LIMIT", "latncy.p90 < 2s");
    let done = Shell::new().file("gate.toml", text).run("check gate.toml");
    assert_eq!(done.code, Some(3));
    assert!(
        done.talk.contains("there is no metric `latncy.p90`; did you mean `latency.p90`?"),
        "{}",
        done.talk
    );
}

const PRECISE: &str = "precision = { metric = \"latency.p90\", half_width = \"20%\", max_replications = 40 }";

/// How many replications it took is said; a number on the command line is that number.
#[test]
fn precision_says_how_many_replications_it_took() {
    let text = GATE.replace("LIMIT", "2s").replace("replications = 3", PRECISE);
    let shell = Shell::new().file("gate.toml", text);
    assert!(shell.run("check gate.toml").quiet().starts_with("ok: 1 variant, 10 to 40 jobs, about "));
    let done = shell.run("run gate.toml --out results").quiet();
    let said = " replications of each variant, until enough to know latency.p90 within 20% everywhere: ";
    let line = done.lines().find(|line| line.contains(said)).unwrap_or_else(|| panic!("{done}"));
    let manifest = std::fs::read_to_string(shell.path("results/manifest.json")).expect("a manifest");
    let count = line.trim_start_matches("- ").split(' ').next().expect("a number");
    assert!(manifest.contains(&format!("\"replications\": {count}")), "{line}");
    let again = shell.run("run gate.toml --out results");
    assert_eq!((again.code, again.out.as_str()), (Some(0), done.as_str()));
    assert!(again.talk.contains(&format!("{count} runs were there already, 0 are new")), "{}", again.talk);
    let three = shell.run("run gate.toml --out results --replications 3");
    assert!(three.code == Some(0) && !three.out.contains(said), "{}{}", three.out, three.talk);
}

/// A warm-up that is found is said, with what it is of.
#[test]
fn a_found_warm_up_is_said() {
    let auto = "warm_up = \"auto\"\nkind = \"steady\"\ninitial = \"empty\"\nreplications = 2";
    let text = GATE.replace("LIMIT", "2s").replace("replications = 3", auto);
    let shell = Shell::new().file("gate.toml", text);
    assert!(shell.run("check gate.toml").quiet().starts_with("ok: 1 variant, 2 jobs after 5 of a pilot, "));
    let done = shell.run("run gate.toml --out results").quiet();
    assert!(done.contains("found by MSER-5 on the averages of 5 replications: "), "{done}");
    let chart = std::fs::read_to_string(shell.path("results/charts/latency-over-time.svg")).expect("a chart");
    assert!(chart.contains("not measured"), "the chart shows where measuring begins");
}
