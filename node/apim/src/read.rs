//! From files to resources: information, links, specifications and policies.
//!
//! One idea: three passes, because a file may need what another one says: what things are called,
//! what they are, and what hangs at them. Must not know how files are named (`folder`), nor where
//! properties differ from ours (`lens`).

use crate::folder::{self, Artifact, Role};
use crate::lens;
use crate::report::{FileReport, Import, Note};
use crate::{overrides, specification};
use hanse_manifest::value::{self, Node};
use hanse_proto::v1::resource::Spec;
use hanse_proto::{Kind, Name, v1};
use prost_reflect::ReflectMessage;
use serde_json::{Value as Json, json};
use std::collections::BTreeMap;

/// Ids of the groups that every service has.
const BUILT_IN_GROUPS: [&str; 3] = ["administrators", "developers", "guests"];
/// Findings of a policy document that its reason names.
const FINDINGS_SHOWN: usize = 3;

/// How to read a folder.
#[derive(Default)]
pub struct Options<'a> {
    /// Id of the workspace that what the folder has for the service goes into.
    pub workspace: Option<&'a str>,
    /// What one environment has otherwise.
    pub overrides: Option<Overrides<'a>>,
}

/// A file of overrides; see [`overrides::merge`].
pub struct Overrides<'a> {
    /// As findings name it.
    pub file: &'a str,
    /// What it says.
    pub text: &'a str,
    /// Values of placeholders.
    pub tokens: &'a dyn Fn(&str) -> Option<String>,
}

/// Reads a folder: texts by path, relative and with `/`; of a file that is no text, why.
pub fn read(files: &BTreeMap<String, Result<String, String>>, options: &Options<'_>) -> Import {
    let mut reading =
        Reading { options, import: Import::default(), ids: BTreeMap::new(), apis: BTreeMap::new() };
    let mut items = reading.classify(files);
    // Names first: a folder may be called otherwise than what it holds.
    for item in &mut items {
        if matches!(item.artifact.role, Role::Information | Role::VersionSet) {
            reading.parse(item);
        }
    }
    items.retain(|item| reading.import.files[item.index].untaken.is_none());
    // What others stand below or belong to comes first.
    items.sort_by_key(|item| (item.artifact.role, item.artifact.places.len(), item.index));
    reading.name_apis(&items);
    let fragments = descriptions(&items);
    for item in &items {
        let done = match item.artifact.role {
            Role::Information if item.artifact.kind() == Some(Kind::PolicyFragment) => Ok(()),
            Role::Information => reading.information(item),
            Role::VersionSet => reading.version_set(item),
            Role::Links(kind) => reading.links(item, kind),
            Role::Specification => reading.specification(item),
            Role::Policy => reading.policy(item, &fragments),
        };
        if let Err(reason) = done {
            reading.untaken(item.index, reason);
        }
    }
    reading.fragments_without_document(&items);
    reading.take_fixed_properties();
    reading.finish()
}

struct Item<'a> {
    index: usize,
    path: &'a str,
    text: &'a str,
    artifact: Artifact,
    /// Of a file of information.
    properties: Json,
}

struct Reading<'a> {
    options: &'a Options<'a>,
    import: Import,
    /// Ids that files of information give to their folders.
    ids: BTreeMap<String, String>,
    /// Names of APIs by folder.
    apis: BTreeMap<String, String>,
}

/// Description of every fragment and the number of its file, by folder.
fn descriptions(items: &[Item<'_>]) -> BTreeMap<String, (String, usize)> {
    let fragments = items.iter().filter(|item| {
        item.artifact.role == Role::Information && item.artifact.kind() == Some(Kind::PolicyFragment)
    });
    let described = fragments.filter_map(|item| {
        let folder = item.artifact.places.last()?.folder.clone();
        let text = item.properties.get("description").and_then(Json::as_str).unwrap_or_default();
        Some((folder, (text.to_owned(), item.index)))
    });
    described.collect()
}

impl Reading<'_> {
    // === Which file is what ===

    fn classify<'f>(&mut self, files: &'f BTreeMap<String, Result<String, String>>) -> Vec<Item<'f>> {
        let mut items = Vec::new();
        for (index, (path, text)) in files.iter().enumerate() {
            self.import.files.push(FileReport { path: path.clone(), untaken: None, made: 0 });
            let item = text.as_ref().map_err(Clone::clone).and_then(|text| {
                let artifact = folder::classify(path)?;
                self.check_workspace(&artifact)?;
                Ok(Item { index, path, text, artifact, properties: Json::Null })
            });
            match item {
                Ok(item) => items.push(item),
                Err(reason) => self.untaken(index, reason),
            }
        }
        items
    }

    fn check_workspace(&self, artifact: &Artifact) -> Result<(), String> {
        match (&artifact.workspace, self.options.workspace) {
            (Some(own), Some(wanted)) if !own.eq_ignore_ascii_case(wanted) => {
                Err(format!("it is of the workspace `{own}`; without -w each workspace keeps its own"))
            }
            _ => Ok(()),
        }
    }

    fn untaken(&mut self, index: usize, reason: String) {
        self.import.files[index].untaken = Some(reason);
    }

    fn note(&mut self, path: &str, message: impl Into<String>) {
        self.import.notes.push(Note { path: path.to_owned(), message: message.into() });
    }

    /// Reads a file of information and what it calls itself.
    fn parse(&mut self, item: &mut Item<'_>) {
        let (node, problems) = document(item.path, item.text);
        let Some(node) = node else { return self.untaken(item.index, problems) };
        if node.as_mapping().is_none() {
            return self.untaken(
                item.index,
                format!("expected an object with `properties`, found {}", node.describe()),
            );
        }
        if !problems.is_empty() {
            self.note(item.path, problems);
        }
        if let (Some(id), Some(place)) =
            (node.get("name").and_then(Node::as_str), item.artifact.places.last())
            && item.artifact.role == Role::Information
        {
            self.ids.insert(place.folder.clone(), id.to_owned());
        }
        item.properties = match node.get("properties") {
            Some(properties) if properties.as_mapping().is_some() => properties.to_json(),
            Some(properties) if !properties.is_null() => {
                let reason = format!("expected an object in `properties`, found {}", properties.describe());
                return self.untaken(item.index, reason);
            }
            // The set of versions of old folders is given by its name alone.
            _ => json!({}),
        };
        if item.artifact.role == Role::VersionSet {
            item.properties["name"] = node.get("name").map_or(Json::Null, Node::to_json);
        }
    }

    /// Notes what the APIs of all folders are called.
    fn name_apis(&mut self, items: &[Item<'_>]) {
        let of_apis = items.iter().filter(|item| item.artifact.role == Role::Information);
        for item in of_apis.filter(|item| item.artifact.kind() == Some(Kind::Api)) {
            if let (Ok(name), Some(place)) = (self.name(&item.artifact), item.artifact.places.last()) {
                self.apis.insert(place.folder.clone(), name.to_string());
            }
        }
    }

    // === Names ===

    /// `workspaces/{w}/` or nothing.
    fn prefix(&self, artifact: &Artifact) -> String {
        let workspace = artifact.workspace.as_deref().or(self.options.workspace);
        workspace.map_or(String::new(), |workspace| format!("{}/{workspace}/", Kind::Workspace.collection()))
    }

    fn name(&self, artifact: &Artifact) -> Result<Name, String> {
        let mut name = self.prefix(artifact);
        for (index, place) in artifact.places.iter().enumerate() {
            let id = self.ids.get(&place.folder).unwrap_or(&place.id);
            let separator = if index == 0 { "" } else { "/" };
            name.push_str(&format!("{separator}{}/{id}", place.kind.collection()));
        }
        Name::parse(&name).map_err(|error| error.message)
    }

    /// A reference of a file, written in full: `loggers/x` of a workspace is `workspaces/w/loggers/x`.
    fn reference(&self, artifact: &Artifact, collection: Kind, id: &str) -> String {
        let relative = lens::relative(id);
        if relative.is_empty() {
            return relative;
        }
        let relative =
            if relative.contains('/') { relative } else { format!("{}/{relative}", collection.collection()) };
        let is_full = relative.get(..11).is_some_and(|head| head.eq_ignore_ascii_case("workspaces/"));
        let full = if is_full { relative } else { format!("{}{relative}", self.prefix(artifact)) };
        Name::parse(&full).map_or(full, |name| name.to_string())
    }

    fn make(&mut self, name: &Name, spec: Spec, files: &[usize]) -> Result<(), String> {
        let key = name.key();
        if let Some(before) = self.import.made_by.get(&key).and_then(|files| files.first()) {
            return Err(format!("`{name}` is made of {} already", self.import.files[*before].path));
        }
        if let Some(workspace) = name.workspace() {
            self.import.workspaces.insert(format!("{}/{workspace}", Kind::Workspace.collection()));
        }
        for file in files {
            self.import.files[*file].made += 1;
        }
        self.import.made_by.insert(key, files.to_vec());
        let resource = v1::Resource { name: name.to_string(), spec: Some(spec), ..v1::Resource::default() };
        self.import.resources.push(resource);
        Ok(())
    }

    fn spec(&self, key: &str) -> Option<&Spec> {
        let found = self.import.resources.iter().find(|resource| hanse_proto::key_of(&resource.name) == key);
        found.and_then(|resource| resource.spec.as_ref())
    }

    // === Files of information ===

    fn information(&mut self, item: &Item<'_>) -> Result<(), String> {
        let kind = item.artifact.kind().ok_or("there is nothing that this would be of")?;
        self.must_have_parent(item)?;
        match kind {
            Kind::ProductApiLink | Kind::ProductGroupLink | Kind::TagApiLink | Kind::TagProductLink => {
                return self.link(item, kind);
            }
            Kind::Tag if item.artifact.places.len() > 1 => return self.links_of_tag(item),
            _ => {}
        }
        let name = self.name(&item.artifact)?;
        let spec = match kind {
            Kind::Api => self.api(item, &name),
            Kind::NamedValue => Spec::NamedValue(self.message(item, kind)),
            Kind::Backend => self.backend(item),
            Kind::Logger => Spec::Logger(self.message(item, kind)),
            Kind::Diagnostic => {
                let mut spec: v1::Diagnostic = self.message(item, kind);
                spec.logger_id = self.reference(&item.artifact, Kind::Logger, &spec.logger_id);
                Spec::Diagnostic(spec)
            }
            Kind::Tag => Spec::Tag(self.message(item, kind)),
            Kind::Group => self.group(item, &name)?,
            Kind::ApiVersionSet => Spec::ApiVersionSet(self.message(item, kind)),
            Kind::Product => Spec::Product(self.message(item, kind)),
            Kind::Subscription => self.subscription(item, &name)?,
            Kind::Schema => Spec::Schema(self.message(item, kind)),
            Kind::Operation => Spec::Operation(self.message(item, kind)),
            Kind::Resolver => Spec::Resolver(self.message(item, kind)),
            Kind::ApiSchema => Spec::ApiSchema(self.message(item, kind)),
            Kind::ApiRelease => self.release(item, &name)?,
            other => return Err(format!("a {} is not made of a file of information", other.aliases()[0])),
        };
        self.make(&name, spec, &[item.index])
    }

    /// What stands below an API or product needs it in the folder.
    fn must_have_parent(&self, item: &Item<'_>) -> Result<(), String> {
        let places = &item.artifact.places;
        let above = places.len().checked_sub(2).and_then(|at| places.get(at));
        match above {
            Some(place) if place.kind == Kind::Api => self.api_name(&place.folder).map(|_| ()),
            _ => Ok(()),
        }
    }

    fn api_name(&self, folder: &str) -> Result<Name, String> {
        let name = self.apis.get(folder).and_then(|name| Name::parse(name).ok());
        let is_made = name.as_ref().is_some_and(|name| self.import.made_by.contains_key(&name.key()));
        match name {
            Some(name) if is_made => Ok(name),
            _ => Err(format!("the API in `{folder}` is not taken, or has no apiInformation.json")),
        }
    }

    /// The properties as a message; what it does not have is noted and left out.
    fn message<M>(&mut self, item: &Item<'_>, kind: Kind) -> M
    where
        M: prost::Message + ReflectMessage + Default,
    {
        let mut properties = item.properties.clone();
        lens::to_ours(kind, &mut properties);
        let Ok(node) = value::read(item.path, &properties.to_string()) else { return M::default() };
        let (located, findings) = hanse_manifest::message_of::<M>(item.path, &node);
        for finding in findings {
            self.note(item.path, format!("{} is left out: {}", finding.field, finding.message));
        }
        located.resource
    }

    fn api(&mut self, item: &Item<'_>, name: &Name) -> Spec {
        let mut api: v1::Api = self.message(item, Kind::Api);
        api.api_version_set_id = self.reference(&item.artifact, Kind::ApiVersionSet, &api.api_version_set_id);
        api.path = api.path.trim_matches('/').to_owned();
        // It was the source of a copy that has been made.
        api.source_api_id.clear();
        if let Some((_, number)) = name.id().split_once(";rev=") {
            api.api_revision = number.to_owned();
        }
        if api.authentication_settings.take().is_some_and(|it| it != v1::AuthenticationSettings::default()) {
            self.note(
                item.path,
                "authenticationSettings are left out: no file holds the servers that they name",
            );
        }
        Spec::Api(api)
    }

    fn backend(&mut self, item: &Item<'_>) -> Spec {
        let mut backend: v1::Backend = self.message(item, Kind::Backend);
        for member in backend.pool.iter_mut().flat_map(|pool| &mut pool.services) {
            member.id = self.reference(&item.artifact, Kind::Backend, &member.id);
        }
        for id in backend.credentials.iter_mut().flat_map(|it| &mut it.certificate_ids) {
            *id = self.reference(&item.artifact, Kind::Certificate, id);
        }
        Spec::Backend(backend)
    }

    fn group(&mut self, item: &Item<'_>, name: &Name) -> Result<Spec, String> {
        let is_own = BUILT_IN_GROUPS.iter().any(|id| id.eq_ignore_ascii_case(name.id()));
        if is_own || item.properties.get("type").and_then(Json::as_str) == Some("system") {
            return Err("it is one of the groups that every service has".to_owned());
        }
        Ok(Spec::Group(self.message(item, Kind::Group)))
    }

    fn subscription(&mut self, item: &Item<'_>, name: &Name) -> Result<Spec, String> {
        let mut spec: v1::Subscription = self.message(item, Kind::Subscription);
        let scope = lens::relative(&spec.scope);
        let scope = scope.strip_prefix(name.scope()).unwrap_or(&scope).trim_start_matches('/').to_owned();
        if scope.is_empty() || name.id().eq_ignore_ascii_case("master") {
            return Err(
                "a subscription to the whole service has no counterpart: one to `apis` opens all APIs"
                    .to_owned(),
            );
        }
        spec.scope = scope;
        if !std::mem::take(&mut spec.owner_id).is_empty() {
            self.note(
                item.path,
                "the owner is left out: users are in no file; the subscription stands alone",
            );
        }
        if spec.primary_key.is_empty() {
            self.note(item.path, "its keys are in no file: unless it is there already, new ones are made (`hanse keys` shows them)");
        }
        Ok(Spec::Subscription(spec))
    }

    /// A release makes its revision the current one, so only that of the current one is taken.
    fn release(&mut self, item: &Item<'_>, name: &Name) -> Result<Spec, String> {
        let mut spec: v1::ApiRelease = self.message(item, Kind::ApiRelease);
        let api = name.parent().ok_or("a release stands below an API")?;
        let number = spec.api_id.split_once(";rev=").map(|(_, number)| number.to_owned());
        let current = match self.spec(&api.key()) {
            Some(Spec::Api(api)) if !api.api_revision.is_empty() => api.api_revision.clone(),
            _ => "1".to_owned(),
        };
        if let Some(number) = number.filter(|number| *number != current) {
            return Err(format!(
                "it released revision {number}, and {current} is current: taking it would go back"
            ));
        }
        spec.api_id = api.to_string();
        Ok(Spec::ApiRelease(spec))
    }

    // === Links ===

    fn link(&mut self, item: &Item<'_>, kind: Kind) -> Result<(), String> {
        let target =
            ["apiId", "groupId", "productId"].iter().find_map(|key| item.properties.get(*key)?.as_str());
        let folder = item.artifact.places.last().map_or("", |place| place.id.as_str()).to_owned();
        let target = target.unwrap_or(&folder).to_owned();
        let name = self.name(&item.artifact)?;
        self.make_link(item, name.parent(), kind, name.id(), &target)
    }

    fn make_link(
        &mut self,
        item: &Item<'_>,
        parent: Option<Name>,
        kind: Kind,
        id: &str,
        target: &str,
    ) -> Result<(), String> {
        let to = |collection: Kind| self.reference(&item.artifact, collection, target);
        // A product and a tag hold the API itself, whichever revision is named.
        let root = |text: String| text.split_once(";rev=").map_or(text.clone(), |(root, _)| root.to_owned());
        let spec = match kind {
            Kind::ProductApiLink => Spec::ProductApiLink(v1::ProductApiLink { api_id: root(to(Kind::Api)) }),
            Kind::TagApiLink => Spec::TagApiLink(v1::TagApiLink { api_id: root(to(Kind::Api)) }),
            Kind::TagProductLink => {
                Spec::TagProductLink(v1::TagProductLink { product_id: to(Kind::Product) })
            }
            _ => {
                let full = to(Kind::Group);
                let id = full.rsplit('/').next().unwrap_or_default();
                let own = BUILT_IN_GROUPS.iter().find(|own| own.eq_ignore_ascii_case(id));
                let group_id = own.map_or(full.clone(), |own| format!("{}/{own}", Kind::Group.collection()));
                Spec::ProductGroupLink(v1::ProductGroupLink { group_id })
            }
        };
        let parent = parent.ok_or("a link stands below a product or a tag")?;
        let id = id.split_once(";rev=").map_or(id, |(root, _)| root);
        let name = parent.child(kind, id).map_err(|error| error.message)?;
        self.make(&name, spec, &[item.index])
    }

    /// `apis/{a}/tags/{t}`: the link stands below the tag.
    fn links_of_tag(&mut self, item: &Item<'_>) -> Result<(), String> {
        let [.., above, tag] = item.artifact.places.as_slice() else {
            return Err("a tag of nothing".to_owned());
        };
        let id = self.ids.get(&tag.folder).unwrap_or(&tag.id).clone();
        self.tag(item, above.kind, &above.folder.clone(), &above.id.clone(), &id)
    }

    fn tag(&mut self, item: &Item<'_>, kind: Kind, folder: &str, id: &str, tag: &str) -> Result<(), String> {
        let target = self.ids.get(folder).map_or(id, String::as_str).to_owned();
        let tag = format!("{}{}/{tag}", self.prefix(&item.artifact), Kind::Tag.collection());
        let tag = Name::parse(&tag).map_err(|error| error.message)?;
        let link = if kind == Kind::Product { Kind::TagProductLink } else { Kind::TagApiLink };
        self.make_link(item, Some(tag), link, &target, &target)
    }

    /// `apis.json` and the like: `[{"name": "orders"}]`.
    fn links(&mut self, item: &Item<'_>, kind: Kind) -> Result<(), String> {
        let (node, problems) = document(item.path, item.text);
        let node = node.ok_or(problems)?;
        let entries = node
            .as_sequence()
            .ok_or_else(|| format!("expected a list of names, found {}", node.describe()))?;
        let Some(place) = item.artifact.places.last() else { return Err("links of nothing".to_owned()) };
        let parent = self.name(&item.artifact)?;
        for entry in entries {
            let name = entry.get("name").and_then(Node::as_str).or(entry.as_str());
            let done = match name {
                None => Err(format!("expected a name, found {}", entry.describe())),
                Some(tag) if kind == Kind::Tag => self.tag(item, place.kind, &place.folder, &place.id, tag),
                Some(id) => self.make_link(item, Some(parent.clone()), kind, id, id),
            };
            if let Err(reason) = done {
                self.note(item.path, format!("line {}: left out: {reason}", entry.line));
            }
        }
        match self.import.files[item.index].made {
            0 if !entries.is_empty() => Err("none of its links is taken".to_owned()),
            _ => Ok(()),
        }
    }

    fn version_set(&mut self, item: &Item<'_>) -> Result<(), String> {
        let id =
            item.properties.get("name").and_then(Json::as_str).ok_or("the set has no `name`")?.to_owned();
        let name = format!("{}{}/{id}", self.prefix(&item.artifact), Kind::ApiVersionSet.collection());
        let name = Name::parse(&name).map_err(|error| error.message)?;
        let mut properties = item.properties.clone();
        properties.as_object_mut().map(|map| map.remove("name"));
        let item = Item { properties, artifact: item.artifact.clone(), ..*item };
        let spec = Spec::ApiVersionSet(self.message(&item, Kind::ApiVersionSet));
        self.make(&name, spec, &[item.index])
    }

    // === Specifications ===

    fn specification(&mut self, item: &Item<'_>) -> Result<(), String> {
        let Some(place) = item.artifact.places.last() else {
            return Err("a specification of nothing".to_owned());
        };
        let name = self.api_name(&place.folder)?;
        let Some(Spec::Api(api)) = self.spec(&name.key()) else {
            return Err("there is no such API".to_owned());
        };
        let described = specification::read(item.path, item.text, &name, &api.clone())?;
        for message in described.notes {
            self.note(item.path, message);
        }
        let mut refused = None;
        for resource in described.resources {
            let made = Name::parse(&resource.name).map_err(|error| error.message);
            let made = made.and_then(|name| match resource.spec {
                Some(spec) => self.make(&name, spec, &[item.index]),
                None => Ok(()),
            });
            if let Err(reason) = made {
                self.note(item.path, format!("left out: {reason}"));
                refused.get_or_insert(reason);
            }
        }
        match (self.import.files[item.index].made, refused) {
            (0, Some(reason)) => Err(reason),
            (0, None) => {
                self.note(item.path, "it describes no operation");
                Ok(())
            }
            _ => Ok(()),
        }
    }

    // === Policies ===

    fn policy(
        &mut self,
        item: &Item<'_>,
        fragments: &BTreeMap<String, (String, usize)>,
    ) -> Result<(), String> {
        let text = item.text.strip_prefix('\u{feff}').unwrap_or(item.text);
        let Some(place) = item.artifact.places.last() else {
            let name = format!("{}{}/policy", self.prefix(&item.artifact), Kind::Policy.collection());
            return self.document(item, &name, text, None);
        };
        if place.kind == Kind::PolicyFragment {
            let (description, file) = fragments.get(&place.folder).cloned().unzip();
            let name = self.name(&item.artifact)?;
            let spec = v1::PolicyFragment {
                value: text.to_owned(),
                format: "rawxml".to_owned(),
                description: description.unwrap_or_default(),
            };
            let files: Vec<usize> = [Some(item.index), file].into_iter().flatten().collect();
            return self.make(&name, Spec::PolicyFragment(spec), &files);
        }
        let (owner, parameters) = match place.kind {
            Kind::Api => (self.api_name(&place.folder)?, None),
            Kind::Operation => {
                let (name, parameters) = self.operation(item)?;
                (name, Some(parameters))
            }
            _ => (self.name(&item.artifact)?, None),
        };
        let name = format!("{owner}/{}/policy", Kind::Policy.collection());
        self.document(item, &name, text, parameters)
    }

    fn document(
        &mut self,
        item: &Item<'_>,
        name: &str,
        text: &str,
        parameters: Option<Vec<String>>,
    ) -> Result<(), String> {
        use hanse_policy::{Checking, Format, ScopeKind, Severity};
        let name = Name::parse(name).map_err(|error| error.message)?;
        let scope = match name.parent().map(|parent| parent.kind()) {
            None => ScopeKind::Global,
            Some(Kind::Workspace) => ScopeKind::Workspace,
            Some(Kind::Product) => ScopeKind::Product,
            Some(Kind::Operation) => ScopeKind::Operation,
            Some(_) => ScopeKind::Api,
        };
        let checking = Checking {
            operation_parameters: parameters.as_deref(),
            ..Checking::to_run(Format::RawXml, scope)
        };
        let checked = hanse_policy::check(text, &checking);
        let errors: Vec<String> = checked
            .findings
            .iter()
            .filter(|finding| finding.severity == Severity::Error)
            .map(|finding| format!("line {}, column {}: {}", finding.line, finding.column, finding.message))
            .collect();
        if !errors.is_empty() {
            let mut reason = errors.iter().take(FINDINGS_SHOWN).cloned().collect::<Vec<_>>().join("; ");
            if errors.len() > FINDINGS_SHOWN {
                reason.push_str(&format!("; and {} more", errors.len() - FINDINGS_SHOWN));
            }
            return Err(reason);
        }
        for finding in checked.findings {
            self.note(
                item.path,
                format!("line {}, column {}: {}", finding.line, finding.column, finding.message),
            );
        }
        let spec = v1::Policy { value: text.to_owned(), format: "rawxml".to_owned() };
        self.make(&name, Spec::Policy(spec), &[item.index])
    }

    /// The operation that a folder of one is of: by its id, or by what an import makes of that id.
    fn operation(&self, item: &Item<'_>) -> Result<(Name, Vec<String>), String> {
        let [api, operation] = item.artifact.places.as_slice() else {
            return Err("an operation stands below an API".to_owned());
        };
        let api = self.api_name(&api.folder)?;
        let id = self.ids.get(&operation.folder).unwrap_or(&operation.id);
        let below = format!("{}/{}/", api.key(), Kind::Operation.collection());
        let exact = format!("{below}{}", id.to_lowercase());
        let normal = format!("{below}{}", hanse_openapi::operation_id(id));
        let found = [&exact, &normal].into_iter().find_map(|key| {
            let resource = self.import.resources.iter().find(|it| hanse_proto::key_of(&it.name) == **key)?;
            match &resource.spec {
                Some(Spec::Operation(operation)) => Some((resource.name.clone(), operation)),
                _ => None,
            }
        });
        if let Some((name, operation)) = found {
            let parameters = operation.template_parameters.iter().map(|it| it.name.clone()).collect();
            return Ok((Name::parse(&name).map_err(|error| error.message)?, parameters));
        }
        let all = self.import.resources.iter().map(|it| hanse_proto::key_of(&it.name));
        let ids: Vec<String> = all
            .filter_map(|key| key.strip_prefix(&below).filter(|rest| !rest.contains('/')).map(str::to_owned))
            .collect();
        let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
        let near = hanse_manifest::nearest(id, &ids).map(|near| format!("; did you mean `{near}`?"));
        Err(format!("the specification has no operation `{id}`{}", near.unwrap_or_default()))
    }

    // === The end ===

    fn fragments_without_document(&mut self, items: &[Item<'_>]) {
        for (_, index) in descriptions(items).into_values() {
            if self.import.files[index].made == 0 {
                self.untaken(index, "the fragment has no policy.xml that is taken".to_owned());
            }
        }
    }

    /// A revision that is not current has these from the one that is, as APIM keeps them.
    fn take_fixed_properties(&mut self) {
        let roots: BTreeMap<String, v1::Api> = self
            .import
            .resources
            .iter()
            .filter_map(|it| match &it.spec {
                Some(Spec::Api(api)) if !it.name.contains(";rev=") => {
                    Some((hanse_proto::key_of(&it.name), api.clone()))
                }
                _ => None,
            })
            .collect();
        for resource in &mut self.import.resources {
            let key = hanse_proto::key_of(&resource.name);
            let Some((root, _)) = key.split_once(";rev=") else { continue };
            let (Some(Spec::Api(api)), Some(root)) = (&mut resource.spec, roots.get(root)) else { continue };
            *api = v1::Api {
                service_url: std::mem::take(&mut api.service_url),
                api_revision: std::mem::take(&mut api.api_revision),
                api_revision_description: std::mem::take(&mut api.api_revision_description),
                is_current: Some(false),
                is_online: api.is_online,
                authentication_settings: None,
                ..root.clone()
            };
        }
    }

    fn finish(mut self) -> Import {
        if let Some(Overrides { file, text, tokens }) = &self.options.overrides {
            let (resources, findings) = overrides::merge(&self.import.resources, file, text, tokens);
            self.import.resources = resources;
            self.import.findings = findings;
        }
        let without_value = |resource: &&v1::Resource| matches!(&resource.spec, Some(Spec::NamedValue(it)) if it.secret && it.value.is_empty() && it.key_vault.is_none());
        let empty: Vec<String> =
            self.import.resources.iter().filter(without_value).map(|it| it.name.clone()).collect();
        for name in empty {
            let reason =
                "a secret whose value is in no file: give it by `--env`, or create it with `hanse apply`";
            self.import.leave_out(&name, reason);
        }
        self.import
    }
}

/// The first document of a text, and what is wrong with it in one line.
fn document(path: &str, text: &str) -> (Option<Node>, String) {
    let (documents, findings) = value::read_all(path, text);
    let problems: Vec<String> =
        findings.iter().take(FINDINGS_SHOWN).map(|it| format!("line {}: {}", it.line, it.message)).collect();
    let mut problems = problems.join("; ");
    let first = documents.into_iter().next();
    if first.is_none() && problems.is_empty() {
        problems.push_str("the file is empty");
    }
    (first, problems)
}
