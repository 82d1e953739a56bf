//! From the safe traits to the tables: what the export macros use.

mod panics;

use std::ffi::c_void;
use std::marker::PhantomData;

use crate::abi::{
    self, Descriptor, Entry, NetworkTable, Param, PolicyTable, RawActions, RawDatagram,
    RawDecision, RawFate, RawView, Setup, Str,
};
use crate::actions::Actions;
use crate::network::{Datagram, NetworkModel};
use crate::params::{Info, Values};
use crate::policy::PlayoutPolicy;
use crate::view::View;

/// Exports a [`PlayoutPolicy`] as this library's plugin.
#[macro_export]
macro_rules! export_policy {
    ($policy:ty) => {
        /// The plugin's one symbol.
        #[unsafe(no_mangle)]
        pub extern "C" fn segue_plugin_entry() -> *const $crate::abi::Entry {
            $crate::export::PolicyTables::<$policy>::ENTRY
        }
    };
}

/// Exports a [`NetworkModel`] as this library's plugin.
#[macro_export]
macro_rules! export_network {
    ($model:ty) => {
        /// The plugin's one symbol.
        #[unsafe(no_mangle)]
        pub extern "C" fn segue_plugin_entry() -> *const $crate::abi::Entry {
            $crate::export::NetworkTables::<$model>::ENTRY
        }
    };
}

const fn descriptor(info: Info) -> Descriptor {
    Descriptor {
        size: size_of::<Descriptor>() as u32,
        param_count: info.params.len() as u32,
        param_stride: size_of::<Param>() as u32,
        reserved: 0,
        name: Str::new(info.name),
        version: Str::new(info.version),
        summary: Str::new(info.summary),
        params: info.params.as_ptr(),
    }
}

const fn entry(interface: unsafe extern "C" fn(Str) -> *const c_void) -> Entry {
    Entry {
        major: abi::MAJOR,
        minor: abi::MINOR,
        size: size_of::<Entry>() as u32,
        reserved: 0,
        interface: Some(interface),
    }
}

/// The tables of a policy.
pub struct PolicyTables<P>(PhantomData<P>);

impl<P: PlayoutPolicy> PolicyTables<P> {
    const DESCRIPTOR: &'static Descriptor = &descriptor(P::INFO);

    const TABLE: &'static PolicyTable = &PolicyTable {
        size: size_of::<PolicyTable>() as u32,
        reserved: 0,
        descriptor: Self::DESCRIPTOR,
        create: Some(Self::create),
        destroy: Some(destroy::<P>),
        decide: Some(Self::decide),
        extension: None,
    };

    /// What the exported symbol answers.
    pub const ENTRY: &'static Entry = &entry(Self::interface);

    unsafe extern "C" fn interface(id: Str) -> *const c_void {
        answer(id, abi::POLICY_INTERFACE, Self::TABLE)
    }

    unsafe extern "C" fn create(setup: *const Setup, instance: *mut *mut c_void) -> i32 {
        // SAFETY: the contract: both are valid for the call.
        unsafe { create(setup, instance, P::INFO, P::check, P::new) }
    }

    unsafe extern "C" fn decide(
        instance: *mut c_void,
        view: *const RawView,
        actions: *const RawActions,
        answer: *mut RawDecision,
    ) -> i32 {
        // SAFETY: the contract: both begin with their size as the host knows it.
        let sizes = unsafe { ((*view).size, (*actions).size) };
        if !knows::<RawView>(sizes.0) || !knows::<RawActions>(sizes.1) {
            return abi::INVALID;
        }
        // SAFETY: the contract: `instance` comes from `create` and is used by
        // one thread at a time; view, actions and answer are valid for the
        // call. `View` is transparent over `RawView`.
        let (policy, view, mut actions) = unsafe {
            (
                &mut *instance.cast::<P>(),
                &*view.cast::<View<'_>>(),
                Actions::from_raw(&*actions),
            )
        };
        match panics::caught(|| policy.decide(view, &mut actions)) {
            Ok(decision) => {
                // SAFETY: the contract: `answer` is writable.
                unsafe { *answer = decision.into() };
                abi::OK
            }
            Err(what) => {
                actions.log(&format!("panicked: {what}"));
                abi::PANICKED
            }
        }
    }
}

/// The tables of a network model.
pub struct NetworkTables<N>(PhantomData<N>);

impl<N: NetworkModel> NetworkTables<N> {
    const DESCRIPTOR: &'static Descriptor = &descriptor(N::INFO);

    const TABLE: &'static NetworkTable = &NetworkTable {
        size: size_of::<NetworkTable>() as u32,
        reserved: 0,
        descriptor: Self::DESCRIPTOR,
        create: Some(Self::create),
        destroy: Some(destroy::<N>),
        transit: Some(Self::transit),
        extension: None,
    };

    /// What the exported symbol answers.
    pub const ENTRY: &'static Entry = &entry(Self::interface);

    unsafe extern "C" fn interface(id: Str) -> *const c_void {
        answer(id, abi::NETWORK_INTERFACE, Self::TABLE)
    }

    unsafe extern "C" fn create(setup: *const Setup, instance: *mut *mut c_void) -> i32 {
        // SAFETY: the contract: both are valid for the call.
        unsafe { create(setup, instance, N::INFO, N::check, N::new) }
    }

    unsafe extern "C" fn transit(
        instance: *mut c_void,
        datagram: *const RawDatagram,
        fate: *mut RawFate,
    ) -> i32 {
        // SAFETY: the contract: it begins with its size as the host knows it.
        if !knows::<RawDatagram>(unsafe { (*datagram).size }) {
            return abi::INVALID;
        }
        // SAFETY: the contract: `instance` comes from `create` and is used by
        // one thread at a time; the datagram is valid for the call.
        let (model, datagram) =
            unsafe { (&mut *instance.cast::<N>(), Datagram::from_raw(&*datagram)) };
        // SAFETY: the contract: `fate` is writable, and the host's own.
        let fate = unsafe { &mut *fate };
        // Written from within: what is moved out costs more than most models.
        match panics::caught(|| model.transit(&datagram).write_raw(fate)) {
            Ok(()) => abi::OK,
            Err(_) => abi::PANICKED, // it has nobody to tell
        }
    }
}

/// Whether the host's table is as long as the one that this plugin was built
/// for; an older host's may be shorter.
fn knows<T>(size: u32) -> bool {
    size as usize >= size_of::<T>()
}

fn answer<T>(id: Str, known: &str, table: &'static T) -> *const c_void {
    // SAFETY: the contract: the id is readable during the call.
    if unsafe { id.get() } == Some(known) {
        (&raw const *table).cast()
    } else {
        std::ptr::null()
    }
}

/// # Safety
/// `setup` and `instance` must be as the contract says of `create`.
unsafe fn create<T>(
    setup: *const Setup,
    instance: *mut *mut c_void,
    info: Info,
    check: fn(&Values<'_>) -> Result<(), String>,
    new: fn(&Values<'_>, u64) -> T,
) -> i32 {
    // SAFETY: by the caller: it begins with its size as the host knows it.
    if !knows::<Setup>(unsafe { (*setup).size }) {
        return abi::INVALID;
    }
    // SAFETY: by the caller.
    let setup = unsafe { &*setup };
    let values: Vec<_> = (0..setup.value_count as usize)
        // SAFETY: by the caller: `value_count` values, `value_stride` apart.
        .map(|i| unsafe { *setup.values.byte_add(i * setup.value_stride) })
        .collect();
    // SAFETY: by the caller: texts are readable during the call.
    let Some(values) = (unsafe { Values::new(info.params, &values) }) else {
        return abi::INVALID;
    };
    let make = || check(&values).map(|()| Box::new(new(&values, setup.seed)));
    match panics::caught(make) {
        Ok(Ok(made)) => {
            // SAFETY: by the caller: `instance` is writable.
            unsafe { *instance = Box::into_raw(made).cast() };
            abi::OK
        }
        Ok(Err(why)) => {
            explain(setup, &why);
            abi::INVALID
        }
        Err(what) => {
            explain(setup, &what);
            abi::PANICKED
        }
    }
}

fn explain(setup: &Setup, line: &str) {
    if let Some(explain) = setup.explain {
        let line = Str {
            ptr: line.as_ptr(),
            len: line.len(),
        };
        // SAFETY: the contract: called during `create` with the setup's own
        // ctx; the line outlives the call.
        unsafe { explain(setup.ctx, line) };
    }
}

unsafe extern "C" fn destroy<T>(instance: *mut c_void) {
    // SAFETY: the contract: `instance` comes from `create` and is not used again.
    let made = unsafe { Box::from_raw(instance.cast::<T>()) };
    // Nobody hears of what happens here.
    let _ = panics::caught(|| drop(made));
}
