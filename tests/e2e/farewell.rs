//! Traefik holds a poll open for seconds and is told to stop: the answer is let go, and it ends at once.

use std::net::SocketAddr;
use std::time::Duration;

use tokio::time::Instant;

use crate::support::docker::{Docker, MARK, Sandbox, ensure_image};
use crate::support::http::{self, Answer, Ask};
use crate::support::pointsman::Pointsman;
use crate::support::ports;
use crate::support::random::{Random, often};
use crate::support::{millis, within};

const NAME: &str = "e2e-farewell-traefik";
const IMAGE: &str = "pointsman-traefik:3.7.15";
const STOPS: usize = 3;
/// Far from the four seconds of a hold, and from the ten after which Traefik panics.
const AT_ONCE: Duration = Duration::from_secs(2);

/// Makes it, with holds that are much longer than its poll interval.
fn create(docker: &Docker, provider: SocketAddr, api: SocketAddr) {
    let endpoint = format!("--providers.http.endpoint=http://{provider}/config?wait=4s");
    let api = format!("--entrypoints.traefik.address={api}");
    let head = [
        "create",
        "--name",
        NAME,
        "--label",
        MARK,
        "--network",
        "host",
        IMAGE,
    ];
    let flags = [
        "--entrypoints.web.address=127.0.0.1:0",
        "--api.insecure=true",
        "--ping=true",
        "--providers.http.pollInterval=1s",
        "--global.checkNewVersion=false",
        &endpoint,
        &api,
    ];
    docker.run(&[&head[..], &flags].concat());
}

/// Its first poll was answered, and after a poll interval the next one is held.
fn await_hold(api: SocketAddr, random: &mut Random) {
    let target = "/api/http/middlewares";
    within(
        Duration::from_secs(10),
        "it has the document",
        || match http::ask(api, &Ask::get("localhost", target))? {
            Answer { status: 200, body } if body.contains("pointsman-rev-") => Ok(()),
            answer => Err(format!("{answer:?}")),
        },
    );
    std::thread::sleep(Duration::from_millis(1_200) + random.moment(Duration::from_secs(2)));
}

#[test]
#[ignore = "needs a Docker Engine and Traefik: make test"]
fn traefik_stops_at_once_although_its_poll_is_held() {
    let sandbox = Sandbox::enter();
    let docker = &sandbox.docker;
    ensure_image("traefik", IMAGE);
    let api = ports::free();
    let named = format!("--traefik-container={NAME}");
    let pointsman = Pointsman::start_with(None, api, &[&named]);
    create(docker, pointsman.provider, api);
    let mut random = Random::seeded();
    // 20 for the figure that is published
    let stops = often("POINTSMAN_STOPS", STOPS);
    let mut times: Vec<Duration> = (0..stops)
        .map(|round| {
            docker.run(&["start", NAME]);
            await_hold(api, &mut random);
            let told = Instant::now();
            docker.run(&["stop", "--time", "30", NAME]);
            let took = told.elapsed();
            let code = docker.run(&["inspect", "-f", "{{.State.ExitCode}}", NAME]);
            assert_eq!(code, "0", "round {round}: it ended well, after {took:?}");
            took
        })
        .collect();
    times.sort();
    let (median, most) = (times[stops / 2], times[stops - 1]);
    println!(
        "stops of Traefik with a held poll: {stops}, exit code 0, median={} ms max={} ms",
        millis(median),
        millis(most)
    );
    assert!(most < AT_ONCE, "each was at once: {times:?}");
}
