//! Colours, sizes and the looks of widgets, light and dark.

use iced::font::Weight;
use iced::theme::{Palette, Style as AppStyle};
use iced::widget::{button, container, pick_list, scrollable, slider, text_input};
use iced::{Background, Border, Color, Font, Shadow, Theme, border, color};

/// The app's own font comes with it.
pub const FONT: Font = Font::with_name("Fira Sans");
/// For titles.
pub const BOLD: Font = Font {
    weight: Weight::Semibold,
    ..FONT
};
/// Its file; that of the regular weight is iced's.
pub const BOLD_FILE: &[u8] = include_bytes!("../fonts/FiraSans-SemiBold.ttf");

/// Sizes of text.
pub const SMALL: f32 = 12.0;
pub const BODY: f32 = 14.0;
pub const TITLE: f32 = 20.0;

/// Space between things, in steps.
pub const GAP: f32 = 8.0;
/// Between what is scrolled and its bar, and with the bar's own width.
pub const BAR_GAP: f32 = 4.0;
pub const BAR: f32 = 10.0 + BAR_GAP;

const RADIUS: f32 = 6.0;

/// Light: paper and ink.
pub fn light() -> Theme {
    Theme::custom(
        "Segue light",
        Palette {
            background: color!(0xFBFAF7),
            text: color!(0x22252B),
            primary: color!(0xA84F0C),
            success: color!(0x2E7D4F),
            warning: color!(0x9A6A00),
            danger: color!(0xB3362F),
        },
    )
}

/// Dark: a listening room with the lamp on.
pub fn dark() -> Theme {
    Theme::custom(
        "Segue dark",
        Palette {
            background: color!(0x15171C),
            text: color!(0xE9E7E2),
            primary: color!(0xEDA44A),
            success: color!(0x6FBF8B),
            warning: color!(0xE5C05C),
            danger: color!(0xEC7A70),
        },
    )
}

/// Colours beyond the palette.
#[derive(Clone, Copy, Debug)]
pub struct Tones {
    /// Bars beside the page.
    pub surface: Color,
    /// What lies on them.
    pub raised: Color,
    /// Lines between things.
    pub line: Color,
    /// Text that stands back.
    pub dim: Color,
    /// The accent.
    pub accent: Color,
    /// On the accent.
    pub on_accent: Color,
    /// What was asked for and is not here.
    pub asked: Color,
    pub text: Color,
    pub danger: Color,
}

/// The colours of a theme.
pub fn tones(theme: &Theme) -> Tones {
    let palette = theme.palette();
    let is_dark = theme.extended_palette().is_dark;
    let pick = |dark: Color, light: Color| if is_dark { dark } else { light };
    Tones {
        surface: pick(color!(0x1C1F26), color!(0xF3F1EC)),
        raised: pick(color!(0x2A2E37), color!(0xE7E3DB)),
        line: pick(color!(0x2C303A), color!(0xE0DCD3)),
        dim: pick(color!(0x9CA1AC), color!(0x666B76)),
        accent: palette.primary,
        on_accent: pick(color!(0x1A1206), color!(0xFFFFFF)),
        asked: pick(color!(0x5F93E8), color!(0x3B6FC4)),
        text: palette.text,
        danger: palette.danger,
    }
}

/// The window itself. The software renderer (iced_tiny_skia 0.14) draws again only
/// what changed, and it compares texts by their number: where one takes the number
/// of a chart's label, it looks for it at the chart's offset, and leaves undrawn
/// what is elsewhere. It draws everything whenever the background is another; so
/// `odd`, which changes with what there is to see, makes it another by less than
/// a screen can show.
pub fn app(theme: &Theme, odd: bool) -> AppStyle {
    let palette = theme.palette();
    let mut background_color = palette.background;
    background_color.b += if odd { 1.0 / 4096.0 } else { 0.0 };
    AppStyle {
        background_color,
        text_color: palette.text,
    }
}

/// Text that stands back.
pub fn dim(theme: &Theme) -> iced::widget::text::Style {
    iced::widget::text::Style {
        color: Some(tones(theme).dim),
    }
}

/// Text in the accent.
pub fn accent(theme: &Theme) -> iced::widget::text::Style {
    iced::widget::text::Style {
        color: Some(tones(theme).accent),
    }
}

/// A bar beside the page.
pub fn surface(theme: &Theme) -> container::Style {
    container::Style {
        background: Some(tones(theme).surface.into()),
        ..container::Style::default()
    }
}

/// A card on the page.
pub fn card(theme: &Theme) -> container::Style {
    let tones = tones(theme);
    container::Style {
        background: Some(tones.surface.into()),
        border: border::rounded(RADIUS + 2.0).width(1).color(tones.line),
        ..container::Style::default()
    }
}

/// A row of a list.
pub fn row(selected: bool, playing: bool) -> impl Fn(&Theme) -> container::Style {
    move |theme| {
        let tones = tones(theme);
        container::Style {
            text_color: playing.then_some(tones.accent),
            background: selected.then_some(tones.raised.into()),
            border: border::rounded(4),
            ..container::Style::default()
        }
    }
}

/// A message: what it says weighs so much.
pub fn notice(is_error: bool) -> impl Fn(&Theme) -> container::Style {
    move |theme| {
        let tones = tones(theme);
        let edge = if is_error { tones.danger } else { tones.accent };
        container::Style {
            background: Some(tones.raised.into()),
            // No shadow: the software renderer draws it over itself again and again.
            border: border::rounded(RADIUS).width(1).color(edge),
            ..container::Style::default()
        }
    }
}

fn flat(background: Option<Color>, text: Color) -> button::Style {
    button::Style {
        background: background.map(Background::Color),
        text_color: text,
        border: border::rounded(RADIUS),
        ..button::Style::default()
    }
}

/// The one thing to do here.
pub fn primary(theme: &Theme, status: button::Status) -> button::Style {
    let tones = tones(theme);
    let fill = match status {
        button::Status::Hovered => tones.accent.scale_alpha(0.88),
        button::Status::Disabled => tones.accent.scale_alpha(0.4),
        _ => tones.accent,
    };
    flat(Some(fill), tones.on_accent)
}

/// Something else to do.
pub fn secondary(theme: &Theme, status: button::Status) -> button::Style {
    let tones = tones(theme);
    let (fill, text) = match status {
        button::Status::Hovered | button::Status::Pressed => (tones.line, tones.text),
        button::Status::Disabled => (tones.surface, tones.dim),
        button::Status::Active => (tones.raised, tones.text),
    };
    flat(Some(fill), text)
}

/// A button that is only seen under the pointer.
pub fn bare(theme: &Theme, status: button::Status) -> button::Style {
    let tones = tones(theme);
    match status {
        button::Status::Hovered | button::Status::Pressed => flat(Some(tones.raised), tones.text),
        button::Status::Disabled => flat(None, tones.dim.scale_alpha(0.5)),
        button::Status::Active => flat(None, tones.dim),
    }
}

/// The way to a page.
pub fn tab(current: bool) -> impl Fn(&Theme, button::Status) -> button::Style {
    move |theme, status| {
        let tones = tones(theme);
        if current {
            flat(Some(tones.raised), tones.text)
        } else {
            bare(theme, status)
        }
    }
}

/// Where one writes.
pub fn input(theme: &Theme, status: text_input::Status) -> text_input::Style {
    let tones = tones(theme);
    let focused = matches!(status, text_input::Status::Focused { .. });
    text_input::Style {
        background: tones.surface.into(),
        border: Border {
            color: if focused { tones.accent } else { tones.line },
            width: 1.0,
            radius: RADIUS.into(),
        },
        icon: tones.dim,
        placeholder: tones.dim,
        value: tones.text,
        selection: tones.accent.scale_alpha(0.35),
    }
}

/// A choice of several.
pub fn choice(theme: &Theme, status: pick_list::Status) -> pick_list::Style {
    let tones = tones(theme);
    let active = matches!(status, pick_list::Status::Active);
    pick_list::Style {
        text_color: tones.text,
        placeholder_color: tones.dim,
        handle_color: tones.dim,
        background: if active { tones.raised } else { tones.line }.into(),
        border: border::rounded(RADIUS),
    }
}

/// What it opens.
pub fn menu(theme: &Theme) -> iced::overlay::menu::Style {
    let tones = tones(theme);
    iced::overlay::menu::Style {
        background: tones.raised.into(),
        border: border::rounded(RADIUS).width(1).color(tones.line),
        text_color: tones.text,
        selected_text_color: tones.on_accent,
        selected_background: tones.accent.into(),
        shadow: Shadow::default(),
    }
}

/// A value between two.
pub fn range(theme: &Theme, status: slider::Status) -> slider::Style {
    let tones = tones(theme);
    let handle = match status {
        slider::Status::Active => tones.text,
        _ => tones.accent,
    };
    slider::Style {
        rail: slider::Rail {
            backgrounds: (tones.accent.into(), tones.line.into()),
            width: 4.0,
            border: border::rounded(2),
        },
        handle: slider::Handle {
            shape: slider::HandleShape::Circle { radius: 6.0 },
            background: handle.into(),
            border_width: 0.0,
            border_color: Color::TRANSPARENT,
        },
    }
}

/// A list longer than the window.
pub fn scroll(theme: &Theme, status: scrollable::Status) -> scrollable::Style {
    let tones = tones(theme);
    let mut style = scrollable::default(theme, status);
    let active = matches!(status, scrollable::Status::Active { .. });
    for rail in [&mut style.vertical_rail, &mut style.horizontal_rail] {
        rail.background = None;
        rail.scroller.background = if active { tones.line } else { tones.dim }.into();
        rail.scroller.border = border::rounded(4);
    }
    style
}
