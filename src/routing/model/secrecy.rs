//! Which labels and fields may hold a secret, so that nothing shows their values.
//!
//! Judged by the key alone and rather too often than too seldom: credentials by name, all headers (any of them may
//! carry a token), everything of plugins (nobody here knows their fields), inline keys. In other values the user
//! part of a URL is hidden.

/// Words that mark a key, wherever they stand in one of its parts.
const WORDS: [&str; 8] = [
    "password",
    "passwd",
    "secret",
    "token",
    "apikey",
    "api-key",
    "api_key",
    "credential",
];
/// Parts below which any field may be secret.
const PARENTS: [&str; 7] = [
    "basicauth",
    "digestauth",
    "customrequestheaders",
    "customresponseheaders",
    "healthcheck.headers",
    "plugin",
    "redis",
];
/// Fields whose own name says it.
const FIELDS: [&str; 5] = ["users", "key", "authorization", "cookie", "send"];
/// Fields that are harmless below any parent.
const HARMLESS: [&str; 5] = ["usersfile", "realm", "headerfield", "removeheader", "db"];

/// What is written instead of the user part of a URL.
const HIDDEN: &str = "***";

/// May the value of this key be a secret. Parts of the key are joined by dots; case does not count.
pub fn is_secret(key: &str) -> bool {
    let key = key.to_ascii_lowercase();
    let key = without_name(&key);
    let field = key.rsplit('.').next().unwrap_or_default();
    let path = format!(".{key}.");
    let has_word = WORDS.iter().any(|word| key.contains(word));
    let is_below = PARENTS
        .iter()
        .any(|parent| path.contains(&format!(".{parent}.")));
    has_word || FIELDS.contains(&field) || (is_below && !HARMLESS.contains(&field))
}

/// The value as it may be shown; `None` when it may not.
pub fn shown(key: &str, value: &str) -> Option<String> {
    (!is_secret(key)).then(|| without_user(value))
}

/// Without the name that an object has in labels, which says nothing about the value, and without indices.
fn without_name(key: &str) -> String {
    let is_object = key.starts_with("traefik.");
    let parts = key.split('.').enumerate();
    let kept = parts.filter(|(at, _)| !(is_object && *at == 3));
    let bare = kept.map(|(_, part)| part.split('[').next().unwrap_or(part));
    bare.collect::<Vec<_>>().join(".")
}

/// `http://user:password@host/` without what stands before the `@`, in every URL of the text.
fn without_user(text: &str) -> String {
    let mut parts = text.split("://");
    let mut clean = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        clean.push_str("://");
        let authority = part
            .split(['/', '?', '#', ',', ' '])
            .next()
            .unwrap_or_default();
        match authority.rfind('@') {
            Some(at) => {
                clean.push_str(HIDDEN);
                clean.push_str(part.split_at(at).1);
            }
            None => clean.push_str(part),
        }
    }
    clean
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_that_hold_secrets_are_known() {
        for key in [
            "traefik.http.middlewares.a.basicauth.users",
            "traefik.http.middlewares.a.BasicAuth.Users",
            "traefik.http.middlewares.a.basicauth.users[0]",
            "traefik.http.middlewares.a.basicauth",
            "traefik.http.middlewares.a.digestauth.users",
            "traefik.http.middlewares.a.ratelimit.redis.password",
            "traefik.http.middlewares.a.ratelimit.redis.username",
            "traefik.http.middlewares.a.headers.customrequestheaders.Authorization",
            "traefik.http.middlewares.a.headers.customrequestheaders.X-Upstream",
            "traefik.http.services.a.loadbalancer.healthcheck.headers.X-Auth",
            "traefik.http.middlewares.a.forwardauth.tls.key",
            "traefik.http.middlewares.a.plugin.bouncer.crowdsecLapiKey",
            "traefik.tcp.services.a.loadbalancer.healthcheck.send",
            "redis.password",
            "authorization",
            "com.example.api-token",
        ] {
            assert!(is_secret(key), "{key}");
        }
    }

    #[test]
    fn other_values_are_shown() {
        for key in [
            "traefik.http.routers.web.rule",
            "traefik.http.routers.web.priority",
            "traefik.http.middlewares.a.basicauth.usersfile",
            "traefik.http.middlewares.a.basicauth.realm",
            "traefik.http.services.a.loadbalancer.server.port",
            "traefik.http.services.a.loadbalancer.sticky.cookie.name",
            "traefik.http.routers.token-service.rule",
            "traefik.http.middlewares.a.headers.stsseconds",
            "pointsman.version",
            "domain",
        ] {
            assert!(!is_secret(key), "{key}");
        }
    }

    #[test]
    fn the_user_part_of_a_url_is_hidden() {
        let shown = |value| shown("traefik.http.middlewares.a.forwardauth.address", value).unwrap();
        assert_eq!(
            shown("http://me:word@auth:80/x@y"),
            "http://***@auth:80/x@y",
            "hidden"
        );
        assert_eq!(shown("http://auth/x@y"), "http://auth/x@y", "no user part");
        assert_eq!(shown("a@file"), "a@file", "no URL");
        assert_eq!(shown("http://a b@c"), "http://a b@c", "no URL either");
        assert_eq!(
            shown("redis://u:p@r1,redis://u:p@r2"),
            "redis://***@r1,redis://***@r2",
            "each"
        );
    }
}
