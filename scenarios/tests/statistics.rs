//! How sure results are: replications until a metric is known, a warm-up that is found, simultaneous comparisons, claims.

mod support;

use std::fs;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

use scenarios::catalogue;
use scenarios::results::{self, Held, Results, analyse};
use scenarios::runner::{Experiment, Options, Outcome, Surroundings};
use sim_core::engine::Span;
use sim_core::metrics::Confidence;
use sim_core::policy::Catalogue;
use support::{assert_same, contents, input, instance_types, load, prices, run, threads};

/// Requests of exponential work on two Fargate sizes.
const NOISY: &str = r#"
name = "noisy"
[run]
duration = "5min"
RUN
[work.page]
cpu = { exponential = { mean = "20ms" } }
[sources.v]
to = "web"
arrivals = { poisson = { rate = "20/s" } }
[services.web]
work = "page"
platform = "fargate"
task = { cpu = "1vCPU", memory = "2GB" }
scaling = { fixed = { count = 1 } }
objective = "p99 < 1s"
[variants.small]
[variants.large.services.web]
scaling = { fixed = { count = 2 } }
"#;

fn noisy(run: &str) -> String {
    NOISY.replace("RUN", run)
}

const PRECISE: &str = "precision = { metric = \"latency.p99\", half_width = \"4%\", max_replications = 60 }";

#[track_caller]
fn done(text: &str, out: &Path, options: Options) -> Outcome {
    let outcome = run(text, out, options).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(outcome.failures, []);
    outcome.results.write_tables().unwrap();
    outcome
}

/// The widest half-width of the 99th percentile, relative to it, and how many replications there are.
fn width(results: &Results) -> (f64, u32) {
    let analysis = analyse(results).unwrap();
    let relative = |variant: &scenarios::results::VariantAnalysis| {
        let estimate = &variant.row("web", "latency.p99").unwrap().estimate;
        estimate.half_width.unwrap() / estimate.value
    };
    (analysis.variants.iter().map(relative).fold(0.0, f64::max), results.manifest.run.replications)
}

#[test]
fn replications_go_on_until_the_metric_is_known() {
    let folder = tempfile::tempdir().unwrap();
    let out = |name: &str| folder.path().join(name);
    let outcome = done(&noisy(PRECISE), &out("one"), threads(1));
    let (reached, replications) = width(&outcome.results);
    assert!(reached <= 0.04 && replications > 10, "{reached} after {replications}");
    assert_eq!(outcome.simulated, 2 * replications as usize, "all variants equally often");
    // One look earlier it was not yet known.
    let before = [10, 14, 20, 28, 40, 56].into_iter().rfind(|stage| *stage < replications).unwrap();
    let fixed = |count| Options { replications: Some(count), ..threads(2) };
    let earlier = done(&noisy(PRECISE), &out("fixed"), fixed(before));
    assert!(width(&earlier.results).0 > 0.04, "{:?}", width(&earlier.results));
    assert_eq!(analyse(&earlier.results).unwrap().precision, None, "a number given is that number");
    let found = analyse(&outcome.results).unwrap().precision.unwrap();
    assert!(found.reached && found.replications == replications && found.unknown.is_empty(), "{found:?}");
    drop((outcome, earlier));
    // Any number of threads, and a folder that has fewer or more replications, end with the same.
    done(&noisy(PRECISE), &out("two"), threads(2));
    assert_same(&contents(&out("one")), &contents(&out("two")));
    done(&noisy(PRECISE), &out("fixed"), threads(2));
    assert_same(&contents(&out("one")), &contents(&out("fixed")));
    let again = done(&noisy(PRECISE), &out("one"), threads(2));
    assert_eq!((again.simulated, again.resumed), (0, 2 * replications as usize));
    assert!(results::load(&out("two")).is_ok());
}

#[test]
fn a_precision_that_is_not_reached_is_said() {
    let folder = tempfile::tempdir().unwrap();
    let check = |precision: &str, replications: u32, said: &str| {
        let text = noisy(&format!("precision = {{ {precision} }}"));
        let outcome = done(&text, &folder.path().join("out"), threads(2));
        assert_eq!(outcome.results.manifest.run.replications, replications, "{precision}");
        let analysis = analyse(&outcome.results).unwrap();
        let cautions = analysis.verdict.cautions.join("\n");
        assert!(cautions.contains(said), "{cautions}");
    };
    check(
        "metric = \"latency.p99\", half_width = \"1%\", max_replications = 12",
        12,
        "latency.p99 is not known within 1% after 12 replications: it is ",
    );
    // 6,000 requests a replication: six beyond the 99.9th percentile.
    check(
        "metric = \"latency.p99.9\", half_width = \"1%\", max_replications = 12",
        10,
        "How exactly latency.p99.9 is known for web of small cannot be said (only 5.9 requests beyond it",
    );
    // The bill of a fixed number of tasks hardly varies.
    let exact = noisy("precision = { metric = \"cost.month\", half_width = \"$1\", max_replications = 99 }");
    let outcome = done(&exact, &folder.path().join("exact"), threads(2));
    let found = analyse(&outcome.results).unwrap().precision.unwrap();
    assert!(found.reached && found.replications == 10, "{found:?}");
}

/// A fleet that is switched on at the start of a steady run.
const SWITCHED_ON: &str = "warm_up = \"auto\"\nkind = \"steady\"\ninitial = \"empty\"\nreplications = 3";

#[test]
fn the_warm_up_is_found_in_a_pilot() {
    let folder = tempfile::tempdir().unwrap();
    let text = noisy(SWITCHED_ON).replace("\"5min\"", "\"30min\"").replace("RATE", "20/s");
    let out = |name: &str| folder.path().join(name);
    let outcome = done(&text, &out("one"), threads(2));
    assert_eq!(outcome.simulated, 2 * (5 + 3));
    let manifest = &outcome.results.manifest;
    let found = manifest.found_warm_up.clone().unwrap();
    // Tasks take half a minute to start; what has piled up by then on the small fleet takes its time.
    assert!(found.length >= Span::from_secs(30) && found.length <= Span::from_secs(15 * 60), "{found:?}");
    assert_eq!(found.cuts.iter().map(|cut| cut.length).max(), Some(found.length));
    assert_eq!(found.cuts.len(), 2);
    assert!(found.cuts.iter().all(|cut| !cut.is_late), "{found:?}");
    for variant in &outcome.results.variants {
        for record in &variant.records {
            assert_eq!(record.measured.from.since(sim_core::engine::Time::ZERO), found.length);
        }
    }
    // What is measured is as if the warm-up had been given.
    let given = text.replace("\"auto\"", &format!("\"{}\"", found.length));
    let same = done(&given, &out("given"), threads(2));
    assert_eq!(same.results.variants[1].records, outcome.results.variants[1].records);
    // More replications do not move it, and need no other pilot.
    drop((outcome, same));
    let more = run(&text, &out("one"), Options { replications: Some(7), ..threads(2) }).unwrap();
    assert_eq!((more.simulated, more.resumed), (2 * 4, 2 * 3));
    assert_eq!(more.results.manifest.found_warm_up, Some(found));
}

/// Cancelled in the pilot or after it, a run goes on to the bytes of an undisturbed one.
#[test]
fn an_interrupted_search_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let text = noisy(&format!(
        "{}\nprecision = {{ metric = \"latency.p99\", half_width = \"4%\", max_replications = 14 }}",
        SWITCHED_ON.replace("replications = 3", "replications = 10")
    ));
    let whole = done(&text, &folder.path().join("whole"), threads(2));
    let all = whole.simulated;
    drop(whole);
    let (policies, types) = (Catalogue::builtin(), instance_types());
    let scenario = load(&text, &policies);
    let date = catalogue::INSTANCE_TYPES_DATE;
    let surroundings =
        Surroundings { instance_types: &types, instance_types_date: date, policies: &policies };
    for stop in [3, 10, 14, 30, 35] {
        let out = folder.path().join(format!("stopped at {stop}"));
        let experiment = |options| {
            Experiment::new(&scenario, input(Path::new(""), &text), surroundings, prices(), options).unwrap()
        };
        let cancel = AtomicBool::new(false);
        let stopped = experiment(threads(1))
            .run(&out, &cancel, &|progress| cancel.store(progress.done >= stop, Ordering::Relaxed))
            .unwrap();
        assert!(stopped.skipped > 0 || stop >= all, "stopped at {stop}: {}", stopped.simulated);
        let simulated = stopped.simulated;
        drop(stopped);
        let rest = experiment(threads(2)).run(&out, &AtomicBool::new(false), &|_| {}).unwrap();
        assert_eq!(simulated + rest.simulated, all, "no finished job is run again");
        rest.results.write_tables().unwrap();
        assert_same(&contents(&folder.path().join("whole")), &contents(&out));
    }
}

/// A run that never settles is cut in the middle, and it is said.
#[test]
fn a_run_that_is_too_short_is_said_to_be() {
    let folder = tempfile::tempdir().unwrap();
    // More requests than one task can serve: the queue grows to the end.
    let text =
        noisy("warm_up = \"auto\"\nkind = \"steady\"\nreplications = 2").replace("\"20/s\"", "\"52/s\"");
    let outcome = done(&text, &folder.path().join("out"), threads(2));
    let found = outcome.results.manifest.found_warm_up.clone().unwrap();
    let late: Vec<&str> =
        found.cuts.iter().filter(|cut| cut.is_late).map(|cut| cut.variant.as_str()).collect();
    assert_eq!((late, found.length), (vec!["small"], Span::from_secs(150)));
    let cautions = analyse(&outcome.results).unwrap().verdict.cautions.join("\n");
    assert!(cautions.contains("No state that lasts was seen: web: requests in it of small"), "{cautions}");
}

/// The intervals of all differences from the best hold at once: each is as wide as its share of the risk wants it.
#[test]
fn comparisons_are_simultaneous() {
    let folder = tempfile::tempdir().unwrap();
    let variants = "[variants.three.services.web]\nscaling = { fixed = { count = 3 } }\n\
        [variants.again.services.web]\nscaling = { fixed = { count = 1 } }\n";
    let text = format!("{}{variants}", noisy("replications = 6"));
    let outcome = done(&text, &folder.path().join("out"), threads(2));
    let analysis = analyse(&outcome.results).unwrap();
    assert_eq!(
        analysis.pairs.iter().map(|pair| (pair.variant, pair.family)).collect::<Vec<_>>(),
        [(1, 3), (2, 3), (3, 3)]
    );
    let mean = |variant: usize, record: usize| {
        let service = &outcome.results.variants[variant].records[record].services["web"];
        service.latency.mean().unwrap() / 1e9
    };
    let values = |variant: usize| (0..6).map(|record| mean(variant, record)).collect::<Vec<f64>>();
    let expected = Confidence::USUAL.shared_by(3).difference(&values(1), &values(0));
    let alone = Confidence::USUAL.difference(&values(1), &values(0));
    let found = &analysis.pairs[0].row("web", "latency.ok.mean").unwrap().difference;
    assert_eq!(found, &expected);
    assert!(expected.half_width > alone.half_width);
    // Two variants that are the same differ by exactly nothing, and are indistinguishable.
    let same = analysis.pairs.iter().find(|pair| pair.variant == 3).unwrap();
    for row in &same.rows {
        let blank = row.difference.is_blank() || row.difference.value == 0.0;
        assert!(blank, "{row:?}");
    }
    let sentence = &analysis.verdict.sentence;
    assert!(
        sentence.contains(", 39 % cheaper than large; again is indistinguishable from small in cost"),
        "{sentence}"
    );
    assert!(sentence.contains("three costs 2.3 times as much"), "{sentence}");
}

#[test]
fn claims_are_decided_and_kept() {
    let folder = tempfile::tempdir().unwrap();
    let claims = r#"
[[assert]]
that = "latency.p50 < 1s"
[[assert]]
that = "latency.p99 < 1ms"
variant = "large"
[[assert]]
that = "latency.p99.9 < 60s"
service = "web"
variant = "large"
[[assert]]
that = "cost.month < $60"
variant = "small"
confidence = "99%"
[[assert]]
that = "instances.mean < 3"
variant = "small"
"#;
    let text = noisy("replications = 3").replacen("[run]", &format!("{claims}\n[run]"), 1);
    let out = folder.path().join("out");
    let outcome = done(&text, &out, threads(2));
    let analysis = analyse(&outcome.results).unwrap();
    let decided: Vec<(&str, &str, &str, Held)> = analysis
        .assertions
        .iter()
        .map(|it| (it.that.as_str(), it.variant.as_str(), it.owner.as_str(), it.outcome))
        .collect();
    let expected = [
        ("latency.p50 < 1s", "small", "web", Held::Holds),
        ("latency.p50 < 1s", "large", "web", Held::Holds),
        ("latency.p99 < 1ms", "large", "web", Held::Fails),
        ("latency.p99.9 < 60s", "large", "web", Held::Holds),
        ("cost.month < $60", "small", "", Held::Holds),
        ("instances.mean < 3", "small", "", Held::Fails),
    ];
    assert_eq!(decided, expected, "{:#?}", analysis.assertions);
    let summary: serde_json::Value =
        serde_json::from_str(&fs::read_to_string(out.join("summary.json")).unwrap()).unwrap();
    assert_eq!(summary["assertions"][2]["outcome"], "fails");
    // None of some thousand requests is within a millisecond.
    let most = summary["assertions"][2]["bound"].as_f64().unwrap();
    assert!((1e-6..0.01).contains(&most), "{most}");
    // They are no part of what is simulated: others go on with the same folder.
    drop(outcome);
    let other = done(&noisy("replications = 3"), &out, threads(2));
    assert_eq!((other.simulated, other.resumed), (0, 6));
}
