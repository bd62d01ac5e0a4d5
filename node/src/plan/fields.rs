//! A change field by field: two specs as JSON trees, compared.
//!
//! One idea: what a manifest would say is compared, by reflection, so a new field of a new kind needs
//! nothing here. Lists go by index, maps by key. A secret is told of and never told.

use hanse_manifest::message_to_json;
use hanse_proto::v1;
use serde_json::Value as Json;
use std::collections::BTreeSet;

/// Fields of one change that a plan shows; the last one says how many there are beside them.
pub const FIELDS_MAX: usize = 1_000;
/// Bytes of a value that a plan shows; a longer one is cut.
pub const VALUE_BYTES_MAX: usize = 64 * 1024;
/// Bytes of all values together; beyond it values are cut to nothing.
pub const VALUES_BYTES_MAX: usize = 6 * 1024 * 1024;
/// Stands for the value of a secret.
const SECRET: &str = "(secret)";
/// Stands at the end of a value that is cut.
const CUT: &str = "…";

/// The fields of an update that differ, within a budget of bytes for their values.
pub fn of_update(
    before: &v1::StoredResource,
    after: &v1::StoredResource,
    budget: &mut usize,
) -> Vec<v1::FieldChange> {
    let mut fields = changed_fields(&spec_json(before), &spec_json(after));
    fields.extend(changed_secrets(before, after));
    let owner = |stored: &v1::StoredResource| {
        let owner = stored.resource.as_ref().map_or("", |resource| &resource.owner);
        if owner.is_empty() { String::new() } else { Json::from(owner).to_string() }
    };
    let (before, after) = (owner(before), owner(after));
    if before != after {
        fields.push(v1::FieldChange { field: "owner".to_owned(), before, after });
    }
    bounded(fields, budget)
}

/// The fields in which two trees differ, in the order of their paths.
pub fn changed_fields(before: &Json, after: &Json) -> Vec<v1::FieldChange> {
    let mut fields = Vec::new();
    compare(String::new(), Some(before), Some(after), &mut fields);
    fields
}

/// The spec of a resource as a manifest writes it.
fn spec_json(stored: &v1::StoredResource) -> Json {
    let Some(resource) = &stored.resource else { return Json::Null };
    let Some(spec) = &resource.spec else { return Json::Null };
    let alone = v1::Resource { spec: Some(spec.clone()), ..Default::default() };
    let mut json = message_to_json(&alone);
    let field = hanse_proto::Kind::of_spec(spec).field();
    json.get_mut(field).map(Json::take).unwrap_or_default()
}

fn compare(path: String, before: Option<&Json>, after: Option<&Json>, fields: &mut Vec<v1::FieldChange>) {
    let (before, after) = (before.filter(|it| !is_empty(it)), after.filter(|it| !is_empty(it)));
    if before == after {
        return;
    }
    let is_object = |it: Option<&Json>| it.is_none_or(Json::is_object);
    let is_list = |it: Option<&Json>| it.is_none_or(Json::is_array);
    if is_object(before) && is_object(after) {
        let objects = [before, after].map(|it| it.and_then(Json::as_object));
        let keys: BTreeSet<&String> = objects.iter().flatten().flat_map(|object| object.keys()).collect();
        for key in keys {
            let [before, after] = objects.map(|object| object.and_then(|it| it.get(key)));
            compare(join(&path, key), before, after, fields);
        }
    } else if is_list(before) && is_list(after) {
        let lists = [before, after].map(|it| it.and_then(Json::as_array));
        let length = lists.iter().flatten().map(|list| list.len()).max().unwrap_or(0);
        for index in 0..length {
            let [before, after] = lists.map(|list| list.and_then(|it| it.get(index)));
            compare(format!("{path}[{index}]"), before, after, fields);
        }
    } else {
        let text = |it: Option<&Json>| it.map(Json::to_string).unwrap_or_default();
        fields.push(v1::FieldChange { field: path, before: text(before), after: text(after) });
    }
}

/// What a manifest may as well leave out.
fn is_empty(value: &Json) -> bool {
    match value {
        Json::Null => true,
        Json::Bool(value) => !value,
        Json::Number(number) => number.as_f64() == Some(0.0),
        Json::String(text) => text.is_empty(),
        Json::Array(items) => items.is_empty(),
        Json::Object(entries) => entries.is_empty(),
    }
}

/// A key that would not read as a field stands in brackets.
fn join(path: &str, key: &str) -> String {
    let is_plain = !key.is_empty() && key.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    match (is_plain, path.is_empty()) {
        (true, true) => key.to_owned(),
        (true, false) => format!("{path}.{key}"),
        (false, _) => format!("{path}[{key}]"),
    }
}

fn changed_secrets(before: &v1::StoredResource, after: &v1::StoredResource) -> Vec<v1::FieldChange> {
    let paths: BTreeSet<&String> = before.secrets.keys().chain(after.secrets.keys()).collect();
    let shown = |stored: &v1::StoredResource, path: &str| match stored.secrets.contains_key(path) {
        true => SECRET.to_owned(),
        false => String::new(),
    };
    let is_same = |path: &str| {
        let fingerprint =
            |stored: &v1::StoredResource| stored.secrets.get(path).map(|it| it.fingerprint.clone());
        fingerprint(before) == fingerprint(after)
    };
    let changed = paths.into_iter().filter(|path| !is_same(path));
    changed
        .map(|path| v1::FieldChange {
            field: path.clone(),
            before: shown(before, path),
            after: shown(after, path),
        })
        .collect()
}

fn bounded(mut fields: Vec<v1::FieldChange>, budget: &mut usize) -> Vec<v1::FieldChange> {
    let more = fields.len().saturating_sub(FIELDS_MAX);
    fields.truncate(FIELDS_MAX);
    for field in &mut fields {
        for value in [&mut field.before, &mut field.after] {
            cut(value, VALUE_BYTES_MAX.min(*budget));
            *budget = budget.saturating_sub(value.len());
        }
    }
    if more > 0 {
        let after = format!("and {more} more fields");
        fields.push(v1::FieldChange { field: CUT.to_owned(), before: String::new(), after });
    }
    fields
}

fn cut(text: &mut String, max: usize) {
    if text.len() > max {
        text.truncate(text.floor_char_boundary(max));
        text.push_str(CUT);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn told(before: Json, after: Json) -> Vec<String> {
        let fields = changed_fields(&before, &after);
        fields.iter().map(|it| format!("{}: {} → {}", it.field, it.before, it.after)).collect()
    }

    #[test]
    fn lists_go_by_index_and_maps_by_key() {
        for (before, after, expected) in [
            (json!({"a": 1}), json!({"a": 1, "b": false}), vec![]),
            (json!({"a": 1}), json!({"a": 2}), vec!["a: 1 → 2"]),
            (json!({}), json!({"a": {"b": {"c": "x"}}}), vec!["a.b.c:  → \"x\""]),
            (json!({"a": {"b": 1}}), json!({}), vec!["a.b: 1 → "]),
            (
                json!({"r": [{"s": 200}, {"s": 404}]}),
                json!({"r": [{"s": 201}]}),
                vec!["r[0].s: 200 → 201", "r[1].s: 404 → "],
            ),
            (json!({"h": {"X-A": ["1"]}}), json!({"h": {"X-A": ["2"]}}), vec!["h[X-A][0]: \"1\" → \"2\""]),
            (json!({"a": [1]}), json!({"a": {"b": 1}}), vec!["a: [1] → {\"b\":1}"]),
        ] {
            assert_eq!(told(before, after), expected);
        }
    }

    fn stored(value: &str, secret: &[u8], owner: &str) -> v1::StoredResource {
        let named = v1::NamedValue { display_name: value.into(), secret: true, ..Default::default() };
        let sealed = v1::Sealed { fingerprint: secret.to_vec(), ..Default::default() };
        v1::StoredResource {
            resource: Some(v1::Resource {
                owner: owner.into(),
                spec: Some(v1::resource::Spec::NamedValue(named)),
                ..Default::default()
            }),
            secrets: [("value".to_owned(), sealed)].into(),
            ..Default::default()
        }
    }

    #[test]
    fn a_secret_is_told_of_and_not_told() {
        let mut budget = VALUES_BYTES_MAX;
        let fields = of_update(&stored("a", b"one", ""), &stored("b", b"two", "team"), &mut budget);
        let told: Vec<String> =
            fields.iter().map(|it| format!("{} {} {}", it.field, it.before, it.after)).collect();
        assert_eq!(told, ["displayName \"a\" \"b\"", "value (secret) (secret)", "owner  \"team\""]);
        assert!(of_update(&stored("a", b"one", ""), &stored("a", b"one", ""), &mut budget).is_empty());
    }

    #[test]
    fn fields_and_values_are_bounded_at_the_bound_and_one_past_it() {
        let fields = |count: usize| {
            let list: Vec<usize> = (1..=count).collect();
            bounded(changed_fields(&json!({}), &json!({"a": list})), &mut VALUES_BYTES_MAX.clone())
        };
        assert_eq!(fields(FIELDS_MAX).len(), FIELDS_MAX);
        let more = fields(FIELDS_MAX + 2);
        assert_eq!((more.len(), more[FIELDS_MAX].after.as_str()), (FIELDS_MAX + 1, "and 2 more fields"));

        let value = |bytes: usize, budget: usize| {
            let field = v1::FieldChange { after: "x".repeat(bytes), ..Default::default() };
            bounded(vec![field], &mut budget.clone())[0].after.len()
        };
        assert_eq!(value(VALUE_BYTES_MAX, VALUES_BYTES_MAX), VALUE_BYTES_MAX);
        assert_eq!(value(VALUE_BYTES_MAX + 1, VALUES_BYTES_MAX), VALUE_BYTES_MAX + CUT.len());
        assert_eq!(value(10, 4), 4 + CUT.len());
    }
}
