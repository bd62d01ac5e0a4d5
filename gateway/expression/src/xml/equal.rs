//! `XNode.DeepEquals`: the same names, attributes in the same order, and content; neighbouring texts count as one.

use super::node::{Data, NodeRef};

/// Compares without recursion and without memory.
pub fn deep_equals<'a>(left: NodeRef<'a>, right: NodeRef<'a>) -> bool {
    if !alike(left, right) {
        return false;
    }
    let (mut parents, mut at) = ((left, right), (left.first_node(), right.first_node()));
    loop {
        let Some(behind_texts) = skip_texts(at) else { return false };
        match behind_texts {
            (Some(a), Some(b)) if alike(a, b) => match a.children().is_some() {
                true => (parents, at) = ((a, b), (a.first_node(), b.first_node())),
                false => at = (a.next.get(), b.next.get()),
            },
            (None, None) => {
                let (a, b) = parents;
                if std::ptr::eq(a, left) {
                    return true;
                }
                let (Some(up), Some(up_right)) = (a.parent.get(), b.parent.get()) else { return false };
                (parents, at) = ((up, up_right), (a.next.get(), b.next.get()));
            }
            _ => return false,
        }
    }
}

/// Both at the first nodes that are no text, if the texts before them are the same.
fn skip_texts<'a>(
    (left, right): (Option<NodeRef<'a>>, Option<NodeRef<'a>>),
) -> Option<(Option<NodeRef<'a>>, Option<NodeRef<'a>>)> {
    let texts = |from: Option<NodeRef<'a>>| {
        std::iter::successors(from, |node| node.next.get()).map_while(|node| match &node.data {
            Data::Text(text) => Some(text.get()),
            _ => None,
        })
    };
    let behind = |from: Option<NodeRef<'a>>| {
        std::iter::successors(from, |node| node.next.get()).find(|node| !matches!(node.data, Data::Text(_)))
    };
    let same = texts(left).flat_map(str::bytes).eq(texts(right).flat_map(str::bytes));
    same.then(|| (behind(left), behind(right)))
}

/// The same but for what is below; `<a />` and `<a></a>` differ.
fn alike<'a>(left: NodeRef<'a>, right: NodeRef<'a>) -> bool {
    match (&left.data, &right.data) {
        (Data::Document { .. }, Data::Document { .. }) => true,
        (Data::Element { name: a, .. }, Data::Element { name: b, .. }) => {
            let pair = |node: NodeRef<'a>| node.attributes(None).map(|a| (a.name(), a.value()));
            a.get() == b.get() && pair(left).eq(pair(right)) && left.is_empty() == right.is_empty()
        }
        (Data::Text(a), Data::Text(b))
        | (Data::CData(a), Data::CData(b))
        | (Data::Comment(a), Data::Comment(b)) => a.get() == b.get(),
        (Data::Instruction { target: a, data: x }, Data::Instruction { target: b, data: y }) => {
            a.get() == b.get() && x.get() == y.get()
        }
        (Data::DocumentType(a), Data::DocumentType(b)) => a.get() == b.get(),
        _ => false,
    }
}
