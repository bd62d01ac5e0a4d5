//! Backends: where to, and with which credentials.
//!
//! One idea: a backend that could not be called as it says is left out, with a finding; whatever
//! refers to it answers 500. Nothing is ever sent without the credentials that belong to it.

use super::documents::Scope;
use crate::{
    shard::{Asked, Backend, BackendTable},
    spec::{SpecResource, is_same},
};
use hanse_policy::{BaseUrl, named_values};
use hanse_proto::{Kind, v1, v1::resource::Spec};
use http::{HeaderName, HeaderValue};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use std::{cell::RefCell, collections::BTreeMap, sync::Arc};

/// What stays as it is in a query parameter that the gateway adds.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// The type of a backend that is a list of others.
const POOL: &str = "pool";

impl BackendTable {
    /// Whether a backend asks for a named value.
    pub(super) fn asks(&self, name: &str) -> bool {
        // One that was left out may have been so for the lack of this value.
        !self.findings.is_empty()
            || self.by_id.values().flat_map(|backend| &backend.asked).any(|(asked, _)| **asked == *name)
    }
}

pub(super) fn compile(old: Option<&Arc<BackendTable>>, scope: &Scope<'_>) -> Arc<BackendTable> {
    let collection = format!("{}{}/", scope.prefix, Kind::Backend.collection());
    let mut table = BackendTable::default();
    for id in scope.ids(&collection, Kind::Backend) {
        let key = format!("{collection}{id}");
        let Some(source) = scope.spec.get(&key) else { continue };
        let known = old.and_then(|old| old.by_id.get_key_value(id));
        match backend(known.map(|(_, backend)| backend), scope, source) {
            Ok(backend) => {
                let id = known.map_or_else(|| id.into(), |(id, _)| id.clone());
                table.by_id.insert(id, backend);
            }
            Err(message) => {
                table.findings.push((key, format!("{message}; requests for it answer 500")));
            }
        }
    }
    Arc::new(table)
}

fn backend(
    old: Option<&Arc<Backend>>,
    scope: &Scope<'_>,
    source: &Arc<SpecResource>,
) -> Result<Arc<Backend>, String> {
    if let Some(old) = old.filter(|old| is_same(&old.source, source) && scope.still(&old.asked)) {
        return Ok(old.clone());
    }
    let Spec::Backend(spec) = &source.spec else {
        return Err("expected the spec of a backend".to_owned());
    };
    refuse_what_is_not_there(spec)?;
    let url = BaseUrl::parse(&spec.url).map_err(|error| format!("url: {error}"))?;
    let reader = Reader { scope, source, asked: RefCell::default() };
    let headers = reader.headers(spec)?;
    let query = reader.query(spec)?;
    let authorization = reader.authorization(spec)?;
    let tls = spec.tls.as_ref();
    Ok(Arc::new(Backend {
        id: source.name.id().into(),
        url: Arc::new(url),
        headers,
        query: query.into(),
        authorization,
        validate_certificate_chain: tls.and_then(|tls| tls.validate_certificate_chain).unwrap_or(true),
        validate_certificate_name: tls.and_then(|tls| tls.validate_certificate_name).unwrap_or(true),
        asked: reader.asked(),
        source: source.clone(),
    }))
}

/// A request must not go out in another way than its backend says.
fn refuse_what_is_not_there(spec: &v1::Backend) -> Result<(), String> {
    let refuse = |what: &str| Err(format!("{what} not supported in this release"));
    if spec.r#type.eq_ignore_ascii_case(POOL) {
        return refuse("pools are");
    }
    if spec.proxy.is_some() {
        return refuse("an outbound proxy is");
    }
    let has_certificate = spec.credentials.as_ref().is_some_and(|credentials| {
        !credentials.certificate_ids.is_empty() || !credentials.certificate.is_empty()
    });
    if has_certificate {
        return refuse("client certificates are");
    }
    Ok(())
}

/// Reads credentials: values lie among the secrets, in the spec, or in named values.
pub(super) struct Reader<'r> {
    pub(super) scope: &'r Scope<'r>,
    pub(super) source: &'r SpecResource,
    pub(super) asked: RefCell<BTreeMap<Arc<str>, Option<Arc<str>>>>,
}

impl Reader<'_> {
    fn headers(&self, spec: &v1::Backend) -> Result<Vec<(HeaderName, HeaderValue)>, String> {
        let lists = spec.credentials.as_ref().map(|credentials| &credentials.header);
        let values = self.values("credentials.header", lists)?;
        values
            .into_iter()
            .map(|(name, value)| {
                let header = name.parse().map_err(|_| format!("`{name}` is no header name"))?;
                Ok((header, sensitive(&value, &format!("credentials.header/{name}"))?))
            })
            .collect()
    }

    fn query(&self, spec: &v1::Backend) -> Result<String, String> {
        let lists = spec.credentials.as_ref().map(|credentials| &credentials.query);
        let values = self.values("credentials.query", lists)?;
        let pairs: Vec<String> = values
            .iter()
            .map(|(name, value)| {
                format!("{}={}", utf8_percent_encode(name, ENCODED), utf8_percent_encode(value, ENCODED))
            })
            .collect();
        Ok(pairs.join("&"))
    }

    fn authorization(&self, spec: &v1::Backend) -> Result<Option<HeaderValue>, String> {
        const PATH: &str = "credentials.authorization.parameter";
        let credentials = spec.credentials.as_ref();
        let Some(authorization) = credentials.and_then(|credentials| credentials.authorization.as_ref())
        else {
            return Ok(None);
        };
        let parameter = self.value(PATH, &authorization.parameter)?;
        let text = format!("{} {parameter}", authorization.scheme);
        sensitive(text.trim(), PATH).map(Some)
    }

    /// Names and values in the order of the spec. Lists keep the place of each value that is secret.
    fn values(
        &self,
        path: &str,
        lists: Option<&BTreeMap<String, v1::StringList>>,
    ) -> Result<Vec<(String, String)>, String> {
        let lists = lists.into_iter().flatten();
        let all = lists.flat_map(|(name, list)| {
            list.values.iter().enumerate().map(move |(index, value)| (name, index, value))
        });
        all.map(|(name, index, value)| {
            Ok((name.clone(), self.value(&format!("{path}/{name}/{index}"), value)?))
        })
        .collect()
    }

    /// What was asked for meanwhile.
    pub(super) fn asked(self) -> Asked {
        self.asked.into_inner().into_iter().collect()
    }

    pub(super) fn value(&self, path: &str, in_spec: &str) -> Result<String, String> {
        let text = match self.source.secrets.get(path) {
            None => in_spec,
            Some(secret) => {
                secret.plaintext.as_deref().ok_or_else(|| format!("{path} cannot be read on this node"))?
            }
        };
        self.fill_in(path, text)
    }

    fn fill_in(&self, path: &str, text: &str) -> Result<String, String> {
        let unknown = std::cell::RefCell::new(None);
        let resolve = |_: usize, name: &str| {
            let value = self.scope.ask(name, &self.asked).map(|value| value.to_string());
            if value.is_none() {
                unknown.borrow_mut().get_or_insert_with(|| name.to_owned());
            }
            value
        };
        let filled = named_values::substitute(text, &resolve);
        match unknown.into_inner() {
            Some(name) => Err(format!("{path} refers to the named value `{name}`, which is not there")),
            None => Ok(filled.unwrap_or_else(|| text.to_owned())),
        }
    }
}

fn sensitive(value: &str, path: &str) -> Result<HeaderValue, String> {
    let mut value =
        HeaderValue::from_str(value).map_err(|_| format!("{path} holds what no header can carry"))?;
    value.set_sensitive(true);
    Ok(value)
}
