//! Env records and their status.

use pointsman::api::{Env, EnvList, Status};
use pointsman::routing::model::Origin;

use crate::support::http::Client;
use crate::support::listeners::{Admin, AdminSetup};

const ENV: &str = "/v1/envs/whoami/dev";

#[tokio::test]
async fn a_record_is_put_with_its_actor_and_given_back() {
    let admin = Admin::start(AdminSetup::default()).await;
    let mut client = Client::connect(admin.address).await;
    let body = r#"{"domain":"dev.example.com","hosts":{"staged":"next-{app}.{domain}"}}"#;
    let headers = [("X-Pointsman-Actor", "ci@build-7")];
    let env: Env = client.ask("PUT", ENV, &headers, body).await.json();
    assert_eq!(env.body.domain, "dev.example.com", "what was put");
    assert_eq!(env.origin, "api", "by whom");
    let (record, actor) = admin.reconciler.put().remove(0);
    assert_eq!(actor, "ci@build-7", "for the audit log");
    assert_eq!(record.origin, Origin::Api, "a PUT is the operator's word");
    assert_eq!(record.hosts.staged, "next-{app}.{domain}", "as given");
    assert_eq!(record.hosts.live, "{app}.{domain}", "as usual");
    client.ask("PUT", ENV, &[], body).await;
    assert_eq!(admin.reconciler.put()[1].1, "api", "nobody by name");
}

#[tokio::test]
async fn a_wrong_record_is_refused_by_field_and_never_stored() {
    let admin = Admin::start(AdminSetup::default()).await;
    let mut client = Client::connect(admin.address).await;
    for (body, code, says) in [
        (r#"{"domain":"Dev"}"#, "invalid_env", "domain: \"Dev\""),
        (
            r#"{"domain":"d","hosts":{"preview":"{app}.{domain}"}}"#,
            "invalid_env",
            "hosts.preview: ",
        ),
        (
            r#"{"domain":"d","health":{"min_ratio":2}}"#,
            "invalid_env",
            "health.min_ratio: \"2\"",
        ),
        (
            r#"{"domain":"d","helth":{}}"#,
            "invalid_body",
            "unknown field `helth`",
        ),
        (
            r#"{"domain":"d","tls":{"resolver":"x"}}"#,
            "invalid_body",
            "tls.resolver: unknown field `resolver`",
        ),
        (r#"{"domain":"d","port":70000}"#, "invalid_body", "port: "),
        (r#"["d"]"#, "invalid_body", ".: an object with named fields"),
        (
            r#"{"domain":"d","retention":[5]}"#,
            "invalid_body",
            ".retention: an object with named fields",
        ),
        (
            r#"{"domain":"d","staged_access":[["X","1"]]}"#,
            "invalid_body",
            "staged_access",
        ),
        (
            r#"{"scheme":"http"}"#,
            "invalid_body",
            "missing field `domain`",
        ),
    ] {
        let answer = client.ask("PUT", ENV, &[], body).await;
        assert_eq!(answer.refusal(), (400, code.to_owned()), "{body}");
        let detail = answer.problem().detail;
        assert!(detail.contains(says), "{body}: {detail}");
    }
    let tab = [("X-Pointsman-Actor", "a\tb")];
    let answer = client.ask("PUT", ENV, &tab, r#"{"domain":"d"}"#).await;
    assert_eq!(
        answer.refusal(),
        (400, "invalid_header".to_owned()),
        "actor"
    );
    assert!(admin.reconciler.put().is_empty(), "nothing was stored");
}

#[tokio::test]
async fn a_record_is_not_rehearsed_and_has_no_generation() {
    let admin = Admin::start(AdminSetup::default()).await;
    let mut client = Client::connect(admin.address).await;
    for (method, target, header, code) in [
        (
            "PUT",
            "/v1/envs/whoami/dev?dry_run=true",
            None,
            "invalid_query",
        ),
        (
            "DELETE",
            "/v1/envs/whoami/dev?dry_run=true",
            None,
            "invalid_query",
        ),
        ("PUT", ENV, Some(("If-Match", "\"5\"")), "invalid_header"),
        ("DELETE", ENV, Some(("If-Match", "\"5\"")), "invalid_header"),
    ] {
        let headers: Vec<(&str, &str)> = header.into_iter().collect();
        let answer = client
            .ask(method, target, &headers, r#"{"domain":"d"}"#)
            .await;
        let refusal = (400, code.to_owned());
        assert_eq!(answer.refusal(), refusal, "{method} {target} {header:?}");
    }
    assert!(admin.reconciler.put().is_empty(), "nothing was stored");
}

#[tokio::test]
async fn records_are_listed_shown_and_kept_while_in_use() {
    let admin = Admin::start(AdminSetup::default()).await;
    let mut client = Client::connect(admin.address).await;
    let list: EnvList = client.get("/v1/envs").await.json();
    assert_eq!(list.envs[0].app.as_str(), "whoami", "the one");
    let reason = |status: &Status| {
        let placed = status.slots.blue.as_ref().unwrap();
        placed.health.reason.clone().unwrap_or_default()
    };
    let status: Status = client.get(ENV).await.json();
    assert!(reason(&status).contains("has not been read"), "{status:?}");
    admin.reconciler.sync();
    let status: Status = client.get(ENV).await.json();
    assert_eq!(
        reason(&status),
        "it has no routed container",
        "now it is known"
    );
    assert_eq!(
        (status.generation, status.state.as_str()),
        (5, "steady"),
        "it"
    );
    let answer = client.get("/v1/envs/other/dev").await;
    assert_eq!(
        answer.refusal(),
        (404, "unknown_env".to_owned()),
        "no other"
    );
    let answer = client.ask("DELETE", ENV, &[], "").await;
    assert_eq!(answer.refusal(), (409, "in_use".to_owned()), "in use");
}
