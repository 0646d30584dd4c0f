//! What one document has that another has not, by the names of objects.

use std::collections::{BTreeMap, BTreeSet};

use imbl::ordmap::DiffItem;
use serde_json::Value;

use super::document::Document;
use super::section::Section;

/// What changed from one document to another, by name: `http.routers/whoami-dev-web`; each list is sorted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Changes {
    /// Only in the later one.
    pub added: Vec<String>,
    /// In both, and not the same.
    pub changed: Vec<String>,
    /// Only in the earlier one.
    pub removed: Vec<String>,
}

type Members = BTreeMap<String, Value>;

impl Document {
    /// What changed since an earlier document. The revision marker, which always changes, is not named.
    /// Looks only at what the two do not share.
    pub fn changes_since(&self, before: &Self) -> Changes {
        let mut changes = Changes::default();
        for section in Section::ALL {
            let (old, new) = differing(before, self, section);
            let names: BTreeSet<&String> = old.keys().chain(new.keys()).collect();
            for name in names {
                let path = format!("{}.{}/{name}", section.root(), section.key());
                match (old.get(name), new.get(name)) {
                    (None, _) => changes.added.push(path),
                    (_, None) => changes.removed.push(path),
                    (old, new) if old != new => changes.changed.push(path),
                    (Some(_), Some(_)) => {}
                }
            }
        }
        changes.added.sort();
        changes.changed.sort();
        changes.removed.sort();
        changes
    }
}

/// The objects of the fragments that are not the same in both. An object may go from one fragment to another.
fn differing(before: &Document, after: &Document, section: Section) -> (Members, Members) {
    let (mut old, mut new) = (Members::new(), Members::new());
    for item in before.map(section).diff(after.map(section)) {
        match item {
            DiffItem::Add(_, bytes) => new.extend(members(bytes)),
            DiffItem::Remove(_, bytes) => old.extend(members(bytes)),
            DiffItem::Update {
                old: (_, before),
                new: (_, after),
            } => {
                old.extend(members(before));
                new.extend(members(after));
            }
        }
    }
    (old, new)
}

/// A fragment's objects, read back.
fn members(bytes: &[u8]) -> Members {
    let object = [b"{", bytes.get(1..).unwrap_or_default(), b"}"].concat();
    serde_json::from_slice(&object)
        .expect("`document::member` wrote it, and no label is nested too deeply to be read")
}

#[cfg(test)]
mod tests {
    use super::super::document::member;
    use super::*;

    fn put(document: &mut Document, section: Section, fragment: &str, objects: &[(&str, u8)]) {
        let members: Vec<u8> = objects
            .iter()
            .flat_map(|(name, value)| member(name, &serde_json::json!({ "a": value })))
            .collect();
        document.replace(section, fragment, members.into());
    }

    // imbl 6 told of "n120" when "n12" was removed from among thousands.
    #[test]
    fn a_removal_among_many_is_told_by_its_name() {
        let mut document = Document::default();
        let name = |key: usize| format!("n{key}");
        for key in 0..5_000 {
            let members = member(&name(key), &serde_json::json!({ "rule": "r" }));
            document.replace(Section::HttpRouters, &name(key), members.into());
        }
        for key in (0..5_000).step_by(7) {
            let before = document.clone();
            document.replace(Section::HttpRouters, &name(key), bytes::Bytes::new());
            let changes = document.changes_since(&before);
            let path = format!("http.routers/{}", name(key));
            assert_eq!(changes.removed, [path], "this one");
            assert!(
                changes.added.is_empty() && changes.changed.is_empty(),
                "no other: {changes:?}"
            );
        }
    }

    #[test]
    fn objects_are_named_by_what_became_of_them() {
        let mut before = Document::default();
        put(
            &mut before,
            Section::HttpRouters,
            "x",
            &[("a", 1), ("b", 1), ("c", 1)],
        );
        put(&mut before, Section::HttpServices, "x", &[("gone", 1)]);
        put(&mut before, Section::TlsOptions, "y", &[("same", 1)]);
        let mut after = before.clone();
        assert_eq!(after.changes_since(&before), Changes::default(), "the same");
        put(
            &mut after,
            Section::HttpRouters,
            "x",
            &[("a", 1), ("b", 2), ("d", 1)],
        );
        // from one fragment to another, unchanged
        put(&mut after, Section::HttpRouters, "z", &[("c", 1)]);
        put(&mut after, Section::HttpServices, "x", &[]);
        put(&mut after, Section::UdpServices, "x", &[("new", 1)]);
        let expected = Changes {
            added: vec!["http.routers/d".to_owned(), "udp.services/new".to_owned()],
            changed: vec!["http.routers/b".to_owned()],
            removed: vec!["http.services/gone".to_owned()],
        };
        assert_eq!(after.changes_since(&before), expected, "by name");
    }
}
