//! Expressions: what each form means, and what type it has.

use super::types::{is_refused, keyword, suggest};
use super::{Binder, Bound};
use crate::context::Part;
use crate::diagnostic::Diagnostic;
use crate::run::code::{Const, DynamicOp, Node, NumTy, Piece};
use crate::span::Span;
use crate::syntax::ast::{self, ArgumentValue, Expr, ExprKind, Interpolation, Literal};
use crate::types::{Known, Ty, catalogue};

/// What an expression may turn out to be.
#[derive(Debug)]
pub(super) enum Item {
    Value(Bound),
    Type(Ty),
    Namespace(String),
    Group(Group),
    LocalFunction(usize),
}

/// Methods of one name, before it is known which one is meant.
#[derive(Debug)]
pub(super) struct Group {
    /// `None` where the methods are static.
    pub(super) receiver: Option<Bound>,
    /// The type they are looked up in.
    pub(super) ty: Ty,
    pub(super) name: String,
    pub(super) type_arguments: Vec<Ty>,
    pub(super) span: Span,
}

impl Binder {
    pub(super) fn as_value(&mut self, item: Item, span: Span) -> Bound {
        match item {
            Item::Value(bound) => bound,
            Item::Type(ty) => {
                self.error("CS0119", span, format!("`{ty}` is a type, and a value is expected here"));
                Bound::unknown(span)
            }
            Item::Namespace(name) => {
                let message = format!("`{name}` is a namespace, and a value is expected here");
                self.error("CS0118", span, message);
                Bound::unknown(span)
            }
            Item::Group(Group { ty: Ty::Dynamic, receiver: Some(receiver), name, .. }) => {
                let node = super::access::dynamic(DynamicOp::Get(name.into()), vec![receiver.node]);
                Bound::new(node, Ty::Dynamic, span)
            }
            Item::Group(Group { name, span, .. }) => {
                let message = format!("`{name}` is a method, and a value is expected here");
                self.tell(Diagnostic::error("CS0428", span, message).hint(format!("call it: `{name}(…)`")));
                Bound::unknown(span)
            }
            Item::LocalFunction(_) => {
                self.error("CS0428", span, "this is a function, and a value is expected here");
                Bound::unknown(span)
            }
        }
    }

    pub(super) fn item(&mut self, expr: &Expr) -> Item {
        if !self.count() {
            return Item::Value(Bound::unknown(expr.span));
        }
        let item = self.deeper(expr.span, |binder| binder.item_within(expr));
        item.unwrap_or_else(|| Item::Value(Bound::unknown(expr.span)))
    }

    fn item_within(&mut self, expr: &Expr) -> Item {
        match &expr.kind {
            ExprKind::Name { name, arguments } => self.name(name, arguments, expr.span),
            ExprKind::Keyword(word) => match keyword(word) {
                Some(ty) => Item::Type(ty),
                None => Item::Value(Bound::unknown(expr.span)),
            },
            ExprKind::Member { target, name, arguments } => self.member(target, name, arguments, expr.span),
            ExprKind::Parenthesised(inner) => match self.item(inner) {
                Item::Value(bound) => Item::Value(Bound { span: expr.span, ..bound }),
                other => other,
            },
            _ => Item::Value(self.plain(expr)),
        }
    }

    /// Forms that are always values.
    fn plain(&mut self, expr: &Expr) -> Bound {
        let span = expr.span;
        match &expr.kind {
            ExprKind::Literal(literal) => self.literal(literal, span),
            ExprKind::Interpolated(parts) => self.interpolated(parts, span),
            ExprKind::Index { target, arguments } => self.index(target, arguments, span),
            ExprKind::Call { target, arguments } => self.call(target, arguments, span),
            ExprKind::Conditional { target, chain } => self.conditional(target, chain, span),
            ExprKind::Receiver => match self.conditional.last().cloned() {
                Some((ty, depth)) => Bound::new(Node::Receiver(self.receivers - 1 - depth), ty, span),
                None => Bound::unknown(span),
            },
            ExprKind::Unary { op, operand } => self.unary(*op, operand, span),
            ExprKind::Binary { op, left, right, .. } => self.binary(*op, left, right, span),
            ExprKind::Assign { op, target, value } => self.assign(*op, target, value, span),
            ExprKind::Step { is_increment, is_prefix, target } => {
                self.stepped(*is_increment, *is_prefix, target, span)
            }
            ExprKind::Ternary { condition, then, otherwise } => {
                self.ternary(condition, then, otherwise, span)
            }
            ExprKind::Cast { ty, operand } => self.cast(ty, operand, span),
            ExprKind::As { operand, ty } => {
                let operand = self.value(operand);
                let ty = self.ty(ty);
                if ty.is_value_type() && ty.nullable_of().is_none() {
                    let message = format!("`as` needs a type that may be null, and `{ty}` is a value type");
                    self.tell(
                        Diagnostic::error("CS0077", span, message).hint(format!("use `{ty}?`, or a cast")),
                    );
                    return Bound::unknown(span);
                }
                if operand.is_unknown() || ty == Ty::Unknown {
                    return Bound::unknown(span);
                }
                let bare = |ty: &Ty| ty.nullable_of().unwrap_or(ty).clone();
                // `as` takes out of a box, and converts nothing.
                let (from, to) = (bare(&operand.ty), bare(&ty));
                let is_converted = from.is_value_type() && to.is_value_type() && from != to;
                if operand.ty != Ty::Dynamic
                    && (is_converted
                        || super::convert::explicit(&operand.ty, &ty, None).is_none_or(|it| it.is_user()))
                {
                    let message = format!("a value of `{}` is never `{ty}`", operand.ty);
                    self.error("CS0039", span, message);
                    return Bound { ty, ..Bound::unknown(span) };
                }
                let node = Node::As { ty: ty.clone(), operand: Box::new(operand.node) };
                Bound::new(node, ty, span)
            }
            ExprKind::Is { operand, pattern } => {
                let operand = self.value(operand);
                let ty = operand.ty.clone();
                let pattern = self.pattern(pattern, &ty);
                Bound::new(Node::Is { operand: Box::new(operand.node), pattern }, Ty::bool(), span)
            }
            ExprKind::New { ty, arguments, initialiser } => {
                self.create(ty, arguments, initialiser.as_ref(), span)
            }
            ExprKind::NewAnonymous(members) => self.create_anonymous(members, span),
            ExprKind::NewArray { element, sizes, items } => {
                self.create_array(element.as_ref(), sizes, items.as_deref(), span)
            }
            ExprKind::ArrayInitialiser(_) => {
                let message =
                    "`{ … }` alone makes an array only where a variable of an array type is declared";
                self.tell(Diagnostic::error("CS0622", span, message).hint("write `new[] { … }`"));
                Bound::unknown(span)
            }
            ExprKind::Lambda { .. } => {
                self.error("CS1660", span, "a lambda needs a place whose type says what it takes and gives");
                Bound::unknown(span)
            }
            ExprKind::Tuple(items) => {
                let items: Vec<(String, Bound)> = items
                    .iter()
                    .map(|(name, expr)| {
                        (name.as_ref().map(|it| it.text.clone()).unwrap_or_default(), self.value(expr))
                    })
                    .collect();
                let ty =
                    Ty::Tuple(items.iter().map(|(name, bound)| (name.clone(), bound.ty.clone())).collect());
                let fields = items.into_iter().map(|(_, bound)| bound.node).collect();
                Bound::new(Node::Record { ty: ty.clone(), fields }, ty, span)
            }
            ExprKind::Throw(exception) => {
                let exception = self.exception(exception);
                Bound::new(Node::Throw(Box::new(exception)), Ty::Null, span)
            }
            ExprKind::Default(None) => Bound::new(Node::Const(Const::Null), Ty::Null, span),
            ExprKind::Default(Some(name)) => {
                let ty = self.ty(name);
                self.default_value(ty, span)
            }
            ExprKind::NameOf(operand) => {
                let name = match &operand.kind {
                    ExprKind::Name { name, .. } | ExprKind::Member { name, .. } => name.text.clone(),
                    ExprKind::Keyword(word) => (*word).to_owned(),
                    _ => {
                        self.error("CS8081", span, "`nameof` needs a name");
                        String::new()
                    }
                };
                text(&name, span)
            }
            ExprKind::Checked { is_checked, operand } => {
                self.overflowing(*is_checked, |binder| binder.value(operand))
            }
            ExprKind::TypeOf(_) => {
                self.error(
                    "HX0010",
                    span,
                    "`typeof` is not allowed: policy expressions have no access to reflection",
                );
                Bound::unknown(span)
            }
            ExprKind::Name { .. }
            | ExprKind::Keyword(_)
            | ExprKind::Member { .. }
            | ExprKind::Parenthesised(_) => {
                let item = self.item(expr);
                self.as_value(item, span)
            }
        }
    }

    pub(super) fn default_value(&mut self, ty: Ty, span: Span) -> Bound {
        let node = match ty.takes_null() {
            true => Const::Null,
            false => Const::Default(ty.clone()),
        };
        Bound::new(Node::Const(node), ty, span)
    }

    fn literal(&mut self, literal: &Literal, span: Span) -> Bound {
        let (node, known, constant) = match literal {
            Literal::Null => return Bound::new(Node::Const(Const::Null), Ty::Null, span),
            Literal::Bool(it) => (Const::Bool(*it), Known::Boolean, None),
            Literal::Int(it) => (Const::Int(*it), Known::Int32, Some(i128::from(*it))),
            Literal::UInt(it) => (Const::UInt(*it), Known::UInt32, Some(i128::from(*it))),
            Literal::Long(it) => (Const::Long(*it), Known::Int64, Some(i128::from(*it))),
            Literal::ULong(it) => (Const::ULong(*it), Known::UInt64, Some(i128::from(*it))),
            Literal::Float(it) => (Const::Single(*it), Known::Single, None),
            Literal::Double(it) => (Const::Double(*it), Known::Double, None),
            Literal::Decimal(digits) => {
                match digits.parse().or_else(|_| rust_decimal::Decimal::from_scientific(digits)) {
                    Ok(it) => (Const::Decimal(it), Known::Decimal, None),
                    Err(_) => {
                        self.error("CS0594", span, "the number is outside the range of `decimal`");
                        return Bound::unknown(span);
                    }
                }
            }
            Literal::Char(it) => (Const::Char(*it), Known::Char, Some(i128::from(*it))),
            Literal::String(it) => return text(it, span),
        };
        Bound { constant, ..Bound::new(Node::Const(node), Ty::known(known), span) }
    }

    /// A constant of an integral type.
    pub(super) fn integer_constant(&mut self, whole: i128, ty: &Ty, span: Span) -> Bound {
        let int = || i32::try_from(whole).unwrap_or_default();
        let node = match ty {
            ty if ty.is(Known::Int32) => Node::Const(Const::Int(int())),
            ty if ty.is(Known::Int64) => Node::Const(Const::Long(i64::try_from(whole).unwrap_or_default())),
            ty if ty.is(Known::Char) => Node::Const(Const::Char(u16::try_from(whole).unwrap_or_default())),
            ty if ty.is(Known::UInt32) => Node::Const(Const::UInt(u32::try_from(whole).unwrap_or_default())),
            ty if ty.is(Known::UInt64) => Node::Const(Const::ULong(u64::try_from(whole).unwrap_or_default())),
            ty if ty.is_enum() => Node::Const(Const::Enum(ty.id().expect("an enum is named"), int())),
            ty => {
                let to = super::convert::num_ty(ty).unwrap_or(NumTy::Int);
                let long = Node::Const(Const::Long(i64::try_from(whole).unwrap_or_default()));
                Node::Convert { to, is_checked: false, operand: Box::new(long) }
            }
        };
        Bound { constant: Some(whole), ..Bound::new(node, ty.clone(), span) }
    }

    fn name(&mut self, name: &ast::Name, arguments: &[ast::TypeName], span: Span) -> Item {
        if arguments.is_empty() {
            if let Some(id) = self.find(&name.text) {
                return match self.variables[id].parameters {
                    Some(_) => Item::LocalFunction(id),
                    None => Item::Value(self.read(id, span)),
                };
            }
            if name.text == "context" {
                let node = Node::Const(Const::Part(Part::Context));
                return Item::Value(Bound::new(node, Ty::known(Known::Context), span));
            }
        }
        let types: Vec<Ty> = arguments.iter().map(|argument| self.ty(argument)).collect();
        if let Some(id) = catalogue().find(&name.text, types.len()) {
            return Item::Type(Ty::Named(id, types.into()));
        }
        if types.is_empty() && catalogue().is_namespace(&name.text) {
            return Item::Namespace(name.text.clone());
        }
        // `Linq` in `Linq.JObject` where Newtonsoft.Json is used.
        self.unknown_name(&name.text, span);
        Item::Value(Bound::unknown(span))
    }

    pub(super) fn unknown_name(&mut self, name: &str, span: Span) {
        if self.is_full() {
            return;
        }
        if catalogue().has_name(name) || is_refused(name) {
            return self.unknown_type(name, 0, span);
        }
        let names = self.names_in_scope().chain(["context"]).chain(catalogue().names());
        let hint = suggest(name, names);
        let hint = hint.map(|it| format!("did you mean `{it}`?")).unwrap_or_default();
        let message = format!("the name `{name}` does not exist in the current context");
        self.tell(Diagnostic::error("CS0103", span, message).hint(hint));
    }

    fn interpolated(&mut self, parts: &[Interpolation], span: Span) -> Bound {
        let mut pieces = Vec::new();
        for part in parts {
            pieces.push(match part {
                Interpolation::Text(text) => Piece::Text(text.as_str().into()),
                Interpolation::Hole { value, alignment, format } => {
                    let value = self.value(value);
                    if value.ty == Ty::Void {
                        self.error("CS0029", value.span, "the expression has no value");
                    }
                    let alignment = alignment.as_ref().map_or(0, |alignment| {
                        let bound = self.value(alignment);
                        match bound.constant.and_then(|it| i32::try_from(it).ok()) {
                            Some(it) => it,
                            None => {
                                self.error("CS0150", alignment.span, "a constant number is expected");
                                0
                            }
                        }
                    });
                    Piece::Hole { value: value.node, alignment, format: format.as_deref().map(Into::into) }
                }
            });
        }
        Bound::new(Node::Interpolate(pieces.into()), Ty::string(), span)
    }

    fn conditional(&mut self, target: &Expr, chain: &Expr, span: Span) -> Bound {
        let target = self.value(target);
        if target.is_unknown() {
            return Bound::unknown(span);
        }
        if !target.ty.takes_null() {
            let message = format!("`?` cannot be applied to `{}`, which is never null", target.ty);
            self.tell(Diagnostic::error("CS0023", target.span, message).hint("leave out the `?`"));
            return Bound::unknown(span);
        }
        let inner = target.ty.nullable_of().unwrap_or(&target.ty).clone();
        self.conditional.push((inner, self.receivers));
        self.receivers += 1;
        let chain = self.value(chain);
        self.receivers -= 1;
        self.conditional.pop();
        if chain.is_unknown() {
            return Bound::unknown(span);
        }
        let ty = match chain.ty.is_value_type() && chain.ty.nullable_of().is_none() {
            true => chain.ty.nullable(),
            false => chain.ty,
        };
        Bound::new(Node::Conditional(Box::new([target.node, chain.node])), ty, span)
    }

    fn ternary(&mut self, condition: &Expr, then: &Expr, otherwise: &Expr, span: Span) -> Bound {
        let condition = self.condition(condition);
        let then = self.value(then);
        let otherwise = self.value(otherwise);
        if then.is_unknown() || otherwise.is_unknown() {
            return Bound::unknown(span);
        }
        let ty = match (&then.ty, &otherwise.ty) {
            (a, b) if a == b => a.clone(),
            (_, b) if matches!(then.node, Node::Throw(_)) => b.clone(),
            (a, _) if matches!(otherwise.node, Node::Throw(_)) => a.clone(),
            (a, b) => {
                let to_right = self.converts(&then, b);
                let to_left = self.converts(&otherwise, a);
                match (to_left, to_right) {
                    (true, false) => a.clone(),
                    (false, true) => b.clone(),
                    // Of two ways the one of which the other is a part, as C# asks for expressions' types.
                    (true, true) => match (then.constant.is_some(), otherwise.constant.is_some()) {
                        (true, false) => b.clone(),
                        _ => a.clone(),
                    },
                    (false, false) => {
                        let message = format!(
                            "the type of `?:` cannot be told: there is no implicit conversion between `{a}` and `{b}`"
                        );
                        let hint = match (a, b) {
                            (Ty::Null, value) | (value, Ty::Null) => {
                                format!("cast one of them, such as `({value}?)null`")
                            }
                            (_, b) => format!("cast one of them, such as `({b})…`"),
                        };
                        self.tell(Diagnostic::error("CS0173", span, message).hint(hint));
                        return Bound::unknown(span);
                    }
                }
            }
        };
        let then = self.coerce(then, &ty);
        let otherwise = self.coerce(otherwise, &ty);
        Bound::new(Node::Ternary(Box::new([condition, then.node, otherwise.node])), ty, span)
    }

    /// A `bool`.
    pub(super) fn condition(&mut self, expr: &Expr) -> Node {
        let bound = self.value(expr);
        self.coerce(bound, &Ty::bool()).node
    }

    /// Something to throw.
    pub(super) fn exception(&mut self, expr: &Expr) -> Node {
        let bound = self.value(expr);
        self.coerce(bound, &Ty::known(Known::Exception)).node
    }

    fn index(&mut self, target: &Expr, arguments: &[ast::Argument], span: Span) -> Bound {
        let target = self.value(target);
        let Some(place) = self.index_place(target, arguments, span) else { return Bound::unknown(span) };
        self.read_place(place, span)
    }

    /// The values of arguments that are plain.
    pub(super) fn plain_arguments(&mut self, arguments: &[ast::Argument]) -> Vec<Bound> {
        let mut values = Vec::new();
        for argument in arguments {
            match &argument.value {
                ArgumentValue::Value(expr) => values.push(self.value(expr)),
                _ => self.error("CS1615", argument.span, "`out` and `ref` cannot be used here"),
            }
        }
        values
    }
}

pub(super) fn text(text: &str, span: Span) -> Bound {
    Bound::new(Node::Const(Const::Text(text.into())), Ty::string(), span)
}
