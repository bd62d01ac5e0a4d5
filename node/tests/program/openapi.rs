//! OpenAPI documents in and out, and certificates, with the program itself.

use super::refusals::{FAILED, path, says};
use crate::support::{Dev, both};

const PETS: &str = "openapi: 3.0.3\ninfo: {title: Pets, version: '1', license: {name: MIT}}\npaths:\n  /pets/{id}:\n    get:\n      operationId: showPet\n      \
    summary: Show a pet\n      parameters: [{name: id, in: path, required: true, schema: {type: integer}}]\n      responses:\n        \
    '200': {description: ok, content: {application/json: {schema: {$ref: '#/components/schemas/Pet'}, example: {name: Rex}}}}\n\
    components: {schemas: {Pet: {type: object, properties: {name: {type: string}}}}}\n";

#[test]
fn an_exported_api_imports_as_what_it_is() {
    let dev = Dev::start(1);
    let document = dev.file("pets.yaml", PETS);
    let import = |file: &str| {
        let url = "http://127.0.0.1:9";
        dev.json(&[
            "import",
            "openapi",
            file,
            "-w",
            "demo",
            "--api",
            "pets",
            "--service-url",
            url,
            "-o",
            "json",
        ])
    };
    let first = import(path(&document));
    assert_eq!((&first["created"], &first["updated"]), (&1.into(), &0.into()), "{first}");
    let schema = dev.json(&["get", "apischemas", "pets/", "-w", "demo", "-o", "json"]).to_string();
    assert!(schema.contains(r#""components":{"schemas":{"Pet""#), "{schema}");

    let exported = dev.json(&["openapi", "export", "pets", "-w", "demo", "-o", "json"]);
    assert_eq!(exported["info"]["title"], "Pets");
    let operation = &exported["paths"]["/pets/{id}"]["get"];
    assert_eq!((&operation["operationId"], &operation["summary"]), (&"showpet".into(), &"Show a pet".into()));
    let content = &operation["responses"]["200"]["content"]["application/json"];
    assert_eq!(content["schema"]["$ref"], "#/components/schemas/Pet");
    assert_eq!(content["example"]["name"], "Rex");
    let (host, _) = dev.demo();
    let servers = exported["servers"].to_string();
    assert!(servers.contains(&format!("http://{host}:{}/pets", dev.gateway_port(0))), "{servers}");
    assert_eq!(
        exported["components"]["securitySchemes"]["apiKeyHeader"]["name"],
        "Ocp-Apim-Subscription-Key"
    );

    let yaml = dev.ok(&["openapi", "export", "pets", "-w", "demo"]);
    assert!(yaml.starts_with("openapi: 3.0.3\n"), "{yaml}");
    let again = import(path(&dev.file("exported.yaml", &yaml)));
    let counts = [&again["created"], &again["updated"], &again["deleted"], &again["operations"]];
    assert_eq!(counts, [&0.into(), &0.into(), &0.into(), &serde_json::Value::from(1)], "{again}");
    let old = dev.ok(&["openapi", "export", "pets", "-w", "demo", "--version", "2"]);
    assert!(old.starts_with("swagger: \"2.0\"\n") && old.contains("host: "), "{old}");
    says(&dev.hanse(&["openapi", "export", "none", "-w", "demo"]), FAILED, &["no such resource"]);
}

#[test]
fn certificates_are_read_when_they_are_applied() {
    let dev = Dev::start(1);
    let mut params = rcgen::CertificateParams::new(vec!["client".to_owned()]).expect("a name");
    params.distinguished_name.push(rcgen::DnType::CommonName, "client");
    let key = rcgen::KeyPair::generate().expect("a key");
    let chain = params.self_signed(&key).expect("a certificate").pem();
    let manifest = |data: &str| {
        serde_json::json!({"name": "workspaces/demo/certificates/c", "certificate": {"data": data, "subject": "CN=forged"}})
            .to_string()
    };
    let refused = dev.file("broken.json", &manifest(&chain));
    says(&dev.hanse(&["apply", "-f", path(&refused)]), FAILED, &["data", "no private key"]);
    let good = dev.file("good.json", &manifest(&format!("{chain}{}", key.serialize_pem())));
    let out = dev.hanse(&["apply", "-f", path(&good)]);
    assert!(out.status.success(), "{}", both(&out));
    let read = || dev.json(&["get", "certificate", "c", "-w", "demo", "-o", "json"]);
    let certificate = read();
    assert!(certificate.to_string().contains(r#""subject":"CN=client""#), "{certificate}");
    assert!(!certificate.to_string().contains("PRIVATE KEY"), "{certificate}");
    let unchanged = dev.file("unchanged.json", &manifest(""));
    let out = dev.hanse(&["apply", "-f", path(&unchanged)]);
    assert!(out.status.success() && both(&out).contains("unchanged"), "{}", both(&out));
    assert_eq!(read(), certificate);
}
