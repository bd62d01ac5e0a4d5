//! `ip-filter`: lets only listed callers pass, or refuses listed ones.
//!
//! Addresses are sorted and merged when compiled, so that a long list costs a binary search. An IPv4
//! address mapped into IPv6 counts as the IPv4 address.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use hanse_expression::Target;
use ipnet::IpNet;

use crate::check::Checker;
use crate::env::{Env, Halt, Ran};
use crate::fault::Fault;
use crate::kind::Kind;
use crate::policies::Policy;
use crate::run::Flow;
use crate::schema::{ChildSpec, ElementSpec, INBOUND, PolicySpec, Release, attribute, shown};
use crate::setting::{Setting, Text};
use crate::tree::Element;

pub(crate) static SPEC: PolicySpec = PolicySpec {
    sections: INBOUND,
    check,
    release: Release::Runs(|element, _| compile(element).map(Policy::IpFilter)),
    ..PolicySpec::of(
        ElementSpec {
            attributes: &[attribute("action", Kind::OneOf(&["allow", "forbid"])).required().expression()],
            children: &[ChildSpec::any(&ADDRESS), ChildSpec::any(&ADDRESS_RANGE)],
            ..ElementSpec::named("ip-filter")
        },
        "Lets only listed callers pass, or refuses listed ones.",
    )
};

static ADDRESS: ElementSpec = ElementSpec::expression("address", Kind::Filled);

static ADDRESS_RANGE: ElementSpec = ElementSpec {
    attributes: &[
        attribute("from", Kind::Filled).required().expression(),
        attribute("to", Kind::Filled).required().expression(),
    ],
    ..ElementSpec::named("address-range")
};

fn check(element: &Element, checker: &mut Checker<'_>) {
    if element.elements().next().is_none() {
        checker
            .error(element.span, "missing-element", "ip-filter lists no address".to_owned())
            .note("ip-filter: at least one <address> or <address-range from to>".to_owned());
    }
    for address in element.elements_named("address") {
        if let Some(text) = address.text()
            && let Some(literal) = text.literal().map(str::trim).filter(|literal| !literal.is_empty())
            && Range::parse(literal).is_none()
        {
            let message = format!("`{}` is not an IP address", shown(literal));
            checker
                .error(text.span, "text-value", message)
                .hint("such as 10.0.0.1, 10.0.0.0/8 or 2001:db8::1");
        }
    }
    for range in element.elements_named("address-range") {
        check_range(range, checker);
    }
}

fn check_range(element: &Element, checker: &mut Checker<'_>) {
    let mut ends = [None, None];
    for (end, name) in ends.iter_mut().zip(["from", "to"]) {
        let Some(attribute) = element.attribute(name) else {
            continue;
        };
        let Some(literal) = attribute.value.literal().map(str::trim).filter(|literal| !literal.is_empty())
        else {
            continue;
        };
        *end = parse_address(literal);
        if end.is_none() {
            let message = format!("address-range: {name}: `{}` is not an IP address", shown(literal));
            checker.error(attribute.value.span, "attribute-value", message);
        }
    }
    if let [Some(from), Some(to)] = ends
        && Range::between(from, to).is_none()
    {
        let message = format!("address-range: {from} to {to} is not a range");
        checker
            .error(element.span, "attribute-value", message)
            .hint("both ends of one family, the lower one in `from`");
    }
}

fn compile(element: &Element) -> Option<IpFilter> {
    let mut fixed = Vec::new();
    let mut computed = Vec::new();
    for child in element.elements() {
        let ends = match child.name.as_str() {
            "address" => (child.own_text()?, None),
            _ => (child.required_text("from")?, Some(child.required_text("to")?)),
        };
        match ends {
            (Setting::Fixed(address), None) => fixed.push(Range::parse(&address)?),
            (Setting::Fixed(from), Some(Setting::Fixed(to))) => {
                fixed.push(Range::between(parse_address(&from)?, parse_address(&to)?)?);
            }
            ends => computed.push(ends),
        }
    }
    let allows = element.setting("action", Target::String, |text| Some(text.trim() == "allow"))??;
    Some(IpFilter { allows, ranges: merge(fixed), computed: computed.into() })
}

/// Inclusive, as numbers of one family.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Range {
    is_v6: bool,
    from: u128,
    to: u128,
}

impl Range {
    fn parse(text: &str) -> Option<Self> {
        if let Some(address) = parse_address(text) {
            return Self::between(address, address);
        }
        let net: IpNet = text.parse().ok()?;
        Self::between(net.network(), net.broadcast())
    }

    fn between(from: IpAddr, to: IpAddr) -> Option<Self> {
        let ((is_v6, from), (to_is_v6, to)) = (number(from), number(to));
        (is_v6 == to_is_v6 && from <= to).then_some(Self { is_v6, from, to })
    }
}

fn parse_address(text: &str) -> Option<IpAddr> {
    text.parse().ok()
}

fn number(address: IpAddr) -> (bool, u128) {
    match address.to_canonical() {
        IpAddr::V4(v4) => (false, u128::from(Ipv4Addr::to_bits(v4))),
        IpAddr::V6(v6) => (true, Ipv6Addr::to_bits(v6)),
    }
}

fn merge(mut ranges: Vec<Range>) -> Box<[Range]> {
    ranges.sort();
    let mut merged: Vec<Range> = Vec::with_capacity(ranges.len());
    for range in ranges {
        match merged.last_mut() {
            Some(last) if last.is_v6 == range.is_v6 && range.from <= last.to => {
                last.to = last.to.max(range.to)
            }
            _ => merged.push(range),
        }
    }
    merged.into()
}

#[derive(Debug)]
pub(crate) struct IpFilter {
    allows: Setting<bool>,
    /// Sorted, without overlaps.
    ranges: Box<[Range]>,
    /// An address, or the ends of a range.
    computed: Box<[(Text, Option<Text>)]>,
}

impl IpFilter {
    pub(crate) fn run<'a>(&'a self, env: &mut Env<'a, '_>) -> Ran<'a> {
        let caller = env.context.client_ip.to_canonical();
        let allows = match &self.allows {
            Setting::Fixed(allows) => *allows,
            Setting::Computed(program) => match env.computed_text(program)?.map(str::trim) {
                Some("allow") => true,
                Some("forbid") => false,
                _ => return Err(env.internal("action: neither `allow` nor `forbid`.")),
            },
        };
        match (self.lists(caller) || self.lists_computed(caller, env)?, allows) {
            (true, true) | (false, false) => Ok(Flow::Continue),
            (false, true) => Err(Fault::caller_ip_not_allowed(caller).into()),
            (true, false) => Err(Fault::caller_ip_blocked().into()),
        }
    }

    /// An address that an expression gives and that is none fails the request: it may have been meant for
    /// this caller.
    fn lists_computed<'a>(&'a self, caller: IpAddr, env: &mut Env<'a, '_>) -> Result<bool, Halt> {
        let (is_v6, number) = number(caller);
        for (from, to) in &self.computed {
            let from = env.text_or_empty(from)?.trim();
            let range = match to {
                None => Range::parse(from),
                Some(to) => {
                    let to = env.text_or_empty(to)?.trim();
                    parse_address(from).zip(parse_address(to)).and_then(|(from, to)| Range::between(from, to))
                }
            };
            let range =
                range.ok_or_else(|| env.internal(format!("`{}` is not an IP address.", shown(from))))?;
            if range.is_v6 == is_v6 && (range.from..=range.to).contains(&number) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn lists(&self, caller: IpAddr) -> bool {
        let (is_v6, number) = number(caller);
        let at = self.ranges.partition_point(|range| (range.is_v6, range.from) <= (is_v6, number));
        let candidate = at.checked_sub(1).map(|before| self.ranges[before]);
        candidate.is_some_and(|range| range.is_v6 == is_v6 && number <= range.to)
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::{Bench, accepts, codes};

    const LIST: &str = "<address>10.1.2.3</address><address> 2001:db8::/32 </address>\
        <address-range from='192.0.2.10' to='192.0.2.20'/><address-range from='192.0.2.15' to='192.0.2.30'/>";

    fn refusal(action: &str, caller: &str) -> Option<String> {
        let mut bench = Bench::inbound(&format!("<ip-filter action='{action}'>{LIST}</ip-filter>"));
        bench.context.client_ip = caller.parse().unwrap();
        bench.run();
        let reason = bench.context.last_error.map(|error| error.reason.unwrap().into_owned());
        assert_eq!(bench.context.response.unwrap().status.as_u16(), if reason.is_some() { 403 } else { 200 });
        reason
    }

    #[test]
    fn listed_callers_pass_or_do_not() {
        for (caller, is_listed) in [
            ("10.1.2.3", true),
            ("10.1.2.4", false),
            ("192.0.2.9", false),
            ("192.0.2.10", true),
            ("192.0.2.30", true),
            ("192.0.2.31", false),
            ("2001:db8:ffff::1", true),
            ("2001:db9::1", false),
            ("::ffff:10.1.2.3", true),
            ("::a01:203", false),
        ] {
            assert_eq!(
                refusal("allow", caller).as_deref(),
                (!is_listed).then_some("CallerIpNotAllowed"),
                "{caller}"
            );
            assert_eq!(
                refusal("forbid", caller).as_deref(),
                is_listed.then_some("CallerIpBlocked"),
                "{caller}"
            );
        }
    }

    #[test]
    fn client_is_told_less_than_the_log() {
        let mut bench = Bench::inbound("<ip-filter action='allow'><address>10.0.0.1</address></ip-filter>");
        bench.run();
        assert_eq!(bench.body(), "{ \"statusCode\": 403, \"message\": \"Forbidden\" }");
        let error = bench.context.last_error.unwrap();
        assert_eq!(error.message, "Caller IP address 192.0.2.1 is not allowed. Access denied.");
        assert_eq!((error.source.as_ref(), error.path.as_deref()), ("ip-filter", Some("ip-filter[1]")));
    }

    #[test]
    fn every_scope_is_asked() {
        let allow = "<ip-filter action='allow'><address>192.0.2.1</address></ip-filter>";
        let forbid = "<ip-filter action='forbid'><address>192.0.2.1</address></ip-filter>";
        let mut bench = Bench::inbound(&format!("{allow}{forbid}"));
        bench.run();
        assert_eq!(bench.context.response.unwrap().status.as_u16(), 403);
    }

    #[test]
    fn documents_are_checked() {
        accepts(&format!("<ip-filter action='forbid'>{LIST}</ip-filter>"));
        assert_eq!(codes("<ip-filter action='allow'/>"), ["missing-element"]);
        assert_eq!(codes("<ip-filter><address>10.0.0.1</address></ip-filter>"), ["missing-attribute"]);
        assert_eq!(codes("<ip-filter action='allow'><address>10.0.0</address></ip-filter>"), ["text-value"]);
        assert_eq!(codes("<ip-filter action='allow'><address/></ip-filter>"), ["text-value"]);
        let range = |from: &str, to: &str| {
            codes(&format!("<ip-filter action='allow'><address-range from='{from}' to='{to}'/></ip-filter>"))
        };
        assert_eq!(range("10.0.0.2", "10.0.0.1"), ["attribute-value"]);
        assert_eq!(range("10.0.0.2", "2001:db8::1"), ["attribute-value"]);
        assert_eq!(range("10.0.0.2", "x"), ["attribute-value"]);
    }
}
