//! Whether a file is a whole shared library of this platform.
//!
//! The system's loader trusts what it maps: a library that was cut short can
//! kill the process. So its headers are checked before.

/// Answers what is wrong with `bytes` as a shared library of this platform.
pub(crate) fn check(bytes: &[u8]) -> Result<(), String> {
    let found = Format::of(bytes).ok_or("it is not a shared library at all")?;
    let ours = if cfg!(windows) {
        Format::Pe
    } else if cfg!(target_vendor = "apple") {
        Format::MachO
    } else {
        Format::Elf
    };
    if found != ours {
        return Err(format!(
            "it is a shared library of another platform ({}, not {})",
            found.name(),
            ours.name()
        ));
    }
    match found {
        Format::Elf => elf(bytes),
        // Their loaders check lengths themselves.
        Format::MachO | Format::Pe => Ok(()),
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Format {
    Elf,
    MachO,
    Pe,
}

impl Format {
    fn of(bytes: &[u8]) -> Option<Self> {
        match bytes.get(..4)? {
            b"\x7fELF" => Some(Self::Elf),
            // 64 bits in either byte order, and universal.
            b"\xcf\xfa\xed\xfe" | b"\xfe\xed\xfa\xcf" | b"\xca\xfe\xba\xbe" => Some(Self::MachO),
            [b'M', b'Z', ..] => Some(Self::Pe),
            _ => None,
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Elf => "ELF, as on Linux",
            Self::MachO => "Mach-O, as on macOS",
            Self::Pe => "PE, as on Windows",
        }
    }
}

/// An ELF file in the byte order of this machine.
struct Elf<'a> {
    bytes: &'a [u8],
    wide: bool,
}

impl Elf<'_> {
    fn number<const N: usize>(&self, at: u64) -> Result<[u8; N], String> {
        usize::try_from(at)
            .ok()
            .and_then(|at| self.bytes.get(at..at.checked_add(N)?)?.try_into().ok())
            .ok_or_else(|| "it is cut short".to_owned())
    }

    fn half(&self, at: u64) -> Result<u64, String> {
        Ok(u16::from_ne_bytes(self.number(at)?).into())
    }

    /// An offset or a size: 4 or 8 bytes wide, at its place in either layout.
    fn word(&self, narrow_at: u64, wide_at: u64) -> Result<u64, String> {
        Ok(if self.wide {
            u64::from_ne_bytes(self.number(wide_at)?)
        } else {
            u32::from_ne_bytes(self.number(narrow_at)?).into()
        })
    }

    fn reaches(&self, start: u64, len: u64) -> Result<(), String> {
        match start.checked_add(len) {
            Some(end) if end <= self.bytes.len() as u64 => Ok(()),
            _ => Err("it is cut short".to_owned()),
        }
    }
}

fn elf(bytes: &[u8]) -> Result<(), String> {
    let ident: [u8; 8] = *bytes.first_chunk().ok_or("it is cut short")?;
    let wide = match ident[4] {
        1 => false,
        2 => true,
        _ => return Err("its ELF header makes no sense".into()),
    };
    if wide != cfg!(target_pointer_width = "64") {
        return Err("it is for a machine of another word size".into());
    }
    if (ident[5] == 1) != cfg!(target_endian = "little") {
        return Err("it is for a machine of another byte order".into());
    }
    let elf = Elf { bytes, wide };
    if elf.half(16)? != 3 {
        return Err("it is no shared library (an ELF file of another type)".into());
    }
    let machine = match std::env::consts::ARCH {
        "x86" => Some(3),
        "arm" => Some(40),
        "x86_64" => Some(62),
        "aarch64" => Some(183),
        "riscv32" | "riscv64" => Some(243),
        "loongarch64" => Some(258),
        _ => None, // left to the system's loader
    };
    if machine.is_some_and(|ours| elf.half(18) != Ok(ours)) {
        return Err("it is for another kind of processor".into());
    }
    // Program headers: each piece to be loaded must be in the file.
    let table = elf.word(28, 32)?;
    let (sizes, p_type_load) = (if wide { 54 } else { 42 }, 1);
    let (size, count) = (elf.half(sizes)?, elf.half(sizes + 2)?);
    elf.reaches(table, size * count)?;
    for i in 0..count {
        let header = table + i * size;
        let kind = u32::from_ne_bytes(elf.number(header)?);
        if kind == p_type_load {
            elf.reaches(
                elf.word(header + 4, header + 8)?,
                elf.word(header + 16, header + 32)?,
            )?;
        }
    }
    // Section headers come last: with them the file is whole.
    let sections = elf.word(32, 40)?;
    elf.reaches(sections, elf.half(sizes + 4)? * elf.half(sizes + 6)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_no_library() {
        assert!(
            check(b"# notes\n")
                .unwrap_err()
                .contains("not a shared library")
        );
        assert!(check(b"").unwrap_err().contains("not a shared library"));
    }

    #[test]
    fn another_platforms_library_is_named() {
        let foreign: &[u8] = if cfg!(windows) {
            b"\x7fELF\x02\x01"
        } else {
            b"MZ\x90\x00\x03"
        };
        assert!(check(foreign).unwrap_err().contains("another platform"));
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_program_cut_anywhere_is_refused() {
        // A test's own program has the layout of a library (ELF type 3).
        let bytes = std::fs::read(std::env::current_exe().unwrap()).unwrap();
        assert_eq!(check(&bytes), Ok(()));
        for end in [
            0,
            3,
            7,
            40,
            63,
            64,
            200,
            4096,
            bytes.len() / 2,
            bytes.len() - 1,
        ] {
            assert!(check(&bytes[..end]).is_err(), "cut at {end}");
        }
    }
}
