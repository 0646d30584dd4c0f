//! Bearer tokens: kept as a digest, compared in constant time, never printed.

use std::fmt;

use hyper::HeaderMap;
use hyper::header::AUTHORIZATION;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
use thiserror::Error;

/// A secret that requests must carry.
#[derive(Clone)]
pub struct Token {
    digest: [u8; 32],
}

/// A text that cannot be a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum TokenError {
    /// Nothing in it.
    #[error("the token is empty")]
    Empty,
    /// A header could not carry it.
    #[error("a token is one line of printable ASCII without blanks")]
    NotPrintable,
}

impl Token {
    /// From a file's content; blanks and line ends around it do not count.
    pub fn parse(text: &str) -> Result<Self, TokenError> {
        let text = text.trim();
        if text.is_empty() {
            return Err(TokenError::Empty);
        }
        if !text.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(TokenError::NotPrintable);
        }
        Ok(Self {
            digest: Sha256::digest(text).into(),
        })
    }

    /// Does the request carry it. Digests are compared, so neither length nor content shows in the time taken.
    pub(super) fn admits(&self, headers: &HeaderMap) -> bool {
        let given = bearer(headers).unwrap_or_default();
        let digest: [u8; 32] = Sha256::digest(given).into();
        self.digest.ct_eq(&digest).into()
    }
}

fn bearer(headers: &HeaderMap) -> Option<&[u8]> {
    let value = headers.get(AUTHORIZATION)?.as_bytes();
    let (scheme, token) = value.split_at_checked(b"bearer ".len())?;
    scheme
        .eq_ignore_ascii_case(b"bearer ")
        .then(|| token.trim_ascii())
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn admitted(header: Option<&'static str>) -> bool {
        let mut headers = HeaderMap::new();
        if let Some(header) = header {
            headers.insert(AUTHORIZATION, header.parse().unwrap());
        }
        Token::parse("s3cret\n").unwrap().admits(&headers)
    }

    #[test]
    fn only_the_exact_token_is_admitted() {
        for (header, expected) in [
            (Some("Bearer s3cret"), true),
            (Some("bearer  s3cret"), true),
            (Some("Bearer s3cre"), false),
            (Some("Bearer s3crett"), false),
            (Some("Bearer "), false),
            (Some("Bearer"), false),
            (Some("Basic s3cret"), false),
            (Some("s3cret"), false),
            (None, false),
        ] {
            assert_eq!(admitted(header), expected, "{header:?}");
        }
    }

    #[test]
    fn an_unusable_token_is_refused_and_none_is_printed() {
        assert_eq!(Token::parse(" \n").unwrap_err(), TokenError::Empty, "empty");
        assert_eq!(
            Token::parse("a b").unwrap_err(),
            TokenError::NotPrintable,
            "blank inside"
        );
        let shown = format!("{:?}", Token::parse("s3cret").unwrap());
        assert_eq!(shown, "Token(..)", "no secret in logs");
    }
}
