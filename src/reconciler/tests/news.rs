//! What is told, when, and what a hook's answer leads to.

use super::*;
use crate::reconciler::{Condition, Heard, Hearing, Listener, NewsKind, VerdictRequest};
use crate::routing::model::{Hook, HookEvent, HookFormat};
use crate::routing::plan::{Gate, Plan, PlanStep};
use crate::routing::rollout::{HookAnswer, Verdict, What};

fn next(listener: &mut Listener) -> NewsKind {
    match listener.look() {
        Some(Heard::News(news)) => news.kind.clone(),
        other => panic!("no news: {other:?}"),
    }
}

fn silence(listener: &mut Listener) {
    assert_eq!(listener.look(), None, "nothing more");
}

fn hook(name: &str, on: HookEvent) -> Hook {
    Hook {
        name: name.to_owned(),
        url: "http://127.0.0.1:9/".to_owned(),
        on: [on].into(),
        format: HookFormat::Json,
        timeout_ms: Hook::TIMEOUT_MS,
        retries: 0,
        on_failure: None,
        secret_env: None,
    }
}

/// v1 is live, v2 staged, and a hook is to be asked before a switch.
async fn guarded(dir: &Path) -> Rig {
    let rig = v1_live(dir).await;
    rig.command(promote("v2", None)).await;
    let mut record = rig.handle.envs().await.unwrap().remove(0);
    record.hooks = vec![hook("smoke", HookEvent::PreSwitch)];
    rig.handle.put_env(record, "test".to_owned()).await.unwrap();
    rig
}

fn verdict(rig: &Rig, answer: HookAnswer) -> VerdictRequest {
    let question = rig.questions_rx.borrow().first().cloned().unwrap();
    VerdictRequest {
        key: question.key,
        verdict: Verdict {
            hook: question.name,
            started_generation: question.started_generation,
            step: question.step,
            answer,
        },
    }
}

fn abort() -> HookAnswer {
    HookAnswer::Abort {
        why: "red".to_owned(),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn transitions_are_told_with_their_actor_generation_and_published_revision() {
    let dir = TempDir::new().unwrap();
    let rig = Rig::with(dir.path(), &both()).await;
    let mut listener = rig.news.listen();
    let promoted = rig.command(promote("v1", None)).await;
    let NewsKind::Moved(moved) = next(&mut listener) else {
        panic!("a transition")
    };
    assert_eq!(moved.actor, "test", "who");
    assert_eq!(moved.command, "promote v1", "what was asked");
    assert_eq!(
        (moved.what, moved.acts),
        (What::Placed, vec![HookEvent::Promote]),
        "what"
    );
    assert_eq!(
        moved.generation, promoted.status.rollout.generation,
        "which"
    );
    assert_eq!(moved.revision, promoted.revision, "where it is");
    assert_eq!(moved.version, Some(version("v1")), "of whom");
    rig.command(Command::switch()).await;
    let NewsKind::Moved(moved) = next(&mut listener) else {
        panic!("a transition")
    };
    assert_eq!(moved.acts, [HookEvent::Switch], "v1 is live");
    silence(&mut listener);
    rig.command(promote("v2", Some(100))).await;
    let NewsKind::Moved(moved) = next(&mut listener) else {
        panic!("a transition")
    };
    let both = [HookEvent::Promote, HookEvent::Switch];
    assert_eq!(moved.acts, both, "placed and live at once");
    assert_eq!(
        (moved.version, moved.previous),
        (Some(version("v2")), Some(version("v1"))),
        "versions"
    );
    rig.command(Command::Rollback).await;
    let NewsKind::Moved(moved) = next(&mut listener) else {
        panic!("a transition")
    };
    assert_eq!(moved.acts, [HookEvent::Rollback], "and back");
    rig.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_is_told_once_and_a_dry_run_never() {
    let dir = TempDir::new().unwrap();
    let rig = v1_live(dir.path()).await;
    let mut listener = rig.news.listen();
    for _ in 0..3 {
        rig.send(request(Command::switch())).await.unwrap_err();
    }
    let NewsKind::Refused(refused) = next(&mut listener) else {
        panic!("a refusal")
    };
    assert_eq!(
        (refused.verb, refused.code),
        ("switch", "nothing_staged"),
        "why"
    );
    silence(&mut listener);
    let dry = CommandRequest {
        dry_run: true,
        ..request(promote("v2", None))
    };
    rig.send(dry.clone()).await.unwrap();
    let nothing = CommandRequest {
        command: promote("v9", None),
        ..dry
    };
    rig.send(nothing).await.unwrap_err();
    silence(&mut listener);
    rig.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn health_is_told_where_it_changed_and_never_of_what_was_there_at_the_start() {
    let dir = TempDir::new().unwrap();
    let rig = Rig::start(dir.path());
    let mut listener = rig.news.listen();
    rig.list(&both()).await;
    let recorded = NewsKind::Recorded {
        actor: "label".to_owned(),
    };
    assert_eq!(next(&mut listener), recorded, "the env is new");
    silence(&mut listener);
    rig.put(with_health(Health::Starting, web("v3", 3))).await;
    let NewsKind::Health(news) = next(&mut listener) else {
        panic!("health")
    };
    assert_eq!(
        (news.before, news.condition),
        (None, Condition::Down),
        "a new version"
    );
    assert_eq!((news.healthy, news.expected), (0, 1), "counted");
    rig.put(web("v3", 3)).await;
    let NewsKind::Health(news) = next(&mut listener) else {
        panic!("health")
    };
    assert_eq!(
        (news.before, news.condition),
        (Some(Condition::Down), Condition::Ready),
        "up"
    );
    rig.put(web("v3", 3)).await;
    silence(&mut listener);
    let id = ContainerId::parse("id-v3").unwrap();
    rig.tell(Change::Remove(id)).await;
    rig.taken_in().await;
    let NewsKind::Health(news) = next(&mut listener) else {
        panic!("health")
    };
    assert_eq!(news.condition, Condition::Absent, "gone");
    silence(&mut listener);
    rig.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_gate_waits_for_its_hook_also_after_a_restart() {
    let dir = TempDir::new().unwrap();
    let rig = guarded(dir.path()).await;
    assert!(rig.questions_rx.borrow().is_empty(), "nobody is asked yet");
    rig.command(Command::switch()).await;
    assert_eq!(rig.active().await.as_deref(), Some("v1"), "held");
    let asked = rig.questions_rx.borrow().first().cloned().unwrap();
    assert_eq!(
        (asked.name.as_str(), asked.weight, asked.steps),
        ("smoke", 0, 2),
        "asked"
    );
    assert_eq!(
        (asked.from, asked.to),
        (Some(version("v1")), Some(version("v2"))),
        "whether"
    );
    rig.kill().await;
    let rig = Rig::with(dir.path(), &both()).await;
    let again = rig.questions_rx.borrow().first().cloned().unwrap();
    assert_eq!(
        again.started_generation, asked.started_generation,
        "the same question"
    );
    assert!(again.hook.is_some(), "with its hook");
    rig.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plans_gate_asks_a_hook_that_is_for_gates_and_no_other() {
    let dir = TempDir::new().unwrap();
    let rig = guarded(dir.path()).await;
    let gate = |name: &str| {
        let quarter = PlanStep {
            gate: Gate::Hook(name.to_owned()),
            ..PlanStep::new(Weight::new(25).unwrap())
        };
        let plan = Plan::new("careful", vec![quarter, PlanStep::new(Weight::FULL)]).unwrap();
        Command::Shift {
            plan: Some(plan),
            insist: Insist::default(),
        }
    };
    let refused = rig.send(request(gate("canary"))).await.unwrap_err();
    assert_eq!(refused.code(), "unknown_hook", "{refused}");
    let mut record = rig.handle.envs().await.unwrap().remove(0);
    record.hooks = vec![
        hook("canary", HookEvent::Gate),
        hook("team", HookEvent::Switch),
    ];
    rig.handle.put_env(record, "test".to_owned()).await.unwrap();
    let refused = rig.send(request(gate("team"))).await.unwrap_err();
    assert_eq!(
        refused.code(),
        "unknown_hook",
        "told, never asked: {refused}"
    );
    rig.command(gate("canary")).await;
    let asked = rig.questions_rx.borrow().first().cloned().unwrap();
    let at = (asked.weight, asked.step, asked.steps);
    assert_eq!(at, (25, 0, 2), "at its point");
    let hold = HookAnswer::Hold {
        why: "slow".to_owned(),
    };
    rig.handle.verdict(verdict(&rig, hold)).await.unwrap();
    let shift = rig.status().await.rollout.shift.unwrap();
    let Phase::Held(hold) = shift.phase else {
        panic!("held")
    };
    assert_eq!(
        (hold.code(), shift.weight),
        ("hook-refused", Weight::new(25).unwrap()),
        "stays"
    );
    assert!(rig.questions_rx.borrow().is_empty(), "a person decides now");
    rig.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hook_that_says_no_takes_the_switch_back_and_is_in_the_journal() {
    let dir = TempDir::new().unwrap();
    let rig = guarded(dir.path()).await;
    rig.command(Command::switch()).await;
    let mut listener = rig.news.listen();
    let what = rig.handle.verdict(verdict(&rig, abort())).await.unwrap();
    assert!(matches!(what, What::Aborted(_)), "{what}");
    assert!(rig.status().await.rollout.shift.is_none(), "back");
    assert!(rig.questions_rx.borrow().is_empty(), "answered");
    let NewsKind::GateAnswered { heard, .. } = next(&mut listener) else {
        panic!("an answer")
    };
    assert_eq!(heard, Hearing::Heard, "it counted");
    let NewsKind::Moved(moved) = next(&mut listener) else {
        panic!("a transition")
    };
    assert_eq!(
        (moved.actor.as_str(), moved.acts),
        ("hook smoke", vec![HookEvent::Abort]),
        "by whom"
    );
    let journal = journal(dir.path());
    let told = journal.contains(r#""actor":"hook smoke","command":"gate abort: red""#);
    assert!(told, "{journal}");
    rig.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_late_verdict_of_an_older_shift_changes_nothing() {
    let dir = TempDir::new().unwrap();
    let rig = guarded(dir.path()).await;
    rig.command(Command::switch()).await;
    let late = verdict(&rig, abort());
    rig.command(Command::Abort).await;
    rig.command(Command::switch()).await;
    let (before, lines) = (rig.status().await.rollout, journal(dir.path()));
    let mut listener = rig.news.listen();
    let what = rig.handle.verdict(late).await.unwrap();
    assert_eq!(what, What::Nothing, "about another shift");
    assert_eq!(
        rig.status().await.rollout,
        before,
        "the record is as it was"
    );
    assert_eq!(journal(dir.path()), lines, "nothing is stored");
    let NewsKind::GateAnswered { heard, .. } = next(&mut listener) else {
        panic!("an answer")
    };
    assert_eq!(heard, Hearing::Late, "and that is told");
    silence(&mut listener);
    rig.stop().await;
}
