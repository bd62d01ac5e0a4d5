//! Runs a file of expression cases: `cargo run -p hanse-expression --example cases -- FILE`.

use hanse_expression::{
    arena::Arena,
    fixture::Fixture,
    program::compile,
    run::{Cx, Limits, Stop},
};

fn main() {
    let path = std::env::args().nth(1).expect("a file");
    let only = std::env::args().nth(2);
    let json: serde_json::Value =
        serde_json::from_str(&std::fs::read_to_string(path).expect("readable")).expect("JSON");
    let cases = json.as_array().or_else(|| json["cases"].as_array()).expect("cases");
    let (mut passed, mut failed) = (0, 0);
    for case in cases {
        let id = case["id"].as_str().unwrap_or_default();
        if only.as_deref().is_some_and(|only| only != id) {
            continue;
        }
        let source = case["expression"].as_str().expect("an expression");
        let checked = compile(source, None);
        let arena = Arena::new(1 << 26);
        let got = match &checked.program {
            None => format!(
                "REFUSED {:?}",
                checked
                    .errors()
                    .map(|it| format!("{} {} {}", it.code, it.message, it.hint))
                    .collect::<Vec<_>>()
            ),
            Some(program) => match Fixture::new(&arena, case["context"].clone()) {
                Err(error) => format!("FIXTURE {error}"),
                Ok(fixture) => {
                    let mut cx = Cx::new(&arena, &fixture, Limits::default());
                    match program.run(&mut cx) {
                        Ok(value) => {
                            let text = hanse_expression::run::to_text(&mut cx, value)
                                .map(str::to_owned)
                                .unwrap_or_else(|_| "?".into());
                            let ty = if value.is_null() { "null".to_owned() } else { value.ty().full_name() };
                            format!("{} {}", ty.rsplit('.').next().unwrap_or_default(), text)
                        }
                        Err(Stop::Throw(it)) => format!("THROW {}", it.ty),
                        Err(Stop::Limit(limit)) => format!("LIMIT {limit}"),
                    }
                }
            },
        };
        let expect = &case["expect"];
        let wanted = match expect["exception"].as_str() {
            Some(exception) => format!("THROW {exception}"),
            None => format!(
                "{} {}",
                expect["type"].as_str().unwrap_or_default(),
                expect["value"].as_str().unwrap_or_default()
            ),
        };
        let same = |a: &str, b: &str| a.trim() == b.trim();
        if same(&got, &wanted) {
            passed += 1;
        } else {
            failed += 1;
            println!(
                "{id}: {}\n   want {wanted:?}\n   got  {got:?}",
                &source.chars().take(300).collect::<String>()
            );
        }
    }
    println!("{passed} passed, {failed} failed");
}
