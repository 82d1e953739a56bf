//! Broken on purpose: has no function `interface`.

use segue_policy::abi::{self, Entry};

/// The plugin's one symbol.
#[unsafe(no_mangle)]
pub extern "C" fn segue_plugin_entry() -> *const Entry {
    static ENTRY: Entry = Entry {
        major: abi::MAJOR,
        minor: abi::MINOR,
        size: size_of::<Entry>() as u32,
        reserved: 0,
        interface: None,
    };
    &ENTRY
}
