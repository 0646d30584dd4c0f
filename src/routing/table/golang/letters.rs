//! Letters as Go knows them: which there are, their case, and how a text is quoted.

use std::fmt::Write as _;
use std::sync::LazyLock;

use regex::Regex;

static NEITHER_LETTER_NOR_NUMBER: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"[^\p{L}\p{N}]+").expect("the pattern is a constant"));

static UNPRINTABLE: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"[^\p{L}\p{M}\p{N}\p{P}\p{S} ]").expect("the pattern is a constant")
});

/// Traefik's `normalize`: every run of what is neither letter nor number becomes one `-`; none at the ends.
pub(in crate::routing::table) fn normalize(name: &str) -> String {
    let parts: Vec<&str> = if name.is_ascii() {
        let parts = name.split(|c: char| !c.is_ascii_alphanumeric());
        parts.filter(|part| !part.is_empty()).collect()
    } else {
        let parts = NEITHER_LETTER_NOR_NUMBER.split(name);
        parts.filter(|part| !part.is_empty()).collect()
    };
    parts.join("-")
}

/// Every letter by itself: one that would become several stays.
pub(in crate::routing::table) fn lower(text: &str) -> String {
    let lower = |c: char| match c {
        '\u{130}' => 'i',
        c => only(c.to_lowercase()).unwrap_or(c),
    };
    text.chars().map(lower).collect()
}

/// Every letter by itself: one that would become several stays.
pub(in crate::routing::table) fn upper(text: &str) -> String {
    text.chars()
        .map(|c| only(c.to_uppercase()).unwrap_or(c))
        .collect()
}

fn only(mut cased: impl Iterator<Item = char>) -> Option<char> {
    let first = cased.next();
    first.filter(|_| cased.next().is_none())
}

/// The first letter of every word in upper case; letters, digits and `_` make words.
pub(in crate::routing::table) fn title(text: &str) -> String {
    let mut in_word = false;
    let mut titled = String::with_capacity(text.len());
    for c in text.chars() {
        let c_titled = if in_word {
            c
        } else {
            only(c.to_uppercase()).unwrap_or(c)
        };
        titled.push(c_titled);
        // beyond ASCII only blanks part words
        in_word = c.is_alphanumeric() || c == '_' || !(c.is_ascii() || c.is_whitespace());
    }
    titled
}

/// The text as a literal in double quotes.
pub(in crate::routing::table) fn quote(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push('"');
    for c in text.chars() {
        match c {
            '"' | '\\' => quoted.extend(['\\', c]),
            '\x07' => quoted.push_str("\\a"),
            '\x08' => quoted.push_str("\\b"),
            '\x0c' => quoted.push_str("\\f"),
            '\n' => quoted.push_str("\\n"),
            '\r' => quoted.push_str("\\r"),
            '\t' => quoted.push_str("\\t"),
            '\x0b' => quoted.push_str("\\v"),
            c if is_printable(c) => quoted.push(c),
            c => push_escaped(&mut quoted, u32::from(c)),
        }
    }
    quoted.push('"');
    quoted
}

fn is_printable(c: char) -> bool {
    if c.is_ascii() {
        return matches!(c, ' '..='~');
    }
    !UNPRINTABLE.is_match(c.encode_utf8(&mut [0; 4]))
}

fn push_escaped(quoted: &mut String, code: u32) {
    let written = match code {
        0..0x80 => write!(quoted, "\\x{code:02x}"),
        0x80..0x1_0000 => write!(quoted, "\\u{code:04x}"),
        _ => write!(quoted, "\\U{code:08x}"),
    };
    written.expect("a String takes everything");
}

#[cfg(test)]
mod tests {
    use super::*;

    // `is_alphanumeric` took combining vowel signs and circled letters for letters; Traefik's normalize does not.
    #[test]
    fn names_are_split_at_what_is_neither_letter_nor_number() {
        for (name, normal) in [
            ("/p41_under.dot--x", "p41-under-dot-x"),
            ("web.1_proj_x", "web-1-proj-x"),
            ("_Web_", "Web"),
            ("..", ""),
            ("caf\u{e9}_1", "caf\u{e9}-1"),
            ("\u{915}\u{93e}\u{917}", "\u{915}-\u{917}"),
            ("a\u{24d0}b", "a-b"),
            ("a\u{2160}b", "a\u{2160}b"),
            ("a\u{bd}b", "a\u{bd}b"),
            ("e\u{301}x", "e-x"),
        ] {
            assert_eq!(normalize(name), normal, "{name}");
        }
    }

    #[test]
    fn case_and_quotes_are_gos() {
        assert_eq!(lower("\u{130}\u{3a3}\u{1c5}A"), "i\u{3c3}\u{1c6}a", "lower");
        assert_eq!(upper("\u{df}\u{17f}\u{1f0}a"), "\u{df}S\u{1f0}A", "upper");
        assert_eq!(title("foo-bar baz_x o'n"), "Foo-Bar Baz_x O'N", "title");
        let text = "a\u{a0}\x7f\u{301}\n\u{1f600}\u{e0001}\"";
        assert_eq!(
            quote(text),
            "\"a\\u00a0\\x7f\u{301}\\n\u{1f600}\\U000e0001\\\"\"",
            "quote"
        );
    }
}
