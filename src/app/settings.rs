//! The configuration in the words of each part.

use anyhow::{Context as _, anyhow};

use crate::api::{DockerTlsFiles, Reads, Settings};
use crate::config::{Config, ContainerSelector, Labels, Secret};
use crate::docker;
use crate::routing::ids::ContainerId;
use crate::routing::model::{Gateway, Retention};
use crate::routing::table::{
    Constraints, DefaultRule, NEWEST, OLDEST, Options, Probing, ProxySelector, TraefikVersion,
};
use crate::web::{self, ApiAuth, Confirmer, Token, TraefikVersions};

use super::{Bound, SettingUnusable, own};

/// What decides what becomes of labels, without a Traefik to attach.
pub fn label_options(labels: Labels) -> anyhow::Result<Options> {
    let Labels {
        exposed_by_default,
        default_rule,
        constraints,
        network,
        use_bind_port_ip,
        allow_empty_services,
        managed_only,
        traefik_version,
    } = labels;
    Ok(Options {
        exposed_by_default,
        default_rule: DefaultRule::parse(&default_rule)
            .context(SettingUnusable("--default-rule"))?,
        constraints: Constraints::parse(&constraints).context(SettingUnusable("--constraints"))?,
        network,
        use_bind_port_ip,
        allow_empty_services,
        managed_only,
        proxy: None,
        gateway: Gateway::Stays,
        probing: Probing::Off,
        own: None,
        traefik_version: self::traefik_version(traefik_version.as_deref())?.unwrap_or(NEWEST),
    })
}

pub(super) fn table_options(config: &Config) -> anyhow::Result<Options> {
    let selector = config.traefik.container.clone();
    Ok(Options {
        proxy: selector.map(|selector| match selector {
            ContainerSelector::Name(name) => ProxySelector::Name(name),
            ContainerSelector::Label { key, value } => ProxySelector::Label { key, value },
        }),
        gateway: if config.traefik.gateway_may_move {
            Gateway::MayMove
        } else {
            Gateway::Stays
        },
        probing: if config.probe {
            Probing::On
        } else {
            Probing::Off
        },
        own: own::container().and_then(|id| ContainerId::parse(&id).ok()),
        ..label_options(config.labels.clone())?
    })
}

/// The release that the operator says.
fn traefik_version(text: Option<&str>) -> anyhow::Result<Option<TraefikVersion>> {
    let Some(text) = text else {
        return Ok(None);
    };
    let unusable = SettingUnusable("--traefik-version");
    let version = TraefikVersion::parse(text).context(unusable)?;
    if version < OLDEST {
        let why = anyhow!("Traefik {version} is not supported: {OLDEST} is the oldest that is");
        return Err(why.context(SettingUnusable("--traefik-version")));
    }
    Ok(Some(version))
}

pub(super) fn endpoint(config: &Config) -> anyhow::Result<docker::Endpoint> {
    let tls = config.docker.tls.clone();
    let files = docker::TlsFiles {
        ca: tls.ca,
        cert: tls.cert,
        key: tls.key,
    };
    docker::Endpoint::parse(&config.docker.endpoint, files)
        .context(SettingUnusable("--docker-endpoint"))
}

/// What others are told of them.
pub fn told(config: &Config, bound: Bound) -> Settings {
    let path = |path: &std::path::PathBuf| path.display().to_string();
    let tls = &config.docker.tls;
    Settings {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        docker_endpoint: config.docker.endpoint.clone(),
        docker_tls: DockerTlsFiles {
            ca: tls.ca.as_ref().map(path),
            cert: tls.cert.as_ref().map(path),
            key: tls.key.as_ref().map(path),
        },
        provider_listen: bound.provider,
        provider_token: config.provider.token.is_some(),
        max_hold_ms: u64::try_from(config.provider.max_hold.as_millis()).unwrap_or(u64::MAX),
        admin_listen: bound.admin,
        state_dir: path(&config.state_dir),
        traefik_container: config.traefik.container.as_ref().map(selector),
        gateway_may_move: config.traefik.gateway_may_move,
        traefik_apis: config.traefik.apis.clone(),
        reads: if config.labels.managed_only {
            Reads::ManagedOnly
        } else {
            Reads::All
        },
    }
}

/// As the flag takes it.
fn selector(selector: &ContainerSelector) -> String {
    match selector {
        ContainerSelector::Name(name) => name.clone(),
        ContainerSelector::Label { key, value: None } => format!("label={key}"),
        ContainerSelector::Label {
            key,
            value: Some(value),
        } => format!("label={key}={value}"),
    }
}

pub(super) fn token(secret: Option<&Secret>) -> anyhow::Result<Option<Token>> {
    secret
        .map(|secret| Token::parse(secret.expose()).context("the token file"))
        .transpose()
}

fn confirmer(config: &Config) -> anyhow::Result<Option<Confirmer>> {
    if config.traefik.apis.is_empty() {
        return Ok(None);
    }
    Confirmer::new(&config.traefik.apis, api_auth(config)?.as_ref())
        .map(Some)
        .context(SettingUnusable("--traefik-api"))
}

/// Who asks for the release, when the operator does not say it.
fn traefik_versions(config: &Config) -> anyhow::Result<Option<TraefikVersions>> {
    if config.traefik.apis.is_empty() || config.labels.traefik_version.is_some() {
        return Ok(None);
    }
    TraefikVersions::new(&config.traefik.apis, api_auth(config)?.as_ref())
        .map(Some)
        .context(SettingUnusable("--traefik-api"))
}

/// Who asks Traefik's API: what it has applied, and which release it is.
pub(super) fn traefik_apis(
    config: &Config,
) -> anyhow::Result<(Option<Confirmer>, Option<TraefikVersions>)> {
    Ok((confirmer(config)?, traefik_versions(config)?))
}

/// The policy of envs whose record has none.
pub(super) fn retention(config: &Config) -> anyhow::Result<Option<Retention>> {
    let text = config.retention.as_deref();
    let retention = text.map(web::retention_of_flag).transpose();
    retention
        .map_err(anyhow::Error::msg)
        .context(SettingUnusable("--retention"))
}

fn api_auth(config: &Config) -> anyhow::Result<Option<ApiAuth>> {
    let secret = config.traefik.api_auth.as_ref();
    let auth = secret.map(|secret| ApiAuth::parse(secret.expose()));
    auth.transpose().map_err(Into::into)
}
