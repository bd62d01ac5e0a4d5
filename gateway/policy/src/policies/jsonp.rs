//! `jsonp`: wraps a JSON response into a call of the page's function.

use http::{HeaderValue, StatusCode, header};

use crate::charset;
use crate::env::{Env, Ran};
use crate::fault::Fault;
use crate::kind::Kind;
use crate::media;
use crate::policies::Policy;
use crate::policies::json_to_xml::media_type;
use crate::query;
use crate::run::Flow;
use crate::schema::{ElementSpec, OUTBOUND, Once, PolicySpec, Release, attribute, shown};
use crate::setting::Text;
use crate::tree::Element;

/// Longest name of a function, in bytes; the request is refused beyond.
const CALLBACK_BYTES_MAX: usize = 256;

pub(crate) static SPEC: PolicySpec = PolicySpec {
    sections: OUTBOUND,
    once: Once::PerSection,
    release: Release::Runs(|element, _| compile(element).map(Policy::Jsonp)),
    ..PolicySpec::of(
        ElementSpec {
            attributes: &[attribute("callback-parameter-name", Kind::Filled).required().expression()],
            ..ElementSpec::named("jsonp")
        },
        "Wraps a JSON response into a call of the page's function.",
    )
};

fn compile(element: &Element) -> Option<Jsonp> {
    Some(Jsonp { parameter: element.required_text("callback-parameter-name")? })
}

#[derive(Debug)]
pub(crate) struct Jsonp {
    parameter: Text,
}

impl Jsonp {
    pub(crate) fn run<'a>(&'a self, env: &mut Env<'a, '_>) -> Ran<'a> {
        let parameter = env.text_or_empty(&self.parameter)?;
        let context = &*env.context;
        // What the page asked for, whatever the request became on its way.
        let queries = [context.original_uri.query(), context.request.query.as_deref()];
        let callback = queries.into_iter().flatten().find_map(|query| query::value(query, parameter));
        let Some(callback) = callback.map(|it| query::decode(it).into_owned()) else {
            return Ok(Flow::Continue);
        };
        if !media::is_json(media_type(env)) {
            return Ok(Flow::Continue);
        }
        if !is_function(&callback) {
            let message = format!(
                "Value of callback parameter {} is not a valid JavaScript identifier.",
                shown(parameter)
            );
            return Err(Fault::new(
                StatusCode::BAD_REQUEST,
                env.source(),
                "CallbackParameterInvalid",
                message,
            )
            .into());
        }
        let Some(body) = env.read_body()? else { return Ok(Flow::Continue) };
        let (headers, _) = env.message();
        let json = charset::of(headers).decode(&body);
        // Both end lines in older JavaScript, and not in JSON.
        let json = json.replace('\u{2028}', "\\u2028").replace('\u{2029}', "\\u2029");
        env.replace_body(format!("{callback}({json})").into());
        env.message().0.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/javascript"));
        Ok(Flow::Continue)
    }
}

/// Identifiers of JavaScript with points between them.
fn is_function(text: &str) -> bool {
    let is_start = |char: char| char.is_alphabetic() || matches!(char, '_' | '$');
    let is_identifier = |name: &str| {
        name.starts_with(is_start) && name.chars().all(|char| is_start(char) || char.is_numeric())
    };
    text.len() <= CALLBACK_BYTES_MAX && text.split('.').all(is_identifier)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::section::Section;
    use crate::testing::{Bench, read_in};

    fn answered(query: &str, content_type: &str) -> Bench {
        let mut bench = Bench::outbound(&format!(
            "<set-header name='Content-Type'><value>{content_type}</value></set-header><jsonp callback-parameter-name='cb'/>"
        ));
        bench.backend_body = Some("{\"a\":\"\u{2028}\"}");
        bench.context.original_uri = format!("/api/x?{query}").parse().unwrap();
        bench.run();
        bench
    }

    #[test]
    fn response_becomes_a_call_of_the_page() {
        let bench = answered("cb=my.fn_%241", "application/json");
        assert_eq!(bench.body(), "my.fn_$1({\"a\":\"\\u2028\"})");
        assert_eq!(bench.context.response.unwrap().headers["content-type"], "application/javascript");
    }

    #[test]
    fn nothing_happens_where_nobody_asks_or_nothing_is_json() {
        use crate::context::Body;
        for (query, content_type) in [("x=1", "application/json"), ("cb=f", "text/html")] {
            assert_eq!(answered(query, content_type).context.response.unwrap().body, Body::Stream);
        }
    }

    #[test]
    fn what_is_no_function_is_refused() {
        for name in ["", "a-b", "1a", "a..b", "a(1)", "alert(1)//", "%3Cscript%3E"] {
            let bench = answered(&format!("cb={name}"), "application/json");
            assert_eq!(bench.context.response.as_ref().unwrap().status, 400, "{name}");
            let error = bench.context.last_error.unwrap();
            assert_eq!(error.reason.as_deref(), Some("CallbackParameterInvalid"));
            assert_eq!(error.message, "Value of callback parameter cb is not a valid JavaScript identifier.");
        }
        assert!(is_function(&"a".repeat(CALLBACK_BYTES_MAX)));
        assert!(!is_function(&"a".repeat(CALLBACK_BYTES_MAX + 1)));
    }

    #[test]
    fn documents_are_checked() {
        assert_eq!(read_in(Section::Outbound, "<jsonp callback-parameter-name='cb'/>"), [""; 0]);
        assert_eq!(read_in(Section::Inbound, "<jsonp callback-parameter-name='cb'/>"), ["misplaced-policy"]);
        assert_eq!(read_in(Section::Outbound, "<jsonp/>"), ["missing-attribute"]);
    }
}
