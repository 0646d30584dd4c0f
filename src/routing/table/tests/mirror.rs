//! Copies of live requests for the candidate.

use serde_json::{Value, json};

use crate::routing::model::Change;
use crate::routing::plan::{PlanStep, Sticky, Weight};
use crate::routing::rollout::Command;

use super::{World, share, web};

const PARENT: &str = "whoami-dev-web";
const INNER: &str = "whoami-dev-web~shares";

fn mirrored(weight: u64, mirror: u64) -> PlanStep {
    PlanStep {
        mirror: Weight::new(mirror).unwrap(),
        ..share(weight)
    }
}

fn shadowed(weight: u64) -> World {
    let mut world = World::new(&[web("v1", 2), web("v2", 3)]);
    world.make_live("v1");
    world.now = world.now.plus_millis(60_000);
    let steps = vec![mirrored(weight, 30), share(60), share(100)];
    world.shift("v2", steps, Sticky::None);
    world
}

fn copier() -> Value {
    json!({"mirroring": {
        "service": INNER,
        "maxBodySize": 1_048_576,
        "mirrors": [{"name": "whoami-dev-web-v2", "percent": 30}],
    }})
}

fn children(world: &World, service: &str) -> Value {
    world.service(service)["weighted"]["services"].clone()
}

#[test]
fn at_no_share_the_candidate_gets_copies_alone() {
    let world = shadowed(0);
    assert_eq!(world.router(PARENT)["service"], PARENT, "as ever");
    assert_eq!(world.service(PARENT), copier(), "copies in front");
    let all = json!([{"name": "whoami-dev-web-v1", "weight": 100}]);
    assert_eq!(children(&world, INNER), all, "users get the active one");
    assert_eq!(world.urls("whoami-dev-web-v2").len(), 1, "it is there");
    assert_eq!(world.codes(), Vec::<&str>::new());
}

#[test]
fn with_a_share_the_share_out_answers() {
    let world = shadowed(20);
    assert_eq!(world.service(PARENT), copier(), "copies in front");
    let shares = json!([{"name": "whoami-dev-web-v1", "weight": 80}, {"name": "whoami-dev-web-v2", "weight": 20}]);
    assert_eq!(children(&world, INNER), shares);
}

#[test]
fn the_next_step_takes_the_copier_away() {
    let mut world = shadowed(0);
    world.command(Command::Weight {
        weight: Weight::new(60).unwrap(),
        insist: crate::routing::rollout::Insist::NONE,
    });
    let shares = json!([{"name": "whoami-dev-web-v1", "weight": 40}, {"name": "whoami-dev-web-v2", "weight": 60}]);
    assert_eq!(children(&world, PARENT), shares, "one service again");
    assert_eq!(world.service(INNER), Value::Null, "and no other");
}

#[test]
fn an_abort_leaves_no_trace() {
    let mut world = shadowed(0);
    world.command(Command::Abort);
    let mut fresh = World::new(&[web("v1", 2), web("v2", 3)]);
    fresh.make_live("v1");
    fresh.promote("v2", None);
    assert_eq!(world.document(), fresh.document(), "as if it had not been");
}

#[test]
fn a_candidate_without_a_server_gets_no_copies() {
    let mut world = shadowed(0);
    world.apply(Change::Exited(web("v2", 3).0.id));
    world.settle();
    let all = json!([{"name": "whoami-dev-web-v1", "weight": 100}]);
    assert_eq!(children(&world, PARENT), all, "the share-out itself");
    assert_eq!(world.service(INNER), Value::Null, "and no other");
}

#[test]
fn alone_a_candidate_gets_no_copies_of_its_own_requests() {
    let mut world = shadowed(20);
    world.apply(Change::Exited(web("v1", 2).0.id));
    world.settle();
    let all = json!([{"name": "whoami-dev-web-v2", "weight": 100}]);
    assert_eq!(children(&world, PARENT), all, "it carries everything");
}

#[test]
fn a_service_that_the_candidate_does_not_have_is_not_copied() {
    let other = |version: &str, n: u8| {
        super::whoami(&format!("api-{version}"), n, version)
            .compose(&format!("whoami-dev-{version}"), "api")
            .label("pointsman.host", "api")
    };
    let web = |version: &str, n: u8| web(version, n).label("pointsman.port", "80");
    let mut world = World::new(&[web("v1", 2), other("v1", 4), web("v2", 3)]);
    world.make_live("v1");
    world.now = world.now.plus_millis(60_000);
    world.shift("v2", vec![mirrored(0, 30), share(100)], Sticky::None);
    assert_eq!(world.service(PARENT), copier(), "it has this one");
    let all = json!([{"name": "whoami-dev-api-v1", "weight": 100}]);
    assert_eq!(children(&world, "whoami-dev-api"), all, "and not that one");
}
