//! Labels that would make Traefik refuse the whole document do not: after each kind the document is one that it
//! applies, the offender is named, what else it wants is routed, and nobody else notices.

mod composites;
mod list;

use std::time::Duration;

use crate::support::docker::{Docker, MARK, WHOAMI};
use crate::support::http::Answer;
use crate::support::random::{Random, often};
use crate::support::system::System;
use crate::support::waited;

use list::{Named, Poison};

const SOON: Duration = Duration::from_secs(3);
const APPS: usize = 20;
/// Of the kinds one in so many is tried in each run; `POINTSMAN_POISON_EVERY=1` tries all of them.
const EVERY: usize = 8;
/// How many are tried out at a time.
const TOGETHER: usize = 6;

fn host(app: usize) -> String {
    format!("poison-app-{app}-e2e.test")
}

/// A container whose router and service are beyond doubt.
fn run(docker: &Docker, name: &str, host: &str, labels: &[String]) {
    let own = [
        MARK.to_owned(),
        format!("traefik.http.routers.{name}.rule=Host(`{host}`)"),
        format!("traefik.http.routers.{name}.service={name}"),
        format!("traefik.http.services.{name}.loadbalancer.server.port=80"),
    ];
    let version = format!("VERSION={name}");
    let mut args = vec!["run", "-d", "--no-healthcheck", "--stop-signal", "KILL"];
    args.extend(["--name", name, "--env", &version]);
    args.extend(
        own.iter()
            .chain(labels)
            .flat_map(|label| ["--label", label.as_str()]),
    );
    args.push(WHOAMI);
    docker.run(&args);
}

fn container(poison: &Poison) -> String {
    format!("e2e-poison-{}", poison.name)
}

/// Some poisons among the healthy; gives what is wrong about them. Only what is wrong about one alone counts: in company
/// they may fight for names.
fn try_out(system: &System, group: &[Poison]) -> Vec<String> {
    let docker = &system.sandbox.docker;
    std::thread::scope(|scope| {
        for poison in group {
            let name = container(poison);
            scope.spawn(move || run(docker, &name, &format!("{name}.test"), &poison.labels));
        }
    });
    let wrong: Vec<String> = group
        .iter()
        .flat_map(|poison| look(system, poison))
        .collect();
    let names: Vec<String> = group.iter().map(container).collect();
    let names = names.iter().map(String::as_str);
    docker.run(&["rm", "-f"].into_iter().chain(names).collect::<Vec<_>>());
    if wrong.is_empty() || group.len() == 1 {
        return wrong;
    }
    let alone = group.iter().map(std::slice::from_ref);
    alone.flat_map(|one| try_out(system, one)).collect()
}

fn look(system: &System, poison: &Poison) -> Vec<String> {
    let container = container(poison);
    let mut wrong = Vec::new();
    // so it was seen, and the rest of its labels counts
    let seen = waited(SOON, || {
        match system.answer(&format!("{container}.test"))? {
            Answer { status: 200, .. } => system.traefik.has(&system.marker()),
            answer => Err(format!("{answer:?}")),
        }
    });
    if let Err(why) = seen {
        wrong.push(format!("{}: {why}", poison.name));
    }
    for app in 0..APPS {
        let answer = system.answer(&host(app));
        if answer.as_ref().map(|answer| answer.status) != Ok(200) {
            wrong.push(format!("{}: app {app} answers {answer:?}", poison.name));
        }
    }
    let found = system.findings(&container);
    let named = match poison.named {
        Named::Yes => !found.is_empty(),
        Named::ByTraefik => system.traefik.disables(&poison.name),
        Named::Perhaps => true,
    };
    if !named {
        wrong.push(format!(
            "{}: not named ({:?}): {found:?}",
            poison.name, poison.named
        ));
    }
    wrong
}

#[test]
#[ignore = "needs a Docker Engine and Traefik: make test"]
fn poison_labels_cost_nobody_but_the_offender() {
    let system = System::start();
    let docker = &system.sandbox.docker;
    for app in 0..APPS {
        run(docker, &format!("e2e-poison-app-{app}"), &host(app), &[]);
    }
    let managed = system.app("e2e-poison");
    for version in ["v1", "v2"] {
        managed.deploy(version);
    }
    system.place(&managed, "v1", Some("v2"));
    for app in 0..APPS {
        system.expect(&host(app), &format!("e2e-poison-app-{app}"), SOON);
    }
    let load = system.load(&managed.live(), 2, 20);
    let all = [list::all(), composites::all()].concat();
    // one in so many, another one each time
    let every = often("POINTSMAN_POISON_EVERY", EVERY);
    let first = Random::seeded().below(u64::try_from(every).unwrap());
    let first = usize::try_from(first).unwrap();
    let poisons: Vec<Poison> = all.into_iter().skip(first).step_by(every).collect();
    let mut wrong = Vec::new();
    for (round, group) in poisons.chunks(TOGETHER).enumerate() {
        wrong.extend(try_out(&system, group));
        system.post(&managed, "switch", "");
        system.expect(&managed.live(), ["v2", "v1"][round % 2], SOON);
    }
    let tally = load.stop();
    println!("{} kinds of poison: {}", poisons.len(), tally.summary());
    tally.assert_none_failed("among poisoned labels");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
