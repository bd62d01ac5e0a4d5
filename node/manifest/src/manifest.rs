//! Manifests: the resources of a file, each with the places of its fields.
//!
//! One idea: the name decides the kind, and the spec has to be that kind's. Several documents, a
//! list, or a mapping with `resources` may stand in one file. Must not open files: what
//! `valueFrom` names comes by a callback.

use crate::message::{Place, Reader, join};
use crate::value::{self, Entry, Mapping, Node, Value};
use crate::{Finding, render};
use hanse_proto::v1::Resource;
use hanse_proto::{DESCRIPTOR_POOL, Kind, Name};
use prost_reflect::{DynamicMessage, FieldDescriptor, MessageDescriptor, ReflectMessage};
use std::collections::BTreeMap;

/// A message, and where it was written.
#[derive(Debug, Clone, PartialEq)]
pub struct Located<M> {
    /// The message.
    pub resource: M,
    /// File as the caller named it.
    pub file: String,
    /// Line in which it begins, 1-based.
    pub line: u32,
    /// Places of keys and list items by path: `name`, `api.displayName`, `operation.responses[0]`.
    pub key_positions: BTreeMap<String, Place>,
    /// What `valueFrom` said: name of the file that the document of a policy comes from.
    pub value_file: Option<String>,
}

/// What a manifest holds and what is wrong with it.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Parsed {
    /// Resources without findings of their own, in the order of the text.
    pub resources: Vec<Located<Resource>>,
    /// Everything that was found; empty: all is well.
    pub findings: Vec<Finding>,
    /// What could be read of the resources with findings; `None`: not even the name.
    pub unread: Vec<Option<Resource>>,
}

impl<M> Located<M> {
    /// Where the field of a path stands, or the nearest one above it that is written.
    pub fn nearest_place(&self, path: &str) -> Option<Place> {
        let mut path = path;
        loop {
            if let Some(place) = self.key_positions.get(path) {
                return Some(*place);
            }
            path = &path[..path.rfind(['.', '[', '/'])?];
        }
    }
}

impl Located<Resource> {
    /// Where `field`, a path within the spec, stands; the nearest that is written above it if it
    /// is not written itself, and at last the name. An empty path is the resource, so its name.
    pub fn place_of(&self, field: &str) -> Place {
        let name = self.key_positions.get("name").copied().unwrap_or((self.line, 0));
        if field.is_empty() {
            return name;
        }
        let spec = self.resource.spec.as_ref().map_or("", |spec| Kind::of_spec(spec).field());
        self.nearest_place(&join(spec, field)).unwrap_or(name)
    }
}

/// Reads a manifest. `files` gives the content of a file named by `valueFrom`, or says in
/// a message (lower case, no full stop) why it cannot.
pub fn parse(file: &str, text: &str, files: &dyn Fn(&str) -> Result<String, String>) -> Parsed {
    let (documents, findings) = value::read_all(file, text);
    let unread = if findings.is_empty() { Vec::new() } else { vec![None] };
    let mut parsed = Parsed { resources: Vec::new(), findings, unread };
    let mut nodes = Vec::new();
    for document in &documents {
        collect(file, document, &mut nodes, &mut parsed.findings);
    }
    for node in nodes {
        read_resource(file, node, files, &mut parsed);
    }
    parsed
}

/// Resources that are given more than once, in one file or in several.
pub fn duplicate_names(resources: &[Located<Resource>]) -> Vec<Finding> {
    let mut first: BTreeMap<String, &Located<Resource>> = BTreeMap::new();
    let mut findings = Vec::new();
    for located in resources {
        let key = hanse_proto::key_of(&located.resource.name);
        let Some(before) = first.get(&key) else {
            first.insert(key, located);
            continue;
        };
        let (line, column) = located.place_of("");
        findings.push(Finding {
            file: located.file.clone(),
            line,
            column,
            field: "name".to_owned(),
            message: format!(
                "`{}` is given twice; the first one is in {}:{}",
                located.resource.name, before.file, before.line
            ),
            hint: "remove one of them".to_owned(),
        });
    }
    findings
}

/// Reads a text that holds one message of any type, as a configuration file does. What did not fit
/// is left out of the message and is in the findings, so that its reader can go on and check the rest.
///
/// # Errors
/// When the text is neither YAML nor JSON: nothing can be read from it.
pub fn parse_message<M>(file: &str, text: &str) -> Result<(Located<M>, Vec<Finding>), Vec<Finding>>
where
    M: prost::Message + ReflectMessage + Default,
{
    Ok(message_of(file, &value::read(file, text)?))
}

/// Reads one message of any type from a tree; see [`parse_message`].
pub fn message_of<M>(file: &str, node: &Node) -> (Located<M>, Vec<Finding>)
where
    M: prost::Message + ReflectMessage + Default,
{
    let mut reader = Reader::new(file);
    let message = if node.is_null() {
        DynamicMessage::new(M::default().descriptor())
    } else {
        reader.message(&M::default().descriptor(), node, "")
    };
    let located = Located {
        resource: message.transcode_to().expect("the message was built by its own descriptor"),
        file: file.to_owned(),
        line: node.line,
        key_positions: reader.places,
        value_file: None,
    };
    (located, reader.findings)
}

/// Findings as one text without the lines they are about, for logs and error chains.
pub fn render_briefly(findings: &[Finding]) -> String {
    render(findings, &|_| None)
}

/// The nodes of a document that should be resources.
fn collect<'n>(file: &str, document: &'n Node, nodes: &mut Vec<&'n Node>, findings: &mut Vec<Finding>) {
    match &document.value {
        Value::Null => {}
        Value::Sequence(items) => nodes.extend(items),
        Value::Mapping(mapping) if mapping.get("resources").is_some() => {
            collect_listed(file, mapping, nodes, findings);
        }
        _ => nodes.push(document),
    }
}

/// What `get -o json` prints: resources, with the revision they were read at beside them.
fn collect_listed<'n>(
    file: &str,
    mapping: &'n Mapping,
    nodes: &mut Vec<&'n Node>,
    findings: &mut Vec<Finding>,
) {
    let mut reader = Reader::new(file);
    for entry in mapping {
        match (entry.key.as_str(), &entry.value.value) {
            ("resources", Value::Sequence(items)) => nodes.extend(items),
            ("resources", Value::Null) | ("revision" | "nextPageToken", _) => {}
            ("resources", _) => {
                let message = format!("expected a list of resources, found {}", entry.value.describe());
                reader.find((entry.value.line, entry.value.column), "resources", message, "");
            }
            (key, _) => {
                let message = format!("unknown field `{key}` beside `resources`");
                reader.find((entry.line, entry.column), key, message, "remove it");
            }
        }
    }
    findings.append(&mut reader.findings);
}

fn read_resource(
    file: &str,
    node: &Node,
    files: &dyn Fn(&str) -> Result<String, String>,
    parsed: &mut Parsed,
) {
    let mut reader = ResourceReader {
        reader: Reader::new(file),
        descriptor: Resource::default().descriptor(),
        files,
        value_file: None,
    };
    let message = reader.resource(node);
    let ResourceReader { reader, value_file, .. } = reader;
    if !reader.findings.is_empty() {
        parsed.findings.extend(reader.findings);
        parsed.unread.push(message.and_then(|message| message.transcode_to().ok()));
        return;
    }
    let Some(message) = message else { return };
    parsed.resources.push(Located {
        resource: message.transcode_to().expect("the message was built by its own descriptor"),
        file: file.to_owned(),
        line: node.line,
        key_positions: reader.places,
        value_file,
    });
}

struct ResourceReader<'a> {
    reader: Reader<'a>,
    descriptor: MessageDescriptor,
    files: &'a dyn Fn(&str) -> Result<String, String>,
    value_file: Option<String>,
}

impl ResourceReader<'_> {
    fn resource(&mut self, node: &Node) -> Option<DynamicMessage> {
        let Value::Mapping(mapping) = &node.value else {
            let message = format!(
                "expected a resource (a mapping with `name` and its spec), found {}",
                node.describe()
            );
            self.reader.find((node.line, node.column), "", message, "");
            return None;
        };
        let mut message = DynamicMessage::new(self.descriptor.clone());
        let name = self.name(node, mapping);
        let kind = name.as_ref().map(Name::kind);
        let mut spec_seen = false;
        for entry in mapping {
            let Some(field) = self.descriptor.get_field_by_json_name(&entry.key) else {
                self.reader.unknown_field(&self.descriptor, entry, &entry.key, &[]);
                continue;
            };
            if field.containing_oneof().is_none() {
                self.reader.field(&mut message, &field, entry, &entry.key);
                continue;
            }
            spec_seen = true;
            match kind {
                Some(kind) if kind.field() != entry.key => self.wrong_spec(kind, entry),
                _ => self.spec(&mut message, &field, entry),
            }
        }
        let name = name?;
        if !spec_seen {
            let field = name.kind().field();
            let message = format!("the spec is missing: `{name}` needs a field `{field}`");
            self.reader.find(
                (node.line, node.column),
                field,
                message,
                format!("add `{field}:` with its fields"),
            );
        }
        message.set_field_by_name("name", prost_reflect::Value::String(name.as_str().to_owned()));
        Some(message)
    }

    fn name(&mut self, node: &Node, mapping: &Mapping) -> Option<Name> {
        const EXAMPLE: &str = "add one, as in `name: workspaces/demo/apis/orders`";
        let entry = match mapping.get("name") {
            Some(entry) if !entry.value.is_null() => entry,
            _ => {
                self.reader.find((node.line, node.column), "name", "the name is missing".to_owned(), EXAMPLE);
                return None;
            }
        };
        // A value that is no text at all is found when the field is read.
        let text = entry.value.scalar_text()?;
        match Name::parse(text) {
            Ok(name) => Some(name),
            Err(error) => {
                let place = (entry.value.line, entry.value.column);
                self.reader.find(place, "name", error.message, "");
                None
            }
        }
    }

    fn wrong_spec(&mut self, kind: Kind, entry: &Entry) {
        let (key, field) = (&entry.key, kind.field());
        let message = format!("the spec `{key}` does not fit the name, whose kind is `{field}`");
        let hint = format!("write it as `{field}:`, or correct the name");
        self.reader.find((entry.line, entry.column), key, message, hint);
    }

    fn spec(&mut self, message: &mut DynamicMessage, field: &FieldDescriptor, entry: &Entry) {
        if entry.value.is_null() {
            let key = &entry.key;
            let text = format!("the spec `{key}` has no content; expected a mapping with its fields");
            self.reader.find(
                (entry.line, entry.column),
                key,
                text,
                format!("write `{key}: {{}}` for one without fields"),
            );
            return;
        }
        if entry.key != Kind::Policy.field() {
            self.reader.field(message, field, entry, &entry.key);
            return;
        }
        let policy = self.policy(&entry.value, entry);
        message.set_field(field, prost_reflect::Value::Message(policy));
    }

    /// A policy, whose document may stand in a file of its own.
    fn policy(&mut self, node: &Node, entry: &Entry) -> DynamicMessage {
        const VALUE_FROM: &str = "valueFrom";
        let descriptor =
            DESCRIPTOR_POOL.get_message_by_name(Kind::Policy.message()).expect("the kind has a message");
        self.reader.places.insert(entry.key.clone(), (entry.line, entry.column));
        let Value::Mapping(mapping) = &node.value else {
            return self.reader.message(&descriptor, node, &entry.key);
        };
        let mut policy = DynamicMessage::new(descriptor.clone());
        for entry in mapping {
            let path = join(Kind::Policy.field(), &entry.key);
            let field = descriptor.get_field_by_json_name(&entry.key);
            match field {
                Some(field) => self.reader.field(&mut policy, &field, entry, &path),
                None if entry.key == VALUE_FROM => {
                    let together = mapping.get("value").is_some();
                    self.value_from(&mut policy, entry, &path, together);
                }
                None => self.reader.unknown_field(&descriptor, entry, &path, &[VALUE_FROM]),
            }
        }
        policy
    }

    fn value_from(&mut self, policy: &mut DynamicMessage, entry: &Entry, path: &str, together: bool) {
        let place = (entry.value.line, entry.value.column);
        if together {
            let message = "`value` and `valueFrom` are both given".to_owned();
            self.reader.find((entry.line, entry.column), path, message, "remove one of them");
            return;
        }
        let Some(file) = entry.value.as_str() else {
            let message = format!("expected the name of a file, found {}", entry.value.describe());
            self.reader.find(place, path, message, "");
            return;
        };
        if let Err(message) = stays_inside(file) {
            self.reader.find(place, path, message, "name a file in the folder of the manifest or below it");
            return;
        }
        match (self.files)(file) {
            Ok(text) => {
                policy.set_field_by_name("value", prost_reflect::Value::String(text));
                self.reader.places.insert(join(Kind::Policy.field(), "value"), place);
                self.value_file = Some(file.to_owned());
            }
            Err(message) => {
                self.reader.find(place, path, message, "the path is relative to the manifest");
            }
        }
    }
}

/// Whether a path, relative to a manifest, stays in the manifest's folder.
fn stays_inside(file: &str) -> Result<(), String> {
    let absolute = file.starts_with(['/', '\\']) || file.as_bytes().get(1) == Some(&b':');
    if file.is_empty() || absolute || file.split(['/', '\\']).any(|part| part == "..") {
        return Err(format!("the file `{file}` is not within the folder of the manifest"));
    }
    Ok(())
}
