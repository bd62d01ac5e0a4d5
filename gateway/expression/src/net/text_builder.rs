//! `System.Text.StringBuilder`.

use crate::arena::List;
use crate::clr::text as clr;
use crate::run::{Args, Cx, Eval, Limit, Object, Value};
use crate::types::catalogue::Builder;

/// Text in pieces; edits other than appending put it together first.
#[derive(Default)]
pub struct TextBuilder<'a> {
    pieces: List<'a, &'a str>,
}

/// Longest text that an edit may make, in bytes.
const EDIT_BYTES_MAX: usize = 16 * 1024 * 1024;

impl<'a> TextBuilder<'a> {
    pub fn text(&self, cx: &mut Cx<'a, '_>) -> Eval<'a, &'a str> {
        match self.pieces.len() {
            0 => Ok(""),
            1 => Ok(self.pieces.get(0).unwrap_or_default()),
            _ => {
                let pieces: Vec<&str> = self.pieces.iter().collect();
                cx.work(pieces.iter().map(|piece| piece.len()).sum())?;
                let whole = cx.arena.concat(&pieces)?;
                self.set(cx, whole)?;
                Ok(whole)
            }
        }
    }

    fn set(&self, cx: &mut Cx<'a, '_>, text: &'a str) -> Eval<'a, ()> {
        self.pieces.truncate(0);
        self.push(cx, text)
    }

    pub(crate) fn push(&self, cx: &mut Cx<'a, '_>, text: &'a str) -> Eval<'a, ()> {
        if !text.is_empty() {
            self.pieces.push(cx.arena, text)?;
        }
        Ok(())
    }

    fn edit(
        &self,
        cx: &mut Cx<'a, '_>,
        edit: impl FnOnce(&str) -> crate::clr::ClrResult<String>,
    ) -> Eval<'a, ()> {
        let text = self.text(cx)?;
        cx.work(text.len())?;
        let edited = cx.clr(edit(text))?;
        if edited.len() > EDIT_BYTES_MAX {
            return Err(Limit::Memory.into());
        }
        let edited = cx.arena.text(&edited)?;
        self.set(cx, edited)
    }
}

fn this<'a>(cx: &mut Cx<'a, '_>, a: Args<'_, 'a>) -> Eval<'a, &'a TextBuilder<'a>> {
    match a.object(0) {
        Some(Object::StringBuilder(builder)) => Ok(builder),
        _ => cx.null_reference(),
    }
}

fn append<'a>(cx: &mut Cx<'a, '_>, a: Args<'_, 'a>) -> Eval<'a> {
    let builder = this(cx, a)?;
    let text = super::text::display(cx, a.value(1))?;
    builder.push(cx, text)?;
    Ok(a.value(0))
}

fn new<'a>(cx: &mut Cx<'a, '_>, text: &'a str) -> Eval<'a> {
    let builder = TextBuilder::default();
    builder.push(cx, text)?;
    cx.new_object(Object::StringBuilder(builder))
}

pub(crate) fn define(c: &mut Builder) {
    c.define("System.Text", "class StringBuilder", |t| {
        t.add("new()", |cx, _| new(cx, ""))
            .add("new(int capacity)", |cx, _| new(cx, ""))
            .add("new(int capacity, int maxCapacity)", |cx, _| new(cx, ""))
            .add("new(string value)", |cx, a| new(cx, a.this_str()))
            .add("new(string value, int capacity)", |cx, a| new(cx, a.this_str()))
            .add("StringBuilder Append(string value)", append)
            .add("StringBuilder Append(char value)", append)
            .add("StringBuilder Append(bool value)", append)
            .add("StringBuilder Append(byte value)", append)
            .add("StringBuilder Append(int value)", append)
            .add("StringBuilder Append(long value)", append)
            .add("StringBuilder Append(double value)", append)
            .add("StringBuilder Append(decimal value)", append)
            .add("StringBuilder Append(object value)", append)
            .add("StringBuilder Append(char[] value)", |cx, a| {
                let builder = this(cx, a)?;
                if a.is_null(1) {
                    return Ok(a.value(0));
                }
                let text: String = super::string::chars_of(a.value(1)).into_iter().collect();
                let text = cx.arena.text(&text)?;
                builder.push(cx, text)?;
                Ok(a.value(0))
            })
            .add("StringBuilder Append(char value, int repeatCount)", |cx, a| {
                let builder = this(cx, a)?;
                let text = cx.clr(clr::repeat(super::text::char_of(a.char(1)), a.int(2), EDIT_BYTES_MAX))?;
                let text = cx.arena.text(&text)?;
                builder.push(cx, text)?;
                Ok(a.value(0))
            })
            .add("StringBuilder Append(string value, int startIndex, int count)", |cx, a| {
                let builder = this(cx, a)?;
                let text =
                    cx.clr(clr::substring_range(a.opt_str(1).unwrap_or_default(), a.int(2), a.int(3)))?;
                let text = cx.arena.text(&text)?;
                builder.push(cx, text)?;
                Ok(a.value(0))
            })
            .add("StringBuilder AppendLine()", |cx, a| {
                let builder = this(cx, a)?;
                builder.push(cx, "\n")?;
                Ok(a.value(0))
            })
            .add("StringBuilder AppendLine(string value)", |cx, a| {
                let builder = this(cx, a)?;
                builder.push(cx, a.opt_str(1).unwrap_or_default())?;
                builder.push(cx, "\n")?;
                Ok(a.value(0))
            })
            .add("StringBuilder AppendFormat(string format, params object[] args)", |cx, a| {
                let builder = this(cx, a)?;
                let format = a.str(cx, 1, "format")?;
                let arguments = cx.collect(a.value(2))?;
                if let Value::Str(text) = super::text::composite(cx, format, &arguments)? {
                    builder.push(cx, text)?;
                }
                Ok(a.value(0))
            })
            .add("StringBuilder AppendJoin(string separator, params string[] values)", |cx, a| {
                let builder = this(cx, a)?;
                let items = cx.collect(a.value(2))?;
                for (at, item) in items.into_iter().enumerate() {
                    if at > 0 {
                        builder.push(cx, a.opt_str(1).unwrap_or_default())?;
                    }
                    let text = super::text::display(cx, item)?;
                    builder.push(cx, text)?;
                }
                Ok(a.value(0))
            })
            .add("StringBuilder Insert(int index, string value)", insert)
            .add("StringBuilder Insert(int index, char value)", insert)
            .add("StringBuilder Insert(int index, object value)", insert)
            .add("StringBuilder Remove(int startIndex, int length)", |cx, a| {
                this(cx, a)?.edit(cx, |text| clr::remove_range(text, a.int(1), a.int(2)))?;
                Ok(a.value(0))
            })
            .add("StringBuilder Replace(string oldValue, string newValue)", |cx, a| {
                let builder = this(cx, a)?;
                let (old, new) = (a.str(cx, 1, "oldValue")?, a.opt_str(2).unwrap_or_default());
                builder.edit(cx, |text| clr::replace(text, old, new, EDIT_BYTES_MAX).map(Into::into))?;
                Ok(a.value(0))
            })
            .add("StringBuilder Replace(char oldChar, char newChar)", |cx, a| {
                let (old, new) = (super::text::char_of(a.char(1)), super::text::char_of(a.char(2)));
                this(cx, a)?
                    .edit(cx, |text| clr::replace_char(text, old, new, EDIT_BYTES_MAX).map(Into::into))?;
                Ok(a.value(0))
            })
            .add("StringBuilder Clear()", |cx, a| {
                this(cx, a)?.pieces.truncate(0);
                Ok(a.value(0))
            })
            .add("int Capacity { get; }", |cx, a| {
                let text = this(cx, a)?.text(cx)?;
                Ok(Value::Int(clr::length(text).max(16)))
            })
            .add_settable(
                "int Length { get; set; }",
                |cx, a| {
                    let text = this(cx, a)?.text(cx)?;
                    Ok(Value::Int(clr::length(text)))
                },
                |cx, a| {
                    let builder = this(cx, a)?;
                    let wanted = a.int(1);
                    builder.edit(cx, |text| match wanted - clr::length(text) {
                        more if more >= 0 => Ok(text.to_owned() + &clr::repeat('\0', more, EDIT_BYTES_MAX)?),
                        _ => clr::substring_range(text, 0, wanted).map(Into::into),
                    })?;
                    Ok(Value::Null)
                },
            )
            .add_settable(
                "char this[int index] { get; set; }",
                |cx, a| {
                    let text = this(cx, a)?.text(cx)?;
                    cx.clr(clr::unit_at(text, a.int(1))).map(Value::Char)
                },
                |cx, a| {
                    let (at, new) = (a.int(1), super::text::char_of(a.char(2)));
                    this(cx, a)?.edit(cx, |text| {
                        let without = clr::remove_range(text, at, 1)?;
                        clr::insert(&without, at, new.encode_utf8(&mut [0; 4]), EDIT_BYTES_MAX)
                    })?;
                    Ok(Value::Null)
                },
            )
            .add("string ToString()", |cx, a| this(cx, a)?.text(cx).map(Value::Str))
            .add("string ToString(int startIndex, int length)", |cx, a| {
                let text = this(cx, a)?.text(cx)?;
                let part = cx.clr(clr::substring_range(text, a.int(1), a.int(2)))?;
                cx.str(&part)
            });
    });
}

fn insert<'a>(cx: &mut Cx<'a, '_>, a: Args<'_, 'a>) -> Eval<'a> {
    let builder = this(cx, a)?;
    let text = super::text::display(cx, a.value(2))?;
    builder.edit(cx, |whole| clr::insert(whole, a.int(1), text, EDIT_BYTES_MAX))?;
    Ok(a.value(0))
}
