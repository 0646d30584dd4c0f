//! Who is looked at when, with a reconciler that only says what it was asked.

use std::collections::BTreeMap;
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::time::Instant;

use super::{DISK, Diary, LOOK};
use crate::reconciler::{CommandError, GcOutcome, GcStack, Handle, Request, handle_channel};
use crate::routing::ids::{EnvKey, Revision, Version};
use crate::routing::model::{EnvRecord, Origin, Retention, Upkeep, Usage};
use crate::routing::retention::{Cause, Fate, Verdict};
use crate::routing::time::Timestamp;

const MARK: u64 = 1000;
const HOUR: Duration = Duration::from_hours(1);

fn key(app: &str) -> EnvKey {
    EnvKey::parse(app, "dev").unwrap()
}

fn record(app: &str, when: Upkeep) -> EnvRecord {
    EnvRecord {
        retention: Some(Retention {
            max_disk_bytes: Some(MARK),
            when,
            ..Retention::default()
        }),
        ..EnvRecord::new(
            key(app),
            "example.com".to_owned(),
            Origin::Api,
            Timestamp::ZERO,
        )
    }
}

/// One stack that goes, and what would be free without it.
fn outcome(key: EnvKey) -> GcOutcome {
    let verdict = Verdict {
        key,
        version: Version::parse("v1").unwrap(),
        fate: Fate::Goes(Cause::Retired),
    };
    let stack = GcStack {
        verdict,
        slot: None,
        created: 0,
        frees_bytes: Some(100),
        memory_bytes: None,
    };
    GcOutcome {
        stacks: vec![stack],
        removals: Vec::new(),
        revision: Revision(0),
        now: Timestamp::ZERO,
    }
}

/// Envs, and what they were asked: by app, what the disk held then.
struct Desk {
    diary: Diary,
    handle: Handle,
    requests: mpsc::Receiver<Request>,
    began: Instant,
    envs: Vec<EnvRecord>,
    disk_bytes: Option<u64>,
    refuses: bool,
}

impl Desk {
    fn with(envs: &[EnvRecord]) -> Self {
        let (handle, requests, _turns) = handle_channel();
        let began = Instant::now();
        Self {
            diary: Diary::new(None, began),
            handle,
            requests,
            began,
            envs: envs.to_vec(),
            disk_bytes: Some(MARK * 2),
            refuses: false,
        }
    }

    /// So long after the start.
    async fn look(&mut self, after: Duration) -> BTreeMap<String, Option<u64>> {
        let mut asked = BTreeMap::new();
        let looking = self.diary.look(&self.handle, self.began + after);
        tokio::pin!(looking);
        loop {
            let request = tokio::select! {
                () = &mut looking => return asked,
                request = self.requests.recv() => request.unwrap(),
            };
            if let Request::Envs(reply) = request {
                reply.send(self.envs.clone()).unwrap();
            } else if let Request::Usage(reply) = request {
                let disk_bytes = self.disk_bytes;
                let usage = Usage {
                    disk_bytes,
                    ..Usage::default()
                };
                reply.send(usage).unwrap();
            } else if let Request::Gc(request, reply) = request {
                let key = request.scope.unwrap();
                let held = request.usage.and_then(|usage| usage.disk_bytes);
                asked.insert(key.app.to_string(), held);
                let answer = if self.refuses {
                    Err(CommandError::DockerAway)
                } else {
                    Ok(outcome(key))
                };
                assert!(reply.send(answer).is_ok(), "somebody waits for it");
            }
        }
    }
}

fn seen(asked: &[(&str, Option<u64>)]) -> BTreeMap<String, Option<u64>> {
    let asked = asked.iter();
    asked
        .map(|(app, held)| ((*app).to_owned(), *held))
        .collect()
}

// Each env asked for itself, at most every ten minutes in all: the first one took every turn.
#[tokio::test]
async fn one_look_at_the_disk_is_for_all_envs() {
    let mut desk = Desk::with(&[record("a", Upkeep::Deploy), record("b", Upkeep::Deploy)]);
    let both = seen(&[("a", Some(2000)), ("b", Some(1900))]);
    assert_eq!(desk.look(LOOK).await, both, "less what goes already");
    let neither = seen(&[("a", None), ("b", None)]);
    assert_eq!(desk.look(LOOK * 2).await, neither, "not so soon again");
    assert_eq!(desk.look(LOOK + DISK).await, both, "ten minutes later");
}

#[tokio::test]
async fn an_env_that_looks_seldom_waits_for_what_it_wants_to_know() {
    let day = Upkeep::Every(24 * 3_600_000);
    let mut desk = Desk::with(&[record("a", Upkeep::Deploy)]);
    desk.look(LOOK).await;
    desk.envs.push(record("b", day));
    assert_eq!(desk.look(LOOK * 2).await, seen(&[("a", None)]), "not yet");
    let both = seen(&[("a", Some(2000)), ("b", Some(1900))]);
    assert_eq!(desk.look(LOOK + DISK).await, both, "with the next look");
    let alone = desk.look(LOOK + DISK * 2).await;
    assert_eq!(alone, seen(&[("a", Some(2000))]), "once a day");
}

// A look that failed counted as one: the next came a day later.
#[tokio::test]
async fn what_could_not_be_done_is_tried_again_soon_and_then_less_often() {
    let day = Upkeep::Every(24 * 3_600_000);
    let mut plain = record("a", day);
    plain.retention.as_mut().unwrap().max_disk_bytes = None;
    let mut desk = Desk::with(&[plain]);
    desk.refuses = true;
    let mut at = LOOK;
    for pause in [1, 2, 4, 8, 16, 32, 60, 60] {
        assert_eq!(desk.look(at).await, seen(&[("a", None)]), "after {at:?}");
        let pause = Duration::from_mins(pause);
        let early = desk.look(at + pause / 2).await;
        assert_eq!(early, seen(&[]), "not before {pause:?}");
        at += pause;
    }
    desk.refuses = false;
    assert_eq!(desk.look(at).await, seen(&[("a", None)]), "it works");
    assert_eq!(desk.look(at + HOUR).await, seen(&[]), "once a day");
}

#[tokio::test]
async fn a_disk_that_nobody_could_look_at_is_looked_at_again() {
    let mut desk = Desk::with(&[record("a", Upkeep::Every(24 * 3_600_000))]);
    desk.disk_bytes = None;
    assert_eq!(desk.look(LOOK).await, seen(&[("a", None)]), "not known");
    desk.disk_bytes = Some(MARK);
    let again = desk.look(LOOK + DISK).await;
    assert_eq!(again, seen(&[("a", Some(MARK))]), "now it is");
}
