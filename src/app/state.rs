//! Opens the state directory, and says what was found there.

use std::path::Path;

use anyhow::Context as _;

use crate::store::{Loaded, Mode, Store, Trouble};

use super::StateUnreadable;

/// The store and what it remembers. Only what is stored makes it unreadable; another daemon, a missing permission or
/// a failing disk are another matter, and a disk that is full or read-only is none.
pub(super) fn open(dir: &Path) -> anyhow::Result<(Store, Loaded)> {
    let opened = match Store::open(dir) {
        Err(error) if error.trouble() == Trouble::State => Err(error).context(StateUnreadable),
        other => other.context("cannot open the state directory"),
    };
    let (store, loaded) = opened?;
    report(&loaded);
    Ok((store, loaded))
}

fn report(loaded: &Loaded) {
    for warning in &loaded.warnings {
        tracing::warn!("{warning}");
    }
    if let Mode::ReadOnly { reason } = &loaded.mode {
        tracing::error!(
            "the stored state is read-only, commands are refused, routing goes on: {reason}"
        );
    }
}
