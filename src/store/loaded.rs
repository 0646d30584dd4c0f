//! What opening the store gives: the records, and whether more may be written.

use std::collections::BTreeMap;

use crate::routing::ids::EnvKey;
use crate::routing::model::EnvRecord;
use crate::routing::rollout::Record;

use super::Answer;

/// The stored state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Loaded {
    /// Env records.
    pub envs: BTreeMap<EnvKey, EnvRecord>,
    /// Rollout records.
    pub rollouts: BTreeMap<EnvKey, Record>,
    /// The most recent idempotency keys.
    pub answers: BTreeMap<String, Answer>,
    /// Number of the last entry in this state; 0 when there is none.
    pub seq: u64,
    /// Whether entries can be appended.
    pub mode: Mode,
    /// What was repaired or looks wrong, each with its file; for the log.
    pub warnings: Vec<String>,
}

/// Whether entries can be appended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Mode {
    /// The state is complete.
    ReadWrite,
    /// Something is damaged or newer than this program. Routing goes on with what could be read;
    /// [`append`](super::Store::append) refuses.
    ReadOnly {
        /// File, place, and the way out.
        reason: String,
    },
}
