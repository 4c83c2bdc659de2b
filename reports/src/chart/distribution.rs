//! The latency distribution as the share of requests slower than each latency, on logarithmic axes, where a tail is a
//! line one can read and not a blur along the bottom.

use super::over_time::platform;
use super::page::{Frame, KeyItem, draw_key, key_row_height, key_rows, spread};
use super::{Chart, Form, Page, Panel, Source, Table, Words, listed, sentence};
use crate::axis::Scale;
use crate::canvas::{Anchor, Mark, Stroke, Weight, shorten};
use crate::data::{Distribution, ReportData, Unit};
use crate::format::{MISSING, duration, tick};
use crate::palette::{MUTED, TEXT};

/// The quantiles in the table: name and share of requests above.
const QUANTILES: [(&str, f64); 6] =
    [("p50", 0.5), ("p90", 0.1), ("p95", 0.05), ("p99", 0.01), ("p99.9", 0.001), ("p99.99", 0.0001)];

/// The chart.
pub(super) fn chart(source: &Source<'_>) -> Chart {
    let words = Words {
        name: "latency-distribution".into(),
        title: "How many requests are how slow".into(),
        takeaway: takeaway(source.data),
        description: "The share of requests slower than a latency, both axes logarithmic. Lower and further left is \
                      better; a long tail reaches far to the right."
            .into(),
        table: table(source.data),
    };
    let items = key(source);
    let height = |form: Form| {
        let rows = key_rows(form, &items, room(form)) as f64;
        (rows * key_row_height(form)) as u32 + form.pick(370, 300)
    };
    Chart::drawn(words, height, |page| draw(source, page, &items))
}

fn room(form: Form) -> f64 {
    f64::from(form.width()) - 60.0
}

fn key(source: &Source<'_>) -> Vec<KeyItem> {
    let item = |distribution: &Distribution| {
        let look = source.looks.variant(source.data, &distribution.variant);
        KeyItem::line(&distribution.variant, Stroke::new(look.ink, 2.0).dashed(look.dash))
    };
    source.data.distributions.iter().map(item).collect()
}

/// The points that logarithmic axes can show.
fn visible(distribution: &Distribution) -> Vec<(f64, f64)> {
    let shown = |point: &&(f64, f64)| point.0 > 0.0 && point.1 > 0.0 && point.0.is_finite() && point.1 <= 1.0;
    distribution.points.iter().filter(shown).copied().collect()
}

fn draw(source: &Source<'_>, page: &Page<'_>, items: &[KeyItem]) {
    let data = source.data;
    let all: Vec<(f64, f64)> = data.distributions.iter().flat_map(visible).collect();
    if all.is_empty() {
        return page.nothing("No request was served.");
    }
    draw_key(page, (54.0, 0.0), items, room(page.form));
    let top = key_rows(page.form, items, room(page.form)) as f64 * key_row_height(page.form) + 10.0;
    let bound = super::latency_bound(data);
    let x = Scale::logarithmic(all.iter().map(|p| p.0).chain(bound.as_ref().map(|bound| bound.0)));
    let y = Scale::logarithmic(all.iter().map(|p| p.1).chain([1.0]));
    let right = page.width - page.form.pick(30.0, 16.0);
    let panel = page.panel(Frame { left: 58.0, top, right, bottom: page.height - 44.0 }, x, y);
    let ticks: Vec<(f64, String)> =
        x.ticks(page.form.pick(10, 5)).into_iter().map(|v| (v, tick(Unit::Seconds, v))).collect();
    panel.grid_y(7, |value| tick(Unit::Share, value));
    panel.grid_x(&ticks, true);
    panel.base();
    let middle = (panel.frame.left + panel.frame.right) / 2.0;
    page.text((middle, page.height - 6.0), "latency", MUTED, |mark| mark.anchor(Anchor::Middle));
    let side = (14.0, (top + panel.frame.bottom) / 2.0);
    page.text(side, "requests slower", MUTED, |mark| mark.anchor(Anchor::Middle).turned());
    if let Some((limit, text)) = bound {
        draw_bound(&panel, limit, &text);
    }
    draw_tails(source, &panel);
}

fn draw_bound(panel: &Panel<'_>, limit: f64, text: &str) {
    let (low, high) = panel.y.ends();
    panel.draw(&Mark::line(vec![(limit, low), (limit, high)], Stroke::new(TEXT, 1.2).dashed(&[5.0, 4.0])));
    let (x, y) = panel.pixel((limit, high));
    let before = x > (panel.frame.left + panel.frame.right) / 2.0;
    let (x, anchor) = if before { (x - 5.0, Anchor::End) } else { (x + 5.0, Anchor::Start) };
    panel.text_at((x, y + 14.0), &format!("objective {text}"), TEXT, |mark| mark.anchor(anchor).halo());
}

/// The tails, each named at its slow end.
fn draw_tails(source: &Source<'_>, panel: &Panel<'_>) {
    let mut ends: Vec<(&str, f64, f64)> = Vec::new();
    for distribution in &source.data.distributions {
        let look = source.looks.variant(source.data, &distribution.variant);
        let points = visible(distribution);
        let Some(last) = points.last().copied() else { continue };
        panel.draw(&Mark::line(points, Stroke::new(look.ink, 2.0).dashed(look.dash)));
        let (x, y) = panel.pixel(last);
        ends.push((&distribution.variant, x, y));
    }
    if ends.len() > 4 {
        return;
    }
    let wanted: Vec<f64> = ends.iter().map(|end| end.2 - 8.0).collect();
    let places = spread(&wanted, 15.0, panel.frame.top + 12.0, panel.frame.bottom - 6.0);
    for ((name, x, _), y) in ends.iter().zip(places) {
        let look = source.looks.variant(source.data, name);
        let name = shorten(name, 13.0, Weight::Bold, 150.0);
        let x = x.min(panel.frame.right - 2.0);
        panel.text_at((x, y), &name, look.label, |mark| mark.bold().halo().anchor(Anchor::End));
    }
}

/// The latency that a share of requests exceeds, between the points on logarithmic axes.
fn latency_at(points: &[(f64, f64)], share: f64) -> Option<f64> {
    let after = points.iter().position(|point| point.1 <= share)?;
    let high = points[after];
    let Some(low) = after.checked_sub(1).map(|before| points[before]) else { return Some(high.0) };
    let part = (low.1 / share).ln() / (low.1 / high.1).ln();
    let latency = low.0 * (high.0 / low.0).powf(part.clamp(0.0, 1.0));
    latency.is_finite().then_some(latency)
}

fn table(data: &ReportData) -> Table {
    let head = ["Variant", "Platform"].into_iter().chain(QUANTILES.iter().map(|quantile| quantile.0));
    let row = |distribution: &Distribution| {
        let points = visible(distribution);
        let quantile = |share: f64| latency_at(&points, share).map_or_else(|| MISSING.into(), duration);
        let names = [distribution.variant.clone(), platform(data, &distribution.variant)];
        names.into_iter().chain(QUANTILES.iter().map(|q| quantile(q.1))).collect()
    };
    Table { head: head.map(str::to_owned).collect(), rows: data.distributions.iter().map(row).collect() }
}

fn takeaway(data: &ReportData) -> String {
    let slowest = |share: f64| -> Vec<String> {
        let clause = |distribution: &Distribution| {
            let latency = latency_at(&visible(distribution), share)?;
            Some(format!("{} on {}", duration(latency), distribution.variant))
        };
        data.distributions.iter().take(6).filter_map(clause).collect()
    };
    // The rarest share that every variant still resolves.
    let resolved = data.distributions.len().min(6);
    for (share, words) in [(0.001, "one request in 1,000"), (0.01, "one request in 100"), (0.5, "half of the requests")] {
        let clauses = slowest(share);
        if !clauses.is_empty() && clauses.len() == resolved {
            let verb = if share < 0.1 { "takes" } else { "take" };
            return sentence(&format!("{words} {verb} longer than {}", listed(&clauses)));
        }
    }
    "Too few requests were served to compare the distributions.".into()
}
