//! Settings to the [`Config`]: each concern is put together, checked against the others, and given its defaults.
//!
//! Where a single value is only parsed, `typed` does it; the Docker endpoint has its own file.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::path::PathBuf;
use std::time::Duration;

use super::docker::docker;
use super::layers::{Layers, Setting, environment};
use super::typed::{address, choice, duration, list, path, secret_file, token, token_of, truth};
use super::{
    Admin, Config, ContainerSelector, Error, Flags, LabelFlags, Labels, LocalAdmin, Log, LogFormat,
    LogLevel, Provider, Secret, Traefik,
};

const DEFAULT_RULE: &str = "Host(`{{ normalize .Name }}`)";

/// Puts the configuration together from flags, the process environment and the file they name.
pub fn load(flags: &Flags) -> Result<Config, Error> {
    load_from(flags, &environment)
}

/// [`load`] with the environment as an argument.
pub(super) fn load_from(
    flags: &Flags,
    environment: &dyn Fn(&str) -> Option<String>,
) -> Result<Config, Error> {
    let layers = Layers::open(flags, environment)?;
    let mut warnings = Vec::new();
    Ok(Config {
        docker: docker(&layers)?,
        provider: Provider {
            listen: address(&layers, "provider-listen", 9000)?,
            token: token(&layers, "provider-token-file", &mut warnings)?,
            max_hold: duration(&layers, "max-hold", Duration::from_secs(4))?,
        },
        admin: admin(&layers, &mut warnings)?,
        state_dir: state_dir(&layers)?,
        labels: labels(&layers)?,
        traefik: traefik(&layers, &mut warnings)?,
        retention: layers.get("retention").map(|it| it.text().to_owned()),
        fallback_file: fallback_file(&layers)?,
        probe: truth(&layers, "probe")?.unwrap_or(true),
        log: log(&layers)?,
        warnings,
    })
}

/// Only how labels are read, for a verb that does it without the daemon.
pub fn load_labels(flags: &LabelFlags) -> Result<Labels, Error> {
    let layers = Layers::open(&flags.0, &environment)?;
    labels(&layers)
}

/// How a client on this machine reaches the admin listener: the address that the daemon would bind, with the
/// loopback address in place of "all addresses", and the token that it would want.
pub fn local_admin(flags: &Flags) -> Result<LocalAdmin, Error> {
    let layers = Layers::open(flags, &environment)?;
    let mut address = address(&layers, "admin-listen", 9001)?;
    if address.ip().is_unspecified() {
        address.set_ip(match address.ip() {
            IpAddr::V4(_) => Ipv4Addr::LOCALHOST.into(),
            IpAddr::V6(_) => Ipv6Addr::LOCALHOST.into(),
        });
    }
    let token = token(&layers, "admin-token-file", &mut Vec::new())?;
    Ok(LocalAdmin { address, token })
}

/// Where the daemon of this machine keeps its state.
pub fn local_state_dir(flags: &Flags) -> Result<PathBuf, Error> {
    state_dir(&Layers::open(flags, &environment)?)
}

fn state_dir(layers: &Layers<'_>) -> Result<PathBuf, Error> {
    Ok(path(layers, "state-dir")?.unwrap_or_else(|| "/var/lib/pointsman".into()))
}

/// Reads a token from a file that the client was told of by `setting`.
pub fn read_token(setting: &str, file: &str) -> Result<Secret, Error> {
    let setting = Setting {
        name: setting.to_owned(),
        values: vec![file.to_owned()],
    };
    token_of(&setting, &mut Vec::new())
}

/// Traefik's file provider goes by the ending.
fn fallback_file(layers: &Layers<'_>) -> Result<Option<PathBuf>, Error> {
    let said = layers
        .get("fallback-file")
        .filter(|it| !it.text().is_empty());
    let Some(setting) = said else {
        return Ok(None);
    };
    let file = path(layers, "fallback-file")?;
    let is_yaml = |file: &PathBuf| {
        let ending = file.extension().unwrap_or_default();
        ending == "yml" || ending == "yaml"
    };
    match &file {
        Some(file) if !is_yaml(file) => Err(setting.invalid(format!(
            "{} must end in .yml or .yaml, by which Traefik's file provider knows what it is",
            file.display()
        ))),
        Some(_) | None => Ok(file),
    }
}

fn admin(layers: &Layers<'_>, warnings: &mut Vec<String>) -> Result<Admin, Error> {
    let listen = address(layers, "admin-listen", 9001)?;
    let token = token(layers, "admin-token-file", warnings)?;
    if let Some(setting) = layers.get("admin-listen").filter(|_| token.is_none())
        && !listen.ip().to_canonical().is_loopback()
    {
        return Err(setting.invalid(format!(
            "{listen} is not a loopback address, so everyone who reaches it could switch versions: \
             add --admin-token-file FILE (make one with `openssl rand -hex 32 > FILE`), or listen on 127.0.0.1"
        )));
    }
    let hosts = list(layers, "admin-host", |host| {
        let is_name = !host.is_empty() && host.bytes().all(|b| b.is_ascii_graphic() && b != b'/');
        (!is_name).then(|| {
            format!("{host:?} is no host name: write it without scheme, e.g. pointsman.example.com")
        })
    })?;
    Ok(Admin {
        listen,
        token,
        hosts,
    })
}

fn labels(layers: &Layers<'_>) -> Result<Labels, Error> {
    let text = |name| layers.get(name).map(|setting| setting.text().to_owned());
    Ok(Labels {
        exposed_by_default: truth(layers, "exposed-by-default")?.unwrap_or(true),
        default_rule: text("default-rule").unwrap_or_else(|| DEFAULT_RULE.to_owned()),
        constraints: text("constraints").unwrap_or_default(),
        network: text("network"),
        use_bind_port_ip: truth(layers, "use-bind-port-ip")?.unwrap_or(false),
        allow_empty_services: truth(layers, "allow-empty-services")?.unwrap_or(false),
        managed_only: truth(layers, "managed-only")?.unwrap_or(false),
        traefik_version: text("traefik-version"),
    })
}

fn traefik(layers: &Layers<'_>, warnings: &mut Vec<String>) -> Result<Traefik, Error> {
    let container = layers
        .get("traefik-container")
        .map(|setting| selector(&setting))
        .transpose()?;
    let apis = list(layers, "traefik-api", |url| {
        let is_http = url.starts_with("http://") || url.starts_with("https://");
        (!is_http).then(|| format!("{url:?} must start with http:// or https://"))
    })?;
    let api_auth = match layers.get("traefik-api-auth-file") {
        Some(setting) if apis.is_empty() => {
            return Err(setting.invalid("needs at least one --traefik-api"));
        }
        Some(setting) => Some(secret_file(&setting, warnings)?),
        None => None,
    };
    Ok(Traefik {
        container,
        apis,
        api_auth,
        gateway_may_move: truth(layers, "allow-gateway-move")?.unwrap_or(false),
    })
}

fn selector(setting: &Setting) -> Result<ContainerSelector, Error> {
    let text = setting.text();
    let Some(label) = text.strip_prefix("label=") else {
        if text.is_empty() || text.contains(['=', ' ', '/']) {
            return Err(setting.invalid(format!(
                "{text:?} must be a container's name, label=KEY or label=KEY=VALUE"
            )));
        }
        return Ok(ContainerSelector::Name(text.to_owned()));
    };
    let (key, value) = match label.split_once('=') {
        Some((key, value)) => (key, Some(value.to_owned())),
        None => (label, None),
    };
    if key.is_empty() {
        return Err(setting.invalid("the label's key is missing: label=KEY or label=KEY=VALUE"));
    }
    Ok(ContainerSelector::Label {
        key: key.to_owned(),
        value,
    })
}

fn log(layers: &Layers<'_>) -> Result<Log, Error> {
    let format = choice(
        layers,
        "log-format",
        &[("text", LogFormat::Text), ("json", LogFormat::Json)],
    )?;
    let level = choice(
        layers,
        "log-level",
        &[
            ("error", LogLevel::Error),
            ("warn", LogLevel::Warn),
            ("info", LogLevel::Info),
            ("debug", LogLevel::Debug),
            ("trace", LogLevel::Trace),
        ],
    )?;
    Ok(Log { format, level })
}
