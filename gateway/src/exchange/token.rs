//! Getting tokens for the gateway itself.
//!
//! One idea: by workspace and by what is asked for, a token is kept until shortly before it ends, and one
//! fetch serves all who wait. Must not know what a token is used for.

use super::calls;
use crate::{
    shard::{Shard, lower},
    tokens::{Asking, Connection, Form, Given, TOKEN_BYTES_MAX, TokenSource},
    unit::{Turn, Unit, ended},
};
use bytes::Bytes;
use hanse_policy::{Body, Call, Token, TokenOf, TokenWish};
use http::{HeaderMap, HeaderValue, Method, header};
use std::{path::Path, rc::Rc, sync::Arc};
use tokio::{task, time};

/// The token source of documents that name none.
const DEFAULT_SOURCE: &str = "default";

/// What the last fetches of a token came to.
#[derive(Clone, Default)]
pub(crate) struct TokenState {
    /// And until when it is used without asking, and used at all, in milliseconds of the unit.
    token: Option<(Rc<Token>, u64, u64)>,
    /// Why the last fetch brought none.
    error: Option<Rc<str>>,
}

/// A token, kept or fetched.
///
/// # Errors
/// Why there is none, without secrets.
pub(super) async fn get(unit: &Rc<Unit>, shard: &Shard, wish: &TokenWish) -> Result<Rc<Token>, String> {
    let (name, found) = find(shard, wish)?;
    let began_ms = unit.now_ms();
    if let Some(entry) = unit.tokens.borrow_mut().get(&wish.owner, &name)
        && let Some((state, _)) = &entry.value
    {
        match &state.token {
            Some((token, rests_ms, _)) if began_ms < *rests_ms => return Ok(token.clone()),
            Some((token, _, ends_ms))
                if began_ms < *ends_ms && !entry.has_rested(began_ms, unit.limits.token_retry) =>
            {
                return Ok(token.clone());
            }
            _ => {}
        }
        if let Some(error) = &state.error
            && !entry.has_rested(began_ms, unit.limits.token_retry)
        {
            return Err(error.to_string());
        }
    }
    let turn = unit.tokens.borrow_mut().begin(&wish.owner, &name);
    let receiver = match turn {
        Turn::Theirs(receiver) => receiver,
        Turn::Nobodys => return Err("too many tokens are being fetched".to_owned()),
        Turn::Ours(sender, receiver) => {
            // Whoever asked first may leave; the others still want it.
            let (unit, owner, name) = (unit.clone(), wish.owner.clone(), name.clone());
            let asking = found.asking();
            task::spawn_local(async move {
                let limit = unit.limits.token_timeout;
                let fetched = match time::timeout(limit, fetch(&unit, &owner, asking)).await {
                    Ok(fetched) => fetched,
                    Err(_) => Err(format!("no token came within {} ms", limit.as_millis())),
                };
                let now_ms = unit.now_ms();
                let mut tokens = unit.tokens.borrow_mut();
                let old =
                    tokens.get(&owner, &name).and_then(|entry| entry.value.as_ref().map(|it| it.0.clone()));
                let state = TokenState::after(old.unwrap_or_default(), fetched, now_ms);
                tokens.end(&owner, &name, Some(state), now_ms);
                drop(sender);
            });
            receiver
        }
    };
    ended(receiver).await;
    let mut tokens = unit.tokens.borrow_mut();
    let state = tokens.get(&wish.owner, &name).and_then(|entry| entry.value.as_ref());
    match state.map(|(state, _)| state) {
        // One that was fetched just now serves, however soon it ends.
        Some(TokenState { token: Some((token, _, _)), error: None }) => Ok(token.clone()),
        Some(TokenState { token: Some((token, _, ends_ms)), .. }) if unit.now_ms() < *ends_ms => {
            Ok(token.clone())
        }
        Some(TokenState { error: Some(error), .. }) => Err(error.to_string()),
        _ => Err("no token came".to_owned()),
    }
}

impl TokenState {
    fn after(old: TokenState, fetched: Result<Given, String>, now_ms: u64) -> TokenState {
        match fetched {
            Ok(given) => {
                let at = |after: std::time::Duration| {
                    now_ms + u64::try_from(after.as_millis()).unwrap_or_default()
                };
                let (rests_ms, ends_ms) = (at(given.rest()), at(given.lifetime));
                let claims =
                    given.claims.into_iter().map(|(name, value)| (name.into(), value.into())).collect();
                let token = Rc::new(Token { text: given.token.into(), claims });
                TokenState { token: Some((token, rests_ms, ends_ms)), error: None }
            }
            Err(error) => TokenState { error: Some(error.into()), ..old },
        }
    }
}

/// Where a token comes from.
enum Found<'s> {
    Source { source: &'s TokenSource, resource: &'s str },
    Connection(&'s Connection),
}

impl Found<'_> {
    fn asking(&self) -> Asking {
        match self {
            Found::Source { source, resource } => source.asking(resource),
            Found::Connection(connection) => Asking::Form(connection.form.clone()),
        }
    }
}

/// What a token is kept under, and how it is asked for. A resource that changes has another name.
fn find<'s>(shard: &'s Shard, wish: &'s TokenWish) -> Result<(String, Found<'s>), String> {
    let table = shard.workspace(&wish.owner).map(|workspace| &workspace.credentials);
    match &wish.of {
        TokenOf::Identity { client, resource } => {
            let sources = table.map_or(&[][..], |table| &table.token_sources);
            let is = |source: &&Arc<TokenSource>, name: &str| {
                source.id.eq_ignore_ascii_case(name) || source.client_id.eq_ignore_ascii_case(name)
            };
            let source = match client {
                Some(client) => sources.iter().find(|source| is(source, client)),
                None => match sources {
                    [only] => Some(only),
                    sources => sources.iter().find(|source| &*source.id == DEFAULT_SOURCE),
                },
            };
            let source = source.ok_or_else(|| match client {
                Some(client) => format!("there is no token source with the id or client id `{client}`"),
                None => format!(
                    "there is no token source, or there are several and none is called `{DEFAULT_SOURCE}`"
                ),
            })?;
            let name = format!("i {} {}:{} {resource}", source.revision, source.id.len(), source.id);
            Ok((name, Found::Source { source, resource }))
        }
        TokenOf::Connection { provider, authorization } => {
            let key = lower(&format!("{provider}/{authorization}"));
            let found = table.and_then(|table| table.connections.get(key.as_str()));
            let found = found.ok_or_else(|| {
                format!("there is no connection `{authorization}` of a credential provider `{provider}` that works")
            })?;
            let (of_provider, own) = found.revisions;
            Ok((format!("c {of_provider} {own} {key}"), Found::Connection(found)))
        }
    }
}

async fn fetch(unit: &Rc<Unit>, owner: &str, asking: Asking) -> Result<Given, String> {
    match asking {
        Asking::Form(form) => send(unit, owner, &form).await,
        Asking::File(file, form) => {
            let dir = unit.limits.workload_tokens_dir;
            let read = task::spawn_blocking(move || read_within(dir, &file)).await;
            let text = read.map_err(|_| "the token file cannot be read".to_owned())??;
            match form {
                None => Given::of_file(&text),
                Some(form) => send(unit, owner, &form.proven(text.trim())).await,
            }
        }
    }
}

/// A file below a directory, whatever links lead to it.
fn read_within(dir: &str, file: &Path) -> Result<String, String> {
    use std::io::Read as _;
    let refused = |what: &str| format!("the token file {} {what}", file.display());
    let dir =
        Path::new(dir).canonicalize().map_err(|_| refused("cannot be read: there are none on this node"))?;
    let path = file.canonicalize().map_err(|error| refused(&format!("cannot be read: {error}")))?;
    if !path.starts_with(&dir) {
        return Err(refused(&format!("is not below {}", dir.display())));
    }
    let opened = std::fs::File::open(path).map_err(|error| refused(&format!("cannot be read: {error}")))?;
    let mut text = String::new();
    let read = opened.take(TOKEN_BYTES_MAX as u64 + 1).read_to_string(&mut text);
    read.map_err(|_| refused("cannot be read"))?;
    if text.len() > TOKEN_BYTES_MAX { Err(refused("is too large")) } else { Ok(text) }
}

async fn send(unit: &Rc<Unit>, owner: &str, form: &Form) -> Result<Given, String> {
    let mut headers = HeaderMap::new();
    headers.insert(header::ACCEPT, HeaderValue::from_static("application/json"));
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/x-www-form-urlencoded"));
    let call = Call {
        url: form.endpoint.clone(),
        method: Method::POST,
        headers,
        body: Bytes::from(form.body()),
        timeout: unit.limits.token_timeout,
        identity: None,
        proxy: None,
        token: None,
        fail_on_error_status_code: false,
    };
    let response = calls::call_within(unit, owner, call, 4 * TOKEN_BYTES_MAX).await;
    let response = response.map_err(|error| format!("the token endpoint cannot be reached: {error}"))?;
    let body = match &response.body {
        Body::Bytes(bytes) => &bytes[..],
        _ => &[],
    };
    Given::read(response.status.as_u16(), body)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_read_from_one_directory_alone() {
        let dir = tempfile::tempdir().expect("directory");
        let inner = dir.path().join("tokens");
        std::fs::create_dir(&inner).expect("directory");
        let write = |path: &Path, bytes: usize| std::fs::write(path, "x".repeat(bytes)).expect("written");
        write(&inner.join("good"), TOKEN_BYTES_MAX);
        write(&inner.join("long"), TOKEN_BYTES_MAX + 1);
        write(&dir.path().join("secret"), 10);
        std::os::unix::fs::symlink(dir.path().join("secret"), inner.join("link")).expect("link");
        std::os::unix::fs::symlink(inner.join("good"), inner.join("same")).expect("link");
        let read = |file: &Path| read_within(inner.to_str().expect("text"), file).map(|text| text.len());
        assert_eq!(read(&inner.join("good")), Ok(TOKEN_BYTES_MAX));
        assert_eq!(read(&inner.join("same")), Ok(TOKEN_BYTES_MAX));
        for (file, part) in [
            (inner.join("long"), "is too large"),
            (inner.join("link"), "is not below"),
            (inner.join("../secret"), "is not below"),
            (inner.join("gone"), "cannot be read"),
        ] {
            let error = read(&file).expect_err("refused");
            assert!(error.contains(part), "{error}: {part}");
        }
        assert!(read_within("/not/there", &inner.join("good")).is_err());
    }
}
