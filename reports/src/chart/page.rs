//! The sheet a chart is drawn on, in pixels, and panels in it with axes.

use plotters::coord::Shift;
use plotters::coord::cartesian::Cartesian2d;
use plotters::drawing::{DrawingArea, IntoDrawingArea};

use crate::axis::Scale;
use crate::canvas::{Anchor, Canvas, FINE, Mark, Stroke, Weight, shorten, shorten_name, text_width};
use crate::palette::{AXIS, GRID, Ink, MUTED, TEXT};

/// For which reader a chart is laid out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    /// Pages, slides, desktop screens.
    Wide,
    /// Phones.
    Narrow,
}

impl Form {
    /// Pixels across.
    pub(crate) fn width(self) -> u32 {
        if self == Form::Wide { 900 } else { 328 }
    }

    /// For ids and classes.
    pub(crate) fn name(self) -> &'static str {
        if self == Form::Wide { "wide" } else { "narrow" }
    }

    /// The size of most text, in pixels.
    pub(crate) fn text(self) -> f64 {
        if self == Form::Wide { 13.0 } else { 12.0 }
    }

    /// One number for either form.
    pub(crate) fn pick<T>(self, wide: T, narrow: T) -> T {
        if self == Form::Wide { wide } else { narrow }
    }
}

/// A sheet, in pixels from its upper left corner.
pub(crate) struct Page<'a> {
    pub(crate) form: Form,
    pub(crate) width: f64,
    pub(crate) height: f64,
    root: DrawingArea<Canvas<'a>, Shift>,
}

/// A rectangle of a page.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Frame {
    pub(crate) left: f64,
    pub(crate) top: f64,
    pub(crate) right: f64,
    pub(crate) bottom: f64,
}

/// A frame with two scales.
pub(crate) struct Panel<'a> {
    pub(crate) frame: Frame,
    pub(crate) x: Scale,
    pub(crate) y: Scale,
    form: Form,
    area: DrawingArea<Canvas<'a>, Cartesian2d<Scale, Scale>>,
    root: DrawingArea<Canvas<'a>, Shift>,
}

fn fine(pixels: f64) -> i32 {
    (pixels * f64::from(FINE)).round() as i32
}

/// Draws on a canvas that writes to a string, which cannot fail.
fn put<'a, 'e, T>(area: &DrawingArea<Canvas<'a>, T>, mark: &'e Mark<T::From>)
where
    T: plotters::coord::CoordTranslate,
    T::From: 'e,
{
    let _ = area.draw(mark);
}

impl<'a> Page<'a> {
    pub(super) fn new(form: Form, (width, height): (u32, u32), body: &'a mut String) -> Self {
        let root = Canvas::new(width, height, body).into_drawing_area();
        Page { form, width: f64::from(width), height: f64::from(height), root }
    }

    /// A panel with the scales given.
    pub(crate) fn panel(&self, frame: Frame, x: Scale, y: Scale) -> Panel<'a> {
        let across = fine(frame.left)..fine(frame.right);
        let up = fine(frame.bottom)..fine(frame.top);
        let area = self.root.apply_coord_spec(Cartesian2d::new(x, y, (across, up)));
        Panel { frame, x, y, form: self.form, area, root: self.root.clone() }
    }

    /// Text at a place in pixels; the closure styles it.
    pub(crate) fn text(
        &self,
        (x, y): (f64, f64),
        text: &str,
        ink: Ink,
        style: impl FnOnce(Mark<(i32, i32)>) -> Mark<(i32, i32)>,
    ) {
        put(&self.root, &style(Mark::text((fine(x), fine(y)), text, self.form.text(), ink)));
    }

    /// A line between places in pixels.
    pub(crate) fn line(&self, points: &[(f64, f64)], stroke: Stroke) {
        put(&self.root, &Mark::line(points.iter().map(|p| (fine(p.0), fine(p.1))).collect(), stroke));
    }

    /// A filled rectangle in pixels.
    pub(crate) fn rectangle(&self, frame: Frame, ink: Ink) {
        let corners = ((fine(frame.left), fine(frame.top)), (fine(frame.right), fine(frame.bottom)));
        put(&self.root, &Mark::rectangle(corners.0, corners.1, ink));
    }

    /// The width of text in bold or not.
    pub(crate) fn measure(&self, text: &str, weight: Weight) -> f64 {
        text_width(text, self.form.text(), weight)
    }

    /// A name in bold and a note behind it, cut to `room`.
    pub(crate) fn heading(&self, (x, y): (f64, f64), name: &str, ink: Ink, note: &str, room: f64) {
        let name = shorten_name(name, self.form.text(), room);
        self.text((x, y), &name, ink, Mark::bold);
        let used = self.measure(&name, Weight::Bold) + 8.0;
        if !note.is_empty() && room - used > 60.0 {
            let note = shorten(note, self.form.text(), Weight::Regular, room - used);
            self.text((x + used, y), &note, MUTED, |mark| mark);
        }
    }

    /// Says in place of a picture why there is none.
    pub(crate) fn nothing(&self, text: &str) {
        self.text((self.width / 2.0, self.height / 2.0), text, MUTED, |mark| mark.anchor(Anchor::Middle));
    }
}

impl Panel<'_> {
    /// Draws a mark in the panel's coordinates.
    pub(crate) fn draw(&self, mark: &Mark<(f64, f64)>) {
        put(&self.area, mark);
    }

    /// Text at a place in pixels.
    pub(crate) fn text_at(
        &self,
        (x, y): (f64, f64),
        text: &str,
        ink: Ink,
        style: impl FnOnce(Mark<(i32, i32)>) -> Mark<(i32, i32)>,
    ) {
        put(&self.root, &style(Mark::text((fine(x), fine(y)), text, self.form.text(), ink)));
    }

    /// Where a value lies, in pixels of the page.
    pub(crate) fn pixel(&self, (x, y): (f64, f64)) -> (f64, f64) {
        let Frame { left, top, right, bottom } = self.frame;
        (left + self.x.position(x) * (right - left), bottom - self.y.position(y) * (bottom - top))
    }

    /// Horizontal grid lines with labels left of them.
    pub(crate) fn grid_y(&self, most: usize, label: impl Fn(f64) -> String) {
        let (left, right) = self.x.ends();
        for value in self.y.ticks(most) {
            let ink = if value == self.y.ends().0 { AXIS } else { GRID };
            self.draw(&Mark::line(vec![(left, value), (right, value)], Stroke::new(ink, 1.0)));
            let place = (self.frame.left - 6.0, self.pixel((left, value)).1 + self.form.text() * 0.35);
            self.text_at(place, &label(value), MUTED, |mark| mark.anchor(Anchor::End));
        }
    }

    /// Vertical grid lines; labels below where asked for, kept inside the page.
    pub(crate) fn grid_x(&self, ticks: &[(f64, String)], labelled: bool) {
        let (low, high) = self.y.ends();
        for (value, label) in ticks {
            self.draw(&Mark::line(vec![(*value, low), (*value, high)], Stroke::new(GRID, 1.0)));
            if labelled {
                let half = text_width(label, self.form.text(), Weight::Regular) / 2.0;
                let inside = (half, (f64::from(self.form.width()) - half).max(half));
                let x = self.pixel((*value, low)).0.clamp(inside.0, inside.1);
                self.text_at((x, self.frame.bottom + self.form.text() + 5.0), label, MUTED, |mark| {
                    mark.anchor(Anchor::Middle)
                });
            }
        }
    }

    /// The base line.
    pub(crate) fn base(&self) {
        let ((left, right), low) = (self.x.ends(), self.y.ends().0);
        self.draw(&Mark::line(vec![(left, low), (right, low)], Stroke::new(AXIS, 1.0)));
    }

    /// A dashed horizontal line at a bound.
    pub(crate) fn bound_y(&self, value: f64) {
        let (left, right) = self.x.ends();
        self.draw(&Mark::line(
            vec![(left, value), (right, value)],
            Stroke::new(TEXT, 1.2).dashed(&[5.0, 4.0]),
        ));
    }

    /// The name of a bound at the left end of its line, above or below it; drawn last, to stay legible over lines.
    pub(crate) fn name_bound_y(&self, value: f64, label: &str) {
        let (x, y) = self.pixel((self.x.ends().0, value));
        let above = y - self.frame.top > self.form.text() + 6.0;
        let place = (x + 4.0, if above { y - 4.0 } else { y + self.form.text() + 2.0 });
        self.text_at(place, label, TEXT, Mark::halo);
    }

    /// A dashed vertical line at a bound, named at its top on the side that has room; where the name is.
    pub(crate) fn bound_x(&self, value: f64, label: &str) -> Frame {
        let (low, high) = self.y.ends();
        self.draw(&Mark::line(vec![(value, low), (value, high)], Stroke::new(TEXT, 1.2).dashed(&[5.0, 4.0])));
        let x = self.pixel((value, high)).0;
        let width = text_width(label, self.form.text(), Weight::Regular) + 5.0;
        let left = if x + width < self.frame.right { x + 5.0 } else { (x - width).max(self.frame.left) };
        let bottom = self.frame.top + self.form.text() + 3.0;
        self.text_at((left, bottom), label, TEXT, Mark::halo);
        Frame { left, top: self.frame.top, right: left + width, bottom: bottom + 4.0 }
    }
}

/// Moves wanted places apart to at least `gap`, inside `low` to `high`, keeping their order and moving little.
pub(crate) fn spread(wanted: &[f64], gap: f64, low: f64, high: f64) -> Vec<f64> {
    let mut order: Vec<usize> = (0..wanted.len()).collect();
    order.sort_by(|a, b| wanted[*a].total_cmp(&wanted[*b]));
    let mut placed = wanted.to_vec();
    let mut least = low;
    for index in &order {
        placed[*index] = placed[*index].max(least);
        least = placed[*index] + gap;
    }
    let mut most = high;
    for index in order.iter().rev() {
        placed[*index] = placed[*index].min(most);
        most = placed[*index] - gap;
    }
    placed
}

/// One entry of a key: how a line or a fill looks and what it is.
pub(crate) struct KeyItem {
    pub(crate) text: String,
    pub(crate) stroke: Option<Stroke>,
    pub(crate) fill: Option<Ink>,
}

impl KeyItem {
    /// A line's entry.
    pub(crate) fn line(text: &str, stroke: Stroke) -> Self {
        KeyItem { text: text.into(), stroke: Some(stroke), fill: None }
    }

    /// A fill's entry.
    pub(crate) fn fill(text: &str, ink: Ink) -> Self {
        KeyItem { text: text.into(), stroke: None, fill: Some(ink) }
    }
}

/// The height of a key that has `room` pixels across.
pub(crate) fn key_height(form: Form, items: &[KeyItem], room: f64) -> f64 {
    let rows = key_places(form, items, room).last().map_or(0, |place| place.1 + 1);
    rows as f64 * key_row_height(form)
}

fn key_row_height(form: Form) -> f64 {
    form.text() + 6.0
}

fn key_places(form: Form, items: &[KeyItem], room: f64) -> Vec<(f64, usize)> {
    let (mut x, mut row) = (0.0, 0);
    let place = |item: &KeyItem| {
        let width = 24.0 + text_width(&item.text, form.text(), Weight::Regular) + 14.0;
        if x > 0.0 && x + width - 14.0 > room {
            (x, row) = (0.0, row + 1);
        }
        let place = (x, row);
        x += width;
        place
    };
    items.iter().map(place).collect()
}

/// Draws a key with its upper left corner at a place, and returns where it ends.
pub(crate) fn draw_key(page: &Page<'_>, (left, top): (f64, f64), items: &[KeyItem], room: f64) -> f64 {
    for (item, (x, row)) in items.iter().zip(key_places(page.form, items, room)) {
        let (x, base) = (left + x, top + (row as f64 + 1.0) * key_row_height(page.form) - 5.0);
        let middle = base - page.form.text() * 0.35;
        if let Some(stroke) = item.stroke {
            page.line(&[(x, middle), (x + 18.0, middle)], stroke);
        }
        if let Some(ink) = item.fill {
            page.rectangle(Frame { left: x, top: middle - 5.0, right: x + 18.0, bottom: middle + 5.0 }, ink);
        }
        // Names that a sweep makes, and long ones, differ at their ends.
        let text = shorten_name(&item.text, page.form.text(), room - 24.0);
        page.text((x + 24.0, base), &text, TEXT, |mark| mark);
    }
    top + key_height(page.form, items, room)
}

/// Draws a title and a key below it at the top of a page, and returns where the picture may begin.
pub(crate) fn draw_titled_key(page: &Page<'_>, title: &str, items: &[KeyItem], room: f64) -> f64 {
    page.text((4.0, page.form.text()), title, MUTED, |mark| mark);
    draw_key(page, (4.0, page.form.text() + 8.0), items, room) + 8.0
}
