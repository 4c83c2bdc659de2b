//! Metrics along a swept setting, with the point where one option overtakes another.

use super::page::{Frame, KeyItem, draw_key, key_height};
use super::{Chart, Form, Page, Panel, Source, Table, Words, listed, sentence};
use crate::axis::Scale;
use crate::canvas::{Anchor, Mark, Stroke, Weight, text_width};
use crate::data::{COST_PER_MONTH, Crossing, ReportData, Sweep, SweepLine, Unit};
use crate::format::{MISSING, estimate, tick, value};
use crate::palette::{MUTED, TEXT};

const PLOT: f64 = 210.0;
const GAP: f64 = 18.0;

/// One chart per swept axis.
pub(super) fn charts(source: &Source<'_>) -> Vec<Chart> {
    let drawn = |(index, sweep): (usize, &Sweep)| chart(source, index, sweep);
    source.data.sweeps.iter().enumerate().map(drawn).collect()
}

fn chart(source: &Source<'_>, index: usize, sweep: &Sweep) -> Chart {
    let metrics = metrics(sweep);
    let words = Words {
        name: if index == 0 { "sweep".into() } else { format!("sweep-{}", index + 1) },
        title: format!("Along {}", lower_first(&sweep.label)),
        takeaway: takeaway(source.data, sweep),
        description: format!(
            "Each metric against {}, a line per option with its 95 % interval as a band; dashed verticals mark where \
             two options cross. A line ends where more requests fail than its percentile leaves room for.",
            lower_first(&sweep.label)
        ),
        table: table(source.data, sweep),
    };
    let items = key(source, sweep);
    let height = |form: Form| {
        let rows = metrics.len().max(1).div_ceil(columns(form, &metrics));
        let key = key_height(form, &items, f64::from(form.width()));
        (key + rows as f64 * pitch(form) + 8.0) as u32
    };
    Chart::drawn(words, height, |page| draw(source, page, sweep, &items))
}

fn columns(form: Form, metrics: &[String]) -> usize {
    if form == Form::Wide && metrics.len() > 1 { 2 } else { 1 }
}

fn pitch(form: Form) -> f64 {
    PLOT + form.text() * 3.0 + 44.0 + GAP
}

/// The metrics in order of appearance.
fn metrics(sweep: &Sweep) -> Vec<String> {
    let mut metrics: Vec<String> = Vec::new();
    for line in sweep.lines.iter().filter(|line| happened(sweep, &line.metric)) {
        if !metrics.contains(&line.metric) {
            metrics.push(line.metric.clone());
        }
    }
    metrics
}

/// Whether a metric is anything but zero: a panel of zeros shows nothing.
fn happened(sweep: &Sweep, metric: &str) -> bool {
    let points = sweep.lines.iter().filter(|line| line.metric == metric).flat_map(|line| &line.points);
    points.filter_map(|point| point.estimate.finite()).any(|value| value != 0.0)
}

fn key(source: &Source<'_>, sweep: &Sweep) -> Vec<KeyItem> {
    let mut groups: Vec<&str> = Vec::new();
    for line in &sweep.lines {
        if !groups.contains(&line.group.as_str()) {
            groups.push(&line.group);
        }
    }
    let item = |group: &&str| {
        let look = source.looks.group(group);
        KeyItem::line(group, Stroke::new(look.ink, 2.0).dashed(look.dash))
    };
    groups.iter().map(item).collect()
}

fn draw(source: &Source<'_>, page: &Page<'_>, sweep: &Sweep, items: &[KeyItem]) {
    let metrics = metrics(sweep);
    if metrics.is_empty() {
        return page.nothing("The sweep has no results.");
    }
    let start = draw_key(page, (0.0, 0.0), items, page.width) + 4.0;
    let columns = columns(page.form, &metrics);
    let width = (page.width + GAP) / columns as f64 - GAP;
    for (index, metric) in metrics.iter().enumerate() {
        let left = (index % columns) as f64 * (width + GAP);
        let top = start + (index / columns) as f64 * pitch(page.form);
        let bottom = top + pitch(page.form) - GAP;
        draw_metric(source, page, sweep, metric, Frame { left, top, right: left + width, bottom });
    }
}

fn draw_metric(source: &Source<'_>, page: &Page<'_>, sweep: &Sweep, key: &str, outer: Frame) {
    let metric = source.data.metric(key);
    let lines: Vec<&SweepLine> = sweep.lines.iter().filter(|line| line.metric == key).collect();
    page.heading(
        (outer.left, outer.top + page.form.text()),
        &metric.label,
        TEXT,
        "",
        outer.right - outer.left,
    );
    let bound = source
        .data
        .objective
        .as_ref()
        .filter(|objective| objective.metric == key && objective.limit.is_finite());
    let (x, y) = scales(sweep, &lines, bound.map(|bound| bound.limit));
    // No share is more than all.
    let whole = metric.unit == Unit::Share && y.ends().1 > 1.0;
    let y = if whole { Scale::exact(0.0, 1.0) } else { y };
    let labels = y.ticks(5).into_iter().map(|v| page.measure(&tick(metric.unit, v), Weight::Regular));
    let left = outer.left + labels.fold(24.0, f64::max) + 10.0;
    let top = outer.top + page.form.text() * 3.0 + 14.0;
    let frame = Frame { left, top, right: outer.right - 14.0, bottom: top + PLOT - 14.0 };
    let panel = page.panel(frame, x, y);
    panel.grid_x(&ticks(sweep, x, page, frame.right - frame.left), true);
    panel.grid_y(5, |value| tick(metric.unit, value));
    panel.base();
    let middle = ((left + frame.right) / 2.0, frame.bottom + page.form.text() * 2.0 + 12.0);
    page.text(middle, &lower_first(&sweep.label), MUTED, |mark| mark.anchor(Anchor::Middle));
    if let Some(bound) = bound {
        panel.bound_y(bound.limit);
    }
    for line in lines {
        draw_line(source, &panel, line);
    }
    let named = outer.left + page.measure(&metric.label, Weight::Bold);
    draw_crossings(&panel, sweep, key, named);
    if let Some(bound) = bound {
        panel.name_bound_y(bound.limit, &format!("objective {}", bound.text));
    }
}

fn scales(sweep: &Sweep, lines: &[&SweepLine], bound: Option<f64>) -> (Scale, Scale) {
    let points = || lines.iter().flat_map(|line| &line.points).filter(|point| point.at.is_finite());
    // All panels share the axis, whether or not a metric is known all along it.
    let all = sweep.lines.iter().flat_map(|line| &line.points).filter(|point| point.at.is_finite());
    let at: Vec<f64> = all.map(|point| point.at).collect();
    let values: Vec<f64> = points().filter_map(|point| point.estimate.finite()).chain(bound).collect();
    let y = Scale::fitting(&values);
    let ends = || {
        let known = points().filter_map(|point| Some((point.estimate.finite()?, point.estimate.interval()?)));
        known.flat_map(|(value, interval)| [floor(value, interval.0), interval.1])
    };
    let y = if y.is_logarithmic() { y } else { Scale::from_zero(ends().chain(bound).collect::<Vec<_>>()) };
    let (low, high) = crate::axis::extent(at).unwrap_or((0.0, 1.0));
    let x =
        if low > 0.0 && high / low > 8.0 { Scale::logarithmic([low, high]) } else { Scale::exact(low, high) };
    (x, y)
}

/// The lower end of an interval: what is never negative, a cost or a share, has none below zero.
fn floor(value: f64, low: f64) -> f64 {
    if value >= 0.0 { low.max(0.0) } else { low }
}

/// The swept values themselves as ticks where they are few and apart, round ones otherwise.
fn ticks(sweep: &Sweep, x: Scale, page: &Page<'_>, width: f64) -> Vec<(f64, String)> {
    let mut at: Vec<f64> = sweep.lines.iter().flat_map(|line| &line.points).map(|point| point.at).collect();
    at.retain(|at| at.is_finite());
    at.sort_by(f64::total_cmp);
    at.dedup();
    let labelled = |values: Vec<f64>| -> Vec<(f64, String)> {
        values.into_iter().map(|at| (at, tick(sweep.unit, at))).collect()
    };
    let own = labelled(at);
    let half = |label: &str| page.measure(label, Weight::Regular) / 2.0;
    let place = |at: f64| x.position(at) * width;
    // The last may be moved left to stay on the page, by half of it at most.
    let apart = own
        .windows(2)
        .all(|pair| place(pair[0].0) + half(&pair[0].1) + 6.0 < place(pair[1].0) - 2.0 * half(&pair[1].1));
    if apart && own.len() <= 12 { own } else { labelled(x.ticks(page.form.pick(6, 4))) }
}

fn draw_line(source: &Source<'_>, panel: &Panel<'_>, line: &SweepLine) {
    let look = source.looks.group(&line.group);
    let known = line.points.iter().filter(|point| point.at.is_finite());
    let known: Vec<(f64, f64, (f64, f64))> = known
        .filter_map(|point| Some((point.at, point.estimate.finite()?, point.estimate.interval()?)))
        .collect();
    let upper = known.iter().map(|point| (point.0, point.2.1));
    let lower = known.iter().rev().map(|point| (point.0, floor(point.1, point.2.0)));
    panel.draw(&Mark::area(upper.chain(lower).collect(), look.ink, 0.18));
    let middle = known.iter().map(|point| (point.0, point.1)).collect();
    panel.draw(&Mark::line(middle, Stroke::new(look.ink, 1.8).dashed(look.dash)));
    for (at, value, _) in known {
        panel.draw(&Mark::marker((at, value), look.marker, 3.2, look.ink, false));
    }
}

/// The crossings of a metric, their labels above the plot, those too close to the one before on a row above it.
fn draw_crossings(panel: &Panel<'_>, sweep: &Sweep, metric: &str, named: f64) {
    let (left, right) = panel.x.ends();
    let within =
        |crossing: &&Crossing| crossing.metric == metric && crossing.at >= left && crossing.at <= right;
    let mut crossings: Vec<&Crossing> = sweep.crossings.iter().filter(within).collect();
    crossings.sort_by(|a, b| a.at.total_cmp(&b.at));
    // The highest row begins behind the metric's name.
    let mut ends = [f64::MIN, f64::MIN, named];
    for (index, crossing) in crossings.into_iter().enumerate() {
        let (low, high) = panel.y.ends();
        let stroke = Stroke::new(TEXT, 1.2).dashed(&[3.0, 3.0]);
        panel.draw(&Mark::line(vec![(crossing.at, low), (crossing.at, high)], stroke));
        panel.draw(&Mark::marker(
            (crossing.at, crossing.value),
            crate::palette::Marker::Circle,
            4.0,
            TEXT,
            true,
        ));
        let at = value(sweep.unit, crossing.at);
        let label = if index == 0 { format!("break-even {at}") } else { at };
        let width = text_width(&label, 13.0, Weight::Regular);
        let x = panel.pixel((crossing.at, low)).0;
        // The first ends at its line, which leaves the room right of it to the others.
        let wanted = if index == 0 { x - width + 8.0 } else { x - width / 2.0 };
        let start = wanted.clamp(panel.frame.left, (panel.frame.right - width).max(panel.frame.left));
        let Some(row) = ends.iter().position(|end| start > *end + 6.0) else { continue };
        ends[row] = start + width;
        let place = (start + width / 2.0, panel.frame.top - 5.0 - row as f64 * 15.0);
        panel.text_at(place, &label, TEXT, |mark| mark.anchor(Anchor::Middle).halo());
    }
}

fn table(data: &ReportData, sweep: &Sweep) -> Table {
    let mut at: Vec<f64> =
        sweep.lines.iter().flat_map(|line| line.points.iter().map(|point| point.at)).collect();
    at.sort_by(f64::total_cmp);
    at.dedup();
    let heads = sweep.lines.iter().map(|line| format!("{}: {}", line.group, data.metric(&line.metric).label));
    let row = |at: &f64| {
        let cell = |line: &SweepLine| {
            let unit: Unit = data.metric(&line.metric).unit;
            let point = line.points.iter().find(|point| point.at == *at);
            point.map_or_else(|| MISSING.into(), |point| estimate(unit, &point.estimate))
        };
        std::iter::once(value(sweep.unit, *at)).chain(sweep.lines.iter().map(cell)).collect()
    };
    Table {
        head: std::iter::once(sweep.label.clone()).chain(heads).collect(),
        rows: at.iter().map(row).collect(),
    }
}

fn takeaway(data: &ReportData, sweep: &Sweep) -> String {
    let clause = |crossing: &Crossing| {
        let metric = lower_first(&data.metric(&crossing.metric).label);
        let at = value(sweep.unit, crossing.at);
        format!("{} has the better {metric} below {at}, {} above", crossing.below, crossing.above)
    };
    // Cost per million crosses where cost per month does.
    let said = |crossing: &Crossing| {
        let same = |other: &Crossing| (&other.below, &other.above) == (&crossing.below, &crossing.above);
        let month = |other: &&Crossing| other.metric == COST_PER_MONTH && same(other);
        crossing.metric != COST_PER_MONTH
            && crossing.metric.starts_with("cost")
            && sweep.crossings.iter().any(|other| month(&other))
    };
    let news = sweep.crossings.iter().filter(|crossing| !said(crossing));
    let clauses: Vec<String> = news.take(4).map(clause).collect();
    if clauses.is_empty() {
        return ends(data, sweep);
    }
    sentence(&clauses.join("; "))
}

/// What the axis does to the first metric of each option, from its lowest to its highest value.
fn ends(data: &ReportData, sweep: &Sweep) -> String {
    let Some(key) = metrics(sweep).into_iter().next() else { return "The sweep has no results.".into() };
    let metric = data.metric(&key);
    let clause = |line: &SweepLine| {
        let mut known = line.points.iter().filter_map(|point| Some((point.at, point.estimate.finite()?)));
        let (first, last) = (known.next()?, known.next_back()?);
        let [from, to] = [first.1, last.1].map(|number| value(metric.unit, number));
        Some(format!("from {from} to {to} on {}", line.group))
    };
    let lines = sweep.lines.iter().filter(|line| line.metric == key);
    let clauses: Vec<String> = lines.filter_map(clause).take(4).collect();
    if clauses.is_empty() {
        return sentence(&format!("No option overtakes another along {}", lower_first(&sweep.label)));
    }
    let (what, axis) = (lower_first(&metric.label), lower_first(&sweep.label));
    let alone = if clauses.len() > 1 { "; no option overtakes another" } else { "" };
    sentence(&format!("As {axis} rises, {what} goes {}{alone}", listed(&clauses)))
}

/// `Requests per second` inside a sentence; acronyms keep their case.
fn lower_first(label: &str) -> String {
    let mut letters = label.chars();
    match (letters.next(), letters.clone().next()) {
        (Some(first), Some(second)) if second.is_lowercase() => first.to_lowercase().chain(letters).collect(),
        _ => label.to_owned(),
    }
}
