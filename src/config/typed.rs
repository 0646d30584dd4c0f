//! One setting to one type: words, truths, addresses, durations, paths, lists and secrets.
//!
//! Every function gives the default when nothing is set, and an error that names the setting and its origin
//! when what is set does not parse.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::str::FromStr as _;
use std::time::Duration;

use crate::go_duration;

use super::layers::{Layers, Setting};
use super::{Error, Secret, secret};

/// One of several words.
pub(super) fn choice<T: Copy + Default>(
    layers: &Layers<'_>,
    name: &str,
    choices: &[(&str, T)],
) -> Result<T, Error> {
    let Some(setting) = layers.get(name) else {
        return Ok(T::default());
    };
    let found = choices.iter().find(|(word, _)| *word == setting.text());
    found.map(|(_, value)| *value).ok_or_else(|| {
        let words: Vec<&str> = choices.iter().map(|(word, _)| *word).collect();
        setting.invalid(format!(
            "{:?} must be one of {}",
            setting.text(),
            words.join(", ")
        ))
    })
}

/// `true` or `false`.
pub(super) fn truth(layers: &Layers<'_>, name: &str) -> Result<Option<bool>, Error> {
    let Some(setting) = layers.get(name) else {
        return Ok(None);
    };
    bool::from_str(setting.text())
        .map(Some)
        .map_err(|_cause| setting.invalid(format!("{:?} must be true or false", setting.text())))
}

/// An address to listen on.
pub(super) fn address(
    layers: &Layers<'_>,
    name: &str,
    default_port: u16,
) -> Result<SocketAddr, Error> {
    let Some(setting) = layers.get(name) else {
        return Ok((Ipv4Addr::LOCALHOST, default_port).into());
    };
    SocketAddr::from_str(setting.text()).map_err(|_cause| {
        setting.invalid(format!(
            "{:?} is no address to listen on: write IP:PORT, e.g. 127.0.0.1:{default_port} or [::1]:{default_port}",
            setting.text()
        ))
    })
}

/// A duration as Go writes it.
pub(super) fn duration(
    layers: &Layers<'_>,
    name: &str,
    default: Duration,
) -> Result<Duration, Error> {
    let Some(setting) = layers.get(name) else {
        return Ok(default);
    };
    go_duration::parse(setting.text()).map_err(|cause| setting.invalid(cause.to_string()))
}

/// A path that is not empty.
pub(super) fn path(layers: &Layers<'_>, name: &str) -> Result<Option<PathBuf>, Error> {
    match layers.get(name) {
        Some(setting) if setting.text().is_empty() => Err(setting.invalid("must not be empty")),
        setting => Ok(setting.map(|setting| setting.text().into())),
    }
}

/// Several texts, each checked by `problem`.
pub(super) fn list(
    layers: &Layers<'_>,
    name: &str,
    problem: impl Fn(&str) -> Option<String>,
) -> Result<Vec<String>, Error> {
    let Some(setting) = layers.get(name) else {
        return Ok(Vec::new());
    };
    match setting.values.iter().find_map(|value| problem(value)) {
        Some(problem) => Err(setting.invalid(problem)),
        None => Ok(setting.values),
    }
}

/// A bearer token from the file that the setting names.
pub(super) fn token(
    layers: &Layers<'_>,
    name: &str,
    warnings: &mut Vec<String>,
) -> Result<Option<Secret>, Error> {
    let Some(setting) = layers.get(name) else {
        return Ok(None);
    };
    token_of(&setting, warnings).map(Some)
}

/// The bearer token in the file that the setting names, checked.
pub(super) fn token_of(setting: &Setting, warnings: &mut Vec<String>) -> Result<Secret, Error> {
    let token = secret_file(setting, warnings)?;
    match secret::token_problem(&token) {
        Some(problem) => Err(setting.invalid(format!("{}: {problem}", setting.text()))),
        None => Ok(token),
    }
}

/// The content of the file that the setting names; warns when others can read it.
pub(super) fn secret_file(setting: &Setting, warnings: &mut Vec<String>) -> Result<Secret, Error> {
    let file = PathBuf::from(setting.text());
    let read = secret::read(&file).map_err(|cause| setting.unreadable(&file, cause))?;
    if read.world_readable {
        warnings.push(format!(
            "{} is readable by every user of this machine: chmod 600 it",
            file.display()
        ));
    }
    if read.secret.expose().is_empty() {
        return Err(setting.invalid(format!("{} is empty", file.display())));
    }
    Ok(read.secret)
}
