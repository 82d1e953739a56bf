//! A screen of the test's own, which nobody sees: Xvfb, a pointer, and pictures.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use resvg::tiny_skia::{ColorU8, Pixmap};
use x11rb::connection::Connection;
use x11rb::protocol::xproto::{
    BUTTON_PRESS_EVENT, BUTTON_RELEASE_EVENT, ConnectionExt as _, ImageFormat, MOTION_NOTIFY_EVENT,
    Window,
};
use x11rb::protocol::xtest::ConnectionExt as _;
use x11rb::rust_connection::RustConnection;

use crate::drag;

/// The left button.
const LEFT: u8 = 1;

/// Red, green, blue.
pub type Colour = [u8; 3];

pub struct Screen {
    server: Child,
    /// As `DISPLAY` has it.
    pub name: String,
    connection: RustConnection,
    root: Window,
    size: (u16, u16),
}

impl Drop for Screen {
    fn drop(&mut self) {
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}

impl Screen {
    /// Of this size, in pixels. An error says what is missing.
    pub fn start(size: (u16, u16)) -> Result<Self, String> {
        let (width, height) = size;
        let mut server = Command::new("Xvfb")
            .args(["-displayfd", "1", "-nolisten", "tcp", "-screen", "0"])
            .arg(format!("{width}x{height}x24"))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .map_err(|error| format!("Xvfb is missing ({error}; Debian package `xvfb`)"))?;
        // It says its number when it takes connections.
        let mut number = String::new();
        let mut said = BufReader::new(server.stdout.take().unwrap());
        said.read_line(&mut number).unwrap();
        let name = format!(":{}", number.trim());
        let (connection, screen) = x11rb::connect(Some(&name))
            .unwrap_or_else(|error| panic!("no connection to Xvfb at {name}: {error}"));
        let root = connection.setup().roots[screen].root;
        Ok(Self {
            server,
            name,
            connection,
            root,
            size,
        })
    }

    /// Moves the pointer there and clicks so many times.
    pub fn click(&self, (x, y): (u16, u16), times: u32) {
        self.act(MOTION_NOTIFY_EVENT, 0, (x, y));
        for _ in 0..times {
            self.act(BUTTON_PRESS_EVENT, LEFT, (x, y));
            self.act(BUTTON_RELEASE_EVENT, LEFT, (x, y));
        }
    }

    fn act(&self, event: u8, detail: u8, (x, y): (u16, u16)) {
        let (x, y) = (x as i16, y as i16);
        let act = self
            .connection
            .xtest_fake_input(event, detail, 0, self.root, x, y, 0);
        act.unwrap().check().unwrap();
    }

    /// Drops a folder in the middle, as a file manager does.
    pub fn drop_folder(&self, folder: &Path) {
        let middle = (self.size.0 / 2, self.size.1 / 2);
        drag::drop_folder(&self.connection, self.root, middle, folder);
    }

    /// What it shows now.
    pub fn look(&self) -> Picture {
        let (width, height) = self.size;
        let shown = self
            .connection
            .get_image(ImageFormat::Z_PIXMAP, self.root, 0, 0, width, height, !0)
            .unwrap();
        let pixels = shown.reply().unwrap().data;
        // Xvfb's 24 bits lie in 32: blue, green, red, nothing.
        let pixels = pixels.as_chunks::<4>().0.iter();
        Picture {
            width: width.into(),
            pixels: pixels
                .map(|&[blue, green, red, _]| [red, green, blue])
                .collect(),
        }
    }
}

/// What was seen at one moment.
#[derive(PartialEq, Eq)]
pub struct Picture {
    width: usize,
    pixels: Vec<Colour>,
}

impl Picture {
    pub fn at(&self, (x, y): (u16, u16)) -> Colour {
        self.pixels[usize::from(y) * self.width + usize::from(x)]
    }

    /// How many pixels of a rectangle have this colour.
    pub fn count(&self, (x, y): (u16, u16), (width, height): (u16, u16), colour: Colour) -> usize {
        let places = (y..y + height).flat_map(|y| (x..x + width).map(move |x| (x, y)));
        places.filter(|&place| self.at(place) == colour).count()
    }

    /// From where to where a line of pixels has this colour, from left to right.
    pub fn runs(&self, y: u16, colour: Colour) -> Vec<std::ops::Range<u16>> {
        let mut runs: Vec<std::ops::Range<u16>> = Vec::new();
        for x in (0..self.width as u16).filter(|&x| self.at((x, y)) == colour) {
            match runs.last_mut() {
                Some(run) if run.end == x => run.end += 1,
                _ => runs.push(x..x + 1),
            }
        }
        runs
    }

    /// As PNG.
    pub fn save(&self, path: &Path) {
        let height = self.pixels.len() / self.width;
        let mut picture = Pixmap::new(self.width as u32, height as u32).unwrap();
        for (to, &[red, green, blue]) in picture.pixels_mut().iter_mut().zip(&self.pixels) {
            *to = ColorU8::from_rgba(red, green, blue, 255).premultiply();
        }
        picture.save_png(path).unwrap();
    }
}
