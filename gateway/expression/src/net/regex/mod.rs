//! `System.Text.RegularExpressions`: what expressions call of `crate::regex`.
//!
//! Searches are paid for with the evaluation's own steps, so a timeout that is given means nothing.

mod found;

pub use self::found::{Capture, Captures};

use std::rc::Rc;

use crate::clr::timespan::TimeSpan;
use crate::json::{Failure, Outcome};
use crate::regex::{Budget, Options, Regex, RegexError, cached, escape, unescape};
use crate::run::{Args, Cx, Eval, Limit, Object, Value};
use crate::types::Known;
use crate::types::catalogue::{Builder, TypeBuilder};

const NAMESPACE: &str = "System.Text.RegularExpressions";

/// Steps of a search that cost one step of the evaluation.
const SEARCH_STEPS_PER_STEP: u64 = 8;

/// Steps of each search that a JSON path asks for.
const JSON_PATH_STEPS_MAX: u64 = 1_000_000;

/// Steps that compiling costs for each byte of a pattern.
const COMPILE_STEPS_PER_BYTE: usize = 100;

/// A text that is searched, from `start` on.
struct Searched<'a> {
    regex: &'a Regex,
    text: &'a str,
    /// UTF-16 units before the text, where only a part is searched.
    before: usize,
    start: usize,
}

/// Searches on the evaluation's budget.
fn search<'a, T>(cx: &mut Cx<'a, '_>, run: impl FnOnce(&mut Budget) -> Result<T, RegexError>) -> Eval<'a, T> {
    let allowed = (cx.limits().steps - cx.steps_used()).saturating_mul(SEARCH_STEPS_PER_STEP);
    let mut budget = Budget::new(allowed);
    let result = run(&mut budget);
    let result = checked(cx, result)?;
    cx.steps_of((allowed - budget.steps()).div_ceil(SEARCH_STEPS_PER_STEP))?;
    Ok(result)
}

fn checked<'a, T>(cx: &mut Cx<'a, '_>, result: Result<T, RegexError>) -> Eval<'a, T> {
    match result {
        Ok(value) => Ok(value),
        Err(error) if error.is_catchable() => cx.throw(error.exception(), &error.to_string()),
        Err(_) => Err(Limit::Regex.into()),
    }
}

fn compile<'a>(cx: &mut Cx<'a, '_>, pattern: &str, options: i32) -> Eval<'a, &'a Regex> {
    let options = checked(cx, Options::from_bits(options.cast_unsigned()))?;
    let (regex, is_new) = checked(cx, cached(pattern, options))?;
    if is_new {
        cx.steps_of((pattern.len() * COMPILE_STEPS_PER_BYTE) as u64)?;
    }
    cx.arena.charge(size_of::<Rc<Regex>>())?;
    Ok(cx.arena.keep::<Rc<Regex>>(regex))
}

/// The receiver, or what the pattern and options of a static call make.
fn regex<'a>(cx: &mut Cx<'a, '_>, a: Args<'_, 'a>, options: usize) -> Eval<'a, &'a Regex> {
    match a.object(0) {
        Some(Object::Regex(regex)) => Ok(regex),
        _ => {
            let pattern = a.str(cx, 1, "pattern")?;
            compile(cx, pattern, a.int(options))
        }
    }
}

/// What a static call searches: `(input, pattern, …)`.
fn of_static<'a>(cx: &mut Cx<'a, '_>, a: Args<'_, 'a>, options: usize) -> Eval<'a, Searched<'a>> {
    let regex = regex(cx, a, options)?;
    let text = a.str(cx, 0, "input")?;
    Ok(Searched { regex, text, before: 0, start: 0 })
}

/// What a call on an object searches: `(this, input, …)`, from the index at `start` on.
fn of_object<'a>(cx: &mut Cx<'a, '_>, a: Args<'_, 'a>, start: usize) -> Eval<'a, Searched<'a>> {
    let Some(Object::Regex(regex)) = a.object(0) else { return cx.null_reference() };
    let text = a.str(cx, 1, "input")?;
    let start = offset(cx, text, a.int(start))?;
    Ok(Searched { regex, text, before: 0, start })
}

/// The byte offset of an index; within a character, that of the next one.
fn offset<'a>(cx: &mut Cx<'a, '_>, text: &str, index: i32) -> Eval<'a, usize> {
    if index == 0 {
        return Ok(0);
    }
    cx.work(text.len())?;
    let mut units = 0;
    let boundary = |(at, char): (usize, char)| {
        let here = units;
        units += char.len_utf16();
        (here, at)
    };
    let mut boundaries = text.char_indices().map(boundary).collect::<Vec<_>>();
    boundaries.push((units, text.len()));
    let found = usize::try_from(index).ok().and_then(|index| boundaries.into_iter().find(|it| it.0 >= index));
    match found {
        Some((_, at)) => Ok(at),
        None => cx.out_of_range("startat", "Start index cannot be less than 0 or greater than input length."),
    }
}

fn is_match<'a>(cx: &mut Cx<'a, '_>, of: &Searched<'a>) -> Eval<'a> {
    search(cx, |budget| match of.start {
        0 => of.regex.is_match(of.text, budget),
        start => of.regex.match_at(of.text, start, budget).map(|found| found.is_some()),
    })
    .map(Value::Bool)
}

fn first<'a>(cx: &mut Cx<'a, '_>, of: &Searched<'a>) -> Eval<'a> {
    let found = search(cx, |budget| of.regex.match_at(of.text, of.start, budget))?;
    found::object(cx, of, found)
}

fn all<'a>(cx: &mut Cx<'a, '_>, of: &Searched<'a>) -> Eval<'a> {
    let mut items = Vec::new();
    let mut next = search(cx, |budget| of.regex.match_at(of.text, of.start, budget))?;
    while let Some(found) = next {
        next = search(cx, |budget| of.regex.match_behind(of.text, &found, budget))?;
        items.push(found::object(cx, of, Some(found))?);
    }
    found::collection(cx, Known::MatchCollection, &items, None)
}

/// `Replace`: by a pattern or by what a delegate says; at most `count` times, -1 is no limit.
fn replace<'a>(cx: &mut Cx<'a, '_>, of: &Searched<'a>, with: Value<'a>, count: i32) -> Eval<'a> {
    let Some(limit) = limit(count) else {
        return cx.out_of_range("count", "Count cannot be less than -1.");
    };
    let text = match with {
        Value::Null => return cx.argument_null("replacement"),
        Value::Str(pattern) => {
            let replacement = of.regex.replacement(pattern);
            search(cx, |budget| of.regex.replace(of.text, of.start, &replacement, limit, budget))?
        }
        evaluator => evaluated(cx, of, evaluator, limit)?,
    };
    if text == of.text { Ok(Value::Str(of.text)) } else { cx.str(&text) }
}

fn limit(count: i32) -> Option<Option<usize>> {
    match count {
        -1 => Some(None),
        count => usize::try_from(count).ok().map(Some),
    }
}

fn evaluated<'a>(
    cx: &mut Cx<'a, '_>,
    of: &Searched<'a>,
    evaluator: Value<'a>,
    limit: Option<usize>,
) -> Eval<'a, String> {
    let mut out = String::new();
    let (mut behind, mut left) = (0, limit.unwrap_or(usize::MAX));
    let mut next = match left {
        0 => None,
        _ => search(cx, |budget| of.regex.match_at(of.text, of.start, budget))?,
    };
    while let Some(found) = next {
        let span = found.span();
        out.push_str(&of.text[behind..span.start]);
        behind = span.end;
        left -= 1;
        let as_object = found::object(cx, of, Some(found.clone()))?;
        let text = cx.invoke(evaluator, &[as_object])?;
        let text = super::text::display(cx, text)?;
        cx.arena.charge(text.len())?;
        out.push_str(text);
        next = match left {
            0 => None,
            _ => search(cx, |budget| of.regex.match_behind(of.text, &found, budget))?,
        };
    }
    out.push_str(&of.text[behind..]);
    Ok(out)
}

fn split<'a>(cx: &mut Cx<'a, '_>, of: &Searched<'a>, count: i32) -> Eval<'a> {
    let Ok(count) = usize::try_from(count) else {
        return cx.out_of_range("count", "Count cannot be less than -1.");
    };
    let pieces = search(cx, |budget| of.regex.split(of.text, of.start, count, budget))?;
    cx.strings(pieces.iter().map(String::as_str))
}

/// `=~` of a JSON path: whether a pattern is in a text, on a budget of its own.
pub(crate) fn json_path_matches(pattern: &str, options: &str, text: &str) -> Outcome<bool> {
    let with = |all: Options, letter| match letter {
        'i' => all.with(Options::IGNORE_CASE),
        'm' => all.with(Options::MULTILINE),
        's' => all.with(Options::SINGLELINE),
        'x' => all.with(Options::EXPLICIT_CAPTURE),
        _ => all,
    };
    let regex = cached(pattern, options.chars().fold(Options::NONE, with));
    let result = regex.and_then(|it| it.0.is_match(text, &mut Budget::new(JSON_PATH_STEPS_MAX)));
    result.map_err(|error| match error.is_catchable() {
        true => Failure::Throw { ty: error.exception(), message: error.to_string() },
        false => Failure::Visits(JSON_PATH_STEPS_MAX as usize),
    })
}

pub(crate) fn define(c: &mut Builder) {
    c.flags(
        NAMESPACE,
        "RegexOptions",
        &[
            ("None", 0),
            ("IgnoreCase", 1),
            ("Multiline", 2),
            ("ExplicitCapture", 4),
            ("Compiled", 8),
            ("Singleline", 16),
            ("IgnorePatternWhitespace", 32),
            ("RightToLeft", 64),
            ("ECMAScript", 256),
            ("CultureInvariant", 512),
        ],
    );
    c.define(NAMESPACE, "delegate string MatchEvaluator(Match match)", |_| {});
    found::define(c);
    c.define(NAMESPACE, "class Regex", |t| {
        making(t);
        searching(t);
        replacing(t);
        asking(t);
    });
}

fn new<'a>(cx: &mut Cx<'a, '_>, a: Args<'_, 'a>) -> Eval<'a> {
    let pattern = a.str(cx, 0, "pattern")?;
    let regex = compile(cx, pattern, a.int(1))?;
    cx.new_object(Object::Regex(regex))
}

fn making(t: &mut TypeBuilder<'_>) {
    t.add("new(string pattern)", new)
        .add("new(string pattern, RegexOptions options)", new)
        .add("new(string pattern, RegexOptions options, TimeSpan matchTimeout)", new)
        .add("static TimeSpan InfiniteMatchTimeout { get; }", infinite)
        .add("static string Escape(string str)", |cx, a| {
            let text = a.str(cx, 0, "str")?;
            cx.str(&escape(text))
        })
        .add("static string Unescape(string str)", |cx, a| {
            let text = a.str(cx, 0, "str")?;
            let result = unescape(text);
            let text = checked(cx, result)?;
            cx.str(&text)
        });
}

/// -1 ms.
fn infinite<'a>(_: &mut Cx<'a, '_>, _: Args<'_, 'a>) -> Eval<'a> {
    Ok(Value::TimeSpan(TimeSpan::from_ticks(-10_000)))
}

fn static_is_match<'a>(cx: &mut Cx<'a, '_>, a: Args<'_, 'a>) -> Eval<'a> {
    let of = of_static(cx, a, 2)?;
    is_match(cx, &of)
}

fn static_match<'a>(cx: &mut Cx<'a, '_>, a: Args<'_, 'a>) -> Eval<'a> {
    let of = of_static(cx, a, 2)?;
    first(cx, &of)
}

fn static_matches<'a>(cx: &mut Cx<'a, '_>, a: Args<'_, 'a>) -> Eval<'a> {
    let of = of_static(cx, a, 2)?;
    all(cx, &of)
}

fn static_split<'a>(cx: &mut Cx<'a, '_>, a: Args<'_, 'a>) -> Eval<'a> {
    let of = of_static(cx, a, 2)?;
    split(cx, &of, 0)
}

fn searching(t: &mut TypeBuilder<'_>) {
    t.add("static bool IsMatch(string input, string pattern)", static_is_match)
        .add("static bool IsMatch(string input, string pattern, RegexOptions options)", static_is_match)
        .add(
            "static bool IsMatch(string input, string pattern, RegexOptions options, TimeSpan matchTimeout)",
            static_is_match,
        )
        .add("bool IsMatch(string input, int startat = 0)", |cx, a| {
            let of = of_object(cx, a, 2)?;
            is_match(cx, &of)
        })
        .add("static Match Match(string input, string pattern)", static_match)
        .add("static Match Match(string input, string pattern, RegexOptions options)", static_match)
        .add(
            "static Match Match(string input, string pattern, RegexOptions options, TimeSpan matchTimeout)",
            static_match,
        )
        .add("Match Match(string input, int startat = 0)", |cx, a| {
            let of = of_object(cx, a, 2)?;
            first(cx, &of)
        })
        .add("Match Match(string input, int beginning, int length)", |cx, a| {
            let of = of_object(cx, a, usize::MAX)?;
            let (from, count) = (a.int(2), a.int(3));
            let start = offset(cx, of.text, from)?;
            let behind = &of.text[start..];
            let Ok(part) = crate::clr::text::substring_range(behind, 0, count) else {
                return cx.out_of_range("length", "Length cannot be less than 0 or exceed input length.");
            };
            let text = cx.arena.text(&part)?;
            let before = usize::try_from(from).unwrap_or_default();
            first(cx, &Searched { regex: of.regex, text, before, start: 0 })
        })
        .add("static MatchCollection Matches(string input, string pattern)", static_matches)
        .add("static MatchCollection Matches(string input, string pattern, RegexOptions options)", static_matches)
        .add(
            "static MatchCollection Matches(string input, string pattern, RegexOptions options, TimeSpan matchTimeout)",
            static_matches,
        )
        .add("MatchCollection Matches(string input, int startat = 0)", |cx, a| {
            let of = of_object(cx, a, 2)?;
            all(cx, &of)
        });
}

fn static_replace<'a>(cx: &mut Cx<'a, '_>, a: Args<'_, 'a>) -> Eval<'a> {
    let of = of_static(cx, a, 3)?;
    replace(cx, &of, a.value(2), -1)
}

fn object_replace<'a>(cx: &mut Cx<'a, '_>, a: Args<'_, 'a>) -> Eval<'a> {
    let of = of_object(cx, a, 4)?;
    replace(cx, &of, a.value(2), a.int(3))
}

fn replacing(t: &mut TypeBuilder<'_>) {
    t.add("static string Replace(string input, string pattern, string replacement)", static_replace)
        .add("static string Replace(string input, string pattern, MatchEvaluator evaluator)", static_replace)
        .add("static string Replace(string input, string pattern, string replacement, RegexOptions options)", static_replace)
        .add("static string Replace(string input, string pattern, MatchEvaluator evaluator, RegexOptions options)", static_replace)
        .add("static string Replace(string input, string pattern, string replacement, RegexOptions options, TimeSpan matchTimeout)", static_replace)
        .add("static string Replace(string input, string pattern, MatchEvaluator evaluator, RegexOptions options, TimeSpan matchTimeout)", static_replace)
        .add("string Replace(string input, string replacement, int count = -1, int startat = 0)", object_replace)
        .add("string Replace(string input, MatchEvaluator evaluator, int count = -1, int startat = 0)", object_replace)
        .add("static string[] Split(string input, string pattern)", static_split)
        .add("static string[] Split(string input, string pattern, RegexOptions options)", static_split)
        .add("static string[] Split(string input, string pattern, RegexOptions options, TimeSpan matchTimeout)", static_split)
        .add("string[] Split(string input, int count = 0, int startat = 0)", |cx, a| {
            let of = of_object(cx, a, 3)?;
            split(cx, &of, a.int(2))
        });
}

fn this<'a>(cx: &mut Cx<'a, '_>, a: Args<'_, 'a>) -> Eval<'a, &'a Regex> {
    match a.object(0) {
        Some(Object::Regex(regex)) => Ok(regex),
        _ => cx.null_reference(),
    }
}

fn asking(t: &mut TypeBuilder<'_>) {
    t.add("string ToString()", |cx, a| Ok(Value::Str(this(cx, a)?.pattern())))
        .add("RegexOptions Options { get; }", |cx, a| {
            let options = this(cx, a)?.options().bits().cast_signed();
            let ty = crate::types::catalogue().find("RegexOptions", 0);
            Ok(ty.map_or(Value::Null, |id| Value::Enum(id, options)))
        })
        .add("bool RightToLeft { get; }", |_, _| Ok(Value::Bool(false)))
        .add("TimeSpan MatchTimeout { get; }", infinite)
        .add("string[] GetGroupNames()", |cx, a| {
            let regex = this(cx, a)?;
            cx.strings(regex.groups().iter().map(|group| group.name.as_str()))
        })
        .add("int[] GetGroupNumbers()", |cx, a| {
            let groups = this(cx, a)?.groups();
            let numbers: Vec<Value<'_>> = groups.iter().map(|group| number(group.number)).collect();
            let ty = cx.keep_ty(crate::types::Ty::known(Known::Int32));
            cx.array(ty, &numbers)
        })
        .add("string GroupNameFromNumber(int i)", |cx, a| {
            let regex = this(cx, a)?;
            let slot = u32::try_from(a.int(1)).ok().and_then(|number| regex.slot_of_number(number));
            Ok(Value::Str(slot.map_or("", |slot| &regex.groups()[slot].name)))
        })
        .add("int GroupNumberFromName(string name)", |cx, a| {
            let name = a.str(cx, 1, "name")?;
            let regex = this(cx, a)?;
            let slot = regex.slot_of_name(name);
            Ok(slot.map_or(Value::Int(-1), |slot| number(regex.groups()[slot].number)))
        });
}

fn number<'a>(of: u32) -> Value<'a> {
    Value::Int(i32::try_from(of).unwrap_or(i32::MAX))
}
