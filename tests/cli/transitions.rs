//! Verbs that move an env: what is sent, how "not yet" is waited for, what is told.

use pointsman::api::{Applied, DocumentChange, ShiftPhase};

use crate::daemon::Reply;
use crate::samples::*;
use crate::support::Test;

const SWITCH: &str = "POST /v1/envs/whoami/dev/switch?wait=ready&timeout=1000ms";
const SWITCH_AGAIN: &str = "POST /v1/envs/whoami/dev/switch?wait=ready&timeout=5000ms";

fn not_ready(detail: &str) -> Reply {
    let body = serde_json::to_string(&problem(409, "not_ready", detail)).unwrap();
    Reply::Answer(409, "retry-after: 6\r\n", body)
}

fn served(revision: &str) -> Applied {
    Applied {
        proxy: "172.18.0.2:40".to_owned(),
        revision: Some(revision.to_owned()),
        confirmed: false,
    }
}

#[test]
fn switch_says_what_is_live_and_where() {
    let mut status = both("v2", "v1");
    status.previous = Some(version("v1"));
    let ran = Test::new("switch whoami dev")
        .daemon(vec![Reply::ok(&accepted(status))])
        .stdout(
            "whoami/dev: v2 is live (was v1), generation 8, revision 3f00000000000001\n  \
             http://whoami.dev.example.com",
        )
        .run();
    ran.sent(&[SWITCH]);
    let key = ran.requests[0].header("idempotency-key").unwrap();
    assert_eq!(key.len(), 32, "{key}");
    assert_eq!(ran.requests[0].header("if-match"), None, "no condition");
    assert_eq!(
        ran.requests[0].header("x-pointsman-actor"),
        Some("cli"),
        "for the audit log"
    );
}

#[test]
fn promote_says_where_the_staged_version_answers_and_what_it_displaced() {
    let mut answer = accepted(both("v1", "v2"));
    answer.displaced = Some(version("v0"));
    Test::new("promote whoami dev v2")
        .daemon(vec![Reply::ok(&answer)])
        .stdout(
            "whoami/dev: v2 is staged in green, ready 2/2, generation 8, revision 3f00000000000001\n  \
             http://vnext-whoami.dev.example.com\n\
             displaced: v0 (a preview again, while it runs)",
        )
        .run()
        .sent(&["POST /v1/envs/whoami/dev/promote?wait=ready&timeout=1000ms {\"version\":\"v2\"}"]);
}

#[test]
fn promote_with_a_weight_tells_the_shares() {
    Test::new("promote whoami dev v2 25%")
        .daemon(vec![Reply::ok(&accepted(shifting(ShiftPhase::Running)))])
        .stdout(
            "whoami/dev: v2 takes 25% of live traffic, v1 the rest, generation 8, \
             revision 3f00000000000001\n  http://whoami.dev.example.com",
        )
        .run()
        .sent(&[
            "POST /v1/envs/whoami/dev/promote?wait=ready&timeout=1000ms {\"version\":\"v2\",\"weight\":\"25%\"}",
        ]);
}

#[test]
fn promote_with_all_traffic_is_live_when_it_returns() {
    let mut status = both("v2", "v1");
    status.previous = Some(version("v1"));
    Test::new("promote whoami dev v2 100")
        .daemon(vec![Reply::ok(&accepted(status))])
        .stdout(
            "whoami/dev: v2 is live (was v1), generation 8, revision 3f00000000000001\n  \
             http://whoami.dev.example.com",
        )
        .run();
}

#[test]
fn rollback_and_evict_tell_what_is_left() {
    let revision = "generation 8, revision 3f00000000000001\n  http://whoami.dev.example.com";
    let mut answer = accepted(both("v1", "v2"));
    Test::new("rollback whoami dev")
        .daemon(vec![Reply::ok(&answer)])
        .stdout(&format!("whoami/dev: rolled back, v1 is live, {revision}"))
        .run();
    answer.status = live("v1");
    answer.displaced = Some(version("v2"));
    Test::new("evict whoami dev")
        .daemon(vec![Reply::ok(&answer)])
        .stdout(&format!(
            "whoami/dev: the other slot is empty, {revision}\n\
             displaced: v2 (a preview again, while it runs)"
        ))
        .run();
}

#[test]
fn json_is_the_answer_verbatim() {
    let body = "{ \"revision\":\"3f\",\n \"new-field\" : 1, STATUS}";
    let status = serde_json::to_string(&live("v1")).unwrap();
    let body = body.replace("STATUS", &format!("\"gen\":8,\"status\":{status}"));
    Test::new("--json switch whoami dev")
        .daemon(vec![Reply::Answer(200, "", body.clone())])
        .stdout(&body)
        .run();
}

#[test]
fn not_yet_is_waited_for_and_told_once_for_each_reason() {
    let ran = Test::new("switch whoami dev")
        .daemon(vec![
            not_ready("version v2 is not ready: 0 of 2"),
            not_ready("version v2 is not ready: 0 of 2"),
            not_ready("version v2 is not ready: 1 of 2"),
            Reply::ok(&accepted(live("v2"))),
        ])
        .stdout_has(&["whoami/dev: v2 is live"])
        .stderr(
            "whoami/dev: waiting: version v2 is not ready: 0 of 2\n\
             whoami/dev: waiting: version v2 is not ready: 1 of 2",
        )
        .run();
    ran.sent(&[SWITCH, SWITCH_AGAIN, SWITCH_AGAIN, SWITCH_AGAIN]);
    let keys: std::collections::BTreeSet<_> = ran
        .requests
        .iter()
        .map(|request| request.header("idempotency-key"))
        .collect();
    assert_eq!(keys.len(), 4, "what was refused is asked anew");
}

#[test]
fn the_time_out_ends_the_wait_with_refused() {
    Test::new("switch whoami dev --timeout 0s")
        .daemon(vec![not_ready("version v2 is not ready: 0 of 2")])
        .code(3)
        .stderr(
            "error: whoami/dev: version v2 is not ready: 0 of 2 (not_ready)\n\
             next: try again in 6 s",
        )
        .run()
        .sent(&["POST /v1/envs/whoami/dev/switch?wait=ready&timeout=0ms"]);
}

#[test]
fn no_wait_takes_not_yet_for_an_answer() {
    Test::new("switch whoami dev --no-wait")
        .daemon(vec![not_ready("version v2 is not ready")])
        .code(3)
        .stderr_has(&["not_ready"])
        .run()
        .sent(&["POST /v1/envs/whoami/dev/switch"]);
}

#[test]
fn conditions_and_dry_runs_are_passed_on() {
    let ran = Test::new("switch whoami dev --if-match 7 --dry-run")
        .daemon(vec![Reply::ok(&accepted(live("v2")))])
        .stdout("whoami/dev: dry run, would be: v2 is live")
        .run();
    ran.sent(&["POST /v1/envs/whoami/dev/switch?dry_run=true"]);
    assert_eq!(ran.requests[0].header("if-match"), Some("\"7\""), "quoted");
}

#[test]
fn a_broken_connection_is_tried_again_with_the_same_key() {
    let ran = Test::new("switch whoami dev")
        .daemon(vec![Reply::Break, Reply::ok(&accepted(live("v2")))])
        .stdout_has(&["v2 is live"])
        .run();
    ran.sent(&[SWITCH, SWITCH]);
    let key = |index: usize| ran.requests[index].header("idempotency-key");
    assert_eq!(key(0), key(1), "one command");
}

#[test]
fn a_restarting_daemon_is_waited_for_with_the_same_key() {
    let restarting = problem(503, "not_synced", "not ready: the first list is missing");
    let ran = Test::new("switch whoami dev")
        .daemon(vec![
            Reply::json(503, &restarting),
            Reply::ok(&accepted(live("v2"))),
        ])
        .stdout_has(&["v2 is live"])
        .stderr("whoami/dev: waiting: not ready: the first list is missing")
        .run();
    ran.sent(&[SWITCH, SWITCH_AGAIN]);
    let key = |index: usize| ran.requests[index].header("idempotency-key");
    assert_eq!(key(0), key(1), "it may have been carried out");
}

#[test]
fn a_pending_weight_is_waited_for() {
    let pending = accepted(shifting(ShiftPhase::Pending));
    let ran = Test::new("promote whoami dev v2 25")
        .daemon(vec![
            Reply::json(202, &pending),
            Reply::ok(&accepted(shifting(ShiftPhase::Running))),
        ])
        .stdout_has(&["v2 takes 25% of live traffic, v1 the rest"])
        .stderr(
            "whoami/dev: waiting: accepted, held: not-ready: 1 of 2 servers are healthy, \
             given up at 2030-01-01T00:00:00Z",
        )
        .run();
    let key = |index: usize| ran.requests[index].header("idempotency-key");
    assert_eq!(
        key(0),
        key(1),
        "its outcome is asked for, not a second promote"
    );
}

#[test]
fn a_weight_that_stays_pending_is_no_success() {
    Test::new("promote whoami dev v2 25 --timeout 0s")
        .daemon(vec![Reply::json(202, &accepted(shifting(ShiftPhase::Pending)))])
        .code(3)
        .stdout_has(&["v2 takes 25% of live traffic when it is ready (not-ready: 1 of 2"])
        .stderr(
            "error: whoami/dev: accepted, but it takes no traffic yet: not-ready: 1 of 2 servers are \
             healthy, given up at 2030-01-01T00:00:00Z\n\
             next: it goes on waiting by itself; `pointsman status whoami dev` shows it, \
             `pointsman rollback whoami dev` ends it",
        )
        .run();
}

#[test]
fn a_weight_that_was_given_up_is_not_promoted_again() {
    let given_up = problem(409, "not_ready", "version v2 was not ready in time");
    Test::new("promote whoami dev v2 25")
        .daemon(vec![
            Reply::json(202, &accepted(shifting(ShiftPhase::Pending))),
            Reply::json(409, &given_up),
        ])
        .code(3)
        .stderr_has(&["error: whoami/dev: version v2 was not ready in time (not_ready)"])
        .run();
}

#[test]
fn wait_applied_asks_until_every_proxy_has_it() {
    let mut late = accepted(live("v2"));
    late.applied = Some(vec![served("0000000000000000")]);
    let mut done = late.clone();
    done.applied = Some(vec![Applied {
        confirmed: true,
        ..served(REVISION)
    }]);
    let ran = Test::new("switch whoami dev --wait applied")
        .daemon(vec![Reply::json(202, &late), Reply::ok(&done)])
        .stdout_has(&["applied: 172.18.0.2:40 confirmed 3f00000000000001"])
        .stderr("whoami/dev: waiting: accepted; not yet applied by 172.18.0.2:40")
        .run();
    ran.sent(&[
        "POST /v1/envs/whoami/dev/switch?wait=applied&timeout=1000ms",
        "POST /v1/envs/whoami/dev/switch?wait=applied&timeout=5000ms",
    ]);
}

#[test]
fn wait_applied_without_a_proxy_is_no_success_and_ends_at_once() {
    let mut answer = accepted(live("v2"));
    answer.applied = Some(Vec::new());
    Test::new("switch whoami dev --wait applied")
        .daemon(vec![Reply::json(202, &answer)])
        .code(1)
        .stdout_has(&["v2 is live"])
        .stderr(
            "error: whoami/dev: stored and published, but no proxy polls this daemon\n\
             next: nothing has to be repeated; check Traefik's --providers.http.endpoint and its log",
        )
        .run();
}

#[test]
fn each_verb_says_what_it_was_told() {
    let wait = "?wait=ready&timeout=1000ms";
    for (args, sent) in [
        ("switch whoami dev --force", "switch? {\"force\":true}"),
        (
            "promote whoami dev v2 5 --force --supersede",
            "promote? {\"version\":\"v2\",\"weight\":\"5\",\"force\":true,\"supersede\":true}",
        ),
        ("weight whoami dev 25%", "weight? {\"weight\":\"25%\"}"),
        ("shift whoami dev", "shift? {}"),
        (
            "shift whoami dev canary --supersede",
            "shift? {\"plan\":\"canary\",\"supersede\":true}",
        ),
        ("hold whoami dev", "hold?"),
        ("resume whoami dev", "resume?"),
        ("abort whoami dev", "abort?"),
        ("finish whoami dev", "finish?"),
        ("freeze whoami dev", "freeze? {}"),
        (
            "freeze whoami dev --why sale --for 48h",
            "freeze? {\"why\":\"sale\",\"for\":\"48h\"}",
        ),
        (
            "freeze whoami dev --until 2030-01-01T00:00:00Z",
            "freeze? {\"until\":\"2030-01-01T00:00:00Z\"}",
        ),
        ("unfreeze whoami dev", "unfreeze?"),
        (
            "retire whoami dev v0 --force",
            "retire? {\"version\":\"v0\",\"force\":true}",
        ),
        (
            "maintenance on whoami dev --message soon --retry-after 1h",
            "maintenance? {\"on\":true,\"message\":\"soon\",\"retry_after\":\"1h\"}",
        ),
        ("maintenance off whoami dev", "maintenance? {\"on\":false}"),
    ] {
        Test::new(args)
            .daemon(vec![Reply::ok(&accepted(both("v1", "v2")))])
            .stdout_has(&["whoami/dev: "])
            .run()
            .sent(&[&format!(
                "POST /v1/envs/whoami/dev/{}",
                sent.replace('?', wait)
            )]);
    }
}

#[test]
fn a_plan_file_is_sent_as_it_is_meant() {
    let file = "sticky = 'cookie'\n[[steps]]\nweight = 10\nmin_dwell = '2m'\ngate = { hook = 'smoke' }\n\
                match = [{ header = 'X-Canary', value = '1' }]\n[[steps]]\nweight = 100\n";
    let sent = r#"{"plan":{"sticky":"cookie","steps":[{"weight":10,"min_dwell":"2m","gate":{"hook":"smoke"},"match":[{"header":"X-Canary","value":"1"}]},{"weight":100}]}}"#;
    for args in [
        "shift whoami dev --plan-file p.toml",
        "shift whoami dev --plan-file -",
    ] {
        Test::new(args)
            .file("p.toml", file)
            .input(file)
            .daemon(vec![Reply::ok(&accepted(planned()))])
            .stdout(
                "whoami/dev: v2 takes 25% of live traffic, v1 the rest, plan canary, step 4 of 6, \
                 next at 2030-01-01T00:02:00Z, generation 8, revision 3f00000000000001\n  \
                 http://whoami.dev.example.com",
            )
            .run()
            .sent(&[&format!(
                "POST /v1/envs/whoami/dev/shift?wait=ready&timeout=1000ms {sent}"
            )]);
    }
    Test::new("shift whoami dev --plan-file p.toml")
        .file("p.toml", "[[steps]]\nwait = 3\n")
        .env("POINTSMAN_URL", "http://127.0.0.1:1")
        .code(2)
        .stderr_has(&[
            "error: p.toml: ",
            "unknown field `wait`",
            "next: `pointsman shift --help`",
        ])
        .run();
}

#[test]
fn what_is_not_about_traffic_has_a_sentence_of_its_own() {
    let end = "generation 8, revision 3f00000000000001";
    let frozen = || Some(frozen());
    let with = |change: &dyn Fn(&mut pointsman::api::Status)| {
        let mut status = both("v1", "v2");
        change(&mut status);
        vec![Reply::ok(&accepted(status))]
    };
    Test::new("freeze whoami dev")
        .daemon(with(&|status| status.frozen = frozen()))
        .stdout(&format!(
            "whoami/dev: frozen by ann until 2030-01-01T00:00:00Z: sale, {end}"
        ))
        .run();
    Test::new("unfreeze whoami dev")
        .daemon(with(&|_| {}))
        .stdout(&format!("whoami/dev: not frozen, {end}"))
        .run();
    Test::new("retire whoami dev v0")
        .daemon(with(&|_| {}))
        .stdout(&format!(
            "whoami/dev: v0 is retired and answers nowhere, {end}"
        ))
        .run();
    Test::new("maintenance on whoami dev")
        .daemon(with(&|status| status.maintenance = Some(closed())))
        .stdout(&format!(
            "whoami/dev: in maintenance, visitors get 503, Retry-After 120s, by ann: soon, {end}\n  \
             http://whoami.dev.example.com"
        ))
        .run();
    Test::new("abort whoami dev")
        .daemon(with(&|_| {}))
        .stdout(&format!(
            "whoami/dev: v1 has all of the live traffic, {end}\n  http://whoami.dev.example.com"
        ))
        .run();
}

#[test]
fn a_dry_run_names_what_would_change_in_the_document() {
    let mut answer = accepted(live("v2"));
    answer.document = Some(DocumentChange {
        added: vec!["http.services/whoami-dev-web-v2".to_owned()],
        changed: vec!["http.services/whoami-dev-web".to_owned()],
        removed: vec!["http.routers/whoami-dev-web-v2".to_owned()],
    });
    Test::new("switch whoami dev --dry-run")
        .daemon(vec![Reply::ok(&answer)])
        .stdout(
            "whoami/dev: dry run, would be: v2 is live\n  \
             + http.services/whoami-dev-web-v2\n  \
             ~ http.services/whoami-dev-web\n  \
             - http.routers/whoami-dev-web-v2",
        )
        .run();
    answer.document = Some(DocumentChange::default());
    Test::new("switch whoami dev --dry-run")
        .daemon(vec![Reply::ok(&answer)])
        .stdout("whoami/dev: dry run, would be: v2 is live\n  the document stays as it is")
        .run();
}

#[test]
fn a_switch_that_asks_hooks_is_waited_for() {
    let asking = || {
        Reply::json(
            202,
            &accepted(switching("hook", "hook smoke has not answered yet")),
        )
    };
    let mut done = both("v1", "v2");
    done.active = Some(pointsman::routing::ids::Slot::Green);
    let waiting = "whoami/dev: waiting: accepted, held: hook: hook smoke has not answered yet";
    Test::new("switch whoami dev")
        .daemon(vec![asking(), Reply::ok(&accepted(done))])
        .stdout_has(&["whoami/dev: v2 is live"])
        .stderr(waiting)
        .run();

    // the answer to the repeated key says nothing of what has happened in between
    let mut failed = both("v1", "v2");
    if let Some(placed) = failed.slots.green.as_mut() {
        placed.failed = Some("shift aborted: hook smoke said no: 500".to_owned());
    }
    Test::new("switch whoami dev")
        .daemon(vec![asking(), Reply::ok(&accepted(failed))])
        .code(3)
        .stdout_has(&["whoami/dev: v1 is live"])
        .stderr(&format!(
            "{waiting}\n\
             error: whoami/dev: v2 did not go live: shift aborted: hook smoke said no: 500\n\
             next: deploy it anew, or insist with `pointsman switch whoami dev --force`"
        ))
        .run();

    let refused = accepted(switching("hook-refused", "hook smoke said no"));
    Test::new("switch whoami dev")
        .daemon(vec![Reply::json(202, &refused)])
        .code(3)
        .stdout_has(&["held: hook-refused: hook smoke said no"])
        .stderr(
            "error: whoami/dev: accepted, but v2 is not live yet: hook-refused: hook smoke said no\n\
             next: `pointsman status whoami dev` shows it, `pointsman abort whoami dev` ends it",
        )
        .run();
}

#[test]
fn switch_to_a_version_moves_that_one_and_no_other() {
    let ran = Test::new("switch whoami dev --to v2")
        .daemon(vec![
            Reply::ok(&both("v1", "v2")),
            Reply::ok(&accepted(both("v2", "v1"))),
        ])
        .stdout_has(&["v2 is live"])
        .run();
    ran.sent(&["GET /v1/envs/whoami/dev", SWITCH]);
    assert_eq!(
        ran.requests[1].header("if-match"),
        Some("\"7\""),
        "as it was looked at"
    );
    Test::new("switch whoami dev --to v2")
        .daemon(vec![Reply::ok(&both("v2", "v1"))])
        .stdout("whoami/dev: v2 is live already")
        .run()
        .sent(&["GET /v1/envs/whoami/dev"]);
    Test::new("switch whoami dev --to v2")
        .daemon(vec![Reply::ok(&both("v1", "v3"))])
        .code(3)
        .stderr(
            "error: whoami/dev: v2 is not staged: v1 is live, v3 is staged\n\
             next: nothing was changed; `pointsman history whoami dev` shows who moved what",
        )
        .run()
        .sent(&["GET /v1/envs/whoami/dev"]);
}

#[test]
fn switch_to_a_live_version_answers_as_the_switch_did() {
    let ran = Test::new("switch whoami dev --to v2 --json")
        .daemon(vec![Reply::ok(&both("v2", "v1"))])
        .stdout_has(&["\"gen\":7", "\"status\":{"])
        .run();
    ran.sent(&["GET /v1/envs/whoami/dev"]);
}

#[test]
fn rollback_from_a_version_does_not_bring_it_back() {
    let back = "POST /v1/envs/whoami/dev/rollback?wait=ready&timeout=1000ms";
    let ran = Test::new("rollback whoami dev --from v2")
        .daemon(vec![
            Reply::ok(&both("v2", "v1")),
            Reply::ok(&accepted(both("v1", "v2"))),
        ])
        .stdout_has(&["v1 is live"])
        .run();
    ran.sent(&["GET /v1/envs/whoami/dev", back]);
    assert_eq!(
        ran.requests[1].header("if-match"),
        Some("\"7\""),
        "as it was looked at"
    );
    Test::new("rollback whoami dev --from v2")
        .daemon(vec![Reply::ok(&both("v1", "v2"))])
        .code(3)
        .stderr_has(&["v2 is not live: v1 is live, v2 is staged"])
        .run()
        .sent(&["GET /v1/envs/whoami/dev"]);
}

#[test]
fn retire_may_find_nothing_when_that_is_said() {
    let unknown = || {
        let detail = "v9 has no routed containers";
        let body = serde_json::to_string(&problem(409, "unknown_version", detail)).unwrap();
        vec![Reply::Answer(409, "", body)]
    };
    Test::new("retire whoami dev v9 --remove --ignore-missing")
        .daemon(unknown())
        .stderr("whoami/dev: there is no v9")
        .run();
    Test::new("retire whoami dev v9 --remove")
        .daemon(unknown())
        .code(3)
        .stderr_has(&["unknown_version"])
        .run();
}
