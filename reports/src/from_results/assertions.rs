//! What a scenario asserts, in words.

use scenarios::file::metric::unit;
use scenarios::number::{Unit, percent, value};
use scenarios::results::{Analysis, Decided, Held, Results};

use crate::data::{Assertion, Meets};

/// The assertions of an analysis, those that fail first.
pub(super) fn assertions(analysis: &Analysis, labels: &[String], results: &Results) -> Vec<Assertion> {
    let mut decided: Vec<&Decided> = analysis.assertions.iter().collect();
    decided.sort_by_key(|it| std::cmp::Reverse(it.outcome));
    decided.into_iter().map(|it| assertion(it, &results.manifest.label_of(labels, &it.variant))).collect()
}

fn assertion(decided: &Decided, label: &str) -> Assertion {
    let unit = unit(&decided.unit);
    let of = match decided.owner.as_str() {
        "" => label.to_owned(),
        owner => format!("{owner} of {label}"),
    };
    let outcome = match decided.outcome {
        Held::Holds => Meets::Yes,
        Held::Undecided => Meets::Unclear,
        Held::Fails => Meets::No,
    };
    let estimate = &decided.estimate;
    let why = || estimate.note.clone().unwrap_or_else(|| "no value".into());
    let number = match estimate.value {
        number if number.is_finite() && estimate.half_width.is_none() => {
            format!("{} ({})", value(unit, number), why())
        }
        number if number.is_finite() => value(unit, number),
        _ => why(),
    };
    let (deciding, unit, within) = match &decided.share {
        Some(share) => (share, Unit::Share, " in time"),
        None => (estimate, unit, ""),
    };
    let bound = decided.bound.filter(|bound| bound.is_finite() && deciding.half_width.is_some());
    let side = match bound {
        Some(bound) if bound >= deciding.value => "at most",
        _ => "at least",
    };
    let sure = percent(decided.confidence);
    let bound = bound.map(|bound| format!("{side} {}{within} with {sure}", value(unit, bound)));
    Assertion { that: decided.that.clone(), of, outcome, value: number, bound: bound.unwrap_or_default() }
}
