//! Verbs as they are asked for together, and what is answered. One verb is a list of one.

use crate::routing::ids::{EnvKey, Revision, Version};
use crate::routing::rollout::Command;
use crate::routing::table::{Changes, EnvStatus};

use super::handle::CommandRequest;

/// Verbs that are carried out together or not at all.
#[derive(Clone, Debug)]
pub struct Transitions {
    /// In order; at least one.
    pub items: Vec<Transition>,
    /// Repeating a key repeats the answer, not the effect.
    pub idempotency_key: Option<String>,
    /// Only say what would happen.
    pub dry_run: bool,
    /// Who asks, for the audit log.
    pub actor: String,
}

/// One of them.
#[derive(Clone, Debug)]
pub struct Transition {
    /// Which env.
    pub key: EnvKey,
    /// What to do.
    pub command: Command,
    /// Only if the record has this generation when it is its turn.
    pub if_match: Option<u64>,
}

/// Accepted verbs: durable, and published.
#[derive(Clone, Debug)]
pub struct AcceptedAll {
    /// What became of each.
    pub done: Vec<Done>,
    /// The envs afterwards, each once, in the order in which they came up.
    pub envs: Vec<EnvStatus>,
    /// The one revision that carries all.
    pub revision: Revision,
    /// Of a dry run: what would change in the document.
    pub changes: Option<Changes>,
}

/// What became of one verb.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Done {
    /// The env.
    pub key: EnvKey,
    /// Its generation afterwards.
    pub generation: u64,
    /// The version that lost its slot.
    pub displaced: Option<Version>,
}

impl From<CommandRequest> for Transitions {
    fn from(request: CommandRequest) -> Self {
        Self {
            items: vec![Transition {
                key: request.key,
                command: request.command,
                if_match: request.if_match,
            }],
            idempotency_key: request.idempotency_key,
            dry_run: request.dry_run,
            actor: request.actor,
        }
    }
}

impl Transitions {
    /// As an operator would type them; env by env, when there are several.
    pub(super) fn words(&self) -> String {
        let words = self.items.iter().map(|item| item.command.to_string());
        self.joined(words)
    }

    /// A text for each of them, on one line.
    pub(super) fn joined(&self, texts: impl Iterator<Item = String>) -> String {
        let is_one = self.items.len() == 1;
        let named = self.items.iter().zip(texts).map(|(item, text)| {
            if is_one {
                text
            } else {
                format!("{}: {text}", item.key)
            }
        });
        named.collect::<Vec<_>>().join("; ")
    }

    /// Their envs, each once.
    pub(super) fn keys(&self) -> Vec<EnvKey> {
        let mut keys: Vec<EnvKey> = Vec::new();
        for item in &self.items {
            if !keys.contains(&item.key) {
                keys.push(item.key.clone());
            }
        }
        keys
    }
}
