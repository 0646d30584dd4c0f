//! `status`, `stacks`, `diagnose`, `healthcheck`, `version`.

use std::time::{Duration, SystemTime};

use pointsman::api::{
    Applied, DiagnosticEntry, Held, History, HistoryItem, ShiftPhase, StackEntry,
};
use pointsman::routing::ids::{AppName, EnvName, Slot};

use crate::daemon::Reply;
use crate::samples::*;
use crate::support::Test;

#[test]
fn status_shows_one_env_as_a_whole() {
    let mut status = both("v1", "v2");
    status.previous = Some(version("v0"));
    status.previews = vec![preview("pr-17")];
    status.applied = vec![Applied {
        proxy: "172.18.0.2:40".to_owned(),
        revision: Some(REVISION.to_owned()),
        confirmed: false,
    }];
    Test::new("status whoami dev")
        .daemon(vec![Reply::ok(&status)])
        .stdout(
            "whoami/dev: steady, generation 7
SLOT   VERSION  ROLE     WEIGHT  HEALTH
blue   v1       live     100%    ready 2/2
green  v2       staged   0%      ready 2/2
-      pr-17    preview  -       settling 1/2
previous: v0 (what rollback returns to)
health: pr-17: up for 4 of 10 s
live: http://whoami.dev.example.com
staged: http://vnext-whoami.dev.example.com
preview: http://pr-17-whoami.dev.example.com
proxy: 172.18.0.2:40 served 3f00000000000001",
        )
        .run()
        .sent(&["GET /v1/envs/whoami/dev"]);
}

// A cell of the table was cut at 80 columns, and with it what the last health check had said.
#[test]
fn status_tells_in_full_why_a_version_is_not_ready() {
    let mut ill = preview("v2");
    ill.health.reason = Some(
        "1 of 2 servers are healthy, waiting for whoami-dev-v2-web-1 (GET /check at 172.18.0.5:80: 500)"
            .to_owned(),
    );
    let mut status = both("v1", "v2");
    status.previews = vec![ill];
    Test::new("status whoami dev")
        .daemon(vec![Reply::ok(&status)])
        .stdout_has(&["waiting for whoami-dev-v2-web-1", "172.18.0.5:80: 500)"])
        .run();
}

#[test]
fn status_shows_why_a_shift_is_held() {
    Test::new("status whoami dev")
        .daemon(vec![Reply::ok(&shifting(ShiftPhase::Pending))])
        .stdout(
            "whoami/dev: shifting, generation 7
SLOT   VERSION  ROLE    WEIGHT               HEALTH
blue   v1       live    100% (intended 75%)  ready 2/2
green  v2       staged  0% (intended 25%)    ready 2/2
shift: 25% to v2
held: not-ready: 1 of 2 servers are healthy, given up at 2030-01-01T00:00:00Z
live: http://whoami.dev.example.com
staged: http://vnext-whoami.dev.example.com",
        )
        .run();
}

#[test]
fn status_shows_what_is_on_its_way_and_what_stands_in_the_way() {
    let mut status = planned();
    status.held = Some(Held {
        reason: "hook-refused".to_owned(),
        detail:
            "hook smoke said no: the error rate is 3 times that of v1; `resume` goes on anyway, \
                 `abort` goes back"
                .to_owned(),
        deadline: None,
    });
    status.frozen = Some(frozen());
    status.maintenance = Some(closed());
    status.retired = vec![version("pr-1"), version("pr-2")];
    if let Some(placed) = status.slots.green.as_mut() {
        placed.failed = Some("shift aborted: the candidate died".to_owned());
    }
    Test::new("status whoami dev")
        .daemon(vec![Reply::ok(&status)])
        .stdout(
            "whoami/dev: shifting, generation 7
SLOT   VERSION  ROLE    WEIGHT  HEALTH
blue   v1       live    75%     ready 2/2
green  v2       staged  25%     ready 2/2
shift: 25% to v2, plan canary, step 4 of 6, next at 2030-01-01T00:02:00Z
held: hook-refused: hook smoke said no: the error rate is 3 times that of v1;
  `resume` goes on anyway, `abort` goes back
frozen by ann until 2030-01-01T00:00:00Z: sale
maintenance: visitors get 503, Retry-After 120s, by ann: soon
failed: v2: shift aborted: the candidate died
retired: pr-1, pr-2
live: http://whoami.dev.example.com
staged: http://vnext-whoami.dev.example.com",
        )
        .run();
}

#[test]
fn status_without_names_has_a_line_for_each_env() {
    let replies = || {
        vec![
            Reply::ok(&list(&[env("whoami", "dev"), env("whoami", "test")])),
            Reply::ok(&both("v1", "v2")),
            Reply::ok(&empty()),
        ]
    };
    Test::new("status")
        .daemon(replies())
        .stdout(
            "ENV         STATE   LIVE  OTHER  HEALTH
whoami/dev  steady  v1    v2     ready 2/2
whoami/dev  empty   -     -      -",
        )
        .run()
        .sent(&[
            "GET /v1/envs",
            "GET /v1/envs/whoami/dev",
            "GET /v1/envs/whoami/test",
        ]);
    let json = [both("v1", "v2"), empty()].map(|s| serde_json::to_string(&s).unwrap());
    Test::new("status --json")
        .daemon(replies())
        .stdout(&format!("[{},{}]", json[0], json[1]))
        .run();
}

#[test]
fn status_of_nothing_says_how_to_start() {
    Test::new("status")
        .daemon(vec![Reply::ok(&list(&[]))])
        .stderr("no envs yet: `pointsman env init APP ENV DOMAIN` starts one")
        .run();
}

#[test]
fn stacks_have_age_slot_and_url() {
    let two_hours_ago = since_epoch().as_secs() - 7200;
    let stack = |text: &str, slot, active| StackEntry {
        app: AppName::parse("whoami").unwrap(),
        env: EnvName::parse("dev").unwrap(),
        version: version(text),
        slot,
        active,
        created: two_hours_ago,
        urls: vec![format!("http://{text}-whoami.dev.example.com")],
        health: ready(),
        retention: None,
        memory_bytes: None,
        disk_bytes: None,
    };
    let stacks = vec![
        stack("v1", Some(Slot::Blue), true),
        stack("v2", None, false),
    ];
    Test::new("stacks")
        .daemon(vec![Reply::ok(&stacks)])
        .stdout(
            "ENV         VERSION  SLOT         AGE  HEALTH
whoami/dev  v1       blue (live)  2h   ready 2/2
whoami/dev  v2       -            2h   ready 2/2
whoami/dev v1: http://v1-whoami.dev.example.com
whoami/dev v2: http://v2-whoami.dev.example.com",
        )
        .run()
        .sent(&["GET /v1/stacks"]);
    Test::new("stacks --json")
        .daemon(vec![Reply::ok(&stacks)])
        .stdout(&serde_json::to_string(&stacks).unwrap())
        .run();
}

#[expect(clippy::disallowed_methods, reason = "ages are told against the clock")]
pub(crate) fn since_epoch() -> Duration {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    since.unwrap()
}

#[test]
fn no_stacks_says_what_would_make_one() {
    Test::new("stacks")
        .daemon(vec![Reply::ok(&Vec::<StackEntry>::new())])
        .stderr(
            "no stacks: no container carries pointsman.app, pointsman.env and pointsman.version",
        )
        .run();
}

#[test]
fn findings_are_code_6() {
    let finding = |key: &str, value: Option<&str>, message: &str| DiagnosticEntry {
        code: "label-value".to_owned(),
        subject: "container web-1".to_owned(),
        key: Some(key.to_owned()),
        value: value.map(str::to_owned),
        message: message.to_owned(),
    };
    let findings = vec![
        finding(
            "pointsman.port",
            Some("8o\u{1b}\n\"x"),
            "not a port from 1 to 65535",
        ),
        finding(
            "traefik.http.middlewares.a.basicauth",
            None,
            "sub-fields are wanted",
        ),
    ];
    Test::new("diagnose")
        .daemon(vec![Reply::ok(&findings)])
        .code(6)
        .stdout(
            "container web-1: pointsman.port=\"8o\\u{1b}\\n\\\"x\": not a port from 1 to 65535 (label-value)
container web-1: traefik.http.middlewares.a.basicauth: sub-fields are wanted (label-value)",
        )
        .run()
        .sent(&["GET /v1/diagnostics"]);
    Test::new("diagnose --json")
        .daemon(vec![Reply::ok(&findings)])
        .code(6)
        .stdout(&serde_json::to_string(&findings).unwrap())
        .run();
}

#[test]
fn no_findings_is_code_0() {
    Test::new("diagnose")
        .daemon(vec![Reply::Answer(200, "", "[]".to_owned())])
        .stdout("no findings")
        .run();
}

#[test]
fn healthcheck_is_0_or_1() {
    let check =
        |reply| Test::new("healthcheck --admin-listen $ADDRESS").unnamed_daemon(vec![reply]);
    check(Reply::Answer(200, "", "ready\n".to_owned()))
        .stdout("ready: http://$ADDRESS")
        .run()
        .sent(&["GET /ready"]);
    check(Reply::Answer(503, "", "not yet".to_owned()))
        .code(1)
        .stderr("error: http://$ADDRESS is not ready (status 503): not yet")
        .run();
    Test::new("healthcheck --admin-listen 127.0.0.1:1")
        .code(1)
        .stderr_has(&["no daemon answers at http://127.0.0.1:1: connection refused"])
        .run();
}

#[test]
fn healthcheck_reaches_a_daemon_that_listens_on_all_addresses() {
    let test =
        Test::new("healthcheck").unnamed_daemon(vec![Reply::Answer(200, "", "ready\n".to_owned())]);
    let address = test.port_of("0.0.0.0");
    test.env("POINTSMAN_ADMIN_LISTEN", &address)
        .stdout("ready: http://$ADDRESS")
        .run();
}

#[test]
fn version_is_that_of_the_package() {
    let version = env!("CARGO_PKG_VERSION");
    Test::new("version")
        .stdout(&format!("pointsman {version}"))
        .run();
    Test::new("version --json")
        .stdout(&format!("{{\"version\":\"{version}\"}}"))
        .run();
    Test::new("--version")
        .stdout(&format!("pointsman {version}"))
        .run();
}

fn done(seq: u64, command: &str, result: &str, generation: Option<u64>) -> HistoryItem {
    HistoryItem {
        seq,
        time: "2026-01-02T03:04:05.678Z".to_owned(),
        actor: "cli:ann".to_owned(),
        command: command.to_owned(),
        result: result.to_owned(),
        generation,
    }
}

#[test]
fn history_is_a_table_that_fits_80_columns() {
    let long = "v2 to blue, v1 stays in green until somebody says otherwise".to_owned();
    let history = || History {
        history: vec![
            done(9, "promote v1.2.0-rc.1+build.77", &long, Some(3)),
            done(1, "env apply dev.example.com", "recorded", None),
        ],
    };
    Test::new("history whoami dev")
        .daemon(vec![Reply::ok(&history())])
        .stdout(
            "TIME                  GEN  ACTOR    COMMAND                RESULT
2026-01-02T03:04:05Z  3    cli:ann  promote v1.2.0-rc.1..  v2 to blue, v1 stay..
2026-01-02T03:04:05Z  -    cli:ann  env apply dev.examp..  recorded",
        )
        .run()
        .sent(&["GET /v1/envs/whoami/dev/history?limit=50"]);
    Test::new("history whoami dev --limit 7 --json")
        .daemon(vec![Reply::ok(&history())])
        .stdout(&serde_json::to_string(&history()).unwrap())
        .run()
        .sent(&["GET /v1/envs/whoami/dev/history?limit=7"]);
}

#[test]
fn history_says_when_there_is_none_and_which_limit_is_right() {
    let nothing = History {
        history: Vec::new(),
    };
    Test::new("history whoami dev")
        .daemon(vec![Reply::ok(&nothing)])
        .stderr("nothing yet")
        .run();
    Test::new("history whoami dev --limit 1001")
        .code(2)
        .stderr_has(&["--limit", "1..=1000"])
        .run();
}
