//! Text to tokens, by Go's rules: comments are blanks, and a line that could end an expression ends it.

use super::super::golang::quoted;
use super::ConstraintsError;

/// A token and where it begins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Token<'t> {
    pub(super) at: usize,
    pub(super) sort: Sort<'t>,
}

/// What a token is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Sort<'t> {
    Name(&'t str),
    Text(String),
    Open,
    Close,
    Comma,
    And,
    Or,
    Not,
    /// The end of a line after what may end an expression.
    Line,
    End,
}

/// Reads all tokens; the last is the end.
pub(super) fn tokens(text: &str) -> Result<Vec<Token<'_>>, ConstraintsError> {
    let mut tokens: Vec<Token<'_>> = Vec::new();
    let mut rest = text;
    loop {
        let (line, tail) = blanks(rest, text)?;
        if let Some(line) = line.filter(|_| tokens.last().is_some_and(|token| token.sort.may_end()))
        {
            tokens.push(Token {
                at: text.len() - line.len(),
                sort: Sort::Line,
            });
        }
        let at = text.len() - tail.len();
        let (sort, tail) = token(tail, at)?;
        let is_end = sort == Sort::End;
        tokens.push(Token { at, sort });
        if is_end {
            return Ok(tokens);
        }
        rest = tail;
    }
}

impl Sort<'_> {
    const fn may_end(&self) -> bool {
        matches!(self, Self::Name(_) | Self::Text(_) | Self::Close)
    }
}

/// Skips blanks and comments; gives the first line end among them, and what follows.
fn blanks<'t>(text: &'t str, whole: &str) -> Result<(Option<&'t str>, &'t str), ConstraintsError> {
    let mut line = None;
    let mut rest = text;
    loop {
        if let Some(tail) = rest.strip_prefix(['\n', ' ', '\t', '\r']) {
            line = line.or(rest.starts_with('\n').then_some(rest));
            rest = tail;
        } else if let Some(comment) = rest.strip_prefix("//") {
            rest = comment
                .find('\n')
                .and_then(|end| comment.get(end..))
                .unwrap_or_default();
        } else if let Some(comment) = rest.strip_prefix("/*") {
            let at = whole.len() - rest.len();
            let (inner, tail) = comment
                .split_once("*/")
                .ok_or_else(|| syntax(at, "the comment has no */"))?;
            line = line.or(inner.contains('\n').then_some(rest));
            rest = tail;
        } else {
            return Ok((line, rest));
        }
    }
}

pub(super) fn syntax(at: usize, problem: impl Into<String>) -> ConstraintsError {
    ConstraintsError::Syntax {
        at,
        problem: problem.into(),
    }
}

fn token(rest: &str, at: usize) -> Result<(Sort<'_>, &str), ConstraintsError> {
    if let Some(read) = quoted::literal(rest) {
        let (text, tail) = read.map_err(|error| syntax(at, error.to_string()))?;
        return Ok((Sort::Text(text), tail));
    }
    for (sign, sort) in [
        ("&&", Sort::And),
        ("||", Sort::Or),
        ("(", Sort::Open),
        (")", Sort::Close),
        (",", Sort::Comma),
    ] {
        if let Some(tail) = rest.strip_prefix(sign) {
            return Ok((sort, tail));
        }
    }
    if let Some(tail) = rest.strip_prefix('!').filter(|tail| !tail.starts_with('=')) {
        return Ok((Sort::Not, tail));
    }
    let len = rest
        .find(|c: char| !(c.is_alphanumeric() || c == '_'))
        .unwrap_or(rest.len());
    match rest.split_at_checked(len) {
        Some(("", "")) | None => Ok((Sort::End, "")),
        Some(("", _)) => Err(syntax(
            at,
            "only Label(), LabelRegex(), &&, ||, ! and parentheses are known",
        )),
        Some((name, tail)) => Ok((Sort::Name(name), tail)),
    }
}
