//! Makes an import fit one command.
//!
//! One idea: a whole API becomes visible at once or not at all, so what is least missed is left out
//! until it fits: examples, then texts of details, then the details. Routing is never touched. Must
//! not know documents.

use crate::Imported;
use crate::cursor::Cursor;
use crate::finding::Findings;
use hanse_proto::{COMMAND_BYTES_MAX, v1};
use prost::Message as _;

/// What an import may have, encoded; the rest of a command is for names and facts.
pub const IMPORT_BYTES_MAX: usize = COMMAND_BYTES_MAX * 3 / 4;
/// What an operation needs in a command beside itself: its name, and what admission finds.
const OPERATION_OVERHEAD: usize = 200;

/// The schemas of an API may have this many bytes, as the model has it.
const SCHEMAS_BYTES_MAX: usize = 4 * 1024 * 1024;

/// Something that can be left out of an import.
struct Stage {
    /// What is said of it.
    what: &'static str,
    leave_out: fn(&mut Imported),
}

/// What is left out first stands first.
const STAGES: &[Stage] = &[
    Stage { what: "examples", leave_out: |it| each(it, drop_examples) },
    Stage { what: "schemas", leave_out: drop_schemas },
    Stage { what: "texts of parameters and responses", leave_out: |it| each(it, drop_texts) },
    Stage { what: "requests and responses", leave_out: |it| each(it, drop_details) },
    Stage { what: "descriptions of operations", leave_out: |it| each(it, drop_descriptions) },
];

/// Leaves out what must be; `false` and an error when even the bare operations are too much.
pub(crate) fn fit(imported: &mut Imported, root: &Cursor<'_>, findings: &mut Findings) -> bool {
    let schemas = imported.schemas.as_ref().map_or(0, v1::ApiSchema::encoded_len);
    if schemas > SCHEMAS_BYTES_MAX {
        let message = format!(
            "the schemas have {schemas} bytes and at most {SCHEMAS_BYTES_MAX} can be kept, so they are left out"
        );
        findings.warn(root, message);
        drop_schemas(imported);
    }
    fit_within(IMPORT_BYTES_MAX, imported, root, findings)
}

fn fit_within(bytes_max: usize, imported: &mut Imported, root: &Cursor<'_>, findings: &mut Findings) -> bool {
    for Stage { what, leave_out } in STAGES {
        let bytes = size(imported);
        if bytes <= bytes_max {
            return true;
        }
        leave_out(imported);
        if size(imported) < bytes {
            findings.warn(
                root,
                format!(
                    "the import has {bytes} bytes and {bytes_max} fit one commit, so {what} are left out"
                ),
            );
        }
    }
    let bytes = size(imported);
    if bytes > bytes_max {
        findings.error(
            root,
            format!(
                "the {} operations have {bytes} bytes and {bytes_max} fit one commit; split the document into several APIs",
                imported.operations.len()
            ),
        );
        return false;
    }
    true
}

fn size(imported: &Imported) -> usize {
    let operations = imported.operations.iter().map(|one| one.operation.encoded_len() + OPERATION_OVERHEAD);
    let schemas = imported.schemas.as_ref().map_or(0, v1::ApiSchema::encoded_len);
    schemas + imported.description.len() + imported.terms_of_service_url.len() + operations.sum::<usize>()
}

fn each(imported: &mut Imported, leave_out: fn(&mut v1::Operation)) {
    imported.operations.iter_mut().for_each(|one| leave_out(&mut one.operation));
}

fn drop_schemas(imported: &mut Imported) {
    imported.schemas = None;
    each(imported, |operation| {
        each_parameter(operation, |parameter| {
            parameter.schema_id.clear();
            parameter.type_name.clear();
        });
        each_representation(operation, |representation| {
            representation.schema_id.clear();
            representation.type_name.clear();
        });
    });
}

fn drop_examples(operation: &mut v1::Operation) {
    each_parameter(operation, |parameter| parameter.examples.clear());
    each_representation(operation, |representation| representation.examples.clear());
}

fn drop_texts(operation: &mut v1::Operation) {
    each_parameter(operation, |parameter| {
        parameter.description.clear();
        parameter.values.clear();
    });
    for response in &mut operation.responses {
        response.description.clear();
    }
    if let Some(request) = &mut operation.request {
        request.description.clear();
    }
}

fn drop_details(operation: &mut v1::Operation) {
    operation.responses.clear();
    operation.request = None;
}

fn drop_descriptions(operation: &mut v1::Operation) {
    operation.description.clear();
    for parameter in &mut operation.template_parameters {
        parameter.default_value.clear();
    }
}

fn each_parameter(operation: &mut v1::Operation, mut change: impl FnMut(&mut v1::Parameter)) {
    operation.template_parameters.iter_mut().for_each(&mut change);
    if let Some(request) = &mut operation.request {
        request.query_parameters.iter_mut().for_each(&mut change);
        request.headers.iter_mut().for_each(&mut change);
    }
    for response in &mut operation.responses {
        response.headers.iter_mut().for_each(&mut change);
    }
    each_representation(operation, |representation| {
        representation.form_parameters.iter_mut().for_each(&mut change);
    });
}

fn each_representation(operation: &mut v1::Operation, mut change: impl FnMut(&mut v1::Representation)) {
    if let Some(request) = &mut operation.request {
        request.representations.iter_mut().for_each(&mut change);
    }
    for response in &mut operation.responses {
        response.representations.iter_mut().for_each(&mut change);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ImportedOperation;
    use hanse_manifest::value::{Node, Value};

    fn imported() -> Imported {
        let example = v1::Example { value: "x".repeat(100), ..Default::default() };
        let representation = v1::Representation {
            content_type: "application/json".into(),
            examples: [("default".to_owned(), example)].into(),
            ..Default::default()
        };
        let operation = v1::Operation {
            display_name: "List".into(),
            method: "GET".into(),
            url_template: "/orders".into(),
            description: "y".repeat(100),
            responses: vec![v1::OperationResponse {
                status_code: 200,
                description: "z".repeat(100),
                representations: vec![representation],
                ..Default::default()
            }],
            ..Default::default()
        };
        let operations = vec![ImportedOperation { id: "list".into(), operation }];
        Imported { operations, ..Default::default() }
    }

    /// What is left within `bytes_max`: examples, response texts, responses, descriptions; and whether it fits.
    fn check(bytes_max: usize, left: [bool; 4], does_fit: bool) {
        let mut imported = imported();
        let node = Node { value: Value::Null, line: 1, column: 1 };
        let mut findings = Findings::default();
        let fits = fit_within(bytes_max, &mut imported, &Cursor::root(&node), &mut findings);
        let operation = &imported.operations[0].operation;
        let response = operation.responses.first();
        let found = [
            response.is_some_and(|response| !response.representations[0].examples.is_empty()),
            response.is_some_and(|response| !response.description.is_empty()),
            response.is_some(),
            !operation.description.is_empty(),
        ];
        assert_eq!((found, fits), (left, does_fit), "{bytes_max}");
        let warnings = left.iter().filter(|left| !**left).count();
        assert_eq!(findings.finish().len(), warnings + usize::from(!does_fit));
    }

    #[test]
    fn what_is_least_missed_goes_first_and_routing_never() {
        let all = size(&imported());
        check(all, [true, true, true, true], true);
        check(all - 1, [false, true, true, true], true);
        check(all - 150, [false, false, true, true], true);
        check(all - 235, [false, false, false, true], true);
        check(all - 300, [false, false, false, false], true);
        check(10, [false, false, false, false], false);
    }

    #[test]
    fn schemas_go_with_every_reference_to_them() {
        let mut imported = imported();
        let fields = [("A".to_owned(), prost_types::Value { kind: None })].into();
        let document =
            v1::ApiSchemaDocument { definitions: Some(prost_types::Struct { fields }), ..Default::default() };
        imported.schemas = Some(v1::ApiSchema { document: Some(document), ..Default::default() });
        let representation = &mut imported.operations[0].operation.responses[0].representations[0];
        representation.examples.clear();
        (representation.schema_id, representation.type_name) = ("openapi".into(), "A".into());
        let node = Node { value: Value::Null, line: 1, column: 1 };
        let mut findings = Findings::default();
        let bytes_max = size(&imported) - 1;
        assert!(fit_within(bytes_max, &mut imported, &Cursor::root(&node), &mut findings));
        let representation = &imported.operations[0].operation.responses[0].representations[0];
        assert_eq!((representation.schema_id.as_str(), representation.type_name.as_str()), ("", ""));
        assert_eq!(imported.schemas, None);
        let findings = findings.finish();
        assert!(
            findings.len() == 1 && findings[0].message.contains("so schemas are left out"),
            "{findings:?}"
        );
    }
}
