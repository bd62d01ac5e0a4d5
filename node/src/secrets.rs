//! Where the secrets of each kind lie, so that they can be taken out before anything is proposed.
//!
//! One idea: a resource that has been admitted holds no secret at all; what it held is sealed
//! beside it by field path. Reads are redacted by construction.

use hanse_proto::v1::{self, resource::Spec};

/// A secret of a resource, in the clear.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret {
    /// Field path within the spec: `primaryKey`, `credentials.header/X-Key/0`.
    pub path: String,
    /// Plaintext, never empty.
    pub value: String,
}

/// Takes every secret out of a spec; empty ones are left out, which means "as it was".
pub fn take(spec: &mut Spec) -> Vec<Secret> {
    let mut secrets = Vec::new();
    let mut take = |path: &str, value: &mut String| {
        if !value.is_empty() {
            secrets.push(Secret { path: path.to_owned(), value: std::mem::take(value) });
        }
    };
    match spec {
        Spec::Subscription(subscription) => {
            take("primaryKey", &mut subscription.primary_key);
            take("secondaryKey", &mut subscription.secondary_key);
        }
        Spec::NamedValue(named) if named.secret => take("value", &mut named.value),
        Spec::Backend(backend) => take_backend(backend, &mut take),
        Spec::NamedValue(_)
        | Spec::Workspace(_)
        | Spec::Api(_)
        | Spec::Operation(_)
        | Spec::Product(_)
        | Spec::ProductApiLink(_)
        | Spec::Policy(_)
        | Spec::Gateway(_)
        | Spec::GatewayLink(_) => {}
    }
    secrets
}

fn take_backend(backend: &mut v1::Backend, take: &mut impl FnMut(&str, &mut String)) {
    if let Some(credentials) = &mut backend.credentials {
        if let Some(authorization) = &mut credentials.authorization {
            take("credentials.authorization.parameter", &mut authorization.parameter);
        }
        for (field, map) in [("header", &mut credentials.header), ("query", &mut credentials.query)] {
            for (name, list) in map {
                for (index, value) in list.values.iter_mut().enumerate() {
                    take(&format!("credentials.{field}/{name}/{index}"), value);
                }
            }
        }
    }
    if let Some(proxy) = &mut backend.proxy {
        take("proxy.password", &mut proxy.password);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
    fn a_plain_named_value_stays_and_a_secret_one_goes() {
        let named = |secret| {
            Spec::NamedValue(v1::NamedValue { value: "v".into(), secret, ..Default::default() })
        };
        assert_eq!(take(&mut named(false)).len(), 0);
        assert_eq!(take(&mut named(true)).len(), 1);
    }
}
