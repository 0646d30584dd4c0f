//! `verify` without Traefik: what it asks, what it makes of an answer, what it prints. The real thing is in `tests/e2e`.

use pointsman::api::Applied;

use crate::daemon::Reply;
use crate::samples::{REVISION, live};
use crate::support::Test;

/// The daemon, and what answers at the address that `--connect` names.
fn verify(more: &str, answer: Reply) -> Test {
    let mut status = live("v1");
    status.revision = Some(REVISION.to_owned());
    status.applied = vec![Applied {
        proxy: "172.18.0.2:40".to_owned(),
        revision: Some(REVISION.to_owned()),
        confirmed: false,
    }];
    Test::new(&format!("verify whoami dev v1 --timeout 1ms {more}"))
        .daemon(vec![Reply::ok(&status), answer])
}

fn redirect(header: &'static str) -> Reply {
    Reply::Answer(301, header, String::new())
}

#[test]
fn each_check_has_a_line() {
    verify(
        "--connect $ADDRESS --path /health",
        Reply::Answer(200, "", "well".to_owned()),
    )
    .stdout(
        "ok   version  v1 is live\n\
         ok   health   2 of 2 servers take traffic\n\
         ok   applied  1 of 1 pollers and APIs of Traefik have it (served)\n\
         ok   answer   http://whoami.dev.example.com: /health answers 200\n\
         whoami/dev v1 is as it should be",
    )
    .run()
    .sent(&["GET /v1/envs/whoami/dev", "GET /health"]);
}

#[test]
fn who_is_sent_on_to_https_has_not_been_answered() {
    verify(
        "--connect $ADDRESS",
        redirect("location: https://whoami.dev.example.com/\r\n"),
    )
    .code(6)
    .stdout_has(&[
        "BAD  answer   http://whoami.dev.example.com: / answers 301 and leads to https://whoami.dev.example.com/",
        "set `scheme = \"https\"` in the env's record",
    ])
    .run();
    verify("--connect $ADDRESS", redirect("location: /login\r\n"))
        .stdout_has(&["/ answers 301\n", "is as it should be"])
        .run();
}

#[test]
fn an_address_may_be_a_name_and_an_empty_variable_is_none() {
    let named = verify("", Reply::Answer(200, "", String::new()));
    let port = named.port_of("localhost");
    named
        .env("POINTSMAN_CONNECT", &port)
        .stdout_has(&["/ answers 200"])
        .run();
    Test::new("verify whoami dev v1 --connect nowhere")
        .code(2)
        .stderr_has(&["is no HOST:PORT that can be resolved"])
        .run();
    Test::new("verify whoami dev v9 --timeout 1ms")
        .env("POINTSMAN_CONNECT", "")
        .daemon(vec![Reply::ok(&live("v1"))])
        .code(6)
        .stdout_has(&["BAD  version  v9 has no container here"])
        .run();
}

#[test]
fn certificates_to_trust_are_read_before_anything_is_asked() {
    Test::new("verify whoami dev v1 --cacert $DIR/none.pem")
        .env("POINTSMAN_URL", "http://127.0.0.1:9")
        .code(2)
        .stderr("error: --cacert $DIR/none.pem: No such file or directory (os error 2)")
        .run();
    Test::new("verify whoami dev v1 --cacert $DIR/empty.pem")
        .env("POINTSMAN_URL", "http://127.0.0.1:9")
        .file("empty.pem", "nothing\n")
        .code(2)
        .stderr("error: --cacert $DIR/empty.pem: has no certificate in PEM")
        .run();
}
