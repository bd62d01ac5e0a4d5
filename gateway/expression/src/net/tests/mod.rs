//! What expressions get from the library, by expressions.

mod regex;

use serde_json::Value as Json;

use crate::arena::Arena;
use crate::fixture::Fixture;
use crate::program::compile;
use crate::run::cx::MEMORY_BYTES_MAX;
use crate::run::{Cx, Limits, Stop, to_text};

/// `Type value`, `throw Type: message`, `limit …` or what is wrong with it.
fn eval(source: &str) -> String {
    eval_in(source, "{}")
}

/// The same with a request that is described.
fn eval_in(source: &str, request: &str) -> String {
    let whole = match source.trim_start().starts_with('{') {
        true => format!("@{source}"),
        false => format!("@({source})"),
    };
    let checked = compile(&whole, None);
    let Some(program) = &checked.program else {
        let errors: Vec<String> = checked.errors().map(|it| it.message.clone()).collect();
        return format!("refused {}", errors.join("; "));
    };
    let arena = Arena::new(MEMORY_BYTES_MAX);
    let json: Json = serde_json::from_str(request).expect("the request is JSON");
    let fixture = Fixture::new(&arena, json).expect("the request is described well");
    let mut cx = Cx::new(&arena, &fixture, Limits::default());
    match program.run(&mut cx) {
        Ok(value) if value.is_null() => "null".to_owned(),
        Ok(value) => {
            let name = value.ty().full_name();
            let text = to_text(&mut cx, value).unwrap_or("?");
            format!("{} {text}", name.rsplit('.').next().unwrap_or_default())
        }
        Err(Stop::Throw(thrown)) => format!("throw {}: {}", thrown.ty, thrown.message),
        Err(Stop::Limit(limit)) => format!("limit {limit}"),
    }
}

/// Checks expressions against what they give; all that differ are told at once.
fn check(cases: &[(&str, &str)]) {
    let wrong: Vec<String> = cases
        .iter()
        .map(|(source, wanted)| (source, wanted, eval(source)))
        .filter(|(_, wanted, got)| *wanted != got)
        .map(|(source, wanted, got)| format!("{source}\n  want {wanted}\n  got  {got}"))
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
