//! What lives in the arena by reference: collections, lambdas, documents and the library's own objects.

use std::cell::Cell;

use super::closure::Closure;
use super::dictionary::Dictionary;
use super::exception::Exception;
use super::iterate::Sequence;
use super::value::Value;
use crate::arena::List;
use crate::context::Response;
use crate::types::{Known, Ty};

/// A reference type's value.
pub enum Object<'a> {
    /// An array of anything but bytes.
    Array {
        element: &'a Ty,
        items: List<'a, Value<'a>>,
    },
    /// A `byte[]`.
    Bytes(List<'a, u8>),
    List {
        element: &'a Ty,
        items: List<'a, Value<'a>>,
        version: Cell<u32>,
    },
    /// `Queue`, `Stack`: items in the order they came in.
    Line {
        ty: &'a Ty,
        items: List<'a, Value<'a>>,
        version: Cell<u32>,
    },
    /// `Dictionary`, `HashSet` (whose values are null), and what looks like them.
    Dictionary {
        ty: &'a Ty,
        map: Dictionary<'a>,
    },
    KeyValue {
        ty: &'a Ty,
        key: Value<'a>,
        value: Value<'a>,
    },
    /// What a LINQ method gives: worked out when it is gone through.
    Sequence(Sequence<'a>),
    Grouping {
        ty: &'a Ty,
        key: Value<'a>,
        items: List<'a, Value<'a>>,
    },
    Closure(Closure<'a>),
    Exception(&'a Exception<'a>),
    /// `new { A = 1 }`, `(1, 2)` and `Tuple.Create(1, 2)`.
    Record {
        ty: &'a Ty,
        fields: &'a [Cell<Value<'a>>],
    },
    StringBuilder(crate::net::text_builder::TextBuilder<'a>),
    Random(crate::net::random::Generator),
    /// An object that compares strings.
    Comparer {
        ignores_case: bool,
    },
    Culture,
    XName(crate::xml::Name<'a>),
    /// `XNamespace`.
    XNamespace(&'a str),
    XDeclaration(&'a crate::xml::Declaration<'a>),
    /// `XmlNamespaceManager`: prefixes with their namespaces, the last of a prefix counts.
    XmlNamespaces(List<'a, (&'a str, &'a str)>),
    Response(Response<'a>),
    /// The body of a response in a variable.
    Body(&'a Response<'a>),
    /// Goes through what a collection held when it was asked for; `next` is behind the current item.
    Enumerator {
        ty: &'a Ty,
        items: List<'a, Value<'a>>,
        next: Cell<usize>,
    },
    TimeZone(&'a crate::clr::timezone::TimeZone),
    /// `TimeZone.CurrentTimeZone`
    LocalZone,
    StringReader(crate::net::text_io::TextReader<'a>),
    /// Writes into a `StringBuilder`.
    StringWriter(&'a Object<'a>),
    Regex(&'a crate::regex::Regex),
    /// A `Match`, a `Group` or a `Capture`.
    Capture(crate::net::regex::Capture<'a>),
    Captures(crate::net::regex::Captures<'a>),
    Encoding(crate::encoding::Encoding),
    Uri(&'a crate::uri::Uri),
    IpAddress(crate::ip::IpAddress),
    Jwt(&'a crate::jwt::Jwt),
    Claims(&'a crate::jwt::Claims),
    /// Hashes, ciphers, keys and certificates.
    Crypto(&'a crate::net::crypto::Crypto<'a>),
    /// A plain `new object()`.
    Plain,
}

impl<'a> Object<'a> {
    /// The type at run time.
    pub fn ty(&self) -> Ty {
        match self {
            Self::Array { element, .. } => Ty::array((*element).clone()),
            Self::Bytes(_) => Ty::array(Ty::known(Known::Byte)),
            Self::List { element, .. } => Ty::generic(Known::List, [(*element).clone()]),
            Self::Line { ty, .. }
            | Self::Dictionary { ty, .. }
            | Self::KeyValue { ty, .. }
            | Self::Enumerator { ty, .. }
            | Self::Grouping { ty, .. }
            | Self::Record { ty, .. } => (*ty).clone(),
            Self::Sequence(sequence) => Ty::generic(Known::IEnumerableOf, [sequence.element.clone()]),
            Self::Closure(closure) => closure.ty.clone(),
            Self::Exception(exception) => exception.static_ty(),
            Self::StringBuilder(_) => Ty::known(Known::StringBuilder),
            Self::Random(_) => Ty::known(Known::Random),
            Self::Comparer { .. } => Ty::known(Known::StringComparer),
            Self::Culture => Ty::known(Known::CultureInfo),
            Self::XName(_) => Ty::known(Known::XName),
            Self::XNamespace(_) => Ty::known(Known::XNamespace),
            Self::XDeclaration(_) => Ty::known(Known::XDeclaration),
            Self::XmlNamespaces(_) => crate::net::xml::namespaces_ty(),
            Self::Response(_) => Ty::known(Known::IResponse),
            Self::Body(_) => Ty::known(Known::IMessageBody),
            Self::TimeZone(_) => Ty::known(Known::TimeZoneInfo),
            Self::LocalZone => named("TimeZone"),
            Self::StringReader(_) => named("StringReader"),
            Self::StringWriter(_) => named("StringWriter"),
            Self::Regex(_) => Ty::known(Known::Regex),
            Self::Capture(capture) => Ty::known(capture.kind()),
            Self::Captures(captures) => Ty::known(captures.kind()),
            Self::Encoding(_) => Ty::known(Known::Encoding),
            Self::Uri(_) => Ty::known(Known::Uri),
            Self::IpAddress(_) => Ty::known(Known::IPAddress),
            Self::Jwt(_) => Ty::known(Known::Jwt),
            Self::Claims(_) => {
                Ty::generic(Known::IReadOnlyDictionary, [Ty::string(), Ty::array(Ty::string())])
            }
            Self::Crypto(crypto) => named(crypto.class()),
            Self::Plain => Ty::object(),
        }
    }
}

/// A type of the catalogue that the language knows nothing of.
fn named(name: &str) -> Ty {
    crate::types::catalogue().find(name, 0).map_or(Ty::object(), |id| Ty::Named(id, [].into()))
}
