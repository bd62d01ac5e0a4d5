//! The connection string of a cache, in the form that APIM takes: `host:port,password=…,ssl=True`.
//!
//! One idea: whatever is not understood is refused by name, so that no cache is used in another way than it says.

use std::{fmt, time::Duration};

const PORT: u16 = 6379;
const PORT_TLS: u16 = 6380;
/// Longest time that a connection string may set, in milliseconds.
const TIMEOUT_MS_MAX: u64 = 60_000;

/// Where a cache is, and how it is spoken to.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Settings {
    pub(crate) host: String,
    pub(crate) port: u16,
    /// The name that the server's certificate has to be for; `None`: no TLS.
    pub(crate) tls_name: Option<String>,
    pub(crate) user: Option<String>,
    pub(crate) password: Option<String>,
    pub(crate) database: i64,
    /// Of one question; `None`: what the data plane has for all.
    pub(crate) timeout: Option<Duration>,
}

impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{} {:?} {}", self.host, self.port, self.tls_name, self.database)
    }
}

impl Settings {
    /// Reads a connection string. Messages tell names of options, never values.
    pub(crate) fn parse(text: &str) -> Result<Settings, String> {
        let mut endpoint = None;
        let mut settings = Settings {
            host: String::new(),
            port: 0,
            tls_name: None,
            user: None,
            password: None,
            database: 0,
            timeout: None,
        };
        let (mut has_tls, mut tls_name) = (false, None);
        for part in text.split(',').map(str::trim).filter(|part| !part.is_empty()) {
            let Some((name, value)) = part.split_once('=') else {
                if endpoint.replace(part).is_some() {
                    return Err("it names several servers; one is expected".to_owned());
                }
                continue;
            };
            let (name, value) = (name.trim(), value.trim());
            match name.to_ascii_lowercase().as_str() {
                "password" => settings.password = Some(value.to_owned()),
                "user" => settings.user = Some(value.to_owned()),
                "ssl" => has_tls = flag(name, value)?,
                "sslhost" => tls_name = Some(value.to_owned()),
                "defaultdatabase" => {
                    let database = value.parse().ok().filter(|number| (0..=1_000_000).contains(number));
                    settings.database = database.ok_or("`defaultDatabase` is not a number from 0 on")?;
                }
                "connecttimeout" | "synctimeout" | "asynctimeout" => {
                    let ms = value.parse().ok().filter(|ms| (1..=TIMEOUT_MS_MAX).contains(ms));
                    let ms = ms.ok_or_else(|| {
                        format!("`{name}` is not within 1 to {TIMEOUT_MS_MAX} milliseconds")
                    })?;
                    // One time is for all of a question here: the longest that is said.
                    settings.timeout = settings.timeout.max(Some(Duration::from_millis(ms)));
                }
                // A lost connection is always made again, and no request fails for the lack of one.
                "abortconnect" => _ = flag(name, value)?,
                _ => {
                    return Err(format!(
                        "the option `{name}` is not supported; there are password, user, ssl, sslHost, defaultDatabase, \
                         connectTimeout, syncTimeout, asyncTimeout and abortConnect"
                    ));
                }
            }
        }
        let endpoint = endpoint.ok_or("it names no server; expected `host:port,password=…,ssl=True`")?;
        let (host, port) = match endpoint.rsplit_once(':') {
            Some((host, port)) => {
                let port: u16 =
                    port.parse().ok().filter(|port| *port > 0).ok_or("its port is not within 1 to 65535")?;
                (host, port)
            }
            None => (endpoint, if has_tls { PORT_TLS } else { PORT }),
        };
        if host.is_empty() || host.contains(['/', '@', ' ']) {
            return Err("it names no server; expected `host:port,password=…,ssl=True`".to_owned());
        }
        settings.host = host.trim_start_matches('[').trim_end_matches(']').to_owned();
        settings.port = port;
        settings.tls_name = has_tls.then(|| tls_name.unwrap_or_else(|| settings.host.clone()));
        Ok(settings)
    }
}

fn flag(name: &str, value: &str) -> Result<bool, String> {
    match value.to_ascii_lowercase().as_str() {
        "true" => Ok(true),
        "false" => Ok(false),
        _ => Err(format!("`{name}` is neither True nor False")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_portals_show_is_understood() {
        let settings = Settings::parse("c.redis.test:6380,password=a=b+/=,ssl=True,abortConnect=False")
            .expect("settings");
        assert_eq!((settings.host.as_str(), settings.port), ("c.redis.test", 6380));
        assert_eq!(settings.tls_name.as_deref(), Some("c.redis.test"));
        assert_eq!((settings.user, settings.password.as_deref()), (None, Some("a=b+/=")));
        let settings = Settings::parse(
            "10.0.0.1, user=u, sslHost=c.test, SSL=true, defaultDatabase=3, connectTimeout=500, syncTimeout=250",
        );
        let settings = settings.expect("settings");
        assert_eq!(
            (settings.port, settings.database, settings.tls_name.as_deref()),
            (6380, 3, Some("c.test"))
        );
        assert_eq!(settings.timeout, Some(Duration::from_millis(500)));
        let settings = Settings::parse("[::1]:7000,sslHost=ignored.test").expect("settings");
        assert_eq!((settings.host.as_str(), settings.port, settings.tls_name), ("::1", 7000, None));
        assert_eq!(Settings::parse("c.test").expect("settings").port, 6379);
    }

    #[test]
    fn what_is_not_understood_is_named_and_secrets_are_not_told() {
        for (text, told) in [
            ("", "names no server"),
            ("password=s3cret", "names no server"),
            ("a:1,b:2", "several servers"),
            ("a:0", "port"),
            ("a:x", "port"),
            ("rediss://:s3cret@a:1", "names no server"),
            ("a,ssl=s3cret", "`ssl` is neither"),
            ("a,proxy=Twemproxy", "`proxy` is not supported"),
            ("a,defaultDatabase=-1", "`defaultDatabase`"),
            ("a,syncTimeout=60001", "`syncTimeout` is not within"),
        ] {
            let error = Settings::parse(text).expect_err(text);
            assert!(error.contains(told) && !error.contains("s3cret"), "{text}: {error}");
        }
        assert!(Settings::parse("a,syncTimeout=60000").is_ok());
    }
}
