//! Admission of documents: policies, fragments and resolvers are checked with what is around them.
//!
//! One idea: `apply` decides whether what a document refers to is there; the same is asked here first, so
//! that what is not is told with its place in the document, along with all that is wrong with it. Around a
//! document is what is stored and what the same request puts.

use super::{Admission, NotAdmitted, Work, scope_of, violation};
use hanse_model::{Read, code};
use hanse_policy::{CheckedDocument, Checking, Format, Known, Reference, ScopeKind, Severity, Surroundings};
use hanse_proto::{Kind, Name, key_of, v1, v1::resource::Spec};
use std::{
    cell::RefCell,
    collections::{BTreeMap, BTreeSet},
};

/// Facts of a document, or all that is wrong with it.
type Facts = Result<v1::Facts, Vec<v1::Violation>>;

/// What a request puts that its documents may refer to; nothing, where it has no documents.
#[derive(Debug, Default)]
pub(super) struct Puts<'r> {
    keys: BTreeSet<String>,
    /// Documents of fragments, by key.
    fragments: BTreeMap<String, &'r str>,
    /// Keys of their scopes, and display names.
    named_values: BTreeSet<(String, &'r str)>,
}

impl<'r> Puts<'r> {
    pub(super) fn of(request: &'r v1::ApplyRequest) -> Self {
        let puts = || {
            request.changes.iter().filter_map(|change| match &change.change {
                Some(v1::change::Change::Put(resource)) => Some((resource, resource.spec.as_ref()?)),
                _ => None,
            })
        };
        let mut found = Self::default();
        if !puts().any(|(_, spec)| matches!(spec, Spec::Policy(_) | Spec::PolicyFragment(_))) {
            return found;
        }
        for (resource, spec) in puts() {
            let key = key_of(&resource.name);
            match spec {
                Spec::PolicyFragment(fragment) => {
                    found.fragments.insert(key.clone(), &fragment.value);
                }
                Spec::NamedValue(value) => {
                    let scope = Name::parse(&resource.name).map(|name| key_of(name.scope()));
                    found.named_values.extend(scope.map(|scope| (scope, value.display_name.as_str())));
                }
                _ => {}
            }
            found.keys.insert(key);
        }
        found
    }
}

impl<R: Read> Admission<'_, R> {
    pub(super) fn policy_facts(
        &self,
        name: &Name,
        policy: &v1::Policy,
        work: &mut Work<'_>,
    ) -> Result<Facts, NotAdmitted<R::Error>> {
        const FIELD: &str = "policy.value";
        let format = match format_of(name, "policy.format", &policy.format) {
            Ok(format) => format,
            Err(violations) => return Ok(Err(violations)),
        };
        let parent = name.parent();
        if parent.as_ref().is_some_and(|parent| parent.kind() == Kind::Resolver) {
            let checking = Checking::to_run(format, ScopeKind::Api);
            let check = |checking: &Checking<'_>| hanse_policy::check_resolver(&policy.value, checking);
            return self.facts(name, FIELD, checking, check, work);
        }
        let scope = scope_of(name);
        let parameters = match (scope, parent) {
            (ScopeKind::Operation, Some(operation)) => self.parameters_of(&operation, work)?,
            _ => None,
        };
        let checking =
            Checking { operation_parameters: parameters.as_deref(), ..Checking::to_run(format, scope) };
        let check = |checking: &Checking<'_>| hanse_policy::check(&policy.value, checking);
        self.facts(name, FIELD, checking, check, work)
    }

    pub(super) fn fragment_facts(
        &self,
        name: &Name,
        fragment: &v1::PolicyFragment,
        work: &mut Work<'_>,
    ) -> Result<Facts, NotAdmitted<R::Error>> {
        let format = match format_of(name, "policyFragment.format", &fragment.format) {
            Ok(format) => format,
            Err(violations) => return Ok(Err(violations)),
        };
        let checking = Checking::to_run(format, ScopeKind::Operation);
        let check = |checking: &Checking<'_>| hanse_policy::check_fragment(&fragment.value, checking);
        self.facts(name, "policyFragment.value", checking, check, work)
    }

    fn facts(
        &self,
        name: &Name,
        field: &str,
        checking: Checking<'_>,
        check: impl FnOnce(&Checking<'_>) -> CheckedDocument,
        work: &mut Work<'_>,
    ) -> Result<Facts, NotAdmitted<R::Error>> {
        let around = Around {
            read: self.read,
            scope: name.scope(),
            puts: work.puts,
            named_values: RefCell::default(),
            failed: RefCell::default(),
        };
        let checked = check(&Checking { surroundings: &around, ..checking });
        match around.failed.into_inner() {
            Some(error) => Err(NotAdmitted::Store(error)),
            None => Ok(facts_of(name, field, checked, work)),
        }
    }
}

fn format_of(name: &Name, field: &str, text: &str) -> Result<Format, Vec<v1::Violation>> {
    text.parse().map_err(|_| {
        let message = format!("`{text}` is no format; there are xml and rawxml");
        vec![violation("invalid", name.as_str(), field, &message)]
    })
}

/// What is around the documents of a scope.
struct Around<'a, R: Read> {
    read: &'a R,
    scope: &'a str,
    puts: &'a Puts<'a>,
    /// Whether named values are there, of those that were asked for.
    named_values: RefCell<BTreeMap<String, bool>>,
    /// The first question that the store did not answer.
    failed: RefCell<Option<R::Error>>,
}

impl<R: Read> Around<'_, R> {
    fn name_of(&self, kind: Kind, id: &str) -> Option<Name> {
        Name::parse(&full_name(self.scope, kind, id)).ok()
    }

    /// The answer of the store; `None` where there is none, which is kept.
    fn answer<T>(&self, answer: Result<T, R::Error>) -> Option<T> {
        match answer {
            Ok(answer) => Some(answer),
            Err(error) => {
                self.failed.borrow_mut().get_or_insert(error);
                None
            }
        }
    }
}

impl<R: Read> Surroundings for Around<'_, R> {
    /// Their values change without the documents, and may be secrets: whether they are there is all.
    fn named_value(&self, name: &str) -> Known<String> {
        if self.puts.named_values.contains(&(key_of(self.scope), name)) {
            return Known::Unknown;
        }
        let mut asked = self.named_values.borrow_mut();
        let is_there = asked.get(name).copied().unwrap_or_else(|| {
            let answer = self.answer(hanse_model::has_named_value(self.read, self.scope, name));
            *asked.entry(name.to_owned()).or_insert(answer.unwrap_or(true))
        });
        if is_there { Known::Unknown } else { Known::Missing }
    }

    fn fragment(&self, id: &str) -> Known<String> {
        let Some(name) = self.name_of(Kind::PolicyFragment, id) else { return Known::Missing };
        if let Some(text) = self.puts.fragments.get(&name.key()) {
            return Known::Is((*text).to_owned());
        }
        match self.answer(hanse_model::get(self.read, &name)) {
            Some(None) => Known::Missing,
            Some(Some(stored)) => match stored.resource.and_then(|resource| resource.spec) {
                Some(Spec::PolicyFragment(fragment)) => Known::Is(fragment.value),
                _ => Known::Unknown,
            },
            None => Known::Unknown,
        }
    }

    fn resource(&self, kind: Reference, id: &str) -> Known<()> {
        let Some(name) = self.name_of(kind_of(kind), id) else { return Known::Missing };
        if self.puts.keys.contains(&name.key()) {
            return Known::Is(());
        }
        match self.answer(hanse_model::get(self.read, &name)) {
            Some(None) => Known::Missing,
            Some(Some(_)) => Known::Is(()),
            None => Known::Unknown,
        }
    }
}

/// What a checked document tells of itself, or what keeps it from being saved.
fn facts_of(name: &Name, field: &str, checked: CheckedDocument, work: &mut Work<'_>) -> Facts {
    let mut violations = Vec::new();
    for finding in checked.findings {
        match finding.severity {
            Severity::Error => violations.push(v1::Violation {
                code: match finding.code {
                    "unknown-reference" | "unknown-named-value" => code::NOT_FOUND.into(),
                    _ => code::INVALID.into(),
                },
                name: name.to_string(),
                field: field.into(),
                message: finding.message,
                hint: finding.hint,
                line: finding.line,
                column: finding.column,
            }),
            Severity::Warning => work.warnings.push(v1::Warning {
                name: name.to_string(),
                message: finding.message,
                line: finding.line,
                column: finding.column,
            }),
        }
    }
    if !violations.is_empty() {
        return Err(violations);
    }
    let key = |(kind, id): &(Reference, String)| key_of(&full_name(name.scope(), kind_of(*kind), id));
    Ok(v1::Facts {
        references: checked.references.iter().map(key).collect(),
        named_values: checked.named_values,
        base_sections: checked.base_sections.iter().map(ToString::to_string).collect(),
    })
}

fn full_name(scope: &str, kind: Kind, id: &str) -> String {
    let slash = if scope.is_empty() { "" } else { "/" };
    format!("{scope}{slash}{}/{id}", kind.collection())
}

/// The kind of resource that a document means.
fn kind_of(reference: Reference) -> Kind {
    match reference {
        Reference::Backend => Kind::Backend,
        Reference::Fragment => Kind::PolicyFragment,
        Reference::Certificate => Kind::Certificate,
        Reference::Logger => Kind::Logger,
        Reference::Schema => Kind::Schema,
        Reference::AuthorizationProvider => Kind::AuthorizationProvider,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::small_world::SmallWorld;

    fn put(name: &str, spec: Spec) -> v1::Change {
        let resource = v1::Resource { name: name.into(), spec: Some(spec), ..Default::default() };
        v1::Change { change: Some(v1::change::Change::Put(resource)), ..Default::default() }
    }

    fn policy(name: &str, value: &str) -> v1::Change {
        let policy = v1::Policy { value: value.into(), format: "rawxml".into() };
        put(name, Spec::Policy(policy))
    }

    fn fragment(name: &str, value: &str) -> v1::Change {
        let fragment = v1::PolicyFragment { value: value.into(), ..Default::default() };
        put(name, Spec::PolicyFragment(fragment))
    }

    fn request(changes: Vec<v1::Change>) -> v1::ApplyRequest {
        v1::ApplyRequest { changes, ..Default::default() }
    }

    /// A service with a backend and a named value.
    fn world() -> SmallWorld {
        let mut world = SmallWorld::new();
        let (url, protocol) = ("https://b.example".into(), "http".into());
        let backend = v1::Backend { url, protocol, ..Default::default() };
        let value = v1::NamedValue { display_name: "n".into(), value: "5".into(), ..Default::default() };
        let changes =
            vec![put("backends/b", Spec::Backend(backend)), put("namedValues/one", Spec::NamedValue(value))];
        let admitted = world.admit(&request(changes)).expect("admitted");
        let accepted = world.decide_apply(admitted.command).expect("accepted");
        world.keep(&accepted);
        world
    }

    /// `code line:column message` of what keeps changes from being admitted, apart from what no release
    /// runs yet.
    fn refused(changes: Vec<v1::Change>) -> Vec<String> {
        let violations = world().admit(&request(changes)).err().unwrap_or_default();
        let line = |it: &v1::Violation| format!("{} {}:{} {}", it.code, it.line, it.column, it.message);
        violations.iter().map(line).filter(|line| !line.contains("not run by this release")).collect()
    }

    #[test]
    fn what_a_document_refers_to_is_looked_for_and_told_with_its_place() {
        let document = [
            "<policies><inbound><base/>",
            "<set-backend-service backend-id='b'/>",
            "<set-backend-service backend-id='c'/>",
            "<set-header name='a'><value>{{n}} {{m}} {{o}}</value></set-header>",
            "<include-fragment fragment-id='f'/><include-fragment fragment-id='g'/>",
            "<choose><when condition=\"@(context.Nothing)\"/></choose>",
            "</inbound></policies>",
        ]
        .join("\n");
        let value = v1::NamedValue { display_name: "m".into(), value: "5".into(), ..Default::default() };
        let with =
            |more: Vec<v1::Change>| refused([vec![policy("policies/policy", &document)], more].concat());
        let defect = "invalid 6:36 `IContext` has no member `Nothing`";
        assert_eq!(
            with(Vec::new()),
            [
                "not-found 3:34 there is no backend `c`",
                "not-found 4:29 there is no named value `{{m}}`",
                "not-found 4:29 there is no named value `{{o}}`",
                "not-found 5:32 there is no policy fragment `f`",
                "not-found 5:67 there is no policy fragment `g`",
                defect,
            ]
        );
        // What comes along is there, and a fragment brings nothing that must not stand where it is included.
        let more = vec![
            put("namedValues/two", Spec::NamedValue(value)),
            fragment("policyFragments/F", "<fragment><set-method>GET</set-method></fragment>"),
            fragment(
                "policyFragments/g",
                "<fragment><set-status code='200'/><jsonp callback-parameter-name='c'/></fragment>",
            ),
        ];
        assert_eq!(
            with(more),
            [
                "not-found 3:34 there is no backend `c`",
                "not-found 4:29 there is no named value `{{o}}`",
                "invalid 5:37 in fragment `g`: jsonp does not belong in `inbound`",
                defect,
            ]
        );
        // Another workspace has nothing of the service's.
        let elsewhere = refused(vec![policy(
            "workspaces/w/policies/policy",
            "<policies><backend><set-backend-service backend-id='b'/></backend></policies>",
        )]);
        assert_eq!(elsewhere, ["not-found 1:53 there is no backend `b`"]);
    }

    #[test]
    fn a_resolver_is_checked_as_one() {
        let name = "apis/a/resolvers/r/policies/policy";
        let resolver = "<http-data-source><http-request><set-method>GET</set-method><set-url>@(context.Nothing)</set-url>\
            </http-request></http-data-source>";
        assert_eq!(
            refused(vec![policy(name, resolver)]),
            ["invalid 1:80 `IContext` has no member `Nothing`"]
        );
        let told = refused(vec![policy(name, "<policies/>")]);
        assert_eq!(told, ["invalid 1:2 `policies` is not the root of a resolver"]);
        let told = refused(vec![policy("apis/a/policies/policy", resolver)]);
        assert_eq!(told, ["invalid 1:2 `http-data-source` is not the root of a policy document"]);
    }
}
