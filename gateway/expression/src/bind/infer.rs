//! Type arguments from arguments: ECMA-334 12.6.3.

use super::Binder;
use super::arguments::{Arg, Argument, Mapping};
use super::convert::{implicit, is_covariant};
use super::types::element_of;
use crate::types::{Known, Member, Ty, catalogue};

/// Bounds found for each type parameter: what it must be, and what must convert to it.
pub(super) struct Inference {
    bounds: Vec<Vec<(Ty, bool)>>,
}

impl Inference {
    /// `fixed` are the arguments known beforehand: those of the type.
    pub(super) fn new(fixed: &[Ty], own: usize) -> Self {
        let mut bounds: Vec<Vec<(Ty, bool)>> = fixed.iter().map(|ty| vec![(ty.clone(), true)]).collect();
        bounds.resize(fixed.len() + own, Vec::new());
        Self { bounds }
    }

    fn add(&mut self, at: u8, ty: &Ty, is_exact: bool) {
        if matches!(ty, Ty::Null | Ty::Void) {
            return;
        }
        if let Some(bounds) = self.bounds.get_mut(usize::from(at))
            && !bounds.iter().any(|(known, exact)| known == ty && *exact == is_exact)
        {
            bounds.push((ty.clone(), is_exact));
        }
    }

    /// What each parameter is so far; parameters without bounds stay.
    pub(super) fn fixed(&self) -> Vec<Ty> {
        let pick = |(at, bounds): (usize, &Vec<(Ty, bool)>)| {
            if let Some((exact, _)) = bounds.iter().find(|(_, is_exact)| *is_exact) {
                return exact.clone();
            }
            let takes_all = |candidate: &&(Ty, bool)| {
                bounds.iter().all(|(other, _)| implicit(other, &candidate.0, None).is_some())
            };
            bounds
                .iter()
                .find(takes_all)
                .or(bounds.first())
                .map_or_else(|| Ty::Param(u8::try_from(at).unwrap_or(u8::MAX)), |(ty, _)| ty.clone())
        };
        self.bounds.iter().enumerate().map(pick).collect()
    }

    /// Compares what a parameter is declared as with what is given.
    pub(super) fn unify(&mut self, declared: &Ty, given: &Ty, is_exact: bool) {
        match (declared, given) {
            (_, Ty::Unknown) => {}
            (Ty::Param(at), given) => self.add(*at, given, is_exact),
            (Ty::Array(inner), Ty::Array(given)) => self.unify(inner, given, given.is_value_type()),
            (Ty::Named(id, parameters), _) if !parameters.is_empty() => {
                if declared.nullable_of().is_some() {
                    return self.unify(&parameters[0], given.nullable_of().unwrap_or(given), is_exact);
                }
                let mut all = vec![given.clone()];
                all.extend(catalogue().ancestors(given));
                if let Some(found) = all.iter().find(|it| it.id() == Some(*id)) {
                    let varies = is_covariant(declared);
                    for (parameter, argument) in parameters.iter().zip(found.arguments()) {
                        self.unify(parameter, argument, !varies || argument.is_value_type());
                    }
                } else if declared.is(Known::IEnumerableOf)
                    && let Some(element) = element_of(given)
                {
                    self.unify(&parameters[0], &element, false);
                }
            }
            (Ty::Tuple(declared), Ty::Tuple(given)) => {
                for ((_, declared), (_, given)) in declared.iter().zip(given.iter()) {
                    self.unify(declared, given, is_exact);
                }
            }
            _ => {}
        }
    }
}

impl Binder {
    /// Type arguments of a method: those of the type, then its own. `None` where one cannot be told.
    pub(super) fn infer(
        &mut self,
        member: &'static Member,
        skip: usize,
        receiver: Option<&Ty>,
        fixed: &[Ty],
        mapping: &Mapping,
        arguments: &[Argument<'_>],
    ) -> Option<Vec<Ty>> {
        let mut inference = Inference::new(fixed, member.type_params);
        if let (true, Some(receiver)) = (skip == 1, receiver) {
            inference.unify(&member.params[0].ty, receiver, false);
        }
        let params = &member.params[skip..];
        let each = |at: usize, place: &usize| {
            (place_ty(&params[at].ty, mapping.is_expanded && params[at].is_params), *place)
        };
        let pairs: Vec<(Ty, usize)> = mapping
            .arguments
            .iter()
            .enumerate()
            .flat_map(|(at, places)| places.iter().map(move |place| each(at, place)).collect::<Vec<_>>())
            .collect();
        for (param, place) in &pairs {
            if let Some(ty) = arguments[*place].ty() {
                inference.unify(param, ty, matches!(arguments[*place].arg, Arg::Out(..)));
            }
        }
        // Lambdas, as soon as what they take is known; each may make another one's parameters known.
        let mut waiting: Vec<&(Ty, usize)> =
            pairs.iter().filter(|(_, place)| matches!(arguments[*place].arg, Arg::Lambda(_))).collect();
        loop {
            let known = inference.fixed();
            let ready = waiting.iter().position(|(param, _)| {
                param
                    .delegate()
                    .is_some_and(|(takes, _)| takes.iter().all(|ty| !ty.substitute(&known).is_open()))
            });
            let Some(ready) = ready else { break };
            let (param, place) = waiting.remove(ready);
            let (takes, gives) = param.delegate()?;
            let takes: Vec<Ty> = takes.iter().map(|ty| ty.substitute(&known)).collect();
            if let Arg::Lambda(expr) = &arguments[*place].arg
                && gives.is_open()
                && let Some(result) = self.lambda_result(expr, &takes)
            {
                inference.unify(&gives, &result, false);
            }
        }
        let all = inference.fixed();
        all.iter().all(|ty| !ty.is_open()).then_some(all)
    }
}

/// What one argument of a parameter is held against.
pub(super) fn place_ty(declared: &Ty, is_expanded: bool) -> Ty {
    match declared {
        Ty::Array(element) if is_expanded => (**element).clone(),
        other => other.clone(),
    }
}
