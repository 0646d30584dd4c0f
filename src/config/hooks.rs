//! Tokens for hooks: the daemon's environment variables that an env record may name.

use super::{Error, read_token};

/// Only variables of this name are for hooks: a record can send out no other one.
const PREFIX: &str = "POINTSMAN_HOOK_";
/// A variable that names a file with the token, in place of the token.
const FILE: &str = "_FILE";

/// The name of each variable, without `_FILE`, and its token.
pub fn hook_tokens() -> Result<Vec<(String, String)>, Error> {
    of_all(
        std::env::vars_os().filter_map(|(name, value)| {
            Some((name.into_string().ok()?, value.into_string().ok()?))
        }),
    )
}

fn of_all(
    variables: impl Iterator<Item = (String, String)>,
) -> Result<Vec<(String, String)>, Error> {
    let ours = variables.filter(|(name, value)| name.starts_with(PREFIX) && !value.is_empty());
    let token = |(name, value): (String, String)| match name.strip_suffix(FILE) {
        Some(short) => {
            let token = read_token(&name, &value)?;
            Ok((short.to_owned(), token.expose().to_owned()))
        }
        None => Ok((name, value)),
    };
    ours.map(token).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write as _;

    #[test]
    fn only_variables_for_hooks_are_read_and_files_instead_of_them() {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        writeln!(file, "0123456789abcdef").unwrap();
        let path = file.path().display().to_string();
        let variables = [
            ("POINTSMAN_HOOK_CI", "t0ken"),
            ("POINTSMAN_HOOK_EMPTY", ""),
            ("POINTSMAN_HOOK_CHAT_FILE", &path),
            ("POINTSMAN_TOKEN", "admin"),
        ];
        let variables = variables.map(|(name, value)| (name.to_owned(), value.to_owned()));
        let tokens = of_all(variables.into_iter()).unwrap();
        let expected = [
            ("POINTSMAN_HOOK_CI", "t0ken"),
            ("POINTSMAN_HOOK_CHAT", "0123456789abcdef"),
        ];
        let expected = expected.map(|(name, value)| (name.to_owned(), value.to_owned()));
        assert_eq!(tokens, expected, "by name");
    }

    #[test]
    fn a_file_that_cannot_be_read_stops_the_start() {
        let name = "POINTSMAN_HOOK_CI_FILE".to_owned();
        let variables = [(name, "no/such/file".to_owned())];
        let error = of_all(variables.into_iter()).unwrap_err().to_string();
        assert!(error.contains("POINTSMAN_HOOK_CI_FILE"), "named: {error}");
    }
}
