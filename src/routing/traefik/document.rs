//! The document: per section a persistent map from fragment to encoded bytes.
//!
//! Replacing a fragment costs what that fragment costs; everything else is shared with earlier revisions. The
//! body is the chunks in order. Its [`Revision`] is a commutative hash over all fragments, kept incrementally,
//! so equal facts give equal bytes whatever order they came in.

use std::hash::Hasher;
use std::sync::Arc;

use bytes::Bytes;
use imbl::OrdMap;
use serde::Serialize;
use siphasher::sip::SipHasher13;

use crate::routing::ids::Revision;

use super::encode::to_json;
use super::section::Section;

/// Keys are shared: a change copies the nodes on its path, with the keys of its neighbours.
pub(super) type Map = OrdMap<Arc<str>, Bytes>;

/// The roots of the document, in the order of the body.
const ROOTS: [&str; 4] = ["http", "tcp", "udp", "tls"];

/// Where the revision marker stands.
const MARKED: Section = Section::HttpMiddlewares;

/// Every fragment's bytes, by section and fragment key.
#[derive(Clone, Debug, Default)]
pub struct Document {
    sections: [Map; Section::ALL.len()],
    hash: u64,
}

impl Document {
    /// What stands in a section, by fragment.
    pub(super) fn map(&self, section: Section) -> &Map {
        let map = self.sections.get(section as usize);
        map.expect("there is a map for every section")
    }

    fn map_mut(&mut self, section: Section) -> &mut Map {
        let map = self.sections.get_mut(section as usize);
        map.expect("there is a map for every section")
    }

    /// Replaces what one fragment contributes to a section: members as [`member`] makes them, one after the
    /// other, or nothing. Gives whether anything changed.
    pub fn replace(&mut self, section: Section, fragment: &str, members: Bytes) -> bool {
        let old = self.map(section).get(fragment).cloned().unwrap_or_default();
        if old == members {
            return false;
        }
        self.hash = self.hash.wrapping_sub(hash(section, fragment, &old));
        self.hash = self.hash.wrapping_add(hash(section, fragment, &members));
        if members.is_empty() {
            self.map_mut(section).remove(fragment);
        } else {
            self.map_mut(section).insert(Arc::from(fragment), members);
        }
        true
    }

    /// What this document is known by.
    pub const fn revision(&self) -> Revision {
        Revision(self.hash)
    }

    /// The body, chunk by chunk, with the members of each section as `members` gives them: complete JSON that always
    /// holds at least the revision marker, never `{}`.
    pub(super) fn lay_out<M>(&self, members: impl Fn(Section) -> M) -> Vec<Bytes>
    where
        M: Iterator<Item = Bytes>,
    {
        let mut chunks = vec![Bytes::from_static(b"{")];
        let roots = ROOTS.into_iter().filter(|root| self.has(root));
        for (index, root) in roots.enumerate() {
            let comma = comma(index);
            chunks.push(Bytes::from(format!("{comma}\"{root}\":{{")));
            let sections = Section::ALL.into_iter();
            let sections = sections.filter(|section| section.root() == root);
            let sections = sections.filter(|section| self.stands(*section));
            for (index, section) in sections.enumerate() {
                chunks.push(self.open(index, section));
                chunks.extend(joined(section, members(section)));
                chunks.push(Bytes::from_static(b"}"));
            }
            chunks.push(Bytes::from_static(b"}"));
        }
        chunks.push(Bytes::from_static(b"}"));
        chunks
    }

    /// Does anything stand under a root; an empty one would make Traefik refuse the document.
    fn has(&self, root: &str) -> bool {
        let mut sections = Section::ALL.into_iter().filter(|s| s.root() == root);
        sections.any(|section| self.stands(section))
    }

    fn stands(&self, section: Section) -> bool {
        section == MARKED || !self.map(section).is_empty()
    }

    /// `"routers":{`, after a comma when it is not the first.
    fn open(&self, index: usize, section: Section) -> Bytes {
        let mut open = format!("{}\"{}\":{{", comma(index), section.key());
        if section == MARKED {
            open.push_str(&self.marker());
        }
        Bytes::from(open)
    }

    /// The unused middleware that proves this revision.
    fn marker(&self) -> String {
        let name = self.revision().marker();
        format!("\"{name}\":{{\"addPrefix\":{{\"prefix\":\"/\"}}}}")
    }

    /// The whole body in one piece; for tests, files and small readers.
    pub fn to_bytes(&self) -> Bytes {
        let chunks = self.lay_out(|section| self.map(section).values().cloned());
        Bytes::from(chunks.concat())
    }
}

const fn comma(index: usize) -> &'static str {
    if index == 0 { "" } else { "," }
}

/// Every member begins with a comma, which the first one in an object must not have.
fn joined(section: Section, members: impl Iterator<Item = Bytes>) -> impl Iterator<Item = Bytes> {
    members
        .enumerate()
        .map(move |(index, members)| match index {
            0 if section != MARKED => members.slice(1..),
            _ => members,
        })
}

/// One named object as it stands inside a section: `,"name":{...}`. The leading comma lets fragments be put one
/// after the other without a look at their neighbours.
pub fn member<T: Serialize>(name: &str, object: &T) -> Vec<u8> {
    let mut bytes = begin(name);
    bytes.extend(to_json(object));
    bytes
}

/// What stands before the object in a member.
pub fn begin(name: &str) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(256);
    bytes.push(b',');
    bytes.extend(to_json(&name));
    bytes.push(b':');
    bytes
}

/// A fragment's weight in the revision; nothing weighs nothing.
fn hash(section: Section, fragment: &str, members: &[u8]) -> u64 {
    if members.is_empty() {
        return 0;
    }
    let mut hasher = SipHasher13::new_with_keys(0x706f_696e, 0x7473_6d61);
    hasher.write(section.root().as_bytes());
    hasher.write_u8(0);
    hasher.write(section.key().as_bytes());
    hasher.write_u8(0);
    hasher.write(fragment.as_bytes());
    hasher.write_u8(0);
    hasher.write(members);
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn put(document: &mut Document, section: Section, fragment: &str, names: &[&str]) -> bool {
        let members: Vec<u8> = names
            .iter()
            .flat_map(|name| member(name, &serde_json::json!({"a": name})))
            .collect();
        document.replace(section, fragment, members.into())
    }

    #[test]
    fn an_empty_document_holds_its_marker_and_no_empty_map() {
        let body = Document::default().to_bytes();
        let text = std::str::from_utf8(&body).unwrap();
        assert_eq!(
            text,
            r#"{"http":{"middlewares":{"pointsman-rev-0000000000000000":{"addPrefix":{"prefix":"/"}}}}}"#
        );
    }

    #[test]
    fn only_roots_and_sections_with_content_are_written() {
        let mut document = Document::default();
        put(&mut document, Section::TlsStores, "d", &["default"]);
        put(&mut document, Section::TcpServices, "s", &["s1", "s2"]);
        put(&mut document, Section::TcpRouters, "r", &["r"]);
        let body = document.to_bytes();
        let parsed: serde_json::Value = serde_json::from_slice(&body).unwrap();
        let keys = |value: &serde_json::Value| -> Vec<String> {
            value.as_object().unwrap().keys().cloned().collect()
        };
        assert_eq!(keys(&parsed), ["http", "tcp", "tls"]);
        assert_eq!(keys(&parsed["tcp"]), ["routers", "services"]);
        assert_eq!(keys(&parsed["tcp"]["services"]), ["s1", "s2"]);
        assert_eq!(keys(&parsed["tls"]["stores"]), ["default"]);
    }

    #[test]
    fn order_of_arrival_does_not_matter_and_removal_leaves_no_trace() {
        let (mut a, mut b) = (Document::default(), Document::default());
        put(&mut a, Section::HttpRouters, "x", &["x1", "x2"]);
        put(&mut a, Section::HttpServices, "y", &["y1"]);
        put(&mut b, Section::HttpServices, "y", &["other"]);
        put(&mut b, Section::HttpServices, "y", &["y1"]);
        put(&mut b, Section::HttpMiddlewares, "z", &["z"]);
        put(&mut b, Section::HttpRouters, "x", &["x1", "x2"]);
        assert_ne!(a.revision(), b.revision(), "one more middleware");
        put(&mut b, Section::HttpMiddlewares, "z", &[]);
        assert_eq!(a.to_bytes(), b.to_bytes(), "same facts, same bytes");
        let parsed: serde_json::Value = serde_json::from_slice(&a.to_bytes()).unwrap();
        assert_eq!(
            parsed["http"]["routers"]["x2"]["a"], "x2",
            "members are where they belong"
        );
        assert!(
            !put(&mut a, Section::HttpServices, "y", &["y1"]),
            "equal bytes are no change"
        );
    }
}
