//! `authentication-managed-identity`: gets a token for the gateway's identity and sends it to the backend.

use hanse_expression::run::Value;
use http::header::{self, HeaderValue};

use crate::env::{Env, Halt, Ran};
use crate::kind::Kind;
use crate::policies::Policy;
use crate::run::Flow;
use crate::schema::{ElementSpec, INBOUND, PolicySpec, Release, attribute};
use crate::section::Section;
use crate::setting::Text;
use crate::task::{CallToken, Outcome, Task, TokenOf, TokenWish};
use crate::token_check::owner;
use crate::tree::Element;

/// Longest name of a resource, in bytes; the policy fails beyond.
const RESOURCE_BYTES_MAX: usize = 2_048;

/// Also a child of policies that make a request.
pub(crate) static SPEC: PolicySpec = PolicySpec {
    sections: INBOUND,
    // Found there in real documents, to get a token for a call.
    tolerated: &[Section::Backend, Section::Outbound, Section::OnError],
    release: Release::Runs(|element, _| compile(element).map(Policy::AuthenticationManagedIdentity)),
    ..PolicySpec::of(
        ElementSpec {
            attributes: &[
                attribute("resource", Kind::Filled).required().expression(),
                attribute("client-id", Kind::Any),
                attribute("output-token-variable-name", Kind::Variable),
                attribute("ignore-error", Kind::Bool).or("false"),
            ],
            ..ElementSpec::named("authentication-managed-identity")
        },
        "Gets a token for the gateway's own identity, and sends it to the backend or keeps it in a variable.",
    )
};

pub(crate) fn compile(element: &Element) -> Option<AuthenticationManagedIdentity> {
    let text =
        |name: &str| element.literal(name).map(str::trim).filter(|text| !text.is_empty()).map(Into::into);
    Some(AuthenticationManagedIdentity {
        resource: element.required_text("resource")?,
        client: text("client-id"),
        variable: text("output-token-variable-name"),
        ignores_error: element.flag("ignore-error", false),
    })
}

#[derive(Debug)]
pub(crate) struct AuthenticationManagedIdentity {
    resource: Text,
    client: Option<Box<str>>,
    variable: Option<Box<str>>,
    ignores_error: bool,
}

impl AuthenticationManagedIdentity {
    pub(crate) fn run<'a>(&'a self, env: &mut Env<'a, '_>) -> Ran<'a> {
        Ok(Flow::Do(Task::Token(Box::new(self.wish(env)?))))
    }

    pub(crate) fn resume<'a>(&'a self, env: &mut Env<'a, '_>, outcome: Outcome) -> Ran<'a> {
        let error = match outcome {
            Outcome::Token(Ok(token)) => {
                match &self.variable {
                    Some(variable) => self.keep(env, variable, &token.text)?,
                    None => {
                        let value = HeaderValue::from_str(&format!("Bearer {}", token.text));
                        let mut value =
                            value.map_err(|_| env.internal("The token does not fit a header."))?;
                        value.set_sensitive(true);
                        env.context.request.headers.insert(header::AUTHORIZATION, value);
                    }
                }
                return Ok(Flow::Continue);
            }
            Outcome::Token(Err(error)) => error,
            Outcome::Failed(fault) => return Err((*fault).into()),
            Outcome::Done | Outcome::Called(_) | Outcome::Cached(_) => "no token came".to_owned(),
        };
        if !self.ignores_error {
            return Err(env.internal(format!("No token could be got: {error}.")));
        }
        env.trace(format!("got no token, which is ignored: {error}"));
        if let Some(variable) = &self.variable {
            self.keep(env, variable, "")?;
        }
        Ok(Flow::Continue)
    }

    fn keep<'a>(&'a self, env: &mut Env<'a, '_>, variable: &'a str, text: &str) -> Result<(), Halt> {
        let text = env.context.arena.text(text);
        let text = text.map_err(|error| env.internal(format!("The token does not fit: {error}.")))?;
        env.context.set_variable(variable, Value::Str(text));
        Ok(())
    }

    /// The token that a call of a policy's own goes out with.
    pub(crate) fn for_call<'a>(&'a self, env: &mut Env<'a, '_>) -> Result<CallToken, Halt> {
        Ok(CallToken { wish: self.wish(env)?, ignores_error: self.ignores_error })
    }

    fn wish<'a>(&'a self, env: &mut Env<'a, '_>) -> Result<TokenWish, Halt> {
        let resource = env.text_or_empty(&self.resource)?;
        if resource.is_empty() || resource.len() > RESOURCE_BYTES_MAX {
            let message =
                format!("resource: 1 to {RESOURCE_BYTES_MAX} bytes name one, here are {}.", resource.len());
            return Err(env.internal(message));
        }
        let of = TokenOf::Identity { client: self.client.clone(), resource: resource.into() };
        Ok(TokenWish { owner: owner(env).into(), of })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::section::{ScopeKind, Section};
    use crate::testing::{Bench, codes, read_in};

    fn give(bench: &mut Bench, client: Option<&str>, resource: &str) {
        let of = TokenOf::Identity { client: client.map(Into::into), resource: resource.into() };
        bench.host.outside.tokens.insert(format!("{of:?}"), ("abc", Vec::new()));
    }

    #[test]
    fn documents_are_checked() {
        assert_eq!(
            read_in(
                Section::Inbound,
                "<authentication-managed-identity resource='r' client-id='{{c}}' output-token-variable-name='t' ignore-error='False'/>"
            ),
            [""; 0]
        );
        assert_eq!(read_in(Section::Inbound, "<authentication-managed-identity/>"), ["missing-attribute"]);
        assert_eq!(
            read_in(Section::Outbound, "<authentication-managed-identity resource='r'/>"),
            ["misplaced-policy"]
        );
        assert_eq!(
            read_in(Section::Inbound, "<authentication-managed-identity resource='r' client-id='@(1)'/>"),
            ["expression-not-allowed"]
        );
    }

    #[test]
    fn the_token_goes_into_the_header_or_into_a_variable_alone() {
        let mut bench =
            Bench::inbound("<authentication-managed-identity resource='@(\"r\")' client-id='c'/>");
        give(&mut bench, Some("c"), "r");
        bench.run();
        assert_eq!(bench.context.request.headers["authorization"], "Bearer abc");
        assert!(bench.context.request.headers["authorization"].is_sensitive());
        let mut bench =
            Bench::inbound("<authentication-managed-identity resource='r' output-token-variable-name='t'/>");
        bench.context.request.headers.insert("authorization", HeaderValue::from_static("theirs"));
        give(&mut bench, None, "r");
        bench.run();
        assert_eq!(bench.variable("t").as_deref(), Some("abc"));
        assert_eq!(bench.context.request.headers["authorization"], "theirs");
    }

    #[test]
    fn without_a_token_it_fails_unless_that_is_ignored() {
        let mut bench = Bench::inbound("<authentication-managed-identity resource='r'/>");
        bench.run();
        let error = bench.context.last_error.as_ref().unwrap();
        assert_eq!((&*error.source, &error.reason), ("authentication-managed-identity", &None));
        assert_eq!(error.message, "No token could be got: no token for you.");
        assert_eq!(bench.context.response.as_ref().unwrap().status, 500);
        let mut bench = Bench::inbound(
            "<authentication-managed-identity resource='r' output-token-variable-name='t' ignore-error='true'/>",
        );
        bench.run();
        assert_eq!((bench.variable("t").as_deref(), bench.forwards), (Some(""), 1));
    }

    #[test]
    fn names_of_resources_are_bounded() {
        let asks = |bytes: usize| {
            let policy = format!(
                "<authentication-managed-identity resource='@(new string((char)120, {bytes}))' ignore-error='true'/>"
            );
            let mut bench = Bench::inbound(&policy);
            bench.run();
            !bench.wishes.is_empty()
        };
        assert!(asks(RESOURCE_BYTES_MAX) && !asks(RESOURCE_BYTES_MAX + 1) && !asks(0));
    }

    #[test]
    fn a_document_asks_with_what_its_owner_has() {
        for (scope, owner) in [(ScopeKind::Api, "w"), (ScopeKind::Global, "")] {
            let text = "<policies><inbound><authentication-managed-identity resource='r' ignore-error='true'/></inbound></policies>";
            let mut bench = Bench::at(text, scope);
            bench.run();
            assert_eq!(&*bench.wishes[0].owner, owner);
        }
    }

    #[test]
    fn calls_of_policies_go_out_with_one() {
        let call = |attributes: &str| {
            format!(
                "<send-request response-variable-name='r' ignore-error='true'><set-url>https://b.test</set-url><authentication-managed-identity resource='r' {attributes}/></send-request>"
            )
        };
        let mut bench = Bench::inbound(&call("ignore-error='true'"));
        bench.run();
        let token = bench.calls[0].token.as_ref().unwrap();
        assert!(
            token.ignores_error && token.wish.of == TokenOf::Identity { client: None, resource: "r".into() }
        );
        assert_eq!(codes(&call("output-token-variable-name='t'")), ["not-run-yet"]);
    }
}
