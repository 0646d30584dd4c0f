//! The same promises against the real Docker Engine of this machine.
//!
//! Ignored by default, so that they never pass without an Engine: `cargo nextest run --run-ignored only docker_real`. They
//! need a static busybox (`BUSYBOX_BIN`, else `/bin/busybox`), touch only what carries their own names, and remove it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use pointsman::docker::{Client, Endpoint, Timing, TlsFiles, networks};
use pointsman::routing::ids::ContainerId;
use pointsman::routing::model::{Attachments, Change, State};
use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::support::observer::Observer;

const IMAGE: &str = "pointsman-test-busybox:1";

/// Names of one test; everything with them is removed at its end.
pub(crate) struct Sandbox {
    prefix: String,
}

impl Sandbox {
    pub(crate) fn new(prefix: &str) -> Self {
        let sandbox = Self {
            prefix: prefix.to_owned(),
        };
        sandbox.clean();
        import_image();
        sandbox
    }

    pub(crate) fn name(&self, rest: &str) -> String {
        format!("{}-{rest}", self.prefix)
    }

    /// Starts a container that sleeps, and gives its id.
    pub(crate) fn run(&self, name: &str, options: &[&str]) -> ContainerId {
        let name = self.name(name);
        let mut args = vec!["run", "-d", "--stop-signal", "KILL", "--name", &name];
        args.extend(options);
        args.extend([IMAGE, "/busybox", "sleep", "1000"]);
        ContainerId::parse(docker(&args).trim()).unwrap()
    }

    fn clean(&self) {
        for (list, remove) in [
            (vec!["ps", "-aq"], vec!["rm", "-f"]),
            (vec!["network", "ls", "-q"], vec!["network", "rm"]),
        ] {
            let filter = format!("name={}", self.prefix);
            let ids = docker(&[&list[..], &["--filter", &filter]].concat());
            let ids: Vec<&str> = ids.lines().collect();
            if !ids.is_empty() {
                docker(&[&remove[..], &ids].concat());
            }
        }
    }
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            self.clean();
        }
    }
}

pub(crate) fn docker(args: &[&str]) -> String {
    let output = Command::new("docker").args(args).output().unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "docker {args:?}: {errors}");
    String::from_utf8(output.stdout).unwrap()
}

fn import_image() {
    if !docker(&["images", "-q", IMAGE]).is_empty() {
        return;
    }
    let here = tempfile::tempdir().unwrap();
    let busybox = std::env::vars()
        .find(|(key, _)| key == "BUSYBOX_BIN")
        .map(|(_, value)| value);
    let busybox = busybox.unwrap_or_else(|| "/bin/busybox".to_owned());
    std::fs::copy(Path::new(&busybox), here.path().join("busybox")).unwrap();
    let tar = here.path().join("image.tar");
    let made = Command::new("tar")
        .arg("-C")
        .arg(here.path())
        .arg("-cf")
        .arg(&tar)
        .arg("busybox")
        .status();
    assert!(made.unwrap().success(), "tar");
    docker(&["import", tar.to_str().unwrap(), IMAGE]);
}

fn endpoint() -> Endpoint {
    Endpoint::parse("unix:///var/run/docker.sock", TlsFiles::default()).unwrap()
}

pub(crate) async fn observe() -> Observer {
    let mut seen = Observer::watch(endpoint(), Timing::default());
    seen.until("the first list", |seen| seen.resyncs == 1).await;
    seen
}

pub(crate) fn state(seen: &Observer, id: &ContainerId) -> Option<State> {
    seen.containers.get(id).map(|container| container.state)
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs a Docker Engine"]
async fn a_real_container_is_followed_through_its_life() {
    let sandbox = Sandbox::new("pm-life");
    let (front, back) = (sandbox.name("front"), sandbox.name("back"));
    docker(&["network", "create", &front]);
    docker(&["network", "create", &back]);
    let mut seen = observe().await;
    let web = sandbox.run(
        "web",
        &["--network", &front, "--label", "signal=9", "--expose", "80"],
    );
    seen.until("its start", |seen| {
        state(seen, &web) == Some(State::Running)
    })
    .await;
    let told = seen.containers[&web].clone();
    assert!(
        told.networks[&front].address.is_some(),
        "with its address: {told:?}"
    );
    assert_eq!(told.ports[0].private, 80, "and its port");
    docker(&["network", "connect", &back, web.as_str()]);
    let address = |seen: &Observer, network: &str| {
        seen.containers[&web]
            .networks
            .get(network)
            .and_then(|e| e.address)
    };
    seen.until("the connect", |seen| address(seen, &back).is_some())
        .await;
    docker(&["network", "disconnect", &back, web.as_str()]);
    seen.until("the disconnect", |seen| {
        !seen.containers[&web].networks.contains_key(&back)
    })
    .await;
    docker(&["pause", web.as_str()]);
    seen.until("the pause", |seen| state(seen, &web) == Some(State::Paused))
        .await;
    docker(&["unpause", web.as_str()]);
    seen.until("the end of the pause", |seen| {
        state(seen, &web) == Some(State::Running)
    })
    .await;
    docker(&["rename", web.as_str(), &sandbox.name("renamed")]);
    seen.until("the new name", |seen| {
        seen.containers[&web].name == "pm-life-renamed"
    })
    .await;
    docker(&["rm", "-f", web.as_str()]);
    seen.until("its end", |seen| state(seen, &web).is_none())
        .await;
    assert_eq!(seen.stats.drift.get(), 0, "all of it by events");
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs a Docker Engine"]
async fn a_real_death_is_told_once_and_not_undone() {
    let sandbox = Sandbox::new("pm-death");
    let front = sandbox.name("front");
    docker(&["network", "create", &front]);
    let mut seen = observe().await;
    for round in 0..5 {
        let web = sandbox.run(&format!("web{round}"), &["--network", &front]);
        seen.until("its start", |seen| {
            state(seen, &web) == Some(State::Running)
        })
        .await;
        let from = seen.log.len();
        docker(&["kill", web.as_str()]);
        seen.until("its death", |seen| state(seen, &web) == Some(State::Exited))
            .await;
        let told = |change: &Change| matches!(change, Change::Exited(id) if *id == web);
        // changes from before the kill may have been under way
        let death = seen.log[from..].iter().position(told);
        let after = from + death.expect("told by the event");
        // the settled read takes the address away
        let has_no_address = |seen: &Observer| {
            seen.containers[&web]
                .networks
                .values()
                .all(|endpoint| endpoint.address.is_none())
        };
        seen.until("the settled read", has_no_address).await;
        let undone = seen.log[after..].iter().any(|change| {
            matches!(change, Change::Apply(told) if told.id == web && told.state == State::Running)
        });
        let log = &seen.log[from..];
        assert!(
            !undone,
            "round {round}: no stale list brought it back: {log:#?}"
        );
    }
}

/// Plays the table: the networks of everything that runs with this label are wanted.
async fn follow(
    mut seen: Observer,
    proxy: ContainerId,
    label: String,
    wish: watch::Sender<Attachments>,
) {
    loop {
        let mut wanted = BTreeSet::new();
        let mut projects: BTreeMap<_, BTreeSet<_>> = BTreeMap::new();
        for container in seen
            .containers
            .values()
            .filter(|c| c.state == State::Running)
        {
            if container.labels.contains_key(&label) {
                wanted.extend(container.networks.keys().cloned());
                let project = container.label("com.docker.compose.project");
                for network in container.networks.keys() {
                    let of_network = projects.entry(network.clone()).or_default();
                    of_network.insert(project.unwrap_or_default().to_owned());
                }
            }
        }
        let wanted = Attachments {
            proxy: Some(proxy.clone()),
            networks: wanted,
            projects,
            ..Attachments::default()
        };
        wish.send_if_modified(|before| {
            let changed = *before != wanted;
            *before = wanted;
            changed
        });
        if seen.next_or_end().await.is_none() {
            return;
        }
    }
}

/// A watcher and a network task, wired as the daemon wires them.
struct Running {
    seen: Observer,
    _tasks: JoinSet<()>,
    _stop: tokio_util::sync::DropGuard,
}

async fn attach_traefik(proxy: &ContainerId, label: &str) -> Running {
    let (wish, wanted_rx) = watch::channel(Attachments::default());
    let (changes_tx, changes_rx) = mpsc::channel(64);
    let stop = CancellationToken::new();
    let mut tasks = JoinSet::new();
    tasks.spawn(follow(
        observe().await,
        proxy.clone(),
        label.to_owned(),
        wish,
    ));
    let client = Client::new(endpoint());
    tasks.spawn(networks::run(
        client,
        Timing::default(),
        wanted_rx,
        changes_tx,
        stop.clone(),
    ));
    Running {
        seen: Observer::of(changes_rx),
        _tasks: tasks,
        _stop: stop.drop_guard(),
    }
}

fn is_attached(container: &ContainerId, network: &str) -> bool {
    let format = "{{range $name, $e := .NetworkSettings.Networks}}{{$name}} {{end}}";
    let networks = docker(&["inspect", "-f", format, container.as_str()]);
    networks.split_whitespace().any(|name| name == network)
}

async fn eventually(what: &str, within: Duration, holds: impl Fn() -> bool) -> Duration {
    #[expect(clippy::disallowed_methods, reason = "a test measures real time")]
    let begun = Instant::now();
    while !holds() {
        assert!(begun.elapsed() < within, "not within {within:?}: {what}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    begun.elapsed()
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs a Docker Engine"]
async fn the_gateway_of_a_real_traefik_is_not_moved() {
    let sandbox = Sandbox::new("pm-gateway");
    let (control, before, behind) = (sandbox.name("m"), sandbox.name("a"), sandbox.name("z"));
    for network in [&control, &before, &behind] {
        docker(&["network", "create", network]);
    }
    let traefik = sandbox.run("traefik", &["--network", &control]);
    let route = || {
        let routes = docker(&["exec", traefik.as_str(), "/busybox", "ip", "route"]);
        routes.lines().next().unwrap().to_owned()
    };
    let default_route = route();
    assert!(default_route.starts_with("default via"), "{default_route}");
    let mut running = attach_traefik(&traefik, "pm.gateway").await;
    sandbox.run("one", &["--network", &before, "--label", "pm.gateway=1"]);
    sandbox.run("two", &["--network", &behind, "--label", "pm.gateway=1"]);
    running
        .seen
        .until("the refusal", |seen| seen.refused.contains_key(&before))
        .await;
    eventually("z is attached", Duration::from_secs(5), || {
        is_attached(&traefik, &behind)
    })
    .await;
    assert!(!is_attached(&traefik, &before), "a is refused");
    assert_eq!(
        route(),
        default_route,
        "the default route stays where it was"
    );
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs a Docker Engine"]
async fn compose_down_leaves_nothing() {
    let sandbox = Sandbox::new("pm-down");
    let control = sandbox.name("00");
    docker(&["network", "create", &control]);
    let traefik = sandbox.run("traefik", &["--network", &control]);
    let _running = attach_traefik(&traefik, "pm.down").await;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("compose.yaml");
    let service = format!(
        "{{image: '{IMAGE}', command: ['/busybox', 'sleep', '1000'], stop_signal: SIGKILL, labels: {{pm.down: '1'}}}}"
    );
    let text = format!("services:\n  web: {service}\n  api: {service}\n");
    #[expect(clippy::disallowed_methods, reason = "a test file need not be durable")]
    std::fs::write(&file, text).unwrap();
    for round in 0..4 {
        let project = sandbox.name(&format!("v{round}"));
        let network = format!("{project}_default");
        let compose = |args: &[&str]| {
            docker(
                &[
                    &["compose", "-p", &project, "-f", file.to_str().unwrap()],
                    args,
                ]
                .concat(),
            )
        };
        compose(&["up", "-d"]);
        let attached = eventually("attached", Duration::from_secs(5), || {
            is_attached(&traefik, &network)
        })
        .await;
        let down = Command::new("docker")
            .args(["compose", "-p", &project, "-f"])
            .arg(&file)
            .arg("down")
            .output();
        let down = down.unwrap();
        // under load compose can be faster than the detaching, and says so; anything else is a failure of its own
        let errors = String::from_utf8_lossy(&down.stderr).into_owned();
        let lost_race = !down.status.success();
        assert!(
            !lost_race || errors.contains("has active endpoints"),
            "{errors}"
        );
        let exists = || {
            !docker(&[
                "network",
                "ls",
                "-q",
                "--filter",
                &format!("name={network}"),
            ])
            .is_empty()
        };
        let left = exists();
        let gone = eventually("the network is gone", Duration::from_secs(2), || !exists()).await;
        println!(
            "round {round}: attached {attached:?} after up; left by compose: {left}; its exit failed: {lost_race}; gone {gone:?} after down"
        );
        assert!(!is_attached(&traefik, &network), "and Traefik is off it");
    }
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs a Docker Engine"]
async fn a_network_that_compose_could_not_remove_is_swept() {
    let sandbox = Sandbox::new("pm-sweep");
    let (control, network) = (sandbox.name("00"), sandbox.name("stack"));
    docker(&["network", "create", &control]);
    docker(&[
        "network",
        "create",
        "--label",
        "com.docker.compose.project=pm-sweep",
        &network,
    ]);
    let traefik = sandbox.run("traefik", &["--network", &control]);
    let _running = attach_traefik(&traefik, "pm.sweep").await;
    let web = sandbox.run(
        "web",
        &[
            "--network",
            &network,
            "--label",
            "pm.sweep=1",
            "--label",
            "com.docker.compose.project=pm-sweep",
        ],
    );
    eventually("attached", Duration::from_secs(5), || {
        is_attached(&traefik, &network)
    })
    .await;
    docker(&["rm", "-f", web.as_str()]);
    let exists = || {
        !docker(&[
            "network",
            "ls",
            "-q",
            "--filter",
            &format!("name={network}"),
        ])
        .is_empty()
    };
    eventually("the network is gone", Duration::from_secs(3), || !exists()).await;
}
