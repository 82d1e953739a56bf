//! How the library stands, for people.

use std::sync::mpsc::Receiver;
use std::time::Instant;

use indicatif::{HumanBytes, ProgressBar, ProgressDrawTarget, ProgressStyle};
use segue_transport::{Library, LibraryStatus};

use crate::{live, print};

/// More files that are odd are told by their number alone.
const LISTED: usize = 20;

/// Shows progress until all files have been looked at; answers whether it was
/// interrupted before.
pub fn until_complete(library: &Library, interrupted: &Receiver<()>) -> bool {
    let begun = Instant::now();
    let bar = ProgressBar::with_draw_target(Some(0), ProgressDrawTarget::stderr());
    let style = ProgressStyle::with_template("{spinner} {bar:24} {msg}");
    let bar = bar.with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
    while !library.wait(live::PERIOD) {
        if interrupted.try_recv().is_ok() {
            bar.finish_and_clear();
            return true;
        }
        let status = library.status();
        let rate = status.bytes_read as f64 / begun.elapsed().as_secs_f64();
        let left = status.to_index + status.growing;
        bar.set_length(status.found as u64);
        bar.set_position((status.found - left.min(status.found)) as u64);
        bar.set_message(format!(
            "{} of {} files, {} shared, {}/s, {} to read",
            status.found - left.min(status.found),
            status.found,
            status.tracks,
            HumanBytes(rate as u64),
            HumanBytes(status.bytes_to_read),
        ));
    }
    bar.finish_and_clear();
    false
}

/// Names files that cannot be shared, and those that are damaged.
pub fn tell_odd(status: &LibraryStatus) {
    let refused = status.refused.iter();
    let refused = refused.map(|file| {
        format!(
            "segue: not shared: {}: {}",
            file.path.display(),
            file.reason
        )
    });
    tell_some(refused, "files are not shared");
    let damaged = status.damaged.iter();
    let damaged = damaged.map(|file| {
        format!(
            "segue: shared though damaged: {}: {}",
            file.path.display(),
            file.notes
        )
    });
    tell_some(damaged, "files are shared though damaged");
}

fn tell_some(lines: impl ExactSizeIterator<Item = String>, what: &str) {
    let more = lines.len().saturating_sub(LISTED);
    for line in lines.take(LISTED) {
        print::note(&line);
    }
    if more > 0 {
        print::note(&format!("segue: {more} more {what}"));
    }
}

/// What the line that changes says of it.
pub fn line(status: &LibraryStatus) -> String {
    let tracks = match status.tracks {
        1 => "1 track".to_owned(),
        count => format!("{count} tracks"),
    };
    match status.to_index + status.growing {
        0 => tracks,
        more => format!("{tracks}, {more} files to read"),
    }
}
