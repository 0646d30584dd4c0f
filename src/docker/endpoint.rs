//! Where the Docker Engine listens: text from the operator to a checked value.
//!
//! Pure: nothing is opened here. The forms are those of `DOCKER_HOST`; what Docker's own client takes and we do
//! not (`ssh://`, `npipe://`, `fd://`) is refused with the way out.

use std::fmt;
use std::path::PathBuf;

use thiserror::Error;

/// Port of an Engine without TLS, when the text names none.
const PLAIN_PORT: u16 = 2375;
/// Port of an Engine with TLS, when the text names none.
const TLS_PORT: u16 = 2376;

/// A place to reach an Engine at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Endpoint {
    /// A socket file on this machine.
    Unix(PathBuf),
    /// TCP without encryption: loopback or a socket proxy only.
    Tcp(Authority),
    /// TCP with TLS.
    Tls(Authority, TlsFiles),
}

/// Host and port.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Authority {
    /// Name or address; IPv6 without brackets.
    pub host: String,
    /// Port.
    pub port: u16,
}

/// PEM files for TLS. They are read again on every connect, so that renewed files take effect by themselves.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TlsFiles {
    /// Certificates that may sign the Engine's.
    pub ca: Option<PathBuf>,
    /// Our certificate, when the Engine wants one.
    pub cert: Option<PathBuf>,
    /// Its key.
    pub key: Option<PathBuf>,
}

/// A text that names no endpoint we can use.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum EndpointError {
    /// No `scheme://`, or one that we do not speak.
    #[error(
        "docker endpoint {0:?}: must start with unix://, tcp://, http:// or https:// (for ssh use a socket \
         forwarded by `ssh -L /path/docker.sock:/var/run/docker.sock HOST`)"
    )]
    Scheme(String),
    /// `unix://` without an absolute path.
    #[error(
        "docker endpoint {0:?}: unix:// needs an absolute path, e.g. unix:///var/run/docker.sock"
    )]
    Path(String),
    /// Host or port is missing or malformed.
    #[error("docker endpoint {0:?}: needs HOST or HOST:PORT after the scheme, and nothing else")]
    Authority(String),
    /// TLS was asked for and nothing can be verified with.
    #[error(
        "docker endpoint {0:?}: TLS needs the file with the Engine's CA certificate (--docker-tls-ca)"
    )]
    NoCa(String),
    /// A certificate without its key, or the other way round.
    #[error("docker endpoint {0:?}: --docker-tls-cert and --docker-tls-key only work together")]
    HalfIdentity(String),
    /// TLS files with an endpoint that uses none.
    #[error(
        "docker endpoint {0:?}: TLS files are given, but this scheme has no TLS (use tcp:// or https://)"
    )]
    UnusedTls(String),
}

impl Endpoint {
    /// Parses `unix://PATH`, `tcp://`, `http://` or `https://HOST[:PORT]`. `tcp://` with any TLS file means TLS.
    pub fn parse(text: &str, tls: TlsFiles) -> Result<Self, EndpointError> {
        let bad_scheme = || EndpointError::Scheme(text.to_owned());
        let (scheme, rest) = text.split_once("://").ok_or_else(bad_scheme)?;
        match scheme {
            "unix" | "http" if tls.is_some() => Err(EndpointError::UnusedTls(text.to_owned())),
            "unix" => parse_path(text, rest),
            "tcp" if tls.is_some() => parse_tls(text, rest, tls),
            "tcp" | "http" => Authority::parse(text, rest, PLAIN_PORT).map(Self::Tcp),
            "https" => parse_tls(text, rest, tls),
            _ => Err(bad_scheme()),
        }
    }

    /// The `Host` header of requests to it.
    pub(super) fn host_header(&self) -> String {
        match self {
            Self::Unix(_) => "localhost".to_owned(),
            Self::Tcp(authority) | Self::Tls(authority, _) => authority.to_string(),
        }
    }
}

fn parse_path(text: &str, rest: &str) -> Result<Endpoint, EndpointError> {
    if rest.starts_with('/') && rest.len() > 1 {
        Ok(Endpoint::Unix(PathBuf::from(rest)))
    } else {
        Err(EndpointError::Path(text.to_owned()))
    }
}

fn parse_tls(text: &str, rest: &str, tls: TlsFiles) -> Result<Endpoint, EndpointError> {
    if tls.ca.is_none() {
        return Err(EndpointError::NoCa(text.to_owned()));
    }
    if tls.cert.is_some() != tls.key.is_some() {
        return Err(EndpointError::HalfIdentity(text.to_owned()));
    }
    Authority::parse(text, rest, TLS_PORT).map(|authority| Endpoint::Tls(authority, tls))
}

impl TlsFiles {
    const fn is_some(&self) -> bool {
        self.ca.is_some() || self.cert.is_some() || self.key.is_some()
    }
}

impl Authority {
    fn parse(text: &str, rest: &str, default_port: u16) -> Result<Self, EndpointError> {
        let bad = || EndpointError::Authority(text.to_owned());
        let rest = rest.strip_suffix('/').unwrap_or(rest);
        let (host, port) = match rest.strip_prefix('[') {
            Some(bracketed) => {
                let (host, after) = bracketed.split_once(']').ok_or_else(bad)?;
                match after {
                    "" => (host, None),
                    _ => (host, Some(after.strip_prefix(':').ok_or_else(bad)?)),
                }
            }
            None => match rest.split_once(':') {
                Some((host, port)) => (host, Some(port)),
                None => (rest, None),
            },
        };
        let port = match port {
            Some(digits) => digits.parse().map_err(|_not_a_port| bad())?,
            None => default_port,
        };
        let host_is_clean = !host.is_empty() && host.chars().all(is_host_character);
        if !host_is_clean || port == 0 {
            return Err(bad());
        }
        Ok(Self {
            host: host.to_owned(),
            port,
        })
    }
}

fn is_host_character(c: char) -> bool {
    c.is_ascii_alphanumeric() || "-._:%".contains(c)
}

impl fmt::Display for Authority {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.host.contains(':') {
            write!(f, "[{}]:{}", self.host, self.port)
        } else {
            write!(f, "{}:{}", self.host, self.port)
        }
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unix(path) => write!(f, "unix://{}", path.display()),
            Self::Tcp(authority) => write!(f, "tcp://{authority}"),
            Self::Tls(authority, _) => write!(f, "https://{authority}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plain(text: &str) -> Result<Endpoint, EndpointError> {
        Endpoint::parse(text, TlsFiles::default())
    }

    #[test]
    fn forms_of_docker_host_are_read() {
        let cases = [
            ("unix:///run/docker.sock", "unix:///run/docker.sock"),
            ("tcp://127.0.0.1:2375", "tcp://127.0.0.1:2375"),
            ("tcp://broker", "tcp://broker:2375"),
            ("http://broker:80/", "tcp://broker:80"),
            ("tcp://[::1]:99", "tcp://[::1]:99"),
            ("tcp://[::1]", "tcp://[::1]:2375"),
        ];
        for (text, shown) in cases {
            assert_eq!(plain(text).unwrap().to_string(), shown, "{text}");
        }
    }

    #[test]
    fn what_cannot_work_is_refused_with_its_kind() {
        let own = str::to_owned;
        let cases = [
            (
                "/var/run/docker.sock",
                EndpointError::Scheme(own("/var/run/docker.sock")),
            ),
            ("ssh://me@host", EndpointError::Scheme(own("ssh://me@host"))),
            (
                "unix://docker.sock",
                EndpointError::Path(own("unix://docker.sock")),
            ),
            ("tcp://", EndpointError::Authority(own("tcp://"))),
            ("tcp://a:b", EndpointError::Authority(own("tcp://a:b"))),
            ("tcp://a:0", EndpointError::Authority(own("tcp://a:0"))),
            (
                "tcp://a:1/path",
                EndpointError::Authority(own("tcp://a:1/path")),
            ),
            ("tcp://[::1", EndpointError::Authority(own("tcp://[::1"))),
            ("https://a", EndpointError::NoCa(own("https://a"))),
        ];
        for (text, error) in cases {
            assert_eq!(plain(text), Err(error), "{text}");
        }
    }

    #[test]
    fn tls_files_turn_tcp_into_tls_and_must_be_complete() {
        let ca = TlsFiles {
            ca: Some(PathBuf::from("ca.pem")),
            ..TlsFiles::default()
        };
        let endpoint = Endpoint::parse("tcp://host", ca.clone()).unwrap();
        assert_eq!(
            endpoint.to_string(),
            "https://host:2376",
            "TLS, with its port"
        );
        let half = TlsFiles {
            cert: Some(PathBuf::from("cert.pem")),
            ..ca.clone()
        };
        assert!(
            matches!(
                Endpoint::parse("https://host", half),
                Err(EndpointError::HalfIdentity(_))
            ),
            "a certificate needs its key"
        );
        assert!(
            matches!(
                Endpoint::parse("unix:///s", ca),
                Err(EndpointError::UnusedTls(_))
            ),
            "a socket has no TLS"
        );
    }
}
