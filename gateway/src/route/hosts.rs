//! A table of hostnames that is asked with whatever a client sent.
//!
//! One idea: a sorted list, searched without regard to case, so that a lookup allocates nothing.

use std::{cmp::Ordering, collections::BTreeMap};

/// Something for each hostname.
#[derive(Debug, Clone)]
pub(crate) struct HostTable<T> {
    /// In lower case, sorted.
    entries: Box<[(Box<str>, T)]>,
}

impl<T> HostTable<T> {
    /// Where a host comes twice, the first one stays.
    pub(crate) fn new(hosts: impl IntoIterator<Item = (String, T)>) -> HostTable<T> {
        let mut entries = BTreeMap::new();
        for (host, value) in hosts {
            let host: Box<str> = hostname(&host).to_ascii_lowercase().into();
            entries.entry(host).or_insert(value);
        }
        HostTable { entries: entries.into_iter().collect() }
    }

    /// Takes what [`hostname`] gives.
    pub(crate) fn get(&self, hostname: &str) -> Option<&T> {
        let at = self.entries.binary_search_by(|(host, _)| cmp(host, hostname)).ok()?;
        Some(&self.entries[at].1)
    }
}

impl<T> Default for HostTable<T> {
    fn default() -> HostTable<T> {
        HostTable { entries: Box::default() }
    }
}

fn cmp(lower: &str, sent: &str) -> Ordering {
    lower.bytes().cmp(sent.bytes().map(|byte| byte.to_ascii_lowercase()))
}

/// The hostname of a `Host` header, authority or server name: without port and final dot.
pub fn hostname(host: &str) -> &str {
    let name = match host.starts_with('[') {
        true => &host[..host.find(']').map_or(host.len(), |end| end + 1)],
        false => host.split(':').next().unwrap_or(host),
    };
    name.strip_suffix('.').unwrap_or(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn port_and_final_dot_are_no_part_of_a_hostname() {
        for (host, name) in [
            ("a.b", "a.b"),
            ("a.b:80", "a.b"),
            ("a.b.:80", "a.b"),
            ("[::1]:80", "[::1]"),
            ("[::1]", "[::1]"),
            ("[::1", "[::1"),
            ("", ""),
            (":", ""),
        ] {
            assert_eq!(hostname(host), name, "{host}");
        }
    }

    #[test]
    fn hosts_compare_without_case_and_the_first_one_stays() {
        let hosts = [("b".to_owned(), 1), ("A".to_owned(), 2), ("B:8080".to_owned(), 3)];
        let table = HostTable::new(hosts);
        assert_eq!(table.get("B"), Some(&1));
        assert_eq!(table.get("a"), Some(&2));
        assert_eq!(table.get("c"), None);
        assert_eq!(table.get(""), None);
    }
}
