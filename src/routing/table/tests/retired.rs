use crate::routing::ids::Version;
use crate::routing::rollout::{Command, Event, Insist, step};

use super::networks::{attached, traefik};
use super::{Mk, World, key, mk, web};

/// A replica of v2 on a network of its own.
fn replica(name: &str, n: u8) -> Mk {
    let mut made = web("v2", n);
    made.0.id = mk(name, n).0.id;
    made.0.networks.clear();
    made.network(name, [10, 0, 1, n])
}

fn retire(world: &mut World, version: &str) {
    world.command(Command::Retire {
        removal: None,
        version: Version::parse(version).unwrap(),
        insist: Insist::NONE,
    });
}

fn listed(world: &World) -> Vec<String> {
    let status = world.table.status(&key(), world.now).unwrap();
    let versions = status.stacks.iter().map(|stack| stack.version.to_string());
    versions.collect()
}

#[test]
fn a_withdrawn_version_leaves_the_document_and_the_status_while_it_runs() {
    let mut world = World::new(&[web("v1", 2), web("v2", 3)]);
    world.make_live("v1");
    let mut without = World::new(&[web("v1", 2)]);
    without.make_live("v1");
    assert!(
        world.names("routers").len() > without.names("routers").len(),
        "its preview is there at first"
    );
    retire(&mut world, "v2");
    assert_eq!(world.document(), without.document(), "as if it were gone");
    assert_eq!(listed(&world), ["v1"], "and it is no preview");
    let stacks = world.table.all_stacks(world.now);
    let withdrawn = stacks.iter().find(|it| it.version.as_str() == "v2");
    assert_eq!(
        withdrawn.map(|it| it.urls.len()),
        Some(0),
        "it still runs, and nothing leads to it"
    );
    assert_eq!(
        world.table.view(&key()).stacks.len(),
        2,
        "the machine still sees its containers, so it is not forgotten"
    );
}

#[test]
fn a_version_in_a_slot_answers_at_the_slots_host() {
    let mut world = World::new(&[web("v1", 2), web("v2", 3), web("v3", 4)]);
    world.make_live("v1");
    world.command(Command::Promote {
        version: Version::parse("v2").unwrap(),
        weight: None,
        insist: Insist::NONE,
    });
    let stacks = world.table.all_stacks(world.now);
    let urls: Vec<&str> = stacks.iter().map(|it| it.urls[0].as_str()).collect();
    let expected = ["whoami", "vnext-whoami", "v3-whoami"];
    let expected = expected.map(|name| format!("http://{name}.dev.example.com/"));
    assert_eq!(urls, expected);
}

#[test]
fn containers_made_later_are_a_new_deployment() {
    let mut world = World::new(&[web("v1", 2), web("v2", 3)]);
    world.make_live("v1");
    let before = world.document();
    retire(&mut world, "v2");
    world.remove(&web("v2", 3));
    let mut anew = web("v2", 3);
    anew.0.created = world.now.as_millis() / 1000 + 1;
    world.put(&anew);
    assert_eq!(world.document(), before, "its preview is back");
    assert_eq!(listed(&world), ["v1", "v2"], "and listed");
}

#[test]
fn a_withdrawn_version_holds_neither_host_nor_slug() {
    let mut world = World::new(&[web("v1", 2), web("v1.0", 3), web("v1-0", 4)]);
    world.make_live("v1");
    assert_eq!(world.codes(), ["version-conflict"], "one slug for two");
    retire(&mut world, "v1.0");
    assert_eq!(
        world.rule("whoami-dev-web-v1-0"),
        "Host(`v1-0-whoami.dev.example.com`)",
        "the other has the hosts now"
    );
    assert_eq!(world.codes(), Vec::<&str>::new(), "and nothing is wrong");
}

// The end of an older removal's drain also took Traefik off the networks of a newer deployment of the same version: it was
// published, and then had no server until the removal was over.
#[test]
fn a_newer_deployment_is_served_and_attached_while_the_older_one_goes() {
    let traefik = traefik()
        .network("net", [10, 0, 0, 250])
        .network("old", [10, 0, 1, 250])
        .network("new", [10, 0, 1, 251]);
    let mut world = World::with(attached(), &[traefik, web("v1", 2), replica("old", 3)]);
    world.make_live("v1");
    retire(&mut world, "v2");
    let version = Version::parse("v2").unwrap();
    world.put(&replica("new", 9));
    let served = |world: &World| world.urls("whoami-dev-web-v2");
    assert_eq!(
        served(&world),
        ["http://10.0.1.9:80"],
        "without the older one"
    );
    world.table.release(&key(), &version);
    world.settle();
    let networks = |world: &World| world.table.attachments().networks;
    assert_eq!(served(&world), ["http://10.0.1.9:80"], "it stays");
    assert!(
        networks(&world).contains("new") && !networks(&world).contains("old"),
        "Traefik need only leave the older one: {:?}",
        networks(&world)
    );
    assert!(
        !world.table.is_detached(&key(), &version),
        "it is there yet"
    );
    world.remove(&replica("old", 3));
    assert_eq!(
        served(&world),
        ["http://10.0.1.9:80"],
        "nothing else changes"
    );
    assert!(
        world.table.is_detached(&key(), &version),
        "and nothing is to be left"
    );
}

#[test]
fn withdrawn_containers_do_not_come_back_beside_a_newer_deployment() {
    let mut world = World::new(&[web("v1", 2), replica("old", 3)]);
    world.make_live("v1");
    retire(&mut world, "v2");
    world.put(&replica("new", 9));
    let next = step(
        &world.table.rollout(&key()),
        &Event::Tick,
        &world.table.view(&key()),
        world.now,
    );
    let record = next.unwrap().record;
    assert_eq!(
        record.retired.len(),
        1,
        "not forgotten while the older one is there"
    );
    assert_eq!(
        world.urls("whoami-dev-web-v2"),
        ["http://10.0.1.9:80"],
        "one"
    );
}
