//! What a sensitivity analysis says, in words: for the terminal, the page and the chart alike.

use crate::data::{MovedEnd, MovedSetting, ReportData, Sensitivity, Unit, is_clear};
use crate::format::{difference, estimate};
use crate::words::listed;

/// Assumptions that one sentence says the other verdict of.
const SAID: usize = 4;

/// How many assumptions change the verdict, and which.
pub(crate) fn headline(of: &Sensitivity) -> String {
    let changing: Vec<&MovedSetting> = of.moves.iter().filter(|it| it.changes_verdict()).collect();
    let all = match of.moves.len() {
        0 => return "No assumption could be moved.".into(),
        1 => "assumption".to_owned(),
        _ => "assumptions".to_owned(),
    };
    let verb = if changing.len() == 1 { "changes" } else { "change" };
    let left = of.unfinished();
    if left > 0 {
        return format!(
            "Of {left} of {} {all} not all runs are finished: the same command goes on with them, and nothing is said of \
             what changes the verdict until then.",
            of.moves.len()
        );
    }
    let count = format!("{} of {} {all} {verb} the verdict", changing.len(), of.moves.len());
    match changing.as_slice() {
        [] => format!("{count}."),
        few if few.len() <= SAID => {
            let said: Vec<String> = few.iter().map(|it| format!("{} ({})", it.setting, then(it))).collect();
            format!("{count}: {}.", listed(&said))
        }
        many => {
            let names: Vec<String> = many.iter().map(|it| it.setting.clone()).collect();
            format!("{count}: {}.", listed(&names))
        }
    }
}

/// What the answer is at the ends where it is another one: `Fargate at 90s`.
pub(crate) fn then(of: &MovedSetting) -> String {
    let at = |end: &&MovedEnd| end.instead.as_ref().map(|instead| format!("{instead} at {}", end.value));
    of.ends().iter().filter_map(at).collect::<Vec<_>>().join("; ")
}

/// What an end does to the option, as far as that is clear of chance: `+$3.10 ± 0.20, p99 +120 ± 9 ms`; in words where it
/// does nothing or was not run.
pub(crate) fn effect(of: &Sensitivity, end: &MovedEnd) -> String {
    match end {
        end if !end.was_run() => end.note.clone(),
        end if !end.has_effect() => "no clear effect".into(),
        end => {
            let cost = is_clear(&end.cost).then(|| cost(end));
            let is_late = end.fails || is_clear(&end.latency);
            let latency = is_late.then(|| format!("{} {}", of.percentile, latency(end)));
            cost.into_iter().chain(latency).collect::<Vec<_>>().join(", ")
        }
    }
}

/// The difference in cost a month.
pub(crate) fn cost(end: &MovedEnd) -> String {
    difference(Unit::Dollars, &end.cost)
}

/// The difference in latency; there is none where a percentile falls among failures.
pub(crate) fn latency(end: &MovedEnd) -> String {
    match end.fails {
        true => "among failures".into(),
        false => difference(Unit::Seconds, &end.latency),
    }
}

/// The option with what it costs and how late it is: `Fargate ($61.20 ± 0.30 a month, p99 212 ± 4 ms)`.
pub(crate) fn subject(of: &Sensitivity) -> String {
    let at = if of.workload.is_empty() { String::new() } else { format!(" at {}", of.workload) };
    let (cost, latency) = (estimate(Unit::Dollars, &of.cost), estimate(Unit::Seconds, &of.latency));
    format!("{}{at} ({cost} a month, {} {latency})", of.option, of.percentile)
}

/// What each assumption does, a line each, at most `columns` wide if that can be had, and how many change the verdict;
/// nothing where that was not asked. Ends in a newline.
pub fn sensitivity_text(data: &ReportData, columns: usize) -> String {
    let Some(of) = &data.sensitivity else { return String::new() };
    let mut text = format!("\nwhat assumptions do to {}, the widest swing first:\n", subject(of));
    let moved: Vec<[String; 4]> =
        of.moves.iter().filter(|it| it.has_effect()).map(|it| cells(of, it)).collect();
    let width = |column: usize| moved.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
    let widths = [0, 1, 2].map(width);
    let is_wide = widths.iter().sum::<usize>() + width(3) + 8 <= columns;
    for row in &moved {
        let line = match is_wide {
            true => row
                .iter()
                .zip(widths.into_iter().chain([0]))
                .map(|(cell, width)| format!("{cell:<width$}"))
                .collect(),
            false => row.iter().filter(|cell| !cell.is_empty()).cloned().collect::<Vec<_>>(),
        };
        let line = line.join(if is_wide { "  " } else { "\n      " });
        text.push_str(&format!("  {}\n", line.trim_end()));
    }
    let quiet = |which: &dyn Fn(&MovedSetting) -> bool| -> Vec<&str> {
        let quiet = of.moves.iter().filter(|it| !it.has_effect() && which(it));
        quiet.map(|it| it.setting.as_str()).collect()
    };
    let kinds = [
        ("no clear effect".to_owned(), quiet(&|it| !it.is_unfinished() && it.is_of(&of.option))),
        (format!("not of {}", of.option), quiet(&|it| !it.is_unfinished() && !it.is_of(&of.option))),
        ("not finished".to_owned(), quiet(&MovedSetting::is_unfinished)),
    ];
    for (what, settings) in kinds.iter().filter(|(_, settings)| !settings.is_empty()) {
        text.push_str(&format!("  {what}: {}\n", settings.join(", ")));
    }
    if !of.unmoved.is_empty() {
        let names: Vec<&str> = of.unmoved.iter().map(|it| it.setting.as_str()).collect();
        text.push_str(&format!("  not moved: {}\n", names.join(", ")));
    }
    text + &headline(of) + "\n"
}

fn cells(of: &Sensitivity, moved: &MovedSetting) -> [String; 4] {
    let at = |end: &MovedEnd| format!("{}: {}", end.value, effect(of, end));
    let verdict = match moved.changes_verdict() {
        true => format!("verdict then: {}", then(moved)),
        false => String::new(),
    };
    [format!("{} = {}", moved.setting, moved.value), at(&moved.low), at(&moved.high), verdict]
}
