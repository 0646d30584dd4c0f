//! `serversTransports` of `http` and `tcp`: how Traefik talks to servers.

use serde::{Deserialize, Serialize};

use super::scalar::{Duration, allow_empty};
use super::tcp::ProxyProtocol;

/// `http.serversTransports.<name>`
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct ServersTransport {
    /// Name asked for by SNI.
    pub server_name: Option<String>,
    /// Do not verify.
    pub insecure_skip_verify: Option<bool>,
    /// Authorities, as files or PEM.
    #[serde(rename = "rootCAs")]
    pub root_cas: Vec<String>,
    /// Client certificates.
    pub certificates: Vec<CertificateFiles>,
    /// Cipher suites.
    pub cipher_suites: Vec<String>,
    /// Lowest version of TLS.
    pub min_version: Option<String>,
    /// Highest version of TLS.
    pub max_version: Option<String>,
    /// Connections kept.
    pub max_idle_conns_per_host: Option<i64>,
    /// Time-outs.
    pub forwarding_timeouts: Option<ForwardingTimeouts>,
    /// HTTP/1.1 only.
    #[serde(rename = "disableHTTP2")]
    pub disable_http2: Option<bool>,
    /// Identity that the server's certificate must have.
    #[serde(rename = "peerCertURI")]
    pub peer_cert_uri: Option<String>,
    /// SPIFFE.
    #[serde(deserialize_with = "allow_empty")]
    pub spiffe: Option<Spiffe>,
}

/// A certificate with its key, as files or PEM.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct CertificateFiles {
    /// The certificate.
    pub cert_file: Option<String>,
    /// The key.
    pub key_file: Option<String>,
}

/// Time-outs towards servers.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct ForwardingTimeouts {
    /// To connect.
    pub dial_timeout: Option<Duration>,
    /// To the answer's head.
    pub response_header_timeout: Option<Duration>,
    /// Of an idle connection.
    pub idle_conn_timeout: Option<Duration>,
    /// Of a silent HTTP/2 connection.
    pub read_idle_timeout: Option<Duration>,
    /// Of its ping.
    pub ping_timeout: Option<Duration>,
}

/// SPIFFE identities of the servers.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Spiffe {
    /// Identities.
    pub ids: Vec<String>,
    /// Trust domain.
    pub trust_domain: Option<String>,
}

/// `tcp.serversTransports.<name>`
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct TcpServersTransport {
    /// Keep-alive probes.
    pub dial_keep_alive: Option<Duration>,
    /// To connect.
    pub dial_timeout: Option<Duration>,
    /// PROXY protocol.
    #[serde(deserialize_with = "allow_empty")]
    pub proxy_protocol: Option<ProxyProtocol>,
    /// How long one side may stay open after the other.
    pub termination_delay: Option<Duration>,
    /// TLS towards the servers.
    #[serde(deserialize_with = "allow_empty")]
    pub tls: Option<TcpTransportTls>,
}

/// TLS of a TCP servers transport.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct TcpTransportTls {
    /// Name asked for by SNI.
    pub server_name: Option<String>,
    /// Do not verify.
    pub insecure_skip_verify: Option<bool>,
    /// Authorities, as files or PEM.
    #[serde(rename = "rootCAs")]
    pub root_cas: Vec<String>,
    /// Client certificates.
    pub certificates: Vec<CertificateFiles>,
    /// Identity that the server's certificate must have.
    #[serde(rename = "peerCertURI")]
    pub peer_cert_uri: Option<String>,
    /// SPIFFE.
    #[serde(deserialize_with = "allow_empty")]
    pub spiffe: Option<Spiffe>,
}
