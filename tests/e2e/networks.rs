//! Attachments many times over, with Traefik and Pointsman as containers: nothing else notices, nothing is left, nothing
//! of others is touched, and whoever starts anew gets his networks back.
//!
//! A few rounds each time; `make networks` makes as many as the documentation tells of (`POINTSMAN_ATTACHMENTS`,
//! `POINTSMAN_UPS`).

use std::collections::BTreeSet;
use std::time::Duration;

use tokio::time::Instant;

use crate::support::app::{App, ENV, Stack};
use crate::support::docker::{Docker, MARK, Sandbox, WHOAMI};
use crate::support::engine::{Containers, Engine};
use crate::support::host::{Host, NAME, TRAEFIK};
use crate::support::http::{self, Answer, Ask};
use crate::support::load::{Connections, Load};
use crate::support::random::often;
use crate::support::tally::Tally;
use crate::support::{millis, within};

const SOON: Duration = Duration::from_secs(10);
/// Within this nothing is left of what `compose down` could not remove.
const CLEAN: Duration = Duration::from_secs(2);

/// Attached to exactly these beside its own network.
fn expect_networks(host: &Host, container: &str, wanted: &BTreeSet<String>, when: &str) {
    let what = format!("{container} is in {wanted:?} {when}");
    within(SOON, &what, || {
        let mut found = host.networks_of(container);
        found.retain(|name| !name.starts_with("00-"));
        if found == *wanted {
            Ok(())
        } else {
            Err(format!("{found:?}"))
        }
    });
}

/// `compose down`; gives whether compose itself removed everything, and how long afterwards the network was gone.
fn down_and_clean(host: &Host, stack: &Stack) -> (bool, Duration) {
    let (clean, returned) = stack.down();
    let network = stack.network();
    within(CLEAN, "no network is left", || {
        let left = host.docker.has_network(&network);
        (!left).then_some(()).ok_or_else(|| network.clone())
    });
    (clean, returned.elapsed())
}

fn both_in(host: &Host, wanted: &BTreeSet<String>, when: &str) {
    for container in [TRAEFIK, NAME] {
        expect_networks(host, container, wanted, when);
    }
}

/// A version that Pointsman has to ask, so that it attaches itself, too.
fn asked(app: &App, version: &str) -> Stack {
    let path = "traefik.http.services.app.loadbalancer.healthcheck.path";
    app.stack(version).label(path, "/")
}

/// A preview of its own network, without compose.
fn run_preview(docker: &Docker, app: &App, version: &str) {
    let name = format!("{}-{version}", app.name);
    docker.run(&["network", "create", "--label", MARK, &name]);
    let labels = [
        ("app", app.name),
        ("env", ENV),
        ("version", version),
        ("domain", "e2e.test"),
        ("port", "80"),
    ];
    let labels = labels.map(|(key, value)| format!("--label=pointsman.{key}={value}"));
    let labels: Vec<&str> = labels.iter().map(String::as_str).collect();
    let env = format!("VERSION={version}");
    let head = [
        "run",
        "-d",
        "--name",
        &name,
        "--network",
        &name,
        "--env",
        &env,
        "--label",
        MARK,
    ];
    docker.run(&[&head[..], &labels, &[WHOAMI]].concat());
}

fn rates(tallies: &[Tally]) -> usize {
    tallies.iter().map(|tally| tally.shots.len()).sum()
}

#[test]
#[ignore = "needs a Docker Engine and Traefik: make test"]
fn attachments_come_and_go_and_no_other_request_notices() {
    let host = Host::start();
    let others = ["e2e-busy", "e2e-quiet"].map(|name| host.app(name));
    for app in &others {
        app.deploy("v1");
        host.expect(&app.preview("v1"), "v1", SOON);
    }
    let [busy, quiet] = others.map(|app| app.preview("v1"));
    // about a thousand requests per second, a quarter of them on connections of their own
    let loads = [
        host.load_with(&busy, 30, 25, Connections::Kept),
        host.load_with(&quiet, 10, 25, Connections::Fresh),
    ];
    let begun = Instant::now();
    let app = host.app("e2e-come");
    let rounds = often("POINTSMAN_ATTACHMENTS", 3);
    for round in 0..rounds {
        let version = format!("v{round}");
        let name = format!("{}-{version}", app.name);
        run_preview(&host.docker, &app, &version);
        host.expect(&app.preview(&version), &version, SOON);
        assert!(host.networks_of(TRAEFIK).contains(&name), "{name}");
        host.docker.run(&["rm", "-f", &name]);
        within(SOON, "Traefik is taken off", || {
            let found = host.networks_of(TRAEFIK);
            let left = !found.contains(&name);
            left.then_some(()).ok_or_else(|| format!("{found:?}"))
        });
        within(SOON, "Docker lets the network go", || {
            let removed = ["network", "rm", &name];
            let output = host.docker.command().args(removed).output().unwrap();
            let why = String::from_utf8_lossy(&output.stderr).into_owned();
            output.status.success().then_some(()).ok_or(why)
        });
    }
    let took = begun.elapsed();
    let tallies = loads.map(Load::stop);
    let rate = f64::from(u32::try_from(rates(&tallies)).unwrap()) / took.as_secs_f64();
    println!("{rounds} attachments and detachments in {took:.1?}, {rate:.0} requests/s elsewhere");
    for tally in tallies {
        println!("{}", tally.summary());
        tally.assert_none_failed("while attachments came and went");
    }
}

/// What the test's stacks are not, as Docker tells it: networks, containers, and who is attached where since when.
fn world(docker: &Docker, except: &App) -> BTreeSet<String> {
    let attached = "{{.Name}} {{.Id}} {{.State.StartedAt}}\
        {{range $name, $it := .NetworkSettings.Networks}} {{$name}}={{$it.EndpointID}}{{end}}";
    let ids = docker.run(&["ps", "-aq", "--no-trunc"]);
    let ids: Vec<&str> = ids.lines().collect();
    let networks = [
        "network",
        "ls",
        "--no-trunc",
        "--format",
        "{{.Name}} {{.ID}}",
    ];
    let inspect = ["inspect", "--format", attached];
    let told = [
        docker.run(&networks),
        docker.run(&[&inspect[..], &ids].concat()),
    ];
    let lines = told.iter().flat_map(|text| text.lines());
    let own = format!("{}-{ENV}-", except.name);
    lines
        .filter(|line| !line.trim_start_matches('/').starts_with(&own))
        .map(str::to_owned)
        .collect()
}

/// What others made and Pointsman must leave alone: a network that somebody took Traefik and Pointsman into, one of a
/// compose project with nobody in it, and one with a container that is stopped.
fn foreign(docker: &Docker) {
    for (name, label) in [
        ("zz-e2e-by-hand", MARK),
        ("zz-e2e-empty", "com.docker.compose.project=zz-e2e"),
        ("zz-e2e-stopped", "com.docker.compose.project=zz-e2e"),
    ] {
        docker.run(&["network", "create", "--label", MARK, "--label", label, name]);
    }
    for container in [TRAEFIK, NAME] {
        docker.run(&["network", "connect", "zz-e2e-by-hand", container]);
    }
    let create = ["create", "--label", MARK, "--name", "zz-e2e-stopped"];
    let rest = ["--network", "zz-e2e-stopped", WHOAMI];
    docker.run(&[&create[..], &rest].concat());
}

#[test]
#[ignore = "needs a Docker Engine and Traefik: make test"]
fn compose_up_and_down_leaves_nothing_and_touches_nothing_of_others() {
    let host = Host::start();
    foreign(&host.docker);
    let app = host.app("e2e-updown");
    let before = world(&host.docker, &app);
    let (mut left_by_compose, mut slowest) = (0, Duration::ZERO);
    let rounds = often("POINTSMAN_UPS", 2);
    for round in 0..rounds {
        let stack = asked(&app, &format!("v{round}"));
        stack.up();
        host.expect(&app.preview(&stack.version), &stack.version, SOON);
        let network = stack.network();
        assert!(host.networks_of(TRAEFIK).contains(&network), "{network}");
        let (clean, gone) = down_and_clean(&host, &stack);
        left_by_compose += usize::from(!clean);
        slowest = slowest.max(gone);
        assert_eq!(world(&host.docker, &app), before, "after round {round}");
    }
    println!(
        "{rounds} times compose up and down: 0 networks left, {left_by_compose} not removed by compose itself; the slowest \
         was gone {} ms after compose returned",
        millis(slowest)
    );
}

#[test]
#[ignore = "needs a Docker Engine and Traefik: make test"]
fn traefik_restarted_or_made_anew_gets_its_networks_back() {
    let host = Host::start();
    let app = host.app("e2e-anew");
    let [one, two, three] = ["v1", "v2", "v3"].map(|version| asked(&app, version));
    for stack in [&one, &two] {
        stack.up();
        host.expect(&app.preview(&stack.version), &stack.version, SOON);
    }
    let networks = |stacks: &[&Stack]| -> BTreeSet<String> {
        stacks.iter().map(|stack| stack.network()).collect()
    };
    let back = |what: &str| {
        let since = Instant::now();
        host.expect(&app.preview("v1"), "v1", SOON);
        println!("{what}: v1 answers {} ms later", millis(since.elapsed()));
    };
    both_in(&host, &networks(&[&one, &two]), "at first");

    host.docker.run(&["restart", TRAEFIK]);
    back("restarted");
    expect_networks(&host, TRAEFIK, &networks(&[&one, &two]), "after a restart");

    host.docker.run(&["kill", TRAEFIK]);
    host.docker.run(&["start", TRAEFIK]);
    back("killed and started");

    // while it is stopped one of its networks goes and another one comes
    host.docker.run(&["stop", TRAEFIK]);
    down_and_clean(&host, &two);
    three.up();
    within(SOON, "Docker starts Traefik again", || {
        let start = host.docker.command().args(["start", TRAEFIK]).output();
        let start = start.unwrap();
        let why = String::from_utf8_lossy(&start.stderr).into_owned();
        start.status.success().then_some(()).ok_or(why)
    });
    back("stopped and started");
    host.expect(&app.preview("v3"), "v3", SOON);
    both_in(
        &host,
        &networks(&[&one, &three]),
        "after a stop and a start",
    );

    host.docker.run(&["rm", "-f", TRAEFIK]);
    host.compose_up();
    back("made anew");
    host.expect(&app.preview("v3"), "v3", SOON);
    both_in(&host, &networks(&[&one, &three]), "when it was made anew");

    host.docker.run(&["restart", NAME]);
    three.down();
    within(
        SOON,
        "Pointsman knows its attachments after its restart",
        || {
            let left = host.docker.has_network(&three.network());
            (!left).then_some(()).ok_or_else(|| three.network())
        },
    );
    both_in(&host, &networks(&[&one]), "after Pointsman's restart");
    back("Pointsman restarted");
}

#[test]
#[ignore = "needs a Docker Engine and Traefik: make test"]
fn pointsman_in_a_container_attaches_itself_where_it_has_to_ask() {
    let host = Host::start();
    let app = host.app("e2e-ask");
    let check = "traefik.http.services.app.loadbalancer.healthcheck";
    let [well, ill] = [("v1", "200"), ("v2", "204")].map(|(version, status)| {
        let stack = app.stack(version).label(&format!("{check}.path"), "/");
        stack.label(&format!("{check}.status"), status)
    });
    for stack in [&well, &ill] {
        stack.up();
    }
    host.expect(&app.preview("v1"), "v1", SOON);
    let networks = BTreeSet::from([well.network(), ill.network()]);
    both_in(&host, &networks, "to ask");
    within(SOON, "what it found is told", || {
        let told = host.diagnostics();
        let found = told.contains("204") && !told.contains("not-probed");
        found.then_some(()).ok_or(told)
    });
    within(SOON, "what fails is not published", || {
        match http::ask(host.web, &Ask::get(&app.preview("v2"), "/version"))? {
            Answer { status: 503, .. } => Ok(()),
            answer => Err(format!("{answer:?}")),
        }
    });
    for stack in [&well, &ill] {
        down_and_clean(&host, stack);
    }
    both_in(&host, &BTreeSet::new(), "with nobody to ask");
}

#[test]
#[ignore = "needs a Docker Engine and Traefik: make test"]
fn attachments_outlive_a_restart_of_the_engine() {
    let sandbox = Sandbox::enter();
    let mut engine = Engine::start_apart(&sandbox, Containers::Restart);
    let host = Host::on(&engine);
    let app = host.app("e2e-power");
    let stacks = ["v1", "v2"].map(|version| asked(&app, version).extra("restart: always"));
    let networks: BTreeSet<String> = stacks.iter().map(Stack::network).collect();
    let answer = |engine: &Engine, limit: Duration| {
        for Stack { version, .. } in &stacks {
            let what = format!("{version} answers");
            within(limit, &what, || {
                match engine.fetch(host.web, &app.preview(version), "/version") {
                    Answer { status: 200, body } if body == *version => Ok(()),
                    answer => Err(format!("{answer:?}")),
                }
            });
        }
    };
    for stack in &stacks {
        stack.up();
    }
    answer(&engine, SOON);
    both_in(&host, &networks, "at first");
    engine.stop();
    engine.start_again();
    let begun = Instant::now();
    answer(&engine, Duration::from_secs(30));
    println!("all answer {} ms after the Engine", millis(begun.elapsed()));
    both_in(&host, &networks, "after the Engine's restart");
    for stack in &stacks {
        down_and_clean(&host, stack);
    }
    both_in(&host, &BTreeSet::new(), "when nobody is left");
}
