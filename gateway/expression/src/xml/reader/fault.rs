//! What is wrong with a text that ends too early or stands where nothing may, in .NET's words.

use super::super::error::{Exception, Result, XmlError, thrown};
use super::super::name::{bad_char, bad_name_char, is_char, is_space};
use super::cursor::{END_OF_FILE, NAME_CUT_SHORT};
use super::{Builder, prolog};

impl<'a> Builder<'_, 'a> {
    pub(super) fn end_of_input(&self) -> Result<()> {
        if !self.open.is_empty() {
            return Err(self.unclosed_elements());
        }
        match self.document.root() {
            Some(_) => Ok(()),
            None => Err(thrown(Exception::Xml, "Root element is missing.")),
        }
    }

    pub(super) fn bad_root_data(&self, at: usize) -> XmlError {
        let cursor = self.cursor(at);
        match cursor.peek() {
            // .NET meets the first half of a character past U+FFFF here.
            Some(c) if !is_char(c) || u32::from(c) > 0xFFFF => cursor.fail(bad_char(c)),
            _ => cursor.fail("Data at the root level is invalid."),
        }
    }

    /// .NET looks at four characters before it knows what begins at the root.
    pub(super) fn is_cut_short(&self, at: usize) -> bool {
        let rest = self.cursor(at).rest();
        rest.starts_with('<') && rest.encode_utf16().take(4).count() < 4
    }

    pub(super) fn unclosed_elements(&self) -> XmlError {
        let names: Vec<_> = self.open.iter().rev().map(|element| element.name.text).collect();
        let end = self.cursor(self.input.len());
        match names[..] {
            [] => end.fail(END_OF_FILE),
            _ => {
                let names = names.join(", ");
                end.fail(format!("{END_OF_FILE} The following elements are not closed: {names}."))
            }
        }
    }

    pub(super) fn unfinished_comment(&self, from: usize) -> XmlError {
        let end = self.input.len();
        let text = self.input.get(from..end).map(|_| self.comment_text(from, end));
        text.and_then(Result::err).unwrap_or_else(|| self.cursor(end).fail(eof_in("Comment")))
    }

    /// What .NET says of markup that quick-xml found no end of.
    pub(super) fn unfinished(&mut self, at: usize) -> XmlError {
        let cursor = self.cursor(at);
        let rest = cursor.rest();
        let end = self.cursor(self.input.len());
        if self.open.is_empty() && (self.is_cut_short(at) || rest.starts_with(['&', ']'])) {
            return self.bad_root_data(at);
        }
        let found = match rest {
            "&" => Some(cursor.fail(END_OF_FILE)),
            "<" => Some(self.unclosed_elements()),
            _ if rest.starts_with('&') => { cursor }.reference().err(),
            _ if rest.starts_with("<!--") => Some(self.unfinished_comment(at + "<!--".len())),
            _ if rest.starts_with("<![CDATA[") && self.open.is_empty() => Some(self.bad_root_data(at)),
            _ if rest.starts_with("<![CDATA[") => {
                let text = self.content(at + "<![CDATA[".len(), self.input.len());
                Some(text.err().unwrap_or_else(|| end.fail(eof_in("CDATA"))))
            }
            _ if rest.starts_with("<![") => {
                Some(self.cursor(at + 3).unexpected("The expected token is 'CDATA['."))
            }
            _ if rest.starts_with("<!D") => Some(prolog::incomplete(&cursor)),
            "<!" | "<!-" => Some(self.unclosed_elements()),
            _ if rest.starts_with("<!-") => {
                Some(self.cursor(at + 3).unexpected("The expected token is '-'."))
            }
            _ if rest.starts_with("<!") && self.open.is_empty() => {
                Some(self.cursor(at + 2).unexpected("The expected token is 'DOCTYPE'."))
            }
            _ if rest.starts_with("<!") => {
                Some(self.cursor(at + 2).unexpected("The expected token is '<!--' or '<[CDATA['."))
            }
            _ if rest.starts_with("<?xml ") => Some(end.fail(END_OF_FILE)),
            _ if rest.starts_with("<?") => {
                let mut target = self.cursor(at + "<?".len());
                match target.ncname() {
                    Err(error) => Some(error),
                    Ok(_) if target.peek().is_none() => Some(target.fail(NAME_CUT_SHORT)),
                    Ok(_) => Some(match target.peek() {
                        Some(c) if c != '?' && !is_space(c) => target.fail(bad_name_char(false, c)),
                        _ => end.fail(eof_in("PI")),
                    }),
                }
            }
            _ if rest.starts_with("</") => self.end_tag(at).err(),
            _ if rest.starts_with('<') => self.start_tag(at).err(),
            _ => rest.find(|c| !is_char(c)).map(|bad| self.cursor(at + bad).fail(END_OF_FILE)),
        };
        found.unwrap_or_else(|| self.unclosed_elements())
    }
}

fn eof_in(part: &str) -> String {
    format!("Unexpected end of file while parsing {part} has occurred.")
}
