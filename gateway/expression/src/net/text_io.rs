//! `System.IO.StringReader` and `StringWriter`.

use std::cell::Cell;

use super::text_builder::TextBuilder;
use crate::run::{Args, Cx, Eval, Object, Value};
use crate::types::catalogue::Builder;

/// A text that is read from its start to its end.
pub struct TextReader<'a> {
    text: &'a str,
    /// Where reading goes on, in bytes.
    at: Cell<usize>,
}

impl<'a> TextReader<'a> {
    fn rest(&self) -> &'a str {
        self.text.get(self.at.get()..).unwrap_or_default()
    }

    fn skip(&self, bytes: usize) {
        self.at.set(self.at.get() + bytes);
    }

    /// Ends at `\n`, `\r` or `\r\n`.
    fn line(&self) -> Option<&'a str> {
        let rest = self.rest();
        if rest.is_empty() {
            return None;
        }
        let end = rest.find(['\r', '\n']).unwrap_or(rest.len());
        let behind = &rest[end..];
        let ending = if behind.starts_with("\r\n") { 2 } else { behind.len().min(1) };
        self.skip(end + ending);
        Some(&rest[..end])
    }
}

fn reader<'a>(cx: &mut Cx<'a, '_>, a: Args<'_, 'a>) -> Eval<'a, &'a TextReader<'a>> {
    match a.object(0) {
        Some(Object::StringReader(reader)) => Ok(reader),
        _ => cx.null_reference(),
    }
}

fn builder<'a>(cx: &mut Cx<'a, '_>, a: Args<'_, 'a>) -> Eval<'a, &'a TextBuilder<'a>> {
    match a.object(0) {
        Some(Object::StringWriter(Object::StringBuilder(builder))) => Ok(builder),
        _ => cx.null_reference(),
    }
}

fn write<'a>(cx: &mut Cx<'a, '_>, a: Args<'_, 'a>) -> Eval<'a> {
    let builder = builder(cx, a)?;
    let text = super::text::display(cx, a.value(1))?;
    builder.push(cx, text)?;
    Ok(Value::Null)
}

fn write_line<'a>(cx: &mut Cx<'a, '_>, a: Args<'_, 'a>) -> Eval<'a> {
    write(cx, a)?;
    builder(cx, a)?.push(cx, "\n")?;
    Ok(Value::Null)
}

fn write_format<'a>(cx: &mut Cx<'a, '_>, a: Args<'_, 'a>) -> Eval<'a> {
    let builder = builder(cx, a)?;
    let format = a.str(cx, 1, "format")?;
    let arguments = cx.collect(a.value(2))?;
    if let Value::Str(text) = super::text::composite(cx, format, &arguments)? {
        builder.push(cx, text)?;
    }
    Ok(Value::Null)
}

pub(crate) fn define(c: &mut Builder) {
    c.define("System.IO", "class TextReader : IDisposable", |_| {});
    c.define("System.IO", "class TextWriter : IDisposable", |_| {});
    c.define("System.IO", "class StringReader : TextReader", |t| {
        t.add("new(string s)", |cx, a| {
            let text = a.str(cx, 0, "s")?;
            cx.new_object(Object::StringReader(TextReader { text, at: Cell::new(0) }))
        })
        .add("string ReadLine()", |cx, a| {
            let line = reader(cx, a)?.line();
            cx.work(line.map_or(0, str::len))?;
            Ok(line.map_or(Value::Null, Value::Str))
        })
        .add("string ReadToEnd()", |cx, a| {
            let reader = reader(cx, a)?;
            let rest = reader.rest();
            reader.skip(rest.len());
            Ok(Value::Str(rest))
        })
        .add("int Read()", |cx, a| {
            let reader = reader(cx, a)?;
            let next = reader.rest().chars().next();
            reader.skip(next.map_or(0, char::len_utf8));
            Ok(Value::Int(next.map_or(-1, unit)))
        })
        .add("int Peek()", |cx, a| Ok(Value::Int(reader(cx, a)?.rest().chars().next().map_or(-1, unit))))
        .add("void Close()", |_, _| Ok(Value::Null));
    });
    c.define("System.IO", "class StringWriter : TextWriter", |t| {
        t.add("new()", |cx, _| {
            let builder = cx.arena.alloc(Object::StringBuilder(TextBuilder::default()))?;
            cx.new_object(Object::StringWriter(builder))
        })
        .add("new(IFormatProvider formatProvider)", |cx, _| {
            let builder = cx.arena.alloc(Object::StringBuilder(TextBuilder::default()))?;
            cx.new_object(Object::StringWriter(builder))
        })
        .add("new(StringBuilder sb)", |cx, a| match a.object(0) {
            Some(builder) => cx.new_object(Object::StringWriter(builder)),
            None => cx.argument_null("sb"),
        })
        .add("StringBuilder GetStringBuilder()", |cx, a| match a.object(0) {
            Some(Object::StringWriter(builder)) => Ok(Value::Object(builder)),
            _ => cx.null_reference(),
        })
        .add("string ToString()", |cx, a| builder(cx, a)?.text(cx).map(Value::Str))
        .add("string NewLine { get; }", |_, _| Ok(Value::Str("\n")))
        .add("void WriteLine()", |cx, a| {
            builder(cx, a)?.push(cx, "\n")?;
            Ok(Value::Null)
        })
        .add("void Write(string format, params object[] arg)", write_format)
        .add("void WriteLine(string format, params object[] arg)", |cx, a| {
            write_format(cx, a)?;
            builder(cx, a)?.push(cx, "\n")?;
            Ok(Value::Null)
        })
        .add("void Flush()", |_, _| Ok(Value::Null))
        .add("void Close()", |_, _| Ok(Value::Null));
        macro_rules! writes {
            ($($ty:literal)*) => {
                $(
                    t.add(concat!("void Write(", $ty, " value)"), write);
                    t.add(concat!("void WriteLine(", $ty, " value)"), write_line);
                )*
            };
        }
        writes!("string" "char" "bool" "int" "uint" "long" "ulong" "float" "double" "decimal" "object");
    });
}

/// The first UTF-16 unit of a character.
fn unit(char: char) -> i32 {
    i32::from(char.encode_utf16(&mut [0; 2])[0])
}
