//! The lane beside the picture for options that have a cost and no such latency: left out they would look as if never run.

use super::super::page::{Frame, spread};
use super::super::{Form, Page, Source};
use super::short_name;
use crate::axis::Scale;
use crate::canvas::{Anchor, Mark, shorten_name};
use crate::data::{AMONG_FAILURES, COST_PER_MONTH, ReportData, Unit, VariantSummary};
use crate::format::tick;
use crate::palette::{MISS, MUTED};

/// Options with a cost and without the tail's latency: it lies among their failures.
pub(super) fn without_latency(data: &ReportData) -> Vec<(&VariantSummary, f64)> {
    let tail = data.tail().key;
    let no_latency = data.variants.iter().filter(|variant| variant.value(&tail).is_none());
    no_latency.filter_map(|variant| Some((variant, variant.value(COST_PER_MONTH)?))).collect()
}

/// Whether failures are why there is none.
pub(super) fn all_fail(data: &ReportData, failing: &[(&VariantSummary, f64)]) -> bool {
    let tail = data.tail().key;
    let note = |variant: &VariantSummary| variant.metrics.get(&tail).and_then(|it| it.note.clone());
    failing.iter().all(|(variant, _)| note(variant).as_deref() == Some(AMONG_FAILURES))
}

/// The lane of options without that latency, by cost alone.
pub(super) fn draw_lane(
    source: &Source<'_>,
    page: &Page<'_>,
    frame: Frame,
    y: Scale,
    failing: &[(&VariantSummary, f64)],
) {
    page.rectangle(frame, MISS);
    let lane = page.panel(frame, Scale::exact(0.0, 1.0), y);
    let place = ((frame.left + frame.right) / 2.0, frame.bottom + page.form.text() + 5.0);
    let tail = source.data.tail();
    page.text(place, &format!("no {}", short_name(source.data, &tail)), MUTED, |mark| {
        mark.anchor(Anchor::Middle)
    });
    let why = (place.0, page.height - 8.0);
    if all_fail(source.data, failing) {
        let share = tick(Unit::Share, tail.share);
        let text = page.form.pick(format!("over {share} of requests fail"), format!("> {share} fail"));
        page.text(why, &text, MUTED, |mark| mark.anchor(Anchor::Middle));
    }
    let mut ordered = failing.to_vec();
    ordered.sort_by(|a, b| b.1.total_cmp(&a.1));
    let wanted: Vec<f64> = ordered.iter().map(|(_, cost)| lane.pixel((0.0, *cost)).1 + 4.5).collect();
    let places = spread(&wanted, 15.0, frame.top + 12.0, frame.bottom - 4.0);
    for ((variant, cost), middle) in ordered.iter().zip(places) {
        let look = source.looks.variant(source.data, &variant.name);
        let x = 8.0 / (frame.right - frame.left);
        lane.draw(&Mark::marker((x, *cost), look.marker, 5.0, look.ink, true));
        // More names than fit would be a pile of letters; the table has them all.
        if ordered.len() as f64 * 15.0 <= frame.bottom - frame.top && page.form == Form::Wide {
            let name = shorten_name(&variant.name, page.form.text(), frame.right - frame.left - 20.0);
            lane.text_at((frame.left + 18.0, middle), &name, look.label, Mark::bold);
        }
    }
}
