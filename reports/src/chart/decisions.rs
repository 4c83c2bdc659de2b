//! When the control loops acted: a tick up for more, a tick down for less, a row per
//! loop. Placements are only counted: they follow from the changes, and there are thousands.

use indexmap::IndexMap;

use super::over_time::Strips;
use super::page::Frame;
use super::{Chart, Form, Page, Panel, Source, Table, Words, drawn, sentence};
use crate::axis::{Scale, time_ticks};
use crate::canvas::{Anchor, Mark, Stroke, Weight, shorten, shorten_name};
use crate::data::{Decision, ReportData, Unit};
use crate::format::whole;
use crate::palette::{AXIS, MUTED};

/// Rows beyond this many are only in the table.
const MOST_ROWS: usize = 16;

/// The decisions of one owner in one variant.
struct Row<'a> {
    variant: &'a str,
    owner: &'a str,
    ups: Vec<f64>,
    downs: Vec<f64>,
    others: Vec<f64>,
}

/// The chart.
pub(super) fn chart(source: &Source<'_>) -> Chart {
    let mut rows = rows(source.data);
    let table = table(&rows);
    rows.retain(|row| row.ups.len() + row.downs.len() > 0);
    let from = &source.data.decisions_from;
    let from = if from.is_empty() { String::new() } else { format!(" ({from})") };
    let words = Words {
        name: super::DECISIONS.into(),
        title: "When capacity was changed".into(),
        takeaway: takeaway(&rows),
        description: format!(
            "Every change of capacity by a control loop{from}: a tick upwards for more, downwards for less. What \
             changed no number, placements above all, is counted in the table; everything with its reason is in \
             decisions.csv."
        ),
        table,
    };
    let drawn = rows.len().min(MOST_ROWS);
    let height = |form: Form| (drawn.max(1) as f64 * pitch(form) + 40.0) as u32;
    Chart::drawn(words, height, |page| draw(source, page, &rows[..drawn]))
}

fn pitch(form: Form) -> f64 {
    form.pick(44.0, 58.0)
}

fn rows(data: &ReportData) -> Vec<Row<'_>> {
    let mut rows: IndexMap<(&str, &str), Row<'_>> = IndexMap::new();
    // Variants in the scenario's order, whatever order the decisions come in.
    let position =
        |decision: &&Decision| data.variants.iter().position(|variant| variant.name == decision.variant);
    let drawn = drawn(data);
    let is_drawn = |it: &&Decision| it.time.is_finite() && drawn.contains(&it.variant.as_str());
    let mut ordered: Vec<&Decision> = data.decisions.iter().filter(is_drawn).collect();
    ordered.sort_by_key(position);
    for decision in ordered {
        let (variant, owner) = (decision.variant.as_str(), decision.owner.as_str());
        let empty = || Row { variant, owner, ups: Vec::new(), downs: Vec::new(), others: Vec::new() };
        let row = rows.entry((variant, owner)).or_insert_with(empty);
        // A removal carries out what a scaling decision has said already; health changes no number that anybody wants.
        let direction = match decision.kind.as_str() {
            "removal" | "health" => crate::data::Direction::Other,
            _ => decision.direction(),
        };
        match direction {
            crate::data::Direction::Up => row.ups.push(decision.time),
            crate::data::Direction::Down => row.downs.push(decision.time),
            crate::data::Direction::Other => row.others.push(decision.time),
        }
    }
    rows.into_values().collect()
}

fn draw(source: &Source<'_>, page: &Page<'_>, rows: &[Row<'_>]) {
    if rows.is_empty() {
        return page.nothing("No decision was recorded.");
    }
    let data = source.data;
    let (from, to) = span(source, rows);
    let left = if page.form == Form::Wide { name_room(page, rows) } else { 4.0 };
    let widest = rows.iter().map(|row| page.measure(&counts(row), Weight::Regular)).fold(0.0, f64::max);
    let right = page.width - page.form.pick(widest + 12.0, 12.0);
    let axis = Scale::exact(from, to);
    let ticks = time_ticks(data.clock, from, to, ((right - left) / page.form.pick(80.0, 58.0)) as usize);
    for (index, row) in rows.iter().enumerate() {
        let top = index as f64 * pitch(page.form) + page.form.pick(4.0, 18.0);
        let frame = Frame { left, top, right, bottom: top + 36.0 };
        let panel = page.panel(frame, axis, Scale::exact(-1.1, 1.1));
        panel.grid_x(&ticks, index + 1 == rows.len());
        draw_row(source, &panel, row);
        name_row(source, page, &panel, row);
    }
}

fn span(source: &Source<'_>, rows: &[Row<'_>]) -> (f64, f64) {
    let times = rows.iter().flat_map(|row| row.ups.iter().chain(&row.downs).chain(&row.others).copied());
    let (first, last) = crate::axis::extent(times).unwrap_or((0.0, 1.0));
    if source.data.series.is_empty() {
        return (first.min(0.0), if last > first.min(0.0) { last } else { first + 1.0 });
    }
    let window = Strips::new(source, Unit::Count).span;
    (window.0.min(first), window.1.max(last))
}

fn name_room(page: &Page<'_>, rows: &[Row<'_>]) -> f64 {
    let widths = rows
        .iter()
        .flat_map(|row| [page.measure(row.variant, Weight::Bold), page.measure(row.owner, Weight::Regular)]);
    widths.fold(60.0, f64::max).min(200.0) + 14.0
}

fn draw_row(source: &Source<'_>, panel: &Panel<'_>, row: &Row<'_>) {
    let look = source.looks.variant(source.data, row.variant);
    let (left, right) = panel.x.ends();
    for (times, tip) in [(&row.ups, 1.0), (&row.downs, -1.0)] {
        // One path along the base line with a tooth per decision: thousands of elements would make the file slow.
        let comb: Vec<(f64, f64)> =
            times.iter().flat_map(|time| [(*time, 0.0), (*time, tip), (*time, 0.0)]).collect();
        if !comb.is_empty() {
            panel.draw(&Mark::line(comb, Stroke::new(look.ink, 1.2)));
        }
    }
    // Over the combs' backs, which would look as if something lasted.
    panel.draw(&Mark::line(vec![(left, 0.0), (right, 0.0)], Stroke::new(AXIS, 1.4)));
}

fn name_row(source: &Source<'_>, page: &Page<'_>, panel: &Panel<'_>, row: &Row<'_>) {
    let look = source.looks.variant(source.data, row.variant);
    let middle = (panel.frame.top + panel.frame.bottom) / 2.0;
    let counts = counts(row);
    if page.form == Form::Narrow {
        let note = format!("{}: {counts}", row.owner);
        return page.heading(
            (panel.frame.left, panel.frame.top - 4.0),
            row.variant,
            look.label,
            &note,
            page.width - 8.0,
        );
    }
    let room = panel.frame.left - 12.0;
    let end = |mark: Mark<(i32, i32)>| mark.anchor(Anchor::End);
    let place = panel.frame.left - 10.0;
    page.text((place, middle - 3.0), &shorten_name(row.variant, 13.0, room), look.label, |m| end(m).bold());
    page.text((place, middle + 13.0), &shorten(row.owner, 13.0, Weight::Regular, room), MUTED, end);
    page.text((panel.frame.right + 8.0, middle + 4.5), &counts, MUTED, |mark| mark);
}

fn counts(row: &Row<'_>) -> String {
    let parts = [(row.ups.len(), "up"), (row.downs.len(), "down")];
    let shown =
        parts.iter().filter(|part| part.0 > 0).map(|part| format!("{} {}", whole(part.0 as u64), part.1));
    shown.collect::<Vec<_>>().join(", ")
}

fn table(rows: &[Row<'_>]) -> Table {
    let head = ["Variant", "Owner", "Up", "Down", "Other"].map(str::to_owned).to_vec();
    let row = |row: &Row<'_>| {
        let counts = [row.ups.len(), row.downs.len(), row.others.len()].map(|count| whole(count as u64));
        [row.variant.to_owned(), row.owner.to_owned()].into_iter().chain(counts).collect()
    };
    Table { head, rows: rows.iter().map(row).collect() }
}

fn takeaway(rows: &[Row<'_>]) -> String {
    let mut by_variant: IndexMap<&str, (usize, usize)> = IndexMap::new();
    for row in rows {
        let entry = by_variant.entry(row.variant).or_default();
        entry.0 += row.ups.len();
        entry.1 += row.downs.len();
    }
    let clause = |(name, (up, down)): (&&str, &(usize, usize))| {
        format!("{name} scaled out {} and in {}", times(*up), times(*down))
    };
    let clauses: Vec<String> = by_variant.iter().take(5).map(clause).collect();
    if clauses.is_empty() { "No control loop acted.".into() } else { sentence(&clauses.join("; ")) }
}

fn times(count: usize) -> String {
    if count == 1 { "once".into() } else { format!("{} times", whole(count as u64)) }
}
