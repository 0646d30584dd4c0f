//! The other side of the reconciler's door: answers what a test tells it to, and keeps what it was asked.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use pointsman::reconciler::{
    Accepted, AcceptedAll, CommandError, CommandRequest, Handle, Request, Transitions, Turn,
    handle_channel,
};
use pointsman::routing::ids::{EnvKey, Revision, Slot, Version};
use pointsman::routing::model::{EnvRecord, Origin};
use pointsman::routing::rollout::{Placed, Record, Refusal, Slots, What};
use pointsman::routing::table::{EnvStatus, Share};
use pointsman::routing::time::Timestamp;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;

type Answer = Result<Accepted, CommandError>;

pub(crate) struct FakeReconciler {
    turns: watch::Sender<Turn>,
    shared: Arc<Mutex<Shared>>,
}

#[derive(Default)]
struct Shared {
    answers: VecDeque<Answer>,
    asked: Vec<CommandRequest>,
    all: VecDeque<Result<AcceptedAll, CommandError>>,
    asked_together: Vec<Transitions>,
    put: Vec<(EnvRecord, String)>,
    status: Option<EnvStatus>,
}

pub(crate) fn key() -> EnvKey {
    EnvKey::parse("whoami", "dev").unwrap()
}

/// v1 active in blue, v2 in green, generation 5.
pub(crate) fn status() -> EnvStatus {
    let placed = |version| Placed {
        version: Version::parse(version).unwrap(),
        placed_generation: 1,
        failed: None,
    };
    EnvStatus {
        env: EnvRecord::new(key(), "dev.example.com", Origin::Api, Timestamp::ZERO),
        rollout: Record {
            generation: 5,
            slots: Slots {
                blue: Some(placed("v1")),
                green: Some(placed("v2")),
            },
            active: Some(Slot::Blue),
            ..Record::default()
        },
        stacks: vec![],
        effective: Share {
            blue: 100,
            green: 0,
        },
        live_urls: vec!["http://whoami.dev.example.com".to_owned()],
        staged_urls: vec![],
        now: Timestamp::ZERO,
    }
}

pub(crate) fn accepted(revision: Revision) -> Accepted {
    Accepted {
        status: status(),
        revision,
        displaced: None,
        changes: None,
    }
}

pub(crate) fn not_ready(retry_after_ms: Option<u64>) -> CommandError {
    CommandError::Refused {
        refusal: Refusal::NotReady {
            version: Version::parse("v2").unwrap(),
            reason: "healthy for 4 of 10 s".to_owned(),
            ready_at: None,
        },
        state: "steady",
        retry_after_ms,
    }
}

impl FakeReconciler {
    pub(crate) fn start(tasks: &mut JoinSet<()>) -> (Self, Handle) {
        let (handle, requests, turns) = handle_channel();
        let shared = Arc::new(Mutex::new(Shared {
            status: Some(status()),
            ..Shared::default()
        }));
        tasks.spawn(serve(requests, Arc::clone(&shared)));
        (Self { turns, shared }, handle)
    }

    /// What the next command is answered; commands beyond are refused as not ready.
    pub(crate) fn will(&self, answer: Answer) {
        self.shared.lock().unwrap().answers.push_back(answer);
    }

    pub(crate) fn set_status(&self, status: Option<EnvStatus>) {
        self.shared.lock().unwrap().status = status;
    }

    pub(crate) fn turn(&self) {
        self.turns.send_modify(|turn| turn.count += 1);
    }

    pub(crate) fn sync(&self) {
        self.turns.send_modify(|turn| turn.synced = true);
    }

    pub(crate) fn asked(&self) -> Vec<CommandRequest> {
        self.shared.lock().unwrap().asked.clone()
    }

    /// What the next list of commands is answered.
    pub(crate) fn will_all(&self, answer: Result<AcceptedAll, CommandError>) {
        self.shared.lock().unwrap().all.push_back(answer);
    }

    pub(crate) fn asked_together(&self) -> Vec<Transitions> {
        self.shared.lock().unwrap().asked_together.clone()
    }

    pub(crate) fn put(&self) -> Vec<(EnvRecord, String)> {
        self.shared.lock().unwrap().put.clone()
    }
}

async fn serve(mut requests: mpsc::Receiver<Request>, shared: Arc<Mutex<Shared>>) {
    while let Some(request) = requests.recv().await {
        let mut shared = shared.lock().unwrap();
        // a caller that has gone away does not want its answer
        match request {
            Request::Command(command, reply) => {
                shared.asked.push(*command);
                let answer = shared.answers.pop_front();
                drop(reply.send(answer.unwrap_or_else(|| Err(not_ready(None)))));
            }
            Request::Transitions(asked, reply) => {
                let refused = shared.all.pop_front();
                shared.asked_together.push(*asked);
                drop(reply.send(refused.unwrap_or_else(|| Err(not_ready(None)))));
            }
            Request::PutEnv(record, actor, reply) => {
                shared.put.push(((*record).clone(), actor));
                drop(reply.send(Ok(*record)));
            }
            Request::RemoveEnv(key, _, reply) => drop(reply.send(Err(CommandError::InUse {
                key,
                why: "a slot is filled".to_owned(),
            }))),
            Request::Envs(reply) => {
                let envs = shared.status.iter().map(|status| status.env.clone());
                drop(reply.send(envs.collect()));
            }
            Request::Status(asked, reply) => {
                let status = shared.status.clone().filter(|s| s.env.key == asked);
                drop(reply.send(status));
            }
            Request::Statuses(reply) => {
                let statuses = shared.status.iter().cloned();
                drop(reply.send(statuses.collect()));
            }
            Request::Verdict(_, reply) => drop(reply.send(Ok(What::Nothing))),
            Request::Hooks(_, reply) => drop(reply.send(vec![])),
            Request::History(_, _, reply) => drop(reply.send(None)),
            Request::Stacks(reply) => drop(reply.send(vec![])),
            Request::Diagnostics(reply) => drop(reply.send(vec![])),
        }
    }
}
