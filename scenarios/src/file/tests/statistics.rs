//! What says how exactly, from when on, and what has to hold: settings that make sense, and those that do not.

use super::opened;
use crate::file::{RunKind, WarmUp};

/// A file with `[run]` and assertions as given.
fn text(run: &str, assertions: &str) -> String {
    let services = "[sources.visitors]\nrate = \"50/s\"\n[variants.fargate.services.web]\nplatform = \"fargate\"\n\
        tasks = 2\nsize = \"small\"\n[variants.lambda.services.fn]\nplatform = \"lambda\"\nmemory = \"512MB\"\n";
    format!("name = \"test\"\n{assertions}\n[run]\nduration = \"1h\"\n{run}\n{services}")
}

/// What is wrong with it, a line each: path, message and hint.
fn problems(run: &str, assertions: &str) -> Vec<String> {
    let (_, report) = opened(&text(run, assertions), &[]);
    let line = |it: &crate::document::Diagnostic| {
        let hint = it.hint.as_deref().map_or(String::new(), |hint| format!(" ({hint})"));
        format!("{}: {}{hint}", it.path, it.message)
    };
    report.list().iter().map(line).collect()
}

#[track_caller]
fn check(run: &str, assertions: &str, expected: &[&str]) {
    let found = problems(run, assertions);
    let all = found.len() == expected.len();
    let each = all && found.iter().zip(expected).all(|(found, expected)| found.contains(expected));
    assert!(each, "{found:#?}");
}

#[test]
fn precision() {
    let with = |rest: &str| format!("precision = {{ metric = \"latency.p99\", {rest} }}");
    check(&with("half_width = \"5%\""), "", &[]);
    check(&with("half_width = \"2ms\", max_replications = 50, service = \"web\""), "", &[]);
    check("replications = 30\nprecision = { metric = \"cost.month\", half_width = \"$5\" }", "", &[]);
    check(
        &with("half_width = \"$5\""),
        "",
        &["run.precision.half_width: $5 is no half-width of latency.p99"],
    );
    check(&with("half_width = \"-5%\""), "", &["run.precision.half_width: "]);
    check(
        &with("half_width = \"5%\", service = \"wbe\""),
        "",
        &["run.precision.service: there is no service or cluster `wbe` (did you mean `web`?)"],
    );
    check(
        &format!("replications = 5\n{}", with("half_width = \"5%\"")),
        "",
        &["run.precision: replicating until an interval is narrow enough begins with 10 or more"],
    );
    check(
        &format!("replications = 30\n{}", with("half_width = \"5%\", max_replications = 20")),
        "",
        &["run.precision.max_replications: 20 is less than the 30 to begin with"],
    );
    check(
        "precision = { metric = \"latncy.p99\", half_width = \"5%\" }",
        "",
        &["run.precision.metric: there is no metric `latncy.p99`; did you mean `latency.p99`?"],
    );
    check(
        "precision = { metric = \"replicas.max\", half_width = \"5%\" }",
        "",
        &["run.precision.metric: replicas.max has no interval"],
    );
}

/// A number of replications on the command line is that number.
#[test]
fn replications_override_precision() {
    let text = text("precision = { metric = \"latency.p99\", half_width = \"5%\" }", "");
    let replications = |overrides: &[&str]| {
        let (opened, report) = opened(&text, overrides);
        let run = opened.frame.map(|frame| frame.run);
        let run = run.unwrap_or_else(|| panic!("{report}"));
        (run.replications, run.most_replications())
    };
    assert_eq!(replications(&[]), (10, 200));
    assert_eq!(replications(&["run.replications=3"]), (3, 3));
    assert_eq!(replications(&["run.replications=12", "run.precision.half_width=1%"]), (12, 200));
    assert_eq!(replications(&["run.precision.max_replications=40"]), (10, 40));
}

#[test]
fn warm_up() {
    check("warm_up = \"auto\"\nkind = \"steady\"", "", &[]);
    check("warm_up = \"auto\"\nkind = \"steady\"\ninitial = \"empty\"", "", &[]);
    check("warm_up = \"auto\"", "", &["run.warm_up: only a steady run has a warm-up that can be found"]);
    check("kind = \"steady\"", "", &["run.kind: a steady state needs a warm-up"]);
    check("warm_up = \"automatic\"", "", &["run.warm_up: "]);
    check("initial = \"cold\"", "", &["run.initial: unknown initial state `cold`"]);
    check(
        "warm_up = \"auto\"\nkind = \"steady\"\ndays = [{ name = \"a\", to = \"1h\", weight = 1 }]",
        "",
        &["run.warm_up: with kinds of day the warm-up has to be given"],
    );
    let short = text("warm_up = \"auto\"\nkind = \"steady\"", "").replace("\"1h\"", "\"99s\"");
    let (_, report) = opened(&short, &[]);
    assert!(report.to_string().contains("a run of 1.65min is too short to find its warm-up in"), "{report}");
    let (opened, _) = opened(&text("warm_up = \"auto\"\nkind = \"steady\"", ""), &[]);
    let run = opened.frame.expect("it is sound").run;
    assert_eq!((run.warm_up, run.kind), (WarmUp::Auto, RunKind::Steady));
}

#[test]
fn assertions() {
    let asserted = |rest: &str| format!("[[assert]]\nthat = {rest}");
    check("", &asserted("\"latency.p99 < 300ms\""), &[]);
    check("", &asserted("\"cost.month <= $2000\"\nvariant = \"lambda\"\nconfidence = \"99%\""), &[]);
    check("", &asserted("\"latency.p99 < 300ms\"\nservice = \"fn\"\nvariant = \"lambda\""), &[]);
    check(
        "",
        &asserted("\"latency.p999 < 300ms\""),
        &["assert[0].that: there is no metric `latency.p999`; did you mean `latency.p99"],
    );
    check("", &asserted("\"latency.p99 < 300\""), &["assert[0].that: `300` is no limit of latency.p99"]);
    check("", &asserted("\"fast\""), &["assert[0].that: `fast` claims nothing"]);
    check(
        "",
        &asserted("\"cost.month < $1\"\nvariant = \"lamda\"\nservice = \"web\"\nconfidence = \"50%\""),
        &[
            "assert[0].variant: there is no variant `lamda` (did you mean `lambda`?)",
            "assert[0].confidence: 50% is not above 50% and below 100%",
        ],
    );
    let (_, report) = opened(
        &text("", "")
            .replace("[variants.lambda.services", "[variants.lambda.assert]\n[variants.lambda.services"),
        &[],
    );
    assert!(report.to_string().contains("a variant has no `assert` of its own"), "{report}");
}
