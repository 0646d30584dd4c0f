//! Where a value comes from: flag over environment over file.
//!
//! Values stay texts here; each is given with its setting's name and origin, so that whoever refuses it can say
//! which of the three to correct.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::Error;
use super::flag::{FLAGS, Flag, Flags};

/// A value and where it was said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Setting {
    /// `--max-hold`, `--max-hold (from POINTSMAN_MAX_HOLD)` or `--max-hold (from FILE)`.
    pub(super) name: String,
    /// Its values; one, unless the flag takes many.
    pub(super) values: Vec<String>,
}

/// All three layers.
pub(super) struct Layers<'a> {
    flags: &'a Flags,
    environment: &'a dyn Fn(&str) -> Option<String>,
    file: BTreeMap<String, Vec<String>>,
    path: Option<PathBuf>,
}

/// Reads a variable; an empty or unreadable one counts as not set.
#[expect(
    clippy::disallowed_methods,
    reason = "the one place that reads the environment"
)]
pub fn environment(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|text| !text.is_empty())
}

impl Setting {
    /// The error that this value is wrong.
    pub(super) fn invalid(&self, problem: impl Into<String>) -> Error {
        Error::Invalid {
            setting: self.name.clone(),
            problem: problem.into(),
        }
    }

    /// The error that a file named here cannot be read.
    pub(super) fn unreadable(&self, file: &Path, source: std::io::Error) -> Error {
        Error::File {
            setting: self.name.clone(),
            file: file.display().to_string(),
            source,
        }
    }

    /// The value of a flag that takes one.
    pub(super) fn text(&self) -> &str {
        self.values.first().map_or("", String::as_str)
    }
}

impl<'a> Layers<'a> {
    /// Reads the file that the flags or the environment name, if any.
    pub(super) fn open(
        flags: &'a Flags,
        environment: &'a dyn Fn(&str) -> Option<String>,
    ) -> Result<Self, Error> {
        let mut layers = Self {
            flags,
            environment,
            file: BTreeMap::new(),
            path: None,
        };
        if let Some(setting) = layers.get("config") {
            let path = PathBuf::from(setting.text());
            let text =
                std::fs::read_to_string(&path).map_err(|cause| setting.unreadable(&path, cause))?;
            layers.file = parse_file(&path.display().to_string(), &text)?;
            layers.path = Some(path);
        }
        Ok(layers)
    }

    /// The uppermost value of a flag.
    pub(super) fn get(&self, name: &str) -> Option<Setting> {
        let flag = FLAGS.iter().find(|flag| flag.name == name);
        debug_assert!(flag.is_some(), "{name} is not in the table");
        let flag = flag?;
        self.in_flags(flag)
            .or_else(|| self.in_environment(flag))
            .or_else(|| self.in_file(flag))
    }

    /// A variable that is not ours (`DOCKER_HOST`).
    pub(super) fn variable(&self, name: &str) -> Option<Setting> {
        let values = vec![(self.environment)(name)?];
        Some(Setting {
            name: name.to_owned(),
            values,
        })
    }

    fn in_flags(&self, flag: &Flag) -> Option<Setting> {
        Some(Setting {
            name: format!("--{}", flag.name),
            values: self.flags.get(flag.name)?.clone(),
        })
    }

    fn in_environment(&self, flag: &Flag) -> Option<Setting> {
        let variable = flag.variable();
        let text = (self.environment)(&variable)?;
        let values = if flag.is_list() {
            text.split(',').map(|part| part.trim().to_owned()).collect()
        } else {
            vec![text]
        };
        Some(Setting {
            name: format!("--{} (from {variable})", flag.name),
            values,
        })
    }

    fn in_file(&self, flag: &Flag) -> Option<Setting> {
        let values = self.file.get(flag.name)?.clone();
        let path = self.path.as_deref()?.display();
        Some(Setting {
            name: format!("--{} (from {path})", flag.name),
            values,
        })
    }
}

fn parse_file(file: &str, text: &str) -> Result<BTreeMap<String, Vec<String>>, Error> {
    let table: toml::Table = text.parse().map_err(|source| Error::Syntax {
        file: file.to_owned(),
        source: Box::new(source),
    })?;
    table
        .into_iter()
        .map(|(key, value)| {
            // A file cannot name another file.
            let flag = FLAGS.iter().find(|f| f.name == key && f.name != "config");
            let flag = flag.ok_or_else(|| unknown_key(file, &key))?;
            let values = texts(flag, value).ok_or_else(|| Error::Invalid {
                setting: format!("{key} in {file}"),
                problem: wanted(flag).to_owned(),
            })?;
            Ok((key, values))
        })
        .collect()
}

fn unknown_key(file: &str, key: &str) -> Error {
    let kebab = key.replace('_', "-").to_ascii_lowercase();
    let meant = FLAGS.iter().find(|f| f.name == kebab && kebab != key);
    Error::UnknownKey {
        file: file.to_owned(),
        key: key.to_owned(),
        hint: meant.map_or_else(String::new, |flag| {
            format!(", did you mean {:?}?", flag.name)
        }),
    }
}

fn wanted(flag: &Flag) -> &'static str {
    if flag.is_list() {
        "must be a text or a list of texts"
    } else {
        "must be a text, a number or true/false"
    }
}

fn texts(flag: &Flag, value: toml::Value) -> Option<Vec<String>> {
    match value {
        toml::Value::String(text) => Some(vec![text]),
        toml::Value::Integer(number) => Some(vec![number.to_string()]),
        toml::Value::Boolean(truth) => Some(vec![truth.to_string()]),
        toml::Value::Array(items) if flag.is_list() => items
            .into_iter()
            .map(|item| item.as_str().map(str::to_owned))
            .collect(),
        toml::Value::Array(_)
        | toml::Value::Float(_)
        | toml::Value::Datetime(_)
        | toml::Value::Table(_) => None,
    }
}
