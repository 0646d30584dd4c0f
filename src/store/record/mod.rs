//! The types of the files, field by field as `docs/state.md` lists them, and the way from and to the live types.
//!
//! Encoding is total; decoding checks every name and number again and says what it does not accept. Fields that
//! are absent in a file have the empty value. These types change only together with the schema number.

mod entry;
mod env;
mod hook;
mod plan;
mod rollout;
mod shift;

use thiserror::Error;

use crate::routing::ids::{EnvKey, IdError};
use crate::routing::plan::{MatchError, PlanError, WeightError};

pub(super) use entry::{Answer, Header, Line};
pub(super) use env::Env;
pub(super) use rollout::Rollout;

/// A value that no version of this program writes.
#[derive(Debug, Error)]
pub(super) enum RecordError {
    #[error("env {0:?} is not written as app/env")]
    Key(String),
    #[error(transparent)]
    Id(#[from] IdError),
    #[error(transparent)]
    Weight(#[from] WeightError),
    #[error(transparent)]
    Plan(#[from] PlanError),
    #[error(transparent)]
    Match(#[from] MatchError),
    #[error("a shift is at step {step} of a plan with {steps} steps")]
    Step { step: usize, steps: usize },
}

fn parse_key(text: &str) -> Result<EnvKey, RecordError> {
    let (app, env) = text
        .split_once('/')
        .ok_or_else(|| RecordError::Key(text.to_owned()))?;
    Ok(EnvKey::parse(app, env)?)
}
