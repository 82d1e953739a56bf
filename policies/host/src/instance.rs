//! Plugins at work: the contract's traits over the tables.

use std::ffi::c_void;
use std::path::PathBuf;
use std::sync::Arc;

use segue_policy::abi::{self, RawDecision, Setup, Str, Value};
use segue_policy::host::{Fault, Network, Policy};
use segue_policy::{Actions, Datagram, Decision, Fate, View};
use thiserror::Error;

use crate::config::Setting;
use crate::load::{DecideFn, Library, TransitFn, Work};
use crate::plugin::{Kind, ParamInfo, ParamKind, Plugin};

/// No instance could be made.
#[derive(Clone, Debug, Error)]
#[non_exhaustive]
pub enum CreateError {
    /// A policy was wanted and this is a network model, or the other way.
    #[error("{plugin} is a {kind}, and a {wanted} is wanted here")]
    WrongKind {
        /// The plugin.
        plugin: String,
        /// What it is.
        kind: Kind,
        /// What was wanted.
        wanted: Kind,
    },
    /// The plugin refuses its settings, and says why.
    #[error("{settings}: {why}")]
    Refused {
        /// The plugin with its settings, as the user would write them.
        settings: String,
        /// What is wrong, in the plugin's words.
        why: String,
    },
    /// The plugin's `create` failed.
    #[error(
        "{plugin} ({}) cannot start with these settings: {fault}{}{why}",
        path.display(),
        if why.is_empty() { "" } else { ": " }
    )]
    Failed {
        /// The plugin.
        plugin: String,
        /// Its file.
        path: PathBuf,
        /// What it answered.
        fault: Fault,
        /// What it said; may be empty.
        why: String,
    },
}

/// What a status other than `OK` means.
fn fault(status: i32) -> Fault {
    match status {
        abi::PANICKED => Fault::Panicked,
        status => Fault::Status(status),
    }
}

/// An instance in the plugin, ended when dropped.
pub(crate) struct Instance {
    raw: *mut c_void,
    library: Arc<Library>,
}

// SAFETY: the contract: an instance may be used by one thread at a time, not
// always the same one.
unsafe impl Send for Instance {}

impl Instance {
    pub(crate) fn create<'a>(
        plugin: &Plugin,
        values: impl Iterator<Item = (&'a ParamInfo, &'a Setting)>,
        seed: u64,
    ) -> Result<Self, (Fault, String)> {
        let mut why = String::new();
        let values: Vec<Value> = values
            .map(|(param, setting)| value(param, setting))
            .collect();
        let setup = Setup {
            size: size_of::<Setup>() as u32,
            value_count: values.len() as u32,
            value_stride: size_of::<Value>(),
            values: values.as_ptr(),
            seed,
            ctx: (&raw mut why).cast(),
            explain: Some(explain),
        };
        let library = Arc::clone(plugin.library());
        let mut raw = std::ptr::null_mut();
        // SAFETY: function from a checked table of a loaded library; setup and
        // what it points to, and `raw`, outlive the call.
        let status = unsafe { (library.functions.create)(&setup, &mut raw) };
        if status != abi::OK {
            return Err((fault(status), why));
        }
        Ok(Self { raw, library })
    }
}

/// What a plugin says of its settings: one line, at most this long.
const MAX_LINE: usize = 500;

unsafe extern "C" fn explain(ctx: *mut c_void, line: Str) -> i32 {
    // SAFETY: the contract: the text is readable during the call.
    let Some(line) = (unsafe { line.get() }) else {
        return abi::INVALID;
    };
    // It may quote a file, and it goes to a terminal.
    let plain = line.chars().map(|c| if c.is_control() { ' ' } else { c });
    // SAFETY: the contract: called in `create` with the setup's own ctx.
    unsafe { *ctx.cast::<String>() = plain.take(MAX_LINE).collect() };
    abi::OK
}

impl Drop for Instance {
    fn drop(&mut self) {
        // SAFETY: `raw` comes from this library's `create`, which succeeded,
        // and is not used again; the library is dropped after this.
        unsafe { (self.library.functions.destroy)(self.raw) };
    }
}

/// The form in which a setting crosses the boundary; borrows its text.
fn value(param: &ParamInfo, setting: &Setting) -> Value {
    let bytes = |bytes: &[u8]| Str {
        ptr: bytes.as_ptr(),
        len: bytes.len(),
    };
    let number = |number| Value {
        number,
        text: bytes(b""),
    };
    match setting {
        Setting::Number(value) => number(*value),
        Setting::Integer(value) => number(*value as f64),
        Setting::Flag(value) => number(f64::from(u8::from(*value))),
        Setting::Choice(name) => match &param.kind {
            ParamKind::Choice { choices, .. } => {
                number(choices.iter().position(|c| c == name).unwrap_or(0) as f64)
            }
            _ => number(0.0),
        },
        Setting::Text(text) => Value {
            number: 0.0,
            text: bytes(text.as_bytes()),
        },
        Setting::File { contents, .. } => Value {
            number: 0.0,
            text: bytes(contents),
        },
    }
}

/// A policy in a plugin.
pub(crate) struct LoadedPolicy {
    decide: DecideFn,
    instance: Instance,
    fault: Option<Fault>,
}

impl LoadedPolicy {
    pub(crate) fn new(instance: Instance) -> Option<Self> {
        match instance.library.functions.work {
            Work::Decide(decide) => Some(Self {
                decide,
                instance,
                fault: None,
            }),
            Work::Transit(_) => None,
        }
    }

    #[inline]
    fn call(&mut self, view: &View<'_>, actions: &mut Actions<'_>) -> Result<Decision, Fault> {
        let mut answer = RawDecision {
            kind: abi::DECIDE_HOLD,
            packet: 0,
        };
        // SAFETY: the instance is this library's, alive and borrowed mutably,
        // so used by one thread; view, actions and answer outlive the call.
        let status = unsafe {
            (self.decide)(
                self.instance.raw,
                view.as_raw(),
                actions.as_raw(),
                &mut answer,
            )
        };
        if status != abi::OK {
            return Err(fault(status));
        }
        Decision::from_raw(answer).ok_or(Fault::Nonsense)
    }
}

impl Policy for LoadedPolicy {
    fn decide(&mut self, view: &View<'_>, actions: &mut Actions<'_>) -> Result<Decision, Fault> {
        if let Some(fault) = self.fault {
            return Err(fault);
        }
        self.call(view, actions)
            .inspect_err(|&fault| self.fault = Some(fault))
    }
}

/// A network model in a plugin.
pub(crate) struct LoadedNetwork {
    transit: TransitFn,
    instance: Instance,
    fault: Option<Fault>,
}

impl LoadedNetwork {
    pub(crate) fn new(instance: Instance) -> Option<Self> {
        match instance.library.functions.work {
            Work::Transit(transit) => Some(Self {
                transit,
                instance,
                fault: None,
            }),
            Work::Decide(_) => None,
        }
    }

    #[inline]
    fn call(&mut self, datagram: &Datagram, fate: &mut Fate) -> Result<(), Fault> {
        *fate = Fate::LOST;
        let (instance, datagram) = (self.instance.raw, datagram.to_raw());
        // SAFETY: the instance is this library's, alive and borrowed mutably,
        // so used by one thread; datagram and fate outlive the call.
        let status = unsafe { (self.transit)(instance, &datagram, fate.as_raw_mut()) };
        match status {
            abi::OK if fate.is_sensible() => Ok(()),
            abi::OK => Err(Fault::Nonsense),
            status => Err(fault(status)),
        }
    }
}

impl Network for LoadedNetwork {
    fn transit_into(&mut self, datagram: &Datagram, fate: &mut Fate) -> Result<(), Fault> {
        if let Some(fault) = self.fault {
            return Err(fault);
        }
        self.call(datagram, fate)
            .inspect_err(|&fault| self.fault = Some(fault))
    }
}
