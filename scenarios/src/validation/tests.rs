//! The quick set, A/A tests, and that the checks can fail.

use std::collections::BTreeMap;

use rayon::prelude::*;
use sim_core::metrics::{Confidence, Record, Variant, compare};
use sim_core::random::Luck;

use super::case::{Case, Comparison, Family};
use super::coverage::{self, Share};
use super::run::simulate_case;
use super::surroundings::Builtin;
use super::verdict::{Compared, judge};
use super::*;

#[test]
fn theory_holds_in_the_quick_set() {
    let found = validate(&Asked { effort: Effort::Quick, threads: None, only: None }, &|_, _| {})
        .expect("threads can be started");
    let mut failed = Vec::new();
    for case in found.suite.families.iter().flat_map(|family| &family.cases) {
        let wrong = case.compared.iter().filter(|it| !it.passes());
        failed.extend(wrong.map(|it| format!("{}: {it:?}", case.name)));
    }
    assert!(failed.is_empty(), "{}", failed.join("\n"));
    assert!(found.suite.families.len() >= 11, "nearly every family has a quick case");
}

/// What becomes of a case's first comparison when theory claims `factor` times the truth and `width` is stated.
fn judged(factor: f64, width: f64) -> Compared {
    let family = cases::families().into_iter().find(|family| family.title == "M/M/c/K and Erlang B");
    let mut family = family.expect("there is such a family");
    family.cases.truncate(1);
    let wrong = |it: Comparison| Comparison { theory: it.theory * factor, width, ..it };
    let case = |case: Case| Case { comparisons: case.comparisons.into_iter().map(wrong).collect(), ..case };
    let family = Family { cases: family.cases.into_iter().map(case).collect(), ..family };
    let simulate = |case: &Case| simulate_case(case, &Builtin::new(), Effort::Quick, &|| {});
    judge(vec![family], 5, Effort::Quick, simulate)[0].cases[0].compared[0].clone()
}

#[test]
fn a_check_fails_where_theory_is_wrong_or_nothing_is_known() {
    let right = judged(1.0, 0.01);
    assert!(right.passes(), "{right:?}");
    // One request in a hundred more or less than theory says is noticed.
    for factor in [0.97, 1.03] {
        let wrong = judged(factor, 0.01);
        assert!(!wrong.holds() && wrong.verdict().contains("outside"), "{wrong:?}");
    }
    let vague = judged(1.0, 0.000_1);
    assert!(vague.holds() && !vague.passes() && vague.verdict().contains("wide"), "{vague:?}");
}

/// A queue with a bound, some 300 requests in a run.
const SHORT: &str = r#"
name = "a-a"

[run]
duration = "5s"
warm_up = "1s"
replications = 10

[sources.all]
to = "queue"
arrivals = { poisson = { rate = "70/s" } }

[work.unit]
cpu = { exponential = { mean = "10ms" } }

[services.queue]
platform = "fargate"
work = "unit"
balancer = "none"
task = { cpu = "1vCPU", memory = "2GB", server = { workers = { count = 1, backlog = 8 } } }
scaling = { fixed = { count = 1 } }

[variants.one]

[variants.other]
"#;

/// Ten replications of a variant of it.
fn ten(builtin: &Builtin, variant: usize, root: u64) -> Vec<Record> {
    let scenario = builtin.load("a-a", SHORT);
    let (fleet, run) = (&scenario.variants[variant].fleet, &scenario.run);
    let run =
        |replication| builtin.simulate(fleet, run, Luck { root, replication }, |_| sim_core::observe::Blind);
    (0..10).map(|replication| run(replication).0).collect()
}

fn compared(one: &[Record], other: &[Record]) -> Vec<sim_core::metrics::Comparison> {
    let none = BTreeMap::new();
    let variant = |records| Variant { records, costs: &[], objectives: &none, bounded: &[] };
    compare(&variant(one), &variant(other), Confidence::USUAL)
}

#[test]
fn identical_variants_differ_by_exactly_zero() {
    let builtin = Builtin::new();
    let (one, other) = (ten(&builtin, 0, 7), ten(&builtin, 1, 7));
    let rows = compared(&one, &other);
    let differences: Vec<_> = rows.iter().filter(|row| !row.difference.is_blank()).collect();
    assert!(differences.len() > 30, "{} differences", differences.len());
    for row in differences {
        assert_eq!(row.difference.value, 0.0, "{}", row.metric);
        // What is left of an interval is the resolution of a histogram's quantile.
        assert!(
            row.metric.contains(".p") || row.difference.half_width.is_none_or(|half| half == 0.0),
            "{row:?}"
        );
    }
    // With other luck the same variants differ.
    let rows = compared(&one, &ten(&builtin, 1, 8));
    assert!(rows.iter().any(|row| row.difference.value != 0.0));
}

#[test]
fn different_luck_is_taken_for_a_difference_one_time_in_twenty() {
    let metrics = ["latency.ok.mean", "latency.ok.p50", "errors.rejected", "cpu.utilization.capacity"];
    let builtin = Builtin::new();
    let pair = |pair: u64| {
        let rows = compared(&ten(&builtin, 0, 2 * pair), &ten(&builtin, 0, 2 * pair + 1));
        metrics.map(|metric| {
            let row = rows.iter().find(|row| row.metric == metric).expect("every run has it");
            let (low, high) = row.difference.interval().expect("ten replications have an interval");
            low <= 0.0 && 0.0 <= high
        })
    };
    let pairs: Vec<[bool; 4]> = (0..1000).into_par_iter().map(pair).collect();
    for (index, metric) in metrics.iter().enumerate() {
        let covered = pairs.iter().filter(|pair| pair[index]).count();
        assert!((930..=970).contains(&covered), "{metric}: {covered} of 1,000 cover zero");
    }
}

#[test]
fn the_share_of_a_count_has_the_interval_of_tables() {
    // Clopper and Pearson: 0 of 10 leaves up to 30.85 %, 5 of 10 18.71 to 81.29 %.
    let check = |part: u32, low: f64, high: f64| {
        let found = Share { part, whole: 10 }.interval();
        assert!((found.0 - low).abs() < 1e-4 && (found.1 - high).abs() < 1e-4, "{part}: {found:?}");
    };
    check(0, 0.0, 0.308_5);
    check(5, 0.187_1, 0.812_9);
    check(10, 0.691_5, 1.0);
}

#[test]
fn littles_law_holds_on_the_simplest_scenario() {
    let rows = little::of_builtin(&Builtin::new(), "hello");
    assert!(!rows.is_empty());
    for row in rows {
        assert!(row.attempts > 10_000 && row.holds(), "{row:?}");
    }
}

#[test]
fn threads_change_nothing() {
    let builtin = Builtin::new();
    let measured = |threads| {
        let pool =
            rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("threads can be started");
        format!("{:?}", pool.install(|| coverage::measure(&builtin, 3, &|| {})))
    };
    assert_eq!(measured(1), measured(4));
}
