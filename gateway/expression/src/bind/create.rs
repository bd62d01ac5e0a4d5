//! `new`: objects, arrays, anonymous objects, and what is put into them at once.

use super::access::Place;
use super::expr::Group;
use super::{Binder, Bound};
use crate::diagnostic::Diagnostic;
use crate::run::code::Node;
use crate::span::Span;
use crate::syntax::ast::{self, Expr, Initialiser, InitialiserTarget, InitialiserValue, TypeName};
use crate::types::{Known, Ty};

impl Binder {
    pub(super) fn create(
        &mut self,
        name: &TypeName,
        arguments: &[ast::Argument],
        initialiser: Option<&Initialiser>,
        span: Span,
    ) -> Bound {
        let ty = self.ty(name);
        if ty == Ty::Unknown {
            self.arguments(arguments);
            return Bound::unknown(span);
        }
        if ty.delegate().is_some()
            && let [ast::Argument { value: ast::ArgumentValue::Value(expr), .. }] = arguments
        {
            return self.lambda_value(expr, &ty);
        }
        let object = self.construct(&ty, arguments, span);
        match initialiser {
            Some(initialiser) if !object.is_unknown() => self.initialised(object, initialiser, span),
            _ => Bound { span, ..object },
        }
    }

    fn initialised(&mut self, object: Bound, initialiser: &Initialiser, span: Span) -> Bound {
        let ty = object.ty.clone();
        self.receivers += 1;
        let actions = self.initialiser(&ty, initialiser, span);
        self.receivers -= 1;
        Bound::new(Node::With(Box::new(object.node), actions.into()), ty, span)
    }

    /// What is done to the receiver.
    fn initialiser(&mut self, ty: &Ty, initialiser: &Initialiser, span: Span) -> Vec<Node> {
        let this = || Bound::new(Node::Receiver(0), ty.clone(), span);
        match initialiser {
            Initialiser::Elements(elements) => elements
                .iter()
                .map(|element| {
                    let plain = |expr: &Expr| ast::Argument {
                        name: None,
                        value: ast::ArgumentValue::Value(expr.clone()),
                        span: expr.span,
                    };
                    let arguments: Vec<ast::Argument> = element.iter().map(plain).collect();
                    let at = element.first().map_or(span, |expr| expr.span);
                    let group = Group {
                        receiver: Some(this()),
                        ty: ty.clone(),
                        name: "Add".to_owned(),
                        type_arguments: Vec::new(),
                        span: at,
                    };
                    self.call_group(group, &arguments, at).node
                })
                .collect(),
            Initialiser::Members(members) => members
                .iter()
                .filter_map(|member| {
                    let place = match &member.target {
                        InitialiserTarget::Member(name) => self.property_place(this(), name),
                        InitialiserTarget::Index(arguments) => {
                            self.index_place(this(), arguments, member.span)
                        }
                    }?;
                    Some(self.set_member(place, &member.value, member.span))
                })
                .collect(),
        }
    }

    fn set_member(&mut self, place: Place, value: &InitialiserValue, span: Span) -> Node {
        let ty = place.ty(self);
        match value {
            InitialiserValue::Expr(expr) => {
                let value = self.value_as(expr, &ty);
                self.write_place(place, value.node, span)
            }
            InitialiserValue::Nested(inner) => {
                let held = self.read_place(place, span);
                self.initialised(held, inner, span).node
            }
        }
    }

    pub(super) fn create_anonymous(&mut self, members: &[(ast::Name, Expr)], span: Span) -> Bound {
        let mut fields: Vec<(String, Ty)> = Vec::new();
        let mut nodes = Vec::new();
        for (name, expr) in members {
            let value = self.value(expr);
            if matches!(value.ty, Ty::Null | Ty::Void) {
                let message = format!("`{}` gets no type from this", name.text);
                self.tell(
                    Diagnostic::error("CS0828", expr.span, message).hint("cast it, such as `(string)null`"),
                );
            }
            if fields.iter().any(|field| field.0 == name.text) {
                self.error("CS0833", name.span, format!("there are two members `{}`", name.text));
            }
            fields.push((name.text.clone(), value.ty));
            nodes.push(value.node);
        }
        let ty = Ty::Anonymous(fields.into());
        Bound::new(Node::Record { ty: ty.clone(), fields: nodes.into() }, ty, span)
    }

    pub(super) fn create_array(
        &mut self,
        element: Option<&TypeName>,
        sizes: &[Expr],
        items: Option<&[Expr]>,
        span: Span,
    ) -> Bound {
        if sizes.len() > 1 {
            self.error("HX0003", span, "arrays of more than one dimension are not supported");
            return Bound::unknown(span);
        }
        let element = element.map(|name| self.ty(name));
        if let Some(items) = items {
            let bound = match element {
                Some(element) => self.array_of(&Ty::array(element), items, span),
                None => {
                    let values: Vec<Bound> = items.iter().map(|item| self.value(item)).collect();
                    let Some(ty) = self.common(&values) else {
                        if !values.iter().any(Bound::is_unknown) {
                            let hint = "write the type: `new string[] { … }`";
                            self.tell(Diagnostic::error("CS0826", span, "no type fits all items").hint(hint));
                        }
                        return Bound::unknown(span);
                    };
                    let nodes = values.into_iter().map(|value| self.coerce(value, &ty).node).collect();
                    Bound::new(Node::Items { element: ty.clone(), items: nodes }, Ty::array(ty), span)
                }
            };
            if let Some(size) = sizes.first() {
                let size = self.value(size);
                if size.constant.is_some_and(|size| size != items.len() as i128) {
                    self.error("CS0847", span, format!("the array has {} items", items.len()));
                }
            }
            return bound;
        }
        let (Some(element), Some(size)) = (element, sizes.first()) else {
            self.error("CS1586", span, "the array needs a size or items");
            return Bound::unknown(span);
        };
        let size = self.value(size);
        let size = match super::convert::num_ty(&size.ty) {
            Some(_) if !size.ty.is(Known::Int32) && self.converts(&size, &Ty::known(Known::UInt64)) => {
                size.node
            }
            _ => self.coerce(size, &Ty::int()).node,
        };
        Bound::new(
            Node::NewArray { element: element.clone(), size: Box::new(size) },
            Ty::array(element),
            span,
        )
    }

    /// `{ 1, 2 }` as an array of a known type.
    pub(super) fn array_of(&mut self, ty: &Ty, items: &[Expr], span: Span) -> Bound {
        let Some(element) = ty.element_of_array().cloned() else {
            self.error("CS0622", span, format!("`{{ … }}` cannot become a `{ty}`"));
            return Bound::unknown(span);
        };
        let items = items.iter().map(|item| self.value_as(item, &element).node).collect();
        Bound::new(Node::Items { element, items }, ty.clone(), span)
    }

    /// The type that all values convert to, which is one of theirs.
    pub(super) fn common(&self, values: &[Bound]) -> Option<Ty> {
        if values.iter().any(Bound::is_unknown) {
            return None;
        }
        let typed = values.iter().filter(|value| !matches!(value.ty, Ty::Null | Ty::Void));
        typed.map(|value| &value.ty).find(|ty| values.iter().all(|value| self.converts(value, ty))).cloned()
    }
}
