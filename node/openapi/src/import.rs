//! From text to [`Imported`]: the order of the steps, and what they share.
//!
//! One idea: errors come first and end it; from there on everything is a warning. What references
//! repeat is counted, because a small document can describe an enormous one. Must not know how
//! each part is read: see `server`, `operation`, `parameter`, `body`.

use crate::cursor::Cursor;
use crate::edition::{self, Edition};
use crate::finding::{Finding, Findings, Severity};
use crate::id::{self, Ids};
use crate::operation::{Draft, METHODS};
use crate::schema::Lifted;
use crate::text::{cut, is_token, one_line, shorten};
use crate::{
    DOCUMENT_BYTES_MAX, Imported, ImportedOperation, Options, check, fit, indent, reference, template,
};
use hanse_manifest::value::{self, Node};
use hanse_proto::v1;
use std::collections::{BTreeMap, BTreeSet};

/// What a document describes may have this many bytes once references are written out, before
/// anything is left out to make it fit.
pub const EXPANDED_BYTES_MAX: usize = 64 * 1024 * 1024;
/// Display names of APIs and operations have at most this many characters.
pub(crate) const DISPLAY_NAME_CHARS_MAX: usize = 300;
/// Methods have at most this many characters.
const METHOD_CHARS_MAX: usize = 100;
/// Keys of `paths` beyond this many bytes are not even looked at.
const PATH_KEY_BYTES_MAX: usize = 4 * template::TEMPLATE_CHARS_MAX;

const SECURITY: &str =
    "security schemes are not imported; subscription keys and policies say who may call an API";
const CALLBACKS: &str = "callbacks and webhooks are not imported; calls of a backend do not pass a gateway";
pub(crate) const LINKS: &str = "links between operations are not imported";
const TAGS: &str = "tags are not imported; tags of a workspace are resources, with links to operations";

/// One import under way.
pub(crate) struct Import<'a> {
    pub(crate) root: &'a Node,
    pub(crate) edition: Edition,
    pub(crate) options: &'a Options,
    pub(crate) findings: Findings,
    /// What references and values have cost so far, in bytes.
    spent: usize,
    /// Responses without a status code of their own (`default`, `2XX`).
    pub(crate) unnumbered_responses: usize,
    /// Inline schemas of bodies.
    pub(crate) lifted: Lifted,
    /// Parts of documents that have been met and are not kept.
    ignored: BTreeSet<&'static str>,
}

pub(crate) fn read(file_name: &str, text: &str, options: &Options) -> (Option<Imported>, Vec<Finding>) {
    let mut findings = Findings::default();
    if text.len() > DOCUMENT_BYTES_MAX {
        findings.push(whole(format!(
            "the document has {} bytes; at most {DOCUMENT_BYTES_MAX} are read",
            text.len()
        )));
        return (None, findings.finish());
    }
    let Some(node) = parse(file_name, text, &mut findings) else { return (None, findings.finish()) };
    let root = Cursor::root(&node);
    if !root.is_mapping() {
        findings.error(&root, format!("an OpenAPI document is a mapping, and there is {}", node.describe()));
        return (None, findings.finish());
    }
    let Some((edition, version)) = edition::read(&root, &mut findings) else {
        return (None, findings.finish());
    };
    let is_refused = !has_containers(&root, edition, &mut findings);
    indent::check(text, &root, &mut findings);
    check::check(&root, edition, &mut findings);
    if is_refused {
        return (None, findings.finish());
    }
    let mut import = Import {
        root: &node,
        edition,
        options,
        findings,
        spent: 0,
        unnumbered_responses: 0,
        lifted: Lifted::default(),
        ignored: BTreeSet::new(),
    };
    let imported = import.run(file_name, version);
    (imported, import.findings.finish())
}

/// The tree; what was wrong with the text is told. Duplicate keys and the like are survived.
fn parse(file_name: &str, text: &str, findings: &mut Findings) -> Option<Node> {
    let (documents, problems) = value::read_all(file_name, text);
    let mut documents = documents.into_iter();
    let first = documents.next();
    let severity = if first.is_some() { Severity::Warning } else { Severity::Error };
    let is_silent = problems.is_empty();
    for problem in problems {
        findings.push(Finding {
            severity,
            message: problem.message,
            pointer: "#".to_owned(),
            line: problem.line,
            column: problem.column,
        });
    }
    if let Some(second) = documents.next() {
        findings.push(Finding {
            severity: Severity::Warning,
            message: "a second document begins here; only the first one is read".to_owned(),
            pointer: "#".to_owned(),
            line: second.line,
            column: second.column,
        });
    }
    if first.is_none() && is_silent {
        findings.push(whole("the document is empty; an OpenAPI document is expected".to_owned()));
    }
    first
}

/// Whether `info` and `paths` are there as far as an import needs them; errors say what is missing.
fn has_containers(root: &Cursor<'_>, edition: Edition, findings: &mut Findings) -> bool {
    let mut is_complete = true;
    for key in ["info", "paths"] {
        let found = root.get(key);
        if found.as_ref().is_some_and(Cursor::is_mapping) {
            continue;
        }
        let others = ["components", "webhooks"];
        if key == "paths"
            && found.is_none()
            && edition >= Edition::V31
            && others.iter().any(|key| root.has(key))
        {
            findings.warn(root, "the document has no `paths`, so there are no operations to import");
            continue;
        }
        is_complete = false;
        match found {
            Some(at) => {
                let found = at.node.describe();
                findings.error(&at, format!("`{key}` must be a mapping, and there is {found}"));
            }
            None if key == "info" => {
                findings.error(root, "`info` is missing: a mapping with `title` and `version`")
            }
            None => findings.error(root, "`paths` is missing: a mapping of paths, as `/orders: {get: …}`"),
        }
    }
    is_complete
}

fn whole(message: String) -> Finding {
    Finding { severity: Severity::Error, message, pointer: "#".to_owned(), line: 0, column: 0 }
}

impl<'a> Import<'a> {
    fn run(&mut self, file_name: &str, version: String) -> Option<Imported> {
        let root = Cursor::root(self.root);
        let info = root.get("info")?;
        let mut imported = Imported {
            title: self.title(&info, file_name),
            description: info.text_or_empty("description"),
            service_url: self.service_url(),
            version,
            contact: contact(&info),
            license: license(&info),
            terms_of_service_url: info.text_or_empty("termsOfService"),
            operations: Vec::new(),
            schemas: None,
        };
        self.ignore_parts_of_document(&root);
        let drafts = self.drafts(&root);
        imported.operations = self.operations(&drafts);
        imported.schemas = self.schemas();
        if self.is_exhausted() {
            self.findings.error(
                &root,
                format!(
                    "references repeat more than {EXPANDED_BYTES_MAX} bytes; import the document in parts"
                ),
            );
            return None;
        }
        if self.unnumbered_responses > 0 {
            self.findings.warn(
                &root,
                format!(
                    "responses without a status code of their own (`default`, `2XX`) are left out: {}",
                    self.unnumbered_responses
                ),
            );
        }
        fit::fit(&mut imported, &root, &mut self.findings).then_some(imported)
    }

    /// The title, or the name of the file for want of one.
    fn title(&mut self, info: &Cursor<'a>, file_name: &str) -> String {
        let title = info.text("title").map(one_line).unwrap_or_default();
        if title.is_empty() {
            let base = file_name.rsplit(['/', '\\']).next().unwrap_or_default();
            let stem = one_line(base.split('.').next().unwrap_or_default());
            let (title, _) = cut(if stem.is_empty() { "API" } else { &stem }, DISPLAY_NAME_CHARS_MAX);
            self.findings
                .warn(info, format!("`info.title` is missing; the API is called `{}`", shorten(&title)));
            return title;
        }
        let (title, was_cut) = cut(&title, DISPLAY_NAME_CHARS_MAX);
        if was_cut {
            self.findings.warn(info, format!("`info.title` is cut to {DISPLAY_NAME_CHARS_MAX} characters"));
        }
        title
    }

    /// Every method of every path.
    fn drafts(&mut self, root: &Cursor<'a>) -> Vec<Draft<'a>> {
        let mut drafts = Vec::new();
        for container in ["paths", "x-ms-paths"].iter().filter_map(|key| root.get(key)) {
            for (key, item) in container.entries() {
                if key.starts_with("x-") || !item.is_mapping() {
                    continue;
                }
                if key.len() > PATH_KEY_BYTES_MAX {
                    self.findings.warn(
                        &item,
                        format!("the path has {} bytes; its operations are left out", key.len()),
                    );
                    continue;
                }
                self.drafts_of(key, &item, &mut drafts);
            }
        }
        drafts
    }

    fn drafts_of(&mut self, key: &'a str, item: &Cursor<'a>, drafts: &mut Vec<Draft<'a>>) {
        let target = reference::follow(self.root, item.clone()).ok();
        let target = target.filter(|_| item.has("$ref"));
        let mut methods: BTreeSet<String> = BTreeSet::new();
        // What stands beside `$ref` goes before what it leads to.
        for at in [Some(item), target.as_ref()].into_iter().flatten() {
            if at.has("servers") {
                self.findings.warn(at, "servers of a path are not supported; the API's own one is used");
            }
            // The second name is that of exports, where 3.0 has no place for such methods.
            let additional = ["additionalOperations", "x-additionalOperations"].map(|key| at.get(key));
            let extra =
                additional.iter().flatten().flat_map(Cursor::entries).map(|(name, at)| (name.to_owned(), at));
            let own = at.entries().filter_map(|(name, at)| {
                let method = METHODS.iter().find(|method| name.eq_ignore_ascii_case(method))?;
                Some(((*method).to_owned(), at))
            });
            for (method, operation) in own.chain(extra) {
                if !self.takes(&method, &operation) || !methods.insert(method.clone()) {
                    continue;
                }
                let shared = [Some(item), target.as_ref()].into_iter().flatten();
                let shared = shared.filter_map(|at| at.get("parameters")).collect();
                drafts.push(Draft { key, method, at: operation, shared });
            }
        }
    }

    /// Whether a method of a path becomes an operation.
    fn takes(&mut self, method: &str, operation: &Cursor<'a>) -> bool {
        // The check has told already that this is no mapping.
        if !operation.is_mapping() {
            return false;
        }
        if method == "TRACE" {
            self.findings.warn(operation, "TRACE is never passed on to a backend; the operation is left out");
            return false;
        }
        if !is_token(method) || method.len() > METHOD_CHARS_MAX {
            self.findings.warn(
                operation,
                format!("`{}` is no HTTP method; the operation is left out", shorten(method)),
            );
            return false;
        }
        true
    }

    /// Operations in the order of the document, each with an id of its own.
    fn operations(&mut self, drafts: &[Draft<'a>]) -> Vec<ImportedOperation> {
        let mut shapes: BTreeMap<(String, String), String> = BTreeMap::new();
        let mut made: Vec<(&Draft<'a>, v1::Operation)> = Vec::new();
        for draft in drafts {
            if self.is_exhausted() {
                return Vec::new();
            }
            let Some(operation) = self.operation(draft) else { continue };
            let shape = (operation.method.clone(), template::shape(&operation.url_template));
            if let Some(first) = shapes.get(&shape) {
                let message = format!(
                    "{} {} cannot be told apart from {}, which comes first; the operation is left out",
                    operation.method,
                    shorten(&operation.url_template),
                    shorten(first)
                );
                self.findings.warn(&draft.at, message);
                continue;
            }
            shapes.insert(shape, operation.url_template.clone());
            made.push((draft, operation));
        }
        self.with_ids(made)
    }

    /// Ids that the document gives are handed out before those made from paths, so that
    /// an operation without an id cannot take one away.
    fn with_ids(&mut self, made: Vec<(&Draft<'a>, v1::Operation)>) -> Vec<ImportedOperation> {
        let mut ids = Ids::default();
        let mut given: Vec<Option<String>> = vec![None; made.len()];
        for wants_given in [true, false] {
            for (slot, (draft, operation)) in given.iter_mut().zip(&made) {
                let id = id::given(draft.at.text("operationId").unwrap_or_default());
                if id.is_empty() == wants_given {
                    continue;
                }
                let id = if wants_given { id } else { made_up(operation) };
                *slot = ids.assign(&id);
            }
        }
        let mut out = Vec::new();
        for ((draft, operation), id) in made.into_iter().zip(given) {
            match id {
                Some(id) => out.push(ImportedOperation { id, operation }),
                None => self.findings.warn(
                    &draft.at,
                    format!(
                        "more than {} operations share this id; the operation is left out",
                        id::CLASHES_MAX
                    ),
                ),
            }
        }
        out
    }

    /// Tells once of each kind of thing that is in the document and is not kept.
    pub(crate) fn ignore(&mut self, at: &Cursor<'a>, key: &'static str, message: &str) {
        let Some(part) = at.get(key) else { return };
        let is_empty = part.entries().next().is_none() && part.items().next().is_none();
        if !is_empty && self.ignored.insert(message_key(key)) {
            self.findings.warn(&part, message);
        }
    }

    /// What an API here does otherwise than the document says.
    ///
    /// Differs from APIM: tags are not imported. They belong to the whole workspace, while an import
    /// is about one API and would make, and later have to clear away, what others use as well.
    fn ignore_parts_of_document(&mut self, root: &Cursor<'a>) {
        let components = root.get("components").unwrap_or_else(|| root.clone());
        for key in ["securitySchemes", "securityDefinitions"] {
            self.ignore(&components, key, SECURITY);
        }
        self.ignore(root, "security", SECURITY);
        self.ignore(&components, "callbacks", CALLBACKS);
        self.ignore(root, "webhooks", CALLBACKS);
        self.ignore(&components, "links", LINKS);
    }

    /// The same of one operation.
    pub(crate) fn ignore_parts_of_operation(&mut self, at: &Cursor<'a>) {
        self.ignore(at, "security", SECURITY);
        self.ignore(at, "callbacks", CALLBACKS);
        self.ignore(at, "tags", TAGS);
    }

    /// Counts what has been made; references can repeat one text without end.
    pub(crate) fn spend(&mut self, bytes: usize) {
        self.spent = self.spent.saturating_add(bytes);
    }

    /// Whether so much has been made that the document will be refused.
    pub(crate) fn is_exhausted(&self) -> bool {
        self.spent > EXPANDED_BYTES_MAX
    }

    /// What stands at `at`, references followed; `None` when they lead nowhere, which the check has told.
    pub(crate) fn follow(&self, at: Cursor<'a>) -> Option<Cursor<'a>> {
        reference::follow(self.root, at).ok()
    }
}

/// Kinds that go by several names are told once.
fn message_key(key: &'static str) -> &'static str {
    match key {
        "securitySchemes" | "securityDefinitions" => "security",
        "webhooks" => "callbacks",
        other => other,
    }
}

/// Id of an operation that the document gives none.
fn made_up(operation: &v1::Operation) -> String {
    let id = id::normalise(&format!("{}-{}", operation.method, operation.url_template));
    // A method may consist of nothing but `!`, on the root path.
    if id.is_empty() { "operation".to_owned() } else { id }
}

fn contact(info: &Cursor<'_>) -> Option<v1::Contact> {
    let contact = info.get("contact").filter(Cursor::is_mapping)?;
    let contact = v1::Contact {
        name: contact.text_or_empty("name"),
        email: contact.text_or_empty("email"),
        url: contact.text_or_empty("url"),
    };
    (contact != v1::Contact::default()).then_some(contact)
}

fn license(info: &Cursor<'_>) -> Option<v1::License> {
    let license = info.get("license").filter(Cursor::is_mapping)?;
    let license = v1::License { name: license.text_or_empty("name"), url: license.text_or_empty("url") };
    (license != v1::License::default()).then_some(license)
}
