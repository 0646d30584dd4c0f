//! Why a deployment is refused before anything is touched, each with the way out.

use crate::api::{Env, StackEntry};
use crate::cli::exit;
use crate::cli::failure::Failure;

use super::containers::Container;
use super::hosts;
use super::prepared::{Action, Prepared};

/// All reasons; none when it may go on. `replaces`: containers in a slot may be recreated.
pub(super) fn refusals(prepared: &Prepared, replaces: impl Into<Replaces>) -> Vec<Failure> {
    let replaces = replaces.into();
    let all = [
        foreign(prepared),
        too_long(prepared),
        taken(prepared),
        (replaces == Replaces::Nothing)
            .then(|| in_slot(prepared))
            .flatten(),
    ];
    all.into_iter().flatten().collect()
}

/// What may be recreated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Replaces {
    /// Only previews.
    Nothing,
    /// Also a version in a slot.
    Slots,
}

impl From<bool> for Replaces {
    fn from(replaces: bool) -> Self {
        if replaces { Self::Slots } else { Self::Nothing }
    }
}

fn refused(prepared: &Prepared, why: &str) -> Failure {
    let message = format!("{} {}: {why}", prepared.env, prepared.version);
    Failure::new(exit::REFUSED, message)
}

/// Compose would take over, and recreate, what belongs to somebody else.
fn foreign(prepared: &Prepared) -> Option<Failure> {
    let wanted = [
        ("pointsman.app", prepared.env.app.as_str()),
        ("pointsman.env", prepared.env.env.as_str()),
        ("pointsman.version", prepared.version.as_str()),
    ];
    let is_other = |container: &&Container| {
        let mut labels = wanted.iter();
        labels.any(|(key, value)| container.label(key).is_some_and(|said| said != *value))
    };
    let is_ours = |container: &Container| container.label("pointsman.app").is_some();
    let nobodys = || {
        prepared
            .present
            .first()
            .filter(|_| !prepared.present.iter().any(is_ours))
    };
    let other = prepared.present.iter().find(is_other).or_else(nobodys)?;
    let label = |key| other.label(key).unwrap_or("?");
    let whose = match other.label("pointsman.app") {
        Some(app) => format!(
            "{app}/{} {}",
            label("pointsman.env"),
            label("pointsman.version")
        ),
        None => "nobody's: it has no pointsman labels".to_owned(),
    };
    let why = format!(
        "the compose project {} is there already, and its container {} is {whose}",
        prepared.project.name,
        other.name()
    );
    Some(refused(prepared, &why).next(format!(
        "choose a version with another slug, or remove that project: docker compose -p {} down",
        prepared.project.name
    )))
}

fn too_long(prepared: &Prepared) -> Option<Failure> {
    let long = hosts::too_long(&prepared.known.env, &prepared.version, &prepared.project)?;
    let why = format!(
        "{long} has {} bytes, and DNS takes 63 between two dots",
        long.len()
    );
    Some(
        refused(prepared, &why)
            .next("choose a shorter version, or a shorter template: hosts.preview in the env file"),
    )
}

/// Two claimants of one name: the oldest keeps it.
fn taken(prepared: &Prepared) -> Option<Failure> {
    let known = &prepared.known;
    let is_own = |stack: &&StackEntry| {
        stack.app == prepared.env.app
            && stack.env == prepared.env.env
            && stack.version == prepared.version
    };
    let stacks: Vec<StackEntry> = known
        .stacks
        .iter()
        .filter(|stack| !is_own(stack))
        .cloned()
        .collect();
    let envs: Vec<&Env> = known.others.iter().chain([&known.env]).collect();
    let taken = hosts::taken(&envs, &stacks);
    let own = hosts::previews(&known.env, &prepared.version, &prepared.project);
    let (host, owner) = own.iter().find_map(|host| Some((host, taken.get(host)?)))?;
    let why = format!("the host {host} belongs to {owner}");
    Some(refused(prepared, &why).next("choose another version; it makes the host"))
}

fn in_slot(prepared: &Prepared) -> Option<Failure> {
    let mut stacks = prepared.known.stacks.iter();
    let placed = stacks.find(|stack| {
        stack.app == prepared.env.app
            && stack.env == prepared.env.env
            && stack.version == prepared.version
            && stack.slot.is_some()
    })?;
    let mut actions = prepared.actions.iter();
    let (service, _) = actions.find(|(_, action)| **action == Action::Recreate)?;
    let place = if placed.active { "live" } else { "in a slot" };
    let why = format!(
        "it is {place}, and compose would recreate the containers of {service}, which takes requests away from it"
    );
    Some(
        refused(prepared, &why)
            .next("deploy it under a new version, and switch; or insist with --replace"),
    )
}
