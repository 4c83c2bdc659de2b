//! The one element that charts draw: points in some coordinate system and what to make of them.

use std::convert::Infallible;

use plotters::element::{Drawable, PointCollection};
use plotters_backend::{BackendCoord, DrawingErrorKind};

use super::{Canvas, Weight};
use crate::palette::{Ink, Marker};

/// How a line is drawn.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Stroke {
    pub(super) ink: Ink,
    pub(super) width: f64,
    pub(super) dash: &'static [f64],
    pub(super) opacity: f64,
}

impl Stroke {
    /// A solid line.
    pub(crate) fn new(ink: Ink, width: f64) -> Self {
        Stroke { ink, width, dash: &[], opacity: 1.0 }
    }

    /// The same line, `factor` times as wide.
    pub(crate) fn scaled(self, factor: f64) -> Self {
        Stroke { width: (self.width * factor * 10.0).round() / 10.0, ..self }
    }

    /// The same line, dashed.
    pub(crate) fn dashed(self, dash: &'static [f64]) -> Self {
        Stroke { dash, ..self }
    }
}

/// Where a text sits about its point.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Anchor {
    /// It begins there.
    #[default]
    Start,
    /// It is centred there.
    Middle,
    /// It ends there.
    End,
}

impl Anchor {
    pub(super) fn svg(self) -> &'static str {
        match self {
            Anchor::Start => "",
            Anchor::Middle => " text-anchor=\"middle\"",
            Anchor::End => " text-anchor=\"end\"",
        }
    }
}

/// How a text is drawn.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Lettering {
    pub(super) ink: Ink,
    pub(super) anchor: Anchor,
    pub(super) weight: Weight,
    pub(super) halo: bool,
}

impl Lettering {
    /// Regular text from its start.
    pub(crate) fn plain(ink: Ink) -> Self {
        Lettering { ink, anchor: Anchor::Start, weight: Weight::Regular, halo: false }
    }
}

#[derive(Clone, Debug)]
enum Shape {
    Line(Stroke),
    Area(Ink, f64),
    Rectangle(Ink, f64),
    Marker { shape: Marker, radius: f64, ink: Ink, hollow: bool },
    Text { text: String, size: f64, look: Lettering },
}

/// Points of a coordinate system and what to draw at them.
#[derive(Clone, Debug)]
pub(crate) struct Mark<C> {
    points: Vec<C>,
    shape: Shape,
}

impl<C> Mark<C> {
    /// A line through points.
    pub(crate) fn line(points: Vec<C>, stroke: Stroke) -> Self {
        Mark { points, shape: Shape::Line(stroke) }
    }

    /// The area inside an outline.
    pub(crate) fn area(points: Vec<C>, ink: Ink, opacity: f64) -> Self {
        Mark { points, shape: Shape::Area(ink, opacity) }
    }

    /// The rectangle between two corners.
    pub(crate) fn rectangle(a: C, b: C, ink: Ink) -> Self {
        Mark { points: vec![a, b], shape: Shape::Rectangle(ink, 1.0) }
    }

    /// A point.
    pub(crate) fn marker(at: C, shape: Marker, radius: f64, ink: Ink, hollow: bool) -> Self {
        Mark { points: vec![at], shape: Shape::Marker { shape, radius, ink, hollow } }
    }

    /// Text with its baseline at a point.
    pub(crate) fn text(at: C, text: impl Into<String>, size: f64, ink: Ink) -> Self {
        let look = Lettering::plain(ink);
        Mark { points: vec![at], shape: Shape::Text { text: text.into(), size, look } }
    }

    fn lettering(mut self, change: impl FnOnce(&mut Lettering)) -> Self {
        if let Shape::Text { look, .. } = &mut self.shape {
            change(look);
        }
        self
    }

    /// The same text, anchored elsewhere.
    pub(crate) fn anchor(self, anchor: Anchor) -> Self {
        self.lettering(|look| look.anchor = anchor)
    }

    /// The same text, bold.
    pub(crate) fn bold(self) -> Self {
        self.lettering(|look| look.weight = Weight::Bold)
    }

    /// The same text with an outline of paper, legible over lines.
    pub(crate) fn halo(self) -> Self {
        self.lettering(|look| look.halo = true)
    }
}

impl<'a, C: 'a> PointCollection<'a, C> for &'a Mark<C> {
    type Point = &'a C;
    type IntoIter = &'a [C];

    fn point_iter(self) -> &'a [C] {
        &self.points
    }
}

impl<C> Drawable<Canvas<'_>> for Mark<C> {
    fn draw<I: Iterator<Item = BackendCoord>>(
        &self,
        pos: I,
        canvas: &mut Canvas<'_>,
        _: (u32, u32),
    ) -> Result<(), DrawingErrorKind<Infallible>> {
        let at: Vec<BackendCoord> = pos.collect();
        match (&self.shape, at.as_slice()) {
            (Shape::Line(stroke), points) => canvas.path(points, stroke),
            (Shape::Area(ink, opacity), points) => canvas.area(points, *ink, *opacity),
            (Shape::Rectangle(ink, opacity), [a, b]) => canvas.rectangle(*a, *b, *ink, *opacity),
            (Shape::Marker { shape, radius, ink, hollow }, [at]) => {
                canvas.marker(*at, *shape, *radius, *ink, *hollow);
            }
            (Shape::Text { text, size, look }, [at]) => canvas.text(*at, text, *size, look),
            _ => {}
        }
        Ok(())
    }
}
