//! What may exist once in the whole service, where the settings ask for that: APIM's rules.
//!
//! The one idea: the index rows are always there, whatever the settings say. So a new resource is held
//! against the rows beside its own, and switching a rule on is one walk over the rows, in which equal
//! ones stand side by side. The walk reads no more than [`SWITCH_ROWS_MAX`](crate::SWITCH_ROWS_MAX)
//! rows, because every replica makes it before it goes on. Paths of new resources are in `paths`.

use crate::index;
use crate::keys;
use crate::kinds;
use crate::read::{Read, Table};
use crate::session::{Session, Written, spec_of};
use crate::text::shorten;
use crate::violation::code;
use hanse_proto::v1::ServiceSettings;
use hanse_proto::v1::resource::Spec;

/// The word for the wider rule, of both settings.
const SERVICE: &str = "service";
/// Where something may exist once by the wider rules.
pub(crate) const IN_SERVICE: &str = "in the service";
/// Conflicts that a refused switch names.
const CONFLICTS_MAX: usize = 5;
/// Rows of one read.
const CHUNK: usize = 1_000;

/// Whether a path may exist once in the service, instead of once on each gateway.
pub(crate) fn are_paths_unique_in_service(settings: &ServiceSettings) -> bool {
    settings.paths_unique_in == SERVICE
}

pub(crate) fn check<R: Read>(
    session: &mut Session<'_, R>,
    settings: &ServiceSettings,
    written: &Written,
) -> Result<(), R::Error> {
    if let Spec::ServiceSettings(spec) = written.spec() {
        return check_switch(session, spec, written);
    }
    let is_bound = settings.names_unique_in == SERVICE && kinds::has_free_id(written.name.kind());
    if !is_bound || written.before.is_some() {
        return Ok(());
    }
    let id = written.name.id();
    let rows = index::by_id(written.name.kind().collection(), &id.to_lowercase());
    let Some(owner) = session.view().other_owner(&rows, &written.key)? else { return Ok(()) };
    let by = session.name_if_readable(&owner)?.map_or(String::new(), |name| format!(" by `{name}`"));
    let message = format!("the id `{}` is taken {IN_SERVICE}{by}", shorten(id));
    let hint = "choose another id; `namesUniqueIn` of `settings/service` allows each one once";
    session.report(code::CONFLICT, written.name.as_str(), "name", message, hint);
    Ok(())
}

fn check_switch<R: Read>(
    session: &mut Session<'_, R>,
    spec: &ServiceSettings,
    written: &Written,
) -> Result<(), R::Error> {
    let nothing = ServiceSettings::default();
    let before = match written.before.as_ref().map(spec_of) {
        Some(Spec::ServiceSettings(before)) => before,
        _ => &nothing,
    };
    if spec.names_unique_in == SERVICE && before.names_unique_in != SERVICE {
        walk(session, written, "namesUniqueIn", index::ids(), |_, _| true)?;
    }
    if spec.paths_unique_in == SERVICE && before.paths_unique_in != SERVICE {
        // Within one scope the stricter rule holds anyway.
        let differ = |a: &[u8], b: &[u8]| keys::scope(a) != keys::scope(b);
        walk(session, written, "pathsUniqueIn", index::paths(), differ)?;
    }
    Ok(())
}

/// Reports the first rows of a range that differ in their owners alone, where these `conflict`.
fn walk<R: Read>(
    session: &mut Session<'_, R>,
    written: &Written,
    field: &str,
    (mut from, to): (Vec<u8>, Vec<u8>),
    conflict: impl Fn(&[u8], &[u8]) -> bool,
) -> Result<(), R::Error> {
    let mut first: Option<(Vec<u8>, Vec<u8>)> = None;
    let mut rows_left = session.bounds.switch_rows_max;
    let mut conflicts = 0;
    loop {
        let rows = session.tables.range(Table::Index, &from, &to, CHUNK)?;
        let is_last = rows.len() < CHUNK;
        for (row, _) in rows {
            if rows_left == 0 {
                let max = session.bounds.switch_rows_max;
                let message = format!("more than {max} rows to compare; one command reads no more");
                session.report(
                    code::LIMIT,
                    written.name.as_str(),
                    field,
                    message,
                    "set it in a smaller service",
                );
                return Ok(());
            }
            rows_left -= 1;
            let owner = index::owner(&row).to_vec();
            if session.view().hidden_by(&owner)?.is_some() {
                from = row;
                continue;
            }
            let value = row[..row.len() - owner.len()].to_vec();
            match &first {
                Some((known, other)) if *known == value => {
                    if conflict(other, &owner) {
                        conflicts += 1;
                        report(session, written, field, &value, [&other.clone(), &owner])?;
                    }
                }
                _ => first = Some((value, owner)),
            }
            if conflicts == CONFLICTS_MAX {
                return Ok(());
            }
            from = row;
        }
        if is_last {
            return Ok(());
        }
        from.push(0);
    }
}

fn report<R: Read>(
    session: &mut Session<'_, R>,
    written: &Written,
    field: &str,
    row: &[u8],
    owners: [&Vec<u8>; 2],
) -> Result<(), R::Error> {
    let mut names = Vec::new();
    for owner in owners {
        names.extend(session.name_if_readable(owner)?.map(|name| format!("`{name}`")));
    }
    let by = if names.is_empty() { String::new() } else { format!(": {}", names.join(", ")) };
    let value = String::from_utf8_lossy(index::part_before_owner(row)).into_owned();
    let message = format!("`{}` exists more than once{by}", shorten(&value));
    session.report(code::CONFLICT, written.name.as_str(), field, message, "change all but one of them first");
    Ok(())
}
