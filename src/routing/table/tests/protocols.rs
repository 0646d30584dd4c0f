//! TCP and UDP, unmanaged and managed, and the settings that labels of Traefik's own provider cannot give.

use serde_json::{Value, json};

use super::{Mk, World, mk, whoami};

impl World {
    fn at(&self, pointer: &str) -> Value {
        self.document()
            .pointer(pointer)
            .cloned()
            .unwrap_or(Value::Null)
    }

    fn keys(&self, pointer: &str) -> Vec<String> {
        let object = self.at(pointer);
        object
            .as_object()
            .into_iter()
            .flatten()
            .map(|(key, _)| key.clone())
            .collect()
    }
}

fn database(name: &str, n: u8) -> Mk {
    mk(name, n)
        .label("traefik.tcp.routers.db.rule", "HostSNI(`*`)")
        .label("traefik.tcp.routers.db.entrypoints", "postgres")
        .label("traefik.tcp.services.db.loadbalancer.server.port", "5432")
}

#[test]
fn tcp_labels_alone_make_no_http_router() {
    let world = World::new(&[database("a", 2), database("b", 3)]);
    assert_eq!(world.names("routers"), Vec::<String>::new(), "no HTTP");
    assert_eq!(
        world.at("/tcp"),
        json!({
            "routers": {"db": {"entryPoints": ["postgres"], "rule": "HostSNI(`*`)", "service": "db"}},
            "services": {"db": {"loadBalancer": {"servers": [
                {"address": "10.0.0.2:5432"}, {"address": "10.0.0.3:5432"}
            ]}}}
        }),
        "one service, two servers"
    );
    assert_eq!(world.codes(), Vec::<&str>::new(), "nothing wrong");
}

#[test]
fn tcp_and_udp_have_default_services_and_no_default_routers() {
    let world = World::new(&[
        mk("a", 2)
            .label("traefik.tcp.routers.r.rule", "HostSNI(`db.example`)")
            .label("traefik.tcp.routers.r.tls", "true"),
        mk("b", 3).label("traefik.udp.routers.r.entrypoints", "dns"),
        mk("c", 4).label("traefik.udp.services.s.loadbalancer.server.port", "53"),
    ]);
    assert_eq!(world.at("/tcp/routers/r/service"), "a", "linked");
    assert_eq!(world.at("/udp/routers/r/service"), "b", "linked");
    assert_eq!(world.keys("/udp/routers"), ["r"], "none by default");
    assert_eq!(
        world.at("/udp/services/s/loadBalancer/servers/0/address"),
        "10.0.0.4:53"
    );
    assert_eq!(
        world.at("/tcp/routers/r/tls"),
        json!({}),
        "on, with defaults"
    );
}

#[test]
fn a_service_without_servers_is_written_so_that_traefik_takes_it() {
    let stopped = database("a", 2)
        .label("traefik.docker.allownonrunning", "true")
        .state(crate::routing::model::State::Exited);
    let world = World::new(&[stopped]);
    assert_eq!(
        world.at("/tcp/services/db"),
        json!({"loadBalancer": {"servers": []}}),
        "never an empty object"
    );
}

#[test]
fn settings_work_from_labels() {
    let world = World::new(&[mk("a", 2)
        .label(
            "traefik.http.serverstransports.t.insecureskipverify",
            "true",
        )
        .label(
            "traefik.http.services.a.loadbalancer.serverstransport",
            "t@docker",
        )
        .label("traefik.tls.options.modern.minversion", "VersionTLS13")
        .label("traefik.tls.options.default.minversion", "VersionTLS10")
        .label("traefik.http.routers.a.tls.options", "modern@docker")]);
    assert_eq!(
        world.at("/http/serversTransports"),
        json!({"t": {"insecureSkipVerify": true}})
    );
    assert_eq!(
        world.at("/tls/options"),
        json!({"modern": {"minVersion": "VersionTLS13"}}),
        "default holds for all of Traefik and is refused"
    );
    assert_eq!(world.service("a")["loadBalancer"]["serversTransport"], "t");
    assert_eq!(world.router("a")["tls"]["options"], "modern");
    assert_eq!(world.codes(), ["object-name"], "the refusal is told");
}

fn managed_database(name: &str, n: u8, version: &str) -> Mk {
    whoami(name, n, version)
        .label(
            "traefik.tcp.routers.db.rule",
            "HostSNI(`whoami.dev.example.com`)",
        )
        .label("traefik.tcp.routers.db.tls", "true")
        .label("traefik.tcp.routers.db.middlewares", "few")
        .label("traefik.tcp.middlewares.few.inflightconn.amount", "9")
        .label("traefik.tcp.services.db.loadbalancer.server.port", "5432")
}

#[test]
fn managed_tcp_has_preview_staged_and_live() {
    let mut world = World::new(&[
        managed_database("a", 2, "v1"),
        managed_database("b", 3, "v2"),
    ]);
    world.make_live("v1");
    world.promote("v2", None);
    assert_eq!(
        world.keys("/tcp/routers"),
        ["whoami-dev-db", "whoami-dev-db-staged"]
    );
    let staged = world.at("/tcp/routers/whoami-dev-db-staged");
    assert_eq!(staged["rule"], "HostSNI(`vnext-whoami.dev.example.com`)");
    assert_eq!(staged["service"], "whoami-dev-db-v2");
    assert_eq!(staged["middlewares"], json!(["whoami-dev-few-v2"]));
    assert_eq!(
        world.at("/tcp/services/whoami-dev-db"),
        json!({"weighted": {"services": [{"name": "whoami-dev-db-v1", "weight": 100}]}}),
        "the live parent"
    );
    assert_eq!(world.names("routers"), Vec::<String>::new(), "no HTTP");
}

fn resolver(name: &str, n: u8, version: &str) -> Mk {
    whoami(name, n, version)
        .label("traefik.udp.routers.dns.entrypoints", "dns")
        .label("traefik.udp.services.dns.loadbalancer.server.port", "53")
}

#[test]
fn managed_udp_exists_only_live() {
    let mut world = World::new(&[resolver("a", 2, "v1"), resolver("b", 3, "v2")]);
    assert_eq!(
        world.keys("/udp/routers"),
        Vec::<String>::new(),
        "no preview"
    );
    assert_eq!(
        world.codes(),
        Vec::<&str>::new(),
        "which is as it should be"
    );
    world.make_live("v1");
    world.promote("v2", Some(50));
    assert_eq!(world.keys("/udp/routers"), ["whoami-dev-dns"], "live");
    world.command(crate::routing::rollout::Command::switch());
    assert_eq!(
        world.at("/udp/services/whoami-dev-dns/weighted/services"),
        json!([{"name": "whoami-dev-dns-v2", "weight": 100}]),
        "switched"
    );
}

#[test]
fn one_entry_point_has_one_udp_router() {
    let other = resolver("c", 9, "v1").managed("other", "dev", "v1");
    let mut world = World::new(&[resolver("a", 2, "v1"), other, {
        mk("d", 1).label("traefik.udp.routers.mine.entrypoints", "dns")
    }]);
    assert_eq!(world.keys("/udp/routers"), ["mine"], "nobody else is live");
    world.make_live("v1");
    assert_eq!(
        world.keys("/udp/routers"),
        ["whoami-dev-dns"],
        "managed stands before unmanaged"
    );
    assert!(world.codes().contains(&"entry-point-taken"), "and told");
}

#[test]
fn an_unmanaged_tcp_router_cannot_take_what_managed_http_uses() {
    let catch = |name: &str, n, entry: &str| {
        mk(name, n)
            .label(&format!("traefik.tcp.routers.{name}.rule"), "HostSNI(`*`)")
            .label(&format!("traefik.tcp.routers.{name}.entrypoints"), entry)
    };
    let world = World::new(&[
        whoami("web", 2, "v1"),
        catch("x", 3, "web"),
        catch("y", 4, "postgres"),
        mk("z", 5).label("traefik.tcp.routers.z.rule", "HostSNI(`*`)"),
    ]);
    assert_eq!(
        world.keys("/tcp/routers"),
        ["y"],
        "only its own entry point"
    );
    let taken = world
        .codes()
        .iter()
        .filter(|code| **code == "entry-point-taken")
        .count();
    assert_eq!(taken, 2, "both are told");
}

#[test]
fn a_plain_managed_tcp_router_must_say_where() {
    for (label, value) in [("rule", "HostSNI(`db.example`)"), ("priority", "5")] {
        let key = format!("traefik.tcp.routers.db.{label}");
        let mut world = World::new(&[whoami("a", 2, "v1").label(&key, value)]);
        world.make_live("v1");
        assert_eq!(world.keys("/tcp/routers"), Vec::<String>::new());
        assert!(
            world.codes().contains(&"router-rule"),
            "{:?}",
            world.codes()
        );
    }
}

#[test]
fn a_managed_tcp_router_that_could_match_any_name_stands_below_all_others() {
    let live = |rule: &str, priority: &str| {
        let mut world = World::new(&[whoami("a", 2, "v1")
            .label("traefik.tcp.routers.db.rule", rule)
            .label("traefik.tcp.routers.db.tls", "true")
            .label("traefik.tcp.routers.db.entrypoints", "postgres")
            .label("traefik.tcp.routers.db.priority", priority)]);
        world.make_live("v1");
        world.at("/tcp/routers/whoami-dev-db/priority").as_i64()
    };
    for rule in [
        "HostSNIRegexp(`.+`)",
        "HostSNI(`*.example`)",
        "HostSNI(`*`)",
    ] {
        for priority in ["7", "9223372036854774807"] {
            let made = live(rule, priority).unwrap();
            assert!(made < 0, "{rule} with priority {priority}: {made}");
        }
    }
    assert_eq!(live("HostSNI(`db.example`)", "7"), Some(7), "as written");
}

// Of two routers of one entry point Traefik takes either, so a candidate would have all of the live traffic by chance.
#[test]
fn a_candidate_cannot_take_an_entry_point_of_the_active_version() {
    for protocol in ["udp", "tcp"] {
        let version = |name: &str, n, version: &str, router: &str| {
            let key = |rest: &str| format!("traefik.{protocol}.{rest}");
            let made = whoami(name, n, version)
                .label(&key(&format!("routers.{router}.entrypoints")), "dns")
                .label(&key("services.dns.loadbalancer.server.port"), "53");
            match protocol {
                "tcp" => made.label(&key(&format!("routers.{router}.rule")), "HostSNI(`*`)"),
                _ => made,
            }
        };
        let mut world = World::new(&[version("a", 2, "v1", "dns"), version("b", 3, "v2", "any")]);
        world.make_live("v1");
        world.promote("v2", Some(1));
        let routers = format!("/{protocol}/routers");
        assert_eq!(world.keys(&routers), ["whoami-dev-dns"], "one of them");
        assert_eq!(world.codes(), ["entry-point-taken"], "and told");
        world.command(crate::routing::rollout::Command::switch());
        assert_eq!(world.keys(&routers), ["whoami-dev-any"], "the active one's");
    }
}

#[test]
fn a_managed_tcp_router_cannot_take_what_its_own_http_uses() {
    let tcp = |version: &str, entry: &str| {
        whoami("a", 2, version)
            .label("traefik.http.services.a.loadbalancer.server.port", "80")
            .label("traefik.tcp.routers.db.rule", "HostSNI(`*`)")
            .label("traefik.tcp.routers.db.entrypoints", entry)
    };
    for (entry, expected) in [("web", &[][..]), ("postgres", &["whoami-dev-db"])] {
        let mut world = World::new(&[tcp("v1", entry)]);
        world.make_live("v1");
        assert_eq!(world.keys("/tcp/routers"), expected, "{entry}");
        assert_eq!(
            world.codes().contains(&"entry-point-taken"),
            expected.is_empty(),
            "told"
        );
    }
}

// Traefik does not survive a TCP service that contains itself. Here `web-b` of version `1` has the name that `web` of
// `b-1` would have, and leads back to their parent.
#[test]
fn a_live_parent_never_contains_itself() {
    let tcp = |name: &str, n, version: &str| {
        whoami(name, n, version)
            .label("traefik.tcp.routers.web.tls", "true")
            .label("traefik.tcp.routers.web.service", "web")
            .label("traefik.tcp.services.web.loadbalancer.server.port", "80")
    };
    let child = "traefik.tcp.services.web-b.weighted.services[0].name";
    let mut world = World::new(&[
        tcp("a", 2, "1").label(child, "whoami-dev-web@http"),
        tcp("b", 3, "b-1"),
    ]);
    world.make_live("1");
    world.promote("b-1", Some(50));
    assert_eq!(
        world.keys("/tcp/services"),
        ["whoami-dev-web", "whoami-dev-web-1"],
        "{}",
        world.document()
    );
    assert_eq!(
        world.at("/tcp/services/whoami-dev-web/weighted/services"),
        json!([{"name": "whoami-dev-web-1", "weight": 50}]),
        "without what leads back"
    );
}
