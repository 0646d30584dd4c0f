//! For each deliberate difference, worlds that show it and nothing else.

use crate::support::fake_engine::{FakeContainer, FakePort};
use crate::support::world::World;

use super::member;

/// Rule and world.
pub(crate) fn worlds() -> Vec<(&'static str, World)> {
    let mut all: Vec<(&'static str, World)> = singles()
        .into_iter()
        .map(|(rule, key, value)| (rule, vec![one(&[(&key, value)]), other()]))
        .collect();
    all.extend(crowds());
    all
}

/// One label each.
fn singles() -> Vec<(&'static str, String, &'static str)> {
    let router = |name: &str, field: &str| format!("traefik.http.routers.{name}.{field}");
    let middleware = |field: &str| format!("traefik.http.middlewares.m.{field}");
    let service = |field: &str| format!("traefik.http.services.s.{field}");
    let server = |field: &str| format!("traefik.http.services.s.loadbalancer.server.{field}");
    let deep = format!("traefik.http.middlewares.m.plugin{}", ".a".repeat(40));
    vec![
        ("broken-container", router("r", "ruel"), "x"),
        ("broken-container", router("r", "priority"), "high"),
        (
            "broken-container",
            "traefik.http..routers.r.rule".to_owned(),
            "x",
        ),
        (
            "broken-container",
            "Traefik.http.routers.r.rule".to_owned(),
            "x",
        ),
        ("broken-container", "traefik.docker.nerwork".to_owned(), "x"),
        ("broken-container", "traefik.enabled".to_owned(), "true"),
        ("broken-container", "traefik.httpx".to_owned(), "true"),
        ("at-docker", router("r", "middlewares"), "a@docker,b@file"),
        ("at-docker", router("r", "service"), "a@docker"),
        ("chain-loop", middleware("chain.middlewares"), "a,m"),
        (
            "composite-labels",
            service("weighted.services[0].name"),
            "c1",
        ),
        ("composite-labels", service("failover.service"), "c1"),
        ("deep-key", deep, "x"),
        ("list-separator", router("r", "middlewares"), "a\u{2551}b"),
        ("object-name", router("r@file", "rule"), "Path(`/`)"),
        ("object-name", router(&"r".repeat(501), "rule"), "Path(`/`)"),
        (
            "object-name",
            router("pointsman-rev-1", "rule"),
            "Path(`/`)",
        ),
        ("refused-rule", router("r", "rule"), "Host(a.example)"),
        ("refused-rule", router("r", "rule"), "Host(`a`) &&"),
        ("refused-rule", router("r", "rule"), "Host(\"\\x61\")"),
        (
            "settings-labels",
            "traefik.http.serverstransports.t.servername".to_owned(),
            "x",
        ),
        (
            "settings-labels",
            "traefik.tcp.serverstransports.t.dialtimeout".to_owned(),
            "3s",
        ),
        (
            "settings-labels",
            "traefik.tls.options.o.minversion".to_owned(),
            "VersionTLS12",
        ),
        (
            "says-nothing",
            "traefik.http.middlewares.m.compress".to_owned(),
            "off",
        ),
        ("server-limits", server("scheme"), "ftp"),
        ("server-limits", server("weight"), "0"),
        ("server-limits", server("port"), "65536"),
    ]
}

/// Those that show with `useBindPortIP`.
pub(crate) fn bound() -> Vec<(&'static str, World)> {
    let published = |protocol: &str, public| FakePort {
        private: 53,
        protocol: protocol.to_owned(),
        bindings: vec![("192.0.2.1".to_owned(), public)],
    };
    let mut dns = one(&[]);
    dns.ports = vec![published("tcp", 2000), published("udp", 2001)];
    let mut apart = dns.clone();
    apart.networks.clear();
    apart.ports[0].bindings = vec![("0.0.0.0".to_owned(), 2000)];
    vec![
        ("random-binding", vec![dns]),
        ("random-binding", vec![apart]),
    ]
}

/// Several containers, or none that serves.
fn crowds() -> Vec<(&'static str, World)> {
    let rule = "traefik.http.routers.r.rule";
    let mut ill = one(&[
        ("traefik.docker.allownonrunning", "true"),
        ("traefik.http.services.s.loadbalancer.server.port", "80"),
    ]);
    ill.health = Some("unhealthy".to_owned());
    let url = (
        "traefik.http.services.s.loadbalancer.server.url",
        "https://far.example:8443/x",
    );
    let mut named = one(&[("traefik.docker.allownonrunning", "true"), url]);
    named.health = Some("unhealthy".to_owned());
    let off = two(&[("traefik.enable", "false"), url]);
    let far = one(&[])
        .network("back", "10.1.0.2")
        .network("alpha", "10.2.0.2");
    let conflict = vec![one(&[(rule, "Path(`/a`)")]), two(&[(rule, "Path(`/b`)")])];
    let interval = "traefik.http.services.s.loadbalancer.healthcheck.interval";
    let path = "traefik.http.services.s.loadbalancer.healthcheck.path";
    let defaults = vec![one(&[(path, "/")]), two(&[(path, "/"), (interval, "30s")])];
    let mut host = one(&[("traefik.docker.network", "host")]);
    host.networks.clear();
    let host = host.network("host", "");
    let mut sharer = two(&[]);
    sharer.networks.clear();
    sharer.network_mode = format!("container:{}", host.name);
    let store = "traefik.tls.stores.default.defaultgeneratedcert.resolver";
    let stores = vec![one(&[(store, "a")]), two(&[(store, "b")])];
    vec![
        ("written-default", defaults),
        ("host-network", vec![host.clone()]),
        ("host-network", vec![host, sharer]),
        ("conflict", conflict),
        ("conflict", stores),
        ("idle-server", vec![ill]),
        ("idle-server", vec![named, off]),
        ("random-network", vec![far]),
    ]
}

fn one(labels: &[(&str, &str)]) -> FakeContainer {
    numbered(0, labels)
}

fn two(labels: &[(&str, &str)]) -> FakeContainer {
    numbered(1, labels)
}

/// Beside whom nothing changes.
fn other() -> FakeContainer {
    two(&[("traefik.http.routers.other.rule", "Host(`other.example`)")])
}

fn numbered(index: usize, labels: &[(&str, &str)]) -> FakeContainer {
    let owned = |(key, value): &(&str, &str)| ((*key).to_owned(), (*value).to_owned());
    let labels: Vec<(String, String)> = labels.iter().map(owned).collect();
    member(index, &labels)
}
