//! Named values, documents, and what they refer to.

use super::*;

#[test]
fn named_values() {
    let check = |edit: &dyn Fn(&mut v1::NamedValue), fields: &[&str]| {
        let mut spec = v1::NamedValue { display_name: "v".into(), value: "1".into(), ..Default::default() };
        edit(&mut spec);
        check(put("namedValues/new", Spec::NamedValue(spec)), fields);
    };
    check(&|value| value.display_name = "a".repeat(256), &[]);
    check(&|value| value.display_name = "a".repeat(257), &["displayName"]);
    check(&|value| value.display_name = "A-z.0_9".into(), &[]);
    check(&|value| value.display_name = "a b".into(), &["displayName"]);
    check(&|value| value.display_name = "taken".into(), &["displayName"]);
    check(&|value| value.value = text(4_096), &[]);
    check(&|value| value.value = text(4_097), &["value"]);
    check(&|value| value.value = String::new(), &["value"]);
    check(&|value| value.value = " \n".into(), &["value"]);
    check(&|value| value.tags = vec!["t".into(); 32], &[]);
    check(&|value| value.tags = vec!["t".into(); 33], &["tags"]);
    let vault = |id: &str| Some(v1::KeyVaultReference { secret_identifier: id.into(), ..Default::default() });
    check(
        &|value| {
            value.value.clear();
            value.key_vault = vault("https://vault.test/secrets/s");
        },
        &[],
    );
    check(&|value| value.key_vault = vault(""), &["value", "keyVault.secretIdentifier"]);
    // A secret in the clear must not get into the store.
    check(&|value| value.secret = true, &["value", "value"]);
}

#[test]
fn secrets_of_named_values_stay_until_they_are_replaced_or_no_longer_secret() {
    let mut world = World::new();
    let spec = |secret, value: &str| {
        let spec =
            v1::NamedValue { display_name: "v".into(), value: value.into(), secret, ..Default::default() };
        put("namedValues/v", Spec::NamedValue(spec))
    };
    world.refused_once(vec![spec(true, "")], code::INVALID, "missing");
    world.ok(vec![with_secret(spec(true, ""), "value", "s")]);
    assert_eq!(actions(&world.ok(vec![spec(true, "")])), ["unchanged"]);
    let mut resealed = with_secret(spec(true, ""), "value", "s");
    let Some(Change::Put(inner)) = &mut resealed.change else { panic!() };
    inner.secrets.get_mut("value").expect("sealed").ciphertext = b"another nonce".to_vec();
    assert_eq!(actions(&world.ok(vec![resealed])), ["unchanged"], "the fingerprint decides");
    world.ok(vec![spec(false, "open")]);
    assert!(world.get("namedValues/v").expect("a value").secrets.is_empty());
    world.refused_once(vec![spec(true, "")], code::INVALID, "missing");
}

#[test]
fn policies() {
    let document = |value: String, format: &str| {
        put("policies/policy", Spec::Policy(v1::Policy { value, format: format.into() }))
    };
    check(document("x".repeat(512 * 1024), "xml"), &[]);
    check(document("x".repeat(512 * 1024 + 1), "rawxml"), &["value"]);
    check(document(String::new(), ""), &["value"]);
    check(document("x".into(), "xml-link"), &["format"]);
    let facts = |references: &[&str], named_values: &[&str]| {
        with_facts(document("x".into(), ""), references, named_values)
    };
    check(facts(&["backends/one"], &["taken"]), &[]);
    check(facts(&["backends/none"], &["none"]), &["value", "value"]);
    check(facts(&["workspaces/w/backends/x"], &[]), &["value"]);
    check(facts(&["subscriptions/s"], &[]), &["value"]);
}

#[test]
fn policy_fragments() {
    let check = |value: usize, format: &str, description: usize, fields: &[&str]| {
        let spec = v1::PolicyFragment {
            value: "x".repeat(value),
            format: format.into(),
            description: text(description),
        };
        check(put("policyFragments/new", Spec::PolicyFragment(spec)), fields);
    };
    check(512 * 1024, "rawxml", 1_000, &[]);
    check(512 * 1024 + 1, "xml", 0, &["value"]);
    check(0, "", 0, &["value"]);
    check(1, "json", 1_001, &["format", "description"]);
}

#[test]
fn what_documents_include_stays_and_is_of_their_scope() {
    let mut world = populated();
    world.ok(vec![workspace("v")]);
    type Create = fn(&str) -> AdmittedChange;
    let uses: [(&str, Create); 4] = [
        ("policyFragments/x", fragment),
        ("schemas/x", schema),
        ("certificates/x", |name| certificate(name, "x")),
        ("authorizationProviders/x", provider),
    ];
    for (target, create) in uses {
        let full = format!("workspaces/w/{target}");
        let document =
            |references: &str| with_facts(policy("workspaces/w/policies/policy"), &[references], &[]);
        world.refused_once(vec![document(target)], code::NOT_FOUND, "does not exist");
        world.ok(vec![create(target), create(&format!("workspaces/v/{target}"))]);
        world.refused_once(vec![document(target)], code::NOT_FOUND, "does not exist");
        world.refused_once(vec![document(&format!("workspaces/v/{target}"))], code::INVALID, "is elsewhere");
        world.ok(vec![create(&full), document(target)]);
        world.refused_once(vec![delete(&full)], code::CONFLICT, "used by `workspaces/w/policies/policy`");
        world.ok(vec![delete(&full), delete("workspaces/w/policies/policy")]);
    }
}

#[test]
fn schemas() {
    let spec = |kind: &str, value: usize, document: bool| v1::Schema {
        schema_type: kind.into(),
        value: "s".repeat(value),
        document: document.then(Default::default),
        ..Default::default()
    };
    let check = |spec: v1::Schema, fields: &[&str]| check(put("schemas/new", Spec::Schema(spec)), fields);
    check(spec("xml", 1, false), &[]);
    check(spec("json", 0, true), &[]);
    check(spec("xml", 0, true), &["value"]);
    check(spec("xml", 1, true), &["document"]);
    check(spec("json", 1, true), &["value"]);
    check(spec("json", 0, false), &["document"]);
    check(spec("", 1, false), &["schemaType"]);
    check(spec("XML", 1, false), &["schemaType"]);
    check(v1::Schema { description: text(1_000), ..spec("xml", 1, false) }, &[]);
    check(v1::Schema { description: text(1_001), ..spec("xml", 1, false) }, &["description"]);
    // The type takes five bytes, and the field around the text as many.
    check(spec("xml", 4 * 1024 * 1024 - 10, false), &[]);
    check(spec("xml", 4 * 1024 * 1024 - 9, false), &["document"]);
}

#[test]
fn the_type_of_a_schema_stays() {
    let mut world = World::new();
    let json = || v1::Schema {
        schema_type: "json".into(),
        document: Some(Default::default()),
        ..Default::default()
    };
    world.ok(vec![schema("schemas/s")]);
    world.refused_once(
        vec![put("schemas/s", Spec::Schema(json()))],
        code::CONFLICT,
        "it is `xml` and cannot be changed",
    );
    world.ok(vec![delete("schemas/s")]);
    world.ok(vec![put("schemas/s", Spec::Schema(json()))]);
}

#[test]
fn free_structure_is_as_deep_as_a_command_can_be_read_again() {
    use hanse_proto::STRUCTURE_DEPTH_MAX;
    use prost::Message as _;
    use prost_types::{ListValue, Struct, Value, value::Kind};
    let nested = |levels: usize, wrap: &dyn Fn(Value) -> Kind| {
        let mut value = Value { kind: Some(Kind::StringValue("x".into())) };
        for _ in 1..levels {
            value = Value { kind: Some(wrap(value)) };
        }
        Struct { fields: [("a".to_owned(), value)].into() }
    };
    let mapping = |value| Kind::StructValue(Struct { fields: [("a".to_owned(), value)].into() });
    let list = |value| Kind::ListValue(ListValue { values: vec![value] });
    let of_api = |components: Struct| {
        let document = v1::ApiSchemaDocument { components: Some(components), ..Default::default() };
        let content_type = "application/vnd.oai.openapi.components+json".into();
        let schema = v1::ApiSchema { content_type, document: Some(document) };
        put("apis/a/schemas/s", Spec::ApiSchema(schema))
    };
    let of_service = |document: Struct| {
        let schema =
            v1::Schema { schema_type: "json".into(), document: Some(document), ..Default::default() };
        put("schemas/s", Spec::Schema(schema))
    };
    for wrap in [&mapping as &dyn Fn(Value) -> Kind, &list] {
        let at_the_bound = of_api(nested(STRUCTURE_DEPTH_MAX, wrap));
        check(at_the_bound.clone(), &[]);
        let command = World::new().command(vec![at_the_bound]);
        assert_eq!(Command::decode(command.encode_to_vec().as_slice()), Ok(command));
        check(of_api(nested(STRUCTURE_DEPTH_MAX + 1, wrap)), &["document.components"]);
        check(of_service(nested(STRUCTURE_DEPTH_MAX, wrap)), &[]);
        check(of_service(nested(STRUCTURE_DEPTH_MAX + 1, wrap)), &["document"]);
    }
}
