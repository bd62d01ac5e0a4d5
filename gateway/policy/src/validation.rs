//! What policies share that hold messages against the operation's contract: actions, what was found, and what
//! comes of it.

use hanse_expression::json::{Kind as TokenKind, Scalar, Token};
use hanse_expression::run::Value;
use http::StatusCode;

use crate::env::{Env, Halt, Ran};
use crate::fault::Fault;
use crate::host::{Note, Severity};
use crate::run::Flow;
use crate::schema::shown;
use crate::section::Section;
use crate::setting::Text;
use crate::tree::Element;

/// Violations that one policy collects; more are not looked for.
pub(crate) const VIOLATIONS_MAX: usize = 100;

/// What the client is told of a response that does not pass.
const RESPONSE_MESSAGE: &str =
    "The request could not be processed due to an internal error. Contact the API owner.";

/// What happens to a message that does not pass.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Action {
    Ignore,
    Prevent,
    Detect,
}

/// Works an action out.
pub(crate) fn action<'a>(env: &mut Env<'a, '_>, text: &'a Text, name: &str) -> Result<Action, Halt> {
    match env.text_or_empty(text)?.trim() {
        // The toolkit writes `allow` for status codes.
        "ignore" | "allow" => Ok(Action::Ignore),
        "prevent" => Ok(Action::Prevent),
        "detect" => Ok(Action::Detect),
        other => {
            Err(env
                .internal(format!("{name}: `{}` is neither `ignore`, `prevent` nor `detect`.", shown(other))))
        }
    }
}

/// Names with their actions: `<parameter name action>` and its like.
#[derive(Debug, Default)]
pub(crate) struct Named(Box<[(Text, Text)]>);

impl Named {
    /// The children of an element that have this name.
    pub(crate) fn compile(element: &Element, child: &str, name: &str) -> Option<Self> {
        let mut named = Vec::new();
        for child in element.elements_named(child) {
            named.push((child.required_text(name)?, child.required_text("action")?));
        }
        Some(Self(named.into()))
    }

    /// Works the actions out, by name.
    pub(crate) fn work_out<'a>(&'a self, env: &mut Env<'a, '_>) -> Result<Vec<(&'a str, Action)>, Halt> {
        let mut actions = Vec::with_capacity(self.0.len());
        for (name, text) in &self.0 {
            let name = env.text_or_empty(name)?;
            actions.push((name, action(env, text, "action")?));
        }
        Ok(actions)
    }
}

/// The action for a name, in any case.
pub(crate) fn action_for(actions: &[(&str, Action)], name: &str, otherwise: Action) -> Action {
    actions
        .iter()
        .find(|(known, _)| known.eq_ignore_ascii_case(name))
        .map_or(otherwise, |(_, action)| *action)
}

/// The variable that errors are kept in; `error-variable-name` is how the toolkit spells it.
pub(crate) fn errors_variable(element: &Element) -> Option<Box<str>> {
    let name = element.literal("errors-variable-name").or_else(|| element.literal("error-variable-name"))?;
    Some(name.trim().into())
}

/// Something in a message that its definition does not allow.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Violation {
    pub(crate) name: String,
    /// `RequestBody`, `QueryParameter` and so on.
    pub(crate) kind: &'static str,
    pub(crate) rule: &'static str,
    pub(crate) details: String,
    pub(crate) action: Action,
}

/// Collects what is found.
#[derive(Debug, Default)]
pub(crate) struct Violations(Vec<Violation>);

impl Violations {
    /// Adds one, unless its action is to ignore it.
    pub(crate) fn add(
        &mut self,
        action: Action,
        name: &str,
        kind: &'static str,
        rule: &'static str,
        details: String,
    ) {
        if action != Action::Ignore && self.0.len() < VIOLATIONS_MAX {
            self.0.push(Violation { name: name.to_owned(), kind, rule, details, action });
        }
    }

    /// Whether one was found that the message is not let pass with.
    pub(crate) fn prevents(&self) -> bool {
        self.0.iter().any(|violation| violation.action == Action::Prevent)
    }

    /// Keeps and logs what was found, and fails the request where it has to.
    pub(crate) fn conclude<'a>(self, env: &mut Env<'a, '_>, variable: Option<&'a str>) -> Ran<'a> {
        if let Some(variable) = variable {
            let kept = self.keep(env, variable);
            kept.map_err(|error| env.internal(format!("What was found does not fit: {error}.")))?;
        }
        for violation in &self.0 {
            let source = env.source();
            env.host.note(&Note {
                workspace: &env.context.facts.workspace.id,
                request_id: env.context.request_id,
                origin: source,
                severity: Severity::Error,
                message: &violation.details,
                metadata: &[("name", &violation.name), ("type", violation.kind), ("rule", violation.rule)],
            });
            env.trace(format!("{} {}: {}", violation.kind, violation.name, violation.details));
        }
        let Some(first) = self.0.into_iter().find(|violation| violation.action == Action::Prevent) else {
            return Ok(Flow::Continue);
        };
        let source = env.source();
        Err(match env.section {
            Section::Inbound | Section::Backend => {
                Fault::new(StatusCode::BAD_REQUEST, source, "Bad request", first.details).into()
            }
            Section::Outbound | Section::OnError => Fault {
                reason_phrase: Some("Response Not Allowed"),
                wire_message: RESPONSE_MESSAGE.into(),
                ..Fault::new(StatusCode::BAD_GATEWAY, source, "Response not allowed", first.details)
            }
            .into(),
        })
    }

    /// Adds what was found to a list of objects, which other policies may have begun.
    fn keep<'a>(
        &self,
        env: &mut Env<'a, '_>,
        variable: &'a str,
    ) -> Result<(), hanse_expression::json::Failure> {
        let arena = env.context.arena;
        let list = match env.context.variable(variable) {
            Some(Value::Json(list)) if list.kind() == TokenKind::Array => list,
            _ => Token::array(arena)?,
        };
        for violation in &self.0 {
            let action = if violation.action == Action::Prevent { "prevent" } else { "detect" };
            let error = Token::object(arena)?;
            for (name, text) in [
                ("Name", violation.name.as_str()),
                ("Type", violation.kind),
                ("ValidationRule", violation.rule),
                ("Details", &violation.details),
                ("Action", action),
            ] {
                let text = Token::value(arena, Scalar::String(arena.text(text)?))?;
                error.add_property(arena, name, Some(text))?;
            }
            list.add(arena, Some(error))?;
        }
        env.context.set_variable(variable, Value::Json(list));
        Ok(())
    }
}
