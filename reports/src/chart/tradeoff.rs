//! Cost against latency: the picture of the decision.
//!
//! Left is faster, down is cheaper. What nothing beats is filled and joined by the frontier; what is clearly worse than
//! something in one and not clearly better in the other is hollow. Crosses are the 95 % intervals of both numbers. The
//! latency is the percentile that the objective bounds, the 99th without one. An option without it, because more requests
//! fail than it leaves room for, stands in a lane of its own at the right: left out it would look as if never run. Under
//! several workloads only options under the same one compete, and each group's points are joined along them.

mod lane;
mod rivals;
mod takeaway;

use indexmap::IndexMap;

use super::page::{Frame, KeyItem, draw_key, key_height};
use super::{Chart, Form, Page, Panel, Source, Table, Words, latency_bound, named};
use crate::axis::Scale;
use crate::canvas::{Anchor, Mark, Stroke, Weight, shorten_name, text_width};
use crate::data::{COST_PER_MONTH, Estimate, Meets, ReportData, Tail, Unit, VariantSummary};
use crate::format::{estimate, tick};
use crate::palette::{AXIS, MISS, MUTED};
use lane::{draw_lane, without_latency};
use rivals::Stand;
use takeaway::takeaway;

/// Up to this many options bear their names in full, in the wide form and in the narrow one.
const MOST_NAMED: (usize, usize) = (14, 4);

/// A variant that has both numbers.
struct Point<'a> {
    variant: &'a VariantSummary,
    latency: f64,
    cost: f64,
    /// The first variant under the same workload that is clearly better on one and not clearly worse on the other.
    beaten_by: Option<&'a str>,
}

/// The chart.
pub(super) fn chart(source: &Source<'_>) -> Chart {
    let points = points(source.data);
    let words = Words {
        name: super::TRADE_OFF.into(),
        title: "Cost against latency".into(),
        takeaway: takeaway(source.data, &points),
        description: format!(
            "Cost of a month (up) against {} (across, logarithmic) with 95 % intervals. A hollow point \
             is clearly worse than another in one and not clearly better in the other; a filled one is not.{}",
            latency_name(source.data),
            missing(source.data)
        ),
        table: table(source.data, &points),
    };
    let height = |form: Form| {
        let key = key_height(form, &key(source, form), f64::from(form.width()) - 8.0);
        form.pick(400, 360) + key as u32
    };
    Chart::drawn(words, height, |page| draw(source, page, &points))
}

/// A key of groups where names in full would not find room: points then bear their sizes only.
fn key(source: &Source<'_>, form: Form) -> Vec<KeyItem> {
    let mut groups: Vec<&str> = Vec::new();
    for variant in &source.data.variants {
        if !groups.contains(&variant.colour_group()) {
            groups.push(variant.colour_group());
        }
    }
    let count = source.data.variants.len();
    if count <= form.pick(MOST_NAMED.0, MOST_NAMED.1) || groups.len() == count || groups.len() > 8 {
        return Vec::new();
    }
    let item = |group: &&str| KeyItem::line(group, Stroke::new(source.looks.group(group).ink, 3.0));
    groups.iter().map(item).collect()
}

fn points(data: &ReportData) -> Vec<Point<'_>> {
    let tail = data.tail().key;
    let both = |variant: &VariantSummary| Some((variant.value(&tail)?, variant.value(COST_PER_MONTH)?));
    let known: Vec<(&VariantSummary, (f64, f64))> =
        data.variants.iter().filter_map(|variant| Some((variant, both(variant)?))).collect();
    let beaten_by = |variant: &VariantSummary| {
        let rivals = known.iter().map(|(rival, _)| *rival).filter(|it| it.workload == variant.workload);
        let better = rivals.into_iter().find(|rival| Stand::of(data, variant, rival).is_beaten());
        better.map(|better| better.name.as_str())
    };
    let point =
        |(variant, (latency, cost)): &(&'_ VariantSummary, (f64, f64))| (*latency, *cost, beaten_by(variant));
    let found: Vec<(f64, f64, Option<&str>)> = known.iter().map(point).collect();
    let joined = known.iter().zip(found);
    joined
        .map(|((variant, _), (latency, cost, beaten_by))| Point { variant, latency, cost, beaten_by })
        .collect()
}

fn draw(source: &Source<'_>, page: &Page<'_>, points: &[Point<'_>]) {
    if points.is_empty() {
        return page.nothing(&no_points(source.data));
    }
    let bound = latency_bound(source.data).filter(|_| source.data.tail().is_bounded);
    let (x, y) = scales(source.data, points, bound.as_ref().map(|bound| bound.0));
    let labels = y.ticks(5).into_iter().map(|v| page.measure(&tick(Unit::Dollars, v), Weight::Regular));
    let left = labels.fold(30.0, f64::max) + 12.0;
    let failing = without_latency(source.data);
    let lane = if failing.is_empty() { 0.0 } else { page.form.pick(190.0, 84.0) };
    let right = page.width - 20.0 - lane;
    let items = key(source, page.form);
    let head = draw_key(page, (4.0, 0.0), &items, page.width - 8.0);
    let frame = Frame { left, top: head + 30.0, right, bottom: page.height - 46.0 };
    let panel = page.panel(frame, x, y);
    if lane > 0.0 {
        draw_lane(source, page, Frame { left: right + 12.0, right: page.width - 4.0, ..frame }, y, &failing);
    }
    if let Some((limit, _)) = &bound {
        let (beyond, top) = ((*limit, y.ends().0), (x.ends().1, y.ends().1));
        panel.draw(&Mark::rectangle(beyond, top, MISS));
    }
    let most = page.form.pick(9, 5);
    let ticks: Vec<(f64, String)> = x.ticks(most).into_iter().map(|v| (v, tick(Unit::Seconds, v))).collect();
    panel.grid_x(&ticks, true);
    panel.grid_y(5, |value| tick(Unit::Dollars, value));
    let middle = (frame.left + frame.right) / 2.0;
    let axis = format!("{}  (faster to the left)", latency_name(source.data));
    page.text((middle, page.height - 8.0), &axis, MUTED, |m| m.anchor(Anchor::Middle));
    page.text((4.0, head + 14.0), "cost per month  (cheaper further down)", MUTED, |mark| mark);
    let named = bound.map(|(limit, text)| panel.bound_x(limit, &format!("objective {text}")));
    if source.data.workloads().len() > 1 {
        join_groups(source, &panel, points);
    } else {
        draw_frontier(&panel, points);
    }
    draw_points(source, page, &panel, points, named);
}

/// `p99 latency`; with several services that of the slowest.
fn latency_name(data: &ReportData) -> String {
    let label = data.metric(&data.tail().key).label;
    if label.contains(' ') { label } else { format!("{label} latency") }
}

/// `p99.9`.
fn short_name(data: &ReportData, tail: &Tail) -> String {
    let label = data.metric(&tail.key).label;
    label.split(' ').next().unwrap_or_default().to_owned()
}

fn no_points(data: &ReportData) -> String {
    format!("No variant has both a {} and a cost.", short_name(data, &data.tail()))
}

/// Each group's points joined along the workload.
fn join_groups(source: &Source<'_>, panel: &Panel<'_>, points: &[Point<'_>]) {
    let mut groups: IndexMap<&str, Vec<(f64, f64)>> = IndexMap::new();
    for point in points {
        groups.entry(point.variant.colour_group()).or_default().push((point.latency, point.cost));
    }
    for (group, line) in groups {
        panel.draw(&Mark::line(line, Stroke::new(source.looks.group(group).ink, 1.0)));
    }
}

fn scales(data: &ReportData, points: &[Point<'_>], bound: Option<f64>) -> (Scale, Scale) {
    let ends = |key: &str| -> Vec<f64> {
        points
            .iter()
            .filter_map(|p| p.variant.metrics.get(key)?.interval())
            .flat_map(|i| [i.0, i.1])
            .collect()
    };
    // A little room around, so that no point sits on the edge and the bound has two sides.
    let roomy = |value: f64| [value / 1.15, value * 1.15];
    let latencies = points.iter().map(|p| p.latency).flat_map(roomy).chain(bound.into_iter().flat_map(roomy));
    let high = ends(&data.tail().key).into_iter().fold(0.0, f64::max);
    let mut cost = ends(COST_PER_MONTH);
    cost.extend(without_latency(data).into_iter().map(|(_, cost)| cost));
    let spread = Scale::fitting(&cost);
    // Rounding up to a whole step would leave half the picture empty.
    let dearest = cost.iter().copied().fold(0.0, f64::max);
    let y = if spread.is_logarithmic() { spread } else { Scale::exact(0.0, dearest * 1.12) };
    (Scale::logarithmic(latencies.chain([high])), y)
}

/// The unbeaten points joined in steps: no option lies below and left of the line.
fn draw_frontier(panel: &Panel<'_>, points: &[Point<'_>]) {
    let mut front: Vec<(f64, f64)> =
        points.iter().filter(|p| p.beaten_by.is_none()).map(|p| (p.latency, p.cost)).collect();
    front.sort_by(|a, b| a.0.total_cmp(&b.0));
    let mut steps: Vec<(f64, f64)> = Vec::new();
    for point in front {
        if let Some(last) = steps.last().copied() {
            // What noise does not tell from a cheaper one is no step down.
            if point.1 > last.1 {
                continue;
            }
            steps.push((point.0, last.1));
        }
        steps.push(point);
    }
    if steps.len() > 1 {
        panel.draw(&Mark::line(steps, Stroke::new(AXIS, 1.0).dashed(&[2.0, 2.5])));
    }
}

fn draw_points(
    source: &Source<'_>,
    page: &Page<'_>,
    panel: &Panel<'_>,
    points: &[Point<'_>],
    named: Option<Frame>,
) {
    let short = !key(source, page.form).is_empty();
    let tail = source.data.tail().key;
    let mut taken: Vec<Frame> =
        points.iter().map(|point| around(panel.pixel((point.latency, point.cost)))).chain(named).collect();
    for point in points {
        let look = source.looks.variant(source.data, &point.variant.name);
        let stroke = Stroke::new(look.ink, 1.3);
        if let Some((low, high)) = point.variant.metrics.get(&tail).and_then(Estimate::interval) {
            panel
                .draw(&Mark::line(vec![(low.max(panel.x.ends().0), point.cost), (high, point.cost)], stroke));
        }
        if let Some((low, high)) = point.variant.metrics.get(COST_PER_MONTH).and_then(Estimate::interval) {
            panel.draw(&Mark::line(vec![(point.latency, low), (point.latency, high)], stroke));
        }
        let at = (point.latency, point.cost);
        panel.draw(&Mark::marker(at, look.marker, 5.5, look.ink, point.beaten_by.is_some()));
    }
    for point in points {
        let look = source.looks.variant(source.data, &point.variant.name);
        // Where there are too many to name, those that matter: what nothing beats and what stands for its group.
        let along = source.data.workloads().len() > 1;
        let matters = along || point.beaten_by.is_none() || point.variant.featured;
        if points.len() > MOST_NAMED.0 && !matters {
            continue;
        }
        let name = shorten_name(&name_of(source.data, point, short), 13.0, page.form.pick(260.0, 150.0));
        if name.is_empty() {
            continue;
        }
        let at = panel.pixel((point.latency, point.cost));
        if let Some(place) = free_place(panel, at, text_width(&name, 13.0, Weight::Bold), &taken) {
            panel.text_at((place.left, place.bottom - 3.0), &name, look.label, |mark| mark.bold().halo());
            taken.push(place);
        }
    }
}

/// A point's name, or its sizes alone; under several workloads the group's, at its first point.
fn name_of(data: &ReportData, point: &Point<'_>, short: bool) -> String {
    if data.workloads().len() < 2 && short {
        let values: Vec<&str> = point.variant.axes.iter().map(|(_, value)| value.as_str()).collect();
        return values.join(", ");
    }
    if data.workloads().len() < 2 {
        let misses = if point.variant.meets == Meets::No { ": misses" } else { "" };
        return format!("{}{misses}", point.variant.name);
    }
    let mut of_group = data.variants.iter().filter(|it| it.colour_group() == point.variant.colour_group());
    let tail = data.tail().key;
    let first = of_group.find(|it| it.value(&tail).is_some() && it.value(COST_PER_MONTH).is_some());
    let is_first = first.is_some_and(|first| first.name == point.variant.name);
    if is_first { point.variant.group.clone() } else { String::new() }
}

fn around((x, y): (f64, f64)) -> Frame {
    Frame { left: x - 7.0, top: y - 7.0, right: x + 7.0, bottom: y + 7.0 }
}

/// A place for a name beside its point that covers no other point and no other name.
fn free_place(panel: &Panel<'_>, (x, y): (f64, f64), width: f64, taken: &[Frame]) -> Option<Frame> {
    let place =
        |left: f64, middle: f64| Frame { left, top: middle - 8.0, right: left + width, bottom: middle + 8.0 };
    let mut candidates = Vec::new();
    for away in [0.0, 14.0, 28.0] {
        for side in [-1.0, 1.0] {
            let middle = y + side * (14.0 + away);
            candidates.extend([
                place(x + 10.0, middle),
                place(x - 10.0 - width, middle),
                place(x - width / 2.0, middle),
            ]);
        }
    }
    let apart =
        |a: &Frame, b: &Frame| a.right < b.left || b.right < a.left || a.bottom < b.top || b.bottom < a.top;
    let inside = |f: &Frame| {
        f.left >= panel.frame.left
            && f.right <= panel.frame.right
            && f.top >= panel.frame.top
            && f.bottom <= panel.frame.bottom
    };
    candidates.into_iter().find(|place| inside(place) && taken.iter().all(|other| apart(place, other)))
}

fn missing(data: &ReportData) -> String {
    let without = |variant: &&VariantSummary| variant.value(COST_PER_MONTH).is_none();
    let names: Vec<String> =
        data.variants.iter().filter(without).map(|variant| variant.name.clone()).collect();
    if names.is_empty() {
        String::new()
    } else {
        format!(" Not drawn for want of a cost: {}.", named(&names))
    }
}

fn table(data: &ReportData, points: &[Point<'_>]) -> Table {
    let tail = data.tail();
    let latency = short_name(data, &tail);
    let head = ["Variant", &latency, "Cost per month", "Objective", "Beaten by"].map(str::to_owned).to_vec();
    let row = |variant: &VariantSummary| {
        let shown = |key: &str, unit| {
            variant.metrics.get(key).map_or(crate::format::MISSING.into(), |e| estimate(unit, e))
        };
        let beaten =
            points.iter().find(|point| point.variant.name == variant.name).and_then(|point| point.beaten_by);
        let meets = match variant.meets {
            Meets::Yes => "holds",
            Meets::No => "misses",
            Meets::Unclear => "unclear",
        };
        vec![
            variant.name.clone(),
            shown(&tail.key, Unit::Seconds),
            shown(COST_PER_MONTH, Unit::Dollars),
            meets.into(),
            beaten.unwrap_or("nothing").into(),
        ]
    };
    Table { head, rows: data.variants.iter().map(row).collect() }
}
