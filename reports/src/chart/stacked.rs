//! Wholes and their parts, one horizontal bar per variant: what a request spends its time on, what a month costs.
//!
//! Bars lie on their side because names are long and because lengths from one common zero compare best. Parts keep
//! one order and one colour in every bar; those too thin for a number are in the table.

use super::over_time::platform;
use super::page::{Frame, KeyItem, draw_key, key_height};
use super::{Chart, Form, Page, Panel, Source, Table, Words, drawn, sentence};
use crate::axis::Scale;
use crate::canvas::{Anchor, Weight, shorten_name};
use crate::data::{COST_PER_MONTH, Meets, ReportData, Unit};
use crate::format::{MISSING, duration, estimate, money, share, tick, value};
use crate::palette::{Ink, PAPER, TEXT, part};

/// Parts beyond this many are drawn as one called `other`.
const MOST_PARTS: usize = 9;
/// Where there are more bars than this, only those of the options that are drawn everywhere.
const MOST_BARS: usize = 14;

/// A variant's name and its parts, by name.
type Row<'a> = (&'a str, Vec<(&'a str, f64)>);

/// Bars of parts, all parts in the same order in each.
struct Stack {
    unit: Unit,
    parts: Vec<String>,
    bars: Vec<Bar>,
}

struct Bar {
    name: String,
    note: String,
    label: Ink,
    values: Vec<f64>,
}

/// Latency in its parts.
pub(super) fn latency_parts(source: &Source<'_>) -> Chart {
    let rows = source.data.latency_parts.iter().map(|latency| {
        let parts = latency.parts.iter().map(|part| (part.part.as_str(), part.seconds)).collect();
        (latency.variant.as_str(), parts)
    });
    let stack = Stack::new(source, Unit::Seconds, &rows.collect::<Vec<_>>());
    let words = Words {
        name: "latency-parts".into(),
        title: "What a mean request spends its time on".into(),
        takeaway: latency_takeaway(source.data, &stack),
        description:
            "Mean seconds per request in each part of its way, one bar per variant, in the order of a \
                      request's life."
                .into(),
        table: stack.table(),
    };
    stack.chart(words)
}

/// Cost in its lines.
pub(super) fn cost(source: &Source<'_>) -> Chart {
    let rows = source.data.bills.iter().map(|bill| {
        (bill.variant.as_str(), bill.lines.iter().map(|line| (line.line.as_str(), line.per_month)).collect())
    });
    let stack = Stack::new(source, Unit::Dollars, &rows.collect::<Vec<_>>());
    let month =
        if source.data.month.is_empty() { String::new() } else { format!(" ({})", source.data.month) };
    let words = Words {
        name: "cost".into(),
        title: format!("What a month costs{month}"),
        takeaway: cost_takeaway(source.data, &stack),
        description: "Dollars per month by line of the bill, one bar per variant.".into(),
        table: stack.table(),
    };
    stack.chart(words)
}

impl Stack {
    fn new(source: &Source<'_>, unit: Unit, rows: &[Row<'_>]) -> Self {
        let mut parts = ordered_parts(rows);
        let folded = parts.len() > MOST_PARTS;
        if folded {
            keep_largest(&mut parts, rows);
        }
        let drawn = drawn(source.data);
        let many = rows.len() > MOST_BARS;
        let rows_shown = rows.iter().filter(|row| !many || drawn.contains(&row.0));
        let bars = rows_shown.map(|(name, lines)| {
            let sum = |part: &String| named(lines, part);
            let mut values: Vec<f64> = parts.iter().map(sum).collect();
            if folded {
                let rest = lines.iter().filter(|line| !parts.iter().any(|part| part == line.0));
                values.push(rest.map(|line| line.1).filter(|value| value.is_finite()).sum());
            }
            let label = source.looks.variant(source.data, name).label;
            Bar { name: (*name).into(), note: platform(source.data, name), label, values }
        });
        let bars = bars.collect();
        if folded {
            parts.push("other".into());
        }
        Stack { unit, parts, bars }
    }

    fn chart(&self, words: Words) -> Chart {
        let height = |form: Form| {
            let key = key_height(form, &self.key(), self.room(form));
            let bars = self.drawn().len() as f64 * self.pitch(form);
            (key + bars + 46.0).ceil() as u32
        };
        Chart::drawn(words, height, |page| self.draw(page))
    }

    fn drawn(&self) -> &[Bar] {
        &self.bars[..self.bars.len().min(MOST_BARS)]
    }

    fn key(&self) -> Vec<KeyItem> {
        let shown = |index: &usize| self.bars.iter().any(|bar| bar.values[*index] != 0.0);
        (0..self.parts.len())
            .filter(shown)
            .map(|index| KeyItem::fill(&self.parts[index], part(index)))
            .collect()
    }

    fn room(&self, form: Form) -> f64 {
        f64::from(form.width()) - self.left(form) - 4.0
    }

    /// Names stand before the bars where there is room, above them on a phone.
    fn left(&self, form: Form) -> f64 {
        let widest = self.drawn().iter().map(|bar| crate::canvas::text_width(&bar.name, 13.0, Weight::Bold));
        form.pick(widest.fold(60.0, f64::max).min(230.0) + 14.0, 2.0)
    }

    fn pitch(&self, form: Form) -> f64 {
        if form == Form::Narrow {
            50.0
        } else if self.drawn().len() > 8 {
            30.0
        } else {
            40.0
        }
    }

    fn draw(&self, page: &Page<'_>) {
        if self.bars.is_empty() {
            return page.nothing("Nothing was recorded.");
        }
        let (left, key) = (self.left(page.form), self.key());
        let top = draw_key(page, (left, 0.0), &key, self.room(page.form)) + 8.0;
        let totals =
            self.drawn().iter().map(|bar| page.measure(&value(self.unit, bar.total()), Weight::Bold));
        let right = page.width - totals.fold(0.0, f64::max) - 14.0;
        let ends = self.drawn().iter().flat_map(|bar| [bar.sum(|v| v > 0.0), bar.sum(|v| v < 0.0)]);
        let scale = tight(Scale::from_zero(ends.clone()), ends);
        let frame = Frame { left, top, right, bottom: page.height - 30.0 };
        let panel = page.panel(frame, scale, Scale::exact(0.0, 1.0));
        let most = page.form.pick(6, 3);
        let ticks: Vec<(f64, String)> =
            scale.ticks(most).into_iter().map(|v| (v, tick(self.unit, v))).collect();
        panel.grid_x(&ticks, true);
        for (index, bar) in self.drawn().iter().enumerate() {
            self.draw_bar(page, &panel, bar, top + index as f64 * self.pitch(page.form));
        }
    }

    fn draw_bar(&self, page: &Page<'_>, panel: &Panel<'_>, bar: &Bar, top: f64) {
        let frame = panel.frame;
        let (above, thickness) =
            page.form.pick((self.pitch(page.form) * 0.15, self.pitch(page.form) * 0.62), (19.0, 22.0));
        if page.form == Form::Wide {
            let name = shorten_name(&bar.name, page.form.text(), frame.left - 12.0);
            let place = (frame.left - 10.0, top + above + thickness / 2.0 + 4.5);
            page.text(place, &name, bar.label, |mark| mark.bold().anchor(Anchor::End));
        } else {
            page.heading((frame.left, top + 14.0), &bar.name, bar.label, &bar.note, page.width - frame.left);
        }
        let (mut up, mut down) = (0.0, 0.0);
        for (index, amount) in bar.values.iter().enumerate().filter(|(_, amount)| **amount != 0.0) {
            let from = if *amount > 0.0 { &mut up } else { &mut down };
            let (start, end) = (*from, *from + amount);
            *from = end;
            let edges = (panel.pixel((start, 0.0)).0, panel.pixel((end, 0.0)).0);
            let (low, high) = (edges.0.min(edges.1), edges.0.max(edges.1));
            let segment = Frame { left: low, top: top + above, right: high, bottom: top + above + thickness };
            self.draw_segment(page, segment, index, *amount);
        }
        let place = (panel.pixel((up, 0.0)).0 + 6.0, top + above + thickness / 2.0 + 4.5);
        page.text(place, &value(self.unit, bar.total()), TEXT, |mark| mark.bold().halo());
    }

    fn draw_segment(&self, page: &Page<'_>, segment: Frame, index: usize, amount: f64) {
        // A hair of paper between parts tells them apart in grey print too.
        let gap = if segment.right - segment.left > 3.0 { 1.0 } else { 0.0 };
        let ink = part(index);
        page.rectangle(Frame { right: segment.right - gap, ..segment }, ink);
        let label = value(self.unit, amount);
        let room = segment.right - segment.left - 10.0;
        let named = format!("{} {label}", self.parts[index]);
        let fits = |text: &str| page.measure(text, Weight::Regular) <= room;
        let text = if fits(&named) { named } else { label };
        if fits(&text) {
            let place = ((segment.left + segment.right) / 2.0, (segment.top + segment.bottom) / 2.0 + 4.5);
            page.text(place, &text, on(ink), |mark| mark.anchor(Anchor::Middle));
        }
    }

    fn table(&self) -> Table {
        let head =
            ["Variant".to_owned()].into_iter().chain(self.parts.iter().cloned()).chain(["Total".to_owned()]);
        let row = |bar: &Bar| {
            let cell = |amount: f64| if amount == 0.0 { MISSING.into() } else { value(self.unit, amount) };
            let cells = bar.values.iter().map(|amount| cell(*amount));
            [bar.name.clone()].into_iter().chain(cells).chain([value(self.unit, bar.total())]).collect()
        };
        Table { head: head.collect(), rows: self.bars.iter().map(row).collect() }
    }
}

impl Bar {
    fn total(&self) -> f64 {
        self.values.iter().sum()
    }

    fn sum(&self, which: impl Fn(f64) -> bool) -> f64 {
        self.values.iter().copied().filter(|value| which(*value)).sum()
    }

    /// Its largest part: index and amount.
    fn largest(&self) -> Option<(usize, f64)> {
        let parts = self.values.iter().copied().enumerate().filter(|part| part.1 > 0.0);
        parts.max_by(|a, b| a.1.total_cmp(&b.1))
    }
}

/// The scale without the empty stretch that rounding up leaves: bars have their totals behind them anyway.
fn tight(rounded: Scale, ends: impl Iterator<Item = f64>) -> Scale {
    let high = ends.fold(0.0, f64::max);
    let (low, round_high) = rounded.ends();
    Scale::exact(low, if high > 0.0 { high } else { round_high })
}

/// Text on a fill: light on dark, dark on light, in dark mode too.
fn on(ink: Ink) -> Ink {
    let (red, green, blue) = ink.rgb;
    let light = 0.299 * f64::from(red) + 0.587 * f64::from(green) + 0.114 * f64::from(blue);
    if light < 150.0 { Ink { class: "on-dark", ..PAPER } } else { Ink { class: "on-light", ..TEXT } }
}

fn named(lines: &[(&str, f64)], part: &str) -> f64 {
    lines.iter().filter(|line| line.0 == part && line.1.is_finite()).map(|line| line.1).sum()
}

/// Every part's name, in the order of first appearance.
fn ordered_parts(rows: &[Row<'_>]) -> Vec<String> {
    let mut parts: Vec<String> = Vec::new();
    for (name, _) in rows.iter().flat_map(|row| &row.1) {
        if !parts.iter().any(|part| part == name) {
            parts.push((*name).to_owned());
        }
    }
    parts
}

/// Keeps the parts that are largest in any bar, in their order.
fn keep_largest(parts: &mut Vec<String>, rows: &[Row<'_>]) {
    let size = |part: &String| rows.iter().map(|row| named(&row.1, part).abs()).fold(0.0, f64::max);
    let mut sizes: Vec<f64> = parts.iter().map(size).collect();
    sizes.sort_by(|a, b| b.total_cmp(a));
    let least = sizes[MOST_PARTS - 2];
    parts.retain(|part| size(part) >= least);
    parts.truncate(MOST_PARTS - 1);
}

fn latency_takeaway(data: &ReportData, stack: &Stack) -> String {
    let clause = |bar: &Bar| {
        let (index, most) = bar.largest()?;
        let of = share(most / bar.total());
        Some(format!("{} on {}, {of} of it {}", duration(bar.total()), bar.name, stack.parts[index]))
    };
    let drawn = drawn(data);
    let bars = stack.bars.iter().filter(|bar| drawn.contains(&bar.name.as_str()));
    let clauses: Vec<String> = bars.take(4).filter_map(clause).collect();
    if clauses.is_empty() {
        return "No request was served.".into();
    }
    sentence(&format!("A mean request takes {}", clauses.join("; ")))
}

fn cost_takeaway(data: &ReportData, stack: &Stack) -> String {
    let mut bars: Vec<&Bar> = stack.bars.iter().collect();
    bars.sort_by(|a, b| a.total().total_cmp(&b.total()));
    let (Some(cheapest), Some(dearest)) = (bars.first(), bars.last()) else {
        return "Nothing was billed.".into();
    };
    let total = |bar: &Bar| {
        let known = data.variant(&bar.name).and_then(|variant| variant.metrics.get(COST_PER_MONTH));
        let known = known.filter(|known| known.finite().is_some());
        known.map_or_else(|| money(bar.total()), |known| estimate(Unit::Dollars, known))
    };
    // The cheapest that could be chosen is what a reader asks for; what is cheaper and no choice is said after it.
    let misses = |bar: &Bar| data.variant(&bar.name).is_some_and(|variant| variant.meets == Meets::No);
    let best = bars.iter().copied().find(|bar| !misses(bar)).unwrap_or(cheapest);
    let most = best.largest().map(|(index, most)| (share(most / best.total()), &stack.parts[index]));
    let most = most.map(|(of, line)| format!(", {of} of it for {line}")).unwrap_or_default();
    let cost = format!("{}{most}", total(best));
    if cheapest.name == dearest.name {
        return sentence(&format!("{} costs {cost}", cheapest.name));
    }
    let what = match (misses(best), best.name == cheapest.name) {
        (true, _) => "is cheapest but misses the objective",
        (false, true) => "is cheapest",
        (false, false) => "is the cheapest that does not miss the objective",
    };
    let mut clauses = vec![format!("{} {what}: {cost}", best.name)];
    if best.name != cheapest.name {
        clauses.push(format!("{} would cost {} but misses it", cheapest.name, total(cheapest)));
    }
    if best.name != dearest.name {
        let ratio = dearest.total() / best.total();
        let finite = ratio.is_finite() && ratio > 0.0;
        let times = if finite { format!(", {ratio:.2} times as much") } else { String::new() };
        clauses.push(format!("{} is dearest at {}{times}", dearest.name, total(dearest)));
    }
    sentence(&clauses.join("; "))
}
