//! How often intervals cover: a row per kind, a marker per size of experiment.

use scenarios::validation::Coverage;
use scenarios::validation::coverage::Share;

use crate::axis::Scale;
use crate::canvas::{Anchor, Mark, Stroke, Weight, shorten};
use crate::chart::{Chart, Form, Frame, KeyItem, Page, Words, draw_titled_key, key_height};
use crate::palette::{GRID, MUTED, TEXT, look};

/// Pixels per kind.
const ROW: f64 = 30.0;
/// The least coverage that is drawn.
const LEAST: f64 = 0.86;

pub(super) fn chart(coverage: &Coverage) -> Chart {
    let items: Vec<KeyItem> = coverage
        .sizes
        .iter()
        .enumerate()
        .map(|(index, size)| {
            KeyItem::line(&format!("{size} replications"), Stroke::new(look(index).ink, 4.0))
        })
        .collect();
    let words = Words {
        name: "coverage".into(),
        title: "How often a 95 % interval covers.".into(),
        takeaway: takeaway(coverage),
        description: "A row per kind of interval, a mark per size of experiment: the share of experiments whose interval covers \
                      the closed form, with the exact 95 % interval of that share."
            .into(),
        ..Words::default()
    };
    let key = |form: Form| key_height(form, &items, f64::from(form.width()) - 60.0);
    let height = |form: Form| (key(form) + coverage.rows.len() as f64 * ROW) as u32 + 80;
    Chart::drawn(words, height, |page| draw(page, coverage, &items))
}

fn takeaway(coverage: &Coverage) -> String {
    let usual = coverage.sizes.iter().position(|size| *size == 10).unwrap_or(0);
    let shares = || coverage.rows.iter().map(|row| row.counts[usual]).filter(|share| share.whole > 0);
    let least = shares().map(Share::value).fold(1.0, f64::min);
    let most = shares().map(Share::value).fold(0.0, f64::max);
    format!(
        "With ten replications, the default, intervals cover {:.1} to {:.1} % of the time, whatever their kind.",
        least * 100.0,
        most * 100.0
    )
}

fn draw(page: &Page<'_>, coverage: &Coverage, items: &[KeyItem]) {
    let top = draw_titled_key(
        page,
        "share of experiments whose interval covers the closed form",
        items,
        page.width - 60.0,
    );
    let room = page.form.pick(380.0, 130.0);
    let frame = Frame { left: room, top, right: page.width - 20.0, bottom: page.height - 30.0 };
    let rows = coverage.rows.len() as f64;
    let panel = page.panel(frame, Scale::exact(LEAST, 1.0), Scale::exact(0.0, rows));
    let ticks: Vec<(f64, String)> = [86, 88, 90, 92, 94, 96, 98, 100]
        .map(|percent| (f64::from(percent) / 100.0, format!("{percent} %")))
        .into();
    let shown: Vec<(f64, String)> = ticks.into_iter().step_by(page.form.pick(1, 2)).collect();
    panel.grid_x(&shown, true);
    panel.draw(&Mark::line(vec![(0.95, 0.0), (0.95, rows)], Stroke::new(TEXT, 1.2).dashed(&[5.0, 4.0])));
    for (index, row) in coverage.rows.iter().enumerate() {
        let base = rows - index as f64 - 1.0;
        panel.draw(&Mark::line(vec![(LEAST, base), (1.0, base)], Stroke::new(GRID, 1.0)));
        let middle = panel.pixel((LEAST, base + 0.5)).1 + 4.0;
        let name = format!("{}: {}", row.kind, row.metric);
        let name = shorten(&name, page.form.text(), Weight::Regular, room - 14.0);
        page.text((room - 10.0, middle), &name, MUTED, |mark| mark.anchor(Anchor::End));
        let count = row.counts.len() as f64;
        for (number, share) in row.counts.iter().enumerate().filter(|(_, share)| share.whole > 0) {
            let (low, high) = share.interval();
            let y = base + 1.0 - (number as f64 + 0.9) / (count + 0.8);
            let ink = look(number).ink;
            panel.draw(&Mark::line(vec![(low.max(LEAST), y), (high, y)], Stroke::new(ink, 1.6)));
            panel.draw(&Mark::marker((share.value().max(LEAST), y), look(number).marker, 2.8, ink, false));
        }
    }
}
