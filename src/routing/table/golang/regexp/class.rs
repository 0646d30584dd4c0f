//! Classes in brackets, and the escapes that may stand within and outside of them.

use super::translate::{Input, Outcome, push_literal};

const POSIX: [&str; 14] = [
    "alnum", "alpha", "ascii", "blank", "cntrl", "digit", "graph", "lower", "print", "punct",
    "space", "upper", "word", "xdigit",
];

/// A class, whose opening bracket is past.
pub(super) fn class(input: &mut Input<'_>, out: &mut String) -> Outcome {
    out.push('[');
    if input.next_if_eq(&'^').is_some() {
        out.push('^');
    }
    let mut first = true;
    loop {
        let Some(c) = input.peek().copied() else {
            return Err("a class has no closing bracket");
        };
        if c == ']' && !first {
            input.next();
            out.push(']');
            return Ok(());
        }
        first = false;
        if !named(input, out)? {
            range(input, out)?;
        }
    }
}

/// `[:alpha:]`, `\d`, `\pL`: a class within the class.
fn named(input: &mut Input<'_>, out: &mut String) -> Outcome<bool> {
    let mut ahead = input.clone();
    match (ahead.next(), ahead.peek().copied()) {
        (Some('['), Some(':')) => {
            ahead.next();
            let rest: String = ahead.clone().collect();
            let Some((name, _)) = rest.split_once(":]") else {
                return Ok(false);
            };
            if !POSIX.contains(&name.strip_prefix('^').unwrap_or(name)) {
                return Err("[:...:] holds a name such as alpha, digit or ^space");
            }
            ahead.nth(name.len() + 1);
            *input = ahead;
            out.push_str("[:");
            out.push_str(name);
            out.push_str(":]");
            Ok(true)
        }
        (Some('\\'), Some('d' | 'D' | 's' | 'S' | 'w' | 'W' | 'p' | 'P')) => {
            *input = ahead;
            escaped(input, out)?;
            Ok(true)
        }
        _ => Ok(false),
    }
}

fn range(input: &mut Input<'_>, out: &mut String) -> Outcome {
    let low = member(input)?;
    push_literal(out, low);
    let mut ahead = input.clone();
    let is_range = ahead.next() == Some('-') && ahead.peek().is_some_and(|c| *c != ']');
    if is_range {
        input.next();
        let high = member(input)?;
        if high < low {
            return Err("a range in a class begins with the smaller character");
        }
        out.push('-');
        push_literal(out, high);
    }
    Ok(())
}

fn member(input: &mut Input<'_>) -> Outcome<char> {
    match input.next() {
        Some('\\') => character(input),
        Some(c) => Ok(c),
        None => Err("a class has no closing bracket"),
    }
}

/// What a backslash stands before, within a class or outside.
pub(super) fn escaped(input: &mut Input<'_>, out: &mut String) -> Outcome {
    let Some(c) = input.peek().copied() else {
        return Err("a backslash stands at the end");
    };
    let ascii = match c {
        'd' => "[0-9]",
        'D' => "[^0-9]",
        's' => "[\\t\\n\\x0C\\r ]",
        'S' => "[^\\t\\n\\x0C\\r ]",
        'w' => "[0-9A-Za-z_]",
        'W' => "[^0-9A-Za-z_]",
        'p' | 'P' => return unicode(input, out),
        _ => {
            let c = character(input)?;
            push_literal(out, c);
            return Ok(());
        }
    };
    input.next();
    out.push_str(ascii);
    Ok(())
}

/// `\pL`, `\p{Greek}`, `\p{^Lu}`
fn unicode(input: &mut Input<'_>, out: &mut String) -> Outcome {
    let wrong = "\\p stands before a category such as L or a script such as {Greek}";
    let mut negated = input.next() == Some('P');
    let mut name = String::new();
    match input.next() {
        Some('{') => loop {
            match input.next() {
                Some('^') if name.is_empty() => negated = !negated,
                Some('}') => break,
                Some(c) if c.is_ascii_alphanumeric() || matches!(c, '_' | ' ' | '-') => {
                    name.push(c);
                }
                Some(_) | None => return Err(wrong),
            }
        },
        Some(c) if c.is_ascii_alphabetic() => name.push(c),
        Some(_) | None => return Err(wrong),
    }
    let sign = if negated { 'P' } else { 'p' };
    out.extend(['\\', sign, '{']);
    out.push_str(&name);
    out.push('}');
    Ok(())
}

/// One character after a backslash.
fn character(input: &mut Input<'_>) -> Outcome<char> {
    let unknown = "a backslash stands before something that has no meaning there";
    Ok(match input.next() {
        Some('a') => '\x07',
        Some('f') => '\x0c',
        Some('n') => '\n',
        Some('r') => '\r',
        Some('t') => '\t',
        Some('v') => '\x0b',
        Some('x') => return hexadecimal(input),
        Some(first @ '0'..='7') => return octal(input, first),
        Some(c) if c.is_ascii() && !c.is_ascii_alphanumeric() => c,
        Some(_) | None => return Err(unknown),
    })
}

fn hexadecimal(input: &mut Input<'_>) -> Outcome<char> {
    let wrong = "\\x stands before two hexadecimal digits or more in braces";
    let in_braces = input.next_if_eq(&'{').is_some();
    let mut code = 0_u32;
    let mut digits = 0;
    while in_braces || digits < 2 {
        match input.next() {
            Some('}') if in_braces && digits > 0 => break,
            c => {
                let digit = c.and_then(|c| c.to_digit(16)).ok_or(wrong)?;
                code = code.saturating_mul(16).saturating_add(digit);
                digits += 1;
            }
        }
    }
    char::from_u32(code).ok_or(wrong)
}

/// `\0`, or two or three octal digits; a single other digit would refer back, which there is not.
fn octal(input: &mut Input<'_>, first: char) -> Outcome<char> {
    let is_digit = |c: &char| ('0'..='7').contains(c);
    if first != '0' && !input.peek().is_some_and(is_digit) {
        return Err("there are no references back to groups");
    }
    let mut code = first.to_digit(8).unwrap_or_default();
    for _ in 0..2 {
        if let Some(digit) = input.next_if(is_digit) {
            code = code * 8 + digit.to_digit(8).unwrap_or_default();
        }
    }
    char::from_u32(code).ok_or("an octal escape is no character")
}
