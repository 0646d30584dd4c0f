//! What a label may say without making Traefik refuse the document; each case was tried on Traefik 3.7.15.

use serde_json::json;

use super::{Mk, World, mk, whoami};

fn long() -> String {
    "x".repeat(1100)
}

#[track_caller]
fn assert_kept_out(label: &str, value: &str) {
    let beside = "traefik.http.middlewares.good.addprefix.prefix";
    for mk in [
        mk("web", 2),
        whoami("web", 2, "v1").label("pointsman.port", "80"),
    ] {
        let world = World::new(&[mk.label(label, value).label(beside, "/x")]);
        let names = world.names("middlewares");
        assert_eq!(names.len(), 1, "{label} alone is kept out: {names:?}");
        assert_eq!(world.codes().len(), 1, "and told: {:?}", world.codes());
    }
}

// A key that is longer than 1024 bytes as written is no key to YAML, and Traefik refused the whole document: one
// container's header name stopped the updates of all apps. Only the names of objects were measured, before escaping.
#[test]
fn a_long_key_costs_its_object() {
    let middleware = "traefik.http.middlewares.m";
    assert_kept_out(
        &format!("{middleware}.headers.customrequestheaders.{}", long()),
        "x",
    );
    assert_kept_out(&format!("{middleware}.plugin.p.a.{}", long()), "x");
    let escaped = "\u{1}".repeat(300);
    assert_kept_out(
        &format!("{middleware}.headers.customresponseheaders.{escaped}"),
        "x",
    );
}

// Seconds beyond 64 bits and durations beyond 292 years were taken because they look right; Go cannot count them, and
// Traefik refused the whole document.
#[test]
fn a_duration_that_go_cannot_count_costs_its_object() {
    for duration in ["99999999999999999999", "9999999h", "-9999999h"] {
        assert_kept_out("traefik.http.middlewares.m.retry.initialinterval", duration);
    }
    let label = "traefik.http.middlewares.m.retry.initialinterval";
    for duration in ["9223372036854775807", "2562047h", "-5s", "1.5s"] {
        let world = World::new(&[mk("web", 2).label(label, duration)]);
        assert_eq!(world.names("middlewares"), ["m"], "{duration}");
    }
}

// Three structs were shared between places where Traefik knows different fields; the field of one place made it refuse
// the whole document at the other.
#[test]
fn a_field_that_traefik_knows_elsewhere_only_is_unknown() {
    assert_kept_out(
        "traefik.http.middlewares.m.passtlsclientcert.info.issuer.organizationalunit",
        "true",
    );
    assert_kept_out(
        "traefik.http.middlewares.m.ratelimit.redis.tls.caoptional",
        "true",
    );
    assert_kept_out(
        "traefik.http.middlewares.m.ipwhitelist.rejectstatuscode",
        "404",
    );
}

fn both(key: &str, value: &str) -> [(Mk, &'static str); 2] {
    let label = format!("traefik.http.services.web.loadbalancer.server.{key}");
    [
        (mk("web", 2).label(&label, value), "web"),
        (
            whoami("web", 2, "v1").label(&label, value),
            "whoami-dev-web-v1",
        ),
    ]
}

// The scheme was put before the address unread, so `http://elsewhere/?` made a container of Traefik's network the way
// to any other address.
#[test]
fn a_scheme_is_not_a_url() {
    for (mk, service) in both("scheme", "http://169.254.169.254/?") {
        let world = World::new(&[mk]);
        assert_eq!(world.urls(service), Vec::<String>::new(), "no server");
        assert!(!world.codes().is_empty(), "and told");
    }
    for (mk, service) in both("scheme", "h2c") {
        assert_eq!(
            World::new(&[mk]).urls(service),
            ["h2c://10.0.0.2:80"],
            "taken"
        );
    }
}

// A server of weight 0 gets nothing, but it takes part in health checks, and then Traefik's balancer can spin for ever.
#[test]
fn a_server_of_weight_zero_is_left_out() {
    for (mk, service) in both("weight", "0") {
        let world = World::new(&[mk]);
        assert_eq!(world.urls(service), Vec::<String>::new(), "no server");
        assert!(!world.codes().is_empty(), "and told");
    }
    for (mk, service) in both("weight", "3") {
        let servers = World::new(&[mk]).service(service)["loadBalancer"]["servers"].clone();
        assert_eq!(
            servers,
            json!([{"url": "http://10.0.0.2:80", "weight": 3}]),
            "kept"
        );
    }
}
