//! Folders that are set to be shared: readable, and few enough to be watched;
//! and the folder where Segue keeps what it found out about them.

use std::io::Write;
use std::path::{Path, PathBuf};

use super::Finding;

/// Where Linux tells how many folders a user may watch.
const WATCHES: &str = "/proc/sys/fs/inotify/max_user_watches";

/// What a look through a folder finds.
#[derive(Default)]
struct Counted {
    mp3s: usize,
    folders: usize,
    unreadable: Vec<PathBuf>,
}

/// `paths` are those that `segue share` takes when it is given none.
pub fn look(paths: &[PathBuf]) -> Vec<Finding> {
    let mut findings: Vec<_> = cache().into_iter().collect();
    if paths.is_empty() {
        findings.push(Finding::ok(
            "none are set: `segue share` takes those that it is given",
        ));
    }
    let mut folders = 0;
    findings.extend(paths.iter().map(|path| {
        let counted = count(path);
        folders += counted.folders;
        told(path, &counted)
    }));
    let allowed = std::fs::read_to_string(WATCHES).ok();
    if let Some(allowed) = allowed.and_then(|text| text.trim().parse().ok())
        && folders > allowed
    {
        findings.push(Finding::warning(
            format!("{folders} folders are more than the {allowed} that may be watched"),
            format!(
                "Changes in some go unnoticed. Allow more: `sudo sysctl fs.inotify.max_user_watches={}`",
                (folders * 2).next_power_of_two()
            ),
        ));
    }
    findings
}

/// Whether what is found out about files can be kept.
fn cache() -> Option<Finding> {
    let folder = directories::BaseDirs::new()?.cache_dir().join("segue");
    let written = std::fs::create_dir_all(&folder)
        .and_then(|()| tempfile::tempfile_in(&folder))
        .and_then(|mut file| file.write_all(&[0; 4096]));
    let name = folder.display();
    Some(match written {
        Ok(()) => Finding::ok(format!("the cache {name} can be written")),
        Err(error) => Finding::warning(
            format!("the cache {name} cannot be written: {error}"),
            "Every start reads all files anew. Make room there, or give yourself the right to \
             write",
        ),
    })
}

fn told(path: &Path, counted: &Counted) -> Finding {
    let name = path.display();
    if !path.exists() {
        return Finding::problem(
            format!("{name} is not there"),
            "Mount or make it, or change the setting: `segue config set share.paths FOLDER`",
        );
    }
    if let Some(first) = counted.unreadable.first() {
        let text = match counted.unreadable.len() {
            1 => format!("{} cannot be read", first.display()),
            more => format!("{more} of {name} cannot be read, {} first", first.display()),
        };
        return Finding::warning(text, "Give yourself the right to read it");
    }
    if counted.mp3s == 0 {
        return Finding::warning(
            format!("{name} has no MP3 file"),
            "Name another: `segue config set share.paths FOLDER`",
        );
    }
    Finding::ok(format!("{name}: {} MP3 files", counted.mp3s))
}

fn count(path: &Path) -> Counted {
    let mut counted = Counted::default();
    let mut waiting = vec![path.to_owned()];
    while let Some(path) = waiting.pop() {
        let Ok(about) = path.metadata() else {
            counted.unreadable.push(path);
            continue;
        };
        if !about.is_dir() {
            let is_mp3 = path
                .extension()
                .is_some_and(|extension| extension.eq_ignore_ascii_case("mp3"));
            if is_mp3 {
                counted.mp3s += 1;
                if std::fs::File::open(&path).is_err() {
                    counted.unreadable.push(path);
                }
            }
            continue;
        }
        counted.folders += 1;
        match path.read_dir() {
            // A link may lead round in circles; what it names has its own place.
            Ok(entries) => waiting.extend(entries.flatten().filter_map(|entry| {
                let link = entry.file_type().is_ok_and(|kind| kind.is_symlink());
                (!link).then(|| entry.path())
            })),
            Err(_) => counted.unreadable.push(path),
        }
    }
    counted
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::Verdict;

    #[test]
    fn folders_are_there_with_music_or_a_remedy_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let one = |path: &Path| look(&[path.to_owned()]).pop().unwrap();
        assert_eq!(one(folder.path()).verdict, Verdict::Warning);
        std::fs::create_dir(folder.path().join("deep")).unwrap();
        std::fs::write(folder.path().join("deep/a.MP3"), "").unwrap();
        let found = one(folder.path());
        assert_eq!(found.verdict, Verdict::Ok);
        assert!(found.text.ends_with("1 MP3 files"), "{found:?}");
        let gone = one(&folder.path().join("gone"));
        assert_eq!(gone.verdict, Verdict::Problem);
        assert!(gone.remedy.unwrap().contains("share.paths"));
        assert_eq!(look(&[]).pop().unwrap().verdict, Verdict::Ok);
    }
}
