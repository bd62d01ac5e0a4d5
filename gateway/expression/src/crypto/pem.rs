//! PEM around DER, as tools write it (RFC 7468).
//!
//! The one idea: the first block whose label is wanted counts; text without any block may be bare
//! Base64 or DER already.

use crate::encoding::from_base64;

/// The first block with one of these labels: its label and its bytes.
pub fn block<'l>(text: &[u8], labels: &[&'l str]) -> Option<(&'l str, Vec<u8>)> {
    let text = std::str::from_utf8(text).ok()?;
    let begin = "-----BEGIN ";
    let mut rest = text;
    while let Some(at) = rest.find(begin) {
        let behind = &rest[at + begin.len()..];
        let (label, body) = behind.split_once("-----")?;
        if let Some(label) = labels.iter().find(|wanted| **wanted == label) {
            let (base64, _) = body.split_once("-----END ")?;
            return Some((label, from_base64(base64).ok()?));
        }
        rest = body;
    }
    None
}

/// DER as it stands, in PEM with one of these labels, or in bare Base64.
pub fn der(bytes: &[u8], labels: &[&str]) -> Option<Vec<u8>> {
    const SEQUENCE: u8 = 0x30;
    if bytes.first() == Some(&SEQUENCE) {
        return Some(bytes.to_vec());
    }
    match block(bytes, labels) {
        Some((_, der)) => Some(der),
        None => from_base64(std::str::from_utf8(bytes).ok()?).ok(),
    }
}
