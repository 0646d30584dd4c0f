use std::collections::BTreeMap;

use crate::routing::ids::ContainerId;
use crate::routing::model::{Container, Health, State};
use crate::routing::traefik::any::{AnyMiddleware, AnyRouter, AnyService};
use crate::routing::traefik::http::{LoadBalancer, Router};
use crate::routing::traefik::middleware::Middleware;
use crate::routing::traefik::{Protocol, Section};

use super::{Declaration, Managed};

fn router<'a>(declaration: &'a Declaration, name: &str) -> &'a Router {
    match &declaration.objects.routers[&(Protocol::Http, name.to_owned())] {
        AnyRouter::Http(router) => router,
        AnyRouter::Tcp(_) | AnyRouter::Udp(_) => panic!("{name} is not of HTTP"),
    }
}

fn balancer<'a>(declaration: &'a Declaration, name: &str) -> &'a LoadBalancer {
    match &declaration.objects.services[&(Protocol::Http, name.to_owned())] {
        AnyService::Http(service) => service.load_balancer.as_ref().unwrap(),
        AnyService::Tcp(_) | AnyService::Udp(_) => panic!("{name} is not of HTTP"),
    }
}

fn middleware<'a>(declaration: &'a Declaration, name: &str) -> &'a Middleware {
    match &declaration.objects.middlewares[&(Protocol::Http, name.to_owned())] {
        AnyMiddleware::Http(middleware) => middleware,
        AnyMiddleware::Tcp(other) => panic!("{other:?} is not of HTTP"),
    }
}

fn read(labels: &[(&str, &str)]) -> Declaration {
    Declaration::read(&Container {
        id: ContainerId::parse("c1").unwrap(),
        name: "web-1".to_owned(),
        created: 1,
        labels: labels
            .iter()
            .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()))
            .collect(),
        state: State::Running,
        health: Health::None,
        leaving: None,
        image: String::new(),
        network_mode: "default".to_owned(),
        networks: BTreeMap::new(),
        ports: Vec::new(),
    })
}

#[test]
fn common_labels_become_typed_objects() {
    let declaration = read(&[
        ("traefik.enable", "true"),
        ("traefik.http.routers.web.rule", "Host(`a.example`)"),
        ("traefik.http.routers.web.EntryPoints", "web, websecure"),
        ("traefik.http.routers.web.tls", "true"),
        ("traefik.http.routers.web.tls.certresolver", "le"),
        ("traefik.http.routers.web.tls.domains[0].main", "a.example"),
        (
            "traefik.http.routers.web.tls.domains[0].sans",
            "b.example,c.example",
        ),
        ("traefik.http.routers.web.middlewares", "auth,strip@file"),
        ("traefik.http.services.web.loadbalancer.server.port", "8080"),
        ("traefik.http.services.web.loadbalancer.sticky.cookie", ""),
        (
            "traefik.http.middlewares.auth.headers.customrequestheaders.X-Foo",
            "bar",
        ),
        ("traefik.http.middlewares.limit.ratelimit.average", "100"),
        ("traefik.http.middlewares.p.plugin.my.list[0]", "x"),
        ("traefik.docker.network", "front"),
    ]);
    assert_eq!(declaration.diagnostics, vec![], "nothing to complain about");
    let router = router(&declaration, "web");
    assert_eq!(
        router.entry_points,
        ["web", "websecure"],
        "split and trimmed, case ignored"
    );
    let tls = router.tls.as_ref().expect("tls is on");
    assert_eq!(
        tls.cert_resolver.as_deref(),
        Some("le"),
        "sub-fields count beside true"
    );
    assert_eq!(
        tls.domains[0].sans,
        ["b.example", "c.example"],
        "indexed objects"
    );
    let balancer = balancer(&declaration, "web");
    assert_eq!(
        balancer.server.as_ref().unwrap().port.as_deref(),
        Some("8080"),
        "port as written"
    );
    assert!(
        balancer.sticky.as_ref().unwrap().cookie.is_some(),
        "an empty cookie is on"
    );
    let headers = middleware(&declaration, "auth").headers.as_ref().unwrap();
    assert_eq!(
        headers.custom_request_headers["X-Foo"], "bar",
        "map keys keep their case"
    );
    assert_eq!(
        middleware(&declaration, "p").plugin["my"].0["list"][0],
        "x",
        "plugins are free-form"
    );
    assert_eq!(declaration.network.as_deref(), Some("front"), "network");
}

#[test]
fn every_protocol_is_read() {
    let declaration = read(&[
        ("traefik.tcp.routers.db.rule", "HostSNI(`*`)"),
        ("traefik.tcp.routers.db.tls.passthrough", "true"),
        ("traefik.tcp.services.db.loadbalancer.server.port", "5432"),
        ("traefik.tcp.services.db.loadbalancer.healthcheck", ""),
        ("traefik.tcp.services.split.weighted.services[0].name", "db"),
        ("traefik.tcp.middlewares.few.inflightconn.amount", "9"),
        ("traefik.udp.routers.dns.entrypoints", "dns"),
        ("traefik.udp.services.dns.loadbalancer.server.port", "53"),
        ("traefik.http.services.m.mirroring.service", "a"),
        ("traefik.http.services.m.mirroring.mirrors[0].name", "b"),
        ("traefik.http.services.m.mirroring.mirrors[0].percent", "10"),
        ("traefik.http.services.f.failover.service", "a"),
        ("traefik.http.services.f.failover.healthcheck", "true"),
        ("traefik.http.serverstransports.t.insecureskipverify", "1"),
        ("traefik.tcp.serverstransports.t.dialtimeout", "5s"),
        ("traefik.tls.options.modern.minversion", "VersionTLS13"),
        (
            "traefik.tls.stores.default.defaultgeneratedcert.resolver",
            "le",
        ),
    ]);
    assert_eq!(declaration.diagnostics, vec![], "nothing to complain about");
    for section in Section::ALL {
        let said = !matches!(section, Section::HttpRouters | Section::HttpMiddlewares);
        assert_eq!(declaration.objects.names(section), said, "{section}");
    }
}

#[test]
fn labels_without_effect_are_told_and_cost_nothing() {
    let declaration = read(&[
        ("traefik.http.routers.r.rule", "Path(`/`)"),
        ("traefik.http.routers.r.parentrefs", "x"),
        (
            "traefik.tcp.services.s.loadbalancer.server.address",
            "10.0.0.1:5",
        ),
        ("traefik.http.router.typo.rule", "Path(`/`)"),
        ("traefik.httpx.y", "1"),
        ("traefik.tls.options.default.minversion", "VersionTLS10"),
    ]);
    let told: Vec<_> = declaration
        .diagnostics
        .iter()
        .map(|d| (d.code, d.key.as_deref().unwrap_or_default()))
        .collect();
    assert_eq!(
        told,
        [
            ("label-ignored", "traefik.http.routers.r.parentRefs"),
            (
                "label-ignored",
                "traefik.tcp.services.s.loadBalancer.server.address"
            ),
            ("object-name", "traefik.tls.options.default"),
            ("label-unknown", "traefik.http.router"),
            ("label-unknown", "traefik.httpx"),
        ]
    );
    assert_eq!(declaration.objects.routers.len(), 1, "the router stands");
    assert_eq!(declaration.objects.services.len(), 1, "the service too");
}

#[test]
fn a_service_is_of_one_kind() {
    let declaration = read(&[
        ("traefik.http.services.a.loadbalancer.server.port", "80"),
        ("traefik.http.services.a.weighted.services[0].name", "b"),
        ("traefik.http.services.c.weighted.services[0].name", "b"),
        ("traefik.http.services.c.mirroring.service", "b"),
    ]);
    let codes: Vec<_> = declaration.diagnostics.iter().map(|d| d.code).collect();
    assert_eq!(codes, ["service-kinds", "service-kinds"]);
    assert!(
        balancer(&declaration, "a").server.is_some(),
        "the load balancer counts, as in Traefik's own provider"
    );
    let broken = (Section::HttpServices, "c".to_owned());
    assert!(declaration.objects.broken.contains(&broken), "of two none");
}

#[test]
fn false_switches_off_with_its_sub_fields() {
    let declaration = read(&[
        ("traefik.http.routers.web.tls", "false"),
        ("traefik.http.routers.web.tls.certresolver", "le"),
    ]);
    assert_eq!(router(&declaration, "web").tls, None, "off");
}

// Each of these was read otherwise than Traefik reads it, and found by comparing with Traefik itself: an index on a
// list of texts filled the list, `1` switched on, `+3s` and headers with a dot in their name cost the object, an empty
// address was one, and a plugin's `[0]` lost its whole configuration.
#[test]
fn odd_forms_are_read_as_traefik_reads_them() {
    let balancer = "traefik.http.services.s.loadbalancer";
    let declaration = read(&[
        ("traefik.http.routers.r.entrypoints[0]", "web"),
        ("traefik.http.routers.r.middlewares", "a,b"),
        ("traefik.http.routers.r.middlewares.sub", "c"),
        ("traefik.http.routers.r.service", ""),
        ("traefik.http.routers.r.tls", "1"),
        ("traefik.http.routers.t.tls", "TRUE"),
        ("traefik.http.routers.t.tls.domains.any.main", "a.example"),
        ("traefik.http.routers.t.tls.domains[0]", "nothing"),
        (&format!("{balancer}.server.url"), ""),
        (&format!("{balancer}.healthcheck.interval"), "+3s"),
        (&format!("{balancer}.healthcheck.headers.X.Y[0].Z"), "v"),
        (&format!("{balancer}.healthcheck.headers.X[0"), "open"),
        ("traefik.http.middlewares.p.plugin.my[0]", "x"),
        ("traefik.http.middlewares.p.plugin.bare", "x"),
    ]);
    assert_eq!(declaration.diagnostics, vec![], "nothing is wrong");
    let router_r = router(&declaration, "r");
    assert!(
        router_r.entry_points.is_empty(),
        "below a list nothing counts"
    );
    assert_eq!(router_r.middlewares, ["a", "b"], "its value does");
    assert_eq!(router_r.service, None, "empty is absent");
    assert_eq!(router_r.tls, None, "only true switches on");
    let domains = &router(&declaration, "t").tls.as_ref().unwrap().domains;
    assert_eq!(domains.len(), 2, "of objects everything below is one");
    let balancer = self::balancer(&declaration, "s");
    assert_eq!(
        balancer.server.as_ref().unwrap().url,
        None,
        "empty is absent"
    );
    let headers = &balancer.health_check.as_ref().unwrap().headers;
    assert_eq!(headers["X.Y.[0].Z"], "v", "a path is a key");
    assert_eq!(headers["X[0"], "open", "a bracket alone is a character");
    let plugin = &middleware(&declaration, "p").plugin;
    assert_eq!(
        plugin["my"].0["[0]"], "x",
        "a plugin's configuration is a map"
    );
    assert!(plugin["bare"].0.is_empty(), "and may be empty");
}

#[test]
fn a_list_element_that_traefik_would_split_costs_its_object() {
    let declaration = read(&[("traefik.http.routers.r.middlewares", "a\u{2551}b")]);
    assert!(declaration.objects.routers.is_empty(), "it cannot be said");
    assert!(
        declaration.diagnostics[0].message.contains("U+2551"),
        "and is told"
    );
}

#[test]
fn a_broken_object_costs_that_object_only() {
    let declaration = read(&[
        ("traefik.http.routers.bad.priority", "high"),
        ("traefik.http.routers.good.rule", "Path(`/`)"),
        ("traefik.http.routers.typo.ruel", "Path(`/`)"),
        ("traefik.http.routers.a].rule", "Path(`/`)"),
        ("traefik.http.services.s.loadbalancer", "true"),
        ("traefik.http.middlewares.x@file.addprefix.prefix", "/x"),
    ]);
    assert_eq!(
        declaration.objects.routers.keys().collect::<Vec<_>>(),
        [&(Protocol::Http, "good".to_owned())],
        "only the good one is left"
    );
    assert_eq!(
        declaration.diagnostics.len(),
        5,
        "each fault is told: {:?}",
        declaration.diagnostics
    );
    let told = |part: &str| {
        declaration
            .diagnostics
            .iter()
            .any(|d| d.message.contains(part))
    };
    assert!(told("\"high\" is not a whole number"), "value and reason");
    assert!(told("unknown field `ruel`"), "unknown field by name");
    assert!(
        declaration
            .objects
            .broken
            .contains(&(Section::HttpServices, "s".to_owned())),
        "named but broken"
    );
}

#[test]
fn a_finding_has_the_key_and_what_it_says() {
    let declaration = read(&[
        ("traefik.enable", "maybe"),
        ("traefik.docker.allownonrunning", "perhaps"),
        ("traefik.http.routers.a.Priority", "high"),
        ("traefik.http.routers.b.tls.domains[0].mian", "a.example"),
        ("traefik.http.middlewares.c.basicauth", "me:hunter2"),
        (
            "traefik.http.middlewares.d.ratelimit.redis.pasword",
            "hunter2",
        ),
        ("Traefik.http.routers.e.rule", "Path(`/`)"),
        ("pointsman.app", "Whoami"),
        ("pointsman.env", "dev"),
        ("pointsman.version", "v1"),
    ]);
    let said: Vec<(&str, Option<&str>)> = declaration
        .diagnostics
        .iter()
        .map(|finding| (finding.key.as_deref().unwrap(), finding.value.as_deref()))
        .collect();
    let expected = [
        ("Traefik.http.routers.e.rule", Some("Path(`/`)")),
        ("traefik.http.routers.a.Priority", Some("high")),
        (
            "traefik.http.routers.b.tls.domains[0].mian",
            Some("a.example"),
        ),
        ("traefik.http.middlewares.c.basicauth", None),
        ("traefik.http.middlewares.d.ratelimit.redis.pasword", None),
        ("traefik.enable", Some("maybe")),
        ("traefik.docker.allownonrunning", Some("perhaps")),
        ("pointsman.app", Some("Whoami")),
    ];
    assert_eq!(
        said, expected,
        "exact keys, values of those without secrets"
    );
    let printed = format!("{:?}", declaration.diagnostics);
    assert!(
        !printed.contains("hunter2"),
        "no secret in a message: {printed}"
    );
}

// A label key of a few megabytes, all dots, became a tree so deep that dropping it overflowed the stack.
// Labels are written by strangers: one container could end the daemon.
#[test]
fn an_absurdly_deep_key_costs_itself() {
    let deep = format!(
        "traefik.http.middlewares.m.plugin{}",
        ".a".repeat(1_000_000)
    );
    let declaration = read(&[(&deep, "x"), ("traefik.http.routers.r.rule", "Path(`/`)")]);
    assert_eq!(declaration.objects.routers.len(), 1, "the rest counts");
    let message = &declaration.diagnostics[0].message;
    assert_eq!(message, "the key has more than 32 parts", "and it is told");
}

#[test]
fn managed_labels_are_all_or_nothing() {
    assert_eq!(
        read(&[("pointsman.role", "server")]).managed,
        Managed::No,
        "a role is not a membership"
    );
    let partial = read(&[("pointsman.app", "whoami"), ("pointsman.env", "dev")]);
    assert!(
        matches!(
            partial.managed,
            Managed::Refused {
                key: "pointsman.version",
                ..
            }
        ),
        "names what is missing"
    );
    let bad = read(&[
        ("pointsman.app", "Whoami"),
        ("pointsman.env", "dev"),
        ("pointsman.version", "v1"),
    ]);
    assert!(
        matches!(
            bad.managed,
            Managed::Refused {
                key: "pointsman.app",
                ..
            }
        ),
        "names what is wrong"
    );
    let full = read(&[
        ("pointsman.app", "whoami"),
        ("pointsman.env", "dev"),
        ("pointsman.version", "v1.2.0"),
        ("pointsman.host", "API"),
        ("pointsman.port", "8080"),
    ]);
    let Managed::Yes(labels) = full.managed else {
        panic!("complete")
    };
    assert_eq!(
        (labels.host.as_deref(), labels.port),
        (Some("api"), Some(8080)),
        "prefix in lower case, port as number"
    );
}
