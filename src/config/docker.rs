//! Where the Docker Engine is, from `--docker-endpoint`, `--docker-tls-*` and `$DOCKER_HOST`.

use super::layers::{Layers, Setting};
use super::{Docker, DockerTls, Endpoint, Error};

/// The endpoint and its TLS files.
pub(super) fn docker(layers: &Layers<'_>) -> Result<Docker, Error> {
    let setting = layers
        .get("docker-endpoint")
        .or_else(|| layers.variable("DOCKER_HOST"));
    let endpoint = match &setting {
        Some(setting) => endpoint(setting)?,
        None => Endpoint::Unix("/var/run/docker.sock".into()),
    };
    let tls = docker_tls(layers, &endpoint)?;
    Ok(Docker { endpoint, tls })
}

fn endpoint(setting: &Setting) -> Result<Endpoint, Error> {
    if setting.values.len() > 1 || setting.text().contains(',') {
        return Err(setting.invalid(
            "names several endpoints; only one is supported until multi-host exists: run one Pointsman per host",
        ));
    }
    let text = setting.text();
    let wrong = || {
        setting.invalid(format!(
            "{text:?} is no endpoint: write unix:///path, tcp://host:port or https://host:port"
        ))
    };
    let (scheme, rest) = text.split_once("://").ok_or_else(wrong)?;
    let authority = rest.trim_end_matches('/');
    let has_port = authority
        .rsplit_once(':')
        .is_some_and(|(host, port)| !host.is_empty() && port.parse::<u16>().is_ok());
    let is_authority = has_port && !authority.contains(['/', '@', ' ']);
    match scheme {
        "unix" if rest.starts_with('/') => Ok(Endpoint::Unix(rest.into())),
        "tcp" if is_authority => Ok(Endpoint::Tcp(authority.to_owned())),
        "https" if is_authority => Ok(Endpoint::Https(authority.to_owned())),
        "ssh" => Err(setting.invalid(
            "ssh:// is for the docker client only; run Pointsman on that host and use `--context` with its verbs",
        )),
        _ => Err(wrong()),
    }
}

fn docker_tls(layers: &Layers<'_>, endpoint: &Endpoint) -> Result<Option<DockerTls>, Error> {
    let files = ["docker-tls-ca", "docker-tls-cert", "docker-tls-key"].map(|n| layers.get(n));
    let Some(any) = files.iter().flatten().next() else {
        return Ok(None);
    };
    if matches!(endpoint, Endpoint::Unix(_)) {
        return Err(any.invalid("needs a tcp:// or https:// --docker-endpoint"));
    }
    let [ca, cert, key] = &files;
    let client = match (cert, key) {
        (Some(cert), Some(key)) => Some((cert.text().into(), key.text().into())),
        (None, None) => None,
        (Some(one), None) | (None, Some(one)) => {
            return Err(one.invalid("--docker-tls-cert and --docker-tls-key go together"));
        }
    };
    Ok(Some(DockerTls {
        ca: ca.as_ref().map(|setting| setting.text().into()),
        client,
    }))
}
