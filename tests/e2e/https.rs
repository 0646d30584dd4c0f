//! TLS as users have it: one wildcard certificate covers live, staged, preview and prefixed hosts, and nobody asks for more.

use std::fs::File;
use std::io::Write as _;
use std::net::SocketAddr;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use tempfile::TempDir;

use crate::support::app::ENV;
use crate::support::docker::Sandbox;
use crate::support::ports;
use crate::support::system::System;
use crate::support::traefik::Traefik;
use crate::support::within;

const SOON: Duration = Duration::from_secs(5);

/// A self-signed certificate for `*.e2e.test` alone, as `cert.pem` and `key.pem`, and a file for Traefik that names it.
fn certificate(folder: &Path) {
    let made = Command::new("openssl")
        .args([
            "req",
            "-x509",
            "-newkey",
            "ec",
            "-pkeyopt",
            "ec_paramgen_curve:P-256",
        ])
        .args(["-nodes", "-days", "2", "-subj", "/CN=wildcard"])
        .args(["-addext", "subjectAltName=DNS:*.e2e.test"])
        .arg("-keyout")
        .arg(folder.join("key.pem"))
        .arg("-out")
        .arg(folder.join("cert.pem"))
        .output()
        .unwrap();
    assert!(
        made.status.success(),
        "{}",
        String::from_utf8_lossy(&made.stderr)
    );
    let at = |name: &str| folder.join(name).display().to_string();
    let text = format!(
        "tls: {{stores: {{default: {{defaultCertificate: {{certFile: {}, keyFile: {}}}}}}}}}\n",
        at("cert.pem"),
        at("key.pem")
    );
    write(&folder.join("traefik.yaml"), &text);
}

fn write(path: &Path, text: &str) {
    File::create(path)
        .unwrap()
        .write_all(text.as_bytes())
        .unwrap();
}

/// What a client gets that trusts this certificate and nothing else, and checks the name.
fn answer(folder: &Path, at: SocketAddr, host: &str) -> Result<String, String> {
    let output = Command::new("curl")
        .args([
            "--silent",
            "--show-error",
            "--fail",
            "--max-time",
            "5",
            "--noproxy",
            "*",
        ])
        .arg("--cacert")
        .arg(folder.join("cert.pem"))
        .args(["--resolve", &format!("{host}:{}:{}", at.port(), at.ip())])
        .arg(format!("https://{host}:{}/version", at.port()))
        .output()
        .map_err(|error| error.to_string())?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
    }
    Err(String::from_utf8_lossy(&output.stderr).into_owned())
}

fn expect(folder: &Path, at: SocketAddr, host: &str, version: &str) {
    let what = format!("https://{host} answers with {version}");
    within(SOON, &what, || {
        let body = answer(folder, at, host)?;
        (body == version).then_some(()).ok_or(body)
    });
}

#[test]
#[ignore = "needs a Docker Engine and Traefik: make test"]
fn one_wildcard_certificate_covers_live_preview_staged_and_prefixed_hosts() {
    let folder = TempDir::new().unwrap();
    certificate(folder.path());
    let at = ports::free();
    let traefik = Traefik::on_free_ports()
        .reading(folder.path().join("traefik.yaml"))
        .entry_point("websecure", at.to_string());
    let system = System::of(Sandbox::enter(), None, traefik);
    let app = system.app("e2e-https");
    let env = folder.path().join("env.toml");
    let record = format!(
        "app = '{}'\nenv = '{ENV}'\ndomain = 'e2e.test'\nscheme = 'https'\nentry_points = ['websecure']\n\
         [tls]\npreview_cert = 'none'\n",
        app.name
    );
    write(&env, &record);
    system
        .pointsman
        .done(&["env", "apply", &env.display().to_string()]);
    for version in ["v1", "v2"] {
        let own = format!("{version}-{}.e2e.test", app.name);
        let rule = format!("Host(`{own}`) || Host(`api-{own}`)");
        app.stack(version)
            .label("traefik.http.routers.web.rule", &rule)
            .up();
        expect(folder.path(), at, &own, version);
        expect(folder.path(), at, &format!("api-{own}"), version);
    }
    system.pointsman.done(&["promote", app.name, ENV, "v1"]);
    expect(folder.path(), at, &app.staged(), "v1");
    system.pointsman.done(&["switch", app.name, ENV]);
    expect(folder.path(), at, &app.live(), "v1");
    expect(folder.path(), at, &format!("api-{}", app.live()), "v1");
    // two labels before the domain are not covered, and a client says so
    let deep = answer(folder.path(), at, &format!("api.{}", app.live())).unwrap_err();
    assert!(deep.contains("certificate"), "{deep}");
}
