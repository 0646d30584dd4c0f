//! One pass over an expression in Go's syntax, written again in the engine's.

use std::fmt::Write as _;
use std::iter::Peekable;
use std::str::Chars;

use super::class;

/// Largest count of a repetition.
const MAX_COUNT: u32 = 1000;

pub(super) type Input<'a> = Peekable<Chars<'a>>;
pub(super) type Outcome<T = ()> = Result<T, &'static str>;

/// What stands before a repetition.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Before {
    /// Nothing that could be repeated.
    Nothing,
    /// Something.
    Atom,
    /// A repetition, which cannot be repeated.
    Repeated,
}

/// The expression for the engine.
pub(super) fn translate(expression: &str) -> Outcome<String> {
    let mut input = expression.chars().peekable();
    let mut out = String::with_capacity(expression.len() * 2);
    let mut before = Before::Nothing;
    while let Some(c) = input.next() {
        before = match c {
            '\\' => {
                escape(&mut input, &mut out)?;
                Before::Atom
            }
            '[' => {
                class::class(&mut input, &mut out)?;
                Before::Atom
            }
            '(' => group(&mut input, &mut out)?,
            '|' => {
                out.push(c);
                Before::Nothing
            }
            '*' | '+' | '?' => repeat(&mut input, &mut out, before, &c.to_string())?,
            '{' => {
                if let Some(count) = count(&mut input)? {
                    repeat(&mut input, &mut out, before, &count)?
                } else {
                    push_literal(&mut out, c);
                    Before::Atom
                }
            }
            ')' | '^' | '$' | '.' => {
                out.push(c);
                Before::Atom
            }
            c => {
                push_literal(&mut out, c);
                Before::Atom
            }
        };
    }
    Ok(out)
}

fn repeat(input: &mut Input<'_>, out: &mut String, before: Before, how: &str) -> Outcome<Before> {
    match before {
        Before::Nothing => return Err("a repetition has nothing before it"),
        Before::Repeated => return Err("a repetition cannot be repeated: use parentheses"),
        Before::Atom => out.push_str(how),
    }
    if input.next_if_eq(&'?').is_some() {
        out.push('?');
    }
    Ok(Before::Repeated)
}

/// `2}`, `2,}` or `2,5}` after a brace; `None` leaves the brace to be itself.
fn count(input: &mut Input<'_>) -> Outcome<Option<String>> {
    let mut ahead = input.clone();
    let Some(least) = number(&mut ahead) else {
        return Ok(None);
    };
    let mut most = Some(least);
    if ahead.next_if_eq(&',').is_some() {
        most = number(&mut ahead);
    }
    let text = match most {
        Some(most) => format!("{{{least},{most}}}"),
        None => format!("{{{least},}}"),
    };
    if ahead.next() != Some('}') {
        return Ok(None);
    }
    if least > MAX_COUNT || most.is_some_and(|most| most > MAX_COUNT || most < least) {
        return Err("a repetition counts up to 1000, the smaller number first");
    }
    *input = ahead;
    Ok(Some(text))
}

/// Decimal digits without leading zeros.
fn number(input: &mut Input<'_>) -> Option<u32> {
    let mut digits = String::new();
    while let Some(digit) = input.next_if(char::is_ascii_digit) {
        digits.push(digit);
    }
    let is_padded = digits.len() > 1 && digits.starts_with('0');
    if digits.is_empty() || is_padded {
        return None;
    }
    Some(digits.parse().unwrap_or(u32::MAX))
}

/// After `(`: its flags or name, checked for what only one of the two languages has.
fn group(input: &mut Input<'_>, out: &mut String) -> Outcome<Before> {
    out.push('(');
    if input.next_if_eq(&'?').is_none() {
        return Ok(Before::Nothing);
    }
    out.push('?');
    if input.peek() == Some(&'P') || input.peek() == Some(&'<') {
        return name(input, out);
    }
    loop {
        match input.next() {
            Some(flag @ ('i' | 'm' | 's' | 'U' | '-')) => out.push(flag),
            Some(end @ (':' | ')')) => {
                out.push(end);
                return Ok(Before::Nothing);
            }
            Some(_) | None => return Err("after (? come flags of imsU, a name in <>, or a colon"),
        }
    }
}

fn name(input: &mut Input<'_>, out: &mut String) -> Outcome<Before> {
    let wrong = "a group is named as (?P<name>...) or (?<name>...), of letters, digits and _";
    input.next_if_eq(&'P');
    if input.next_if_eq(&'<').is_none() {
        return Err(wrong);
    }
    out.push_str("P<");
    loop {
        match input.next() {
            Some(c) if c.is_ascii_alphanumeric() || c == '_' => out.push(c),
            Some('>') => {
                out.push('>');
                return Ok(Before::Nothing);
            }
            Some(_) | None => return Err(wrong),
        }
    }
}

fn escape(input: &mut Input<'_>, out: &mut String) -> Outcome {
    match input.peek() {
        Some('b') => out.push_str("(?-u:\\b)"),
        Some('B') => out.push_str("(?-u:\\B)"),
        Some('A') => out.push_str("\\A"),
        Some('z') => out.push_str("\\z"),
        Some('Q') => {
            quoted(input, out);
            return Ok(());
        }
        Some(_) | None => return class::escaped(input, out),
    }
    input.next();
    Ok(())
}

/// `\Q...\E`
fn quoted(input: &mut Input<'_>, out: &mut String) {
    input.next();
    while let Some(c) = input.next() {
        if c == '\\' && input.next_if_eq(&'E').is_some() {
            break;
        }
        push_literal(out, c);
    }
}

/// The character itself, wherever it stands.
pub(super) fn push_literal(out: &mut String, c: char) {
    if c.is_ascii_alphanumeric() || !c.is_ascii() {
        out.push(c);
    } else {
        write!(out, "\\x{{{:X}}}", u32::from(c)).expect("a String takes everything");
    }
}
