//! A chart as PNG: its SVG, rendered.

use std::sync::{Arc, OnceLock};

use resvg::tiny_skia::{Pixmap, Transform};
use resvg::usvg::fontdb::Database;
use resvg::usvg::{Options, Tree};

use super::ChartError;

/// Twice as large: sharp in a document and on screens of high resolution.
const SCALE: f32 = 2.0;

/// Renders the text of an SVG chart at twice its size. Words are written in a
/// font of this machine.
///
/// # Errors
///
/// If it is no SVG, or larger than memory.
pub fn from_svg(svg: &str) -> Result<Vec<u8>, ChartError> {
    let failed = |why: String| ChartError::Draw(why);
    let options = Options {
        fontdb: fonts(),
        ..Options::default()
    };
    let tree = Tree::from_str(svg, &options).map_err(|error| failed(error.to_string()))?;
    let size = tree.size().to_int_size();
    let side = |px: u32| (px as f32 * SCALE) as u32;
    let mut pixels = Pixmap::new(side(size.width()), side(size.height()))
        .ok_or_else(|| failed("it is too large for a picture".into()))?;
    let transform = Transform::from_scale(SCALE, SCALE);
    resvg::render(&tree, transform, &mut pixels.as_mut());
    pixels
        .encode_png()
        .map_err(|error| failed(error.to_string()))
}

/// The fonts of this machine, looked for once.
fn fonts() -> Arc<Database> {
    static FONTS: OnceLock<Arc<Database>> = OnceLock::new();
    let found = FONTS.get_or_init(|| {
        let mut fonts = Database::new();
        fonts.load_system_fonts();
        // Where the one that the chart names is missing, any upright one does.
        let upright = fonts
            .faces()
            .find(|face| face.style == resvg::usvg::fontdb::Style::Normal && !face.monospaced);
        let family = upright.and_then(|face| Some(face.families.first()?.0.clone()));
        if let Some(family) = family
            && fonts.query(&sans_serif()).is_none()
        {
            fonts.set_sans_serif_family(family);
        }
        Arc::new(fonts)
    });
    Arc::clone(found)
}

fn sans_serif() -> resvg::usvg::fontdb::Query<'static> {
    resvg::usvg::fontdb::Query {
        families: &[resvg::usvg::fontdb::Family::SansSerif],
        ..Default::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chart_is_a_picture_of_twice_its_size() {
        let svg = "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"30\" height=\"20\">\
                   <rect width=\"15\" height=\"20\" fill=\"#0072B2\"/></svg>";
        let png = from_svg(svg).expect("a picture");
        let pixels = Pixmap::decode_png(&png).expect("a PNG");
        assert_eq!((pixels.width(), pixels.height()), (60, 40));
        let colour = |x| pixels.pixel(x, 20).map(|pixel| (pixel.red(), pixel.blue()));
        assert_eq!(colour(10), Some((0, 0xB2)));
        assert_eq!(colour(50), Some((0, 0)), "transparent");
    }

    #[test]
    fn what_is_no_chart_is_an_error() {
        assert!(from_svg("no chart").is_err());
    }
}
