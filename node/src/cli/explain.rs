//! `hanse explain KIND[.FIELD]`: fields, their types and what they mean, from the `.proto` files.
//!
//! One idea: what is printed is what the program reads by: descriptors of the messages, and the table
//! of kinds.

use super::{
    Failure, Globals, Output, names,
    output::{Out, Paint},
};
use clap::Args;
use hanse_manifest::nearest;
use hanse_proto::{DESCRIPTOR_POOL, Kind, Scope};
use prost_reflect::{FieldDescriptor, FileDescriptor, Kind as Type, MessageDescriptor};

/// Messages are unfolded this many levels deep.
const DEPTH_MAX: usize = 5;
const INDENT: usize = 2;

#[derive(Debug, Args)]
pub struct Explain {
    /// Kind, or a field of it, as in `api` or `api.contact`; `resource` is what all share
    #[arg(value_name = "KIND[.FIELD]", required_unless_present = "all")]
    pub what: Option<String>,
    /// List all kinds: where they stand, what they are called, what can be done with them
    #[arg(long, conflicts_with = "what")]
    pub all: bool,
}

/// What can be done with every kind; more than this is in [`Kind::actions`].
const OPERATIONS: [&str; 5] = ["get", "list", "put", "delete", "watch"];

impl Explain {
    pub fn run(self, globals: &Globals) -> Result<(), Failure> {
        let Some(what) = &self.what else { return all(&Out::new(globals)) };
        let mut path = what.split('.');
        let first = path.next().unwrap_or_default();
        let (mut message, title) = start(first)?;
        for part in path {
            message = step(&message, part)?;
        }
        let out = Out::new(globals);
        out.text(&text(&message, &title, what, out.paint))
    }
}

/// The table of kinds.
fn all(out: &Out) -> Result<(), Failure> {
    if out.format != Output::Table {
        let kinds: Vec<serde_json::Value> = Kind::all().map(described).collect();
        return out.json(&serde_json::json!({ "kinds": kinds }));
    }
    let row = |kind: Kind| {
        let scope = match kind.scope() {
            Scope::Service => "service",
            Scope::ServiceOrWorkspace => "both",
        };
        let (shown, others) = kind.aliases().split_first().expect("every kind has a word");
        let short = others.iter().min_by_key(|word| word.len()).filter(|word| word.len() < shown.len());
        let short = short.copied().unwrap_or_default();
        vec![(*shown).to_owned(), short.to_owned(), shape(kind), scope.to_owned(), kind.actions().join(", ")]
    };
    let rows: Vec<Vec<String>> = Kind::all().map(row).collect();
    out.table(&["KIND", "SHORT", "STANDS AT", "SCOPE", "ACTIONS"], &rows)
}

/// Where a kind stands: `apis/{id}/operations/{id}`.
fn shape(kind: Kind) -> String {
    let part = |kind: Kind| format!("{}/{{id}}", kind.collection());
    let below = kind.parents().iter().map(|above| format!("{}/{}", shape(*above), part(kind)));
    let own = kind.at_root().then(|| part(kind));
    let all: Vec<String> = own.into_iter().chain(below).collect();
    // A document may stand at many places; the first says enough.
    if kind == Kind::Policy { format!("{} and below others", all[0]) } else { all.join(" | ") }
}

/// A kind for programs.
fn described(kind: Kind) -> serde_json::Value {
    let message = DESCRIPTOR_POOL.get_message_by_name(kind.message()).expect("every kind has a message");
    let mut fields: Vec<FieldDescriptor> = message.fields().collect();
    fields.sort_by_key(FieldDescriptor::number);
    let properties: Vec<serde_json::Value> = fields
        .iter()
        .map(|field| {
            serde_json::json!({
                "name": field.json_name(),
                "type": type_of(field),
                "description": comment(&field.parent_file(), field.path()),
            })
        })
        .collect();
    let operations: Vec<&str> = OPERATIONS.into_iter().chain(kind.actions().iter().copied()).collect();
    serde_json::json!({
        "kind": kind.field(),
        "collection": kind.collection(),
        "aliases": kind.aliases(),
        "scopes": match kind.scope() {
            Scope::Service => vec!["service"],
            Scope::ServiceOrWorkspace => vec!["service", "workspace"],
        },
        "parents": kind.parents().iter().map(|above| above.field()).collect::<Vec<_>>(),
        "atRoot": kind.at_root(),
        "description": comment(&message.parent_file(), message.path()),
        "properties": properties,
        "operations": operations,
    })
}

/// The message of a kind, and how it is written in a manifest.
fn start(text: &str) -> Result<(MessageDescriptor, String), Failure> {
    let message = |name: &str| DESCRIPTOR_POOL.get_message_by_name(name);
    if text.eq_ignore_ascii_case("resource") {
        return Ok((message("hanse.v1.Resource").expect("the envelope exists"), String::new()));
    }
    let kind: Kind = names::kind(text)?;
    Ok((message(kind.message()).expect("every kind has a message"), kind.field().to_owned()))
}

fn step(message: &MessageDescriptor, name: &str) -> Result<MessageDescriptor, Failure> {
    let Some(field) = message.get_field_by_json_name(name) else {
        let fields: Vec<FieldDescriptor> = message.fields().collect();
        let known: Vec<&str> = fields.iter().map(FieldDescriptor::json_name).collect();
        let hint = match nearest(name, &known) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("the fields are {}", known.join(", ")),
        };
        return Err(Failure::usage(format!("there is no field `{name}`")).hint(hint));
    };
    message_of(&field).ok_or_else(|| {
        let hint = format!("it is {}: {}", type_of(&field), comment(&field.parent_file(), field.path()));
        Failure::usage(format!("`{name}` has no fields of its own")).hint(hint)
    })
}

fn text(message: &MessageDescriptor, title: &str, what: &str, paint: Paint) -> String {
    let mut text = String::new();
    let about = comment(&message.parent_file(), message.path());
    if !about.is_empty() {
        text.push_str(&format!("{about}\n\n"));
    }
    if !title.is_empty() && !what.contains('.') {
        text.push_str(&format!("name: …\n{title}:\n"));
    }
    fields(&mut text, message, 1, &mut vec![message.full_name().to_owned()], paint);
    text
}

/// The fields of a message, each followed by those below it. `above` keeps a message from unfolding in itself.
fn fields(
    text: &mut String,
    message: &MessageDescriptor,
    depth: usize,
    above: &mut Vec<String>,
    paint: Paint,
) {
    let mut all: Vec<FieldDescriptor> = message.fields().collect();
    all.sort_by_key(FieldDescriptor::number);
    for field in all {
        let indent = " ".repeat(depth * INDENT);
        let about = comment(&field.parent_file(), field.path());
        let about = if about.is_empty() { about } else { format!("   {about}") };
        text.push_str(&format!("{indent}{}: {}{about}\n", paint.bold(field.json_name()), type_of(&field)));
        let Some(below) = message_of(&field) else { continue };
        let name = below.full_name().to_owned();
        // The specs of a resource are explained by their kinds.
        let is_spec = field.containing_oneof().is_some_and(|oneof| oneof.fields().count() > 1);
        if depth < DEPTH_MAX && !above.contains(&name) && !is_spec {
            above.push(name);
            fields(text, &below, depth + 1, above, paint);
            above.pop();
        }
    }
}

/// The message behind a field, a list's items or a map's values.
fn message_of(field: &FieldDescriptor) -> Option<MessageDescriptor> {
    let kind = field.kind();
    let message = kind.as_message()?;
    if field.is_map() {
        return message.map_entry_value_field().kind().as_message().cloned();
    }
    (!message.full_name().starts_with("google.protobuf.")).then(|| message.clone())
}

fn type_of(field: &FieldDescriptor) -> String {
    let kind = field.kind();
    if let (true, Some(entry)) = (field.is_map(), kind.as_message()) {
        return format!("map of {}", type_name(&entry.map_entry_value_field().kind()));
    }
    let name = type_name(&kind);
    if field.is_list() { format!("list of {name}") } else { name }
}

fn type_name(kind: &Type) -> String {
    match kind {
        Type::String => "text".to_owned(),
        Type::Bool => "true or false".to_owned(),
        Type::Float | Type::Double => "number".to_owned(),
        Type::Bytes => "bytes".to_owned(),
        Type::Enum(names) => {
            names.values().map(|value| value.name().to_owned()).collect::<Vec<_>>().join(" | ")
        }
        Type::Message(message) if message.full_name() == "google.protobuf.Timestamp" => "time".to_owned(),
        Type::Message(message) if message.full_name() == "google.protobuf.Struct" => {
            "free structure".to_owned()
        }
        Type::Message(message) => message.name().to_owned(),
        Type::Uint32 | Type::Uint64 | Type::Fixed32 | Type::Fixed64 => "whole number from 0".to_owned(),
        _ => "whole number".to_owned(),
    }
}

/// The comment above a definition, on one line.
fn comment(file: &FileDescriptor, path: &[i32]) -> String {
    let info = file.file_descriptor_proto().source_code_info.as_ref();
    let location = info.and_then(|info| info.location.iter().find(|location| location.path == path));
    let text = location.map_or("", |location| location.leading_comments());
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn explained(what: &str) -> String {
        let mut path = what.split('.');
        let (mut message, title) = start(path.next().expect("a kind")).expect(what);
        for part in path {
            message = step(&message, part).expect(what);
        }
        text(&message, &title, what, Paint::none())
    }

    #[test]
    fn kinds_are_explained_with_types_and_comments() {
        let api = explained("api");
        assert!(api.contains("\napi:\n"), "{api}");
        assert!(api.contains("  displayName: text   1 to 300 characters, required."), "{api}");
        assert!(api.contains("  protocols: list of text"), "{api}");
        assert!(api.contains("  contact: Contact\n    name: text\n"), "{api}");
        assert!(explained("be").contains("header: map of StringList   Secret values."));
        assert!(explained("api.contact").contains("email: text"));
        assert!(explained("resource").contains("createdAt: time"));
        let schema = explained("schema");
        assert!(
            schema.contains("  document: free structure   Of a `json` schema") && !schema.contains("fields:"),
            "{schema}"
        );
    }

    #[test]
    fn every_kind_can_be_explained() {
        for kind in Kind::all() {
            assert!(!explained(kind.aliases()[0]).is_empty());
        }
    }

    #[test]
    fn what_is_not_there_is_guessed() {
        let (api, _) = start("api").expect("a kind");
        assert!(
            format!("{:?}", step(&api, "contct").expect_err("a typo")).contains("did you mean `contact`?")
        );
        assert!(format!("{:?}", step(&api, "path").expect_err("no fields")).contains("no fields of its own"));
    }
}
