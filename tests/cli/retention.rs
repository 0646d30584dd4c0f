//! `gc`, and what `stacks` says about it.

use pointsman::api::{Fate, GcAnswer, GcEntry, Removing, StackEntry};
use pointsman::routing::ids::{AppName, EnvName};

use crate::daemon::Reply;
use crate::reads::since_epoch;
use crate::samples::{ready, version};
use crate::support::Test;

fn two_hours_ago() -> u64 {
    since_epoch().as_secs() - 7200
}

fn fate(reason: &str, detail: &str) -> Fate {
    Fate {
        goes: reason == "surplus",
        reason: reason.to_owned(),
        detail: detail.to_owned(),
        until: None,
    }
}

fn answer(removing: Vec<Removing>) -> GcAnswer {
    let entry = |text: &str, fate| GcEntry {
        app: AppName::parse("whoami").unwrap(),
        env: EnvName::parse("dev").unwrap(),
        version: version(text),
        slot: None,
        created: two_hours_ago(),
        frees_bytes: Some(12_000_000),
        fate,
    };
    GcAnswer {
        stacks: vec![
            entry("v1", fate("surplus", "2 newer versions are kept")),
            entry("v2", fate("previous", "rollback returns to it")),
        ],
        removing,
        disk_bytes: Some(31_000_000_000),
        revision: None,
    }
}

fn draining() -> Removing {
    Removing {
        app: AppName::parse("whoami").unwrap(),
        env: EnvName::parse("dev").unwrap(),
        version: version("v1"),
        stage: "draining".to_owned(),
        detail: String::new(),
        until: Some("2026-01-02T03:04:35Z".to_owned()),
    }
}

#[test]
fn a_plan_says_what_would_go_and_why_the_rest_stays() {
    Test::new("gc whoami dev --plan --open 17,18")
        .daemon(vec![Reply::ok(&answer(vec![draining()]))])
        .stdout(
            "1 stack would go:
ENV         VERSION  SLOT  AGE  FREES  WHY
whoami/dev  v1       -     2h   12MB   2 newer versions are kept
1 stack stays:
ENV         VERSION  SLOT  AGE  FREES  WHY
whoami/dev  v2       -     2h   12MB   rollback returns to it
Docker uses 31GB of its disk
whoami/dev v1 is being removed: draining until 2026-01-02T03:04:35Z",
        )
        .run()
        .sent(&["GET /v1/gc?app=whoami&env=dev&open_pull_requests=17,18"]);
}

#[test]
fn a_run_waits_when_it_is_told_to() {
    let (under_way, over) = (answer(vec![draining()]), answer(vec![]));
    Test::new("gc --wait --json")
        .daemon(vec![
            Reply::ok(&under_way),
            Reply::ok(&under_way),
            Reply::ok(&over),
        ])
        .stdout(&serde_json::to_string(&under_way).unwrap())
        .stderr("whoami/dev v1 is being removed: draining until 2026-01-02T03:04:35Z\nnothing is left of them")
        .run()
        .sent(&["POST /v1/gc {}", "GET /v1/gc?", "GET /v1/gc?"]);
}

// `gc --wait` said "nothing is left of them" when no stack went.
#[test]
fn a_run_that_lets_nothing_go_waits_for_nothing() {
    let mut nothing = answer(vec![]);
    nothing.stacks.retain(|entry| !entry.fate.goes);
    let elsewhere = Removing {
        env: EnvName::parse("prod").unwrap(),
        ..draining()
    };
    nothing.removing.push(elsewhere);
    Test::new("gc whoami dev --wait --json")
        .daemon(vec![Reply::ok(&nothing)])
        .stdout(&serde_json::to_string(&nothing).unwrap())
        .stderr("no stack goes, so there is nothing to wait for")
        .run()
        .sent(&[r#"POST /v1/gc {"app":"whoami","env":"dev"}"#]);
}

#[test]
fn a_list_of_pull_requests_belongs_to_an_env() {
    Test::new("gc --open 17")
        .code(2)
        .stderr_has(&["<APP>"])
        .run();
}

#[test]
fn stacks_say_whether_they_may_go() {
    let stack = StackEntry {
        app: AppName::parse("whoami").unwrap(),
        env: EnvName::parse("dev").unwrap(),
        version: version("v1"),
        slot: None,
        active: false,
        created: two_hours_ago(),
        urls: vec![],
        health: ready(),
        retention: Some(fate("surplus", "2 newer versions are kept")),
        memory_bytes: Some(1_900_000),
        disk_bytes: None,
    };
    Test::new("stacks --usage")
        .daemon(vec![Reply::ok(&vec![stack])])
        .stdout(
            "ENV         VERSION  SLOT  AGE  MEMORY  DISK  HEALTH
whoami/dev  v1       -     2h   1.9MB   -     ready 2/2
whoami/dev v1: may go: 2 newer versions are kept",
        )
        .run()
        .sent(&["GET /v1/stacks?usage=true"]);
}

#[test]
fn an_empty_list_means_that_no_pull_request_is_open() {
    for args in [
        "gc whoami dev --plan --open=",
        "gc whoami dev --plan --open",
    ] {
        Test::new(args)
            .daemon(vec![Reply::ok(&answer(vec![]))])
            .stdout_has(&["1 stack would go"])
            .run()
            .sent(&["GET /v1/gc?app=whoami&env=dev&open_pull_requests="]);
    }
    Test::new("gc whoami dev --plan --open []")
        .code(2)
        .stderr_has(&["invalid digit found in string"])
        .run();
}
