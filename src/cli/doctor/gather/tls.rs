//! Which certificate is shown at an address to who asks for a name.
//!
//! Whom it was signed by is not judged: a company's own authority is as good as any for its own hosts.

use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::time::Duration;

use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::ServerCertVerifier as _;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::{CertificateError, ClientConnection, Error, RootCertStore};

use crate::any_certificate;
use crate::cli::doctor::facts::{Certificate, DefaultCertificate, Known};
use crate::cli::stacks::now;

/// For a connection, and for each of its messages.
const DEADLINE: Duration = Duration::from_secs(5);
/// What renews certificates does so weeks before.
const SOON: Duration = Duration::from_hours(7 * 24);
/// In the subject of what Traefik makes itself.
const MADE: &[u8] = b"TRAEFIK DEFAULT CERT";
/// Asked for where no name is meant: nobody has a certificate for it.
const NOBODY: &str = "doctor.pointsman.invalid";

/// A certificate, and what it was signed with.
pub(super) struct Shown(Vec<CertificateDer<'static>>);

/// Asks for a name, or for whatever is shown to who names nothing that is known.
pub(super) fn shown(place: SocketAddr, name: Option<&str>) -> Known<Shown> {
    let words = |error: &dyn std::fmt::Display| format!("{place}: {error}");
    let name = ServerName::try_from(name.unwrap_or(NOBODY).to_owned());
    let name = name.map_err(|error| words(&error))?;
    let config = any_certificate::config().map_err(|error| words(&error))?;
    let client = ClientConnection::new(Arc::new(config), name);
    let mut client = client.map_err(|error| words(&error))?;
    let stream = TcpStream::connect_timeout(&place, DEADLINE);
    let mut stream = stream.map_err(|error| words(&error))?;
    for set in [TcpStream::set_read_timeout, TcpStream::set_write_timeout] {
        set(&stream, Some(DEADLINE)).map_err(|error| words(&error))?;
    }
    while client.is_handshaking() {
        client
            .complete_io(&mut stream)
            .map_err(|error| words(&error))?;
    }
    let chain = client.peer_certificates().unwrap_or_default();
    Ok(Shown(
        chain
            .iter()
            .cloned()
            .map(CertificateDer::into_owned)
            .collect(),
    ))
}

impl Shown {
    /// Did Traefik make it.
    pub(super) fn default_certificate(&self) -> DefaultCertificate {
        let is_made = |der: &CertificateDer<'_>| der.windows(MADE.len()).any(|part| part == MADE);
        if self.0.first().is_some_and(is_made) {
            DefaultCertificate::Made
        } else {
            DefaultCertificate::Given
        }
    }

    /// Does it cover a name, and for how long.
    pub(super) fn judged_for(&self, name: &str) -> Known<Certificate> {
        let (first, rest) = self.0.split_first().ok_or("no certificate is shown")?;
        let server = ServerName::try_from(name).map_err(|error| error.to_string())?;
        let parsed = ParsedCertificate::try_from(first).map_err(|error| error.to_string())?;
        let covers = rustls::client::verify_server_name(&parsed, &server).is_ok();
        let then = UnixTime::since_unix_epoch(now() + SOON);
        let verifier = verifier()?;
        let verdict = verifier.verify_server_cert(first, rest, &server, &[], then);
        let expires = matches!(
            verdict,
            Err(Error::InvalidCertificate(
                CertificateError::Expired | CertificateError::ExpiredContext { .. }
            ))
        );
        Ok(Certificate { covers, expires })
    }
}

fn verifier() -> Result<Arc<WebPkiServerVerifier>, String> {
    let roots = RootCertStore {
        roots: webpki_roots::TLS_SERVER_ROOTS.to_vec(),
    };
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider)
        .build()
        .map_err(|error| error.to_string())
}
