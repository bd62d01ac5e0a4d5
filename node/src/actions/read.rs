//! Reading for an action, so that whatever was read is known afterwards.
//!
//! One idea: the same call that reads a resource or a subtree notes what the action rests on, so no
//! action can forget it.

use crate::admission::violation;
use hanse_model::{ListQuery, Read};
use hanse_proto::{Kind, Name, key_of, v1, v1::resource::Spec};
use std::collections::BTreeMap;

/// Most resources that one action reads below one place.
pub const SUBTREE_MAX: usize = 50_000;
/// Resources of one page of the store.
const PAGE: u32 = 1_000;

/// Why an action was not expanded: refused, or the store failed.
#[derive(Debug)]
pub enum Stop<E> {
    /// Everything that is wrong with it.
    Refused(Vec<v1::Violation>),
    /// The store could not be read.
    Store(E),
}

/// Reads one state and notes what was read.
pub struct Reader<'a, R: Read> {
    read: &'a R,
    revision: u64,
    subtree_max: usize,
    notes: BTreeMap<(String, bool), u64>,
}

impl<'a, R: Read> Reader<'a, R> {
    pub fn new(read: &'a R, revision: u64) -> Self {
        Reader { read, revision, subtree_max: SUBTREE_MAX, notes: BTreeMap::new() }
    }

    /// The state itself, for questions whose answers need not be noted.
    pub fn store(&self) -> &'a R {
        self.read
    }

    /// Revision of the state.
    pub fn revision(&self) -> u64 {
        self.revision
    }

    /// What has been read.
    pub fn rests_on(self) -> Vec<v1::RestsOn> {
        let notes = self.notes.into_iter();
        notes.map(|((key, subtree), revision)| v1::RestsOn { key, revision, subtree }).collect()
    }

    /// The resource of a name.
    pub fn get(&mut self, name: &Name) -> Result<Option<v1::StoredResource>, Stop<R::Error>> {
        let stored = hanse_model::get(self.read, name).map_err(Stop::Store)?;
        let revision = stored.as_ref().and_then(|it| it.resource.as_ref()).map_or(0, |it| it.revision);
        self.notes.insert((name.key(), false), revision);
        Ok(stored)
    }

    /// The spec of a resource that must be there.
    pub fn spec(&mut self, name: &Name) -> Result<Spec, Stop<R::Error>> {
        match self.get(name)?.and_then(|stored| stored.resource).and_then(|resource| resource.spec) {
            Some(spec) => Ok(spec),
            None => Err(absent(name)),
        }
    }

    /// A resource and everything below it, parents before children; empty when it is not there.
    pub fn subtree(&mut self, root: &Name) -> Result<Vec<v1::StoredResource>, Stop<R::Error>> {
        self.hold(root);
        let Some(top) = hanse_model::get(self.read, root).map_err(Stop::Store)? else {
            return Ok(Vec::new());
        };
        let mut found = vec![top];
        found.extend(self.below(root)?);
        Ok(found)
    }

    /// Notes that nothing may change at a place or below it.
    pub fn hold(&mut self, root: &Name) {
        self.notes.insert((root.key(), true), self.revision);
    }

    fn below(&self, root: &Name) -> Result<Vec<v1::StoredResource>, Stop<R::Error>> {
        let mut query =
            ListQuery { parent: Some(root.clone()), recursive: true, page_size: PAGE, ..Default::default() };
        let mut found = Vec::new();
        loop {
            let page = hanse_model::list(self.read, &query).map_err(Stop::Store)?;
            let page = page.map_err(|violation| Stop::Refused(vec![violation]))?;
            found.extend(page.resources);
            if found.len() > self.subtree_max {
                let message = format!("it has more than {} resources below it", self.subtree_max);
                return refuse(
                    "limit",
                    root.as_str(),
                    "",
                    &message,
                    "an action takes no more; do it in parts",
                );
            }
            if page.next_page_token.is_empty() {
                return Ok(found);
            }
            query.page_token = page.next_page_token;
        }
    }

    /// The links of a workspace, with the gateways they are of.
    pub fn links(&mut self, workspace: &Name) -> Result<Vec<(Name, v1::GatewayLink)>, Stop<R::Error>> {
        let names = hanse_model::links_of(self.read, workspace.as_str()).map_err(Stop::Store)?;
        let mut links = Vec::new();
        for name in names {
            if let Spec::GatewayLink(link) = self.spec(&name)? {
                links.push((name, link));
            }
        }
        Ok(links)
    }
}

/// A refusal for one reason.
pub fn refuse<T, E>(code: &str, name: &str, field: &str, message: &str, hint: &str) -> Result<T, Stop<E>> {
    let hint = hint.to_owned();
    Err(Stop::Refused(vec![v1::Violation { hint, ..violation(code, name, field, message) }]))
}

/// A name of one of some kinds.
pub fn name<E>(text: &str, field: &str, kind: Kind) -> Result<Name, Stop<E>> {
    match Name::parse(text) {
        Ok(name) if name.kind() == kind => Ok(name),
        Ok(name) => {
            let (found, wanted) = (name.kind().aliases()[0], kind.aliases()[0]);
            refuse("invalid", text, field, &format!("it is of kind {found}; expected: {wanted}"), "")
        }
        Err(error) => refuse("invalid", text, field, &error.message, ""),
    }
}

/// The refusal of a name that nothing has.
pub fn absent<E>(name: &Name) -> Stop<E> {
    let kind = name.kind();
    let flag = match name.workspace() {
        Some(workspace) if kind != Kind::Workspace => format!(" -w {workspace}"),
        _ => String::new(),
    };
    let hint = format!("`hanse get {}{flag}` lists what there is", kind.collection());
    let message = format!("there is no such {}", kind.aliases()[0]);
    Stop::Refused(vec![v1::Violation { hint, ..violation("not-found", name.as_str(), "", &message) }])
}

/// Whether two names or references in full are of one resource.
pub fn is_same(a: &str, b: &str) -> bool {
    key_of(a) == key_of(b)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::small_world::SmallWorld;

    #[test]
    fn what_is_read_below_one_place_is_bounded() {
        let mut world = SmallWorld::new();
        let put = |name: &str, spec: Spec| {
            let resource = v1::Resource { name: name.into(), spec: Some(spec), ..Default::default() };
            v1::Change { change: Some(v1::change::Change::Put(resource)), ..Default::default() }
        };
        let mut changes = vec![put(
            "workspaces/w",
            Spec::Workspace(v1::Workspace { display_name: "W".into(), ..Default::default() }),
        )];
        changes.extend((0..3).map(|at| {
            let tag = v1::Tag { display_name: format!("T{at}") };
            put(&format!("workspaces/w/tags/t{at}"), Spec::Tag(tag))
        }));
        let request = v1::ApplyRequest { changes, ..Default::default() };
        let admitted = world.admit(&request).expect("admitted");
        let accepted = world.decide_apply(admitted.command).expect("decided");
        world.keep(&accepted);

        let name = Name::parse("workspaces/w").expect("a name");
        let read = |subtree_max| {
            let mut reader = Reader { subtree_max, ..Reader::new(&world.tables, world.revision) };
            reader.subtree(&name)
        };
        assert_eq!(read(3).expect("at the bound").len(), 4, "and the workspace itself");
        let Err(Stop::Refused(violations)) = read(2) else { panic!("one past it") };
        assert_eq!((violations[0].code.as_str(), violations[0].name.as_str()), ("limit", "workspaces/w"));
        assert!(violations[0].message.contains("more than 2 resources"), "{violations:?}");
    }
}
