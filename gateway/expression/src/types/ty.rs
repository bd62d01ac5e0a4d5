//! A static type: what the checker knows of a value before there is one.

use std::fmt;
use std::sync::Arc;

use super::catalogue::catalogue;
use super::known::Known;

/// Place of a type in the catalogue.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TypeId(pub(crate) u16);

/// A static type.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Ty {
    /// A type of the catalogue with its arguments: `List<string>`.
    Named(TypeId, Arc<[Ty]>),
    Array(Arc<Ty>),
    /// `new { A = 1 }`
    Anonymous(Arc<[(String, Ty)]>),
    /// `(int a, string b)`; names may be empty.
    Tuple(Arc<[(String, Ty)]>),
    /// The n-th type parameter: those of the type first, then those of the method.
    Param(u8),
    Dynamic,
    Void,
    /// Of the literal `null`.
    Null,
    /// Of something with a defect; fits everywhere, so that one defect is told once.
    Unknown,
}

impl Ty {
    pub fn known(known: Known) -> Self {
        Self::Named(known.id(), Arc::default())
    }

    pub fn generic<const N: usize>(known: Known, arguments: [Self; N]) -> Self {
        Self::Named(known.id(), Arc::new(arguments))
    }

    pub fn array(element: Self) -> Self {
        Self::Array(Arc::new(element))
    }

    pub fn nullable(self) -> Self {
        Self::generic(Known::Nullable, [self])
    }

    pub fn object() -> Self {
        Self::known(Known::Object)
    }

    pub fn string() -> Self {
        Self::known(Known::String)
    }

    pub fn bool() -> Self {
        Self::known(Known::Boolean)
    }

    pub fn int() -> Self {
        Self::known(Known::Int32)
    }

    pub fn is(&self, known: Known) -> bool {
        matches!(self, Self::Named(id, _) if *id == known.id())
    }

    pub fn id(&self) -> Option<TypeId> {
        match self {
            Self::Named(id, _) => Some(*id),
            _ => None,
        }
    }

    pub fn arguments(&self) -> &[Self] {
        match self {
            Self::Named(_, arguments) => arguments,
            _ => &[],
        }
    }

    /// `T` of `T?`.
    pub fn nullable_of(&self) -> Option<&Self> {
        match self {
            Self::Named(id, arguments) if *id == Known::Nullable.id() => arguments.first(),
            _ => None,
        }
    }

    pub fn element_of_array(&self) -> Option<&Self> {
        match self {
            Self::Array(element) => Some(element),
            _ => None,
        }
    }

    /// True where a variable of this type holds the value itself and cannot be null.
    pub fn is_value_type(&self) -> bool {
        match self {
            Self::Named(id, _) => catalogue().get(*id).is_value_type(),
            Self::Tuple(_) => true,
            _ => false,
        }
    }

    /// True where null is a value of this type.
    pub fn takes_null(&self) -> bool {
        self.nullable_of().is_some() || !self.is_value_type() && !matches!(self, Self::Void)
    }

    pub fn is_enum(&self) -> bool {
        self.id().is_some_and(|id| catalogue().get(id).is_enum())
    }

    /// Puts the arguments where the parameters stand. A parameter without an argument stays.
    #[must_use]
    pub fn substitute(&self, arguments: &[Self]) -> Self {
        match self {
            Self::Param(at) => arguments.get(usize::from(*at)).cloned().unwrap_or_else(|| self.clone()),
            Self::Named(id, inner) if !inner.is_empty() => {
                Self::Named(*id, inner.iter().map(|ty| ty.substitute(arguments)).collect())
            }
            Self::Array(element) => Self::array(element.substitute(arguments)),
            Self::Tuple(items) => {
                Self::Tuple(items.iter().map(|(name, ty)| (name.clone(), ty.substitute(arguments))).collect())
            }
            other => other.clone(),
        }
    }

    /// True where a type parameter is left in it.
    pub fn is_open(&self) -> bool {
        match self {
            Self::Param(_) => true,
            Self::Named(_, arguments) => arguments.iter().any(Self::is_open),
            Self::Array(element) => element.is_open(),
            Self::Tuple(items) | Self::Anonymous(items) => items.iter().any(|(_, ty)| ty.is_open()),
            _ => false,
        }
    }

    /// Parameter types and result of a delegate: `Func<int, bool>` takes an `int`, gives a `bool`.
    pub fn delegate(&self) -> Option<(Vec<Self>, Self)> {
        let Self::Named(id, arguments) = self else { return None };
        let def = catalogue().get(*id);
        let (parameters, result) = def.delegate.as_ref()?;
        let put = |ty: &Self| ty.substitute(arguments);
        Some((parameters.iter().map(put).collect(), put(result)))
    }

    /// As .NET names it at run time: `System.String`, `System.Collections.Generic.List`1[System.String]`.
    pub fn full_name(&self) -> String {
        let join = |items: &[Self]| items.iter().map(Self::full_name).collect::<Vec<_>>().join(",");
        match self {
            Self::Named(id, arguments) => {
                let def = catalogue().get(*id);
                let name = format!("{}.{}", def.namespace, def.name);
                match arguments.len() {
                    0 => name,
                    count => format!("{name}`{count}[{}]", join(arguments)),
                }
            }
            Self::Array(element) => format!("{}[]", element.full_name()),
            Self::Tuple(items) => {
                let types: Vec<Self> = items.iter().map(|(_, ty)| ty.clone()).collect();
                format!("System.ValueTuple`{}[{}]", types.len(), join(&types))
            }
            Self::Anonymous(items) => format!("<>f__AnonymousType0`{}", items.len()),
            Self::Null | Self::Unknown | Self::Dynamic => "System.Object".to_owned(),
            Self::Void => "System.Void".to_owned(),
            Self::Param(at) => format!("!{at}"),
        }
    }
}

impl fmt::Display for Ty {
    /// As C# writes it: `string`, `List<int>`, `int?`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let list = |f: &mut fmt::Formatter<'_>, items: &[Self]| {
            items.iter().enumerate().try_for_each(|(at, ty)| {
                f.write_str(if at == 0 { "" } else { ", " })?;
                write!(f, "{ty}")
            })
        };
        match self {
            Self::Named(id, arguments) => {
                if let Some(inner) = self.nullable_of() {
                    return write!(f, "{inner}?");
                }
                let def = catalogue().get(*id);
                f.write_str(def.keyword().unwrap_or(def.name))?;
                if arguments.is_empty() {
                    return Ok(());
                }
                f.write_str("<")?;
                list(f, arguments)?;
                f.write_str(">")
            }
            Self::Array(element) => write!(f, "{element}[]"),
            Self::Anonymous(members) => {
                f.write_str("<anonymous type: ")?;
                for (at, (name, ty)) in members.iter().enumerate() {
                    write!(f, "{}{ty} {name}", if at == 0 { "" } else { ", " })?;
                }
                f.write_str(">")
            }
            Self::Tuple(items) => {
                f.write_str("(")?;
                for (at, (name, ty)) in items.iter().enumerate() {
                    let gap = if name.is_empty() { "" } else { " " };
                    write!(f, "{}{ty}{gap}{name}", if at == 0 { "" } else { ", " })?;
                }
                f.write_str(")")
            }
            Self::Param(at) => write!(f, "T{at}"),
            Self::Dynamic => f.write_str("dynamic"),
            Self::Void => f.write_str("void"),
            Self::Null => f.write_str("<null>"),
            Self::Unknown => f.write_str("?"),
        }
    }
}

impl fmt::Debug for Ty {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
