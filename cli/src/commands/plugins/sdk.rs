//! What plugins are built with: part of the program, so that a new plugin needs
//! nothing else.

macro_rules! sources {
    ($($path:literal)+) => {
        /// Path below `src`, and text.
        pub const SOURCES: &[(&str, &str)] = &[$((
            $path,
            include_str!(concat!("../../../../policies/contract/src/", $path)),
        )),+];
    };
}

sources! {
    "abi.rs"
    "abi/common.rs"
    "abi/network.rs"
    "abi/policy.rs"
    "actions.rs"
    "blocks.rs"
    "blocks/fill.rs"
    "blocks/lanes.rs"
    "blocks/line.rs"
    "blocks/lost.rs"
    "blocks/recovery.rs"
    "blocks/rounds.rs"
    "blocks/weather.rs"
    "export.rs"
    "export/panics.rs"
    "guide.rs"
    "host.rs"
    "lib.rs"
    "network.rs"
    "params.rs"
    "policy.rs"
    "rng.rs"
    "testing.rs"
    "testing/scene.rs"
    "testing/seeders.rs"
    "testing/session.rs"
    "testing/wishes.rs"
    "view.rs"
    "view/tests.rs"
}

/// The contract in C.
pub const HEADER: &str = include_str!("../../../../policies/contract/include/segue_policy.h");

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::SOURCES;

    #[test]
    fn no_source_of_the_contract_is_left_out() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../policies/contract/src");
        let files = walkdir::WalkDir::new(&folder).sort_by_file_name();
        let mut found: Vec<String> = files
            .into_iter()
            .map(Result::unwrap)
            .filter(|entry| entry.file_type().is_file())
            .map(|entry| {
                entry
                    .path()
                    .strip_prefix(&folder)
                    .unwrap()
                    .display()
                    .to_string()
            })
            .collect();
        found.sort();
        let mut known: Vec<_> = SOURCES.iter().map(|(path, _)| *path).collect();
        known.sort_unstable();
        assert_eq!(found, known);
    }
}
