//! Why the daemon does not start with what it was told.
//!
//! Every variant names the setting or the file, and the words say what would be right; the cause is kept as
//! source, for whoever prints the chain. None of these is worth a retry.

use thiserror::Error;

/// A setting that cannot be used. Fatal: the message says what would be right.
#[derive(Debug, Error)]
pub enum Error {
    /// A value that does not parse, or that contradicts another.
    #[error("{setting}: {problem}")]
    Invalid {
        /// The flag, and where its value came from.
        setting: String,
        /// What is wrong and what would be right.
        problem: String,
    },
    /// A key of the file that is no flag.
    #[error("{file}: unknown key {key:?}{hint}; keys are the names of the flags without `--`")]
    UnknownKey {
        /// The file.
        file: String,
        /// The key.
        key: String,
        /// `, did you mean ...?` or nothing.
        hint: String,
    },
    /// The `--config` file is no TOML.
    #[error("{file} is no TOML file")]
    Syntax {
        /// The file.
        file: String,
        /// Where and why.
        source: Box<toml::de::Error>,
    },
    /// A file that a setting names cannot be read.
    #[error("{setting}: cannot read {file}")]
    File {
        /// The flag, and where its value came from.
        setting: String,
        /// The file.
        file: String,
        /// Why.
        source: std::io::Error,
    },
}
