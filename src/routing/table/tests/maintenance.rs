//! A closed env: the page on the live host, whatever happens meanwhile.

use serde_json::{Value, json};

use crate::routing::model::{Authority, Change};
use crate::routing::rollout::{Closure, Command};

use super::{World, key, web, whoami};

const NAME: &str = "whoami-dev~maintenance";

fn close(world: &mut World) {
    world.command(Command::Maintenance(Some(Closure {
        message: "back at noon".to_owned(),
        retry_after_s: 120,
    })));
}

fn reach(world: &mut World, text: &str) {
    world.apply(Change::Provider(Authority::parse(text).unwrap()));
    world.settle();
}

fn live(version: &str) -> World {
    let mut world = World::new(&[web("v1", 2), web("v2", 3)]);
    world.make_live(version);
    world
}

fn middlewares() -> Value {
    json!([
        "whoami-dev~maintenance-headers",
        "whoami-dev~maintenance-path"
    ])
}

fn assert_closed(world: &World) {
    let router = world.router("whoami-dev-web");
    assert_eq!(router["service"], NAME, "to the page");
    assert_eq!(router["middlewares"], middlewares(), "and no other way");
}

#[test]
fn the_live_host_leads_to_the_page() {
    let mut world = live("v1");
    let before = world.document();
    reach(&mut world, "pointsman:9000");
    assert_eq!(world.document(), before, "an open env does not care");
    close(&mut world);
    assert_closed(&world);
    assert_eq!(
        world.rule("whoami-dev-web"),
        "Host(`whoami.dev.example.com`)"
    );
    assert_eq!(world.urls(NAME), ["http://pointsman:9000"]);
    assert_eq!(
        world.document()["http"]["middlewares"],
        json!({
            "whoami-dev~maintenance-headers": {"headers": {
                "customRequestHeaders": {"Authorization": "", "Cookie": ""},
                "customResponseHeaders": {"Retry-After": "120"},
            }},
            "whoami-dev~maintenance-path": {"replacePath": {"path": "/maintenance/whoami/dev"}},
        })
    );
    assert_eq!(
        world.router("whoami-dev-web-v2")["service"],
        "whoami-dev-web-v2",
        "previews go on"
    );
    world.command(Command::Maintenance(None));
    assert_eq!(world.document(), before, "open again");
}

#[test]
fn as_long_as_nobody_polls_a_service_without_servers_answers() {
    let mut world = live("v1");
    close(&mut world);
    let empty = json!({"loadBalancer": {"passHostHeader": true}});
    assert_eq!(world.service(NAME)["loadBalancer"]["servers"], Value::Null);
    assert_eq!(world.service(NAME), empty, "503 of Traefik's own");
    reach(&mut world, "10.0.0.9:9000");
    assert_eq!(world.urls(NAME), ["http://10.0.0.9:9000"], "then the page");
    reach(&mut world, "pointsman");
    assert_eq!(world.urls(NAME), ["http://pointsman"], "the newest counts");
}

#[test]
fn a_switch_keeps_it_and_the_staged_host_goes_on() {
    let mut world = live("v1");
    close(&mut world);
    world.make_live("v2");
    assert_closed(&world);
    assert_eq!(
        world.router("whoami-dev-web-staged")["service"],
        "whoami-dev-web-v1"
    );
    world.remove(&web("v2", 3));
    let router = world.router(NAME);
    assert_eq!(router["service"], NAME, "also when the version is gone");
    assert_eq!(
        world.router("whoami-dev-unavailable"),
        Value::Null,
        "and nothing beside it"
    );
}

#[test]
fn an_env_without_containers_has_the_page_too() {
    let mut world = World::new(&[web("v1", 2)]);
    close(&mut world);
    for gone in [false, true] {
        if gone {
            world.remove(&web("v1", 2));
        }
        let router = world.router(NAME);
        assert_eq!(router["rule"], "Host(`whoami.dev.example.com`)", "{gone}");
        assert_eq!(router["service"], NAME, "{gone}");
        assert_eq!(router["middlewares"], middlewares(), "{gone}");
    }
    let closed: Vec<_> = world.table.closed().map(|(key, _)| key.clone()).collect();
    assert_eq!(closed, [key()], "known to be closed");
}

#[test]
fn other_protocols_and_what_stands_before_the_service_do_not_matter() {
    let guarded = whoami("web", 2, "v1")
        .compose("whoami-dev-v1", "web")
        .label("traefik.http.routers.web.middlewares", "auth@file")
        .label("traefik.tcp.routers.t.rule", "HostSNI(`*`)")
        .label("traefik.tcp.routers.t.entrypoints", "db")
        .label("traefik.tcp.services.t.loadbalancer.server.port", "5432");
    let mut world = World::new(&[guarded]);
    world.make_live("v1");
    close(&mut world);
    assert_closed(&world);
    assert_eq!(
        world.document()["tcp"]["routers"]["whoami-dev-t"]["service"],
        "whoami-dev-t",
        "TCP goes on"
    );
}
