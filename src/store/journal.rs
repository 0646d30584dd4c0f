//! The journal's text: a header line, then one line per entry, chained by hash.
//!
//! [`scan`] reads it front to back and stops at the first byte it cannot vouch for. What it says about the end
//! is the one delicate judgement here. An unfinished append can only look like a line without its end, or, when
//! the disk wrote the sectors out of order, like a line with whole sectors still empty: that is [`End::Torn`],
//! it was never acknowledged, and it is dropped. Everything else is [`End::Damaged`], even in the last line.

use super::SCHEMA;
use super::entry::Entry;
use super::record::{Header, Line};
use super::seal::{Seal, sha256};

/// The smallest unit that a disk writes as a whole.
const SECTOR: usize = 512;

/// A place in the chain: the number of an entry and the hash of its line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Point {
    pub(super) seq: u64,
    pub(super) hash: String,
}

impl Point {
    /// Before the first entry.
    pub(super) fn genesis() -> Self {
        Self {
            seq: 0,
            hash: "0".repeat(64),
        }
    }
}

/// A journal as far as it can be vouched for.
#[derive(Debug)]
pub(super) struct Scan {
    pub(super) schema: u32,
    /// The place that the first line continues.
    pub(super) base: Point,
    pub(super) lines: Vec<Verified>,
    pub(super) end: End,
}

/// A line whose checksum, number and chain are right.
#[derive(Debug)]
pub(super) struct Verified {
    pub(super) at: Point,
    pub(super) entry: Entry,
}

/// What comes after the last verified line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum End {
    /// Nothing. The last line is these bytes.
    Clean { last_line: std::ops::Range<usize> },
    /// An append that did not finish.
    Torn { offset: usize, bytes: usize },
    /// Something that no crash leaves.
    Damaged { offset: usize, what: String },
}

/// The first line of a journal, with its line end.
pub(super) fn encode_header(base: &Point) -> Vec<u8> {
    line(&Header {
        schema: SCHEMA,
        base: base.seq,
        prev: base.hash.clone(),
    })
}

/// The line of the entry after `head`, with its line end, and the place it takes.
pub(super) fn encode_entry(head: &Point, entry: &Entry) -> (Point, Vec<u8>) {
    let seq = head.seq.saturating_add(1);
    let bytes = line(&Line::new(seq, head.hash.clone(), entry));
    let hash = sha256(bytes.strip_suffix(b"\n").unwrap_or(&bytes));
    (Point { seq, hash }, bytes)
}

fn line(record: &impl serde::Serialize) -> Vec<u8> {
    let json = serde_json::to_vec(record).expect("records have text keys only");
    let mut bytes = Seal::Crc32.close(&json);
    bytes.push(b'\n');
    bytes
}

/// Reads a journal. Without a good header nothing of it can be placed, and the error says why.
pub(super) fn scan(bytes: &[u8]) -> Result<Scan, String> {
    let (first, mut rest) = split_line(bytes).ok_or("its first line has no end")?;
    let header: Header = unseal(first)?;
    let base = Point {
        seq: header.base,
        hash: header.prev,
    };
    let mut lines: Vec<Verified> = Vec::new();
    let mut last_line = 0..bytes.len() - rest.len();
    let end = loop {
        let offset = last_line.end;
        if rest.is_empty() {
            break End::Clean { last_line };
        }
        let Some((text, tail)) = split_line(rest) else {
            break unfinished(offset, rest);
        };
        let head = lines.last().map_or(&base, |line| &line.at);
        match decode(text, head) {
            Ok(verified) => lines.push(verified),
            Err(_what) if tail.is_empty() && has_empty_sector(offset, rest) => {
                let bytes = rest.len();
                break End::Torn { offset, bytes };
            }
            Err(what) => break End::Damaged { offset, what },
        }
        last_line = offset..bytes.len() - tail.len();
        rest = tail;
    };
    Ok(Scan {
        schema: header.schema,
        base,
        lines,
        end,
    })
}

/// A line without its end, and what follows it.
fn split_line(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let end = bytes.iter().position(|byte| *byte == b'\n')?;
    let (line, rest) = bytes.split_at(end);
    Some((line, rest.get(1..).unwrap_or_default()))
}

fn unseal<T: serde::de::DeserializeOwned>(line: &[u8]) -> Result<T, String> {
    if !Seal::Crc32.holds(line) {
        return Err("its checksum is wrong".to_owned());
    }
    serde_json::from_slice(line).map_err(|error| format!("it is not understood ({error})"))
}

fn decode(text: &[u8], head: &Point) -> Result<Verified, String> {
    let line: Line = unseal(text)?;
    let seq = head.seq.saturating_add(1);
    if line.seq != seq {
        return Err(format!("it has number {} where {seq} is due", line.seq));
    }
    if line.prev != head.hash {
        return Err("it does not continue the line before it".to_owned());
    }
    let entry = Entry::try_from(line).map_err(|error| format!("it is not understood ({error})"))?;
    let hash = sha256(text);
    Ok(Verified {
        at: Point { seq, hash },
        entry,
    })
}

/// The rest of the file has no line end. If it is a good line but for the last byte, that byte was the line
/// end, and the line may have been acknowledged.
fn unfinished(offset: usize, rest: &[u8]) -> End {
    let good_but_for_its_end = rest
        .split_last()
        .is_some_and(|(_end, line)| Seal::Crc32.holds(line));
    if good_but_for_its_end && !has_empty_sector(offset, rest) {
        let what = "its line end was overwritten".to_owned();
        return End::Damaged { offset, what };
    }
    let bytes = rest.len();
    End::Torn { offset, bytes }
}

/// Is one of the sectors under these bytes still as it was before they were written: all zero.
fn has_empty_sector(offset: usize, bytes: &[u8]) -> bool {
    let first = (SECTOR - offset % SECTOR).min(bytes.len());
    let (first, rest) = bytes.split_at(first);
    std::iter::once(first)
        .chain(rest.chunks(SECTOR))
        .any(|sector| sector.iter().all(|byte| *byte == 0))
}

impl Scan {
    /// The last place that is vouched for.
    pub(super) fn head(&self) -> &Point {
        self.lines.last().map_or(&self.base, |line| &line.at)
    }

    /// How many lines lead up to `place`; `None` when this journal does not go through it.
    pub(super) fn lines_until(&self, place: &Point) -> Option<usize> {
        if *place == self.base {
            return Some(0);
        }
        let index = self.lines.iter().position(|line| line.at == *place)?;
        Some(index + 1)
    }
}
