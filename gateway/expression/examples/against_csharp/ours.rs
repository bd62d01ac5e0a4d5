//! What a case comes to here.

use std::time::SystemTime;

use hanse_expression::arena::Arena;
use hanse_expression::clr::datetime::DateTime;
use hanse_expression::fixture::Fixture;
use hanse_expression::program::compile;
use hanse_expression::run::{Cx, Limits, Stop, to_text};

/// `refused …`, `throw Type message`, `value Type text` or `value null`.
pub fn run(source: &str) -> String {
    let checked = compile(&format!("@{source}"), None);
    let Some(program) = &checked.program else {
        let all: Vec<String> = checked.errors().map(|it| format!("{} {}", it.code, it.message)).collect();
        return format!("refused {}", all.join("; "));
    };
    let arena = Arena::new(1 << 26);
    // The same day: dates are completed by today's.
    let elapsed = SystemTime::UNIX_EPOCH.elapsed().map_or(0, |it| it.as_micros());
    let now = i64::try_from(elapsed * 10).unwrap_or_default() + DateTime::UNIX_EPOCH.ticks();
    let fixture = Fixture::new(&arena, serde_json::json!({ "now": now })).expect("a context");
    let mut cx = Cx::new(&arena, &fixture, Limits::default());
    let result = match program.run(&mut cx) {
        Ok(value) if value.is_null() => "value null".to_owned(),
        Ok(value) => match to_text(&mut cx, value) {
            Ok(text) => format!("value {} {text}", value.ty().full_name()),
            Err(_) => "no text".to_owned(),
        },
        Err(Stop::Throw(it)) => format!("throw {} {}", it.ty, it.message),
        Err(Stop::Limit(limit)) => format!("limit {limit}"),
        Err(Stop::Awaits(part)) => format!("awaits {part:?}"),
    };
    result.replace('\n', "\\n").replace('\r', "\\r").replace('\0', "\\0")
}
