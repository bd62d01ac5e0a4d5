//! Tokens that the gateway gets for itself: how each is asked for, and what an answer says.
//!
//! One idea: whatever a token is called, in the end it is a form that is sent to an endpoint, or a file on
//! the node. Pure: nothing is sent or read here.

use serde_json::Value;
use std::{fmt, path::PathBuf, time::Duration};

/// Largest token, in bytes; no header takes more.
pub(crate) const TOKEN_BYTES_MAX: usize = 16 * 1024;
/// Where an endpoint does not say how long a token is valid.
const LIFETIME_DEFAULT: Duration = Duration::from_secs(5 * 60);
/// Nobody's token is taken to be valid for longer.
const LIFETIME_MAX: Duration = Duration::from_secs(24 * 60 * 60);
/// Characters of an endpoint's error that are repeated.
const ERROR_CHARS_MAX: usize = 200;

/// How a token source gets tokens.
pub(crate) struct TokenSource {
    /// In lower case.
    pub(crate) id: Box<str>,
    pub(crate) client_id: Box<str>,
    way: Way,
    /// Asked for in the place of what a policy names.
    scope: Box<str>,
    pub(crate) revision: u64,
}

enum Way {
    ClientCredentials { endpoint: String, secret: Option<Box<str>> },
    Workload { file: PathBuf, endpoint: Option<String> },
}

/// How one token is asked for.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Asking {
    Form(Form),
    /// What is in a file is the token, or goes into a form as what proves who asks.
    File(PathBuf, Option<Form>),
}

/// What is sent to an endpoint.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Form {
    pub(crate) endpoint: String,
    pub(crate) fields: Vec<(&'static str, String)>,
}

/// A connection of a credential provider.
#[derive(Debug)]
pub(crate) struct Connection {
    pub(crate) form: Form,
    /// Of the provider and of the connection.
    pub(crate) revisions: (u64, u64),
}

/// What an endpoint gave.
#[derive(PartialEq, Eq)]
pub(crate) struct Given {
    pub(crate) token: String,
    pub(crate) lifetime: Duration,
    /// What else it said, in the order of names.
    pub(crate) claims: Vec<(String, String)>,
}

/// Shows nothing that is secret.
impl fmt::Debug for Form {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Form({})", self.endpoint)
    }
}

/// Shows nothing that is secret.
impl fmt::Debug for Given {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Given({:?})", self.lifetime)
    }
}

impl TokenSource {
    pub(crate) fn client_credentials(
        id: &str,
        endpoint: &str,
        client_id: &str,
        secret: Option<&str>,
        scope: &str,
        revision: u64,
    ) -> TokenSource {
        let way = Way::ClientCredentials { endpoint: endpoint.to_owned(), secret: secret.map(Into::into) };
        TokenSource { id: id.into(), client_id: client_id.into(), way, scope: scope.into(), revision }
    }

    /// With an endpoint, the file's token is exchanged there for another.
    pub(crate) fn workload(
        id: &str,
        file: &str,
        endpoint: &str,
        client_id: &str,
        scope: &str,
        revision: u64,
    ) -> TokenSource {
        let endpoint = Some(endpoint.to_owned()).filter(|endpoint| !endpoint.is_empty());
        let way = Way::Workload { file: file.into(), endpoint };
        TokenSource { id: id.into(), client_id: client_id.into(), way, scope: scope.into(), revision }
    }

    /// A token for a resource.
    pub(crate) fn asking(&self, resource: &str) -> Asking {
        match &self.way {
            Way::ClientCredentials { endpoint, secret } => {
                let mut form = self.form(endpoint, resource);
                form.fields.extend(secret.iter().map(|secret| ("client_secret", secret.to_string())));
                Asking::Form(form)
            }
            Way::Workload { file, endpoint } => {
                Asking::File(file.clone(), endpoint.as_ref().map(|endpoint| self.form(endpoint, resource)))
            }
        }
    }

    fn form(&self, endpoint: &str, resource: &str) -> Form {
        let mut fields = vec![("grant_type", "client_credentials".to_owned())];
        fields.push(("client_id", self.client_id.to_string()));
        fields.extend(audience(endpoint, &self.scope, resource));
        Form { endpoint: endpoint.to_owned(), fields }
    }
}

/// What a token is for. The second version of Entra has scopes alone; others have `resource` (RFC 8707).
fn audience(endpoint: &str, scope: &str, resource: &str) -> Vec<(&'static str, String)> {
    const SECOND_OF_ENTRA: &str = "/oauth2/v2.0/token";
    let mut fields = Vec::new();
    match (endpoint.ends_with(SECOND_OF_ENTRA), scope) {
        (true, "") => fields.push(("scope", format!("{}/.default", resource.trim_end_matches("/.default")))),
        (false, "") => fields.push(("resource", resource.to_owned())),
        (true, scope) => fields.push(("scope", scope.to_owned())),
        (false, scope) => {
            fields.push(("scope", scope.to_owned()));
            fields.push(("resource", resource.to_owned()));
        }
    }
    fields
}

impl Connection {
    /// From the parameters of a provider's grant and of the connection, whose own come first.
    ///
    /// # Errors
    /// What is missing, or not supported.
    pub(crate) fn read(
        provider: &str,
        grant: &str,
        parameter: &dyn Fn(&str) -> Option<String>,
        revisions: (u64, u64),
    ) -> Result<Connection, String> {
        let required = |name: &str| parameter(name).ok_or_else(|| format!("`{name}` is missing"));
        let is_refresh = match grant {
            "ClientCredentials" => false,
            "AuthorizationCode" => true,
            other => return Err(format!("the grant `{other}` is not supported")),
        };
        let mut fields = match is_refresh {
            false => vec![("grant_type", "client_credentials".to_owned())],
            true => {
                vec![("grant_type", "refresh_token".to_owned()), ("refresh_token", required("refreshToken")?)]
            }
        };
        fields.push(("client_id", required("clientId")?));
        fields.extend(parameter("clientSecret").map(|secret| ("client_secret", secret)));
        let (scopes, resource) = (parameter("scopes"), parameter("resourceUri"));
        let own = if is_refresh { parameter("refreshUrl") } else { None };
        let endpoint = own.or_else(|| parameter("tokenUrl"));
        let endpoint = match endpoint {
            Some(endpoint) => endpoint,
            None if provider.eq_ignore_ascii_case("aad") => {
                let login =
                    parameter("loginUri").unwrap_or_else(|| "https://login.microsoftonline.com".to_owned());
                let tenant = required("tenantId")?;
                let version = if resource.is_some() { "" } else { "v2.0/" };
                format!("{}/{tenant}/oauth2/{version}token", login.trim_end_matches('/'))
            }
            None => return Err(format!("where `{provider}` gives tokens is not known; set `tokenUrl`")),
        };
        fields.extend(scopes.map(|scopes| ("scope", scopes)));
        fields.extend(resource.map(|resource| ("resource", resource)));
        Ok(Connection { form: Form { endpoint, fields }, revisions })
    }
}

impl Form {
    /// The same, with what proves who asks (RFC 7523).
    pub(crate) fn proven(mut self, assertion: &str) -> Form {
        let kind = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
        self.fields.push(("client_assertion_type", kind.to_owned()));
        self.fields.push(("client_assertion", assertion.to_owned()));
        self
    }

    /// As a body of `application/x-www-form-urlencoded`.
    pub(crate) fn body(&self) -> String {
        url::form_urlencoded::Serializer::new(String::new()).extend_pairs(&self.fields).finish()
    }
}

impl Given {
    /// Reads what an endpoint answered.
    ///
    /// # Errors
    /// Why it is no token, without secrets.
    pub(crate) fn read(status: u16, body: &[u8]) -> Result<Given, String> {
        let json: Option<Value> = serde_json::from_slice(body).ok();
        let text = |name: &str| json.as_ref().and_then(|json| json.get(name)).and_then(Value::as_str);
        if !(200..300).contains(&status) {
            let error: String = text("error").unwrap_or_default().chars().take(ERROR_CHARS_MAX).collect();
            return Err(format!("the token endpoint answered {status} {error}").trim_end().to_owned());
        }
        let token = text("access_token").ok_or("the token endpoint answered without a token")?;
        if token.len() > TOKEN_BYTES_MAX || !token.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err("the token endpoint answered with what no header can carry".to_owned());
        }
        let lifetime = json.as_ref().and_then(|json| json.get("expires_in"));
        let lifetime = lifetime.and_then(|it| it.as_u64().or_else(|| it.as_str()?.parse().ok()));
        let lifetime = lifetime.map_or(LIFETIME_DEFAULT, Duration::from_secs).min(LIFETIME_MAX);
        let members = json.as_ref().and_then(Value::as_object).into_iter().flatten();
        let others = members.filter(|(name, _)| !name.ends_with("_token"));
        let claims = others.map(|(name, value)| {
            (name.clone(), value.as_str().map_or_else(|| value.to_string(), str::to_owned))
        });
        Ok(Given { token: token.to_owned(), lifetime, claims: claims.collect() })
    }

    /// What is in a file is the token.
    ///
    /// # Errors
    /// Why it is none.
    pub(crate) fn of_file(text: &str) -> Result<Given, String> {
        let token = text.trim();
        match !token.is_empty()
            && token.len() <= TOKEN_BYTES_MAX
            && token.bytes().all(|it| it.is_ascii_graphic())
        {
            // Whoever writes the file replaces it in time; it is read again often.
            true => Ok(Given { token: token.to_owned(), lifetime: LIFETIME_DEFAULT, claims: Vec::new() }),
            false => Err("there is no token in the file".to_owned()),
        }
    }

    /// After this long it is asked for anew.
    pub(crate) fn rest(&self) -> Duration {
        let margin = (self.lifetime / 10).min(LIFETIME_DEFAULT);
        self.lifetime - margin
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields(asking: Asking) -> String {
        match asking {
            Asking::Form(form) => form.body(),
            Asking::File(file, form) => {
                format!("{} {}", file.display(), form.map_or(String::new(), |it| it.body()))
            }
        }
    }

    #[test]
    fn what_is_asked_for_depends_on_the_endpoint() {
        let of = |endpoint: &str, scope: &str| {
            let source = TokenSource::client_credentials("s", endpoint, "me", Some("p&w"), scope, 1);
            fields(source.asking("https://vault.test"))
        };
        let common = "grant_type=client_credentials&client_id=me";
        let resource = "resource=https%3A%2F%2Fvault.test&client_secret=p%26w";
        assert_eq!(of("https://i.test/token", ""), format!("{common}&{resource}"));
        assert_eq!(of("https://i.test/token", "a b"), format!("{common}&scope=a+b&{resource}"));
        let entra = "https://login.test/t/oauth2/v2.0/token";
        assert_eq!(
            of(entra, ""),
            format!("{common}&scope=https%3A%2F%2Fvault.test%2F.default&client_secret=p%26w")
        );
        assert_eq!(of(entra, "x"), format!("{common}&scope=x&client_secret=p%26w"));
        let file = TokenSource::workload("s", "/f", "", "me", "", 1);
        assert_eq!(fields(file.asking("r")), "/f ");
        let exchanged = TokenSource::workload("s", "/f", "https://i.test/token", "me", "", 1);
        assert_eq!(fields(exchanged.asking("r")), format!("/f {common}&resource=r"));
    }

    #[test]
    fn connections_say_what_they_lack() {
        let read = |provider: &str, grant: &str, parameters: &[(&str, &str)]| {
            let parameter = |name: &str| {
                parameters.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned())
            };
            Connection::read(provider, grant, &parameter, (1, 1))
                .map(|it| format!("{} {}", it.form.endpoint, it.form.body()))
        };
        let client =
            [("clientId", "c"), ("clientSecret", "s"), ("tokenUrl", "https://i.test/t"), ("scopes", "a")];
        assert_eq!(
            read("oauth2", "ClientCredentials", &client).as_deref(),
            Ok("https://i.test/t grant_type=client_credentials&client_id=c&client_secret=s&scope=a")
        );
        assert_eq!(
            read("aad", "ClientCredentials", &[("clientId", "c"), ("tenantId", "t"), ("resourceUri", "r")])
                .as_deref(),
            Ok(
                "https://login.microsoftonline.com/t/oauth2/token grant_type=client_credentials&client_id=c&resource=r"
            )
        );
        let refresh =
            [("refreshToken", "x"), ("clientId", "c"), ("tokenUrl", "t"), ("refreshUrl", "https://i.test/r")];
        assert_eq!(
            read("oauth2", "AuthorizationCode", &refresh).as_deref(),
            Ok("https://i.test/r grant_type=refresh_token&refresh_token=x&client_id=c")
        );
        for (provider, grant, parameters, part) in [
            ("oauth2", "ClientCredentials", &client[1..], "`clientId` is missing"),
            ("oauth2", "ClientCredentials", &client[..2], "set `tokenUrl`"),
            ("oauth2", "AuthorizationCode", &client[..], "`refreshToken` is missing"),
            ("aad", "ClientCredentials", &client[..2], "`tenantId` is missing"),
            ("oauth2", "Password", &client[..], "is not supported"),
        ] {
            let error = read(provider, grant, parameters).expect_err("refused");
            assert!(error.contains(part), "{error}: {part}");
        }
    }

    #[test]
    fn answers_are_read_with_care() {
        let given = Given::read(
            200,
            br#"{"access_token":"abc","expires_in":"3600","token_type":"Bearer","refresh_token":"r","n":1}"#,
        );
        let claims = [("expires_in", "3600"), ("n", "1"), ("token_type", "Bearer")];
        let claims = claims.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec();
        let lifetime = Duration::from_secs(3_600);
        assert_eq!(given, Ok(Given { token: "abc".into(), lifetime, claims }));
        let long = |bytes: usize| {
            Given::read(200, format!(r#"{{"access_token":"{}"}}"#, "x".repeat(bytes)).as_bytes())
        };
        assert!(long(TOKEN_BYTES_MAX).is_ok() && long(TOKEN_BYTES_MAX + 1).is_err());
        for (status, body, part) in [
            (
                401,
                r#"{"error":"invalid_client","error_description":"secret"}"#,
                "answered 401 invalid_client",
            ),
            (500, "<html>", "answered 500"),
            (200, "{}", "without a token"),
            (200, r#"{"access_token":"a\nb"}"#, "no header can carry"),
        ] {
            let error = Given::read(status, body.as_bytes()).expect_err("refused");
            assert!(error.ends_with(part), "{error}: {part}");
        }
    }

    #[test]
    fn tokens_are_asked_for_anew_shortly_before_they_end() {
        let rest = |seconds: u64| {
            let given =
                Given { token: String::new(), lifetime: Duration::from_secs(seconds), claims: Vec::new() };
            given.rest().as_secs()
        };
        assert_eq!((rest(0), rest(100), rest(3_600), rest(36_000)), (0, 90, 3_300, 35_700));
    }
}
