//! Help and wrong usage.

use crate::support::Test;

#[test]
fn every_help_text_has_examples() {
    for verb in [
        "",
        "serve",
        "env",
        "env init",
        "env apply",
        "env list",
        "env show",
        "env remove",
        "deploy",
        "completions",
        "promote",
        "switch",
        "rollback",
        "weight",
        "shift",
        "hold",
        "resume",
        "abort",
        "finish",
        "evict",
        "freeze",
        "unfreeze",
        "retire",
        "maintenance",
        "maintenance on",
        "maintenance off",
        "status",
        "stacks",
        "diagnose",
        "check",
        "export",
        "healthcheck",
        "version",
    ] {
        Test::new(&format!("{verb} --help"))
            .stdout_has(&["Usage: pointsman", "Examples:\n", "Global options:"])
            .run();
    }
}

#[test]
fn the_help_of_serve_has_every_setting_and_its_default() {
    Test::new("serve --help")
        .stdout_has(&[
            "--docker-endpoint",
            "--admin-token-file",
            "[default: 127.0.0.1:9000]",
            "[default: 4s]",
            "POINTSMAN_<FLAG>",
        ])
        .run();
}

#[test]
fn wrong_usage_is_code_2() {
    for (args, message) in [
        ("", "Usage: pointsman [OPTIONS] <COMMAND>"),
        (
            "swich whoami dev",
            "similar subcommands exist: 'weight', 'switch'",
        ),
        ("switch whoami", "<ENV>"),
        ("switch Whoami dev", "app \"Whoami\" must match [a-z0-9]"),
        ("promote whoami dev vnext", "version \"vnext\" must match"),
        (
            "switch whoami dev --timeout soon",
            "\"soon\" is not a duration",
        ),
        (
            "switch whoami dev --no-wait --timeout 3s",
            "cannot be used with",
        ),
        ("status whoami", "<ENV>"),
        (
            "serve --max-hold soon",
            "--max-hold: \"soon\" is not a duration",
        ),
    ] {
        Test::new(args).code(2).stderr_has(&[message]).run();
    }
}

#[test]
fn completions_know_the_verbs() {
    for shell in ["bash", "zsh", "fish"] {
        Test::new(&format!("completions {shell}"))
            .stdout_has(&["deploy", "rollback", "context"])
            .run();
    }
}
