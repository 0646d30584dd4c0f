//! `env init`, `apply`, `list`, `show`, `remove`.

use crate::daemon::Reply;
use crate::samples::*;
use crate::support::Test;

const FILE: &str = "app = \"whoami\"\nenv = \"dev\"\ndomain = \"dev.example.com\"\nport = 8080\n";

#[test]
fn init_writes_a_file_that_apply_takes() {
    let ran = Test::new("env init whoami dev dev.example.com")
        .stdout("wrote whoami-dev.toml")
        .stderr("next: edit it, then `pointsman env apply whoami-dev.toml`")
        .run();
    let file = ran.read("whoami-dev.toml");
    assert!(file.contains("\ndomain = \"dev.example.com\"\n"), "{file}");
    Test::new("env apply f.toml")
        .file("f.toml", &file)
        .daemon(vec![
            Reply::ok(&list(&[])),
            Reply::ok(&env("whoami", "dev")),
        ])
        .stdout("whoami/dev: created\n+ domain = \"dev.example.com\"")
        .run()
        .sent(&[
            "GET /v1/envs",
            "PUT /v1/envs/whoami/dev {\"domain\":\"dev.example.com\"}",
        ]);
}

#[test]
fn init_prints_or_writes_elsewhere_and_overwrites_nothing() {
    Test::new("env init whoami dev d.example --file -")
        .stdout_has(&["app = \"whoami\"\nenv = \"dev\"\n"])
        .run();
    Test::new("env init whoami dev d.example --file other.toml")
        .file("other.toml", "mine")
        .code(2)
        .stderr(
            "error: other.toml exists already and is left as it is\n\
             next: choose another name with --file FILE, or remove it first",
        )
        .run();
}

#[test]
fn apply_tells_what_changed() {
    Test::new("env apply f.toml")
        .file("f.toml", FILE)
        .daemon(vec![
            Reply::ok(&list(&[env("whoami", "dev")])),
            Reply::ok(&env("whoami", "dev")),
        ])
        .stdout("whoami/dev: updated\n+ port = 8080")
        .run();
}

#[test]
fn apply_again_changes_nothing() {
    let mut same = env("whoami", "dev");
    same.body.port = Some(8080);
    let replies = || vec![Reply::ok(&list(&[same.clone()])), Reply::ok(&same)];
    Test::new("env apply -")
        .input(FILE)
        .daemon(replies())
        .stdout("whoami/dev: unchanged")
        .run();
    Test::new("env apply - --json")
        .input(FILE)
        .daemon(replies())
        .stdout(&serde_json::to_string(&same).unwrap())
        .run();
}

#[test]
fn a_mistake_in_the_file_is_named_before_anything_is_asked() {
    Test::new("env apply f.toml")
        .file("f.toml", "app = 'whoami'\nenv = 'dev'\ndomian = 'x'\n")
        .env("POINTSMAN_URL", "http://127.0.0.1:1")
        .code(2)
        .stderr_has(&["error: f.toml: unknown field `domian`, expected one of `domain`"])
        .run();
    Test::new("env apply missing.toml")
        .code(2)
        .stderr_has(&["error: cannot read missing.toml: No such file"])
        .run();
}

#[test]
fn list_has_a_line_for_each() {
    let envs = list(&[env("whoami", "dev"), env("shop", "test")]);
    Test::new("env list")
        .daemon(vec![Reply::ok(&envs)])
        .stdout(
            "APP     ENV   DOMAIN           ORIGIN
whoami  dev   dev.example.com  api
shop    test  dev.example.com  api",
        )
        .run();
    Test::new("env list --json")
        .daemon(vec![Reply::ok(&envs)])
        .stdout(&serde_json::to_string(&envs).unwrap())
        .run();
}

#[test]
fn show_prints_an_env_file() {
    let mut record = env("whoami", "dev");
    record.body.hosts.live = Some("www.{domain}".to_owned());
    let envs = list(&[env("shop", "dev"), record]);
    Test::new("env show whoami dev")
        .daemon(vec![Reply::ok(&envs)])
        .stdout(
            "# origin: api\napp = \"whoami\"\nenv = \"dev\"\ndomain = \"dev.example.com\"\n\n\
             [hosts]\nlive = \"www.{domain}\"",
        )
        .run();
    Test::new("env show shop dev --json")
        .daemon(vec![Reply::ok(&envs)])
        .stdout(
            "{\"app\":\"shop\",\"domain\":\"dev.example.com\",\"env\":\"dev\",\"origin\":\"api\"}",
        )
        .run();
}

#[test]
fn show_of_an_unknown_env_is_code_3() {
    Test::new("env show whoami prod")
        .daemon(vec![Reply::ok(&list(&[])), Reply::ok(&list(&[]))])
        .code(3)
        .stderr(
            "error: whoami/prod: there is no such env\n\
             next: create it with `pointsman env init whoami prod DOMAIN` and `pointsman env apply FILE`",
        )
        .run();
}

#[test]
fn remove_says_so_or_why_not() {
    Test::new("env remove whoami dev")
        .daemon(vec![Reply::Answer(204, "", String::new())])
        .stdout("whoami/dev: removed")
        .run()
        .sent(&["DELETE /v1/envs/whoami/dev"]);
    Test::new("env remove whoami dev --json")
        .daemon(vec![Reply::Answer(204, "", String::new())])
        .run();
    let in_use = problem(409, "in_use", "env whoami/dev is in use: blue holds v1");
    Test::new("env remove whoami dev")
        .daemon(vec![Reply::json(409, &in_use)])
        .code(3)
        .stderr("error: whoami/dev: env whoami/dev is in use: blue holds v1 (in_use)")
        .run();
}
