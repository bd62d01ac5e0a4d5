//! Tokens and credentials in expressions.

use serde_json::json;

use super::{eval_in, table};

#[test]
fn tokens_and_credentials_are_read() {
    let token = "eyJhbGciOiJSUzI1NiIsInR5cCI6IkpXVCJ9.eyJpc3MiOiJtZSIsInN1YiI6InlvdSIsImF1ZCI6WyJhIiwiYiJdLCJleHAiOjE3MDAwMDAwMDAsImp0aSI6IjciLCJyb2xlcyI6WyJyIiwicyJdLCJuIjo1LCJvIjp7IngiOlsxXX19.c2ln";
    let headers = json!({ "request": { "headers": {
        "Authorization": [format!("Bearer {token}")],
        "Basic": ["Basic dXNlcjpwYTpzcw=="],
    } } });
    let jwt = |rest: &str| format!("context.Request.Headers[\"Authorization\"][0].AsJwt(){rest}");
    let basic = |rest: &str| format!("context.Request.Headers[\"Basic\"][0].AsBasic(){rest}");
    for (source, wanted) in [
        (jwt(".Algorithm"), "String RS256"),
        (jwt(".Type"), "String JWT"),
        (jwt(".Id"), "String 7"),
        (jwt(".Issuer"), "String me"),
        (jwt(".Subject"), "String you"),
        (jwt(".Audiences.Count()"), "Int32 2"),
        (jwt(".ExpirationTime"), "DateTime 11/14/2023 22:13:20"),
        (jwt(".ExpirationTime.Value.Kind == DateTimeKind.Utc"), "CS1061 `DateTime` has no member `Kind`"),
        (jwt(".IssuedAt == null"), "Boolean True"),
        (jwt(".Claims[\"roles\"].Length"), "Int32 2"),
        (jwt(".Claims[\"ROLES\"][1]"), "String s"),
        (jwt(".Claims[\"n\"][0]"), "String 5"),
        (jwt(".Claims[\"o\"].First()"), r#"String {"x":[1]}"#),
        // What is missing is no error: an array of nothing.
        (jwt(".Claims[\"missing\"].Length"), "Int32 0"),
        (jwt(".Claims[\"missing\"].FirstOrDefault() == null"), "Boolean True"),
        (jwt(".Claims.ContainsKey(\"missing\")"), "Boolean False"),
        (jwt(".Claims.GetValueOrDefault(\"roles\")"), "String r,s"),
        (jwt(".Claims.GetValueOrDefault(\"missing\", \"none\")"), "String none"),
        (jwt("?.Claims.GetValueOrDefault(\"missing\") ?? \"null\""), "String null"),
        (jwt(".Claims.Count"), "Int32 8"),
        (jwt(".Claims.Select(c => c.Key).First()"), "String iss"),
        (jwt(".Claims.Any(c => c.Value.Contains(\"s\"))"), "Boolean True"),
        (basic(".UserId"), "String user"),
        (basic(".Username"), "String user"),
        (basic(".Password"), "String pa:ss"),
        (basic("").clone(), "BasicAuthCredentials Microsoft.Azure.ApiManagement.Expressions.BasicAuthCredentials"),
        ("{ Jwt jwt; return context.Request.Headers[\"Authorization\"][0].TryParseJwt(out jwt) ? jwt.Issuer : \"none\"; }".to_owned(), "String me"),
    ] {
        assert_eq!(eval_in(&source, headers.clone()), wanted, "{source}");
    }
}

#[test]
fn what_is_no_credential_is_null() {
    table(&[
        (r#""nonsense".AsJwt()"#, "null"),
        (r#"((string)null).AsJwt()"#, "null"),
        (r#""nonsense".AsBasic()"#, "null"),
        (r#"{ Jwt jwt; return "a.b".TryParseJwt(out jwt) || jwt != null; }"#, "Boolean False"),
        (
            r#"{ BasicAuthCredentials it; return "Basic Og==".TryParseBasic(out it) && it.UserId == ""; }"#,
            "Boolean True",
        ),
        (r#"{ BasicAuthCredentials it; return "Bearer Og==".TryParseBasic(out it); }"#, "Boolean False"),
        (
            r#""nonsense".AsJwt().Issuer"#,
            "throw System.NullReferenceException: Object reference not set to an instance of an object.",
        ),
    ]);
}

#[test]
fn authorization_of_a_connection_has_token_and_claims() {
    let request = json!({ "variables": { "auth": {
        "type": "Authorization",
        "value": { "accessToken": "t0ken", "claims": { "scope": "read" } },
    } } });
    for (source, wanted) in [
        ("\"Bearer \" + ((Authorization)context.Variables[\"auth\"])?.AccessToken", "String Bearer t0ken"),
        (
            "(string)context.Variables.GetValueOrDefault<Authorization>(\"auth\").Claims[\"scope\"]",
            "String read",
        ),
        ("((Authorization)context.Variables[\"auth\"]).Claims.ContainsKey(\"x\")", "Boolean False"),
        ("context.Variables.GetValueOrDefault<Authorization>(\"none\") == null", "Boolean True"),
    ] {
        assert_eq!(eval_in(source, request.clone()), wanted, "{source}");
    }
}
