//! Traefiks by their API: the release, and what is shown at their entry points.

use std::net::{SocketAddr, ToSocketAddrs as _};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use serde_json::Value;
use ureq::Agent;

use crate::api::Settings;
use crate::cli::client::date;
use crate::cli::doctor::facts::{Clock, DefaultCertificate, Known, TraefikApi};
use crate::cli::failure::chain;
use crate::config::Config;

use super::{clock, seconds, tls};

/// For one answer.
const ANSWER: Duration = Duration::from_secs(5);
/// The one of the API itself.
const OWN: &str = "traefik";

/// One API.
struct Api<'a> {
    agent: Agent,
    url: &'a str,
    authorization: Option<String>,
}

/// Of `/api/version`.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct VersionAnswer {
    version: String,
}

pub(super) fn apis(
    settings: &Settings,
    own: &Config,
    connect: Option<SocketAddr>,
    clocks: &mut Vec<Clock>,
) -> Vec<TraefikApi> {
    let secret = own.traefik.api_auth.as_ref();
    let authorization = secret.map(|secret| header(secret.expose().trim()));
    let urls = settings.traefik_apis.iter();
    let look = |url: &String| {
        let api = Api {
            agent: agent(),
            url,
            authorization: authorization.clone(),
        };
        api.look(connect, clocks)
    };
    urls.map(look).collect()
}

fn header(secret: &str) -> String {
    if secret.contains(':') {
        format!("Basic {}", STANDARD.encode(secret))
    } else {
        format!("Bearer {secret}")
    }
}

fn agent() -> Agent {
    let config = Agent::config_builder()
        .proxy(None)
        .user_agent(concat!("pointsman-doctor/", env!("CARGO_PKG_VERSION")))
        .timeout_global(Some(ANSWER))
        .build();
    config.new_agent()
}

impl Api<'_> {
    fn look(&self, connect: Option<SocketAddr>, clocks: &mut Vec<Clock>) -> TraefikApi {
        let version = self.get::<VersionAnswer>("/api/version");
        let ahead = version.as_ref().ok().and_then(|(ahead, _)| *ahead);
        clocks.extend(ahead.map(|ahead| clock(format!("Traefik at {}", self.url), ahead)));
        TraefikApi {
            url: self.url.to_owned(),
            version: version.map(|(_, answer)| answer.version),
            default_certificate: self.default_certificate(connect),
        }
    }

    /// What it shows at the first entry point that speaks TLS; all speak it, whether routers want it or not.
    fn default_certificate(&self, connect: Option<SocketAddr>) -> Known<DefaultCertificate> {
        let places = match connect {
            Some(connect) => vec![connect],
            None => self.entry_points()?,
        };
        let mut why = "it has no entry point".to_owned();
        for place in places {
            match tls::shown(place, None) {
                Ok(shown) => return Ok(shown.default_certificate()),
                Err(error) => why = error,
            }
        }
        Err(why)
    }

    fn entry_points(&self) -> Known<Vec<SocketAddr>> {
        let (_, all) = self.get::<Vec<Value>>("/api/entrypoints")?;
        let others = all.iter().filter(|point| point["name"] != OWN);
        let addresses = others.filter_map(|point| point["address"].as_str());
        Ok(addresses.filter_map(|text| self.place(text)).collect())
    }

    /// `:80` is where its API is.
    fn place(&self, address: &str) -> Option<SocketAddr> {
        let address = address.strip_suffix("/tcp").unwrap_or(address);
        let (host, port) = address.rsplit_once(':')?;
        let host = match host {
            "" | "0.0.0.0" | "[::]" => self.host()?,
            named => named.trim_matches(['[', ']']),
        };
        (host, port.parse().ok()?).to_socket_addrs().ok()?.next()
    }

    fn host(&self) -> Option<&str> {
        let (_, rest) = self.url.split_once("://")?;
        let authority = rest.split('/').next()?;
        let host = authority
            .rsplit_once(':')
            .map_or(authority, |(host, _)| host);
        Some(host.trim_matches(['[', ']']))
    }

    /// An answer, and how far ahead its clock is.
    fn get<T: serde::de::DeserializeOwned>(&self, path: &str) -> Known<(Option<i64>, T)> {
        let words = |error: ureq::Error| format!("{path}: {}", chain(&error));
        let target = format!("{}{path}", self.url.trim_end_matches('/'));
        let mut request = self.agent.get(&target);
        if let Some(authorization) = &self.authorization {
            request = request.header("authorization", authorization);
        }
        let mut response = request.call().map_err(words)?;
        let ahead = date(response.headers()).map(|date| date - seconds());
        let text = response.body_mut().read_to_string().map_err(words)?;
        let answer = serde_json::from_str(&text);
        Ok((ahead, answer.map_err(|error| format!("{path}: {error}"))?))
    }
}
