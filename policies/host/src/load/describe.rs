//! Reading what a plugin says of itself, trusting nothing but its pointers.

use segue_policy::abi::{self, Descriptor, Param, Str};

use super::Reason;
use crate::plugin::{ParamInfo, ParamKind};

const MAX_NAME: usize = 40;
const MAX_LINE: usize = 400;
const MAX_PARAMS: u32 = 256;
const MAX_CHOICES: u32 = 256;
/// Whole numbers up to here are exact in a real number.
const MAX_INTEGER: f64 = 9_007_199_254_740_992.0;

/// What a descriptor says.
#[derive(Debug)]
pub(super) struct Description {
    pub name: String,
    pub version: String,
    pub summary: String,
    pub params: Vec<ParamInfo>,
}

/// Reads a descriptor whose size was checked.
pub(super) fn read(descriptor: &Descriptor) -> Result<Description, Reason> {
    fn wrong(what: &str) -> impl Fn(String) -> Reason {
        move |why| Reason::Description(format!("its {what} {why}"))
    }
    let name = text(descriptor.name, MAX_NAME).map_err(wrong("name"))?;
    if !is_word(&name, b'-') {
        return Err(Reason::Description(format!(
            "its name `{name}` is not of lower-case letters, digits and hyphens"
        )));
    }
    let version = text(descriptor.version, MAX_NAME).map_err(wrong("version"))?;
    if !is_version(&version) {
        return Err(Reason::Description(format!(
            "its version `{version}` is not like 1.0.0"
        )));
    }
    let summary = text(descriptor.summary, MAX_LINE).map_err(wrong("summary"))?;
    let params = read_params(descriptor)?;
    Ok(Description {
        name,
        version,
        summary,
        params,
    })
}

fn read_params(descriptor: &Descriptor) -> Result<Vec<ParamInfo>, Reason> {
    let count = descriptor.param_count;
    if count == 0 {
        return Ok(Vec::new());
    }
    let stride = descriptor.param_stride as usize;
    if count > MAX_PARAMS {
        return Err(Reason::Description(format!(
            "it has {count} parameters, at most {MAX_PARAMS} are possible"
        )));
    }
    if stride < size_of::<Param>() || !stride.is_multiple_of(align_of::<Param>()) {
        return Err(Reason::Description(format!(
            "its param_stride is {stride}, which is not the size of a parameter"
        )));
    }
    super::aligned(descriptor.params, "its parameters")?;
    let mut params: Vec<ParamInfo> = Vec::with_capacity(count as usize);
    for i in 0..count as usize {
        // SAFETY: the contract: `param_count` elements, `param_stride` apart.
        let param = unsafe { &*descriptor.params.byte_add(i * stride) };
        let info = read_param(param, i)?;
        if params.iter().any(|other| other.name == info.name) {
            return Err(Reason::Parameter {
                name: format!("`{}`", info.name),
                what: "it is there twice".into(),
            });
        }
        params.push(info);
    }
    Ok(params)
}

fn read_param(param: &Param, number: usize) -> Result<ParamInfo, Reason> {
    let name = text(param.name, MAX_NAME)
        .and_then(|name| match is_word(&name, b'_') {
            true => Ok(name),
            false => Err(format!(
                "`{name}` is not of lower-case letters, digits and underscores"
            )),
        })
        .map_err(|what| Reason::Parameter {
            name: format!("number {number}"),
            what: format!("its name {what}"),
        })?;
    let rest = || {
        Ok(ParamInfo {
            unit: text(param.unit, MAX_NAME).map_err(|why| format!("its unit {why}"))?,
            help: text(param.help, MAX_LINE).map_err(|why| format!("its help {why}"))?,
            kind: read_kind(param)?,
            name: name.clone(),
        })
    };
    rest().map_err(|what| Reason::Parameter {
        name: format!("`{name}`"),
        what,
    })
}

fn read_kind(param: &Param) -> Result<ParamKind, String> {
    let (min, max, default) = (param.min, param.max, param.default);
    Ok(match param.kind {
        abi::PARAM_NUMBER => {
            in_order(min, default, max)?;
            ParamKind::Number { min, max, default }
        }
        abi::PARAM_INTEGER => {
            in_order(min, default, max)?;
            for value in [min, default, max] {
                if value.fract() != 0.0 || value.abs() > MAX_INTEGER {
                    return Err(format!("{value} is not a whole number"));
                }
            }
            ParamKind::Integer {
                min: min as i64,
                max: max as i64,
                default: default as i64,
            }
        }
        abi::PARAM_FLAG => match default {
            0.0 | 1.0 => ParamKind::Flag {
                default: default == 1.0,
            },
            _ => return Err(format!("its default is {default}, not 0 or 1")),
        },
        abi::PARAM_CHOICE => {
            let choices = read_choices(param)?;
            let chosen = (default.fract() == 0.0 && default >= 0.0)
                .then(|| choices.get(default as usize).cloned())
                .flatten();
            ParamKind::Choice {
                default: chosen.ok_or_else(|| {
                    format!("its default is {default}, of {} choices", choices.len())
                })?,
                choices,
            }
        }
        abi::PARAM_TEXT => ParamKind::Text {
            default: text(param.default_text, MAX_LINE)
                .map_err(|why| format!("its default text {why}"))?,
        },
        abi::PARAM_FILE => ParamKind::File,
        kind => return Err(format!("its kind {kind} is none that the contract knows")),
    })
}

fn in_order(min: f64, default: f64, max: f64) -> Result<(), String> {
    if [min, default, max].iter().all(|value| value.is_finite()) && min <= default && default <= max
    {
        return Ok(());
    }
    Err(format!(
        "its default {default} is not in its range {min} to {max}"
    ))
}

fn read_choices(param: &Param) -> Result<Vec<String>, String> {
    let count = param.choice_count;
    if count == 0 || count > MAX_CHOICES || param.choices.is_null() || !param.choices.is_aligned() {
        return Err(format!("it has no list of 1 to {MAX_CHOICES} choices"));
    }
    let mut choices: Vec<String> = Vec::with_capacity(count as usize);
    for i in 0..count as usize {
        // SAFETY: the contract: `choice_count` texts; not null, aligned.
        let choice = text(unsafe { *param.choices.add(i) }, MAX_NAME)
            .map_err(|why| format!("its choice number {i} {why}"))?;
        let plain = |c: char| c.is_ascii_graphic() && !",+=:".contains(c);
        if choice.is_empty() || !choice.chars().all(plain) || choices.contains(&choice) {
            return Err(format!(
                "its choice `{choice}` is no plain name, or there twice"
            ));
        }
        choices.push(choice);
    }
    Ok(choices)
}

/// One line of text of at most `max` bytes.
fn text(text: Str, max: usize) -> Result<String, String> {
    if text.len > max {
        return Err(format!(
            "has {} bytes, at most {max} are possible",
            text.len
        ));
    }
    // SAFETY: the contract: `len` readable bytes, static in the plugin.
    let text = unsafe { text.get() }.ok_or("is not UTF-8")?;
    if text.chars().any(char::is_control) {
        return Err("is not one line of text".into());
    }
    Ok(text.to_owned())
}

fn is_word(name: &str, joint: u8) -> bool {
    !name.is_empty()
        && name
            .bytes()
            .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == joint)
}

fn is_version(version: &str) -> bool {
    let numbers = version.split(['-', '+']).next().unwrap_or_default();
    let parts: Vec<_> = numbers.split('.').collect();
    parts.len() == 3
        && parts
            .iter()
            .all(|part| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use segue_policy::{Info, choices};

    use super::*;

    fn descriptor(info: Info) -> Descriptor {
        Descriptor {
            size: size_of::<Descriptor>() as u32,
            param_count: info.params.len() as u32,
            param_stride: size_of::<Param>() as u32,
            reserved: 0,
            name: Str::new(info.name),
            version: Str::new(info.version),
            summary: Str::new(info.summary),
            params: info.params.as_ptr(),
        }
    }

    fn refusal(info: Info) -> String {
        read(&descriptor(info)).expect_err("refused").to_string()
    }

    fn refused_param(param: Param) -> String {
        let params = vec![param].leak();
        refusal(Info::new("p", "1.0.0", "").with_params(params))
    }

    #[test]
    fn a_good_descriptor_is_read_whole() {
        const PARAMS: &[Param] = &[
            Param::number("share", "", (0.0, 1.0), 0.5, "a share"),
            Param::integer("ask", "packets", (1, 10), 2, "how many"),
            Param::flag("loud", true, ""),
            Param::choice("order", choices!["up", "down"], ""),
            Param::text("note", "hm", ""),
            Param::file("trace", ""),
        ];
        let info = Info::new("good-1", "1.2.3-rc.1", "does well").with_params(PARAMS);
        let read = read(&descriptor(info)).expect("accepted");
        assert_eq!(read.name, "good-1");
        assert_eq!(read.params.len(), 6);
        assert_eq!(read.params[1].unit, "packets");
        assert_eq!(
            read.params[3].kind,
            ParamKind::Choice {
                choices: vec!["up".into(), "down".into()],
                default: "up".into()
            }
        );
    }

    #[test]
    fn names_and_versions_keep_to_their_pattern() {
        for name in ["", "Stop", "stop 1s", "stop_1s", "stöp"] {
            assert!(
                refusal(Info::new(name, "1.0.0", "")).contains("name"),
                "{name}"
            );
        }
        let long = "a".repeat(41).leak();
        assert!(refusal(Info::new(long, "1.0.0", "")).contains("41 bytes"));
        for version in ["", "1", "1.0", "1..0", "v1.0.0", "1.0.0.0"] {
            assert!(refusal(Info::new("p", version, "")).contains("version"));
        }
        assert!(refusal(Info::new("p", "1.0.0", "two\nlines")).contains("one line"));
    }

    #[test]
    fn text_must_be_utf8() {
        let mut bad = descriptor(Info::new("p", "1.0.0", ""));
        bad.summary = Str {
            ptr: b"\xff\xfe".as_ptr(),
            len: 2,
        };
        assert!(read(&bad).err().unwrap().to_string().contains("UTF-8"));
    }

    #[test]
    fn parameters_must_make_sense() {
        let number = |range, default| Param::number("x", "", range, default, "");
        assert!(refused_param(number((0.0, 1.0), 2.0)).contains("range 0 to 1"));
        assert!(refused_param(number((1.0, 0.0), 0.5)).contains("`x`"));
        assert!(refused_param(number((0.0, f64::NAN), 0.5)).contains("range"));
        assert!(refused_param(number((0.0, f64::INFINITY), 0.5)).contains("range"));
        let mut odd = Param::integer("x", "", (0, 9), 1, "");
        odd.default = 1.5;
        assert!(refused_param(odd).contains("whole number"));
        let mut unknown = Param::flag("x", false, "");
        unknown.kind = 77;
        assert!(refused_param(unknown).contains("kind 77"));
        let mut flag = Param::flag("x", false, "");
        flag.default = 2.0;
        assert!(refused_param(flag).contains("not 0 or 1"));
        let mut choice = Param::choice("x", choices!["a"], "");
        choice.default = 1.0;
        assert!(refused_param(choice).contains("of 1 choices"));
        choice.choices = std::ptr::null();
        assert!(refused_param(choice).contains("no list"));
        assert!(refused_param(Param::choice("x", choices!["a", "a"], "")).contains("twice"));
        assert!(refused_param(Param::flag("X", false, "")).contains("number 0"));
    }

    #[test]
    fn a_parameter_is_there_once() {
        const TWICE: &[Param] = &[Param::flag("x", false, ""), Param::flag("x", true, "")];
        assert!(refusal(Info::new("p", "1.0.0", "").with_params(TWICE)).contains("twice"));
    }

    #[test]
    fn a_stride_smaller_than_a_parameter_is_refused() {
        const ONE: &[Param] = &[Param::flag("x", false, "")];
        let mut bad = descriptor(Info::new("p", "1.0.0", "").with_params(ONE));
        bad.param_stride = 8;
        assert!(
            read(&bad)
                .err()
                .unwrap()
                .to_string()
                .contains("param_stride")
        );
    }
}
