//! `pointsman.*`: who a container is, and how it wants to be reached.

use crate::routing::ids::{EnvKey, Version};

/// Which family a container belongs to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Managed {
    /// No `pointsman.*` label that names it: Traefik's own labels alone count.
    #[default]
    No,
    /// All three names are there and good.
    Yes(ManagedLabels),
    /// It wants to be managed and cannot be; it is not routed at all.
    Refused {
        /// The label to blame.
        key: &'static str,
        /// What is wrong and what would be right.
        message: String,
    },
}

/// A managed container's own words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ManagedLabels {
    /// `pointsman.app` and `pointsman.env`.
    pub key: EnvKey,
    /// `pointsman.version`
    pub version: Version,
    /// `pointsman.domain`: makes the env record at first sight.
    pub domain: Option<String>,
    /// `pointsman.host`: host prefix.
    pub host: Option<String>,
    /// `pointsman.port`
    pub port: Option<u16>,
}

const APP: &str = "pointsman.app";
const ENV: &str = "pointsman.env";
const VERSION: &str = "pointsman.version";
const DOMAIN: &str = "pointsman.domain";
const HOST: &str = "pointsman.host";
const PORT: &str = "pointsman.port";

impl Managed {
    /// Reads them through a look-up.
    pub fn read<'a>(label: impl Fn(&str) -> Option<&'a str>) -> Self {
        if [APP, ENV, VERSION, DOMAIN, HOST, PORT]
            .iter()
            .all(|key| label(key).is_none())
        {
            return Self::No;
        }
        read(label).map_or_else(|(key, message)| Self::Refused { key, message }, Self::Yes)
    }
}

type Fault = (&'static str, String);

fn read<'a>(label: impl Fn(&str) -> Option<&'a str>) -> Result<ManagedLabels, Fault> {
    let required = |key: &'static str| {
        let missing = || {
            (
                key,
                format!("{key} is missing: a managed container carries {APP}, {ENV} and {VERSION}"),
            )
        };
        label(key).ok_or_else(missing)
    };
    let (app, env, version) = (required(APP)?, required(ENV)?, required(VERSION)?);
    let key = EnvKey::parse(app, env).map_err(|error| {
        let blame = if crate::routing::ids::AppName::parse(app).is_err() {
            APP
        } else {
            ENV
        };
        (blame, error.to_string())
    })?;
    let version = Version::parse(version).map_err(|error| (VERSION, error.to_string()))?;
    let domain = label(DOMAIN).map(read_domain).transpose()?;
    let host = label(HOST).map(read_host).transpose()?;
    let port = label(PORT).map(read_port).transpose()?;
    Ok(ManagedLabels {
        key,
        version,
        domain,
        host,
        port,
    })
}

fn read_domain(text: &str) -> Result<String, Fault> {
    let domain = text.to_ascii_lowercase();
    if !is_dns_name(&domain) {
        return Err((
            DOMAIN,
            format!("{text:?} is not a domain name such as dev.example.com"),
        ));
    }
    Ok(domain)
}

fn read_host(text: &str) -> Result<String, Fault> {
    let host = text.to_ascii_lowercase();
    if !is_dns_label(&host) {
        return Err((HOST, format!("{text:?} is not one DNS label such as api")));
    }
    Ok(host)
}

fn read_port(text: &str) -> Result<u16, Fault> {
    let port = text.parse().ok().filter(|port| *port > 0);
    port.ok_or_else(|| (PORT, format!("{text:?} is not a port from 1 to 65535")))
}

/// Lower-case letters, digits and inner dashes, at most 63 bytes.
pub fn is_dns_label(text: &str) -> bool {
    let good = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
    (1..=63).contains(&text.len())
        && text.bytes().all(good)
        && !text.starts_with('-')
        && !text.ends_with('-')
}

/// DNS labels joined by dots, at most 253 bytes.
pub fn is_dns_name(text: &str) -> bool {
    text.len() <= 253 && text.split('.').all(is_dns_label)
}
