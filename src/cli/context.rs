//! `--context NAME`: the same verb on another host, through `docker exec` in its Pointsman container.
//!
//! The container's own settings name the admin address and the token, so nothing secret leaves it and no port
//! is opened. Streams and exit code are passed through.

use std::ffi::OsString;
use std::fs::File;
use std::process::Stdio;

use super::docker::{self, docker};
use super::exit;
use super::failure::{Failure, Outcome};

/// How the container is found.
const LABEL: &str = "label=pointsman.role=server";
/// Who needs docker.
const NEEDS: &str = "--context";
/// The binary inside; on the path of the image.
const BINARY: &str = "pointsman";

/// Runs the command line `args` (without the program's name) in the container of a context. An `input`
/// file becomes standard input, and its argument `-`; without one the verb gets no input.
pub(super) fn run(context: &str, args: &[OsString], input: Option<&str>) -> Outcome {
    let container = find(context)?;
    let mut command = docker(Some(context));
    command.arg("exec");
    match input {
        None => command.stdin(Stdio::null()),
        Some("-") => command.arg("-i"),
        Some(path) => command.arg("-i").stdin(open(path)?),
    };
    command.args([container.as_str(), BINARY]);
    command.args(remote_args(args, input));
    let status = command
        .status()
        .map_err(|error| docker::missing(&error, NEEDS, "use --url"))?;
    let code = status.code().and_then(|code| u8::try_from(code).ok());
    match code {
        Some(code @ exit::DONE..=exit::FINDINGS) => Ok(code),
        _ => Err(Failure::unexpected(format!(
            "docker exec in container {container} of context {context} ended with {status}"
        ))
        .next("its own words stand above; is the container's image a Pointsman image?")),
    }
}

/// The container of a context, for verbs that ask it several things and do the rest here.
#[derive(Clone, Debug)]
pub(super) struct Remote {
    context: String,
    container: String,
}

impl Remote {
    /// Looks for it.
    pub(super) fn find(context: &str) -> Result<Self, Failure> {
        Ok(Self {
            context: context.to_owned(),
            container: find(context)?,
        })
    }

    /// The context.
    pub(super) fn context(&self) -> &str {
        &self.context
    }

    /// What a verb answers with `--json`.
    pub(super) fn ask<T: serde::de::DeserializeOwned>(&self, verb: &[&str]) -> Result<T, Failure> {
        let output = docker(Some(&self.context))
            .args(["exec", &self.container, BINARY, "--json"])
            .args(verb)
            .stdin(Stdio::null())
            .output()
            .map_err(|error| docker::missing(&error, NEEDS, "use --url"))?;
        if !output.status.success() {
            let said = String::from_utf8_lossy(&output.stderr);
            let code = output
                .status
                .code()
                .and_then(|code| u8::try_from(code).ok());
            let code = code.filter(|code| *code <= exit::FINDINGS);
            let said = said.trim().trim_start_matches("error: ");
            return Err(Failure::new(
                code.unwrap_or(exit::UNEXPECTED),
                format!("{} in context {}: {said}", verb.join(" "), self.context),
            ));
        }
        serde_json::from_slice(&output.stdout).map_err(|error| {
            Failure::unexpected(format!(
                "{} in context {} is not what this version understands: {error}",
                verb.join(" "),
                self.context
            ))
            .next("compare `pointsman version` here and in the daemon's container")
        })
    }
}

fn open(path: &str) -> Result<File, Failure> {
    File::open(path).map_err(|error| Failure::usage(format!("cannot read {path}: {error}")))
}

/// The id of the one container with the label.
fn find(context: &str) -> Result<String, Failure> {
    let output = docker(Some(context))
        .args(["ps", "-q", "--filter", LABEL])
        .stdin(Stdio::null())
        .output()
        .map_err(|error| docker::missing(&error, NEEDS, "use --url"))?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        return Err(Failure::new(
            exit::UNREACHABLE,
            format!("docker context {context} cannot be used: {}", said.trim()),
        )
        .next("`docker context ls` shows those there are"));
    }
    let found = String::from_utf8_lossy(&output.stdout);
    let ids: Vec<&str> = found.split_whitespace().collect();
    match ids.as_slice() {
        [one] => Ok((*one).to_owned()),
        [] => Err(Failure::new(
            exit::UNREACHABLE,
            format!("no container with {LABEL} runs in docker context {context}"),
        )
        .next("start Pointsman there as docs/installing.md says, with that label; a Pointsman without container is reached with --url")),
        several => Err(Failure::usage(format!(
            "several containers with {LABEL} run in docker context {context}: {}",
            several.join(", ")
        ))
        .next("keep the label on the one that serves, or use --url")),
    }
}

/// The arguments without the context, and with `-` in place of the local file.
fn remote_args(args: &[OsString], input: Option<&str>) -> Vec<OsString> {
    let mut kept = without(args, &["--context"]);
    let Some(path) = input else { return kept };
    for arg in kept.iter_mut().rev() {
        let text = arg.to_string_lossy();
        let joined = text.strip_suffix(path).filter(|flag| flag.ends_with('='));
        if let Some(before) = joined.or((text == path).then_some("")) {
            *arg = OsString::from(format!("{before}-"));
            break;
        }
    }
    kept
}

/// The arguments without these options, each with its value.
pub(super) fn without(args: &[OsString], options: &[&str]) -> Vec<OsString> {
    let mut kept = Vec::with_capacity(args.len());
    let mut rest = args.iter();
    while let Some(arg) = rest.next() {
        let text = arg.to_string_lossy();
        if options.contains(&text.as_ref()) {
            // Its value.
            rest.next();
        } else if !text
            .split_once('=')
            .is_some_and(|(flag, _)| options.contains(&flag))
        {
            kept.push(arg.clone());
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_context_stays_here_and_the_file_becomes_standard_input() {
        let args = ["--json", "--context", "prod", "env", "apply", "a.toml"].map(OsString::from);
        let expected = ["--json", "env", "apply", "-"].map(OsString::from);
        assert_eq!(remote_args(&args, Some("a.toml")), expected, "separate");
        let args = ["switch", "--context=prod", "a", "b"].map(OsString::from);
        let expected = ["switch", "a", "b"].map(OsString::from);
        assert_eq!(remote_args(&args, None), expected, "joined");
        let args = [
            "promote",
            "a",
            "b",
            "v",
            "--from",
            "dev",
            "--file=c.yaml",
            "5%",
        ];
        let args = args.map(OsString::from);
        let expected = ["promote", "a", "b", "v", "5%"].map(OsString::from);
        let local = ["--from", "--file"];
        assert_eq!(without(&args, &local), expected, "of this machine");
        let args = ["rollback", "--context", "prod", "a", "b", "--from", "v"].map(OsString::from);
        let expected = ["rollback", "a", "b", "--from", "v"].map(OsString::from);
        assert_eq!(remote_args(&args, None), expected, "another verb's --from");
        let args = ["shift", "a", "b", "--plan-file=p.toml"].map(OsString::from);
        let expected = ["shift", "a", "b", "--plan-file=-"].map(OsString::from);
        assert_eq!(
            remote_args(&args, Some("p.toml")),
            expected,
            "after its flag"
        );
    }
}
