//! Broken on purpose: a library, but no plugin.

/// Not the symbol that a plugin has.
#[unsafe(no_mangle)]
pub extern "C" fn segue_has_another_symbol() -> u32 {
    1
}
