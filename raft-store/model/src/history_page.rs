//! Pages of what happened to a subtree, newest first, each change with what was before and after it.
//!
//! The one idea: the change feed read backwards, in windows of revisions that grow where little
//! happened. A page looks at a bounded number of records; it may be short, or even empty, with a token
//! to go on from. Must not authorise: who asks is settled before.

use crate::feed;
use crate::history::{oldest, value_after, value_before};
use crate::keys;
use crate::query::{PAGE_SIZE_DEFAULT, PAGE_SIZE_MAX, SCAN_MAX};
use crate::read::{Read, Row, Table};
use crate::stored;
use crate::violation::{code, violation};
use hanse_proto::Name;
use hanse_proto::v1::{ChangeRecord, StoredResource, Violation};

/// Revisions of the first window.
const WINDOW: u64 = 64;
/// Records of one read.
const CHUNK: usize = 256;

/// Whose history, and which page of it.
#[derive(Debug, Clone, Default)]
pub struct HistoryQuery {
    /// Of this resource and everything below it; `None`: of everything.
    pub root: Option<Name>,
    /// 1 to [`PAGE_SIZE_MAX`]; 0 means [`PAGE_SIZE_DEFAULT`].
    pub page_size: u32,
    /// From the page before; empty: the newest.
    pub page_token: String,
}

/// One change.
#[derive(Debug, Clone, PartialEq)]
pub struct HistoryEntry {
    /// What happened, when and by whom.
    pub record: ChangeRecord,
    /// What the resource was; `None`: it did not exist, or it is none of the model's resources.
    pub before: Option<StoredResource>,
    /// What it became.
    pub after: Option<StoredResource>,
}

/// Changes, newest first.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct HistoryPage {
    /// May be fewer than asked for although there are more.
    pub entries: Vec<HistoryEntry>,
    /// Token of the next page; empty on the last one.
    pub next_page_token: String,
    /// The least revision whose state is known.
    pub oldest: u64,
}

/// One page of the history of a subtree.
///
/// # Errors
/// Outside, when the store cannot be read; inside, when the query itself is wrong.
pub fn history<R: Read>(read: &R, query: &HistoryQuery) -> Result<Result<HistoryPage, Violation>, R::Error> {
    let refuse = |field: &str, message: String| {
        let name = query.root.as_ref().map_or("", Name::as_str);
        Ok(Err(violation(code::INVALID, name, field, message, "")))
    };
    if query.page_size > PAGE_SIZE_MAX {
        let message = format!("{} changes; a page has at most {PAGE_SIZE_MAX}", query.page_size);
        return refuse("pageSize", message);
    }
    let state = stored::state(read)?;
    let end = if query.page_token.is_empty() {
        (feed::newest(read, &state)?.saturating_add(1), 0)
    } else {
        match read_token(&query.page_token) {
            Some(end) => end,
            None => return refuse("pageToken", "the token is not one of a history".to_owned()),
        }
    };
    let page_size = if query.page_size == 0 { PAGE_SIZE_DEFAULT } else { query.page_size } as usize;
    let root = query.root.as_ref().map(|root| keys::of(&root.key())).unwrap_or_default();
    let mut page = HistoryPage { oldest: oldest(&state), ..HistoryPage::default() };
    let mut back = Backwards { end, window: WINDOW, oldest: page.oldest };
    let mut looked_at = 0;
    while let Some(rows) = back.next(read)? {
        for (_, value) in rows {
            let record: ChangeRecord = stored::decode(&value);
            let key = keys::of(&hanse_proto::key_of(&record.name));
            let is_asked_for = keys::is_within(&root, &key);
            let is_full = page.entries.len() == page_size && is_asked_for;
            if is_full || looked_at == SCAN_MAX {
                // The token is the end of the next page, so this record is the first one on it.
                page.next_page_token = write_token(record.revision, record.index + 1);
                return Ok(Ok(page));
            }
            looked_at += 1;
            if is_asked_for {
                page.entries.push(entry(read, record, &key)?);
            }
        }
    }
    Ok(Ok(page))
}

fn entry<R: Read>(read: &R, record: ChangeRecord, key: &[u8]) -> Result<HistoryEntry, R::Error> {
    if Name::parse(&record.name).is_err() {
        return Ok(HistoryEntry { record, before: None, after: None });
    }
    let before = value_before(read, key, record.revision)?;
    let after = match record.action.as_str() {
        "deleted" => None,
        _ => value_after(read, key, record.revision)?,
    };
    Ok(HistoryEntry { record, before, after })
}

/// Records before a place in the feed, from the newest to the oldest.
struct Backwards {
    /// Revision and index that the next records are before.
    end: (u64, u32),
    window: u64,
    oldest: u64,
}

impl Backwards {
    fn next<R: Read>(&mut self, read: &R) -> Result<Option<Vec<Row>>, R::Error> {
        loop {
            let (revision, index) = self.end;
            // The newest revision that may have records before the end, if it has an earlier part.
            let last = if index == 0 { revision.saturating_sub(1) } else { revision };
            if last <= self.oldest {
                return Ok(None);
            }
            let first = last.saturating_sub(self.window - 1).max(self.oldest + 1);
            let (from, to) = (keys::change(first, 0), keys::change(revision, index));
            // Of a single revision all records, however many: it is a command's worth.
            let limit = if first == last { usize::MAX } else { CHUNK };
            let mut rows = read.range(Table::Changes, &from, &to, limit)?;
            if rows.len() == limit {
                self.window = (self.window / 4).max(1);
                continue;
            }
            self.end = (first, 0);
            if rows.is_empty() {
                self.window = self.window.saturating_mul(4);
                continue;
            }
            rows.reverse();
            return Ok(Some(rows));
        }
    }
}

fn write_token(revision: u64, index: u32) -> String {
    format!("1-{revision}-{index}")
}

fn read_token(token: &str) -> Option<(u64, u32)> {
    let (revision, index) = token.strip_prefix("1-")?.split_once('-')?;
    Some((revision.parse().ok()?, index.parse().ok()?))
}
