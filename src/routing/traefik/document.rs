//! The document: per section a persistent map from fragment to encoded bytes.
//!
//! Replacing a fragment costs what that fragment costs; everything else is shared with earlier revisions. The
//! body is the chunks in order. Its [`Revision`] is a commutative hash over all fragments, kept incrementally,
//! so equal facts give equal bytes whatever order they came in.

use std::hash::Hasher;

use bytes::Bytes;
use imbl::OrdMap;
use serde::Serialize;
use siphasher::sip::SipHasher13;

use crate::routing::ids::Revision;

use super::encode::to_json;

/// A map inside the document, in the order of the body.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Section {
    /// `http.routers`
    HttpRouters,
    /// `http.services`
    HttpServices,
    /// `http.middlewares`; last of `http`, because the revision marker closes it.
    HttpMiddlewares,
}

impl Section {
    /// All, in the order of the body.
    pub const ALL: [Self; 3] = [Self::HttpRouters, Self::HttpServices, Self::HttpMiddlewares];

    /// The key at the root of the document that it stands under.
    pub const fn root(self) -> &'static str {
        match self {
            Self::HttpRouters | Self::HttpServices | Self::HttpMiddlewares => "http",
        }
    }

    /// The key inside its protocol.
    pub const fn key(self) -> &'static str {
        match self {
            Self::HttpRouters => "routers",
            Self::HttpServices => "services",
            Self::HttpMiddlewares => "middlewares",
        }
    }

    /// One of its objects, in words.
    pub const fn noun(self) -> &'static str {
        match self {
            Self::HttpRouters => "router",
            Self::HttpServices => "service",
            Self::HttpMiddlewares => "middleware",
        }
    }
}

impl std::fmt::Display for Section {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}.{}", self.root(), self.key())
    }
}

type Map = OrdMap<String, Bytes>;

/// Every fragment's bytes, by section and fragment key.
#[derive(Clone, Debug, Default)]
pub struct Document {
    routers: Map,
    services: Map,
    middlewares: Map,
    hash: u64,
}

impl Document {
    const fn map(&self, section: Section) -> &Map {
        match section {
            Section::HttpRouters => &self.routers,
            Section::HttpServices => &self.services,
            Section::HttpMiddlewares => &self.middlewares,
        }
    }

    const fn map_mut(&mut self, section: Section) -> &mut Map {
        match section {
            Section::HttpRouters => &mut self.routers,
            Section::HttpServices => &mut self.services,
            Section::HttpMiddlewares => &mut self.middlewares,
        }
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
            self.map_mut(section).insert(fragment.to_owned(), members);
        }
        true
    }

    /// What this document is known by.
    pub const fn revision(&self) -> Revision {
        Revision(self.hash)
    }

    /// The body, chunk by chunk: complete JSON that always holds at least the revision marker, never `{}`.
    pub fn chunks(&self) -> impl Iterator<Item = Bytes> + '_ {
        let open = std::iter::once(Bytes::from_static(b"{\"http\":{"));
        let marker = std::iter::once(self.marker());
        let close = std::iter::once(Bytes::from_static(b"}}}"));
        open.chain(self.section(Section::HttpRouters))
            .chain(self.section(Section::HttpServices))
            .chain(marker)
            .chain(self.middlewares.values().cloned())
            .chain(close)
    }

    /// `"routers":{...},` or nothing at all: an empty map would make Traefik refuse the document.
    fn section(&self, section: Section) -> impl Iterator<Item = Bytes> + '_ {
        let map = self.map(section);
        let frame = |text: String| (!map.is_empty()).then(|| Bytes::from(text)).into_iter();
        let members = map
            .values()
            .enumerate()
            .map(|(index, members)| match index {
                0 => members.slice(1..),
                _ => members.clone(),
            });
        frame(format!("\"{}\":{{", section.key()))
            .chain(members)
            .chain(frame("},".to_owned()))
    }

    /// Opens the middlewares with the unused one that proves this revision.
    fn marker(&self) -> Bytes {
        let name = self.revision().marker();
        Bytes::from(format!(
            "\"middlewares\":{{\"{name}\":{{\"addPrefix\":{{\"prefix\":\"/\"}}}}"
        ))
    }

    /// The whole body in one piece; for tests, files and small readers.
    pub fn to_bytes(&self) -> Bytes {
        let chunks: Vec<Bytes> = self.chunks().collect();
        Bytes::from(chunks.concat())
    }
}

/// One named object as it stands inside a section: `,"name":{...}`. The leading comma lets fragments be put one
/// after the other without a look at their neighbours.
pub fn member<T: Serialize>(name: &str, object: &T) -> Vec<u8> {
    let mut bytes = vec![b','];
    bytes.extend(to_json(&name));
    bytes.push(b':');
    bytes.extend(to_json(object));
    bytes
}

/// A fragment's weight in the revision; nothing weighs nothing.
fn hash(section: Section, fragment: &str, members: &[u8]) -> u64 {
    if members.is_empty() {
        return 0;
    }
    let mut hasher = SipHasher13::new_with_keys(0x706f_696e, 0x7473_6d61);
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
