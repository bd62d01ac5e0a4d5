//! `include-fragment`: the policies of a fragment, in this place.

use crate::kind::Kind;
use crate::schema::{ElementSpec, PolicySpec, attribute};
use crate::surroundings::Reference;

pub(crate) static SPEC: PolicySpec = PolicySpec::of(
    ElementSpec {
        attributes: &[attribute("fragment-id", Kind::Reference(Reference::Fragment)).required()],
        ..ElementSpec::named("include-fragment")
    },
    "Stands for the policies of a fragment.",
);
