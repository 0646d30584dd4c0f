//! Nobody there: 503 that says when to come again; and the standby that stands in for a dead active version.

use crate::routing::ids::Version;
use crate::routing::model::{Health, State};
use crate::routing::rollout::{Command, Event, What, next_deadline, step};

use super::{Mk, World, key, web};

const RETRY: &str = "whoami-dev~retry";

impl World {
    fn live_children(&self) -> Vec<String> {
        let parent = &self.document()["http"]["services"]["whoami-dev-web"]["weighted"]["services"];
        let children = parent.as_array().cloned().unwrap_or_default();
        children
            .iter()
            .map(|child| child["name"].as_str().unwrap().to_owned())
            .collect()
    }

    fn middlewares_of(&self, router: &str) -> Vec<String> {
        let router = &self.document()["http"]["routers"][router];
        assert!(router.is_object(), "the router is there: 503, not 404");
        serde_json::from_value(router["middlewares"].clone()).unwrap_or_default()
    }

    fn tick(&mut self) -> What {
        let view = self.table.view(&key());
        let next = step(&self.table.rollout(&key()), &Event::Tick, &view, self.now).unwrap();
        self.table.put_rollout(&key(), next.record);
        self.settle();
        next.what
    }
}

fn sick(version: &str, n: u8) -> Mk {
    web(version, n).health(Health::Unhealthy)
}

/// v2 is live, v1 its standby.
fn v2_over_v1(auto_failover: &str) -> World {
    let mut world = World::new(&[web("v1", 1), web("v2", 2)]);
    for version in ["v1", "v2"] {
        world.now = world.now.plus_millis(60_000);
        world.promote(version, None);
        world.command(Command::switch());
    }
    let mut record = world.table.env(&key()).unwrap().clone();
    record.auto_failover = auto_failover == "on";
    world.table.put_env(record);
    world.settle();
    world
}

#[test]
fn who_comes_too_early_is_told_when_to_come_again() {
    let mut world = World::new(&[sick("v1", 1)]);
    assert_eq!(
        world.middlewares_of("whoami-dev-web-v1"),
        [RETRY],
        "a preview that starts"
    );
    let header = world.document()["http"]["middlewares"][RETRY]["headers"].clone();
    assert_eq!(
        header["customResponseHeaders"]["Retry-After"], "5",
        "{header}"
    );
    world.put(&web("v1", 1));
    assert_eq!(
        world.middlewares_of("whoami-dev-web-v1"),
        Vec::<String>::new(),
        "ready"
    );
    assert!(
        world.document()["http"]["middlewares"][RETRY].is_null(),
        "and gone"
    );
    world.promote("v1", None);
    world.command(Command::switch());
    world.put(&sick("v1", 1));
    assert_eq!(
        world.middlewares_of("whoami-dev-web"),
        [RETRY],
        "live, and dead"
    );
    world.remove(&web("v1", 1));
    assert_eq!(
        world.middlewares_of("whoami-dev-unavailable"),
        [RETRY],
        "and gone"
    );
}

#[test]
fn the_standby_stands_in_at_once_and_goes_back_when_the_active_version_recovers() {
    let mut world = v2_over_v1("on");
    world.put(&sick("v2", 2));
    assert_eq!(world.live_children(), ["whoami-dev-web-v1"], "at once");
    let status = world.table.status(&key(), world.now).unwrap();
    assert_eq!(
        status.effective.blue.max(status.effective.green),
        100,
        "all of it"
    );
    assert_eq!(
        status.rollout.active_version().map(Version::as_str),
        Some("v2"),
        "intent"
    );
    world.put(&web("v2", 2));
    assert_eq!(world.live_children(), ["whoami-dev-web-v2"], "and back");
    let mut off = v2_over_v1("off");
    off.put(&sick("v2", 2));
    assert_eq!(
        off.live_children(),
        ["whoami-dev-web-v2"],
        "only where it is wanted"
    );
}

#[test]
fn without_a_container_left_the_standbys_routers_stand_in_too() {
    let mut world = v2_over_v1("on");
    world.remove(&web("v2", 2));
    assert_eq!(
        world.live_children(),
        ["whoami-dev-web-v1"],
        "by its own routers"
    );
}

#[test]
fn the_slots_follow_once_and_never_back_by_themselves() {
    let mut world = v2_over_v1("on");
    world.put(&sick("v2", 2));
    assert_eq!(world.tick(), What::Nothing, "it may come back");
    assert!(
        world.table.restless().any(|it| *it == key()),
        "looked after"
    );
    let view = world.table.view(&key());
    let due = next_deadline(&world.table.rollout(&key()), &view).unwrap();
    assert_eq!(due, world.now.plus_millis(10_000), "for so long");
    world.now = due;
    assert_eq!(world.tick(), What::FailedOver, "it did not");
    let record = world.table.rollout(&key());
    assert_eq!(
        record.active_version().map(Version::as_str),
        Some("v1"),
        "v1 is live"
    );
    assert!(
        record
            .slots
            .get(record.other_slot())
            .unwrap()
            .failed
            .is_some(),
        "v2 failed"
    );
    world.put(&web("v2", 2));
    world.put(&web("v1", 1).state(State::Paused));
    world.now = world.now.plus_millis(60_000);
    assert_eq!(
        world.tick(),
        What::Nothing,
        "what failed does not take over"
    );
    assert_eq!(world.live_children(), ["whoami-dev-web-v1"], "nor stand in");
    world.command(Command::Rollback);
    assert_eq!(world.live_children(), ["whoami-dev-web-v2"], "a person may");
}
