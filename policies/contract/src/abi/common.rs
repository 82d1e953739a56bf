//! Entry, text, parameters: what policies and network models share.

use std::ffi::c_void;

/// Name of the one symbol that a plugin exports.
pub const ENTRY_SYMBOL: &str = "segue_plugin_entry";

/// Major version of the contract. Another major version is refused.
pub const MAJOR: u32 = 1;
/// Minor version: grows when something is added. A host accepts any; a plugin
/// may need tables as long as those of its own minor version.
pub const MINOR: u32 = 1;

/// Interface id of a playout policy; the table is a [`super::PolicyTable`].
pub const POLICY_INTERFACE: &str = "segue.policy/1";
/// Interface id of a network model; the table is a [`super::NetworkTable`].
pub const NETWORK_INTERFACE: &str = "segue.network/1";

/// Everything went well.
pub const OK: i32 = 0;
/// The callee cannot do this at all, not even later; nothing happened.
pub const UNSUPPORTED: i32 = 1;
/// An argument was out of range; nothing happened.
pub const INVALID: i32 = 2;
/// A limit was reached; nothing happened, later it may work.
pub const FULL: i32 = 3;
/// The plugin panicked, or failed in a way that it cannot go on from. The
/// instance may only be destroyed from now on.
pub const PANICKED: i32 = 4;

/// Type of the function behind [`ENTRY_SYMBOL`]. It may be called any number
/// of times, from any thread, and always answers the same pointer.
pub type EntryFn = unsafe extern "C" fn() -> *const Entry;

/// UTF-8 text, not NUL-terminated. Whoever made it keeps ownership.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct Str {
    /// First byte; may be null if `len` is 0.
    pub ptr: *const u8,
    /// Length in bytes.
    pub len: usize,
}

// SAFETY: a `Str` is a read-only view; the contract demands that its bytes
// do not change while it is visible to the other side.
unsafe impl Sync for Str {}
// SAFETY: as above.
unsafe impl Send for Str {}

impl Str {
    /// Text that lives as long as the program.
    pub const fn new(text: &str) -> Self {
        Self {
            ptr: text.as_ptr(),
            len: text.len(),
        }
    }

    /// The text, or `None` if it is not UTF-8.
    ///
    /// # Safety
    /// `ptr` must point to `len` readable bytes that stay unchanged for `'a`.
    pub unsafe fn get<'a>(self) -> Option<&'a str> {
        if self.len == 0 {
            return Some("");
        }
        if self.ptr.is_null() {
            return None;
        }
        // SAFETY: the caller vouches for pointer and length.
        std::str::from_utf8(unsafe { std::slice::from_raw_parts(self.ptr, self.len) }).ok()
    }
}

/// What the entry function answers. Static in the plugin.
#[repr(C)]
pub struct Entry {
    /// [`MAJOR`] of the contract that the plugin was built for.
    pub major: u32,
    /// [`MINOR`] of that contract; a host accepts any.
    pub minor: u32,
    /// `sizeof(Entry)` in bytes as the plugin knows it.
    pub size: u32,
    /// 0.
    pub reserved: u32,
    /// Answers the plugin's table for an interface id, or null if it has none.
    /// The host calls it from any thread, any number of times; the id is
    /// readable during the call, the table as long as the library is loaded.
    pub interface: Option<unsafe extern "C" fn(id: Str) -> *const c_void>,
}

/// What a plugin says of itself. Static in the plugin.
#[repr(C)]
pub struct Descriptor {
    /// `sizeof(Descriptor)` in bytes as the plugin knows it.
    pub size: u32,
    /// Number of parameters, 0 to 256.
    pub param_count: u32,
    /// `sizeof(Param)` as the plugin knows it.
    pub param_stride: u32,
    /// 0.
    pub reserved: u32,
    /// Lower-case letters, digits and hyphens; at most 40 bytes; unique.
    pub name: Str,
    /// Semantic version of the plugin, like 1.0.0; at most 40 bytes.
    pub version: Str,
    /// One line of what it does; at most 400 bytes.
    pub summary: Str,
    /// `param_count` elements, `param_stride` bytes apart; null if none.
    pub params: *const Param,
}

/// A real number from `min` to `max`, both included.
pub const PARAM_NUMBER: u32 = 0;
/// A whole number from `min` to `max`, both included; at most 2^53.
pub const PARAM_INTEGER: u32 = 1;
/// 0 or 1.
pub const PARAM_FLAG: u32 = 2;
/// One of several names: an index into `choices`, from 0.
pub const PARAM_CHOICE: u32 = 3;
/// Text of one line, at most 400 bytes as a default.
pub const PARAM_TEXT: u32 = 4;
/// The contents of a file that the user names; the host reads it.
pub const PARAM_FILE: u32 = 5;

/// One parameter, described so that command line and sliders can be made from
/// it. Static in the plugin.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct Param {
    /// One of the `PARAM_` constants.
    pub kind: u32,
    /// Number of choices of a [`PARAM_CHOICE`], 1 to 256; else 0.
    pub choice_count: u32,
    /// Lower-case letters, digits and underscores; at most 40 bytes; unique in
    /// the plugin. What the user types.
    pub name: Str,
    /// Unit, e.g. s or packets/s, of `min`, `max` and values; empty for a pure
    /// number; at most 40 bytes.
    pub unit: Str,
    /// One line of help; at most 400 bytes.
    pub help: Str,
    /// Least value, in `unit`, finite; ignored for flag, choice, text and file.
    pub min: f64,
    /// Greatest value, in `unit`, finite; ignored like `min`.
    pub max: f64,
    /// Value when the user gives none, from `min` to `max`; 0 or 1 for a flag, an
    /// index for a choice; ignored for text and file.
    pub default: f64,
    /// Text when the user gives none; ignored for all other kinds.
    pub default_text: Str,
    /// Names of the choices: `choice_count` elements, at most 40 bytes each; null
    /// for all other kinds.
    pub choices: *const Str,
}

// SAFETY: a descriptor is read-only after the library is loaded.
unsafe impl Sync for Descriptor {}
// SAFETY: as above.
unsafe impl Sync for Param {}
// SAFETY: as above.
unsafe impl Send for Param {}

/// A parameter's value, in the order of the descriptor. The host has checked
/// kind and range. Borrowed by the plugin for the duration of `create`.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct Value {
    /// Number or integer in the parameter's unit, flag (0 or 1), or index of the
    /// choice; 0 for text and file.
    pub number: f64,
    /// Text, or a file's contents (then any bytes); empty for all other kinds.
    /// Readable during `create` only: copy what is needed later.
    pub text: Str,
}

/// What `create` is given. Borrowed for the duration of the call.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct Setup {
    /// `sizeof(Setup)` in bytes as the host knows it.
    pub size: u32,
    /// Number of values: `param_count` of the descriptor.
    pub value_count: u32,
    /// Bytes from one value to the next.
    pub value_stride: usize,
    /// The values: `value_count` elements, `value_stride` bytes apart, in the
    /// order of the descriptor's parameters.
    pub values: *const Value,
    /// Source of everything random: the same seed, the same behaviour. Any
    /// number, also 0.
    pub seed: u64,
    /// The host's own: the first argument of `explain`.
    pub ctx: *mut c_void,
    /// Says in one line, for the user, why `create` is about to fail: what is
    /// wrong with the values, and how to mend it. Only callable during
    /// `create`, with `ctx` as first argument; the last call counts.
    pub explain: Option<unsafe extern "C" fn(ctx: *mut c_void, line: Str) -> i32>,
}

/// Makes an instance; the host calls it from any thread. On [`OK`], `*instance` is the new instance, owned by the
/// host until it calls `destroy`. On any other status nothing is left behind
/// and `*instance` is not touched; [`INVALID`] refuses the values, and
/// [`Setup::explain`] is there to say why.
pub type CreateFn = unsafe extern "C" fn(setup: *const Setup, instance: *mut *mut c_void) -> i32;

/// Ends an instance and frees all that it owns; called once for each, by the
/// host, and nothing else with that instance after it.
pub type DestroyFn = unsafe extern "C" fn(instance: *mut c_void);

/// Answers a table for an extension id, or null. Reserved: no extension is
/// defined yet, and a host may leave it uncalled.
pub type ExtensionFn = unsafe extern "C" fn(instance: *mut c_void, id: Str) -> *const c_void;

#[cfg(target_pointer_width = "64")]
const _: () = {
    assert!(size_of::<Str>() == 16);
    assert!(size_of::<Entry>() == 24);
    assert!(size_of::<Descriptor>() == 72);
    assert!(size_of::<Param>() == 104);
    assert!(size_of::<Value>() == 24);
    assert!(size_of::<Setup>() == 48);
};
