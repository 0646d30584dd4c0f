//! What a status says in each situation an operator can be in.

use super::*;
use crate::api::EnvBody;
use crate::routing::ids::EnvKey;
use crate::routing::model::{EnvRecord, Origin};
use crate::routing::plan::{self, Plan, Weight};
use crate::routing::rollout::{self, StackHealth};
use crate::web::admin::validate;

const NOW: Timestamp = Timestamp::from_millis(1_700_000_000_000);

fn key() -> EnvKey {
    EnvKey::parse("whoami", "dev").unwrap()
}

fn version(text: &str) -> Version {
    Version::parse(text).unwrap()
}

fn placed(text: &str) -> Placed {
    Placed {
        failed: None,
        version: version(text),
        placed_generation: 1,
    }
}

/// One of two servers healthy counts as degraded, two as sufficient.
fn stack_of(text: &str, slot: Option<Slot>, healthy: u32) -> StackStatus {
    StackStatus {
        key: key(),
        version: version(text),
        slot,
        active: slot == Some(Slot::Blue),
        created: 7,
        urls: vec![format!("http://{text}-whoami.dev.example.com")],
        health: StackHealth {
            created: 0,
            incarnation: None,
            expected: 2,
            healthy,
            sufficient: healthy == 2,
            settled_at: NOW.plus_millis(4_500),
            down_since: None,
            reason: if healthy == 2 {
                String::new()
            } else {
                format!("{healthy} of 2 servers are healthy")
            },
        },
        ready: false,
    }
}

fn env_with(phase: Phase, candidate_healthy: u32) -> EnvStatus {
    EnvStatus {
        env: EnvRecord::new(key(), "dev.example.com", Origin::Api, NOW),
        rollout: Record {
            generation: 5,
            slots: rollout::Slots {
                blue: Some(placed("v1")),
                green: Some(placed("v2")),
            },
            active: Some(Slot::Blue),
            shift: Some(rollout::Shift {
                plan: Plan::manual(Weight::new(25).unwrap()),
                step: 0,
                weight: Weight::new(25).unwrap(),
                incarnation: None,
                entered_at: NOW,
                phase,
                started_generation: 4,
            }),
            ..Record::default()
        },
        stacks: vec![
            stack_of("v1", Some(Slot::Blue), 2),
            stack_of("v2", Some(Slot::Green), candidate_healthy),
            stack_of("v3", None, 0),
        ],
        effective: Share {
            blue: 100,
            green: 0,
        },
        live_urls: vec!["http://whoami.dev.example.com".to_owned()],
        staged_urls: vec![],
        now: NOW,
    }
}

#[test]
fn a_pending_shift_says_what_it_waits_for_and_until_when() {
    let deadline = NOW.plus_millis(60_000);
    let status = status(&env_with(Phase::Pending { deadline }, 2), vec![]);
    let held = status.held.unwrap();
    assert_eq!(held.reason, "not-ready", "the reason's word");
    assert_eq!(
        held.detail, "version v2: healthy, ready in 4500ms",
        "in words"
    );
    assert_eq!(
        held.deadline.as_deref(),
        Some("2023-11-14T22:14:20Z"),
        "until when"
    );
    assert_eq!(
        status.weights.intended,
        SlotWeights {
            blue: 75,
            green: 25
        },
        "what is meant"
    );
    assert_eq!(status.weights.effective.green, 0, "what Traefik is told");
    assert_eq!(status.shift.unwrap().phase, ShiftPhase::Pending, "not yet");
}

#[test]
fn a_running_shift_with_a_dead_candidate_is_held() {
    let env = env_with(Phase::Running { since: NOW }, 0);
    let held = status(&env, vec![]).held.unwrap();
    assert_eq!(held.reason, "candidate-dead", "its servers are gone");
}

#[test]
fn a_shift_says_where_its_plan_is() {
    let mut env = env_with(Phase::Running { since: NOW }, 2);
    let shown = status(&env, vec![]).shift.unwrap();
    assert_eq!(
        (shown.plan.as_str(), shown.step, shown.steps),
        ("manual", 1, 1),
        "a share"
    );
    assert_eq!(shown.next_at, None, "it stays");
    assert_eq!(
        shown.entered_at.as_deref(),
        Some("2023-11-14T22:13:20Z"),
        "since"
    );
    if let Some(shift) = env.rollout.shift.as_mut() {
        shift.plan = plan::named("canary").unwrap();
        shift.step = 1;
    }
    let shown = status(&env, vec![]).shift.unwrap();
    assert_eq!(
        (shown.plan.as_str(), shown.step, shown.steps),
        ("canary", 2, 5),
        "a plan"
    );
    assert_eq!(
        shown.next_at.as_deref(),
        Some("2023-11-14T22:15:20Z"),
        "2 minutes later"
    );
    let deadline = NOW.plus_millis(60_000);
    let pending = env_with(Phase::Pending { deadline }, 0);
    let shown = status(&pending, vec![]).shift.unwrap();
    assert_eq!((shown.entered_at, shown.next_at), (None, None), "not begun");
}

#[test]
fn what_stands_in_the_way_is_told_and_what_does_not_is_null() {
    let mut env = env_with(Phase::Running { since: NOW }, 2);
    let plain = serde_json::to_value(status(&env, vec![])).unwrap();
    let null = serde_json::Value::Null;
    assert_eq!((&plain["frozen"], &plain["maintenance"]), (&null, &null));
    assert_eq!(plain["retired"], serde_json::json!([]), "none");
    assert_eq!(plain["slots"]["green"].get("failed"), None, "absent");

    env.rollout.frozen = Some(rollout::Freeze {
        by: "ann".to_owned(),
        why: "sale".to_owned(),
        until: Some(NOW),
    });
    env.rollout.maintenance = Some(rollout::Maintenance {
        by: "ann".to_owned(),
        message: "soon".to_owned(),
        retry_after_s: 120,
    });
    let retired = rollout::Retired {
        removal: None,
        by: "ann".to_owned(),
        at: NOW,
        made_until: 1,
    };
    env.rollout.retired.insert(version("v0"), retired);
    let failed = |incarnation| {
        Some(rollout::Failed {
            incarnation,
            why: "the candidate died".to_owned(),
        })
    };
    env.rollout.slots.green.as_mut().unwrap().failed = failed(None);
    let shown = serde_json::to_value(status(&env, vec![])).unwrap();
    let frozen = serde_json::json!({"by": "ann", "why": "sale", "until": "2023-11-14T22:13:20Z"});
    assert_eq!(shown["frozen"], frozen);
    let closed = serde_json::json!({"by": "ann", "message": "soon", "retry_after": "120s"});
    assert_eq!(shown["maintenance"], closed);
    assert_eq!(shown["retired"], serde_json::json!(["v0"]));
    assert_eq!(shown["slots"]["green"]["failed"], "the candidate died");

    let other = Some(crate::routing::ids::Incarnation(7));
    env.rollout.slots.green.as_mut().unwrap().failed = failed(other);
    let shown = status(&env, vec![]).slots.green.unwrap();
    assert_eq!(shown.failed, None, "it is made of something else now");
}

#[test]
fn health_is_one_word_with_a_reason() {
    for (healthy, ready, state, reason) in [
        (2, true, HealthState::Ready, None),
        (
            2,
            false,
            HealthState::Settling,
            Some("healthy, ready in 4500ms"),
        ),
        (
            1,
            false,
            HealthState::Degraded,
            Some("1 of 2 servers are healthy"),
        ),
        (
            0,
            false,
            HealthState::Down,
            Some("0 of 2 servers are healthy"),
        ),
    ] {
        let seen = StackStatus {
            ready,
            ..stack_of("v1", None, healthy)
        };
        let entry = stack(&seen, None, NOW);
        assert_eq!(entry.health.state, state, "{healthy} healthy");
        assert_eq!(
            entry.health.reason.as_deref(),
            reason,
            "{healthy} healthy, in words"
        );
    }
}

#[test]
fn a_slot_whose_containers_are_gone_is_absent() {
    let mut env = env_with(Phase::Running { since: NOW }, 2);
    env.stacks.remove(1);
    let status = status(&env, vec![]);
    let green = status.slots.green.unwrap();
    assert_eq!(green.health.state, HealthState::Absent, "v2 is gone");
    assert_eq!(status.previews.len(), 1, "v3 alone is a preview");
}

#[test]
fn a_record_is_given_back_as_it_was_put() {
    let body: EnvBody = serde_json::from_str(
        r#"{"domain":"dev.example.com","scheme":"https","port":8443,"entry_points":["websecure"],
            "hosts":{"staged":"next-{app}.{domain}"},
            "tls":{"cert_resolver":"le","domains":[{"main":"*.dev.example.com","sans":["dev.example.com"]}],
                   "options":"modern@file","preview_cert":"resolver"},
            "middlewares":{"live":["gzip@file"],"preview":["noindex"]},
            "health":{"min_healthy_time":"2500ms","min_ratio":0.5},"first_deploy":"auto",
            "plan":{"name":"careful","sticky":"address","on_deadline":"wait","steps":[
                {"weight":5,"min_dwell":"120s","match":[{"cookie":"c","value":"v"}]},
                {"weight":100,"max_dwell":"1800s","gate":{"hook":"smoke"}}]}}"#,
    )
    .unwrap();
    let record = validate::record(key(), &body, NOW).unwrap();
    assert_eq!(env(&record).body, body, "nothing is lost or added");
    let plain = EnvBody {
        domain: "dev.example.com".to_owned(),
        ..EnvBody::default()
    };
    let record = validate::record(key(), &plain, NOW).unwrap();
    assert_eq!(env(&record).body, plain, "defaults stay unsaid");
}

#[test]
fn a_finding_has_its_value_unless_it_may_be_secret() {
    let finding = |key: &str| {
        let finding = Diagnostic::new("label-value", "container web-1", "wrong");
        serde_json::to_value(diagnostic(&finding.at(key).with_value("8o"))).unwrap()
    };
    let shown = serde_json::json!({
        "code": "label-value", "subject": "container web-1", "key": "pointsman.port", "value": "8o", "message": "wrong",
    });
    assert_eq!(finding("pointsman.port"), shown, "as the API gives it");
    let secret = finding("traefik.http.middlewares.a.basicauth.users");
    assert_eq!(secret.get("value"), None, "left out");
}
