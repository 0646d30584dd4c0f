//! `?wait=ready` and `?wait=applied`.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use pointsman::api::{CommandAnswer, Proxy};
use pointsman::reconciler::CommandError;
use pointsman::routing::ids::{Slot, Version};
use pointsman::routing::plan::{Gate, Plan, PlanStep, Weight};
use pointsman::routing::rollout::{Failed, Hold, Phase, Refusal, Shift};
use pointsman::routing::table::EnvStatus;
use pointsman::routing::time::Timestamp;
use pointsman::routing::traefik::Document;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use crate::support::fake_reconciler::{accepted, not_ready, status};
use crate::support::http::{Client, request, until};
use crate::support::listeners::{Admin, AdminSetup, document};

const SWITCH: &str = "/v1/envs/whoami/dev/switch";
const PROMOTE: &str = "/v1/envs/whoami/dev/promote";

/// Sends a verb without waiting for its answer, until the reconciler has been asked so often.
async fn post(admin: &Admin, target: &str, body: &str, asked: usize) -> Client {
    let mut client = Client::connect(admin.address).await;
    client.send(&request("POST", target, &[], body)).await;
    until("the reconciler was asked", || {
        admin.reconciler.asked().len() == asked
    })
    .await;
    client
}

fn shift(phase: Phase) -> EnvStatus {
    let mut status = status();
    let weight = Weight::new(25).unwrap();
    status.rollout.shift = Some(Shift {
        plan: Plan::manual(weight),
        step: 0,
        weight,
        incarnation: None,
        entered_at: Timestamp::ZERO,
        phase,
        started_generation: 1,
    });
    status
}

fn pending() -> EnvStatus {
    shift(Phase::Pending {
        deadline: Timestamp::from_millis(60_000),
    })
}

#[tokio::test]
async fn not_ready_is_asked_again_whenever_something_changed() {
    let admin = Admin::start(AdminSetup::default()).await;
    let mut client = post(&admin, &format!("{SWITCH}?wait=ready"), "", 1).await;
    admin.reconciler.turn();
    until("asked again", || admin.reconciler.asked().len() == 2).await;
    let revision = document("a").revision();
    admin.reconciler.will(Ok(accepted(revision)));
    admin.reconciler.turn();
    let answer = client.answer().await;
    assert_eq!(answer.status, 200, "accepted in the end");
    assert_eq!(admin.reconciler.asked().len(), 3, "and asked no more often");
}

#[tokio::test]
async fn not_ready_is_asked_again_when_its_time_has_come() {
    let admin = Admin::start(AdminSetup::default()).await;
    admin.reconciler.will(Err(not_ready(Some(30))));
    admin
        .reconciler
        .will(Ok(accepted(document("a").revision())));
    let mut client = Client::connect(admin.address).await;
    let target = format!("{SWITCH}?wait=ready");
    let answer = client.ask("POST", &target, &[], "").await;
    assert_eq!(answer.status, 200, "without any turn");
}

#[tokio::test]
async fn not_ready_at_the_timeout_is_a_409_with_retry_after() {
    let admin = Admin::start(AdminSetup::default()).await;
    let mut client = Client::connect(admin.address).await;
    for wait in ["ready", "applied"] {
        let target = format!("{SWITCH}?wait={wait}&timeout=50ms");
        let answer = client.ask("POST", &target, &[], "").await;
        assert_eq!(answer.refusal(), (409, "not_ready".to_owned()), "{wait}");
        assert_eq!(answer.problem().state.as_deref(), Some("steady"), "{wait}");
        assert_eq!(answer.header("retry-after"), Some("1"), "{wait}");
    }
}

#[tokio::test]
async fn other_refusals_are_final_and_so_is_a_dry_run() {
    let admin = Admin::start(AdminSetup::default()).await;
    let mut client = Client::connect(admin.address).await;
    admin.reconciler.will(Err(CommandError::Refused {
        refusal: Refusal::NothingStaged,
        state: "steady",
        retry_after_ms: None,
    }));
    let target = format!("{SWITCH}?wait=ready");
    let answer = client.ask("POST", &target, &[], "").await;
    assert_eq!(
        answer.refusal(),
        (409, "nothing_staged".to_owned()),
        "final"
    );
    let target = format!("{SWITCH}?wait=ready&dry_run=true");
    let answer = client.ask("POST", &target, &[], "").await;
    assert_eq!(
        answer.refusal(),
        (409, "not_ready".to_owned()),
        "what would be"
    );
    assert_eq!(admin.reconciler.asked().len(), 2, "each asked once");
}

#[tokio::test]
async fn a_version_deployed_a_moment_ago_is_given_time_to_be_seen() {
    let admin = Admin::start(AdminSetup::default()).await;
    admin.reconciler.will(Err(CommandError::Refused {
        refusal: Refusal::UnknownVersion {
            version: Version::parse("v2").unwrap(),
        },
        state: "steady",
        retry_after_ms: None,
    }));
    admin
        .reconciler
        .will(Ok(accepted(document("a").revision())));
    let target = format!("{PROMOTE}?wait=ready");
    let mut client = post(&admin, &target, r#"{"version":"v2"}"#, 1).await;
    admin.reconciler.turn();
    assert_eq!(client.answer().await.status, 200, "Docker's news came");
}

#[tokio::test]
async fn a_weight_is_waited_for_until_it_is_no_longer_pending() {
    let admin = Admin::start(AdminSetup::default()).await;
    admin.provider.publisher.publish(&document("a"));
    let body = r#"{"version":"v2","weight":25}"#;
    let answer_pending = || {
        let mut accepted = accepted(document("a").revision());
        accepted.status = pending();
        admin.reconciler.set_status(Some(pending()));
        admin.reconciler.will(Ok(accepted));
    };
    answer_pending();
    let mut client = post(&admin, &format!("{PROMOTE}?wait=ready"), body, 1).await;
    admin.reconciler.turn();
    admin.provider.publisher.publish(&document("b"));
    admin.reconciler.set_status(Some(shift(Phase::Running {
        since: Timestamp::ZERO,
    })));
    admin.reconciler.turn();
    let answer = client.answer().await;
    assert_eq!(answer.status, 200, "it runs");
    let answer: CommandAnswer = answer.json();
    let b = document("b").revision().to_string();
    assert_eq!(answer.revision, b, "the revision with the weight in it");

    answer_pending();
    let target = format!("{PROMOTE}?wait=ready&timeout=50ms");
    let answer = client.ask("POST", &target, &[], body).await;
    assert_eq!(answer.status, 202, "accepted, but still pending");
    let answer: CommandAnswer = answer.json();
    assert_eq!(answer.status.held.unwrap().reason, "not-ready", "and why");

    answer_pending();
    let mut client = post(&admin, &format!("{PROMOTE}?wait=ready"), body, 3).await;
    admin.reconciler.set_status(Some(status()));
    admin.reconciler.turn();
    let answer = client.answer().await;
    assert_eq!(answer.refusal(), (409, "not_ready".to_owned()), "given up");

    answer_pending();
    let mut client = post(&admin, &format!("{PROMOTE}?wait=ready"), body, 4).await;
    let mut committed = status();
    committed.rollout.active = Some(Slot::Green);
    admin.reconciler.set_status(Some(committed));
    admin.reconciler.turn();
    assert_eq!(client.answer().await.status, 200, "100 % commits by itself");

    answer_pending();
    let mut client = post(&admin, PROMOTE, body, 5).await;
    assert_eq!(client.answer().await.status, 200, "without wait: accepted");
}

/// v2 is about to be switched to, and a hook is asked first.
fn switching(hold: Hold) -> EnvStatus {
    let mut status = shift(Phase::Held(hold));
    let first = PlanStep {
        gate: Gate::Hook("smoke".to_owned()),
        ..PlanStep::new(Weight::NONE)
    };
    let steps = vec![first, PlanStep::new(Weight::FULL)];
    if let Some(shift) = status.rollout.shift.as_mut() {
        shift.plan = Plan::new("switch", steps).unwrap();
        shift.weight = Weight::NONE;
    }
    status
}

#[tokio::test]
async fn a_switch_that_asks_hooks_is_waited_for_until_it_is_final() {
    let admin = Admin::start(AdminSetup::default()).await;
    admin.provider.publisher.publish(&document("a"));
    let name = || "smoke".to_owned();
    let ask = || {
        let asking = switching(Hold::Hook { name: name() });
        let mut accepted = accepted(document("a").revision());
        accepted.status = asking.clone();
        admin.reconciler.set_status(Some(asking));
        admin.reconciler.will(Ok(accepted));
    };
    let target = format!("{SWITCH}?wait=ready");
    ask();
    let mut client = post(&admin, &target, "", 1).await;
    let mut switched = status();
    switched.rollout.active = Some(Slot::Green);
    admin.reconciler.set_status(Some(switched));
    admin.reconciler.turn();
    assert_eq!(client.answer().await.status, 200, "the hook said yes");

    ask();
    let mut client = post(&admin, &target, "", 2).await;
    let mut aborted = status();
    if let Some(placed) = aborted.rollout.slots.green.as_mut() {
        let why = "hook smoke said no: 500".to_owned();
        placed.failed = Some(Failed {
            incarnation: None,
            why,
        });
    }
    admin.reconciler.set_status(Some(aborted));
    admin.reconciler.turn();
    let answer = client.answer().await;
    assert_eq!(answer.refusal(), (409, "failed".to_owned()), "it said no");
    let detail = answer.problem().detail;
    assert!(detail.contains("hook smoke said no: 500"), "{detail}");

    ask();
    let mut client = post(&admin, &target, "", 3).await;
    let why = "no answer in time".to_owned();
    let refused = switching(Hold::Refused { name: name(), why });
    admin.reconciler.set_status(Some(refused));
    admin.reconciler.turn();
    let answer = client.answer().await;
    assert_eq!(answer.status, 202, "accepted, and a person has to decide");
    let answer: CommandAnswer = answer.json();
    assert_eq!(answer.status.held.unwrap().reason, "hook-refused", "why");

    ask();
    let mut client = post(&admin, SWITCH, "", 4).await;
    assert_eq!(client.answer().await.status, 200, "without wait: accepted");
}

/// A poller that counts as a proxy and has the current document.
async fn proxy(admin: &Admin) -> Client {
    let mut client = Client::connect(admin.provider.address).await;
    for _ in 0..3 {
        client.get("/config").await;
    }
    until("it is a proxy", || admin.provider.proxies.list().len() == 1).await;
    client
}

fn will_publish(admin: &Admin, document: &Document) {
    admin.provider.publisher.publish(document);
    admin.reconciler.will(Ok(accepted(document.revision())));
}

#[tokio::test]
async fn applied_without_a_proxy_is_202_with_nobody_in_it() {
    let admin = Admin::start(AdminSetup::default()).await;
    will_publish(&admin, &document("a"));
    let mut client = Client::connect(admin.address).await;
    let target = format!("{SWITCH}?wait=applied");
    let answer = client.ask("POST", &target, &[], "").await;
    assert_eq!(answer.status, 202, "durable, but nobody has it");
    let answer: CommandAnswer = answer.json();
    assert_eq!(answer.applied, Some(vec![]), "it says so");
}

#[tokio::test]
async fn applied_is_200_when_every_proxy_was_served_and_202_at_the_timeout() {
    let admin = Admin::start(AdminSetup::default()).await;
    admin.provider.publisher.publish(&document("a"));
    let mut traefik = proxy(&admin).await;
    let b = document("b");
    will_publish(&admin, &b);
    let mut client = post(&admin, &format!("{SWITCH}?wait=applied"), "", 1).await;
    traefik.get("/config?wait=1s").await;
    let answer = client.answer().await;
    assert_eq!(answer.status, 200, "served");
    let answer: CommandAnswer = answer.json();
    let applied = answer.applied.unwrap();
    assert_eq!(applied.len(), 1, "one proxy");
    assert_eq!(applied[0].revision, Some(b.revision().to_string()), "has b");
    assert!(!applied[0].confirmed, "served is not applied");

    will_publish(&admin, &document("c"));
    let target = format!("{SWITCH}?wait=applied&timeout=50ms");
    let answer = client.ask("POST", &target, &[], "").await;
    assert_eq!(answer.status, 202, "not served in time");
    let answer: CommandAnswer = answer.json();
    let applied = answer.applied.unwrap();
    assert_eq!(
        applied[0].revision,
        Some(b.revision().to_string()),
        "still b"
    );
    let proxies: Vec<Proxy> = client.get("/v1/proxies").await.json();
    assert_eq!(proxies[0].polls, 4, "as GET /v1/proxies has it");
}

#[tokio::test]
async fn applied_takes_a_later_revision_for_the_one_it_waits_for() {
    let admin = Admin::start(AdminSetup::default()).await;
    admin.provider.publisher.publish(&document("a"));
    let mut traefik = proxy(&admin).await;
    will_publish(&admin, &document("b"));
    let mut client = post(&admin, &format!("{SWITCH}?wait=applied"), "", 1).await;
    admin.provider.publisher.publish(&document("c"));
    traefik.get("/config").await;
    assert_eq!(client.answer().await.status, 200, "c carries b's change");
}

#[tokio::test]
async fn on_stop_a_waiting_request_is_answered_with_what_is_known() {
    let admin = Admin::start(AdminSetup::default()).await;
    admin.provider.publisher.publish(&document("a"));
    let _traefik = proxy(&admin).await;
    will_publish(&admin, &document("b"));
    let target = format!("{SWITCH}?wait=applied&timeout=1m");
    let mut client = post(&admin, &target, "", 1).await;
    admin.provider.stop.cancel();
    assert_eq!(client.answer().await.status, 202, "accepted, not applied");
}

/// Traefik's API as far as it matters: one marker answers 200, any other 404.
struct FakeTraefik {
    address: SocketAddr,
    in_force: Arc<Mutex<String>>,
    asked: Arc<Mutex<String>>,
}

impl FakeTraefik {
    async fn start(admin_tasks: &mut tokio::task::JoinSet<()>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let in_force = Arc::new(Mutex::new(String::new()));
        let asked = Arc::new(Mutex::new(String::new()));
        let (shared, log) = (Arc::clone(&in_force), Arc::clone(&asked));
        admin_tasks.spawn(async move {
            loop {
                let (mut stream, _) = listener.accept().await.unwrap();
                let mut head = Vec::new();
                while !head.ends_with(b"\r\n\r\n") {
                    stream.read_buf(&mut head).await.unwrap();
                }
                let head = String::from_utf8(head).unwrap();
                log.lock().unwrap().push_str(&head);
                let marker = shared.lock().unwrap().clone();
                let path = format!("GET /api/http/middlewares/{marker}@http HTTP/1.1\r\n");
                let found = !marker.is_empty() && head.starts_with(&path);
                let status = if found { "200 OK" } else { "404 Not Found" };
                let answer = format!("HTTP/1.1 {status}\r\nConnection: close\r\n\r\n{{}}");
                stream.write_all(answer.as_bytes()).await.unwrap();
            }
        });
        Self {
            address,
            in_force,
            asked,
        }
    }

    fn apply(&self, document: &Document) {
        *self.in_force.lock().unwrap() = document.revision().marker();
    }
}

#[tokio::test]
async fn with_an_api_applied_means_confirmed() {
    let mut tasks = tokio::task::JoinSet::new();
    let fake = FakeTraefik::start(&mut tasks).await;
    let admin = Admin::start(AdminSetup {
        traefik_apis: vec![format!("http://{}", fake.address)],
        ..AdminSetup::default()
    })
    .await;
    let (a, b) = (document("a"), document("b"));
    admin.provider.publisher.publish(&a);
    let mut traefik = proxy(&admin).await;
    will_publish(&admin, &b);
    traefik.get("/config").await;
    let mut client = Client::connect(admin.address).await;
    let target = format!("{SWITCH}?wait=applied&timeout=200ms");
    let answer = client.ask("POST", &target, &[], "").await;
    assert_eq!(answer.status, 202, "served, but not applied");
    let answer: CommandAnswer = answer.json();
    let applied = answer.applied.unwrap();
    assert_eq!(applied.len(), 2, "the poller and the API");
    assert!(
        applied.iter().all(|entry| !entry.confirmed),
        "nothing proven"
    );

    admin.reconciler.will(Ok(accepted(b.revision())));
    let target = format!("{SWITCH}?wait=applied");
    let mut client = post(&admin, &target, "", 2).await;
    fake.apply(&b);
    let answer = client.answer().await;
    assert_eq!(answer.status, 200, "applied");
    let answer: CommandAnswer = answer.json();
    for entry in answer.applied.unwrap() {
        assert!(entry.confirmed, "{entry:?}");
        assert_eq!(entry.revision, Some(b.revision().to_string()), "{entry:?}");
    }
}

#[tokio::test]
async fn a_replaced_revision_is_confirmed_by_its_own_marker() {
    let mut tasks = tokio::task::JoinSet::new();
    let fake = FakeTraefik::start(&mut tasks).await;
    let admin = Admin::start(AdminSetup {
        traefik_apis: vec![format!("http://{}", fake.address)],
        ..AdminSetup::default()
    })
    .await;
    let b = document("b");
    will_publish(&admin, &b);
    let mut client = post(&admin, &format!("{SWITCH}?wait=applied"), "", 1).await;
    let c = document("c");
    admin.provider.publisher.publish(&c);
    let marker = c.revision().marker();
    until("c is asked for", || {
        fake.asked.lock().unwrap().contains(&marker)
    })
    .await;
    fake.apply(&b);
    assert_eq!(
        client.answer().await.status,
        200,
        "Traefik is at b, not yet at c"
    );
}

/// An abort gives the document from before the shift, byte for byte. While Traefik had not yet applied the shift,
/// its "there" was taken for the abort, and the candidate was served after "applied".
#[tokio::test]
async fn a_revision_that_came_back_is_not_confirmed_by_its_first_time() {
    let mut tasks = tokio::task::JoinSet::new();
    let fake = FakeTraefik::start(&mut tasks).await;
    let admin = Admin::start(AdminSetup {
        traefik_apis: vec![format!("http://{}", fake.address)],
        ..AdminSetup::default()
    })
    .await;
    let (a, b) = (document("a"), document("b"));
    fake.apply(&a);
    let mut client = Client::connect(admin.address).await;
    let target = format!("{SWITCH}?wait=applied");
    will_publish(&admin, &a);
    let answer = client.ask("POST", &target, &[], "").await;
    assert_eq!(answer.status, 200, "the first time");

    admin.provider.publisher.publish(&b);
    will_publish(&admin, &a);
    let soon = format!("{target}&timeout=200ms");
    let answer = client.ask("POST", &soon, &[], "").await;
    assert_eq!(answer.status, 202, "b may still be on its way");
    fake.apply(&b);
    admin.reconciler.will(Ok(accepted(a.revision())));
    let answer = client.ask("POST", &soon, &[], "").await;
    assert_eq!(answer.status, 202, "there it is");
    fake.apply(&a);
    admin.reconciler.will(Ok(accepted(a.revision())));
    let answer = client.ask("POST", &target, &[], "").await;
    assert_eq!(answer.status, 200, "the second time");
}
