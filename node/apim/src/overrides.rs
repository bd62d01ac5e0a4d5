//! Overrides: what one environment has otherwise than the folder says.
//!
//! One idea: a file of overrides is a list of names, each with the fields that differ; they are
//! merged deeply over the resources of those names (a list replaces a list, `null` takes a field
//! away). Two forms are read: partial manifests, and the configuration of the APIOps publisher.
//! Must not know where files and tokens come from.

use crate::lens;
use hanse_manifest::value::{self, Entry, Mapping, Node, Value};
use hanse_manifest::{Finding, nearest, to_json};
use hanse_proto::{Kind, Name, v1};
use serde_json::{Value as Json, json};
use std::collections::BTreeMap;

/// Stands for a token while the text is read: a character that no YAML gives a meaning to, before
/// and behind the number of the token.
const MARK: char = '\u{e000}';

/// Merges the overrides in `text` over resources, which keep their number and order.
///
/// `tokens` gives the value of a placeholder `{#name#}`. Everything that does not fit is found, with
/// its line; the resources are of use only when nothing was.
pub fn merge(
    resources: &[v1::Resource],
    file: &str,
    text: &str,
    tokens: &dyn Fn(&str) -> Option<String>,
) -> (Vec<v1::Resource>, Vec<Finding>) {
    let mut merging = Merging::new(resources, file);
    let text = merging.mark_tokens(text, tokens);
    let (documents, mut findings) = value::read_all(file, &text);
    // The text that was read has marks in the place of tokens.
    findings.iter_mut().for_each(|finding| finding.message = finding.message.replace(MARK, "#"));
    merging.findings.extend(findings);
    for document in &documents {
        merging.document(document);
    }
    (merging.resources, merging.findings)
}

struct Merging<'a> {
    file: &'a str,
    resources: Vec<v1::Resource>,
    /// Places of resources by key.
    by_key: BTreeMap<String, usize>,
    /// Places by key without the workspace, for files that were written before there were any.
    by_rest: BTreeMap<String, Vec<usize>>,
    values: Vec<String>,
    findings: Vec<Finding>,
}

impl<'a> Merging<'a> {
    fn new(resources: &[v1::Resource], file: &'a str) -> Self {
        let mut by_key = BTreeMap::new();
        let mut by_rest: BTreeMap<String, Vec<usize>> = BTreeMap::new();
        for (index, resource) in resources.iter().enumerate() {
            let key = hanse_proto::key_of(&resource.name);
            let rest = key.strip_prefix("workspaces/").and_then(|rest| rest.split_once('/'));
            if let Some((_, rest)) = rest {
                by_rest.entry(rest.to_owned()).or_default().push(index);
            }
            by_key.insert(key, index);
        }
        let (values, findings) = (Vec::new(), Vec::new());
        Merging { file, resources: resources.to_vec(), by_key, by_rest, values, findings }
    }

    fn find(&mut self, at: (u32, u32), field: &str, message: String, hint: impl Into<String>) {
        self.findings.push(Finding {
            file: self.file.to_owned(),
            line: at.0,
            column: at.1,
            field: field.to_owned(),
            message,
            hint: hint.into(),
        });
    }

    /// Puts marks in the place of `{#name#}`, which YAML would read as the beginning of a mapping.
    fn mark_tokens(&mut self, text: &str, tokens: &dyn Fn(&str) -> Option<String>) -> String {
        let mut marked = String::with_capacity(text.len());
        for (number, line) in text.split_inclusive('\n').enumerate() {
            if line.trim_start().starts_with('#') {
                marked.push_str(line);
                continue;
            }
            let mut rest = line;
            while let Some((before, token, after)) = next_token(rest) {
                marked.push_str(before);
                match tokens(token) {
                    Some(value) => {
                        marked.push_str(&format!("{MARK}{}{MARK}", self.values.len()));
                        self.values.push(value);
                    }
                    None => {
                        let column = line.len() - rest.len() + before.len();
                        let column = line[..column].chars().count() + 1;
                        let at = (u32::try_from(number).unwrap_or(u32::MAX - 1) + 1, column as u32);
                        let hint = format!("set the environment variable {token}");
                        self.find(at, "", format!("the token `{{#{token}#}}` has no value"), hint);
                        marked.push_str("unresolved");
                    }
                }
                rest = after;
            }
            marked.push_str(rest);
        }
        marked
    }

    /// The text of a scalar with its tokens.
    fn resolved(&self, text: &str) -> Json {
        let mut parts = text.split(MARK);
        let mut out = parts.next().unwrap_or_default().to_owned();
        let mut is_token_alone = out.is_empty();
        while let (Some(number), Some(after)) = (parts.next(), parts.next()) {
            out.push_str(number.parse::<usize>().ok().and_then(|it| self.values.get(it)).map_or("", |it| it));
            out.push_str(after);
            is_token_alone &= after.is_empty();
        }
        // A text takes these as well; a switch takes nothing else.
        match out.as_str() {
            "true" | "false" if is_token_alone && text.contains(MARK) => Json::Bool(out == "true"),
            _ => Json::String(out),
        }
    }

    fn resolve_all(&self, json: &mut Json) {
        match json {
            Json::String(text) if text.contains(MARK) => *json = self.resolved(text),
            Json::Array(items) => items.iter_mut().for_each(|item| self.resolve_all(item)),
            Json::Object(map) => map.values_mut().for_each(|value| self.resolve_all(value)),
            _ => {}
        }
    }

    fn document(&mut self, node: &Node) {
        match &node.value {
            Value::Null => {}
            Value::Sequence(items) => items.iter().for_each(|item| self.manifest(item)),
            Value::Mapping(mapping) if mapping.get("name").is_some() => self.manifest(node),
            Value::Mapping(mapping) => match mapping.get("resources").map(|entry| &entry.value.value) {
                Some(Value::Sequence(items)) => items.iter().for_each(|item| self.manifest(item)),
                _ => self.publisher(mapping, "", None),
            },
            _ => {
                let message = format!("expected overrides, found {}", node.describe());
                let hint = "write `name: apis/orders` and the fields that differ, or the configuration of \
                            the APIOps publisher";
                self.find((node.line, node.column), "", message, hint);
            }
        }
    }

    // === Partial manifests ===

    fn manifest(&mut self, node: &Node) {
        let Value::Mapping(mapping) = &node.value else {
            let message = format!("expected a mapping with `name`, found {}", node.describe());
            self.find((node.line, node.column), "", message, "");
            return;
        };
        let Some(name) = self.name_of(node, mapping) else { return };
        let Some(index) = self.index_of(&name, (node.line, node.column)) else { return };
        let kind = self.kind_at(index);
        for entry in mapping {
            match entry.key.as_str() {
                "name" => {}
                key if key == kind.field() => self.merge_at(index, kind, entry, false),
                key => {
                    let message = format!("unknown field `{key}`; `{name}` has `{}`", kind.field());
                    self.find((entry.line, entry.column), key, message, "");
                }
            }
        }
    }

    fn name_of(&mut self, node: &Node, mapping: &Mapping) -> Option<String> {
        let name = mapping.get("name").map(|entry| &entry.value);
        let Some(text) = name.and_then(Node::scalar_text) else {
            let at = name.map_or((node.line, node.column), |name| (name.line, name.column));
            self.find(at, "name", "the name is missing".to_owned(), "say what is overridden");
            return None;
        };
        match self.resolved(text) {
            Json::String(name) => Some(name),
            other => Some(other.to_string()),
        }
    }

    // === Configuration of the APIOps publisher ===

    /// Arrays of `{name, properties}` by kind, and what is nested in them.
    fn publisher(&mut self, mapping: &Mapping, parent: &str, above: Option<Kind>) {
        for entry in mapping {
            let key = entry.key.as_str();
            let is_own = above.is_some() && matches!(key, "name" | "properties");
            if is_own || key.starts_with("apim") {
                continue;
            }
            let Some(kind) = collection(above, key) else {
                let known: Vec<&str> = collections(above).collect();
                let hint = nearest(key, &known).map(|near| format!("did you mean `{near}`?"));
                let hint = hint.unwrap_or_else(|| format!("there are {}", known.join(", ")));
                self.find((entry.line, entry.column), key, format!("`{key}` is no kind here"), hint);
                continue;
            };
            let Value::Sequence(items) = &entry.value.value else {
                if !entry.value.is_null() {
                    let message = format!("expected a list of overrides, found {}", entry.value.describe());
                    self.find((entry.line, entry.column), key, message, "");
                }
                continue;
            };
            for item in items {
                self.published(item, parent, kind);
            }
        }
    }

    fn published(&mut self, item: &Node, parent: &str, kind: Kind) {
        let Value::Mapping(mapping) = &item.value else {
            // A bare name chooses what the extractor extracts, and overrides nothing.
            if item.as_str().is_none() {
                let message = format!("expected `name` and `properties`, found {}", item.describe());
                self.find((item.line, item.column), "", message, "");
            }
            return;
        };
        let Some(id) = self.name_of(item, mapping) else { return };
        let name = match parent {
            "" => format!("{}/{id}", kind.collection()),
            parent => format!("{parent}/{}/{id}", kind.collection()),
        };
        let properties = mapping.get("properties").filter(|entry| !entry.value.is_null());
        if let Some(properties) = properties
            && let Some(index) = self.index_of(&name, (item.line, item.column))
        {
            self.merge_at(index, kind, properties, true);
        }
        self.publisher(mapping, &name, Some(kind));
    }

    // === Both ===

    fn kind_at(&self, index: usize) -> Kind {
        let spec = self.resources[index].spec.as_ref();
        spec.map_or(Kind::Workspace, Kind::of_spec)
    }

    fn index_of(&mut self, name: &str, at: (u32, u32)) -> Option<usize> {
        let canonical = Name::parse(name.trim_start_matches('/')).map(|name| name.key());
        let key = match canonical {
            Ok(key) => key,
            Err(error) => {
                self.find(at, "name", error.message, "");
                return None;
            }
        };
        if let Some(index) = self.by_key.get(&key) {
            return self.resources[*index].spec.is_some().then_some(*index);
        }
        match self.by_rest.get(&key).map(Vec::as_slice) {
            Some([only]) => return Some(*only),
            Some(many) => {
                let message = format!("`{name}` is in {} workspaces", many.len());
                self.find(at, "name", message, "write the whole name, as in `workspaces/demo/apis/orders`");
                return None;
            }
            None => {}
        }
        let names: Vec<&str> = self.resources.iter().map(|resource| resource.name.as_str()).collect();
        let hint = nearest(name, &names).map(|near| format!("did you mean `{near}`?")).unwrap_or_default();
        self.find(at, "name", format!("there is no `{name}` to override"), hint);
        None
    }

    fn merge_at(&mut self, index: usize, kind: Kind, entry: &Entry, from_arm: bool) {
        let mut patch = entry.value.to_json();
        self.resolve_all(&mut patch);
        if from_arm {
            lens::to_ours(kind, &mut patch);
        }
        let name = self.resources[index].name.clone();
        let found = self.parsed(&name, kind, patch.clone()).err().unwrap_or_default();
        if !found.is_empty() {
            for mut finding in found {
                (finding.line, finding.column) = place_of(entry, &finding.field);
                self.findings.push(finding);
            }
            return;
        }
        let mut whole = to_json(&self.resources[index])[kind.field()].take();
        merge_patch(&mut whole, patch);
        match self.parsed(&name, kind, whole) {
            Ok(spec) => self.resources[index].spec = Some(spec),
            Err(found) => {
                for finding in found {
                    self.find((entry.line, entry.column), &finding.field, finding.message, finding.hint);
                }
            }
        }
    }

    fn parsed(&self, name: &str, kind: Kind, spec: Json) -> Result<v1::resource::Spec, Vec<Finding>> {
        let text = json!({ "name": name, kind.field(): spec }).to_string();
        let no_files = |_: &str| Err("an override holds its values itself".to_owned());
        let mut parsed = hanse_manifest::parse(self.file, &text, &no_files);
        let spec = parsed.resources.pop().and_then(|located| located.resource.spec);
        match spec {
            Some(spec) if parsed.findings.is_empty() => Ok(spec),
            _ => Err(parsed.findings),
        }
    }
}

/// Text before a placeholder, its name, and the text behind it.
fn next_token(text: &str) -> Option<(&str, &str, &str)> {
    let mut from = 0;
    loop {
        let start = from + text[from..].find("{#")?;
        let inner = &text[start + 2..];
        let end = inner.find("#}")?;
        let name = &inner[..end];
        let is_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
        if !name.is_empty() && name.chars().all(is_name) {
            return Some((&text[..start], name, &inner[end + 2..]));
        }
        from = start + 2;
    }
}

/// RFC 7396, whose `null` takes away; depth is bounded by that of the files.
fn merge_patch(target: &mut Json, patch: Json) {
    let Json::Object(patch) = patch else {
        *target = patch;
        return;
    };
    if !target.is_object() {
        *target = json!({});
    }
    let Json::Object(target) = target else { return };
    for (key, value) in patch {
        match value {
            Json::Null => drop(target.remove(&key)),
            value => merge_patch(target.entry(key).or_insert(Json::Null), value),
        }
    }
}

/// Where a field stands below an entry, or the nearest thing above it.
fn place_of(entry: &Entry, field: &str) -> (u32, u32) {
    let mut place = (entry.line, entry.column);
    let mut node = &entry.value;
    let parts = field.split(['.', '[', ']', '"']).filter(|part| !part.is_empty());
    for part in parts.skip(1) {
        let next = match &node.value {
            Value::Mapping(mapping) => {
                mapping.get(part).map(|entry| (entry.line, entry.column, &entry.value))
            }
            Value::Sequence(items) => {
                let item = part.parse::<usize>().ok().and_then(|index| items.get(index));
                item.map(|item| (item.line, item.column, item))
            }
            _ => None,
        };
        let Some((line, column, below)) = next else { break };
        (place, node) = ((line, column), below);
    }
    place
}

/// The kind of a key of the publisher's configuration.
fn collection(above: Option<Kind>, key: &str) -> Option<Kind> {
    let key = match (above, key) {
        (None | Some(Kind::Workspace), "versionSets") => "apiVersionSets",
        (Some(Kind::Product | Kind::Tag), "apis") => "apiLinks",
        (Some(Kind::Product), "groups") => "groupLinks",
        (Some(Kind::Tag), "products") => "productLinks",
        (_, key) => key,
    };
    Kind::of_collection(above, key)
}

fn collections(above: Option<Kind>) -> impl Iterator<Item = &'static str> {
    Kind::all().map(Kind::collection).filter(move |key| Kind::of_collection(above, key).is_some())
}

#[cfg(test)]
mod tests {
    use super::*;
    use hanse_proto::v1::resource::Spec;

    const FOLDER: &str = "name: apis/orders\napi: {displayName: Orders, path: orders, serviceUrl: 'http://dev', protocols: [http]}\n---\n\
        name: backends/b\nbackend: {url: 'http://dev', protocol: http, credentials: {header: {X: {values: [a]}}}}\n---\n\
        name: namedValues/key\nnamedValue: {displayName: key, secret: true}\n---\n\
        name: apis/orders/diagnostics/local\ndiagnostic: {loggerId: loggers/a, logClientIp: true}\n---\n\
        name: workspaces/pay/apis/charge\napi: {displayName: Charge, path: charge}\n---\n\
        name: policies/policy\npolicy: {value: <a/>}\n";

    fn merged(text: &str) -> (Vec<v1::Resource>, Vec<String>) {
        let parsed = hanse_manifest::parse("folder.yaml", FOLDER, &|_| Err(String::new()));
        assert_eq!(parsed.findings, []);
        let resources: Vec<v1::Resource> = parsed.resources.into_iter().map(|it| it.resource).collect();
        let tokens = |name: &str| match name {
            "SECRET" => Some("s: {[\"'#\n".to_owned()),
            "HOST" => Some("prod.example".to_owned()),
            "YES" => Some("true".to_owned()),
            _ => None,
        };
        let (merged, findings) = merge(&resources, "prod.yaml", text, &tokens);
        let names = |list: &[v1::Resource]| list.iter().map(|it| it.name.clone()).collect::<Vec<_>>();
        assert_eq!(names(&merged), names(&resources), "number and order stay");
        (
            merged,
            findings.iter().map(|finding| format!("{finding} {}", finding.hint).trim().to_owned()).collect(),
        )
    }

    fn spec(text: &str, index: usize) -> Json {
        let (resources, findings) = merged(text);
        assert!(findings.is_empty(), "{findings:?}");
        let kind = Kind::of_spec(resources[index].spec.as_ref().expect("a spec"));
        to_json(&resources[index])[kind.field()].take()
    }

    #[test]
    fn partial_manifests_are_merged_deeply() {
        let text = "- name: apis/ORDERS\n  api: {serviceUrl: 'https://{#HOST#}/x', protocols: [https]}\n\
                    - name: workspaces/pay/apis/charge\n  api: {path: pay}\n";
        assert_eq!(
            spec(text, 0),
            json!({"displayName": "Orders", "path": "orders", "serviceUrl": "https://prod.example/x", "protocols": ["https"]})
        );
        assert_eq!(spec(text, 4)["path"], "pay");
        assert_eq!(spec("name: apis/orders\napi: {serviceUrl: null}\n", 0)["serviceUrl"], Json::Null);
        assert_eq!(spec("name: apis/charge\napi: {path: x}\n", 4)["path"], "x", "the one of that name");
    }

    #[test]
    fn configurations_of_the_publisher_are_merged() {
        let text = "apimServiceName: prod\nnamedValues:\n  - name: key\n    properties:\n      value: {#SECRET#}\n\
            backends:\n  - name: b\n    properties: {url: 'https://prod', credentials: {header: {Y: [c, '{#HOST#}']}}}\n\
            apis:\n  - name: orders\n    properties: {subscriptionRequired: {#YES#}}\n    diagnostics:\n      - name: local\n        properties: {logClientIp: false, verbosity: error}\n\
            policies:\n  - name: policy\n    properties: {format: rawxml, value: '<b/>'}\n\
            workspaces:\n  - name: pay\n    apis:\n      - name: charge\n        properties: {serviceUrl: 'https://pay'}\n";
        assert_eq!(spec(text, 2)["value"], "s: {[\"'#\n", "a token is never read as YAML");
        assert_eq!(
            spec(text, 1)["credentials"]["header"],
            json!({"X": {"values": ["a"]}, "Y": {"values": ["c", "prod.example"]}})
        );
        assert_eq!(spec(text, 0)["subscriptionRequired"], true);
        assert_eq!(spec(text, 3), json!({"loggerId": "loggers/a", "verbosity": "error"}));
        assert_eq!(spec(text, 5), json!({"value": "<b/>", "format": "rawxml"}));
        assert_eq!(spec(text, 4)["serviceUrl"], "https://pay");
    }

    #[test]
    fn what_does_not_fit_is_found_with_its_line() {
        for (text, expected) in [
            (
                "name: apis/ordres\napi: {path: x}\n",
                "prod.yaml:1:1 name: there is no `apis/ordres` to override did you mean `apis/orders`?",
            ),
            (
                "# {#NOT_A_TOKEN#}\nname: apis/orders\napi:\n  path: a{#NONE#}\n",
                "prod.yaml:4:10: the token `{#NONE#}` has no value set the environment variable NONE",
            ),
            (
                "apis:\n- name: orders\n  properties:\n    pth: x\n",
                "prod.yaml:4:5 api.pth: unknown field `pth` in api did you mean `path`?",
            ),
            (
                "name: backends/b\nbackend:\n  credentials:\n    header: {X: 5}\n",
                "prod.yaml:4:14 backend.credentials.header[\"X\"]: expected a mapping",
            ),
            ("name: apis/orders\nproduct: {}\n", "unknown field `product`; `apis/orders` has `api`"),
            ("apis: 5\n", "prod.yaml:1:1 apis: expected a list of overrides"),
            ("apsi: []\n", "`apsi` is no kind here did you mean `apis`?"),
            ("apis: [{properties: {}}]\n", "the name is missing"),
            ("5\n", "expected overrides, found the number 5"),
            ("name: cats/x\n", "no collection"),
            ("a: [\n", "prod.yaml:"),
        ] {
            let (_, findings) = merged(text);
            assert!(findings.iter().any(|finding| finding.contains(expected)), "{text}: {findings:?}");
        }
        let (_, both) =
            merged("apis:\n- name: a\n  properties: {path: x}\n- name: b\n  properties: {path: y}\n");
        assert_eq!(both.len(), 2, "all at once");
    }

    #[test]
    fn nothing_is_overridden_by_the_names_of_an_extractor() {
        let (resources, findings) = merged("apimServiceName: x\napis: [orders]\n");
        assert!(findings.is_empty(), "{findings:?}");
        assert!(matches!(&resources[0].spec, Some(Spec::Api(api)) if api.service_url == "http://dev"));
    }

    proptest::proptest! {
        #[test]
        fn any_text_is_survived(text in "[ \\-a-z:{}\\[\\]#\n'\"\u{e000}0-9]{0,200}") {
            merged(&text);
        }
    }
}
