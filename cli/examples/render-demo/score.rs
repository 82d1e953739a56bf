//! The notes, and how they are played.
//!
//! The text is the 35-bar one of the Well-Tempered Clavier. Names are scientific: C4 is middle C,
//! `b` is flat and `#` is sharp.

use crate::chance::Chance;

/// One played note.
pub struct Note {
    /// When the string is plucked, in seconds.
    pub start: f64,
    /// When the finger leaves the key and the string is damped, in seconds.
    pub end: f64,
    /// MIDI number: 60 is middle C.
    pub key: u8,
    /// How hard it is plucked, 0 to 1.
    pub force: f64,
}

/// Bars 1 to 32: harmony, its five notes from the bass up, and how loud the bar is.
const BARS: [(&str, &str, f64); 32] = [
    // The key is stated.
    ("C", "C4 E4 G4 C5 E5", 0.50),
    ("Dm7/C", "C4 D4 A4 D5 F5", 0.53),
    ("G7/B", "B3 D4 G4 D5 F5", 0.56),
    ("C", "C4 E4 G4 C5 E5", 0.50),
    // It climbs to the high A, then settles in G.
    ("Am/C", "C4 E4 A4 E5 A5", 0.62),
    ("D7/C", "C4 D4 F#4 A4 D5", 0.56),
    ("G/B", "B3 D4 G4 D5 G5", 0.62),
    ("Cmaj7/B", "B3 C4 E4 G4 C5", 0.55),
    ("Am7", "A3 C4 E4 G4 C5", 0.52),
    ("D7", "D3 A3 D4 F#4 C5", 0.56),
    ("G", "G3 B3 D4 G4 B4", 0.49),
    // Two shadows on the way down to C.
    ("C#dim7/G", "G3 Bb3 E4 G4 C#5", 0.60),
    ("Dm/F", "F3 A3 D4 A4 D5", 0.52),
    ("Bdim7/F", "F3 Ab3 D4 F4 B4", 0.58),
    ("C/E", "E3 G3 C4 G4 C5", 0.49),
    ("Fmaj7/E", "E3 F3 A3 C4 F4", 0.51),
    ("Dm7", "D3 F3 A3 C4 F4", 0.47),
    ("G7", "G2 D3 G3 B3 F4", 0.50),
    ("C", "C3 E3 G3 C4 E4", 0.45),
    // Darkest harmonies, towards the dominant.
    ("C7", "C3 G3 Bb3 C4 E4", 0.52),
    ("Fmaj7", "F2 F3 A3 C4 E4", 0.57),
    ("F#dim7", "F#2 C3 A3 C4 Eb4", 0.64),
    ("Bdim7/Ab", "Ab2 F3 B3 C4 D4", 0.68),
    // Eight bars over a low G, the tension growing to bar 29.
    ("G7", "G2 F3 G3 B3 D4", 0.60),
    ("C/G", "G2 E3 G3 C4 E4", 0.64),
    ("G7sus4", "G2 D3 G3 C4 F4", 0.68),
    ("G7", "G2 D3 G3 B3 F4", 0.72),
    ("F#dim7/G", "G2 Eb3 A3 C4 F#4", 0.82),
    ("C/G", "G2 E3 G3 C4 G4", 0.86),
    ("G7sus4", "G2 D3 G3 C4 F4", 0.77),
    ("G7", "G2 D3 G3 B3 F4", 0.69),
    // Home, by way of F.
    ("C7", "C2 C3 G3 Bb3 E4", 0.62),
];

/// Half a bar: which of the five notes each sixteenth plays, and its weight. The low note leads
/// and the top one sings; the second three are lighter than the first.
const FIGURE: [(usize, f64); 8] = [
    (0, 1.00),
    (1, 0.80),
    (2, 0.70),
    (3, 0.75),
    (4, 0.88),
    (2, 0.64),
    (3, 0.70),
    (4, 0.80),
];

/// How much of its weight a bar keeps when it is said again.
const ECHO: f64 = 0.92;

/// Bars 33 and 34, a note a sixteenth: F over C, then G7 over C.
const CLOSE: [(&str, f64); 2] = [
    ("C2 C3 F3 A3 C4 F4 C4 A3 C4 A3 F3 A3 F3 D3 F3 D3", 0.58),
    ("C2 B2 G4 B4 D5 F5 D5 B4 D5 B4 G4 B4 D4 F4 E4 D4", 0.56),
];

/// Bar 35, rolled from the bottom.
const LAST: (&str, f64) = ("C2 C3 E4 G4 C5", 0.38);

/// Seconds before the first note.
const LEAD_IN: f64 = 0.15;

/// Seconds a sixteenth takes: 124 quarters a minute, which keeps the whole piece near 70 s.
const SIXTEENTH: f64 = 60.0 / 124.0 / 4.0;

/// Bars that end a phrase: their second half takes a little more time.
const PHRASE_ENDS: [usize; 6] = [4, 11, 19, 23, 29, 32];
const BREATH: f64 = 1.05;

/// How many times slower the last sixteenth of bar 34 is.
const RITARDANDO: f64 = 2.0;

/// Seconds between the notes of the last chord.
const ROLL: f64 = 0.13;

/// Largest chance shift of a note, in seconds, and of its force, as a share.
const LOOSE_TIME: f64 = 0.003;
const LOOSE_FORCE: f64 = 0.04;

/// Every note of the piece, in the order it is played.
pub fn perform(chance: &mut Chance) -> Vec<Note> {
    let mut notes = Vec::new();
    let mut now = LEAD_IN;

    for (index, (_, chord, level)) in BARS.iter().enumerate() {
        let keys = keys(chord);
        for half in 0..2 {
            let breathes = half == 1 && PHRASE_ENDS.contains(&(index + 1));
            let step = SIXTEENTH * if breathes { BREATH } else { 1.0 };
            // Every key stays down to the end of the half bar, as the long notes of the score ask
            // for the lower two and players do for the rest: the harmony gathers.
            let end = now + step * FIGURE.len() as f64;
            for (voice, weight) in FIGURE {
                let force = level * weight * if half == 1 { ECHO } else { 1.0 };
                notes.push(Note {
                    start: now,
                    end,
                    key: keys[voice],
                    force,
                });
                now += step;
            }
        }
    }

    let steps = CLOSE.len() as f64 * 16.0;
    for (bar, (line, level)) in CLOSE.iter().enumerate() {
        let first = notes.len();
        for (place, key) in keys(line).into_iter().enumerate() {
            let done = (bar * 16 + place) as f64 / steps;
            let step = SIXTEENTH * (1.0 + (RITARDANDO - 1.0) * done.powi(2));
            let weight = if place % 4 == 0 { 0.95 } else { 0.78 };
            notes.push(Note {
                start: now,
                end: now + 2.5 * step,
                key,
                force: level * weight,
            });
            now += step;
        }
        // The two low notes are held through the bar.
        for held in &mut notes[first..first + 2] {
            held.end = now;
        }
    }

    now += SIXTEENTH; // a short wait before the end
    for key in keys(LAST.0) {
        notes.push(Note {
            start: now,
            end: f64::INFINITY,
            key,
            force: LAST.1,
        });
        now += ROLL;
    }

    for note in &mut notes {
        note.start += LOOSE_TIME * chance.swing();
        note.force *= 1.0 + LOOSE_FORCE * chance.swing();
    }
    stop_before_repeats(&mut notes);
    notes
}

/// A string can only sound once: plucking it again ends the note before.
fn stop_before_repeats(notes: &mut [Note]) {
    let mut next = [f64::INFINITY; 128];
    for note in notes.iter_mut().rev() {
        let next = &mut next[usize::from(note.key)];
        note.end = note.end.min(*next);
        *next = note.start;
    }
}

fn keys(names: &str) -> Vec<u8> {
    names.split(' ').map(key).collect()
}

/// MIDI number of a note name. The tables above are the only callers, so a bad name is a mistake
/// in them.
fn key(name: &str) -> u8 {
    let (letter, rest) = name.split_at(1);
    let tone = match letter {
        "C" => 0,
        "D" => 2,
        "E" => 4,
        "F" => 5,
        "G" => 7,
        "A" => 9,
        "B" => 11,
        _ => panic!("{name} is no note"),
    };
    let (accidental, octave) = rest.split_at(rest.len() - 1);
    let shift = match accidental {
        "b" => -1,
        "" => 0,
        "#" => 1,
        _ => panic!("{name} is no note"),
    };
    let octave: i8 = octave.parse().expect("a note name ends in its octave");
    u8::try_from(12 * (octave + 1) + tone + shift).expect("a key of the keyboard")
}
