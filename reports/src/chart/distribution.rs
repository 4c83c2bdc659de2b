//! The latency distribution as the share of requests slower than each latency, on logarithmic axes, where a tail is a
//! line one can read and not a blur along the bottom.

use super::over_time::platform;
use super::page::{Frame, KeyItem, draw_titled_key, key_height, spread};
use super::{Chart, Form, Page, Panel, Source, Table, Words, drawn, listed, sentence};
use crate::axis::Scale;
use crate::canvas::{Anchor, Mark, Stroke, Weight, shorten_name, text_width};
use crate::data::{Distribution, ReportData, Unit};
use crate::format::{MISSING, duration, tick};
use crate::palette::{Ink, MISS, MUTED};

/// The quantiles in the table: name and share of requests above.
const QUANTILES: [(&str, f64); 6] =
    [("p50", 0.5), ("p90", 0.1), ("p95", 0.05), ("p99", 0.01), ("p99.9", 0.001), ("p99.99", 0.0001)];

/// Up to this many lines are named at their ends, more by a key.
const MOST_NAMED: usize = 4;
/// The widest name at a line's end, in pixels.
const SHORT_NAME: f64 = 110.0;

/// The chart.
pub(super) fn chart(source: &Source<'_>) -> Chart {
    let words = Words {
        name: "latency-distribution".into(),
        title: "How many requests are how slow".into(),
        takeaway: takeaway(source.data),
        description: "The share of requests slower than a latency, both axes logarithmic. Lower and further left is \
                      better; a long tail reaches far to the right. A line that enters the shaded corner misses the objective."
            .into(),
        table: table(source.data),
    };
    let items = key(source);
    let height = |form: Form| key_height(form, &items, room(form)) as u32 + form.pick(390, 320);
    Chart::drawn(words, height, |page| draw(source, page, &items))
}

fn room(form: Form) -> f64 {
    f64::from(form.width()) - 60.0
}

/// A key only where lines cannot be named at their ends.
fn key(source: &Source<'_>) -> Vec<KeyItem> {
    let shown = shown(source.data);
    if named_at_ends(&shown) {
        return Vec::new();
    }
    let item = |distribution: &&Distribution| {
        let look = source.looks.variant(source.data, &distribution.variant);
        KeyItem::line(&distribution.variant, Stroke::new(look.ink, 2.0).dashed(look.dash))
    };
    shown.iter().map(item).collect()
}

/// The distributions of the variants that are drawn; the table has all.
fn shown(data: &ReportData) -> Vec<&Distribution> {
    let drawn = drawn(data);
    data.distributions.iter().filter(|it| drawn.contains(&it.variant.as_str())).collect()
}

/// Whether lines are named at their ends: where they are few and their names short enough to leave the lines free.
fn named_at_ends(shown: &[&Distribution]) -> bool {
    let short = |it: &&Distribution| text_width(&it.variant, 13.0, Weight::Bold) <= SHORT_NAME;
    shown.len() <= MOST_NAMED && shown.iter().all(short)
}

/// The points that logarithmic axes can show.
fn visible(distribution: &Distribution) -> Vec<(f64, f64)> {
    let shown = |point: &&(f64, f64)| point.0 > 0.0 && point.1 > 0.0 && point.0.is_finite() && point.1 <= 1.0;
    distribution.points.iter().filter(shown).copied().collect()
}

fn draw(source: &Source<'_>, page: &Page<'_>, items: &[KeyItem]) {
    let data = source.data;
    let all: Vec<(f64, f64)> = shown(data).into_iter().flat_map(visible).collect();
    if all.is_empty() {
        return page.nothing("No request was served.");
    }
    let top = draw_titled_key(page, "share of requests that took longer", items, room(page.form));
    let bound = super::latency_bound(data);
    let x = Scale::logarithmic(all.iter().map(|p| p.0).chain(bound.as_ref().map(|bound| bound.0)));
    let y = Scale::logarithmic(all.iter().map(|p| p.1).chain([1.0]));
    let right = page.width - page.form.pick(30.0, 16.0);
    let labels = y.ticks(7).into_iter().map(|v| page.measure(&tick(Unit::Share, v), Weight::Regular));
    let left = labels.fold(30.0, f64::max) + 12.0;
    let panel = page.panel(Frame { left, top, right, bottom: page.height - 44.0 }, x, y);
    if let Some((limit, share)) = forbidden(data) {
        panel.draw(&Mark::rectangle((limit, share), (x.ends().1, y.ends().1), MISS));
    }
    let ticks: Vec<(f64, String)> =
        x.ticks(page.form.pick(10, 5)).into_iter().map(|v| (v, tick(Unit::Seconds, v))).collect();
    panel.grid_y(7, |value| tick(Unit::Share, value));
    panel.grid_x(&ticks, true);
    panel.base();
    let middle = (panel.frame.left + panel.frame.right) / 2.0;
    page.text((middle, page.height - 6.0), "latency", MUTED, |mark| mark.anchor(Anchor::Middle));
    if let Some((limit, text)) = bound {
        panel.bound_x(limit, &format!("objective {text}"));
    }
    draw_tails(source, &panel);
}

/// The corner of what an objective on a quantile rules out: slower than its bound, for more than its share.
fn forbidden(data: &ReportData) -> Option<(f64, f64)> {
    let (limit, _) = super::latency_bound(data)?;
    let tail = data.tail();
    tail.is_bounded.then_some((limit, tail.share))
}

/// The tails, each named near its slow end.
fn draw_tails(source: &Source<'_>, panel: &Panel<'_>) {
    let mut names: Vec<(String, Ink, (f64, f64))> = Vec::new();
    let shown = shown(source.data);
    for distribution in &shown {
        let look = source.looks.variant(source.data, &distribution.variant);
        let points = visible(distribution);
        let name = shorten_name(&distribution.variant, 13.0, 150.0);
        if let Some(place) = beside(panel, &points, text_width(&name, 13.0, Weight::Bold)) {
            names.push((name, look.label, place));
        }
        panel.draw(&Mark::line(points, Stroke::new(look.ink, 2.0).dashed(look.dash)));
    }
    if !named_at_ends(&shown) {
        return;
    }
    let wanted: Vec<f64> = names.iter().map(|name| name.2.1).collect();
    let places = spread(&wanted, 15.0, panel.frame.top + 12.0, panel.frame.bottom - 6.0);
    for ((name, ink, (x, _)), y) in names.iter().zip(places) {
        panel.text_at((*x, y), name, *ink, |mark| mark.bold().halo());
    }
}

/// The lowest place right of a falling line where a text of `width` fits: above and right of the line is free of it.
fn beside(panel: &Panel<'_>, points: &[(f64, f64)], width: f64) -> Option<(f64, f64)> {
    let places = || points.iter().rev().map(|point| panel.pixel(*point));
    let fits = places().find(|(x, _)| x + 7.0 + width < panel.frame.right);
    let (x, y) = fits.or_else(|| points.first().map(|point| panel.pixel(*point)))?;
    Some((x + 7.0, y + 2.0))
}

/// The latency that a share of requests exceeds, between the points on logarithmic axes.
fn latency_at(points: &[(f64, f64)], share: f64) -> Option<f64> {
    let after = points.iter().position(|point| point.1 <= share)?;
    let high = points[after];
    let Some(low) = after.checked_sub(1).map(|before| points[before]) else { return Some(high.0) };
    let part = libm::log(low.1 / share) / libm::log(low.1 / high.1);
    let latency = low.0 * libm::pow(high.0 / low.0, part.clamp(0.0, 1.0));
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
    let tails = shown(data);
    let slowest = |share: f64| -> Vec<String> {
        let clause = |distribution: &&Distribution| {
            let latency = latency_at(&visible(distribution), share)?;
            Some(format!("{} on {}", duration(latency), distribution.variant))
        };
        tails.iter().take(6).filter_map(clause).collect()
    };
    // The rarest share that every variant still resolves.
    let resolved = tails.len().min(6);
    for (share, words) in
        [(0.001, "One request in 1,000"), (0.01, "One request in 100"), (0.5, "Half of the requests")]
    {
        let clauses = slowest(share);
        if !clauses.is_empty() && clauses.len() == resolved {
            let verb = if share < 0.1 { "takes" } else { "take" };
            return sentence(&format!("{words} {verb} longer than {}", listed(&clauses)));
        }
    }
    "Too few requests were served to compare the distributions.".into()
}
