//! The filters, by C#'s names or Liquid's, and what two values are to each other.

use std::cmp::Ordering;

use hanse_expression::clr::date_format::format_datetime;
use hanse_expression::clr::date_parse::{DateTimeStyles, parse_datetime};
use hanse_expression::clr::datetime::{DateTime, DateTimeKind};
use hanse_expression::json::Kind;
use hanse_expression::run::Cx;
use hanse_expression::web::{html_encode, url_decode, url_encode};

use super::render::{Given, Trouble, Worked};
use super::value::Liq;

/// Declares the filters: name, fewest and most arguments.
macro_rules! filters {
    ($($name:ident $min:literal $max:literal,)*) => {
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub(super) enum Filter { $($name,)* }

        const FILTERS: &[(&str, Filter, (usize, usize))] = &[$((stringify!($name), Filter::$name, ($min, $max)),)*];
    };
}

filters! {
    Abs 0 0,
    Append 1 1,
    AtLeast 1 1,
    AtMost 1 1,
    Capitalize 0 0,
    Ceil 0 0,
    Compact 0 0,
    Concat 1 1,
    Currency 0 1,
    Date 1 1,
    Default 1 1,
    DividedBy 1 1,
    Downcase 0 0,
    Escape 0 0,
    First 0 0,
    Floor 0 0,
    H 0 0,
    Join 0 1,
    Last 0 0,
    Lstrip 0 0,
    Map 1 1,
    Minus 1 1,
    Modulo 1 1,
    NewlineToBr 0 0,
    Plus 1 1,
    Prepend 1 1,
    Remove 1 1,
    RemoveFirst 1 1,
    Replace 1 2,
    ReplaceFirst 1 2,
    Reverse 0 0,
    Round 0 1,
    Rstrip 0 0,
    Size 0 0,
    Slice 1 2,
    Sort 0 1,
    Split 1 1,
    Strip 0 0,
    StripHtml 0 0,
    StripNewlines 0 0,
    Times 1 1,
    Truncate 0 2,
    TruncateWords 0 2,
    Uniq 0 0,
    Upcase 0 0,
    UrlDecode 0 0,
    UrlEncode 0 0,
}

/// A number of either kind.
#[derive(Debug, Clone, Copy)]
pub(super) enum Number {
    Int(i64),
    Float(f64),
}

impl Number {
    fn float(self) -> f64 {
        match self {
            Self::Int(number) => number as f64,
            Self::Float(number) => number,
        }
    }

    pub(super) fn whole(self) -> i64 {
        match self {
            Self::Int(number) => number,
            Self::Float(number) => number as i64,
        }
    }
}

/// A value as a number; a text that is none is 0.
pub(super) fn number<'a>(cx: &mut Cx<'a, '_>, value: Liq<'a>) -> Worked<'a, Number> {
    Ok(match value {
        Liq::Int(number) => Number::Int(number),
        Liq::Float(number) => Number::Float(number),
        Liq::Nil | Liq::Bool(_) => Number::Int(0),
        other => {
            let text = other.text(cx)?.trim();
            match text.parse() {
                Ok(number) => Number::Int(number),
                Err(_) => text.parse().map_or(Number::Int(0), Number::Float),
            }
        }
    })
}

/// Whether two values are the same: numbers by what they are worth, all else by what is written.
pub(super) fn equal<'a>(cx: &mut Cx<'a, '_>, a: Liq<'a>, b: Liq<'a>) -> Worked<'a, bool> {
    Ok(match (a, b) {
        (Liq::Nil, Liq::Nil) => true,
        (Liq::Nil, _) | (_, Liq::Nil) => false,
        (Liq::Bool(a), Liq::Bool(b)) => a == b,
        (Liq::Int(a), Liq::Int(b)) => a == b,
        (Liq::Int(_) | Liq::Float(_), Liq::Int(_) | Liq::Float(_)) => {
            number(cx, a)?.float() == number(cx, b)?.float()
        }
        (Liq::Date(a), Liq::Date(b)) => a == b,
        (Liq::Bool(_), _) | (_, Liq::Bool(_)) => {
            // `True` of C# and `true` of JSON are the same.
            a.text(cx)?.eq_ignore_ascii_case(b.text(cx)?)
        }
        _ => a.text(cx)? == b.text(cx)?,
    })
}

/// Which of two values is less; `None`: they cannot be compared.
pub(super) fn order<'a>(cx: &mut Cx<'a, '_>, a: Liq<'a>, b: Liq<'a>) -> Worked<'a, Option<Ordering>> {
    let is_number = |value| matches!(value, Liq::Int(_) | Liq::Float(_));
    Ok(match (a, b) {
        (Liq::Nil, _) | (_, Liq::Nil) => None,
        (Liq::Int(a), Liq::Int(b)) => Some(a.cmp(&b)),
        (Liq::Date(a), Liq::Date(b)) => Some(a.cmp(&b)),
        _ if is_number(a) || is_number(b) => {
            let (a, b) = (number(cx, a)?, number(cx, b)?);
            a.float().partial_cmp(&b.float())
        }
        _ => Some(a.text(cx)?.cmp(b.text(cx)?)),
    })
}

impl Filter {
    /// By its name in C# or in Liquid.
    pub(super) fn named(name: &str) -> Option<Self> {
        let plain = |char: &char| *char != '_';
        let lower = |name: &str| name.chars().filter(plain).flat_map(char::to_lowercase).collect::<String>();
        let name = lower(name);
        FILTERS.iter().find(|(known, ..)| lower(known) == name).map(|(_, filter, _)| *filter)
    }

    pub(super) fn names() -> impl Iterator<Item = &'static str> {
        FILTERS.iter().map(|(name, ..)| *name)
    }

    /// The fewest and the most arguments.
    pub(super) fn arguments(self) -> (usize, usize) {
        FILTERS.iter().find(|(_, filter, _)| *filter == self).map_or((0, 0), |(.., arguments)| *arguments)
    }

    pub(super) fn apply<'a>(
        self,
        cx: &mut Cx<'a, '_>,
        given: &Given<'a>,
        of: Liq<'a>,
        arguments: &[Liq<'a>],
    ) -> Worked<'a> {
        let argument = |at: usize| arguments.get(at).copied().unwrap_or(Liq::Nil);
        match self {
            Self::Size => return size(cx, of),
            Self::First | Self::Last => return end(cx, of, self == Self::First),
            Self::Default => {
                let is_absent = !of.holds() || (of.is_text() && of.text(cx)?.is_empty());
                return Ok(if is_absent { argument(0) } else { of });
            }
            Self::Date => return date(cx, of, argument(0)),
            Self::Join
            | Self::Map
            | Self::Sort
            | Self::Uniq
            | Self::Compact
            | Self::Reverse
            | Self::Concat => {
                return self.on_list(cx, given, of, arguments);
            }
            Self::Plus if of.is_text() && argument(0).is_text() => {}
            Self::Abs
            | Self::AtLeast
            | Self::AtMost
            | Self::Ceil
            | Self::DividedBy
            | Self::Floor
            | Self::Minus
            | Self::Modulo
            | Self::Plus
            | Self::Round
            | Self::Times
            | Self::Currency => return self.on_numbers(cx, of, argument(0)),
            _ => {}
        }
        let text = of.text(cx)?;
        let with = argument(0).text(cx)?;
        let kept = |cx: &mut Cx<'a, '_>, text: &str| -> Worked<'a> {
            cx.work(text.len())?;
            Ok(Liq::Text(cx.arena.text(text)?))
        };
        match self {
            Self::Append | Self::Plus => Ok(Liq::Text(cx.arena.concat(&[text, with])?)),
            Self::Prepend => Ok(Liq::Text(cx.arena.concat(&[with, text])?)),
            Self::Upcase => kept(cx, &text.to_uppercase()),
            Self::Downcase => kept(cx, &text.to_lowercase()),
            Self::Capitalize => kept(cx, &capitalized(text)),
            Self::Strip => Ok(Liq::Text(text.trim())),
            Self::Lstrip => Ok(Liq::Text(text.trim_start())),
            Self::Rstrip => Ok(Liq::Text(text.trim_end())),
            Self::Escape | Self::H => kept(cx, &html_encode(text)),
            Self::UrlEncode => kept(cx, &url_encode(text)),
            Self::UrlDecode => kept(cx, &url_decode(text)),
            Self::StripHtml => kept(cx, &without_html(text)),
            Self::StripNewlines => kept(cx, &text.replace("\r\n", "").replace('\n', "")),
            Self::NewlineToBr => kept(cx, &text.replace("\r\n", "\n").replace('\n', "<br />\n")),
            Self::Remove | Self::RemoveFirst | Self::Replace | Self::ReplaceFirst => {
                if with.is_empty() {
                    return Ok(Liq::Text(text));
                }
                let to = argument(1).text(cx)?;
                // What comes of it is paid for before it is made.
                let times = text.matches(with).count();
                cx.arena.charge(times.saturating_mul(to.len()))?;
                match self {
                    Self::Remove | Self::Replace => kept(cx, &text.replace(with, to)),
                    _ => kept(cx, &text.replacen(with, to, 1)),
                }
            }
            Self::Slice => {
                let start = number(cx, argument(0))?.whole();
                let len = match arguments.get(1) {
                    Some(len) => number(cx, *len)?.whole(),
                    None => 1,
                };
                Ok(Liq::Text(sliced(text, start, len)))
            }
            Self::Truncate => {
                let len = match arguments.first() {
                    Some(len) => number(cx, *len)?.whole(),
                    None => 50,
                };
                let tail = tail_of(cx, arguments)?;
                let len = usize::try_from(len).unwrap_or(0);
                if text.chars().count() <= len {
                    return Ok(Liq::Text(text));
                }
                let kept_chars = len.saturating_sub(tail.chars().count());
                let end = text.char_indices().nth(kept_chars).map_or(text.len(), |(at, _)| at);
                Ok(Liq::Text(cx.arena.concat(&[&text[..end], tail])?))
            }
            Self::TruncateWords => {
                let count = match arguments.first() {
                    Some(count) => number(cx, *count)?.whole(),
                    None => 15,
                };
                let tail = tail_of(cx, arguments)?;
                let count = usize::try_from(count).unwrap_or(0).max(1);
                let words: Vec<&str> = text.split(' ').collect();
                if words.len() <= count {
                    return Ok(Liq::Text(text));
                }
                let head = words[..count].join(" ");
                Ok(Liq::Text(cx.arena.concat(&[&head, tail])?))
            }
            Self::Split => {
                let mut parts = Vec::new();
                if with.is_empty() {
                    for (at, char) in text.char_indices() {
                        parts.push(Liq::Text(&text[at..at + char.len_utf8()]));
                    }
                } else {
                    parts.extend(text.split(with).map(Liq::Text));
                }
                cx.steps_of(parts.len() as u64)?;
                Ok(Liq::List(cx.arena.slice(&parts)?))
            }
            _ => Ok(of),
        }
    }

    fn on_numbers<'a>(self, cx: &mut Cx<'a, '_>, of: Liq<'a>, with: Liq<'a>) -> Worked<'a> {
        if self == Self::Currency {
            return currency(cx, of, with);
        }
        let (a, b) = (number(cx, of)?, number(cx, with)?);
        if self == Self::Round {
            let Number::Float(value) = a else { return Ok(of) };
            let places = i32::try_from(b.whole().clamp(0, 15)).unwrap_or(0);
            let scale = 10_f64.powi(places);
            let rounded = (value * scale).round_ties_even() / scale;
            return Ok(if rounded.is_finite() { Liq::Float(rounded) } else { Liq::Float(value) });
        }
        let floats = (a.float(), b.float());
        let overflow = || Trouble::Said("Arithmetic operation resulted in an overflow.".to_owned());
        if let (Number::Int(a), Number::Int(b)) = (a, b) {
            let worked = match self {
                Self::Abs => a.checked_abs(),
                Self::AtLeast => Some(a.max(b)),
                Self::AtMost => Some(a.min(b)),
                Self::Minus => a.checked_sub(b),
                Self::Plus => a.checked_add(b),
                Self::Times => a.checked_mul(b),
                Self::DividedBy | Self::Modulo if b == 0 => {
                    return Err(Trouble::Said("Attempted to divide by zero.".to_owned()));
                }
                Self::DividedBy => a.checked_div(b),
                Self::Modulo => a.checked_rem(b),
                _ => Some(a),
            };
            return worked.map(Liq::Int).ok_or_else(overflow);
        }
        Ok(Liq::Float(match self {
            Self::Abs => floats.0.abs(),
            Self::AtLeast => floats.0.max(floats.1),
            Self::AtMost => floats.0.min(floats.1),
            Self::Ceil => return Ok(Liq::Int(floats.0.ceil() as i64)),
            Self::Floor => return Ok(Liq::Int(floats.0.floor() as i64)),
            Self::Minus => floats.0 - floats.1,
            Self::Plus => floats.0 + floats.1,
            Self::Times => floats.0 * floats.1,
            Self::DividedBy => floats.0 / floats.1,
            _ => floats.0 % floats.1,
        }))
    }

    fn on_list<'a>(
        self,
        cx: &mut Cx<'a, '_>,
        given: &Given<'a>,
        of: Liq<'a>,
        arguments: &[Liq<'a>],
    ) -> Worked<'a> {
        let items = match of.items(cx)? {
            Some(items) => items,
            None if matches!(of, Liq::Nil) => return Ok(of),
            None => cx.arena.slice(&[of])?,
        };
        cx.steps_of(items.len() as u64)?;
        let property = match arguments.first() {
            Some(Liq::Text(name)) => Some(*name),
            _ => None,
        };
        let mut list: Vec<Liq<'a>> = Vec::with_capacity(items.len());
        match self {
            Self::Join => {
                let glue = match arguments.first() {
                    Some(glue) => glue.text(cx)?,
                    None => " ",
                };
                let mut parts = Vec::with_capacity(items.len() * 2);
                for item in items {
                    if !parts.is_empty() {
                        parts.push(glue);
                    }
                    parts.push(item.text(cx)?);
                }
                return Ok(Liq::Text(cx.arena.concat(&parts)?));
            }
            Self::Map => {
                for item in items {
                    list.push(item.member(cx, given, property.unwrap_or_default())?);
                }
            }
            Self::Compact => list.extend(items.iter().filter(|item| !matches!(item, Liq::Nil))),
            Self::Reverse => list.extend(items.iter().rev()),
            Self::Concat => {
                list.extend(items);
                let more = arguments.first().copied().unwrap_or(Liq::Nil);
                list.extend(more.items(cx)?.unwrap_or_default());
            }
            Self::Uniq => {
                let mut seen = std::collections::BTreeSet::new();
                for item in items {
                    if seen.insert(item.text(cx)?) {
                        list.push(*item);
                    }
                }
            }
            _ => {
                let mut keyed = Vec::with_capacity(items.len());
                for item in items {
                    let key = match property {
                        Some(name) => item.member(cx, given, name)?,
                        None => *item,
                    };
                    keyed.push((sort_key(cx, key)?, *item));
                }
                cx.steps_of((keyed.len() * keyed.len().max(1).ilog2() as usize) as u64)?;
                keyed.sort_by(|(a, _), (b, _)| a.compare(b));
                list.extend(keyed.into_iter().map(|(_, item)| item));
            }
        }
        Ok(Liq::List(cx.arena.slice(&list)?))
    }
}

/// What lists are sorted by: nothing first, then numbers, then texts.
enum SortKey<'a> {
    Nothing,
    Number(f64),
    Text(&'a str),
}

impl SortKey<'_> {
    fn compare(&self, other: &Self) -> Ordering {
        let rank = |key: &Self| match key {
            Self::Nothing => 0,
            Self::Number(_) => 1,
            Self::Text(_) => 2,
        };
        match (self, other) {
            (Self::Number(a), Self::Number(b)) => a.total_cmp(b),
            (Self::Text(a), Self::Text(b)) => a.cmp(b),
            (a, b) => rank(a).cmp(&rank(b)),
        }
    }
}

fn sort_key<'a>(cx: &mut Cx<'a, '_>, value: Liq<'a>) -> Worked<'a, SortKey<'a>> {
    Ok(match value {
        Liq::Nil => SortKey::Nothing,
        Liq::Int(number) => SortKey::Number(number as f64),
        Liq::Float(number) => SortKey::Number(number),
        // Seven digits of a tick are below what a double tells apart; nobody sorts by them.
        Liq::Date(date) => SortKey::Number(date.ticks() as f64),
        other => SortKey::Text(other.text(cx)?),
    })
}

fn size<'a>(cx: &mut Cx<'a, '_>, of: Liq<'a>) -> Worked<'a> {
    let size = match of {
        Liq::Nil => 0,
        Liq::Json(token) if token.kind() == Kind::Object => token.len(),
        of if !of.is_text() => match of.items(cx)? {
            Some(items) => items.len(),
            None => 0,
        },
        of => hanse_expression::encoding::utf16_len(of.text(cx)?),
    };
    Ok(Liq::Int(i64::try_from(size).unwrap_or(i64::MAX)))
}

fn end<'a>(cx: &mut Cx<'a, '_>, of: Liq<'a>, is_first: bool) -> Worked<'a> {
    if let Liq::Text(text) = of {
        let char = if is_first { text.char_indices().next() } else { text.char_indices().next_back() };
        return Ok(char.map_or(Liq::Nil, |(at, char)| Liq::Text(&text[at..at + char.len_utf8()])));
    }
    let Some(items) = of.items(cx)? else { return Ok(of) };
    let item = if is_first { items.first() } else { items.last() };
    Ok(item.copied().unwrap_or(Liq::Nil))
}

/// By a format of .NET; what is no date is left as it is.
fn date<'a>(cx: &mut Cx<'a, '_>, of: Liq<'a>, format: Liq<'a>) -> Worked<'a> {
    let format = format.text(cx)?;
    if matches!(of, Liq::Nil) || format.is_empty() {
        return Ok(of);
    }
    let now = DateTime::from_ticks(cx.host.now(), DateTimeKind::Utc).unwrap_or_default();
    let date = match of {
        Liq::Date(date) => date,
        other => match other.text(cx)? {
            text if text.eq_ignore_ascii_case("now") || text.eq_ignore_ascii_case("today") => now,
            text => match parse_datetime(text, DateTimeStyles::ROUNDTRIP_KIND, now) {
                Ok(date) => date,
                Err(_) => return Ok(of),
            },
        },
    };
    let mut text = String::new();
    match format_datetime(date, format, &mut text) {
        Ok(()) => Ok(Liq::Text(cx.arena.text(&text)?)),
        Err(error) => Err(Trouble::Said(error.to_string())),
    }
}

/// `1,234.50` behind the sign of the culture's currency; without a culture the sign of no currency.
fn currency<'a>(cx: &mut Cx<'a, '_>, of: Liq<'a>, culture: Liq<'a>) -> Worked<'a> {
    let sign = match culture.text(cx)? {
        "" => "¤",
        culture => match culture.to_ascii_lowercase().as_str() {
            "en-us" | "en-ca" | "en-au" | "en-nz" => "$",
            "en-gb" => "£",
            "en-ie" => "€",
            "ja-jp" => "¥",
            _ => return Err(Trouble::Said(format!("Culture '{culture}' is not supported"))),
        },
    };
    let value = match of {
        Liq::Nil => return Ok(of),
        of => number(cx, of)?.float(),
    };
    let mut digits = String::new();
    let _ = hanse_expression::clr::number::format_double(value.abs(), "N2", &mut digits);
    let minus = if value < 0.0 { "-" } else { "" };
    Ok(Liq::Text(cx.arena.concat(&[minus, sign, &digits])?))
}

fn tail_of<'a>(cx: &mut Cx<'a, '_>, arguments: &[Liq<'a>]) -> Worked<'a, &'a str> {
    match arguments.get(1) {
        Some(tail) => Ok(tail.text(cx)?),
        None => Ok("..."),
    }
}

/// The first letter of each word is large, the others as they are.
fn capitalized(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut begins_word = true;
    for char in text.chars() {
        match begins_word && char.is_alphabetic() {
            true => out.extend(char.to_uppercase()),
            false => out.push(char),
        }
        begins_word = char.is_whitespace();
    }
    out
}

/// `start` below zero counts from the end.
fn sliced(text: &str, start: i64, len: i64) -> &str {
    let count = i64::try_from(text.chars().count()).unwrap_or(i64::MAX);
    let start = if start < 0 { count.saturating_add(start) } else { start };
    // What lies before the text is cut off.
    let (start, len) = if start < 0 { (0, len.saturating_add(start)) } else { (start, len) };
    let at = |chars: i64| {
        let chars = usize::try_from(chars.max(0)).unwrap_or(usize::MAX);
        text.char_indices().nth(chars).map_or(text.len(), |(at, _)| at)
    };
    let (from, to) = (at(start), at(start.saturating_add(len.max(0))));
    &text[from..to.max(from)]
}

/// Without tags, comments, scripts and styles.
fn without_html(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    'text: while let Some(open) = rest.find('<') {
        out.push_str(&rest[..open]);
        let tag = &rest[open..];
        for (begin, end) in [("<script", "</script>"), ("<!--", "-->"), ("<style", "</style>")] {
            if tag.get(..begin.len()).is_some_and(|it| it.eq_ignore_ascii_case(begin))
                && let Some(at) = find_ignoring_case(tag, end)
            {
                rest = &tag[at + end.len()..];
                continue 'text;
            }
        }
        match tag.find('>') {
            Some(close) => rest = &tag[close + 1..],
            None => {
                rest = tag;
                break;
            }
        }
    }
    out.push_str(rest);
    out
}

fn find_ignoring_case(text: &str, part: &str) -> Option<usize> {
    text.as_bytes().windows(part.len()).position(|window| window.eq_ignore_ascii_case(part.as_bytes()))
}
