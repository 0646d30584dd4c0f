//! What a plan's step can do beside its share, and a closed env, on the real Traefik.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::support::app::{App, ENV};
use crate::support::http::{self, Answer, Ask};
use crate::support::system::System;
use crate::support::within;

const SOON: Duration = Duration::from_secs(10);

fn two_versions(system: &System, app: &App) {
    for version in ["v1", "v2"] {
        app.deploy(version);
    }
    system.place(app, "v1", Some("v2"));
}

fn version(system: &System, ask: &Ask) -> Result<String, String> {
    match http::ask(system.traefik.web, ask)? {
        Answer { status: 200, body } => Ok(body),
        answer => Err(format!("{answer:?}")),
    }
}

#[test]
#[ignore = "needs a Docker Engine and Traefik: make test"]
fn a_step_without_a_share_mirrors_and_serves_those_who_ask_for_it() {
    let system = System::start();
    let app = system.app("e2e-shadow");
    two_versions(&system, &app);
    let steps = r#"{"plan": {"steps": [
        {"weight": 0, "mirror": 50, "gate": "manual",
         "match": [{"header": "X-Beta", "value": "a.b (c)"}, {"cookie": "beta", "value": "1"}]},
        {"weight": 100}]}}"#;
    system.post(&app, "shift", steps);
    let live = Ask::get(&app.live(), "/version");
    let asking = [
        live.clone().header("x-beta", "a.b (c)"),
        live.clone().header("cookie", "a=b; beta=1; c=d"),
    ];
    for ask in &asking {
        within(SOON, "the candidate answers those who ask for it", || {
            let found = version(&system, ask)?;
            (found == "v2").then_some(()).ok_or(found)
        });
    }
    let others = [
        live.clone(),
        live.clone().header("x-beta", "a"),
        live.clone().header("cookie", "beta=12"),
    ];
    for _ in 0..10 {
        for ask in &others {
            assert_eq!(version(&system, ask).as_deref(), Ok("v1"), "{ask:?}");
        }
    }
    let parent = format!("/api/http/services/{}-{ENV}-web@http", app.name);
    let mirrored = system.traefik.ask(&parent).unwrap();
    assert!(mirrored.body.contains("mirroring"), "{mirrored:?}");
    system
        .pointsman
        .done(&["abort", app.name, ENV, "--wait", "applied"]);
    for ask in &asking {
        assert_eq!(version(&system, ask).as_deref(), Ok("v1"), "over: {ask:?}");
    }
}

/// The cookie of a browser for each version.
fn browsers(system: &System, live: &Ask) -> BTreeMap<String, String> {
    let mut met = BTreeMap::new();
    for _ in 0..200 {
        let (answer, cookie) = http::browse(system.traefik.web, live).unwrap();
        assert_eq!(answer.status, 200, "{answer:?}");
        met.insert(answer.body, cookie.expect("a sticky service sets one"));
        if met.len() == 2 {
            return met;
        }
    }
    panic!("200 browsers met {met:?} alone");
}

#[test]
#[ignore = "needs a Docker Engine and Traefik: make test"]
fn a_browser_stays_with_its_version_while_the_share_grows() {
    let system = System::start();
    let app = system.app("e2e-sticky");
    two_versions(&system, &app);
    let steps = r#"{"plan": {"sticky": "cookie", "steps": [
        {"weight": 50, "gate": "manual"}, {"weight": 90, "gate": "manual"}, {"weight": 100}]}}"#;
    system.post(&app, "shift", steps);
    let live = Ask::get(&app.live(), "/version");
    within(SOON, "the shift is under way", || {
        let (_, cookie) = http::browse(system.traefik.web, &live)?;
        cookie.ok_or_else(|| "no cookie".to_owned())
    });
    let met = browsers(&system, &live);
    let ask = |cookie: &str| version(&system, &live.clone().header("cookie", cookie));
    let stays = |when: &str| {
        for (of, cookie) in met.iter().cycle().take(40) {
            assert_eq!(ask(cookie).as_ref(), Ok(of), "{when}: {cookie}");
        }
    };
    stays("at 50 %");
    let cli = |args: &[&str]| system.pointsman.done(args);
    cli(&["resume", app.name, ENV, "--wait", "applied"]);
    stays("at 90 %");
    cli(&["abort", app.name, ENV, "--wait", "applied"]);
    for cookie in met.values() {
        assert_eq!(
            ask(cookie).as_deref(),
            Ok("v1"),
            "after the abort: {cookie}"
        );
    }
}

#[test]
#[ignore = "needs a Docker Engine and Traefik: make test"]
fn a_retired_version_answers_nowhere_while_it_runs() {
    let system = System::start();
    let app = system.app("e2e-retired");
    two_versions(&system, &app);
    let stack = app.deploy("v3");
    system.expect(&app.preview("v3"), "v3", SOON);
    system
        .pointsman
        .done(&["retire", app.name, ENV, "v3", "--wait", "applied"]);
    let gone = http::ask(
        system.traefik.web,
        &Ask::get(&app.preview("v3"), "/version"),
    );
    assert_eq!(gone.unwrap().status, 404, "no router");
    assert_eq!(stack.ids().len(), 1, "it still runs");
    system.expect(&app.live(), "v1", SOON);
    system.expect(&app.staged(), "v2", SOON);
}

#[test]
#[ignore = "needs a Docker Engine and Traefik: make test"]
fn a_closed_env_shows_the_page_through_a_switch() {
    let system = System::start();
    let app = system.app("e2e-closed");
    two_versions(&system, &app);
    let live = Ask::get(&app.live(), "/version");
    let page = |what: &str| {
        within(SOON, what, || match http::ask(system.traefik.web, &live)? {
            Answer { status: 503, body } if body.contains("Back &lt;soon&gt;") => Ok(()),
            answer => Err(format!("{answer:?}")),
        });
    };
    system.post(
        &app,
        "maintenance",
        r#"{"on": true, "message": "Back <soon>"}"#,
    );
    page("the page");
    let posted = Ask::post(&app.live(), "/some/path", &"x".repeat(100_000));
    let answer = http::ask(system.traefik.web, &posted).unwrap();
    assert_eq!(answer.status, 503, "also for what is sent: {answer:?}");
    system.expect(&app.staged(), "v2", SOON);
    system
        .pointsman
        .done(&["switch", app.name, ENV, "--wait", "applied"]);
    page("the page after a switch");
    system.expect(&app.staged(), "v1", SOON);
    system.post(&app, "maintenance", r#"{"on": false}"#);
    system.expect(&app.live(), "v2", SOON);
}
