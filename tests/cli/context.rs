//! `--context`: the verb on another host. `docker` is a script here that writes down how it was called.

use crate::support::Test;

/// Finds the given containers, and answers `exec` with its own arguments, its input and a code.
fn docker(test: Test, containers: &str, code: u8) -> Test {
    let script = format!(
        "#!/bin/sh\ncase \"$*\" in\n*' ps '*) echo \"$*\" >>$DIR/calls; printf '{containers}' ;;\n\
         *) echo \"$*\"; cat; exit {code} ;;\nesac\n"
    );
    test.file("docker", &script)
        .env("PATH", "$DIR:/usr/bin:/bin")
}

#[test]
fn the_verb_runs_in_the_labelled_container() {
    let test = Test::new("--context prod --json switch whoami dev --timeout 3s");
    let ran = docker(test, "abc\\n", 0)
        .stdout("--context prod exec abc pointsman --json switch whoami dev --timeout 3s")
        .run();
    assert_eq!(
        ran.read("calls"),
        "--context prod ps -q --filter label=pointsman.role=server\n",
        "how it is found"
    );
}

#[test]
fn its_exit_code_is_passed_on() {
    docker(Test::new("diagnose --context=prod"), "abc\\n", 6)
        .code(6)
        .stdout("--context prod exec abc pointsman diagnose")
        .run();
    docker(Test::new("diagnose --context=prod"), "abc\\n", 127)
        .code(1)
        .stdout_has(&["exec"])
        .stderr_has(&["error: docker exec in container abc of context prod ended with"])
        .run();
}

#[test]
fn doctor_tells_the_time_here() {
    docker(Test::new("doctor --json --context prod"), "abc\\n", 6)
        .code(6)
        .stdout_has(&["--context prod exec abc pointsman doctor --json --asked-at=1"])
        .run();
}

#[test]
fn a_local_file_becomes_standard_input() {
    let test = Test::new("env apply f.toml --context prod").file("f.toml", "app = 'whoami'\n");
    docker(test, "abc\\n", 0)
        .stdout("--context prod exec -i abc pointsman env apply -\napp = 'whoami'")
        .run();
    let test = Test::new("env apply - --context prod").input("app = 'shop'\n");
    docker(test, "abc\\n", 0)
        .stdout("--context prod exec -i abc pointsman env apply -\napp = 'shop'")
        .run();
}

#[test]
fn none_or_several_containers_are_an_error() {
    docker(Test::new("status --context prod"), "", 0)
        .code(4)
        .stderr_has(&[
            "error: no container with label=pointsman.role=server runs in docker context prod",
        ])
        .run();
    docker(Test::new("status --context prod"), "abc\\ndef\\n", 0)
        .code(2)
        .stderr_has(&["several containers", "abc, def"])
        .run();
}

#[test]
fn a_missing_docker_is_said() {
    Test::new("status --context prod")
        .env("PATH", "$DIR")
        .code(1)
        .stderr(
            "error: --context needs the docker command, and it is not installed\n\
             next: install Docker's command line client, or use --url",
        )
        .run();
}

#[test]
fn an_unusable_context_is_code_4() {
    Test::new("status --context prod")
        .file(
            "docker",
            "#!/bin/sh\necho 'context not found' >&2\nexit 1\n",
        )
        .env("PATH", "$DIR:/usr/bin:/bin")
        .code(4)
        .stderr(
            "error: docker context prod cannot be used: context not found\n\
             next: `docker context ls` shows those there are",
        )
        .run();
}

#[test]
fn what_cannot_work_elsewhere_is_refused() {
    Test::new("serve --context prod")
        .code(2)
        .stderr_has(&["error: serve cannot be run with --context"])
        .run();
    Test::new("status --context prod --url http://x")
        .code(2)
        .stderr_has(&["next: leave out --url and --token-file"])
        .run();
}

#[test]
fn init_stays_here() {
    let ran = Test::new("env init whoami dev d.example --context prod")
        .stdout("wrote whoami-dev.toml")
        .stderr_has(&["next: edit it"])
        .run();
    assert!(ran.read("whoami-dev.toml").contains("d.example"), "file");
}

#[test]
fn the_usual_context_may_be_in_the_environment() {
    let usual = |args: &str| docker(Test::new(args), "abc\\n", 0).env("POINTSMAN_CONTEXT", "prod");
    usual("switch whoami dev")
        .stdout("--context prod exec abc pointsman switch whoami dev")
        .run();
    usual("rollback whoami dev --from v2 --context other")
        .stdout("--context other exec abc pointsman rollback whoami dev --from v2")
        .run();
    // who names a daemon means that one
    usual("status --url http://127.0.0.1:9")
        .code(4)
        .stderr_has(&["no daemon answers"])
        .run();
}
