//! An OpenID provider for tests: it publishes keys, and signs with them.

use crate::backend::Backend;
use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use bytes::Bytes;
use http::{Request, Response, StatusCode};
use http_body_util::Full;
use hyper::{body::Incoming, service::service_fn};
use hyper_util::rt::TokioIo;
use ring::{
    rand::SystemRandom,
    signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _},
};
use std::{
    convert::Infallible,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering::SeqCst},
    },
};
use tokio::sync::Semaphore;

/// A provider; it ends when it is dropped.
pub struct Issuer {
    backend: Backend,
    published: Arc<Mutex<Published>>,
    /// How often its configuration was asked for.
    pub asked: Arc<AtomicUsize>,
    /// One permit for each answer, where it is slow.
    pub gate: Arc<Semaphore>,
}

struct Published {
    keys: Vec<(String, EcdsaKeyPair)>,
    is_up: bool,
    is_slow: bool,
    padding: usize,
}

impl Issuer {
    /// A provider with a key of this id.
    pub async fn start(id: &str) -> Issuer {
        let state =
            Published { keys: vec![(id.to_owned(), pair())], is_up: true, is_slow: false, padding: 0 };
        let published = Arc::new(Mutex::new(state));
        let asked = Arc::new(AtomicUsize::new(0));
        let gate = Arc::new(Semaphore::new(0));
        let (state, counter, barrier) = (published.clone(), asked.clone(), gate.clone());
        let backend = Backend::raw(move |stream| {
            let (state, counter, barrier) = (state.clone(), counter.clone(), barrier.clone());
            let address = stream.local_addr().expect("address");
            let service = service_fn(move |request: Request<Incoming>| {
                let (state, counter, barrier) = (state.clone(), counter.clone(), barrier.clone());
                async move {
                    let is_config = request.uri().path() == "/config";
                    if is_config {
                        counter.fetch_add(1, SeqCst);
                    }
                    if state.lock().unwrap().is_slow {
                        barrier.acquire().await.expect("never closed").forget();
                    }
                    let state = state.lock().unwrap();
                    let mut text = match is_config {
                        true => {
                            format!(r#"{{"issuer":"http://{address}","jwks_uri":"http://{address}/keys"}}"#)
                        }
                        false => format!(
                            r#"{{"keys":[{}]}}"#,
                            state.keys.iter().map(jwk).collect::<Vec<_>>().join(",")
                        ),
                    };
                    text.push_str(&" ".repeat(state.padding));
                    let mut response = Response::new(Full::new(Bytes::from(text)));
                    if !state.is_up {
                        *response.status_mut() = StatusCode::SERVICE_UNAVAILABLE;
                    }
                    Ok::<_, Infallible>(response)
                }
            });
            async move {
                let server = hyper::server::conn::http1::Builder::new();
                let _ = server.serve_connection(TokioIo::new(stream), service).await;
            }
        })
        .await;
        Issuer { backend, published, asked, gate }
    }

    /// Where its configuration is.
    pub fn config(&self) -> String {
        format!("{}/config", self.backend.url())
    }

    pub fn asked(&self) -> usize {
        self.asked.load(SeqCst)
    }

    /// Publishes another key in the place of all before.
    pub fn rotate(&self, id: &str) {
        self.published.lock().unwrap().keys = vec![(id.to_owned(), pair())];
    }

    /// Answers, or does not.
    pub fn set_up(&self, is_up: bool) {
        self.published.lock().unwrap().is_up = is_up;
    }

    /// Waits for the gate before each answer.
    pub fn set_slow(&self) {
        self.published.lock().unwrap().is_slow = true;
    }

    /// Adds blanks to what it says.
    pub fn pad(&self, bytes: usize) {
        self.published.lock().unwrap().padding = bytes;
    }

    /// A token that its first key signed, valid for long, under the id that is said.
    pub fn token(&self, id: &str) -> String {
        let encode = |bytes: &[u8]| BASE64_URL_SAFE_NO_PAD.encode(bytes);
        let header = format!(r#"{{"alg":"ES256","kid":"{id}"}}"#);
        let payload = format!(r#"{{"iss":"{}","exp":9999999999,"sub":"me"}}"#, self.backend.url());
        let signed = format!("{}.{}", encode(header.as_bytes()), encode(payload.as_bytes()));
        let published = self.published.lock().unwrap();
        let signature = published.keys[0].1.sign(&SystemRandom::new(), signed.as_bytes()).expect("sign");
        format!("{signed}.{}", encode(signature.as_ref()))
    }
}

fn pair() -> EcdsaKeyPair {
    let random = SystemRandom::new();
    let document = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &random).expect("key");
    EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, document.as_ref(), &random).expect("key")
}

fn jwk((id, pair): &(String, EcdsaKeyPair)) -> String {
    let point = pair.public_key().as_ref();
    let encode = |bytes: &[u8]| BASE64_URL_SAFE_NO_PAD.encode(bytes);
    let (x, y) = (encode(&point[1..33]), encode(&point[33..]));
    format!(r#"{{"kty":"EC","crv":"P-256","use":"sig","kid":"{id}","x":"{x}","y":"{y}"}}"#)
}
