//! `block`: a group of policies.

use crate::schema::{ElementSpec, Inner, PolicySpec};

pub(crate) static SPEC: PolicySpec =
    PolicySpec::of(ElementSpec { policies: Inner::Any, ..ElementSpec::named("block") }, "Groups policies.");
