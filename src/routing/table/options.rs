//! What the operator decides for all containers; fixed for the life of a table.

use std::collections::BTreeMap;

use thiserror::Error;

use crate::routing::ids::TraefikVersion;
use crate::routing::model::Container;
use crate::routing::traefik::since;

#[expect(
    clippy::struct_excessive_bools,
    reason = "they are Traefik's flags, one by one"
)]
/// Options of the table, as Traefik's Docker provider names them.
#[derive(Clone, Debug)]
pub struct Options {
    /// Containers without `traefik.enable` are routed.
    pub exposed_by_default: bool,
    /// Rule of unmanaged routers without one.
    pub default_rule: DefaultRule,
    /// Network to prefer.
    pub network: Option<String>,
    /// Use published addresses and ports.
    pub use_bind_port_ip: bool,
    /// Keep services of containers that are not healthy, without servers.
    pub allow_empty_services: bool,
    /// Leave unmanaged containers to others.
    pub managed_only: bool,
    /// Which container Traefik is; `None` when nothing needs attaching.
    pub proxy: Option<ProxySelector>,
    /// The lowest release among the Traefiks that read the document, until one is told.
    pub traefik_version: TraefikVersion,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            exposed_by_default: true,
            default_rule: DefaultRule::default(),
            network: None,
            use_bind_port_ip: false,
            allow_empty_services: false,
            managed_only: false,
            proxy: None,
            traefik_version: since::NEWEST,
        }
    }
}

/// How Traefik's container is found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ProxySelector {
    /// By its name.
    Name(String),
    /// By a label, with a value or any.
    Label {
        /// The key.
        key: String,
        /// The value; `None` takes any.
        value: Option<String>,
    },
}

impl ProxySelector {
    /// Is this Traefik's container.
    pub fn matches(&self, container: &Container) -> bool {
        match self {
            Self::Name(name) => container.name == *name,
            Self::Label {
                key,
                value: Some(value),
            } => container.label(key) == Some(value),
            Self::Label { key, value: None } => container.label(key).is_some(),
        }
    }
}

/// The rule of unmanaged routers that have none: text with `{{ ... }}` actions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DefaultRule(Vec<Piece>);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Piece {
    Text(String),
    Name,
    ContainerName,
    Label(String),
}

/// A template that this version does not understand.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error(
    "default rule action {action:?} is not supported: use {{{{ normalize .Name }}}}, {{{{ .Name }}}}, \
     {{{{ .ContainerName }}}} or {{{{ index .Labels \"key\" }}}}"
)]
pub struct DefaultRuleError {
    /// The action.
    pub action: String,
}

impl Default for DefaultRule {
    fn default() -> Self {
        Self(vec![
            Piece::Text("Host(`".to_owned()),
            Piece::Name,
            Piece::Text("`)".to_owned()),
        ])
    }
}

impl DefaultRule {
    /// Parses the template.
    pub fn parse(template: &str) -> Result<Self, DefaultRuleError> {
        let mut pieces = Vec::new();
        let mut rest = template;
        while let Some((text, tail)) = rest.split_once("{{") {
            pieces.push(Piece::Text(text.to_owned()));
            let unclosed = || DefaultRuleError {
                action: tail.to_owned(),
            };
            let (action, tail) = tail.split_once("}}").ok_or_else(unclosed)?;
            pieces.push(parse_action(action.trim())?);
            rest = tail;
        }
        pieces.push(Piece::Text(rest.to_owned()));
        Ok(Self(pieces))
    }

    /// The rule for a container. `name` is the service name before normalisation.
    pub fn render(&self, name: &str, container: &Container) -> String {
        let value = |piece: &Piece| match piece {
            Piece::Text(text) => text.clone(),
            Piece::Name => normalize(name),
            Piece::ContainerName => container.name.clone(),
            Piece::Label(key) => container.label(key).unwrap_or_default().to_owned(),
        };
        self.0.iter().map(value).collect()
    }
}

fn parse_action(action: &str) -> Result<Piece, DefaultRuleError> {
    let words: Vec<&str> = action.split_whitespace().collect();
    match words.as_slice() {
        // Traefik normalises the name before the template sees it, so both are the same
        ["normalize", ".Name"] | [".Name"] => Ok(Piece::Name),
        [".ContainerName"] => Ok(Piece::ContainerName),
        ["index", ".Labels", key] if key.len() > 2 => {
            let key = key
                .strip_prefix(['"', '`'])
                .and_then(|key| key.strip_suffix(['"', '`']));
            key.map(|key| Piece::Label(key.to_owned()))
                .ok_or_else(|| DefaultRuleError {
                    action: action.to_owned(),
                })
        }
        _ => Err(DefaultRuleError {
            action: action.to_owned(),
        }),
    }
}

/// Every run of what is neither letter nor number becomes one `-`; none at the ends.
pub fn normalize(name: &str) -> String {
    let parts: Vec<&str> = name
        .split(|c: char| !c.is_alphanumeric())
        .filter(|part| !part.is_empty())
        .collect();
    parts.join("-")
}

/// `com.docker.compose.*` of a container.
pub mod compose {
    use super::{BTreeMap, Container};

    /// The compose project.
    pub fn project(container: &Container) -> Option<&str> {
        non_empty(&container.labels, "com.docker.compose.project")
    }

    /// The compose service.
    pub fn service(container: &Container) -> Option<&str> {
        non_empty(&container.labels, "com.docker.compose.service")
    }

    /// Made by `docker compose run`: it serves nobody.
    pub fn is_one_off(container: &Container) -> bool {
        non_empty(&container.labels, "com.docker.compose.oneoff")
            .is_some_and(|v| v.eq_ignore_ascii_case("true"))
    }

    fn non_empty<'a>(labels: &'a BTreeMap<String, String>, key: &str) -> Option<&'a str> {
        labels
            .get(key)
            .map(String::as_str)
            .filter(|value| !value.is_empty())
    }
}
