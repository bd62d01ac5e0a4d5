//! Manifests on disk: a file, a folder of them, or what comes through a pipe.
//!
//! One idea: everything is read and every finding collected before anything is sent, and what
//! the server says later is led back to the line it is about.

use super::files::{self, FOLDER_BYTES_MAX, Walk, unreadable};
use hanse_manifest::{
    Finding, Located, duplicate_names, parse,
    value::{BYTES_MAX, Value},
};
use hanse_proto::v1::{self, Resource};
use std::{
    cell::{Cell, RefCell},
    collections::{BTreeMap, BTreeSet},
    fs, io,
    path::Path,
};

/// What a folder of manifests says of itself: `owner: NAME`.
pub const SETTINGS_FILE: &str = "hanse.yaml";

/// What was read, and what is wrong with it.
#[derive(Debug, Default)]
pub struct Loaded {
    /// Resources without findings, in the order of files and text.
    pub resources: Vec<Located<Resource>>,
    /// Everything that was found; empty: all may be sent.
    pub findings: Vec<Finding>,
    /// What could be read of the resources with findings; `None`: not even the name.
    pub unread: Vec<Option<Resource>>,
    /// Whose folder it is, as its [`SETTINGS_FILE`] says; of several folders, each.
    pub owners: BTreeSet<String>,
    /// Text of every file that was read, documents of policies included, by its shown path.
    pub texts: BTreeMap<String, String>,
    /// Bytes that were read, those of a document as often as a manifest names it.
    pub bytes: u64,
}

/// Reads a manifest, or all `*.yaml`, `*.yml` and `*.json` in a folder and below it in the order
/// of their names. Hidden files and folders are left out; see [`files::walk`] for links.
pub fn read(path: &Path) -> Loaded {
    let mut loaded = Loaded::default();
    match files::check_named(path).and_then(|()| fs::metadata(path).map_err(|error| unreadable(&error))) {
        Ok(metadata) if metadata.is_dir() => loaded.read_folder(path),
        Ok(_) => loaded.read_file(path, files::read_named(path, BYTES_MAX)),
        Err(message) => loaded.findings.push(about(path, message)),
    }
    loaded.findings.extend(duplicate_names(&loaded.resources));
    loaded
}

/// Reads a manifest that has no file, as one from standard input; `valueFrom` is relative to `folder`.
pub fn read_text(name: &str, text: String, folder: &Path) -> Loaded {
    let mut loaded = Loaded::default();
    loaded.parse(name, text, folder);
    loaded.findings.extend(duplicate_names(&loaded.resources));
    loaded
}

impl Loaded {
    /// One change for every resource: what others may refer to comes first. An `etag` in a manifest,
    /// as `get` prints it, is the condition that nobody has changed the resource since.
    pub fn changes(&self) -> Vec<v1::Change> {
        let mut resources: Vec<&Resource> = self.resources.iter().map(|located| &located.resource).collect();
        resources.sort_by_key(|resource| resource.spec.as_ref().map(hanse_proto::Kind::of_spec));
        let put = |resource: &Resource| v1::Change {
            change: Some(v1::change::Change::Put(resource.clone())),
            if_etag: resource.etag.clone(),
            cascade: false,
        };
        resources.into_iter().map(put).collect()
    }

    /// Findings with the lines they are about, as people read them.
    pub fn render(&self) -> String {
        hanse_manifest::render(&self.findings, &|file| self.texts.get(file).cloned())
    }

    /// Where what the server said about a resource was written: file, line and column.
    pub fn place_of(&self, name: &str, field: &str, line: u32, column: u32) -> Option<(String, u32, u32)> {
        let key = hanse_proto::key_of(name);
        let located = self.resources.iter().find(|it| hanse_proto::key_of(&it.resource.name) == key)?;
        let (at_line, at_column) = located.place_of(field);
        if line == 0 {
            return Some((located.file.clone(), at_line, at_column));
        }
        if let Some(document) = &located.value_file {
            let folder = Path::new(&located.file).parent().unwrap_or(Path::new(""));
            return Some((shown(&folder.join(document)), line, column));
        }
        let text = self.texts.get(&located.file)?;
        let place = located.key_positions.get("policy.value").copied();
        let inline = place.and_then(|(start, _)| within_block(text, start, line, column));
        let (line, column) = inline.unwrap_or((at_line, at_column));
        Some((located.file.clone(), line, column))
    }

    /// Adds what was read elsewhere.
    pub fn extend(&mut self, other: Loaded) {
        self.resources.extend(other.resources);
        self.findings.extend(other.findings);
        self.unread.extend(other.unread);
        self.texts.extend(other.texts);
        self.owners.extend(other.owners);
        self.bytes += other.bytes;
    }

    fn read_folder(&mut self, folder: &Path) {
        let Walk { mut files, refused, exceeded } = files::walk(folder, &is_manifest);
        for (path, message) in refused {
            let hint = "put a file in its place, or take it away".to_owned();
            self.findings.push(Finding { hint, ..about(&path, message) });
            self.unread.push(None);
        }
        if let Some((path, message)) = exceeded {
            return self.findings.push(Finding { hint: PARTS.to_owned(), ..about(&path, message) });
        }
        let settings = folder.join(SETTINGS_FILE);
        if files.contains(&settings) && self.read_settings(&settings) {
            files.retain(|file| *file != settings);
        }
        if files.is_empty() && self.findings.is_empty() {
            let message = "the folder holds no manifest (*.yaml, *.yml, *.json)".to_owned();
            self.findings.push(about(folder, message));
        }
        for file in files {
            self.read_file(&file, files::read_regular(&file, BYTES_MAX));
            if self.bytes > FOLDER_BYTES_MAX {
                let finding = about(folder, too_many_bytes());
                return self.findings.push(Finding { hint: PARTS.to_owned(), ..finding });
            }
        }
    }

    fn read_file(&mut self, path: &Path, text: Result<String, String>) {
        match text {
            Ok(text) => self.parse(&shown(path), text, path.parent().unwrap_or(Path::new("."))),
            Err(message) => {
                self.findings.push(about(path, message));
                self.unread.push(None);
            }
        }
    }

    /// Reads what a folder says of itself; `false`: the file is a manifest like any other.
    fn read_settings(&mut self, path: &Path) -> bool {
        let Ok(text) = files::read_regular(path, BYTES_MAX) else { return false };
        let file = shown(path);
        let (documents, _) = hanse_manifest::value::read_all(&file, &text);
        let [document] = documents.as_slice() else { return false };
        let Value::Mapping(settings) = &document.value else { return false };
        if settings.get("owner").is_none() || settings.get("name").is_some() {
            return false;
        }
        for entry in settings {
            let finding = |message: String, hint: &str| Finding {
                file: file.clone(),
                line: entry.line,
                column: entry.column,
                field: entry.key.clone(),
                message,
                hint: hint.to_owned(),
            };
            match (entry.key.as_str(), entry.value.scalar_text()) {
                ("owner", Some(owner)) if !owner.is_empty() => _ = self.owners.insert(owner.to_owned()),
                ("owner", _) => self.findings.push(finding(
                    format!("expected a name, found {}", entry.value.describe()),
                    "write `owner: NAME`, whose folder this is",
                )),
                (key, _) => self.findings.push(finding(
                    format!("unknown field `{key}`; a folder says `owner` of itself"),
                    "remove it",
                )),
            }
        }
        self.texts.insert(file, text);
        true
    }

    fn parse(&mut self, file: &str, text: String, folder: &Path) {
        let documents = RefCell::new(BTreeMap::new());
        let bytes = Cell::new(self.bytes + text.len() as u64);
        let files = |name: &str| {
            let within_bounds = || match bytes.get() > FOLDER_BYTES_MAX {
                true => Err(format!("`{name}`: {}", too_many_bytes())),
                false => Ok(()),
            };
            within_bounds()?;
            let text = read_beside(folder, name)?;
            bytes.set(bytes.get() + text.len() as u64);
            within_bounds()?;
            documents.borrow_mut().insert(shown(&folder.join(name)), text.clone());
            Ok(text)
        };
        let parsed = parse(file, &text, &files);
        self.bytes = bytes.get();
        self.resources.extend(parsed.resources);
        self.findings.extend(parsed.findings);
        self.unread.extend(parsed.unread);
        self.texts.append(&mut documents.into_inner());
        self.texts.insert(file.to_owned(), text);
    }
}

/// A path as people write it: without a leading `./`.
fn shown(path: &Path) -> String {
    path.strip_prefix(".").unwrap_or(path).display().to_string()
}

fn about(path: &Path, message: String) -> Finding {
    const HINT: &str = "name a manifest, a folder of them, or - for standard input";
    Finding { file: shown(path), line: 0, column: 0, field: String::new(), message, hint: HINT.to_owned() }
}

/// What to do about a folder that is too large.
const PARTS: &str = "apply parts of it, one after the other";

fn too_many_bytes() -> String {
    format!("the files have more than {FOLDER_BYTES_MAX} bytes together")
}

/// A file that a manifest in `folder` names; links out of the folder are refused.
fn read_beside(folder: &Path, name: &str) -> Result<String, String> {
    let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
    let path = folder.join(name);
    let missing = |error: io::Error| format!("`{name}`: {}", unreadable(&error));
    let real = path.canonicalize().map_err(missing)?;
    if !real.starts_with(folder.canonicalize().map_err(missing)?) {
        return Err(format!("the file `{name}` is a link out of the folder of the manifest"));
    }
    files::read_regular(&real, BYTES_MAX).map_err(|message| format!("`{name}`: {message}"))
}

/// Whether a file is read as a manifest, by its name.
pub fn is_manifest(path: &Path) -> bool {
    let extension = path.extension().map(|extension| extension.to_string_lossy().to_ascii_lowercase());
    matches!(extension.as_deref(), Some("yaml" | "yml" | "json"))
}

/// Place in the file of a place in a block (`value: |`) whose key stands in line `start`.
fn within_block(text: &str, start: u32, line: u32, column: u32) -> Option<(u32, u32)> {
    let start = usize::try_from(start).ok()?;
    let key = text.lines().nth(start.checked_sub(1)?)?;
    let (_, indicator) = key.rsplit_once([':', ' '])?;
    if !matches!(indicator.trim(), "|" | "|-" | "|+") {
        return None;
    }
    let first = text.lines().skip(start).find(|line| !line.trim().is_empty())?;
    let indent = u32::try_from(first.len() - first.trim_start_matches(' ').len()).ok()?;
    Some((u32::try_from(start).ok()? + line, column.max(1) + indent))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
        let dir = tempfile::tempdir().expect("a folder");
        for (name, text) in files {
            let path = dir.path().join(name);
            fs::create_dir_all(path.parent().expect("a folder")).expect("made");
            fs::write(path, text).expect("written");
        }
        dir
    }

    const DEMO: &str = "name: workspaces/demo\nworkspace: {displayName: Demo}\n";
    const POLICY: &str = "name: workspaces/demo/policies/policy\npolicy: {valueFrom: p/demo.xml}\n";

    #[test]
    fn a_folder_is_read_in_the_order_of_names_and_below() {
        let dir = folder(&[
            ("b.yml", POLICY),
            ("p/demo.xml", "<policies/>"),
            ("a/c.json", r#"{"name": "apis/a", "api": {}}"#),
            ("z.YAML", DEMO),
            (".hidden/x.yaml", "broken: ["),
            ("README.md", "text"),
        ]);
        let loaded = read(dir.path());
        assert_eq!(loaded.findings, []);
        let names: Vec<&str> = loaded.resources.iter().map(|it| it.resource.name.as_str()).collect();
        assert_eq!(names, ["apis/a", "workspaces/demo/policies/policy", "workspaces/demo"]);
        let changes = loaded.changes();
        let Some(v1::change::Change::Put(first)) = &changes[0].change else { panic!("a put") };
        assert_eq!(first.name, "workspaces/demo", "what others refer to comes first");
    }

    #[test]
    fn findings_of_all_files_come_at_once() {
        let dir = folder(&[
            ("a.yaml", "name: apis/a\napi: {pth: x}\n"),
            ("b.yaml", "5"),
            ("c.yaml", DEMO),
            ("d.yaml", DEMO),
        ]);
        let loaded = read(dir.path());
        assert_eq!(loaded.findings.len(), 3, "{:#?}", loaded.findings);
        let text = loaded.render();
        assert!(text.contains("a.yaml:2:7 api.pth"), "{text}");
        assert!(text.contains("did you mean `path`?"), "{text}");
        assert!(text.contains("d.yaml:1:1 name: `workspaces/demo` is given twice"), "{text}");
        assert!(read(&dir.path().join("none")).render().contains("no such file"));
        assert!(read(folder(&[]).path()).render().contains("holds no manifest"));
    }

    #[test]
    fn what_the_server_says_is_led_back_to_its_line() {
        let inline = "name: apis/a/policies/policy\npolicy:\n  value: |\n    <policies>\n      <x/>\n    </policies>\n";
        let dir = folder(&[("a.yaml", POLICY), ("p/demo.xml", "<policies/>"), ("b.yaml", inline)]);
        let loaded = read(dir.path());
        let at = |name: &str, field: &str, line, column| {
            let (file, line, column) = loaded.place_of(name, field, line, column).expect("a place");
            let file =
                Path::new(&file).strip_prefix(dir.path()).expect("in the folder").display().to_string();
            (file, line, column)
        };
        assert_eq!(at("workspaces/DEMO/policies/policy", "", 0, 0).0, "a.yaml");
        assert_eq!(at("workspaces/demo/policies/policy", "value", 1, 2), ("p/demo.xml".into(), 1, 2));
        assert_eq!(at("apis/a/policies/policy", "value", 2, 3), ("b.yaml".into(), 5, 7));
        assert_eq!(at("apis/a/policies/policy", "value", 0, 0), ("b.yaml".into(), 3, 3));
        assert_eq!(loaded.place_of("apis/other", "", 0, 0), None);
    }

    #[test]
    fn a_folder_says_whose_it_is() {
        let dir = folder(&[("hanse.yaml", "owner: payments\n"), ("a.yaml", DEMO)]);
        let loaded = read(dir.path());
        assert_eq!((loaded.owners, loaded.resources.len()), (["payments".to_owned()].into(), 1));
        assert_eq!(loaded.findings, []);
        let wrong = read(folder(&[("hanse.yaml", "owner: [a]\nowners: b\n"), ("a.yaml", DEMO)]).path());
        let text = wrong.render();
        assert!(text.contains("hanse.yaml:1:1 owner: expected a name"), "{text}");
        assert!(text.contains("hanse.yaml:2:1 owners: unknown field"), "{text}");
        // One that is a manifest is read as one, and one further down says nothing.
        assert_eq!(read(folder(&[("hanse.yaml", DEMO)]).path()).resources.len(), 1);
        assert!(!read(folder(&[("x/hanse.yaml", "owner: a\n")]).path()).findings.is_empty());
    }

    #[test]
    fn what_cannot_be_read_whole_is_remembered() {
        let dir = folder(&[("a.yaml", "name: apis/a\napi: {pth: x, displayName: A}\n"), ("b.yaml", "[")]);
        let unread = read(dir.path()).unread;
        assert_eq!(unread.len(), 2);
        assert_eq!(unread[0].as_ref().map(|resource| resource.name.as_str()), Some("apis/a"));
        assert_eq!(unread[1], None);
    }

    #[test]
    fn a_folder_is_bounded_in_bytes_at_the_bound_and_one_past_it() {
        let dir = folder(&[("a.yaml", POLICY), ("p/demo.xml", "<policies/>"), ("z.yaml", DEMO)]);
        let length = (POLICY.len() + "<policies/>".len() + DEMO.len()) as u64;
        let read = |room: u64| {
            let mut loaded = Loaded { bytes: FOLDER_BYTES_MAX - room, ..Loaded::default() };
            loaded.read_folder(dir.path());
            loaded
        };
        let loaded = read(length);
        assert_eq!((loaded.resources.len(), loaded.findings), (2, Vec::new()));
        let text = read(length - 1).render();
        assert!(text.contains("more than 268435456 bytes together"), "{text}");
        // A document counts whenever a manifest names it, so one file cannot be read without end.
        let text = read(POLICY.len() as u64).render();
        assert!(text.contains("policy.valueFrom: `p/demo.xml`: the files have more than"), "{text}");
    }

    #[cfg(unix)]
    #[test]
    fn a_link_out_of_the_folder_is_refused() {
        let outside = folder(&[("secret.xml", "<x/>")]);
        let dir = folder(&[("a.yaml", "name: policies/policy\npolicy: {valueFrom: link.xml}\n")]);
        std::os::unix::fs::symlink(outside.path().join("secret.xml"), dir.path().join("link.xml"))
            .expect("a link");
        assert!(read(dir.path()).render().contains("is a link out of the folder"));
    }

    #[test]
    fn files_are_bounded_at_the_bound_and_one_past_it() {
        let long = |bytes: usize| format!("#{}", "x".repeat(bytes - 1));
        let dir = folder(&[("a.yaml", &long(BYTES_MAX)), ("b.yaml", &long(BYTES_MAX + 1))]);
        let loaded = read(dir.path());
        assert_eq!(loaded.findings.len(), 1);
        assert!(loaded.findings[0].file.ends_with("b.yaml"));
    }
}
