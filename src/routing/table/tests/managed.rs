use serde_json::json;

use crate::routing::model::{Change, Health, State};

use super::{World, env_record, mk, whoami};

fn web(version: &str, n: u8) -> super::Mk {
    let project = format!("whoami-dev-{}", version.replace('.', "-"));
    whoami(&format!("{project}-web-1"), n, version).compose(&project, "web")
}

const PREVIEW: &str =
    "Host(`v1.2.0-whoami.dev.example.com`) || Host(`v1-2-0-whoami.dev.example.com`)";

#[test]
fn a_version_in_no_slot_has_its_preview_hosts_only() {
    let world = World::new(&[web("v1.2.0", 2)]);
    let expected = json!({"http": {
        "routers": {"whoami-dev-web-v1.2.0": {
            "rule": PREVIEW, "service": "whoami-dev-web-v1.2.0", "priority": "Host(`whoami.dev.example.com`)".len(),
        }},
        "services": {"whoami-dev-web-v1.2.0": {"loadBalancer": {
            "passHostHeader": true, "servers": [{"url": "http://10.0.0.2:80"}],
        }}},
    }});
    assert_eq!(world.document(), expected, "nothing live");
}

#[test]
fn promote_moves_to_the_staged_host_and_switch_to_the_live_one() {
    let mut world = World::new(&[web("v1.2.0", 2), web("v2", 3)]);
    world.promote("v1.2.0", None);
    assert_eq!(
        world.rule("whoami-dev-web-staged"),
        "Host(`vnext-whoami.dev.example.com`)",
        "staged"
    );
    assert_eq!(
        world.rule("whoami-dev-web-v1.2.0"),
        "",
        "left its preview hosts"
    );
    world.make_live("v1.2.0");
    assert_eq!(
        world.rule("whoami-dev-web"),
        "Host(`whoami.dev.example.com`)",
        "live"
    );
    let parent = world.service("whoami-dev-web");
    assert_eq!(
        parent,
        json!({"weighted": {"services": [{"name": "whoami-dev-web-v1.2.0", "weight": 100}]}}),
        "one child"
    );
    assert_eq!(
        world.router("whoami-dev-web")["service"],
        "whoami-dev-web",
        "through the parent"
    );
    world.make_live("v2");
    assert_eq!(
        world.service("whoami-dev-web")["weighted"]["services"][0]["name"],
        "whoami-dev-web-v2",
        "v2 is live"
    );
    assert_eq!(
        world.router("whoami-dev-web-staged")["service"],
        "whoami-dev-web-v1.2.0",
        "v1.2.0 stands by"
    );
    assert_eq!(
        world.names("routers"),
        ["whoami-dev-web", "whoami-dev-web-staged"],
        "no previews left"
    );
}

#[test]
fn one_compose_file_works_in_every_place() {
    let labelled = |version: &str, n: u8| {
        let slug = version.replace('.', "-");
        let stack = format!("whoami-dev-{slug}");
        web(version, n)
            .label(
                &format!("traefik.http.routers.web-{stack}.rule"),
                &format!("Host(`{version}-whoami.dev.example.com`) && PathPrefix(`/a`)"),
            )
            .label(
                &format!("traefik.http.routers.web-{stack}.middlewares"),
                &format!("auth-{stack},gzip@file"),
            )
            .label(
                &format!("traefik.http.routers.web-{stack}.tls.domains[0].main"),
                &format!("{version}-whoami.dev.example.com"),
            )
            .label(
                &format!("traefik.http.middlewares.auth-{stack}.basicauth.users"),
                "u:h",
            )
    };
    let mut world = World::new(&[labelled("v1.2.0", 2), labelled("v2", 3)]);
    world.make_live("v1.2.0");
    world.promote("v2", None);
    assert_eq!(
        world.rule("whoami-dev-web"),
        "Host(`whoami.dev.example.com`) && PathPrefix(`/a`)",
        "live"
    );
    assert_eq!(
        world.rule("whoami-dev-web-staged"),
        "Host(`vnext-whoami.dev.example.com`) && PathPrefix(`/a`)",
        "staged"
    );
    let live = world.router("whoami-dev-web");
    assert_eq!(
        live["middlewares"],
        json!(["whoami-dev-auth-v1.2.0", "gzip@file"]),
        "its own version's"
    );
    assert_eq!(
        live["tls"]["domains"][0]["main"], "whoami.dev.example.com",
        "certificate name follows"
    );
    let written = "Host(`v1.2.0-whoami.dev.example.com`) && PathPrefix(`/a`)".len();
    assert_eq!(live["priority"], written, "length of the rule as written");
    assert_eq!(
        world.names("middlewares"),
        ["whoami-dev-auth-v1.2.0", "whoami-dev-auth-v2"],
        "one for each version"
    );
}

#[test]
fn a_foreign_host_counts_in_the_live_router_only() {
    let rule = "Host(`v1-whoami.dev.example.com`) || Host(`www.customer.com`) || HostRegexp(`.+`) || PathPrefix(`/`)";
    let mut world = World::new(&[web("v1", 2).label("traefik.http.routers.web.rule", rule)]);
    let own = "Host(`v1-whoami.dev.example.com`)";
    assert_eq!(
        world.rule("whoami-dev-web-v1"),
        format!("{own} || (PathPrefix(`/`) && {own})"),
        "held to its own hosts"
    );
    world.make_live("v1");
    let own = "Host(`whoami.dev.example.com`)";
    let live = format!(
        "{own} || Host(`www.customer.com`) || HostRegexp(`.+`) || (PathPrefix(`/`) && {own})"
    );
    assert_eq!(
        world.rule("whoami-dev-web"),
        live,
        "kept, but nothing without a host"
    );
    let priority = world.router("whoami-dev-web")["priority"].as_i64().unwrap();
    assert!(
        priority < 0,
        "the pattern cannot take the hosts of others: {priority}"
    );
    let named = world.router("whoami-dev-web-own");
    assert_eq!(
        named["priority"],
        rule.len(),
        "for the hosts that it names nothing changes"
    );
    assert_eq!(
        named["rule"],
        format!("{own} || Host(`www.customer.com`) || (PathPrefix(`/`) && {own})")
    );
}

#[test]
fn a_rule_with_foreign_hosts_alone_makes_no_preview() {
    let world = World::new(&[web("v1", 2).label(
        "traefik.http.routers.c.rule",
        "Host(`www.customer.com`) && !Host(`x.y`)",
    )]);
    assert_eq!(world.names("routers"), Vec::<String>::new(), "not made");
    assert!(world.codes().contains(&"router-without-host"), "and said");
}

#[test]
fn a_rule_without_a_host_is_joined_with_own_hosts() {
    let world = World::new(&[web("v1", 2).label(
        "traefik.http.routers.web.rule",
        "PathPrefix(`/api`) || Path(`/x`)",
    )]);
    let own = "Host(`v1-whoami.dev.example.com`)";
    let expected = format!("(PathPrefix(`/api`) && {own}) || (Path(`/x`) && {own})");
    assert_eq!(
        world.rule("whoami-dev-web-v1"),
        expected,
        "each alternative"
    );
}

#[test]
fn a_host_prefix_has_both_forms() {
    let api = web("v1.2.0", 2)
        .label("pointsman.host", "api")
        .label("pointsman.port", "8080");
    let mut world = World::new(&[api]);
    let preview =
        "Host(`api.v1.2.0-whoami.dev.example.com`) || Host(`api-v1-2-0-whoami.dev.example.com`)";
    assert_eq!(world.rule("whoami-dev-web-v1.2.0"), preview, "preview");
    assert_eq!(
        world.urls("whoami-dev-web-v1.2.0"),
        ["http://10.0.0.2:8080"],
        "at its own port"
    );
    world.make_live("v1.2.0");
    assert_eq!(
        world.rule("whoami-dev-web"),
        "Host(`api.whoami.dev.example.com`) || Host(`api-whoami.dev.example.com`)",
        "live"
    );
}

#[test]
fn a_prefixed_own_host_in_a_rule_is_rewritten_with_its_prefix() {
    let rule = "Host(`api.v1-whoami.dev.example.com`) || Host(`api-v1-whoami.dev.example.com`)";
    let mut world = World::new(&[web("v1", 2).label("traefik.http.routers.web.rule", rule)]);
    world.make_live("v1");
    assert_eq!(
        world.rule("whoami-dev-web"),
        "Host(`api.whoami.dev.example.com`) || Host(`api-whoami.dev.example.com`)",
        "live"
    );
}

#[test]
fn a_database_beside_the_web_gets_no_router() {
    let db = mk("db", 3)
        .managed("whoami", "dev", "v1")
        .compose("whoami-dev-v1", "db");
    let labelled = World::new(&[web("v1", 2).label("pointsman.port", "80"), db.clone()]);
    assert_eq!(
        labelled.names("services"),
        ["whoami-dev-web-v1"],
        "the labelled one"
    );
    let mut silent = db.clone();
    silent.0.ports.clear();
    assert_eq!(
        World::new(&[web("v1", 2), silent]).names("services"),
        ["whoami-dev-web-v1"],
        "the only one with a port"
    );
    assert_eq!(
        World::new(&[web("v1", 2), db]).names("services"),
        Vec::<String>::new(),
        "two with a port: labels must say"
    );
}

#[test]
fn a_starting_preview_answers_503_not_404() {
    let world = World::new(&[web("v1", 2).health(Health::Starting)]);
    let service = world.service("whoami-dev-web-v1");
    assert_eq!(
        service,
        json!({"loadBalancer": {"passHostHeader": true}}),
        "there, without servers"
    );
    assert_eq!(
        world.names("routers"),
        ["whoami-dev-web-v1"],
        "and its router"
    );
}

#[test]
fn a_dead_active_version_keeps_its_router() {
    let v1 = web("v1", 2);
    let mut world = World::new(std::slice::from_ref(&v1));
    world.make_live("v1");
    world.apply(Change::Exited(v1.0.id.clone()));
    world.settle();
    assert_eq!(world.names("routers"), ["whoami-dev-web"], "503");
    assert_eq!(
        world.urls("whoami-dev-web-v1"),
        Vec::<String>::new(),
        "no server"
    );
    world.remove(&v1);
    assert_eq!(
        world.names("routers"),
        ["whoami-dev-unavailable"],
        "503 even when its containers are gone"
    );
    assert_eq!(
        world.rule("whoami-dev-unavailable"),
        "Host(`whoami.dev.example.com`)",
        "at the live host"
    );
}

#[test]
fn replicas_count_and_one_offs_do_not() {
    let second = whoami("web-2", 3, "v1").compose("whoami-dev-v1", "web");
    let one_off = whoami("run", 4, "v1")
        .compose("whoami-dev-v1", "web")
        .label("com.docker.compose.oneoff", "True");
    let exited = whoami("web-3", 5, "v1")
        .compose("whoami-dev-v1", "web")
        .state(State::Exited);
    let world = World::new(&[web("v1", 2), second, one_off, exited]);
    assert_eq!(
        world.urls("whoami-dev-web-v1"),
        ["http://10.0.0.2:80", "http://10.0.0.3:80"],
        "both replicas"
    );
    let health = world
        .table
        .view(&super::key())
        .stacks
        .into_values()
        .next()
        .unwrap();
    assert_eq!(
        (health.expected, health.healthy, health.sufficient),
        (3, 2, false),
        "the exited one is expected"
    );
    assert!(
        health.reason.contains("web-3 (exited)"),
        "and named: {}",
        health.reason
    );
}

#[test]
fn an_env_record_sets_entry_points_tls_and_middlewares() {
    let mut world = World::new(&[web("v1", 2), web("v2", 3)]);
    let mut record = env_record("whoami", "dev", "dev.example.com", 1);
    record.entry_points = vec!["websecure".to_owned()];
    record.tls = Some(crate::routing::model::Tls {
        cert_resolver: Some("le".to_owned()),
        ..Default::default()
    });
    record.middlewares.live = vec!["gzip@file".to_owned()];
    record.middlewares.preview = vec!["noindex@file".to_owned()];
    world.table.put_env(record);
    world.settle();
    world.make_live("v1");
    let (live, preview) = (
        world.router("whoami-dev-web"),
        world.router("whoami-dev-web-v2"),
    );
    assert_eq!(
        live["tls"],
        json!({"certResolver": "le"}),
        "asks for a certificate"
    );
    assert_eq!(preview["tls"], json!({}), "uses what is there");
    assert_eq!(
        (&live["middlewares"], &preview["middlewares"]),
        (&json!(["gzip@file"]), &json!(["noindex@file"])),
        "its own"
    );
    assert_eq!(live["entryPoints"], json!(["websecure"]), "entry points");
}

#[test]
fn incomplete_labels_are_refused_not_guessed() {
    let world = World::new(&[mk("x", 2).label("pointsman.app", "whoami")]);
    assert_eq!(
        world.document(),
        json!({"http": {}}),
        "neither managed nor unmanaged"
    );
    assert_eq!(world.codes(), ["managed-labels"], "and said");
    let homeless = World::new(&[mk("x", 2).managed("whoami", "dev", "v1")]);
    assert_eq!(homeless.codes(), ["env-unknown"], "no domain, no record");
}

#[test]
fn a_label_cannot_move_an_env_that_has_a_record() {
    let mut world = World::new(&[web("v1", 2)]);
    world.put(&web("v2", 3).label("pointsman.domain", "elsewhere.example"));
    assert_eq!(
        world.rule("whoami-dev-web-v2"),
        "Host(`v2-whoami.dev.example.com`)",
        "the record's domain"
    );
    assert_eq!(world.codes(), ["domain-differs"], "and the label is told");
}

// References between the objects of a stack kept the label's name where the document has another: the service of error
// pages, and the service of another compose service of the same stack.
#[test]
fn references_inside_a_stack_follow_the_names_of_the_document() {
    let pages = whoami("pages", 3, "v1")
        .compose("whoami-dev-v1", "pages")
        .label(
            "traefik.http.services.pages-whoami-dev-v1.loadbalancer.server.port",
            "81",
        );
    let front = web("v1", 2)
        .label(
            "traefik.http.middlewares.err-whoami-dev-v1.errors.service",
            "pages-whoami-dev-v1",
        )
        .label("traefik.http.middlewares.pages-file.addprefix.prefix", "/x")
        .label("traefik.http.routers.docs.rule", "PathPrefix(`/docs`)")
        .label("traefik.http.routers.docs.service", "pages-whoami-dev-v1")
        .label("traefik.http.routers.docs.middlewares", "pages@file")
        .label("traefik.http.services.web.loadbalancer.server.port", "80")
        .label("traefik.http.services.web.middlewares", "err-whoami-dev-v1");
    let world = World::new(&[front, pages]);
    let document = world.document();
    assert_eq!(
        document["http"]["middlewares"]["whoami-dev-err-v1"]["errors"]["service"],
        "whoami-dev-pages-v1",
        "the version's own pages"
    );
    let docs = world.router("whoami-dev-docs-v1");
    assert_eq!(docs["service"], "whoami-dev-pages-v1", "beside it");
    assert_eq!(docs["middlewares"], json!(["pages@file"]), "not its own");
    assert_eq!(
        world.service("whoami-dev-web-v1")["middlewares"],
        json!(["whoami-dev-err-v1"]),
        "middlewares of a service count, too"
    );
}

#[test]
fn objects_named_like_the_stack_find_each_other() {
    let world = World::new(&[whoami("web", 2, "v1")
        .label(
            "traefik.http.routers.whoami-dev-v1.middlewares",
            "whoami-dev-v1",
        )
        .label(
            "traefik.http.routers.whoami-dev-v1.service",
            "whoami-dev-v1@docker",
        )
        .label(
            "traefik.http.services.whoami-dev-v1.weighted.services[0].name",
            "own",
        )
        .label(
            "traefik.http.services.own.loadbalancer.serverstransport",
            "whoami-dev-v1",
        )
        .label(
            "traefik.http.serverstransports.whoami-dev-v1.insecureskipverify",
            "true",
        )
        .label(
            "traefik.http.middlewares.whoami-dev-v1.addprefix.prefix",
            "/x",
        )]);
    let name = "whoami-dev-web-v1";
    let router = world.router(name);
    assert_eq!(world.names("middlewares"), [name]);
    assert_eq!(router["middlewares"], json!([name]), "its middleware");
    assert_eq!(router["service"], name, "its service");
    assert_eq!(world.names("serversTransports"), [name]);
    let transport = &world.service("whoami-dev-own-v1")["loadBalancer"]["serversTransport"];
    assert_eq!(*transport, name, "its transport");
}

// `web` of version `b-1` and `web-b` of version `1` would have one name, and the live parent sent to the preview.
#[test]
fn a_preview_cannot_take_the_name_of_a_live_service() {
    let service = |mk: super::Mk, name: &str| {
        let key = format!("traefik.http.services.{name}.loadbalancer.server.port");
        mk.label(&key, "80")
    };
    let mut world = World::new(&[
        service(whoami("a", 2, "b-1"), "web"),
        service(whoami("b", 3, "1"), "web-b"),
    ]);
    world.make_live("b-1");
    assert_eq!(world.urls("whoami-dev-web-b-1"), ["http://10.0.0.2:80"]);
    assert_eq!(world.codes(), ["name-twice"], "and told");
}
