use serde_json::json;

use crate::routing::ids::EnvKey;

use super::{World, env_record, key, mk, whoami};

#[test]
fn two_versions_with_one_slug_never_mix() {
    let old = whoami("a", 2, "v1.2.0").label("pointsman.port", "80");
    let new = whoami("b", 3, "v1-2-0").label("pointsman.port", "80");
    let mut world = World::new(&[new.clone(), old.clone()]);
    assert_eq!(
        world.names("services"),
        ["whoami-dev-a-v1.2.0"],
        "the older one alone"
    );
    assert!(
        world.codes().contains(&"version-conflict"),
        "the newcomer is told"
    );
    world.remove(&old);
    assert_eq!(
        world.names("services"),
        ["whoami-dev-b-v1-2-0"],
        "until the name is free"
    );
}

#[test]
fn two_versions_in_one_compose_project_never_mix() {
    let old = whoami("a", 2, "v1").compose("same", "web");
    let new = whoami("b", 3, "v2").compose("same", "web");
    let world = World::new(&[new, old]);
    assert_eq!(
        world.names("services"),
        ["whoami-dev-web-v1"],
        "compose would replace the one by the other"
    );
}

#[test]
fn a_placed_version_keeps_its_claim_against_an_older_container() {
    let placed = whoami("b", 3, "v1-2-0").label("pointsman.port", "80");
    let mut world = World::new(std::slice::from_ref(&placed));
    world.make_live("v1-2-0");
    world.put(&whoami("a", 2, "v1.2.0").label("pointsman.port", "80"));
    assert_eq!(
        world.service("whoami-dev-b")["weighted"]["services"][0]["name"],
        "whoami-dev-b-v1-2-0",
        "still live"
    );
    assert_eq!(
        world.names("services"),
        ["whoami-dev-b", "whoami-dev-b-v1-2-0"],
        "alone"
    );
}

#[test]
fn envs_that_would_share_names_do_not() {
    let first = mk("x", 2)
        .managed("a", "b-c", "v1")
        .label("pointsman.port", "80");
    let second = mk("y", 3)
        .managed("a-b", "c", "v1")
        .label("pointsman.port", "80");
    let mut world = World::new(&[first, second]);
    world
        .table
        .put_env(env_record("a-b", "c", "two.example.com", 20));
    world
        .table
        .put_env(env_record("a", "b-c", "one.example.com", 10));
    world.settle();
    assert_eq!(
        world.names("services"),
        ["a-b-c-x-v1"],
        "the older env has the names"
    );
    assert!(
        world.codes().contains(&"name-taken"),
        "the newcomer is told"
    );
    world.table.remove_env(&EnvKey::parse("a", "b-c").unwrap());
    world.settle();
    assert_eq!(
        world.names("services"),
        ["a-b-c-y-v1"],
        "until they are free"
    );
}

#[test]
fn the_older_env_keeps_a_host() {
    let one = whoami("x", 2, "v1").label("pointsman.port", "80");
    let mut world = World::new(std::slice::from_ref(&one));
    world.make_live("v1");
    let mut rival = env_record("rival", "dev", "other.example.com", 9_000_000);
    rival.hosts.live = "whoami.dev.example.com".to_owned();
    world.table.put_env(rival);
    world.put(
        &mk("r", 3)
            .managed("rival", "dev", "v1")
            .label("pointsman.port", "80"),
    );
    assert_eq!(
        world.rule("whoami-dev-x"),
        "Host(`whoami.dev.example.com`)",
        "the owner keeps it"
    );
    assert!(world.codes().contains(&"host-taken"), "the rival is told");
    world.remove(&one);
    world.table.remove_env(&key());
    world.settle();
    assert!(!world.codes().contains(&"host-taken"), "until it is free");
}

#[test]
fn unmanaged_containers_cannot_take_managed_hosts_or_names() {
    let thief = mk("thief", 1)
        .label(
            "traefik.http.routers.evil.rule",
            "Host(`WHOAMI.dev.example.com`) || Host(`x.example`)",
        )
        .label("traefik.http.routers.evil.priority", "99999")
        .label(
            "traefik.http.services.whoami-dev-web.loadbalancer.server.port",
            "80",
        );
    let mut world = World::new(std::slice::from_ref(&thief));
    assert_eq!(world.names("routers"), ["evil"], "free so far");
    world.put(&whoami("web", 2, "v1"));
    world.make_live("v1");
    assert_eq!(
        world.names("routers"),
        ["whoami-dev-web"],
        "the managed one wins although it came later"
    );
    assert_eq!(
        world.service("whoami-dev-web")["weighted"]["services"][0]["name"],
        "whoami-dev-web-v1",
        "its service too"
    );
    let codes = world.codes();
    assert!(
        codes.contains(&"host-taken") && codes.contains(&"name-taken"),
        "told: {codes:?}"
    );
}

#[test]
fn a_foreign_live_host_belongs_to_the_older_env() {
    let rule = "Host(`whoami.dev.example.com`) || Host(`www.customer.com`)";
    let mut world =
        World::new(&[whoami("web", 2, "v1").label("traefik.http.routers.web.rule", rule)]);
    world.make_live("v1");
    let mut other = env_record("other", "dev", "customer.com", 9_000_000);
    other.hosts.live = "www.{domain}".to_owned();
    world.table.put_env(other);
    world.settle();
    assert_eq!(
        world.rule("whoami-dev-web"),
        "Host(`whoami.dev.example.com`) || Host(`www.customer.com`)",
        "kept"
    );
    assert_eq!(
        world.document()["http"]["routers"]
            .as_object()
            .unwrap()
            .len(),
        1,
        "nobody else has it"
    );
}

#[test]
fn all_claims_vanish_with_their_makers() {
    let web = whoami("web", 2, "v1");
    let plain = mk("plain", 3);
    let mut world = World::new(&[web.clone(), plain.clone()]);
    world.remove(&web);
    world.remove(&plain);
    world.table.remove_env(&key());
    world.settle();
    assert_eq!(world.document(), json!({"http": {}}), "nothing");
    assert!(world.table.claims.is_empty(), "and no claim is left over");
}

// Traefik takes a final dot of a host as nothing, and we did not: a foreign container could take a managed host by
// writing it with one.
#[test]
fn a_final_dot_does_not_make_another_host() {
    let thief = mk("thief", 1).label(
        "traefik.http.routers.evil.rule",
        "Host(`Whoami.dev.example.com.`)",
    );
    let mut world = World::new(&[thief, whoami("web", 2, "v1")]);
    world.make_live("v1");
    assert_eq!(
        world.names("routers"),
        ["whoami-dev-web"],
        "the managed one alone"
    );
    let dotted = whoami("web", 2, "v1").label(
        "traefik.http.routers.web.rule",
        "Host(`v1-whoami.dev.example.com.`)",
    );
    assert_eq!(
        World::new(&[dotted]).rule("whoami-dev-web-v1"),
        "Host(`v1-whoami.dev.example.com`)",
        "its own host"
    );
}

// Names of an env begin with its app and env, and those of another can begin the same.
#[test]
fn a_preview_of_an_older_env_takes_no_name_of_a_younger_one() {
    let service = |mk: super::Mk, name: &str| {
        let key = format!("traefik.http.services.{name}.loadbalancer.server.port");
        mk.label(&key, "80")
    };
    let mut world = World::new(&[service(whoami("a", 2, "x-v1"), "web")]);
    world.make_live("x-v1");
    let older = env_record("whoami", "dev-web", "other.example", 1);
    world.table.put_env(older);
    let mut late = service(mk("b", 3).managed("whoami", "dev-web", "v1"), "x");
    late.0.created = 5_000;
    world.put(&late);
    assert_eq!(world.urls("whoami-dev-web-x-v1"), ["http://10.0.0.2:80"]);
    assert_eq!(world.rule("whoami-dev-a"), "Host(`whoami.dev.example.com`)");
    assert_eq!(world.codes(), ["name-taken"], "and told");
}
