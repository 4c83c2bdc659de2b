//! `sensitivity.csv`: a row for each end of each assumption, those with the widest swing first, and one for each that was
//! not moved.

use sim_core::metrics::Estimate;

use super::Cell;
use crate::results::{AtEnd, Moved, Sensitivity};
use crate::sensitivity::{Side, Unmoved};

const HEADER: [&str; 14] = [
    "setting",
    "value",
    "variants",
    "end",
    "moved_to",
    "option",
    "cost_difference_usd",
    "cost_half_width_usd",
    "percentile",
    "latency_difference_s",
    "latency_half_width_s",
    "changes_verdict",
    "verdict_then",
    "note",
];

pub(super) fn table(found: &Sensitivity) -> Vec<u8> {
    let moved = found.moves.iter().flat_map(|of| {
        Side::BOTH.into_iter().zip(of.ends()).map(move |(side, end)| row(found, of, side, end))
    });
    super::table(HEADER, moved.chain(found.unmoved.iter().map(unmoved)))
}

fn row(found: &Sensitivity, of: &Moved, side: Side, end: &AtEnd) -> Vec<String> {
    let numbers = |difference: &Option<Estimate>| {
        let difference = difference.as_ref();
        [difference.map(|it| it.value), difference.and_then(|it| it.half_width)].map(Cell::number)
    };
    let percentile = match found.service.as_str() {
        "" => found.percentile.clone(),
        service => format!("{} of {service}", found.percentile),
    };
    let why = end.latency.as_ref().and_then(|it| it.note.clone());
    let mut cells = vec![Cell::name(&of.setting), Cell::name(&of.value), Cell::name(&of.variants.join("; "))];
    cells.extend([side.name().to_owned(), Cell::name(&end.value), Cell::name(&found.option)]);
    cells.extend(numbers(&end.cost));
    cells.push(percentile);
    cells.extend(numbers(&end.latency));
    let changes = match end.instead {
        _ if end.unfinished > 0 => "",
        Some(_) => "yes",
        None => "no",
    };
    cells.push(changes.to_owned());
    cells.push(Cell::name(end.sentence.as_deref().unwrap_or_default()));
    cells.push(Cell::name(&end.note.clone().or(why).unwrap_or_default()));
    cells
}

fn unmoved(of: &Unmoved) -> Vec<String> {
    let mut cells = vec![Cell::name(&of.setting), Cell::name(&of.value)];
    cells.resize(HEADER.len() - 1, String::new());
    cells.push(Cell::name(&format!("not moved: {}", of.why)));
    cells
}
