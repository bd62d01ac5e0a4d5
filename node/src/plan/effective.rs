//! Which operations' effective policy changes, and how.
//!
//! One idea: from what is touched follow the operations that it reaches; then the chain of each is put
//! together as it was and as it will be (operation, API, product, workspace, global), and compared.
//! Operations that come or go are told of as such, and not here.

use super::{Touched, spec_of, specs};
use hanse_model::{Overlay, Read};
use hanse_policy::{CHAIN_LEVELS, Outline, ScopeKind, Section, Stated, effective, outline};
use hanse_proto::{Kind, Name, v1, v1::resource::Spec};
use std::{
    collections::{BTreeMap, BTreeSet},
    rc::Rc,
};

/// Operations whose effective policies a plan lists; more are counted.
pub const EFFECTIVE_POLICIES_MAX: usize = 500;
/// Operations that one plan looks at; a change of a policy above more of them says so.
pub const OPERATIONS_EXAMINED_MAX: usize = 20_000;
/// Elements of a section that a plan lists.
const ELEMENTS_MAX: usize = 200;
/// What stands behind an element that looks as it did and differs.
const CHANGED: &str = ", changed";

/// What was found.
#[derive(Debug, Default)]
pub struct Changes {
    /// In the order of names.
    pub listed: Vec<v1::EffectivePolicyChange>,
    /// Those beside them.
    pub more: u32,
}

/// The documents that were looked at, as they were: key and revision.
#[derive(Debug, Default)]
pub struct Examined {
    pub revisions: BTreeMap<String, u64>,
}

/// Compares the effective policies of all operations that are reached.
pub fn changes<R: Read>(
    before: &R,
    after: &Overlay<'_, R>,
    touched: &BTreeMap<String, Touched>,
    examined: &mut Examined,
    warnings: &mut Vec<v1::Warning>,
) -> Result<Changes, R::Error> {
    let mut reach = Reach {
        before,
        after,
        operations: BTreeMap::new(),
        used: Used::default(),
        walked: BTreeSet::new(),
        is_cut: false,
    };
    for it in touched.values() {
        reach.follow(it)?;
    }
    if reach.is_cut {
        let message = format!(
            "the change reaches more than {OPERATIONS_EXAMINED_MAX} operations; the effective policies of the others are not compared"
        );
        warnings.push(v1::Warning { message, ..Default::default() });
    }
    let mut old = Side::new(before);
    let mut new = Side::new(after);
    let mut found = Changes::default();
    for operation in reach.operations.values() {
        let sections = of_operation(operation, &mut old, &mut new, &reach.used)?;
        if sections.is_empty() {
            continue;
        }
        if found.listed.len() == EFFECTIVE_POLICIES_MAX {
            found.more += 1;
            continue;
        }
        let operation = operation.as_str().to_owned();
        found.listed.push(v1::EffectivePolicyChange { operation, sections });
    }
    examined.revisions.append(&mut old.revisions);
    Ok(found)
}

// === Which operations ===

struct Reach<'a, R> {
    before: &'a R,
    after: &'a Overlay<'a, R>,
    /// Those there were and will be, by key.
    operations: BTreeMap<String, Name>,
    used: Used,
    /// Keys of what operations have been looked for below of; empty: everywhere.
    walked: BTreeSet<String>,
    is_cut: bool,
}

/// What elements use that is touched itself.
#[derive(Debug, Default)]
struct Used {
    /// By scope: `{{name}}` of named values, and how an element includes a fragment.
    words: BTreeMap<String, BTreeSet<String>>,
}

impl<R: Read> Reach<'_, R> {
    fn follow(&mut self, touched: &Touched) -> Result<(), R::Error> {
        let Ok(name) = Name::parse(&touched.name) else { return Ok(()) };
        match name.kind() {
            Kind::Policy => self.policy(&name)?,
            Kind::ProductApiLink => {
                for spec in specs(touched) {
                    if let Spec::ProductApiLink(link) = spec
                        && let Ok(api) = Name::parse(&link.api_id)
                    {
                        self.api_and_revisions(&api)?;
                    }
                }
            }
            Kind::NamedValue => {
                let names: BTreeSet<String> = specs(touched)
                    .filter_map(|spec| match spec {
                        Spec::NamedValue(named) => Some(named.display_name.clone()),
                        _ => None,
                    })
                    .collect();
                for display_name in names {
                    if !value_differs(touched, &display_name) {
                        continue;
                    }
                    self.used(name.scope(), format!("{{{{{display_name}}}}}"));
                    let mut users =
                        hanse_model::policies_with_value(self.before, name.scope(), &display_name)?;
                    users.extend(hanse_model::policies_with_value(self.after, name.scope(), &display_name)?);
                    self.users(users)?;
                }
            }
            Kind::PolicyFragment => self.fragment(&name)?,
            _ => {}
        }
        Ok(())
    }

    fn used(&mut self, scope: &str, word: String) {
        self.used.words.entry(hanse_proto::key_of(scope)).or_default().insert(word);
    }

    fn users(&mut self, users: Vec<Name>) -> Result<(), R::Error> {
        for user in users {
            match user.kind() {
                Kind::PolicyFragment => self.fragment(&user)?,
                _ => self.policy(&user)?,
            }
        }
        Ok(())
    }

    fn fragment(&mut self, fragment: &Name) -> Result<(), R::Error> {
        let word = format!(" fragment-id={}:{}", fragment.id().len(), fragment.id());
        let known = self.used.words.get(&hanse_proto::key_of(fragment.scope()));
        if known.is_some_and(|words| words.contains(&word)) {
            return Ok(());
        }
        self.used(fragment.scope(), word);
        let mut users = hanse_model::policies_referring_to(self.before, fragment)?;
        users.extend(hanse_model::policies_referring_to(self.after, fragment)?);
        self.users(users)
    }

    /// The operations whose chain a policy is in.
    fn policy(&mut self, policy: &Name) -> Result<(), R::Error> {
        let Some(parent) = policy.parent() else { return self.below(None) };
        match parent.kind() {
            Kind::Workspace | Kind::Api => self.below(Some(&parent)),
            Kind::Operation => self.operation(parent),
            Kind::Product => {
                let links = super::below(self.before, Some(&parent), Some(Kind::ProductApiLink), usize::MAX)?;
                let more = super::below(self.after, Some(&parent), Some(Kind::ProductApiLink), usize::MAX)?;
                for link in links.iter().chain(&more) {
                    if let Some(Spec::ProductApiLink(link)) = spec_of(Some(link))
                        && let Ok(api) = Name::parse(&link.api_id)
                    {
                        self.api_and_revisions(&api)?;
                    }
                }
                Ok(())
            }
            _ => Ok(()),
        }
    }

    fn api_and_revisions(&mut self, api: &Name) -> Result<(), R::Error> {
        for api in hanse_model::revisions_of_api(self.before, api)? {
            self.below(Some(&api))?;
        }
        Ok(())
    }

    /// The operations below a workspace or an API, or all.
    fn below(&mut self, parent: Option<&Name>) -> Result<(), R::Error> {
        if self.is_cut || !self.walked.insert(parent.map_or_else(String::new, Name::key)) {
            return Ok(());
        }
        let listed = super::below(self.before, parent, Some(Kind::Operation), OPERATIONS_EXAMINED_MAX + 1)?;
        for stored in listed {
            let Some(resource) = stored.resource else { continue };
            if let Ok(name) = Name::parse(&resource.name) {
                self.operation(name)?;
            }
        }
        Ok(())
    }

    fn operation(&mut self, operation: Name) -> Result<(), R::Error> {
        let key = operation.key();
        if self.is_cut || self.operations.contains_key(&key) {
            return Ok(());
        }
        let was = hanse_model::get(self.before, &operation)?.is_some();
        if !was || hanse_model::get(self.after, &operation)?.is_none() {
            return Ok(());
        }
        if self.operations.len() == OPERATIONS_EXAMINED_MAX {
            self.is_cut = true;
            return Ok(());
        }
        self.operations.insert(key, operation);
        Ok(())
    }
}

/// Whether documents that use a display name get something else for it.
fn value_differs(touched: &Touched, display_name: &str) -> bool {
    let value = |stored: Option<&v1::StoredResource>| match spec_of(stored) {
        Some(Spec::NamedValue(named)) if named.display_name == display_name => {
            let seal = stored.and_then(|it| it.secrets.get("value")).map(|it| it.fingerprint.clone());
            Some((named.value.clone(), named.key_vault.clone(), seal))
        }
        _ => None,
    };
    value(touched.before.as_ref()) != value(touched.after.as_ref())
}

// === How each one changes ===

/// One side of the comparison, with what was read of it.
struct Side<'a, R> {
    read: &'a R,
    outlines: BTreeMap<String, Option<Rc<Outline>>>,
    products: BTreeMap<String, Vec<Name>>,
    revisions: BTreeMap<String, u64>,
}

impl<'a, R: Read> Side<'a, R> {
    fn new(read: &'a R) -> Self {
        let empty = BTreeMap::new;
        Side { read, outlines: empty(), products: BTreeMap::new(), revisions: BTreeMap::new() }
    }

    /// The outline of the policy of a scope; `None` also for one that cannot be read.
    fn outline(&mut self, scope: Option<&Name>) -> Result<Option<Rc<Outline>>, R::Error> {
        let text = match scope {
            Some(scope) => format!("{scope}/{}/policy", Kind::Policy.collection()),
            None => format!("{}/policy", Kind::Policy.collection()),
        };
        let key = hanse_proto::key_of(&text);
        if let Some(known) = self.outlines.get(&key) {
            return Ok(known.clone());
        }
        let name = Name::parse(&text).expect("every scope has a policy of this name");
        let stored = hanse_model::get(self.read, &name)?;
        if let Some(resource) = stored.as_ref().and_then(|it| it.resource.as_ref()) {
            self.revisions.insert(key.clone(), resource.revision);
        }
        let found = match spec_of(stored.as_ref()) {
            Some(Spec::Policy(policy)) => outline(&policy.value).map(Rc::new),
            _ => None,
        };
        self.outlines.insert(key, found.clone());
        Ok(found)
    }

    /// Products of an API that have a policy.
    fn products(&mut self, api: &Name) -> Result<Vec<Name>, R::Error> {
        if let Some(known) = self.products.get(&api.key()) {
            return Ok(known.clone());
        }
        let mut with_policy = Vec::new();
        for product in hanse_model::products_of_api(self.read, api)? {
            if self.outline(Some(&product))?.is_some() {
                with_policy.push(product);
            }
        }
        self.products.insert(api.key(), with_policy.clone());
        Ok(with_policy)
    }

    fn chain(&mut self, operation: &Name, product: Option<&Name>) -> Result<Documents, R::Error> {
        let api = operation.parent().expect("an operation is below an API");
        let workspace = Name::parse(api.scope()).ok();
        let product = match product {
            Some(product) => self.products(&api)?.into_iter().find(|it| it.key() == product.key()),
            None => None,
        };
        Ok([
            self.outline(Some(operation))?,
            self.outline(Some(&api))?,
            match product {
                Some(product) => self.outline(Some(&product))?,
                None => None,
            },
            match workspace {
                Some(workspace) => self.outline(Some(&workspace))?,
                None => None,
            },
            self.outline(None)?,
        ])
    }
}

/// The documents of a chain, narrowest first.
type Documents = [Option<Rc<Outline>>; CHAIN_LEVELS];

fn of_operation<R: Read, S: Read<Error = R::Error>>(
    operation: &Name,
    old: &mut Side<'_, R>,
    new: &mut Side<'_, S>,
    used: &Used,
) -> Result<Vec<v1::SectionChange>, R::Error> {
    let api = operation.parent().expect("an operation is below an API");
    let mut products = old.products(&api)?;
    products.extend(new.products(&api)?);
    products.sort_by_key(Name::key);
    products.dedup_by_key(|product| product.key());
    let mut sections = Vec::new();
    for product in std::iter::once(None).chain(products.iter().map(Some)) {
        let before = old.chain(operation, product)?;
        let after = new.chain(operation, product)?;
        for section in Section::ALL {
            let found = compare(&before, &after, section, &used.by(operation));
            sections.extend(found.map(|(before, after)| v1::SectionChange {
                section: section.to_string(),
                before,
                after,
                product: product.map_or_else(String::new, |product| product.id().to_owned()),
            }));
        }
    }
    Ok(sections)
}

impl Used {
    /// Words that documents use which are in a scope of an operation's chain.
    fn by<'a>(&'a self, operation: &Name) -> impl Fn(&Stated, ScopeKind) -> bool + use<'a> {
        let own = self.words.get(&hanse_proto::key_of(operation.scope()));
        let service = self.words.get("");
        move |stated, scope| {
            let words = if scope == ScopeKind::Global { service } else { own };
            words.is_some_and(|words| words.iter().any(|word| stated.content.contains(word)))
        }
    }
}

/// A section's elements before and after; `None`: they do the same.
fn compare(
    before: &Documents,
    after: &Documents,
    section: Section,
    is_touched: &dyn Fn(&Stated, ScopeKind) -> bool,
) -> Option<(Vec<String>, Vec<String>)> {
    let before = effective(before.each_ref().map(Option::as_deref), section);
    let after = effective(after.each_ref().map(Option::as_deref), section);
    if before == after && !after.iter().any(|(stated, scope)| is_touched(stated, *scope)) {
        return None;
    }
    let told = |(stated, scope): &(&Stated, ScopeKind)| format!("{} ({})", stated.text, scope.as_str());
    let old: Vec<String> = before.iter().map(told).collect();
    let contents: BTreeSet<(&str, ScopeKind)> =
        before.iter().map(|(stated, scope)| (stated.content.as_str(), *scope)).collect();
    let new: Vec<String> = after
        .iter()
        .map(|it| {
            let text = told(it);
            let looks_the_same = old.contains(&text);
            let is_new = !contents.contains(&(it.0.content.as_str(), it.1)) || is_touched(it.0, it.1);
            if looks_the_same && is_new { text + CHANGED } else { text }
        })
        .collect();
    Some((bounded(old), bounded(new)))
}

fn bounded(mut elements: Vec<String>) -> Vec<String> {
    let more = elements.len().saturating_sub(ELEMENTS_MAX);
    if more > 0 {
        elements.truncate(ELEMENTS_MAX);
        elements.push(format!("and {more} more"));
    }
    elements
}

#[cfg(test)]
mod tests {
    use super::*;

    fn documents(api: &str, global: &str) -> Documents {
        let outline =
            |text: &str| outline(&format!("<policies><inbound>{text}</inbound></policies>")).map(Rc::new);
        [None, outline(api), None, None, outline(global)]
    }

    fn told(before: &Documents, after: &Documents, word: &str) -> Option<(Vec<String>, Vec<String>)> {
        let is_touched = |stated: &Stated, _| !word.is_empty() && stated.content.contains(word);
        compare(before, after, Section::Inbound, &is_touched)
    }

    #[test]
    fn a_section_is_told_with_the_scope_of_each_element() {
        let header = "<set-header name=\"a\"><value>{{v}}</value></set-header>";
        let one = documents("<base/>", header);
        let two = documents("<base/><set-method>GET</set-method>", header);
        assert_eq!(told(&one, &one, ""), None);
        let (before, after) = told(&one, &two, "").expect("a change");
        assert_eq!(before, ["set-header name=a (global)"]);
        assert_eq!(after, ["set-header name=a (global)", "set-method (api)"]);
        let (_, after) = told(&one, &one, "{{v}}").expect("a change of what it uses");
        assert_eq!(after, ["set-header name=a (global), changed"]);
        let (_, after) =
            told(&one, &documents("<base/>", &header.replace("{{v}}", "1")), "").expect("a change");
        assert_eq!(after, ["set-header name=a (global), changed"]);
    }

    #[test]
    fn elements_are_bounded_at_the_bound_and_one_past_it() {
        let elements = |count: usize| bounded(vec![String::new(); count]);
        assert_eq!(elements(ELEMENTS_MAX).len(), ELEMENTS_MAX);
        assert_eq!(elements(ELEMENTS_MAX + 1).last().map(String::as_str), Some("and 1 more"));
    }
}
