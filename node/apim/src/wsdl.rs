//! WSDL: what becomes of the operations of a SOAP service that is passed through.
//!
//! One idea: every operation of the first SOAP binding is a `POST` told apart by its action, as APIM
//! does it; the document itself is kept whole, so that it can be given back. Must not know files.

use crate::specification::Operations;
use crate::xml::{self, Element};
use hanse_proto::v1::Operation;
use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};
use std::collections::BTreeSet;

/// What would mean something else in a template.
const ESCAPED: &AsciiSet = &CONTROLS.add(b' ').add(b'{').add(b'}').add(b'#').add(b'&').add(b'*').add(b'"');
/// Characters of a template, as the model has it.
const TEMPLATE_CHARS_MAX: usize = 1_000;

/// The operations of a document with their ids, and what was left out.
///
/// # Errors
/// Why nothing can be read from it.
pub(crate) fn read(text: &str) -> Result<(Operations, Vec<String>), String> {
    let root = xml::read(text)?;
    if root.name != "definitions" {
        return Err(format!("the root is `{}`; a WSDL 1.1 document begins with `definitions`", root.name));
    }
    let Some(binding) = root.all("binding").find(|binding| is_soap(binding)) else {
        return Err("there is no SOAP binding".to_owned());
    };
    let (mut operations, mut notes) = (Vec::new(), Vec::new());
    let (mut ids, mut templates) = (BTreeSet::new(), BTreeSet::new());
    for one in binding.all("operation") {
        let name = one.attribute("name");
        let action = one.all("operation").map(|soap| soap.attribute("soapAction")).next().unwrap_or_default();
        let template = format!("/?soapAction={}", utf8_percent_encode(action, ESCAPED));
        let id = hanse_openapi::operation_id(name);
        if id.is_empty() || name.chars().count() > 300 || template.chars().count() > TEMPLATE_CHARS_MAX {
            notes.push("an operation without a usable name and action is left out".to_owned());
        } else if !templates.insert(template.clone()) || !ids.insert(id.clone()) {
            notes.push(format!(
                "the operation `{name}` cannot be told apart from another one and is left out"
            ));
        } else {
            let operation = Operation {
                display_name: name.to_owned(),
                method: "POST".to_owned(),
                url_template: template,
                ..Operation::default()
            };
            operations.push((id, operation));
        }
    }
    if root.all("import").next().is_some() {
        notes.push("`import` is not followed; merge the documents first".to_owned());
    }
    Ok((operations, notes))
}

fn is_soap(binding: &Element) -> bool {
    binding.all("binding").any(|inner| inner.namespace.contains("/wsdl/soap"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const DOCUMENT: &str = "<wsdl:definitions xmlns:wsdl='http://schemas.xmlsoap.org/wsdl/' \
        xmlns:soap='http://schemas.xmlsoap.org/wsdl/soap/' xmlns:http='http://schemas.xmlsoap.org/wsdl/http/'>\
        <wsdl:binding name='h'><http:binding verb='GET'/><wsdl:operation name='No'/></wsdl:binding>\
        <wsdl:binding name='s'><soap:binding/>\
        <wsdl:operation name='GetPrice'><soap:operation soapAction='urn:shop#GetPrice'/></wsdl:operation>\
        <wsdl:operation name='Twin'><soap:operation soapAction='urn:shop#GetPrice'/></wsdl:operation>\
        </wsdl:binding></wsdl:definitions>";

    #[test]
    fn operations_of_the_soap_binding_are_posts_by_their_action() {
        let (operations, notes) = read(DOCUMENT).expect("read");
        let shown: Vec<String> =
            operations.iter().map(|(id, it)| format!("{id}: {} {}", it.method, it.url_template)).collect();
        assert_eq!(shown, ["getprice: POST /?soapAction=urn:shop%23GetPrice"]);
        assert_eq!(notes, ["the operation `Twin` cannot be told apart from another one and is left out"]);
    }

    #[test]
    fn what_is_no_soap_service_is_refused() {
        for (text, part) in [
            ("<a/>", "begins with `definitions`"),
            ("<definitions/>", "no SOAP binding"),
            ("<definitions", "XML"),
        ] {
            assert!(read(text).expect_err(text).contains(part), "{text}");
        }
    }
}
