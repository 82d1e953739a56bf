//! Tables of the interface `segue.network/1`.

use std::ffi::c_void;

use super::{CreateFn, Descriptor, DestroyFn, ExtensionFn};

/// A network model. Static in the plugin.
#[repr(C)]
pub struct NetworkTable {
    /// `sizeof(NetworkTable)` as the plugin knows it.
    pub size: u32,
    /// 0.
    pub reserved: u32,
    /// Name, version, parameters.
    pub descriptor: *const Descriptor,
    /// Makes an instance: one for all links of a network.
    pub create: Option<CreateFn>,
    /// Ends an instance.
    pub destroy: Option<DestroyFn>,
    /// Decides what becomes of a datagram. Called in order of time. Both
    /// arguments are borrowed for the call. A status other than `OK` ends the
    /// instance's part: datagrams then pass untouched.
    pub transit: Option<
        unsafe extern "C" fn(
            instance: *mut c_void,
            datagram: *const RawDatagram,
            fate: *mut RawFate,
        ) -> i32,
    >,
    /// Optional: extensions of an instance.
    pub extension: Option<ExtensionFn>,
}

// SAFETY: a table is read-only after the library is loaded.
unsafe impl Sync for NetworkTable {}

/// From a seeder to a listener.
pub const TO_LISTENER: u32 = 0;
/// From a listener to a seeder.
pub const TO_SEEDER: u32 = 1;

/// One datagram at the entrance of the network.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct RawDatagram {
    /// `sizeof(RawDatagram)` as the host knows it.
    pub size: u32,
    /// Which link: pairs of peers are numbered from 0.
    pub link: u32,
    /// [`TO_LISTENER`] or [`TO_SEEDER`].
    pub direction: u32,
    /// Size of the UDP payload.
    pub bytes: u32,
    /// When it enters, nanoseconds since the start.
    pub now_ns: u64,
    /// How many entered this link in this direction before it.
    pub index: u64,
}

/// Most copies of one datagram that can be delivered.
pub const MAX_COPIES: usize = 4;

/// What becomes of it; the host clears it before the call.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RawFate {
    /// Copies delivered: 0 means lost; at most [`MAX_COPIES`].
    pub copies: u32,
    /// 0.
    pub reserved: u32,
    /// Delay of each copy.
    pub delay_ns: [u64; MAX_COPIES],
}

#[cfg(target_pointer_width = "64")]
const _: () = {
    assert!(size_of::<NetworkTable>() == 48);
    assert!(size_of::<RawDatagram>() == 32);
    assert!(size_of::<RawFate>() == 40);
};
