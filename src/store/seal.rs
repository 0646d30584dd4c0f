//! The checksum in front of a JSON object, over every byte that follows it.
//!
//! `{"crc":"89abcdef","seq":1}` is still one JSON object for `jq`. The prefix is compared as text and the digest
//! covers the rest, so no bit of a sealed text can change unseen. This rule is the same in every schema.

use sha2::{Digest, Sha256};

/// Which checksum.
#[derive(Clone, Copy, Debug)]
pub(super) enum Seal {
    /// For a journal line, which the hash chain covers as well.
    Crc32,
    /// For the snapshot, which stands alone.
    Sha256,
}

impl Seal {
    const fn key(self) -> &'static str {
        match self {
            Self::Crc32 => "crc",
            Self::Sha256 => "sha256",
        }
    }

    fn digest(self, bytes: &[u8]) -> String {
        match self {
            Self::Crc32 => format!("{:08x}", crc32fast::hash(bytes)),
            Self::Sha256 => sha256(bytes),
        }
    }

    /// Puts the checksum in front of a JSON object's first field.
    pub(super) fn close(self, object: &[u8]) -> Vec<u8> {
        let body = object
            .strip_prefix(b"{")
            .expect("a JSON object starts with a brace");
        let mut sealed = self.prefix(&self.digest(body)).into_bytes();
        sealed.extend_from_slice(body);
        sealed
    }

    /// Is every byte as it was written.
    pub(super) fn holds(self, sealed: &[u8]) -> bool {
        let digits = self.digest(b"").len();
        let body = sealed.get(self.prefix("").len() + digits..);
        body.is_some_and(|body| sealed.starts_with(self.prefix(&self.digest(body)).as_bytes()))
    }

    fn prefix(self, digest: &str) -> String {
        format!("{{\"{}\":\"{digest}\",", self.key())
    }
}

/// 64 hex digits.
pub(super) fn sha256(bytes: &[u8]) -> String {
    format!("{:x}", Sha256::digest(bytes))
}
