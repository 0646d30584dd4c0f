//! Opens one byte stream to an endpoint: socket, TCP, or TLS over TCP.
//!
//! One stream serves one call. A pooled connection saves a quarter of a millisecond and costs the failure mode of a
//! daemon restart: the first call on every stale connection fails.

use std::io;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use rustix::net::sockopt;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpStream, UnixStream};
use tokio_rustls::TlsConnector;

use super::endpoint::{Authority, Endpoint, TlsFiles};
use super::error::Error;

/// How often a silent connection proves that the other side is there.
const KEEPALIVE: Duration = Duration::from_secs(15);

/// What HTTP runs over.
pub(super) trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Stream for T {}

/// Connects, with TLS done.
pub(super) async fn open(endpoint: &Endpoint) -> Result<Box<dyn Stream>, Error> {
    let unreachable = |source| Error::Connect {
        endpoint: endpoint.to_string(),
        source,
    };
    Ok(match endpoint {
        Endpoint::Unix(path) => Box::new(UnixStream::connect(path).await.map_err(unreachable)?),
        Endpoint::Tcp(authority) => Box::new(tcp(authority).await.map_err(unreachable)?),
        Endpoint::Tls(authority, files) => {
            let config = tls_config(endpoint, files).await?;
            let name = ServerName::try_from(authority.host.clone())
                .map_err(|error| tls_error(endpoint, "the endpoint's host name", error))?;
            let stream = tcp(authority).await.map_err(unreachable)?;
            let connector = TlsConnector::from(Arc::new(config));
            Box::new(connector.connect(name, stream).await.map_err(unreachable)?)
        }
    })
}

async fn tcp(authority: &Authority) -> io::Result<TcpStream> {
    let stream = TcpStream::connect((authority.host.as_str(), authority.port)).await?;
    stream.set_nodelay(true)?;
    keep_alive(&stream)?;
    Ok(stream)
}

/// The event stream may be silent for hours, and something in between may forget it without an end.
fn keep_alive(stream: &TcpStream) -> io::Result<()> {
    sockopt::set_socket_keepalive(stream, true)?;
    sockopt::set_tcp_keepidle(stream, KEEPALIVE)?;
    sockopt::set_tcp_keepintvl(stream, KEEPALIVE)?;
    sockopt::set_tcp_keepcnt(stream, 3)?;
    Ok(())
}

async fn tls_config(endpoint: &Endpoint, files: &TlsFiles) -> Result<ClientConfig, Error> {
    let builder =
        ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
            .with_safe_default_protocol_versions()
            .map_err(|error| tls_error(endpoint, "protocol versions", error))?
            .with_root_certificates(roots(endpoint, files).await?);
    let (Some(cert), Some(key)) = (&files.cert, &files.key) else {
        return Ok(builder.with_no_client_auth());
    };
    let chain = certificates(endpoint, cert).await?;
    let key_pem = read(endpoint, key).await?;
    let key_der = PrivateKeyDer::from_pem_slice(&key_pem)
        .map_err(|error| tls_error(endpoint, &key.display().to_string(), error))?;
    builder
        .with_client_auth_cert(chain, key_der)
        .map_err(|error| tls_error(endpoint, &cert.display().to_string(), error))
}

async fn roots(endpoint: &Endpoint, files: &TlsFiles) -> Result<RootCertStore, Error> {
    let mut roots = RootCertStore::empty();
    if let Some(ca) = &files.ca {
        for certificate in certificates(endpoint, ca).await? {
            roots
                .add(certificate)
                .map_err(|error| tls_error(endpoint, &ca.display().to_string(), error))?;
        }
    }
    Ok(roots)
}

async fn certificates(
    endpoint: &Endpoint,
    file: &Path,
) -> Result<Vec<CertificateDer<'static>>, Error> {
    let name = file.display().to_string();
    let pem = read(endpoint, file).await?;
    let found = CertificateDer::pem_slice_iter(&pem).collect::<Result<Vec<_>, _>>();
    let found = found.map_err(|error| tls_error(endpoint, &name, error))?;
    if found.is_empty() {
        let what = io::Error::new(io::ErrorKind::InvalidData, "no certificate in it");
        return Err(tls_error(endpoint, &name, what));
    }
    Ok(found)
}

async fn read(endpoint: &Endpoint, file: &Path) -> Result<Vec<u8>, Error> {
    let bytes = tokio::fs::read(file).await;
    bytes.map_err(|error| tls_error(endpoint, &file.display().to_string(), error))
}

fn tls_error(
    endpoint: &Endpoint,
    what: &str,
    source: impl std::error::Error + Send + Sync + 'static,
) -> Error {
    Error::Tls {
        endpoint: endpoint.to_string(),
        what: what.to_owned(),
        source: Box::new(source),
    }
}

#[cfg(test)]
mod tests {
    use tokio::net::TcpListener;

    use super::*;

    // A connection that a firewall forgot stayed open, silent, for ever.
    #[tokio::test]
    async fn a_silent_connection_proves_itself() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let authority = Authority {
            host: "127.0.0.1".to_owned(),
            port: listener.local_addr().unwrap().port(),
        };
        let stream = tcp(&authority).await.unwrap();
        assert!(sockopt::socket_keepalive(&stream).unwrap(), "it is asked");
        assert_eq!(sockopt::tcp_keepidle(&stream).unwrap(), KEEPALIVE, "soon");
    }
}
