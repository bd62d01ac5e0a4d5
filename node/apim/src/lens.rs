//! Properties as ARM spells them, brought into the form of the model's JSON.
//!
//! One idea: the two differ in few places, so those are rewritten and all else passes. Must not
//! know where properties come from.

use hanse_proto::Kind;
use serde_json::{Value as Json, json};

/// What ARM answers and nobody sets.
const SET_BY_SERVER: [&str; 8] = [
    "provisioningState",
    "createdDateTime",
    "updatedDateTime",
    "createdDate",
    "systemData",
    "isDefault",
    "builtIn",
    "lastStatus",
];

/// Rewrites the properties of a kind.
pub(crate) fn to_ours(kind: Kind, properties: &mut Json) {
    let Json::Object(map) = &mut *properties else { return };
    map.retain(|key, _| !SET_BY_SERVER.contains(&key.as_str()));
    match kind {
        Kind::Api => {
            let set = map.remove("apiVersionSet");
            let id = set.as_ref().and_then(|set| set.get("id")).filter(|id| id.is_string());
            if let Some(id) = id {
                map.entry("apiVersionSetId").or_insert_with(|| id.clone());
            }
            // `apiType` is what a request says, `type` what the answer says.
            if let Some(api_type) = map.remove("apiType") {
                map.entry("type").or_insert(api_type);
            }
        }
        Kind::Backend => {
            for key in ["header", "query"] {
                let lists = properties.pointer_mut(&format!("/credentials/{key}"));
                let Some(Json::Object(lists)) = lists else { continue };
                for values in lists.values_mut().filter(|values| values.is_array()) {
                    *values = json!({ "values": values.take() });
                }
            }
        }
        Kind::NamedValue => {
            if let Some(Json::Object(vault)) = map.get_mut("keyVault") {
                vault.remove("lastStatus");
            }
        }
        _ => {}
    }
}

/// The part of an id that is a name here: `/subscriptions/…/service/x/loggers/y` and `/loggers/y`
/// are `loggers/y`. Blanks of absolute ids may be escaped.
pub(crate) fn relative(id: &str) -> String {
    const SERVICE: &str = "/microsoft.apimanagement/service/";
    let lower = id.to_ascii_lowercase();
    let rest = match lower.find(SERVICE) {
        Some(start) => id[start + SERVICE.len()..].split_once('/').map_or("", |(_, rest)| rest),
        None => id,
    };
    let rest = rest.trim_matches('/');
    percent_encoding::percent_decode_str(rest).decode_utf8().map_or_else(|_| rest.to_owned(), Into::into)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn absolute_and_relative_ids_are_one() {
        let arm = "/subscriptions/s/resourceGroups/g/providers/Microsoft.ApiManagement/service/svc";
        for (id, name) in [
            (format!("{arm}/loggers/my%20logger"), "loggers/my logger"),
            (format!("{}/apis/a;rev=2", arm.to_uppercase()), "apis/a;rev=2"),
            ("/loggers/x".to_owned(), "loggers/x"),
            ("loggers/x".to_owned(), "loggers/x"),
            (arm.to_owned(), ""),
            (format!("{arm}/"), ""),
        ] {
            assert_eq!(relative(&id), name, "{id}");
        }
    }

    #[test]
    fn what_is_spelled_differently_is_rewritten() {
        let mut backend = json!({"credentials": {"header": {"X": ["a"]}}, "provisioningState": "Ok"});
        to_ours(Kind::Backend, &mut backend);
        assert_eq!(backend, json!({"credentials": {"header": {"X": {"values": ["a"]}}}}));
        let mut api = json!({"apiType": "soap", "apiVersionSet": {"id": "/apiVersionSets/s"}});
        to_ours(Kind::Api, &mut api);
        assert_eq!(api, json!({"type": "soap", "apiVersionSetId": "/apiVersionSets/s"}));
    }
}
