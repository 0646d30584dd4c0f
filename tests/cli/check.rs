//! `check`: labels and compose files without a daemon. `docker` is a script here, which gives what the real one gave for
//! such a file; tests/e2e/check.rs asks the real one.

use serde_json::{Value, json};

use crate::support::Test;

/// What `docker compose config --format json` prints for a project with these services.
fn project(services: &Value) -> String {
    json!({
        "name": "shop",
        "networks": {"default": {"name": "shop_default", "ipam": {}}, "front": {"name": "proxy", "external": true}},
        "services": services,
    })
    .to_string()
}

fn service(labels: &Value) -> Value {
    json!({"image": "x", "command": null, "labels": labels, "expose": ["80"], "networks": {"default": null}})
}

/// A `docker` that writes down how it was called and by which variables, and answers every call alike.
fn docker(test: Test, stdout: &str, stderr: &str, code: u8) -> Test {
    let script = format!(
        "#!/bin/sh\necho \"$*\" >>$DIR/calls\n\
         echo \"$STACK_NAME $STACK_HOSTNAME $APP $ENV $VERSION $DOMAIN\" >>$DIR/variables\n\
         cat >>$DIR/input\ncat $DIR/stdout\ncat $DIR/stderr >&2\nexit {code}\n"
    );
    test.file("docker", &script)
        .file("stdout", stdout)
        .file("stderr", stderr)
        .env("PATH", "$DIR:/usr/bin:/bin")
}

fn compose(args: &str, services: &Value) -> Test {
    let test = Test::new(args).file("c.yaml", "services: {}\n");
    docker(test, &project(services), "", 0)
}

#[test]
fn a_compose_file_becomes_a_document() {
    let mut web = service(&json!({
        "traefik.http.routers.web.rule": "Host(`a.example`)",
        "traefik.http.middlewares.auth.basicauth.users": "u:$$apr1$$abc",
    }));
    web["deploy"] = json!({"replicas": 2, "resources": {}});
    web["ports"] =
        json!([{"mode": "ingress", "target": 70, "published": "8080", "protocol": "tcp"}]);
    let ran = compose("check c.yaml", &json!({ "web": web }))
        .stdout(
            "http middleware auth
  basicAuth:
    users:
      - (not shown)

http router web
  rule: Host(`a.example`)
  service: web-shop

http service web-shop
  loadBalancer:
    passHostHeader: true
    servers:
      - url: http://10.0.0.2:70
      - url: http://10.0.0.3:70

no findings",
        )
        .run();
    assert_eq!(
        ran.read("calls"),
        "compose -f c.yaml config --format json\n",
        "how compose is asked"
    );
}

#[test]
fn dollars_are_doubled_in_the_file_alone() {
    let labels = json!({"traefik.http.middlewares.auth.basicauth.users": "u:$$apr1$$abc"});
    compose("check --json c.yaml", &json!({"web": service(&labels)}))
        .stdout_has(&[r#""users":["u:$apr1$abc"]"#])
        .run();
}

#[test]
fn json_has_the_document_and_the_findings() {
    let labels = json!({"traefik.http.routers.web.priority": "high"});
    compose("--json check c.yaml", &json!({"web": service(&labels)}))
        .code(6)
        .stdout_has(&[
            r#"{"document":{"http":{"#,
            r#""servers":[{"url":"http://10.0.0.2:80"}]"#,
            r#""diagnostics":[{"code":"label-value","subject":"container shop-web-1","key":"traefik.http.routers.web.priority","value":"high","message":"\"high\" is not a whole number"}]}"#,
        ])
        .run();
}

#[test]
fn replicas_share_their_findings() {
    let mut web = service(&json!({"traefik.enable": "maybe"}));
    web["scale"] = json!(3);
    compose("check c.yaml", &json!({ "web": web }))
        .code(6)
        .stdout(
            "nothing is routed

findings:
  container shop-web-1: traefik.enable=\"maybe\": \"maybe\" is neither true nor false (label-value)",
        )
        .run();
}

#[test]
fn a_managed_stack_is_shown_in_preview_or_live() {
    let labels = json!({
        "pointsman.app": "whoami", "pointsman.env": "dev", "pointsman.version": "v1.2",
        "pointsman.domain": "example.com", "pointsman.port": "80",
    });
    let services = json!({"web": service(&labels)});
    compose("check c.yaml", &services)
        .stdout_has(&[
            "http router whoami-dev-web-v1.2\n",
            "Host(`v1.2-whoami.example.com`)",
        ])
        .run();
    compose("check --live c.yaml", &services)
        .stdout_has(&[
            "http router whoami-dev-web\n",
            "Host(`whoami.example.com`)",
            "- name: whoami-dev-web-v1.2",
        ])
        .run();
}

#[test]
fn the_options_make_it_a_managed_stack() {
    let args = "check c.yaml --app whoami --env dev --version v1.2 --domain example.com";
    let ran = compose(args, &json!({"web": service(&json!({}))}))
        .stdout_has(&["http router whoami-dev-web-v1.2\n", "no findings"])
        .run();
    assert_eq!(
        ran.read("variables"),
        "whoami-dev-v1-2 v1.2-whoami.example.com whoami dev v1.2 example.com\n",
        "as a deployment sets them"
    );
    assert_eq!(
        ran.read("calls"),
        "compose -f c.yaml -p whoami-dev-v1-2 config --format json\n",
        "the project"
    );
    let fixed = json!({"web": service(&json!({"pointsman.version": "v1"}))});
    compose(args, &fixed)
        .code(6)
        .stdout_has(&[
            "container shop-web-1: pointsman.version=\"v1\": --version says v1.2: leave the label out, or write ${VERSION} (stack-differs)",
        ])
        .run();
    Test::new("check c.yaml --app whoami")
        .code(2)
        .stderr("error: a version is named by --app, --env and --version, all three")
        .run();
}

#[test]
fn networks_ports_and_health_come_from_the_file() {
    let mut web = service(&json!({"traefik.docker.network": "proxy"}));
    web["networks"] = json!({"default": {}, "front": {"aliases": ["x"]}});
    let mut side = service(&json!({}));
    side["network_mode"] = json!("service:web");
    side["networks"] = Value::Null;
    let mut host = service(&json!({}));
    host["network_mode"] = json!("host");
    host["expose"] = json!(["9000-9001/tcp"]);
    compose("check c.yaml", &json!({"web": web, "side": side, "host": host}))
        .stdout_has(&[
            "http service host-shop\n  loadBalancer:\n    passHostHeader: true\n    servers:\n      - url: http://127.0.0.1:9000\n",
            "http service side-shop\n  loadBalancer:\n    passHostHeader: true\n    servers:\n      - url: http://10.1.0.2:80\n",
            "http service web-shop\n  loadBalancer:\n    passHostHeader: true\n    servers:\n      - url: http://10.1.0.2:80\n",
        ])
        .run();
}

#[test]
fn a_port_that_only_an_image_knows_is_noted() {
    let mut web = service(&json!({}));
    web["expose"] = Value::Null;
    compose("check c.yaml", &json!({ "web": web }))
        .stdout("nothing is routed\n\nno findings")
        .stderr("note: no port is named for web; one that only the image exposes is not known here")
        .run();
}

#[test]
fn labels_below_deploy_are_a_finding() {
    let mut web = service(&json!({}));
    web["deploy"] = json!({"labels": {"traefik.enable": "true"}});
    compose("check c.yaml", &json!({ "web": web }))
        .code(6)
        .stdout_has(&["compose service web: traefik.enable: labels below deploy are for swarm"])
        .run();
}

#[test]
fn options_of_serve_count() {
    let services = json!({"web": service(&json!({}))});
    compose("check c.yaml --managed-only", &services)
        .stdout_has(&["nothing is routed"])
        .run();
    compose("check c.yaml --exposed-by-default false", &services)
        .stdout_has(&["nothing is routed"])
        .run();
    compose("check c.yaml", &services)
        .env("POINTSMAN_DEFAULT_RULE", "Host(`{{ .Name }}.example`)")
        .stdout_has(&["rule: Host(`web-shop.example`)"])
        .run();
    compose("check c.yaml --default-rule {{x}}", &services)
        .code(2)
        .stderr_has(&["error: --default-rule: {{x}}: there is no function x"])
        .run();
}

#[test]
fn lines_of_labels_are_one_container() {
    let lines = "# of the web server\n- \"traefik.http.routers.web.rule=Host(`a.example`)\"\n\n\
                 traefik.http.services.web.loadbalancer.server.port=80\n";
    let expected = "http router web
  rule: Host(`a.example`)
  service: web

http service web
  loadBalancer:
    passHostHeader: true
    servers:
      - url: http://10.0.0.2:80

no findings";
    Test::new("check -").input(lines).stdout(expected).run();
    Test::new("check web.labels")
        .file("web.labels", lines)
        .stdout(expected)
        .run();
    Test::new("check -")
        .input("traefik.enable=true\ntraefik.enable\n")
        .code(2)
        .stderr(
            "error: standard input, line 2: \"traefik.enable\" is not KEY=VALUE\n\
             next: one label a line, as in a compose file's list; a compose file has a line `services:`",
        )
        .run();
}

#[test]
fn a_compose_file_may_come_in() {
    let test = Test::new("check - --project shop2").input("services: {}\n");
    let services = json!({"web": service(&json!({}))});
    let ran = docker(test, &project(&services), "", 0)
        .stdout_has(&["http router web-shop\n"])
        .run();
    assert_eq!(
        ran.read("calls"),
        "compose -f - -p shop2 config --format json\n",
        "through its standard input"
    );
    assert_eq!(ran.read("input"), "services: {}\n", "unchanged");
}

#[test]
fn what_compose_says_is_shown() {
    let warned = Test::new("check c.yaml").file("c.yaml", "");
    docker(warned, &project(&json!({})), "level=warning msg=unset", 0)
        .stdout("nothing is routed\n\nno findings")
        .stderr("level=warning msg=unset\nthere are no containers")
        .run();
    let refused = Test::new("check c.yaml").file("c.yaml", "");
    docker(refused, "", "yaml: line 1: no", 15)
        .code(2)
        .stderr(
            "error: docker compose refuses c.yaml: yaml: line 1: no\n\
             next: the same words come from `docker compose config`",
        )
        .run();
    let absent = Test::new("check c.yaml").file("c.yaml", "");
    docker(absent, "", "unknown shorthand flag: 'f' in -f", 125)
        .code(1)
        .stderr(
            "error: a compose file needs Docker Compose, and docker does not know it\n\
             next: install the compose plugin (docker-compose-plugin), or give the labels as KEY=VALUE lines",
        )
        .run();
    let odd = Test::new("check c.yaml").file("c.yaml", "");
    docker(odd, "services:", "", 0)
        .code(1)
        .stderr_has(&["error: docker compose config gave no JSON"])
        .run();
    Test::new("check c.yaml")
        .file("c.yaml", "")
        .env("PATH", "$DIR")
        .code(1)
        .stderr_has(&["error: a compose file needs the docker command, and it is not installed"])
        .run();
}

#[test]
fn wrong_files_are_code_2() {
    Test::new("check").code(2).stderr_has(&["<FILE>..."]).run();
    Test::new("check nope.yaml")
        .code(2)
        .stderr_has(&["error: cannot read nope.yaml: No such file"])
        .run();
    Test::new("check a.yaml b.labels")
        .file("a.yaml", "services: {}\n")
        .file("b.labels", "a=b\n")
        .code(2)
        .stderr_has(&["error: a.yaml is a compose file and b.labels is not"])
        .run();
    let many = json!({"web": {"image": "x", "scale": 1_000_000_000}});
    compose("check c.yaml", &many)
        .code(2)
        .stderr_has(&["error: compose service web has 1000000000 replicas"])
        .run();
}
