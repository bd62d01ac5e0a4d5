//! What a policy changed, in words, for traces: the request's context before and after it ran.
//!
//! One idea: no policy has to tell what it did. What there was is kept before it runs, and held against
//! what there is then; only of requests that are traced.

use hanse_expression::run::{Value, type_name};
use http::HeaderMap;

use crate::context::{Body, CorsState, RequestContext, RequestMessage, ResponseMessage, Target};
use crate::trace::Trace;

/// Characters of a value that are shown.
const SHOWN_CHARS_MAX: usize = 200;

/// What there was before a policy ran.
pub(crate) struct Before {
    request: RequestMessage,
    response: Option<ResponseMessage>,
    target: Option<Target>,
    final_headers: usize,
    cors: std::mem::Discriminant<CorsState>,
    entries: usize,
}

/// What it did.
#[derive(Default)]
pub(crate) struct Changes {
    pub(crate) list: Vec<String>,
    /// It said something itself.
    pub(crate) has_spoken: bool,
}

impl Before {
    pub(crate) fn of(context: &RequestContext<'_>, trace: &Trace) -> Self {
        Self {
            request: context.request.clone(),
            response: context.response.clone(),
            target: context.target.clone(),
            final_headers: context.final_headers.len(),
            cors: std::mem::discriminant(&context.cors),
            entries: trace.entries.len() + trace.dropped,
        }
    }

    pub(crate) fn changes(self, context: &mut RequestContext<'_>) -> Changes {
        let Some(mut trace) = context.trace.take() else {
            return Changes::default();
        };
        let mut list = Vec::new();
        for name in std::mem::take(&mut trace.variables_set) {
            let value = context.variable(&name).map(text).unwrap_or_default();
            list.push(format!("variable {name} = {}", trace.shown(&name, &value)));
        }
        let (was, is) = (&self.request, &context.request);
        if was.method != is.method {
            list.push(format!("method {} → {}", was.method, is.method));
        }
        if was.path != is.path {
            list.push(format!("path {} → {}", was.path, is.path));
        }
        if was.query != is.query {
            let shown = |query: &Option<String>| {
                query.as_deref().map_or("none".to_owned(), |it| cut(&trace.shown_url(it)))
            };
            list.push(format!("query {} → {}", shown(&was.query), shown(&is.query)));
        }
        headers(&trace, &mut list, "request header", &was.headers, &is.headers);
        body(&mut list, "request body", &was.body, &is.body);
        if self.target != context.target
            && let Some(target) = &context.target
        {
            list.push(match target {
                Target::BaseUrl(url) => format!("backend is {url}"),
                Target::Backend { id, .. } => format!("backend is {id}"),
            });
        }
        match (&self.response, &context.response) {
            (None, Some(response)) => {
                list.push(format!("answer is {}", response.status.as_u16()));
                headers(&trace, &mut list, "response header", &HeaderMap::new(), &response.headers);
                body(&mut list, "response body", &Body::Empty, &response.body);
            }
            (Some(was), Some(is)) => {
                if was.status != is.status || was.reason != is.reason {
                    list.push(format!("status {} → {}", was.status.as_u16(), is.status.as_u16()));
                }
                headers(&trace, &mut list, "response header", &was.headers, &is.headers);
                body(&mut list, "response body", &was.body, &is.body);
            }
            (_, None) => {}
        }
        for (name, value) in context.final_headers.iter().skip(self.final_headers) {
            let value = String::from_utf8_lossy(value.as_bytes());
            list.push(format!("header of the answer {name}: {}", trace.shown(name.as_str(), &value)));
        }
        if std::mem::discriminant(&context.cors) != self.cors {
            list.push(match &context.cors {
                CorsState::Granted(_) => "the origin is allowed".to_owned(),
                CorsState::Refused => "the origin is not allowed".to_owned(),
                CorsState::Undecided => "nothing is said of the origin".to_owned(),
            });
        }
        let has_spoken = trace.entries.len() + trace.dropped > self.entries;
        context.trace = Some(trace);
        Changes { list, has_spoken }
    }
}

fn text(value: Value<'_>) -> String {
    match value {
        Value::Null => "null".to_owned(),
        Value::Bool(it) => it.to_string(),
        Value::Str(it) => format!("{:?}", cut(it)),
        Value::Double(it) => it.to_string(),
        Value::Single(it) => it.to_string(),
        Value::Decimal(it) => it.to_string(),
        other => match other.integer() {
            Some(number) => number.to_string(),
            None => type_name(other),
        },
    }
}

fn cut(text: &str) -> String {
    match text.char_indices().nth(SHOWN_CHARS_MAX) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

fn headers(trace: &Trace, list: &mut Vec<String>, what: &str, was: &HeaderMap, is: &HeaderMap) {
    let joined = |map: &HeaderMap, name: &http::HeaderName| {
        let values =
            map.get_all(name).iter().map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned());
        let text = cut(&values.collect::<Vec<_>>().join(", "));
        trace.shown(name.as_str(), &text).to_owned()
    };
    for name in is.keys() {
        if was.get_all(name).iter().eq(is.get_all(name).iter()) {
            continue;
        }
        list.push(match was.contains_key(name) {
            true => format!("{what} {name}: {} → {}", joined(was, name), joined(is, name)),
            false => format!("{what} {name}: {}", joined(is, name)),
        });
    }
    list.extend(was.keys().filter(|name| !is.contains_key(*name)).map(|name| format!("no {what} {name}")));
}

fn body(list: &mut Vec<String>, what: &str, was: &Body, is: &Body) {
    match is {
        _ if was == is => {}
        Body::Empty => list.push(format!("no {what}")),
        Body::Bytes(bytes) => list.push(format!("{what} of {} bytes", bytes.len())),
        Body::Taken => list.push(format!("{what} read and not kept")),
        Body::Stream => list.push(format!("{what} as it comes")),
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::Bench;
    use crate::trace::Trace;

    fn told(policies: &str) -> Vec<String> {
        let mut bench = Bench::inbound(policies);
        bench.context.trace = Some(Box::default());
        bench.run();
        let entries = bench.context.trace.expect("a trace").entries;
        let line = |entry: &crate::TraceEntry| {
            let path = entry.path.as_deref().unwrap_or_default();
            format!("{} {path}:{} {}", entry.section, entry.line.unwrap_or_default(), entry.message)
        };
        entries.iter().map(line).filter(|line| line.starts_with("inbound ")).collect()
    }

    #[test]
    fn each_step_tells_what_it_changed_and_where_it_stands() {
        assert_eq!(
            told(
                "<set-variable name=\"n\" value=\"@(1 + 1)\"/>\n<set-variable name=\"n\" value=\"x\"/>\n<choose>\n\
                 <when condition=\"@(false)\"/><otherwise>\n<set-header name=\"A\"><value>1</value></set-header>\
                 <set-header name=\"Authorization\"><value>me</value></set-header></otherwise></choose>\
                 <set-query-parameter name=\"code\"><value>1</value></set-query-parameter><set-method>PUT</set-method>\
                 <set-body>abc</set-body><set-backend-service base-url=\"http://h\"/>\
                 <return-response><set-status code=\"418\"/></return-response>"
            ),
            [
                "inbound set-variable[1]:1 variable n = 2",
                "inbound set-variable[2]:2 variable n = \"x\"",
                "inbound choose[1]:3 runs choose[1]/otherwise[1]",
                "inbound choose[1]/otherwise[1]/set-header[1]:5 request header a: 1",
                "inbound choose[1]/otherwise[1]/set-header[2]:5 request header authorization: (hidden)",
                "inbound set-query-parameter[1]:5 query none → code=(hidden)",
                "inbound set-method[1]:5 method GET → PUT",
                "inbound set-body[1]:5 request body of 3 bytes",
                "inbound set-backend-service[1]:5 backend is http://h",
                "inbound return-response[1]:5 answer is 418; ends the pipeline with this answer",
            ]
        );
    }

    #[test]
    fn what_waits_for_the_answer_is_told_at_once() {
        let mut bench =
            Bench::inbound("<rate-limit calls='2' renewal-period='60' remaining-calls-header-name='Left'/>");
        bench = bench.with_subscription("s");
        bench.context.trace = Some(Box::default());
        bench.run();
        let entries = bench.context.trace.expect("a trace").entries;
        assert_eq!(entries[0].message, "header of the answer left: 1");
    }

    #[test]
    fn credentials_are_shown_to_those_who_gave_them() {
        let mut bench = Bench::inbound("<set-header name='Authorization'><value>me</value></set-header>");
        bench.context.trace = Some(Box::new(Trace::onlooker()));
        bench.run();
        let entries = bench.context.trace.expect("a trace").entries;
        assert_eq!(entries[0].message, "request header authorization: me");
    }

    #[test]
    fn a_failure_knows_the_line_of_its_fragment() {
        use crate::section::ScopeKind;
        use crate::testing::Fragments;
        let mut bench = Bench::within(
            "<policies>\n<inbound>\n<include-fragment fragment-id=\"f\"/></inbound></policies>",
            ScopeKind::Api,
            &Fragments(&[(
                "f",
                "<fragment>\n\n\n<set-header name=\"A\"><value>@((string)null ?? throw new Exception())</value></set-header></fragment>",
            )]),
        );
        bench.run();
        let error = bench.context.last_error.expect("it fails");
        assert_eq!((error.line, error.fragment.as_deref()), (Some(4), Some("f")));
    }
}
