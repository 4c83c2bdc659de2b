//! How cold starts are spread over the functions of a fleet.
//!
//! Over requests cold starts are rare, because the functions that are called often stay warm. Over functions they are
//! not: most functions are called so rarely that most of their requests start cold. Only this picture shows it.

use super::page::{Frame, KeyItem, draw_titled_key, key_height};
use super::{Chart, Form, Page, Source, Table, Words, drawn, listed, sentence};
use crate::axis::Scale;
use crate::canvas::{Anchor, Mark, Stroke};
use crate::data::{ColdStarts, ReportData, Unit};
use crate::format::{MISSING, tick, value};
use crate::palette::MUTED;

/// The shares of functions in the table.
const SHARES: [(&str, f64); 4] =
    [("a quarter", 0.25), ("half", 0.5), ("three quarters", 0.75), ("nine in ten", 0.9)];

/// The chart, where there is a fleet of functions.
pub(super) fn chart(source: &Source<'_>) -> Option<Chart> {
    let fleets = shown(source.data);
    if fleets.is_empty() {
        return None;
    }
    let words = Words {
        name: "cold-starts-over-functions".into(),
        title: "How cold starts are spread over functions".into(),
        takeaway: takeaway(&fleets),
        description: "For each share of cold starts, the share of functions whose requests start cold no more often than \
                      that. Higher and further left is better; what is missing to 100 % at the right edge starts cold \
                      every time. Functions that were never called are left out."
            .into(),
        table: table(source.data),
    };
    let items: Vec<KeyItem> =
        fleets.iter().map(|fleet| KeyItem::line(&named(source.data, fleet), stroke(source, fleet))).collect();
    let height = |form: Form| key_height(form, &items, room(form)) as u32 + form.pick(370, 310);
    Some(Chart::drawn(words, height, |page| draw(source, page, &fleets, &items)))
}

fn room(form: Form) -> f64 {
    f64::from(form.width()) - 60.0
}

/// The fleets of the variants that are drawn; the table has all.
fn shown(data: &ReportData) -> Vec<&ColdStarts> {
    let drawn = drawn(data);
    data.cold_starts.iter().filter(|it| drawn.contains(&it.variant.as_str())).collect()
}

/// A fleet's line has the name of its variant, and its own where a variant has several.
fn named(data: &ReportData, fleet: &ColdStarts) -> String {
    let several = data.cold_starts.iter().any(|it| it.variant == fleet.variant && it.fleet != fleet.fleet);
    if several { format!("{}: {}", fleet.variant, fleet.fleet) } else { fleet.variant.clone() }
}

/// The fleets of one variant have its look in lines of different widths.
fn stroke(source: &Source<'_>, fleet: &ColdStarts) -> Stroke {
    let mut of_variant = source.data.cold_starts.iter().filter(|it| it.variant == fleet.variant);
    let place = of_variant.position(|it| it.fleet == fleet.fleet).unwrap_or(0);
    let look = source.looks.variant(source.data, &fleet.variant);
    Stroke::new(look.ink, [2.0, 3.5, 1.0][place % 3]).dashed(look.dash)
}

fn draw(source: &Source<'_>, page: &Page<'_>, fleets: &[&ColdStarts], items: &[KeyItem]) {
    let top = draw_titled_key(page, "share of functions", items, room(page.form));
    let frame =
        Frame { left: 56.0, top, right: page.width - page.form.pick(30.0, 20.0), bottom: page.height - 44.0 };
    let panel = page.panel(frame, Scale::exact(0.0, 1.0), Scale::exact(0.0, 1.0));
    let ticks: Vec<(f64, String)> =
        [0.0, 0.25, 0.5, 0.75, 1.0].map(|share| (share, tick(Unit::Share, share))).into();
    panel.grid_y(5, |value| tick(Unit::Share, value));
    panel.grid_x(&ticks, true);
    panel.base();
    let middle = (panel.frame.left + panel.frame.right) / 2.0;
    let axis = page
        .form
        .pick("share of a function's requests that start cold, at most", "requests that start cold, at most");
    page.text((middle, page.height - 6.0), axis, MUTED, |mark| mark.anchor(Anchor::Middle));
    for fleet in fleets {
        panel.draw(&Mark::line(finite(&fleet.points), stroke(source, fleet)));
    }
}

fn finite(points: &[(f64, f64)]) -> Vec<(f64, f64)> {
    points.iter().filter(|point| point.0.is_finite() && point.1.is_finite()).copied().collect()
}

/// The least share of cold starts that a share of the functions does not exceed.
fn at(fleet: &ColdStarts, functions: f64) -> Option<f64> {
    fleet.points.iter().find(|point| point.1 >= functions).map(|point| point.0)
}

fn table(data: &ReportData) -> Table {
    let heads = SHARES.iter().map(|(share, _)| format!("{share} at most"));
    let head = ["Variant".to_owned(), "Functions called".to_owned()].into_iter().chain(heads);
    let row = |fleet: &ColdStarts| {
        let share =
            |functions: f64| at(fleet, functions).map_or_else(|| MISSING.into(), |it| value(Unit::Share, it));
        let first = [named(data, fleet), value(Unit::Count, fleet.functions as f64)];
        first.into_iter().chain(SHARES.iter().map(|(_, functions)| share(*functions))).collect()
    };
    Table { head: head.collect(), rows: data.cold_starts.iter().map(row).collect() }
}

fn takeaway(fleets: &[&ColdStarts]) -> String {
    let clause = |fleet: &&ColdStarts| {
        let share = at(fleet, 0.5)?;
        Some(format!("{} of their requests on {}", value(Unit::Share, share), fleet.variant))
    };
    let clauses: Vec<String> = fleets.iter().take(6).filter_map(clause).collect();
    if clauses.is_empty() {
        return "No function was called.".into();
    }
    sentence(&format!("Half of the functions start cold for no more than {}", listed(&clauses)))
}
