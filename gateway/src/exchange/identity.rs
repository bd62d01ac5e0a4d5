//! Certificates that requests show to backends.
//!
//! One idea: what a document brings along is opened once, beside the unit's thread, and kept by what it
//! is; opening it is meant to be slow. Must not know who asks for it.

use crate::{
    certificates::Identity,
    unit::{Turn, Unit, ended},
};
use hanse_policy::{ClientIdentity, HeldCertificate};
use ring::digest::{Context, SHA256};
use std::{fmt::Write as _, sync::Arc};
use tokio::task;

/// The certificate itself.
///
/// # Errors
/// Why it cannot be opened, without anything of it.
pub(super) async fn held(
    unit: &Unit,
    workspace: &str,
    identity: &ClientIdentity,
) -> Result<Arc<HeldCertificate>, String> {
    let (bytes, password) = match identity {
        ClientIdentity::Held(held) => return Ok(held.clone()),
        ClientIdentity::Pfx { bytes, password } => (bytes, password),
    };
    let name = name(bytes, password);
    loop {
        if let Some(entry) = unit.opened.borrow_mut().get(workspace, &name)
            && let Some((held, _)) = &entry.value
        {
            return Ok(held.clone());
        }
        let turn = unit.opened.borrow_mut().begin(workspace, &name);
        match turn {
            Turn::Ours(sender, _) => {
                let (bytes, password) = (bytes.clone(), password.clone());
                let opened = task::spawn_blocking(move || Identity::read_pkcs12(&bytes, &password)).await;
                let opened = match opened {
                    Ok(opened) => opened.map_err(|refused| refused.to_string()),
                    Err(_) => Err("it cannot be opened".to_owned()),
                };
                let opened = opened.map(|identity| Arc::new(identity.into_held()));
                unit.opened.borrow_mut().end(workspace, &name, opened.as_ref().ok().cloned(), unit.now_ms());
                drop(sender);
                return opened.map_err(|error| format!("The client certificate: {error}."));
            }
            // Whoever opened it without success has told its own request alone: the next one tries.
            Turn::Theirs(receiver) => ended(receiver).await,
            Turn::Nobodys => return Err("Too many client certificates are being opened.".to_owned()),
        }
    }
}

/// Tells what is opened with one password from all else.
fn name(bytes: &[u8], password: &str) -> String {
    let mut all = Context::new(&SHA256);
    all.update(&(bytes.len() as u64).to_be_bytes());
    all.update(bytes);
    all.update(password.as_bytes());
    let mut name = String::with_capacity(64);
    for byte in all.finish().as_ref() {
        write!(name, "{byte:02x}").expect("a string takes everything");
    }
    name
}
