//! `validate-odata-request`: holds a request against what OData says of versions and query options. The API's
//! metadata is not looked at; a warning says so when a document is applied.

use http::header;

use crate::check::Checker;
use crate::env::{Env, Halt, Ran};
use crate::kind::Kind;
use crate::policies::{Policy, validate_content};
use crate::query;
use crate::schema::{ElementSpec, INBOUND, NOT_OPERATION, Once, PolicySpec, Release, attribute, shown};
use crate::setting::{Number, Text};
use crate::tree::Element;
use crate::validation::{Action, Violations};

pub(crate) static SPEC: PolicySpec = PolicySpec {
    sections: INBOUND,
    scopes: NOT_OPERATION,
    once: Once::PerSection,
    check,
    release: Release::Runs(|element, _| compile(element).map(Policy::ValidateOdataRequest)),
    ..PolicySpec::of(
        ElementSpec {
            attributes: &[
                validate_content::ERROR_VARIABLE.expression(),
                attribute("default-odata-version", Kind::Any).or("4.0").expression(),
                attribute("min-odata-version", Kind::Any).expression(),
                attribute("max-odata-version", Kind::Any).expression(),
                attribute("max-size", Kind::COUNT).expression(),
            ],
            ..ElementSpec::named("validate-odata-request")
        },
        "Holds versions, size and query options of a request to an OData API against what is allowed.",
    )
};

const VERSION_DEFAULT: &str = "4.0";

/// System query options of OData 2 to 4.01.
const OPTIONS: [&str; 19] = [
    "apply",
    "batch",
    "callback",
    "compute",
    "count",
    "deltatoken",
    "expand",
    "filter",
    "format",
    "id",
    "index",
    "inlinecount",
    "levels",
    "orderby",
    "schemaversion",
    "search",
    "select",
    "skip",
    "skiptoken",
];

fn check(element: &Element, checker: &mut Checker<'_>) {
    let message = "validate-odata-request does not look at the API's metadata in this release: paths, and what query \
        options name, are not checked";
    checker.warning(element.span, "partly-run", message);
    for attribute in ["default-odata-version", "min-odata-version", "max-odata-version"] {
        if let Some(attribute) = element.attribute(attribute)
            && attribute.value.literal().is_some_and(|text| version(text).is_none())
        {
            let message = format!(
                "{}: `{}` is not a version such as `4.0`",
                attribute.name,
                shown(&attribute.value.text)
            );
            checker.error(attribute.value.span, "attribute-value", message);
        }
    }
}

fn compile(element: &Element) -> Option<ValidateOdataRequest> {
    Some(ValidateOdataRequest {
        variable: element.text_setting("error-variable-name")?,
        default: element.text_setting("default-odata-version")?,
        min: element.text_setting("min-odata-version")?,
        max: element.text_setting("max-odata-version")?,
        size_max: element.number_setting("max-size")?,
    })
}

#[derive(Debug)]
pub(crate) struct ValidateOdataRequest {
    variable: Option<Text>,
    default: Option<Text>,
    min: Option<Text>,
    max: Option<Text>,
    size_max: Option<Number>,
}

/// Major and minor.
type Version = (u32, u32);

/// `4.0`, `4` or, as versions 2 and 3 write it, `3.0;NetFx`.
fn version(text: &str) -> Option<Version> {
    let text = text.split(';').next()?.trim();
    let (major, minor) = text.split_once('.').unwrap_or((text, "0"));
    Some((major.parse().ok()?, minor.parse().ok()?))
}

impl ValidateOdataRequest {
    pub(crate) fn run<'a>(&'a self, env: &mut Env<'a, '_>) -> Ran<'a> {
        let variable = match &self.variable {
            Some(name) => Some(env.text_or_empty(name)?).filter(|name| !name.is_empty()),
            None => None,
        };
        let default = configured(env, self.default.as_ref(), "default-odata-version")?;
        let min = configured(env, self.min.as_ref(), "min-odata-version")?;
        let max = configured(env, self.max.as_ref(), "max-odata-version")?;
        let default = default.or_else(|| version(VERSION_DEFAULT));
        let mut found = Violations::default();
        check_versions(env, default, min, max, &mut found);
        check_options(env, &mut found);
        if let Some(size_max) = &self.size_max {
            let size_max = env.number_within(size_max, "max-size", 0, i32::MAX.into())?.unsigned_abs();
            let length = env.context.request.headers.get(header::CONTENT_LENGTH);
            let length =
                length.and_then(|it| it.to_str().ok()?.parse::<u64>().ok()).filter(|bytes| *bytes > size_max);
            let bytes = match length {
                Some(bytes) => bytes,
                None => env.read_body()?.map_or(0, |body| body.len() as u64),
            };
            if bytes > size_max {
                let details = format!(
                    "Request's body is {bytes} bytes long and it exceeds the limit of {size_max} bytes."
                );
                found.add(Action::Prevent, "", "RequestBody", "SizeLimit", details);
            }
        }
        found.conclude(env, variable)
    }
}

fn configured<'a>(
    env: &mut Env<'a, '_>,
    text: Option<&'a Text>,
    name: &str,
) -> Result<Option<Version>, Halt> {
    let Some(text) = text else { return Ok(None) };
    let text = env.text_or_empty(text)?;
    match version(text) {
        Some(version) => Ok(Some(version)),
        None => Err(env.internal(format!("{name}: `{}` is not a version such as `4.0`.", shown(text)))),
    }
}

/// The version that the request is written in, and the highest that it takes (OData 4, 8.2.6 and 8.2.7).
fn check_versions(
    env: &Env<'_, '_>,
    default: Option<Version>,
    min: Option<Version>,
    max: Option<Version>,
    found: &mut Violations,
) {
    let mut refuse = |name: &str, rule: &'static str, details: String| {
        found.add(Action::Prevent, name, "RequestHeader", rule, details);
    };
    let mut read = |names: [&'static str; 2]| -> Option<(&'static str, Version)> {
        for name in names {
            let Some(value) = env.context.request.headers.get(name) else { continue };
            let text = value.to_str().unwrap_or_default();
            match version(text) {
                Some(version) => return Some((name, version)),
                None => {
                    let details =
                        format!("The value of the header {name} is not an OData version: {}.", shown(text));
                    refuse(name, "IncorrectMessage", details);
                }
            }
        }
        None
    };
    let written = read(["odata-version", "dataserviceversion"]);
    let taken = read(["odata-maxversion", "maxdataserviceversion"]);
    let shown = |(major, minor): Version| format!("{major}.{minor}");
    let sent = written.or_else(|| default.map(|version| ("odata-version", version)));
    if let (Some((name, version)), Some(max)) = (sent, max)
        && version > max
    {
        let details =
            format!("OData version {} is not allowed; the highest is {}.", shown(version), shown(max));
        refuse(name, "IncorrectMessage", details);
    }
    if let (Some((name, version)), Some(min)) = (sent, min)
        && version < min
    {
        let details =
            format!("OData version {} is not allowed; the lowest is {}.", shown(version), shown(min));
        refuse(name, "IncorrectMessage", details);
    }
    if let (Some((name, version)), Some(min)) = (taken, min)
        && version < min
    {
        let details = format!(
            "The highest OData version taken is {}; the lowest allowed is {}.",
            shown(version),
            shown(min)
        );
        refuse(name, "IncorrectMessage", details);
    }
}

/// Options that begin with `$` are OData's own: known ones, once each, with values of their kind.
fn check_options(env: &Env<'_, '_>, found: &mut Violations) {
    let mut seen: Vec<String> = Vec::new();
    for (name, value) in
        query::pairs(env.context.request.query.as_deref().unwrap_or_default()).map(query::split)
    {
        let (name, value) = (query::decode(name), query::decode(value));
        let Some(option) = name.strip_prefix('$').map(str::to_ascii_lowercase) else { continue };
        let mut refuse = |rule, details: String| {
            found.add(Action::Prevent, &name, "QueryParameter", rule, details);
        };
        if option != "top" && !OPTIONS.contains(&option.as_str()) {
            refuse("Unspecified", format!("Unspecified query parameter {} is not allowed.", shown(&name)));
            continue;
        }
        if seen.contains(&option) {
            refuse(
                "IncorrectMessage",
                format!("Request cannot contain multiple values for the query parameter {name}."),
            );
            continue;
        }
        let is_right = match option.as_str() {
            "top" | "skip" | "index" => {
                value.parse::<i64>().is_ok_and(|number| number >= 0 || option == "index")
            }
            "count" => matches!(&*value, "true" | "false"),
            "inlinecount" => matches!(&*value, "allpages" | "none"),
            "filter" | "orderby" | "select" | "expand" => !value.trim().is_empty(),
            _ => true,
        };
        if !is_right {
            let details =
                format!("The value of the query parameter {name} does not conform to the definition.");
            refuse("IncorrectMessage", details);
        }
        seen.push(option);
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use crate::context::Body;
    use crate::section::Section;
    use crate::testing::{Bench, read_in};

    fn sent(
        attributes: &str,
        query: &str,
        headers: &[(&'static str, &'static str)],
        body: &'static str,
    ) -> Bench {
        let mut bench =
            Bench::inbound(&format!("<validate-odata-request error-variable-name='e' {attributes}/>"));
        bench.context.request.query = Some(query.to_owned());
        for (name, value) in headers {
            bench.context.request.headers.insert(*name, value.parse().unwrap());
        }
        if !body.is_empty() {
            bench.context.request.body = Body::Bytes(Bytes::from_static(body.as_bytes()));
        }
        bench.run();
        bench
    }

    #[test]
    fn versions_are_held_against_those_that_are_allowed() {
        let bounds = "min-odata-version='4.0' max-odata-version='4.0'";
        for (headers, passes) in [
            (&[][..], true),
            (&[("OData-Version", "4.0"), ("OData-MaxVersion", "4.01")], true),
            (&[("OData-Version", "4.01")], false),
            (&[("DataServiceVersion", "3.0;NetFx")], false),
            (&[("OData-MaxVersion", "3.0")], false),
            (&[("OData-Version", "new")], false),
        ] {
            let bench = sent(bounds, "", headers, "");
            assert_eq!(bench.context.last_error.is_none(), passes, "{headers:?}");
            assert_eq!(bench.context.response.unwrap().status == 400, !passes);
        }
        assert!(
            sent("default-odata-version='3.0' min-odata-version='4.0'", "", &[], "")
                .context
                .last_error
                .is_some()
        );
    }

    #[test]
    fn options_of_odata_are_known_ones_of_their_kinds() {
        for (query, passes) in [
            ("$top=5&$skip=0&$filter=a%20eq%201&$count=true&other=1", true),
            ("$tpo=5", false),
            ("$top=-1", false),
            ("$top=x", false),
            ("$count=yes", false),
            ("$select=", false),
            ("$top=1&%24top=2", false),
        ] {
            let bench = sent("", query, &[], "");
            assert_eq!(bench.context.last_error.is_none(), passes, "{query}");
        }
    }

    #[test]
    fn size_is_bounded_at_its_limit() {
        assert_eq!(sent("max-size='3'", "", &[], "abc").context.last_error, None);
        let bench = sent("max-size='3'", "", &[], "abcd");
        assert!(bench.variable("e").unwrap().contains("exceeds the limit of 3 bytes"));
        assert_eq!(bench.context.response.unwrap().status, 400);
    }

    #[test]
    fn documents_are_checked() {
        assert_eq!(
            read_in(
                Section::Inbound,
                "<validate-odata-request error-variable-name='e' default-odata-version='4.0' max-size='1'/>"
            ),
            ["partly-run"]
        );
        assert_eq!(
            read_in(Section::Inbound, "<validate-odata-request max-size='x' min-odata-version='v'/>"),
            ["partly-run", "attribute-value", "attribute-value"]
        );
    }
}
