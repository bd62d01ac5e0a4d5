//! `check-header`: refuses requests without a header, or with another value of it.

use http::StatusCode;

use crate::env::{Env, Ran};
use crate::fault::Fault;
use crate::kind::Kind;
use crate::policies::Policy;
use crate::run::Flow;
use crate::schema::{ChildSpec, ElementSpec, PolicySpec, Release, attribute};
use crate::section::Section;
use crate::setting::{Flag, Number, Text};
use crate::tree::Element;

pub(crate) static SPEC: PolicySpec = PolicySpec {
    sections: &[Section::Inbound, Section::Outbound],
    release: Release::Runs(|element, _| compile(element).map(Policy::CheckHeader)),
    ..PolicySpec::of(
        ElementSpec {
            attributes: &[
                attribute("name", Kind::Filled).required().expression(),
                attribute("failed-check-httpcode", Kind::Status).required().expression(),
                attribute("failed-check-error-message", Kind::Any).expression(),
                attribute("ignore-case", Kind::Bool).or("false").expression(),
            ],
            children: &[ChildSpec::any(&VALUE)],
            ..ElementSpec::named("check-header")
        },
        "Refuses messages without a header, or with another value of it.",
    )
};

static VALUE: ElementSpec = ElementSpec::expression("value", Kind::Any);

fn compile(element: &Element) -> Option<CheckHeader> {
    let mut values = Vec::new();
    for value in element.elements_named(VALUE.name) {
        values.push(value.own_text()?);
    }
    Some(CheckHeader {
        name: element.required_text("name")?,
        code: element.required_number("failed-check-httpcode")?,
        message: element.text_setting("failed-check-error-message")?,
        ignores_case: element.flag_setting("ignore-case", false)?,
        values: values.into(),
    })
}

#[derive(Debug)]
pub(crate) struct CheckHeader {
    name: Text,
    code: Number,
    message: Option<Text>,
    ignores_case: Flag,
    /// None: the header has to be there, whatever its value.
    values: Box<[Text]>,
}

impl CheckHeader {
    pub(crate) fn run<'a>(&'a self, env: &mut Env<'a, '_>) -> Ran<'a> {
        let name = env.text_or_empty(&self.name)?;
        let ignores_case = env.flag(&self.ignores_case)?;
        let mut allowed = Vec::with_capacity(self.values.len());
        for value in &self.values {
            allowed.push(env.text_or_empty(value)?);
        }
        let (headers, _) = env.message();
        let lines = headers.get_all(name).iter().map(|value| String::from_utf8_lossy(value.as_bytes()));
        let joined = lines.collect::<Vec<_>>().join(",");
        let is_there = headers.contains_key(name);
        let is_allowed = |allowed: &&str| match ignores_case {
            true => allowed.to_lowercase() == joined.to_lowercase(),
            false => **allowed == joined,
        };
        let (reason, message) = match is_there {
            false => {
                ("HeaderNotFound", format!("Header {name} was not found in the request. Access denied."))
            }
            true if allowed.is_empty() || allowed.iter().any(is_allowed) => return Ok(Flow::Continue),
            true => (
                "HeaderValueNotAllowed",
                format!("Header {name} value of {joined} is not allowed. Access denied."),
            ),
        };
        let code = env.number_within(&self.code, "failed-check-httpcode", 200, 599)?;
        let status = u16::try_from(code).ok().and_then(|code| StatusCode::from_u16(code).ok());
        let told = match &self.message {
            Some(told) => env.text_or_empty(told)?.to_owned(),
            None => message.clone(),
        };
        let status = status.unwrap_or(StatusCode::UNAUTHORIZED);
        Err(Fault::check_header(status, reason, message, told).into())
    }
}

#[cfg(test)]
mod tests {
    use crate::section::Section;
    use crate::testing::read_in;

    #[test]
    fn documents_are_checked() {
        assert_eq!(
            read_in(
                Section::Inbound,
                "<check-header name='X' failed-check-httpcode='401' failed-check-error-message='no' ignore-case='true'><value>a</value></check-header>"
            ),
            [""; 0]
        );
        assert_eq!(
            read_in(Section::Outbound, "<check-header name='X' failed-check-httpcode='@(401)'/>"),
            [""; 0]
        );
        assert_eq!(
            read_in(Section::Inbound, "<check-header name='X' failed-check-httpcode='no'/>"),
            ["attribute-value"]
        );
        assert_eq!(
            read_in(Section::Backend, "<check-header name='X' failed-check-httpcode='401'/>"),
            ["misplaced-policy"]
        );
    }
}
