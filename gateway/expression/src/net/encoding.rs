//! `System.Text.Encoding`, and Base64 of `System.Convert`.

use crate::encoding::{self as text, Encoding, EncodingError, utf16_len};
use crate::run::{Args, Cx, Eval, Object, Value};
use crate::types::catalogue::{Builder, TypeBuilder};
use crate::types::{Known, Ty};

const NOT_NEGATIVE: &str = "Non-negative number required.";
const OUTSIDE: &str = "Index and count must refer to a location within the buffer.";

/// `System.Text.UTF8Encoding` and the like.
pub(crate) fn class_name(encoding: Encoding) -> &'static str {
    match encoding {
        Encoding::Utf8 => "System.Text.UTF8Encoding",
        Encoding::Ascii => "System.Text.ASCIIEncoding",
        Encoding::Latin1 => "System.Text.Latin1Encoding",
        Encoding::Utf16Le | Encoding::Utf16Be => "System.Text.UnicodeEncoding",
        Encoding::Utf32Le | Encoding::Utf32Be => "System.Text.UTF32Encoding",
        Encoding::Table(_) => "System.Text.SBCSCodePageEncoding",
    }
}

/// Text of bytes by the name of an encoding, UTF-8 where nobody knows it; a byte-order mark goes.
pub(crate) fn decode(bytes: &[u8], charset: &str) -> String {
    let encoding = Encoding::by_name(charset).unwrap_or(Encoding::Utf8);
    encoding.text(bytes.strip_prefix(encoding.preamble()).unwrap_or(bytes))
}

fn number<'a>(of: usize) -> Value<'a> {
    Value::Int(i32::try_from(of).unwrap_or(i32::MAX))
}

fn this<'a>(cx: &mut Cx<'a, '_>, a: Args<'_, 'a>) -> Eval<'a, Encoding> {
    match a.object(0) {
        Some(Object::Encoding(encoding)) => Ok(*encoding),
        _ => cx.null_reference(),
    }
}

fn other<'a>(cx: &mut Cx<'a, '_>, a: Args<'_, 'a>, at: usize, name: &str) -> Eval<'a, Encoding> {
    match a.object(at) {
        Some(Object::Encoding(encoding)) => Ok(*encoding),
        _ => cx.argument_null(name),
    }
}

fn fail<'a, T>(cx: &mut Cx<'a, '_>, error: &EncodingError) -> Eval<'a, T> {
    cx.throw(error.exception(), &error.to_string())
}

fn null_array<'a, T>(cx: &mut Cx<'a, '_>, name: &str) -> Eval<'a, T> {
    let message = format!("Array cannot be null.\nParameter name: {name}");
    cx.throw("System.ArgumentNullException", &message)
}

fn string<'a>(cx: &mut Cx<'a, '_>, a: Args<'_, 'a>) -> Eval<'a, &'a str> {
    match a.opt_str(1) {
        Some(text) => Ok(text),
        None => cx.throw(
            "System.ArgumentNullException",
            "String reference not set to an instance of a String.\nParameter name: s",
        ),
    }
}

fn array<'a>(cx: &mut Cx<'a, '_>, a: Args<'_, 'a>, at: usize) -> Eval<'a, Vec<u8>> {
    if a.is_null(at) {
        return null_array(cx, "bytes");
    }
    a.bytes(cx, at, "bytes")
}

/// The text of a string or a `char[]`.
fn characters<'a>(cx: &mut Cx<'a, '_>, a: Args<'_, 'a>, at: usize) -> Eval<'a, String> {
    match a.value(at) {
        Value::Str(text) => Ok(text.to_owned()),
        Value::Null => null_array(cx, "chars"),
        array => {
            let chars = super::string::chars_of(array);
            cx.work(chars.len() * size_of::<char>())?;
            Ok(chars.into_iter().collect())
        }
    }
}

/// The part of a text that an index and a count of UTF-16 units name.
fn part_of<'a>(cx: &mut Cx<'a, '_>, whole: &str, index: i32, count: i32) -> Eval<'a, String> {
    if index < 0 || count < 0 {
        return cx.out_of_range(if index < 0 { "index" } else { "count" }, NOT_NEGATIVE);
    }
    match crate::clr::text::substring_range(whole, index, count) {
        Ok(part) => Ok(part.into_owned()),
        Err(_) => cx.out_of_range("chars", OUTSIDE),
    }
}

/// The bytes of an array from an index on.
fn slice<'a>(
    cx: &mut Cx<'a, '_>,
    a: Args<'_, 'a>,
    at: usize,
    (index, count): (i32, i32),
) -> Eval<'a, Vec<u8>> {
    let bytes = array(cx, a, at)?;
    let (Ok(start), Ok(len)) = (usize::try_from(index), usize::try_from(count)) else {
        return cx.out_of_range(if index < 0 { "index" } else { "count" }, NOT_NEGATIVE);
    };
    match bytes.get(start..start.saturating_add(len)) {
        Some(part) => Ok(part.to_vec()),
        None => cx.out_of_range("bytes", OUTSIDE),
    }
}

fn encoded<'a>(cx: &mut Cx<'a, '_>, encoding: Encoding, text: &str) -> Eval<'a> {
    cx.work(text.len())?;
    cx.arena.charge(text.len())?;
    cx.bytes(&encoding.bytes(text))
}

fn decoded<'a>(cx: &mut Cx<'a, '_>, encoding: Encoding, bytes: &[u8]) -> Eval<'a> {
    cx.work(bytes.len())?;
    cx.str(&encoding.text(bytes))
}

fn chars<'a>(cx: &mut Cx<'a, '_>, encoding: Encoding, bytes: &[u8]) -> Eval<'a> {
    let units: Vec<Value<'a>> = encoding.text(bytes).encode_utf16().map(Value::Char).collect();
    let ty = cx.keep_ty(Ty::known(Known::Char));
    cx.array(ty, &units)
}

pub(crate) fn define(c: &mut Builder) {
    c.define("System.Text", "class Encoding", |t| {
        known(t);
        writing(t);
        reading(t);
        asking(t);
    });
    c.flags("System", "Base64FormattingOptions", &[("None", 0), ("InsertLineBreaks", 1)]);
    c.extend("Convert", base64);
}

fn known(t: &mut TypeBuilder<'_>) {
    macro_rules! each {
        ($($text:literal $encoding:ident,)*) => {
            $(t.add(concat!("static Encoding ", $text, " { get; }"), |cx, _| {
                cx.new_object(Object::Encoding(Encoding::$encoding))
            });)*
        };
    }
    each! {
        "UTF8" Utf8, "ASCII" Ascii, "Unicode" Utf16Le, "BigEndianUnicode" Utf16Be, "UTF32" Utf32Le, "Default" Utf8,
        "Latin1" Latin1,
    }
    t.add("static Encoding GetEncoding(string name)", |cx, a| {
        let name = a.str(cx, 0, "name")?;
        match Encoding::by_name(name) {
            Ok(encoding) => cx.new_object(Object::Encoding(encoding)),
            Err(error) => fail(cx, &error),
        }
    })
    .add("static Encoding GetEncoding(int codepage)", |cx, a| match by_code_page(a.int(0)) {
        Some(encoding) => cx.new_object(Object::Encoding(encoding)),
        None if !(0..=65_535).contains(&a.int(0)) => {
            cx.out_of_range("codepage", "Valid values are between 0 and 65535, inclusive.")
        }
        None => {
            let message = format!(
                "No data is available for encoding {}. For information on defining a custom encoding, see the \
                 documentation for the Encoding.RegisterProvider method.",
                a.int(0)
            );
            cx.throw("System.NotSupportedException", &message)
        }
    })
    .add("static byte[] Convert(Encoding srcEncoding, Encoding dstEncoding, byte[] bytes)", |cx, a| {
        let (from, to) = (other(cx, a, 0, "srcEncoding")?, other(cx, a, 1, "dstEncoding")?);
        let bytes = array(cx, a, 2)?;
        encoded(cx, to, &from.text(&bytes))
    })
    .add(
        "static byte[] Convert(Encoding srcEncoding, Encoding dstEncoding, byte[] bytes, int index, int count)",
        |cx, a| {
            let (from, to) = (other(cx, a, 0, "srcEncoding")?, other(cx, a, 1, "dstEncoding")?);
            let bytes = slice(cx, a, 2, (a.int(3), a.int(4)))?;
            encoded(cx, to, &from.text(&bytes))
        },
    );
}

const CODE_PAGES: [(i32, Encoding); 9] = [
    (0, Encoding::Utf8),
    (65_001, Encoding::Utf8),
    (20_127, Encoding::Ascii),
    (28_591, Encoding::Latin1),
    (1_200, Encoding::Utf16Le),
    (1_201, Encoding::Utf16Be),
    (12_000, Encoding::Utf32Le),
    (12_001, Encoding::Utf32Be),
    (932, Encoding::Table(encoding_rs::SHIFT_JIS)),
];

fn by_code_page(number: i32) -> Option<Encoding> {
    let found = CODE_PAGES.iter().find(|page| page.0 == number).map(|page| page.1);
    found.or_else(|| match number {
        874 | 1_250..=1_258 => Encoding::by_name(&format!("windows-{number}")).ok(),
        28_592..=28_606 => Encoding::by_name(&format!("iso-8859-{}", number - 28_590)).ok(),
        936 => Encoding::by_name("gb2312").ok(),
        949 => Encoding::by_name("ks_c_5601-1987").ok(),
        950 => Encoding::by_name("big5").ok(),
        54_936 => Encoding::by_name("gb18030").ok(),
        20_866 => Encoding::by_name("koi8-r").ok(),
        21_866 => Encoding::by_name("koi8-u").ok(),
        51_932 => Encoding::by_name("euc-jp").ok(),
        _ => None,
    })
}

fn code_page(encoding: Encoding) -> Option<i32> {
    let fixed = CODE_PAGES.iter().rev().find(|page| page.1 == encoding).map(|page| page.0);
    let others = [874, 936, 949, 950, 54_936, 20_866, 21_866, 51_932];
    let mut all = others.into_iter().chain(1_250..=1_258).chain(28_592..=28_606);
    fixed.or_else(|| all.find(|number| by_code_page(*number) == Some(encoding)))
}

fn writing(t: &mut TypeBuilder<'_>) {
    t.add("byte[] GetBytes(string s)", |cx, a| {
        let (encoding, text) = (this(cx, a)?, string(cx, a)?);
        encoded(cx, encoding, text)
    })
    .add("byte[] GetBytes(char[] chars)", |cx, a| {
        let (encoding, text) = (this(cx, a)?, characters(cx, a, 1)?);
        encoded(cx, encoding, &text)
    });
    for declared in [
        "byte[] GetBytes(string s, int index, int count)",
        "byte[] GetBytes(char[] chars, int index, int count)",
    ] {
        t.add(declared, |cx, a| {
            let (encoding, text) = (this(cx, a)?, characters(cx, a, 1)?);
            let part = part_of(cx, &text, a.int(2), a.int(3))?;
            encoded(cx, encoding, &part)
        });
    }
    for declared in ["int GetByteCount(string s)", "int GetByteCount(char[] chars)"] {
        t.add(declared, |cx, a| {
            let (encoding, text) = (this(cx, a)?, characters(cx, a, 1)?);
            cx.work(text.len())?;
            Ok(number(encoding.byte_count(&text)))
        });
    }
    t.add("int GetByteCount(char[] chars, int index, int count)", |cx, a| {
        let (encoding, text) = (this(cx, a)?, characters(cx, a, 1)?);
        let part = part_of(cx, &text, a.int(2), a.int(3))?;
        Ok(number(encoding.byte_count(&part)))
    });
}

fn reading(t: &mut TypeBuilder<'_>) {
    t.add("string GetString(byte[] bytes)", |cx, a| {
        let (encoding, bytes) = (this(cx, a)?, array(cx, a, 1)?);
        decoded(cx, encoding, &bytes)
    })
    .add("string GetString(byte[] bytes, int index, int count)", |cx, a| {
        let (encoding, bytes) = (this(cx, a)?, slice(cx, a, 1, (a.int(2), a.int(3)))?);
        decoded(cx, encoding, &bytes)
    })
    .add("char[] GetChars(byte[] bytes)", |cx, a| {
        let (encoding, bytes) = (this(cx, a)?, array(cx, a, 1)?);
        chars(cx, encoding, &bytes)
    })
    .add("char[] GetChars(byte[] bytes, int index, int count)", |cx, a| {
        let (encoding, bytes) = (this(cx, a)?, slice(cx, a, 1, (a.int(2), a.int(3)))?);
        chars(cx, encoding, &bytes)
    })
    .add("int GetCharCount(byte[] bytes)", |cx, a| {
        let (encoding, bytes) = (this(cx, a)?, array(cx, a, 1)?);
        Ok(number(utf16_len(&encoding.text(&bytes))))
    })
    .add("int GetCharCount(byte[] bytes, int index, int count)", |cx, a| {
        let (encoding, bytes) = (this(cx, a)?, slice(cx, a, 1, (a.int(2), a.int(3)))?);
        Ok(number(utf16_len(&encoding.text(&bytes))))
    });
}

fn most<'a>(cx: &mut Cx<'a, '_>, name: &str, count: i32, most: fn(i64) -> i64) -> Eval<'a> {
    match i32::try_from(most(count.into())) {
        Ok(most) if count >= 0 => Ok(Value::Int(most)),
        Ok(_) => cx.out_of_range(name, NOT_NEGATIVE),
        Err(_) => cx.out_of_range(name, "Too many characters. The resulting number of bytes is larger than what can be returned as an int."),
    }
}

fn web_name<'a>(cx: &mut Cx<'a, '_>, a: Args<'_, 'a>) -> Eval<'a> {
    let encoding = this(cx, a)?;
    cx.str(&encoding.web_name())
}

fn asking(t: &mut TypeBuilder<'_>) {
    t.add("string WebName { get; }", web_name)
        .add("string BodyName { get; }", web_name)
        .add("string HeaderName { get; }", web_name)
        .add("string EncodingName { get; }", |cx, a| {
            let encoding = this(cx, a)?;
            let name = match encoding {
                Encoding::Utf8 => "Unicode (UTF-8)".to_owned(),
                Encoding::Ascii => "US-ASCII".to_owned(),
                Encoding::Latin1 => "Western European (ISO)".to_owned(),
                Encoding::Utf16Le => "Unicode".to_owned(),
                Encoding::Utf16Be => "Unicode (Big-Endian)".to_owned(),
                Encoding::Utf32Le => "Unicode (UTF-32)".to_owned(),
                Encoding::Utf32Be => "Unicode (UTF-32 Big-Endian)".to_owned(),
                Encoding::Table(_) => encoding.web_name(),
            };
            cx.str(&name)
        })
        .add("int CodePage { get; }", |cx, a| {
            let encoding = this(cx, a)?;
            Ok(Value::Int(code_page(encoding).unwrap_or_default()))
        })
        .add("bool IsSingleByte { get; }", |cx, a| {
            Ok(Value::Bool(match this(cx, a)? {
                Encoding::Ascii | Encoding::Latin1 => true,
                Encoding::Table(table) => table.is_single_byte(),
                _ => false,
            }))
        })
        .add("bool IsReadOnly { get; }", |_, _| Ok(Value::Bool(true)))
        .add("byte[] GetPreamble()", |cx, a| {
            let encoding = this(cx, a)?;
            cx.bytes(encoding.preamble())
        })
        .add("int GetMaxByteCount(int charCount)", |cx, a| {
            let bytes: fn(i64) -> i64 = match this(cx, a)? {
                Encoding::Utf8 => |count| (count + 1) * 3,
                Encoding::Utf16Le | Encoding::Utf16Be => |count| (count + 1) * 2,
                Encoding::Utf32Le | Encoding::Utf32Be => |count| (count + 1) * 4,
                Encoding::Table(table) if !table.is_single_byte() => |count| (count + 1) * 2,
                _ => |count| count + 1,
            };
            most(cx, "charCount", a.int(1), bytes)
        })
        .add("int GetMaxCharCount(int byteCount)", |cx, a| {
            let chars: fn(i64) -> i64 = match this(cx, a)? {
                Encoding::Utf8 => |count| count + 1,
                Encoding::Utf16Le | Encoding::Utf16Be => |count| (count >> 1) + (count & 1) + 1,
                Encoding::Utf32Le | Encoding::Utf32Be => |count| count / 2 + 2,
                _ => |count| count,
            };
            most(cx, "byteCount", a.int(1), chars)
        })
        .add("object Clone()", |_, a| Ok(a.value(0)));
}

/// A part of an array, with what `Convert` says of indexes.
fn piece<'a>(cx: &mut Cx<'a, '_>, bytes: &[u8], offset: i32, length: i32) -> Eval<'a, Vec<u8>> {
    let Ok(length) = usize::try_from(length) else {
        return cx.out_of_range(
            "length",
            "Index was out of range. Must be non-negative and less than the size of the collection.",
        );
    };
    let Ok(start) = usize::try_from(offset) else {
        return cx.out_of_range("offset", "Value must be positive.");
    };
    match bytes.get(start..start.saturating_add(length)) {
        Some(part) => Ok(part.to_vec()),
        None => cx.out_of_range("offset", "Offset and length must refer to a position in the string."),
    }
}

fn to_base64<'a>(cx: &mut Cx<'a, '_>, bytes: &[u8], options: i32) -> Eval<'a> {
    if !(0..=1).contains(&options) {
        return cx.throw("System.ArgumentException", &format!("Illegal enum value: {options}."));
    }
    cx.work(bytes.len())?;
    cx.str(&text::to_base64(bytes, options == 1))
}

fn from_base64<'a>(cx: &mut Cx<'a, '_>, text: &str) -> Eval<'a> {
    cx.work(text.len())?;
    match text::from_base64(text) {
        Ok(bytes) => cx.bytes(&bytes),
        Err(error) => fail(cx, &error),
    }
}

fn base64(t: &mut TypeBuilder<'_>) {
    for declared in [
        "static string ToBase64String(byte[] inArray)",
        "static string ToBase64String(byte[] inArray, Base64FormattingOptions options)",
    ] {
        t.add(declared, |cx, a| {
            let bytes = a.bytes(cx, 0, "inArray")?;
            to_base64(cx, &bytes, a.int(1))
        });
    }
    for declared in [
        "static string ToBase64String(byte[] inArray, int offset, int length)",
        "static string ToBase64String(byte[] inArray, int offset, int length, Base64FormattingOptions options)",
    ] {
        t.add(declared, |cx, a| {
            let bytes = a.bytes(cx, 0, "inArray")?;
            let part = piece(cx, &bytes, a.int(1), a.int(2))?;
            to_base64(cx, &part, a.int(3))
        });
    }
    t.add("static byte[] FromBase64String(string s)", |cx, a| {
        let text = a.str(cx, 0, "s")?;
        from_base64(cx, text)
    })
    .add("static byte[] FromBase64CharArray(char[] inArray, int offset, int length)", |cx, a| {
        if a.is_null(0) {
            return cx.argument_null("inArray");
        }
        let text = characters(cx, a, 0)?;
        match crate::clr::text::substring_range(&text, a.int(1), a.int(2)) {
            Ok(part) => from_base64(cx, &part),
            Err(_) => cx.out_of_range("offset", "Offset and length must refer to a position in the string."),
        }
    });
}
