//! Durations as Go writes them (`450ms`, `1m30s`, `1.5h`), the syntax of Traefik's flags and labels.

use std::time::Duration;

use thiserror::Error;

/// A text that is no duration.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{given:?} is not a duration: write it as 450ms, 10s, 1m30s")]
pub struct DurationError {
    /// What was given.
    pub given: String,
}

/// Parses a non-negative duration. A bare `0` is allowed, other numbers need a unit.
pub fn parse(text: &str) -> Result<Duration, DurationError> {
    let error = || DurationError {
        given: text.to_owned(),
    };
    if text == "0" {
        return Ok(Duration::ZERO);
    }
    let mut rest = text;
    let mut total = 0.0_f64;
    while !rest.is_empty() {
        let digits = rest
            .find(|c: char| !c.is_ascii_digit() && c != '.')
            .ok_or_else(error)?;
        let (number, tail) = rest.split_at(digits);
        let unit_len = tail
            .find(|c: char| c.is_ascii_digit() || c == '.')
            .unwrap_or(tail.len());
        let (unit, tail) = tail.split_at(unit_len);
        let number: f64 = number.parse().map_err(|_cause| error())?;
        total += number * unit_seconds(unit).ok_or_else(error)?;
        rest = tail;
    }
    if text.is_empty() {
        return Err(error());
    }
    Duration::try_from_secs_f64(total).map_err(|_cause| error())
}

fn unit_seconds(unit: &str) -> Option<f64> {
    Some(match unit {
        "ns" => 1e-9,
        "us" | "\u{b5}s" | "\u{3bc}s" => 1e-6,
        "ms" => 1e-3,
        "s" => 1.0,
        "m" => 60.0,
        "h" => 3600.0,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn go_syntax_is_understood() {
        for (text, millis) in [
            ("450ms", 450),
            ("1m30s", 90_000),
            ("0", 0),
            ("1.5h", 5_400_000),
            ("0s", 0),
        ] {
            assert_eq!(parse(text).unwrap().as_millis(), millis, "{text}");
        }
    }

    #[test]
    fn other_text_is_refused_with_the_text() {
        for text in ["", "5", "ms", "1d", "-1s", "1 s", "1.2.3s", "s1", "1e400h"] {
            assert_eq!(
                parse(text),
                Err(DurationError {
                    given: text.to_owned()
                }),
                "{text:?}"
            );
        }
    }
}
