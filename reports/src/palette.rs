//! Colours, dashes and markers: who is drawn how, the same in every chart.
//!
//! A variant's colour follows the Okabe-Ito set, which readers with colour-blindness tell apart; each also has a dash
//! and a marker of its own, so that a grey print works. Every colour carries the name of a class, by which the page's
//! style sheet replaces it in dark mode; a chart on its own keeps the colours written here.

use crate::data::{ReportData, VariantSummary};

/// A colour and its class.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Ink {
    /// The class that the page's style sheet knows.
    pub(crate) class: &'static str,
    /// Red, green, blue on light paper.
    pub(crate) rgb: (u8, u8, u8),
}

const fn ink(class: &'static str, rgb: u32) -> Ink {
    Ink { class, rgb: ((rgb >> 16) as u8, (rgb >> 8) as u8, rgb as u8) }
}

/// The page behind everything.
pub(crate) const PAPER: Ink = ink("paper", 0xFFFFFF);
/// Text and the objective.
pub(crate) const TEXT: Ink = ink("text", 0x1F2328);
/// Tick labels and notes.
pub(crate) const MUTED: Ink = ink("muted", 0x59636E);
/// Grid lines.
pub(crate) const GRID: Ink = ink("grid", 0xE3E6EA);
/// Axis base lines.
pub(crate) const AXIS: Ink = ink("axis", 0x9AA4AF);
/// The area under a demand curve.
pub(crate) const DEMAND: Ink = ink("demand", 0xD5DAE0);
/// The side of a bound where nobody wants to be.
pub(crate) const MISS: Ink = ink("miss", 0xF6F1EC);
/// Errors.
pub(crate) const ERROR: Ink = ink("error", 0xB3261E);

const VARIANTS: [Ink; 8] = [
    ink("v0", 0x0072B2),
    ink("v1", 0xD55E00),
    ink("v2", 0x009E73),
    ink("v3", 0xBF5F95),
    ink("v4", 0xB07C00),
    ink("v5", 0x3D9BD9),
    ink("v6", 0x4D5359),
    ink("v7", 0x882255),
];

/// Text in a variant's colour, dark enough to read at label size.
const LABELS: [Ink; 8] = [
    ink("t0", 0x00588A),
    ink("t1", 0xA84A00),
    ink("t2", 0x00704F),
    ink("t3", 0x96407A),
    ink("t4", 0x7D5800),
    ink("t5", 0x1F6FA8),
    ink("t6", 0x3A4046),
    ink("t7", 0x882255),
];

/// Parts of a whole: neighbours differ in lightness, so that they part in grey too.
const PARTS: [Ink; 9] = [
    ink("p0", 0x33608C),
    ink("p1", 0xA9C6DE),
    ink("p2", 0xC98A2B),
    ink("p3", 0xEFD9A7),
    ink("p4", 0x5B7F5B),
    ink("p5", 0xBFD8BD),
    ink("p6", 0x7A4E7E),
    ink("p7", 0xDCC3DF),
    ink("p8", 0x8A8F94),
];

/// Dash patterns in pixels: on, off, on, off ...
const DASHES: [&[f64]; 8] = [
    &[],
    &[7.0, 3.0],
    &[2.0, 2.5],
    &[9.0, 3.0, 2.0, 3.0],
    &[12.0, 4.0],
    &[4.0, 2.0],
    &[1.0, 3.0],
    &[6.0, 2.0, 2.0, 2.0],
];

const MARKERS: [Marker; 8] = [
    Marker::Circle,
    Marker::Square,
    Marker::Triangle,
    Marker::Diamond,
    Marker::Down,
    Marker::Cross,
    Marker::Bar,
    Marker::Plus,
];

/// A point's shape.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Marker {
    /// A disc.
    Circle,
    /// A square.
    Square,
    /// A triangle on its base.
    Triangle,
    /// A square on its corner.
    Diamond,
    /// A triangle on its tip.
    Down,
    /// An x.
    Cross,
    /// A wide bar.
    Bar,
    /// A plus.
    Plus,
}

/// How one variant, or group of variants, is drawn.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Look {
    /// Lines and markers.
    pub(crate) ink: Ink,
    /// Text that names it.
    pub(crate) label: Ink,
    /// The dash of its lines where several variants share a panel.
    pub(crate) dash: &'static [f64],
    /// The shape of its points.
    pub(crate) marker: Marker,
}

/// The look of the group at `index`; beyond eight the colours repeat and the dashes and markers shift.
pub(crate) fn look(index: usize) -> Look {
    let shifted = (index + index / 8 * 3) % 8;
    Look {
        ink: VARIANTS[index % 8],
        label: LABELS[index % 8],
        dash: DASHES[shifted],
        marker: MARKERS[shifted],
    }
}

/// The colour of the part at `index` of a stack.
pub(crate) fn part(index: usize) -> Ink {
    PARTS[index % PARTS.len()]
}

/// The dash of a first, second, third line of one variant in its own panel.
pub(crate) fn rank_dash(rank: usize) -> &'static [f64] {
    [&[][..], &[5.0, 2.5][..], &[1.5, 2.5][..]][rank % 3]
}

/// The look of every group by name, in order of appearance.
pub(crate) struct Looks {
    groups: Vec<String>,
}

impl Looks {
    /// Assigns looks to the groups of `data`: variants first, then groups that only a sweep mentions.
    pub(crate) fn of(data: &ReportData) -> Looks {
        let mut groups: Vec<String> = Vec::new();
        let variants = data.variants.iter().map(VariantSummary::colour_group);
        let swept = data.sweeps.iter().flat_map(|sweep| sweep.lines.iter().map(|line| line.group.as_str()));
        for group in variants.chain(swept) {
            if !groups.iter().any(|known| known == group) {
                groups.push(group.to_owned());
            }
        }
        Looks { groups }
    }

    /// The look of a group; an unknown one gets the first.
    pub(crate) fn group(&self, name: &str) -> Look {
        look(self.groups.iter().position(|group| group == name).unwrap_or(0))
    }

    /// The look of a variant by its name.
    pub(crate) fn variant(&self, data: &ReportData, name: &str) -> Look {
        self.group(data.variant(name).map_or(name, |variant| variant.colour_group()))
    }
}
