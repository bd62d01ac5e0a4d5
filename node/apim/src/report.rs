//! What came of a folder: resources, and for every file whether it was taken.
//!
//! One idea: a file is taken as long as something that it made is; so the report stays true when
//! a server leaves out more. Must not know how files are read.

use hanse_manifest::Finding;
use hanse_proto::v1;
use std::collections::{BTreeMap, BTreeSet};

/// What came of a folder.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Import {
    /// What the files describe, as it may be applied.
    pub resources: Vec<v1::Resource>,
    /// Every file of the folder, in the order of their paths.
    pub files: Vec<FileReport>,
    /// What is worth saying although the file was taken.
    pub notes: Vec<Note>,
    /// Names of the workspaces that the folder has a part for; it never describes them themselves.
    pub workspaces: BTreeSet<String>,
    /// What is wrong with the overrides; then nothing should be applied.
    pub findings: Vec<Finding>,
    /// The files that made a resource, by the key of its name.
    pub(crate) made_by: BTreeMap<String, Vec<usize>>,
}

/// What became of one file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileReport {
    /// As it was given.
    pub path: String,
    /// Why it was not taken; `None`: it was.
    pub untaken: Option<String>,
    /// Resources that it made and that are still there.
    pub(crate) made: usize,
}

/// Something about a file that was taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    /// Path of the file.
    pub path: String,
    /// What it is: lower case, no full stop.
    pub message: String,
}

impl Import {
    /// Number of files that were taken.
    pub fn taken(&self) -> usize {
        self.files.iter().filter(|file| file.untaken.is_none()).count()
    }

    /// Files that were not taken, with their reasons.
    pub fn untaken(&self) -> impl Iterator<Item = (&str, &str)> {
        self.files.iter().filter_map(|file| Some((file.path.as_str(), file.untaken.as_deref()?)))
    }

    /// Leaves out a resource and everything below it, for a reason. Whether there was one.
    pub fn leave_out(&mut self, name: &str, reason: &str) -> bool {
        let key = hanse_proto::key_of(name);
        let below = format!("{key}/");
        let before = self.resources.len();
        let mut gone = Vec::new();
        self.resources.retain(|resource| {
            let other = hanse_proto::key_of(&resource.name);
            let goes = other == key || other.starts_with(&below);
            if goes {
                gone.push((other, resource.name.clone()));
            }
            !goes
        });
        for (other, gone) in gone {
            let reason = match other == key {
                true => format!("{gone}: {reason}"),
                false => format!("{gone}: `{name}`, which it is below, is not taken"),
            };
            self.forget(&other, reason);
        }
        self.resources.len() < before
    }

    fn forget(&mut self, key: &str, reason: String) {
        for index in self.made_by.remove(key).unwrap_or_default() {
            let Some(file) = self.files.get_mut(index) else { continue };
            file.made = file.made.saturating_sub(1);
            if file.made == 0 {
                file.untaken = Some(reason.clone());
            } else {
                let path = file.path.clone();
                self.notes.push(Note { path, message: format!("left out {reason}") });
            }
        }
    }
}
