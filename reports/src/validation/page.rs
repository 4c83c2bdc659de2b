//! `docs/validation.md`.

use std::fmt::Write as _;

use scenarios::validation::{CaseResult, Effort, FamilyResult, LEVEL, Validation};

use super::numbers::{Written, many, number_with};
use super::{Totals, ValidationPage, chart, coverage, little, timelines};
use crate::chart::Chart;

/// The folder of the pictures and scenario files, beside the page.
const FOLDER: &str = "validation";

/// The page of a validation, with its pictures and the scenario files of its cases.
pub fn page(validation: &Validation) -> ValidationPage {
    let charts = chart::charts(validation);
    let mut files: Vec<(String, String)> =
        charts.iter().map(|chart| (format!("{FOLDER}/{}.svg", chart.name), chart.wide.clone())).collect();
    let cases = validation.suite.families.iter().flat_map(|family| &family.cases);
    files.extend(cases.map(|case| (format!("{FOLDER}/{}.toml", case.name), case.scenario.clone())));
    let timelines = &validation.timelines;
    files.extend(timelines.iter().map(|it| (format!("{FOLDER}/{}.toml", it.name), it.scenario.clone())));
    ValidationPage { markdown: markdown(validation, &charts), files }
}

fn markdown(validation: &Validation, charts: &[Chart]) -> String {
    let mut text = String::from(HEAD);
    text.push_str(&found(validation));
    text.push_str(&method(validation));
    text.push_str("## Theory against simulation\n\n");
    text.push_str(&picture(charts, "deviations"));
    for family in &validation.suite.families {
        text.push_str(&of_family(family));
        for name in pictures_of(family.title) {
            text.push_str(&picture(charts, name));
        }
    }
    if !validation.little.is_empty() {
        text.push_str(&little::section(&validation.little));
    }
    if !validation.timelines.is_empty() {
        text.push_str(timelines::INTRODUCTION);
        text.push_str(&picture(charts, "timelines"));
        text.push_str(&timelines::table(&validation.timelines));
    }
    if let Some(found) = &validation.coverage {
        text.push_str(COVERAGE);
        text.push_str(&picture(charts, "coverage"));
        text.push_str(&coverage::sections(found));
    }
    text.push_str(REFERENCES);
    text
}

/// Which pictures stand below which family.
fn pictures_of(title: &str) -> &'static [&'static str] {
    match title {
        "M/M/c" => &["waiting", "tails"],
        "M/G/infinity" => &["insensitivity"],
        title if title.starts_with("Keep-alive") => &["keep-alive"],
        _ => &[],
    }
}

fn picture(charts: &[Chart], name: &str) -> String {
    let Some(chart) = charts.iter().find(|chart| chart.name == name) else { return String::new() };
    format!(
        "![{}]({FOLDER}/{name}.svg)\n\n**{}** {} {}\n\n",
        chart.title, chart.title, chart.takeaway, chart.description
    )
}

const HEAD: &str = "\
# Validation

<!-- Written by `fleetsim validate --out docs`. Do not edit: the next run overwrites it. -->

Does the simulator compute what queueing theory says it must? Where a system is simple enough for theory to have an exact
answer, this page puts the two side by side. It is written by `fleetsim validate`, and by nothing else: every number below is
simulated or computed when the command runs, and the command fails if a comparison does.

";

fn found(validation: &Validation) -> String {
    let Totals { cases, comparisons, failed, requests, events } = Totals::of(validation);
    let verdict =
        if failed == 0 { "all of them pass".to_owned() } else { format!("**{failed} of them fail**") };
    let mut text = format!(
        "**{comparisons} comparisons in {cases} cases, {} simulated requests ({} events): {verdict}.**",
        many(requests),
        many(events)
    );
    if comparisons < validation.suite.comparisons {
        let _ = write!(text, " **This is a part**: the whole suite has {}.", validation.suite.comparisons);
    }
    if !validation.little.is_empty() {
        let off = validation.little.iter().filter(|row| !row.holds()).count();
        let holds = if off == 0 { "to the nanosecond".to_owned() } else { format!("but for **{off}**") };
        let _ = write!(
            text,
            " Little's law holds on all {} queues of the built-in scenarios, {holds}.",
            validation.little.len()
        );
    }
    let measures = || validation.timelines.iter().flat_map(|it| &it.measures);
    if measures().next().is_some() {
        let inside = measures().filter(|it| it.passes()).count();
        let _ = write!(text, " {inside} of {} platform timelines lie in their bands.", measures().count());
    }
    text + "\n\n"
}

fn method(validation: &Validation) -> String {
    let shared = 100.0 * (1.0 - (1.0 - LEVEL) / validation.suite.comparisons as f64);
    let quick = match validation.effort {
        Effort::Full => String::new(),
        Effort::Quick => {
            " **This is the quick set**: a quarter of the replications, four times the widths.".into()
        }
    };
    METHOD
        .replace("COMPARISONS", &validation.suite.comparisons.to_string())
        .replace("SHARED", &number_with(shared, 4))
        .replace("QUICK", &quick)
}

const METHOD: &str = "\
## What is compared, and how

**The system** is a scenario file like any other; those of all cases stand in [`validation/`](validation/), and
`fleetsim run docs/validation/mm1-80.toml` runs one. It goes through the same loader, the same model and the same recorder as
a user's scenario. There is no mode of the simulator for theory: a queue is a Fargate task with some workers and no balancer
in front, a loss system is a function with reserved concurrency.

**Simulated** is what reports show, by the estimators that reports use: means over replications, quantiles of all
replications pooled. Three things that theory speaks of and reports do not (percentiles of the wait, the variance of the
number inside, that number at a given instant) are taken by one more probe from the same facts.

**The interval** is over independent replications, never over requests, which are correlated. Its half-width is the standard
error times a quantile of Student's t. All COMPARISONS comparisons of this page together hold theory with 99 %: each gets its
share of the risk (Bonferroni: Dunn 1961), so a single one is an interval of SHARED %.

**A comparison passes** if theory lies inside the interval *and* the interval is narrower than stated: column *width* is the
half-width as a share of the theoretical value, *allowed* the greatest that passes. Without the second condition a check of
too few runs would pass by saying nothing. Where theory is a limit for many servers, a distance of the order of 1/n is allowed
beyond the interval, and stated.

**Luck is not chosen.** The seed of a case follows from its name (an FNV-1a hash), so it stood fixed before the case was first
run, and nobody can draw again until a case passes. Widths and lengths of runs stand in the code; where runs turn out too short
for a width, one of the two may change, the luck may not. The result is the same on any machine and for any number of threads,
and so is this page: it is generated again, and compared byte by byte, with every change of the simulator.QUICK

**Widths** are what some minutes of computing can show: a percent or two of most means, more of tails, of variances and of heavy
loads, whose estimates vary more. A wide one says little by itself: 30 % of a ratio of variances only tells Poisson from far from
it.

**What this page does not show.** Queues, limits, sharing, warm and cold starts have closed forms, and stand here. Retries, scaling
loops, placement, faults and bills have none but in small cases: these are held to the platform's documents by the tests of
`sim-core/tests/platform`, to bands below, and to invariants that checkers see from outside (`fleetsim swarm`, `run --check`).

";

fn of_family(family: &FamilyResult) -> String {
    let allowance = family.cases.iter().flat_map(|case| &case.compared).any(|it| it.allowance > 0.0);
    let extra = if allowance { (" | O(1/n)", "|--:") } else { ("", "") };
    let mut text = format!(
        "### {}\n\n{}\n\n| Case | Runs | Requests | Quantity | Theory | Simulated | Width | Allowed{} | Verdict |\n\
         |---|--:|--:|---|--:|--:|--:|--:{}|---|\n",
        family.title, family.text, extra.0, extra.1
    );
    family.cases.iter().for_each(|case| text.push_str(&of_case(case, allowance)));
    text + "\n"
}

fn of_case(case: &CaseResult, allowance: bool) -> String {
    let mut text = String::new();
    for (index, it) in case.compared.iter().enumerate() {
        let about = match index {
            0 => format!(
                "[{}]({FOLDER}/{}.toml) | {} | {}",
                case.what,
                case.name,
                case.replications,
                many(case.requests)
            ),
            _ => " | | ".into(),
        };
        let Written { theory, simulated, width, allowed } = Written::of(it);
        let extra = match (allowance, it.allowance) {
            (false, _) => String::new(),
            (true, 0.0) => " | –".into(),
            (true, allowance) => format!(" | {}", super::numbers::percent(allowance / it.theory)),
        };
        let verdict = if it.passes() { it.verdict().to_owned() } else { format!("**{}**", it.verdict()) };
        let _ = writeln!(
            text,
            "| {about} | {} | {theory} | {simulated} | {width} | {allowed}{extra} | {verdict} |",
            it.quantity.replace('|', "\\|")
        );
    }
    text
}

const COVERAGE: &str = "\
## How often intervals cover

An interval is a promise: of a hundred 95 % intervals, 95 hold what they are intervals of. Here the promise of every kind of
interval that `fleetsim` prints is put to the test on systems whose every number has a closed form: a queue M/M/1/9 (load 0.78,
and 0.65 for its rival) and a function M/M/1/1 with a bill. Runs are short on purpose, some 1,300 requests and some 30 billed
invocations in the measured window, since short runs are where intervals go wrong. In brackets: the exact 95 % interval of the
share itself (Clopper and Pearson 1934). There are 2,000 experiments with three, five and ten replications,
1,000 with twenty, cut from the same 20,000 replications.

";

const REFERENCES: &str = include_str!("references.md");
