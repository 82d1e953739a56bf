//! Broken on purpose: is built for another version of the contract.

use segue_policy::abi::{self, Entry};
use segue_policy::export::PolicyTables;
use segue_policy_examples::Good;

/// The plugin's one symbol.
#[unsafe(no_mangle)]
pub extern "C" fn segue_plugin_entry() -> *const Entry {
    static ENTRY: Entry = Entry {
        major: abi::MAJOR + 1,
        minor: 0,
        size: size_of::<Entry>() as u32,
        reserved: 0,
        interface: PolicyTables::<Good>::ENTRY.interface,
    };
    &ENTRY
}
