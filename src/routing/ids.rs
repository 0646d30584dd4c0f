//! Names as types: an app is not an env, a version is not a slug.
//!
//! Every type here is parsed once at the rim and cheap to clone. [`Version`] keeps its text verbatim; its
//! [`slug`] is what fits into host names and compose projects.

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use thiserror::Error;

/// A name that breaks its grammar.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum IdError {
    /// App and env names are DNS labels in lower case.
    #[error(
        "{kind} {value:?} must match [a-z0-9]([a-z0-9-]*[a-z0-9])? and have at most 63 characters"
    )]
    Name {
        /// `app` or `env`.
        kind: &'static str,
        /// What was given.
        value: String,
    },
    /// Versions are free text within limits.
    #[error("version {value:?} must match [A-Za-z0-9][A-Za-z0-9._+-]{{0,62}} and not be \"vnext\"")]
    Version {
        /// What was given.
        value: String,
    },
    /// Only two slots exist.
    #[error("slot {value:?} must be blue or green")]
    Slot {
        /// What was given.
        value: String,
    },
    /// An incarnation is a hash.
    #[error("incarnation {value:?} must be 16 hex digits")]
    Incarnation {
        /// What was given.
        value: String,
    },
    /// Releases of Traefik are numbers.
    #[error("{value:?} is no version of Traefik: write it as 3.3 or 3.3.4")]
    TraefikVersion {
        /// What was given.
        value: String,
    },
}

macro_rules! text_id {
    ($(#[$doc:meta])* $name:ident, $parse:expr) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(Arc<str>);

        impl $name {
            /// Checks the grammar.
            pub fn parse(text: &str) -> Result<Self, IdError> {
                let check: fn(&str) -> Result<(), IdError> = $parse;
                check(text).map(|()| Self(Arc::from(text)))
            }

            /// The text as given.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl TryFrom<String> for $name {
            type Error = IdError;
            fn try_from(text: String) -> Result<Self, IdError> {
                Self::parse(&text)
            }
        }

        impl From<$name> for String {
            fn from(id: $name) -> Self {
                id.0.as_ref().to_owned()
            }
        }

        impl std::str::FromStr for $name {
            type Err = IdError;
            fn from_str(text: &str) -> Result<Self, IdError> {
                Self::parse(text)
            }
        }
    };
}

text_id!(
    /// The application, e.g. `whoami`.
    AppName,
    |text| check_name("app", text)
);
text_id!(
    /// The environment of an application, e.g. `dev`.
    EnvName,
    |text| check_name("env", text)
);
text_id!(
    /// What was deployed, verbatim, e.g. `v1.2.0`.
    Version,
    check_version
);
text_id!(
    /// Docker's 64-digit container id, taken as it is.
    ContainerId,
    |_| Ok(())
);

fn check_name(kind: &'static str, text: &str) -> Result<(), IdError> {
    let inner = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    let edge_is_dash = text.starts_with('-') || text.ends_with('-');
    if text.is_empty() || text.len() > 63 || edge_is_dash || !text.chars().all(inner) {
        return Err(IdError::Name {
            kind,
            value: text.to_owned(),
        });
    }
    Ok(())
}

fn check_version(text: &str) -> Result<(), IdError> {
    let inner = |c: char| c.is_ascii_alphanumeric() || "._+-".contains(c);
    let starts_well = text.starts_with(|c: char| c.is_ascii_alphanumeric());
    if !starts_well || text.len() > 63 || !text.chars().all(inner) || text == "vnext" {
        return Err(IdError::Version {
            value: text.to_owned(),
        });
    }
    Ok(())
}

impl Version {
    /// The version as it appears in host names and compose projects.
    pub fn slug(&self) -> String {
        slug(&self.0)
    }
}

/// Lower case, every character that DNS does not take becomes `-`.
pub fn slug(text: &str) -> String {
    text.chars()
        .map(|c| c.to_ascii_lowercase())
        .map(|c| {
            if c.is_ascii_alphanumeric() || c == '-' {
                c
            } else {
                '-'
            }
        })
        .collect()
}

/// One environment of one application: what has slots, one record and one rollout.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct EnvKey {
    /// The application.
    pub app: AppName,
    /// Its environment.
    pub env: EnvName,
}

impl EnvKey {
    /// Parses both halves.
    pub fn parse(app: &str, env: &str) -> Result<Self, IdError> {
        Ok(Self {
            app: AppName::parse(app)?,
            env: EnvName::parse(env)?,
        })
    }

    /// `{app}-{env}`: the start of every name this env puts into the document.
    pub fn prefix(&self) -> String {
        format!("{}-{}", self.app, self.env)
    }

    /// The compose project and `STACK_NAME` of a version: `{app}-{env}-{version_slug}`.
    pub fn stack_name(&self, version: &Version) -> String {
        format!("{}-{}-{}", self.app, self.env, version.slug())
    }
}

impl fmt::Display for EnvKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.app, self.env)
    }
}

/// One of the two places of an env that can hold a version.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Slot {
    /// The first slot to be filled.
    Blue,
    /// The other one.
    Green,
}

impl Slot {
    /// Both, in order.
    pub const ALL: [Self; 2] = [Self::Blue, Self::Green];

    /// The slot that is not this one.
    #[must_use]
    pub const fn other(self) -> Self {
        match self {
            Self::Blue => Self::Green,
            Self::Green => Self::Blue,
        }
    }

    /// `blue` or `green`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Blue => "blue",
            Self::Green => "green",
        }
    }
}

impl fmt::Display for Slot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What a document is known by: a hash over all its fragments, printed as 16 hex digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Revision(pub u64);

impl Revision {
    /// Name of the unused middleware that proves this revision in Traefik's API.
    pub fn marker(self) -> String {
        format!("pointsman-rev-{self}")
    }
}

impl fmt::Display for Revision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

/// A release of Traefik: what it does not know must not stand in its document.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TraefikVersion {
    /// The 3 of 3.7.15.
    pub major: u16,
    /// The 7 of 3.7.15.
    pub minor: u16,
    /// The 15 of 3.7.15.
    pub patch: u16,
}

impl TraefikVersion {
    /// From its numbers.
    pub const fn new(major: u16, minor: u16, patch: u16) -> Self {
        Self {
            major,
            minor,
            patch,
        }
    }

    /// `3.3.4`, `v3.3.4`, `3.3` (its first release) or `3.4.0-rc.1` (taken for the release it leads to).
    pub fn parse(text: &str) -> Result<Self, IdError> {
        let error = || IdError::TraefikVersion {
            value: text.to_owned(),
        };
        let numbers = text.strip_prefix('v').unwrap_or(text);
        let numbers = numbers.split(['-', '+']).next().unwrap_or_default();
        let numbers: Result<Vec<u16>, _> = numbers.split('.').map(str::parse).collect();
        match numbers.map_err(|_no_number| error())?.as_slice() {
            [major, minor] => Ok(Self::new(*major, *minor, 0)),
            [major, minor, patch] => Ok(Self::new(*major, *minor, *patch)),
            _ => Err(error()),
        }
    }
}

impl fmt::Display for TraefikVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.major, self.minor, self.patch)
    }
}

/// What a stack is made of: a fingerprint of its images and its compose configuration, without its containers' ids.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Incarnation(pub u64);

impl Incarnation {
    /// From its 16 hex digits.
    pub fn parse(text: &str) -> Result<Self, IdError> {
        let digits = Some(text).filter(|text| text.len() == 16);
        let number = digits.and_then(|digits| u64::from_str_radix(digits, 16).ok());
        number.map(Self).ok_or_else(|| IdError::Incarnation {
            value: text.to_owned(),
        })
    }
}

impl fmt::Display for Incarnation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_release_of_traefik_is_read_as_people_and_its_api_write_it() {
        for (text, numbers) in [
            ("3.3.4", Some((3, 3, 4))),
            ("v3.3.4", Some((3, 3, 4))),
            ("3.3", Some((3, 3, 0))),
            ("3.7.0-rc.1", Some((3, 7, 0))),
            ("3", None),
            ("3.3.4.5", None),
            ("dev", None),
            ("3.x", None),
            ("", None),
        ] {
            let numbers =
                numbers.map(|(major, minor, patch)| TraefikVersion::new(major, minor, patch));
            assert_eq!(TraefikVersion::parse(text).ok(), numbers, "{text}");
        }
        let error = TraefikVersion::parse("dev").unwrap_err().to_string();
        assert!(error.contains("3.3 or 3.3.4"), "{error}");
    }
}
