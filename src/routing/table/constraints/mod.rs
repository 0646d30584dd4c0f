//! Which containers this instance looks at: `--constraints`, as Traefik's Docker provider has it.
//!
//! ``Label(`key`, `value`)`` and ``LabelRegex(`key`, `expression`)``, joined by `&&`, `||`, `!` and parentheses. A label
//! that is not there counts as empty. A container that is left out says nothing here: it is neither managed nor routed,
//! and its labels are not judged, since they speak to somebody else. It still counts as what it is for others, as
//! Traefik's own container or as the one whose network is shared.

mod lexer;
mod parser;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use regex::Regex;
use thiserror::Error;

use crate::routing::labels::Declaration;
use crate::routing::model::Container;

const NETWORK: &str = "traefik.docker.network";

/// An expression over labels; the default takes every container.
#[derive(Clone, Debug, Default)]
pub struct Constraints(Option<Expression>);

/// An expression.
#[derive(Clone, Debug)]
enum Expression {
    /// The label has this value.
    Label(String, String),
    /// Something in the label's value matches.
    LabelRegex(String, Regex),
    Not(Box<Self>),
    /// All of them.
    And(Vec<Self>),
    /// One of them.
    Or(Vec<Self>),
}

/// Why a text is no expression.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum ConstraintsError {
    /// Something is wrong at a place.
    #[error("byte {at}: {problem}")]
    Syntax {
        /// Where.
        at: usize,
        /// What is wrong, and what would be right.
        problem: String,
    },
    /// Too long or too deep.
    #[error("the expression is longer than 16 KiB or nested deeper than 64 parentheses")]
    TooLarge,
}

impl Constraints {
    /// Reads an expression; an empty one takes every container.
    pub fn parse(text: &str) -> Result<Self, ConstraintsError> {
        if text.is_empty() {
            return Ok(Self::default());
        }
        parser::parse(text).map(|expression| Self(Some(expression)))
    }

    /// Is a container with these labels taken.
    pub fn admit(&self, labels: &BTreeMap<String, String>) -> bool {
        self.0
            .as_ref()
            .is_none_or(|expression| expression.holds(labels))
    }

    /// What a container says here: nothing but its network, which others may share, when it is left out.
    pub(super) fn declaration(&self, container: &Container) -> Declaration {
        if self.admit(&container.labels) {
            return Declaration::read(container);
        }
        let mut silent = container.clone();
        silent
            .labels
            .retain(|key, _| key.eq_ignore_ascii_case(NETWORK));
        silent
            .labels
            .insert("traefik.enable".to_owned(), "false".to_owned());
        Declaration::read(&silent)
    }
}

impl Expression {
    fn holds(&self, labels: &BTreeMap<String, String>) -> bool {
        let value = |key: &String| labels.get(key).map_or("", String::as_str);
        match self {
            Self::Label(key, wanted) => value(key) == wanted,
            Self::LabelRegex(key, regex) => regex.is_match(value(key)),
            Self::Not(inner) => !inner.holds(labels),
            Self::And(all) => all.iter().all(|inner| inner.holds(labels)),
            Self::Or(any) => any.iter().any(|inner| inner.holds(labels)),
        }
    }
}
