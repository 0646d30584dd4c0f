//! A document's bytes in pieces of a handy size, for the listener that sends them.
//!
//! Most fragments are small, and thousands of small pieces cost more to send than their bytes. So neighbours are put
//! together into blocks, and the body of the next document takes over every block in which nothing changed: a change
//! costs the block that it falls into, however large the document is. The bytes are those of [`Document::to_bytes`].

use std::collections::BTreeSet;
use std::ops::Bound;
use std::sync::Arc;

use bytes::Bytes;
use imbl::ordmap::DiffItem;

use super::document::{Document, Map};
use super::section::Section;

/// A block is closed when it has so many bytes.
const BLOCK: usize = 16 * 1024;
/// One with less takes the next one in when it is made anew, so that removals do not leave crumbs.
const CRUMB: usize = BLOCK / 4;

/// The body's chunks and their total length.
#[derive(Clone, Debug)]
pub struct Body {
    /// In order; together one JSON object.
    pub chunks: Arc<[Bytes]>,
    /// Sum of their lengths.
    pub len: u64,
    document: Document,
    blocks: [Vec<Block>; Section::ALL.len()],
}

/// Fragments of one section, one after the other.
#[derive(Clone, Debug)]
struct Block {
    first: Arc<str>,
    bytes: Bytes,
}

impl Body {
    /// Of a document alone.
    pub fn of(document: &Document) -> Self {
        let blocks = Section::ALL.map(|section| {
            let mut blocks = Vec::new();
            glue(document.map(section).iter(), &mut blocks);
            blocks
        });
        Self::new(document, blocks)
    }

    /// Of the document that came after another, whose blocks it shares.
    pub fn after(before: &Self, document: &Document) -> Self {
        let blocks = Section::ALL.map(|section| {
            let old = before.blocks.get(section as usize);
            let (old_map, map) = (before.document.map(section), document.map(section));
            update(old.map(Vec::as_slice).unwrap_or_default(), old_map, map)
        });
        Self::new(document, blocks)
    }

    fn new(document: &Document, blocks: [Vec<Block>; Section::ALL.len()]) -> Self {
        let chunks = document.lay_out(|section| {
            let blocks = blocks.get(section as usize).into_iter().flatten();
            blocks.map(|block| block.bytes.clone())
        });
        Self {
            len: chunks.iter().map(|chunk| chunk.len() as u64).sum(),
            chunks: chunks.into(),
            document: document.clone(),
            blocks,
        }
    }
}

/// Blocks of the new map: those of the old one, except where the two differ.
fn update(old: &[Block], before: &Map, after: &Map) -> Vec<Block> {
    let touched: BTreeSet<usize> = before.diff(after).map(|item| place(old, &item)).collect();
    let mut new = Vec::with_capacity(old.len() + 1);
    let mut at = 0;
    while let Some(block) = old.get(at) {
        if touched.contains(&at) {
            at = renew(old, at, &touched, after, &mut new);
        } else {
            new.push(block.clone());
            at += 1;
        }
    }
    if old.is_empty() {
        glue(after.iter(), &mut new);
    }
    new
}

/// In which block a difference lies.
fn place(old: &[Block], item: &DiffItem<'_, '_, Arc<str>, Bytes>) -> usize {
    let key = match item {
        DiffItem::Add(key, _)
        | DiffItem::Remove(key, _)
        | DiffItem::Update { new: (key, _), .. } => key,
    };
    let behind = old.partition_point(|block| block.first <= **key);
    behind.saturating_sub(1)
}

/// Makes a run of touched blocks anew; gives where the next one begins.
fn renew(
    old: &[Block],
    from: usize,
    touched: &BTreeSet<usize>,
    after: &Map,
    new: &mut Vec<Block>,
) -> usize {
    let begin = old.get(from).filter(|_| from > 0);
    let begin = begin.map_or(Bound::Unbounded, |block| Bound::Included(&*block.first));
    let mut end = from + 1;
    loop {
        while touched.contains(&end) {
            end += 1;
        }
        let next = old.get(end);
        let until = next.map_or(Bound::Unbounded, |block| Bound::Excluded(&*block.first));
        let range = || after.range::<_, str>((begin, until));
        let size: usize = range().map(|(_, bytes)| bytes.len()).sum();
        if size >= CRUMB || size == 0 || next.is_none() {
            glue(range(), new);
            return end;
        }
        end += 1;
    }
}

fn glue<'a>(members: impl Iterator<Item = (&'a Arc<str>, &'a Bytes)>, blocks: &mut Vec<Block>) {
    let mut open: Option<(Arc<str>, Vec<u8>)> = None;
    for (key, bytes) in members {
        if open.is_none() && bytes.len() >= BLOCK {
            let (first, bytes) = (Arc::clone(key), bytes.clone());
            blocks.push(Block { first, bytes });
            continue;
        }
        let (first, mut text) = open
            .take()
            .unwrap_or_else(|| (Arc::clone(key), Vec::with_capacity(BLOCK + CRUMB)));
        text.extend_from_slice(bytes);
        open = close(first, text, blocks);
    }
    if let Some((first, text)) = open {
        let bytes = text.into();
        blocks.push(Block { first, bytes });
    }
}

/// A block that is large enough; another one stays open.
fn close(first: Arc<str>, text: Vec<u8>, blocks: &mut Vec<Block>) -> Option<(Arc<str>, Vec<u8>)> {
    if text.len() < BLOCK {
        return Some((first, text));
    }
    let bytes = text.into();
    blocks.push(Block { first, bytes });
    None
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn replace(document: &mut Document, section: Section, key: u16, size: usize) {
        let name = format!("n{key}");
        let text = format!(",\"{name}\":\"{}\"", "x".repeat(size));
        let bytes = if size == 0 { Bytes::new() } else { text.into() };
        document.replace(section, &name, bytes);
    }

    fn text(body: &Body) -> Vec<u8> {
        let bytes = body.chunks.concat();
        assert_eq!(body.len, bytes.len() as u64, "length is exact");
        bytes
    }

    #[test]
    fn a_change_copies_one_block_and_shares_the_others() {
        let mut document = Document::default();
        for key in 0..10_000 {
            replace(&mut document, Section::HttpRouters, key, 100);
        }
        let before = Body::of(&document);
        replace(&mut document, Section::HttpRouters, 5_000, 101);
        let after = Body::after(&before, &document);
        assert_eq!(text(&after), document.to_bytes(), "the same bytes");
        let known: BTreeSet<_> = before.chunks.iter().map(|chunk| chunk.as_ptr()).collect();
        let new = after.chunks.iter();
        let new: usize = new
            .filter(|chunk| !known.contains(&chunk.as_ptr()))
            .map(Bytes::len)
            .sum();
        assert!(new < 2 * BLOCK, "{new} bytes of {}", after.len);
    }

    // imbl 6 told of another key than the one that was removed: the document went on holding what was gone.
    #[test]
    fn removals_leave_no_crumbs() {
        let mut document = Document::default();
        for key in 0..5_000 {
            replace(&mut document, Section::HttpServices, key, 100);
        }
        let mut body = Body::of(&document);
        for key in (0..5_000).filter(|key| key % 100 > 0) {
            replace(&mut document, Section::HttpServices, key, 0);
            body = Body::after(&body, &document);
        }
        assert!(text(&body) == document.to_bytes(), "the same bytes");
        let most = 4 * usize::try_from(body.len).unwrap() / CRUMB + 8;
        assert!(body.chunks.len() <= most, "{} chunks", body.chunks.len());
    }

    proptest! {
        #[test]
        fn after_any_changes_it_is_the_document(
            rounds in prop::collection::vec(
                prop::collection::vec((0_usize..3, any::<u16>(), prop_oneof![Just(0), 1_usize..200, Just(20_000)]), 1..40),
                1..12,
            ),
        ) {
            let sections = [Section::HttpRouters, Section::HttpMiddlewares, Section::TlsStores];
            let mut document = Document::default();
            let mut body = Body::of(&document);
            for round in rounds {
                for (section, key, size) in round {
                    replace(&mut document, sections[section], key % 500, size);
                }
                body = Body::after(&body, &document);
                prop_assert_eq!(text(&body), document.to_bytes());
                prop_assert_eq!(text(&Body::of(&document)), document.to_bytes());
            }
        }
    }
}
