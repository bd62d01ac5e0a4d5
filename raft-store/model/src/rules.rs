//! The rules between resources, asked of the state that a command would leave behind.
//!
//! The one idea: what was written must hold in that state, and what was removed must not be missed
//! in it. What did not change needs no look, because it held before and only writes and removals
//! can break it. Each rule is in the file that names its subject.

use crate::claims::Claims;
use crate::read::Read;
use crate::session::{Session, Written};
use crate::{fixed, gateways, limits, paths, references, self_service, switches, uniques, version_sets};
use hanse_proto::Name;
use hanse_proto::v1::StoredResource;
use std::collections::BTreeSet;

pub(crate) fn check<R: Read>(session: &mut Session<'_, R>) -> Result<(), R::Error> {
    let written = std::mem::take(&mut session.written);
    let settings = limits::settings(&session.view())?;
    limits::check(session, &settings, &written)?;
    let mut claims = Claims::default();
    let (mut paths_asked, mut sets_asked) = (paths::Asked::default(), version_sets::Asked::default());
    let mut gateways_asked = gateways::Asked::default();
    for written in &written {
        fixed::check(session, written);
        switches::check(session, &settings, written)?;
        references::check(session, written)?;
        uniques::check(session, written)?;
        gateways::check(session, &mut gateways_asked, written)?;
        paths::check(session, &settings, &mut claims, &mut paths_asked, written)?;
        version_sets::check(session, &mut claims, &mut sets_asked, written)?;
        self_service::check(session, written)?;
        if let Some(before) = &written.before {
            references::guard_display_name(session, &written.name, before)?;
        }
    }
    // A put that makes no difference may still refer to what the command deletes.
    let checked: BTreeSet<_> = written.iter().map(|written| &written.key).collect();
    for key in std::mem::take(&mut session.spared) {
        let is_checked = checked.contains(&key);
        let stored = session.view().resource(&key)?.filter(|_| !is_checked);
        let Some((name, stored)) = stored.and_then(|stored| Some((name_of(&stored)?, stored))) else {
            continue;
        };
        references::check(session, &Written { name, key, before: Some(stored.clone()), stored })?;
    }
    let removed = std::mem::take(&mut session.removed);
    for removed in &removed {
        references::guard_removed(session, removed)?;
        gateways::guard_removed(session, &mut gateways_asked, removed)?;
        references::guard_display_name(session, &removed.name, &removed.before)?;
    }
    Ok(())
}

fn name_of(stored: &StoredResource) -> Option<Name> {
    Name::parse(&stored.resource.as_ref()?.name).ok()
}
