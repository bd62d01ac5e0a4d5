//! The folder that resources are exported to: one file each, at a place that follows from the name.
//!
//! One idea: the path is the name, spelled so that every file system takes it and nothing is lost;
//! the manifest within says the name again, so that a moved file means the same. Must not touch files.

use crate::to_yaml;
use hanse_proto::v1::Resource;
use hanse_proto::v1::resource::Spec;
use hanse_proto::{Kind, Name};
use std::fmt::Write as _;

/// Bytes of one part of a path; longer ids are cut and told apart by a hash.
pub const PART_BYTES_MAX: usize = 200;
/// Ends a part that was cut: no id has it, and no escape begins so.
const CUT: &str = "%~";
/// Names that some file systems keep for devices.
const DEVICES: [&str; 22] = [
    "con", "prn", "aux", "nul", "com1", "com2", "com3", "com4", "com5", "com6", "com7", "com8", "com9",
    "lpt1", "lpt2", "lpt3", "lpt4", "lpt5", "lpt6", "lpt7", "lpt8", "lpt9",
];
/// Endings by which manifests and documents are known; an id must not look like one.
const ENDINGS: [&str; 4] = [".yaml", ".yml", ".json", ".xml"];

/// A file of an export.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct File {
    /// Relative, with `/`.
    pub path: String,
    /// Its whole text.
    pub text: String,
}

/// The files of a resource: its manifest, and beside it the document of a policy. What the server
/// sets is left out; `secrets` are the fields whose values are, which a comment says.
///
/// # Panics
/// When the name is none.
pub fn files(resource: &Resource, secrets: &[String]) -> Vec<File> {
    let name = Name::parse(&resource.name).expect("a resource that was read has a name");
    let base = base_of(&name);
    let mut resource =
        Resource { name: resource.name.clone(), spec: resource.spec.clone(), ..Resource::default() };
    match &mut resource.spec {
        Some(Spec::Gateway(gateway)) => gateway.default_hostname.clear(),
        Some(Spec::GatewayLink(link)) => link.default_hostname.clear(),
        Some(Spec::Group(group)) => group.built_in = false,
        _ => {}
    }
    let mut text = String::new();
    if !secrets.is_empty() {
        let _ = writeln!(
            text,
            "# Secret and not written here: {}. What is not given stays as it is at the target.",
            secrets.join(", ")
        );
    }
    let Some(Spec::Policy(policy)) = &mut resource.spec else {
        text.push_str(&to_yaml(&resource));
        return vec![File { path: format!("{base}.yaml"), text }];
    };
    let document = File { path: format!("{base}.xml"), text: std::mem::take(&mut policy.value) };
    let beside = base.rsplit('/').next().unwrap_or_default();
    let _ = write!(text, "name: {}\npolicy:\n  valueFrom: {beside}.xml\n", quoted(&resource.name));
    if !policy.format.is_empty() {
        let _ = writeln!(text, "  format: {}", quoted(&policy.format));
    }
    vec![File { path: format!("{base}.yaml"), text }, document]
}

/// A text as a YAML scalar, whatever is in it: JSON is YAML.
fn quoted(text: &str) -> String {
    let is_plain = text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '/' | '_' | '-' | '.'));
    if is_plain { text.to_owned() } else { serde_json::Value::from(text).to_string() }
}

/// Path of a manifest without its ending: `workspaces/w/apis/orders/api`,
/// `workspaces/w/apis/orders/operations/get-order`, `workspaces/w/apis/orders/policy`.
fn base_of(name: &Name) -> String {
    let parts: Vec<&str> = name.as_str().split('/').collect();
    let parts: Vec<String> = parts
        .iter()
        .enumerate()
        .map(|(at, part)| if at % 2 == 0 { (*part).to_owned() } else { escape(part) })
        .collect();
    let path = parts.join("/");
    if name.kind() == Kind::Policy {
        let above = path.strip_suffix("policies/policy").unwrap_or_default();
        return format!("{above}policy");
    }
    let has_folder = Kind::all().any(|kind| kind != Kind::Policy && kind.parents().contains(&name.kind()));
    if has_folder || name.kind() == Kind::Workspace {
        format!("{path}/{}", name.kind().field())
    } else {
        path
    }
}

/// An id as part of a path that every file system takes; [`unescape`] reads it back.
pub fn escape(id: &str) -> String {
    let lower = id.to_lowercase();
    let is_device = DEVICES.contains(&lower.split('.').next().unwrap_or_default());
    let last_dot = id.rfind('.').filter(|_| ENDINGS.iter().any(|ending| lower.ends_with(ending)));
    let last = id.char_indices().next_back().map(|(at, _)| at);
    let mut out = String::new();
    for (at, c) in id.char_indices() {
        let is_refused =
            c.is_control() || matches!(c, '<' | '>' | ':' | '"' | '/' | '\\' | '|' | '?' | '*' | '%');
        let is_hidden = at == 0 && (c == '.' || is_device);
        let is_cut_off = Some(at) == last && matches!(c, '.' | ' ');
        if is_refused || is_hidden || is_cut_off || Some(at) == last_dot {
            c.encode_utf8(&mut [0; 4]).bytes().for_each(|byte| {
                let _ = write!(out, "%{byte:02X}");
            });
        } else {
            out.push(c);
        }
    }
    if out.len() <= PART_BYTES_MAX {
        return out;
    }
    let hash = format!("{CUT}{:016x}", fnv(id.as_bytes()));
    let mut end = PART_BYTES_MAX - hash.len();
    while !out.is_char_boundary(end) {
        end -= 1;
    }
    // An escape is kept whole or not at all.
    if let Some(start) = out[..end].rfind('%').filter(|start| end - start < 3) {
        end = start;
    }
    out.truncate(end);
    out + &hash
}

/// The id that a part of a path stands for; `None`: it was cut, or nothing that was escaped.
pub fn unescape(part: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(part.len());
    let mut rest = part;
    while let Some((before, after)) = rest.split_once('%') {
        bytes.extend_from_slice(before.as_bytes());
        let digits = after.get(..2).filter(|digits| digits.bytes().all(|byte| byte.is_ascii_hexdigit()))?;
        bytes.push(u8::from_str_radix(digits, 16).ok()?);
        rest = &after[2..];
    }
    bytes.extend_from_slice(rest.as_bytes());
    String::from_utf8(bytes).ok()
}

/// FNV-1a: the same on every machine and for ever.
fn fnv(bytes: &[u8]) -> u64 {
    let step = |hash: u64, byte: &u8| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, step)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(name: &str) -> String {
        base_of(&Name::parse(name).expect(name))
    }

    #[test]
    fn paths_follow_from_names() {
        for (name, expected) in [
            ("workspaces/w", "workspaces/w/workspace"),
            ("workspaces/w/apis/orders", "workspaces/w/apis/orders/api"),
            ("workspaces/w/apis/orders;rev=2", "workspaces/w/apis/orders;rev=2/api"),
            ("workspaces/w/apis/orders/operations/get", "workspaces/w/apis/orders/operations/get"),
            (
                "workspaces/w/apis/orders/operations/get/policies/policy",
                "workspaces/w/apis/orders/operations/get/policy",
            ),
            ("workspaces/w/apis/orders/policies/policy", "workspaces/w/apis/orders/policy"),
            ("workspaces/w/policies/policy", "workspaces/w/policy"),
            ("policies/policy", "policy"),
            ("namedValues/a b", "namedValues/a b"),
            ("products/p/apiLinks/l", "products/p/apiLinks/l"),
            ("gateways/default", "gateways/default/gateway"),
            ("apis/a/operations/x.yaml", "apis/a/operations/x%2Eyaml"),
            ("backends/.hidden", "backends/%2Ehidden"),
            ("backends/CON", "backends/%43ON"),
            ("backends/a:b|c", "backends/a%3Ab%7Cc"),
            ("backends/what?", "backends/what%3F"),
            ("backends/end.", "backends/end%2E"),
        ] {
            assert_eq!(path(name), expected, "{name}");
        }
    }

    #[test]
    fn escapes_are_read_back_unless_they_were_cut() {
        let long = |chars: usize| "ä".repeat(chars);
        for id in ["a", "..", "%", "a%41", "con.x", "größe", "x.json", "\u{7f}"] {
            assert_eq!(unescape(&escape(id)).as_deref(), Some(id));
        }
        assert_eq!(unescape(&escape(&long(100))), Some(long(100)), "the bound");
        let cut = escape(&long(101));
        assert!(cut.len() <= PART_BYTES_MAX && unescape(&cut).is_none(), "one past it: {cut}");
        assert_ne!(cut, escape(&format!("{}b", long(100))));
        assert_eq!(unescape("a%4"), None);
        assert_eq!(unescape("a%zz"), None);
    }

    proptest::proptest! {
        #[test]
        fn any_id_is_one_safe_part_of_a_path(id in "\\PC{1,90}") {
            let part = escape(&id);
            proptest::prop_assert!(part.len() <= PART_BYTES_MAX);
            proptest::prop_assert!(!part.contains(['/', '\\']) && !part.starts_with('.') && !part.ends_with(['.', ' ']));
            if let Some(back) = unescape(&part) {
                proptest::prop_assert_eq!(back, id);
            }
        }
    }

    #[test]
    fn documents_stand_beside_their_manifests_and_read_back() {
        let text =
            "name: workspaces/w/policies/policy\npolicy: {value: \"<policies/>\\r\\n\", format: rawxml}\n";
        let parsed = crate::parse("a.yaml", text, &|_| Err(String::new()));
        let resource = parsed.resources[0].resource.clone();
        let files = files(&resource, &[]);
        assert_eq!(files[0].path, "workspaces/w/policy.yaml");
        assert_eq!(files[1], File { path: "workspaces/w/policy.xml".into(), text: "<policies/>\r\n".into() });
        let read = crate::parse("b.yaml", &files[0].text, &|name| {
            assert_eq!(name, "policy.xml");
            Ok(files[1].text.clone())
        });
        assert_eq!(read.findings, []);
        assert_eq!(read.resources[0].resource, resource);
    }

    #[test]
    fn what_the_server_sets_is_left_out_and_secrets_are_told() {
        let text = "name: gateways/g\netag: x\nrevision: 5\ngateway: {displayName: G, defaultHostname: h}\n";
        let parsed = crate::parse("a.yaml", text, &|_| Err(String::new()));
        let files = files(&parsed.resources[0].resource, &["primaryKey".to_owned()]);
        assert_eq!(
            files[0].text,
            "# Secret and not written here: primaryKey. What is not given stays as it is at the target.\n\
             name: gateways/g\ngateway:\n  displayName: G\n"
        );
    }
}
