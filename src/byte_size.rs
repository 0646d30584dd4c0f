//! Sizes in bytes as Docker writes them (`500MB`, `20GB`) and with powers of two (`20GiB`).

use thiserror::Error;

/// A text that is no size.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{given:?} is not a size: write it as 500MB, 20GB or 20GiB")]
pub struct SizeError {
    /// What was given.
    pub given: String,
}

/// Units, the largest first.
const UNITS: [(&str, u64); 9] = [
    ("TiB", 1 << 40),
    ("TB", 1_000_000_000_000),
    ("GiB", 1 << 30),
    ("GB", 1_000_000_000),
    ("MiB", 1 << 20),
    ("MB", 1_000_000),
    ("KiB", 1 << 10),
    ("kB", 1000),
    ("B", 1),
];

/// Parses a whole number with a unit. Case does not count.
pub fn parse(text: &str) -> Result<u64, SizeError> {
    let error = || SizeError {
        given: text.to_owned(),
    };
    let end = text.find(|c: char| !c.is_ascii_digit());
    let (digits, unit) = text.split_at(end.ok_or_else(error)?);
    let number: u64 = digits.parse().map_err(|_no_number| error())?;
    let mut units = UNITS.iter();
    let (_, bytes) = units
        .find(|(name, _)| name.eq_ignore_ascii_case(unit.trim_start()))
        .ok_or_else(error)?;
    number.checked_mul(*bytes).ok_or_else(error)
}

/// The shortest text that [`parse`] reads as these bytes.
pub fn write(bytes: u64) -> String {
    let fits = |(_, unit): &&(&str, u64)| bytes > 0 && bytes.is_multiple_of(*unit);
    let (name, unit) = UNITS.iter().find(fits).unwrap_or(&("B", 1));
    format!("{}{name}", bytes / unit)
}

/// For people: three digits at most before the point, and one after it.
pub fn round(bytes: u64) -> String {
    let unit = [("GB", 1_000_000_000), ("MB", 1_000_000), ("kB", 1000)]
        .into_iter()
        .find(|(_, unit)| bytes >= *unit);
    let Some((name, unit)) = unit else {
        return format!("{bytes}B");
    };
    let tenths = bytes / (unit / 10);
    if tenths >= 100 {
        return format!("{}{name}", tenths / 10);
    }
    format!("{}.{}{name}", tenths / 10, tenths % 10)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_whole_numbers_with_a_unit() {
        for (text, bytes) in [
            ("0B", 0),
            ("1kB", 1000),
            ("500MB", 500_000_000),
            ("20gb", 20_000_000_000),
            ("20GiB", 20 << 30),
            ("3 TB", 3_000_000_000_000),
        ] {
            assert_eq!(parse(text), Ok(bytes), "{text}");
        }
        for text in ["", "20", "GB", "1.5GB", "-1GB", "20GX", "99999999999TB"] {
            assert!(parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn what_is_written_is_read_as_the_same() {
        for bytes in [0, 1, 999, 1000, 1024, 20 << 30, 20_000_000_000, u64::MAX] {
            assert_eq!(parse(&write(bytes)), Ok(bytes), "{}", write(bytes));
        }
        assert_eq!(write(20 << 30), "20GiB", "the largest unit that divides it");
    }

    #[test]
    fn people_get_few_digits() {
        for (bytes, text) in [
            (999, "999B"),
            (1500, "1.5kB"),
            (33_800_000, "33MB"),
            (4_990_000, "4.9MB"),
            (1_250_000_000, "1.2GB"),
        ] {
            assert_eq!(round(bytes), text, "{bytes}");
        }
    }
}
