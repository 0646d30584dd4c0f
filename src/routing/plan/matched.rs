//! A request that is meant for the candidate, and what may be written into a router's rule for it.

use std::fmt;

use thiserror::Error;

/// Longest name or value, in bytes.
pub const MAX_MATCH: usize = 256;

/// A request that is meant for the candidate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Match {
    /// A header with this value.
    Header {
        /// Its name.
        name: String,
        /// Its value, exactly.
        value: String,
    },
    /// A cookie with this value.
    Cookie {
        /// Its name.
        name: String,
        /// Its value, exactly.
        value: String,
    },
}

/// A name or a value that no request carries so, or that cannot stand in a rule.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum MatchError {
    /// A name that is no token.
    #[error(
        "{kind} name {name:?} must have 1 to {MAX_MATCH} letters, digits or any of !#$%&'*+-.^_|~"
    )]
    Name {
        /// `header` or `cookie`.
        kind: &'static str,
        /// What was given.
        name: String,
    },
    /// Traefik keeps the host elsewhere, and a rule has its own word for it.
    #[error("the host is not matched as a header: every live host is matched already")]
    HostHeader,
    /// A header's value.
    #[error(
        "header value {0:?} must have 1 to {MAX_MATCH} printable ASCII characters, no backtick, and no blank at either end"
    )]
    HeaderValue(String),
    /// A cookie's value.
    #[error(
        "cookie value {0:?} must have 1 to {MAX_MATCH} printable ASCII characters, none of them a blank, a quote, a backtick, a comma, a semicolon or a backslash"
    )]
    CookieValue(String),
}

impl Match {
    /// Can it stand in a rule, between backticks.
    pub fn check(&self) -> Result<(), MatchError> {
        let (kind, name, value) = match self {
            Self::Header { name, value } => ("header", name, value),
            Self::Cookie { name, value } => ("cookie", name, value),
        };
        if !is_text(name, is_token) {
            return Err(MatchError::Name {
                kind,
                name: name.clone(),
            });
        }
        if matches!(self, Self::Header { .. }) && name.eq_ignore_ascii_case("host") {
            return Err(MatchError::HostHeader);
        }
        let is_value = match self {
            Self::Header { .. } => {
                is_text(value, |byte| byte == b' ' || is_visible(byte)) && value.trim() == value
            }
            Self::Cookie { .. } => is_text(value, is_cookie),
        };
        if is_value {
            return Ok(());
        }
        Err(match self {
            Self::Header { .. } => MatchError::HeaderValue(value.clone()),
            Self::Cookie { .. } => MatchError::CookieValue(value.clone()),
        })
    }
}

fn is_text(text: &str, is_allowed: impl Fn(u8) -> bool) -> bool {
    (1..=MAX_MATCH).contains(&text.len()) && text.bytes().all(is_allowed)
}

/// What HTTP allows in names, without the backtick that would end a rule's text.
const fn is_token(byte: u8) -> bool {
    byte.is_ascii_alphanumeric()
        || matches!(
            byte,
            b'!' | b'#'
                | b'$'
                | b'%'
                | b'&'
                | b'\''
                | b'*'
                | b'+'
                | b'-'
                | b'.'
                | b'^'
                | b'_'
                | b'|'
                | b'~'
        )
}

const fn is_visible(byte: u8) -> bool {
    byte.is_ascii_graphic() && byte != b'`'
}

const fn is_cookie(byte: u8) -> bool {
    is_visible(byte) && !matches!(byte, b'"' | b',' | b';' | b'\\')
}

impl fmt::Display for Match {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Header { name, value } => write!(f, "header {name}={value}"),
            Self::Cookie { name, value } => write!(f, "cookie {name}={value}"),
        }
    }
}
