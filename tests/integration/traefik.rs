//! The real Traefik at the provider listener. Run with `--run-ignored all` once scripts/setup.sh has put it there.

use std::ffi::OsString;
use std::net::SocketAddr;
use std::process::Stdio;
use std::time::Duration;

use pointsman::api::CommandAnswer;
use tokio::net::TcpListener;
use tokio::process::{Child, Command};

use crate::support::fake_reconciler::accepted;
use crate::support::http::{Client, until};
use crate::support::listeners::{Admin, AdminSetup, document};

fn binary() -> OsString {
    std::env::var_os("TRAEFIK_BIN").expect("TRAEFIK_BIN, as scripts/env.sh sets it")
}

async fn free_address() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    listener.local_addr().unwrap()
}

/// With the flags that the documentation recommends.
fn start(api: SocketAddr, web: SocketAddr, provider: SocketAddr) -> Child {
    Command::new(binary())
        .arg("--api.insecure=true")
        .arg(format!("--entrypoints.traefik.address={api}"))
        .arg(format!("--entrypoints.web.address={web}"))
        .arg(format!(
            "--providers.http.endpoint=http://{provider}/config?wait=450ms"
        ))
        .arg("--providers.http.pollInterval=500ms")
        .arg("--providers.providersThrottleDuration=100ms")
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .unwrap()
}

#[tokio::test]
#[ignore = "needs the Traefik binary"]
async fn the_real_traefik_polls_applies_and_confirms() {
    let (api, web) = (free_address().await, free_address().await);
    let admin = Admin::start(AdminSetup {
        traefik_apis: vec![format!("http://{api}")],
        ..AdminSetup::default()
    })
    .await;
    admin.provider.publisher.publish(&document("first"));
    let mut traefik = start(api, web, admin.provider.address);
    until("Traefik is a proxy", || {
        admin.provider.proxies.list().len() == 1
    })
    .await;
    let mut client = Client::connect(admin.address).await;
    for round in 0..10 {
        // somewhere inside a poll's cycle, not at its start
        tokio::time::sleep(Duration::from_millis(500 + round * 37)).await;
        let next = document(&round.to_string());
        let published = tokio::time::Instant::now();
        admin.provider.publisher.publish(&next);
        admin.reconciler.will(Ok(accepted(next.revision())));
        let target = "/v1/envs/whoami/dev/switch?wait=applied";
        let answer = client.ask("POST", target, &[], "").await;
        println!("applied after {:?}", published.elapsed());
        assert_eq!(answer.status, 200, "applied within the time-out");
        let answer: CommandAnswer = answer.json();
        for entry in answer.applied.unwrap() {
            assert!(entry.confirmed, "by Traefik's own word: {entry:?}");
        }
    }
    assert_eq!(
        admin.provider.proxies.list().len(),
        1,
        "all polls came on one connection"
    );
    assert!(
        admin.provider.proxies.list()[0].polls > 10,
        "and none was cut"
    );
    traefik.kill().await.unwrap();
}
