//! Every field that Traefik's reference has for labels, with the kind of its value: the list that the corpus covers.
//!
//! Written as the reference writes it; `*` stands for a key that the user chooses, `[0]` for an element of a list.

/// What a field takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Text,
    Bool,
    Int,
    Duration,
    /// Scalars, separated by commas.
    List,
    /// Sub-fields that may be left out: `true` or nothing means all defaults.
    Switch,
    /// Sub-fields that must be there.
    Struct,
    /// Anything below it.
    Free,
}

/// One field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Field {
    /// `http`, `tcp`, `udp`.
    pub(crate) protocol: &'static str,
    /// `routers`, `services`, `middlewares`.
    pub(crate) section: &'static str,
    /// Below the object's name.
    pub(crate) path: &'static str,
    pub(crate) kind: Kind,
}

impl Field {
    /// The label for an object of this name.
    pub(crate) fn key(&self, object: &str) -> String {
        let path = self.path.replace('*', "x-key");
        let object = if self.section == "stores" {
            "default"
        } else {
            object
        };
        format!("traefik.{}.{}.{object}.{path}", self.protocol, self.section)
    }
}

/// All of them.
pub(crate) fn fields() -> Vec<Field> {
    let tables = [
        ("http", "routers", HTTP_ROUTERS),
        ("http", "services", HTTP_SERVICES),
        ("http", "middlewares", HTTP_MIDDLEWARES),
        ("tcp", "routers", TCP_ROUTERS),
        ("tcp", "services", TCP_SERVICES),
        ("tcp", "middlewares", TCP_MIDDLEWARES),
        ("udp", "routers", UDP_ROUTERS),
        ("udp", "services", UDP_SERVICES),
        ("tls", "stores", TLS_STORES),
    ];
    let rows = |(protocol, section, text): (&'static str, &'static str, &'static str)| {
        let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
        lines.map(move |line| {
            let (path, kind) = line.split_once(' ').expect("path and kind");
            Field {
                protocol,
                section,
                path,
                kind: kind_of(kind),
            }
        })
    };
    tables.into_iter().flat_map(rows).collect()
}

fn kind_of(word: &str) -> Kind {
    match word {
        "text" => Kind::Text,
        "bool" => Kind::Bool,
        "int" => Kind::Int,
        "duration" => Kind::Duration,
        "list" => Kind::List,
        "switch" => Kind::Switch,
        "struct" => Kind::Struct,
        "free" => Kind::Free,
        _ => panic!("no kind {word}"),
    }
}

const HTTP_ROUTERS: &str = "
entryPoints list
middlewares list
service text
rule text
ruleSyntax text
priority int
tls switch
tls.options text
tls.certResolver text
tls.domains[0].main text
tls.domains[0].sans list
observability struct
observability.accessLogs bool
observability.metrics bool
observability.tracing bool
observability.traceVerbosity text
";

const HTTP_SERVICES: &str = "
middlewares list
loadBalancer struct
loadBalancer.server struct
loadBalancer.server.url text
loadBalancer.server.port text
loadBalancer.server.scheme text
loadBalancer.server.weight int
loadBalancer.server.preservePath bool
loadBalancer.strategy text
loadBalancer.passHostHeader bool
loadBalancer.serversTransport text
loadBalancer.responseForwarding struct
loadBalancer.responseForwarding.flushInterval duration
loadBalancer.sticky switch
loadBalancer.sticky.cookie switch
loadBalancer.sticky.cookie.name text
loadBalancer.sticky.cookie.secure bool
loadBalancer.sticky.cookie.httpOnly bool
loadBalancer.sticky.cookie.sameSite text
loadBalancer.sticky.cookie.maxAge int
loadBalancer.sticky.cookie.path text
loadBalancer.sticky.cookie.domain text
loadBalancer.healthCheck struct
loadBalancer.healthCheck.scheme text
loadBalancer.healthCheck.mode text
loadBalancer.healthCheck.path text
loadBalancer.healthCheck.method text
loadBalancer.healthCheck.status int
loadBalancer.healthCheck.port int
loadBalancer.healthCheck.interval duration
loadBalancer.healthCheck.unhealthyInterval duration
loadBalancer.healthCheck.timeout duration
loadBalancer.healthCheck.hostname text
loadBalancer.healthCheck.followRedirects bool
loadBalancer.healthCheck.headers.* text
loadBalancer.passiveHealthCheck struct
loadBalancer.passiveHealthCheck.failureWindow duration
loadBalancer.passiveHealthCheck.maxFailedAttempts int
";

const HTTP_MIDDLEWARES: &str = "
addPrefix struct
addPrefix.prefix text
stripPrefix.prefixes list
stripPrefix.forceSlash bool
stripPrefixRegex.regex list
replacePath.path text
replacePathRegex.regex text
replacePathRegex.replacement text
chain.middlewares list
ipAllowList.sourceRange list
ipAllowList.ipStrategy switch
ipAllowList.ipStrategy.depth int
ipAllowList.ipStrategy.excludedIPs list
ipAllowList.ipStrategy.ipv6Subnet int
ipAllowList.rejectStatusCode int
ipWhiteList.sourceRange list
ipWhiteList.ipStrategy switch
ipWhiteList.ipStrategy.depth int
ipWhiteList.ipStrategy.excludedIPs list
ipWhiteList.ipStrategy.ipv6Subnet int
headers struct
headers.customRequestHeaders struct
headers.customRequestHeaders.* text
headers.customResponseHeaders.* text
headers.accessControlAllowCredentials bool
headers.accessControlAllowHeaders list
headers.accessControlAllowMethods list
headers.accessControlAllowOriginList list
headers.accessControlAllowOriginListRegex list
headers.accessControlExposeHeaders list
headers.accessControlMaxAge int
headers.addVaryHeader bool
headers.allowedHosts list
headers.hostsProxyHeaders list
headers.sslRedirect bool
headers.sslTemporaryRedirect bool
headers.sslHost text
headers.sslProxyHeaders.* text
headers.sslForceHost bool
headers.stsSeconds int
headers.stsIncludeSubdomains bool
headers.stsPreload bool
headers.forceSTSHeader bool
headers.frameDeny bool
headers.customFrameOptionsValue text
headers.contentTypeNosniff bool
headers.browserXssFilter bool
headers.customBrowserXSSValue text
headers.contentSecurityPolicy text
headers.contentSecurityPolicyReportOnly text
headers.publicKey text
headers.referrerPolicy text
headers.permissionsPolicy text
headers.featurePolicy text
headers.isDevelopment bool
encodedCharacters.allowEncodedSlash bool
encodedCharacters.allowEncodedBackSlash bool
encodedCharacters.allowEncodedNullCharacter bool
encodedCharacters.allowEncodedSemicolon bool
encodedCharacters.allowEncodedPercent bool
encodedCharacters.allowEncodedQuestionMark bool
encodedCharacters.allowEncodedHash bool
errors.status list
errors.statusRewrites.* int
errors.service text
errors.query text
errors.errorRequestHeaders list
rateLimit.average int
rateLimit.period duration
rateLimit.burst int
rateLimit.sourceCriterion struct
rateLimit.sourceCriterion.ipStrategy struct
rateLimit.sourceCriterion.ipStrategy.depth int
rateLimit.sourceCriterion.ipStrategy.excludedIPs list
rateLimit.sourceCriterion.ipStrategy.ipv6Subnet int
rateLimit.sourceCriterion.requestHeaderName text
rateLimit.sourceCriterion.requestHost bool
rateLimit.redis struct
rateLimit.redis.endpoints list
rateLimit.redis.tls struct
rateLimit.redis.tls.ca text
rateLimit.redis.tls.cert text
rateLimit.redis.tls.key text
rateLimit.redis.tls.insecureSkipVerify bool
rateLimit.redis.username text
rateLimit.redis.password text
rateLimit.redis.db int
rateLimit.redis.poolSize int
rateLimit.redis.minIdleConns int
rateLimit.redis.maxActiveConns int
rateLimit.redis.readTimeout duration
rateLimit.redis.writeTimeout duration
rateLimit.redis.dialTimeout duration
inFlightReq.amount int
inFlightReq.sourceCriterion.ipStrategy.depth int
inFlightReq.sourceCriterion.ipStrategy.excludedIPs list
inFlightReq.sourceCriterion.ipStrategy.ipv6Subnet int
inFlightReq.sourceCriterion.requestHeaderName text
inFlightReq.sourceCriterion.requestHost bool
redirectRegex.regex text
redirectRegex.replacement text
redirectRegex.permanent bool
redirectScheme.scheme text
redirectScheme.port text
redirectScheme.permanent bool
basicAuth.users list
basicAuth.usersFile text
basicAuth.realm text
basicAuth.removeHeader bool
basicAuth.headerField text
digestAuth.users list
digestAuth.usersFile text
digestAuth.realm text
digestAuth.removeHeader bool
digestAuth.headerField text
forwardAuth.address text
forwardAuth.tls struct
forwardAuth.tls.ca text
forwardAuth.tls.cert text
forwardAuth.tls.key text
forwardAuth.tls.insecureSkipVerify bool
forwardAuth.tls.caOptional bool
forwardAuth.trustForwardHeader bool
forwardAuth.authResponseHeaders list
forwardAuth.authResponseHeadersRegex text
forwardAuth.authRequestHeaders list
forwardAuth.addAuthCookiesToResponse list
forwardAuth.headerField text
forwardAuth.forwardBody bool
forwardAuth.maxBodySize int
forwardAuth.maxResponseBodySize int
forwardAuth.preserveLocationHeader bool
forwardAuth.preserveRequestMethod bool
forwardAuth.authSigninURL text
buffering.maxRequestBodyBytes int
buffering.memRequestBodyBytes int
buffering.maxResponseBodyBytes int
buffering.memResponseBodyBytes int
buffering.retryExpression text
circuitBreaker.expression text
circuitBreaker.checkPeriod duration
circuitBreaker.fallbackDuration duration
circuitBreaker.recoveryDuration duration
circuitBreaker.responseCode int
compress switch
compress.excludedContentTypes list
compress.includedContentTypes list
compress.minResponseBodyBytes int
compress.encodings list
compress.defaultEncoding text
contentType switch
contentType.autoDetect bool
grpcWeb.allowOrigins list
passTLSClientCert.pem bool
passTLSClientCert.info struct
passTLSClientCert.info.notAfter bool
passTLSClientCert.info.notBefore bool
passTLSClientCert.info.sans bool
passTLSClientCert.info.serialNumber bool
passTLSClientCert.info.subject.country bool
passTLSClientCert.info.subject.province bool
passTLSClientCert.info.subject.locality bool
passTLSClientCert.info.subject.organization bool
passTLSClientCert.info.subject.organizationalUnit bool
passTLSClientCert.info.subject.commonName bool
passTLSClientCert.info.subject.serialNumber bool
passTLSClientCert.info.subject.domainComponent bool
passTLSClientCert.info.issuer.country bool
passTLSClientCert.info.issuer.province bool
passTLSClientCert.info.issuer.locality bool
passTLSClientCert.info.issuer.organization bool
passTLSClientCert.info.issuer.commonName bool
passTLSClientCert.info.issuer.serialNumber bool
passTLSClientCert.info.issuer.domainComponent bool
retry.attempts int
retry.timeout duration
retry.initialInterval duration
retry.maxRequestBodyBytes int
retry.status list
retry.disableRetryOnNetworkError bool
retry.retryNonIdempotentMethod bool
plugin.* free
plugin.some.deep.* text
";

const TCP_ROUTERS: &str = "
entryPoints list
middlewares list
service text
rule text
ruleSyntax text
priority int
tls switch
tls.passthrough bool
tls.options text
tls.certResolver text
tls.domains[0].main text
tls.domains[0].sans list
";

const TCP_SERVICES: &str = "
loadBalancer struct
loadBalancer.server.port text
loadBalancer.server.tls bool
loadBalancer.serversTransport text
loadBalancer.proxyProtocol switch
loadBalancer.proxyProtocol.version int
loadBalancer.terminationDelay int
loadBalancer.healthCheck switch
loadBalancer.healthCheck.port int
loadBalancer.healthCheck.send text
loadBalancer.healthCheck.expect text
loadBalancer.healthCheck.interval duration
loadBalancer.healthCheck.unhealthyInterval duration
loadBalancer.healthCheck.timeout duration
";

const TCP_MIDDLEWARES: &str = "
inFlightConn.amount int
ipAllowList.sourceRange list
ipWhiteList.sourceRange list
";

const TLS_STORES: &str = "
defaultGeneratedCert struct
defaultGeneratedCert.resolver text
defaultGeneratedCert.domain struct
defaultGeneratedCert.domain.main text
defaultGeneratedCert.domain.sans list
";

const UDP_ROUTERS: &str = "
entryPoints list
service text
";

const UDP_SERVICES: &str = "
loadBalancer struct
loadBalancer.server.port text
";
