//! `promote --from ENV`: a version that was tested in one env is deployed in another, with the very images that were tested.
//!
//! Images are pinned to what the containers of the source env run: by digest, or by id where the image was built on that
//! Engine and never pushed. Variables, limits and files are those of the target env.

use std::collections::BTreeMap;

use clap::Args;

use crate::routing::ids::{EnvName, Version};

use super::deploy::containers::{self, Container, Image};
use super::deploy::{self, Daemon, SourceArgs, StartArgs, Wanted};
use super::failure::Failure;
use super::session::EnvArgs;
use super::target::Global;
use super::{exit, output};

/// Where the version comes from.
#[derive(Args, Clone, Debug)]
pub(super) struct OriginArgs {
    /// Deploy it first, if it is not there, with the images that run in this env
    #[arg(long, value_name = "ENV")]
    from: Option<EnvName>,
    /// The docker context of that env, when it is another
    #[arg(long, value_name = "NAME", requires = "from")]
    from_context: Option<String>,
    /// What it is made of
    #[arg(
        long,
        value_name = "FILE",
        requires = "from",
        default_value = "compose.yaml"
    )]
    file: String,
    #[command(flatten)]
    source: SourceArgs,
}

/// Deploys it, unless nobody asked for that or it is there.
pub(super) fn deploy(
    args: &OriginArgs,
    env: &EnvArgs,
    version: &Version,
    global: &Global,
) -> Result<(), Failure> {
    let Some(from) = &args.from else {
        return Ok(());
    };
    let daemon = Daemon::open(global)?;
    let stacks = daemon.stacks()?;
    let mut own = stacks
        .iter()
        .filter(|stack| stack.app == env.app && stack.env == env.env);
    if own.any(|stack| stack.version == *version) {
        return output::note(&format!("{env}: {version} is deployed already"));
    }
    let source = EnvArgs {
        app: env.app.clone(),
        env: from.clone(),
    };
    let context = args.from_context.as_deref();
    let images = tested(context.or(daemon.context()), &source, version)?;
    let images = images.into_iter().map(|(service, image)| {
        let id = || context.is_none().then(|| image.id.clone());
        let pinned = image.digest().or_else(id);
        let pinned = pinned.ok_or_else(|| {
            refused(
                &source,
                version,
                &format!(
                    "the image {} of {service} has no digest, so no other Engine can get it",
                    image.name
                ),
            )
            .next("push it to a registry and deploy it from there")
        })?;
        Ok((service, pinned))
    });
    let images: BTreeMap<String, String> = images.collect::<Result<_, Failure>>()?;
    for (service, image) in &images {
        output::note(&format!("{env}: {service} is {image}, as in {from}"))?;
    }
    deploy::deploy(
        &daemon,
        &Wanted {
            env,
            version,
            compose_file: &args.file,
            source: &args.source,
            start: &StartArgs::default(),
            timeout: deploy::TIMEOUT,
            images,
        },
    )
}

fn refused(source: &EnvArgs, version: &Version, why: &str) -> Failure {
    Failure::new(exit::REFUSED, format!("{source} {version}: {why}"))
}

/// An image that was tested.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Tested {
    /// As the container names it.
    name: String,
    id: String,
    digests: Vec<String>,
}

impl Tested {
    /// A name that means this image and no other, for any Engine; best that of its own repository.
    fn digest(&self) -> Option<String> {
        let repository = repository(&self.name);
        let mut digests = self.digests.iter();
        let digest = digests.find(|digest| {
            let name = digest.split('@').next().unwrap_or_default();
            repository == name || self.name == **digest
        });
        digest.or(self.digests.first()).cloned()
    }
}

/// `registry:5000/team/app:v1@sha256:..` without tag and digest.
fn repository(name: &str) -> &str {
    let name = name.split('@').next().unwrap_or_default();
    match name.rsplit_once(':') {
        Some((before, tag)) if !tag.contains('/') => before,
        _ => name,
    }
}

/// By compose service; refused when it is not there or not well.
fn tested(
    context: Option<&str>,
    source: &EnvArgs,
    version: &Version,
) -> Result<BTreeMap<String, Tested>, Failure> {
    let filters = [
        format!("label=pointsman.app={}", source.app),
        format!("label=pointsman.env={}", source.env),
        format!("label=pointsman.version={version}"),
    ];
    let all = containers::labelled(context, &filters)?;
    if all.is_empty() {
        return Err(refused(
            source,
            version,
            "has no containers, so there is nothing that was tested",
        )
        .next(format!(
            "deploy it first: pointsman deploy {} {} {version} FILE",
            source.app, source.env
        )));
    }
    if let Some((container, why)) = all.iter().find_map(|one| Some((one, one.trouble()?))) {
        let why = format!("container {} {why}", container.name());
        return Err(refused(source, version, &why).next("mend it there first, and test it"));
    }
    let ids: Vec<&str> = all.iter().map(|one| one.image.as_str()).collect();
    let images: Vec<Image> = containers::images(context, &ids)?;
    let of = |container: &Container| {
        let mut found = images.iter().filter(|image| image.id == container.image);
        let digests = found.next().and_then(|image| image.repo_digests.clone());
        Tested {
            name: container.image_name().to_owned(),
            id: container.image.clone(),
            digests: digests.unwrap_or_default(),
        }
    };
    let pairs = all.iter().map(|one| (one.service().to_owned(), of(one)));
    Ok(pairs.collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_image_is_pinned_by_the_digest_of_its_own_repository() {
        let tested = |name: &str, digests: &[&str]| Tested {
            name: name.to_owned(),
            id: "sha256:1".to_owned(),
            digests: digests.iter().map(ToString::to_string).collect(),
        };
        let both = ["other/app@sha256:2", "registry:5000/app@sha256:3"];
        let named = tested("registry:5000/app:v1", &both);
        let own = Some("registry:5000/app@sha256:3");
        assert_eq!(named.digest().as_deref(), own, "own");
        assert_eq!(tested("app", &[]).digest(), None, "never pushed");
        assert_eq!(
            repository("registry:5000/app"),
            "registry:5000/app",
            "a port is no tag"
        );
    }
}
