//! Whole experiments, from the text of a scenario to the bytes of a results folder.

mod support;

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

use scenarios::catalogue;
use scenarios::results::{self, ErrorKind};
use scenarios::runner::{Experiment, Options, RunError, Surroundings};
use sim_core::engine::{Span, Time};
use sim_core::policy::view::{Bounds, ServiceScalingDecision, ServiceScalingPolicy, ServiceScalingView};
use sim_core::policy::{Catalogue, Declaration};
use support::{THREE, assert_same, contents, input, instance_types, load, prices, run, run_with, threads};

#[test]
fn the_bytes_do_not_depend_on_threads_and_a_run_goes_on_where_it_stopped() {
    let folder = tempfile::tempdir().unwrap();
    let out = |name: &str| folder.path().join(name);
    let with_requests = |count| Options { requests: Some(100_000), ..threads(count) };
    let first = run(THREE, &out("1"), with_requests(1)).unwrap();
    assert_eq!((first.simulated, first.resumed, first.failures.len()), (9, 0, 0));
    let expected = contents(&out("1"));
    assert_eq!(expected.len(), 9 + 9 + 2 + 5, "records, requests, manifest and prices, tables");
    for count in [2, 8] {
        run(THREE, &out(&count.to_string()), with_requests(count)).unwrap();
        assert_same(&expected, &contents(&out(&count.to_string())));
    }
    // Records that are missing or damaged are made again, the others kept.
    let records = fs::read_dir(out("2").join("records")).unwrap();
    let mut records: Vec<PathBuf> = records.map(|entry| entry.unwrap().path()).collect();
    records.sort();
    fs::remove_file(&records[1]).unwrap();
    let half = fs::read(&records[4]).unwrap();
    fs::write(&records[4], &half[..half.len() / 2]).unwrap();
    fs::remove_file(out("2").join("requests-lambda-r3.csv")).unwrap();
    let again = run(THREE, &out("2"), with_requests(2)).unwrap();
    assert_eq!((again.simulated, again.resumed), (3, 6));
    assert_same(&expected, &contents(&out("2")));
}

#[test]
fn a_cancelled_run_keeps_what_is_finished_and_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let (out, policies, types) = (folder.path().join("out"), Catalogue::builtin(), instance_types());
    let scenario = load(THREE, &policies);
    let date = catalogue::INSTANCE_TYPES_DATE;
    let surroundings =
        Surroundings { instance_types: &types, instance_types_date: date, policies: &policies };
    let experiment =
        Experiment::new(&scenario, input(Path::new(""), THREE), surroundings, prices(), threads(1)).unwrap();
    let cancel = AtomicBool::new(false);
    let outcome = experiment
        .run(&out, &cancel, &|progress| cancel.store(progress.done >= 4, Ordering::Relaxed))
        .unwrap();
    assert_eq!((outcome.simulated, outcome.skipped, experiment.jobs()), (4, 5, 9));
    let analysis = outcome.results.write_tables().unwrap();
    assert!(analysis.verdict.cautions[0].starts_with("5 of 9 runs have no results"));
    let error = results::load(&out).unwrap_err();
    assert_eq!(error.kind, ErrorKind::Incomplete);
    assert!(error.to_string().contains("5 records are missing"), "{error}");
    assert_eq!(results::load_finished(&out).unwrap().missing().len(), 5);
    drop(outcome);
    let rest = run(THREE, &out, threads(2)).unwrap();
    assert_eq!((rest.simulated, rest.resumed), (5, 4));
    run(THREE, &folder.path().join("whole"), threads(2)).unwrap();
    assert_same(&contents(&folder.path().join("whole")), &contents(&out));
}

/// More replications go on where fewer ended, fewer are the first of more, and what the file says besides is no matter.
#[test]
fn the_number_of_replications_can_be_changed() {
    let folder = tempfile::tempdir().unwrap();
    let out = |name: &str| folder.path().join(name);
    let replications = |count| Options { replications: Some(count), ..threads(2) };
    let counted = |outcome: scenarios::runner::Outcome| {
        outcome.results.write_tables().unwrap();
        assert!(outcome.results.missing().is_empty());
        (outcome.simulated, outcome.resumed)
    };
    let fresh = |count| {
        let name = format!("fresh {count}");
        assert_eq!(counted(run(THREE, &out(&name), replications(count)).unwrap()), (count as usize * 3, 0));
        contents(&out(&name))
    };
    assert_eq!(counted(run(THREE, &out("out"), replications(2)).unwrap()), (6, 0));
    assert_eq!(counted(run(THREE, &out("out"), replications(4)).unwrap()), (6, 6));
    let four = fresh(4);
    assert_same(&four, &contents(&out("out")));
    // Fewer: everything but the records is what a run of so many leaves; the others are kept for when they are wanted.
    assert_eq!(counted(run(THREE, &out("out"), replications(1)).unwrap()), (0, 3));
    let fewer = contents(&out("out"));
    let one = fresh(1);
    assert_eq!(fewer.len(), four.len());
    one.iter().for_each(|(name, bytes)| assert!(fewer[name] == *bytes, "{} differs", name.display()));
    assert_eq!(results::load(&out("out")).unwrap().variants[0].records.len(), 1);
    assert_eq!(counted(run(THREE, &out("out"), replications(4)).unwrap()), (0, 12));
    assert_same(&four, &contents(&out("out")));
    // The same by changing the file, and a comment with it.
    let edited = THREE.replace("replications = 3", "replications = 5 # more");
    assert_ne!(edited, THREE);
    assert_eq!(counted(run(&edited, &out("out"), threads(2)).unwrap()), (3, 12));
}

#[test]
fn what_cannot_be_run_as_asked_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let check = |options: Options, message: &str| {
        let out = folder.path().join("out");
        match run(THREE, &out, options) {
            Err(RunError::Refused(said)) => assert!(said.contains(message), "{said}"),
            other => panic!("{other:?}"),
        }
        assert!(!out.exists());
    };
    check(Options { requests: Some(1000), ..threads(1) }, "about 4800 rows");
    // What users send is not known before: their file is cut where it is too long.
    let users = THREE.replace(
        "poisson = { rate = \"8/s\" }",
        "users = { population = { constant = 20 }, think = \"100ms\" }",
    );
    let fewer = Options { requests: Some(1000), replications: Some(1), ..threads(2) };
    let notes = run(&users, &folder.path().join("users"), fewer).unwrap().notes;
    assert!(notes.len() == 3 && notes[0].contains("holds the first 1000 requests"), "{notes:?}");
    check(Options { only: Some(("azure".into(), 1)), ..threads(1) }, "there is ec2, fargate, lambda");
    check(Options { only: Some(("ec2".into(), 4)), ..threads(1) }, "there are 1 to 3");
    check(Options { replications: Some(0), ..threads(1) }, "nothing to run");
}

#[test]
fn equal_variants_differ_by_exactly_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let twin = THREE.replace(
        "[variants.ec2.services.web]",
        "[variants.twin.services.web]\nplatform = \"lambda\"\n\
        memory = \"1769MB\"\nruntime = \"nodejs22\"\n[variants.ec2.services.web]",
    );
    let outcome = run(&twin, &folder.path().join("out"), threads(2)).unwrap();
    let results = &outcome.results;
    let index = |name: &str| results.manifest.variants.iter().position(|it| it.name == name).unwrap();
    assert_eq!(results.variants[index("twin")].records, results.variants[index("lambda")].records);
    for (a, b) in [("twin", "ec2"), ("lambda", "fargate")] {
        let (a, b) = (&results.variants[index(a)].records, &results.variants[index(b)].records);
        let same =
            a.iter().zip(b).all(|(a, b)| a.arrivals == b.arrivals && a.arrivals["visitors"].count > 4000);
        assert!(same, "one luck for all variants");
    }
    let analysis = results::analyse(results).unwrap();
    let of = |name: &str| &analysis.variants[index(name)].rows;
    assert_eq!(of("twin"), of("lambda"));
}

/// An experiment of two equal variants: their paired differences are exactly nothing, each with an interval around it
/// where the metric has one, and none is called a difference.
#[test]
fn twins_alone_are_compared_and_differ_by_exactly_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let head = THREE.split("[variants.").next().unwrap();
    let twin = |name: &str| {
        format!(
            "[variants.{name}.services.web]\nplatform = \"lambda\"\nmemory = \"1769MB\"\nruntime = \"nodejs22\"\n"
        )
    };
    let text = format!("{head}{}{}", twin("one"), twin("two"));
    let outcome = run(&text, &folder.path().join("out"), threads(2)).unwrap();
    let analysis = results::analyse(&outcome.results).unwrap();
    let [pair] = analysis.pairs.as_slice() else { panic!("one pair, not {}", analysis.pairs.len()) };
    assert_eq!((pair.variant, pair.baseline), (1, 0));
    let of = |metric: &str| pair.row("web", metric).unwrap_or_else(|| panic!("{metric} is compared"));
    for metric in ["latency.p50", "latency.ok.mean", "throughput.ok", "cold_start.share"] {
        let row = of(metric);
        assert_eq!((row.difference.value, row.difference.n), (0.0, 3), "{row:?}");
        assert!(row.difference.half_width.is_some(), "{row:?}");
    }
    assert_eq!(
        (of("latency.ok.mean").ratio.value, of("latency.ok.mean").ratio.interval),
        (1.0, Some((1.0, 1.0)))
    );
    assert!(pair.rows.len() > 40, "{} metrics", pair.rows.len());
    for row in &pair.rows {
        let blank = row.difference.is_blank();
        assert!(row.difference.value == 0.0 || (blank && row.difference.note.is_some()), "{row:?}");
        assert!(!row.difference.is_significant() && !row.ratio.is_significant(), "{row:?}");
    }
    let blank: Vec<&str> =
        pair.rows.iter().filter(|row| row.difference.is_blank()).map(|row| row.metric.as_str()).collect();
    assert!(blank.len() < pair.rows.len() / 4, "{blank:?}");
}

/// Somebody's own policy, which cannot bear three tasks.
struct GivesUp;

impl ServiceScalingPolicy for GivesUp {
    fn decide(&mut self, view: &ServiceScalingView) -> ServiceScalingDecision {
        assert!(view.now < Time::ZERO + Span::from_secs(120), "three is a crowd");
        ServiceScalingDecision::hold("not yet")
    }

    fn bounds(&self) -> Bounds {
        Bounds { min: Some(1), max: Some(4) }
    }
}

#[test]
fn a_panic_costs_one_job_and_says_how_to_repeat_it() {
    let policies =
        Catalogue::builtin().with_service_scaling(Declaration::new("gives-up", "gives up", |()| Ok(GivesUp)));
    let own = THREE.replacen(
        "{ target-tracking = { metric = \"cpu\", target = \"50%\", min = 1, max = 8 } }",
        "\"gives-up\"",
        1,
    );
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("out");
    let outcome = run_with(&own, &out, threads(2), &policies, &AtomicBool::new(false)).unwrap();
    assert_eq!((outcome.simulated, outcome.failures.len()), (6, 3));
    let failure = &outcome.failures[1];
    assert_eq!((failure.variant.as_str(), failure.replication, failure.seed), ("ec2", 2, 7));
    assert!(failure.message.contains("panicked: three is a crowd"), "{failure}");
    assert_eq!(failure.command, "fleetsim run three.toml --seed 7 --replications 3 --only ec2:2");
    let alone = Options { only: Some(("ec2".into(), 2)), ..threads(1) };
    let again = folder.path().join("again");
    let outcome = run_with(&own, &again, alone, &policies, &AtomicBool::new(false)).unwrap();
    assert_eq!((outcome.simulated, outcome.failures.as_slice()), (0, std::slice::from_ref(failure)));
}

#[test]
fn a_trace_that_breaks_fails_its_job_with_the_row() {
    let folder = tempfile::tempdir().unwrap();
    let trace = folder.path().join("counts.csv");
    let rows = |broken: &str| {
        let mut text = String::from("minute,requests\n");
        (0..10).for_each(|minute| text.push_str(&format!("{minute},60\n")));
        text.replace("7,60", broken)
    };
    fs::write(&trace, rows("7,60")).unwrap();
    let counts = "arrivals = { trace = { file = \"counts.csv\", rows = { counts = { interval = \"1min\", \
        column = \"requests\" } } } }";
    let text = THREE.replace("arrivals = { poisson = { rate = \"8/s\" } }", counts);
    let (policies, types) = (Catalogue::builtin(), instance_types());
    let scenario = support::load_in(folder.path(), &text, &policies);
    let surroundings = Surroundings {
        instance_types: &types,
        instance_types_date: catalogue::INSTANCE_TYPES_DATE,
        policies: &policies,
    };
    let experiment = |threads| {
        let input = input(folder.path(), &text);
        Experiment::new(&scenario, input, surroundings, prices(), threads).unwrap()
    };
    let never = AtomicBool::new(false);
    let whole = experiment(threads(2)).run(&folder.path().join("whole"), &never, &|_| {}).unwrap();
    let born = &whole.results.variants[0].records[0].services["web"].born_series;
    assert_eq!(born.values().iter().sum::<u64>(), 600, "as many as the trace has");
    // What is in a trace is part of what the experiment is.
    fs::write(&trace, rows("7,61")).unwrap();
    match experiment(threads(2)).run(&folder.path().join("whole"), &never, &|_| {}) {
        Err(RunError::Results(error)) => assert!(error.to_string().contains("other traces"), "{error}"),
        other => panic!("{other:?}"),
    }
    fs::write(&trace, rows("7,many")).unwrap();
    let broken = experiment(threads(2)).run(&folder.path().join("broken"), &never, &|_| {}).unwrap();
    assert_eq!((broken.simulated, broken.failures.len()), (0, 9));
    let message = &broken.failures[0].message;
    assert!(message.contains("counts.csv") && message.contains('9'), "{message}");
}

/// Fargate in three sizes, one of them too small, on demand and on Spot.
const SIZES: &str = r#"
name = "sizes"

[run]
duration = "10min"
warm_up = "2min"
replications = 5

[sources.visitors]
to = "web"
arrivals = { poisson = { rate = "8/s" } }
client = { timeout = "5s" }

[work.page]
cpu = { exponential = { mean = "40ms" } }

[services.web]
work = "page"
platform = "fargate"
objective = "p95 < 1s"
task = { cpu = "0.25vCPU", memory = "512MB" }
scaling = { fixed = { count = 2 } }

[variants.plain.sweep]
"services.web.scaling.fixed.count" = [1, 3, 6]

[variants.spot.services.web]
purchase = "spot"

[variants.spot.sweep]
"services.web.scaling.fixed.count" = [1]
"#;

#[test]
fn the_verdict_compares_each_options_cheapest_size_that_holds() {
    let folder = tempfile::tempdir().unwrap();
    let outcome = run(SIZES, &folder.path().join("out"), threads(2)).unwrap();
    let verdict = results::analyse(&outcome.results).unwrap().verdict;
    assert_eq!(verdict.recommended.as_deref(), Some("plain count=3"), "{verdict:?}");
    let sentence = &verdict.sentence;
    assert!(sentence.starts_with("plain (count 3) is the cheapest that holds p95 < 1s, for $"), "{sentence}");
    assert!(sentence.contains("; spot (count 1) does not hold it ("), "{sentence}");
    assert!(!sentence.contains("count 6"), "{sentence}");
    let said = |start: &str| verdict.cautions.iter().any(|caution| caution.starts_with(start));
    assert!(said("Spot capacity is never interrupted here"), "{:?}", verdict.cautions);
    assert!(said("The month's bill is what it would be if all of it were like what was measured"));
    assert!(said("95 % intervals"));
}

#[test]
fn the_verdict_follows_the_workload_and_claims_nothing_without_an_objective() {
    let folder = tempfile::tempdir().unwrap();
    let verdict = |text: &str, name: &str| {
        let outcome = run(text, &folder.path().join(name), threads(2)).unwrap();
        results::analyse(&outcome.results).unwrap().verdict
    };
    let lambda = "[variants.lambda.services.web]\nplatform = \"lambda\"\nmemory = \"1769MB\"\nruntime = \"rust\"\n\
        [variants.tasks.services.web]\nplatform = \"fargate\"\ntask = { cpu = \"1vCPU\", memory = \"2GB\" }\n\
        scaling = { fixed = { count = 4 } }\n\
        [sweep]\n\"sources.visitors.arrivals.poisson.rate\" = [\"1/s\", \"2/s\", \"60/s\"]\n";
    let base = &SIZES[..SIZES.find("platform").unwrap()];
    let rates = verdict(&format!("{base}objective = \"p95 < 1s\"\n{lambda}"), "rates");
    let expected = "Cheapest that holds p95 < 1s: Lambda from rate 1/s to 2/s; tasks at rate 60/s.";
    assert_eq!((rates.sentence.as_str(), rates.recommended), (expected, None));
    let without = verdict(&SIZES.replace("objective = \"p95 < 1s\"\n", ""), "without");
    assert!(without.sentence.starts_with("No objective is set, so nothing is recommended: "), "{without:?}");
    assert_eq!(without.recommended, None);
    let once = verdict(&SIZES.replace("replications = 5", "replications = 1"), "once");
    assert!(once.sentence.starts_with("No option surely holds p95 < 1s: "), "{once:?}");
    assert!(once.cautions.iter().any(|caution| caution.contains("nothing here is certain")));
}
