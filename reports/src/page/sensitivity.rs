//! The page's section on assumptions that were moved.

use serde::Serialize;

use crate::data::{MovedSetting, Sensitivity};
use crate::sensitivity::headline;

/// What the template sees of it, the chart apart.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Section {
    headline: String,
    changes: Vec<Change>,
    unmoved_head: String,
    unmoved: Vec<[String; 3]>,
}

/// An end of an assumption where the verdict is another one.
#[derive(Clone, Debug, Serialize)]
struct Change {
    setting: String,
    options: String,
    value: String,
    moved_to: String,
    sentence: String,
}

impl Section {
    pub(super) fn of(of: &Sensitivity) -> Section {
        let unmoved: Vec<[String; 3]> =
            of.unmoved.iter().cloned().map(|it| [it.setting, it.value, it.why]).collect();
        let plural = if unmoved.len() == 1 { " was" } else { "s were" };
        Section {
            headline: headline(of),
            changes: of.moves.iter().flat_map(changes).collect(),
            unmoved_head: format!("{} assumption{plural} not moved", unmoved.len()),
            unmoved,
        }
    }
}

fn changes(of: &MovedSetting) -> Vec<Change> {
    let ends = of.ends().into_iter().filter(|end| end.instead.is_some());
    let change = |end: &crate::data::MovedEnd| Change {
        setting: of.setting.clone(),
        options: of.options.join(", "),
        value: of.value.clone(),
        moved_to: end.value.clone(),
        sentence: end.sentence.clone(),
    };
    ends.map(change).collect()
}
