//! `verify` asks as users do, and is not fooled.

use crate::support::app::ENV;
use crate::support::system::System;

#[test]
#[ignore = "needs a Docker Engine and Traefik: make test"]
fn verify_knows_a_right_version_from_a_wrong_one() {
    let system = System::start();
    let app = system.app("e2e-verify");
    for version in ["v1", "v2", "v3"] {
        app.deploy(version);
    }
    system.place(&app, "v1", Some("v2"));
    let web = system.traefik.web.to_string();
    let verify = |version: &str, more: &[&str]| {
        let head = ["verify", app.name, ENV, version, "--connect", &web];
        system.pointsman.cli(&[&head[..], more].concat())
    };
    for (version, host) in [("v1", "live"), ("v2", "staged"), ("v3", "preview")] {
        let more = [
            "--host",
            host,
            "--path",
            "/health",
            "--expect-version",
            "/version",
        ];
        let ran = verify(version, &more);
        let code = ran.output.status.code();
        assert_eq!(code, Some(0), "{version} is {host}: {:?}", ran.output);
    }
    for (version, more, why) in [
        (
            "v2",
            ["--host", "live"],
            "v2 is in the other slot, staged, not live",
        ),
        ("v4", ["--path", "/"], "v4 has no container here"),
        ("v1", ["--expect-version", "/health"], "not v1"),
    ] {
        let ran = verify(version, &[&more[..], &["--timeout", "1s"]].concat());
        let (code, said) = (
            ran.output.status.code(),
            String::from_utf8_lossy(&ran.output.stdout),
        );
        assert_eq!(code, Some(6), "{version} {more:?}: {said}");
        assert!(said.contains(why), "{version} {more:?}: {said}");
    }
    system.post(&app, "maintenance", r#"{"on": true}"#);
    let ran = verify("v1", &["--timeout", "1s"]);
    let said = String::from_utf8_lossy(&ran.output.stdout);
    assert_eq!(ran.output.status.code(), Some(6), "closed: {said}");
    assert!(said.contains("answers 503"), "closed: {said}");
}
