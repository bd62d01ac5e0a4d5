//! Calls: which of several methods is meant (ECMA-334 12.6.4), and how it is called.

use super::arguments::{Arg, Argument, Mapping};
use super::convert::implicit;
use super::expr::{Group, Item};
use super::infer::place_ty;
use super::types::suggest;
use super::{Binder, Bound};
use crate::diagnostic::Diagnostic;
use crate::run::code::{Call, Const, DynamicCall, DynamicOp, Node};
use crate::span::Span;
use crate::syntax::ast::{self, Expr, ExprKind};
use crate::types::catalogue::MemberKind;
use crate::types::{Known, Member, Ty, catalogue};

/// A method that could be called like this.
struct Candidate {
    member: &'static Member,
    /// 1 where the receiver is an extension method's first parameter.
    skip: usize,
    types: Vec<Ty>,
    mapping: Mapping,
}

/// Members of one name of one type, with the type's arguments.
pub(super) type Level = (Ty, Vec<&'static Member>);

impl Binder {
    pub(super) fn call(&mut self, target: &Expr, arguments: &[ast::Argument], span: Span) -> Bound {
        let item = match &target.kind {
            ast::ExprKind::Member { target: of, name, arguments } => {
                self.called(of, name, arguments, target.span)
            }
            _ => self.item(target),
        };
        match item {
            Item::Group(group) => self.call_group(group, arguments, span),
            Item::LocalFunction(id) => self.call_local(id, arguments, span),
            other => {
                let callee = self.as_value(other, target.span);
                if let (ExprKind::Member { name, .. }, false) = (&target.kind, callee.ty == Ty::Dynamic)
                    && !callee.is_unknown()
                    && callee.ty.delegate().is_none()
                {
                    let message = format!("`{}` is no method, and cannot be called", name.text);
                    self.tell(Diagnostic::error("CS1955", name.span, message).hint("leave out the `()`"));
                    return Bound::unknown(span);
                }
                self.call_value(callee, arguments, span)
            }
        }
    }

    /// Calls a delegate.
    fn call_value(&mut self, callee: Bound, arguments: &[ast::Argument], span: Span) -> Bound {
        if callee.ty == Ty::Dynamic {
            self.error("HX0005", callee.span, "a `dynamic` value cannot be called");
            return Bound::unknown(span);
        }
        let Some((takes, gives)) = callee.ty.delegate() else {
            if !callee.is_unknown() {
                self.error("CS0149", callee.span, format!("`{}` cannot be called", callee.ty));
            }
            self.arguments(arguments);
            return Bound::unknown(span);
        };
        let values = self.arguments(arguments);
        if values.len() != takes.len() {
            let message = format!("the delegate takes {} arguments, {} are given", takes.len(), values.len());
            self.error("CS1593", span, message);
            return Bound { ty: gives, ..Bound::unknown(span) };
        }
        let mut operands = vec![callee.node];
        for (argument, ty) in values.into_iter().zip(&takes) {
            operands.push(match argument.arg {
                Arg::Value(bound) => self.coerce(bound, ty).node,
                Arg::Lambda(expr) => self.lambda_value(expr, ty).node,
                _ => self.no_out(argument.span),
            });
        }
        Bound::new(Node::Invoke(operands.into()), gives, span)
    }

    fn no_out(&mut self, span: Span) -> Node {
        self.error("CS1615", span, "the parameter is not `out`");
        Node::Const(Const::Null)
    }

    fn call_local(&mut self, id: usize, arguments: &[ast::Argument], span: Span) -> Bound {
        let parameters = self.variables[id].parameters.clone().expect("it is a function");
        let callee = self.read(id, span);
        let Some((_, gives)) = callee.ty.delegate() else { return Bound::unknown(span) };
        let mut given: Vec<Option<Node>> = parameters.iter().map(|_| None).collect();
        for (at, argument) in self.arguments(arguments).into_iter().enumerate() {
            let place = match argument.name {
                Some(name) => parameters.iter().position(|parameter| parameter.0 == name),
                None => Some(at).filter(|at| *at < parameters.len()),
            };
            let Some(place) = place else {
                self.error("CS1501", argument.span, "the function does not take this argument");
                return Bound { ty: gives, ..Bound::unknown(span) };
            };
            given[place] = Some(match argument.arg {
                Arg::Value(bound) => self.coerce(bound, &parameters[place].1).node,
                Arg::Lambda(expr) => self.lambda_value(expr, &parameters[place].1).node,
                _ => self.no_out(argument.span),
            });
        }
        let mut operands = vec![callee.node];
        for (node, (name, ty, default)) in given.into_iter().zip(parameters.iter()) {
            operands.push(match (node, default) {
                (Some(node), _) => node,
                (None, Some(default)) => {
                    let value = self.value(default);
                    self.coerce(value, ty).node
                }
                (None, None) => {
                    self.error("CS7036", span, format!("there is no argument for the parameter `{name}`"));
                    Node::Const(Const::Null)
                }
            });
        }
        Bound::new(Node::Invoke(operands.into()), gives, span)
    }

    pub(super) fn call_group(&mut self, mut group: Group, arguments: &[ast::Argument], span: Span) -> Bound {
        if let Some(receiver) =
            group.receiver.take_if(|it| group.name == "Invoke" && it.ty.delegate().is_some())
        {
            return self.call_value(receiver, arguments, span);
        }
        if let (Some(inner), "GetValueOrDefault") = (group.ty.nullable_of().cloned(), group.name.as_str())
            && let Some(receiver) = group.receiver.take()
        {
            let otherwise = match self.plain_arguments(arguments).pop() {
                Some(value) => self.coerce(value, &inner),
                None => self.default_value(inner.clone(), span),
            };
            return Bound::new(Node::Coalesce(Box::new([receiver.node, otherwise.node])), inner, span);
        }
        let arguments = self.arguments(arguments);
        if group.ty == Ty::Unknown
            || arguments.iter().any(|it| it.ty() == Some(&Ty::Unknown) && matches!(it.arg, Arg::Value(_)))
        {
            return Bound::unknown(span);
        }
        let Group { receiver, ty, name, type_arguments, span: name_span } = group;
        let is_dynamic = |argument: &Argument<'_>| argument.ty() == Some(&Ty::Dynamic);
        if ty == Ty::Dynamic
            || receiver.is_some() && arguments.iter().any(is_dynamic) && !self.has_object_overload(&ty, &name)
        {
            return self.call_dynamic(receiver, &name, arguments, span);
        }
        let is_static = receiver.is_none();
        let mut tried: Vec<&'static Member> = Vec::new();
        for (owner, members) in self.levels(&ty, &name, is_static) {
            let candidates: Vec<(&'static Member, usize)> =
                members.iter().map(|member| (*member, 0)).collect();
            tried.extend(&members);
            let chosen = self.choose(&candidates, None, owner.arguments(), &type_arguments, &arguments);
            if let Some(chosen) = chosen {
                return self.emit(chosen, receiver, arguments, span, name_span);
            }
        }
        if let Some(receiver) = receiver {
            let extensions: Vec<(&'static Member, usize)> =
                catalogue().extensions(&name).iter().map(|member| (*member, 1)).collect();
            let chosen = self.choose(&extensions, Some(&receiver.ty), &[], &type_arguments, &arguments);
            if let Some(chosen) = chosen {
                return self.emit(chosen, Some(receiver), arguments, span, name_span);
            }
            tried.extend(catalogue().extensions(&name).iter().filter(|member| {
                // Those of other types are of no interest.
                let mut inference = super::infer::Inference::new(&[], member.type_params);
                inference.unify(&member.params[0].ty, &receiver.ty, false);
                implicit(&receiver.ty, &member.params[0].ty.substitute(&inference.fixed()), None).is_some()
            }));
        }
        self.no_overload(&tried, &ty, &name, &arguments, name_span, span)
    }

    fn has_object_overload(&self, ty: &Ty, name: &str) -> bool {
        let takes_object =
            |member: &&'static Member| member.params.iter().any(|param| param.ty.is(Known::Object));
        self.levels(ty, name, false).iter().any(|(_, members)| members.iter().any(takes_object))
    }

    fn call_dynamic(
        &mut self,
        receiver: Option<Bound>,
        name: &str,
        arguments: Vec<Argument<'_>>,
        span: Span,
    ) -> Bound {
        let mut operands: Vec<Node> = receiver.into_iter().map(|it| it.node).collect();
        for argument in arguments {
            match argument.arg {
                Arg::Value(bound) => operands.push(bound.node),
                _ => self.error(
                    "CS1977",
                    argument.span,
                    "a lambda or `out` cannot be given to a call of a `dynamic` value",
                ),
            }
        }
        let what = DynamicOp::Call(name.into());
        Bound::new(
            Node::Dynamic(Box::new(DynamicCall { what, operands: operands.into() })),
            Ty::Dynamic,
            span,
        )
    }

    /// Methods of a name, type by type from the most derived.
    pub(super) fn levels(&self, ty: &Ty, name: &str, is_static: bool) -> Vec<Level> {
        let mut types = vec![ty.clone()];
        types.extend(catalogue().ancestors(ty));
        let of = |ty: Ty| {
            let id = ty.id()?;
            let members: Vec<&'static Member> = catalogue()
                .get(id)
                .named(name)
                .iter()
                .copied()
                .filter(|member| member.kind == MemberKind::Method && member.is_static == is_static)
                .collect();
            (!members.is_empty()).then_some((ty, members))
        };
        types.into_iter().filter_map(of).collect()
    }

    /// The best of the candidates that fit.
    fn choose(
        &mut self,
        members: &[(&'static Member, usize)],
        receiver: Option<&Ty>,
        of_type: &[Ty],
        explicit: &[Ty],
        arguments: &[Argument<'_>],
    ) -> Option<Candidate> {
        let mut fitting: Vec<Candidate> = Vec::new();
        for (member, skip) in members {
            if let Some(candidate) = self.candidate(member, *skip, receiver, of_type, explicit, arguments) {
                fitting.push(candidate);
            }
        }
        if fitting.len() < 2 {
            return fitting.pop();
        }
        let mut best = 0;
        for at in 1..fitting.len() {
            if self.better(&fitting[at], &fitting[best], arguments) {
                best = at;
            }
        }
        let is_best =
            |binder: &mut Self, at| at == best || binder.better(&fitting[best], &fitting[at], arguments);
        if let Some(other) = (0..fitting.len()).find(|at| !is_best(self, *at)) {
            let (one, two) = (fitting[best].member.text, fitting[other].member.text);
            let at =
                arguments.first().zip(arguments.last()).map(|(a, b)| Span::new(a.span.start, b.span.end));
            let message = format!("the call is ambiguous between {one} and {two}");
            let told = Diagnostic::error("CS0121", at.unwrap_or_default(), message);
            self.tell(told.hint("cast an argument to what its parameter is"));
        }
        Some(fitting.swap_remove(best))
    }

    fn candidate(
        &mut self,
        member: &'static Member,
        skip: usize,
        receiver: Option<&Ty>,
        of_type: &[Ty],
        explicit: &[Ty],
        arguments: &[Argument<'_>],
    ) -> Option<Candidate> {
        if !explicit.is_empty() && explicit.len() != member.type_params {
            return None;
        }
        for expand in [false, true] {
            let Some(mapping) = Self::map(member, skip, arguments, expand) else { continue };
            let types = match member.type_params {
                0 => Some(of_type.to_vec()),
                _ if !explicit.is_empty() => Some([of_type, explicit].concat()),
                _ => self.infer(member, skip, receiver, of_type, &mapping, arguments),
            };
            let Some(types) = types else { continue };
            if let (1, Some(receiver)) = (skip, receiver) {
                let this = member.params[0].ty.substitute(&types);
                if !super::convert::reference(receiver, &this) && *receiver != this {
                    continue;
                }
            }
            let params = &member.params[skip..];
            let fits = mapping.arguments.iter().enumerate().all(|(at, places)| {
                let ty = place_ty(&params[at].ty, expand && params[at].is_params).substitute(&types);
                places.iter().all(|place| self.fits(&arguments[*place], &ty))
            });
            if fits {
                return Some(Candidate { member, skip, types, mapping });
            }
        }
        None
    }

    /// Whether one candidate is better than another, ECMA-334 12.6.4.3.
    fn better(&mut self, one: &Candidate, two: &Candidate, arguments: &[Argument<'_>]) -> bool {
        let ty_for = |candidate: &Candidate, argument: usize| {
            let at = candidate.mapping.arguments.iter().position(|places| places.contains(&argument))?;
            let param = &candidate.member.params[candidate.skip + at];
            Some(
                place_ty(&param.ty, candidate.mapping.is_expanded && param.is_params)
                    .substitute(&candidate.types),
            )
        };
        let (mut wins, mut losses) = (0, 0);
        for (at, argument) in arguments.iter().enumerate() {
            let (Some(first), Some(second)) = (ty_for(one, at), ty_for(two, at)) else { continue };
            match self.better_for(argument, &first, &second) {
                -1 => wins += 1,
                1 => losses += 1,
                _ => {}
            }
        }
        if wins != losses && (wins == 0 || losses == 0) {
            return wins > 0;
        }
        let rank = |candidate: &Candidate| {
            let open = candidate.member.params.iter().filter(|param| param.ty.is_open()).count();
            (
                candidate.member.type_params > 0,
                candidate.mapping.is_expanded,
                candidate.mapping.defaults,
                open,
                std::cmp::Reverse(specific(candidate)),
            )
        };
        rank(one) < rank(two)
    }

    fn emit(
        &mut self,
        candidate: Candidate,
        receiver: Option<Bound>,
        arguments: Vec<Argument<'_>>,
        span: Span,
        name_span: Span,
    ) -> Bound {
        let Candidate { member, skip, types, mapping } = candidate;
        let returns = member.returns.substitute(&types);
        // A `T?` without a value has these members all the same.
        let takes_null = receiver.as_ref().is_some_and(|it| it.ty.nullable_of().is_some())
            && matches!(member.name, "ToString" | "Equals" | "GetHashCode");
        let has_receiver = receiver.is_some() && skip == 0 && !takes_null;
        let (nodes, mut outs) = self.pass(member, skip, &mapping, arguments, &types);
        let mut all: Vec<Node> = Vec::new();
        if let Some(receiver) = receiver {
            if skip == 0 {
                // The receiver counts as the first argument.
                outs.iter_mut().for_each(|(at, _)| *at += 1);
            }
            all.push(receiver.node);
        }
        all.extend(nodes);
        self.remark(member, &all, name_span);
        let call = Call {
            name: member.name,
            native: member.get,
            arguments: all.into(),
            types: types.into(),
            has_receiver,
            is_setter: false,
            outs: outs.into(),
        };
        Bound::new(Node::Call(Box::new(call)), returns, span)
    }

    /// Things that are known to go wrong.
    fn remark(&mut self, member: &'static Member, arguments: &[Node], span: Span) {
        if member.name.starts_with("As")
            && member.returns != Ty::Void
            && member.text.contains("preserveContent")
        {
            let keeps = arguments.iter().skip(1).any(|node| !matches!(node, Node::Const(Const::Bool(false))));
            if !keeps {
                let message = "the body is gone after this";
                let hint = "`preserveContent: true` keeps it for what reads it later, the backend included";
                self.tell(Diagnostic::warning(BODY_TAKEN, span, message).hint(hint));
            }
        }
    }

    fn no_overload(
        &mut self,
        tried: &[&'static Member],
        ty: &Ty,
        name: &str,
        arguments: &[Argument<'_>],
        name_span: Span,
        span: Span,
    ) -> Bound {
        if tried.is_empty() {
            return self.no_member(ty, name, name_span);
        }
        let takes =
            |name: &str| tried.iter().any(|member| member.params.iter().any(|param| param.name == name));
        if let Some((name, span)) =
            arguments.iter().find_map(|it| it.name.filter(|name| !takes(name)).map(|name| (name, it.span)))
        {
            let hint = format!("there is {}", tried[0].text);
            let message = format!("no parameter is named `{name}`");
            self.tell(Diagnostic::error("CS1739", span, message).hint(hint));
            return Bound::unknown(span);
        }
        // A lambda with a defect of its own fits nothing; that defect is what to tell.
        for member in tried {
            for argument in arguments {
                if let Arg::Lambda(expr) = &argument.arg {
                    let told = self.lambda_defects(expr, member, ty);
                    if !told.is_empty() {
                        told.into_iter().for_each(|it| self.tell(it));
                        return Bound::unknown(span);
                    }
                }
            }
        }
        let shown: Vec<String> = arguments
            .iter()
            .map(|argument| argument.ty().map_or_else(|| "lambda".to_owned(), Ty::to_string))
            .collect();
        let message = format!("no `{name}` of `{ty}` takes ({})", shown.join(", "));
        let most: Vec<&str> = tried.iter().take(4).map(|member| member.text).collect();
        let hint = format!("there is {}{}", most.join(" · "), if tried.len() > 4 { " …" } else { "" });
        let code = match tried.iter().any(|member| Self::counts(member, arguments.len())) {
            true => "CS1503",
            false => "CS1501",
        };
        self.tell(Diagnostic::error(code, name_span, message).hint(hint));
        Bound::unknown(span)
    }

    fn counts(member: &Member, given: usize) -> bool {
        let params = member.params.iter().filter(|_| true).count() - usize::from(member.is_extension);
        params == given
    }

    pub(super) fn no_member(&mut self, ty: &Ty, name: &str, span: Span) -> Bound {
        if *ty != Ty::Unknown && !self.is_full() {
            let message = format!("`{ty}` has no member `{name}`");
            let mut names: Vec<&str> = Vec::new();
            let mut types = vec![ty.clone()];
            types.extend(catalogue().ancestors(ty));
            for id in types.iter().filter_map(Ty::id) {
                names.extend(catalogue().get(id).members.keys().copied());
            }
            if let Ty::Named(id, _) = ty {
                names.extend(catalogue().get(*id).values.iter().map(|value| value.0));
            }
            names.extend(catalogue().extension_names());
            let hint = suggest(name, names).map(|it| format!("did you mean `{it}`?")).unwrap_or_default();
            self.tell(Diagnostic::error("CS1061", span, message).hint(hint));
        }
        Bound::unknown(span)
    }

    /// The constructor of a type.
    pub(super) fn construct(&mut self, ty: &Ty, arguments: &[ast::Argument], span: Span) -> Bound {
        let arguments = self.arguments(arguments);
        let Ty::Named(id, of_type) = ty else {
            if *ty != Ty::Unknown {
                self.error("CS0144", span, format!("`{ty}` cannot be made with `new`"));
            }
            return Bound::unknown(span);
        };
        let members = catalogue().get(*id).named(".ctor");
        let candidates: Vec<(&'static Member, usize)> = members.iter().map(|member| (*member, 0)).collect();
        if arguments.is_empty()
            && ty.is_value_type()
            && !members.iter().any(|member| member.params.is_empty())
        {
            return self.default_value(ty.clone(), span);
        }
        if arguments.iter().any(|it| it.ty() == Some(&Ty::Unknown) && matches!(it.arg, Arg::Value(_))) {
            return Bound { ty: ty.clone(), ..Bound::unknown(span) };
        }
        match self.choose(&candidates, None, of_type, &[], &arguments) {
            Some(chosen) => Bound { ty: ty.clone(), ..self.emit(chosen, None, arguments, span, span) },
            None if members.is_empty() => {
                self.error("CS0144", span, format!("`{ty}` cannot be made with `new`"));
                Bound::unknown(span)
            }
            None => {
                let shown: Vec<String> = arguments
                    .iter()
                    .map(|it| it.ty().map_or_else(|| "lambda".to_owned(), Ty::to_string))
                    .collect();
                let message = format!("no constructor of `{ty}` takes ({})", shown.join(", "));
                let most: Vec<&str> = members.iter().take(4).map(|member| member.text).collect();
                self.tell(
                    Diagnostic::error("CS1729", span, message).hint(format!("there is {}", most.join(" · "))),
                );
                Bound { ty: ty.clone(), ..Bound::unknown(span) }
            }
        }
    }

    /// An operator declared by one of two types; `None` where there is none that fits.
    pub(super) fn user_operator(
        &mut self,
        symbol: &str,
        operands: Vec<Bound>,
        span: Span,
    ) -> Result<Bound, Vec<Bound>> {
        let mut candidates: Vec<(&'static Member, usize)> = Vec::new();
        for operand in &operands {
            let bare = operand.ty.nullable_of().unwrap_or(&operand.ty).clone();
            let mut types = vec![bare.clone()];
            types.extend(catalogue().ancestors(&bare));
            for id in types.iter().filter_map(Ty::id) {
                for member in catalogue().get(id).named(symbol) {
                    let is_new = !candidates.iter().any(|known| std::ptr::eq(known.0, *member));
                    if member.kind == MemberKind::Operator && member.params.len() == operands.len() && is_new
                    {
                        candidates.push((member, 0));
                    }
                }
            }
        }
        if candidates.is_empty() {
            return Err(operands);
        }
        let arguments: Vec<Argument<'_>> = operands
            .into_iter()
            .map(|bound| Argument { name: None, span: bound.span, arg: Arg::Value(bound) })
            .collect();
        match self.choose(&candidates, None, &[], &[], &arguments) {
            Some(chosen) => Ok(self.emit(chosen, None, arguments, span, span)),
            None => Err(arguments
                .into_iter()
                .filter_map(|argument| match argument.arg {
                    Arg::Value(bound) => Some(bound),
                    _ => None,
                })
                .collect()),
        }
    }
}

/// How narrow a candidate's parameters are: ties go to the narrower one.
fn specific(candidate: &Candidate) -> usize {
    let narrow = |ty: &Ty| usize::from(!ty.is(Known::Object) && !matches!(ty, Ty::Dynamic));
    candidate.member.params.iter().map(|param| narrow(&param.ty)).sum()
}

/// A body is read and not kept.
pub const BODY_TAKEN: &str = "HX0100";
