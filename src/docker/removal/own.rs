//! Which containers are of the stack that is to go: judged anew from each list, never from memory.

use crate::routing::model::{Container, RemovalOrder};

/// On everything that compose makes.
pub(super) const PROJECT: &str = "com.docker.compose.project";

/// Is the container of the stack, and was it there when that was let go.
pub(super) fn is_own(container: &Container, order: &RemovalOrder) -> bool {
    is_of(container, order) && container.created <= order.made_until
}

/// Is the container of a deployment of the stack that came after it was let go.
pub(super) fn is_newer(container: &Container, order: &RemovalOrder) -> bool {
    is_of(container, order) && container.created > order.made_until
}

/// Does the container carry all of the labels, in the same project.
fn is_of(container: &Container, order: &RemovalOrder) -> bool {
    let has = |(key, value): (&String, &String)| container.labels.get(key) == Some(value);
    let project = container
        .label(PROJECT)
        .filter(|project| !project.is_empty());
    // an order without labels would be one for everything
    !order.labels.is_empty()
        && order.labels.iter().all(has)
        // a container without a project may belong to a stack that has one
        && (project.is_none() || project == order.project.as_deref())
}

/// Does it refer to a network: also a stopped or a created container, which could not start without it.
pub(in crate::docker) fn refers(container: &Container, network_id: &str, name: &str) -> bool {
    let by_endpoint = container
        .networks
        .iter()
        .any(|(network, endpoint)| network == name || endpoint.network_id == network_id);
    by_endpoint || container.network_mode == name || container.network_mode == network_id
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::routing::ids::{ContainerId, EnvKey, Version};
    use crate::routing::model::{Health, Leftover, State};
    use std::collections::{BTreeMap, BTreeSet};

    fn order(project: Option<&str>) -> RemovalOrder {
        let stack = (
            EnvKey::parse("whoami", "dev").unwrap(),
            Version::parse("v1").unwrap(),
        );
        RemovalOrder {
            stack,
            labels: BTreeMap::from([("app".to_owned(), "whoami".to_owned())]),
            project: project.map(str::to_owned),
            made_until: 100,
            volumes: Leftover::Keep,
            images: Leftover::Remove,
            image_ids: BTreeSet::new(),
        }
    }

    fn container(labels: &[(&str, &str)], created: u64) -> Container {
        let labels = labels.iter();
        Container {
            id: ContainerId::parse("x").unwrap(),
            name: "x".to_owned(),
            created,
            labels: labels
                .map(|(k, v)| ((*k).to_owned(), (*v).to_owned()))
                .collect(),
            state: State::Running,
            health: Health::None,
            network_mode: "default".to_owned(),
            networks: BTreeMap::new(),
            ports: Vec::new(),
            leaving: None,
            image: String::new(),
        }
    }

    #[test]
    fn only_what_carries_every_label_of_the_same_project_and_time_is_own() {
        let with = order(Some("p"));
        let own = |labels: &[(&str, &str)], created| is_own(&container(labels, created), &with);
        assert!(own(&[("app", "whoami"), (PROJECT, "p")], 100), "its own");
        assert!(own(&[("app", "whoami")], 100), "without a project");
        for (labels, created, why) in [
            (&[("app", "other"), (PROJECT, "p")][..], 1, "another app"),
            (&[(PROJECT, "p")][..], 1, "no label"),
            (
                &[("app", "whoami"), (PROJECT, "q")][..],
                1,
                "another project",
            ),
            (&[("app", "whoami"), (PROJECT, "p")][..], 101, "made later"),
        ] {
            assert!(!own(labels, created), "{why}");
        }
        let without = order(None);
        let foreign = container(&[("app", "whoami"), (PROJECT, "p")], 1);
        assert!(!is_own(&foreign, &without), "of a project nobody named");
        let mut nothing = order(None);
        nothing.labels.clear();
        assert!(
            !is_own(&container(&[], 1), &nothing),
            "an order without labels is for nothing"
        );
    }
}
