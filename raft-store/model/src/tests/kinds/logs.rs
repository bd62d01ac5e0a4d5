//! Loggers, diagnostics, and what else a gateway needs from outside: certificates, caches, tokens.

use super::*;

#[test]
fn loggers() {
    let check = |edit: &dyn Fn(&mut v1::Logger), fields: &[&str]| {
        let mut spec = v1::Logger { logger_type: "azureMonitor".into(), ..Default::default() };
        edit(&mut spec);
        check(put("loggers/new", Spec::Logger(spec)), fields);
    };
    check(&|logger| logger.logger_type = "azureEventHub".into(), &[]);
    check(&|logger| logger.logger_type = "file".into(), &["loggerType"]);
    check(&|logger| logger.logger_type.clear(), &["loggerType"]);
    check(&|logger| logger.description = text(256), &[]);
    check(&|logger| logger.description = text(257), &["description"]);
    check(&|logger| logger.resource_id = text(2_000), &[]);
    check(&|logger| logger.resource_id = text(2_001), &["resourceId"]);
    let credentials = |count: usize, value: &str| {
        (0..count).map(|index| (format!("c{index:02}"), value.to_owned())).collect()
    };
    check(&|logger| logger.credentials = credentials(20, "{{taken}}"), &[]);
    check(&|logger| logger.credentials = credentials(21, "{{taken}}"), &["credentials"]);
    check(&|logger| logger.credentials = credentials(1, "plain"), &["credentials/c00", "credentials/c00"]);
    check(&|logger| logger.credentials = credentials(1, ""), &["credentials/c00"]);
}

#[test]
fn diagnostics() {
    let check_spec = |edit: &dyn Fn(&mut v1::Diagnostic), fields: &[&str]| {
        let mut spec = v1::Diagnostic { logger_id: "loggers/log".into(), ..Default::default() };
        edit(&mut spec);
        check(put("diagnostics/azuremonitor", Spec::Diagnostic(spec)), fields);
    };
    check_spec(&|diagnostic| diagnostic.always_log = "allErrors".into(), &[]);
    check_spec(&|diagnostic| diagnostic.always_log = "all".into(), &["alwaysLog"]);
    let sampling = |kind: &str, percentage| {
        Some(v1::DiagnosticSampling { sampling_type: kind.into(), percentage: Some(percentage) })
    };
    for percentage in [0.0, 100.0] {
        check_spec(&|diagnostic| diagnostic.sampling = sampling("fixed", percentage), &[]);
    }
    for percentage in [-0.1, 100.1, f64::NAN] {
        check_spec(
            &|diagnostic| diagnostic.sampling = sampling("fixed", percentage),
            &["sampling.percentage"],
        );
    }
    check_spec(&|diagnostic| diagnostic.sampling = sampling("adaptive", 1.0), &["sampling.samplingType"]);
    let frontend = |bytes, header: &str, mode: &str, masked: usize| {
        let mask = v1::DiagnosticMask { value: text(masked), mode: mode.into() };
        let message = v1::DiagnosticMessage {
            headers: vec![header.into()],
            body: Some(v1::DiagnosticBody { bytes }),
            data_masking: Some(v1::DiagnosticMasking { headers: vec![mask], query_params: Vec::new() }),
        };
        Some(v1::DiagnosticPipeline { request: Some(message), response: None })
    };
    check_spec(&|diagnostic| diagnostic.frontend = frontend(8_192, "X-Id", "Hide", 256), &[]);
    check_spec(
        &|diagnostic| diagnostic.frontend = frontend(8_193, "X Id", "hide", 257),
        &[
            "frontend.request.headers[0]",
            "frontend.request.body.bytes",
            "frontend.request.dataMasking.headers.value",
            "frontend.request.dataMasking.headers.mode",
        ],
    );
    check_spec(
        &|diagnostic| diagnostic.http_correlation_protocol = "w3c".into(),
        &["httpCorrelationProtocol"],
    );
    check_spec(&|diagnostic| diagnostic.verbosity = "debug".into(), &["verbosity"]);
    check_spec(&|diagnostic| diagnostic.operation_name_format = "Path".into(), &["operationNameFormat"]);
    let model = |size| {
        let requests = v1::DiagnosticModelMessages { messages: "all".into(), max_size_in_bytes: Some(size) };
        Some(v1::DiagnosticLanguageModel {
            logs: "enabled".into(),
            requests: Some(requests),
            responses: None,
        })
    };
    check_spec(&|diagnostic| diagnostic.large_language_model = model(262_144), &[]);
    for size in [0, 262_145] {
        check_spec(
            &|diagnostic| diagnostic.large_language_model = model(size),
            &["largeLanguageModel.requests.maxSizeInBytes"],
        );
    }
    check(diagnostic("apis/a/diagnostics/local", "loggers/log"), &[]);
    check(diagnostic("workspaces/w/diagnostics/local", "loggers/log"), &[]);
    check(diagnostic("diagnostics/local", ""), &["loggerId"]);
    check(diagnostic("diagnostics/local", "loggers/none"), &["loggerId"]);
    check(diagnostic("diagnostics/local", "workspaces/w/loggers/log"), &["loggerId"]);
    check(diagnostic("workspaces/w/diagnostics/local", "workspaces/v/loggers/log"), &["loggerId"]);
}

#[test]
fn a_logger_in_use_stays_and_the_diagnostics_are_named() {
    let mut world = populated();
    world.ok(vec![
        diagnostic("workspaces/w/diagnostics/local", "loggers/log"),
        diagnostic("workspaces/w/apis/a/diagnostics/local", "loggers/log"),
    ]);
    world.refused_once(
        vec![delete("workspaces/w/loggers/log")],
        code::CONFLICT,
        "it is used by `workspaces/w/apis/a/diagnostics/local`, `workspaces/w/diagnostics/local`",
    );
    world.ok(vec![delete("loggers/log")]);
    world.ok(vec![delete("workspaces/w")]);
}

#[test]
fn certificates() {
    let bare = |edit: &dyn Fn(&mut v1::Certificate)| {
        let mut spec = v1::Certificate::default();
        edit(&mut spec);
        put("certificates/new", Spec::Certificate(spec))
    };
    check(with_secret(bare(&|_| {}), "data", "pfx"), &[]);
    check(bare(&|_| {}), &["data"]);
    check(bare(&|certificate| certificate.data = "plain".into()), &["data", "data"]);
    check(with_secret(bare(&|certificate| certificate.password = "p".into()), "data", "pfx"), &["password"]);
    let vault =
        |chars: usize| v1::KeyVaultReference { secret_identifier: "u".repeat(chars), ..Default::default() };
    check(bare(&|certificate| certificate.key_vault = Some(vault(2_000))), &[]);
    check(bare(&|certificate| certificate.key_vault = Some(vault(2_001))), &["keyVault.secretIdentifier"]);
    check(bare(&|certificate| certificate.key_vault = Some(vault(0))), &["keyVault.secretIdentifier"]);
}

#[test]
fn ca_certificates() {
    let check = |chars: usize, store: &str, fields: &[&str]| {
        let spec = v1::CaCertificate {
            encoded_certificate: "M".repeat(chars),
            store_name: store.into(),
            ..Default::default()
        };
        check(put("caCertificates/new", Spec::CaCertificate(spec)), fields);
    };
    check(64 * 1024, "Root", &[]);
    check(64 * 1024 + 1, "CertificateAuthority", &["encodedCertificate"]);
    check(0, "", &["encodedCertificate"]);
    check(1, "My", &["storeName"]);
}

#[test]
fn caches() {
    let check = |edit: &dyn Fn(&mut v1::Cache), fields: &[&str]| {
        let mut spec = v1::Cache { use_from_location: "default".into(), ..Default::default() };
        edit(&mut spec);
        let change = put("workspaces/w/caches/default", Spec::Cache(spec));
        check(with_secret(change, "connectionString", "redis"), fields);
    };
    check(&|cache| cache.use_from_location = text(256), &[]);
    check(&|cache| cache.use_from_location = text(257), &["useFromLocation"]);
    check(&|cache| cache.use_from_location.clear(), &["useFromLocation"]);
    check(&|cache| cache.description = text(2_000), &[]);
    check(&|cache| cache.description = text(2_001), &["description"]);
    check(&|cache| cache.resource_id = text(2_001), &["resourceId"]);
    check(&|cache| cache.connection_string = "plain".into(), &["connectionString"]);
    let without_secret = v1::Cache { use_from_location: "default".into(), ..Default::default() };
    super::check(put("caches/default", Spec::Cache(without_secret)), &["connectionString"]);
}

#[test]
fn token_sources() {
    let check = |edit: &dyn Fn(&mut v1::TokenSource), fields: &[&str]| {
        let mut spec = v1::TokenSource {
            token_endpoint: "https://idp.test/token".into(),
            client_id: "c".into(),
            ..Default::default()
        };
        edit(&mut spec);
        check(put("tokenSources/new", Spec::TokenSource(spec)), fields);
    };
    check(&|source| source.display_name = text(300), &[]);
    check(&|source| source.display_name = text(301), &["displayName"]);
    check(&|source| source.description = text(1_001), &["description"]);
    check(&|source| source.r#type = "password".into(), &["type"]);
    check(&|source| source.token_endpoint.clear(), &["tokenEndpoint"]);
    check(&|source| source.client_id = text(256), &[]);
    check(&|source| source.client_id = text(257), &["clientId"]);
    check(&|source| source.scope = text(1_001), &["scope"]);
    check(&|source| source.client_secret = "plain".into(), &["clientSecret"]);
    let file = |path: &str| {
        let path = path.to_owned();
        move |source: &mut v1::TokenSource| {
            *source = v1::TokenSource {
                r#type: "workloadToken".into(),
                token_file: path.clone(),
                ..Default::default()
            }
        }
    };
    check(&file("/run/token"), &[]);
    let mut spec = v1::TokenSource::default();
    file("/run/token")(&mut spec);
    super::check(put("workspaces/w/tokenSources/new", Spec::TokenSource(spec)), &["type"]);
    check(&file(""), &["tokenFile"]);
    check(&file(&"f".repeat(1_001)), &["tokenFile"]);
}

#[test]
fn authorization_providers_and_their_connections() {
    let check_provider = |edit: &dyn Fn(&mut v1::AuthorizationProvider), fields: &[&str]| {
        let mut spec = v1::AuthorizationProvider { identity_provider: "aad".into(), ..Default::default() };
        edit(&mut spec);
        check(put("workspaces/w/authorizationProviders/new", Spec::AuthorizationProvider(spec)), fields);
    };
    check_provider(&|provider| provider.display_name = text(300), &[]);
    check_provider(&|provider| provider.display_name = text(301), &["displayName"]);
    check_provider(&|provider| provider.identity_provider = text(256), &[]);
    check_provider(&|provider| provider.identity_provider.clear(), &["identityProvider"]);
    let grants = |redirect_url: &str, count: usize, secret: &str| {
        let mut parameters: std::collections::BTreeMap<String, String> =
            (1..count).map(|index| (format!("p{index}"), text(4_096))).collect();
        parameters.insert("clientSecret".into(), secret.into());
        let grants = v1::AuthorizationProviderGrants { client_credentials: parameters, ..Default::default() };
        Some(v1::AuthorizationProviderOAuth2 { redirect_url: redirect_url.into(), grant_types: Some(grants) })
    };
    check_provider(&|provider| provider.oauth2 = grants("https://a.test/", 50, ""), &[]);
    check_provider(
        &|provider| provider.oauth2 = grants("a.test", 51, "plain"),
        &[
            "oauth2.redirectUrl",
            "oauth2.grantTypes.clientCredentials",
            "oauth2.grantTypes.clientCredentials/clientSecret",
        ],
    );

    const CONNECTION: &str = "authorizationProviders/taken/authorizations/new";
    let check_connection = |edit: &dyn Fn(&mut v1::Authorization), fields: &[&str]| {
        let mut spec =
            v1::Authorization { o_auth2_grant_type: "ClientCredentials".into(), ..Default::default() };
        edit(&mut spec);
        check(put(CONNECTION, Spec::Authorization(spec)), fields);
    };
    check_connection(&|connection| connection.authorization_type = "OAuth2".into(), &[]);
    check_connection(&|connection| connection.authorization_type = "Basic".into(), &["authorizationType"]);
    check_connection(&|connection| connection.o_auth2_grant_type.clear(), &["oAuth2GrantType"]);
    let parameter = |value: &str| [("clientId".to_owned(), value.to_owned())].into();
    check_connection(
        &|connection| connection.parameters = parameter("plain"),
        &["parameters/clientId", "parameters/clientId"],
    );
    check_connection(&|connection| connection.parameters = parameter(""), &["parameters/clientId"]);
    check(connection("authorizationProviders/none/authorizations/new"), &[""]);

    let check_policy = |edit: &dyn Fn(&mut v1::AuthorizationAccessPolicy), fields: &[&str]| {
        let mut spec = v1::AuthorizationAccessPolicy { object_id: "o".into(), ..Default::default() };
        edit(&mut spec);
        let name = "authorizationProviders/taken/authorizations/taken/accessPolicies/new";
        check(put(name, Spec::AuthorizationAccessPolicy(spec)), fields);
    };
    check_policy(&|policy| policy.object_id = text(256), &[]);
    check_policy(&|policy| policy.object_id = text(257), &["objectId"]);
    check_policy(&|policy| policy.object_id.clear(), &["objectId"]);
    check_policy(&|policy| policy.tenant_id = text(257), &["tenantId"]);
    check_policy(&|policy| policy.app_ids = vec!["a".into(); 100], &[]);
    check_policy(&|policy| policy.app_ids = vec!["a".into(); 101], &["appIds"]);
}
