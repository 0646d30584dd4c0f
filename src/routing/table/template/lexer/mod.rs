//! Text to pieces: plain text, and actions as tokens. Trim markers and comments are gone afterwards.

use crate::routing::table::golang::quoted;

use super::TemplateError;

mod number;

pub(super) use number::integer;

/// A part of a template's text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Piece<'t> {
    /// Plain text.
    Text(&'t str),
    /// What stands between braces.
    Action {
        /// As written, with its braces.
        source: &'t str,
        /// Its tokens.
        tokens: Vec<Token<'t>>,
    },
}

/// A token within an action. Blanks count: `$x.y` is not `$x .y`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Token<'t> {
    /// Blanks.
    Space,
    /// `:=`
    Declare,
    /// `=`
    Set,
    /// `|`
    Pipe,
    /// `,`
    Comma,
    /// `(`
    Open,
    /// `)`
    Close,
    /// `.`
    Dot,
    /// `.name`, without the dot.
    Field(&'t str),
    /// `$` or `$name`
    Variable(&'t str),
    /// A function or a keyword.
    Word(&'t str),
    /// A string.
    Text(String),
    /// An integer.
    Int(i64),
}

const BLANKS: [char; 4] = [' ', '\t', '\r', '\n'];

/// Longest part of an action that a message repeats.
const MAX_SOURCE: usize = 120;

/// Takes a template apart.
pub(super) fn pieces(text: &str) -> Result<Vec<Piece<'_>>, TemplateError> {
    let mut pieces = Vec::new();
    let mut rest = text;
    while let Some(at) = rest.find("{{") {
        let (plain, action) = rest.split_at_checked(at).unwrap_or((rest, ""));
        let marker = action
            .strip_prefix("{{-")
            .filter(|inner| inner.starts_with(BLANKS));
        let (plain, inner) = match marker {
            Some(inner) => (
                plain.trim_end_matches(BLANKS),
                inner.get(1..).unwrap_or_default(),
            ),
            None => (plain, action.get(2..).unwrap_or_default()),
        };
        pieces.push(Piece::Text(plain));
        let mut tokens = Vec::new();
        // a comment begins right after the braces, or after the marker and its one blank
        let comment = inner.strip_prefix("/*");
        let end = comment.map_or_else(|| tokenize(inner, &mut tokens), skip_comment);
        let (tail, trim) = end.map_err(|problem| TemplateError::Action {
            action: shown(action),
            problem,
        })?;
        if comment.is_none() {
            let source = action.get(..action.len() - tail.len()).unwrap_or_default();
            pieces.push(Piece::Action { source, tokens });
        }
        rest = match trim {
            Trim::Yes => tail.trim_start_matches(BLANKS),
            Trim::No => tail,
        };
    }
    pieces.push(Piece::Text(rest));
    Ok(pieces)
}

/// Is the text after an action trimmed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Trim {
    Yes,
    No,
}

type Tail<'t> = (&'t str, Trim);

/// What follows the closing braces, if they stand here.
fn closed(text: &str) -> Option<Tail<'_>> {
    let trimmed = text
        .strip_prefix(BLANKS)
        .and_then(|text| text.strip_prefix("-}}"));
    trimmed
        .map(|tail| (tail, Trim::Yes))
        .or_else(|| Some((text.strip_prefix("}}")?, Trim::No)))
}

fn skip_comment(text: &str) -> Result<Tail<'_>, String> {
    let (_, rest) = text.split_once("*/").ok_or("the comment has no */")?;
    closed(rest).ok_or_else(|| "a comment ends with */}} or */ -}}".to_owned())
}

/// Reads tokens up to the closing braces.
fn tokenize<'t>(inner: &'t str, tokens: &mut Vec<Token<'t>>) -> Result<Tail<'t>, String> {
    let mut rest = inner;
    let mut depth = 0_usize;
    loop {
        if let Some(tail) = closed(rest) {
            return if depth == 0 {
                Ok(tail)
            } else {
                Err("a parenthesis is not closed".to_owned())
            };
        }
        let (token, tail) = token(rest)?;
        if token == Token::Open {
            depth += 1;
        } else if token == Token::Close {
            let outer = depth.checked_sub(1);
            depth = outer.ok_or("a parenthesis is closed that was not opened")?;
        }
        tokens.push(token);
        rest = tail;
    }
}

fn token(rest: &str) -> Result<(Token<'_>, &str), String> {
    if let Some(read) = quoted::literal(rest) {
        let (text, tail) = read.map_err(|error| error.to_string())?;
        return Ok((Token::Text(text), tail));
    }
    let first = rest.chars().next().ok_or("the action has no closing }}")?;
    if BLANKS.contains(&first) {
        return Ok((Token::Space, blanks(rest)));
    }
    for (sign, token) in [
        (":=", Token::Declare),
        ("=", Token::Set),
        ("|", Token::Pipe),
        (",", Token::Comma),
        ("(", Token::Open),
        (")", Token::Close),
    ] {
        if let Some(tail) = rest.strip_prefix(sign) {
            return Ok((token, tail));
        }
    }
    if number::begins(rest) {
        let (number, tail) = number::read(rest)?;
        return Ok((Token::Int(number), tail));
    }
    word(rest, first)
}

/// After blanks; one that belongs to a closing trim marker stays.
fn blanks(rest: &str) -> &str {
    let mut tail = rest;
    while let Some(next) = tail.strip_prefix(BLANKS) {
        if closed(tail).is_some() {
            break;
        }
        tail = next;
    }
    tail
}

fn word(rest: &str, first: char) -> Result<(Token<'_>, &str), String> {
    let sign = usize::from(matches!(first, '.' | '$'));
    let name = rest.get(sign..).unwrap_or_default();
    let len = name
        .find(|c: char| !is_alphanumeric(c))
        .unwrap_or(name.len());
    let (name, tail) = name.split_at_checked(len).unwrap_or_default();
    if !is_ended(tail) || (sign == 0 && name.is_empty()) {
        let odd = tail.chars().next().unwrap_or(first);
        return Err(format!(
            "{odd:?} has no meaning there (a label with dots or dashes is reached by `index .Labels \"...\"`)"
        ));
    }
    let token = match (first, name) {
        ('.', "") => Token::Dot,
        ('.', name) => Token::Field(name),
        ('$', _) => Token::Variable(rest.get(..=len).unwrap_or_default()),
        (_, name) => Token::Word(name),
    };
    Ok((token, tail))
}

fn is_alphanumeric(c: char) -> bool {
    c == '_' || c.is_alphanumeric()
}

/// May a word end before this.
fn is_ended(tail: &str) -> bool {
    tail.is_empty()
        || tail.starts_with(BLANKS)
        || tail.starts_with(['.', ',', '|', ':', ')', '('])
        || tail.starts_with("}}")
}

/// The action for a message.
pub(super) fn shown(source: &str) -> String {
    let end = source.find("}}").map_or(source.len(), |at| at + 2);
    let source = source.get(..end).unwrap_or(source);
    if source.chars().count() <= MAX_SOURCE {
        return source.to_owned();
    }
    let start: String = source.chars().take(MAX_SOURCE).collect();
    format!("{start}...")
}
