//! A plotters backend that writes the SVG this report needs.
//!
//! Plotters supplies the coordinate systems and drawing areas. Its own SVG backend rounds to whole pixels, has no
//! dashes and writes colours only; a report has to follow the reader's colour scheme and stay sharp on paper. So this
//! backend works in tenths of a pixel and gives every element both a colour (for the file on its own) and a class (for
//! the page's style sheet). PNGs are rasterised from the same SVG with the same embedded font, so the three agree.

mod font;
mod mark;
mod raster;

pub(crate) use font::{FACE, Weight, shorten, shorten_name, text_width};
pub(crate) use mark::{Anchor, Mark, Stroke};
pub(crate) use raster::png;

use std::convert::Infallible;
use std::fmt::Write as _;

use plotters_backend::{
    BackendColor, BackendCoord, BackendStyle, BackendTextStyle, DrawingBackend, DrawingErrorKind,
};

use crate::palette::{Ink, Marker, PAPER};

/// Backend units per pixel.
pub(crate) const FINE: i32 = 10;

/// The body of an SVG being drawn.
pub(crate) struct Canvas<'a> {
    width: u32,
    height: u32,
    body: &'a mut String,
}

type Drawn = Result<(), DrawingErrorKind<Infallible>>;

impl<'a> Canvas<'a> {
    /// A canvas of so many pixels that writes its elements to `body`.
    pub(crate) fn new(width: u32, height: u32, body: &'a mut String) -> Self {
        Canvas { width, height, body }
    }

    /// Writes a formatted element; writing to a string cannot fail.
    fn write(&mut self, element: std::fmt::Arguments<'_>) {
        let _ = self.body.write_fmt(element);
        self.body.push('\n');
    }

    /// An open path. Consecutive equal points are dropped, and a lone point becomes a dot.
    pub(crate) fn path(&mut self, points: &[BackendCoord], stroke: &Stroke) {
        let Some(data) = path_data(points) else { return };
        let dash: Vec<String> = stroke.dash.iter().map(|length| format!("{length}")).collect();
        let dash =
            if dash.is_empty() { String::new() } else { format!(" stroke-dasharray=\"{}\"", dash.join(" ")) };
        let (class, colour) = (stroke.ink.class, hex(stroke.ink.rgb));
        let (width, opacity) = (stroke.width, opacity(stroke.opacity));
        self.write(format_args!(
            "<path class=\"s {class}\" d=\"{data}\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"{width}\" \
             stroke-linejoin=\"round\" stroke-linecap=\"round\"{dash}{opacity}/>"
        ));
    }

    /// A filled outline.
    pub(crate) fn area(&mut self, points: &[BackendCoord], ink: Ink, share: f64) {
        let Some(data) = path_data(points) else { return };
        let (class, colour, opacity) = (ink.class, hex(ink.rgb), opacity(share));
        self.write(format_args!("<path class=\"f {class}\" d=\"{data}Z\" fill=\"{colour}\"{opacity}/>"));
    }

    /// A filled rectangle between two corners.
    pub(crate) fn rectangle(&mut self, a: BackendCoord, b: BackendCoord, ink: Ink, share: f64) {
        let (x, y) = (fine(a.0.min(b.0)), fine(a.1.min(b.1)));
        let (width, height) = (fine((a.0 - b.0).abs()), fine((a.1 - b.1).abs()));
        let (class, colour, opacity) = (ink.class, hex(ink.rgb), opacity(share));
        self.write(format_args!(
            "<rect class=\"f {class}\" x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{height}\" \
             fill=\"{colour}\"{opacity}/>"
        ));
    }

    /// A point of a shape, `radius` pixels large; hollow ones are filled with paper.
    pub(crate) fn marker(&mut self, at: BackendCoord, shape: Marker, radius: f64, ink: Ink, hollow: bool) {
        let (x, y, r) = (f64::from(at.0) / 10.0, f64::from(at.1) / 10.0, radius);
        let data = marker_path(shape, x, y, r);
        let open = matches!(shape, Marker::Cross | Marker::Plus);
        let (class, colour) = (ink.class, hex(ink.rgb));
        let (fill_class, fill) = match (open, hollow) {
            (true, _) => ("", "none".into()),
            (false, true) => ("hollow", hex(PAPER.rgb)),
            (false, false) => ("f", colour.clone()),
        };
        self.write(format_args!(
            "<path class=\"s {fill_class} {class}\" d=\"{data}\" fill=\"{fill}\" stroke=\"{colour}\" \
             stroke-width=\"1.5\"/>"
        ));
    }

    /// A line of text whose baseline begins, is centred or ends at a point; `halo` keeps it legible over lines.
    pub(crate) fn text(&mut self, at: BackendCoord, text: &str, size: f64, look: &mark::Lettering) {
        let (x, y) = (fine(at.0), fine(at.1));
        let anchor = look.anchor.svg();
        let weight = if look.weight == Weight::Bold { " font-weight=\"700\"" } else { "" };
        let halo = if look.halo {
            format!(
                " paint-order=\"stroke\" stroke=\"{}\" stroke-width=\"3\" stroke-linejoin=\"round\"",
                hex(PAPER.rgb)
            )
        } else {
            String::new()
        };
        let halo_class = if look.halo { " halo" } else { "" };
        let (class, colour, text) = (look.ink.class, hex(look.ink.rgb), escaped(text));
        self.write(format_args!(
            "<text class=\"f {class}{halo_class}\" x=\"{x}\" y=\"{y}\" font-size=\"{size}\" fill=\"{colour}\"\
             {anchor}{weight}{halo}>{text}</text>"
        ));
    }
}

/// A whole SVG document around the elements of a canvas. `id` makes the ids of title and description unique in a page.
pub(crate) fn document(size: (u32, u32), id: &str, title: &str, description: &str, body: &str) -> String {
    let ((width, height), title, description) = (size, escaped(title), escaped(description));
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" width=\"{width}\" \
         height=\"{height}\" role=\"img\" aria-labelledby=\"{id}-title {id}-desc\" font-family=\"{FACE}\">\n\
         <title id=\"{id}-title\">{title}</title>\n<desc id=\"{id}-desc\">{description}</desc>\n\
         <rect class=\"f paper\" width=\"{width}\" height=\"{height}\" fill=\"{paper}\"/>\n{body}</svg>\n",
        paper = hex(PAPER.rgb)
    )
}

/// Text as XML and HTML both read it. Control characters, which XML forbids, become spaces.
pub(crate) fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            letter if letter.is_control() || matches!(letter, '\u{FFFE}' | '\u{FFFF}') => out.push(' '),
            letter => out.push(letter),
        }
    }
    out
}

fn hex((red, green, blue): (u8, u8, u8)) -> String {
    format!("#{red:02X}{green:02X}{blue:02X}")
}

fn opacity(share: f64) -> String {
    if share >= 1.0 { String::new() } else { format!(" opacity=\"{share}\"") }
}

/// Tenths of a pixel as pixels.
fn fine(units: i32) -> String {
    let (sign, size) = (if units < 0 { "-" } else { "" }, units.unsigned_abs());
    if size.is_multiple_of(10) {
        format!("{sign}{}", size / 10)
    } else {
        format!("{sign}{}.{}", size / 10, size % 10)
    }
}

/// Path data with relative steps: a third shorter than absolute ones.
fn path_data(points: &[BackendCoord]) -> Option<String> {
    let (first, rest) = points.split_first()?;
    let mut data = format!("M{} {}", fine(first.0), fine(first.1));
    let mut last = *first;
    for point in rest {
        let step = (point.0 - last.0, point.1 - last.1);
        let _ = match step {
            (0, 0) => Ok(()),
            (across, 0) => write!(data, "h{}", fine(across)),
            (0, down) => write!(data, "v{}", fine(down)),
            (across, down) => write!(data, "l{} {}", fine(across), fine(down)),
        };
        last = *point;
    }
    if rest.iter().all(|point| point == first) {
        data.push_str("h0.1");
    }
    Some(data)
}

fn marker_path(shape: Marker, x: f64, y: f64, r: f64) -> String {
    let polygon = |corners: &[(f64, f64)]| {
        let places: Vec<String> =
            corners.iter().map(|(dx, dy)| format!("{:.1} {:.1}", x + dx * r, y + dy * r)).collect();
        format!("M{}Z", places.join("L"))
    };
    match shape {
        Marker::Circle => {
            format!("M{:.1} {y:.1}a{r} {r} 0 1 0 {d} 0a{r} {r} 0 1 0 -{d} 0Z", x - r, d = 2.0 * r)
        }
        Marker::Square => polygon(&[(-0.9, -0.9), (0.9, -0.9), (0.9, 0.9), (-0.9, 0.9)]),
        Marker::Triangle => polygon(&[(0.0, -1.15), (1.1, 0.85), (-1.1, 0.85)]),
        Marker::Diamond => polygon(&[(0.0, -1.25), (1.25, 0.0), (0.0, 1.25), (-1.25, 0.0)]),
        Marker::Down => polygon(&[(0.0, 1.15), (1.1, -0.85), (-1.1, -0.85)]),
        Marker::Bar => polygon(&[(-1.2, -0.5), (1.2, -0.5), (1.2, 0.5), (-1.2, 0.5)]),
        Marker::Cross => polygon(&[(-1.0, -1.0), (1.0, 1.0)]) + &polygon(&[(-1.0, 1.0), (1.0, -1.0)]),
        Marker::Plus => polygon(&[(-1.1, 0.0), (1.1, 0.0)]) + &polygon(&[(0.0, -1.1), (0.0, 1.1)]),
    }
}

fn plain(colour: BackendColor) -> Ink {
    Ink { class: "", rgb: colour.rgb }
}

/// What plotters' own elements draw. The charts use [`Mark`] instead, which says classes and dashes too.
impl DrawingBackend for Canvas<'_> {
    type ErrorType = Infallible;

    fn get_size(&self) -> (u32, u32) {
        (self.width * FINE as u32, self.height * FINE as u32)
    }

    fn ensure_prepared(&mut self) -> Drawn {
        Ok(())
    }

    fn present(&mut self) -> Drawn {
        Ok(())
    }

    fn draw_pixel(&mut self, point: BackendCoord, color: BackendColor) -> Drawn {
        self.rectangle(point, (point.0 + FINE, point.1 + FINE), plain(color), color.alpha);
        Ok(())
    }

    fn draw_text<S: BackendTextStyle>(&mut self, text: &str, style: &S, pos: BackendCoord) -> Drawn {
        let look = mark::Lettering::plain(plain(style.color()));
        self.text(pos, text, style.size() / f64::from(FINE), &look);
        Ok(())
    }

    fn estimate_text_size<S: BackendTextStyle>(
        &self,
        text: &str,
        style: &S,
    ) -> Result<(u32, u32), DrawingErrorKind<Infallible>> {
        Ok((text_width(text, style.size(), Weight::Regular) as u32, style.size() as u32))
    }

    fn draw_path<S: BackendStyle, I: IntoIterator<Item = BackendCoord>>(
        &mut self,
        path: I,
        style: &S,
    ) -> Drawn {
        let points: Vec<BackendCoord> = path.into_iter().collect();
        let width = f64::from(style.stroke_width()) / f64::from(FINE);
        self.path(&points, &Stroke::new(plain(style.color()), width));
        Ok(())
    }
}
