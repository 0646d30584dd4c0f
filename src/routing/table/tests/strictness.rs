//! Whatever labels say, the document is one that Traefik takes: checked by a reader written from its schema alone.

use proptest::prelude::*;

use super::properties::cases;
use super::{Mk, World, mk, strict, whoami};

fn assert_taken(world: &World) {
    let body = world.table.document().to_bytes();
    let faults = strict::faults(&body);
    assert_eq!(
        faults,
        Vec::<String>::new(),
        "{}",
        String::from_utf8_lossy(&body)
    );
}

// The reader must refuse what Traefik refuses, else it proves nothing; each of these was refused by Traefik 3.7.15.
#[test]
fn the_strict_reader_refuses_what_traefik_refuses() {
    for body in [
        r#"{"http":{}}"#,
        r#"{"http":{"routers":{"r":{"foo":"x"}}}}"#,
        r#"{"http":{"services":{"s":{"loadBalancer":{}}}}}"#,
        r#"{"http":{"middlewares":{"m":{"headers":{"customRequestHeaders":{}}}}}}"#,
        r#"{"http":{"routers":{"r":{"priority":1.5}}}}"#,
        r#"{"http":{"routers":{"r":{"entryPoints":[null]}}}}"#,
        r#"{"http":{"middlewares":{"m":{"retry":{"timeout":"9999999h"}}}}}"#,
        r#"{"http":{"middlewares":{"m":{"addPrefix":{"prefix":"\ud83d\ude00"}}}}}"#,
        "{\"http\":{\"middlewares\":{\"m\":{\"addPrefix\":{\"prefix\":\"\u{7f}\"}}}}}",
        r#"{"tcp":{"services":{"t":{"weighted":{"services":[{"name":"t"}]}}}}}"#,
        r#"{"udp":{"services":{"t":{"weighted":{"services":[{"name":"t@http"}]}}}}}"#,
        r#"{"http":{"services":{"t":{"weighted":{"services":[{"name":"gone"}]}}}}}"#,
    ] {
        assert_ne!(
            strict::faults(body.as_bytes()),
            Vec::<String>::new(),
            "{body}"
        );
    }
    let good = r#"{"http":{"routers":{"r":{"rule":"x","tls":{}}}},"tcp":{"services":{"t":{"loadBalancer":{"servers":[],"healthCheck":{}}}}}}"#;
    assert_eq!(
        strict::faults(good.as_bytes()),
        Vec::<String>::new(),
        "{good}"
    );
}

/// Parts of keys that mean something, so that chance gets somewhere.
const PARTS: &[&str] = &[
    "traefik",
    "http",
    "tcp",
    "udp",
    "tls",
    "routers",
    "services",
    "middlewares",
    "serverstransports",
    "options",
    "stores",
    "default",
    "a",
    "b",
    "weighted",
    "services[0]",
    "services[1]",
    "name",
    "weight",
    "mirroring",
    "mirrors[0]",
    "percent",
    "service",
    "failover",
    "fallback",
    "healthcheck",
    "errors",
    "status",
    "loadbalancer",
    "server",
    "port",
    "url",
    "scheme",
    "sticky",
    "cookie",
    "rule",
    "entrypoints",
    "priority",
    "tls",
    "certresolver",
    "domains[0]",
    "main",
    "sans",
    "passthrough",
    "chain",
    "headers",
    "customrequestheaders",
    "X-Y",
    "compress",
    "contenttype",
    "ipallowlist",
    "sourcerange",
    "ipstrategy",
    "ratelimit",
    "average",
    "period",
    "sourcecriterion",
    "redis",
    "plugin",
    "p",
    "forwardauth",
    "address",
    "inflightconn",
    "amount",
    "proxyprotocol",
    "version",
    "terminationdelay",
    "tls",
    "minversion",
    "clientauth",
    "cafiles",
    "defaultgeneratedcert",
    "resolver",
    "domain",
    "highestrandomweight",
    "healthCheck",
    "interval",
    "path",
    "forwardingtimeouts",
    "dialtimeout",
    "spiffe",
    "ids",
    "basicauth",
    "users",
    "observability",
    "tracing",
    "middlewares",
    "retry",
    "attempts",
];

const VALUES: &[&str] = &[
    "",
    "true",
    "false",
    "1",
    "0",
    "-1",
    "80",
    "99999",
    "10s",
    "9223372036854775807",
    "99999999999999999999",
    "a",
    "b",
    "a,b",
    "b@docker",
    "c@file",
    "Host(`x.example`)",
    "HostSNI(`*`)",
    "HostRegexp(`.+`)",
    "web",
    "http",
    "h2c",
    "\u{7f}",
    "\u{85}\u{fffe}",
    "║",
    "\u{2028}",
    "\"\\\n",
    "200-299",
    "VersionTLS12",
];

fn key() -> impl Strategy<Value = String> {
    let known = prop::collection::vec(prop::sample::select(PARTS), 1..7)
        .prop_map(|parts| format!("traefik.{}", parts.join(".")));
    let aimed = (
        prop::sample::select(vec![
            "http.routers",
            "http.services",
            "http.middlewares",
            "tcp.services",
            "tcp.routers",
            "udp.services",
            "http.serverstransports",
            "tcp.serverstransports",
            "tls.options",
        ]),
        prop::sample::select(vec!["a", "b", "c"]),
        prop::collection::vec(prop::sample::select(PARTS), 1..4),
    )
        .prop_map(|(section, name, parts)| format!("traefik.{section}.{name}.{}", parts.join(".")));
    prop_oneof![2 => known, 6 => aimed, 1 => "traefik\\.(http|tcp|udp|tls)\\.\\PC{0,40}", 1 => "\\PC{0,30}"]
}

fn labels() -> impl Strategy<Value = Vec<(String, String)>> {
    let value = prop_oneof![5 => prop::sample::select(VALUES).prop_map(str::to_owned), 1 => any::<String>()];
    prop::collection::vec((key(), value), 0..14)
}

fn labelled(mk: Mk, labels: &[(String, String)]) -> Mk {
    labels
        .iter()
        .fold(mk, |mk, (key, value)| mk.label(key, value))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: cases() / 10, ..ProptestConfig::default() })]

    #[test]
    fn any_label_leaves_a_document_that_traefik_takes(one in labels(), two in labels(), three in labels()) {
        let mut world = World::new(&[labelled(mk("one", 2), &one), labelled(mk("two", 3), &two)]);
        assert_taken(&world);
        let app = whoami("three", 4, "v1").label("pointsman.port", "80");
        world.put(&app);
        world.make_live("v1");
        world.put(&labelled(app, &three));
        assert_taken(&world);
        world.put(&labelled(whoami("four", 5, "v2"), &three));
        assert_taken(&world);
    }
}
