//! The tables that the export macros make of a Rust type, as a host sees them.

use std::ffi::c_void;
use std::ptr;

use segue_policy::abi::{self, PolicyTable, RawDecision, Setup, Str, Value};
use segue_policy::export::PolicyTables;
use segue_policy::host::with_actions;
use segue_policy::{Actions, Decision, Info, Param, PlayoutPolicy, Values, View};

use crate::testing::{Record, Scene};

struct Panics;

impl PlayoutPolicy for Panics {
    const INFO: Info = Info::new("panics", "1.0.0", "panics").with_params(&[Param::flag(
        "early",
        false,
        "panic in new",
    )]);

    fn new(values: &Values<'_>, _seed: u64) -> Self {
        assert!(!values.flag("early"), "as asked");
        Self
    }

    fn decide(&mut self, _view: &View<'_>, _actions: &mut Actions<'_>) -> Decision {
        panic!("no idea what to do")
    }
}

fn table() -> &'static PolicyTable {
    let entry = PolicyTables::<Panics>::ENTRY;
    assert_eq!(entry.major, abi::MAJOR);
    let interface = entry.interface.unwrap();
    // SAFETY: the ids are static text.
    unsafe {
        assert!(interface(Str::new(abi::NETWORK_INTERFACE)).is_null());
        assert!(interface(Str::new("")).is_null());
        &*interface(Str::new(abi::POLICY_INTERFACE)).cast()
    }
}

fn create(values: &[f64]) -> (i32, *mut c_void) {
    let values: Vec<Value> = values
        .iter()
        .map(|&number| Value {
            number,
            text: Str::new(""),
        })
        .collect();
    let setup = Setup {
        size: size_of::<Setup>() as u32,
        value_count: values.len() as u32,
        value_stride: size_of::<Value>(),
        values: values.as_ptr(),
        seed: 0,
    };
    let mut instance = ptr::null_mut();
    // SAFETY: both outlive the call.
    let status = unsafe { table().create.unwrap()(&setup, &mut instance) };
    (status, instance)
}

#[test]
fn a_panic_in_decide_becomes_a_status_and_a_line() {
    let (status, instance) = create(&[0.0]);
    assert_eq!(status, abi::OK);
    let scene = Scene::new(10, 1);
    let view = scene.view();
    let mut record = Record::default();
    let mut answer = RawDecision::default();
    let status = with_actions(&mut record, |actions| {
        // SAFETY: the instance was created above; the rest is borrowed for the
        // call.
        unsafe { table().decide.unwrap()(instance, view.as_raw(), actions.as_raw(), &mut answer) }
    });
    assert_eq!(status, abi::PANICKED);
    assert_eq!(record.lines, ["panicked: no idea what to do"]);
    // SAFETY: created above, not used again.
    unsafe { table().destroy.unwrap()(instance) };
}

#[test]
fn a_panic_in_new_leaves_nothing_behind() {
    assert_eq!(create(&[1.0]), (abi::PANICKED, ptr::null_mut()));
}

#[test]
fn another_number_of_values_is_refused() {
    assert_eq!(create(&[]), (abi::INVALID, ptr::null_mut()));
    assert_eq!(create(&[0.0, 0.0]), (abi::INVALID, ptr::null_mut()));
}
