//! Files and folders that strangers may have written: within bounds, and within the folder.
//!
//! One idea: pipelines read the folders of pull requests, so who names a folder decides what is read, and
//! never what lies in it. Links lead nowhere else, nothing is read twice, and everything has an end.

use std::{
    collections::{BTreeSet, VecDeque},
    fs,
    io::{self, Read as _},
    path::{Component, Path, PathBuf},
};

/// Files that one folder may hold, those below it, links and what is refused included.
pub const FILES_MAX: usize = 10_000;
/// Folders that one folder may hold, those below them included.
pub const FOLDERS_MAX: usize = 10_000;
/// Folders are read this many levels deep.
pub const FOLDER_DEPTH_MAX: usize = 32;
/// Bytes that are read of one folder, of all files together.
pub const FOLDER_BYTES_MAX: u64 = 256 * 1024 * 1024;

/// What lies in a folder and below it.
#[derive(Debug, Default)]
pub struct Walk {
    /// Regular files in the order of their names, each once.
    pub files: Vec<PathBuf>,
    /// What is not read, and why.
    pub refused: Vec<(PathBuf, String)>,
    /// Where a bound was met, and which; what comes after it was not looked at.
    pub exceeded: Option<(PathBuf, String)>,
}

/// Finds the files of a folder whose path is `wanted`, without those that are hidden.
///
/// A link to something in the folder stands for it, unless it is found under its own name as well.
pub fn walk(folder: &Path, wanted: &dyn Fn(&Path) -> bool) -> Walk {
    let mut walk = Walk::default();
    let root = match fs::canonicalize(folder) {
        Ok(root) => root,
        Err(error) => {
            walk.refused.push((folder.to_owned(), unreadable(&error)));
            return walk;
        }
    };
    let seen = BTreeSet::from([root.clone()]);
    let mut walker = Walker { root: &root, wanted, seen, folders: 0, links: VecDeque::new(), walk };
    let mut ended = walker.folder(folder, &root, 0);
    // Links come last: what has a name of its own in the folder goes by that.
    while let Some((link, depth)) = walker.links.pop_front()
        && ended.is_ok()
    {
        ended = walker.link(link, depth);
    }
    let Walker { mut walk, .. } = walker;
    walk.exceeded = ended.err();
    walk.files.sort();
    walk
}

/// Where a bound was met.
type Exceeded = (PathBuf, String);

struct Walker<'a> {
    /// The folder itself, without links.
    root: &'a Path,
    wanted: &'a dyn Fn(&Path) -> bool,
    /// Files and folders that were found, without links in their paths.
    seen: BTreeSet<PathBuf>,
    folders: usize,
    /// Links that were found, and how deep.
    links: VecDeque<(PathBuf, usize)>,
    walk: Walk,
}

impl Walker<'_> {
    /// `real` is where `path` leads.
    fn folder(&mut self, path: &Path, real: &Path, depth: usize) -> Result<(), Exceeded> {
        if depth >= FOLDER_DEPTH_MAX {
            let message = format!("folders are nested more than {FOLDER_DEPTH_MAX} levels deep");
            return Err((path.to_owned(), message));
        }
        let mut entries = Vec::new();
        let read = fs::read_dir(path).and_then(|found| {
            for entry in found {
                let entry = entry?;
                let kind = entry.file_type()?;
                let is_hidden = entry.file_name().to_string_lossy().starts_with('.');
                if !is_hidden && (kind.is_dir() || kind.is_symlink() || (self.wanted)(&entry.path())) {
                    entries.push((entry.file_name(), kind));
                }
                if entries.len() > FILES_MAX + FOLDERS_MAX {
                    break;
                }
            }
            Ok(())
        });
        if let Err(error) = read {
            return self.refuse(path.to_owned(), unreadable(&error));
        }
        if entries.len() > FILES_MAX + FOLDERS_MAX {
            let message = format!("it holds more than {FILES_MAX} files or {FOLDERS_MAX} folders");
            return Err((path.to_owned(), message));
        }
        entries.sort_by(|(one, _), (other, _)| one.cmp(other));
        for (name, kind) in entries {
            let (path, real) = (path.join(&name), real.join(&name));
            if kind.is_symlink() {
                self.check_files(&path)?;
                self.links.push_back((path, depth));
            } else if kind.is_dir() {
                self.below(&path, real, depth)?;
            } else {
                self.file(path, real, kind.is_file())?;
            }
        }
        Ok(())
    }

    fn below(&mut self, path: &Path, real: PathBuf, depth: usize) -> Result<(), Exceeded> {
        if !self.seen.insert(real.clone()) {
            return Ok(());
        }
        if self.folders == FOLDERS_MAX {
            let message = format!("the folder holds more than {FOLDERS_MAX} folders");
            return Err((path.to_owned(), message));
        }
        self.folders += 1;
        self.folder(path, &real, depth + 1)
    }

    fn file(&mut self, path: PathBuf, real: PathBuf, is_regular: bool) -> Result<(), Exceeded> {
        if !is_regular {
            return self.refuse(path, IRREGULAR.to_owned());
        }
        if self.seen.insert(real) {
            self.check_files(&path)?;
            self.walk.files.push(path);
        }
        Ok(())
    }

    fn link(&mut self, path: PathBuf, depth: usize) -> Result<(), Exceeded> {
        let is_wanted = (self.wanted)(&path);
        let found = fs::canonicalize(&path).and_then(|real| Ok((fs::metadata(&real)?, real)));
        let (metadata, real) = match found {
            Ok(found) => found,
            // One that leads nowhere and is called like nothing that is read: there is nothing to miss.
            Err(error) if error.kind() == io::ErrorKind::NotFound && !is_wanted => return Ok(()),
            Err(error) => return self.refuse(path, unreadable(&error)),
        };
        if !metadata.is_dir() && !is_wanted {
            return Ok(());
        }
        if !real.starts_with(self.root) {
            return self.refuse(path, "it is a link out of the folder, which is not followed".to_owned());
        }
        if metadata.is_dir() {
            return self.below(&path, real, depth);
        }
        self.file(path, real, metadata.is_file())
    }

    fn refuse(&mut self, path: PathBuf, message: String) -> Result<(), Exceeded> {
        self.check_files(&path)?;
        self.walk.refused.push((path, message));
        Ok(())
    }

    /// Whether there is room for one file more.
    fn check_files(&self, path: &Path) -> Result<(), Exceeded> {
        if self.walk.files.len() + self.walk.refused.len() + self.links.len() < FILES_MAX {
            return Ok(());
        }
        Err((path.to_owned(), format!("the folder holds more than {FILES_MAX} files")))
    }
}

const IRREGULAR: &str = "it is no regular file";

/// Text of a regular file, by its path without links.
///
/// # Errors
/// Why it is not read.
pub fn read_regular(path: &Path, bytes_max: usize) -> Result<String, String> {
    // Asked before it is opened: opening a pipe waits for somebody who writes into it.
    match fs::metadata(path) {
        Ok(metadata) if metadata.is_file() => read(path, bytes_max),
        Ok(_) => Err(IRREGULAR.to_owned()),
        Err(error) => Err(unreadable(&error)),
    }
}

/// Text of whatever somebody named, a pipe among it: `-f <(…)`.
///
/// # Errors
/// Why it is not read.
pub fn read_named(path: &Path, bytes_max: usize) -> Result<String, String> {
    check_named(path)?;
    read(path, bytes_max)
}

/// What is read counts: a pipe or a device does not keep to the length that it says it has.
fn read(path: &Path, bytes_max: usize) -> Result<String, String> {
    let mut bytes = Vec::new();
    let limit = bytes_max as u64 + 1;
    let read = fs::File::open(path).and_then(|file| file.take(limit).read_to_end(&mut bytes));
    read.map_err(|error| unreadable(&error))?;
    if bytes.len() > bytes_max {
        return Err(format!("the file has more than {bytes_max} bytes, the most that is read; split it"));
    }
    String::from_utf8(bytes).map_err(|_| "the file is no UTF-8 text".to_owned())
}

/// Holds a path that was typed as one below the folder where we are to that: in a pipeline, `manifests`
/// may be a stranger's link to a folder of keys.
///
/// # Errors
/// Where it leads instead.
pub fn check_named(path: &Path) -> Result<(), String> {
    let is_below = path.components().all(|part| matches!(part, Component::Normal(_) | Component::CurDir));
    let (Ok(real), Ok(here)) = (fs::canonicalize(path), fs::canonicalize(".")) else { return Ok(()) };
    if !is_below || real.starts_with(here) {
        return Ok(());
    }
    Err(format!("it is a link out of the folder where you are; if that is meant, name `{}`", real.display()))
}

/// Why a file or folder cannot be read, for people.
pub fn unreadable(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::NotFound => "there is no such file or folder".to_owned(),
        io::ErrorKind::PermissionDenied => "it may not be read: check its permissions".to_owned(),
        io::ErrorKind::IsADirectory => "it is a folder; a file is expected".to_owned(),
        _ => format!("it cannot be read: {error}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(folder: &Path) -> (Vec<String>, Vec<String>, Option<String>) {
        let Walk { files, refused, exceeded } =
            walk(folder, &|path| path.extension().is_some_and(|it| it == "yaml"));
        let shown = |path: PathBuf| path.strip_prefix(folder).expect("in the folder").display().to_string();
        let refused = refused.into_iter().map(|(path, message)| format!("{}: {message}", shown(path)));
        let exceeded = exceeded.map(|(path, message)| format!("{}: {message}", shown(path)));
        (files.into_iter().map(shown).collect(), refused.collect(), exceeded)
    }

    fn touch(folder: &Path, names: impl IntoIterator<Item = String>) {
        for name in names {
            fs::write(folder.join(name), "").expect("written");
        }
    }

    #[cfg(unix)]
    mod links {
        use super::*;
        use std::os::unix::{fs::symlink, net::UnixListener};

        #[test]
        fn a_link_stands_for_what_is_in_the_folder_and_nothing_is_found_twice() {
            let dir = tempfile::tempdir().expect("a folder");
            for folder in ["a", "b/deep", ".base"] {
                fs::create_dir_all(dir.path().join(folder)).expect("made");
            }
            touch(dir.path(), ["a/x.yaml", "b/deep/y.yaml", ".base/z.yaml", ".w.yaml"].map(str::to_owned));
            for (to, link) in [
                (".", "a/again"),
                ("..", "b/above"),
                ("b/deep", "0-deep"),
                ("a/x.yaml", "0-x.yaml"),
                // Hidden things are left out, unless something that is not hidden stands for them.
                ("../.base", "b/base"),
                (".w.yaml", "w.yaml"),
                ("nowhere", "nothing"),
            ] {
                symlink(to, dir.path().join(link)).expect("a link");
            }
            let (files, refused, exceeded) = found(dir.path());
            assert_eq!(files, ["a/x.yaml", "b/base/z.yaml", "b/deep/y.yaml", "w.yaml"]);
            assert_eq!((refused, exceeded), (Vec::<String>::new(), None));
        }

        #[test]
        fn what_leads_out_of_the_folder_or_is_no_file_is_refused() {
            let outside = tempfile::tempdir().expect("a folder");
            touch(outside.path(), ["x.yaml".to_owned(), "x.txt".to_owned()]);
            let dir = tempfile::tempdir().expect("a folder");
            fs::create_dir(dir.path().join("a")).expect("made");
            let outside = outside.path();
            for (to, link) in [
                (outside.to_owned(), "folder"),
                (outside.join("x.yaml"), "file.yaml"),
                (outside.join("x.txt"), "text.yaml"),
                (outside.join("x.txt"), "not-wanted.txt"),
                ("../..".into(), "a/above"),
                ("/dev/zero".into(), "zero.yaml"),
                ("nowhere".into(), "broken.yaml"),
                ("loop.yaml".into(), "loop.yaml"),
            ] {
                symlink(to, dir.path().join(link)).expect("a link");
            }
            let _socket = UnixListener::bind(dir.path().join("socket.yaml")).expect("a socket");
            let (files, mut refused, exceeded) = found(dir.path());
            refused.sort();
            assert_eq!((files, exceeded), (Vec::<String>::new(), None));
            let parts = [
                "a/above: it is a link out of the folder",
                "broken.yaml: there is no such file",
                "file.yaml: it is a link out of the folder",
                "folder: it is a link out of the folder",
                "loop.yaml: it cannot be read",
                "socket.yaml: it is no regular file",
                "text.yaml: it is a link out of the folder",
                "zero.yaml: it is a link out of the folder",
            ];
            assert_eq!(refused.len(), parts.len(), "{refused:#?}");
            for (refused, part) in refused.iter().zip(parts) {
                assert!(refused.starts_with(part), "{refused}: {part}");
            }
            assert!(read_regular(&dir.path().join("socket.yaml"), 1).is_err());
        }
    }

    #[test]
    fn files_are_bounded_at_the_bound_and_one_past_it() {
        let dir = tempfile::tempdir().expect("a folder");
        touch(dir.path(), (0..FILES_MAX).map(|index| format!("{index:05}.yaml")));
        touch(dir.path(), ["not-wanted.txt".to_owned()]);
        let (files, _, exceeded) = found(dir.path());
        assert_eq!((files.len(), exceeded), (FILES_MAX, None));
        touch(dir.path(), ["x.yaml".to_owned()]);
        let (files, _, exceeded) = found(dir.path());
        assert_eq!(files.len(), FILES_MAX);
        assert_eq!(exceeded.as_deref(), Some("x.yaml: the folder holds more than 10000 files"));
    }

    #[test]
    fn folders_are_bounded_at_the_bound_and_one_past_it() {
        let dir = tempfile::tempdir().expect("a folder");
        for index in 0..FOLDERS_MAX {
            fs::create_dir(dir.path().join(format!("{index:05}"))).expect("made");
        }
        assert_eq!(found(dir.path()).2, None);
        fs::create_dir(dir.path().join("x")).expect("made");
        assert_eq!(found(dir.path()).2.as_deref(), Some("x: the folder holds more than 10000 folders"));
    }

    #[test]
    fn depth_is_bounded_at_the_bound_and_one_past_it() {
        let dir = tempfile::tempdir().expect("a folder");
        let deepest: PathBuf = std::iter::repeat_n("d", FOLDER_DEPTH_MAX - 1).collect();
        fs::create_dir_all(dir.path().join(&deepest)).expect("made");
        touch(dir.path(), [format!("{}/x.yaml", deepest.display())]);
        let (files, _, exceeded) = found(dir.path());
        assert_eq!((files.len(), exceeded), (1, None));
        fs::create_dir(dir.path().join(deepest).join("d")).expect("made");
        assert!(found(dir.path()).2.is_some_and(|it| it.ends_with("more than 32 levels deep")));
    }

    #[test]
    fn a_file_is_read_up_to_the_bound_and_not_one_byte_past_it() {
        let dir = tempfile::tempdir().expect("a folder");
        let file = dir.path().join("x");
        fs::write(&file, "12345").expect("written");
        assert_eq!(read_regular(&file, 5), Ok("12345".to_owned()));
        assert!(read_regular(&file, 4).is_err_and(|it| it.contains("more than 4 bytes")));
        fs::write(&file, b"\xff").expect("written");
        assert!(read(&file, 4).is_err_and(|it| it.contains("no UTF-8")));
        assert!(read_regular(dir.path(), 4).is_err_and(|it| it.contains("no regular file")));
        assert!(read(dir.path(), 4).is_err_and(|it| it.contains("it is a folder")));
    }
}
