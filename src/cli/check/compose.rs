//! Compose files to containers that do not run.
//!
//! `docker compose config` reads the files, so that variables, includes, extensions and env files count as they do for
//! `up`. It works without an Engine. Labels come back with `$` doubled, which is undone here.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;

use crate::routing::ids::ContainerId;
use crate::routing::model::{Container, Diagnostic, Endpoint, Health, Port, State};

use super::super::compose::project::{Project, Published, Service};
use super::super::compose::{Composition, Read, twice};
use super::super::failure::Failure;
use super::address::Addresses;
use super::input::Input;
use super::stack::Stack;

/// More of one service are not worth a look.
const MAX_REPLICAS: u32 = 1000;
/// What one can do without compose.
const INSTEAD: &str = "give the labels as KEY=VALUE lines";

/// Reads files, with their contents, as one project.
pub(super) fn read(
    files: &[(&str, String)],
    project: Option<&str>,
    stack: Option<&Stack>,
    context: Option<&str>,
) -> Result<Input, Failure> {
    let name = project
        .map(str::to_owned)
        .or_else(|| stack.map(Stack::name));
    let variables = stack.map(Stack::variables).unwrap_or_default();
    let composition = Composition {
        context: context.map(str::to_owned),
        files: files.iter().map(|(file, _)| (*file).to_owned()).collect(),
        project: name,
        variables: variables
            .into_iter()
            .map(|(name, value)| (name.to_owned(), value))
            .collect(),
        instead: INSTEAD,
        ..Composition::default()
    };
    let stdin = files.iter().find(|(file, _)| *file == "-");
    let Read { project, warnings } = composition.read(stdin.map_or("", |(_, text)| text))?;
    Ok(Input {
        containers: containers(&project)?,
        findings: findings(&project, stack),
        warnings,
        ..Input::default()
    })
}

/// What only the files show, and no container would.
fn findings(project: &Project, stack: Option<&Stack>) -> Vec<Diagnostic> {
    let services = project.services.iter();
    let mut all: Vec<Diagnostic> = services
        .filter_map(|(name, service)| deploy_labels(name, service))
        .collect();
    if stack.is_some() || project.is_managed() {
        let twice = twice::findings(project).into_iter();
        all.extend(twice.map(|found| Diagnostic::new(found.code, found.subject, found.message)));
    }
    all
}

fn deploy_labels(name: &str, service: &Service) -> Option<Diagnostic> {
    let labels = service.deploy.as_ref()?.labels.as_ref()?;
    let ours = |key: &&String| key.starts_with("traefik.") || key.starts_with("pointsman.");
    let key = labels.keys().find(ours)?;
    let message = "labels below deploy are for swarm and not on the container: move them to labels of the service";
    Some(Diagnostic::new("deploy-labels", format!("compose service {name}"), message).at(key))
}

fn containers(project: &Project) -> Result<Vec<Container>, Failure> {
    let mut addresses = Addresses::default();
    let mut all = Vec::new();
    for (name, service) in &project.services {
        let replicas = service.replicas();
        if replicas > MAX_REPLICAS {
            return Err(Failure::usage(format!(
                "compose service {name} has {replicas} replicas; {MAX_REPLICAS} are enough for a check"
            )));
        }
        for number in 1..=replicas {
            let created = u64::try_from(all.len()).unwrap_or(u64::MAX);
            let place = Place {
                project,
                name,
                number,
            };
            all.push(place.container(service, created, &mut addresses));
        }
    }
    Ok(all)
}

/// One replica of a compose service.
struct Place<'a> {
    project: &'a Project,
    name: &'a str,
    number: u32,
}

impl Place<'_> {
    fn container(&self, service: &Service, created: u64, addresses: &mut Addresses) -> Container {
        let name = service.container_name.clone();
        let mode = service.network_mode.as_deref();
        Container {
            id: self.id(self.name, self.number),
            name: name
                .unwrap_or_else(|| format!("{}-{}-{}", self.project.name, self.name, self.number)),
            created,
            labels: self.labels(service).into(),
            state: State::Running,
            health: if service.is_checked() {
                Health::Healthy
            } else {
                Health::None
            },
            network_mode: mode.map_or_else(|| "default".to_owned(), |mode| self.mode(mode)),
            networks: self.networks(service, addresses),
            ports: ports(service),
            leaving: None,
            image: String::new(),
        }
    }

    fn id(&self, service: &str, number: u32) -> ContainerId {
        let id = format!("{}-{service}-{number:04}", self.project.name);
        ContainerId::parse(&id).expect("any text is an id")
    }

    /// `service:web` is the network of its first container.
    fn mode(&self, mode: &str) -> String {
        match mode.strip_prefix("service:") {
            Some(service) => format!("container:{}", self.id(service, 1)),
            None => mode.to_owned(),
        }
    }

    /// Those of the file, with `$$` as compose writes it into the container, and those of compose.
    fn labels(&self, service: &Service) -> BTreeMap<String, String> {
        let own = service.labels.iter().flatten();
        let own = own.map(|(key, value)| (key.replace("$$", "$"), value.replace("$$", "$")));
        let number = self.number.to_string();
        let of_compose = [
            ("project", self.project.name.as_str()),
            ("service", self.name),
            ("container-number", &number),
            ("oneoff", "False"),
        ];
        let of_compose =
            of_compose.map(|(key, value)| (format!("com.docker.compose.{key}"), value.to_owned()));
        own.chain(of_compose).collect()
    }

    fn networks(&self, service: &Service, addresses: &mut Addresses) -> BTreeMap<String, Endpoint> {
        let names: Vec<String> = match service.network_mode.as_deref() {
            Some("bridge") => vec!["bridge".to_owned()],
            Some(_) => Vec::new(),
            None => {
                let keys = service.networks.iter().flat_map(BTreeMap::keys);
                keys.map(|key| self.project.network(key)).collect()
            }
        };
        let places = names.into_iter().map(|name| {
            let place = addresses.next(&name);
            (name, place)
        });
        places.collect()
    }
}

fn ports(service: &Service) -> Vec<Port> {
    let exposed = service.expose.iter().flatten();
    let exposed = exposed.filter_map(|text| range(text)).flatten();
    let exposed = exposed.map(|private| Port {
        private,
        public: None,
        host_ip: None,
    });
    let published = service.ports.iter().flatten().map(published);
    let mut ports: Vec<Port> = exposed.chain(published).collect();
    ports.sort_by_key(|port| (port.private, port.public, port.host_ip));
    ports.dedup();
    ports
}

/// `9000`, `9100-9102/udp`
fn range(text: &str) -> Option<RangeInclusive<u16>> {
    let ports = text.split('/').next()?;
    let (first, last) = ports.split_once('-').unwrap_or((ports, ports));
    let first = first.parse().ok().filter(|port| *port > 0)?;
    Some(first..=last.parse().ok()?)
}

fn published(port: &Published) -> Port {
    let public = port.public.as_deref().and_then(range);
    Port {
        private: port.target,
        public: public.map(|ports| *ports.start()),
        host_ip: port.host_ip.as_deref().and_then(|ip| ip.parse().ok()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ports_are_numbers_ranges_and_protocols() {
        for (text, ports) in [
            ("9000", vec![9000]),
            ("9100-9102/tcp", vec![9100, 9101, 9102]),
            ("53/udp", vec![53]),
            ("0", vec![]),
            ("http", vec![]),
            ("2-1", vec![]),
            ("70000", vec![]),
        ] {
            let read: Vec<u16> = range(text).into_iter().flatten().collect();
            assert_eq!(read, ports, "{text}");
        }
    }
}
