//! The env file: an env's names and record as TOML, read strictly and written readably.
//!
//! Keys are those of [`EnvBody`], plus `app` and `env`; an unknown one is an error. What is rendered parses to
//! the same record.

use std::collections::BTreeMap;

use crate::api::{Env, EnvBody};
use crate::cli::failure::{Failure, chain};
use crate::cli::session::EnvArgs;
use crate::routing::ids::{AppName, EnvName};

/// What a file says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::cli) struct EnvFile {
    /// Which env.
    pub(in crate::cli) env: EnvArgs,
    /// Its record.
    pub(in crate::cli) body: EnvBody,
}

/// Parses a file; `name` is for messages.
pub(in crate::cli) fn parse(name: &str, text: &str) -> Result<EnvFile, Failure> {
    let wrong = |problem: String| {
        Failure::usage(format!("{name}: {}", problem.trim_end())).next(
            "`pointsman env init APP ENV DOMAIN --file -` prints a file with every key explained",
        )
    };
    let mut table: toml::Table = text
        .parse()
        .map_err(|error: toml::de::Error| wrong(chain(&error)))?;
    let app = take(&mut table, "app").map_err(wrong)?;
    let env = take(&mut table, "env").map_err(wrong)?;
    let env = EnvArgs {
        app: AppName::parse(&app).map_err(|error| wrong(error.to_string()))?,
        env: EnvName::parse(&env).map_err(|error| wrong(error.to_string()))?,
    };
    let body = table.try_into();
    let body: EnvBody = body.map_err(|error: toml::de::Error| wrong(chain(&error)))?;
    body.deploy().check().map_err(wrong)?;
    Ok(EnvFile { env, body })
}

fn take(table: &mut toml::Table, key: &str) -> Result<String, String> {
    match table.remove(key) {
        Some(toml::Value::String(text)) => Ok(text),
        Some(_) => Err(format!("{key} must be a text")),
        None => Err(format!("{key} is missing")),
    }
}

/// A record as a file that [`parse`] takes.
pub(in crate::cli) fn render(env: &Env) -> Result<String, Failure> {
    let body = toml::to_string(&table(&env.body)?);
    let body = body.map_err(|error| Failure::unexpected(error.to_string()))?;
    Ok(format!(
        "app = \"{}\"\nenv = \"{}\"\n{}",
        env.app,
        env.env,
        body.trim_end()
    ))
}

/// What changes from one record to another: `- key = value` and `+ key = value`.
pub(in crate::cli) fn diff(old: Option<&EnvBody>, new: &EnvBody) -> Result<Vec<String>, Failure> {
    let old = old.map(flat).transpose()?.unwrap_or_default();
    let new = flat(new)?;
    let mut lines = Vec::new();
    let keys: std::collections::BTreeSet<&String> = old.keys().chain(new.keys()).collect();
    for key in keys {
        let (before, after) = (old.get(key), new.get(key));
        if before != after {
            lines.extend(before.map(|value| format!("- {key} = {value}")));
            lines.extend(after.map(|value| format!("+ {key} = {value}")));
        }
    }
    Ok(lines)
}

fn table(body: &EnvBody) -> Result<toml::Table, Failure> {
    toml::Table::try_from(body).map_err(|error| Failure::unexpected(error.to_string()))
}

fn flat(body: &EnvBody) -> Result<BTreeMap<String, String>, Failure> {
    let mut entries = BTreeMap::new();
    flatten("", table(body)?, &mut entries);
    Ok(entries)
}

fn flatten(prefix: &str, table: toml::Table, entries: &mut BTreeMap<String, String>) {
    for (key, value) in table {
        let path = format!("{prefix}{key}");
        if let toml::Value::Table(inner) = value {
            flatten(&format!("{path}."), inner, entries);
        } else {
            entries.insert(path, value.to_string());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::{HostsBody, PlanInput};

    fn body() -> EnvBody {
        EnvBody {
            domain: "dev.example.com".to_owned(),
            entry_points: vec!["websecure".to_owned()],
            hosts: HostsBody {
                live: Some("www.{domain}".to_owned()),
                ..HostsBody::default()
            },
            ..EnvBody::default()
        }
    }

    #[test]
    fn a_rendered_record_reads_back() {
        let env = Env {
            app: AppName::parse("whoami").unwrap(),
            env: EnvName::parse("dev").unwrap(),
            origin: "api".to_owned(),
            body: body(),
        };
        let text = render(&env).unwrap();
        let file = parse("f", &text).unwrap();
        assert_eq!(file.body, body(), "{text}");
        assert_eq!(file.env.to_string(), "whoami/dev", "{text}");
    }

    #[test]
    fn a_plan_is_a_name_or_a_table_of_steps() {
        let plan = |text: &str| parse("f", text).map(|file| file.body.plan);
        let head = "app = 'a'\nenv = 'b'\ndomain = 'c'\n";
        let named = plan(&format!("{head}plan = 'canary'\n")).unwrap();
        assert_eq!(named, Some(PlanInput::Name("canary".to_owned())), "a name");
        let steps = "[plan]\nsticky = 'cookie'\n[[plan.steps]]\nweight = 5\ngate = { after = '30s' }\n\
                     [[plan.steps.match]]\nheader = 'X'\nvalue = '1'\n[[plan.steps]]\nweight = 100\n";
        let steps = plan(&format!("{head}{steps}")).unwrap();
        let body = EnvBody {
            plan: steps,
            ..body()
        };
        let env = Env {
            app: AppName::parse("whoami").unwrap(),
            env: EnvName::parse("dev").unwrap(),
            origin: "api".to_owned(),
            body: body.clone(),
        };
        let text = render(&env).unwrap();
        assert_eq!(parse("f", &text).unwrap().body, body, "{text}");
        let wrong = plan(&format!("{head}[[plan.steps]]\nwait = 5\n")).unwrap_err();
        assert!(
            wrong.message.contains("unknown field `wait`"),
            "{}",
            wrong.message
        );
    }

    #[test]
    fn mistakes_are_named_with_the_file() {
        for (text, problem) in [
            ("env = 'dev'", "f.toml: app is missing"),
            ("app = 1", "f.toml: app must be a text"),
            ("app = 'A'\nenv = 'dev'", "f.toml: app \"A\" must match"),
            ("app = ", "f.toml: TOML parse error at line 1"),
            (
                "app = 'a'\nenv = 'b'\ndomian = 'x'",
                "f.toml: unknown field `domian`, expected one of `domain`",
            ),
            ("app = 'a'\nenv = 'b'", "f.toml: missing field `domain`"),
        ] {
            let failure = parse("f.toml", text).unwrap_err();
            assert!(failure.message.starts_with(problem), "{}", failure.message);
        }
    }

    #[test]
    fn a_diff_names_keys_by_path() {
        let mut new = body();
        new.hosts.live = None;
        new.port = Some(8080);
        new.domain = "x.example".to_owned();
        let expected = [
            "- domain = \"dev.example.com\"",
            "+ domain = \"x.example\"",
            "- hosts.live = \"www.{domain}\"",
            "+ port = 8080",
        ];
        assert_eq!(diff(Some(&body()), &new).unwrap(), expected, "changed");
        assert_eq!(diff(Some(&body()), &body()).unwrap(), [""; 0], "equal");
    }
}
