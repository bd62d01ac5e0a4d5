//! A release: from then on another revision of an API answers. What that changes is the model's business.

use super::{Expansion, Reader, read, within};
use hanse_model::Read;
use hanse_proto::{
    Kind,
    v1::{self, resource::Spec},
};

pub fn expand<R: Read>(
    reader: &mut Reader<'_, R>,
    action: &v1::MakeCurrent,
) -> Result<Expansion, super::Stop<R::Error>> {
    let revision = read::name(&action.revision, "revision", Kind::Api)?;
    let Spec::Api(_) = reader.spec(&revision)? else { return Err(read::absent(&revision)) };
    let (api, number) = revision.id().split_once(";rev=").unwrap_or((revision.id(), "1"));
    let id = match action.release.as_str() {
        "" => format!("rev-{number}-at-{}", reader.revision()),
        id => id.to_owned(),
    };
    let release = v1::ApiRelease { api_id: revision.as_str().to_owned(), notes: action.notes.clone() };
    let mut expansion = Expansion::default();
    expansion.create(&within(&revision, &format!("apis/{api}/releases/{id}")), Spec::ApiRelease(release));
    Ok(expansion)
}
