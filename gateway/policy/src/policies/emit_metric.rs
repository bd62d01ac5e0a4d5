//! `emit-metric`: adds to a metric of the document's own.
//!
//! What is known of every call (its API, its subscription and the like) needs a dimension's name alone.

use crate::check::Checker;
use crate::context::Target;
use crate::counting::Metric;
use crate::env::{Env, Halt, Ran};
use crate::kind::Kind;
use crate::policies::Policy;
use crate::run::Flow;
use crate::schema::{ChildSpec, ElementSpec, PolicySpec, Release, attribute, shown};
use crate::setting::{Setting, Text};
use crate::tree::Element;

/// Most dimensions of a metric.
pub(crate) const DIMENSIONS_MAX: usize = 10;
pub(crate) const NAMESPACE: &str = "API Management";
/// Dimensions that need no value, in any case.
const KNOWN: [&str; 8] = [
    "API ID",
    "Operation ID",
    "Product ID",
    "User ID",
    "Subscription ID",
    "Location",
    "Gateway ID",
    "Backend ID",
];

pub(crate) static SPEC: PolicySpec = PolicySpec {
    check,
    release: Release::Runs(|element, _| compile(element).map(Policy::EmitMetric)),
    ..PolicySpec::of(
        ElementSpec {
            attributes: &[
                attribute("name", Kind::Filled).required(),
                attribute("namespace", Kind::Any).or("API Management"),
                attribute("value", Kind::Double { min: f64::MIN, max: f64::MAX }).or("1").expression(),
                attribute("default-dimensions", Kind::Bool),
            ],
            children: &[ChildSpec { max: DIMENSIONS_MAX, ..ChildSpec::some(&DIMENSION) }],
            ..ElementSpec::named("emit-metric")
        },
        "Adds to a metric of the document's own.",
    )
};

/// `value` may be left out for what is known of every call, such as `API ID`.
pub(crate) static DIMENSION: ElementSpec = ElementSpec {
    attributes: &[
        attribute("name", Kind::Filled).required().expression(),
        attribute("value", Kind::Any).expression(),
    ],
    ..ElementSpec::named("dimension")
};

fn check(element: &Element, checker: &mut Checker<'_>) {
    check_dimensions(element, checker);
}

/// A dimension that is not known of every call needs a value.
pub(crate) fn check_dimensions(element: &Element, checker: &mut Checker<'_>) {
    for dimension in element.elements_named(DIMENSION.name) {
        if dimension.attribute("value").is_some() {
            continue;
        }
        if let Some(name) = dimension.literal("name")
            && !name.trim().is_empty()
            && !is_known(name)
        {
            let message = format!("dimension `{}` needs `value`", shown(name.trim()));
            let known = KNOWN.join(", ");
            checker
                .error(dimension.span, "missing-attribute", message)
                .hint(format!("known without one are {known}"));
        }
    }
}

fn is_known(name: &str) -> bool {
    KNOWN.iter().any(|known| known.eq_ignore_ascii_case(name.trim()))
}

fn compile(element: &Element) -> Option<EmitMetric> {
    Some(EmitMetric {
        name: element.literal("name")?.trim().into(),
        namespace: element.literal("namespace").unwrap_or(NAMESPACE).into(),
        value: element.double_setting("value")?.unwrap_or(Setting::Fixed(1.0)),
        has_defaults: element.flag("default-dimensions", false),
        dimensions: Dimensions::of(element)?,
    })
}

#[derive(Debug)]
pub(crate) struct EmitMetric {
    name: Box<str>,
    namespace: Box<str>,
    value: Setting<f64>,
    has_defaults: bool,
    dimensions: Dimensions,
}

impl EmitMetric {
    pub(crate) fn run<'a>(&'a self, env: &mut Env<'a, '_>) -> Ran<'a> {
        let value = env.double(&self.value)?;
        let mut dimensions = self.dimensions.work_out(env)?;
        let facts = &env.context.facts;
        if self.has_defaults {
            let deployment = facts.deployment;
            dimensions.push(("Region", &deployment.region));
            dimensions.push(("Service ID", &deployment.service_name));
            dimensions.push(("Service Name", &deployment.service_name));
            dimensions.push(("Service Type", NAMESPACE));
        }
        let (workspace, namespace) = (&*facts.workspace.id, &*self.namespace);
        env.host.emit_metric(&Metric {
            workspace,
            namespace,
            name: &self.name,
            value,
            dimensions: &dimensions,
        });
        Ok(Flow::Continue)
    }
}

/// What a metric is told apart by.
#[derive(Debug)]
pub(crate) struct Dimensions(Box<[(Text, Option<Text>)]>);

impl Dimensions {
    pub(crate) fn of(element: &Element) -> Option<Self> {
        let dimensions = element.elements_named(DIMENSION.name);
        let pair = |it: &Element| Some((it.required_text("name")?, it.text_setting("value")?));
        dimensions.map(pair).collect::<Option<_>>().map(Self)
    }

    /// Names and values, of this request.
    pub(crate) fn work_out<'a>(&'a self, env: &mut Env<'a, '_>) -> Result<Vec<(&'a str, &'a str)>, Halt> {
        let mut worked_out = Vec::with_capacity(self.0.len());
        for (name, value) in &self.0 {
            let name = env.text_or_empty(name)?;
            let value = match value {
                Some(value) => env.text_or_empty(value)?,
                None => known(env, name)?,
            };
            worked_out.push((name, value));
        }
        Ok(worked_out)
    }
}

/// What is known of a call; nothing where it is about none.
fn known<'a>(env: &Env<'a, '_>, name: &str) -> Result<&'a str, Halt> {
    let facts = &env.context.facts;
    let at = KNOWN.iter().position(|known| known.eq_ignore_ascii_case(name.trim()));
    let value = match at.map(|at| KNOWN[at]) {
        Some("API ID") => facts.api_id(),
        Some("Operation ID") => facts.operation_id(),
        Some("Product ID") => facts.product_id(),
        Some("User ID") => facts.user.map(|user| &*user.id),
        Some("Subscription ID") => facts.subscription_id(),
        Some("Location") => Some(&*facts.deployment.region),
        Some("Gateway ID") => Some(&*facts.deployment.gateway_id),
        Some(_) => match &env.context.target {
            Some(Target::Backend { id, .. }) => {
                let id = env.context.arena.text(id);
                Some(id.map_err(|error| env.internal(format!("The dimension does not fit: {error}.")))?)
            }
            _ => None,
        },
        None => return Err(env.internal(format!("The dimension '{name}' has no value."))),
    };
    Ok(value.unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use crate::section::Section;
    use crate::testing::{Bench, read_in};

    #[test]
    fn metrics_are_told_with_what_is_known_of_the_call() {
        let mut bench = Bench::inbound(
            "<emit-metric name='calls' namespace='n' value='@(1.5)'><dimension name='api id'/>\
             <dimension name='Subscription ID'/><dimension name='@(&quot;who&quot;)' value='@(context.Request.Method)'/>\
             </emit-metric><emit-metric name='plain'><dimension name='Gateway ID'/></emit-metric>",
        );
        bench.set_api("a");
        bench.run();
        assert_eq!(
            *bench.host.metrics.borrow(),
            [
                "w n/calls 1.5 api id=a Subscription ID= who=GET",
                "w API Management/plain 1 Gateway ID=managed"
            ]
        );
    }

    #[test]
    fn default_dimensions_are_added() {
        let policy =
            "<emit-metric name='m' default-dimensions='true'><dimension name='API ID'/></emit-metric>";
        let mut bench = Bench::inbound(policy);
        bench.run();
        let expected =
            "w API Management/m 1 API ID= Region= Service ID= Service Name= Service Type=API Management";
        assert_eq!(*bench.host.metrics.borrow(), [expected]);
    }

    #[test]
    fn dimension_that_nobody_knows_needs_a_value() {
        let codes = crate::testing::codes("<emit-metric name='m'><dimension name='mine'/></emit-metric>");
        assert_eq!(codes, ["missing-attribute"]);
        let mut bench =
            Bench::inbound("<emit-metric name='m'><dimension name='@(&quot;mine&quot;)'/></emit-metric>");
        assert_eq!(bench.run().context.response.as_ref().unwrap().status, 500);
    }

    #[test]
    fn documents_are_checked() {
        assert_eq!(
            read_in(
                Section::Inbound,
                "<emit-metric name='m' value='@(1.5)' namespace='n'><dimension name='API ID'/><dimension name='a' value='@(context.Api.Id)'/></emit-metric>"
            ),
            [""; 0]
        );
        assert_eq!(read_in(Section::Inbound, "<emit-metric name='m'/>"), ["missing-element"]);
        assert_eq!(
            read_in(
                Section::Inbound,
                "<emit-metric name='m' value='x'><dimension name='a' value='b'/></emit-metric>"
            ),
            ["attribute-value"]
        );
    }
}
