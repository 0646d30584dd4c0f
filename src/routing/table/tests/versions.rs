//! Documents for older releases of Traefik: less in them, and told.

use serde_json::json;

use crate::routing::ids::TraefikVersion;
use crate::routing::model::{Change, Diagnostic};

use super::{Mk, Options, World, mk, whoami};

const OLD: TraefikVersion = TraefikVersion::new(3, 3, 0);
const NEW: TraefikVersion = TraefikVersion::new(3, 7, 0);

fn world(traefik_version: TraefikVersion, containers: &[Mk]) -> World {
    let options = Options {
        traefik_version,
        ..Options::default()
    };
    World::with(options, containers)
}

/// What was told of the release, without the rest.
fn told(world: &World) -> Vec<Diagnostic> {
    let mut all = world.table.diagnostics();
    all.retain(|diagnostic| diagnostic.code == "traefik-too-old");
    all
}

fn p2c(mk: Mk) -> Mk {
    mk.label("traefik.http.services.web.loadbalancer.strategy", "p2c")
}

#[test]
fn a_field_that_is_too_new_is_left_out_and_told() {
    for (mk, service) in [
        (p2c(mk("web", 2)), "web"),
        (p2c(whoami("web", 2, "v1")), "whoami-dev-web-v1"),
    ] {
        let world = world(OLD, &[mk]);
        let servers = json!([{"url": "http://10.0.0.2:80"}]);
        assert_eq!(
            world.service(service),
            json!({"loadBalancer": {"passHostHeader": true, "servers": servers}})
        );
        let told = told(&world);
        assert_eq!(told.len(), 1, "{told:?}");
        assert_eq!(told[0].subject, format!("service {service}"));
        let key = Some("http.services.loadBalancer.strategy");
        assert_eq!(told[0].key.as_deref(), key);
        assert!(told[0].message.contains("3.3.0 does not know"), "{told:?}");
    }
}

#[test]
fn another_release_renders_everything_anew() {
    let containers = [p2c(mk("web", 2)), p2c(whoami("app", 3, "v1"))];
    let mut seen = world(NEW, &containers);
    let newer = seen.table.document().to_bytes();
    assert_eq!(told(&seen), [], "nothing is missing");
    seen.apply(Change::TraefikVersion(OLD));
    seen.settle();
    let fresh = world(OLD, &containers);
    let older = fresh.table.document().to_bytes();
    assert_ne!(newer, older, "something is missing");
    assert_eq!(
        seen.table.document().to_bytes(),
        older,
        "as if from the start"
    );
    assert_eq!(told(&seen).len(), 2, "in both");
    seen.apply(Change::TraefikVersion(NEW));
    seen.settle();
    assert_eq!(seen.table.document().to_bytes(), newer, "and back");
    assert_eq!(told(&seen), [], "forgotten");
}

// Left out, it would disable the router, and a wider one without the guard would get its requests.
#[test]
fn a_guard_that_cannot_be_written_is_shut_and_stays() {
    let auth = "traefik.http.middlewares.auth.forwardauth";
    let mk = mk("web", 2)
        .label("traefik.http.routers.web.middlewares", "auth")
        .label(&format!("{auth}.address"), "http://auth")
        .label(&format!("{auth}.preserverequestmethod"), "true");
    let world = world(OLD, &[mk]);
    let middlewares = &world.document()["http"]["middlewares"];
    let shut = json!({"auth": {"ipAllowList": {"sourceRange": ["255.255.255.255/32"]}}});
    assert_eq!(*middlewares, shut, "nobody passes");
    assert_eq!(
        world.router("web")["middlewares"],
        json!(["auth"]),
        "and all ask"
    );
    let told = told(&world);
    assert!(told[0].message.contains("nothing is let in"), "{told:?}");
}

// What is made of others is made last and elsewhere, and was at first written for the newest release only.
#[test]
fn what_is_made_of_others_is_for_the_release_too() {
    let hashed = "traefik.http.services.all.highestrandomweight.services[0].name";
    let shared = "traefik.http.services.some.weighted";
    let mk = mk("web", 2)
        .label("traefik.http.routers.web.service", "all")
        .label("traefik.http.services.web.loadbalancer.server.port", "80")
        .label(hashed, "web")
        .label(&format!("{shared}.services[0].name"), "web")
        .label(&format!("{shared}.sticky.cookie.domain"), "x.test");
    let mut seen = world(NEW, &[mk]);
    let children = json!([{"name": "web"}]);
    let hashed = json!({"highestRandomWeight": {"services": children}});
    assert_eq!(seen.service("all"), hashed, "as it was said");
    seen.apply(Change::TraefikVersion(OLD));
    seen.settle();
    let shut = json!({"loadBalancer": {"servers": []}});
    assert_eq!(seen.service("all"), shut, "no such kind");
    let sticky = &seen.service("some")["weighted"]["sticky"];
    assert_eq!(*sticky, json!({"cookie": {}}), "no domain");
    assert_eq!(told(&seen).len(), 2, "both told");
}

// Reading an object back gives up on deep nesting, which a label of a plugin can have; it must be a deeper one.
#[test]
fn the_deepest_label_is_read_back() {
    let deep = format!("traefik.http.middlewares.m.plugin.p{}", ".a".repeat(27));
    let world = world(OLD, &[mk("web", 2).label(&deep, "x")]);
    assert_eq!(world.names("middlewares"), ["m"], "it stands");
    let deeper = format!("{deep}.a");
    let world = World::new(&[mk("web", 2).label(&deeper, "x")]);
    assert_eq!(world.names("middlewares"), Vec::<String>::new(), "refused");
}
