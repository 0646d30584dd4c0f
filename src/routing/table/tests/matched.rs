//! Requests that go to the candidate whatever its share is.

use serde_json::{Value, json};

use crate::routing::model::Change;
use crate::routing::plan::{Match, PlanStep, Sticky};
use crate::routing::rollout::{Closure, Command};

use super::{Mk, World, share, web, whoami};

const MATCH: &str = "whoami-dev-web-match";

fn header(name: &str, value: &str) -> Match {
    Match::Header {
        name: name.to_owned(),
        value: value.to_owned(),
    }
}

fn cookie(name: &str, value: &str) -> Match {
    Match::Cookie {
        name: name.to_owned(),
        value: value.to_owned(),
    }
}

fn matching(containers: &[Mk], weight: u64, matches: Vec<Match>) -> World {
    let mut world = World::new(containers);
    world.make_live("v1");
    world.now = world.now.plus_millis(60_000);
    let step = PlanStep {
        matches,
        ..share(weight)
    };
    world.shift("v2", vec![step, share(100)], Sticky::None);
    world
}

fn beta(weight: u64) -> World {
    let matches = vec![header("X-Beta", "yes"), cookie("beta", "1")];
    matching(&[web("v1", 2), web("v2", 3)], weight, matches)
}

#[test]
fn a_second_router_stands_just_above_the_live_one() {
    for weight in [0, 25] {
        let world = beta(weight);
        let live = world.router("whoami-dev-web");
        let mut expected = live.clone();
        expected["service"] = json!("whoami-dev-web-v2");
        expected["priority"] = json!(live["priority"].as_i64().unwrap() + 1);
        expected["rule"] = json!(
            "Host(`whoami.dev.example.com`) && (Header(`X-Beta`, `yes`) || HeaderRegexp(`Cookie`, `(?:^|;[ \\t]*)beta=1[ \\t]*(?:;|$)`))"
        );
        assert_eq!(world.router(MATCH), expected, "at {weight} %");
        assert_eq!(world.codes(), Vec::<&str>::new());
    }
}

#[test]
fn staged_access_leads_to_the_staged_version_without_a_plan() {
    let mut world = World::new(&[web("v1", 2), web("v2", 3)]);
    world.make_live("v1");
    let mut record = world.table.envs().next().unwrap().clone();
    record.staged_access = vec![cookie("staged", "1")];
    world.table.put_env(record);
    world.settle();
    assert_eq!(world.router(MATCH), Value::Null, "nothing is staged");
    world.promote("v2", None);
    let above = world.router(MATCH);
    assert_eq!(above["service"], json!("whoami-dev-web-v2"), "{above}");
    world.make_live("v2");
    let above = world.router(MATCH);
    assert_eq!(above["service"], json!("whoami-dev-web-v1"), "{above}");
}

#[test]
fn entry_points_tls_and_middlewares_are_the_live_ones() {
    let labelled = |version: &str, n: u8| {
        web(version, n)
            .label(
                "traefik.http.routers.web.rule",
                "Host(`whoami.dev.example.com`) || Host(`www.shop.example`)",
            )
            .label("traefik.http.routers.web.entrypoints", "websecure")
            .label("traefik.http.routers.web.tls.certresolver", "le")
            .label("traefik.http.routers.web.priority", "7")
            .label("traefik.http.routers.web.middlewares", "auth")
            .label("traefik.http.middlewares.auth.basicauth.users", "a:b")
    };
    let containers = [labelled("v1", 2), labelled("v2", 3)];
    let world = matching(&containers, 0, vec![header("X-Beta", "yes")]);
    assert_eq!(
        world.router(MATCH),
        json!({
            "entryPoints": ["websecure"],
            "middlewares": ["whoami-dev-auth-v1"],
            "priority": 8,
            "rule": "(Host(`whoami.dev.example.com`) || Host(`www.shop.example`)) && Header(`X-Beta`, `yes`)",
            "service": "whoami-dev-web-v2",
            "tls": {"certResolver": "le"},
        })
    );
}

#[test]
fn a_dead_candidate_an_abort_and_the_next_step_take_it_away() {
    let mut world = beta(0);
    world.apply(Change::Exited(web("v2", 3).0.id));
    world.settle();
    assert_eq!(world.router(MATCH), Value::Null, "nobody to answer");
    let mut world = beta(0);
    world.command(Command::Abort);
    assert_eq!(world.router(MATCH), Value::Null, "aborted");
    let mut world = beta(0);
    world.command(Command::Finish);
    assert_eq!(world.router(MATCH), Value::Null, "finished");
}

#[test]
fn values_match_exactly_or_not_at_all() {
    let rule = |matched: Match| {
        let world = matching(&[web("v1", 2), web("v2", 3)], 0, vec![matched]);
        let rule = world.rule(MATCH);
        let rule = rule.strip_prefix("Host(`whoami.dev.example.com`) && ");
        (rule.map(str::to_owned), world.codes())
    };
    let plain = Vec::<&str>::new();
    for (matched, expected) in [
        (
            header("X", r#"a "b" \d (c)"#),
            "Header(`X`, `a \"b\" \\d (c)`)",
        ),
        (
            cookie("a.b", "(1|2)$"),
            r"HeaderRegexp(`Cookie`, `(?:^|;[ \t]*)a\.b=\(1\|2\)\$[ \t]*(?:;|$)`)",
        ),
    ] {
        let found = rule(matched.clone());
        assert_eq!(
            found,
            (Some(expected.to_owned()), plain.clone()),
            "{matched:?}"
        );
    }
}

#[test]
fn above_the_highest_priority_there_is_nothing() {
    let highest = |version: &str, n: u8| {
        let priority = (i64::MAX - 1000).to_string();
        web(version, n)
            .label(
                "traefik.http.routers.web.rule",
                "Host(`whoami.dev.example.com`)",
            )
            .label("traefik.http.routers.web.priority", &priority)
    };
    let world = matching(
        &[highest("v1", 2), highest("v2", 3)],
        0,
        vec![header("X", "1")],
    );
    assert_eq!(world.router(MATCH), Value::Null, "it could not win");
    assert_eq!(world.codes(), ["match-unusable"], "told");
}

fn api(version: &str, n: u8) -> Mk {
    whoami(&format!("api-{version}"), n, version)
        .compose(&format!("whoami-dev-{version}"), "api")
        .label("traefik.http.routers.api.rule", "PathPrefix(`/api`)")
}

// With a router above that of the whole host only, its requests to /api would go to the wrong service.
#[test]
fn a_service_that_the_candidate_does_not_have_stays_with_the_active_version() {
    let web = |version: &str, n: u8| web(version, n).label("pointsman.port", "80");
    let containers = [web("v1", 2), api("v1", 4), web("v2", 3)];
    let world = matching(&containers, 0, vec![header("X", "1")]);
    let above = world.router("whoami-dev-api-match");
    let live = world.router("whoami-dev-api");
    assert_eq!(above["service"], "whoami-dev-api", "by its shares");
    let priority = |router: &Value| router["priority"].as_i64().unwrap();
    assert_eq!(priority(&above), priority(&live) + 1, "in the same order");
}

#[test]
fn a_router_that_only_the_candidate_has_is_there_for_its_requests() {
    let web = |version: &str, n: u8| web(version, n).label("pointsman.port", "80");
    let containers = [web("v1", 2), web("v2", 3), api("v2", 4)];
    let world = matching(&containers, 0, vec![header("X", "1")]);
    assert_eq!(world.router("whoami-dev-api"), Value::Null, "not for all");
    let above = world.router("whoami-dev-api-match");
    assert_eq!(above["service"], "whoami-dev-api-v2", "for these");
}

#[test]
fn a_closed_env_has_no_way_past_the_page() {
    let mut world = beta(25);
    world.command(Command::Maintenance(Some(Closure {
        message: String::new(),
        retry_after_s: 60,
    })));
    assert_eq!(world.router(MATCH), Value::Null, "closed is closed");
}
