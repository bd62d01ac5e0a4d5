//! Servers: which one becomes the backend of the API.
//!
//! One idea: the first HTTPS server that is a complete URL wins; every one that cannot be used is
//! told. Must not know operations.

use crate::cursor::Cursor;
use crate::edition::Edition;
use crate::import::Import;
use crate::text::shorten;
use crate::url;

/// A service URL may have this many characters.
pub(crate) const SERVICE_URL_CHARS_MAX: usize = 2_000;

impl<'a> Import<'a> {
    /// The service URL of the document.
    ///
    /// Differs from APIM: without any HTTPS server the first HTTP one is taken, with a warning,
    /// because an API without a backend answers nothing at all. On loopback nobody listens in, so
    /// that one comes without a warning.
    pub(crate) fn service_url(&mut self) -> Option<String> {
        let root = Cursor::root(self.root);
        let candidates =
            if self.edition == Edition::V2 { self.servers_of_v2(&root) } else { self.servers(&root) };
        if let Some((_, url)) = candidates.iter().find(|(_, url)| has_scheme(url, "https")) {
            return Some(url.clone());
        }
        let (at, url) = candidates.into_iter().find(|(_, url)| has_scheme(url, "http"))?;
        if !url::is_loopback(&url) {
            self.findings.warn(&at, format!("no server speaks HTTPS; `{}` is taken", shorten(&url)));
        }
        Some(url)
    }

    /// `servers` of OpenAPI 3, or `x-servers` of OpenAPI 2: those that are complete URLs.
    fn servers(&mut self, at: &Cursor<'a>) -> Vec<(Cursor<'a>, String)> {
        let list = at.get("servers").or_else(|| at.get("x-servers"));
        let servers: Vec<Cursor<'a>> = list.iter().flat_map(Cursor::items).collect();
        servers
            .into_iter()
            .filter_map(|server| {
                let text = server.text("url")?;
                let filled = self.fill(&server, text)?;
                let url = self.complete(&server, &filled)?;
                Some((server, url))
            })
            .collect()
    }

    /// `schemes`, `host` and `basePath` of OpenAPI 2.
    fn servers_of_v2(&mut self, root: &Cursor<'a>) -> Vec<(Cursor<'a>, String)> {
        if root.has("x-servers") {
            return self.servers(root);
        }
        let base_path = root.text("basePath").unwrap_or_default().trim();
        let base_path = base_path.strip_prefix('/').unwrap_or(base_path);
        let Some(host) = root.get("host") else {
            let Some(at) = root.get("basePath").filter(|_| self.options.document_url.is_some()) else {
                return Vec::new();
            };
            let url = self.complete(&at, &format!("/{base_path}"));
            return url.map(|url| (at, url)).into_iter().collect();
        };
        let Some(name) = host.node.scalar_text().map(str::trim) else { return Vec::new() };
        let schemes: Vec<&str> = root
            .get("schemes")
            .iter()
            .flat_map(Cursor::items)
            .filter_map(|scheme| scheme.node.as_str())
            .collect();
        let schemes = if schemes.is_empty() { vec!["https"] } else { schemes };
        schemes
            .into_iter()
            .filter_map(|scheme| {
                Some((host.clone(), self.complete(&host, &format!("{scheme}://{name}/{base_path}"))?))
            })
            .collect()
    }

    /// Puts the default of every variable into a server's URL.
    fn fill(&mut self, server: &Cursor<'a>, text: &str) -> Option<String> {
        let mut out = String::new();
        let mut rest = text;
        while let Some((before, behind)) = rest.split_once('{') {
            out.push_str(before);
            let Some((name, behind)) = behind.split_once('}') else {
                self.findings
                    .warn(server, "a `{` in the server URL is never closed, so this server cannot be used");
                return None;
            };
            let variable = server.get("variables").and_then(|variables| variables.get(name));
            let Some(default) = variable.as_ref().and_then(|variable| variable.text("default")) else {
                self.findings.warn(
                    server,
                    format!(
                        "server variable `{}` has no default, so this server cannot be used",
                        shorten(name)
                    ),
                );
                return None;
            };
            out.push_str(default);
            rest = behind;
            // Defaults may be long and stand often; `complete` tells that the URL is too long.
            if out.len() > SERVICE_URL_CHARS_MAX * 4 {
                return Some(out);
            }
        }
        out.push_str(rest);
        Some(out)
    }

    /// The absolute URL of a server without query and without slash at the end.
    fn complete(&mut self, at: &Cursor<'a>, text: &str) -> Option<String> {
        let text = text.trim();
        let is_relative = !text.contains("://");
        let joined = match &self.options.document_url {
            Some(base) if is_relative => url::join(base, text),
            _ => None,
        };
        let text = joined.as_deref().unwrap_or(text);
        let Some(parts) = url::absolute(text) else {
            let message = if is_relative {
                format!("server URL `{}` is relative; give the service URL yourself", shorten(text))
            } else {
                format!("server URL `{}` is no URL as `https://host/path`, so it is left out", shorten(text))
            };
            self.findings.warn(at, message);
            return None;
        };
        if parts.has_query {
            self.findings.warn(at, "a server URL has no query; it is left out");
        }
        let scheme = parts.scheme.to_ascii_lowercase();
        let url = format!("{scheme}://{}{}", parts.authority, parts.path.trim_end_matches('/'));
        let chars = url.chars().count();
        if chars > SERVICE_URL_CHARS_MAX {
            self.findings.warn(
                at,
                format!("the server URL has {chars} characters; at most {SERVICE_URL_CHARS_MAX} are allowed, so it is left out"),
            );
            return None;
        }
        Some(url)
    }
}

fn has_scheme(url: &str, scheme: &str) -> bool {
    url.split_once("://").is_some_and(|(own, _)| own == scheme)
}
