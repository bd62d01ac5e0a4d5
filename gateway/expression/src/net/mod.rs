//! The library that expressions may use: .NET's types, Json.NET's, and APIM's own, one file for each
//! family, declared as their documentation writes them.

pub(crate) mod bodies;
pub(crate) mod collections;
pub(crate) mod context;
pub(crate) mod convert;
pub(crate) mod enumerable;
pub(crate) mod exception;
pub(crate) mod json;
pub(crate) mod numbers;
pub(crate) mod objects;
pub(crate) mod primitives;
pub(crate) mod random;
pub(crate) mod regex;
pub(crate) mod string;
pub(crate) mod text;
pub(crate) mod text_builder;

use crate::clr::ClrResult;
use crate::run::{Cx, Eval, Limit};
use crate::types::catalogue::Builder;

/// Declares everything.
pub(crate) fn define(catalogue: &mut Builder) {
    primitives::define(catalogue);
    numbers::define(catalogue);
    string::define(catalogue);
    text_builder::define(catalogue);
    convert::define(catalogue);
    random::define(catalogue);
    exception::define(catalogue);
    collections::define(catalogue);
    enumerable::define(catalogue);
    context::define(catalogue);
    bodies::define(catalogue);
    json::define(catalogue);
    regex::define(catalogue);
    later(catalogue);
}

fn later(c: &mut Builder) {
    for (namespace, text) in [
        ("System", "struct DateTime"),
        ("System", "struct DateTimeOffset"),
        ("System", "struct TimeSpan"),
        ("System", "struct Guid"),
        ("System.Xml.Linq", "class XName"),
        ("System.Xml.Linq", "class XNamespace"),
        ("System.Xml.Linq", "class XObject"),
        ("System.Xml.Linq", "class XNode"),
        ("System.Xml.Linq", "class XElement"),
        ("System.Xml.Linq", "class XDocument"),
        ("System.Xml.Linq", "class XAttribute"),
        ("System.Xml.Linq", "class XText"),
        ("System.Xml.Linq", "class XCData"),
        ("System.Xml.Linq", "class XComment"),
        ("System.Xml.Linq", "class XDeclaration"),
        ("System.Xml.Linq", "class XDocumentType"),
        ("System.Xml.Linq", "class XProcessingInstruction"),
        ("System", "class Uri"),
        ("System.Text", "class Encoding"),
        ("System", "class TimeZoneInfo"),
        ("System.Net", "class IPAddress"),
        ("System.Security.Cryptography", "class HashAlgorithm"),
        ("System.Security.Cryptography", "class SymmetricAlgorithm"),
        ("System.Security.Cryptography", "class RSA"),
        ("System.Security.Cryptography.X509Certificates", "class X509Certificate2"),
        ("Microsoft.Azure.ApiManagement.Expressions", "class Jwt"),
        ("Microsoft.Azure.ApiManagement.Expressions", "class BasicAuthCredentials"),
        ("Microsoft.Azure.ApiManagement.Expressions", "interface IGraphQL"),
    ] {
        c.define(namespace, text, |_| {});
    }
}

impl<'a> Cx<'a, '_> {
    /// What .NET gives, or throws.
    pub fn clr<T>(&mut self, result: ClrResult<T>) -> Eval<'a, T> {
        match result {
            Ok(value) => Ok(value),
            Err(crate::clr::ClrError::TooLong) => Err(Limit::Memory.into()),
            Err(error) => self.throw(error.type_name(), &error.message()),
        }
    }
}

#[cfg(test)]
mod tests;
