//! Insensitivity: numbers that depend on a law's mean only, for laws that differ in all else.

use scenarios::validation::case::Place;
use scenarios::validation::{CaseResult, Compared, FamilyResult, Validation};

use super::{quantity, upright};
use crate::axis::Scale;
use crate::canvas::{Anchor, Mark};
use crate::chart::{Chart, Frame, Page, Words};
use crate::palette::{MUTED, TEXT, look};

/// Where insensitivity is looked at: the beginning of the family's title, the quantity, and what the panel is called.
const PANELS: [(&str, &str, &str); 3] = [
    ("Processor sharing", "mean sojourn", "processor sharing: mean sojourn"),
    ("M/G/infinity", "variance inside", "infinitely many servers: variance"),
    ("M/G/c/c", "loss", "concurrency limit: loss"),
];

/// How far from theory the panels reach, as a share.
const REACH: f64 = 0.06;

fn of_law<'c>(case: &'c CaseResult, name: &str) -> Option<(&'static str, &'c Compared)> {
    let Some(Place::Law(law)) = case.place else { return None };
    Some((law, quantity(case, name)?))
}

fn of_family<'f>(family: &'f FamilyResult, name: &'f str) -> Vec<(&'static str, &'f Compared)> {
    family.cases.iter().filter_map(|case| of_law(case, name)).collect()
}

/// Three panels, a point for each law in each.
pub(super) fn insensitivity(validation: &Validation) -> Option<Chart> {
    let panels: Vec<(&str, Vec<(&str, &Compared)>)> = PANELS
        .iter()
        .filter_map(|(title, name, label)| {
            let family = validation.suite.families.iter().find(|family| family.title.starts_with(title))?;
            let laws = of_family(family, name);
            (laws.len() > 1).then_some((*label, laws))
        })
        .collect();
    if panels.is_empty() {
        return None;
    }
    let all = || panels.iter().flat_map(|(_, laws)| laws);
    let furthest = all().map(|(_, it)| (it.simulated / it.theory - 1.0).abs()).fold(0.0, f64::max);
    let words = Words {
        name: "insensitivity".into(),
        title: "Only the mean matters.".into(),
        takeaway: format!(
            "From constant to very variable services of one mean, nothing moves by more than {:.1} % from theory.",
            100.0 * furthest
        ),
        description: "Simulated by theoretical value, with simultaneous intervals, for constant, exponential, lognormal (cv 2) and \
                      hyperexponential (cv 3) services of the same mean."
            .into(),
        ..Words::default()
    };
    Some(Chart::drawn(words, |form| form.pick(290, 3 * 210), |page| draw(page, &panels)))
}

fn draw(page: &Page<'_>, panels: &[(&str, Vec<(&str, &Compared)>)]) {
    let (wide, left) = (page.form.pick(true, false), 52.0);
    let (across, down) = if wide { (panels.len() as f64, 1.0) } else { (1.0, panels.len() as f64) };
    let (width, height) = ((page.width - left) / across, page.height / down);
    for (index, (label, laws)) in panels.iter().enumerate() {
        let place = if wide { (index as f64, 0.0) } else { (0.0, index as f64) };
        let frame = Frame {
            left: left + place.0 * width,
            top: place.1 * height + 28.0,
            right: left + (place.0 + 1.0) * width - 14.0,
            bottom: (place.1 + 1.0) * height - 30.0,
        };
        page.text((frame.left, frame.top - 12.0), label, TEXT, |mark| mark);
        let count = laws.len() as f64;
        let (x, y) = (Scale::exact(0.0, count), Scale::exact(1.0 - REACH, 1.0 + REACH));
        let panel = page.panel(frame, x, y);
        let first = index == 0 || !wide;
        panel.grid_y(6, |value| if first { format!("{value:.2}") } else { String::new() });
        panel.bound_y(1.0);
        for (number, (law, it)) in laws.iter().enumerate() {
            let (x, ink) = (number as f64 + 0.5, look(number).ink);
            let (ratio, half) = (it.simulated / it.theory, it.half_width / it.theory);
            upright(&panel, x, (ratio - half, ratio + half), ink);
            panel.draw(&Mark::marker((x, panel.y.clamp(ratio)), look(number).marker, 4.0, ink, false));
            let below = (panel.pixel((x, 1.0)).0, frame.bottom + 17.0);
            page.text(below, short(law), MUTED, |mark| mark.anchor(Anchor::Middle));
        }
    }
}

fn short(law: &str) -> &str {
    match law {
        "exponential" => "exp.",
        "hyperexponential" => "hyperexp.",
        law => law,
    }
}
