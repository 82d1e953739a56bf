//! The C header says the same as the Rust tables, and a policy in C works.
//! (Their comments are compared by the contract's own tests.)

use std::collections::BTreeMap;
use std::mem::offset_of;
use std::path::Path;
use std::process::Command;

use segue_policy::Decision;
use segue_policy::abi;

use segue_policy::testing::{Deed, Session};

use crate::support::{S, Scene, compile, load, policy};

/// Lines as `layout.c` prints them. Naming every field of a table here is
/// checked by the compiler: the pattern has no `..`.
macro_rules! layout {
    ($($rust:ident = $c:ident { $($field:ident $(as $name:ident)?),+ })+) => {{
        let mut lines: Vec<String> = Vec::new();
        $(
            let _all_fields = |table: &abi::$rust| {
                let abi::$rust { $($field: _),+ } = table;
            };
            lines.push(format!("{} {}", stringify!($c), size_of::<abi::$rust>()));
            $(
                #[allow(unused_mut, unused_assignments)]
                let mut name = stringify!($field);
                $(name = stringify!($name);)?
                lines.push(format!("{}.{name} {}", stringify!($c), offset_of!(abi::$rust, $field)));
            )+
        )+
        lines
    }};
}

macro_rules! constants {
    ($($name:ident)+) => {
        vec![$(format!("{} {}", stringify!($name), abi::$name)),+]
    };
}

pub fn rust_side() -> Vec<String> {
    let mut lines = layout! {
        Str = segue_str {
            ptr, len
        }
        Entry = segue_entry {
            major, minor, size, reserved, interface as interface_table
        }
        Param = segue_param {
            kind, choice_count, name, unit, help, min, max, default as
            default_value, default_text, choices
        }
        Descriptor = segue_descriptor {
            size, param_count, param_stride, reserved, name, version, summary,
            params
        }
        Value = segue_value {
            number, text
        }
        Setup = segue_setup {
            size, value_count, value_stride, values, seed, ctx, explain
        }
        RawSeeder = segue_seeder {
            flags, stream_highest, rtt_ns, rtt_var_ns, loss, delivery_rate,
            last_heard_ns, joined_ns, outstanding, reserved, has
        }
        RawAsk = segue_ask {
            packet, times, last_ns, seeder, reserved, id
        }
        RawArrival = segue_arrival {
            packet, seeder, at_ns, flags, reserved
        }
        RawView = segue_view {
            size, flags, now_ns, next_due_ns, state_since_ns, state, playhead,
            packets, here_count, samples_per_packet, sample_rate, here,
            here_words, seeders, seeder_stride, asks, ask_stride, arrivals,
            arrival_stride, arrival_count, seeder_count, ask_count, ask_end
        }
        RawDecision = segue_decision {
            kind, packet
        }
        RawRange = segue_range {
            first, count, step, reserved
        }
        RawActions = segue_actions {
            size, reserved, ctx, stream, request, cancel, wake_at, log,
            playback_rate, repair, extension, let_arrivals_wait, let_frames_play
        }
        PolicyTable = segue_policy_table {
            size, reserved, descriptor, create, destroy, decide, extension
        }
        RawDatagram = segue_datagram {
            size, link, direction, bytes, now_ns, index, traffic, reserved
        }
        RawFate = segue_fate {
            copies, reserved, delay_ns
        }
        NetworkTable = segue_network_table {
            size, reserved, descriptor, create, destroy, transit, extension
        }
    };
    lines.extend(constants! {
        MAJOR MINOR OK UNSUPPORTED INVALID FULL PANICKED PARAM_NUMBER
        PARAM_INTEGER PARAM_FLAG PARAM_CHOICE PARAM_TEXT PARAM_FILE
        VIEW_FRAME_DUE VIEW_PACED STATE_STARTING STATE_PLAYING STATE_HOLDING
        SEEDER_ALIVE SEEDER_STREAMING SEEDER_STREAM_ENDED SEEDER_RANDOM
        NO_PACKET ARRIVAL_DUPLICATE ARRIVAL_LATE ARRIVAL_STREAM DECIDE_HOLD
        DECIDE_PLAY DECIDE_SKIP_TO DECIDE_CONCEAL TO_LISTENER TO_SEEDER
        TRAFFIC_MEDIA TRAFFIC_CONTROL MAX_COPIES ENTRY_SYMBOL POLICY_INTERFACE NETWORK_INTERFACE
    });
    lines
}

fn cc(arguments: &[&str]) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"));
    let output = Command::new("cc")
        .args(["-Wall", "-Wextra", "-Werror", "-pedantic", "-I"])
        .arg(folder.join("../contract/include"))
        .args(arguments)
        .current_dir(folder.join("tests/it"))
        .output()
        .expect("these tests need a C compiler named cc");
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
}

#[test]
fn header_and_rust_tables_have_the_same_layout() {
    let folder = tempfile::tempdir().unwrap();
    let program = folder.path().join("layout");
    cc(&["-std=c99", "-o", program.to_str().unwrap(), "c/layout.c"]);
    let output = Command::new(&program).output().unwrap();
    let output = String::from_utf8(output.stdout).unwrap();
    let index = |lines: &mut dyn Iterator<Item = String>| -> BTreeMap<String, String> {
        lines
            .filter_map(|line| {
                let (name, value) = line.split_once(' ')?;
                Some((name.to_owned(), value.to_owned()))
            })
            .collect()
    };
    let c = index(&mut output.lines().map(str::to_owned));
    let rust = index(&mut rust_side().into_iter());
    assert!(rust.len() > 150);
    assert_eq!(c, rust);
}

#[test]
fn the_header_compiles_as_c99_and_as_c11() {
    for standard in ["-std=c99", "-std=c11"] {
        for source in ["c/first_come.c", "c/every_kind.c", "c/layout.c"] {
            cc(&[standard, "-fsyntax-only", source]);
        }
    }
}

#[test]
fn a_policy_in_c_loads_and_decides() {
    let folder = tempfile::tempdir().unwrap();
    let plugin = load(&compile(
        "c/first_come.c",
        &[],
        &folder.path().join("first_come.so"),
    ));
    assert_eq!(
        (plugin.name(), plugin.summary()),
        ("first-come", "plays what is here, in C")
    );
    let mut policy = plugin.defaults().policy(0).unwrap();
    drop(plugin); // the instance keeps its library
    let mut scene = Scene::new(100, 2);
    let (answer, record) = scene.ask(&mut *policy);
    assert_eq!(answer, Decision::Hold);
    assert_eq!(record.streams, [(0, 0), (1, 0)]);
    assert_eq!(record.requests, [(0, vec![0])]);
    assert_eq!(record.wake_ns, Some(S / 2));
    assert_eq!(record.lines, ["nothing is here: waiting"]);
    scene.put([0, 65]);
    assert_eq!(scene.ask(&mut *policy).0, Decision::Play);
    scene.playhead = 1;
    assert_eq!(scene.ask(&mut *policy).0, Decision::SkipTo(65));
}

#[test]
fn the_example_in_c_does_what_stop_1s_does() {
    let folder = tempfile::tempdir().unwrap();
    let source = "../../../examples/good/stop.c";
    let plugin = load(&compile(source, &[], &folder.path().join("stop.so")));
    for (network, loss) in [
        (Session::new(700), 0.0),
        (Session::new(700).seeders(2), 0.6),
    ] {
        let network = network.loss(loss);
        let in_c = network.play(&mut *plugin.defaults().policy(1).unwrap());
        assert!(in_c.finished && in_c.refused.is_empty(), "{in_c}");
        let waits = |deed: &&(u64, Deed)| matches!(deed.1, Deed::Wake(_));
        assert!(in_c.deeds.iter().filter(waits).count() > 0, "{in_c}");
        assert_eq!(in_c, network.play(&mut *policy("stop-1s", 1)));
    }
}
