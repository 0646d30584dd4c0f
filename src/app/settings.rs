//! The configuration in the words of each part.

use anyhow::Context as _;

use crate::config::{Config, ContainerSelector, Labels, Secret};
use crate::docker;
use crate::routing::table::{Constraints, DefaultRule, Options, ProxySelector};
use crate::web::{ApiAuth, Confirmer, Token};

use super::SettingUnusable;

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
    })
}

pub(super) fn table_options(config: &Config) -> anyhow::Result<Options> {
    let selector = config.traefik.container.clone();
    Ok(Options {
        proxy: selector.map(|selector| match selector {
            ContainerSelector::Name(name) => ProxySelector::Name(name),
            ContainerSelector::Label { key, value } => ProxySelector::Label { key, value },
        }),
        ..label_options(config.labels.clone())?
    })
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

pub(super) fn token(secret: Option<&Secret>) -> anyhow::Result<Option<Token>> {
    secret
        .map(|secret| Token::parse(secret.expose()).context("the token file"))
        .transpose()
}

pub(super) fn confirmer(config: &Config) -> anyhow::Result<Option<Confirmer>> {
    if config.traefik.apis.is_empty() {
        return Ok(None);
    }
    let auth = config
        .traefik
        .api_auth
        .as_ref()
        .map(|secret| ApiAuth::parse(secret.expose()))
        .transpose()?;
    Confirmer::new(&config.traefik.apis, auth.as_ref())
        .map(Some)
        .context(SettingUnusable("--traefik-api"))
}
