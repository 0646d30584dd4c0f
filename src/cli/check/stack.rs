//! `--app`, `--env`, `--version`, `--domain`: the files as one version of an app, as a deployment would start them.
//!
//! The variables that a deployment gives to compose, and the labels that it adds. A label that says otherwise stays,
//! and is a finding.

use clap::Args;

use crate::routing::ids::{AppName, EnvKey, EnvName, Version};
use crate::routing::model::{Container, Diagnostic, EnvRecord, Origin};
use crate::routing::table::env::hosts::{Place, names};
use crate::routing::time::Timestamp;

use super::super::failure::Failure;

/// The options.
#[derive(Args, Clone, Debug)]
pub(super) struct StackArgs {
    /// Check the files as a version of this app (with --env and --version)
    #[arg(long)]
    app: Option<AppName>,
    /// ... in this environment
    #[arg(long)]
    env: Option<EnvName>,
    /// ... with this version
    #[arg(long)]
    version: Option<Version>,
    /// Domain of the environment, when no label names it
    #[arg(long)]
    domain: Option<String>,
}

/// A version of an app.
#[derive(Clone, Debug)]
pub(super) struct Stack {
    key: EnvKey,
    version: Version,
    domain: Option<String>,
}

impl StackArgs {
    /// All three names, or none.
    pub(super) fn resolve(&self) -> Result<Option<Stack>, Failure> {
        match (&self.app, &self.env, &self.version) {
            (Some(app), Some(env), Some(version)) => Ok(Some(Stack {
                key: EnvKey {
                    app: app.clone(),
                    env: env.clone(),
                },
                version: version.clone(),
                domain: self.domain.clone(),
            })),
            (None, None, None) => Ok(None),
            _ => Err(Failure::usage(
                "a version is named by --app, --env and --version, all three",
            )),
        }
    }

    fn labels(&self) -> Vec<(&'static str, &str)> {
        let all = [
            ("pointsman.app", self.app.as_ref().map(AppName::as_str)),
            ("pointsman.env", self.env.as_ref().map(EnvName::as_str)),
            (
                "pointsman.version",
                self.version.as_ref().map(Version::as_str),
            ),
        ];
        all.into_iter()
            .filter_map(|(key, value)| Some((key, value?)))
            .collect()
    }
}

impl Stack {
    /// The compose project.
    pub(super) fn name(&self) -> String {
        self.key.stack_name(&self.version)
    }

    /// The variables that a deployment gives to compose.
    pub(super) fn variables(&self) -> Vec<(&'static str, String)> {
        let mut variables = vec![
            ("STACK_NAME", self.name()),
            ("APP", self.key.app.to_string()),
            ("ENV", self.key.env.to_string()),
            ("VERSION", self.version.to_string()),
        ];
        if let Some(domain) = &self.domain {
            variables.push(("DOMAIN", domain.clone()));
            variables.extend(
                self.hostname(domain)
                    .map(|hostname| ("STACK_HOSTNAME", hostname)),
            );
        }
        variables
    }

    /// The preview host.
    fn hostname(&self, domain: &str) -> Option<String> {
        let record = EnvRecord::new(self.key.clone(), domain, Origin::Label, Timestamp::ZERO);
        let place = Place::Preview(self.version.clone());
        names(&record, &place, None).into_iter().next()
    }
}

/// Adds the labels that a deployment adds; gives those that contradict.
pub(super) fn inject(args: &StackArgs, containers: &mut [Container]) -> Vec<Diagnostic> {
    let mut findings = Vec::new();
    for container in containers {
        for (key, value) in args.labels() {
            findings.extend(differs(container, key, value));
            add(container, key, value);
        }
        if let Some(domain) = &args.domain
            && container.labels.contains_key("pointsman.app")
        {
            add(container, "pointsman.domain", domain);
        }
    }
    findings
}

fn add(container: &mut Container, key: &str, value: &str) {
    let place = container.labels.entry(key.to_owned());
    place.or_insert_with(|| value.to_owned());
}

fn differs(container: &Container, key: &str, value: &str) -> Option<Diagnostic> {
    let said = container.label(key).filter(|said| *said != value)?;
    let subject = format!("container {}", container.name);
    let name = key.trim_start_matches("pointsman.");
    let message = format!(
        "--{name} says {value}: leave the label out, or write ${{{}}}",
        name.to_ascii_uppercase()
    );
    Some(
        Diagnostic::new("stack-differs", subject, message)
            .at(key)
            .with_value(said),
    )
}
