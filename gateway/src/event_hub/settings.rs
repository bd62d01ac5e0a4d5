//! The connection string of an event hub, as Azure's portal shows it:
//! `Endpoint=sb://namespace.servicebus.windows.net/;SharedAccessKeyName=…;SharedAccessKey=…;EntityPath=hub`.

use crate::upstream::is_metadata_address;
use std::{fmt, net::IpAddr};

/// Where event hubs speak Kafka's protocol, and where their emulator does.
const PORT: u16 = 9093;
const PORT_EMULATOR: u16 = 9092;

/// Where events go, and with which credentials.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Settings {
    pub(crate) host: String,
    pub(crate) port: u16,
    pub(crate) has_tls: bool,
    pub(crate) hub: String,
    /// The connection string itself is the password.
    pub(crate) password: String,
}

impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{} {} {}", self.host, self.port, self.has_tls, self.hub)
    }
}

impl Settings {
    /// Reads a connection string; `hub` is named beside it, unless it names one itself. Messages tell no values.
    pub(crate) fn parse(text: &str, hub: &str) -> Result<Settings, String> {
        let (mut endpoint, mut path, mut has_key_name, mut has_key, mut is_emulator) =
            (None, None, false, false, false);
        for part in text.split(';').map(str::trim).filter(|part| !part.is_empty()) {
            let (name, value) = part.split_once('=').ok_or("it is not a list of `name=value`")?;
            match name.trim().to_ascii_lowercase().as_str() {
                "endpoint" => endpoint = Some(value.trim()),
                "sharedaccesskeyname" => has_key_name = !value.is_empty(),
                "sharedaccesskey" => has_key = !value.is_empty(),
                "entitypath" => path = Some(value.trim()),
                "usedevelopmentemulator" => is_emulator = value.trim().eq_ignore_ascii_case("true"),
                other => return Err(format!("the option `{other}` is not supported")),
            }
        }
        if !has_key_name || !has_key {
            return Err("it has no SharedAccessKeyName and SharedAccessKey".to_owned());
        }
        let wanted = "its Endpoint is not of the form `sb://namespace.servicebus.windows.net/`";
        let authority =
            endpoint.and_then(|endpoint| endpoint.strip_prefix("sb://")).ok_or(wanted)?.trim_end_matches('/');
        let (host, port) = match authority.rsplit_once(':') {
            Some((host, port)) => (host, port.parse().map_err(|_| wanted)?),
            None => (authority, if is_emulator { PORT_EMULATOR } else { PORT }),
        };
        if host.is_empty() || host.contains(['/', '@', ' ', ':']) || port == 0 {
            return Err(wanted.to_owned());
        }
        if host.parse::<IpAddr>().is_ok_and(is_metadata_address) {
            return Err("its Endpoint is an address of instance metadata, which are not called".to_owned());
        }
        let hub = match (path, hub.trim()) {
            (Some(path), hub) if !hub.is_empty() && hub != path => {
                return Err("its EntityPath is another hub than `name` says".to_owned());
            }
            (Some(path), _) if !path.is_empty() => path,
            (_, "") => return Err("neither `name` nor EntityPath says which hub".to_owned()),
            (_, hub) => hub,
        };
        let (host, hub) = (host.to_owned(), hub.to_owned());
        Ok(Settings { host, port, has_tls: !is_emulator, hub, password: text.trim().to_owned() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEYS: &str = "SharedAccessKeyName=send;SharedAccessKey=s3cret=";

    #[test]
    fn what_portals_show_is_understood() {
        let text = format!("Endpoint=sb://ns.test/;{KEYS};EntityPath=hub");
        let settings = Settings::parse(&text, "").expect("settings");
        assert_eq!((settings.host.as_str(), settings.port, settings.has_tls), ("ns.test", 9093, true));
        assert_eq!((settings.hub.as_str(), settings.password), ("hub", text));
        let text = format!("Endpoint=sb://localhost;{KEYS};UseDevelopmentEmulator=true;");
        let settings = Settings::parse(&text, "hub").expect("settings");
        assert_eq!((settings.port, settings.has_tls, settings.hub.as_str()), (9092, false, "hub"));
    }

    #[test]
    fn what_is_not_understood_is_named_and_secrets_are_not_told() {
        for (text, hub, told) in [
            ("", "h", "no SharedAccessKeyName"),
            ("s3cret", "h", "not a list"),
            ("Endpoint=sb://a/", "h", "no SharedAccessKeyName"),
            (&format!("Endpoint=https://a/;{KEYS}"), "h", "Endpoint"),
            (&format!("Endpoint=sb://a:x/;{KEYS}"), "h", "Endpoint"),
            (&format!("Endpoint=sb://169.254.169.254/;{KEYS}"), "h", "instance metadata"),
            (&format!("Endpoint=sb://a/;{KEYS}"), "", "which hub"),
            (&format!("Endpoint=sb://a/;{KEYS};EntityPath=b"), "h", "another hub"),
            (
                &format!("Endpoint=sb://a/;{KEYS};TransportType=s3cret"),
                "h",
                "`transporttype` is not supported",
            ),
        ] {
            let error = Settings::parse(text, hub).expect_err(text);
            assert!(error.contains(told) && !error.contains("s3cret"), "{text}: {error}");
        }
    }
}
