//! `quota-by-key`: at most so many calls or bytes of a key within a fixed period.

use crate::check::Checker;
use crate::kind::Kind;
use crate::policies::quota;
use crate::schema::{ElementSpec, INBOUND, PolicySpec, attribute};
use crate::tree::Element;

/// Shortest period, in seconds; none at all is zero.
const PERIOD_SECONDS_MIN: u64 = 300;

pub(crate) static SPEC: PolicySpec = PolicySpec {
    sections: INBOUND,
    check,
    ..PolicySpec::of(
        ElementSpec {
            attributes: &[
                quota::CALLS.expression(),
                quota::BANDWIDTH.expression(),
                attribute("renewal-period", quota::PERIOD).required().expression(),
                attribute("counter-key", Kind::Any).required().expression(),
                attribute("increment-condition", Kind::Bool).expression(),
                attribute("increment-count", Kind::COUNT).or("1").expression(),
                attribute("first-period-start", Kind::DateTime),
            ],
            ..ElementSpec::named("quota-by-key")
        },
        "At most so many calls or bytes of a key within a fixed period.",
    )
};

fn check(element: &Element, checker: &mut Checker<'_>) {
    checker.one_of(element, &["calls", "bandwidth"]);
    let Some(period) = element.attribute("renewal-period") else {
        return;
    };
    let seconds = period.value.literal().and_then(crate::kind::period_seconds);
    if seconds.is_some_and(|seconds| (1..PERIOD_SECONDS_MIN).contains(&seconds)) {
        let message = format!("quota-by-key: renewal-period is 0 or at least {PERIOD_SECONDS_MIN} seconds");
        checker
            .error(period.value.span, "attribute-value", message)
            .hint("for shorter periods there is rate-limit-by-key");
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
                "<quota-by-key calls='10' renewal-period='300' counter-key='@(context.Api.Id)' increment-condition='@(true)'/><quota-by-key bandwidth='10' renewal-period='0' counter-key='k'/>"
            ),
            [""; 0]
        );
        assert_eq!(
            read_in(Section::Inbound, "<quota-by-key calls='10' renewal-period='299' counter-key='k'/>"),
            ["attribute-value"]
        );
        assert_eq!(
            read_in(Section::Inbound, "<quota-by-key renewal-period='300' counter-key='k'/>"),
            ["missing-attribute"]
        );
    }
}
