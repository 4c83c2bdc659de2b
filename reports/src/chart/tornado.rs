//! What assumptions do to the recommended option: a tornado chart. A row for each assumption, the widest swing at the top,
//! with a bar to where cost and latency go at either end of what is plausible.
//!
//! Both bars of a row have a lane of their own: often both ends go the same way, and one bar would hide the other.

use super::page::draw_key;
use super::{Chart, Form, Frame, KeyItem, Page, Panel, SENSITIVITY, Source, Table, Words, key_height};
use crate::axis::Scale;
use crate::canvas::{Anchor, Mark, Stroke, Weight, shorten, shorten_name};
use crate::data::{Estimate, MovedEnd, MovedSetting, Sensitivity, Unit};
use crate::format::{MISSING, tick};
use crate::palette::{AXIS, ERROR, Ink, MUTED, TEXT, part};
use crate::sensitivity::{cost, effect, headline, latency, subject, then};

/// Rows that are drawn; those that change the verdict are all drawn.
const MOST: usize = 16;
/// Pixels from one line of text to the next, of a bar, and between rows.
const LINE: f64 = 17.0;
const BAR: f64 = 8.0;
const GAP: f64 = 12.0;
/// Pixels above the rows for the panels' heads, and below them for their axes.
const HEAD: f64 = 26.0;
const FOOT: f64 = 30.0;

/// The chart; none where assumptions were not moved, or do nothing.
pub(super) fn chart(source: &Source<'_>) -> Option<Chart> {
    let of = source.data.sensitivity.as_ref()?;
    let rows = rows(of);
    let words = Words {
        name: SENSITIVITY.into(),
        title: format!("What assumptions do to {}", of.option),
        takeaway: takeaway(of),
        description: description(of, rows.len()),
        table: table(of),
    };
    let tornado = Tornado { of, rows };
    Some(Chart::drawn(words, |form| tornado.height(form), |page| tornado.draw(page)))
}

/// The assumptions that have a row.
fn rows(of: &Sensitivity) -> Vec<&MovedSetting> {
    let effective = of.moves.iter().filter(|it| it.has_effect()).enumerate();
    effective.filter(|(place, it)| *place < MOST || it.changes_verdict()).map(|(_, it)| it).collect()
}

fn takeaway(of: &Sensitivity) -> String {
    if of.unfinished() > 0 {
        return headline(of);
    }
    let widest = of.moves.iter().find(|it| it.ends().iter().any(|end| end.has_effect()));
    let widest = widest.map(|it| {
        let at = |end: &&MovedEnd| format!("{} at {}", effect(of, end), end.value);
        let said: Vec<String> = it.ends().iter().filter(|end| end.was_run()).map(at).collect();
        format!("{} matters most to {}: {}.", it.setting, of.option, said.join("; "))
    });
    widest.unwrap_or_else(|| headline(of))
}

fn description(of: &Sensitivity, drawn: usize) -> String {
    let left_out = of.moves.len() - drawn;
    let left_out = match left_out {
        0 => String::new(),
        1 => " One more assumption does less, or nothing that is clear of chance.".into(),
        more => format!(" {more} more assumptions do less, or nothing that is clear of chance."),
    };
    format!(
        "Each bar leads from {} to where it goes with one assumption at the least or at the most that is plausible and \
         everything else, luck included, as it was; the thin line on its end is the 95 % interval of that paired \
         difference. An assumption of another option has no bar here, and may change the verdict all the same.{left_out}",
        subject(of)
    )
}

fn table(of: &Sensitivity) -> Table {
    let head = ["Assumption", "In force", "Moved to", "Cost a month", &of.percentile, "Verdict then"];
    let row = |it: &MovedSetting, end: &MovedEnd| {
        let numbers = match end.was_run() {
            true => [cost(end), latency(end)],
            false => [end.note.clone(), MISSING.into()],
        };
        let [cost, latency] = numbers;
        let verdict = end.instead.clone().unwrap_or_else(|| "the same".into());
        let verdict = if end.was_run() { verdict } else { MISSING.into() };
        vec![it.setting.clone(), it.value.clone(), end.value.clone(), cost, latency, verdict]
    };
    let rows = of.moves.iter().flat_map(|it| it.ends().map(|end| row(it, end)));
    Table { head: head.map(str::to_owned).to_vec(), rows: rows.collect() }
}

/// The colours of both ends.
fn inks() -> [Ink; 2] {
    [part(0), part(2)]
}

/// What one panel shows.
struct Lane<'t> {
    head: String,
    unit: Unit,
    of: fn(&MovedEnd) -> &Estimate,
    frame: Frame,
    rows: &'t [(&'t MovedSetting, f64)],
}

struct Tornado<'t> {
    of: &'t Sensitivity,
    rows: Vec<&'t MovedSetting>,
}

impl Tornado<'_> {
    fn key(&self) -> Vec<KeyItem> {
        let item = |(ink, label): (Ink, &str)| KeyItem::fill(label, ink);
        inks().into_iter().zip(["at its least plausible value", "at its most"]).map(item).collect()
    }

    /// How many pixels a row takes: the lines that name it, and on a phone the bars below them.
    fn row(form: Form, of: &MovedSetting) -> f64 {
        let lines = 2.0 + f64::from(u8::from(of.changes_verdict()));
        let bars = form.pick(0.0, 2.0 * BAR + 6.0);
        lines * LINE + bars + GAP
    }

    fn top(&self, form: Form) -> f64 {
        key_height(form, &self.key(), f64::from(form.width())) + HEAD
    }

    fn height(&self, form: Form) -> u32 {
        let rows: f64 = self.rows.iter().map(|it| Self::row(form, it)).sum();
        (self.top(form) + rows + FOOT) as u32
    }

    fn draw(&self, page: &Page<'_>) {
        if self.rows.is_empty() {
            page.nothing("No assumption that was moved has any effect.");
            return;
        }
        draw_key(page, (0.0, 0.0), &self.key(), page.width);
        let (top, bottom) = (self.top(page.form), page.height - FOOT);
        let names = page.form.pick(330.0, 0.0);
        let middle = f64::midpoint(names, page.width);
        let inset = page.form.pick(16.0, 8.0);
        let frame = |left: f64, right: f64| Frame { left: left + inset, top, right: right - inset, bottom };
        let mut y = top;
        let mut places = Vec::new();
        for it in &self.rows {
            let lines = Self::row(page.form, it) - GAP;
            places.push((*it, page.form.pick(y + 4.0, y + lines - 2.0 * BAR)));
            y += lines + GAP;
        }
        let lane = |head: String, unit, of, frame| Lane { head, unit, of, frame, rows: &places };
        lane("cost a month".into(), Unit::Dollars, |end| &end.cost, frame(names, middle)).draw(page);
        lane(self.of.percentile.clone(), Unit::Seconds, |end| &end.latency, frame(middle, page.width))
            .draw(page);
        // Over the grid, which on a phone is below them.
        let mut y = top;
        for it in &self.rows {
            self.name(page, it, y, page.form.pick(names - 12.0, page.width));
            y += Self::row(page.form, it);
        }
    }

    /// The assumption, its range, and what the verdict is then.
    fn name(&self, page: &Page<'_>, it: &MovedSetting, top: f64, room: f64) {
        let text = |line: f64, text: &str, ink: Ink| {
            let text = shorten(text, page.form.text(), Weight::Regular, room);
            page.text((0.0, top + line * LINE + 13.0), &text, ink, Mark::halo);
        };
        // Paths differ at their ends.
        text(0.0, &shorten_name(&it.setting, page.form.text(), room), TEXT);
        let options =
            if it.options.is_empty() { String::new() } else { format!(" ({})", it.options.join(", ")) };
        let run = it.ends().into_iter().filter(|end| end.was_run());
        let others: Vec<&str> = run.map(|end| end.value.as_str()).collect();
        text(1.0, &format!("{}, or {}{options}", it.value, others.join(" to ")), MUTED);
        if it.changes_verdict() {
            text(2.0, &format!("verdict: {}", then(it)), ERROR);
        }
    }
}

impl Lane<'_> {
    fn draw(&self, page: &Page<'_>) {
        let Frame { left, top, right, bottom } = self.frame;
        let rows = bottom - top;
        let x = self.scale();
        let panel = page.panel(self.frame, x, Scale::exact(0.0, rows));
        let label = |value: f64| (value, signed(self.unit, value));
        let ticks: Vec<(f64, String)> = x.ticks(page.form.pick(3, 2)).into_iter().map(label).collect();
        panel.grid_x(&ticks, true);
        panel.draw(&Mark::line(vec![(0.0, 0.0), (0.0, rows)], Stroke::new(AXIS, 1.4)));
        let head = shorten(&self.head, page.form.text(), Weight::Bold, right - left);
        page.text((left, top - 10.0), &head, TEXT, Mark::bold);
        for (of, place) in self.rows {
            for (lane, (end, ink)) in of.ends().into_iter().zip(inks()).enumerate() {
                self.bar(&panel, end, ink, bottom - place - lane as f64 * (BAR + 2.0));
            }
        }
    }

    /// A bar whose upper edge is `top` above the panel's bottom.
    fn bar(&self, panel: &Panel<'_>, end: &MovedEnd, ink: Ink, top: f64) {
        if !end.was_run() {
            return;
        }
        let estimate = (self.of)(end);
        let fails = end.fails && self.unit == Unit::Seconds;
        let Some((low, high)) = estimate.interval().filter(|_| !fails) else {
            if !fails {
                return;
            }
            // Among the failures: beyond every axis.
            let place = (panel.frame.right, panel.frame.bottom - top + BAR);
            panel.text_at(place, "among failures", ERROR, |mark| mark.anchor(Anchor::End).halo());
            return;
        };
        let Some(value) = estimate.finite().filter(|value| *value != 0.0) else { return };
        panel.draw(&Mark::rectangle((value.min(0.0), top - BAR), (value.max(0.0), top), ink));
        let middle = top - BAR / 2.0;
        let inside = |value: f64| panel.x.clamp(value);
        panel.draw(&Mark::line(vec![(inside(low), middle), (inside(high), middle)], Stroke::new(TEXT, 1.2)));
    }

    /// From the least to the greatest value, intervals included, with zero among them.
    fn scale(&self) -> Scale {
        let ends = self.rows.iter().flat_map(|(of, _)| of.ends()).filter(|end| end.was_run());
        let ends = ends.filter_map(|end| (self.of)(end).interval());
        let (low, high) = ends.fold((0.0_f64, 0.0_f64), |(low, high), (a, b)| (low.min(a), high.max(b)));
        let margin = 0.03 * (high - low);
        Scale::exact(low - margin, high + margin)
    }
}

/// A tick of differences: `+$2`, `0`, `−20 ms`.
fn signed(unit: Unit, value: f64) -> String {
    match value {
        0.0 => "0".into(),
        value if value > 0.0 => format!("+{}", tick(unit, value)),
        value => tick(unit, value),
    }
}
