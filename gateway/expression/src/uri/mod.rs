//! `System.Uri`: what .NET makes of an address, as it does on Windows.
//!
//! The one idea: an absolute URI is parsed once into normalized, escaped parts ([`Absolute`]); every
//! property is put together from them. A relative one is its text.
//!
//! Neither crate at hand could carry this. `url` is the web's standard, which parses, escapes and
//! normalizes other things (`http:x` is fine there, `%7E` stays, hosts become punycode); the RFC 3986
//! crates refuse what .NET repairs (`a b`, `%zz`, `http://h\p`), and the shape of `Uri`'s properties
//! and messages would have to be rebuilt over them anyway.
//!
//! Differs from .NET: there are no IDN forms; a host stays as written but for the case of its ASCII.

mod escaping;
mod parse;
mod resolve;

use crate::ip::IpAddress;

pub use self::resolve::is_well_formed;

/// Longest URI, in UTF-16 units, as in .NET.
pub const URI_UNITS_MAX: usize = 65_519;

/// Longest scheme, in bytes, as in .NET.
pub const SCHEME_BYTES_MAX: usize = 1_024;

/// What went wrong, in .NET's words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum UriError {
    #[error("Invalid URI: The URI is empty.")]
    Empty,
    #[error("Invalid URI: The format of the URI could not be determined.")]
    Format,
    #[error("Invalid URI: The URI scheme is not valid.")]
    Scheme,
    #[error("Invalid URI: The Authority/Host could not be parsed.")]
    Authority,
    #[error("Invalid URI: The Uri scheme is too long.")]
    SchemeTooLong,
    #[error("Invalid URI: The Uri string is too long.")]
    TooLong,
    #[error("Invalid URI: A Dos path must be rooted, for example, 'c:\\\\'.")]
    DosPath,
    #[error("Invalid URI: The hostname could not be parsed.")]
    Host,
    #[error("Invalid URI: Invalid port specified.")]
    Port,
    #[error("A relative URI cannot be created because the 'uriString' parameter represents an absolute URI.")]
    NotRelative,
    /// A member that only absolute URIs have.
    #[error("This operation is not supported for a relative URI.")]
    NotAbsolute,
    #[error(
        "The value must be greater than or equal to zero and less than or equal to 3.\nParameter name: part"
    )]
    Partial,
}

/// `UriKind`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum UriKind {
    RelativeOrAbsolute,
    #[default]
    Absolute,
    Relative,
}

/// `UriHostNameType`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HostNameType {
    Unknown,
    Basic,
    Dns,
    IPv4,
    IPv6,
}

/// `UriPartial`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UriPartial {
    Scheme,
    Authority,
    Path,
    Query,
}

/// A URI; prints as `ToString()`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Uri {
    original: String,
    absolute: Option<Absolute>,
}

/// An absolute URI in normalized, escaped parts; prints as `AbsoluteUri`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Absolute {
    scheme: String,
    authority: Option<Authority>,
    path: String,
    /// With its question mark, or empty.
    query: String,
    /// With its number sign, or empty.
    fragment: String,
    form: Form,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Authority {
    user_info: Option<String>,
    host: Host,
    port: Option<u16>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Host {
    /// With brackets if it is IPv6.
    text: String,
    /// The scope of an IPv6 address with its percent sign, or empty.
    scope: String,
    kind: HostNameType,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    /// `scheme://authority/path`
    Hierarchical,
    /// `scheme:path`
    Opaque,
    /// `mailto:user@host`
    Mail,
    /// `file:///c:/path`; the path begins with the drive.
    Dos,
    /// `file://server/share`, written as such or with backslashes.
    Unc,
}

impl UriError {
    /// The .NET exception that stands for this error.
    pub fn exception(self) -> &'static str {
        match self {
            Self::NotAbsolute => "System.InvalidOperationException",
            Self::Partial => "System.ArgumentException",
            _ => "System.UriFormatException",
        }
    }

    /// True when what is no absolute URI may still be a relative one.
    fn may_be_relative(self) -> bool {
        matches!(self, Self::Empty | Self::Format | Self::Scheme | Self::Authority)
    }
}

impl UriKind {
    /// From the enumeration's number.
    pub fn from_number(number: i32) -> Option<Self> {
        Some(match number {
            0 => Self::RelativeOrAbsolute,
            1 => Self::Absolute,
            2 => Self::Relative,
            _ => return None,
        })
    }
}

impl HostNameType {
    /// The enumeration member's name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Unknown => "Unknown",
            Self::Basic => "Basic",
            Self::Dns => "Dns",
            Self::IPv4 => "IPv4",
            Self::IPv6 => "IPv6",
        }
    }
}

impl UriPartial {
    /// From the enumeration's number.
    ///
    /// # Errors
    /// [`UriError::Partial`].
    pub fn from_number(number: i32) -> Result<Self, UriError> {
        match number {
            0 => Ok(Self::Scheme),
            1 => Ok(Self::Authority),
            2 => Ok(Self::Path),
            3 => Ok(Self::Query),
            _ => Err(UriError::Partial),
        }
    }
}

// === impl Uri ===

impl Uri {
    /// `new Uri(text, kind)`; `TryCreate` is its `ok()`.
    ///
    /// # Errors
    /// Why the text is no such URI.
    pub fn new(text: &str, kind: UriKind) -> Result<Self, UriError> {
        let absolute = match parse::absolute(text) {
            Ok(_) if kind == UriKind::Relative => return Err(UriError::NotRelative),
            Ok(absolute) => Some(absolute),
            Err(error) if kind != UriKind::Absolute && error.may_be_relative() => None,
            Err(error) => return Err(error),
        };
        Ok(Self { original: text.to_owned(), absolute })
    }

    /// The parts of an absolute URI.
    ///
    /// # Errors
    /// [`UriError::NotAbsolute`]: what every such property throws for a relative URI.
    pub fn absolute(&self) -> Result<&Absolute, UriError> {
        self.absolute.as_ref().ok_or(UriError::NotAbsolute)
    }

    pub fn is_absolute(&self) -> bool {
        self.absolute.is_some()
    }

    /// `OriginalString`.
    pub fn original(&self) -> &str {
        &self.original
    }
}

impl std::fmt::Display for Uri {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.absolute {
            Some(absolute) => f.write_str(&escaping::readable(&absolute.to_string())),
            None => f.write_str(&self.original),
        }
    }
}

// === impl Absolute ===

impl Absolute {
    /// `Scheme`, in lower case.
    pub fn scheme(&self) -> &str {
        &self.scheme
    }

    /// `AbsolutePath`.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// `Query`, with its question mark.
    pub fn query(&self) -> &str {
        &self.query
    }

    /// `Fragment`, with its number sign.
    pub fn fragment(&self) -> &str {
        &self.fragment
    }

    /// `PathAndQuery`.
    pub fn path_and_query(&self) -> String {
        format!("{}{}", self.path, self.query)
    }

    /// `Host`, with brackets if it is IPv6.
    pub fn host(&self) -> &str {
        self.authority.as_ref().map_or("", |authority| &authority.host.text)
    }

    /// `DnsSafeHost`: without brackets, with the scope.
    pub fn dns_safe_host(&self) -> String {
        let scope = self.authority.as_ref().map_or("", |authority| &authority.host.scope);
        format!("{}{scope}", self.host().trim_start_matches('[').trim_end_matches(']'))
    }

    pub fn host_name_type(&self) -> HostNameType {
        self.authority.as_ref().map_or(HostNameType::Unknown, |authority| authority.host.kind)
    }

    /// `Authority`: host, and port unless it is the scheme's own.
    pub fn authority(&self) -> String {
        let port = if self.is_default_port() { String::new() } else { format!(":{}", self.port()) };
        format!("{}{port}", self.host())
    }

    /// `UserInfo`.
    pub fn user_info(&self) -> &str {
        self.authority.as_ref().and_then(|authority| authority.user_info.as_deref()).unwrap_or_default()
    }

    /// `Port`: what the URI says, else the scheme's own, else -1.
    pub fn port(&self) -> i32 {
        let said = self.authority.as_ref().and_then(|authority| authority.port);
        said.or_else(|| default_port(&self.scheme)).map_or(-1, i32::from)
    }

    pub fn is_default_port(&self) -> bool {
        let said = self.authority.as_ref().and_then(|authority| authority.port);
        said.is_none() || said == default_port(&self.scheme)
    }

    pub fn is_file(&self) -> bool {
        self.scheme == "file"
    }

    /// A host that is this machine, or none where there could be one.
    pub fn is_loopback(&self) -> bool {
        let Some(authority) = &self.authority else {
            return false;
        };
        let host = authority.host.text.as_str();
        let address = IpAddress::parse(host).is_ok_and(|address| address.is_loopback());
        match authority.host.kind {
            HostNameType::IPv4 | HostNameType::IPv6 => address,
            _ => host.is_empty() || host == "localhost",
        }
    }

    /// `LocalPath`: the path unescaped; with backslashes for drives and shares.
    pub fn local_path(&self) -> String {
        let path = crate::web::unescape_data(&self.path);
        match self.form {
            Form::Dos => path.replace('/', "\\"),
            Form::Unc => format!("\\\\{}{}", self.host(), path.replace('/', "\\")),
            _ => path,
        }
    }

    /// `Segments`: the path cut behind each slash.
    pub fn segments(&self) -> Vec<String> {
        let root = (self.form == Form::Dos).then(|| "/".to_owned());
        root.into_iter().chain(self.path.split_inclusive('/').map(str::to_owned)).collect()
    }

    /// `GetLeftPart`.
    pub fn left_part(&self, part: UriPartial) -> String {
        let root = self.root();
        match part {
            UriPartial::Scheme if matches!(self.form, Form::Opaque | Form::Mail) => {
                format!("{}:", self.scheme)
            }
            UriPartial::Scheme => format!("{}://", self.scheme),
            UriPartial::Authority if matches!(self.form, Form::Opaque | Form::Mail | Form::Dos) => {
                String::new()
            }
            UriPartial::Authority => root,
            UriPartial::Path => format!("{root}{}", self.path),
            UriPartial::Query => format!("{root}{}{}", self.path, self.query),
        }
    }

    /// All before the path.
    fn root(&self) -> String {
        let scheme = &self.scheme;
        let user = self.authority.as_ref().and_then(|authority| authority.user_info.as_ref());
        let user = user.map(|user| format!("{user}@")).unwrap_or_default();
        match self.form {
            Form::Opaque => format!("{scheme}:"),
            Form::Mail => format!("{scheme}:{user}{}", self.authority()),
            Form::Dos => format!("{scheme}:///"),
            Form::Hierarchical | Form::Unc => format!("{scheme}://{user}{}", self.authority()),
        }
    }

    fn is_dos_or_unc(&self) -> bool {
        matches!(self.form, Form::Dos | Form::Unc)
    }
}

/// `AbsoluteUri`.
impl std::fmt::Display for Absolute {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}{}{}{}", self.root(), self.path, self.query, self.fragment)
    }
}

fn default_port(scheme: &str) -> Option<u16> {
    Some(match scheme {
        "http" | "ws" => 80,
        "https" | "wss" => 443,
        "ftp" => 21,
        "mailto" => 25,
        "gopher" => 70,
        "nntp" => 119,
        "telnet" => 23,
        "ldap" => 389,
        "net.tcp" => 808,
        _ => return None,
    })
}

#[cfg(test)]
mod tests;
