//! The sample backend of `hanse dev`: a small shop on loopback.
//!
//! One idea: something real to put a gateway in front of. Its data is made up and the same at every
//! start, and `GET /orders/{id}` shows the headers it got, so that what policies do to a request can
//! be seen. Must not know the gateway.

use http_body_util::{BodyExt as _, Full, Limited};
use hyper::body::{Bytes, Incoming};
use hyper::header::{ALLOW, CONTENT_TYPE, LOCATION};
use hyper::{Method, Request, Response, StatusCode, server::conn::http1, service::service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::convert::Infallible;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{JoinHandle, JoinSet};

/// Orders that are there at the start.
const ORDERS: u32 = 30;
/// Orders that are kept; creating another one is refused.
const ORDERS_MAX: usize = 1_000;
/// Orders in one answer, and what `limit` may ask for.
const LIMIT_DEFAULT: usize = 20;
const LIMIT_MAX: usize = 100;
/// Bytes of a request's body.
const BODY_BYTES_MAX: usize = 16 * 1024;
/// Characters of an item's name.
const ITEM_CHARS_MAX: usize = 100;
/// Pieces of one item in an order.
const QUANTITY_MAX: u64 = 1_000;
/// Connections at a time; others wait to be accepted.
const CONNECTIONS_MAX: usize = 1_024;
/// Pause after a failed accept, which most often means too many open files.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

const CUSTOMERS: &[(&str, &str)] = &[
    ("Adele Brandt", "Lübeck"),
    ("Bo Eriksson", "Visby"),
    ("Carla Maas", "Deventer"),
    ("Danuta Zielińska", "Gdańsk"),
];
const ITEMS: &[(&str, u64)] =
    &[("salt", 420), ("amber", 9_900), ("herring", 650), ("cloth", 3_150), ("wax", 1_280)];
const STATES: &[&str] = &["open", "paid", "shipped", "open", "paid"];
/// Headers that are nobody's business but the gateway's.
const SECRET_HEADERS: &[&str] =
    &["authorization", "cookie", "ocp-apim-subscription-key", "proxy-authorization"];

/// A running sample backend; it stops when this is dropped.
pub struct Sample {
    /// Where it listens: loopback, a free port.
    pub addr: SocketAddr,
    task: JoinHandle<()>,
}

impl Drop for Sample {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Starts the sample backend on a free port of loopback.
///
/// # Errors
/// When loopback has no free port.
pub async fn spawn() -> io::Result<Sample> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
    let addr = listener.local_addr()?;
    let shop = Arc::new(Shop::new(&format!("http://{addr}")));
    // Connections live in the task's set, so they end with it.
    let task = tokio::spawn(run(listener, shop));
    Ok(Sample { addr, task })
}

async fn run(listener: TcpListener, shop: Arc<Shop>) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept(), if connections.len() < CONNECTIONS_MAX => match accepted {
                Ok((stream, _)) => {
                    connections.spawn(serve(stream, shop.clone()));
                }
                Err(_) => tokio::time::sleep(ACCEPT_PAUSE).await,
            },
            Some(_) = connections.join_next() => {}
        }
    }
}

async fn serve(stream: TcpStream, shop: Arc<Shop>) {
    // Small answers should not wait for more to be sent; without it they only come later.
    let _ = stream.set_nodelay(true);
    let service = service_fn(move |request| {
        let shop = shop.clone();
        async move { Ok::<_, Infallible>(shop.answer(request).await) }
    });
    // A client that goes away half way is none of our concern.
    let _ =
        http1::Builder::new().timer(TokioTimer::new()).serve_connection(TokioIo::new(stream), service).await;
}

/// What the sample sells.
struct Shop {
    document: String,
    orders: Mutex<BTreeMap<u32, Order>>,
}

#[derive(Clone)]
struct Order {
    customer: u32,
    item: String,
    quantity: u64,
    status: &'static str,
}

type Answer = Response<Full<Bytes>>;

impl Shop {
    fn new(base_url: &str) -> Shop {
        let orders = (1..=ORDERS).map(|id| (id, Order::made_up(id))).collect();
        Shop { document: document(base_url), orders: Mutex::new(orders) }
    }

    async fn answer(&self, request: Request<Incoming>) -> Answer {
        let (parts, body) = request.into_parts();
        let path = parts.uri.path().trim_matches('/').to_owned();
        let segments: Vec<&str> = path.split('/').collect();
        let query = parts.uri.query().unwrap_or_default();
        match (&parts.method, &segments[..]) {
            (&Method::GET, ["openapi.json"]) => text(StatusCode::OK, self.document.clone()),
            (&Method::GET, ["orders"]) => self.list_orders(query),
            (&Method::POST, ["orders"]) => self.write_order(None, body).await,
            (&Method::GET, ["orders", id]) => self.get_order(id, &parts.headers),
            (&Method::PUT, ["orders", id]) => self.write_order(Some(id), body).await,
            (&Method::POST, ["orders", id, "cancel"]) => self.cancel_order(id),
            (&Method::GET, ["customers"]) => list_customers(),
            (&Method::GET, ["customers", id]) => get_customer(id),
            (_, ["orders"]) => not_allowed("GET, POST"),
            (_, ["orders", _]) => not_allowed("GET, PUT"),
            (_, ["orders", _, "cancel"]) => not_allowed("POST"),
            (_, ["openapi.json"] | ["customers"] | ["customers", _]) => not_allowed("GET"),
            _ => error(StatusCode::NOT_FOUND, "not-found", format!("there is nothing at `/{path}`")),
        }
    }

    fn list_orders(&self, query: &str) -> Answer {
        let status = query_value(query, "status");
        if let Some(status) = status.filter(|status| !Order::is_status(status)) {
            return bad(format!("status `{status}` is unknown; there are open, paid, shipped and cancelled"));
        }
        let limit = match query_value(query, "limit").map(str::parse) {
            None => LIMIT_DEFAULT,
            Some(Ok(limit)) if (1..=LIMIT_MAX).contains(&limit) => limit,
            Some(_) => return bad(format!("limit must be a number from 1 to {LIMIT_MAX}")),
        };
        let orders = self.orders.lock().unwrap_or_else(PoisonError::into_inner);
        let found = orders.iter().filter(|(_, order)| status.is_none_or(|status| order.status == status));
        let list: Vec<Value> = found.clone().take(limit).map(|(id, order)| order.to_json(*id)).collect();
        json_answer(StatusCode::OK, &json!({ "orders": list, "total": found.count() }))
    }

    fn get_order(&self, id: &str, headers: &hyper::HeaderMap) -> Answer {
        let order = self.find(id);
        let Some((id, order)) = order else { return no_order(id) };
        let mut shown = order.to_json(id);
        shown["requestHeaders"] = shown_headers(headers);
        json_answer(StatusCode::OK, &shown)
    }

    async fn write_order(&self, id: Option<&str>, body: Incoming) -> Answer {
        let input = match read_body(body).await {
            Ok(input) => input,
            Err(answer) => return answer,
        };
        let wanted = match Order::from_json(&input) {
            Ok(order) => order,
            Err(message) => return bad(message),
        };
        let mut orders = self.orders.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(id) = id else {
            if orders.len() >= ORDERS_MAX {
                let message = format!("the sample keeps {ORDERS_MAX} orders; start it again for a fresh one");
                return error(StatusCode::INSUFFICIENT_STORAGE, "full", message);
            }
            let id = orders.last_key_value().map_or(1, |(last, _)| last + 1);
            let shown = wanted.to_json(id);
            orders.insert(id, wanted);
            let mut answer = json_answer(StatusCode::CREATED, &shown);
            let location = format!("/orders/{id}").parse().expect("digits are a header value");
            answer.headers_mut().insert(LOCATION, location);
            return answer;
        };
        let Some((id, order)) = id.parse().ok().and_then(|id| Some((id, orders.get_mut(&id)?))) else {
            return no_order(id);
        };
        *order = Order { status: order.status, ..wanted };
        json_answer(StatusCode::OK, &order.to_json(id))
    }

    fn cancel_order(&self, id: &str) -> Answer {
        let mut orders = self.orders.lock().unwrap_or_else(PoisonError::into_inner);
        let Some((id, order)) = id.parse().ok().and_then(|id| Some((id, orders.get_mut(&id)?))) else {
            return no_order(id);
        };
        if order.status == "shipped" {
            return error(StatusCode::CONFLICT, "shipped", format!("order {id} has been shipped already"));
        }
        order.status = "cancelled";
        json_answer(StatusCode::OK, &order.to_json(id))
    }

    fn find(&self, id: &str) -> Option<(u32, Order)> {
        let id = id.parse().ok()?;
        let orders = self.orders.lock().unwrap_or_else(PoisonError::into_inner);
        Some((id, orders.get(&id)?.clone()))
    }
}

impl Order {
    fn made_up(id: u32) -> Order {
        let pick = |length: usize| id as usize * 7 % length;
        let (item, _) = ITEMS[pick(ITEMS.len())];
        Order {
            customer: id % CUSTOMERS.len() as u32 + 1,
            item: item.to_owned(),
            quantity: u64::from(id * 13 % 40 + 1),
            status: STATES[id as usize * 3 % STATES.len()],
        }
    }

    fn is_status(text: &str) -> bool {
        text == "cancelled" || STATES.contains(&text)
    }

    fn from_json(input: &Value) -> Result<Order, String> {
        let item = input["item"].as_str().unwrap_or_default();
        if item.is_empty() || item.chars().count() > ITEM_CHARS_MAX {
            return Err(format!("item must be text of 1 to {ITEM_CHARS_MAX} characters"));
        }
        let quantity = match &input["quantity"] {
            Value::Null => 1,
            given => given.as_u64().unwrap_or(0),
        };
        if !(1..=QUANTITY_MAX).contains(&quantity) {
            return Err(format!("quantity must be a number from 1 to {QUANTITY_MAX}"));
        }
        let customer = match &input["customerId"] {
            Value::Null => Some(1),
            given => given.as_u64().and_then(|id| u32::try_from(id).ok()),
        };
        let customer = customer.filter(|id| customer_json(*id).is_some());
        let customer =
            customer.ok_or_else(|| format!("customerId must be a number from 1 to {}", CUSTOMERS.len()))?;
        Ok(Order { customer, item: item.to_owned(), quantity, status: "open" })
    }

    fn to_json(&self, id: u32) -> Value {
        // What is not in the list has been named by a client and costs a round sum.
        let cents = ITEMS.iter().find(|(item, _)| *item == self.item).map_or(1_000, |(_, cents)| *cents);
        json!({
            "id": id,
            "customerId": self.customer,
            "item": self.item,
            "quantity": self.quantity,
            "totalCents": cents * self.quantity,
            "status": self.status,
        })
    }
}

async fn read_body(body: Incoming) -> Result<Value, Answer> {
    let bytes = match Limited::new(body, BODY_BYTES_MAX).collect().await {
        Ok(collected) => collected.to_bytes(),
        Err(_) => {
            let message = format!("a body of at most {BODY_BYTES_MAX} bytes is expected");
            return Err(error(StatusCode::PAYLOAD_TOO_LARGE, "too-large", message));
        }
    };
    match serde_json::from_slice(&bytes) {
        Ok(value @ Value::Object(_)) => Ok(value),
        _ => Err(bad(
            r#"the body must be an order as `{"item":"salt","quantity":2,"customerId":1}`"#.to_owned()
        )),
    }
}

fn customer_json(id: u32) -> Option<Value> {
    let (name, town) = CUSTOMERS.get(usize::try_from(id).ok()?.checked_sub(1)?)?;
    Some(json!({ "id": id, "name": name, "town": town }))
}

fn list_customers() -> Answer {
    let list: Vec<Value> = (1..).map_while(customer_json).collect();
    json_answer(StatusCode::OK, &json!({ "customers": list }))
}

fn get_customer(id: &str) -> Answer {
    match id.parse().ok().and_then(customer_json) {
        Some(customer) => json_answer(StatusCode::OK, &customer),
        None => error(StatusCode::NOT_FOUND, "not-found", format!("there is no customer `{id}`")),
    }
}

/// The headers a backend sees, without those that carry secrets.
fn shown_headers(headers: &hyper::HeaderMap) -> Value {
    let mut shown = Map::new();
    for name in headers.keys() {
        if SECRET_HEADERS.contains(&name.as_str()) {
            continue;
        }
        let values: Vec<_> =
            headers.get_all(name).iter().map(|value| String::from_utf8_lossy(value.as_bytes())).collect();
        shown.insert(name.to_string(), values.join(", ").into());
    }
    Value::Object(shown)
}

fn query_value<'q>(query: &'q str, name: &str) -> Option<&'q str> {
    query
        .split('&')
        .filter_map(|pair| pair.split_once('='))
        .find(|(own, _)| *own == name)
        .map(|(_, value)| value)
}

fn no_order(id: &str) -> Answer {
    error(StatusCode::NOT_FOUND, "not-found", format!("there is no order `{id}`"))
}

fn bad(message: String) -> Answer {
    error(StatusCode::BAD_REQUEST, "bad-request", message)
}

fn not_allowed(allowed: &'static str) -> Answer {
    let mut answer =
        error(StatusCode::METHOD_NOT_ALLOWED, "method-not-allowed", format!("allowed are {allowed}"));
    answer.headers_mut().insert(ALLOW, hyper::header::HeaderValue::from_static(allowed));
    answer
}

fn error(status: StatusCode, code: &str, message: String) -> Answer {
    json_answer(status, &json!({ "error": { "code": code, "message": message } }))
}

fn json_answer(status: StatusCode, value: &Value) -> Answer {
    text(status, format!("{value}\n"))
}

fn text(status: StatusCode, text: String) -> Answer {
    let mut answer = Response::new(Full::new(Bytes::from(text)));
    *answer.status_mut() = status;
    let json = hyper::header::HeaderValue::from_static("application/json");
    answer.headers_mut().insert(CONTENT_TYPE, json);
    answer
}

/// The OpenAPI document of the sample backend at `base_url`.
pub fn document(base_url: &str) -> String {
    let document = json!({
        "openapi": "3.0.3",
        "info": {
            "title": "Orders",
            "description": "A small shop to try things out: made-up customers and their orders.",
            "version": "1.0.0",
        },
        "servers": [{ "url": base_url }],
        "paths": {
            "/orders": {
                "get": {
                    "operationId": "list-orders",
                    "summary": "List orders",
                    "parameters": [
                        { "name": "status", "in": "query", "description": "Only orders in this state.",
                          "schema": { "type": "string", "enum": ["open", "paid", "shipped", "cancelled"] } },
                        { "name": "limit", "in": "query", "description": "Orders in the answer.",
                          "schema": { "type": "integer", "minimum": 1, "maximum": LIMIT_MAX, "default": LIMIT_DEFAULT } },
                    ],
                    "responses": { "200": answer("Orders, oldest first.", "OrderList"), "400": problem("A bad parameter.") },
                },
                "post": {
                    "operationId": "create-order",
                    "summary": "Create an order",
                    "requestBody": body(),
                    "responses": { "201": answer("The new order.", "Order"), "400": problem("A bad order.") },
                },
            },
            "/orders/{id}": {
                "parameters": [id_parameter("Number of the order.")],
                "get": {
                    "operationId": "get-order",
                    "summary": "Get an order",
                    "description": "Shows the headers of the request as well, as the backend got them.",
                    "responses": { "200": answer("The order.", "Order"), "404": problem("No such order.") },
                },
                "put": {
                    "operationId": "update-order",
                    "summary": "Update an order",
                    "requestBody": body(),
                    "responses": {
                        "200": answer("The order as it is now.", "Order"),
                        "400": problem("A bad order."),
                        "404": problem("No such order."),
                    },
                },
            },
            "/orders/{id}/cancel": {
                "parameters": [id_parameter("Number of the order.")],
                "post": {
                    "operationId": "cancel-order",
                    "summary": "Cancel an order",
                    "responses": {
                        "200": answer("The order as it is now.", "Order"),
                        "404": problem("No such order."),
                        "409": problem("It has been shipped."),
                    },
                },
            },
            "/customers": {
                "get": {
                    "operationId": "list-customers",
                    "summary": "List customers",
                    "responses": { "200": answer("All customers.", "CustomerList") },
                },
            },
            "/customers/{id}": {
                "parameters": [id_parameter("Number of the customer.")],
                "get": {
                    "operationId": "get-customer",
                    "summary": "Get a customer",
                    "responses": { "200": answer("The customer.", "Customer"), "404": problem("No such customer.") },
                },
            },
        },
        "components": { "schemas": schemas() },
    });
    serde_json::to_string_pretty(&document).expect("JSON values can always be written")
}

fn schemas() -> Value {
    let number = json!({ "type": "integer" });
    let word = json!({ "type": "string" });
    let list =
        |of: &str| json!({ "type": "array", "items": { "$ref": format!("#/components/schemas/{of}") } });
    json!({
        "NewOrder": {
            "type": "object",
            "required": ["item"],
            "properties": { "item": word, "quantity": number, "customerId": number },
            "example": { "item": "salt", "quantity": 2, "customerId": 1 },
        },
        "Order": {
            "type": "object",
            "properties": {
                "id": number, "customerId": number, "item": word, "quantity": number, "totalCents": number,
                "status": word, "requestHeaders": { "type": "object", "additionalProperties": { "type": "string" } },
            },
        },
        "OrderList": { "type": "object", "properties": { "orders": list("Order"), "total": number } },
        "Customer": { "type": "object", "properties": { "id": number, "name": word, "town": word } },
        "CustomerList": { "type": "object", "properties": { "customers": list("Customer") } },
        "Problem": {
            "type": "object",
            "properties": { "error": { "type": "object", "properties": { "code": word, "message": word } } },
        },
    })
}

fn content(schema: &str) -> Value {
    json!({ "application/json": { "schema": { "$ref": format!("#/components/schemas/{schema}") } } })
}

fn body() -> Value {
    json!({ "required": true, "content": content("NewOrder") })
}

fn answer(description: &str, schema: &str) -> Value {
    json!({ "description": description, "content": content(schema) })
}

fn problem(description: &str) -> Value {
    answer(description, "Problem")
}

fn id_parameter(description: &str) -> Value {
    json!({ "name": "id", "in": "path", "required": true, "description": description, "schema": { "type": "integer" } })
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

    /// Status line, all headers and the body of an answer.
    async fn call(addr: SocketAddr, head: &str, body: &str) -> (String, Value) {
        let mut stream = TcpStream::connect(addr).await.expect("it listens");
        let length = body.len();
        let request =
            format!("{head}Host: sample\r\nConnection: close\r\nContent-Length: {length}\r\n\r\n{body}");
        stream.write_all(request.as_bytes()).await.expect("it reads");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.expect("it answers");
        let (head, body) = answer.split_once("\r\n\r\n").expect("a head and a body");
        (head.to_owned(), serde_json::from_str(body).expect(body))
    }

    async fn check(addr: SocketAddr, request: &str, body: &str, status: u16) -> Value {
        let (head, value) = call(addr, &format!("{request} HTTP/1.1\r\n"), body).await;
        assert!(head.starts_with(&format!("HTTP/1.1 {status} ")), "{request}: {head}");
        value
    }

    #[test]
    fn the_document_imports_without_a_finding() {
        let document = document("http://127.0.0.1:1234");
        let (imported, findings) =
            hanse_openapi::read("openapi.json", &document, &hanse_openapi::Options::default());
        assert_eq!(findings, []);
        let imported = imported.expect("it is not refused");
        assert_eq!(imported.service_url.as_deref(), Some("http://127.0.0.1:1234"));
        let mut ids: Vec<&str> = imported.operations.iter().map(|one| one.id.as_str()).collect();
        ids.sort_unstable();
        let expected = [
            "cancel-order",
            "create-order",
            "get-customer",
            "get-order",
            "list-customers",
            "list-orders",
            "update-order",
        ];
        assert_eq!(ids, expected);
    }

    #[tokio::test]
    async fn every_operation_of_the_document_answers() {
        let sample = spawn().await.expect("a free port");
        let addr = sample.addr;
        let served = check(addr, "GET /openapi.json", "", 200).await;
        assert_eq!(served["servers"][0]["url"], format!("http://{addr}"));
        let list = check(addr, "GET /orders?limit=2&status=open", "", 200).await;
        assert_eq!(list["orders"].as_array().map(Vec::len), Some(2));
        assert_eq!(check(addr, "GET /customers", "", 200).await["customers"][3]["town"], "Gdańsk");
        assert_eq!(check(addr, "GET /customers/2", "", 200).await["name"], "Bo Eriksson");
        let made = check(addr, "POST /orders", r#"{"item":"salt","quantity":2}"#, 201).await;
        assert_eq!((&made["id"], &made["totalCents"]), (&json!(31), &json!(840)));
        let changed =
            check(addr, "PUT /orders/31", r#"{"item":"boat","quantity":3,"customerId":2}"#, 200).await;
        assert_eq!((&changed["item"], &changed["totalCents"]), (&json!("boat"), &json!(3_000)));
        assert_eq!(check(addr, "POST /orders/31/cancel", "", 200).await["status"], "cancelled");
        for id in 1..=ORDERS {
            assert_eq!(check(addr, &format!("GET /orders/{id}"), "", 200).await["id"], id);
        }
    }

    #[tokio::test]
    async fn an_order_shows_the_headers_of_the_request_but_no_secrets() {
        let sample = spawn().await.expect("a free port");
        let head = "GET /orders/1 HTTP/1.1\r\nX-Team: a\r\nX-Team: b\r\nAuthorization: secret\r\n\
                    Ocp-Apim-Subscription-Key: secret\r\n";
        let (_, order) = call(sample.addr, head, "").await;
        assert_eq!(order["requestHeaders"]["x-team"], "a, b");
        assert_eq!(order["requestHeaders"]["host"], "sample");
        assert!(!order.to_string().contains("secret"), "{order}");
    }

    #[tokio::test]
    async fn bad_requests_get_a_clear_answer() {
        let sample = spawn().await.expect("a free port");
        let item_past = format!(r#"{{"item":"{}"}}"#, "x".repeat(ITEM_CHARS_MAX + 1));
        let item_at = format!(r#"{{"item":"{}"}}"#, "x".repeat(ITEM_CHARS_MAX));
        let body_past = format!(r#"{{"item":"a"}}{}"#, " ".repeat(BODY_BYTES_MAX));
        for (request, body, status) in [
            ("GET /", "", 404),
            ("GET /orders/99", "", 404),
            ("GET /orders/one", "", 404),
            ("GET /customers/5", "", 404),
            ("PUT /orders/99", r#"{"item":"a"}"#, 404),
            ("POST /orders/99/cancel", "", 404),
            ("DELETE /orders/1", "", 405),
            ("GET /orders/1/cancel", "", 405),
            ("GET /orders?limit=100", "", 200),
            ("GET /orders?limit=101", "", 400),
            ("GET /orders?status=lost", "", 400),
            ("POST /orders", "[]", 400),
            ("POST /orders", r#"{"item":""}"#, 400),
            ("POST /orders", &item_at, 201),
            ("POST /orders", &item_past, 400),
            ("POST /orders", &body_past, 413),
            ("POST /orders", r#"{"item":"a","quantity":1000}"#, 201),
            ("POST /orders", r#"{"item":"a","quantity":1001}"#, 400),
            ("POST /orders", r#"{"item":"a","customerId":4}"#, 201),
            ("POST /orders", r#"{"item":"a","customerId":5}"#, 400),
        ] {
            let answer = check(sample.addr, request, body, status).await;
            let has_message = answer["error"]["message"].as_str().is_some_and(|message| !message.is_empty());
            assert_eq!(has_message, status >= 400, "{request}: {answer}");
        }
    }

    #[tokio::test]
    async fn it_stops_when_it_is_dropped() {
        let sample = spawn().await.expect("a free port");
        let mut stream = TcpStream::connect(sample.addr).await.expect("it listens");
        stream.write_all(b"GET /customers HTTP/1.1\r\nHost: a\r\n\r\n").await.expect("it reads");
        let mut byte = [0];
        stream.read_exact(&mut byte).await.expect("it answers");
        drop(sample);
        // The connection ends, by a close or a reset.
        let mut rest = Vec::new();
        let _ = stream.read_to_end(&mut rest).await;
    }
}
