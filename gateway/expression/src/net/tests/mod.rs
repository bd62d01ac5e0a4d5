//! What the library gives, by expression: one table for each family.

mod xml;
mod xml_bounds;
mod xml_tree;

use serde_json::json;

use crate::arena::Arena;
use crate::fixture::Fixture;
use crate::program::compile;
use crate::run::{Cx, Limits, Stop};

/// `Type value`, `throw Type: message`, `limit …`, or what is wrong with the expression.
fn eval(source: &str) -> String {
    eval_in(source, json!({}))
}

/// As [`eval`], in a request that is described as fixtures are.
fn eval_in(source: &str, context: serde_json::Value) -> String {
    eval_within(source, context, Limits::default())
}

/// As [`eval_in`], with budgets.
fn eval_within(source: &str, context: serde_json::Value, limits: Limits) -> String {
    let checked = compile(source, None);
    let Some(program) = &checked.program else {
        return checked
            .errors()
            .map(|it| format!("{} {}", it.code, it.message))
            .collect::<Vec<_>>()
            .join("; ");
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
    }
}

/// Each expression gives what stands beside it.
fn check(cases: &[(&str, &str)]) {
    let wrong: Vec<String> = cases
        .iter()
        .map(|(source, expected)| (source, expected, eval(source)))
        .filter(|(_, expected, got)| *expected != got)
        .map(|(source, expected, got)| format!("{source}\n  expected {expected}\n  got      {got}"))
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
