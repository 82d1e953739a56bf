//! Broken on purpose: crashes when its symbol is called.

use segue_policy::abi::Entry;

/// The plugin's one symbol.
#[unsafe(no_mangle)]
pub extern "C" fn segue_plugin_entry() -> *const Entry {
    let nowhere = std::hint::black_box(std::ptr::without_provenance::<*const Entry>(8));
    // SAFETY: none: this is what it is here for.
    unsafe { nowhere.read_volatile() }
}
