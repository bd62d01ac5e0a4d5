//! Coming from APIM: what a folder of APIOps becomes, and overrides for one environment.
//!
//! ```text
//! paths → texts ─► folder (which file is what) ─► read (information, policies) ─► Import: resources,
//!                                            └─► specification (OpenAPI, GraphQL, WSDL, WADL)   and a report
//! resources + one environment's file ─► overrides::merge ─► resources, findings
//! ```
//!
//! One idea: every file is either taken or untaken with its reason, and nothing stops the others
//! from being taken. What a server refuses later is left out by the same report ([`Import::leave_out`]).
//!
//! Must not know files, the network, or the store. Start with [`read`].

mod folder;
mod lens;
pub mod overrides;
mod read;
mod report;
mod specification;
mod wadl;
mod wsdl;
mod xml;

pub use read::{Options, Overrides, read};
pub use report::{FileReport, Import, Note};

#[cfg(test)]
mod tests;
