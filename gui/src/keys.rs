//! What keys do where nothing is being written.

use iced::keyboard::key::Named;
use iced::keyboard::{Event, Key, Modifiers};

/// What is wanted.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Wish {
    Toggle,
    /// Seconds forwards, or back.
    Seek(f64),
    Louder(f32),
    Next,
    Previous,
    Mute,
    Find,
    /// The row above or below.
    Move(isize),
    Enter,
    Escape,
    /// The page of this number.
    Page(usize),
}

/// What a key means; `None` if nothing.
pub fn wish(event: &Event) -> Option<Wish> {
    let Event::KeyPressed { key, modifiers, .. } = event else {
        return None;
    };
    meant(key.as_ref(), *modifiers)
}

fn meant(key: Key<&str>, modifiers: Modifiers) -> Option<Wish> {
    if modifiers.command() {
        return match key {
            Key::Character("f") => Some(Wish::Find),
            Key::Named(Named::ArrowRight) => Some(Wish::Next),
            Key::Named(Named::ArrowLeft) => Some(Wish::Previous),
            Key::Named(Named::ArrowUp) => Some(Wish::Louder(0.05)),
            Key::Named(Named::ArrowDown) => Some(Wish::Louder(-0.05)),
            Key::Character(digit) => match digit.parse() {
                Ok(number @ 1..=4) => Some(Wish::Page(number)),
                _ => None,
            },
            _ => None,
        };
    }
    match key {
        Key::Named(Named::Space) => Some(Wish::Toggle),
        Key::Named(Named::ArrowRight) => Some(Wish::Seek(5.0)),
        Key::Named(Named::ArrowLeft) => Some(Wish::Seek(-5.0)),
        Key::Named(Named::ArrowUp) => Some(Wish::Move(-1)),
        Key::Named(Named::ArrowDown) => Some(Wish::Move(1)),
        Key::Named(Named::PageUp) => Some(Wish::Move(-10)),
        Key::Named(Named::PageDown) => Some(Wish::Move(10)),
        Key::Named(Named::Enter) => Some(Wish::Enter),
        Key::Named(Named::Escape) => Some(Wish::Escape),
        Key::Character("m") => Some(Wish::Mute),
        Key::Character("/") => Some(Wish::Find),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arrows_seek_and_with_control_go_to_other_tracks() {
        let right = Key::Named(Named::ArrowRight);
        assert_eq!(
            meant(right.clone(), Modifiers::empty()),
            Some(Wish::Seek(5.0))
        );
        assert_eq!(meant(right, Modifiers::COMMAND), Some(Wish::Next));
        assert_eq!(
            meant(Key::Character("f"), Modifiers::COMMAND),
            Some(Wish::Find)
        );
        assert_eq!(meant(Key::Character("f"), Modifiers::empty()), None);
        assert_eq!(meant(Key::Character("9"), Modifiers::COMMAND), None);
    }
}
