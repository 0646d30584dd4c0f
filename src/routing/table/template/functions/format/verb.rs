//! The verbs of a `printf` format. Those that make no sense for a value fail; Go would print a note into the text.

use std::iter::Peekable;
use std::str::CharIndices;

use crate::routing::table::golang::letters;

use super::super::super::value::{Fault, Value};
use super::super::args::wrong;

/// Largest width or precision.
const MAX_WIDTH: usize = 256;

/// A part of a format.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Part<'f> {
    /// Text as it is.
    Text(&'f str),
    /// A place for a value.
    Verb(Verb),
}

/// How a value is written.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Verb {
    letter: char,
    left: Flag,
    zeros: Flag,
    plus: Flag,
    width: Option<usize>,
    precision: Option<usize>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Flag {
    #[default]
    Off,
    On,
}

/// Takes a format apart.
pub(super) fn parts(format: &str) -> Result<Vec<Part<'_>>, Fault> {
    let mut parts = Vec::new();
    let mut chars = format.char_indices().peekable();
    let mut start = 0;
    while let Some((at, c)) = chars.next() {
        if c != '%' {
            continue;
        }
        parts.push(Part::Text(format.get(start..at).unwrap_or_default()));
        if chars.next_if(|(_, c)| *c == '%').is_some() {
            parts.push(Part::Text("%"));
        } else {
            parts.push(Part::Verb(verb(&mut chars)?));
        }
        start = chars.peek().map_or(format.len(), |(at, _)| *at);
    }
    parts.push(Part::Text(format.get(start..).unwrap_or_default()));
    Ok(parts)
}

fn verb(chars: &mut Peekable<CharIndices<'_>>) -> Result<Verb, Fault> {
    let mut verb = Verb::default();
    while let Some((_, flag)) = chars.next_if(|(_, c)| matches!(c, '-' | '0' | '+')) {
        match flag {
            '-' => verb.left = Flag::On,
            '0' => verb.zeros = Flag::On,
            _ => verb.plus = Flag::On,
        }
    }
    verb.width = number(chars)?;
    if chars.next_if(|(_, c)| *c == '.').is_some() {
        verb.precision = Some(number(chars)?.unwrap_or_default());
    }
    verb.letter = chars.next().map_or('%', |(_, c)| c);
    verb.checked()
}

fn number(chars: &mut Peekable<CharIndices<'_>>) -> Result<Option<usize>, Fault> {
    let mut number = None;
    while let Some((_, digit)) = chars.next_if(|(_, c)| c.is_ascii_digit()) {
        let digit = digit
            .to_digit(10)
            .and_then(|digit| usize::try_from(digit).ok())
            .unwrap_or_default();
        let grown = number.unwrap_or_default() * 10 + digit;
        if grown > MAX_WIDTH {
            return Err(Fault::new(format!("a width is larger than {MAX_WIDTH}")));
        }
        number = Some(grown);
    }
    Ok(number)
}

fn hexadecimal(text: &str) -> String {
    let digit = |nibble: u8| char::from_digit(u32::from(nibble), 16).unwrap_or_default();
    text.bytes()
        .flat_map(|b| [digit(b >> 4), digit(b & 0xf)])
        .collect()
}

impl Verb {
    fn checked(self) -> Result<Self, Fault> {
        let is_known = match self.letter {
            'd' => self.precision.is_none(),
            's' | 'v' | 'q' => self.plus == Flag::Off && self.zeros == Flag::Off,
            't' | 'x' | 'X' => {
                self.plus == Flag::Off && self.zeros == Flag::Off && self.precision.is_none()
            }
            _ => false,
        };
        if is_known {
            return Ok(self);
        }
        Err(Fault::new(
            "the verbs of a format are %s %v %q %d %t %x %X and %%, with - and a width, 0 and + for %d, and a precision for \
             text",
        ))
    }

    /// Writes a value.
    pub(super) fn format(&self, value: &Value<'_>) -> Result<String, Fault> {
        let written = match (self.letter, value) {
            ('s' | 'v', Value::Text(text)) => self.cut(text),
            ('q', Value::Text(text)) => letters::quote(&self.cut(text)),
            ('x', Value::Text(text)) => hexadecimal(text),
            ('X', Value::Text(text)) => hexadecimal(text).to_ascii_uppercase(),
            ('d' | 'v', Value::Int(number) | Value::Int64(number)) if self.precision.is_none() => {
                return Ok(self.decimal(*number));
            }
            ('x' | 'X', Value::Int(number) | Value::Int64(number)) => self.hexadecimal(*number),
            ('t' | 'v', Value::Bool(truth)) if self.precision.is_none() => truth.to_string(),
            ('v', value) | ('s', value @ (Value::List(_) | Value::Texts(_)))
                if self.width.is_none() && self.precision.is_none() =>
            {
                return value.shown();
            }
            ('d', value) => return Err(wrong("number", value)),
            ('t', value) => return Err(wrong("bool", value)),
            (_, value) => return Err(wrong("string", value)),
        };
        Ok(self.pad(&written))
    }

    fn cut(&self, text: &str) -> String {
        match self.precision {
            Some(precision) => text.chars().take(precision).collect(),
            None => text.to_owned(),
        }
    }

    fn decimal(&self, number: i64) -> String {
        let sign = match (number < 0, self.plus) {
            (true, _) => "-",
            (false, Flag::On) => "+",
            (false, Flag::Off) => "",
        };
        let digits = number.unsigned_abs().to_string();
        let width = self.width.unwrap_or_default().saturating_sub(sign.len());
        if self.zeros == Flag::On && self.left == Flag::Off {
            return format!("{sign}{digits:0>width$}");
        }
        self.pad(&format!("{sign}{digits}"))
    }

    fn hexadecimal(&self, number: i64) -> String {
        let sign = if number < 0 { "-" } else { "" };
        let digits = number.unsigned_abs();
        if self.letter == 'x' {
            format!("{sign}{digits:x}")
        } else {
            format!("{sign}{digits:X}")
        }
    }

    fn pad(&self, text: &str) -> String {
        let width = self.width.unwrap_or_default();
        match self.left {
            Flag::On => format!("{text:<width$}"),
            Flag::Off => format!("{text:>width$}"),
        }
    }
}
