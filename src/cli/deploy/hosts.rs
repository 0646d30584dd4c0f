//! The names that a version would answer at, and who else has them.

use std::collections::{BTreeMap, BTreeSet};

use crate::api::{Env, StackEntry};
use crate::cli::compose::project::Project;
use crate::routing::ids::{EnvKey, Version, slug};
use crate::routing::model::{EnvRecord, HostTemplates, Origin};
use crate::routing::table::env::hosts::{Place, names};
use crate::routing::time::Timestamp;

/// The longest that DNS takes between two dots.
const MAX_LABEL: usize = 63;

/// A record with what names depend on.
pub(in crate::cli) fn record(env: &Env) -> EnvRecord {
    let key = EnvKey {
        app: env.app.clone(),
        env: env.env.clone(),
    };
    let mut record = EnvRecord::new(key, &env.body.domain, Origin::Api, Timestamp::ZERO);
    let (said, default) = (env.body.hosts.clone(), HostTemplates::default());
    record.hosts = HostTemplates {
        live: said.live.unwrap_or(default.live),
        preview: said.preview.unwrap_or(default.preview),
        staged: said.staged.unwrap_or(default.staged),
    };
    record
}

/// The preview host that compose is told.
pub(super) fn hostname(env: &Env, version: &Version) -> Option<String> {
    let place = Place::Preview(version.clone());
    names(&record(env), &place, None).into_iter().next()
}

/// Host prefixes that labels name, and none.
fn prefixes(project: &Project) -> BTreeSet<Option<&str>> {
    let services = project.services.values();
    let labels = services.flat_map(|service| service.labels.iter().flatten());
    let named = labels.filter(|(key, _)| *key == "pointsman.host");
    let named = named.map(|(_, value)| Some(value.as_str()));
    named.chain([None]).collect()
}

/// All preview hosts of a version.
pub(super) fn previews(env: &Env, version: &Version, project: &Project) -> BTreeSet<String> {
    let (record, place) = (record(env), Place::Preview(version.clone()));
    let all = prefixes(project)
        .into_iter()
        .flat_map(|prefix| names(&record, &place, prefix));
    all.collect()
}

/// Who has which name: live and staged hosts of envs, preview hosts of versions.
pub(super) fn taken(envs: &[&Env], stacks: &[StackEntry]) -> BTreeMap<String, String> {
    let mut all = BTreeMap::new();
    for env in envs {
        let record = record(env);
        for place in [Place::Live, Place::Staged] {
            let owner = format!("{}/{}", env.app, env.env);
            all.extend(
                names(&record, &place, None)
                    .into_iter()
                    .map(|name| (name, owner.clone())),
            );
        }
        let own = stacks
            .iter()
            .filter(|stack| stack.app == env.app && stack.env == env.env);
        for stack in own {
            let owner = format!("{}/{} {}", env.app, env.env, stack.version);
            let place = Place::Preview(stack.version.clone());
            all.extend(
                names(&record, &place, None)
                    .into_iter()
                    .map(|name| (name, owner.clone())),
            );
        }
    }
    all
}

/// The first part of a preview host that DNS would refuse.
pub(super) fn too_long(env: &Env, version: &Version, project: &Project) -> Option<String> {
    let record = record(env);
    let filled = record
        .hosts
        .preview
        .replace("{version_slug}", &version.slug())
        .replace("{version}", &slug(version.as_str()))
        .replace("{app}", env.app.as_str())
        .replace("{env}", env.env.as_str())
        .replace("{domain}", &env.body.domain);
    let mut forms = prefixes(project).into_iter().map(|prefix| match prefix {
        Some(prefix) => format!("{prefix}-{filled}"),
        None => filled.clone(),
    });
    forms.find_map(|name| {
        let mut parts = name.split('.');
        let long = parts.find(|part| part.len() > MAX_LABEL)?;
        Some(long.to_owned())
    })
}
