//! CLI contexts: which cluster the commands speak to, and as whom.
//!
//! One idea: a small file in the user's configuration folder, written by `hanse dev` and
//! `hanse cluster init`, so that every other command works without flags.

use hanse_manifest::{Finding, value};
use serde::{Deserialize, Serialize};
use std::{
    env, fs, io,
    io::Write as _,
    path::{Path, PathBuf},
};

/// Name of the file within [`config_dir`].
pub const FILE: &str = "config.yaml";

/// One cluster as the CLI knows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Context {
    /// What `--context` calls it.
    pub name: String,
    /// `HOST:PORT` of admin ports, tried in this order.
    pub servers: Vec<String>,
    /// PEM file: the cluster's authority.
    pub ca: PathBuf,
    /// PEM file: the caller's certificate.
    pub certificate: PathBuf,
    /// PEM file: the caller's private key.
    pub key: PathBuf,
}

/// The contexts of a user.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Name of the context that is used when none is named; empty: none.
    pub current: String,
    /// In the order in which they were added.
    pub contexts: Vec<Context>,
}

/// Why contexts cannot be read or written.
#[derive(Debug, thiserror::Error)]
pub enum ContextError {
    /// The file is there and cannot be read.
    #[error("cannot read {}: {}", path.display(), crate::secure::unreadable(source))]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The file cannot be written.
    #[error("cannot write {}: {source}", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The file is no YAML.
    #[error("{} is no configuration of the CLI", path.display())]
    Findings {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        findings: Vec<Finding>,
    },
    /// The file has other fields than it should.
    #[error("{} is no configuration of the CLI: {message}", path.display())]
    Shape {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        message: String,
    },
}

/// `$HANSE_CONFIG_DIR`, else `hanse` in the user's configuration folder.
pub fn config_dir() -> PathBuf {
    let set = |name: &str| env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    if let Some(dir) = set("HANSE_CONFIG_DIR") {
        return dir;
    }
    set("XDG_CONFIG_HOME")
        .or_else(|| set("HOME").map(|home| home.join(".config")))
        .map_or_else(|| PathBuf::from(".hanse"), |dir| dir.join("hanse"))
}

impl Config {
    /// Reads the contexts in a folder; without a file there are none.
    ///
    /// # Errors
    /// When the file cannot be read or is no such configuration.
    pub fn load(dir: &Path) -> Result<Config, ContextError> {
        let path = dir.join(FILE);
        let text = match fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Config::default()),
            Err(source) => return Err(ContextError::Read { path, source }),
        };
        let tree = match value::read(&path.display().to_string(), &text) {
            Ok(tree) if tree.is_null() => return Ok(Config::default()),
            Ok(tree) => tree,
            Err(findings) => return Err(ContextError::Findings { path, findings }),
        };
        serde_json::from_value(tree.to_json())
            .map_err(|error| ContextError::Shape { path, message: error.to_string() })
    }

    /// Writes the contexts of a folder, which is made if need be. Readers see the old
    /// file or the new one, never a part.
    ///
    /// # Errors
    /// When the folder or file cannot be written.
    pub fn save(&self, dir: &Path) -> Result<(), ContextError> {
        let path = dir.join(FILE);
        self.try_save(dir, &path).map_err(|source| ContextError::Write { path, source })
    }

    fn try_save(&self, dir: &Path, path: &Path) -> io::Result<()> {
        fs::create_dir_all(dir)?;
        let text = serde_saphyr::to_string(self).map_err(io::Error::other)?;
        let mut file = tempfile::NamedTempFile::new_in(dir)?;
        file.write_all(b"# Contexts of the hanse command. `hanse context list` shows them.\n")?;
        file.write_all(text.as_bytes())?;
        file.persist(path).map_err(|error| error.error)?;
        Ok(())
    }

    /// Adds a context, or replaces the one of its name, and makes it the current one.
    pub fn put_current(&mut self, context: Context) {
        self.current.clone_from(&context.name);
        match self.contexts.iter_mut().find(|known| known.name == context.name) {
            Some(known) => *known = context,
            None => self.contexts.push(context),
        }
    }

    /// Removes a context; whether there was one.
    pub fn remove(&mut self, name: &str) -> bool {
        let before = self.contexts.len();
        self.contexts.retain(|context| context.name != name);
        if self.current == name {
            self.current.clear();
        }
        before != self.contexts.len()
    }

    /// The context of a name, or the current one.
    pub fn find(&self, name: Option<&str>) -> Option<&Context> {
        let name = name.unwrap_or(&self.current);
        self.contexts.iter().find(|context| context.name == name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn context(name: &str, server: &str) -> Context {
        Context {
            name: name.into(),
            servers: vec![server.into(), "[::1]:7401".into()],
            ca: "/etc/hanse/ca: 1.pem".into(),
            certificate: "/etc/hanse/admin.pem".into(),
            key: "/etc/hanse/admin.key".into(),
        }
    }

    #[test]
    fn what_is_saved_is_loaded() {
        let dir = tempfile::tempdir().expect("a folder");
        let below = dir.path().join("a/b");
        assert_eq!(Config::load(&below).expect("no file yet"), Config::default());
        let mut config = Config::default();
        config.put_current(context("dev", "127.0.0.1:7400"));
        config.put_current(context("prod", "10.0.0.1:7400"));
        config.save(&below).expect("saved");
        assert_eq!(Config::load(&below).expect("loaded"), config);
        assert_eq!(config.find(None).map(|found| found.name.as_str()), Some("prod"));
        assert_eq!(config.find(Some("dev")).map(|found| found.name.as_str()), Some("dev"));
        assert_eq!(config.find(Some("other")), None);
    }

    #[test]
    fn a_context_of_the_same_name_is_replaced() {
        let mut config = Config::default();
        config.put_current(context("dev", "127.0.0.1:1"));
        config.put_current(context("dev", "127.0.0.1:2"));
        assert_eq!(config.contexts.len(), 1);
        assert_eq!(config.contexts[0].servers[0], "127.0.0.1:2");
        assert!(config.remove("dev") && !config.remove("dev"));
        assert_eq!(config.find(None), None);
    }

    #[test]
    fn a_broken_file_is_named() {
        let dir = tempfile::tempdir().expect("a folder");
        for (text, expected) in
            [("a: [", "no configuration"), ("currnt: dev", "currnt"), ("contexts: [{name: x}]", "servers")]
        {
            fs::write(dir.path().join(FILE), text).expect("written");
            let error = Config::load(dir.path()).expect_err(text).to_string();
            assert!(error.contains(expected) && error.contains(FILE), "{error}");
        }
    }
}
