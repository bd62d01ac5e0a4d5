//! `send-one-way-request`: makes a call of its own and does not wait for the response.

use crate::kind::Kind;
use crate::policies::send_request;
use crate::schema::{ElementSpec, PolicySpec, attribute};

pub(crate) static SPEC: PolicySpec = PolicySpec {
    check: send_request::check_request,
    ..PolicySpec::of(
        ElementSpec {
            attributes: &[
                attribute("mode", Kind::OneOf(&["new", "copy"])).or("new").expression(),
                attribute("timeout", Kind::SECONDS).or("60").expression(),
                attribute("timeout-ms", Kind::Milliseconds { min: 0, max: i32::MAX as i64 }).expression(),
            ],
            children: send_request::CHILDREN,
            ..ElementSpec::named("send-one-way-request")
        },
        "Makes a call of its own and does not wait for the response.",
    )
};

#[cfg(test)]
mod tests {
    use crate::section::Section;
    use crate::testing::read_in;

    #[test]
    fn documents_are_checked() {
        assert_eq!(
            read_in(
                Section::OnError,
                "<send-one-way-request mode='new'><set-url>u</set-url><proxy url='p'/></send-one-way-request>"
            ),
            [""; 0]
        );
        assert_eq!(
            read_in(Section::Inbound, "<send-one-way-request mode='copy' response-variable-name='r'/>"),
            ["unknown-attribute"]
        );
    }
}
