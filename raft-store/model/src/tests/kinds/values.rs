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
