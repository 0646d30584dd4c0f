//! Integers as Go writes them: signs, bases and underscores.

/// Does a number begin here.
pub(super) fn begins(text: &str) -> bool {
    let unsigned = text.strip_prefix(['+', '-', '.']).unwrap_or(text);
    unsigned.starts_with(|c: char| c.is_ascii_digit()) || text.starts_with(['+', '-', '\''])
}

/// Reads the number at the start of a text.
pub(super) fn read(text: &str) -> Result<(i64, &str), String> {
    let wrong = "only integers are understood as numbers";
    let sign = usize::from(text.starts_with(['+', '-']));
    let unsigned = text.get(sign..).unwrap_or_default();
    let is_part = |c: char| c.is_alphanumeric() || c == '_' || c == '.';
    let len = sign + unsigned.find(|c| !is_part(c)).unwrap_or(unsigned.len());
    let (number, tail) = text.split_at_checked(len).ok_or(wrong)?;
    let number = integer(number).ok_or(wrong)?;
    Ok((number, tail))
}

/// The value of an integer, with a base in its prefix.
pub(in crate::routing::table::template) fn integer(text: &str) -> Option<i64> {
    let negative = text.starts_with('-');
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    let lower = unsigned.to_ascii_lowercase();
    let prefixes = [("0x", 16), ("0b", 2), ("0o", 8)];
    let based = prefixes
        .iter()
        .find_map(|(prefix, base)| Some((lower.strip_prefix(prefix)?, *base)));
    let (digits, base) = based.unwrap_or(match lower.strip_prefix('0') {
        Some(octal) if !octal.is_empty() => (octal, 8),
        Some(_) | None => (lower.as_str(), 10),
    });
    let has_prefix = digits.len() < lower.len();
    let digits = if has_prefix {
        digits.strip_prefix('_').unwrap_or(digits)
    } else {
        digits
    };
    if digits.starts_with(['_', '+', '-']) || digits.ends_with('_') || digits.contains("__") {
        return None;
    }
    let value = i128::from_str_radix(&digits.replace('_', ""), base).ok()?;
    i64::try_from(if negative { -value } else { value }).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integers_have_bases_and_underscores() {
        for (text, value) in [
            ("0", 0),
            ("-0", 0),
            ("42", 42),
            ("+7", 7),
            ("-3", -3),
            ("0x1F", 31),
            ("0b11", 3),
            ("0o17", 15),
            ("017", 15),
            ("1_000", 1000),
            ("0_7", 7),
            ("0x_f", 15),
            ("-9223372036854775808", i64::MIN),
        ] {
            assert_eq!(integer(text), Some(value), "{text}");
        }
        for text in [
            "",
            "-",
            "1.5",
            "1e3",
            "08",
            "_1",
            "1_",
            "1__0",
            "0x",
            "9223372036854775808",
            "--1",
            "0x+1",
        ] {
            assert_eq!(integer(text), None, "{text}");
        }
    }
}
