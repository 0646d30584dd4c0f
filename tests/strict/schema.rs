//! Traefik 3.7's dynamic configuration, field by field, as its file provider takes it.

use std::collections::BTreeMap;

/// What a field holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Text,
    Flag,
    Number,
    Duration,
    List(Box<Self>),
    /// Any keys.
    Named(Box<Self>),
    /// Not ours to judge.
    Free,
    /// Known keys; never empty.
    Object(String),
    /// Known keys; empty means on.
    Switch(String),
}

/// Fields by object and name.
pub(super) struct Schema(BTreeMap<&'static str, BTreeMap<&'static str, Kind>>);

impl Schema {
    pub(super) fn field(&self, object: &str, name: &str) -> Option<Kind> {
        self.0.get(object)?.get(name).cloned()
    }

    pub(super) fn traefik() -> Self {
        let lines = OBJECTS.lines().filter(|line| !line.trim().is_empty());
        Self(lines.map(object).collect())
    }
}

fn object(line: &'static str) -> (&'static str, BTreeMap<&'static str, Kind>) {
    let (name, fields) = line.split_once('=').expect("every line is name = fields");
    let fields = fields.split_whitespace().map(|field| {
        let (name, kind) = field.split_once(':').expect("every field is name:kind");
        (name, parse(kind))
    });
    (name.trim(), fields.collect())
}

fn parse(kind: &str) -> Kind {
    let inner = |open, close| {
        kind.strip_prefix(open)
            .and_then(|kind| kind.strip_suffix(close))
    };
    match kind {
        "s" => Kind::Text,
        "b" => Kind::Flag,
        "i" => Kind::Number,
        "d" => Kind::Duration,
        "any" => Kind::Free,
        _ => {
            if let Some(item) = inner('[', ']') {
                Kind::List(Box::new(parse(item)))
            } else if let Some(value) = inner('{', '}') {
                Kind::Named(Box::new(parse(value)))
            } else if let Some(name) = kind.strip_prefix('?') {
                Kind::Switch(name.to_owned())
            } else {
                Kind::Object(kind.to_owned())
            }
        }
    }
}

/// `name = field:kind ...`; s text, b flag, i number, d duration, [list], {map}, ?may be empty. A named entry of a map of
/// objects may be empty to Traefik's reader; ours never are.
const OBJECTS: &str = "
document = http:http tcp:tcp udp:udp tls:tls
http = routers:{router} services:{service} middlewares:{middleware} serversTransports:{transport}
router = entryPoints:[s] middlewares:[s] service:s rule:s ruleSyntax:s priority:i tls:?routerTls observability:observability
routerTls = options:s certResolver:s domains:[domain]
domain = main:s sans:[s]
observability = accessLogs:b metrics:b tracing:b traceVerbosity:s
service = loadBalancer:loadBalancer weighted:weighted highestRandomWeight:hrw mirroring:mirroring failover:failover middlewares:[s]
loadBalancer = servers:[server] strategy:s passHostHeader:b serversTransport:s responseForwarding:responseForwarding sticky:?sticky healthCheck:healthCheck passiveHealthCheck:passive
server = url:s weight:i preservePath:b
responseForwarding = flushInterval:d
sticky = cookie:?cookie
cookie = name:s secure:b httpOnly:b sameSite:s maxAge:i path:s domain:s
healthCheck = scheme:s mode:s path:s method:s status:i port:i interval:d unhealthyInterval:d timeout:d hostname:s followRedirects:b headers:{s}
passive = failureWindow:d maxFailedAttempts:i
weighted = services:[child] sticky:sticky healthCheck:?nothing
child = name:s weight:i
nothing =
hrw = services:[child] healthCheck:?nothing
mirroring = service:s mirrorBody:b maxBodySize:i mirrors:[mirror] healthCheck:?nothing
mirror = name:s percent:i
failover = service:s fallback:s healthCheck:?nothing errors:failoverErrors
failoverErrors = status:[s] maxRequestBodyBytes:i
transport = serverName:s insecureSkipVerify:b rootCAs:[s] certificates:[certificate] cipherSuites:[s] minVersion:s maxVersion:s maxIdleConnsPerHost:i forwardingTimeouts:timeouts disableHTTP2:b peerCertURI:s spiffe:?spiffe
certificate = certFile:s keyFile:s
timeouts = dialTimeout:d responseHeaderTimeout:d idleConnTimeout:d readIdleTimeout:d pingTimeout:d
spiffe = ids:[s] trustDomain:s
middleware = addPrefix:addPrefix stripPrefix:stripPrefix stripPrefixRegex:stripPrefixRegex replacePath:replacePath replacePathRegex:replacePathRegex chain:chain ipAllowList:ipAllowList ipWhiteList:ipWhiteList headers:headers encodedCharacters:encoded errors:errors rateLimit:rateLimit redirectRegex:redirectRegex redirectScheme:redirectScheme basicAuth:basicAuth digestAuth:basicAuth forwardAuth:forwardAuth inFlightReq:inFlightReq buffering:buffering circuitBreaker:circuitBreaker compress:?compress passTLSClientCert:passCert retry:retry contentType:?contentType grpcWeb:grpcWeb plugin:{any}
addPrefix = prefix:s
stripPrefix = prefixes:[s] forceSlash:b
stripPrefixRegex = regex:[s]
replacePath = path:s
replacePathRegex = regex:s replacement:s
chain = middlewares:[s]
ipAllowList = sourceRange:[s] ipStrategy:?ipStrategy rejectStatusCode:i
ipWhiteList = sourceRange:[s] ipStrategy:?ipStrategy
ipStrategy = depth:i excludedIPs:[s] ipv6Subnet:i
headers = customRequestHeaders:{s} customResponseHeaders:{s} accessControlAllowCredentials:b accessControlAllowHeaders:[s] accessControlAllowMethods:[s] accessControlAllowOriginList:[s] accessControlAllowOriginListRegex:[s] accessControlExposeHeaders:[s] accessControlMaxAge:i addVaryHeader:b allowedHosts:[s] hostsProxyHeaders:[s] sslRedirect:b sslTemporaryRedirect:b sslHost:s sslProxyHeaders:{s} sslForceHost:b stsSeconds:i stsIncludeSubdomains:b stsPreload:b forceSTSHeader:b frameDeny:b customFrameOptionsValue:s contentTypeNosniff:b browserXssFilter:b customBrowserXSSValue:s contentSecurityPolicy:s contentSecurityPolicyReportOnly:s publicKey:s referrerPolicy:s permissionsPolicy:s featurePolicy:s isDevelopment:b
encoded = allowEncodedSlash:b allowEncodedBackSlash:b allowEncodedNullCharacter:b allowEncodedSemicolon:b allowEncodedPercent:b allowEncodedQuestionMark:b allowEncodedHash:b
errors = status:[s] statusRewrites:{i} service:s query:s errorRequestHeaders:[s]
rateLimit = average:i period:d burst:i sourceCriterion:criterion redis:redis
criterion = ipStrategy:ipStrategy requestHeaderName:s requestHost:b
redis = endpoints:[s] tls:redisTls username:s password:s db:i poolSize:i minIdleConns:i maxActiveConns:i readTimeout:d writeTimeout:d dialTimeout:d
redisTls = ca:s cert:s key:s insecureSkipVerify:b
redirectRegex = regex:s replacement:s permanent:b
redirectScheme = scheme:s port:s permanent:b
basicAuth = users:[s] usersFile:s realm:s removeHeader:b headerField:s
forwardAuth = address:s tls:authTls trustForwardHeader:b authResponseHeaders:[s] authResponseHeadersRegex:s authRequestHeaders:[s] addAuthCookiesToResponse:[s] headerField:s forwardBody:b maxBodySize:i maxResponseBodySize:i preserveLocationHeader:b preserveRequestMethod:b authSigninURL:s
authTls = ca:s caOptional:b cert:s key:s insecureSkipVerify:b
inFlightReq = amount:i sourceCriterion:criterion
buffering = maxRequestBodyBytes:i memRequestBodyBytes:i maxResponseBodyBytes:i memResponseBodyBytes:i retryExpression:s
circuitBreaker = expression:s checkPeriod:d fallbackDuration:d recoveryDuration:d responseCode:i
compress = excludedContentTypes:[s] includedContentTypes:[s] minResponseBodyBytes:i encodings:[s] defaultEncoding:s
passCert = pem:b info:certInfo
certInfo = notAfter:b notBefore:b sans:b serialNumber:b subject:certSubject issuer:certIssuer
certSubject = country:b province:b locality:b organization:b organizationalUnit:b commonName:b serialNumber:b domainComponent:b
certIssuer = country:b province:b locality:b organization:b commonName:b serialNumber:b domainComponent:b
retry = attempts:i timeout:d initialInterval:d maxRequestBodyBytes:i status:[s] disableRetryOnNetworkError:b retryNonIdempotentMethod:b
contentType = autoDetect:b
grpcWeb = allowOrigins:[s]
tcp = routers:{tcpRouter} services:{tcpService} middlewares:{tcpMiddleware} serversTransports:{tcpTransport}
tcpRouter = entryPoints:[s] middlewares:[s] service:s rule:s ruleSyntax:s priority:i tls:?tcpRouterTls
tcpRouterTls = passthrough:b options:s certResolver:s domains:[domain]
tcpService = loadBalancer:tcpLoadBalancer weighted:tcpWeighted
tcpLoadBalancer = servers:[tcpServer] serversTransport:s healthCheck:?tcpHealthCheck proxyProtocol:?proxyProtocol terminationDelay:i
tcpServer = address:s tls:b
tcpHealthCheck = port:i send:s expect:s interval:d unhealthyInterval:d timeout:d
proxyProtocol = version:i
tcpWeighted = services:[child] healthCheck:?nothing
tcpMiddleware = inFlightConn:inFlightConn ipAllowList:tcpIpAllowList ipWhiteList:tcpIpAllowList
inFlightConn = amount:i
tcpIpAllowList = sourceRange:[s]
tcpTransport = dialKeepAlive:d dialTimeout:d proxyProtocol:?proxyProtocol terminationDelay:d tls:?tcpTransportTls
tcpTransportTls = serverName:s insecureSkipVerify:b rootCAs:[s] certificates:[certificate] peerCertURI:s spiffe:?spiffe
udp = routers:{udpRouter} services:{udpService}
udpRouter = entryPoints:[s] service:s
udpService = loadBalancer:udpLoadBalancer weighted:udpWeighted
udpLoadBalancer = servers:[udpServer]
udpServer = address:s
udpWeighted = services:[child]
tls = options:{tlsOptions} stores:{tlsStore}
tlsOptions = minVersion:s maxVersion:s cipherSuites:[s] curvePreferences:[s] clientAuth:clientAuth sniStrict:b alpnProtocols:[s] disableSessionTickets:b preferServerCipherSuites:b
clientAuth = caFiles:[s] clientAuthType:s
tlsStore = defaultGeneratedCert:generated
generated = resolver:s domain:domain
";
