//! What is said of whole experiments: the sentence, what limits it, how options are called.

mod support;

use scenarios::results::{Analysis, Results, analyse};
use scenarios::runner::Options;
use support::run;

/// Ten requests a second of 100 ms on Fargate; what is compared follows.
const BASE: &str = r#"
name = "base"
[run]
duration = "10min"
replications = 3
[work.page]
cpu = { constant = "100ms" }
[sources.v]
to = "web"
arrivals = { deterministic = { rate = "10/s" } }
[services.web]
work = "page"
platform = "fargate"
task = { cpu = "1vCPU", memory = "2GB" }
scaling = { fixed = { count = 3 } }
objective = "p98 < 90ms"
"#;

fn experiment(base: &str, variants: &str) -> (Results, Analysis) {
    let folder = tempfile::tempdir().expect("a folder");
    let outcome = run(&format!("{base}{variants}"), &folder.path().join("out"), Options::default());
    let results = outcome.expect("it runs").results;
    let analysis = analyse(&results).expect("prices are known");
    (results, analysis)
}

#[track_caller]
fn says(base: &str, variants: &str, parts: &[&str]) -> Analysis {
    let (_, analysis) = experiment(base, variants);
    let said = [&[analysis.verdict.sentence.clone()][..], &analysis.verdict.cautions].concat().join("\n");
    parts.iter().for_each(|part| assert!(said.contains(part), "`{part}` is not in: {said}"));
    analysis
}

/// An option that answers nothing costs least and is furthest from the objective.
#[test]
fn the_nearest_option_is_not_the_one_that_fails_everything() {
    let variants = "[variants.reject.services.web]\nscaling = { fixed = { count = 0 } }\n\
        [variants.few.services.web]\nscaling = { fixed = { count = 2 } }\n[variants.many]\n";
    says(BASE, variants, &["No option holds p98 < 90ms: few comes nearest (p98 101.0 ± 0.2 ms)"]);
}

#[test]
fn any_percentile_that_an_objective_bounds_is_reported() {
    let (results, analysis) =
        experiment(BASE, "[variants.a]\n[variants.b.services.web]\nobjective = \"p50 < 3s\"\n");
    for (variant, place) in analysis.variants.iter().zip([0, 1]) {
        let row = variant.row("web", "latency.p98").expect("it is reported for both");
        assert!(row.estimate.half_width.is_some(), "{row:?}");
        let names: Vec<&str> = variant.rows.iter().map(|row| row.metric.as_str()).take(5).collect();
        assert_eq!(
            names,
            ["latency.p50", "latency.p90", "latency.p95", "latency.p98", "latency.p99"],
            "{place}"
        );
    }
    assert_eq!(results.manifest.bounded().len(), 2);
}

/// 6,000 requests have six beyond the 99.9th percentile, and 600 do not even have one.
#[test]
fn tails_that_are_too_thin_are_named() {
    let caution = "Too few requests lie beyond the percentile of the objective to say how sure it is: ";
    let check = |rate: &str, note: &str| {
        let base = BASE.replace("p98 < 90ms", "p99.9 < 300ms").replace("10/s", rate);
        let analysis = says(&base, "", &[&format!("{caution}base. Run longer.")]);
        let row = analysis.variants[0].row("web", "latency.p99.9").expect("it is reported");
        assert_eq!(row.estimate.half_width, None);
        let said = row.estimate.note.as_deref().expect("it says why");
        assert!(said.contains(note), "{said}");
    };
    check("10/s", "only 6.0 requests beyond it in a replication, 10 needed: no interval");
    check(
        "1/s",
        "only 0.6 requests beyond it in a replication and 1.8 in all, 10 needed: the value means little",
    );
    let thick = says(BASE, "", &["p98 < 90ms"]);
    assert!(!thick.verdict.cautions.iter().any(|it| it.starts_with(caution)), "{:?}", thick.verdict.cautions);
}

/// Options under other workloads are named and not compared, with nobody.
#[test]
fn options_with_other_workloads_are_not_compared() {
    let variants = "[variants.a]\n[variants.b.services.web]\nobjective = \"p50 < 300ms\"\n\
        [variants.c.sources.v.arrivals]\ndeterministic = { rate = \"1/s\" }\n\
        [variants.d.work.page]\ncpu = { constant = \"10ms\" }\n\
        [variants.e.services.web]\nscaling = { fixed = { count = 5 } }\n";
    let analysis = says(
        BASE,
        variants,
        &["b has another objective, c has other traffic, d has other work: not compared."],
    );
    let pairs: Vec<(usize, usize)> =
        analysis.pairs.iter().map(|pair| (pair.variant, pair.baseline)).collect();
    assert_eq!(pairs, [(4, 0)], "e with a, and nothing else");
}

#[test]
fn without_a_request_nothing_is_said_of_the_objective() {
    let quiet = BASE.replace("10/s", "0.00001/s");
    let analysis = says(&quiet, "", &["No request arrived, so whether p98 < 90ms is held is not known"]);
    assert!(!analysis.verdict.sentence.contains("No objective"), "{}", analysis.verdict.sentence);
}

#[test]
fn spot_is_flagged_where_the_answer_is() {
    let base = BASE.replace("90ms", "200ms");
    let variants = "[variants.od]\n[variants.sp.services.web]\npurchase = \"spot\"\n";
    says(
        &base,
        variants,
        &[
            "sp is the cheapest that holds p98 < 200ms, for $",
            " a month on Spot capacity, whose interruptions are not simulated, 51 % cheaper than od.",
        ],
    );
}

/// The price of an option rests on the sizes that were tried.
#[test]
fn gaps_in_the_grid_are_named() {
    let base = BASE.replace("90ms", "200ms");
    let sweep = |counts: &str| {
        let path = "services.web.scaling.fixed.count";
        format!("[variants.fargate]\n[variants.fargate.sweep]\n\"{path}\" = {counts}\n")
    };
    let gap = "Fargate: between count 0 (misses) and 4 (holds) nothing was tried; a size between may hold for less.";
    says(&base, &sweep("[0, 4, 6]"), &[gap]);
    let close = says(&base, &sweep("[0, 1, 2, 3]"), &["holds p98 < 200ms"]);
    assert!(!close.verdict.cautions.iter().any(|caution| caution.contains("nothing was tried")));
}

#[test]
fn names_are_those_of_platforms_only_where_they_run() {
    let variants = "[variants.fargate-planned]\n[variants.ec2]\n[variants.fargate.sweep]\n\
        \"services.web.scaling.fixed.count\" = [2, 3]\n";
    let (results, _) = experiment(BASE, variants);
    assert_eq!(
        results.manifest.labels(),
        ["Fargate planned", "ec2", "Fargate (count 2)", "Fargate (count 3)"]
    );
    let names: Vec<&str> = results.manifest.variants.iter().map(|variant| variant.name.as_str()).collect();
    assert_eq!(names, ["fargate-planned", "ec2", "fargate count=2", "fargate count=3"]);
    let two = "[variants.fargate-a]\n[variants.fargate_a]\n";
    assert_eq!(experiment(BASE, two).0.manifest.family_labels(), ["fargate-a", "fargate_a"]);
}

/// An objective may be an axis: no point's own stands for all.
#[test]
fn a_sentence_about_several_workloads_is_true_of_all() {
    let variants = "[variants.few.services.web]\nscaling = { fixed = { count = 2 } }\n[variants.many]\n";
    let sweep = "[sweep]\n\"services.web.objective\" = [\"p50 < 1s\", \"p98 < 2s\"]\n";
    let analysis =
        says(BASE, &format!("{variants}{sweep}"), &["Cheapest that holds its objective: few from "]);
    assert!(!analysis.verdict.sentence.contains("holds p50 < 1s:"), "{}", analysis.verdict.sentence);
}
