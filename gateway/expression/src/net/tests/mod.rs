//! The library by expressions: what each is in a described request.

mod dates;
mod language;

use serde_json::json;

use crate::arena::Arena;
use crate::fixture::Fixture;
use crate::program::compile;
use crate::run::{Cx, Limits, Stop};

/// `Type value`, `throw Type: message`, or what the compiler says.
pub(crate) fn eval(source: &str) -> String {
    let source = match source.starts_with('{') {
        true => format!("@{source}"),
        false => format!("@({source})"),
    };
    let checked = compile(&source, None);
    let Some(program) = &checked.program else {
        let all: Vec<String> = checked.errors().map(|it| format!("{} {}", it.code, it.message)).collect();
        return all.join("; ");
    };
    let arena = Arena::new(1 << 26);
    // 2024-05-06 07:08:09 UTC
    let context = json!({ "now": 638_505_760_890_000_000_i64 });
    let fixture = Fixture::new(&arena, context).expect("a context");
    let mut cx = Cx::new(&arena, &fixture, Limits::default());
    match program.run(&mut cx) {
        Ok(value) if value.is_null() => "null".to_owned(),
        Ok(value) => {
            let text = crate::run::to_text(&mut cx, value).expect("a text");
            let ty = value.ty().full_name();
            format!("{} {text}", ty.rsplit('.').next().unwrap_or_default())
        }
        Err(Stop::Throw(it)) => format!("throw {}: {}", it.ty, it.message),
        Err(Stop::Limit(limit)) => format!("limit: {limit}"),
    }
}

/// Expression and result, a pair a line.
pub(crate) fn table(cases: &[(&str, &str)]) {
    let wrong: Vec<String> = cases
        .iter()
        .map(|(source, wanted)| (source, wanted, eval(source)))
        .filter(|(_, wanted, got)| *wanted != got)
        .map(|(source, wanted, got)| format!("{source}\n  wanted {wanted}\n  got    {got}"))
        .collect();
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}
