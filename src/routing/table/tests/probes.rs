//! Who is asked, what counts as ready, and what a restart of Pointsman trusts.

use std::sync::Arc;

use crate::routing::ids::{ContainerId, Version};
use crate::routing::model::{
    Attached, Change, Check, CheckScheme, Finding, Health, Redirects, State, Target,
};
use crate::routing::table::{Options, Probing, ProxySelector};

use super::{Mk, World, key, mk, web};

const CHILD: &str = "whoami-dev-web-v2";

fn probing() -> Options {
    Options {
        probing: Probing::On,
        ..Options::default()
    }
}

fn version(text: &str) -> Version {
    Version::parse(text).unwrap()
}

fn failed(why: &str) -> Finding {
    Finding::Failed(why.to_owned())
}

impl World {
    fn asked(&mut self) -> Vec<Arc<Target>> {
        let targets = self.table.take_targets().unwrap_or_default();
        targets.into_iter().collect()
    }

    #[track_caller]
    fn target(&mut self) -> Arc<Target> {
        let mut asked = self.asked();
        assert_eq!(asked.len(), 1, "one is asked: {asked:?}");
        asked.remove(0)
    }

    fn found(&mut self, target: &Arc<Target>, finding: Finding) {
        self.apply(Change::Probed {
            target: Arc::clone(target),
            finding,
        });
        self.settle();
    }
}

/// A list without it, and then this container.
fn began(web: &Mk) -> World {
    let mut world = World::with(probing(), &[]);
    world.put(web);
    world
}

fn checked(web: Mk) -> Mk {
    let label = |name: &str| format!("traefik.http.services.web.loadbalancer.{name}");
    web.label(&label("healthcheck.path"), "/health")
        .label(&label("server.port"), "80")
}

#[test]
fn a_server_without_any_check_is_published_when_it_takes_a_connection() {
    let mut world = began(&web("v2", 2));
    assert_eq!(world.urls(CHILD), Vec::<String>::new(), "nobody asked yet");
    let target = world.target();
    assert_eq!(target.check, Check::Connect, "a connection will do");
    assert_eq!(target.address.to_string(), "10.0.0.2:80", "there");
    world.found(&target, failed("refused"));
    assert_eq!(world.urls(CHILD), Vec::<String>::new(), "not ready");
    let view = world.table.view(&key());
    let reason = &view.stack(&version("v2")).unwrap().reason;
    assert!(
        reason.contains("a connection to 10.0.0.2:80: refused"),
        "{reason}"
    );
    assert_eq!(world.codes(), ["probe-failed"], "and said");
    world.found(&target, Finding::Passed);
    assert_eq!(world.urls(CHILD), ["http://10.0.0.2:80"], "ready");
    assert_eq!(world.codes(), Vec::<&str>::new(), "nothing to say");
}

#[test]
fn labels_say_what_is_asked() {
    let label = |name: &str| format!("traefik.http.services.web.loadbalancer.healthcheck.{name}");
    let mut web = checked(web("v2", 2));
    for (name, value) in [
        ("path", "ready?deep=1"),
        ("port", "8081"),
        ("scheme", "https"),
        ("method", "HEAD"),
        ("status", "204"),
        ("hostname", "app.example"),
        ("headers.X-Probe", "yes"),
        ("interval", "7s"),
        ("unhealthyinterval", "2"),
        ("timeout", "300ms"),
        ("followredirects", "false"),
    ] {
        web = web.label(&label(name), value);
    }
    let mut world = began(&web);
    let target = world.target();
    assert_eq!(target.address.to_string(), "10.0.0.2:8081", "at its port");
    let Check::Http { request, rhythm } = &target.check else {
        panic!("{target:?}");
    };
    assert_eq!(
        (
            request.method.as_str(),
            request.path.as_str(),
            request.scheme
        ),
        ("HEAD", "/ready?deep=1", CheckScheme::Https),
        "the request"
    );
    assert_eq!(request.hostname.as_deref(), Some("app.example"), "for it");
    assert_eq!(request.headers["X-Probe"], "yes", "and more");
    assert_eq!(
        (request.status, request.redirects),
        (Some(204), Redirects::Taken),
        "the answer"
    );
    assert_eq!(
        (
            rhythm.interval_ms,
            rhythm.unhealthy_interval_ms,
            rhythm.timeout_ms
        ),
        (7_000, 2_000, 300),
        "how often"
    );
}

#[test]
fn what_labels_leave_out_is_as_traefik_has_it() {
    let mut world = began(&checked(web("v2", 2)));
    let target = world.target();
    let Check::Http { request, rhythm } = &target.check else {
        panic!("{target:?}");
    };
    assert_eq!(
        (
            request.method.as_str(),
            request.path.as_str(),
            request.scheme
        ),
        ("GET", "/health", CheckScheme::Http),
        "the request"
    );
    assert_eq!(
        (request.status, request.redirects),
        (None, Redirects::Followed),
        "the answer"
    );
    assert_eq!(
        (
            rhythm.interval_ms,
            rhythm.unhealthy_interval_ms,
            rhythm.timeout_ms
        ),
        (30_000, 30_000, 5_000),
        "how often"
    );
}

#[test]
fn a_docker_check_gates_alone_and_a_label_beside_it_too() {
    let healthy = web("v2", 2).health(Health::Healthy);
    let mut world = began(&healthy);
    assert_eq!(world.asked().len(), 0, "Docker asks");
    assert_eq!(
        world.urls(CHILD),
        ["http://10.0.0.2:80"],
        "and that will do"
    );
    let mut world = began(&checked(healthy));
    assert_eq!(world.urls(CHILD), Vec::<String>::new(), "both must agree");
    let target = world.target();
    world.found(&target, Finding::Passed);
    assert_eq!(world.urls(CHILD), ["http://10.0.0.2:80"], "now they do");
}

#[test]
fn what_cannot_be_spoken_is_asked_for_a_connection() {
    let grpc = "traefik.http.services.web.loadbalancer.healthcheck.mode";
    let h2c = "traefik.http.services.web.loadbalancer.server.scheme";
    for (key, value) in [(grpc, "grpc"), (h2c, "h2c")] {
        let mut world = began(&checked(web("v2", 2)).label(key, value));
        assert_eq!(world.target().check, Check::Connect, "{value}");
    }
}

#[test]
fn unmanaged_containers_are_as_with_traefiks_own_provider() {
    let label = "traefik.http.services.plain.loadbalancer.healthcheck.path";
    let mut world = World::with(probing(), &[]);
    world.put(&mk("plain", 3).label(label, "/"));
    assert_eq!(world.asked().len(), 0, "not asked");
    assert_eq!(world.urls("plain"), ["http://10.0.0.3:80"], "published");
}

#[test]
fn what_ran_before_is_trusted_until_it_fails() {
    let mut world = World::with(probing(), &[checked(web("v2", 2))]);
    assert_eq!(
        world.urls(CHILD),
        ["http://10.0.0.2:80"],
        "no restart takes it out"
    );
    let target = world.target();
    world.found(&target, Finding::Passed);
    let before = world.table.document().revision();
    assert_eq!(world.urls(CHILD), ["http://10.0.0.2:80"], "still");
    world.found(&target, failed("answered 500"));
    assert_eq!(world.urls(CHILD), Vec::<String>::new(), "a failure counts");
    world.found(&target, Finding::Passed);
    assert_eq!(world.table.document().revision(), before, "and its end");
}

#[test]
fn another_run_is_asked_anew_and_an_old_answer_says_nothing_about_it() {
    let web = web("v2", 2);
    let mut world = World::with(probing(), std::slice::from_ref(&web));
    let old = world.target();
    world.apply(Change::Exited(web.0.id.clone()));
    world.put(&web);
    let new = world.target();
    assert_ne!(old, new, "another run");
    world.found(&old, Finding::Passed);
    assert_eq!(world.urls(CHILD), Vec::<String>::new(), "of the old one");
    world.found(&new, Finding::Passed);
    assert_eq!(world.urls(CHILD), ["http://10.0.0.2:80"], "of this one");
}

#[test]
fn who_is_paused_or_leaving_is_not_asked() {
    let web = web("v2", 2);
    let mut world = World::with(probing(), std::slice::from_ref(&web));
    assert_eq!(world.asked().len(), 1, "asked");
    world.put(&web.clone().state(State::Paused));
    assert_eq!(
        world.table.take_targets().map(|targets| targets.len()),
        Some(0),
        "no more"
    );
}

#[test]
fn equal_findings_publish_nothing_and_mark_nothing() {
    let mut world = began(&checked(web("v2", 2)));
    let target = world.target();
    world.found(&target, Finding::Passed);
    world.table.take_touched_envs();
    let before = world.table.document().revision();
    world.found(&target, Finding::Passed);
    assert!(world.table.take_touched_envs().is_empty(), "nobody looks");
    assert_eq!(world.table.document().revision(), before, "the same bytes");
}

#[test]
fn a_failure_begins_the_minimum_time_anew() {
    let mut world = began(&checked(web("v2", 2)));
    let target = world.target();
    let settled = |world: &World| {
        world
            .table
            .view(&key())
            .stack(&version("v2"))
            .unwrap()
            .settled_at
    };
    world.found(&target, Finding::Passed);
    assert_eq!(
        settled(&world),
        world.now.plus_millis(10_000),
        "from its start"
    );
    world.now = world.now.plus_millis(60_000);
    world.found(&target, failed("answered 500"));
    world.found(&target, Finding::Passed);
    assert_eq!(
        settled(&world),
        world.now.plus_millis(10_000),
        "from its recovery"
    );
}

#[test]
fn promote_and_switch_do_not_ask_again() {
    let hostname = "traefik.http.services.web.loadbalancer.healthcheck.hostname";
    let checked = checked(web("v2", 2)).label(hostname, "v2-whoami.dev.example.com");
    let mut world = began(&checked);
    let target = world.target();
    world.found(&target, Finding::Passed);
    world.promote("v2", None);
    world.command(crate::routing::rollout::Command::switch());
    assert!(world.table.take_targets().is_none(), "the same question");
    assert_eq!(world.urls(CHILD), ["http://10.0.0.2:80"], "never out");
}

/// Pointsman in a container on the control network.
fn own() -> Mk {
    let mut own = mk("pointsman", 1).label("traefik.enable", "false");
    own.0.networks.clear();
    own.network("00-control", [10, 9, 0, 3])
}

fn inside(proxy: Option<&str>) -> Options {
    Options {
        own: Some(ContainerId::parse("id-pointsman").unwrap()),
        proxy: proxy.map(|name| ProxySelector::Name(name.to_owned())),
        ..probing()
    }
}

#[test]
fn pointsman_in_a_container_is_attached_before_it_asks() {
    let mut traefik = mk("traefik", 1).label("traefik.enable", "false");
    traefik.0.networks.clear();
    let traefik = traefik.network("net", [10, 0, 0, 250]);
    let mut world = World::with(inside(Some("traefik")), &[own(), traefik]);
    world.put(&web("v2", 2));
    let wish = world.table.attachments();
    assert_eq!(wish.own, Some(own().0.id), "itself");
    assert!(wish.own_networks.contains("net"), "{wish:?}");
    assert_eq!(world.asked().len(), 0, "it cannot ask yet");
    assert_eq!(world.urls(CHILD), Vec::<String>::new(), "so it waits");
    world.put(&own().network("net", [10, 0, 0, 251]));
    let target = world.target();
    world.found(&target, Finding::Passed);
    assert_eq!(
        world.urls(CHILD),
        ["http://10.0.0.2:80"],
        "asked, published"
    );
}

#[test]
fn what_pointsman_cannot_be_attached_to_is_published_unasked_and_named() {
    let mut traefik = mk("traefik", 1).label("traefik.enable", "false");
    traefik.0.networks.clear();
    let traefik = traefik.network("net", [10, 0, 0, 250]);
    let mut world = World::with(inside(Some("traefik")), &[own(), traefik]);
    world.put(&web("v2", 2));
    world.apply(Change::Attachment {
        who: Attached::Own,
        network: "net".to_owned(),
        refused: Some("no free address".to_owned()),
    });
    world.settle();
    assert_eq!(world.urls(CHILD), ["http://10.0.0.2:80"], "not held back");
    assert_eq!(world.codes(), ["not-probed"], "and named");
}

#[test]
fn without_a_shared_network_nothing_is_held_back() {
    let mut world = World::with(inside(None), &[own()]);
    world.put(&web("v2", 2));
    assert_eq!(world.urls(CHILD), ["http://10.0.0.2:80"], "published");
    assert_eq!(world.codes(), ["not-probed"], "and named");
    let shared = web("v3", 3).network("00-control", [10, 9, 0, 9]);
    let label = "traefik.docker.network";
    world.put(&shared.label(label, "00-control"));
    assert_eq!(
        world.target().address.to_string(),
        "10.9.0.9:80",
        "one that it sees"
    );
}

#[test]
fn nothing_but_a_servers_own_address_is_asked() {
    let host = |mut web: Mk| {
        web.0.network_mode = "host".to_owned();
        web.0.networks.clear();
        web
    };
    let mut outside = began(&host(web("v2", 2)));
    assert_eq!(
        outside.target().address.to_string(),
        "127.0.0.1:80",
        "on the host"
    );
    let mut within = World::with(inside(None), &[own()]);
    within.put(&host(web("v2", 2)));
    assert_eq!(
        within.asked().len(),
        0,
        "there it would be Pointsman itself"
    );
    assert_eq!(within.codes(), ["not-probed"], "said");
    let metadata = web("v2", 2).network("net", [169, 254, 169, 254]);
    let mut world = began(&metadata);
    assert_eq!(world.asked().len(), 0, "a cloud's secrets");
}

#[test]
fn an_address_that_nobody_can_reach_is_published_unasked() {
    let mut world = began(&web("v2", 2));
    let target = world.target();
    world.found(
        &target,
        Finding::Unreachable("no connection within 2s".to_owned()),
    );
    assert_eq!(
        world.urls(CHILD),
        ["http://10.0.0.2:80"],
        "not held for ever"
    );
    assert_eq!(world.codes(), ["not-probed"], "and named");
}

#[test]
fn the_last_words_of_a_failing_docker_check_are_told() {
    let sick = web("v2", 2).health(Health::Unhealthy);
    let mut world = began(&sick);
    world.apply(Change::Complained {
        id: sick.0.id.clone(),
        words: "no database".to_owned(),
    });
    world.settle();
    let reason = |world: &World| {
        let view = world.table.view(&key());
        view.stack(&version("v2")).unwrap().reason.clone()
    };
    let told = world.table.diagnostics();
    assert_eq!(told[0].code, "unhealthy", "{told:?}");
    assert!(told[0].message.ends_with(": no database"), "{told:?}");
    assert!(
        reason(&world).contains("unhealthy: no database"),
        "{}",
        reason(&world)
    );
    world.put(&web("v2", 2).health(Health::Starting));
    assert!(!reason(&world).contains("database"), "{}", reason(&world));
}
