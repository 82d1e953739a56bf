//! What the listener is told while music plays.

use segue_core::listener;

use crate::desk::Desk;
use crate::settings::Settings;

/// What is said where nobody brings what plays.
const NOBODY: &str = "No peer that has this track answers any more: playing goes on when one does. \
                      Is one of them still running?";

/// Tells what was chosen in the place of what was before.
pub fn tell_choice(desk: &mut Desk, before: &Settings) {
    if desk.settings.policy != before.policy {
        let policy = &desk.settings.policy;
        desk.notices.tell(format!("From here on, {policy} plays."));
    }
    if desk.settings.network != before.network {
        let text = match desk.settings.network.as_str() {
            "" => "The network is as it is again.".to_owned(),
            network => format!("From here on, datagrams pass {network}."),
        };
        desk.notices.tell(text);
    }
}

/// Tells what the listener should know of a session.
pub fn tell_session(desk: &mut Desk, event: &listener::Event) {
    if let Some(text) = event.of_policy() {
        desk.notices.error(sentence(&text));
    }
    match event {
        listener::Event::NoSeederLeft => desk.notices.error(NOBODY),
        // Others that come are seen among the peers.
        listener::Event::SeederFound(peer) | listener::Event::SeederBack(peer)
            if desk.notices.withdraw(NOBODY) =>
        {
            desk.notices.tell(format!("{peer} brings the track now."));
        }
        _ => {}
    }
}

/// Half a sentence made a whole one.
pub fn sentence(text: &str) -> String {
    let mut letters = text.chars();
    let first = letters.next().into_iter().flat_map(char::to_uppercase);
    first.chain(letters).chain(['.']).collect()
}
