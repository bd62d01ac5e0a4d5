//! Advice: what is allowed and probably not meant.

use crate::check::Checker;
use crate::document::DocumentKind;
use crate::tree::Element;

pub(crate) fn advise(_checker: &mut Checker<'_>, _root: &Element, _kind: DocumentKind) {}
