//! Settings are checked against what a plugin describes.

use segue_policy_host::{ConfigError, Configured, CreateError, PluginSpec, Setting};

use crate::support::{bundled, compile, load};

fn configure(spec: &str) -> Result<Configured, ConfigError> {
    let spec: PluginSpec = spec.parse().unwrap();
    let plugin = bundled()
        .policy(spec.name())
        .or_else(|_| bundled().network(spec.name()));
    plugin.unwrap().configure(&spec)
}

fn refusal(spec: &str) -> String {
    configure(spec).unwrap_err().to_string()
}

#[test]
fn a_value_out_of_range_is_refused_with_the_range_and_the_unit() {
    assert_eq!(
        refusal("stop-1s:wait_s=600"),
        "stop-1s: `wait_s` is 600, but must be 0.01 to 60 s"
    );
    assert_eq!(
        refusal("random-delay:loss=1.5"),
        "random-delay: `loss` is 1.5, but must be 0 to 1"
    );
    assert_eq!(
        refusal("random-recovery:ask=0"),
        "random-recovery: `ask` is 0, but must be 1 to 4096 packets"
    );
    for value in ["NaN", "inf", "-inf", "-0.1"] {
        let error = configure(&format!("random-delay:loss={value}")).unwrap_err();
        assert!(
            matches!(error, ConfigError::OutOfRange { .. }),
            "{value}: {error}"
        );
    }
}

#[test]
fn an_unknown_parameter_shows_the_nearest_and_all() {
    assert_eq!(
        refusal("buffered:bufer_s=1"),
        "buffered has no parameter `bufer_s` (did you mean `buffer_s`?); \
         it has buffer, buffer_s, gaps"
    );
    assert_eq!(
        refusal("none:loss=1"),
        "none has no parameter `loss`; it has none"
    );
}

#[test]
fn a_wrong_type_or_choice_says_what_is_right() {
    assert_eq!(
        refusal("stop-1s:wait_s=long"),
        "stop-1s: `wait_s` is `long`, but must be a number"
    );
    assert_eq!(
        refusal("random-recovery:ask=1.5"),
        "random-recovery: `ask` is `1.5`, but must be a whole number"
    );
    assert_eq!(
        refusal("buffered:gaps=fill"),
        "buffered: `gaps` is `fill` (did you mean `refill`?), but must be one of skip, refill"
    );
}

#[test]
fn values_are_complete_and_the_spec_is_what_differs() {
    let configured = configure("buffered:gaps=refill,buffer=0.05").unwrap();
    let values: Vec<_> = configured
        .values()
        .map(|(param, setting)| (param.name.as_str(), setting.clone()))
        .collect();
    assert_eq!(
        values,
        [
            ("buffer", Setting::Number(0.05)),
            ("buffer_s", Setting::Number(2.0)),
            ("gaps", Setting::Choice("refill".into())),
        ]
    );
    assert_eq!(
        configured.spec().to_string(),
        "buffered:buffer=0.05,gaps=refill"
    );
    assert_eq!(
        serde_json::to_string(&configured).unwrap(),
        r#"{"buffer":0.05,"buffer_s":2.0,"gaps":"refill"}"#
    );
}

#[test]
fn a_policy_is_no_network_model() {
    let error = configure("stop-1s").unwrap().network(0).err().unwrap();
    assert!(matches!(error, CreateError::WrongKind { .. }));
    assert_eq!(
        error.to_string(),
        "stop-1s is a policy, and a network model is wanted here"
    );
}

#[test]
fn every_kind_of_value_reaches_the_plugin() {
    let folder = tempfile::tempdir().unwrap();
    let plugin = load(&compile(
        "c/every_kind.c",
        &[],
        &folder.path().join("every_kind.so"),
    ));
    let trace = folder.path().join("trace.csv");
    std::fs::write(&trace, b"12\xff").unwrap();
    // Its `create` answers INVALID unless these exact values arrive.
    let spec = PluginSpec::new("every-kind")
        .with("number", 0.25)
        .with("integer", -7)
        .with("flag", true)
        .with("choice", "green")
        .with("text", "a,b+c=ü")
        .with("file", trace.display());
    let spec: PluginSpec = spec.to_string().parse().unwrap();
    let configured = plugin.configure(&spec).unwrap();
    assert!(configured.policy(99).is_ok());
    assert_eq!(
        configured.policy(98).err().unwrap().to_string(),
        format!(
            "every-kind ({}) cannot start with these settings: it failed with status 2",
            plugin.path().display()
        )
    );
    assert_eq!(configured.spec(), spec);

    let mut other = configured.clone();
    other.set("text", "else").unwrap();
    other.set("file", "").unwrap();
    assert_eq!(
        other.policy(99).err().unwrap().to_string(),
        "every-kind:number=0.25,integer=-7,flag=true,choice=green,text=else: \
         not the values that I wait for"
    );

    let lost = PluginSpec::new("every-kind").with("file", folder.path().join("no").display());
    let error = plugin.configure(&lost).unwrap_err();
    assert!(matches!(error, ConfigError::File { .. }), "{error}");
}
