//! OUT: the two listeners. The provider hands the published bytes to Traefik; the admin listener is the door
//! for people and scripts.
//!
//! Both stand on one accept loop (`server`) with the limits that a public port needs. The provider sees a
//! [`crate::snapshot::Reader`], what closed envs say, and the registry of pollers, nothing else; the admin side talks to the
//! reconciler's [`crate::reconciler::Handle`]. Nothing here can reach Docker or the disk.

mod admin;
mod applied;
mod chunks;
mod confirm;
mod connection;
mod error;
mod evidence;
mod follow;
mod maintenance;
mod metrics;
mod provider;
mod proxies;
mod reached;
mod respond;
mod server;
mod token;
mod traefik_api;
mod traefik_versions;

use std::net::SocketAddr;

use thiserror::Error;

pub use admin::{AdminOptions, serve_admin};
pub use applied::{Applied, published};
pub use confirm::{ApiState, Confirmer};
pub use error::{ApiError, ErrorStatus};
pub use follow::tell_applied;
pub use metrics::Metrics;
pub use provider::{ProviderOptions, serve_provider};
pub use proxies::{Proxies, ProxyState};
pub use reached::tell_reached;
pub use server::Limits;
pub use token::{Token, TokenError};
pub use traefik_api::{ApiAuth, TraefikApiError};
pub use traefik_versions::TraefikVersions;

/// An admin address that may not be served as configured.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error(
    "the admin listener on {address} can be reached from outside this machine: give it a token with --admin-token-file, or use a loopback address"
)]
pub struct UnsafeAdminAddress {
    /// Where it was to listen.
    pub address: SocketAddr,
}

/// The starting rule: any admin address but a loopback one needs a token.
pub fn check_admin_address(
    address: SocketAddr,
    token: Option<&Token>,
) -> Result<(), UnsafeAdminAddress> {
    if token.is_some() || address.ip().to_canonical().is_loopback() {
        return Ok(());
    }
    Err(UnsafeAdminAddress { address })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_loopback_goes_without_a_token() {
        let token = Token::parse("s3cret").unwrap();
        for (address, safe) in [
            ("127.0.0.1:9001", true),
            ("127.8.9.1:9001", true),
            ("[::1]:9001", true),
            ("[::ffff:127.0.0.1]:9001", true),
            ("0.0.0.0:9001", false),
            ("[::]:9001", false),
            ("192.0.2.1:9001", false),
        ] {
            let address = address.parse().unwrap();
            assert_eq!(
                check_admin_address(address, None).is_ok(),
                safe,
                "{address}"
            );
            assert!(
                check_admin_address(address, Some(&token)).is_ok(),
                "{address} with a token"
            );
        }
    }
}
