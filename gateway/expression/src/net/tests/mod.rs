//! The library by expressions: one table for each family, in a described request.

mod crypto;
mod dates;
mod encoding;
mod language;
mod regex;
mod token;
mod uri;
mod web;
mod xml;
mod xml_bounds;
mod xml_tree;

use serde_json::json;

use crate::arena::Arena;
use crate::fixture::Fixture;
use crate::program::compile;
use crate::run::{Cx, Limits, Stop};

/// `Type value`, `throw Type: message`, `limit …`, or what is wrong with the expression. What is no `@(…)` or
/// `@{…}` becomes one.
pub(crate) fn eval(source: &str) -> String {
    // 2024-05-06 07:08:09 UTC
    eval_in(source, json!({ "now": 638_505_760_890_000_000_i64 }))
}

/// As [`eval`], in a request that is described as fixtures are.
pub(crate) fn eval_in(source: &str, context: serde_json::Value) -> String {
    eval_within(source, context, Limits::default())
}

/// As [`eval_in`], with budgets.
pub(crate) fn eval_within(source: &str, context: serde_json::Value, limits: Limits) -> String {
    let source = match source.as_bytes() {
        [b'@', b'(' | b'{', ..] => source.to_owned(),
        [b'{', ..] => format!("@{source}"),
        _ => format!("@({source})"),
    };
    let checked = compile(&source, None);
    let Some(program) = &checked.program else {
        let all: Vec<String> = checked.errors().map(|it| format!("{} {}", it.code, it.message)).collect();
        return all.join("; ");
    };
    let arena = Arena::new(1 << 26);
    let fixture = Fixture::new(&arena, context).expect("a description");
    let mut cx = Cx::new(&arena, &fixture, limits);
    let shown = program.run(&mut cx).and_then(|value| {
        if value.is_null() {
            return Ok("null".to_owned());
        }
        let text = crate::run::to_text(&mut cx, value)?;
        Ok(format!("{} {text}", value.ty().full_name().rsplit('.').next().unwrap_or_default()))
    });
    match shown {
        Ok(shown) => shown,
        Err(Stop::Throw(it)) => format!("throw {}: {}", it.ty, it.message),
        Err(Stop::Limit(limit)) => format!("limit {limit}"),
        Err(Stop::Awaits(part)) => format!("awaits {part:?}"),
    }
}

/// Each expression gives what stands beside it.
pub(crate) fn table(cases: &[(&str, &str)]) {
    let wrong: Vec<String> = cases
        .iter()
        .map(|(source, wanted)| (source, wanted, eval(source)))
        .filter(|(_, wanted, got)| *wanted != got)
        .map(|(source, wanted, got)| format!("{source}\n  wanted {wanted}\n  got    {got}"))
        .collect();
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}
