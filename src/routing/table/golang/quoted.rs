//! String literals: `"..."` with escapes and raw ones in backquotes, read as Go reads them.

use std::str::Chars;

use thiserror::Error;

/// Why a text is no string literal.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub(in crate::routing::table) enum QuoteError {
    /// It has no end.
    #[error("the string that begins with {0} has no closing quote on its line")]
    Unclosed(char),
    /// An escape that does not exist.
    #[error(
        "a backslash in a string stands before one of a b f n r t v \\ \" x u U or three octal digits"
    )]
    Escape,
    /// Bytes that are no text.
    #[error("the escapes in a string are not UTF-8")]
    NotText,
}

/// Reads the literal at the start of `text`; gives its value and what follows. `None` when none starts there.
pub(in crate::routing::table) fn literal(text: &str) -> Option<Result<(String, &str), QuoteError>> {
    let mut chars = text.chars();
    match chars.next() {
        Some('`') => Some(raw(chars.as_str())),
        Some('"') => Some(interpreted(chars)),
        Some(_) | None => None,
    }
}

/// Carriage returns in backquotes do not count.
fn raw(rest: &str) -> Result<(String, &str), QuoteError> {
    let (value, rest) = rest.split_once('`').ok_or(QuoteError::Unclosed('`'))?;
    Ok((value.replace('\r', ""), rest))
}

fn interpreted(mut chars: Chars<'_>) -> Result<(String, &str), QuoteError> {
    let mut bytes = Vec::new();
    loop {
        match chars.next() {
            Some('"') => break,
            Some('\n') | None => return Err(QuoteError::Unclosed('"')),
            Some('\\') => escape(&mut chars, &mut bytes)?,
            Some(c) => push(&mut bytes, c),
        }
    }
    let value = String::from_utf8(bytes).map_err(|_cause| QuoteError::NotText)?;
    Ok((value, chars.as_str()))
}

fn push(bytes: &mut Vec<u8>, c: char) {
    bytes.extend(c.encode_utf8(&mut [0; 4]).as_bytes());
}

fn escape(chars: &mut Chars<'_>, bytes: &mut Vec<u8>) -> Result<(), QuoteError> {
    let simple = match chars.next().ok_or(QuoteError::Unclosed('"'))? {
        'a' => 0x07,
        'b' => 0x08,
        'f' => 0x0c,
        'n' => b'\n',
        'r' => b'\r',
        't' => b'\t',
        'v' => 0x0b,
        '\\' => b'\\',
        '"' => b'"',
        'x' => byte(chars, 2, 16, 0)?,
        first @ '0'..='7' => byte(chars, 2, 8, first.to_digit(8).unwrap_or_default())?,
        'u' => return rune(chars, 4, bytes),
        'U' => return rune(chars, 8, bytes),
        _ => return Err(QuoteError::Escape),
    };
    bytes.push(simple);
    Ok(())
}

fn byte(chars: &mut Chars<'_>, digits: usize, base: u32, first: u32) -> Result<u8, QuoteError> {
    let value = number(chars, digits, base, first)?;
    u8::try_from(value).map_err(|_cause| QuoteError::Escape)
}

fn rune(chars: &mut Chars<'_>, digits: usize, bytes: &mut Vec<u8>) -> Result<(), QuoteError> {
    let value = number(chars, digits, 16, 0)?;
    push(bytes, char::from_u32(value).ok_or(QuoteError::Escape)?);
    Ok(())
}

fn number(chars: &mut Chars<'_>, digits: usize, base: u32, first: u32) -> Result<u32, QuoteError> {
    let mut value = first;
    for _ in 0..digits {
        let digit = chars.next().and_then(|c| c.to_digit(base));
        let digit = digit.ok_or(QuoteError::Escape)?;
        value = value.wrapping_mul(base).wrapping_add(digit);
    }
    Ok(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(text: &str) -> Option<String> {
        literal(text).and_then(Result::ok).map(|(value, _)| value)
    }

    #[test]
    fn escapes_are_gos() {
        for (text, wanted) in [
            ("\"a\\x62\\143\\u0064\\U00000065\"", "abcde"),
            (
                "\"\\a\\b\\f\\n\\r\\t\\v\\\\\\\"\"",
                "\x07\x08\x0c\n\r\t\x0b\\\"",
            ),
            ("\"\\xc3\\xa9\"", "\u{e9}"),
            ("`a\\n\r\nb`", "a\\n\nb"),
        ] {
            assert_eq!(value(text).as_deref(), Some(wanted), "{text}");
        }
        for text in [
            "\"a",
            "\"a\nb\"",
            "`a",
            "\"\\'\"",
            "\"\\q\"",
            "\"\\x4\"",
            "\"\\400\"",
            "\"\\ud800\"",
            "\"\\xff\"",
            "\"\\U00110000\"",
            "\"\\",
        ] {
            assert!(literal(text).is_some_and(|read| read.is_err()), "{text}");
        }
        assert_eq!(literal("'a'"), None, "no string");
        let read = literal("\"a\" rest").and_then(Result::ok);
        assert_eq!(read, Some(("a".to_owned(), " rest")), "the rest is left");
    }
}
