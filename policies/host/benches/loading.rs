//! What a hundred plugins cost at the start of a program: they were tried before.
//!
//! Build the plugins first: `cargo build --release --workspace`.

use std::env::consts::{DLL_PREFIX, DLL_SUFFIX};
use std::fs;
use std::io::Write;

use criterion::{Criterion, criterion_group, criterion_main};
use segue_policy_host::{Registry, SearchPath};

const PLUGINS: usize = 100;

fn loading(c: &mut Criterion) {
    let bundled = Registry::open(&SearchPath::new([]));
    let needs = "build the plugins first: cargo build --release --workspace";
    let plugin = bundled.policy("deadline").expect(needs);
    let bytes = fs::read(plugin.path()).expect(needs);
    let folder = tempfile::tempdir().expect("a folder");
    for number in 0..PLUGINS {
        let name = format!("{DLL_PREFIX}plugin_{number}{DLL_SUFFIX}");
        let mut file = fs::File::create(folder.path().join(name)).expect("a file");
        file.write_all(&bytes).expect("room");
        // Each is another file to the registry.
        writeln!(file, "{number}").expect("room");
    }
    let path = SearchPath::only([folder.path().to_path_buf()]);
    c.bench_function("a hundred plugins", |b| {
        b.iter(|| {
            let registry = Registry::open(&path);
            assert_eq!(
                registry.shadowed().len() + registry.plugins().len(),
                PLUGINS
            );
        });
    });
    let mut registry = Registry::open(&path);
    c.bench_function("a hundred plugins, nothing new", |b| {
        b.iter(|| registry.rescan());
    });
}

criterion_group!(benches, loading);
criterion_main!(benches);
