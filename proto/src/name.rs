//! Resource names: parsing, building, and the keys they compare by.
//!
//! A name alternates collections and ids: `workspaces/payments/apis/orders/operations/get-order`.
//! Ids keep the case in which they were written and compare without it (as ARM ids do), so the
//! store goes by [`Name::key`].

use crate::{Kind, nearest};
use std::fmt;

/// A checked resource name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Name {
    text: String,
    /// Byte range of every id within `text`, with the kind of its collection.
    segments: Vec<(Kind, std::ops::Range<usize>)>,
}

/// Why a text is no resource name. The message says what was expected.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct NameError {
    /// What was wrong and what was expected.
    pub message: String,
}

/// Most characters in one id.
pub const ID_CHARS_MAX: usize = 256;

impl Name {
    /// Reads a name and checks its shape: known collections, allowed nesting, allowed ids.
    ///
    /// # Errors
    /// The first thing that is wrong with it.
    pub fn parse(text: &str) -> Result<Name, NameError> {
        let fail = |message: String| Err(NameError { message });
        if text.is_empty() {
            return fail("a resource name is missing, as in `workspaces/demo/apis/orders`".into());
        }
        let mut segments: Vec<(Kind, std::ops::Range<usize>)> = Vec::new();
        let mut canonical = String::with_capacity(text.len());
        let mut parts = text.split('/');
        while let Some(collection) = parts.next() {
            let above = segments.last().map(|(kind, _)| *kind);
            let Some(kind) = Kind::of_collection(above, collection) else {
                return fail(match above {
                    _ if !Kind::is_collection(collection) => {
                        format!(
                            "`{collection}` in `{text}` is no collection; {}",
                            known_collections(above, collection)
                        )
                    }
                    None => format!("`{collection}` cannot stand at the beginning of `{text}`"),
                    Some(above) => {
                        format!("`{collection}` cannot stand below `{}` in `{text}`", above.collection())
                    }
                });
            };
            let Some(id) = parts.next() else {
                return fail(format!(
                    "`{text}` ends with the collection `{collection}`; an id is missing behind it"
                ));
            };
            check_id(kind, id)?;
            if !canonical.is_empty() {
                canonical.push('/');
            }
            canonical.push_str(kind.collection());
            canonical.push('/');
            let start = canonical.len();
            canonical.push_str(id);
            segments.push((kind, start..canonical.len()));
        }
        Ok(Name { text: canonical, segments })
    }

    /// The name as text, collections in their proper spelling.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// What the name compares and is stored by: ids in lower case.
    pub fn key(&self) -> String {
        key_of(&self.text)
    }

    /// Kind of the resource.
    pub fn kind(&self) -> Kind {
        self.segments.last().expect("a name has a segment").0
    }

    /// The last id.
    pub fn id(&self) -> &str {
        let (_, range) = self.segments.last().expect("a name has a segment");
        &self.text[range.clone()]
    }

    /// Name of the resource that this one is below of; `None` at the top.
    pub fn parent(&self) -> Option<Name> {
        let (_, above) = self.segments.split_last().expect("a name has a segment");
        let (_, range) = above.last()?;
        Some(Name { text: self.text[..range.end].to_owned(), segments: above.to_vec() })
    }

    /// Name of a child.
    ///
    /// # Errors
    /// When `kind` cannot stand below this resource or `id` is not allowed.
    pub fn child(&self, kind: Kind, id: &str) -> Result<Name, NameError> {
        Name::parse(&format!("{}/{}/{id}", self.text, kind.collection()))
    }

    /// Id of the workspace that the resource is in (or is); `None`: it is the service's.
    pub fn workspace(&self) -> Option<&str> {
        let (kind, range) = &self.segments[0];
        (*kind == Kind::Workspace).then(|| &self.text[range.clone()])
    }

    /// `workspaces/{id}`, or empty for what is the service's: the scope within which it may refer to others.
    pub fn scope(&self) -> &str {
        let (kind, range) = &self.segments[0];
        if *kind == Kind::Workspace { &self.text[..range.end] } else { "" }
    }

    /// The id of the segment of `kind`, if the name has one.
    pub fn id_of(&self, kind: Kind) -> Option<&str> {
        self.segments
            .iter()
            .rev()
            .find(|(segment, _)| *segment == kind)
            .map(|(_, range)| &self.text[range.clone()])
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// The key of a text that is known to be a name: collections as they are, ids in lower case.
pub fn key_of(name: &str) -> String {
    let mut key = String::with_capacity(name.len());
    for (index, part) in name.split('/').enumerate() {
        if index > 0 {
            key.push('/');
        }
        if index % 2 == 0 {
            key.push_str(part);
        } else {
            key.extend(part.chars().flat_map(char::to_lowercase));
        }
    }
    key
}

/// What to say of the collections that may stand in a place.
fn known_collections(above: Option<Kind>, written: &str) -> String {
    const SHOWN_MAX: usize = 12;
    let here = Kind::all().filter(|kind| Kind::of_collection(above, kind.collection()) == Some(*kind));
    let here: Vec<&str> = here.map(Kind::collection).collect();
    if let Some(near) = nearest(written, &here) {
        return format!("did you mean `{near}`?");
    }
    match here.len() {
        0 => "there are none here".to_owned(),
        1..=SHOWN_MAX => format!("there are {}", here.join(", ")),
        _ => "`hanse explain --all` lists them, `apis` and `backends` among them".to_owned(),
    }
}

/// What the ids of a kind may be. The classes are those of APIM (N80, L80, F80, A45, …).
enum Ids {
    /// So many characters, and none of the others.
    Text(usize, &'static str),
    /// A letter, then letters, digits and hyphens, the last one no hyphen.
    Label(usize),
    /// Word characters with hyphens inside.
    Word(usize),
    /// These alone, in any case.
    Fixed(&'static [&'static str]),
}

/// Characters that APIM's regular expressions exclude.
const EXCLUDED: &str = "*#&+:<>?";

fn ids(kind: Kind) -> Ids {
    match kind {
        Kind::Workspace
        | Kind::Api
        | Kind::ApiRelease
        | Kind::ApiVersionSet
        | Kind::Tag
        | Kind::Certificate
        | Kind::CaCertificate
        | Kind::Diagnostic
        | Kind::AuthorizationServer
        | Kind::Cache
        | Kind::ProductApiLink
        | Kind::ProductGroupLink
        | Kind::TagApiLink
        | Kind::TagOperationLink
        | Kind::TagProductLink
        | Kind::TokenSource => Ids::Text(80, EXCLUDED),
        Kind::Operation
        | Kind::Resolver
        | Kind::ApiSchema
        | Kind::Schema
        | Kind::Backend
        | Kind::User
        | Kind::GroupUser
        | Kind::RecipientUser
        | Kind::McpTool
        | Kind::ClusterNode => Ids::Text(80, ""),
        Kind::AuthorizationProvider | Kind::Authorization | Kind::AuthorizationAccessPolicy => {
            Ids::Text(256, EXCLUDED)
        }
        Kind::Subscription | Kind::NamedValue | Kind::Logger | Kind::OpenIdConnectProvider => {
            Ids::Text(256, EXCLUDED)
        }
        Kind::Product | Kind::Group => Ids::Text(256, ""),
        // RFC 5321, section 4.5.3.1.3, without the brackets.
        Kind::RecipientEmail => Ids::Text(254, "*#&:<>?"),
        Kind::PolicyFragment => Ids::Word(80),
        Kind::Gateway | Kind::HostnameBinding => Ids::Label(45),
        Kind::GatewayLink => Ids::Label(30),
        Kind::Policy => Ids::Fixed(&["policy"]),
        Kind::ServiceSettings => Ids::Fixed(&["service"]),
        Kind::PortalSettings => Ids::Fixed(&["signin", "signup", "delegation"]),
        Kind::IdentityProvider => {
            Ids::Fixed(&["facebook", "google", "microsoft", "twitter", "aad", "aadB2C", "oidc"])
        }
        Kind::Notification => Ids::Fixed(&[
            "RequestPublisherNotificationMessage",
            "PurchasePublisherNotificationMessage",
            "NewApplicationNotificationMessage",
            "BCC",
            "NewIssuePublisherNotificationMessage",
            "AccountClosedPublisher",
            "QuotaLimitApproachingPublisherNotificationMessage",
        ]),
        Kind::EmailTemplate => Ids::Fixed(&[
            "applicationApprovedNotificationMessage",
            "accountClosedDeveloper",
            "quotaLimitApproachingDeveloperNotificationMessage",
            "newDeveloperNotificationMessage",
            "emailChangeIdentityDefault",
            "inviteUserNotificationMessage",
            "newCommentNotificationMessage",
            "confirmSignUpIdentityDefault",
            "newIssueNotificationMessage",
            "purchaseDeveloperNotificationMessage",
            "passwordResetIdentityDefault",
            "passwordResetByAdminNotificationMessage",
            "rejectDeveloperNotificationMessage",
            "requestDeveloperNotificationMessage",
        ]),
    }
}

/// For all ids: no slash, control character, or blank at an end.
fn check_id(kind: Kind, id: &str) -> Result<(), NameError> {
    let fail = |message: String| Err(NameError { message });
    let what = kind.aliases()[0];
    let (max, excluded) = match ids(kind) {
        Ids::Text(max, excluded) => (max, excluded),
        Ids::Label(max) | Ids::Word(max) => (max, ""),
        Ids::Fixed([only]) if id != *only => {
            return fail(format!("the only {what} id is `{only}`, not `{}`", shorten(id)));
        }
        Ids::Fixed(known) if !known.iter().any(|known| known.eq_ignore_ascii_case(id)) => {
            return fail(format!("there is no {what} `{}`; there are {}", shorten(id), known.join(", ")));
        }
        Ids::Fixed(_) => return Ok(()),
    };
    debug_assert!(max <= ID_CHARS_MAX);
    let chars = id.chars().count();
    if chars == 0 || chars > max {
        return fail(format!("{what} id `{}` has {chars} characters; 1 to {max} are allowed", shorten(id)));
    }
    match ids(kind) {
        Ids::Label(_) if !is_label(id) => {
            return fail(format!(
                "{what} id `{id}` must begin with a letter, end with a letter or digit, and hold only letters, digits and `-`"
            ));
        }
        Ids::Word(_) if !is_word(id) => {
            return fail(format!("{what} id `{id}` must hold letters, digits, `_` and, between others, `-`"));
        }
        _ => {}
    }
    if id.starts_with(' ') || id.ends_with(' ') {
        return fail(format!("{what} id `{id}` must not begin or end with a blank"));
    }
    let revision = (kind == Kind::Api).then(|| id.split_once(";rev=")).flatten();
    let body = match revision {
        Some((body, digits)) => {
            if body.is_empty() || digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
                return fail(format!("api id `{id}` must end with `;rev=` and digits"));
            }
            body
        }
        None => id,
    };
    if let Some(c) =
        body.chars().find(|c| c.is_control() || matches!(c, '\\' | ';' | '%') || excluded.contains(*c))
    {
        return fail(format!("{what} id `{}` must not contain {c:?}", shorten(id)));
    }
    Ok(())
}

fn is_label(id: &str) -> bool {
    id.starts_with(|c: char| c.is_ascii_alphabetic())
        && id.ends_with(|c: char| c.is_ascii_alphanumeric())
        && id.chars().all(|c| c.is_ascii_alphanumeric() || c == '-')
}

fn is_word(id: &str) -> bool {
    let is_word_char = |c: char| c.is_alphanumeric() || c == '_';
    id.starts_with(is_word_char)
        && id.ends_with(is_word_char)
        && id.chars().all(|c| is_word_char(c) || c == '-')
}

fn shorten(id: &str) -> String {
    if id.chars().count() <= 40 {
        return id.to_owned();
    }
    let head: String = id.chars().take(40).collect();
    format!("{head}…")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn accepted(text: &str) -> Name {
        Name::parse(text).unwrap_or_else(|error| panic!("{text}: {error}"))
    }

    fn refused(text: &str, part: &str) {
        let error = Name::parse(text).expect_err(text);
        assert!(error.message.contains(part), "{text}: {error}");
    }

    #[test]
    fn a_name_tells_kind_ids_scope_and_parent() {
        let name = accepted("workspaces/Pay/apis/orders/operations/get-order");
        assert_eq!(name.kind(), Kind::Operation);
        assert_eq!(name.id(), "get-order");
        assert_eq!(name.workspace(), Some("Pay"));
        assert_eq!(name.scope(), "workspaces/Pay");
        assert_eq!(name.id_of(Kind::Api), Some("orders"));
        assert_eq!(name.parent().expect("an api").as_str(), "workspaces/Pay/apis/orders");
        assert_eq!(name.key(), "workspaces/pay/apis/orders/operations/get-order");
        assert_eq!(accepted("policies/policy").scope(), "");
    }

    #[test]
    fn ids_compare_without_case_and_collections_are_spelled_right() {
        assert_eq!(accepted("Workspaces/A/namedvalues/B").as_str(), "workspaces/A/namedValues/B");
        assert_eq!(accepted("workspaces/A").key(), accepted("workspaces/a").key());
    }

    #[test]
    fn nesting_is_checked() {
        refused("operations/x", "cannot stand at the beginning");
        refused("workspaces/a/gateways/b", "cannot stand below");
        refused("workspaces/a/workspaces/b", "cannot stand below");
        refused("workspaces/a/operations/b", "cannot stand below");
        refused("apis/a/operations", "an id is missing");
        refused("cats/a", "no collection");
        accepted("workspaces/a/apis/b/operations/c/policies/policy");
        accepted("gateways/default/links/payments");
    }

    #[test]
    fn ids_are_checked_at_the_bound_and_one_past_it() {
        accepted(&format!("apis/{}", "a".repeat(80)));
        refused(&format!("apis/{}", "a".repeat(81)), "81 characters");
        accepted(&format!("gateways/{}", "a".repeat(45)));
        refused(&format!("gateways/{}", "a".repeat(46)), "46 characters");
        refused("gateways/-a", "must begin with a letter");
        refused("apis/a*b", "must not contain '*'");
        refused("apis/a\u{7}b", "must not contain");
        refused("apis/ a", "blank");
        refused("policies/other", "the only policy id");
        accepted("policyFragments/a-b_c");
        refused("policyFragments/-a", "between others");
        accepted("notifications/bcc");
        refused("notifications/x", "there is no notification");
        accepted("users/a");
        accepted("groups/g/users/a");
        refused("settings/other", "the only settings id");
        accepted("apis/orders;rev=3");
        refused("apis/orders;rev=", "digits");
        refused("apis/orders;x=3", "must not contain");
    }
}
