//! Names of types and namespaces.

use super::Binder;
use crate::diagnostic::Diagnostic;
use crate::span::Span;
use crate::syntax::ast::{NamePart, TypeName, TypeNameKind};
use crate::types::catalogue::KEYWORDS;
use crate::types::{Known, Ty, catalogue};

/// Names that people try and that no expression gets, with the reason.
const REFUSED: &[(&str, &str)] = &[
    ("File", "files"),
    ("Directory", "files"),
    ("Path", "files"),
    ("FileStream", "files"),
    ("Process", "processes"),
    ("Environment", "the environment"),
    ("Console", "the console"),
    ("Thread", "threads"),
    ("Task", "threads"),
    ("Parallel", "threads"),
    ("Assembly", "reflection"),
    ("Activator", "reflection"),
    ("Type", "reflection"),
    ("AppDomain", "reflection"),
    ("MethodInfo", "reflection"),
    ("HttpClient", "the network"),
    ("WebClient", "the network"),
    ("WebRequest", "the network"),
    ("Socket", "the network"),
    ("Dns", "the network"),
    ("GC", "the runtime"),
    ("Marshal", "the runtime"),
];

impl Binder {
    /// What a function gives: `void` is possible.
    pub(super) fn return_ty(&mut self, name: &TypeName) -> Ty {
        match name.kind {
            TypeNameKind::Keyword("void") => Ty::Void,
            _ => self.ty(name),
        }
    }

    /// The type that a name means. An unknown one is told, and fits everywhere.
    pub(super) fn ty(&mut self, name: &TypeName) -> Ty {
        match &name.kind {
            TypeNameKind::Keyword("void") => {
                self.error("CS1547", name.span, "`void` is no type of values: only functions have it");
                Ty::Unknown
            }
            TypeNameKind::Keyword("dynamic") => Ty::Dynamic,
            TypeNameKind::Keyword(word) => keyword(word).unwrap_or(Ty::Unknown),
            TypeNameKind::Array { element, rank } => {
                if *rank > 1 {
                    self.error("HX0003", name.span, "arrays of more than one dimension are not supported");
                    return Ty::Unknown;
                }
                Ty::array(self.ty(element))
            }
            TypeNameKind::Nullable(inner) => {
                let inner_ty = self.ty(inner);
                if !inner_ty.is_value_type() && inner_ty != Ty::Unknown {
                    let message = format!("`{inner_ty}` is a reference type and may be null anyway");
                    self.tell(Diagnostic::error("CS0453", name.span, message).hint("leave out the `?`"));
                    return Ty::Unknown;
                }
                inner_ty.nullable()
            }
            TypeNameKind::Tuple(items) => Ty::Tuple(
                items
                    .iter()
                    .map(|(ty, name)| {
                        (name.as_ref().map(|name| name.text.clone()).unwrap_or_default(), self.ty(ty))
                    })
                    .collect(),
            ),
            TypeNameKind::Named(parts) => self.named_type(parts, name.span),
        }
    }

    fn named_type(&mut self, parts: &[NamePart], span: Span) -> Ty {
        let Some((last, before)) = parts.split_last() else { return Ty::Unknown };
        let arguments: Vec<Ty> = last.arguments.iter().map(|argument| self.ty(argument)).collect();
        let name = last.name.text.as_str();
        let found = match before {
            [] => catalogue().find(name, arguments.len()),
            before => {
                let namespace: Vec<&str> = before.iter().map(|part| part.name.text.as_str()).collect();
                let namespace = namespace.join(".");
                catalogue()
                    .find_in(&namespace, name, arguments.len())
                    // `using` makes `Linq.JObject` of Newtonsoft.Json.Linq.JObject.
                    .or_else(|| {
                        let id = catalogue().find(name, arguments.len())?;
                        let known = catalogue().get(id).namespace;
                        known.ends_with(&format!(".{namespace}")).then_some(id)
                    })
            }
        };
        match found {
            Some(id) => Ty::Named(id, arguments.into()),
            None => {
                let arity = arguments.len();
                self.unknown_type(name, arity, span);
                Ty::Unknown
            }
        }
    }

    pub(super) fn unknown_type(&mut self, name: &str, arity: usize, span: Span) {
        if self.is_full() {
            return;
        }
        if catalogue().has_name(name) {
            let message = format!("the type `{name}` does not have {arity} type arguments");
            return self.error("CS0305", span, message);
        }
        if let Some((_, what)) = REFUSED.iter().find(|(refused, _)| *refused == name) {
            let message = format!("`{name}` is not allowed: policy expressions have no access to {what}");
            return self.error("HX0010", span, message);
        }
        let message = format!("the type or namespace name `{name}` could not be found");
        let hint = suggest(name, catalogue().names()).map_or_else(
            || "only the types that policy expressions allow can be used".to_owned(),
            |it| format!("did you mean `{it}`?"),
        );
        self.tell(Diagnostic::error("CS0246", span, message).hint(hint));
    }
}

/// True for a name that no expression gets.
pub(super) fn is_refused(name: &str) -> bool {
    REFUSED.iter().any(|(refused, _)| *refused == name)
}

pub(super) fn keyword(word: &str) -> Option<Ty> {
    KEYWORDS.iter().find(|(keyword, _)| *keyword == word).map(|(_, known)| Ty::known(*known))
}

/// `T` of what can be gone through by `foreach`.
pub(super) fn element_of(ty: &Ty) -> Option<Ty> {
    match ty {
        Ty::Array(element) => return Some((**element).clone()),
        Ty::Dynamic | Ty::Unknown => return Some(ty.clone()),
        ty if ty.is(Known::String) => return Some(Ty::known(Known::Char)),
        _ => {}
    }
    let mut all = vec![ty.clone()];
    all.extend(catalogue().ancestors(ty));
    let generic =
        all.iter().find(|it| it.is(Known::IEnumerableOf)).and_then(|it| it.arguments().first().cloned());
    generic.or_else(|| all.iter().any(|it| it.is(Known::IEnumerable)).then(Ty::object))
}

/// The candidate that was probably meant.
pub(super) fn suggest<'c>(name: &str, candidates: impl IntoIterator<Item = &'c str>) -> Option<&'c str> {
    if name.len() > 64 {
        return None;
    }
    let lower = name.to_lowercase();
    let allowed = |candidate: &str| (candidate.len() / 3).max(1);
    candidates
        .into_iter()
        .filter(|candidate| !candidate.starts_with('.'))
        // Lengths alone rule most out, and cost nothing.
        .filter(|candidate| candidate.len().abs_diff(lower.len()) <= allowed(candidate))
        .map(|candidate| (strsim::damerau_levenshtein(&lower, &candidate.to_lowercase()), candidate))
        .filter(|(distance, candidate)| *distance <= allowed(candidate))
        .min()
        .map(|(_, candidate)| candidate)
}
