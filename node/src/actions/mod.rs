//! Actions: what is more than writing one's own resources.
//!
//! ```text
//! store (Read) ─┐
//! action ───────┴─► expand ─► Expansion { changes, restored, rests_on } ─► admitted as any apply
//! ```
//!
//! One idea: an action is expanded, on the leader, into the changes that a person would have had to
//! write, together with everything that was read to find them; a state that has changed in between
//! makes it be expanded again. So each action is one atomic command that happens once.
//! One file per action; must not know who asks, clocks or the log.

mod clone_api;
mod make_current;
mod move_to_workspace;
mod move_workspace;
mod read;
mod regenerate_key;
mod rollback;
mod subscription_state;
#[cfg(test)]
mod tests;

pub use read::{SUBTREE_MAX, Stop};

use hanse_model::Read;
use hanse_proto::{
    Name,
    v1::{self, act_request::Action},
};
use read::Reader;
use std::collections::BTreeMap;

/// The changes that an action means over one state of the store.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Expansion {
    /// Changes to be admitted as if somebody had sent them.
    pub changes: Vec<v1::Change>,
    /// Seals that go with a put, by the key of its resource: secrets that travel unopened.
    pub carried: BTreeMap<String, Carried>,
    /// Changes that were admitted when they were first made.
    pub restored: Vec<v1::AdmittedChange>,
    /// Everything that was read.
    pub rests_on: Vec<v1::RestsOn>,
    /// What is worth saying.
    pub warnings: Vec<v1::Warning>,
}

/// What a resource brings along from where it stood.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Carried {
    /// By field path.
    pub secrets: BTreeMap<String, v1::Sealed>,
    /// Named values that the secrets refer to.
    pub named_values: Vec<String>,
    /// Whose folder it is from.
    pub owner: String,
}

impl Expansion {
    fn put(&mut self, name: &str, spec: v1::resource::Spec) {
        let resource = v1::Resource { name: name.to_owned(), spec: Some(spec), ..Default::default() };
        self.changes
            .push(v1::Change { change: Some(v1::change::Change::Put(resource)), ..Default::default() });
    }

    /// Puts something that must not be there yet.
    fn create(&mut self, name: &str, spec: v1::resource::Spec) {
        self.put(name, spec);
        self.changes.last_mut().expect("it was put just now").if_etag = "-".to_owned();
    }

    fn delete(&mut self, name: &str, cascade: bool) {
        let change = Some(v1::change::Change::Delete(name.to_owned()));
        self.changes.push(v1::Change { change, cascade, ..Default::default() });
    }

    /// Adds to an admitted command what admission cannot find in the changes.
    pub fn complete(self, command: &mut v1::ApplyCommand) {
        for change in &mut command.changes {
            let Some(v1::admitted_change::Change::Put(put)) = &mut change.change else { continue };
            let Some(resource) = &put.resource else { continue };
            if let Some(carried) = self.carried.get(&hanse_proto::key_of(&resource.name)) {
                put.secrets.clone_from(&carried.secrets);
                let facts = put.facts.get_or_insert_default();
                facts.named_values.extend(carried.named_values.iter().cloned());
                put.restores = true;
                put.restores_owner.clone_from(&carried.owner);
            }
        }
        command.changes.extend(self.restored);
        command.rests_on.extend(self.rests_on);
    }
}

/// What an action means over the state `read`, which is that of `revision`. `key` is a new
/// subscription key, in case one is needed.
///
/// # Errors
/// Everything that is wrong with it, or that the store cannot be read.
pub fn expand<R: Read>(
    read: &R,
    revision: u64,
    action: &Action,
    key: String,
) -> Result<Expansion, Stop<R::Error>> {
    let mut reader = Reader::new(read, revision);
    let mut expansion = match action {
        Action::RegenerateKey(it) => regenerate_key::expand(&mut reader, it, key)?,
        Action::SetSubscriptionState(it) => subscription_state::expand(&mut reader, it)?,
        Action::MakeCurrent(it) => make_current::expand(&mut reader, it)?,
        Action::CloneApi(it) => clone_api::expand(&mut reader, it)?,
        Action::MoveWorkspace(it) => move_workspace::expand_move(&mut reader, it)?,
        Action::QuarantineWorkspace(it) => move_workspace::expand_quarantine(&mut reader, it)?,
        Action::ReleaseWorkspace(it) => move_workspace::expand_release(&mut reader, it)?,
        Action::MoveToWorkspace(it) => move_to_workspace::expand(&mut reader, it)?,
        Action::Rollback(it) => rollback::expand(&mut reader, it)?,
    };
    expansion.rests_on = reader.rests_on();
    Ok(expansion)
}

/// The id in a full name of the kind that an action takes.
fn within(name: &Name, relative: &str) -> String {
    match name.scope() {
        "" => relative.to_owned(),
        scope => format!("{scope}/{relative}"),
    }
}
