//! The table of flags: one row is a flag, an environment variable and a key of the `--config` file.
//!
//! [`Flags`] is what the command line said, as texts; clap learns its arguments from the table, so that nothing
//! can be a flag without being a key. Meaning and types are given by `build`.

use std::collections::BTreeMap;

use clap::{Arg, ArgAction, ArgMatches, Command};

/// How often, and how, a flag takes a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Arity {
    /// One value.
    One,
    /// Any number of values: the flag repeated, the variable separated by commas, the key a list.
    Many,
    /// `--flag` alone means true; `--flag=false` is possible.
    Switch,
}

/// One row.
#[derive(Debug)]
pub(super) struct Flag {
    /// Name without `--`; also the key of the file.
    pub(super) name: &'static str,
    value: &'static str,
    arity: Arity,
    help: &'static str,
}

const fn one(name: &'static str, value: &'static str, help: &'static str) -> Flag {
    let arity = Arity::One;
    Flag {
        name,
        value,
        arity,
        help,
    }
}

const fn many(name: &'static str, value: &'static str, help: &'static str) -> Flag {
    let arity = Arity::Many;
    Flag {
        name,
        value,
        arity,
        help,
    }
}

const fn switch(name: &'static str, help: &'static str) -> Flag {
    let arity = Arity::Switch;
    Flag {
        name,
        value: "BOOL",
        arity,
        help,
    }
}

/// Every flag of `serve`.
#[rustfmt::skip]
pub(super) const FLAGS: &[Flag] = &[
    one("config", "FILE", "TOML file whose keys are the names of these flags"),
    many("docker-endpoint", "URL", "Docker Engine: unix://, tcp:// or https:// [default: $DOCKER_HOST, else unix:///var/run/docker.sock]"),
    one("docker-tls-ca", "FILE", "PEM file of the authority that signed the Engine's certificate"),
    one("docker-tls-cert", "FILE", "PEM file of our certificate for the Engine"),
    one("docker-tls-key", "FILE", "PEM file of its key"),
    one("provider-listen", "ADDR", "Where Traefik polls [default: 127.0.0.1:9000]"),
    one("provider-token-file", "FILE", "Token that Traefik must send (providers.http.headers)"),
    one("admin-listen", "ADDR", "API, metrics and dashboard; any but a loopback address needs a token [default: 127.0.0.1:9001]"),
    one("admin-token-file", "FILE", "Token that operators must send"),
    many("admin-host", "NAME", "Further Host names that the admin listener accepts (repeatable)"),
    one("state-dir", "DIR", "Where records are kept [default: /var/lib/pointsman]"),
    one("exposed-by-default", "BOOL", "Route containers without traefik.enable [default: true]"),
    one("default-rule", "TEMPLATE", "Rule of routers without one [default: Host(`{{ normalize .Name }}`)]"),
    one("constraints", "EXPR", "Only take containers whose labels match: Label(`key`, `value`), LabelRegex(`key`, `expression`), &&, ||, !"),
    one("network", "NAME", "Network to reach containers through"),
    one("use-bind-port-ip", "BOOL", "Use the published address and port [default: false]"),
    one("allow-empty-services", "BOOL", "Keep services without servers [default: false]"),
    switch("managed-only", "Leave containers without pointsman.* labels to Traefik's own Docker provider"),
    one("probe", "BOOL", "Ask servers of managed containers whether they are ready before they are published [default: true]"),
    one("traefik-container", "NAME|label=KEY[=VALUE]", "Traefik's container, to be attached to the networks of stacks"),
    switch("allow-gateway-move", "On Docker before 28: attach Traefik also where that moves its default route and cuts its connections"),
    many("traefik-api", "URL", "Traefik's API, to read back what it applied (repeatable)"),
    one("traefik-version", "VERSION", "Lowest release of Traefik that reads the document, e.g. 3.3 or 3.3.4 [default: as --traefik-api says, else the newest known]"),
    one("traefik-api-auth-file", "FILE", "Its credentials: user:password, or a bearer token"),
    one("fallback-file", "PATH", "Keep the last confirmed document there, for Traefik's file provider (.yml)"),
    one("retention", "RULES", "Which stacks go in envs whose record does not say it, as [retention] of an env file on one line, e.g. keep_last = 5, when = \"deploy\" [default: none go]"),
    one("max-hold", "DURATION", "Longest hold of a held answer; keep it below Traefik's pollInterval [default: 4s]"),
    one("log-format", "FORMAT", "text or json [default: text]"),
    one("log-level", "LEVEL", "error, warn, info, debug or trace [default: info]"),
];

impl Flag {
    /// Name of its environment variable.
    pub(super) fn variable(&self) -> String {
        format!(
            "POINTSMAN_{}",
            self.name.to_ascii_uppercase().replace('-', "_")
        )
    }

    /// It takes several values.
    pub(super) fn is_list(&self) -> bool {
        self.arity == Arity::Many
    }

    fn arg(&self) -> Arg {
        let arg = Arg::new(self.name)
            .long(self.name)
            .value_name(self.value)
            .help(self.help);
        match self.arity {
            Arity::One => arg.action(ArgAction::Set),
            Arity::Many => arg.action(ArgAction::Append),
            Arity::Switch => arg
                .action(ArgAction::Set)
                .num_args(0..=1)
                .require_equals(true)
                .default_missing_value("true"),
        }
    }
}

/// Those of them that change what becomes of labels.
const OF_LABELS: &[&str] = &[
    "config",
    "exposed-by-default",
    "default-rule",
    "constraints",
    "network",
    "use-bind-port-ip",
    "allow-empty-services",
    "managed-only",
    "traefik-version",
];

fn of_labels() -> impl Iterator<Item = &'static Flag> {
    FLAGS.iter().filter(|flag| OF_LABELS.contains(&flag.name))
}

/// What the command line said, by flag name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Flags(BTreeMap<&'static str, Vec<String>>);

impl Flags {
    /// Says a flag as the command line would. Unknown names are a programmer's error.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<String>) -> Self {
        let flag = FLAGS.iter().find(|flag| flag.name == name);
        let name = flag.expect("only flags of the table are set").name;
        self.0.entry(name).or_default().push(value.into());
        self
    }

    /// Says those flags that were given.
    #[must_use]
    pub fn given<'a>(flags: impl IntoIterator<Item = (&'a str, &'a Option<String>)>) -> Self {
        flags
            .into_iter()
            .fold(Self::default(), |given, (name, value)| match value {
                Some(value) => given.with(name, value),
                None => given,
            })
    }

    /// Takes over what the command line said about these flags.
    fn read(&mut self, matches: &ArgMatches, flags: impl Iterator<Item = &'static Flag>) {
        for flag in flags {
            if let Some(values) = matches.get_many::<String>(flag.name) {
                self.0.insert(flag.name, values.cloned().collect());
            }
        }
    }

    /// The values given for a flag.
    pub(super) fn get(&self, name: &str) -> Option<&Vec<String>> {
        self.0.get(name)
    }
}

/// The flags of `serve` that change what becomes of labels, for a verb that judges labels without the daemon.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LabelFlags(pub Flags);

impl clap::FromArgMatches for Flags {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        let mut flags = Self::default();
        flags.update_from_arg_matches(matches)?;
        Ok(flags)
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        self.read(matches, FLAGS.iter());
        Ok(())
    }
}

impl clap::Args for Flags {
    fn augment_args(command: Command) -> Command {
        command.args(FLAGS.iter().map(Flag::arg))
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

impl clap::FromArgMatches for LabelFlags {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        let mut flags = Self::default();
        flags.update_from_arg_matches(matches)?;
        Ok(flags)
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        self.0.read(matches, of_labels());
        Ok(())
    }
}

impl clap::Args for LabelFlags {
    fn augment_args(command: Command) -> Command {
        command.args(of_labels().map(Flag::arg))
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}
