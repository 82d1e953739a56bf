//! Panics of a plugin end its part, and are told through the host.

use std::any::Any;
use std::cell::Cell;
use std::panic::{self, AssertUnwindSafe, PanicHookInfo, catch_unwind};
use std::ptr;
use std::sync::Once;

thread_local! {
    /// Where what a panic says goes while a plugin is called in this thread.
    static HEARS: Cell<*mut String> = const { Cell::new(ptr::null_mut()) };
}

/// Calls the author's code; of one that panics answers what was said, and where.
#[inline]
pub(super) fn caught<R>(body: impl FnOnce() -> R) -> Result<R, String> {
    listen();
    let mut heard = String::new();
    let before = HEARS.replace(&raw mut heard);
    let answer = catch_unwind(AssertUnwindSafe(body));
    HEARS.set(before);
    answer.map_err(|panic| said(heard, panic))
}

/// What a panic said: as the hook heard it, or as its payload says.
#[cold]
fn said(mut heard: String, panic: Box<dyn Any + Send>) -> String {
    if heard.is_empty() {
        heard = message(&*panic).to_owned();
    }
    // Its payload may panic again when dropped; leaking it is the lesser evil.
    std::mem::forget(panic);
    heard
}

/// Takes the place of the hook that prints to standard error, for panics inside a
/// call alone. A plugin has a standard library, and so a hook, of its own.
#[inline]
fn listen() {
    static ONCE: Once = Once::new();
    if !ONCE.is_completed() {
        begin_to_listen(&ONCE);
    }
}

#[cold]
fn begin_to_listen(once: &Once) {
    once.call_once(|| {
        let print = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            let heard = HEARS.get();
            if heard.is_null() {
                return print(info);
            }
            // SAFETY: set by `caught` in this thread, which waits for the panic to
            // unwind, and looks at it only then.
            unsafe { *heard = text(info) };
            // An author who wants to see all of it says so.
            if std::env::var_os("RUST_BACKTRACE").is_some_and(|value| value != "0") {
                print(info);
            }
        }));
    });
}

fn text(info: &PanicHookInfo<'_>) -> String {
    let message = message(info.payload());
    match info.location() {
        Some(place) => format!("{message} ({place})"),
        None => message.to_owned(),
    }
}

fn message(panic: &(dyn Any + Send)) -> &str {
    panic
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| panic.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("(no message)")
}
