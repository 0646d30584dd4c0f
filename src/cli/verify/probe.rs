//! Requests to an app's URLs, as its users make them.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use ureq::Agent;
use ureq::config::Config;
use ureq::http::Uri;
use ureq::http::header::LOCATION;
use ureq::tls::{PemItem, RootCerts, TlsConfig, parse_pem};
use ureq::unversioned::resolver::{DefaultResolver, ResolvedSocketAddrs, Resolver};
use ureq::unversioned::transport::{DefaultConnector, NextTimeout};

use crate::cli::failure::{Failure, chain};

/// For one answer.
const ANSWER: Duration = Duration::from_secs(10);
/// Most of a body that is searched for a version.
const MOST: u64 = 1024 * 1024;

/// What came of a request.
pub(super) enum Found {
    /// As it should be.
    Good(String),
    /// Somebody answered, and not what was wanted.
    Wrong(String),
    /// Nobody answered.
    Unreached(String),
}

/// Asks.
pub(super) struct Prober {
    agent: Agent,
}

impl Prober {
    /// All requests go to the address, if there is one; only the certificates in the file are trusted, if there is one.
    pub(super) fn new(
        connect: Option<SocketAddr>,
        trusted: Option<&Path>,
    ) -> Result<Self, Failure> {
        let tls = match trusted {
            Some(file) => TlsConfig::builder().root_certs(certificates(file)?).build(),
            None => TlsConfig::default(),
        };
        let config = Agent::config_builder()
            .tls_config(tls)
            .http_status_as_error(false)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .proxy(None)
            .user_agent(concat!("pointsman-verify/", env!("CARGO_PKG_VERSION")))
            .timeout_global(Some(ANSWER))
            .build();
        let resolver = Fixed {
            connect,
            otherwise: DefaultResolver::default(),
        };
        Ok(Self {
            agent: Agent::with_parts(config, DefaultConnector::default(), resolver),
        })
    }

    /// Asks for a path, and for the version where the app says it.
    pub(super) fn ask(&self, url: &str, path: &str, version: Option<(&str, &str)>) -> Found {
        let first = match self.get(url, path) {
            Ok(answer) => answer,
            Err(why) => return Found::Unreached(why),
        };
        let status = first.status;
        if status >= 400 {
            return Found::Wrong(format!("{path} answers {status}"));
        }
        if let Some(there) = first.other_scheme(url) {
            return Found::Wrong(format!(
                "{path} answers {status} and leads to {there}, where nobody looked: set `scheme = \"https\"` in the env's record"
            ));
        }
        let Some((at, expected)) = version else {
            return Found::Good(format!("{path} answers {status}"));
        };
        match self.get(url, at) {
            Ok(Got {
                status: 200, body, ..
            }) if names(&body, expected) => {
                Found::Good(format!("{path} answers {status}, {at} says {expected}"))
            }
            Ok(Got {
                status: 200, body, ..
            }) => {
                let said: String = body.trim().chars().take(80).collect();
                Found::Wrong(format!("{at} says {said:?}, not {expected}"))
            }
            Ok(Got { status, .. }) => Found::Wrong(format!("{at} answers {status}")),
            Err(why) => Found::Unreached(why),
        }
    }

    fn get(&self, url: &str, path: &str) -> Result<Got, String> {
        let target = format!("{}{path}", url.trim_end_matches('/'));
        let response = self.agent.get(&target).call();
        let mut response = response.map_err(|error| chain(&error))?;
        let status = response.status().as_u16();
        let location = response.headers().get(LOCATION);
        let location = location.and_then(|value| Some(value.to_str().ok()?.to_owned()));
        let body = response
            .body_mut()
            .with_config()
            .limit(MOST)
            .lossy_utf8(true);
        let body = body.read_to_string().map_err(|error| chain(&error))?;
        Ok(Got {
            status,
            location,
            body,
        })
    }
}

/// An answer.
struct Got {
    status: u16,
    location: Option<String>,
    body: String,
}

impl Got {
    /// Where it leads, when that is the same host by https: users are sent on there, and it may be ill.
    fn other_scheme(&self, url: &str) -> Option<&str> {
        let there = self.location.as_deref()?;
        let asked: Uri = url.parse().ok()?;
        let led: Uri = there.parse().ok()?;
        let is_secure = asked.scheme_str() == Some("http") && led.scheme_str() == Some("https");
        (is_secure && asked.host() == led.host()).then_some(there)
    }
}

/// All certificates of a PEM file.
fn certificates(file: &Path) -> Result<RootCerts, Failure> {
    let wrong = |why: String| Failure::usage(format!("--cacert {}: {why}", file.display()));
    let pem = std::fs::read(file).map_err(|error| wrong(error.to_string()))?;
    let mut certificates = Vec::new();
    for item in parse_pem(&pem) {
        let item = item.map_err(|error| wrong(chain(&error)))?;
        if let PemItem::Certificate(certificate) = item {
            certificates.push(certificate);
        }
    }
    if certificates.is_empty() {
        return Err(wrong("has no certificate in PEM".to_owned()));
    }
    Ok(RootCerts::Specific(Arc::new(certificates)))
}

/// The version stands there, and is not a part of another one: `v1.2` is not named by `v1.2.0`.
fn names(body: &str, version: &str) -> bool {
    let is_part = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '+' | '-');
    body.match_indices(version).any(|(at, _)| {
        let before = body.get(..at).and_then(|text| text.chars().next_back());
        let after = body.get(at + version.len()..).unwrap_or_default();
        // a full stop may end a sentence
        let ends = match after.strip_prefix('.') {
            Some(rest) => rest.chars().next(),
            None => after.chars().next(),
        };
        !before.is_some_and(is_part) && !ends.is_some_and(is_part)
    })
}

/// One address for every host, or the system's answer.
#[derive(Debug)]
struct Fixed {
    connect: Option<SocketAddr>,
    otherwise: DefaultResolver,
}

impl Resolver for Fixed {
    fn resolve(
        &self,
        uri: &Uri,
        config: &Config,
        timeout: NextTimeout,
    ) -> Result<ResolvedSocketAddrs, ureq::Error> {
        let Some(address) = self.connect else {
            return self.otherwise.resolve(uri, config, timeout);
        };
        let mut addresses = self.empty();
        addresses.push(address);
        Ok(addresses)
    }
}

#[cfg(test)]
mod tests {
    use super::names;

    #[test]
    fn a_version_is_found_as_a_word_of_its_own() {
        for body in [
            "v1.2",
            "{\"version\":\"v1.2\"}",
            "this is v1.2.",
            "v1.20 and v1.2\n",
        ] {
            assert!(names(body, "v1.2"), "{body}");
        }
        for body in ["v1.2.0", "v1.20", "xv1.2", "v1.2-rc1", "V1.2", ""] {
            assert!(!names(body, "v1.2"), "{body}");
        }
    }
}
