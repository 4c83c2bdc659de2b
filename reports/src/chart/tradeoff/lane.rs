//! The lane beside the picture for options that have a cost and no p99: left out they would look as if never run.

use super::super::page::{Frame, spread};
use super::super::{Form, Page, Source};
use crate::axis::Scale;
use crate::canvas::{Anchor, Mark, shorten_name};
use crate::data::{AMONG_FAILURES, COST_PER_MONTH, LATENCY_P99, ReportData, VariantSummary};
use crate::palette::{MISS, MUTED};

/// Options with a cost and no p99: it lies among their failures.
pub(super) fn without_latency(data: &ReportData) -> Vec<(&VariantSummary, f64)> {
    let no_latency = data.variants.iter().filter(|variant| variant.value(LATENCY_P99).is_none());
    no_latency.filter_map(|variant| Some((variant, variant.value(COST_PER_MONTH)?))).collect()
}

/// Whether failures are why there is no p99.
pub(super) fn all_fail(failing: &[(&VariantSummary, f64)]) -> bool {
    let note = |variant: &VariantSummary| variant.metrics.get(LATENCY_P99).and_then(|it| it.note.clone());
    failing.iter().all(|(variant, _)| note(variant).as_deref() == Some(AMONG_FAILURES))
}

/// The lane of options without a p99, by cost alone.
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
    page.text(place, "no p99", MUTED, |mark| mark.anchor(Anchor::Middle));
    let why = (place.0, page.height - 8.0);
    if all_fail(failing) {
        let text = page.form.pick("over 1 % of requests fail", "> 1 % fail");
        page.text(why, text, MUTED, |mark| mark.anchor(Anchor::Middle));
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
