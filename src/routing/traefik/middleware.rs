//! Middlewares of `http`, field for field as Traefik 3.7 reads them.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::scalar::{Duration, allow_empty, flat_map, map_entry};

/// `http.middlewares.<name>`; one kind only.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Middleware {
    /// Path prefix to add.
    pub add_prefix: Option<Box<AddPrefix>>,
    /// Path prefixes to remove.
    pub strip_prefix: Option<Box<StripPrefix>>,
    /// The same by pattern.
    pub strip_prefix_regex: Option<Box<StripPrefixRegex>>,
    /// Another path.
    pub replace_path: Option<Box<ReplacePath>>,
    /// The same by pattern.
    pub replace_path_regex: Option<Box<ReplaceRegex>>,
    /// Several in order.
    pub chain: Option<Box<Chain>>,
    /// Source addresses.
    pub ip_allow_list: Option<Box<IpAllowList>>,
    /// Deprecated name of the same.
    pub ip_white_list: Option<Box<IpWhiteList>>,
    /// Request and response headers.
    pub headers: Option<Box<Headers>>,
    /// Encoded characters in paths.
    pub encoded_characters: Option<Box<EncodedCharacters>>,
    /// Error pages.
    pub errors: Option<Box<Errors>>,
    /// Requests per time.
    pub rate_limit: Option<Box<RateLimit>>,
    /// Redirect by pattern.
    pub redirect_regex: Option<Box<Redirect>>,
    /// Redirect to a scheme.
    pub redirect_scheme: Option<Box<RedirectScheme>>,
    /// Basic authentication.
    pub basic_auth: Option<Box<BasicAuth>>,
    /// Digest authentication.
    pub digest_auth: Option<Box<BasicAuth>>,
    /// Authentication by another service.
    pub forward_auth: Option<Box<ForwardAuth>>,
    /// Concurrent requests.
    pub in_flight_req: Option<Box<InFlightReq>>,
    /// Buffering.
    pub buffering: Option<Box<Buffering>>,
    /// Circuit breaker.
    pub circuit_breaker: Option<Box<CircuitBreaker>>,
    /// Compression.
    #[serde(deserialize_with = "allow_empty")]
    pub compress: Option<Box<Compress>>,
    /// Client certificate.
    #[serde(rename = "passTLSClientCert")]
    pub pass_tls_client_cert: Option<Box<PassTlsClientCert>>,
    /// Retries.
    pub retry: Option<Box<Retry>>,
    /// Content type detection.
    #[serde(deserialize_with = "allow_empty")]
    pub content_type: Option<Box<ContentType>>,
    /// gRPC-Web.
    pub grpc_web: Option<Box<GrpcWeb>>,
    /// Plugins by name.
    pub plugin: BTreeMap<String, PluginConf>,
}

/// What a plugin is told; nothing at all is enough.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct PluginConf(#[serde(deserialize_with = "map_entry")] pub BTreeMap<String, Value>);

/// Adds a prefix.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct AddPrefix {
    /// The prefix.
    pub prefix: Option<String>,
}

/// Removes prefixes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct StripPrefix {
    /// The prefixes.
    pub prefixes: Vec<String>,
    /// Deprecated.
    pub force_slash: Option<bool>,
}

/// Removes prefixes by pattern.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct StripPrefixRegex {
    /// The patterns.
    pub regex: Vec<String>,
}

/// Replaces the path.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct ReplacePath {
    /// The path.
    pub path: Option<String>,
}

/// Replaces by pattern.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct ReplaceRegex {
    /// The pattern.
    pub regex: Option<String>,
    /// The replacement.
    pub replacement: Option<String>,
}

/// Several middlewares.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Chain {
    /// In order.
    pub middlewares: Vec<String>,
}

/// Source addresses that may pass.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct IpAllowList {
    /// Ranges.
    pub source_range: Vec<String>,
    /// Where the address is read.
    #[serde(deserialize_with = "allow_empty")]
    pub ip_strategy: Option<IpStrategy>,
    /// Status of a refusal.
    pub reject_status_code: Option<i64>,
}

/// As [`IpAllowList`], with no word on the status.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct IpWhiteList {
    /// Ranges.
    pub source_range: Vec<String>,
    /// Where the address is read.
    #[serde(deserialize_with = "allow_empty")]
    pub ip_strategy: Option<IpStrategy>,
}

/// Where the client's address is read.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct IpStrategy {
    /// Position from the right.
    pub depth: Option<i64>,
    /// Addresses passed over.
    #[serde(rename = "excludedIPs")]
    pub excluded_ips: Vec<String>,
    /// Bits that make one client.
    #[serde(rename = "ipv6Subnet")]
    pub ipv6_subnet: Option<i64>,
}

/// Request and response headers.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Headers {
    /// To the service.
    #[serde(deserialize_with = "flat_map")]
    pub custom_request_headers: BTreeMap<String, String>,
    /// To the client.
    #[serde(deserialize_with = "flat_map")]
    pub custom_response_headers: BTreeMap<String, String>,
    /// CORS.
    pub access_control_allow_credentials: Option<bool>,
    /// CORS.
    pub access_control_allow_headers: Vec<String>,
    /// CORS.
    pub access_control_allow_methods: Vec<String>,
    /// CORS.
    pub access_control_allow_origin_list: Vec<String>,
    /// CORS.
    pub access_control_allow_origin_list_regex: Vec<String>,
    /// CORS.
    pub access_control_expose_headers: Vec<String>,
    /// CORS.
    pub access_control_max_age: Option<i64>,
    /// CORS.
    pub add_vary_header: Option<bool>,
    /// Host names served.
    pub allowed_hosts: Vec<String>,
    /// Headers that may hold the host.
    pub hosts_proxy_headers: Vec<String>,
    /// Deprecated.
    #[serde(rename = "sslRedirect")]
    pub ssl_redirect: Option<bool>,
    /// Deprecated.
    #[serde(rename = "sslTemporaryRedirect")]
    pub ssl_temporary_redirect: Option<bool>,
    /// Deprecated.
    #[serde(rename = "sslHost")]
    pub ssl_host: Option<String>,
    /// Headers that say that TLS was used.
    #[serde(rename = "sslProxyHeaders", deserialize_with = "flat_map")]
    pub ssl_proxy_headers: BTreeMap<String, String>,
    /// Deprecated.
    #[serde(rename = "sslForceHost")]
    pub ssl_force_host: Option<bool>,
    /// HSTS.
    #[serde(rename = "stsSeconds")]
    pub sts_seconds: Option<i64>,
    /// HSTS.
    #[serde(rename = "stsIncludeSubdomains")]
    pub sts_include_subdomains: Option<bool>,
    /// HSTS.
    #[serde(rename = "stsPreload")]
    pub sts_preload: Option<bool>,
    /// HSTS.
    #[serde(rename = "forceSTSHeader")]
    pub force_sts_header: Option<bool>,
    /// Framing.
    pub frame_deny: Option<bool>,
    /// Framing.
    pub custom_frame_options_value: Option<String>,
    /// Sniffing.
    pub content_type_nosniff: Option<bool>,
    /// Old browsers.
    #[serde(rename = "browserXssFilter")]
    pub browser_xss_filter: Option<bool>,
    /// Old browsers.
    #[serde(rename = "customBrowserXSSValue")]
    pub custom_browser_xss_value: Option<String>,
    /// CSP.
    pub content_security_policy: Option<String>,
    /// CSP.
    pub content_security_policy_report_only: Option<String>,
    /// Deprecated.
    pub public_key: Option<String>,
    /// Referrer.
    pub referrer_policy: Option<String>,
    /// Permissions.
    pub permissions_policy: Option<String>,
    /// Deprecated.
    pub feature_policy: Option<String>,
    /// Development mode.
    pub is_development: Option<bool>,
}

/// Encoded characters that paths may hold.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct EncodedCharacters {
    /// Slash.
    pub allow_encoded_slash: Option<bool>,
    /// Backslash.
    pub allow_encoded_back_slash: Option<bool>,
    /// NUL.
    pub allow_encoded_null_character: Option<bool>,
    /// Semicolon.
    pub allow_encoded_semicolon: Option<bool>,
    /// Percent.
    pub allow_encoded_percent: Option<bool>,
    /// Question mark.
    pub allow_encoded_question_mark: Option<bool>,
    /// Hash.
    pub allow_encoded_hash: Option<bool>,
}

/// Error pages from a service.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Errors {
    /// Statuses, e.g. `500-599`.
    pub status: Vec<String>,
    /// Statuses to answer instead.
    pub status_rewrites: BTreeMap<String, i64>,
    /// Who answers.
    pub service: Option<String>,
    /// With which path.
    pub query: Option<String>,
    /// Headers passed on.
    pub error_request_headers: Vec<String>,
}

/// Requests per time.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct RateLimit {
    /// How many.
    pub average: Option<i64>,
    /// In which time.
    pub period: Option<Duration>,
    /// At once.
    pub burst: Option<i64>,
    /// Who counts as one client.
    pub source_criterion: Option<SourceCriterion>,
    /// Shared counters.
    pub redis: Option<Redis>,
}

/// Who counts as one client.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct SourceCriterion {
    /// By address.
    pub ip_strategy: Option<IpStrategy>,
    /// By header.
    pub request_header_name: Option<String>,
    /// By host.
    pub request_host: Option<bool>,
}

/// Where counters are shared.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Redis {
    /// Addresses.
    pub endpoints: Vec<String>,
    /// TLS.
    pub tls: Option<RedisTls>,
    /// User.
    pub username: Option<String>,
    /// Password.
    pub password: Option<String>,
    /// Database.
    pub db: Option<i64>,
    /// Connections.
    pub pool_size: Option<i64>,
    /// Connections kept.
    pub min_idle_conns: Option<i64>,
    /// Connections at most.
    pub max_active_conns: Option<i64>,
    /// Time-out.
    pub read_timeout: Option<Duration>,
    /// Time-out.
    pub write_timeout: Option<Duration>,
    /// Time-out.
    pub dial_timeout: Option<Duration>,
}

/// TLS towards a Redis server: as [`ClientTls`] without the deprecated field, which Traefik does not know here.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct RedisTls {
    /// Authority.
    pub ca: Option<String>,
    /// Certificate.
    pub cert: Option<String>,
    /// Key.
    pub key: Option<String>,
    /// Do not verify.
    pub insecure_skip_verify: Option<bool>,
}

/// TLS towards another server.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct ClientTls {
    /// Authority.
    pub ca: Option<String>,
    /// Deprecated.
    pub ca_optional: Option<bool>,
    /// Certificate.
    pub cert: Option<String>,
    /// Key.
    pub key: Option<String>,
    /// Do not verify.
    pub insecure_skip_verify: Option<bool>,
}

/// Redirect by pattern.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Redirect {
    /// The pattern.
    pub regex: Option<String>,
    /// The target.
    pub replacement: Option<String>,
    /// 301 instead of 302.
    pub permanent: Option<bool>,
}

/// Redirect to a scheme.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct RedirectScheme {
    /// The scheme.
    pub scheme: Option<String>,
    /// The port.
    pub port: Option<String>,
    /// 301 instead of 302.
    pub permanent: Option<bool>,
}

/// Users and passwords.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct BasicAuth {
    /// `name:hash`.
    pub users: Vec<String>,
    /// File in Traefik's file system.
    pub users_file: Option<String>,
    /// Realm.
    pub realm: Option<String>,
    /// Do not pass it on.
    pub remove_header: Option<bool>,
    /// Header with the user's name.
    pub header_field: Option<String>,
}

/// Authentication by another service.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct ForwardAuth {
    /// URL.
    pub address: Option<String>,
    /// TLS.
    pub tls: Option<ClientTls>,
    /// Deprecated.
    pub trust_forward_header: Option<bool>,
    /// Copied to the request.
    pub auth_response_headers: Vec<String>,
    /// The same by pattern.
    pub auth_response_headers_regex: Option<String>,
    /// Copied to the authority.
    pub auth_request_headers: Vec<String>,
    /// Cookies copied.
    pub add_auth_cookies_to_response: Vec<String>,
    /// Header with the user's name.
    pub header_field: Option<String>,
    /// Send the body.
    pub forward_body: Option<bool>,
    /// At most.
    pub max_body_size: Option<i64>,
    /// At most.
    pub max_response_body_size: Option<i64>,
    /// Keep Location.
    pub preserve_location_header: Option<bool>,
    /// Keep the method.
    pub preserve_request_method: Option<bool>,
    /// Where to sign in.
    #[serde(rename = "authSigninURL")]
    pub auth_signin_url: Option<String>,
}

/// Concurrent requests.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct InFlightReq {
    /// At most.
    pub amount: Option<i64>,
    /// Who counts as one client.
    pub source_criterion: Option<SourceCriterion>,
}

/// Buffering of bodies.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Buffering {
    /// At most.
    pub max_request_body_bytes: Option<i64>,
    /// In memory.
    pub mem_request_body_bytes: Option<i64>,
    /// At most.
    pub max_response_body_bytes: Option<i64>,
    /// In memory.
    pub mem_response_body_bytes: Option<i64>,
    /// When to retry.
    pub retry_expression: Option<String>,
}

/// Circuit breaker.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct CircuitBreaker {
    /// When to open.
    pub expression: Option<String>,
    /// How often it is looked at.
    pub check_period: Option<Duration>,
    /// How long it stays open.
    pub fallback_duration: Option<Duration>,
    /// How long it recovers.
    pub recovery_duration: Option<Duration>,
    /// What it answers.
    pub response_code: Option<i64>,
}

/// Compression.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Compress {
    /// Not these.
    pub excluded_content_types: Vec<String>,
    /// Only these.
    pub included_content_types: Vec<String>,
    /// From this size.
    pub min_response_body_bytes: Option<i64>,
    /// In this order.
    pub encodings: Vec<String>,
    /// Without Accept-Encoding.
    pub default_encoding: Option<String>,
}

/// Client certificate in headers.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct PassTlsClientCert {
    /// Whole.
    pub pem: Option<bool>,
    /// Parts.
    pub info: Option<ClientCertInfo>,
}

/// Parts of a client certificate.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct ClientCertInfo {
    /// End.
    pub not_after: Option<bool>,
    /// Begin.
    pub not_before: Option<bool>,
    /// Names.
    pub sans: Option<bool>,
    /// Number.
    pub serial_number: Option<bool>,
    /// Subject.
    pub subject: Option<SubjectName>,
    /// Issuer.
    pub issuer: Option<IssuerName>,
}

/// Parts of the name that a certificate is for.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct SubjectName {
    /// C.
    pub country: Option<bool>,
    /// ST.
    pub province: Option<bool>,
    /// L.
    pub locality: Option<bool>,
    /// O.
    pub organization: Option<bool>,
    /// OU.
    pub organizational_unit: Option<bool>,
    /// CN.
    pub common_name: Option<bool>,
    /// Number.
    pub serial_number: Option<bool>,
    /// DC.
    pub domain_component: Option<bool>,
}

/// Parts of the name of a certificate's issuer; Traefik does not know its organizational unit.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct IssuerName {
    /// C.
    pub country: Option<bool>,
    /// ST.
    pub province: Option<bool>,
    /// L.
    pub locality: Option<bool>,
    /// O.
    pub organization: Option<bool>,
    /// CN.
    pub common_name: Option<bool>,
    /// Number.
    pub serial_number: Option<bool>,
    /// DC.
    pub domain_component: Option<bool>,
}

/// Retries.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Retry {
    /// How many.
    pub attempts: Option<i64>,
    /// All together.
    pub timeout: Option<Duration>,
    /// First wait.
    pub initial_interval: Option<Duration>,
    /// Bodies kept.
    pub max_request_body_bytes: Option<i64>,
    /// Statuses retried.
    pub status: Vec<String>,
    /// Only statuses.
    pub disable_retry_on_network_error: Option<bool>,
    /// POST too.
    pub retry_non_idempotent_method: Option<bool>,
}

/// Content type detection.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct ContentType {
    /// Deprecated.
    pub auto_detect: Option<bool>,
}

/// gRPC-Web.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct GrpcWeb {
    /// Origins.
    pub allow_origins: Vec<String>,
}
