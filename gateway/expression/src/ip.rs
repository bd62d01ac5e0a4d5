//! `System.Net.IPAddress`: what .NET takes for an address and how it prints one.
//!
//! The one idea: IPv4 text is `inet_aton`'s (one to four numbers, decimal, octal or hexadecimal; the
//! last one fills what is left), IPv6 text may carry brackets, a port and a scope. The standard
//! library reads the plain core of IPv6; all else is here.

use std::fmt;
use std::net::{Ipv4Addr, Ipv6Addr};

/// Longest text looked at, in bytes: a full IPv6 address with brackets, port and scope fits well.
pub const ADDRESS_BYTES_MAX: usize = 256;

/// Why a text is no address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("An invalid IP address was specified.")]
pub struct IpError;

impl IpError {
    /// The .NET exception that stands for this error.
    pub fn exception(self) -> &'static str {
        "System.FormatException"
    }
}

/// `System.Net.Sockets.AddressFamily`, as far as addresses have one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AddressFamily {
    InterNetwork,
    InterNetworkV6,
}

/// An address; prints as .NET's `ToString()`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum IpAddress {
    V4(Ipv4Addr),
    /// With its numeric scope; 0 means none.
    V6(Ipv6Addr, u32),
}

impl AddressFamily {
    /// The enumeration member's name.
    pub fn name(self) -> &'static str {
        match self {
            Self::InterNetwork => "InterNetwork",
            Self::InterNetworkV6 => "InterNetworkV6",
        }
    }
}

// === impl IpAddress ===

impl IpAddress {
    /// `IPAddress.Parse`; `TryParse` is its `ok()`.
    ///
    /// # Errors
    /// The text is no address.
    pub fn parse(text: &str) -> Result<Self, IpError> {
        if text.len() > ADDRESS_BYTES_MAX {
            return Err(IpError);
        }
        let address = if text.contains(':') { parse_v6(text) } else { parse_v4(text).map(Self::V4) };
        address.ok_or(IpError)
    }

    pub fn family(&self) -> AddressFamily {
        match self {
            Self::V4(_) => AddressFamily::InterNetwork,
            Self::V6(..) => AddressFamily::InterNetworkV6,
        }
    }

    /// `GetAddressBytes`: 4 or 16 bytes in network order.
    pub fn bytes(&self) -> Vec<u8> {
        match self {
            Self::V4(address) => address.octets().to_vec(),
            Self::V6(address, _) => address.octets().to_vec(),
        }
    }

    /// All of 127.0.0.0/8, and `::1`; mapped addresses are not, as in .NET Framework.
    pub fn is_loopback(&self) -> bool {
        match self {
            Self::V4(address) => address.is_loopback(),
            Self::V6(address, _) => address.is_loopback(),
        }
    }
}

impl fmt::Display for IpAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::V4(address) => address.fmt(f),
            Self::V6(address, scope) => {
                write_v6(f, address)?;
                if *scope != 0 { write!(f, "%{scope}") } else { Ok(()) }
            }
        }
    }
}

fn parse_v4(text: &str) -> Option<Ipv4Addr> {
    let mut parts = [0_u32; 4];
    let mut count = 0;
    for part in text.split('.') {
        *parts.get_mut(count)? = number(part)?;
        count += 1;
    }
    let (last, leading) = parts[..count].split_last()?;
    let mut value = 0_u32;
    for (at, part) in leading.iter().enumerate() {
        value |= u8::try_from(*part).map(u32::from).ok()? << (24 - 8 * at);
    }
    // Four parts leave one byte for the last, one part leaves all four.
    let room = u32::MAX >> (8 * leading.len());
    (*last <= room).then(|| Ipv4Addr::from(value | *last))
}

fn number(text: &str) -> Option<u32> {
    let (digits, radix) = match text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")) {
        Some(hex) => (hex, 16),
        None if text.len() > 1 && text.starts_with('0') => (&text[1..], 8),
        None => (text, 10),
    };
    let is_plain = digits.bytes().all(|byte| byte.is_ascii_alphanumeric());
    u32::from_str_radix(digits, radix).ok().filter(|_| is_plain)
}

fn parse_v6(text: &str) -> Option<IpAddress> {
    let core = match text.strip_prefix('[') {
        Some(rest) => {
            let (core, behind) = rest.split_once(']')?;
            let port = behind.strip_prefix(':');
            if !behind.is_empty() {
                port.filter(|port| !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit()))?;
            }
            core
        }
        None => text,
    };
    let (address, scope) = match core.split_once('%') {
        Some((_, "")) => return None,
        // A scope that is a name means an interface of the machine, and expressions know none.
        Some((address, scope)) => (address, scope.parse().unwrap_or(0)),
        None => (core, 0),
    };
    address.parse().ok().map(|address| IpAddress::V6(address, scope))
}

/// The longest run of two or more zero groups is left out; addresses that embed IPv4 show it dotted.
fn write_v6(f: &mut fmt::Formatter<'_>, address: &Ipv6Addr) -> fmt::Result {
    let groups = address.segments();
    let dotted = embeds_v4(&groups).then(|| {
        let [.., a, b, c, d] = address.octets();
        Ipv4Addr::new(a, b, c, d)
    });
    let shown = if dotted.is_some() { 6 } else { 8 };
    let (start, end) = longest_zeros(&groups[..shown]);
    let mut at = 0;
    while at < shown {
        if at == start && end > start {
            f.write_str("::")?;
            at = end;
            continue;
        }
        if at > 0 && at != end {
            f.write_str(":")?;
        }
        write!(f, "{:x}", groups[at])?;
        at += 1;
    }
    match dotted {
        Some(v4) if end == shown => write!(f, "{v4}"),
        Some(v4) => write!(f, ":{v4}"),
        None => Ok(()),
    }
}

fn longest_zeros(groups: &[u16]) -> (usize, usize) {
    let mut best = (groups.len() + 1, groups.len() + 1);
    let mut at = 0;
    while at < groups.len() {
        let len = groups[at..].iter().take_while(|group| **group == 0).count();
        if len >= 2 && len > best.1 - best.0 {
            best = (at, at + len);
        }
        at += len.max(1);
    }
    best
}

fn embeds_v4(groups: &[u16; 8]) -> bool {
    let [a, b, c, d, e, f, g, _] = *groups;
    let is_low = a | b | c | d == 0 && g != 0;
    (is_low && (matches!((e, f), (0, 0 | 0xFFFF) | (0xFFFF, 0)))) || (e == 0 && f == 0x5EFE)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn addresses_read_and_print_as_in_dotnet() {
        for (text, expected) in [
            ("1.2.3.4", Some("1.2.3.4")),
            ("1.2.3", Some("1.2.0.3")),
            ("1.2", Some("1.0.0.2")),
            ("1", Some("0.0.0.1")),
            ("1.2.65535", Some("1.2.255.255")),
            ("4294967295", Some("255.255.255.255")),
            ("0x7f.1", Some("127.0.0.1")),
            ("0x7f000001", Some("127.0.0.1")),
            ("017.1.1.1", Some("15.1.1.1")),
            ("1.0x10.3.4", Some("1.16.3.4")),
            ("0.0.0.0", Some("0.0.0.0")),
            ("256.1.1.1", None),
            ("1.65536.1", None),
            ("1.2.3.4.5", None),
            ("4294967296", None),
            ("08.1.1.1", None),
            ("0x", None),
            ("+1", None),
            ("1..2", None),
            ("1.2.3.", None),
            ("", None),
            (" 1.2.3.4", None),
            ("1.2.3.4 ", None),
            ("1.2.3.4:80", None),
            ("1.2.3.4/8", None),
            ("::", Some("::")),
            ("::1", Some("::1")),
            ("[::1]", Some("::1")),
            ("[::1]:80", Some("::1")),
            ("[::1]80", None),
            ("[::1]:", None),
            ("[::1", None),
            ("fe80::1%3", Some("fe80::1%3")),
            ("fe80::1%eth0", Some("fe80::1")),
            ("fe80::1%", None),
            ("::1/64", None),
            ("1::2::3", None),
            ("12345::", None),
            ("g::", None),
            ("2001:DB8:0:0:1:0:0:1", Some("2001:db8::1:0:0:1")),
            ("1:0:0:2::", Some("1:0:0:2::")),
            ("1:2:3:4:5:6:7::", Some("1:2:3:4:5:6:7:0")),
            ("1:2:3:4:5:6:7:8", Some("1:2:3:4:5:6:7:8")),
            ("::ffff:1.2.3.4", Some("::ffff:1.2.3.4")),
            ("::ffff:0:1.2.3.4", Some("::ffff:0:1.2.3.4")),
            ("::1.2.3.4", Some("::1.2.3.4")),
            ("::ffff:ff", Some("::255.255.0.255")),
            ("::5efe:1.2.3.4", Some("::5efe:1.2.3.4")),
            ("1:2:3:4:0:5efe:1.2.3.4", Some("1:2:3:4:0:5efe:1.2.3.4")),
            ("64:ff9b::1.2.3.4", Some("64:ff9b::102:304")),
            ("fe80::200:5efe:1.2.3.4", Some("fe80::200:5efe:102:304")),
        ] {
            let printed = IpAddress::parse(text).ok().map(|address| address.to_string());
            assert_eq!(printed.as_deref(), expected, "{text}");
        }
        assert_eq!(IpAddress::parse("x").unwrap_err().to_string(), "An invalid IP address was specified.");
    }

    #[test]
    fn members_follow_the_family() {
        for (text, family, is_loopback, len) in [
            ("127.255.0.1", "InterNetwork", true, 4),
            ("128.0.0.1", "InterNetwork", false, 4),
            ("::1", "InterNetworkV6", true, 16),
            ("::ffff:127.0.0.1", "InterNetworkV6", false, 16),
        ] {
            let address = IpAddress::parse(text).unwrap();
            let found = (address.family().name(), address.is_loopback(), address.bytes().len());
            assert_eq!(found, (family, is_loopback, len), "{text}");
        }
    }

    #[test]
    fn length_is_bounded() {
        let scoped = |len: usize| format!("::1%{}", "0".repeat(len - 4));
        assert!(IpAddress::parse(&scoped(ADDRESS_BYTES_MAX)).is_ok());
        assert!(IpAddress::parse(&scoped(ADDRESS_BYTES_MAX + 1)).is_err());
    }

    proptest! {
        #[test]
        fn printed_addresses_read_back(groups in prop::array::uniform8(prop_oneof![Just(0_u16), any::<u16>()])) {
            let address = IpAddress::V6(Ipv6Addr::from(groups), 0);
            prop_assert_eq!(IpAddress::parse(&address.to_string()), Ok(address));
        }

        #[test]
        fn hostile_text_never_panics(text in "[0-9a-fx:.%\\[\\]é]{0,40}") {
            let _ = IpAddress::parse(&text);
        }
    }
}
