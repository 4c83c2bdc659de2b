//! Small multiples over time: one strip per variant, all on one time axis.
//!
//! Strips one above the other let the eye run down a moment: the flash crowd on EC2 is the same second on Lambda.
//! Lines are named at their right end where there is room, in a key below the strip's name where there is none.

use super::page::{Frame, KeyItem, draw_key, key_height, spread};
use super::{Form, Page, Panel, Source, drawn};
use crate::axis::{Scale, extent, time_ticks};
use crate::canvas::{Mark, Stroke, Weight, text_width};
use crate::data::{Clock, Column, FaultSpan, ReportData, Unit, VariantSeries};
use crate::format::tick;
use crate::palette::{DEMAND, ERROR, Ink, Look, MUTED};

/// The most strips that one chart has.
const MOST: usize = 16;

/// A line over time.
pub(super) struct Line {
    pub(super) label: String,
    pub(super) points: Vec<(f64, Option<f64>)>,
    pub(super) stroke: Stroke,
    pub(super) ink: Ink,
    /// Constant over each window, for counts, rather than straight from point to point.
    pub(super) stepped: bool,
}

/// One variant's strip.
pub(super) struct Strip {
    pub(super) name: String,
    pub(super) note: String,
    pub(super) look: Look,
    pub(super) lines: Vec<Line>,
    /// Drawn filled behind the lines.
    pub(super) area: Option<Line>,
    pub(super) y: Scale,
}

/// All strips of a chart.
pub(super) struct Strips {
    pub(super) clock: Clock,
    pub(super) span: (f64, f64),
    pub(super) window: f64,
    pub(super) unit: Unit,
    pub(super) strips: Vec<Strip>,
    pub(super) bound: Option<(f64, String)>,
    /// Half as tall: for what is context rather than a result.
    pub(super) low: bool,
    /// Where measuring begins.
    measured_from: f64,
    faults: Vec<FaultSpan>,
}

struct Layout {
    columns: usize,
    keyed: bool,
    left: f64,
    right: f64,
    plot: f64,
    heading: f64,
}

const FOOT: f64 = 26.0;
const GAP: f64 = 16.0;

impl Strips {
    /// Strips over the time that the series of `source` span, none in them yet.
    pub(super) fn new(source: &Source<'_>, unit: Unit) -> Self {
        let series = drawn_series(source.data);
        let starts = series.iter().flat_map(|series| series.start.iter().copied());
        let window = series.iter().map(|series| series.window).find(|window| *window > 0.0).unwrap_or(0.0);
        let (from, to) = extent(starts).unwrap_or((0.0, 0.0));
        let span = (from, if to + window > from { to + window } else { from + 1.0 });
        let (clock, measured_from) = (source.data.clock, source.data.warm_up);
        let (strips, faults) = (Vec::new(), source.data.faults.clone());
        Strips { clock, span, window, unit, strips, bound: None, low: false, measured_from, faults }
    }

    /// How tall the chart is in a form.
    pub(super) fn height(&self, form: Form) -> u32 {
        let layout = self.layout(form);
        let rows: f64 = self.rows(&layout).map(|row| self.row_height(form, &layout, row)).sum();
        (rows - GAP + FOOT).ceil() as u32
    }

    /// Draws all strips.
    pub(super) fn draw(&self, page: &Page<'_>) {
        if self.strips.is_empty() {
            return page.nothing("No time series were recorded.");
        }
        let layout = self.layout(page.form);
        let width = (page.width + GAP) / layout.columns as f64 - GAP;
        let mut top = 0.0;
        for row in self.rows(&layout) {
            let height = self.row_height(page.form, &layout, row.clone());
            for (column, index) in row.clone().enumerate() {
                let left = column as f64 * (width + GAP);
                let below = index + layout.columns >= self.strips.len();
                let frame = Frame { left, top, right: left + width, bottom: top + height - GAP };
                self.draw_strip(page, &layout, frame, index, below);
            }
            top += height;
        }
    }

    fn rows(&self, layout: &Layout) -> impl Iterator<Item = std::ops::Range<usize>> + use<> {
        let (count, columns) = (self.strips.len(), layout.columns);
        (0..count.div_ceil(columns)).map(move |row| row * columns..((row + 1) * columns).min(count))
    }

    fn layout(&self, form: Form) -> Layout {
        let columns = if form == Form::Wide && self.strips.len() > 4 { 2 } else { 1 };
        let measure = |text: &str| text_width(text, form.text(), Weight::Regular);
        let labels = self.strips.iter().flat_map(|strip| strip.lines.iter().chain(&strip.area));
        let widest = labels.map(|line| measure(&line.label)).fold(0.0, f64::max);
        let keyed = columns > 1 || widest > form.pick(170.0, 34.0);
        let ticks = self.strips.iter().flat_map(|strip| strip.y.ticks(7));
        let left = ticks.map(|value| measure(&tick(self.unit, value))).fold(20.0, f64::max) + 10.0;
        let right = if keyed { 16.0 } else { widest + 12.0 };
        let plot = if self.low {
            64.0
        } else if columns > 1 {
            96.0
        } else {
            form.pick(132.0, 104.0)
        };
        Layout { columns, keyed, left, right, plot, heading: form.text() + 11.0 }
    }

    fn row_height(&self, form: Form, layout: &Layout, row: std::ops::Range<usize>) -> f64 {
        let room = f64::from(form.width()) / layout.columns as f64 - layout.left - GAP;
        let keys = row.map(|index| key_height(form, &self.key(layout, index), room));
        layout.heading + keys.fold(0.0, f64::max) + layout.plot + GAP
    }

    /// The key of a strip; empty where lines are named at their ends or the strip above has the same key.
    fn key(&self, layout: &Layout, index: usize) -> Vec<KeyItem> {
        let items = |strip: &Strip| -> Vec<String> {
            strip.lines.iter().chain(&strip.area).map(|line| line.label.clone()).collect()
        };
        let strip = &self.strips[index];
        let above = index.checked_sub(layout.columns).map(|above| items(&self.strips[above]));
        if !layout.keyed || above.is_some_and(|above| above == items(strip)) {
            return Vec::new();
        }
        let area = strip.area.iter().map(|area| KeyItem::fill(&area.label, DEMAND));
        strip.lines.iter().map(|line| KeyItem::line(&line.label, line.stroke)).chain(area).collect()
    }

    fn draw_strip(&self, page: &Page<'_>, layout: &Layout, outer: Frame, index: usize, below: bool) {
        let strip = &self.strips[index];
        let left = outer.left + layout.left;
        let room = outer.right - left;
        page.heading((left, outer.top + page.form.text()), &strip.name, strip.look.label, &strip.note, room);
        draw_key(page, (left, outer.top + layout.heading - 4.0), &self.key(layout, index), room);
        let frame = Frame {
            left,
            top: outer.bottom - layout.plot,
            right: outer.right - layout.right,
            bottom: outer.bottom,
        };
        let panel = page.panel(frame, Scale::exact(self.span.0, self.span.1), strip.y);
        let most = ((frame.right - frame.left) / page.form.pick(80.0, 58.0)) as usize;
        let ticks = time_ticks(self.clock, self.span.0, self.span.1, most);
        // Lines at least a line of text apart, and no more than five where the scale is linear.
        let most = (layout.plot / 18.0) as usize;
        panel.grid_y(if strip.y.is_logarithmic() { most } else { most.min(5) }, |value| {
            tick(self.unit, value)
        });
        panel.grid_x(&ticks, below);
        self.draw_warm_up(&panel, index);
        self.draw_faults(&panel, index);
        self.draw_lines(&panel, index);
        if !layout.keyed {
            self.name_lines(&panel, strip);
        }
    }

    /// What is drawn and not measured lies under a veil.
    fn draw_warm_up(&self, panel: &Panel<'_>, index: usize) {
        let (from, to) = self.span;
        let until = self.measured_from.min(to);
        if until <= from {
            return;
        }
        let (low, high) = panel.y.ends();
        panel.draw(&Mark::area(vec![(from, low), (until, low), (until, high), (from, high)], MUTED, 0.16));
        if index == 0 {
            // At the foot, as the name of a bound is mostly at the head.
            let place = panel.pixel((from, low));
            panel.text_at((place.0 + 4.0, place.1 - 5.0), "not measured", MUTED, Mark::halo);
        }
    }

    /// When something goes wrong, or is deployed: a band, or a line where it has no end. Named where it is seen first.
    fn draw_faults(&self, panel: &Panel<'_>, index: usize) {
        let (first, last) = self.span;
        let (low, high) = panel.y.ends();
        let of =
            |index: usize| self.faults.iter().filter(move |fault| fault.variant == self.strips[index].name);
        for fault in of(index).filter(|fault| (first..last).contains(&fault.from)) {
            let to = fault.to.unwrap_or(fault.from).min(last);
            let corners = vec![(fault.from, low), (to, low), (to, high), (fault.from, high)];
            panel.draw(&Mark::area(corners, ERROR, 0.12));
            panel.draw(&Mark::line(vec![(fault.from, low), (fault.from, high)], Stroke::new(ERROR, 0.8)));
            let named = (0..index).any(|above| of(above).any(|other| other.name == fault.name));
            if !named {
                let place = panel.pixel((fault.from, low));
                panel.text_at((place.0 + 4.0, place.1 - 5.0), &fault.name, ERROR, Mark::halo);
            }
        }
    }

    fn draw_lines(&self, panel: &Panel<'_>, index: usize) {
        let strip = &self.strips[index];
        for piece in strip.area.iter().flat_map(|area| self.pieces(area)) {
            let floor = panel.y.ends().0;
            let (Some(first), Some(last)) = (piece.first(), piece.last()) else { continue };
            let ends = [(last.0, floor), (first.0, floor)];
            let outline: Vec<(f64, f64)> = thinned(panel, &piece).into_iter().chain(ends).collect();
            panel.draw(&Mark::area(outline, DEMAND, 1.0));
        }
        panel.base();
        if let Some((value, _)) = &self.bound {
            panel.bound_y(*value);
        }
        for line in &strip.lines {
            for piece in self.pieces(line) {
                // Where points are denser than pixels a full line would fill in what varies.
                let dense = piece.len() as f64 > (panel.frame.right - panel.frame.left) * 1.2;
                let stroke = if dense { line.stroke.scaled(0.65) } else { line.stroke };
                panel.draw(&Mark::line(thinned(panel, &piece), stroke));
            }
        }
        if let (Some((value, label)), 0) = (&self.bound, index) {
            panel.name_bound_y(*value, label);
        }
        let empty = strip.lines.iter().chain(&strip.area).all(|line| last_value(line).is_none());
        if empty {
            let place = panel.pixel((panel.x.ends().0, panel.y.ends().1));
            panel.text_at((place.0 + 8.0, place.1 + 24.0), "nothing recorded", MUTED, |mark| mark);
        }
    }

    /// The runs of windows that have a value, as points to join.
    fn pieces(&self, line: &Line) -> Vec<Vec<(f64, f64)>> {
        let known = |point: &(f64, Option<f64>)| point.1.filter(|value| !value.is_nan());
        let runs = line.points.chunk_by(|a, b| known(a).is_some() == known(b).is_some());
        let of_run = |run: &[(f64, Option<f64>)]| -> Vec<(f64, f64)> {
            let points = run.iter().filter_map(|point| Some((point.0, known(point)?)));
            if line.stepped {
                points.flat_map(|(start, value)| [(start, value), (start + self.window, value)]).collect()
            } else {
                points.map(|(start, value)| (start + self.window / 2.0, value)).collect()
            }
        };
        runs.map(of_run).filter(|points| !points.is_empty()).collect()
    }

    /// Names lines at their right ends, moved apart where they would overlap.
    fn name_lines(&self, panel: &Panel<'_>, strip: &Strip) {
        let end = panel.x.ends().1;
        let named: Vec<(&Line, f64)> = (strip.lines.iter().chain(&strip.area))
            .filter_map(|line| Some((line, panel.pixel((end, last_value(line)?)).1)))
            .collect();
        let wanted: Vec<f64> = named.iter().map(|(_, y)| y + 4.0).collect();
        let (top, bottom) = (panel.frame.top + 6.0, panel.frame.bottom + 3.0);
        for ((line, _), y) in named.iter().zip(spread(&wanted, 15.0, top, bottom)) {
            panel.text_at((panel.frame.right + 6.0, y), &line.label, line.ink, |mark| mark);
        }
    }
}

fn last_value(line: &Line) -> Option<f64> {
    line.points.iter().rev().find_map(|point| point.1.filter(|value| !value.is_nan()))
}

/// The points that decide which pixels are inked: of the points in one column of half a pixel the first, the lowest,
/// the highest and the last. The picture is the same; a month of minutes does not make the file large.
fn thinned(panel: &Panel<'_>, points: &[(f64, f64)]) -> Vec<(f64, f64)> {
    let width = panel.frame.right - panel.frame.left;
    if (points.len() as f64) < width * 2.0 {
        return points.to_vec();
    }
    let column = |point: &(f64, f64)| (panel.x.position(point.0) * width * 2.0) as i64;
    let mut kept = Vec::new();
    for group in points.chunk_by(|a, b| column(a) == column(b)) {
        let by_value = |a: &&(f64, f64), b: &&(f64, f64)| a.1.total_cmp(&b.1);
        let candidates =
            [group.first(), group.iter().min_by(by_value), group.iter().max_by(by_value), group.last()];
        let mut chosen: Vec<(f64, f64)> = candidates.into_iter().flatten().copied().collect();
        chosen.sort_by(|a, b| a.0.total_cmp(&b.0));
        chosen.dedup();
        kept.extend(chosen);
    }
    kept
}

/// The series to draw, those of the variants that are drawn at all.
pub(super) fn drawn_series(data: &ReportData) -> Vec<&VariantSeries> {
    let drawn = drawn(data);
    data.series.iter().filter(|series| drawn.contains(&series.variant.as_str())).take(MOST).collect()
}

/// What a description adds where not every variant is drawn.
pub(super) fn omitted(data: &ReportData) -> String {
    match data.series.len().saturating_sub(drawn_series(data).len()) {
        0 => String::new(),
        more => format!(" {more} more options are in series.csv."),
    }
}

/// A column with the times of its windows.
pub(super) fn timed(series: &VariantSeries, column: &Column) -> Vec<(f64, Option<f64>)> {
    series.start.iter().copied().zip(column.iter().copied()).collect()
}

/// A column as far as it is measured: what is said of a run is not said of its warm-up.
pub(super) fn measured(data: &ReportData, series: &VariantSeries, column: &Column) -> Column {
    let counts = |start: &f64| *start >= data.warm_up;
    series.start.iter().zip(column).map(|(start, value)| value.filter(|_| counts(start))).collect()
}

/// The time and value of a column's largest value.
pub(super) fn peak(series: &VariantSeries, column: &Column) -> Option<(f64, f64)> {
    let known = timed(series, column).into_iter().filter_map(|(time, value)| Some((time, finite(value)?)));
    known.max_by(|a, b| a.1.total_cmp(&b.1).then(b.0.total_cmp(&a.0)))
}

/// The mean of a column over the windows that have a value.
pub(super) fn mean(column: &Column) -> Option<f64> {
    let known: Vec<f64> = column.iter().filter_map(|value| finite(*value)).collect();
    (!known.is_empty()).then(|| known.iter().sum::<f64>() / known.len() as f64)
}

/// A value that is a finite number.
pub(super) fn finite(value: Option<f64>) -> Option<f64> {
    value.filter(|value| value.is_finite())
}

/// The platform of a variant, for the note behind its name.
pub(super) fn platform(data: &ReportData, name: &str) -> String {
    data.variant(name).map(|variant| variant.platform.clone()).unwrap_or_default()
}
