//! `export`: the last confirmed document as a file for Traefik's file provider, without a daemon.

use std::path::Path;

use clap::Args;

use crate::fallback::{self, Choice};
use crate::routing::ids::{EnvKey, Slot};
use crate::store;

use super::failure::{Failure, Outcome};
use super::{exit, output, state};

/// Examples at the end of its help.
pub(super) const EXAMPLES: &str = "\
Examples:
  pointsman export > /etc/traefik/pointsman.yml            what every Traefik confirmed last
  pointsman export --slot whoami/dev=other                 with the other slot live
  pointsman export --state-dir COPY --slot whoami/dev=blue

It needs no daemon: it reads the state directory. Its routers stand below all others, so Traefik may keep the file
when Pointsman is back.";

/// Arguments of `export`.
#[derive(Args, Clone, Debug)]
pub(super) struct ExportArgs {
    #[command(flatten)]
    directory: state::Directory,
    /// Make another slot live in an env: blue, green or other (repeatable)
    #[arg(long, value_name = "APP/ENV=SLOT")]
    slot: Vec<String>,
}

/// One `--slot`.
struct Wish {
    key: EnvKey,
    /// `None`: the other one.
    slot: Option<Slot>,
}

/// Runs the verb.
pub(super) fn run(args: &ExportArgs) -> Outcome {
    let dir = args.directory.path()?;
    let path = dir.join(fallback::LAST_GOOD);
    let mut document = std::fs::read(&path).map_err(|error| {
        Failure::unexpected(format!("cannot read {}: {error}", path.display()))
            .next("it is there once every Traefik has confirmed a document; --state-dir names the directory")
    })?;
    let wishes: Vec<Wish> = args
        .slot
        .iter()
        .map(|text| wish(text))
        .collect::<Result<_, _>>()?;
    if !wishes.is_empty() {
        let loaded = store::peek(&dir).map_err(|error| state::failure(&error))?;
        for wish in wishes {
            let choice = choice(&wish, &loaded)?;
            document = fallback::choose(&document, &choice)
                .map_err(|error| Failure::unexpected(error.to_string()))?;
        }
    }
    let file = fallback::for_file_provider(&document);
    let file = file.map_err(|error| unreadable(&path, &error))?;
    output::print(&String::from_utf8_lossy(&file))?;
    Ok(exit::DONE)
}

fn unreadable(path: &Path, error: &dyn std::error::Error) -> Failure {
    Failure::new(
        exit::STATE_UNREADABLE,
        format!("{}: {error}", path.display()),
    )
}

fn wish(text: &str) -> Result<Wish, Failure> {
    let wrong = || {
        Failure::usage(format!("--slot {text:?} is not APP/ENV=SLOT"))
            .next("e.g. --slot whoami/dev=other; the slot is blue, green or other")
    };
    let (env, slot) = text.split_once('=').ok_or_else(wrong)?;
    let (app, env) = env.split_once('/').ok_or_else(wrong)?;
    let key = EnvKey::parse(app, env).map_err(|_error| wrong())?;
    let slot = match slot {
        "blue" => Some(Slot::Blue),
        "green" => Some(Slot::Green),
        "other" => None,
        _ => return Err(wrong()),
    };
    Ok(Wish { key, slot })
}

fn choice(wish: &Wish, loaded: &store::Loaded) -> Result<Choice, Failure> {
    let record = loaded.rollouts.get(&wish.key).ok_or_else(|| {
        Failure::new(
            exit::REFUSED,
            format!("there is no env {} in the stored state", wish.key),
        )
    })?;
    let slot = wish.slot.unwrap_or_else(|| record.other_slot());
    let placed = record.slots.get(slot).ok_or_else(|| {
        Failure::new(
            exit::REFUSED,
            format!("slot {} of {} is empty", slot.as_str(), wish.key),
        )
    })?;
    Ok(Choice {
        key: wish.key.clone(),
        version: placed.version.clone(),
    })
}
