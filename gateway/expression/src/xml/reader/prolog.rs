//! What stands around the root: the declaration and the document type.

use super::super::error::{Result, XmlError};
use super::super::node::{Declaration, DocumentType};
use super::cursor::{Cursor, END_OF_FILE};
use crate::arena::Arena;

/// `<?xml …?>`, from its `<` on.
pub(super) fn declaration<'a>(arena: &'a Arena, mut cursor: Cursor<'_>) -> Result<&'a Declaration<'a>> {
    const INVALID: &str = "Syntax for an XML declaration is invalid.";
    let declaration = Declaration::default();
    cursor.at += "<?xml".len();
    let mut names = ["version", "encoding", "standalone"].into_iter();
    loop {
        let spaced = cursor.spaces();
        let name_at = cursor.at;
        if cursor.rest().starts_with("?>") && declaration.version.get().is_some() {
            return Ok(arena.alloc(declaration)?);
        }
        let name = match cursor.peek() {
            None => return Err(cursor.fail(END_OF_FILE)),
            Some('?') => return Err(cursor.fail(INVALID)),
            Some(_) if !spaced => return Err(cursor.unexpected("Expecting white space.")),
            Some(_) => cursor.ncname()?,
        };
        if !names.by_ref().any(|expected| expected == name)
            || (name != "version" && declaration.version.get().is_none())
        {
            return Err(cursor.fail_at(name_at, INVALID));
        }
        cursor.spaces();
        if !cursor.eat("=") {
            return Err(cursor.unexpected("The expected token is '='."));
        }
        cursor.spaces();
        let value_at = cursor.at;
        let value = cursor.attribute_value()?;
        let cell = match name {
            "version" if value != "1.0" => {
                let message = format!("Version number '{value}' is invalid.");
                return Err(cursor.fail_at(value_at + 1, message));
            }
            "version" => &declaration.version,
            "encoding" => &declaration.encoding,
            _ if value != "yes" && value != "no" => return Err(cursor.fail_at(value_at, INVALID)),
            _ => &declaration.standalone,
        };
        cell.set(Some(arena.text(&value)?));
    }
}

/// `<!DOCTYPE …>` from its `<` to `end`, which is behind its `>`. Nothing outside is ever read. Other declarations
/// of the internal subset are kept as text and have no effect.
///
/// Differs from APIM: an entity declaration is an error, as what it expands to has no bound.
pub(super) fn document_type<'a>(
    arena: &'a Arena,
    mut cursor: Cursor<'_>,
    end: usize,
) -> Result<DocumentType<'a>> {
    cursor.at += "<!".len();
    if !cursor.rest().starts_with("DOCTYPE") {
        return Err(cursor.unexpected("The expected token is 'DOCTYPE'."));
    }
    cursor.at += "DOCTYPE".len();
    if !cursor.spaces() {
        return Err(cursor.unexpected("Expecting white space."));
    }
    let name = arena.text(cursor.qname()?.text)?;
    cursor.spaces();
    let (mut public_id, mut system_id) = (None, None);
    if cursor.eat("PUBLIC") {
        public_id = Some(literal(arena, &mut cursor)?);
        system_id = Some(literal(arena, &mut cursor)?);
    } else if cursor.eat("SYSTEM") {
        system_id = Some(literal(arena, &mut cursor)?);
    }
    cursor.spaces();
    let subset = match cursor.eat("[") {
        true => subset(&mut cursor, end)?,
        false => "",
    };
    cursor.spaces();
    match cursor.eat(">") {
        true => Ok(DocumentType { name, public_id, system_id, internal_subset: Some(arena.text(subset)?) }),
        false => Err(cursor.unexpected("The expected token is '>'.")),
    }
}

fn literal<'a>(arena: &'a Arena, cursor: &mut Cursor<'_>) -> Result<&'a str> {
    if !cursor.spaces() {
        return Err(cursor.unexpected("Expecting white space."));
    }
    let quote = cursor.peek().filter(|c| matches!(c, '"' | '\''));
    let Some(quote) = quote else {
        return Err(cursor.unexpected("The expected token is '\"' or '''."));
    };
    cursor.at += 1;
    let text = cursor.take_while(|c| c != quote);
    match cursor.eat(if quote == '"' { "\"" } else { "'" }) {
        true => Ok(arena.text(text)?),
        false => Err(cursor.fail("There is an unclosed literal string.")),
    }
}

fn subset<'t>(cursor: &mut Cursor<'t>, end: usize) -> Result<&'t str> {
    let start = cursor.at;
    let inside = cursor.input.get(start..end).unwrap_or_default();
    let Some(close) = inside.rfind(']') else { return Err(incomplete(cursor)) };
    if let Some(entity) = inside[..close].find("<!ENTITY") {
        let mut name = Cursor { at: start + entity + "<!ENTITY".len(), ..*cursor };
        name.spaces();
        let name = name.take_while(|c| !super::super::name::is_space(c));
        return Err(
            cursor.fail_at(start + entity, format!("Declarations of entities are refused: '{name}'."))
        );
    }
    cursor.at = start + close + 1;
    Ok(&inside[..close])
}

pub(super) fn incomplete(cursor: &Cursor<'_>) -> XmlError {
    cursor.fail_at(cursor.input.len(), "Incomplete DTD content.")
}
