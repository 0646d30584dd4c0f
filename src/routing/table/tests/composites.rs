//! Services made of services, from labels: only children that stand are listed, and nothing contains itself.

use serde_json::{Value, json};

use super::{Mk, World, mk, whoami};

fn weighted(mk: Mk, name: &str, children: &[&str]) -> Mk {
    children.iter().enumerate().fold(mk, |mk, (n, child)| {
        let key = format!("traefik.http.services.{name}.weighted.services[{n}].name");
        mk.label(&key, child)
    })
}

fn balancer(mk: Mk, name: &str) -> Mk {
    mk.label(
        &format!("traefik.http.services.{name}.loadbalancer.server.port"),
        "80",
    )
}

fn children(world: &World, name: &str) -> Vec<String> {
    let children = world.service(name)["weighted"]["services"].clone();
    let children = children.as_array().cloned().unwrap_or_default();
    children
        .iter()
        .map(|child| child["name"].as_str().unwrap().to_owned())
        .collect()
}

#[test]
fn shares_follow_the_containers_that_are_there() {
    let split = weighted(
        balancer(mk("a", 2), "a"),
        "split",
        &["a", "b@docker", "c@file"],
    )
    .label(
        "traefik.http.services.split.weighted.services[1].weight",
        "3",
    )
    .label("traefik.http.routers.r.service", "split")
    .label("traefik.http.routers.r.rule", "Host(`x.example`)");
    let other = balancer(mk("b", 3), "b");
    let mut world = World::new(&[split]);
    assert_eq!(children(&world, "split"), ["a", "c@file"], "b is not there");
    assert_eq!(world.codes(), ["child-missing"], "and told");
    world.put(&other);
    assert_eq!(
        world.service("split")["weighted"]["services"],
        json!([{"name": "a"}, {"name": "b", "weight": 3}, {"name": "c@file"}]),
        "now it is"
    );
    assert_eq!(world.codes(), Vec::<&str>::new());
    world.remove(&other);
    assert_eq!(children(&world, "split"), ["a", "c@file"], "and gone again");
}

#[test]
fn nothing_contains_itself() {
    let mk = balancer(mk("z", 2), "leaf");
    let mk = weighted(mk, "a", &["a"]);
    let mk = weighted(mk, "b", &["c", "leaf"]);
    let mk = weighted(mk, "c", &["b", "leaf"]);
    let mk = mk
        .label("traefik.http.services.d.mirroring.service", "e")
        .label("traefik.http.services.e.failover.service", "d")
        .label("traefik.http.services.e.failover.fallback", "leaf");
    let world = World::new(&[mk]);
    assert_eq!(
        world.names("services"),
        ["b", "c", "leaf"],
        "a, d and e cannot answer"
    );
    assert_eq!(children(&world, "b"), ["leaf"], "c would lead back");
    assert_eq!(children(&world, "c"), ["leaf"], "b would lead back");
    assert!(world.codes().contains(&"child-missing"), "told");
}

#[test]
fn a_chain_deeper_than_anybody_needs_is_cut() {
    let mut mk = balancer(mk("z", 2), "leaf");
    for n in 0..200 {
        let next = if n == 199 {
            "leaf".to_owned()
        } else {
            format!("s{:03}", n + 1)
        };
        mk = weighted(mk, &format!("s{n:03}"), &[&next]);
    }
    let world = World::new(&[mk]);
    assert!(world.codes().contains(&"child-missing"), "cut and told");
    for name in world
        .names("services")
        .iter()
        .filter(|name| *name != "leaf")
    {
        let all = world.names("services");
        assert!(
            children(&world, name)
                .iter()
                .all(|child| all.contains(child)),
            "{name}"
        );
    }
}

// Twenty-two chains of two, each naming the next twice, are four million middlewares to Traefik: it was busy for ever, and
// took no further document. TCP services that fan out so take all of its memory.
#[test]
fn what_comes_to_too_many_parts_is_not_made() {
    let chains = (0..22).fold(mk("z", 2), |mk, n| {
        let key = format!("traefik.http.middlewares.n{n:02}.chain.middlewares");
        mk.label(&key, &format!("n{:02},n{:02}", n + 1, n + 1))
    });
    let chains = chains.label("traefik.http.middlewares.n22.addprefix.prefix", "/x");
    let world = World::new(&[chains]);
    let made = world.names("middlewares");
    assert!(made.contains(&"n15".to_owned()), "128 parts are made");
    assert!(
        !made.contains(&"n14".to_owned()),
        "256 are not, and break every chain above"
    );
    assert!(world.codes().contains(&"too-many-parts"), "and told");

    let fan = (0..12).fold(mk("z", 2), |mk, n| {
        [0, 1].into_iter().fold(mk, |mk, child| {
            let key = format!("traefik.tcp.services.n{n:02}.weighted.services[{child}].name");
            mk.label(&key, &format!("n{:02}", n + 1))
        })
    });
    let fan = fan.label("traefik.tcp.services.n12.loadbalancer.server.port", "80");
    let world = World::new(&[fan]);
    let services = world.document()["tcp"]["services"]
        .as_object()
        .unwrap()
        .len();
    assert_eq!(services, 8, "up to 128 parts");
}

#[test]
fn mirrors_and_stand_ins_need_what_they_name() {
    let mk = balancer(balancer(mk("z", 2), "a"), "b")
        .label("traefik.http.services.m.mirroring.service", "a")
        .label("traefik.http.services.m.mirroring.mirrors[0].name", "b")
        .label("traefik.http.services.m.mirroring.mirrors[0].percent", "10")
        .label("traefik.http.services.m.mirroring.mirrors[1].name", "gone")
        .label("traefik.http.services.f.failover.service", "a")
        .label("traefik.http.services.f.failover.fallback", "b")
        .label("traefik.http.services.f.failover.healthcheck", "true")
        .label("traefik.http.services.g.failover.service", "a")
        .label(
            "traefik.http.services.h.highestrandomweight.services[0].name",
            "a",
        )
        .label(
            "traefik.http.services.h.highestrandomweight.services[0].weight",
            "0",
        );
    let world = World::new(&[mk]);
    assert_eq!(
        world.service("m"),
        json!({"mirroring": {"service": "a", "mirrors": [{"name": "b", "percent": 10}]}})
    );
    assert_eq!(
        world.service("f"),
        json!({"failover": {"service": "a", "fallback": "b", "healthCheck": {}}})
    );
    assert_eq!(world.service("g"), Value::Null, "half a stand-in is none");
    assert_eq!(world.service("h"), Value::Null, "no share, no service");
}

#[test]
fn versions_have_their_own_composites() {
    let stack = |name: &str, n, version| {
        weighted(
            balancer(balancer(whoami(name, n, version), "a"), "b"),
            "split",
            &["a", "b@docker"],
        )
        .label("traefik.http.routers.r.service", "split")
    };
    let mut world = World::new(&[stack("x", 2, "v1"), stack("y", 3, "v2")]);
    assert_eq!(
        children(&world, "whoami-dev-split-v2"),
        ["whoami-dev-a-v2", "whoami-dev-b-v2"]
    );
    assert_eq!(
        world.router("whoami-dev-r-v1")["service"],
        "whoami-dev-split-v1"
    );
    world.make_live("v1");
    assert_eq!(
        children(&world, "whoami-dev-split"),
        ["whoami-dev-split-v1"]
    );
    world.promote("v2", Some(25));
    assert_eq!(
        world.service("whoami-dev-split")["weighted"]["services"],
        json!([{"name": "whoami-dev-split-v1", "weight": 75}, {"name": "whoami-dev-split-v2", "weight": 25}])
    );
    assert_eq!(world.codes(), Vec::<&str>::new());
}

// Every way through them was walked, of which there are 2^24 here.
#[test]
fn managed_services_that_name_each_other_often_cost_little() {
    let mut mk = whoami("a", 2, "v1").label("traefik.http.routers.web.service", "s0");
    for n in 0..24 {
        let next = format!("s{}", n + 1);
        mk = weighted(mk, &format!("s{n}"), &[&next, &next, "s0"]);
    }
    let mut world = World::new(&[balancer(mk, "s24")]);
    world.make_live("v1");
    assert_eq!(world.names("routers"), ["whoami-dev-web"]);
}

#[test]
fn copies_of_requests_are_no_answer() {
    let mirroring = whoami("b", 3, "v2")
        .compose("two", "b")
        .label("traefik.http.routers.web.service", "web")
        .label("traefik.http.services.web.mirroring.service", "main")
        .label(
            "traefik.http.services.web.mirroring.mirrors[0].name",
            "shadow",
        );
    let main = balancer(whoami("c", 4, "v2").compose("two", "c"), "main")
        .label("traefik.http.routers.main.rule", "PathPrefix(`/main`)");
    let mut world = World::new(&[
        balancer(whoami("a", 2, "v1").compose("one", "a"), "web"),
        balancer(mirroring, "shadow"),
        main.clone(),
    ]);
    world.make_live("v1");
    world.promote("v2", Some(50));
    world.now = world.now.plus_millis(60_000);
    world.settle();
    assert_eq!(
        children(&world, "whoami-dev-web"),
        ["whoami-dev-web-v1", "whoami-dev-web-v2"]
    );
    world.put(&main.state(crate::routing::model::State::Exited));
    assert_eq!(children(&world, "whoami-dev-web"), ["whoami-dev-web-v1"]);
}
