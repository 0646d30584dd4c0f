use serde_json::json;

use crate::routing::ids::Version;
use crate::routing::model::Change;
use crate::routing::rollout::{Command, Event, next_deadline, step};
use crate::routing::table::Share;

use super::{World, key, web};

fn children(world: &World) -> serde_json::Value {
    world.service("whoami-dev-web")["weighted"]["services"].clone()
}

fn shifting(weight: u64) -> World {
    let mut world = World::new(&[web("v1", 2), web("v2", 3)]);
    world.make_live("v1");
    world.now = world.now.plus_millis(60_000);
    world.promote("v2", Some(weight));
    world
}

#[test]
fn a_weight_shares_live_traffic() {
    let world = shifting(25);
    let expected = json!([{"name": "whoami-dev-web-v1", "weight": 75}, {"name": "whoami-dev-web-v2", "weight": 25}]);
    assert_eq!(children(&world), expected, "both, by their shares");
    assert_eq!(
        world.router("whoami-dev-web-staged")["service"],
        "whoami-dev-web-v2",
        "the staged host stays"
    );
    let status = world.table.status(&key(), world.now).unwrap();
    assert_eq!(
        status.effective,
        Share {
            blue: 75,
            green: 25
        },
        "and said so"
    );
}

#[test]
fn no_child_ever_has_weight_zero() {
    let world = shifting(0);
    assert_eq!(
        children(&world),
        json!([{"name": "whoami-dev-web-v1", "weight": 100}]),
        "left out instead"
    );
}

#[test]
fn a_dead_candidate_leaves_the_list_and_a_dead_active_gives_way() {
    let mut world = shifting(25);
    world.apply(Change::Exited(web("v2", 3).0.id));
    world.settle();
    assert_eq!(
        children(&world),
        json!([{"name": "whoami-dev-web-v1", "weight": 100}]),
        "no share of 503"
    );
    let mut world = shifting(25);
    world.apply(Change::Exited(web("v1", 2).0.id));
    world.settle();
    assert_eq!(
        children(&world),
        json!([{"name": "whoami-dev-web-v2", "weight": 100}]),
        "the candidate carries all"
    );
    world.apply(Change::Exited(web("v2", 3).0.id));
    world.settle();
    assert_eq!(
        children(&world),
        json!([{"name": "whoami-dev-web-v1", "weight": 100}]),
        "nobody: the active one, 503"
    );
}

#[test]
fn the_live_router_is_the_active_versions_until_the_switch() {
    let path = |mk: super::Mk, path: &str| {
        mk.label(
            "traefik.http.routers.web.rule",
            &format!("PathPrefix(`{path}`)"),
        )
    };
    let extra = path(web("v2", 3), "/new")
        .label("traefik.http.routers.extra.rule", "Path(`/extra`)")
        .label("traefik.http.routers.extra.service", "web")
        .label("traefik.http.services.web.loadbalancer.server.port", "80");
    let mut world = World::new(&[path(web("v1", 2), "/old"), extra]);
    world.make_live("v1");
    world.now = world.now.plus_millis(60_000);
    assert_eq!(
        world.rule("whoami-dev-extra"),
        "",
        "only the candidate has it, and it has no share"
    );
    world.promote("v2", Some(10));
    assert_eq!(
        world.rule("whoami-dev-web"),
        "PathPrefix(`/old`) && Host(`whoami.dev.example.com`)",
        "rule of the active one"
    );
    assert_eq!(
        world.rule("whoami-dev-extra"),
        "Path(`/extra`) && Host(`whoami.dev.example.com`)",
        "live with the first share"
    );
    world.command(Command::switch());
    assert_eq!(
        world.rule("whoami-dev-web"),
        "PathPrefix(`/new`) && Host(`whoami.dev.example.com`)",
        "after the switch"
    );
}

#[test]
fn an_aborted_shift_is_as_if_it_had_not_been() {
    let mut world = shifting(25);
    world.command(Command::Rollback);
    let aborted = world.document();
    let mut fresh = World::new(&[web("v1", 2), web("v2", 3)]);
    fresh.make_live("v1");
    fresh.promote("v2", None);
    assert_eq!(aborted, fresh.document(), "same bytes as before the weight");
}

// A candidate without containers counted as dead at once, without the grace: `docker compose up` replaces a container
// by removing it first, and that moment was enough to abort the shift.
#[test]
fn a_candidate_that_is_being_replaced_keeps_its_shift_for_the_grace() {
    let mut world = shifting(25);
    world.remove(&web("v2", 3));
    let tick = |world: &World, after: u64| {
        let (record, view) = (world.table.rollout(&key()), world.table.view(&key()));
        let now = world.now.plus_millis(after);
        step(&record, &Event::Tick, &view, now)
            .unwrap()
            .record
            .shift
    };
    assert!(tick(&world, 9_999).is_some(), "within the grace");
    assert_eq!(tick(&world, 10_000), None, "aborted after it");
    let (record, view) = (world.table.rollout(&key()), world.table.view(&key()));
    assert_eq!(
        next_deadline(&record, &view),
        Some(world.now.plus_millis(10_000)),
        "and looked at then"
    );
    world.put(&web("v2", 3));
    assert!(tick(&world, 60_000).is_some(), "back in time");
}

// A rehearsed rollback took the candidate out of its slot for a moment, and with that forgot since when it was down: a
// dry run put the end of the shift off.
#[test]
fn a_rehearsal_leaves_nothing_behind() {
    let (v1, v2, v3) = (web("v1", 2), web("v2", 3), web("v3", 4));
    let mut world = World::new(&[v1, v2.clone(), v3.clone()]);
    world.make_live("v1");
    world.make_live("v2");
    world.now = world.now.plus_millis(60_000);
    world.promote("v3", Some(25));
    world.remove(&v3);
    world.apply(Change::Exited(v2.0.id.clone()));
    world.settle();
    world.table.take_attachments();
    let (document, view) = (world.document(), world.table.view(&key()));
    world.now = world.now.plus_millis(5_000);
    let record = world.table.rollout(&key());
    let rollback = Event::command(Command::Rollback);
    let next = step(&record, &rollback, &view, world.now).unwrap().record;
    let next = vec![(key(), next)];
    let (active, changes) = world.table.rehearse(next, world.now, |table, changes| {
        (table.rollout(&key()).active_version().cloned(), changes)
    });
    assert_eq!(active.as_ref().map(Version::as_str), Some("v1"), "seen");
    assert!(!changes.changed.is_empty(), "and named: {changes:?}");
    assert_eq!(
        world.table.view(&key()),
        view,
        "the same view, down times included"
    );
    assert_eq!(world.document(), document, "the same document");
    assert_eq!(world.table.rollout(&key()), record, "the same record");
    assert_eq!(world.table.take_attachments(), None, "the same wish");
}
