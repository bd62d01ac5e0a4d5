//! `validate-jwt`: refuses requests without a token that holds what is required.

use crate::check::Checker;
use crate::kind::Kind;
use crate::schema::{AttributeSpec, ChildSpec, Content, ElementSpec, INBOUND, PolicySpec, attribute};
use crate::surroundings::Reference;
use crate::tree::Element;

pub(crate) static SPEC: PolicySpec = PolicySpec {
    sections: INBOUND,
    check,
    ..PolicySpec::of(
        ElementSpec {
            attributes: &[
                attribute("header-name", Kind::Filled).expression(),
                attribute("query-parameter-name", Kind::Filled).expression(),
                attribute("token-value", Kind::Any).expression(),
                FAILED_CODE,
                FAILED_MESSAGE,
                attribute("require-expiration-time", Kind::Bool).or("true").expression(),
                attribute("require-scheme", Kind::Any).expression(),
                attribute("require-signed-tokens", Kind::Bool).or("true").expression(),
                attribute("clock-skew", Kind::SECONDS).or("0").expression(),
                attribute("output-token-variable-name", Kind::Variable),
            ],
            children: &[
                ChildSpec::any(&OPENID_CONFIG),
                ChildSpec::maybe(&SIGNING_KEYS),
                ChildSpec::maybe(&SIGNING_TOKENS),
                ChildSpec::maybe(&DECRYPTION_KEYS),
                ChildSpec::maybe(&AUDIENCES),
                ChildSpec::maybe(&ISSUERS),
                ChildSpec::maybe(&REQUIRED_CLAIMS),
                ChildSpec::maybe(&ZUMO_MASTER_KEY),
            ],
            ..ElementSpec::named("validate-jwt")
        },
        "Refuses requests without a token that holds what is required.",
    )
};

pub(crate) const FAILED_CODE: AttributeSpec =
    attribute("failed-validation-httpcode", Kind::Status).or("401").expression();
pub(crate) const FAILED_MESSAGE: AttributeSpec =
    attribute("failed-validation-error-message", Kind::Any).expression();

static OPENID_CONFIG: ElementSpec = ElementSpec {
    attributes: &[
        attribute("url", Kind::Filled).required().expression(),
        attribute("validate-connectivity", Kind::Bool).or("true"),
        attribute("host", Kind::Any).expression(),
    ],
    ..ElementSpec::named("openid-config")
};
static SIGNING_KEYS: ElementSpec = ElementSpec::list("issuer-signing-keys", &[ChildSpec::any(&KEY)]);
static SIGNING_TOKENS: ElementSpec =
    ElementSpec { content: Content::Free, ..ElementSpec::named("issuer-signing-tokens") };
static ZUMO_MASTER_KEY: ElementSpec =
    ElementSpec { content: Content::Free, ..ElementSpec::named("zumo-master-key") };
pub(crate) static DECRYPTION_KEYS: ElementSpec =
    ElementSpec::list("decryption-keys", &[ChildSpec::any(&KEY)]);
static KEY: ElementSpec = ElementSpec {
    attributes: &[
        attribute("id", Kind::Any).expression(),
        attribute("certificate-id", Kind::Reference(Reference::Certificate)).expression(),
        attribute("n", Kind::Filled).expression(),
        attribute("e", Kind::Filled).expression(),
    ],
    ..ElementSpec::expression("key", Kind::Any)
};
pub(crate) static AUDIENCES: ElementSpec = ElementSpec::list("audiences", &[ChildSpec::any(&AUDIENCE)]);
static AUDIENCE: ElementSpec = ElementSpec::expression("audience", Kind::Any);
static ISSUERS: ElementSpec = ElementSpec::list("issuers", &[ChildSpec::any(&ISSUER)]);
static ISSUER: ElementSpec = ElementSpec::expression("issuer", Kind::Any);
pub(crate) static REQUIRED_CLAIMS: ElementSpec =
    ElementSpec::list("required-claims", &[ChildSpec::any(&CLAIM)]);
static CLAIM: ElementSpec = ElementSpec {
    attributes: &[
        attribute("name", Kind::Filled).required().expression(),
        attribute("match", Kind::OneOf(&["all", "any"])).or("all").expression(),
        attribute("separator", Kind::Any).expression(),
    ],
    children: &[ChildSpec::any(&VALUE)],
    ..ElementSpec::named("claim")
};
static VALUE: ElementSpec = ElementSpec::expression("value", Kind::Any);

fn check(element: &Element, checker: &mut Checker<'_>) {
    checker.one_of(element, &["header-name", "query-parameter-name", "token-value"]);
    for key in element.child("issuer-signing-keys").into_iter().flat_map(|keys| keys.elements_named("key")) {
        if key.attribute("n").is_some() != key.attribute("e").is_some() {
            let message = "an RSA key has both `n` and `e`";
            checker.error(key.span, "missing-attribute", message);
        }
    }
    if let Some(signed) = element.attribute("require-signed-tokens")
        && !element.flag("require-signed-tokens", true)
        && signed.value.literal().is_some()
    {
        let message = "tokens that nobody signed are let in";
        checker.warning(signed.span, "unsigned-tokens", message).hint("remove require-signed-tokens");
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
                "<validate-jwt header-name='Authorization' require-scheme='Bearer' clock-skew='@(1)'><openid-config url='https://{{h}}/.well-known'/><issuer-signing-keys><key>{{k}}</key><key n='n' e='e'/></issuer-signing-keys><audiences><audience>a</audience></audiences><issuers><issuer>i</issuer></issuers><required-claims><claim name='c' match='all' separator=','><value>v</value></claim></required-claims></validate-jwt>"
            ),
            [""; 0]
        );
        assert_eq!(read_in(Section::Inbound, "<validate-jwt/>"), ["missing-attribute"]);
        assert_eq!(
            read_in(
                Section::Inbound,
                "<validate-jwt token-value='@(context.Api.Id)' require-signed-tokens='false'/>"
            ),
            ["unsigned-tokens"]
        );
        assert_eq!(
            read_in(
                Section::Inbound,
                "<validate-jwt token-value='t'><issuer-signing-keys><key n='n'/></issuer-signing-keys></validate-jwt>"
            ),
            ["missing-attribute"]
        );
        assert_eq!(
            read_in(
                Section::Inbound,
                "<validate-jwt token-value='t'><required-claims><claim name='c' match='some'/></required-claims></validate-jwt>"
            ),
            ["attribute-value"]
        );
    }
}
