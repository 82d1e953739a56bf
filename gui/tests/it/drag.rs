//! A folder that is dragged onto the app's window and dropped: the other side of the
//! XDND protocol, as a file manager has it.

use std::path::Path;

use x11rb::connection::Connection;
use x11rb::protocol::Event;
use x11rb::protocol::xproto::{
    Atom, AtomEnum, ClientMessageEvent, ConnectionExt as _, CreateWindowAux, EventMask, PropMode,
    SELECTION_NOTIFY_EVENT, SelectionNotifyEvent, Window, WindowClass,
};
use x11rb::rust_connection::RustConnection;
use x11rb::wrapper::ConnectionExt as _;
use x11rb::{COPY_DEPTH_FROM_PARENT, COPY_FROM_PARENT, CURRENT_TIME};

/// Whose protocol this is: the fifth version.
const VERSION: u32 = 5 << 24;

/// One who drags something.
struct Drag<'a> {
    connection: &'a RustConnection,
    /// Its own window, which nobody sees.
    source: Window,
    /// Where it drops it.
    target: Window,
}

/// Drops this folder in the middle of the first window that takes such things.
pub fn drop_folder(connection: &RustConnection, root: Window, (x, y): (u16, u16), folder: &Path) {
    let atom = |name: &str| {
        let asked = connection.intern_atom(false, name.as_bytes()).unwrap();
        asked.reply().unwrap().atom
    };
    let windows = connection.query_tree(root).unwrap().reply().unwrap();
    let aware = atom("XdndAware");
    let takes = |&window: &Window| {
        let property = connection.get_property(false, window, aware, AtomEnum::ATOM, 0, 1);
        property.unwrap().reply().unwrap().value_len > 0
    };
    let target = windows.children.into_iter().find(takes);
    let target = target.expect("a window that takes what is dropped");

    let source = connection.generate_id().unwrap();
    let made = connection.create_window(
        COPY_DEPTH_FROM_PARENT,
        source,
        root,
        0,
        0,
        1,
        1,
        0,
        WindowClass::INPUT_OUTPUT,
        COPY_FROM_PARENT,
        &CreateWindowAux::new(),
    );
    made.unwrap().check().unwrap();
    let selection = atom("XdndSelection");
    let owned = connection.set_selection_owner(source, selection, CURRENT_TIME);
    owned.unwrap().check().unwrap();

    let drag = Drag {
        connection,
        source,
        target,
    };
    let uris = format!("file://{}\r\n", folder.display());
    let place = u32::from(x) << 16 | u32::from(y);
    drag.say(atom("XdndEnter"), [VERSION, atom("text/uri-list"), 0, 0]);
    let copy = atom("XdndActionCopy");
    drag.say(atom("XdndPosition"), [0, place, CURRENT_TIME, copy]);
    drag.serve_until(atom("XdndStatus"), &uris);
    drag.say(atom("XdndDrop"), [0, CURRENT_TIME, 0, 0]);
    drag.serve_until(atom("XdndFinished"), &uris);
}

impl Drag<'_> {
    fn say(&self, what: Atom, [a, b, c, d]: [u32; 4]) {
        let message = ClientMessageEvent::new(32, self.target, what, [self.source, a, b, c, d]);
        let sent = self
            .connection
            .send_event(false, self.target, EventMask::NO_EVENT, message);
        sent.unwrap().check().unwrap();
    }

    /// Hands out what is dragged to whoever asks, until this is answered.
    fn serve_until(&self, answer: Atom, uris: &str) {
        loop {
            match self.connection.wait_for_event().unwrap() {
                Event::ClientMessage(message) if message.type_ == answer => return,
                Event::SelectionRequest(asked) => {
                    let put = self.connection.change_property8(
                        PropMode::REPLACE,
                        asked.requestor,
                        asked.property,
                        asked.target,
                        uris.as_bytes(),
                    );
                    put.unwrap().check().unwrap();
                    let notice = SelectionNotifyEvent {
                        response_type: SELECTION_NOTIFY_EVENT,
                        sequence: 0,
                        time: asked.time,
                        requestor: asked.requestor,
                        selection: asked.selection,
                        target: asked.target,
                        property: asked.property,
                    };
                    let sent = self.connection.send_event(
                        false,
                        asked.requestor,
                        EventMask::NO_EVENT,
                        notice,
                    );
                    sent.unwrap().check().unwrap();
                }
                _ => {}
            }
        }
    }
}
