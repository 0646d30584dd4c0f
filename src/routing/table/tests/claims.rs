use serde_json::json;

use crate::routing::ids::{EnvKey, Slot, Version};
use crate::routing::rollout::{Placed, Record};

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

// A rule that Traefik understands and we do not was published as it stood, without any claim: escapes, comments and
// carriage returns hid a managed host from us. Each of these took live traffic on Traefik 3.7.15.
#[test]
fn an_unmanaged_rule_that_is_not_understood_is_not_routed() {
    for rule in [
        "Host(\"\\x77hoami.dev.example.com\")",
        "Host(`x.y`) || /* */ Host(`whoami.dev.example.com`)",
        "Host(`whoami\r.dev.example.com`)",
        "Host(`whoami.dev.example.com`,)",
        "HostHeader(`whoami.dev.example.com`)",
        "Host(`whoami.dev.example.com..`)",
    ] {
        let thief = mk("thief", 1)
            .label("traefik.http.routers.evil.rule", rule)
            .label("traefik.http.routers.evil.rulesyntax", "v2");
        let mut world = World::new(&[thief, whoami("web", 2, "v1")]);
        world.make_live("v1");
        assert_eq!(world.names("routers"), ["whoami-dev-web"], "{rule:?}");
        assert!(!world.codes().is_empty(), "{rule:?} is told");
    }
}

#[test]
fn an_excluded_host_is_not_a_wanted_one() {
    let rest = mk("rest", 1).label(
        "traefik.http.routers.rest.rule",
        "HostRegexp(`.+`) && !Host(`whoami.dev.example.com`)",
    );
    let world = World::new(&[rest, whoami("web", 2, "v1")]);
    assert!(world.names("routers").contains(&"rest".to_owned()), "kept");
    let twice = mk("rest", 1).label(
        "traefik.http.routers.rest.rule",
        "!(!Host(`whoami.dev.example.com`))",
    );
    let world = World::new(&[twice, whoami("web", 2, "v1")]);
    assert!(
        world.codes().contains(&"host-taken"),
        "two negations want it"
    );
}

// Patterns, wildcards and rules without a host claim nothing, so a high priority label was enough to take the traffic
// of every managed host.
#[test]
fn managed_routers_stand_above_unmanaged_ones_that_could_match_any_host() {
    let catch_all = |name: &str, rule: &str, priority: &str| {
        mk(name, 1)
            .label(&format!("traefik.http.routers.{name}.rule"), rule)
            .label(&format!("traefik.http.routers.{name}.priority"), priority)
    };
    let mut world = World::new(&[
        catch_all("a", "PathPrefix(`/`)", "9223372036854775807"),
        catch_all("b", "Host(`*.dev.example.com`)", "1000"),
        catch_all("c", "HostRegexp(`.+`) || Host(`x.y`)", "0"),
        catch_all("d", "Host(`x.y`) && HostRegexp(`.+`)", "500"),
    ]);
    let priority = |world: &World, name: &str| world.router(name)["priority"].as_i64();
    assert_eq!(priority(&world, "b"), Some(1000), "as written while alone");
    assert_eq!(world.codes(), Vec::<&str>::new(), "nothing to say");
    world.put(&whoami("web", 2, "v1").label("traefik.http.routers.web.priority", "-7"));
    world.make_live("v1");
    let managed = priority(&world, "whoami-dev-web").unwrap();
    let [a, b, c] = ["a", "b", "c"].map(|name| priority(&world, name).unwrap());
    assert!(managed > a && a > b && b > c, "{managed} {a} {b} {c}");
    assert_eq!(
        priority(&world, "d"),
        Some(500),
        "held to a host of its own"
    );
    assert_eq!(
        world.codes(),
        ["priority-lowered", "priority-lowered"],
        "said where a label asked for more"
    );
    world.remove(&whoami("web", 2, "v1"));
    world.table.remove_env(&key());
    world.settle();
    assert_eq!(priority(&world, "b"), Some(1000), "alone again");
}

fn live_env(world: &mut World, app: &str, created_at: u64) {
    let key = EnvKey::parse(app, "dev").unwrap();
    let record = env_record(app, "dev", "dev.example.com", created_at);
    world.table.put_env(record);
    let placed = Placed {
        version: Version::parse("v1").unwrap(),
        placed_generation: 1,
    };
    let mut rollout = Record {
        generation: 1,
        active: Some(Slot::Blue),
        ..Record::default()
    };
    rollout.slots.set(Slot::Blue, Some(placed));
    world.table.put_rollout(&key, rollout);
    world.settle();
}

// All claims of an env were as old as its record. So a preview of an old app took the live host of a younger app whose
// name reads like a preview's (`v2-whoami`), the moment it was deployed.
#[test]
fn a_preview_takes_no_host_that_was_there_before_it() {
    let young = mk("young", 5)
        .managed("v2-whoami", "dev", "v1")
        .label("pointsman.port", "80");
    let mut world = World::new(&[whoami("web", 2, "v1"), young]);
    world
        .table
        .put_env(env_record("whoami", "dev", "dev.example.com", 1_000));
    live_env(&mut world, "v2-whoami", 5_000);
    let newcomer = whoami("web2", 9, "v2");
    world.put(&newcomer);
    assert_eq!(
        world.rule("v2-whoami-dev-young"),
        "Host(`v2-whoami.dev.example.com`)",
        "the live app keeps its host"
    );
    assert!(world.codes().contains(&"host-taken"), "the preview is told");
    world.promote("v2", None);
    assert_eq!(
        world.rule("v2-whoami-dev-young"),
        "Host(`v2-whoami.dev.example.com`)",
        "also when it is placed"
    );
}

// The same with compose projects: a preview of an old app in a younger app's project switched the younger app off.
#[test]
fn a_preview_takes_no_project_that_was_there_before_it() {
    let young = mk("young", 5)
        .managed("young", "dev", "v1")
        .label("pointsman.port", "80")
        .compose("shared", "web");
    let mut world = World::new(&[whoami("web", 2, "v1"), young]);
    world
        .table
        .put_env(env_record("whoami", "dev", "dev.example.com", 1_000));
    live_env(&mut world, "young", 5_000);
    world.put(&whoami("web2", 9, "v2").compose("shared", "api"));
    assert_eq!(
        world.urls("young-dev-web-v1"),
        ["http://10.0.0.5:80"],
        "the younger app goes on"
    );
    assert!(
        world.codes().contains(&"version-conflict"),
        "the preview is told"
    );
}

// Prefixed hosts that only a rule asks for (without `pointsman.host`) were routed and not claimed, so an unmanaged
// router could take them.
#[test]
fn a_prefixed_host_of_a_rule_is_claimed() {
    let api = whoami("web", 2, "v1").label(
        "traefik.http.routers.web.rule",
        "Host(`api.v1-whoami.dev.example.com`)",
    );
    let thief = mk("thief", 1).label(
        "traefik.http.routers.evil.rule",
        "Host(`api.whoami.dev.example.com`)",
    );
    let mut world = World::new(&[api, thief]);
    world.make_live("v1");
    assert_eq!(
        world.names("routers"),
        ["whoami-dev-web"],
        "the managed one alone"
    );
}

// A version that is refused because another keeps its slug could be promoted and switched to; the live host then
// answered 503 although a healthy version had been there.
#[test]
fn a_refused_version_cannot_be_promoted() {
    let old = whoami("a", 2, "v1.2.0").label("pointsman.port", "80");
    let new = whoami("b", 3, "v1-2-0").label("pointsman.port", "80");
    let world = World::new(&[new, old]);
    let view = world.table.view(&key());
    let seen: Vec<&str> = view.stacks.keys().map(Version::as_str).collect();
    assert_eq!(seen, ["v1.2.0"], "the machine does not see the other");
}
