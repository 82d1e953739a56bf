//! The built plugins, C sources, and small sessions.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use segue_policy::host::Policy;
use segue_policy_host::{Plugin, PluginSpec, Registry, SearchPath};

pub use segue_policy::testing::{Record, S, Scene};

/// The folder of the built plugins: `target/<profile>`.
pub fn built() -> PathBuf {
    let exe = std::env::current_exe().expect("a test knows its program");
    let folder = exe.parent().and_then(Path::parent).expect("target/profile");
    folder.to_path_buf()
}

/// File name of a built library.
pub fn library(stem: &str) -> String {
    use std::env::consts::{DLL_PREFIX, DLL_SUFFIX};
    format!("{DLL_PREFIX}{stem}{DLL_SUFFIX}")
}

/// The bundled plugins.
pub fn bundled() -> &'static Registry {
    static BUNDLED: OnceLock<Registry> = OnceLock::new();
    BUNDLED.get_or_init(|| {
        let files = [
            "playout_stop_1s",
            "playout_buffered",
            "playout_sequential_recovery",
            "playout_random_recovery",
            "playout_deadline",
            "network_bursts",
            "network_g1050",
            "network_gilbert_elliott",
            "network_none",
            "network_random_delay",
            "network_rate_limit",
            "network_trace",
        ]
        .map(|stem| built().join(library(&format!("segue_{stem}"))));
        for file in &files {
            assert!(
                file.exists(),
                "{} is not there; build the workspace first: cargo build --workspace",
                file.display()
            );
        }
        Registry::open(&SearchPath::only(files))
    })
}

/// A bundled policy with these settings.
pub fn policy(spec: &str, seed: u64) -> Box<dyn Policy> {
    let spec: PluginSpec = spec.parse().unwrap();
    let plugin = bundled().policy(spec.name()).unwrap();
    plugin.configure(&spec).unwrap().policy(seed).unwrap()
}

/// Compiles a C source of this folder into a library in `out`.
pub fn compile(source: &str, defines: &[&str], out: &Path) -> PathBuf {
    let header = Path::new(env!("CARGO_MANIFEST_DIR")).join("../contract/include");
    compile_with(&header, source, defines, out)
}

/// The same with the contract's header from this folder.
pub fn compile_with(header: &Path, source: &str, defines: &[&str], out: &Path) -> PathBuf {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"));
    let status = Command::new("cc")
        .args([
            "-std=c99", "-Wall", "-Wextra", "-Werror", "-shared", "-fPIC",
        ])
        .args(defines.iter().map(|define| format!("-D{define}")))
        .arg("-I")
        .arg(header)
        .arg("-o")
        .arg(out)
        .arg(folder.join("tests/it").join(source))
        .status()
        .expect("these tests need a C compiler named cc");
    assert!(status.success(), "{source} does not compile");
    out.to_path_buf()
}

/// Loads one file.
pub fn load(path: &Path) -> Plugin {
    Plugin::load(path).unwrap_or_else(|error| panic!("{error}"))
}
