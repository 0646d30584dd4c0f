//! A text that must not be printed, and reading one from a file.
//!
//! Files are the only way in besides the client's `POINTSMAN_TOKEN`: arguments are visible in process lists.

use std::fmt;
use std::path::Path;

/// Shortest token that is accepted; 16 random hex digits cannot be guessed over a network.
const MIN_TOKEN_LEN: usize = 16;

/// A secret. `Debug` does not show it.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Takes a text that is already known to be fit for a header, or will be checked by who uses it.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// Its text, for the one place that compares or sends it.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(..)")
    }
}

/// What a secret file gave.
pub(super) struct Read {
    /// Its trimmed content.
    pub(super) secret: Secret,
    /// Other users of the machine can read it, too.
    pub(super) world_readable: bool,
}

/// Reads a file and trims white space around its content.
pub(super) fn read(path: &Path) -> std::io::Result<Read> {
    let text = std::fs::read_to_string(path)?;
    Ok(Read {
        secret: Secret(text.trim().to_owned()),
        world_readable: is_world_readable(path)?,
    })
}

fn is_world_readable(path: &Path) -> std::io::Result<bool> {
    use std::os::unix::fs::PermissionsExt as _;
    let mode = std::fs::metadata(path)?.permissions().mode();
    Ok(mode & 0o004 != 0)
}

/// What is wrong with a bearer token, if anything.
pub(super) fn token_problem(secret: &Secret) -> Option<String> {
    let text = secret.expose();
    if text.len() < MIN_TOKEN_LEN {
        return Some(format!(
            "the token has {} characters and needs at least {MIN_TOKEN_LEN}; make one with `openssl rand -hex 32`",
            text.len()
        ));
    }
    if !text.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Some(
            "the token must be one line of visible ASCII characters without spaces".to_owned(),
        );
    }
    None
}
