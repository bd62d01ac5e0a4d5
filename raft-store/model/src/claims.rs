//! Who claims a path, read once in a command.
//!
//! The one idea: the rules ask of a state that does not change any more while they ask. So what claims
//! a path is read once, an API is one claimant whatever the number of its revisions (which have path
//! and version in common), and each further question costs a look into a map. Must not know which
//! claims conflict; that is in `paths` and `version_sets`.

use crate::index;
use crate::keys;
use crate::read::Read;
use crate::revisions;
use crate::session::spec_of;
use crate::view::View;
use hanse_proto::v1::Api;
use hanse_proto::v1::resource::Spec;
use std::collections::{BTreeMap, BTreeSet};

/// Storage keys of claimants by the scope that they are in, one for each API.
type ByScope = BTreeMap<Vec<u8>, Vec<Vec<u8>>>;
/// Storage keys of claimants of one scope: by version set (empty: in none), then by version.
pub(crate) type ByVersion = BTreeMap<Vec<u8>, BTreeMap<String, Vec<Vec<u8>>>>;

/// What has been read so far.
#[derive(Default)]
pub(crate) struct Claims {
    apis: BTreeMap<String, ByScope>,
    versions: BTreeMap<(String, Vec<u8>), ByVersion>,
}

impl Claims {
    /// The APIs with a path, of all scopes.
    pub(crate) fn apis<R: Read>(&mut self, view: View<'_, R>, path: &str) -> Result<&ByScope, R::Error> {
        if !self.apis.contains_key(path) {
            let mut found = ByScope::new();
            for key in roots(view.owners(&index::by_path(path), usize::MAX)?) {
                found.entry(keys::scope(&key).to_vec()).or_default().push(key);
            }
            self.apis.insert(path.to_owned(), found);
        }
        Ok(&self.apis[path])
    }

    /// The APIs of a scope with a path, by what tells them apart.
    pub(crate) fn versions<R: Read>(
        &mut self,
        view: View<'_, R>,
        path: &str,
        scope: &[u8],
    ) -> Result<&ByVersion, R::Error> {
        let place = (path.to_owned(), scope.to_vec());
        if !self.versions.contains_key(&place) {
            let mut found = ByVersion::new();
            for key in self.apis(view, path)?.get(scope).into_iter().flatten() {
                let stored = view.resource(key)?;
                let Some(Spec::Api(api)) = stored.as_ref().map(spec_of) else { continue };
                let by_version = found.entry(set_of(api)).or_default();
                by_version.entry(api.api_version.to_lowercase()).or_default().push(key.clone());
            }
            self.versions.insert(place.clone(), found);
        }
        Ok(&self.versions[&place])
    }
}

/// Storage key of the version set that an API is in; empty: in none.
pub(crate) fn set_of(api: &Api) -> Vec<u8> {
    index::key_of_reference(&api.api_version_set_id)
}

/// The first key of each API, of keys of revisions.
pub(crate) fn roots(revisions: Vec<Vec<u8>>) -> Vec<Vec<u8>> {
    let mut seen = BTreeSet::new();
    let mut found = revisions;
    found.retain(|key| seen.insert(revisions::root_of(key).to_vec()));
    found
}
