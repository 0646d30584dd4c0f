//! `POST /v1/transitions`: what is asked, and what is told of the first refusal.

use pointsman::api::TransitionsAnswer;
use pointsman::reconciler::{AcceptedAll, CommandError, Done};
use pointsman::routing::ids::{Revision, Version};
use pointsman::routing::rollout::Refusal;
use pointsman::routing::table::Changes;

use crate::support::fake_reconciler::{key, status};
use crate::support::http::Client;
use crate::support::listeners::{Admin, AdminSetup};

const PATH: &str = "/v1/transitions";
const TWO: &str = r#"[
    {"app":"whoami","env":"dev","verb":"promote","body":{"version":"v2"},"gen":5},
    {"app":"whoami","env":"dev","verb":"switch"}]"#;

fn accepted() -> AcceptedAll {
    let done = |generation, displaced: Option<&str>| Done {
        key: key(),
        generation,
        displaced: displaced.map(|version| Version::parse(version).unwrap()),
    };
    AcceptedAll {
        done: vec![done(4, Some("v0")), done(5, None)],
        envs: vec![status()],
        revision: Revision(0xabc),
        changes: Some(Changes {
            added: vec!["http.routers/whoami-dev-web".to_owned()],
            ..Changes::default()
        }),
    }
}

#[tokio::test]
async fn a_list_carries_all_that_was_said() {
    let admin = Admin::start(AdminSetup::default()).await;
    let mut client = Client::connect(admin.address).await;
    admin.reconciler.will_all(Ok(accepted()));
    let headers = [("Idempotency-Key", "k"), ("X-Pointsman-Actor", "me")];
    let target = format!("{PATH}?dry_run=true");
    let answer = client.ask("POST", &target, &headers, TWO).await;
    assert_eq!(answer.status, 200, "accepted");
    let answer: TransitionsAnswer = answer.json();
    assert_eq!(answer.revision, "0000000000000abc", "one for all");
    let generations: Vec<u64> = answer.results.iter().map(|it| it.generation).collect();
    assert_eq!(generations, [4, 5], "each item");
    let displaced = answer.results[0].displaced.as_ref().map(Version::as_str);
    assert_eq!(displaced, Some("v0"), "by the first");
    assert_eq!(answer.envs.len(), 1, "each env once");
    let document = answer.document.unwrap();
    assert_eq!(document.added, ["http.routers/whoami-dev-web"], "by name");
    let asked = admin.reconciler.asked_together().pop().unwrap();
    let words: Vec<String> = asked
        .items
        .iter()
        .map(|it| it.command.to_string())
        .collect();
    assert_eq!(words, ["promote v2", "switch"], "in order");
    let if_match: Vec<Option<u64>> = asked.items.iter().map(|it| it.if_match).collect();
    assert_eq!(if_match, [Some(5), None], "each its own");
    assert_eq!(asked.idempotency_key.as_deref(), Some("k"), "the key");
    assert_eq!((asked.actor.as_str(), asked.dry_run), ("me", true));
}

#[tokio::test]
async fn the_first_refusal_is_the_answer_with_its_index() {
    let admin = Admin::start(AdminSetup::default()).await;
    let mut client = Client::connect(admin.address).await;
    admin.reconciler.will_all(Err(CommandError::Item {
        index: 1,
        error: Box::new(CommandError::Refused {
            refusal: Refusal::NothingStaged,
            state: "steady",
            retry_after_ms: None,
        }),
    }));
    let answer = client.ask("POST", PATH, &[], TWO).await;
    assert_eq!(answer.refusal(), (409, "nothing_staged".to_owned()));
    let problem = answer.problem();
    assert_eq!(problem.index, Some(1), "which");
    assert_eq!(problem.state.as_deref(), Some("steady"), "its state");
    let says = "item 1: the other slot is empty: promote a version first";
    assert_eq!(problem.detail, says, "in words");
}

#[tokio::test]
async fn what_is_no_list_of_verbs_is_refused_before_anything_is_asked() {
    let admin = Admin::start(AdminSetup::default()).await;
    let mut client = Client::connect(admin.address).await;
    let item = r#"{"app":"whoami","env":"dev","verb":"switch"}"#;
    let many = format!("[{}]", vec![item; 101].join(","));
    let second = |second: &str| format!("[{item},{second}]");
    for (body, status, index, says) in [
        ("{}".to_owned(), 400, None, "expected a sequence"),
        (
            "[]".to_owned(),
            400,
            None,
            "1 to 100 items is expected, not 0",
        ),
        (many, 400, None, "not 101"),
        (
            second(r#"{"app":"a","env":"b"}"#),
            400,
            None,
            "[1]: missing field `verb`",
        ),
        (
            second(r#"{"app":"a","env":"b","verb":"switch","generation":1}"#),
            400,
            None,
            "unknown field `generation`",
        ),
        (
            second(r#"{"app":"A","env":"b","verb":"switch"}"#),
            400,
            Some(1),
            "item 1: app \"A\" must match",
        ),
        (
            second(r#"{"app":"a","env":"b","verb":"flip"}"#),
            404,
            Some(1),
            "item 1: there is no verb \"flip\"",
        ),
        (
            second(r#"{"app":"a","env":"b","verb":"weight","body":{"weight":101}}"#),
            400,
            Some(1),
            "item 1: weight \"101\" must be",
        ),
    ] {
        let answer = client.ask("POST", PATH, &[], &body).await;
        assert_eq!(answer.status, status, "{body}");
        let problem = answer.problem();
        assert_eq!(problem.index, index, "{body}");
        assert!(problem.detail.contains(says), "{body}: {}", problem.detail);
    }
    let headers = [("If-Match", "5")];
    let answer = client.ask("POST", PATH, &headers, TWO).await;
    assert_eq!(answer.refusal(), (400, "invalid_header".to_owned()));
    assert!(
        admin.reconciler.asked_together().is_empty(),
        "nobody was asked"
    );
}
