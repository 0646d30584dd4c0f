//! Clients that stay with the version that they met first.

use serde_json::{Value, json};

use crate::routing::ids::TraefikVersion;
use crate::routing::model::Change;
use crate::routing::plan::{PlanStep, Sticky, Weight};
use crate::routing::table::Options;

use super::{World, share, web};

const PARENT: &str = "whoami-dev-web";

fn shifting(sticky: Sticky, options: Options, step: PlanStep) -> World {
    let mut world = World::with(options, &[web("v1", 2), web("v2", 3)]);
    world.make_live("v1");
    world.now = world.now.plus_millis(60_000);
    world.shift("v2", vec![step, share(100)], sticky);
    world
}

fn shares() -> Value {
    json!([{"name": "whoami-dev-web-v1", "weight": 75}, {"name": "whoami-dev-web-v2", "weight": 25}])
}

fn by_cookie() -> Value {
    let cookie = json!({"cookie": {"name": "pointsman-whoami-dev-web", "httpOnly": true}});
    json!({"weighted": {"services": shares(), "sticky": cookie}})
}

#[test]
fn a_cookie_names_the_version_under_one_name() {
    let world = shifting(Sticky::Cookie, Options::default(), share(25));
    assert_eq!(world.service(PARENT), by_cookie());
}

#[test]
fn behind_a_copier_the_share_out_is_sticky() {
    let step = PlanStep {
        mirror: Weight::new(10).unwrap(),
        ..share(25)
    };
    let world = shifting(Sticky::Cookie, Options::default(), step);
    assert_eq!(world.service("whoami-dev-web~shares"), by_cookie());
}

#[test]
fn an_address_decides_where_traefik_can_do_it() {
    let world = shifting(Sticky::Address, Options::default(), share(25));
    assert_eq!(
        world.service(PARENT),
        json!({"highestRandomWeight": {"services": shares()}})
    );
    assert_eq!(world.codes(), Vec::<&str>::new());
}

#[test]
fn an_older_traefik_shares_out_anew_and_that_is_told() {
    let options = Options {
        traefik_version: TraefikVersion::new(3, 5, 3),
        ..Options::default()
    };
    let mut world = shifting(Sticky::Address, options, share(25));
    let plain = json!({"weighted": {"services": shares()}});
    assert_eq!(world.service(PARENT), plain, "not closed");
    assert_eq!(world.codes(), ["traefik-too-old"], "once");
    world.apply(Change::TraefikVersion(TraefikVersion::new(3, 6, 0)));
    world.settle();
    assert_eq!(
        world.service(PARENT),
        json!({"highestRandomWeight": {"services": shares()}}),
        "after the upgrade"
    );
    assert_eq!(world.codes(), Vec::<&str>::new());
}

// While the candidate is away all clients would be bound to the active version, and stay there when it is back.
#[test]
fn a_version_that_answers_alone_binds_nobody() {
    let mut world = shifting(Sticky::Cookie, Options::default(), share(25));
    world.apply(Change::Exited(web("v2", 3).0.id));
    world.settle();
    let alone = json!({"weighted": {"services": [{"name": "whoami-dev-web-v1", "weight": 100}]}});
    assert_eq!(world.service(PARENT), alone);
}

#[test]
fn tcp_is_shared_out_as_ever() {
    let tcp = |version: &str, n: u8| {
        web(version, n)
            .label("traefik.tcp.routers.t.rule", "HostSNI(`*`)")
            .label("traefik.tcp.routers.t.entrypoints", "db")
            .label("traefik.tcp.services.t.loadbalancer.server.port", "5432")
    };
    let mut world = World::new(&[tcp("v1", 2), tcp("v2", 3)]);
    world.make_live("v1");
    world.now = world.now.plus_millis(60_000);
    let step = PlanStep {
        mirror: Weight::new(10).unwrap(),
        ..share(25)
    };
    world.shift("v2", vec![step, share(100)], Sticky::Cookie);
    assert_eq!(
        world.document()["tcp"]["services"]["whoami-dev-t"],
        json!({"weighted": {"services": [{"name": "whoami-dev-t-v1", "weight": 75}, {"name": "whoami-dev-t-v2", "weight": 25}]}})
    );
}
