//! `deploy` before anything is touched: what it asks, what it refuses, what it never tells. `docker` is a script here; the
//! real one is in `scripts/newcomer.sh` and in `tests/e2e`.

use pointsman::api::{GcAnswer, Removing};

use crate::daemon::Reply;
use crate::samples::*;
use crate::support::Test;

const FILE: &str = "app = 'whoami'\nenv = 'dev'\ndomain = 'dev.example.com'\nvariables = { PASSWORD = { from_env = 'SECRET' } }\n";

/// Compose reads one service with a fixed name and port; the project has the given containers.
fn docker(test: Test, containers: &str) -> Test {
    let project = r#"{"name":"whoami-dev-v1","services":{"web":{"container_name":"web","ports":[{"target":80,"published":"8080","protocol":"tcp"}]}}}"#;
    let script = format!(
        "#!/bin/sh\ncase \"$*\" in\n\
         *' --format json') echo '{project}'; echo \"$STACK_NAME $STACK_HOSTNAME $DOMAIN $PASSWORD\" >$DIR/variables ;;\n\
         *' --hash '*) cat >$DIR/overlay; echo 'web abc' ;;\n\
         ps*) [ '{containers}' = '[]' ] || echo 1 ;;\n\
         inspect*) echo '{containers}' ;;\n\
         image*) echo '[]' ;;\n\
         *) echo \"unexpected: $*\" >&2; exit 1 ;;\nesac\n"
    );
    test.file("docker", &script)
        .file("compose.yaml", "services: {}\n")
        .file("whoami-dev.toml", FILE)
        .env("PATH", "$DIR:/usr/bin:/bin")
        .env("SECRET", "correct-horse")
}

fn daemon(test: Test, stacks: &[pointsman::api::StackEntry]) -> Test {
    test.daemon(vec![
        Reply::ok(&list(&[env("whoami", "dev")])),
        Reply::ok(&stacks),
        Reply::ok(&live("v0")),
    ])
}

#[test]
fn a_plan_tells_what_would_happen_and_no_secret() {
    let test = Test::new("deploy whoami dev v1 compose.yaml --plan");
    let ran = daemon(docker(test, "[]"), &[])
        .stdout(
            "whoami/dev: would deploy v1 as compose project whoami-dev-v1\n\
             \x20 + create web\n\
             \x20 at v1-whoami.dev.example.com\n\
             note: compose service web: container_name web can belong to one version only;\n\
             \x20 deploy leaves it out, so leave it out, too (container-name)\n\
             note: compose service web: port 8080 of the host can belong to one version only;\n\
             \x20 deploy leaves it out, and Traefik reaches port 80 of the container (host-port)",
        )
        .stderr(
            "note: whoami-dev.toml says other things than the daemon knows; `pointsman env apply whoami-dev.toml` sends it",
        )
        .run();
    assert_eq!(
        ran.read("variables"),
        "whoami-dev-v1 v1-whoami.dev.example.com dev.example.com correct-horse\n",
        "the environment of compose"
    );
    let overlay = ran.read("overlay");
    assert!(!overlay.contains("correct-horse"), "{overlay}");
    assert!(overlay.contains("pointsman.port: \"80\""), "{overlay}");
}

#[test]
fn a_missing_secret_is_named_and_nothing_is_asked_of_docker() {
    let test = Test::new("deploy whoami dev v1 compose.yaml").file("whoami-dev.toml", FILE);
    daemon(test, &[])
        .code(2)
        .stderr(
            "error: variable PASSWORD: the environment has no SECRET\n\
             next: set SECRET where deploy is called",
        )
        .run();
}

#[test]
fn a_record_with_secrets_needs_the_env_file() {
    let mut known = env("whoami", "dev");
    known.body.variables = [(
        "PASSWORD".to_owned(),
        pointsman::api::VariableBody::Secret(pointsman::api::SecretBody::Command(vec![
            "reboot".to_owned(),
        ])),
    )]
    .into();
    let none: [pointsman::api::StackEntry; 0] = [];
    Test::new("deploy whoami dev v1 compose.yaml")
        .daemon(vec![
            Reply::ok(&list(&[known])),
            Reply::ok(&none),
            Reply::ok(&live("v0")),
        ])
        .code(2)
        .stderr(
            "error: whoami/dev: its record has secrets, which count only from an env file of this machine\n\
             next: name the env file with --env-file, or put it here as whoami-dev.toml",
        )
        .run();
}

#[test]
fn names_the_other_way_round_are_recognised() {
    Test::new("deploy dev whoami v1 compose.yaml")
        .daemon(vec![Reply::ok(&list(&[env("whoami", "dev")]))])
        .code(3)
        .stderr(
            "error: dev/whoami: there is no such env\n\
             next: the app comes first: did you mean `whoami dev`?",
        )
        .run();
    Test::new("env init dev whoami d.example")
        .file("whoami-dev.toml", "")
        .code(2)
        .stderr(
            "error: whoami-dev.toml is the env file of these names the other way round\n\
             next: the app comes first: did you mean `whoami dev`? If not, write it elsewhere with --file FILE",
        )
        .run();
}

#[test]
fn a_project_of_another_version_is_left_alone() {
    let other = r#"[{"Id":"1","Name":"/x","Config":{"Labels":{"pointsman.app":"whoami","pointsman.env":"dev","pointsman.version":"V1"}}}]"#;
    let test = Test::new("deploy whoami dev v1 compose.yaml");
    daemon(docker(test, other), &[])
        .code(3)
        .stderr_has(&[
            "error: whoami/dev v1: the compose project whoami-dev-v1 is there already, and its container x is whoami/dev V1\n",
            "next: choose a version with another slug, or remove that project: docker compose -p whoami-dev-v1 down",
        ])
        .run();
}

#[test]
fn a_version_in_a_slot_is_not_recreated() {
    let own = r#"[{"Id":"1","Name":"/x","Config":{"Labels":{"pointsman.app":"whoami","pointsman.env":"dev","pointsman.version":"v1","com.docker.compose.service":"web","com.docker.compose.config-hash":"old"}}}]"#;
    let mut placed = stack("v1");
    placed.slot = Some(pointsman::routing::ids::Slot::Blue);
    placed.active = true;
    let test = Test::new("deploy whoami dev v1 compose.yaml");
    daemon(docker(test, own), &[placed])
        .code(3)
        .stderr_has(&[
            "error: whoami/dev v1: it is live, and compose would recreate the containers of web",
            "next: deploy it under a new version, and switch; or insist with --replace",
        ])
        .run();
}

#[test]
fn a_host_that_somebody_has_is_refused() {
    // v1 of `whoami` would answer where `v1-whoami` is live
    let known = [env("v1-whoami", "dev"), env("whoami", "dev")];
    let none: [pointsman::api::StackEntry; 0] = [];
    let test = Test::new("deploy whoami dev v1 compose.yaml");
    docker(test, "[]")
        .daemon(vec![
            Reply::ok(&list(&known)),
            Reply::ok(&none),
            Reply::ok(&live("v0")),
        ])
        .code(3)
        .stderr_has(&["the host v1-whoami.dev.example.com belongs to v1-whoami/dev"])
        .run();
    let long = "x".repeat(60);
    let test = Test::new(&format!("deploy whoami dev {long} compose.yaml"));
    daemon(docker(test, "[]"), &[])
        .code(3)
        .stderr_has(&["-whoami has 67 bytes, and DNS takes 63 between two dots"])
        .run();
}

#[test]
fn what_is_being_removed_is_waited_for() {
    let mut status = live("v0");
    status.retired = vec![version("v1")];
    let removing = |stages: &[&str]| GcAnswer {
        stacks: Vec::new(),
        removing: stages
            .iter()
            .map(|stage| Removing {
                app: status.app.clone(),
                env: status.env.clone(),
                version: version("v1"),
                stage: (*stage).to_owned(),
                detail: String::new(),
                until: None,
            })
            .collect(),
        disk_bytes: None,
        revision: None,
    };
    let none: Vec<pointsman::api::StackEntry> = Vec::new();
    let plan = "GET /v1/gc?app=whoami&env=dev";
    let ran = docker(Test::new("deploy whoami dev v1 compose.yaml"), "[]")
        .daemon(vec![
            Reply::ok(&list(&[env("whoami", "dev")])),
            Reply::ok(&none),
            Reply::ok(&status),
            Reply::ok(&removing(&["draining"])),
            Reply::ok(&removing(&["removing"])),
            Reply::ok(&removing(&[])),
            Reply::ok(&list(&[])),
        ])
        .code(3)
        .stderr_has(&[
            "v1 was retired and is still being removed: draining",
            "v1 was retired and is still being removed: removing",
            // the env went meanwhile, which ends this test
            "there is no such env",
        ])
        .run();
    ran.sent(&[
        "GET /v1/envs",
        "GET /v1/stacks",
        "GET /v1/envs/whoami/dev",
        plan,
        plan,
        plan,
        "GET /v1/envs",
    ]);
}
