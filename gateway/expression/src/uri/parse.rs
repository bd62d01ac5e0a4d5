//! Reads absolute URIs, in the order in which .NET finds fault.

use super::escaping::{Part, normalize, without_dots};
use super::{
    Absolute, Authority, Form, Host, HostNameType, SCHEME_BYTES_MAX, URI_UNITS_MAX, UriError, default_port,
};
use crate::encoding::utf16_len;
use crate::ip::IpAddress;

pub(super) fn absolute(text: &str) -> Result<Absolute, UriError> {
    if text.len() > URI_UNITS_MAX && utf16_len(text) > URI_UNITS_MAX {
        return Err(UriError::TooLong);
    }
    let text = trimmed(text);
    if text.is_empty() {
        return Err(UriError::Empty);
    }
    if let Some(path) = dos_path(text) {
        return dos(path, false);
    }
    if let Some(share) = text.strip_prefix("\\\\").or_else(|| text.strip_prefix("//")) {
        return share_of(share, false);
    }
    let Some((scheme, rest)) = text.split_once(':').filter(|(scheme, _)| !scheme.is_empty()) else {
        return Err(UriError::Format);
    };
    if !is_scheme(scheme) {
        return Err(UriError::Scheme);
    }
    if scheme.len() > SCHEME_BYTES_MAX {
        return Err(UriError::SchemeTooLong);
    }
    if scheme.len() == 1 {
        return Err(UriError::DosPath);
    }
    let scheme = scheme.to_ascii_lowercase();
    match scheme.as_str() {
        "mailto" => mail(rest),
        "file" => file(rest),
        _ => other(scheme, rest),
    }
}

pub(super) fn trimmed(text: &str) -> &str {
    text.trim_matches([' ', '\t', '\r', '\n'])
}

pub(super) fn is_scheme(text: &str) -> bool {
    let is_in = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.');
    text.as_bytes().first().is_some_and(u8::is_ascii_alphabetic) && text.bytes().all(is_in)
}

/// `c:\…`, `c:/…` or `c|/…`.
fn dos_path(text: &str) -> Option<&str> {
    match text.as_bytes() {
        [drive, b':' | b'|', b'\\' | b'/', ..] if drive.is_ascii_alphabetic() => Some(text),
        _ => None,
    }
}

/// Schemes that need a host.
pub(super) fn needs_host(scheme: &str) -> bool {
    matches!(
        scheme,
        "http" | "https" | "ftp" | "ws" | "wss" | "gopher" | "nntp" | "telnet" | "net.tcp" | "net.pipe"
    )
}

/// Schemes in which a backslash is a slash.
fn takes_backslashes(scheme: &str) -> bool {
    needs_host(scheme) || scheme == "file"
}

fn other(scheme: String, rest: &str) -> Result<Absolute, UriError> {
    let is_slash = |byte: u8| byte == b'/' || (byte == b'\\' && takes_backslashes(&scheme));
    let has_authority =
        matches!(rest.as_bytes(), [first, second, ..] if is_slash(*first) && is_slash(*second));
    if !has_authority {
        if needs_host(&scheme) {
            return Err(UriError::Authority);
        }
        let (path, query, fragment) = cut(rest);
        let path = normalize(path, Part::Path);
        return Ok(Absolute { scheme, authority: None, path, query, fragment, form: Form::Opaque });
    }
    let rest = &rest[2..];
    let end =
        rest.find(|char| matches!(char, '/' | '?' | '#') || (char == '\\' && takes_backslashes(&scheme)));
    let (authority, rest) = rest.split_at(end.unwrap_or(rest.len()));
    let authority = read_authority(authority, &scheme)?;
    let (path, query, fragment) = cut(rest);
    let path = rooted(path, takes_backslashes(&scheme));
    Ok(Absolute { scheme, authority: Some(authority), path, query, fragment, form: Form::Hierarchical })
}

fn file(rest: &str) -> Result<Absolute, UriError> {
    let slashes = rest.bytes().take_while(|byte| matches!(byte, b'/' | b'\\')).count();
    let body = &rest[slashes..];
    if slashes != 1
        && let Some(path) = dos_path(body)
    {
        return dos(path, true);
    }
    match slashes {
        0 | 1 => Err(UriError::Authority),
        2 if !body.is_empty() => share_of(body, true),
        _ => {
            let (path, query, fragment) = cut(&rest[2..]);
            let path = rooted(path, true);
            let authority = Some(Authority { user_info: None, host: no_host(), port: None });
            Ok(Absolute {
                scheme: "file".to_owned(),
                authority,
                path,
                query,
                fragment,
                form: Form::Hierarchical,
            })
        }
    }
}

/// A path that begins with a drive. Only one that came as a URI has a query and a fragment.
fn dos(path: &str, is_uri: bool) -> Result<Absolute, UriError> {
    let (path, query, fragment) = if is_uri { cut(path) } else { (path, String::new(), String::new()) };
    let (drive, rest) = path.split_at(1);
    let path = format!("{drive}:{}", rooted(&escaped_percent(&rest[1..], is_uri), true));
    let authority = Some(Authority { user_info: None, host: no_host(), port: None });
    Ok(Absolute { scheme: "file".to_owned(), authority, path, query, fragment, form: Form::Dos })
}

/// A server and what it shares.
fn share_of(text: &str, is_uri: bool) -> Result<Absolute, UriError> {
    let end = text.find(|char| matches!(char, '/' | '\\') || (is_uri && matches!(char, '?' | '#')));
    let (server, rest) = text.split_at(end.unwrap_or(text.len()));
    let host = read_host(server, "file")?;
    let (path, query, fragment) = if is_uri { cut(rest) } else { (rest, String::new(), String::new()) };
    let path = rooted(&escaped_percent(path, is_uri), true);
    let authority = Some(Authority { user_info: None, host, port: None });
    Ok(Absolute { scheme: "file".to_owned(), authority, path, query, fragment, form: Form::Unc })
}

/// A percent sign in a file's name is a character like any other.
fn escaped_percent(path: &str, is_uri: bool) -> String {
    if is_uri { path.to_owned() } else { path.replace('%', "%25") }
}

fn mail(rest: &str) -> Result<Absolute, UriError> {
    let (address, query, fragment) = cut(rest);
    let (user_info, host) = match address.split_once('@') {
        Some((user, host)) => (Some(normalize(user, Part::UserInfo)), host),
        None => (None, address),
    };
    let host = if host.is_empty() { no_host() } else { read_host(host, "mailto")? };
    let authority = Some(Authority { user_info, host, port: None });
    Ok(Absolute {
        scheme: "mailto".to_owned(),
        authority,
        path: String::new(),
        query,
        fragment,
        form: Form::Mail,
    })
}

/// Path, query and fragment; the latter two normalized, with their signs.
fn cut(text: &str) -> (&str, String, String) {
    let (text, fragment) = text.split_at(text.find('#').unwrap_or(text.len()));
    let (path, query) = text.split_at(text.find('?').unwrap_or(text.len()));
    (path, normalize(query, Part::QueryOrFragment), normalize(fragment, Part::QueryOrFragment))
}

fn rooted(path: &str, takes_backslashes: bool) -> String {
    let path = if takes_backslashes { path.replace('\\', "/") } else { path.to_owned() };
    let path = normalize(&path, Part::Path);
    if path.is_empty() { "/".to_owned() } else { without_dots(&path) }
}

fn read_authority(text: &str, scheme: &str) -> Result<Authority, UriError> {
    let (user_info, text) = match text.split_once('@') {
        Some((user, rest)) => (Some(normalize(user, Part::UserInfo)), rest),
        None => (None, text),
    };
    let host_end = if text.starts_with('[') { text.find(']').map_or(text.len(), |end| end + 1) } else { 0 };
    let (host, port) = match text[host_end..].find(':') {
        Some(colon) => (&text[..host_end + colon], Some(&text[host_end + colon + 1..])),
        None => (text, None),
    };
    let host = match host {
        "" if needs_host(scheme) => return Err(UriError::Host),
        "" => no_host(),
        host => read_host(host, scheme)?,
    };
    let port = match port {
        None | Some("") => None,
        Some(digits) if digits.bytes().all(|byte| byte.is_ascii_digit()) => {
            Some(digits.parse().map_err(|_| UriError::Port)?)
        }
        Some(_) => return Err(UriError::Port),
    };
    // Said or not, the scheme's own port is the same URI.
    let port = port.filter(|port| Some(*port) != default_port(scheme));
    Ok(Authority { user_info, host, port })
}

fn no_host() -> Host {
    Host { text: String::new(), scope: String::new(), kind: HostNameType::Basic }
}

fn read_host(text: &str, scheme: &str) -> Result<Host, UriError> {
    let host = |text: String, kind| Ok(Host { text, scope: String::new(), kind });
    if let Some(inner) = text.strip_prefix('[') {
        let inner = inner.strip_suffix(']').ok_or(UriError::Host)?;
        let (address, scope) = inner.split_at(inner.find('%').unwrap_or(inner.len()));
        let address = address.contains(':').then(|| IpAddress::parse(address).ok()).flatten();
        let address = address.ok_or(UriError::Host)?;
        return Ok(Host { text: format!("[{address}]"), scope: scope.to_owned(), kind: HostNameType::IPv6 });
    }
    // The file scheme's hosts are names of servers, whatever they look like.
    if let Ok(address @ IpAddress::V4(_)) = IpAddress::parse(text)
        && (scheme != "file" || text.contains('.'))
    {
        return host(address.to_string(), HostNameType::IPv4);
    }
    // Only ASCII changes its case; what lies beyond stays as written.
    let lower = text.to_ascii_lowercase();
    match lower.as_str() {
        "loopback" => host("localhost".to_owned(), HostNameType::Dns),
        name if is_dns_name(name) => host(lower, HostNameType::Dns),
        name if is_server_name(name) => host(lower, HostNameType::Basic),
        _ => Err(UriError::Host),
    }
}

/// Longest host name, and longest part of one, in bytes.
const NAME_BYTES_MAX: usize = 255;
const LABEL_BYTES_MAX: usize = 63;

fn is_dns_name(text: &str) -> bool {
    let is_letter = |char: char| char.is_ascii_alphanumeric() || char == '_' || !char.is_ascii();
    let is_label = |label: &str| {
        label.len() <= LABEL_BYTES_MAX
            && label.starts_with(is_letter)
            && label.chars().all(|char| is_letter(char) || char == '-')
    };
    let text = text.strip_suffix('.').unwrap_or(text);
    !text.is_empty() && text.len() <= NAME_BYTES_MAX && text.split('.').all(is_label)
}

/// Names that Windows gives servers: as DNS has them, but hyphens may lead.
fn is_server_name(text: &str) -> bool {
    let is_in = |char: char| char.is_ascii_alphanumeric() || matches!(char, '_' | '-') || !char.is_ascii();
    let is_label = |label: &str| !label.is_empty() && label.chars().all(is_in);
    text.len() <= NAME_BYTES_MAX && text.split('.').all(is_label)
}
