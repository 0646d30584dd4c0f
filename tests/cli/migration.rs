//! `check --migrate`: what changes when `providers.docker` is replaced. `docker` is a script that answers `ps` and `inspect`
//! as an Engine does.

use serde_json::{Value, json};

use crate::support::Test;

fn container(name: &str, address: &str, labels: &Value) -> Value {
    json!({
        "Id": format!("id-{name}"),
        "Name": format!("/{name}"),
        "Created": "2026-01-02T03:04:05.678901234Z",
        "State": {"Status": "running", "Health": {"Status": "starting"}},
        "Config": {"Labels": labels},
        "HostConfig": {"NetworkMode": "front"},
        "NetworkSettings": {
            "Networks": {"front": {"NetworkID": "n1", "IPAddress": address, "GlobalIPv6Address": ""}},
            "Ports": {"80/tcp": null, "443/tcp": [{"HostIp": "0.0.0.0", "HostPort": "8443"}]},
        },
    })
}

/// The containers of an Engine.
fn engine(args: &str, containers: &Value) -> Test {
    let script = "#!/bin/sh\necho \"$*\" >>$DIR/calls\ncase \"$*\" in\n*'ps '*) echo id-a; echo id-b ;;\n\
                  *) cat $DIR/inspected ;;\nesac\n";
    Test::new(args)
        .file("docker", script)
        .file("inspected", &containers.to_string())
        .env("PATH", "$DIR:/usr/bin:/bin")
}

#[test]
fn suffixes_references_and_cookies_change() {
    let web = container(
        "web",
        "172.18.0.2",
        &json!({
            "traefik.http.routers.web.rule": "Host(`a.example`)",
            "traefik.http.routers.web.middlewares": "auth@file, strip@docker",
            "traefik.http.middlewares.strip.stripprefix.prefixes": "/x",
            "traefik.http.services.web-app.loadbalancer.sticky.cookie": "true",
        }),
    );
    let named = container(
        "named",
        "172.18.0.3",
        &json!({"traefik.http.services.named.loadbalancer.sticky.cookie.name": "mine"}),
    );
    let containers = json!([web, named]);
    let ran = engine("check --migrate --context prod", &containers)
        .code(6)
        .stdout(
            "labels that name the old provider (1):
  container web, traefik.http.routers.web.middlewares: strip@docker -> strip@http
  -> Pointsman takes @docker for its own objects; a name without it is right before and after

sticky cookies that get another name (1):
  service web-app: _754e1 -> _368a0
  -> to keep sessions, first set traefik.http.services.web-app.loadbalancer.sticky.cookie.name=_754e1

names in metrics, access logs and the file provider (5):
  http middleware: strip@docker -> strip@http
  http router: named@docker -> named@http
  http router: web@docker -> web@http
  http service: named@docker -> named@http
  http service: web-app@docker -> web-app@http
  -> rename in dashboards and alerts (router=, service=), access log filters (RouterName, ServiceName) and files that refer to it",
        )
        .run();
    assert_eq!(
        ran.read("calls"),
        "--context prod ps -aq --no-trunc\n--context prod inspect --type container id-a id-b\n",
        "how the Engine is asked"
    );
    engine("check --migrate --json", &containers)
        .code(6)
        .stdout_has(&[
            r#"{"kind":"cookie","subject":"service web-app","old":"_754e1","new":"_368a0","advice":"#,
        ])
        .run();
}

#[test]
fn managed_containers_are_followed_by_their_servers() {
    let labels = json!({
        "pointsman.app": "whoami", "pointsman.env": "dev", "pointsman.version": "v1", "pointsman.domain": "example.com",
        "traefik.http.routers.web.rule": "Host(`whoami.example.com`)",
    });
    let plain = container("plain", "172.18.0.3", &json!({}));
    engine(
        "check --migrate --managed-only",
        &json!([container("web", "172.18.0.2", &labels), plain]),
    )
    .code(6)
    .stdout_has(&[
        "names in metrics, access logs and the file provider (2):",
        "  http router: web@docker -> whoami-dev-web-v1@http\n",
        "  http service: web@docker -> whoami-dev-web-v1@http\n",
    ])
    .run();
}

#[test]
fn deliberate_differences_are_told() {
    let broken = container(
        "broken",
        "172.18.0.2",
        &json!({
            "traefik.http.routers.x.rule": "Host(`x.example`)",
            "traefik.http.routers.y.priority": "high",
            "traefik.http.routers.a].rule": "Host(`y.example`)",
        }),
    );
    let mixed = container(
        "mixed",
        "172.18.0.4",
        &json!({
            "traefik.http.services.mix.weighted.services[0].name": "two@file",
            "traefik.http.services.mix.weighted.services[0].weight": "1",
        }),
    );
    let mut two = container("two", "172.18.0.3", &json!({}));
    two["NetworkSettings"]["Networks"]["back"] = json!({"IPAddress": "172.19.0.3"});
    engine("check --migrate", &json!([broken, mixed, two]))
        .code(6)
        .stdout_has(&[
            "container broken, traefik.http.routers.a].rule: the provider may stop all updates -> only this label is left out:",
            "container broken, traefik.http.routers.y.priority: the container is dropped -> only this object is left out: \"high\" is not",
            "container mixed, traefik.http.services.mix.weighted: the container is dropped -> the service is made\n",
            "container two, traefik.docker.network: one of back, front at random -> always back\n",
        ])
        .run();
}

#[test]
fn an_engine_without_containers_or_answer_is_told() {
    engine("check --migrate", &json!([]))
        .stdout("nothing changes")
        .stderr("there are no containers")
        .run();
    Test::new("check --migrate")
        .file("docker", "#!/bin/sh\necho 'Cannot connect' >&2\nexit 1\n")
        .env("PATH", "$DIR:/usr/bin:/bin")
        .code(4)
        .stderr(
            "error: docker cannot list containers: Cannot connect\n\
             next: set DOCKER_HOST or --context to the Engine that is meant, or name compose files",
        )
        .run();
}
