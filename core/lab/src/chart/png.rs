//! A chart as PNG: its SVG, rendered.

use std::sync::{Arc, OnceLock};

use resvg::tiny_skia::{Pixmap, Transform};
use resvg::usvg::fontdb::{Database, Family, Query, Style};
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

/// Families without serifs that come with common systems, the best first.
const SANS_SERIF: [&str; 8] = [
    "Helvetica Neue",
    "Segoe UI",
    "Noto Sans",
    "Liberation Sans",
    "DejaVu Sans",
    "Open Sans",
    "Fira Sans",
    "Arial",
];

/// The fonts of this machine, looked for once.
fn fonts() -> Arc<Database> {
    static FONTS: OnceLock<Arc<Database>> = OnceLock::new();
    let found = FONTS.get_or_init(|| {
        let mut fonts = Database::new();
        fonts.load_system_fonts();
        if let Some(family) = sans_serif(&fonts) {
            fonts.set_sans_serif_family(family);
        }
        Arc::new(fonts)
    });
    Arc::clone(found)
}

/// A family for text that wants no serifs; where there is none, any upright one.
fn sans_serif(fonts: &Database) -> Option<String> {
    let is_here = |name: &str| {
        let families = [Family::Name(name)];
        fonts.query(&Query {
            families: &families,
            ..Query::default()
        })
    };
    if let Some(known) = SANS_SERIF.iter().find(|name| is_here(name).is_some()) {
        return Some((*known).to_owned());
    }
    let upright = fonts
        .faces()
        .filter(|face| face.style == Style::Normal && !face.monospaced);
    let mut names: Vec<_> = upright
        .filter_map(|face| Some(face.families.first()?.0.clone()))
        .collect();
    names.sort_by_key(|name| !name.contains("Sans"));
    names.into_iter().next()
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
    fn words_are_written_without_serifs_where_the_machine_can() {
        let fonts = fonts();
        let names = fonts.faces().filter_map(|face| face.families.first());
        let mut sans = names.filter(|(name, _)| SANS_SERIF.contains(&name.as_str()));
        if sans.next().is_some() {
            let chosen = fonts.family_name(&Family::SansSerif);
            assert!(SANS_SERIF.contains(&chosen), "{chosen}");
        }
    }

    #[test]
    fn what_is_no_chart_is_an_error() {
        assert!(from_svg("no chart").is_err());
    }
}
