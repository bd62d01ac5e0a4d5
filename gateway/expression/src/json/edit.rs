//! Changes of a tree, with Json.NET's refusals in its words.
//!
//! Where .NET takes `object` contents, these take tokens; no token stands for C#'s null and becomes a null value.
//! What has a parent already, and what would become its own ancestor, is put in as a copy.

use super::failure::{
    ARGUMENT, ARGUMENT_OUT_OF_RANGE, INVALID_OPERATION, JSON, Outcome, argument_null, throw,
};
use super::scalar::{Kind, Scalar};
use super::token::{Content, Token};
use crate::arena::Arena;

impl<'a> Token<'a> {
    /// `Add(content)`: the token becomes the last child.
    ///
    /// # Errors
    /// `ArgumentException` where the container does not take such a token, or has a property of the name;
    /// `JsonException` where a property would have two values.
    pub fn add(self, arena: &'a Arena, item: Option<Token<'a>>) -> Outcome<()> {
        self.insert(arena, self.len(), item)
    }

    /// `AddFirst(content)`
    ///
    /// # Errors
    /// As [`Token::add`].
    pub fn add_first(self, arena: &'a Arena, item: Option<Token<'a>>) -> Outcome<()> {
        self.insert(arena, 0, item)
    }

    /// `Insert(index, item)`: the token becomes the child at `at`.
    ///
    /// # Errors
    /// As [`Token::add`], and `ArgumentOutOfRangeException` where `at` is past the end.
    pub fn insert(self, arena: &'a Arena, at: usize, item: Option<Token<'a>>) -> Outcome<()> {
        if at > self.len() {
            let message = "Index must be within the bounds of the List.\nParameter name: index";
            return Err(throw(ARGUMENT_OUT_OF_RANGE, message));
        }
        if let Content::Property { value, .. } = &self.0.content
            && value.get().is_some()
        {
            let message = "Newtonsoft.Json.Linq.JProperty cannot have multiple values.";
            return Err(throw(JSON, message));
        }
        let is_comment = item.is_some_and(|item| item.kind() == Kind::Comment);
        if is_comment && self.kind() == Kind::Object {
            return Ok(());
        }
        let item = self.adopt(arena, item)?;
        self.check(item, None)?;
        Ok(self.link(arena, at, item)?)
    }

    /// `AddAfterSelf(content)`
    ///
    /// # Errors
    /// As [`Token::add`] of the parent, and `InvalidOperationException` without one.
    pub fn add_after_self(self, arena: &'a Arena, items: &[Option<Token<'a>>]) -> Outcome<()> {
        let parent = self.needed_parent()?;
        let at = self.position() + 1;
        items.iter().enumerate().try_for_each(|(nth, item)| parent.insert(arena, at + nth, *item))
    }

    /// `AddBeforeSelf(content)`
    ///
    /// # Errors
    /// As [`Token::add_after_self`].
    pub fn add_before_self(self, arena: &'a Arena, items: &[Option<Token<'a>>]) -> Outcome<()> {
        let parent = self.needed_parent()?;
        let at = self.position();
        items.iter().enumerate().try_for_each(|(nth, item)| parent.insert(arena, at + nth, *item))
    }

    /// Puts a token in the place of the child at `at`. A value that is equal already stays.
    ///
    /// # Errors
    /// As [`Token::add`], and `ArgumentOutOfRangeException` where there is no such child.
    pub fn set_child(self, arena: &'a Arena, at: usize, item: Option<Token<'a>>) -> Outcome<()> {
        let existing = self.child(at).ok_or_else(|| self.past_the_end())?;
        let is_unchanged = match item {
            None => existing.is_null(),
            Some(item) => existing.scalar().is_some() && existing.deep_equals(item),
        };
        if is_unchanged {
            return Ok(());
        }
        let item = self.adopt(arena, item)?;
        self.check(item, Some(existing))?;
        self.unlink(at);
        if let Err(error) = self.link(arena, at, item) {
            // What was taken out left room for itself, so putting it back needs none.
            self.link(arena, at, existing)?;
            return Err(error.into());
        }
        Ok(())
    }

    /// `JProperty.Value = value`
    ///
    /// # Errors
    /// As [`Token::add`].
    pub fn set_property_value(self, arena: &'a Arena, value: Option<Token<'a>>) -> Outcome<()> {
        match self.property_value() {
            Some(_) => self.set_child(arena, 0, value),
            None => self.insert(arena, 0, value),
        }
    }

    /// `Remove()`: takes the token out of its parent.
    ///
    /// # Errors
    /// `InvalidOperationException` without a parent, `JsonException` where the parent is a property.
    pub fn remove(self) -> Outcome<()> {
        let parent = self.needed_parent()?;
        parent.remove_at(self.position())
    }

    /// `RemoveAt(index)`
    ///
    /// # Errors
    /// `ArgumentOutOfRangeException`; `JsonException` for a property, which always has its value.
    pub fn remove_at(self, at: usize) -> Outcome<()> {
        if self.kind() == Kind::Property {
            return Err(throw(JSON, "Cannot add or remove items from Newtonsoft.Json.Linq.JProperty."));
        }
        self.unlink(at).map(|_| ()).ok_or_else(|| self.past_the_end())
    }

    /// `JArray.Remove(item)`: false where it is no child.
    ///
    /// # Errors
    /// As [`Token::remove_at`].
    pub fn remove_item(self, item: Token<'a>) -> Outcome<bool> {
        self.index_of(item).map_or(Ok(false), |at| self.remove_at(at).map(|()| true))
    }

    /// `RemoveAll()`, `Clear()`
    ///
    /// # Errors
    /// As [`Token::remove_at`].
    pub fn remove_all(self) -> Outcome<()> {
        if self.kind() == Kind::Property {
            return Err(throw(JSON, "Cannot add or remove items from Newtonsoft.Json.Linq.JProperty."));
        }
        self.unlink_all();
        Ok(())
    }

    /// `Replace(value)`: puts a token in the place of this one.
    ///
    /// # Errors
    /// `InvalidOperationException` without a parent; as [`Token::add`].
    pub fn replace(self, arena: &'a Arena, with: Option<Token<'a>>) -> Outcome<()> {
        let parent = self.needed_parent()?;
        parent.set_child(arena, self.position(), with)
    }

    /// `JObject.Add(name, value)`
    ///
    /// # Errors
    /// `ArgumentException` where there is such a property.
    pub fn add_property(self, arena: &'a Arena, name: &'a str, value: Option<Token<'a>>) -> Outcome<()> {
        self.add(arena, Some(Token::property(arena, name, value)?))
    }

    /// `JObject[name] = value`
    ///
    /// # Errors
    /// As [`Token::add`].
    pub fn set_property(self, arena: &'a Arena, name: &'a str, value: Option<Token<'a>>) -> Outcome<()> {
        match self.find_property(name) {
            Some(property) => property.set_property_value(arena, value),
            None => self.add_property(arena, name, value),
        }
    }

    /// `JObject.Remove(name)`: false where there is no such property.
    ///
    /// # Errors
    /// None for objects.
    pub fn remove_property(self, name: Option<&str>) -> Outcome<bool> {
        match name.and_then(|name| self.find_property(name)) {
            Some(property) => property.remove().map(|()| true),
            None => Ok(false),
        }
    }

    fn needed_parent(self) -> Outcome<Token<'a>> {
        self.parent().ok_or_else(|| throw(INVALID_OPERATION, "The parent is missing."))
    }

    fn past_the_end(self) -> super::failure::Failure {
        let message = "Index is equal to or greater than Count.\nParameter name: index";
        throw(ARGUMENT_OUT_OF_RANGE, message)
    }

    /// The token, or what may be put in for it: `EnsureParentToken`.
    fn adopt(self, arena: &'a Arena, item: Option<Token<'a>>) -> Outcome<Token<'a>> {
        let Some(item) = item else {
            return Ok(Token::value(arena, Scalar::Null)?);
        };
        let is_taken = item.parent().is_some() || (item.is_container() && item == self.root());
        Ok(if is_taken { item.deep_clone(arena)? } else { item })
    }

    /// Whether the container takes the token, in the place of `existing` if there is one: `ValidateToken`.
    fn check(self, item: Token<'a>, existing: Option<Token<'a>>) -> Outcome<()> {
        let is_property = item.kind() == Kind::Property;
        if !self.is_container() {
            return Err(argument_null("container"));
        }
        if is_property != (self.kind() == Kind::Object) {
            let message = format!(
                "Can not add Newtonsoft.Json.Linq.{} to Newtonsoft.Json.Linq.{}.",
                item.class(),
                self.class()
            );
            return Err(throw(ARGUMENT, message));
        }
        let name = item.name().filter(|_| is_property);
        let stays = existing.is_some_and(|existing| existing.name() == name);
        match name {
            Some(name) if !stays && self.find_property(name).is_some() => Err(throw(
                ARGUMENT,
                format!(
                    "Can not add property {name} to Newtonsoft.Json.Linq.JObject. Property with the same name already exists on object."
                ),
            )),
            _ => Ok(()),
        }
    }
}
