//! `invoke-request`: a call whose response becomes the current one.

use crate::kind::Kind;
use crate::policies::{set_body, set_header};
use crate::schema::{ChildSpec, Content, ElementSpec, PolicySpec, attribute};
use crate::section::Section;
use crate::surroundings::Reference;

pub(crate) static SPEC: PolicySpec = PolicySpec {
    sections: &[Section::Inbound, Section::Backend],
    ..PolicySpec::of(
        ElementSpec {
            attributes: &[
                attribute("url", Kind::Filled).expression(),
                attribute("method", Kind::Method).expression(),
                attribute("backend-id", Kind::Reference(Reference::Backend)).expression(),
                attribute("response-variable-name", Kind::Variable).expression(),
            ],
            children: &[
                ChildSpec::policies(&set_header::SPEC),
                ChildSpec::policy(&set_body::SPEC),
                ChildSpec::any(&HEADER),
                ChildSpec::maybe(&BODY),
            ],
            ..ElementSpec::named("invoke-request")
        },
        "Makes a call whose response becomes the current one, or goes into a variable.",
    )
};

static HEADER: ElementSpec = ElementSpec {
    attributes: &[
        attribute("name", Kind::HeaderName).required().expression(),
        attribute("value", Kind::HeaderValue).expression(),
        attribute("exists-action", Kind::OneOf(&set_header::EXISTS_ACTIONS)).or("override").expression(),
    ],
    children: &[ChildSpec::any(&VALUE)],
    content: Content::Expression(Kind::Any),
    ..ElementSpec::named("header")
};
static VALUE: ElementSpec = ElementSpec::expression("value", Kind::HeaderValue);
static BODY: ElementSpec = ElementSpec::expression("body", Kind::Body);

#[cfg(test)]
mod tests {
    use crate::section::Section;
    use crate::testing::read_in;

    #[test]
    fn documents_are_checked() {
        assert_eq!(
            read_in(
                Section::Inbound,
                "<invoke-request url='@(context.Api.Id)' method='POST'><header name='X' value='v'/><body>@(context.Api.Id)</body></invoke-request>"
            ),
            [""; 0]
        );
        assert_eq!(read_in(Section::Outbound, "<invoke-request url='u'/>"), ["misplaced-policy"]);
    }
}
