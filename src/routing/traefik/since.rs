//! Which release of Traefik reads which field, and what becomes of a document for an older one.
//!
//! A field that Traefik does not know makes it refuse the whole document, so it must be gone before. Every row was
//! found by experiment: each field alone, in a document with a marker, against the releases that
//! `scripts/matrix.sh` lists. What has no row is known to all of them. [`fit`] is pure and total.

use serde_json::{Map, Value, json};

use crate::routing::ids::TraefikVersion;

use super::section::Section;

/// The oldest release that documents are rendered for.
pub const OLDEST: TraefikVersion = TraefikVersion::new(3, 0, 0);

/// The newest release that the table was compared with; assumed where nothing is known.
pub const NEWEST: TraefikVersion = TraefikVersion::new(3, 7, 15);

/// What becomes of an object when Traefik does not know one of its fields.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Otherwise {
    /// The field is left out; Traefik's default applies.
    LeaveOut,
    /// Without the field more would be let in, or reach what it must not: the object is closed as a whole.
    Close,
}

/// A field, or a value of it, that younger releases know only.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Newer {
    /// Where it stands: root, section, fields; names of objects and places in lists are not counted.
    pub path: &'static str,
    /// Only this value of it.
    pub value: Option<&'static str>,
    /// The first release that knows it.
    pub since: TraefikVersion,
    /// What an older one gets.
    pub otherwise: Otherwise,
}

/// An object for a certain release.
#[derive(Clone, Debug, PartialEq)]
pub struct Fitted {
    /// What may be written; `None` when nothing may.
    pub value: Option<Value>,
    /// What is missing from it.
    pub missing: Vec<Newer>,
}

const V3_2: TraefikVersion = TraefikVersion::new(3, 2, 0);
const V3_3: TraefikVersion = TraefikVersion::new(3, 3, 0);
const V3_4: TraefikVersion = TraefikVersion::new(3, 4, 0);
const V3_5: TraefikVersion = TraefikVersion::new(3, 5, 0);
const V3_6: TraefikVersion = TraefikVersion::new(3, 6, 0);
const V3_7: TraefikVersion = TraefikVersion::new(3, 7, 0);

const fn leave(path: &'static str, since: TraefikVersion) -> Newer {
    Newer {
        path,
        value: None,
        since,
        otherwise: Otherwise::LeaveOut,
    }
}

const fn close(path: &'static str, since: TraefikVersion) -> Newer {
    Newer {
        otherwise: Otherwise::Close,
        ..leave(path, since)
    }
}

const fn value(path: &'static str, value: &'static str, since: TraefikVersion) -> Newer {
    Newer {
        value: Some(value),
        ..leave(path, since)
    }
}

/// The table. 3.1 has no release that could be compared, so what 3.0 lacks counts from 3.2 on.
#[rustfmt::skip]
pub const NEWER: &[Newer] = &[
    leave("http.routers.observability", V3_3),
    leave("http.routers.observability.traceVerbosity", V3_5),

    // a service's own middlewares may be what asks for a password
    close("http.services.middlewares", V3_7),
    // without it the server's root answers instead of the path that was meant
    close("http.services.loadBalancer.servers.preservePath", V3_2),
    leave("http.services.loadBalancer.strategy", V3_4),
    value("http.services.loadBalancer.strategy", "hrw", V3_6),
    value("http.services.loadBalancer.strategy", "leasttime", V3_6),
    leave("http.services.loadBalancer.sticky.cookie.path", V3_3),
    leave("http.services.loadBalancer.sticky.cookie.domain", V3_4),
    leave("http.services.loadBalancer.healthCheck.unhealthyInterval", V3_5),
    leave("http.services.loadBalancer.passiveHealthCheck", V3_6),
    leave("http.services.weighted.sticky.cookie.path", V3_3),
    leave("http.services.weighted.sticky.cookie.domain", V3_4),
    close("http.services.highestRandomWeight", V3_6),
    // it keeps bodies from the mirror
    close("http.services.mirroring.mirrorBody", V3_2),
    leave("http.services.failover.errors", V3_7),

    close("http.middlewares.ipAllowList.ipStrategy.ipv6Subnet", V3_2),
    close("http.middlewares.ipWhiteList.ipStrategy.ipv6Subnet", V3_2),
    leave("http.middlewares.headers.contentSecurityPolicyReportOnly", V3_2),
    close("http.middlewares.encodedCharacters", V3_7),
    leave("http.middlewares.errors.statusRewrites", V3_4),
    // it keeps headers from the service that answers
    close("http.middlewares.errors.errorRequestHeaders", TraefikVersion::new(3, 6, 15)),
    // the limit stays, for each address and for each Traefik
    leave("http.middlewares.rateLimit.sourceCriterion.ipStrategy.ipv6Subnet", V3_2),
    leave("http.middlewares.rateLimit.redis", V3_4),
    leave("http.middlewares.inFlightReq.sourceCriterion.ipStrategy.ipv6Subnet", V3_2),
    // without it a client could send that header itself
    close("http.middlewares.forwardAuth.headerField", V3_2),
    close("http.middlewares.forwardAuth.forwardBody", V3_3),
    close("http.middlewares.forwardAuth.maxBodySize", V3_3),
    close("http.middlewares.forwardAuth.preserveRequestMethod", V3_4),
    leave("http.middlewares.forwardAuth.preserveLocationHeader", V3_3),
    leave("http.middlewares.forwardAuth.maxResponseBodySize", TraefikVersion::new(3, 6, 9)),
    leave("http.middlewares.forwardAuth.authSigninURL", V3_7),
    leave("http.middlewares.compress.encodings", V3_2),
    leave("http.middlewares.retry.timeout", V3_7),
    leave("http.middlewares.retry.maxRequestBodyBytes", V3_7),
    leave("http.middlewares.retry.status", V3_7),
    leave("http.middlewares.retry.disableRetryOnNetworkError", V3_7),
    leave("http.middlewares.retry.retryNonIdempotentMethod", V3_7),

    close("http.serversTransports.cipherSuites", V3_7),
    close("http.serversTransports.minVersion", V3_7),
    close("http.serversTransports.maxVersion", V3_7),

    leave("tcp.services.loadBalancer.healthCheck", V3_6),
    leave("tcp.services.weighted.healthCheck", V3_6),
    // without it a client could tell the server any address
    close("tcp.serversTransports.proxyProtocol", TraefikVersion::new(3, 5, 3)),

    close("tls.options.disableSessionTickets", V3_4),
];

/// Does this release know a field of the table (or one that all know).
pub fn knows(path: &str, traefik: TraefikVersion) -> bool {
    let lacks = |row: &Newer| row.path == path && row.value.is_none() && row.since > traefik;
    !NEWER.iter().any(lacks)
}

/// The object as this release reads it. `value` holds no empty object that Traefik would refuse; nor does the result.
pub fn fit(section: Section, mut value: Value, traefik: TraefikVersion) -> Fitted {
    let place = section.to_string();
    let mut missing = Vec::new();
    for row in NEWER.iter().filter(|row| row.since > traefik) {
        let fields = row.path.strip_prefix(&place);
        if let Some(fields) = fields.and_then(|fields| fields.strip_prefix('.'))
            && cut(&mut value, fields, row.value)
        {
            missing.push(*row);
        }
    }
    let closed = missing.iter().any(|row| row.otherwise == Otherwise::Close);
    let value = match missing.as_slice() {
        [] => Some(value),
        _ if closed => stand_in(section),
        _ => super::encode::object(section, &value),
    };
    Fitted { value, missing }
}

/// Lets nobody through in place of an object that cannot be written. Leaving it out would do less: a router that names
/// it is disabled, and another one, with a shorter rule and without guard, gets its requests.
pub fn stand_in(section: Section) -> Option<Value> {
    match section {
        Section::HttpMiddlewares | Section::TcpMiddlewares => {
            Some(json!({"ipAllowList": {"sourceRange": ["255.255.255.255/32"]}}))
        }
        Section::HttpServices | Section::TcpServices | Section::UdpServices => {
            Some(json!({"loadBalancer": {"servers": []}}))
        }
        Section::HttpRouters
        | Section::HttpServersTransports
        | Section::TcpRouters
        | Section::TcpServersTransports
        | Section::UdpRouters
        | Section::TlsOptions
        | Section::TlsStores => None,
    }
}

/// Removes a field, in every element of a list on its way; gives whether it was there.
fn cut(value: &mut Value, fields: &str, only: Option<&str>) -> bool {
    match value {
        Value::Array(items) => {
            let found = items.iter_mut().map(|item| cut(item, fields, only));
            found.fold(false, |any, found| any | found)
        }
        Value::Object(object) => match fields.split_once('.') {
            Some((field, rest)) => object
                .get_mut(field)
                .is_some_and(|inner| cut(inner, rest, only)),
            None => cut_here(object, fields, only),
        },
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => false,
    }
}

fn cut_here(object: &mut Map<String, Value>, field: &str, only: Option<&str>) -> bool {
    let is_meant = |value: &Value| only.is_none_or(|only| value.as_str() == Some(only));
    if !object.get(field).is_some_and(is_meant) {
        return false;
    }
    object.remove(field).is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    const V3_6_8: TraefikVersion = TraefikVersion::new(3, 6, 8);

    #[track_caller]
    fn fitted(
        section: Section,
        value: Value,
        traefik: TraefikVersion,
    ) -> (Value, Vec<&'static str>) {
        let Fitted { value, missing } = fit(section, value, traefik);
        let paths = missing.iter().map(|row| row.path).collect();
        (value.unwrap_or_default(), paths)
    }

    #[test]
    fn what_an_old_release_does_not_know_is_left_out() {
        let service =
            json!({"loadBalancer": {"servers": [{"url": "http://10.0.0.1"}], "strategy": "p2c"}});
        let path = "http.services.loadBalancer.strategy";
        assert_eq!(
            fitted(Section::HttpServices, service.clone(), V3_3),
            (
                json!({"loadBalancer": {"servers": [{"url": "http://10.0.0.1"}]}}),
                vec![path]
            ),
            "before it came"
        );
        assert_eq!(
            fitted(Section::HttpServices, service.clone(), V3_4),
            (service, vec![]),
            "since then"
        );
    }

    #[test]
    fn a_patch_release_can_know_more_than_its_minor() {
        let auth = json!({"forwardAuth": {"address": "http://a", "maxResponseBodySize": 7}});
        let less = json!({"forwardAuth": {"address": "http://a"}});
        let section = Section::HttpMiddlewares;
        let later = TraefikVersion::new(3, 6, 9);
        assert_eq!(fitted(section, auth.clone(), V3_6_8).0, less, "3.6.8");
        assert_eq!(fitted(section, auth.clone(), later).0, auth, "3.6.9");
    }

    #[test]
    fn a_value_can_be_newer_than_its_field() {
        let service = json!({"loadBalancer": {"passHostHeader": true, "strategy": "hrw"}});
        let (value, missing) = fitted(Section::HttpServices, service, V3_5);
        assert_eq!(value, json!({"loadBalancer": {"passHostHeader": true}}));
        assert_eq!(missing.len(), 1, "the field itself is known: {missing:?}");
    }

    #[test]
    fn every_element_of_a_list_is_looked_at() {
        let servers = json!([{"url": "http://a"}, {"url": "http://b", "preservePath": true}]);
        let service = json!({"loadBalancer": {"servers": servers}});
        let (value, missing) = fitted(Section::HttpServices, service, OLDEST);
        assert_eq!(missing, ["http.services.loadBalancer.servers.preservePath"]);
        assert_eq!(value, json!({"loadBalancer": {"servers": []}}), "closed");
    }

    #[test]
    fn a_guard_that_cannot_be_written_lets_nobody_through() {
        for guard in [
            json!({"encodedCharacters": {"allowEncodedHash": false}}),
            json!({"forwardAuth": {"address": "http://a", "headerField": "X-User"}}),
            json!({"ipAllowList": {"sourceRange": ["::/0"], "ipStrategy": {"ipv6Subnet": 64}}}),
        ] {
            let closed = json!({"ipAllowList": {"sourceRange": ["255.255.255.255/32"]}});
            let (value, missing) = fitted(Section::HttpMiddlewares, guard.clone(), OLDEST);
            assert_eq!(value, closed, "{guard}");
            assert_eq!(missing.len(), 1, "and told: {missing:?}");
        }
    }

    #[test]
    fn an_object_of_which_nothing_is_left_is_not_written() {
        let router = json!({"observability": {"metrics": false}});
        let (value, missing) = fitted(Section::HttpRouters, router, OLDEST);
        assert_eq!((value, missing.len()), (Value::Null, 1), "nothing is left");
    }

    #[test]
    fn an_emptied_object_goes_with_its_content_unless_it_means_on() {
        let limit = json!({"rateLimit": {"average": 7, "sourceCriterion": {"ipStrategy": {"ipv6Subnet": 64}}}});
        let (value, _) = fitted(Section::HttpMiddlewares, limit, OLDEST);
        assert_eq!(value, json!({"rateLimit": {"average": 7}}), "gone");
        let compress = json!({"compress": {"encodings": ["br"]}});
        let (value, _) = fitted(Section::HttpMiddlewares, compress, OLDEST);
        assert_eq!(value, json!({"compress": {}}), "on, with defaults");
    }

    #[test]
    fn the_newest_release_loses_nothing() {
        assert!(
            NEWER
                .iter()
                .all(|row| OLDEST < row.since && row.since <= NEWEST)
        );
    }
}
