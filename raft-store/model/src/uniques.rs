//! What may exist only once: in a scope, in an API, in a product, in the whole service.
//!
//! The one idea: a unique thing has an index row for every owner, and in the state after a command
//! there must be no owner beside the one that was written. Hostnames are in `gateways`, paths in
//! `paths`.

use crate::index;
use crate::keys;
use crate::kinds;
use crate::read::{Read, Table};
use crate::session::{Session, Written};
use crate::text::shorten;
use crate::view::View;
use crate::violation::code;
use hanse_proto::v1::resource::Spec;
use hanse_proto::v1::{ProductApiLink, StoredResource};
use hanse_proto::{Kind, Name};

/// Rows of one read over the links of a product.
const CHUNK: usize = 100;

pub(crate) fn check<R: Read>(session: &mut Session<'_, R>, written: &Written) -> Result<(), R::Error> {
    let scope = keys::scope(&written.key);
    match written.spec() {
        Spec::Operation(spec) => {
            let api = keys::parent(&written.key).expect("an operation is below an API");
            let prefix = index::operations(api, &spec.method, &spec.url_template);
            let what = format!("{} {}", spec.method, spec.url_template);
            only(session, written, &prefix, "urlTemplate", &format!("`{what}` is already the operation"))
        }
        Spec::NamedValue(spec) => {
            let prefix = index::named_values(scope, &spec.display_name);
            only(session, written, &prefix, "displayName", "the display name is taken by")
        }
        Spec::Product(spec) => {
            let prefix = index::products(scope, &spec.display_name);
            only(session, written, &prefix, "displayName", "the display name is taken by")?;
            if kinds::is_open(spec) { check_open_product(session, written) } else { Ok(()) }
        }
        Spec::ProductApiLink(spec) => check_product_link(session, written, spec),
        Spec::ProductGroupLink(spec) => {
            once(session, written, "groupId", &spec.group_id, "the product is in it already, by")
        }
        Spec::TagApiLink(spec) => once(session, written, "apiId", &spec.api_id, "it has the tag already, by"),
        Spec::TagOperationLink(spec) => {
            once(session, written, "operationId", &spec.operation_id, "it has the tag already, by")
        }
        Spec::TagProductLink(spec) => {
            once(session, written, "productId", &spec.product_id, "it has the tag already, by")
        }
        Spec::Subscription(_) => check_keys(session, written),
        Spec::GatewayLink(spec) => {
            let gateway = keys::parent(&written.key).expect("a link is below a gateway");
            let prefix = index::links_between(gateway, &index::key_of_reference(&spec.workspace));
            only(session, written, &prefix, "workspace", "the gateway serves it already, by")
        }
        spec => {
            let Some((field, value)) = kinds::unique(spec) else { return Ok(()) };
            let prefix = index::unique(scope, written.name.kind().collection(), value);
            only(session, written, &prefix, field, &format!("`{}` is taken by", shorten(value)))
        }
    }
}

/// Reports the owner beside the written one, if there is one. For what is unique within a place
/// that the writer can see anyway, so the owner is named.
fn only<R: Read>(
    session: &mut Session<'_, R>,
    written: &Written,
    prefix: &[u8],
    field: &str,
    message: &str,
) -> Result<(), R::Error> {
    let Some(owner) = session.view().other_owner(prefix, &written.key)? else { return Ok(()) };
    let message = format!("{message} `{}`", session.view().name(&owner)?);
    session.report(
        code::CONFLICT,
        written.name.as_str(),
        field,
        message,
        "choose another one, or change that resource",
    );
    Ok(())
}

/// A parent is linked to a target once.
fn once<R: Read>(
    session: &mut Session<'_, R>,
    written: &Written,
    field: &str,
    target: &str,
    message: &str,
) -> Result<(), R::Error> {
    let parent = keys::parent(&written.key).expect("a link is below what it links");
    let collection = written.name.kind().collection();
    let links = index::followers_below(&index::key_of_reference(target), parent, collection);
    only(session, written, &links, field, message)
}

/// Keys are unique in the whole service; whose they are is not disclosed.
fn check_keys<R: Read>(session: &mut Session<'_, R>, written: &Written) -> Result<(), R::Error> {
    let secrets = &written.stored.secrets;
    let primary = secrets.get("primaryKey").map(|sealed| &sealed.fingerprint);
    let secondary = secrets.get("secondaryKey").map(|sealed| &sealed.fingerprint);
    if primary.is_some() && primary == secondary {
        let message =
            "both keys are the same; then neither can be replaced while the other is in use".to_owned();
        session.report(code::INVALID, written.name.as_str(), "secondaryKey", message, "choose another value");
    }
    for (field, sealed) in secrets {
        let prefix = index::by_fingerprint(&sealed.fingerprint);
        if session.view().other_owner(&prefix, &written.key)?.is_some() {
            let message = "the key is in use already".to_owned();
            let hint = "choose another value, or leave it out to have one generated";
            session.report(code::CONFLICT, written.name.as_str(), field, message, hint);
        }
    }
    Ok(())
}

fn check_product_link<R: Read>(
    session: &mut Session<'_, R>,
    written: &Written,
    spec: &ProductApiLink,
) -> Result<(), R::Error> {
    let product = keys::parent(&written.key).expect("a product link is below a product");
    let api = index::key_of_reference(&spec.api_id);
    let prefix = index::links_in_product(&api, product);
    only(session, written, &prefix, "apiId", "the product holds it already, by")?;
    if is_open_product(&session.view(), product)? {
        check_open_once(session, &written.name, &api, product)?;
    }
    Ok(())
}

/// Without a subscription the product of a call is known only when the API is in one open product.
fn check_open_once<R: Read>(
    session: &mut Session<'_, R>,
    name: &Name,
    api: &[u8],
    product: &[u8],
) -> Result<(), R::Error> {
    for link in session.view().owners(&index::products_of_api(api), usize::MAX)? {
        let other = keys::parent(&link).expect("a product link is below a product");
        if other == product || !is_open_product(&session.view(), other)? {
            continue;
        }
        let (api, other) = (session.view().name(api)?, session.view().name(other)?);
        let message = format!("`{api}` is in the open product `{other}`; an API may be in one open product");
        let hint = "remove it from one of them, or require a subscription in one";
        session.report(code::CONFLICT, name.as_str(), "", message, hint);
        return Ok(());
    }
    Ok(())
}

fn is_open_product<R: Read>(view: &View<'_, R>, key: &[u8]) -> Result<bool, R::Error> {
    let stored = view.resource(key)?;
    let spec = stored.and_then(|stored| stored.resource).and_then(|resource| resource.spec);
    Ok(matches!(spec, Some(Spec::Product(spec)) if kinds::is_open(&spec)))
}

fn check_open_product<R: Read>(session: &mut Session<'_, R>, written: &Written) -> Result<(), R::Error> {
    let was_open = matches!(
        written.before.as_ref().map(crate::session::spec_of),
        Some(Spec::Product(before)) if kinds::is_open(before)
    );
    if was_open {
        return Ok(());
    }
    let (mut from, to) = keys::collection(&written.key, Kind::ProductApiLink.collection());
    loop {
        let rows = session.tables.range(Table::Resources, &from, &to, CHUNK)?;
        let Some((last, _)) = rows.last() else { return Ok(()) };
        from = keys::behind(last);
        for (_, value) in &rows {
            let stored: StoredResource = crate::stored::decode(value);
            if let Spec::ProductApiLink(link) = crate::session::spec_of(&stored) {
                let api = index::key_of_reference(&link.api_id);
                check_open_once(session, &written.name, &api, &written.key)?;
            }
        }
    }
}

/// Name of the subscription that a key belongs to, by the keyed fingerprint of the key.
///
/// # Errors
/// When the store cannot be read.
pub fn subscription_by_fingerprint<R: Read>(
    read: &R,
    fingerprint: &[u8],
) -> Result<Option<String>, R::Error> {
    let view = View::open(read)?;
    let owners = view.owners(&index::by_fingerprint(fingerprint), 1)?;
    owners.first().map(|owner| view.name(owner)).transpose()
}
