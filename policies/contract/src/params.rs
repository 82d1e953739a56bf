//! How a plugin describes itself and its parameters.

use crate::abi;
use crate::abi::{Str, Value};

pub use crate::abi::Param;

/// What a plugin says of itself.
#[derive(Clone, Copy)]
pub struct Info {
    /// Lower-case letters, digits and hyphens; at most 40 bytes. What the user
    /// types, and what must be unique among the plugins.
    pub name: &'static str,
    /// Semantic version, like 1.0.0; `env!("CARGO_PKG_VERSION")` will do.
    pub version: &'static str,
    /// One line of what it does; at most 400 bytes.
    pub summary: &'static str,
    /// Its parameters, at most 256.
    pub params: &'static [Param],
}

impl Info {
    /// A plugin without parameters.
    pub const fn new(name: &'static str, version: &'static str, summary: &'static str) -> Self {
        Self {
            name,
            version,
            summary,
            params: &[],
        }
    }

    /// The same with parameters.
    pub const fn with_params(mut self, params: &'static [Param]) -> Self {
        self.params = params;
        self
    }
}

impl Param {
    const fn base(kind: u32, name: &'static str, help: &'static str) -> Self {
        Self {
            kind,
            choice_count: 0,
            name: Str::new(name),
            unit: Str::new(""),
            help: Str::new(help),
            min: 0.0,
            max: 0.0,
            default: 0.0,
            default_text: Str::new(""),
            choices: std::ptr::null(),
        }
    }

    /// A real number in `unit`, within `range` (both ends included).
    pub const fn number(
        name: &'static str,
        unit: &'static str,
        range: (f64, f64),
        default: f64,
        help: &'static str,
    ) -> Self {
        Self {
            unit: Str::new(unit),
            min: range.0,
            max: range.1,
            default,
            ..Self::base(abi::PARAM_NUMBER, name, help)
        }
    }

    /// A whole number in `unit`, within `range` (both ends included).
    pub const fn integer(
        name: &'static str,
        unit: &'static str,
        range: (i32, i32),
        default: i32,
        help: &'static str,
    ) -> Self {
        Self {
            unit: Str::new(unit),
            min: range.0 as f64,
            max: range.1 as f64,
            default: default as f64,
            ..Self::base(abi::PARAM_INTEGER, name, help)
        }
    }

    /// Yes or no.
    pub const fn flag(name: &'static str, default: bool, help: &'static str) -> Self {
        Self {
            max: 1.0,
            default: if default { 1.0 } else { 0.0 },
            ..Self::base(abi::PARAM_FLAG, name, help)
        }
    }

    /// One of several names; the first is the default. Make the list with
    /// [`choices!`](crate::choices!).
    pub const fn choice(name: &'static str, choices: &'static [Str], help: &'static str) -> Self {
        Self {
            choice_count: choices.len() as u32,
            choices: choices.as_ptr(),
            max: (choices.len() - 1) as f64,
            ..Self::base(abi::PARAM_CHOICE, name, help)
        }
    }

    /// Text of one line.
    pub const fn text(name: &'static str, default: &'static str, help: &'static str) -> Self {
        Self {
            default_text: Str::new(default),
            ..Self::base(abi::PARAM_TEXT, name, help)
        }
    }

    /// The contents of a file that the user names. The host reads it.
    pub const fn file(name: &'static str, help: &'static str) -> Self {
        Self::base(abi::PARAM_FILE, name, help)
    }
}

/// The names for [`Param::choice`].
#[macro_export]
macro_rules! choices {
    ($($name:literal),+ $(,)?) => {
        const { &[$($crate::abi::Str::new($name)),+] }
    };
}

/// The values of an instance's parameters, by name. A name or a kind that is
/// not in the plugin's own [`Info`] is the plugin's bug: it panics, and the
/// host says so when it makes the instance.
pub struct Values<'a> {
    params: &'static [Param],
    values: &'a [Value],
}

impl<'a> Values<'a> {
    /// Values in the order of `params`; both must be equally long.
    ///
    /// # Safety
    /// The texts of `values` must be readable for `'a`.
    pub unsafe fn new(params: &'static [Param], values: &'a [Value]) -> Option<Self> {
        (params.len() == values.len()).then_some(Self { params, values })
    }

    fn find(&self, name: &str, kinds: &[u32]) -> (&'static Param, &'a Value) {
        self.params
            .iter()
            .zip(self.values)
            // SAFETY: a plugin's own parameters hold static text.
            .find(|(param, _)| unsafe { param.name.get() } == Some(name))
            .filter(|(param, _)| kinds.contains(&param.kind))
            .unwrap_or_else(|| panic!("no parameter `{name}` of that kind is declared"))
    }

    /// Value of a number or an integer, in its unit and range.
    pub fn number(&self, name: &str) -> f64 {
        self.find(name, &[abi::PARAM_NUMBER, abi::PARAM_INTEGER])
            .1
            .number
    }

    /// Value of an integer, in its unit and range.
    pub fn integer(&self, name: &str) -> i64 {
        self.find(name, &[abi::PARAM_INTEGER]).1.number as i64
    }

    /// Value of a flag.
    pub fn flag(&self, name: &str) -> bool {
        self.find(name, &[abi::PARAM_FLAG]).1.number != 0.0
    }

    /// Name of the choice.
    pub fn choice(&self, name: &str) -> &'static str {
        let (param, value) = self.find(name, &[abi::PARAM_CHOICE]);
        let index = (value.number as usize).min(param.choice_count as usize - 1);
        // SAFETY: a plugin's own parameters hold `choice_count` static texts.
        unsafe { (*param.choices.add(index)).get() }.unwrap_or_default()
    }

    /// Value of a text; borrowed until `new` returns.
    pub fn text(&self, name: &str) -> &'a str {
        // SAFETY: the host lends its texts for as long as these values live.
        unsafe { self.find(name, &[abi::PARAM_TEXT]).1.text.get() }.unwrap_or_default()
    }

    /// Contents of a file, whatever bytes; empty if the user named none.
    /// Borrowed until `new` returns.
    pub fn file(&self, name: &str) -> &'a [u8] {
        let text = self.find(name, &[abi::PARAM_FILE]).1.text;
        if text.len == 0 || text.ptr.is_null() {
            return &[];
        }
        // SAFETY: the host lends its bytes for as long as these values live.
        unsafe { std::slice::from_raw_parts(text.ptr, text.len) }
    }
}
