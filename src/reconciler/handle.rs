//! The door for everyone who wants something of the reconciler: a bounded queue and a reply for each request.

use thiserror::Error;
use tokio::sync::{mpsc, oneshot, watch};

use crate::routing::ids::{EnvKey, Revision, Version};
use crate::routing::model::{Diagnostic, EnvRecord, Hook, Usage};
use crate::routing::rollout::{Command, Refusal, Verdict, What};
use crate::routing::table::{Changes, EnvStatus, StackStatus};
use crate::routing::time::Timestamp;
use crate::store::{self, HistoryEntry, Trouble};

use super::asked::{AcceptedAll, Transitions};
use super::gc::{GcOutcome, GcRequest};
use super::requests::chain;

/// How many requests may wait.
const QUEUE: usize = 64;

/// A verb on one env.
#[derive(Clone, Debug)]
pub struct CommandRequest {
    /// Which env.
    pub key: EnvKey,
    /// What to do.
    pub command: Command,
    /// Only if the record still has this generation.
    pub if_match: Option<u64>,
    /// Repeating a key repeats the answer, not the effect.
    pub idempotency_key: Option<String>,
    /// Only say what would happen.
    pub dry_run: bool,
    /// Who asks, for the audit log.
    pub actor: String,
}

/// What a hook said about one env.
#[derive(Clone, Debug)]
pub struct VerdictRequest {
    /// Which env.
    pub key: EnvKey,
    /// What it said.
    pub verdict: Verdict,
}

/// An accepted verb: durable, and published.
#[derive(Clone, Debug)]
pub struct Accepted {
    /// The env afterwards.
    pub status: EnvStatus,
    /// The revision that carries it.
    pub revision: Revision,
    /// The version that lost its slot.
    pub displaced: Option<Version>,
    /// Of a dry run: what would change in the document.
    pub changes: Option<Changes>,
}

/// A request that was not carried out. Nothing changed.
#[derive(Debug, Error)]
pub enum CommandError {
    /// No complete Docker list has been seen yet.
    #[error("not ready: the first complete list of containers has not been read yet")]
    NotSynced,
    /// No record of this env.
    #[error("env {0} is unknown: create it with `pointsman env apply` or a pointsman.domain label")]
    UnknownEnv(EnvKey),
    /// `If-Match` named another generation.
    #[error("the record of {key} is at generation {current}, not {given}")]
    Stale {
        /// Which env.
        key: EnvKey,
        /// What `If-Match` said.
        given: u64,
        /// What it is.
        current: u64,
    },
    /// The idempotency key was used for something else.
    #[error("idempotency key {0:?} was used for another command")]
    KeyReused(String),
    /// The state machine forbids it.
    #[error("{refusal}")]
    Refused {
        /// Why.
        refusal: Refusal,
        /// The env's state.
        state: &'static str,
        /// How long until it would be accepted if nothing changes, in milliseconds; only for "not yet".
        retry_after_ms: Option<u64>,
    },
    /// The env cannot be removed.
    #[error("env {key} is in use: {why}")]
    InUse {
        /// Which.
        key: EnvKey,
        /// By what.
        why: String,
    },
    /// The command could not be made durable, so it was not carried out.
    #[error("the command could not be stored and was not carried out: {0}")]
    Store(String),
    /// One of several was not carried out, so none was.
    #[error("item {index}: {error}")]
    Item {
        /// Which, counted from 0.
        index: usize,
        /// Why.
        error: Box<Self>,
    },
    /// The same, because no space is left.
    #[error("the command could not be stored and was not carried out: {0}")]
    StorageFull(String),
    /// The same, because the file system is read-only.
    #[error("the command could not be stored and was not carried out: {0}")]
    StorageReadOnly(String),
    /// Nothing can be stored because of what is stored: damage, or a later schema. Names file, place and way out.
    #[error("the command was not carried out: {0}")]
    StateReadOnly(String),
    /// A stack that is not to be removed.
    #[error("{version} is not removed: {why}")]
    Guarded {
        /// Which.
        version: Version,
        /// Why not.
        why: String,
    },
    /// Somebody says which pull requests are open, and nobody wants to know.
    #[error(
        "{0} has no rule for pull requests, so which are open changes nothing: give its record `[retention]` with \
         `pull_requests = \"pr-\"`, the beginning of their versions"
    )]
    NoPullRequestRule(EnvKey),
    /// Docker does not answer, so what runs is not known.
    #[error("Docker does not answer, so nothing is removed")]
    DockerAway,
    /// The daemon is shutting down.
    #[error("shutting down")]
    Stopped,
}

impl CommandError {
    /// Stable code for machines.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::NotSynced => "not_synced",
            Self::UnknownEnv(_) => "unknown_env",
            Self::Stale { .. } => "stale",
            Self::KeyReused(_) => "key_reused",
            Self::Refused { refusal, .. } => refusal.code(),
            Self::InUse { .. } => "in_use",
            Self::Store(_) => "store",
            Self::StorageFull(_) => "storage_full",
            Self::StorageReadOnly(_) => "storage_read_only",
            Self::StateReadOnly(_) => "state_read_only",
            Self::Item { error, .. } => error.code(),
            Self::Guarded { .. } => "guarded",
            Self::NoPullRequestRule(_) => "no_pull_request_rule",
            Self::DockerAway => "docker_away",
            Self::Stopped => "stopped",
        }
    }
}

impl CommandError {
    /// It is about this one of several.
    pub(super) fn at(self, index: usize) -> Self {
        Self::Item {
            index,
            error: Box::new(self),
        }
    }

    /// Which of several it is about, and the error itself.
    pub(super) fn place(&self) -> (usize, &Self) {
        if let Self::Item { index, error } = self {
            return (*index, error);
        }
        (0, self)
    }

    /// There was only one.
    pub(super) fn of_one(self) -> Self {
        if let Self::Item { error, .. } = self {
            return *error;
        }
        self
    }
}

impl From<store::Error> for CommandError {
    fn from(error: store::Error) -> Self {
        let text = chain(&error);
        match error.trouble() {
            Trouble::Full => Self::StorageFull(text),
            Trouble::ReadOnlyFileSystem => Self::StorageReadOnly(text),
            Trouble::State => Self::StateReadOnly(text),
            Trouble::Other => Self::Store(text),
        }
    }
}

/// What the queue carries.
#[derive(Debug)]
pub enum Request {
    /// A verb.
    Command(
        Box<CommandRequest>,
        oneshot::Sender<Result<Accepted, CommandError>>,
    ),
    /// What a hook said.
    Verdict(
        Box<VerdictRequest>,
        oneshot::Sender<Result<What, CommandError>>,
    ),
    /// Verbs that are carried out together or not at all.
    Transitions(
        Box<Transitions>,
        oneshot::Sender<Result<AcceptedAll, CommandError>>,
    ),
    /// Write an env record; `created_at` and `origin` of an existing one are kept by the reconciler's rules.
    PutEnv(
        Box<EnvRecord>,
        String,
        oneshot::Sender<Result<EnvRecord, CommandError>>,
    ),
    /// Remove an env record.
    RemoveEnv(EnvKey, String, oneshot::Sender<Result<(), CommandError>>),
    /// The hooks of an env.
    Hooks(EnvKey, oneshot::Sender<Vec<Hook>>),
    /// All env records.
    Envs(oneshot::Sender<Vec<EnvRecord>>),
    /// One env.
    Status(EnvKey, oneshot::Sender<Option<EnvStatus>>),
    /// All envs.
    Statuses(oneshot::Sender<Vec<EnvStatus>>),
    /// The latest so many commands of one env, the newest first.
    History(EnvKey, usize, oneshot::Sender<Option<Vec<HistoryEntry>>>),
    /// All stacks.
    Stacks(oneshot::Sender<Vec<StackStatus>>),
    /// What the retention policies let go.
    Gc(
        Box<GcRequest>,
        oneshot::Sender<Result<GcOutcome, CommandError>>,
    ),
    /// What containers and images use; the Docker station answers, and nobody when it has too much to do.
    Usage(oneshot::Sender<Usage>),
    /// All findings.
    Diagnostics(oneshot::Sender<Vec<Diagnostic>>),
}

/// A cloneable door.
#[derive(Clone, Debug)]
pub struct Handle {
    requests: mpsc::Sender<Request>,
    turns: watch::Receiver<Turn>,
}

/// Which turn of the reconciler's loop this is; a new one means that something may have changed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Turn {
    /// Counts changes of facts or records.
    pub count: u64,
    /// The first complete list was seen.
    pub synced: bool,
    /// When the reconciler saw it.
    pub at: Timestamp,
}

/// A door and the other side of it.
pub fn handle_channel() -> (Handle, mpsc::Receiver<Request>, watch::Sender<Turn>) {
    let (requests_tx, requests_rx) = mpsc::channel(QUEUE);
    let (turns_tx, turns_rx) = watch::channel(Turn::default());
    (
        Handle {
            requests: requests_tx,
            turns: turns_rx,
        },
        requests_rx,
        turns_tx,
    )
}

impl Handle {
    /// Carries out a verb; when this returns `Ok`, it is durable and published.
    pub async fn command(&self, request: CommandRequest) -> Result<Accepted, CommandError> {
        self.ask(|reply| Request::Command(Box::new(request), reply))
            .await?
    }

    /// Hands in what a hook said; gives what came of it.
    pub async fn verdict(&self, request: VerdictRequest) -> Result<What, CommandError> {
        self.ask(|reply| Request::Verdict(Box::new(request), reply))
            .await?
    }

    /// The hooks of an env; none when it has no record.
    pub async fn hooks(&self, key: EnvKey) -> Result<Vec<Hook>, CommandError> {
        self.ask(|reply| Request::Hooks(key, reply)).await
    }

    /// Carries out several verbs, or none; when this returns `Ok`, they are durable and published.
    pub async fn transitions(&self, asked: Transitions) -> Result<AcceptedAll, CommandError> {
        self.ask(|reply| Request::Transitions(Box::new(asked), reply))
            .await?
    }

    /// Writes an env record.
    pub async fn put_env(
        &self,
        record: EnvRecord,
        actor: String,
    ) -> Result<EnvRecord, CommandError> {
        self.ask(|reply| Request::PutEnv(Box::new(record), actor, reply))
            .await?
    }

    /// Removes an env record.
    pub async fn remove_env(&self, key: EnvKey, actor: String) -> Result<(), CommandError> {
        self.ask(|reply| Request::RemoveEnv(key, actor, reply))
            .await?
    }

    /// All env records.
    pub async fn envs(&self) -> Result<Vec<EnvRecord>, CommandError> {
        self.ask(Request::Envs).await
    }

    /// One env; `None` when it has no record.
    pub async fn status(&self, key: EnvKey) -> Result<Option<EnvStatus>, CommandError> {
        self.ask(|reply| Request::Status(key, reply)).await
    }

    /// All envs.
    pub async fn statuses(&self) -> Result<Vec<EnvStatus>, CommandError> {
        self.ask(Request::Statuses).await
    }

    /// The latest so many commands of one env, the newest first; `None` when it has no record and never had one.
    pub async fn history(
        &self,
        key: EnvKey,
        limit: usize,
    ) -> Result<Option<Vec<HistoryEntry>>, CommandError> {
        self.ask(|reply| Request::History(key, limit, reply)).await
    }

    /// All stacks.
    pub async fn stacks(&self) -> Result<Vec<StackStatus>, CommandError> {
        self.ask(Request::Stacks).await
    }

    /// What the retention policies let go; carried out when that is asked.
    pub async fn gc(&self, request: GcRequest) -> Result<GcOutcome, CommandError> {
        self.ask(|reply| Request::Gc(Box::new(request), reply))
            .await?
    }

    /// What containers and images use. May take seconds; what could not be found out in time is missing.
    pub async fn usage(&self) -> Usage {
        self.ask(Request::Usage).await.unwrap_or_default()
    }

    /// All findings.
    pub async fn diagnostics(&self) -> Result<Vec<Diagnostic>, CommandError> {
        self.ask(Request::Diagnostics).await
    }

    /// Has the first complete list of containers been seen.
    pub fn is_synced(&self) -> bool {
        self.turns.borrow().synced
    }

    /// A receiver that wakes whenever facts or records changed.
    pub fn turns(&self) -> watch::Receiver<Turn> {
        self.turns.clone()
    }

    async fn ask<T>(
        &self,
        request: impl FnOnce(oneshot::Sender<T>) -> Request,
    ) -> Result<T, CommandError> {
        let (reply_tx, reply_rx) = oneshot::channel();
        self.requests
            .send(request(reply_tx))
            .await
            .map_err(|_closed| CommandError::Stopped)?;
        reply_rx.await.map_err(|_dropped| CommandError::Stopped)
    }
}
