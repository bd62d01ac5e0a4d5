//! What a document costs when it is saved: read, checked, its expressions compiled.
//!
//! `cargo bench -p hanse-policy`. The document has 198 lines and about as many expressions as one of its kind
//! has; saving it is not on the path of requests, yet an import saves thousands.

use divan::{AllocProfiler, Bencher, black_box, counter::BytesCount};
use hanse_policy::{Alone, Checking, ScopeKind, check, effective_policy, to_xml};

#[global_allocator]
static ALLOCATOR: AllocProfiler = AllocProfiler::system();

const ORDERS: &str = include_str!("orders.xml");

fn main() {
    // What is built once is not what a document costs; and what is measured has to be accepted.
    let checked = check(ORDERS, &Checking::to_read(Some(ScopeKind::Api)));
    assert!(checked.is_accepted(), "{:#?}", checked.findings);
    divan::main();
}

/// Read, checked, and every expression compiled.
#[divan::bench]
fn checked(bencher: Bencher<'_, '_>) {
    bencher
        .counter(BytesCount::of_str(ORDERS))
        .bench(|| check(black_box(ORDERS), &Checking::to_read(Some(ScopeKind::Api))));
}

/// Read, and written as well-formed XML.
#[divan::bench]
fn printed(bencher: Bencher<'_, '_>) {
    bencher.counter(BytesCount::of_str(ORDERS)).bench(|| to_xml(black_box(ORDERS)));
}

/// Read, and merged with a document of global scope.
#[divan::bench]
fn merged(bencher: Bencher<'_, '_>) {
    let global = "<policies><inbound/><backend><forward-request/></backend><outbound/><on-error/></policies>";
    let texts = [None, Some(black_box(ORDERS)), None, None, Some(global)];
    bencher.counter(BytesCount::of_str(ORDERS)).bench(|| effective_policy(texts, &Alone));
}
