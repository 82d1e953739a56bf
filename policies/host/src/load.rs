//! From a file to a checked plugin: a straight list of checks.

mod copies;
mod describe;

use std::ffi::c_void;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use segue_policy::abi::{
    self, CreateFn, Descriptor, DestroyFn, Entry, EntryFn, NetworkTable, PolicyTable, RawActions,
    RawDatagram, RawDecision, RawFate, RawView, Str,
};
use tempfile::TempDir;
use thiserror::Error;

pub(crate) use copies::sweep;

use crate::config::Configured;
use crate::image;
use crate::plugin::{About, Kind, Plugin};
use crate::search::Origin;

/// A file was refused as a plugin.
#[derive(Debug, Error)]
#[error("{}: {reason}", path.display())]
pub struct LoadError {
    /// The file.
    pub path: PathBuf,
    /// Why, and what to do.
    pub reason: Reason,
}

/// Why a file was refused as a plugin, in the order of the checks.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum Reason {
    /// A folder, a device or the like.
    #[error("it is not a regular file; take it out of the plugin folder")]
    NotAFile,
    /// It could not be read.
    #[error("it cannot be read ({0}); check its permissions")]
    Unreadable(#[source] io::Error),
    /// Its headers are not those of a whole shared library of this platform.
    #[error("{0}; copy a plugin that was built for this machine here, whole")]
    NotALibrary(String),
    /// The copy that is to be loaded could not be made.
    #[error("it cannot be copied aside ({0}); make room in the folder for temporary files")]
    Copy(#[source] io::Error),
    /// The system's loader refused it.
    #[error(
        "the system cannot load it ({0}); it may lack a library or be damaged: rebuild it here"
    )]
    System(#[source] libloading::Error),
    /// It does not export the entry symbol.
    #[error(
        "it is a shared library but no Segue plugin: it does not export `{}`; \
         use export_policy! or export_network!",
        abi::ENTRY_SYMBOL
    )]
    NoSymbol,
    /// The entry function answered null.
    #[error("its entry function answers null; it must answer its entry table")]
    NullEntry,
    /// Another major version of the contract.
    #[error(
        "it was built for version {found} of the plugin contract, this program has version {0}; \
         rebuild it with version {0} of segue-policy",
        abi::MAJOR
    )]
    Version {
        /// The version that it was built for.
        found: u32,
    },
    /// A table is smaller than that of version 1.0.
    #[error(
        "its {table} has {found} bytes, at least {needed} are needed; \
         set `size` to the size of the whole table"
    )]
    TooSmall {
        /// Which table.
        table: &'static str,
        /// Its size as the plugin says.
        found: u32,
        /// The least size.
        needed: usize,
    },
    /// Neither policy nor network model.
    #[error(
        "it is neither a policy (`{}`) nor a network model (`{}`); \
         its `interface` must answer one of them",
        abi::POLICY_INTERFACE,
        abi::NETWORK_INTERFACE
    )]
    NoInterface,
    /// A function pointer is null.
    #[error("its function `{0}` is missing; every function but `extension` must be there")]
    MissingFunction(&'static str),
    /// A pointer is null or not aligned.
    #[error("its pointer to {0} is null or not aligned; it must point to a static table")]
    BadPointer(&'static str),
    /// What it says of itself makes no sense.
    #[error("its description makes no sense: {0}; correct it and rebuild")]
    Description(String),
    /// A parameter that it describes makes no sense.
    #[error("its parameter {name} makes no sense: {what}; correct it and rebuild")]
    Parameter {
        /// Name of the parameter, or its number if that is what is wrong.
        name: String,
        /// What is wrong.
        what: String,
    },
    /// It could not make an instance with its own defaults.
    #[error("it fails with its own defaults: {0}; correct it and rebuild")]
    Trial(String),
}

/// A file's bytes, read once.
pub(crate) struct Source {
    path: PathBuf,
    bytes: Vec<u8>,
    hash: String,
    origin: Origin,
}

impl Source {
    pub(crate) fn read(path: &Path) -> Result<Self, LoadError> {
        let refused = |reason| refused(path, reason);
        let about = fs::metadata(path).map_err(|e| refused(Reason::Unreadable(e)))?;
        if !about.is_file() {
            return Err(refused(Reason::NotAFile));
        }
        let bytes = fs::read(path).map_err(|e| refused(Reason::Unreadable(e)))?;
        let hash = blake3::hash(&bytes).to_hex()[..16].to_owned();
        Ok(Self {
            path: path.to_path_buf(),
            bytes,
            hash,
            origin: Origin::Named,
        })
    }

    /// The same, found by this way.
    pub(crate) fn found_by(mut self, origin: Origin) -> Self {
        self.origin = origin;
        self
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    pub(crate) fn len(&self) -> usize {
        self.bytes.len()
    }

    pub(crate) fn hash(&self) -> &str {
        &self.hash
    }
}

/// A library that is loaded, and the functions in it. Unloaded when dropped.
pub(crate) struct Library {
    pub functions: Functions,
    // Dropped in this order: the library is closed before its file goes.
    _handle: libloading::Library,
    _copy: Option<TempDir>,
}

/// An open library and, where it must stay, the folder of its copy.
type Opened = (libloading::Library, Option<TempDir>);

/// What instances call.
#[derive(Clone, Copy)]
pub(crate) struct Functions {
    pub create: CreateFn,
    pub destroy: DestroyFn,
    pub work: Work,
}

pub(crate) type DecideFn =
    unsafe extern "C" fn(*mut c_void, *const RawView, *const RawActions, *mut RawDecision) -> i32;
pub(crate) type TransitFn =
    unsafe extern "C" fn(*mut c_void, *const RawDatagram, *mut RawFate) -> i32;

#[derive(Clone, Copy)]
pub(crate) enum Work {
    Decide(DecideFn),
    Transit(TransitFn),
}

/// Loads and checks a file that was read.
pub(crate) fn load(source: &Source) -> Result<Plugin, LoadError> {
    checked(source).map_err(|reason| refused(&source.path, reason))
}

fn refused(path: &Path, reason: Reason) -> LoadError {
    LoadError {
        path: path.to_path_buf(),
        reason,
    }
}

fn checked(source: &Source) -> Result<Plugin, Reason> {
    image::check(&source.bytes).map_err(Reason::NotALibrary)?;
    let (handle, copy) = open_copy(source)?;
    // SAFETY: the contract gives the symbol of this name this type.
    let symbol = unsafe { handle.get::<EntryFn>(abi::ENTRY_SYMBOL.as_bytes()) };
    let entry = *symbol.map_err(|_| Reason::NoSymbol)?;
    // SAFETY: the contract: callable any number of times, from any thread.
    let entry = unsafe { entry() };
    if entry.is_null() {
        return Err(Reason::NullEntry);
    }
    aligned(entry, "its entry table")?;
    // SAFETY: every entry of every version begins with `major`; aligned above.
    let major = unsafe { (*entry).major };
    if major != abi::MAJOR {
        return Err(Reason::Version { found: major });
    }
    // SAFETY: this major version has `size` at this place.
    large_enough::<Entry>("entry table", unsafe { (*entry).size })?;
    // SAFETY: the entry is as large as ours at least, static, and read-only.
    let interface = unsafe { (*entry).interface };
    let interface = interface.ok_or(Reason::MissingFunction("interface"))?;
    // SAFETY: the contract: any thread, any time; the id is a static text.
    let (policy, network) = unsafe {
        (
            interface(Str::new(abi::POLICY_INTERFACE)).cast::<PolicyTable>(),
            interface(Str::new(abi::NETWORK_INTERFACE)).cast::<NetworkTable>(),
        )
    };
    // A file that is both counts as a policy: one file, one plugin.
    let (kind, functions, descriptor) = if !policy.is_null() {
        let (functions, descriptor) = policy_functions(policy)?;
        (Kind::Policy, functions, descriptor)
    } else if !network.is_null() {
        let (functions, descriptor) = network_functions(network)?;
        (Kind::Network, functions, descriptor)
    } else {
        return Err(Reason::NoInterface);
    };
    aligned(descriptor, "its descriptor")?;
    // SAFETY: not null, aligned; every descriptor begins with its size.
    large_enough::<Descriptor>("descriptor", unsafe { (*descriptor).size })?;
    // SAFETY: the descriptor is as large as ours at least, static, read-only.
    let text = describe::read(unsafe { &*descriptor })?;
    let about = About {
        kind,
        name: text.name,
        version: text.version,
        summary: text.summary,
        path: source.path.clone(),
        hash: source.hash.clone(),
        origin: source.origin,
        params: text.params,
    };
    let library = Library {
        functions,
        _handle: handle,
        _copy: copy,
    };
    let plugin = Plugin::new(about, Arc::new(library));
    if let Some(defaults) = Configured::trial(&plugin) {
        defaults
            .instance(0)
            .map_err(|status| Reason::Trial(status.to_string()))?;
    }
    Ok(plugin)
}

fn policy_functions(table: *const PolicyTable) -> Result<(Functions, *const Descriptor), Reason> {
    aligned(table, "its policy table")?;
    // SAFETY: aligned and not null; every table begins with its size.
    large_enough::<PolicyTable>("policy table", unsafe { (*table).size })?;
    // SAFETY: the table is as large as ours at least, static, and read-only.
    let table = unsafe { &*table };
    let functions = Functions {
        create: table.create.ok_or(Reason::MissingFunction("create"))?,
        destroy: table.destroy.ok_or(Reason::MissingFunction("destroy"))?,
        work: Work::Decide(table.decide.ok_or(Reason::MissingFunction("decide"))?),
    };
    Ok((functions, table.descriptor))
}

fn network_functions(table: *const NetworkTable) -> Result<(Functions, *const Descriptor), Reason> {
    aligned(table, "its network table")?;
    // SAFETY: aligned and not null; every table begins with its size.
    large_enough::<NetworkTable>("network table", unsafe { (*table).size })?;
    // SAFETY: the table is as large as ours at least, static, and read-only.
    let table = unsafe { &*table };
    let functions = Functions {
        create: table.create.ok_or(Reason::MissingFunction("create"))?,
        destroy: table.destroy.ok_or(Reason::MissingFunction("destroy"))?,
        work: Work::Transit(table.transit.ok_or(Reason::MissingFunction("transit"))?),
    };
    Ok((functions, table.descriptor))
}

fn aligned<T>(table: *const T, what: &'static str) -> Result<(), Reason> {
    if table.is_null() || !table.is_aligned() {
        return Err(Reason::BadPointer(what));
    }
    Ok(())
}

/// Larger is fine: a newer minor version.
fn large_enough<T>(table: &'static str, found: u32) -> Result<(), Reason> {
    let needed = size_of::<T>();
    if (found as usize) < needed {
        return Err(Reason::TooSmall {
            table,
            found,
            needed,
        });
    }
    Ok(())
}

/// Loads a copy, so that the original may be replaced or overwritten.
fn open_copy(source: &Source) -> Result<Opened, Reason> {
    let mut first = None;
    for parent in copies::parents() {
        // The usual place is there; if it cannot be made, copying tells.
        let _ = fs::create_dir_all(&parent);
        match open_copy_in(&parent, source) {
            Err(reason @ (Reason::System(_) | Reason::Copy(_))) => first = first.or(Some(reason)),
            answer => return answer,
        }
    }
    Err(first.unwrap_or_else(|| Reason::Copy(io::ErrorKind::NotFound.into())))
}

fn open_copy_in(parent: &Path, source: &Source) -> Result<Opened, Reason> {
    let folder = copies::folder(parent).map_err(Reason::Copy)?;
    let copy = folder
        .path()
        .join(source.path.file_name().unwrap_or("plugin".as_ref()));
    fs::write(&copy, &source.bytes).map_err(Reason::Copy)?;
    let handle = open(&copy).map_err(Reason::System)?;
    // Where a loaded file can be removed it is, so that nothing stays behind
    // however the program ends.
    Ok((handle, (!cfg!(unix)).then_some(folder)))
}

/// Resolves every symbol at once: a missing one is refused here instead of
/// ending the process later.
#[cfg(unix)]
fn open(path: &Path) -> Result<libloading::Library, libloading::Error> {
    use libloading::os::unix::{Library, RTLD_LOCAL, RTLD_NOW};
    // SAFETY: loading runs the library's initialisers; whoever puts a file
    // into a plugin folder trusts it, as the crate's documentation says.
    unsafe { Library::open(Some(path), RTLD_NOW | RTLD_LOCAL) }.map(Into::into)
}

#[cfg(not(unix))]
fn open(path: &Path) -> Result<libloading::Library, libloading::Error> {
    // SAFETY: as above.
    unsafe { libloading::Library::new(path) }
}
