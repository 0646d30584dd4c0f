//! Ways to take somebody else's traffic, each of which was open once.

use crate::routing::ids::{EnvKey, Slot, Version};
use crate::routing::rollout::{Placed, Record};

use super::{World, env_record, key, mk, whoami};

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
        failed: None,
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

// Containers of another compose project with the same three labels were taken for replicas and got a share of the live
// traffic; and when that project belonged to another env, the whole version was refused and the live host answered 503.
#[test]
fn a_second_project_with_the_same_version_is_not_merged() {
    let first = whoami("web", 2, "v1").compose("whoami-dev-v1", "web");
    let mut world = World::new(std::slice::from_ref(&first));
    world.make_live("v1");
    let young = mk("young", 5)
        .managed("young", "dev", "v1")
        .label("pointsman.port", "80")
        .label("pointsman.domain", "dev.example.com")
        .compose("young-dev-v1", "web");
    world.put(&young);
    for (n, project) in [(8, "copy"), (9, "young-dev-v1")] {
        let second = whoami(project, n, "v1").compose(project, "web");
        world.put(&second);
        assert_eq!(
            world.urls("whoami-dev-web-v1"),
            ["http://10.0.0.2:80"],
            "{project} is not its replica"
        );
        assert_eq!(
            world.urls("young-dev-web-v1").len(),
            1,
            "nor in the way of others"
        );
        assert!(world.codes().contains(&"stack-conflict"), "and told");
        world.remove(&second);
    }
    let second = whoami("copy", 8, "v1").compose("copy", "web");
    world.put(&second);
    world.remove(&first);
    assert_eq!(
        world.urls("whoami-dev-web-v1"),
        ["http://10.0.0.8:80"],
        "until the name is free"
    );
}

// What a rule excludes is not wanted: a live `!Host(...)` shut the host of another.
#[test]
fn an_excluded_host_is_left_to_its_owner() {
    let other = mk("b", 3).label("traefik.http.routers.b.rule", "Host(`b.example`)");
    let mut world = World::new(&[
        whoami("web", 2, "v1").label(
            "traefik.http.routers.web.rule",
            "HostRegexp(`.+`) && !Host(`b.example`)",
        ),
        other,
    ]);
    world.make_live("v1");
    assert_eq!(world.rule("b"), "Host(`b.example`)");
    assert_eq!(
        world.rule("whoami-dev-web"),
        "HostRegexp(`.+`) && !Host(`b.example`)",
        "still excluded"
    );
}

#[test]
fn no_priority_is_high_enough_for_a_managed_pattern() {
    let mut world = World::new(&[whoami("web", 2, "v1")
        .label("traefik.http.routers.web.rule", "HostRegexp(`.+`)")
        .label("traefik.http.routers.web.priority", "9223372036854774807")]);
    world.make_live("v1");
    let priority = world.router("whoami-dev-web")["priority"].as_i64().unwrap();
    assert!(priority < 0, "{priority}");
}
