//! How playing stands, in words.

use segue_core::listener::PlayState;
use segue_core::track::TrackInfo;
use segue_playout::{Progress, State};
use segue_transport::SessionStatus;

/// How playing stands, the weightiest first; `asked` packets are on their way.
pub fn state(
    progress: &Progress,
    session: Option<&SessionStatus>,
    track: &TrackInfo,
    is_local: bool,
    asked: u32,
) -> String {
    if let Some(trouble) = &progress.trouble {
        return trouble.clone();
    }
    match progress.state {
        State::Paused => return "paused".to_owned(),
        State::Ended => return String::new(),
        State::Draining => return "ending".to_owned(),
        _ => {}
    }
    let Some(session) = session else {
        // A session on record holds where it held.
        return match (progress.state, is_local) {
            (State::Holding, true) => "held, as it was",
            (State::Playing, true) => "from this machine",
            _ => "starting",
        }
        .to_owned();
    };
    let now = &session.status;
    let buffer_s = f64::from(now.buffered) * track.packet_s();
    let living = now.seeders.iter().filter(|seeder| seeder.alive).count();
    if living == 0 {
        return match progress.state {
            State::Playing => format!("no peer answers; {buffer_s:.1} s are here"),
            _ => "waiting for a peer that has it".to_owned(),
        };
    }
    let peers = match living {
        1 => "1 peer".to_owned(),
        more => format!("{more} peers"),
    };
    match (progress.state, now.state) {
        (State::Starting, _) | (_, PlayState::Starting) => {
            format!("starting: {buffer_s:.1} s are here, {peers}")
        }
        (State::Holding, _) | (_, PlayState::Holding) => match asked {
            0 => format!("held: {buffer_s:.1} s are here, {peers}"),
            1 => format!("held: waiting for 1 packet, {peers}"),
            more => format!("held: waiting for {more} packets, {peers}"),
        },
        _ => format!("buffer {buffer_s:.1} s, {peers}{}", stalls(session)),
    }
}

fn stalls(session: &SessionStatus) -> String {
    let metrics = &session.metrics;
    match metrics.stalls {
        0 => String::new(),
        1 => format!(", 1 stall ({:.1} s)", metrics.stall_s),
        more => format!(", {more} stalls ({:.1} s)", metrics.stall_s),
    }
}
