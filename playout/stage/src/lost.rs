//! Why nobody brings a track any more.

use segue_core::listener::{SeederState, Status};
use segue_core::wire::SeederStatus;

/// What is wrong with the peers of a session that waited in vain this long, in
/// seconds.
pub fn why(status: Option<&Status>, waited_s: f64) -> String {
    let seeders = status.map_or(&[][..], |status| &status.seeders);
    let says = |word: SeederStatus| seeders.iter().any(|seeder| seeder.refuses == Some(word));
    let all_refuse = seeders.iter().all(|seeder| seeder.refuses.is_some());
    if all_refuse && says(SeederStatus::Busy) {
        "the peers that have it serve as many listeners as they may: try again later".into()
    } else if all_refuse && says(SeederStatus::Gone) {
        "the peers that had it share it no more, or its file was changed".into()
    } else {
        format!("no peer that has it has answered for {waited_s} s: is one of them still running?")
    }
}

/// What a seeder that was lost has said or not said.
pub fn word(seeder: Option<&SeederState>) -> &'static str {
    match seeder.and_then(|seeder| seeder.refuses) {
        Some(SeederStatus::Gone) => "has the track no more",
        Some(SeederStatus::Busy) => "serves as many listeners as it may",
        _ => "does not answer any more",
    }
}

#[cfg(test)]
mod tests {
    use segue_core::listener::PlayState;

    use super::*;

    fn status(refuses: &[Option<SeederStatus>]) -> Status {
        let seeder = |&refuses: &Option<SeederStatus>| SeederState {
            address: ([127, 0, 0, 1], 9).into(),
            alive: false,
            refuses,
            rtt_s: 0.0,
            loss: 0.0,
            packets_per_s: 0.0,
        };
        Status {
            playhead: 0,
            packets: 9,
            here: 0,
            buffered: 0,
            state: PlayState::Starting,
            ended: false,
            policy_failed: false,
            stalls: 0,
            seeders: refuses.iter().map(seeder).collect(),
        }
    }

    #[test]
    fn the_reason_is_what_all_peers_say() {
        let (gone, busy) = (Some(SeederStatus::Gone), Some(SeederStatus::Busy));
        for (refuses, words) in [
            (&[gone, gone][..], "share it no more"),
            (&[gone, busy], "try again later"),
            (&[gone, None], "no peer that has it has answered for 60 s"),
            (&[], "no peer that has it has answered for 60 s"),
        ] {
            let why = why(Some(&status(refuses)), 60.0);
            assert!(why.contains(words), "{why}");
        }
        assert!(why(None, 1.0).contains("for 1 s"));
    }
}
