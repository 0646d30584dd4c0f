//! What the settings mean: precedence, defaults, and every refusal with its words.
//!
//! The environment is an argument here; that the process's own is read the same way is shown by the black-box
//! tests of the command line.

use std::collections::HashMap;
use std::error::Error as _;
use std::fs::Permissions;
use std::io::Write as _;
use std::os::unix::fs::PermissionsExt as _;

use tempfile::NamedTempFile;

use super::build::load_from;
use super::flag::FLAGS;
use super::*;

const NO_ENVIRONMENT: [(&str, &str); 0] = [];

fn config<const N: usize>(flags: &Flags, environment: [(&str, &str); N]) -> Result<Config, Error> {
    let environment = HashMap::from(environment);
    load_from(flags, &|name| {
        environment.get(name).map(ToString::to_string)
    })
}

fn flags(pairs: &[(&str, &str)]) -> Flags {
    let with = |flags: Flags, (name, value): &(&str, &str)| flags.with(name, *value);
    pairs.iter().fold(Flags::default(), with)
}

fn refusal(pairs: &[(&str, &str)]) -> String {
    config(&flags(pairs), NO_ENVIRONMENT)
        .expect_err("must be refused")
        .to_string()
}

fn file(content: &str) -> (NamedTempFile, String) {
    let mut file = NamedTempFile::new().unwrap();
    file.write_all(content.as_bytes()).unwrap();
    let path = file.path().display().to_string();
    (file, path)
}

#[test]
fn everything_has_the_documented_default() {
    let config = config(&Flags::default(), NO_ENVIRONMENT).unwrap();
    assert_eq!(
        config.docker.endpoint, "unix:///var/run/docker.sock",
        "endpoint"
    );
    assert_eq!(
        config.provider.listen.to_string(),
        "127.0.0.1:9000",
        "provider"
    );
    assert_eq!(config.admin.listen.to_string(), "127.0.0.1:9001", "admin");
    assert_eq!(
        config.state_dir,
        PathBuf::from("/var/lib/pointsman"),
        "state"
    );
    assert_eq!(config.provider.max_hold, Duration::from_secs(4), "hold");
    assert_eq!(
        config.labels.default_rule, "Host(`{{ normalize .Name }}`)",
        "rule"
    );
    assert!(config.labels.exposed_by_default, "as Traefik");
    assert!(!config.labels.managed_only, "unmanaged containers count");
    assert_eq!(
        config.log,
        Log {
            format: LogFormat::Text,
            level: LogLevel::Info
        },
        "log"
    );
    assert_eq!(config.warnings, [""; 0], "nothing to warn of");
}

#[test]
fn a_flag_beats_the_environment_beats_the_file() {
    let (_file, path) = file("max-hold = \"3s\"\n");
    let env = ("POINTSMAN_MAX_HOLD", "2s");
    let hold = |flags: &Flags, env| config(flags, [env]).unwrap().provider.max_hold.as_secs();
    let from_file = flags(&[("config", &path)]);
    assert_eq!(hold(&from_file, ("X", "")), 3, "file");
    assert_eq!(hold(&from_file, env), 2, "environment");
    let all = from_file.with("max-hold", "1s");
    assert_eq!(hold(&all, env), 1, "flag");
}

#[test]
fn the_file_can_be_named_by_the_environment() {
    let (_file, path) = file("network = \"front\"\nadmin-host = [\"a.example\", \"b.example\"]\n");
    let config = config(&Flags::default(), [("POINTSMAN_CONFIG", &path)]).unwrap();
    assert_eq!(config.labels.network.as_deref(), Some("front"), "network");
    assert_eq!(config.admin.hosts, ["a.example", "b.example"], "list");
}

#[test]
fn a_list_in_the_environment_is_separated_by_commas() {
    let config = config(&Flags::default(), [("POINTSMAN_ADMIN_HOST", "a, b")]).unwrap();
    assert_eq!(config.admin.hosts, ["a", "b"], "hosts");
}

#[test]
fn an_unknown_key_is_named_with_its_file() {
    for (content, key, hint) in [
        ("max-hlod = 1", "max-hlod", ""),
        ("max_hold = 1", "max_hold", ", did you mean \"max-hold\"?"),
        ("config = 'x'", "config", ""),
    ] {
        let (_file, path) = file(content);
        let text = refusal(&[("config", &path)]);
        let start = format!("{path}: unknown key {key:?}{hint};");
        assert!(text.starts_with(&start), "{text}");
    }
}

#[test]
fn a_broken_file_is_named_with_the_line() {
    let (_file, path) = file("network = \n");
    let error = config(&flags(&[("config", &path)]), NO_ENVIRONMENT).unwrap_err();
    assert_eq!(error.to_string(), format!("{path} is no TOML file"), "file");
    let cause = error.source().unwrap().to_string();
    assert!(cause.contains("line 1"), "{cause}");
}

#[test]
fn an_error_says_where_the_value_came_from() {
    let env = [("POINTSMAN_MAX_HOLD", "soon")];
    let text = config(&Flags::default(), env).unwrap_err().to_string();
    assert!(
        text.starts_with("--max-hold (from POINTSMAN_MAX_HOLD): \"soon\" is not a duration"),
        "{text}"
    );
}

#[test]
fn docker_host_is_the_default_endpoint_only() {
    let env = [("DOCKER_HOST", "tcp://10.0.0.1:2375")];
    let endpoint = |flags: &Flags| config(flags, env).unwrap().docker.endpoint;
    assert_eq!(
        endpoint(&Flags::default()),
        "tcp://10.0.0.1:2375",
        "default"
    );
    assert_eq!(
        endpoint(&flags(&[("docker-endpoint", "unix:///run/d.sock")])),
        "unix:///run/d.sock",
        "flag"
    );
}

#[test]
fn several_endpoints_are_refused() {
    let twice = [
        ("docker-endpoint", "unix:///a"),
        ("docker-endpoint", "unix:///b"),
    ];
    for given in [&twice[..], &[("docker-endpoint", "unix:///a,unix:///b")]] {
        let text = refusal(given);
        assert!(text.contains("until multi-host exists"), "{text}");
    }
}

#[test]
fn an_endpoint_has_a_scheme() {
    for endpoint in ["", "/var/run/docker.sock", "host:2375"] {
        let text = refusal(&[("docker-endpoint", endpoint)]);
        assert!(text.starts_with("--docker-endpoint: "), "{text}");
    }
}

#[test]
fn tls_files_are_taken_as_they_are() {
    let files = flags(&[("docker-tls-cert", "c"), ("docker-tls-key", "k")]);
    let tls = config(&files, NO_ENVIRONMENT).unwrap().docker.tls;
    let expected = DockerTls {
        ca: None,
        cert: Some("c".into()),
        key: Some("k".into()),
    };
    assert_eq!(tls, expected, "files");
}

#[test]
fn an_open_admin_listener_needs_a_token() {
    for address in ["0.0.0.0:9001", "[::]:0", "192.0.2.1:9001"] {
        let text = refusal(&[("admin-listen", address)]);
        assert!(
            text.contains("is not a loopback address") && text.contains("--admin-token-file FILE"),
            "{text}"
        );
    }
    for address in ["127.0.0.2:0", "[::1]:9001", "[::ffff:127.0.0.1]:9001"] {
        let admin = config(&flags(&[("admin-listen", address)]), NO_ENVIRONMENT);
        assert_eq!(admin.unwrap().admin.listen.to_string(), address, "loopback");
    }
}

#[test]
fn a_token_is_trimmed_checked_and_kept_out_of_debug() {
    let (token, path) = file("  0123456789abcdef\n");
    token
        .as_file()
        .set_permissions(Permissions::from_mode(0o600))
        .unwrap();
    let open = flags(&[
        ("admin-listen", "0.0.0.0:0"),
        ("admin-token-file", path.as_str()),
    ]);
    let config = config(&open, NO_ENVIRONMENT).unwrap();
    let shown = format!("{config:?}");
    let token = config.admin.token.unwrap();
    assert_eq!(token.expose(), "0123456789abcdef", "trimmed");
    assert!(!shown.contains("0123456789abcdef"), "{shown}");
    assert_eq!(config.warnings, [""; 0], "mode 600");
}

#[test]
fn a_readable_token_file_is_warned_of() {
    let (token, path) = file("0123456789abcdef");
    token
        .as_file()
        .set_permissions(Permissions::from_mode(0o644))
        .unwrap();
    let config = config(&flags(&[("provider-token-file", &path)]), NO_ENVIRONMENT).unwrap();
    let expected = format!("{path} is readable by every user of this machine: chmod 600 it");
    assert_eq!(config.warnings, [expected], "warning");
}

#[test]
fn bad_token_files_are_named() {
    for content in ["", "short", "two words of token", "0123456789abcde\u{e9}"] {
        let (_token, path) = file(content);
        let text = refusal(&[("admin-token-file", &path)]);
        assert!(
            text.starts_with(&format!("--admin-token-file: {path}")),
            "{text}"
        );
    }
    let text = refusal(&[("admin-token-file", "/nonexistent/token")]);
    assert_eq!(
        text, "--admin-token-file: cannot read /nonexistent/token",
        "missing"
    );
}

#[test]
fn the_fallback_file_has_an_ending_that_traefik_knows() {
    let text = refusal(&[("fallback-file", "x")]);
    assert!(text.contains("must end in .yml or .yaml"), "{text}");
    let file = config(&flags(&[("fallback-file", "x.yml")]), NO_ENVIRONMENT);
    let file = file.unwrap().fallback_file;
    assert_eq!(file, Some("x.yml".into()), "taken");
    let empty = config(&flags(&[("fallback-file", "")]), NO_ENVIRONMENT);
    assert!(empty.is_ok(), "empty: {empty:?}");
}

#[test]
fn constraints_are_one_text_that_routing_reads() {
    let labels = |flags: &Flags| config(flags, NO_ENVIRONMENT).unwrap().labels;
    let expression = "Label(`a`, `b`) || LabelRegex(`c`, `^d,e$`)";
    let given = labels(&flags(&[("constraints", expression)]));
    assert_eq!(given.constraints, expression, "as it is, with its commas");
    assert_eq!(labels(&flags(&[])).constraints, "", "all containers");
}

#[test]
fn traefiks_container_is_named_or_labelled() {
    let container = |text| {
        let flags = flags(&[("traefik-container", text)]);
        config(&flags, NO_ENVIRONMENT).unwrap().traefik.container
    };
    let label = |key: &str, value: Option<&str>| {
        Some(ContainerSelector::Label {
            key: key.to_owned(),
            value: value.map(str::to_owned),
        })
    };
    assert_eq!(
        container("traefik"),
        Some(ContainerSelector::Name("traefik".to_owned())),
        "name"
    );
    assert_eq!(container("label=role"), label("role", None), "any value");
    assert_eq!(container("label=a=b=c"), label("a", Some("b=c")), "value");
    for wrong in ["", "label=", "label==x", "role=x"] {
        let text = refusal(&[("traefik-container", wrong)]);
        assert!(text.starts_with("--traefik-container: "), "{text}");
    }
}

#[test]
fn wrong_values_say_what_is_right() {
    for (name, value, right) in [
        ("managed-only", "yes", "true or false"),
        ("exposed-by-default", "1", "true or false"),
        ("log-format", "xml", "text, json"),
        ("log-level", "loud", "error, warn, info, debug, trace"),
        ("provider-listen", ":9000", "IP:PORT"),
        ("provider-listen", "localhost:9000", "127.0.0.1:9000"),
        ("traefik-api", "traefik:8080", "http://"),
        ("traefik-api-auth-file", "f", "--traefik-api"),
        ("admin-host", "http://x", "without scheme"),
        ("state-dir", "", "not be empty"),
    ] {
        let text = refusal(&[(name, value)]);
        assert!(
            text.starts_with(&format!("--{name}: ")) && text.contains(right),
            "{text}"
        );
    }
}

#[test]
fn the_table_has_every_flag_once_and_in_kebab_case() {
    for (index, flag) in FLAGS.iter().enumerate() {
        let is_kebab = flag
            .name
            .bytes()
            .all(|b| b.is_ascii_lowercase() || b == b'-');
        assert!(is_kebab, "{}", flag.name);
        let first = FLAGS.iter().position(|other| other.name == flag.name);
        assert_eq!(first, Some(index), "{} twice", flag.name);
    }
    let variable = FLAGS.iter().find(|f| f.name == "max-hold").unwrap();
    assert_eq!(variable.variable(), "POINTSMAN_MAX_HOLD", "variable");
}
