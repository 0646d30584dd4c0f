use serde_json::json;

use crate::routing::model::{Change, Health, State};
use crate::routing::table::{DefaultRule, Options};

use super::{World, mk};

#[test]
fn a_plain_container_gets_the_default_router_and_service() {
    let world = World::new(&[mk("web.1", 2)]);
    let expected = json!({"http": {
        "routers": {"web-1": {"rule": "Host(`web-1`)", "service": "web-1"}},
        "services": {"web-1": {"loadBalancer": {"passHostHeader": true, "servers": [{"url": "http://10.0.0.2:80"}]}}},
    }});
    assert_eq!(
        world.document(),
        expected,
        "as Traefik's own provider names it"
    );
}

#[test]
fn labels_shape_routers_services_and_middlewares() {
    let web = mk("web", 2)
        .label(
            "traefik.http.routers.shop.rule",
            "Host(`shop.example`) && PathPrefix(`/x`)",
        )
        .label("traefik.http.routers.shop.entrypoints", "web,websecure")
        .label("traefik.http.routers.shop.tls", "true")
        .label("traefik.http.routers.shop.middlewares", "strip")
        .label(
            "traefik.http.services.shop.loadbalancer.server.port",
            "8080",
        )
        .label(
            "traefik.http.services.shop.loadbalancer.server.scheme",
            "https",
        )
        .label("traefik.http.middlewares.strip.stripprefix.prefixes", "/x");
    let expected = json!({"http": {
        "routers": {"shop": {
            "rule": "Host(`shop.example`) && PathPrefix(`/x`)", "entryPoints": ["web", "websecure"],
            "middlewares": ["strip"], "service": "shop", "tls": {},
        }},
        "services": {"shop": {"loadBalancer": {"passHostHeader": true, "servers": [{"url": "https://10.0.0.2:8080"}]}}},
        "middlewares": {"strip": {"stripPrefix": {"prefixes": ["/x"]}}},
    }});
    assert_eq!(World::new(&[web]).document(), expected, "field by field");
}

#[test]
fn replicas_share_one_service_and_leave_one_by_one() {
    let (a, b) = (
        mk("a", 2).compose("p", "web"),
        mk("b", 3).compose("p", "web"),
    );
    let mut world = World::new(&[b.clone(), a.clone()]);
    assert_eq!(
        world.urls("web-p"),
        ["http://10.0.0.2:80", "http://10.0.0.3:80"],
        "oldest first"
    );
    world.apply(Change::Exited(a.0.id.clone()));
    world.settle();
    assert_eq!(
        world.urls("web-p"),
        ["http://10.0.0.3:80"],
        "the stopped one is out at once"
    );
    world.remove(&b);
    assert_eq!(
        world.document(),
        json!({"http": {}}),
        "nothing is left behind"
    );
}

#[test]
fn unhealthy_starting_and_paused_containers_are_not_routed() {
    let cases = [
        mk("a", 2).health(Health::Unhealthy),
        mk("b", 3).health(Health::Starting),
        mk("c", 4).state(State::Paused),
        mk("d", 5).label("traefik.enable", "false"),
        mk("e", 6).label("traefik.enable", "maybe"),
    ];
    assert_eq!(
        World::new(&cases).document(),
        json!({"http": {}}),
        "none of them"
    );
}

#[test]
fn the_oldest_keeps_a_name_that_two_define_differently() {
    let old = mk("old", 2).label("traefik.http.routers.r.rule", "Host(`a.example`)");
    let new = mk("new", 3).label("traefik.http.routers.r.rule", "Host(`b.example`)");
    let mut world = World::new(&[new, old.clone()]);
    assert_eq!(world.rule("r"), "Host(`a.example`)", "the older one");
    assert!(
        world.codes().contains(&"name-conflict"),
        "and the other is told"
    );
    world.remove(&old);
    assert_eq!(world.rule("r"), "Host(`b.example`)", "until it is free");
    assert_eq!(
        world.codes(),
        Vec::<&str>::new(),
        "nothing to complain about any more"
    );
}

#[test]
fn poison_in_labels_reaches_nobody() {
    let poison = mk("poison", 2)
        .label(
            "traefik.http.routers.del.rule",
            "Host(`a\u{7f}\u{80}\u{ffff}`)",
        )
        .label("traefik.http.middlewares.empty.chain.middlewares", "")
        .label("traefik.http.middlewares.none.stripprefix.prefixes", "")
        .label("traefik.http.middlewares.bare", "x")
        .label(
            &format!("traefik.http.routers.{}.rule", "n".repeat(2000)),
            "Path(`/`)",
        )
        .label("traefik.http.routers.a].rule", "Path(`/`)")
        .label("traefik.http.routers.x@file.rule", "Path(`/`)");
    let world = World::new(&[poison, mk("good", 3)]);
    assert_eq!(
        world.names("routers"),
        ["del", "good"],
        "what cannot be said is left out"
    );
    assert_eq!(
        world.names("middlewares"),
        Vec::<String>::new(),
        "no empty object"
    );
    let bytes = world.table.document().to_bytes();
    let text = std::str::from_utf8(&bytes).unwrap();
    assert!(
        !text.contains(['\u{7f}', '\u{80}', '\u{ffff}']),
        "nothing that Traefik's reader refuses"
    );
}

#[test]
fn options_decide_for_all() {
    let closed = Options {
        exposed_by_default: false,
        ..Options::default()
    };
    let world = World::with(
        closed,
        &[mk("a", 2), mk("b", 3).label("traefik.enable", "true")],
    );
    assert_eq!(world.names("routers"), ["b"], "only who asks");
    let only = World::with(
        Options {
            managed_only: true,
            ..Options::default()
        },
        &[mk("a", 2)],
    );
    assert_eq!(
        only.document(),
        json!({"http": {}}),
        "unmanaged is left to others"
    );
    let rule =
        DefaultRule::parse("Host(`{{ .ContainerName }}.{{ index .Labels \"dom\" }}`)").unwrap();
    let ruled = World::with(
        Options {
            default_rule: rule,
            ..Options::default()
        },
        &[mk("a", 2).label("dom", "x.example")],
    );
    assert_eq!(ruled.rule("a"), "Host(`a.x.example`)", "template");
    assert!(
        DefaultRule::parse("{{ env \"HOME\" }}").is_err(),
        "what is not understood is refused"
    );
}

#[test]
fn a_shared_network_follows_its_owner() {
    let owner = mk("owner", 2);
    let mut sharer =
        mk("sharer", 3).label("traefik.http.services.s.loadbalancer.server.port", "9000");
    sharer.0.network_mode = "container:id-owner".to_owned();
    sharer.0.networks.clear();
    let mut world = World::new(&[owner.clone(), sharer]);
    assert_eq!(
        world.urls("s"),
        ["http://10.0.0.2:9000"],
        "the owner's address"
    );
    world.put(&owner.network("net", [10, 0, 0, 77]));
    assert_eq!(
        world.urls("s"),
        ["http://10.0.0.77:9000"],
        "also when it moves"
    );
}

#[test]
fn pointsman_itself_is_no_app() {
    let own = mk("pointsman", 2).label("pointsman.role", "server");
    assert_eq!(
        World::new(std::slice::from_ref(&own)).document(),
        json!({"http": {}}),
        "its listeners are not published"
    );
    let asked = World::new(&[own.label("traefik.enable", "true")]);
    assert_eq!(
        asked.names("routers"),
        ["pointsman"],
        "unless somebody asks for it"
    );
}

// A database with TCP labels alone was given the default HTTP router; Traefik's own provider makes none for it.
#[test]
fn who_speaks_tcp_alone_gets_no_http_default() {
    let db = mk("db", 2)
        .label("traefik.tcp.routers.db.rule", "HostSNI(`*`)")
        .label("traefik.tcp.services.db.loadbalancer.server.port", "5432");
    let world = World::new(std::slice::from_ref(&db));
    assert_eq!(world.document()["http"], json!({}), "nothing over HTTP");
    assert_eq!(
        world.codes(),
        Vec::<&str>::new(),
        "which is as it should be"
    );
    let both = World::new(&[db.label("traefik.http.services.db.loadbalancer.server.port", "80")]);
    assert_eq!(
        both.names("routers"),
        ["db"],
        "unless it speaks HTTP as well"
    );
}
