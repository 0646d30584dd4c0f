//! From a POST to a command, and each kind of answer.

use pointsman::api::CommandAnswer;
use pointsman::reconciler::CommandError;
use pointsman::routing::ids::{Revision, Version};
use pointsman::routing::plan::Weight;
use pointsman::routing::rollout::{Command, Insist, Refusal};

use crate::support::fake_reconciler::{accepted, key, not_ready};
use crate::support::http::Client;
use crate::support::listeners::{Admin, AdminSetup};

const SWITCH: &str = "/v1/envs/whoami/dev/switch";

#[tokio::test]
async fn a_verb_carries_all_that_was_said() {
    let admin = Admin::start(AdminSetup::default()).await;
    let mut client = Client::connect(admin.address).await;
    let version = Version::parse("v2").unwrap();
    let promote = |weight: Option<u64>| Command::Promote {
        version: version.clone(),
        weight: weight.map(|weight| Weight::new(weight).unwrap()),
        insist: Insist::default(),
    };
    for (verb, body, command) in [
        ("promote", r#"{"version":"v2"}"#, promote(None)),
        (
            "promote",
            r#"{"version":"v2","weight":25}"#,
            promote(Some(25)),
        ),
        (
            "promote",
            r#"{"version":"v2","weight":"25%"}"#,
            promote(Some(25)),
        ),
        ("switch", "", Command::switch()),
        ("switch", "{}", Command::switch()),
        ("rollback", "", Command::Rollback),
        ("evict", "", Command::Evict),
    ] {
        admin.reconciler.will(Ok(accepted(Revision(0xabc))));
        let target = format!("/v1/envs/whoami/dev/{verb}");
        let headers = [
            ("If-Match", "\"5\""),
            ("Idempotency-Key", "deploy-17"),
            ("X-Pointsman-Actor", "me"),
        ];
        let answer = client.ask("POST", &target, &headers, body).await;
        assert_eq!(answer.status, 200, "{verb} {body}");
        let answer: CommandAnswer = answer.json();
        assert_eq!(answer.generation, 5, "the record's generation");
        assert_eq!(answer.revision, "0000000000000abc", "what carries it");
        assert_eq!(answer.applied, None, "nobody asked for that");
        let asked = admin.reconciler.asked().pop().unwrap();
        assert_eq!(
            (asked.key, asked.command),
            (key(), command),
            "{verb} {body}"
        );
        assert_eq!(asked.if_match, Some(5), "the condition");
        assert_eq!(
            asked.idempotency_key.as_deref(),
            Some("deploy-17"),
            "the key"
        );
        assert_eq!(asked.actor, "me", "the actor");
        assert!(!asked.dry_run, "in earnest");
    }
    admin.reconciler.will(Ok(accepted(Revision(1))));
    client
        .ask("POST", &format!("{SWITCH}?dry_run=true"), &[], "")
        .await;
    assert!(
        admin.reconciler.asked().pop().unwrap().dry_run,
        "only asked"
    );
}

#[tokio::test]
async fn an_unknown_verb_names_those_that_exist() {
    let admin = Admin::start(AdminSetup::default()).await;
    let mut client = Client::connect(admin.address).await;
    for verb in ["weight", "finish", "Switch", "flip"] {
        let target = format!("/v1/envs/whoami/dev/{verb}");
        let answer = client.ask("POST", &target, &[], "").await;
        assert_eq!(answer.refusal(), (404, "unknown_verb".to_owned()), "{verb}");
        let detail = answer.problem().detail;
        assert!(
            detail.contains("promote, switch, rollback, evict"),
            "{detail}"
        );
    }
}

#[tokio::test]
async fn a_malformed_condition_or_query_is_refused_before_anything_happens() {
    let admin = Admin::start(AdminSetup::default()).await;
    let mut client = Client::connect(admin.address).await;
    for (query, headers, code, says) in [
        (
            "",
            [("If-Match", "\"five\"")].as_slice(),
            "invalid_header",
            "if-match",
        ),
        ("", &[("If-Match", "*")], "invalid_header", "if-match"),
        (
            "",
            &[("If-Match", "5"), ("If-Match", "6")],
            "invalid_header",
            "twice",
        ),
        (
            "",
            &[("Idempotency-Key", "a b")],
            "invalid_header",
            "idempotency-key",
        ),
        ("?wait=forever", &[], "invalid_query", "forever"),
        (
            "?wait=ready&timeout=10",
            &[],
            "invalid_query",
            "timeout: \"10\"",
        ),
        ("?dry_run=yes", &[], "invalid_query", "dry_run"),
        ("?dryrun=true", &[], "invalid_query", "dryrun"),
    ] {
        let target = format!("{SWITCH}{query}");
        let answer = client.ask("POST", &target, headers, "").await;
        assert_eq!(
            answer.refusal(),
            (400, code.to_owned()),
            "{query} {headers:?}"
        );
        let detail = answer.problem().detail;
        assert!(detail.contains(says), "{query} {headers:?}: {detail}");
    }
    let answer = client.ask("POST", SWITCH, &[], r#"{"to":"v2"}"#).await;
    assert!(
        answer.problem().detail.contains("`to`"),
        "a switch takes nothing"
    );
    assert!(admin.reconciler.asked().is_empty(), "nothing got through");
}

#[tokio::test]
async fn each_refusal_has_its_status_and_code() {
    let admin = Admin::start(AdminSetup::default()).await;
    let mut client = Client::connect(admin.address).await;
    let stale = CommandError::Stale {
        key: key(),
        given: 4,
        current: 5,
    };
    let nothing_staged = CommandError::Refused {
        refusal: Refusal::NothingStaged,
        state: "steady",
        retry_after_ms: None,
    };
    for (error, status, code) in [
        (CommandError::NotSynced, 503, "not_synced"),
        (CommandError::UnknownEnv(key()), 404, "unknown_env"),
        (stale, 412, "stale"),
        (CommandError::KeyReused("k".to_owned()), 422, "key_reused"),
        (nothing_staged, 409, "nothing_staged"),
        (not_ready(Some(2_500)), 409, "not_ready"),
        (
            CommandError::Store("disk /secret/path full".to_owned()),
            507,
            "store",
        ),
        (
            CommandError::StorageFull("/secret/path".to_owned()),
            507,
            "storage_full",
        ),
        (
            CommandError::StorageReadOnly("/secret/path".to_owned()),
            507,
            "storage_read_only",
        ),
        (
            CommandError::StateReadOnly("journal.ndjson is damaged at byte 7".to_owned()),
            507,
            "state_read_only",
        ),
        (CommandError::Stopped, 503, "stopped"),
    ] {
        admin.reconciler.will(Err(error));
        let answer = client.ask("POST", SWITCH, &[], "").await;
        assert_eq!(answer.refusal(), (status, code.to_owned()), "{code}");
        let problem = answer.problem();
        let generation = (code == "stale").then_some(5);
        assert_eq!(problem.generation, generation, "{code}: the current one");
        let forbidding = (status == 409).then(|| "steady".to_owned());
        assert_eq!(problem.state, forbidding, "{code}: what forbids it");
        assert!(
            !problem.detail.contains("/secret"),
            "{code}: paths stay here"
        );
        if code == "state_read_only" {
            assert!(problem.detail.contains("byte 7"), "{}", problem.detail);
        }
        if code == "not_ready" {
            assert_eq!(answer.header("retry-after"), Some("3"), "rounded up");
        }
    }
}
