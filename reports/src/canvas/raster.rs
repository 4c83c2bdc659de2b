//! SVG to PNG with the embedded font: no system library, no font of the machine.

use std::sync::{Arc, LazyLock};

use resvg::tiny_skia::{Pixmap, Transform};
use resvg::usvg::{Options, Tree, fontdb::Database};

/// Pixels of the PNG per pixel of the SVG: sharp on dense screens and on slides.
const DENSITY: f32 = 2.0;

static FONTS: LazyLock<Arc<Database>> = LazyLock::new(|| {
    let mut fonts = Database::new();
    fonts.load_font_data(notosans::REGULAR_TTF.to_vec());
    fonts.load_font_data(notosans::BOLD_TTF.to_vec());
    fonts.set_sans_serif_family("Noto Sans");
    Arc::new(fonts)
});

/// The PNG of an SVG; empty where the SVG cannot be drawn, which only a chart without any area could cause.
pub(crate) fn png(svg: &str) -> Vec<u8> {
    let options = Options { fontdb: FONTS.clone(), font_family: "Noto Sans".into(), ..Options::default() };
    let rendered = Tree::from_str(svg, &options).ok().and_then(|tree| {
        let size = tree.size().to_int_size().scale_by(DENSITY)?;
        let mut pixels = Pixmap::new(size.width(), size.height())?;
        resvg::render(&tree, Transform::from_scale(DENSITY, DENSITY), &mut pixels.as_mut());
        pixels.encode_png().ok()
    });
    rendered.unwrap_or_default()
}
