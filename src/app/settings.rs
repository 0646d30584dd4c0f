//! The configuration in the words of each part.

use anyhow::{Context as _, ensure};

use crate::config::{Config, ContainerSelector, Labels, Secret};
use crate::docker;
use crate::routing::table::{DefaultRule, NEWEST, OLDEST, Options, ProxySelector, TraefikVersion};
use crate::web::{ApiAuth, Confirmer, Token, TraefikVersions};

pub(super) fn table_options(config: &Config) -> anyhow::Result<Options> {
    let Labels {
        exposed_by_default,
        default_rule,
        network,
        use_bind_port_ip,
        allow_empty_services,
        managed_only,
    } = config.labels.clone();
    Ok(Options {
        exposed_by_default,
        default_rule: DefaultRule::parse(&default_rule).context("--default-rule")?,
        network,
        use_bind_port_ip,
        allow_empty_services,
        managed_only,
        proxy: config
            .traefik
            .container
            .clone()
            .map(|selector| match selector {
                ContainerSelector::Name(name) => ProxySelector::Name(name),
                ContainerSelector::Label { key, value } => ProxySelector::Label { key, value },
            }),
        traefik_version: traefik_version(config)?.unwrap_or(NEWEST),
    })
}

/// The release that the operator says.
pub(super) fn traefik_version(config: &Config) -> anyhow::Result<Option<TraefikVersion>> {
    let Some(text) = &config.traefik.version else {
        return Ok(None);
    };
    let version = TraefikVersion::parse(text).context("--traefik-version")?;
    ensure!(
        version >= OLDEST,
        "--traefik-version: Traefik {version} is not supported: {OLDEST} is the oldest that is"
    );
    Ok(Some(version))
}

pub(super) fn endpoint(config: &Config) -> anyhow::Result<docker::Endpoint> {
    let tls = config.docker.tls.clone();
    let files = docker::TlsFiles {
        ca: tls.ca,
        cert: tls.cert,
        key: tls.key,
    };
    docker::Endpoint::parse(&config.docker.endpoint, files).context("--docker-endpoint")
}

pub(super) fn token(secret: Option<&Secret>) -> anyhow::Result<Option<Token>> {
    secret
        .map(|secret| Token::parse(secret.expose()).context("the token file"))
        .transpose()
}

pub(super) fn confirmer(config: &Config) -> anyhow::Result<Option<Confirmer>> {
    if config.traefik.apis.is_empty() {
        return Ok(None);
    }
    Confirmer::new(&config.traefik.apis, api_auth(config)?.as_ref())
        .map(Some)
        .context("--traefik-api")
}

/// Who asks for the release, when the operator does not say it.
pub(super) fn traefik_versions(config: &Config) -> anyhow::Result<Option<TraefikVersions>> {
    if config.traefik.apis.is_empty() || config.traefik.version.is_some() {
        return Ok(None);
    }
    TraefikVersions::new(&config.traefik.apis, api_auth(config)?.as_ref())
        .map(Some)
        .context("--traefik-api")
}

fn api_auth(config: &Config) -> anyhow::Result<Option<ApiAuth>> {
    let secret = config.traefik.api_auth.as_ref();
    let auth = secret.map(|secret| ApiAuth::parse(secret.expose()));
    auth.transpose().map_err(Into::into)
}
