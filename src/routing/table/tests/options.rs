//! `--constraints` and `--default-rule`, from the option to the document.

use serde_json::{Value, json};

use crate::routing::model::State;
use crate::routing::table::{Constraints, DefaultRule, Options, ProxySelector};

use super::{Mk, World, mk};

fn constrained(expression: &str, containers: &[Mk]) -> World {
    let options = Options {
        constraints: Constraints::parse(expression).unwrap(),
        ..Options::default()
    };
    World::with(options, containers)
}

fn ruled(template: &str, containers: &[Mk]) -> World {
    let options = Options {
        default_rule: DefaultRule::parse(template).unwrap(),
        ..Options::default()
    };
    World::with(options, containers)
}

#[test]
fn constraints_leave_unmanaged_containers_out() {
    let (public, private) = (mk("a", 2).label("zone", "public"), mk("b", 3));
    let world = constrained("Label(`zone`, `public`)", &[public, private]);
    assert_eq!(world.names("routers"), ["a"], "only what matches");
    assert_eq!(world.names("services"), ["a"], "with its service");
}

#[test]
fn constraints_leave_managed_containers_out_too() {
    let web = |name, id, zone: &str| {
        mk(name, id)
            .managed("whoami", "dev", "v1")
            .label("pointsman.domain", "dev.example.com")
            .label("zone", zone)
    };
    let here = web("a", 2, "here");
    let world = constrained("Label(`zone`, `here`)", std::slice::from_ref(&here));
    assert!(!world.names("routers").is_empty(), "it matches");
    let elsewhere = constrained("Label(`zone`, `here`)", &[web("a", 2, "there")]);
    assert_eq!(elsewhere.document(), json!({"http": {}}), "it does not");
    assert_eq!(
        elsewhere.table.envs().count(),
        0,
        "nor does it make a record"
    );
}

#[test]
fn labels_of_who_is_left_out_are_nobodys_business() {
    let broken = mk("a", 2)
        .label("traefik.http.routers.r.rule", "((")
        .label("pointsman.app", "half")
        .label("traefik.http.routers.a].rule", "x");
    let world = constrained("!Label(`pointsman.app`, `half`)", &[broken]);
    assert_eq!(world.codes(), Vec::<&str>::new(), "no diagnostics");
}

#[test]
fn a_container_comes_and_goes_with_its_labels() {
    let mut world = constrained("Label(`zone`, `here`)", &[mk("a", 2)]);
    assert_eq!(world.names("routers"), Vec::<String>::new(), "not yet");
    world.put(&mk("a", 2).label("zone", "here"));
    assert_eq!(world.names("routers"), ["a"], "now");
    world.put(&mk("a", 2).label("zone", "there"));
    assert_eq!(world.names("routers"), Vec::<String>::new(), "no more");
}

#[test]
fn traefiks_own_container_and_network_owners_need_not_match() {
    let options = Options {
        constraints: Constraints::parse("Label(`zone`, `here`)").unwrap(),
        proxy: Some(ProxySelector::Name("traefik".to_owned())),
        ..Options::default()
    };
    let mut sharer = mk("sharer", 4)
        .label("zone", "here")
        .label("traefik.http.services.s.loadbalancer.server.port", "80");
    sharer.0.network_mode = "container:id-owner".to_owned();
    sharer.0.networks.clear();
    let world = World::with(options, &[mk("traefik", 2), mk("owner", 3), sharer]);
    assert_eq!(
        world.urls("s"),
        ["http://10.0.0.3:80"],
        "reached through both"
    );
}

#[test]
fn allow_non_running_does_not_beat_constraints() {
    let stopped = mk("a", 2)
        .state(State::Exited)
        .label("traefik.docker.allownonrunning", "true");
    let world = constrained("Label(`zone`, `here`)", &[stopped]);
    assert_eq!(world.document(), json!({"http": {}}), "left out");
}

#[test]
fn a_default_rule_that_fails_costs_the_router_and_says_why() {
    let world = ruled(
        "Host(`{{ lower .Labels.host }}`)",
        &[mk("a", 2).label("host", "A.example"), mk("b", 3)],
    );
    assert_eq!(world.rule("a"), "Host(`a.example`)", "it has the label");
    assert_eq!(world.names("routers"), ["a"], "the other has not");
    assert_eq!(world.names("services"), ["a", "b"], "its service stays");
    let said = world.table.diagnostics();
    assert_eq!(world.codes(), ["no-router"], "{said:?}");
    let message = &said[0].message;
    assert!(
        message.contains(
            "the default rule fails at {{ lower .Labels.host }}: lower: it wants a string"
        ),
        "{message}"
    );
}

#[test]
fn an_empty_default_rule_makes_no_router() {
    let world = ruled("{{ if .Labels.host }}x{{ end }}", &[mk("a", 2)]);
    assert_eq!(world.router("a"), Value::Null, "no router");
    assert_eq!(world.names("services"), ["a"], "its service stays");
    assert_eq!(world.codes(), ["no-router"], "told");
}

#[test]
fn a_default_rule_sees_the_normalised_name_and_the_own_one() {
    let template = "Host(`{{ .Name }}.{{ .ContainerName }}.{{ index .Labels \"com.docker.compose.service\" }}`)";
    let world = ruled(template, &[mk("p-web_1", 2).compose("p_x", "web.1")]);
    assert_eq!(
        world.rule("web-1-p-x"),
        "Host(`web-1-p-x.p-web_1.web.1`)",
        "as Traefik has them"
    );
}

// The network of a container that is left out was forgotten with its other labels, and one that shares it was routed
// through another of its networks.
#[test]
fn who_is_left_out_still_names_the_network_that_others_share() {
    let owner = mk("owner", 2).network("alpha", [10, 1, 0, 2]);
    let owner = owner.label("traefik.docker.network", "net");
    let mut sharer = mk("sharer", 3).label("zone", "here");
    sharer.0.network_mode = "container:id-owner".to_owned();
    sharer.0.networks.clear();
    let world = constrained("Label(`zone`, `here`)", &[owner, sharer]);
    assert_eq!(
        world.urls("sharer"),
        ["http://10.0.0.2:80"],
        "as its owner says"
    );
    assert_eq!(world.names("services"), ["sharer"], "and nothing else");
}
