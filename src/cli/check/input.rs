//! FILE arguments to containers.
//!
//! A file is a compose file when its name ends in `.yaml` or `.yml`, or when it has a top-level `services:` or
//! `include:`; all compose files together are one project. Everything else is lines of labels, one container a file.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Read as _;
use std::path::Path;

use crate::routing::ids::ContainerId;
use crate::routing::model::{Container, Diagnostic, Health, State};

use super::super::compose::shown;
use super::super::failure::Failure;
use super::address::Addresses;
use super::stack::Stack;
use super::{compose, lines};

/// Labels that make the ports of an image unimportant.
const PORT_LABELS: [&str; 3] = ["pointsman.port", "server.port", "server.url"];

/// What is checked.
#[derive(Debug, Default)]
pub(super) struct Input {
    /// All containers.
    pub(super) containers: Vec<Container>,
    /// What only the files show.
    pub(super) findings: Vec<Diagnostic>,
    /// What compose said besides.
    pub(super) warnings: Vec<String>,
    /// Ports that images expose are among those of the containers.
    pub(super) knows_images: bool,
}

impl Input {
    /// Containers that are there.
    pub(super) fn of_engine(containers: Vec<Container>) -> Self {
        Self {
            containers,
            knows_images: true,
            ..Self::default()
        }
    }

    /// Whose port only the image may tell, each compose service once.
    pub(super) fn portless(&self) -> BTreeSet<&str> {
        let unknown = |one: &&Container| {
            let is_told = |key: &String| {
                let key = key.to_ascii_lowercase();
                PORT_LABELS.iter().any(|label| key.ends_with(label))
            };
            one.ports.is_empty()
                && one.label("traefik.enable") != Some("false")
                && !one.labels.keys().any(is_told)
        };
        let all = self.containers.iter().filter(|_| !self.knows_images);
        all.filter(unknown).map(service).collect()
    }

    /// A finding about a further replica says what the first has said already.
    pub(super) fn is_repeated(&self, finding: &Diagnostic, all: &[Diagnostic]) -> bool {
        let about = |subject: &str| {
            let mut named = self.containers.iter();
            named.find(|one| subject.strip_prefix("container ") == Some(&one.name))
        };
        let Some(one) = about(&finding.subject) else {
            return false;
        };
        let replicas = self
            .containers
            .iter()
            .take_while(|other| other.id != one.id);
        let mut earlier = replicas.filter(|other| service(other) == service(one));
        earlier.any(|other| {
            all.contains(&Diagnostic {
                subject: format!("container {}", other.name),
                ..finding.clone()
            })
        })
    }
}

/// The compose service, else the container's name.
fn service(container: &Container) -> &str {
    container
        .label("com.docker.compose.service")
        .unwrap_or(&container.name)
}

/// Reads all files.
pub(super) fn read(
    files: &[String],
    project: Option<&str>,
    stack: Option<&Stack>,
    context: Option<&str>,
) -> Result<Input, Failure> {
    let texts: Vec<(&str, String)> = files
        .iter()
        .map(|file| Ok((file.as_str(), text(file)?)))
        .collect::<Result<_, Failure>>()?;
    let (composed, labelled): (Vec<_>, Vec<_>) = texts
        .into_iter()
        .partition(|(file, text)| is_compose(file, text));
    if labelled.is_empty() {
        return compose::read(&composed, project, stack, context);
    }
    match composed.first() {
        None => labels(&labelled),
        Some((file, _)) => Err(Failure::usage(format!(
            "{file} is a compose file and {} is not",
            labelled.first().map_or("another", |(file, _)| file)
        ))
        .next("check them one after the other")),
    }
}

fn text(file: &str) -> Result<String, Failure> {
    let mut text = String::new();
    let read = if file == "-" {
        std::io::stdin().lock().read_to_string(&mut text).map(drop)
    } else {
        std::fs::read_to_string(file).map(|content| text = content)
    };
    read.map_err(|error| Failure::usage(format!("cannot read {}: {error}", shown(file))))?;
    Ok(text)
}

fn is_compose(file: &str, text: &str) -> bool {
    let named = Path::new(file)
        .extension()
        .is_some_and(|end| end == "yaml" || end == "yml");
    let begins = |line: &str| {
        let words = ["services:", "include:", "\"services\":"];
        words.iter().any(|word| line.starts_with(word))
    };
    named || text.trim_start().starts_with('{') || text.lines().any(begins)
}

fn labels(files: &[(&str, String)]) -> Result<Input, Failure> {
    let mut addresses = Addresses::default();
    let containers = files.iter().enumerate().map(|(index, (file, text))| {
        let labels = lines::parse(text).map_err(|wrong| {
            Failure::usage(format!(
                "{}, line {}: {:?} is not KEY=VALUE",
                shown(file),
                wrong.line,
                wrong.text
            ))
            .next("one label a line, as in a compose file's list; a compose file has a line `services:`")
        })?;
        Ok(container(&stem(file), index, labels, &mut addresses))
    });
    Ok(Input {
        containers: containers.collect::<Result<_, Failure>>()?,
        ..Input::default()
    })
}

fn stem(file: &str) -> String {
    let stem = Path::new(file).file_stem().unwrap_or_default();
    match stem.to_string_lossy().as_ref() {
        "-" | "" => "stdin".to_owned(),
        stem => stem.to_owned(),
    }
}

/// A running container on the default network, about which nothing but its labels is known.
fn container(
    name: &str,
    index: usize,
    labels: BTreeMap<String, String>,
    addresses: &mut Addresses,
) -> Container {
    Container {
        id: ContainerId::parse(&format!("{index:04}-{name}")).expect("any text is an id"),
        name: name.to_owned(),
        created: u64::try_from(index).unwrap_or(u64::MAX),
        labels: labels.into(),
        state: State::Running,
        health: Health::None,
        network_mode: "bridge".to_owned(),
        networks: BTreeMap::from([("bridge".to_owned(), addresses.next("bridge"))]),
        ports: Vec::new(),
        leaving: None,
        image: String::new(),
    }
}
