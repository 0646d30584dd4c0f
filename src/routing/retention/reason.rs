//! Why a stack goes, and why it stays; each with a stable word and a sentence.

use std::fmt;

use crate::routing::time::Timestamp;

/// Why a stack may go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cause {
    /// Somebody withdrew it from routing.
    Retired,
    /// So many newer versions are there.
    Surplus {
        /// How many stay.
        keep_last: u32,
    },
    /// It is too old.
    Aged {
        /// How old it may get, in milliseconds.
        max_age_ms: u64,
    },
    /// Nobody asks for it.
    Idle {
        /// For how long that may be so, in milliseconds.
        idle_ms: u64,
    },
    /// Its pull request is closed.
    Closed {
        /// Its number.
        number: u64,
    },
    /// Docker uses too much of its disk.
    Disk {
        /// What it may use, in bytes.
        max_disk_bytes: u64,
    },
}

/// Why a stack stays.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Shield {
    /// It has the live host.
    Active,
    /// It is in the other slot.
    Placed,
    /// `rollback` returns to it.
    Previous,
    /// It is being removed.
    Leaving,
    /// Requests may be under way in it.
    Draining {
        /// Until when.
        until: Timestamp,
    },
    /// It is too young.
    Young {
        /// Until when.
        until: Timestamp,
    },
    /// It is not certain that it may be touched.
    Guarded {
        /// Why not.
        why: String,
    },
    /// The env is frozen.
    Frozen,
    /// Nobody says that anything should go.
    NoPolicy,
    /// No rule names it.
    Kept {
        /// What a rule would have to know.
        unknown: Option<Unknown>,
    },
}

/// What a rule asks for and nobody knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unknown {
    /// Who asks for a preview.
    Traffic,
    /// What Docker, or the stack, uses on the disk.
    Disk,
    /// Which pull requests are open.
    PullRequests,
}

impl Cause {
    /// Its stable word.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Retired => "retired",
            Self::Surplus { .. } => "surplus",
            Self::Aged { .. } => "aged",
            Self::Idle { .. } => "idle",
            Self::Closed { .. } => "pull-request-closed",
            Self::Disk { .. } => "disk",
        }
    }
}

impl Shield {
    /// Its stable word.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Placed => "in-slot",
            Self::Previous => "previous",
            Self::Leaving => "being-removed",
            Self::Draining { .. } => "draining",
            Self::Young { .. } => "young",
            Self::Guarded { .. } => "guarded",
            Self::Frozen => "frozen",
            Self::NoPolicy => "no-policy",
            Self::Kept { .. } => "kept",
        }
    }
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Retired => f.write_str("it was retired"),
            Self::Surplus { keep_last } => write!(f, "{keep_last} newer versions are kept"),
            Self::Aged { max_age_ms } => write!(f, "it is older than {}", Span(*max_age_ms)),
            Self::Idle { idle_ms } => write!(f, "nobody asked for it for {}", Span(*idle_ms)),
            Self::Closed { number } => write!(f, "pull request {number} is closed"),
            Self::Disk { max_disk_bytes } => {
                write!(
                    f,
                    "Docker uses more than {max_disk_bytes} bytes of its disk"
                )
            }
        }
    }
}

impl fmt::Display for Shield {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Active => f.write_str("it is live"),
            Self::Placed => f.write_str("it is in a slot"),
            Self::Previous => f.write_str("rollback returns to it"),
            Self::Leaving => f.write_str("it is being removed"),
            Self::Draining { .. } => f.write_str("requests may be under way in it"),
            Self::Young { .. } => f.write_str("it is too young"),
            Self::Guarded { why } => f.write_str(why),
            Self::Frozen => f.write_str("the env is frozen"),
            Self::NoPolicy => f.write_str("the env has no retention policy"),
            Self::Kept { unknown: None } => f.write_str("no rule names it"),
            Self::Kept {
                unknown: Some(unknown),
            } => write!(f, "no rule names it; {unknown}"),
        }
    }
}

impl fmt::Display for Unknown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Traffic => "who asks for previews is not known, so `idle` lets nothing go",
            Self::Disk => "what it uses on the disk is not known, so `max_disk` lets it stay",
            Self::PullRequests => {
                "which pull requests are open was not said, so `pull_requests` lets it stay"
            }
        })
    }
}

/// Milliseconds as people say them.
struct Span(u64);

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds = self.0 / 1000;
        match seconds {
            _ if !self.0.is_multiple_of(1000) => write!(f, "{}ms", self.0),
            0..120 => write!(f, "{seconds}s"),
            120..7200 if seconds.is_multiple_of(60) => write!(f, "{}m", seconds / 60),
            _ if seconds.is_multiple_of(3600) => write!(f, "{}h", seconds / 3600),
            _ => write!(f, "{seconds}s"),
        }
    }
}
