//! `get-authorization-context`: fetches a token from a credential provider.

use hanse_expression::context::authorization;
use hanse_expression::run::Value;

use crate::check::Checker;
use crate::env::{Env, Ran};
use crate::kind::Kind;
use crate::policies::Policy;
use crate::run::Flow;
use crate::schema::{ElementSpec, INBOUND, NOT_WORKSPACE, PolicySpec, Release, attribute};
use crate::section::Section;
use crate::setting::{Flag, Text};
use crate::surroundings::Reference;
use crate::task::{Outcome, Task, TokenOf, TokenWish};
use crate::token_check::owner;
use crate::tree::{Element, ValueKind};

const NOT_RUN: &str = "connections are used as the gateway, not as whom a token names";

/// Also a child of `http-request`.
pub(crate) static SPEC: PolicySpec = PolicySpec {
    sections: INBOUND,
    tolerated: &[Section::Backend, Section::Outbound, Section::OnError],
    scopes: NOT_WORKSPACE,
    check,
    release: Release::Runs(|element, _| compile(element).map(Policy::GetAuthorizationContext)),
    ..PolicySpec::of(
        ElementSpec {
            attributes: &[
                attribute("provider-id", Kind::Reference(Reference::AuthorizationProvider))
                    .required()
                    .expression(),
                attribute("authorization-id", Kind::Filled).required().expression(),
                attribute("context-variable-name", Kind::Variable).required().expression(),
                attribute("identity-type", Kind::OneOf(&["managed", "jwt"])).or("managed").expression(),
                attribute("identity", Kind::Any).expression().not_run(NOT_RUN),
                attribute("ignore-error", Kind::Bool).or("false").expression(),
            ],
            ..ElementSpec::named("get-authorization-context")
        },
        "Fetches a token from a credential provider into a variable.",
    )
};

fn check(element: &Element, checker: &mut Checker<'_>) {
    if let Some(kind) = element.attribute("identity-type")
        && (kind.value.kind == ValueKind::Expression
            || kind.value.literal().is_some_and(|kind| kind.trim() == "jwt"))
    {
        let message =
            "get-authorization-context: an identity-type other than `managed` is not run by this release";
        checker.not_run(kind.span, message);
    }
}

fn compile(element: &Element) -> Option<GetAuthorizationContext> {
    Some(GetAuthorizationContext {
        provider: element.required_text("provider-id")?,
        authorization: element.required_text("authorization-id")?,
        variable: element.required_text("context-variable-name")?,
        ignores_error: element.flag_setting("ignore-error", false)?,
    })
}

#[derive(Debug)]
pub(crate) struct GetAuthorizationContext {
    provider: Text,
    authorization: Text,
    variable: Text,
    ignores_error: Flag,
}

impl GetAuthorizationContext {
    pub(crate) fn run<'a>(&'a self, env: &mut Env<'a, '_>) -> Ran<'a> {
        let provider = env.text_or_empty(&self.provider)?.into();
        let authorization = env.text_or_empty(&self.authorization)?.into();
        let of = TokenOf::Connection { provider, authorization };
        Ok(Flow::Do(Task::Token(Box::new(TokenWish { owner: owner(env).into(), of }))))
    }

    pub(crate) fn resume<'a>(&'a self, env: &mut Env<'a, '_>, outcome: Outcome) -> Ran<'a> {
        let variable = env.text_or_empty(&self.variable)?;
        let error = match outcome {
            Outcome::Token(Ok(token)) => {
                let arena = env.context.arena;
                let mut claims = Vec::with_capacity(token.claims.len());
                let mut made = Ok(Value::Null);
                for (name, value) in &token.claims {
                    match arena.text(value) {
                        Ok(value) => claims.push((&**name, Value::Str(value))),
                        Err(error) => made = Err(error),
                    }
                }
                let made = made.and_then(|_| authorization(arena, &token.text, &claims));
                let made = made.map_err(|error| env.internal(format!("The token does not fit: {error}.")))?;
                env.context.set_variable(variable, made);
                return Ok(Flow::Continue);
            }
            Outcome::Token(Err(error)) => error,
            Outcome::Failed(fault) => return Err((*fault).into()),
            Outcome::Done | Outcome::Called(_) | Outcome::Cached(_) => "no token came".to_owned(),
        };
        if !env.flag(&self.ignores_error)? {
            return Err(env.internal(format!("No token could be got: {error}.")));
        }
        env.trace(format!("got no token, which is ignored: {error}"));
        env.context.set_variable(variable, Value::Null);
        Ok(Flow::Continue)
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
            read_in(
                Section::Inbound,
                "<get-authorization-context provider-id='p' authorization-id='@(context.Api.Id)' context-variable-name='@(context.Api.Id)' identity-type='managed' ignore-error='@(true)'/>"
            ),
            [""; 0]
        );
        assert_eq!(
            read_in(
                Section::Inbound,
                "<get-authorization-context provider-id='p' authorization-id='a' context-variable-name='c' identity-type='key'/>"
            ),
            ["attribute-value"]
        );
    }

    #[test]
    fn the_token_and_what_came_with_it_are_there() {
        let mut bench = Bench::inbound(
            "<get-authorization-context provider-id='P' authorization-id='@(\"A\")' context-variable-name='c'/>\
             <set-variable name='t' value='@(((Authorization)context.Variables[\"c\"]).AccessToken + ((Authorization)context.Variables[\"c\"]).Claims[\"scope\"])'/>",
        );
        let of = TokenOf::Connection { provider: "P".into(), authorization: "A".into() };
        bench.host.outside.tokens.insert(format!("{of:?}"), ("abc", vec![("scope", "all")]));
        bench.run();
        assert_eq!(bench.variable("t").as_deref(), Some("abcall"), "{:?}", bench.context.last_error);
    }

    #[test]
    fn without_a_token_it_fails_unless_that_is_ignored() {
        for (ignored, status) in [("false", 500), ("true", 200)] {
            let mut bench = Bench::inbound(&format!(
                "<get-authorization-context provider-id='P' authorization-id='A' context-variable-name='c' ignore-error='{ignored}'/>"
            ));
            bench.run();
            assert_eq!(bench.context.response.as_ref().unwrap().status, status);
            let source = bench.context.last_error.as_ref().map(|error| &*error.source);
            assert_eq!(source, (status == 500).then_some("get-authorization-context"));
            assert_eq!(matches!(bench.context.variable("c"), Some(Value::Null)), status == 200);
        }
    }

    #[test]
    fn whom_a_token_names_is_not_asked() {
        let of = |attributes: &str| {
            codes(&format!(
                "<get-authorization-context provider-id='p' authorization-id='a' context-variable-name='c' {attributes}/>"
            ))
        };
        assert_eq!(of("identity-type='jwt'"), ["not-run-yet"]);
        assert_eq!(of("identity='x'"), ["not-run-yet"]);
    }
}
