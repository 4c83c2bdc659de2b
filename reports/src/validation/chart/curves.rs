//! Curves of theory with simulated points on them.

use scenarios::number::Unit;
use scenarios::validation::case::Place;
use scenarios::validation::formulas::{Mmc, cold_after};
use scenarios::validation::{CaseResult, Tails, Validation};

use super::{cases, quantity, upright};
use crate::axis::Scale;
use crate::canvas::{Anchor, Mark, Stroke};
use crate::chart::{Chart, Form, Frame, KeyItem, Page, Panel, Words, draw_titled_key, key_height};
use crate::format::tick;
use crate::palette::{Look, MUTED, Marker, TEXT, look};

/// Mean service of the cases that are drawn, in seconds.
const SERVICE: f64 = 0.010;

/// A panel below a titled key, with the name of its horizontal axis.
fn framed<'a>(
    page: &Page<'a>,
    (title, items): (&str, &[KeyItem]),
    (x, y): (Scale, Scale),
    below: &str,
) -> Panel<'a> {
    let top = draw_titled_key(page, title, items, page.width - 60.0);
    let frame = Frame { left: 64.0, top, right: page.width - 24.0, bottom: page.height - 44.0 };
    let middle = (frame.left + frame.right) / 2.0;
    page.text((middle, page.height - 6.0), below, MUTED, |mark| mark.anchor(Anchor::Middle));
    page.panel(frame, x, y)
}

fn height(form: Form, items: &[KeyItem]) -> u32 {
    key_height(form, items, f64::from(form.width()) - 60.0) as u32 + form.pick(390, 300)
}

/// A case of M/M/c: servers, load, mean wait and its interval.
fn waits(case: &CaseResult) -> Option<(u32, f64, f64, f64)> {
    let Some(Place::Load(servers, load)) = case.place else { return None };
    let wait = quantity(case, "mean wait")?;
    Some((servers, load, wait.simulated, wait.half_width))
}

/// Mean wait over load, for each number of servers.
pub(super) fn waiting(validation: &Validation) -> Option<Chart> {
    let points: Vec<(u32, f64, f64, f64)> = cases(validation).filter_map(waits).collect();
    if points.len() < 4 {
        return None;
    }
    let mut servers: Vec<u32> = points.iter().map(|point| point.0).collect();
    servers.sort_unstable();
    servers.dedup();
    let items: Vec<KeyItem> = servers
        .iter()
        .enumerate()
        .map(|(index, count)| KeyItem::line(&format!("c = {count}"), Stroke::new(look(index).ink, 1.8)))
        .collect();
    let words = Words {
        name: "waiting".into(),
        title: "Mean wait over load, M/M/c.".into(),
        takeaway: format!("{} simulated points on the curves of Erlang's formula.", points.len()),
        description: "Lines: theory, with services of 10 ms. Points: simulated, with simultaneous intervals, most of them \
                      shorter than the marker is high. The vertical axis is logarithmic."
            .into(),
        ..Words::default()
    };
    let draw = |page: &Page<'_>| {
        let heights: Vec<f64> = points.iter().flat_map(|point| [point.2, 1.3 * point.2]).collect();
        let (x, y) = (Scale::exact(0.45, 1.0), Scale::logarithmic(heights));
        let panel = framed(page, ("mean wait", &items), (x, y), "load of a server");
        panel.grid_y(8, |value| tick(Unit::Seconds, value));
        let ticks: Vec<(f64, String)> =
            (5..=10).map(|n| f64::from(n) / 10.0).map(|v| (v, format!("{v:.1}"))).collect();
        panel.grid_x(&ticks, true);
        panel.base();
        for (index, count) in servers.iter().enumerate() {
            curve(&panel, *count, look(index));
            for (_, load, wait, half) in points.iter().filter(|point| point.0 == *count) {
                upright(&panel, *load, (wait - half, wait + half), TEXT);
                panel.draw(&Mark::marker((*load, *wait), look(index).marker, 4.0, look(index).ink, true));
            }
        }
    };
    Some(Chart::drawn(words, |form| height(form, &items), draw))
}

/// Erlang's mean wait at every load that the panel shows.
fn curve(panel: &Panel<'_>, servers: u32, look: Look) {
    let (low, high) = panel.y.ends();
    let at = |load: f64| {
        let rate = load * f64::from(servers) / SERVICE;
        (load, Mmc { servers, rate, service: SERVICE }.wait())
    };
    let line = (0..540).map(|step| at(0.45 + f64::from(step) / 1000.0));
    let line: Vec<(f64, f64)> = line.filter(|(_, wait)| (low..=high).contains(wait)).collect();
    panel.draw(&Mark::line(line, Stroke::new(look.ink, 1.8)));
}

/// Distributions of sojourns.
pub(super) fn tails(validation: &Validation) -> Option<Chart> {
    let drawn: Vec<_> = cases(validation).filter_map(|case| Some((case, case.tails.as_ref()?))).collect();
    if drawn.is_empty() {
        return None;
    }
    let items: Vec<KeyItem> = drawn
        .iter()
        .enumerate()
        .map(|(index, (case, _))| KeyItem::line(&case.what, Stroke::new(look(index).ink, 3.2)))
        .chain([KeyItem::line("theory", Stroke::new(TEXT, 1.0).dashed(&[4.0, 3.0]))])
        .collect();
    let furthest = |(_, tails): &(&CaseResult, &Tails)| -> f64 {
        let seen = tails.simulated.iter().zip(&tails.theory).filter(|(point, _)| point.1 >= 1e-3);
        seen.map(|(simulated, theory)| (simulated.1 / theory.1 - 1.0).abs()).fold(0.0, f64::max)
    };
    let words = Words {
        name: "tails".into(),
        title: "How many requests stay how long.".into(),
        takeaway: format!(
            "Down to one request in a thousand, simulation and theory differ by at most {:.1} % of the share.",
            100.0 * drawn.iter().map(furthest).fold(0.0, f64::max)
        ),
        description: "The share of requests that stay longer than a time, for services of 10 ms; the vertical axis is \
                      logarithmic and ends at one request in 100,000. Broad lines: simulated, all replications together. \
                      Dashed: theory."
            .into(),
        ..Words::default()
    };
    let draw = |page: &Page<'_>| {
        let ends = drawn.iter().flat_map(|(_, tails)| tails.simulated.last());
        let x = Scale::exact(0.0, ends.map(|point| point.0).fold(0.1, f64::max) * 1.02);
        let y = Scale::logarithmic([1e-5, 1.0]);
        let panel = framed(page, ("share of requests that stay longer", &items), (x, y), "sojourn");
        panel.grid_y(7, |value| tick(Unit::Share, value));
        let ticks: Vec<(f64, String)> =
            x.ticks(page.form.pick(10, 5)).into_iter().map(|v| (v, tick(Unit::Seconds, v))).collect();
        panel.grid_x(&ticks, true);
        panel.base();
        for (index, (_, tails)) in drawn.iter().enumerate() {
            let shown = |points: &[(f64, f64)]| -> Vec<(f64, f64)> {
                let inside = points.iter().filter(|point| point.1 >= 1e-5);
                [(0.0, 1.0)].into_iter().chain(inside.copied()).collect()
            };
            panel.draw(&Mark::line(shown(&tails.simulated), Stroke::new(look(index).ink, 3.2)));
            panel.draw(&Mark::line(shown(&tails.theory), Stroke::new(TEXT, 1.0).dashed(&[4.0, 3.0])));
        }
    };
    Some(Chart::drawn(words, |form| height(form, &items), draw))
}

/// Cold starts over the time that an environment is kept.
pub(super) fn keep_alive(validation: &Validation) -> Option<Chart> {
    let point = |case: &CaseResult| {
        let Some(Place::Keep(gaps)) = case.place else { return None };
        let cold = quantity(case, "P(cold | let in)")?;
        Some((gaps, cold.simulated, cold.half_width))
    };
    let points: Vec<(f64, f64, f64)> = cases(validation).filter_map(point).collect();
    if points.len() < 2 {
        return None;
    }
    let items = [KeyItem::line("exp(−λT)", Stroke::new(look(0).ink, 1.8))];
    let words = Words {
        name: "keep-alive".into(),
        title: "Cold starts over keep-alive.".into(),
        takeaway: "Of requests that are let in, exp(−λT) are cold: an arrival does not know how long it has been.".into(),
        description: "A function with one execution at a time whose environment is kept for T after each. Line: theory. Points: \
                      simulated, with simultaneous intervals, shorter than the marker is high."
            .into(),
        ..Words::default()
    };
    let draw = |page: &Page<'_>| {
        let (x, y) = (Scale::exact(0.0, 3.4), Scale::exact(0.0, 1.0));
        let panel = framed(
            page,
            ("share of requests let in that are cold", &items),
            (x, y),
            "λT: keep-alive in mean gaps",
        );
        panel.grid_y(5, |value| tick(Unit::Share, value));
        let ticks: Vec<(f64, String)> =
            (0..=6).map(|n| f64::from(n) / 2.0).map(|v| (v, format!("{v:.1}"))).collect();
        panel.grid_x(&ticks, true);
        panel.base();
        let curve = (0..=340).map(|step| f64::from(step) / 100.0).map(|gaps| (gaps, cold_after(1.0, gaps)));
        panel.draw(&Mark::line(curve.collect(), Stroke::new(look(0).ink, 1.8)));
        for (gaps, cold, half) in &points {
            upright(&panel, *gaps, (cold - half, cold + half), TEXT);
            panel.draw(&Mark::marker((*gaps, *cold), Marker::Circle, 4.0, look(0).ink, true));
        }
    };
    Some(Chart::drawn(words, |form| height(form, &items), draw))
}
