//! Compose projects: what `docker compose` makes of files, what of it cannot run twice, and what a deployment lays over it.
//!
//! Compose reads the files (`Composition`), so that variables, includes, extensions and env files count as they do for its
//! user. `twice` judges what it read (`project`), `overlay` writes a further file that goes in by standard input.

mod composition;
pub(super) mod overlay;
pub(super) mod project;
pub(super) mod twice;

pub(super) use composition::{Composition, Read, masked, shown};
