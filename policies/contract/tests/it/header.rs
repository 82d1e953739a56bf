//! The C header says the same as the Rust tables, comment for comment: names
//! and order here; sizes and offsets are compared by the host's tests, which
//! compile it.

const RUST: [&str; 3] = [
    include_str!("../../src/abi/common.rs"),
    include_str!("../../src/abi/policy.rs"),
    include_str!("../../src/abi/network.rs"),
];
const C: &str = include_str!("../../include/segue_policy.h");

/// Names that differ by more than a prefix.
const TYPES: [(&str, &str); 19] = [
    ("Str", "segue_str"),
    ("Entry", "segue_entry"),
    ("EntryFn", "segue_entry_fn"),
    ("Param", "segue_param"),
    ("Descriptor", "segue_descriptor"),
    ("Value", "segue_value"),
    ("Setup", "segue_setup"),
    ("CreateFn", "segue_create_fn"),
    ("DestroyFn", "segue_destroy_fn"),
    ("ExtensionFn", "segue_extension_fn"),
    ("RawSeeder", "segue_seeder"),
    ("RawAsk", "segue_ask"),
    ("RawArrival", "segue_arrival"),
    ("RawView", "segue_view"),
    ("RawDecision", "segue_decision"),
    ("RawRange", "segue_range"),
    ("RawActions", "segue_actions"),
    ("PolicyTable", "segue_policy_table"),
    ("NetworkTable", "segue_network_table"),
];
const MORE_TYPES: [(&str, &str); 2] =
    [("RawDatagram", "segue_datagram"), ("RawFate", "segue_fate")];
/// Keywords of C++ and C.
const FIELDS: [(&str, &str); 2] = [
    ("interface", "interface_table"),
    ("default", "default_value"),
];

/// A documented item: `type`, `type.field` or `CONSTANT`, by its name in C; and
/// its comment in one line.
type Item = (String, String);

fn c_type(rust: &str) -> Option<&'static str> {
    let known = TYPES.iter().chain(&MORE_TYPES);
    known
        .into_iter()
        .find(|(name, _)| *name == rust)
        .map(|(_, c)| *c)
}

/// Whether it is the name of a constant, or the beginning of several.
fn is_constant(word: &str) -> bool {
    let capitals = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_';
    word.len() > 1
        && word.starts_with(|c: char| c.is_ascii_uppercase())
        && word.chars().all(capitals)
}

/// What stands in backticks, as C says it.
fn code_in_c(code: &str) -> String {
    let code = code.replace("super::", "").replace("::", ".");
    let mut c = String::new();
    let mut rest = code.as_str();
    while !rest.is_empty() {
        let in_word = |c: char| c.is_ascii_alphanumeric() || c == '_';
        let length = match rest.find(|c| !in_word(c)) {
            Some(0) => {
                c.extend(rest.chars().next());
                rest = &rest[rest.chars().next().map_or(0, char::len_utf8)..];
                continue;
            }
            Some(length) => length,
            None => rest.len(),
        };
        let word = &rest[..length];
        match (c_type(word), FIELDS.iter().find(|(rust, _)| *rust == word)) {
            (Some(c_type), _) => c.push_str(c_type),
            (None, Some((_, field))) => c.push_str(field),
            (None, None) if is_constant(word) => c.push_str(&format!("SEGUE_{word}")),
            (None, None) => c.push_str(word),
        }
        rest = &rest[length..];
    }
    c
}

/// A Rust comment as it must stand in the header.
fn in_c(comment: &str) -> String {
    let plain = comment
        .replace("[`", "`")
        .replace("`]", "`")
        .replace('…', "...");
    let pieces = plain.split('`').enumerate();
    pieces
        .map(|(i, piece)| {
            if i % 2 == 1 {
                code_in_c(piece)
            } else {
                piece.to_owned()
            }
        })
        .collect()
}

fn rust_items() -> Vec<Item> {
    let mut items = Vec::new();
    for source in RUST {
        let mut comment: Vec<&str> = Vec::new();
        let mut table = None;
        for line in source.lines() {
            let code = line.trim_start();
            let name = |after: &str, end: char| {
                let rest = code.strip_prefix(after)?;
                Some(rest.split(end).next().unwrap_or(rest).trim())
            };
            if let Some(text) = code.strip_prefix("///") {
                comment.push(text.trim());
                continue;
            } else if code.starts_with("#[") {
                continue;
            } else if line == "}" {
                table = None;
            } else if let Some(constant) = name("pub const ", ':').filter(|_| code == line) {
                items.push((constant.to_owned(), in_c(&comment.join(" "))));
            } else if let Some(name) = name("pub struct ", ' ').or(name("pub type ", ' ')) {
                table = c_type(name).filter(|_| code.ends_with('{'));
                if let Some(c) = c_type(name) {
                    items.push((c.to_owned(), in_c(&comment.join(" "))));
                }
            } else if let (Some(table), Some(field)) = (table, name("pub ", ':')) {
                let field = code_in_c(field);
                items.push((format!("{table}.{field}"), in_c(&comment.join(" "))));
            }
            comment.clear();
        }
    }
    items
}

fn c_items() -> Vec<Item> {
    let mut items = Vec::new();
    let mut comment: Option<Vec<&str>> = None;
    let (mut inside, mut table) = (false, None);
    for line in C.lines() {
        let code = line.trim();
        if code.starts_with("/*") || inside {
            let text = code.trim_start_matches("/*").trim_start_matches('*');
            let lines = if inside {
                comment.get_or_insert_default()
            } else {
                comment.insert(Vec::new())
            };
            lines.push(text.trim_end_matches("*/").trim());
            inside = !code.ends_with("*/");
            continue;
        }
        let Some(said) = &comment else {
            table = table.filter(|_| !code.starts_with('}'));
            continue;
        };
        let function = code
            .split_once("(*")
            .and_then(|(_, rest)| rest.split(')').next());
        let name = if let Some(rest) = code.strip_prefix("#define SEGUE_") {
            rest.split(' ').next().map(str::to_owned)
        } else if let Some(rest) = code.strip_prefix("typedef struct ") {
            table = rest.split(' ').next();
            table.map(str::to_owned)
        } else if let (None, Some(function)) = (table, function) {
            Some(function.to_owned())
        } else if let Some(table) = table {
            let field = code.split(['[', ';']).next().unwrap_or("");
            let field = function.or(field.rsplit([' ', '*']).next());
            field.map(|field| format!("{table}.{field}"))
        } else {
            None
        };
        if let Some(name) = name {
            items.push((name, said.join(" ")));
        }
        comment = None;
    }
    items
}

/// What only one language needs: macros of C; a bitmap that is two fields in C
/// and a type of its own in Rust.
const ONLY_C: [&str; 3] = ["STR(literal)", "segue_seeder.has_words", "segue_seeder.has"];
const ONLY_RUST: [&str; 1] = ["segue_seeder.has"];

fn without(items: Vec<Item>, names: &[&str]) -> Vec<Item> {
    let kept = |item: &Item| !names.contains(&item.0.as_str());
    items.into_iter().filter(kept).collect()
}

#[test]
fn every_comment_of_the_header_is_that_of_the_rust_table() {
    let rust = without(rust_items(), &ONLY_RUST);
    let c = without(c_items(), &ONLY_C);
    assert!(rust.len() > 140, "{}", rust.len());
    for (name, comment) in &rust {
        assert!(!comment.is_empty(), "{name} has no comment");
        let other = c.iter().find(|(other, _)| other == name);
        let (_, other) = other.unwrap_or_else(|| panic!("the header has no comment for {name}"));
        assert_eq!(
            other, comment,
            "comment of {name}: header, and what Rust says"
        );
    }
    for (name, _) in &c {
        assert!(
            rust.iter().any(|(other, _)| other == name),
            "{name} is only in the header"
        );
    }
}

#[test]
fn fields_come_in_the_same_order() {
    let fields = |items: Vec<Item>| -> Vec<String> {
        let mut fields: Vec<_> = items.into_iter().map(|(name, _)| name).collect();
        fields.retain(|name| name.contains('.'));
        // Tables come in another order, because C wants them declared first.
        fields.sort_by_key(|name| name.split('.').next().map(str::to_owned));
        fields
    };
    assert_eq!(
        fields(without(c_items(), &ONLY_C)),
        fields(without(rust_items(), &ONLY_RUST))
    );
}

#[test]
fn the_header_tells_the_version_of_the_contract() {
    use segue_policy::abi::{MAJOR, MINOR};
    let title = format!("the plugin contract of Segue, version {MAJOR}.{MINOR}, in C");
    assert!(C.contains(&title));
}
