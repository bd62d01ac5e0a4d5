//! From flags to a client: which context, which servers.

use super::{Failure, Globals, progress::while_working};
use hanse::{
    client::{CALL_TIMEOUT, CallError, Client, Stubs},
    context::{Config, Context, ContextError, config_dir},
};
use std::time::Duration;
use tonic::{Request, Response, Status};

/// The contexts of the user.
pub fn contexts() -> Result<Config, Failure> {
    Config::load(&config_dir()).map_err(|error| match error {
        ContextError::Findings { findings, .. } => {
            let text = |file: &str| std::fs::read_to_string(file).ok();
            Failure::findings(hanse_manifest::render(&findings, &text))
                .into_usage()
                .hint("mend that file, or move it away: `hanse dev` and `hanse context add` write a new one")
        }
        error => Failure::usage(error.to_string())
            .hint("mend that file, or move it away: `hanse dev` and `hanse context add` write a new one"),
    })
}

/// The context that the flags choose.
pub fn context(globals: &Globals) -> Result<Context, Failure> {
    let config = contexts()?;
    let name = globals.context.as_deref();
    let Some(found) = config.find(name) else { return Err(no_context(&config, name)) };
    let mut context = found.clone();
    if let Some(server) = &globals.server {
        if server.rsplit_once(':').is_none_or(|(host, port)| host.is_empty() || port.parse::<u16>().is_err())
        {
            return Err(Failure::usage(format!("`{server}` is no server; expected HOST:PORT")));
        }
        context.servers = vec![server.clone()];
    }
    Ok(context)
}

fn no_context(config: &Config, name: Option<&str>) -> Failure {
    let names: Vec<&str> = config.contexts.iter().map(|context| context.name.as_str()).collect();
    match name {
        _ if names.is_empty() => Failure::usage("there is no cluster to speak to yet")
            .hint("`hanse dev` starts one here; `hanse context add` takes one that runs elsewhere, with a certificate"),
        Some(name) => Failure::usage(format!("there is no context `{name}`"))
            .hint(format!("there are {}", names.join(", "))),
        None => Failure::usage("no context is the current one")
            .hint(format!("`hanse context use NAME` chooses one of {}", names.join(", "))),
    }
}

/// A client for the context that the flags choose; nothing is sent yet.
pub fn client(globals: &Globals) -> Result<Client, Failure> {
    Ok(Client::new(context(globals)?)?)
}

/// Makes a call and says meanwhile what it is for.
pub async fn call<T, F>(client: &mut Client, what: &str, call: impl Fn(Stubs) -> F) -> Result<T, CallError>
where
    F: Future<Output = Result<Response<T>, Status>>,
{
    call_within(client, what, CALL_TIMEOUT, call).await
}

/// Makes a call that may take as long as `time`.
pub async fn call_within<T, F>(
    client: &mut Client,
    what: &str,
    time: Duration,
    call: impl Fn(Stubs) -> F,
) -> Result<T, CallError>
where
    F: Future<Output = Result<Response<T>, Status>>,
{
    while_working(what, client.call(time, call)).await
}

/// A request that tells the server how long its answer is waited for.
pub fn request<M>(message: M, time: Duration) -> Request<M> {
    let mut request = Request::new(message);
    request.set_timeout(time);
    request
}
