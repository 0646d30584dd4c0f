//! What changes for a set of containers when Pointsman takes the place of `providers.docker`.
//!
//! The same containers twice: with Traefik's labels alone, as its own provider names what it makes of them (`@docker`),
//! and as Pointsman serves them (`@http`). What only the first has is looked for in the second by name, else by its
//! servers, its service or its content.

mod difference;
mod rename;

use serde::Serialize;

use crate::routing::model::Container;
use crate::routing::table::Options;

use super::judge::{Place, judge};
use rename::Sides;

/// One thing that is not the same afterwards.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub(super) struct Change {
    /// What kind of thing.
    pub(super) kind: Kind,
    /// Whom it concerns.
    pub(super) subject: String,
    /// The label, when it is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) key: Option<String>,
    /// With `providers.docker`.
    pub(super) old: String,
    /// With Pointsman.
    pub(super) new: String,
    /// What to do.
    pub(super) advice: String,
}

/// Kinds of changes, in the order in which they are worth a look.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Kind {
    /// A label that names an object with its provider.
    Reference,
    /// A container that is treated otherwise.
    Difference,
    /// A sticky cookie with its default name.
    Cookie,
    /// A router, service or middleware.
    Name,
}

impl Kind {
    /// All, in order.
    pub(super) const ALL: [Self; 4] = [Self::Reference, Self::Difference, Self::Cookie, Self::Name];

    /// Heading of its list.
    pub(super) const fn title(self) -> &'static str {
        match self {
            Self::Reference => "labels that name the old provider",
            Self::Difference => "containers that are treated otherwise",
            Self::Cookie => "sticky cookies that get another name",
            Self::Name => "names in metrics, access logs and the file provider",
        }
    }
}

/// Everything that changes, sorted.
pub(super) fn report(options: &Options, containers: &[Container]) -> Vec<Change> {
    let moved: Vec<Container> = containers
        .iter()
        .filter(|container| !options.managed_only || is_managed(container))
        .cloned()
        .collect();
    let traefik = Options {
        managed_only: false,
        ..options.clone()
    };
    let plain = moved.iter().cloned().map(without_ours).collect();
    let sides = Sides {
        old: judge(traefik, plain, Place::Preview),
        new: judge(options.clone(), moved.clone(), Place::Preview),
    };
    // beside the Docker provider its names stay what they are
    let renamed = moved.iter().filter(|_| !options.managed_only);
    let mut changes: Vec<Change> = renamed.flat_map(references).collect();
    changes.extend(moved.iter().flat_map(difference::of_labels));
    changes.extend(
        sides
            .new
            .diagnostics
            .iter()
            .filter_map(difference::of_finding),
    );
    changes.extend(
        moved
            .iter()
            .filter_map(|container| difference::of_network(container, options, &sides.new)),
    );
    changes.extend(sides.renamed());
    changes.sort();
    changes.dedup();
    changes
}

fn is_managed(container: &Container) -> bool {
    container.labels.contains_key("pointsman.app")
}

/// As Traefik's own provider sees it.
fn without_ours(mut container: Container) -> Container {
    container
        .labels
        .retain(|key, _| !key.starts_with("pointsman."));
    container
}

/// `auth@docker` in lists and alone.
fn references(container: &Container) -> Vec<Change> {
    let labels = container.labels.iter();
    let ours = labels.filter(|(key, _)| key.starts_with("traefik."));
    let named = ours.flat_map(|(key, value)| value.split(',').map(move |name| (key, name.trim())));
    let qualified = named.filter_map(|(key, name)| Some((key, name.strip_suffix("@docker")?)));
    let change = |(key, name): (&String, &str)| {
        Change {
        kind: Kind::Reference,
        subject: format!("container {}", container.name),
        key: Some(key.clone()),
        old: format!("{name}@docker"),
        new: format!("{name}@http"),
        advice: "Pointsman takes @docker for its own objects; a name without it is right before and after".to_owned(),
    }
    };
    qualified.map(change).collect()
}
