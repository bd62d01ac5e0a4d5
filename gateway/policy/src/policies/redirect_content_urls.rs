//! `redirect-content-urls`: turns URLs of the backend in a body into URLs of the API, and back.
//!
//! Only whole URLs count: `http://b.test/v1` is none within `http://b.test/v10`. They are found as they are
//! written, with the slashes of JSON escaped or not, with the scheme's own port or without. `Location` stays.

use crate::charset;
use crate::context::Target;
use crate::env::{Env, Ran};
use crate::media;
use crate::policies::Policy;
use crate::policies::find_and_replace::REPLACED_BYTES_MAX;
use crate::policies::json_to_xml::media_type;
use crate::run::Flow;
use crate::schema::{ElementSpec, Once, PolicySpec, Release};
use crate::section::Section;

pub(crate) static SPEC: PolicySpec = PolicySpec {
    sections: &[Section::Inbound, Section::Outbound],
    once: Once::PerSection,
    release: Release::Runs(|_, _| Some(Policy::RedirectContentUrls(RedirectContentUrls))),
    ..PolicySpec::of(
        ElementSpec::named("redirect-content-urls"),
        "Turns URLs of the backend in a body into URLs of the API, and the reverse in requests.",
    )
};

#[derive(Debug)]
pub(crate) struct RedirectContentUrls;

impl RedirectContentUrls {
    pub(crate) fn run<'a>(&'a self, env: &mut Env<'a, '_>) -> Ran<'a> {
        if !media::is_text_like(media_type(env)) {
            return Ok(Flow::Continue);
        }
        let (Some(backend), Some(public)) = (backend_urls(env), public_urls(env)) else {
            return Ok(Flow::Continue);
        };
        let Some(body) = env.read_body()? else { return Ok(Flow::Continue) };
        let (headers, _) = env.message();
        let charset = charset::of(headers);
        let text = charset.decode(&body);
        let (from, to) = if env.acts_on_response { (backend, &public[0]) } else { (public, &backend[0]) };
        match replaced(&text, &from, to) {
            Ok(Some(replaced)) => env.replace_body(charset.encode(&replaced)),
            Ok(None) => {}
            Err(()) => {
                return Err(env.internal(format!("The body becomes more than {REPLACED_BYTES_MAX} bytes.")));
            }
        }
        Ok(Flow::Continue)
    }
}

/// The forms of where the request goes; the shortest first.
fn backend_urls(env: &Env<'_, '_>) -> Option<Vec<String>> {
    let context = &*env.context;
    let url = match &context.target {
        Some(Target::Backend { owner, id }) => env.host.backend_url(owner, id)?,
        Some(Target::BaseUrl(url)) => url.clone(),
        None => context.facts.api?.service_url.clone()?,
    };
    let authority = url.host_header.to_str().ok()?;
    Some(forms(
        url.scheme.as_str(),
        authority,
        url.port,
        url.port == url.scheme.default_port(),
        &url.path_prefix,
    ))
}

/// The forms of the API's URL, as the client wrote it.
fn public_urls(env: &Env<'_, '_>) -> Option<Vec<String>> {
    let context = &*env.context;
    let api = context.facts.api?;
    let host = context.original_uri.authority().map(|it| it.as_str());
    let host = host.or_else(|| context.original_host.as_ref()?.to_str().ok())?;
    let path = context.original_uri.path();
    let mut end = 0;
    let mut segments = api.path.split('/').filter(|segment| !segment.is_empty()).count();
    let after =
        |end: usize| path[end..].strip_prefix('/').map(|rest| rest.split('/').next().unwrap_or_default());
    while segments > 0 {
        end += 1 + after(end)?.len();
        segments -= 1;
    }
    // A version may stand behind it.
    if let Some(segment) = after(end).filter(|segment| !api.version.is_empty() && **segment == *api.version) {
        end += 1 + segment.len();
    }
    let scheme = context.scheme;
    let (name, port) = match host.rsplit_once(':') {
        Some((name, port)) if !port.ends_with(']') => (name, port.parse().ok()?),
        _ => (host, scheme.default_port()),
    };
    let is_default = port == scheme.default_port();
    let authority = if is_default { name } else { host };
    Some(forms(scheme.as_str(), authority, port, is_default, &path[..end]))
}

/// A URL, and the same with the port that it means without naming it.
fn forms(scheme: &str, authority: &str, port: u16, is_default: bool, path: &str) -> Vec<String> {
    let mut forms = vec![format!("{scheme}://{authority}{path}")];
    if is_default {
        forms.push(format!("{scheme}://{authority}:{port}{path}"));
    }
    forms
}

/// The text with all URLs replaced; `None`: there are none. An error: it would become too long.
fn replaced(text: &str, from: &[String], to: &str) -> Result<Option<String>, ()> {
    let escaped = |url: &str| url.replace('/', "\\/");
    let pairs: Vec<(String, String)> =
        from.iter().flat_map(|from| [(from.clone(), to.to_owned()), (escaped(from), escaped(to))]).collect();
    let mut out = String::new();
    let mut rest = text;
    let mut has_any = false;
    // Every form begins with the scheme.
    let scheme = from.first().and_then(|url| url.split_once(':')).map_or("http", |(scheme, _)| scheme);
    while let Some(at) = rest.find(scheme) {
        let here = &rest[at..];
        let found = pairs.iter().find(|(from, _)| here.strip_prefix(from.as_str()).is_some_and(ends_url));
        let (kept, put, skip) = match found {
            Some((from, to)) => {
                has_any = true;
                (at, to.as_str(), at + from.len())
            }
            None => (at + scheme.len(), "", at + scheme.len()),
        };
        out.push_str(&rest[..kept]);
        out.push_str(put);
        if out.len() > REPLACED_BYTES_MAX {
            return Err(());
        }
        rest = &rest[skip..];
    }
    out.push_str(rest);
    match out.len() > REPLACED_BYTES_MAX {
        true if has_any => Err(()),
        _ => Ok(has_any.then_some(out)),
    }
}

/// Whether a URL can end before this text.
fn ends_url(after: &str) -> bool {
    let mut chars = after.chars();
    match chars.next() {
        None => true,
        // The end of a sentence, or of a port that is another.
        Some('.' | ':') => !chars.next().is_some_and(char::is_alphanumeric),
        Some(char) => !(char.is_alphanumeric() || matches!(char, '-' | '_' | '~' | '%')),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use bytes::Bytes;

    use super::*;
    use crate::context::Body;
    use crate::facts::ApiFacts;
    use crate::testing::{Bench, leak, read_in};
    use crate::url::BaseUrl;

    fn bench(document: &str, version: &str) -> Bench {
        let mut bench = Bench::document(document);
        bench.context.facts.api = Some(leak(ApiFacts {
            path: "shop/orders".into(),
            version: version.into(),
            service_url: Some(Arc::new(BaseUrl::parse("http://b.test/base").unwrap())),
            ..ApiFacts::default()
        }));
        bench.context.original_uri = "/shop/orders/v1/list".parse().unwrap();
        bench.context.original_host = Some("gw.test:443".parse().unwrap());
        bench
    }

    fn answered(body: &'static str, content_type: &str, version: &str) -> String {
        let text = format!(
            "<policies><outbound><set-header name='Content-Type'><value>{content_type}</value></set-header>\
             <redirect-content-urls/></outbound></policies>"
        );
        let mut bench = bench(&text, version);
        bench.backend_body = Some(body);
        bench.run();
        assert_eq!(bench.context.last_error, None);
        bench.body()
    }

    #[test]
    fn urls_of_the_backend_become_those_of_the_api() {
        for (body, expected) in [
            ("see http://b.test/base/1.", "see https://gw.test/shop/orders/1."),
            (
                "http://b.test/base http://b.test:80/base?x",
                "https://gw.test/shop/orders https://gw.test/shop/orders?x",
            ),
            (r#"{"u":"http:\/\/b.test\/base\/1"}"#, r#"{"u":"https:\/\/gw.test\/shop\/orders\/1"}"#),
            (
                "http://b.test/base2 http://b.test/other https://b.test/base",
                "http://b.test/base2 http://b.test/other https://b.test/base",
            ),
            ("http://b.test/base.", "https://gw.test/shop/orders."),
            ("nothing", "nothing"),
        ] {
            assert_eq!(answered(body, "text/html", ""), expected);
        }
        assert_eq!(
            answered("http://b.test/base/x", "application/json", "v1"),
            "https://gw.test/shop/orders/v1/x"
        );
    }

    #[test]
    fn what_is_no_text_is_left_alone() {
        assert_eq!(answered("http://b.test/base", "image/png", ""), "Stream");
    }

    #[test]
    fn urls_of_the_api_become_those_of_the_backend_in_requests() {
        let mut bench = bench("<policies><inbound><redirect-content-urls/></inbound></policies>", "");
        bench.context.request.headers.insert("content-type", "text/plain".parse().unwrap());
        bench.context.request.body = Body::Bytes(Bytes::from_static(b"https://gw.test/shop/orders/7"));
        bench.run();
        assert_eq!(bench.context.request.body, Body::Bytes(Bytes::from_static(b"http://b.test/base/7")));
    }

    #[test]
    fn growth_is_bounded() {
        let (from, to) = (["http://b".to_owned()], format!("http://{}", "g".repeat(1_000)));
        let times = REPLACED_BYTES_MAX / (to.len() + 1);
        assert!(replaced(&"http://b ".repeat(times), &from, &to).is_ok());
        assert_eq!(replaced(&"http://b ".repeat(times + 1), &from, &to), Err(()));
    }

    #[test]
    fn documents_are_checked() {
        assert_eq!(read_in(Section::Outbound, "<redirect-content-urls/>"), [""; 0]);
        assert_eq!(read_in(Section::Backend, "<redirect-content-urls/>"), ["misplaced-policy"]);
        assert_eq!(read_in(Section::Outbound, "<redirect-content-urls a='b'/>"), ["unknown-attribute"]);
    }
}
