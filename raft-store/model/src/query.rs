//! Reading single resources and pages of them.
//!
//! The one idea: a page costs a bounded number of rows, whatever lies in between. Subtrees that
//! cannot hold what is asked for are skipped, and a page may be short, or even empty, with a token
//! to go on from. Must not authorise: who asks is settled before.

use crate::filter::Filter;
use crate::hostnames::fnv_1a;
use crate::keys;
use crate::read::{Read, Row, Table};
use crate::stored;
use crate::view::View;
use crate::violation::{code, violation};
use hanse_proto::v1::{StoredResource, Violation};
use hanse_proto::{Kind, Name, Scope};

/// Resources of one page when nothing is said.
pub const PAGE_SIZE_DEFAULT: u32 = 100;
/// Most resources of one page.
pub const PAGE_SIZE_MAX: u32 = 1_000;
/// Rows that one page looks at.
pub const SCAN_MAX: usize = 10_000;
/// Rows of one read: many in a row of wanted ones, few where subtrees are skipped.
const CHUNK_MIN: usize = 8;
const CHUNK_MAX: usize = 256;

/// What to list.
#[derive(Debug, Clone, Default)]
pub struct ListQuery {
    /// Resources of this one; `None`: of the service.
    pub parent: Option<Name>,
    /// Of this kind; `None`: of every kind.
    pub kind: Option<Kind>,
    /// At any depth instead of directly below the parent.
    pub recursive: bool,
    /// Only those that match.
    pub filter: Option<Filter>,
    /// 1 to [`PAGE_SIZE_MAX`]; 0 means [`PAGE_SIZE_DEFAULT`].
    pub page_size: u32,
    /// From the page before; empty: the first page.
    pub page_token: String,
}

/// One page of a list, in the order of names.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Page {
    /// The resources; may be fewer than asked for although there are more.
    pub resources: Vec<StoredResource>,
    /// Token of the next page; empty on the last one.
    pub next_page_token: String,
}

/// The resource of a name; `None` also when it is being deleted.
///
/// # Errors
/// When the store cannot be read.
pub fn get<R: Read>(read: &R, name: &Name) -> Result<Option<StoredResource>, R::Error> {
    View::open(read)?.resource(&keys::of(&name.key()))
}

/// One page of the resources that a query asks for.
///
/// # Errors
/// Outside, when the store cannot be read; inside, when the query itself is wrong or its parent
/// does not exist.
pub fn list<R: Read>(read: &R, query: &ListQuery) -> Result<Result<Page, Violation>, R::Error> {
    let refuse = |code: &str, field: &str, message: String, hint: &str| {
        let name = query.parent.as_ref().map_or("", Name::as_str);
        Ok(Err(violation(code, name, field, message, hint)))
    };
    if query.page_size > PAGE_SIZE_MAX {
        let message = format!("{} resources; a page has at most {PAGE_SIZE_MAX}", query.page_size);
        return refuse(code::INVALID, "pageSize", message, "");
    }
    let page_size = if query.page_size == 0 { PAGE_SIZE_DEFAULT } else { query.page_size } as usize;
    let view = View::open(read)?;
    let root = query.parent.as_ref().map(|parent| keys::of(&parent.key())).unwrap_or_default();
    if !root.is_empty() && !view.exists(&root)? {
        return refuse(code::NOT_FOUND, "parent", "it does not exist".to_owned(), "");
    }
    let (mut from, to) = match query.kind {
        Some(kind) if !query.recursive => keys::collection(&root, kind.collection()),
        _ => keys::below(&root),
    };
    if !query.page_token.is_empty() {
        let place = read_token(query, &query.page_token);
        let Some(place) = place.filter(|place| *place >= from && (to.is_empty() || *place < to)) else {
            let message = "the token is not one of this list".to_owned();
            return refuse(code::INVALID, "pageToken", message, "begin with the first page again");
        };
        from = place;
    }

    let scan = Scan { view, query, depth: keys::parts(&root) + 2 };
    let mut page = Page::default();
    let mut looked_at = 0;
    let mut chunk_size = CHUNK_MIN;
    loop {
        let chunk = read.range(Table::Resources, &from, &to, chunk_size)?;
        let is_last = chunk.len() < chunk_size;
        let mut skipped = 0;
        for (key, value) in chunk {
            looked_at += 1;
            if key < from {
                skipped += 1;
                continue;
            }
            // Only a row that would count next ends the page, so the last page is not empty.
            if page.resources.len() == page_size || looked_at > SCAN_MAX {
                page.next_page_token = write_token(query, &key);
                return Ok(Ok(page));
            }
            from = scan.look_at((key, value), &mut page.resources)?;
        }
        if is_last {
            return Ok(Ok(page));
        }
        chunk_size = if skipped * 2 > chunk_size { CHUNK_MIN } else { (chunk_size * 2).min(CHUNK_MAX) };
    }
}

struct Scan<'a, R> {
    view: View<'a, R>,
    query: &'a ListQuery,
    /// Parts in the key of a direct child.
    depth: usize,
}

impl<R: Read> Scan<'_, R> {
    /// Takes the row if it is asked for, and says where to go on.
    fn look_at(&self, (key, value): Row, taken: &mut Vec<StoredResource>) -> Result<Vec<u8>, R::Error> {
        let row_kind = kind_of(&key);
        if self.view.hidden_by(&key)?.is_some() {
            return Ok(keys::behind(&key));
        }
        let is_asked_for = self.query.kind.is_none_or(|kind| row_kind == Some(kind))
            && (self.query.recursive || keys::parts(&key) == self.depth);
        if is_asked_for {
            let stored: StoredResource = stored::decode(&value);
            if self.query.filter.as_ref().is_none_or(|filter| filter.matches(&stored)) {
                taken.push(stored);
            }
        }
        let may_hold_more = self.query.recursive
            && self.query.kind.is_none_or(|kind| row_kind.is_some_and(|row_kind| may_hold(row_kind, kind)));
        if may_hold_more {
            let mut next = key;
            next.push(0);
            return Ok(next);
        }
        Ok(keys::behind(&key))
    }
}

/// Whether resources of `kind` may be anywhere below one of `above`.
fn may_hold(above: Kind, kind: Kind) -> bool {
    if above == Kind::Workspace {
        return kind.scope() == Scope::ServiceOrWorkspace;
    }
    kind.parents().iter().any(|parent| *parent == above || may_hold(above, *parent))
}

/// The kind of the resource at a storage key.
fn kind_of(key: &[u8]) -> Option<Kind> {
    let mut collections = key.split(|byte| *byte == 0).step_by(2);
    collections.try_fold(None, |above, collection| {
        Kind::of_collection(above, std::str::from_utf8(collection).ok()?).map(Some)
    })?
}

/// Version of the token, digest of the query, place to go on from; in hexadecimal digits.
fn write_token(query: &ListQuery, place: &[u8]) -> String {
    let mut token = format!("1{:016x}", digest(query));
    for byte in place {
        token.push_str(&format!("{byte:02x}"));
    }
    token
}

/// The place in a token of this query.
fn read_token(query: &ListQuery, token: &str) -> Option<Vec<u8>> {
    let place = token.strip_prefix(&format!("1{:016x}", digest(query)))?;
    let digits: Vec<u32> = place.chars().map(|c| c.to_digit(16)).collect::<Option<_>>()?;
    let pairs = digits.chunks(2);
    pairs.map(|pair| u8::try_from(pair.first()? * 16 + pair.get(1)?).ok()).collect()
}

fn digest(query: &ListQuery) -> u64 {
    let parent = query.parent.as_ref().map(Name::key).unwrap_or_default();
    let kind = query.kind.map_or("", Kind::field);
    let filter = query.filter.as_ref().map_or("", Filter::text);
    let recursive = if query.recursive { "r" } else { "d" };
    fnv_1a([parent.as_str(), kind, recursive, filter].join("\0").into_bytes())
}
