//! `hanse export DIR`: what there is as manifests, one file each, which `hanse apply -f DIR` reads.
//!
//! One idea: a list beside the manifests says which files the export wrote, so that a later one
//! replaces these and touches no other.

use super::{
    Failure, Globals, Output, format, names,
    output::{Out, say},
    session,
};
use clap::Args;
use hanse::client::{
    Client,
    files::{self, FILES_MAX},
};
use hanse_manifest::layout::{self, File};
use hanse_proto::{Kind, Name, v1};
use std::{
    collections::BTreeSet,
    fs, io,
    path::{Path, PathBuf},
};

/// Names the files that an export wrote; hidden, so that `apply` does not read it.
const LIST: &str = ".hanse-export";
/// Bytes of that list: a path of the longest ids for each of so many files is shorter.
const LIST_BYTES_MAX: usize = 32 * 1024 * 1024;
/// Resources that one call gives back.
const PAGE: u32 = 1_000;
/// Files that a refusal names.
const NAMED_MAX: usize = 5;

#[derive(Debug, Args)]
#[command(after_help = "hanse export -w demo manifests && hanse apply -f manifests        changes nothing")]
pub struct Export {
    /// Folder to write into; made if it is not there
    #[arg(value_name = "DIR")]
    pub folder: PathBuf,
    /// Id of a workspace; without it, the service and all workspaces
    #[arg(long, short)]
    pub workspace: Option<String>,
    /// Replace what an earlier export wrote into the folder; other files stay
    #[arg(long)]
    pub force: bool,
}

impl Export {
    pub async fn run(self, globals: &Globals) -> Result<(), Failure> {
        let before = self.before()?;
        let scope = names::workspace(self.workspace.as_deref())?;
        let mut client = session::client(globals)?;
        let resources = self.resources(&mut client, &scope).await?;
        let files: Vec<File> =
            resources.iter().flat_map(|resource| layout::files(resource, &secrets_of(resource))).collect();
        if files.len() > FILES_MAX {
            let message =
                format!("these are {} files; `apply` reads a folder of at most {FILES_MAX}", files.len());
            return Err(Failure::failed(message).hint("export one workspace at a time, with -w"));
        }
        self.replace(&before, &files)?;
        self.report(globals, resources.len(), &files)
    }

    /// The files that an earlier export wrote here.
    ///
    /// # Errors
    /// When there is anything, and --force is not given.
    fn before(&self) -> Result<BTreeSet<String>, Failure> {
        let shown = self.folder.display();
        files::check_named(&self.folder).map_err(|message| Failure::failed(format!("{shown}: {message}")))?;
        let entries = match fs::read_dir(&self.folder) {
            Ok(entries) => entries.count(),
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(BTreeSet::new()),
            Err(error) if error.kind() == io::ErrorKind::NotADirectory => {
                return Err(Failure::failed(format!("{shown} is a file; a folder is expected")));
            }
            Err(error) => return Err(Failure::failed(format!("{shown} cannot be read: {error}"))),
        };
        if entries == 0 {
            return Ok(BTreeSet::new());
        }
        if !self.force {
            return Err(Failure::failed(format!("{shown} is not empty"))
                .hint("--force replaces what an earlier export wrote there; or name another folder"));
        }
        let path = self.folder.join(LIST);
        let list = match path.symlink_metadata() {
            Err(error) if error.kind() == io::ErrorKind::NotFound => String::new(),
            Ok(metadata) if metadata.is_symlink() => {
                return Err(Failure::failed(format!("{shown}/{LIST} is a link, and no export makes one"))
                    .hint("take it away, or name another folder"));
            }
            _ => files::read_regular(&path, LIST_BYTES_MAX)
                .map_err(|message| Failure::failed(format!("{shown}/{LIST}: {message}")))?,
        };
        Ok(list.lines().filter(|line| is_within(line)).map(str::to_owned).collect())
    }

    /// Everything that can be written again: what the server makes itself is left out.
    async fn resources(&self, client: &mut Client, scope: &str) -> Result<Vec<v1::Resource>, Failure> {
        let mut found = Vec::new();
        if !scope.is_empty() {
            let request = v1::GetRequest { name: scope.to_owned(), stale: false };
            let workspace = session::call(client, "reading", |mut it| {
                let request = request.clone();
                async move { it.management.get(request).await }
            });
            found.push(workspace.await?);
        }
        let mut request = v1::ListRequest {
            parent: scope.to_owned(),
            recursive: true,
            page_size: PAGE,
            ..v1::ListRequest::default()
        };
        loop {
            let page = session::call(client, "reading", |mut it| {
                let request = request.clone();
                async move { it.management.list(request).await }
            });
            let page = page.await?;
            found.extend(page.resources);
            if page.next_page_token.is_empty() {
                break;
            }
            request.page_token = page.next_page_token;
        }
        found.retain(is_written_by_people);
        Ok(found)
    }

    fn replace(&self, before: &BTreeSet<String>, files: &[File]) -> Result<(), Failure> {
        let foreign: Vec<&str> = files
            .iter()
            .map(|file| file.path.as_str())
            .filter(|path| !before.contains(*path) && self.folder.join(path).symlink_metadata().is_ok())
            .collect();
        if !foreign.is_empty() {
            let message = format!(
                "{} would be written over, and no export wrote {}: {}",
                format::counted(foreign.len() as u64, "file", "files"),
                if foreign.len() == 1 { "it" } else { "them" },
                foreign.iter().take(NAMED_MAX).copied().collect::<Vec<_>>().join(", ")
            );
            return Err(
                Failure::failed(message).hint("move them away, or name another folder; nothing was written")
            );
        }
        let failed = |path: &Path, error: io::Error| {
            Failure::failed(format!("{} cannot be written: {error}", path.display()))
                .hint("what was written so far is removed by the next export with --force")
        };
        fs::create_dir_all(&self.folder).map_err(|error| failed(&self.folder, error))?;
        // The list first: an export that breaks off can be replaced by the next one.
        let all: BTreeSet<&str> =
            before.iter().map(String::as_str).chain(files.iter().map(|file| file.path.as_str())).collect();
        self.write_list(all.into_iter()).map_err(|error| failed(&self.folder.join(LIST), error))?;
        let wanted: BTreeSet<&str> = files.iter().map(|file| file.path.as_str()).collect();
        for path in before.iter().filter(|path| !wanted.contains(path.as_str())) {
            self.remove(path).map_err(|error| failed(&self.folder.join(path), error))?;
        }
        for file in files {
            let path = self.folder.join(&file.path);
            self.write(file, &path).map_err(|error| failed(&path, error))?;
        }
        self.write_list(wanted.into_iter()).map_err(|error| failed(&self.folder.join(LIST), error))
    }

    fn write_list<'a>(&self, paths: impl Iterator<Item = &'a str>) -> io::Result<()> {
        if self.is_linked(LIST) {
            return Err(io::Error::other("it is a link"));
        }
        let text: String = paths.map(|path| format!("{path}\n")).collect();
        fs::write(self.folder.join(LIST), text)
    }

    fn write(&self, file: &File, path: &Path) -> io::Result<()> {
        if self.is_linked(&file.path) {
            return Err(io::Error::other("the way to it leads through a link"));
        }
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder)?;
        }
        fs::write(path, &file.text)
    }

    /// Removes a file that an export wrote, and the folders that are empty then.
    fn remove(&self, path: &str) -> io::Result<()> {
        if self.is_linked(path) {
            return Ok(());
        }
        match fs::remove_file(self.folder.join(path)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        let mut above = Path::new(path).parent();
        while let Some(folder) = above.filter(|folder| !folder.as_os_str().is_empty()) {
            if fs::remove_dir(self.folder.join(folder)).is_err() {
                break;
            }
            above = folder.parent();
        }
        Ok(())
    }

    /// Whether a path leads through a link, and so perhaps out of the folder.
    fn is_linked(&self, path: &str) -> bool {
        let parts = Path::new(path).ancestors().filter(|part| !part.as_os_str().is_empty());
        parts.into_iter().any(|part| self.folder.join(part).is_symlink())
    }

    fn report(&self, globals: &Globals, resources: usize, files: &[File]) -> Result<(), Failure> {
        let out = Out::new(globals);
        if out.format != Output::Table {
            return out.json(&serde_json::json!({
                "folder": self.folder.display().to_string(),
                "resources": resources,
                "files": files.iter().map(|file| file.path.as_str()).collect::<Vec<_>>(),
            }));
        }
        out.line(format!(
            "{} in {} written to {}",
            format::counted(resources as u64, "resource", "resources"),
            format::counted(files.len() as u64, "file", "files"),
            self.folder.display()
        ))?;
        say(format!("`hanse apply -f {}` writes them back", self.folder.display()));
        Ok(())
    }
}

/// A path of a list that stays in the folder.
fn is_within(path: &str) -> bool {
    let is_plain = |part: &str| !matches!(part, "" | "." | "..");
    !path.contains('\\') && path != LIST && path.split('/').all(is_plain)
}

/// Whether `apply` takes it: nodes and the service's own groups come from the server alone.
fn is_written_by_people(resource: &v1::Resource) -> bool {
    use v1::resource::Spec;
    match &resource.spec {
        Some(Spec::ClusterNode(_)) | None => false,
        Some(Spec::Group(group)) => !group.built_in,
        _ => Name::parse(&resource.name).is_ok_and(|name| name.kind() != Kind::ClusterNode),
    }
}

/// The secret fields of a resource, whose values are never read.
fn secrets_of(resource: &v1::Resource) -> Vec<String> {
    let mut spec = resource.spec.clone();
    let slots = spec.iter_mut().flat_map(hanse_model::secrets);
    slots.map(|slot| slot.path).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn export(folder: &Path, force: bool) -> Export {
        Export { folder: folder.to_owned(), workspace: None, force }
    }

    fn file(path: &str) -> File {
        File { path: path.to_owned(), text: path.to_owned() }
    }

    #[test]
    fn a_later_export_replaces_what_an_earlier_one_wrote_and_nothing_else() {
        let dir = tempfile::tempdir().expect("a folder");
        let one = export(dir.path(), false);
        one.replace(&one.before().expect("empty"), &[file("a/x.yaml"), file("b/y.yaml")]).expect("written");
        fs::write(dir.path().join("b/mine.yaml"), "mine").expect("written");
        assert!(one.before().is_err(), "not empty");
        let two = export(dir.path(), true);
        let before = two.before().expect("forced");
        two.replace(&before, &[file("b/z.yaml")]).expect("written");
        assert!(!dir.path().join("a").exists() && !dir.path().join("b/y.yaml").exists());
        assert!(dir.path().join("b/mine.yaml").exists() && dir.path().join("b/z.yaml").exists());
        let before = two.before().expect("forced");
        let refused = two.replace(&before, &[file("b/mine.yaml")]).expect_err("not ours");
        assert!(format!("{refused:?}").contains("b/mine.yaml"));
        assert!(dir.path().join("b/z.yaml").exists(), "nothing was changed");
    }

    #[cfg(unix)]
    #[test]
    fn nothing_outside_the_folder_is_touched() {
        let outside = tempfile::tempdir().expect("a folder");
        fs::write(outside.path().join("x.yaml"), "x").expect("written");
        let dir = tempfile::tempdir().expect("a folder");
        std::os::unix::fs::symlink(outside.path(), dir.path().join("link")).expect("a link");
        let list = format!("link/x.yaml\n../x.yaml\n{}\n/etc/x\n", outside.path().join("x.yaml").display());
        fs::write(dir.path().join(LIST), list).expect("written");
        let export = export(dir.path(), true);
        let before = export.before().expect("forced");
        assert_eq!(before.iter().map(String::as_str).collect::<Vec<_>>(), ["link/x.yaml"]);
        export.replace(&before, &[]).expect("done");
        assert!(outside.path().join("x.yaml").exists());
        assert!(export.replace(&before, &[file("link/x.yaml")]).is_err());
    }

    #[cfg(unix)]
    #[test]
    fn no_list_is_read_or_written_through_a_link() {
        let outside = tempfile::tempdir().expect("a folder");
        let precious = outside.path().join("precious");
        fs::write(&precious, "mine.yaml").expect("written");
        let dir = tempfile::tempdir().expect("a folder");
        std::os::unix::fs::symlink(&precious, dir.path().join(LIST)).expect("a link");
        let export = export(dir.path(), true);
        let refused = export.before().expect_err("a link");
        assert!(format!("{refused:?}").contains(".hanse-export is a link"), "{refused:?}");
        assert!(export.replace(&BTreeSet::new(), &[file("a.yaml")]).is_err());
        assert_eq!(fs::read_to_string(&precious).expect("still there"), "mine.yaml");
    }
}
