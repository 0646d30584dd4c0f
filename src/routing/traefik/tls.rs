//! `tls`: options by name, and what a store does where no certificate fits.

use serde::{Deserialize, Serialize};

use super::http::Domain;

/// `tls.options.<name>`
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct TlsOptions {
    /// Lowest version of TLS.
    pub min_version: Option<String>,
    /// Highest version of TLS.
    pub max_version: Option<String>,
    /// Cipher suites.
    pub cipher_suites: Vec<String>,
    /// Curves.
    pub curve_preferences: Vec<String>,
    /// Client certificates.
    pub client_auth: Option<ClientAuth>,
    /// Refuse unknown names.
    pub sni_strict: Option<bool>,
    /// Protocols offered.
    pub alpn_protocols: Vec<String>,
    /// No session tickets.
    pub disable_session_tickets: Option<bool>,
    /// Deprecated.
    pub prefer_server_cipher_suites: Option<bool>,
}

/// Client certificates.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct ClientAuth {
    /// Authorities, as files or PEM.
    pub ca_files: Vec<String>,
    /// How strictly they are asked for.
    pub client_auth_type: Option<String>,
}

/// `tls.stores.<name>`
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct TlsStore {
    /// A default certificate from a resolver.
    pub default_generated_cert: Option<GeneratedCertificate>,
}

/// A certificate to ask a resolver for.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct GeneratedCertificate {
    /// The resolver.
    pub resolver: Option<String>,
    /// Its names.
    pub domain: Option<Domain>,
}
