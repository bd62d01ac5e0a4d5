//! `proxy`: reaches the backend through an HTTP proxy.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use hanse_expression::Target;
use http::HeaderValue;

use crate::check::Checker;
use crate::env::{Env, Halt, Ran};
use crate::kind::Kind;
use crate::policies::Policy;
use crate::run::Flow;
use crate::schema::{ElementSpec, INBOUND, PolicySpec, Release, attribute, shown};
use crate::section::Section;
use crate::setting::Text;
use crate::task::ProxyServer;
use crate::tree::Element;
use crate::url::{BaseUrl, Scheme};

/// Also a child of policies that make a request.
pub(crate) static SPEC: PolicySpec = PolicySpec {
    sections: INBOUND,
    tolerated: &[Section::Backend],
    check,
    release: Release::Runs(|element, _| compile(element).map(Policy::Proxy)),
    ..PolicySpec::of(
        ElementSpec {
            attributes: &[
                attribute("url", Kind::Filled).required().expression(),
                attribute("username", Kind::Any).expression(),
                attribute("password", Kind::Any).expression(),
            ],
            ..ElementSpec::named("proxy")
        },
        "Reaches the backend through an HTTP proxy.",
    )
};

fn check(element: &Element, checker: &mut Checker<'_>) {
    if let Some(url) = element.attribute("url")
        && let Some(text) = url.value.literal()
        && !text.trim().is_empty()
        && let Err(message) = server(text)
    {
        checker.report(checker.strict(), url.value.span, "attribute-value", format!("proxy: url: {message}"));
    }
    if let Some(username) = element.attribute("username")
        && username.value.literal().is_some_and(|name| name.contains('\\'))
    {
        let message = "a user of a domain is for NTLM, which is not spoken; the name is sent as Basic has it";
        checker.warning(username.value.span, "ntlm", message);
    }
    if let Some(password) = element.attribute("password")
        && element.attribute("username").is_none()
    {
        checker.report(
            checker.strict(),
            password.span,
            "missing-attribute",
            "proxy needs `username`".to_owned(),
        );
    }
}

/// Host and port of a proxy.
fn server(url: &str) -> Result<(String, u16), String> {
    let url = BaseUrl::parse(url).map_err(|error| error.to_string())?;
    match (url.scheme, url.path_prefix.as_str()) {
        (Scheme::Http, "") => Ok((url.host, url.port)),
        (Scheme::Https, _) => {
            Err("a proxy is spoken to by http, such as http://proxy.example:3128".to_owned())
        }
        (Scheme::Http, path) => Err(format!("a proxy has no path, this one has `{}`", shown(path))),
    }
}

pub(crate) fn compile(element: &Element) -> Option<Proxy> {
    let verbatim = |name: &str| match element.attribute(name) {
        Some(attribute) => Text::verbatim(&attribute.value, Target::String).map(Some),
        None => Some(None),
    };
    Some(Proxy {
        url: element.required_text("url")?,
        username: verbatim("username")?,
        password: verbatim("password")?,
    })
}

#[derive(Debug)]
pub(crate) struct Proxy {
    url: Text,
    username: Option<Text>,
    password: Option<Text>,
}

impl Proxy {
    pub(crate) fn run<'a>(&'a self, env: &mut Env<'a, '_>) -> Ran<'a> {
        let server = self.work_out(env)?;
        env.context.proxy = Some(server);
        Ok(Flow::Continue)
    }

    /// Who takes the request.
    pub(crate) fn work_out<'a>(&'a self, env: &mut Env<'a, '_>) -> Result<ProxyServer, Halt> {
        let url = env.text_or_empty(&self.url)?;
        let (host, port) = server(url).map_err(|message| env.internal(format!("url: {message}.")))?;
        let username = match &self.username {
            Some(username) => env.text(username)?.filter(|username| !username.is_empty()),
            None => None,
        };
        let password = match &self.password {
            Some(password) => env.text_or_empty(password)?,
            None => "",
        };
        let Some(username) = username else {
            return Ok(ProxyServer { host, port, authorization: None });
        };
        let credentials = BASE64_STANDARD.encode(format!("{username}:{password}"));
        let mut value = HeaderValue::from_str(&format!("Basic {credentials}"))
            .map_err(|_| env.internal("The credentials do not fit a header."))?;
        value.set_sensitive(true);
        Ok(ProxyServer { host, port, authorization: Some(value) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::section::Section;
    use crate::testing::{Bench, codes, read_in};

    #[test]
    fn documents_are_checked() {
        assert_eq!(
            read_in(Section::Inbound, "<proxy url='http://p:3128' username='u' password='{{p}}'/>"),
            [""; 0]
        );
        assert_eq!(read_in(Section::Inbound, "<proxy/>"), ["missing-attribute"]);
        assert_eq!(
            read_in(Section::Inbound, "<proxy url='http://p' username='u' password='p'/>"),
            ["secret-in-document"]
        );
    }

    #[test]
    fn a_proxy_is_a_host_and_a_port() {
        for (url, expected) in [
            ("http://p.test:3128", Some(("p.test", 3_128))),
            ("http://p.test/", Some(("p.test", 80))),
            ("http://[::1]:8080", Some(("::1", 8_080))),
            ("https://p.test", None),
            ("http://p.test/path", None),
            ("http://u:p@p.test", None),
            ("p.test:3128", None),
        ] {
            assert_eq!(server(url).ok(), expected.map(|(host, port)| (host.to_owned(), port)), "{url}");
        }
        assert_eq!(codes("<proxy url='https://p.test'/>"), ["attribute-value"]);
        assert_eq!(codes("<proxy url='http://p.test' username='DOMAIN\\u' password='{{x}}'/>"), ["ntlm"]);
        assert_eq!(codes("<proxy url='http://p.test' password='{{x}}'/>"), ["missing-attribute"]);
    }

    #[test]
    fn who_takes_the_request_is_known_with_its_credentials() {
        let mut bench =
            Bench::inbound("<proxy url='@(\"http://p.test:1\")' username='@(\"u\")' password='@(\"p\")'/>");
        bench.run();
        let proxy = bench.context.proxy.as_ref().unwrap();
        assert_eq!((proxy.host.as_str(), proxy.port), ("p.test", 1));
        assert_eq!(proxy.authorization.as_ref().unwrap(), "Basic dTpw");
        assert_eq!(format!("{proxy:?}"), "ProxyServer(p.test:1)");
        let mut bench = Bench::inbound("<proxy url='@(\"ftp://p\")'/>");
        bench.run();
        assert_eq!(bench.context.response.as_ref().unwrap().status, 500);
        let mut bench = Bench::inbound(
            "<send-request response-variable-name='r' ignore-error='true'><set-url>https://b.test</set-url><proxy url='http://p.test:1'/></send-request>",
        );
        bench.run();
        assert!(bench.calls[0].proxy.is_some() && bench.context.proxy.is_none());
    }
}
