//! Timelines: every band as a bar of the same length, every replication as a dot where it lies in or beside it.

use scenarios::number::Unit;
use scenarios::validation::{MeasureResult, TimelineResult};

use crate::axis::Scale;
use crate::canvas::{Anchor, Mark, Stroke, Weight, shorten};
use crate::chart::{Chart, Form, Frame, Page, Panel, Words};
use crate::palette::{AXIS, DEMAND, ERROR, MUTED, Marker, TEXT, look};
use crate::validation::timelines::band;

/// How far beside its band a dot is drawn at most, in lengths of the band.
const BESIDE: f64 = 0.15;

/// Pixels per measure, and per timeline for its name.
const ROW: f64 = 34.0;

/// What is drawn: measures of time, whose bands have a length.
fn drawn(timelines: &[TimelineResult]) -> Vec<(&TimelineResult, &MeasureResult)> {
    let of = |it: &'_ TimelineResult| -> Vec<usize> {
        let has_length = |it: &MeasureResult| it.unit == Unit::Seconds && it.band.0 < it.band.1;
        (0..it.measures.len()).filter(|index| has_length(&it.measures[*index])).collect()
    };
    timelines.iter().flat_map(|it| of(it).into_iter().map(move |index| (it, &it.measures[index]))).collect()
}

pub(super) fn chart(timelines: &[TimelineResult]) -> Option<Chart> {
    let rows = drawn(timelines);
    if rows.is_empty() {
        return None;
    }
    let inside: u32 = rows.iter().map(|(_, it)| it.inside()).sum();
    let all: u32 = rows.iter().map(|(_, it)| it.replications).sum();
    let words = Words {
        name: "timelines".into(),
        title: "How long things take, in their bands.".into(),
        takeaway: format!("{inside} of {all} simulated times lie in the band of documented and measured steps."),
        description: "A row per measure of time; the bar is the band, whatever its length, with its ends beside it. A dot is a \
                      replication, at its place relative to the band; the upright line is the median. What lies outside is drawn in another colour."
            .into(),
        ..Words::default()
    };
    let count = rows.len() as f64;
    Some(Chart::drawn(words, |form| (count * row(form)) as u32 + 20, |page| draw(page, &rows)))
}

fn row(form: Form) -> f64 {
    form.pick(ROW, ROW + 18.0)
}

fn draw(page: &Page<'_>, rows: &[(&TimelineResult, &MeasureResult)]) {
    let (left, height) = (page.form.pick(430.0, 10.0), row(page.form));
    let frame = Frame { left, top: 10.0, right: page.width - 10.0, bottom: page.height - 10.0 };
    let count = rows.len() as f64;
    let panel = page.panel(frame, Scale::exact(-BESIDE - 0.2, 1.0 + BESIDE + 0.2), Scale::exact(0.0, count));
    for (index, (timeline, it)) in rows.iter().enumerate() {
        let top = frame.top + index as f64 * height;
        let first = index == 0 || rows[index - 1].0.name != timeline.name;
        name(page, if first { timeline.name } else { "" }, it.quantity, (left, top + height));
        let across = page.form.pick(0.5, 0.28);
        of_measure(&panel, it, count - index as f64 - 1.0 + across);
    }
}

/// The name of a row: left of its bar, or above it where there is no room.
fn name(page: &Page<'_>, timeline: &str, quantity: &str, (left, bottom): (f64, f64)) {
    let size = page.form.text();
    if page.form == Form::Wide {
        let middle = bottom - ROW / 2.0 + 4.0;
        let cut = |text: &str, room: f64| shorten(text, size, Weight::Regular, room);
        page.text((0.0, middle - 8.0), &cut(timeline, left), TEXT, |mark| mark);
        page.text((14.0, middle + 7.0), &cut(quantity, left - 20.0), MUTED, |mark| mark);
    } else {
        let text = if timeline.is_empty() { quantity.to_owned() } else { format!("{timeline}: {quantity}") };
        let text = shorten(&text, size, Weight::Regular, page.width - 8.0);
        page.text((4.0, bottom - row(page.form) + 16.0), &text, MUTED, |mark| mark);
    }
}

fn of_measure(panel: &Panel<'_>, it: &MeasureResult, y: f64) {
    let (low, high) = it.band;
    let at = |value: f64| ((value - low) / (high - low)).clamp(-BESIDE, 1.0 + BESIDE);
    panel.draw(&Mark::rectangle((0.0, y - 0.2), (1.0, y + 0.2), DEMAND));
    panel.draw(&Mark::line(vec![(0.0, y - 0.2), (0.0, y + 0.2)], Stroke::new(AXIS, 1.4)));
    panel.draw(&Mark::line(vec![(1.0, y - 0.2), (1.0, y + 0.2)], Stroke::new(AXIS, 1.4)));
    for (index, value) in it.values.iter().enumerate() {
        // Dots of the same place are told apart by a little height.
        let y = y + (index % 5) as f64 * 0.06 - 0.12;
        let ink = if (low..=high).contains(value) { look(0).ink } else { ERROR };
        panel.draw(&Mark::marker((at(*value), y), Marker::Circle, 2.4, ink, false));
    }
    if let Some((_, median, _)) = it.range() {
        panel.draw(&Mark::line(vec![(at(median), y - 0.28), (at(median), y + 0.28)], Stroke::new(TEXT, 1.6)));
    }
    // Outside the dots beside the band.
    let below = |x: f64| (panel.pixel((x, y)).0, panel.pixel((x, y)).1 + 4.5);
    let band = band(it);
    let (low, high) = band.split_once('–').unwrap_or((&band, ""));
    panel.text_at((below(-BESIDE).0 - 6.0, below(0.0).1), low, MUTED, |mark| mark.anchor(Anchor::End));
    panel.text_at((below(1.0 + BESIDE).0 + 6.0, below(1.0).1), high, MUTED, |mark| mark);
}
