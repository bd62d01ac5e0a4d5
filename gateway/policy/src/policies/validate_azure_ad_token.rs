//! `validate-azure-ad-token`: refuses requests without a token of Microsoft Entra.

use crate::kind::Kind;
use crate::policies::validate_jwt;
use crate::schema::{ChildSpec, ElementSpec, INBOUND, PolicySpec, attribute};

pub(crate) static SPEC: PolicySpec = PolicySpec {
    sections: INBOUND,
    ..PolicySpec::of(
        ElementSpec {
            attributes: &[
                attribute("tenant-id", Kind::Filled).required().expression(),
                attribute("header-name", Kind::Filled).or("Authorization").expression(),
                attribute("query-parameter-name", Kind::Filled).expression(),
                attribute("token-value", Kind::Any).expression(),
                attribute("authentication-endpoint", Kind::Any).or("https://login.microsoftonline.com"),
                validate_jwt::FAILED_CODE,
                validate_jwt::FAILED_MESSAGE,
                attribute("output-token-variable-name", Kind::Variable),
                attribute("require-scheme", Kind::Any).expression(),
                attribute("allow-protected-forwarded-tokens", Kind::Bool).expression(),
                attribute("allow-proof-of-possession-tokens", Kind::Bool).expression(),
            ],
            children: &[
                ChildSpec::maybe(&BACKEND_APPLICATIONS),
                ChildSpec::maybe(&CLIENT_APPLICATIONS),
                ChildSpec::maybe(&validate_jwt::AUDIENCES),
                ChildSpec::maybe(&validate_jwt::REQUIRED_CLAIMS),
                ChildSpec::maybe(&validate_jwt::DECRYPTION_KEYS),
            ],
            ..ElementSpec::named("validate-azure-ad-token")
        },
        "Refuses requests without a token of Microsoft Entra.",
    )
};

static BACKEND_APPLICATIONS: ElementSpec =
    ElementSpec::list("backend-application-ids", &[ChildSpec::any(&APPLICATION)]);
static CLIENT_APPLICATIONS: ElementSpec =
    ElementSpec::list("client-application-ids", &[ChildSpec::any(&APPLICATION)]);
static APPLICATION: ElementSpec = ElementSpec::expression("application-id", Kind::Any);

#[cfg(test)]
mod tests {
    use crate::section::Section;
    use crate::testing::read_in;

    #[test]
    fn documents_are_checked() {
        assert_eq!(
            read_in(
                Section::Inbound,
                "<validate-azure-ad-token tenant-id='{{t}}' failed-validation-httpcode='403'><client-application-ids><application-id>{{c}}</application-id></client-application-ids><audiences><audience>@(context.Api.Id)</audience></audiences><required-claims><claim name='c' match='any'><value>v</value></claim></required-claims></validate-azure-ad-token>"
            ),
            [""; 0]
        );
        assert_eq!(read_in(Section::Inbound, "<validate-azure-ad-token/>"), ["missing-attribute"]);
        assert_eq!(
            read_in(Section::Outbound, "<validate-azure-ad-token tenant-id='t'/>"),
            ["misplaced-policy"]
        );
    }
}
