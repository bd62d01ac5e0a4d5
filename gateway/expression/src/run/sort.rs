//! Merge sort with comparisons that may throw, run into a bound, or contradict each other.

use std::cmp::Ordering;

use super::cx::Cx;
use super::exception::Eval;

/// Sorts stably. Each comparison is a step; whatever `order` answers, every item is there afterwards, once.
///
/// # Errors
/// What a comparison costs or throws; the items are then as they were.
pub(crate) fn sort<'a, T: Copy>(
    cx: &mut Cx<'a, '_>,
    items: &mut Vec<T>,
    mut order: impl FnMut(&mut Cx<'a, '_>, T, T) -> Eval<'a, Ordering>,
) -> Eval<'a, ()> {
    let mut from = items.clone();
    let mut into = Vec::with_capacity(from.len());
    let mut width = 1;
    while width < from.len() {
        into.clear();
        for start in (0..from.len()).step_by(width * 2) {
            let (middle, end) = ((start + width).min(from.len()), (start + width * 2).min(from.len()));
            let (mut left, mut right) = (start, middle);
            while left < middle && right < end {
                cx.step()?;
                let at = match order(cx, from[left], from[right])? {
                    Ordering::Greater => &mut right,
                    _ => &mut left,
                };
                into.push(from[*at]);
                *at += 1;
            }
            into.extend_from_slice(&from[left..middle]);
            into.extend_from_slice(&from[right..end]);
        }
        std::mem::swap(&mut from, &mut into);
        width *= 2;
    }
    *items = from;
    Ok(())
}
