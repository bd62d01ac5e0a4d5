//! `System.Text.Encoding`, and Base64 of `Convert`.

use crate::encoding::{Encoding, EncodingError, from_base64, to_base64};
use crate::run::{Args, Cx, Eval, Object, Value};
use crate::types::catalogue::Builder;

impl<'a> Cx<'a, '_> {
    fn encoding<T>(&mut self, result: Result<T, EncodingError>) -> Eval<'a, T> {
        match result {
            Ok(value) => Ok(value),
            Err(error) => self.throw(error.exception(), &error.to_string()),
        }
    }
}

/// The text of bytes by the name of a charset; UTF-8 where the name is not known. A byte-order mark goes.
pub(crate) fn decode(bytes: &[u8], charset: &str) -> String {
    let encoding = Encoding::by_name(charset).unwrap_or(Encoding::Utf8);
    let bytes = bytes.strip_prefix(encoding.preamble()).unwrap_or(bytes);
    encoding.text(bytes)
}

fn this<'a>(cx: &mut Cx<'a, '_>, a: Args<'_, 'a>) -> Eval<'a, Encoding> {
    match a.object(0) {
        Some(Object::Encoding(encoding)) => Ok(*encoding),
        _ => cx.null_reference(),
    }
}

fn part<'a, 'b>(cx: &mut Cx<'a, '_>, bytes: &'b [u8], start: i32, count: i32) -> Eval<'a, &'b [u8]> {
    let range = usize::try_from(start).ok().zip(usize::try_from(count).ok());
    match range.and_then(|(start, count)| bytes.get(start..start.checked_add(count)?)) {
        Some(part) => Ok(part),
        None => cx.out_of_range("bytes", "Index and count must refer to a location within the buffer."),
    }
}

fn base64<'a>(cx: &mut Cx<'a, '_>, bytes: &[u8], options: Value<'a>) -> Eval<'a> {
    cx.work(bytes.len())?;
    let breaks = matches!(options, Value::Enum(_, 1));
    cx.str(&to_base64(bytes, breaks))
}

pub(crate) fn define(c: &mut Builder) {
    c.define("System.Text", "class Encoding", |t| {
        macro_rules! known {
            ($($name:literal $encoding:ident,)*) => {
                $(t.add(concat!("static Encoding ", $name, " { get; }"), |cx, _| {
                    cx.new_object(Object::Encoding(Encoding::$encoding))
                });)*
            };
        }
        known! {
            "UTF8" Utf8, "ASCII" Ascii, "Unicode" Utf16Le, "BigEndianUnicode" Utf16Be, "UTF32" Utf32Le,
            "Default" Utf8, "Latin1" Latin1,
        }
        t.add("static Encoding GetEncoding(string name)", |cx, a| {
            let name = a.str(cx, 0, "name")?;
            let found = cx.encoding(Encoding::by_name(name))?;
            cx.new_object(Object::Encoding(found))
        })
        .add("static Encoding GetEncoding(int codepage)", |cx, a| {
            let name = match a.int(0) {
                65_001 | 0 => "utf-8".to_owned(),
                20_127 => "us-ascii".to_owned(),
                1_200 => "utf-16".to_owned(),
                1_201 => "utf-16BE".to_owned(),
                28_591 => "iso-8859-1".to_owned(),
                page @ 28_592..=28_606 => format!("iso-8859-{}", page - 28_590),
                page => format!("windows-{page}"),
            };
            match Encoding::by_name(&name) {
                Ok(found) => cx.new_object(Object::Encoding(found)),
                Err(_) => {
                    let message = format!("No data is available for encoding {}.", a.int(0));
                    cx.throw("System.NotSupportedException", &message)
                }
            }
        })
        .add("string WebName { get; }", |cx, a| {
            let name = this(cx, a)?.web_name();
            cx.str(&name)
        })
        .add("byte[] GetBytes(string s)", |cx, a| {
            let text = a.str(cx, 1, "s")?;
            let bytes = this(cx, a)?.bytes(text);
            cx.bytes(&bytes)
        })
        .add("byte[] GetBytes(char[] chars)", |cx, a| {
            let text: String = super::string::chars_of(a.value(1)).into_iter().collect();
            let bytes = this(cx, a)?.bytes(&text);
            cx.bytes(&bytes)
        })
        .add("string GetString(byte[] bytes)", |cx, a| {
            let bytes = a.bytes(cx, 1, "bytes")?;
            let text = this(cx, a)?.text(&bytes);
            cx.str(&text)
        })
        .add("string GetString(byte[] bytes, int index, int count)", |cx, a| {
            let bytes = a.bytes(cx, 1, "bytes")?;
            let bytes = part(cx, &bytes, a.int(2), a.int(3))?;
            let text = this(cx, a)?.text(bytes);
            cx.str(&text)
        })
        .add("char[] GetChars(byte[] bytes)", |cx, a| {
            let bytes = a.bytes(cx, 1, "bytes")?;
            let text = this(cx, a)?.text(&bytes);
            let items: Vec<Value<'_>> = text.encode_utf16().map(Value::Char).collect();
            cx.array(super::primitives::char_ty(), &items)
        })
        .add("int GetByteCount(string s)", |cx, a| {
            let text = a.str(cx, 1, "s")?;
            let count = this(cx, a)?.byte_count(text);
            Ok(Value::Int(i32::try_from(count).unwrap_or(i32::MAX)))
        })
        .add("int GetCharCount(byte[] bytes)", |cx, a| {
            let bytes = a.bytes(cx, 1, "bytes")?;
            let text = this(cx, a)?.text(&bytes);
            Ok(Value::Int(crate::clr::text::length(&text)))
        })
        .add("byte[] GetPreamble()", |cx, a| {
            let preamble = this(cx, a)?.preamble();
            cx.bytes(preamble)
        });
    });
    for class in ["UTF8Encoding", "ASCIIEncoding", "UnicodeEncoding"] {
        let text: &'static str = format!("class {class} : Encoding").leak();
        c.define("System.Text", text, |t| {
            match class {
                "UTF8Encoding" => t
                    .add("new()", |cx, _| cx.new_object(Object::Encoding(Encoding::Utf8)))
                    .add("new(bool encoderShouldEmitUTF8Identifier)", |cx, _| {
                        cx.new_object(Object::Encoding(Encoding::Utf8))
                    }),
                "ASCIIEncoding" => t.add("new()", |cx, _| cx.new_object(Object::Encoding(Encoding::Ascii))),
                _ => t.add("new()", |cx, _| cx.new_object(Object::Encoding(Encoding::Utf16Le))),
            };
        });
    }
    c.flags("System", "Base64FormattingOptions", &[("None", 0), ("InsertLineBreaks", 1)]);
    c.extend("Convert", |t| {
        t.add("static string ToBase64String(byte[] inArray)", |cx, a| {
            let bytes = a.bytes(cx, 0, "inArray")?;
            base64(cx, &bytes, Value::Null)
        })
        .add("static string ToBase64String(byte[] inArray, Base64FormattingOptions options)", |cx, a| {
            let bytes = a.bytes(cx, 0, "inArray")?;
            base64(cx, &bytes, a.value(1))
        })
        .add("static string ToBase64String(byte[] inArray, int offset, int length)", |cx, a| {
            let bytes = a.bytes(cx, 0, "inArray")?;
            let bytes = part(cx, &bytes, a.int(1), a.int(2))?;
            base64(cx, bytes, Value::Null)
        })
        .add("static byte[] FromBase64String(string s)", |cx, a| {
            let text = a.str(cx, 0, "s")?;
            let bytes = cx.encoding(from_base64(text))?;
            cx.bytes(&bytes)
        })
        .add(
            "static byte[] FromBase64CharArray(char[] inArray, int offset, int length)",
            |cx, a| {
                let text: String = super::string::chars_of(a.value(0)).into_iter().collect();
                let text = cx.clr(crate::clr::text::substring_range(&text, a.int(1), a.int(2)))?;
                let bytes = cx.encoding(from_base64(&text))?;
                cx.bytes(&bytes)
            },
        );
    });
}
