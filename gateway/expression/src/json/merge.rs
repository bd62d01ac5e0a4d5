//! `Merge`: what another tree has is put into this one.

use std::collections::BTreeMap;

use super::failure::Outcome;
use super::scalar::Kind;
use super::token::{Content, Token};
use crate::arena::Arena;

/// `MergeArrayHandling`; the numbers are .NET's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum MergeArrays {
    #[default]
    Concat = 0,
    /// As concatenation, without items that are there already.
    Union = 1,
    Replace = 2,
    /// Items are merged by position.
    Merge = 3,
}

/// `JsonMergeSettings`
#[derive(Debug, Clone, Copy, Default)]
pub struct MergeSettings {
    pub arrays: MergeArrays,
    /// Whether a null takes the place of what is there.
    pub nulls_replace: bool,
    pub names_ignore_case: bool,
}

impl<'a> Token<'a> {
    /// `JContainer.Merge(content, settings)`. What does not fit the container's kind is ignored.
    ///
    /// # Errors
    /// As [`Token::add`].
    pub fn merge(self, arena: &'a Arena, content: Token<'a>, settings: MergeSettings) -> Outcome<()> {
        // Pairs wait here instead of on the stack; an inner pair never touches what an outer one has yet to do.
        let mut open = vec![(self, content)];
        while let Some((target, source)) = open.pop() {
            match (target.kind(), source.kind()) {
                (Kind::Object, Kind::Object) => merge_objects(arena, target, source, settings, &mut open)?,
                (Kind::Array, Kind::Array) => merge_items(arena, target, source, settings, &mut open)?,
                (Kind::Constructor, Kind::Constructor) => {
                    target.set_constructor_name(source.name().unwrap_or_default());
                    merge_items(arena, target, source, settings, &mut open)?;
                }
                (Kind::Property, Kind::Property) => {
                    if let Some(value) = source.property_value().filter(|value| !value.is_null()) {
                        target.set_property_value(arena, Some(value))?;
                    }
                }
                _ => {}
            }
        }
        Ok(())
    }
}

type Open<'a> = Vec<(Token<'a>, Token<'a>)>;

fn merge_objects<'a>(
    arena: &'a Arena,
    target: Token<'a>,
    source: Token<'a>,
    settings: MergeSettings,
    open: &mut Open<'a>,
) -> Outcome<()> {
    let properties: Vec<Token<'a>> = source.children().collect();
    for property in properties {
        let (Some(name), Some(value)) = (property.name(), property.property_value()) else { continue };
        let existing = if settings.names_ignore_case {
            target.find_property_ignoring_case(name)
        } else {
            target.find_property(name)
        };
        let Some(existing) = existing else {
            target.add_property(arena, name, Some(value))?;
            continue;
        };
        match existing.property_value() {
            Some(inner) if inner.is_container() && inner.kind() == value.kind() => open.push((inner, value)),
            _ if value.is_null() && !settings.nulls_replace => {}
            _ => existing.set_property_value(arena, Some(value))?,
        }
    }
    Ok(())
}

fn merge_items<'a>(
    arena: &'a Arena,
    target: Token<'a>,
    source: Token<'a>,
    settings: MergeSettings,
    open: &mut Open<'a>,
) -> Outcome<()> {
    let items: Vec<Token<'a>> = source.children().collect();
    match settings.arrays {
        MergeArrays::Concat => items.into_iter().try_for_each(|item| target.add(arena, Some(item))),
        MergeArrays::Union => unite(arena, target, &items),
        MergeArrays::Replace if target == source => Ok(()),
        MergeArrays::Replace => {
            target.remove_all()?;
            items.into_iter().try_for_each(|item| target.add(arena, Some(item)))
        }
        MergeArrays::Merge => {
            for (at, item) in items.into_iter().enumerate() {
                match target.child(at) {
                    None => target.add(arena, Some(item))?,
                    Some(inner) if inner.is_container() => open.push((inner, item)),
                    Some(_) if item.is_null() => {}
                    Some(_) => target.set_child(arena, at, Some(item))?,
                }
            }
            Ok(())
        }
    }
}

fn unite<'a>(arena: &'a Arena, target: Token<'a>, items: &[Token<'a>]) -> Outcome<()> {
    let mut known: BTreeMap<u64, Vec<Token<'a>>> = BTreeMap::new();
    for token in target.children() {
        known.entry(token.fingerprint()).or_default().push(token);
    }
    for item in items {
        let alike = known.entry(item.fingerprint()).or_default();
        if !alike.iter().any(|token| token.deep_equals(*item)) {
            alike.push(*item);
            target.add(arena, Some(*item))?;
        }
    }
    Ok(())
}

impl<'a> Token<'a> {
    /// The property of exactly that name, else the first whose name differs in case only.
    pub fn find_property_ignoring_case(self, name: &str) -> Option<Token<'a>> {
        let Content::Object { properties, .. } = &self.0.content else { return None };
        let alike = |token: &Token<'a>| token.name().is_some_and(|other| same_ignoring_case(other, name));
        self.find_property(name).or_else(|| properties.iter().find(alike))
    }
}

/// `OrdinalIgnoreCase`: character by character, in upper case where that is one character.
pub(super) fn same_ignoring_case(left: &str, right: &str) -> bool {
    let upper = |letter: char| {
        let mut upper = letter.to_uppercase();
        let first = upper.next().unwrap_or(letter);
        if upper.next().is_some() { letter } else { first }
    };
    left.chars().map(upper).eq(right.chars().map(upper))
}
