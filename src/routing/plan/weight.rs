//! A share of traffic.

use thiserror::Error;

/// A share of traffic in percent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Weight(u8);

/// A weight outside 0 to 100.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("weight {given:?} must be a whole number from 0 to 100, with or without a percent sign")]
pub struct WeightError {
    /// What was given.
    pub given: String,
}

impl Weight {
    /// No traffic.
    pub const NONE: Self = Self(0);
    /// All traffic.
    pub const FULL: Self = Self(100);

    /// From a number.
    pub fn new(percent: u64) -> Result<Self, WeightError> {
        u8::try_from(percent)
            .ok()
            .filter(|percent| *percent <= 100)
            .map(Self)
            .ok_or_else(|| WeightError {
                given: percent.to_string(),
            })
    }

    /// From `25` or `25%`.
    pub fn parse(text: &str) -> Result<Self, WeightError> {
        let digits = text.strip_suffix('%').unwrap_or(text);
        let all_digits = !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit());
        let number = digits.parse().ok().filter(|_| all_digits);
        number
            .and_then(|percent| Self::new(percent).ok())
            .ok_or_else(|| WeightError {
                given: text.to_owned(),
            })
    }

    /// A number of this program's own; more than 100 is 100.
    pub(super) const fn percent_of(percent: u8) -> Self {
        if percent > 100 {
            return Self::FULL;
        }
        Self(percent)
    }

    /// 0 to 100.
    pub const fn percent(self) -> u8 {
        self.0
    }
}
