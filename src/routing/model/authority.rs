//! Where somebody is reached: the host and port of a URL.

use std::fmt;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};

use thiserror::Error;

/// `host` or `host:port`, as it stands in a URL.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Authority(String);

/// A text that is no authority.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{0:?} is not a host name or address, with or without a port")]
pub struct AuthorityError(pub String);

impl Authority {
    /// Takes exactly that: no user, no path, nothing that a URL would read otherwise.
    pub fn parse(text: &str) -> Result<Self, AuthorityError> {
        let bracketed = text.strip_prefix('[');
        let bracketed = bracketed.and_then(|rest| rest.split_once(']'));
        let is_one = if let Some((address, rest)) = bracketed {
            address.parse::<Ipv6Addr>().is_ok() && is_rest(rest)
        } else {
            let (host, rest) = text.split_at(text.find(':').unwrap_or(text.len()));
            (is_name(host) || host.parse::<Ipv4Addr>().is_ok()) && is_rest(rest)
        };
        if is_one {
            Ok(Self(text.to_ascii_lowercase()))
        } else {
            Err(AuthorityError(text.to_owned()))
        }
    }
}

impl From<SocketAddr> for Authority {
    fn from(address: SocketAddr) -> Self {
        let (ip, port) = (address.ip().to_canonical(), address.port());
        Self(SocketAddr::new(ip, port).to_string())
    }
}

impl fmt::Display for Authority {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A name as DNS and Docker have them; one that begins its last part with a digit could be read as an address.
fn is_name(host: &str) -> bool {
    let is_label = |label: &str| {
        let mut bytes = label.bytes();
        (1..=63).contains(&label.len())
            && !label.starts_with('-')
            && !label.ends_with('-')
            && bytes.all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
    };
    let last = host.rsplit('.').next().unwrap_or_default();
    host.len() <= 253
        && host.split('.').all(is_label)
        && !last.starts_with(|first: char| first.is_ascii_digit())
}

/// Nothing, or a port.
fn is_rest(rest: &str) -> bool {
    let port = rest.strip_prefix(':').map(|port| {
        let digits = port.bytes().all(|byte| byte.is_ascii_digit());
        digits && port.parse::<u16>().is_ok_and(|port| port > 0)
    });
    port.unwrap_or(rest.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_hosts_and_ports_are_taken() {
        for text in [
            "pointsman:9000",
            "127.0.0.1:9000",
            "[::1]:9000",
            "a.b-c.example",
            "my_app",
            "[fe80::1]",
        ] {
            let taken = Authority::parse(text).map(|it| it.to_string());
            assert_eq!(taken.as_deref(), Ok(text), "{text}");
        }
        let upper = Authority::parse("Pointsman:80").unwrap();
        assert_eq!(upper.to_string(), "pointsman:80", "case means nothing");
        for text in [
            "",
            ":9000",
            "a:",
            "a:0",
            "a:65536",
            "a:+1",
            "a:80:80",
            "u@a",
            "a/b",
            "a b",
            "a?b",
            "a#b",
            "a\\b",
            "-a",
            "a..b",
            "a.",
            "[::1",
            "::1",
            "[127.0.0.1]",
            "[::1]x",
            "1.2.3",
            "2130706433",
            "0x7f000001",
            "a%41",
            "{{.}}",
            "\u{e4}",
        ] {
            assert!(Authority::parse(text).is_err(), "{text:?}");
        }
    }

    #[test]
    fn an_address_of_a_socket_is_one() {
        for (address, text) in [
            ("127.0.0.1:9000", "127.0.0.1:9000"),
            ("[::1]:9000", "[::1]:9000"),
            ("[::ffff:10.0.0.2]:9000", "10.0.0.2:9000"),
        ] {
            let authority = Authority::from(address.parse::<SocketAddr>().unwrap());
            assert_eq!(authority.to_string(), text, "{address}");
            assert_eq!(Authority::parse(text), Ok(authority), "{text} reads back");
        }
    }
}
