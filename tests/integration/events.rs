//! What Docker says, and what the document says next: every event that moves a route, and those that must not.

use serde_json::Value;

use crate::support::daemon::{Daemon, servers};
use crate::support::fake_engine::{FakeContainer, FakeEngine, container};

fn plain() -> FakeContainer {
    container("plain").port(80).network("front", "172.18.0.9")
}

fn replica(name: &str, ip: &str) -> FakeContainer {
    container(name)
        .label("com.docker.compose.project", "shop")
        .label("com.docker.compose.service", "web")
        .port(80)
        .network("front", ip)
}

fn is_routed(document: &Value, name: &str) -> bool {
    let http = &document["http"];
    http["routers"][name].is_object() && servers(document, name) > 0
}

fn url(document: &Value, service: &str) -> String {
    let server = &document["http"]["services"][service]["loadBalancer"]["servers"][0];
    server["url"].as_str().unwrap_or_default().to_owned()
}

fn marker(document: &Value) -> String {
    let names = document["http"]["middlewares"].as_object().unwrap().keys();
    names
        .filter(|name| name.starts_with("pointsman-rev-"))
        .cloned()
        .collect()
}

#[tokio::test]
async fn a_stop_withdraws_one_replica_at_its_signal() {
    let (engine, state) = (FakeEngine::new(), tempfile::tempdir().unwrap());
    engine.start(replica("web-1", "172.18.0.2"));
    engine.start(replica("web-2", "172.18.0.3"));
    let daemon = Daemon::start(&engine, state.path()).await;
    let both = |document: &Value| servers(document, "web-shop") == 2;
    let before = daemon.document("both", both).await;
    engine.signal("web-1", "1");
    engine.signal("web-1", "15");
    let one = daemon
        .document("one less", |document| servers(document, "web-shop") == 1)
        .await;
    assert_eq!(
        url(&one, "web-shop"),
        "http://172.18.0.3:80",
        "the other one"
    );
    engine.die("web-1");
    engine.start_again("web-1", "front", "172.18.0.2");
    let again = daemon.document("both again", both).await;
    assert_eq!(marker(&again), marker(&before), "as it was");
}

#[tokio::test]
async fn a_hangup_changes_nothing() {
    let (engine, state) = (FakeEngine::new(), tempfile::tempdir().unwrap());
    engine.start(plain());
    let daemon = Daemon::start(&engine, state.path()).await;
    let routed = |document: &Value| is_routed(document, "plain");
    let before = daemon.document("its route", routed).await;
    for signal in ["1", "10", "12", "28"] {
        engine.signal("plain", signal);
    }
    for action in ["update", "top", "exec_start: sh", "resize"] {
        engine.event("plain", action);
    }
    engine.start(replica("after", "172.18.0.3"));
    let after = |document: &Value| is_routed(document, "web-shop");
    let after = daemon.document("what came after it", after).await;
    assert_eq!(
        after["http"]["routers"]["plain"], before["http"]["routers"]["plain"],
        "as it was"
    );
    engine.destroy("after");
    let gone = |document: &Value| !is_routed(document, "web-shop");
    let gone = daemon.document("the end", gone).await;
    assert_eq!(marker(&gone), marker(&before), "the same revision");
}

#[tokio::test]
async fn a_pause_withdraws_and_its_end_admits() {
    let (engine, state) = (FakeEngine::new(), tempfile::tempdir().unwrap());
    engine.start(plain());
    let daemon = Daemon::start(&engine, state.path()).await;
    let routed = |document: &Value| is_routed(document, "plain");
    let before = daemon.document("its route", routed).await;
    engine.pause("plain");
    daemon
        .document("paused", |document| !is_routed(document, "plain"))
        .await;
    engine.unpause("plain");
    let after = daemon.document("unpaused", routed).await;
    assert_eq!(marker(&after), marker(&before), "as it was");
}

#[tokio::test]
async fn a_new_name_moves_the_default_route() {
    let (engine, state) = (FakeEngine::new(), tempfile::tempdir().unwrap());
    engine.start(plain());
    engine.start(replica("web-1", "172.18.0.2"));
    let daemon = Daemon::start(&engine, state.path()).await;
    daemon
        .document("its route", |document| is_routed(document, "plain"))
        .await;
    engine.rename("web-1", "web-renamed");
    engine.rename("plain", "fancy");
    let renamed = daemon
        .document("the new name", |document| is_routed(document, "fancy"))
        .await;
    assert!(
        renamed["http"]["routers"]["plain"].is_null(),
        "not under the old one"
    );
    assert_eq!(
        renamed["http"]["routers"]["fancy"]["rule"], "Host(`fancy`)",
        "its host too"
    );
    assert!(
        is_routed(&renamed, "web-shop"),
        "compose's names count for compose's containers"
    );
}

#[tokio::test]
async fn a_network_that_comes_or_goes_moves_the_server() {
    let (engine, state) = (FakeEngine::new(), tempfile::tempdir().unwrap());
    engine.start(plain().label("traefik.docker.network", "back"));
    let daemon = Daemon::start(&engine, state.path()).await;
    let at = |ip: &str| {
        let wanted = format!("http://{ip}:80");
        move |document: &Value| url(document, "plain") == wanted
    };
    daemon
        .document("the network there is", at("172.18.0.9"))
        .await;
    engine.connect("plain", "back", "172.19.0.9");
    daemon.document("the wanted one", at("172.19.0.9")).await;
    engine.disconnect("plain", "back");
    daemon.document("back again", at("172.18.0.9")).await;
    engine.disconnect("plain", "front");
    daemon
        .document("none at all", |document| !is_routed(document, "plain"))
        .await;
    engine.connect("plain", "front", "172.18.0.10");
    daemon.document("connected", at("172.18.0.10")).await;
    engine.destroy("plain");
    daemon
        .document("gone", |document| {
            document["http"]["services"]["plain"].is_null()
        })
        .await;
}
