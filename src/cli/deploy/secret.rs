//! Variables of an env to their values: secrets are read here, on the machine that deploys, and nowhere else.
//!
//! No message holds a value. What is read stays in the environment of compose and of the env's own commands.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Command, Stdio};

use crate::api::{SecretBody, VariableBody};
use crate::cli::failure::Failure;
use crate::config::environment;

/// Values by name, and those that are secret.
#[derive(Clone, Default)]
pub(super) struct Variables {
    /// All of them.
    pub(super) values: BTreeMap<String, String>,
    /// What must never be printed.
    pub(super) secrets: Vec<String>,
}

/// Reads all; paths and commands count from `folder`.
pub(super) fn resolve(
    variables: &BTreeMap<String, VariableBody>,
    folder: &Path,
) -> Result<Variables, Failure> {
    let mut resolved = Variables::default();
    for (name, variable) in variables {
        let value = match variable {
            VariableBody::Text(text) => text.clone(),
            VariableBody::Secret(secret) => {
                let value = read(name, secret, folder)?;
                resolved.secrets.push(value.clone());
                value
            }
        };
        resolved.values.insert(name.clone(), value);
    }
    Ok(resolved)
}

fn read(name: &str, secret: &SecretBody, folder: &Path) -> Result<String, Failure> {
    let wrong = |problem: String| Failure::usage(format!("variable {name}: {problem}"));
    let value = match secret {
        SecretBody::Env(variable) => environment(variable).ok_or_else(|| {
            wrong(format!("the environment has no {variable}"))
                .next(format!("set {variable} where deploy is called"))
        })?,
        SecretBody::File(path) => std::fs::read_to_string(folder.join(path))
            .map_err(|error| wrong(format!("cannot read {path}: {error}")))?,
        SecretBody::Command(command) => run(command, folder).map_err(wrong)?,
    };
    let value = value.strip_suffix('\n').unwrap_or(&value);
    let value = value.strip_suffix('\r').unwrap_or(value);
    if value.is_empty() {
        return Err(wrong("the secret is empty".to_owned()));
    }
    if value.contains('\0') {
        return Err(wrong("no value can hold a null byte".to_owned()));
    }
    Ok(value.to_owned())
}

/// What a command prints. What it says on standard error is shown as it is.
fn run(command: &[String], folder: &Path) -> Result<String, String> {
    let (program, args) = command.split_first().ok_or("from_command is empty")?;
    let output = Command::new(program)
        .args(args)
        .current_dir(folder)
        .stdin(Stdio::null())
        .stderr(Stdio::inherit())
        .output()
        .map_err(|error| format!("{program} cannot be started: {error}"))?;
    if !output.status.success() {
        return Err(format!("{program} ended with {}", output.status));
    }
    String::from_utf8(output.stdout).map_err(|_binary| format!("{program} printed no text"))
}

#[cfg(test)]
mod tests {
    use std::fs::File;
    use std::io::Write as _;

    use super::*;

    fn resolved(folder: &Path, secret: SecretBody) -> Result<String, Failure> {
        let variables = BTreeMap::from([("KEY".to_owned(), VariableBody::Secret(secret))]);
        let resolved = resolve(&variables, folder)?;
        let value = resolved.values["KEY"].clone();
        assert_eq!(resolved.secrets, std::slice::from_ref(&value), "a secret");
        Ok(value)
    }

    #[test]
    fn a_secret_is_read_where_it_is() {
        let folder = tempfile::tempdir().unwrap();
        let mut file = File::create(folder.path().join("key")).unwrap();
        file.write_all(b"from a file\n").unwrap();
        let secret = |secret| resolved(folder.path(), secret);
        let command =
            |words: &[&str]| SecretBody::Command(words.iter().map(ToString::to_string).collect());
        assert_eq!(
            secret(SecretBody::File("key".to_owned())).unwrap(),
            "from a file",
            "a file in the folder"
        );
        assert_eq!(
            secret(command(&["cat", "key"])).unwrap(),
            "from a file",
            "a command in the folder"
        );
        for (wrong, problem) in [
            (
                SecretBody::Env("POINTSMAN_TEST_NO_SUCH".to_owned()),
                "variable KEY: the environment has no POINTSMAN_TEST_NO_SUCH",
            ),
            (
                SecretBody::File("no".to_owned()),
                "variable KEY: cannot read no: ",
            ),
            (
                command(&["false"]),
                "variable KEY: false ended with exit status: 1",
            ),
            (command(&["true"]), "variable KEY: the secret is empty"),
        ] {
            let failure = secret(wrong).unwrap_err();
            assert!(failure.message.starts_with(problem), "{}", failure.message);
        }
    }
}
