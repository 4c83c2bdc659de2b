//! The one font of the charts, and how wide text is in it.
//!
//! Noto Sans comes as bytes in a crate (SIL Open Font License), so that measuring and rasterising need no font of the
//! machine and give the same pixels everywhere. A browser may draw an SVG in another face where the reader has no Noto
//! Sans, so measured widths carry a reserve for the wider ones.

use std::sync::LazyLock;

use ttf_parser::Face;

/// The families an SVG asks for: ours first, then what readers' systems have.
pub(crate) const FACE: &str =
    "Noto Sans, system-ui, -apple-system, Segoe UI, Roboto, Helvetica, Arial, sans-serif";

/// How much wider than Noto Sans another face may be: DejaVu Sans, the widest common one, is about a tenth wider, its
/// bold more than that.
const RESERVE: [f64; 2] = [1.1, 1.2];

static REGULAR: LazyLock<Option<Face<'static>>> =
    LazyLock::new(|| Face::parse(notosans::REGULAR_TTF, 0).ok());
static BOLD: LazyLock<Option<Face<'static>>> = LazyLock::new(|| Face::parse(notosans::BOLD_TTF, 0).ok());

/// Regular or bold.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Weight {
    /// For almost everything.
    #[default]
    Regular,
    /// For names.
    Bold,
}

/// The width of `text` at `size` pixels, with the reserve.
pub(crate) fn text_width(text: &str, size: f64, weight: Weight) -> f64 {
    let face = if weight == Weight::Bold { BOLD.as_ref() } else { REGULAR.as_ref() };
    // A letter the font lacks, or no font at all: half an em to one em, as wide letters are in other fonts.
    let advance = |letter: char| {
        let known = face.and_then(|face| {
            let glyph = face.glyph_index(letter)?;
            Some(f64::from(face.glyph_hor_advance(glyph)?) / f64::from(face.units_per_em()))
        });
        known.unwrap_or(if letter.is_ascii() { 0.6 } else { 1.0 })
    };
    text.chars().map(advance).sum::<f64>() * size * RESERVE[usize::from(weight == Weight::Bold)]
}

/// A name, cut in its middle where it is wider than `room` pixels: the names that a sweep makes differ at their ends.
pub(crate) fn shorten_name(name: &str, size: f64, room: f64) -> String {
    let letters: Vec<char> = name.chars().collect();
    let cut = |kept: usize| -> String {
        let (head, tail) = (kept.div_ceil(2), letters.len() - kept / 2);
        letters[..head].iter().chain(&['…']).chain(&letters[tail..]).collect()
    };
    if text_width(name, size, Weight::Bold) <= room {
        return name.to_owned();
    }
    let fits = |text: &String| text_width(text, size, Weight::Bold) <= room;
    (0..letters.len()).rev().map(cut).find(fits).unwrap_or_else(|| "…".into())
}

/// `text`, cut with an ellipsis where it is wider than `room` pixels.
pub(crate) fn shorten(text: &str, size: f64, weight: Weight, room: f64) -> String {
    if text_width(text, size, weight) <= room {
        return text.to_owned();
    }
    let mut kept: String = text.to_owned();
    while !kept.is_empty() && text_width(&format!("{kept}…"), size, weight) > room {
        kept.pop();
    }
    format!("{}…", kept.trim_end())
}
