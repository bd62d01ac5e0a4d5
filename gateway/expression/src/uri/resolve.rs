//! One URI seen from another: `new Uri(base, relative)`, `MakeRelativeUri`, and
//! `IsWellFormedUriString`.
//!
//! The one idea: the combined text is parsed anew, so that dots go and escapes come where they would
//! in a URI written in full (RFC 3986 5.3).

use super::parse::{self, trimmed};
use super::{Absolute, Form, Uri, UriError, UriKind};
use crate::web::{escape_at, is_reserved, is_unreserved};

impl Uri {
    /// `new Uri(base, relative)`. What is absolute stands for itself, unless it has the base's scheme
    /// and no authority (`http:x`).
    ///
    /// # Errors
    /// The base is relative ([`UriError::NotAbsolute`]), or the result is no URI.
    pub fn resolve(&self, relative: &str) -> Result<Self, UriError> {
        let base = self.absolute()?;
        let text = trimmed(relative);
        let text = own_scheme(base, text).unwrap_or(text);
        let is_network_path = text.starts_with("//");
        if !is_network_path {
            match parse::absolute(text) {
                Ok(absolute) => return Ok(Self { original: text.to_owned(), absolute: Some(absolute) }),
                Err(error) if !error.may_be_relative() => return Err(error),
                // A scheme that was meant as one, but for its host.
                Err(UriError::Authority) => return Err(UriError::Authority),
                Err(_) => {}
            }
        }
        let combined = match text.chars().next() {
            None => base.to_string(),
            Some('/') if is_network_path => format!("{}:{text}", base.scheme),
            Some('/' | '\\') if base.form == Form::Dos => {
                format!("{}{}{text}", base.root(), base.path.get(..2).unwrap_or_default())
            }
            Some('/' | '\\') => format!("{}{text}", base.root()),
            Some('?') => format!("{}{}{text}", base.root(), base.path),
            Some('#') => format!("{}{}{}{text}", base.root(), base.path, base.query),
            Some(_) => {
                let directory = base.path.rfind('/').map_or("", |slash| &base.path[..=slash]);
                format!("{}{directory}{text}", base.root())
            }
        };
        Self::new(&combined, UriKind::Absolute)
    }

    /// `MakeRelativeUri`: how to get from here to `target`; the target itself if it lies elsewhere.
    ///
    /// # Errors
    /// [`UriError::NotAbsolute`].
    pub fn make_relative(&self, target: &Self) -> Result<Self, UriError> {
        let (from, to) = (self.absolute()?, target.absolute()?);
        let is_near = from.scheme == to.scheme && from.host() == to.host() && from.port() == to.port();
        if !is_near {
            return Ok(target.clone());
        }
        let mut path = difference(&from.path, &to.path, !from.is_dos_or_unc());
        let first = path.split('/').next().unwrap_or_default();
        if first.contains(':') && path != to.path {
            path.insert_str(0, "./");
        }
        Ok(Self { original: format!("{path}{}{}", to.query, to.fragment), absolute: None })
    }
}

/// What follows the base's own scheme where no authority does.
fn own_scheme<'t>(base: &Absolute, text: &'t str) -> Option<&'t str> {
    let (scheme, rest) = text.split_once(':')?;
    let is_own = scheme.eq_ignore_ascii_case(&base.scheme) && parse::needs_host(&base.scheme);
    (is_own && !rest.starts_with("//")).then_some(rest)
}

/// The relative path between two paths.
fn difference(from: &str, to: &str, is_case_exact: bool) -> String {
    let is_same = |(a, b): &(u8, u8)| a == b || (!is_case_exact && a.eq_ignore_ascii_case(b));
    let common = from.bytes().zip(to.bytes()).take_while(is_same).count();
    if common == 0 {
        return to.to_owned();
    }
    if common == from.len() && common == to.len() {
        return String::new();
    }
    // Paths are ASCII once they are escaped, so every index is a character.
    let shared = from[..common].rfind('/').map_or(0, |slash| slash + 1);
    let up = from[common..].matches('/').count();
    if up == 0 && to.len() == shared {
        return "./".to_owned();
    }
    format!("{}{}", "../".repeat(up), &to[shared..])
}

/// `Uri.IsWellFormedUriString`: a URI of the kind whose text needs no repair.
pub fn is_well_formed(text: &str, kind: UriKind) -> bool {
    let Ok(uri) = Uri::new(text, kind) else {
        return false;
    };
    let text = trimmed(text);
    let Some(absolute) = &uri.absolute else {
        let is_plain = !text.is_empty() && text.split('/').next().is_some_and(|first| !first.contains(':'));
        return is_plain && is_escaped(text);
    };
    // Paths of files that are not written as URIs are not.
    let Some((_, rest)) = text.split_once(':').filter(|(scheme, _)| scheme.len() > 1) else {
        return false;
    };
    match rest.strip_prefix("//") {
        Some(rest) => {
            let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
            let (authority, rest) = rest.split_at(end);
            let user_info = authority.split_once('@').map_or("", |(user, _)| user);
            is_escaped(user_info) && !authority.contains('\\') && is_escaped(rest)
        }
        None => absolute.form != Form::Dos && is_escaped(rest),
    }
}

/// True when only characters stand here that may, percent signs begin escapes, and there is one
/// number sign at most.
fn is_escaped(text: &str) -> bool {
    let bytes = text.as_bytes();
    let is_fine = |(at, byte): (usize, &u8)| match byte {
        b'%' => escape_at(bytes, at).is_some(),
        b'[' | b']' => false,
        byte => !byte.is_ascii() || is_unreserved(*byte) || is_reserved(*byte),
    };
    bytes.iter().enumerate().all(is_fine) && text.matches('#').count() <= 1
}
