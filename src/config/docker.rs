//! Where the Docker Engine is, from `--docker-endpoint`, `--docker-tls-*` and `$DOCKER_HOST`.
//!
//! The endpoint stays a text: the Docker station knows which forms it can connect to, and says so.

use super::layers::{Layers, Setting};
use super::typed::path;
use super::{Docker, DockerTls, Error};

const DEFAULT_ENDPOINT: &str = "unix:///var/run/docker.sock";

/// The one endpoint and its TLS files.
pub(super) fn docker(layers: &Layers<'_>) -> Result<Docker, Error> {
    let setting = layers
        .get("docker-endpoint")
        .or_else(|| layers.variable("DOCKER_HOST"));
    let endpoint = match &setting {
        Some(setting) => one_endpoint(setting)?,
        None => DEFAULT_ENDPOINT,
    };
    Ok(Docker {
        endpoint: endpoint.to_owned(),
        tls: DockerTls {
            ca: path(layers, "docker-tls-ca")?,
            cert: path(layers, "docker-tls-cert")?,
            key: path(layers, "docker-tls-key")?,
        },
    })
}

fn one_endpoint(setting: &Setting) -> Result<&str, Error> {
    if setting.values.len() > 1 || setting.text().contains(',') {
        return Err(setting.invalid(
            "names several endpoints; only one is supported until multi-host exists: run one Pointsman per host",
        ));
    }
    if !setting.text().contains("://") {
        return Err(setting.invalid(format!(
            "{:?} is no endpoint: write unix:///path, tcp://host:port or https://host:port",
            setting.text()
        )));
    }
    Ok(setting.text())
}
