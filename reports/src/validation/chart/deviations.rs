//! Every comparison's distance from theory in standard errors: a cloud that should look like noise.

use scenarios::validation::{Compared, Validation};

use crate::axis::Scale;
use crate::canvas::{Anchor, Mark, Stroke, Weight, shorten};
use crate::chart::{Chart, Form, Frame, Page, Words};
use crate::palette::{AXIS, ERROR, GRID, MISS, MUTED, Marker, TEXT, look};

/// Pixels per comparison and between families.
const ROW: f64 = 7.0;
const GAP: f64 = 10.0;

/// A comparison's distance from theory in standard errors, without what a limit is allowed to be off.
fn distance(it: &Compared) -> f64 {
    let off = it.simulated - it.theory;
    let beyond = (off.abs() - it.allowance).max(0.0);
    let off = if it.allowance > 0.0 { beyond.copysign(off) } else { off };
    off / it.standard_error
}

/// The bound of all comparisons in standard errors: the widest, where numbers of replications differ.
fn bound(validation: &Validation) -> f64 {
    all(validation).map(|it| it.half_width / it.standard_error).fold(0.0, f64::max)
}

fn all(validation: &Validation) -> impl Iterator<Item = &Compared> {
    validation.suite.families.iter().flat_map(|family| &family.cases).flat_map(|case| &case.compared)
}

pub(super) fn chart(validation: &Validation) -> Chart {
    let exact: Vec<f64> = all(validation).filter(|it| it.allowance == 0.0).map(distance).collect();
    let within = exact.iter().filter(|distance| distance.abs() <= 2.0).count();
    let words = Words {
        name: "deviations".into(),
        title: "Distance from theory, in standard errors.".into(),
        takeaway: format!(
            "{within} of {} comparisons with an exact theory ({:.0} %) lie within two standard errors; chance alone would leave about 95 % there.",
            exact.len(),
            100.0 * within as f64 / exact.len().max(1) as f64
        ),
        description: format!(
            "A dot per comparison, simulated less theoretical value by the standard error; all pass inside ± {:.1}, the shaded \
             sides fail. Comparisons of one case share its luck, so their dots move together. Hollow: theory is a limit, the \
             distance is what exceeds the allowance.",
            bound(validation)
        ),
        ..Words::default()
    };
    let rows = all(validation).count() as f64 * ROW + validation.suite.families.len() as f64 * GAP;
    Chart::drawn(words, |_| rows as u32 + 64, |page| draw(validation, page))
}

fn draw(validation: &Validation, page: &Page<'_>) {
    let bound = bound(validation);
    let room = page.form.pick(230.0, 120.0);
    let edge = (bound * 1.25).max(4.0);
    let frame = Frame { left: room, top: 20.0, right: page.width - 24.0, bottom: page.height - 44.0 };
    let rows = frame.bottom - frame.top;
    let panel = page.panel(frame, Scale::exact(-edge, edge), Scale::exact(0.0, rows));
    for (from, to) in [(-edge, -bound), (bound, edge)] {
        panel.draw(&Mark::rectangle((from, 0.0), (to, rows), MISS));
    }
    let ticks: Vec<(f64, String)> = (-6..=6)
        .map(|tick| (f64::from(tick), if tick < 0 { format!("−{}", -tick) } else { tick.to_string() }))
        .filter(|(tick, _)| tick.abs() < edge && (page.form == Form::Wide || tick % 2.0 == 0.0))
        .collect();
    panel.grid_x(&ticks, true);
    panel.draw(&Mark::line(vec![(0.0, 0.0), (0.0, rows)], Stroke::new(AXIS, 1.4)));
    for side in [-bound, bound] {
        panel.draw(&Mark::line(vec![(side, 0.0), (side, rows)], Stroke::new(TEXT, 1.0).dashed(&[5.0, 4.0])));
    }
    let mut y = rows - GAP / 2.0;
    for (index, family) in validation.suite.families.iter().enumerate() {
        let look = look(index);
        let title = shorten(family.title, page.form.text(), Weight::Regular, room - 16.0);
        let count = family.cases.iter().map(|case| case.compared.len()).sum::<usize>() as f64;
        let middle = frame.bottom - (y - count * ROW / 2.0) + 4.0;
        page.text((room - 10.0, middle), &title, look.label, |mark| mark.anchor(Anchor::End));
        for it in family.cases.iter().flat_map(|case| &case.compared) {
            y -= ROW;
            let ink = if it.passes() { look.ink } else { ERROR };
            let at = (distance(it).clamp(-edge, edge), y + ROW / 2.0);
            panel.draw(&Mark::marker(at, Marker::Circle, 2.6, ink, it.allowance > 0.0));
        }
        y -= GAP;
        if index + 1 < validation.suite.families.len() {
            let between = y + GAP / 2.0;
            panel.draw(&Mark::line(vec![(-edge, between), (edge, between)], Stroke::new(GRID, 1.0)));
        }
    }
    let middle = (frame.left + frame.right) / 2.0;
    page.text((middle, page.height - 6.0), "standard errors from theory", MUTED, |mark| {
        mark.anchor(Anchor::Middle)
    });
}
