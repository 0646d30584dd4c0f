//! Every fault is planted in a healthy set-up, alone, and found, alone.

use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use crate::api::{DockerTlsFiles, Reads, Settings};
use crate::app::{EngineApi, EngineSubnets, EngineSurvey, Glimpse, Looked, NoEngine, Writes};
use crate::cli::doctor::code::Code;
use crate::cli::doctor::facts::{
    Certificate, Clock, Daemon, DefaultCertificate, Facts, Host, Role, State, TraefikApi,
    TraefikContainer,
};
use crate::cli::doctor::options::Options;

use super::judge;

const FLAGS: [&str; 6] = [
    "--entrypoints.traefik.address=10.203.0.3:8080",
    "--api.insecure=true",
    "--providers.http.endpoint=http://10.203.0.2:9000/config?wait=450ms",
    "--providers.http.pollInterval=500ms",
    "--providers.providersThrottleDuration=100ms",
    "--entrypoints.web.address=:80",
];

fn address(text: &str) -> SocketAddr {
    text.parse().unwrap()
}

fn settings() -> Settings {
    Settings {
        version: "0.1.0".to_owned(),
        docker_endpoint: "unix:///host/run/docker.sock".to_owned(),
        docker_tls: DockerTlsFiles::default(),
        provider_listen: address("10.203.0.2:9000"),
        provider_token: false,
        max_hold_ms: 4000,
        admin_listen: address("127.0.0.1:9001"),
        state_dir: "/var/lib/pointsman".to_owned(),
        traefik_container: Some("traefik".to_owned()),
        gateway_may_move: false,
        traefik_apis: vec!["http://10.203.0.3:8080".to_owned()],
        reads: Reads::All,
    }
}

fn glimpse(name: &str, image: &str) -> Glimpse {
    Glimpse {
        id: "0".repeat(64),
        name: name.to_owned(),
        image: image.to_owned(),
        labels: BTreeMap::new(),
        addresses: BTreeMap::from([("00-control".to_owned(), "10.203.0.3".to_owned())]),
    }
}

fn own() -> Looked {
    let mut glimpse = glimpse("pointsman", "pointsman:local");
    glimpse
        .labels
        .insert("pointsman.role".to_owned(), "server".to_owned());
    Looked {
        glimpse,
        binds: vec![("/var/run".to_owned(), "/host/run".to_owned())],
        ..Looked::default()
    }
}

fn options(flags: &[&str]) -> Options {
    let flags: Vec<String> = flags.iter().map(ToString::to_string).collect();
    Options::read(&flags, &[]).unwrap()
}

fn engine() -> EngineSurvey {
    let subnets = |subnet: &str| EngineSubnets {
        internal: false,
        subnets: vec![subnet.to_owned()],
    };
    EngineSurvey {
        version: EngineApi::new(1, 41),
        date: None,
        writes: Writes::Allowed,
        networks: BTreeMap::from([
            ("00-control".to_owned(), subnets("10.203.0.0/24")),
            ("proxy".to_owned(), subnets("10.204.0.0/24")),
            ("bridge".to_owned(), subnets("172.17.0.0/16")),
        ]),
        few_left: None,
        running: Vec::new(),
        looked_at: vec![own()],
    }
}

fn host(role: Role, name: &str) -> Host {
    Host {
        env: "whoami/dev".to_owned(),
        domain: "dev.example.com".to_owned(),
        role,
        name: name.to_owned(),
        addresses: Ok(BTreeSet::from([IpAddr::V4(Ipv4Addr::new(192, 0, 2, 1))])),
        certificate: Some(Ok(Certificate {
            covers: true,
            expires: false,
        })),
    }
}

fn healthy() -> Facts {
    let glimpse = glimpse("traefik", "traefik:v3.7.15");
    Facts {
        settings: settings(),
        daemon: Ok(Daemon {
            pollers: vec![address("10.203.0.3:41234")],
            envs: vec![("whoami".to_owned(), "dev".to_owned())],
        }),
        engine: Ok(engine()),
        containers: vec![TraefikContainer {
            looked: Looked {
                glimpse,
                mode: "00-control".to_owned(),
                ..Looked::default()
            },
            options: Ok(options(&FLAGS)),
        }],
        apis: vec![TraefikApi {
            url: "http://10.203.0.3:8080".to_owned(),
            version: Ok("3.7.15".to_owned()),
            default_certificate: Ok(DefaultCertificate::Given),
        }],
        hosts: vec![
            host(Role::Live, "whoami.dev.example.com"),
            host(Role::Staged, "vnext-whoami.dev.example.com"),
            host(Role::Preview, "doctor-whoami.dev.example.com"),
        ],
        state: Ok(State {
            dir: "/var/lib/pointsman".to_owned(),
            problems: Vec::new(),
            refusal: None,
            mode: 0o700,
            free_bytes: 10_000_000_000,
        }),
        clocks: vec![Clock {
            whose: "the Docker Engine".to_owned(),
            ahead: -1,
            tolerance: 5,
        }],
    }
}

/// Traefik's flags, with one in place of those of its name, or without them.
fn flag(facts: &mut Facts, name: &str, text: Option<&str>) {
    let others = FLAGS.iter().filter(|flag| !flag.starts_with(name));
    let flags: Vec<&str> = others.copied().chain(text).collect();
    facts.containers[0].options = Ok(options(&flags));
}

fn endpoint(facts: &mut Facts, url: &str) {
    let text = format!("--providers.http.endpoint={url}");
    flag(facts, "--providers.http.endpoint", Some(&text));
}

fn survey(facts: &mut Facts) -> &mut EngineSurvey {
    facts.engine.as_mut().unwrap()
}

fn state(facts: &mut Facts) -> &mut State {
    facts.state.as_mut().unwrap()
}

fn certificate(facts: &mut Facts, index: usize) -> &mut Certificate {
    let shown = facts.hosts[index].certificate.as_mut().unwrap();
    shown.as_mut().unwrap()
}

fn gateway(facts: &mut Facts) {
    let addresses = &mut facts.containers[0].looked.glimpse.addresses;
    *addresses = BTreeMap::from([("zz-proxy".to_owned(), "10.204.0.3".to_owned())]);
    let networks = &mut survey(facts).networks;
    let proxy = networks.remove("proxy").unwrap();
    networks.insert("zz-proxy".to_owned(), proxy);
}

type Plant = fn(&mut Facts);

#[rustfmt::skip]
const FAULTS: &[(Code, Plant)] = &[
    (Code::DaemonUnreachable, |it| it.daemon = Err("connection refused".to_owned())),
    (Code::NoTraefik, |it| it.daemon.as_mut().unwrap().pollers.clear()),
    (Code::NoTraefik, |it| flag(it, "--providers.http.endpoint", None)),
    (Code::EngineUnreachable, |it| it.engine = Err(NoEngine::Unreachable("no such file".to_owned()))),
    (Code::EngineDenied, |it| it.engine = Err(NoEngine::Denied("permission denied".to_owned()))),
    (Code::EngineReadOnly, |it| survey(it).writes = Writes::Refused),
    (Code::SocketFile, |it| survey(it).looked_at[0].binds.push(("/var/run/docker.sock".to_owned(), "/var/run/docker.sock".to_owned()))),
    (Code::ContainerMissing, |it| it.containers.clear()),
    (Code::ContainerUnset, |it| it.settings.traefik_container = None),
    (Code::GatewayMoves, gateway),
    (Code::SubnetsLow, |it| survey(it).few_left = Some(2)),
    (Code::TraefikVulnerable, |it| it.apis[0].version = Ok("3.6.2".to_owned())),
    (Code::TraefikVulnerable, |it| { it.apis.clear(); it.containers[0].looked.glimpse.image = "traefik:v3.7.4".to_owned(); }),
    (Code::TraefikUnsupported, |it| it.apis[0].version = Ok("2.11.43".to_owned())),
    (Code::TraefikApi, |it| it.apis[0].version = Err("connection refused".to_owned())),
    (Code::ApiExposed, |it| flag(it, "--entrypoints.traefik.address", None)),
    (Code::ApiExposed, |it| flag(it, "--entrypoints.traefik.address", Some("--entryPoints.traefik.address=0.0.0.0:8080"))),
    (Code::ProviderExposed, |it| it.settings.provider_listen = address("0.0.0.0:9000")),
    (Code::HoldBeyondTimeout, |it| { it.settings.max_hold_ms = 10_000; endpoint(it, "http://10.203.0.2:9000/config?wait=6s"); }),
    (Code::HoldMissing, |it| endpoint(it, "http://10.203.0.2:9000/config")),
    (Code::PollSlow, |it| flag(it, "--providers.http.pollInterval", None)),
    (Code::ThrottleLong, |it| flag(it, "--providers.providersThrottleDuration", None)),
    (Code::ProviderByName, |it| endpoint(it, "http://pointsman:9000/config?wait=450ms")),
    (Code::RoutedTwice, |it| flag(it, "--none", Some("--providers.docker=true"))),
    (Code::RoutedTwice, |it| flag(it, "--none", Some("--providers.docker.network=web"))),
    (Code::DefaultCertificate, |it| it.apis[0].default_certificate = Ok(DefaultCertificate::Made)),
    (Code::CertificateName, |it| certificate(it, 2).covers = false),
    (Code::CertificateExpires, |it| certificate(it, 0).expires = true),
    (Code::LiveUnresolved, |it| it.hosts[0].addresses = Ok(BTreeSet::new())),
    (Code::WildcardUnresolved, |it| it.hosts[2].addresses = Ok(BTreeSet::new())),
    (Code::HostsApart, |it| it.hosts[1].addresses = Ok(BTreeSet::from([IpAddr::V4(Ipv4Addr::LOCALHOST)]))),
    (Code::StateDamaged, |it| state(it).problems.push("journal.ndjson: byte 7".to_owned())),
    (Code::StateReadOnly, |it| state(it).refusal = Some("read-only file system".to_owned())),
    (Code::StateOpen, |it| state(it).mode = 0o777),
    (Code::StateSpace, |it| state(it).free_bytes = 1_000_000),
    (Code::ClockSkew, |it| it.clocks[0].ahead = -90),
];

/// The list of Traefiks is empty where the Engine does not answer; then nothing more is found.
#[test]
fn each_fault_is_found_and_nothing_else() {
    let report = judge(&healthy());
    assert!(report.findings.is_empty(), "healthy: {:?}", report.findings);
    assert!(report.unchecked.is_empty(), "all: {:?}", report.unchecked);
    let mut planted = BTreeSet::from([Code::HoldTooLong]);
    for (index, (code, plant)) in FAULTS.iter().enumerate() {
        let mut facts = healthy();
        plant(&mut facts);
        let report = judge(&facts);
        let found: Vec<Code> = report.findings.iter().map(|it| it.code).collect();
        assert_eq!(found, [*code], "fault {index}: {:?}", report.findings);
        planted.insert(*code);
    }
    let all: BTreeSet<Code> = Code::ALL.iter().copied().collect();
    assert_eq!(planted, all, "every code has its fault");
}

#[test]
fn a_hold_beyond_the_interval_is_safe_only_where_traefik_is_seen_to_stop() {
    let mut facts = healthy();
    endpoint(&mut facts, "http://10.203.0.2:9000/config?wait=500ms");
    assert!(
        judge(&facts).findings.is_empty(),
        "with --traefik-container"
    );
    facts.settings.traefik_container = None;
    let codes: Vec<Code> = judge(&facts).findings.iter().map(|it| it.code).collect();
    assert_eq!(
        codes,
        [Code::ContainerUnset, Code::HoldTooLong],
        "without it"
    );
}

#[test]
fn what_is_not_known_is_told_and_is_no_finding() {
    let mut facts = healthy();
    facts.containers[0].options = Err("they are in a file (/t.yml)".to_owned());
    facts.hosts[0].addresses = Err("nobody to ask".to_owned());
    facts.state = Err("not here".to_owned());
    facts.apis.clear();
    let report = judge(&facts);
    assert!(report.findings.is_empty(), "{:?}", report.findings);
    let what: Vec<&str> = report.unchecked.iter().map(|it| it.what.as_str()).collect();
    let expected = [
        "default certificate, what Traefik has applied",
        "flags of container traefik",
        "DNS of whoami.dev.example.com",
        "state directory",
    ];
    assert_eq!(what, expected, "all of it");
}

/// `docs/doctor.md` has a row for each code, in the same order.
#[test]
fn the_document_lists_every_code() {
    let text = include_str!("../../../../docs/doctor.md");
    let rows = text.lines().filter_map(|line| line.strip_prefix("| `"));
    let listed: Vec<&str> = rows.filter_map(|row| row.split('`').next()).collect();
    let names: Vec<&str> = Code::ALL.iter().map(|code| code.name()).collect();
    assert_eq!(listed, names, "docs/doctor.md and the codes");
}
