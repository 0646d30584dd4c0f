//! Flags, environment and file; tokens; what refuses to start.

use crate::daemon::{Daemon, Reply};
use crate::samples::{env, list};
use crate::support::Test;

const NOWHERE: &str = "127.0.0.1:1";

fn ready() -> Vec<Reply> {
    vec![Reply::Answer(200, "", "ready\n".to_owned())]
}

#[test]
fn a_flag_beats_the_environment_beats_the_file() {
    let file = |test: Test, address: &str| {
        test.file("c.toml", &format!("admin-listen = \"{address}\"\n"))
            .env("POINTSMAN_CONFIG", "$DIR/c.toml")
    };
    let answered = |test: Test| {
        test.stdout("ready: http://$ADDRESS")
            .run()
            .sent(&["GET /ready"]);
    };
    let check = Test::new("healthcheck").unnamed_daemon(ready());
    answered(file(check, "$ADDRESS"));
    let check = Test::new("healthcheck").unnamed_daemon(ready());
    answered(file(check, NOWHERE).env("POINTSMAN_ADMIN_LISTEN", "$ADDRESS"));
    let check = Test::new("healthcheck --admin-listen $ADDRESS").unnamed_daemon(ready());
    answered(file(check, NOWHERE).env("POINTSMAN_ADMIN_LISTEN", NOWHERE));
}

#[test]
fn an_unknown_key_is_named_with_its_file() {
    Test::new("serve --config $DIR/c.toml")
        .file("c.toml", "max_hold = '1s'\n")
        .code(2)
        .stderr(
            "error: $DIR/c.toml: unknown key \"max_hold\", did you mean \"max-hold\"?; \
             keys are the names of the flags without `--`",
        )
        .run();
}

#[test]
fn an_open_admin_listener_without_a_token_does_not_start() {
    for test in [
        Test::new("serve --admin-listen 0.0.0.0:0"),
        Test::new("serve").env("POINTSMAN_ADMIN_LISTEN", "0.0.0.0:0"),
    ] {
        test.code(2)
            .stderr_has(&[
                "error: --admin-listen",
                "0.0.0.0:0 is not a loopback address, so everyone who reaches it could switch versions",
                "add --admin-token-file FILE (make one with `openssl rand -hex 32 > FILE`)",
            ])
            .run();
    }
}

#[test]
fn a_short_token_does_not_start() {
    Test::new("serve --admin-token-file token")
        .file("token", "secret\n")
        .code(2)
        .stderr(
            "error: --admin-token-file: token: the token has 6 characters and needs at least 16; \
             make one with `openssl rand -hex 32`",
        )
        .run();
}

#[test]
fn what_cannot_work_does_not_start() {
    Test::new("serve --docker-endpoint unix:///a --docker-endpoint unix:///b")
        .code(2)
        .stderr_has(&["error: --docker-endpoint: names several endpoints"])
        .run();
    Test::new("serve --fallback-file f.json")
        .code(2)
        .stderr_has(&["error: --fallback-file: f.json must end in .yml or .yaml"])
        .run();
    // before it says that it listens
    Test::new("serve --provider-listen 127.0.0.1:0 --admin-listen 127.0.0.1:0 --state-dir $DIR")
        .env("POINTSMAN_RETENTION", "keep_first = 1")
        .code(2)
        .stderr_has(&["--retention", "keep_first"])
        .run();
}

// They were refused with the code for what should not happen.
#[test]
fn what_a_part_cannot_use_is_usage_too() {
    Test::new("serve --state-dir $DIR --docker-endpoint unix:///nowhere")
        .env("POINTSMAN_DEFAULT_RULE", "Host(`{{ env \"HOME\" }}`)")
        .code(2)
        .stderr_has(&[
            "error: --default-rule: {{ env \"HOME\" }}: there is no function env: there are add, ",
        ])
        .run();
    Test::new("serve --state-dir $DIR --docker-endpoint unix:///nowhere")
        .env("POINTSMAN_CONSTRAINTS", "Label(`a`)")
        .code(2)
        .stderr("error: --constraints: byte 9: here should be a comma and a second string")
        .run();
}

#[test]
fn the_token_comes_from_a_file_or_the_environment() {
    let listed = |test: Test| {
        let ran = test
            .daemon(vec![Reply::ok(&list(&[env("whoami", "dev")]))])
            .stdout_has(&["whoami"])
            .run();
        let header = ran.requests[0].header("authorization");
        assert_eq!(header, Some("Bearer 0123456789abcdef"), "token");
    };
    listed(Test::new("env list --token-file token").file("token", "0123456789abcdef\n"));
    listed(Test::new("env list").env("POINTSMAN_TOKEN", "0123456789abcdef"));
    listed(
        Test::new("env list")
            .file("token", "0123456789abcdef")
            .env("POINTSMAN_TOKEN_FILE", "$DIR/token"),
    );
}

#[test]
fn the_daemons_own_settings_serve_its_own_client_only() {
    let replies = || vec![Reply::ok(&list(&[env("whoami", "dev")]))];
    let own = |test: Test| {
        test.file("token", "0123456789abcdef")
            .env("POINTSMAN_ADMIN_TOKEN_FILE", "$DIR/token")
            .stdout_has(&["whoami"])
            .run()
    };
    let local = Test::new("env list").unnamed_daemon(replies());
    let ran = own(local.env("POINTSMAN_ADMIN_LISTEN", "$ADDRESS"));
    assert_eq!(
        ran.requests[0].header("authorization"),
        Some("Bearer 0123456789abcdef"),
        "as in its container"
    );
    let ran = own(Test::new("env list").daemon(replies()));
    assert_eq!(
        ran.requests[0].header("authorization"),
        None,
        "never to a URL that was named"
    );
}

#[test]
fn a_url_flag_beats_its_variable() {
    Test::new("env list --url http://$ADDRESS/")
        .unnamed_daemon(vec![Reply::ok(&list(&[env("whoami", "dev")]))])
        .env("POINTSMAN_URL", "http://127.0.0.1:1")
        .stdout_has(&["whoami"])
        .run()
        .sent(&["GET /v1/envs"]);
}

#[test]
fn a_url_without_scheme_is_refused() {
    Test::new("status --url localhost:9001")
        .code(2)
        .stderr(
            "error: --url: \"localhost:9001\" is no address of a daemon: write it as http://HOST:PORT or https://HOST",
        )
        .run();
}

#[test]
fn a_proxy_in_the_environment_is_not_used() {
    let proxy = Daemon::start(Vec::new());
    Test::new("env list")
        .env("http_proxy", &format!("http://{}", proxy.address))
        .env("ALL_PROXY", &format!("http://{}", proxy.address))
        .daemon(vec![Reply::ok(&list(&[env("whoami", "dev")]))])
        .stdout_has(&["whoami"])
        .run();
}

#[test]
fn a_port_that_is_chosen_at_start_must_be_named() {
    Test::new("healthcheck --admin-listen 127.0.0.1:0")
        .code(2)
        .stderr_has(&["has port 0", "next: name it with --url"])
        .run();
}
