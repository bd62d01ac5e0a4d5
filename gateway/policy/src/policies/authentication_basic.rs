//! `authentication-basic`: sends user and password to the backend.

use crate::kind::Kind;
use crate::schema::{ElementSpec, INBOUND, Once, PolicySpec, attribute};

/// Also a child of policies that make a request.
pub(crate) static SPEC: PolicySpec = PolicySpec {
    sections: INBOUND,
    once: Once::PerSection,
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
