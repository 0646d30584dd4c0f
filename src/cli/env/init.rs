//! `env init`: a commented env file to start from. Talks to nobody.
//!
//! The template names every key with its meaning, switched off; a test switches all of them on. An existing file
//! is never overwritten.

use std::fs::File;
use std::io::{ErrorKind, Write as _};
use std::path::Path;

use clap::Args;

use crate::cli::failure::{Failure, Outcome};
use crate::cli::session::EnvArgs;
use crate::cli::{exit, output};

/// Examples at the end of its help.
pub(super) const EXAMPLES: &str = "\
Examples:
  pointsman env init whoami dev dev.example.com            writes whoami-dev.toml
  pointsman env init whoami dev dev.example.com --file -   prints it";

/// Every key with its meaning. A line that starts with `#` and no blank is a setting that is off.
const OPTIONS: &str = include_str!("template.toml");

/// Arguments of `env init`.
#[derive(Args, Clone, Debug)]
pub(in crate::cli) struct InitArgs {
    #[command(flatten)]
    env: EnvArgs,
    /// The domain its hosts end in, e.g. dev.example.com
    domain: String,
    /// Where to write it; `-` prints it [default: APP-ENV.toml]
    #[arg(long, value_name = "FILE")]
    file: Option<String>,
}

/// Runs the verb.
pub(super) fn run(args: &InitArgs) -> Outcome {
    let text = content(args);
    if args.file.as_deref() == Some("-") {
        output::print(text.trim_end())?;
        return Ok(exit::DONE);
    }
    if args.file.is_none() {
        check_order(&args.env)?;
    }
    let default = || format!("{}-{}.toml", args.env.app, args.env.env);
    let path = args.file.clone().unwrap_or_else(default);
    write_new(&path, &text)?;
    output::print(&format!("wrote {path}"))?;
    output::note(&format!("next: edit it, then `pointsman env apply {path}`"))?;
    Ok(exit::DONE)
}

/// The same two names the other way round are there already: a slip, most likely.
fn check_order(env: &EnvArgs) -> Result<(), Failure> {
    let swapped = format!("{}-{}.toml", env.env, env.app);
    if env.app.as_str() == env.env.as_str() || !Path::new(&swapped).exists() {
        return Ok(());
    }
    let next = format!(
        "the app comes first: did you mean `{} {}`? If not, write it elsewhere with --file FILE",
        env.env, env.app
    );
    Err(Failure::usage(format!(
        "{swapped} is the env file of these names the other way round"
    ))
    .next(next))
}

fn content(args: &InitArgs) -> String {
    let domain = toml::Value::String(args.domain.clone());
    format!(
        "# Env record of {env}: `pointsman env apply FILE` makes the record what this file says.\n\
         app = \"{app}\"\nenv = \"{name}\"\n\n\
         # The domain its hosts end in.\ndomain = {domain}\n\n{OPTIONS}",
        env = args.env,
        app = args.env.app,
        name = args.env.env,
    )
}

fn write_new(path: &str, text: &str) -> Result<(), Failure> {
    let mut file = File::create_new(path).map_err(|error| {
        if error.kind() == ErrorKind::AlreadyExists {
            return Failure::usage(format!("{path} exists already and is left as it is"))
                .next("choose another name with --file FILE, or remove it first");
        }
        Failure::unexpected(format!("cannot write {path}: {error}"))
    })?;
    file.write_all(text.as_bytes())
        .map_err(|error| Failure::unexpected(format!("cannot write {path}: {error}")))
}

#[cfg(test)]
mod tests {
    use super::super::file::parse;
    use super::*;
    use crate::api::EnvBody;
    use crate::routing::ids::{AppName, EnvName};

    fn args() -> InitArgs {
        InitArgs {
            env: EnvArgs {
                app: AppName::parse("whoami").unwrap(),
                env: EnvName::parse("dev").unwrap(),
            },
            domain: "dev.example.com".to_owned(),
            file: None,
        }
    }

    #[test]
    fn the_file_says_nothing_but_the_domain() {
        let file = parse("f", &content(&args())).unwrap();
        let expected = EnvBody {
            domain: "dev.example.com".to_owned(),
            ..EnvBody::default()
        };
        assert_eq!(file.body, expected, "all options are off");
    }

    #[test]
    fn every_option_is_there_and_valid_when_switched_on() {
        let switch_on = |line: &str| match line.strip_prefix('#') {
            Some(option) if !option.starts_with(' ') => option.to_owned(),
            _ => line.to_owned(),
        };
        let text: Vec<String> = content(&args()).lines().map(switch_on).collect();
        let body = parse("f", &text.join("\n")).unwrap().body;
        let json = serde_json::to_value(&body).unwrap();
        let shown: Vec<&String> = json.as_object().unwrap().keys().collect();
        let all = [
            "auto_failover",
            "compose_files",
            "deploy_hooks",
            "domain",
            "drain",
            "entry_points",
            "env_file",
            "first_deploy",
            "health",
            "hooks",
            "hosts",
            "middlewares",
            "plan",
            "port",
            "resources",
            "retention",
            "scheme",
            "staged_access",
            "tls",
            "variables",
        ];
        assert_eq!(shown, all, "{text:#?}");
    }
}
