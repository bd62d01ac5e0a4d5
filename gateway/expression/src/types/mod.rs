//! The .NET types that an expression may name, and their members: a closed list.

pub mod catalogue;
pub mod known;
pub mod signature;
pub mod ty;

pub use catalogue::{Catalogue, Member, MemberKind, TypeDef, catalogue};
pub use known::Known;
pub use ty::{Ty, TypeId};
