//! Templates in the language of Go's text/template, with the functions that people use in rules.
//!
//! `lexer` (text to tokens) -> `parser` (tokens to [`tree`]) -> `eval` (tree and [`Data`] to text), with `functions`
//! by name. What cannot be understood, and what could never work, is refused by [`Template::parse`]; what fails for
//! one container fails in [`Template::render`]. Length, nesting, work and output are bounded, so that no template and
//! no label can stop the one who renders.

mod data;
mod eval;
mod functions;
mod lexer;
mod limit;
mod parser;
mod tree;
mod value;

#[cfg(test)]
mod tests;

use thiserror::Error;

pub(super) use data::Data;

/// Longest template in bytes.
const MAX_LEN: usize = 16 * 1024;

/// A template that was understood.
#[derive(Clone, Debug)]
pub(super) struct Template(Vec<tree::Node>);

/// Why a text is no template, or not one that is understood here.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum TemplateError {
    /// Too long.
    #[error("the template is longer than 16 KiB")]
    TooLong,
    /// An action that cannot be used.
    #[error("{action}: {problem}")]
    Action {
        /// The action as written, with its braces.
        action: String,
        /// What is wrong, and what would be right.
        problem: String,
    },
}

/// Why a template gives nothing for one container.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{action}: {problem}")]
pub struct RenderError {
    /// The action as written, with its braces.
    pub action: String,
    /// What is wrong.
    pub problem: String,
}

impl Template {
    /// Reads a template.
    pub(super) fn parse(text: &str) -> Result<Self, TemplateError> {
        if text.len() > MAX_LEN {
            return Err(TemplateError::TooLong);
        }
        let pieces = lexer::pieces(text)?;
        Ok(Self(parser::parse(pieces)?))
    }

    /// The text for one container.
    pub(super) fn render(&self, data: Data<'_>) -> Result<String, RenderError> {
        eval::render(&self.0, data)
    }
}
