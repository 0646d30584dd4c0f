//! Engine API versions: which one to speak.
//!
//! Docker refuses a prefix above its own maximum (400) and, since 29, below its minimum; so the prefix is the
//! lower of both maxima, chosen again on every connect because a daemon can be upgraded under us.

use std::fmt;

use super::Error;

/// `1.NN`; ordered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ApiVersion {
    major: u16,
    minor: u16,
}

impl ApiVersion {
    /// The oldest we support: Docker 20.10.
    pub const OLDEST: Self = Self::new(1, 41);
    /// The newest whose answers we know.
    pub const NEWEST: Self = Self::new(1, 52);
    /// The first in which an attachment can be kept from becoming the default gateway.
    pub const GATEWAY_PRIORITY: Self = Self::new(1, 48);

    /// A version.
    pub const fn new(major: u16, minor: u16) -> Self {
        Self { major, minor }
    }

    /// Reads `1.41`.
    pub fn parse(text: &str) -> Option<Self> {
        let (major, minor) = text.split_once('.')?;
        Some(Self::new(major.parse().ok()?, minor.parse().ok()?))
    }

    /// The version to speak with a daemon that speaks `daemon_min` to `daemon_max`.
    pub fn negotiate(daemon_min: Self, daemon_max: Self) -> Result<Self, Error> {
        if daemon_max < Self::OLDEST || daemon_min > Self::NEWEST {
            return Err(Error::Version {
                daemon_min: daemon_min.to_string(),
                daemon_max: daemon_max.to_string(),
                ours_min: Self::OLDEST.to_string(),
                ours_max: Self::NEWEST.to_string(),
            });
        }
        Ok(daemon_max.min(Self::NEWEST))
    }
}

impl fmt::Display for ApiVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.major, self.minor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn v(text: &str) -> ApiVersion {
        ApiVersion::parse(text).unwrap()
    }

    #[test]
    fn the_lower_maximum_is_spoken() {
        let cases = [
            ("1.12", "1.41", "1.41"),
            ("1.44", "1.60", "1.52"),
            ("1.24", "1.52", "1.52"),
        ];
        for (min, max, spoken) in cases {
            let chosen = ApiVersion::negotiate(v(min), v(max)).unwrap();
            assert_eq!(chosen, v(spoken), "daemon {min} to {max}");
        }
    }

    #[test]
    fn no_common_version_names_both_ranges() {
        for (min, max) in [("1.12", "1.40"), ("1.53", "1.60")] {
            let error = ApiVersion::negotiate(v(min), v(max))
                .unwrap_err()
                .to_string();
            assert!(
                error.contains(&format!("{min} to {max}")),
                "names the daemon's: {error}"
            );
            assert!(error.contains("1.41 to 1.52"), "names ours: {error}");
        }
    }

    #[test]
    fn minor_versions_compare_as_numbers() {
        assert!(v("1.9") < v("1.41"), "9 is less than 41");
        assert_eq!(ApiVersion::parse("latest"), None, "not a version");
    }
}
