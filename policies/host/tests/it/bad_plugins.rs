//! Whatever lies in a plugin folder: it is refused with its path and the
//! reason, and the rest load.

use std::fs;
use std::path::PathBuf;

use segue_policy::Decision;
use segue_policy::host::Fault;
use segue_policy::{Datagram, Direction, Fate, Traffic};
use segue_policy_host::{LoadError, Plugin, Reason, Registry, SearchPath};

use crate::support::{Scene, built, bundled, compile, library, load};

const DATAGRAM: Datagram = Datagram {
    link: 0,
    direction: Direction::ToListener,
    traffic: Traffic::Media,
    bytes: 1,
    now_ns: 0,
    index: 0,
};

fn refused(name: &str, defines: &[&str]) -> LoadError {
    let folder = tempfile::tempdir().unwrap();
    let file = compile("bad/bad.c", defines, &folder.path().join(name));
    let error = Plugin::load(&file).expect_err(name);
    assert_eq!(error.path, file);
    error
}

macro_rules! refuses {
    ($($test:ident: $define:literal => $reason:pat,)+) => {$(
        #[test]
        fn $test() {
            let error = refused(concat!(stringify!($test), ".so"), &[$define]);
            assert!(matches!(error.reason, $reason), "{error}");
        }
    )+};
}

refuses! {
    no_symbol: "NO_SYMBOL" => Reason::NoSymbol,
    null_entry: "NULL_ENTRY" => Reason::NullEntry,
    wrong_major: "MAJOR=2" => Reason::Version { found: 2 },
    small_entry: "ENTRY_SIZE=16" => Reason::TooSmall { table: "entry table", found: 16, .. },
    no_interface_function: "NO_INTERFACE_FUNCTION" => Reason::MissingFunction("interface"),
    no_interface: "NO_INTERFACE" => Reason::NoInterface,
    small_table: "TABLE_SIZE=40" => Reason::TooSmall { table: "policy table", found: 40, .. },
    no_create: "CREATE=0" => Reason::MissingFunction("create"),
    no_destroy: "DESTROY=0" => Reason::MissingFunction("destroy"),
    no_decide: "DECIDE=0" => Reason::MissingFunction("decide"),
    no_descriptor: "DESCRIPTOR=0" => Reason::BadPointer("its descriptor"),
    small_descriptor: "DESCRIPTOR_SIZE=8" => Reason::TooSmall { table: "descriptor", .. },
    bad_name: "NAME=\"Bad Name\"" => Reason::Description(_),
    bad_version: "VERSION=\"one\"" => Reason::Description(_),
    not_utf8: "SUMMARY=\"\\xff\\xfe\"" => Reason::Description(_),
    several_lines: "SUMMARY=\"a\\nb\"" => Reason::Description(_),
    too_many_params: "PARAM_COUNT=100000" => Reason::Description(_),
    bad_param_kind: "PARAM_KIND=9" => Reason::Parameter { .. },
    bad_param_range: "PARAM_MAX=0.5" => Reason::Parameter { .. },
    trial_fails: "CREATE_STATUS=2" => Reason::Trial(_),
    trial_panics: "CREATE_STATUS=4" => Reason::Trial(_),
}

#[test]
fn the_reason_says_what_to_do() {
    let error = refused("other.so", &["MAJOR=2"]).to_string();
    assert!(
        error.ends_with(
            "other.so: it was built for version 2 of the plugin contract, \
             this program has version 1; rebuild it with version 1 of segue-policy"
        ),
        "{error}"
    );
}

#[test]
fn a_plugin_of_a_higher_minor_version_loads_and_works() {
    let folder = tempfile::tempdir().unwrap();
    // Longer tables, and an extension of which nobody here knows.
    let defines = [
        "MINOR=7",
        "ENTRY_SIZE=64",
        "TABLE_SIZE=64",
        "DESCRIPTOR_SIZE=128",
        "EXTENSION=extension",
        "KIND=SEGUE_DECIDE_SKIP_TO",
    ];
    for kind in ["POLICY", "NETWORK"] {
        let file = folder.path().join(format!("{kind}.so"));
        let plugin = load(&compile(
            "bad/bad.c",
            &[&defines[..], &[kind]].concat(),
            &file,
        ));
        if kind == "NETWORK" {
            let mut network = plugin.defaults().network(0).unwrap();
            assert_eq!(network.transit(&DATAGRAM), Ok(Fate::after_ns(0)));
            continue;
        }
        let mut policy = plugin.defaults().policy(0).unwrap();
        let mut scene = Scene::new(10, 1);
        scene.put([0]);
        assert_eq!(scene.ask(&mut *policy).0, Decision::SkipTo(0));
    }
}

#[test]
fn what_is_no_library_is_not_even_loaded() {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str, bytes: &[u8]| -> PathBuf {
        let path = folder.path().join(name);
        fs::write(&path, bytes).unwrap();
        path
    };
    bundled();
    let whole = fs::read(built().join(library("segue_playout_stop_1s"))).unwrap();
    for (path, says) in [
        (file("text.so", b"just a text"), "not a shared library"),
        (file("empty.so", b""), "not a shared library"),
        (file("half.so", &whole[..whole.len() / 2]), "cut short"),
        (file("head.so", &whole[..100]), "cut short"),
        (file("almost.so", &whole[..whole.len() - 1]), "cut short"),
    ] {
        let error = Plugin::load(&path).unwrap_err();
        assert!(matches!(error.reason, Reason::NotALibrary(_)), "{error}");
        assert!(error.to_string().contains(says), "{error}");
    }
    let error = Plugin::load(folder.path()).unwrap_err();
    assert!(matches!(error.reason, Reason::NotAFile), "{error}");
    let error = Plugin::load(&folder.path().join("none.so")).unwrap_err();
    assert!(matches!(error.reason, Reason::Unreadable(_)), "{error}");
}

#[test]
fn the_rest_load() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    fs::write(at("a.so"), "no library").unwrap();
    compile("bad/bad.c", &["NULL_ENTRY"], &at("b.so"));
    compile("c/first_come.c", &[], &at("c.so"));
    fs::create_dir(at("d.so")).unwrap();
    let registry = Registry::open(&SearchPath::only([folder.path().to_path_buf()]));
    assert_eq!(registry.plugins().len(), 1);
    let refused: Vec<_> = registry.refused().iter().map(|r| r.path.clone()).collect();
    assert_eq!(refused, [at("a.so"), at("b.so"), at("d.so")]);
}

#[test]
fn an_instance_that_failed_is_not_called_again() {
    for (defines, fault) in [
        (&["STATUS=4"][..], Fault::Panicked),
        (&["STATUS=2"], Fault::Status(2)),
        (&["STATUS=-5"], Fault::Status(-5)),
        (&["KIND=99"], Fault::Nonsense),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let defines = [defines, &["ONCE"]].concat();
        let plugin = load(&compile("bad/bad.c", &defines, &folder.path().join("x.so")));
        let mut policy = plugin.defaults().policy(0).unwrap();
        let mut scene = Scene::new(10, 1);
        // Called again it would answer sensibly (ONCE), so it is not called.
        for _ in 0..3 {
            assert_eq!(scene.decide(&mut *policy).0, Err(fault), "{defines:?}");
        }
        let mut fresh = plugin.defaults().policy(0).unwrap();
        assert_eq!(scene.decide(&mut *fresh).0, Err(fault));
    }
}

#[test]
fn without_a_fault_the_same_source_is_a_good_policy() {
    let folder = tempfile::tempdir().unwrap();
    let plugin = load(&compile("bad/bad.c", &[], &folder.path().join("good.so")));
    let mut policy = plugin.defaults().policy(0).unwrap();
    assert_eq!(Scene::new(10, 1).ask(&mut *policy).0, Decision::Hold);
}

#[test]
fn a_network_model_that_failed_is_not_called_again() {
    for (defines, fault) in [
        (&["COPIES=5"][..], Fault::Nonsense),
        (&["STATUS=3"], Fault::Status(3)),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let defines = [defines, &["NETWORK", "ONCE"]].concat();
        let plugin = load(&compile("bad/bad.c", &defines, &folder.path().join("n.so")));
        let mut network = plugin.defaults().network(0).unwrap();
        for _ in 0..3 {
            assert_eq!(network.transit(&DATAGRAM), Err(fault));
        }
    }
}
