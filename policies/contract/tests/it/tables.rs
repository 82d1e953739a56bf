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
    const INFO: Info = Info::new("panics", "1.0.0", "panics").with_params(&[Param::number(
        "early",
        "",
        (0.0, 2.0),
        0.0,
        "1: panic in new, 2: refuse",
    )]);

    fn check(values: &Values<'_>) -> Result<(), String> {
        if values.number("early") == 2.0 {
            return Err("two is too early".into());
        }
        Ok(())
    }

    fn new(values: &Values<'_>, _seed: u64) -> Self {
        assert!(values.number("early") == 0.0, "as asked");
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

unsafe extern "C" fn explain(ctx: *mut c_void, line: Str) -> i32 {
    // SAFETY: `create` below passes a `String`, and a line is readable.
    unsafe { *ctx.cast::<String>() = line.get().unwrap().to_owned() };
    abi::OK
}

fn create(values: &[f64]) -> (i32, *mut c_void) {
    let (status, instance, _) = explained(values);
    (status, instance)
}

fn explained(values: &[f64]) -> (i32, *mut c_void, String) {
    let mut why = String::new();
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
        ctx: (&raw mut why).cast(),
        explain: Some(explain),
    };
    let mut instance = ptr::null_mut();
    // SAFETY: both outlive the call.
    let status = unsafe { table().create.unwrap()(&setup, &mut instance) };
    (status, instance, why)
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
    let [line] = &record.lines[..] else {
        panic!("{:?}", record.lines);
    };
    assert!(line.starts_with("panicked: no idea what to do ("), "{line}");
    assert!(line.contains("tables.rs:"), "where it happened: {line}");
    // SAFETY: created above, not used again.
    unsafe { table().destroy.unwrap()(instance) };
}

#[test]
fn a_panic_in_new_leaves_nothing_behind_but_its_message() {
    let (status, instance, why) = explained(&[1.0]);
    assert_eq!((status, instance), (abi::PANICKED, ptr::null_mut()));
    assert!(why.starts_with("as asked ("), "{why}");
}

#[test]
fn refused_values_are_explained() {
    assert_eq!(
        explained(&[2.0]),
        (abi::INVALID, ptr::null_mut(), "two is too early".into())
    );
}

#[test]
fn another_number_of_values_is_refused() {
    assert_eq!(create(&[]), (abi::INVALID, ptr::null_mut()));
    assert_eq!(create(&[0.0, 0.0]), (abi::INVALID, ptr::null_mut()));
}
