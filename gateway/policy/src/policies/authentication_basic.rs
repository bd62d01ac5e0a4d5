//! `authentication-basic`: sends user and password to the backend.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use hanse_expression::Target;
use http::header::{self, HeaderValue};

use crate::env::{Env, Halt, Ran};
use crate::kind::Kind;
use crate::policies::Policy;
use crate::run::Flow;
use crate::schema::{ElementSpec, INBOUND, Once, PolicySpec, Release, attribute};
use crate::setting::Text;
use crate::tree::Element;

/// Also a child of policies that make a request.
pub(crate) static SPEC: PolicySpec = PolicySpec {
    sections: INBOUND,
    once: Once::PerSection,
    release: Release::Runs(|element, _| compile(element).map(Policy::AuthenticationBasic)),
    ..PolicySpec::of(
        ElementSpec {
            attributes: &[
                attribute("username", Kind::Any).required().expression(),
                attribute("password", Kind::Any).required().expression(),
            ],
            ..ElementSpec::named("authentication-basic")
        },
        "Sets the Authorization header to a user and a password.",
    )
};

pub(crate) fn compile(element: &Element) -> Option<AuthenticationBasic> {
    let verbatim = |name| Text::verbatim(&element.attribute(name)?.value, Target::String);
    Some(AuthenticationBasic { username: verbatim("username")?, password: verbatim("password")? })
}

#[derive(Debug)]
pub(crate) struct AuthenticationBasic {
    username: Text,
    password: Text,
}

impl AuthenticationBasic {
    pub(crate) fn run<'a>(&'a self, env: &mut Env<'a, '_>) -> Ran<'a> {
        let value = self.work_out(env)?;
        env.context.request.headers.insert(header::AUTHORIZATION, value);
        Ok(Flow::Continue)
    }

    /// The value of `Authorization` (RFC 7617).
    pub(crate) fn work_out<'a>(&'a self, env: &mut Env<'a, '_>) -> Result<HeaderValue, Halt> {
        let (username, password) = (env.text_or_empty(&self.username)?, env.text_or_empty(&self.password)?);
        let credentials = BASE64_STANDARD.encode(format!("{username}:{password}"));
        let mut value = HeaderValue::from_str(&format!("Basic {credentials}"))
            .map_err(|_| env.internal("The credentials do not fit a header."))?;
        value.set_sensitive(true);
        Ok(value)
    }
}

#[cfg(test)]
mod tests {
    use crate::section::Section;
    use crate::testing::read_in;

    #[test]
    fn documents_are_checked() {
        assert_eq!(
            read_in(Section::Inbound, "<authentication-basic username='u' password='{{p}}'/>"),
            [""; 0]
        );
        assert_eq!(
            read_in(
                Section::Inbound,
                "<authentication-basic username='@(context.Api.Id)' password='@(context.Api.Id)'/>"
            ),
            [""; 0]
        );
        assert_eq!(read_in(Section::Inbound, "<authentication-basic username='u'/>"), ["missing-attribute"]);
        assert_eq!(
            read_in(Section::Inbound, "<authentication-basic username='u' password='p'/>"),
            ["secret-in-document"]
        );
        assert_eq!(
            read_in(Section::Outbound, "<authentication-basic username='u' password='{{p}}'/>"),
            ["misplaced-policy"]
        );
        assert_eq!(
            read_in(
                Section::Inbound,
                "<authentication-basic username='u' password='{{p}}'/><authentication-basic username='u' password='{{p}}'/>"
            ),
            ["repeated-policy"]
        );
    }
}
