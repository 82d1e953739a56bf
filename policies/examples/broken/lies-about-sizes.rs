//! Broken on purpose: says that its entry table is smaller than it is.

use segue_policy::abi::{self, Entry};
use segue_policy::export::PolicyTables;
use segue_policy_examples::Good;

/// The plugin's one symbol.
#[unsafe(no_mangle)]
pub extern "C" fn segue_plugin_entry() -> *const Entry {
    static ENTRY: Entry = Entry {
        major: abi::MAJOR,
        minor: abi::MINOR,
        size: 8,
        reserved: 0,
        interface: PolicyTables::<Good>::ENTRY.interface,
    };
    &ENTRY
}
