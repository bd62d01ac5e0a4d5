//! The named values that credentials of a backend refer to: facts, because the values are sealed.
//!
//! One idea: what is sent and what stays sealed beside it are looked at in the same way, so the facts are
//! those of the backend as it will be.

use super::{Admission, NotAdmitted, Work};
use crate::secrets::Secret;
use hanse_model::Read;
use hanse_policy::named_values;
use hanse_proto::{Name, v1, v1::resource::Spec};
use std::collections::BTreeSet;

/// Fields that named values are put into.
const CREDENTIALS: &str = "credentials.";

impl<R: Read> Admission<'_, R> {
    /// Facts of a backend whose secrets have been `taken` out.
    pub(super) fn backend_facts(
        &self,
        name: &Name,
        spec: &Spec,
        taken: &[Secret],
        work: &mut Work<'_>,
    ) -> Result<v1::Facts, NotAdmitted<R::Error>> {
        let mut names = BTreeSet::new();
        for secret in taken.iter().filter(|secret| secret.path.starts_with(CREDENTIALS)) {
            named_values::collect(&secret.value, &mut names);
        }
        let mut spec = spec.clone();
        let stays = |path: &str| path.starts_with(CREDENTIALS) && taken.iter().all(|it| it.path != path);
        let slots = hanse_model::secrets(&mut spec);
        let paths: Vec<String> = slots.into_iter().map(|slot| slot.path).filter(|path| stays(path)).collect();
        if !paths.is_empty()
            && let Some(stored) = hanse_model::get(self.read, name).map_err(NotAdmitted::Store)?
        {
            let revision = stored.resource.as_ref().map_or(0, |resource| resource.revision);
            work.rests_on.insert(name.key(), revision);
            for sealed in paths.iter().filter_map(|path| stored.secrets.get(path)) {
                // One that cannot be opened here is what the data plane reports.
                if let Ok(plain) = self.keyring.open(sealed) {
                    named_values::collect(&String::from_utf8_lossy(&plain), &mut names);
                }
            }
        }
        Ok(v1::Facts { named_values: names.into_iter().collect(), ..Default::default() })
    }
}
