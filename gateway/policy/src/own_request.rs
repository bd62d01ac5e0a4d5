//! A request of a policy's own: what `send-request` and its like make of their children.

use std::time::Duration;

use bytes::Bytes;
use hanse_expression::Target;
use http::{HeaderMap, Method, Uri, header};

use crate::context::Body;
use crate::env::{Env, Halt, drop_body_headers};
use crate::policies::authentication_basic::{self, AuthenticationBasic};
use crate::policies::authentication_certificate::{self, AuthenticationCertificate};
use crate::policies::authentication_managed_identity::{self, AuthenticationManagedIdentity};
use crate::policies::proxy::{self, Proxy};
use crate::policies::set_body::{self, SetBody};
use crate::policies::set_header::{self, SetHeader};
use crate::policies::set_method::{self, SetMethod};
use crate::schema::shown;
use crate::setting::{Number, Setting, Text};
use crate::task::{Call, Message, Task};
use crate::tree::Element;

/// Without `timeout` and `timeout-ms`.
const TIMEOUT_DEFAULT: Duration = Duration::from_secs(60);
/// A day; nobody waits longer.
const TIMEOUT_MS_MAX: i64 = 86_400_000;

/// How a request is made.
#[derive(Debug)]
pub(crate) struct OwnRequest {
    /// Begins with the request at hand.
    copies: Setting<bool>,
    url: Option<Text>,
    method: Option<SetMethod>,
    headers: Box<[SetHeader]>,
    body: Option<SetBody>,
    basic: Option<AuthenticationBasic>,
    certificate: Option<AuthenticationCertificate>,
    managed: Option<AuthenticationManagedIdentity>,
    proxy: Option<Proxy>,
    /// With the milliseconds of one.
    timeout: Option<(Number, i64)>,
}

impl OwnRequest {
    pub(crate) fn compile(element: &Element) -> Option<Self> {
        let mut headers = Vec::new();
        for child in element.elements_named("set-header") {
            headers.push(set_header::compile(child)?);
        }
        let copies = element.setting("mode", Target::String, |text| Some(text.trim() == "copy"))?;
        Some(Self {
            copies: copies.unwrap_or(Setting::Fixed(false)),
            url: maybe(element, "set-url", Element::own_text)?,
            method: maybe(element, "set-method", set_method::compile)?,
            headers: headers.into(),
            body: maybe(element, "set-body", set_body::compile)?,
            basic: maybe(element, "authentication-basic", authentication_basic::compile)?,
            certificate: maybe(element, "authentication-certificate", authentication_certificate::compile)?,
            managed: maybe(
                element,
                "authentication-managed-identity",
                authentication_managed_identity::compile,
            )?,
            proxy: maybe(element, "proxy", proxy::compile)?,
            timeout: match (element.number_setting("timeout")?, element.number_setting("timeout-ms")?) {
                (Some(seconds), _) => Some((seconds, 1_000)),
                (None, millis) => millis.map(|millis| (millis, 1)),
            },
        })
    }

    /// The request as it is sent. Expressions see the request at hand, not this one.
    pub(crate) fn work_out<'a>(&'a self, env: &mut Env<'a, '_>) -> Result<Call, Halt> {
        let copies = match &self.copies {
            Setting::Fixed(copies) => *copies,
            Setting::Computed(program) => match env.computed_text(program)? {
                Some("copy") => true,
                Some("new") | None => false,
                Some(other) => {
                    return Err(
                        env.internal(format!("mode: `{}` is neither `new` nor `copy`.", shown(other)))
                    );
                }
            },
        };
        let mut body = Bytes::new();
        let (mut method, mut headers) = (Method::GET, HeaderMap::new());
        if copies {
            method = env.context.request.method.clone();
            headers = env.context.request.headers.clone();
            headers.remove(header::HOST);
            match &env.context.request.body {
                // Behind the forward there is nothing left of it.
                _ if env.acts_on_response || self.body.is_some() => drop_body_headers(&mut headers),
                Body::Bytes(bytes) => body = bytes.clone(),
                Body::Stream => return Err(Halt::Task(Task::Read(Message::Request))),
                Body::Empty | Body::Taken => drop_body_headers(&mut headers),
            }
        }
        let url = match &self.url {
            Some(url) => env.text_or_empty(url)?.trim().to_owned(),
            None if copies => crate::view::View::new(env.context, env.host).full_url(),
            None => String::new(),
        };
        check_url(&url).map_err(|message| env.internal(format!("set-url: {message}.")))?;
        if let Some(set) = &self.method {
            method = set.work_out(env)?;
        }
        for header in &self.headers {
            header.work_out(env)?.apply(&mut headers);
        }
        if let Some(basic) = &self.basic {
            headers.insert(header::AUTHORIZATION, basic.work_out(env)?);
        }
        if let Some(set) = &self.body {
            body = set.work_out(env)?;
        }
        let timeout = match &self.timeout {
            Some((timeout, millis)) => {
                let timeout = env.number_within(timeout, "timeout", 0, TIMEOUT_MS_MAX / millis)?;
                Duration::from_millis((timeout * millis).unsigned_abs())
            }
            None => TIMEOUT_DEFAULT,
        };
        let identity = match &self.certificate {
            Some(certificate) => Some(certificate.work_out(env)?),
            None => None,
        };
        let token = match &self.managed {
            Some(managed) => Some(managed.for_call(env)?),
            None => None,
        };
        let proxy = match &self.proxy {
            Some(proxy) => Some(proxy.work_out(env)?),
            None => None,
        };
        Ok(Call {
            url,
            method,
            headers,
            body,
            timeout,
            identity,
            proxy,
            token,
            fail_on_error_status_code: false,
        })
    }
}

fn maybe<T>(
    element: &Element,
    child: &'static str,
    compile: impl FnOnce(&Element) -> Option<T>,
) -> Option<Option<T>> {
    match element.child(child) {
        Some(child) => compile(child).map(Some),
        None => Some(None),
    }
}

/// A policy's own request goes to an absolute `http` or `https` URL.
pub(crate) fn check_url(url: &str) -> Result<(), String> {
    let shown = || shown(url);
    let uri: Uri = url.parse().map_err(|_| format!("`{}` is not a URL", shown()))?;
    match (uri.scheme_str(), uri.host()) {
        (Some("http" | "https"), Some(host)) if !host.is_empty() => Ok(()),
        _ => Err(format!("`{}` is not an absolute http or https URL", shown())),
    }
}
