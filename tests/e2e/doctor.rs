//! `doctor` finds nothing on a healthy set-up, and each fault that is planted in a real one.

use std::collections::BTreeSet;
use std::fs::{File, Permissions};
use std::io::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use serde_json::Value;
use tempfile::TempDir;

use crate::support::docker::{MARK, Sandbox, ensure_image};
use crate::support::pointsman::Pointsman;
use crate::support::ports;
use crate::support::system::System;
use crate::support::traefik::Traefik;
use crate::support::within;

/// Names under it are left to each client, so that no DNS is asked.
const DOMAIN: &str = "e2e.localhost";
const TRAEFIK: &str = "pointsman-traefik:3.7.15";

fn write(path: &Path, text: &str) {
    File::create(path)
        .unwrap()
        .write_all(text.as_bytes())
        .unwrap();
}

/// A self-signed certificate for a name, and a file for Traefik's file provider that makes it the default.
fn certificate(folder: &Path, name: &str) {
    let at = |file: &str| folder.join(file).display().to_string();
    let (cert, key) = (at("cert.pem"), at("key.pem"));
    let made = Command::new("openssl")
        .args("req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 30".split(' '))
        .args(["-subj", "/CN=default", "-addext"])
        .arg(format!("subjectAltName=DNS:{name}"))
        .args(["-keyout", &key, "-out", &cert])
        .output()
        .unwrap();
    assert!(made.status.success(), "{made:?}");
    let text = format!(
        "tls: {{stores: {{default: {{defaultCertificate: {{certFile: {cert}, keyFile: {key}}}}}}}}}\n"
    );
    write(&folder.join("traefik.yaml"), &text);
}

/// What it finds; the host's own networks are no part of the test.
fn findings(pointsman: &Pointsman, more: &[&str]) -> (Option<i32>, BTreeSet<String>, Value) {
    let (code, said) = pointsman.doctor(more);
    let found = said["findings"].as_array().unwrap().iter();
    let codes = found.map(|it| it["code"].as_str().unwrap().to_owned());
    let codes = codes.filter(|code| code != "subnets-low").collect();
    (code, codes, said)
}

#[track_caller]
fn expect(pointsman: &Pointsman, more: &[&str], expected: &[&str]) {
    let (code, found, said) = findings(pointsman, more);
    let expected: BTreeSet<String> = expected.iter().map(ToString::to_string).collect();
    assert_eq!(found, expected, "{said}");
    if !expected.is_empty() {
        assert_eq!(code, Some(6), "something is found");
    }
}

fn env(pointsman: &Pointsman, folder: &Path, app: &str, domain: &str) {
    let file = folder.join(format!("{app}.toml"));
    let record = format!("app = '{app}'\nenv = 'dev'\ndomain = '{domain}'\nscheme = 'https'\n");
    write(&file, &record);
    pointsman.done(&["env", "apply", &file.display().to_string()]);
}

fn polled(pointsman: &Pointsman) {
    within(Duration::from_secs(10), "Traefik polls", || {
        let proxies: Vec<Value> = pointsman.get("/v1/proxies");
        (!proxies.is_empty())
            .then_some(())
            .ok_or_else(|| "nobody yet".to_owned())
    });
}

#[test]
#[ignore = "needs a Docker Engine and Traefik: make test"]
fn a_healthy_set_up_has_no_findings_and_what_breaks_is_found() {
    let folder = TempDir::new().unwrap();
    certificate(folder.path(), &format!("*.{DOMAIN}"));
    let secure = ports::free();
    let traefik = Traefik::on_free_ports()
        .reading(folder.path().join("traefik.yaml"))
        .entry_point("websecure", secure.to_string());
    let mut system = System::of(Sandbox::enter(), None, traefik);
    let there = ["--connect", &secure.to_string()];
    env(&system.pointsman, folder.path(), "whoami", DOMAIN);
    polled(&system.pointsman);
    expect(&system.pointsman, &there, &[]);

    // no certificate covers it
    env(&system.pointsman, folder.path(), "shop", "shop.localhost");
    expect(&system.pointsman, &there, &["certificate-name"]);
    system.pointsman.done(&["env", "remove", "shop", "dev"]);
    // no resolver knows it
    env(&system.pointsman, folder.path(), "shop", "e2e.invalid");
    let unresolved = ["certificate-name", "live-unresolved", "wildcard-unresolved"];
    expect(&system.pointsman, &there, &unresolved);
    system.pointsman.done(&["env", "remove", "shop", "dev"]);
    // everybody may write
    let mode = |mode| {
        let state = system.pointsman.state_dir();
        std::fs::set_permissions(state, Permissions::from_mode(mode)).unwrap();
    };
    mode(0o777);
    expect(&system.pointsman, &there, &["state-open"]);
    mode(0o700);
    // a journal that is not what was written
    let journal = system.pointsman.state_dir().join("journal.ndjson");
    let whole = std::fs::read_to_string(&journal).unwrap();
    write(&journal, &whole.replacen("env", "enf", 1));
    expect(&system.pointsman, &there, &["state-damaged"]);
    write(&journal, &whole);
    expect(&system.pointsman, &there, &[]);

    system.traefik.stop();
    within(Duration::from_secs(10), "it is forgotten", || {
        let proxies: Vec<Value> = system.pointsman.get("/v1/proxies");
        proxies
            .is_empty()
            .then_some(())
            .ok_or_else(|| "still there".to_owned())
    });
    let gone = ["no-traefik-polls", "traefik-api-unreachable"];
    expect(&system.pointsman, &there, &gone);
    system.pointsman.kill();
    let (_, found, said) = findings(&system.pointsman, &there);
    assert!(found.contains("daemon-unreachable"), "{said}");
}

/// A Traefik that makes its own certificate, and one that cannot be asked which it has.
#[test]
#[ignore = "needs a Docker Engine and Traefik: make test"]
fn a_certificate_that_traefik_made_itself_is_found() {
    let traefik = Traefik::on_free_ports();
    let mut system = System::of(Sandbox::enter(), None, traefik);
    polled(&system.pointsman);
    expect(&system.pointsman, &[], &["default-certificate-missing"]);
    let (_, _, said) = findings(&system.pointsman, &[]);
    let finding = &said["findings"][0];
    assert!(
        finding["remedy"]
            .as_str()
            .unwrap()
            .contains("defaultCertificate"),
        "{said}"
    );

    let nobody = ports::free().to_string();
    let (_, found, said) = findings(&system.pointsman, &["--connect", &nobody]);
    assert!(found.is_empty(), "{said}");
    let unchecked = said["unchecked"].as_array().unwrap().iter();
    let mut unchecked = unchecked.map(|it| it["what"].as_str().unwrap());
    assert!(
        unchecked.any(|what| what.starts_with("default certificate of ")),
        "{said}"
    );
    system.traefik.stop();
}

/// Traefik with nothing but its defaults, in a container on a network whose name sorts late.
#[test]
#[ignore = "needs a Docker Engine and Traefik: make test"]
fn what_traefiks_own_flags_have_wrong_is_found() {
    let sandbox = Sandbox::enter();
    ensure_image("traefik", TRAEFIK);
    let docker = &sandbox.docker;
    let network = "zz-pointsman-e2e";
    docker.run(&["network", "create", "--label", MARK, network]);
    let (name, label) = ("pointsman-e2e-traefik", ["--label", MARK]);
    let run = ["run", "--detach", "--name", name, "--network", network];
    let flags = [
        "--api.insecure",
        "--providers.docker.exposedByDefault=false",
        "--providers.http.endpoint=http://pointsman:9000/config",
    ];
    docker.run(&[&run[..], &label, &[TRAEFIK], &flags].concat());
    let pointsman = Pointsman::start_with(None, ports::free(), &["--traefik-container", name]);
    let folder = TempDir::new().unwrap();
    let record = format!("app = 'whoami'\nenv = 'dev'\ndomain = '{DOMAIN}'\n");
    let file = folder.path().join("env.toml");
    write(&file, &record);
    pointsman.done(&["env", "apply", &file.display().to_string()]);
    let (code, found, said) = findings(&pointsman, &[]);
    assert_eq!(code, Some(6), "{said}");
    let mut expected = BTreeSet::from([
        "hold-missing",
        "no-traefik-polls",
        "poll-interval-long",
        "provider-by-name",
        "routed-twice",
        "throttle-long",
        "traefik-api-exposed",
        "traefik-api-unreachable",
    ]);
    let version = docker.run(&["version", "--format", "{{.Server.APIVersion}}"]);
    let minor: u32 = version.split_once('.').unwrap().1.parse().unwrap();
    if minor < 48 {
        expected.insert("gateway-may-move");
    }
    let found: BTreeSet<&str> = found.iter().map(String::as_str).collect();
    assert_eq!(found, expected, "{said}");
}
