//! `retry`: runs the policies it holds again while a condition is true.

use std::time::Duration;

use crate::build::Builder;
use crate::document::Step;
use crate::env::{Env, Ran};
use crate::kind::Kind;
use crate::lane::{Around, Entry, Retries};
use crate::policies::Policy;
use crate::run::Flow;
use crate::schema::{ElementSpec, Inner, PolicySpec, Release, attribute};
use crate::setting::{Flag, Number};
use crate::tree::Element;

pub(crate) static SPEC: PolicySpec = PolicySpec {
    release: Release::Runs(|element, builder| compile(element, builder).map(Policy::Retry)),
    ..PolicySpec::of(
        ElementSpec {
            attributes: &[
                attribute("condition", Kind::Bool).required().expression(),
                attribute("count", Kind::Integer { min: 1, max: 50 }).required().expression(),
                attribute("interval", Kind::SECONDS).required().expression(),
                attribute("max-interval", Kind::Seconds { min: 1, max: i32::MAX as i64 }).expression(),
                attribute("delta", Kind::Seconds { min: 1, max: i32::MAX as i64 }).expression(),
                attribute("first-fast-retry", Kind::Bool).or("false").expression(),
            ],
            policies: Inner::Except(&["wait"]),
            ..ElementSpec::named("retry")
        },
        "Runs the policies it holds, and again while a condition is true.",
    )
};

/// Most times that policies are run again.
const COUNT_MAX: i64 = 50;

fn compile(element: &Element, builder: &mut Builder<'_>) -> Option<Retry> {
    Some(Retry {
        condition: element.flag_setting("condition", false)?,
        count: element.required_number("count")?,
        interval: element.required_number("interval")?,
        max_interval: element.number_setting("max-interval")?,
        delta: element.number_setting("delta")?,
        first_fast_retry: element.flag_setting("first-fast-retry", false)?,
        steps: builder.steps(element)?,
    })
}

#[derive(Debug)]
pub(crate) struct Retry {
    pub(crate) condition: Flag,
    count: Number,
    interval: Number,
    max_interval: Option<Number>,
    delta: Option<Number>,
    first_fast_retry: Flag,
    steps: Box<[Step]>,
}

/// What the attributes say, worked out once at the beginning.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Plan {
    pub(crate) count: u32,
    interval_s: u64,
    max_interval_s: Option<u64>,
    delta_s: Option<u64>,
    is_first_fast: bool,
}

impl Retry {
    pub(crate) fn run<'a>(&'a self, env: &mut Env<'a, '_>) -> Ran<'a> {
        let seconds = i64::from(i32::MAX);
        let count = env.number_within(&self.count, "count", 1, COUNT_MAX)?;
        let interval = env.number_within(&self.interval, "interval", 0, seconds)?;
        let mut optional = |number: &'a Option<Number>, what: &str| match number {
            Some(number) => env.number_within(number, what, 1, seconds).map(|it| Some(it.unsigned_abs())),
            None => Ok(None),
        };
        let (max_interval_s, delta_s) =
            (optional(&self.max_interval, "max-interval")?, optional(&self.delta, "delta")?);
        let plan = Plan {
            count: u32::try_from(count).unwrap_or(1),
            interval_s: interval.unsigned_abs(),
            max_interval_s,
            delta_s,
            is_first_fast: env.flag(&self.first_fast_retry)?,
        };
        let around = Around::Retry(Retries { policy: self, plan, retried: 0, failed: None });
        Ok(Flow::Enter(Entry { steps: &self.steps, around }))
    }
}

impl Plan {
    /// The wait before the `nth` time that the policies are run again, 1 being the first.
    pub(crate) fn pause(&self, nth: u32, random: u64) -> Duration {
        if nth == 1 && self.is_first_fast {
            return Duration::ZERO;
        }
        let interval = self.interval_s as f64;
        let seconds = match (self.delta_s, self.max_interval_s) {
            (None, None) => interval,
            (None, Some(max)) => interval.min(max as f64),
            (Some(delta), None) => interval + f64::from(nth - 1) * delta as f64,
            (Some(delta), Some(max)) => {
                // Between 0.8 and 1.2.
                let spread = 0.8 + 0.4 * (random >> 11) as f64 / (1_u64 << 53) as f64;
                let doubled = f64::from(nth - 1).exp2();
                (interval + doubled * delta as f64 * spread).min(max as f64)
            }
        };
        Duration::from_secs_f64(seconds.clamp(0.0, f64::from(i32::MAX)))
    }
}

#[cfg(test)]
mod tests {
    use crate::section::Section;
    use crate::testing::read_in;

    #[test]
    fn documents_are_checked() {
        assert_eq!(
            read_in(
                Section::Backend,
                "<retry condition='@(true)' count='50' interval='0' delta='1' max-interval='10' first-fast-retry='true'><forward-request buffer-request-body='true'/></retry>"
            ),
            [""; 0]
        );
        assert_eq!(
            read_in(Section::Backend, "<retry condition='@(true)' count='51' interval='0'/>"),
            ["attribute-value"]
        );
        assert_eq!(
            read_in(
                Section::Backend,
                "<retry condition='@(true)' count='1' interval='0'><wait><send-request response-variable-name='r'><set-url>u</set-url></send-request></wait></retry>"
            ),
            ["misplaced-policy"]
        );
        assert_eq!(
            read_in(
                Section::Backend,
                "<retry condition='@(true)' count='1' interval='0'><forward-request/></retry>"
            ),
            ["retry-without-body"]
        );
    }
}
