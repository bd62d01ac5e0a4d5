//! Where the secrets of each kind lie, so that they can be taken out before anything is proposed.
//!
//! One idea: a resource that has been admitted holds no secret at all; what it held is sealed
//! beside it by field path. Reads are redacted by construction.

use hanse_proto::v1::resource::Spec;

/// A secret of a resource, in the clear.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret {
    /// Field path within the spec: `primaryKey`, `credentials.header/X-Key/0`.
    pub path: String,
    /// Plaintext, never empty.
    pub value: String,
}

/// Characters of a subscription key, at most.
pub const KEY_CHARS_MAX: usize = 256;
/// Characters of a certificate with its key, at most.
pub const CERTIFICATE_CHARS_MAX: usize = 64 * 1024;
/// Characters of any other secret, at most.
pub const SECRET_CHARS_MAX: usize = 4_096;

impl Secret {
    /// What is wrong with it, without repeating it; behind the seal nobody can look any more.
    /// `spec` is what it was taken from.
    pub fn finding(&self, spec: &Spec) -> Option<String> {
        let is_key = matches!(spec, Spec::Subscription(_));
        let max = match spec {
            Spec::Subscription(_) => KEY_CHARS_MAX,
            Spec::Certificate(_) | Spec::HostnameBinding(_) => CERTIFICATE_CHARS_MAX,
            _ => SECRET_CHARS_MAX,
        };
        let chars = self.value.chars().count();
        if chars > max {
            return Some(format!("a secret of {chars} characters; at most {max} are allowed"));
        }
        if self.value.trim().is_empty() {
            return Some("blank; at least one character other than white space is required".to_owned());
        }
        if is_key && !self.value.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Some(
                "a key must hold visible ASCII characters alone, for it travels in a header".to_owned(),
            );
        }
        let travels = matches!(spec, Spec::Backend(_));
        if travels && self.value.contains(char::is_control) {
            return Some(
                "a credential must not hold control characters, for it travels in a request".to_owned(),
            );
        }
        None
    }
}

/// Takes every secret out of a spec; empty ones are left out, which means "as it was".
pub fn take(spec: &mut Spec) -> Vec<Secret> {
    let slots = hanse_model::secrets(spec).into_iter().filter(|slot| !slot.value.is_empty());
    slots.map(|slot| Secret { path: slot.path, value: std::mem::take(slot.value) }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use hanse_proto::v1;

    #[test]
    fn an_admitted_backend_holds_no_secret() {
        let mut spec = Spec::Backend(v1::Backend {
            url: "http://127.0.0.1".into(),
            credentials: Some(v1::BackendCredentials {
                authorization: Some(v1::AuthorizationCredentials {
                    scheme: "Basic".into(),
                    parameter: "s3cr3t-a".into(),
                }),
                header: [("X-Key".to_owned(), v1::StringList { values: vec!["s3cr3t-b".into()] })].into(),
                query: [("code".to_owned(), v1::StringList { values: vec!["s3cr3t-c".into()] })].into(),
                ..Default::default()
            }),
            proxy: Some(v1::BackendProxy { password: "s3cr3t-d".into(), ..Default::default() }),
            ..Default::default()
        });
        let paths: Vec<String> = take(&mut spec).into_iter().map(|secret| secret.path).collect();
        assert_eq!(
            paths,
            [
                "credentials.authorization.parameter",
                "credentials.header/X-Key/0",
                "credentials.query/code/0",
                "proxy.password"
            ]
        );
        assert!(!format!("{spec:?}").contains("s3cr3t"));
    }

    #[test]
    fn secrets_are_checked_before_they_are_sealed() {
        let key = Spec::Subscription(v1::Subscription::default());
        let named = Spec::NamedValue(v1::NamedValue::default());
        let backend = Spec::Backend(v1::Backend::default());
        let wrong = |spec: &Spec, value: &str| {
            let secret = Secret { path: String::new(), value: value.to_owned() };
            secret.finding(spec).is_some()
        };
        let text = |chars: usize| "x".repeat(chars);
        assert!(!wrong(&key, &text(KEY_CHARS_MAX)) && wrong(&key, &text(KEY_CHARS_MAX + 1)));
        assert!(!wrong(&named, &text(SECRET_CHARS_MAX)) && wrong(&named, &text(SECRET_CHARS_MAX + 1)));
        assert!(wrong(&key, "a b") && wrong(&key, "a\n") && wrong(&key, "schlüssel"));
        assert!(!wrong(&named, "two\nlines") && wrong(&named, " \t"));
        assert!(wrong(&backend, "a\r\nX-Admin: 1") && !wrong(&backend, "Bearer a b"));
    }

    #[test]
    fn a_plain_named_value_stays_and_a_secret_one_goes() {
        let named =
            |secret| Spec::NamedValue(v1::NamedValue { value: "v".into(), secret, ..Default::default() });
        assert_eq!(take(&mut named(false)).len(), 0);
        assert_eq!(take(&mut named(true)).len(), 1);
    }
}
