//! What `fleetsim validate` prints: a line per comparison, at most 100 columns wide.

use std::fmt::Write as _;

use scenarios::validation::{CaseResult, Compared, Coverage, LittleRow, TimelineResult, Validation};

use super::Totals;
use super::numbers::{Written, many, percentage};
use super::timelines::{band, written};

/// The table of a validation for a terminal, ending in a newline.
pub fn validation_table(validation: &Validation) -> String {
    let mut text = String::new();
    for family in &validation.suite.families {
        let _ = writeln!(
            text,
            "{:<33}{:>13}{:>23}{:>18}",
            family.title, "theory", "simulated", "width of allowed"
        );
        family.cases.iter().for_each(|case| of_case(&mut text, case));
        text.push('\n');
    }
    if !validation.little.is_empty() {
        text.push_str(&of_little(&validation.little));
    }
    if !validation.timelines.is_empty() {
        text.push_str(&of_timelines(&validation.timelines));
    }
    if let Some(coverage) = &validation.coverage {
        text.push_str(&of_coverage(coverage));
    }
    text + &summary(validation)
}

fn of_case(text: &mut String, case: &CaseResult) {
    let _ = writeln!(
        text,
        "  {}: {} replications, {} requests",
        case.what,
        case.replications,
        many(case.requests)
    );
    for it in &case.compared {
        let Written { theory, simulated, width, allowed } = Written::of(it);
        let widths = format!("{width} of {allowed}");
        let _ =
            writeln!(text, "    {:<29}{theory:>13}{simulated:>23}{widths:>18}  {}", it.quantity, short(it));
    }
}

fn short(it: &Compared) -> &'static str {
    match (it.holds(), it.is_narrow()) {
        (true, true) if it.allowance > 0.0 => "pass (n)",
        (true, true) => "pass",
        (false, _) => "FAIL",
        (true, false) => "WIDE",
    }
}

fn of_little(rows: &[LittleRow]) -> String {
    let attempts: u64 = rows.iter().map(|row| row.attempts).sum();
    let mut text = format!(
        "Little's law on every queue of every built-in scenario: {} queues, {} attempts, {} off\n",
        rows.len(),
        many(attempts),
        rows.iter().filter(|row| !row.holds()).count(),
    );
    for row in rows.iter().filter(|row| !row.holds()) {
        let _ = writeln!(
            text,
            "  {} {} {}: area {} ns, times {} ns, {} of {} attempts ended  FAIL",
            row.scenario, row.variant, row.service, row.area, row.times, row.ended, row.attempts
        );
    }
    text.push('\n');
    text
}

fn of_timelines(timelines: &[TimelineResult]) -> String {
    let mut text = format!("{:<56}{:>13}{:>25}\n", "Platform timelines", "band", "simulated");
    for timeline in timelines {
        let _ = writeln!(text, "  {}", timeline.name);
        for it in &timeline.measures {
            let (least, _, greatest) = written(it);
            let simulated =
                if least == greatest { least } else { format!("{} to {greatest}", without_unit(&least)) };
            let verdict = if it.passes() { "pass" } else { "FAIL" };
            let _ = writeln!(text, "    {:<52}{:>13}{simulated:>25}  {verdict}", it.quantity, band(it));
        }
    }
    text.push('\n');
    text
}

fn without_unit(text: &str) -> &str {
    text.split_once(' ').map_or(text, |(number, _)| number)
}

fn of_coverage(coverage: &Coverage) -> String {
    let mut text = format!("{:<33}{:<27}", "How often 95 % intervals cover", "metric");
    for size in &coverage.sizes {
        let _ = write!(text, "{:>9}", format!("{size} runs"));
    }
    text.push('\n');
    for row in &coverage.rows {
        let _ = write!(text, "  {:<31}{:<27}", row.kind, row.metric);
        for share in &row.counts {
            let shown =
                if share.whole == 0 { "–".to_owned() } else { format!("{} %", percentage(share.value())) };
            let _ = write!(text, "{shown:>9}");
        }
        text.push('\n');
    }
    text.push_str("\nA/A: pairs that differ only in luck, whose interval covers zero (93 to 97 % pass)\n");
    for pair in &coverage.pairs {
        let verdict = if pair.passes() { "pass" } else { "FAIL" };
        let (share, of) = (percentage(pair.share.value()), pair.share.whole);
        let _ = writeln!(text, "  {:<31}{share:>6} % of {of} pairs  {verdict}", pair.metric);
    }
    let (compared, different) = coverage.identical;
    let _ = writeln!(text, "A/A: identical variants differ in {different} of {compared} numbers\n");
    text
}

fn summary(validation: &Validation) -> String {
    let totals = Totals::of(validation);
    let verdict = match (totals.failed, validation.passes()) {
        (0, true) => "all pass".to_owned(),
        (0, false) => "a check beside theory FAILS".to_owned(),
        (failed, _) => format!("{failed} FAIL"),
    };
    format!(
        "{} comparisons in {} cases, {} requests: {verdict}\n",
        totals.comparisons,
        totals.cases,
        many(totals.requests)
    )
}
