//! Admission: what the leader does with a request before it may become a log entry.
//!
//! One idea: everything that another release might do differently happens here, once. Documents
//! are read and their facts noted, secrets are sealed, keys are made; what is left for `apply` is
//! plain logic over the store.

mod certificates;
mod credentials;
mod documents;

use crate::secrets;
use documents::Puts;
use hanse_gateway::host::Random;
use hanse_model::Read;
use hanse_policy::ScopeKind;
use hanse_proto::{Kind, Name, v1, v1::resource::Spec};
use hanse_raft_store::Keyring;
use std::collections::BTreeMap;

/// Most violations that one answer names.
pub const VIOLATIONS_MAX: usize = 100;
/// Most changes in one request.
pub const CHANGES_MAX: usize = 50_000;
/// Characters in a generated subscription key.
const KEY_CHARS: usize = 32;

/// Admits requests against one state of the store.
pub struct Admission<'a, R: Read> {
    /// The state that facts are found in.
    pub read: &'a R,
    /// Seals secrets.
    pub keyring: &'a Keyring,
    /// Nonces and keys.
    pub random: &'a dyn Random,
}

/// A request that may be proposed.
#[derive(Debug, Default)]
pub struct Admitted {
    /// Its changes with facts and sealed secrets.
    pub command: v1::ApplyCommand,
    /// What is worth saying although it was admitted.
    pub warnings: Vec<v1::Warning>,
}

/// Why a request was not admitted: refused, or the store failed.
#[derive(Debug)]
pub enum NotAdmitted<E> {
    /// Everything that is wrong with it.
    Refused(Vec<v1::Violation>),
    /// The store could not be read.
    Store(E),
}

impl<R: Read> Admission<'_, R> {
    /// Admits all changes of a request or none.
    ///
    /// # Errors
    /// All that is wrong with it, at most [`VIOLATIONS_MAX`] things.
    pub fn admit(&self, request: &v1::ApplyRequest) -> Result<Admitted, NotAdmitted<R::Error>> {
        match self.admit_all(request)? {
            (Some(admitted), violations) if violations.is_empty() => Ok(admitted),
            (_, violations) => Err(NotAdmitted::Refused(bounded(violations))),
        }
    }

    /// Admits what can be, and says what is wrong. Where only the content of documents or secrets is
    /// wrong, the changes come all the same, without the facts of these: `apply` can find what else is.
    ///
    /// # Errors
    /// When the store cannot be read, or there are too many changes to look at.
    #[allow(clippy::type_complexity)]
    pub fn admit_all(
        &self,
        request: &v1::ApplyRequest,
    ) -> Result<(Option<Admitted>, Vec<v1::Violation>), NotAdmitted<R::Error>> {
        if request.changes.len() > CHANGES_MAX {
            let message =
                format!("there are {} changes; at most {CHANGES_MAX} fit one command", request.changes.len());
            return Err(NotAdmitted::Refused(vec![violation("limit", "", "", &message)]));
        }
        let operations = templates_in(request);
        let puts = Puts::of(request);
        let mut work = Work {
            operations: &operations,
            puts: &puts,
            rests_on: BTreeMap::new(),
            warnings: Vec::new(),
            violations: Vec::new(),
        };
        let mut is_whole = !request.changes.is_empty();
        if !is_whole {
            work.violations.push(violation("invalid", "", "", "there is nothing to apply"));
        }
        let mut changes = Vec::with_capacity(request.changes.len());
        for change in &request.changes {
            match self.change(change, &mut work)? {
                Ok(admitted) => changes.push(admitted),
                Err(found) => {
                    is_whole = false;
                    work.violations.extend(found);
                }
            }
        }
        let rests_on = work.rests_on.into_iter().map(|(key, revision)| v1::RestsOn {
            key,
            revision,
            ..Default::default()
        });
        let command =
            v1::ApplyCommand { changes, rests_on: rests_on.collect(), owner: request.owner.clone() };
        let admitted = Admitted { command, warnings: work.warnings };
        Ok((is_whole.then_some(admitted), work.violations))
    }

    #[allow(clippy::type_complexity)]
    fn change(
        &self,
        change: &v1::Change,
        work: &mut Work<'_>,
    ) -> Result<Result<v1::AdmittedChange, Vec<v1::Violation>>, NotAdmitted<R::Error>> {
        use v1::{admitted_change, change};
        let admitted = match &change.change {
            Some(change::Change::Put(resource)) => match self.put(resource, work)? {
                Ok(put) => admitted_change::Change::Put(put),
                Err(violations) => return Ok(Err(violations)),
            },
            Some(change::Change::Delete(name)) => {
                admitted_change::Change::Delete(v1::Delete { name: name.clone(), cascade: change.cascade })
            }
            None => {
                return Ok(Err(vec![violation("invalid", "", "", "a change must put or delete something")]));
            }
        };
        Ok(Ok(v1::AdmittedChange { change: Some(admitted), if_etag: change.if_etag.clone() }))
    }

    #[allow(clippy::type_complexity)]
    fn put(
        &self,
        resource: &v1::Resource,
        work: &mut Work<'_>,
    ) -> Result<Result<v1::Put, Vec<v1::Violation>>, NotAdmitted<R::Error>> {
        let name = match Name::parse(&resource.name) {
            Ok(name) => name,
            Err(error) => {
                return Ok(Err(vec![violation("invalid", &resource.name, "name", &error.message)]));
            }
        };
        let mut resource =
            v1::Resource { name: name.to_string(), spec: resource.spec.clone(), ..Default::default() };
        let Some(spec) = &mut resource.spec else {
            let message = format!(
                "the resource has no spec; a {} has `{}`",
                name.kind().aliases()[0],
                name.kind().field()
            );
            return Ok(Err(vec![violation("invalid", name.as_str(), name.kind().field(), &message)]));
        };
        let mut taken = secrets::take(spec);
        let found = taken.iter().filter_map(|secret| {
            let message = secret.finding(spec)?;
            Some(violation("invalid", name.as_str(), &secret.path, &message))
        });
        let found: Vec<v1::Violation> = found.collect();
        taken.retain(|secret| !found.iter().any(|it| it.field == secret.path));
        work.violations.extend(found);
        let found = self.note_certificate(&name, spec, &taken, work)?;
        work.violations.extend(found);
        if let Spec::Subscription(_) = spec {
            self.add_missing_keys(&name, &mut taken)?;
        }
        let facts = match spec {
            Spec::Policy(policy) => match self.policy_facts(&name, policy, work)? {
                Ok(facts) => facts,
                Err(found) => {
                    work.violations.extend(found);
                    v1::Facts::default()
                }
            },
            Spec::PolicyFragment(fragment) => match self.fragment_facts(&name, fragment, work)? {
                Ok(facts) => facts,
                Err(violations) => return Ok(Err(violations)),
            },
            Spec::Backend(_) => self.backend_facts(&name, spec, &taken, work)?,
            Spec::Logger(logger) => v1::Facts { named_values: named_values_of(logger), ..Default::default() },
            _ => v1::Facts::default(),
        };
        // Event hubs are sent to; the other types are of diagnostics.
        let is_other_logger = matches!(spec, Spec::Logger(logger) if logger.logger_type != "azureEventHub");
        if is_kept_only(name.kind()) || is_other_logger {
            work.warnings.push(v1::Warning {
                name: name.to_string(),
                message: format!(
                    "a {} is kept, but this release does not run it yet",
                    name.kind().aliases()[0]
                ),
                ..Default::default()
            });
        }
        let secrets = taken
            .into_iter()
            .map(|secret| (secret.path, self.keyring.seal(secret.value.as_bytes(), self.random.bytes())))
            .collect();
        Ok(Ok(v1::Put { resource: Some(resource), secrets, facts: Some(facts), ..Default::default() }))
    }

    /// A subscription that is new gets the keys that it was not given.
    fn add_missing_keys(
        &self,
        name: &Name,
        taken: &mut Vec<secrets::Secret>,
    ) -> Result<(), NotAdmitted<R::Error>> {
        if hanse_model::get(self.read, name).map_err(NotAdmitted::Store)?.is_some() {
            return Ok(());
        }
        for path in ["primaryKey", "secondaryKey"] {
            if !taken.iter().any(|secret| secret.path == path) {
                taken.push(secrets::Secret { path: path.to_owned(), value: generate_key(self.random) });
            }
        }
        Ok(())
    }

    /// Names that the operation's template defines; `None` when there is no such operation.
    fn parameters_of(
        &self,
        operation: &Name,
        work: &mut Work<'_>,
    ) -> Result<Option<Vec<String>>, NotAdmitted<R::Error>> {
        let key = operation.key();
        if let Some(names) = work.operations.get(&key) {
            return Ok(Some(names.clone()));
        }
        let stored = hanse_model::get(self.read, operation).map_err(NotAdmitted::Store)?;
        let Some(v1::StoredResource { resource: Some(resource), .. }) = stored else {
            return Ok(None);
        };
        work.rests_on.insert(key, resource.revision);
        match &resource.spec {
            Some(Spec::Operation(operation)) => Ok(Some(parameter_names(operation))),
            _ => Ok(None),
        }
    }
}

struct Work<'a> {
    /// Template parameters of the operations in this request, by key.
    operations: &'a BTreeMap<String, Vec<String>>,
    puts: &'a Puts<'a>,
    rests_on: BTreeMap<String, u64>,
    warnings: Vec<v1::Warning>,
    violations: Vec<v1::Violation>,
}

impl Work<'_> {
    /// Something worth saying of a resource as a whole.
    fn warn(&mut self, name: &Name, message: String) {
        self.warnings.push(v1::Warning { name: name.to_string(), message, line: 0, column: 0 });
    }
}

fn templates_in(request: &v1::ApplyRequest) -> BTreeMap<String, Vec<String>> {
    request
        .changes
        .iter()
        .filter_map(|change| match &change.change {
            Some(v1::change::Change::Put(resource)) => match &resource.spec {
                Some(Spec::Operation(operation)) => {
                    Some((hanse_proto::key_of(&resource.name), parameter_names(operation)))
                }
                _ => None,
            },
            _ => None,
        })
        .collect()
}

fn parameter_names(operation: &v1::Operation) -> Vec<String> {
    operation.template_parameters.iter().map(|parameter| parameter.name.clone()).collect()
}

/// Named values that stand for credentials of a logger: `{{name}}` and nothing else.
fn named_values_of(logger: &v1::Logger) -> Vec<String> {
    let inner = |value: &String| {
        let name = value.strip_prefix("{{")?.strip_suffix("}}")?;
        Some(name.to_owned()).filter(|name| !name.is_empty())
    };
    logger.credentials.values().filter_map(inner).collect()
}

/// What is stored and managed already, and not yet put to work.
fn is_kept_only(kind: Kind) -> bool {
    matches!(
        kind,
        Kind::PolicyFragment
            | Kind::AuthorizationProvider
            | Kind::Authorization
            | Kind::AuthorizationAccessPolicy
            | Kind::TokenSource
            | Kind::Resolver
            | Kind::McpTool
            | Kind::Diagnostic
    )
}

/// The policy scope that a policy's name stands for.
pub fn scope_of(policy: &Name) -> ScopeKind {
    match policy.parent().map(|parent| parent.kind()) {
        None => ScopeKind::Global,
        Some(Kind::Workspace) => ScopeKind::Workspace,
        Some(Kind::Product) => ScopeKind::Product,
        Some(Kind::Operation) => ScopeKind::Operation,
        Some(_) => ScopeKind::Api,
    }
}

/// A new subscription key: 128 random bits in lower-case hex.
pub fn generate_key(random: &dyn Random) -> String {
    let bytes: [u8; KEY_CHARS / 2] = random.bytes();
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A violation without position or hint.
pub fn violation(code: &str, name: &str, field: &str, message: &str) -> v1::Violation {
    v1::Violation {
        code: code.into(),
        name: name.into(),
        field: field.into(),
        message: message.into(),
        ..Default::default()
    }
}

/// The first [`VIOLATIONS_MAX`] violations, and how many there are beside them.
pub fn bounded(mut violations: Vec<v1::Violation>) -> Vec<v1::Violation> {
    let more = violations.len().saturating_sub(VIOLATIONS_MAX);
    if more > 0 {
        violations.truncate(VIOLATIONS_MAX);
        violations.push(violation("invalid", "", "", &format!("and {more} more; mend these first")));
    }
    violations
}
