//! `rate-limit-by-key`: at most so many calls of a key within a sliding period.

use crate::kind::Kind;
use crate::policies::rate_limit;
use crate::schema::{ElementSpec, INBOUND, PolicySpec, attribute};

pub(crate) static SPEC: PolicySpec = PolicySpec {
    sections: INBOUND,
    ..PolicySpec::of(
        ElementSpec {
            attributes: &[
                attribute("calls", Kind::POSITIVE).required().expression(),
                attribute("renewal-period", rate_limit::PERIOD).required().expression(),
                attribute("counter-key", Kind::Any).required().expression(),
                attribute("increment-condition", Kind::Bool).expression(),
                attribute("increment-count", Kind::COUNT).or("1").expression(),
                attribute("retry-after-header-name", Kind::HeaderName).or("Retry-After"),
                attribute("retry-after-variable-name", Kind::Variable),
                attribute("remaining-calls-header-name", Kind::HeaderName),
                attribute("remaining-calls-variable-name", Kind::Variable),
                attribute("total-calls-header-name", Kind::HeaderName),
                attribute("increment-after-response", Kind::Bool).expression(),
                attribute("flexible-retry-window", Kind::Bool).expression(),
            ],
            ..ElementSpec::named("rate-limit-by-key")
        },
        "At most so many calls of a key within a sliding period.",
    )
};

#[cfg(test)]
mod tests {
    use crate::section::Section;
    use crate::testing::read_in;

    #[test]
    fn documents_are_checked() {
        assert_eq!(
            read_in(
                Section::Inbound,
                "<rate-limit-by-key calls='@(1)' renewal-period='300' counter-key='@(context.Api.Id)' increment-condition='@(true)' increment-count='0' remaining-calls-variable-name='v'/>"
            ),
            [""; 0]
        );
        assert_eq!(
            read_in(Section::Inbound, "<rate-limit-by-key calls='1' renewal-period='301' counter-key='k'/>"),
            ["attribute-value"]
        );
        assert_eq!(
            read_in(Section::Inbound, "<rate-limit-by-key calls='1' renewal-period='60'/>"),
            ["missing-attribute"]
        );
    }
}
