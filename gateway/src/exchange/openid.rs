//! Asking OpenID providers for their keys, and answering what is known of them.
//!
//! One idea: a request waits only for a provider that nobody knows yet; what is known is used, and is
//! made new beside the requests. Must not know tokens.

use super::calls;
use crate::unit::{Turn, Unit, ended};
use hanse_policy::{Body, Call, OpenId, OpenIdConfig, OpenIdProvider};
use http::{HeaderMap, HeaderValue, Method, header};
use std::{rc::Rc, sync::Arc, time::Duration};
use tokio::{sync::watch, task, time};

/// What is known of a provider. One that was heard of too long ago is asked again meanwhile.
pub(crate) fn known(unit: &Rc<Unit>, workspace: &str, url: &str) -> OpenId {
    let (limits, now_ms) = (&unit.limits, unit.now_ms());
    let (answer, is_due) = {
        let mut providers = unit.openid.borrow_mut();
        let Some(entry) = providers.get(workspace, url) else { return OpenId::Unknown };
        let age = |at: u64| Duration::from_millis(now_ms.saturating_sub(at));
        let has_rested = entry.has_rested(now_ms, limits.openid_retry);
        match &entry.value {
            Some((provider, at)) if age(*at) < limits.openid_stale => {
                let may_be_asked = entry.has_rested(now_ms, limits.openid_refetch);
                let is_due = age(*at) >= limits.openid_refresh && has_rested && !entry.is_under_way();
                (OpenId::Known { provider: provider.clone(), may_be_asked }, is_due)
            }
            _ if has_rested => (OpenId::Unknown, false),
            _ => (OpenId::Unreachable, false),
        }
    };
    if is_due {
        drop(begin(unit, workspace, url));
    }
    answer
}

/// Asks providers, and waits until they have answered or had time enough.
pub(super) async fn ask(unit: &Rc<Unit>, workspace: &str, urls: &[Box<str>]) {
    // All begin before the first is waited for.
    let asked: Vec<_> = urls.iter().filter_map(|url| begin(unit, workspace, url)).collect();
    for fetch in asked {
        ended(fetch).await;
    }
}

/// Begins to ask a provider, unless somebody else has. What was begun ends by itself, whoever waits for it.
fn begin(unit: &Rc<Unit>, workspace: &str, url: &str) -> Option<watch::Receiver<()>> {
    let turn = unit.openid.borrow_mut().begin(workspace, url);
    let (sender, receiver) = match turn {
        Turn::Ours(sender, receiver) => (sender, receiver),
        Turn::Theirs(receiver) => return Some(receiver),
        Turn::Nobodys => return None,
    };
    let (unit, workspace, url) = (unit.clone(), Box::<str>::from(workspace), Box::<str>::from(url));
    task::spawn_local(async move {
        let limit = unit.limits.openid_timeout;
        let fetched = match time::timeout(limit, fetch(&unit, &workspace, &url)).await {
            Ok(fetched) => fetched,
            Err(_) => Err(format!("no answer within {} ms", limit.as_millis())),
        };
        if let Err(error) = &fetched {
            tracing::warn!(gateway = %unit.gateway, %workspace, %url, %error, "an OpenID provider cannot be read");
        }
        let now_ms = unit.now_ms();
        unit.openid.borrow_mut().end(&workspace, &url, fetched.ok().map(Arc::new), now_ms);
        drop(sender);
    });
    Some(receiver)
}

async fn fetch(unit: &Unit, workspace: &str, url: &str) -> Result<OpenIdProvider, String> {
    let config = OpenIdConfig::read(url, &get(unit, workspace, url.to_owned()).await?)?;
    let keys = get(unit, workspace, config.keys_url.clone()).await?;
    OpenIdProvider::read(config, &keys)
}

async fn get(unit: &Unit, workspace: &str, url: String) -> Result<bytes::Bytes, String> {
    let mut headers = HeaderMap::new();
    headers.insert(header::ACCEPT, HeaderValue::from_static("application/json"));
    let call = Call {
        url,
        method: Method::GET,
        headers,
        body: bytes::Bytes::new(),
        timeout: unit.limits.openid_timeout,
        identity: None,
        proxy: None,
        token: None,
        fail_on_error_status_code: true,
    };
    let url = call.url.clone();
    let response = calls::call_within(unit, workspace, call, unit.limits.openid_bytes_max).await;
    match response.map_err(|error| format!("{url}: {error}"))?.body {
        Body::Bytes(bytes) => Ok(bytes),
        _ => Err(format!("{url}: the response is empty")),
    }
}
