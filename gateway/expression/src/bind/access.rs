//! Members and elements: reading them, and the places that can be assigned to.

use super::convert::Conversion;
use super::expr::{Group, Item};
use super::{Binder, Bound};
use crate::diagnostic::Diagnostic;
use crate::run::code::{Call, Const, DynamicCall, DynamicOp, Equality, Node, Slot};
use crate::span::Span;
use crate::syntax::ast::{self, Expr};
use crate::types::catalogue::MemberKind;
use crate::types::{Known, Member, Ty, catalogue};

/// A field with its place and type, or a property with the type that declares it.
type Found = Result<(u16, Ty), (&'static Member, Ty)>;

/// Something that can be read, and perhaps assigned to.
pub(super) enum Place {
    Local(usize),
    /// A property or indexer: the receiver, then the index. Static ones have no operands.
    Member {
        member: &'static Member,
        types: Vec<Ty>,
        operands: Vec<Node>,
        ty: Ty,
    },
    Element {
        operands: Vec<Node>,
        ty: Ty,
    },
    DynamicMember {
        name: String,
        operands: Vec<Node>,
    },
    DynamicElement {
        operands: Vec<Node>,
    },
}

impl Place {
    pub(super) fn ty(&self, binder: &Binder) -> Ty {
        match self {
            Self::Local(id) => binder.variables[*id].ty.clone(),
            Self::Member { ty, .. } | Self::Element { ty, .. } => ty.clone(),
            Self::DynamicMember { .. } | Self::DynamicElement { .. } => Ty::Dynamic,
        }
    }

    fn operands(&mut self) -> &mut Vec<Node> {
        match self {
            Self::Local(_) => unreachable!("a local variable has no operands"),
            Self::Member { operands, .. }
            | Self::Element { operands, .. }
            | Self::DynamicMember { operands, .. }
            | Self::DynamicElement { operands } => operands,
        }
    }
}

impl Binder {
    pub(super) fn member(
        &mut self,
        target: &Expr,
        name: &ast::Name,
        arguments: &[ast::TypeName],
        span: Span,
    ) -> Item {
        let target = self.item(target);
        self.of_item(target, name, arguments, span)
    }

    fn of_item(&mut self, target: Item, name: &ast::Name, arguments: &[ast::TypeName], span: Span) -> Item {
        let type_arguments: Vec<Ty> = arguments.iter().map(|argument| self.ty(argument)).collect();
        match target {
            Item::Namespace(namespace) => self.in_namespace(&namespace, name, type_arguments, span),
            Item::Type(ty) => self.static_member(ty, name, type_arguments, span),
            Item::Value(bound) => self.value_member(bound, name, type_arguments, span, false),
            other => {
                let bound = self.as_value(other, span);
                self.value_member(bound, name, type_arguments, span, false)
            }
        }
    }

    /// A member that is called: a property that is no delegate does not stand in a method's way.
    pub(super) fn called(
        &mut self,
        target: &Expr,
        name: &ast::Name,
        arguments: &[ast::TypeName],
        span: Span,
    ) -> Item {
        if !self.count() {
            return Item::Value(Bound::unknown(span));
        }
        let of = self.deeper(span, |binder| binder.item(target));
        match of {
            Some(Item::Value(bound)) => {
                let type_arguments: Vec<Ty> = arguments.iter().map(|argument| self.ty(argument)).collect();
                self.value_member(bound, name, type_arguments, span, true)
            }
            Some(other) => self.of_item(other, name, arguments, span),
            None => Item::Value(Bound::unknown(span)),
        }
    }

    fn in_namespace(&mut self, namespace: &str, name: &ast::Name, arguments: Vec<Ty>, span: Span) -> Item {
        if let Some(id) = catalogue().find_in(namespace, &name.text, arguments.len()) {
            return Item::Type(Ty::Named(id, arguments.into()));
        }
        let longer = format!("{namespace}.{}", name.text);
        if catalogue().is_namespace(&longer) {
            return Item::Namespace(longer);
        }
        if matches!(
            longer.as_str(),
            "System.IO"
                | "System.Threading"
                | "System.Diagnostics"
                | "System.Reflection"
                | "System.Runtime"
                | "System.Data"
                | "System.Net.Http"
                | "System.Net.Sockets"
                | "Microsoft.Win32"
        ) {
            let message = format!("`{longer}` is not allowed in policy expressions");
            self.error("HX0010", span, message);
            return Item::Value(Bound::unknown(span));
        }
        self.unknown_name(&name.text, name.span);
        Item::Value(Bound::unknown(span))
    }

    fn static_member(&mut self, ty: Ty, name: &ast::Name, type_arguments: Vec<Ty>, span: Span) -> Item {
        let Ty::Named(id, _) = &ty else {
            return Item::Value(self.no_member(&ty, &name.text, name.span));
        };
        let def = catalogue().get(*id);
        if let Some((_, value)) = def.values.iter().find(|value| value.0 == name.text) {
            let node = Node::Const(Const::Enum(*id, *value));
            return Item::Value(Bound { constant: Some((*value).into()), ..Bound::new(node, ty, span) });
        }
        let mut types = vec![ty.clone()];
        types.extend(catalogue().ancestors(&ty));
        for owner in &types {
            let Some(id) = owner.id() else { continue };
            for member in catalogue().get(id).named(&name.text) {
                if member.kind == MemberKind::Property && member.is_static {
                    let call = call(member, owner.arguments(), Vec::new(), false);
                    let mut bound = Bound::new(call, member.returns.substitute(owner.arguments()), span);
                    // `int.MaxValue` is a constant.
                    bound.constant = limit(owner, &name.text);
                    return Item::Value(bound);
                }
            }
        }
        if !self.levels(&ty, &name.text, true).is_empty() {
            return Item::Group(Group {
                receiver: None,
                ty,
                name: name.text.clone(),
                type_arguments,
                span: name.span,
            });
        }
        let has_instance = types
            .iter()
            .filter_map(Ty::id)
            .any(|id| catalogue().get(id).named(&name.text).iter().any(|member| !member.is_static));
        if has_instance {
            let message = format!("`{}` belongs to a value of `{ty}`, not to the type", name.text);
            self.error("CS0120", name.span, message);
            return Item::Value(Bound::unknown(span));
        }
        Item::Value(self.no_member(&ty, &name.text, name.span))
    }

    fn value_member(
        &mut self,
        target: Bound,
        name: &ast::Name,
        type_arguments: Vec<Ty>,
        span: Span,
        is_called: bool,
    ) -> Item {
        if target.is_unknown() {
            return Item::Value(Bound::unknown(span));
        }
        if target.ty == Ty::Null {
            self.error("CS0023", span, "`null` has no members");
            return Item::Value(Bound::unknown(span));
        }
        if target.ty == Ty::Dynamic {
            // Whether it is called is known to the call alone; a plain read takes the group apart again.
            return Item::Group(Group {
                ty: Ty::Dynamic,
                receiver: Some(target),
                name: name.text.clone(),
                type_arguments,
                span: name.span,
            });
        }
        if target.ty.nullable_of().is_some() && matches!(name.text.as_str(), "HasValue" | "Value") {
            return Item::Value(self.of_nullable(target, &name.text, span));
        }
        let place = self.member_place(&target, &name.text).filter(|place| {
            let ty = match place {
                Ok((_, ty)) => ty.clone(),
                Err((member, owner)) => member.returns.substitute(owner.arguments()),
            };
            let is_in_the_way = is_called && ty.delegate().is_none() && ty != Ty::Dynamic;
            let has_method = !self.levels(&target.ty, &name.text, false).is_empty()
                || !catalogue().extensions(&name.text).is_empty();
            !(is_in_the_way && has_method)
        });
        if let Some(place) = place {
            return Item::Value(match place {
                Ok((at, ty)) => Bound::new(Node::Field { at, of: Box::new(target.node) }, ty, span),
                Err((member, owner)) => {
                    let ty = member.returns.substitute(owner.arguments());
                    Bound::new(call(member, owner.arguments(), vec![target.node], true), ty, span)
                }
            });
        }
        let is_invoke = name.text == "Invoke" && target.ty.delegate().is_some();
        let is_default = name.text == "GetValueOrDefault" && target.ty.nullable_of().is_some();
        let has_methods = is_invoke
            || is_default
            || !self.levels(&target.ty, &name.text, false).is_empty()
            || !catalogue().extensions(&name.text).is_empty();
        if has_methods {
            return Item::Group(Group {
                ty: target.ty.clone(),
                receiver: Some(target),
                name: name.text.clone(),
                type_arguments,
                span: name.span,
            });
        }
        let is_static = |ty: &Ty| {
            let members = ty.id().map_or(&[][..], |id| catalogue().get(id).named(&name.text));
            members.iter().any(|member| member.is_static && member.kind == MemberKind::Property)
        };
        if is_static(&target.ty) || !self.levels(&target.ty, &name.text, true).is_empty() {
            let message =
                format!("`{}` belongs to the type `{}`, not to a value of it", name.text, target.ty);
            self.tell(
                Diagnostic::error("CS0176", name.span, message)
                    .hint(format!("write `{}.{}`", target.ty, name.text)),
            );
            return Item::Value(Bound::unknown(span));
        }
        if matches!(name.text.as_str(), "GetType") {
            self.error(
                "HX0010",
                name.span,
                "`GetType` is not allowed: policy expressions have no access to reflection",
            );
            return Item::Value(Bound::unknown(span));
        }
        if let Some(inner) = target.ty.nullable_of()
            && self
                .member_place(&Bound::new(Node::Const(Const::Null), inner.clone(), span), &name.text)
                .is_some()
        {
            let message = format!("`{}` has no member `{}`", target.ty, name.text);
            let hint = format!("`{}` has: write `.Value.{}`", inner, name.text);
            self.tell(Diagnostic::error("CS1061", name.span, message).hint(hint));
            return Item::Value(Bound::unknown(span));
        }
        Item::Value(self.no_member(&target.ty, &name.text, name.span))
    }

    /// `HasValue` and `Value` of a `T?`.
    fn of_nullable(&mut self, target: Bound, name: &str, span: Span) -> Bound {
        if name == "HasValue" {
            let operands = Box::new([target.node, Node::Const(Const::Null)]);
            return Bound::new(
                Node::Equal { how: Equality::Value, is_negated: true, operands },
                Ty::bool(),
                span,
            );
        }
        let inner = target.ty.nullable_of().cloned().unwrap_or(Ty::Unknown);
        self.apply(target, &Conversion::Unwrap(Box::new(Conversion::Same)), &inner)
    }

    /// The field or property of a name.
    fn member_place(&self, target: &Bound, name: &str) -> Option<Found> {
        if let Ty::Anonymous(fields) | Ty::Tuple(fields) = &target.ty {
            let by_number =
                || name.strip_prefix("Item").and_then(|at| at.parse::<usize>().ok()?.checked_sub(1));
            let at = fields
                .iter()
                .position(|field| field.0 == name)
                .or_else(|| by_number().filter(|at| matches!(target.ty, Ty::Tuple(_)) && *at < fields.len()));
            if let Some(at) = at {
                return Some(Ok((u16::try_from(at).ok()?, fields[at].1.clone())));
            }
        }
        let mut types = vec![target.ty.clone()];
        types.extend(catalogue().ancestors(&target.ty));
        // An array has its interfaces' properties only where it is seen as one of them.
        let is_array = target.ty.element_of_array().is_some();
        for owner in types.into_iter().filter(|owner| !is_array || owner.arguments().is_empty()) {
            let Some(id) = owner.id() else { continue };
            let property =
                |member: &&&'static Member| member.kind == MemberKind::Property && !member.is_static;
            if let Some(member) = catalogue().get(id).named(name).iter().find(property) {
                return Some(Err((member, owner)));
            }
        }
        None
    }

    /// What `target[arguments]` is.
    pub(super) fn index_place(
        &mut self,
        target: Bound,
        arguments: &[ast::Argument],
        span: Span,
    ) -> Option<Place> {
        if target.is_unknown() {
            self.plain_arguments(arguments);
            return None;
        }
        let mut values = self.plain_arguments(arguments);
        if values.iter().any(Bound::is_unknown) {
            return None;
        }
        if target.ty == Ty::Dynamic || values.iter().any(|value| value.ty == Ty::Dynamic) {
            let mut operands = vec![target.node];
            operands.extend(values.into_iter().map(|value| value.node));
            return Some(Place::DynamicElement { operands });
        }
        if let Ty::Array(element) = &target.ty {
            let index = values.pop()?;
            let ty = (**element).clone();
            let whole = match super::convert::num_ty(&index.ty) {
                Some(_)
                    if index.ty.is(Known::Int64)
                        || index.ty.is(Known::UInt32)
                        || index.ty.is(Known::UInt64) =>
                {
                    index
                }
                _ => self.coerce(index, &Ty::int()),
            };
            return Some(Place::Element { operands: vec![target.node, whole.node], ty });
        }
        let mut types = vec![target.ty.clone()];
        types.extend(catalogue().ancestors(&target.ty));
        let mut seen = false;
        for owner in types {
            let Some(id) = owner.id() else { continue };
            let members = catalogue().get(id).named("Item");
            let mut best: Option<&'static Member> = None;
            for member in members.iter().filter(|member| member.kind == MemberKind::Indexer) {
                seen = true;
                let params: Vec<Ty> =
                    member.params.iter().map(|param| param.ty.substitute(owner.arguments())).collect();
                let fits = params.len() == values.len()
                    && params.iter().zip(&values).all(|(param, value)| self.converts(value, param));
                let is_better = |known: &&'static Member| {
                    let known: Vec<Ty> =
                        known.params.iter().map(|param| param.ty.substitute(owner.arguments())).collect();
                    params
                        .iter()
                        .zip(&known)
                        .zip(&values)
                        .any(|((one, two), value)| super::convert::better(&value.ty, one, two) < 0)
                };
                if fits && best.as_ref().is_none_or(is_better) {
                    best = Some(member);
                }
            }
            if let Some(member) = best {
                let ty = member.returns.substitute(owner.arguments());
                let mut operands = vec![target.node];
                for (value, param) in values.into_iter().zip(&member.params) {
                    operands.push(self.coerce(value, &param.ty.substitute(owner.arguments())).node);
                }
                return Some(Place::Member { member, types: owner.arguments().to_vec(), operands, ty });
            }
        }
        let shown: Vec<String> = values.iter().map(|value| format!("`{}`", value.ty)).collect();
        let (code, message) = match seen {
            true => ("CS1503", format!("`{}` cannot be indexed with {}", target.ty, shown.join(", "))),
            false => ("CS0021", format!("`{}` cannot be indexed", target.ty)),
        };
        let hint = match target.ty.is(Known::Object) {
            true => "cast it first, such as `((JObject)…)[…]`",
            false => "",
        };
        self.tell(Diagnostic::error(code, span, message).hint(hint));
        None
    }

    /// A place to assign to.
    pub(super) fn place_of(&mut self, expr: &Expr) -> Option<Place> {
        match &expr.kind {
            ast::ExprKind::Parenthesised(inner) => self.place_of(inner),
            ast::ExprKind::Name { name, .. } => match self.find(&name.text) {
                Some(id) => {
                    let variable = &self.variables[id];
                    if variable.constant.is_some() || variable.is_read_only || variable.parameters.is_some() {
                        self.error("CS1656", expr.span, format!("`{}` cannot be assigned to", name.text));
                        return None;
                    }
                    Some(Place::Local(id))
                }
                None => {
                    match name.text.as_str() {
                        "context" => self.error("CS0131", expr.span, "`context` cannot be assigned to"),
                        other => self.unknown_name(other, expr.span),
                    }
                    None
                }
            },
            ast::ExprKind::Index { target, arguments } => {
                let target = self.value(target);
                self.index_place(target, arguments, expr.span)
            }
            ast::ExprKind::Member { target, name, .. } => {
                let target = match self.item(target) {
                    Item::Value(target) => target,
                    Item::Type(ty) => {
                        if let Item::Value(found) = self.static_member(ty, name, Vec::new(), expr.span)
                            && !found.is_unknown()
                        {
                            self.error("CS0200", name.span, format!("`{}` is read-only", name.text));
                        }
                        return None;
                    }
                    other => {
                        self.as_value(other, target.span);
                        return None;
                    }
                };
                self.property_place(target, name)
            }
            _ => {
                self.error(
                    "CS0131",
                    expr.span,
                    "the left side of an assignment is a variable, a property or an element",
                );
                None
            }
        }
    }

    pub(super) fn property_place(&mut self, target: Bound, name: &ast::Name) -> Option<Place> {
        if target.is_unknown() {
            return None;
        }
        if target.ty == Ty::Dynamic {
            return Some(Place::DynamicMember { name: name.text.clone(), operands: vec![target.node] });
        }
        match self.member_place(&target, &name.text) {
            Some(Err((member, owner))) => {
                let ty = member.returns.substitute(owner.arguments());
                let types = owner.arguments().to_vec();
                Some(Place::Member { member, types, operands: vec![target.node], ty })
            }
            Some(Ok(_)) => {
                self.error("CS0200", name.span, format!("`{}` is read-only", name.text));
                None
            }
            None => {
                self.no_member(&target.ty, &name.text, name.span);
                None
            }
        }
    }

    pub(super) fn read_place(&mut self, place: Place, span: Span) -> Bound {
        let ty = place.ty(self);
        let node = match place {
            Place::Local(id) => return self.read(id, span),
            Place::Member { member, types, operands, .. } => {
                let has_receiver = !member.is_static;
                call(member, &types, operands, has_receiver)
            }
            Place::Element { operands, .. } => match <[Node; 2]>::try_from(operands) {
                Ok(operands) => Node::ArrayGet(Box::new(operands)),
                Err(_) => Node::Const(Const::Null),
            },
            Place::DynamicMember { name, operands } => dynamic(DynamicOp::Get(name.into()), operands),
            Place::DynamicElement { operands } => dynamic(DynamicOp::Index, operands),
        };
        Bound::new(node, ty, span)
    }

    pub(super) fn write_place(&mut self, place: Place, value: Node, span: Span) -> Node {
        match place {
            Place::Local(id) => self.write(id, value),
            Place::Member { member, types, mut operands, .. } => {
                let Some(set) = member.set else {
                    let what = if member.kind == MemberKind::Indexer { "this" } else { member.name };
                    self.error("CS0200", span, format!("`{what}` is read-only"));
                    return value;
                };
                operands.push(value);
                Node::Call(Box::new(Call {
                    name: member.name,
                    native: set,
                    arguments: operands.into(),
                    types: types.into(),
                    has_receiver: true,
                    is_setter: true,
                    outs: Box::default(),
                }))
            }
            Place::Element { mut operands, .. } => {
                operands.push(value);
                match <[Node; 3]>::try_from(operands) {
                    Ok(operands) => Node::ArraySet(Box::new(operands)),
                    Err(_) => Node::Const(Const::Null),
                }
            }
            Place::DynamicMember { name, mut operands } => {
                operands.push(value);
                dynamic(DynamicOp::Set(name.into()), operands)
            }
            Place::DynamicElement { mut operands } => {
                operands.push(value);
                dynamic(DynamicOp::SetIndex, operands)
            }
        }
    }

    /// Splits a place into what works out its operands once, and two places that use them.
    pub(super) fn twice(&mut self, mut place: Place, span: Span) -> (Vec<Node>, Place, Place) {
        if let Place::Local(id) = place {
            return (Vec::new(), Place::Local(id), Place::Local(id));
        }
        let operands = std::mem::take(place.operands());
        let slots: Vec<Slot> = operands.iter().map(|_| self.slot(span)).collect();
        let before = operands
            .into_iter()
            .zip(&slots)
            .map(|(node, slot)| Node::SetLocal(*slot, Box::new(node)))
            .collect();
        let read = || slots.iter().map(|slot| Node::Local(*slot)).collect::<Vec<_>>();
        let again = match &place {
            Place::Local(id) => Place::Local(*id),
            Place::Member { member, types, ty, .. } => {
                Place::Member { member, types: types.clone(), operands: read(), ty: ty.clone() }
            }
            Place::Element { ty, .. } => Place::Element { operands: read(), ty: ty.clone() },
            Place::DynamicMember { name, .. } => {
                Place::DynamicMember { name: name.clone(), operands: read() }
            }
            Place::DynamicElement { .. } => Place::DynamicElement { operands: read() },
        };
        *place.operands() = read();
        (before, place, again)
    }
}

pub(super) fn dynamic(what: DynamicOp, operands: Vec<Node>) -> Node {
    Node::Dynamic(Box::new(DynamicCall { what, operands: operands.into() }))
}

/// Calls a function of the library that is no member; the argument must not be null.
pub(super) fn native(name: &'static str, native: crate::run::Native, argument: Node) -> Node {
    Node::Call(Box::new(Call {
        name,
        native,
        arguments: Box::new([argument]),
        types: Box::default(),
        has_receiver: true,
        is_setter: false,
        outs: Box::default(),
    }))
}

pub(super) fn call(member: &'static Member, types: &[Ty], operands: Vec<Node>, has_receiver: bool) -> Node {
    Node::Call(Box::new(Call {
        name: member.name,
        native: member.get,
        arguments: operands.into(),
        types: types.into(),
        has_receiver,
        is_setter: false,
        outs: Box::default(),
    }))
}

/// `MinValue` and `MaxValue` of integral types.
fn limit(ty: &Ty, name: &str) -> Option<i128> {
    let (min, max) = match ty {
        ty if ty.is(Known::Int32) => (i32::MIN.into(), i32::MAX.into()),
        ty if ty.is(Known::Int64) => (i64::MIN.into(), i64::MAX.into()),
        ty if ty.is(Known::SByte) => (i8::MIN.into(), i8::MAX.into()),
        ty if ty.is(Known::Byte) => (0, u8::MAX.into()),
        ty if ty.is(Known::Int16) => (i16::MIN.into(), i16::MAX.into()),
        ty if ty.is(Known::UInt16) || ty.is(Known::Char) => (0, u16::MAX.into()),
        ty if ty.is(Known::UInt64) => (0, u64::MAX.into()),
        ty if ty.is(Known::UInt32) => (0, u32::MAX.into()),
        _ => return None,
    };
    match name {
        "MinValue" => Some(min),
        "MaxValue" => Some(max),
        _ => None,
    }
}
