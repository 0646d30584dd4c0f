//! Every way to fail: its exit code, what it says, and what it says to do next.

use crate::daemon::Reply;
use crate::samples::*;
use crate::support::Test;

#[test]
fn no_daemon_is_code_4_and_says_how_to_point_elsewhere() {
    for verb in [
        "switch whoami dev",
        "status",
        "stacks",
        "diagnose",
        "env list",
    ] {
        Test::new(verb)
            .env("POINTSMAN_URL", "http://127.0.0.1:1")
            .code(4)
            .stderr(
                "error: no daemon answers at http://127.0.0.1:1: connection refused\n\
                 next: start one with `pointsman serve`, or point elsewhere with --url URL, \
                 POINTSMAN_URL or --context NAME",
            )
            .run();
    }
}

#[test]
fn a_connection_that_keeps_breaking_is_code_4() {
    Test::new("status whoami dev")
        .daemon(vec![Reply::Break, Reply::Break, Reply::Break])
        .code(4)
        .stderr_has(&["error: no daemon answers at http://$ADDRESS: "])
        .run();
}

#[test]
fn a_verb_whose_answer_was_lost_is_said_to_be_perhaps_done() {
    let ran = Test::new("switch whoami dev")
        .daemon(vec![Reply::Break])
        .code(4)
        .stderr(
            "error: no daemon answers at http://$ADDRESS: connection refused\n\
             next: it may have been carried out all the same: look with `pointsman status` before you repeat it",
        )
        .run();
    assert_eq!(ran.requests.len(), 1, "it had arrived");
}

#[test]
fn a_refusal_is_code_3_and_names_the_state() {
    let mut refusal = problem(409, "nothing_staged", "the other slot is empty");
    refusal.state = Some("steady".to_owned());
    Test::new("switch whoami dev")
        .daemon(vec![Reply::json(409, &refusal)])
        .code(3)
        .stderr("error: whoami/dev: the other slot is empty (nothing_staged, state steady)")
        .run();
}

#[test]
fn a_stale_generation_is_code_3_and_names_the_current_one() {
    let mut stale = problem(412, "stale", "the record is at generation 9, not 7");
    stale.generation = Some(9);
    Test::new("switch whoami dev --if-match 7")
        .daemon(vec![Reply::json(412, &stale)])
        .code(3)
        .stderr(
            "error: whoami/dev: the record is at generation 9, not 7 (stale)\n\
             next: look at it with `pointsman status`, then repeat with --if-match 9",
        )
        .run();
}

#[test]
fn json_keeps_the_problem_on_standard_output() {
    let refusal = problem(409, "no_previous", "there is no previous version");
    Test::new("rollback whoami dev --json")
        .daemon(vec![Reply::json(409, &refusal)])
        .code(3)
        .stdout(&serde_json::to_string(&refusal).unwrap())
        .stderr("error: whoami/dev: there is no previous version (no_previous)")
        .run();
}

#[test]
fn swapped_names_are_noticed() {
    let unknown = problem(404, "unknown_env", "env dev/whoami is unknown");
    Test::new("status dev whoami")
        .daemon(vec![
            Reply::json(404, &unknown),
            Reply::ok(&list(&[env("whoami", "dev")])),
        ])
        .code(3)
        .stderr(
            "error: dev/whoami: env dev/whoami is unknown (unknown_env)\n\
             next: the app comes first: did you mean `whoami dev`?",
        )
        .run();
}

#[test]
fn other_envs_of_the_app_are_named() {
    let unknown = problem(404, "unknown_env", "env whoami/prod is unknown");
    Test::new("switch whoami prod")
        .daemon(vec![
            Reply::json(404, &unknown),
            Reply::ok(&list(&[env("whoami", "dev"), env("whoami", "test")])),
        ])
        .code(3)
        .stderr_has(&["next: whoami has these envs: dev, test"])
        .run();
}

#[test]
fn a_missing_token_is_code_1_and_says_how_to_give_one() {
    let unauthorized = problem(401, "unauthorized", "send the token");
    Test::new("env list")
        .daemon(vec![Reply::json(401, &unauthorized)])
        .code(1)
        .stderr(
            "error: send the token (unauthorized)\n\
             next: name the file with the daemon's admin token with --token-file FILE, or set POINTSMAN_TOKEN; one that was sent is not the daemon's",
        )
        .run();
}

#[test]
fn a_request_that_makes_no_sense_is_code_2() {
    let wrong = problem(400, "invalid_body", "weight \"300\" must be from 0 to 100");
    Test::new("promote whoami dev v2 300")
        .daemon(vec![Reply::json(400, &wrong)])
        .code(2)
        .stderr("error: whoami/dev: weight \"300\" must be from 0 to 100 (invalid_body)")
        .run();
}

#[test]
fn a_daemon_that_stays_unready_is_code_4() {
    let body = serde_json::to_string(&problem(503, "not_synced", "not ready yet")).unwrap();
    Test::new("switch whoami dev --no-wait")
        .daemon(vec![Reply::Answer(503, "retry-after: 1\r\n", body)])
        .code(4)
        .stderr_has(&["not ready yet (not_synced)", "next: try again in 1 s"])
        .run();
}

#[test]
fn another_server_is_recognised() {
    Test::new("status whoami dev")
        .daemon(vec![Reply::Answer(404, "", "404 page not found".to_owned())])
        .code(1)
        .stderr(
            "error: whoami/dev: http://$ADDRESS answered with status 404, and not as Pointsman does\n\
             next: check that --url names the admin address (default port 9001) without a path, not Traefik's or the provider's",
        )
        .run();
}

#[test]
fn an_answer_of_another_shape_is_code_1() {
    Test::new("status whoami dev")
        .daemon(vec![Reply::Answer(200, "", "{\"app\":1}".to_owned())])
        .code(1)
        .stderr_has(&[
            "the answer (status 200) is not what this version understands",
            "compare `pointsman version`",
        ])
        .run();
}

#[test]
fn a_redirect_is_not_followed_with_the_token() {
    Test::new("env list")
        .env("POINTSMAN_TOKEN", "0123456789abcdef")
        .daemon(vec![Reply::Answer(
            302,
            "location: http://127.0.0.1:1/\r\n",
            String::new(),
        )])
        .code(1)
        .stderr_has(&["answered with status 302, and not as Pointsman does"])
        .run();
}

#[test]
fn control_characters_of_strangers_are_escaped() {
    let evil = problem(409, "in_use", "by \u{1b}[2J\u{9b}container");
    Test::new("env remove whoami dev")
        .daemon(vec![Reply::json(409, &evil)])
        .code(3)
        .stderr("error: whoami/dev: by \\u{1b}[2J\\u{9b}container (in_use)")
        .run();
}
