//! `--connect`: requests go to one address, whatever DNS says of the hosts.

use std::net::{SocketAddr, ToSocketAddrs as _};

use clap::Args;

use crate::config::environment;

use super::failure::Failure;

const VARIABLE: &str = "POINTSMAN_CONNECT";

/// Option of verbs that ask through Traefik.
#[derive(Args, Clone, Debug)]
pub(super) struct ConnectArgs {
    #[arg(
        long,
        value_name = "HOST:PORT",
        value_parser = parse,
        help = "Send all requests to this address, whatever DNS says of the hosts [env: POINTSMAN_CONNECT]"
    )]
    connect: Option<SocketAddr>,
}

impl ConnectArgs {
    /// The address, if one was named.
    pub(super) fn address(&self) -> Result<Option<SocketAddr>, Failure> {
        if self.connect.is_some() {
            return Ok(self.connect);
        }
        let named = environment(VARIABLE).map(|text| parse(&text));
        named
            .transpose()
            .map_err(|why| Failure::usage(format!("{VARIABLE}: {why}")))
    }
}

fn parse(text: &str) -> Result<SocketAddr, String> {
    let mut found = text
        .to_socket_addrs()
        .map_err(|error| format!("{text:?} is no HOST:PORT that can be resolved: {error}"))?;
    found
        .next()
        .ok_or_else(|| format!("{text:?} has no address"))
}

#[cfg(test)]
mod tests {
    use super::parse;

    #[test]
    fn an_address_or_a_name_with_a_port() {
        for text in ["127.0.0.1:80", "[::1]:80", "localhost:80"] {
            let address = parse(text).unwrap();
            assert!(address.ip().is_loopback(), "{address}");
            assert_eq!(address.port(), 80);
        }
        for text in ["", "127.0.0.1", "localhost", "127.0.0.1:port"] {
            assert!(parse(text).unwrap_err().contains("HOST:PORT"), "{text}");
        }
    }
}
