//! Every type and member that an expression may use, with what runs it.
//!
//! Declared as .NET's documentation writes them, in `crate::net`; read once, when the first expression is
//! checked. What is not here does not exist for an expression: that is the sandbox.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use super::known::Known;
use super::signature::{self, Form, Header, ParamText, Signature};
use super::ty::{Ty, TypeId};
use crate::run::Native;

static CATALOGUE: LazyLock<Catalogue> = LazyLock::new(|| Builder::new().build(crate::net::define));

/// The types and members of this release.
pub fn catalogue() -> &'static Catalogue {
    &CATALOGUE
}

/// All types, by name.
#[derive(Debug)]
pub struct Catalogue {
    types: Vec<TypeDef>,
    by_name: BTreeMap<&'static str, Vec<TypeId>>,
    /// Extension methods by name, and the static classes that hold them.
    extensions: BTreeMap<&'static str, Vec<&'static Member>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TypeKind {
    Class,
    Struct,
    Interface,
    Enum,
    Delegate,
    Static,
}

#[derive(Debug)]
pub struct TypeDef {
    pub id: TypeId,
    pub namespace: &'static str,
    pub name: &'static str,
    pub kind: TypeKind,
    /// Number of type parameters.
    pub arity: usize,
    /// Class first, where it has one besides `object`.
    pub bases: Vec<Ty>,
    /// By name; constructors under `.ctor`, indexers under `Item`, operators under their symbol,
    /// conversions under the empty name.
    pub members: BTreeMap<&'static str, Vec<&'static Member>>,
    /// Of an enumeration, in the order of declaration.
    pub values: Vec<(&'static str, i32)>,
    /// Of an enumeration whose values are combined.
    pub is_flags: bool,
    pub delegate: Option<(Vec<Ty>, Ty)>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MemberKind {
    Method,
    Property,
    Indexer,
    Constructor,
    Operator,
    Implicit,
    Explicit,
}

pub struct Member {
    pub name: &'static str,
    pub kind: MemberKind,
    pub is_static: bool,
    pub is_extension: bool,
    /// Number of the method's own type parameters; in types they come after those of its type.
    pub type_params: usize,
    pub params: Vec<Param>,
    pub returns: Ty,
    pub owner: TypeId,
    pub get: Native,
    pub set: Option<Native>,
    /// As it was declared.
    pub text: &'static str,
}

#[derive(Debug)]
pub struct Param {
    pub name: String,
    pub ty: Ty,
    pub is_params: bool,
    pub is_out: bool,
    pub default: Option<Constant>,
}

/// A constant of a signature.
#[derive(Debug, Clone, PartialEq)]
pub enum Constant {
    Null,
    Bool(bool),
    Int(i32),
    Char(u16),
    Text(&'static str),
}

impl std::fmt::Debug for Member {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.text)
    }
}

impl TypeDef {
    pub fn is_value_type(&self) -> bool {
        matches!(self.kind, TypeKind::Struct | TypeKind::Enum)
    }

    pub fn is_enum(&self) -> bool {
        self.kind == TypeKind::Enum
    }

    pub fn named(&self, name: &str) -> &[&'static Member] {
        self.members.get(name).map_or(&[], Vec::as_slice)
    }

    /// `int` for `Int32`.
    pub fn keyword(&self) -> Option<&'static str> {
        KEYWORDS.iter().find(|(_, known)| known.id() == self.id).map(|(word, _)| *word)
    }

    pub fn full_name(&self) -> String {
        format!("{}.{}", self.namespace, self.name)
    }
}

/// Keywords of the language that are types.
pub const KEYWORDS: [(&str, Known); 15] = [
    ("object", Known::Object),
    ("string", Known::String),
    ("bool", Known::Boolean),
    ("char", Known::Char),
    ("sbyte", Known::SByte),
    ("byte", Known::Byte),
    ("short", Known::Int16),
    ("ushort", Known::UInt16),
    ("int", Known::Int32),
    ("uint", Known::UInt32),
    ("long", Known::Int64),
    ("ulong", Known::UInt64),
    ("float", Known::Single),
    ("double", Known::Double),
    ("decimal", Known::Decimal),
];

impl Catalogue {
    pub fn get(&self, id: TypeId) -> &TypeDef {
        &self.types[usize::from(id.0)]
    }

    pub fn types(&self) -> impl Iterator<Item = &TypeDef> {
        self.types.iter()
    }

    /// A type by its short name and number of type parameters.
    pub fn find(&self, name: &str, arity: usize) -> Option<TypeId> {
        let ids = self.by_name.get(name)?;
        ids.iter().copied().find(|id| self.get(*id).arity == arity)
    }

    pub fn has_name(&self, name: &str) -> bool {
        self.by_name.contains_key(name)
    }

    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.by_name.keys().copied()
    }

    /// A type by namespace, name and number of type parameters.
    pub fn find_in(&self, namespace: &str, name: &str, arity: usize) -> Option<TypeId> {
        let ids = self.by_name.get(name)?;
        ids.iter().copied().find(|id| self.get(*id).arity == arity && self.get(*id).namespace == namespace)
    }

    /// True where some type's namespace is this or begins with it.
    pub fn is_namespace(&self, name: &str) -> bool {
        let within = |namespace: &str| {
            namespace.strip_prefix(name).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
        };
        self.types.iter().any(|def| within(def.namespace))
    }

    pub fn extensions(&self, name: &str) -> &[&'static Member] {
        self.extensions.get(name).map_or(&[], Vec::as_slice)
    }

    pub fn extension_names(&self) -> impl Iterator<Item = &'static str> {
        self.extensions.keys().copied()
    }

    /// The bases of a type with its arguments put in, nearest first, each once; `object` last.
    pub fn ancestors(&self, ty: &Ty) -> Vec<Ty> {
        let mut found: Vec<Ty> = Vec::new();
        let mut todo = vec![ty.clone()];
        let mut at = 0;
        while let Some(next) = todo.get(at).cloned() {
            at += 1;
            if let Ty::Named(id, arguments) = &next {
                todo.extend(self.get(*id).bases.iter().map(|base| base.substitute(arguments)));
            }
            if let Ty::Array(element) = &next {
                let element = || [(**element).clone()];
                todo.push(Ty::generic(Known::IList, element()));
                todo.push(Ty::generic(Known::IReadOnlyList, element()));
                todo.push(Ty::known(Known::Array));
            }
            if at > 1 && !found.contains(&next) {
                found.push(next);
            }
        }
        if !ty.is(Known::Object) {
            found.retain(|base| !base.is(Known::Object));
            found.push(Ty::object());
        }
        found
    }
}

/// Collects declarations.
pub struct Builder {
    types: Vec<Declared>,
}

struct Declared {
    namespace: &'static str,
    header: Header,
    text: &'static str,
    members: Vec<DeclaredMember>,
    values: Vec<(&'static str, i32)>,
    is_flags: bool,
}

struct DeclaredMember {
    text: &'static str,
    get: Native,
    set: Option<Native>,
}

/// The declaration of one type.
pub struct TypeBuilder<'b> {
    declared: &'b mut Declared,
}

impl TypeBuilder<'_> {
    /// A method, constructor, operator, conversion or read-only property.
    pub fn add(&mut self, text: &'static str, get: Native) -> &mut Self {
        self.declared.members.push(DeclaredMember { text, get, set: None });
        self
    }

    /// A property or indexer that can be set; the value comes last.
    pub fn add_settable(&mut self, text: &'static str, get: Native, set: Native) -> &mut Self {
        self.declared.members.push(DeclaredMember { text, get, set: Some(set) });
        self
    }
}

impl Builder {
    fn new() -> Self {
        Self { types: Vec::new() }
    }

    /// A class, struct or interface: `class List<T> : IList<T>`; `static class Math`.
    pub fn define(
        &mut self,
        namespace: &'static str,
        text: &'static str,
        fill: impl FnOnce(&mut TypeBuilder<'_>),
    ) {
        let header = signature::header(text.strip_prefix("static ").unwrap_or(text));
        let mut declared =
            Declared { namespace, header, text, members: Vec::new(), values: Vec::new(), is_flags: false };
        fill(&mut TypeBuilder { declared: &mut declared });
        self.types.push(declared);
    }

    /// Members of a type that is defined elsewhere; extension methods come into static classes of their own.
    pub fn extend(&mut self, name: &str, fill: impl FnOnce(&mut TypeBuilder<'_>)) {
        let declared = self.types.iter_mut().find(|declared| declared.header.name == name);
        let declared = declared.unwrap_or_else(|| panic!("no type `{name}` to extend"));
        fill(&mut TypeBuilder { declared });
    }

    pub fn enumeration(
        &mut self,
        namespace: &'static str,
        name: &'static str,
        values: &[(&'static str, i32)],
    ) {
        let header = Header {
            word: "enum".to_owned(),
            name: name.to_owned(),
            params: Vec::new(),
            bases: Vec::new(),
            signature: None,
        };
        let values = values.to_vec();
        self.types.push(Declared {
            namespace,
            header,
            text: name,
            members: Vec::new(),
            values,
            is_flags: false,
        });
    }

    pub fn flags(&mut self, namespace: &'static str, name: &'static str, values: &[(&'static str, i32)]) {
        self.enumeration(namespace, name, values);
        self.types.last_mut().expect("just pushed").is_flags = true;
    }

    fn build(mut self, define: fn(&mut Self)) -> Catalogue {
        define(&mut self);
        // The known ones come first and in their order; the rest as declared.
        let place = |declared: &Declared| {
            let name = (declared.namespace, declared.header.name.as_str(), arity(&declared.header));
            Known::ALL.iter().position(|known| *known == name).unwrap_or(usize::MAX)
        };
        self.types.sort_by_key(place);
        for (at, known) in Known::ALL.iter().enumerate() {
            let found =
                self.types.get(at).map(|it| (it.namespace, it.header.name.as_str(), arity(&it.header)));
            assert_eq!(found, Some(*known), "a known type is not declared, or twice");
        }

        let mut by_name: BTreeMap<&'static str, Vec<TypeId>> = BTreeMap::new();
        let mut types = Vec::new();
        for (at, declared) in self.types.iter().enumerate() {
            let id = TypeId(u16::try_from(at).expect("few types"));
            let name: &'static str = declared.header.name.clone().leak();
            by_name.entry(name).or_default().push(id);
            types.push((id, name));
        }
        let find = |name: &str, count: usize| {
            let keyword = KEYWORDS.iter().find(|(word, _)| *word == name).map(|(_, known)| known.id());
            let ids = by_name.get(name).map_or(&[][..], Vec::as_slice);
            let id = keyword.or_else(|| {
                ids.iter().copied().find(|id| arity(&self.types[usize::from(id.0)].header) == count)
            })?;
            Some(Ty::Named(id, [].into()))
        };
        let mut defs = Vec::new();
        let mut extensions: BTreeMap<&'static str, Vec<&'static Member>> = BTreeMap::new();
        for (declared, (id, name)) in self.types.iter().zip(types) {
            let params = &declared.header.params;
            let ty = |text: &signature::TypeText| signature::resolve(text, params, &find, declared.text);
            let kind = match declared.header.word.as_str() {
                _ if declared.text.starts_with("static ") => TypeKind::Static,
                "class" => TypeKind::Class,
                "struct" => TypeKind::Struct,
                "interface" => TypeKind::Interface,
                "delegate" => TypeKind::Delegate,
                "enum" => TypeKind::Enum,
                other => panic!("`{other}` is no kind of type, in `{}`", declared.text),
            };
            let delegate = declared.header.signature.as_ref();
            let delegate =
                delegate.map(|(returns, params)| (params.iter().map(|it| ty(&it.ty)).collect(), ty(returns)));
            let mut bases: Vec<Ty> = declared.header.bases.iter().map(ty).collect();
            match kind {
                TypeKind::Enum => bases.push(Ty::known(Known::Enum)),
                TypeKind::Struct => bases.push(Ty::known(Known::ValueType)),
                _ => {}
            }
            let mut members: BTreeMap<&'static str, Vec<&'static Member>> = BTreeMap::new();
            for member in &declared.members {
                let member: &'static Member = Box::leak(Box::new(build_member(member, params, id, &find)));
                members.entry(member.name).or_default().push(member);
                if member.is_extension {
                    extensions.entry(member.name).or_default().push(member);
                }
            }
            defs.push(TypeDef {
                id,
                namespace: declared.namespace,
                name,
                kind,
                arity: params.len(),
                bases,
                members,
                values: declared.values.clone(),
                is_flags: declared.is_flags,
                delegate,
            });
        }
        Catalogue { types: defs, by_name, extensions }
    }
}

fn arity(header: &Header) -> usize {
    header.params.len()
}

fn build_member(
    declared: &DeclaredMember,
    type_params: &[String],
    owner: TypeId,
    find: &dyn Fn(&str, usize) -> Option<Ty>,
) -> Member {
    let Signature { is_static, form, name, type_params: own, returns, params, has_setter } =
        signature::member(declared.text);
    assert_eq!(has_setter, declared.set.is_some(), "a setter is missing or too many: `{}`", declared.text);
    let in_scope = [type_params, &own].concat();
    let ty = |text: &signature::TypeText| signature::resolve(text, &in_scope, find, declared.text);
    let is_extension = params.first().is_some_and(|param| param.is_this);
    let param = |param: &ParamText| Param {
        name: param.name.clone(),
        ty: ty(&param.ty),
        is_params: param.is_params,
        is_out: param.is_out,
        default: param.default.as_deref().map(|text| constant(text, declared.text)),
    };
    let kind = match form {
        Form::Method => MemberKind::Method,
        Form::Property => MemberKind::Property,
        Form::Indexer => MemberKind::Indexer,
        Form::Constructor => MemberKind::Constructor,
        Form::Operator => MemberKind::Operator,
        Form::Implicit => MemberKind::Implicit,
        Form::Explicit => MemberKind::Explicit,
    };
    Member {
        name: name.leak(),
        kind,
        is_static,
        is_extension,
        type_params: own.len(),
        params: params.iter().map(param).collect(),
        returns: ty(&returns),
        owner,
        get: declared.get,
        set: declared.set,
        text: declared.text,
    }
}

fn constant(text: &str, whole: &str) -> Constant {
    let quoted = |quote: char| text.strip_prefix(quote).and_then(|rest| rest.strip_suffix(quote));
    match text {
        "null" => Constant::Null,
        "true" => Constant::Bool(true),
        "false" => Constant::Bool(false),
        _ => {
            if let Some(text) = quoted('"') {
                return Constant::Text(text.to_owned().leak());
            }
            if let Some(char) = quoted('\'').and_then(|text| text.encode_utf16().next()) {
                return Constant::Char(char);
            }
            Constant::Int(text.parse().unwrap_or_else(|_| panic!("`{text}` is no constant, in `{whole}`")))
        }
    }
}
